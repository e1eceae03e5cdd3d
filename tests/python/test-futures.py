# test-futures.py - one behaviour, two modules: `concurrent.futures` and GFutures
#
# Usage: test-futures.py std|gfutures [PART-OF-A-NAME…]
#
# What the documentation of `concurrent.futures` tells (Python 3.8 to 3.14) holds for
# both. Where they differ, the case says so. This program is `__main__` in the workers
# as well; they need none of the cases.
#
# SPDX-License-Identifier: LGPL-2.1-or-later
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))


def task_of_main(number):
    return number * 2, __name__


class ErrorOfMain(Exception):
    pass


def fail_in_main(text):
    raise ErrorOfMain(text)


def load_tests(loader, tests, pattern):
    import unittest

    def flatten(suite):
        for test in suite:
            if isinstance(test, unittest.TestSuite):
                yield from flatten(test)
            elif not sys.argv[2:] or any(part in test.id() for part in sys.argv[2:]):
                yield test

    suite = unittest.TestSuite()
    for name in ('future', 'waiting', 'submit', 'map', 'threads', 'shutdown', 'processes', 'faults', 'signals',
                 'asyncio', 'beyond'):
        suite.addTests(flatten(loader.loadTestsFromName('futures_' + name)))
    return suite


if __name__ == '__main__':
    if sys.argv[1:2] not in (['std'], ['gfutures']):
        sys.exit('Usage: test-futures.py std|gfutures [PART-OF-A-NAME…]')
    os.environ['FUTURES_MODULE'] = sys.argv[1]
    import tap
    tap.main(watchdog=580)

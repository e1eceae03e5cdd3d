# tap.py - runs the test cases of a module, and speaks TAP
#
# Each test method is a point of its own, so that a harness can count them.
#
# SPDX-License-Identifier: LGPL-2.1-or-later
import faulthandler
import sys
import traceback
import unittest


class TapResult(unittest.TestResult):
    _failed = None

    def _line(self, test, ok, comment='', detail=''):
        # A test may fail several times, in subtests; it is one point.
        if ok or test is not self._failed:
            name = test.id().split('.', 1)[-1]
            print(f'{"ok" if ok else "not ok"} {self.testsRun} - {name}{comment}')
        if not ok:
            self._failed = test
        for line in detail.splitlines():
            print(f'# {line}')
        sys.stdout.flush()

    def addSuccess(self, test):
        super().addSuccess(test)
        self._line(test, True)

    def addFailure(self, test, err):
        super().addFailure(test, err)
        self._line(test, False, detail=''.join(traceback.format_exception(*err)))

    def addError(self, test, err):
        super().addError(test, err)
        self._line(test, False, detail=''.join(traceback.format_exception(*err)))

    def addSubTest(self, test, subtest, err):
        super().addSubTest(test, subtest, err)
        if err is not None:
            self._line(test, False, detail=f'{subtest}\n' + ''.join(traceback.format_exception(*err)))

    def addSkip(self, test, reason):
        super().addSkip(test, reason)
        self._line(test, True, comment=f' # SKIP {reason}')


def main(watchdog=100):
    """Runs the cases of the main module, or exits with the stacks of a hang."""
    faulthandler.enable()
    faulthandler.dump_traceback_later(watchdog, exit=True)
    sys.stdout.reconfigure(errors='backslashreplace')
    suite = unittest.defaultTestLoader.loadTestsFromModule(sys.modules['__main__'])
    print(f'1..{suite.countTestCases()}')
    result = TapResult()
    suite.run(result)
    sys.stdout.flush()
    sys.exit(0 if result.wasSuccessful() else 1)

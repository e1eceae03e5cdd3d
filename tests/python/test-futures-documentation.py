# test-futures-documentation.py - the examples of Python's documentation of concurrent.futures
#
# Usage: test-futures-documentation.py std|gfutures
#
# The same programs; only what is imported differs. Pages come from files.
#
# SPDX-License-Identifier: LGPL-2.1-or-later
import math
import os
import pathlib
import shutil
import sys
import tempfile
import threading
import unittest
import urllib.request

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

if len(sys.argv) > 1 and __name__ == '__main__':
    os.environ['FUTURES_MODULE'] = sys.argv[1]

if os.environ.get('FUTURES_MODULE') == 'gfutures':
    import gi
    gi.require_version('GFutures', '1')
    from gi.repository import GFutures as futures
else:
    from concurrent import futures

DEADLINE = 60

NUMBERS = [10000000019, 10000000033, 10000000061, 10000000069, 10000000097, 10000000001]
ANSWERS = [True, True, True, True, True, False]


def is_prime(number):
    if number < 2:
        return False
    if number == 2:
        return True
    if number % 2 == 0:
        return False
    root = int(math.floor(math.sqrt(number)))
    for divisor in range(3, root + 1, 2):
        if number % divisor == 0:
            return False
    return True


def load(url, timeout):
    with urllib.request.urlopen(url, timeout=timeout) as page:
        return page.read()


class Documentation(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix='futures-'))
        self.addCleanup(shutil.rmtree, self.folder)

    def make_files(self, n):
        paths = [self.folder / f'file{i}.txt' for i in range(1, n + 1)]
        for i, path in enumerate(paths):
            path.write_text('x' * (i + 1) * 100)
        return paths

    def test_submit(self):
        with futures.ThreadPoolExecutor(max_workers=1) as executor:
            future = executor.submit(pow, 323, 1235)
            self.assertEqual(future.result(), pow(323, 1235))

    def test_copying_files(self):
        sources = self.make_files(4)
        targets = [self.folder / f'copy{i}.txt' for i in range(1, 5)]
        with futures.ThreadPoolExecutor(max_workers=4) as e:
            for source, target in zip(sources, targets):
                e.submit(shutil.copy, str(source), str(target))
        for source, target in zip(sources, targets):
            self.assertEqual(source.read_text(), target.read_text())

    def test_two_tasks_that_wait_for_each_other(self):
        # The deadlock that the documentation warns of, up to where it would begin.
        both = threading.Event()

        def wait_on_b():
            both.wait(DEADLINE)
            with self.assertRaises(futures.TimeoutError):
                b.result(0.01)
            return 5

        def wait_on_a():
            both.wait(DEADLINE)
            return a.result(DEADLINE)

        executor = futures.ThreadPoolExecutor(max_workers=1)
        a = executor.submit(wait_on_b)
        b = executor.submit(wait_on_a)
        both.set()
        self.assertEqual(a.result(DEADLINE), 5)
        self.assertEqual(b.result(DEADLINE), 5)
        executor.shutdown()

    def test_task_that_waits_for_its_own_executor(self):
        outcome = []

        def wait_on_future():
            f = executor.submit(pow, 5, 2)
            # It never completes while the only worker thread runs this function.
            try:
                f.result(0.01)
            except futures.TimeoutError:
                outcome.append('would wait for ever')
            return f

        executor = futures.ThreadPoolExecutor(max_workers=1)
        inner = executor.submit(wait_on_future)
        self.assertEqual(inner.result(DEADLINE).result(DEADLINE), 25)
        executor.shutdown()
        self.assertEqual(outcome, ['would wait for ever'])

    def test_reading_pages(self):
        urls = [path.as_uri() for path in self.make_files(4)] + [(self.folder / 'missing.html').as_uri()]
        lines = []
        with futures.ThreadPoolExecutor(max_workers=5) as executor:
            future_to_url = {executor.submit(load, url, 60): url for url in urls}
            for future in futures.as_completed(future_to_url):
                url = future_to_url[future]
                try:
                    data = future.result()
                except Exception as error:
                    lines.append(f'{os.path.basename(url)} raised {type(error).__name__}')
                else:
                    lines.append(f'{os.path.basename(url)} has {len(data)} bytes')
        self.assertEqual(sorted(lines), ['file1.txt has 100 bytes', 'file2.txt has 200 bytes',
                                         'file3.txt has 300 bytes', 'file4.txt has 400 bytes',
                                         'missing.html raised URLError'])

    def test_reading_pages_by_map(self):
        urls = [path.as_uri() for path in self.make_files(2)]
        with futures.ThreadPoolExecutor() as executor:
            pages = executor.map(load, urls, [60] * 2, timeout=DEADLINE)
            self.assertEqual([len(page) for page in pages], [100, 200])

    def test_primes(self):
        with futures.ProcessPoolExecutor() as executor:
            found = list(zip(NUMBERS, executor.map(is_prime, NUMBERS)))
        self.assertEqual([(number, prime) for number, prime in found], list(zip(NUMBERS, ANSWERS)))

    def test_primes_in_chunks(self):
        with futures.ProcessPoolExecutor(max_workers=2) as executor:
            self.assertEqual(sum(executor.map(is_prime, range(10000), chunksize=1000)), 1229)

    def test_states_of_a_future(self):
        future = futures.Future()
        self.assertTrue(future.set_running_or_notify_cancel())
        self.assertTrue(future.running())
        future.set_result(1)
        self.assertEqual((future.done(), future.result(), future.exception()), (True, 1, None))

    def test_executor_of_ones_own(self):
        class Executor(futures.Executor):
            def submit(self, fn, /, *args, **kwargs):
                future = futures.Future()
                if future.set_running_or_notify_cancel():
                    try:
                        future.set_result(fn(*args, **kwargs))
                    except BaseException as error:
                        future.set_exception(error)
                return future

        with Executor() as executor:
            self.assertEqual(list(executor.map(pow, range(5), [2] * 5)), [0, 1, 4, 9, 16])

    def test_waiting_for_the_first(self):
        with futures.ThreadPoolExecutor(2) as executor:
            fs = {executor.submit(pow, 2, 3), executor.submit(pow, 0, -1)}
            done, not_done = futures.wait(fs, return_when=futures.FIRST_EXCEPTION)
            self.assertTrue(any(future.exception() for future in done))
            self.assertEqual(done | not_done, fs)


if __name__ == '__main__':
    import tap
    tap.main()

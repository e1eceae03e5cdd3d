# test-futures-program.py - a whole program, for both modules
#
# Usage: test-futures-program.py std|gfutures            the tests
#        test-futures-program.py std|gfutures FOLDER     the program
#
# An indexer: it walks a tree of files in threads, hashes and parses them in processes,
# tries again, gives up, cancels, and reports. It uses every public name of
# `concurrent.futures`. What it writes does not depend on the module, nor on the times.
#
# SPDX-License-Identifier: LGPL-2.1-or-later
import collections
import functools
import hashlib
import logging
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import threading
import unittest

if __name__ == '__main__' and sys.argv[1:2] in (['std'], ['gfutures']):
    os.environ['FUTURES_MODULE'] = sys.argv[1]

if os.environ.get('FUTURES_MODULE') == 'gfutures':
    import gi
    gi.require_version('GFutures', '1')
    from gi.repository import GFutures as futures
else:
    from concurrent import futures

DEADLINE = 60


# What workers do

class ParseError(Exception):
    def __init__(self, name, line):
        super().__init__(name, line)
        self.name = name
        self.line = line


IGNORED = frozenset()


def set_ignored(words):
    global IGNORED
    IGNORED = frozenset(words)


def digest(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()[:12]


def parse(path):
    words = collections.Counter()
    for number, line in enumerate(path.read_bytes().splitlines(), 1):
        try:
            words.update(word for word in line.decode().split() if word not in IGNORED)
        except UnicodeDecodeError as error:
            raise ParseError(path.name, number) from error
    return words


def crash(path):
    os._exit(9)


# The parts of the program

class InlineExecutor(futures.Executor):
    """Runs at once: for when nothing may run elsewhere."""

    def submit(self, fn, /, *args, **kwargs):
        future = futures.Future()
        if future.set_running_or_notify_cancel():
            try:
                result = fn(*args, **kwargs)
            except BaseException as error:
                future.set_exception(error)
            else:
                future.set_result(result)
        return future


class FlakyStore:
    """Reads what a name is for; the first two attempts fail."""

    def __init__(self):
        self.attempts = collections.Counter()
        self.lock = threading.Lock()

    def read(self, name):
        with self.lock:
            self.attempts[name] += 1
            if self.attempts[name] < 3:
                raise ConnectionError(f'{name}, attempt {self.attempts[name]}')
        if name == 'nowhere':
            raise LookupError(name)
        return name.upper()


def make_tree(root):
    for i in range(4):
        folder = root / f'part{i}' / 'inner'
        folder.mkdir(parents=True)
        for j in range(5):
            words = ' '.join(f'word{(i * j + k) % 7}' for k in range(50))
            (folder.parent / f'text{i}{j}.txt').write_text(f'the {words}\nand more of the {words}\n')
        (folder / 'deep.txt').write_text('deep in the tree\n')
    (root / 'part1' / 'bad.txt').write_bytes(b'fine\nnot \xff fine\n')
    (root / 'part2' / 'empty.txt').write_bytes(b'')


def walk(executor, root):
    """All files: a task for each folder, none of which waits for another one."""
    def list_folder(folder):
        entries = sorted(folder.iterdir())
        return [e for e in entries if e.is_dir()], [e for e in entries if e.is_file()]

    files, pending = [], {executor.submit(list_folder, root)}
    while pending:
        done, pending = futures.wait(pending, timeout=DEADLINE, return_when=futures.FIRST_COMPLETED)
        for future in done:
            folders, found = future.result()
            files += found
            pending |= {executor.submit(list_folder, folder) for folder in folders}
    return sorted(files)


def with_retries(executor, function, names, attempts):
    """The results by name; those that fail for good are there with their exceptions."""
    results = {}
    while names and attempts:
        attempts -= 1
        by_future = {executor.submit(function, name): name for name in names}
        names = []
        for future in futures.as_completed(by_future, timeout=DEADLINE):
            name = by_future[future]
            error = future.exception()
            if isinstance(error, ConnectionError) and attempts:
                names.append(name)
            else:
                results[name] = future.result() if error is None else error
    return results


def index(processes, files, write):
    write('digests', *processes.map(digest, files, chunksize=6, timeout=DEADLINE))

    seen = []
    fs = {processes.submit(parse, path): path for path in files}
    for future in fs:
        future.add_done_callback(lambda f: seen.append(f.done()))
    total = collections.Counter()
    for future in futures.as_completed(fs):
        try:
            total += future.result()
        except ParseError as error:
            write('unreadable', error.name, error.line, type(error.__cause__).__name__)
    write('words', *(f'{word}={n}' for word, n in sorted(total.items())))
    return seen


def give_up(write):
    """A busy pool, and what happens to those who cannot wait."""
    gate, started = threading.Event(), threading.Event()

    def busy():
        started.set()
        gate.wait(DEADLINE)
        return 'finished'

    pool = futures.ThreadPoolExecutor(1, thread_name_prefix='busy')
    running = pool.submit(busy)
    started.wait(DEADLINE)
    queued = [pool.submit(pow, 2, n) for n in range(6)]
    write('running', running.running(), running.cancel(), running.done())
    try:
        running.result(timeout=0.01)
    except futures.TimeoutError:
        write('late', running.running())
    try:
        list(futures.as_completed([running, *queued], timeout=0.01))
    except futures.TimeoutError as error:
        write('late', error)
    write('waited', *map(len, futures.wait([running, *queued], 0, futures.ALL_COMPLETED)))
    write('cancelled', queued[0].cancel(), queued[0].cancelled(), queued[0].running())
    try:
        queued[0].result()
    except futures.CancelledError:
        write('given up')
    pool.shutdown(wait=False, cancel_futures=True)
    gate.set()
    write('rest', running.result(DEADLINE), [future.cancelled() for future in queued])
    try:
        pool.submit(pow, 2, 3)
    except RuntimeError as error:
        write('refused', error)


def break_things(files, write):
    """Executors that do not work any more."""
    logging.getLogger('concurrent.futures').addHandler(logging.NullHandler())
    with futures.ThreadPoolExecutor(1, initializer=functools.partial(int, 'x')) as threads:
        try:
            threads.submit(pow, 2, 3).result(DEADLINE)
        except futures.BrokenExecutor as error:
            write('threads', type(error).__name__)

    processes = futures.ProcessPoolExecutor(1)
    broken = processes.submit(crash, files[0])
    done, not_done = futures.wait([broken], return_when=futures.FIRST_EXCEPTION)
    write('processes', isinstance(broken.exception(), futures.BrokenExecutor), len(done), len(not_done))
    processes.shutdown()
    # Whether that pool would have gone on or not: another one does.
    with futures.ProcessPoolExecutor(1) as processes:
        write('again', processes.submit(digest, files[0]).result(DEADLINE))

    future = futures.Future()
    future.set_result(1)
    for method, value in (future.set_result, 2), (future.set_exception, ValueError()):
        try:
            method(value)
        except futures.InvalidStateError:
            write('settled', future.result(), repr(future).split(' ', 3)[-1])


def main(root, write):
    make_tree(root)
    with futures.ThreadPoolExecutor(max_workers=4) as threads:
        files = walk(threads, root)
        write('files', *(path.relative_to(root) for path in files))
        results = with_retries(threads, FlakyStore().read, ['one', 'two', 'nowhere'], 4)
        write('store', *(f'{name}={results[name]!r}' for name in sorted(results)))
        results = with_retries(threads, FlakyStore().read, ['one', 'two'], 2)
        write('store', *(f'{name}={results[name]!r}' for name in sorted(results)))

    with futures.ProcessPoolExecutor(max_workers=2, initializer=set_ignored, initargs=(['the', 'and'],)) as processes:
        seen = index(processes, files, write)
        failed = [processes.submit(parse, path) for path in files if path.name in ('bad.txt', 'empty.txt')]
        done, not_done = futures.wait(failed, return_when=futures.ALL_COMPLETED)
        write('checked', sorted(str(future.exception()) for future in done), not_done)
    write('called back', len(seen), all(seen))

    with InlineExecutor() as inline:
        write('inline', *inline.map(digest, files[:3]))
        write('inline', inline.submit(parse, root / 'missing').exception().strerror)

    give_up(write)
    break_things(files, write)


# The tests

def run_program(module):
    folder = tempfile.mkdtemp(prefix='futures-')
    try:
        done = subprocess.run([sys.executable, os.path.abspath(__file__), module, folder], capture_output=True,
                              text=True, timeout=DEADLINE, stdin=subprocess.DEVNULL)
    finally:
        shutil.rmtree(folder)
    return done.returncode, done.stdout, done.stderr


class Program(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.status, cls.output, cls.errors = run_program(os.environ['FUTURES_MODULE'])
        cls.lines = dict(line.partition(': ')[::2] for line in cls.output.splitlines())

    def test_ends_well(self):
        self.assertEqual((self.status, self.errors), (0, ''))

    def test_finds_all_files(self):
        self.assertEqual(len(self.lines['files'].split()), 26)

    def test_counts_the_words(self):
        words = dict(word.split('=') for word in self.lines['words'].split())
        self.assertEqual(words['more'], '20')
        self.assertEqual(words['deep'], '4')
        self.assertEqual(sum(int(words[f'word{i}']) for i in range(7)), 4 * 5 * 2 * 50)
        self.assertNotIn('the', words)

    def test_reports_what_it_cannot_read(self):
        self.assertEqual(self.lines['unreadable'], 'bad.txt 2 _RemoteTraceback')

    def test_tries_again(self):
        self.assertIn("store: nowhere=LookupError('nowhere') one='ONE' two='TWO'\n", self.output)
        self.assertIn("store: one=ConnectionError('one, attempt 2')", self.output)

    def test_gives_up(self):
        self.assertEqual(self.lines['rest'], 'finished [True, True, True, True, True, True]')

    def test_same_output_by_both_modules(self):
        self.assertEqual(run_program('std'), (0, self.output, ''))

    def test_same_output_every_time(self):
        self.assertEqual(run_program(os.environ['FUTURES_MODULE']), (0, self.output, ''))


if __name__ == '__main__':
    if sys.argv[2:]:
        main(pathlib.Path(sys.argv[2]), lambda name, *values: print(f'{name}:', *values))
    else:
        sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
        import tap
        tap.main()

# futures_support.py - the module under test, pools of both kinds, and gates
#
# FUTURES_MODULE in the environment chooses between `concurrent.futures` ("std") and
# `gi.repository.GFutures` ("gfutures"): worker processes inherit the choice.
#
# SPDX-License-Identifier: LGPL-2.1-or-later
import gc
import multiprocessing
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import traceback
import unittest

from futures_tasks import DEADLINE, Gate

STD = os.environ.setdefault('FUTURES_MODULE', 'std') == 'std'

# What fails where nobody sees it: in threads, while objects are freed, and what GLib
# complains of. A test fails by it.
unseen = []

if STD:
    import concurrent.futures as futures
    import concurrent.futures.process
    import concurrent.futures.thread
    IMPORT = 'import concurrent.futures as futures'
    # The server from which workers come since Python 3.14 does not always know how they
    # ended, and has the environment of its own start.
    multiprocessing.set_start_method('fork', force=True)
else:
    import gi
    gi.require_version('GFutures', '1')
    from gi.repository import GFutures as futures, GLib

    def write_log(level, fields, n_fields, *data):
        if level & (GLib.LogLevelFlags.LEVEL_CRITICAL | GLib.LogLevelFlags.LEVEL_WARNING):
            unseen.append(GLib.log_writer_format_fields(level, fields, False))
        return GLib.LogWriterOutput.HANDLED

    GLib.log_set_writer_func(write_log)
    IMPORT = 'import gi; gi.require_version("GFutures", "1"); from gi.repository import GFutures as futures'

FOLDER = os.path.dirname(os.path.abspath(__file__))


def std_since(*version):
    """GFutures has it with every Python; the standard library since this version."""
    return unittest.skipIf(STD and sys.version_info < version,
                           f'concurrent.futures has it since Python {".".join(map(str, version))}')


std_if_it_forks = unittest.skipIf(
    STD and multiprocessing.get_all_start_methods()[0] != 'fork',
    'Workers of concurrent.futures run the main module again since Python 3.14')

gfutures_only = unittest.skipIf(STD, 'GFutures adds this')


def run_threads(function, n):
    """Runs `function (index)` in `n` threads that start together; what they returned."""
    barrier = threading.Barrier(n)
    results = [None] * n

    def run(index):
        barrier.wait(DEADLINE)
        try:
            results[index] = function(index)
        except BaseException as error:
            results[index] = error

    threads = [threading.Thread(target=run, args=(index,), daemon=True) for index in range(n)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(DEADLINE)
        if thread.is_alive():
            raise AssertionError('a thread hangs')
    return results


def in_thread(function, *args):
    """Runs the function in a thread of its own; returns the thread, whose `value` is what came of it."""
    def run():
        try:
            thread.value = function(*args)
        except BaseException as error:
            thread.value = error

    thread = threading.Thread(target=run, daemon=True)
    thread.value = None
    thread.start()
    return thread


def join(thread):
    thread.join(DEADLINE)
    if thread.is_alive():
        raise AssertionError(f'{thread.name} does not end')
    return getattr(thread, 'value', None)


def traced_functions(function):
    """The functions in the traceback of what the function raises.

    (Not by assertRaises, which clears it.)"""
    try:
        function()
    except Exception as error:
        return [frame.name for frame in traceback.extract_tb(error.__traceback__)]


def shut_down(pool):
    """Its shutdown(), by a way around a fault of the standard library's process pools."""
    if STD and sys.version_info < (3, 12) and isinstance(pool, futures.ProcessPoolExecutor):
        # They may wait for ever if only cancelled tasks are left.
        try:
            pool.submit(int).result(DEADLINE)
        except RuntimeError:
            pass    # It is broken, or was shut down already.
    pool.shutdown()


class Case(unittest.TestCase):
    """A test with a folder, gates and pools of its own, all gone after it."""

    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix='futures-')
        self.gates = []
        self.pools = []
        unseen.clear()
        for module, name in (threading, 'excepthook'), (sys, 'unraisablehook'):
            self.addCleanup(setattr, module, name, getattr(module, name))
            setattr(module, name, lambda args: unseen.append(
                f'{args.exc_type.__name__}: {args.exc_value} ({args[-1]!r})'))

    def tearDown(self):
        for gate in self.gates:
            gate.open(1000)
        hanging = False
        for pool in self.pools:
            # A pool that hangs should cost one test, not all the others as well.
            thread = in_thread(shut_down, pool)
            thread.join(DEADLINE)
            hanging |= thread.is_alive()
        for gate in self.gates:
            gate.close()
        self.pools.clear()
        shutil.rmtree(self.folder)
        self.assertEqual(unseen, [])
        if hanging:
            self.fail('a pool does not shut down')

    def gate(self):
        self.gates.append(Gate(self.folder))
        return self.gates[-1]

    def keep(self, pool):
        self.pools.append(pool)
        return pool

    def thread_pool(self, max_workers=2, **kwargs):
        return self.keep(futures.ThreadPoolExecutor(max_workers, **kwargs))

    def process_pool(self, max_workers=2, **kwargs):
        return self.keep(futures.ProcessPoolExecutor(max_workers, **kwargs))

    def run_program(self, text, *arguments):
        """Runs a program that has the module under test as `futures`: (status, output, errors)."""
        path = os.path.join(self.folder, 'program.py')
        with open(path, 'w') as file:
            file.write(f'{IMPORT}\nimport sys\nsys.path.insert(0, {FOLDER!r})\n{text}')
        done = subprocess.run([sys.executable, path, *arguments], stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, timeout=DEADLINE)
        return done.returncode, done.stdout, done.stderr

    def assertProgram(self, text, *outputs):
        """The program ends well, writes one of these, and nothing to its standard error."""
        status, output, errors = self.run_program(text)
        self.assertEqual(errors, '')
        self.assertIn(output, outputs)
        self.assertEqual(status, 0)

    def assertEnds(self, process):
        """(If the pool waits for it too, multiprocessing may tell for a moment still that it is alive.)"""
        end = time.monotonic() + DEADLINE
        process.join(DEADLINE)
        while process.is_alive() and time.monotonic() < end:
            time.sleep(0)
        self.assertFalse(process.is_alive())

    def assertCollected(self, reference):
        """Nobody keeps it; other threads may for a moment still."""
        end = time.monotonic() + DEADLINE
        while reference() is not None and time.monotonic() < end:
            gc.collect()
            self.turn()
            time.sleep(0)
        self.assertIsNone(reference())

    def turn(self):
        """Lets the main loop do what it has to do, if there is one."""


class ThreadPool:
    in_processes = False
    broken_error = futures.thread.BrokenThreadPool if hasattr(futures, 'thread') else futures.BrokenExecutor
    executor_type = property(lambda self: futures.ThreadPoolExecutor)

    def make_pool(self, max_workers=2, **kwargs):
        return self.thread_pool(max_workers, **kwargs)

    @property
    def pool(self):
        return self.pools[0] if self.pools else self.make_pool()


class ProcessPool(ThreadPool):
    in_processes = True
    start_method = None
    broken_error = futures.process.BrokenProcessPool if hasattr(futures, 'process') else futures.BrokenExecutor
    executor_type = property(lambda self: futures.ProcessPoolExecutor)

    def make_pool(self, max_workers=2, **kwargs):
        if self.start_method:
            kwargs['mp_context'] = multiprocessing.get_context(self.start_method)
        return self.process_pool(max_workers, **kwargs)

    @property
    def forks(self):
        """Whether the workers are forks of the test, as they are in the standard library by default."""
        return STD and multiprocessing.get_context(self.start_method).get_start_method() == 'fork'


class SpawnProcessPool(ProcessPool):
    start_method = 'spawn'


class PlainFutures:
    exposed = False

    def new(self):
        return futures.Future()


class ExposedFutures:
    """Something has looked at that side of them that is a GObject: see _future.py."""

    exposed = True

    def new(self):
        future = futures.Future()
        future.get_state()
        return future

    def turn(self):
        while GLib.MainContext.default().iteration(False):
            pass


if not STD:
    class ExposingThreadPoolExecutor(futures.ThreadPoolExecutor):
        def submit(self, fn, /, *args, **kwargs):
            future = super().submit(fn, *args, **kwargs)
            future.get_state()
            return future


class ExposedThreadPool(ExposedFutures, ThreadPool):
    executor_type = property(lambda self: ExposingThreadPoolExecutor)

    def thread_pool(self, max_workers=2, **kwargs):
        return self.keep(ExposingThreadPoolExecutor(max_workers, **kwargs))


THREADS = [ThreadPool] if STD else [ThreadPool, ExposedThreadPool]
PROCESSES = [ProcessPool, SpawnProcessPool] if STD else [ProcessPool]    # Ours are the same.
FUTURES = [PlainFutures] if STD else [PlainFutures, ExposedFutures]


def for_each(mixins, word):
    def decorate(cases):
        module = sys.modules[cases.__module__]
        for mixin in mixins:
            name = cases.__name__ + word + mixin.__name__
            setattr(module, name, type(name, (mixin, cases, Case), {'__module__': cases.__module__}))
        return cases
    return decorate


def for_pools(pools):
    """The cases of the class, once for each kind of pool."""
    return for_each(pools, 'In')


def for_futures(cases):
    """The cases of the class, once for each kind of future made by hand."""
    return for_each(FUTURES, 'Of')(cases)

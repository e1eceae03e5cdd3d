# test-leaks.py - futures, their values and their executors go away
#
# What is left is counted in bytes of malloc's that are in use: Python's own allocator is
# turned off, and what the kernel has given says too little.
#
# SPDX-License-Identifier: LGPL-2.1-or-later
import ctypes
import gc
import os
import select
import sys
import threading
import unittest
import weakref

import gi

gi.require_version('GFutures', '1')
from gi.repository import GLib, GFutures

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import tap
from loop_support import DEADLINE, drain, in_thread, turn_until

N = 100_000
N_PROCESSES = 20_000
N_CYCLES = 1000
BATCH = 1000

N_OTHERS = 20_000

# What a round may leave: far less than one object of each future.
MAX_OBJECTS = 500
MAX_BYTES = 1024 * 1024
ROUNDS = 4


class Mallinfo(ctypes.Structure):
    _fields_ = [(name, ctypes.c_size_t) for name in (
        'arena', 'ordblks', 'smblks', 'hblks', 'hblkhd', 'usmblks', 'fsmblks', 'uordblks', 'fordblks', 'keepcost')]


try:
    mallinfo = ctypes.CDLL(None).mallinfo2
    mallinfo.restype = Mallinfo
except AttributeError:
    mallinfo = None


def get_used_size():
    if mallinfo is not None:
        info = mallinfo()
        return info.uordblks + info.hblkhd
    # Another C library than glibc 2.33
    with open('/proc/self/statm') as file:
        return int(file.read().split()[1]) * os.sysconf('SC_PAGE_SIZE')


def count():
    """How many objects there are, and bytes, when all is done."""
    drain()
    gc.collect()
    drain()
    gc.collect()
    return len(gc.get_objects()), get_used_size()


class Thing:
    pass


def fail(*args):
    raise KeyError('key')


class GrowthTest(unittest.TestCase):
    """After a round that warms up, a round leaves nothing behind."""

    @classmethod
    def setUpClass(cls):
        # Some versions of PyGObject leak some bytes of each function that C is given.
        def add():
            for _ in range(BATCH):
                GLib.idle_add(int)
            drain()

        add()
        size = count()[1]
        for _ in range(N_OTHERS // BATCH):
            add()
        cls.lost = max(0, count()[1] - size) / N_OTHERS

    def assertNoGrowth(self, work, n=N_OTHERS, functions=0):
        """@work handles a batch of @n futures, and gives C a number of functions for each."""
        def run():
            for _ in range(n // BATCH):
                work()

        run()
        grown = []
        for _ in range(ROUNDS):
            objects, size = count()
            run()
            more_objects, more = count()
            grown.append((more_objects - objects, int(more - size - 1.2 * self.lost * functions * n)))
            # Fragments may need a round more; what leaks does so in each.
            if grown[-1][0] < MAX_OBJECTS and grown[-1][1] < MAX_BYTES:
                return
        self.fail(f'{n} futures leave each time: {grown} (objects, bytes)')

    def test_plain(self):
        def work():
            for i in range(BATCH):
                future = GFutures.Future()
                future.set_result([i])
                future.result()

        self.assertNoGrowth(work, N)

    def test_settled_in_all_ways(self):
        def work():
            for i in range(BATCH // 4):
                future = GFutures.Future()
                future.set_exception(KeyError(i))
                future.exception()
                GFutures.Future().cancel()
                future = GFutures.Future()
                future.add_done_callback(lambda f: None)
                future.cancel_running()
                GFutures.Future().add_done_callback(fail)

        self.assertNoGrowth(work)

    def test_connected(self):
        done = []

        def work():
            for i in range(BATCH):
                future = GFutures.Future()
                future.connect('done', lambda f: done.append(None))
                future.set_result([i])
            turn_until(lambda: len(done) == BATCH)
            done.clear()

        self.assertNoGrowth(work, N, functions=1)

    def test_connected_and_failed(self):
        done = []

        def work():
            for i in range(BATCH // 2):
                for future in GFutures.Future(), GFutures.Promise():
                    future.connect('done', lambda f: done.append(f.get_state()))
                    future.set_exception(KeyError(i))
            turn_until(lambda: len(done) == BATCH)
            done.clear()

        self.assertNoGrowth(work, functions=1)

    def test_chained(self):
        def work():
            for i in range(BATCH // 2):
                future = GFutures.Future()
                derived = future.then(lambda value: [value])
                future.set_result(i)
                derived.result(DEADLINE)

        self.assertNoGrowth(work, N, functions=1)

    def test_chains_that_fail(self):
        def work():
            for i in range(BATCH // 5):
                future = GFutures.Future()
                derived = future.then(fail).finally_(lambda: None).catch(lambda error: [error])
                future.set_result(i)
                derived.result(DEADLINE)
                # Never settled.
                GFutures.Future().then(fail)

        self.assertNoGrowth(work, functions=2)

    def test_groups(self):
        def work():
            for make in GFutures.Future.all, GFutures.Future.all_settled, GFutures.Future.any, GFutures.Future.race:
                for i in range(BATCH // 12):
                    futures = [GFutures.Future() for _ in range(2)]
                    group = make(futures)
                    for future in futures:
                        if not future.done():
                            future.set_result([i])
                    group.result(DEADLINE)

        self.assertNoGrowth(work, functions=1)

    def test_threads(self):
        with GFutures.ThreadPoolExecutor(2) as pool:
            def work():
                futures = [pool.submit(fail if i % 10 == 0 else Thing) for i in range(BATCH)]
                for future in GFutures.as_completed(futures):
                    future.exception()
                GFutures.wait(futures)

            self.assertNoGrowth(work, N)

    def test_tasks_with_a_promise(self):
        with GFutures.ThreadPoolExecutor(2) as pool:
            def work():
                futures = [pool.submit_full(0, None, lambda promise, *args: promise.set_progress(.5, 'half'))
                           for i in range(BATCH)]
                GFutures.wait(futures)

            self.assertNoGrowth(work, functions=1)

    def test_processes(self):
        with GFutures.ProcessPoolExecutor(2) as pool:
            def work():
                futures = [pool.submit(int, 'x' if i % 10 == 0 else i) for i in range(BATCH)]
                for future in futures:
                    future.exception()

            self.assertNoGrowth(work, N_PROCESSES)

    def test_coroutines(self):
        async def main(future):
            return await future

        def work():
            done = []
            for i in range(BATCH):
                future = GFutures.Future()
                GFutures.run_async(main(future)).add_done_callback(done.append)
                future.set_result(i)
            turn_until(lambda: len(done) == BATCH)

        self.assertNoGrowth(work, functions=1)


class CycleTest(unittest.TestCase):
    """Cycles through a future are found by the garbage collector."""

    def assertCollected(self, make):
        for look in (lambda future: None), (lambda future: future.get_state()):
            references = []
            for _ in range(N_CYCLES):
                thing = Thing()
                references.append(weakref.ref(thing))
                make(thing, look)
                thing = None
            # The last closure is freed by PyGObject when it makes the next.
            GFutures.Future().connect('done', id)
            count()
            left = sum(reference() is not None for reference in references)
            self.assertEqual(left, 0, 'looked at' if look(GFutures.Future()) is not None else 'bare')

    def test_result(self):
        def make(thing, look):
            thing.future = GFutures.Future()
            look(thing.future)
            thing.future.set_result(thing)

        self.assertCollected(make)

    def test_result_then_look(self):
        def make(thing, look):
            thing.future = GFutures.Future()
            thing.future.set_result([thing])
            look(thing.future)
            thing.future.result()

        self.assertCollected(make)

    def test_result_of_a_promise(self):
        def make(thing, look):
            thing.future = GFutures.Promise()
            thing.future.set_result(thing)
            thing.future.result()

        self.assertCollected(make)

    def test_exception(self):
        def make(thing, look):
            thing.future = GFutures.Future()
            look(thing.future)
            thing.future.set_exception(KeyError(thing))

        self.assertCollected(make)

    def test_traceback(self):
        def make(thing, look):
            future = thing.future = GFutures.Future()
            look(future)
            try:
                raise KeyError(thing)
            except KeyError as error:
                future.set_exception(error)
            try:
                future.result()
            except KeyError as error:
                thing.error = error

        self.assertCollected(make)

    def test_callback(self):
        def make(thing, look):
            thing.future = GFutures.Future()
            thing.future.add_done_callback(lambda future: thing)
            look(thing.future)
            thing.future.add_done_callback(lambda future: thing)

        self.assertCollected(make)

    def test_callback_that_was_called(self):
        def make(thing, look):
            thing.future = GFutures.Future()
            thing.future.add_done_callback(lambda future: thing)
            look(thing.future)
            thing.future.set_result(1)

        self.assertCollected(make)

    def test_handler(self):
        def make(thing, look):
            thing.future = GFutures.Future()
            thing.future.connect('done', lambda future: thing)
            thing.future.connect('notify::progress', lambda future, pspec: thing)

        self.assertCollected(make)

    def test_handler_of_one_that_is_settled(self):
        def make(thing, look):
            thing.future = GFutures.Future()
            thing.future.set_result(thing)
            thing.future.connect('done', lambda future: thing)

        self.assertCollected(make)

    def test_attribute(self):
        def make(thing, look):
            thing.future = GFutures.Future()
            look(thing.future)
            thing.future.thing = thing

        self.assertCollected(make)

    def test_continuation_that_ran(self):
        def make(thing, look):
            future = thing.future = GFutures.Future()
            thing.derived = future.then(lambda value: thing)
            future.set_result(thing)
            thing.derived.result(DEADLINE)

        self.assertCollected(make)

    def test_group(self):
        def make(thing, look):
            # (with the group itself it would be a cycle through C)
            thing.futures = [GFutures.Future() for _ in range(2)]
            group = GFutures.Future.all(thing.futures)
            for future in thing.futures:
                future.set_result(thing)
            thing.value = group.result(DEADLINE)

        self.assertCollected(make)

    def test_task(self):
        with GFutures.ThreadPoolExecutor(2) as pool:
            def raise_with(thing):
                raise KeyError(thing)

            def make(thing, look):
                thing.future = pool.submit(raise_with, thing)
                look(thing.future)
                thing.error = thing.future.exception(DEADLINE)

            self.assertCollected(make)

    def test_coroutine(self):
        async def main(thing, future):
            thing.awaited = future
            await future

        def make(thing, look):
            future = GFutures.Future()
            look(future)
            thing.future = GFutures.run_async(main(thing, future))
            # It comes to its await, and stays there.
            turn_until(lambda: hasattr(thing, 'awaited'))

        self.assertCollected(make)

    def test_iterator(self):
        def make(thing, look):
            thing.future = GFutures.Future()
            look(thing.future)
            thing.iterator = GFutures.as_completed([thing.future])
            thing.future.thing = thing

        self.assertCollected(make)


class ExecutorTest(unittest.TestCase):
    """Executors that are dropped without shutdown()."""

    def assertEnds(self, pid):
        try:
            fd = os.pidfd_open(pid)
        except ProcessLookupError:
            return
        try:
            # It is readable when the process has ended.
            self.assertTrue(select.select([fd], [], [], DEADLINE)[0], 'a worker process does not end')
        finally:
            os.close(fd)

    def test_threads(self):
        for work in (lambda pool: pool.submit(int).result(DEADLINE), lambda pool: pool.submit(int),
                     lambda pool: GFutures.wait([pool.submit(fail) for _ in range(20)]),
                     lambda pool: list(pool.map(str, range(20))), lambda pool: pool.get_property('max-workers')):
            pool = GFutures.ThreadPoolExecutor(2)
            reference = weakref.ref(pool)
            work(pool)
            threads = list(pool._threads)
            del pool
            for thread in threads:
                thread.join(DEADLINE)
                self.assertFalse(thread.is_alive())
            gc.collect()
            self.assertIsNone(reference())

    def test_what_was_accepted_runs(self):
        pool, ran = GFutures.ThreadPoolExecutor(1), []
        futures = [pool.submit(ran.append, i) for i in range(100)]
        del pool
        GFutures.wait(futures, DEADLINE)
        self.assertEqual(ran, list(range(100)))

    def test_processes(self):
        for work in (lambda pool: pool.submit(int).result(DEADLINE),
                     lambda pool: list(pool.map(str, range(20))), lambda pool: pool.call('builtins:abs', -1).result()):
            pool = GFutures.ProcessPoolExecutor(2)
            reference = weakref.ref(pool)
            work(pool)
            pids = pool.get_worker_pids()
            self.assertTrue(pids)
            del pool
            gc.collect()
            for pid in pids:
                self.assertEnds(pid)
            turn_until(lambda: (gc.collect(), GLib.MainContext.default().wakeup(), reference() is None)[2])

    def test_dropped_in_a_task(self):
        pool = GFutures.ThreadPoolExecutor(1)
        reference, threads = weakref.ref(pool), []

        def drop(holder):
            threads.append(threading.current_thread())
            holder.clear()

        holder = [pool]
        del pool
        self.assertIsNone(holder[0].submit(drop, holder).result(DEADLINE))
        threads[0].join(DEADLINE)
        self.assertFalse(threads[0].is_alive())
        gc.collect()
        self.assertIsNone(reference())


class FinalizeTest(unittest.TestCase):
    """Handlers are freed in the thread that they would have run in."""

    def make_handler(self, calls, threads):
        class Handler:
            def __call__(self, *args):
                calls.append(None)

            def __del__(self):
                threads.append(threading.get_ident())

        return Handler()

    def assertFreedHere(self, make, n=2000):
        # PyGObject tells the garbage collector of an object's handlers while its reference
        # count is 1; C changes that meanwhile, without Python's lock. Once in ten thousands
        # a collection in another thread takes such a handler for garbage, of any GObject.
        gc.disable()
        self.addCleanup(gc.enable)
        calls, threads = [], []
        for i in range(n // 100):
            for _ in range(100):
                make(self.make_handler(calls, threads))
            turn_until(lambda: len(calls) == (i + 1) * 100)
        # PyGObject frees the last when it makes the next.
        GFutures.Future().connect('done', id)
        context = GLib.MainContext.default()
        turn_until(lambda: (gc.collect(), context.wakeup(), len(threads) == n)[2])
        self.assertEqual(set(threads), {threading.get_ident()})

    def test_threads(self):
        with GFutures.ThreadPoolExecutor(2) as pool:
            self.assertFreedHere(lambda handler: pool.submit(int).connect('done', handler))
            self.assertFreedHere(lambda handler: pool.submit(fail).connect('notify::settled', handler))

    def test_tasks_with_a_promise(self):
        with GFutures.ThreadPoolExecutor(2) as pool:
            self.assertFreedHere(lambda handler:
                                 pool.submit_full(0, None, lambda promise, *args: None).connect('done', handler))

    def test_processes(self):
        with GFutures.ProcessPoolExecutor(1) as pool:
            self.assertFreedHere(lambda handler: pool.submit(int).connect('done', handler))

    def test_settled_elsewhere(self):
        with GFutures.ThreadPoolExecutor(2) as pool:
            def make(handler):
                future = GFutures.Future()
                future.connect('done', handler)
                pool.submit(future.set_result, 1)

            self.assertFreedHere(make)

    def test_dropped_elsewhere_unsettled(self):
        def make(handler):
            future = GFutures.Future()
            future.connect('done', handler)
            holder = [future]
            del future
            in_thread(holder.clear)

        self.assertFreedHere(make, 300)


if __name__ == '__main__':
    if os.environ.get('PYTHONMALLOC') != 'malloc':
        os.execve(sys.executable, [sys.executable, *sys.argv], {**os.environ, 'PYTHONMALLOC': 'malloc'})
    tap.main(watchdog=580)

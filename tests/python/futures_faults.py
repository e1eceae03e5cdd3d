# futures_faults.py - workers that die
#
# Of the standard library's pool a death is the end: it is "broken". A GFutures pool
# loses one task, and goes on with another worker. What the lost future says is the same.
#
# SPDX-License-Identifier: LGPL-2.1-or-later
import os
import pickle
import signal
import sys
import threading
import unittest

import futures_tasks as tasks
from futures_support import DEADLINE, PROCESSES, STD, for_pools, futures, gfutures_only, in_thread, join

GONE = 'terminated abruptly|died|killed|exit|signal'


@for_pools(PROCESSES)
class Faults:
    def check_lost(self, pool, future, gfutures_says=None):
        """The future's worker died; what becomes of the pool."""
        error = future.exception(DEADLINE)
        self.assertIsInstance(error, self.broken_error)
        self.assertIsInstance(error, futures.BrokenExecutor)
        self.assertIsInstance(error, RuntimeError)
        self.assertRaises(self.broken_error, future.result)
        self.assertFalse(future.cancelled())
        if STD:
            # The pool is broken for good.
            self.assertTrue(pool._broken)
            with self.assertRaises(self.broken_error):
                pool.submit(tasks.add, 1, 2)
            with self.assertRaises(futures.BrokenExecutor):
                pool.map(tasks.add, [1], [2])
        else:
            # One task was lost, and the pool goes on.
            self.assertIsInstance(error, futures.WorkerDied)
            self.assertRegex(str(error), gfutures_says or GONE)
            self.assertFalse(pool._broken)
            self.assertEqual(pool.submit(tasks.add, 1, 2).result(DEADLINE), 3)
            self.assertEqual(list(pool.map(tasks.add, range(5), range(5))), [0, 2, 4, 6, 8])

    def check_dies(self, function, *args, says=None):
        pool = self.make_pool(2)
        self.check_lost(pool, pool.submit(function, *args), says)

    def test_exit_of_the_worker(self):
        for status in 0, 1, 3:
            self.check_dies(tasks.leave, status, says=rf'\b{status}\b')

    def test_signal(self):
        for signum in signal.SIGKILL, signal.SIGTERM:
            self.check_dies(tasks.kill_oneself, signum, says=rf'\b{int(signum)}\b|{signum.name}')

    def test_while_it_loads_the_task(self):
        self.check_dies(tasks.identity, tasks.DiesWhileLoading(), says=r'\b3\b')

    def test_while_it_pickles_the_result(self):
        self.check_dies(tasks.return_object, tasks.DiesWhilePickling, says=r'\b4\b')

    def test_killed_from_outside(self):
        pool, gate = self.make_pool(1), self.gate()
        future = pool.submit(gate.tell_pid)
        os.kill(int(gate.arrivals()[0]), signal.SIGKILL)
        self.check_lost(pool, future)

    def test_terminated_from_outside(self):
        pool, gate = self.make_pool(1), self.gate()
        future = pool.submit(gate.enter)
        gate.arrivals()
        next(iter(pool._processes.values())).terminate()
        self.check_lost(pool, future)

    def test_killed_while_idle(self):
        pool = self.make_pool(1)
        pid = pool.submit(tasks.get_pid).result(DEADLINE)
        process = pool._processes[pid]
        os.kill(pid, signal.SIGKILL)
        process.join(DEADLINE)
        if STD:
            # It may not have noticed yet.
            with self.assertRaises(self.broken_error):
                pool.submit(tasks.add, 1, 2).result(DEADLINE)
        else:
            # No task was lost: nobody is told.
            self.assertEqual(pool.submit(tasks.add, 1, 2).result(DEADLINE), 3)

    def test_others_that_wait(self):
        pool, gate = self.make_pool(1), self.gate()
        lost = pool.submit(gate.enter_and_kill)
        fs = [pool.submit(tasks.identity, i) for i in range(10)]
        gate.open()
        self.assertIsInstance(lost.exception(DEADLINE), self.broken_error)
        for i, future in enumerate(fs):
            if STD:
                self.assertIsInstance(future.exception(DEADLINE), self.broken_error)
            else:
                self.assertEqual(future.result(DEADLINE), i)

    def test_others_that_run(self):
        pool, gate, other = self.make_pool(2), self.gate(), self.gate()
        lost, running = pool.submit(gate.enter_and_kill), pool.submit(other.enter, 'x')
        gate.arrivals()
        other.arrivals()
        gate.open()
        self.assertIsInstance(lost.exception(DEADLINE), self.broken_error)
        other.open()
        if STD:
            self.assertIsInstance(running.exception(DEADLINE), self.broken_error)
        else:
            self.assertEqual(running.result(DEADLINE), 'x')

    def test_callback_is_called(self):
        pool, seen, come = self.make_pool(1), [], threading.Event()
        future = pool.submit(tasks.leave, 1)
        future.add_done_callback(lambda f: seen.append(f.exception(0)))
        future.add_done_callback(lambda f: come.set())
        self.assertTrue(come.wait(DEADLINE))
        self.assertIsInstance(seen[0], self.broken_error)

    def test_wait_and_as_completed(self):
        pool = self.make_pool(2)
        fs = [pool.submit(tasks.leave, 1)]
        self.assertEqual(futures.wait(fs, DEADLINE, futures.FIRST_EXCEPTION), (set(fs), set()))
        self.assertEqual(list(futures.as_completed(fs)), fs)

    def test_map(self):
        pool, gate = self.make_pool(1), self.gate()
        iterator = pool.map(gate.enter_and_kill, [signal.SIGKILL] * 3)
        gate.open()
        with self.assertRaises(self.broken_error):
            next(iterator)
        self.assertRaises(StopIteration, next, iterator)

    def test_chunk_of_a_map(self):
        iterator = self.make_pool(1).map(tasks.leave, range(4), chunksize=2)
        with self.assertRaises(self.broken_error):
            list(iterator)

    def test_shutdown_meanwhile(self):
        pool, gate = self.make_pool(2), self.gate()
        future = pool.submit(gate.enter_and_kill)
        gate.arrivals()
        thread = in_thread(pool.shutdown)
        gate.open()
        join(thread)
        self.assertIsInstance(future.exception(0), self.broken_error)

    def test_shutdown_afterwards(self):
        pool = self.make_pool(2)
        self.assertIsInstance(pool.submit(tasks.leave, 1).exception(DEADLINE), self.broken_error)
        pool.shutdown()
        pool.shutdown(wait=False, cancel_futures=True)
        with self.assertRaises(RuntimeError):
            pool.submit(tasks.add, 1, 2)

    def test_dropped_meanwhile(self):
        pool, gate = self.executor_type(1), self.gate()
        future = pool.submit(gate.enter_and_kill)
        gate.arrivals()
        del pool
        gate.open()
        self.assertIsInstance(future.exception(DEADLINE), self.broken_error)

    @unittest.skipIf(STD and sys.version_info < (3, 13), 'a thread of concurrent.futures ends by InvalidStateError')
    def test_cancelled_ones_stay_cancelled(self):
        pool, gate = self.make_pool(1), self.gate()
        lost = pool.submit(gate.enter_and_kill)
        gate.arrivals()
        fs = [pool.submit(tasks.identity, i) for i in range(10)]
        self.assertTrue(fs[-1].cancel())
        gate.open()
        self.assertIsInstance(lost.exception(DEADLINE), self.broken_error)
        self.assertTrue(fs[-1].cancelled())
        self.assertRaises(futures.CancelledError, fs[-1].result)

    def test_while_it_gets_a_large_argument(self):
        pool = self.make_pool(1)
        pool.submit(tasks.add, 1, 2).result(DEADLINE)
        future = pool.submit(tasks.capture, tasks.DiesWhileLoading(), bytes(50000000))
        self.assertIsInstance(future.exception(DEADLINE), self.broken_error)

    @unittest.skipIf(STD and sys.version_info < (3, 12), 'concurrent.futures may wait for ever here')
    def test_while_it_gets_many_large_arguments(self):
        data = bytes(1000000)
        iterator = self.make_pool(2).map(tasks.capture, [tasks.DiesWhileLoading()] * 6, [data] * 6)
        with self.assertRaises(self.broken_error):
            next(iterator)

    def test_in_the_initializer(self):
        # It would die again and again: that breaks a pool of either kind.
        pool = self.make_pool(1, initializer=tasks.leave, initargs=(3,))
        self.assertIsInstance(pool.submit(tasks.add, 1, 2).exception(DEADLINE), futures.BrokenExecutor)
        self.assertTrue(pool._broken)
        self.assertRaises(futures.BrokenExecutor, pool.submit, tasks.add, 1, 2)

    def test_argument_that_does_not_load(self):
        pool = self.make_pool(1)
        future = pool.submit(tasks.identity, tasks.FailsToLoad())
        error = future.exception(DEADLINE)
        if STD:
            # The worker ends by it.
            self.assertIsInstance(error, self.broken_error)
        else:
            # As there, but for what comes after it.
            self.assertIn('does not load', str(error))
            self.assertIsInstance(error, self.broken_error)
            self.assertEqual(pool.submit(tasks.add, 1, 2).result(DEADLINE), 3)

    def test_result_that_does_not_load(self):
        pool = self.make_pool(1)
        future = pool.submit(tasks.return_object, tasks.FailsToLoadHere)
        error = future.exception(DEADLINE)
        if STD:
            # The pool is broken by it, and tells why in the cause.
            self.assertIsInstance(error, self.broken_error)
            self.assertIn('does not load', str(error.__cause__))
        else:
            self.assertIn('does not load', str(error))
            self.assertIsInstance(error, self.broken_error)
            self.assertIsInstance(error.__cause__, pickle.UnpicklingError)
            self.assertEqual(pool.submit(tasks.add, 1, 2).result(DEADLINE), 3)

    @gfutures_only
    def test_outcomes_whose_loading_ends_otherwise(self):
        pool = self.make_pool(1)
        for function, outcome in ((tasks.return_object, tasks.ExitsWhileLoading),
                                  (tasks.raise_object, tasks.ExitsWhileLoading),
                                  (tasks.raise_object, tasks.LoadsAsNumber)):
            called = threading.Event()
            future = pool.submit(function, outcome)
            future.add_done_callback(lambda future: called.set())
            error = future.exception(DEADLINE)
            self.assertIsInstance(error, futures.UnpicklingError, (function, outcome))
            self.assertIsInstance(error, self.broken_error)
            self.assertIs(future.exception(), error)
            self.assertTrue(called.wait(DEADLINE))
        self.assertEqual(pool.submit(tasks.add, 1, 2).result(DEADLINE), 3)

    def test_exception_that_does_not_load(self):
        pool = self.make_pool(1)
        future = pool.submit(tasks.return_object, raise_unloadable)
        error = future.exception(DEADLINE)
        if STD:
            self.assertIsInstance(error, self.broken_error)
            self.assertIn('UnloadableError', str(error.__cause__))
        else:
            # What it was has to be found out, from the error or from its cause.
            self.assertIsInstance(error, self.broken_error)
            self.assertIn('UnloadableError', f'{error} {error.__cause__}')
            self.assertEqual(pool.submit(tasks.add, 1, 2).result(DEADLINE), 3)

    def test_soft_exit_and_interrupt_leave_the_worker(self):
        pool = self.make_pool(1)
        pid = pool.submit(tasks.get_pid).result(DEADLINE)
        self.assertEqual(pool.submit(tasks.exit_softly, 3).exception(DEADLINE).code, 3)
        self.assertIsInstance(pool.submit(tasks.interrupt).exception(DEADLINE), KeyboardInterrupt)
        self.assertEqual(pool.submit(tasks.get_pid).result(DEADLINE), pid)

    def test_program_ends_well_after_it(self):
        method = f'multiprocessing.get_context({self.start_method!r})'
        self.assertProgram(
            'from futures_tasks import *\n'
            'import multiprocessing\n'
            'if __name__ == "__main__":\n'
            f'    pool = futures.ProcessPoolExecutor(2, mp_context={method})\n'
            '    error = pool.submit(leave, 1).exception()\n'
            '    print(isinstance(error, futures.BrokenExecutor))\n', 'True\n')


def raise_unloadable():
    raise tasks.UnloadableError('one', 'two')

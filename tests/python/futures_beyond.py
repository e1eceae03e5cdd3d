# futures_beyond.py - names and classes; what GFutures has beyond the standard library
#
# SPDX-License-Identifier: LGPL-2.1-or-later
import concurrent.futures
import inspect
import operator
import signal
import time
import unittest

import futures_tasks as tasks
from futures_support import (Case, DEADLINE, PROCESSES, STD, THREADS, for_pools, futures, gfutures_only,
                             run_threads)

NAMES = ('FIRST_COMPLETED', 'FIRST_EXCEPTION', 'ALL_COMPLETED', 'CancelledError', 'TimeoutError', 'BrokenExecutor',
         'InvalidStateError', 'Future', 'Executor', 'wait', 'as_completed', 'ProcessPoolExecutor',
         'ThreadPoolExecutor')
EXCEPTIONS = 'CancelledError', 'TimeoutError', 'BrokenExecutor', 'InvalidStateError'


class Names(Case):
    def test_all_are_there(self):
        for name in NAMES:
            self.assertTrue(hasattr(futures, name), name)

    def test_all_of_this_python_are_there(self):
        for name in concurrent.futures.__all__:
            self.assertTrue(hasattr(futures, name), name)
            self.assertIn(name, dir(futures))

    def test_none_that_no_python_has(self):
        self.assertRaises(AttributeError, lambda: futures.NoSuchExecutor)

    @unittest.skipUnless('InterpreterPoolExecutor' in concurrent.futures.__all__,
                         'There are pools of interpreters since Python 3.14')
    def test_pool_of_interpreters(self):
        self.assertIs(futures.InterpreterPoolExecutor, concurrent.futures.InterpreterPoolExecutor)
        with futures.InterpreterPoolExecutor(1) as pool, futures.ThreadPoolExecutor(1) as other:
            fs = [executor.submit(operator.mul, n, n) for n in range(3) for executor in (pool, other)]
            self.assertEqual(futures.wait(fs, DEADLINE).done, set(fs))
            self.assertEqual(sorted(future.result() for future in futures.as_completed(fs, DEADLINE)),
                             [0, 0, 1, 1, 4, 4])

    def test_may_be_imported(self):
        names = {}
        exec(f'from {"concurrent.futures" if STD else "gi.repository.GFutures"} import {", ".join(NAMES)}', names)
        for name in NAMES:
            self.assertIs(names[name], getattr(futures, name))

    def test_submodules(self):
        # Where the documentation has the two exceptions of broken pools.
        self.assertTrue(issubclass(futures.thread.BrokenThreadPool, futures.BrokenExecutor))
        self.assertTrue(issubclass(futures.process.BrokenProcessPool, futures.BrokenExecutor))
        self.assertTrue(issubclass(futures.BrokenExecutor, RuntimeError))
        self.assertIs(futures.thread.BrokenThreadPool, concurrent.futures.thread.BrokenThreadPool)
        self.assertIs(futures.process.BrokenProcessPool, concurrent.futures.process.BrokenProcessPool)

    def test_exceptions_are_the_standard_ones(self):
        for name in EXCEPTIONS:
            self.assertIs(getattr(futures, name), getattr(concurrent.futures, name))

    def test_exceptions_are_caught_by_either_name(self):
        future = futures.Future()
        for kind in futures.TimeoutError, concurrent.futures.TimeoutError:
            try:
                future.result(0)
            except kind:
                pass
        future.cancel()
        for kind in futures.CancelledError, concurrent.futures.CancelledError:
            try:
                future.result(0)
            except kind:
                pass
        for kind in futures.InvalidStateError, concurrent.futures.InvalidStateError:
            try:
                future.set_result(0)
            except kind:
                pass

    def test_signatures(self):
        """Every parameter of the standard library, by the same name, kind and default, in the same place."""
        for name in ('Future.result', 'Future.exception', 'Future.cancel', 'Future.cancelled', 'Future.running',
                     'Future.done', 'Future.add_done_callback', 'Future.set_result', 'Future.set_exception',
                     'Future.set_running_or_notify_cancel', 'Executor.submit', 'ThreadPoolExecutor.submit',
                     'ProcessPoolExecutor.submit', 'ThreadPoolExecutor.map', 'ProcessPoolExecutor.map',
                     'ThreadPoolExecutor.shutdown', 'ProcessPoolExecutor.shutdown', 'ThreadPoolExecutor.__init__',
                     'ProcessPoolExecutor.__init__', 'wait', 'as_completed'):
            ours, theirs = futures, concurrent.futures
            for part in name.split('.'):
                ours, theirs = getattr(ours, part), getattr(theirs, part)
            ours, theirs = inspect.signature(ours).parameters, inspect.signature(theirs).parameters
            if any(p.kind is p.VAR_KEYWORD for p in theirs.values()) and 'submit' not in name:
                continue
            for parameter in theirs.values():
                self.assertIn(parameter.name, ours, name)
                self.assertEqual(ours[parameter.name].kind, parameter.kind, (name, parameter))
                self.assertEqual(ours[parameter.name].default, parameter.default, (name, parameter))
            places = [p.name for p in theirs.values() if p.kind is p.POSITIONAL_OR_KEYWORD]
            self.assertEqual([p for p in ours if p in places], places, name)

    def test_documentation(self):
        for value in (futures.wait, futures.as_completed, futures.Future, futures.Future.result,
                      futures.ThreadPoolExecutor, futures.ThreadPoolExecutor.submit,
                      futures.ThreadPoolExecutor.map, futures.ProcessPoolExecutor.map,
                      futures.ThreadPoolExecutor.shutdown):
            # Some classes of the standard library have none.
            if not (STD and isinstance(value, type)):
                self.assertTrue(inspect.getdoc(value), value)


@gfutures_only
class Kinds(Case):
    def test_futures_are_of_both_kinds(self):
        from gi.repository import GObject
        future = futures.Future()
        for kind in concurrent.futures.Future, GObject.Object:
            self.assertIsInstance(future, kind)
        self.assertTrue(issubclass(futures.Future, concurrent.futures.Future))

    def test_pools_are_executors(self):
        for kind in futures.ThreadPoolExecutor, futures.ProcessPoolExecutor:
            self.assertTrue(issubclass(kind, concurrent.futures.Executor))

    def test_pools_are_the_standard_ones(self):
        self.assertTrue(issubclass(futures.ThreadPoolExecutor, concurrent.futures.ThreadPoolExecutor))
        self.assertTrue(issubclass(futures.ProcessPoolExecutor, concurrent.futures.ProcessPoolExecutor))

    def test_worker_died(self):
        from gi.repository import GLib
        self.assertTrue(issubclass(futures.WorkerDied, GLib.Error))
        self.assertTrue(issubclass(futures.WorkerDied, concurrent.futures.process.BrokenProcessPool))

    def test_no_task_outside_of_tasks(self):
        self.assertIsNone(futures.current_promise())
        self.assertEqual(run_threads(lambda index: futures.current_promise(), 2), [None, None])


@gfutures_only
@for_pools(THREADS + PROCESSES[:1])
class Beyond:
    def test_cancel_running(self):
        pool, gate, seen = self.make_pool(1), self.gate(), []
        future = pool.submit(gate.enter, 'dropped')
        future.add_done_callback(lambda f: seen.append(f.cancelled()))
        gate.arrivals()
        self.assertFalse(future.cancel())
        self.assertTrue(future.cancel_running())
        # At once, though the function runs on.
        self.assertTrue(future.cancelled())
        self.assertTrue(future.done())
        self.assertFalse(future.running())
        self.assertEqual(seen, [True])
        self.assertRaises(futures.CancelledError, future.result, 0)
        self.assertRaises(futures.CancelledError, future.exception, 0)
        self.assertIn('state=cancelled', repr(future))
        gate.open()
        # Its result is dropped, and its worker takes the next one.
        self.assertEqual(pool.submit(tasks.add, 1, 2).result(DEADLINE), 3)
        self.assertTrue(future.cancelled())

    def test_cancel_running_in_the_other_states(self):
        pool, gate = self.make_pool(1), self.gate()
        fs = [pool.submit(gate.enter, i) for i in range(6)]
        gate.arrivals()
        self.assertTrue(fs[5].cancel_running())
        self.assertTrue(fs[5].cancelled())
        gate.open(6)
        self.assertEqual(fs[0].result(DEADLINE), 0)
        self.assertFalse(fs[0].cancel_running())
        self.assertEqual(fs[0].result(), 0)

    def test_cancel_running_wakes_those_who_wait(self):
        gate = self.gate()
        future = self.pool.submit(gate.enter)
        gate.arrivals()
        iterator = futures.as_completed([future], DEADLINE)
        self.assertTrue(future.cancel_running())
        self.assertIs(next(iterator), future)
        self.assertEqual(futures.wait([future], DEADLINE).done, {future})

    def test_should_stop(self):
        gate = self.gate()
        future = self.pool.submit(run_until_stopped, gate)
        self.assertEqual(gate.arrivals(), ['runs'])
        future.cancel_running()
        self.assertEqual(gate.arrivals(), ['stopped'])
        self.assertEqual(self.pool.submit(tasks.add, 1, 2).result(DEADLINE), 3)

    def test_progress(self):
        gate = self.gate()
        future = self.pool.submit(tell_progress, gate)
        gate.arrivals()
        # It is on its way from a worker.
        end = time.monotonic() + DEADLINE
        while future.get_progress() != 0.5 and time.monotonic() < end:
            time.sleep(0)
        self.assertEqual((future.get_progress(), future.dup_status()), (0.5, 'half'))
        gate.open()
        self.assertEqual(future.result(DEADLINE), 'done')

    def test_current_promise_is_the_tasks_own(self):
        self.assertEqual(list(self.pool.map(has_promise, range(4))), [True] * 4)
        self.assertIsNone(futures.current_promise())

    def test_shutdown_waits_for_the_function(self):
        pool, gate, order = self.make_pool(1), self.gate(), []
        future = pool.submit(gate.enter)
        gate.arrivals()
        future.cancel_running()
        gate.open()
        pool.shutdown()
        order.append('down')
        self.assertEqual(order, ['down'])


def run_until_stopped(gate):
    promise = futures.current_promise()
    gate.tell('runs')
    while not promise.should_stop():
        pass
    gate.tell('stopped')


def tell_progress(gate):
    futures.current_promise().set_progress(0.5, 'half')
    gate.enter()
    return 'done'


def has_promise(number):
    promise = futures.current_promise()
    return promise is not None and not promise.should_stop()


@gfutures_only
class Deaths(Case):
    def test_message_has_the_signal(self):
        error = self.process_pool(1).submit(tasks.kill_oneself, signal.SIGKILL).exception(DEADLINE)
        self.assertIsInstance(error, futures.WorkerDied)
        self.assertRegex(str(error), 'signal.*9|SIGKILL')

    def test_message_has_the_status(self):
        error = self.process_pool(1).submit(tasks.leave, 42).exception(DEADLINE)
        self.assertRegex(str(error), r'\b42\b')

    def test_is_a_glib_error(self):
        from gi.repository import GLib
        error = self.process_pool(1).submit(tasks.leave, 1).exception(DEADLINE)
        self.assertIsInstance(error, GLib.Error)
        self.assertEqual(error.domain, 'gf-future-error-quark')
        self.assertEqual(error.code, futures.FutureError.WORKER_DIED)
        self.assertTrue(error.message)

    def test_one_death_loses_one_task(self):
        pool = self.process_pool(2)
        fs = [pool.submit(tasks.leave if i == 7 else tasks.identity, i) for i in range(30)]
        for i, future in enumerate(fs):
            if i == 7:
                self.assertIsInstance(future.exception(DEADLINE), futures.WorkerDied)
            else:
                self.assertEqual(future.result(DEADLINE), i)

    def test_many_deaths(self):
        pool = self.process_pool(2)
        fs = [pool.submit(tasks.leave, 1) for _ in range(6)]
        for future in fs:
            self.assertIsInstance(future.exception(DEADLINE), futures.WorkerDied)
        self.assertEqual(pool.submit(tasks.add, 1, 2).result(DEADLINE), 3)
        self.assertFalse(pool._broken)

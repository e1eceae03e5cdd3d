# test-smoke.py - the library's own functions from Python
#
# SPDX-License-Identifier: LGPL-2.1-or-later
import os
import sys
import threading
import unittest

import gi

gi.require_version('GFutures', '1')
from gi.repository import Gio, GLib, GFutures

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import tap
from loop_support import DEADLINE, drain, turn_until

# An executor in twenty lines: a thread takes the tasks one after the other.
class QueueExecutor(GFutures.Executor):
    __gtype_name__ = 'QueueExecutor'

    def __init__(self):
        super().__init__()
        self.tasks = []
        self.wakeup = threading.Condition()
        self.thread = threading.Thread(target=self.work, name='queue-executor', daemon=True)
        self.thread.start()

    def do_enqueue(self, task):
        with self.wakeup:
            self.tasks.append(task)
            self.wakeup.notify()

    def work(self):
        while True:
            with self.wakeup:
                self.wakeup.wait_for(lambda: self.tasks)
                task = self.tasks.pop(0)
            GFutures.Promise.run(task)
            del task


class FutureTest(unittest.TestCase):
    def test_ready_made_emits_done_once(self):
        future = GFutures.Future.new_for_int(7)
        calls = []
        future.connect('done', lambda f: calls.append(f.get_int()))
        self.assertEqual(calls, [])
        turn_until(lambda: calls)
        drain()
        self.assertEqual(calls, [7])
        self.assertEqual(future.get_value(), 7)

    def test_value_before_settling_is_pending(self):
        promise = GFutures.Promise.new()
        with self.assertRaises(GLib.Error) as caught:
            promise.get_value()
        self.assertTrue(caught.exception.matches(Gio.io_error_quark(), Gio.IOErrorEnum.PENDING))

    def test_settling_twice_is_false(self):
        promise = GFutures.Promise.new()
        self.assertTrue(promise.resolve_string('first'))
        self.assertFalse(promise.resolve_string('second'))
        self.assertFalse(promise.cancel())
        self.assertEqual(promise.get_string(), 'first')

    def test_order_of_notify_done_callbacks(self):
        promise = GFutures.Promise.new()
        order = []
        promise.add_done_callback(lambda f: order.append('first'))
        promise.add_done_callback(lambda f: order.append('second'))
        promise.connect('done', lambda f: order.append('done'))
        promise.connect('notify::settled', lambda f, pspec: order.append('notify'))
        promise.resolve_int(1)
        # As in the standard library: in the thread that settles it.
        self.assertEqual(order, ['first', 'second'])
        turn_until(lambda: len(order) == 4)
        self.assertEqual(order, ['first', 'second', 'notify', 'done'])

    def test_wait_with_timeout(self):
        promise = GFutures.Promise.new()
        with self.assertRaises(GLib.Error) as caught:
            promise.wait(1000, None)
        self.assertTrue(caught.exception.matches(Gio.io_error_quark(), Gio.IOErrorEnum.TIMED_OUT))
        promise.resolve_boolean(True)
        self.assertTrue(promise.wait(0, None))


class PoolTest(unittest.TestCase):
    def setUp(self):
        self.pool = GFutures.ThreadPoolExecutor.new(2)

    def tearDown(self):
        self.pool.shutdown()
        drain()

    def test_submit_and_done_on_the_main_thread(self):
        threads = {}

        def task():
            threads['task'] = threading.get_ident()
            return 'from Python'

        def done(future):
            threads['done'] = threading.get_ident()

        future = self.pool.submit(task)
        future.connect('done', done)
        turn_until(lambda: 'done' in threads)
        self.assertEqual(threads['done'], threading.main_thread().ident)
        self.assertNotEqual(threads['task'], threading.main_thread().ident)
        self.assertEqual(future.get_state(), GFutures.FutureState.SUCCEEDED)
        self.assertEqual(future.get_string(), 'from Python')

    def test_task_with_a_promise(self):
        threads = []

        def task(promise, *args):
            threads.append(threading.current_thread())
            self.assertEqual(GFutures.Promise.get_current(), promise)
            self.assertEqual(GFutures.current_promise(), promise)
            promise.resolve_string('from Python')

        future = self.pool.submit_full(GLib.PRIORITY_HIGH, None, task)
        self.assertEqual(future.result(DEADLINE), 'from Python')
        self.assertEqual(future.get_string(), 'from Python')
        self.assertEqual(future.get_priority(), GLib.PRIORITY_HIGH)
        self.assertNotEqual(threads, [threading.main_thread()])

    def test_returning_is_none(self):
        for future in (self.pool.submit(lambda: None),
                       self.pool.submit_full(0, None, lambda promise, *args: None)):
            self.assertIsNone(future.result(DEADLINE))
            self.assertIsNone(future.get_value())
            self.assertEqual(future.get_state(), GFutures.FutureState.SUCCEEDED)

    def test_error_is_raised_with_its_domain(self):
        def task(*args):
            raise GLib.Error.new_literal(Gio.io_error_quark(), 'busy in Python', Gio.IOErrorEnum.BUSY)

        for future in self.pool.submit(task), self.pool.submit_full(0, None, task):
            with self.assertRaises(GLib.Error) as caught:
                future.result(DEADLINE)
            self.assertTrue(caught.exception.matches(Gio.io_error_quark(), Gio.IOErrorEnum.BUSY))
            self.assertEqual(caught.exception.message, 'busy in Python')
            self.assertTrue(future.get_error().matches(Gio.io_error_quark(), Gio.IOErrorEnum.BUSY))

    def test_any_exception_of_a_task_is_its_own(self):
        def task(*args):
            raise KeyError('key')

        for future in self.pool.submit(task), self.pool.submit_full(0, None, task):
            with self.assertRaisesRegex(KeyError, 'key'):
                future.result(DEADLINE)
            self.assertTrue(future.get_error().matches(Gio.io_error_quark(), Gio.IOErrorEnum.FAILED))

    def test_hold(self):
        held = []

        def task(promise, *args):
            held.append(promise.hold())

        future = self.pool.submit_full(0, None, task)
        other = self.pool.submit_full(0, None, lambda promise, *args: None)
        self.assertIsNone(other.result(DEADLINE))
        GFutures.wait([self.pool.submit_full(0, None, lambda promise, *args: None) for _ in range(10)])
        self.assertEqual(len(held), 1)
        self.assertFalse(future.is_done())
        future.resolve_int(3)
        self.assertEqual(future.result(DEADLINE), 3)

    def test_the_last_hold_breaks_the_promise(self):
        future = self.pool.submit_full(0, None, lambda promise, *args: promise.hold() and None)
        self.assertIsInstance(future.exception(DEADLINE), GFutures.BrokenPromise)

    def test_many_tasks_each_once(self):
        n = 2000
        ran = []
        done = []
        futures = []
        for i in range(n):
            if i % 2:
                future = self.pool.submit(ran.append, i)
            else:
                future = self.pool.submit_full(0, None, lambda promise, *args, i=i: ran.append(i))
            future.connect('done', done.append)
            futures.append(future)
        turn_until(lambda: len(done) == n)
        self.assertEqual(sorted(ran), list(range(n)))

    def test_cancel_pending_and_running(self):
        pool = GFutures.ThreadPoolExecutor.new(1)
        running = threading.Event()
        stopped = []
        ran = []

        def until_stopped(promise, *args):
            cancelled = threading.Event()
            promise.get_cancellable().connect(lambda *args: cancelled.set())
            running.set()
            cancelled.wait(DEADLINE)
            stopped.append(promise.should_stop())

        first = pool.submit_full(0, None, until_stopped)
        second = pool.submit_full(0, None, lambda promise, *args: ran.append(True))
        self.assertTrue(running.wait(DEADLINE))
        self.assertTrue(second.cancel())
        self.assertTrue(second.is_cancelled())
        self.assertTrue(first.is_running())
        # That is for pending ones only, as in the standard library.
        self.assertFalse(first.cancel())
        self.assertTrue(first.cancel_running())
        self.assertFalse(first.cancel_running())
        self.assertTrue(first.is_cancelled())
        pool.shutdown()
        self.assertEqual(stopped, [True])
        self.assertEqual(ran, [])
        self.assertRaises(GFutures.CancelledError, first.get_value)
        self.assertTrue(first.get_error().matches(Gio.io_error_quark(), Gio.IOErrorEnum.CANCELLED))

    def test_call_of_a_python_function(self):
        def join(arguments, promise, *args):
            left, right = arguments.unpack()
            return GLib.Variant('s', left + right)

        GFutures.function_register('python.join', join)
        for arguments in [GLib.Variant('(ss)', ('left', 'right'))], ['left', 'right']:
            future = self.pool.call('python.join', *arguments)
            done = []
            future.connect('done', done.append)
            turn_until(lambda: done)
            self.assertEqual(future.get_variant().unpack(), 'leftright')
            self.assertEqual(future.result(0), 'leftright')

    def test_call_of_an_unknown_function_names_it(self):
        future = self.pool.call('no.such-function')
        with self.assertRaises(GLib.Error) as caught:
            future.result(DEADLINE)
        self.assertIsInstance(caught.exception, GFutures.UnknownFunction)
        self.assertTrue(caught.exception.matches(GFutures.future_error_quark(),
                                                 GFutures.FutureError.UNKNOWN_FUNCTION))
        self.assertIn('no.such-function', caught.exception.message)

    def test_map_of_a_python_function(self):
        def negate(item, promise, *args):
            return GLib.Variant('i', -item.unpack())

        GFutures.function_register('python.negate', negate)
        future = self.pool.map('python.negate', GLib.Variant('ai', [1, 2, 3]), chunksize=1)
        self.assertTrue(future.run_until_done(None))
        self.assertEqual(future.result(0), [-1, -2, -3])
        self.assertEqual(future.get_variant().unpack(), [-1, -2, -3])
        self.assertEqual(future.get_progress(), 1.0)

    def test_notify_progress(self):
        notified = []

        def task(promise, *args):
            for i in range(1, 5001):
                promise.set_progress(i / 5000, f'{i} of 5000')

        future = self.pool.submit_full(0, None, task)
        future.connect('notify::progress', lambda f, pspec: notified.append(f.get_progress()))
        done = []
        future.connect('done', done.append)
        turn_until(lambda: done)
        self.assertGreaterEqual(len(notified), 1)
        self.assertLess(len(notified), 1000)
        self.assertEqual(notified[-1], 1.0)
        self.assertEqual(notified, sorted(notified))
        self.assertEqual(future.dup_status(), '5000 of 5000')

    def test_result_async(self):
        results = []

        def ready(source, result, *args):
            results.append(source.result_finish(result))

        value = object()
        for future in (self.pool.submit_full(0, None, lambda promise, *args: promise.resolve_int(5) and None),
                       self.pool.submit(lambda: 6), self.pool.submit(lambda: value)):
            future.result_async(None, ready)
        self.assertEqual(results, [])
        turn_until(lambda: len(results) == 3)
        self.assertEqual(set(results), {5, 6, value})

    def test_after_shutdown_the_future_is_failed(self):
        pool = GFutures.ThreadPoolExecutor.new(1)
        pool.shutdown()
        self.assertRaises(RuntimeError, pool.submit, print)
        future = pool.submit_full(0, None, lambda promise, *args: None)
        self.assertTrue(future.is_done())
        self.assertTrue(future.get_error().matches(GFutures.future_error_quark(), GFutures.FutureError.SHUT_DOWN))


class DerivedExecutorTest(unittest.TestCase):
    def test_tasks_run_in_the_python_thread(self):
        executor = QueueExecutor()
        done = []
        futures = []

        def task(promise, number, *args):
            self.assertEqual(threading.current_thread().name, 'queue-executor')
            self.assertEqual(GFutures.Promise.get_current(), promise)
            promise.resolve_int(number * number)

        for i in range(100):
            future = executor.submit_full(0, None, task, i)
            future.connect('done', lambda f: done.append((f, threading.current_thread())))
            futures.append(future)
        turn_until(lambda: len(done) == 100)
        self.assertEqual([f.get_int() for f in futures], [i * i for i in range(100)])
        self.assertEqual([f for f, thread in done], futures)
        self.assertEqual({thread for f, thread in done}, {threading.main_thread()})
        executor.shutdown()

    def test_plain_functions(self):
        executor = QueueExecutor()

        def task(number, *, add):
            self.assertEqual(threading.current_thread().name, 'queue-executor')
            self.assertIsNotNone(GFutures.current_promise())
            return [number + add]

        def fail():
            raise KeyError('key')

        self.assertEqual(executor.submit(task, 1, add=2).result(DEADLINE), [3])
        self.assertRaises(KeyError, executor.submit(fail).result, DEADLINE)
        self.assertEqual(list(executor.map(str, range(20))), [str(i) for i in range(20)])
        with executor:
            last = executor.submit(task, 3, add=4)
        self.assertEqual(last.result(0), [7])

    def test_call_and_cancel(self):
        executor = QueueExecutor()
        gate = threading.Event()
        ran = []
        first = executor.submit(gate.wait, DEADLINE)
        second = executor.submit(ran.append, True)
        third = executor.call('no.such-function')
        self.assertTrue(second.cancel())
        gate.set()
        self.assertTrue(third.wait(-1, None))
        self.assertEqual(ran, [])
        self.assertEqual(first.get_state(), GFutures.FutureState.SUCCEEDED)
        self.assertTrue(third.get_error().matches(GFutures.future_error_quark(),
                                                  GFutures.FutureError.UNKNOWN_FUNCTION))
        executor.shutdown()
        with self.assertRaises(GFutures.ShutDown) as caught:
            executor.submit(ran.append, True)
        self.assertIsInstance(caught.exception, RuntimeError)
        refused = executor.submit_full(0, None, lambda promise, *args: ran.append(True))
        self.assertTrue(refused.get_error().matches(GFutures.future_error_quark(), GFutures.FutureError.SHUT_DOWN))


if __name__ == '__main__':
    tap.main()

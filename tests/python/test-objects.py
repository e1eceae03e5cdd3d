# test-objects.py - the GObject that a future of Python's is given once it is looked at
#
# Signals, notifications and bindings, the groups, limits of time, homes, continuations:
# all that `concurrent.futures` has nothing of.
#
# SPDX-License-Identifier: LGPL-2.1-or-later
import gc
import os
import sys
import threading
import unittest
import weakref

import gi

gi.require_version('GFutures', '1')
from gi.repository import Gio, GLib, GObject, GFutures

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import tap
from loop_support import DEADLINE, drain, in_thread, turn_until, turn_until_done, with_own_context

SECOND = 1_000_000
IO_ERROR = Gio.io_error_quark()
State = GFutures.FutureState


class Thing:
    pass


class Dial(GObject.Object):
    """What properties are bound to."""
    value = GObject.Property(type=float, default=-2)
    text = GObject.Property(type=str)
    on = GObject.Property(type=bool, default=True)
    future = GObject.Property(type=GFutures.Future)

    @GObject.Signal(arg_types=(GFutures.Future,))
    def told(self, future):
        pass


def succeed(future, value=1):
    future.set_result(value)


def fail(future):
    future.set_exception(KeyError('key'))


def cancel(future):
    future.cancel()


def cancel_while_it_runs(future):
    future.set_running_or_notify_cancel()
    future.cancel_running()


SETTLERS = {succeed: State.SUCCEEDED, fail: State.FAILED, cancel: State.CANCELLED,
            cancel_while_it_runs: State.CANCELLED}


def until_stopped(started):
    """A task that runs till nobody wants it any more."""
    stopped = threading.Event()
    promise = GFutures.current_promise()
    promise.get_cancellable().connect(lambda *args: stopped.set())
    started.set()
    assert stopped.wait(DEADLINE)
    return promise.should_stop()


def count_to(n):
    """A task that tells how far it is."""
    promise = GFutures.current_promise()
    for i in range(1, n + 1):
        promise.set_progress(i / n, f'{i} of {n}')
    return n


class Case(unittest.TestCase):
    def setUp(self):
        self.pools = []

    def tearDown(self):
        for pool in self.pools:
            pool.shutdown()
        drain()

    def thread_pool(self, n=2):
        self.pools.append(GFutures.ThreadPoolExecutor(n))
        return self.pools[-1]

    def process_pool(self, n=1):
        self.pools.append(GFutures.ProcessPoolExecutor(n))
        return self.pools[-1]

    def assertCollected(self, reference):
        turn_until(lambda: (gc.collect(), GLib.MainContext.default().wakeup(), reference() is None)[2])


class SignalTest(Case):
    def record(self, calls):
        return lambda future: calls.append((future, threading.get_ident()))

    def test_done_is_emitted_once(self):
        here = threading.get_ident()
        for settle, state in SETTLERS.items():
            for first in 'connect', 'settle':
                for function in (lambda f, *args: f(*args)), in_thread:
                    with self.subTest(settle=settle, first=first):
                        future, calls = GFutures.Future(), []
                        if first == 'connect':
                            future.connect('done', self.record(calls))
                        function(settle, future)
                        if first == 'settle':
                            future.connect('done', self.record(calls))
                        self.assertEqual(calls, [])
                        turn_until(lambda: calls)
                        drain()
                        self.assertEqual(calls, [(future, here)])
                        self.assertIs(calls[0][0], future)
                        self.assertEqual(future.get_state(), state)

    def test_several_handlers(self):
        future, calls = GFutures.Future(), []
        future.connect('done', lambda f, data: calls.append(data), 1)
        gone = future.connect('done', lambda f: calls.append('gone'))
        future.set_result(None)
        future.connect('done', lambda f: calls.append(2))
        future.connect_after('done', lambda f: calls.append(3))
        future.disconnect(gone)
        turn_until(lambda: len(calls) == 3)
        drain()
        self.assertEqual(calls, [1, 2, 3])

    def test_settled_and_connected_at_the_same_time(self):
        calls = []
        futures = [GFutures.Future() for _ in range(300)]
        barrier = threading.Barrier(2)

        def settle():
            for future in futures:
                barrier.wait(DEADLINE)
                future.set_result(1)

        thread = threading.Thread(target=settle, daemon=True)
        thread.start()
        for future in futures:
            barrier.wait(DEADLINE)
            future.connect('done', calls.append)
        turn_until(lambda: len(calls) >= len(futures))
        thread.join()
        drain()
        self.assertEqual(len(calls), len(futures))
        self.assertEqual(set(calls), set(futures))

    def test_tasks(self):
        for pool in self.thread_pool(), self.process_pool():
            calls, futures = [], [pool.submit(abs, -i) for i in range(200)]
            for future in futures:
                future.connect('done', self.record(calls))
            turn_until(lambda: len(calls) == 200)
            drain()
            self.assertEqual({future.result(0) for future, thread in calls}, set(range(200)))
            self.assertEqual({thread for future, thread in calls}, {threading.get_ident()})
            self.assertEqual(len(calls), 200)

    def test_dropped_unsettled(self):
        seen = []

        def record(future, *args):
            seen.append((type(future), future.get_state(), type(future.exception(0)), future.done()))

        for kind in GFutures.Future, GFutures.Promise:
            for signal in 'done', 'notify::settled':
                future = kind()
                future.connect(signal, record)
                del future
                turn_until(lambda: seen)
                self.assertEqual(seen.pop(), (kind, State.FAILED, GFutures.BrokenPromise, True))

    def test_connected_in_another_thread(self):
        future, calls = GFutures.Future(), []
        in_thread(future.connect, 'done', self.record(calls))
        in_thread(future.set_result, 1)
        turn_until(lambda: calls)
        self.assertEqual(calls, [(future, threading.get_ident())])

    def test_callbacks_and_signals(self):
        future, order = GFutures.Future(), []
        future.add_done_callback(lambda f: order.append('first'))
        future.connect('done', lambda f: order.append('done'))
        future.add_done_callback(lambda f: order.append('second'))
        future.set_result(1)
        future.add_done_callback(lambda f: order.append('third'))
        self.assertEqual(order, ['first', 'second', 'third'])
        turn_until(lambda: len(order) == 4)
        self.assertEqual(order, ['first', 'second', 'third', 'done'])

    def test_state(self):
        future, states, settled = GFutures.Future(), [], []
        future.connect('notify::state', lambda f, pspec: states.append(f.props.state))
        future.connect('notify::settled', lambda f, pspec: settled.append(f.get_property('settled')))
        self.assertEqual((future.props.state, future.props.settled), (State.PENDING, False))
        self.assertTrue(future.set_running_or_notify_cancel())
        turn_until(lambda: states)
        self.assertEqual((states, settled), ([State.RUNNING], []))
        future.set_exception(ValueError())
        turn_until(lambda: settled)
        self.assertEqual((states, settled), ([State.RUNNING, State.FAILED], [True]))

    def test_properties_of_one_that_was_settled(self):
        for settle, state in SETTLERS.items():
            future = GFutures.Future()
            settle(future)
            self.assertEqual(future.get_property('state'), state)
        running = GFutures.Future()
        running.set_running_or_notify_cancel()
        self.assertEqual(running.get_state(), State.RUNNING)
        running.set_result('text')
        self.assertEqual(running.get_string(), 'text')

    def test_progress(self):
        future, seen = GFutures.Future(), []
        future.connect('notify::progress', lambda f, pspec: seen.append((f.props.progress, f.props.status)))
        future.set_progress(0.5, 'half')
        turn_until(lambda: seen)
        self.assertEqual(seen, [(0.5, 'half')])

    def test_progress_of_tasks(self):
        for pool in self.thread_pool(), self.process_pool():
            future, seen, threads = pool.submit(count_to, 5000), [], set()

            def notified(future, pspec):
                seen.append(future.get_progress())
                threads.add(threading.get_ident())

            future.connect('notify::progress', notified)
            done = []
            future.connect('done', done.append)
            turn_until(lambda: done)
            self.assertEqual(threads, {threading.get_ident()})
            self.assertEqual(seen, sorted(seen))
            self.assertEqual((future.result(0), seen[-1], future.dup_status()), (5000, 1, '5000 of 5000'))

    def test_bound_properties(self):
        dial = Dial()
        future = self.thread_pool(1).submit(count_to, 100)
        flags = GObject.BindingFlags
        future.bind_property('progress', dial, 'value', flags.SYNC_CREATE)
        future.bind_property('status', dial, 'text', flags.SYNC_CREATE)
        future.bind_property('settled', dial, 'on', flags.SYNC_CREATE | flags.INVERT_BOOLEAN)
        # It may have been settled when that was bound, and the rest be on its way.
        turn_until(lambda: not dial.on and dial.value == 1)
        self.assertEqual(dial.text, '100 of 100')

    def test_properties_and_signals_of_the_type(self):
        dial, told = Dial(), []
        dial.connect('told', lambda d, f: told.append(f))
        # Those with a GObject; a bare one has to be looked at first.
        futures = [GFutures.Promise(), GFutures.Future.all([]), GFutures.Future()]
        futures[2].get_state()
        for future in futures:
            dial.future = future
            self.assertIs(dial.future, future)
            dial.emit('told', future)
        self.assertEqual(told, futures)
        self.assertTrue(GObject.type_is_a(GFutures.FutureSet, GFutures.Future))


class SetTest(Case):
    def test_futures_of_python(self):
        pool, thing = self.thread_pool(), Thing()
        for functions in [[lambda: thing, lambda: [1], lambda: None], [lambda: 1, lambda: 'x', lambda: 2.5]]:
            futures = [pool.submit(function) for function in functions]
            group = GFutures.Future.all(futures)
            self.assertEqual(group.result(DEADLINE), [function() for function in functions])
            self.assertEqual(list(group), futures)

    def test_any_and_race_of_python(self):
        for make in GFutures.Future.any, GFutures.Future.race:
            futures, thing = [GFutures.Future() for _ in range(3)], Thing()
            group = make(futures)
            futures[1].set_result(thing)
            self.assertIs(group.result(DEADLINE), thing)
            self.assertEqual([future.cancelled() for future in futures], [True, False, True])
            futures, error = [GFutures.Future() for _ in range(2)], KeyError('key')
            group = make(futures)
            for future in futures:
                if not future.done():
                    future.set_exception(error)
            self.assertIs(group.exception(DEADLINE), error)

    def test_all_fails_with_the_exception(self):
        futures, error = [GFutures.Future() for _ in range(3)], KeyError('key')
        group = GFutures.Future.all(futures)
        futures[0].set_result(1)
        futures[1].set_exception(error)
        self.assertIs(group.exception(DEADLINE), error)
        self.assertTrue(futures[2].cancelled())

    def test_all_settled(self):
        futures = [GFutures.Future() for _ in range(4)]
        group = GFutures.Future.all_settled(futures)
        for future, settle in zip(futures, SETTLERS):
            self.assertFalse(group.done())
            settle(future)
        self.assertEqual(group.result(DEADLINE), futures)

    def test_futures_of_both_kinds(self):
        pool = self.thread_pool()
        futures = [GFutures.Future.new_for_int(1), pool.submit(int, 2), GFutures.Promise(), GFutures.Future()]
        group = GFutures.Future.all(futures)
        futures[2].resolve_string('3')
        futures[3].set_result([4])
        self.assertEqual(group.result(DEADLINE), [1, 2, '3', [4]])

    def test_sets_of_sets_and_continuations(self):
        futures = [GFutures.Future() for _ in range(4)]
        group = GFutures.Future.all([GFutures.Future.all(futures[:2]), futures[2].then(lambda v: [v]),
                                     GFutures.Future.any(futures[3:])])
        for i, future in enumerate(futures):
            future.set_result((i,))
        self.assertEqual(group.result(DEADLINE), [[(0,), (1,)], [(2,)], (3,)])

    def test_cancel_reaches_the_tasks(self):
        pool, started, ran = self.thread_pool(1), threading.Event(), []
        stopped = []
        tasks = [pool.submit(lambda: stopped.append(until_stopped(started))), pool.submit(ran.append, 1)]
        group = GFutures.Future.all(tasks)
        self.assertTrue(started.wait(DEADLINE))
        self.assertTrue(group.cancel())
        self.assertTrue(group.cancelled())
        pool.shutdown()
        self.assertEqual((stopped, ran), ([True], []))
        self.assertEqual([task.cancelled() for task in tasks], [True, True])

    def test_progress_of_a_set(self):
        futures, seen = [GFutures.Future() for _ in range(4)], []
        group = GFutures.Future.all_settled(futures)
        group.connect('notify::progress', lambda g, pspec: seen.append(g.get_progress()))
        for future in futures:
            future.set_result(1)
        turn_until(lambda: seen and seen[-1] == 1)
        self.assertEqual((group.get_n_done(), len(group)), (4, 4))


class LimitTest(Case):
    def assertTimesOut(self, future):
        with self.assertRaises(GFutures.TimedOut) as caught:
            future.result()
        error = caught.exception
        self.assertIs(future.exception(), error)
        for kind in TimeoutError, GFutures.TimeoutError, GLib.Error:
            self.assertIsInstance(error, kind)
        self.assertTrue(error.matches(IO_ERROR, Gio.IOErrorEnum.TIMED_OUT))
        self.assertTrue(error.message)
        self.assertEqual(str(error), error.message)
        self.assertTrue(future.get_error().matches(IO_ERROR, Gio.IOErrorEnum.TIMED_OUT))
        self.assertTrue(future.done() and not future.cancelled())

    def test_timeout(self):
        for make in GFutures.Future, GFutures.Promise, GFutures.Promise.new:
            future, called = make(), threading.Event()
            future.add_done_callback(lambda f: called.set())
            future.set_timeout(1000)
            self.assertTimesOut(future)
            self.assertTrue(called.wait(DEADLINE))
            self.assertRaises(GFutures.InvalidStateError, future.set_result, 1)

    def test_timeout_wakes_those_who_wait(self):
        for wait in (lambda f: GFutures.wait([f]).done.pop(), lambda f: next(GFutures.as_completed([f]))):
            for where in (lambda f, *args: f(*args)), in_thread:
                future = GFutures.Future()
                future.set_timeout(1000)
                self.assertIs(where(wait, future), future)
                self.assertTimesOut(future)

    def test_timeout_that_begins_while_one_waits(self):
        future, threads = GFutures.Future(), []
        for wait in future.exception, lambda: GFutures.wait([future]):
            threads.append(threading.Thread(target=wait, daemon=True))
            threads[-1].start()
        future.set_timeout(1000)
        for thread in threads:
            thread.join(DEADLINE)
            self.assertFalse(thread.is_alive())
        self.assertTimesOut(future)

    def test_timeout_of_a_task(self):
        for pool in self.thread_pool(1), self.process_pool(1):
            started = threading.Event()
            future = pool.submit(until_stopped, started) if pool is self.pools[0] else pool.submit(hang)
            future.set_timeout(1000)
            self.assertTimesOut(future)
            # The worker is there for the next, whatever became of that one.
            self.assertEqual(pool.submit(abs, -1).result(DEADLINE), 1)

    def test_the_time_to_wait_is_another_matter(self):
        future = GFutures.Future()
        future.set_timeout(1000 * SECOND)
        with self.assertRaises(GFutures.TimeoutError) as caught:
            future.result(0.001)
        self.assertNotIsInstance(caught.exception, GFutures.TimedOut)
        self.assertFalse(future.done())
        future.set_result(1)
        self.assertEqual(future.result(), 1)

    def test_cancellable(self):
        pool, started, cancellable = self.thread_pool(1), threading.Event(), Gio.Cancellable()
        futures = [GFutures.Future(), GFutures.Promise(), pool.submit(until_stopped, started)]
        self.assertTrue(started.wait(DEADLINE))
        for future in futures:
            future.set_cancellable(cancellable)
        in_thread(cancellable.cancel)
        for future in futures:
            turn_until_done(future)
            self.assertRaises(GFutures.CancelledError, future.result)
            self.assertTrue(future.cancelled())

    def test_cancel_running(self):
        for look in (lambda f: None), (lambda f: f.get_state()):
            pool, started, stopped, calls = self.thread_pool(1), threading.Event(), [], []
            future = pool.submit(lambda: stopped.append(until_stopped(started)))
            # (its cancellable gives it a GObject)
            self.assertTrue(started.wait(DEADLINE))
            future.add_done_callback(calls.append)
            self.assertTrue(future.running())
            self.assertFalse(future.cancel())
            self.assertTrue(future.cancel_running())
            self.assertFalse(future.cancel_running())
            self.assertTrue(future.cancel())
            self.assertTrue(future.cancelled() and future.done() and not future.running())
            self.assertEqual(future.get_state(), State.CANCELLED)
            self.assertEqual(calls, [future])
            pool.shutdown()
            self.assertEqual(stopped, [True])

    def test_should_stop_of_one_that_is_not_looked_at(self):
        pool, started, stopped = self.thread_pool(1), threading.Event(), []

        def task():
            promise = GFutures.current_promise()
            started.set()
            while not promise.should_stop():
                pass
            stopped.append(True)

        future = pool.submit(task)
        self.assertTrue(started.wait(DEADLINE))
        self.assertTrue(future.cancel_running())
        pool.shutdown()
        self.assertEqual(stopped, [True])


def hang():
    import signal
    signal.pause()


class HomeTest(Case):
    def deliver(self, make, context=None, settle=True):
        """The thread in which the future that is made emits `done`, and notifies."""
        calls = []

        def record(*args):
            calls.append(threading.current_thread())

        future = make()
        future.connect('done', record)
        future.connect('notify::settled', record)
        if settle:
            in_thread(future.set_result, 1)
        turn_until(lambda: len(calls) == 2, context)
        return set(calls)

    def test_own_context(self):
        pool = self.thread_pool()

        def test():
            context = GLib.MainContext.get_thread_default()
            here = {threading.current_thread()}
            for make in GFutures.Future, GFutures.Promise:
                self.assertEqual(self.deliver(make, context), here)
            for make in lambda: pool.submit(int), lambda: pool.submit_full(0, None, lambda promise, *args: None):
                self.assertEqual(self.deliver(make, context, settle=False), here)
                future = make()
                future.exception(DEADLINE)
                self.assertEqual(self.deliver(lambda: future, context, settle=False), here)

        with_own_context(test)

    def test_thread_without_a_context(self):
        main = {threading.main_thread()}
        self.assertEqual(self.deliver(lambda: in_thread(GFutures.Future)), main)
        self.assertEqual(self.deliver(lambda: in_thread(GFutures.Promise)), main)

    def test_made_in_a_task(self):
        pool = self.thread_pool()
        for kind in GFutures.Future, GFutures.Promise:
            future = pool.submit(kind).result(DEADLINE)
            self.assertEqual(self.deliver(lambda: future), {threading.main_thread()})

        def test():
            context = GLib.MainContext.get_thread_default()
            future = pool.submit(GFutures.Future).result(DEADLINE)
            self.assertEqual(self.deliver(lambda: future, context), {threading.current_thread()})
            # and by a task of a task
            future = pool.submit(lambda: pool.submit(GFutures.Future).result(DEADLINE)).result(DEADLINE)
            self.assertEqual(self.deliver(lambda: future, context), {threading.current_thread()})

        with_own_context(test)

    def test_continuations_run_where_they_were_made(self):
        pool = self.thread_pool()

        def test():
            context, threads = GLib.MainContext.get_thread_default(), []
            derived = pool.submit(int).then(lambda value: threads.append(threading.current_thread()))
            turn_until(derived.done, context)
            self.assertEqual(threads, [threading.current_thread()])

        with_own_context(test)
        threads = []
        turn_until_done(pool.submit(int).then(lambda value: threads.append(threading.current_thread())))
        self.assertEqual(threads, [threading.main_thread()])


class KindTest(Case):
    def test_label(self):
        for future in GFutures.Future(), GFutures.Promise(), self.thread_pool().submit(int):
            future.set_label('a name')
            self.assertEqual((future.get_label(), future.props.label), ('a name', 'a name'))

    def test_subclass(self):
        class Named(GFutures.Future):
            def __init__(self, name):
                super().__init__()
                self.name = name

            def result(self, timeout=None):
                return self.name, super().result(timeout)

        future, calls = Named('a name'), []
        self.assertIsInstance(future, GFutures.Future)
        future.connect('done', lambda f: calls.append((f.name, f.result(0))))
        future.set_result(1)
        turn_until(lambda: calls)
        self.assertEqual(calls, [('a name', ('a name', 1))])
        self.assertIn('Named', repr(future))
        self.assertIs(GFutures.Future.all_settled([future]).result(DEADLINE)[0], future)

    def test_promise(self):
        def settle(promise):
            promise.set_result([1])

        for how, value in ((settle, [1]), (lambda p: p.resolve_int(2), 2), (lambda p: p.resolve_string('x'), 'x'),
                           (lambda p: p.resolve_variant(GLib.Variant('(si)', ('a', 1))), ('a', 1)),
                           (lambda p: p.resolve([3]), [3]), (lambda p: p.resolve_boolean(True), True)):
            for where in (lambda f, *args: f(*args)), in_thread:
                for kind in GFutures.Promise, GFutures.Future:
                    promise, calls = kind(), []
                    promise.connect('done', calls.append)
                    promise.add_done_callback(calls.append)
                    where(how, promise)
                    self.assertEqual(promise.result(DEADLINE), value)
                    turn_until(lambda: len(calls) == 2)
                    self.assertRaises(GFutures.InvalidStateError, promise.set_result, 1)
                    self.assertFalse(promise.resolve_int(3))
                    self.assertEqual(promise.result(), value)

    def test_promise_that_is_rejected(self):
        error = GLib.Error.new_literal(IO_ERROR, 'busy', Gio.IOErrorEnum.BUSY)
        for how in (lambda p: p.reject(error), lambda p: p.set_exception(error),
                    lambda p: p.reject_literal(IO_ERROR, Gio.IOErrorEnum.BUSY, 'busy')):
            for kind in GFutures.Promise, GFutures.Future:
                promise = kind()
                how(promise)
                with self.assertRaises(GLib.Error) as caught:
                    promise.result(DEADLINE)
                self.assertTrue(caught.exception.matches(IO_ERROR, Gio.IOErrorEnum.BUSY))
                self.assertEqual(caught.exception.message, 'busy')

    def test_without_a_gobject_it_is_refused(self):
        for call in (lambda f: Gio.ListStore.new(GObject.Object).append(f),
                     lambda f: GFutures.TaskScope.new(None, 0).add(f),
                     lambda f: Gio.Task.new(f, None, None),
                     lambda f: GFutures.Promise().resolve_object(f)):
            future = GFutures.Future()
            with self.assertRaisesRegex(RuntimeError, 'not initialized'):
                call(future)
            # From then on it is one.
            self.assertEqual(future.get_state(), State.PENDING)
            call(future)


if __name__ == '__main__':
    tap.main()

# futures_future.py - a future by itself: every method in every state
#
# SPDX-License-Identifier: LGPL-2.1-or-later
import concurrent.futures
import gc
import re
import sys
import threading
import unittest
import weakref

from futures_support import DEADLINE, for_futures, futures, in_thread, join, run_threads, std_since, traced_functions
from futures_tasks import FalsyError, Thing

ERROR = OSError('no such thing')
RESULT = ('any', 'object')


def make(state, new):
    future = new()
    if state in ('running', 'returned', 'raised'):
        assert future.set_running_or_notify_cancel() is True
    if state in ('cancelled', 'notified'):
        assert future.cancel() is True
    if state == 'notified':
        assert future.set_running_or_notify_cancel() is False
    if state == 'returned':
        future.set_result(RESULT)
    if state == 'raised':
        future.set_exception(ERROR)
    return future


# What each call comes to in each state: a value, or an exception that is raised.

STATES = ('pending', 'running', 'cancelled', 'notified', 'returned', 'raised')
Cancelled, Timeout, Invalid = futures.CancelledError, futures.TimeoutError, futures.InvalidStateError

TABLE = {
    'done': (False, False, True, True, True, True),
    'running': (False, True, False, False, False, False),
    'cancelled': (False, False, True, True, False, False),
    'cancel': (True, False, True, True, False, False),
    'result': (Timeout, Timeout, Cancelled, Cancelled, RESULT, OSError),
    'exception': (Timeout, Timeout, Cancelled, Cancelled, None, ERROR),
    'set_result': (None, None, Invalid, Invalid, Invalid, Invalid),
    'set_exception': (None, None, Invalid, Invalid, Invalid, Invalid),
    'set_running_or_notify_cancel': (True, RuntimeError, False, RuntimeError, RuntimeError, RuntimeError),
    '_state': ('PENDING', 'RUNNING', 'CANCELLED', 'CANCELLED_AND_NOTIFIED', 'FINISHED', 'FINISHED'),
    '__repr__': ('pending', 'running', 'cancelled', 'cancelled',
                 'finished returned tuple', 'finished raised OSError'),
}
ARGUMENTS = {'result': (0,), 'exception': (0,), 'set_result': (1,), 'set_exception': (ValueError(),)}


class Made:
    def make(self, state):
        return make(state, self.new)


@for_futures
class FutureInEachState(Made):
    def check(self, name, state, expected):
        future = self.make(state)
        method = getattr(future, name)
        states = TABLE['_state']
        if self.exposed:
            # C tells everybody at once that a future was cancelled.
            states = [text if text[0] != 'C' else 'CANCELLED_AND_NOTIFIED' for text in states]
            if name == '_state':
                expected = states[STATES.index(state)]
            elif name == 'set_running_or_notify_cancel' and state == 'notified':
                expected = False

        def call():
            return method(*ARGUMENTS.get(name, ())) if callable(method) else method

        if isinstance(expected, type) and issubclass(expected, Exception):
            if name == 'set_running_or_notify_cancel':
                with self.assertLogs('concurrent.futures', 'CRITICAL'), self.assertRaises(expected):
                    call()
            else:
                self.assertRaises(expected, call)
            # Nothing has changed by the attempt.
            self.assertEqual(future._state, states[STATES.index(state)])
        elif name == '__repr__':
            self.assertRegex(call(), f'^<Future at 0x[0-9a-f]+ state={expected}>$')
        elif name == 'exception':
            self.assertIs(call(), expected)
        else:
            self.assertEqual(call(), expected)

    @classmethod
    def add_cases(cls):
        for name, row in TABLE.items():
            for state, expected in zip(STATES, row):
                def case(self, name=name, state=state, expected=expected):
                    self.check(name, state, expected)
                setattr(cls, f'test_{name.strip("_")}_when_{state}', case)


FutureInEachState.add_cases()


@for_futures
class FutureTest(Made):
    def test_is_the_modules_and_the_standard_one(self):
        self.assertIsInstance(self.make('pending'), futures.Future)
        self.assertIsInstance(self.make('pending'), concurrent.futures.Future)

    def test_result_is_the_object(self):
        thing = Thing()
        future = self.new()
        future.set_result(thing)
        self.assertIs(future.result(), thing)
        self.assertIs(future.result(timeout=1), thing)

    def test_result_may_be_none_or_an_exception(self):
        for value in None, ValueError('a result'), False, []:
            future = self.new()
            future.set_result(value)
            self.assertIs(future.result(0), value)
            self.assertIsNone(future.exception(0))

    def test_result_raises_the_object(self):
        error = ValueError('one', 2)
        future = self.new()
        future.set_exception(error)
        for _ in range(2):
            with self.assertRaises(ValueError) as caught:
                future.result()
            self.assertIs(caught.exception, error)
        self.assertIs(future.exception(), error)

    def test_exception_may_be_no_exception_of_programs(self):
        for error in KeyboardInterrupt('^C'), SystemExit(3), GeneratorExit(), StopIteration('x'):
            future = self.new()
            future.set_exception(error)
            self.assertIs(future.exception(0), error)
            with self.assertRaises(type(error)):
                future.result(0)

    # Before, the result of such a future was None.
    @std_since(3, 14)
    def test_exception_may_be_false(self):
        error = FalsyError()
        future = self.new()
        future.set_exception(error)
        self.assertIs(future.exception(0), error)
        with self.assertRaises(FalsyError):
            future.result(0)

    def test_exception_keeps_cause_and_context(self):
        error = ValueError()
        error.__cause__ = KeyError('the cause')
        future = self.new()
        future.set_exception(error)
        with self.assertRaises(ValueError) as caught:
            future.result()
        self.assertIs(caught.exception.__cause__, error.__cause__)

    def test_exception_keeps_its_traceback(self):
        def origin():
            raise ValueError

        future = self.new()
        try:
            origin()
        except ValueError as error:
            future.set_exception(error)
        self.assertIn('origin', traced_functions(future.result))

    def test_cancelled_error_is_raised_each_time(self):
        future = self.make('cancelled')
        for method in future.result, future.exception, future.result:
            with self.assertRaises(futures.CancelledError):
                method()

    def test_invalid_state_names_state_and_future(self):
        for state, name in ('cancelled', 'CANCELLED'), ('notified', 'CANCELLED_AND_NOTIFIED'), \
                ('returned', 'FINISHED'), ('raised', 'FINISHED'):
            future = self.make(state)
            if self.exposed and state == 'cancelled':
                name = 'CANCELLED_AND_NOTIFIED'
            message = '^' + re.escape(f'{name}: {future!r}') + '$'
            with self.assertRaisesRegex(futures.InvalidStateError, message):
                future.set_result(2)
            with self.assertRaisesRegex(futures.InvalidStateError, message):
                future.set_exception(Exception())

    def test_first_outcome_stays(self):
        future = self.new()
        future.set_result(1)
        with self.assertRaises(futures.InvalidStateError):
            future.set_exception(ValueError())
        self.assertEqual(future.result(), 1)
        self.assertIsNone(future.exception())

    def test_unexpected_state_is_logged(self):
        future = self.make('running')
        with self.assertLogs('concurrent.futures', 'CRITICAL') as logs, self.assertRaises(RuntimeError):
            future.set_running_or_notify_cancel()
        self.assertIn('unexpected state', logs.output[0])

    def test_result_may_be_set_without_running(self):
        future = self.new()
        future.set_result(1)
        self.assertTrue(future.done())

    def test_derived_class(self):
        class Derived(futures.Future):
            def __init__(self, tag):
                super().__init__()
                self.tag = tag

        future = Derived('mine')
        self.assertEqual(future.tag, 'mine')
        self.assertRegex(repr(future), '^<Derived at 0x[0-9a-f]+ state=pending>$')
        future.set_result(1)
        self.assertEqual(futures.wait([future], DEADLINE).done, {future})

    def test_attributes_may_be_added(self):
        future = self.new()
        future.tag = Thing()
        future.set_result(None)
        self.assertIsInstance(next(futures.as_completed([future])).tag, Thing)

    def test_identity(self):
        one, two = self.new(), self.new()
        self.assertNotEqual(one, two)
        self.assertEqual(one, one)
        self.assertEqual({one: 1, two: 2}[two], 2)
        self.assertEqual(len({one, two, one}), 2)
        self.assertTrue(one)

    @unittest.skipIf(sys.version_info < (3, 9), 'since Python 3.9')
    def test_generic(self):
        self.assertEqual(futures.Future[int].__args__, (int,))
        self.assertIs(futures.Future[int].__origin__, futures.Future)


@for_futures
class FutureTimes(Made):
    def test_timeout_by_name(self):
        future = self.make('pending')
        for method in future.result, future.exception:
            with self.assertRaises(futures.TimeoutError):
                method(timeout=0)

    def test_timeout_of_all_kinds(self):
        future = self.make('running')
        for timeout in 0, 0.0, 0.001, 1e-9, False:
            with self.assertRaises(futures.TimeoutError):
                future.result(timeout)
            with self.assertRaises(futures.TimeoutError):
                future.exception(timeout)

    def test_negative_timeout_does_not_wait(self):
        future = self.make('pending')
        for timeout in -1, -0.5:
            with self.assertRaises(futures.TimeoutError):
                future.result(timeout)
            with self.assertRaises(futures.TimeoutError):
                future.exception(timeout)

    def test_timeout_changes_nothing(self):
        future = self.make('running')
        with self.assertRaises(futures.TimeoutError):
            future.result(0.001)
        self.assertTrue(future.running())
        future.set_result(5)
        self.assertEqual(future.result(0), 5)

    def test_done_needs_no_time(self):
        for timeout in None, 0, -1, 1e6:
            self.assertEqual(self.make('returned').result(timeout), RESULT)
            self.assertIs(self.make('raised').exception(timeout), ERROR)

    def check_waits(self, settle, outcome):
        future = self.new()
        come = threading.Semaphore(0)

        def wait():
            come.release()
            return outcome(future)

        threads = [in_thread(wait) for _ in range(4)]
        for _ in threads:
            come.acquire()
        settle(future)
        return [join(thread) for thread in threads]

    def test_threads_wait_for_the_result(self):
        thing = Thing()
        values = self.check_waits(lambda f: f.set_result(thing), lambda f: f.result(DEADLINE))
        self.assertEqual(values, [thing] * 4)

    def test_threads_wait_for_the_exception(self):
        values = self.check_waits(lambda f: f.set_exception(ERROR), lambda f: f.exception(DEADLINE))
        self.assertEqual(values, [ERROR] * 4)

    def test_threads_wait_for_the_exception_raised(self):
        values = self.check_waits(lambda f: f.set_exception(ERROR), lambda f: f.result(None))
        self.assertEqual(values, [ERROR] * 4)

    def test_threads_wait_for_the_cancelling(self):
        values = self.check_waits(lambda f: f.cancel(), lambda f: f.result(DEADLINE))
        self.assertEqual([type(value) for value in values], [futures.CancelledError] * 4)
        values = self.check_waits(lambda f: f.cancel(), lambda f: f.exception())
        self.assertEqual([type(value) for value in values], [futures.CancelledError] * 4)

    def test_one_of_many_settles_it(self):
        for _ in range(50):
            future = self.new()

            def settle(index):
                if index == 0:
                    return future.cancel()
                try:
                    future.set_result(index)
                    return True
                except futures.InvalidStateError:
                    return False

            winners = run_threads(settle, 4)
            self.assertEqual(winners.count(True), 1, winners)
            self.assertEqual(future.cancelled(), winners[0])


@for_futures
class FutureCallbacks(Made):
    def test_gets_the_future(self):
        for state in 'pending', 'returned', 'raised', 'cancelled', 'notified':
            future, seen = self.make(state), []
            future.add_done_callback(seen.append)
            if state == 'pending':
                self.assertEqual(seen, [])
                future.set_result(1)
            self.assertEqual(len(seen), 1)
            self.assertIs(seen[0], future)

    def test_sees_the_outcome(self):
        seen = []
        future = self.new()
        future.add_done_callback(lambda f: seen.append((f.done(), f.running(), f.result(0))))
        future.set_result(5)
        future = self.new()
        future.add_done_callback(lambda f: seen.append((f.done(), f.running(), f.exception(0))))
        future.set_exception(ERROR)
        future = self.new()
        future.add_done_callback(lambda f: seen.append((f.done(), f.running(), f.cancelled())))
        future.cancel()
        self.assertEqual(seen, [(True, False, 5), (True, False, ERROR), (True, False, True)])

    def test_run_in_the_order_added(self):
        future, seen = self.new(), []
        for i in range(20):
            future.add_done_callback(lambda f, i=i: seen.append(i))
        future.set_result(None)
        self.assertEqual(seen, list(range(20)))

    def test_the_same_twice_runs_twice(self):
        future, seen = self.new(), []
        future.add_done_callback(seen.append)
        future.add_done_callback(seen.append)
        future.set_result(None)
        self.assertEqual(len(seen), 2)

    def test_run_before_the_settling_call_returns(self):
        for settle in (lambda f: f.set_result(1), lambda f: f.set_exception(ERROR), lambda f: f.cancel()):
            future, threads = self.new(), []
            future.add_done_callback(lambda f: threads.append(threading.current_thread()))
            thread = in_thread(settle, future)
            join(thread)
            self.assertEqual(threads, [thread])

    def test_added_late_runs_at_once_in_the_thread_that_adds(self):
        future, threads = self.make('returned'), []
        future.add_done_callback(lambda f: threads.append(threading.current_thread()))
        self.assertEqual(threads, [threading.current_thread()])

    def test_cancelling_twice_calls_once(self):
        future, seen = self.new(), []
        future.add_done_callback(seen.append)
        future.cancel()
        future.cancel()
        future.set_running_or_notify_cancel()
        self.assertEqual(len(seen), 1)

    def test_returns_none_and_takes_any_callable(self):
        class Callable:
            def __call__(self, future):
                seen.append(future)

        future, seen = self.new(), []
        self.assertIsNone(future.add_done_callback(Callable()))
        self.assertIsNone(future.add_done_callback(fn=Callable()))
        future.set_result(None)
        self.assertEqual(len(seen), 2)

    def check_logged(self, future, settle):
        seen = []

        def bad(f):
            raise RuntimeError('the callback fails')

        with self.assertLogs('concurrent.futures', 'ERROR') as logs:
            if not future.done():
                future.add_done_callback(bad)
                future.add_done_callback(seen.append)
                settle(future)
                self.assertEqual(seen, [future])
            else:
                future.add_done_callback(bad)
        self.assertEqual(len(logs.records), 1)
        self.assertEqual(logs.records[0].getMessage(), f'exception calling callback for {future!r}')
        self.assertIs(logs.records[0].exc_info[0], RuntimeError)
        self.assertIn('the callback fails', logs.output[0])

    def test_exception_is_logged_and_the_others_run(self):
        self.check_logged(self.new(), lambda f: f.set_result(1))
        self.check_logged(self.new(), lambda f: f.set_exception(ERROR))
        self.check_logged(self.new(), lambda f: f.cancel())

    def test_exception_of_a_late_one_is_logged(self):
        for state in 'returned', 'raised', 'cancelled', 'notified':
            self.check_logged(self.make(state), None)

    def test_may_add_another_which_runs_at_once(self):
        future, seen = self.new(), []

        def outer(f):
            seen.append('outer')
            f.add_done_callback(lambda f: seen.append('inner'))
            seen.append('end of outer')

        future.add_done_callback(outer)
        future.add_done_callback(lambda f: seen.append('last'))
        future.set_result(None)
        self.assertEqual(seen, ['outer', 'inner', 'end of outer', 'last'])

    def test_may_use_the_future(self):
        future, seen = self.new(), []

        def use(f):
            seen.extend([f.cancel(), f.result(), f.exception(), f.done(), repr(f)])
            self.assertRaises(futures.InvalidStateError, f.set_result, 2)
            seen.append(futures.wait([f]).done == {f})
            seen.append(list(futures.as_completed([f])) == [f])

        future.add_done_callback(use)
        future.set_result(5)
        self.assertEqual(seen[:4] + seen[5:], [False, 5, None, True, True, True])

    def test_may_be_used_by_other_threads_meanwhile(self):
        future = self.new()
        values = []
        future.add_done_callback(lambda f: values.append(join(in_thread(f.result, DEADLINE))))
        future.set_result(5)
        self.assertEqual(values, [5])

    def test_may_settle_another(self):
        chain = [self.new() for _ in range(20)]
        for one, next_one in zip(chain, chain[1:]):
            one.add_done_callback(lambda f, g=next_one: g.set_result(f.result() + 1))
        chain[0].set_result(0)
        self.assertEqual(chain[-1].result(0), 19)

    def test_each_runs_once_while_threads_race(self):
        for _ in range(50):
            future, calls = self.new(), []

            def race(index):
                if index == 0:
                    future.set_result(None)
                else:
                    for i in range(10):
                        future.add_done_callback(lambda f, key=(index, i): calls.append(key))

            run_threads(race, 4)
            self.assertEqual(sorted(calls), [(index, i) for index in (1, 2, 3) for i in range(10)])


@for_futures
class FutureLife(Made):
    def setUp(self):
        super().setUp()
        gc.collect()
        gc.disable()
        self.addCleanup(gc.enable)

    def assertGone(self, reference):
        if reference() is not None:
            self.turn()
        self.assertIsNone(reference())

    def assertCollected(self, reference):
        gc.collect()
        self.turn()
        gc.collect()
        self.assertIsNone(reference())

    def test_weak_reference(self):
        future = self.new()
        reference = weakref.ref(future)
        self.assertIs(reference(), future)
        future.set_result(1)
        self.assertIs(reference(), future)
        del future
        self.assertGone(reference)

    def test_weak_collections(self):
        one, two = self.new(), self.new()
        items = weakref.WeakSet([one, two])
        names = weakref.WeakKeyDictionary({one: 'one', two: 'two'})
        self.assertEqual((len(items), names[one], names[two]), (2, 'one', 'two'))
        del one
        self.turn()
        self.assertEqual((list(items), list(names)), ([two], [two]))

    def test_dies_without_the_collector_in_every_state(self):
        for state in STATES:
            future = self.make(state)
            reference = weakref.ref(future)
            del future
            self.assertGone(reference)

    def test_result_dies_with_it(self):
        thing = Thing()
        reference = weakref.ref(thing)
        future = self.new()
        future.set_result(thing)
        del thing
        self.assertIsNotNone(reference())
        del future
        self.assertGone(reference)

    def test_raising_makes_no_cycle(self):
        future = self.new()
        future.set_exception(ValueError())
        reference = weakref.ref(future)
        try:
            future.result()
        except ValueError:
            pass
        del future
        self.assertGone(reference)

    def test_cycle_through_the_result_is_collected(self):
        future = self.new()
        thing = Thing()
        thing.future = future
        future.set_result(thing)
        reference = weakref.ref(future)
        del future, thing
        self.assertCollected(reference)

    def test_cycle_through_a_callback_is_collected(self):
        future = self.new()
        thing = Thing()
        thing.future = future
        future.add_done_callback(thing.ignore)
        reference = weakref.ref(future)
        del future, thing
        self.assertCollected(reference)

    def test_cycle_through_an_attribute_is_collected(self):
        future = self.new()
        future.self = future
        reference = weakref.ref(future)
        del future
        self.assertCollected(reference)

    def test_callbacks_live_until_they_run(self):
        thing = Thing()
        reference = weakref.ref(thing)
        future = self.new()
        future.add_done_callback(lambda f, thing=thing: None)
        del thing
        gc.collect()
        self.assertIsNotNone(reference())

    def test_lives_while_it_calls_back(self):
        seen = []
        future = self.new()
        future.add_done_callback(lambda f: seen.append(f.result()))
        holder = [future]
        del future
        gc.collect()
        holder.pop().set_result(7)
        self.assertEqual(seen, [7])

# test-chains.py - chains, groups and waits from Python
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
from loop_support import DEADLINE, drain, turn_until, turn_until_done

SECOND = 1000000
IO_ERROR = Gio.io_error_quark()
FUTURE_ERROR = GFutures.future_error_quark()
State = GFutures.FutureState


def io_error(code, message):
    return GLib.Error.new_literal(IO_ERROR, message, code)


class Case(unittest.TestCase):
    def assertFailed(self, future, domain, code):
        self.assertEqual(future.get_state(), State.FAILED)
        self.assertTrue(future.get_error().matches(domain, code), f'{future.get_error()}')

    def assertCancelled(self, future):
        self.assertEqual(future.get_state(), State.CANCELLED)


class ChainTest(Case):
    def test_chain(self):
        source = GFutures.Promise.new()
        seen = []

        def double(settled, *args):
            seen.append((settled, threading.current_thread(), GFutures.Promise.get_current()))
            return GFutures.Future.new_for_int(2 * settled.get_int())

        derived = source.chain(double)
        source.resolve_int(21)
        self.assertEqual(seen, [])
        self.assertEqual(derived.get_state(), State.PENDING)
        turn_until_done(derived)
        self.assertEqual(derived.get_int(), 42)
        self.assertEqual(seen, [(source, threading.main_thread(), derived)])

    def test_chain_with_user_data(self):
        ready = GFutures.Future.new_for_int(1)
        derived = ready.chain(lambda settled, left, right: GFutures.Future.new_for_int(left + right), 3, 4)
        self.assertEqual(turn_until_done(derived).get_int(), 7)

    def test_none_is_no_value(self):
        derived = GFutures.Future.new_for_int(1).chain(lambda settled, *args: None)
        turn_until_done(derived)
        self.assertEqual(derived.get_state(), State.SUCCEEDED)
        self.assertIsNone(derived.get_value())

    def test_itself_passes_through(self):
        derived = GFutures.Future.new_for_string('a value').chain(lambda settled, *args: settled)
        self.assertEqual(turn_until_done(derived).get_string(), 'a value')

    def test_an_exception_fails(self):
        def busy(settled, *args):
            raise io_error(Gio.IOErrorEnum.BUSY, 'busy in Python')

        derived = GFutures.Future.new_for_int(1).chain(busy)
        self.assertFailed(turn_until_done(derived), IO_ERROR, Gio.IOErrorEnum.BUSY)
        self.assertEqual(derived.get_error().message, 'busy in Python')

    def test_catch(self):
        failed = GFutures.Future.new_for_error(io_error(Gio.IOErrorEnum.NOT_FOUND, 'lost'))
        skipped = []
        for source in failed.chain(lambda *args: skipped.append(1)), failed.then(skipped.append):
            derived = source.catch(lambda error: GFutures.Future.new_for_string(error.message))
            self.assertEqual(turn_until_done(derived).get_string(), 'lost')
            derived = source.catch(lambda error: [error])
            self.assertTrue(turn_until_done(derived).result(0)[0].matches(IO_ERROR, Gio.IOErrorEnum.NOT_FOUND))
        self.assertEqual(skipped, [])
        kept = GFutures.Future.new_for_int(5).catch(lambda *args: skipped.append(1))
        self.assertEqual(turn_until_done(kept).get_int(), 5)
        self.assertEqual(skipped, [])

    def test_finally(self):
        calls = []

        def clean_up():
            calls.append(GFutures.current_promise())

        value = GFutures.Future.new_for_int(5)
        failed = GFutures.Future.new_for_error(io_error(Gio.IOErrorEnum.NOT_FOUND, 'lost'))
        kept = value.finally_(clean_up)
        lost = failed.finally_(clean_up)
        broken = value.finally_(lambda: failed)
        self.assertEqual(turn_until_done(kept).get_int(), 5)
        self.assertFailed(turn_until_done(lost), IO_ERROR, Gio.IOErrorEnum.NOT_FOUND)
        self.assertFailed(turn_until_done(broken), IO_ERROR, Gio.IOErrorEnum.NOT_FOUND)
        self.assertEqual(calls, [kept, lost])

    def test_adoption_of_a_task(self):
        pool = GFutures.ThreadPoolExecutor.new(2)
        def task(promise, *args):
            promise.resolve_string('inner')

        derived = pool.submit(int).chain(lambda settled, *args: pool.submit(str, 'inner'))
        self.assertEqual(turn_until_done(derived).get_string(), 'inner')
        derived = pool.submit_full(0, None, task).chain(lambda settled, *args: pool.submit_full(0, None, task))
        self.assertEqual(turn_until_done(derived).get_string(), 'inner')
        pool.shutdown()

    def test_self_resolution(self):
        derived = GFutures.Future.new_for_int(1).chain(lambda *args: GFutures.Promise.get_current())
        self.assertFailed(turn_until_done(derived), FUTURE_ERROR, GFutures.FutureError.INVALID_STATE)
        self.assertIsInstance(derived.exception(0), GFutures.InvalidState)

    def test_cancelling_withdraws(self):
        source = GFutures.Promise.new()
        first = source.chain(lambda *args: None)
        second = source.chain(lambda *args: None)
        self.assertTrue(first.cancel())
        self.assertEqual(source.get_state(), State.PENDING)
        self.assertTrue(second.cancel())
        self.assertCancelled(source)

    def test_dropping_references_does_not(self):
        source = GFutures.Promise.new()
        calls = []
        source.chain(lambda *args: calls.append(1))
        gc.collect()
        source.resolve_int(1)
        turn_until(lambda: calls)

    def test_the_closure_is_released(self):
        class Token:
            pass

        for outcome in range(3):
            token = Token()
            gone = weakref.ref(token)
            source = GFutures.Promise.new()
            derived = source.chain(lambda settled, data: None, token)
            del token
            if outcome == 0:
                source.resolve_int(1)
            elif outcome == 1:
                source.reject(io_error(Gio.IOErrorEnum.FAILED, 'x'))
            else:
                derived.cancel()
            turn_until(lambda: (gc.collect(), gone() is None)[1])

    def test_wait_runs_what_it_depends_on(self):
        pool = GFutures.ThreadPoolExecutor.new(1)
        source = pool.submit_full(0, None, lambda promise, *args: promise.resolve_int(20) and None)
        derived = source.chain(lambda settled, *args: GFutures.Future.new_for_int(settled.get_int() + 1)) \
                        .chain(lambda settled, *args: GFutures.Future.new_for_int(2 * settled.get_int()))
        self.assertEqual(derived.result(DEADLINE), 42)
        pool.shutdown()
        drain()

    def test_task_waits_for_a_chain_of_this_thread(self):
        pool = GFutures.ThreadPoolExecutor.new(1)
        threads = []

        def here(settled, *args):
            threads.append(threading.current_thread())
            return GFutures.Future.new_for_int(42)

        derived = GFutures.Future.new_for_int(1).chain(here)
        task = pool.submit(derived.result, DEADLINE)
        self.assertEqual(task.result(DEADLINE), 42)
        self.assertEqual(threads, [threading.main_thread()])
        pool.shutdown()
        drain()

    def test_cancellable(self):
        promise = GFutures.Promise.new()
        cancellable = Gio.Cancellable()
        promise.set_cancellable(cancellable)
        promise.set_cancellable(None)
        cancellable.cancel()
        self.assertFalse(promise.is_done())
        promise.set_cancellable(cancellable)
        turn_until_done(promise)
        self.assertCancelled(promise)

    def test_delay(self):
        order = []
        late = GFutures.Future.new_delay(20000)
        soon = GFutures.Future.new_delay(0)
        late.connect('done', lambda f: order.append('late'))
        soon.connect('done', lambda f: order.append('soon'))
        turn_until(lambda: len(order) == 2)
        self.assertEqual(order, ['soon', 'late'])
        self.assertIsNone(late.get_value())
        never = GFutures.Future.new_delay(1000 * SECOND)
        self.assertTrue(never.chain(lambda *args: None).cancel())
        self.assertCancelled(never)


class SetTest(Case):
    def setUp(self):
        self.members = [GFutures.Promise.new() for i in range(3)]

    def test_all(self):
        group = GFutures.Future.all(self.members)
        self.assertIsInstance(group, GFutures.FutureSet)
        self.assertIsInstance(group, GFutures.Future)
        for member in self.members:
            self.assertFalse(group.is_done())
            member.resolve_int(1)
        self.assertEqual(turn_until_done(group).get_state(), State.SUCCEEDED)
        self.assertEqual(group.result(0), [1, 1, 1])

    def test_all_fails(self):
        group = GFutures.Future.all(self.members)
        self.members[1].reject(io_error(Gio.IOErrorEnum.BUSY, 'busy'))
        self.assertFailed(turn_until_done(group), IO_ERROR, Gio.IOErrorEnum.BUSY)
        self.assertCancelled(self.members[0])

    def test_all_settled(self):
        group = GFutures.Future.all_settled(self.members)
        self.members[0].resolve_int(1)
        self.members[1].reject(io_error(Gio.IOErrorEnum.BUSY, 'busy'))
        self.assertFalse(group.is_done())
        self.members[2].cancel()
        self.assertEqual(turn_until_done(group).get_state(), State.SUCCEEDED)
        self.assertEqual(group.result(0), self.members)

    def test_any(self):
        group = GFutures.Future.any(self.members)
        self.members[0].reject(io_error(Gio.IOErrorEnum.BUSY, 'busy'))
        self.members[2].resolve_string('won')
        self.assertEqual(turn_until_done(group).get_string(), 'won')
        self.assertEqual(group.result(0), 'won')
        self.assertCancelled(self.members[1])

    def test_race(self):
        group = GFutures.Future.race(self.members)
        self.members[1].reject(io_error(Gio.IOErrorEnum.BUSY, 'busy'))
        self.assertFailed(turn_until_done(group), IO_ERROR, Gio.IOErrorEnum.BUSY)

    def test_empty(self):
        self.assertEqual(GFutures.Future.all([]).get_state(), State.SUCCEEDED)
        self.assertEqual(GFutures.Future.all_settled([]).get_state(), State.SUCCEEDED)
        self.assertFailed(GFutures.Future.any([]), IO_ERROR, Gio.IOErrorEnum.INVALID_ARGUMENT)
        race = GFutures.Future.race([])
        self.assertEqual(race.get_state(), State.PENDING)
        self.assertTrue(race.cancel())

    def test_twice(self):
        group = GFutures.Future.all([self.members[0], self.members[0]])
        self.assertFailed(group, IO_ERROR, Gio.IOErrorEnum.INVALID_ARGUMENT)

    def test_list_model(self):
        group = GFutures.Future.all_settled(self.members)
        self.assertIsInstance(group, Gio.ListModel)
        self.assertEqual(group.get_n_items(), 3)
        self.assertEqual(len(group), 3)
        self.assertEqual([group.get_item(i) for i in range(3)], self.members)
        self.assertEqual(list(group), self.members)
        self.assertIsNone(group.get_item(3))
        self.assertTrue(GObject.type_is_a(group.get_item_type(), GFutures.Future))

    def test_progress(self):
        group = GFutures.Future.all_settled(self.members)
        n_done = []
        progress = []
        group.connect('notify::n-done', lambda g, pspec: n_done.append(g.get_n_done()))
        group.connect('notify::progress', lambda g, pspec: progress.append(g.get_progress()))
        self.members[0].resolve_int(1)
        self.members[1].set_progress(0.5, 'half')
        turn_until(lambda: progress and progress[-1] == 0.5)
        self.assertEqual(n_done[-1], 1)
        self.assertEqual(group.get_property('n-done'), 1)
        for member in self.members:
            member.resolve_int(1)
        turn_until(lambda: n_done[-1] == 3)
        self.assertEqual(progress[-1], 1)

    def test_cancel(self):
        group = GFutures.Future.all(self.members)
        self.assertTrue(group.cancel())
        for member in self.members:
            self.assertCancelled(member)

    def test_a_set_outlives_its_wrapper(self):
        calls = []
        GFutures.Future.all(self.members).chain(lambda settled, *args: calls.append(settled.get_n_items()))
        gc.collect()
        for member in self.members:
            member.resolve_int(1)
        turn_until(lambda: calls)
        self.assertEqual(calls, [3])


class WaitTest(Case):
    def setUp(self):
        self.pool = GFutures.ThreadPoolExecutor.new(2)

    def tearDown(self):
        self.pool.shutdown()
        drain()

    def submit(self, value):
        return self.pool.submit_full(0, None, lambda promise, *args: promise.resolve_int(value) and None)

    def test_wait(self):
        futures = [self.submit(i) if i % 2 else self.pool.submit(int, i) for i in range(20)]
        done, not_done = GFutures.wait(futures)
        self.assertEqual((done, not_done), (set(futures), set()))
        self.assertEqual([f.result(0) for f in futures], list(range(20)))

    def test_wait_for_the_first(self):
        never = GFutures.Promise.new()
        first = self.submit(1)
        done, not_done = GFutures.wait([never, first], return_when=GFutures.FIRST_COMPLETED)
        self.assertEqual((done, not_done), ({first}, {never}))
        failed = self.pool.call('no.such-function')
        done, not_done = GFutures.wait([never, failed], return_when=GFutures.FIRST_EXCEPTION)
        self.assertEqual((done, not_done), ({failed}, {never}))
        self.assertEqual(never.get_state(), State.PENDING)

    def test_wait_ends(self):
        never = GFutures.Promise.new()
        done, not_done = GFutures.wait([never], 0.001)
        self.assertEqual((done, not_done), (set(), {never}))
        # One of them is enough.
        self.assertEqual(GFutures.wait([never, never], 0).not_done, {never})
        done, not_done = GFutures.wait([], 0)
        self.assertEqual((done, not_done), (set(), set()))

    def test_wait_is_cancelled(self):
        never = GFutures.Promise.new()
        iterator = GFutures.Future.all_settled([never]).iterator()
        for wait in (lambda cancellable: never.wait(-1, cancellable),
                     lambda cancellable: iterator.next(-1, cancellable),
                     lambda cancellable: never.run_until_done(cancellable)):
            cancellable = Gio.Cancellable()
            threading.Thread(target=cancellable.cancel).start()
            with self.assertRaises(GLib.Error) as caught:
                wait(cancellable)
            self.assertTrue(caught.exception.matches(IO_ERROR, Gio.IOErrorEnum.CANCELLED))
        self.assertEqual(never.get_state(), State.PENDING)

    def test_as_completed(self):
        futures = [self.submit(i) if i % 2 else self.pool.submit(int, i) for i in range(50)]
        seen = []
        for future in GFutures.as_completed(futures):
            self.assertTrue(future.is_done())
            seen.append(future.result(0))
        self.assertEqual(sorted(seen), list(range(50)))

    def test_iterator(self):
        futures = [self.submit(i) if i % 2 else self.pool.submit(int, i) for i in range(50)]
        iterator = GFutures.Future.all_settled(futures).iterator()
        seen = []
        while True:
            future = iterator.next(-1, None)
            if future is None:
                break
            self.assertTrue(future.is_done())
            self.assertIn(future, futures)
            seen.append(future.result(0))
        self.assertEqual(sorted(seen), list(range(50)))
        self.assertIsNone(iterator.next_value())
        self.assertEqual(iterator.iterator(), iterator)

    def test_iterator_timeout_and_on(self):
        first, second = GFutures.Promise.new(), GFutures.Promise.new()
        iterator = GFutures.Future.all_settled([first, second]).iterator()
        with self.assertRaises(GLib.Error) as caught:
            iterator.next(1000, None)
        self.assertTrue(caught.exception.matches(IO_ERROR, Gio.IOErrorEnum.TIMED_OUT))
        second.resolve_int(2)
        self.assertEqual(iterator.next(-1, None), second)
        first.resolve_int(1)
        self.assertEqual(iterator.next_value(), first)
        self.assertIsNone(iterator.next_value())

    def test_next_async(self):
        promises = [GFutures.Promise.new() for i in range(3)]
        iterator = GFutures.Future.all_settled(promises).iterator()
        answers = []

        def ready(source, result, *args):
            answers.append(source.next_finish(result))

        for i in range(4):
            iterator.next_async(None, ready)
        for i in (2, 0, 1):
            promises[i].resolve_int(i)
        self.assertEqual(answers, [])
        turn_until(lambda: len(answers) == 4)
        self.assertEqual(answers, [promises[2], promises[0], promises[1], None])

    def test_next_async_is_cancelled(self):
        promise = GFutures.Promise.new()
        iterator = GFutures.Future.all_settled([promise]).iterator()
        cancellable = Gio.Cancellable()
        errors = []

        def ready(source, result, *args):
            try:
                source.next_finish(result)
            except GLib.Error as error:
                errors.append(error)

        iterator.next_async(cancellable, ready)
        cancellable.cancel()
        turn_until(lambda: errors)
        self.assertTrue(errors[0].matches(IO_ERROR, Gio.IOErrorEnum.CANCELLED))
        promise.resolve_int(1)
        self.assertEqual(iterator.next_value(), promise)


class ExecutorTest(Case):
    def setUp(self):
        self.pool = GFutures.ThreadPoolExecutor.new(2)

    def tearDown(self):
        self.pool.shutdown()
        drain()

    def test_submit_delayed(self):
        ran = []
        future = self.pool.submit_delayed(1000, lambda promise, *args: ran.append(1))
        never = self.pool.submit_delayed(1000 * SECOND, lambda promise, *args: ran.append(2))
        self.assertIsNone(future.result(DEADLINE))
        self.assertTrue(never.cancel())
        self.assertEqual(ran, [1])

    def test_submit_delayed_and_shut_down(self):
        pool = GFutures.ThreadPoolExecutor.new(1)
        future = pool.submit_delayed(1000 * SECOND, lambda promise, *args: None)
        pool.shutdown(wait=False)
        turn_until_done(future)
        self.assertFailed(future, FUTURE_ERROR, GFutures.FutureError.SHUT_DOWN)

    def test_submit_repeating(self):
        runs = []

        def run(promise, *args):
            runs.append(promise)
            if len(runs) == 5:
                promise.resolve_int(5)

        future = self.pool.submit_repeating(0, 100, run)
        self.assertEqual(future.result(DEADLINE), 5)
        self.pool.shutdown()
        self.assertEqual(len(runs), 5)
        self.assertEqual(set(runs), {future})

    def test_limited_executor(self):
        limited = GFutures.LimitedExecutor.new(self.pool, 1, 2)
        gate = threading.Event()
        started = threading.Event()
        running = []
        at_once = []

        def task(number):
            running.append(number)
            at_once.append(len(running))
            started.set()
            gate.wait(DEADLINE)
            running.remove(number)

        futures = [limited.submit(task, 0)]
        self.assertTrue(started.wait(DEADLINE))
        futures += [limited.submit(task, i) for i in (1, 2)]
        self.assertEqual(limited.get_property('n-queued'), 2)
        self.assertEqual(limited.get_property('max-in-flight'), 1)
        refused = limited.submit(task, 3)
        self.assertFailed(refused, IO_ERROR, Gio.IOErrorEnum.WOULD_BLOCK)
        with self.assertRaises(GLib.Error):
            refused.result(0)
        room = limited.wait_for_room()
        self.assertFalse(room.is_done())
        gate.set()
        self.assertTrue(room.wait(-1, None))
        self.assertEqual(GFutures.wait(futures).done, set(futures))
        self.assertEqual(at_once, [1, 1, 1])
        limited.shutdown()
        # the inner one is not shut down
        self.assertIsNone(self.pool.submit(lambda: None).result(DEADLINE))

    def test_task_scope(self):
        scope = GFutures.TaskScope.new(self.pool, GFutures.TaskScopePolicy.COLLECT_ERRORS)
        ran = []

        def fail():
            raise io_error(Gio.IOErrorEnum.BUSY, 'busy')

        failing = scope.submit(fail)
        for i in range(10):
            scope.submit(ran.append, 1)
        added = GFutures.Promise.new()
        scope.add(added)
        end = scope.close()
        self.assertEqual(end, scope.get_future())
        self.assertRaises(GFutures.ShutDown, scope.submit, ran.append, 2)
        refused = scope.submit_full(0, None, lambda promise, *args: ran.append(2))
        self.assertFailed(refused, FUTURE_ERROR, GFutures.FutureError.SHUT_DOWN)
        drain()
        self.assertFalse(end.is_done())
        added.resolve_int(1)
        turn_until_done(end)
        self.assertFailed(end, IO_ERROR, Gio.IOErrorEnum.BUSY)
        self.assertEqual(ran, [1] * 10)
        self.assertEqual(scope.get_failures(), [failing])

    def test_task_scope_is_cancelled_with_its_owner(self):
        class Owner(GObject.Object):
            pass

        scope = GFutures.TaskScope.new(None, GFutures.TaskScopePolicy.CANCEL_ON_ERROR)
        owner = Owner()
        scope.bind(owner)
        started = threading.Event()

        def until_stopped():
            stopped = threading.Event()
            GFutures.current_promise().get_cancellable().connect(lambda *args: stopped.set())
            started.set()
            stopped.wait(DEADLINE)

        task = scope.submit(until_stopped)
        self.assertTrue(started.wait(DEADLINE))
        del owner
        gc.collect()
        turn_until_done(scope.get_future())
        self.assertCancelled(scope.get_future())
        self.assertCancelled(task)


if __name__ == '__main__':
    tap.main()

# test-wrappers.py - nothing depends on how long Python refers to an object
#
# From PyGObject 3.55 on a wrapper is gone when Python lets go of it, also while C has
# the GObject, and is made anew when Python meets that again.
#
# SPDX-License-Identifier: LGPL-2.1-or-later
import gc
import os
import subprocess
import sys
import threading
import unittest

import gi

gi.require_version('GFutures', '1')
from gi.repository import Gio, GLib, GObject, GFutures

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import futures_tasks as tasks
import tap
from loop_support import DEADLINE, drain, turn_until, turn_until_done

PROGRAM = '''
import gi
gi.require_version('GFutures', '1')
from gi.repository import GFutures

def make_scope():
    return GFutures.TaskScope.new(GFutures.ProcessPoolExecutor(1), GFutures.TaskScopePolicy.COLLECT_ERRORS)

if __name__ == '__main__':
    scope = make_scope()
    futures = [scope.call('time:sleep', 0.2) for _ in range(3)]
    futures[2].add_done_callback(lambda future: print('done', future.exception()))
'''


class Thing:
    pass


class Error(Exception):
    pass


def fail(*args):
    raise Error('failed')


class Case(unittest.TestCase):
    def setUp(self):
        self.pool = GFutures.ThreadPoolExecutor(2)

    def tearDown(self):
        self.pool.shutdown()
        drain()

    def assertFails(self, future):
        with self.assertRaises(Error) as caught:
            future.result(DEADLINE)
        return caught.exception

    def gated(self, function, *args):
        """A task that waits for the gate, and the gate."""
        gate = threading.Event()

        def run():
            gate.wait(DEADLINE)
            return function(*args)

        return self.pool.submit(run), gate


class StateTest(Case):
    """What belongs to the object stays with it."""

    def test_attributes(self):
        store = Gio.ListStore.new(GObject.Object)
        for make in (GFutures.Future, GFutures.Promise, lambda: GFutures.Future.all([]), self.make_executor,
                     lambda: GFutures.ThreadPoolExecutor(1), lambda: GFutures.TaskScope.new(self.pool, 0)):
            thing = make()
            thing.mark = mark = Thing()
            if isinstance(thing, GFutures.Future):
                thing.get_state()
            store.append(thing)
            del thing
            gc.collect()
            self.assertIs(store.get_item(0).mark, mark)
            store.remove_all()
            gc.collect()

    def make_executor(self):
        class Own(GFutures.Executor):
            def __init__(self):
                super().__init__()
                self.ran = 0

            def do_enqueue(self, task):
                self.ran += 1
                task.run()

        return Own()

    def test_executor_of_python_that_c_has(self):
        scope = GFutures.TaskScope.new(self.make_executor(), 0)
        for _ in range(5):
            gc.collect()
            self.assertEqual(scope.props.executor.submit(tasks.add, 1, 2).result(DEADLINE), 3)
        self.assertEqual(scope.props.executor.ran, 5)

    def test_future_whose_handler_is_its_last_friend(self):
        things, seen = [Thing(), Thing()], []
        for thing, make in zip(things, (GFutures.Future, GFutures.Promise)):
            future = make()
            future.mark = thing
            future.connect('done', lambda future: seen.append((future.mark, future.result(0))))
            store = Gio.ListStore.new(GObject.Object)
            store.append(future)
            del future
            gc.collect()
            store.get_item(0).set_result(thing)
            del store
        turn_until(lambda: len(seen) == 2)
        self.assertEqual(seen, [(thing, thing) for thing in things])

    def test_callbacks(self):
        for kind in GFutures.Future, GFutures.Promise:
            seen = []
            future = kind()
            future.add_done_callback(lambda future: seen.append(future.result(0)))
            future.get_state()
            store = Gio.ListStore.new(GObject.Object)
            store.append(future)
            del future
            gc.collect()
            store.get_item(0).set_result(1)
            self.assertEqual(seen, [1])

    def test_dropped_unsettled_by_c(self):
        for kind in GFutures.Future, GFutures.Promise:
            seen = []
            future = kind()
            future.add_done_callback(lambda future: seen.append(future.exception(0)))
            future.get_state()
            store = Gio.ListStore.new(GObject.Object)
            store.append(future)
            del future
            gc.collect()
            self.assertEqual(store.get_item(0).get_state(), GFutures.FutureState.PENDING)
            store.remove_all()
            gc.collect()
            turn_until(lambda: seen)
            self.assertIsInstance(seen[0], GFutures.BrokenPromise)


class ExecutorTest(Case):
    def test_default_pool(self):
        for i in range(20):
            self.assertEqual(GFutures.ThreadPoolExecutor.get_default().submit(tasks.add, i, 1).result(DEADLINE), i + 1)
            gc.collect()

    def test_default_pool_that_is_met_between(self):
        futures = []
        for i in range(200):
            futures.append(GFutures.ThreadPoolExecutor.get_default().submit(tasks.add, i, 1))
        self.assertEqual([future.result(DEADLINE) for future in futures], list(range(1, 201)))

    def test_executor_of_a_scope(self):
        scope = GFutures.TaskScope.new(GFutures.ThreadPoolExecutor(2), 0)
        for i in range(20):
            self.assertEqual(scope.props.executor.submit(tasks.add, i, 1).result(DEADLINE), i + 1)
            gc.collect()

    def test_threads_end_with_the_pool(self):
        scope = GFutures.TaskScope.new(GFutures.ThreadPoolExecutor(2), 0)
        threads = []
        for _ in range(3):
            scope.props.executor.submit(lambda: threads.append(threading.current_thread())).result(DEADLINE)
        del scope
        gc.collect()
        drain()
        for thread in threads:
            thread.join(DEADLINE)
            self.assertFalse(thread.is_alive())

    def test_scope_of_a_process_pool_at_work(self):
        scope = GFutures.TaskScope.new(GFutures.ProcessPoolExecutor(1), GFutures.TaskScopePolicy.COLLECT_ERRORS)
        futures = [scope.call('time:sleep', 0.3)]
        for _ in range(5):
            gc.collect()
            futures.append(scope.call('operator:add', 1, 2))
            scope.props.executor.get_n_running()
        self.assertEqual([future.result(DEADLINE) for future in futures], [None] + 5 * [3])
        scope.props.executor.shutdown()

    def test_limited_process_pool(self):
        limited = GFutures.LimitedExecutor.new(GFutures.ProcessPoolExecutor(2), 1, 0)
        gc.collect()
        futures = [limited.call('operator:add', i, 1) for i in range(20)]
        gc.collect()
        self.assertEqual([future.result(DEADLINE) for future in futures], list(range(1, 21)))
        limited.props.executor.shutdown()

    def test_map_of_an_executor_that_c_has(self):
        for pool in GFutures.ThreadPoolExecutor(1), GFutures.ProcessPoolExecutor(1):
            scope = GFutures.TaskScope.new(pool, 0)
            del pool
            gc.collect()
            results = scope.props.executor.map(tasks.add, range(10), range(10), buffersize=2)
            for i, result in enumerate(results):
                gc.collect()
                self.assertEqual(result, 2 * i)
            self.assertEqual(i, 9)
            scope.props.executor.shutdown()

    def test_program_ends_after_what_was_accepted(self):
        run = subprocess.run([sys.executable, '-c', PROGRAM], timeout=DEADLINE, capture_output=True, text=True)
        self.assertEqual((run.stdout, run.stderr, run.returncode), ('done None\n', '', 0))


class OutcomeTest(Case):
    """Those that have their outcome from others know whose it is."""

    def test_failure_through_dropped_ones(self):
        seen = []
        last = self.pool.submit(fail).then(lambda value: value).catch(seen.append)
        gc.collect()
        turn_until_done(last)
        self.assertIsInstance(seen[0], Error)

    def test_value_through_dropped_ones(self):
        thing = Thing()
        future, gate = self.gated(lambda: thing)
        last = future.catch(lambda error: None).then(lambda value: [value])
        del future
        gc.collect()
        gate.set()
        self.assertIs(last.result(DEADLINE)[0], thing)

    def test_long_way(self):
        thing, error = Thing(), Error()
        for outcome in thing, error:
            first = GFutures.Future()
            last = first
            for _ in range(100):
                last = last.catch(lambda error: fail()) if outcome is thing else last.then(fail)
            last = last.finally_(lambda: None)
            gc.collect()
            if outcome is thing:
                first.set_result(thing)
            else:
                first.set_exception(error)
            del first
            gc.collect()
            turn_until_done(last)
            self.assertIs(last.result(0) if outcome is thing else last.exception(0), outcome)

    def test_adopted_failures(self):
        with GFutures.ThreadPoolExecutor(2) as pool:
            for _ in range(100):
                self.assertFails(pool.submit(int).then(lambda value: pool.submit(fail)).then(lambda value: value))

    def test_adopted_failure_of_finally(self):
        with GFutures.ThreadPoolExecutor(2) as pool:
            for _ in range(100):
                self.assertFails(pool.submit(int).finally_(lambda: pool.submit(fail)).then(lambda value: value))

    def test_finally_that_keeps_a_failure(self):
        with GFutures.ThreadPoolExecutor(2) as pool:
            for _ in range(100):
                self.assertFails(pool.submit(fail).finally_(lambda: pool.submit(int)).then(lambda value: value))

    def test_two_branches(self):
        with GFutures.ThreadPoolExecutor(2) as pool:
            for _ in range(100):
                source = pool.submit(fail)
                branches = [source.then(lambda value: value).finally_(lambda: None) for _ in range(2)]
                del source
                for branch in branches:
                    self.assertFails(branch)

    def test_failure_in_a_process(self):
        with GFutures.ProcessPoolExecutor(1) as pool:
            for _ in range(20):
                derived = pool.submit(int).then(lambda value: pool.submit(tasks.fail, Error("failed"))).then(lambda value: value)
                self.assertFails(derived)

    def test_result_of_a_process(self):
        with GFutures.ProcessPoolExecutor(1) as pool:
            for value in 1, 'x', [1, {2}], b'x' * 200_000, None:
                future = pool.submit(tasks.identity, value)
                derived = future.catch(lambda error: None).finally_(lambda: None)
                gc.collect()
                self.assertEqual(derived.result(DEADLINE), value)
                # It is unpickled once, for all, and for those that come later.
                self.assertIs(future.result(DEADLINE), derived.result(DEADLINE))
                self.assertIs(derived.finally_(lambda: None).result(DEADLINE), derived.result(DEADLINE))

    def test_result_of_a_process_that_was_read_before(self):
        with GFutures.ProcessPoolExecutor(1) as pool:
            for future in pool.submit(tasks.identity, [1]), pool.call('builtins:list', [1]):
                self.assertEqual(future.result(DEADLINE), [1])
                self.assertIs(future.catch(lambda error: None).result(DEADLINE), future.result())

    def test_exception_that_is_false(self):
        class Empty(Exception):
            def __len__(self):
                return 0

        error = Empty()
        future = GFutures.Future()
        derived = future.then(lambda value: value)
        future.set_exception(error)
        self.assertIs(future.exception(DEADLINE), error)
        self.assertIs(derived.exception(DEADLINE), error)
        self.assertIs(future.finally_(lambda: None).exception(DEADLINE), error)

    def test_result_of_a_call(self):
        with GFutures.ProcessPoolExecutor(1) as pool:
            derived = pool.call('operator:add', [1], [2]).catch(lambda error: None)
            self.assertEqual(derived.result(DEADLINE), [1, 2])

    def test_variant_comes_back_as_it_is(self):
        variant = GLib.Variant('(si)', ('a', 1))
        derived = self.pool.submit(lambda: variant).catch(lambda error: None).finally_(lambda: None)
        self.assertEqual(derived.result(DEADLINE), variant)

    def test_group_that_is_passed_through(self):
        things = [Thing(), Thing()]
        futures = [self.pool.submit(lambda thing=thing: thing) for thing in things]
        group = GFutures.Future.all(futures).catch(lambda error: None).finally_(lambda: None)
        del futures
        gc.collect()
        self.assertEqual(group.result(DEADLINE), things)

    def test_failure_of_a_group_that_is_passed_through(self):
        for make in GFutures.Future.all, GFutures.Future.any, GFutures.Future.race:
            group = make([self.pool.submit(fail)]).then(lambda value: value)
            gc.collect()
            self.assertFails(group)

    def test_race_of_processes_that_is_passed_through(self):
        with GFutures.ProcessPoolExecutor(1) as pool:
            group = GFutures.Future.race([pool.submit(tasks.identity, {1, 2})]).finally_(lambda: None)
            gc.collect()
            self.assertEqual(group.result(DEADLINE), {1, 2})

    def test_own_error_of_a_derived_one(self):
        future, gate = self.gated(fail)
        derived = future.then(lambda value: value)
        derived.set_timeout(1000)
        turn_until_done(derived)
        gate.set()
        self.assertIsInstance(derived.exception(0), GFutures.TimedOut)

    def test_circle(self):
        first = GFutures.Future()
        one = first.then(lambda value: other)
        other = one.then(lambda value: value)
        first.set_result(1)
        turn_until_done(other)
        self.assertIsInstance(one.exception(0), GFutures.InvalidState)
        self.assertIsInstance(other.exception(0), GFutures.InvalidState)

    def test_circle_through_a_group(self):
        first = GFutures.Future()
        one = first.then(lambda value: group)
        group = GFutures.Future.all([one])
        first.set_result(1)
        turn_until_done(group)
        self.assertIsInstance(one.exception(0), GFutures.InvalidState)
        self.assertIsInstance(group.exception(0), GFutures.InvalidState)

    def test_exception_that_drops_a_pool_arrives(self):
        self.assertRaises(TypeError, GFutures.LimitedExecutor.new, GFutures.ProcessPoolExecutor(1))

    def test_outcomes_go(self):
        class Marked(Thing):
            gone = 0

            def __del__(self):
                Marked.gone += 1

        for _ in range(10):
            self.pool.submit(Marked).catch(lambda error: None).then(lambda value: None).result(DEADLINE)
        # Threads may be about to let go of some.
        turn_until(lambda: (gc.collect(), GLib.MainContext.default().wakeup(), Marked.gone == 10)[2])


if __name__ == '__main__':
    tap.main()

# futures_submit.py - submit(): what every pool does with a task
#
# SPDX-License-Identifier: LGPL-2.1-or-later
import concurrent.futures
import functools
import gc
import operator
import sys
import threading
import unittest
import weakref

import futures_tasks as tasks
from futures_support import (Case, DEADLINE, PROCESSES, STD, THREADS, for_pools, futures, in_thread, join,
                             run_threads, traced_functions)
from futures_tasks import Thing


@for_pools(THREADS + PROCESSES)
class Submit:
    def get(self, /, *args, **kwargs):
        return self.pool.submit(*args, **kwargs).result(DEADLINE)

    def test_result(self):
        self.assertEqual(self.get(pow, 2, 8), 256)

    def test_returns_a_future_of_the_module(self):
        future = self.pool.submit(pow, 2, 8)
        self.assertIsInstance(future, futures.Future)
        self.assertIsInstance(future, concurrent.futures.Future)
        self.assertRegex(repr(future), '^<Future at 0x[0-9a-f]+ state=(pending|running|finished returned int)>$')

    def test_pool_is_an_executor(self):
        self.assertIsInstance(self.pool, futures.Executor)
        self.assertIsInstance(self.pool, self.executor_type)
        self.assertTrue(issubclass(self.executor_type, futures.Executor))

    def test_arguments(self):
        self.assertEqual(self.get(tasks.capture), ((), {}))
        self.assertEqual(self.get(tasks.capture, 1, 'two', [3]), ((1, 'two', [3]), {}))
        self.assertEqual(self.get(tasks.capture, 1, x=2, y=3), ((1,), {'x': 2, 'y': 3}))
        self.assertEqual(self.get(tasks.capture, *[1, 2], **{'a b': 3}), ((1, 2), {'a b': 3}))

    def test_keywords_that_submit_has_itself(self):
        self.assertEqual(self.get(tasks.capture, 1, self=2, fn=3), ((1,), {'self': 2, 'fn': 3}))
        names = dict.fromkeys(('self', 'fn', 'executor', 'priority', 'cancellable', 'args', 'kwargs', 'timeout',
                               'func', 'function', 'task'), 0)
        self.assertEqual(self.get(tasks.capture, **names), ((), names))

    def test_function_is_required_by_position(self):
        with self.assertRaises(TypeError):
            self.pool.submit()
        with self.assertRaises(TypeError):
            self.pool.submit(fn=tasks.capture, arg=1)
        with self.assertRaises(TypeError):
            self.pool.submit(arg=1)

    def test_what_cannot_be_called(self):
        with self.assertRaisesRegex(TypeError, "'int' object is not callable"):
            self.get(3)
        with self.assertRaises(TypeError):
            self.get(tasks.add, 1)
        self.assertEqual(self.get(tasks.add, 1, 2), 3)

    def test_callables_of_all_kinds(self):
        thing = Thing()
        self.assertEqual(self.get(thing), 'called too')
        self.assertEqual(self.get(thing.method), 'called')
        self.assertEqual(self.get(Thing.class_method), 'Thing')
        self.assertEqual(self.get(Thing.static_method, 4), 8)
        self.assertEqual(self.get(functools.partial(tasks.add, 1), 2), 3)
        self.assertEqual(self.get(functools.partial(tasks.add, y=1), x=2), 3)
        self.assertEqual(self.get(operator.itemgetter(1), 'abc'), 'b')
        self.assertEqual(self.get(str.upper, 'abc'), 'ABC')
        self.assertEqual(self.get('a-b'.split, '-'), ['a', 'b'])
        self.assertEqual(self.get(int, '12'), 12)

    def test_results_of_all_kinds(self):
        for value in (None, False, 0, '', [], {}, 1.5, 'ü€😀', b'\0\xff', 10 ** 100, (1, [2, {'x': {3}}]), ...,
                      2 + 3j, range(5), frozenset('ab'), -0.0, float('inf')):
            self.assertEqual(self.get(tasks.identity, value), value)

    def test_result_may_be_a_class_or_a_function(self):
        for value in int, Thing, tasks.add, len:
            self.assertIs(self.get(tasks.identity, value), value)

    def test_result_may_be_an_exception(self):
        future = self.pool.submit(tasks.identity, ValueError('returned'))
        self.assertEqual(future.result(DEADLINE).args, ('returned',))
        self.assertIsNone(future.exception())

    def test_exception(self):
        future = self.pool.submit(tasks.invert, 0)
        self.assertIsInstance(future.exception(DEADLINE), ZeroDivisionError)
        self.assertEqual(str(future.exception()), 'division by zero')
        with self.assertRaises(ZeroDivisionError) as caught:
            future.result()
        self.assertIs(caught.exception, future.exception())

    def test_exception_has_its_class_and_arguments(self):
        for error in (ValueError('one', 2), KeyError('key'), tasks.PlainError('own'), OSError(2, 'text', 'name'),
                      UnicodeDecodeError('utf8', b'x', 0, 1, 'why'), StopIteration(5), Exception()):
            caught = self.pool.submit(tasks.fail, error).exception(DEADLINE)
            self.assertIs(type(caught), type(error))
            self.assertEqual(caught.args, error.args)

    def test_exception_has_attributes(self):
        error = self.pool.submit(tasks.fail_with_attributes).exception(DEADLINE)
        self.assertEqual((error.errno, error.strerror, error.filename), (2, 'No such file', 'name.txt'))
        self.assertEqual(error.note, 'read me')

    def test_exception_of_futures_own_kinds(self):
        for kind in futures.CancelledError, futures.TimeoutError, futures.InvalidStateError:
            future = self.pool.submit(tasks.fail, kind('mine'))
            self.assertIs(type(future.exception(DEADLINE)), kind)
            self.assertFalse(future.cancelled())
            self.assertRaises(kind, future.result)

    def test_exit_and_interrupt_are_exceptions_of_the_task(self):
        for function, kind in ((functools.partial(tasks.exit_softly, 3), SystemExit),
                               (tasks.interrupt, KeyboardInterrupt),
                               (functools.partial(tasks.fail, GeneratorExit()), GeneratorExit)):
            future = self.pool.submit(function)
            self.assertIs(type(future.exception(DEADLINE)), kind)
            self.assertRaises(kind, future.result)
        self.assertEqual(self.get(tasks.add, 1, 2), 3)

    def test_exit_status_is_kept(self):
        self.assertEqual(self.pool.submit(tasks.exit_softly, 3).exception(DEADLINE).code, 3)

    def test_failures_do_not_disturb_the_others(self):
        fs = [self.pool.submit(tasks.invert, i % 3) for i in range(30)]
        for i, future in enumerate(fs):
            if i % 3:
                self.assertEqual(future.result(DEADLINE), 1 / (i % 3))
            else:
                self.assertIsInstance(future.exception(DEADLINE), ZeroDivisionError)

    def test_states_while_it_runs(self):
        gate = self.gate()
        future = self.pool.submit(gate.enter, 'x')
        gate.arrivals()
        self.assertTrue(future.running())
        self.assertFalse(future.done())
        self.assertEqual(future._state, 'RUNNING')
        self.assertRegex(repr(future), '^<Future at 0x[0-9a-f]+ state=running>$')
        with self.assertRaises(futures.TimeoutError):
            future.result(0)
        gate.open()
        self.assertEqual(future.result(DEADLINE), 'x')
        self.assertFalse(future.running())
        self.assertTrue(future.done())

    def test_cancel_while_it_runs_is_refused(self):
        gate = self.gate()
        future = self.pool.submit(gate.enter, 'x')
        gate.arrivals()
        self.assertFalse(future.cancel())
        self.assertFalse(future.cancelled())
        gate.open()
        self.assertEqual(future.result(DEADLINE), 'x')
        self.assertFalse(future.cancel())

    def test_cancel_before_it_runs(self):
        pool, gate, never = self.make_pool(1), self.gate(), self.gate()
        first = pool.submit(gate.enter, 'x')
        gate.arrivals()
        # A process pool may have given some more to its worker: those count as running.
        fs = [pool.submit(tasks.identity, i) for i in range(5)] + [pool.submit(never.tell)]
        future = fs[-1]
        self.assertEqual(future._state, 'PENDING')
        self.assertTrue(future.cancel())
        self.assertTrue(future.cancelled())
        self.assertTrue(future.done())
        self.assertTrue(future.cancel())
        self.assertRaises(futures.CancelledError, future.result)
        self.assertRaises(futures.CancelledError, future.exception)
        gate.open()
        self.assertEqual(first.result(DEADLINE), 'x')
        self.assertEqual([future.result(DEADLINE) for future in fs[:-1]], list(range(5)))
        pool.shutdown()
        never.tell('nobody else')
        self.assertEqual(never.arrivals(), ['nobody else'])

    def test_order_of_one_worker(self):
        pool, gate = self.make_pool(1), self.gate()
        fs = [pool.submit(gate.tell, i) for i in range(30)]
        futures.wait(fs, DEADLINE)
        self.assertEqual(gate.arrivals(30), [str(i) for i in range(30)])

    def test_workers_run_side_by_side(self):
        pool, gate = self.make_pool(3), self.gate()
        fs = [pool.submit(gate.enter, i) for i in range(7)]
        first = sorted(gate.arrivals(3))
        if STD or not self.in_processes:
            self.assertEqual(first, ['0', '1', '2'])
        else:
            # Workers of GFutures get a few in advance: the order in which tasks begin is not strict.
            self.assertEqual(len(set(first)), 3)
        gate.open(7)
        self.assertEqual([future.result(DEADLINE) for future in fs], list(range(7)))

    def test_tasks_may_meet(self):
        # Each waits for the next one: they run as long as there are workers.
        pool, gates = self.make_pool(2), [self.gate() for _ in range(6)]
        fs = [pool.submit(tasks.meet, gates[i], gates[i ^ 1]) for i in range(6)]
        self.assertEqual([future.result(DEADLINE) for future in fs], ['met'] * 6)

    def test_callbacks_run_in_this_process(self):
        gate, seen, come = self.gate(), [], threading.Event()
        future = self.pool.submit(gate.enter, 'x')
        future.add_done_callback(lambda f: seen.append(f.result(0)))
        future.add_done_callback(lambda f: seen.append(f is future))
        future.add_done_callback(lambda f: come.set())
        gate.open()
        self.assertTrue(come.wait(DEADLINE))
        self.assertEqual(seen, ['x', True])

    def test_callback_may_submit(self):
        pool, results, come = self.pool, [], threading.Event()

        def again(future):
            results.append(future.result())
            if len(results) < 10:
                pool.submit(tasks.add, future.result(), 1).add_done_callback(again)
            else:
                come.set()

        pool.submit(tasks.add, 0, 1).add_done_callback(again)
        self.assertTrue(come.wait(DEADLINE))
        self.assertEqual(results, list(range(1, 11)))

    def test_callback_that_fails_is_logged(self):
        gate, come = self.gate(), threading.Event()
        future = self.pool.submit(gate.enter)
        with self.assertLogs('concurrent.futures', 'ERROR') as logs:
            future.add_done_callback(lambda f: 1 / 0)
            future.add_done_callback(lambda f: come.set())
            gate.open()
            self.assertTrue(come.wait(DEADLINE))
        self.assertIn('exception calling callback for <Future at', logs.output[0])
        self.assertEqual(self.get(tasks.add, 1, 2), 3)

    def test_callback_of_a_cancelled_one_runs_in_cancel(self):
        pool, gate, seen = self.make_pool(1), self.gate(), []
        fs = [pool.submit(gate.enter) for _ in range(6)]
        gate.arrivals()
        fs[5].add_done_callback(lambda f: seen.append((f.cancelled(), threading.current_thread())))
        self.assertTrue(fs[5].cancel())
        self.assertEqual(seen, [(True, threading.current_thread())])

    def test_keeps_no_task_alive(self):
        thing = Thing()
        reference = weakref.ref(thing)
        # The future is not kept.
        self.pool.submit(thing.method)
        del thing
        self.assertCollected(reference)

    def test_keeps_no_argument_alive(self):
        thing = Thing()
        reference = weakref.ref(thing)
        future = self.pool.submit(tasks.capture, 1, key=[thing])
        del thing
        future.result(DEADLINE)
        del future
        self.assertCollected(reference)

    def test_keeps_no_result_alive(self):
        future = self.pool.submit(tasks.make_thing)
        reference = weakref.ref(future.result(DEADLINE))
        self.assertIsNotNone(reference())
        del future
        self.assertCollected(reference)

    def test_keeps_no_exception_alive(self):
        future = self.pool.submit(tasks.fail, tasks.PlainError())
        reference = weakref.ref(future.exception(DEADLINE))
        del future
        self.assertCollected(reference)

    def test_keeps_no_future_alive(self):
        for function in tasks.get_pid, tasks.fail_deep:
            future = self.pool.submit(function)
            futures.wait([future], DEADLINE)
            reference = weakref.ref(future)
            del future
            self.assertCollected(reference)

    def test_keeps_no_cancelled_one_alive(self):
        pool, gate = self.make_pool(1), self.gate()
        fs = [pool.submit(gate.enter) for _ in range(8)]
        references = [weakref.ref(future) for future in fs]
        self.assertTrue(fs[-1].cancel())
        fs.clear()
        gate.open(7)
        for reference in references:
            self.assertCollected(reference)

    def test_keeps_no_callback_alive(self):
        thing = Thing()
        reference = weakref.ref(thing)
        future = self.pool.submit(tasks.add, 1, 2)
        future.add_done_callback(lambda f, thing=thing: None)
        del thing
        future.result(DEADLINE)
        del future
        self.assertCollected(reference)

    def test_waiting_ones_are_collected_with_their_pool(self):
        pool, gate = self.executor_type(1), self.gate()
        reference = weakref.ref(pool)
        future = pool.submit(gate.enter, 'x')
        gate.arrivals()
        del pool
        gc.collect()
        gate.open()
        self.assertEqual(future.result(DEADLINE), 'x')
        self.assertCollected(reference)

    def test_many_threads_submit(self):
        pool = self.pool

        def submit(index):
            fs = [pool.submit(tasks.add, index, i) for i in range(100)]
            return [future.result(DEADLINE) for future in fs]

        for index, results in enumerate(run_threads(submit, 8)):
            self.assertEqual(results, [index + i for i in range(100)])

    def test_many_threads_submit_and_cancel(self):
        pool = self.pool

        def submit(index):
            counts = [0, 0]
            for i in range(100):
                future = pool.submit(tasks.identity, i)
                if future.cancel():
                    assert future.cancelled()
                    counts[0] += 1
                else:
                    assert future.result(DEADLINE) == i
                    counts[1] += 1
            return sum(counts)

        self.assertEqual(run_threads(submit, 4), [100] * 4)
        self.assertEqual(self.get(tasks.add, 1, 2), 3)

    def test_many_at_once(self):
        fs = [self.pool.submit(tasks.identity, i) for i in range(2000)]
        self.assertEqual([future.result(DEADLINE) for future in fs], list(range(2000)))

    def test_large_arguments_and_results(self):
        data = bytes(range(256)) * 20000
        self.assertEqual(self.get(tasks.size_of, data), len(data))
        self.assertEqual(self.get(tasks.identity, data), data)
        self.assertEqual(self.get(tasks.identity, bytearray(data)), data)
        self.assertEqual(len(self.get(tasks.make_bytes, 20000000)), 20000000)

    def test_a_thread_waits_while_another_submits(self):
        gate = self.gate()
        future = self.pool.submit(gate.enter, 'x')
        thread = in_thread(future.result, DEADLINE)
        self.assertEqual(self.get(tasks.add, 1, 2), 3)
        gate.open()
        self.assertEqual(join(thread), 'x')

    def test_initializer_runs_in_each_worker(self):
        pool = self.make_pool(2, initializer=tasks.initialize, initargs=('ready',))
        self.addCleanup(tasks.initialize, 'not initialized')
        self.assertEqual(list(pool.map(tasks.get_status, range(10))), ['ready'] * 10)

    def test_initializer_must_be_callable(self):
        with self.assertRaisesRegex(TypeError, 'initializer must be a callable'):
            self.make_pool(1, initializer=3)

    def test_initializer_that_fails_breaks_the_pool(self):
        gate = self.gate()
        pool = self.make_pool(2, initializer=tasks.initializer_waits_and_fails, initargs=(gate,))
        self.addCleanup(self.quiet())
        fs = [pool.submit(tasks.add, 1, 2) for _ in range(2)]
        gate.open(10)
        for future in fs:
            self.assertIsInstance(future.exception(DEADLINE), self.broken_error)
            self.assertRaises(futures.BrokenExecutor, future.result)
        with self.assertRaises(self.broken_error):
            # Not all workers need to have failed when the first future does.
            for _ in range(10000):
                pool.submit(tasks.add, 1, 2).exception(DEADLINE)
        self.assertTrue(pool._broken)
        with self.assertRaises(futures.BrokenExecutor):
            pool.submit(tasks.add, 1, 2)
        with self.assertRaises(RuntimeError):
            pool.map(tasks.add, [1], [2])
        pool.shutdown()

    def quiet(self):
        """Keeps the reports of initializers from the standard error; undone by what it returns."""
        import logging
        logger = logging.getLogger('concurrent.futures')
        handler = logging.NullHandler()
        logger.addHandler(handler)
        logger.propagate = False

        def undo():
            logger.removeHandler(handler)
            for other in list(logger.handlers):
                logger.removeHandler(other)
            logger.propagate = True
        return undo

    def test_number_of_workers_is_checked(self):
        for number in 0, -1, -100:
            with self.assertRaisesRegex(ValueError, 'max_workers must be greater than 0'):
                self.executor_type(max_workers=number)
        for number in '3', [], object():
            with self.assertRaises(TypeError):
                self.executor_type(max_workers=number)

    def test_number_of_workers_is_told(self):
        self.assertEqual(self.make_pool(3)._max_workers, 3)
        pool = self.keep(self.executor_type(max_workers=7))
        self.assertEqual(pool._max_workers, 7)

    def test_is_not_broken(self):
        self.assertEqual(self.get(tasks.add, 1, 2), 3)
        self.assertFalse(self.pool._broken)


@for_pools(THREADS)
class ThreadTasks:
    """What needs the same memory."""

    def test_closures(self):
        seen = []
        self.pool.submit(lambda: seen.append(5)).result(DEADLINE)
        self.assertEqual(seen, [5])

    def test_objects_are_not_copied(self):
        thing = Thing()
        self.assertIs(self.pool.submit(tasks.identity, thing).result(DEADLINE), thing)
        error = ValueError()
        self.assertIs(self.pool.submit(tasks.fail, error).exception(DEADLINE), error)

    def test_traceback_shows_the_task(self):
        future = self.pool.submit(tasks.fail_deep, 'deep')
        self.assertIn('fail_deep', traced_functions(future.result))

    def test_cause_is_kept(self):
        error = self.pool.submit(tasks.fail_with_cause).exception(DEADLINE)
        self.assertIsInstance(error.__cause__, KeyError)

    def test_tasks_may_submit_and_wait(self):
        pool = self.make_pool(8)

        def count(n):
            if n == 0:
                return 1
            fs = [pool.submit(count, n - 1) for _ in range(2)]
            return sum(future.result(DEADLINE) for future in fs)

        self.assertEqual(pool.submit(count, 2).result(DEADLINE), 4)

    def test_callback_runs_in_the_worker(self):
        gate, names, come = self.gate(), [], threading.Event()
        pool = self.make_pool(1, thread_name_prefix='mine')
        future = pool.submit(gate.enter)
        future.add_done_callback(lambda f: names.append(threading.current_thread().name))
        future.add_done_callback(lambda f: come.set())
        gate.open()
        self.assertTrue(come.wait(DEADLINE))
        self.assertEqual(names, ['mine_0'])

    def test_future_of_oneself(self):
        pool, holder, gate = self.make_pool(1), [], self.gate()

        def look():
            gate.wait()
            return holder[0].running(), holder[0].done(), holder[0].cancel()

        holder.append(pool.submit(look))
        gate.open()
        self.assertEqual(holder[0].result(DEADLINE), (True, False, False))

    def test_traceback_holds_no_future(self):
        future = self.pool.submit(tasks.fail_deep, 'deep')
        futures.wait([future], DEADLINE)
        reference = weakref.ref(future)
        error = future.exception()
        del future
        self.assertCollected(reference)
        self.assertIsInstance(error, LookupError)


class ExecutorClass(Case):
    def test_is_abstract(self):
        executor = futures.Executor()
        with self.assertRaises(NotImplementedError):
            executor.submit(tasks.add, 1, 2)
        executor.shutdown()

    def test_may_be_derived(self):
        class AtOnce(futures.Executor):
            def submit(self, fn, /, *args, **kwargs):
                future = futures.Future()
                future.set_running_or_notify_cancel()
                try:
                    future.set_result(fn(*args, **kwargs))
                except BaseException as error:
                    future.set_exception(error)
                return future

        with AtOnce() as executor:
            self.assertEqual(list(executor.map(tasks.add, [1, 2], [3, 4])), [4, 6])
            self.assertIsInstance(executor.submit(tasks.invert, 0).exception(), ZeroDivisionError)
            self.assertEqual(len(futures.wait([executor.submit(tasks.add, 1, 1)]).done), 1)

    def test_derived_executor_without_a_constructor(self):
        class Own(futures.Executor):
            def __init__(self, pool):
                self.pool = pool

            def submit(self, fn, /, *args, **kwargs):
                return self.pool.submit(fn, *args, **kwargs)

        with futures.ThreadPoolExecutor(1) as pool:
            own = Own(pool)
            self.assertEqual(list(own.map(tasks.add, [1, 2], [3, 4])), [4, 6])
            if not STD or sys.version_info >= (3, 14):
                self.assertEqual(list(own.map(tasks.add, range(9), range(9), buffersize=2)), list(range(0, 18, 2)))

    def test_pools_may_be_derived(self):
        class Counting(futures.ThreadPoolExecutor):
            def __init__(self, *args, **kwargs):
                super().__init__(*args, **kwargs)
                self.count = 0

            def submit(self, fn, /, *args, **kwargs):
                self.count += 1
                return super().submit(fn, *args, **kwargs)

        with Counting(2) as pool:
            pool.submit(tasks.add, 1, 2)
            self.assertEqual(list(pool.map(tasks.add, [1, 2], [3, 4])), [4, 6])
            self.assertEqual(pool.count, 3)

    def test_process_pools_may_be_derived(self):
        class Named(futures.ProcessPoolExecutor):
            def __init__(self, name):
                super().__init__(1)
                self.name = name

        with Named('mine') as pool:
            self.assertEqual(pool.name, 'mine')
            self.assertEqual(list(pool.map(tasks.add, [1, 2], [3, 4])), [4, 6])

    @unittest.skipIf(STD, 'trivial there')
    def test_is_the_standard_one(self):
        self.assertTrue(issubclass(futures.Executor, concurrent.futures.Executor))
        self.assertTrue(issubclass(futures.ThreadPoolExecutor, concurrent.futures.Executor))
        self.assertTrue(issubclass(futures.ProcessPoolExecutor, concurrent.futures.Executor))

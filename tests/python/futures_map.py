# futures_map.py - map(): order, laziness, time, chunks and the buffer
#
# SPDX-License-Identifier: LGPL-2.1-or-later
import contextlib
import gc
import itertools
import threading
import time
import unittest
import weakref

import futures_tasks as tasks
from futures_support import (DEADLINE, PROCESSES, STD, THREADS, for_pools, futures, in_thread, join, shut_down,
                             std_since)


@for_pools(THREADS + PROCESSES)
class Map:
    def test_same_as_the_builtin(self):
        for arguments in ((pow, range(10), range(10)), (tasks.add, 'abc', 'xyz'), (str, [1, 2]),
                          (tasks.capture, [1], [2], [3]), (tasks.identity, {'x': 1})):
            self.assertEqual(list(self.pool.map(*arguments)), list(map(*arguments)))

    def test_shortest_iterable_ends_it(self):
        self.assertEqual(list(self.pool.map(tasks.add, range(10), [1, 2])), [1, 3])
        self.assertEqual(list(self.pool.map(tasks.add, itertools.count(), [1, 2])), [1, 3])

    def test_nothing(self):
        self.assertEqual(list(self.pool.map(tasks.add, [], [1])), [])
        self.assertEqual(list(self.pool.map(tasks.add)), [])

    def test_is_an_iterator(self):
        iterator = self.pool.map(tasks.identity, [1, 2])
        self.assertIs(iter(iterator), iterator)
        self.assertEqual([next(iterator), next(iterator), next(iterator, 'end')], [1, 2, 'end'])

    def test_results_keep_the_order(self):
        gates = [self.gate() for _ in range(3)]
        pool = self.make_pool(3)
        iterator = pool.map(tasks.Gate.enter, gates, 'abc')
        for gate in gates[::-1]:
            gate.arrivals()
            gate.open()
        self.assertEqual(list(iterator), ['a', 'b', 'c'])

    def test_iterables_are_taken_at_once(self):
        taken = []

        def numbers():
            for i in range(5):
                taken.append(i)
                yield i

        iterator = self.pool.map(tasks.identity, numbers())
        self.assertEqual(taken, list(range(5)))
        self.assertEqual(list(iterator), list(range(5)))

    def test_runs_without_being_iterated(self):
        gate = self.gate()
        self.pool.map(gate.tell, range(10))
        self.assertCountEqual(gate.arrivals(10), map(str, range(10)))

    def test_iterable_that_fails(self):
        def numbers():
            yield 1
            raise LookupError('the iterable')

        with self.assertRaisesRegex(LookupError, 'the iterable'):
            self.pool.map(tasks.identity, numbers())
        self.assertEqual(list(self.pool.map(tasks.identity, [1])), [1])

    def test_what_is_not_iterable(self):
        with self.assertRaises(TypeError):
            self.pool.map(tasks.identity, 5)

    def test_exception_comes_in_its_turn(self):
        iterator = self.pool.map(divmod, [1, 1, 1, 1], [2, 3, 0, 5])
        self.assertEqual(next(iterator), (0, 1))
        self.assertEqual(next(iterator), (0, 1))
        self.assertRaises(ZeroDivisionError, next, iterator)
        # As of any generator that failed.
        self.assertRaises(StopIteration, next, iterator)

    # Those that enter are the ones that a process pool may have given to its worker in advance.

    def test_exception_cancels_the_rest(self):
        pool, gate, never = self.make_pool(1), self.gate(), self.gate()
        iterator = pool.map(choose, ['fail', *['enter'] * 3, *['tell'] * 20], itertools.repeat(gate),
                            itertools.repeat(never))
        gate.arrivals()
        with self.assertRaises(ValueError):
            next(iterator)
        gate.open(3)
        shut_down(pool)
        never.tell('end')
        self.assertEqual(never.arrivals(), ['end'])

    def test_closing_cancels_the_rest(self):
        pool, gate, never = self.make_pool(1), self.gate(), self.gate()
        iterator = pool.map(choose, ['pass', *['enter'] * 3, *['tell'] * 20], itertools.repeat(gate),
                            itertools.repeat(never))
        gate.arrivals()
        self.assertEqual(next(iterator), 'pass')
        iterator.close()
        gate.open(3)
        shut_down(pool)
        never.tell('end')
        self.assertEqual(never.arrivals(), ['end'])

    def test_timeout(self):
        pool, gate = self.make_pool(2), self.gate()
        pool.submit(tasks.add, 1, 2).result(DEADLINE)
        iterator = pool.map(gate.enter, range(2), timeout=0.01)
        with self.assertRaises(futures.TimeoutError):
            next(iterator)
        gate.open(2)

    def test_timeout_counts_from_the_call(self):
        pool, gate = self.make_pool(2), self.gate()
        pool.submit(tasks.add, 1, 2).result(DEADLINE)
        iterator = pool.map(choose, ['pass', 'enter'], itertools.repeat(gate), itertools.repeat(None), timeout=1)
        self.assertEqual(next(iterator), 'pass')
        time.sleep(0.5)
        start = time.monotonic()
        with self.assertRaises(futures.TimeoutError):
            next(iterator)
        self.assertLess(time.monotonic() - start, 1)
        gate.open()

    def test_timeout_cancels_the_rest(self):
        pool, gate, never = self.make_pool(1), self.gate(), self.gate()
        pool.submit(gate.enter)
        gate.arrivals()
        iterator = pool.map(choose, ['enter'] * 3 + ['tell'] * 20, itertools.repeat(gate), itertools.repeat(never),
                            timeout=0)
        with self.assertRaises(futures.TimeoutError):
            next(iterator)
        gate.open(4)
        shut_down(pool)
        never.tell('end')
        self.assertEqual(never.arrivals(), ['end'])

    def test_timeout_may_be_long_enough(self):
        self.assertEqual(list(self.pool.map(tasks.identity, range(3), timeout=DEADLINE)), [0, 1, 2])
        self.assertEqual(list(self.pool.map(tasks.identity, range(3), timeout=None)), [0, 1, 2])

    def test_function_and_iterables_by_position_only_in_effect(self):
        self.assertEqual(list(self.pool.map(fn=tasks.identity)), [])
        with self.assertRaises(TypeError):
            self.pool.map()

    def test_no_result_is_kept(self):
        pool = self.make_pool(1)
        for thing in pool.map(tasks.make_thing, range(10)):
            reference = weakref.ref(thing)
            del thing
            self.assertCollected(reference)

    def test_chunks_change_nothing(self):
        expected = list(map(pow, range(40), range(40)))
        for size in 1, 6, 39, 40, 50, 1000:
            self.assertEqual(list(self.pool.map(pow, range(40), range(40), chunksize=size)), expected)
        self.assertEqual(list(self.pool.map(pow, [], chunksize=3)), [])

    def test_exception_in_a_chunk(self):
        iterator = self.pool.map(tasks.invert, [1, 2, 0, 4], chunksize=1)
        self.assertEqual([next(iterator), next(iterator)], [1, 0.5])
        with self.assertRaises(ZeroDivisionError):
            next(iterator)
        with self.assertRaises(ZeroDivisionError):
            list(self.pool.map(tasks.invert, [1, 2, 0, 4], chunksize=2))

    def test_several_at_once(self):
        iterators = [self.pool.map(tasks.add, range(50), itertools.repeat(n)) for n in range(5)]
        for n, iterator in reversed(list(enumerate(iterators))):
            self.assertEqual(list(iterator), list(range(n, n + 50)))

    def test_iterated_by_another_thread(self):
        iterator = self.pool.map(tasks.identity, range(20))
        self.assertEqual(join(in_thread(list, iterator)), list(range(20)))

    def test_result_of_one_is_the_argument_of_another(self):
        first = self.pool.map(tasks.add, range(10), range(10))
        self.assertEqual(list(self.pool.map(tasks.add, first, range(10))), [3 * i for i in range(10)])

    # The buffer

    @std_since(3, 14)
    def test_buffer_changes_nothing(self):
        for size in 1, 2, 7, 10, 100, None:
            self.assertEqual(list(self.pool.map(tasks.identity, range(10), buffersize=size)), list(range(10)))
            self.assertEqual(list(self.pool.map(pow, range(10), range(20), buffersize=size)),
                             list(map(pow, range(10), range(20))))
        self.assertEqual(list(self.pool.map(tasks.identity, [], buffersize=3)), [])
        self.assertEqual(list(self.pool.map(tasks.identity, buffersize=3)), [])

    @std_since(3, 14)
    def test_buffer_limits_what_is_taken(self):
        taken = []

        def numbers():
            for i in itertools.count():
                taken.append(i)
                yield i

        iterator = self.pool.map(tasks.identity, numbers(), buffersize=3)
        self.assertEqual(len(taken), 3)
        for n in range(10):
            self.assertEqual(next(iterator), n)
            self.assertEqual(len(taken), n + 4)
        iterator.close()
        self.assertEqual(len(taken), 13)

    @std_since(3, 14)
    def test_buffer_lets_iterables_be_endless(self):
        iterator = self.pool.map(tasks.add, itertools.count(), itertools.count(), buffersize=2)
        self.assertEqual(list(itertools.islice(iterator, 10)), [2 * i for i in range(10)])

    @std_since(3, 14)
    def test_buffer_must_be_a_positive_number(self):
        for size in 0, -1, -10:
            with self.assertRaisesRegex(ValueError, 'buffersize must be None or > 0'):
                self.pool.map(tasks.identity, [1], buffersize=size)
        for size in 'x', 1.5, [1]:
            with self.assertRaisesRegex(TypeError, 'buffersize must be an integer or None'):
                self.pool.map(tasks.identity, [1], buffersize=size)

    @std_since(3, 14)
    def test_buffer_and_an_exception(self):
        iterator = self.pool.map(tasks.invert, [1, 2, 0, 4, 5], buffersize=2)
        self.assertEqual([next(iterator), next(iterator)], [1, 0.5])
        with self.assertRaises(ZeroDivisionError):
            next(iterator)
        self.assertEqual(list(self.pool.map(tasks.identity, [1], buffersize=1)), [1])

    @std_since(3, 14)
    def test_buffer_and_chunks(self):
        for size in 1, 2, 5:
            results = self.pool.map(tasks.add, range(23), range(23), chunksize=4, buffersize=size)
            self.assertEqual(list(results), [2 * i for i in range(23)])

    @std_since(3, 14)
    @unittest.skipIf(STD, 'The iterator of concurrent.futures keeps the pool in a variable')
    def test_buffer_lets_the_pool_die(self):
        pool = self.executor_type(1)
        iterator = pool.map(tasks.identity, range(10), buffersize=3)
        self.assertEqual(next(iterator), 0)
        reference = weakref.ref(pool)
        del pool
        gc.collect()
        # What was taken is finished, and no more.
        self.assertEqual(list(iterator), [1, 2, 3])
        self.assertCollected(reference)


def choose(what, gate, never):
    if what == 'fail':
        raise ValueError(what)
    if what == 'enter':
        gate.enter()
    if what == 'tell':
        never.tell()
    return what


@for_pools(THREADS)
class MapInThreads:
    def test_chunk_size_has_no_effect(self):
        for size in 1, 3, 0, -1:
            self.assertEqual(list(self.pool.map(lambda x: x, range(5), chunksize=size)), list(range(5)))

    def test_cancels_the_one_that_it_waits_for(self):
        pool, gate, log = self.make_pool(1), threading.Event(), []

        def wait(name):
            log.append(name)
            gate.wait(DEADLINE)
            log.append(name + ' ends')

        first = pool.submit(wait, 'first')
        try:
            with contextlib.closing(pool.map(wait, ['second', 'third'], timeout=0)) as iterator:
                with self.assertRaises(futures.TimeoutError):
                    next(iterator)
        finally:
            gate.set()
        first.result(DEADLINE)
        pool.shutdown()
        self.assertEqual(log, ['first', 'first ends'])

    def test_map_inside_a_task(self):
        outer, inner = self.make_pool(2), self.make_pool(2)
        results = outer.map(lambda n: sum(inner.map(tasks.add, range(n), range(n))), range(5))
        self.assertEqual(list(results), [0, 0, 2, 6, 12])

    def test_callables_without_a_name(self):
        self.assertEqual(list(self.pool.map(lambda x, y: x * y, [1, 2], [3, 4])), [3, 8])


@for_pools(PROCESSES)
class MapInProcesses:
    def test_chunk_size_is_checked_at_once(self):
        for size in 0, -1:
            with self.assertRaisesRegex(ValueError, 'chunksize must be >= 1'):
                self.pool.map(tasks.identity, [1, 2], chunksize=size)

    def test_chunk_runs_in_one_process(self):
        pids = list(self.make_pool(2).map(tasks.get_pid, range(40), chunksize=20))
        self.assertEqual(len(set(pids[:20])), 1)
        self.assertEqual(len(set(pids[20:])), 1)

    def test_result_of_chunks_is_not_kept(self):
        pool = self.make_pool(1)
        for thing in pool.map(tasks.make_thing, range(10), chunksize=4):
            reference = weakref.ref(thing)
            del thing
            self.assertCollected(reference)

    def test_large_map(self):
        self.assertEqual(sum(self.pool.map(tasks.add, range(20000), range(20000), chunksize=500)), 20000 * 19999)

    def test_argument_that_does_not_pickle(self):
        iterator = self.pool.map(tasks.identity, [1, lambda: None, 3])
        self.assertEqual(next(iterator), 1)
        with self.assertRaisesRegex(Exception, 'lambda'):
            next(iterator)
        self.assertEqual(list(self.pool.map(tasks.identity, [1, 2])), [1, 2])

# futures_waiting.py - wait() and as_completed()
#
# SPDX-License-Identifier: LGPL-2.1-or-later
import concurrent.futures
import itertools
import sys
import threading
import time
import weakref

from futures_support import (Case, DEADLINE, PROCESSES, THREADS, for_futures, for_pools, futures, gfutures_only,
                             in_thread, join, run_threads)
from futures_tasks import add, fail


def made(*outcomes, new=futures.Future):
    """Futures that are settled by a value, an exception, or 'cancelled'; or 'pending'."""
    made = []
    for outcome in outcomes:
        future = new()
        if outcome == 'cancelled':
            future.cancel()
            future.set_running_or_notify_cancel()
        elif isinstance(outcome, Exception):
            future.set_exception(outcome)
        elif outcome != 'pending':
            future.set_result(outcome)
        made.append(future)
    return made


class Made:
    def made(self, *outcomes):
        return made(*outcomes, new=self.new)

    def running(self):
        future = self.new()
        future.set_running_or_notify_cancel()
        return future


@for_futures
class WaitTest(Made):
    """By hand-made futures."""

    def wait_in_thread(self, fs, **kwargs):
        return in_thread(lambda: futures.wait(fs, timeout=DEADLINE, **kwargs))

    def test_named_tuple(self):
        done, pending = self.made(1, 'pending')
        result = futures.wait([done, pending], 0)
        self.assertIsInstance(result, tuple)
        self.assertEqual(result._fields, ('done', 'not_done'))
        self.assertEqual(type(result).__name__, 'DoneAndNotDoneFutures')
        self.assertEqual(result.done, {done})
        self.assertEqual(result.not_done, {pending})
        first, second = result
        self.assertEqual((type(first), type(second)), (set, set))

    def test_all_are_done_already(self):
        fs = self.made(1, ValueError(), 'cancelled')
        for mode in futures.ALL_COMPLETED, futures.FIRST_COMPLETED, futures.FIRST_EXCEPTION:
            self.assertEqual(futures.wait(fs, return_when=mode), (set(fs), set()))

    def test_nothing_to_wait_for(self):
        for mode in futures.ALL_COMPLETED, futures.FIRST_COMPLETED, futures.FIRST_EXCEPTION:
            self.assertEqual(futures.wait([], DEADLINE, mode), (set(), set()))

    def test_all_completed_is_the_default(self):
        fs = self.made('pending', 'pending', 1)
        thread = self.wait_in_thread(fs)
        fs[0].set_exception(ValueError())
        self.assertIsNone(thread.value)
        fs[1].set_result(1)
        self.assertEqual(join(thread), (set(fs), set()))

    def test_all_completed_counts_cancelled_ones(self):
        fs = self.made('pending', 'pending')
        thread = self.wait_in_thread(fs, return_when=futures.ALL_COMPLETED)
        for future in fs:
            future.cancel()
            future.set_running_or_notify_cancel()
        self.assertEqual(join(thread).done, set(fs))

    def test_first_completed_waits_for_one(self):
        for settle in (lambda f: f.set_result(1), lambda f: f.set_exception(ValueError()),
                       lambda f: f.cancel() and f.set_running_or_notify_cancel()):
            fs = self.made('pending', 'pending', 'pending')
            thread = self.wait_in_thread(fs, return_when=futures.FIRST_COMPLETED)
            settle(fs[1])
            self.assertEqual(join(thread), ({fs[1]}, {fs[0], fs[2]}))

    def test_first_completed_with_some_done(self):
        fs = self.made(1, 'pending', 'cancelled', ValueError()) + [self.running()]
        result = futures.wait(fs, DEADLINE, futures.FIRST_COMPLETED)
        self.assertEqual(result, ({fs[0], fs[2], fs[3]}, {fs[1], fs[4]}))

    def test_first_exception_ends_by_an_exception(self):
        fs = self.made('pending', 'pending', 'pending')
        thread = self.wait_in_thread(fs, return_when=futures.FIRST_EXCEPTION)
        fs[0].set_result(1)
        fs[1].set_exception(ValueError())
        self.assertEqual(join(thread), ({fs[0], fs[1]}, {fs[2]}))

    def test_first_exception_is_all_completed_without_one(self):
        fs = self.made('pending', 'pending', 1)
        thread = self.wait_in_thread(fs, return_when=futures.FIRST_EXCEPTION)
        fs[0].set_result(1)
        fs[1].set_result(1)
        self.assertEqual(join(thread), (set(fs), set()))

    def test_first_exception_with_one_failed_already(self):
        fs = self.made('pending', ValueError(), 1)
        result = futures.wait(fs, DEADLINE, futures.FIRST_EXCEPTION)
        self.assertEqual(result, ({fs[1], fs[2]}, {fs[0]}))

    def test_first_exception_passes_over_cancelled_ones(self):
        fs = self.made('cancelled', 'pending', 'pending')
        thread = self.wait_in_thread(fs, return_when=futures.FIRST_EXCEPTION)
        fs[1].cancel()
        fs[1].set_running_or_notify_cancel()
        self.assertIsNone(thread.value)
        fs[2].set_result(1)
        self.assertEqual(join(thread), (set(fs), set()))

    def test_timeout_ends_it(self):
        fs = self.made(1, 'pending') + [self.running()]
        for timeout in 0, 0.0, 0.001, -1:
            self.assertEqual(futures.wait(fs, timeout), ({fs[0]}, {fs[1], fs[2]}))
            self.assertEqual(futures.wait(fs, timeout=timeout).done, {fs[0]})
        self.assertEqual(futures.wait(fs[1:], 0.001, futures.FIRST_COMPLETED), (set(), set(fs[1:])))

    def test_timeout_is_kept(self):
        start = time.monotonic()
        futures.wait(self.made('pending'), 0.05)
        self.assertGreaterEqual(time.monotonic() - start, 0.045)

    def test_unknown_mode(self):
        with self.assertRaises(ValueError):
            futures.wait(self.made('pending'), 0, 'SOME_COMPLETED')

    def test_modes_are_the_standard_ones(self):
        for name in 'ALL_COMPLETED', 'FIRST_COMPLETED', 'FIRST_EXCEPTION':
            self.assertEqual(getattr(futures, name), getattr(concurrent.futures, name))

    def test_arguments_by_name(self):
        fs = self.made(1)
        self.assertEqual(futures.wait(fs=fs, timeout=None, return_when=futures.ALL_COMPLETED).done, set(fs))

    def test_duplicates_count_once(self):
        one, two = self.made('pending', 'pending')
        thread = self.wait_in_thread([one, one, two, one])
        one.set_result(1)
        two.set_result(2)
        self.assertEqual(join(thread), ({one, two}, set()))

    def test_any_iterable(self):
        fs = self.made(1, 2, 3)
        for iterable in fs, tuple(fs), set(fs), iter(fs), (f for f in fs), dict.fromkeys(fs):
            self.assertEqual(futures.wait(iterable, DEADLINE).done, set(fs))

    def test_several_threads_wait_for_the_same(self):
        fs = self.made(*['pending'] * 10)
        threads = [self.wait_in_thread(fs) for _ in range(5)]
        threads += [self.wait_in_thread(fs, return_when=futures.FIRST_COMPLETED) for _ in range(5)]
        for future in fs:
            future.set_result(None)
        for thread in threads[:5]:
            self.assertEqual(join(thread).done, set(fs))
        for thread in threads[5:]:
            self.assertTrue(join(thread).done)

    def test_settled_by_many_threads_at_once(self):
        interval = sys.getswitchinterval()
        self.addCleanup(sys.setswitchinterval, interval)
        sys.setswitchinterval(1e-6)
        for mode in futures.ALL_COMPLETED, futures.FIRST_EXCEPTION:
            fs = self.made(*['pending'] * 100)
            thread = self.wait_in_thread(fs, return_when=mode)
            run_threads(lambda index: [f.set_result(index) for f in fs[index::4]], 4)
            self.assertEqual(join(thread).done, set(fs))

    def test_callbacks_and_waiters_do_not_disturb_each_other(self):
        fs, called = self.made('pending', 'pending'), []
        for future in fs:
            future.add_done_callback(called.append)
        thread = self.wait_in_thread(fs)
        for future in fs:
            future.set_result(1)
        self.assertEqual(join(thread).done, set(fs))
        self.assertEqual(called, fs)

    def test_keeps_no_reference(self):
        fs = self.made('pending', 1)
        references = [weakref.ref(future) for future in fs]
        for mode in futures.ALL_COMPLETED, futures.FIRST_EXCEPTION:
            futures.wait(fs, 0, mode)
        fs.clear()
        for reference in references:
            self.assertCollected(reference)

    @gfutures_only
    def test_standard_functions_take_our_futures(self):
        fs = self.made(1, ValueError(), 'cancelled')
        self.assertEqual(concurrent.futures.wait(fs), (set(fs), set()))
        self.assertEqual(set(concurrent.futures.as_completed(fs)), set(fs))
        pool = self.thread_pool()
        gate = self.gate()
        fs = [pool.submit(gate.enter) for _ in range(3)]
        self.assertEqual(concurrent.futures.wait(fs, 0).not_done, set(fs))
        gate.open(3)
        self.assertEqual(set(concurrent.futures.as_completed(fs, DEADLINE)), set(fs))

    @gfutures_only
    def test_takes_standard_futures(self):
        gate = self.gate()
        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            fs = [pool.submit(gate.enter), *self.made('pending')]
            thread = self.wait_in_thread(fs)
            gate.open()
            fs[1].set_result(1)
            self.assertEqual(join(thread), (set(fs), set()))
            self.assertEqual(set(futures.as_completed(fs)), set(fs))


@for_futures
class AsCompletedTest(Made):
    """By hand-made futures."""

    def test_is_an_iterator(self):
        iterator = futures.as_completed(self.made(1))
        self.assertIs(iter(iterator), iterator)
        next(iterator)
        self.assertRaises(StopIteration, next, iterator)

    def test_those_done_already(self):
        fs = self.made(1, ValueError(), 'cancelled', 4)
        self.assertCountEqual(futures.as_completed(fs), fs)

    def test_nothing(self):
        self.assertEqual(list(futures.as_completed([])), [])

    def test_order_of_completion(self):
        fs = self.made(*['pending'] * 10)
        order = [3, 1, 4, 0, 5, 9, 2, 6, 8, 7]
        fs[order[0]].set_result(0)
        seen = []
        for future in futures.as_completed(fs, DEADLINE):
            seen.append(fs.index(future))
            if len(seen) < len(fs):
                fs[order[len(seen)]].set_result(0)
        self.assertEqual(seen, order)

    def test_order_of_those_that_complete_meanwhile(self):
        fs = self.made('pending', 'pending', 'pending', 'pending', 'pending')
        iterator = futures.as_completed(fs, DEADLINE)
        fs[4].set_result(0)
        self.assertIs(next(iterator), fs[4])
        for i in 2, 0, 3, 1:
            fs[i].set_result(0)
        self.assertEqual(list(iterator), [fs[2], fs[0], fs[3], fs[1]])

    def test_those_done_already_come_first(self):
        fs = self.made('pending', 1, 'pending', 2)
        iterator = futures.as_completed(fs, DEADLINE)
        self.assertEqual({next(iterator), next(iterator)}, {fs[1], fs[3]})
        fs[2].set_result(3)
        self.assertIs(next(iterator), fs[2])
        fs[0].set_result(3)
        self.assertIs(next(iterator), fs[0])

    def test_waits_for_another_thread(self):
        fs = self.made('pending', 'pending', 'pending')
        thread = in_thread(lambda: list(futures.as_completed(fs, DEADLINE)))
        fs[1].set_exception(ValueError())
        fs[2].cancel()
        fs[2].set_running_or_notify_cancel()
        fs[0].set_result(1)
        self.assertCountEqual(join(thread), fs)

    def test_duplicates_come_once(self):
        one, two = self.made('pending', 1)
        iterator = futures.as_completed([one, two, one, two, two], DEADLINE)
        self.assertIs(next(iterator), two)
        one.set_result(1)
        self.assertEqual(list(iterator), [one])

    def test_any_iterable(self):
        fs = self.made(1, 2, 3)
        for iterable in fs, tuple(fs), set(fs), iter(fs), (f for f in fs), dict.fromkeys(fs):
            self.assertCountEqual(futures.as_completed(iterable), fs)
        self.assertEqual(list(futures.as_completed(itertools.repeat(fs[0], 3))), [fs[0]])

    def test_timeout_message_counts(self):
        fs = self.made(1, 'cancelled', 'pending') + [self.running()]
        with self.assertRaises(futures.TimeoutError) as caught:
            list(futures.as_completed(fs, timeout=0))
        self.assertEqual(str(caught.exception), '2 (of 4) futures unfinished')
        with self.assertRaises(futures.TimeoutError) as caught:
            list(futures.as_completed(fs[2:] * 2, 0.001))
        self.assertEqual(str(caught.exception), '2 (of 2) futures unfinished')

    def test_timeout_comes_after_those_that_are_done(self):
        fs = self.made(1, ValueError(), 'cancelled', 'pending')
        for timeout in 0, 0.001, -1:
            seen = []
            with self.assertRaises(futures.TimeoutError):
                for future in futures.as_completed(fs, timeout):
                    seen.append(future)
            self.assertCountEqual(seen, fs[:3])

    def test_timeout_is_for_all_of_them(self):
        fs = self.made(*['pending'] * 1000)
        iterator = futures.as_completed(fs, 0.05)
        fs[0].set_result(0)
        with self.assertRaises(futures.TimeoutError):
            for done in iterator:
                # Only if each item had a time of its own this would come to its end.
                time.sleep(0.002)
                fs[fs.index(done) + 1].set_result(0)
        self.assertFalse(fs[-1].done())

    def test_timeout_leaves_the_futures_alone(self):
        fs = self.made('pending')
        with self.assertRaises(futures.TimeoutError):
            list(futures.as_completed(fs, 0))
        fs[0].set_result(5)
        self.assertEqual(next(futures.as_completed(fs)).result(), 5)

    def test_arguments_by_name(self):
        fs = self.made(1)
        self.assertEqual(list(futures.as_completed(fs=fs, timeout=None)), fs)

    def test_may_be_left_early(self):
        fs = self.made(1, 'pending', 'pending')
        for future in futures.as_completed(fs):
            break
        fs[1].set_result(1)
        iterator = futures.as_completed(fs)
        next(iterator)
        iterator.close()
        fs[2].set_result(1)
        self.assertCountEqual(futures.as_completed(fs), fs)

    def test_two_iterators_over_the_same(self):
        fs = self.made(*['pending'] * 50)
        threads = [in_thread(lambda: list(futures.as_completed(fs, DEADLINE))) for _ in range(4)]
        run_threads(lambda index: [f.set_result(index) for f in fs[index::2]], 2)
        for thread in threads:
            self.assertCountEqual(join(thread), fs)

    def test_keeps_no_reference_to_what_it_gave(self):
        fs = self.made('cancelled', 42, *['pending'] * 8)
        with self.assertRaises(futures.TimeoutError):
            for future in futures.as_completed(fs, timeout=0):
                fs.remove(future)
                reference = weakref.ref(future)
                del future
                self.assertCollected(reference)
        self.assertEqual(len(fs), 8)
        fs[0].set_result('first')
        for future in futures.as_completed(fs, DEADLINE):
            fs.remove(future)
            reference = weakref.ref(future)
            del future
            self.assertCollected(reference)
            if fs:
                fs[0].set_result('next')
        self.assertEqual(fs, [])

    def test_keeps_no_reference_after_a_timeout(self):
        fs = self.made('pending', 'pending')
        references = [weakref.ref(future) for future in fs]
        with self.assertRaises(futures.TimeoutError):
            list(futures.as_completed(fs, timeout=0))
        fs.clear()
        for reference in references:
            self.assertCollected(reference)


@for_pools(THREADS + PROCESSES)
class Waiting:
    """By the futures of a pool."""

    def test_wait_all(self):
        fs = [self.pool.submit(add, i, 1) for i in range(10)] + [self.pool.submit(fail, ValueError('no'))]
        self.assertEqual(futures.wait(fs, DEADLINE), (set(fs), set()))

    def test_wait_first_completed(self):
        gate = self.gate()
        quick, slow = self.pool.submit(add, 1, 2), self.pool.submit(gate.enter)
        self.assertEqual(futures.wait([slow, quick], DEADLINE, futures.FIRST_COMPLETED), ({quick}, {slow}))

    def test_wait_first_exception(self):
        gate = self.gate()
        fs = [self.pool.submit(add, 1, 2), self.pool.submit(gate.enter), self.pool.submit(fail, ValueError('no'))]
        futures.wait(fs[:1])
        self.assertEqual(futures.wait(fs, DEADLINE, futures.FIRST_EXCEPTION), ({fs[0], fs[2]}, {fs[1]}))

    def test_wait_timeout(self):
        gate = self.gate()
        fs = [self.pool.submit(add, 1, 2), self.pool.submit(gate.enter)]
        fs[0].result(DEADLINE)
        self.assertEqual(futures.wait(fs, 0.01), ({fs[0]}, {fs[1]}))

    def test_wait_counts_those_cancelled_in_the_queue(self):
        pool, gate = self.make_pool(1), self.gate()
        fs = [pool.submit(gate.enter) for _ in range(6)]
        gate.arrivals()
        self.assertTrue(fs[4].cancel())
        thread = in_thread(futures.wait, fs, DEADLINE)
        self.assertTrue(fs[5].cancel())
        gate.open(4)
        self.assertEqual(join(thread), (set(fs), set()))

    def test_wait_for_the_same_twice(self):
        gate = self.gate()
        future = self.pool.submit(gate.enter)
        thread = in_thread(futures.wait, [future, future], DEADLINE)
        gate.open()
        self.assertEqual(join(thread), ({future}, set()))

    def test_as_completed(self):
        gates = [self.gate() for _ in range(4)]
        pool = self.make_pool(4)
        fs = [pool.submit(gate.enter, 'x') for gate in gates]
        order = [2, 0, 3, 1]
        gates[order[0]].open()
        seen = []
        for future in futures.as_completed(fs, DEADLINE):
            seen.append(fs.index(future))
            if len(seen) < 4:
                gates[order[len(seen)]].open()
        self.assertEqual(seen, order)

    def test_as_completed_of_failures(self):
        fs = [self.pool.submit(fail, ValueError(i)) for i in range(5)]
        self.assertCountEqual([future.exception().args[0] for future in futures.as_completed(fs, DEADLINE)],
                              range(5))

    def test_as_completed_timeout(self):
        gate = self.gate()
        fs = [self.pool.submit(gate.enter), self.pool.submit(add, 1, 2)]
        fs[1].result(DEADLINE)
        iterator = futures.as_completed(fs, 0.01)
        self.assertIs(next(iterator), fs[1])
        with self.assertRaisesRegex(futures.TimeoutError, r'^1 \(of 2\) futures unfinished$'):
            next(iterator)


class AcrossExecutors(Case):
    def start(self):
        gate = self.gate()
        fs = [self.thread_pool().submit(gate.enter), self.thread_pool().submit(add, 1, 2),
              self.process_pool().submit(gate.enter), *made('pending')]
        return gate, fs

    def test_wait(self):
        gate, fs = self.start()
        self.assertEqual(futures.wait(fs, DEADLINE, futures.FIRST_COMPLETED).done, {fs[1]})
        gate.open(2)
        fs[3].set_result(1)
        self.assertEqual(futures.wait(fs, DEADLINE), (set(fs), set()))

    def test_as_completed(self):
        gate, fs = self.start()
        seen = []
        for future in futures.as_completed(fs, DEADLINE):
            seen.append(future)
            if len(seen) == 1:
                gate.open(2)
            if len(seen) == 3:
                fs[3].set_result(1)
        self.assertIs(seen[0], fs[1])
        self.assertIs(seen[3], fs[3])
        self.assertCountEqual(seen, fs)

    def test_waiting_inside_a_task(self):
        outer, inner = self.thread_pool(1), self.thread_pool(1)
        event = threading.Event()
        future = inner.submit(event.wait)
        waiting = outer.submit(lambda: futures.wait([future], DEADLINE).done)
        event.set()
        self.assertEqual(waiting.result(DEADLINE), {future})

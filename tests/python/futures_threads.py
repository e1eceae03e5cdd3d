# futures_threads.py - the threads of a pool: names, number, reuse, initializers
#
# SPDX-License-Identifier: LGPL-2.1-or-later
import os
import sys
import threading

import futures_tasks as tasks
from futures_support import Case, DEADLINE, futures, in_thread, join


class ThreadPoolTest(Case):
    def test_default_number_of_workers(self):
        pool = self.keep(futures.ThreadPoolExecutor())
        count = os.process_cpu_count() if sys.version_info >= (3, 13) else os.cpu_count()
        self.assertEqual(pool._max_workers, min(32, (count or 1) + 4))
        self.assertEqual(self.keep(futures.ThreadPoolExecutor(None))._max_workers, pool._max_workers)

    def test_arguments_by_position_and_name(self):
        pool = self.keep(futures.ThreadPoolExecutor(1, 'prefix', tasks.initialize, ('set',)))
        self.addCleanup(tasks.initialize, 'not initialized')
        self.assertEqual(pool.submit(tasks.get_thread_name).result(DEADLINE), 'prefix_0')
        self.assertEqual(tasks.STATUS, 'set')
        self.keep(futures.ThreadPoolExecutor(max_workers=1, thread_name_prefix='x', initializer=None, initargs=()))

    def test_names_have_the_prefix(self):
        pool, gate = self.thread_pool(3, thread_name_prefix='special'), self.gate()
        fs = [pool.submit(lambda: (gate.enter(), threading.current_thread().name)[1]) for _ in range(3)]
        gate.arrivals(3)
        gate.open(3)
        self.assertEqual(sorted(future.result(DEADLINE) for future in fs), ['special_0', 'special_1', 'special_2'])
        self.assertEqual(sorted(thread.name for thread in pool._threads), ['special_0', 'special_1', 'special_2'])

    def test_names_without_a_prefix(self):
        names = [self.thread_pool(1).submit(tasks.get_thread_name).result(DEADLINE) for _ in range(2)]
        for name in names:
            self.assertRegex(name, r'^ThreadPoolExecutor-\d+_0$')
        self.assertNotEqual(*names)

    def test_no_thread_before_the_first_task(self):
        pool = self.thread_pool(3)
        self.assertEqual(len(pool._threads), 0)
        pool.submit(tasks.add, 1, 2).result(DEADLINE)
        self.assertEqual(len(pool._threads), 1)

    def test_idle_threads_are_used_again(self):
        pool = self.thread_pool(5)
        for _ in range(20):
            # The thread becomes idle a moment after its future is done.
            pool.submit(tasks.add, 1, 2).result(DEADLINE)
            while pool._idle_semaphore._value == 0 if hasattr(pool, '_idle_semaphore') else False:
                pass
        self.assertEqual(len(pool._threads), 1)

    def test_threads_are_made_while_all_are_busy(self):
        pool, gate = self.thread_pool(3), self.gate()
        for n in 1, 2, 3, 3, 3:
            pool.submit(gate.enter)
            self.assertEqual(len(pool._threads), n)
        gate.open(5)

    def test_never_more_than_max_workers(self):
        pool, gate = self.thread_pool(4), self.gate()
        for _ in range(60):
            pool.submit(gate.enter)
        self.assertEqual(len(pool._threads), 4)
        gate.arrivals(4)
        gate.open(60)
        pool.shutdown()
        self.assertEqual(len(pool._threads), 4)

    def test_queue_tells_how_many_wait(self):
        # Nothing that is documented; what monitors programs reads it.
        pool, gate = self.thread_pool(1), self.gate()
        for _ in range(4):
            pool.submit(gate.enter)
        gate.arrivals()
        self.assertEqual(pool._work_queue.qsize(), 3)
        gate.open(4)

    def test_threads_are_threads(self):
        pool = self.thread_pool(1)
        thread = pool.submit(threading.current_thread).result(DEADLINE)
        self.assertIsInstance(thread, threading.Thread)
        self.assertIn(thread, pool._threads)
        self.assertIn(thread, threading.enumerate())
        self.assertTrue(thread.is_alive())
        self.assertIsNot(thread, threading.main_thread())
        self.assertEqual(thread.ident, pool.submit(threading.get_ident).result(DEADLINE))

    def test_threads_end_by_shutdown(self):
        pool, gate = self.thread_pool(3), self.gate()
        for _ in range(3):
            pool.submit(gate.enter)
        threads = list(pool._threads)
        gate.open(3)
        pool.shutdown()
        for thread in threads:
            self.assertFalse(thread.is_alive())

    def test_threads_have_their_locals(self):
        local = threading.local()

        def count():
            local.count = getattr(local, 'count', 0) + 1
            return local.count

        pool = self.thread_pool(1)
        self.assertEqual([pool.submit(count).result(DEADLINE) for _ in range(5)], [1, 2, 3, 4, 5])
        self.assertFalse(hasattr(local, 'count'))

    def test_initializer_runs_once_in_each_thread(self):
        gate, seen = self.gate(), []

        def initializer(*args):
            seen.append((threading.current_thread().name, args))

        pool = self.thread_pool(3, thread_name_prefix='x', initializer=initializer, initargs=(1, 'two'))
        for _ in range(3):
            pool.submit(gate.enter)
        gate.arrivals(3)
        gate.open(10)
        for _ in range(7):
            pool.submit(gate.enter)
        pool.shutdown()
        self.assertEqual(sorted(seen), [(f'x_{i}', (1, 'two')) for i in range(3)])

    def test_initializer_sets_locals(self):
        local = threading.local()
        pool = self.thread_pool(2, initializer=lambda value: setattr(local, 'value', value), initargs=(5,))
        self.assertEqual(list(pool.map(lambda _: local.value, range(10))), [5] * 10)

    def test_failing_initializer_is_logged(self):
        with self.assertLogs('concurrent.futures', 'CRITICAL') as logs:
            pool = self.thread_pool(1, initializer=tasks.initializer_fails)
            try:
                future = pool.submit(tasks.add, 1, 2)
            except futures.BrokenExecutor:
                pass
            else:
                self.assertIsInstance(future.exception(DEADLINE), futures.BrokenExecutor)
        self.assertIn('Exception in initializer:', logs.output[0])
        self.assertIn('ValueError: no way to initialize', logs.output[0])

    def test_failing_initializer_fails_all_that_wait(self):
        gate = threading.Event()

        def fail():
            gate.wait(DEADLINE)
            raise ValueError('no')

        with self.assertLogs('concurrent.futures', 'CRITICAL'):
            pool = self.thread_pool(1, initializer=fail)
            fs = [pool.submit(tasks.add, 1, 2) for _ in range(5)]
            gate.set()
            for future in fs:
                with self.assertRaisesRegex(futures.BrokenExecutor, 'initializer failed'):
                    future.result(DEADLINE)
            with self.assertRaisesRegex(futures.BrokenExecutor, 'initializer failed'):
                pool.submit(tasks.add, 1, 2)

    def test_fork_while_a_pool_runs(self):
        # The child has none of the pool's threads, and may have a pool of its own.
        pool, gate = self.thread_pool(2), self.gate()
        future = pool.submit(gate.enter)
        gate.arrivals()
        reader, writer = os.pipe()
        pid = os.fork()
        if pid == 0:
            try:
                with futures.ThreadPoolExecutor(2) as own:
                    os.write(writer, b'%d' % sum(own.map(tasks.add, range(5), range(5))))
            finally:
                os._exit(0)
        os.close(writer)
        self.assertEqual(tasks.take(reader, 10), b'20')
        os.close(reader)
        os.waitpid(pid, 0)
        gate.open()
        self.assertEqual(future.result(DEADLINE), 'here')

    def test_deep_recursion_of_callbacks_is_the_tasks_own(self):
        pool = self.thread_pool(1)

        def recurse(n):
            return n and 1 + recurse(n - 1)

        self.assertEqual(pool.submit(recurse, 500).result(DEADLINE), 500)
        self.assertIsInstance(pool.submit(recurse, 10 ** 6).exception(DEADLINE), RecursionError)
        self.assertEqual(pool.submit(recurse, 5).result(DEADLINE), 5)

    def test_two_pools_feed_each_other(self):
        one, two = self.thread_pool(1), self.thread_pool(1)
        done = threading.Event()

        def bounce(n):
            if n == 0:
                done.set()
            else:
                (two if n % 2 else one).submit(bounce, n - 1)

        one.submit(bounce, 200)
        self.assertTrue(done.wait(DEADLINE))

    def test_many_pools(self):
        for _ in range(50):
            with futures.ThreadPoolExecutor(3) as pool:
                self.assertEqual(list(pool.map(abs, [-1, 2, -3])), [1, 2, 3])
        names = [thread.name for thread in threading.enumerate()]
        self.assertFalse([name for name in names if name.startswith('ThreadPoolExecutor')], names)

    def test_tasks_pass_on_while_one_blocks(self):
        pool, gate = self.thread_pool(2), self.gate()
        blocked = pool.submit(gate.enter)
        gate.arrivals()
        self.assertEqual([pool.submit(tasks.add, i, i).result(DEADLINE) for i in range(50)],
                         [2 * i for i in range(50)])
        self.assertFalse(blocked.done())
        gate.open()

    def test_queue_is_drained_by_one_thread_while_others_submit(self):
        pool, results = self.thread_pool(1), []
        threads = [in_thread(lambda n=n: [pool.submit(results.append, (n, i)) for i in range(200)])
                   for n in range(4)]
        for thread in threads:
            join(thread)
        pool.shutdown()
        self.assertEqual(len(results), 800)
        # Of one thread the order is kept.
        for n in range(4):
            self.assertEqual([i for m, i in results if m == n], list(range(200)))

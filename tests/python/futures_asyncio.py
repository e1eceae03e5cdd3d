# futures_asyncio.py - the futures and the pools in asyncio
#
# SPDX-License-Identifier: LGPL-2.1-or-later
import asyncio
import contextvars
import sys
import threading
import unittest

import futures_tasks as tasks
from futures_support import Case, DEADLINE, PROCESSES, THREADS, for_pools, futures, in_thread, join


def run(coroutine):
    return asyncio.run(asyncio.wait_for(coroutine, DEADLINE))


@for_pools(THREADS + PROCESSES)
class Asyncio:
    def test_run_in_executor(self):
        async def main():
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(self.pool, tasks.add, 1, 2)

        self.assertEqual(run(main()), 3)

    def test_run_in_executor_raises(self):
        async def main():
            await asyncio.get_running_loop().run_in_executor(self.pool, tasks.fail, ValueError('no'))

        with self.assertRaisesRegex(ValueError, '^no$'):
            run(main())

    def test_run_in_executor_side_by_side(self):
        gate = self.gate()

        async def main():
            loop = asyncio.get_running_loop()
            waiting = [loop.run_in_executor(self.pool, gate.enter, i) for i in range(2)]
            await loop.run_in_executor(None, gate.arrivals, 2)
            gate.open(2)
            return await asyncio.gather(*waiting)

        self.assertEqual(run(main()), [0, 1])

    def test_loop_turns_meanwhile(self):
        gate = self.gate()

        async def main():
            future = asyncio.get_running_loop().run_in_executor(self.pool, gate.enter, 'x')
            for _ in range(5):
                await asyncio.sleep(0)
            assert not future.done()
            gate.open()
            return await future

        self.assertEqual(run(main()), 'x')

    def test_many(self):
        async def main():
            loop = asyncio.get_running_loop()
            return await asyncio.gather(*[loop.run_in_executor(self.pool, tasks.add, i, i) for i in range(200)])

        self.assertEqual(run(main()), [2 * i for i in range(200)])

    def test_wrap_future(self):
        async def main():
            future = self.pool.submit(tasks.add, 1, 2)
            wrapped = asyncio.wrap_future(future)
            assert asyncio.isfuture(wrapped)
            return await wrapped, future.result(0)

        self.assertEqual(run(main()), (3, 3))

    def test_wrap_future_that_failed(self):
        future = self.pool.submit(tasks.fail, ValueError('no'))
        futures.wait([future], DEADLINE)

        async def main():
            await asyncio.wrap_future(future)

        with self.assertRaisesRegex(ValueError, '^no$') as caught:
            run(main())
        self.assertIs(caught.exception, future.exception())

    def test_cancelling_the_wrapped_cancels_a_pending_one(self):
        pool, gate = self.make_pool(1), self.gate()

        async def main():
            fs = [pool.submit(gate.enter) for _ in range(8)]
            gate.arrivals()
            wrapped = asyncio.wrap_future(fs[-1])
            wrapped.cancel()
            try:
                await wrapped
            except asyncio.CancelledError:
                # It is told to the other side by the loop.
                await asyncio.sleep(0)
                return fs[-1].cancelled()

        self.assertTrue(run(main()))

    def test_cancelling_a_task_that_awaits(self):
        pool, gate = self.make_pool(1), self.gate()

        async def main():
            running = pool.submit(gate.enter, 'x')
            gate.arrivals()
            task = asyncio.ensure_future(asyncio.wait_for(asyncio.wrap_future(running), DEADLINE))
            await asyncio.sleep(0)
            task.cancel()
            try:
                await task
            except asyncio.CancelledError:
                pass
            # What runs goes on, and its result is there.
            assert not running.cancelled()
            gate.open()
            return await asyncio.wrap_future(running)

        self.assertEqual(run(main()), 'x')

    def test_timeout_of_a_task_that_awaits(self):
        pool, gate = self.make_pool(1), self.gate()

        async def main():
            try:
                await asyncio.wait_for(asyncio.wrap_future(pool.submit(gate.enter)), 0.01)
            except asyncio.TimeoutError:
                return 'late'
            finally:
                gate.open()

        self.assertEqual(run(main()), 'late')

    def test_cancelling_a_future_that_is_awaited(self):
        pool, gate = self.make_pool(1), self.gate()

        async def main():
            fs = [pool.submit(gate.enter) for _ in range(8)]
            gate.arrivals()
            wrapped = asyncio.wrap_future(fs[-1])
            assert fs[-1].cancel()
            try:
                await wrapped
            except asyncio.CancelledError:
                return wrapped.cancelled()

        self.assertTrue(run(main()))

    def test_as_completed_of_asyncio(self):
        async def main():
            fs = [asyncio.wrap_future(self.pool.submit(tasks.add, i, 0)) for i in range(10)]
            return sorted([await future for future in asyncio.as_completed(fs)])

        self.assertEqual(run(main()), list(range(10)))


class AsyncioWithThreads(Case):
    def test_default_executor(self):
        async def main():
            loop = asyncio.get_running_loop()
            loop.set_default_executor(futures.ThreadPoolExecutor(2, thread_name_prefix='default'))
            return await loop.run_in_executor(None, tasks.get_thread_name)

        # asyncio.run() shuts the default executor down.
        self.assertIn(run(main()), ('default_0', 'default_1'))
        self.assertFalse([thread for thread in threading.enumerate() if thread.name.startswith('default_')])

    @unittest.skipIf(sys.version_info < (3, 9), 'since Python 3.9')
    def test_to_thread_uses_the_default_executor(self):
        variable = contextvars.ContextVar('variable')

        def work(x):
            return x, variable.get(), threading.current_thread().name

        async def main():
            asyncio.get_running_loop().set_default_executor(futures.ThreadPoolExecutor(1, 'default'))
            variable.set('inherited')
            return await asyncio.to_thread(work, 5)

        self.assertEqual(run(main()), (5, 'inherited', 'default_0'))

    def test_executor_with_a_block(self):
        async def main():
            with futures.ThreadPoolExecutor(2) as pool:
                return await asyncio.get_running_loop().run_in_executor(pool, lambda: 5)

        self.assertEqual(run(main()), 5)

    def test_wrap_a_made_future(self):
        async def main():
            future = futures.Future()
            wrapped = asyncio.wrap_future(future)
            thread = in_thread(future.set_result, 7)
            try:
                return await wrapped
            finally:
                join(thread)

        self.assertEqual(run(main()), 7)

    def test_run_coroutine_threadsafe(self):
        # Its futures are the standard library's; ours wait for them as for their own.
        loop = asyncio.new_event_loop()
        thread = in_thread(loop.run_forever)

        async def work(x):
            await asyncio.sleep(0)
            return x * 2

        fs = [asyncio.run_coroutine_threadsafe(work(i), loop) for i in range(5)]
        self.assertEqual(futures.wait(fs, DEADLINE).done, set(fs))
        self.assertEqual(sorted(future.result() for future in futures.as_completed(fs, DEADLINE)), [0, 2, 4, 6, 8])
        loop.call_soon_threadsafe(loop.stop)
        join(thread)
        loop.close()

    def test_loops_in_tasks(self):
        async def work(x):
            await asyncio.sleep(0)
            return x + 1

        pool = self.thread_pool(2)
        self.assertEqual(list(pool.map(lambda x: asyncio.run(work(x)), range(5))), [1, 2, 3, 4, 5])

    def test_callback_from_a_worker_reaches_the_loop(self):
        pool = self.thread_pool(1)

        async def main():
            loop, come = asyncio.get_running_loop(), asyncio.Event()
            pool.submit(tasks.add, 1, 2).add_done_callback(lambda f: loop.call_soon_threadsafe(come.set))
            await come.wait()
            return 'came'

        self.assertEqual(run(main()), 'came')

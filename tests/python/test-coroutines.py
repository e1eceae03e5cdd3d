# test-coroutines.py - awaiting futures, in asyncio and on a bare main loop
#
# SPDX-License-Identifier: LGPL-2.1-or-later
import asyncio
import contextvars
import os
import selectors
import sys
import threading
import traceback
import types
import unittest

import gi

gi.require_version('GFutures', '1')
from gi.repository import Gio, GLib, GFutures

try:
    from gi.events import GLibEventLoop
except ImportError:
    # Before PyGObject 3.50.
    GLibEventLoop = None

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import tap
from loop_support import DEADLINE, drain, in_thread, turn_until, turn_until_done, with_own_context

variable = contextvars.ContextVar('variable', default='nothing')


class Thing:
    pass


class Error(Exception):
    pass


def fail(error):
    raise error


@types.coroutine
def pass_turn():
    yield


def in_asyncio(coroutine):
    return asyncio.run(asyncio.wait_for(coroutine, DEADLINE))


def in_event_loop(coroutine):
    with asyncio.Runner(loop_factory=lambda: GLibEventLoop(GLib.MainContext.default())) as runner:
        return runner.run(asyncio.wait_for(coroutine, DEADLINE))


def in_main_loop(coroutine):
    return turn_until_done(GFutures.run_async(coroutine)).result(0)


class Case(unittest.TestCase):
    def setUp(self):
        self.pool = GFutures.ThreadPoolExecutor(2)
        self.gate = threading.Event()

    def tearDown(self):
        self.gate.set()
        self.pool.shutdown()
        drain()

    def block(self, n=2):
        """Keeps the workers busy: what is submitted then is pending."""
        started = threading.Semaphore(0)

        def wait():
            started.release()
            self.gate.wait(DEADLINE)
            return 'blocked'

        futures = [self.pool.submit(wait) for _ in range(n)]
        for _ in futures:
            self.assertTrue(started.acquire(timeout=DEADLINE))
        return futures


class InBoth:
    """What holds wherever the coroutine runs."""

    def test_value(self):
        thing = Thing()

        async def main():
            return await self.pool.submit(lambda: thing)

        self.assertIs(self.run_coroutine(main()), thing)

    def test_one_that_is_settled(self):
        future = GFutures.Future()
        future.set_result([1])

        async def main():
            return await future, await future, await GFutures.Future.new_for_int(2)

        self.assertEqual(self.run_coroutine(main()), ([1], [1], 2))

    def test_exception(self):
        error = Error('mine')

        async def main():
            try:
                await self.pool.submit(fail, error)
            except Error as caught:
                assert caught is error
                await self.pool.submit(fail, KeyError('key'))

        self.assertRaisesRegex(KeyError, 'key', self.run_coroutine, main())

    def test_exception_of_the_coroutine(self):
        async def deep():
            await self.pool.submit(int)
            raise Error('deep')

        async def main():
            await deep()

        try:
            self.run_coroutine(main())
        except Error as error:
            names = [frame.name for frame in traceback.extract_tb(error.__traceback__)]
        self.assertEqual(names[-2:], ['main', 'deep'])

    def test_functions_of_c(self):
        def add(arguments, promise, *data):
            return GLib.Variant('i', sum(arguments.unpack()))

        GFutures.function_register('python.add', add)

        async def main():
            try:
                await self.pool.call('no.such-function')
            except GFutures.UnknownFunction:
                return await self.pool.call('python.add', GLib.Variant('(ii)', (1, 2)))

        self.assertEqual(self.run_coroutine(main()), 3)

    def test_processes(self):
        async def main():
            with GFutures.ProcessPoolExecutor(1) as pool:
                try:
                    await pool.submit(int, 'no number')
                except ValueError:
                    return await pool.submit(pow, 2, 10), await pool.call('builtins:len', 'four')

        self.assertEqual(self.run_coroutine(main()), (1024, 4))

    def test_nested(self):
        async def count(n):
            if n == 0:
                return await self.pool.submit(int)
            return 1 + await count(n - 1)

        async def main():
            return [await count(i) for i in (0, 1, 50)]

        self.assertEqual(self.run_coroutine(main()), [0, 1, 50])

    def test_many(self):
        async def main():
            total = 0
            for i in range(500):
                total += await self.pool.submit(int, i)
            return total

        self.assertEqual(self.run_coroutine(main()), 499 * 250)

    def test_steps_run_in_one_thread(self):
        async def main():
            threads = [threading.current_thread()]
            for _ in range(20):
                await self.pool.submit(int)
                threads.append(threading.current_thread())
            async for _future in GFutures.as_completed([self.pool.submit(int) for _ in range(20)]):
                threads.append(threading.current_thread())
            return set(threads)

        self.assertEqual(self.run_coroutine(main()), {threading.main_thread()})

    def test_settled_by_another_thread(self):
        async def main():
            for _ in range(200):
                future = GFutures.Future()
                self.pool.submit(future.set_result, 1)
                await future
            return 'all'

        self.assertEqual(self.run_coroutine(main()), 'all')

    def test_cancelled(self):
        self.block()
        errors = []

        async def main():
            for cancel in GFutures.Future.cancel, GFutures.Future.cancel_running:
                future = self.pool.submit(int)
                self.later(cancel, future)
                try:
                    await future
                except (GFutures.CancelledError, asyncio.CancelledError) as error:
                    errors.append(type(error))

        self.run_coroutine(main())
        self.assertEqual(errors, [self.cancelled_error] * 2)

    def test_timeout(self):
        async def main():
            future = GFutures.Future()
            future.set_timeout(1000)
            await future

        with self.assertRaises(GFutures.TimedOut) as caught:
            self.run_coroutine(main())
        self.assertIsInstance(caught.exception, TimeoutError)

    def test_as_completed(self):
        async def main():
            futures = [self.pool.submit(int, i) for i in range(50)] + [self.pool.submit(fail, Error())]
            seen, errors = [], 0
            async for future in GFutures.as_completed(futures):
                assert future.done() and future in futures
                try:
                    seen.append(future.result(0))
                except Error:
                    errors += 1
            assert [future async for future in GFutures.as_completed([])] == []
            return sorted(seen), errors

        self.assertEqual(self.run_coroutine(main()), (list(range(50)), 1))

    def test_as_completed_order(self):
        async def main():
            futures, order = [GFutures.Future() for _ in range(3)], []
            futures[1].set_result('first')
            async for future in GFutures.as_completed(futures):
                order.append(futures.index(future))
                if len(order) < 3:
                    self.later(futures[(2, 0)[len(order) - 1]].set_result, None)
            return order

        self.assertEqual(self.run_coroutine(main()), [1, 2, 0])

    def test_as_completed_times_out(self):
        ready, never = GFutures.Future(), GFutures.Future()
        ready.set_result(1)

        async def main():
            seen = []
            try:
                async for future in GFutures.as_completed([ready, never], 0.01):
                    seen.append(future)
            except GFutures.TimeoutError as error:
                return seen, str(error)

        self.assertEqual(self.run_coroutine(main()), ([ready], '1 (of 2) futures unfinished'))
        self.assertFalse(never.done())

    def test_as_completed_left_early(self):
        async def main():
            futures = [GFutures.Future() for _ in range(2)]
            self.later(futures[0].set_result, 1)
            async for future in GFutures.as_completed(futures):
                break
            futures[1].set_result(2)
            return future is futures[0], await futures[1]

        self.assertEqual(self.run_coroutine(main()), (True, 2))

    def test_context_variables(self):
        seen = []

        async def inner():
            seen.append(variable.get())
            await self.pool.submit(int)
            variable.set('by inner')

        async def main():
            await inner()
            seen.append(variable.get())
            variable.set('by main')
            await self.pool.submit(int)
            seen.append(variable.get())

        token = variable.set('by the caller')
        self.run_coroutine(main())
        seen.append(variable.get())
        variable.reset(token)
        self.assertEqual(seen, ['by the caller', 'by inner', 'by main', 'by the caller'])

    def test_asynchronous_generator_and_with(self):
        steps = []

        class Scope:
            async def __aenter__(scope):
                steps.append(await self.pool.submit(str, 'enter'))

            async def __aexit__(scope, *exc):
                steps.append(await self.pool.submit(str, 'exit'))

        async def count(n):
            for i in range(n):
                yield await self.pool.submit(int, i)

        async def main():
            async with Scope():
                return [i async for i in count(5)]

        self.assertEqual(self.run_coroutine(main()), [0, 1, 2, 3, 4])
        self.assertEqual(steps, ['enter', 'exit'])


class AsyncioTest(InBoth, Case):
    cancelled_error = asyncio.CancelledError

    def run_coroutine(self, coroutine):
        return in_asyncio(coroutine)

    def later(self, function, *args):
        asyncio.get_running_loop().call_soon(function, *args)

    def test_cancelling_the_task_cancels_a_pending_future(self):
        self.block()

        async def main():
            future = self.pool.submit(int)
            task = asyncio.ensure_future(future)
            await asyncio.sleep(0)
            task.cancel()
            try:
                await task
            except asyncio.CancelledError:
                # It is told to the other side by the loop.
                await asyncio.sleep(0)
                return future.cancelled()

        self.assertTrue(self.run_coroutine(main()))

    def test_cancelling_the_task_leaves_a_running_future(self):
        async def main():
            future = self.block(1)[0]
            try:
                await asyncio.wait_for(future, 0.01)
            except asyncio.TimeoutError:
                self.gate.set()
                return await future

        self.assertEqual(self.run_coroutine(main()), 'blocked')

    def test_gather(self):
        async def main():
            futures = [self.pool.submit(int, i) for i in range(20)]
            results = await asyncio.gather(*futures, self.pool.submit(fail, Error('x')), return_exceptions=True)
            return results[:-1], type(results[-1])

        self.assertEqual(self.run_coroutine(main()), (list(range(20)), Error))

    def test_several_await_one(self):
        async def main():
            future = GFutures.Future()

            async def wait():
                return await future

            tasks = [asyncio.ensure_future(wait()) for _ in range(5)]
            await asyncio.sleep(0)
            self.pool.submit(future.set_result, 'x')
            return await asyncio.gather(*tasks)

        self.assertEqual(self.run_coroutine(main()), ['x'] * 5)

    def test_coroutine_awaits_one_of_the_main_loop(self):
        async def inner():
            return await self.pool.submit(int, 5)

        def loop(future):
            asyncio_result.append(asyncio.run(wait(future)))

        async def wait(future):
            return await future

        asyncio_result = []
        thread = threading.Thread(target=loop, args=(GFutures.run_async(inner()),), daemon=True)
        thread.start()
        turn_until(lambda: not thread.is_alive() or GLib.MainContext.default().wakeup())
        self.assertEqual(asyncio_result, [5])

    def test_main_loop_inside_a_task(self):
        async def inner():
            return await self.pool.submit(int, 5)

        async def main():
            # As a dialog does that a program waits for.
            value = turn_until_done(GFutures.run_async(inner())).result(0)
            return value, await self.pool.submit(int, 6)

        self.assertEqual(self.run_coroutine(main()), (5, 6))

    def test_continuations_run_in_another_thread_s_loop(self):
        async def main():
            return await self.pool.submit(int, 5).then(lambda value: [value])

        # asyncio's loop does not turn the main context: one has to.
        result = []
        thread = threading.Thread(target=lambda: result.append(asyncio.run(main())), daemon=True)
        thread.start()
        turn_until(lambda: not thread.is_alive() or GLib.MainContext.default().wakeup())
        self.assertEqual(result, [[5]])

    def test_other_loops(self):
        class Loop(asyncio.SelectorEventLoop):
            def __init__(self):
                super().__init__(selectors.SelectSelector())

        async def main():
            assert type(asyncio.get_running_loop()) is Loop
            futures = [self.pool.submit(int, i) for i in range(20)]
            seen = [await future async for future in GFutures.as_completed(futures)]
            return sorted(seen)

        def run():
            loop = Loop()
            try:
                return loop.run_until_complete(main())
            finally:
                loop.close()

        self.assertEqual(run(), list(range(20)))
        self.assertEqual(in_thread(run), list(range(20)))
        self.assertEqual(self.pool.submit(run).result(DEADLINE), list(range(20)))


@unittest.skipIf(GLibEventLoop is None, 'PyGObject has an event loop of its own since 3.50')
class EventLoopTest(AsyncioTest):
    """PyGObject's event loop turns the main context, so all that needs one comes by itself."""

    def run_coroutine(self, coroutine):
        return in_event_loop(coroutine)

    def test_it_is_that_loop(self):
        async def main():
            return type(asyncio.get_running_loop())

        self.assertIs(self.run_coroutine(main()), GLibEventLoop)

    def test_continuations(self):
        async def main():
            return await self.pool.submit(int, 5).then(lambda value: [value]).finally_(lambda: None)

        self.assertEqual(self.run_coroutine(main()), [5])

    def test_handlers(self):
        seen = []

        async def main():
            future = self.pool.submit(int, 5)
            future.connect('done', lambda future: seen.append(future.result(0)))
            while not seen:
                await asyncio.sleep(0.001)
            return await future

        self.assertEqual((self.run_coroutine(main()), seen), (5, [5]))

    def test_operation_of_gio(self):
        async def main():
            file = Gio.File.new_for_path(__file__)
            found, content, _tag = await GFutures.Future.from_async(file.load_contents_async)
            return found, content.startswith(b'# test-coroutines.py')

        self.assertEqual(self.run_coroutine(main()), (True, True))

    def test_cancelled_operation_of_gio(self):
        async def main():
            socket = Gio.SocketListener.new()
            socket.add_any_inet_port(None)
            operation = GFutures.Future.from_async(socket.accept_async)
            GLib.idle_add(lambda: operation.cancel_running() and False)
            try:
                await operation
            except asyncio.CancelledError:
                return 'cancelled'
            finally:
                socket.close()

        self.assertEqual(self.run_coroutine(main()), 'cancelled')

    def test_timeout(self):
        async def main():
            future = self.block(1)[0]
            derived = future.then(lambda value: value)
            try:
                async with asyncio.timeout(0.01):
                    await derived
            except TimeoutError:
                # The only one that wanted it has withdrawn.
                return derived.cancelled(), future.cancelled()

        self.assertEqual(self.run_coroutine(main()), (True, True))

    def test_run_async(self):
        async def inner():
            return await self.pool.submit(int, 5)

        async def main():
            return await GFutures.run_async(inner())

        self.assertEqual(self.run_coroutine(main()), 5)

    def test_process(self):
        async def main():
            with GFutures.ProcessPoolExecutor(1) as pool:
                return [await pool.submit(divmod, 7, 2), await pool.call('operator:add', 1, 2)]

        self.assertEqual(self.run_coroutine(main()), [(3, 1), 3])


class MainLoopTest(InBoth, Case):
    cancelled_error = GFutures.CancelledError

    def run_coroutine(self, coroutine):
        return in_main_loop(coroutine)

    def later(self, function, *args):
        GLib.idle_add(lambda: function(*args) and None)

    def test_misuse(self):
        async def coroutine():
            pass

        async def generate():
            yield

        for what in coroutine, generate(), (i for i in ()), GFutures.Future(), None, 5, print:
            self.assertRaises(TypeError, GFutures.run_async, what)

    def test_it_begins_in_a_later_turn(self):
        steps = []

        async def main():
            steps.append(1)

        future = GFutures.run_async(main())
        self.assertEqual((steps, future.done(), future.running()), ([], False, True))
        turn_until_done(future)
        self.assertEqual(steps, [1])

    def test_its_future(self):
        async def main():
            return await self.pool.submit(list, 'ab')

        done = []
        future = GFutures.run_async(main())
        future.connect('done', done.append)
        derived = future.then(len)
        turn_until(lambda: done)
        self.assertEqual(done, [future])
        self.assertEqual(turn_until_done(derived).result(0), 2)

        async def all_of():
            return await GFutures.Future.all([GFutures.run_async(main()) for _ in range(5)])

        self.assertEqual(in_main_loop(all_of()), [['a', 'b']] * 5)

    def test_continuations(self):
        async def main():
            return await self.pool.submit(int, 5).then(lambda value: [value])

        self.assertEqual(in_main_loop(main()), [5])

    def test_side_by_side(self):
        order = []

        async def count(name):
            for i in range(3):
                order.append((name, i))
                await pass_turn()

        futures = [GFutures.run_async(count(name)) for name in 'ab']
        for future in futures:
            turn_until_done(future)
        self.assertEqual(order, [(name, i) for i in range(3) for name in 'ab'])

    def test_own_context(self):
        async def main():
            threads = {threading.current_thread()}
            for _ in range(10):
                await self.pool.submit(int)
                threads.add(threading.current_thread())
            return threads

        def run():
            future = GFutures.run_async(main())
            turn_until(future.done, GLib.MainContext.get_thread_default())
            return future.result(0) == {threading.current_thread()}

        self.assertTrue(with_own_context(run))

    def test_something_else_is_awaited(self):
        cleaned = []

        @types.coroutine
        def something():
            yield 'something'

        async def main():
            try:
                await something()
            finally:
                cleaned.append(True)

        with self.assertRaisesRegex(TypeError, 'something'):
            in_main_loop(main())
        self.assertEqual(cleaned, [True])

    def start(self, steps, future, clean_up=None, suppress=False):
        """A coroutine that waits for the future; its own, once it does."""
        async def main():
            steps.append('waits')
            try:
                return await future
            except GFutures.CancelledError:
                steps.append('cancelled')
                if clean_up is not None:
                    steps.append(await clean_up)
                if not suppress:
                    raise
                return 'suppressed'

        coroutine = GFutures.run_async(main())
        turn_until(lambda: steps)
        return coroutine

    def test_cancel(self):
        steps, awaited = [], GFutures.Future()
        coroutine = self.start(steps, awaited)
        self.assertTrue(coroutine.cancel())
        turn_until_done(coroutine)
        self.assertTrue(coroutine.cancelled() and awaited.cancelled())
        self.assertRaises(GFutures.CancelledError, coroutine.result, 0)
        self.assertEqual(steps, ['waits', 'cancelled'])

    def test_cancel_while_a_task_runs(self):
        steps, awaited = [], self.block(1)[0]
        coroutine = self.start(steps, awaited)
        self.assertTrue(coroutine.cancel())
        # It is not waited for, nor cancelled.
        turn_until_done(coroutine)
        self.assertTrue(coroutine.cancelled() and awaited.running())
        self.assertEqual(steps, ['waits', 'cancelled'])
        self.gate.set()
        self.assertEqual(awaited.result(DEADLINE), 'blocked')
        drain()

    def test_cancel_that_is_survived(self):
        steps, clean_up = [], GFutures.Future()
        coroutine = self.start(steps, GFutures.Future(), clean_up, suppress=True)
        self.assertTrue(coroutine.cancel())
        turn_until(lambda: len(steps) == 2)
        drain()
        self.assertFalse(coroutine.done())
        clean_up.set_result('clean')
        self.assertEqual(turn_until_done(coroutine).result(0), 'suppressed')
        self.assertEqual(steps, ['waits', 'cancelled', 'clean'])

    def test_cancel_in_other_states(self):
        steps = []

        async def main():
            steps.append(1)

        coroutine = GFutures.run_async(main())
        self.assertTrue(coroutine.cancel())
        turn_until_done(coroutine)
        self.assertTrue(coroutine.cancelled())
        self.assertEqual(steps, [])
        coroutine = turn_until_done(GFutures.run_async(main()))
        self.assertFalse(coroutine.cancel())
        self.assertIsNone(coroutine.result(0))

    def test_cancel_by_another_thread(self):
        for _ in range(50):
            steps = []
            coroutine = self.start(steps, GFutures.Future())
            self.assertTrue(self.pool.submit(coroutine.cancel).result(DEADLINE))
            turn_until_done(coroutine)
            self.assertTrue(coroutine.cancelled())
            self.assertEqual(steps, ['waits', 'cancelled'])

    def test_the_coroutine_is_told_whoever_ends_its_future(self):
        running = self.block(1)[0]
        for end in (lambda f: f.cancel_running(), lambda f: f.set_timeout(1000),
                    lambda f: GFutures.Future.all([f]).cancel()):
            for awaited in GFutures.Future(), running:
                steps = []
                coroutine = self.start(steps, awaited)
                end(coroutine)
                turn_until(lambda: len(steps) == 2)
                self.assertEqual(steps, ['waits', 'cancelled'])
                self.assertTrue(coroutine.done())
        self.assertTrue(running.running())

    def test_time_limit_inside(self):
        async def main():
            inner = GFutures.run_async(wait())
            inner.set_timeout(1000)
            try:
                await inner
            except GFutures.TimedOut:
                return 'late'

        async def wait():
            await GFutures.Future()

        self.assertEqual(in_main_loop(main()), 'late')


if __name__ == '__main__':
    tap.main()

# test-continuations.py - then(), catch(), finally_(), and the way of values through them
#
# SPDX-License-Identifier: LGPL-2.1-or-later
import gc
import os
import sys
import threading
import unittest

import gi

gi.require_version('GFutures', '1')
from gi.repository import Gio, GLib, GFutures

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import tap
from loop_support import DEADLINE, drain, in_thread, turn_until_done

State = GFutures.FutureState


class Thing:
    pass


class Error(Exception):
    pass


# One of each kind that C has a GValue for, and of those that it has none for.
VALUES = [None, True, False, 0, 1, -5, 2**31, -2**63, 2**63 - 1, 2**63, 10**100, 0.5, float('inf'), float('nan'), '',
          'text', 'a\0b', 'two\nlines', 'Grüße\u2028', '\ud800', b'bytes', b'', bytearray(b'x'), (), (1, None),
          [1, [2]], {'a': 1}, {1}, Thing(), Thing, len, ValueError('a value'), Gio.FileType.REGULAR,
          Gio.Cancellable(), GLib.Bytes.new(b'x'), GLib.MainContext.new(), range(3), type(None), ..., NotImplemented]
# Those come back as others that are equal, unlike the above.
COPIED = int, float, str


class Case(unittest.TestCase):
    def setUp(self):
        self.pool = GFutures.ThreadPoolExecutor(2)

    def tearDown(self):
        self.pool.shutdown()
        drain()

    def settled(self, value=1):
        future = GFutures.Future()
        future.set_result(value)
        return future

    def failed(self, error=None):
        future = GFutures.Future()
        future.set_exception(error or Error('failed'))
        return future

    def cancelled(self):
        future = GFutures.Future()
        future.cancel()
        return future

    def result(self, future):
        return turn_until_done(future).result(0)


class ThenTest(Case):
    def test_before_and_after_it_is_settled(self):
        calls, here = [], threading.current_thread()

        def double(value):
            calls.append((value, threading.current_thread()))
            return [value * 2]

        for source in GFutures.Future(), GFutures.Promise():
            derived = source.then(double)
            self.assertFalse(derived.done())
            in_thread(source.set_result, 21)
            self.assertEqual(calls, [])
            self.assertEqual(self.result(derived), [42])
            self.assertEqual(self.result(source.then(double)), [42])
            self.assertEqual(calls, [(21, here)] * 2)
            calls.clear()

    def test_of_every_maker(self):
        for source in (self.pool.submit(int, 5), GFutures.Future.new_for_int(5), self.settled(5),
                       self.pool.submit_full(0, None, lambda promise, *args: promise.resolve_int(5) and None),
                       GFutures.Future.new_for_variant(GLib.Variant('x', 5))):
            self.assertEqual(self.result(source.then(lambda value: value + 1)), 6)

    def test_future_is_adopted(self):
        thing = Thing()
        for adopted in (lambda v: self.pool.submit(lambda: thing), lambda v: self.settled(thing),
                        lambda v: self.settled().then(lambda v: thing)):
            self.assertIs(self.result(self.settled().then(adopted)), thing)
        never = GFutures.Future()
        derived = self.settled().then(lambda value: never)
        drain()
        self.assertFalse(derived.done())
        never.set_result(3)
        self.assertEqual(self.result(derived), 3)

    def test_exception(self):
        error = Error('mine')

        def fail(*args):
            raise error

        for derived in (self.settled().then(fail), self.failed().catch(fail), self.settled().finally_(fail),
                        self.failed().finally_(fail), self.settled().chain(fail),
                        self.settled().then(lambda value: self.failed(error)),
                        self.settled().finally_(lambda: self.failed(error))):
            turn_until_done(derived)
            self.assertIs(derived.exception(0), error)
            self.assertRaisesRegex(Error, '^mine$', derived.result, 0)
            self.assertEqual(derived.get_error().message, 'Error: mine')

    def test_failure_passes_through(self):
        error, calls = Error('deep'), []
        derived = self.failed(error).then(calls.append).finally_(lambda: None).then(calls.append)
        turn_until_done(derived)
        self.assertIs(derived.exception(0), error)
        self.assertEqual(calls, [])

    def test_cancellation_passes_through(self):
        calls = []
        derived = self.cancelled().then(calls.append).finally_(lambda: calls.append('finally')).then(calls.append)
        turn_until_done(derived)
        self.assertRaises(GFutures.CancelledError, derived.result, 0)
        self.assertRaises(GFutures.CancelledError, derived.exception, 0)
        self.assertTrue(derived.cancelled())
        self.assertEqual(calls, ['finally'])

    def test_catch(self):
        error = Error('caught')
        self.assertIs(self.result(self.failed(error).catch(lambda e: [e]))[0], error)
        self.assertIsInstance(self.result(self.cancelled().catch(lambda e: [e]))[0], GFutures.CancelledError)
        self.assertEqual(self.result(self.settled(5).catch(lambda e: 'not called')), 5)
        self.assertEqual(self.result(self.failed().catch(lambda e: self.pool.submit(int, 7))), 7)
        self.assertIsNone(self.result(self.failed().catch(lambda e: None)))

    def test_finally(self):
        thing, error, calls = Thing(), Error('kept'), []

        def clean_up():
            calls.append(threading.current_thread())
            return 'dropped'

        self.assertIs(self.result(self.settled(thing).finally_(clean_up)), thing)
        self.assertIs(turn_until_done(self.failed(error).finally_(clean_up)).exception(0), error)
        self.assertTrue(turn_until_done(self.cancelled().finally_(clean_up)).cancelled())
        self.assertEqual(calls, [threading.main_thread()] * 3)

    def test_finally_waits_for_a_future(self):
        clean = GFutures.Future()
        derived = self.settled([1]).finally_(lambda: clean)
        drain()
        self.assertFalse(derived.done())
        clean.set_result('dropped')
        self.assertEqual(self.result(derived), [1])

    def test_chain(self):
        source, seen = self.settled([1]), []

        def continuation(settled, *data):
            seen.append((settled, data))
            return settled

        self.assertEqual(self.result(source.chain(continuation, 2, 3)), [1])
        self.assertEqual(seen, [(source, (2, 3))])
        self.assertIsNone(self.result(source.chain(lambda settled: None)))
        failed = self.failed()
        derived = failed.chain(lambda settled: 'not called')
        self.assertIs(turn_until_done(derived).exception(0), failed.exception(0))

    def test_cancelling_a_derived_one(self):
        source = GFutures.Future()
        first, second = source.then(str), source.then(str)
        self.assertTrue(first.cancel())
        self.assertFalse(source.cancelled())
        self.assertTrue(second.cancel())
        self.assertTrue(source.cancelled())
        self.assertRaises(GFutures.InvalidStateError, source.set_result, 1)

    def test_several_of_one(self):
        source, order = GFutures.Future(), []
        derived = [source.then(lambda value, i=i: order.append((i, value))) for i in range(10)]
        source.set_result('x')
        for future in derived:
            turn_until_done(future)
        self.assertEqual(order, [(i, 'x') for i in range(10)])

    def test_what_was_raised_has_its_traceback(self):
        def deep():
            raise Error('deep')

        derived = self.pool.submit(deep).then(str).then(str)
        error = derived.exception(DEADLINE)
        names, frames = [], error.__traceback__
        while frames is not None:
            names.append(frames.tb_frame.f_code.co_name)
            frames = frames.tb_next
        self.assertIn('deep', names)

    def test_errors_of_the_library(self):
        derived = self.pool.call('no.such-function').then(str)
        self.assertIsInstance(derived.exception(DEADLINE), GFutures.UnknownFunction)
        late = GFutures.Future()
        derived = late.then(str).then(str)
        late.set_timeout(1000)
        self.assertRaises(GFutures.TimedOut, derived.result, DEADLINE)


class LongTest(Case):
    N = 10_000

    def test_value(self):
        for run in (lambda f: f.result(DEADLINE)), self.result:
            source = future = GFutures.Future()
            for _ in range(self.N):
                future = future.then(lambda value: value + 1)
            source.set_result(0)
            self.assertEqual(run(future), self.N)

    def test_failure(self):
        for run in (lambda f: f.exception(DEADLINE)), (lambda f: turn_until_done(f).exception(0)):
            source = future = GFutures.Future()
            for _ in range(self.N):
                future = future.then(str)
            error = Error('first')
            source.set_exception(error)
            del source
            self.assertIs(run(future), error)

    def test_object(self):
        thing = Thing()
        for step in (lambda f: f.finally_(lambda: None)), (lambda f: f.chain(lambda settled: settled)), \
                (lambda f: f.then(lambda value: self.settled(value))), (lambda f: f.catch(str)):
            source = future = GFutures.Future()
            for _ in range(self.N):
                future = step(future)
            source.set_result(thing)
            del source
            self.assertIs(future.result(DEADLINE), thing)

    def test_adoption(self):
        def count(n):
            return self.settled(n).then(lambda value: count(value - 1) if value else 'down')

        self.assertEqual(count(self.N).result(DEADLINE), 'down')

    def test_chain_that_is_dropped(self):
        future = GFutures.Future()
        for _ in range(self.N):
            future = future.then(str)
        del future
        gc.collect()
        drain()


class WithoutLoopTest(Case):
    def test_main_thread(self):
        threads = []

        def work(value):
            threads.append(threading.current_thread())
            return [value]

        self.assertEqual(self.pool.submit(int, 5).then(work).then(work).result(DEADLINE), [[5]])
        self.assertEqual(threads, [threading.main_thread()] * 2)

    def test_wait_and_as_completed(self):
        fs = [self.pool.submit(int, i).then(str) for i in range(20)]
        self.assertEqual(GFutures.wait(fs, DEADLINE).done, set(fs))
        fs = [self.pool.submit(int, i).then(str) for i in range(20)]
        self.assertEqual({f.result(0) for f in GFutures.as_completed(fs, DEADLINE)}, {str(i) for i in range(20)})

    def test_task_that_waits_for_this_thread(self):
        threads = []
        derived = self.pool.submit(int, 5).then(lambda value: threads.append(threading.current_thread()))
        task = self.pool.submit(derived.then(lambda value: ['x']).result, DEADLINE)
        self.assertEqual(task.result(DEADLINE), ['x'])
        self.assertEqual(threads, [threading.main_thread()])

    def test_task_that_waits_for_a_task_that_waits(self):
        derived = GFutures.Future.new_for_int(1).then(lambda value: [value])
        for wait in (lambda f: f.result(DEADLINE), lambda f: GFutures.wait([f], DEADLINE).done.pop().result(0),
                     lambda f: next(GFutures.as_completed([f], DEADLINE)).result(0)):
            derived = GFutures.Future.new_for_int(1).then(lambda value: [value])
            inner = self.pool.submit(wait, derived)
            outer = self.pool.submit(wait, inner)
            self.assertEqual(wait(outer), [1])

    def test_made_after_the_wait_began(self):
        waiting = threading.Event()

        def task():
            waiting.wait(DEADLINE)
            return derived.result(DEADLINE)

        future = self.pool.submit(task)
        derived = GFutures.Future.new_for_int(1).then(lambda value: [value])
        waiting.set()
        self.assertEqual(future.result(DEADLINE), [1])


class ValueTest(Case):
    def ways(self):
        """Ways from a settled future to another that ends in the same."""
        def other():
            return GFutures.Future()

        return {
            'then': lambda f: f.then(lambda value: value),
            'then a future': lambda f: other_then(f),
            'finally': lambda f: f.finally_(lambda: None),
            'catch': lambda f: f.catch(str),
            'chain': lambda f: f.chain(lambda settled: settled),
            'all': lambda f: GFutures.Future.all([f]).then(lambda values: values[0]),
            'all_settled': lambda f: GFutures.Future.all_settled([f]).then(lambda futures: futures[0]),
            'any': lambda f: GFutures.Future.any([other(), f]),
            'race': lambda f: GFutures.Future.race([other(), f]),
            'task': lambda f: self.pool.submit(f.result),
            'promise': lambda f: settle(GFutures.Promise(), f.result()),
        }

    def test_identity(self):
        for name, way in self.ways().items():
            for look in (lambda f: None), (lambda f: f.get_state()):
                for value in VALUES:
                    with self.subTest(way=name, value=value):
                        source = self.settled(value)
                        look(source)
                        future = way(source)
                        # Nobody but C keeps it.
                        del source
                        result = future.result(DEADLINE)
                        if type(value) in COPIED:
                            self.assertEqual((type(result), repr(result)), (type(value), repr(value)))
                        else:
                            self.assertIs(result, value)
                        self.assertIs(future.result(0), result)
                        self.assertIs(future.get_value(), result)

    def test_exceptions(self):
        for name, way in self.ways().items():
            if name not in ('then a future', 'promise'):
                for error in Error('x'), KeyError(Thing()), GLib.Error('x', 'some-domain', 3), GFutures.ShutDown('x'), \
                        Exception('a\0b\ud800'), SystemExit(3), GeneratorExit():
                    if name == 'catch':
                        way = lambda f: f.catch(raise_)
                    elif name == 'any':
                        way = lambda f: GFutures.Future.any([f])
                    with self.subTest(way=name, error=error):
                        future = way(self.failed(error))
                        # (that of all_settled() is a success, and adopted all the same)
                        self.assertIs(future.exception(DEADLINE), error)

    def test_variants(self):
        variant = GLib.Variant('(si)', ('a', 1))
        for name, way in self.ways().items():
            with self.subTest(way=name):
                # As a result of C it is unpacked, as one of Python's it is as it was.
                future = way(GFutures.Future.new_for_variant(variant))
                self.assertEqual(future.result(DEADLINE), ('a', 1))
                future = way(self.settled(variant))
                self.assertIs(future.result(DEADLINE), variant)


def other_then(future):
    result = GFutures.Future()
    derived = future.then(lambda value: result)
    result.set_result(future.result())
    return derived


def settle(promise, value):
    promise.set_result(value)
    return promise


def raise_(error):
    raise error


if __name__ == '__main__':
    tap.main()

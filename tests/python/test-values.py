# test-values.py - values that cross between languages: there, back, and by which type
#
# SPDX-License-Identifier: LGPL-2.1-or-later
import array
import concurrent.futures
import os
import sys
import unittest
from datetime import date, datetime, timedelta, timezone

import gi

gi.require_version('GFutures', '1')
from gi.repository import Gio, GLib, GFutures

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import tap
from loop_support import DEADLINE

UTC = timezone.utc
EAST = timezone(timedelta(hours=5, minutes=30))
HERE = 'test-values'

# What arrives as it went, and the type that it travels as.
SAME = [
    (None, 'mv'), (True, 'b'), (False, 'b'), (0, 'x'), (-1 << 63, 'x'), ((1 << 63) - 1, 'x'), (1 << 63, 't'),
    ((1 << 64) - 1, 't'), (0.5, 'd'), (float('inf'), 'd'), ('', 's'), ('zwölf 😀', 's'), (b'', 'ay'),
    (b'\0\xff', 'ay'), (bytes(300000), 'ay'), ([], 'av'), ([1, 'two', [None, 3.5]], 'av'), ({}, 'a{sv}'),
    ({'': 1, 'b': {'c': []}}, 'a{sv}'),
    ({1: 'one', 'two': 2, None: [3]}, 'a(vv)'), ({(1, ('a', 2)): 'tuple', b'bytes': {}}, 'a(vv)'),
    ({2.5: {3: {4: 5}}}, 'a(vv)'), ({datetime(2000, 1, 1, tzinfo=UTC): 1}, 'a(vv)'),
    (datetime(2024, 2, 29, 12, 30, 15, 123456, UTC), '(mx)'), (datetime(1970, 1, 1, tzinfo=UTC), '(mx)'),
    (datetime(1969, 12, 31, 23, 59, 59, 999999, UTC), '(mx)'), (datetime.min.replace(tzinfo=UTC), '(mx)'),
    (datetime.max.replace(tzinfo=UTC), '(mx)'), ([datetime(1999, 1, 1, tzinfo=UTC)], 'av'),
]

# What does not: what it arrives as.
OTHERS = [
    ((1, (2, 'three')), 'av', [1, [2, 'three']]), (bytearray(b'abc'), 'ay', b'abc'),
    (memoryview(b'abc')[1:], 'ay', b'bc'),
    (GLib.Bytes(b'bytes'), 'ay', b'bytes'), (array.array('d', [1.5, -2]), 'ad', [1.5, -2.0]),
    (array.array('f', [0.25]), 'ad', [0.25]), (array.array('b', [-1, 1]), 'an', [-1, 1]),
    (array.array('H', [65535]), 'aq', [65535]), (array.array('q', [1 << 40]), 'ax', [1 << 40]),
    (array.array('B', b'abc'), 'ay', b'abc'),
    (datetime(2024, 1, 1, 0, 30, tzinfo=EAST), '(mx)', datetime(2023, 12, 31, 19, 0, tzinfo=UTC)),
]


# What the worker calls

def echo(value):
    return value


def is_exactly(value, text):
    return f'{type(value).__name__} {value!r}' == text


def get_message(exception):
    return [type(exception).__name__, str(exception), str(exception.__cause__)]


def count(*arguments):
    return len(arguments)


def fail_and_return():
    try:
        return {}['missing']
    except KeyError as error:
        return [error]


def explain():
    error = ValueError('why')
    error.add_note('a note')
    raise error


def make(what):
    contained = {'a': []}
    contained['a'].append(contained)
    return {'function': {'b': [1, echo]}, 'key': [{'a': 1}, {1: 2, echo: 3}], 'itself': contained,
            'naive': [datetime(2024, 1, 1)], 'large': {'n': 1 << 64}, 'text': ['a\0b']}[what]


def raised(exception):
    try:
        raise exception
    except BaseException as error:
        return error


def nest(depth, wrap):
    value = 'inside'
    for _ in range(depth):
        value = wrap(value)
    return value


class Variants(unittest.TestCase):
    """By a function of this process's: what it is given, is seen."""

    def setUp(self):
        self.seen = []
        GFutures.function_register('values.see', self.see)
        self.pool = GFutures.ThreadPoolExecutor(1)
        self.addCleanup(self.pool.shutdown)

    def see(self, arguments, promise):
        self.seen.append(arguments)
        return arguments.get_child_value(0) if arguments.is_of_type(GLib.VariantType('r')) else arguments

    def send(self, *arguments):
        """What it arrives as, and the type of the arguments."""
        value = self.pool.call('values.see', *arguments).result(DEADLINE)
        return value, self.seen.pop().get_type_string()

    def assertArrives(self, value, expected):
        self.assertEqual(value, expected)
        self.assertIs(type(value), type(expected))

    def test_same(self):
        for value, kind in SAME:
            with self.subTest(str(value)[:40]):
                arrived, sent = self.send(value)
                self.assertEqual(sent, f'({kind})')
                self.assertArrives(arrived, value)

    def test_others(self):
        for value, kind, expected in OTHERS:
            with self.subTest(str(value)[:40]):
                arrived, sent = self.send(value)
                self.assertEqual(sent, f'({kind})')
                self.assertArrives(arrived, expected)

    def test_variants(self):
        def get(text):
            return GFutures.Future.new_for_variant(GLib.Variant.parse(None, text, None, None)).result(0)

        for text, expected in [
                ('@(mx) (nothing,)', None), ('@(mx) (1500000,)', datetime(1970, 1, 1, 0, 0, 1, 500000, UTC)),
                ('@a(mx) [(0,)]', [datetime(1970, 1, 1, tzinfo=UTC)]), ('@(ms) (nothing,)', (None,)), ('(7,)', (7,)),
                ('@a(vv) []', {}), ('[(<1>, <"a">), (<"b">, <2>)]', {1: 'a', 'b': 2}),
                ('[(<[<1>, <[2]>]>, <"a">)]', {(1, (2,)): 'a'}), ('{1: "one"}', {1: 'one'}),
                # No dict has these keys.
                ('[(<{"a": <1>}>, <"a">), (<[3]>, <"b">)]', [({'a': 1}, 'a'), ([3], 'b')]),
                ('[(<1>, <"a">), (<true>, <"b">)]', [(1, 'a'), (True, 'b')]),
                ('handle 3', 3)]:
            with self.subTest(text):
                self.assertArrives(get(text), expected)
        with self.assertRaisesRegex(OverflowError, '8640000000000000000 µs'):
            get('@(mx) (8640000000000000000,)')

    def test_arguments_are_no_value(self):
        self.assertEqual(self.send(GLib.Variant('(mx)', (5,)))[1], '(mx)')
        self.assertEqual(self.send(datetime(1970, 1, 1, tzinfo=UTC))[1], '((mx))')
        self.assertEqual(self.send(GLib.Variant('i', 5)), (5, 'i'))
        self.assertEqual(self.send(1, GLib.Variant('i', 5)), (1, '(xi)'))

    def test_exception(self):
        error, kind = self.send(ValueError('too small'))
        self.assertEqual(kind, '((sisms))')
        self.assertIsInstance(error, GFutures.RemoteError)
        self.assertEqual(str(error), 'ValueError: too small')
        self.assertIsNone(error.__cause__)

    def test_exception_has_its_traceback(self):
        error, _ = self.send([raised(ValueError('zero \0, half \ud800'))])
        self.assertEqual(str(error[0]), 'ValueError: zero \\0, half \\ud800')
        text = str(error[0].__cause__)
        self.assertIn('in raised\n', text)
        # As it came, however far it goes.
        self.assertEqual(str(self.send(error[0])[0].__cause__), text)

    def test_exception_keeps_its_class(self):
        for sent in GFutures.WorkerDied('gone'), GFutures.TimedOut('late'), GFutures.RemoteError('Name: text'):
            arrived, _ = self.send(raised(sent))
            self.assertIs(type(arrived), type(sent))
            self.assertEqual(str(arrived), str(sent))
        arrived, _ = self.send(GLib.Error('busy', 'g-io-error-quark', 26))
        self.assertTrue(arrived.matches(Gio.io_error_quark(), Gio.IOErrorEnum.BUSY))
        self.assertEqual(arrived.message, 'busy')
        arrived, _ = self.send(GFutures.CancelledError())
        self.assertTrue(arrived.matches(Gio.io_error_quark(), Gio.IOErrorEnum.CANCELLED))

    def test_exception_with_notes(self):
        error = ValueError('message')
        if not hasattr(error, 'add_note'):
            self.skipTest('this Python has no notes')
        error.add_note('note')
        self.assertEqual(str(self.send(error)[0]), 'ValueError: message')

    def assertRefused(self, expected, *arguments, error=TypeError):
        with self.assertRaises(error) as caught:
            self.pool.call('values.see', *arguments)
        self.assertEqual(str(caught.exception), expected)

    def test_refused(self):
        class Unprintable:
            def __repr__(self):
                raise RuntimeError

        async def coroutine():
            pass

        started = coroutine()
        self.addCleanup(started.close)
        for value, what in [
                (echo, 'functions'), (len, 'functions'), (self.test_refused, 'functions'), (int, 'classes'),
                (started, 'futures cannot be sent, but what they come to'),
                (concurrent.futures.Future(), 'futures cannot be sent, but what they come to'),
                (GFutures.Future(), 'futures cannot be sent, but what they come to'),
                ({1, 2}, 'a value of the type set'), (1j, 'a value of the type complex'),
                (date(2024, 1, 1), 'a value of the type date'), (Unprintable(), 'a value of the type Unprintable'),
                (Gio.Cancellable(), 'a value of the type Cancellable'),
                (array.array('u', 'text'), "an array of the type code 'u'")]:
            if 'cannot' not in what:
                what += ' cannot be sent'
            self.assertRefused(f'args[0]: {what}', value)
            self.assertRefused(f"args[1]['b'][2]: {what}", None, {'a': 1, 'b': [0, [1], value]})
            self.assertRefused(f'args[0][(1, 2)][None]: {what}', {'a': {1: 2}, (1, 2): {None: value}})
        self.assertRefused('list(args[0][1])[2]: functions cannot be sent', [0, {1: 2, 'a': 3, echo: 4}])
        self.assertRefused('list(args[0])[0][1]: functions cannot be sent', {(1, echo): 4})
        self.assertRefused(f'args[0][{"x" * 100!r:.60}…]: functions cannot be sent', {'x' * 100: echo})

    def test_naive_datetime(self):
        with self.assertRaisesRegex(TypeError, r"^args\[0\]\['at'\]: .*time zone.*astimezone\(\)"):
            self.pool.call('values.see', {'at': datetime(2024, 1, 1)})
        self.assertIsInstance(self.send(datetime(2024, 1, 1).astimezone())[0], datetime)

    def test_refused_numbers(self):
        for value in 1 << 64, (-1 << 63) - 1:
            self.assertRefused(f'args[0][1]: {value} does not fit into 64 bits', [1, value], error=OverflowError)
        self.assertRefused('args[0]: an integer of 40001 bits does not fit into 64 bits', 1 << 40000,
                           error=OverflowError)

    def test_refused_text(self):
        zero, half = 'a str with a zero character cannot be sent', 'a str with half a surrogate pair cannot be sent'
        self.assertRefused(f'args[0][0]: {zero}', ['a\0b'], error=ValueError)
        self.assertRefused(f'args[0][0]: {half}', ['\ud800'], error=ValueError)
        self.assertRefused(f'list(args[0])[1]: {zero}', {'a': 1, 'a\0b': 2}, error=ValueError)
        self.assertRefused(f'list(args[0])[1]: {half}', {'a': 1, '\udfff': 2}, error=ValueError)

    def test_what_contains_itself(self):
        value = [1, {'a': []}]
        value[1]['a'].append(value)
        self.assertRefused("args[0][1]['a'][0]: a list that contains itself cannot be sent", value)
        value = {}
        value[2] = value
        self.assertRefused('args[1][2]: a dict that contains itself cannot be sent', 1, value)
        # Twice in the same is no circle.
        twice = [1]
        self.assertEqual(self.send([twice, twice])[0], [[1], [1]])

    def test_deep(self):
        for wrap, most in (lambda v: [v], 60), (lambda v: {'k': v}, 40), (lambda v: {1: v}, 40), \
                (lambda v: [{1: v}], 24):
            value = nest(most, wrap)
            self.assertEqual(self.send(value)[0], value)
            with self.assertRaisesRegex(TypeError, r"^args\[0\]\[(0|'k'|1)\].*: values nested deeper"):
                self.pool.call('values.see', nest(most + 1, wrap))
        with self.assertRaisesRegex(TypeError, 'nested deeper'):
            self.pool.call('values.see', nest(10000, lambda v: [v]))


class Worker(unittest.TestCase):
    """By another interpreter"""

    @classmethod
    def setUpClass(cls):
        cls.pool = GFutures.ProcessPoolExecutor(1)

    @classmethod
    def tearDownClass(cls):
        cls.pool.shutdown()

    def call(self, function, *arguments):
        return self.pool.call(f'{HERE}:{function}', *arguments).result(DEADLINE)

    def test_there_and_back(self):
        for value, _kind in SAME:
            with self.subTest(str(value)[:40]):
                arrived = self.call('echo', value)
                self.assertEqual(arrived, value)
                self.assertIs(type(arrived), type(value))
                self.assertTrue(self.call('is_exactly', value, f'{type(value).__name__} {value!r}'))

    def test_others(self):
        for value, _kind, expected in OTHERS:
            with self.subTest(str(value)[:40]):
                self.assertEqual(self.call('echo', value), expected)
                self.assertTrue(self.call('is_exactly', value, f'{type(expected).__name__} {expected!r}'))

    def test_deep(self):
        for value in nest(60, lambda v: [v]), nest(40, lambda v: {'k': v}), nest(40, lambda v: {1: v}):
            self.assertEqual(self.call('echo', value), value)

    def test_arguments_are_no_value(self):
        self.assertEqual(self.call('echo', GLib.Variant('(mx)', (5,))), 5)
        self.assertEqual(self.call('count', GLib.Variant('(sisms)', ('a', 1, 'b', None))), 4)
        self.assertEqual(self.call('count', ValueError('one')), 1)

    def test_exceptions(self):
        self.assertEqual(self.call('get_message', ValueError('too small')),
                         ['RemoteError', 'ValueError: too small', 'None'])
        name, message, text = self.call('get_message', raised(GFutures.WorkerDied('gone')))
        self.assertEqual((name, message), ('WorkerDied', 'gone'))
        self.assertIn('in raised\n', text)
        error, = self.call('fail_and_return')
        self.assertEqual(str(error), "KeyError: 'missing'")
        self.assertIn('in fail_and_return\n', str(error.__cause__))
        self.assertIsInstance(self.call('echo', GFutures.MessageTooLarge('large')), GFutures.MessageTooLarge)

    @unittest.skipUnless(hasattr(ValueError, 'add_note'), 'this Python has no notes')
    def test_message_is_without_notes(self):
        future = self.pool.call(f'{HERE}:explain')
        self.assertIsInstance(future.exception(DEADLINE), ValueError)
        self.assertEqual(future.get_error().message, 'ValueError: why')

    def test_results_that_cannot_be_sent(self):
        for what, kind, expected in [
                ('function', TypeError, "result['b'][1]: functions cannot be sent"),
                ('key', TypeError, 'list(result[1])[1]: functions cannot be sent'),
                ('itself', TypeError, "result['a'][0]: a dict that contains itself cannot be sent"),
                ('naive', TypeError, 'result[0]: a datetime without a time zone cannot be sent'),
                ('large', OverflowError, f"result['n']: {1 << 64} does not fit into 64 bits"),
                ('text', ValueError, 'result[0]: a str with a zero character cannot be sent')]:
            with self.subTest(what):
                with self.assertRaises(kind) as caught:
                    self.call('make', what)
                self.assertTrue(str(caught.exception).startswith(expected), str(caught.exception))
                # The binding's own frames say nothing.
                self.assertNotIn('_values', str(caught.exception.__cause__))


if __name__ == '__main__':
    tap.main()

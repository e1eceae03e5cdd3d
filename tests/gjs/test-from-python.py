#!/usr/bin/python3
# test-from-python.py - the functions of a JavaScript module, called from Python
#
# SPDX-License-Identifier: LGPL-2.1-or-later
import datetime
import pathlib
import sys
import unittest

folder = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(folder.parent / 'python'))

import gi  # noqa: E402
gi.require_version('GFutures', '1')
from gi.repository import GFutures, GLib  # noqa: E402

import tap  # noqa: E402

SERVE = "imports.gi.versions.GFutures = '1'; imports.system.exit(imports.gi.GFutures.serve(ARGV[0]));"


class FromPython(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.pool = GFutures.ProcessPoolExecutor(1, worker_argv=['gjs', '-c', SERVE, (folder / 'tasks.js').as_uri()])

    @classmethod
    def tearDownClass(cls):
        cls.pool.shutdown()

    def call(self, name, *args):
        return self.pool.call(name, *args).result(60)

    def test_functions(self):
        self.assertEqual(self.call('add', 1, 2), 3)
        self.assertEqual(self.call('add', 'a', 'b'), 'ab')
        self.assertIsNone(self.call('noop'))
        self.assertEqual(self.call('later', {'a': [1, None]}), {'a': [1, None]})
        self.assertEqual(self.call('default'), 'the default export')

    def test_values(self):
        now = datetime.datetime(2026, 2, 3, 4, 5, 6, 789000, datetime.timezone.utc)
        for value in (None, True, 0, -1, 2 ** 53, 2 ** 63 - 1, 2 ** 64 - 1, 0.5, '', 'ünïcode 😀', b'', b'bytes',
                      bytes(range(256)) * 1000, [], [1, 'a', None, [b'x']], {}, {'a': 1, 'b': {'c': [0.5]}},
                      {1: 'a', 'b': 2, 2.5: None}, now):
            self.assertEqual(self.call('echo', value), value)
        self.assertEqual(self.call('describe', {1: 2}), '[object Map]')
        self.assertEqual(self.call('describe', now), '[object Date]')
        self.assertEqual(self.call('describe', b'bytes'), '[object Uint8Array]')
        self.assertEqual(self.call('describe', ValueError('x')), '[object Error]')
        error = self.call('echo', ValueError('a value'))
        self.assertIsInstance(error, GFutures.RemoteError)
        self.assertEqual(error.message, 'ValueError: a value')

    def test_errors(self):
        with self.assertRaises(GFutures.RemoteError) as caught:
            self.call('fail', 'type')
        self.assertEqual(str(caught.exception), 'TypeError: a type error')
        self.assertIn('tasks.js', str(caught.exception.__cause__))
        with self.assertRaises(GLib.Error) as caught:
            self.call('fail', 'gerror')
        self.assertEqual(caught.exception.message, 'not empty')
        with self.assertRaises(GFutures.UnknownFunction):
            self.call('missing')
        with self.assertRaises(GFutures.WorkerDied):
            self.call('exit', 3)
        self.assertEqual(self.call('add', 1, 1), 2)

    def test_progress(self):
        future = self.pool.call('count', 3)
        self.assertEqual(future.result(60), 3)
        self.assertEqual((future.props.progress, future.props.status), (1, '3 of 3'))


if __name__ == '__main__':
    tap.main()

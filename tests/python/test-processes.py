# test-processes.py - the process pool from Python, and as a worker in Python
#
# The program is its own worker: an interpreter that runs it again.
#
# SPDX-License-Identifier: LGPL-2.1-or-later
import mmap
import os
import signal
import sys
import unittest

import gi

gi.require_version('GFutures', '1')
from gi.repository import Gio, GLib, GFutures

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import tap
from loop_support import DEADLINE, turn_until


def serve():
    def square(arguments, promise):
        return GLib.Variant('i', arguments.unpack()[0] ** 2)

    def fail(arguments, promise):
        raise GLib.Error('no such thing', GLib.quark_to_string(Gio.io_error_quark()), Gio.IOErrorEnum.NOT_FOUND)

    def explain(arguments, promise):
        error = GLib.Error('explained', GLib.quark_to_string(GFutures.FutureError.quark())
                           if hasattr(GFutures.FutureError, 'quark') else 'gf-future-error-quark', 8)
        GFutures.error_set_remote_traceback(error, 'File "worker", line 1')
        raise error

    def die(arguments, promise):
        os.kill(os.getpid(), signal.SIGKILL)

    def echo(arguments, promise):
        promise.set_progress(0.5, 'half')
        print('a worker may print', file=sys.stderr)
        return arguments

    def hang(arguments, promise):
        promise.set_progress(0, 'hangs')
        signal.pause()

    for name, function in list(locals().items()):
        GFutures.function_register('py.' + name, function)
    return GFutures.worker_run(sys.argv)


class Processes(unittest.TestCase):
    def setUp(self):
        self.pool = GFutures.ProcessPoolExecutor.new(
            1, [sys.executable, os.path.abspath(__file__)])

    def tearDown(self):
        self.pool.shutdown()

    def result(self, future):
        """The result as a variant."""
        future.result(DEADLINE)
        return future.get_variant()

    def test_call(self):
        self.assertEqual(self.result(self.pool.call('py.square', GLib.Variant('(i)', (12,)))).unpack(), 144)
        self.assertEqual(self.pool.call('py.square', 12).result(DEADLINE), 144)

    def test_map(self):
        items = GLib.Variant('a(i)', [(i,) for i in range(100)])
        squares = self.result(self.pool.map('py.square', items, chunksize=10))
        self.assertEqual(squares.unpack(), [i * i for i in range(100)])

    def test_error_crosses(self):
        with self.assertRaises(GLib.Error) as raised:
            self.result(self.pool.call('py.fail'))
        self.assertTrue(raised.exception.matches(Gio.io_error_quark(), Gio.IOErrorEnum.NOT_FOUND))
        self.assertEqual(raised.exception.message, 'no such thing')

    def test_traceback_crosses(self):
        future = self.pool.call('py.explain')
        with self.assertRaises(GLib.Error) as raised:
            self.result(future)
        self.assertIsInstance(raised.exception, GFutures.RemoteError)
        self.assertIn('line 1', str(raised.exception.__cause__))
        self.assertIn('line 1', GFutures.error_get_remote_traceback(future.get_error()))

    def test_death_loses_one_task(self):
        with self.assertRaises(GLib.Error) as raised:
            self.result(self.pool.call('py.die'))
        self.assertIsInstance(raised.exception, GFutures.WorkerDied)
        self.assertEqual(raised.exception.domain, 'gf-future-error-quark')
        self.assertEqual(raised.exception.code, GFutures.FutureError.WORKER_DIED)
        self.assertIn('py.die', raised.exception.message)
        self.test_call()

    def test_signals(self):
        seen = []
        self.pool.connect('worker-started', lambda pool, pid: seen.append(pid))
        self.pool.connect('worker-exited', lambda pool, pid, status: seen.append((pid, status)))
        future = self.pool.call('py.hang')
        turn_until(lambda: future.dup_status() == 'hangs')
        pids = self.pool.get_worker_pids()
        self.assertEqual(len(pids), 1)
        self.pool.kill_workers()
        turn_until(lambda: len(seen) == 2)
        self.assertIsInstance(future.exception(DEADLINE), GFutures.WorkerDied)
        self.assertEqual(seen, [pids[0], (pids[0], signal.SIGKILL)])

    def test_serialized(self):
        argument = GLib.Variant('(i)', (7,))
        future = self.pool.call_serialized(0, 'py.square', '(i)', argument.get_data_as_bytes().get_data())
        self.assertEqual(future.result(DEADLINE), 49)
        data, kind = future.get_serialized()
        self.assertEqual(kind, 'i')
        self.assertEqual(int.from_bytes(data.get_data(), sys.byteorder), 49)

    def test_local_buffer(self):
        buffer = GFutures.Buffer.new_local(8)
        self.assertTrue(buffer.write(0, b'loca'))
        self.assertTrue(buffer.write(4, b'l it'))
        self.assertRaises(GLib.Error, buffer.write, 5, b'l it')
        future = buffer.send_call(self.pool, 0, 'py.echo', 'ay')
        self.assertEqual(bytes(self.result(future)), b'local it')
        self.assertEqual(buffer.seal().get_size(), 0)

        promise = GFutures.Promise.new()
        buffer = GFutures.Buffer.new_local(2)
        buffer.write(0, b'n\0')
        self.assertTrue(buffer.send_result(promise, 's'))
        self.assertEqual(promise.get_variant().get_string(), 'n')

    def test_buffer(self):
        size = 1 << 20
        buffer = GFutures.Buffer.new(size)
        fd = buffer.dup_fd()
        with mmap.mmap(fd, size) as memory:
            memory[:4] = b'data'
        os.close(fd)
        argument = GLib.Variant.new_from_bytes(GLib.VariantType('ay'), buffer.seal(), True)
        answer = self.result(self.pool.call('py.echo', argument)).get_data_as_bytes().get_data()
        self.assertEqual(len(answer), size)
        self.assertEqual(answer[:5], b'data\0')

    def test_every_size_over_every_transport(self):
        for properties in {'launcher': ['env']}, {'transport': GFutures.WorkerTransport.STDIO}, {}:
            with GFutures.ProcessPoolExecutor(1, **properties) as pool:
                for size in 0, 1000, 128 * 1024 - 1, 128 * 1024, 200_000, 5_000_000:
                    for kind in bytes, bytearray:
                        self.assertEqual(pool.submit(len, kind(size)).result(DEADLINE), size)
                        result = pool.submit(kind, size).result(DEADLINE)
                        self.assertEqual((type(result), len(result)), (kind, size))

    def test_closure_is_refused(self):
        future = self.pool.submit_full(0, None, lambda promise: None)
        with self.assertRaises(GLib.Error) as raised:
            future.result(DEADLINE)
        self.assertTrue(raised.exception.matches(Gio.io_error_quark(), Gio.IOErrorEnum.NOT_SUPPORTED))

    def test_properties(self):
        pool = GFutures.ProcessPoolExecutor(max_workers=3, max_retries=2, launcher=['env'],
                                            worker_argv=[sys.executable, __file__],
                                            initializer='py.square',
                                            initializer_arguments=GLib.Variant('(i)', (1,)))
        self.assertEqual(pool.props.max_workers, 3)
        self.assertEqual(pool.props.max_retries, 2)
        self.assertEqual(pool.props.launcher, ['env'])
        self.assertEqual(pool.props.worker_argv, [sys.executable, __file__])
        self.assertEqual(pool.props.initializer, 'py.square')
        self.assertEqual(pool.props.transport, GFutures.WorkerTransport.AUTO)
        self.assertEqual(pool.props.initializer_arguments.unpack(), (1,))


if __name__ == '__main__':
    if GFutures.worker_requested():
        sys.exit(serve())
    tap.main()

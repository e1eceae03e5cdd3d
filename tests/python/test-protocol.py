# test-protocol.py - a worker that was written from the manual alone
#
# SPDX-License-Identifier: LGPL-2.1-or-later
import os
import re
import struct
import sys
import unittest

import gi

gi.require_version('GFutures', '1')
from gi.repository import Gio, GLib, GFutures

FOLDER = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, FOLDER)
import tap
from loop_support import DEADLINE, turn_until

SECOND = 1000000
WORKER = ['/usr/bin/python3', os.path.join(FOLDER, 'process-worker.py')]
MANUAL = os.path.join(FOLDER, '..', '..', 'docs', 'reference', 'protocol.xml')
FUTURE_ERROR = GFutures.future_error_quark()
IO_ERROR = Gio.io_error_quark()


def byte_array(data):
    return GLib.Variant.new_from_bytes(GLib.VariantType('ay'), GLib.Bytes(data), True)


class PoolCase(unittest.TestCase):
    transport = GFutures.WorkerTransport.AUTO

    def create(self, **properties):
        pool = GFutures.ProcessPoolExecutor.new(properties.pop('max_workers', 1), WORKER)
        pool.set_property('transport', self.transport)
        for name, value in properties.items():
            pool.set_property(name.replace('_', '-'), value)
        self.addCleanup(pool.shutdown, cancel_futures=True)
        return pool

    def result(self, future):
        """The result of a call, as a variant; raises its error."""
        self.assertTrue(future.wait(DEADLINE * SECOND, None))
        future.result(0)
        return future.get_variant()

    def call(self, pool, function, *arguments):
        return self.result(pool.call(function, *arguments))

    def assertFails(self, domain, code, future):
        with self.assertRaises((GLib.Error, GFutures.CancelledError)):
            self.result(future)
        error = future.get_error()
        self.assertTrue(error.matches(domain, code), f'{error.domain} {error.code}: {error.message}')
        return error

    def assertServes(self, pool):
        self.assertEqual(self.call(pool, 'add', GLib.Variant('(xx)', (20, 22))).unpack(), 42)


class SocketTest(PoolCase):
    def setUp(self):
        self.pool = self.create()

    def test_call(self):
        self.assertServes(self.pool)
        future = self.pool.call('add', GLib.Variant('(xx)', (-1, 1 << 40)))
        done = []
        future.connect('done', done.append)
        turn_until(lambda: done)
        self.assertEqual(future.get_variant().unpack(), (1 << 40) - 1)

    def test_nothing(self):
        future = self.pool.call('nothing')
        self.assertIsNone(future.result(DEADLINE))
        self.assertEqual(future.get_state(), GFutures.FutureState.SUCCEEDED)

    def test_values_come_back_as_they_went(self):
        for text in ['true', 'byte 0xff', 'int16 -7', 'uint16 7', 'int32 -7', 'uint32 7', 'int64 -7', 'uint64 7',
                     '0.25', '"text"', '""', '@ay []', '@ax [1, 2, 3]', '@as []', '["one", "two", ""]', '()', '(1,)',
                     '("a", byte 1, "b", int64 2, "c")', '@ms nothing', '@ms "x"', '@mx 5',
                     '<"inner">', '<(1, <2.0>)>', '{"a": <1>, "b": <["x"]>}', '{int16 1: "one"}',
                     '[(byte 1, int64 2), (3, 4)]', '[<1>, <"two">, <()>]', '@a() [(), ()]', '@a(say) [("", b"x")]',
                     '[[1, 2], [], [3]]', repr(['x' * i for i in range(30)]), repr(['y' * 70000] * 2)]:
            value = GLib.Variant.parse(None, text, None, None)
            back = self.call(self.pool, 'echo', value)
            self.assertEqual(back.get_type_string(), value.get_type_string())
            self.assertTrue(back.equal(value), text[:60])

    def test_unknown_function_is_named(self):
        error = self.assertFails(FUTURE_ERROR, GFutures.FutureError.UNKNOWN_FUNCTION,
                                 self.pool.call('no.such-function'))
        self.assertIn('no.such-function', error.message)
        self.assertServes(self.pool)

    def test_error_has_the_traceback(self):
        future = self.pool.call('fail', GLib.Variant('(s)', ('out of luck',)))
        error = self.assertFails(FUTURE_ERROR, GFutures.FutureError.REMOTE, future)
        self.assertIn('RuntimeError: out of luck', error.message)
        text = GFutures.error_get_remote_traceback(future.get_error())
        self.assertIn('Traceback (most recent call last)', text)
        self.assertIn('in fail\n', text)
        self.assertServes(self.pool)

    def test_error_keeps_its_domain(self):
        future = self.pool.call('fail-with', GLib.Variant('(sis)', ('g-io-error-quark', 26, 'too busy')))
        error = self.assertFails(IO_ERROR, Gio.IOErrorEnum.BUSY, future)
        self.assertEqual(error.message, 'too busy')
        self.assertIsNone(GFutures.error_get_remote_traceback(future.get_error()))

        future = self.pool.call('fail-with', GLib.Variant('(sis)', ('some-domain-quark', -5, 'a message')))
        with self.assertRaises(GLib.Error) as caught:
            self.result(future)
        self.assertEqual((caught.exception.domain, caught.exception.code, caught.exception.message),
                         ('some-domain-quark', -5, 'a message'))

    def test_progress(self):
        future = self.pool.call('count', GLib.Variant('(u)', (100,)))
        notified, done = [], []
        future.connect('notify::progress', lambda f, pspec: notified.append(f.get_progress()))
        future.connect('done', done.append)
        turn_until(lambda: done)
        self.assertEqual(future.get_variant().unpack(), 100)
        self.assertGreaterEqual(len(notified), 1)
        self.assertEqual(notified, sorted(notified))
        self.assertEqual(future.get_progress(), 1.0)
        self.assertEqual(future.dup_status(), '100 of 100')

    def test_cancel(self):
        pid = self.call(self.pool, 'pid').unpack()
        future = self.pool.call('until-cancelled')
        turn_until(lambda: future.dup_status() == 'waits')
        self.assertTrue(future.is_running())
        self.assertTrue(future.cancel_running())
        self.assertFails(IO_ERROR, Gio.IOErrorEnum.CANCELLED, future)
        # It stopped by itself: the worker lives.
        self.assertEqual(self.call(self.pool, 'pid').unpack(), pid)

    def test_who_does_not_hear_the_cancel_is_killed(self):
        self.pool.set_property('cancel-grace', 20)
        exited = []
        self.pool.connect('worker-exited', lambda pool, pid, status: exited.append((pid, status)))
        pid = self.call(self.pool, 'pid').unpack()
        future = self.pool.call('deaf')
        turn_until(lambda: future.dup_status() == 'waits')
        self.assertTrue(future.cancel_running())
        self.assertNotEqual(self.call(self.pool, 'pid').unpack(), pid)
        turn_until(lambda: exited)
        self.assertEqual(len(exited), 1)
        self.assertTrue(os.WIFSIGNALED(exited[0][1]))
        self.assertEqual(os.WTERMSIG(exited[0][1]), 9)

    def test_map(self):
        n = 1000
        for chunk_size in 0, 1, 7, n:
            future = self.pool.map('square', GLib.Variant('ax', range(n)), chunk_size)
            value = self.result(future)
            self.assertEqual(value.get_type_string(), 'ax')
            self.assertEqual(value.unpack(), [i * i for i in range(n)])
            self.assertEqual(future.get_progress(), 1.0)

    def test_map_of_several_types(self):
        value = self.result(self.pool.map('odd', GLib.Variant('ax', [1, 2, 3, 4]), 2))
        self.assertEqual(value.get_type_string(), 'av')
        self.assertEqual(value.unpack(), ['odd', 2, 'odd', 4])
        value = self.result(self.pool.map('odd', GLib.Variant('ax', [1, 2, 3, 4]), 1))
        self.assertEqual(value.get_type_string(), 'av')
        value = self.result(self.pool.map('nothing', GLib.Variant('as', ['a', 'b']), 0))
        self.assertEqual(value.get_type_string(), 'a()')
        value = self.result(self.pool.map('echo', GLib.Variant('av', [GLib.Variant('i', 1), GLib.Variant('s', '')]), 1))
        self.assertEqual(value.get_type_string(), 'av')
        self.assertEqual(value.unpack(), [1, ''])

    def test_map_fails_with_the_first_error(self):
        future = self.pool.map('fail', GLib.Variant('a(s)', [('one',), ('two',)]), 2)
        error = self.assertFails(FUTURE_ERROR, GFutures.FutureError.REMOTE, future)
        self.assertIn('one', error.message)
        self.assertServes(self.pool)

    def test_part_to_the_worker(self):
        data = bytes(range(256)) * 4096
        value = self.call(self.pool, 'total', GLib.Variant.new_tuple(byte_array(data)))
        self.assertEqual(value.unpack(), 4096 * 255 * 128)

    def test_part_from_the_worker(self):
        for n in 1, 4095, 4096, 4097, 1000001:
            value = self.call(self.pool, 'make-bytes', GLib.Variant('(uu)', (n, 3)))
            self.assertEqual(value.get_type_string(), '(say)')
            self.assertEqual(value.get_child_value(0).unpack(), 'bytes')
            data = value.get_child_value(1).get_data_as_bytes().get_data()
            self.assertEqual(data, bytes((3 + i) & 255 for i in range(n)))

    def test_parts_at_any_depth(self):
        large = byte_array(os.urandom(300000))
        small = byte_array(b'small')
        other = byte_array(os.urandom(70001))
        value = GLib.Variant.new_tuple(
            GLib.Variant('s', 'deep'),
            GLib.Variant.new_array(GLib.VariantType('{sv}'), [
                GLib.Variant.new_dict_entry(GLib.Variant('s', 'a'), GLib.Variant.new_variant(large)),
                GLib.Variant.new_dict_entry(GLib.Variant('s', 'b'), GLib.Variant.new_variant(small)),
                GLib.Variant.new_dict_entry(GLib.Variant('s', 'c'), GLib.Variant.new_variant(
                    GLib.Variant.new_maybe(GLib.VariantType('ay'), other)))]),
            large)
        back = self.call(self.pool, 'echo', value)
        self.assertEqual(back.get_type_string(), '(sa{sv}ay)')
        self.assertEqual(back.get_data_as_bytes().get_data(), value.get_data_as_bytes().get_data())

    def test_part_of_a_buffer(self):
        data = os.urandom(200000)
        buffer = GFutures.Buffer.new(len(data))
        fd = buffer.dup_fd()
        os.pwrite(fd, data, 0)
        os.close(fd)
        value = GLib.Variant.new_from_bytes(GLib.VariantType('ay'), buffer.seal(), True)
        self.assertEqual(self.call(self.pool, 'total', GLib.Variant.new_tuple(value)).unpack(), sum(data))

    def test_many_requests(self):
        pool = self.create(max_workers=2)
        futures = [pool.call('add', GLib.Variant('(xx)', (i, i))) for i in range(500)]
        self.assertEqual([self.result(future).unpack() for future in futures], [2 * i for i in range(500)])

    def test_print(self):
        # The standard output of this program speaks TAP: a comment.
        self.assertIsNone(self.pool.call('say', '# from a worker\n').result(DEADLINE))
        self.assertServes(self.pool)

    def test_worker_that_exits(self):
        error = self.assertFails(FUTURE_ERROR, GFutures.FutureError.WORKER_DIED,
                                 self.pool.call('leave', GLib.Variant('(i)', (3,))))
        self.assertIn('status 3', error.message)
        self.assertIn('leave', error.message)
        self.assertIn('the last words', error.message)
        self.assertServes(self.pool)

    def test_end_in_the_middle_of_a_frame(self):
        self.assertFails(FUTURE_ERROR, GFutures.FutureError.WORKER_DIED,
                         self.pool.call('lie', GLib.Variant('(s)', ('half',))))
        self.assertServes(self.pool)

    def test_wrong_answers(self):
        accepted = []
        for name in ['magic', 'version', 'frame-type', 'request', 'byte-order', 'id', 'name-length', 'type-length',
                     'table-length', 'table-odd', 'payload-length', 'payload-without-type', 'type-string',
                     'two-types', 'handle', 'size', 'not-normal', 'part-length', 'part-flags', 'part-descriptor',
                     'part-path', 'part-path-length', 'part-type', 'part-strings', 'part-odd',
                     'part-twice', 'progress-type', 'error-type', 'hello-again']:
            future = self.pool.call('lie', GLib.Variant('(s)', (name,)))
            # A pool that waits for more fails the test, and does not hang it.
            future.set_timeout(10 * SECOND)
            self.assertTrue(future.wait(DEADLINE * SECOND, None))
            error = future.get_error()
            if error is None or not error.matches(FUTURE_ERROR, GFutures.FutureError.PROTOCOL):
                accepted.append((name, str(error or future.get_value())))
            self.assertServes(self.pool)
        self.assertEqual(accepted, [])

    def test_max_message_size(self):
        pool = self.create(max_message_size=100000)
        self.assertFails(FUTURE_ERROR, GFutures.FutureError.MESSAGE_TOO_LARGE,
                         pool.call('total', GLib.Variant.new_tuple(byte_array(bytes(100001)))))
        pid = self.call(pool, 'pid').unpack()
        self.assertFails(FUTURE_ERROR, GFutures.FutureError.MESSAGE_TOO_LARGE,
                         pool.call('make-bytes', GLib.Variant('(uu)', (100001, 0))))
        # The worker knows the limit, and kept to it.
        self.assertEqual(self.call(pool, 'pid').unpack(), pid)
        self.assertEqual(self.call(pool, 'total', GLib.Variant.new_tuple(byte_array(b'\1' * 90000))).unpack(), 90000)

    def test_initializer(self):
        pool = self.create(initializer='remember', initializer_arguments=GLib.Variant('(s)', ('first',)))
        self.call(pool, 'remember', GLib.Variant('(s)', ('second',)))
        self.assertEqual(self.call(pool, 'recall').unpack(), ['first', 'second'])

    def test_initializer_that_fails_breaks_the_pool(self):
        pool = self.create(initializer='fail', initializer_arguments=GLib.Variant('(s)', ('not today',)))
        error = self.assertFails(FUTURE_ERROR, GFutures.FutureError.BROKEN_EXECUTOR, pool.call('pid'))
        self.assertIn('not today', error.message)

    def test_max_tasks_per_worker(self):
        pool = self.create(max_tasks_per_worker=2)
        pids = [self.call(pool, 'pid').unpack() for i in range(6)]
        self.assertEqual(pids[0::2], pids[1::2])
        self.assertEqual(len(set(pids)), 3)

    def test_shutdown_ends_it(self):
        pool = self.create()
        started, exited = [], []
        pool.connect('worker-started', lambda pool, pid: started.append(pid))
        pool.connect('worker-exited', lambda pool, pid, status: exited.append((pid, status)))
        pid = self.call(pool, 'pid').unpack()
        self.assertEqual(list(pool.get_worker_pids()), [pid])
        future = pool.call('add', GLib.Variant('(xx)', (1, 2)))
        pool.shutdown()
        self.assertEqual(self.result(future).unpack(), 3)
        with self.assertRaises(ProcessLookupError):
            os.kill(pid, 0)
        turn_until(lambda: exited)
        self.assertEqual(started, [pid])
        self.assertEqual(exited, [(pid, 0)])


class StdioTest(SocketTest):
    transport = GFutures.WorkerTransport.STDIO

    def test_behind_a_launcher(self):
        pool = GFutures.ProcessPoolExecutor.new(1, WORKER)
        pool.set_property('launcher', ['env', 'REMEMBER=1'])
        self.addCleanup(pool.shutdown, cancel_futures=True)
        self.assertServes(pool)


@unittest.skipUnless(os.path.isdir(os.path.dirname(MANUAL)), 'the source of the manual is not installed')
class ManualTest(unittest.TestCase):
    def test_examples_are_frames(self):
        with open(MANUAL, encoding='utf-8') as file:
            section = re.search(r'<sect1 id="protocol-example">.*?</sect1>', file.read(), re.DOTALL)[0]
        frames = []
        for line in section.splitlines():
            match = re.match(r' *(\d+)  ((?:[0-9a-f]{2} {1,2})+)', line + '  ')
            if match is None:
                continue
            if int(match[1]) == 0:
                frames.append(b'')
            self.assertEqual(int(match[1]), len(frames[-1]), line)
            frames[-1] += bytes.fromhex(match[2])

        seen = []
        for frame in frames:
            (magic, version, kind, flags, order, request, priority, n_name, n_type, n_table, n_payload,
             zero) = struct.unpack_from('<4sBBBcQiIIIQQ', frame)
            self.assertEqual((magic, version, flags, order, priority, zero), (b'GFUT', 1, 0, b'l', 0, 0))
            name = frame[48:48 + n_name].decode()
            type_string = frame[48 + n_name:48 + n_name + n_type].decode()
            start = 48 + n_name + n_type
            start += -start % 8 + n_table
            data = frame[start:start + n_payload]
            value = GLib.Variant.new_from_bytes(GLib.VariantType(type_string), GLib.Bytes(data), False)
            self.assertTrue(value.is_normal_form())
            seen.append((kind, request, name, value.unpack()))
            self.assertEqual(len(frame), start + n_payload + -n_payload % 8 + (8 if n_table else 0))
        self.assertEqual(seen, [
            (1, 0, '', {'pid': 4242, 'capabilities': []}),
            (2, 7, 'add', (20, 22)),
            (3, 7, '', 42),
            (3, 8, '', ('bytes', [])),
        ])


if __name__ == '__main__':
    tap.main()

# test-gio.py - asynchronous operations of GIO as futures, from Python
#
# SPDX-License-Identifier: LGPL-2.1-or-later
import gc
import os
import sys
import tempfile
import threading
import unittest
import weakref

import gi

gi.require_version('GFutures', '1')
from gi.repository import Gio, GLib, GObject, GFutures

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import tap
from loop_support import DEADLINE


def run(future):
    """Turns the loop until it is settled; its result, or its error."""
    watchdog = Gio.Cancellable()
    source = GLib.timeout_source_new_seconds(DEADLINE)
    source.set_callback(lambda *args: watchdog.cancel())
    source.attach(GLib.MainContext.get_thread_default())
    future.run_until_done(watchdog)
    source.destroy()
    return future.result(0)


class Operation(GObject.Object):
    """An asynchronous operation in Python: it gives back what it is given."""

    def echo_async(self, value, cancellable=None, callback=None, *user_data):
        self.value = value
        self.cancellable = cancellable
        task = Gio.Task.new(self, cancellable, callback, *user_data)
        GLib.idle_add(lambda: task.return_boolean(True))

    def echo_finish(self, result):
        result.propagate_boolean()
        if isinstance(self.value, Exception):
            raise self.value
        return self.value

    def endless_async(self, cancellable=None, callback=None, *user_data):
        task = Gio.Task.new(self, cancellable, callback, *user_data)
        # (Gio.Cancellable.connect is another function)
        GObject.Object.connect(cancellable, 'cancelled', lambda *args: task.return_error_if_cancelled())

    def endless_finish(self, result):
        self.is_finished = True
        return result.propagate_boolean()

    def simple_async(self, callback=None, *user_data):
        task = Gio.Task.new(self, None, callback, *user_data)
        GLib.idle_add(lambda: task.return_boolean(True))

    def simple_finish(self, result):
        return 'simple'

    def unfinished_async(self, cancellable=None, callback=None, *user_data):
        raise AssertionError('it was started')


class FileTest(unittest.TestCase):
    def setUp(self):
        with tempfile.NamedTemporaryFile(delete=False) as file:
            file.write(b'con\0tents')
        self.addCleanup(os.unlink, file.name)
        self.file = Gio.File.new_for_path(file.name)
        self.missing = Gio.File.new_for_path(file.name + '-is-not-there')

    def test_out_parameters(self):
        future = GFutures.Future.from_async(self.file.load_contents_async)
        self.assertIsInstance(future, GFutures.Future)
        self.assertFalse(future.is_done())
        ok, contents, _etag = run(future)
        self.assertEqual((ok, contents), (True, b'con\0tents'))
        self.assertIs(future.get_value(), future.get_value())
        self.assertIs(future.get_value(), future.result(0))

    def test_arguments_before_the_cancellable(self):
        info = run(GFutures.Future.from_async(self.file.query_info_async, 'standard::*',
                                              Gio.FileQueryInfoFlags.NONE, GLib.PRIORITY_DEFAULT))
        self.assertEqual(info.get_size(), 9)

    def test_arguments_by_name(self):
        stream = run(GFutures.Future.from_async(self.file.read_async, io_priority=GLib.PRIORITY_LOW))
        data = run(GFutures.Future.from_async(stream.read_bytes_async, 3, 0))
        self.assertEqual(data.get_data(), b'con')

    def test_an_array_argument(self):
        stream = Gio.MemoryOutputStream.new_resizable()
        self.assertEqual(run(GFutures.Future.from_async(stream.write_async, b'four', 0)), 4)
        stream.close()
        self.assertEqual(stream.steal_as_bytes().get_data(), b'four')

    def test_a_list_of_objects(self):
        folder = Gio.File.new_for_path(os.path.dirname(os.path.abspath(__file__)))
        enumerator = run(GFutures.Future.from_async(folder.enumerate_children_async,
                                                    'standard::name', 0, 0))
        infos = run(GFutures.Future.from_async(enumerator.next_files_async, 100, 0))
        self.assertIn('test-gio.py', [info.get_name() for info in infos])

    def test_a_static_function(self):
        _file, stream = run(GFutures.Future.from_async(Gio.File.new_tmp_async, None, 0))
        self.assertIsInstance(stream, Gio.FileIOStream)
        os.unlink(_file.get_path())

    def test_an_error(self):
        future = GFutures.Future.from_async(self.missing.load_contents_async)
        with self.assertRaises(GLib.Error) as caught:
            run(future)
        self.assertTrue(caught.exception.matches(Gio.io_error_quark(), Gio.IOErrorEnum.NOT_FOUND))
        self.assertEqual(future.get_state(), GFutures.FutureState.FAILED)

    def test_cancelling_at_once(self):
        future = GFutures.Future.from_async(self.file.load_contents_async)
        self.assertTrue(future.cancel())
        self.assertRaises(GFutures.CancelledError, run, future)
        self.assertTrue(future.is_cancelled())
        self.assertTrue(future.get_error().matches(Gio.io_error_quark(), Gio.IOErrorEnum.CANCELLED))

    def test_in_a_thread_with_a_context_of_its_own(self):
        results = []

        def work():
            context = GLib.MainContext.new()
            context.push_thread_default()
            try:
                results.append(run(GFutures.Future.from_async(self.file.load_contents_async))[1])
            finally:
                context.pop_thread_default()

        threads = [threading.Thread(target=work) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(results, [b'con\0tents'] * 8)


class ResultTest(unittest.TestCase):
    def echo(self, value):
        return run(GFutures.Future.from_async(Operation().echo_async, value))

    def test_every_kind_of_value(self):
        values = [None, True, False, 0, -1, 2**31, -2**63, 2**64, 10**100, 0.5, float('inf'), '', 'text',
                  'a\0b', b'\0', (), (1, None), [1, [2]], {'a': 1}, {1}, object(), ValueError, len,
                  GLib.Variant('i', 1), GLib.Bytes.new(b'x'), Gio.FileType.REGULAR, Operation()]
        for value in values:
            with self.subTest(value=value):
                self.assertIs(self.echo(value), value)

    def test_it_is_let_go_of(self):
        class Value:
            pass

        value = Value()
        reference = weakref.ref(value)
        operation = Operation()
        future = GFutures.Future.from_async(operation.echo_async, value)
        self.assertIs(run(future), value)
        del value, future, operation
        # PyGObject frees the last callback when the next one is made
        self.echo(None)
        for _ in range(100):
            while GLib.MainContext.default().iteration(False):
                pass
            gc.collect()
            if reference() is None:
                break
        self.assertIsNone(reference())

    def test_another_exception_is_an_error(self):
        raised = KeyError('key')
        future = GFutures.Future.from_async(Operation().echo_async, raised)
        with self.assertRaises(KeyError) as caught:
            run(future)
        self.assertIs(caught.exception, raised)
        error = future.get_error()
        self.assertTrue(error.matches(Gio.io_error_quark(), Gio.IOErrorEnum.FAILED))
        self.assertEqual(error.message, "KeyError: 'key'")

    def test_its_error_is_the_one_that_was_raised(self):
        with self.assertRaises(GLib.Error) as caught:
            self.echo(GLib.Error.new_literal(GLib.quark_from_string('some-domain'), 'message', 7))
        error = caught.exception
        self.assertEqual((error.domain, error.code, error.message), ('some-domain', 7, 'message'))


class CancelTest(unittest.TestCase):
    def test_cancelling_the_future_cancels_the_operation(self):
        operation = Operation()
        operation.is_finished = False
        future = GFutures.Future.from_async(operation.endless_async)
        for _ in range(3):
            GLib.MainContext.default().iteration(False)
        self.assertFalse(future.is_done())
        self.assertTrue(future.cancel())
        while not operation.is_finished:
            GLib.MainContext.default().iteration(True)
        self.assertTrue(future.is_cancelled())

    def test_the_cancellable_is_the_future_s_own(self):
        operation = Operation()
        future = GFutures.Future.from_async(operation.echo_async, 1)
        self.assertIs(operation.cancellable, future.get_cancellable())
        run(future)

    def test_an_operation_without_a_cancellable(self):
        operation = Operation()
        self.assertEqual(run(GFutures.Future.from_async(operation.simple_async)), 'simple')
        future = GFutures.Future.from_async(operation.simple_async)
        future.cancel()
        self.assertRaises(GFutures.CancelledError, run, future)


class MisuseTest(unittest.TestCase):
    def test_no_finish_function(self):
        with self.assertRaisesRegex(TypeError, 'unfinished_finish'):
            GFutures.Future.from_async(Operation().unfinished_async)
        with self.assertRaisesRegex(TypeError, 'get_path_finish'):
            GFutures.Future.from_async(Gio.File.new_for_path('/').get_path)

    def test_wrong_arguments_are_raised_at_once(self):
        file = Gio.File.new_for_path('/')
        with self.assertRaises(TypeError):
            GFutures.Future.from_async(file.query_info_async)
        with self.assertRaises(TypeError):
            GFutures.Future.from_async(file.load_contents_async, 'too', 'many')


if __name__ == '__main__':
    tap.main()

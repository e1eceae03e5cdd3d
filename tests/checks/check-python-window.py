#!/usr/bin/python3
"""The example with a window in Python draws, shows how far it is, and can be stopped.

How fluid it was it prints; that is not judged here, other things run meanwhile.
"""
import os
import pathlib
import shutil
import subprocess
import sys
import time

source = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(source / 'tests/python'), str(source / 'docs/examples/python')]

DEADLINE = 60
ENVIRONMENT = {'GDK_BACKEND': 'x11', 'GSK_RENDERER': 'cairo', 'GTK_A11Y': 'none', 'GTK_THEME': 'Adwaita',
               'LIBGL_ALWAYS_SOFTWARE': '1', 'G_DEBUG': 'fatal-criticals', 'PYTHONDONTWRITEBYTECODE': '1'}


def skip(reason):
    print(f'1..0 # SKIP {reason}')
    sys.exit(0)


def find_widgets(widget, kind):
    """All of a kind in a widget, in order."""
    child = widget.get_first_child()
    while child is not None:
        if isinstance(child, kind):
            yield child
        yield from find_widgets(child, kind)
        child = child.get_next_sibling()


def main():
    import unittest

    import gi
    import mandelbrot
    gi.require_version('GFutures', '1')
    from gi.repository import GFutures, Gio, GLib
    import mandelbrot_window
    from gi.repository import Gtk

    # Small, so that it takes no time
    width, height, rows = 120, 96, 8
    mandelbrot_window.WIDTH, mandelbrot_window.HEIGHT, mandelbrot_window.ROWS = width, height, rows
    n_strips = height // rows
    context = GLib.MainContext.default()

    class Window(unittest.TestCase):
        @classmethod
        def setUpClass(cls):
            cls.application = Gtk.Application(flags=Gio.ApplicationFlags.NON_UNIQUE)
            cls.application.register()
            cls.pool = GFutures.ProcessPoolExecutor(2)

        @classmethod
        def tearDownClass(cls):
            cls.pool.shutdown()

        def setUp(self):
            self.window = mandelbrot_window.Window(self.application, self.pool)
            self.window.present()
            self.addCleanup(self.window.close)

        def wait_for(self, condition):
            deadline = time.monotonic() + DEADLINE
            while not condition():
                self.assertLess(time.monotonic(), deadline, 'it takes too long')
                context.iteration(True)

        def wait_until_stopped(self):
            self.wait_for(self.window.draw_button.get_sensitive)
            while context.pending():
                context.iteration(False)
            self.assertTrue(all(future.done() for future in self.window.futures))
            self.assertFalse(self.window.cancel_button.get_sensitive())
            self.assertFalse(self.window.spinner.get_spinning())

        def get_row(self, index):
            return self.window.list.get_row_at_index(index).get_child()

        def get_texts(self, index):
            return [label.get_label() for label in find_widgets(self.get_row(index), Gtk.Label)]

        def test_all_is_drawn(self):
            fractions = set()

            def watch():
                fractions.update(bar.get_fraction() for bar in find_widgets(self.window.list, Gtk.ProgressBar))
                return self.window.draw_button.get_sensitive()

            self.window.draw_button.emit('clicked')
            self.assertTrue(self.window.cancel_button.get_sensitive())
            self.wait_for(watch)
            self.wait_until_stopped()
            print(f'# {self.window.n_frames} frames, longest gap {self.window.longest_gap * 1000:.0f} ms')

            self.assertEqual(self.window.count(), (n_strips, 0, 0))
            self.assertEqual(self.window.summary.get_label(), f'{n_strips} strips drawn, 0 failed, 0 cancelled')
            self.assertEqual(self.window.total.get_fraction(), 1)
            self.assertGreater(self.window.n_frames, 0)
            self.assertTrue(any(0 < fraction < 1 for fraction in fractions), fractions)
            self.assertEqual(self.get_texts(0), [f'Rows 0 to {rows - 1}', 'succeeded'])
            with GFutures.ThreadPoolExecutor(1) as threads:
                expected = threads.submit(mandelbrot.render, self.window.center, self.window.scale,
                                          width, height, range(height)).result()
            self.assertEqual(self.window.pixels, expected)

        def test_cancel(self):
            self.window.draw()
            self.wait_for(self.window.futures[0].done)
            self.window.cancel_button.emit('clicked')
            self.wait_until_stopped()
            drawn, failed, cancelled = self.window.count()
            self.assertEqual((drawn + cancelled, failed), (n_strips, 0))
            self.assertGreater(drawn, 0)
            self.assertGreater(cancelled, 0)
            self.assertEqual(self.get_texts(n_strips - 1)[1], 'cancelled')

            self.window.draw()
            self.wait_until_stopped()
            self.assertEqual(self.window.count(), (n_strips, 0, 0))

        def test_cancel_one(self):
            self.window.draw()
            button, = find_widgets(self.get_row(n_strips - 1), Gtk.Button)
            button.emit('clicked')
            self.wait_until_stopped()
            self.assertEqual(self.window.count(), (n_strips - 1, 0, 1))
            self.assertFalse(button.get_sensitive())

        def test_a_crash(self):
            self.window.draw(crash=True)
            self.wait_until_stopped()
            self.assertEqual(self.window.count(), (n_strips - 1, 1, 0))
            title, state, message = self.get_texts(1)
            self.assertEqual(state, 'failed')
            self.assertRegex(message, 'killed by signal 9')

        def test_zoom_while_it_draws(self):
            self.window.draw()
            before = self.window.futures
            self.window.zoom(None, 1, 90, 48)
            self.wait_until_stopped()
            self.assertTrue(all(future.done() for future in before))
            self.assertGreater(sum(future.cancelled() for future in before), 0)
            self.assertEqual(self.window.count(), (n_strips, 0, 0))
            self.assertGreater(self.window.center.real, -0.6)

        def test_closing_the_window_cancels(self):
            self.window.draw()
            self.window.close()
            self.assertTrue(all(future.done() for future in self.window.futures))
            self.assertGreater(self.window.count()[2], 0)

        def test_the_command_line(self):
            done = subprocess.run([sys.executable, str(source / 'docs/examples/python/mandelbrot.py'), '--quit-when-done'],
                                  stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                  universal_newlines=True, timeout=DEADLINE)
            print('#', done.stdout.replace('\n', '\n# '))
            self.assertEqual((done.returncode, done.stderr), (0, ''))
            self.assertRegex(done.stdout, r'^\d+ drawn, 0 failed, 0 cancelled\n\d+ frames, longest gap \d+ ms\n$')

    import tap
    Window.__qualname__ = 'Window'
    sys.modules['__main__'].Window = Window
    tap.main(watchdog=230)


if __name__ == '__main__':
    if sys.argv[1:] == ['--inside']:
        main()
    if not shutil.which('xvfb-run'):
        skip('xvfb-run is missing')
    try:
        import gi
        gi.require_version('Gtk', '4.0')
    except ValueError as error:
        skip(error)
    os.environ.update(ENVIRONMENT)
    os.execvp('xvfb-run', ['xvfb-run', '-a', '-s', '-screen 0 1024x768x24', sys.executable, __file__, '--inside'])

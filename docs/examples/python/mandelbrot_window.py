# mandelbrot_window.py - a window that shows what worker processes compute
#
# The strips of the picture are tasks of a process pool; their futures are what the
# list shows, bound to their properties. See mandelbrot.py.
#
# SPDX-License-Identifier: LGPL-2.1-or-later
import time

import gi
gi.require_version('GFutures', '1')
gi.require_version('Gdk', '4.0')
gi.require_version('Gtk', '4.0')
from gi.repository import Gdk, GFutures, Gio, GLib, GObject, Gtk  # noqa: E402

import mandelbrot  # noqa: E402

WIDTH, HEIGHT, ROWS = 480, 400, 25


def create_row(future):
    """A row of the list: the future's label, state and progress, and a way to cancel it."""
    label = Gtk.Label(label=future.props.label, xalign=0)
    state = Gtk.Label(hexpand=True, xalign=1, ellipsize='end', css_classes=['dim-label'])
    bar = Gtk.ProgressBar()
    cancel = Gtk.Button(icon_name='window-close-symbolic', tooltip_text='Cancel', valign='center',
                        css_classes=['flat'])
    row = Gtk.Grid(column_spacing=12, margin_start=6, margin_end=6)
    row.attach(label, 0, 0, 1, 1)
    row.attach(state, 1, 0, 1, 1)
    row.attach(bar, 0, 1, 2, 1)
    row.attach(cancel, 2, 0, 1, 2)

    def show_state(*_args):
        state.set_label(future.props.state.value_nick)
        if future.props.state == GFutures.FutureState.FAILED:
            message = str(future.exception())
            row.remove(bar)
            row.attach(Gtk.Label(label=message, tooltip_text=message, xalign=0, wrap=True, lines=2,
                                 ellipsize='end', css_classes=['error']), 0, 1, 2, 1)

    flags = GObject.BindingFlags.SYNC_CREATE
    future.bind_property('progress', bar, 'fraction', flags, lambda _binding, progress: max(0, progress))
    future.bind_property('settled', cancel, 'sensitive', flags | GObject.BindingFlags.INVERT_BOOLEAN)
    future.connect('notify::state', show_state)
    cancel.connect('clicked', lambda _button: future.cancel_running())
    show_state()
    return row


class Window(Gtk.ApplicationWindow):
    def __init__(self, application, pool):
        super().__init__(application=application, title='Mandelbrot Set', default_width=860)
        self.pool = pool
        self.futures = []
        self.center, self.scale = -0.6 + 0j, 3 / WIDTH
        self.last_frame = self.longest_gap = self.n_frames = 0

        self.draw_button = Gtk.Button(label='Draw', css_classes=['suggested-action'])
        self.draw_button.connect('clicked', lambda _button: self.draw())
        self.cancel_button = Gtk.Button(label='Cancel', sensitive=False)
        self.cancel_button.connect('clicked', lambda _button: self.cancel())
        self.spinner = Gtk.Spinner()
        header = Gtk.HeaderBar()
        header.pack_start(self.draw_button)
        header.pack_start(self.cancel_button)
        header.pack_end(self.spinner)
        self.set_titlebar(header)

        self.picture = Gtk.Picture(can_shrink=False, halign='center', valign='start',
                                   tooltip_text='Click to zoom in')
        click = Gtk.GestureClick()
        click.connect('pressed', self.zoom)
        self.picture.add_controller(click)
        self.total = Gtk.ProgressBar()
        self.summary = Gtk.Label(label='Draws in a process for each processor', xalign=0)
        self.list = Gtk.ListBox(selection_mode='none')
        scrolled = Gtk.ScrolledWindow(child=self.list, hscrollbar_policy='never', vexpand=True)
        side = Gtk.Box(orientation='vertical', spacing=12, hexpand=True)
        for widget in self.summary, self.total, Gtk.Frame(child=scrolled):
            side.append(widget)
        box = Gtk.Box(spacing=12, margin_top=12, margin_bottom=12, margin_start=12, margin_end=12)
        box.append(self.picture)
        box.append(side)
        self.set_child(box)

        self.connect('close-request', lambda _window: self.cancel())
        self.add_tick_callback(self.count_frame)
        self.clear()

    def clear(self):
        self.pixels = bytearray(b'\x40' * (3 * WIDTH * HEIGHT))
        self.show_pixels()

    def show_pixels(self):
        self.picture.set_paintable(Gdk.MemoryTexture.new(
            WIDTH, HEIGHT, Gdk.MemoryFormat.R8G8B8, GLib.Bytes.new(bytes(self.pixels)), 3 * WIDTH))

    def draw(self, crash=False):
        """Submits the strips. Whatever is called back runs in the main loop."""
        self.cancel()
        self.clear()
        self.futures = []
        for first in range(0, HEIGHT, ROWS):
            rows = range(first, min(first + ROWS, HEIGHT))
            if crash and first == ROWS:
                future = self.pool.submit(mandelbrot.crash)
            else:
                future = self.pool.submit(mandelbrot.render, self.center, self.scale, WIDTH, HEIGHT, rows)
            future.set_label(f'Rows {rows[0]} to {rows[-1]}')
            future.connect('done', self.show_strip, 3 * WIDTH * first)
            self.futures.append(future)

        self.all = GFutures.Future.all_settled(self.futures)
        self.all.bind_property('progress', self.total, 'fraction', GObject.BindingFlags.SYNC_CREATE)
        self.all.connect('done', self.stop)
        # A set is a list model of its members.
        self.list.bind_model(self.all, create_row)
        self.draw_button.set_sensitive(False)
        self.cancel_button.set_sensitive(True)
        self.summary.set_label('Drawing…')
        self.spinner.start()

    def cancel(self):
        for future in self.futures:
            future.cancel_running()

    def show_strip(self, future, offset):
        if future in self.futures and not future.cancelled() and future.exception() is None:
            strip = future.result()
            self.pixels[offset:offset + len(strip)] = strip
            self.show_pixels()

    def count(self):
        """How many strips were drawn, have failed, were cancelled."""
        cancelled = sum(future.cancelled() for future in self.futures)
        failed = sum(not future.cancelled() and future.exception() is not None for future in self.futures)
        return len(self.futures) - failed - cancelled, failed, cancelled

    def stop(self, group):
        if group is not self.all:
            return
        self.draw_button.set_sensitive(True)
        self.cancel_button.set_sensitive(False)
        self.spinner.stop()
        self.summary.set_label('{} strips drawn, {} failed, {} cancelled'.format(*self.count()))

    def zoom(self, _gesture, _n_press, x, y):
        self.center += complex(x - WIDTH / 2, y - HEIGHT / 2) * self.scale
        self.scale /= 3
        self.draw()

    def count_frame(self, _widget, _clock):
        now = time.monotonic()
        # The first frames draw the window itself.
        if self.spinner.get_spinning():
            self.n_frames += 1
            if self.n_frames > 3:
                self.longest_gap = max(self.longest_gap, now - self.last_frame)
        self.last_frame = now
        return GLib.SOURCE_CONTINUE


class Application(Gtk.Application):
    def __init__(self):
        super().__init__(flags=Gio.ApplicationFlags.NON_UNIQUE)
        for name, text in (('quit-when-done', 'Draw, and quit when all is done'),
                           ('crash', 'Have a worker crash at the second strip')):
            self.add_main_option(name, 0, 0, GLib.OptionArg.NONE, text, None)

    def do_handle_local_options(self, options):
        self.options = options
        return -1

    def do_activate(self):
        self.pool = GFutures.ProcessPoolExecutor()
        self.window = Window(self, self.pool)
        self.window.present()
        if self.options.contains('quit-when-done') or self.options.contains('crash'):
            self.window.draw(self.options.contains('crash'))
        if self.options.contains('quit-when-done'):
            self.window.all.connect('done', self.report)

    def report(self, _all):
        window = self.window
        print('{} drawn, {} failed, {} cancelled'.format(*window.count()))
        print(f'{window.n_frames} frames, longest gap {window.longest_gap * 1000:.0f} ms')
        window.close()

    def do_shutdown(self):
        Gtk.Application.do_shutdown(self)
        self.pool.shutdown()

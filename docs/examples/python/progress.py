#!/usr/bin/python3
# progress.py - a window that shows how far a task is, and can cancel it
#
# What to notice: the task only says how far it is, and the widgets are bound to the
# future, so no code keeps them up to date. To cancel a future that runs tells its task
# to stop; so does closing the window. A future that was cancelled is done too.
#
#   python3 progress.py FILE
#
# SPDX-License-Identifier: LGPL-2.1-or-later
import hashlib
import os
import sys

import gi
gi.require_version('GFutures', '1')
gi.require_version('Gtk', '4.0')
from gi.repository import GFutures, Gio, GObject, Gtk  # noqa: E402


def hash_file(path):
    """The task, on a thread of the pool: it may not touch a widget."""
    task, checksum = GFutures.current_promise(), hashlib.sha256()
    with open(path, 'rb') as file:
        size = os.path.getsize(path)
        while not task.should_stop() and (chunk := file.read(1 << 20)):
            checksum.update(chunk)
            done = file.tell()
            task.set_progress(done / max(done, size), f'{done >> 20} MiB')
    task.set_progress(1, checksum.hexdigest())
    return checksum.hexdigest()


def on_done(future, window):
    """In the main loop."""
    if future.cancelled():
        window.set_title('Cancelled')
    elif future.exception():
        window.set_title(str(future.exception()))
    else:
        window.set_title('Done')


def on_close_request(_window, future):
    future.cancel_running()
    return False


def on_activate(application, pool, path):
    future = pool.submit(hash_file, path)

    cancel = Gtk.Button(label='Cancel')
    header = Gtk.HeaderBar()
    header.pack_start(cancel)
    bar = Gtk.ProgressBar()
    status = Gtk.Label(label=path)
    box = Gtk.Box(orientation='vertical', spacing=12, margin_bottom=12)
    box.append(bar)
    box.append(status)
    window = Gtk.ApplicationWindow(application=application, title='Hashing',
                                   default_width=600, titlebar=header, child=box)

    flags = GObject.BindingFlags
    future.bind_property('progress', bar, 'fraction', flags.DEFAULT)
    future.bind_property('status', status, 'label', flags.DEFAULT)
    future.bind_property('settled', cancel, 'sensitive',
                         flags.SYNC_CREATE | flags.INVERT_BOOLEAN)
    future.connect('done', on_done, window)
    cancel.connect('clicked', lambda _button: future.cancel_running())
    window.connect('close-request', on_close_request, future)
    window.present()


def main():
    application = Gtk.Application(flags=Gio.ApplicationFlags.NON_UNIQUE)
    with GFutures.ThreadPoolExecutor() as pool:
        application.connect('activate', on_activate, pool, sys.argv[-1])
        return application.run(None)


if __name__ == '__main__':
    sys.exit(main())

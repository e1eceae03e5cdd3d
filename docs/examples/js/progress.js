#!/usr/bin/env -S gjs -m
/* progress.js - a window that shows how far a task is, and can cancel it
 *
 * What to notice: the task only tells its context how far it is, and the widgets are
 * bound to the future, so no code keeps them up to date. To cancel the future ends the
 * reading too, by the cancellable of the context, and so does closing the window.
 *
 *   gjs -m progress.js FILE
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
import GFutures from 'gi://GFutures?version=1';
import Gio from 'gi://Gio';
import GLib from 'gi://GLib';
import GObject from 'gi://GObject';
import Gtk from 'gi://Gtk?version=4.0';
import System from 'system';

const MIB = 1 << 20;

/* The task, in a worker: it has no widgets. */
export function hashFile(path, context) {
    const checksum = new GLib.Checksum(GLib.ChecksumType.SHA256);
    const stream = Gio.File.new_for_path(path).read(context.cancellable);
    const size = stream.query_info('standard::size', context.cancellable).get_size();
    let bytes, done = 0;

    while ((bytes = stream.read_bytes(MIB, context.cancellable)).get_size() > 0) {
        checksum.update(bytes.toArray());
        done += bytes.get_size();
        context.progress(done / Math.max(done, size), `${Math.floor(done / MIB)} MiB`);
    }
    context.progress(1, checksum.get_string());
    return checksum.get_string();
}

function createWindow(application, pool, path) {
    const future = pool.call('hashFile', path);

    const cancel = new Gtk.Button({label: 'Cancel'});
    const header = new Gtk.HeaderBar();
    const bar = new Gtk.ProgressBar();
    const status = new Gtk.Label({label: path});
    const box = new Gtk.Box({
        orientation: Gtk.Orientation.VERTICAL, spacing: 12, margin_bottom: 12,
    });
    const window = new Gtk.ApplicationWindow({
        application, title: 'Hashing', default_width: 600, titlebar: header, child: box,
    });

    header.pack_start(cancel);
    box.append(bar);
    box.append(status);

    const {DEFAULT, SYNC_CREATE, INVERT_BOOLEAN} = GObject.BindingFlags;

    future.bind_property('progress', bar, 'fraction', DEFAULT);
    future.bind_property('status', status, 'label', DEFAULT);
    future.bind_property('settled', cancel, 'sensitive', SYNC_CREATE | INVERT_BOOLEAN);
    cancel.connect('clicked', () => future.cancel());

    const doneId = future.connect('done', () => {
        if (future.is_cancelled())
            window.title = 'Cancelled';
        else
            window.title = future.get_error()?.message ?? 'Done';
    });

    window.connect('close-request', () => {
        future.disconnect(doneId);
        future.cancel();
        return false;
    });
    window.present();
}

if (!GFutures.worker_requested()) {
    const pool = new GFutures.ProcessPoolExecutor({module: import.meta.url});
    const application = new Gtk.Application({flags: Gio.ApplicationFlags.NON_UNIQUE});

    application.connect('activate', () => {
        createWindow(application, pool, ARGV[0] ?? System.programPath);
    });
    application.run([]);
}

/* denoise-window.js - a window that shows what worker processes make of a picture
 *
 * Each strip of the picture is a call of the pool. Its future is a promise, so that
 * denoise() tells in the order of time what happens; and it is an object with
 * properties, to which a row of the list is bound. See denoise.js.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
import Gdk from 'gi://Gdk?version=4.0';
import GFutures from 'gi://GFutures?version=1';
import GLib from 'gi://GLib';
import GObject from 'gi://GObject';
import Gtk from 'gi://Gtk?version=4.0';
import Pango from 'gi://Pango';

import {MARGIN} from './denoise-tasks.js';

const {SYNC_CREATE, INVERT_BOOLEAN} = GObject.BindingFlags;
const {PENDING, RUNNING, SUCCEEDED, FAILED, CANCELLED} = GFutures.FutureState;

const STATES = new Map([
    [PENDING, 'pending'], [RUNNING, 'running'], [SUCCEEDED, 'succeeded'], [FAILED, 'failed'], [CANCELLED, 'cancelled'],
]);

/* A row of the list: the future's label, state and progress, and a way to cancel it */
function createRow(future) {
    const label = new Gtk.Label({label: future.label, xalign: 0});
    const state = new Gtk.Label({hexpand: true, xalign: 1, css_classes: ['dim-label']});
    const bar = new Gtk.ProgressBar();
    const cancel = new Gtk.Button({
        icon_name: 'window-close-symbolic', tooltip_text: 'Cancel', valign: Gtk.Align.CENTER, css_classes: ['flat'],
    });
    const row = new Gtk.Grid({column_spacing: 12, margin_start: 6, margin_end: 6});

    row.attach(label, 0, 0, 1, 1);
    row.attach(state, 1, 0, 1, 1);
    row.attach(bar, 0, 1, 2, 1);
    row.attach(cancel, 2, 0, 1, 2);

    function showState() {
        state.label = STATES.get(future.state);
    }

    function showError({message}) {
        if (future.is_cancelled())
            return;
        row.remove(bar);
        row.attach(new Gtk.Label({
            label: message, tooltip_text: message, xalign: 0, wrap: true, lines: 2,
            ellipsize: Pango.EllipsizeMode.END, css_classes: ['error'],
        }), 0, 1, 2, 1);
    }

    future.bind_property('progress', bar, 'fraction', SYNC_CREATE);
    future.bind_property('settled', cancel, 'sensitive', SYNC_CREATE | INVERT_BOOLEAN);
    future.connect('notify::state', showState);
    future.catch(showError);
    cancel.connect('clicked', () => future.cancel());
    showState();
    return row;
}

export const Window = GObject.registerClass(class Window extends Gtk.ApplicationWindow {
    constructor(application, pool, width = 480, height = 400, rows = 25) {
        super({application, title: 'Denoise', default_width: 860});
        Object.assign(this, {pool, width, height, rows});
        this.futures = [];
        this.nFrames = this.lastFrame = this.longestGap = 0;

        this.denoiseButton = new Gtk.Button({label: 'Denoise', sensitive: false, css_classes: ['suggested-action']});
        this.denoiseButton.connect('clicked', () => this.denoise());
        this.cancelButton = new Gtk.Button({label: 'Cancel', sensitive: false});
        this.cancelButton.connect('clicked', () => this.cancel());
        this.spinner = new Gtk.Spinner();
        const header = new Gtk.HeaderBar();
        header.pack_start(this.denoiseButton);
        header.pack_start(this.cancelButton);
        header.pack_end(this.spinner);
        this.set_titlebar(header);

        this.picture = new Gtk.Picture({
            can_shrink: false, valign: Gtk.Align.START, width_request: width, height_request: height,
        });
        this.total = new Gtk.ProgressBar();
        this.summary = new Gtk.Label({label: 'Works in a process for each processor', xalign: 0});
        this.list = new Gtk.ListBox({selection_mode: Gtk.SelectionMode.NONE});
        const scrolled = new Gtk.ScrolledWindow({
            child: this.list, hscrollbar_policy: Gtk.PolicyType.NEVER, vexpand: true,
        });
        const side = new Gtk.Box({orientation: Gtk.Orientation.VERTICAL, spacing: 12, hexpand: true});
        for (const widget of [this.summary, this.total, new Gtk.Frame({child: scrolled})])
            side.append(widget);
        const box = new Gtk.Box({spacing: 12, margin_top: 12, margin_bottom: 12, margin_start: 12, margin_end: 12});
        box.append(this.picture);
        box.append(side);
        this.child = box;

        this.connect('close-request', () => {
            this.cancel();
            return Gdk.EVENT_PROPAGATE;
        });
        this.add_tick_callback(() => this.countFrame());
    }

    /* The picture too is made by a worker. */
    async takePicture() {
        this.original = await this.pool.call('takePicture', this.width, this.height);
        this.show(this.original);
        this.denoiseButton.sensitive = true;
    }

    show(pixels) {
        this.pixels = pixels;
        this.picture.paintable = Gdk.MemoryTexture.new(
            this.width, this.height, Gdk.MemoryFormat.R8G8B8, new GLib.Bytes(pixels), 3 * this.width);
    }

    /* The future of the strip that begins with that row. A worker gets only what it needs. */
    callStrip(first) {
        const stride = 3 * this.width;
        const last = Math.min(first + this.rows, this.height);
        const above = Math.min(first, MARGIN);
        const needed = this.original.subarray((first - above) * stride, (last + MARGIN) * stride);

        return this.pool.call('denoise', needed, this.width, above, above + last - first);
    }

    async denoise(crash = false) {
        this.futures = [];
        for (let first = 0; first < this.height; first += this.rows) {
            const future = crash && first === this.rows ? this.pool.call('crash') : this.callStrip(first);

            future.label = `Rows ${first} to ${Math.min(first + this.rows, this.height) - 1}`;
            this.futures.push(future);
        }

        const all = GFutures.Future.all_settled(this.futures);

        /* A set is a list model of its members. */
        this.list.bind_model(all, createRow);
        all.bind_property('progress', this.total, 'fraction', SYNC_CREATE);
        this.show(this.original.slice());
        this.denoiseButton.sensitive = false;
        this.cancelButton.sensitive = true;
        this.summary.label = 'Denoising…';
        this.spinner.start();

        /* In the order in which they are settled. Why one has no pixels its row says. */
        for await (const future of all) {
            if (future.state === SUCCEEDED) {
                this.pixels.set(await future, 3 * this.width * this.rows * this.futures.indexOf(future));
                this.show(this.pixels);
            }
        }

        this.denoiseButton.sensitive = true;
        this.cancelButton.sensitive = false;
        this.summary.label = `${this.count(SUCCEEDED)} strips denoised, ${this.count(FAILED)} failed, ` +
            `${this.count(CANCELLED)} cancelled`;
        this.spinner.stop();
    }

    cancel() {
        for (const future of this.futures)
            future.cancel();
    }

    count(state) {
        return this.futures.filter(future => future.state === state).length;
    }

    countFrame() {
        const now = GLib.get_monotonic_time();

        /* The first frames draw the window itself. */
        if (this.spinner.spinning && ++this.nFrames > 3)
            this.longestGap = Math.max(this.longestGap, now - this.lastFrame);
        this.lastFrame = now;
        return GLib.SOURCE_CONTINUE;
    }
});

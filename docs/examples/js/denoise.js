#!/usr/bin/env -S gjs -m
/* denoise.js - frees a picture of its grain, in worker processes
 *
 *   denoise.js
 *   denoise.js --quit-when-done     # as a test
 *   denoise.js --crash              # with a worker that crashes at the second strip
 *
 * JavaScript has one thread, and what computes there for long stops the window. The
 * workers of the pool are each a gjs of its own, with the functions of
 * denoise-tasks.js. What to notice: the spinner turns all the time; each strip can be
 * cancelled; and a worker that dies costs one strip.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
import GFutures from 'gi://GFutures?version=1';
import Gio from 'gi://Gio';
import GLib from 'gi://GLib';
import Gtk from 'gi://Gtk?version=4.0';
import System from 'system';

import {Window} from './denoise-window.js';

const {SUCCEEDED, FAILED, CANCELLED} = GFutures.FutureState;

const pool = new GFutures.ProcessPoolExecutor({
    module: GLib.uri_resolve_relative(import.meta.url, './denoise-tasks.js', GLib.UriFlags.NONE),
});
const application = new Gtk.Application({flags: Gio.ApplicationFlags.NON_UNIQUE});
let crash = false, quitWhenDone = false;

for (const [name, text] of [
    ['quit-when-done', 'Denoise, and quit when all is done'],
    ['crash', 'Denoise, and have a worker crash at the second strip'],
])
    application.add_main_option(name, 0, GLib.OptionFlags.NONE, GLib.OptionArg.NONE, text, null);

application.connect('handle-local-options', (_application, options) => {
    crash = options.contains('crash');
    quitWhenDone = options.contains('quit-when-done');
    return -1;
});

application.connect('activate', async () => {
    const window = new Window(application, pool);

    window.present();
    await window.takePicture();
    if (crash || quitWhenDone)
        await window.denoise(crash);
    if (quitWhenDone) {
        const [denoised, failed, cancelled] = [SUCCEEDED, FAILED, CANCELLED].map(state => window.count(state));

        print(`${denoised} denoised, ${failed} failed, ${cancelled} cancelled`);
        print(`${window.nFrames} frames, longest gap ${Math.round(window.longestGap / 1000)} ms`);
        window.close();
    }
});

const status = application.run([System.programInvocationName, ...ARGV]);

pool.shutdown(true, true);
System.exit(status);

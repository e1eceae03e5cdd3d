// check-gjs-window.js - drives the window of the example in JavaScript
//
// Run by check-gjs-window.py, which gives it a display.
//
// SPDX-License-Identifier: LGPL-2.1-or-later

import Gio from 'gi://Gio';
import GLib from 'gi://GLib';
import GFutures from 'gi://GFutures?version=1';
import Gtk from 'gi://Gtk?version=4.0';

import {denoise} from '../../docs/examples/js/denoise-tasks.js';
import {Window} from '../../docs/examples/js/denoise-window.js';
import {main, test} from '../gjs/tap.js';

Gio._promisify(Gio.Subprocess.prototype, 'communicate_utf8_async', 'communicate_utf8_finish');

// Small, but not done before there was time to cancel
const WIDTH = 120, HEIGHT = 480, ROWS = 40, N_STRIPS = HEIGHT / ROWS;
const STRIP_SIZE = 3 * WIDTH * ROWS;

const {SUCCEEDED, FAILED, CANCELLED} = GFutures.FutureState;

const examples = GLib.uri_resolve_relative(import.meta.url, '../../docs/examples/js/', GLib.UriFlags.NONE);
const pool = new GFutures.ProcessPoolExecutor({max_workers: 2, module: `${examples}denoise-tasks.js`});
const application = new Gtk.Application({flags: Gio.ApplicationFlags.NON_UNIQUE});

function assert(condition, message) {
    if (!condition)
        throw new Error(message);
}

function assertEqual(a, b) {
    assert(JSON.stringify(a) === JSON.stringify(b), `${JSON.stringify(a)} is not ${JSON.stringify(b)}`);
}

// All of a kind in a widget, in order
function *findWidgets(widget, kind) {
    for (let child = widget.get_first_child(); child !== null; child = child.get_next_sibling()) {
        if (child instanceof kind)
            yield child;
        yield* findWidgets(child, kind);
    }
}

// Till a property has the value
function until(object, property, value) {
    return new Promise(resolve => {
        const id = object.connect(`notify::${property}`, check);

        function check() {
            if (object[property] === value) {
                object.disconnect(id);
                resolve();
            }
        }
        check();
    });
}

function getRow(window, index) {
    return window.list.get_row_at_index(index).child;
}

function getTexts(window, index) {
    return [...findWidgets(getRow(window, index), Gtk.Label)].map(label => label.label);
}

function getCounts(window) {
    return [SUCCEEDED, FAILED, CANCELLED].map(state => window.count(state));
}

// Those of the picture whose pixels are not the original's
function getChanged(window) {
    return window.futures.filter((_, i) => {
        const original = window.original.subarray(i * STRIP_SIZE, (i + 1) * STRIP_SIZE);

        return original.some((value, j) => value !== window.pixels[i * STRIP_SIZE + j]);
    });
}

function testWindow(name, func) {
    test(name, async () => {
        const window = new Window(application, pool, WIDTH, HEIGHT, ROWS);

        window.present();
        await window.takePicture();
        await func(window);
        window.close();
    });
}

testWindow('all is denoised', async window => {
    const fractions = new Set();

    window.denoiseButton.emit('clicked');
    assert(!window.denoiseButton.sensitive && window.cancelButton.sensitive, 'the buttons are wrong');
    assert(window.spinner.spinning, 'the spinner is still');
    for (const bar of findWidgets(window.list, Gtk.ProgressBar))
        bar.connect('notify::fraction', () => fractions.add(bar.fraction));
    await until(window.denoiseButton, 'sensitive', true);
    await until(window.total, 'fraction', 1);
    assert(!window.cancelButton.sensitive && !window.spinner.spinning, 'it is not stopped');
    print(`# ${window.nFrames} frames, longest gap ${Math.round(window.longestGap / 1000)} ms`);

    assertEqual(getCounts(window), [N_STRIPS, 0, 0]);
    assertEqual(window.summary.label, `${N_STRIPS} strips denoised, 0 failed, 0 cancelled`);
    assertEqual(getTexts(window, 0), [`Rows 0 to ${ROWS - 1}`, 'succeeded']);
    assert(window.nFrames > 0, 'there was no frame');
    assert([...fractions].some(fraction => fraction > 0 && fraction < 1), `no progress: ${[...fractions]}`);

    const expected = denoise(window.original, WIDTH, 0, HEIGHT, {progress() {}, isCancelled: false});

    assertEqual(window.pixels.length, expected.length);
    assertEqual(expected.findIndex((value, i) => value !== window.pixels[i]), -1);
    assertEqual(getChanged(window).length, N_STRIPS);
});

testWindow('cancel', async window => {
    const stopped = window.denoise();

    await window.futures[0];
    window.cancelButton.emit('clicked');
    await stopped;

    const [denoised, failed, cancelled] = getCounts(window);

    assertEqual([denoised + cancelled, failed], [N_STRIPS, 0]);
    assert(denoised > 0 && cancelled > 0, `${denoised} denoised, ${cancelled} cancelled`);
    assertEqual(getTexts(window, N_STRIPS - 1)[1], 'cancelled');
    assertEqual(getChanged(window).length, denoised);

    await window.denoise();
    assertEqual(getCounts(window), [N_STRIPS, 0, 0]);
});

testWindow('cancel one', async window => {
    const stopped = window.denoise();
    const [button] = findWidgets(getRow(window, N_STRIPS - 1), Gtk.Button);

    button.emit('clicked');
    await stopped;
    assertEqual(getCounts(window), [N_STRIPS - 1, 0, 1]);
    assertEqual(getTexts(window, N_STRIPS - 1)[1], 'cancelled');
    assertEqual(getChanged(window).length, N_STRIPS - 1);
    await until(button, 'sensitive', false);
});

testWindow('a crash', async window => {
    await window.denoise(true);
    assertEqual(getCounts(window), [N_STRIPS - 1, 1, 0]);
    assertEqual(window.summary.label, `${N_STRIPS - 1} strips denoised, 1 failed, 0 cancelled`);

    const [, state, message] = getTexts(window, 1);

    assertEqual(state, 'failed');
    assert(message.includes('killed by signal 9'), message);
    assertEqual(getChanged(window).length, N_STRIPS - 1);
});

testWindow('closing the window cancels', async window => {
    const stopped = window.denoise();

    window.close();
    assert(window.futures.every(future => future.is_done()), 'there is more to come');
    assert(window.count(CANCELLED) > 0, 'none is cancelled');
    await stopped;
});

for (const [options, denoised, failed] of [[['--quit-when-done'], 16, 0], [['--quit-when-done', '--crash'], 15, 1]]) {
    test(`the command line: ${options.join(' ')}`, async () => {
        const [program] = GLib.filename_from_uri(`${examples}denoise.js`);
        const process = Gio.Subprocess.new(['gjs', '-m', program, ...options], Gio.SubprocessFlags.STDOUT_PIPE);
        const [output] = await process.communicate_utf8_async(null, null);
        const [line, frames] = output.split('\n');

        print(`# ${line}, ${frames}`);
        assert(process.get_successful(), 'it failed');
        assertEqual(line, `${denoised} denoised, ${failed} failed, 0 cancelled`);
        assert(/^\d+ frames, longest gap \d+ ms$/.test(frames), frames);
    });
}

application.register(null);
main(() => pool.shutdown(true, true));

#!/usr/bin/env -S gjs -m
/* processes.js - has worker processes compute
 *
 * What to notice: each worker imports this module, so what is not for workers is below
 * the last “if”; a worker has none of the program’s memory, so what it needs are its
 * arguments, plain values that are copied; and large arrays of bytes travel as they are.
 * What else processes are good for is in crash-survival.js.
 *
 *   gjs -m processes.js
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
import GFutures from 'gi://GFutures?version=1';
import GLib from 'gi://GLib';

const N_PIXELS = 512 * 512;

/* Runs in a worker. */
export function measure(name, pixels) {
    pixels.sort();
    return {name, brightest: pixels.at(-1), median: pixels.at(pixels.length / 2)};
}

function draw(brightness) {
    const getPixel = (_, i) => (i % brightness) ** 2 / brightness;

    return Uint8Array.from({length: N_PIXELS}, getPixel);
}

async function main() {
    const pool = new GFutures.ProcessPoolExecutor({module: import.meta.url});
    const workers = pool.proxy();       // its functions are the module’s
    const images = await Promise.all([
        workers.measure('dim', draw(64)),
        workers.measure('grey', draw(128)),
        workers.measure('bright', draw(256)),
    ]);

    for (const {name, brightest, median} of images)
        print(`${name}: up to ${brightest}, median ${median}`);
}

if (!GFutures.worker_requested()) {
    const loop = new GLib.MainLoop(null, false);

    main().catch(logError).finally(() => loop.quit());
    loop.run();
}

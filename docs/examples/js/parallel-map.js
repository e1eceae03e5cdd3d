#!/usr/bin/env -S gjs -m
/* parallel-map.js - calls one function for many items, on all processors
 *
 * What to notice: the results are in the order of the items, whichever was done first;
 * and the items travel to the processes in chunks, as a single one is too little work
 * for a message. They come while the rest is still being computed, so how many there are
 * is the progress.
 *
 *   gjs -m parallel-map.js
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
import GFutures from 'gi://GFutures?version=1';
import GLib from 'gi://GLib';

const N_ITEMS = 20000, CHUNK_SIZE = 500;

/* Runs in a worker: how many steps the number takes to become 1. */
export function collatz(n) {
    let steps = 0;

    for (; n > 1; steps++)
        n = n % 2 === 1 ? 3 * n + 1 : n / 2;
    return steps;
}

async function main() {
    const pool = new GFutures.ProcessPoolExecutor({module: import.meta.url});
    const numbers = Array.from({length: N_ITEMS}, (_, i) => i + 1);
    const steps = [];

    for await (const n of pool.map('collatz', numbers, {chunkSize: CHUNK_SIZE})) {
        steps.push(n);
        if (steps.length % (N_ITEMS / 10) === 0)
            printerr(`${Math.round(100 * steps.length / N_ITEMS)} %`);
    }

    const longest = steps.indexOf(Math.max(...steps)) + 1;

    print(`27 takes ${steps[27 - 1]} steps`);
    print(`${longest} of ${N_ITEMS} takes the most: ${steps[longest - 1]}`);
}

if (!GFutures.worker_requested()) {
    const loop = new GLib.MainLoop(null, false);

    main().catch(logError).finally(() => loop.quit());
    loop.run();
}

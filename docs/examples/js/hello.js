#!/usr/bin/env -S gjs -m
/* hello.js - gives work to a process, and goes on
 *
 * What to notice: gjs has one thread, so the pool is one of processes, which import this
 * same module and call what it exports. call() returns at once, so “Hashing” is printed
 * first; what it returns is a promise, and what comes after its “await” runs in the main
 * loop, where a program may touch its widgets.
 *
 *   gjs -m hello.js
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
import GFutures from 'gi://GFutures?version=1';
import GLib from 'gi://GLib';

/* Runs in a worker. */
export function hash(text) {
    return GLib.compute_checksum_for_string(GLib.ChecksumType.SHA256, text, -1);
}

async function main() {
    const pool = new GFutures.ProcessPoolExecutor({module: import.meta.url});
    const future = pool.call('hash', 'a'.repeat(1000000));

    print('Hashing');
    print(await future);
}

/* A worker calls functions, and has no program to run. */
if (!GFutures.worker_requested()) {
    const loop = new GLib.MainLoop(null, false);

    main().catch(logError).finally(() => loop.quit());
    loop.run();
}

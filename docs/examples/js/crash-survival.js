#!/usr/bin/env -S gjs -m
/* crash-survival.js - loses a worker process, and nothing else
 *
 * What to notice: a crash costs the one task that the worker was running, and its error
 * says which signal it was and in which function; the other tasks and the pool go on. A
 * task that may be run twice is given a second worker by the property “max_retries”.
 *
 *   gjs -m crash-survival.js
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
import GFutures from 'gi://GFutures?version=1';
import Gio from 'gi://Gio';
import GLib from 'gi://GLib';

/* Runs in a worker. The one that is to square 3 is killed, as by the kernel when memory
 * runs out, unless it finds the file that tells of an earlier attempt. */
export function square(n, attempted) {
    if (n === 3 && !GLib.file_test(attempted, GLib.FileTest.EXISTS)) {
        GLib.file_set_contents(attempted, '');
        GLib.spawn_command_line_sync("sh -c 'kill -KILL $PPID'");
    }
    return n * n;
}

async function squareAll(pool, attempted) {
    const futures = [1, 2, 3, 4].map(n => pool.call('square', n, attempted));

    for (const future of futures) {
        try {
            print(await future);
        } catch (error) {
            if (!error.matches?.(GFutures.FutureError, GFutures.FutureError.WORKER_DIED))
                throw error;
            print(error.message);
        }
    }
}

async function main() {
    const pool = new GFutures.ProcessPoolExecutor({
        module: import.meta.url,
        max_workers: 2,
    });
    const folder = Gio.File.new_for_path(GLib.Dir.make_tmp('crash-survival-XXXXXX'));
    const attempted = folder.get_child('attempted');

    await squareAll(pool, attempted.get_path());

    attempted.delete(null);
    pool.max_retries = 1;
    print('With a second attempt:');
    await squareAll(pool, attempted.get_path());

    attempted.delete(null);
    folder.delete(null);
}

if (!GFutures.worker_requested()) {
    const loop = new GLib.MainLoop(null, false);

    main().catch(logError).finally(() => loop.quit());
    loop.run();
}

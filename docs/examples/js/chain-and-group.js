#!/usr/bin/env -S gjs -m
/* chain-and-group.js - says what happens with several results, or if one is missing
 *
 * What to notice: Future.all() is awaited as Promise.all() is, and what one of its
 * members has thrown is thrown there. But the search for the root of 2, which would not
 * end, is cancelled as soon as the other one has failed, as nobody wants its result any
 * more: a native promise could not do that.
 *
 *   gjs -m chain-and-group.js
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
import GFutures from 'gi://GFutures?version=1';
import GLib from 'gi://GLib';

/* Runs in a worker, till it has found the root or is told to stop. */
export function findRoot(square, context) {
    if (square < 0)
        throw new RangeError(`${square} has no root`);

    for (let root = 0; !context.isCancelled; root++) {
        if (root * root === square)
            return root;
    }
    return null;
}

async function addRoots(searches) {
    try {
        const roots = await GFutures.Future.all(searches);

        print(`The sum of the roots is ${roots.reduce((a, b) => a + b)}`);
    } catch (error) {
        print(error.message);
    } finally {
        print('That is all');
    }
}

async function main() {
    const pool = new GFutures.ProcessPoolExecutor({
        module: import.meta.url,
        max_workers: 2,
    });
    const squares = [144, 900, -1, 2];
    const searches = squares.map(square => pool.call('findRoot', square));

    await addRoots(searches.slice(0, 2));
    await addRoots(searches.slice(2));

    /* Comes when the last search has ended. */
    await pool.shutdown_async(false, null);
    for (const [i, square] of squares.entries()) {
        if (searches[i].is_cancelled())
            print(`The search for the root of ${square} was cancelled`);
    }
}

if (!GFutures.worker_requested()) {
    const loop = new GLib.MainLoop(null, false);

    main().catch(logError).finally(() => loop.quit());
    loop.run();
}

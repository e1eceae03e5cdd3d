/* GFutures.js - what libgfutures adds for JavaScript
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
/* exported _init */

function _init() {
    const {executors, futures, processes, worker} = imports.overrides.gfutures;

    futures.override();
    executors.override();
    processes.override();
    this.serve = worker.serve;
}

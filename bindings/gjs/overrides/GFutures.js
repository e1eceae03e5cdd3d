/* GFutures.js - what libgfutures adds for JavaScript
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
/* exported _init */

const {Gio} = imports.gi;

const HINT = 'a JavaScript function cannot run on another thread or in another process: ' +
    'call a named function (pool.call), or give it to a GFutures.MainContextExecutor';

function _init() {
    const GFutures = this;
    const runsElsewhere = executor => executor instanceof GFutures.ThreadPoolExecutor ||
        executor instanceof GFutures.ProcessPoolExecutor;

    /* The library refuses such a function with a failed future, before anything
     * runs. Here that is an error of the program, thrown where it was made. */
    for (const name of ['submit', 'submit_full']) {
        const submit = GFutures.Executor.prototype[name];

        GFutures.Executor.prototype[name] = function (...args) {
            const future = submit.apply(this, args);

            if (runsElsewhere(this) &&
                future.get_error()?.matches(Gio.IOErrorEnum, Gio.IOErrorEnum.NOT_SUPPORTED))
                throw new TypeError(`${name}: ${HINT}`);

            return future;
        };
    }

    const addDoneCallback = GFutures.Future.prototype.add_done_callback;

    GFutures.Future.prototype.add_done_callback = function (executor, ...args) {
        if (runsElsewhere(executor) || executor instanceof GFutures.InlineExecutor)
            throw new TypeError(`add_done_callback: ${HINT}`);

        addDoneCallback.call(this, executor, ...args);
    };

    GFutures.ThreadPoolExecutor.prototype.set_initializer = function () {
        throw new TypeError(`set_initializer: ${HINT}`);
    };
}

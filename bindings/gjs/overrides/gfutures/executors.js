/* executors.js - what executors take from JavaScript
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
/* exported override */

var {override} = (() => {
    const {GFutures, Gio, GLib} = imports.gi;

    const {call, getInnermost} = imports.overrides.gfutures.calls;
    const {Mapping} = imports.overrides.gfutures.map;

    const HINT = 'a JavaScript function cannot run on another thread or in another process: ' +
        'call a named function (pool.call), make a pool of a module of yours ' +
        '(new GFutures.ProcessPoolExecutor({module})), or give it to a GFutures.MainContextExecutor';

    function runsElsewhere(executor) {
        const innermost = getInnermost(executor);

        return innermost instanceof GFutures.ThreadPoolExecutor || innermost instanceof GFutures.ProcessPoolExecutor;
    }

    function overrideCalls(prototype) {
        prototype.call = function (name, ...args) {
            return call(this, GLib.PRIORITY_DEFAULT, name, args);
        };

        prototype.call_full = function (priority, cancellable, name, ...args) {
            const future = call(this, priority, name, args);

            if (cancellable)
                future.set_cancellable(cancellable);
            return future;
        };

        prototype.proxy = function () {
            const functions = new Map();

            return new Proxy(Object.freeze({}), {
                get: (_target, name) => {
                    /* It is no promise. */
                    if (typeof name !== 'string' || name === 'then')
                        return undefined;
                    if (!functions.has(name))
                        functions.set(name, (...args) => this.call(name, ...args));
                    return functions.get(name);
                },
            });
        };

        const {map} = prototype;

        /* With a GLib.Variant for the items, C's function: a future of the array. */
        prototype.map = function (name, items, options = {}) {
            if (items instanceof GLib.Variant)
                return map.call(this, name, items, typeof options === 'number' ? options : options.chunkSize ?? 0);
            return new Mapping(this, map, name, items, options);
        };
    }

    /* The library refuses such a function with a failed future, before anything
     * runs. Here that is an error of the program, thrown where it was made. */
    function refuseFunctions(prototype) {
        for (const name of ['submit', 'submit_full', 'submit_delayed', 'submit_repeating']) {
            const submit = prototype[name];

            prototype[name] = function (...args) {
                const future = submit.apply(this, args);

                if (runsElsewhere(this) &&
                    future.get_error()?.matches(Gio.IOErrorEnum, Gio.IOErrorEnum.NOT_SUPPORTED))
                    throw new TypeError(`${name}: ${HINT}`);

                return future;
            };
        }

        const {add_done_callback: addDoneCallback} = GFutures.Future.prototype;

        GFutures.Future.prototype.add_done_callback = function (executor, ...args) {
            if (runsElsewhere(executor) || executor instanceof GFutures.InlineExecutor)
                throw new TypeError(`add_done_callback: ${HINT}`);

            addDoneCallback.call(this, executor, ...args);
        };

        GFutures.Future.prototype.watch = function () {
            throw new TypeError(`watch: ${HINT}`);
        };

        GFutures.ThreadPoolExecutor.prototype.set_initializer = function () {
            throw new TypeError(`set_initializer: ${HINT}`);
        };
    }

    function override() {
        const {prototype} = GFutures.Executor;

        overrideCalls(prototype);
        refuseFunctions(prototype);
        Gio._promisify(prototype, 'shutdown_async', 'shutdown_finish');
    }

    return {override};
})();

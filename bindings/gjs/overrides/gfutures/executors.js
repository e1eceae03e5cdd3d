/* executors.js - what executors take from JavaScript
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
/* exported override */

var {override} = (() => {
    const {GFutures, Gio, GLib} = imports.gi;

    const {call, getInnermost} = imports.overrides.gfutures.calls;
    const {settleBy} = imports.overrides.gfutures.futures;
    const {Mapping} = imports.overrides.gfutures.map;
    const {isThenable} = imports.overrides.gfutures.values;

    const HINT = 'a JavaScript function cannot run on another thread or in another process: ' +
        'call a named function (pool.call), make a pool of a module of yours ' +
        '(new GFutures.ProcessPoolExecutor({module})), or give it to a GFutures.MainContextExecutor';

    function runsElsewhere(executor) {
        const innermost = getInnermost(executor);

        return innermost instanceof GFutures.ThreadPoolExecutor || innermost instanceof GFutures.ProcessPoolExecutor;
    }

    function overrideCalls(prototype) {
        prototype.call = function (name, ...args) {
            return call(this, GLib.PRIORITY_DEFAULT, null, name, args);
        };

        prototype.call_full = function (priority, cancellable, name, ...args) {
            return call(this, priority, cancellable ?? null, name, args);
        };

        prototype.proxy = function () {
            const functions = new Map();

            return new Proxy(Object.freeze({}), {
                get: (_target, name) => {
                    if (name === Symbol.toPrimitive)
                        return () => `the functions of ${this}`;
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
        prototype.map = function (name, items, options) {
            if (items instanceof GLib.Variant)
                return map.call(this, name, items, typeof options === 'number' ? options : options?.chunkSize ?? 0);
            return new Mapping(this, map, name, items, options ?? {});
        };
    }

    /* A function that settles its promise may do so later, when what it returns is settled;
     * and what it throws is what the future throws. */
    function wrap(func) {
        return (promise, ...rest) => {
            let result;

            try {
                result = func(promise, ...rest);
            } catch (error) {
                promise.reject(error);
                return;
            }
            if (isThenable(result))
                settleBy(promise, result);
        };
    }

    /* The library refuses such a function with a failed future, before anything
     * runs. Here that is an error of the program, thrown where it was made. */
    function refuseFunctions(prototype) {
        for (const name of ['submit', 'submit_full', 'submit_delayed', 'submit_repeating']) {
            const submit = prototype[name];

            prototype[name] = function (...args) {
                const last = args.length - 1;
                const future = submit.call(this, ...args.slice(0, last),
                    typeof args[last] === 'function' && name !== 'submit_repeating' ? wrap(args[last]) : args[last]);

                if (runsElsewhere(this) &&
                    future.get_error()?.matches(Gio.IOErrorEnum, Gio.IOErrorEnum.NOT_SUPPORTED))
                    throw new TypeError(`${name}: ${HINT}`);

                return future;
            };
        }

        const {add_done_callback: addDoneCallback} = GFutures.Future.prototype;

        GFutures.Future.prototype.add_done_callback = function (executor, ...args) {
            if (runsElsewhere(executor) || getInnermost(executor) instanceof GFutures.InlineExecutor)
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

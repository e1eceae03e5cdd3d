/* GFutures.js - what libgfutures adds for JavaScript
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
/* exported _init */

const {Gio, GLib, GObject} = imports.gi;

const HINT = 'a JavaScript function cannot run on another thread or in another process: ' +
    'call a named function (pool.call), or give it to a GFutures.MainContextExecutor';

/* A GValue holds no array, and no object of JavaScript's for other threads to
 * free: such a value is kept in the wrapper of its future, which lives as long. */
const VALUE = Symbol('value');

function resolve(promise, value) {
    /* What says only that nothing was thrown is left out, as by Gio._promisify(). */
    if (Array.isArray(value) && value.length > 1 && value[0] === true)
        value = value.slice(1);

    const isPlain = ['boolean', 'number', 'string'].includes(typeof value) ||
        value instanceof GObject.Object;

    if (promise.resolve(isPlain ? value : null))
        promise[VALUE] = value;
}

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

    for (const name of ['get_value', 'result', 'result_finish']) {
        const get = GFutures.Future.prototype[name];

        GFutures.Future.prototype[name] = function (...args) {
            const value = get.apply(this, args);

            return VALUE in this ? this[VALUE] : value;
        };
    }

    /* A future of an asynchronous operation of GIO's kind. The arguments are those
     * of the function, without the cancellable, which is the future's own, and the
     * callback:
     *
     *   const future = GFutures.Future.from_async(file, 'load_contents_async');
     *
     * It comes to what the finish function returns, any value of JavaScript's.
     */
    GFutures.Future.from_async = function (object, start, finish = undefined, ...args) {
        /* Gio._promisify() leaves it under another name. */
        const func = object[`_original_${start}`] ?? object[start];
        const promise = GFutures.Promise.new();

        finish ??= `${start.replace(/_async$/, '')}_finish`;
        for (const [name, value] of [[start, func], [finish, object[finish]]]) {
            if (typeof value !== 'function')
                throw new TypeError(`from_async: ${object} has no function ${name}`);
        }

        const [, parameters] = func.toString().match(/\(([^)]*)\)/);
        const position = parameters.split(/\s*,\s*/).indexOf('cancellable');

        if (position >= 0)
            args.splice(position, 0, promise.get_cancellable());

        func.call(object, ...args, (_source, result) => {
            try {
                resolve(promise, object[finish](result));
            } catch (error) {
                if (error instanceof GLib.Error)
                    promise.reject(error);
                else
                    promise.reject_literal(Gio.io_error_quark(), Gio.IOErrorEnum.FAILED, `${error}`);
            }
        });

        return promise;
    };
}

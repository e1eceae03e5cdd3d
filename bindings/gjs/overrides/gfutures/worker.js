/* worker.js - the worker process of a pool, where that is gjs
 *
 * It serves the functions that a module exports. They are called with the values of
 * plain variants, so that any language can call them, and a context at the end. The
 * names “map:NAME” and “load:NAME” are those of calls that pools of JavaScript make, see
 * names.js.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
/* exported serve */

var {serve} = (() => {
    const {Map, Object, Promise, Uint8Array} = globalThis;
    const System = imports.system;
    const {GFutures, Gio, GLib} = imports.gi;

    const {returnValue} = imports.overrides.gfutures.calls;
    const {OWN_FRAME, fromGError, toFields, toGError} = imports.overrides.gfutures.errors;
    const memory = imports.overrides.gfutures.memory;
    const {LOAD, MAP, showName} = imports.overrides.gfutures.names;
    const {MAX_SMALL, isThenable, packValue, unpackArguments, unpackVariant} = imports.overrides.gfutures.values;

    const {reject, resolve} = GFutures.Promise.prototype;

    const NO_BYTES = new Uint8Array(0);

    /* The last argument of a function: how it tells how far it is, and learns that it may
     * stop. */
    class Context {
        #promise;
        #cancellable = null;

        constructor(promise) {
            this.#promise = promise;
        }

        /* From 0 to 1, or -1 if that is unknown, and what is being done */
        progress(fraction, text = null) {
            this.#promise.set_progress(fraction, text);
        }

        get isCancelled() {
            return this.#promise.should_stop();
        }

        /* For calls of GIO, which it ends from another thread if it has to. Handlers of its
         * own run in this one: those of JavaScript could not elsewhere. */
        get cancellable() {
            if (this.#cancellable !== null)
                return this.#cancellable;

            const cancellable = this.#promise.get_cancellable();
            const mirror = new Gio.Cancellable();

            this.#promise.add_done_callback(null, () => {
                if (cancellable.is_cancelled())
                    mirror.cancel();
            });
            cancellable.connect = (...args) => mirror.connect(...args);
            cancellable.disconnect = id => mirror.disconnect(id);
            this.#cancellable = cancellable;
            return cancellable;
        }
    }

    /* ---- the module ---- */

    class Module {
        constructor(name, loading) {
            this.name = name;
            this.exports = null;
            this.error = null;
            this._found = new Map();
            this.loaded = loading.then(exports => {
                this.exports = exports;
            }).catch(error => {
                this.error = this._explain(error);
            });
        }

        get isReady() {
            return this.exports !== null || this.error !== null;
        }

        _explain(thrown) {
            const [domain, code, message, stack] = toFields(thrown, 'It');
            const [, name, text] = thrown instanceof Error ? message.match(/^(\w+: )([^]*)$/) : [null, '', message];
            /* A module that is not there has no place in itself. */
            const where = thrown instanceof Error && !OWN_FRAME.test(`/${thrown.fileName}:`)
                ? ` (${thrown.fileName}:${thrown.lineNumber}:${thrown.columnNumber})` : '';
            const error = new GLib.Error(GLib.quark_from_string(domain), code,
                `${name}The module ${this.name} cannot be loaded: ${text}${where}`);

            if (stack !== null)
                GFutures.error_set_remote_traceback(error, stack);
            return error;
        }

        /* The function of that name */
        find(name) {
            const known = this._found.get(name);

            if (known !== undefined)
                return known;
            if (this.error !== null)
                throw this.error;

            const func = Object.prototype.hasOwnProperty.call(this.exports, name) ? this.exports[name] : undefined;

            if (typeof func !== 'function') {
                throw new GLib.Error(GFutures.FutureError, GFutures.FutureError.UNKNOWN_FUNCTION,
                    func === undefined && !(name in this.exports)
                        ? `The module ${this.name} exports no function “${name}”`
                        : `“${name}”, which the module ${this.name} exports, is no function`);
            }
            this._found.set(name, func);
            return func;
        }
    }

    /* ---- calls ---- */

    function fail(promise, name, thrown) {
        let error;

        try {
            error = toGError(thrown, showName(name));
        } catch {
            error = toGError(new Error(`${showName(name)} threw what cannot be looked at`));
        }
        reject.call(promise, error);
    }

    /* Calls it for each item till one fails: what the others came to is not lost. The
     * first ones have their results. */
    function mapItems(func, items, context, results = []) {
        while (results.length < items.length && !context.isCancelled) {
            let result;

            try {
                result = func(items[results.length], context);
            } catch (error) {
                return {results, error: fromGError(toGError(error, func.name))};
            }
            if (isThenable(result))
                return mapLater(func, items, context, results, result);
            results.push(result);
        }
        return {results};
    }

    /* One of the results may be what cannot be sent. */
    function returnMapped(promise, {results, error}) {
        try {
            returnValue(promise, error === undefined ? {results} : {results, error});
        } catch (thrown) {
            const sent = results.findIndex(result => {
                try {
                    packValue(result, () => null);
                    return false;
                } catch (reason) {
                    error = reason;
                    return true;
                }
            });

            /* Each alone could be: it is what is around them that is too much. */
            if (sent < 0)
                throw thrown;
            returnValue(promise, {results: results.slice(0, sent), error});
        }
        return true;
    }

    async function mapLater(func, items, context, results, next) {
        try {
            results.push(await next);
        } catch (error) {
            return {results, error: fromGError(toGError(error, func.name))};
        }
        return mapItems(func, items, context, results);
    }

    function start(module, promise, name, args) {
        const context = new Context(promise);

        if (name.startsWith(LOAD)) {
            const initializer = name.slice(LOAD.length);

            /* What is wrong with the module is said to who calls. */
            return initializer !== '' ? (0, module.find(initializer))(...args, context) : null;
        }
        if (name.startsWith(MAP))
            return mapItems(module.find(name.slice(MAP.length)), args[0], context);
        return (0, module.find(name))(...args, context);
    }

    function giveResult(promise, name, result) {
        return name.startsWith(MAP) ? returnMapped(promise, result) : returnValue(promise, result);
    }

    /* For what takes longer than this call. */
    async function finish(promise, name, begin) {
        const hold = promise.hold();

        try {
            if (!giveResult(promise, name, await begin()))
                resolve.call(promise, null);
        } catch (error) {
            fail(promise, name, error);
        }
        hold.release();
    }

    /* Those that are large come as a variant. */
    function getArguments(type, data, variant) {
        if (variant !== null)
            return unpackVariant(variant, {asArguments: true, isForeign: true});
        return type !== null ? unpackArguments(type, data ?? NO_BYTES) : [];
    }

    function run(module, promise, name, type, data, variant) {
        try {
            const args = getArguments(type, data, variant);

            if (!module.isReady) {
                finish(promise, name, () => module.loaded.then(() => start(module, promise, name, args)));
                return;
            }

            const result = start(module, promise, name, args);

            if (isThenable(result))
                finish(promise, name, () => result);
            else
                giveResult(promise, name, result);
        } catch (error) {
            fail(promise, name, error);
        }
    }

    /* In a promise's job gjs exits when the main loop ends and not before, and aborts if the
     * program exits then: up to 1.90 at least. What is imported later gets this function. */
    function makeExitWork() {
        System.exit = (status = 0) => GFutures.worker_exit(status);
    }

    /* For a program that has imported it before. */
    async function loadSystem() {
        const {default: system} = await import('system');

        system.exit = System.exit;
    }

    /* A module that does not exist is not imported: the error says more than that of gjs. */
    async function load(uri) {
        if (!Gio.File.new_for_uri(uri.replace(/[?#].*$/, '')).query_exists(null)) {
            throw new GLib.Error(Gio.IOErrorEnum, Gio.IOErrorEnum.NOT_FOUND, uri.startsWith('resource:')
                ? 'There is no such resource. Workers know those of the bundles that the pool has for its resources'
                : 'There is no such file');
        }
        return import(uri);
    }

    /* Makes this gjs a worker: serves the pool that started it until there are no more
     * tasks. @module is the URI of one, or an object with functions; @resources are the
     * files of bundles of resources that it needs. For the worker-argv
     * of a pool in any language:
     *
     *   gjs -c "imports.gi.versions.GFutures = '1';
     *           imports.system.exit (imports.gi.GFutures.serve (...ARGV));" file:///…/tasks.js
     *
     * It runs the main loop, and must not be called after an await: nothing that is
     * awaited would come. */
    function serve(module, ...resources) {
        /* Before anything that the module may start */
        GFutures.worker_requested();
        for (const path of resources)
            Gio.Resource.load(path)._register();
        makeExitWork();

        const served = typeof module === 'string'
            ? new Module(module, load(module)) : new Module('of this worker', loadSystem().then(() => module));

        GFutures.function_register_serialized(null, MAX_SMALL, (...args) => {
            run(served, ...args);
            memory.collectSoon();
        });

        const status = GFutures.worker_run([]);

        if (!served.isReady)
            GFutures.worker_exit(status);
        return status;
    }

    return {serve};
})();

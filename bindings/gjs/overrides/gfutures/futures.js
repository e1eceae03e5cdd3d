/* futures.js - futures as promises of JavaScript
 *
 * A future is a thenable: its then(), catch() and finally() are those of one native
 * Promise, made when it is first asked for, so that order, rejections that nobody
 * handles and all else is as everywhere. Results that GObject's values cannot hold
 * are kept in the wrapper of the future, which lives as long.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
/* exported override */

var {override} = (() => {
    const {Promise} = globalThis;
    const {GFutures, Gio, GLib, GObject} = imports.gi;

    const {fromGError, toGError} = imports.overrides.gfutures.errors;
    const {MAX_SMALL, unpack, unpackVariant} = imports.overrides.gfutures.values;

    const IO_ERROR = GLib.quark_to_string(Gio.io_error_quark());

    const NATIVE = Symbol('native');
    const OUTCOME = Symbol('outcome');
    const SOURCES = Symbol('sources');
    const COLLECT = Symbol('collect');

    const {
        add_done_callback: addDoneCallback, get_error: getError, get_value: getValue, peek_serialized: peekSerialized,
    } = GFutures.Future.prototype;

    /* ---- what a future has come to ---- */

    function isSameError(a, b) {
        return a !== null && b !== null && a.matches(b.domain, b.code) && a.message === b.message;
    }

    /* What was kept in the wrapper of the future whose outcome this one has taken over:
     * @error, or none. */
    function findOutcome(future, error) {
        if (OUTCOME in future)
            return future[OUTCOME];

        const sources = future[SOURCES] ?? (future instanceof GFutures.FutureSet ? listMembers(future) : []);

        for (const source of sources) {
            if (!source.is_done())
                continue;

            const sourceError = getError.call(source);

            if (error === sourceError || isSameError(error, sourceError)) {
                const outcome = findOutcome(source, error);

                if (outcome !== null)
                    return outcome;
            }
        }
        return null;
    }

    /* The value, or what is thrown, of a future that is settled. */
    function getResult(future) {
        let data, type, value;

        if (OUTCOME in future) {
            if ('reason' in future[OUTCOME])
                throw future[OUTCOME].reason;
            return future[OUTCOME].value;
        }

        try {
            [data, type] = peekSerialized.call(future, MAX_SMALL);
        } catch (error) {
            const outcome = findOutcome(future, error);

            throw outcome !== null ? outcome.reason : fromGError(error);
        }
        /* get_value() would do, but gjs leaks each variant that is in a GValue. */
        if (type !== null)
            return data?.length > 0 ? unpack(type, data) : unpackVariant(future.get_variant());
        value = getValue.call(future);
        /* Of those groups that have no value of their own it is the members'. */
        if (value === null && COLLECT in future)
            return future[COLLECT](listMembers(future));
        return value === null ? findOutcome(future, null)?.value ?? null : value;
    }

    function settleNative(future, resolve, reject) {
        try {
            resolve(getResult(future));
        } catch (error) {
            reject(error);
        }
    }

    function getNative(future) {
        return future[NATIVE] ??= new Promise((resolve, reject) => {
            if (future.is_done())
                settleNative(future, resolve, reject);
            else
                addDoneCallback.call(future, null, () => settleNative(future, resolve, reject));
        });
    }

    /* ---- chains ---- */

    /* C's continuations: they get a future and may return one, and to cancel what is
     * derived cancels what it waits for. The native promise's then() and so on are
     * JavaScript's. */
    function overrideChains(prototype) {
        const {chain, catch: chainCatch, finally: chainFinally} = prototype;

        function derive(source, native, func, keepsSource) {
            const derived = native.call(source, settled => {
                const next = func(settled) ?? null;

                derived[SOURCES] = [...keepsSource ? [source] : [], ...next !== null ? [next] : []];
                return next;
            });

            derived[SOURCES] = [source];
            return derived;
        }

        prototype.chain = function (func) {
            return derive(this, chain, func, false);
        };
        prototype.chain_catch = function (func) {
            return derive(this, chainCatch, func, false);
        };
        prototype.chain_finally = function (func) {
            return derive(this, chainFinally, func, true);
        };
    }

    /* ---- groups ---- */

    function listMembers(set) {
        return Array.from({length: set.get_n_items()}, (_, i) => set.get_item(i));
    }

    function collectValues(futures) {
        return futures.map(getResult);
    }

    /* As by Promise.allSettled(). */
    function collectOutcomes(futures) {
        return futures.map(future => {
            try {
                return {status: 'fulfilled', value: getResult(future)};
            } catch (reason) {
                return {status: 'rejected', reason};
            }
        });
    }

    function overrideGroups() {
        for (const [name, collect] of [
            ['all', collectValues], ['all_settled', collectOutcomes], ['any'], ['race'],
        ]) {
            const native = GFutures.Future[name];

            GFutures.Future[name] = function (futures) {
                const set = native([...futures]);

                if (collect !== undefined)
                    set[COLLECT] = collect;
                return set;
            };
        }

        const asCompleted = GFutures.as_completed;

        GFutures.as_completed = futures => asCompleted([...futures]);

        GFutures.FutureIterator.prototype[Symbol.asyncIterator] = function () {
            return new FutureIterator(this);
        };
        GFutures.FutureSet.prototype[Symbol.asyncIterator] = function () {
            return new FutureIterator(this.iterator());
        };
    }

    /* Yields futures in the order in which they are settled. By hand: a generator would
     * wait for each, and yield what it comes to. */
    class FutureIterator {
        constructor(native) {
            this._native = native;
        }

        next() {
            return new Promise((resolve, reject) => {
                this._native.next_async(null, (native, result) => {
                    try {
                        const value = native.next_finish(result);

                        resolve(value === null ? {value: undefined, done: true} : {value, done: false});
                    } catch (error) {
                        reject(error);
                    }
                });
            });
        }

        return(value) {
            return Promise.resolve({value, done: true});
        }

        [Symbol.asyncIterator]() {
            return this;
        }
    }

    /* ---- promises ---- */

    function isThenable(value) {
        return value !== null && ['object', 'function'].includes(typeof value) && typeof value.then === 'function';
    }

    function overridePromise() {
        const {resolve, reject} = GFutures.Promise.prototype;

        function fulfil(promise, value) {
            const isPlain = ['boolean', 'number', 'string'].includes(typeof value) ||
                value instanceof GObject.Object || value instanceof GLib.Variant;
            /* Text of GLib ends at a zero. */
            const travels = isPlain && !(typeof value === 'string' && value.includes('\0'));

            if (!resolve.call(promise, travels ? value : null))
                return false;
            promise[OUTCOME] = {value};
            return true;
        }

        /* As by the functions that a native Promise gives: with a promise, it comes to
         * what that one comes to. */
        GFutures.Promise.prototype.resolve = function (value) {
            if (!isThenable(value))
                return fulfil(this, value);
            if (this.is_done())
                return false;
            Promise.resolve(value).then(result => fulfil(this, result), error => this.reject(error));
            return true;
        };

        GFutures.Promise.prototype.reject = function (reason) {
            const error = toGError(reason, 'The program', IO_ERROR, Gio.IOErrorEnum.FAILED);

            if (!reject.call(this, error))
                return false;
            this[OUTCOME] = {reason};
            return true;
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
    function fromAsync(object, start, finish = undefined, ...args) {
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
                const value = object[finish](result);
                /* What says only that nothing was thrown is left out, as by
                 * Gio._promisify(). */
                const isSuccess = Array.isArray(value) && value.length > 1 && value[0] === true;

                promise.resolve(isSuccess ? value.slice(1) : value);
            } catch (error) {
                promise.reject(error);
            }
        });

        return promise;
    }

    function override() {
        const {prototype} = GFutures.Future;

        overrideChains(prototype);
        prototype.then = function (onFulfilled, onRejected) {
            return getNative(this).then(onFulfilled, onRejected);
        };
        prototype.catch = function (onRejected) {
            return getNative(this).catch(onRejected);
        };
        prototype.finally = function (onFinally) {
            return getNative(this).finally(onFinally);
        };

        const {result_finish: finish} = prototype;

        /* What is awaited */
        prototype.get_value = function () {
            return this.is_done() ? getResult(this) : getValue.call(this);
        };
        prototype.result = function (timeout = -1, cancellable = null) {
            this.wait(timeout, cancellable);
            return getResult(this);
        };
        /* The wait itself may have been cancelled. */
        prototype.result_finish = function (result) {
            return this.is_done() ? getResult(this) : finish.call(this, result);
        };
        Gio._promisify(prototype, 'result_async', 'result_finish');

        prototype.onProgress = function (callback) {
            this.connect('notify::progress', () => callback(this.get_progress(), this.dup_status()));
            return this;
        };

        GFutures.Future.from_async = fromAsync;
        overrideGroups();
        overridePromise();
    }

    return {override};
})();

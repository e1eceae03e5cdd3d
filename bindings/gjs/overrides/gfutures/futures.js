/* futures.js - futures as promises of JavaScript
 *
 * A future is a thenable: its then(), catch() and finally() are those of one native
 * Promise, made when it is first asked for, so that order, rejections that nobody
 * handles and all else is as everywhere. Results that GObject's values cannot hold
 * are kept in the wrapper of the future, which lives as long.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
/* exported override, settleBy */

var {override, settleBy} = (() => {
    const {Promise} = globalThis;
    const {GFutures, Gio, GLib, GObject} = imports.gi;

    const {FOREIGN} = imports.overrides.gfutures.calls;
    const {fromGError, toGError} = imports.overrides.gfutures.errors;
    const {MAX_SMALL, isThenable, unpack, unpackVariant} = imports.overrides.gfutures.values;

    const IO_ERROR = GLib.quark_to_string(Gio.io_error_quark());

    const NATIVE = Symbol('native');     /* the promise */
    const OUTCOME = Symbol('outcome');   /* the value, or the reason, if it is kept here */
    const FOLLOWS = Symbol('follows');   /* whether another promise settles it */
    const ORIGIN = Symbol('origin');     /* a function: whose outcome it has taken over */
    const COLLECT = Symbol('collect');   /* a function: the value of a group */

    const {
        add_done_callback: addDoneCallback, get_error: getError, get_value: getValue, peek_serialized: peekSerialized,
    } = GFutures.Future.prototype;
    const {resolve: nativeResolve, reject: nativeReject} = GFutures.Promise.prototype;

    /* ---- what a future has come to ---- */

    /* gjs has made an Error of what a function of JavaScript threw. */
    function isSameError(a, b) {
        if (a instanceof GLib.Error && b instanceof GLib.Error)
            return a.matches(b.domain, b.code) && a.message === b.message;
        return a?.message === b?.message;
    }

    /* The future whose outcome, which may be kept in its wrapper, this one has too, or null */
    function getOrigin(future) {
        let origin = null;

        if (ORIGIN in future)
            origin = future[ORIGIN]();
        else if (future instanceof GFutures.FutureSet)
            origin = future.get_decisive();
        /* It may have been cancelled for itself. */
        return origin?.is_done() && origin.get_state() === future.get_state() &&
            isSameError(getError.call(origin), getError.call(future)) ? origin : null;
    }

    /* The value, or what is thrown, of a future that is settled. */
    function getResult(future) {
        let data, type;

        if (OUTCOME in future) {
            if ('reason' in future[OUTCOME])
                throw future[OUTCOME].reason;
            return future[OUTCOME].value;
        }

        const origin = getOrigin(future);

        if (origin !== null)
            return getResult(origin);

        try {
            [data, type] = peekSerialized.call(future, MAX_SMALL);
        } catch (error) {
            throw fromGError(error);
        }
        if (data?.length > 0)
            return unpack(type, data);
        /* What is large comes as a variant. */
        if (type !== null)
            return getLarge(future);
        return COLLECT in future ? future[COLLECT](listMembers(future)) : getValue.call(future);
    }

    /* What is not copied is the same for all who ask. */
    function getLarge(future) {
        const isForeign = FOREIGN in future;
        const value = unpackVariant(future.get_variant(), {isForeign});

        if (isForeign)
            future[OUTCOME] = {value};
        return value;
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

    /* C's continuations: they get a future and may return one, or anything else, and to
     * cancel what is derived cancels what it waits for. The native promise's then() and so
     * on are JavaScript's. */
    function overrideChains(prototype) {
        const {chain, catch: chainCatch, finally: chainFinally} = prototype;

        function derive(source, native, func, keepsOutcome) {
            let next = null;
            let hasRun = false;

            const derived = native.call(source, settled => {
                hasRun = true;
                next = callForFuture(func, settled);
                return next;
            });

            derived[ORIGIN] = () => {
                if (keepsOutcome)
                    return next?.is_done() && getError.call(next) !== null ? next : source;
                return hasRun ? next : source;
            };
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

    /* The future of what a function returns or throws; null: it is nothing. */
    function callForFuture(func, settled) {
        const promise = new GFutures.Promise();

        try {
            const result = func(settled) ?? null;

            if (result === null || result instanceof GFutures.Future)
                return result;
            promise.resolve(result);
        } catch (error) {
            promise.reject(error);
        }
        return promise;
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

    function fulfil(promise, value) {
        const isPlain = ['boolean', 'number', 'string'].includes(typeof value) ||
            value instanceof GObject.Object || value instanceof GLib.Variant;
        /* Text of GLib ends at a zero. */
        const travels = isPlain && !(typeof value === 'string' && value.includes('\0'));

        if (!nativeResolve.call(promise, travels ? value : null))
            return false;
        promise[OUTCOME] = {value};
        return true;
    }

    function reject(promise, reason) {
        const error = toGError(reason, 'The program', IO_ERROR, Gio.IOErrorEnum.FAILED);

        if (!nativeReject.call(promise, error))
            return false;
        promise[OUTCOME] = {reason};
        return true;
    }

    /* Settles a promise as another one is, if nobody does before. */
    function settleBy(promise, thenable) {
        const hold = promise.hold();

        Promise.resolve(thenable)
            .then(value => fulfil(promise, value), reason => reject(promise, reason))
            .finally(() => hold.release());
    }

    function overridePromise() {
        /* As by the functions that a native Promise gives: with a promise, it comes to
         * what that one comes to. */
        GFutures.Promise.prototype.resolve = function (value) {
            if (this[FOLLOWS])
                return false;
            try {
                if (!isThenable(value))
                    return fulfil(this, value);
                if (value === this)
                    throw new TypeError('A promise cannot come to itself');
            } catch (error) {
                return reject(this, error);
            }
            if (this.is_done())
                return false;
            this[FOLLOWS] = true;
            settleBy(this, value);
            return true;
        };

        GFutures.Promise.prototype.reject = function (reason) {
            return !this[FOLLOWS] && reject(this, reason);
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

    return {override, settleBy};
})();

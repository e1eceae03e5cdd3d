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

const {Gio, GLib, GObject} = imports.gi;
const {GFutures} = imports.gi;

const {fromGError, toGError} = imports.overrides.gfutures.errors;
const {unpackVariant} = imports.overrides.gfutures.values;

const NATIVE = Symbol('native');
const OUTCOME = Symbol('outcome');
const COLLECT = Symbol('collect');

let addDoneCallback, getValue;

/* ---- what a future has come to ---- */

function getFulfilled(future) {
    if (OUTCOME in future)
        return future[OUTCOME].value;

    const value = getValue.call(future);

    if (value instanceof GLib.Variant)
        return unpackVariant(value);
    /* Of those groups that have no value of their own it is the members'. */
    if (value === null && future instanceof GFutures.FutureSet)
        return (future[COLLECT] ?? collectValues)(listMembers(future));
    return value;
}

/* The value, or what is thrown. */
function getResult(future) {
    const error = future.get_error();

    if (error !== null)
        throw getReason(future, error);
    return getFulfilled(future);
}

/* A group, and what was derived, fail with the GError of another future. */
function getReason(future, error) {
    return OUTCOME in future ? future[OUTCOME].reason : fromGError(error);
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
    for (const [name, collect] of [['all', collectValues], ['all_settled', collectOutcomes], ['any'], ['race']]) {
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
        const error = toGError(reason, null, 'g-io-error-quark', Gio.IOErrorEnum.FAILED);

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

    ({add_done_callback: addDoneCallback, get_value: getValue} = prototype);

    /* What C's do, with a function that gets a future and may return one. */
    prototype.chain_catch = prototype.catch;
    prototype.chain_finally = prototype.finally;

    prototype.then = function (onFulfilled, onRejected) {
        return getNative(this).then(onFulfilled, onRejected);
    };
    prototype.catch = function (onRejected) {
        return getNative(this).catch(onRejected);
    };
    prototype.finally = function (onFinally) {
        return getNative(this).finally(onFinally);
    };

    /* These throw where there is no result yet, and so on; else it is the same as
     * what is awaited. */
    for (const name of ['get_value', 'result', 'result_finish']) {
        const get = prototype[name];

        prototype[name] = function (...args) {
            try {
                get.apply(this, args);
            } catch (error) {
                if (!this.is_done() || !this.get_error()?.matches(error.domain, error.code))
                    throw error;
            }
            return getResult(this);
        };
    }
    Gio._promisify(prototype, 'result_async', 'result_finish');

    prototype.onProgress = function (callback) {
        this.connect('notify::progress', () => callback(this.get_progress(), this.dup_status()));
        return this;
    };

    GFutures.Future.from_async = fromAsync;
    overrideGroups();
    overridePromise();
}

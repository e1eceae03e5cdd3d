/* calls.js - calling a function by its name, with JavaScript's values
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
/* exported FOREIGN, call, callAlone, callItems, callTuples, getInnermost, returnValue */

var {FOREIGN, call, callAlone, callItems, callTuples, getInnermost, returnValue} = (() => {
    const {GFutures, GLib} = imports.gi;

    const memory = imports.overrides.gfutures.memory;
    const {MAP} = imports.overrides.gfutures.names;
    const {packArguments, packItems, packTuple, packTuples, packValue} = imports.overrides.gfutures.values;

    /* Whether a future is that of a call of another process */
    const FOREIGN = Symbol('foreign');

    const {call_full: callFull, call_serialized: callSerialized} = GFutures.Executor.prototype;

    /* The one that runs what is given to this one */
    function getInnermost(executor) {
        while (executor instanceof GFutures.LimitedExecutor || executor instanceof GFutures.TaskScope)
            ({executor} = executor);
        return executor;
    }

    function send(executor, priority, name, type, bytes, pieces) {
        return pieces.length === 0
            ? callSerialized.call(executor, priority, name, type, bytes)
            : memory.fillBuffer(bytes, pieces).send_call(executor, priority, name, type);
    }

    /* @cancellable: null, or what may be cancelled already, so that nothing is sent. */
    function call(executor, priority, cancellable, name, args) {
        let future;

        if (args.length === 0) {
            future = callFull.call(executor, priority, cancellable, name, null);
        } else if (cancellable !== null) {
            future = packArguments(args, (...data) =>
                callFull.call(executor, priority, cancellable, name, memory.createVariant(...data)));
        } else {
            future = packArguments(args, (...data) => send(executor, priority, name, ...data));
        }
        return markForeign(executor, future);
    }

    /* With one argument, which may be a GLib.Variant and is not all of them */
    function callAlone(executor, name, argument) {
        return markForeign(executor, packTuple([argument], (...data) =>
            send(executor, GLib.PRIORITY_DEFAULT, name, ...data)));
    }

    /* What arrives from a process is in memory of its own. */
    function markForeign(executor, future) {
        if (getInnermost(executor) instanceof GFutures.ProcessPoolExecutor)
            future[FOREIGN] = true;
        return future;
    }

    /* Of a worker that serves a module of JavaScript's. @offset: the number of the first
     * item, for messages. */
    function callItems(executor, name, items, offset) {
        return markForeign(executor, packItems(items, offset, (...data) =>
            send(executor, GLib.PRIORITY_DEFAULT, MAP + name, ...data)));
    }

    /* By C's map; null: the items are of different types. */
    function callTuples(executor, nativeMap, name, items, offset) {
        return packTuples(items, offset, (...data) =>
            nativeMap.call(executor, name, memory.createVariant(...data), items.length));
    }

    /* What a worker's function has come to. False: it is nothing. */
    function returnValue(promise, value) {
        if (value === undefined || value === null)
            return false;
        packValue(value, (type, bytes, pieces) => {
            if (pieces.length === 0)
                GFutures.function_return_serialized(promise, type, bytes);
            else
                memory.fillBuffer(bytes, pieces).send_result(promise, type);
        });
        return true;
    }

    return {FOREIGN, call, callAlone, callItems, callTuples, getInnermost, returnValue};
})();

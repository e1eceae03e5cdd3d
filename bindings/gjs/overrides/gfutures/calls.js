/* calls.js - calling a function by its name, with JavaScript's values
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
/* exported LOAD, MAP, call, callItems, callTuples, getInnermost, returnValue */

var {LOAD, MAP, call, callItems, callTuples, getInnermost, returnValue} = (() => {
    const {GFutures, GLib} = imports.gi;

    const memory = imports.overrides.gfutures.memory;
    const {packArguments, packItems, packTuples, packValue} = imports.overrides.gfutures.values;

    /* Before the name of a function that is to be called for each item of an Array */
    const MAP = 'map:';
    /* Before that of an initializer, if there is one: a worker is ready when its module is
     * loaded. */
    const LOAD = 'load:';

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

    function call(executor, priority, name, args) {
        if (args.length === 0)
            return callFull.call(executor, priority, null, name, null);
        return packArguments(args, (...data) => send(executor, priority, name, ...data));
    }

    /* Of a worker that serves a module of JavaScript's. @offset: the number of the first
     * item, for messages. */
    function callItems(executor, name, items, offset) {
        return packItems(items, offset, (...data) => send(executor, GLib.PRIORITY_DEFAULT, MAP + name, ...data));
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

    return {LOAD, MAP, call, callItems, callTuples, getInnermost, returnValue};
})();

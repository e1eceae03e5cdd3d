// test-smoke.js - what the library has for every language, from JavaScript
//
// Run as: gjs -m test-smoke.js, with GFutures-1 and GFuturesTest-1 on
// GI_TYPELIB_PATH. Speaks TAP.
//
// SPDX-License-Identifier: LGPL-2.1-or-later

import Gio from 'gi://Gio';
import GLib from 'gi://GLib';
import GFutures from 'gi://GFutures?version=1';
import GFuturesTest from 'gi://GFuturesTest?version=1';
import System from 'system';

import {main, test, testLog} from './tap.js';

GFuturesTest.register_functions();

function assert(condition, message) {
    if (!condition)
        throw new Error(message ?? 'assertion failed');
}

function assertThrows(func, type, text) {
    try {
        func();
    } catch (error) {
        assert(error instanceof type, `${error}`);
        assert(error.message.includes(text), error.message);
        return;
    }
    throw new Error('nothing was thrown');
}

function assertEqual(actual, expected, message) {
    assert(actual === expected, `${message ?? 'value'}: ${actual} is not ${expected}`);
}

// Resolves when `done` was emitted, with nothing: a future is a thenable. The promise
// keeps nothing of the future alive but what the caller holds.
function whenDone(future) {
    return new Promise(resolve => future.connect('done', () => resolve()));
}

function turn() {
    return new Promise(resolve => GLib.idle_add(GLib.PRIORITY_LOW, () => {
        resolve();
        return GLib.SOURCE_REMOVE;
    }));
}

test('ready-made future emits done once, in a later turn', async () => {
    const future = GFutures.Future.new_for_int(7);
    let count = 0;
    future.connect('done', () => count++);
    assertEqual(count, 0);
    assert(future.is_done());
    await whenDone(future);
    await turn();
    assertEqual(count, 1);
    assertEqual(future.get_int(), 7);
    assertEqual(future.get_value(), 7);
});

test('call gives the result', async () => {
    const pool = GFutures.ThreadPoolExecutor.new(2);
    const future = pool.call('test.square', new GLib.Variant('(i)', [12]));
    await whenDone(future);
    assertEqual(future.get_state(), GFutures.FutureState.SUCCEEDED);
    assertEqual(future.get_variant().unpack(), 144);
    pool.shutdown(true, false);
});

test('a promisified result is awaited', async () => {
    const pool = GFutures.ThreadPoolExecutor.new(2);
    const value = await pool.call('test.square', new GLib.Variant('(i)', [5])).result_async(null);
    assertEqual(value, 25);
    pool.shutdown(true, false);
});

test('an error arrives with its domain and code', async () => {
    const pool = GFutures.ThreadPoolExecutor.new(1);
    const future = pool.call('test.fail');
    let caught = null;
    try {
        await future.result_async(null);
    } catch (error) {
        caught = error;
    }
    assert(caught?.matches(Gio.IOErrorEnum, Gio.IOErrorEnum.NOT_FOUND), `${caught}`);
    assertEqual(caught.message, 'test.fail fails');
    assert(future.get_error().matches(Gio.IOErrorEnum, Gio.IOErrorEnum.NOT_FOUND));
    pool.shutdown(true, false);
});

test('an unknown function is named', async () => {
    const pool = GFutures.ThreadPoolExecutor.new(1);
    const future = pool.call('no.such-function');
    await whenDone(future);
    const error = future.get_error();
    assert(error.matches(GFutures.FutureError, GFutures.FutureError.UNKNOWN_FUNCTION), `${error}`);
    assert(error.message.includes('no.such-function'));
    pool.shutdown(true, false);
});

test('a value before it is settled is a pending error', () => {
    const promise = GFutures.Promise.new();
    let caught = null;
    try {
        promise.get_value();
    } catch (error) {
        caught = error;
    }
    assert(caught?.matches(Gio.IOErrorEnum, Gio.IOErrorEnum.PENDING), `${caught}`);
});

test('nothing is null', async () => {
    const pool = GFutures.ThreadPoolExecutor.new(1);
    const future = pool.call('test.sleep-until-cancelled');
    future.connect('notify::progress', () => future.cancel());
    await whenDone(future);
    const executor = GFutures.MainContextExecutor.new(null);
    const value = await executor.submit(() => {}).result_async(null);
    assertEqual(value, null);
    pool.shutdown(true, false);
});

test('a running call is cancelled, and told', async () => {
    const pool = GFutures.ThreadPoolExecutor.new(1);
    const before = GFuturesTest.get_n_stopped();
    const future = pool.call('test.sleep-until-cancelled');
    await new Promise(resolve => future.connect('notify::progress', () => resolve()));
    assertEqual(future.get_progress(), 0.5);
    assertEqual(future.dup_status(), 'asleep');
    assert(future.is_running());
    assert(future.cancel());
    assert(future.is_cancelled());
    assert(!future.cancel());
    await whenDone(future);
    assert(future.get_error().matches(Gio.IOErrorEnum, Gio.IOErrorEnum.CANCELLED));
    pool.shutdown(true, false);
    assertEqual(GFuturesTest.get_n_stopped(), before + 1);
});

test('progress is notified on the loop', async () => {
    const pool = GFutures.ThreadPoolExecutor.new(1);
    const future = pool.call('test.count', new GLib.Variant('(u)', [100000]));
    let notifies = 0;
    future.connect('notify::progress', () => notifies++);
    await whenDone(future);
    assert(notifies >= 1 && notifies < 1000, `${notifies} notifies`);
    assertEqual(future.get_progress(), 1);
    pool.shutdown(true, false);
});

test('map gives the results in order', async () => {
    const pool = GFutures.ThreadPoolExecutor.new(2);
    const future = pool.map('test.square', new GLib.Variant('ai', [1, 2, 3, 4]), 0);
    const value = await future.result_async(null);
    assertEqual(value.join(), '1,4,9,16');
    assertEqual(future.get_variant().deepUnpack().join(), '1,4,9,16');
    pool.shutdown(true, false);
});

test('a closure given to a thread pool throws before anything runs', () => {
    const pool = GFutures.ThreadPoolExecutor.new(1);
    let ran = false;
    const run = () => {
        ran = true;
    };
    assertThrows(() => pool.submit(run), TypeError, 'pool.call');
    assertThrows(() => pool.submit_full(0, null, run), TypeError, 'pool.call');
    assertThrows(() => pool.set_initializer(run), TypeError, 'another thread');
    const promise = new GFutures.Promise();
    assertThrows(() => promise.add_done_callback(pool, run), TypeError, 'another thread');
    assertThrows(() => promise.add_done_callback(GFutures.InlineExecutor.get(), run), TypeError, 'another thread');
    promise.resolve_int(1);
    pool.shutdown(true, false);
    assert(!ran);
});

test('a closure registered as a function is refused by a thread pool', async () => {
    const pool = GFutures.ThreadPoolExecutor.new(1);
    GFutures.function_register('test.in-javascript', () => new GLib.Variant('i', 7));
    const future = pool.call('test.in-javascript');
    await whenDone(future);
    assert(future.get_error().matches(Gio.IOErrorEnum, Gio.IOErrorEnum.NOT_SUPPORTED), `${future.get_error()}`);
    assert(future.get_error().message.includes('test.in-javascript'), future.get_error().message);

    const here = GFutures.MainContextExecutor.new(null).call('test.in-javascript');
    await whenDone(here);
    assertEqual(here.get_variant().unpack(), 7);
    pool.shutdown(true, false);
});

test('a closure runs on the main context', async () => {
    const executor = GFutures.MainContextExecutor.new(null);
    let ran = false;
    const future = executor.submit(promise => {
        ran = true;
        promise.resolve_string('from a closure');
    });
    assert(!ran);
    assertEqual(await future.result_async(null), 'from a closure');
    assert(ran);
});

test('a closure that throws a GError fails its future', async () => {
    const executor = GFutures.MainContextExecutor.new(null);
    const future = executor.submit(() => {
        throw new GLib.Error(Gio.IOErrorEnum, Gio.IOErrorEnum.BUSY, 'busy');
    });
    await whenDone(future);
    assertEqual(future.get_state(), GFutures.FutureState.FAILED);
    assert(future.get_error().matches(Gio.IOErrorEnum, Gio.IOErrorEnum.BUSY), `${future.get_error()}`);
});

test('done callbacks run in order on the loop', async () => {
    const promise = GFutures.Promise.new();
    const order = [];
    promise.add_done_callback(null, () => order.push('first'));
    promise.add_done_callback(null, () => order.push('second'));
    promise.connect('done', () => order.push('done'));
    promise.connect('notify::settled', () => order.push('notify'));
    assert(promise.resolve_int(1));
    assert(!promise.resolve_int(2));
    assertEqual(order.length, 0);
    await turn();
    while (order.length < 4)
        await turn();
    assertEqual(order.join(), 'notify,done,first,second');
});

test('10,000 calls with done handlers, and the collector at work', async () => {
    const pool = GFutures.ThreadPoolExecutor.new(2);
    const N = 10000;
    let done = 0, sum = 0;
    await new Promise(resolve => {
        for (let i = 0; i < N; i++) {
            const future = pool.call('test.square', new GLib.Variant('(i)', [i % 100]));
            future.connect('done', f => {
                sum += f.get_variant().unpack();
                if (++done % 1000 === 0)
                    System.gc();
                if (done === N)
                    resolve();
            });
            if (i % 2000 === 0)
                System.gc();
        }
    });
    await turn();
    assertEqual(done, N);
    assertEqual(sum, 328350 * (N / 100));
    pool.shutdown(true, false);
});

test('futures that are forgotten are collected without harm', async () => {
    const pool = GFutures.ThreadPoolExecutor.new(2);
    const before = GFuturesTest.get_n_calls();
    for (let i = 0; i < 1000; i++) {
        pool.call('test.square', new GLib.Variant('(i)', [i])).connect('done', () => {});
        if (i % 100 === 0)
            System.gc();
    }
    pool.shutdown(true, false);
    assertEqual(GFuturesTest.get_n_calls(), before + 1000);
    await turn();
    System.gc();
    await turn();
});

test('after shutdown the future is failed', async () => {
    const pool = GFutures.ThreadPoolExecutor.new(1);
    pool.shutdown(false, false);
    const future = pool.call('test.square', new GLib.Variant('(i)', [1]));
    await whenDone(future);
    assert(future.get_error().matches(GFutures.FutureError, GFutures.FutureError.SHUT_DOWN));
});

testLog();

main();

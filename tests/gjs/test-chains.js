// test-chains.js - chains, groups and waits from JavaScript
//
// A closure runs on the main loop only.
//
// SPDX-License-Identifier: LGPL-2.1-or-later

import Gio from 'gi://Gio';
import GLib from 'gi://GLib';
import GObject from 'gi://GObject';
import GFutures from 'gi://GFutures?version=1';
import GFuturesTest from 'gi://GFuturesTest?version=1';
import System from 'system';

import {main, test, testLog} from './tap.js';

GFuturesTest.register_functions();

const {FutureState, FutureError, ReturnWhen} = GFutures;
const SECOND = 1000000;

function assert(condition, message) {
    if (!condition)
        throw new Error(message ?? 'assertion failed');
}

function assertEqual(actual, expected, message) {
    assert(actual === expected, `${message ?? 'value'}: ${actual} is not ${expected}`);
}

function assertFailed(future, domain, code) {
    assertEqual(future.get_state(), FutureState.FAILED, 'state');
    assert(future.get_error().matches(domain, code), `${future.get_error()}`);
}

function assertThrows(func, domain, code) {
    try {
        func();
    } catch (error) {
        assert(error.matches?.(domain, code), `${error}`);
        return;
    }
    throw new Error('nothing was thrown');
}

// Resolves when `done` was emitted, with nothing: a future may be a thenable.
function whenDone(future) {
    return new Promise(resolve => future.connect('done', () => resolve()));
}

function turn() {
    return new Promise(resolve => GLib.idle_add(GLib.PRIORITY_LOW, () => {
        resolve();
        return GLib.SOURCE_REMOVE;
    }));
}

async function turnUntil(condition) {
    while (!condition())
        await turn();
}

function busy() {
    throw new GLib.Error(Gio.IOErrorEnum, Gio.IOErrorEnum.BUSY, 'busy');
}

test('the C function is chain, and never then', () => {
    const promise = GFutures.Promise.new();
    assertEqual(typeof promise.chain, 'function');
    assert(!Object.hasOwn(GFutures.Future, 'then'));
    // An override may give a `then` of its own; the introspected one would spin.
    assert(promise.then === undefined || !promise.then.toString().includes('[native code]'), 'then is native');
    promise.cancel();
});

test('chain runs in a later turn', async () => {
    const source = GFutures.Promise.new();
    const seen = [];
    const derived = source.chain(settled => {
        seen.push(settled, GFutures.Promise.get_current());
        return GFutures.Future.new_for_int(2 * settled.get_int());
    });
    source.resolve_int(21);
    assertEqual(seen.length, 0);
    assertEqual(derived.get_state(), FutureState.PENDING);
    await whenDone(derived);
    assertEqual(derived.get_int(), 42);
    assert(seen[0] === source && seen[1] === derived);
});

test('null is no value, the settled one passes through', async () => {
    const ready = GFutures.Future.new_for_string('a value');
    const nothing = ready.chain(() => null);
    const same = ready.chain(settled => settled);
    await whenDone(same);
    assertEqual(nothing.get_state(), FutureState.SUCCEEDED);
    assertEqual(nothing.get_value(), null);
    assertEqual(same.get_string(), 'a value');
});

test('a GError that is thrown fails it', async () => {
    const derived = GFutures.Future.new_for_int(1).chain(busy);
    await whenDone(derived);
    assertFailed(derived, Gio.IOErrorEnum, Gio.IOErrorEnum.BUSY);
});

test('catch and finally', async () => {
    const calls = [];
    const failed = GFutures.Future.new_for_error(
        new GLib.Error(Gio.IOErrorEnum, Gio.IOErrorEnum.NOT_FOUND, 'lost'));
    const caught = failed
        .chain(() => {
            calls.push('chain');
            return null;
        })
        .chain_catch(settled => {
            calls.push('catch');
            return GFutures.Future.new_for_string(settled.get_error().message);
        })
        .chain_finally(() => {
            calls.push('finally');
            return null;
        });
    const broken = GFutures.Future.new_for_int(1).chain_finally(busy);
    await whenDone(caught);
    assertEqual(caught.get_string(), 'lost');
    assertEqual(calls.join(), 'catch,finally');
    await turnUntil(() => broken.is_done());
    assertFailed(broken, Gio.IOErrorEnum, Gio.IOErrorEnum.BUSY);
});

test('a call is adopted', async () => {
    const pool = GFutures.ThreadPoolExecutor.new(2);
    const derived = pool.call('test.square', new GLib.Variant('(i)', [3]))
        .chain(settled => pool.call('test.square', new GLib.Variant('(i)', [settled.get_variant().unpack()])));
    await whenDone(derived);
    assertEqual(derived.get_variant().unpack(), 81);
    pool.shutdown(true, false);
});

test('a chain of many calls, and the collector at work', async () => {
    const pool = GFutures.ThreadPoolExecutor.new(2);
    let n = 0;
    let last = pool.call('test.square', new GLib.Variant('(i)', [1]));
    for (let i = 0; i < 1000; i++) {
        last = last.chain(settled => {
            n++;
            return i % 100 === 0 ? pool.call('test.square', new GLib.Variant('(i)', [1])) : settled;
        });
        if (i % 250 === 0)
            System.gc();
    }
    await whenDone(last);
    assertEqual(n, 1000);
    assertEqual(last.get_variant().unpack(), 1);
    pool.shutdown(true, false);
});

test('cancelling withdraws, forgetting does not', async () => {
    const source = GFutures.Promise.new();
    const first = source.chain(() => null);
    const second = source.chain(() => null);
    assert(first.cancel());
    assertEqual(source.get_state(), FutureState.PENDING);
    assert(second.cancel());
    assertEqual(source.get_state(), FutureState.CANCELLED);

    const other = GFutures.Promise.new();
    let ran = false;
    other.chain(() => {
        ran = true;
        return null;
    });
    System.gc();
    await turn();
    System.gc();
    other.resolve_int(1);
    await turnUntil(() => ran);
});

test('a continuation that returns its own future fails', async () => {
    const derived = GFutures.Future.new_for_int(1).chain(() => GFutures.Promise.get_current());
    await whenDone(derived);
    assertFailed(derived, FutureError, FutureError.INVALID_STATE);
});

test('a wait runs what it depends on', () => {
    const pool = GFutures.ThreadPoolExecutor.new(1);
    const derived = pool.call('test.square', new GLib.Variant('(i)', [5]))
        .chain(settled => GFutures.Future.new_for_int(settled.get_variant().unpack() + 1))
        .chain(settled => GFutures.Future.new_for_int(settled.get_int() + 1));
    assertEqual(derived.result(-1, null), 27);
    pool.shutdown(true, false);
});

test('cancellable and delay', async () => {
    const promise = GFutures.Promise.new();
    const cancellable = new Gio.Cancellable();
    promise.set_cancellable(cancellable);
    cancellable.cancel();
    await turnUntil(() => promise.is_done());
    assertEqual(promise.get_state(), FutureState.CANCELLED);

    const order = [];
    const late = GFutures.Future.new_delay(20000);
    const soon = GFutures.Future.new_delay(0);
    late.connect('done', () => order.push('late'));
    soon.connect('done', () => order.push('soon'));
    await turnUntil(() => order.length === 2);
    assertEqual(order.join(), 'soon,late');
    const never = GFutures.Future.new_delay(1000 * SECOND);
    assert(never.chain(() => null).cancel());
    assert(never.is_cancelled());
});

test('all, all_settled, any, race', async () => {
    const create = () => [1, 2, 3].map(() => GFutures.Promise.new());
    const {Future} = GFutures;

    let members = create();
    let set = Future.all(members);
    assert(set instanceof GFutures.FutureSet && set instanceof Future);
    members.forEach(member => member.resolve_int(1));
    await whenDone(set);
    assertEqual(set.get_state(), FutureState.SUCCEEDED);
    assertEqual(set.get_value().join(), '1,1,1');

    members = create();
    set = Future.all(members);
    members[1].reject(new GLib.Error(Gio.IOErrorEnum, Gio.IOErrorEnum.BUSY, 'busy'));
    await whenDone(set);
    assertFailed(set, Gio.IOErrorEnum, Gio.IOErrorEnum.BUSY);
    assert(members[0].is_cancelled());

    members = create();
    set = Future.all_settled(members);
    members[0].cancel();
    members[1].resolve_int(1);
    assert(!set.is_done());
    members[2].reject(new GLib.Error(Gio.IOErrorEnum, Gio.IOErrorEnum.BUSY, 'busy'));
    await whenDone(set);
    assertEqual(set.get_state(), FutureState.SUCCEEDED);

    members = create();
    set = Future.any(members);
    members[0].cancel();
    members[2].resolve_string('won');
    await whenDone(set);
    assertEqual(set.get_string(), 'won');
    assert(members[1].is_cancelled());

    members = create();
    set = Future.race(members);
    members[1].resolve_int(7);
    await whenDone(set);
    assertEqual(set.get_int(), 7);

    assertEqual(Future.all([]).get_state(), FutureState.SUCCEEDED);
    assertFailed(Future.any([]), Gio.IOErrorEnum, Gio.IOErrorEnum.INVALID_ARGUMENT);
    assertFailed(Future.all([members[0], members[0]]), Gio.IOErrorEnum, Gio.IOErrorEnum.INVALID_ARGUMENT);
    const never = Future.race([]);
    assert(!never.is_done());
    never.cancel();
});

test('a set is a list model with progress', async () => {
    const members = [1, 2, 3, 4].map(() => GFutures.Promise.new());
    const set = GFutures.Future.all_settled(members);
    const notified = [];
    set.connect('notify::n-done', () => notified.push(set.n_done));
    assertEqual(set.get_n_items(), 4);
    assert(GObject.type_is_a(set.get_item_type(), GFutures.Future));
    members.forEach((member, i) => assert(set.get_item(i) === member));
    assertEqual(set.get_item(4), null);
    members[0].resolve_int(1);
    members[1].set_progress(0.5, 'half');
    await turnUntil(() => set.progress === 0.375);
    assertEqual(set.n_done, 1);
    members.forEach(member => member.resolve_int(1));
    await whenDone(set);
    await turnUntil(() => notified.at(-1) === 4);
    assertEqual(set.progress, 1);
});

test('cancelling a set cancels its members', () => {
    const members = [1, 2].map(() => GFutures.Promise.new());
    const set = GFutures.Future.all(members);
    assert(set.cancel());
    assert(members.every(member => member.is_cancelled()));
});

test('wait', () => {
    const pool = GFutures.ThreadPoolExecutor.new(2);
    const futures = [];
    for (let i = 0; i < 20; i++)
        futures.push(pool.call('test.square', new GLib.Variant('(i)', [i])));
    assert(GFutures.wait(futures, ReturnWhen.ALL_COMPLETED, -1, null));
    assertEqual(futures[19].get_variant().unpack(), 361);

    const never = GFutures.Promise.new();
    assert(GFutures.wait([never, futures[0]], ReturnWhen.FIRST_COMPLETED, -1, null));
    assert(GFutures.wait([never, pool.call('test.fail', null)], ReturnWhen.FIRST_EXCEPTION, -1, null));
    assertThrows(() => GFutures.wait([never], ReturnWhen.ALL_COMPLETED, 1000, null),
        Gio.IOErrorEnum, Gio.IOErrorEnum.TIMED_OUT);
    assertThrows(() => GFutures.wait([never, never], ReturnWhen.ALL_COMPLETED, 0, null),
        Gio.IOErrorEnum, Gio.IOErrorEnum.INVALID_ARGUMENT);
    assert(GFutures.wait([], ReturnWhen.ALL_COMPLETED, 0, null));
    assert(!never.is_done());
    pool.shutdown(true, false);
});

test('as_completed', () => {
    const pool = GFutures.ThreadPoolExecutor.new(2);
    const futures = [];
    for (let i = 0; i < 20; i++)
        futures.push(pool.call('test.square', new GLib.Variant('(i)', [i])));
    const iterator = GFutures.as_completed(futures);
    let sum = 0;
    for (let future; (future = iterator.next(-1, null)) !== null;)
        sum += future.get_variant().unpack();
    assertEqual(sum, 2470);
    assertEqual(iterator.next_value(), null);
    assert(iterator.iterator() === iterator);

    const promise = GFutures.Promise.new();
    const ofSet = GFutures.Future.all_settled([promise]).iterator();
    assertThrows(() => ofSet.next(1000, null), Gio.IOErrorEnum, Gio.IOErrorEnum.TIMED_OUT);
    promise.resolve_int(1);
    assert(ofSet.next_value() === promise);
    pool.shutdown(true, false);
});

test('next_async answers in order', async () => {
    const promises = [1, 2, 3].map(() => GFutures.Promise.new());
    const iterator = GFutures.as_completed(promises);
    const answers = [];
    for (let i = 0; i < 4; i++)
        iterator.next_async(null, (source, result) => answers.push(source.next_finish(result)));
    for (const i of [2, 0, 1])
        promises[i].resolve_int(i);
    assertEqual(answers.length, 0);
    await turnUntil(() => answers.length === 4);
    assert(answers[0] === promises[2] && answers[1] === promises[0] && answers[2] === promises[1]);
    assertEqual(answers[3], null);
});

test('closures that are delayed or repeated run on the main context', async () => {
    const here = GFutures.MainContextExecutor.new(null);
    let ran = 0;
    const delayed = here.submit_delayed(1000, promise => promise.resolve_int(++ran));
    await whenDone(delayed);
    assertEqual(delayed.get_int(), 1);
    const series = here.submit_repeating(0, 100, promise => {
        if (++ran === 5)
            promise.resolve_string('enough');
    });
    await whenDone(series);
    assertEqual(series.get_string(), 'enough');
    assertEqual(ran, 5);
    const never = here.submit_delayed(1000 * SECOND, () => ran++);
    assert(never.cancel());
    await turn();
    assertEqual(ran, 5);
});

test('closures that are delayed or repeated are refused by a thread pool', async () => {
    const pool = GFutures.ThreadPoolExecutor.new(1);
    let ran = false;
    const run = () => {
        ran = true;
    };
    for (const submit of [() => pool.submit_delayed(0, run), () => pool.submit_repeating(0, 1000, run)]) {
        let refused = null;
        try {
            refused = submit();
        } catch (error) {
            assert(error instanceof TypeError, `${error}`);
            continue;
        }
        await turnUntil(() => refused.is_done());
        assertFailed(refused, Gio.IOErrorEnum, Gio.IOErrorEnum.NOT_SUPPORTED);
    }
    pool.shutdown(true, false);
    await turn();
    assert(!ran);
});

test('a limited executor', async () => {
    const pool = GFutures.ThreadPoolExecutor.new(2);
    const limited = GFutures.LimitedExecutor.new(pool, 1, 2);
    const running = limited.call('test.sleep-until-cancelled', null);
    const queued = [1, 2].map(i => limited.call('test.square', new GLib.Variant('(i)', [i])));
    const refused = limited.call('test.square', new GLib.Variant('(i)', [3]));
    assertEqual(limited.n_queued, 2);
    assertFailed(refused, Gio.IOErrorEnum, Gio.IOErrorEnum.WOULD_BLOCK);
    const room = limited.wait_for_room();
    assert(!room.is_done());
    running.cancel();
    await whenDone(room);
    assert(GFutures.wait(queued, ReturnWhen.ALL_COMPLETED, -1, null));
    assertEqual(queued[1].get_variant().unpack(), 4);
    limited.shutdown(true, false);

    // A closure is refused where the inner executor refuses it.
    let ran = false;
    try {
        const closure = GFutures.LimitedExecutor.new(pool, 1, 0).submit(() => {
            ran = true;
        });
        await turnUntil(() => closure.is_done());
        assertFailed(closure, Gio.IOErrorEnum, Gio.IOErrorEnum.NOT_SUPPORTED);
    } catch (error) {
        assert(error instanceof TypeError, `${error}`);
    }
    assert(!ran);
    const here = GFutures.LimitedExecutor.new(GFutures.MainContextExecutor.new(null), 1, 0);
    await whenDone(here.submit(() => {
        ran = true;
    }));
    assert(ran);
    pool.shutdown(true, false);
});

test('a task scope', async () => {
    const pool = GFutures.ThreadPoolExecutor.new(2);
    const scope = GFutures.TaskScope.new(pool, GFutures.TaskScopePolicy.COLLECT_ERRORS);
    const failing = scope.call('test.fail', null);
    const square = scope.call('test.square', new GLib.Variant('(i)', [3]));
    const added = GFutures.Promise.new();
    scope.add(added);
    const end = scope.close();
    assert(end === scope.get_future());
    await whenDone(square);
    assert(!end.is_done());
    added.resolve_int(1);
    await turnUntil(() => end.is_done());
    assertFailed(end, Gio.IOErrorEnum, Gio.IOErrorEnum.NOT_FOUND);
    const failures = scope.get_failures();
    assert(failures.length === 1 && failures[0] === failing);
    const refused = scope.call('test.square', new GLib.Variant('(i)', [3]));
    assertFailed(refused, FutureError, FutureError.SHUT_DOWN);

    const cancelled = GFutures.TaskScope.new(pool, GFutures.TaskScopePolicy.CANCEL_ON_ERROR);
    const task = cancelled.call('test.sleep-until-cancelled', null);
    const ended = cancelled.cancel();
    await turnUntil(() => ended.is_done());
    assertEqual(ended.get_state(), FutureState.CANCELLED);
    assert(task.is_cancelled());
    pool.shutdown(true, false);
});

test('forgotten chains, sets and iterators are collected without harm', async () => {
    const pool = GFutures.ThreadPoolExecutor.new(2);
    let ran = 0;
    for (let i = 0; i < 500; i++) {
        const future = pool.call('test.square', new GLib.Variant('(i)', [1]));
        const other = future.chain(settled => {
            ran++;
            return settled;
        });
        GFutures.as_completed([future, other]);
        GFutures.Future.all([future, other]).chain(() => {
            ran++;
            return null;
        });
        if (i % 7 === 0)
            other.cancel();
        if (i % 50 === 0)
            System.gc();
    }
    const skipped = 2 * Math.ceil(500 / 7);
    pool.shutdown(true, false);
    await turnUntil(() => ran >= 1000 - skipped);
    System.gc();
    await turn();
    assertEqual(ran, 1000 - skipped);
});

testLog();

main();

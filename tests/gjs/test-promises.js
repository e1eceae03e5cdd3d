// test-promises.js - futures as promises of JavaScript
//
// The rules are those of Promises/A+, whose numbers the cases name.
//
// SPDX-License-Identifier: LGPL-2.1-or-later

import Gio from 'gi://Gio';
import GLib from 'gi://GLib';
import GFutures from 'gi://GFutures?version=1';
import System from 'system';

import {
    assert, assertEqual, assertFails, assertRejects, assertThrows, collect, resolveBeside, sleep, turn, turnUntil,
} from './assert.js';
import {main, test, testLog} from './tap.js';

const {Future, FutureState} = GFutures;

const pool = new GFutures.ProcessPoolExecutor({module: resolveBeside('./tasks.js'), max_workers: 2});

function create(settle = () => {}) {
    const promise = new GFutures.Promise();

    settle(promise);
    return promise;
}

const resolved = value => create(promise => promise.resolve(value));
const rejected = reason => create(promise => promise.reject(reason));

// One that is settled later, too: in each way that A+ asks for
const WAYS = [
    settle => create(settle),
    settle => {
        const promise = create();

        GLib.idle_add(GLib.PRIORITY_DEFAULT, () => {
            settle(promise);
            return GLib.SOURCE_REMOVE;
        });
        return promise;
    },
];

async function inEachWay(settle, check) {
    for (const way of WAYS)
        await check(way(settle));
}

// Every kind of value, those too that no GValue holds
const VALUES = [undefined, null, true, false, 0, -0, 1.5, NaN, '', 'text', 'a\0b', 10n ** 30n, Symbol('s'), () => 1,
    [], {a: 1}, new Map(), new Error('no error'), new Gio.SimpleAction({name: 'a'}), new GLib.Variant('i', 1)];

test('2.1 the outcome never changes', async () => {
    await inEachWay(promise => {
        assert(promise.resolve(1));
        assert(!promise.resolve(2));
        assert(!promise.reject(new Error('late')));
    }, async promise => {
        assertEqual(await promise, 1);
        assertEqual(await promise, 1);
        assertEqual(promise.get_state(), FutureState.SUCCEEDED);
    });
    await inEachWay(promise => {
        assert(promise.reject('reason'));
        assert(!promise.resolve(2));
    }, async promise => {
        assertEqual(await promise.then(() => 'succeeded', reason => reason), 'reason');
    });
});

test('2.2.1 what is no function is ignored', async () => {
    for (const nothing of [undefined, null, false, 5, {}]) {
        assertEqual(await resolved(1).then(nothing, nothing), 1);
        assertEqual(await rejected(2).then(nothing, nothing).catch(reason => reason), 2);
    }
});

test('2.2.2, 2.2.3 each is called once, with the value or the reason', async () => {
    for (const value of VALUES) {
        await inEachWay(promise => promise.resolve(value), async promise => {
            let calls = 0;

            await promise.then((...args) => {
                calls++;
                assert(args.length === 1 && Object.is(args[0], value), String(value));
            }, () => assert(false));
            assertEqual(calls, 1);
        });
        await inEachWay(promise => promise.reject(value), async promise => {
            await promise.then(() => assert(false), reason => assert(Object.is(reason, value), String(value)));
        });
    }
});

test('2.2.4 not before the caller is done', async () => {
    const seen = [];
    const promise = resolved(1);

    const then = promise.then(() => seen.push('then'));

    seen.push('after');
    await then;
    assertEqual(seen, ['after', 'then']);
});

test('2.2.5 without this', async () => {
    await resolved(1).then(function () {
        assert(this === undefined);
    });
});

test('2.2.6 in the order in which they were given', async () => {
    await inEachWay(promise => promise.resolve('x'), async promise => {
        const seen = [];
        const all = [1, 2, 3].map(i => promise.then(() => seen.push(i)));

        promise.then(() => promise.then(() => seen.push('nested')));
        await Promise.all(all);
        await turn();
        assertEqual(seen, [1, 2, 3, 'nested']);
    });
});

test('2.2.7 then gives a promise of what the function gives', async () => {
    assert(resolved(1).then() instanceof Promise);
    assertEqual(await resolved(1).then(value => value + 1), 2);
    assertEqual(await rejected(1).then(null, reason => reason + 1), 2);
    await assertRejects(resolved(1).then(() => {
        throw new RangeError('thrown');
    }), RangeError, 'thrown');
});

test('2.3 a promise that is returned is followed', async () => {
    assertEqual(await resolved(1).then(() => resolved(2)), 2);
    assertEqual(await resolved(1).then(() => pool.call('add', 2, 3)), 5);
    assertEqual(await Promise.resolve().then(() => resolved({a: 1})), {a: 1});
    assertEqual(await resolved(1).then(() => ({then: resolve => resolve('thenable')})), 'thenable');
    await assertRejects(resolved(1).then(() => rejected(new TypeError('inner'))), TypeError, 'inner');
});

test('resolving with a promise follows it', async () => {
    for (const inner of [Promise.resolve(7), resolved(7), {then: resolve => resolve(7)}])
        assertEqual(await resolved(inner), 7);
    await assertRejects(resolved(Promise.reject(new TypeError('inner'))), TypeError, 'inner');
    const late = create();
    const outer = resolved(late);

    await turn();
    assert(!outer.is_done());
    late.resolve([1]);
    assertEqual(await outer, [1]);
});

test('catch and finally', async () => {
    const seen = [];

    assertEqual(await rejected(new Error('lost')).catch(error => error.message), 'lost');
    assertEqual(await resolved(1).catch(() => 2), 1);
    assertEqual(await resolved(1).finally((...args) => seen.push(args.length)), 1);
    await assertRejects(rejected(new Error('lost')).finally(() => seen.push('finally')), Error, 'lost');
    assertEqual(seen, [0, 'finally']);
});

test('what is awaited is the same each time', async () => {
    const future = pool.call('echo', {list: [1, 2]});
    const value = await future;

    assertEqual(value, {list: [1, 2]});
    assert(await future === value);
    assert(await Promise.all([future, future]).then(([a, b]) => a === b));
    assertEqual(future.get_value(), value);
    assertEqual(future.result(), value);
    assertEqual(await future.result_async(null), value);
    assertEqual(future.get_variant().print(false), "{'list': <[<int64 1>, <int64 2>]>}");
});

test('combinators of JavaScript take futures', async () => {
    const call = value => pool.call('later', value);

    assertEqual(await Promise.all([call(1), 2, call(3)]), [1, 2, 3]);
    assertEqual(await Promise.race([pool.call('noop'), sleep(10000)]), null);
    assertEqual(await Promise.any([pool.call('fail', 'error'), call(2)]), 2);
    const settled = await Promise.allSettled([call(1), pool.call('fail', 'type')]);

    assertEqual(settled.map(({status}) => status), ['fulfilled', 'rejected']);
});

test('groups', async () => {
    const call = value => pool.call('later', value);

    assertEqual(await Future.all([call(1), call([2])]), [1, [2]]);
    assertEqual(await Future.all(new Set([resolved({a: 1})])), [{a: 1}]);
    assertEqual(await Future.all([]), []);
    await assertRejects(Future.all([call(1), pool.call('fail', 'type')]), TypeError, 'a type error');
    const [first, second] = await Future.all_settled([call(1), pool.call('fail', 'type')]);

    assertEqual(first, {status: 'fulfilled', value: 1});
    assert(second.status === 'rejected' && second.reason instanceof TypeError);
    assertEqual(await Future.any([pool.call('fail', 'error'), call(2)]), 2);
    assertEqual(await Future.race([call(3), pool.call('never')]), 3);
});

test('what only the wrapper holds reaches groups and chains', async () => {
    const value = {not: new Map()};
    const reason = new RangeError('a reason');

    assert(await Future.any([create(), resolved(value)]) === value);
    assert(await Future.race([create(), resolved(value)]) === value);
    assert(await resolved(value).chain(settled => settled) === value);
    assert(await resolved(1).chain(() => resolved(value)) === value);
    assert(await resolved(value).chain(() => null) === null);
    assert(await resolved(value).chain_catch(() => null) === value);
    assert(await resolved(value).chain_finally(() => null) === value);
    for (const future of [
        Future.all([create(), rejected(reason)]), Future.race([create(), rejected(reason)]),
        rejected(reason).chain(() => null), rejected(reason).chain_finally(() => null),
        resolved(1).chain_finally(() => rejected(reason)),
    ])
        assert(await future.then(() => null, error => error) === reason);
});

test('groups and chains have the outcome of the one that decided', async () => {
    const [first, second] = [create(), create()];
    const race = Future.race([first, second]);
    const any = Future.any([first, second]);

    first.chain(() => null);    // It is wanted, and not cancelled.
    second.resolve({b: 1});
    first.resolve({a: 1});
    assertEqual(await race, {b: 1});
    assertEqual(await any, {b: 1});

    const members = [create(), create()];
    const all = Future.all(members);
    const reasons = [new Error('the same'), new Error('the same')];

    members[0].chain(() => null);
    members[1].reject(reasons[1]);
    members[0].reject(reasons[0]);
    assert(await all.catch(error => error) === reasons[1]);

    assertEqual(await Future.all([resolved({a: 1}), resolved({b: 2})]).chain(all => all), [{a: 1}, {b: 2}]);
    assertEqual(await Future.all([pool.call('add', 1, 2)]).chain_finally(() => resolved({x: 1})), [3]);
    assertEqual(await Future.any([Future.all([resolved([1])])]), [[1]]);
    assertEqual(await Future.new_delay(1).chain_finally(() => resolved({x: 1})), null);
    assertEqual(await pool.call('echo', null).chain_finally(() => resolved({x: 1})), null);
});

test('what a continuation returns and throws', async () => {
    assertEqual(await pool.call('add', 1, 2).chain(future => future.get_value() + 1), 4);
    assertEqual(await resolved(1).chain(async () => ({a: 1})), {a: 1});
    const thrown = new TypeError('from a continuation');

    for (const future of [
        pool.call('add', 1, 2).chain(() => {
            throw thrown;
        }),
        rejected(1).chain_catch(() => {
            throw thrown;
        }),
        resolved(1).chain_finally(async () => {
            throw thrown;
        }),
    ])
        assert(await future.catch(error => error) === thrown);
    const cancelled = resolved(1).chain(() => create());

    await turn();
    cancelled.cancel();
    await assertFails(cancelled, Gio.IOErrorEnum, Gio.IOErrorEnum.CANCELLED);
});

test('functions in the main context', async () => {
    const executor = GFutures.MainContextExecutor.new(null);
    const thrown = new RangeError('from a task');
    const throwing = executor.submit(() => {
        throw thrown;
    });

    assert(await throwing.catch(error => error) === thrown);
    assertThrows(() => throwing.get_value(), RangeError, 'from a task');
    assertEqual(throwing.get_error().message, 'RangeError: from a task');
    assertEqual(await executor.submit(promise => promise.resolve({a: 1})), {a: 1});
    assertEqual(await executor.submit(promise => {
        promise.resolve(pool.call('add', 1, 2));
    }), 3);
    assertEqual(await executor.submit(promise => {
        promise.resolve(Promise.resolve(5));
    }), 5);
    assertEqual(await executor.submit(async promise => {
        await turn();
        promise.resolve(6);
        return 7;
    }), 6);
    assertEqual(await executor.submit(async () => {
        await turn();
        return 7;
    }), 7);
    assertEqual(await executor.submit_delayed(1000, promise => promise.resolve(8)), 8);
});

test('2.3.1, 2.3.3 odd promises to follow', async () => {
    const itself = create();

    itself.resolve(itself);
    await assertRejects(itself, TypeError, 'itself');
    await assertRejects(resolved({
        get then() {
            throw new EvalError('a getter');
        },
    }), EvalError, 'a getter');
    const followed = create();
    const locked = resolved(followed);

    assert(!locked.resolve(1) && !locked.reject(2));
    followed.resolve(3);
    assertEqual(await locked, 3);
});

test('other languages see plain values and errors', async () => {
    assertEqual(resolved('text').get_string(), 'text');
    assertEqual(resolved(2.5).get_double(), 2.5);
    const future = rejected(new RangeError('out of it'));

    assert(future.get_error().matches(Gio.IOErrorEnum, Gio.IOErrorEnum.FAILED));
    assertEqual(future.get_error().message, 'RangeError: out of it');
    const gerror = new GLib.Error(Gio.IOErrorEnum, Gio.IOErrorEnum.BUSY, 'busy');

    assert(rejected(gerror).get_error().matches(Gio.IOErrorEnum, Gio.IOErrorEnum.BUSY));
    await assertFails(rejected(gerror), Gio.IOErrorEnum, Gio.IOErrorEnum.BUSY, 'busy');
});

test('a future of C’s values', async () => {
    assertEqual(await Future.new_for_int(7), 7);
    assertEqual(await Future.new_for_string('text'), 'text');
    assertEqual(await Future.new_for_boolean(true), true);
    assertEqual(await Future.new_delay(1000), null);
    const action = new Gio.SimpleAction({name: 'a'});

    assert(await Future.new_for_object(action) === action);
});

test('done, and a promise, whatever comes first', async () => {
    const future = pool.call('later', 1);
    const seen = [];

    future.connect('done', () => seen.push('done'));
    await future.then(() => seen.push('then'));
    await turnUntil(() => seen.length === 2);
    assertEqual(await future, 1);
});

test('a value before it is settled is an error, and waiting gets it', () => {
    const future = pool.call('later', 5);

    assertThrows(() => future.get_value(), GLib.Error, '');
    assertEqual(future.result(), 5);
    assertEqual(future.get_value(), 5);
    assertThrows(() => create().result(1000), GLib.Error, '');
    assertThrows(() => pool.call('fail', 'type').result(), TypeError, 'a type error');
});

test('cancelling rejects', async () => {
    const future = pool.call('never');
    const waits = assertFails(future, Gio.IOErrorEnum, Gio.IOErrorEnum.CANCELLED);

    assert(future.cancel());
    await waits;
    const cancellable = new Gio.Cancellable();
    const second = pool.call_full(GLib.PRIORITY_DEFAULT, cancellable, 'never');

    cancellable.cancel();
    await assertFails(second, Gio.IOErrorEnum, Gio.IOErrorEnum.CANCELLED);
    assert(second.is_cancelled());
});

test('waiting may be cancelled alone', async () => {
    const cancellable = new Gio.Cancellable();
    const future = pool.call('later', 1);
    const waits = future.result_async(cancellable);

    cancellable.cancel();
    await assertFails(waits, Gio.IOErrorEnum, Gio.IOErrorEnum.CANCELLED);
    assertEqual(await future, 1);
});

test('as_completed yields futures, the first that is done first', async () => {
    const futures = [create(), create(), create()];
    const order = [];

    GLib.idle_add(GLib.PRIORITY_DEFAULT, () => {
        futures[2].resolve('c');
        return GLib.SOURCE_REMOVE;
    });
    for await (const future of GFutures.as_completed(futures)) {
        assert(future instanceof Future && future.is_done());
        order.push(futures.indexOf(future));
        if (order.length === 1)
            futures[0].reject(new Error('a'));
        else if (order.length === 2)
            futures[1].resolve('b');
    }
    assertEqual(order, [2, 0, 1]);
    assertEqual(await collect(GFutures.as_completed([])), []);
});

test('as_completed may be left, and takes any iterable', async () => {
    const futures = new Set([resolved(1), create()]);

    for await (const future of GFutures.as_completed(futures)) {
        assertEqual(await future, 1);
        break;
    }
    const all = Future.all_settled([pool.call('later', 1), pool.call('noop')]);
    const members = await collect(all);

    assert(members.length === 2 && members.every(member => member instanceof Future));
});

test('a callback of progress', async () => {
    const seen = [];
    const value = await pool.call('count', 20).onProgress((fraction, text) => seen.push([fraction, text]));

    assertEqual(value, 20);
    assertEqual(seen.at(-1), [1, '20 of 20']);
});

test('rejections that nobody handles are reported, of futures that were chained', () => {
    const program = chains => `
        const {GFutures, GLib} = imports.gi;
        const promise = new GFutures.Promise();

        ${chains};
        promise.reject(new TypeError('nobody listens'));
        const loop = new GLib.MainLoop(null, false);

        GLib.timeout_add(0, 50, () => loop.quit());
        loop.run();`;
    const run = chains => {
        const launcher = new Gio.SubprocessLauncher({
            flags: Gio.SubprocessFlags.STDOUT_PIPE | Gio.SubprocessFlags.STDERR_MERGE,
        });

        launcher.setenv('G_DEBUG', '', true);
        return launcher.spawnv(['gjs', '-c', program(chains)]).communicate_utf8(null, null)[1];
    };

    assertEqual(run(''), '');
    assertEqual(run('promise.connect("done", () => {})'), '');
    assertEqual(run('promise.catch(() => {})'), '');
    assertEqual(run('promise.then(() => {}).catch(() => {})'), '');
    assert(run('promise.then(() => {})').includes('Unhandled promise rejection'));
    assert(run('(async () => { await promise; })()').includes('Unhandled promise rejection'));
});

test('futures that nobody keeps come to their end, whatever is collected', async () => {
    let n = 0;
    const chain = i => pool.call('echo', {i}).then(value => {
        assertEqual(value, {i});
        n++;
    });

    for (let i = 0; i < 500; i++) {
        chain(i);
        if (i % 50 === 0)
            System.gc();
    }
    System.gc();
    await turnUntil(() => n === 500);
});

testLog();

main(() => pool.shutdown(true, false));

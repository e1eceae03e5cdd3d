// test-lifetimes.js - what a wrapper holds is there as long as its object
//
// C keeps a future, or an executor, that the program has let go of, and gives it back
// later. What the binding keeps in JavaScript for it must not be lost between.
//
// SPDX-License-Identifier: LGPL-2.1-or-later

import Gio from 'gi://Gio';
import GLib from 'gi://GLib';
import GFutures from 'gi://GFutures?version=1';
import GFuturesTest from 'gi://GFuturesTest?version=1';
import System from 'system';

import {assert, assertEqual, assertRejects, collect, resolveBeside, sleep, turn, turnUntil} from './assert.js';
import {main, test, testLog} from './tap.js';

const {Future} = GFutures;
const keepers = Gio.ListStore.new(Future.$gtype);

const MODULE = resolveBeside('./tasks.js');
const LARGE = 1024 * 1024;

async function collectGarbage() {
    for (let i = 0; i < 3; i++) {
        await turn();
        System.gc();
    }
    await sleep(1);
    System.gc();
}

GFuturesTest.register_functions();

class Point {
    constructor(x) {
        this.x = x;
    }
}

const MARK = Symbol('mark');

// A scope is cancelled when the object that it is bound to is gone. In gjs 1.74 a WeakRef
// never lets go.
async function areCollected(make) {
    const scopes = (() => [0, 1, 2].map(() => {
        const scope = new GFutures.TaskScope();

        scope.bind(make());
        return scope;
    }))();

    await collectGarbage();
    return scopes.every(scope => scope.get_future().is_done());
}

test('wrappers that nobody has any more are collected', async () => {
    assert(await areCollected(() => new GFutures.Promise()), 'promises stay');
    assert(await areCollected(() => new GFutures.MainContextExecutor()), 'executors stay');
    assert(await areCollected(() => Object.assign(new GFutures.Promise(), {mark: new Point(1)})),
        'what has something of the application stays');
    assert(await areCollected(() => {
        const promise = new GFutures.Promise();

        promise.resolve(new Point(1));
        promise.then(() => {});
        return promise;
    }), 'what has a value stays');
    assert(!await areCollected(() => {
        const promise = new GFutures.Promise();

        keepers.append(promise);
        return promise;
    }), 'what C keeps goes');
});

test('values that only JavaScript can hold, of futures that C keeps', async () => {
    const values = [new Point(1), Symbol('s'), () => 1, undefined, 10n ** 30n];
    const kept = Gio.ListStore.new(Future.$gtype);

    (() => {
        for (const value of values) {
            const promise = new GFutures.Promise();

            promise.resolve(value);
            kept.append(promise);
        }
    })();
    await collectGarbage();
    for (const [i, value] of values.entries()) {
        assert(kept.get_item(i).get_value() === value, `value ${i}`);
        assert(await kept.get_item(i) === value, `value ${i}, awaited`);
    }
});

test('a reason that is no GError, of a future that C keeps', async () => {
    class Trouble extends Error {
        constructor() {
            super('trouble');
            this.details = new Point(3);
        }
    }
    const kept = Gio.ListStore.new(Future.$gtype);

    (() => {
        const promise = new GFutures.Promise();

        promise.reject(new Trouble());
        kept.append(promise);
    })();
    await collectGarbage();

    const error = await assertRejects(kept.get_item(0), Trouble, 'trouble');

    assertEqual(error.details.x, 3);
});

test('what an application keeps in a future, which C gives back', async () => {
    const kept = Gio.ListStore.new(Future.$gtype);

    (() => {
        const promise = GFutures.Promise.new();

        promise[MARK] = new Point(2);
        promise.mark = 'text';
        kept.append(promise);
    })();
    await collectGarbage();
    assertEqual(kept.get_item(0)[MARK].x, 2);
    assertEqual(kept.get_item(0).mark, 'text');
    kept.get_item(0).resolve(new Point(4));
    await collectGarbage();
    assertEqual((await kept.get_item(0)).x, 4);
});

test('pending futures, met again in lists of futures and in their handlers', async () => {
    const pool = new GFutures.ProcessPoolExecutor({module: MODULE, max_workers: 1});
    const futures = pool.get_futures();
    const seen = [];

    (() => {
        pool.call('never')[MARK] = 'first';
        for (let i = 0; i < 3; i++) {
            const future = pool.call('later', {x: i});

            future[MARK] = i;
            future.connect('done', settled => seen.push([settled[MARK], settled.get_value().x]));
        }
    })();
    await turnUntil(() => futures.get_n_items() === 4);
    await collectGarbage();
    assertEqual(Array.from({length: 4}, (_, i) => futures.get_item(i)[MARK]), ['first', 0, 1, 2]);
    await collectGarbage();
    futures.get_item(0).cancel();
    await turnUntil(() => {
        System.gc();
        return seen.length === 3;
    });
    assertEqual(seen, [[0, 0], [1, 1], [2, 2]]);
    pool.shutdown(true, false);
});

test('the native promise of a future is one, and its handlers run', async () => {
    const kept = Gio.ListStore.new(Future.$gtype);
    const order = [];

    (() => {
        const promise = new GFutures.Promise();

        promise.then(value => order.push(['then', value.x]));
        kept.append(promise);
        promise.finally(() => order.push(['finally']));
    })();
    await collectGarbage();
    kept.get_item(0).then(value => order.push(['later', value.x]));
    await collectGarbage();
    kept.get_item(0).resolve(new Point(5));
    await turnUntil(() => order.length === 3);
    assertEqual(order, [['then', 5], ['finally'], ['later', 5]]);
});

test('a promise that follows another one cannot be settled meanwhile', async () => {
    const kept = Gio.ListStore.new(Future.$gtype);
    let settle;

    (() => {
        const promise = new GFutures.Promise();

        promise.resolve(new Promise(resolve => {
            settle = resolve;
        }));
        kept.append(promise);
    })();
    await collectGarbage();
    assert(!kept.get_item(0).resolve(1), 'it was settled');
    assert(!kept.get_item(0).reject(new Error('late')), 'it was failed');
    settle(new Point(6));
    await collectGarbage();
    assertEqual((await kept.get_item(0)).x, 6);
});

test('chains of which only the ends are kept', async () => {
    const [first, last] = (() => {
        const promise = new GFutures.Promise();
        let future = promise;

        for (let i = 0; i < 20; i++)
            future = i % 2 === 0 ? future.chain(settled => settled) : future.chain_catch(settled => settled);
        return [promise, future.chain_finally(() => null)];
    })();

    await collectGarbage();
    first.resolve(new Point(8));
    await collectGarbage();
    assertEqual((await last).x, 8);
});

test('the outcome of a chain whose futures are all C\'s', async () => {
    const kept = Gio.ListStore.new(Future.$gtype);

    (() => {
        const promise = new GFutures.Promise();

        kept.append(promise.chain(() => new Point(9)).chain_finally(() => null));
        kept.append(promise.chain(() => {
            throw Object.assign(new RangeError('far'), {point: new Point(10)});
        }).chain_catch(settled => settled));
        promise.resolve(1);
    })();
    await collectGarbage();
    await turnUntil(() => kept.get_item(0).is_done() && kept.get_item(1).is_done());
    await collectGarbage();
    assertEqual(kept.get_item(0).get_value().x, 9);

    const error = await assertRejects(kept.get_item(1), RangeError, 'far');

    assertEqual(error.point.x, 10);
});

test('groups that only a chain, or another group, keeps', async () => {
    const seen = [];
    const promises = [0, 1].map(() => new GFutures.Promise());
    const outer = Gio.ListStore.new(Future.$gtype);

    (() => {
        Future.all(promises).chain(settled => {
            seen.push(settled.get_value().map(({x}) => x));
        });
        for (const name of ['all', 'all_settled', 'any', 'race'])
            outer.append(Future[name](promises));
    })();
    await collectGarbage();
    promises.forEach((promise, i) => promise.resolve(new Point(i)));
    promises.length = 0;
    await collectGarbage();
    await turnUntil(() => seen.length === 1 && [0, 1, 2, 3].every(i => outer.get_item(i).is_done()));
    assertEqual(seen, [[0, 1]]);
    await collectGarbage();
    assertEqual(outer.get_item(0).get_value().map(({x}) => x), [0, 1]);
    assertEqual(outer.get_item(1).get_value().map(({status, value}) => [status, value.x]),
        [['fulfilled', 0], ['fulfilled', 1]]);
    assertEqual(outer.get_item(2).get_value().x, 0);
    assertEqual(outer.get_item(3).get_value().x, 0);
});

test('iterators that only a loop keeps', async () => {
    const kept = Gio.ListStore.new(Future.$gtype);
    const seen = [];

    (() => {
        const promises = [0, 1, 2].map(i => {
            const promise = new GFutures.Promise();

            promise[MARK] = i;
            GLib.timeout_add(GLib.PRIORITY_DEFAULT, 5 * i, () => {
                System.gc();
                promise.resolve(new Point(i));
                return GLib.SOURCE_REMOVE;
            });
            return promise;
        });

        promises.forEach(promise => kept.append(promise));
    })();
    await collectGarbage();
    for await (const future of GFutures.as_completed(Array.from({length: 3}, (_, i) => kept.get_item(i)))) {
        seen.push([future[MARK], future.get_value().x]);
        await collectGarbage();
    }
    assertEqual(seen, [[0, 0], [1, 1], [2, 2]]);
});

test('a pool that only a scope or a limited executor keeps', async () => {
    const scope = (() => new GFutures.TaskScope({executor: GFutures.LimitedExecutor.new(
        new GFutures.ProcessPoolExecutor({module: MODULE, max_workers: 1, initializer: 'prepare',
            initializer_arguments: [{at: 1}]}), 2, 0)}))();

    await collectGarbage();
    // By worker.js, which is called in a way of its own
    assertEqual(await collect(scope.map('square', [1, 2, 3], {chunkSize: 2})), [1, 4, 9]);
    assertEqual(await scope.call('getPrepared'), {at: 1});
    await collectGarbage();

    // What arrives is not copied, and the same for all who ask.
    const kept = Gio.ListStore.new(Future.$gtype);

    (() => kept.append(scope.call('echo', new Uint8Array(LARGE).fill(7))))();
    await collectGarbage();
    await turnUntil(() => kept.get_item(0).is_done());

    const first = (() => kept.get_item(0).get_value())();

    first[0] = 8;
    await collectGarbage();
    assertEqual(kept.get_item(0).get_value()[0], 8);
    assertEqual(first.length, LARGE);

    (() => {
        let innermost = scope;

        while (innermost.executor)
            innermost = innermost.executor;
        assertEqual(innermost.initializer, 'prepare');
        innermost.shutdown(false, false);
    })();
});

test('functions of a pool that nobody keeps', async () => {
    const {echo, later} = (() => new GFutures.ProcessPoolExecutor({module: MODULE, max_workers: 1}).proxy())();

    await collectGarbage();
    assertEqual(await echo({a: [1]}), {a: [1]});
    await collectGarbage();
    assertEqual(await later(5), 5);
});

test('a call of a pool that is let go of at once', async () => {
    const future = (() => new GFutures.ProcessPoolExecutor({module: MODULE, max_workers: 1}).call('later', 3))();

    await collectGarbage();
    assertEqual(await future, 3);
});

test('an operation of GIO of which only its future is left', async () => {
    const kept = Gio.ListStore.new(Future.$gtype);

    (() => kept.append(Future.from_async(Gio.File.new_for_uri(MODULE), 'load_contents_async')))();
    await collectGarbage();
    await turnUntil(() => kept.get_item(0).is_done());
    await collectGarbage();
    assert(new TextDecoder().decode(kept.get_item(0).get_value()[0]).includes('tasks.js'));
});

test('handlers of progress, of a future that is C\'s', async () => {
    const kept = Gio.ListStore.new(Future.$gtype);
    const seen = [];

    (() => {
        const promise = GFutures.Promise.new();

        promise.onProgress((fraction, text) => seen.push([fraction, text]));
        kept.append(promise);
    })();
    await collectGarbage();
    kept.get_item(0).set_progress(0.5, 'half');
    await turnUntil(() => seen.length > 0);
    assertEqual(seen, [[0.5, 'half']]);
});

test('what is kept in futures that worker threads let go of', async () => {
    const pool = GFutures.ThreadPoolExecutor.new(4);
    const argument = new GLib.Variant('(i)', [3]);
    const N = 5000;
    let n = 0;
    let nRight = 0;

    await new Promise(resolve => {
        for (let i = 0; i < N; i++) {
            const future = pool.call('test.square', argument);

            future[MARK] = new Point(i);
            future.connect('done', settled => {
                nRight += settled[MARK]?.x === i ? 1 : 0;
                if (++n % 250 === 0)
                    System.gc();
                if (n === N)
                    resolve();
            });
            if (i % 500 === 0)
                System.gc();
        }
    });
    assertEqual(nRight, N);
    pool.shutdown(true, false);
});

testLog();

main();

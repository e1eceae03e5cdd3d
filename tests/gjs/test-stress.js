// test-stress.js - many calls, garbage collection among them, and what is left of them
//
// SPDX-License-Identifier: LGPL-2.1-or-later

import GFutures from 'gi://GFutures?version=1';
import GFuturesTest from 'gi://GFuturesTest?version=1';
import System from 'system';

import {assert, assertEqual, collect, resolveBeside, turn, turnUntil} from './assert.js';
import {main, test, testLog} from './tap.js';

const module = resolveBeside('./tasks.js');
const pool = new GFutures.ProcessPoolExecutor({module, max_workers: 2});
// Whose only worker can be asked to collect its garbage
const single = new GFutures.ProcessPoolExecutor({module, max_workers: 1});

// In both: of malloc's memory, what is in use when there is no garbage left
async function getAllocated() {
    for (let i = 0; i < 3; i++) {
        System.gc();
        await turn();
    }
    return [GFuturesTest.get_allocated(), await single.call('getAllocated')];
}

// The engine's caches grow and shrink by some MiB, as it happens: so the lowest figures of
// two series of the same are compared, and each is long enough for some bytes of each run
// to be more than that.
const HALF = 4;
const ALLOWED = 3 << 20;

async function assertNoGrowth(name, n, run) {
    const series = [[Infinity, Infinity], [Infinity, Infinity]];

    await run(n);
    for (let i = 0; i < 2 * HALF; i++) {
        const lowest = series[i < HALF ? 0 : 1];

        await run(n);
        (await getAllocated()).forEach((bytes, j) => {
            lowest[j] = Math.min(lowest[j], bytes);
        });
    }
    const grown = [0, 1].map(i => series[1][i] - series[0][i]);
    const each = grown.map(bytes => (bytes / (HALF * n)).toFixed(1));

    print(`# ${name}: ${each[0]} and ${each[1]} bytes for each, here and in the worker`);
    grown.forEach((bytes, i) => assert(bytes < ALLOWED, `${name}: each leaves ${each[i]} bytes`));
}

test('20,000 calls, the collector at work', async () => {
    const N = 20000;
    let n = 0;
    let sum = 0;

    for (let i = 0; i < N; i++) {
        pool.call('add', i, 1).then(value => {
            sum += value;
            if (++n % 1000 === 0)
                System.gc();
        });
        if (i % 2000 === 0)
            System.gc();
    }
    await turnUntil(() => n === N);
    assertEqual(sum, N * (N + 1) / 2);
});

test('20,000 calls with handlers of done', async () => {
    const N = 20000;
    let n = 0;

    for (let i = 0; i < N; i++) {
        pool.call('echo', {i}).connect('done', future => {
            assertEqual(future.get_value().i, i);
            if (++n % 2000 === 0)
                System.gc();
        });
    }
    await turnUntil(() => n === N);
});

test('calls leave nothing', () => assertNoGrowth('call', 7000, async n => {
    for (let i = 0; i < n; i++)
        await single.call('echo', 'text', {a: [1, 2]}, i);
}));

test('calls that fail leave nothing', () => assertNoGrowth('failure', 1500, async n => {
    for (let i = 0; i < n; i++)
        await single.call('fail', 'type').catch(() => {});
}));

test('asynchronous functions leave nothing', () => assertNoGrowth('asynchronous', 4000, async n => {
    await Promise.all(Array.from({length: n}, (_, i) => single.call('squareLater', i === 13 ? 0 : i)));
}));

test('promises leave nothing', () => assertNoGrowth('promise', 10000, async n => {
    for (let i = 0; i < n; i++) {
        const promise = new GFutures.Promise();

        promise.then(() => {});
        promise.resolve({i});
        await promise;
    }
}));

test('map leaves nothing', () => assertNoGrowth('map', 20000, async n => {
    const results = await collect(single.map('echo', Array(n).keys(), {chunkSize: 500}));

    assertEqual(results.length, n);
}));

test('large bytes leave nothing', () => assertNoGrowth('large', 5, async n => {
    const bytes = new Uint8Array(8 << 20);

    for (let i = 0; i < n; i++)
        assertEqual((await single.call('echo', bytes)).length, bytes.length);
}));

test('pools leave nothing', () => assertNoGrowth('pool', 3, async n => {
    for (let i = 0; i < n; i++) {
        const own = new GFutures.ProcessPoolExecutor({module, max_workers: 1});

        assertEqual(await own.call('add', 1, 2), 3);
        await own.shutdown_async(false, null);
    }
}));

testLog();

main(() => {
    pool.shutdown(true, false);
    single.shutdown(true, false);
});

// test-stress.js - many calls, garbage collection among them, and what is left of them
//
// SPDX-License-Identifier: LGPL-2.1-or-later

import GLib from 'gi://GLib';
import GFutures from 'gi://GFutures?version=1';
import System from 'system';

import {assert, assertEqual, collect, resolveBeside, turn, turnUntil} from './assert.js';
import {main, test} from './tap.js';

const pool = new GFutures.ProcessPoolExecutor({module: resolveBeside('./tasks.js'), max_workers: 2});

// In bytes, of memory that is the process's own
function getMemory(pid = 'self') {
    const [resident, shared] = new TextDecoder().decode(GLib.file_get_contents(`/proc/${pid}/statm`)[1])
        .split(' ').slice(1).map(Number);

    return (resident - shared) * 4096;
}

const getWorkersMemory = () => pool.get_worker_pids().map(getMemory).reduce((a, b) => a + b, 0);

async function collectGarbage() {
    for (let i = 0; i < 4; i++) {
        System.gc();
        await turn();
    }
}

// What is left of a call is seen when there were many: the same again takes no more.
async function assertNoGrowth(name, n, allowed, run) {
    await run(n);
    await run(n);
    await collectGarbage();
    const before = [getMemory(), getWorkersMemory()];

    for (let i = 0; i < 3; i++)
        await run(n);
    await collectGarbage();
    const grown = [getMemory() - before[0], getWorkersMemory() - before[1]].map(bytes => bytes / (3 * n));

    print(`# ${name}: ${grown.map(bytes => bytes.toFixed(1)).join(' and ')} bytes for each, here and in the workers`);
    grown.forEach(bytes => assert(bytes < allowed, `${name}: each leaves ${bytes} bytes`));
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

test('calls leave nothing', () => assertNoGrowth('call', 4000, 60, async n => {
    for (let i = 0; i < n; i++)
        await pool.call('echo', 'text', {a: [1, 2]}, i);
}));

test('calls that fail leave nothing', () => assertNoGrowth('failure', 1000, 200, async n => {
    for (let i = 0; i < n; i++)
        await pool.call('fail', 'type').catch(() => {});
}));

test('asynchronous functions leave nothing', () => assertNoGrowth('asynchronous', 1000, 200, async n => {
    await Promise.all(Array.from({length: n}, (_, i) => pool.call('squareLater', i === 13 ? 0 : i)));
}));

test('promises leave nothing', () => assertNoGrowth('promise', 5000, 40, async n => {
    for (let i = 0; i < n; i++) {
        const promise = new GFutures.Promise();

        promise.then(() => {});
        promise.resolve({i});
        await promise;
    }
}));

test('map leaves nothing', () => assertNoGrowth('map', 20000, 20, async n => {
    const results = await collect(pool.map('echo', Array(n).keys(), {chunkSize: 500}));

    assertEqual(results.length, n);
}));

test('large bytes leave nothing', () => assertNoGrowth('large', 30, 400000, async n => {
    const bytes = new Uint8Array(8 << 20);

    for (let i = 0; i < n; i++)
        assertEqual((await pool.call('echo', bytes)).length, bytes.length);
}));

test('pools leave nothing', () => assertNoGrowth('pool', 8, 100000, async n => {
    for (let i = 0; i < n; i++) {
        const own = new GFutures.ProcessPoolExecutor({module: resolveBeside('./tasks.js'), max_workers: 1});

        assertEqual(await own.call('add', 1, 2), 3);
        await own.shutdown_async(false, null);
    }
}));

let problems = 0;

GLib.log_set_writer_func((level, _fields) => {
    if (level & (GLib.LogLevelFlags.LEVEL_CRITICAL | GLib.LogLevelFlags.LEVEL_WARNING))
        problems++;
    return GLib.LogWriterOutput.UNHANDLED;
});

test('nothing was logged', () => assertEqual(problems, 0, 'warnings and criticals'));

main(() => pool.shutdown(true, false));

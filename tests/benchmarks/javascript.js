#!/usr/bin/env -S gjs -m
// javascript.js - what calls of a pool's functions cost JavaScript
//
//   javascript.js [--runs=5] [--quick] [--list] [--c-benchmark=PROGRAM] [CASE]
//
// Each run of a case is a process of its own. PROGRAM is gfutures-benchmark, beside whose
// round trip in C that of JavaScript is set, in turn. Read the ratios before the figures;
// nothing else should run meanwhile.
//
// SPDX-License-Identifier: LGPL-2.1-or-later

import Gio from 'gi://Gio';
import GLib from 'gi://GLib';
import GFutures from 'gi://GFutures?version=1';
import System, {exit, programArgs} from 'system';

const WORKERS = 2;
const MIB = 1 << 20;

// As GTK redraws
const REDRAW_PRIORITY = 120;
const REDRAW_MS = 16;

const VALUES = ['text', 42, {a: 1, b: 'two'}];

const script = GLib.filename_from_uri(import.meta.url)[0];
const module = GLib.uri_resolve_relative(import.meta.url, './javascript-tasks.js', GLib.UriFlags.NONE);

// A worker whose function gets and returns a GLib.Variant, as without the override
if (GFutures.worker_requested()) {
    GFutures.function_register('echo', (args, _promise) => {
        const [text, number, {a, b}] = args.recursiveUnpack();

        return createVariant(text, number, a, b);
    });
    exit(GFutures.worker_run([]));
}

function createVariant(text, number, a, b) {
    return new GLib.Variant('(sxa{sv})', [text, number, {a: new GLib.Variant('x', a), b: new GLib.Variant('s', b)}]);
}

function getTime() {
    return GLib.get_monotonic_time();
}

function getMedian(values) {
    return [...values].sort((a, b) => a - b)[values.length >> 1];
}

function createPool(workers = WORKERS) {
    return new GFutures.ProcessPoolExecutor({module, max_workers: workers});
}

// ---- what is measured: each returns its value, or values, in the units of its case ----

async function measureEach(n, call) {
    const samples = [];

    for (let i = 0; i < n + 300; i++) {
        const begin = getTime();

        await call();
        samples.push(getTime() - begin);
    }
    return getMedian(samples.slice(300));
}

function measureLatency(n) {
    const pool = createPool(1);

    return measureEach(n, () => pool.call('noop'));
}

function measureValues(n) {
    const pool = createPool(1);

    return measureEach(n, () => pool.call('echo', ...VALUES));
}

function measureVariants(n) {
    const pool = GFutures.ProcessPoolExecutor.new(1, ['gjs', '-m', script]);
    const [text, number, {a, b}] = VALUES;

    return measureEach(n, async () => {
        const future = pool.call('echo', createVariant(text, number, a, b));

        await new Promise(resolve => future.connect('done', () => resolve()));
        return future.get_variant().recursiveUnpack();
    });
}

// All processors' time that the pool's tasks take, beside one worker's
async function measureBusy(n, workers = WORKERS) {
    const pool = createPool(workers);

    await Promise.all(Array.from({length: workers}, () => pool.call('countPrimes', n / 10)));
    const begin = getTime();

    await Promise.all(Array.from({length: 4}, () => pool.call('countPrimes', n)));
    return (getTime() - begin) / 1000;
}

async function measureBytes(n) {
    const pool = createPool(1);
    const bytes = new Uint8Array(64 * MIB).fill(7);
    const samples = [];

    for (let i = 0; i < n + 2; i++) {
        const begin = getTime();
        const {length} = await pool.call('echo', bytes);

        samples.push(length / (getTime() - begin));
    }
    return getMedian(samples.slice(2));
}

async function measureSubmit(n) {
    const pool = createPool();

    await pool.call('noop');
    const begin = getTime();

    await Promise.all(Array.from({length: n}, () => pool.call('noop')));
    return n / (getTime() - begin) * 1000;
}

async function measureMap(n) {
    const pool = createPool();

    await pool.call('noop');
    const begin = getTime();
    let count = 0;

    for await (const _ of pool.map('double', Array(n).keys(), {chunkSize: 1000})) // eslint-disable-line no-unused-vars
        count++;
    return count / (getTime() - begin) * 1000;
}

// While each of n futures has a handler that works for so long: the longest time between
// two turns of a timer, and thousands of completions a second
async function measureGap(n, handlerUs) {
    const pool = createPool();
    const samples = [];
    let left = n;
    let last, ended;
    const end = new Promise(resolve => {
        ended = resolve;
    });

    await pool.call('noop');
    for (let i = 0; i < n; i++) {
        pool.call('noop').then(() => {
            const until = getTime() + handlerUs;

            while (getTime() < until)
                ;
            if (--left === 0)
                ended();
        });
    }

    const tick = () => {
        const now = getTime();

        samples.push((now - last) / 1000);
        last = now;
        return GLib.SOURCE_CONTINUE;
    };

    await new Promise(resolve => GLib.idle_add(GLib.PRIORITY_HIGH, () => {
        resolve();
        return GLib.SOURCE_REMOVE;
    }));
    const source = GLib.timeout_add(REDRAW_PRIORITY, REDRAW_MS, tick);
    const begin = last = getTime();

    await end;
    tick();
    GLib.source_remove(source);
    return [Math.max(...samples), n / (getTime() - begin) * 1000];
}

// Bytes of each future that waits, its wrapper and promise included
async function measureMemory(n) {
    const pool = createPool(1);
    const getMemory = () => {
        System.gc();
        const [resident, shared] = new TextDecoder().decode(GLib.file_get_contents('/proc/self/statm')[1])
            .split(' ').slice(1).map(Number);

        return (resident - shared) * 4096;
    };

    await pool.call('noop');
    const first = pool.call('countPrimes', 1e9);
    const kept = [];
    const before = getMemory();

    for (let i = 0; i < n; i++) {
        const future = pool.call('noop');

        future.then(() => {});
        kept.push(future);
    }
    const used = (getMemory() - before) / n;

    pool.kill_workers();
    first.catch(() => {});
    kept.forEach(future => future.cancel());
    return used;
}

// ---- the cases ----

const isAtMost = (figure, goal) => figure <= goal;
const isAtLeast = (figure, goal) => figure >= goal;

/* run: ours; peer: what it is beside; ratio: ours by the peer's, or the peer's by ours;
 * goal: of the ratio, or of the figure */
const CASES = {
    'latency': {
        title: 'null calls one at a time, p50; beside the same in C, through the main loop', unit: 'µs',
        n: 5000, quick: 20, run: measureLatency, peer: 'c', ratio: (ours, peer) => ours / peer,
        goal: ['≤ 4 ×', isAtMost, 4],
    },
    'values': {
        title: 'echo of a string, a number, an object, p50; beside the same by GLib.Variant', unit: 'µs',
        n: 3000, quick: 20, run: measureValues, peer: measureVariants, ratio: (ours, peer) => peer / ours,
        goal: ['≥ 2 ×', isAtLeast, 2],
    },
    'busy': {
        title: '4 tasks that compute, on 2 workers; beside one worker', unit: 'ms',
        n: 1e6, quick: 1e4, run: measureBusy, peer: n => measureBusy(n, 1), ratio: (ours, peer) => ours / peer,
        goal: ['≤ 0.6 ×', isAtMost, 0.6],
    },
    'bytes': {
        title: '64 MiB in a Uint8Array there and back', unit: 'MB/s', n: 12, quick: 1, run: measureBytes,
        goal: ['≥ 500', isAtLeast, 500],
    },
    'submit': {
        title: 'null calls, all at once', unit: 'k/s', n: 20000, quick: 50, run: measureSubmit,
    },
    'map-1000': {
        title: 'map() with chunks of 1000', unit: 'k/s', n: 500000, quick: 2000, run: measureMap,
    },
    'gap-5us': {
        title: '20,000 completions, handlers of 5 µs: the longest gap of a 16 ms timer', unit: 'ms',
        n: 20000, quick: 100, run: n => measureGap(n, 5), goal: ['≤ 25', isAtMost, 25],
    },
    'gap-50us': {
        title: 'the same, handlers of 50 µs', unit: 'ms', n: 20000, quick: 100, run: n => measureGap(n, 50),
        goal: ['≤ 40', isAtMost, 40],
    },
    'memory': {
        title: 'a call that waits, with a promise', unit: 'bytes', n: 20000, quick: 200, run: measureMemory,
    },
};

// ---- running them ----

function runInProcess(argv) {
    const [, stdout, stderr] = Gio.Subprocess.new(argv,
        Gio.SubprocessFlags.STDOUT_PIPE | Gio.SubprocessFlags.STDERR_PIPE).communicate_utf8(null, null);

    if (stderr !== '')
        throw new Error(stderr);
    return stdout;
}

function runChild(name, which, n) {
    return JSON.parse(runInProcess(['gjs', '-m', script, '--child', name, which, `${n}`]));
}

function runC(program) {
    const output = runInProcess([program, '--filter=process-loop', '--runs=1']);

    return Number(/gfutures, done signal +([\d.]+)/.exec(output)[1]);
}

function printRow(...columns) {
    const widths = [10, -6, -10, -10, -9, -8];

    print(columns.map((text, i) => widths[i] === undefined ? ` ${text}`
        : widths[i] > 0 ? text.padEnd(widths[i]) : text.padStart(-widths[i])).join(' ').trimEnd());
}

function compare(name, {n, quick, unit, peer, ratio, goal}, options) {
    const ours = [], others = [];

    for (let i = 0; i < (options.quick ? 1 : options.runs); i++) {
        ours.push([runChild(name, 'run', options.quick ? quick : n)].flat());
        if (peer === 'c' && options.cBenchmark !== null)
            others.push(runC(options.cBenchmark));
        else if (peer !== undefined && peer !== 'c')
            others.push(runChild(name, 'peer', options.quick ? quick : n));
    }

    const figure = getMedian(ours.map(([first]) => first));
    const other = others.length > 0 ? getMedian(others) : null;
    const result = ratio !== undefined && other !== null ? ratio(figure, other) : null;
    const judged = ratio !== undefined ? result : figure;
    const [text, isReached, limit] = goal ?? [''];

    printRow(name, unit, figure.toFixed(1), other?.toFixed(1) ?? '', result !== null ? `${result.toFixed(2)} ×` : '',
        text, goal === undefined || judged === null ? '' : isReached(judged, limit) ? 'reached' : 'missed');
    if (ours[0].length > 1)
        printRow('', 'k/s', getMedian(ours.map(([, rate]) => rate)).toFixed(1));
}

function parse(args) {
    const options = {runs: 5, quick: false, list: false, cBenchmark: null, filter: ''};

    for (const arg of args) {
        if (arg === '--quick')
            options.quick = true;
        else if (/^--runs=[1-9]\d*$/.test(arg))
            options.runs = Number(arg.slice('--runs='.length));
        else if (arg.startsWith('--c-benchmark='))
            options.cBenchmark = arg.slice('--c-benchmark='.length);
        else if (arg === '--list')
            options.list = true;
        else if (arg.startsWith('-'))
            fail('usage: javascript.js [--runs=5] [--quick] [--list] [--c-benchmark=PROGRAM] [CASE]');
        else
            options.filter = arg;
    }
    return options;
}

function fail(message) {
    printerr(message);
    exit(1);
}

function main(args) {
    const options = parse(args);
    const cases = Object.entries(CASES).filter(([name]) => name.includes(options.filter));

    if (cases.length === 0)
        fail('There is no such case');
    if (options.list) {
        for (const [name, {title}] of cases)
            print(`${name.padEnd(10)} ${title}`);
        return;
    }

    const version = [10000, 100, 1].map(unit => Math.floor(System.version / unit) % 100).join('.');

    print(`${GLib.get_num_processors()} processors, gjs ${version}.\n` +
        `The medians of ${options.quick ? 1 : options.runs} runs.\n`);
    printRow('', 'unit', 'ours', 'beside', 'ratio', 'goal');
    for (const [name, details] of cases)
        compare(name, details, options);
}

function child(name, which, n) {
    const loop = new GLib.MainLoop(null, false);

    CASES[name][which](Number(n)).then(result => print(JSON.stringify(result)), logError).finally(() => loop.quit());
    loop.run();
}

if (programArgs[0] === '--child')
    child(...programArgs.slice(1));
else
    main(programArgs);

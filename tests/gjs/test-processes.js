// test-processes.js - the process pool from JavaScript, and as a worker in it
//
// Run as: gjs -m test-processes.js. The module of the stock worker is in
// GF_TEST_MODULE. Speaks TAP.
//
// SPDX-License-Identifier: LGPL-2.1-or-later

import Gio from 'gi://Gio';
import GLib from 'gi://GLib';
import GFutures from 'gi://GFutures?version=1';
import System from 'system';

import {main, test} from './tap.js';

if (GFutures.worker_requested()) {
    GFutures.function_register('js.shout', (args, _promise) => {
        const [text] = args.recursiveUnpack();

        return new GLib.Variant('s', text.toUpperCase());
    });
    GFutures.function_register('js.echo', (args, _promise) => args);
    System.exit(GFutures.worker_run([]));
}


function assertEqual(a, b) {
    if (JSON.stringify(a) !== JSON.stringify(b))
        throw new Error(`${JSON.stringify(a)} is not ${JSON.stringify(b)}`);
}

async function outcome(future) {
    await future.result_async(null);
    return future.get_variant()?.recursiveUnpack();
}

const stock = new GFutures.ProcessPoolExecutor({
    max_workers: 1,
    modules: [GLib.getenv('GF_TEST_MODULE')],
});
const script = GLib.filename_from_uri(import.meta.url)[0];
const own = GFutures.ProcessPoolExecutor.new(1, ['gjs', '-m', script]);

test('the stock worker calls the functions of a module', async () => {
    assertEqual(await outcome(stock.call('test.square', new GLib.Variant('(i)', [12]))), 144);
});

test('an error of a function crosses', async () => {
    try {
        await outcome(stock.call('test.fail'));
    } catch (error) {
        assertEqual(error.matches(Gio.IOErrorEnum, Gio.IOErrorEnum.NOT_FOUND), true);
        return;
    }
    throw new Error('nothing was thrown');
});

test('a worker in Python', async () => {
    const serve = 'import gi; gi.require_version("GFutures", "1"); ' +
        'from gi.repository import GFutures; GFutures.serve()';
    const pool = GFutures.ProcessPoolExecutor.new(1, ['/usr/bin/python3', '-c', serve]);
    assertEqual(await outcome(pool.call('math:hypot', new GLib.Variant('(dd)', [3, 4]))), 5);
    assertEqual(await outcome(pool.map('builtins:abs', new GLib.Variant('a(i)', [[1], [-2], [3]]), 2)), [1, 2, 3]);
    try {
        await outcome(pool.call('math:no-such'));
        throw new Error('nothing was thrown');
    } catch (error) {
        assertEqual(error.matches(GFutures.FutureError, GFutures.FutureError.UNKNOWN_FUNCTION), true);
    }
    pool.shutdown(true, false);
});

test('a map of an array', async () => {
    assertEqual(await outcome(stock.map('test.square', new GLib.Variant('ai', [1, 2, 3]), 2)), [1, 4, 9]);
});

test('a worker in JavaScript', async () => {
    assertEqual(await outcome(own.call('js.shout', new GLib.Variant('(s)', ['loud']))), 'LOUD');
});

test('the bytes of a buffer', async () => {
    const buffer = GFutures.Buffer.new(1 << 20);
    const stream = new Gio.UnixOutputStream({fd: buffer.dup_fd(), close_fd: true});

    stream.write_all(new TextEncoder().encode('data'), null);
    stream.close(null);
    const bytes = GLib.Variant.new_from_bytes(new GLib.VariantType('ay'), buffer.seal(), true);
    const future = own.call('js.echo', bytes);

    await future.result_async(null);
    const answer = future.get_variant().get_data_as_bytes();

    assertEqual(answer.get_size(), 1 << 20);
    assertEqual(new TextDecoder().decode(answer.toArray().slice(0, 4)), 'data');
});

test('serialized arguments and results', async () => {
    const future = stock.call_serialized(0, 'test.square', '(i)', new Uint8Array(new Int32Array([7]).buffer));

    await future.result_async(null);
    const [bytes, type] = future.get_serialized();

    assertEqual([type, new Int32Array(bytes.toArray().slice().buffer)[0]], ['i', 49]);
});

test('workers are announced', async () => {
    const seen = [];
    const pool = GFutures.ProcessPoolExecutor.new(1, ['gjs', '-m', script]);

    pool.connect('worker-started', (_pool, pid) => seen.push(pid));
    await outcome(pool.call('js.shout', new GLib.Variant('(s)', ['x'])));
    assertEqual(seen, pool.get_worker_pids());
    const exited = new Promise(resolve => pool.connect('worker-exited', (_pool, pid, status) => resolve([pid, status])));

    pool.kill_workers();
    assertEqual(await exited, [seen[0], 9]);
    pool.shutdown(false, false);
});

test('a closure throws', () => {
    try {
        stock.submit(() => {});
    } catch (error) {
        assertEqual(error instanceof TypeError, true);
        return;
    }
    throw new Error('nothing was thrown');
});

main(() => {
    stock.shutdown(true, false);
    own.shutdown(true, false);
});

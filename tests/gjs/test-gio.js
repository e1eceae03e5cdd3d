// test-gio.js - asynchronous operations of GIO as futures, from JavaScript
//
// Run as: gjs -m test-gio.js. Speaks TAP.
//
// SPDX-License-Identifier: LGPL-2.1-or-later

import Gio from 'gi://Gio';
import GLib from 'gi://GLib';
import GObject from 'gi://GObject';
import GFutures from 'gi://GFutures?version=1';
import System from 'system';

import {main, test} from './tap.js';


const path = GLib.build_filenamev([GLib.get_tmp_dir(), `gf-test-${GLib.uuid_string_random()}`]);
const file = Gio.File.new_for_path(path);
const missing = Gio.File.new_for_path(`${path}-is-not-there`);

GLib.file_set_contents(path, 'contents');

// An asynchronous operation in JavaScript: it gives back what it is given.
const Operation = GObject.registerClass(class Operation extends GObject.Object {
    echo_async(value, cancellable, callback) {
        const task = Gio.Task.new(this, cancellable, (source, result) => callback(source, result));

        this.value = value;
        this.cancellable = cancellable;
        GLib.idle_add(GLib.PRIORITY_DEFAULT, () => {
            task.return_boolean(true);
            return GLib.SOURCE_REMOVE;
        });
    }

    echo_finish(result) {
        result.propagate_boolean();
        if (this.value instanceof Error || this.value instanceof GLib.Error)
            throw this.value;
        return this.value;
    }

    other_finish(result) {
        result.propagate_boolean();
        return 'other';
    }

    endless_async(cancellable, callback) {
        const task = Gio.Task.new(this, cancellable, (source, result) => callback(source, result));

        // (Gio.Cancellable.connect is another function)
        GObject.Object.prototype.connect.call(cancellable, 'cancelled', () => {
            task.return_error_if_cancelled();
        });
    }

    endless_finish(result) {
        this.isFinished = true;
        return result.propagate_boolean();
    }

    simple_async(callback) {
        const task = Gio.Task.new(this, null, (source, result) => callback(source, result));

        GLib.idle_add(GLib.PRIORITY_DEFAULT, () => {
            task.return_boolean(true);
            return GLib.SOURCE_REMOVE;
        });
    }

    simple_finish(_result) {
        return 'simple';
    }
});

function assert(condition, message) {
    if (!condition)
        throw new Error(message ?? 'assertion failed');
}

function assertEqual(a, b) {
    if (JSON.stringify(a) !== JSON.stringify(b))
        throw new Error(`${JSON.stringify(a)} is not ${JSON.stringify(b)}`);
}

async function assertFails(future, code) {
    try {
        await future.result_async(null);
    } catch (error) {
        assert(error.matches?.(Gio.IOErrorEnum, code), `${error}`);
        return error;
    }
    throw new Error('nothing was thrown');
}

function assertThrows(func, text) {
    try {
        func();
    } catch (error) {
        assert(error instanceof TypeError && error.message.includes(text), `${error}`);
        return;
    }
    throw new Error('nothing was thrown');
}

function turn() {
    return new Promise(resolve => GLib.idle_add(GLib.PRIORITY_LOW, () => {
        resolve();
        return GLib.SOURCE_REMOVE;
    }));
}

async function echo(value) {
    const future = GFutures.Future.from_async(new Operation(), 'echo_async', undefined, value);

    assert(await future.result_async(null) === value);
    assert(future.get_value() === value);
    assert(future.result(-1, null) === value);
}

test('out parameters', async () => {
    const future = GFutures.Future.from_async(file, 'load_contents_async');

    assert(future instanceof GFutures.Future);
    assert(!future.is_done());
    const [contents] = await future.result_async(null);

    assertEqual(new TextDecoder().decode(contents), 'contents');
});

test('a finish function of another name', async () => {
    const future = GFutures.Future.from_async(new Operation(), 'echo_async', 'other_finish', 1);

    assertEqual(await future.result_async(null), 'other');
});

test('arguments before and after the cancellable', async () => {
    const info = await GFutures.Future.from_async(file, 'query_info_async', undefined,
        'standard::*', Gio.FileQueryInfoFlags.NONE, 0).result_async(null);

    assertEqual(info.get_size(), 8);

    const copy = Gio.File.new_for_path(`${path}-copy`);
    const copied = await GFutures.Future.from_async(file, 'copy_async', undefined,
        copy, Gio.FileCopyFlags.NONE, 0, null).result_async(null);

    assertEqual(copied, true);
    copy.delete(null);
});

test('a list of objects', async () => {
    const folder = Gio.File.new_for_uri(import.meta.url).get_parent();
    const enumerator = await GFutures.Future.from_async(folder, 'enumerate_children_async', undefined,
        'standard::name', 0, 0).result_async(null);
    const infos = await GFutures.Future.from_async(enumerator, 'next_files_async', undefined,
        100, 0).result_async(null);

    assert(infos.some(info => info.get_name() === 'test-gio.js'));
});

test('a static function', async () => {
    const [temporary, stream] = await GFutures.Future.from_async(Gio.File, 'new_tmp_async', undefined,
        null, 0).result_async(null);

    assert(stream instanceof Gio.FileIOStream);
    temporary.delete(null);
});

test('a promisified function', async () => {
    Gio._promisify(Gio.File.prototype, 'load_bytes_async', 'load_bytes_finish');
    const [bytes] = await GFutures.Future.from_async(file, 'load_bytes_async').result_async(null);

    assertEqual(bytes.get_size(), 8);
});

test('every kind of value', async () => {
    for (const value of [null, undefined, true, false, 0, -1, 2 ** 40, 0.5, Infinity, '', 'text', 'a\0b', 10n ** 100n,
        [], [1, 'a'], {a: 1}, new Map(), Symbol('symbol'), () => 1, new Uint8Array(3), new Operation(),
        new GLib.Variant('i', 1), GLib.Bytes.new([1])])
        await echo(value); // eslint-disable-line no-await-in-loop
});

test('a value outlives what is seen of its future', async () => {
    const list = Gio.ListStore.new(GFutures.Future);

    list.append(GFutures.Future.from_async(new Operation(), 'echo_async', undefined, {a: 1}));
    await list.get_item(0).result_async(null);
    for (let i = 0; i < 3; i++) {
        System.gc();
        await turn(); // eslint-disable-line no-await-in-loop
    }
    assertEqual(list.get_item(0).get_value(), {a: 1});
});

test('an error', async () => {
    const future = GFutures.Future.from_async(missing, 'load_contents_async');

    await assertFails(future, Gio.IOErrorEnum.NOT_FOUND);
    assertEqual(future.get_state(), GFutures.FutureState.FAILED);
    await assertFails(GFutures.Future.from_async(new Operation(), 'echo_async', undefined,
        new Gio.IOErrorEnum({code: Gio.IOErrorEnum.BUSY, message: 'busy'})), Gio.IOErrorEnum.BUSY);
});

test('another exception is what is thrown, and an error to others', async () => {
    const thrown = new RangeError('range');
    const future = GFutures.Future.from_async(new Operation(), 'echo_async', undefined, thrown);

    try {
        await future;
        throw new Error('nothing was thrown');
    } catch (error) {
        assert(error === thrown, `${error}`);
    }
    assert(future.get_error().matches(Gio.IOErrorEnum, Gio.IOErrorEnum.FAILED));
    assertEqual(future.get_error().message, 'RangeError: range');
});

test('cancelling the future cancels the operation', async () => {
    const operation = new Operation();
    const future = GFutures.Future.from_async(operation, 'endless_async');

    await turn();
    assert(!future.is_done());
    assert(future.cancel());
    await assertFails(future, Gio.IOErrorEnum.CANCELLED);
    while (!operation.isFinished)
        await turn(); // eslint-disable-line no-await-in-loop
    assert(future.is_cancelled());
});

test('cancelling at once', async () => {
    const future = GFutures.Future.from_async(file, 'load_contents_async');

    assert(future.cancel());
    await assertFails(future, Gio.IOErrorEnum.CANCELLED);
    await turn();
    assert(future.is_cancelled());
});

test('the cancellable is the future’s own', async () => {
    const operation = new Operation();
    const future = GFutures.Future.from_async(operation, 'echo_async', undefined, 1);

    assert(operation.cancellable === future.get_cancellable());
    await future.result_async(null);
});

test('an operation without a cancellable', async () => {
    assertEqual(await GFutures.Future.from_async(new Operation(), 'simple_async').result_async(null), 'simple');
});

test('what is no operation is thrown', () => {
    assertThrows(() => GFutures.Future.from_async(file, 'no_such_async'), 'no_such_async');
    assertThrows(() => GFutures.Future.from_async(file, 'get_path'), 'get_path_finish');
});

main(() => file.delete(null));

// tasks.js - what the workers of the tests run, for pools of any language
//
// SPDX-License-Identifier: LGPL-2.1-or-later

import Gio from 'gi://Gio';
import GLib from 'gi://GLib';
import System from 'system';

export const answer = 42;

export default function () {
    return 'the default export';
}

export function noop() {
}

export function add(a, b) {
    return a + b;
}

export function echo(value) {
    return value;
}

export function echoAll(...args) {
    return args.slice(0, -1);
}

export function describe(value) {
    return Object.prototype.toString.call(value);
}

export function isolate() {
    return [this === undefined, arguments.length];
}

export function square(n) {
    if (n === 13)
        throw new RangeError('13 brings bad luck');
    return n * n;
}

export function pid() {
    return new Gio.Credentials().get_unix_pid();
}

// Asynchronous ones

function sleep(ms) {
    return new Promise(resolve => GLib.timeout_add(GLib.PRIORITY_DEFAULT, ms, () => {
        resolve();
        return GLib.SOURCE_REMOVE;
    }));
}

export async function later(value) {
    await sleep(5);
    return value;
}

export async function squareLater(n) {
    await null;
    return square(n);
}

export function never() {
    return new Promise(() => {});
}

export async function failLater() {
    await sleep(1);
    throw new TypeError('failed later');
}

export async function readFile(path, context) {
    Gio._promisify(Gio.File.prototype, 'load_contents_async');
    const [contents] = await Gio.File.new_for_path(path).load_contents_async(context.cancellable);

    return new TextDecoder().decode(contents);
}

// The context

export function count(n, context) {
    for (let i = 1; i <= n; i++) {
        context.progress(i / n, `${i} of ${n}`);
        GLib.usleep(5000);
    }
    return n;
}

export function spinUntilCancelled(path, context) {
    context.progress(0.5);
    while (!context.isCancelled)
        GLib.usleep(1000);
    GLib.file_set_contents(path, 'cancelled');
}

export async function waitUntilCancelled(path, context) {
    const {cancellable} = context;

    await new Promise(resolve => {
        cancellable.connect(resolve);
        context.progress(0.5, 'waiting');
    });
    GLib.file_set_contents(path, `${cancellable.is_cancelled()} ${context.isCancelled}`);
}

// Reads what never comes: only the cancellable ends it, from another thread
export function readUntilCancelled(path, context) {
    const process = Gio.Subprocess.new(['sleep', '60'], Gio.SubprocessFlags.STDOUT_PIPE);

    context.progress(0.5);
    try {
        process.get_stdout_pipe().read_bytes(1, context.cancellable);
    } catch (error) {
        GLib.file_set_contents(path, `${error.matches(Gio.IOErrorEnum, Gio.IOErrorEnum.CANCELLED)}`);
    }
    process.force_exit();
}

// Those that fail

class ParseError extends Error {
    get name() {
        return 'ParseError';
    }
}

export function fail(kind) {
    switch (kind) {
    case 'error':
        throw new Error('an error');
    case 'type':
        throw new TypeError('a type error');
    case 'own':
        throw new ParseError('at line 3: an end is missing');
    case 'empty':
        throw new RangeError();
    case 'odd':
        throw Object.assign(new Error('oh'), {name: 'an odd name'});
    case 'hostile':
        throw Object.defineProperty(new Error(), 'message', {
            get() {
                throw new Error('a getter that throws');
            },
        });
    case 'revoked': {
        const {proxy, revoke} = Proxy.revocable({}, {});

        revoke();
        throw proxy;
    }
    case 'string':
        throw 'only text';
    case 'object':
        throw {code: 5};
    case 'undefined':
        throw undefined;
    case 'gerror':
        throw new GLib.Error(Gio.IOErrorEnum, Gio.IOErrorEnum.NOT_EMPTY, 'not empty');
    case 'gio':
        return GLib.file_get_contents('/does/not/exist');
    default:
        return {list: [1, {callback: () => kind}]};
    }
}

export function callbackAt2(n) {
    return n === 2 ? {callback: () => n} : n;
}

export function exit(status) {
    System.exit(status);
}

export async function exitLater(status) {
    await sleep(1);
    System.exit(status);
}

export function kill() {
    // The shell has one of its own; not every system has the program.
    new Gio.Subprocess({argv: ['sh', '-c', `kill -9 ${pid()}`]}).init(null);
    GLib.usleep(10000000);
}

export function hog() {
    const kept = [];

    for (;;)
        kept.push(new Uint8Array(1 << 20).fill(1));
}

export function allocate(size) {
    return new Uint8Array(size).length;
}

export function recurse(n) {
    return recurse(n + 1) + 1;
}

// Load, for benchmarks

export function spin(ms) {
    const end = GLib.get_monotonic_time() + ms * 1000;
    let n = 0;

    while (GLib.get_monotonic_time() < end)
        n++;
    return n;
}

// The initializer

let prepared = null;

export function prepare(value, _context) {
    prepared = value;
}

export function getPrepared() {
    return prepared;
}

// Of malloc's memory, what is in use when there is no garbage left
export async function getAllocated() {
    const {default: GFuturesTest} = await import('gi://GFuturesTest?version=1');

    for (let i = 0; i < 3; i++) {
        System.gc();
        await sleep(1);
    }
    return GFuturesTest.get_allocated();
}

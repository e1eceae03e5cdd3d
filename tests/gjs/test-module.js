// test-module.js - a pool of processes that serve a module
//
// SPDX-License-Identifier: LGPL-2.1-or-later

import Gio from 'gi://Gio';
import GLib from 'gi://GLib';
import GFutures from 'gi://GFutures?version=1';
import GFuturesTest from 'gi://GFuturesTest?version=1';

import {
    assert, assertEqual, assertFails, assertRejects, assertThrows, collect, resolveBeside, turn, turnUntil,
} from './assert.js';
import {main, test, testLog} from './tap.js';

const {FutureError, FutureState} = GFutures;

GFuturesTest.register_functions();

const module = resolveBeside('./tasks.js');
const pool = new GFutures.ProcessPoolExecutor({module, max_workers: 2});

// A pool of its own for a case
async function withPool(properties, use) {
    const own = new GFutures.ProcessPoolExecutor({module, max_workers: 1, ...properties});

    try {
        await use(own);
    } finally {
        await own.shutdown_async(true, null);
    }
}

async function withFile(use) {
    const [file, stream] = Gio.File.new_tmp('gfutures-XXXXXX');

    stream.close(null);
    const read = () => new TextDecoder().decode(file.load_contents(null)[1]);

    try {
        await use(file.get_path(), read);
    } finally {
        file.delete(null);
    }
}

test('functions get values and give them', async () => {
    assertEqual(await pool.call('add', 1, 2), 3);
    assertEqual(await pool.call('add', 'a', 'b'), 'ab');
    assertEqual(await pool.call('noop'), null);
    assertEqual(await pool.call('noop', 1, 2, 3), null);
    assertEqual(await pool.call('default'), 'the default export');
    assertEqual(await pool.call('isolate', 1), [true, 2]);
});

test('asynchronous functions', async () => {
    assertEqual(await pool.call('later', {a: 1}), {a: 1});
    await assertRejects(pool.call('failLater'), TypeError, 'failed later');
    assertEqual(await pool.call('readFile', '/proc/self/comm'), 'gjs\n');
    await assertFails(pool.call('readFile', '/does/not/exist'), Gio.IOErrorEnum, Gio.IOErrorEnum.NOT_FOUND);
});

test('they run beside each other', async () => {
    await pool.call('noop');
    const [a, b] = await Promise.all([pool.call('spin', 300), pool.call('pid'), pool.call('pid')])
        .then(([, first, second]) => [first, second]);

    assert(Number.isInteger(a) && a !== new Gio.Credentials().get_unix_pid());
    assert(pool.get_worker_pids().includes(a) && pool.get_worker_pids().includes(b));
});

test('a path is as good as a URI', async () => {
    await withPool({module: GLib.filename_from_uri(module)[0]}, async own => {
        assertEqual(await own.call('add', 1, 2), 3);
    });
});

test('properties in any spelling', async () => {
    const own = new GFutures.ProcessPoolExecutor({module, maxWorkers: 1, 'max-tasks-per-worker': 1});
    const [first, second] = [await own.call('pid'), await own.call('pid')];

    assert(first !== second);
    assertEqual([own.max_workers, own.initializer], [1, null]);
    own.shutdown(true, false);
});

test('an initializer', async () => {
    await withPool({initializer: 'prepare', initializer_arguments: [{a: [1]}]}, async own => {
        assertEqual(await own.call('getPrepared'), {a: [1]});
    });
    await withPool({initializer: 'fail', initializer_arguments: ['type']}, async own => {
        await assertFails(own.call('noop'), FutureError, FutureError.BROKEN_EXECUTOR, 'a type error');
    });
});

test('progress, by notification and by callback', async () => {
    const seen = [];
    const future = pool.call('count', 20);

    future.connect('notify::progress', () => seen.push(future.progress));
    assertEqual(await future, 20);
    assert(seen.length > 0 && seen.every((fraction, i) => i === 0 || fraction >= seen[i - 1]), `${seen}`);
    assertEqual([future.progress, future.status], [1, '20 of 20']);
});

test('a function that runs is told that it is cancelled', async () => {
    for (const name of ['spinUntilCancelled', 'waitUntilCancelled']) {
        await withFile(async (path, read) => {
            const future = pool.call(name, path);

            await new Promise(resolve => future.connect('notify::progress', () => resolve()));
            assert(future.cancel());
            assertEqual(future.get_state(), FutureState.CANCELLED);
            await assertFails(future, Gio.IOErrorEnum, Gio.IOErrorEnum.CANCELLED);
            await turnUntil(() => read() !== '');
            assertEqual(read(), name === 'waitUntilCancelled' ? 'true true' : 'cancelled');
        });
    }
    assertEqual(await pool.call('add', 1, 1), 2);
});

test('a call of GIO that blocks is cancelled', async () => {
    await withFile(async (path, read) => {
        const future = pool.call('readUntilCancelled', path);

        await new Promise(resolve => future.connect('notify::progress', () => resolve()));
        future.cancel();
        await turnUntil(() => read() !== '');
        assertEqual(read(), 'true');
    });
});

test('a pending call is cancelled, and never runs', async () => {
    await withPool({}, async own => {
        const first = own.call('spin', 100);
        const second = own.call('exit', 9);

        second.cancel();
        await first;
        assertEqual(await own.call('add', 1, 1), 2);
    });
});

test('what is cancelled before it is called never runs', async () => {
    const cancellable = new Gio.Cancellable();

    await pool.call('noop');
    cancellable.cancel();
    for (let i = 0; i < 30; i++) {
        const future = pool.call_full(GLib.PRIORITY_DEFAULT, cancellable, ...i % 2 === 0 ? ['exit', 9] : ['exit']);

        await assertFails(future, Gio.IOErrorEnum, Gio.IOErrorEnum.CANCELLED);
    }
    assertEqual(await pool.call_full(GLib.PRIORITY_HIGH, new Gio.Cancellable(), 'add', 1, 2), 3);
    assertEqual(await pool.call_full(GLib.PRIORITY_LOW, null, 'add', 1, 2), 3);
});

test('what never comes runs out of time', async () => {
    await withPool({task_timeout: 300000}, async own => {
        const before = await own.call('pid');

        await assertFails(own.call('never'), Gio.IOErrorEnum, Gio.IOErrorEnum.TIMED_OUT);
        assertEqual(await own.call('add', 1, 1), 2);
        // What does not look whether it is cancelled is killed.
        await assertFails(own.call('spin', 60000), Gio.IOErrorEnum, Gio.IOErrorEnum.TIMED_OUT);
        assert(await own.call('pid') !== before);
    });
    const future = pool.call('never');

    future.set_timeout(50000);
    await assertFails(future, Gio.IOErrorEnum, Gio.IOErrorEnum.TIMED_OUT);
});

test('proxy', async () => {
    const tasks = pool.proxy();

    assertEqual(await tasks.add(1, 2), 3);
    assert(tasks.add === tasks.add && tasks.add(1, 2) instanceof GFutures.Future);
    assert(tasks.then === undefined && await tasks === tasks);
    assert(`${tasks}`.includes('functions'));
    await assertFails(tasks.noSuchFunction(), FutureError, FutureError.UNKNOWN_FUNCTION, 'noSuchFunction');
});

// ---- map ----

test('map gives the results in order', async () => {
    const items = Array.from({length: 300}, (_, i) => i < 13 ? i : i + 1);
    const squares = items.map(n => n * n);

    for (const options of [{}, {chunkSize: 7}, {chunkSize: 1000}, {bufferSize: 1}, {chunkSize: 3, bufferSize: 2}])
        assertEqual(await collect(pool.map('square', items, options)), squares);
    assertEqual(await collect(pool.map('squareLater', [1, 2, 3], {chunkSize: 2})), [1, 4, 9]);
    assertEqual(await collect(pool.map('square', [])), []);
    assertEqual(await collect(pool.map('echo', [null, 'a', [1], {b: 2}], {chunkSize: 3})), [null, 'a', [1], {b: 2}]);
});

test('map takes any iterable, and no more of it than it needs', async () => {
    let n = 0;
    let closed = false;
    const numbers = function* () {
        try {
            for (;;)
                yield n++;
        } finally {
            closed = true;
        }
    };
    const seen = [];

    for await (const value of pool.map('echo', numbers(), {chunkSize: 5, bufferSize: 3})) {
        assert(n <= value + 5 * 4, `${n} were taken for ${value}`);
        seen.push(value);
        if (value === 49)
            break;
    }
    assertEqual(seen, Array.from({length: 50}, (_, i) => i));
    assert(closed);

    const late = async function* () {
        for (let i = 0; i < 20; i++) {
            await turn();
            yield i;
        }
    };

    assertEqual(await collect(pool.map('echo', late(), {chunkSize: 3})), Array.from({length: 20}, (_, i) => i));
});

test('map fails where the function does, and not before', async () => {
    for (const options of [{}, {chunkSize: 5}, {chunkSize: 100}]) {
        const seen = [];

        await assertRejects((async () => {
            for await (const value of pool.map('square', Array(40).keys(), options))
                seen.push(value);
        })(), RangeError, '13 brings bad luck');
        assertEqual(seen, Array.from({length: 13}, (_, i) => i * i));
    }
});

test('map, and what goes wrong on the way', async () => {
    assertThrows(() => pool.map('square', 5), TypeError, 'iterable');
    assertThrows(() => pool.map('square', [], {chunkSize: 0}), RangeError, 'chunkSize');
    assertThrows(() => pool.map('square', [], {bufferSize: 1.5}), RangeError, 'bufferSize');
    await assertRejects(collect(pool.map('echo', [1, 2, () => {}])), TypeError, 'items[2]: functions cannot be sent');
    await assertRejects(collect(pool.map('echo', [1, 2, {f() {}}], {chunkSize: 2})), TypeError, 'items[2].f: functions');
    await assertFails(collect(pool.map('noSuchFunction', [1])), FutureError, FutureError.UNKNOWN_FUNCTION);
    const broken = function* () {
        yield 1;
        throw new EvalError('no more numbers');
    };
    const seen = [];

    await assertRejects((async () => {
        for await (const value of pool.map('square', broken()))
            seen.push(value);
    })(), EvalError, 'no more numbers');
    assertEqual(seen, [1]);
});

test('map gives the results before what goes wrong, whatever the chunks', async () => {
    const gather = async (...args) => {
        const seen = [];

        try {
            for await (const value of pool.map(...args))
                seen.push(value);
        } catch (error) {
            return [seen, `${error}`];
        }
        return [seen];
    };
    const broken = function* () {
        yield* [0, 1, 2];
        throw new EvalError('no more');
    };
    const brokenLater = async function* () {
        yield* broken();
    };

    for (const chunkSize of [1, 2, 10]) {
        assertEqual(await gather('echo', broken(), {chunkSize}), [[0, 1, 2], 'EvalError: no more']);
        assertEqual(await gather('echo', brokenLater(), {chunkSize}), [[0, 1, 2], 'EvalError: no more']);
        assertEqual(await gather('echo', [1, 2, () => {}, 4], {chunkSize}),
            [[1, 2], 'TypeError: items[2]: functions cannot be sent']);
        assertEqual(await gather('callbackAt2', [0, 1, 2, 3], {chunkSize}),
            [[0, 1], 'TypeError: result.callback: functions cannot be sent']);
    }
});

test('map loses no result that is nested too deep', async () => {
    const nest = n => n === 0 ? 1 : [nest(n - 1)];

    assertEqual(await collect(pool.map('echo', [nest(50), 2], {chunkSize: 2})), [nest(50), 2]);
    await assertRejects(collect(pool.map('echo', [1, nest(59)], {chunkSize: 2})), TypeError, 'nested so deep');
});

test('map of a source that waits can be left', async () => {
    const events = async function* () {
        yield 1;
        yield 2;
        await new Promise(() => {});
    };

    for await (const value of pool.map('echo', events())) {
        if (value === 2)
            break;
    }
    const results = pool.map('echo', events());

    await results.next();
    await results.next();
    const pending = results.next();

    await results.return();
    assertEqual(await pending, {value: undefined, done: true});
});

test('map and iterators that misbehave when they are closed', async () => {
    const create = returns => {
        let i = 0;

        return {[Symbol.iterator]: () => ({next: () => ({value: i++ === 2 ? () => {} : i, done: false}), return: returns})};
    };
    let n = 0;

    let closed = 0;

    await assertRejects(collect(pool.map('echo', create(() => {
        closed++;
        throw new EvalError('closing');
    }))), TypeError, 'functions cannot be sent');
    await assertRejects(collect(pool.map('echo', create(() => {
        closed++;
        return Promise.reject(new EvalError('closing'));
    }))), TypeError, 'functions cannot be sent');
    assertEqual(closed, 2);
    await collect(pool.map('echo', {
        [Symbol.iterator]: () => ({next: () => ({value: 1, done: n++ > 1}), return: () => assert(false)}),
    }));
});

test('map that is left cancels the rest', async () => {
    await withPool({}, async own => {
        for await (const _ of own.map('spin', Array(50).fill(20), {bufferSize: 50})) // eslint-disable-line no-unused-vars
            break;
        await turnUntil(() => own.n_pending === 0);
    });
});

test('results of map that are asked for together', async () => {
    const results = pool.map('square', [1, 2, 3]);
    const asked = await Promise.all([results.next(), results.next(), results.next(), results.next()]);

    assertEqual(asked.map(({value, done}) => done ? 'end' : value), [1, 4, 9, 'end']);
});

test('map of a variant is C’s', async () => {
    const future = pool.map('square', new GLib.Variant('ax', [1, 2, 3]), {chunkSize: 2});

    assert(future instanceof GFutures.Future);
    assertEqual(await future, [1, 4, 9]);
});

// ---- what goes wrong ----

test('what a function throws arrives with its name, message and stack', async () => {
    const plain = await assertRejects(pool.call('fail', 'error'), Error, /^an error$/);

    assertEqual([plain.name, plain.constructor.name], ['Error', 'Error']);
    const type = await assertRejects(pool.call('fail', 'type'), TypeError, /^a type error$/);

    assert(/^fail@file:.*\/tasks\.js:\d+/.test(type.stack), type.stack);
    assert(!type.stack.includes('overrides'), type.stack);
    const own = await assertRejects(pool.call('fail', 'own'), Error, /^at line 3: an end is missing$/);

    assertEqual([own.name, `${own}`], ['ParseError', 'ParseError: at line 3: an end is missing']);
    const recursion = await assertRejects(pool.call('recurse', 0), Error, 'too much recursion');

    assertEqual(recursion.name, 'InternalError');
});

test('errors of any shape', async () => {
    const error = await assertRejects(pool.call('fail', 'empty'), RangeError, /^$/);

    assertEqual(`${error}`, 'RangeError');
    assertEqual(`${await assertRejects(pool.call('fail', 'odd'), Error, /^an odd name: oh$/)}`, 'Error: an odd name: oh');
    await assertRejects(pool.call('fail', 'hostile'), Error, /^$/);
    await assertRejects(pool.call('fail', 'revoked'), Error, 'cannot be looked at');
    await assertRejects(collect(pool.map('fail', ['type'])), TypeError, 'a type error');
    await assertFails(collect(pool.map('exit', [5])), FutureError, FutureError.WORKER_DIED, 'while it ran “exit”');
    await assertRejects(collect(pool.map('fail', ['string'])), Error, 'fail threw "only text"');
});

test('what is no Error is said to be none', async () => {
    await assertRejects(pool.call('fail', 'string'), Error, 'fail threw "only text", which is no Error');
    await assertRejects(pool.call('fail', 'object'), Error, 'fail threw {"code":5}, which is no Error');
    await assertRejects(pool.call('fail', 'undefined'), Error, 'fail threw undefined, which is no Error');
});

test('a GLib.Error arrives as one', async () => {
    const error = await assertFails(pool.call('fail', 'gerror'), Gio.IOErrorEnum, Gio.IOErrorEnum.NOT_EMPTY, 'not empty');

    assert(error.stack.includes('tasks.js'), error.stack);
    await assertFails(pool.call('fail', 'gio'), GLib.FileError, GLib.FileError.NOENT, '/does/not/exist');
});

test('what is not exported', async () => {
    for (const [name, text] of [
        ['missing', /module file:.*tasks\.js exports no function “missing”/],
        ['answer', /“answer”, which the module file:.*tasks\.js exports, is no function/],
        ['toString', /exports no function “toString”/],
        ['ParseError', /exports no function “ParseError”/],
        ['', /exports no function “”/],
    ])
        await assertFails(pool.call(name), FutureError, FutureError.UNKNOWN_FUNCTION, text);
});

test('a module that cannot be loaded', async () => {
    for (const [name, type, text] of [
        ['missing.js', GLib.Error, /The module file:.*missing\.js cannot be loaded: There is no such file/],
        ['syntax.js', SyntaxError, /The module file:.*syntax\.js cannot be loaded: .*\(file:.*syntax\.js:\d+:\d+\)/],
        ['throws.js', RangeError, /The module file:.*cannot be loaded: a module that throws.*\(file:.*throws\.js:7:\d+\)/],
        ['imports.js', Error, /The module file:.*imports\.js cannot be loaded: .*missing\.js/],
    ]) {
        await withPool({module: resolveBeside(`./modules/${name}`)}, async own => {
            for (let i = 0; i < 2; i++)
                await assertRejects(own.call('noop'), type, text, name);
            assertEqual(own.get_worker_pids().length, 1);
            assertEqual(own.get_error(), null);
        });
    }
});

test('a module that takes its time', async () => {
    await withPool({module: resolveBeside('./modules/slow.js')}, async own => {
        assertEqual(await Promise.all([own.call('count'), own.call('count'), own.call('count')]), [1, 2, 3]);
    });
});

test('a module in a bundle of resources', async () => {
    const [folder] = [GLib.Dir.make_tmp('gfutures-XXXXXX')];
    const path = name => GLib.build_filenamev([folder, name]);

    GLib.file_set_contents(path('tasks.js'), 'export function twice(n) { return 2 * n; }');
    GLib.file_set_contents(path('test.gresource.xml'),
        '<gresources><gresource prefix="/org/example"><file>tasks.js</file></gresource></gresources>');
    const [, , , status] = GLib.spawn_command_line_sync(
        `glib-compile-resources --sourcedir=${folder} ${path('test.gresource.xml')}`);

    assertEqual(status, 0);
    await withPool({module: 'resource:///org/example/tasks.js', resources: [path('test.gresource')]}, async own => {
        assertEqual(await own.call('twice', 21), 42);
    });
    await withPool({module: 'resource:///org/example/tasks.js'}, async own => {
        await assertFails(own.call('twice', 21), Gio.IOErrorEnum, Gio.IOErrorEnum.NOT_FOUND, 'resources');
    });
    GLib.spawn_command_line_sync(`rm -r ${folder}`);
});

test('what is no module, no path and no URI', () => {
    for (const bad of [undefined, 'tasks.js', './tasks.js', 'http://example.org/tasks.js', '', 5, null, {}])
        assertThrows(() => new GFutures.ProcessPoolExecutor({module: bad}), TypeError, 'import.meta.url');
    assertThrows(() => new GFutures.ProcessPoolExecutor({module, worker_argv: ['x']}), TypeError, 'worker_argv');
});

test('a task that exits or dies costs itself', async () => {
    await assertFails(pool.call('exit', 3), FutureError, FutureError.WORKER_DIED,
        /exited with status 3 while it ran “exit”/);
    await assertFails(pool.call('exitLater', 4), FutureError, FutureError.WORKER_DIED,
        /exited with status 4 while it ran “exitLater”/);
    await assertFails(pool.call('exit', 0), FutureError, FutureError.WORKER_DIED, 'exit');
    await assertFails(pool.call('kill'), FutureError, FutureError.WORKER_DIED, 'killed by signal 9');
    assertEqual(await Promise.all([pool.call('add', 1, 1), pool.call('add', 2, 2)]), [2, 4]);
});

test('what is left of the others when one dies', async () => {
    await withPool({max_workers: 2}, async own => {
        const futures = Array.from({length: 100}, (_, i) => i === 50 ? own.call('exit', 1) : own.call('square', i === 13 ? 0 : i));
        const outcomes = await Promise.allSettled(futures);

        assertEqual(outcomes.map(({status}) => status === 'rejected' ? 1 : 0).reduce((a, b) => a + b), 1);
        assertEqual(outcomes[99].value, 9801);
    });
});

test('a task that uses too much memory', async () => {
    await withPool({memory_limit: 200 << 20}, async own => {
        await assertFails(own.call('hog'), FutureError, FutureError.WORKER_DIED, 'memory-limit');
        assertEqual(await own.call('add', 1, 1), 2);
    });
    await assertRejects(pool.call('allocate', 2 ** 45), RangeError, 'invalid');
    assertEqual(await pool.call('allocate', 1000), 1000);
});

test('a message that is too large', async () => {
    await withPool({max_message_size: 100000}, async own => {
        await assertFails(own.call('echo', new Uint8Array(200000)), FutureError, FutureError.MESSAGE_TOO_LARGE);
        await assertFails(own.call('echo', 'x'.repeat(200000)), FutureError, FutureError.MESSAGE_TOO_LARGE);
        assertEqual((await own.call('echo', 'x'.repeat(10000))).length, 10000);
    });
});

test('after shutdown', async () => {
    const own = new GFutures.ProcessPoolExecutor({module, max_workers: 1});

    await own.shutdown_async(false, null);
    await assertFails(own.call('noop'), FutureError, FutureError.SHUT_DOWN);
    await assertFails(collect(own.map('square', [1])), FutureError, FutureError.SHUT_DOWN);
});

// ---- other workers and executors ----

test('functions of C, by the stock worker and by a thread pool', async () => {
    const stock = new GFutures.ProcessPoolExecutor({max_workers: 1, modules: [GLib.getenv('GF_TEST_MODULE')]});
    const threads = GFutures.ThreadPoolExecutor.new(2);

    for (const executor of [stock, threads]) {
        assertEqual(await executor.call('test.square', new GLib.Variant('(i)', [12])), 144);
        assertEqual(await executor.proxy()['test.square'](new GLib.Variant('(i)', [5])), 25);
        const items = [1, 2, 3, 4, 5].map(i => new GLib.Variant('i', i));

        assertEqual(await collect(executor.map('test.square', items)), [1, 4, 9, 16, 25]);
        assertEqual(await collect(executor.map('test.square', items, {chunkSize: 2})), [1, 4, 9, 16, 25]);
        await assertFails(executor.call('test.fail'), Gio.IOErrorEnum, Gio.IOErrorEnum.NOT_FOUND);
        executor.shutdown(true, false);
    }
});

test('functions of Python, by the same call', async () => {
    const serve = 'import gi; gi.require_version("GFutures", "1"); ' +
        'from gi.repository import GFutures; GFutures.serve()';
    const python = new GFutures.ProcessPoolExecutor({max_workers: 1, worker_argv: ['/usr/bin/python3', '-c', serve]});

    assertEqual(await python.call('math:hypot', 3, 4), 5);
    assertEqual(await python.call('builtins:sorted', {b: 1, a: null}), ['a', 'b']);
    assertEqual(await python.call('builtins:dict', new Map([['a', 1]])), {a: 1});
    assertEqual(await python.call('base64:b64encode', new TextEncoder().encode('bytes')),
        new TextEncoder().encode('Ynl0ZXM='));
    assertEqual(await collect(python.map('math:sqrt', [1, 4, 9, 16], {chunkSize: 3})), [1, 2, 3, 4]);
    assertEqual(await collect(python.map('builtins:str', [1, 'a', null], {chunkSize: 3})), ['1', 'a', 'None']);
    // Each item is one argument, whatever its neighbors are.
    const tuples = ['(i)', '(ii)'].map((type, i) => new GLib.Variant(type, [1, 2].slice(0, i + 1)));

    assertEqual(await collect(python.map('builtins:str', tuples, {chunkSize: 2})), ['(1,)', '(1, 2)']);
    assertEqual(await collect(python.map('builtins:str', [tuples[0], tuples[0]], {chunkSize: 2})), ['(1,)', '(1,)']);
    const error = await assertRejects(python.call('builtins:int', 'no number'), Error, 'invalid literal');

    assertEqual(error.name, 'ValueError');
    python.shutdown(true, false);
});

test('functions of JavaScript are refused by threads and processes, before anything runs', () => {
    const threads = GFutures.ThreadPoolExecutor.new(1);
    let ran = false;
    const func = () => {
        ran = true;
    };

    for (const executor of [threads, pool]) {
        assertThrows(() => executor.submit(func), TypeError, 'ProcessPoolExecutor({module})');
        assertThrows(() => executor.submit_full(0, null, func), TypeError, 'pool.call');
        assertThrows(() => executor.submit_delayed(0, func), TypeError, 'pool.call');
        assertThrows(() => executor.submit_repeating(0, 1000, func), TypeError, 'pool.call');
    }
    assertThrows(() => pool.call('noop').add_done_callback(
        GFutures.LimitedExecutor.new(GFutures.InlineExecutor.get(), 1, 0), func), TypeError, 'another thread');
    assertThrows(() => threads.set_initializer(func), TypeError, 'another thread');
    assertThrows(() => pool.call('noop').watch(func), TypeError, 'another thread');
    threads.shutdown(true, false);
    assert(!ran);
});

test('a share of a pool, and a scope', async () => {
    const limited = GFutures.LimitedExecutor.new(pool, 1, 0);
    const scope = GFutures.TaskScope.new(pool, GFutures.TaskScopePolicy.CANCEL_ON_ERROR);

    for (const executor of [limited, scope]) {
        assertEqual(await executor.call('add', 1, 2), 3);
        assertEqual(await executor.proxy().add('a', 'b'), 'ab');
        assertEqual(await collect(executor.map('squareLater', [1, 2, 3], {chunkSize: 2})), [1, 4, 9]);
        assertThrows(() => executor.submit(() => {}), TypeError, 'pool.call');
    }
    await scope.close();
});

test('a program that is its own worker', () => {
    const file = GLib.filename_from_uri(resolveBeside('./modules/own-worker.js'))[0];
    const process = Gio.Subprocess.new(['gjs', '-m', file],
        Gio.SubprocessFlags.STDOUT_PIPE | Gio.SubprocessFlags.STDERR_MERGE);

    const [, output] = process.communicate_utf8(null, null);

    assert(/^LOUD,42\nThe worker \(pid \d+\) exited with status 5 while it ran “exit”\n$/.test(output), output);
});

testLog();

main(() => pool.shutdown(true, false));

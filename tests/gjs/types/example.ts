/* example.ts - GFutures from TypeScript
 *
 * Compiled and run by check-types.py. Where a type is written down that would be found
 * without it, that is what is tested.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
import GFutures from 'gi://GFutures?version=1';
import Gio from 'gi://Gio?version=2.0';
import GLib from 'gi://GLib?version=2.0';

type Tasks = typeof import('./tasks.js');

function assert(condition: boolean): void {
    if (!condition)
        throw new Error('assertion failed');
}

/* ---- a module's functions, in worker processes ---- */

const pool = new GFutures.ProcessPoolExecutor({
    module: GLib.uri_resolve_relative(import.meta.url, './tasks.js', GLib.UriFlags.NONE),
    max_workers: 2,
    taskTimeout: 60_000_000,
    initializer: 'setUp',
    initializer_arguments: ['Good morning'],
});

pool.connect('worker-exited', (_pool, pid, status) => print(`worker ${pid} exited: ${status}`));

const tasks = pool.proxy<Tasks>();
const greeting: string = await tasks.greet('World');

assert(greeting === 'Good morning, World');

/* The context is not given. */
const fractions: number[] = [];
const finding: GFutures.Future<Uint32Array> = tasks.findPrimes({smallest: 2, largest: 30})
    .onProgress((fraction, text) => fractions.push(text === null ? 0 : fraction));

assert((await finding).at(-1) === 29);
assert(finding.get_state() === GFutures.FutureState.SUCCEEDED);

/* A Map and a Promise */
const words = await tasks.countWords('to be or not to be');

assert(words.get('be') === 2);
assert(await tasks.measure(GLib.filename_from_uri(import.meta.url)[0]) > 100);

/* Without the module's types: what a name stands for has to be said. */
const sum = await pool.call<number>('add', 1, 2);
const urgent: GFutures.Future<number> = pool.call_full(GLib.PRIORITY_HIGH, null, 'add', sum, 4);

assert(await urgent === 7);
assert(await pool.proxy().greet?.('you') === 'Good morning, you');

const greetings: string[] = [];

for await (const text of pool.map<string>('greet', ['Ann', 'Bob'], {chunkSize: 2, bufferSize: 4}))
    greetings.push(text);
assert(greetings.length === 2);

/* ---- several at once ---- */

const [three, hello] = await GFutures.Future.all([tasks.add(1, 2), tasks.greet('all')]);

assert(three.toFixed(1) === '3.0' && hello.endsWith('all'));

const numbers: number[] = await GFutures.Future.all([1, 2, 3].map(n => tasks.add(n, n)).values());

assert(numbers.join() === '2,4,6');

for (const outcome of await GFutures.Future.all_settled([tasks.add(1, 1), tasks.fail('no')])) {
    if (outcome.status === 'fulfilled')
        assert(outcome.value === 2);
    else
        assert(outcome.reason instanceof RangeError);
}

const first: string | number = await GFutures.Future.any([tasks.add(1, 1), tasks.greet('any')]);
const fastest = GFutures.Future.race([tasks.add(1, 1), tasks.add(2, 2)]);

assert(first !== '' && await fastest > 1);

for await (const future of GFutures.as_completed([tasks.add(1, 2), tasks.add(2, 1)])) {
    assert(future.is_done());
    assert(future.get_value() === 3);
}

const both = GFutures.Future.all([tasks.add(1, 2), tasks.greet('both')]);

for await (const future of both) {
    const value: string | number = future.get_value();

    assert(value !== '' && both.get_n_done() > 0);
}

/* ---- promises and futures ---- */

const promise = new GFutures.Promise<Date>();

GLib.idle_add(GLib.PRIORITY_DEFAULT, () => {
    promise.resolve(new Date(0));
    return GLib.SOURCE_REMOVE;
});
assert((await promise).getTime() === 0);
assert(!promise.resolve(Promise.resolve(new Date())));

const refused = new GFutures.Promise<void>();

refused.reject(new TypeError('refused'));
assert(await refused.catch(error => `${error}`) === 'TypeError: refused');

const length: Promise<number> = tasks.greet('you').then(text => text.length).finally(() => print('greeted'));

assert(await length === 17);

/* C's: a derived future, which cancels what it waits for */
const chained: GFutures.Future<string | number> = tasks.add(1, 2)
    .chain(settled => tasks.greet(`${settled.get_value()} of you`))
    .chain_catch(() => GFutures.Future.new_for_int(0))
    .chain_finally(() => tasks.add(0, 0));

assert(await chained === 'Good morning, 3 of you');
assert(chained.result() === await chained.result_async(null));

/* Of GIO */
const [contents] = await GFutures.Future.from_async(
    Gio.File.new_for_uri(import.meta.url), 'load_contents_async');

assert(contents.length > 100);

/* ---- other executors ---- */

const here = new GFutures.MainContextExecutor();
const submitted = here.submit<number>(task => task.resolve(42));

assert(await submitted === 42);

const limited = GFutures.LimitedExecutor.new(pool, 2, 10);

assert(await limited.proxy<Tasks>().add(20, 22) === 42);

/* ---- errors ---- */

try {
    await tasks.fail('too small');
} catch (error) {
    assert(error instanceof RangeError && error.message === 'too small');
}

const unknown = pool.call('noSuchFunction');

unknown.set_timeout(60_000_000);
await unknown.catch((error: GLib.Error) =>
    assert(error.matches(GFutures.FutureError, GFutures.FutureError.UNKNOWN_FUNCTION)));

await pool.shutdown_async(false, null);
print('done');

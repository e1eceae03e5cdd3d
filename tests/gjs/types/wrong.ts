/* wrong.ts - what the compiler refuses
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
import GFutures from 'gi://GFutures?version=1';
import Gio from 'gi://Gio?version=2.0';

const pool = new GFutures.ProcessPoolExecutor({module: '/tasks.js'});
const tasks = pool.proxy<typeof import('./tasks.js')>();
const future = tasks.add(1, 2);

// @ts-expect-error: an argument of another type
tasks.add('1', 2);
// @ts-expect-error: one is missing
tasks.add(1);
// @ts-expect-error: the context is not the caller's
tasks.findPrimes({smallest: 1}, {isCancelled: false});
// @ts-expect-error: a property is missing
tasks.findPrimes({});
// @ts-expect-error: the module has no such function
tasks.multiply(1, 2);

// @ts-expect-error: a number
const text: string = await future;
// @ts-expect-error: a future is no value
const sum: number = future;
// @ts-expect-error: there is no such method
future.subscribe(print);
// @ts-expect-error: C's names are not JavaScript's
future.new_for_int(1);
// @ts-expect-error: a read-only property
future.progress = 1;
// @ts-expect-error: a continuation gets a future
future.chain((sum: number) => sum + 1);
// @ts-expect-error: what it calls would be called on another thread
future.watch(() => {});

// @ts-expect-error: functions do not travel
pool.call('add', () => 1);
// @ts-expect-error: nor run elsewhere
pool.submit(() => {});
// @ts-expect-error: not even there
new GFutures.ThreadPoolExecutor().submit(() => {});
// @ts-expect-error: the items are no iterable
pool.map('greet', 3);
// @ts-expect-error: the option has another name
pool.map('greet', ['a'], {chunksize: 2});
// @ts-expect-error: there is no such property
new GFutures.ProcessPoolExecutor({modul: '/tasks.js'});
// @ts-expect-error: the module is told by its URI
new GFutures.ProcessPoolExecutor({module: import('./tasks.js')});

// @ts-expect-error: not a date
new GFutures.Promise<Date>().resolve(1);
// @ts-expect-error: a promise of a string
new GFutures.Promise<number>().resolve(tasks.greet('you'));
// @ts-expect-error: a tuple of a number and a string
const wrong: [string, number] = await GFutures.Future.all([future, tasks.greet('you')]);
// @ts-expect-error: no futures
GFutures.as_completed([1, 2]);
// @ts-expect-error: there is no such operation
GFutures.Future.from_async(Gio.File.new_for_path('/'), 'load_async');

export {text, sum, wrong};

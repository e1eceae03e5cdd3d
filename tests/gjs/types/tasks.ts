/* tasks.ts - what the workers of example.ts run
 *
 * Plain functions. The last argument is the context of the task, which the caller does
 * not give.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
import type GFutures from 'gi://GFutures?version=1';
import Gio from 'gi://Gio?version=2.0';

export interface Options {
    smallest: number;
    largest?: number;
}

let greeting = 'Hello';

/* The initializer of the pool */
export function setUp(text: string): void {
    greeting = text;
}

export function greet(name: string): string {
    return `${greeting}, ${name}`;
}

export function add(a: number, b: number): number {
    return a + b;
}

export function findPrimes(options: Options, context: GFutures.Context): Uint32Array {
    const {smallest, largest = 100} = options;
    const primes: number[] = [];

    for (let n = Math.max(2, smallest); n <= largest && !context.isCancelled; n++) {
        if (primes.every(prime => n % prime !== 0))
            primes.push(n);
        context.progress(n / largest, `at ${n}`);
    }
    return new Uint32Array(primes);
}

export async function measure(path: string, context: GFutures.Context): Promise<number> {
    const info = Gio.File.new_for_path(path).query_info('standard::size', 0, context.cancellable);

    await null;
    return info.get_size();
}

export function countWords(text: string): Map<string, number> {
    const counts = new Map<string, number>();

    for (const word of text.split(' '))
        counts.set(word, (counts.get(word) ?? 0) + 1);
    return counts;
}

export function fail(message: string): never {
    throw new RangeError(message);
}

// javascript-tasks.js - what the workers of javascript.js run
//
// SPDX-License-Identifier: LGPL-2.1-or-later

export function noop() {
}

export function echo(...args) {
    return args.length === 2 ? args[0] : args.slice(0, -1);
}

export function double(number) {
    return number * 2;
}

// Takes some hundred milliseconds, and all of a processor.
export function countPrimes(limit) {
    let count = 0;

    for (let n = 2; n < limit; n++) {
        let isPrime = true;

        for (let divisor = 2; divisor * divisor <= n && isPrime; divisor++)
            isPrime = n % divisor !== 0;
        if (isPrime)
            count++;
    }
    return count;
}

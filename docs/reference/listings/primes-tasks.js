// primes-tasks.js
import Gio from 'gi://Gio';

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

export async function getSize(path, context) {
    const file = Gio.File.new_for_path(path);

    Gio._promisify(Gio.File.prototype, 'load_contents_async');
    const [contents] = await file.load_contents_async(context.cancellable);

    return contents.length;
}

// primes.js
import GLib from 'gi://GLib';
import GFutures from 'gi://GFutures?version=1';

const module = GLib.uri_resolve_relative(import.meta.url, './primes-tasks.js', GLib.UriFlags.NONE);
const pool = new GFutures.ProcessPoolExecutor({module});
const loop = new GLib.MainLoop(null, false);

async function main() {
    print(await pool.call('countPrimes', 1000));                        // 168
    const both = [pool.call('countPrimes', 10), pool.call('countPrimes', 100)];
    print(await Promise.all(both));                                     // 4,25

    const tasks = pool.proxy();
    print(await tasks.getSize('/dev/null'));                            // 0

    for await (const count of pool.map('countPrimes', [10, 100, 1000]))
        print(`${count} primes`);

    try {
        await tasks.getSize('/does/not/exist');
    } catch (error) {
        print(error.message.includes('/does/not/exist'));               // true
    }
}

main().catch(logError).finally(() => loop.quit());
loop.run();
pool.shutdown(true, false);

// A program that is its own worker: run by gjs, it calls its own functions in processes
import GLib from 'gi://GLib';
import GFutures from 'gi://GFutures?version=1';
import System from 'system';

if (GFutures.worker_requested())
    System.exit(GFutures.serve({
        shout: text => text.toUpperCase(),
        double: async n => 2 * n,
        async exit() {
            await null;
            System.exit(5);
        },
    }));

const file = GLib.filename_from_uri(import.meta.url)[0];
const pool = GFutures.ProcessPoolExecutor.new(1, ['gjs', '-m', file]);
const loop = new GLib.MainLoop(null, false);

Promise.all([pool.call('shout', 'loud'), pool.call('double', 21)])
    .then(values => print(values))
    .then(() => pool.call('exit'))
    .catch(error => print(error.message))
    .finally(() => loop.quit());
loop.run();
pool.shutdown(true, false);

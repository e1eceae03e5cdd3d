import GLib from 'gi://GLib';
import Gio from 'gi://Gio';
import GFutures from 'gi://GFutures?version=1';

const {Future} = GFutures;
const loop = new GLib.MainLoop(null, false);

function create(value, ms) {
    return Future.new_delay(1000 * ms).chain(() => {
        const promise = new GFutures.Promise();

        promise.resolve(value);
        return promise;
    });
}

async function main() {
    const promise = new GFutures.Promise();     // its write side: any value of JavaScript's

    promise.resolve({answer: 42});
    print((await promise).answer);                                      // 42

    print(await Future.all([create('a', 20), create('b', 1)]));         // a,b
    print(await Future.any([create('a', 60000), create('b', 1)]));      // b

    for await (const future of GFutures.as_completed([create('a', 50), create('b', 1)]))
        print(await future);                                            // b

    const file = Gio.File.new_for_path('/dev/null');
    const [contents] = await Future.from_async(file, 'load_contents_async');
    print(contents.length);                                             // 0
}

main().catch(logError).finally(() => loop.quit());
loop.run();

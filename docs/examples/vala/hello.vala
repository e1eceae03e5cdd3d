/* hello.vala - gives work to a thread, and goes on
 *
 * What to notice: submit() returns at once, so “Hashing” is printed first; the closure
 * runs on a thread of the pool, and what it throws would be thrown by yield; and what
 * comes after the yield runs in the main loop, where a program may touch its widgets.
 *
 *   valac -X -w --pkg GFutures-1 hello.vala && ./hello
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
using GFutures;

async void hash (string text) {
    var pool = ThreadPoolExecutor.get_default ();
    var future = pool.submit ((promise) => {
        promise.resolve (Checksum.compute_for_string (ChecksumType.SHA256, text));
    });

    print ("Hashing\n");
    try {
        unowned Value? checksum = yield future.result_async ();
        print ("%s\n", checksum.get_string ());
    } catch (Error error) {
        printerr ("%s\n", error.message);
    }
}

void main () {
    var loop = new MainLoop ();

    hash.begin (string.nfill (1000000, 'a'), () => loop.quit ());
    loop.run ();
}

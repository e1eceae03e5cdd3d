/* chain-and-group.vala - says what happens with several results, or if one is missing
 *
 * What to notice: then() is skipped if a root cannot be found, catch() if all are, and
 * finally() never; the last future of the chain stands for all of it. The search for the
 * root of 2 would not end: it is cancelled as soon as the other one has failed, as nobody
 * wants its result any more.
 *
 *   valac --pkg GFutures-1 chain-and-group.vala && ./chain-and-group
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
using GFutures;

Future submit_root (Executor pool, int square) {
    // Runs on a thread of the pool
    return pool.submit ((promise) => {
        if (square < 0)
            throw new IOError.INVALID_ARGUMENT ("%d has no root", square);

        for (uint root = 0; !promise.should_stop (); root++) {
            if (root * root == square) {
                promise.resolve_int ((int) root);
                return;
            }
        }
    });
}

void add_roots (Executor pool, int first, int second) throws Error {
    var all = Future.all ({ submit_root (pool, first), submit_root (pool, second) });

    // In the main loop
    var end = all.then (() => {
        int sum = 0;

        foreach (var root in all)
            sum += root.get_int ();
        print ("The sum of the roots is %d\n", sum);
        return null;
    }).catch ((failed) => {
        print ("%s\n", failed.get_error ().message);
        return null;
    }).finally (() => {
        uint n_cancelled = 0;

        foreach (var root in all) {
            if (root.is_cancelled ())
                n_cancelled++;
        }
        print ("%u searches, %u cancelled\n", all.get_n_items (), n_cancelled);
        return null;
    });

    end.run_until_done ();
}

void main () {
    var pool = new ThreadPoolExecutor (2);

    try {
        add_roots (pool, 144, 900);
        add_roots (pool, -1, 2);
    } catch (Error error) {
        printerr ("%s\n", error.message);
    }
    pool.shutdown ();
}

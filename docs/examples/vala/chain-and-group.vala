/* chain-and-group.vala - says what happens with several results, or if one is missing
 *
 * What to notice: then() is skipped if a root cannot be found, catch() if all are, and
 * finally() never; the last future of the chain stands for all of it. The search for the
 * root of 2 would not end: it is cancelled as soon as the other one has failed, as nobody
 * wants its result any more.
 *
 *   valac -X -w --pkg GFutures-1 chain-and-group.vala && ./chain-and-group
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
using GFutures;

/* Runs on a thread of the pool */
void find_root (Promise promise, int square) throws Error {
    if (square < 0)
        throw new IOError.INVALID_ARGUMENT ("%d has no root", square);

    for (int root = 0; !promise.should_stop (); root++) {
        if ((uint) root * root == square) {
            promise.resolve_int (root);
            return;
        }
    }
}

void add_roots (Future[] roots) throws Error {
    // The closures run in the main loop
    var end = Future.all (roots).then ((all) => {
        int sum = 0;

        foreach (var root in (FutureSet) all)
            sum += root.get_int ();
        print ("The sum of the roots is %d\n", sum);
        return null;
    }).catch ((failed) => {
        print ("%s\n", failed.get_error ().message);
        return null;
    }).finally ((either) => {
        print ("That is all\n");
        return null;
    });

    end.run_until_done ();
}

void main () {
    var pool = new ThreadPoolExecutor (2);
    int[] squares = { 144, 900, -1, 2 };
    Future[] roots = {};

    foreach (int square in squares)
        roots += pool.submit ((promise) => find_root (promise, square));
    try {
        add_roots (roots[0:2]);
        add_roots (roots[2:4]);
    } catch (Error error) {
        printerr ("%s\n", error.message);
    }

    // Returns when the last search has ended
    pool.shutdown ();
    for (int i = 0; i < roots.length; i++) {
        if (roots[i].is_cancelled ())
            print ("The search for the root of %d was cancelled\n", squares[i]);
    }
}

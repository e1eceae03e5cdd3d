using GFutures;

Future add_up (Executor pool, int n) {
    return pool.submit ((promise) => {
        int sum = 0;
        for (int i = 1; i <= n; i++)
            sum += i;
        promise.resolve (sum);
    });
}

async void compute (Executor pool, Cancellable? cancellable = null) throws Error {
    Future[] futures = { add_up (pool, 10), add_up (pool, 100), add_up (pool, 1000) };

    // All of them; the first failure is thrown, and cancels the rest
    yield Future.all (futures).result_async (cancellable);
    print ("%d %d\n", futures[0].get_int (), futures[2].get_int ());            // 55 500500

    // One after the other, in the order in which they are done
    int total = 0;
    Future? done;
    var completed = as_completed (futures);
    while ((done = yield completed.next_async (cancellable)) != null)
        total += done.get_int ();
    print ("%d\n", total);                                      // 505605

    // The first, but not longer than a second
    var race = Future.race ({ add_up (pool, 4), new Future.delay (1000000) });
    int winner = (yield race.result_async ()).get_int ();
    print ("%d\n", winner);                                     // 10

    yield pool.shutdown_async ();
    print ("%u\n", pool.n_running);                             // 0
}

void main () {
    var loop = new MainLoop ();

    compute.begin (new ThreadPoolExecutor (2), null, (source, result) => {
        try {
            compute.end (result);
        } catch (Error error) {
            printerr ("%s\n", error.message);
        }
        loop.quit ();
    });
    loop.run ();
}

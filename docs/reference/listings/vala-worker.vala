using GFutures;

/* Runs in a worker process. */
Variant? count_primes (Variant? arguments, Promise promise) throws Error {
    int64 from, to, n_primes = 0;

    arguments.get ("(xx)", out from, out to);
    for (int64 n = from; n < to; n++) {
        int64 divisor = 2;
        while (divisor * divisor <= n && n % divisor != 0)
            divisor++;
        n_primes += divisor * divisor > n ? 1 : 0;
        if (promise.should_stop ())
            throw new IOError.CANCELLED ("stopped");
        promise.set_progress ((double) (n - from) / (to - from));
    }
    return n_primes;
}

Variant? crash (Variant? arguments, Promise promise) throws Error {
    Process.abort ();
}

async void run () {
    var pool = new ProcessPoolExecutor.for_self (2) { task_timeout = 60 * 1000000 };

    try {
        var primes = pool.call ("count-primes", new Variant ("(xx)", (int64) 2, (int64) 1000));
        yield primes.result_async ();
        print ("%d\n", (int) primes.get_variant ().get_int64 ());       // 168
        yield pool.call ("crash").result_async ();
    } catch (FutureError.WORKER_DIED error) {
        print ("%s\n", "crash" in error.message ? "crashed" : "");      // crashed
    } catch (Error error) {
        printerr ("%s\n", error.message);
    }
    pool.shutdown ();
}

int main (string[] args) {
    function_register ("count-primes", count_primes);
    function_register ("crash", crash);
    if (worker_requested ())
        return worker_run (args);

    var loop = new MainLoop ();
    run.begin (() => loop.quit ());
    loop.run ();
    return 0;
}

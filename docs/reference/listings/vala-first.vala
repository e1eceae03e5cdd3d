using GFutures;

async void first () throws Error {
    var pool = ThreadPoolExecutor.get_default ();
    var future = pool.submit ((promise) => {
        promise.resolve (6 * 7);                                // on a thread of the pool
    });

    unowned Value? answer = yield future.result_async ();       // meanwhile, the main loop goes on
    print ("%d\n", answer.get_int ());                          // 42
}

void main () {
    var loop = new MainLoop ();

    first.begin ((source, result) => {
        try {
            first.end (result);
        } catch (Error error) {
            printerr ("%s\n", error.message);
        }
        loop.quit ();
    });
    loop.run ();
}

using GFutures;

/* An asynchronous operation as a future: its promise is settled in the callback. */
Future load (File file) {
    var promise = new Promise ();

    file.load_bytes_async.begin (promise.get_cancellable (), (source, result) => {
        try {
            promise.resolve (file.load_bytes_async.end (result, null));
        } catch (Error error) {
            promise.reject ((owned) error);
        }
    });
    return promise;
}

async void ask (PromiseHold hold) {
    Idle.add (ask.callback);                            // in place of a dialog, for example
    yield;
    hold.get_promise ().resolve ("yes");
}

/* A task that goes on in the main loop: it has returned, but holds its promise. */
Future submit_question (Executor pool) {
    return pool.submit ((promise) => {
        PromiseHold? hold = promise.hold ();

        Idle.add (() => {
            ask.begin (hold);                           // here, not on the worker
            hold = null;
            return Source.REMOVE;
        });
    });
}

async void run () throws Error {
    var pool = new ThreadPoolExecutor (1);
    var end = load (File.new_for_path ("/dev/null")).then ((loaded) => {
        return new Future.for_int (((Bytes) loaded.get_value ()).length);
    });
    print ("%d bytes\n", (yield end.result_async ()).get_int ());           // 0 bytes

    var answer = submit_question (pool);
    print ("%s\n", (yield answer.result_async ()).get_string ());           // yes

    var missing = load (File.new_for_path ("/missing")).catch ((failed) => {
        return new Future.for_string (failed.get_error ().matches (IOError.quark (), IOError.NOT_FOUND)
                                      ? "not there" : "unreadable");
    });
    print ("%s\n", (yield missing.result_async ()).get_string ());          // not there
    pool.shutdown ();
}

void main () {
    var loop = new MainLoop ();

    run.begin ((source, result) => {
        try {
            run.end (result);
        } catch (Error error) {
            printerr ("%s\n", error.message);
        }
        loop.quit ();
    });
    loop.run ();
}

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

/* A task that goes on where it was submitted: it has returned, but holds its promise. */
async void ask (PromiseHold hold) {
    Idle.add (ask.callback);
    yield;
    hold.get_promise ().resolve ("in the main loop");
}

async void run () throws Error {
    var pool = new ThreadPoolExecutor (1);
    var end = load (File.new_for_path ("/dev/null")).then ((loaded) => {
        return new Future.for_int (((Bytes) loaded.get_value ()).length);
    });
    print ("%d bytes\n", (yield end.result_async ()).get_int ());           // 0 bytes

    var task = pool.submit ((promise) => ask.begin (promise.hold ()));
    print ("%s\n", (yield task.result_async ()).get_string ());             // in the main loop

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

/* test-gio.vala - futures and asynchronous methods, from Vala
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
using GFutures;

void turn_until (owned SourceFunc condition) {
    var watchdog = Timeout.add_seconds (60, () => {
        error ("the condition never came true");
    });
    while (!condition ())
        MainContext.default ().iteration (true);
    Source.remove (watchdog);
}

/* A promise that an asynchronous method settles. */
Future load (File file) {
    var promise = new Promise ();

    file.load_contents_async.begin (promise.get_cancellable (), (source, result) => {
        try {
            uint8[] contents;

            file.load_contents_async.end (result, out contents, null);
            promise.resolve_int64 (contents.length);
        } catch (Error error) {
            promise.reject ((owned) error);
        }
    });
    return promise;
}

async int64 get_size (File file, Cancellable? cancellable = null) throws Error {
    var future = load (file);
    unowned Value? size = yield future.result_async (cancellable);

    return size.get_int64 ();
}

async string describe (File file, Cancellable? cancellable = null) {
    try {
        return "%d bytes".printf ((int) yield get_size (file, cancellable));
    } catch (IOError.NOT_FOUND error) {
        return "not found";
    } catch (IOError.CANCELLED error) {
        return "cancelled";
    } catch (Error error) {
        return error.message;
    }
}

void test_yield_of_a_result () {
    string? present = null;
    string? missing = null;
    string path;

    try {
        FileUtils.close (FileUtils.open_tmp ("gf-test-XXXXXX", out path));
        FileUtils.set_contents (path, "contents");
    } catch (Error error) {
        assert_not_reached ();
    }
    describe.begin (File.new_for_path (path), null, (source, result) => {
        present = describe.end (result);
    });
    describe.begin (File.new_for_path (path + "-is-not-there"), null, (source, result) => {
        missing = describe.end (result);
    });
    turn_until (() => present != null && missing != null);
    FileUtils.remove (path);
    assert (present == "8 bytes");
    assert (missing == "not found");
}

void test_yield_that_is_cancelled () {
    var cancellable = new Cancellable ();
    var promise = new Promise ();
    bool cancelled = false;

    promise.result_async.begin (cancellable, (source, result) => {
        try {
            promise.result_async.end (result);
            assert_not_reached ();
        } catch (IOError.CANCELLED error) {
            cancelled = true;
        } catch (Error error) {
            assert_not_reached ();
        }
    });
    cancellable.cancel ();
    assert (!cancelled);
    turn_until (() => cancelled);
    assert (!promise.is_done ());
}

void test_yield_of_a_broken_promise () {
    bool broken = false;
    Promise? promise = new Promise ();

    promise.result_async.begin (null, (source, result) => {
        try {
            ((Future) source).result_async.end (result);
            assert_not_reached ();
        } catch (FutureError.BROKEN_PROMISE error) {
            broken = true;
        } catch (Error error) {
            assert_not_reached ();
        }
    });
    promise = null;
    turn_until (() => broken);
}

int main (string[] args) {
    Test.init (ref args);
    Test.add_func ("/vala/gio/yield-of-a-result", test_yield_of_a_result);
    Test.add_func ("/vala/gio/yield-that-is-cancelled", test_yield_that_is_cancelled);
    Test.add_func ("/vala/gio/yield-of-a-broken-promise", test_yield_of_a_broken_promise);
    return Test.run ();
}

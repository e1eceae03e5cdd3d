/* test-gio.vala - futures and asynchronous methods, from Vala
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
using GFutures;

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

/* A future as the outcome of an asynchronous method of GIO's kind, which is what
 * an asynchronous method of Vala is to C. */
void test_forward_to_task () {
    var pool = new ThreadPoolExecutor (1);
    ssize_t answer = 0;

    var task = new Task (null, null, (source, result) => {
        try {
            answer = ((Task) result).propagate_int ();
        } catch (Error error) {
            assert_not_reached ();
        }
    });
    pool.submit ((promise) => promise.resolve_int (42)).forward_to_task (task);
    task = null;
    turn_until (() => answer != 0);
    assert (answer == 42);
    pool.shutdown ();
}

void test_run_in_thread () {
    var pool = new ThreadPoolExecutor (1);
    bool ended = false;

    // To the VAPI of GIO 2.74 the source is never null.
    var task = new Task (pool, null, (source, result) => {
        try {
            assert (((Task) result).propagate_int () == 6);
        } catch (Error error) {
            assert_not_reached ();
        }
        ended = true;
    });
    task.set_task_data ("six".dup (), g_free);
    pool.run_in_thread (task, (task, source, data, cancellable) => {
        assert ((string) data == "six");
        task.return_int (6);
    });
    task = null;
    turn_until (() => ended);
    pool.shutdown ();
}

/* Methods that wait for several futures, one after the other and at once */
async int add_up (Executor pool) throws Error {
    int sum = 0;
    Future[] futures = {};

    for (int i = 0; i < 10; i++) {
        int number = i;
        futures += pool.submit ((promise) => promise.resolve_int (number));
    }
    for (int i = 0; i < 5; i++)
        sum += (yield futures[i].result_async ()).get_int ();
    yield Future.all (futures).result_async ();
    for (int i = 5; i < 10; i++)
        sum += futures[i].get_int ();
    return sum;
}

void test_yields () {
    var pool = new ThreadPoolExecutor (2);
    int sum = 0;
    add_up.begin (pool, (source, result) => {
        try {
            sum = add_up.end (result);
        } catch (Error error) {
            assert_not_reached ();
        }
    });
    turn_until (() => sum != 0);
    assert (sum == 45);
    pool.shutdown ();
}

int main (string[] args) {
    Test.init (ref args);
    Test.add_func ("/vala/gio/yield-of-a-result", test_yield_of_a_result);
    Test.add_func ("/vala/gio/yield-that-is-cancelled", test_yield_that_is_cancelled);
    Test.add_func ("/vala/gio/yield-of-a-broken-promise", test_yield_of_a_broken_promise);
    Test.add_func ("/vala/gio/forward-to-task", test_forward_to_task);
    Test.add_func ("/vala/gio/run-in-thread", test_run_in_thread);
    Test.add_func ("/vala/gio/yields", test_yields);
    return Test.run ();
}

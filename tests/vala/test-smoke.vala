/* test-smoke.vala - the library from Vala
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
using GFutures;

/* An executor with a thread for each task. */
class ThreadEachExecutor : Executor {
    public override void enqueue (owned Promise task) {
        var kept = (owned) task;
        new Thread<void> ("thread-each", () => kept.run ());
    }
}

void test_submit_lambda () {
    var pool = new ThreadPoolExecutor (2);
    var main_thread = Thread.self<void*> ();
    Thread<void*>? ran = null;
    unowned Thread<void*>? delivered = null;
    int base_number = 40;

    var future = pool.submit ((promise) => {
        ran = Thread.self<void*> ();
        promise.resolve_int (base_number + 2);
    });
    future.done.connect (() => {
        delivered = Thread.self<void*> ();
    });
    turn_until (() => delivered != null);
    assert (delivered == main_thread);
    assert (ran != main_thread);
    try {
        assert (future.get_int () == 42);
    } catch (Error error) {
        assert_not_reached ();
    }
    pool.shutdown (true, false);
}

async void await_a_result (Executor pool, int[] results) {
    var future = pool.submit ((promise) => promise.resolve_string ("awaited"));

    try {
        unowned Value? value = yield future.result_async (null);
        assert (value.get_string () == "awaited");
        results[0]++;
    } catch (Error error) {
        assert_not_reached ();
    }

    try {
        yield pool.submit ((promise) => {
            throw new IOError.BUSY ("busy in a lambda");
        }).result_async (null);
        assert_not_reached ();
    } catch (IOError.BUSY error) {
        assert (error.message == "busy in a lambda");
        results[1]++;
    } catch (Error error) {
        assert_not_reached ();
    }

    try {
        yield pool.call ("no.such-function", null).result_async (null);
        assert_not_reached ();
    } catch (FutureError.UNKNOWN_FUNCTION error) {
        assert ("no.such-function" in error.message);
        results[2]++;
    } catch (Error error) {
        assert_not_reached ();
    }
}

void test_yield () {
    var pool = new ThreadPoolExecutor (2);
    var results = new int[3];
    bool ended = false;

    await_a_result.begin (pool, results, () => ended = true);
    turn_until (() => ended);
    assert (results[0] == 1 && results[1] == 1 && results[2] == 1);
    pool.shutdown (true, false);
}

void test_error () {
    var pool = new ThreadPoolExecutor (1);
    var future = pool.submit ((promise) => {
        throw new IOError.NOT_FOUND ("not found in a lambda");
    });

    try {
        future.result (-1, null);
        assert_not_reached ();
    } catch (IOError.NOT_FOUND error) {
        assert (error.message == "not found in a lambda");
    } catch (Error error) {
        assert_not_reached ();
    }
    assert (future.get_state () == FutureState.FAILED);
    pool.shutdown (true, false);
}

void test_cancel () {
    var pool = new ThreadPoolExecutor (1);
    var running = new AsyncQueue<int> ();
    bool stopped = false;
    bool done = false;

    var future = pool.submit ((promise) => {
        running.push (1);
        while (!promise.should_stop ())
            Thread.yield ();
        stopped = promise.get_cancellable ().is_cancelled ();
    });
    var pending = pool.submit ((promise) => assert_not_reached ());
    running.pop ();
    future.done.connect (() => done = true);
    assert (pending.cancel ());
    assert (future.cancel ());
    assert (!done);
    assert (future.is_cancelled () && pending.is_cancelled ());
    pool.shutdown (true, false);
    assert (stopped);
    turn_until (() => done);
    try {
        future.get_value ();
        assert_not_reached ();
    } catch (IOError.CANCELLED error) {
    } catch (Error error) {
        assert_not_reached ();
    }
}

void test_progress () {
    var pool = new ThreadPoolExecutor (1);
    uint notifies = 0;
    bool done = false;

    var future = pool.submit ((promise) => {
        for (int i = 1; i <= 100000; i++)
            promise.set_progress (i / 100000.0, "counting");
    });
    future.notify["progress"].connect (() => notifies++);
    future.done.connect (() => done = true);
    turn_until (() => done);
    assert (notifies >= 1 && notifies < 1000);
    assert (future.get_progress () == 1.0);
    assert (future.dup_status () == "counting");
    pool.shutdown (true, false);
}

void test_derived () {
    var executor = new ThreadEachExecutor ();
    var main_thread = Thread.self<void*> ();
    uint done = 0;
    Future[] futures = {};

    for (int i = 0; i < 10; i++) {
        int number = i;
        var future = executor.submit ((promise) => {
            assert (Thread.self<void*> () != main_thread);
            assert (Promise.get_current () == promise);
            promise.resolve_int (number * number);
        });
        future.done.connect (() => done++);
        futures += future;
    }
    turn_until (() => done == 10);
    try {
        for (int i = 0; i < 10; i++)
            assert (futures[i].get_int () == i * i);
    } catch (Error error) {
        assert_not_reached ();
    }
    executor.shutdown (true, false);
    var refused = executor.submit ((promise) => assert_not_reached ());
    assert (refused.get_error ().matches (FutureError.quark (), FutureError.SHUT_DOWN));
    turn_until (() => done == 10);
}

void test_call () {
    var pool = new ThreadPoolExecutor (1);
    var done = false;

    function_register ("test.join", (arguments, promise) => {
        string left, right;
        arguments.get ("(ss)", out left, out right);
        return left + right;
    });
    var future = pool.call ("test.join", new Variant ("(ss)", "left", "right"));
    future.done.connect (() => done = true);
    turn_until (() => done);
    try {
        assert (future.get_variant ().get_string () == "leftright");
    } catch (Error error) {
        assert_not_reached ();
    }
    pool.shutdown (true, false);
}

int main (string[] args) {
    Test.init (ref args);
    Test.add_func ("/vala/submit-lambda", test_submit_lambda);
    Test.add_func ("/vala/yield", test_yield);
    Test.add_func ("/vala/error", test_error);
    Test.add_func ("/vala/cancel", test_cancel);
    Test.add_func ("/vala/progress", test_progress);
    Test.add_func ("/vala/derived", test_derived);
    Test.add_func ("/vala/call", test_call);
    return Test.run ();
}

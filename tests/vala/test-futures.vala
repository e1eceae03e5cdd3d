/* test-futures.vala - what a future tells, and who is told by it
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
using GFutures;

void test_values () {
    var object = new Object ();
    try {
        assert (new Future.for_boolean (true).get_boolean ());
        assert (new Future.for_int (-3).get_int () == -3);
        assert (new Future.for_int64 (int64.MAX).get_int64 () == int64.MAX);
        assert (new Future.for_double (0.5).get_double () == 0.5);
        var future = new Future.for_string ("text");
        assert (future.get_string () == "text");
        future = new Future.for_string (null);
        assert (future.get_string () == null);
        future = new Future.for_variant (new Variant ("(is)", 1, "one"));
        assert (future.get_variant ().print (false) == "(1, 'one')");
        future = new Future.for_variant (null);
        assert (future.get_variant () == null);
        future = new Future.for_object (object);
        assert (future.get_object () == object);
        future = new Future.for_object (null);
        assert (future.get_object () == null);
    } catch (Error error) {
        assert_not_reached ();
    }
    turn_until (() => object.ref_count == 1);
}

/* Vala boxes what is given for a Value, and unboxes by a cast. */
void test_generic_values () {
    try {
        var future = new Future.for_value ("text");
        assert ((string) future.get_value () == "text");
        assert (future.get_value ().holds (typeof (string)));

        unowned Value? value = future.result ();
        assert (value.get_string () == "text");
        var copy = future.result ();
        future = new Future.for_value (FutureState.RUNNING);
        assert (copy.get_string () == "text");
        assert ((FutureState) future.get_value ().get_enum () == FutureState.RUNNING);

        future = new Future.for_value (new Bytes ({ 1, 2, 3 }));
        unowned Bytes bytes = (Bytes) future.get_boxed ();
        assert (bytes.length == 3);
        var kept = (Bytes) future.get_value ();
        assert (kept.get (2) == 3);

        future = new Future.for_value (new string[] { "a", "b" });
        assert (string.joinv ("+", (string[]) future.get_value ()) == "a+b");
    } catch (Error error) {
        assert_not_reached ();
    }
}

void test_no_value () {
    var pending = new Promise ();
    try {
        pending.get_value ();
        assert_not_reached ();
    } catch (IOError.PENDING error) {
    } catch (Error error) {
        assert_not_reached ();
    }
    try {
        new Future.for_string ("text").get_int ();
        assert_not_reached ();
    } catch (IOError.INVALID_ARGUMENT error) {
    } catch (Error error) {
        assert_not_reached ();
    }

    var failed = new Future.for_error (new FutureError.REMOTE ("far away"));
    try {
        failed.get_value ();
        assert_not_reached ();
    } catch (FutureError.REMOTE error) {
        assert (error.message == "far away");
    } catch (Error error) {
        assert_not_reached ();
    }
    assert (failed.get_error ().message == "far away");
    assert (failed.get_error ().domain == FutureError.quark ());
    assert (failed.get_error_details () == null);
    assert (pending.get_error () == null);
}

void test_serialized () {
    string type;
    unowned string? peeked_type;
    try {
        var future = new Future.for_variant (new Variant.uint32 (7));
        assert (future.get_serialized (out type).length == 4);
        assert (type == "u");
        assert (future.get_serialized (null).length == 4);
        unowned uint8[]? data = future.peek_serialized (100, out peeked_type);
        assert (data.length == 4 && peeked_type == "u");
        data = future.peek_serialized (3, out peeked_type);
        assert (data == null && peeked_type == "u");
    } catch (Error error) {
        assert_not_reached ();
    }
}

void test_states () {
    var promise = new Promise ();
    assert (promise.get_state () == FutureState.PENDING && promise.state == FutureState.PENDING);
    assert (!promise.is_done () && !promise.settled && !promise.is_running ());
    assert (promise.progress == -1 && promise.status == null && promise.label == null);
    assert (promise.set_running ());
    assert (!promise.set_running ());
    assert (promise.is_running () && promise.state == FutureState.RUNNING);
    assert (!promise.cancel_pending ());
    assert (promise.cancel ());
    assert (promise.is_cancelled () && promise.is_done () && promise.settled);
    assert (promise.state == FutureState.CANCELLED);
    assert (!promise.cancel ());

    var other = new Promise ();
    assert (other.cancel_pending ());
    assert (other.is_cancelled ());
}

void test_properties () {
    var promise = new Promise ();
    string[] notified = {};
    promise.notify.connect ((property) => notified += property.name);
    promise.label = "hashing";
    assert (promise.get_label () == "hashing");
    promise.set_label (null);
    assert (promise.label == null);
    promise.set_progress (0.5, "half");
    turn_until (() => promise.get_progress () == 0.5 && "status" in notified);
    assert (promise.dup_status () == "half" && promise.status == "half");
    promise.set_progress (0.75);
    promise.resolve_int (1);
    turn_until (() => "settled" in notified);
    assert ("label" in notified && "progress" in notified && "state" in notified);
    assert (promise.status == null);
}

void test_waits () {
    var promise = new Promise ();
    var cancellable = new Cancellable ();
    assert (!promise.poll ());
    try {
        promise.wait (0);
        assert_not_reached ();
    } catch (IOError.TIMED_OUT error) {
    } catch (Error error) {
        assert_not_reached ();
    }
    try {
        promise.result (1000);
        assert_not_reached ();
    } catch (IOError.TIMED_OUT error) {
    } catch (Error error) {
        assert_not_reached ();
    }
    cancellable.cancel ();
    try {
        promise.wait (-1, cancellable);
        assert_not_reached ();
    } catch (IOError.CANCELLED error) {
    } catch (Error error) {
        assert_not_reached ();
    }
    try {
        promise.run_until_done (cancellable);
        assert_not_reached ();
    } catch (IOError.CANCELLED error) {
    } catch (Error error) {
        assert_not_reached ();
    }
    assert (!promise.is_done ());
    assert (!wait_poll ({ promise, new Future.for_int (1) }));
    assert (wait_poll ({ promise, new Future.for_int (1) }, ReturnWhen.FIRST_COMPLETED));

    var failed = new Future.for_error (new IOError.BUSY ("busy"));
    try {
        assert (failed.wait ());
        assert (failed.run_until_done ());
        assert (GFutures.wait ({ promise, failed }, ReturnWhen.FIRST_EXCEPTION));
        promise.resolve_int (1);
        assert (GFutures.wait ({ promise, failed }));
        assert (promise.poll (-1));
        assert (promise.result ().get_int () == 1);
    } catch (Error error) {
        assert_not_reached ();
    }
}

void test_limits () {
    var late = new Promise ();
    late.set_timeout (1000);
    turn_until_done (late);
    assert (is_error (late.get_error (), new IOError.TIMED_OUT ("")));

    var cancellable = new Cancellable ();
    var cancelled = new Promise ();
    cancelled.set_cancellable (cancellable);
    cancelled.set_cancellable (null);
    cancellable.cancel ();
    assert (!cancelled.is_done ());
    cancelled.set_cancellable (cancellable);
    assert (cancelled.is_cancelled ());
}

void test_callbacks () {
    var pool = new ThreadPoolExecutor (1);
    var promise = new Promise ();
    var main_thread = Thread.self<void*> ();
    var order = new AsyncQueue<string> ();
    bool done = false;

    promise.done.connect ((future) => {
        assert (future == promise);
        order.push ("done");
    });
    promise.add_done_callback (null, (future) => {
        assert (future == promise && Thread.self<void*> () == main_thread);
        order.push ("home");
        done = true;
    });
    promise.add_done_callback (InlineExecutor.get (), (future) => order.push ("inline"));
    promise.watch ((future) => order.push ("watch"));
    promise.add_done_callback (pool, (future) => assert (Thread.self<void*> () != main_thread));
    promise.resolve_int (1);
    assert (order.length () == 2);
    turn_until (() => done);
    assert (order.pop () == "inline");
    assert (order.pop () == "watch");
    assert (order.pop () == "done");
    assert (order.pop () == "home");
    pool.shutdown ();
}

void test_traceback () {
    var error = new FutureError.REMOTE ("a traceback of Vala's tests");
    assert (error_get_remote_traceback (error) == null);
    error_set_remote_traceback (error, "line 1");
    assert (error_get_remote_traceback (error) == "line 1");
    error_set_remote_traceback (error, null);
    assert (error_get_remote_traceback (error) == null);
}

void test_version () {
    assert (MAJOR_VERSION == 1);
    assert (MINOR_VERSION >= 0 && MICRO_VERSION >= 0);
}

int main (string[] args) {
    Test.init (ref args);
    Test.add_func ("/vala/futures/values", test_values);
    Test.add_func ("/vala/futures/generic-values", test_generic_values);
    Test.add_func ("/vala/futures/no-value", test_no_value);
    Test.add_func ("/vala/futures/serialized", test_serialized);
    Test.add_func ("/vala/futures/states", test_states);
    Test.add_func ("/vala/futures/properties", test_properties);
    Test.add_func ("/vala/futures/waits", test_waits);
    Test.add_func ("/vala/futures/limits", test_limits);
    Test.add_func ("/vala/futures/callbacks", test_callbacks);
    Test.add_func ("/vala/futures/traceback", test_traceback);
    Test.add_func ("/vala/futures/version", test_version);
    return Test.run ();
}

/* test-promises.vala - every way to settle a promise, and to hold it
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
using GFutures;

void test_resolve () {
    var object = new Object ();
    var value = Value (typeof (string));
    value.set_string ("moved");
    try {
        var promise = new Promise ();
        assert (promise.resolve_boolean (true));
        assert (!promise.resolve_boolean (false));
        assert (promise.get_boolean ());
        promise = new Promise ();
        assert (promise.resolve_int64 (-1));
        assert (promise.get_int64 () == -1);
        promise = new Promise ();
        assert (promise.resolve_double (0.25));
        assert (promise.get_double () == 0.25);
        promise = new Promise ();
        assert (promise.resolve_string ("text"));
        assert (promise.get_string () == "text");
        promise = new Promise ();
        assert (promise.resolve_variant (new Variant ("(i)", 5)));
        assert (promise.get_variant ().print (false) == "(5,)");
        promise = new Promise ();
        assert (promise.resolve_object (object));
        assert (promise.get_object () == object);
        promise = new Promise ();
        assert (promise.take_value (ref value));
        assert (promise.get_string () == "moved");
        assert (value.type () == Type.INVALID);
        promise = new Promise ();
        string text = "taken";
        assert (promise.take_string ((owned) text));
        assert (text == null);
        assert (promise.get_string () == "taken");
        assert (!promise.take_string ("too late"));
    } catch (Error error) {
        assert_not_reached ();
    }
}

void test_resolve_boxes () {
    var object = new Object ();
    try {
        var promise = new Promise ();
        assert (promise.resolve (42));
        assert (promise.get_int () == 42);
        promise = new Promise ();
        promise.resolve ("text");
        assert (promise.get_string () == "text");
        promise = new Promise ();
        promise.resolve (object);
        assert (promise.get_object () == object);
        promise = new Promise ();
        promise.resolve (new Bytes ({ 1, 2 }));
        unowned Bytes bytes = (Bytes) promise.get_boxed ();
        assert (bytes.get (1) == 2);
        promise = new Promise ();
        promise.resolve (new Variant ("(i)", 5));
        assert (promise.get_variant ().is_of_type (new VariantType ("(i)")));
    } catch (Error error) {
        assert_not_reached ();
    }
}

void test_reject () {
    var promise = new Promise ();
    assert (promise.reject (new FutureError.PROTOCOL ("nonsense")));
    assert (!promise.reject (new FutureError.PROTOCOL ("too late")));
    assert (promise.get_error ().message == "nonsense");
    promise = new Promise ();
    assert (promise.reject_literal (IOError.quark (), IOError.BUSY, "busy"));
    assert (is_error (promise.get_error (), new IOError.BUSY ("")));
    promise = new Promise ();
    assert (promise.reject_with_details (new IOError.BUSY ("busy"), new Bytes ({ 5 })));
    assert (promise.get_error_details ().get (0) == 5);
    promise = new Promise ();
    assert (promise.reject_with_details (new IOError.BUSY ("busy")));
    assert (promise.get_error_details () == null);

    /* An error that is to be handed on is kept by a copy. */
    try {
        throw new IOError.NOT_FOUND ("not here");
    } catch (Error error) {
        promise = new Promise ();
        promise.reject (error.copy ());
        assert (promise.get_error ().message == error.message);
    }
}

void test_hold () {
    var pool = new ThreadPoolExecutor (1);
    var holds = new AsyncQueue<PromiseHold> ();
    var future = pool.submit ((promise) => holds.push (promise.hold ()));
    PromiseHold? hold = holds.pop ();
    assert (!future.is_done ());
    assert (hold.get_promise () == future);
    assert (!hold.get_promise ().should_stop ());

    PromiseHold? other = hold;
    PromiseHold? third = hold.get_promise ().hold ();
    hold = null;
    assert (!future.is_done ());
    third = null;
    assert (!future.is_done ());
    assert (other.get_promise ().resolve_int (7));
    assert (other.get_promise ().should_stop ());
    other = null;
    assert (int_of (future) == 7);

    future = pool.submit ((promise) => holds.push (promise.hold ()));
    hold = holds.pop ();
    hold.release ();
    assert (hold.get_promise () == null);
    turn_until_done (future);
    assert (is_error (future.get_error (), new FutureError.BROKEN_PROMISE ("")));

    future = pool.submit ((promise) => holds.push (promise.hold ()));
    hold = holds.pop ();
    hold = null;
    turn_until_done (future);
    assert (is_error (future.get_error (), new FutureError.BROKEN_PROMISE ("")));
    pool.shutdown ();
}

/* A task may go on in an idle of the main loop, or in an asynchronous method. */
void test_hold_in_a_closure () {
    var pool = new ThreadPoolExecutor (1);
    var future = pool.submit ((promise) => {
        PromiseHold? hold = promise.hold ();

        Idle.add (() => {
            hold.get_promise ().resolve_string ("later");
            hold = null;
            return Source.REMOVE;
        });
    });
    turn_until_done (future);
    try {
        assert (future.get_string () == "later");
    } catch (Error error) {
        assert_not_reached ();
    }
    pool.shutdown ();
}

async void resolve_later (PromiseHold hold) {
    Idle.add (resolve_later.callback);
    yield;
    hold.get_promise ().resolve_int (3);
}

/* What is passed on is kept, by an asynchronous method too. That is not begun on the
 * worker: the main loop might go on with it before it has come to its yield. */
void test_hold_in_a_method () {
    var pool = new ThreadPoolExecutor (1);
    var future = pool.submit ((promise) => {
        PromiseHold? hold = promise.hold ();

        Idle.add (() => {
            resolve_later.begin (hold);
            hold = null;
            return Source.REMOVE;
        });
    });
    turn_until_done (future);
    assert (int_of (future) == 3);
    pool.shutdown ();
}

void test_home () {
    var context = new MainContext ();
    var promise = new Promise.for_context (context);
    bool done = false;

    promise.done.connect (() => {
        assert (context.is_owner ());
        done = true;
    });
    promise.resolve_int (1);
    assert (!done);
    while (!done)
        context.iteration (true);

    promise = new Promise.for_context ();
    promise.resolve_int (2);
    turn_until_done (promise);
}

void test_current () {
    var pool = new ThreadPoolExecutor (1);
    assert (Promise.get_current () == null);
    var future = pool.submit_full (Priority.HIGH, null, (promise) => {
        assert (Promise.get_current () == promise);
        assert (promise.get_priority () == Priority.HIGH);
        assert (promise.get_function () == null && promise.get_arguments () == null);
        assert (!promise.get_cancellable ().is_cancelled ());
        promise.resolve_boolean (true);
    });
    try {
        assert (future.result ().get_boolean ());
    } catch (Error error) {
        assert_not_reached ();
    }
    pool.shutdown ();
}

int main (string[] args) {
    Test.init (ref args);
    Test.add_func ("/vala/promises/resolve", test_resolve);
    Test.add_func ("/vala/promises/resolve-boxes", test_resolve_boxes);
    Test.add_func ("/vala/promises/reject", test_reject);
    Test.add_func ("/vala/promises/hold", test_hold);
    Test.add_func ("/vala/promises/hold-in-a-closure", test_hold_in_a_closure);
    Test.add_func ("/vala/promises/hold-in-a-method", test_hold_in_a_method);
    Test.add_func ("/vala/promises/home", test_home);
    Test.add_func ("/vala/promises/current", test_current);
    return Test.run ();
}

/* test-functions.vala - named functions, and calls of them
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
using GFutures;

Variant double_it (Variant? arguments, Promise promise) throws Error {
    if (arguments == null)
        throw new IOError.INVALID_ARGUMENT ("a number is missing");
    return new Variant.int32 (2 * arguments.get_int32 ());
}

void test_call () {
    var pool = new ThreadPoolExecutor (1);
    function_register ("functions.double", double_it);
    function_register ("functions.nothing", (arguments, promise) => null);
    try {
        var future = pool.call ("functions.double", new Variant.int32 (4));
        assert (((Variant) future.result ()).get_int32 () == 8);
        future = pool.call ("functions.nothing");
        assert (future.wait () && future.get_variant () == null);
        future = pool.call_full (Priority.HIGH, null, "functions.double", new Variant.int32 (5));
        assert (future.wait () && future.get_variant ().get_int32 () == 10);
        pool.call_full (Priority.DEFAULT, new Cancellable (), "functions.double").wait ();
        pool.call ("functions.double").result ();
        assert_not_reached ();
    } catch (IOError.INVALID_ARGUMENT error) {
        assert (error.message == "a number is missing");
    } catch (Error error) {
        assert_not_reached ();
    }
    pool.shutdown ();
}

void test_map () {
    var pool = new ThreadPoolExecutor (2);
    int[] numbers = {};
    for (int i = 0; i < 100; i++)
        numbers += i;

    function_register ("functions.double", double_it);
    var future = pool.map ("functions.double", numbers);
    turn_until_done (future);
    try {
        var doubled = (int[]) future.get_variant ();
        assert (doubled.length == 100 && doubled[99] == 198);
        assert (future.progress == 1);
        future = pool.map ("functions.double", numbers, 7);
        assert (future.wait () && ((int[]) future.get_variant ())[1] == 2);
    } catch (Error error) {
        assert_not_reached ();
    }
    pool.shutdown ();
}

void test_held () {
    var pool = new ThreadPoolExecutor (1);
    function_register ("functions.held", (arguments, promise) => {
        PromiseHold? hold = promise.hold ();
        var later = pool.submit_delayed (1000, (task) => {
            hold.get_promise ().resolve_variant (new Variant.string ("held"));
            hold = null;
        });
        assert (!later.is_done ());
        return null;
    });
    var future = pool.call ("functions.held");
    turn_until_done (future);
    try {
        assert (future.get_variant ().get_string () == "held");
    } catch (Error error) {
        assert_not_reached ();
    }
    pool.shutdown ();
}

void test_serialized () {
    var pool = new ThreadPoolExecutor (1);
    function_register_serialized ("functions.reversed", 100,
                                  (promise, function, type, data, arguments) => {
        assert (function == "functions.reversed" && type == "ay");
        if (data == null) {
            assert (arguments.get_size () == 200);
            return;
        }
        uint8[] reversed = {};
        for (int i = data.length; i > 0; i--)
            reversed += data[i - 1];
        function_return_serialized (promise, "ay", reversed);
    });
    try {
        var future = pool.call_serialized (Priority.DEFAULT, "functions.reversed", "ay", { 1, 2, 3 });
        assert (future.wait ());
        assert (future.get_variant ().get_data_as_bytes ().compare (new Bytes ({ 3, 2, 1 })) == 0);
        future = pool.call_serialized (Priority.DEFAULT, "functions.reversed", "ay", new uint8[200]);
        assert (future.wait () && future.get_variant () == null);
        future = pool.call_serialized (Priority.DEFAULT, "functions.reversed", "(", { 1 });
        future.result ();
        assert_not_reached ();
    } catch (IOError.INVALID_ARGUMENT error) {
    } catch (Error error) {
        assert_not_reached ();
    }
    pool.shutdown ();
}

/* Last, for it can only be replaced. */
void test_any_name () {
    var pool = new ThreadPoolExecutor (1);
    function_register (null, (arguments, promise) => new Variant.string (promise.get_function ()));
    try {
        var future = pool.call ("what.nobody.has.registered");
        assert (future.wait () && future.get_variant ().get_string () == "what.nobody.has.registered");
    } catch (Error error) {
        assert_not_reached ();
    }
    function_register (null, (arguments, promise) => {
        throw new FutureError.UNKNOWN_FUNCTION ("%s is not here", promise.get_function ());
    });
    var unknown = pool.call ("lost");
    turn_until_done (unknown);
    assert (unknown.get_error ().message == "lost is not here");
    pool.shutdown ();
}

int main (string[] args) {
    Test.init (ref args);
    Test.add_func ("/vala/functions/call", test_call);
    Test.add_func ("/vala/functions/map", test_map);
    Test.add_func ("/vala/functions/held", test_held);
    Test.add_func ("/vala/functions/serialized", test_serialized);
    Test.add_func ("/vala/functions/any-name", test_any_name);
    return Test.run ();
}

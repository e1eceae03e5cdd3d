/* gf-test.vala - what the Vala tests share
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
using GFutures;

public const int64 SECOND = 1000000;

public void turn_until (owned SourceFunc condition) {
    var watchdog = Timeout.add_seconds (60, () => {
        error ("the condition never came true");
    });
    while (!condition ())
        MainContext.default ().iteration (true);
    Source.remove (watchdog);
}

public void turn_until_done (Future future) {
    turn_until (() => future.is_done ());
}

public int int_of (Future future) {
    try {
        return future.get_int ();
    } catch (Error error) {
        assert_not_reached ();
    }
}

public bool is_error (Error? error, Error expected) {
    return error != null && error.matches (expected.domain, expected.code);
}

/* Tells how many of its kind there are, and on which thread the last one went. */
public class Token : Object {
    public static int alive = 0;
    public static void* freed_on = null;

    construct {
        AtomicInt.inc (ref alive);
    }

    ~Token () {
        freed_on = Thread.self<void*> ();
        AtomicInt.add (ref alive, -1);
    }

    public void use () {
    }
}

/* test-chains.vala - chains, groups and waits from Vala
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
using GFutures;

void test_chain () {
    var source = new Promise ();
    var main_thread = Thread.self<void*> ();
    int n_calls = 0;
    int step = 1;

    var derived = source.chain ((settled) => {
        n_calls++;
        assert (Thread.self<void*> () == main_thread);
        return new Future.for_int (settled.get_int () + step);
    }).chain ((settled) => new Future.for_int (2 * settled.get_int ()));
    source.resolve_int (20);
    assert (n_calls == 0);
    assert (derived.get_state () == FutureState.PENDING);
    turn_until_done (derived);
    assert (n_calls == 1);
    assert (int_of (derived) == 42);
}

void test_outcomes () {
    var failed = new Future.for_error (new IOError.NOT_FOUND ("lost"));
    var ready = new Future.for_int (5);
    int n_calls = 0;

    var nothing = ready.chain ((settled) => null);
    var same = ready.chain ((settled) => settled);
    var busy = ready.chain ((settled) => {
        throw new IOError.BUSY ("busy in a lambda");
    });
    var skipped = failed.chain ((settled) => {
        n_calls++;
        return null;
    });
    var caught = skipped.@catch ((settled) => {
        assert (settled.get_error ().matches (IOError.quark (), IOError.NOT_FOUND));
        return new Future.for_string (settled.get_error ().message);
    });
    var kept = ready.@finally ((settled) => {
        n_calls += 10;
        return null;
    });
    var itself = ready.chain ((settled) => Promise.get_current ());
    turn_until (() => nothing.is_done () && same.is_done () && busy.is_done () &&
                      caught.is_done () && kept.is_done () && itself.is_done ());
    assert (nothing.get_state () == FutureState.SUCCEEDED);
    assert (int_of (same) == 5);
    assert (busy.get_error ().matches (IOError.quark (), IOError.BUSY));
    try {
        assert (caught.get_string () == "lost");
    } catch (Error error) {
        assert_not_reached ();
    }
    assert (int_of (kept) == 5);
    assert (itself.get_error ().matches (FutureError.quark (), FutureError.INVALID_STATE));
    assert (n_calls == 10);
}

void test_cancel () {
    var source = new Promise ();
    var first = source.chain ((settled) => null);
    var second = source.chain ((settled) => null);

    assert (first.cancel ());
    assert (!source.is_done ());
    assert (second.cancel ());
    assert (source.is_cancelled ());

    var cancellable = new Cancellable ();
    var promise = new Promise ();
    promise.set_cancellable (cancellable);
    cancellable.cancel ();
    turn_until_done (promise);
    assert (promise.is_cancelled ());
}

void test_wait_runs_what_it_depends_on () {
    var pool = new ThreadPoolExecutor (1);
    var source = pool.submit ((promise) => promise.resolve_int (41));
    var derived = source.chain ((settled) => new Future.for_int (settled.get_int () + 1));
    var task = pool.submit ((promise) => {
        promise.resolve_int (derived.result (-1, null).get_int ());
    });

    try {
        assert (task.result (-1, null).get_int () == 42);
    } catch (Error error) {
        assert_not_reached ();
    }
    pool.shutdown (true, false);
}

void test_sets () {
    Promise[] promises = { new Promise (), new Promise (), new Promise () };
    Future[] members = { promises[0], promises[1], promises[2] };
    uint notifies = 0;

    FutureSet all = Future.all (members);
    FutureSet settled = Future.all_settled (members);
    FutureSet any = Future.any (members);
    FutureSet race = Future.race (members);
    settled.notify["n-done"].connect (() => notifies++);
    ListModel model = settled;
    assert (model.get_n_items () == 3);
    assert (model.get_item (1) == promises[1]);
    assert (model.get_item (3) == null);
    promises[1].reject (new IOError.BUSY ("busy"));
    turn_until (() => all.is_done () && race.is_done ());
    assert (all.get_error ().matches (IOError.quark (), IOError.BUSY));
    assert (race.get_error ().matches (IOError.quark (), IOError.BUSY));
    promises[0].resolve_int (7);
    promises[2].resolve_int (8);
    turn_until (() => any.is_done () && settled.is_done () && notifies > 0);
    assert (int_of (any) == 7);
    assert (settled.get_state () == FutureState.SUCCEEDED);
    assert (settled.n_done == 3 && settled.get_n_done () == 3);
    assert (all.get_decisive () == promises[1] && any.get_decisive () == promises[0]);
    assert (settled.get_decisive () == null);
    assert (settled.progress == 1.0);
    assert (Future.any ({}).get_error ().matches (IOError.quark (), IOError.INVALID_ARGUMENT));

    uint seen = 0;
    foreach (var member in settled) {
        assert (member.is_done ());
        seen++;
    }
    assert (seen == 3);
}

void test_wait () {
    var pool = new ThreadPoolExecutor (2);
    var never = new Promise ();
    Future[] futures = {};

    for (int i = 0; i < 20; i++) {
        int number = i;
        futures += pool.submit ((promise) => promise.resolve_int (number));
    }
    try {
        assert (GFutures.wait (futures, ReturnWhen.ALL_COMPLETED, -1));
        assert (int_of (futures[19]) == 19);
        assert (GFutures.wait ({ never, futures[3] }, ReturnWhen.FIRST_COMPLETED, -1));
    } catch (Error error) {
        assert_not_reached ();
    }
    try {
        GFutures.wait ({ never, futures[3] }, ReturnWhen.ALL_COMPLETED, 1000);
        assert_not_reached ();
    } catch (IOError.TIMED_OUT error) {
    } catch (Error error) {
        assert_not_reached ();
    }
    pool.shutdown (true, false);
}

void test_foreach () {
    var pool = new ThreadPoolExecutor (2);
    Future[] futures = {};
    int sum = 0;

    for (int i = 0; i < 20; i++) {
        int number = i;
        futures += pool.submit ((promise) => promise.resolve_int (number));
    }
    foreach (var future in as_completed (futures))
        sum += int_of (future);
    assert (sum == 190);
    pool.shutdown (true, false);
}

async void iterate (FutureIterator iterator, int[] sum) {
    try {
        Future? future;

        while ((future = yield iterator.next_async (null)) != null)
            sum[0] += future.get_int ();
    } catch (Error error) {
        assert_not_reached ();
    }
}

void test_next_async () {
    var pool = new ThreadPoolExecutor (2);
    Future[] futures = {};
    var sum = new int[1];
    bool ended = false;

    for (int i = 0; i < 20; i++) {
        int number = i;
        futures += pool.submit ((promise) => promise.resolve_int (number));
    }
    iterate.begin (as_completed (futures), sum, () => ended = true);
    turn_until (() => ended);
    assert (sum[0] == 190);

    var promise = new Promise ();
    var iterator = as_completed ({ promise });
    try {
        iterator.next (1000);
        assert_not_reached ();
    } catch (IOError.TIMED_OUT error) {
    } catch (Error error) {
        assert_not_reached ();
    }
    promise.resolve_int (1);
    assert (iterator.next_value () == promise);
    assert (iterator.next_value () == null);
    pool.shutdown (true, false);
}

void test_delays () {
    var pool = new ThreadPoolExecutor (1);
    int runs = 0;

    var delay = new Future.delay (1000);
    var delayed = pool.submit_delayed (1000, (promise) => promise.resolve_int (1));
    var never = pool.submit_delayed (1000 * SECOND, (promise) => assert_not_reached ());
    var series = pool.submit_repeating (0, 100, (promise) => {
        if (++runs == 3)
            promise.resolve_int (runs);
    });
    turn_until (() => delay.is_done () && delayed.is_done () && series.is_done ());
    assert (int_of (delayed) == 1);
    assert (int_of (series) == 3);
    assert (never.cancel ());
    pool.shutdown (true, false);
}

void test_limited_executor () {
    var pool = new ThreadPoolExecutor (2);
    var limited = new LimitedExecutor (pool, 1, 1);
    var running = new AsyncQueue<int> ();
    var gate = new AsyncQueue<int> ();

    var first = limited.submit ((promise) => {
        running.push (1);
        gate.pop ();
    });
    running.pop ();
    var second = limited.submit ((promise) => promise.resolve_int (2));
    var refused = limited.submit ((promise) => assert_not_reached ());
    assert (refused.get_error ().matches (IOError.quark (), IOError.WOULD_BLOCK));
    assert (((LimitedExecutor) limited).n_queued == 1);
    var room = ((LimitedExecutor) limited).wait_for_room ();
    assert (!room.is_done ());
    gate.push (1);
    turn_until (() => room.is_done () && first.is_done () && second.is_done ());
    assert (int_of (second) == 2);
    limited.shutdown (true, false);
    pool.shutdown (true, false);
}

void test_task_scope () {
    var pool = new ThreadPoolExecutor (2);
    var scope = new TaskScope (pool, TaskScopePolicy.COLLECT_ERRORS);
    int runs = 0;

    var failing = scope.submit ((promise) => {
        throw new IOError.BUSY ("busy");
    });
    for (int i = 0; i < 5; i++)
        scope.submit ((promise) => AtomicInt.inc (ref runs));
    scope.add (new Future.for_int (1));
    var end = scope.close ();
    turn_until_done (end);
    assert (runs == 5);
    assert (end.get_error ().matches (IOError.quark (), IOError.BUSY));
    var failures = scope.get_failures ();
    assert (failures.length == 1 && failures[0] == failing);

    var other = new TaskScope (null, TaskScopePolicy.CANCEL_ON_ERROR);
    var task = other.submit ((promise) => {
        while (!promise.should_stop ())
            Thread.yield ();
    });
    turn_until_done (other.cancel ());
    assert (other.get_future ().is_cancelled ());
    assert (task.is_cancelled ());
    pool.shutdown (true, false);
}

int main (string[] args) {
    Test.init (ref args);
    Test.add_func ("/vala/chains/chain", test_chain);
    Test.add_func ("/vala/chains/outcomes", test_outcomes);
    Test.add_func ("/vala/chains/cancel", test_cancel);
    Test.add_func ("/vala/chains/wait-runs-what-it-depends-on", test_wait_runs_what_it_depends_on);
    Test.add_func ("/vala/chains/sets", test_sets);
    Test.add_func ("/vala/chains/wait", test_wait);
    Test.add_func ("/vala/chains/foreach", test_foreach);
    Test.add_func ("/vala/chains/next-async", test_next_async);
    Test.add_func ("/vala/chains/delays", test_delays);
    Test.add_func ("/vala/chains/limited-executor", test_limited_executor);
    Test.add_func ("/vala/chains/task-scope", test_task_scope);
    return Test.run ();
}

/* test-ownership.vala - what closures hold is released, once, and at home
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
using GFutures;

void assert_freed_at_home () {
    turn_until (() => AtomicInt.get (ref Token.alive) == 0);
    assert (Token.freed_on == Thread.self<void*> ());
}

Future submit_with_token (Executor executor) {
    var token = new Token ();
    return executor.submit ((promise) => token.use ());
}

void test_task () {
    var pool = new ThreadPoolExecutor (1);
    var future = submit_with_token (pool);
    turn_until_done (future);
    assert_freed_at_home ();

    /* Nobody waits, and nobody has the future. */
    for (int i = 0; i < 100; i++)
        submit_with_token (pool);
    assert_freed_at_home ();
    pool.shutdown ();
}

void test_task_that_never_runs () {
    var pool = new ThreadPoolExecutor (1);
    var gate = new AsyncQueue<int> ();
    pool.submit ((promise) => gate.pop ());
    var future = submit_with_token (pool);
    assert (future.cancel ());
    gate.push (1);
    assert_freed_at_home ();
    pool.shutdown ();
    future = submit_with_token (pool);
    assert (is_error (future.get_error (), new FutureError.SHUT_DOWN ("")));
    assert_freed_at_home ();
}

void register_with_token () {
    var token = new Token ();
    function_register ("ownership.token", (arguments, promise) => {
        token.use ();
        return new Variant.boolean (true);
    });
}

void test_function () {
    var pool = new ThreadPoolExecutor (1);
    register_with_token ();
    try {
        assert (((Variant) pool.call ("ownership.token").result ()).get_boolean ());
    } catch (Error error) {
        assert_not_reached ();
    }
    assert (Token.alive == 1);
    function_register ("ownership.token", (arguments, promise) => null);
    assert_freed_at_home ();
    pool.shutdown ();
}

Future chain_with_tokens (Future source) {
    var first = new Token ();
    var second = new Token ();
    var third = new Token ();
    return source.then ((settled) => {
        first.use ();
        return settled;
    }).catch ((settled) => {
        second.use ();
        return null;
    }).finally ((settled) => {
        third.use ();
        return null;
    });
}

void test_continuations () {
    var promise = new Promise ();
    var end = chain_with_tokens (promise);
    promise.resolve_int (1);
    turn_until_done (end);
    assert (int_of (end) == 1);
    assert_freed_at_home ();

    promise = new Promise ();
    end = chain_with_tokens (promise);
    assert (end.cancel ());
    assert (promise.is_cancelled ());
    assert_freed_at_home ();

    /* Who drops a promise breaks it. */
    promise = new Promise ();
    end = promise.then ((settled) => null);
    promise = null;
    turn_until_done (end);
    assert (is_error (end.get_error (), new FutureError.BROKEN_PROMISE ("")));
}

void watch_with_tokens (Future future, Executor executor) {
    var token = new Token ();
    future.add_done_callback (null, (future) => token.use ());
    future.add_done_callback (executor, (future) => token.use ());
    future.add_done_callback (InlineExecutor.get (), (future) => token.use ());
    future.watch ((future) => token.use ());
}

void test_callbacks () {
    var pool = new ThreadPoolExecutor (1);
    var promise = new Promise ();
    watch_with_tokens (promise, pool);
    promise.resolve_int (1);
    assert_freed_at_home ();
    pool.shutdown ();
}

Executor create_prepared_pool () {
    var token = new Token ();
    var pool = new ThreadPoolExecutor (1);
    pool.set_initializer (() => {
        token.use ();
        return true;
    });
    return pool;
}

void test_initializer () {
    Executor? pool = create_prepared_pool ();
    turn_until_done (pool.submit ((promise) => {}));
    assert (Token.alive == 1);
    pool.shutdown ();
    pool = null;
    assert_freed_at_home ();
}

class CountedExecutor : Executor {
    public static int alive = 0;

    construct {
        alive++;
    }

    ~CountedExecutor () {
        alive--;
    }

    public override void enqueue (owned Promise task) {
        task.run ();
    }
}

void test_derived () {
    var executor = new CountedExecutor ();
    var future = submit_with_token (executor);
    assert (future.is_done ());
    assert_freed_at_home ();
    executor = null;
    turn_until (() => CountedExecutor.alive == 0);
    assert (future.ref_count == 1);
}

Promise resolve_token () {
    var promise = new Promise ();
    promise.resolve_object (new Token ());
    return promise;
}

/* A value lives as long as its future; a copy, as long as it likes. */
void test_results () {
    Future? future = resolve_token ();
    try {
        unowned Object borrowed = future.get_object ();
        assert (borrowed.ref_count == 1);
        Object? kept = future.get_object ();
        assert (kept.ref_count == 2);
        var value = future.result ();
        assert (kept.ref_count == 3);
        future = null;
        turn_until (() => kept.ref_count == 2);
        assert (Token.alive == 1);
        assert (value.get_object () == kept);
        value = null;
        kept = null;
    } catch (Error error) {
        assert_not_reached ();
    }
    assert (Token.alive == 0);
}

void test_iterators_that_are_left () {
    Promise[] promises = { resolve_token (), resolve_token (), new Promise () };
    foreach (var future in as_completed ({ promises[0], promises[1], promises[2] })) {
        assert (future.is_done ());
        break;
    }
    FutureSet? set = Future.all_settled ({ promises[0], promises[1] });
    foreach (var future in set) {
        assert (future.is_done ());
        break;
    }
    turn_until_done (set);
    set = null;
    promises = {};
    turn_until (() => Token.alive == 0);
}

int main (string[] args) {
    Test.init (ref args);
    Test.add_func ("/vala/ownership/task", test_task);
    Test.add_func ("/vala/ownership/task-that-never-runs", test_task_that_never_runs);
    Test.add_func ("/vala/ownership/function", test_function);
    Test.add_func ("/vala/ownership/continuations", test_continuations);
    Test.add_func ("/vala/ownership/callbacks", test_callbacks);
    Test.add_func ("/vala/ownership/initializer", test_initializer);
    Test.add_func ("/vala/ownership/derived", test_derived);
    Test.add_func ("/vala/ownership/results", test_results);
    Test.add_func ("/vala/ownership/iterators-that-are-left", test_iterators_that_are_left);
    return Test.run ();
}

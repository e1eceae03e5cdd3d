/* test-executors.vala - the executors, and one that is written in Vala
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
using GFutures;

/* Keeps its tasks till it is told to run one. */
class ManualExecutor : Executor {
    private Queue<Promise> tasks = new Queue<Promise> ();
    public int n_stops { get; private set; }

    public ManualExecutor (string? label = null) {
        Object (max_workers: 1, label: label);
    }

    public override void enqueue (owned Promise task) {
        tasks.push_tail ((owned) task);
    }

    public override void stop (bool cancel_futures) {
        n_stops++;
        if (cancel_futures)
            foreach (unowned Promise task in tasks.head)
                task.cancel ();
        base.stop (cancel_futures);
    }

    public bool run_one () {
        var task = tasks.pop_head ();
        if (task == null)
            return false;
        task.run ();
        return true;
    }
}

/* Settles what it is given by itself, as an executor does that sends tasks away. */
class EchoExecutor : Executor {
    public override void enqueue (owned Promise task) {
        if (task.get_function () == null)
            task.reject (new IOError.NOT_SUPPORTED ("names only"));
        else if (task.set_running ())
            task.resolve_variant (task.get_arguments ());
    }
}

void test_derived () {
    var executor = new ManualExecutor ("by hand");
    assert (executor.label == "by hand" && executor.max_workers == 1);
    var first = executor.submit ((promise) => promise.resolve_int (1));
    var second = executor.submit ((promise) => promise.resolve_int (2));
    var third = executor.submit ((promise) => assert_not_reached ());
    assert (executor.get_n_pending () == 3 && executor.n_running == 0);
    assert (third.cancel ());
    assert (executor.run_one ());
    assert (int_of (first) == 1);
    assert (second.state == FutureState.PENDING);
    executor.shutdown (false, true);
    assert (executor.n_stops == 1);
    assert (second.is_cancelled ());
    assert (executor.run_one () && executor.run_one ());
    assert (!executor.run_one ());
    assert (executor.n_pending == 0);
}

void test_that_settles () {
    var executor = new EchoExecutor ();
    assert (executor.call ("anything", new Variant.string ("sent")).get_error () == null);
    try {
        var future = executor.call ("anything", new Variant.string ("sent"));
        assert (future.get_variant ().get_string () == "sent");
        future = executor.call ("anything");
        assert (future.get_variant () == null);
    } catch (Error error) {
        assert_not_reached ();
    }
    var closure = executor.submit ((promise) => assert_not_reached ());
    assert (is_error (closure.get_error (), new IOError.NOT_SUPPORTED ("")));
    executor.shutdown ();
}

/* Other executors of the library build upon a derived one. */
void test_under_others () {
    var executor = new ManualExecutor ();
    var limited = new LimitedExecutor (executor, 1);
    var scope = new TaskScope (limited);
    assert (limited.executor == executor && scope.executor == limited);
    assert (limited.max_in_flight == 1 && limited.max_queued == 0);
    assert (scope.policy == TaskScopePolicy.CANCEL_ON_ERROR);
    limited.max_in_flight = 2;
    limited.max_queued = 5;
    var future = scope.submit ((promise) => promise.resolve_int (3));
    assert (executor.run_one ());
    assert (int_of (future) == 3);
    assert (limited.n_queued == 0);
    turn_until_done (scope.close ());
}

void test_scope_of_an_object () {
    var owner = new Object ();
    var scope = new TaskScope ();
    scope.bind (owner);
    var future = scope.submit ((promise) => {
        while (!promise.should_stop ())
            Thread.yield ();
    });
    owner = null;
    turn_until_done (scope.get_future ());
    assert (future.is_cancelled () && scope.get_future ().is_cancelled ());
}

void test_inline () {
    unowned Executor executor = InlineExecutor.get ();
    bool ran = false;
    var future = executor.submit ((promise) => ran = true);
    assert (ran && future.is_done ());
    assert (executor is InlineExecutor);
}

void test_main_context () {
    var executor = new MainContextExecutor ();
    var main_thread = Thread.self<void*> ();
    var pool = new ThreadPoolExecutor (1);
    Future? inner = null;
    var outer = pool.submit ((promise) => {
        inner = executor.submit ((promise) => {
            assert (Thread.self<void*> () == main_thread);
            promise.resolve_int (5);
        });
    });
    turn_until (() => outer.is_done () && inner.is_done ());
    assert (int_of (inner) == 5);
    executor.shutdown ();
    pool.shutdown ();
}

void test_thread_pool () {
    var prepared = 0;
    var pool = new ThreadPoolExecutor (2);
    pool.set_initializer (() => {
        AtomicInt.inc (ref prepared);
        return true;
    });
    pool.set_label ("two");
    assert (pool.get_label () == "two");
    assert (pool.get_max_workers () == 2 && pool.get_max_threads () >= 2);
    assert (pool.max_threads == pool.get_max_threads ());
    pool.idle_timeout = 500;
    assert (pool.get_idle_timeout () == 500);
    pool.set_idle_timeout (600);
    assert (pool.idle_timeout == 600);
    assert (pool.get_thread_name_prefix () == "gf-pool");
    try {
        pool.submit ((promise) => assert (prepared >= 1)).wait ();
    } catch (Error error) {
        assert_not_reached ();
    }
    assert (pool.get_n_threads () >= 1 && pool.n_threads <= 2);
    pool.shutdown ();
    assert (pool.get_n_running () == 0);

    assert (new ThreadPoolExecutor ().max_workers == get_num_processors ());
    assert (ThreadPoolExecutor.get_default () == ThreadPoolExecutor.get_default ());
}

/* What is only set at construction, and no constructor takes. */
void test_construction () {
    var pool = (ThreadPoolExecutor) Object.new (typeof (ThreadPoolExecutor),
        "max-workers", 1u, "max-threads", 3u, "thread-name-prefix", "render");
    assert (pool.max_workers == 1 && pool.max_threads == 3);
    assert (pool.thread_name_prefix == "render");
}

void test_broken_initializer () {
    var pool = new ThreadPoolExecutor (1);
    pool.set_initializer (() => {
        throw new IOError.NOT_FOUND ("no device");
    });
    var future = pool.submit ((promise) => assert_not_reached ());
    turn_until_done (future);
    assert (is_error (future.get_error (), new FutureError.BROKEN_EXECUTOR ("")));
    assert ("no device" in future.get_error ().message);
    pool.shutdown ();
}

void test_priorities () {
    var pool = new ThreadPoolExecutor (1);
    var gate = new AsyncQueue<int> ();
    var cancellable = new Cancellable ();
    string order = "";

    pool.submit ((promise) => gate.pop ());
    pool.submit_full (Priority.LOW, null, (promise) => order += "low ");
    pool.submit_full (Priority.HIGH, null, (promise) => order += "high ");
    var cancelled = pool.submit_full (Priority.HIGH, cancellable, (promise) => assert_not_reached ());
    cancellable.cancel ();
    assert (cancelled.is_cancelled ());
    gate.push (1);
    pool.shutdown ();
    assert (order == "high low ");

    var refused = pool.submit ((promise) => assert_not_reached ());
    assert (is_error (refused.get_error (), new FutureError.SHUT_DOWN ("")));
}

void test_list () {
    var pool = new ThreadPoolExecutor (1);
    unowned ListModel futures = pool.get_futures ();
    var gate = new AsyncQueue<int> ();
    uint changes = 0;
    futures.items_changed.connect (() => changes++);

    var future = pool.submit ((promise) => gate.pop ());
    turn_until (() => futures.get_n_items () == 1);
    assert (futures.get_item (0) == future);
    assert (futures.get_item_type () == typeof (Future));
    gate.push (1);
    turn_until (() => futures.get_n_items () == 0);
    assert (changes == 2);
    pool.shutdown ();

    /* What both GListModel and the future have is the list's. */
    var all = Future.all ({ future });
    turn_until_done (all);
    try {
        assert (((Future) all).get_object () == null);
    } catch (Error error) {
        assert_not_reached ();
    }
    assert (all.get_object (0) == future);
}

async void end (Executor executor, int[] ended) {
    try {
        assert (yield executor.shutdown_async ());
        ended[0]++;
        assert (yield executor.shutdown_async (true, null));
        ended[0]++;
    } catch (Error error) {
        assert_not_reached ();
    }
}

void test_shutdown_async () {
    var pool = new ThreadPoolExecutor (1);
    var ended = new int[1];
    var future = pool.submit ((promise) => promise.resolve_int (9));
    end.begin (pool, ended);
    turn_until (() => ended[0] == 2);
    assert (int_of (future) == 9);
}

int main (string[] args) {
    Test.init (ref args);
    Test.add_func ("/vala/executors/derived", test_derived);
    Test.add_func ("/vala/executors/that-settles", test_that_settles);
    Test.add_func ("/vala/executors/under-others", test_under_others);
    Test.add_func ("/vala/executors/scope-of-an-object", test_scope_of_an_object);
    Test.add_func ("/vala/executors/inline", test_inline);
    Test.add_func ("/vala/executors/main-context", test_main_context);
    Test.add_func ("/vala/executors/thread-pool", test_thread_pool);
    Test.add_func ("/vala/executors/construction", test_construction);
    Test.add_func ("/vala/executors/broken-initializer", test_broken_initializer);
    Test.add_func ("/vala/executors/priorities", test_priorities);
    Test.add_func ("/vala/executors/list", test_list);
    Test.add_func ("/vala/executors/shutdown-async", test_shutdown_async);
    return Test.run ();
}

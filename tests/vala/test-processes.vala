/* test-processes.vala - the process pool from Vala; the program is its own worker
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
using GFutures;

void register_functions () {
    function_register ("vala.join", (arguments, promise) => {
        string left, right;
        arguments.get ("(ss)", out left, out right);
        return left + right;
    });
    function_register ("vala.fail", (arguments, promise) => {
        throw new IOError.BUSY ("too busy");
    });
    function_register ("vala.echo", (arguments, promise) => arguments);
    function_register ("vala.environment", (arguments, promise) =>
        Environment.get_variable (arguments.get_string ()));
    function_register ("vala.half", (arguments, promise) => {
        promise.set_progress (0.5, "half");
        while (!promise.should_stop ())
            Thread.yield ();
        return null;
    });
    function_register ("vala.trace", (arguments, promise) => {
        var error = new FutureError.REMOTE ("with a trace");
        error_set_remote_traceback (error, "in vala.trace");
        throw error;
    });
    function_register ("vala.die", (arguments, promise) => {
        Process.abort ();
    });
}

void test_call () {
    var pool = new ProcessPoolExecutor.for_self (1);
    var future = pool.call ("vala.join", new Variant ("(ss)", "left", "right"));
    try {
        future.result (-1);
        assert (future.get_variant ().get_string () == "leftright");
    } catch (Error error) {
        assert_not_reached ();
    }
    pool.shutdown (true, false);
}

void test_python () {
    const string SERVE = "import gi; gi.require_version('GFutures', '1'); " +
        "from gi.repository import GFutures; GFutures.serve()";
    var pool = new ProcessPoolExecutor (1, { "/usr/bin/python3", "-c", SERVE });
    try {
        var future = pool.call ("math:hypot", new Variant ("(dd)", 3.0, 4.0));
        future.result (-1);
        assert (future.get_variant ().get_double () == 5.0);
    } catch (Error error) {
        assert_not_reached ();
    }
    pool.shutdown (true, false);
}

void test_error () {
    var pool = new ProcessPoolExecutor.for_self (1);
    try {
        pool.call ("vala.fail", null).result (-1);
        assert_not_reached ();
    } catch (IOError.BUSY error) {
        assert (error.message == "too busy");
    } catch (Error error) {
        assert_not_reached ();
    }
    try {
        pool.call ("vala.die", null).result (-1);
        assert_not_reached ();
    } catch (FutureError.WORKER_DIED error) {
        assert ("vala.die" in error.message);
    } catch (Error error) {
        assert_not_reached ();
    }
    pool.shutdown (true, false);
}

void test_local_buffer () {
    var pool = new ProcessPoolExecutor.for_self (1);
    try {
        var buffer = new Buffer.local (4);
        assert (buffer.write (0, { 1, 2 }));
        assert (buffer.write (2, { 3, 4 }));
        var future = buffer.send_call (pool, Priority.DEFAULT, "vala.echo", "ay");
        future.result (-1);
        assert (future.get_variant ().get_data_as_bytes ().compare (new Bytes ({ 1, 2, 3, 4 })) == 0);

        buffer = new Buffer.local (1);
        buffer.write (0, { 7 });
        var promise = new Promise ();
        assert (buffer.send_result (promise, "y"));
        assert (promise.get_variant ().get_byte () == 7);
        buffer.write (0, { 7 });
        assert_not_reached ();
    } catch (IOError.INVALID_ARGUMENT error) {
    } catch (Error error) {
        assert_not_reached ();
    }
    pool.shutdown (true, false);
}

void test_buffer () {
    var pool = new ProcessPoolExecutor.for_self (1);
    try {
        var buffer = new Buffer (1 << 20);
        unowned uint8[] memory = buffer.get_data ();
        memory[5] = 42;
        var bytes = buffer.seal ();
        var future = pool.call ("vala.echo", new Variant.from_bytes (VariantType.BYTESTRING, bytes, true));
        future.result (-1);
        var answer = future.get_variant ().get_data_as_bytes ();
        assert (answer.get_size () == 1 << 20);
        assert (answer.get (5) == 42);
    } catch (Error error) {
        assert_not_reached ();
    }
    pool.shutdown (true, false);
}

void test_signals () {
    var pool = new ProcessPoolExecutor.for_self (1);
    var loop = new MainLoop ();
    uint started = 0;
    pool.worker_started.connect ((pid) => started = pid);
    pool.worker_exited.connect ((pid, status) => {
        assert (pid == started);
        assert (Process.if_signaled (status));
        loop.quit ();
    });
    try {
        pool.call ("vala.join", new Variant ("(ss)", "a", "b")).run_until_done ();
    } catch (Error error) {
        assert_not_reached ();
    }
    assert (pool.get_worker_pids ().length == 1);
    pool.kill_workers ();
    loop.run ();
    try {
        pool.call ("vala.join", new Variant ("(ss)", "a", "b")).run_until_done ();
    } catch (Error error) {
        assert_not_reached ();
    }
    pool.terminate_workers ();
    loop.run ();
    pool.shutdown (true, false);
}

/* Descriptors of a buffer are for whoever wants to write() and mmap(). */
void test_descriptors () {
    try {
        var buffer = new Buffer (4);
        buffer.write (0, { 1, 2, 3, 4 });
        int fd = buffer.dup_fd ();
        assert (fd >= 0);
        var same = new Buffer.from_fd (fd, 4);
        FileUtils.close (fd);
        assert (same.get_data ()[3] == 4);
        same = null;
        var bytes = buffer.seal ();
        assert (buffer.get_data () == null);
        assert (bytes.get_size () == 4 && bytes.get (0) == 1);
        assert (new Buffer.for_bytes (bytes).seal ().get (1) == 2);
        assert (new Buffer.for_bytes (new Bytes ({ 1 })) == null);
        assert (new Buffer.local (1).dup_fd () == -1);
    } catch (Error error) {
        assert_not_reached ();
    }
}

void test_properties () {
    var pool = new ProcessPoolExecutor (1, { "worker" }) {
        cancel_grace = 50,
        environment = { "A=1", "B" },
        idle_timeout = 1000,
        initializer = "vala.echo",
        initializer_arguments = new Variant.int32 (1),
        launcher = { "env", "-u", "C" },
        max_message_size = 1 << 20,
        max_retries = 2,
        max_tasks_per_worker = 3,
        memory_limit = 1 << 30,
        modules = { "m.so" },
        start_timeout = 5000,
        task_timeout = SECOND,
        transport = WorkerTransport.STDIO,
        working_directory = "/"
    };
    assert (pool.cancel_grace == 50 && pool.idle_timeout == 1000 && pool.start_timeout == 5000);
    assert (pool.environment.length == 2 && pool.environment[1] == "B");
    assert (pool.initializer == "vala.echo" && pool.initializer_arguments.get_int32 () == 1);
    assert (string.joinv (" ", pool.launcher) == "env -u C");
    assert (pool.max_message_size == 1 << 20 && pool.memory_limit == 1 << 30);
    assert (pool.max_retries == 2 && pool.max_tasks_per_worker == 3);
    assert (pool.modules.length == 1 && pool.worker_argv[0] == "worker");
    assert (pool.task_timeout == SECOND && pool.transport == WorkerTransport.STDIO);
    assert (pool.working_directory == "/" && pool.get_error () == null);
    pool.launcher = null;
    pool.initializer = null;
    assert (pool.launcher == null && pool.initializer == null);
}

void test_launcher () {
    var pool = new ProcessPoolExecutor.for_self (1) {
        launcher = { "env", "GREETING=hello" },
        transport = WorkerTransport.SOCKET,
        initializer = "vala.echo",
        initializer_arguments = new Variant.string ("ready")
    };
    try {
        var future = pool.call ("vala.environment", new Variant.string ("GREETING"));
        assert (future.wait () && future.get_variant ().get_string () == "hello");
    } catch (Error error) {
        assert_not_reached ();
    }
    pool.shutdown ();
}

void test_broken () {
    var pool = new ProcessPoolExecutor (1, { "/bin/false" });
    assert (pool.transport == WorkerTransport.AUTO);
    var future = pool.call ("vala.echo");
    turn_until_done (future);
    assert (is_error (future.get_error (), new FutureError.BROKEN_EXECUTOR ("")));
    assert (is_error (pool.get_error (), new FutureError.BROKEN_EXECUTOR ("")));
    pool.shutdown ();
}

void test_map () {
    var pool = new ProcessPoolExecutor.for_self (1);
    string[] names = { "x", "y", "z" };
    try {
        var future = pool.map ("vala.echo", names, 2);
        assert (future.wait () && string.joinv ("", (string[]) future.get_variant ()) == "xyz");
    } catch (Error error) {
        assert_not_reached ();
    }
    pool.shutdown ();
}

void test_progress () {
    var pool = new ProcessPoolExecutor.for_self (1);
    bool half = false;
    var future = pool.call ("vala.half");
    future.notify["progress"].connect (() => half = half || future.progress == 0.5);
    turn_until (() => half);
    assert (future.status == "half");
    assert (future.cancel ());
    pool.shutdown ();
}

void test_message_too_large () {
    var pool = new ProcessPoolExecutor.for_self (1) { max_message_size = 4096 };
    var future = pool.call ("vala.echo", new Variant.string (string.nfill (5000, 'x')));
    turn_until_done (future);
    assert (is_error (future.get_error (), new FutureError.MESSAGE_TOO_LARGE ("")));
    pool.shutdown ();
}

/* What a worker says of an error arrives with it. */
void test_traceback () {
    var pool = new ProcessPoolExecutor.for_self (1);
    var future = pool.call ("vala.trace");
    turn_until_done (future);
    assert (is_error (future.get_error (), new FutureError.REMOTE ("")));
    assert (error_get_remote_traceback (future.get_error ()) == "in vala.trace");
    assert (future.get_error_details () == null);
    pool.shutdown ();
}

int main (string[] args) {
    register_functions ();
    if (worker_requested ())
        return worker_run (args);

    Test.init (ref args);
    Test.add_func ("/vala/processes/call", test_call);
    Test.add_func ("/vala/processes/python", test_python);
    Test.add_func ("/vala/processes/error", test_error);
    Test.add_func ("/vala/processes/buffer", test_buffer);
    Test.add_func ("/vala/processes/local-buffer", test_local_buffer);
    Test.add_func ("/vala/processes/signals", test_signals);
    Test.add_func ("/vala/processes/descriptors", test_descriptors);
    Test.add_func ("/vala/processes/properties", test_properties);
    Test.add_func ("/vala/processes/launcher", test_launcher);
    Test.add_func ("/vala/processes/broken", test_broken);
    Test.add_func ("/vala/processes/map", test_map);
    Test.add_func ("/vala/processes/progress", test_progress);
    Test.add_func ("/vala/processes/message-too-large", test_message_too_large);
    Test.add_func ("/vala/processes/traceback", test_traceback);
    return Test.run ();
}

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
    pool.shutdown (true, false);
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
    return Test.run ();
}

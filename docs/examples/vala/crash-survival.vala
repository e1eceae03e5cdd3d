/* crash-survival.vala - loses a worker process, and nothing else
 *
 * What to notice: a crash costs the one task that the worker was running, and its error
 * says which signal it was and in which function; the other tasks and the pool go on. A
 * task that may be run twice is given a second worker by the property “max-retries”.
 *
 *   valac -X -w --pkg GFutures-1 --pkg posix crash-survival.vala && ./crash-survival
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
using GFutures;

/* Runs in a worker. The one that is to square 3 is killed, as by the kernel when memory
 * runs out, unless it finds the file that tells of an earlier attempt. */
Variant? square (Variant? arguments, Promise promise) throws Error {
    int64 n;
    string attempted;

    arguments.get ("(xs)", out n, out attempted);
    if (n == 3 && !FileUtils.test (attempted, EXISTS)) {
        FileUtils.set_contents (attempted, "");
        Posix.raise (Posix.Signal.KILL);
    }

    return n * n;
}

void square_all (Executor pool, string attempted) throws Error {
    Future[] squares = {};

    for (int64 n = 1; n <= 4; n++)
        squares += pool.call ("square", new Variant ("(xs)", n, attempted));

    foreach (var future in squares) {
        try {
            future.wait ();
            print ("%" + int64.FORMAT + "\n", future.get_variant ().get_int64 ());
        } catch (FutureError.WORKER_DIED error) {
            print ("%s\n", error.message);
        }
    }
}

int main (string[] args) {
    Intl.setlocale ();
    function_register ("square", square);
    if (worker_requested ())
        return worker_run (args);

    try {
        var folder = DirUtils.make_tmp ("crash-survival-XXXXXX");
        var attempted = Path.build_filename (folder, "attempted");
        var pool = new ProcessPoolExecutor.for_self (2);

        square_all (pool, attempted);

        FileUtils.remove (attempted);
        pool.max_retries = 1;
        print ("With a second attempt:\n");
        square_all (pool, attempted);

        pool.shutdown ();
        FileUtils.remove (attempted);
        DirUtils.remove (folder);
    } catch (Error error) {
        printerr ("%s\n", error.message);
        return 1;
    }
    return 0;
}

using GFutures;

void main () {
    var pool = new ThreadPoolExecutor (2);
    string[] words = { "future", "promise", "task" };
    Future[] futures = {};

    foreach (unowned string word in words) {
        string copy = word;
        futures += pool.submit ((promise) => promise.resolve (copy.length));
    }

    // Blocks until another one is settled: for programs without a main loop, and for tasks
    int n_letters = 0;
    foreach (var future in as_completed (futures)) {
        try {
            n_letters += future.get_int ();
        } catch (Error error) {
            printerr ("%s\n", error.message);
        }
    }
    print ("%d letters\n", n_letters);                          // 17 letters

    // The members of a set: by foreach as they are settled, as a list in their order
    FutureSet all = Future.all (futures);
    uint n = 0;
    foreach (var member in all)
        n += member.is_done () ? 1 : 0;
    print ("%u of %u\n", n, all.get_n_items ());                // 3 of 3
    print ("%s\n", all.get_object (0) == futures[0] ? "the first" : "another");     // the first

    // Blocks until all are settled
    try {
        GFutures.wait (futures);
    } catch (Error error) {
        printerr ("%s\n", error.message);
    }
    pool.shutdown ();
}

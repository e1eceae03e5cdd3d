using GFutures;

void show () throws Error {
    var pool = new ThreadPoolExecutor (1);

    // Any value is boxed by itself, and unboxed by a cast
    var number = pool.submit ((promise) => promise.resolve (1.5));
    print ("%g\n", (double) number.result ());                  // 1.5
    var words = pool.submit ((promise) => promise.resolve (new string[] { "one", "two" }));
    print ("%s\n", string.joinv ("+", (string[]) words.result ()));     // one+two
    var bytes = pool.submit ((promise) => promise.resolve (new Bytes ({ 1, 2, 3 })));
    print ("%d\n", ((Bytes) bytes.result ()).length);           // 3

    // What has been computed can be had without a wait, and by its type
    var file = pool.submit ((promise) => promise.resolve (File.new_for_path ("/etc")));
    file.wait ();
    print ("%s\n", ((File) file.get_object ()).get_basename ());    // etc

    // A variable that is not unowned has a copy, which outlives the future
    Value? copy = pool.submit ((promise) => promise.resolve ("kept")).result ();
    print ("%s\n", copy.get_string ());                         // kept

    // Nothing is a value too
    var nothing = pool.submit ((promise) => {});
    print ("%s\n", nothing.result ().type ().name ());          // gpointer

    pool.shutdown ();
}

void main () {
    try {
        show ();
    } catch (Error error) {
        printerr ("%s\n", error.message);
    }
}

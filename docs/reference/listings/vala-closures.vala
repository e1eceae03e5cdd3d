using GFutures;

class Document : Object {
    public static int n_alive = 0;
    public string text { get; construct; }

    public Document (string text) {
        Object (text: text);
    }

    construct {
        n_alive++;
    }

    ~Document () {
        n_alive--;                                              // in the main thread, as is said below
    }
}

/* The closure has a reference to the document till it has run, or never will. */
Future count_letters (Executor pool, Document document) {
    return pool.submit ((promise) => {
        int n_letters = 0;

        for (int i = 0; i < document.text.length; i++)
            n_letters += document.text[i].isalpha () ? 1 : 0;
        promise.resolve (n_letters);
    });
}

void count (Executor pool) throws Error {
    var future = count_letters (pool, new Document ("a, b and c"));
    print ("%d letters\n", future.result ().get_int ());        // 6 letters

    // What is declared inside the loop each closure has for itself; i is the same for all
    Future[] squares = {};
    for (int i = 0; i < 4; i++) {
        int n = i;
        squares += pool.submit ((promise) => promise.resolve (n * n));
    }
    print ("%d %d\n", squares[2].result ().get_int (), squares[3].result ().get_int ());       // 4 9
}

void main () {
    var pool = new ThreadPoolExecutor (2);

    try {
        count (pool);
    } catch (Error error) {
        printerr ("%s\n", error.message);
    }
    pool.shutdown ();
    print ("%d alive\n", Document.n_alive);                     // 0 alive
}

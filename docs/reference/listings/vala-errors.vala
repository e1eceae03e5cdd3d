using GFutures;

errordomain KitchenError {
    NO_EGGS
}

async string cook (Executor pool, string name, Variant? arguments = null) {
    var future = name != "" ? pool.call (name, arguments) : pool.submit ((promise) => {
        throw new KitchenError.NO_EGGS ("there are no eggs");
    });
    try {
        yield future.result_async ();
        return "done";
    } catch (KitchenError.NO_EGGS error) {
        return error.message;
    } catch (FutureError.UNKNOWN_FUNCTION error) {
        return "nobody can " + name;
    } catch (FutureError error) {               // WORKER_DIED, SHUT_DOWN…
        return error.message;
    } catch (IOError.CANCELLED error) {
        return "cancelled";
    } catch (Error error) {
        return error.message;
    }
}

async void cook_all () {
    var pool = new ThreadPoolExecutor (1);

    print ("%s\n", yield cook (pool, ""));      // there are no eggs
    print ("%s\n", yield cook (pool, "bake"));  // nobody can bake
    pool.shutdown ();
    print ("%s\n", yield cook (pool, ""));      // The executor was shut down and takes no more tasks
}

void main () {
    var loop = new MainLoop ();

    cook_all.begin (() => loop.quit ());
    loop.run ();
}

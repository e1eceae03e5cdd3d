using GFutures;

/* Runs its tasks one after the other, on a thread of its own. */
class SerialExecutor : Executor {
    private AsyncQueue<Promise> tasks = new AsyncQueue<Promise> ();
    private Promise end = new Promise ();               // behind the last task

    public SerialExecutor () {
        Object (max_workers: 1, label: "serial");
    }

    construct {
        // A closure that used the fields would hold the executor, which could not be dropped then
        var tasks = this.tasks;
        var end = this.end;

        new Thread<void> ("serial", () => {
            for (var task = tasks.pop (); task != end; task = tasks.pop ())
                task.run ();
        });
    }

    public override void enqueue (owned Promise task) {
        tasks.push ((owned) task);
    }

    public override void stop (bool cancel_futures) {
        if (cancel_futures) {
            for (var task = tasks.try_pop (); task != null; task = tasks.try_pop ())
                task.cancel ();
        }
        tasks.push (end);
    }
}

void main () {
    var executor = new SerialExecutor ();
    string order = "";

    for (int i = 0; i < 5; i++) {
        int number = i;
        executor.submit ((promise) => order += number.to_string ());
    }
    executor.shutdown ();
    print ("%s\n", order);                              // 01234

    var late = executor.submit ((promise) => order += "!");
    print ("%s\n", late.get_error ().message);          // The executor was shut down and takes no more tasks
}

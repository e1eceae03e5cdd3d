using GFutures;

class TaskRow : Gtk.Box {
    private Future future;

    public TaskRow (Future future) {
        var bar = new Gtk.ProgressBar () { hexpand = true, valign = CENTER };
        var cancel = new Gtk.Button.from_icon_name ("process-stop-symbolic");

        this.future = future;
        append (new Gtk.Label (future.label));
        append (bar);
        append (cancel);
        future.bind_property ("progress", bar, "fraction", SYNC_CREATE);
        future.bind_property ("settled", cancel, "sensitive", SYNC_CREATE | INVERT_BOOLEAN);
        cancel.clicked.connect (() => this.future.cancel ());
        future.done.connect (on_done);                  // a method of an object: not called once that is gone
    }

    private void on_done () {
        tooltip_text = future.get_error () != null ? future.get_error ().message : "Done";
    }
}

Gtk.Window create_window (Gtk.Application application, TaskScope scope) {
    var factory = new Gtk.SignalListItemFactory ();
    factory.bind.connect ((object) => {
        var item = (Gtk.ListItem) object;
        item.child = new TaskRow ((Future) item.item);
    });
    var running = new Gtk.ListView (new Gtk.NoSelection (scope.get_futures ()), factory);
    var window = new Gtk.ApplicationWindow (application) { child = running };

    window.close_request.connect (() => {
        scope.cancel ();
        return false;
    });
    return window;
}

int main (string[] args) {
    var application = new Gtk.Application (null, ApplicationFlags.NON_UNIQUE);

    application.activate.connect (() => {
        var scope = new TaskScope ();

        create_window (application, scope).present ();
        for (int i = 1; i <= 20; i++) {
            int step = i;
            var task = scope.submit ((promise) => {
                for (int n = 0; n < 100 * step && !promise.should_stop (); n++) {
                    Thread.usleep (1000);               // what takes its time
                    promise.set_progress (n / (100.0 * step));
                }
            });
            task.label = "Task %d".printf (step);
        }
    });
    return application.run (args);
}

/* progress.vala - a window that shows how far a task is, and can cancel it
 *
 * What to notice: the task tells its promise how far it is, and the widgets are bound to
 * the future, so no code keeps them up to date. To cancel the future ends the reading too,
 * by the promise’s cancellable. So does closing the window, which nobody needs the result
 * for any more.
 *
 *   valac -X -w --pkg GFutures-1 --pkg gtk4 progress.vala && ./progress FILE
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
using GFutures;

/* The task, on a thread of the pool: it may not touch a widget */
void hash_file (string path, Promise promise) throws Error {
    var cancellable = promise.get_cancellable ();
    var stream = File.new_for_path (path).read (cancellable);
    var size = stream.query_info (FileAttribute.STANDARD_SIZE, cancellable).get_size ();
    var checksum = new Checksum (ChecksumType.SHA256);
    var buffer = new uint8[1 << 20];
    int64 done = 0;
    ssize_t n;

    while ((n = stream.read (buffer, cancellable)) > 0) {
        checksum.update (buffer, n);
        done += n;
        promise.set_progress ((double) done / int64.max (done, size), "%d MiB".printf ((int) (done >> 20)));
    }
    promise.set_progress (1, checksum.get_string ());
    promise.resolve (checksum.get_string ());
}

/* In the main loop */
void show_window (Gtk.Application application, string path) {
    var window = new Gtk.ApplicationWindow (application) { title = "Hashing", default_width = 600 };
    var header = new Gtk.HeaderBar ();
    var cancel = new Gtk.Button.with_label ("Cancel");
    var box = new Gtk.Box (VERTICAL, 12);
    var bar = new Gtk.ProgressBar ();
    var status = new Gtk.Label (path);
    var future = ThreadPoolExecutor.get_default ().submit ((promise) => hash_file (path, promise));

    header.pack_start (cancel);
    box.append (bar);
    box.append (status);
    window.titlebar = header;
    window.child = box;

    future.bind_property ("progress", bar, "fraction");
    future.bind_property ("status", status, "label");
    future.bind_property ("settled", cancel, "sensitive", SYNC_CREATE | INVERT_BOOLEAN);
    future.done.connect (() => {
        window.title = future.is_cancelled () ? "Cancelled"
                     : future.get_error () != null ? future.get_error ().message : "Done";
    });
    cancel.clicked.connect (() => future.cancel ());
    window.close_request.connect (() => {
        future.cancel ();
        return false;
    });
    window.present ();
}

int main (string[] args) {
    var application = new Gtk.Application (null, ApplicationFlags.NON_UNIQUE);

    application.activate.connect (() => show_window (application, args[1] ?? args[0]));
    return application.run ({ args[0] });
}

/* checksums.vala - the SHA-256 checksums of files and folders, in a window
 *
 * What to notice: nothing keeps the window up to date. A set of futures is a list model,
 * which the list shows, and a future, whose progress the bar on top shows; each row is
 * bound to the future of its file. A few files at a time are read, by threads of the pool.
 * The tasks belong to a scope, which closing the window cancels.
 *
 *   valac -X -w --pkg GFutures-1 --pkg gtk4 checksums.vala && ./checksums FILE…
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
using GFutures;

const uint N_AT_A_TIME = 2;                 // more would make no disk faster
const string CSS = ".success { color: @success_color; } .error { color: @error_color; }";

/* The work. Runs on a worker of the thread pool: what it throws is the future's error. */
void hash_file (File file, Promise promise) throws Error {
    var cancellable = promise.get_cancellable ();
    var stream = file.read (cancellable);
    var size = stream.query_info (FileAttribute.STANDARD_SIZE, cancellable).get_size ();
    var checksum = new Checksum (ChecksumType.SHA256);
    var buffer = new uint8[1 << 18];
    int64 n_read = 0;
    ssize_t n;
    promise.set_progress (0, format_size (size));
    while ((n = stream.read (buffer, cancellable)) > 0) {
        checksum.update (buffer, n);
        n_read += n;
        promise.set_progress ((double) n_read / int64.max (n_read, size), format_size (size));
    }
    promise.resolve_string (checksum.get_string ());
}

void find_files (File file, GenericArray<File> found, Cancellable cancellable) {
    if (file.query_file_type (NONE, cancellable) == DIRECTORY) {
        try {
            var children = file.enumerate_children ("standard::*", NOFOLLOW_SYMLINKS, cancellable);
            FileInfo? info;
            while ((info = children.next_file (cancellable)) != null)
                if (info.get_file_type () == DIRECTORY || info.get_file_type () == REGULAR)
                    find_files (children.get_child (info), found, cancellable);
            return;
        } catch (Error error) {}                // hash_file() fails in the same way, for all to see
    }
    found.add (file);
}

/* The window. All of this is in the main thread, where futures notify. */
string get_outcome (Future future) {
    try {
        return future.get_string ();
    } catch (Error error) {
        return error.message;
    }
}

class Row : Gtk.Box {
    private BindingGroup bindings = new BindingGroup ();
    private Future? future;
    private Gtk.Image icon = new Gtk.Image ();
    private Gtk.Label text = new Gtk.Label (null) { xalign = 0, ellipsize = END };
    private Gtk.Stack stack = new Gtk.Stack () { hexpand = true, height_request = 22 };
    private Gtk.Button button = new Gtk.Button () { has_frame = false, valign = CENTER };

    construct {
        var grid = new Gtk.Grid () { column_spacing = 12, row_spacing = 4 };
        var name_label = new Gtk.Label (null) { xalign = 0, hexpand = true, ellipsize = START };
        var size_label = new Gtk.Label (null) { css_classes = { "dim-label", "numeric" } };
        var bar = new Gtk.ProgressBar () { valign = CENTER };
        stack.add_named (text, "text");
        stack.add_named (bar, "bar");
        grid.attach (name_label, 0, 0);
        grid.attach (size_label, 1, 0);
        grid.attach (stack, 0, 1, 2);
        spacing = 12;
        append (icon);
        append (grid);
        append (button);
        button.clicked.connect (() => {
            if (!future.cancel ())
                get_clipboard ().set_text (get_outcome (future));
        });

        bindings.bind ("label", name_label, "label", SYNC_CREATE);
        bindings.bind ("status", size_label, "label", SYNC_CREATE);
        bindings.bind ("progress", bar, "fraction", SYNC_CREATE);
        bindings.bind_property ("state", icon, "icon-name", SYNC_CREATE, (binding, from, ref to) => {
            to.set_string (show_state ((FutureState) from.get_enum ()));
            return true;
        });
    }

    public void show_future (Future? shown) {
        bindings.set_source (future = shown);
    }

    /* Returns: the icon */
    private unowned string show_state (FutureState state) {
        stack.visible_child_name = state == RUNNING ? "bar" : "text";
        button.icon_name = state == SUCCEEDED ? "edit-copy-symbolic" : "window-close-symbolic";
        button.tooltip_text = state == SUCCEEDED ? "Copy" : "Cancel";
        button.sensitive = state != FAILED && state != CANCELLED;
        text.label = state == PENDING ? "Waiting" : get_outcome (future);
        text.css_classes = { state == SUCCEEDED ? "monospace" : state == FAILED ? "error" : "dim-label" };
        icon.css_classes = { state == SUCCEEDED ? "success" : state == FAILED ? "error" : "dim-label" };
        return state == SUCCEEDED ? "emblem-ok-symbolic"
             : state == FAILED ? "dialog-error-symbolic"
             : state == CANCELLED ? "process-stop-symbolic" : "content-loading-symbolic";
    }
}

class Window : Gtk.ApplicationWindow {
    private GLib.ListStore batches = new GLib.ListStore (typeof (FutureSet));
    private BindingGroup total = new BindingGroup ();
    private TaskScope scope = new TaskScope (
        new LimitedExecutor (ThreadPoolExecutor.get_default (), N_AT_A_TIME), COLLECT_ERRORS);
    public Future[] tasks = {};

    public Window (Gtk.Application application) {
        Object (application: application, title: "Checksums", default_width: 720, default_height: 470);
    }

    construct {
        var css = new Gtk.CssProvider ();
        css.load_from_data (CSS.data);
        Gtk.StyleContext.add_provider_for_display (display, css, Gtk.STYLE_PROVIDER_PRIORITY_APPLICATION);
        close_request.connect (() => {
            scope.cancel ();
            return false;
        });

        var factory = new Gtk.SignalListItemFactory ();
        factory.setup.connect ((item) => ((Gtk.ListItem) item).child = new Row ());
        factory.bind.connect ((item) => get_row (item).show_future ((Future) ((Gtk.ListItem) item).item));
        factory.unbind.connect ((item) => get_row (item).show_future (null));
        var list = new Gtk.ListView (new Gtk.NoSelection (new Gtk.FlattenListModel (batches)), factory);
        list.show_separators = true;
        list.add_css_class ("rich-list");
        var stack = new Gtk.Stack ();
        stack.add_child (new Gtk.Label ("Drop files or folders here") { css_classes = { "dim-label", "title-2" } });
        stack.add_child (new Gtk.ScrolledWindow () { child = list });
        batches.items_changed.connect (() => stack.visible_child = list.parent);
        var bar = new Gtk.ProgressBar () { valign = START, visible = false };
        var overlay = new Gtk.Overlay () { child = stack };
        overlay.add_overlay (bar);
        child = overlay;
        var cancel = new Gtk.Button.with_label ("Cancel All") { sensitive = false };
        cancel.clicked.connect (() => cancel_tasks (tasks.length));
        var n_files = new Gtk.Label ("SHA-256") { css_classes = { "subtitle" } };
        var heading = new Gtk.Box (VERTICAL, 0) { valign = CENTER };
        heading.append (new Gtk.Label ("Checksums") { css_classes = { "title" } });
        heading.append (n_files);
        var header = new Gtk.HeaderBar () { title_widget = heading };
        header.pack_start (create_adder ("Add Files", OPEN));
        header.pack_start (create_adder ("Add Folder", SELECT_FOLDER));
        header.pack_end (cancel);
        titlebar = header;
        total.bind ("progress", bar, "fraction", SYNC_CREATE);
        total.bind ("settled", bar, "visible", SYNC_CREATE | INVERT_BOOLEAN);
        total.bind ("settled", cancel, "sensitive", SYNC_CREATE | INVERT_BOOLEAN);
        total.bind_property ("n-done", n_files, "label", SYNC_CREATE, (binding, from, ref to) => {
            to.set_string ("%u of %d files".printf (from.get_uint (), tasks.length));
            return true;
        });

        var drop = new Gtk.DropTarget (typeof (Gdk.FileList), COPY);
        drop.on_drop.connect ((value) => {
            File[] files = {};
            foreach (var file in ((Gdk.FileList) value).get_files ())
                files += file;
            add.begin (files);
            return true;
        });
        overlay.add_controller (drop);
    }

    public async FutureSet add (owned File[] roots) throws Error {
        var found = new GenericArray<File> ();
        yield scope.submit ((promise) => {      // to look for files takes time, too
            foreach (var root in roots)
                find_files (root, found, promise.get_cancellable ());
        }).result_async ();

        Future[] batch = {};
        foreach (var file in found) {
            var task = scope.submit ((promise) => hash_file (file, promise));
            task.label = file.get_parse_name ();
            batch += task;
            tasks += task;
        }
        batches.append (Future.all_settled (batch));
        total.set_source (Future.all_settled (tasks));
        return (FutureSet) total.source;
    }

    public void cancel_tasks (int n_tasks) {
        foreach (var task in tasks[0:n_tasks])
            task.cancel ();
    }

    private unowned Row get_row (Object item) {
        return (Row) ((Gtk.ListItem) item).child;
    }

    private Gtk.Button create_adder (string text, Gtk.FileChooserAction action) {
        var button = new Gtk.Button.with_label (text);
        button.clicked.connect (() => {
            var dialog = new Gtk.FileChooserNative (null, this, action, null, null) { select_multiple = true };
            dialog.response.connect ((response) => {
                File[] files = {};
                for (uint i = 0; i < dialog.get_files ().get_n_items (); i++)
                    files += (File) dialog.get_files ().get_item (i);
                if (response == Gtk.ResponseType.ACCEPT)
                    add.begin (files);
                dialog.destroy ();
            });
            dialog.show ();
        });
        return button;
    }
}

bool prints = false;
int n_to_cancel = 0;
const OptionEntry[] OPTIONS = {
    { "print", 0, NONE, NONE, ref prints, "Print the checksums and quit", null },
    { "cancel", 0, NONE, INT, ref n_to_cancel, "As a test: cancel the first N files once one is read", "N" },
    {}
};

async void show_files (Window window, owned File[] files) throws Error {
    var all = yield window.add (files);
    foreach (var task in window.tasks)
        task.notify["progress"].connect (() => window.cancel_tasks (int.min (n_to_cancel, window.tasks.length)));
    yield all.result_async ();
    if (!prints)
        return;
    foreach (var task in window.tasks)
        print ("%s  %s\n", get_outcome (task), task.label);
    window.close ();
}

int main (string[] args) {
    var application = new Gtk.Application ("org.example.Checksums", HANDLES_OPEN);
    application.add_main_option_entries (OPTIONS);
    application.activate.connect (() => new Window (application).present ());
    application.open.connect ((files) => {
        var window = new Window (application);
        window.present ();
        show_files.begin (window, files);
    });
    return application.run (args);
}

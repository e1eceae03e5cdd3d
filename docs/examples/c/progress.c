/* progress.c - a window that shows how far a task is, and can cancel it
 *
 * What to notice: the task tells its promise how far it is, and the widgets are bound
 * to the future, so no code keeps them up to date. To cancel the future ends the reading
 * too, by the promise’s cancellable, and so does closing the window. What belongs to a
 * window is connected by g_signal_connect_object(), as it may be gone before the task.
 *
 *   cc progress.c -o progress \
 *     $(pkg-config --cflags --libs libgfutures-1 gtk4) && ./progress FILE
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <gfutures.h>
#include <gtk/gtk.h>

/* The task, on a thread of the pool: it may not touch a widget */
static void
hash_file (GfPromise *promise, gpointer path, GError **error)
{
  GCancellable *cancellable = gf_promise_get_cancellable (promise);
  g_autoptr (GFile) file = g_file_new_for_path (path);
  g_autoptr (GChecksum) checksum = g_checksum_new (G_CHECKSUM_SHA256);
  g_autofree guint8 *buffer = g_malloc (1 << 20);
  g_autoptr (GFileInputStream) stream = NULL;
  g_autoptr (GFileInfo) info = NULL;
  goffset done = 0, size;
  gssize n;

  stream = g_file_read (file, cancellable, error);
  if (stream == NULL)
    return;
  info = g_file_input_stream_query_info (stream, "standard::size", cancellable, error);
  if (info == NULL)
    return;
  size = g_file_info_get_size (info);

  while ((n = g_input_stream_read (G_INPUT_STREAM (stream), buffer, 1 << 20,
                                   cancellable, error)) > 0)
    {
      g_autofree char *status = NULL;

      g_checksum_update (checksum, buffer, n);
      done += n;
      status = g_strdup_printf ("%" G_GOFFSET_FORMAT " MiB", done >> 20);
      gf_promise_set_progress (promise, (double) done / MAX (done, size), status);
    }
  if (n < 0)
    return;

  gf_promise_set_progress (promise, 1, g_checksum_get_string (checksum));
  gf_promise_resolve_string (promise, g_checksum_get_string (checksum));
}

/* In the main loop */
static void
on_done (GfFuture *future, GtkWindow *window)
{
  if (gf_future_is_cancelled (future))
    gtk_window_set_title (window, "Cancelled");
  else if (gf_future_get_error (future) != NULL)
    gtk_window_set_title (window, gf_future_get_error (future)->message);
  else
    gtk_window_set_title (window, "Done");
}

static void
on_activate (GtkApplication *application, const char *path)
{
  GtkWidget *window = gtk_application_window_new (application);
  GtkWidget *header = gtk_header_bar_new ();
  GtkWidget *cancel = gtk_button_new_with_label ("Cancel");
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 12);
  GtkWidget *bar = gtk_progress_bar_new ();
  GtkWidget *status = gtk_label_new (path);
  g_autoptr (GfFuture) future = NULL;

  gtk_header_bar_pack_start (GTK_HEADER_BAR (header), cancel);
  gtk_box_append (GTK_BOX (box), bar);
  gtk_box_append (GTK_BOX (box), status);
  gtk_widget_set_margin_bottom (box, 12);
  gtk_window_set_titlebar (GTK_WINDOW (window), header);
  gtk_window_set_child (GTK_WINDOW (window), box);
  gtk_window_set_title (GTK_WINDOW (window), "Hashing");
  gtk_window_set_default_size (GTK_WINDOW (window), 600, -1);

  future = gf_executor_submit (gf_thread_pool_executor_get_default (), hash_file,
                               g_strdup (path), g_free);
  g_object_bind_property (future, "progress", bar, "fraction", G_BINDING_DEFAULT);
  g_object_bind_property (future, "status", status, "label", G_BINDING_DEFAULT);
  g_object_bind_property (future, "settled", cancel, "sensitive",
                          G_BINDING_SYNC_CREATE | G_BINDING_INVERT_BOOLEAN);
  g_signal_connect_object (future, "done", G_CALLBACK (on_done), window, 0);
  g_signal_connect_object (cancel, "clicked", G_CALLBACK (gf_future_cancel), future,
                           G_CONNECT_SWAPPED);
  g_signal_connect_object (window, "destroy", G_CALLBACK (gf_future_cancel), future,
                           G_CONNECT_SWAPPED);

  gtk_window_present (GTK_WINDOW (window));
}

int
main (int argc, char **argv)
{
  g_autoptr (GtkApplication) application = NULL;

  application = gtk_application_new (NULL, G_APPLICATION_NON_UNIQUE);
  g_signal_connect (application, "activate", G_CALLBACK (on_activate),
                    argc > 1 ? argv[1] : argv[0]);

  return g_application_run (G_APPLICATION (application), 1, argv);
}

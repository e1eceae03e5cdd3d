#include <gfutures.h>
#include <gtk/gtk.h>

/* On a worker */
static void
look_for (GfPromise *promise, gpointer words, GError **error)
{
  int n_found = 0;

  while (!gf_promise_should_stop (promise) && n_found < 1000)
    n_found++;
  gf_promise_resolve_int (promise, n_found);
}

/* On the main thread, and only while there is a window */
static void
show_found (GtkWindow *window, GfFuture *future)
{
  g_autoptr (GError) error = NULL;
  int n_found = gf_future_get_int (future, &error);
  g_autofree char *title = NULL;

  if (error == NULL)
    title = g_strdup_printf ("%d found", n_found);
  else
    title = g_strdup (error->message);
  gtk_window_set_title (window, title);
}

static GtkWindow *
create_window (const char *words)
{
  GtkWindow *window = GTK_WINDOW (gtk_window_new ());
  g_autoptr (GfTaskScope) scope = gf_task_scope_new (NULL, GF_TASK_SCOPE_POLICY_COLLECT_ERRORS);
  g_autoptr (GfFuture) found = NULL;

  gf_task_scope_bind (scope, G_OBJECT (window));
  found = gf_executor_submit (GF_EXECUTOR (scope), look_for, g_strdup (words), g_free);
  g_signal_connect_object (found, "done", G_CALLBACK (show_found), window, G_CONNECT_SWAPPED);

  /* The window keeps the scope: dropped, it would be cancelled. */
  g_object_set_data_full (G_OBJECT (window), "scope", g_steal_pointer (&scope), g_object_unref);
  return window;
}

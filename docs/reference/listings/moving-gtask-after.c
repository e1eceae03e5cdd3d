#include <gfutures.h>

static void
count (GfPromise *promise, gpointer path, GError **error)
{
  g_autofree char *text = NULL;
  gint64 n = 0;

  if (!g_file_get_contents (path, &text, NULL, error))
    return;
  for (const char *c = text; *c != '\0'; c++)
    n += *c == '\n';
  gf_promise_resolve_int64 (promise, n);
}

static void
counted_cb (GfFuture *future, gpointer data)
{
  g_autoptr (GError) error = NULL;
  gint64 n = gf_future_get_int64 (future, &error);

  if (error != NULL)
    g_printerr ("%s\n", error->message);
  else
    g_print ("%" G_GINT64_FORMAT " lines\n", n);
}

static void
count_lines (const char *path, GCancellable *cancellable)
{
  g_autoptr (GfFuture) future = gf_executor_submit_full (
    gf_thread_pool_executor_get_default (),
    G_PRIORITY_DEFAULT, cancellable,
    count, g_strdup (path), g_free);

  g_signal_connect (future, "done",
                    G_CALLBACK (counted_cb), NULL);
}

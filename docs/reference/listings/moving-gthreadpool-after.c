#include <gfutures.h>

static void
hash (GfPromise *promise, gpointer path, GError **error)
{
  g_autofree char *text = NULL;
  gsize length = 0;

  if (!g_file_get_contents (path, &text, &length, error))
    return;
  gf_promise_take_string (
    promise, g_compute_checksum_for_data (
      G_CHECKSUM_SHA256, (guchar *) text, length));
}

static void
show_digest (GfFuture *future, gpointer data)
{
  g_autoptr (GError) error = NULL;
  const char *digest =
    gf_future_get_string (future, &error);

  if (digest != NULL)
    g_print ("%s %s\n", digest,
             gf_future_get_label (future));
  else
    g_printerr ("%s\n", error->message);
}

static void
hash_files (char **paths)
{
  static GfExecutor *pool;

  if (pool == NULL)
    pool = gf_thread_pool_executor_new (4);
  for (; *paths != NULL; paths++)
    {
      g_autoptr (GfFuture) future = gf_executor_submit (
        pool, hash, g_strdup (*paths), g_free);

      gf_future_set_label (future, *paths);
      g_signal_connect (future, "done",
                        G_CALLBACK (show_digest), NULL);
    }
}

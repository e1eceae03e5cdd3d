#include <gfutures.h>

static void
finish_loading (GfPromise *promise, GObject *file, GAsyncResult *result, gpointer data, GError **error)
{
  g_autoptr (GBytes) bytes = g_file_load_bytes_finish (G_FILE (file), result, NULL, error);

  if (bytes != NULL)
    gf_promise_resolve_boxed (promise, G_TYPE_BYTES, bytes);
}

GfFuture *
load (GFile *file)
{
  GfPromise *promise = gf_promise_new ();

  g_file_load_bytes_async (file, gf_promise_get_cancellable (promise), gf_promise_ready,
                           gf_promise_finish_by (promise, finish_loading, NULL, NULL));
  return GF_FUTURE (promise);
}

#include <gfutures.h>

static void
count_zeros (GfPromise *promise, gpointer path, GError **error)
{
  GCancellable *cancellable = gf_promise_get_cancellable (promise);
  g_autoptr (GFile) file = g_file_new_for_path (path);
  g_autoptr (GFileInputStream) stream = g_file_read (file, cancellable, error);
  char buffer[4096];
  gint64 n_zeros = 0;
  gssize n_read;

  if (stream == NULL)
    return;

  while ((n_read = g_input_stream_read (G_INPUT_STREAM (stream), buffer, sizeof buffer, cancellable, error)) > 0)
    for (gssize i = 0; i < n_read && !gf_promise_should_stop (promise); i++)
      n_zeros += buffer[i] == 0;

  if (n_read == 0)
    gf_promise_resolve_int64 (promise, n_zeros);
}

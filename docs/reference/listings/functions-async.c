#include <gfutures.h>

static void
loaded (GObject *file, GAsyncResult *result, gpointer data)
{
  g_autoptr (GfPromiseHold) hold = data;
  GfPromise *promise = gf_promise_hold_get_promise (hold);
  GError *error = NULL;
  g_autoptr (GBytes) bytes = g_file_load_bytes_finish (G_FILE (file), result, NULL, &error);

  if (bytes == NULL)
    gf_promise_reject (promise, error);
  else
    gf_promise_resolve_variant (promise, g_variant_new_uint64 (g_bytes_get_size (bytes)));
}

static GVariant *
get_size (GVariant *path, GfPromise *promise, gpointer user_data, GError **error)
{
  g_autoptr (GFile) file = NULL;

  if (path == NULL || !g_variant_is_of_type (path, G_VARIANT_TYPE_STRING))
    {
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT, "get-size takes a path, s");
      return NULL;
    }

  file = g_file_new_for_path (g_variant_get_string (path, NULL));
  g_file_load_bytes_async (file, gf_promise_get_cancellable (promise), loaded, gf_promise_hold (promise));

  /* The value comes later. */
  return NULL;
}

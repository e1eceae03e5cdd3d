#include <gfutures.h>

/* Loads a file: see “With GIO” */
GfFuture *load (GFile *file);

static GfFuture *attempt (GFile *file);

static GfFuture *
attempt_again (GfFuture *waited, gpointer file, GError **error)
{
  return attempt (file);
}

static GfFuture *
wait_a_second (GfFuture *failed, gpointer file, GError **error)
{
  g_autoptr (GfFuture) delay = NULL;

  if (!g_error_matches (gf_future_get_error (failed), G_IO_ERROR, G_IO_ERROR_BUSY))
    return g_object_ref (failed);

  delay = gf_future_new_delay (G_TIME_SPAN_SECOND);
  return gf_future_then (delay, attempt_again, g_object_ref (file), g_object_unref);
}

/* Tries until the file is not busy any more, or the future is cancelled */
static GfFuture *
attempt (GFile *file)
{
  g_autoptr (GfFuture) loaded = load (file);

  return gf_future_catch (loaded, wait_a_second, g_object_ref (file), g_object_unref);
}

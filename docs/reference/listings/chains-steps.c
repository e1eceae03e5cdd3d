#include <gfutures.h>
#include <gtk/gtk.h>

/* Loads a file: see “With GIO” */
GfFuture *load (GFile *file);

/* On a worker: no widget may be touched here */
static void
decode (GfPromise *promise, gpointer bytes, GError **error)
{
  g_autoptr (GdkTexture) texture = gdk_texture_new_from_bytes (bytes, error);

  if (texture != NULL)
    gf_promise_resolve_object (promise, texture);
}

/* In the main loop, as the next two */
static GfFuture *
decode_it (GfFuture *loaded, gpointer picture, GError **error)
{
  GBytes *bytes = gf_future_get_boxed (loaded, NULL);

  return gf_executor_submit (gf_thread_pool_executor_get_default (), decode,
                             g_bytes_ref (bytes), (GDestroyNotify) g_bytes_unref);
}

static GfFuture *
show_it (GfFuture *decoded, gpointer picture, GError **error)
{
  gtk_picture_set_paintable (picture, gf_future_get_object (decoded, NULL));

  return NULL;
}

static GfFuture *
show_nothing (GfFuture *failed, gpointer picture, GError **error)
{
  gtk_widget_set_tooltip_text (picture, gf_future_get_error (failed)->message);

  return NULL;
}

GfFuture *
show_file (GtkPicture *picture, GFile *file)
{
  g_autoptr (GfFuture) loaded = load (file);
  g_autoptr (GfFuture) decoded = gf_future_then (loaded, decode_it, NULL, NULL);
  g_autoptr (GfFuture) shown = gf_future_then (decoded, show_it, g_object_ref (picture), g_object_unref);

  return gf_future_catch (shown, show_nothing, g_object_ref (picture), g_object_unref);
}

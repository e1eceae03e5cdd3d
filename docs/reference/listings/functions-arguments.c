#include <gfutures.h>

static GVariant *
scale (GVariant *arguments, GfPromise *promise, gpointer user_data, GError **error)
{
  g_autoptr (GVariant) options = NULL;
  const char *path;
  gint64 width = 256;

  if (arguments == NULL || !g_variant_is_of_type (arguments, G_VARIANT_TYPE ("(sa{sv})")))
    {
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                           "scale takes a path and options, (sa{sv})");
      return NULL;
    }

  g_variant_get (arguments, "(&s@a{sv})", &path, &options);
  g_variant_lookup (options, "width", "x", &width);
  if (width <= 0)
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                   "%s cannot be %" G_GINT64_FORMAT " pixels wide", path, width);
      return NULL;
    }

  return g_variant_new ("(sx)", path, width);
}

static GfFuture *
scale_cat (GfExecutor *pool)
{
  GVariantDict options;

  g_variant_dict_init (&options, NULL);
  g_variant_dict_insert (&options, "width", "x", (gint64) 640);

  return gf_executor_call (pool, "scale", g_variant_new ("(s@a{sv})", "cat.png", g_variant_dict_end (&options)));
}

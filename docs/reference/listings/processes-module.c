/* cc -shared -fPIC thumbnails.c -o thumbnails.so $(pkg-config --cflags --libs libgfutures-1) */
#include <gfutures.h>

static GVariant *
thumbnail (GVariant *arguments, GfPromise *promise, gpointer user_data, GError **error)
{
  const char *path;
  guint size;

  if (arguments == NULL || !g_variant_is_of_type (arguments, G_VARIANT_TYPE ("(su)")))
    {
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                           "thumbnail takes a path and a size, (su)");
      return NULL;
    }

  g_variant_get (arguments, "(&su)", &path, &size);
  /* … */
  return g_variant_new_printf ("%s at %u", path, size);
}

G_MODULE_EXPORT void gf_module_register (void);

G_MODULE_EXPORT void
gf_module_register (void)
{
  gf_function_register ("thumbnail", thumbnail, NULL, NULL);
}

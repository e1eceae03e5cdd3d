#include <gfutures.h>

static GfFuture *
scale_image (GfExecutor *pool, GInputStream *stream, gsize size, GError **error)
{
  g_autoptr (GfBuffer) buffer = gf_buffer_new (size, error);
  g_autoptr (GBytes) bytes = NULL;

  if (buffer == NULL ||
      !g_input_stream_read_all (stream, gf_buffer_get_data (buffer, NULL), size, NULL, NULL, error))
    return NULL;

  bytes = gf_buffer_seal (buffer);
  return gf_executor_call (pool, "scale",
                           g_variant_new ("(@ayu)",
                                          g_variant_new_from_bytes (G_VARIANT_TYPE_BYTESTRING, bytes, TRUE),
                                          128u));
}

#include <gfutures.h>

static GfExecutor *
create_pool (void)
{
  const char *modules[] = { "/usr/lib/my-program/thumbnails.so", NULL };

  return g_object_new (GF_TYPE_PROCESS_POOL_EXECUTOR,
                       "max-workers", 4,
                       "modules", modules,
                       "max-tasks-per-worker", 500,
                       NULL);
}

#include <gfutures.h>

static GfExecutor *
create_python_pool (void)
{
  const char *argv[] = {
    "python3", "-c",
    "import gi; gi.require_version('GFutures', '1'); "
    "from gi.repository import GFutures; GFutures.serve()",
    NULL
  };

  return gf_process_pool_executor_new (2, argv);
}

static GfFuture *
compute_mean (GfExecutor *pool, const double *numbers, gsize n_numbers)
{
  GVariant *array = g_variant_new_fixed_array (G_VARIANT_TYPE_DOUBLE, numbers, n_numbers, sizeof (double));

  return gf_executor_call (pool, "statistics:fmean", g_variant_new ("(@ad)", array));
}

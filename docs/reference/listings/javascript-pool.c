#include <gfutures.h>

static GfExecutor *
create_javascript_pool (const char *module_uri)
{
  const char *argv[] = {
    "gjs", "-c",
    "imports.gi.versions.GFutures = '1'; imports.system.exit (imports.gi.GFutures.serve (...ARGV));",
    module_uri, NULL
  };

  return gf_process_pool_executor_new (2, argv);
}

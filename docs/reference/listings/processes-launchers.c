#include <gfutures.h>

static GfExecutor *
create_sandboxed_pool (const char *worker)
{
  const char *argv[] = { worker, NULL };
  const char *launcher[] = {
    "bwrap", "--ro-bind", "/usr", "/usr", "--ro-bind", "/lib", "/lib",
    "--ro-bind", "/lib64", "/lib64", "--proc", "/proc", "--dev", "/dev",
    "--unshare-all", "--die-with-parent", "--cap-drop", "ALL", "--", NULL
  };

  return g_object_new (GF_TYPE_PROCESS_POOL_EXECUTOR,
                       "worker-argv", argv,
                       "launcher", launcher,
                       "transport", GF_WORKER_TRANSPORT_SOCKET,
                       NULL);
}

static GfExecutor *
create_remote_pool (const char *host)
{
  const char *argv[] = { "/usr/lib/my-program/worker", NULL };
  const char *launcher[] = { "ssh", "-o", "BatchMode=yes", host, NULL };

  return g_object_new (GF_TYPE_PROCESS_POOL_EXECUTOR,
                       "worker-argv", argv,
                       "launcher", launcher,
                       "max-workers", 8,
                       "idle-timeout", 600 * 1000,
                       NULL);
}

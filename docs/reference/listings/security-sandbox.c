#include <gfutures.h>

static GfExecutor *
create_sandbox (const char *folder, const char *module)
{
  const char *modules[] = { module, NULL };
  const char *launcher[] = {
    "bwrap", "--unshare-all", "--die-with-parent", "--new-session", "--clearenv",
    "--ro-bind", "/usr", "/usr", "--symlink", "usr/bin", "/bin",
    "--symlink", "usr/lib", "/lib", "--symlink", "usr/lib64", "/lib64",
    "--ro-bind", "/etc/ld.so.cache", "/etc/ld.so.cache",
    "--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp",
    "--ro-bind", folder, folder,
    "--setenv", "GFUTURES_TRANSPORT", "socket", "--", NULL
  };

  return g_object_new (GF_TYPE_PROCESS_POOL_EXECUTOR,
                       "launcher", launcher,
                       "transport", GF_WORKER_TRANSPORT_SOCKET,
                       "modules", modules,
                       "task-timeout", 10 * G_TIME_SPAN_SECOND,
                       "memory-limit", (guint64) 512 << 20,
                       "max-message-size", (guint64) 64 << 20,
                       NULL);
}

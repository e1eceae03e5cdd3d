#include <gfutures.h>

static void
parse_in_thread (GTask *task, gpointer source, gpointer path, GCancellable *cancellable)
{
  GError *error = NULL;
  char *text = NULL;

  if (g_file_get_contents (path, &text, NULL, &error))
    g_task_return_pointer (task, text, g_free);
  else
    g_task_return_error (task, error);
}

void
my_parser_parse_async (GObject *parser, const char *path, GCancellable *cancellable,
                       GAsyncReadyCallback callback, gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (parser, cancellable, callback, user_data);

  g_task_set_task_data (task, g_strdup (path), g_free);
  gf_executor_run_in_thread (gf_thread_pool_executor_get_default (), task, parse_in_thread);
}

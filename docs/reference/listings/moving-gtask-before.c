#include <gio/gio.h>

static void
count_in_thread (GTask *task, gpointer source,
                 gpointer path, GCancellable *cancellable)
{
  g_autofree char *text = NULL;
  GError *error = NULL;
  gssize n = 0;

  if (!g_file_get_contents (path, &text, NULL, &error))
    {
      g_task_return_error (task, error);
      return;
    }
  for (const char *c = text; *c != '\0'; c++)
    n += *c == '\n';
  g_task_return_int (task, n);
}

static void
counted_cb (GObject *source, GAsyncResult *result,
            gpointer data)
{
  g_autoptr (GError) error = NULL;
  gssize n = g_task_propagate_int (G_TASK (result), &error);

  if (error != NULL)
    g_printerr ("%s\n", error->message);
  else
    g_print ("%zd lines\n", n);
}

static void
count_lines (const char *path, GCancellable *cancellable)
{
  g_autoptr (GTask) task =
    g_task_new (NULL, cancellable, counted_cb, NULL);

  g_task_set_task_data (task, g_strdup (path), g_free);
  g_task_run_in_thread (task, count_in_thread);
}

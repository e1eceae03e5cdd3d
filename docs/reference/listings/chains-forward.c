#include <gfutures.h>
#include <gtk/gtk.h>

/* As in “Chains and groups” */
GfFuture *show_file (GtkPicture *picture, GFile *file);

void
my_picture_show_async (GtkPicture *picture, GFile *file, GCancellable *cancellable,
                       GAsyncReadyCallback callback, gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (picture, cancellable, callback, user_data);
  g_autoptr (GfFuture) shown = show_file (picture, file);

  gf_future_forward_to_task (shown, task);
}

gboolean
my_picture_show_finish (GtkPicture *picture, GAsyncResult *result, GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}

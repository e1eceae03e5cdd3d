#include <gfutures.h>

/* A folder that is being looked at */
typedef struct {
  gpointer crawl;
  GFile *file;
} Visit;

GfFuture *visit (gpointer crawl, GFile *file, GfFuture *queried);

static GfFuture *
visit_children (GfFuture *listed, gpointer data, GError **error)
{
  Visit *self = data;
  GPtrArray *infos = gf_future_get_boxed (listed, NULL);
  g_autoptr (GPtrArray) visits = g_ptr_array_new_with_free_func (g_object_unref);

  for (guint i = 0; i < infos->len; i++)
    {
      GFileInfo *info = g_ptr_array_index (infos, i);
      g_autoptr (GFile) child = g_file_get_child (self->file, g_file_info_get_name (info));
      g_autoptr (GfFuture) queried = gf_future_new_for_object (info);

      g_ptr_array_add (visits, visit (self->crawl, child, queried));
    }

  return GF_FUTURE (gf_future_all_settled ((GfFuture **) visits->pdata, visits->len));
}

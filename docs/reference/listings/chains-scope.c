#include <gfutures.h>
#include <gtk/gtk.h>

static GfTaskScope *
create_scope (GtkWindow *window)
{
  GfTaskScope *scope = gf_task_scope_new (NULL, GF_TASK_SCOPE_POLICY_CANCEL_ON_ERROR);

  gf_task_scope_bind (scope, G_OBJECT (window));
  return scope;
}

#include <gfutures.h>
#include <gtk/gtk.h>

static void
show_progress (GfFuture *future, GParamSpec *pspec, gpointer bar)
{
  double progress = gf_future_get_progress (future);

  if (progress < 0)
    gtk_progress_bar_pulse (bar);
  else
    gtk_progress_bar_set_fraction (bar, progress);
}

static void
show_future (GfFuture *future, GtkProgressBar *bar, GtkButton *cancel)
{
  gtk_progress_bar_set_show_text (bar, TRUE);
  g_object_bind_property (future, "status", bar, "text", G_BINDING_SYNC_CREATE);
  g_signal_connect_object (future, "notify::progress", G_CALLBACK (show_progress), bar, 0);

  /* A future that is settled cannot be cancelled any more. */
  g_object_bind_property (future, "settled", cancel, "sensitive",
                          G_BINDING_SYNC_CREATE | G_BINDING_INVERT_BOOLEAN);
  g_signal_connect_object (cancel, "clicked", G_CALLBACK (gf_future_cancel), future, G_CONNECT_SWAPPED);
}

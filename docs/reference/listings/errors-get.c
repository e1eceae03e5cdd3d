#include <gfutures.h>

/* A handler of done: the future is settled, in one of three ways. */
static void
done_cb (GfFuture *future, gpointer data)
{
  g_autoptr (GError) error = NULL;
  const char *text = gf_future_get_string (future, &error);

  if (error == NULL)
    g_print ("%s\n", text);
  else if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    g_print ("It is not wanted any more\n");
  else if (g_error_matches (error, GF_FUTURE_ERROR, GF_FUTURE_ERROR_WORKER_DIED))
    g_printerr ("That file has crashed the decoder: %s\n", error->message);
  else
    g_printerr ("%s\n", error->message);
}

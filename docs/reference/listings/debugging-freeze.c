#include <gfutures.h>

static void
render (GfPromise *promise, gpointer data, GError **error)
{
  g_usleep (40 * 1000); /* stands for real work */
  gf_promise_resolve_string (promise, "a page");
}

/* Two mistakes: it blocks the main loop by waiting, and then by working. */
static void
on_activate (GApplication *application)
{
  GfExecutor *pool = gf_thread_pool_executor_get_default ();
  g_autoptr (GfFuture) page = gf_executor_submit (pool, render, NULL, NULL);

  gf_future_set_label (page, "page 1");
  gf_future_wait (page, -1, NULL, NULL);
}

static void
on_done (GfFuture *page, GApplication *application)
{
  g_usleep (30 * 1000);
  g_application_release (application);
}

int
main (int argc, char **argv)
{
  g_autoptr (GApplication) application = g_application_new (NULL, G_APPLICATION_DEFAULT_FLAGS);
  GfExecutor *pool = gf_thread_pool_executor_get_default ();
  g_autoptr (GfFuture) page = gf_executor_submit (pool, render, NULL, NULL);

  gf_future_set_label (page, "page 2");
  g_signal_connect (application, "activate", G_CALLBACK (on_activate), NULL);
  g_signal_connect (page, "done", G_CALLBACK (on_done), application);
  g_application_hold (application);

  return g_application_run (application, argc, argv);
}

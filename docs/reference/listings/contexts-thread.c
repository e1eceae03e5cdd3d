#include <gfutures.h>

static void
answer (GfPromise *promise, gpointer data, GError **error)
{
  gf_promise_resolve_int (promise, 42);
}

static void
done_cb (GfFuture *future, GMainLoop *loop)
{
  g_print ("%d\n", gf_future_get_int (future, NULL)); /* 42 */
  g_main_loop_quit (loop);
}

/* A thread of the application’s own */
static gpointer
run (gpointer data)
{
  g_autoptr (GMainContext) context = g_main_context_new ();
  g_autoptr (GMainLoop) loop = g_main_loop_new (context, FALSE);
  g_autoptr (GfFuture) future = NULL;

  g_main_context_push_thread_default (context);
  future = gf_executor_submit (gf_thread_pool_executor_get_default (), answer, NULL, NULL);
  g_signal_connect (future, "done", G_CALLBACK (done_cb), loop);
  g_main_loop_run (loop);
  g_main_context_pop_thread_default (context);

  return NULL;
}

int
main (void)
{
  g_thread_join (g_thread_new ("own", run, NULL));

  return 0;
}

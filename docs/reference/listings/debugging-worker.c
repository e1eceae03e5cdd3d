#include <gfutures.h>

static GVariant *
divide (GVariant *numbers, GfPromise *promise, gpointer data, GError **error)
{
  gint64 a, b;

  g_variant_get (numbers, "(xx)", &a, &b);
  return g_variant_new_int64 (a / b); /* b is not checked */
}

int
main (int argc, char **argv)
{
  g_autoptr (GfExecutor) pool = NULL;
  g_autoptr (GfFuture) future = NULL;
  g_autoptr (GError) error = NULL;

  gf_function_register ("divide", divide, NULL, NULL);
  if (gf_worker_requested ())
    return gf_worker_run (argc, argv);

  pool = gf_process_pool_executor_new_for_self (1);
  gf_executor_set_label (pool, "numbers");

  /* ./divide valgrind --quiet: the arguments are put before the worker's own command */
  if (argc > 1)
    g_object_set (pool, "launcher", argv + 1, "transport", GF_WORKER_TRANSPORT_SOCKET, NULL);

  future = gf_executor_call (pool, "divide", g_variant_new ("(xx)", (gint64) 1, (gint64) 0));
  if (gf_future_result (future, -1, NULL, &error) == NULL)
    g_print ("%s\n", error->message);
  gf_executor_shutdown (pool, TRUE, FALSE);

  return 0;
}

#include <gfutures.h>

static GVariant *
collatz (GVariant *arguments, GfPromise *promise, gpointer user_data, GError **error)
{
  guint64 n = g_variant_get_uint64 (arguments);
  guint steps = 0;

  for (; n > 1 && !gf_promise_should_stop (promise); steps++)
    n = n % 2 ? 3 * n + 1 : n / 2;

  return g_variant_new_uint32 (steps);
}

int
main (int argc, char **argv)
{
  g_autoptr (GfExecutor) pool = NULL;
  g_autoptr (GfFuture) future = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *text = NULL;
  const guint64 numbers[] = { 6, 7, 27, 97 };
  GVariant *steps;

  gf_function_register ("collatz", collatz, NULL, NULL);
  if (gf_worker_requested ())
    return gf_worker_run (argc, argv);

  pool = gf_process_pool_executor_new_for_self (0);
  future = gf_executor_map (pool, "collatz",
                            g_variant_new_fixed_array (G_VARIANT_TYPE_UINT64, numbers,
                                                       G_N_ELEMENTS (numbers), sizeof (guint64)),
                            0);
  if (!gf_future_run_until_done (future, NULL, &error) ||
      (steps = gf_future_get_variant (future, &error)) == NULL)
    g_error ("%s", error->message);

  text = g_variant_print (steps, FALSE);
  g_print ("%s\n", text);
  gf_executor_shutdown (pool, TRUE, FALSE);

  return 0;
}

#include <gfutures.h>

static void
count_lines (GfPromise *promise, gpointer name, GError **error)
{
  g_autofree char *text = NULL;
  int n = 0;

  if (!g_file_get_contents (name, &text, NULL, error))
    return;
  for (const char *c = text; *c != '\0'; c++)
    n += *c == '\n';
  gf_promise_resolve_int (promise, n);
}

int
main (void)
{
  static char *names[] = { "/etc/passwd", "/etc/group", "/etc/none" };
  g_autoptr (GfExecutor) pool = gf_thread_pool_executor_new (2);
  g_autoptr (GPtrArray) futures = g_ptr_array_new_with_free_func (g_object_unref);
  g_autoptr (GfFutureSet) all = NULL;

  gf_executor_set_label (pool, "files");
  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      GfFuture *future = gf_executor_submit (pool, count_lines, names[i], NULL);

      gf_future_set_label (future, names[i]);
      g_ptr_array_add (futures, future);
    }

  all = gf_future_all_settled ((GfFuture **) futures->pdata, futures->len);
  gf_future_set_label (GF_FUTURE (all), "all files");
  gf_future_run_until_done (GF_FUTURE (all), NULL, NULL);
  gf_executor_shutdown (pool, TRUE, FALSE);

  return 0;
}

/* delivery.c - submit tasks and be told on the main loop
 *
 * The main thread submits all tasks, then runs its loop until it was told of
 * the last; workers run meanwhile.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "bench.h"

static GMainLoop *loop;
static guint64 n_left;

static void
begin_loop (guint64 n)
{
  loop = g_main_loop_new (NULL, FALSE);
  n_left = n;
}

static void
end_loop (BenchRun *run,
          gint64    begin)
{
  g_main_loop_run (loop);
  run->values[0] = run->n / bench_seconds_since (begin) / 1e6;
  g_clear_pointer (&loop, g_main_loop_unref);
}

static void
one_done (void)
{
  if (--n_left == 0)
    g_main_loop_quit (loop);
}

/* libgfutures */

static void
null_task (GfPromise  *promise G_GNUC_UNUSED,
           gpointer    data G_GNUC_UNUSED,
           GError    **error G_GNUC_UNUSED)
{
}

static void
done_cb (GfFuture *future,
         gpointer  data G_GNUC_UNUSED)
{
  g_object_unref (future);
  one_done ();
}

static void
deliver_signal (BenchRun *run)
{
  g_autoptr (GfExecutor) pool = gf_thread_pool_executor_new (BENCH_WORKERS);
  gint64 begin = bench_now_ns ();

  begin_loop (run->n);
  for (guint64 i = 0; i < run->n; i++)
    g_signal_connect (gf_executor_submit (pool, null_task, NULL, NULL),
                      "done", G_CALLBACK (done_cb), NULL);
  end_loop (run, begin);
}

static void
deliver_callback (BenchRun *run)
{
  g_autoptr (GfExecutor) pool = gf_thread_pool_executor_new (BENCH_WORKERS);
  gint64 begin = bench_now_ns ();

  begin_loop (run->n);
  for (guint64 i = 0; i < run->n; i++)
    gf_future_add_done_callback (gf_executor_submit (pool, null_task, NULL, NULL),
                                 NULL, done_cb, NULL, NULL);
  end_loop (run, begin);
}

/* GTask */

static void
gtask_null (GTask        *task,
            gpointer      source G_GNUC_UNUSED,
            gpointer      data G_GNUC_UNUSED,
            GCancellable *cancellable G_GNUC_UNUSED)
{
  g_task_return_boolean (task, TRUE);
}

static void
gtask_done_cb (GObject      *source G_GNUC_UNUSED,
               GAsyncResult *result,
               gpointer      data G_GNUC_UNUSED)
{
  g_task_propagate_boolean (G_TASK (result), NULL);
  one_done ();
}

static void
deliver_gtask (BenchRun *run)
{
  gint64 begin = bench_now_ns ();

  begin_loop (run->n);
  for (guint64 i = 0; i < run->n; i++)
    {
      g_autoptr (GTask) task = g_task_new (NULL, NULL, gtask_done_cb, NULL);

      g_task_run_in_thread (task, gtask_null);
    }
  end_loop (run, begin);
}

/* GThreadPool + g_idle_add(), as most applications do */

static gboolean
idle_done_cb (gpointer data G_GNUC_UNUSED)
{
  one_done ();

  return G_SOURCE_REMOVE;
}

static void
thread_pool_idle (gpointer data,
                  gpointer user_data G_GNUC_UNUSED)
{
  g_idle_add_full (G_PRIORITY_DEFAULT, idle_done_cb, data, NULL);
}

static void
deliver_thread_pool_idle (BenchRun *run)
{
  GThreadPool *pool = g_thread_pool_new (thread_pool_idle, NULL, BENCH_WORKERS, TRUE, NULL);
  gint64 begin = bench_now_ns ();

  begin_loop (run->n);
  for (guint64 i = 0; i < run->n; i++)
    g_thread_pool_push (pool, GINT_TO_POINTER (1), NULL);
  end_loop (run, begin);
  g_thread_pool_free (pool, FALSE, TRUE);
}

/* GThreadPool + a list of results: an idle function is added only when the
 * list was empty, and takes the whole list. Fast, and it blocks the loop for as
 * long as the list is.
 */

static GMutex results_lock;
static GSList *results;

static gboolean
results_cb (gpointer data G_GNUC_UNUSED)
{
  GSList *taken;

  g_mutex_lock (&results_lock);
  taken = g_steal_pointer (&results);
  g_mutex_unlock (&results_lock);

  taken = g_slist_reverse (taken);
  for (GSList *l = taken; l != NULL; l = l->next)
    one_done ();
  g_slist_free (taken);

  return G_SOURCE_REMOVE;
}

static void
thread_pool_list (gpointer data,
                  gpointer user_data G_GNUC_UNUSED)
{
  gboolean was_empty;

  g_mutex_lock (&results_lock);
  was_empty = results == NULL;
  results = g_slist_prepend (results, data);
  g_mutex_unlock (&results_lock);

  if (was_empty)
    g_idle_add_full (G_PRIORITY_DEFAULT, results_cb, NULL, NULL);
}

static void
deliver_thread_pool_list (BenchRun *run)
{
  GThreadPool *pool = g_thread_pool_new (thread_pool_list, NULL, BENCH_WORKERS, TRUE, NULL);
  gint64 begin = bench_now_ns ();

  begin_loop (run->n);
  for (guint64 i = 0; i < run->n; i++)
    g_thread_pool_push (pool, GINT_TO_POINTER (1), NULL);
  end_loop (run, begin);
  g_thread_pool_free (pool, FALSE, TRUE);
}

/* The handlers of a signal are GObject's own affair: to connect, emit and
 * disconnect costs more than all the rest, so the callback comes first.
 */
const BenchCase bench_delivery_cases[] = {
  {
    "delivery", "null tasks, a callback for each on the main loop",
    { { "M tasks/s", FALSE, 2 } }, 500000, 50000,
    {
      { "gfutures, done callback", deliver_callback, { 0.6 } },
      { "gfutures, done signal", deliver_signal, { 0 } },
      { "GTask", deliver_gtask, { 2.5 } },
      { "GThreadPool, g_idle_add", deliver_thread_pool_idle, { 0 } },
      { "GThreadPool, one list", deliver_thread_pool_list, { 0 } },
    },
  },
  {
    "delivery-signal", "null tasks, a handler of the done signal for each",
    { { "M tasks/s", FALSE, 2 } }, 500000, 50000,
    {
      { "gfutures, done signal", deliver_signal, { 0.6 } },
      { "GTask", deliver_gtask, { 2.5 } },
    },
  },
  { 0 }
};

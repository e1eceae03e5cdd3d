/* latency.c - how long one task takes that does nothing, alone
 *
 * From before the submit to the callback on the main loop, or to the end of a
 * blocking wait.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "bench.h"
#include "simple-pool.h"

#define WARM_UP 1000

typedef struct
{
  GMainLoop *loop;
  gpointer   pool;
  void     (*submit) (gpointer pool);
  gint64     begin;
  gint64    *samples;
  guint64    n;         /* samples wanted, those of the warm-up too */
  guint64    n_taken;
} Latency;

static Latency latency;

static void
submit_next (void)
{
  latency.begin = bench_now_ns ();
  latency.submit (latency.pool);
}

static void
one_done (void)
{
  latency.samples[latency.n_taken++] = bench_now_ns () - latency.begin;
  if (latency.n_taken == latency.n)
    g_main_loop_quit (latency.loop);
  else
    submit_next ();
}

static void
report (BenchRun *run,
        gint64   *samples)
{
  run->values[0] = bench_percentile (samples + WARM_UP, run->n, 50) / 1e3;
  run->values[1] = bench_percentile (samples + WARM_UP, run->n, 99) / 1e3;
}

static gboolean
begin_cb (gpointer data G_GNUC_UNUSED)
{
  submit_next ();

  return G_SOURCE_REMOVE;
}

static void
measure (BenchRun   *run,
         gpointer    pool,
         void      (*submit) (gpointer pool))
{
  latency.loop = g_main_loop_new (NULL, FALSE);
  latency.pool = pool;
  latency.submit = submit;
  latency.n = run->n + WARM_UP;
  latency.samples = g_new0 (gint64, latency.n);

  g_idle_add (begin_cb, NULL);
  g_main_loop_run (latency.loop);
  report (run, latency.samples);

  g_free (latency.samples);
  g_main_loop_unref (latency.loop);
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
submit_gfutures (gpointer pool)
{
  g_signal_connect (gf_executor_submit (pool, null_task, NULL, NULL),
                    "done", G_CALLBACK (done_cb), NULL);
}

static void
latency_gfutures (BenchRun *run)
{
  g_autoptr (GfExecutor) pool = gf_thread_pool_executor_new (BENCH_WORKERS);

  measure (run, pool, submit_gfutures);
}

static void
wait_gfutures (BenchRun *run)
{
  g_autoptr (GfExecutor) pool = gf_thread_pool_executor_new (BENCH_WORKERS);
  g_autofree gint64 *samples = g_new0 (gint64, run->n + WARM_UP);

  for (guint64 i = 0; i < run->n + WARM_UP; i++)
    {
      gint64 begin = bench_now_ns ();
      g_autoptr (GfFuture) future = gf_executor_submit (pool, null_task, NULL, NULL);

      gf_future_result (future, -1, NULL, NULL);
      samples[i] = bench_now_ns () - begin;
    }
  report (run, samples);
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
submit_gtask (gpointer pool G_GNUC_UNUSED)
{
  g_autoptr (GTask) task = g_task_new (NULL, NULL, gtask_done_cb, NULL);

  g_task_run_in_thread (task, gtask_null);
}

static void
latency_gtask (BenchRun *run)
{
  measure (run, NULL, submit_gtask);
}

static void
wait_gtask (BenchRun *run)
{
  g_autofree gint64 *samples = g_new0 (gint64, run->n + WARM_UP);

  for (guint64 i = 0; i < run->n + WARM_UP; i++)
    {
      gint64 begin = bench_now_ns ();
      g_autoptr (GTask) task = g_task_new (NULL, NULL, NULL, NULL);

      g_task_run_in_thread_sync (task, gtask_null);
      samples[i] = bench_now_ns () - begin;
    }
  report (run, samples);
}

/* GThreadPool + g_idle_add() */

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
submit_thread_pool (gpointer pool)
{
  g_thread_pool_push (pool, GINT_TO_POINTER (1), NULL);
}

static void
latency_thread_pool (BenchRun *run)
{
  GThreadPool *pool = g_thread_pool_new (thread_pool_idle, NULL, BENCH_WORKERS, TRUE, NULL);

  measure (run, pool, submit_thread_pool);
  g_thread_pool_free (pool, FALSE, TRUE);
}

/* A pool written by hand */

static gpointer
simple_null (gpointer data)
{
  return data;
}

static void
wait_simple (BenchRun *run)
{
  SimplePool *pool = simple_pool_new (BENCH_WORKERS);
  g_autofree gint64 *samples = g_new0 (gint64, run->n + WARM_UP);

  for (guint64 i = 0; i < run->n + WARM_UP; i++)
    {
      gint64 begin = bench_now_ns ();
      g_autoptr (SimplePromise) promise = simple_pool_submit (pool, simple_null, NULL);

      simple_promise_wait (promise);
      samples[i] = bench_now_ns () - begin;
    }
  report (run, samples);
  simple_pool_free (pool);
}

const BenchCase bench_latency_cases[] = {
  {
    "latency", "one null task at a time, through the main loop",
    { { "µs p50", TRUE, 1 }, { "µs p99", TRUE, 1 } }, 20000, 2000,
    {
      { "gfutures", latency_gfutures, { 0 } },
      { "GTask", latency_gtask, { 0.6 } },
      { "GThreadPool, g_idle_add", latency_thread_pool, { 0 } },
    },
  },
  {
    "latency-wait", "one null task at a time, waited for by a thread without a loop",
    { { "µs p50", TRUE, 1 }, { "µs p99", TRUE, 1 } }, 20000, 2000,
    {
      { "gfutures", wait_gfutures, { 0 } },
      { "pool written by hand", wait_simple, { 0 } },
      { "GTask", wait_gtask, { 0 } },
    },
  },
  { 0 }
};

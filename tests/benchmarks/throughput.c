/* throughput.c - how many tasks that do nothing a second
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "bench.h"
#include "simple-pool.h"

/* libgfutures */

static void
count_task (GfPromise  *promise G_GNUC_UNUSED,
            gpointer    data,
            GError    **error G_GNUC_UNUSED)
{
  g_atomic_int_inc ((int *) data);
}

static void
null_task (GfPromise  *promise G_GNUC_UNUSED,
           gpointer    data G_GNUC_UNUSED,
           GError    **error G_GNUC_UNUSED)
{
}

static void
null_post (gpointer data G_GNUC_UNUSED)
{
}

/* What is measured below ends with a shutdown that waits; be sure that it
 * does.
 */
static void
check_shutdown_waits (void)
{
  g_autoptr (GfExecutor) pool = gf_thread_pool_executor_new (BENCH_WORKERS);
  int count = 0;

  for (int i = 0; i < 10000; i++)
    g_object_unref (gf_executor_submit (pool, count_task, &count, NULL));
  gf_executor_shutdown (pool, TRUE, FALSE);
  g_assert_cmpint (g_atomic_int_get (&count), ==, 10000);
}

static void
submit_gfutures (BenchRun *run)
{
  g_autoptr (GfExecutor) pool = gf_thread_pool_executor_new (BENCH_WORKERS);
  gint64 begin;

  check_shutdown_waits ();

  begin = bench_now_ns ();
  for (guint64 i = 0; i < run->n; i++)
    g_object_unref (gf_executor_submit (pool, null_task, NULL, NULL));
  gf_executor_shutdown (pool, TRUE, FALSE);
  run->values[0] = run->n / bench_seconds_since (begin) / 1e6;
}

static void
hold_gfutures (BenchRun *run)
{
  g_autoptr (GfExecutor) pool = gf_thread_pool_executor_new (BENCH_WORKERS);
  g_autofree GfFuture **futures = g_new0 (GfFuture *, run->n);
  gint64 begin = bench_now_ns ();

  for (guint64 i = 0; i < run->n; i++)
    futures[i] = gf_executor_submit (pool, null_task, NULL, NULL);
  for (guint64 i = 0; i < run->n; i++)
    gf_future_wait (futures[i], -1, NULL, NULL);
  run->values[0] = run->n / bench_seconds_since (begin) / 1e6;

  for (guint64 i = 0; i < run->n; i++)
    g_object_unref (futures[i]);
  bench_drain ();
  run->values[1] = run->n / bench_seconds_since (begin) / 1e6;
}

static void
post_gfutures (BenchRun *run)
{
  g_autoptr (GfExecutor) pool = gf_thread_pool_executor_new (BENCH_WORKERS);
  gint64 begin = bench_now_ns ();

  for (guint64 i = 0; i < run->n; i++)
    gf_executor_post (pool, null_post, NULL);
  gf_executor_shutdown (pool, TRUE, FALSE);
  run->values[0] = run->n / bench_seconds_since (begin) / 1e6;
}

/* A pool written by hand */

static gpointer
simple_null (gpointer data)
{
  return data;
}

static void
submit_simple (BenchRun *run)
{
  SimplePool *pool = simple_pool_new (BENCH_WORKERS);
  gint64 begin = bench_now_ns ();

  for (guint64 i = 0; i < run->n; i++)
    g_object_unref (simple_pool_submit (pool, simple_null, NULL));
  simple_pool_free (pool);
  run->values[0] = run->n / bench_seconds_since (begin) / 1e6;
}

static void
hold_simple (BenchRun *run)
{
  SimplePool *pool = simple_pool_new (BENCH_WORKERS);
  g_autofree SimplePromise **promises = g_new0 (SimplePromise *, run->n);
  gint64 begin = bench_now_ns ();

  for (guint64 i = 0; i < run->n; i++)
    promises[i] = simple_pool_submit (pool, simple_null, NULL);
  for (guint64 i = 0; i < run->n; i++)
    simple_promise_wait (promises[i]);
  run->values[0] = run->n / bench_seconds_since (begin) / 1e6;

  for (guint64 i = 0; i < run->n; i++)
    g_object_unref (promises[i]);
  run->values[1] = run->n / bench_seconds_since (begin) / 1e6;
  simple_pool_free (pool);
}

/* GTask. One without a callback adds a source to the main context too; what
 * that costs in the loop is not counted in the first value.
 */

static void
gtask_null (GTask        *task,
            gpointer      source G_GNUC_UNUSED,
            gpointer      data G_GNUC_UNUSED,
            GCancellable *cancellable G_GNUC_UNUSED)
{
  g_task_return_boolean (task, TRUE);
  bench_latch_count ();
}

static void
submit_gtask (BenchRun *run)
{
  gint64 begin = bench_now_ns ();

  bench_latch_set (run->n);
  for (guint64 i = 0; i < run->n; i++)
    {
      g_autoptr (GTask) task = g_task_new (NULL, NULL, NULL, NULL);

      g_task_run_in_thread (task, gtask_null);
    }
  bench_latch_wait ();
  run->values[0] = run->n / bench_seconds_since (begin) / 1e6;
}

static void
hold_gtask (BenchRun *run)
{
  g_autofree GTask **tasks = g_new0 (GTask *, run->n);
  gint64 begin = bench_now_ns ();

  bench_latch_set (run->n);
  for (guint64 i = 0; i < run->n; i++)
    {
      tasks[i] = g_task_new (NULL, NULL, NULL, NULL);
      g_task_run_in_thread (tasks[i], gtask_null);
    }
  bench_latch_wait ();
  run->values[0] = run->n / bench_seconds_since (begin) / 1e6;

  for (guint64 i = 0; i < run->n; i++)
    g_object_unref (tasks[i]);
  bench_drain ();
  run->values[1] = run->n / bench_seconds_since (begin) / 1e6;
}

/* GThreadPool has no future, nothing to hold or to ask for a result. */

static void
thread_pool_null (gpointer data G_GNUC_UNUSED,
                  gpointer user_data G_GNUC_UNUSED)
{
}

static void
submit_thread_pool (BenchRun *run)
{
  GThreadPool *pool = g_thread_pool_new (thread_pool_null, NULL, BENCH_WORKERS, TRUE, NULL);
  gint64 begin = bench_now_ns ();

  for (guint64 i = 0; i < run->n; i++)
    g_thread_pool_push (pool, GINT_TO_POINTER (1), NULL);
  g_thread_pool_free (pool, FALSE, TRUE);
  run->values[0] = run->n / bench_seconds_since (begin) / 1e6;
}

const BenchCase bench_throughput_cases[] = {
  {
    "submit", "null tasks, one future each, references dropped at once",
    { { "M tasks/s", FALSE, 2 } }, 1000000, 100000,
    {
      { "gfutures", submit_gfutures, { 1.4 } },
      { "pool written by hand", submit_simple, { 1.0 } },
      { "GTask", submit_gtask, { 3.0 } },
      { "GThreadPool, no future", submit_thread_pool, { 0 } },
    },
  },
  {
    "submit-held", "null tasks, all futures held until all are settled; then also released and delivered",
    { { "M settled/s", FALSE, 2 }, { "M released/s", FALSE, 2 } }, 1000000, 100000,
    {
      { "gfutures", hold_gfutures, { 0 } },
      { "pool written by hand", hold_simple, { 0 } },
      { "GTask", hold_gtask, { 0 } },
    },
  },
  {
    "post", "null tasks without a future",
    { { "M tasks/s", FALSE, 2 } }, 1000000, 100000,
    {
      { "gfutures", post_gfutures, { 2.4 } },
      { "GThreadPool", submit_thread_pool, { 1.0 } },
    },
  },
  { 0 }
};

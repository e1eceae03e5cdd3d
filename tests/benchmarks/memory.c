/* memory.c - what a future that waits for its turn occupies
 *
 * The growth of the process (resident pages) while tasks are submitted behind
 * workers that stand at a gate: malloc's own share is in it.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "bench.h"
#include "simple-pool.h"

/* Submitted before the first look, so that what a pool needs once (threads,
 * the first pages of its queue) is not counted.
 */
#define WARM_UP 1000

typedef gpointer (*SubmitFunc) (gpointer pool);

static void
measure (BenchRun   *run,
         gpointer   *items,
         gpointer    pool,
         SubmitFunc  submit)
{
  gsize before = 0;

  /* Touch the pages of the list itself */
  memset (items, 1, (run->n + WARM_UP) * sizeof *items);

  for (guint64 i = 0; i < run->n + WARM_UP; i++)
    {
      if (i == WARM_UP)
        before = bench_resident_bytes ();
      items[i] = submit (pool);
    }
  run->values[0] = (double) (bench_resident_bytes () - before) / run->n;
  bench_gate_open ();
}

/* libgfutures */

static void
gated_task (GfPromise  *promise G_GNUC_UNUSED,
            gpointer    data G_GNUC_UNUSED,
            GError    **error G_GNUC_UNUSED)
{
  bench_gate_pass ();
}

static gpointer
submit_gfutures (gpointer pool)
{
  return gf_executor_submit (pool, gated_task, NULL, NULL);
}

static gpointer
submit_gfutures_connected (gpointer pool)
{
  GfFuture *future = gf_executor_submit (pool, gated_task, NULL, NULL);

  g_signal_connect (future, "done", G_CALLBACK (g_object_unref), NULL);

  return future;
}

static void
memory_gfutures (BenchRun *run)
{
  g_autoptr (GfExecutor) pool = gf_thread_pool_executor_new (BENCH_WORKERS);
  g_autofree gpointer *items = g_new (gpointer, run->n + WARM_UP);

  measure (run, items, pool, submit_gfutures);
  gf_executor_shutdown (pool, TRUE, FALSE);
  for (guint64 i = 0; i < run->n + WARM_UP; i++)
    g_object_unref (items[i]);
  bench_drain ();
}

static void
memory_gfutures_connected (BenchRun *run)
{
  g_autoptr (GfExecutor) pool = gf_thread_pool_executor_new (BENCH_WORKERS);
  g_autofree gpointer *items = g_new (gpointer, run->n + WARM_UP);

  measure (run, items, pool, submit_gfutures_connected);
  gf_executor_shutdown (pool, TRUE, FALSE);
  bench_drain ();
}

/* GTask */

static void
gated_gtask (GTask        *task,
             gpointer      source G_GNUC_UNUSED,
             gpointer      data G_GNUC_UNUSED,
             GCancellable *cancellable G_GNUC_UNUSED)
{
  bench_gate_pass ();
  g_task_return_boolean (task, TRUE);
  bench_latch_count ();
}

static void
gtask_done_cb (GObject      *source G_GNUC_UNUSED,
               GAsyncResult *result,
               gpointer      data G_GNUC_UNUSED)
{
  g_task_propagate_boolean (G_TASK (result), NULL);
}

static gpointer
submit_gtask (gpointer pool G_GNUC_UNUSED)
{
  g_autoptr (GTask) task = g_task_new (NULL, NULL, gtask_done_cb, NULL);

  g_task_run_in_thread (task, gated_gtask);

  return NULL;
}

static void
memory_gtask (BenchRun *run)
{
  g_autofree gpointer *items = g_new (gpointer, run->n + WARM_UP);

  bench_latch_set (run->n + WARM_UP);
  measure (run, items, NULL, submit_gtask);
  bench_latch_wait ();
}

/* A pool written by hand */

static gpointer
gated_simple (gpointer data)
{
  bench_gate_pass ();

  return data;
}

static gpointer
submit_simple (gpointer pool)
{
  return simple_pool_submit (pool, gated_simple, NULL);
}

static void
memory_simple (BenchRun *run)
{
  SimplePool *pool = simple_pool_new (BENCH_WORKERS);
  g_autofree gpointer *items = g_new (gpointer, run->n + WARM_UP);

  measure (run, items, pool, submit_simple);
  simple_pool_free (pool);
  for (guint64 i = 0; i < run->n + WARM_UP; i++)
    g_object_unref (items[i]);
}

const BenchCase bench_memory_cases[] = {
  {
    "memory", "bytes of a pending future",
    { { "bytes", TRUE, 0 } }, 500000, 100000,
    {
      { "gfutures", memory_gfutures, { 200 } },
      { "gfutures, connected", memory_gfutures_connected, { 0 } },
      { "pool written by hand", memory_simple, { 0 } },
      { "GTask", memory_gtask, { 0 } },
    },
  },
  { 0 }
};

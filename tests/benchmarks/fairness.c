/* fairness.c - does the main loop still turn while completions pour in?
 *
 * A timer of 16 ms at priority 120 stands for GTK's redraw. The longest time
 * between two of its turns is what a user sees as a stutter. The longest time
 * that the main thread itself worked between two turns is measured too: on a
 * machine that is busy with other things it tells more.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "bench.h"

#define REDRAW_PRIORITY 120
#define REDRAW_MS       16

static struct {
  GMainLoop *loop;
  guint64    n_left;
  gint64     last_tick, longest;
  gint64     last_cpu, longest_cpu;
} flood;

static void
measure_gap (void)
{
  gint64 now = bench_now_ns ();
  gint64 cpu = bench_thread_cpu_ns ();

  flood.longest = MAX (flood.longest, now - flood.last_tick);
  flood.longest_cpu = MAX (flood.longest_cpu, cpu - flood.last_cpu);
  flood.last_tick = now;
  flood.last_cpu = cpu;
}

static gboolean
tick_cb (gpointer data G_GNUC_UNUSED)
{
  measure_gap ();

  return G_SOURCE_CONTINUE;
}

static void
one_done (void)
{
  if (--flood.n_left == 0)
    g_main_loop_quit (flood.loop);
}

static void
prepare (guint64 n)
{
  flood.loop = g_main_loop_new (NULL, FALSE);
  flood.n_left = n;
}

typedef struct
{
  gpointer *items;
  guint64   n;
  void    (*complete) (gpointer item);
} Share;

static gpointer
complete_share (gpointer data)
{
  Share *share = data;

  for (guint64 i = 0; i < share->n; i++)
    share->complete (share->items[i]);

  return NULL;
}

/* Runs the loop while threads complete the items, or, without @complete, while
 * the tasks behind the gate run.
 */
static void
measure (BenchRun  *run,
         gpointer  *items,
         void     (*complete) (gpointer item))
{
  guint n_threads = complete != NULL ? BENCH_WORKERS : 0;
  GThread *threads[BENCH_WORKERS];
  Share shares[BENCH_WORKERS];
  guint tick = g_timeout_add_full (REDRAW_PRIORITY, REDRAW_MS, tick_cb, NULL, NULL);
  gint64 begin = bench_now_ns ();

  flood.last_tick = begin;
  flood.last_cpu = bench_thread_cpu_ns ();
  for (guint i = 0; i < n_threads; i++)
    {
      guint64 from = run->n * i / n_threads;
      guint64 to = run->n * (i + 1) / n_threads;

      shares[i] = (Share) { items + from, to - from, complete };
      threads[i] = g_thread_new ("complete", complete_share, &shares[i]);
    }
  bench_gate_open ();

  g_main_loop_run (flood.loop);
  measure_gap ();
  run->values[0] = flood.longest / 1e6;
  run->values[1] = flood.longest_cpu / 1e6;
  run->values[2] = run->n / bench_seconds_since (begin) / 1e6;

  for (guint i = 0; i < n_threads; i++)
    g_thread_join (threads[i]);
  g_source_remove (tick);
  g_main_loop_unref (flood.loop);
}

/* libgfutures */

static void
done_cb (GfFuture *future G_GNUC_UNUSED,
         gpointer  data G_GNUC_UNUSED)
{
  one_done ();
}

static void
resolve_promise (gpointer promise)
{
  gf_promise_resolve_boolean (promise, TRUE);
  g_object_unref (promise);
}

static void
flood_promises_callback (BenchRun *run)
{
  g_autofree gpointer *promises = g_new0 (gpointer, run->n);

  prepare (run->n);
  for (guint64 i = 0; i < run->n; i++)
    {
      promises[i] = gf_promise_new ();
      gf_future_add_done_callback (promises[i], NULL, done_cb, NULL, NULL);
    }
  measure (run, promises, resolve_promise);
}

/* GObject keeps the handlers of all objects in one table. That of half a million
 * takes tens of milliseconds to shrink, in one step, whoever disconnects.
 */
static void
flood_promises_signal (BenchRun *run)
{
  g_autofree gpointer *promises = g_new0 (gpointer, run->n);

  prepare (run->n);
  for (guint64 i = 0; i < run->n; i++)
    {
      promises[i] = gf_promise_new ();
      g_signal_connect (promises[i], "done", G_CALLBACK (done_cb), NULL);
    }
  measure (run, promises, resolve_promise);
}

static void
gated_task (GfPromise  *promise G_GNUC_UNUSED,
            gpointer    data G_GNUC_UNUSED,
            GError    **error G_GNUC_UNUSED)
{
  bench_gate_pass ();
}

static void
task_done_cb (GfFuture *future,
              gpointer  data G_GNUC_UNUSED)
{
  g_object_unref (future);
  one_done ();
}

static void
flood_tasks_callback (BenchRun *run)
{
  g_autoptr (GfExecutor) pool = gf_thread_pool_executor_new (BENCH_WORKERS);

  prepare (run->n);
  for (guint64 i = 0; i < run->n; i++)
    gf_future_add_done_callback (gf_executor_submit (pool, gated_task, NULL, NULL),
                                 NULL, task_done_cb, NULL, NULL);
  measure (run, NULL, NULL);
}

static void
flood_tasks_signal (BenchRun *run)
{
  g_autoptr (GfExecutor) pool = gf_thread_pool_executor_new (BENCH_WORKERS);

  prepare (run->n);
  for (guint64 i = 0; i < run->n; i++)
    g_signal_connect (gf_executor_submit (pool, gated_task, NULL, NULL),
                      "done", G_CALLBACK (task_done_cb), NULL);
  measure (run, NULL, NULL);
}

/* GTask */

static void
gtask_done_cb (GObject      *source G_GNUC_UNUSED,
               GAsyncResult *result,
               gpointer      data G_GNUC_UNUSED)
{
  g_task_propagate_boolean (G_TASK (result), NULL);
  one_done ();
}

static void
return_gtask (gpointer task)
{
  g_task_return_boolean (task, TRUE);
  g_object_unref (task);
}

static void
flood_gtask_returns (BenchRun *run)
{
  g_autofree gpointer *tasks = g_new0 (gpointer, run->n);

  prepare (run->n);
  for (guint64 i = 0; i < run->n; i++)
    tasks[i] = g_task_new (NULL, NULL, gtask_done_cb, NULL);
  measure (run, tasks, return_gtask);
}

static void
gated_gtask (GTask        *task,
             gpointer      source G_GNUC_UNUSED,
             gpointer      data G_GNUC_UNUSED,
             GCancellable *cancellable G_GNUC_UNUSED)
{
  bench_gate_pass ();
  g_task_return_boolean (task, TRUE);
}

static void
flood_gtasks (BenchRun *run)
{
  prepare (run->n);
  for (guint64 i = 0; i < run->n; i++)
    {
      g_autoptr (GTask) task = g_task_new (NULL, NULL, gtask_done_cb, NULL);

      g_task_run_in_thread (task, gated_gtask);
    }
  measure (run, NULL, NULL);
}

/* g_idle_add(), at the priority at which results usually travel */

static gboolean
idle_done_cb (gpointer data G_GNUC_UNUSED)
{
  one_done ();

  return G_SOURCE_REMOVE;
}

static void
add_idle (gpointer item)
{
  g_idle_add_full (G_PRIORITY_DEFAULT, idle_done_cb, item, NULL);
}

static void
flood_idles (BenchRun *run)
{
  g_autofree gpointer *items = g_new0 (gpointer, run->n);

  prepare (run->n);
  measure (run, items, add_idle);
}

static void
gated_thread_pool (gpointer data,
                   gpointer user_data G_GNUC_UNUSED)
{
  bench_gate_pass ();
  g_idle_add_full (G_PRIORITY_DEFAULT, idle_done_cb, data, NULL);
}

static void
flood_thread_pool (BenchRun *run)
{
  GThreadPool *pool = g_thread_pool_new (gated_thread_pool, NULL, BENCH_WORKERS, TRUE, NULL);

  prepare (run->n);
  for (guint64 i = 0; i < run->n; i++)
    g_thread_pool_push (pool, GINT_TO_POINTER (1), NULL);
  measure (run, NULL, NULL);
  g_thread_pool_free (pool, FALSE, TRUE);
}

const BenchCase bench_fairness_cases[] = {
  {
    "fairness", "two threads settle what the main loop waits for; longest gap of a 16 ms timer at priority 120",
    { { "ms gap", TRUE, 1 }, { "ms worked", TRUE, 1 }, { "M done/s", FALSE, 2 } }, 500000, 50000,
    {
      { "gfutures, done callback", flood_promises_callback, { 25, 0, 1.0 } },
      { "gfutures, done signal", flood_promises_signal, { 0 } },
      { "GTask", flood_gtask_returns, { 0 } },
      { "g_idle_add", flood_idles, { 0 } },
    },
  },
  {
    "fairness-pool", "the same with tasks of a pool, submitted before, let go at once",
    { { "ms gap", TRUE, 1 }, { "ms worked", TRUE, 1 }, { "M done/s", FALSE, 2 } }, 500000, 50000,
    {
      { "gfutures, done callback", flood_tasks_callback, { 25 } },
      { "gfutures, done signal", flood_tasks_signal, { 0 } },
      { "GTask", flood_gtasks, { 0 } },
      { "GThreadPool, g_idle_add", flood_thread_pool, { 0 } },
    },
  },
  { 0 }
};

/* chain.c - continuations and sets of futures
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "bench.h"

static GMainLoop *loop;
static guint64 n_left;

/* What a chain needs of the stack: how far its functions are from each other. */
static struct {
  guintptr lowest, highest;
} stack;

static void
note_stack (void)
{
  char here;

  if (stack.highest == 0)
    stack.lowest = stack.highest = (guintptr) &here;
  stack.lowest = MIN (stack.lowest, (guintptr) &here);
  stack.highest = MAX (stack.highest, (guintptr) &here);
}

/* The loop runs until one_done() was called @n times. */
static void
begin_loop (guint64 n)
{
  loop = g_main_loop_new (NULL, FALSE);
  n_left = n;
}

static void
run_loop (void)
{
  g_main_loop_run (loop);
  g_clear_pointer (&loop, g_main_loop_unref);
}

static void
one_done (void)
{
  if (--n_left == 0)
    g_main_loop_quit (loop);
}

/* One step after the other, each of which starts the next: libgfutures */

static GfFuture *
next_link (GfFuture *settled G_GNUC_UNUSED,
           gpointer  data G_GNUC_UNUSED,
           GError  **error G_GNUC_UNUSED)
{
  if (n_left > 1)
    g_object_unref (gf_future_then (GF_FUTURE (gf_promise_get_current ()), next_link, NULL, NULL));
  one_done ();

  return NULL;
}

static void
chain_gfutures (BenchRun *run)
{
  g_autoptr (GfFuture) first = gf_future_new_for_int (1);
  gint64 begin = bench_now_ns ();

  begin_loop (run->n);
  g_object_unref (gf_future_then (first, next_link, NULL, NULL));
  run_loop ();
  run->values[0] = (bench_now_ns () - begin) / (double) run->n;
}

/* The same, where a step returns a future that it has started: what an
 * asynchronous function costs that consists of others.
 */
static GfFuture *
adopting_link (GfFuture *settled G_GNUC_UNUSED,
               gpointer  data G_GNUC_UNUSED,
               GError  **error G_GNUC_UNUSED)
{
  if (n_left > 1)
    g_object_unref (gf_future_then (GF_FUTURE (gf_promise_get_current ()), adopting_link, NULL, NULL));
  one_done ();

  return gf_future_new_for_int (1);
}

static void
chain_gfutures_adopting (BenchRun *run)
{
  g_autoptr (GfFuture) first = gf_future_new_for_int (1);
  gint64 begin = bench_now_ns ();

  begin_loop (run->n);
  g_object_unref (gf_future_then (first, adopting_link, NULL, NULL));
  run_loop ();
  run->values[0] = (bench_now_ns () - begin) / (double) run->n;
}

/* GTask */

static void
gtask_link_cb (GObject      *source G_GNUC_UNUSED,
               GAsyncResult *result,
               gpointer      data G_GNUC_UNUSED)
{
  g_task_propagate_boolean (G_TASK (result), NULL);
  if (n_left > 1)
    {
      g_autoptr (GTask) task = g_task_new (NULL, NULL, gtask_link_cb, NULL);

      g_task_return_boolean (task, TRUE);
    }
  one_done ();
}

static void
chain_gtask (BenchRun *run)
{
  g_autoptr (GTask) task = g_task_new (NULL, NULL, gtask_link_cb, NULL);
  gint64 begin = bench_now_ns ();

  begin_loop (run->n);
  g_task_return_boolean (task, TRUE);
  run_loop ();
  run->values[0] = (bench_now_ns () - begin) / (double) run->n;
}

/* Tasks of a pool, and something to do on the main loop after each */

static void
null_task (GfPromise  *promise G_GNUC_UNUSED,
           gpointer    data G_GNUC_UNUSED,
           GError    **error G_GNUC_UNUSED)
{
}

static GfFuture *
count_link (GfFuture *settled G_GNUC_UNUSED,
            gpointer  data G_GNUC_UNUSED,
            GError  **error G_GNUC_UNUSED)
{
  one_done ();

  return NULL;
}

static void
pool_gfutures (BenchRun *run)
{
  g_autoptr (GfExecutor) pool = gf_thread_pool_executor_new (BENCH_WORKERS);
  gint64 begin = bench_now_ns ();

  begin_loop (run->n);
  for (guint64 i = 0; i < run->n; i++)
    {
      g_autoptr (GfFuture) task = gf_executor_submit (pool, null_task, NULL, NULL);

      g_object_unref (gf_future_then (task, count_link, NULL, NULL));
    }
  run_loop ();
  run->values[0] = run->n / bench_seconds_since (begin) / 1e6;
}

static void
count_cb (GfFuture *future G_GNUC_UNUSED,
          gpointer  data G_GNUC_UNUSED)
{
  one_done ();
}

static void
pool_gfutures_callback (BenchRun *run)
{
  g_autoptr (GfExecutor) pool = gf_thread_pool_executor_new (BENCH_WORKERS);
  gint64 begin = bench_now_ns ();

  begin_loop (run->n);
  for (guint64 i = 0; i < run->n; i++)
    {
      g_autoptr (GfFuture) task = gf_executor_submit (pool, null_task, NULL, NULL);

      gf_future_add_done_callback (task, NULL, count_cb, NULL, NULL);
    }
  run_loop ();
  run->values[0] = run->n / bench_seconds_since (begin) / 1e6;
}

static void
gtask_null (GTask        *task,
            gpointer      source G_GNUC_UNUSED,
            gpointer      data G_GNUC_UNUSED,
            GCancellable *cancellable G_GNUC_UNUSED)
{
  g_task_return_boolean (task, TRUE);
}

static void
gtask_count_cb (GObject      *source G_GNUC_UNUSED,
                GAsyncResult *result,
                gpointer      data G_GNUC_UNUSED)
{
  g_task_propagate_boolean (G_TASK (result), NULL);
  one_done ();
}

static void
pool_gtask (BenchRun *run)
{
  gint64 begin = bench_now_ns ();

  begin_loop (run->n);
  for (guint64 i = 0; i < run->n; i++)
    {
      g_autoptr (GTask) task = g_task_new (NULL, NULL, gtask_count_cb, NULL);

      g_task_run_in_thread (task, gtask_null);
    }
  run_loop ();
  run->values[0] = run->n / bench_seconds_since (begin) / 1e6;
}

/* A long chain that was made beforehand, and of which only the end is held */

static GfFuture *
noting_link (GfFuture *settled G_GNUC_UNUSED,
             gpointer  data G_GNUC_UNUSED,
             GError  **error G_GNUC_UNUSED)
{
  note_stack ();

  return NULL;
}

/* The end of all chains: a link that runs whatever came before. */
static GfFuture *
last_link (GfFuture *settled,
           gpointer  data G_GNUC_UNUSED,
           GError  **error G_GNUC_UNUSED)
{
  note_stack ();
  g_assert_cmpint (gf_future_get_state (settled), ==, GF_FUTURE_STATE_SUCCEEDED);
  one_done ();

  return NULL;
}

/* In the thread that settles it, as deep as that is by then. */
static void
settled_cb (GfFuture *future G_GNUC_UNUSED,
            gpointer  data G_GNUC_UNUSED)
{
  note_stack ();
}

static void
note_stack_when_settled (GfFuture *future)
{
  gf_future_add_done_callback (future, gf_inline_executor_get (), settled_cb, NULL, NULL);
}

static void
measure_chain (BenchRun  *run,
               GfFuture *(*add_link) (GfFuture      *future,
                                      GfContinuation func,
                                      gpointer       data,
                                      GDestroyNotify destroy))
{
  g_autoptr (GfPromise) first = gf_promise_new ();
  GfFuture *last = GF_FUTURE (g_object_ref (first));
  gsize before = bench_resident_bytes ();
  gint64 begin = bench_now_ns ();

  for (guint64 i = 0; i < run->n; i++)
    {
      GfFuture *next = add_link (last, noting_link, NULL, NULL);

      g_object_unref (last);
      last = next;
    }
  run->values[1] = (double) (bench_resident_bytes () - before) / run->n;

  begin_loop (1);
  g_object_unref (gf_future_finally (last, last_link, NULL, NULL));
  note_stack_when_settled (last);
  note_stack ();
  gf_promise_resolve_int (first, 1);
  run_loop ();
  run->values[0] = (bench_now_ns () - begin) / (double) run->n;
  run->values[2] = (stack.highest - stack.lowest) / 1024.0;
  g_object_unref (last);
  bench_drain ();
}

static void
chain_million_then (BenchRun *run)
{
  measure_chain (run, gf_future_then);
}

static void
chain_million_passed (BenchRun *run)
{
  measure_chain (run, gf_future_catch);
}

/* A loop by recursion: each link returns the future of the next one, and so on
 * until the last returns one that is not settled. When that is, so are all.
 */
typedef struct
{
  GfFuture *ready;
  GfFuture *innermost;
  guint64   n_left;
} Nest;

static GfFuture *
nesting_link (GfFuture *settled G_GNUC_UNUSED,
              gpointer  data,
              GError  **error G_GNUC_UNUSED)
{
  Nest *nest = data;

  note_stack ();
  if (--nest->n_left == 0)
    return g_object_ref (nest->innermost);

  return gf_future_then (nest->ready, nesting_link, nest, NULL);
}

static void
chain_million_adopted (BenchRun *run)
{
  g_autoptr (GfFuture) ready = gf_future_new_for_int (1);
  g_autoptr (GfPromise) innermost = gf_promise_new ();
  g_autoptr (GfFuture) outermost = NULL;
  Nest nest = { ready, GF_FUTURE (innermost), run->n };
  gsize before = bench_resident_bytes ();
  gint64 begin = bench_now_ns ();

  outermost = gf_future_then (ready, nesting_link, &nest, NULL);
  bench_drain ();                       /* the links run, and wait */
  g_assert_cmpuint (nest.n_left, ==, 0);
  run->values[1] = (double) (bench_resident_bytes () - before) / run->n;

  begin_loop (1);
  g_object_unref (gf_future_finally (outermost, last_link, NULL, NULL));
  note_stack_when_settled (outermost);
  note_stack ();
  gf_promise_resolve_int (innermost, 1);
  run_loop ();
  run->values[0] = (bench_now_ns () - begin) / (double) run->n;
  run->values[2] = (stack.highest - stack.lowest) / 1024.0;
  bench_drain ();
}

/* Many members */

static GPtrArray *
create_promises (guint64 n)
{
  GPtrArray *promises = g_ptr_array_new_full ((guint) n, g_object_unref);

  for (guint64 i = 0; i < n; i++)
    g_ptr_array_add (promises, gf_promise_new ());

  return promises;
}

static void
measure_set (BenchRun     *run,
             GfFutureSet *(*create) (GfFuture * const *futures,
                                     gsize             n_futures))
{
  g_autoptr (GPtrArray) promises = create_promises (run->n);
  g_autoptr (GfFutureSet) set = NULL;
  gsize before = bench_resident_bytes ();
  gint64 begin = bench_now_ns ();

  set = create ((GfFuture **) promises->pdata, promises->len);
  run->values[1] = (double) (bench_resident_bytes () - before) / run->n;

  begin_loop (1);
  g_object_unref (gf_future_finally (GF_FUTURE (set), last_link, NULL, NULL));
  note_stack_when_settled (GF_FUTURE (set));
  note_stack ();
  for (guint i = 0; i < promises->len; i++)
    gf_promise_resolve_int (g_ptr_array_index (promises, i), 1);
  run_loop ();
  run->values[0] = (bench_now_ns () - begin) / (double) run->n;
  run->values[2] = (stack.highest - stack.lowest) / 1024.0;
}

static void
set_million_all (BenchRun *run)
{
  measure_set (run, gf_future_all);
}

static void
set_million_all_settled (BenchRun *run)
{
  measure_set (run, gf_future_all_settled);
}

static void
set_million_as_completed (BenchRun *run)
{
  g_autoptr (GPtrArray) promises = create_promises (run->n);
  g_autoptr (GfFutureIterator) iterator = NULL;
  GfFuture *future;
  guint64 n = 0;
  gsize before = bench_resident_bytes ();
  gint64 begin = bench_now_ns ();

  iterator = gf_as_completed ((GfFuture **) promises->pdata, promises->len);
  run->values[1] = (double) (bench_resident_bytes () - before) / run->n;

  for (guint i = 0; i < promises->len; i++)
    gf_promise_resolve_int (g_ptr_array_index (promises, i), 1);
  while ((future = gf_future_iterator_next (iterator, -1, NULL, NULL)) != NULL)
    {
      g_object_unref (future);
      n++;
    }
  g_assert_cmpuint (n, ==, run->n);
  run->values[0] = (bench_now_ns () - begin) / (double) run->n;
}

const BenchCase bench_chain_cases[] = {
  {
    "chain", "continuations on the main loop, each of which starts the next",
    { { "ns per link", TRUE, 0 } }, 1000000, 100000,
    {
      { "gfutures, then", chain_gfutures, { 0 } },
      { "gfutures, adopting", chain_gfutures_adopting, { 0 } },
      { "GTask", chain_gtask, { 0 } },
    },
  },
  {
    "chain-pool", "null tasks of a pool, a continuation for each on the main loop",
    { { "M tasks/s", FALSE, 2 } }, 500000, 50000,
    {
      { "gfutures, then", pool_gfutures, { 0 } },
      { "gfutures, done callback", pool_gfutures_callback, { 0 } },
      { "GTask", pool_gtask, { 0 } },
    },
  },
  {
    "chain-million", "a chain of a million links, made beforehand",
    { { "ns per link", TRUE, 0 }, { "bytes per link", TRUE, 0 }, { "KiB of stack", TRUE, 1 } },
    1000000, 100000,
    {
      { "gfutures, then", chain_million_then, { 0 } },
      { "gfutures, passed through", chain_million_passed, { 0 } },
      { "gfutures, adopted", chain_million_adopted, { 0 } },
    },
  },
  {
    "set-million", "a million futures in one",
    { { "ns per member", TRUE, 0 }, { "bytes per member", TRUE, 0 }, { "KiB of stack", TRUE, 1 } },
    1000000, 100000,
    {
      { "gfutures, all", set_million_all, { 0 } },
      { "gfutures, all_settled", set_million_all_settled, { 0 } },
      { "gfutures, as_completed", set_million_as_completed, { 0 } },
    },
  },
  { 0 }
};

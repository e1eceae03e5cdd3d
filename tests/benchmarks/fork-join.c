/* fork-join.c - tasks that submit tasks and wait for them
 *
 * GTask, GThreadPool and any pool whose workers only block deadlock here as
 * soon as each thread waits for a task that is still queued, so there is no
 * peer but plain recursion: what the tasks cost.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "bench.h"

static GfExecutor *pool;

static gint64
fib (gint64 n)
{
  return n < 2 ? n : fib (n - 1) + fib (n - 2);
}

/* Both halves as tasks: 57,313 of them for fib (22) */
static void
fib_task (GfPromise  *promise,
          gpointer    data,
          GError    **error)
{
  int n = GPOINTER_TO_INT (data);
  g_autoptr (GfFuture) a = NULL;
  g_autoptr (GfFuture) b = NULL;

  if (n < 2)
    {
      gf_promise_resolve_int64 (promise, n);
      return;
    }

  a = gf_executor_submit (pool, fib_task, GINT_TO_POINTER (n - 1), NULL);
  b = gf_executor_submit (pool, fib_task, GINT_TO_POINTER (n - 2), NULL);
  if (gf_future_wait (a, -1, NULL, error) && gf_future_wait (b, -1, NULL, error))
    gf_promise_resolve_int64 (promise, gf_future_get_int64 (a, NULL) + gf_future_get_int64 (b, NULL));
}

static gint64 fib_forking_one (int n);

static void
fib_one_task (GfPromise  *promise,
              gpointer    data,
              GError    **error G_GNUC_UNUSED)
{
  gf_promise_resolve_int64 (promise, fib_forking_one (GPOINTER_TO_INT (data)));
}

/* One half as a task, the other here: 28,656 tasks for fib (22) */
static gint64
fib_forking_one (int n)
{
  g_autoptr (GfFuture) a = NULL;
  gint64 b;

  if (n < 2)
    return n;

  a = gf_executor_submit (pool, fib_one_task, GINT_TO_POINTER (n - 1), NULL);
  b = fib_forking_one (n - 2);
  gf_future_wait (a, -1, NULL, NULL);

  return gf_future_get_int64 (a, NULL) + b;
}

static void
measure (BenchRun   *run,
         GfTaskFunc  func)
{
  g_autoptr (GfFuture) warm_up = NULL;
  g_autoptr (GfFuture) future = NULL;
  gint64 begin;

  pool = gf_thread_pool_executor_new (BENCH_WORKERS);
  warm_up = gf_executor_submit (pool, func, GINT_TO_POINTER (10), NULL);
  gf_future_wait (warm_up, -1, NULL, NULL);

  begin = bench_now_ns ();
  future = gf_executor_submit (pool, func, GINT_TO_POINTER ((int) run->n), NULL);
  gf_future_wait (future, -1, NULL, NULL);
  run->values[0] = bench_seconds_since (begin) * 1e3;
  run->values[1] = gf_thread_pool_executor_get_n_threads (GF_THREAD_POOL_EXECUTOR (pool));

  g_assert_cmpint (gf_future_get_int64 (future, NULL), ==, fib ((gint64) run->n));
  g_clear_object (&pool);
}

static void
fork_both (BenchRun *run)
{
  measure (run, fib_task);
}

static void
fork_one (BenchRun *run)
{
  measure (run, fib_one_task);
}

static void
recurse (BenchRun *run)
{
  volatile gint64 n = (gint64) run->n;
  gint64 begin = bench_now_ns ();

  n = fib (n);
  run->values[0] = bench_seconds_since (begin) * 1e3;
  run->values[1] = 1;
}

const BenchCase bench_fork_join_cases[] = {
  {
    "fork-join", "fib (22), each task waits for tasks of its own; --quick: fib (16)",
    { { "ms", TRUE, 2 }, { "threads", TRUE, 0 } }, 22, 16,
    {
      { "gfutures", fork_both, { 60 } },
      { "gfutures, one submitted", fork_one, { 0 } },
      { "plain recursion", recurse, { 0 } },
    },
  },
  { 0 }
};

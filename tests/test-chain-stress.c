/* test-chain-stress.c - long chains, chains on pools, and races
 *
 * A million links on a small stack: nothing that follows a chain may recurse.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "test-chains.h"

/* Helpers */

static GfFuture *
return_slot (GfFuture  *settled,
             gpointer   slot,
             GError   **error)
{
  return g_object_ref (*(GfFuture **) slot);
}

/* Pools */

typedef struct
{
  GfExecutor *pool;
  GfFuture *source;
  Step steps[3];
  GfFuture *derived[3];
  GThread *worker;
} OnPool;

static void
chain_task (GfPromise  *promise,
            gpointer    data,
            GError    **error)
{
  OnPool *self = data;

  self->worker = g_thread_self ();
  self->derived[0] = step_then (self->source, &self->steps[0]);
  self->derived[1] = step_catch (self->derived[0], &self->steps[1]);
  self->derived[2] = step_finally (self->derived[1], &self->steps[2]);
}

static void
test_pool_runs_what_was_registered_there (void)
{
  for (guint settled = 0; settled < 2; settled++)
    {
      g_autoptr (GfExecutor) pool = gf_thread_pool_executor_new (1);
      g_autoptr (GfPromise) source = gf_promise_new ();
      OnPool on_pool = { .pool = pool, .source = GF_FUTURE (source) };
      g_autoptr (GfFuture) task = NULL;
      guint n_done = 0;

      on_pool.steps[0].fail = TRUE;
      if (settled)
        gf_promise_resolve_int (source, 1);
      task = gf_executor_submit (pool, chain_task, &on_pool, NULL);
      g_assert_true (gf_future_wait (task, -1, NULL, NULL));
      /* at home here, not there */
      g_signal_connect (on_pool.derived[2], "done", G_CALLBACK (count_done_cb), &n_done);
      if (!settled)
        gf_promise_resolve_int (source, 1);
      /* no loop is needed for it */
      g_assert_true (gf_future_wait (on_pool.derived[2], -1, NULL, NULL));
      test_assert_no_value (on_pool.derived[2]);
      test_turn_until (n_done == 1);
      gf_executor_shutdown (pool, TRUE, FALSE);
      test_drain ();
      for (guint i = 0; i < 3; i++)
        {
          g_assert_cmpuint (on_pool.steps[i].n_calls, ==, 1);
          g_assert_true (on_pool.steps[i].thread != g_thread_self ());
          g_assert_true (GF_FUTURE (on_pool.steps[i].current) == on_pool.derived[i]);
          g_assert_cmpuint (on_pool.steps[i].n_released, ==, 1);
          g_assert_true (on_pool.steps[i].released == g_thread_self ());
          g_object_unref (on_pool.derived[i]);
        }
    }
}

static void
test_pool_is_shut_down_before_the_turn (void)
{
  g_autoptr (GfExecutor) pool = gf_thread_pool_executor_new (1);
  g_autoptr (GfPromise) source = gf_promise_new ();
  OnPool on_pool = { .pool = pool, .source = GF_FUTURE (source) };
  g_autoptr (GfFuture) task = gf_executor_submit (pool, chain_task, &on_pool, NULL);

  g_assert_true (gf_future_wait (task, -1, NULL, NULL));
  gf_executor_shutdown (pool, TRUE, FALSE);
  gf_promise_resolve_int (source, 1);
  /* whatever becomes of it, it does not hang */
  test_turn_until_done (on_pool.derived[2]);
  test_turn_until (on_pool.steps[0].n_released && on_pool.steps[1].n_released && on_pool.steps[2].n_released);
  for (guint i = 0; i < 3; i++)
    {
      g_assert_cmpuint (on_pool.steps[i].n_released, ==, 1);
      g_object_unref (on_pool.derived[i]);
    }
}

static void
test_pool_is_dropped_before_the_turn (void)
{
  GfExecutor *pool = gf_thread_pool_executor_new (1);
  g_autoptr (GfPromise) source = gf_promise_new ();
  OnPool on_pool = { .pool = pool, .source = GF_FUTURE (source) };
  g_autoptr (GfFuture) task = gf_executor_submit (pool, chain_task, &on_pool, NULL);

  g_assert_true (gf_future_wait (task, -1, NULL, NULL));
  test_drain ();
  g_object_unref (pool);
  gf_promise_resolve_int (source, 1);
  test_turn_until_done (on_pool.derived[2]);
  test_turn_until (on_pool.steps[2].n_released == 1);
  for (guint i = 0; i < 3; i++)
    g_object_unref (on_pool.derived[i]);
}

typedef struct
{
  GfExecutor *pool;
  gint n;
  gint n_calls;
  GThread *home;
} Loop;

static GfFuture *
pool_next (GfFuture  *settled,
           gpointer   data,
           GError   **error)
{
  Loop *self = data;

  g_assert_true (g_thread_self () != self->home);
  if (g_atomic_int_add (&self->n_calls, 1) + 1 == self->n)
    return gf_future_new_for_int (self->n);
  return gf_future_then (settled, pool_next, self, NULL);
}

static void
pool_loop_task (GfPromise  *promise,
                gpointer    data,
                GError    **error)
{
  Loop *self = data;
  g_autoptr (GfFuture) ready = gf_future_new_for_int (0);
  g_autoptr (GfFuture) first = gf_future_then (ready, pool_next, self, NULL);
  const GValue *value = gf_future_result (first, -1, NULL, error);

  if (value)
    gf_promise_resolve (promise, value);
}

static void
test_pool_adopts_recursively (void)
{
  g_autoptr (GfExecutor) pool = gf_thread_pool_executor_new (2);
  Loop loop = { pool, TEST_MANY / 50, 0, g_thread_self () };
  g_autoptr (GfFuture) task = gf_executor_submit (pool, pool_loop_task, &loop, NULL);

  g_assert_true (gf_future_wait (task, -1, NULL, NULL));
  test_assert_int (task, loop.n);
  g_assert_cmpint (loop.n_calls, ==, loop.n);
  gf_executor_shutdown (pool, TRUE, FALSE);
  test_drain ();
}

/* A million of them */

static GfFuture *
count_and_pass (GfFuture  *settled,
                gpointer   counter,
                GError   **error)
{
  ++*(guint *) counter;
  return g_object_ref (settled);
}

static GfFuture *
long_chain (gpointer source,
            guint    n,
            guint   *n_calls)
{
  GfFuture *last = g_object_ref (source);

  for (guint i = 0; i < n; i++)
    {
      GfFuture *next = gf_future_then (last, count_and_pass, n_calls, NULL);

      g_object_unref (last);
      last = next;
    }
  return last;
}

static void *
million_settled (void *data)
{
  g_autoptr (GMainContext) context = g_main_context_new ();
  g_autoptr (GfPromise) source = NULL;
  g_autoptr (GfFuture) last = NULL;
  guint n_calls = 0;

  g_main_context_push_thread_default (context);
  source = gf_promise_new ();
  last = long_chain (source, TEST_MANY, &n_calls);
  gf_promise_resolve_int (source, 7);
  test_turn_until_in (context, gf_future_is_done (last));
  test_assert_int (last, 7);
  g_assert_cmpuint (n_calls, ==, TEST_MANY);
  test_drain_in (context);
  g_assert_finalize_object (g_steal_pointer (&last));
  g_main_context_pop_thread_default (context);
  return NULL;
}

static void *
million_failed (void *data)
{
  g_autoptr (GMainContext) context = g_main_context_new ();
  g_autoptr (GfPromise) source = NULL;
  g_autoptr (GfFuture) last = NULL;
  guint n_calls = 0;

  g_main_context_push_thread_default (context);
  source = gf_promise_new ();
  last = long_chain (source, TEST_MANY, &n_calls);
  gf_promise_reject_literal (source, G_IO_ERROR, G_IO_ERROR_NOT_FOUND, "far away");
  test_turn_until_in (context, gf_future_is_done (last));
  test_assert_failed (last, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
  g_assert_cmpstr (gf_future_get_error (last)->message, ==, "far away");
  g_assert_cmpuint (n_calls, ==, 0);
  test_drain_in (context);
  g_main_context_pop_thread_default (context);
  return NULL;
}

static void *
million_cancelled (void *data)
{
  g_autoptr (GMainContext) context = g_main_context_new ();
  g_autoptr (GfPromise) source = NULL;
  g_autoptr (GfFuture) last = NULL;
  guint n_calls = 0;

  g_main_context_push_thread_default (context);
  source = gf_promise_new ();
  last = long_chain (source, TEST_MANY, &n_calls);
  g_assert_true (gf_future_cancel (last));
  test_assert_state (last, CANCELLED);
  test_assert_state (source, CANCELLED);
  test_drain_in (context);
  g_assert_cmpuint (n_calls, ==, 0);
  g_main_context_pop_thread_default (context);
  return NULL;
}

static void *
million_dropped (void *data)
{
  g_autoptr (GMainContext) context = g_main_context_new ();
  g_autoptr (GfFuture) last = NULL;
  GfPromise *source;
  guint n_calls = 0;

  g_main_context_push_thread_default (context);
  source = gf_promise_new ();
  last = long_chain (source, TEST_MANY / 10, &n_calls);
  g_object_unref (source);
  test_turn_until_in (context, gf_future_is_done (last));
  test_assert_failed (last, GF_FUTURE_ERROR, GF_FUTURE_ERROR_BROKEN_PROMISE);
  test_drain_in (context);
  g_main_context_pop_thread_default (context);
  return NULL;
}

static void *
million_forgotten (void *data)
{
  /* neither the end of it nor the context is there any more */
  GMainContext *context = g_main_context_new ();
  GfPromise *source;
  guint n_calls = 0;

  g_main_context_push_thread_default (context);
  source = gf_promise_new ();
  g_object_unref (long_chain (source, TEST_MANY / 10, &n_calls));
  g_main_context_pop_thread_default (context);
  g_main_context_unref (context);
  gf_promise_resolve_int (source, 1);
  g_object_unref (source);
  g_assert_cmpuint (n_calls, ==, 0);
  return NULL;
}

typedef struct
{
  guint n;
  guint n_calls;
  GfPromise *leaf;
} Recursion;

/* while (TRUE) await … */
static GfFuture *
recurse (GfFuture  *settled,
         gpointer   data,
         GError   **error)
{
  Recursion *self = data;
  g_autoptr (GfFuture) ready = NULL;

  if (++self->n_calls == self->n)
    return self->leaf ? g_object_ref (GF_FUTURE (self->leaf)) : gf_future_new_for_int (11);
  ready = gf_future_new_for_int (1);
  return gf_future_then (ready, recurse, self, NULL);
}

static void *
million_adopted (void *data)
{
  g_autoptr (GMainContext) context = g_main_context_new ();
  g_autoptr (GfFuture) ready = NULL;
  g_autoptr (GfFuture) first = NULL;
  Recursion recursion = { .n = TEST_MANY };

  g_main_context_push_thread_default (context);
  ready = gf_future_new_for_int (1);
  first = gf_future_then (ready, recurse, &recursion, NULL);
  test_turn_until_in (context, gf_future_is_done (first));
  test_assert_int (first, 11);
  g_assert_cmpuint (recursion.n_calls, ==, TEST_MANY);
  test_drain_in (context);
  g_main_context_pop_thread_default (context);
  return NULL;
}

static void *
million_adopted_and_cancelled (void *data)
{
  g_autoptr (GMainContext) context = g_main_context_new ();
  g_autoptr (GfFuture) ready = NULL;
  g_autoptr (GfFuture) first = NULL;
  g_autoptr (GfPromise) leaf = NULL;
  Recursion recursion = { .n = TEST_MANY / 10 };

  g_main_context_push_thread_default (context);
  leaf = recursion.leaf = gf_promise_new ();
  ready = gf_future_new_for_int (1);
  first = gf_future_then (ready, recurse, &recursion, NULL);
  test_turn_until_in (context, recursion.n_calls == recursion.n);
  test_drain_in (context);
  test_assert_state (first, RUNNING);
  g_assert_true (gf_future_cancel (first));
  test_assert_state (leaf, CANCELLED);
  test_drain_in (context);
  g_main_context_pop_thread_default (context);
  return NULL;
}

static void *
million_in_a_cycle (void *data)
{
  g_autoptr (GMainContext) context = g_main_context_new ();
  g_autoptr (GfFuture) ready = NULL;
  g_autoptr (GfFuture) first = NULL;
  GfFuture *last = NULL;
  guint n_calls = 0;

  g_main_context_push_thread_default (context);
  ready = gf_future_new_for_int (1);
  first = gf_future_then (ready, return_slot, &last, NULL);
  last = long_chain (first, TEST_MANY / 10, &n_calls);
  test_turn_until_in (context, gf_future_is_done (last));
  test_assert_failed (first, GF_FUTURE_ERROR, GF_FUTURE_ERROR_INVALID_STATE);
  test_assert_failed (last, GF_FUTURE_ERROR, GF_FUTURE_ERROR_INVALID_STATE);
  g_assert_cmpuint (n_calls, ==, 0);
  test_drain_in (context);
  g_clear_object (&last);
  g_main_context_pop_thread_default (context);
  return NULL;
}

static void *
million_of_one_source (void *data)
{
  g_autoptr (GMainContext) context = g_main_context_new ();
  g_autoptr (GfPromise) source = NULL;
  guint n = TEST_MANY / 10;
  GfFuture **derived = g_new (GfFuture *, n);
  guint n_calls = 0;

  /* as broad as others are long: cancelling each is no search */
  g_main_context_push_thread_default (context);
  source = gf_promise_new ();
  for (guint i = 0; i < n; i++)
    derived[i] = gf_future_then (GF_FUTURE (source), count_and_pass, &n_calls, NULL);
  for (guint i = 0; i < n - 1; i++)
    {
      gf_future_cancel (derived[i]);
      g_object_unref (derived[i]);
    }
  test_assert_state (source, PENDING);
  gf_promise_resolve_int (source, 5);
  test_turn_until_in (context, gf_future_is_done (derived[n - 1]));
  test_assert_int (derived[n - 1], 5);
  g_object_unref (derived[n - 1]);
  test_drain_in (context);
  g_assert_cmpuint (n_calls, ==, 1);
  g_free (derived);
  g_main_context_pop_thread_default (context);
  return NULL;
}

static void
test_many (gconstpointer func)
{
  test_on_small_stack ((void *(*) (void *)) func, NULL);
}

/* Races */

typedef struct
{
  TestBarrier barrier;
  guint n;
  GfPromise *source;
  GfFuture *victims[2];
} CancelRace;

static gpointer
race_cancel_thread (gpointer data)
{
  CancelRace *self = data;

  for (guint i = 0; i < self->n; i++)
    {
      test_barrier_wait (&self->barrier);
      gf_future_cancel (self->victims[0]);
      test_barrier_wait (&self->barrier);
    }
  return NULL;
}

static gpointer
race_other_thread (gpointer data)
{
  CancelRace *self = data;

  for (guint i = 0; i < self->n; i++)
    {
      test_barrier_wait (&self->barrier);
      if (i % 3 == 0)
        gf_promise_resolve_int (self->source, 1);
      else
        gf_future_cancel (self->victims[1]);
      test_barrier_wait (&self->barrier);
    }
  return NULL;
}

static void
test_race_cancel_and_settle (void)
{
  CancelRace race = { .barrier = { 3, 0, 0 }, .n = test_rounds (6000) };
  GThread *threads[2];
  Step *steps = g_new0 (Step, 4 * race.n);

  /* what the threads find in the first round */
  threads[0] = g_thread_new ("cancel", race_cancel_thread, &race);
  threads[1] = g_thread_new ("other", race_other_thread, &race);
  for (guint i = 0; i < race.n; i++)
    {
      Step *step = &steps[4 * i];
      g_autoptr (GfPromise) source = gf_promise_new ();
      g_autoptr (GfFuture) a = step_then (source, &step[0]);
      g_autoptr (GfFuture) b = step_then (source, &step[1]);
      g_autoptr (GfFuture) c = step_catch (a, &step[2]);
      g_autoptr (GfFuture) d = step_finally (b, &step[3]);

      race.source = source;
      race.victims[0] = i % 2 ? a : c;
      race.victims[1] = i % 5 ? b : d;
      test_barrier_wait (&race.barrier);
      if (i % 4 == 0)
        g_main_context_iteration (NULL, FALSE);
      test_barrier_wait (&race.barrier);
      /* of the one side only one has withdrawn; of both: nobody is left */
      if (i % 3 == 0)
        test_assert_state (source, SUCCEEDED);
      else
        test_assert_state (source, CANCELLED);
      test_turn_until (gf_future_is_done (a) && gf_future_is_done (b) &&
                       gf_future_is_done (c) && gf_future_is_done (d));
      if (i % 64 == 0)
        test_drain ();
    }
  for (guint i = 0; i < 2; i++)
    g_thread_join (threads[i]);
  test_drain ();
  for (guint i = 0; i < 4 * race.n; i++)
    {
      g_assert_cmpuint (steps[i].n_released, ==, 1);
      g_assert_cmpuint (steps[i].n_calls, <=, 1);
      g_assert_true (steps[i].released == g_thread_self ());
    }
  g_free (steps);
}

static gpointer
race_inner_thread (gpointer data)
{
  CancelRace *self = data;

  for (guint i = 0; i < self->n; i++)
    {
      test_barrier_wait (&self->barrier);
      if (i % 2)
        gf_promise_resolve_int (self->source, 1);
      else
        gf_future_cancel (self->victims[0]);
      test_barrier_wait (&self->barrier);
    }
  return NULL;
}

static void
test_race_adoption_and_settle_or_cancel (void)
{
  /* the adopted is settled, or the adopter cancelled, while it is adopted */
  CancelRace race = { .barrier = { 2, 0, 0 }, .n = test_rounds (10000) };
  GThread *thread = g_thread_new ("inner", race_inner_thread, &race);

  for (guint i = 0; i < race.n; i++)
    {
      g_autoptr (GfFuture) ready = gf_future_new_for_int (1);
      g_autoptr (GfPromise) inner = gf_promise_new ();
      Step step = { .give = g_object_ref (GF_FUTURE (inner)) };
      g_autoptr (GfFuture) derived = step_then (ready, &step);

      race.source = inner;
      race.victims[0] = derived;
      test_barrier_wait (&race.barrier);
      while (g_main_context_iteration (NULL, FALSE))
        ;
      test_barrier_wait (&race.barrier);
      test_turn_until (gf_future_is_done (derived) && step.n_released == 1);
      if (i % 2)
        test_assert_int (derived, 1);
      else
        {
          test_assert_state (derived, CANCELLED);
          if (step.n_calls)
            test_assert_state (inner, CANCELLED);
        }
      g_assert_cmpuint (step.n_calls, <=, 1);
      g_clear_object (&step.give);
    }
  g_thread_join (thread);
}

static void
resolve_task (GfPromise  *promise,
              gpointer    data,
              GError    **error)
{
  gf_promise_resolve_int (promise, 1);
}

static void
test_race_then_and_settle (void)
{
  /* registered while a worker settles, from 1 to 4 of them; some are dropped */
  g_autoptr (GfExecutor) pool = gf_thread_pool_executor_new (2);
  guint n = test_rounds (10000);
  guint n_calls = 0, n_expected = 0;

  for (guint i = 0; i < n; i++)
    {
      g_autoptr (GfFuture) task = gf_executor_submit (pool, resolve_task, NULL, NULL);

      for (guint k = 0; k <= i % 4; k++)
        {
          g_autoptr (GfFuture) derived = gf_future_then (task, count_and_pass, &n_calls, NULL);
          g_autoptr (GfFuture) second = gf_future_then (derived, count_and_pass, &n_calls, NULL);

          n_expected += 2;
        }
      if (i % 16 == 0)
        g_main_context_iteration (NULL, FALSE);
    }
  test_turn_until (n_calls == n_expected);
  test_drain ();
  g_assert_cmpuint (n_calls, ==, n_expected);
  gf_executor_shutdown (pool, TRUE, FALSE);
}

/* Two threads close a cycle from both ends at once: whatever they find, both
 * futures are settled. */
typedef struct
{
  TestBarrier barrier;
  guint n;
  GMainContext *context;
  GfPromise *source;
  GfFuture *futures[2];
} CycleRace;

static gpointer
cycle_thread (gpointer data)
{
  CycleRace *self = data;

  g_main_context_push_thread_default (self->context);
  for (guint i = 0; i < self->n; i++)
    {
      self->futures[1] = gf_future_then (GF_FUTURE (self->source), return_slot, &self->futures[0], NULL);
      test_barrier_wait (&self->barrier);
      /* settled by the other; both run their continuations now */
      test_barrier_wait (&self->barrier);
      test_turn_until_in (self->context, gf_future_is_done (self->futures[1]));
      test_barrier_wait (&self->barrier);
      g_clear_object (&self->futures[1]);
      test_barrier_wait (&self->barrier);
    }
  g_main_context_pop_thread_default (self->context);
  return NULL;
}

static void
test_cycle_closed_by_two_threads (void)
{
  g_autoptr (GMainContext) context = g_main_context_new ();
  CycleRace race = { .barrier = { 2, 0, 0 }, .n = test_rounds (3000), .context = context };
  GThread *thread;

  race.source = gf_promise_new ();
  thread = g_thread_new ("cycle", cycle_thread, &race);
  for (guint i = 0; i < race.n; i++)
    {
      race.futures[0] = gf_future_then (GF_FUTURE (race.source), return_slot, &race.futures[1], NULL);
      test_barrier_wait (&race.barrier);
      gf_promise_resolve_int (race.source, 1);
      test_barrier_wait (&race.barrier);
      test_turn_until_done (race.futures[0]);
      test_assert_failed (race.futures[0], GF_FUTURE_ERROR, GF_FUTURE_ERROR_INVALID_STATE);
      test_barrier_wait (&race.barrier);
      g_clear_object (&race.futures[0]);
      g_object_unref (race.source);
      race.source = gf_promise_new ();
      test_barrier_wait (&race.barrier);
    }
  g_thread_join (thread);
  g_object_unref (race.source);
}

static void
fail_at_once (GfPromise  *promise,
              gpointer    data,
              GError    **error)
{
  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_FAILED, "no");
}

static void
run_till_cancelled (GfPromise  *promise,
                    gpointer    data,
                    GError    **error)
{
  while (!gf_promise_should_stop (promise))
    g_thread_yield ();
}

/* Whoever hears that a group has failed, and waits for the rest, waits for what was
 * cancelled: else he would keep it from being. */
static void
test_race_group_fails_and_rest_is_wanted (void)
{
  g_autoptr (GfExecutor) pool = gf_thread_pool_executor_new (2);

  for (guint i = 0; i < test_rounds (2000); i++)
    {
      GfFuture *tasks[] = {
        gf_executor_submit (pool, run_till_cancelled, NULL, NULL),
        gf_executor_submit (pool, fail_at_once, NULL, NULL),
      };
      g_autoptr (GfFutureSet) all = gf_future_all (tasks, 2);
      g_autoptr (GfFutureSet) rest = NULL;

      g_assert_true (gf_future_wait (GF_FUTURE (all), -1, NULL, NULL));
      rest = gf_future_all_settled (tasks, 2);
      g_assert_true (gf_future_wait (GF_FUTURE (rest), 10 * G_TIME_SPAN_SECOND, NULL, NULL));
      g_assert_true (gf_future_is_cancelled (tasks[0]));
      g_object_unref (tasks[0]);
      g_object_unref (tasks[1]);
    }
  gf_executor_shutdown (pool, TRUE, FALSE);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

#define ADD(path, name) g_test_add_func ("/chain/" path, test_##name)
#define ADD_MANY(path, name) g_test_add_data_func ("/chain/many/" path, (gconstpointer) million_##name, test_many)
  ADD ("pool/runs-what-was-registered-there", pool_runs_what_was_registered_there);
  ADD ("pool/is-shut-down-before-the-turn", pool_is_shut_down_before_the_turn);
  ADD ("pool/is-dropped-before-the-turn", pool_is_dropped_before_the_turn);
  ADD ("pool/adopts-recursively", pool_adopts_recursively);

  ADD_MANY ("settled", settled);
  ADD_MANY ("failed", failed);
  ADD_MANY ("cancelled", cancelled);
  ADD_MANY ("dropped", dropped);
  ADD_MANY ("forgotten", forgotten);
  ADD_MANY ("adopted", adopted);
  ADD_MANY ("adopted-and-cancelled", adopted_and_cancelled);
  ADD_MANY ("in-a-cycle", in_a_cycle);
  ADD_MANY ("of-one-source", of_one_source);

  ADD ("race/cycle-closed-by-two-threads", cycle_closed_by_two_threads);
  ADD ("race/cancel-and-settle", race_cancel_and_settle);
  ADD ("race/adoption-and-settle-or-cancel", race_adoption_and_settle_or_cancel);
  ADD ("race/group-fails-and-rest-is-wanted", race_group_fails_and_rest_is_wanted);
  ADD ("race/then-and-settle", race_then_and_settle);
#undef ADD_MANY
#undef ADD

  return g_test_run ();
}

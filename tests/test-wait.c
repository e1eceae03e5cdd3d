/* test-wait.c - waiting for several futures
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "test-chains.h"

#define N_MEMBERS 4

static const GfReturnWhen whens[] = {
  GF_RETURN_WHEN_ALL_COMPLETED,
  GF_RETURN_WHEN_FIRST_COMPLETED,
  GF_RETURN_WHEN_FIRST_EXCEPTION
};

static void
members_init (GfPromise **members,
              guint       n)
{
  for (guint i = 0; i < n; i++)
    members[i] = gf_promise_new ();
}

static void
members_clear (GfPromise **members,
               guint       n)
{
  for (guint i = 0; i < n; i++)
    {
      gf_promise_resolve_int (members[i], 0);
      test_drain ();
      test_await_finalized (members[i]);
    }
}

static void
assert_holds (GfPromise  **members,
              guint        n,
              GfReturnWhen when)
{
  g_autoptr (GError) error = NULL;

  /* what holds already is seen by looking, too */
  g_assert_true (gf_wait ((GfFuture **) members, n, when, 0, NULL, &error));
  g_assert_no_error (error);
  g_assert_true (gf_wait ((GfFuture **) members, n, when, 1000, NULL, &error));
  g_assert_no_error (error);
  g_assert_true (gf_wait ((GfFuture **) members, n, when, -1, NULL, &error));
  g_assert_no_error (error);
}

static void
assert_does_not_hold (GfPromise  **members,
                      guint        n,
                      GfReturnWhen when)
{
  for (gint64 timeout = 0; timeout <= 100; timeout += 100)
    {
      g_autoptr (GError) error = NULL;

      g_assert_false (gf_wait ((GfFuture **) members, n, when, timeout, NULL, &error));
      g_assert_error (error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT);
    }
}

static void
test_all_completed (void)
{
  GfPromise *members[N_MEMBERS];

  members_init (members, N_MEMBERS);
  for (guint i = 0; i < N_MEMBERS; i++)
    {
      assert_does_not_hold (members, N_MEMBERS, GF_RETURN_WHEN_ALL_COMPLETED);
      if (i % 3 == 0)
        gf_promise_resolve_int (members[i], 1);
      else if (i % 3 == 1)
        gf_promise_reject_literal (members[i], G_IO_ERROR, G_IO_ERROR_FAILED, "x");
      else
        gf_future_cancel (GF_FUTURE (members[i]));
    }
  assert_holds (members, N_MEMBERS, GF_RETURN_WHEN_ALL_COMPLETED);
  members_clear (members, N_MEMBERS);
}

static void
test_first_completed (void)
{
  for (guint outcome = 0; outcome < 3; outcome++)
    {
      GfPromise *members[N_MEMBERS];

      members_init (members, N_MEMBERS);
      assert_does_not_hold (members, N_MEMBERS, GF_RETURN_WHEN_FIRST_COMPLETED);
      if (outcome == 0)
        gf_promise_resolve_int (members[2], 1);
      else if (outcome == 1)
        gf_promise_reject_literal (members[2], G_IO_ERROR, G_IO_ERROR_FAILED, "x");
      else
        gf_future_cancel (GF_FUTURE (members[2]));
      assert_holds (members, N_MEMBERS, GF_RETURN_WHEN_FIRST_COMPLETED);
      /* it cancels nothing */
      test_assert_state (members[0], PENDING);
      test_assert_state (members[3], PENDING);
      members_clear (members, N_MEMBERS);
    }
}

static void
test_first_exception (void)
{
  for (guint outcome = 0; outcome < 2; outcome++)
    {
      GfPromise *members[N_MEMBERS];

      members_init (members, N_MEMBERS);
      gf_promise_resolve_int (members[0], 1);
      assert_does_not_hold (members, N_MEMBERS, GF_RETURN_WHEN_FIRST_EXCEPTION);
      /* to be cancelled is not to fail */
      gf_future_cancel (GF_FUTURE (members[1]));
      assert_does_not_hold (members, N_MEMBERS, GF_RETURN_WHEN_FIRST_EXCEPTION);
      if (outcome == 0)
        gf_promise_reject_literal (members[3], G_IO_ERROR, G_IO_ERROR_FAILED, "x");
      else
        {
          gf_promise_resolve_int (members[3], 1);
          assert_does_not_hold (members, N_MEMBERS, GF_RETURN_WHEN_FIRST_EXCEPTION);
          gf_promise_resolve_int (members[2], 1);
        }
      assert_holds (members, N_MEMBERS, GF_RETURN_WHEN_FIRST_EXCEPTION);
      members_clear (members, N_MEMBERS);
    }
}

static void
test_first_exception_by_timeout (void)
{
  GfPromise *members[2];

  members_init (members, 2);
  gf_future_set_timeout (GF_FUTURE (members[1]), 1);
  g_assert_true (gf_wait ((GfFuture **) members, 2, GF_RETURN_WHEN_FIRST_EXCEPTION, -1, NULL, NULL));
  test_assert_failed (members[1], G_IO_ERROR, G_IO_ERROR_TIMED_OUT);
  test_assert_state (members[0], PENDING);
  members_clear (members, 2);
}

static void
test_of_none (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (whens); i++)
    assert_holds (NULL, 0, whens[i]);
}

static void
test_twice_is_an_error (void)
{
  g_autoptr (GfPromise) a = gf_promise_new ();
  g_autoptr (GfFuture) b = gf_future_new_for_int (1);
  GfFuture *members[] = { b, GF_FUTURE (a), GF_FUTURE (a) };

  for (guint i = 0; i < G_N_ELEMENTS (whens); i++)
    for (gint64 timeout = -1; timeout <= 1; timeout++)
      {
        g_autoptr (GError) error = NULL;

        g_assert_false (gf_wait (members, 3, whens[i], timeout, NULL, &error));
        g_assert_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT);
      }
}

static void
test_cancellable (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (whens); i++)
    {
      g_autoptr (GCancellable) cancellable = g_cancellable_new ();
      g_autoptr (GError) error = NULL;
      GfPromise *members[N_MEMBERS];
      GThread *thread = g_thread_new ("cancel", test_cancel_cancellable_thread, cancellable);

      members_init (members, N_MEMBERS);
      g_assert_false (gf_wait ((GfFuture **) members, N_MEMBERS, whens[i], -1, cancellable, &error));
      g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
      g_thread_join (thread);
      for (guint k = 0; k < N_MEMBERS; k++)
        test_assert_state (members[k], PENDING);
      g_assert_cmpuint (G_OBJECT (cancellable)->ref_count, ==, 1);
      members_clear (members, N_MEMBERS);
    }
}

static gpointer
settle_in_turn_thread (gpointer data)
{
  GfPromise **members = data;

  for (guint i = N_MEMBERS; i-- > 0;)
    {
      g_thread_yield ();
      if (i == 1)
        gf_promise_reject_literal (members[i], G_IO_ERROR, G_IO_ERROR_FAILED, "x");
      else
        gf_promise_resolve_int (members[i], 1);
    }
  return NULL;
}

static void
test_woken_by_a_thread (void)
{
  for (guint i = 0; i < 3 * test_rounds (300); i++)
    {
      GfReturnWhen when = whens[i % 3];
      GfPromise *members[N_MEMBERS];
      GThread *thread;

      members_init (members, N_MEMBERS);
      thread = g_thread_new ("settle", settle_in_turn_thread, members);
      g_assert_true (gf_wait ((GfFuture **) members, N_MEMBERS, when, i % 2 ? -1 : TEST_DEADLINE_US, NULL, NULL));
      if (when == GF_RETURN_WHEN_ALL_COMPLETED)
        for (guint k = 0; k < N_MEMBERS; k++)
          g_assert_true (gf_future_is_done (GF_FUTURE (members[k])));
      else if (when == GF_RETURN_WHEN_FIRST_COMPLETED)
        g_assert_true (gf_future_is_done (GF_FUTURE (members[N_MEMBERS - 1])));
      else
        test_assert_state (members[1], FAILED);
      g_thread_join (thread);
      for (guint k = 0; k < N_MEMBERS; k++)
        g_object_unref (members[k]);
    }
  test_drain ();
}

typedef struct
{
  GfPromise **members;
  GfReturnWhen when;
} WaitFor;

static gpointer
wait_thread (gpointer data)
{
  WaitFor *self = data;
  g_autoptr (GError) error = NULL;

  g_assert_true (gf_wait ((GfFuture **) self->members, N_MEMBERS, self->when, -1, NULL, &error));
  g_assert_no_error (error);
  return NULL;
}

static void
test_several_waits (void)
{
  GfPromise *members[N_MEMBERS];
  WaitFor wait_for[9];
  GThread *threads[9];

  members_init (members, N_MEMBERS);
  for (guint i = 0; i < 9; i++)
    {
      wait_for[i] = (WaitFor) { members, whens[i % 3] };
      threads[i] = g_thread_new ("wait", wait_thread, &wait_for[i]);
    }
  settle_in_turn_thread (members);
  for (guint i = 0; i < 9; i++)
    g_thread_join (threads[i]);
  members_clear (members, N_MEMBERS);
}

static void
test_leaves_nothing_behind (void)
{
  g_autoptr (GfPromise) source = gf_promise_new ();
  GfFuture *future = GF_FUTURE (source);
  Step step = { 0 };
  g_autoptr (GfFuture) derived = step_then (source, &step);
  guint ref_count = G_OBJECT (source)->ref_count;

  for (guint i = 0; i < 1000; i++)
    g_assert_false (gf_wait (&future, 1, whens[i % 3], i % 2, NULL, NULL));
  test_drain ();
  g_assert_cmpuint (G_OBJECT (source)->ref_count, ==, ref_count);
  g_assert_true (gf_future_cancel (derived));
  test_assert_state (source, CANCELLED);
  test_drain ();
}

static void
test_dropped_promise_breaks_after_a_wait (void)
{
  GfPromise *source = gf_promise_new ();
  GfFuture *future = GF_FUTURE (source);
  Step step = { 0 };
  g_autoptr (GfFuture) derived = step_catch (source, &step);

  for (guint i = 0; i < G_N_ELEMENTS (whens); i++)
    g_assert_false (gf_wait (&future, 1, whens[i], 1, NULL, NULL));
  g_assert_false (gf_future_wait (future, 1, NULL, NULL));
  g_object_unref (source);
  test_turn_until_done (derived);
  g_assert_cmpuint (step.n_calls, ==, 1);
  test_drain ();
}

static void
wait_for_itself_task (GfPromise  *promise,
                      gpointer    other,
                      GError    **error)
{
  GfFuture *members[] = { other, GF_FUTURE (promise) };

  if (gf_wait (members, 2, GF_RETURN_WHEN_ALL_COMPLETED, -1, NULL, error))
    g_assert_not_reached ();
}

static void
test_for_oneself_is_an_error (void)
{
  g_autoptr (GfExecutor) pool = gf_thread_pool_executor_new (1);
  g_autoptr (GfFuture) other = gf_future_new_for_int (1);
  g_autoptr (GfFuture) task = gf_executor_submit (pool, wait_for_itself_task, other, NULL);

  g_assert_true (gf_future_wait (task, -1, NULL, NULL));
  test_assert_failed (task, GF_FUTURE_ERROR, GF_FUTURE_ERROR_INVALID_STATE);
  gf_executor_shutdown (pool, TRUE, FALSE);
}

static void
resolve_task (GfPromise  *promise,
              gpointer    data,
              GError    **error)
{
  gf_promise_resolve_int (promise, GPOINTER_TO_INT (data));
}

typedef struct
{
  GfExecutor *pool;
  guint depth;
} Fork;

/* Waits for children that wait for theirs. */
static void
fork_task (GfPromise  *promise,
           gpointer    data,
           GError    **error)
{
  Fork *self = data;
  Fork child = { self->pool, self->depth - 1 };
  GfFuture *children[3];
  int sum = 1;

  if (self->depth > 0)
    {
      for (guint i = 0; i < 3; i++)
        children[i] = gf_executor_submit (self->pool, fork_task, &child, NULL);
      g_assert_true (gf_wait (children, 3, GF_RETURN_WHEN_ALL_COMPLETED, -1, NULL, error));
      for (guint i = 0; i < 3; i++)
        {
          sum += gf_future_get_int (children[i], NULL);
          g_object_unref (children[i]);
        }
    }
  gf_promise_resolve_int (promise, sum);
}

static void
test_in_tasks_of_the_only_worker (void)
{
  for (guint n = 1; n <= 4; n += 3)
    {
      g_autoptr (GfExecutor) pool = gf_thread_pool_executor_new (n);
      Fork fork = { pool, 4 };
      g_autoptr (GfFuture) task = gf_executor_submit (pool, fork_task, &fork, NULL);

      g_assert_true (gf_future_wait (task, TEST_DEADLINE_US, NULL, NULL));
      test_assert_int (task, 121);
      gf_executor_shutdown (pool, TRUE, FALSE);
    }
}

static void
first_task (GfPromise  *promise,
            gpointer    pool,
            GError    **error)
{
  g_autoptr (GfPromise) never = gf_promise_new ();
  g_autoptr (GfFuture) child = gf_executor_submit (pool, resolve_task, GINT_TO_POINTER (1), NULL);
  GfFuture *members[] = { GF_FUTURE (never), child };

  g_assert_true (gf_wait (members, 2, GF_RETURN_WHEN_FIRST_COMPLETED, -1, NULL, error));
  test_assert_int (child, 1);
}

static void
test_for_the_first_in_a_task_of_the_only_worker (void)
{
  g_autoptr (GfExecutor) pool = gf_thread_pool_executor_new (1);
  g_autoptr (GfFuture) task = gf_executor_submit (pool, first_task, pool, NULL);

  g_assert_true (gf_future_wait (task, TEST_DEADLINE_US, NULL, NULL));
  test_assert_no_value (task);
  gf_executor_shutdown (pool, TRUE, FALSE);
}

static void
flag_handler (GfFuture *future,
              gboolean *flag)
{
  *flag = TRUE;
}

static void
test_runs_no_handler (void)
{
  GfPromise *members[N_MEMBERS];
  gboolean idle = FALSE, done = FALSE;
  GThread *thread;

  members_init (members, N_MEMBERS);
  g_idle_add_full (G_PRIORITY_HIGH, test_flag_cb, &idle, NULL);
  g_signal_connect (members[0], "done", G_CALLBACK (flag_handler), &done);
  thread = g_thread_new ("settle", settle_in_turn_thread, members);
  g_assert_true (gf_wait ((GfFuture **) members, N_MEMBERS, GF_RETURN_WHEN_ALL_COMPLETED, -1, NULL, NULL));
  g_assert_false (idle);
  g_assert_false (done);
  g_thread_join (thread);
  test_turn_until (idle && done);
  members_clear (members, N_MEMBERS);
}

static void
test_many (void)
{
  guint n = TEST_IS_SLOW ? 10000 : 100000;
  g_autoptr (GfExecutor) pool = gf_thread_pool_executor_new (2);
  GfFuture **members = g_new (GfFuture *, n);

  for (guint i = 0; i < n; i++)
    members[i] = gf_executor_submit (pool, resolve_task, GUINT_TO_POINTER (i), NULL);
  for (guint i = 0; i < G_N_ELEMENTS (whens); i++)
    g_assert_true (gf_wait (members, n, whens[2 - i], -1, NULL, NULL));
  for (guint i = 0; i < n; i++)
    {
      test_assert_int (members[i], (int) i);
      g_object_unref (members[i]);
    }
  g_free (members);
  gf_executor_shutdown (pool, TRUE, FALSE);
  test_drain ();
}

static void
test_until_none_is_left (void)
{
  /* as programs do it: wait for the first, look which, go on with the rest */
  g_autoptr (GfExecutor) pool = gf_thread_pool_executor_new (2);
  g_autoptr (GPtrArray) left = g_ptr_array_new_with_free_func (g_object_unref);
  guint n = 500, n_seen = 0;

  for (guint i = 0; i < n; i++)
    g_ptr_array_add (left, gf_executor_submit (pool, resolve_task, GUINT_TO_POINTER (i), NULL));
  while (left->len > 0)
    {
      guint before = left->len;

      g_assert_true (gf_wait ((GfFuture **) left->pdata, left->len, GF_RETURN_WHEN_FIRST_COMPLETED, -1, NULL, NULL));
      for (guint i = left->len; i-- > 0;)
        if (gf_future_is_done (g_ptr_array_index (left, i)))
          g_ptr_array_remove_index_fast (left, i);
      g_assert_cmpuint (left->len, <, before);
      n_seen += before - left->len;
    }
  g_assert_cmpuint (n_seen, ==, n);
  gf_executor_shutdown (pool, TRUE, FALSE);
  test_drain ();
}

typedef struct
{
  TestBarrier barrier;
  guint n;
  GfPromise *members[N_MEMBERS];
} Race;

static gpointer
race_thread (gpointer data)
{
  Race *self = data;

  for (guint i = 0; i < self->n; i++)
    {
      test_barrier_wait (&self->barrier);
      settle_in_turn_thread (self->members);
      test_barrier_wait (&self->barrier);
    }
  return NULL;
}

static void
test_stress_timeout_against_settle (void)
{
  Race race = { .barrier = { 2, 0, 0 }, .n = test_rounds (5000) };
  GThread *thread = g_thread_new ("settle", race_thread, &race);

  for (guint i = 0; i < race.n; i++)
    {
      g_autoptr (GError) error = NULL;
      gboolean held;

      members_init (race.members, N_MEMBERS);
      test_barrier_wait (&race.barrier);
      held = gf_wait ((GfFuture **) race.members, N_MEMBERS, whens[i % 3], i % 20, NULL, &error);
      g_assert_true (held == (error == NULL));
      test_barrier_wait (&race.barrier);
      assert_holds (race.members, N_MEMBERS, whens[i % 3]);
      for (guint k = 0; k < N_MEMBERS; k++)
        g_object_unref (race.members[k]);
      if (i % 64 == 0)
        test_drain ();
    }
  g_thread_join (thread);
  test_drain ();
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

#define ADD(path, name) g_test_add_func ("/wait/" path, test_##name)
  ADD ("all-completed", all_completed);
  ADD ("first-completed", first_completed);
  ADD ("first-exception", first_exception);
  ADD ("first-exception-by-timeout", first_exception_by_timeout);
  ADD ("of-none", of_none);
  ADD ("twice-is-an-error", twice_is_an_error);
  ADD ("cancellable", cancellable);
  ADD ("woken-by-a-thread", woken_by_a_thread);
  ADD ("several-waits", several_waits);
  ADD ("leaves-nothing-behind", leaves_nothing_behind);
  ADD ("dropped-promise-breaks-after-a-wait", dropped_promise_breaks_after_a_wait);
  ADD ("for-oneself-is-an-error", for_oneself_is_an_error);
  ADD ("in-tasks-of-the-only-worker", in_tasks_of_the_only_worker);
  ADD ("for-the-first-in-a-task-of-the-only-worker", for_the_first_in_a_task_of_the_only_worker);
  ADD ("runs-no-handler", runs_no_handler);
  ADD ("many", many);
  ADD ("until-none-is-left", until_none_is_left);
  ADD ("stress/timeout-against-settle", stress_timeout_against_settle);
#undef ADD

  return g_test_run ();
}

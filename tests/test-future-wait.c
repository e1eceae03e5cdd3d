/* test-future-wait.c - waiting for a future
 *
 * Blocking, turning the home context, and without either.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "gf-test.h"

/* Helpers */

static void
count_cb (GfFuture *future,
          gpointer  counter)
{
  ++*(guint *) counter;
}

static void
answer_task (GfPromise  *promise,
             gpointer    user_data,
             GError    **error)
{
  gf_promise_resolve_int (promise, 42);
}

static gpointer
settle_thread (gpointer promise)
{
  gf_promise_resolve_int (promise, 42);
  return NULL;
}

/* Waiting */

static void
test_future_wait_zero_polls (void)
{
  g_autoptr (GfPromise) promise = gf_promise_new ();
  g_autoptr (GError) error = NULL;

  g_assert_false (gf_future_wait (GF_FUTURE (promise), 0, NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT);
  g_clear_error (&error);
  g_assert_cmpint (gf_future_get_state (GF_FUTURE (promise)), ==, GF_FUTURE_STATE_PENDING);

  gf_promise_resolve_int (promise, 1);
  g_assert_true (gf_future_wait (GF_FUTURE (promise), 0, NULL, &error));
  g_assert_no_error (error);
}

static void
test_future_wait_times_out (void)
{
  g_autoptr (GfPromise) promise = gf_promise_new ();
  g_autoptr (GError) error = NULL;
  gint64 start = g_get_monotonic_time ();

  g_assert_false (gf_future_wait (GF_FUTURE (promise), 5000, NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT);
  g_assert_cmpint (g_get_monotonic_time () - start, >=, 5000);
  g_assert_false (gf_future_is_done (GF_FUTURE (promise)));
}

static void
test_future_wait_for_ever_is_woken (void)
{
  g_autoptr (GfPromise) promise = gf_promise_new ();
  g_autoptr (GError) error = NULL;
  GThread *thread = g_thread_new ("settle", settle_thread, promise);

  g_assert_true (gf_future_wait (GF_FUTURE (promise), -1, NULL, &error));
  g_assert_no_error (error);
  g_assert_cmpint (gf_future_get_int (GF_FUTURE (promise), NULL), ==, 42);
  g_thread_join (thread);
}

static void
test_future_wait_with_timeout_is_woken (void)
{
  g_autoptr (GfPromise) promise = gf_promise_new ();
  g_autoptr (GError) error = NULL;
  GThread *thread = g_thread_new ("settle", settle_thread, promise);

  g_assert_true (gf_future_wait (GF_FUTURE (promise), TEST_DEADLINE_US, NULL, &error));
  g_assert_no_error (error);
  g_thread_join (thread);
}

static void
test_future_wait_is_true_for_any_outcome (void)
{
  g_autoptr (GfFuture) failed = gf_future_new_for_error (g_error_new_literal (G_IO_ERROR, G_IO_ERROR_FAILED, "f"));
  g_autoptr (GfPromise) cancelled = gf_promise_new ();
  g_autoptr (GError) error = NULL;

  gf_future_cancel (GF_FUTURE (cancelled));
  g_assert_true (gf_future_wait (failed, -1, NULL, &error));
  g_assert_no_error (error);
  g_assert_true (gf_future_wait (GF_FUTURE (cancelled), -1, NULL, &error));
  g_assert_no_error (error);
}

static gpointer
cancel_thread (gpointer cancellable)
{
  g_cancellable_cancel (cancellable);
  return NULL;
}

static void
test_future_wait_is_cancellable (void)
{
  g_autoptr (GfPromise) promise = gf_promise_new ();
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GError) error = NULL;
  GThread *thread = g_thread_new ("cancel", cancel_thread, cancellable);

  g_assert_false (gf_future_wait (GF_FUTURE (promise), -1, cancellable, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  /* the wait ended, not the future */
  g_assert_cmpint (gf_future_get_state (GF_FUTURE (promise)), ==, GF_FUTURE_STATE_PENDING);
  g_thread_join (thread);
  g_clear_error (&error);

  g_assert_null (gf_future_result (GF_FUTURE (promise), -1, cancellable, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_assert_cmpuint (G_OBJECT (cancellable)->ref_count, ==, 1);
}

static gpointer
wait_thread (gpointer future)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (gf_future_wait (future, -1, NULL, &error));
  g_assert_no_error (error);
  return NULL;
}

static void
test_future_wait_wakes_every_waiter (void)
{
  g_autoptr (GfPromise) promise = gf_promise_new ();
  GThread *threads[8];

  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    threads[i] = g_thread_new ("wait", wait_thread, promise);
  gf_promise_resolve_int (promise, 1);
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    g_thread_join (threads[i]);
}

static void
test_future_wait_runs_no_handler (void)
{
  /* "A wait is no nested main loop" */
  g_autoptr (GfPromise) promise = gf_promise_new ();
  gboolean idle = FALSE;
  guint n_done = 0;
  GThread *thread;

  g_idle_add_full (G_PRIORITY_HIGH, test_flag_cb, &idle, NULL);
  g_signal_connect (promise, "done", G_CALLBACK (count_cb), &n_done);
  thread = g_thread_new ("settle", settle_thread, promise);
  g_assert_true (gf_future_wait (GF_FUTURE (promise), -1, NULL, NULL));
  g_assert_false (idle);
  g_assert_cmpuint (n_done, ==, 0);
  g_thread_join (thread);
  test_turn_until (n_done == 1);
  g_assert_true (idle);
}

static void
wait_for_oneself_task (GfPromise  *promise,
                       gpointer    user_data,
                       GError    **error)
{
  if (gf_future_wait (GF_FUTURE (promise), -1, NULL, error))
    g_assert_not_reached ();
}

static void
test_future_wait_for_oneself_is_an_error (void)
{
  g_autoptr (GfExecutor) pool = gf_thread_pool_executor_new (1);
  g_autoptr (GfFuture) future = gf_executor_submit (pool, wait_for_oneself_task, NULL, NULL);
  g_autoptr (GfFuture) inlined = NULL;

  g_assert_true (gf_future_wait (future, -1, NULL, NULL));
  g_assert_error (gf_future_get_error (future), GF_FUTURE_ERROR, GF_FUTURE_ERROR_INVALID_STATE);

  inlined = gf_executor_submit (gf_inline_executor_get (), wait_for_oneself_task, NULL, NULL);
  g_assert_error (gf_future_get_error (inlined), GF_FUTURE_ERROR, GF_FUTURE_ERROR_INVALID_STATE);
}

static void
test_future_result_waits_and_gets (void)
{
  g_autoptr (GfExecutor) pool = gf_thread_pool_executor_new (1);
  g_autoptr (GfFuture) future = gf_executor_submit (pool, answer_task, NULL, NULL);
  g_autoptr (GfFuture) failed = gf_future_new_for_error (g_error_new_literal (G_IO_ERROR, G_IO_ERROR_CLOSED, "c"));
  g_autoptr (GfPromise) pending = gf_promise_new ();
  g_autoptr (GError) error = NULL;
  const GValue *value = gf_future_result (future, -1, NULL, &error);

  g_assert_no_error (error);
  g_assert_cmpint (g_value_get_int (value), ==, 42);

  g_assert_null (gf_future_result (failed, -1, NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CLOSED);
  g_clear_error (&error);

  g_assert_null (gf_future_result (GF_FUTURE (pending), 0, NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT);
}

/* run_until_done */

static void
test_future_run_until_done_turns_the_home_context (void)
{
  g_autoptr (GfExecutor) executor = gf_main_context_executor_new (NULL);
  g_autoptr (GfFuture) future = gf_executor_submit (executor, answer_task, NULL, NULL);
  g_autoptr (GError) error = NULL;

  /* the task itself needs this loop */
  g_assert_true (gf_future_run_until_done (future, NULL, &error));
  g_assert_no_error (error);
  g_assert_cmpint (gf_future_get_int (future, NULL), ==, 42);
}

static void
test_future_run_until_done_is_woken_by_a_worker (void)
{
  g_autoptr (GfPromise) promise = gf_promise_new ();
  g_autoptr (GError) error = NULL;
  GThread *thread = g_thread_new ("settle", settle_thread, promise);

  /* nobody else makes the context turn */
  g_assert_true (gf_future_run_until_done (GF_FUTURE (promise), NULL, &error));
  g_assert_no_error (error);
  g_thread_join (thread);
}

static void
test_future_run_until_done_of_a_failed_one (void)
{
  g_autoptr (GfFuture) future = gf_future_new_for_error (g_error_new_literal (G_IO_ERROR, G_IO_ERROR_FAILED, "f"));
  g_autoptr (GError) error = NULL;

  g_assert_true (gf_future_run_until_done (future, NULL, &error));
  g_assert_no_error (error);
}

static gboolean
cancel_idle_cb (gpointer cancellable)
{
  g_cancellable_cancel (cancellable);
  return G_SOURCE_REMOVE;
}

static void
test_future_run_until_done_is_cancellable (void)
{
  g_autoptr (GfPromise) promise = gf_promise_new ();
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GError) error = NULL;
  GThread *thread;

  g_idle_add (cancel_idle_cb, cancellable);
  g_assert_false (gf_future_run_until_done (GF_FUTURE (promise), cancellable, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_assert_false (gf_future_is_done (GF_FUTURE (promise)));
  g_clear_error (&error);

  /* from another thread */
  g_cancellable_reset (cancellable);
  thread = g_thread_new ("cancel", cancel_thread, cancellable);
  g_assert_false (gf_future_run_until_done (GF_FUTURE (promise), cancellable, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_thread_join (thread);
}

/* result_async */

typedef struct
{
  guint n_calls;
  GError *error;
  int value;
  GThread *thread;
} AsyncResult;

static void
result_cb (GObject      *source,
           GAsyncResult *result,
           gpointer      data)
{
  AsyncResult *self = data;
  const GValue *value = gf_future_result_finish (GF_FUTURE (source), result, &self->error);

  self->n_calls++;
  self->thread = g_thread_self ();
  g_assert_true ((value == NULL) == (self->error != NULL));
  if (value && G_VALUE_HOLDS_INT (value))
    self->value = g_value_get_int (value);
}

static void
test_future_result_async_gives_the_value (void)
{
  g_autoptr (GfExecutor) pool = gf_thread_pool_executor_new (1);
  g_autoptr (GfFuture) future = gf_executor_submit (pool, answer_task, NULL, NULL);
  AsyncResult result = { 0, NULL, 0, NULL };

  gf_future_result_async (future, NULL, result_cb, &result);
  test_turn_until (result.n_calls > 0);
  test_drain ();
  g_assert_cmpuint (result.n_calls, ==, 1);
  g_assert_no_error (result.error);
  g_assert_cmpint (result.value, ==, 42);
  g_assert_true (result.thread == g_thread_self ());
}

static void
test_future_result_async_of_a_settled_one_returns_first (void)
{
  g_autoptr (GfFuture) future = gf_future_new_for_int (7);
  AsyncResult result = { 0, NULL, 0, NULL };

  gf_future_result_async (future, NULL, result_cb, &result);
  g_assert_cmpuint (result.n_calls, ==, 0);
  test_turn_until (result.n_calls > 0);
  g_assert_cmpint (result.value, ==, 7);
}

static void
test_future_result_async_gives_the_error (void)
{
  g_autoptr (GfPromise) promise = gf_promise_new ();
  AsyncResult result = { 0, NULL, 0, NULL };

  gf_future_result_async (GF_FUTURE (promise), NULL, result_cb, &result);
  gf_promise_reject_literal (promise, G_IO_ERROR, G_IO_ERROR_BUSY, "busy");
  test_turn_until (result.n_calls > 0);
  g_assert_error (result.error, G_IO_ERROR, G_IO_ERROR_BUSY);
  g_clear_error (&result.error);
}

static void
test_future_result_async_is_cancellable (void)
{
  g_autoptr (GfPromise) promise = gf_promise_new ();
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  AsyncResult result = { 0, NULL, 0, NULL };

  gf_future_result_async (GF_FUTURE (promise), cancellable, result_cb, &result);
  g_cancellable_cancel (cancellable);
  g_assert_cmpuint (result.n_calls, ==, 0);
  test_turn_until (result.n_calls > 0);
  g_assert_error (result.error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_clear_error (&result.error);
  g_assert_cmpint (gf_future_get_state (GF_FUTURE (promise)), ==, GF_FUTURE_STATE_PENDING);

  /* and the settling that comes later calls nobody */
  gf_promise_resolve_int (promise, 1);
  test_drain ();
  g_assert_cmpuint (result.n_calls, ==, 1);
  g_assert_cmpuint (G_OBJECT (cancellable)->ref_count, ==, 1);
  g_assert_finalize_object (g_steal_pointer (&promise));
}

static void
test_future_result_async_with_a_cancelled_cancellable (void)
{
  g_autoptr (GfPromise) promise = gf_promise_new ();
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  AsyncResult result = { 0, NULL, 0, NULL };

  g_cancellable_cancel (cancellable);
  gf_future_result_async (GF_FUTURE (promise), cancellable, result_cb, &result);
  g_assert_cmpuint (result.n_calls, ==, 0);
  test_turn_until (result.n_calls > 0);
  g_assert_error (result.error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_clear_error (&result.error);
}

static void
test_future_result_async_calls_back_in_the_callers_context (void)
{
  g_autoptr (GMainContext) context = g_main_context_new ();
  g_autoptr (GfPromise) promise = gf_promise_new ();
  AsyncResult result = { 0, NULL, 0, NULL };

  g_main_context_push_thread_default (context);
  gf_future_result_async (GF_FUTURE (promise), NULL, result_cb, &result);
  g_main_context_pop_thread_default (context);
  gf_promise_resolve_int (promise, 1);
  test_drain ();
  g_assert_cmpuint (result.n_calls, ==, 0);
  test_turn_until_in (context, result.n_calls == 1);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

#define ADD(path, name) g_test_add_func ("/future/" path, test_future_##name)
  ADD ("wait/zero-polls", wait_zero_polls);
  ADD ("wait/times-out", wait_times_out);
  ADD ("wait/for-ever-is-woken", wait_for_ever_is_woken);
  ADD ("wait/with-timeout-is-woken", wait_with_timeout_is_woken);
  ADD ("wait/is-true-for-any-outcome", wait_is_true_for_any_outcome);
  ADD ("wait/is-cancellable", wait_is_cancellable);
  ADD ("wait/wakes-every-waiter", wait_wakes_every_waiter);
  ADD ("wait/runs-no-handler", wait_runs_no_handler);
  ADD ("wait/for-oneself-is-an-error", wait_for_oneself_is_an_error);
  ADD ("wait/result-waits-and-gets", result_waits_and_gets);

  ADD ("run-until-done/turns-the-home-context", run_until_done_turns_the_home_context);
  ADD ("run-until-done/is-woken-by-a-worker", run_until_done_is_woken_by_a_worker);
  ADD ("run-until-done/of-a-failed-one", run_until_done_of_a_failed_one);
  ADD ("run-until-done/is-cancellable", run_until_done_is_cancellable);

  ADD ("result-async/gives-the-value", result_async_gives_the_value);
  ADD ("result-async/of-a-settled-one-returns-first", result_async_of_a_settled_one_returns_first);
  ADD ("result-async/gives-the-error", result_async_gives_the_error);
  ADD ("result-async/is-cancellable", result_async_is_cancellable);
  ADD ("result-async/with-a-cancelled-cancellable", result_async_with_a_cancelled_cancellable);
  ADD ("result-async/calls-back-in-the-callers-context", result_async_calls_back_in_the_callers_context);
#undef ADD

  return g_test_run ();
}

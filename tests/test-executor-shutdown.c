/* test-executor-shutdown.c - the end of every kind of executor
 *
 * Shutting down in all its forms, and dropping the last reference.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "test-executors.h"

/* Tasks */

static void
gated_task (GfPromise  *promise,
            gpointer    data,
            GError    **error)
{
  Fixture *self = data;

  g_atomic_int_inc (&self->n_runs);
  test_gate_pass (&self->gate);
}

static void
counting_task (GfPromise  *promise,
               gpointer    data,
               GError    **error)
{
  Fixture *self = data;

  g_atomic_int_inc (&self->n_runs);
}

static void
answer_task (GfPromise  *promise,
             gpointer    data,
             GError    **error)
{
  g_assert_true (gf_promise_get_current () == promise);
  gf_promise_resolve_int (promise, 42);
}

static void
refused_task (GfPromise  *promise,
              gpointer    data,
              GError    **error)
{
  g_assert_not_reached ();
}

/* Named functions */

static GVariant *
square (GVariant   *arguments,
        GfPromise  *promise,
        gpointer    user_data,
        GError    **error)
{
  gint32 x = g_variant_get_int32 (arguments);

  return g_variant_new_int32 (x * x);
}

static GVariant *
add (GVariant   *arguments,
     GfPromise  *promise,
     gpointer    user_data,
     GError    **error)
{
  gint32 a, b;

  g_assert_cmpstr (user_data, ==, "data of add");
  g_variant_get (arguments, "(ii)", &a, &b);
  return g_variant_new_int32 (a + b);
}

static GVariant *
int_array (gint32 n)
{
  GVariantBuilder builder;

  g_variant_builder_init (&builder, G_VARIANT_TYPE ("ai"));
  for (gint32 i = 0; i < n; i++)
    g_variant_builder_add (&builder, "i", i);
  return g_variant_builder_end (&builder);
}

static void
done_cb (GfFuture *future,
         gpointer  counter)
{
  g_assert_true (gf_future_is_done (future));
  ++*(guint *) counter;
}

/* shutdown */

static void
assert_takes_no_more (Fixture *self)
{
  g_autoptr (GfFuture) submitted = NULL;
  g_autoptr (GfFuture) called = NULL;
  g_autoptr (GfFuture) mapped = NULL;
  guint n_finalized = test_record_get_n_finalized (&self->record);

  submitted = gf_executor_submit (self->executor, refused_task, test_witness_new (&self->record), g_object_unref);
  called = gf_executor_call (self->executor, "test.add", g_variant_new ("(ii)", 1, 1));
  mapped = gf_executor_map (self->executor, "test.square", int_array (10), 0);
  g_assert_true (gf_future_is_done (submitted));
  g_assert_error (gf_future_get_error (submitted), GF_FUTURE_ERROR, GF_FUTURE_ERROR_SHUT_DOWN);
  g_assert_true (gf_future_is_done (called));
  g_assert_error (gf_future_get_error (called), GF_FUTURE_ERROR, GF_FUTURE_ERROR_SHUT_DOWN);
  settle (mapped);
  g_assert_error (gf_future_get_error (mapped), GF_FUTURE_ERROR, GF_FUTURE_ERROR_SHUT_DOWN);
  test_turn_until (test_record_get_n_finalized (&self->record) == n_finalized + 1);
}

static void
test_shutdown_then_submit_fails (Fixture      *self,
                                 gconstpointer data)
{
  g_autoptr (GfFuture) future = NULL;
  guint n_done = 0;

  gf_executor_shutdown (self->executor, FALSE, FALSE);
  assert_takes_no_more (self);
  /* such a future emits done as every other one does */
  future = gf_executor_submit (self->executor, counting_task, self, NULL);
  g_signal_connect (future, "done", G_CALLBACK (done_cb), &n_done);
  g_assert_cmpuint (n_done, ==, 0);
  test_turn_until (n_done == 1);
  test_drain ();
  g_assert_cmpuint (n_done, ==, 1);
  g_assert_cmpuint (self->n_runs, ==, 0);
}

#define N_QUEUED 20

static gpointer
open_thread (gpointer gate)
{
  test_gate_open (gate);
  return NULL;
}

static void
submit_queued (Fixture  *self,
               GfFuture *futures[N_QUEUED])
{
  futures[0] = gf_executor_submit (self->executor, gated_task, self, NULL);
  test_gate_await (&self->gate, 1);
  for (guint i = 1; i < N_QUEUED; i++)
    futures[i] = gf_executor_submit (self->executor, counting_task, self, NULL);
}

static void
release_queued (GfFuture *futures[N_QUEUED])
{
  for (guint i = 0; i < N_QUEUED; i++)
    g_clear_object (&futures[i]);
}

static void
test_shutdown_wait_runs_what_was_accepted (Fixture      *self,
                                           gconstpointer data)
{
  GfFuture *futures[N_QUEUED];
  GThread *thread;

  submit_queued (self, futures);
  thread = g_thread_new ("open", open_thread, &self->gate);
  gf_executor_shutdown (self->executor, TRUE, FALSE);
  g_assert_cmpuint (g_atomic_int_get (&self->n_runs), ==, N_QUEUED);
  for (guint i = 0; i < N_QUEUED; i++)
    g_assert_cmpint (gf_future_get_state (futures[i]), ==, GF_FUTURE_STATE_SUCCEEDED);
  g_assert_cmpuint (gf_executor_get_n_pending (self->executor), ==, 0);
  g_assert_cmpuint (gf_executor_get_n_running (self->executor), ==, 0);
  g_thread_join (thread);
  assert_takes_no_more (self);
  release_queued (futures);
}

static void
test_shutdown_without_wait_returns_at_once (Fixture      *self,
                                            gconstpointer data)
{
  GfFuture *futures[N_QUEUED];

  submit_queued (self, futures);
  gf_executor_shutdown (self->executor, FALSE, FALSE);
  g_assert_false (gf_future_is_done (futures[0]));
  test_gate_open (&self->gate);
  for (guint i = 0; i < N_QUEUED; i++)
    {
      settle (futures[i]);
      g_assert_cmpint (gf_future_get_state (futures[i]), ==, GF_FUTURE_STATE_SUCCEEDED);
    }
  g_assert_cmpuint (g_atomic_int_get (&self->n_runs), ==, N_QUEUED);
  release_queued (futures);
}

static void
test_shutdown_cancels_the_pending (Fixture      *self,
                                   gconstpointer data)
{
  GfFuture *futures[N_QUEUED];

  submit_queued (self, futures);
  gf_executor_shutdown (self->executor, FALSE, TRUE);
  for (guint i = 1; i < N_QUEUED; i++)
    {
      g_assert_true (gf_future_wait (futures[i], -1, NULL, NULL));
      g_assert_cmpint (gf_future_get_state (futures[i]), ==, GF_FUTURE_STATE_CANCELLED);
    }
  /* not the running one, as in Python */
  g_assert_true (gf_future_is_running (futures[0]));
  test_gate_open (&self->gate);
  settle (futures[0]);
  g_assert_cmpint (gf_future_get_state (futures[0]), ==, GF_FUTURE_STATE_SUCCEEDED);
  g_assert_cmpuint (g_atomic_int_get (&self->n_runs), ==, 1);
  release_queued (futures);
}

static void
test_shutdown_wait_and_cancel (Fixture      *self,
                               gconstpointer data)
{
  GfFuture *futures[N_QUEUED];
  GThread *thread;

  submit_queued (self, futures);
  /* the second shutdown cancels what the first one left */
  gf_executor_shutdown (self->executor, FALSE, FALSE);
  g_assert_false (gf_future_is_done (futures[1]));
  gf_executor_shutdown (self->executor, FALSE, TRUE);
  g_assert_true (gf_future_wait (futures[1], -1, NULL, NULL));
  thread = g_thread_new ("open", open_thread, &self->gate);
  gf_executor_shutdown (self->executor, TRUE, TRUE);
  g_assert_cmpint (gf_future_get_state (futures[0]), ==, GF_FUTURE_STATE_SUCCEEDED);
  for (guint i = 1; i < N_QUEUED; i++)
    g_assert_cmpint (gf_future_get_state (futures[i]), ==, GF_FUTURE_STATE_CANCELLED);
  g_assert_cmpuint (g_atomic_int_get (&self->n_runs), ==, 1);
  g_thread_join (thread);
  release_queued (futures);
}

static void
test_shutdown_waits_for_a_cancelled_function (Fixture      *self,
                                              gconstpointer data)
{
  /* "shutdown (wait) … count functions that have not returned, not futures that
   * have settled" */
  g_autoptr (GfFuture) future = gf_executor_submit (self->executor, gated_task, self, NULL);
  GThread *thread;

  test_gate_await (&self->gate, 1);
  gf_future_cancel (future);
  thread = g_thread_new ("open", open_thread, &self->gate);
  gf_executor_shutdown (self->executor, TRUE, FALSE);
  g_mutex_lock (&self->gate.mutex);
  g_assert_true (self->gate.open);
  g_mutex_unlock (&self->gate.mutex);
  g_assert_cmpuint (gf_executor_get_n_running (self->executor), ==, 0);
  g_thread_join (thread);
}

typedef struct
{
  guint n_calls;
  gboolean result;
  GError *error;
} Shutdown;

static void
shutdown_cb (GObject      *source,
             GAsyncResult *result,
             gpointer      data)
{
  Shutdown *self = data;

  self->n_calls++;
  self->result = gf_executor_shutdown_finish (GF_EXECUTOR (source), result, &self->error);
}

static void
test_shutdown_async_tells_when_all_returned (Fixture      *self,
                                             gconstpointer data)
{
  GfFuture *futures[N_QUEUED];
  Shutdown shutdown = { 0, FALSE, NULL };

  submit_queued (self, futures);
  gf_executor_shutdown_async (self->executor, FALSE, NULL, shutdown_cb, &shutdown);
  test_drain ();
  g_assert_cmpuint (shutdown.n_calls, ==, 0);
  assert_takes_no_more (self);
  test_gate_open (&self->gate);
  test_turn_until (shutdown.n_calls > 0);
  g_assert_no_error (shutdown.error);
  g_assert_true (shutdown.result);
  g_assert_cmpuint (g_atomic_int_get (&self->n_runs), ==, N_QUEUED);
  g_assert_cmpuint (gf_executor_get_n_running (self->executor), ==, 0);
  test_drain ();
  g_assert_cmpuint (shutdown.n_calls, ==, 1);
  release_queued (futures);
}

static void
test_shutdown_async_cancels_the_pending (Fixture      *self,
                                         gconstpointer data)
{
  GfFuture *futures[N_QUEUED];
  Shutdown shutdown = { 0, FALSE, NULL };

  submit_queued (self, futures);
  gf_executor_shutdown_async (self->executor, TRUE, NULL, shutdown_cb, &shutdown);
  test_gate_open (&self->gate);
  test_turn_until (shutdown.n_calls > 0);
  g_assert_no_error (shutdown.error);
  g_assert_true (shutdown.result);
  g_assert_cmpuint (g_atomic_int_get (&self->n_runs), ==, 1);
  for (guint i = 1; i < N_QUEUED; i++)
    g_assert_true (gf_future_is_cancelled (futures[i]));
  release_queued (futures);
}

static void
test_shutdown_async_is_cancellable (Fixture      *self,
                                    gconstpointer data)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  GfFuture *futures[N_QUEUED];
  Shutdown shutdown = { 0, FALSE, NULL };

  submit_queued (self, futures);
  gf_executor_shutdown_async (self->executor, FALSE, cancellable, shutdown_cb, &shutdown);
  g_cancellable_cancel (cancellable);
  test_turn_until (shutdown.n_calls > 0);
  g_assert_false (shutdown.result);
  g_assert_error (shutdown.error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_clear_error (&shutdown.error);
  /* the waiting was cancelled, not the shutdown, nor what was accepted */
  assert_takes_no_more (self);
  test_gate_open (&self->gate);
  for (guint i = 0; i < N_QUEUED; i++)
    settle (futures[i]);
  g_assert_cmpuint (g_atomic_int_get (&self->n_runs), ==, N_QUEUED);
  release_queued (futures);
}

static void
test_shutdown_of_an_idle_one_ends (Fixture      *self,
                                   gconstpointer data)
{
  Shutdown shutdown = { 0, FALSE, NULL };

  gf_executor_shutdown_async (self->executor, FALSE, NULL, shutdown_cb, &shutdown);
  g_assert_cmpuint (shutdown.n_calls, ==, 0);
  test_turn_until (shutdown.n_calls > 0);
  g_assert_true (shutdown.result);
  gf_executor_shutdown (self->executor, TRUE, FALSE);
  gf_executor_shutdown (self->executor, TRUE, TRUE);
}

/* the last reference */

static void
drop_executor_task (GfPromise  *promise,
                    gpointer    data,
                    GError    **error)
{
  Fixture *self = data;

  test_gate_pass (&self->gate);
  g_object_unref (g_steal_pointer (&self->executor));
}

static void
test_last_reference_dropped_runs_what_was_accepted (Fixture      *self,
                                                    gconstpointer data)
{
  GfFuture *futures[N_QUEUED];

  submit_queued (self, futures);
  g_clear_object (&self->executor);
  g_assert_false (gf_future_is_done (futures[0]));
  test_gate_open (&self->gate);
  for (guint i = 0; i < N_QUEUED; i++)
    {
      settle (futures[i]);
      g_assert_cmpint (gf_future_get_state (futures[i]), ==, GF_FUTURE_STATE_SUCCEEDED);
    }
  g_assert_cmpuint (g_atomic_int_get (&self->n_runs), ==, N_QUEUED);
  release_queued (futures);
}

static void
test_last_reference_dropped_by_its_own_worker (Fixture      *self,
                                               gconstpointer data)
{
  GfFuture *futures[N_QUEUED];

  futures[0] = gf_executor_submit (self->executor, drop_executor_task, self, NULL);
  test_gate_await (&self->gate, 1);
  for (guint i = 1; i < N_QUEUED; i++)
    futures[i] = gf_executor_submit (self->executor, counting_task, self, NULL);
  test_gate_open (&self->gate);
  for (guint i = 0; i < N_QUEUED; i++)
    {
      settle (futures[i]);
      g_assert_cmpint (gf_future_get_state (futures[i]), ==, GF_FUTURE_STATE_SUCCEEDED);
    }
  g_assert_null (self->executor);
  g_assert_cmpuint (g_atomic_int_get (&self->n_runs), ==, N_QUEUED - 1);
  release_queued (futures);
}

static void
test_idle_executor_dies_with_its_last_reference (Fixture      *self,
                                                 gconstpointer data)
{
  g_autoptr (GfFuture) future = gf_executor_submit (self->executor, answer_task, NULL, NULL);
  GfExecutor *weak = self->executor;

  settle (future);
  if (BIT (self->kind) & ELSEWHERE)
    gf_executor_shutdown (self->executor, TRUE, FALSE);
  g_object_add_weak_pointer (G_OBJECT (weak), (gpointer *) &weak);
  g_clear_object (&future);
  g_clear_object (&self->executor);
  /* a worker may still be on its way out, holding it */
  while (g_atomic_pointer_get (&weak))
    {
      g_main_context_iteration (NULL, FALSE);
      g_thread_yield ();
    }
}

static void
test_inline_executor_is_one (void)
{
  g_assert_true (gf_inline_executor_get () == gf_inline_executor_get ());
  g_assert_true (GF_IS_INLINE_EXECUTOR (gf_inline_executor_get ()));
}

static void
test_function_of_another_case (void)
{
  g_autoptr (GfFuture) future = NULL;

  /* names are told apart by every byte */
  future = gf_executor_call (gf_inline_executor_get (), "Test.Add", g_variant_new ("(ii)", 1, 1));
  g_assert_error (gf_future_get_error (future), GF_FUTURE_ERROR, GF_FUTURE_ERROR_UNKNOWN_FUNCTION);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  gf_function_register ("test.square", square, NULL, NULL);
  gf_function_register ("test.add", add, (gpointer) "data of add", NULL);

  add_for_kinds ("shutdown/then-submit-fails", OWNED, test_shutdown_then_submit_fails);
  add_for_kinds ("shutdown/wait-runs-what-was-accepted", ELSEWHERE, test_shutdown_wait_runs_what_was_accepted);
  add_for_kinds ("shutdown/without-wait-returns-at-once", ELSEWHERE, test_shutdown_without_wait_returns_at_once);
  add_for_kinds ("shutdown/cancels-the-pending", ONE_BY_ONE, test_shutdown_cancels_the_pending);
  add_for_kinds ("shutdown/wait-and-cancel", ONE_BY_ONE, test_shutdown_wait_and_cancel);
  add_for_kinds ("shutdown/waits-for-a-cancelled-function", ELSEWHERE, test_shutdown_waits_for_a_cancelled_function);
  add_for_kinds ("shutdown/async-tells-when-all-returned", ELSEWHERE, test_shutdown_async_tells_when_all_returned);
  add_for_kinds ("shutdown/async-cancels-the-pending", ONE_BY_ONE, test_shutdown_async_cancels_the_pending);
  add_for_kinds ("shutdown/async-is-cancellable", ELSEWHERE, test_shutdown_async_is_cancellable);
  add_for_kinds ("shutdown/of-an-idle-one-ends", OWNED, test_shutdown_of_an_idle_one_ends);

  add_for_kinds ("last-reference/dropped-runs-what-was-accepted", ELSEWHERE, test_last_reference_dropped_runs_what_was_accepted);
  add_for_kinds ("last-reference/dropped-by-its-own-worker", ELSEWHERE, test_last_reference_dropped_by_its_own_worker);
  add_for_kinds ("last-reference/idle-one-dies", OWNED, test_idle_executor_dies_with_its_last_reference);

  g_test_add_func ("/executor/inline/is-one", test_inline_executor_is_one);
  g_test_add_func ("/executor/function/of-another-case", test_function_of_another_case);

  return g_test_run ();
}

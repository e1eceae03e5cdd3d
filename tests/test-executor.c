/* test-executor.c - submitting to every kind of executor
 *
 * Tasks, calls, posts and GTasks; cancelling, priorities; counters and the list of
 * futures.
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
witness_task (GfPromise  *promise,
              gpointer    data,
              GError    **error)
{
  g_assert_true (TEST_IS_WITNESS (data));
  gf_promise_resolve_int (promise, 1);
}

static void
failing_task (GfPromise  *promise,
              gpointer    data,
              GError    **error)
{
  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_WRONG_ETAG, "wrong etag");
}

static void
thread_task (GfPromise  *promise,
             gpointer    data,
             GError    **error)
{
  *(GThread **) data = g_thread_self ();
}

/* Named functions */

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
fail (GVariant   *arguments,
      GfPromise  *promise,
      gpointer    user_data,
      GError    **error)
{
  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_HOST_NOT_FOUND, "no host");
  return NULL;
}

static GVariant *
nothing (GVariant   *arguments,
         GfPromise  *promise,
         gpointer    user_data,
         GError    **error)
{
  g_assert_null (arguments);
  return NULL;
}

/* submit */

static void
test_submit_gives_the_value (Fixture      *self,
                             gconstpointer data)
{
  g_autoptr (GfFuture) future = gf_executor_submit (self->executor, answer_task, NULL, NULL);

  g_assert_true (GF_IS_FUTURE (future));
  settle (future);
  g_assert_cmpint (gf_future_get_state (future), ==, GF_FUTURE_STATE_SUCCEEDED);
  g_assert_cmpint (gf_future_get_int (future, NULL), ==, 42);
}

static void
test_submit_runs_where_it_should (Fixture      *self,
                                  gconstpointer data)
{
  GThread *thread = NULL;
  g_autoptr (GfFuture) future = gf_executor_submit (self->executor, thread_task, &thread, NULL);

  if (self->kind == KIND_INLINE)
    g_assert_true (thread == g_thread_self ());
  else if (self->kind == KIND_MAIN_CONTEXT)
    g_assert_null (thread);
  settle (future);
  g_assert_nonnull (thread);
  g_assert_true ((thread == g_thread_self ()) == !(BIT (self->kind) & ELSEWHERE));
  if (self->kind == KIND_LOOP_THREAD)
    g_assert_true (thread == self->loop_thread);
}

static void
test_submit_gives_the_error (Fixture      *self,
                             gconstpointer data)
{
  g_autoptr (GfFuture) future = gf_executor_submit (self->executor, failing_task, NULL, NULL);

  settle (future);
  g_assert_cmpint (gf_future_get_state (future), ==, GF_FUTURE_STATE_FAILED);
  g_assert_error (gf_future_get_error (future), G_IO_ERROR, G_IO_ERROR_WRONG_ETAG);
  g_assert_cmpstr (gf_future_get_error (future)->message, ==, "wrong etag");
}

static void
test_submit_returning_is_success_without_a_value (Fixture      *self,
                                                  gconstpointer data)
{
  g_autoptr (GfFuture) future = gf_executor_submit (self->executor, counting_task, self, NULL);
  const GValue *value;

  settle (future);
  value = gf_future_get_value (future, NULL);
  g_assert_nonnull (value);
  g_assert_true (G_VALUE_TYPE (value) == G_TYPE_POINTER);
  g_assert_null (g_value_get_pointer (value));
}

static void
done_cb (GfFuture *future,
         gpointer  counter)
{
  g_assert_true (gf_future_is_done (future));
  ++*(guint *) counter;
}

static void
test_submit_emits_done_in_the_submitters_loop (Fixture      *self,
                                               gconstpointer data)
{
  g_autoptr (GfFuture) future = gf_executor_submit (self->executor, answer_task, NULL, NULL);
  guint n_done = 0;

  g_signal_connect (future, "done", G_CALLBACK (done_cb), &n_done);
  g_assert_cmpuint (n_done, ==, 0);
  test_turn_until (n_done > 0);
  test_drain ();
  g_assert_cmpuint (n_done, ==, 1);
}

static void
test_submit_runs_each_task_once (Fixture      *self,
                                 gconstpointer data)
{
  guint n = self->kind == KIND_DERIVED ? 100 : 5000;
  guint n_done = 0;

  for (guint i = 0; i < n; i++)
    {
      GfFuture *future = gf_executor_submit (self->executor, counting_task, self, NULL);

      g_signal_connect (future, "done", G_CALLBACK (done_cb), &n_done);
      g_signal_connect (future, "done", G_CALLBACK (g_object_unref), NULL);
    }
  test_turn_until (n_done == n);
  g_assert_cmpuint (self->n_runs, ==, n);
}

static void
test_submit_releases_its_data_here (Fixture      *self,
                                    gconstpointer data)
{
  g_autoptr (GfFuture) future = gf_executor_submit (self->executor, witness_task,
                                                    test_witness_new (&self->record), g_object_unref);

  settle (future);
  test_turn_until (test_record_get_n_finalized (&self->record) == 1);
  /* tear_down looks at the thread */
}

static void
test_submit_of_a_forgotten_future_runs (Fixture      *self,
                                        gconstpointer data)
{
  /* "Dropping references never cancels" */
  g_object_unref (gf_executor_submit (self->executor, witness_task, test_witness_new (&self->record), g_object_unref));
  g_object_unref (gf_executor_submit (self->executor, gated_task, self, NULL));
  test_gate_open (&self->gate);
  test_gate_await (&self->gate, 1);
  test_turn_until (test_record_get_n_finalized (&self->record) == 1);
}

/* cancel */

static void
test_cancel_pending_never_runs (Fixture      *self,
                                gconstpointer data)
{
  g_autoptr (GfFuture) first = NULL;
  g_autoptr (GfFuture) second = NULL;

  if (self->kind != KIND_MAIN_CONTEXT)
    {
      first = gf_executor_submit (self->executor, gated_task, self, NULL);
      test_gate_await (&self->gate, 1);
    }
  second = gf_executor_submit (self->executor, witness_task, test_witness_new (&self->record), g_object_unref);
  g_assert_true (gf_future_cancel (second));
  g_assert_cmpint (gf_future_get_state (second), ==, GF_FUTURE_STATE_CANCELLED);
  test_gate_open (&self->gate);
  test_turn_until (test_record_get_n_finalized (&self->record) == 1);
  g_assert_true (gf_future_is_cancelled (second));
  if (first)
    {
      settle (first);
      g_assert_cmpint (gf_future_get_state (first), ==, GF_FUTURE_STATE_SUCCEEDED);
    }
}

typedef struct
{
  Fixture *fixture;
  TestWitness *witness;
  gboolean resolved;
} CancelRunning;

static void
cancel_running_free (gpointer data)
{
  CancelRunning *self = data;

  g_object_unref (self->witness);
  g_free (self);
}

static void
cancel_running_task (GfPromise  *promise,
                     gpointer    data,
                     GError    **error)
{
  CancelRunning *self = data;
  GCancellable *cancellable = gf_promise_get_cancellable (promise);

  g_assert_false (gf_promise_should_stop (promise));
  test_gate_arrive (&self->fixture->second_gate);
  while (!g_cancellable_is_cancelled (cancellable))
    g_thread_yield ();
  g_assert_true (gf_promise_should_stop (promise));
  test_gate_pass (&self->fixture->gate);
  /* "its result is dropped" */
  g_assert_false (gf_promise_resolve_int (promise, 1));
  g_assert_true (TEST_IS_WITNESS (self->witness));
}

static void
test_cancel_running_settles_at_once (Fixture      *self,
                                     gconstpointer data)
{
  g_autoptr (GfFuture) future = NULL;
  CancelRunning *task = g_new0 (CancelRunning, 1);
  guint n_done = 0;

  task->fixture = self;
  task->witness = test_witness_new (&self->record);
  future = gf_executor_submit (self->executor, cancel_running_task, task, cancel_running_free);
  g_signal_connect (future, "done", G_CALLBACK (done_cb), &n_done);
  test_gate_await (&self->second_gate, 1);
  g_assert_true (gf_future_is_running (future));

  g_assert_true (gf_future_cancel (future));
  g_assert_cmpint (gf_future_get_state (future), ==, GF_FUTURE_STATE_CANCELLED);
  g_assert_false (gf_future_cancel (future));

  /* the function has not returned: it counts, and keeps its data */
  test_gate_await (&self->gate, 1);
  test_turn_until (n_done == 1);
  test_drain ();
  g_assert_cmpuint (gf_executor_get_n_running (self->executor), ==, 1);
  g_assert_cmpuint (test_record_get_n_finalized (&self->record), ==, 0);

  test_gate_open (&self->gate);
  test_turn_until (test_record_get_n_finalized (&self->record) == 1);
  test_drain ();
  g_assert_cmpuint (n_done, ==, 1);
  g_assert_cmpint (gf_future_get_state (future), ==, GF_FUTURE_STATE_CANCELLED);
}

/* submit_full */

static void
test_cancellable_cancels_pending (Fixture      *self,
                                  gconstpointer data)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GfFuture) first = NULL;
  g_autoptr (GfFuture) second = NULL;

  if (self->kind != KIND_MAIN_CONTEXT)
    {
      first = gf_executor_submit (self->executor, gated_task, self, NULL);
      test_gate_await (&self->gate, 1);
    }
  second = gf_executor_submit_full (self->executor, G_PRIORITY_DEFAULT, cancellable,
                                    witness_task, test_witness_new (&self->record), g_object_unref);
  g_assert_false (gf_future_is_done (second));
  g_cancellable_cancel (cancellable);
  g_assert_true (gf_future_wait (second, -1, NULL, NULL));
  g_assert_true (gf_future_is_cancelled (second));
  g_assert_error (gf_future_get_error (second), G_IO_ERROR, G_IO_ERROR_CANCELLED);
  test_gate_open (&self->gate);
  test_turn_until (test_record_get_n_finalized (&self->record) == 1);
}

static void
test_cancellable_cancels_running (Fixture      *self,
                                  gconstpointer data)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GfFuture) future = NULL;
  CancelRunning *task = g_new0 (CancelRunning, 1);

  test_gate_open (&self->gate);
  task->fixture = self;
  task->witness = test_witness_new (&self->record);
  future = gf_executor_submit_full (self->executor, G_PRIORITY_DEFAULT, cancellable,
                                    cancel_running_task, task, cancel_running_free);
  test_gate_await (&self->second_gate, 1);
  g_cancellable_cancel (cancellable);
  g_assert_true (gf_future_wait (future, -1, NULL, NULL));
  g_assert_true (gf_future_is_cancelled (future));
  test_turn_until (test_record_get_n_finalized (&self->record) == 1);
}

static void
test_cancellable_already_cancelled (Fixture      *self,
                                    gconstpointer data)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GfFuture) future = NULL;
  guint n_done = 0;

  g_cancellable_cancel (cancellable);
  future = gf_executor_submit_full (self->executor, G_PRIORITY_DEFAULT, cancellable,
                                    counting_task, self, NULL);
  g_signal_connect (future, "done", G_CALLBACK (done_cb), &n_done);
  g_assert_cmpuint (n_done, ==, 0);
  test_turn_until (n_done == 1);
  g_assert_true (gf_future_is_cancelled (future));
  g_assert_cmpuint (self->n_runs, ==, 0);
}

static void
test_cancellable_is_let_go (Fixture      *self,
                            gconstpointer data)
{
  GCancellable *cancellable = g_cancellable_new ();
  GfFuture *future = gf_executor_submit_full (self->executor, G_PRIORITY_DEFAULT, cancellable,
                                              witness_task, test_witness_new (&self->record), g_object_unref);

  settle (future);
  test_turn_until (test_record_get_n_finalized (&self->record) == 1);
  if (BIT (self->kind) & ELSEWHERE)
    gf_executor_shutdown (self->executor, TRUE, FALSE);
  g_object_unref (future);
  test_drain ();
  /* cancelling it now touches nothing */
  g_cancellable_cancel (cancellable);
  test_turn_until (G_OBJECT (cancellable)->ref_count == 1);
  g_assert_finalize_object (cancellable);
}

typedef struct
{
  GString *order;
  GMutex *mutex;
  char mark;
} Mark;

static void
mark_task (GfPromise  *promise,
           gpointer    data,
           GError    **error)
{
  Mark *self = data;

  g_mutex_lock (self->mutex);
  g_string_append_c (self->order, self->mark);
  g_mutex_unlock (self->mutex);
}

static void
test_priority_lower_runs_first (Fixture      *self,
                                gconstpointer data)
{
  g_autoptr (GString) order = g_string_new (NULL);
  GMutex mutex;
  Mark marks[] = {
    { order, &mutex, 'l' }, { order, &mutex, 'd' }, { order, &mutex, 'h' },
    { order, &mutex, 'L' }, { order, &mutex, 'D' }, { order, &mutex, 'H' }
  };
  int priorities[] = { 10, 0, -10, 10, 0, -10 };
  GfFuture *futures[7] = { NULL };

  g_mutex_init (&mutex);
  if (self->kind != KIND_MAIN_CONTEXT)
    {
      futures[6] = gf_executor_submit (self->executor, gated_task, self, NULL);
      test_gate_await (&self->gate, 1);
    }
  for (guint i = 0; i < 6; i++)
    futures[i] = gf_executor_submit_full (self->executor, priorities[i], NULL, mark_task, &marks[i], NULL);
  test_gate_open (&self->gate);
  for (guint i = 0; i < 6; i++)
    settle (futures[i]);
  g_assert_cmpstr (order->str, ==, "hHdDlL");
  for (guint i = 0; i < 7; i++)
    g_clear_object (&futures[i]);
  g_mutex_clear (&mutex);
}

/* call */

static void
test_call_gives_the_result (Fixture      *self,
                            gconstpointer data)
{
  g_autoptr (GfFuture) future = gf_executor_call (self->executor, "test.add", g_variant_new ("(ii)", 2, 3));
  g_autoptr (GError) error = NULL;
  GVariant *result;

  settle (future);
  result = gf_future_get_variant (future, &error);
  g_assert_no_error (error);
  g_assert_true (g_variant_is_of_type (result, G_VARIANT_TYPE_INT32));
  g_assert_cmpint (g_variant_get_int32 (result), ==, 5);
}

static void
test_call_sinks_or_shares_its_arguments (Fixture      *self,
                                         gconstpointer data)
{
  GVariant *arguments = g_variant_ref_sink (g_variant_new ("(ii)", 2, 3));
  g_autoptr (GfFuture) first = gf_executor_call (self->executor, "test.add", arguments);
  g_autoptr (GfFuture) second = gf_executor_call (self->executor, "test.add", arguments);

  g_variant_unref (arguments);
  settle (first);
  settle (second);
  g_assert_cmpint (g_variant_get_int32 (gf_future_get_variant (first, NULL)), ==, 5);
  g_assert_cmpint (g_variant_get_int32 (gf_future_get_variant (second, NULL)), ==, 5);
}

static void
test_call_gives_the_error (Fixture      *self,
                           gconstpointer data)
{
  g_autoptr (GfFuture) future = gf_executor_call (self->executor, "test.fail", NULL);

  settle (future);
  g_assert_error (gf_future_get_error (future), G_IO_ERROR, G_IO_ERROR_HOST_NOT_FOUND);
  g_assert_cmpstr (gf_future_get_error (future)->message, ==, "no host");
}

static void
test_call_may_return_nothing (Fixture      *self,
                              gconstpointer data)
{
  g_autoptr (GfFuture) future = gf_executor_call (self->executor, "test.nothing", NULL);
  const GValue *value;

  settle (future);
  g_assert_cmpint (gf_future_get_state (future), ==, GF_FUTURE_STATE_SUCCEEDED);
  value = gf_future_get_value (future, NULL);
  g_assert_nonnull (value);
  g_assert_true (G_VALUE_TYPE (value) == G_TYPE_POINTER);
}

static void
test_call_of_an_unknown_function_names_it (Fixture      *self,
                                           gconstpointer data)
{
  g_autoptr (GfFuture) future = gf_executor_call (self->executor, "no.such-function", g_variant_new_int32 (1));

  settle (future);
  g_assert_error (gf_future_get_error (future), GF_FUTURE_ERROR, GF_FUTURE_ERROR_UNKNOWN_FUNCTION);
  g_assert_nonnull (strstr (gf_future_get_error (future)->message, "no.such-function"));
}

#define N_QUEUED 20

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

typedef struct
{
  guint n_calls;
  gboolean result;
  GError *error;
} Shutdown;

/* counters, properties */

static void
test_counters_tell_pending_and_running (Fixture      *self,
                                        gconstpointer data)
{
  GfFuture *futures[N_QUEUED];
  guint n_pending, n_running;

  g_assert_cmpuint (gf_executor_get_n_pending (self->executor), ==, 0);
  g_assert_cmpuint (gf_executor_get_n_running (self->executor), ==, 0);
  submit_queued (self, futures);
  g_assert_cmpuint (gf_executor_get_n_running (self->executor), ==, 1);
  g_assert_cmpuint (gf_executor_get_n_pending (self->executor), ==, N_QUEUED - 1);
  g_object_get (self->executor, "n-pending", &n_pending, "n-running", &n_running, NULL);
  g_assert_cmpuint (n_running, ==, 1);
  g_assert_cmpuint (n_pending, ==, N_QUEUED - 1);

  test_gate_open (&self->gate);
  gf_executor_shutdown (self->executor, TRUE, FALSE);
  g_assert_cmpuint (gf_executor_get_n_pending (self->executor), ==, 0);
  g_assert_cmpuint (gf_executor_get_n_running (self->executor), ==, 0);
  release_queued (futures);
}

static void
test_counters_count_the_cancelled_out (Fixture      *self,
                                       gconstpointer data)
{
  GfFuture *futures[N_QUEUED];

  submit_queued (self, futures);
  for (guint i = 1; i < N_QUEUED; i++)
    g_assert_true (gf_future_cancel (futures[i]));
  test_gate_open (&self->gate);
  gf_executor_shutdown (self->executor, TRUE, FALSE);
  g_assert_cmpuint (gf_executor_get_n_pending (self->executor), ==, 0);
  g_assert_cmpuint (gf_executor_get_n_running (self->executor), ==, 0);
  g_assert_cmpuint (g_atomic_int_get (&self->n_runs), ==, 1);
  release_queued (futures);
}

static void
notify_cb (GObject    *object,
           GParamSpec *pspec,
           gpointer    counter)
{
  ++*(guint *) counter;
}

static void
test_label_is_a_property (Fixture      *self,
                          gconstpointer data)
{
  guint n_notify = 0;

  g_signal_connect (self->executor, "notify::label", G_CALLBACK (notify_cb), &n_notify);
  gf_executor_set_label (self->executor, "thumbnails");
  g_assert_cmpstr (gf_executor_get_label (self->executor), ==, "thumbnails");
  test_turn_until (n_notify == 1);
  gf_executor_set_label (self->executor, "thumbnails");
  test_drain ();
  g_assert_cmpuint (n_notify, ==, 1);
}

static void
test_max_workers_is_told (Fixture      *self,
                          gconstpointer data)
{
  guint max_workers;

  g_object_get (self->executor, "max-workers", &max_workers, NULL);
  g_assert_cmpuint (max_workers, ==, gf_executor_get_max_workers (self->executor));
  if (self->kind == KIND_POOL_4)
    g_assert_cmpuint (max_workers, ==, 4);
  if (self->kind == KIND_POOL_1)
    g_assert_cmpuint (max_workers, ==, 1);
}

/* post */

static void
post_func (gpointer data)
{
  Fixture *self = data;

  g_atomic_int_inc (&self->n_runs);
  test_gate_arrive (&self->second_gate);
}

static void
test_post_runs_the_function (Fixture      *self,
                             gconstpointer data)
{
  for (guint i = 0; i < 100; i++)
    g_assert_true (gf_executor_post (self->executor, post_func, self));
  if (self->kind == KIND_MAIN_CONTEXT)
    test_turn_until (self->n_runs == 100);
  test_gate_await (&self->second_gate, 100);
  g_assert_cmpuint (g_atomic_int_get (&self->n_runs), ==, 100);
}

static void
test_post_after_shutdown_is_false (Fixture      *self,
                                   gconstpointer data)
{
  gf_executor_shutdown (self->executor, FALSE, FALSE);
  g_assert_false (gf_executor_post (self->executor, post_func, self));
  test_drain ();
  g_assert_cmpuint (g_atomic_int_get (&self->n_runs), ==, 0);
}

static void
test_post_is_waited_for_by_shutdown (Fixture      *self,
                                     gconstpointer data)
{
  for (guint i = 0; i < 100; i++)
    g_assert_true (gf_executor_post (self->executor, post_func, self));
  gf_executor_shutdown (self->executor, TRUE, FALSE);
  g_assert_cmpuint (g_atomic_int_get (&self->n_runs), ==, 100);
}

/* run_in_thread */

static void
task_thread_func (GTask        *task,
                  gpointer      source_object,
                  gpointer      task_data,
                  GCancellable *cancellable)
{
  Fixture *self = task_data;

  g_assert_true (G_IS_OBJECT (source_object));
  g_assert_true (g_task_get_source_object (task) == source_object);
  g_assert_true (cancellable == g_task_get_cancellable (task));
  g_atomic_int_inc (&self->n_runs);
  g_task_return_int (task, 11);
}

static void
task_cb (GObject      *source,
         GAsyncResult *result,
         gpointer      data)
{
  Shutdown *self = data;

  g_assert_true (g_task_is_valid (result, source));
  self->n_calls++;
  self->result = g_task_propagate_int (G_TASK (result), &self->error) == 11;
}

static void
test_run_in_thread_is_a_drop_in (Fixture      *self,
                                 gconstpointer data)
{
  g_autoptr (GObject) source = g_object_new (G_TYPE_OBJECT, NULL);
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  Shutdown result = { 0, FALSE, NULL };
  GTask *task = g_task_new (source, cancellable, task_cb, &result);

  g_task_set_task_data (task, self, NULL);
  gf_executor_run_in_thread (self->executor, task, task_thread_func);
  g_object_unref (task);
  g_assert_cmpuint (result.n_calls, ==, 0);
  test_turn_until (result.n_calls > 0);
  g_assert_no_error (result.error);
  g_assert_true (result.result);
  g_assert_cmpuint (self->n_runs, ==, 1);
}

static void
test_run_in_thread_after_shutdown_fails_the_task (Fixture      *self,
                                                  gconstpointer data)
{
  g_autoptr (GObject) source = g_object_new (G_TYPE_OBJECT, NULL);
  Shutdown result = { 0, FALSE, NULL };
  GTask *task = g_task_new (source, NULL, task_cb, &result);

  gf_executor_shutdown (self->executor, FALSE, FALSE);
  g_task_set_task_data (task, self, NULL);
  gf_executor_run_in_thread (self->executor, task, task_thread_func);
  g_object_unref (task);
  test_turn_until (result.n_calls > 0);
  g_assert_error (result.error, GF_FUTURE_ERROR, GF_FUTURE_ERROR_SHUT_DOWN);
  g_clear_error (&result.error);
  g_assert_cmpuint (self->n_runs, ==, 0);
}

/* the list of futures */

static void
items_changed_cb (GListModel *model,
                  guint       position,
                  guint       removed,
                  guint       added,
                  guint      *n_items)
{
  g_assert_cmpuint (position + removed, <=, *n_items);
  *n_items += added;
  *n_items -= removed;
  g_assert_cmpuint (*n_items, ==, g_list_model_get_n_items (model));
}

static void
test_futures_list_shows_the_live_ones (Fixture      *self,
                                       gconstpointer data)
{
  g_autoptr (GfFuture) before = NULL;
  GfFuture *futures[N_QUEUED];
  GListModel *model;
  guint n_items = 0;

  before = gf_executor_submit (self->executor, gated_task, self, NULL);
  test_gate_await (&self->gate, 1);

  model = gf_executor_get_futures (self->executor);
  g_assert_true (gf_executor_get_futures (self->executor) == model);
  g_assert_true (g_list_model_get_item_type (model) == GF_TYPE_FUTURE);
  /* "submitted since it was first asked for" */
  g_assert_cmpuint (g_list_model_get_n_items (model), ==, 0);
  g_signal_connect (model, "items-changed", G_CALLBACK (items_changed_cb), &n_items);

  for (guint i = 0; i < N_QUEUED; i++)
    futures[i] = gf_executor_submit (self->executor, gated_task, self, NULL);
  test_turn_until (n_items == N_QUEUED);
  for (guint i = 0; i < N_QUEUED; i++)
    {
      g_autoptr (GfFuture) item = g_list_model_get_item (model, i);
      gboolean found = FALSE;

      for (guint k = 0; k < N_QUEUED && !found; k++)
        found = futures[k] == item;
      g_assert_true (found);
    }
  g_assert_null (g_list_model_get_item (model, N_QUEUED));

  test_gate_open (&self->gate);
  test_turn_until (n_items == 0);
  g_signal_handlers_disconnect_by_data (model, &n_items);
  release_queued (futures);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  gf_function_register ("test.add", add, (gpointer) "data of add", NULL);
  gf_function_register ("test.fail", fail, NULL, NULL);
  gf_function_register ("test.nothing", nothing, NULL, NULL);

  add_for_kinds ("submit/gives-the-value", ALL, test_submit_gives_the_value);
  add_for_kinds ("submit/runs-where-it-should", ALL, test_submit_runs_where_it_should);
  add_for_kinds ("submit/gives-the-error", ALL, test_submit_gives_the_error);
  add_for_kinds ("submit/returning-is-success-without-a-value", ALL, test_submit_returning_is_success_without_a_value);
  add_for_kinds ("submit/emits-done-in-the-submitters-loop", ALL, test_submit_emits_done_in_the_submitters_loop);
  add_for_kinds ("submit/runs-each-task-once", ALL, test_submit_runs_each_task_once);
  add_for_kinds ("submit/releases-its-data-here", ALL, test_submit_releases_its_data_here);
  add_for_kinds ("submit/of-a-forgotten-future-runs", ELSEWHERE, test_submit_of_a_forgotten_future_runs);

  add_for_kinds ("cancel/pending-never-runs", QUEUED, test_cancel_pending_never_runs);
  add_for_kinds ("cancel/running-settles-at-once", ELSEWHERE, test_cancel_running_settles_at_once);
  add_for_kinds ("cancellable/cancels-pending", QUEUED, test_cancellable_cancels_pending);
  add_for_kinds ("cancellable/cancels-running", ELSEWHERE, test_cancellable_cancels_running);
  add_for_kinds ("cancellable/already-cancelled", ALL, test_cancellable_already_cancelled);
  add_for_kinds ("cancellable/is-let-go", ALL, test_cancellable_is_let_go);
  add_for_kinds ("priority/lower-runs-first", QUEUED, test_priority_lower_runs_first);

  add_for_kinds ("call/gives-the-result", ALL, test_call_gives_the_result);
  add_for_kinds ("call/sinks-or-shares-its-arguments", ALL, test_call_sinks_or_shares_its_arguments);
  add_for_kinds ("call/gives-the-error", ALL, test_call_gives_the_error);
  add_for_kinds ("call/may-return-nothing", ALL, test_call_may_return_nothing);
  add_for_kinds ("call/of-an-unknown-function-names-it", ALL, test_call_of_an_unknown_function_names_it);

  add_for_kinds ("counters/tell-pending-and-running", ONE_BY_ONE, test_counters_tell_pending_and_running);
  add_for_kinds ("counters/count-the-cancelled-out", ONE_BY_ONE, test_counters_count_the_cancelled_out);
  add_for_kinds ("label/is-a-property", OWNED, test_label_is_a_property);
  add_for_kinds ("max-workers/is-told", ALL, test_max_workers_is_told);

  add_for_kinds ("post/runs-the-function", ALL, test_post_runs_the_function);
  add_for_kinds ("post/after-shutdown-is-false", OWNED, test_post_after_shutdown_is_false);
  add_for_kinds ("post/is-waited-for-by-shutdown", ELSEWHERE, test_post_is_waited_for_by_shutdown);
  add_for_kinds ("run-in-thread/is-a-drop-in", ALL, test_run_in_thread_is_a_drop_in);
  add_for_kinds ("run-in-thread/after-shutdown-fails-the-task", OWNED, test_run_in_thread_after_shutdown_fails_the_task);

  add_for_kinds ("futures/shows-the-live-ones", ONE_BY_ONE | BIT (KIND_POOL_4), test_futures_list_shows_the_live_ones);

  return g_test_run ();
}

/* test-promise.c - the write side of a task
 *
 * Settling, and settling only once; holding a task open past its function;
 * being told to stop; running a task by hand, as an executor does.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "gf-test.h"

static void
count_cb (GfFuture *future,
          gpointer  counter)
{
  ++*(guint *) counter;
}

/* An executor that keeps its tasks until it is told to run one */

#define TEST_TYPE_MANUAL_EXECUTOR (test_manual_executor_get_type ())
G_DECLARE_FINAL_TYPE (TestManualExecutor, test_manual_executor, TEST, MANUAL_EXECUTOR, GfExecutor)

struct _TestManualExecutor
{
  GfExecutor parent_instance;
  GAsyncQueue *tasks;
};

G_DEFINE_TYPE (TestManualExecutor, test_manual_executor, GF_TYPE_EXECUTOR)

static void
test_manual_executor_enqueue (GfExecutor *executor,
                              GfPromise  *task)
{
  g_async_queue_push (TEST_MANUAL_EXECUTOR (executor)->tasks, task);
}

static void
test_manual_executor_finalize (GObject *object)
{
  g_async_queue_unref (TEST_MANUAL_EXECUTOR (object)->tasks);
  G_OBJECT_CLASS (test_manual_executor_parent_class)->finalize (object);
}

static void
test_manual_executor_class_init (TestManualExecutorClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = test_manual_executor_finalize;
  GF_EXECUTOR_CLASS (klass)->enqueue = test_manual_executor_enqueue;
}

static void
test_manual_executor_init (TestManualExecutor *self)
{
  self->tasks = g_async_queue_new_full (g_object_unref);
}

static GfExecutor *
test_manual_executor_new (void)
{
  return g_object_new (TEST_TYPE_MANUAL_EXECUTOR, NULL);
}

static GfPromise *
test_manual_executor_pop (GfExecutor *self)
{
  return g_async_queue_try_pop (TEST_MANUAL_EXECUTOR (self)->tasks);
}

/* The home */

static void
test_promise_home_can_be_set (void)
{
  g_autoptr (GMainContext) context = g_main_context_new ();
  g_autoptr (GfPromise) promise = gf_promise_new ();
  GfPromise *weak = promise;
  guint n_done = 0;
  guint n_callbacks = 0;

  gf_promise_set_home (promise, context);
  g_signal_connect (promise, "done", G_CALLBACK (count_cb), &n_done);
  gf_future_add_done_callback (GF_FUTURE (promise), NULL, count_cb, &n_callbacks, NULL);
  gf_promise_resolve_int (promise, 1);
  test_drain ();
  g_assert_cmpuint (n_done, ==, 0);
  g_assert_cmpuint (n_callbacks, ==, 1);
  test_drain_in (context);
  g_assert_cmpuint (n_done, ==, 1);

  /* its handlers are released there too */
  g_object_add_weak_pointer (G_OBJECT (promise), (gpointer *) &weak);
  g_clear_object (&promise);
  test_drain ();
  g_assert_nonnull (weak);
  test_turn_until_in (context, weak == NULL);
}

static void
test_promise_home_can_be_set_to_the_default_one (void)
{
  g_autoptr (GMainContext) context = g_main_context_new ();
  g_autoptr (GfPromise) promise = NULL;
  guint n_done = 0;

  g_main_context_push_thread_default (context);
  promise = gf_promise_new ();
  gf_promise_set_home (promise, NULL);
  g_main_context_pop_thread_default (context);
  g_signal_connect (promise, "done", G_CALLBACK (count_cb), &n_done);
  g_assert_true (gf_future_cancel (GF_FUTURE (promise)));
  test_drain_in (context);
  g_assert_cmpuint (n_done, ==, 0);
  test_drain ();
  g_assert_cmpuint (n_done, ==, 1);
}

static void
test_promise_home_of_a_settled_one_stays (void)
{
  g_autoptr (GMainContext) context = g_main_context_new ();
  g_autoptr (GfPromise) promise = gf_promise_new ();
  guint n_done = 0;

  g_signal_connect (promise, "done", G_CALLBACK (count_cb), &n_done);
  gf_promise_resolve_int (promise, 1);
  g_test_expect_message ("GFutures", G_LOG_LEVEL_CRITICAL, "*gf_promise_set_home*");
  gf_promise_set_home (promise, context);
  g_test_assert_expected_messages ();
  test_drain ();
  g_assert_cmpuint (n_done, ==, 1);
}

/* Settling */

static void
assert_is_settled_with_1 (GfPromise *promise)
{
  GfFuture *future = GF_FUTURE (promise);

  g_assert_cmpint (gf_future_get_state (future), ==, GF_FUTURE_STATE_SUCCEEDED);
  g_assert_cmpint (gf_future_get_int (future, NULL), ==, 1);
  g_assert_null (gf_future_get_error (future));
}

static void
test_promise_settles_once (void)
{
  g_autoptr (GfPromise) promise = gf_promise_new ();
  g_autoptr (GDateTime) now = g_date_time_new_now_utc ();
  g_autoptr (GObject) object = g_object_new (G_TYPE_OBJECT, NULL);
  g_auto (GValue) copied = G_VALUE_INIT;
  g_auto (GValue) moved = G_VALUE_INIT;

  g_value_init (&copied, G_TYPE_INT);
  g_value_set_int (&copied, 2);
  g_value_init (&moved, G_TYPE_STRING);
  g_value_set_string (&moved, "two");

  g_assert_true (gf_promise_resolve_int (promise, 1));
  /* every other way fails, changes nothing, and leaks nothing of what it took */
  g_assert_false (gf_promise_resolve (promise, &copied));
  g_assert_false (gf_promise_take_value (promise, &moved));
  g_assert_false (gf_promise_take_string (promise, g_strdup ("two")));
  g_assert_false (gf_promise_resolve_boolean (promise, TRUE));
  g_assert_false (gf_promise_resolve_int (promise, 2));
  g_assert_false (gf_promise_resolve_int64 (promise, 2));
  g_assert_false (gf_promise_resolve_double (promise, 2));
  g_assert_false (gf_promise_resolve_string (promise, "two"));
  g_assert_false (gf_promise_resolve_variant (promise, g_variant_new_int32 (2)));
  g_assert_false (gf_promise_resolve_object (promise, object));
  g_assert_false (gf_promise_resolve_boxed (promise, G_TYPE_DATE_TIME, now));
  g_assert_false (gf_promise_reject (promise, g_error_new_literal (G_IO_ERROR, G_IO_ERROR_FAILED, "f")));
  g_assert_false (gf_promise_reject_literal (promise, G_IO_ERROR, G_IO_ERROR_FAILED, "f"));
  g_assert_false (gf_future_cancel (GF_FUTURE (promise)));
  g_assert_false (gf_promise_set_running (promise));
  assert_is_settled_with_1 (promise);
  g_assert_cmpuint (object->ref_count, ==, 1);
}

static void
test_promise_failed_or_cancelled_stays_so (void)
{
  g_autoptr (GfPromise) failed = gf_promise_new ();
  g_autoptr (GfPromise) cancelled = gf_promise_new ();

  g_assert_true (gf_promise_reject_literal (failed, G_IO_ERROR, G_IO_ERROR_FAILED, "first"));
  g_assert_false (gf_promise_resolve_int (failed, 1));
  g_assert_false (gf_promise_reject_literal (failed, G_IO_ERROR, G_IO_ERROR_BUSY, "second"));
  g_assert_cmpint (gf_future_get_state (GF_FUTURE (failed)), ==, GF_FUTURE_STATE_FAILED);
  g_assert_cmpstr (gf_future_get_error (GF_FUTURE (failed))->message, ==, "first");

  g_assert_true (gf_future_cancel (GF_FUTURE (cancelled)));
  g_assert_false (gf_promise_resolve_int (cancelled, 1));
  g_assert_false (gf_promise_reject_literal (cancelled, G_IO_ERROR, G_IO_ERROR_BUSY, "second"));
  g_assert_cmpint (gf_future_get_state (GF_FUTURE (cancelled)), ==, GF_FUTURE_STATE_CANCELLED);
  g_assert_error (gf_future_get_error (GF_FUTURE (cancelled)), G_IO_ERROR, G_IO_ERROR_CANCELLED);
}

static void
test_promise_resolves_each_type (void)
{
  g_autoptr (GObject) object = g_object_new (G_TYPE_OBJECT, NULL);
  g_autoptr (GDateTime) now = g_date_time_new_now_utc ();

#define CHECK(resolve, check)                                                   \
  G_STMT_START                                                                  \
    {                                                                           \
      g_autoptr (GfPromise) p = gf_promise_new ();                              \
      g_autoptr (GError) error = NULL;                                          \
      GfFuture *f = GF_FUTURE (p);                                              \
      g_assert_true (resolve);                                                  \
      g_assert_true (check);                                                    \
      g_assert_no_error (error);                                                \
      g_assert_cmpint (gf_future_get_state (f), ==, GF_FUTURE_STATE_SUCCEEDED); \
    }                                                                           \
  G_STMT_END
  CHECK (gf_promise_resolve_boolean (p, TRUE), gf_future_get_boolean (f, &error));
  CHECK (gf_promise_resolve_int (p, G_MININT), gf_future_get_int (f, &error) == G_MININT);
  CHECK (gf_promise_resolve_int64 (p, G_MININT64), gf_future_get_int64 (f, &error) == G_MININT64);
  CHECK (gf_promise_resolve_double (p, 1e300), gf_future_get_double (f, &error) == 1e300);
  CHECK (gf_promise_resolve_string (p, "s"), g_str_equal (gf_future_get_string (f, &error), "s"));
  CHECK (gf_promise_take_string (p, g_strdup ("t")), g_str_equal (gf_future_get_string (f, &error), "t"));
  CHECK (gf_promise_resolve_variant (p, g_variant_new_byte (9)),
         g_variant_get_byte (gf_future_get_variant (f, &error)) == 9);
  CHECK (gf_promise_resolve_object (p, object), gf_future_get_object (f, &error) == (gpointer) object);
  CHECK (gf_promise_resolve_boxed (p, G_TYPE_DATE_TIME, now),
         g_date_time_equal (gf_future_get_boxed (f, &error), now));
  /* nothing is a value of these types, too */
  CHECK (gf_promise_resolve_string (p, NULL), gf_future_get_string (f, &error) == NULL);
  CHECK (gf_promise_resolve_object (p, NULL), gf_future_get_object (f, &error) == NULL);
#undef CHECK
  /* with what was queued for the loop goes what is left of them */
  test_drain ();
  g_assert_cmpuint (object->ref_count, ==, 1);
}

static void
test_promise_resolve_copies (void)
{
  g_autoptr (GfPromise) promise = gf_promise_new ();
  g_auto (GValue) value = G_VALUE_INIT;

  g_value_init (&value, G_TYPE_STRING);
  g_value_set_string (&value, "kept");
  g_assert_true (gf_promise_resolve (promise, &value));
  g_assert_cmpstr (g_value_get_string (&value), ==, "kept");
  g_assert_cmpstr (gf_future_get_string (GF_FUTURE (promise), NULL), ==, "kept");
  g_assert_true (gf_future_get_string (GF_FUTURE (promise), NULL) != g_value_get_string (&value));
}

static void
test_promise_take_value_moves (void)
{
  g_autoptr (GfPromise) promise = gf_promise_new ();
  GValue value = G_VALUE_INIT;
  const char *string;

  g_value_init (&value, G_TYPE_STRING);
  g_value_set_string (&value, "moved, not copied");
  string = g_value_get_string (&value);
  g_assert_true (gf_promise_take_value (promise, &value));
  g_assert_true (gf_future_get_string (GF_FUTURE (promise), NULL) == string);
  /* and the caller's is empty */
  g_assert_false (G_IS_VALUE (&value));
}

static void
test_promise_take_string_moves (void)
{
  g_autoptr (GfPromise) promise = gf_promise_new ();
  char *string = g_strdup ("moved, not copied");

  g_assert_true (gf_promise_take_string (promise, string));
  g_assert_true (gf_future_get_string (GF_FUTURE (promise), NULL) == string);
}

static void
test_promise_set_running_of_a_cancelled_one_is_false (void)
{
  g_autoptr (GfPromise) promise = gf_promise_new ();

  gf_future_cancel (GF_FUTURE (promise));
  g_assert_false (gf_promise_set_running (promise));
  g_assert_cmpint (gf_future_get_state (GF_FUTURE (promise)), ==, GF_FUTURE_STATE_CANCELLED);
}

static void
test_promise_reject_takes_the_error (void)
{
  g_autoptr (GfPromise) promise = gf_promise_new ();
  GError *error = g_error_new_literal (G_IO_ERROR, G_IO_ERROR_EXISTS, "exists");

  g_assert_true (gf_promise_reject (promise, error));
  g_assert_true (gf_future_get_error (GF_FUTURE (promise)) == error);
}

/* Being told to stop */

static void
test_promise_cancel_triggers_its_cancellable (void)
{
  g_autoptr (GfPromise) promise = gf_promise_new ();
  GCancellable *cancellable;

  g_assert_true (gf_promise_set_running (promise));
  g_assert_false (gf_promise_should_stop (promise));
  cancellable = gf_promise_get_cancellable (promise);
  g_assert_true (G_IS_CANCELLABLE (cancellable));
  g_assert_true (gf_promise_get_cancellable (promise) == cancellable);
  g_assert_false (g_cancellable_is_cancelled (cancellable));

  g_assert_true (gf_future_cancel (GF_FUTURE (promise)));
  g_assert_true (gf_promise_should_stop (promise));
  g_assert_true (g_cancellable_is_cancelled (cancellable));
}

static void
test_promise_cancellable_asked_for_too_late_is_triggered (void)
{
  g_autoptr (GfPromise) promise = gf_promise_new ();

  gf_promise_set_running (promise);
  gf_future_cancel (GF_FUTURE (promise));
  g_assert_true (g_cancellable_is_cancelled (gf_promise_get_cancellable (promise)));
}

static void
test_promise_settling_by_oneself_triggers_nothing (void)
{
  g_autoptr (GfPromise) promise = gf_promise_new ();
  GCancellable *cancellable;

  gf_promise_set_running (promise);
  cancellable = gf_promise_get_cancellable (promise);
  gf_promise_resolve_int (promise, 1);
  g_assert_false (g_cancellable_is_cancelled (cancellable));
}

static void
test_promise_should_stop_when_settled_by_anyone_else (void)
{
  g_autoptr (GfPromise) promise = gf_promise_new ();

  gf_promise_set_running (promise);
  g_assert_false (gf_promise_should_stop (promise));
  gf_promise_reject_literal (promise, G_IO_ERROR, G_IO_ERROR_FAILED, "by another");
  g_assert_true (gf_promise_should_stop (promise));
}

/* Held tasks */

typedef struct
{
  GfPromiseHold *hold;
  TestGate gate;
  TestRecord record;
  guint n_runs;
} Held;

static void
held_init (Held *self)
{
  memset (self, 0, sizeof *self);
  test_gate_init (&self->gate);
  test_record_init (&self->record);
}

static void
held_clear (Held *self)
{
  test_gate_clear (&self->gate);
  test_record_clear (&self->record);
}

static Held *the_held;

static void
hold_task (GfPromise  *promise,
           gpointer    witness,
           GError    **error)
{
  g_assert_true (G_IS_OBJECT (witness));
  the_held->n_runs++;
  the_held->hold = gf_promise_hold (promise);
}

static GfFuture *
submit_held (GfExecutor *executor,
             Held       *held)
{
  GfFuture *future;
  g_autoptr (GfPromise) task = NULL;

  the_held = held;
  future = gf_executor_submit (executor, hold_task, test_witness_new (&held->record), g_object_unref);
  task = test_manual_executor_pop (executor);
  g_assert_nonnull (task);
  gf_promise_run (task);
  g_assert_cmpuint (held->n_runs, ==, 1);
  g_assert_nonnull (held->hold);
  return future;
}

static gpointer
settle_and_release_thread (gpointer data)
{
  g_autoptr (GfPromiseHold) hold = data;

  g_assert_true (gf_promise_resolve_int (gf_promise_hold_get_promise (hold), 42));
  return NULL;
}

static void
test_promise_hold_settles_after_the_function_returned (void)
{
  g_autoptr (GfExecutor) executor = test_manual_executor_new ();
  g_autoptr (GfFuture) future = NULL;
  Held held;

  held_init (&held);
  future = submit_held (executor, &held);
  g_assert_false (gf_future_is_done (future));
  g_assert_true (gf_future_is_running (future));

  g_thread_join (g_thread_new ("settle", settle_and_release_thread, g_steal_pointer (&held.hold)));
  g_assert_cmpint (gf_future_get_int (future, NULL), ==, 42);
  test_turn_until (test_record_get_n_finalized (&held.record) == 1);
  held_clear (&held);
}

static void
test_promise_hold_keeps_the_data_until_settled (void)
{
  g_autoptr (GfExecutor) executor = test_manual_executor_new ();
  g_autoptr (GfFuture) future = NULL;
  Held held;

  held_init (&held);
  future = submit_held (executor, &held);
  test_drain ();
  g_assert_cmpuint (test_record_get_n_finalized (&held.record), ==, 0);
  g_thread_join (g_thread_new ("settle", settle_and_release_thread, g_steal_pointer (&held.hold)));
  test_turn_until (test_record_get_n_finalized (&held.record) == 1);
  g_assert_cmpuint (held.record.n_elsewhere, ==, 0);
  held_clear (&held);
}

static void
test_promise_last_hold_dropped_breaks_it (void)
{
  g_autoptr (GfExecutor) executor = test_manual_executor_new ();
  g_autoptr (GfFuture) future = NULL;
  GfPromiseHold *copy;
  Held held;

  held_init (&held);
  future = submit_held (executor, &held);
  copy = g_boxed_copy (GF_TYPE_PROMISE_HOLD, held.hold);
  gf_promise_hold_free (held.hold);
  g_assert_false (gf_future_is_done (future));
  gf_promise_hold_free (copy);
  g_assert_cmpint (gf_future_get_state (future), ==, GF_FUTURE_STATE_FAILED);
  g_assert_error (gf_future_get_error (future), GF_FUTURE_ERROR, GF_FUTURE_ERROR_BROKEN_PROMISE);
  test_turn_until (test_record_get_n_finalized (&held.record) == 1);
  held_clear (&held);
}

static void
test_promise_second_hold_keeps_it (void)
{
  g_autoptr (GfExecutor) executor = test_manual_executor_new ();
  g_autoptr (GfFuture) future = NULL;
  g_autoptr (GfPromise) promise = NULL;
  GfPromiseHold *second;
  Held held;

  held_init (&held);
  future = submit_held (executor, &held);
  promise = g_object_ref (gf_promise_hold_get_promise (held.hold));
  g_assert_true (GF_FUTURE (promise) == future);
  second = gf_promise_hold (promise);
  gf_promise_hold_free (held.hold);
  g_assert_false (gf_future_is_done (future));
  gf_promise_hold_free (second);
  g_assert_error (gf_future_get_error (future), GF_FUTURE_ERROR, GF_FUTURE_ERROR_BROKEN_PROMISE);
  held_clear (&held);
  test_drain ();
}

static void
test_promise_hold_is_free_to_go_after_settling (void)
{
  g_autoptr (GfExecutor) executor = test_manual_executor_new ();
  g_autoptr (GfFuture) future = NULL;
  Held held;

  held_init (&held);
  future = submit_held (executor, &held);
  g_assert_true (gf_promise_resolve_int (gf_promise_hold_get_promise (held.hold), 1));
  gf_promise_hold_free (held.hold);
  g_assert_cmpint (gf_future_get_state (future), ==, GF_FUTURE_STATE_SUCCEEDED);
  test_turn_until (test_record_get_n_finalized (&held.record) == 1);
  held_clear (&held);
}

static void
test_promise_hold_of_a_cancelled_one (void)
{
  g_autoptr (GfExecutor) executor = test_manual_executor_new ();
  g_autoptr (GfFuture) future = NULL;
  Held held;

  held_init (&held);
  future = submit_held (executor, &held);
  g_assert_true (gf_future_cancel (future));
  g_assert_true (gf_promise_should_stop (gf_promise_hold_get_promise (held.hold)));
  gf_promise_hold_free (held.hold);
  g_assert_cmpint (gf_future_get_state (future), ==, GF_FUTURE_STATE_CANCELLED);
  test_turn_until (test_record_get_n_finalized (&held.record) == 1);
  held_clear (&held);
}

/* Running by hand */

typedef struct
{
  GfPromise *seen;
  GfPromise *after_inner;
  gpointer user_data;
  guint n_runs;
} Run;

static void
run_task (GfPromise  *promise,
          gpointer    data,
          GError    **error)
{
  Run *self = data;

  self->n_runs++;
  self->seen = gf_promise_get_current ();
  g_assert_true (self->seen == promise);
  g_assert_true (gf_future_is_running (GF_FUTURE (promise)));
  gf_promise_resolve_int (promise, 5);
}

static void
failing_task (GfPromise  *promise,
              gpointer    data,
              GError    **error)
{
  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_NOT_MOUNTED, "not mounted");
}

static void
returning_task (GfPromise  *promise,
                gpointer    data,
                GError    **error)
{
  ++*(guint *) data;
}

static void
test_promise_run_runs_the_task (void)
{
  g_autoptr (GfExecutor) executor = test_manual_executor_new ();
  g_autoptr (GfPromise) task = NULL;
  g_autoptr (GfFuture) future = NULL;
  Run run = { NULL, NULL, NULL, 0 };

  future = gf_executor_submit (executor, run_task, &run, NULL);
  task = test_manual_executor_pop (executor);
  g_assert_true (GF_FUTURE (task) == future);
  g_assert_cmpint (gf_future_get_state (future), ==, GF_FUTURE_STATE_PENDING);
  g_assert_null (gf_promise_get_current ());
  gf_promise_run (task);
  g_assert_null (gf_promise_get_current ());
  g_assert_cmpuint (run.n_runs, ==, 1);
  g_assert_cmpint (gf_future_get_int (future, NULL), ==, 5);
}

static void
test_promise_run_of_a_failing_task (void)
{
  g_autoptr (GfExecutor) executor = test_manual_executor_new ();
  g_autoptr (GfPromise) task = NULL;
  g_autoptr (GfFuture) future = gf_executor_submit (executor, failing_task, NULL, NULL);

  task = test_manual_executor_pop (executor);
  gf_promise_run (task);
  g_assert_error (gf_future_get_error (future), G_IO_ERROR, G_IO_ERROR_NOT_MOUNTED);
}

static void
test_promise_run_of_a_returning_task (void)
{
  g_autoptr (GfExecutor) executor = test_manual_executor_new ();
  g_autoptr (GfPromise) task = NULL;
  g_autoptr (GfFuture) future = NULL;
  const GValue *value;
  guint n = 0;

  future = gf_executor_submit (executor, returning_task, &n, NULL);
  task = test_manual_executor_pop (executor);
  gf_promise_run (task);
  g_assert_cmpuint (n, ==, 1);
  /* "succeeded with no value, a G_TYPE_POINTER GValue holding NULL" */
  value = gf_future_get_value (future, NULL);
  g_assert_nonnull (value);
  g_assert_true (G_VALUE_HOLDS (value, G_TYPE_POINTER));
  g_assert_null (g_value_get_pointer (value));
}

static void
test_promise_run_of_a_cancelled_task_is_nothing (void)
{
  g_autoptr (GfExecutor) executor = test_manual_executor_new ();
  g_autoptr (GfPromise) task = NULL;
  g_autoptr (GfFuture) future = NULL;
  guint n = 0;

  future = gf_executor_submit (executor, returning_task, &n, NULL);
  g_assert_true (gf_future_cancel (future));
  task = test_manual_executor_pop (executor);
  gf_promise_run (task);
  g_assert_cmpuint (n, ==, 0);
  g_assert_true (gf_future_is_cancelled (future));
}

static void
nesting_task (GfPromise  *promise,
              gpointer    data,
              GError    **error)
{
  g_autoptr (GfFuture) inner = NULL;
  Run *self = data;
  Run nested = { NULL, NULL, NULL, 0 };

  inner = gf_executor_submit (gf_inline_executor_get (), run_task, &nested, NULL);
  g_assert_true (GF_FUTURE (nested.seen) == inner);
  self->seen = promise;
  self->after_inner = gf_promise_get_current ();
}

static void
test_promise_current_is_restored_after_an_inner_task (void)
{
  g_autoptr (GfFuture) future = NULL;
  Run run = { NULL, NULL, NULL, 0 };

  g_assert_null (gf_promise_get_current ());
  future = gf_executor_submit (gf_inline_executor_get (), nesting_task, &run, NULL);
  g_assert_true (GF_FUTURE (run.seen) == future);
  g_assert_true (run.after_inner == run.seen);
  g_assert_null (gf_promise_get_current ());
}

static void
test_promise_of_a_closure_has_no_function (void)
{
  g_autoptr (GfExecutor) executor = test_manual_executor_new ();
  g_autoptr (GfPromise) task = NULL;
  g_autoptr (GfFuture) future = NULL;
  guint n = 0;

  future = gf_executor_submit_full (executor, 7, NULL, returning_task, &n, NULL);
  task = test_manual_executor_pop (executor);
  g_assert_null (gf_promise_get_function (task));
  g_assert_null (gf_promise_get_arguments (task));
  g_assert_cmpint (gf_promise_get_priority (task), ==, 7);
  gf_promise_run (task);
}

static GVariant *
negate (GVariant   *arguments,
        GfPromise  *promise,
        gpointer    user_data,
        GError    **error)
{
  return g_variant_new_int32 (-g_variant_get_int32 (arguments));
}

static void
test_promise_of_a_call_tells_function_and_arguments (void)
{
  g_autoptr (GfExecutor) executor = test_manual_executor_new ();
  g_autoptr (GfPromise) task = NULL;
  g_autoptr (GfFuture) future = NULL;

  gf_function_register ("test-promise.negate", negate, NULL, NULL);
  future = gf_executor_call_full (executor, -3, NULL, "test-promise.negate", g_variant_new_int32 (4));
  task = test_manual_executor_pop (executor);
  g_assert_cmpstr (gf_promise_get_function (task), ==, "test-promise.negate");
  g_assert_cmpint (g_variant_get_int32 (gf_promise_get_arguments (task)), ==, 4);
  g_assert_cmpint (gf_promise_get_priority (task), ==, -3);
  gf_promise_run (task);
  g_assert_cmpint (g_variant_get_int32 (gf_future_get_variant (future, NULL)), ==, -4);
}

static void
test_promise_of_a_call_may_be_settled_elsewhere (void)
{
  /* "or, to run it elsewhere, sends its function and arguments and settles it" */
  g_autoptr (GfExecutor) executor = test_manual_executor_new ();
  g_autoptr (GfPromise) task = NULL;
  g_autoptr (GfFuture) future = gf_executor_call (executor, "somewhere.else", NULL);
  guint n_done = 0;

  g_signal_connect (future, "done", G_CALLBACK (count_cb), &n_done);
  task = test_manual_executor_pop (executor);
  g_assert_nonnull (task);
  g_assert_true (gf_promise_set_running (task));
  g_assert_true (gf_promise_resolve_string (task, "from there"));
  test_turn_until (n_done == 1);
  g_assert_cmpstr (gf_future_get_string (future, NULL), ==, "from there");
}

static void
test_promise_progress_is_clear_to_read (void)
{
  g_autoptr (GfPromise) promise = gf_promise_new ();
  g_autofree char *status = NULL;
  double progress;

  gf_promise_set_progress (promise, 0.5, "half");
  g_assert_cmpfloat (gf_future_get_progress (GF_FUTURE (promise)), ==, 0.5);
  g_object_get (promise, "progress", &progress, "status", &status, NULL);
  g_assert_cmpfloat (progress, ==, 0.5);
  g_assert_cmpstr (status, ==, "half");
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

#define ADD(path, name) g_test_add_func ("/promise/" path, test_promise_##name)
  ADD ("home/can-be-set", home_can_be_set);
  ADD ("home/can-be-set-to-the-default-one", home_can_be_set_to_the_default_one);
  ADD ("home/of-a-settled-one-stays", home_of_a_settled_one_stays);

  ADD ("settle/once", settles_once);
  ADD ("settle/failed-or-cancelled-stays-so", failed_or_cancelled_stays_so);
  ADD ("settle/each-type", resolves_each_type);
  ADD ("settle/resolve-copies", resolve_copies);
  ADD ("settle/take-value-moves", take_value_moves);
  ADD ("settle/take-string-moves", take_string_moves);
  ADD ("settle/reject-takes-the-error", reject_takes_the_error);
  ADD ("settle/set-running-of-a-cancelled-one-is-false", set_running_of_a_cancelled_one_is_false);

  ADD ("stop/cancel-triggers-its-cancellable", cancel_triggers_its_cancellable);
  ADD ("stop/cancellable-asked-for-too-late-is-triggered", cancellable_asked_for_too_late_is_triggered);
  ADD ("stop/settling-by-oneself-triggers-nothing", settling_by_oneself_triggers_nothing);
  ADD ("stop/should-stop-when-settled-by-anyone-else", should_stop_when_settled_by_anyone_else);

  ADD ("hold/settles-after-the-function-returned", hold_settles_after_the_function_returned);
  ADD ("hold/keeps-the-data-until-settled", hold_keeps_the_data_until_settled);
  ADD ("hold/last-one-dropped-breaks-it", last_hold_dropped_breaks_it);
  ADD ("hold/second-one-keeps-it", second_hold_keeps_it);
  ADD ("hold/free-to-go-after-settling", hold_is_free_to_go_after_settling);
  ADD ("hold/of-a-cancelled-one", hold_of_a_cancelled_one);

  ADD ("run/runs-the-task", run_runs_the_task);
  ADD ("run/of-a-failing-task", run_of_a_failing_task);
  ADD ("run/of-a-returning-task", run_of_a_returning_task);
  ADD ("run/of-a-cancelled-task-is-nothing", run_of_a_cancelled_task_is_nothing);
  ADD ("run/current-is-restored-after-an-inner-task", current_is_restored_after_an_inner_task);
  ADD ("run/of-a-closure-has-no-function", of_a_closure_has_no_function);
  ADD ("run/of-a-call-tells-function-and-arguments", of_a_call_tells_function_and_arguments);
  ADD ("run/of-a-call-may-be-settled-elsewhere", of_a_call_may_be_settled_elsewhere);
  ADD ("progress/is-clear-to-read", progress_is_clear_to_read);
#undef ADD

  return g_test_run ();
}

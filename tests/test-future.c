/* test-future.c - the read side of a task
 *
 * States, values, errors; label, progress and status; timeout; properties.
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
count_notify_cb (GObject    *object,
                 GParamSpec *pspec,
                 gpointer    counter)
{
  ++*(guint *) counter;
}

static gpointer
settle_thread (gpointer promise)
{
  gf_promise_resolve_int (promise, 42);
  return NULL;
}

/* States */

static void
test_future_starts_pending (void)
{
  g_autoptr (GfPromise) promise = gf_promise_new ();
  GfFuture *future = GF_FUTURE (promise);

  g_assert_cmpint (gf_future_get_state (future), ==, GF_FUTURE_STATE_PENDING);
  g_assert_false (gf_future_is_done (future));
  g_assert_false (gf_future_is_running (future));
  g_assert_false (gf_future_is_cancelled (future));
  g_assert_null (gf_future_get_error (future));
  g_assert_cmpfloat (gf_future_get_progress (future), ==, -1.0);
  g_assert_null (gf_future_get_label (future));

  g_assert_finalize_object (g_steal_pointer (&promise));
}

static void
test_future_runs_then_succeeds (void)
{
  g_autoptr (GfPromise) promise = gf_promise_new ();
  GfFuture *future = GF_FUTURE (promise);

  g_assert_true (gf_promise_set_running (promise));
  g_assert_cmpint (gf_future_get_state (future), ==, GF_FUTURE_STATE_RUNNING);
  g_assert_true (gf_future_is_running (future));
  g_assert_false (gf_future_is_done (future));

  g_assert_true (gf_promise_resolve_int (promise, 3));
  g_assert_cmpint (gf_future_get_state (future), ==, GF_FUTURE_STATE_SUCCEEDED);
  g_assert_true (gf_future_is_done (future));
  g_assert_false (gf_future_is_running (future));
  g_assert_null (gf_future_get_error (future));
}

static void
test_future_fails (void)
{
  g_autoptr (GfPromise) promise = gf_promise_new ();
  GfFuture *future = GF_FUTURE (promise);
  g_autoptr (GError) error = NULL;

  g_assert_true (gf_promise_reject_literal (promise, G_IO_ERROR, G_IO_ERROR_NOT_FOUND, "no such thing"));
  g_assert_cmpint (gf_future_get_state (future), ==, GF_FUTURE_STATE_FAILED);
  g_assert_error (gf_future_get_error (future), G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
  g_assert_cmpstr (gf_future_get_error (future)->message, ==, "no such thing");

  g_assert_null (gf_future_get_value (future, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
}

static void
test_future_cancel_pending (void)
{
  g_autoptr (GfPromise) promise = gf_promise_new ();
  GfFuture *future = GF_FUTURE (promise);
  g_autoptr (GError) error = NULL;

  g_assert_true (gf_future_cancel (future));
  g_assert_cmpint (gf_future_get_state (future), ==, GF_FUTURE_STATE_CANCELLED);
  g_assert_true (gf_future_is_cancelled (future));
  g_assert_true (gf_future_is_done (future));
  g_assert_error (gf_future_get_error (future), G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_assert_null (gf_future_get_value (future, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
}

static void
test_future_cancel_settled_is_false (void)
{
  g_autoptr (GfFuture) value = gf_future_new_for_int (1);
  g_autoptr (GfFuture) failed = gf_future_new_for_error (g_error_new_literal (G_IO_ERROR, G_IO_ERROR_FAILED, "x"));
  g_autoptr (GfPromise) cancelled = gf_promise_new ();

  g_assert_false (gf_future_cancel (value));
  g_assert_cmpint (gf_future_get_state (value), ==, GF_FUTURE_STATE_SUCCEEDED);
  g_assert_false (gf_future_cancel (failed));
  g_assert_cmpint (gf_future_get_state (failed), ==, GF_FUTURE_STATE_FAILED);
  g_assert_true (gf_future_cancel (GF_FUTURE (cancelled)));
  g_assert_false (gf_future_cancel (GF_FUTURE (cancelled)));
}

static void
test_future_settling_leaves_nothing (void)
{
  /* A future that nobody looks at dies with its last reference, and nothing is
   * left behind in its context. */
  g_autoptr (GfPromise) promise = gf_promise_new ();

  gf_promise_resolve_string (promise, "unseen");
  test_drain ();
  g_assert_finalize_object (g_steal_pointer (&promise));
}

/* Values */

static void
test_future_getters_return_their_type (void)
{
  g_autoptr (GfFuture) b = gf_future_new_for_boolean (TRUE);
  g_autoptr (GfFuture) i = gf_future_new_for_int (-7);
  g_autoptr (GfFuture) i64 = gf_future_new_for_int64 (G_GINT64_CONSTANT (0x123456789abcdef));
  g_autoptr (GfFuture) d = gf_future_new_for_double (0.5);
  g_autoptr (GfFuture) s = gf_future_new_for_string ("text");
  g_autoptr (GfFuture) v = gf_future_new_for_variant (g_variant_new ("(is)", 1, "one"));
  g_autoptr (GObject) object = g_object_new (G_TYPE_OBJECT, NULL);
  g_autoptr (GfFuture) o = gf_future_new_for_object (object);
  g_autoptr (GDateTime) now = g_date_time_new_now_utc ();
  g_auto (GValue) boxed = G_VALUE_INIT;
  g_autoptr (GfFuture) x = NULL;
  g_autoptr (GVariant) expected = g_variant_ref_sink (g_variant_new ("(is)", 1, "one"));
  g_autoptr (GError) error = NULL;
  GVariant *variant;

  g_value_init (&boxed, G_TYPE_DATE_TIME);
  g_value_set_boxed (&boxed, now);
  x = gf_future_new_for_value (&boxed);

  g_assert_true (gf_future_get_boolean (b, &error));
  g_assert_no_error (error);
  g_assert_cmpint (gf_future_get_int (i, &error), ==, -7);
  g_assert_no_error (error);
  g_assert_cmpint (gf_future_get_int64 (i64, &error), ==, G_GINT64_CONSTANT (0x123456789abcdef));
  g_assert_no_error (error);
  g_assert_cmpfloat (gf_future_get_double (d, &error), ==, 0.5);
  g_assert_no_error (error);
  g_assert_cmpstr (gf_future_get_string (s, &error), ==, "text");
  g_assert_no_error (error);
  variant = gf_future_get_variant (v, &error);
  g_assert_no_error (error);
  g_assert_cmpvariant (variant, expected);
  g_assert_false (g_variant_is_floating (variant));
  g_assert_true (gf_future_get_object (o, &error) == (gpointer) object);
  g_assert_no_error (error);
  g_assert_true (g_date_time_equal (gf_future_get_boxed (x, &error), now));
  g_assert_no_error (error);
}

static void
test_future_get_value_is_borrowed (void)
{
  g_autoptr (GfFuture) future = gf_future_new_for_string ("text");
  const GValue *first = gf_future_get_value (future, NULL);

  g_assert_nonnull (first);
  g_assert_true (G_VALUE_HOLDS_STRING (first));
  g_assert_cmpstr (g_value_get_string (first), ==, "text");
  g_assert_true (gf_future_get_value (future, NULL) == first);
  g_assert_true (gf_future_get_string (future, NULL) == g_value_get_string (first));
}

static void
test_future_new_for_variant_sinks (void)
{
  GVariant *floating = g_variant_new_int32 (5);
  g_autoptr (GVariant) kept = g_variant_ref (floating);
  g_autoptr (GfFuture) future = gf_future_new_for_variant (floating);

  g_assert_false (g_variant_is_floating (floating));
  g_assert_true (gf_future_get_variant (future, NULL) == floating);
}

static void
test_future_holds_and_frees_its_object (void)
{
  GObject *object = g_object_new (G_TYPE_OBJECT, NULL);
  GfFuture *future = gf_future_new_for_object (object);

  g_object_add_weak_pointer (object, (gpointer *) &object);
  g_object_unref (object);
  /* its done is out */
  test_drain ();
  g_assert_nonnull (object);
  g_assert_finalize_object (future);
  g_assert_null (object);
}

static void
assert_getters_fail_with (GfFuture *future,
                          GQuark    domain,
                          int       code)
{
  g_autoptr (GError) error = NULL;

#define CHECK(expression)                                                       \
  G_STMT_START                                                                  \
    {                                                                           \
      g_assert_true ((expression));                                             \
      g_assert_error (error, domain, code);                                     \
      g_clear_error (&error);                                                   \
    }                                                                           \
  G_STMT_END
  CHECK (gf_future_get_value (future, &error) == NULL);
  CHECK (gf_future_get_boolean (future, &error) == FALSE);
  CHECK (gf_future_get_int (future, &error) == 0);
  CHECK (gf_future_get_int64 (future, &error) == 0);
  CHECK (gf_future_get_double (future, &error) == 0.0);
  CHECK (gf_future_get_string (future, &error) == NULL);
  CHECK (gf_future_get_variant (future, &error) == NULL);
  CHECK (gf_future_get_object (future, &error) == NULL);
  CHECK (gf_future_get_boxed (future, &error) == NULL);
#undef CHECK
}

static void
test_future_getters_before_settling_are_pending (void)
{
  g_autoptr (GfPromise) promise = gf_promise_new ();

  assert_getters_fail_with (GF_FUTURE (promise), G_IO_ERROR, G_IO_ERROR_PENDING);
  gf_promise_set_running (promise);
  assert_getters_fail_with (GF_FUTURE (promise), G_IO_ERROR, G_IO_ERROR_PENDING);
}

static void
test_future_getters_of_failed_give_its_error (void)
{
  g_autoptr (GfFuture) future = gf_future_new_for_error (g_error_new_literal (G_IO_ERROR, G_IO_ERROR_NO_SPACE, "full"));

  assert_getters_fail_with (future, G_IO_ERROR, G_IO_ERROR_NO_SPACE);
}

static void
test_future_getters_of_another_type_fail (void)
{
  g_autoptr (GfFuture) future = gf_future_new_for_string ("not a number");
  g_autoptr (GfFuture) number = gf_future_new_for_int (1);
  g_autoptr (GError) error = NULL;

  g_assert_cmpint (gf_future_get_int (future, &error), ==, 0);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT);
  g_clear_error (&error);
  g_assert_null (gf_future_get_variant (future, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT);
  g_clear_error (&error);
  g_assert_null (gf_future_get_object (future, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT);
  g_clear_error (&error);
  g_assert_null (gf_future_get_string (number, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT);
  g_clear_error (&error);
  /* and the caller may not care */
  g_assert_null (gf_future_get_string (number, NULL));
}

/* Label, progress, status */

static void
test_future_label (void)
{
  g_autoptr (GfPromise) promise = gf_promise_new ();
  g_autofree char *label = NULL;
  guint n_notify = 0;

  g_signal_connect (promise, "notify::label", G_CALLBACK (count_notify_cb), &n_notify);
  gf_future_set_label (GF_FUTURE (promise), "thumbnail of x.png");
  g_assert_cmpstr (gf_future_get_label (GF_FUTURE (promise)), ==, "thumbnail of x.png");
  test_turn_until (n_notify > 0);
  gf_future_set_label (GF_FUTURE (promise), "thumbnail of x.png");
  test_drain ();
  g_assert_cmpuint (n_notify, ==, 1);

  g_object_get (promise, "label", &label, NULL);
  g_assert_cmpstr (label, ==, "thumbnail of x.png");
  gf_future_set_label (GF_FUTURE (promise), NULL);
  g_assert_null (gf_future_get_label (GF_FUTURE (promise)));
  test_turn_until (n_notify == 2);
}

#define N_REPORTS 1000000

static void
progress_task (GfPromise  *promise,
               gpointer    user_data,
               GError    **error)
{
  guint n = GPOINTER_TO_UINT (user_data);

  for (guint i = 1; i <= n; i++)
    gf_promise_set_progress (promise, (double) i / n, i == n ? "finished" : "counting");
}

typedef struct
{
  guint n_notifies;
  guint n_done;
  double last;
} Progress;

static void
progress_notify_cb (GObject    *object,
                    GParamSpec *pspec,
                    Progress   *self)
{
  double now = gf_future_get_progress (GF_FUTURE (object));

  g_assert_cmpuint (self->n_done, ==, 0);
  g_assert_cmpfloat (now, >=, self->last);
  g_assert_cmpfloat (now, <=, 1.0);
  self->last = now;
  self->n_notifies++;
}

static void
progress_done_cb (GfFuture *future,
                  Progress *self)
{
  g_autofree char *status = gf_future_dup_status (future);

  g_assert_cmpstr (status, ==, "finished");
  self->n_done++;
}

static void
test_future_progress_is_coalesced (void)
{
  g_autoptr (GfExecutor) pool = gf_thread_pool_executor_new (1);
  g_autoptr (GfFuture) future = NULL;
  Progress progress = { 0, 0, -1 };
  gint64 start = g_get_monotonic_time ();
  gint64 n_frames;

  future = gf_executor_submit (pool, progress_task, GUINT_TO_POINTER (N_REPORTS), NULL);
  g_signal_connect (future, "notify::progress", G_CALLBACK (progress_notify_cb), &progress);
  g_signal_connect (future, "done", G_CALLBACK (progress_done_cb), &progress);
  test_turn_until (progress.n_done == 1);
  test_drain ();

  /* one a frame, and no frame is shorter than 4 ms */
  n_frames = (g_get_monotonic_time () - start) / 4000 + 2;
  g_test_message ("%u notifies for %u reports", progress.n_notifies, N_REPORTS);
  g_assert_cmpuint (progress.n_notifies, >=, 1);
  g_assert_cmpint (progress.n_notifies, <=, n_frames);
  g_assert_cmpfloat (progress.last, ==, 1.0);
}

static void
report_and_wait_task (GfPromise  *promise,
                      gpointer    gate,
                      GError    **error)
{
  gf_promise_set_progress (promise, 0.25, "a quarter");
  test_gate_pass (gate);
}

static void
test_future_progress_is_notified_while_running (void)
{
  g_autoptr (GfExecutor) pool = gf_thread_pool_executor_new (1);
  g_autoptr (GfFuture) future = NULL;
  g_autofree char *status = NULL;
  guint n_progress = 0, n_status = 0;
  TestGate gate;

  test_gate_init (&gate);
  future = gf_executor_submit (pool, report_and_wait_task, &gate, NULL);
  g_signal_connect (future, "notify::progress", G_CALLBACK (count_notify_cb), &n_progress);
  g_signal_connect (future, "notify::status", G_CALLBACK (count_notify_cb), &n_status);
  test_turn_until (n_progress > 0 && n_status > 0);
  g_assert_true (gf_future_is_running (future));
  g_assert_cmpfloat (gf_future_get_progress (future), ==, 0.25);
  status = gf_future_dup_status (future);
  g_assert_cmpstr (status, ==, "a quarter");

  test_gate_open (&gate);
  gf_executor_shutdown (pool, TRUE, FALSE);
  test_drain ();
  test_gate_clear (&gate);
}

/* Timeout */

static void
test_future_timeout_fails_it (void)
{
  g_autoptr (GfPromise) promise = gf_promise_new ();
  guint n_done = 0;

  g_signal_connect (promise, "done", G_CALLBACK (count_cb), &n_done);
  gf_future_set_timeout (GF_FUTURE (promise), 2000);
  test_turn_until (n_done == 1);
  g_assert_cmpint (gf_future_get_state (GF_FUTURE (promise)), ==, GF_FUTURE_STATE_FAILED);
  g_assert_error (gf_future_get_error (GF_FUTURE (promise)), G_IO_ERROR, G_IO_ERROR_TIMED_OUT);
  g_assert_false (gf_promise_resolve_int (promise, 1));
}

static void
test_future_timeout_needs_no_loop (void)
{
  g_autoptr (GfPromise) promise = gf_promise_new ();
  g_autoptr (GError) error = NULL;

  gf_future_set_timeout (GF_FUTURE (promise), 2000);
  g_assert_true (gf_future_wait (GF_FUTURE (promise), TEST_DEADLINE_US, NULL, &error));
  g_assert_no_error (error);
  g_assert_error (gf_future_get_error (GF_FUTURE (promise)), G_IO_ERROR, G_IO_ERROR_TIMED_OUT);
}

static void
until_stopped_task (GfPromise  *promise,
                    gpointer    gate,
                    GError    **error)
{
  GCancellable *cancellable = gf_promise_get_cancellable (promise);

  test_gate_arrive (gate);
  while (!gf_promise_should_stop (promise))
    g_thread_yield ();
  while (!g_cancellable_is_cancelled (cancellable))
    g_thread_yield ();
}

static void
test_future_timeout_stops_the_task (void)
{
  g_autoptr (GfExecutor) pool = gf_thread_pool_executor_new (1);
  g_autoptr (GfFuture) future = NULL;
  TestGate gate;

  test_gate_init (&gate);
  future = gf_executor_submit (pool, until_stopped_task, &gate, NULL);
  gf_future_set_timeout (future, 2000);
  gf_future_wait (future, -1, NULL, NULL);
  g_assert_error (gf_future_get_error (future), G_IO_ERROR, G_IO_ERROR_TIMED_OUT);
  gf_executor_shutdown (pool, TRUE, FALSE);
  test_gate_clear (&gate);
}

static void
test_future_timeout_after_settling_changes_nothing (void)
{
  g_autoptr (GfPromise) promise = NULL;
  gint64 timeout_us = 500;

  /* On a loaded machine a short one may pass before the next line. */
  do
    {
      timeout_us *= 2;
      g_clear_object (&promise);
      promise = gf_promise_new ();
      gf_future_set_timeout (GF_FUTURE (promise), timeout_us);
    }
  while (!gf_promise_resolve_int (promise, 1));
  /* longer than the timeout, by waiting for something that never comes */
  {
    g_autoptr (GfPromise) never = gf_promise_new ();

    g_assert_false (gf_future_wait (GF_FUTURE (never), 3 * timeout_us, NULL, NULL));
  }
  test_drain ();
  g_assert_cmpint (gf_future_get_state (GF_FUTURE (promise)), ==, GF_FUTURE_STATE_SUCCEEDED);
}

/* Properties */

static void
test_future_properties_are_notified_in_the_home_context (void)
{
  g_autoptr (GfPromise) promise = gf_promise_new ();
  GfFutureState state;
  gboolean settled;
  guint n_state = 0, n_settled = 0;

  g_signal_connect (promise, "notify::state", G_CALLBACK (count_notify_cb), &n_state);
  g_signal_connect (promise, "notify::settled", G_CALLBACK (count_notify_cb), &n_settled);
  g_object_get (promise, "state", &state, "settled", &settled, NULL);
  g_assert_cmpint (state, ==, GF_FUTURE_STATE_PENDING);
  g_assert_false (settled);

  g_thread_join (g_thread_new ("settle", settle_thread, promise));
  g_assert_cmpuint (n_settled, ==, 0);
  test_turn_until (n_settled > 0);
  test_drain ();
  g_assert_cmpuint (n_settled, ==, 1);
  g_assert_cmpuint (n_state, ==, 1);
  g_object_get (promise, "state", &state, "settled", &settled, NULL);
  g_assert_cmpint (state, ==, GF_FUTURE_STATE_SUCCEEDED);
  g_assert_true (settled);
}

static void
test_future_properties_can_be_bound (void)
{
  g_autoptr (GfPromise) promise = gf_promise_new ();
  g_autoptr (GSimpleAction) action = g_simple_action_new ("show-result", NULL);
  g_autoptr (GfPromise) mirror = gf_promise_new ();

  g_object_bind_property (promise, "settled", action, "enabled", G_BINDING_SYNC_CREATE);
  g_object_bind_property (promise, "label", mirror, "label", G_BINDING_SYNC_CREATE);
  g_assert_false (g_action_get_enabled (G_ACTION (action)));

  gf_future_set_label (GF_FUTURE (promise), "bound");
  gf_promise_resolve_int (promise, 1);
  test_turn_until (g_action_get_enabled (G_ACTION (action)));
  g_assert_cmpstr (gf_future_get_label (GF_FUTURE (mirror)), ==, "bound");
}

static void
assert_readable (GObjectClass *klass,
                 const char   *name,
                 GType         type)
{
  GParamSpec *pspec = g_object_class_find_property (klass, name);

  g_assert_nonnull (pspec);
  g_assert_true (pspec->value_type == type);
  g_assert_true (pspec->flags & G_PARAM_READABLE);
}

static void
test_future_has_its_properties_and_signal (void)
{
  GObjectClass *klass = g_type_class_ref (GF_TYPE_PROMISE);

  assert_readable (klass, "state", GF_TYPE_FUTURE_STATE);
  assert_readable (klass, "settled", G_TYPE_BOOLEAN);
  assert_readable (klass, "progress", G_TYPE_DOUBLE);
  assert_readable (klass, "status", G_TYPE_STRING);
  assert_readable (klass, "label", G_TYPE_STRING);
  /* a property of the signal's name would take it from Vala */
  g_assert_null (g_object_class_find_property (klass, "done"));
  g_assert_cmpuint (g_signal_lookup ("done", GF_TYPE_FUTURE), !=, 0);
  g_type_class_unref (klass);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

#define ADD(path, name) g_test_add_func ("/future/" path, test_future_##name)
  ADD ("state/starts-pending", starts_pending);
  ADD ("state/runs-then-succeeds", runs_then_succeeds);
  ADD ("state/fails", fails);
  ADD ("state/cancel-pending", cancel_pending);
  ADD ("state/cancel-settled-is-false", cancel_settled_is_false);
  ADD ("state/settling-leaves-nothing", settling_leaves_nothing);

  ADD ("value/getters-return-their-type", getters_return_their_type);
  ADD ("value/get-value-is-borrowed", get_value_is_borrowed);
  ADD ("value/new-for-variant-sinks", new_for_variant_sinks);
  ADD ("value/holds-and-frees-its-object", holds_and_frees_its_object);
  ADD ("value/getters-before-settling-are-pending", getters_before_settling_are_pending);
  ADD ("value/getters-of-failed-give-its-error", getters_of_failed_give_its_error);
  ADD ("value/getters-of-another-type-fail", getters_of_another_type_fail);

  ADD ("label", label);
  ADD ("progress/is-coalesced", progress_is_coalesced);
  ADD ("progress/is-notified-while-running", progress_is_notified_while_running);

  ADD ("timeout/fails-it", timeout_fails_it);
  ADD ("timeout/needs-no-loop", timeout_needs_no_loop);
  ADD ("timeout/stops-the-task", timeout_stops_the_task);
  ADD ("timeout/after-settling-changes-nothing", timeout_after_settling_changes_nothing);

  ADD ("properties/are-notified-in-the-home-context", properties_are_notified_in_the_home_context);
  ADD ("properties/can-be-bound", properties_can_be_bound);
  ADD ("properties/are-there", has_its_properties_and_signal);
#undef ADD

  return g_test_run ();
}

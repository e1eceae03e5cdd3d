/* test-forward-to-task.c - futures whose outcome a GTask returns
 *
 * What a caller in the style of GIO gets, of each type; who cancels whom; and what
 * is left of what nobody fetches.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "test-operations.h"

#include <string.h>

static int a_number;

/* The task that has returned @value, whichever of the two comes first. */
static GTask *
forward_value (const GValue *value,
               gboolean      settled_before,
               Answer       *answer)
{
  g_autoptr (GfPromise) promise = gf_promise_new ();

  if (settled_before)
    gf_promise_resolve (promise, value);
  forward (GF_FUTURE (promise), NULL, answer);
  if (!settled_before)
    gf_promise_resolve (promise, value);
  g_assert_cmpuint (answer->n_calls, ==, 0);
  test_turn_until (answer->n_calls > 0);
  g_assert_cmpuint (answer->n_calls, ==, 1);
  return G_TASK (answer->result);
}

#define TEST_FORWARD(TYPE, setter, given, check)                                \
  G_STMT_START                                                                  \
    {                                                                           \
      for (int settled_before = 0; settled_before < 2; settled_before++)        \
        {                                                                       \
          g_auto (GValue) value = G_VALUE_INIT;                                 \
          g_auto (Answer) answer = { 0 };                                       \
          g_autoptr (GError) error = NULL;                                      \
          GTask *task;                                                          \
                                                                                \
          g_value_init (&value, TYPE);                                          \
          g_value_##setter (&value, given);                                     \
          task = forward_value (&value, settled_before, &answer);               \
          g_assert_true (check);                                                \
          g_assert_no_error (error);                                            \
        }                                                                       \
    }                                                                           \
  G_STMT_END

static void
test_forward_numbers (void)
{
  TEST_FORWARD (G_TYPE_BOOLEAN, set_boolean, TRUE, g_task_propagate_boolean (task, &error));
  TEST_FORWARD (G_TYPE_BOOLEAN, set_boolean, FALSE, !g_task_propagate_boolean (task, &error));
  TEST_FORWARD (G_TYPE_CHAR, set_schar, -7, g_task_propagate_int (task, &error) == -7);
  TEST_FORWARD (G_TYPE_UCHAR, set_uchar, 200, g_task_propagate_int (task, &error) == 200);
  TEST_FORWARD (G_TYPE_INT, set_int, -7, g_task_propagate_int (task, &error) == -7);
  TEST_FORWARD (G_TYPE_UINT, set_uint, G_MAXINT, g_task_propagate_int (task, &error) == G_MAXINT);
  TEST_FORWARD (G_TYPE_LONG, set_long, G_MINSSIZE, g_task_propagate_int (task, &error) == G_MINSSIZE);
  TEST_FORWARD (G_TYPE_ULONG, set_ulong, 7, g_task_propagate_int (task, &error) == 7);
  TEST_FORWARD (G_TYPE_INT64, set_int64, -7, g_task_propagate_int (task, &error) == -7);
  TEST_FORWARD (G_TYPE_UINT64, set_uint64, 7, g_task_propagate_int (task, &error) == 7);
  TEST_FORWARD (G_TYPE_FILE_TYPE, set_enum, G_FILE_TYPE_SPECIAL,
                g_task_propagate_int (task, &error) == G_FILE_TYPE_SPECIAL);
  TEST_FORWARD (G_TYPE_FILE_COPY_FLAGS, set_flags, G_FILE_COPY_BACKUP,
                g_task_propagate_int (task, &error) == G_FILE_COPY_BACKUP);
}

static gboolean
task_gives_double (GTask  *task,
                   double  expected,
                   GError **error)
{
  g_auto (GValue) value = G_VALUE_INIT;

  return g_task_propagate_value (task, &value, error) && g_value_get_double (&value) == expected;
}

static gboolean
task_gives_string (GTask      *task,
                   const char *expected,
                   GError    **error)
{
  g_autofree char *string = g_task_propagate_pointer (task, error);

  return g_strcmp0 (string, expected) == 0;
}

static gboolean
task_gives_object (GTask   *task,
                   gpointer expected,
                   GError **error)
{
  g_autoptr (GObject) object = g_task_propagate_pointer (task, error);

  return object == expected;
}

static gboolean
task_gives_bytes (GTask   *task,
                  gpointer expected,
                  GError **error)
{
  g_autoptr (GBytes) bytes = g_task_propagate_pointer (task, error);

  return bytes == expected;
}

static gboolean
task_gives_strv (GTask   *task,
                 GError **error)
{
  g_auto (GStrv) strv = g_task_propagate_pointer (task, error);

  return g_strv_length (strv) == 2;
}

static gboolean
task_gives_variant (GTask   *task,
                    GError **error)
{
  g_autoptr (GVariant) variant = g_task_propagate_pointer (task, error);

  return !g_variant_is_floating (variant) && g_variant_get_int32 (variant) == 7;
}

static gboolean
task_gives_param (GTask      *task,
                  GParamSpec *expected,
                  GError    **error)
{
  g_autoptr (GParamSpec) pspec = g_task_propagate_pointer (task, error);

  return pspec == expected;
}

static void
test_forward_pointers (void)
{
  g_autoptr (GObject) object = g_object_new (G_TYPE_OBJECT, NULL);
  g_autoptr (GFile) file = g_file_new_for_path ("/");
  g_autoptr (GBytes) bytes = g_bytes_new ("bytes", 5);
  g_autoptr (GParamSpec) pspec = g_param_spec_ref_sink (g_param_spec_int ("number", NULL, NULL, 0, 1, 0, 0));
  static const char * const strv[] = { "a", "b", NULL };

  TEST_FORWARD (G_TYPE_DOUBLE, set_double, 0.5, task_gives_double (task, 0.5, &error));
  TEST_FORWARD (G_TYPE_STRING, set_string, "string", task_gives_string (task, "string", &error));
  TEST_FORWARD (G_TYPE_STRING, set_string, NULL, task_gives_string (task, NULL, &error));
  TEST_FORWARD (G_TYPE_OBJECT, set_object, object, task_gives_object (task, object, &error));
  TEST_FORWARD (G_TYPE_OBJECT, set_object, NULL, task_gives_object (task, NULL, &error));
  TEST_FORWARD (G_TYPE_FILE, set_object, file, task_gives_object (task, file, &error));
  TEST_FORWARD (G_TYPE_BYTES, set_boxed, bytes, task_gives_bytes (task, bytes, &error));
  TEST_FORWARD (G_TYPE_BYTES, set_boxed, NULL, task_gives_bytes (task, NULL, &error));
  TEST_FORWARD (G_TYPE_STRV, set_boxed, strv, task_gives_strv (task, &error));
  TEST_FORWARD (G_TYPE_VARIANT, set_variant, g_variant_new_int32 (7), task_gives_variant (task, &error));
  TEST_FORWARD (G_TYPE_PARAM, set_param, pspec, task_gives_param (task, pspec, &error));
  TEST_FORWARD (G_TYPE_POINTER, set_pointer, &a_number, g_task_propagate_pointer (task, &error) == &a_number);

  test_drain ();
  g_assert_finalize_object (g_steal_pointer (&object));
}

/* Run with a leak checker, this is about what is freed. */
static void
test_forward_of_what_nobody_fetches (void)
{
  static const char * const strv[] = { "a", "b", NULL };
  g_autoptr (GDateTime) now = g_date_time_new_now_utc ();
  g_autoptr (GBytes) bytes = g_bytes_new ("bytes", 5);
  TestRecord record;

  test_record_init (&record);
  TEST_FORWARD (G_TYPE_STRING, set_string, "string", task != NULL);
  TEST_FORWARD (G_TYPE_OBJECT, take_object, test_witness_new (&record), task != NULL);
  TEST_FORWARD (G_TYPE_BYTES, set_boxed, bytes, task != NULL);
  TEST_FORWARD (G_TYPE_STRV, set_boxed, strv, task != NULL);
  TEST_FORWARD (G_TYPE_DATE_TIME, set_boxed, now, task != NULL);
  TEST_FORWARD (G_TYPE_VARIANT, set_variant, g_variant_new_string ("variant"), task != NULL);
  test_drain ();
  g_assert_cmpuint (test_record_get_n_finalized (&record), ==, 2);
  test_record_clear (&record);
}

static void
test_forward_of_no_value_is_true (void)
{
  g_autoptr (GObject) source = g_object_new (G_TYPE_OBJECT, NULL);
  g_autoptr (GfFuture) future = op_future (source, G_TYPE_NONE, G_CALLBACK (finish_none));
  g_auto (Answer) answer = { 0 };

  forward (future, NULL, &answer);
  test_turn_until (answer.n_calls > 0);
  g_assert_true (g_task_propagate_boolean (G_TASK (answer.result), NULL));
}

static void
test_forward_of_an_error (void)
{
  g_autoptr (GfFuture) future = gf_future_new_for_error (g_error_new_literal (G_IO_ERROR, G_IO_ERROR_BUSY, "busy"));
  g_autoptr (GError) error = NULL;
  g_auto (Answer) answer = { 0 };

  forward (future, NULL, &answer);
  test_turn_until (answer.n_calls > 0);
  g_assert_null (g_task_propagate_pointer (G_TASK (answer.result), &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_BUSY);
  g_assert_cmpstr (error->message, ==, "busy");
}

static void
test_forward_of_a_cancelled_future (void)
{
  g_autoptr (GfPromise) promise = gf_promise_new ();
  g_autoptr (GError) error = NULL;
  g_auto (Answer) answer = { 0 };

  forward (GF_FUTURE (promise), NULL, &answer);
  gf_future_cancel (GF_FUTURE (promise));
  g_assert_cmpuint (answer.n_calls, ==, 0);
  test_turn_until (answer.n_calls > 0);
  g_assert_false (g_task_propagate_boolean (G_TASK (answer.result), &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
}

static void
test_forward_of_a_broken_promise (void)
{
  GfPromise *promise = gf_promise_new ();
  g_autoptr (GError) error = NULL;
  g_auto (Answer) answer = { 0 };

  forward (GF_FUTURE (promise), NULL, &answer);
  g_object_unref (promise);
  test_turn_until (answer.n_calls > 0);
  g_assert_false (g_task_propagate_boolean (G_TASK (answer.result), &error));
  g_assert_error (error, GF_FUTURE_ERROR, GF_FUTURE_ERROR_BROKEN_PROMISE);
}

static void
assert_task_is_cancelled (Answer *answer)
{
  g_autoptr (GError) error = NULL;

  g_assert_cmpuint (answer->n_calls, ==, 1);
  g_assert_false (g_task_propagate_boolean (G_TASK (answer->result), &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
}

static void
test_the_task_s_cancellable_cancels_the_future (void)
{
  g_autoptr (GfPromise) promise = gf_promise_new ();
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_auto (Answer) answer = { 0 };

  forward (GF_FUTURE (promise), cancellable, &answer);
  test_drain ();
  g_assert_false (gf_future_is_done (GF_FUTURE (promise)));
  g_cancellable_cancel (cancellable);
  g_assert_true (gf_future_is_cancelled (GF_FUTURE (promise)));
  g_assert_cmpuint (answer.n_calls, ==, 0);
  test_turn_until (answer.n_calls > 0);
  assert_task_is_cancelled (&answer);

  test_drain ();
  g_clear_object (&answer.result);
  g_assert_finalize_object (g_steal_pointer (&promise));
  g_assert_finalize_object (g_steal_pointer (&cancellable));
}

static void
test_a_future_that_others_want_is_not_cancelled (void)
{
  g_autoptr (GfPromise) promise = gf_promise_new ();
  g_autoptr (GCancellable) first = g_cancellable_new ();
  g_autoptr (GCancellable) second = g_cancellable_new ();
  g_autoptr (GCancellable) third = g_cancellable_new ();
  g_auto (Answer) one = { 0 };
  g_auto (Answer) two = { 0 };
  g_auto (Answer) waiting = { 0 };

  forward (GF_FUTURE (promise), first, &one);
  gf_future_result_async (GF_FUTURE (promise), third, answer_cb, &waiting);
  forward (GF_FUTURE (promise), second, &two);

  g_cancellable_cancel (first);
  test_turn_until (one.n_calls > 0);
  assert_task_is_cancelled (&one);
  g_assert_false (gf_future_is_done (GF_FUTURE (promise)));

  g_cancellable_cancel (second);
  test_turn_until (two.n_calls > 0);
  assert_task_is_cancelled (&two);
  g_assert_false (gf_future_is_done (GF_FUTURE (promise)));

  gf_promise_resolve_int (promise, 3);
  test_turn_until (waiting.n_calls > 0);
  g_assert_cmpint (g_value_get_int (gf_future_result_finish (GF_FUTURE (promise), waiting.result, NULL)), ==, 3);
  g_assert_cmpuint (one.n_calls + two.n_calls, ==, 2);
}

static void
test_forward_to_a_task_that_is_cancelled_already (void)
{
  g_autoptr (GfPromise) unwanted = gf_promise_new ();
  g_autoptr (GfPromise) settled = gf_promise_new ();
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_auto (Answer) one = { 0 };
  g_auto (Answer) two = { 0 };

  g_cancellable_cancel (cancellable);
  gf_promise_resolve_int (settled, 3);
  forward (GF_FUTURE (unwanted), cancellable, &one);
  forward (GF_FUTURE (settled), cancellable, &two);
  g_assert_true (gf_future_is_cancelled (GF_FUTURE (unwanted)));
  g_assert_cmpuint (one.n_calls + two.n_calls, ==, 0);
  test_turn_until (one.n_calls > 0 && two.n_calls > 0);
  assert_task_is_cancelled (&one);
  assert_task_is_cancelled (&two);
}

/* A caller that disconnects from the cancellable and uses it again, in its
 * callback: that must not be inside g_cancellable_cancel(). */
static void
disconnect_cb (GObject      *source,
               GAsyncResult *result,
               gpointer      data)
{
  GTask *task = G_TASK (result);
  gulong *id = data;

  g_cancellable_disconnect (g_task_get_cancellable (task), *id);
  *id = 0;
  g_cancellable_reset (g_task_get_cancellable (task));
}

static void
nothing_cb (void)
{
}

static gboolean
cancel_cb (gpointer cancellable)
{
  g_cancellable_cancel (cancellable);
  return G_SOURCE_REMOVE;
}

static void
test_a_callback_may_disconnect_from_the_cancellable (void)
{
  g_autoptr (GfPromise) promise = gf_promise_new ();
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  gulong id = g_cancellable_connect (cancellable, G_CALLBACK (nothing_cb), NULL, NULL);
  GTask *task = g_task_new (NULL, cancellable, disconnect_cb, &id);

  gf_future_forward_to_task (GF_FUTURE (promise), task);
  g_object_unref (task);
  /* in the context, where a task could return at once */
  g_idle_add (cancel_cb, cancellable);
  test_turn_until (id == 0);
  g_assert_true (gf_future_is_cancelled (GF_FUTURE (promise)));
  test_drain ();
  g_assert_finalize_object (g_steal_pointer (&cancellable));
}

/* ---- a library that works by futures ---- */

static void
test_a_library_s_own_operation (void)
{
  g_autoptr (GBytes) bytes = g_bytes_new_static ("\1\2\3", 3);
  g_autoptr (GBytes) nothing = g_bytes_new_static ("", 0);
  g_autoptr (GError) error = NULL;
  g_auto (Answer) good = { 0 };
  g_auto (Answer) bad = { 0 };

  sum_async (bytes, NULL, answer_cb, &good);
  sum_async (nothing, NULL, answer_cb, &bad);
  test_turn_until (good.n_calls > 0 && bad.n_calls > 0);
  g_assert_true (good.thread == g_thread_self ());
  g_assert_cmpint (sum_finish (good.result, NULL), ==, 6);
  g_assert_cmpint (sum_finish (bad.result, &error), ==, -1);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA);
}

/* There and back: an operation by futures, as a future. */
static void
sum_finished (GfPromise    *promise,
              GObject      *source,
              GAsyncResult *result,
              gpointer      user_data,
              GError      **error)
{
  gssize sum = sum_finish (result, error);

  if (sum >= 0)
    gf_promise_resolve_int64 (promise, sum);
}

static void
test_there_and_back (void)
{
  g_autoptr (GBytes) bytes = g_bytes_new_static ("\1\2\3", 3);
  g_autoptr (GfPromise) promise = gf_promise_new ();

  sum_async (bytes, gf_promise_get_cancellable (promise), gf_promise_ready,
             gf_promise_finish_by (promise, sum_finished, NULL, NULL));
  test_turn_until (gf_future_is_done (GF_FUTURE (promise)));
  g_assert_cmpint (gf_future_get_int64 (GF_FUTURE (promise), NULL), ==, 6);
}

static void
test_cancelling_there_and_back (void)
{
  g_autoptr (GfPromise) inner = gf_promise_new ();
  g_autoptr (GfPromise) outer = gf_promise_new ();
  g_autoptr (GTask) task = g_task_new (NULL, gf_promise_get_cancellable (outer), gf_promise_ready,
                                       gf_promise_finish_by (outer, sum_finished, NULL, NULL));

  gf_future_forward_to_task (GF_FUTURE (inner), task);
  gf_future_cancel (GF_FUTURE (outer));
  g_assert_true (gf_future_is_cancelled (GF_FUTURE (inner)));
  test_drain ();
  g_clear_object (&task);
  g_assert_finalize_object (g_steal_pointer (&inner));
  g_assert_finalize_object (g_steal_pointer (&outer));
}
/* ---- what nobody else knows of ---- */

/* A future that nobody but its members knows of. */
static void
test_forward_of_a_set_that_is_dropped (void)
{
  g_autoptr (GfPromise) one = gf_promise_new ();
  g_autoptr (GfPromise) two = gf_promise_new ();
  GfFuture *members[] = { GF_FUTURE (one), GF_FUTURE (two) };
  g_autoptr (GError) error = NULL;
  g_auto (Answer) answer = { 0 };
  GfFutureSet *set = gf_future_all (members, 2);

  forward (GF_FUTURE (set), NULL, &answer);
  g_object_unref (set);
  test_drain ();
  gf_promise_resolve_int (one, 1);
  gf_promise_resolve_int (two, 2);
  test_turn_until (answer.n_calls > 0);
  g_assert_true (g_task_propagate_boolean (G_TASK (answer.result), &error));
  g_assert_no_error (error);
}

static GfFuture *
pass_on (GfFuture *settled,
         gpointer  user_data,
         GError  **error)
{
  return g_object_ref (settled);
}

static void
test_forward_of_a_chain_that_is_dropped (void)
{
  g_autoptr (GfPromise) promise = gf_promise_new ();
  GfFuture *derived = gf_future_then (GF_FUTURE (promise), pass_on, NULL, NULL);
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_auto (Answer) answer = { 0 };

  forward (derived, cancellable, &answer);
  g_object_unref (derived);
  test_drain ();
  gf_promise_resolve_int (promise, 5);
  test_turn_until (answer.n_calls > 0);
  g_assert_cmpint (g_task_propagate_int (G_TASK (answer.result), NULL), ==, 5);
}

static void
test_cancelling_a_task_reaches_the_source_of_a_chain (void)
{
  g_autoptr (GfPromise) promise = gf_promise_new ();
  GfFuture *derived = gf_future_then (GF_FUTURE (promise), pass_on, NULL, NULL);
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_auto (Answer) answer = { 0 };

  forward (derived, cancellable, &answer);
  g_object_unref (derived);
  g_cancellable_cancel (cancellable);
  g_assert_true (gf_future_is_cancelled (GF_FUTURE (promise)));
  test_turn_until (answer.n_calls > 0);
  assert_task_is_cancelled (&answer);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

#define ADD(path, name) g_test_add_func ("/gio/" path, test_##name)
  ADD ("task/numbers", forward_numbers);
  ADD ("task/pointers", forward_pointers);
  ADD ("task/what-nobody-fetches", forward_of_what_nobody_fetches);
  ADD ("task/no-value-is-true", forward_of_no_value_is_true);
  ADD ("task/an-error", forward_of_an_error);
  ADD ("task/a-cancelled-future", forward_of_a_cancelled_future);
  ADD ("task/a-broken-promise", forward_of_a_broken_promise);
  ADD ("task/a-set-that-is-dropped", forward_of_a_set_that_is_dropped);
  ADD ("task/a-chain-that-is-dropped", forward_of_a_chain_that_is_dropped);
  ADD ("task/its-cancellable-cancels-the-future", the_task_s_cancellable_cancels_the_future);
  ADD ("task/its-cancellable-reaches-the-source-of-a-chain", cancelling_a_task_reaches_the_source_of_a_chain);
  ADD ("task/a-future-that-others-want-is-not-cancelled", a_future_that_others_want_is_not_cancelled);
  ADD ("task/that-is-cancelled-already", forward_to_a_task_that_is_cancelled_already);
  ADD ("task/a-callback-may-disconnect-from-the-cancellable", a_callback_may_disconnect_from_the_cancellable);
  ADD ("library/own-operation", a_library_s_own_operation);
  ADD ("library/there-and-back", there_and_back);
  ADD ("library/cancelling-there-and-back", cancelling_there_and_back);
#undef ADD

  return g_test_run ();
}

/* test-process-pool.c - calls to worker processes that go well, or fail politely
 *
 * What crashes, hangs or lies is in test-process-faults.c and fault/; how workers
 * start and end in test-process-workers.c.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "test-processes.h"

/* What goes there and back */

static const char *const values[] = {
  "true", "byte 0x7f", "int16 -3", "uint16 65535", "-7", "uint32 4294967295", "int64 -9223372036854775808",
  "uint64 18446744073709551615", "2.5", "'text'", "''", "objectpath '/a/b'", "signature 'a{sv}'", "<<1>>",
  "@mi nothing", "@mmi just nothing", "just 'x'", "()", "(1, 'two', byte 3, 4.0)", "@as []", "@ai []", "@a{sv} {}",
  "['a', '', 'ccc']", "[1, 2, 3]", "b'bytes'", "@ay []", "{'a': <1>, 'b': <[true, false]>}", "[(byte 1, 's'), (2, '')]",
  "[[], [1], [1, 2, 3]]", "(@a{sv} {}, [@ms nothing, 'x'], {uint64 1: [{'k': <b'v'>}]})", "@a() [(), ()]",
  "[@mi 1, nothing]", "@(ayay) ([0x01], [])",
};

static void
test_values_come_back (TestPool     *self,
                       gconstpointer data)
{
  for (guint i = 0; i < G_N_ELEMENTS (values); i++)
    {
      g_autoptr (GVariant) value = g_variant_ref_sink (g_variant_new_parsed (values[i]));
      g_autoptr (GfFuture) future = gf_executor_call (self->pool, "test.echo", value);

      g_assert_cmpvariant (test_result (future), value);
    }
}

static void
test_values_of_many_sizes_come_back (TestPool     *self,
                                     gconstpointer data)
{
  static const gsize sizes[] = { 1, 7, 8, 9, 100, 4095, 4096, 4097, 65535, 65536, 65537, 200000, 3000001 };

  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++)
    {
      g_autofree char *text = g_strnfill (sizes[i], 'x');
      g_autoptr (GVariant) value = g_variant_ref_sink (g_variant_new ("(ysv)", (guchar) i, text,
                                                                      g_variant_new_string (text)));
      g_autoptr (GfFuture) future = gf_executor_call (self->pool, "test.echo", value);

      g_assert_cmpvariant (test_result (future), value);
    }
}

static void
test_many_calls_are_not_mixed_up (TestPool     *self,
                                  gconstpointer data)
{
  GfFuture *futures[1000];

  for (guint i = 0; i < G_N_ELEMENTS (futures); i++)
    futures[i] = gf_executor_call (self->pool, "test.square", g_variant_new_int32 (i));
  for (guint i = 0; i < G_N_ELEMENTS (futures); i++)
    {
      g_assert_cmpint (g_variant_get_int32 (test_result (futures[i])), ==, i * i);
      g_object_unref (futures[i]);
    }
}

static void
test_no_arguments_are_none (TestPool     *self,
                            gconstpointer data)
{
  g_autoptr (GfFuture) future = gf_executor_call (self->pool, "test.echo", NULL);
  g_autoptr (GfFuture) nothing = gf_executor_call (self->pool, "test.nothing", g_variant_new_int32 (1));

  g_assert_null (test_result (future));
  g_assert_null (test_result (nothing));
  g_assert_true (G_VALUE_HOLDS_POINTER (gf_future_get_value (nothing, NULL)));
  g_assert_null (g_value_get_pointer (gf_future_get_value (nothing, NULL)));
}

/* More seconds than 32 bits count */
static void
test_a_timeout_of_a_century (TestPool     *self,
                             gconstpointer data)
{
  gint64 century = G_GINT64_CONSTANT (100) * 365 * 24 * 3600 * G_USEC_PER_SEC;

  for (guint i = 0; i < 20; i++)
    {
      g_autoptr (GfFuture) future = gf_executor_call (self->pool, "test.echo", NULL);

      g_assert_true (gf_future_wait (future, century, NULL, NULL));
    }
}

static void
test_a_task_knows_itself (TestPool     *self,
                          gconstpointer data)
{
  g_autoptr (GfFuture) future = gf_executor_call (self->pool, "test.self", NULL);
  g_autoptr (GVariant) expected = g_variant_ref_sink (g_variant_new_parsed ("('test.self', true, true, false)"));

  g_assert_cmpvariant (test_result (future), expected);
}

static void
test_it_runs_in_another_process (TestPool     *self,
                                 gconstpointer data)
{
  pid_t pid = test_worker_pid (self->pool);
  g_autofree guint *pids = NULL;
  gsize n;

  g_assert_cmpint (pid, !=, getpid ());
  pids = gf_process_pool_executor_get_worker_pids (GF_PROCESS_POOL_EXECUTOR (self->pool), &n);
  g_assert_cmpuint (n, ==, 1);
  g_assert_cmpuint (pids[0], ==, pid);
}

static void
bytes_freed_cb (gpointer flag)
{
  g_atomic_int_set ((gint *) flag, TRUE);
}

static void
test_floating_arguments_are_sunk (TestPool     *self,
                                  gconstpointer data)
{
  gint freed = FALSE;
  GVariant *floating = g_variant_new_from_data (G_VARIANT_TYPE ("as"), "a\0b\0\2\4", 6, TRUE, bytes_freed_cb, &freed);
  GfFuture *future;

  g_assert_true (g_variant_is_floating (floating));
  future = gf_executor_call (self->pool, "test.nothing", floating);
  test_settle (future);
  g_object_unref (future);
  gf_executor_shutdown (self->pool, TRUE, FALSE);
  test_drain ();
  g_assert_true (g_atomic_int_get (&freed));
}

static void
test_a_reference_of_the_caller_stays_its_own (TestPool     *self,
                                              gconstpointer data)
{
  gint freed = FALSE;
  GVariant *value = g_variant_ref_sink (g_variant_new_from_data (G_VARIANT_TYPE ("as"), "a\0b\0\2\4", 6, TRUE,
                                                                 bytes_freed_cb, &freed));
  GfFuture *future = gf_executor_call (self->pool, "test.nothing", value);

  test_settle (future);
  g_object_unref (future);
  gf_executor_shutdown (self->pool, TRUE, FALSE);
  test_drain ();
  g_assert_false (g_atomic_int_get (&freed));
  g_variant_unref (value);
  g_assert_true (g_atomic_int_get (&freed));
}

/* Failures */

static void
test_an_error_keeps_domain_code_and_message (TestPool     *self,
                                             gconstpointer data)
{
  g_autoptr (GfFuture) future = gf_executor_call (self->pool, "test.fail",
                                                  g_variant_new ("(sisms)", "g-io-error-quark", G_IO_ERROR_READ_ONLY,
                                                                 "“quoted” – and\nlong", NULL));

  test_assert_fails (future, G_IO_ERROR, G_IO_ERROR_READ_ONLY);
  g_assert_cmpstr (gf_future_get_error (future)->message, ==, "“quoted” – and\nlong");
  g_assert_null (gf_error_get_remote_traceback (gf_future_get_error (future)));
  test_assert_healthy (self->pool);
}

static void
test_an_error_of_an_unheard_of_domain (TestPool     *self,
                                       gconstpointer data)
{
  g_autoptr (GfFuture) future = gf_executor_call (self->pool, "test.fail",
                                                  g_variant_new ("(sisms)", "never-heard-of-error-quark", -12, "x", NULL));

  test_settle (future);
  g_assert_cmpstr (g_quark_to_string (gf_future_get_error (future)->domain), ==, "never-heard-of-error-quark");
  g_assert_cmpint (gf_future_get_error (future)->code, ==, -12);
  g_assert_cmpstr (gf_future_get_error (future)->message, ==, "x");
}

static void
test_an_error_keeps_its_traceback (TestPool     *self,
                                   gconstpointer data)
{
  g_autoptr (GfFuture) future = gf_executor_call (self->pool, "test.fail",
                                                  g_variant_new ("(sisms)", "g-io-error-quark", G_IO_ERROR_FAILED, "short",
                                                                 "line 1\nline 2"));
  g_autofree char *traceback = NULL;
  g_autoptr (GError) copy = NULL;
  g_autofree char *copied = NULL;

  test_assert_fails (future, G_IO_ERROR, G_IO_ERROR_FAILED);
  g_assert_cmpstr (gf_future_get_error (future)->message, ==, "short");
  traceback = gf_error_get_remote_traceback (gf_future_get_error (future));
  g_assert_cmpstr (traceback, ==, "line 1\nline 2");

  /* what a throwing getter gives out is a copy */
  g_assert_null (gf_future_get_value (future, &copy));
  copied = gf_error_get_remote_traceback (copy);
  g_assert_cmpstr (copied, ==, "line 1\nline 2");
}

static void
test_an_unknown_function (TestPool     *self,
                          gconstpointer data)
{
  g_autoptr (GfFuture) future = gf_executor_call (self->pool, "no.such-function", NULL);

  test_assert_fails (future, GF_FUTURE_ERROR, GF_FUTURE_ERROR_UNKNOWN_FUNCTION);
  test_assert_tells (future, "no.such-function");
  test_assert_healthy (self->pool);
}

static void
test_arguments_with_handles (TestPool     *self,
                             gconstpointer data)
{
  static const char *const types[] = { "handle 0", "(1, handle 0)", "@ah []", "<<handle 0>>", "{'a': <[handle 1]>}" };

  for (guint i = 0; i < G_N_ELEMENTS (types); i++)
    {
      g_autoptr (GfFuture) future = gf_executor_call (self->pool, "test.echo", g_variant_new_parsed (types[i]));

      test_settle (future);
      if (strchr (types[i], '<') == NULL)
        test_assert_fails (future, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT);
    }
  test_assert_healthy (self->pool);
}

static void
test_a_result_with_handles (TestPool     *self,
                            gconstpointer data)
{
  pid_t pid = test_worker_pid (self->pool);
  g_autoptr (GfFuture) future = gf_executor_call (self->pool, "test.handle", NULL);

  test_assert_fails (future, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT);
  g_assert_cmpint (test_worker_pid (self->pool), ==, pid);
}

static void
test_arguments_that_are_too_large (TestPool     *self,
                                   gconstpointer data)
{
  g_autoptr (GfFuture) text = NULL;
  g_autoptr (GfFuture) bytes = NULL;
  g_autoptr (GfFuture) small = NULL;
  g_autofree char *long_text = g_strnfill (MIB, 'x');

  g_object_set (self->pool, "max-message-size", (guint64) MIB, NULL);
  text = gf_executor_call (self->pool, "test.nothing", g_variant_new_string (long_text));
  test_assert_fails (text, GF_FUTURE_ERROR, GF_FUTURE_ERROR_MESSAGE_TOO_LARGE);
  bytes = gf_executor_call (self->pool, "test.nothing",
                            g_variant_new_from_data (G_VARIANT_TYPE ("ay"), long_text, MIB + 1, TRUE, NULL, NULL));
  test_assert_fails (bytes, GF_FUTURE_ERROR, GF_FUTURE_ERROR_MESSAGE_TOO_LARGE);
  /* nothing was sent to anybody */
  g_assert_cmpuint (test_n_workers (self->pool), ==, 0);

  long_text[MIB / 2] = '\0';
  small = gf_executor_call (self->pool, "test.nothing", g_variant_new_string (long_text));
  test_result (small);
}

static void
test_a_result_that_is_too_large (TestPool     *self,
                                 gconstpointer data)
{
  g_autoptr (GfFuture) small = NULL;
  g_autoptr (GfFuture) large = NULL;
  pid_t pid;

  g_object_set (self->pool, "max-message-size", (guint64) MIB, NULL);
  pid = test_worker_pid (self->pool);
  large = gf_executor_call (self->pool, "test.bytes", g_variant_new ("(t)", (guint64) MIB + 1));
  test_assert_fails (large, GF_FUTURE_ERROR, GF_FUTURE_ERROR_MESSAGE_TOO_LARGE);
  small = gf_executor_call (self->pool, "test.bytes", g_variant_new ("(t)", (guint64) MIB / 2));
  g_assert_cmpuint (g_variant_get_size (test_result (small)), ==, MIB / 2);
  g_assert_cmpint (test_worker_pid (self->pool), ==, pid);
}

static void
noop_task (GfPromise  *promise,
           gpointer    data,
           GError    **error)
{
  g_assert_not_reached ();
}

static void
test_a_closure_is_not_supported (TestPool     *self,
                                 gconstpointer data)
{
  g_autoptr (GfFuture) future = NULL;
  TestRecord record;

  test_record_init (&record);
  future = gf_executor_submit (self->pool, noop_task, test_witness_new (&record), g_object_unref);
  test_assert_fails (future, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED);
  test_assert_tells (future, "call");
  test_turn_until (test_record_get_n_finalized (&record) == 1);
  g_assert_cmpuint (record.n_elsewhere, ==, 0);
  test_record_clear (&record);
  test_assert_healthy (self->pool);
}

static void
post_func (gpointer data)
{
  g_assert_not_reached ();
}

static void
test_a_post_is_not_accepted (TestPool     *self,
                             gconstpointer data)
{
  g_assert_false (gf_executor_post (self->pool, post_func, NULL));
}

/* A promise that is settled by other means */

static void
test_a_function_that_settles_its_promise (TestPool     *self,
                                          gconstpointer data)
{
  g_autoptr (GfFuture) future = gf_executor_call (self->pool, "test.settling", NULL);

  g_assert_cmpint (g_variant_get_int32 (test_result (future)), ==, 3);
}

static void
test_a_held_promise (TestPool     *self,
                     gconstpointer data)
{
  static const char *const functions[] = { "test.hold-timeout", "test.hold-thread" };

  for (guint i = 0; i < G_N_ELEMENTS (functions); i++)
    {
      g_autoptr (GfFuture) future = gf_executor_call (self->pool, functions[i], NULL);
      g_autoptr (GfFuture) next = gf_executor_call (self->pool, "test.pid", NULL);

      g_assert_cmpstr (g_variant_get_string (test_result (future), NULL), ==, "later");
      test_result (next);
    }
}

static void
test_a_held_promise_that_is_rejected (TestPool     *self,
                                      gconstpointer data)
{
  g_autoptr (GfFuture) future = gf_executor_call (self->pool, "test.hold-reject", NULL);

  test_assert_fails (future, G_IO_ERROR, G_IO_ERROR_BUSY);
  g_assert_cmpstr (gf_future_get_error (future)->message, ==, "later, no");
  test_assert_healthy (self->pool);
}

static void
test_a_hold_that_is_dropped (TestPool     *self,
                             gconstpointer data)
{
  g_autoptr (GfFuture) future = gf_executor_call (self->pool, "test.hold-drop", NULL);

  test_assert_fails (future, GF_FUTURE_ERROR, GF_FUTURE_ERROR_BROKEN_PROMISE);
  test_assert_healthy (self->pool);
}

/* While it runs */

static void
test_progress_and_status_cross (TestPool     *self,
                                gconstpointer data)
{
  g_autoptr (GfFuture) future = test_call_with_address (self->pool, "test.progress", &self->meeting);
  TestGuest guest = test_meeting_accept (&self->meeting);
  g_autofree char *status = NULL;

  test_turn_until (gf_future_get_progress (future) == 0.25);
  status = gf_future_dup_status (future);
  g_assert_cmpstr (status, ==, "a quarter");
  g_assert_false (gf_future_is_done (future));
  test_guest_let_go (&guest);
  test_turn_until (gf_future_get_progress (future) == 0.75);
  test_guest_let_go (&guest);
  test_result (future);
  test_guest_leave (&guest);
}

static void
test_running_is_seen_and_counted (TestPool     *self,
                                  gconstpointer data)
{
  g_autoptr (GfFuture) future = test_call_with_address (self->pool, "test.meet", &self->meeting);
  g_autoptr (GfFuture) next = gf_executor_call (self->pool, "test.pid", NULL);
  TestGuest guest = test_meeting_accept (&self->meeting);

  g_assert_cmpint (gf_future_get_state (future), ==, GF_FUTURE_STATE_RUNNING);
  g_assert_cmpint (gf_future_get_state (next), ==, GF_FUTURE_STATE_PENDING);
  g_assert_cmpuint (gf_executor_get_n_running (self->pool), ==, 1);
  g_assert_cmpuint (gf_executor_get_n_pending (self->pool), ==, 1);
  test_guest_let_go (&guest);
  test_result (future);
  test_result (next);
  test_guest_leave (&guest);
}

static void
note_thread_cb (gpointer name)
{
  prctl (PR_GET_NAME, name);
}

/* By a thread that may block: the one that hears from workers serves everybody. */
static void
test_ignored_data_is_released_elsewhere (TestPool     *self,
                                         gconstpointer data)
{
  gf_binding_ignore_data ("test-process-pool-data");
  for (guint i = 0; i < 50; i++)
    {
      char name[16] = "";
      GfFuture *future = gf_binding_call_quietly (self->pool, "test.square", g_variant_new_int32 (i));
      g_autoptr (GfFuture) last = NULL;

      g_object_set_data_full (G_OBJECT (future), "test-process-pool-data", name, note_thread_cb);
      g_object_unref (future);
      last = gf_executor_call (self->pool, "test.square", g_variant_new_int32 (i));
      test_result (last);
      while (((volatile char *) name)[0] == '\0')
        g_thread_yield ();
      g_assert_cmpstr (name, !=, "gf-io");
    }
}

static int
count_of (GfFuture *future)
{
  return g_variant_get_int32 (test_result (future));
}

static void
test_priorities_are_kept (TestPool     *self,
                          gconstpointer data)
{
  static const int priorities[] = { 10, 0, -10, 5, -10, 0 };
  static const int order[] = { 6, 3, 1, 5, 2, 4 };
  g_autoptr (GfFuture) first = test_call_with_address (self->pool, "test.meet", &self->meeting);
  TestGuest guest = test_meeting_accept (&self->meeting);
  GfFuture *futures[G_N_ELEMENTS (priorities)];

  for (guint i = 0; i < G_N_ELEMENTS (priorities); i++)
    futures[i] = gf_executor_call_full (self->pool, priorities[i], NULL, "test.count", NULL);
  test_guest_let_go (&guest);
  for (guint i = 0; i < G_N_ELEMENTS (priorities); i++)
    {
      g_assert_cmpint (count_of (futures[i]), ==, order[i]);
      g_object_unref (futures[i]);
    }
  test_result (first);
  test_guest_leave (&guest);
}

static void
test_calls_of_one_worker_keep_their_order (TestPool     *self,
                                           gconstpointer data)
{
  GfFuture *futures[500];

  for (guint i = 0; i < G_N_ELEMENTS (futures); i++)
    futures[i] = gf_executor_call (self->pool, "test.count", NULL);
  for (guint i = 0; i < G_N_ELEMENTS (futures); i++)
    {
      g_assert_cmpint (count_of (futures[i]), ==, i + 1);
      g_object_unref (futures[i]);
    }
}

/* Cancelling */

static void
test_a_pending_call_is_cancelled_at_once (TestPool     *self,
                                          gconstpointer data)
{
  g_autoptr (GfFuture) first = test_call_with_address (self->pool, "test.meet", &self->meeting);
  TestGuest guest = test_meeting_accept (&self->meeting);
  GfFuture *futures[20];
  g_autoptr (GfFuture) last = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (futures); i++)
    futures[i] = gf_executor_call (self->pool, "test.count", NULL);
  for (guint i = 0; i < G_N_ELEMENTS (futures); i++)
    {
      g_assert_true (gf_future_cancel (futures[i]));
      g_assert_cmpint (gf_future_get_state (futures[i]), ==, GF_FUTURE_STATE_CANCELLED);
      g_assert_error (gf_future_get_error (futures[i]), G_IO_ERROR, G_IO_ERROR_CANCELLED);
      g_assert_false (gf_future_cancel (futures[i]));
      g_object_unref (futures[i]);
    }
  last = gf_executor_call (self->pool, "test.count", NULL);
  test_guest_let_go (&guest);
  /* none of them ran */
  g_assert_cmpint (count_of (last), ==, 1);
  test_result (first);
  test_guest_leave (&guest);
}

static void
cancel_a_running_one (TestPool   *self,
                      const char *function,
                      char        answer)
{
  g_autoptr (GfFuture) future = NULL;
  TestGuest guest;

  /* time enough for it to obey */
  g_object_set (self->pool, "cancel-grace", (guint) (TEST_DEADLINE_US / 1000), NULL);
  future = test_call_with_address (self->pool, function, &self->meeting);
  guest = test_meeting_accept (&self->meeting);
  g_assert_true (gf_future_cancel (future));
  g_assert_cmpint (gf_future_get_state (future), ==, GF_FUTURE_STATE_CANCELLED);
  g_assert_cmpint (test_guest_hear (&guest), ==, answer);
  /* it was not killed */
  g_assert_cmpint (test_worker_pid (self->pool), ==, guest.pid);
  test_await_n_running (self->pool, 0);
  test_assert_healthy (self->pool);
  test_guest_leave (&guest);
}

static void
test_cancel_reaches_the_cancellable (TestPool     *self,
                                     gconstpointer data)
{
  cancel_a_running_one (self, "test.read", 'c');
}

static void
test_cancel_reaches_should_stop (TestPool     *self,
                                 gconstpointer data)
{
  cancel_a_running_one (self, "test.poll", 's');
}

static void
test_a_cancelled_one_runs_until_it_returned (TestPool     *self,
                                             gconstpointer data)
{
  g_autoptr (GfFuture) future = NULL;
  g_autoptr (GfFuture) next = NULL;
  TestGuest guest;

  g_object_set (self->pool, "cancel-grace", (guint) (TEST_DEADLINE_US / 1000), NULL);
  future = test_call_with_address (self->pool, "test.meet", &self->meeting);
  guest = test_meeting_accept (&self->meeting);
  gf_future_cancel (future);
  next = gf_executor_call (self->pool, "test.pid", NULL);
  g_assert_cmpuint (gf_executor_get_n_running (self->pool), ==, 1);
  g_assert_cmpuint (gf_executor_get_n_pending (self->pool), ==, 1);
  test_guest_let_go (&guest);
  test_result (next);
  test_await_n_running (self->pool, 0);
  test_guest_leave (&guest);
}

static void
test_a_cancellable_of_the_caller (TestPool     *self,
                                  gconstpointer data)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GfFuture) running = NULL;
  g_autoptr (GfFuture) pending = NULL;
  g_autoptr (GfFuture) late = NULL;
  TestGuest guest;

  running = gf_executor_call_full (self->pool, 0, cancellable, "test.read",
                                   g_variant_new ("(s)", self->meeting.address));
  pending = gf_executor_call_full (self->pool, 0, cancellable, "test.pid", NULL);
  guest = test_meeting_accept (&self->meeting);
  g_cancellable_cancel (cancellable);
  test_assert_fails (running, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  test_assert_fails (pending, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_assert_cmpint (test_guest_hear (&guest), ==, 'c');
  late = gf_executor_call_full (self->pool, 0, cancellable, "test.pid", NULL);
  test_assert_fails (late, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  test_assert_healthy (self->pool);
  test_guest_leave (&guest);
}

static void
test_a_timeout_of_the_future (TestPool     *self,
                              gconstpointer data)
{
  g_autoptr (GfFuture) future = test_call_with_address (self->pool, "test.read", &self->meeting);
  TestGuest guest = test_meeting_accept (&self->meeting);

  gf_future_set_timeout (future, 1000);
  test_assert_fails (future, G_IO_ERROR, G_IO_ERROR_TIMED_OUT);
  g_assert_cmpint (test_guest_hear (&guest), ==, 'c');
  test_assert_healthy (self->pool);
  test_guest_leave (&guest);
}

/* Ready bytes */

static void
test_serialized_arguments_and_results (TestPool     *self,
                                       gconstpointer data)
{
  g_autoptr (GVariant) value = g_variant_ref_sink (g_variant_new_parsed ("(1, 'two', {'three': <4.0>})"));
  g_autoptr (GfFuture) future = gf_executor_call_serialized (self->pool, 0, "test.echo", "(isa{sv})",
                                                             g_variant_get_data (value), g_variant_get_size (value));
  g_autofree char *type = NULL;
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (GError) error = NULL;

  g_assert_cmpvariant (test_result (future), value);
  bytes = gf_future_get_serialized (future, &type, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (type, ==, "(isa{sv})");
  g_assert_cmpmem (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes),
                   g_variant_get_data (value), g_variant_get_size (value));
}

static void
test_serialized_types_that_are_none (TestPool     *self,
                                     gconstpointer data)
{
  static const char *const types[] = { "", "(", "zz", "ii", "a*", "r", "*", "a{vs}" };

  for (guint i = 0; i < G_N_ELEMENTS (types); i++)
    {
      g_autoptr (GfFuture) future = gf_executor_call_serialized (self->pool, 0, "test.echo", types[i],
                                                                 (const guint8 *) "\1\0\0\0", 4);

      test_assert_fails (future, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT);
    }
  g_assert_cmpuint (test_n_workers (self->pool), ==, 0);
}

static void
test_serialized_nothing (TestPool     *self,
                         gconstpointer data)
{
  g_autoptr (GfFuture) future = gf_executor_call_serialized (self->pool, 0, "test.nothing", "()", (const guint8 *) "", 1);
  g_autofree char *type = NULL;
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (GError) error = NULL;

  g_assert_null (test_result (future));
  bytes = gf_future_get_serialized (future, &type, &error);
  g_assert_no_error (error);
  g_assert_null (type);
  g_assert_true (bytes == NULL || g_bytes_get_size (bytes) == 0);
}

static void
test_serialized_on_a_thread_pool (void)
{
  g_autoptr (GfExecutor) pool = gf_thread_pool_executor_new (1);
  g_autoptr (GVariant) value = g_variant_ref_sink (g_variant_new_parsed ("[('a', byte 1), ('bc', 2)]"));
  g_autoptr (GfFuture) future = gf_executor_call_serialized (pool, 0, "test.echo", "a(sy)",
                                                             g_variant_get_data (value), g_variant_get_size (value));
  g_autoptr (GfFuture) wrong = gf_executor_call_serialized (pool, 0, "test.echo", "zz", (const guint8 *) "", 0);
  g_autoptr (GfFuture) not_normal = gf_executor_call_serialized (pool, 0, "test.echo", "s", (const guint8 *) "abc", 3);
  g_autofree char *type = NULL;
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (GError) error = NULL;

  g_assert_cmpvariant (test_result (future), value);
  bytes = gf_future_get_serialized (future, &type, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (type, ==, "a(sy)");
  g_assert_cmpmem (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes),
                   g_variant_get_data (value), g_variant_get_size (value));
  test_assert_fails (wrong, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT);
  /* whatever becomes of it, nothing is read behind its end */
  test_settle (not_normal);
}

static void
test_serialized_of_a_failure (TestPool     *self,
                              gconstpointer data)
{
  g_autoptr (GfFuture) future = gf_executor_call (self->pool, "no.such-function", NULL);
  g_autoptr (GError) error = NULL;
  g_autofree char *type = NULL;

  test_settle (future);
  g_assert_null (gf_future_get_serialized (future, &type, &error));
  g_assert_error (error, GF_FUTURE_ERROR, GF_FUTURE_ERROR_UNKNOWN_FUNCTION);
}

int
main (int    argc,
      char **argv)
{
  test_worker_main (argc, argv);
  g_test_init (&argc, &argv, NULL);

  test_add_for_vias ("values/come-back", ANY_WAY, test_values_come_back);
  test_add_for_vias ("values/of-many-sizes-come-back", ANY_WAY, test_values_of_many_sizes_come_back);
  test_add_for_vias ("values/are-not-mixed-up", ANY_WAY, test_many_calls_are_not_mixed_up);
  test_add_for_vias ("values/no-arguments-are-none", ANY_WAY, test_no_arguments_are_none);
  test_add_for_vias ("a-timeout-of-a-century", BOTH_WAYS, test_a_timeout_of_a_century);
  test_add_for_vias ("a-task-knows-itself", ANY_WAY, test_a_task_knows_itself);
  test_add_for_vias ("it-runs-in-another-process", ANY_WAY, test_it_runs_in_another_process);
  test_add_for_vias ("floating-arguments-are-sunk", BOTH_WAYS, test_floating_arguments_are_sunk);
  test_add_for_vias ("a-reference-of-the-caller-stays-its-own", BOTH_WAYS, test_a_reference_of_the_caller_stays_its_own);

  test_add_for_vias ("error/keeps-domain-code-and-message", ANY_WAY, test_an_error_keeps_domain_code_and_message);
  test_add_for_vias ("error/of-an-unheard-of-domain", VIA (SOCKET), test_an_error_of_an_unheard_of_domain);
  test_add_for_vias ("error/keeps-its-traceback", BOTH_WAYS, test_an_error_keeps_its_traceback);
  test_add_for_vias ("error/unknown-function", ANY_WAY, test_an_unknown_function);
  test_add_for_vias ("error/arguments-with-handles", VIA (SOCKET), test_arguments_with_handles);
  test_add_for_vias ("error/a-result-with-handles", VIA (SOCKET), test_a_result_with_handles);
  test_add_for_vias ("error/arguments-that-are-too-large", BOTH_WAYS, test_arguments_that_are_too_large);
  test_add_for_vias ("error/a-result-that-is-too-large", BOTH_WAYS, test_a_result_that_is_too_large);
  test_add_for_vias ("error/a-closure-is-not-supported", VIA (SOCKET), test_a_closure_is_not_supported);
  test_add_for_vias ("error/a-post-is-not-accepted", VIA (SOCKET), test_a_post_is_not_accepted);

  test_add_for_vias ("promise/settled-by-the-function", BOTH_WAYS, test_a_function_that_settles_its_promise);
  test_add_for_vias ("promise/held", ANY_WAY, test_a_held_promise);
  test_add_for_vias ("promise/held-and-rejected", BOTH_WAYS, test_a_held_promise_that_is_rejected);
  test_add_for_vias ("promise/held-and-dropped", BOTH_WAYS, test_a_hold_that_is_dropped);

  test_add_for_vias ("running/progress-and-status-cross", ANY_WAY, test_progress_and_status_cross);
  test_add_for_vias ("running/is-seen-and-counted", BOTH_WAYS, test_running_is_seen_and_counted);
  test_add_for_vias ("ignored-data-is-released-elsewhere", BOTH_WAYS, test_ignored_data_is_released_elsewhere);
  test_add_for_vias ("running/priorities-are-kept", BOTH_WAYS, test_priorities_are_kept);
  test_add_for_vias ("running/one-worker-keeps-the-order", BOTH_WAYS, test_calls_of_one_worker_keep_their_order);

  test_add_for_vias ("cancel/a-pending-call-at-once", BOTH_WAYS, test_a_pending_call_is_cancelled_at_once);
  test_add_for_vias ("cancel/reaches-the-cancellable", ANY_WAY, test_cancel_reaches_the_cancellable);
  test_add_for_vias ("cancel/reaches-should-stop", ANY_WAY, test_cancel_reaches_should_stop);
  test_add_for_vias ("cancel/runs-until-it-returned", BOTH_WAYS, test_a_cancelled_one_runs_until_it_returned);
  test_add_for_vias ("cancel/by-a-cancellable-of-the-caller", BOTH_WAYS, test_a_cancellable_of_the_caller);
  test_add_for_vias ("cancel/by-a-timeout-of-the-future", BOTH_WAYS, test_a_timeout_of_the_future);

  test_add_for_vias ("serialized/arguments-and-results", ANY_WAY, test_serialized_arguments_and_results);
  test_add_for_vias ("serialized/types-that-are-none", VIA (SOCKET), test_serialized_types_that_are_none);
  test_add_for_vias ("serialized/nothing", BOTH_WAYS, test_serialized_nothing);
  test_add_for_vias ("serialized/of-a-failure", VIA (SOCKET), test_serialized_of_a_failure);
  g_test_add_func ("/process-pool/serialized/on-a-thread-pool", test_serialized_on_a_thread_pool);

  return g_test_run ();
}

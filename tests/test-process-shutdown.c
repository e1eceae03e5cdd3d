/* test-process-shutdown.c - how a process pool ends, and who is told where
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "test-processes.h"

/* Shutdown */

static void
test_a_call_after_shutdown (TestPool     *self,
                            gconstpointer data)
{
  g_autoptr (GfFuture) call = NULL;
  g_autoptr (GfFuture) serialized = NULL;
  g_autoptr (GfFuture) map = NULL;

  test_assert_healthy (self->pool);
  gf_executor_shutdown (self->pool, FALSE, FALSE);
  call = gf_executor_call (self->pool, "test.nothing", g_variant_new_int32 (1));
  test_assert_fails (call, GF_FUTURE_ERROR, GF_FUTURE_ERROR_SHUT_DOWN);
  serialized = gf_executor_call_serialized (self->pool, 0, "test.nothing", "()", (const guint8 *) "", 1);
  test_assert_fails (serialized, GF_FUTURE_ERROR, GF_FUTURE_ERROR_SHUT_DOWN);
  map = gf_executor_map (self->pool, "test.square", g_variant_new_parsed ("[1, 2]"), 0);
  test_assert_fails (map, GF_FUTURE_ERROR, GF_FUTURE_ERROR_SHUT_DOWN);
}

static void
test_shutdown_of_an_unused_pool (TestPool     *self,
                                 gconstpointer data)
{
  gf_executor_shutdown (self->pool, TRUE, FALSE);
  gf_executor_shutdown (self->pool, TRUE, TRUE);
  g_assert_cmpuint (test_n_children (), ==, 0);
}

static void
test_shutdown_runs_what_was_accepted (TestPool     *self,
                                      gconstpointer data)
{
  GfFuture *futures[200];

  for (guint i = 0; i < G_N_ELEMENTS (futures); i++)
    futures[i] = gf_executor_call (self->pool, "test.square", g_variant_new_int32 (i));
  gf_executor_shutdown (self->pool, TRUE, FALSE);
  g_assert_cmpuint (test_n_workers (self->pool), ==, 0);
  g_assert_cmpuint (test_n_children (), ==, 0);
  for (guint i = 0; i < G_N_ELEMENTS (futures); i++)
    {
      g_assert_true (gf_future_is_done (futures[i]));
      g_assert_cmpint (g_variant_get_int32 (test_result (futures[i])), ==, i * i);
      g_object_unref (futures[i]);
    }
}

/* As soon as it has returned, and not a moment later. */
static void
test_shutdown_closes_connections (void)
{
  guint n_before = test_n_connections ();

  for (guint i = 0; i < 100; i++)
    {
      g_autoptr (GfExecutor) pool = test_pool_new (2, i % 2 == 0 ? VIA_SOCKET : VIA_STDIO);
      g_autoptr (GfFuture) future = gf_executor_call (pool, "test.square", g_variant_new_int32 (3));

      g_assert_cmpint (g_variant_get_int32 (test_result (future)), ==, 9);
      gf_executor_shutdown (pool, TRUE, FALSE);
      g_assert_cmpuint (test_n_connections (), ==, n_before);
    }
}

static gpointer
let_go_thread (gpointer meeting)
{
  TestGuest guest = test_meeting_accept (meeting);

  test_guest_let_go (&guest);
  test_guest_leave (&guest);
  return NULL;
}

static void
test_shutdown_waits_for_what_runs (TestPool     *self,
                                   gconstpointer data)
{
  g_autoptr (GfFuture) future = test_call_with_address (self->pool, "test.meet", &self->meeting);
  GThread *thread = g_thread_new ("let-go", let_go_thread, &self->meeting);

  gf_executor_shutdown (self->pool, TRUE, FALSE);
  g_assert_true (gf_future_is_done (future));
  g_assert_cmpuint (test_n_children (), ==, 0);
  test_result (future);
  g_thread_join (thread);
}

static void
test_shutdown_cancels_what_is_pending (TestPool     *self,
                                       gconstpointer data)
{
  g_autoptr (GfFuture) running = test_call_with_address (self->pool, "test.meet", &self->meeting);
  TestGuest guest = test_meeting_accept (&self->meeting);
  GfFuture *futures[20];

  for (guint i = 0; i < G_N_ELEMENTS (futures); i++)
    futures[i] = gf_executor_call (self->pool, "test.nothing", NULL);
  gf_executor_shutdown (self->pool, FALSE, TRUE);
  for (guint i = 0; i < G_N_ELEMENTS (futures); i++)
    {
      test_assert_fails (futures[i], G_IO_ERROR, G_IO_ERROR_CANCELLED);
      g_assert_true (gf_future_is_cancelled (futures[i]));
      g_object_unref (futures[i]);
    }
  g_assert_false (gf_future_is_done (running));
  test_guest_let_go (&guest);
  test_result (running);
  test_guest_leave (&guest);
}

static void
shutdown_cb (GObject      *pool,
             GAsyncResult *result,
             gpointer      flag)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (gf_executor_shutdown_finish (GF_EXECUTOR (pool), result, &error));
  g_assert_no_error (error);
  g_assert_cmpuint (test_n_workers (GF_EXECUTOR (pool)), ==, 0);
  g_assert_cmpuint (test_n_children (), ==, 0);
  *(gboolean *) flag = TRUE;
}

static void
test_shutdown_async (TestPool     *self,
                     gconstpointer data)
{
  g_autoptr (GfFuture) future = test_call_with_address (self->pool, "test.meet", &self->meeting);
  TestGuest guest = test_meeting_accept (&self->meeting);
  gboolean down = FALSE;

  gf_executor_shutdown_async (self->pool, FALSE, NULL, shutdown_cb, &down);
  test_drain ();
  g_assert_false (down);
  test_guest_let_go (&guest);
  test_turn_until (down);
  test_result (future);
  test_guest_leave (&guest);
}

/* It runs no further than its grace. */
static void
test_shutdown_of_a_cancelled_hang (TestPool     *self,
                                   gconstpointer data)
{
  g_autoptr (GfFuture) future = NULL;
  TestGuest guest;

  g_object_set (self->pool, "cancel-grace", 1u, NULL);
  future = test_call_with_address (self->pool, "test.spin", &self->meeting);
  guest = test_meeting_accept (&self->meeting);
  g_assert_true (gf_future_cancel (future));
  gf_executor_shutdown (self->pool, TRUE, FALSE);
  g_assert_cmpint (test_guest_hear (&guest), ==, 0);
  test_guest_leave (&guest);
}

static void
test_the_last_reference_runs_what_was_accepted (void)
{
  for (guint round = 0; round < 2; round++)
    {
      GfExecutor *pool = test_pool_new (2, round == 0 ? VIA_SOCKET : VIA_STDIO);
      GfFuture *futures[100];

      for (guint i = 0; i < G_N_ELEMENTS (futures); i++)
        futures[i] = gf_executor_call (pool, "test.square", g_variant_new_int32 (i));
      g_object_unref (pool);
      for (guint i = 0; i < G_N_ELEMENTS (futures); i++)
        {
          g_assert_cmpint (g_variant_get_int32 (test_result (futures[i])), ==, i * i);
          g_object_unref (futures[i]);
        }
      test_await_no_children ();
    }
}

static void
test_the_last_reference_ends_the_workers (void)
{
  GfExecutor *pool = test_pool_new (1, VIA_SOCKET);
  TestMeeting meeting;
  TestGuest guest;
  GfFuture *future;
  gpointer weak = pool;

  test_meeting_init (&meeting);
  future = test_call_with_address (pool, "test.meet", &meeting);
  guest = test_meeting_accept (&meeting);
  g_object_add_weak_pointer (G_OBJECT (pool), &weak);
  g_object_unref (pool);
  test_guest_let_go (&guest);
  test_result (future);
  g_object_unref (future);
  test_await_no_children ();
  test_turn_until (weak == NULL);
  test_guest_leave (&guest);
  test_meeting_clear (&meeting);
}

/* Waiting */

typedef struct
{
  GfFuture *future;
  gint32 result;
} Waiter;

static gpointer
waiter_thread (gpointer data)
{
  Waiter *self = data;
  g_autoptr (GError) error = NULL;
  const GValue *value = gf_future_result (self->future, TEST_DEADLINE_US, NULL, &error);

  g_assert_no_error (error);
  self->result = g_variant_get_int32 (g_value_get_variant (value));
  return NULL;
}

/* Each thread blocks for a result of its own, and all for one that they share. */
static void
test_threads_wait_at_once (TestPool     *self,
                           gconstpointer data)
{
  g_autoptr (GfFuture) gate = test_call_with_address (self->pool, "test.meet", &self->meeting);
  TestGuest guest = test_meeting_accept (&self->meeting);
  GThread *threads[8];
  Waiter waiters[8];

  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    {
      if (i % 2 == 0)
        waiters[i].future = gf_executor_call (self->pool, "test.square", g_variant_new_int32 (i));
      else
        waiters[i].future = g_object_ref (waiters[0].future);
      threads[i] = g_thread_new ("waiter", waiter_thread, &waiters[i]);
    }
  test_guest_let_go (&guest);
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    {
      g_thread_join (threads[i]);
      g_assert_cmpint (waiters[i].result, ==, i % 2 == 0 ? i * i : 0);
      g_object_unref (waiters[i].future);
    }
  test_guest_leave (&guest);
}

static gpointer
caller_thread (gpointer data)
{
  GfExecutor *pool = data;

  for (gint32 i = 0; i < 300; i++)
    {
      g_autoptr (GfFuture) future = gf_executor_call (pool, "test.square", g_variant_new_int32 (i));
      const GValue *value = gf_future_result (future, TEST_DEADLINE_US, NULL, NULL);

      g_assert_nonnull (value);
      g_assert_cmpint (g_variant_get_int32 (g_value_get_variant (value)), ==, i * i);
    }
  return NULL;
}

static void
test_threads_call_at_once (void)
{
  GfExecutor *pool = test_pool_new (2, VIA_SOCKET);
  GThread *threads[6];

  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    threads[i] = g_thread_new ("caller", caller_thread, pool);
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    g_thread_join (threads[i]);
  test_pool_end (pool);
}

static void
test_a_wait_that_ends_ends_nothing_else (TestPool     *self,
                                         gconstpointer data)
{
  g_autoptr (GfFuture) future = test_call_with_address (self->pool, "test.meet", &self->meeting);
  TestGuest guest = test_meeting_accept (&self->meeting);
  g_autoptr (GError) error = NULL;

  g_assert_null (gf_future_result (future, 0, NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT);
  g_clear_error (&error);
  g_assert_null (gf_future_result (future, 1000, NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT);
  g_assert_false (gf_future_is_done (future));
  test_guest_let_go (&guest);
  test_result (future);
  test_guest_leave (&guest);
}

static void
test_run_until_done (TestPool     *self,
                     gconstpointer data)
{
  g_autoptr (GfFuture) future = gf_executor_call (self->pool, "test.square", g_variant_new_int32 (5));
  g_autoptr (GError) error = NULL;

  g_assert_true (gf_future_run_until_done (future, NULL, &error));
  g_assert_no_error (error);
  g_assert_cmpint (g_variant_get_int32 (gf_future_get_variant (future, NULL)), ==, 25);
}

/* Delivery */

static void
async_cb (GObject      *source,
          GAsyncResult *result,
          gpointer      data)
{
  const GValue *value = gf_future_result_finish (GF_FUTURE (source), result, NULL);

  *(gint32 *) data = g_variant_get_int32 (g_value_get_variant (value));
}

static void
test_result_async (TestPool     *self,
                   gconstpointer data)
{
  g_autoptr (GfFuture) future = gf_executor_call (self->pool, "test.square", g_variant_new_int32 (6));
  gint32 result = 0;

  gf_future_result_async (future, NULL, async_cb, &result);
  test_turn_until (result != 0);
  g_assert_cmpint (result, ==, 36);
}

typedef struct
{
  GThread *thread;
  char name[17];
  gint n_calls;
} Callback;

static void
callback_cb (GfFuture *future,
             gpointer  data)
{
  Callback *self = data;

  prctl (PR_GET_NAME, self->name);
  self->thread = g_thread_self ();
  g_assert_true (gf_future_is_done (future));
  g_atomic_int_inc (&self->n_calls);
}

static void
test_done_comes_home (TestPool     *self,
                      gconstpointer data)
{
  g_autoptr (GfFuture) future = gf_executor_call (self->pool, "test.square", g_variant_new_int32 (6));
  Callback done = { NULL, { 0 }, 0 }, callback = { NULL, { 0 }, 0 };

  g_signal_connect (future, "done", G_CALLBACK (callback_cb), &done);
  gf_future_add_done_callback (future, NULL, callback_cb, &callback, NULL);
  test_turn_until (done.n_calls == 1 && callback.n_calls == 1);
  g_assert_true (done.thread == g_thread_self ());
  g_assert_true (callback.thread == g_thread_self ());
}

/* Foreign code may take its time: the thread that reads from the workers is not
 * the one that runs it. */
static void
test_inline_callbacks_do_not_hold_up_the_library (TestPool     *self,
                                                  gconstpointer data)
{
  Callback callback = { NULL, { 0 }, 0 };

  for (guint i = 0; i < 50; i++)
    {
      g_autoptr (GfFuture) future = NULL;
      gint n = callback.n_calls;

      if (i % 2 == 0)
        future = gf_executor_call (self->pool, "test.nothing", NULL);
      else
        future = gf_executor_call (self->pool, "test.exit", g_variant_new_int32 (1));
      gf_future_add_done_callback (future, gf_inline_executor_get (), callback_cb, &callback, NULL);
      test_settle (future);
      while (g_atomic_int_get (&callback.n_calls) == n)
        g_thread_yield ();
      g_assert_cmpstr (callback.name, !=, "gf-io");
    }
}

static void
blocking_cb (GfFuture *future,
             gpointer  gate)
{
  test_gate_pass (gate);
}

static gpointer
health_thread (gpointer pool)
{
  test_assert_healthy (pool);
  return NULL;
}

static void
test_a_callback_that_blocks_blocks_nobody_else (void)
{
  GfExecutor *pool = test_pool_new (2, VIA_SOCKET);
  g_autoptr (GfFuture) future = NULL;
  TestMeeting meeting;
  TestGate gate;
  TestGuest guest;

  test_meeting_init (&meeting);
  test_gate_init (&gate);
  future = test_call_with_address (pool, "test.meet", &meeting);
  guest = test_meeting_accept (&meeting);
  gf_future_add_done_callback (future, gf_inline_executor_get (), blocking_cb, &gate, NULL);
  test_guest_let_go (&guest);
  test_gate_await (&gate, 1);
  test_assert_healthy (pool);
  g_thread_join (g_thread_new ("health", health_thread, pool));
  test_gate_open (&gate);
  test_settle (future);
  test_guest_leave (&guest);
  test_pool_end (pool);
  test_gate_clear (&gate);
  test_meeting_clear (&meeting);
}

int
main (int    argc,
      char **argv)
{
  test_worker_main (argc, argv);
  g_test_init (&argc, &argv, NULL);

  test_add_for_vias ("shutdown/then-a-call", BOTH_WAYS, test_a_call_after_shutdown);
  test_add_for_vias ("shutdown/of-an-unused-pool", VIA (SOCKET), test_shutdown_of_an_unused_pool);
  test_add_for_vias ("shutdown/runs-what-was-accepted", ANY_WAY, test_shutdown_runs_what_was_accepted);
  g_test_add_func ("/process-pool/shutdown/closes-connections", test_shutdown_closes_connections);
  test_add_for_vias ("shutdown/waits-for-what-runs", BOTH_WAYS, test_shutdown_waits_for_what_runs);
  test_add_for_vias ("shutdown/cancels-what-is-pending", BOTH_WAYS, test_shutdown_cancels_what_is_pending);
  test_add_for_vias ("shutdown/async", BOTH_WAYS, test_shutdown_async);
  test_add_for_vias ("shutdown/of-a-cancelled-hang", BOTH_WAYS, test_shutdown_of_a_cancelled_hang);
  g_test_add_func ("/process-pool/last-reference/runs-what-was-accepted", test_the_last_reference_runs_what_was_accepted);
  g_test_add_func ("/process-pool/last-reference/ends-the-workers", test_the_last_reference_ends_the_workers);

  test_add_for_vias ("wait/threads-wait-at-once", BOTH_WAYS, test_threads_wait_at_once);
  g_test_add_func ("/process-pool/wait/threads-call-at-once", test_threads_call_at_once);
  test_add_for_vias ("wait/that-ends-ends-nothing-else", BOTH_WAYS, test_a_wait_that_ends_ends_nothing_else);
  test_add_for_vias ("wait/run-until-done", BOTH_WAYS, test_run_until_done);

  test_add_for_vias ("delivery/result-async", BOTH_WAYS, test_result_async);
  test_add_for_vias ("delivery/done-comes-home", BOTH_WAYS, test_done_comes_home);
  test_add_for_vias ("delivery/inline-callbacks-do-not-hold-up-the-library", BOTH_WAYS,
                     test_inline_callbacks_do_not_hold_up_the_library);
  g_test_add_func ("/process-pool/delivery/a-callback-that-blocks-blocks-nobody-else",
                   test_a_callback_that_blocks_blocks_nobody_else);

  return g_test_run ();
}

/* test-cancel-pending.c - cancelling what has not begun, and nothing else
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "test-processes.h"

static void
count_cb (GfFuture *future,
          gpointer  counter)
{
  ++*(guint *) counter;
}

static void
assert_cancelled (GfFuture *future)
{
  g_assert_cmpint (gf_future_get_state (future), ==, GF_FUTURE_STATE_CANCELLED);
  g_assert_error (gf_future_get_error (future), G_IO_ERROR, G_IO_ERROR_CANCELLED);
}

/* The state */

static void
test_a_pending_one_is_cancelled (void)
{
  g_autoptr (GfPromise) promise = gf_promise_new ();
  GfFuture *future = GF_FUTURE (promise);
  guint n_done = 0;
  guint n_home = 0;
  guint n_inline = 0;

  g_signal_connect (future, "done", G_CALLBACK (count_cb), &n_done);
  gf_future_add_done_callback (future, NULL, count_cb, &n_home, NULL);
  gf_future_add_done_callback (future, gf_inline_executor_get (), count_cb, &n_inline, NULL);
  g_assert_true (gf_future_cancel_pending (future));
  assert_cancelled (future);
  g_assert_cmpuint (n_inline, ==, 1);
  g_assert_cmpuint (n_done, ==, 0);
  g_assert_true (g_cancellable_is_cancelled (gf_promise_get_cancellable (promise)));
  g_assert_false (gf_promise_resolve_int (promise, 1));
  test_drain ();
  g_assert_cmpuint (n_done, ==, 1);
  g_assert_cmpuint (n_home, ==, 1);
  g_assert_false (gf_future_cancel_pending (future));
}

static void
test_a_running_one_goes_on (void)
{
  g_autoptr (GfPromise) promise = gf_promise_new ();
  GfFuture *future = GF_FUTURE (promise);

  g_assert_true (gf_promise_set_running (promise));
  g_assert_false (gf_future_cancel_pending (future));
  g_assert_true (gf_future_is_running (future));
  g_assert_false (g_cancellable_is_cancelled (gf_promise_get_cancellable (promise)));
  g_assert_true (gf_promise_resolve_int (promise, 1));
}

static void
test_a_settled_one_stays (void)
{
  g_autoptr (GfFuture) value = gf_future_new_for_int (1);
  g_autoptr (GfFuture) failed = gf_future_new_for_error (g_error_new_literal (G_IO_ERROR, G_IO_ERROR_FAILED, "x"));

  g_assert_false (gf_future_cancel_pending (value));
  g_assert_cmpint (gf_future_get_state (value), ==, GF_FUTURE_STATE_SUCCEEDED);
  g_assert_false (gf_future_cancel_pending (failed));
  g_assert_cmpint (gf_future_get_state (failed), ==, GF_FUTURE_STATE_FAILED);
}

/* Those that wait for others */

static GfFuture *
return_data_cb (GfFuture *settled,
                gpointer  data,
                GError  **error)
{
  return g_object_ref (data);
}

static void
test_a_derived_one_lets_go (void)
{
  g_autoptr (GfPromise) source = gf_promise_new ();
  g_autoptr (GfPromise) other = gf_promise_new ();
  g_autoptr (GfFuture) first = gf_future_then (GF_FUTURE (source), return_data_cb, other, NULL);
  g_autoptr (GfFuture) last = gf_future_then (first, return_data_cb, other, NULL);

  g_assert_true (gf_future_cancel_pending (last));
  assert_cancelled (first);
  assert_cancelled (GF_FUTURE (source));
  test_drain ();
  g_assert_false (gf_future_is_done (GF_FUTURE (other)));
}

static void
test_a_derived_one_whose_continuation_has_begun (void)
{
  g_autoptr (GfPromise) source = gf_promise_new ();
  g_autoptr (GfPromise) other = gf_promise_new ();
  g_autoptr (GfFuture) derived = gf_future_then (GF_FUTURE (source), return_data_cb, other, NULL);

  gf_promise_resolve_int (source, 1);
  test_turn_until (gf_future_is_running (derived));
  g_assert_false (gf_future_cancel_pending (derived));
  gf_promise_resolve_int (other, 2);
  test_turn_until (gf_future_is_done (derived));
  g_assert_cmpint (gf_future_get_int (derived, NULL), ==, 2);
}

static void
test_a_set_lets_go (void)
{
  g_autoptr (GfPromise) first = gf_promise_new ();
  g_autoptr (GfPromise) second = gf_promise_new ();
  GfFuture *members[] = { GF_FUTURE (first), GF_FUTURE (second) };
  g_autoptr (GfFutureSet) set = gf_future_all (members, 2);

  gf_promise_set_running (first);
  g_assert_true (gf_future_cancel_pending (GF_FUTURE (set)));
  assert_cancelled (GF_FUTURE (set));
  assert_cancelled (members[0]);
  assert_cancelled (members[1]);
  test_drain ();
}

/* Tasks */

static void
gate_task (GfPromise  *promise,
           gpointer    gate,
           GError    **error)
{
  test_gate_pass (gate);
}

static void
count_task (GfPromise  *promise,
            gpointer    counter,
            GError    **error)
{
  g_atomic_int_inc ((gint *) counter);
}

static void
test_a_queued_task_never_runs (void)
{
  g_autoptr (GfExecutor) pool = gf_thread_pool_executor_new (1);
  g_autoptr (GfFuture) first = NULL;
  g_autoptr (GfFuture) second = NULL;
  gint n_runs = 0;
  TestGate gate;

  test_gate_init (&gate);
  first = gf_executor_submit (pool, gate_task, &gate, NULL);
  second = gf_executor_submit (pool, count_task, &n_runs, NULL);
  test_gate_await (&gate, 1);
  g_assert_false (gf_future_cancel_pending (first));
  g_assert_true (gf_future_cancel_pending (second));
  assert_cancelled (second);
  g_assert_cmpuint (gf_executor_get_n_pending (pool), ==, 0);
  test_gate_open (&gate);
  gf_executor_shutdown (pool, TRUE, FALSE);
  g_assert_cmpint (gf_future_get_state (first), ==, GF_FUTURE_STATE_SUCCEEDED);
  g_assert_cmpint (n_runs, ==, 0);
  test_gate_clear (&gate);
}

typedef struct
{
  GfFuture *future;
  gint n_runs;
} RacingTask;

static gpointer
cancel_pending_thread (gpointer data)
{
  GAsyncQueue *queue = data;
  RacingTask *task;
  guint n_cancelled = 0;

  while ((task = g_async_queue_pop (queue))->future != NULL)
    n_cancelled += gf_future_cancel_pending (task->future);
  return GUINT_TO_POINTER (n_cancelled);
}

/* Either it runs or it was cancelled. */
static void
test_races_with_the_beginning (void)
{
  guint n = g_test_slow () ? 200000 : 5000;
  g_autofree RacingTask *tasks = g_new0 (RacingTask, n + 1);
  g_autoptr (GfExecutor) pool = gf_thread_pool_executor_new (2);
  g_autoptr (GAsyncQueue) queue = g_async_queue_new ();
  GThread *thread = g_thread_new ("cancel", cancel_pending_thread, queue);
  guint n_cancelled = 0;

  for (guint i = 0; i < n; i++)
    {
      tasks[i].future = gf_executor_submit (pool, count_task, &tasks[i].n_runs, NULL);
      g_async_queue_push (queue, &tasks[i]);
    }
  g_async_queue_push (queue, &tasks[n]);
  n_cancelled = GPOINTER_TO_UINT (g_thread_join (thread));
  gf_executor_shutdown (pool, TRUE, FALSE);
  g_test_message ("%u of %u cancelled", n_cancelled, n);

  for (guint i = 0; i < n; i++)
    {
      test_settle (tasks[i].future);
      g_assert_cmpint (tasks[i].n_runs, ==, gf_future_is_cancelled (tasks[i].future) ? 0 : 1);
      n_cancelled -= gf_future_is_cancelled (tasks[i].future);
      g_object_unref (tasks[i].future);
    }
  g_assert_cmpuint (n_cancelled, ==, 0);
  test_drain ();
}

static void
test_a_map_runs_from_the_beginning (void)
{
  g_autoptr (GfExecutor) executor = gf_main_context_executor_new (NULL);
  g_autoptr (GfFuture) future = gf_executor_map (executor, "test.square", g_variant_new_parsed ("[1, 2]"), 1);

  g_assert_false (gf_future_cancel_pending (future));
  test_turn_until (gf_future_is_done (future));
  g_assert_cmpint (gf_future_get_state (future), ==, GF_FUTURE_STATE_SUCCEEDED);
}

/* Worker processes */

static void
test_the_call_of_a_worker_goes_on (TestPool     *self,
                                   gconstpointer data)
{
  g_autoptr (GfFuture) future = test_call_with_address (self->pool, "test.meet", &self->meeting);
  TestGuest guest = test_meeting_accept (&self->meeting);

  g_assert_false (gf_future_cancel_pending (future));
  g_assert_true (gf_future_is_running (future));
  test_guest_let_go (&guest);
  test_result (future);
  test_guest_leave (&guest);
}

static void
test_a_call_that_was_sent_ahead (TestPool     *self,
                                 gconstpointer data)
{
  g_autoptr (GfFuture) first = NULL;
  g_autoptr (GfFuture) count = NULL;
  GfFuture *ahead[100];
  TestGuest guest;

  /* so that it is known to be quick */
  for (guint i = 0; i < 20; i++)
    test_assert_healthy (self->pool);
  first = test_call_with_address (self->pool, "test.meet", &self->meeting);
  for (guint i = 0; i < G_N_ELEMENTS (ahead); i++)
    ahead[i] = gf_executor_call (self->pool, "test.count", NULL);
  guest = test_meeting_accept (&self->meeting);

  for (guint i = 0; i < G_N_ELEMENTS (ahead); i++)
    {
      g_assert_cmpint (gf_future_get_state (ahead[i]), ==, GF_FUTURE_STATE_PENDING);
      g_assert_true (gf_future_cancel_pending (ahead[i]));
      assert_cancelled (ahead[i]);
      g_assert_false (gf_future_cancel_pending (ahead[i]));
      g_object_unref (ahead[i]);
    }
  g_assert_cmpuint (gf_executor_get_n_pending (self->pool), ==, 0);

  test_guest_let_go (&guest);
  test_result (first);
  test_guest_leave (&guest);
  count = gf_executor_call (self->pool, "test.count", NULL);
  g_assert_cmpint (g_variant_get_int32 (test_result (count)), ==, 1);
}

/* (su): leaves a mark in the file */
DEFINE_FUNCTION (mark_function)
{
  const char *path;
  guint32 index;
  int fd;

  g_variant_get (arguments, "(&su)", &path, &index);
  fd = open (path, O_WRONLY | O_CLOEXEC);
  g_assert_cmpint (pwrite (fd, "x", 1, index), ==, 1);
  close (fd);
  return NULL;
}

/* Either it runs or it was cancelled; whatever else goes on. */
static void
check_race_with_workers (GfExecutor *pool,
                         guint       round)
{
  g_autofree char *path = NULL;
  g_autofree char *marks = NULL;
  g_autoptr (GAsyncQueue) queue = g_async_queue_new ();
  int fd = g_file_open_tmp ("gf-test-XXXXXX", &path, NULL);
  GfFuture *futures[300];
  gboolean cancelled[300];
  RacingTask tasks[301] = { 0 };
  guint n_cancelled = 0;
  GThread *thread;
  gsize size;

  g_assert_no_errno (ftruncate (fd, G_N_ELEMENTS (futures)));
  close (fd);

  thread = g_thread_new ("cancel", cancel_pending_thread, queue);
  for (guint i = 0; i < G_N_ELEMENTS (futures); i++)
    {
      futures[i] = gf_executor_call (pool, "test.mark", g_variant_new ("(su)", path, i));
      tasks[i].future = futures[i];
      /* those that were just sent, and those that the worker is at */
      if (i % 3 == 0)
        g_async_queue_push (queue, &tasks[i]);
      cancelled[i] = i > round % 8 && i % 3 == 1 && gf_future_cancel_pending (futures[i - round % 8]);
      if (cancelled[i])
        n_cancelled++;
    }
  g_async_queue_push (queue, &tasks[300]);
  n_cancelled += GPOINTER_TO_UINT (g_thread_join (thread));
  for (guint i = 0; i < G_N_ELEMENTS (futures); i++)
    test_settle (futures[i]);

  g_file_get_contents (path, &marks, &size, NULL);
  g_assert_cmpuint (size, ==, G_N_ELEMENTS (futures));
  for (guint i = 0; i < G_N_ELEMENTS (futures); i++)
    {
      gboolean is_cancelled = gf_future_is_cancelled (futures[i]);

      if (!is_cancelled)
        g_assert_no_error (gf_future_get_error (futures[i]));
      g_assert_cmpint (marks[i], ==, is_cancelled ? 0 : 'x');
      n_cancelled -= is_cancelled;
      g_object_unref (futures[i]);
    }
  g_assert_cmpuint (n_cancelled, ==, 0);
  unlink (path);
}

static void
test_races_with_workers (TestPool     *self,
                         gconstpointer data)
{
  for (guint round = 0; round < (g_test_slow () ? 300 : 10); round++)
    check_race_with_workers (self->pool, round);
  test_assert_healthy (self->pool);
}

static void
test_races_with_several_workers (void)
{
  GfExecutor *pool = test_pool_new (3, VIA_SOCKET);

  for (guint round = 0; round < (g_test_slow () ? 300 : 10); round++)
    check_race_with_workers (pool, round);
  test_assert_healthy (pool);
  test_pool_end (pool);
}

/* The worker dies, and what it had not begun goes elsewhere. */
static void
test_a_call_whose_worker_has_died (TestPool     *self,
                                   gconstpointer data)
{
  for (guint round = 0; round < 5; round++)
    {
      g_autoptr (GfFuture) first = NULL;
      GfFuture *ahead[30];
      gboolean cancelled[30];

      for (guint i = 0; i < 20; i++)
        test_assert_healthy (self->pool);
      first = gf_executor_call (self->pool, "test.abort", NULL);
      for (guint i = 0; i < G_N_ELEMENTS (ahead); i++)
        ahead[i] = gf_executor_call (self->pool, "test.square", g_variant_new_int32 (i));
      if (round % 2 == 0)
        test_settle (first);
      for (guint i = 0; i < G_N_ELEMENTS (ahead); i++)
        cancelled[i] = i % 2 == 0 && gf_future_cancel_pending (ahead[i]);
      test_assert_fails (first, GF_FUTURE_ERROR, GF_FUTURE_ERROR_WORKER_DIED);
      for (guint i = 0; i < G_N_ELEMENTS (ahead); i++)
        {
          test_settle (ahead[i]);
          g_assert_cmpint (gf_future_is_cancelled (ahead[i]), ==, cancelled[i]);
          if (!cancelled[i])
            g_assert_cmpint (g_variant_get_int32 (test_result (ahead[i])), ==, i * i);
          g_object_unref (ahead[i]);
        }
    }
}

int
main (int    argc,
      char **argv)
{
  gf_function_register ("test.mark", mark_function, NULL, NULL);
  test_worker_main (argc, argv);
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/cancel-pending/a-pending-one-is-cancelled", test_a_pending_one_is_cancelled);
  g_test_add_func ("/cancel-pending/a-running-one-goes-on", test_a_running_one_goes_on);
  g_test_add_func ("/cancel-pending/a-settled-one-stays", test_a_settled_one_stays);
  g_test_add_func ("/cancel-pending/a-derived-one-lets-go", test_a_derived_one_lets_go);
  g_test_add_func ("/cancel-pending/a-derived-one-whose-continuation-has-begun",
                   test_a_derived_one_whose_continuation_has_begun);
  g_test_add_func ("/cancel-pending/a-set-lets-go", test_a_set_lets_go);
  g_test_add_func ("/cancel-pending/a-queued-task-never-runs", test_a_queued_task_never_runs);
  g_test_add_func ("/cancel-pending/races-with-the-beginning", test_races_with_the_beginning);
  g_test_add_func ("/cancel-pending/a-map-runs-from-the-beginning", test_a_map_runs_from_the_beginning);
  g_test_add_func ("/cancel-pending/races-with-several-workers", test_races_with_several_workers);
  test_add_for_vias ("cancel-pending/the-call-of-a-worker-goes-on", BOTH_WAYS, test_the_call_of_a_worker_goes_on);
  test_add_for_vias ("cancel-pending/a-call-that-was-sent-ahead", BOTH_WAYS, test_a_call_that_was_sent_ahead);
  test_add_for_vias ("cancel-pending/races-with-a-worker", BOTH_WAYS, test_races_with_workers);
  test_add_for_vias ("cancel-pending/a-call-whose-worker-has-died", BOTH_WAYS, test_a_call_whose_worker_has_died);

  return g_test_run ();
}

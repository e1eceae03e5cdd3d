/* test-thread-pool.c - what only the thread pool promises
 *
 * How many threads there are, how they are named, prepared and retired; and that
 * tasks which wait for tasks do not deadlock, with a bounded number of threads.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <sys/prctl.h>

#include "gf-test.h"

static void
nothing_task (GfPromise  *promise,
              gpointer    data,
              GError    **error)
{
}

static void
gated_task (GfPromise  *promise,
            gpointer    gate,
            GError    **error)
{
  test_gate_pass (gate);
}

static void
wait_done (GfFuture *future)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (gf_future_wait (future, TEST_DEADLINE_US, NULL, &error));
  g_assert_no_error (error);
}

/* The default pool */

static void
test_default_is_shared (void)
{
  GfExecutor *pool = gf_thread_pool_executor_get_default ();

  g_assert_true (GF_IS_THREAD_POOL_EXECUTOR (pool));
  g_assert_true (gf_thread_pool_executor_get_default () == pool);
  g_assert_cmpuint (gf_executor_get_max_workers (pool), ==, g_get_num_processors ());
}

static void
test_default_is_never_shut_down (void)
{
  GfExecutor *pool = gf_thread_pool_executor_get_default ();
  g_autoptr (GfFuture) future = NULL;
  guint n_criticals;

  test_log_begin ();
  gf_executor_shutdown (pool, FALSE, FALSE);
  gf_executor_shutdown (pool, TRUE, TRUE);
  g_free (test_log_end (NULL, &n_criticals));
  g_assert_cmpuint (n_criticals, ==, 2);

  future = gf_executor_submit (pool, nothing_task, NULL, NULL);
  wait_done (future);
  g_assert_cmpint (gf_future_get_state (future), ==, GF_FUTURE_STATE_SUCCEEDED);
}

/* Workers */

static void
test_no_workers_means_the_number_of_processors (void)
{
  g_autoptr (GfExecutor) pool = gf_thread_pool_executor_new (0);
  g_autoptr (GfFuture) future = gf_executor_submit (pool, nothing_task, NULL, NULL);

  g_assert_cmpuint (gf_executor_get_max_workers (pool), ==, g_get_num_processors ());
  wait_done (future);
}

static void
test_an_absurd_number_is_clamped (void)
{
  g_autoptr (GfExecutor) pool = gf_thread_pool_executor_new (G_MAXUINT);
  g_autoptr (GfFuture) future = gf_executor_submit (pool, nothing_task, NULL, NULL);

  g_assert_cmpuint (gf_executor_get_max_workers (pool), >, 0);
  g_assert_cmpuint (gf_executor_get_max_workers (pool), <=, 100000);
  g_assert_cmpuint (gf_thread_pool_executor_get_max_threads (GF_THREAD_POOL_EXECUTOR (pool)), >=,
                    gf_executor_get_max_workers (pool));
  wait_done (future);
  g_assert_cmpint (gf_future_get_state (future), ==, GF_FUTURE_STATE_SUCCEEDED);
}

static void
test_threads_start_lazily (void)
{
  g_autoptr (GfExecutor) pool = gf_thread_pool_executor_new (4);
  g_autoptr (GfFuture) future = NULL;

  g_assert_cmpuint (gf_thread_pool_executor_get_n_threads (GF_THREAD_POOL_EXECUTOR (pool)), ==, 0);
  future = gf_executor_submit (pool, nothing_task, NULL, NULL);
  wait_done (future);
  g_assert_cmpuint (gf_thread_pool_executor_get_n_threads (GF_THREAD_POOL_EXECUTOR (pool)), <=, 2);
}

static void
test_all_workers_work_at_once (void)
{
  g_autoptr (GfExecutor) pool = gf_thread_pool_executor_new (4);
  GfFuture *futures[4];
  TestGate gate;

  test_gate_init (&gate);
  for (guint i = 0; i < 4; i++)
    futures[i] = gf_executor_submit (pool, gated_task, &gate, NULL);
  /* hangs if fewer than four run */
  test_gate_await (&gate, 4);
  g_assert_cmpuint (gf_executor_get_n_running (pool), ==, 4);
  test_gate_open (&gate);
  gf_executor_shutdown (pool, TRUE, FALSE);
  for (guint i = 0; i < 4; i++)
    g_object_unref (futures[i]);
  test_gate_clear (&gate);
}

typedef struct
{
  GfExecutor *pool;
  TestGate gate;
} Fan;

static void
fan_task (GfPromise  *promise,
          gpointer    data,
          GError    **error)
{
  Fan *self = data;

  for (guint i = 0; i < 3; i++)
    g_object_unref (gf_executor_submit (self->pool, gated_task, &self->gate, NULL));
  test_gate_pass (&self->gate);
}

static void
test_a_push_from_a_worker_wakes_the_others (void)
{
  g_autoptr (GfExecutor) pool = gf_thread_pool_executor_new (4);
  Fan fan = { .pool = pool };

  test_gate_init (&fan.gate);
  g_object_unref (gf_executor_submit (pool, fan_task, &fan, NULL));
  test_gate_await (&fan.gate, 4);
  test_gate_open (&fan.gate);
  gf_executor_shutdown (pool, TRUE, FALSE);
  test_gate_clear (&fan.gate);
}

static gint running_now, running_most;

static void
measured_task (GfPromise  *promise,
               gpointer    data,
               GError    **error)
{
  gint now = g_atomic_int_add (&running_now, 1) + 1;
  gint most;

  do
    most = g_atomic_int_get (&running_most);
  while (now > most && !g_atomic_int_compare_and_exchange (&running_most, most, now));
  g_thread_yield ();
  g_atomic_int_add (&running_now, -1);
}

static void
test_never_more_than_max_workers_work (void)
{
  g_autoptr (GfExecutor) pool = gf_thread_pool_executor_new (3);

  running_now = running_most = 0;
  for (guint i = 0; i < 3000; i++)
    g_object_unref (gf_executor_submit (pool, measured_task, NULL, NULL));
  gf_executor_shutdown (pool, TRUE, FALSE);
  g_assert_cmpint (running_now, ==, 0);
  g_assert_cmpint (running_most, <=, 3);
}

static void
name_task (GfPromise  *promise,
           gpointer    data,
           GError    **error)
{
  char name[17] = { 0 };

  prctl (PR_GET_NAME, name);
  gf_promise_resolve_string (promise, name);
}

static void
test_threads_carry_the_prefix (void)
{
  g_autoptr (GfExecutor) pool = g_object_new (GF_TYPE_THREAD_POOL_EXECUTOR,
                                              "max-workers", 1,
                                              "thread-name-prefix", "hash",
                                              NULL);
  g_autoptr (GfFuture) future = gf_executor_submit (pool, name_task, NULL, NULL);

  g_assert_cmpstr (gf_thread_pool_executor_get_thread_name_prefix (GF_THREAD_POOL_EXECUTOR (pool)), ==, "hash");
  wait_done (future);
  g_assert_true (g_str_has_prefix (gf_future_get_string (future, NULL), "hash"));
}

static void
thread_exit_cb (gpointer gate)
{
  test_gate_arrive (gate);
}

static GPrivate at_thread_exit = G_PRIVATE_INIT (thread_exit_cb);

static void
watch_exit_task (GfPromise  *promise,
                 gpointer    gate,
                 GError    **error)
{
  g_private_set (&at_thread_exit, gate);
}

static void
test_idle_threads_retire (void)
{
  g_autoptr (GfExecutor) pool = g_object_new (GF_TYPE_THREAD_POOL_EXECUTOR,
                                              "max-workers", 1,
                                              "idle-timeout", 1,
                                              NULL);
  g_autoptr (GfFuture) future = NULL;
  g_autoptr (GfFuture) again = NULL;
  TestGate gate;

  g_assert_cmpuint (gf_thread_pool_executor_get_idle_timeout (GF_THREAD_POOL_EXECUTOR (pool)), ==, 1);
  test_gate_init (&gate);
  future = gf_executor_submit (pool, watch_exit_task, &gate, NULL);
  test_gate_await (&gate, 1);
  g_assert_cmpuint (gf_thread_pool_executor_get_n_threads (GF_THREAD_POOL_EXECUTOR (pool)), ==, 0);

  /* and a new one comes when there is work again */
  again = gf_executor_submit (pool, watch_exit_task, &gate, NULL);
  wait_done (again);
  test_gate_await (&gate, 2);
  test_gate_clear (&gate);
}

static void
test_shutdown_ends_the_threads (void)
{
  g_autoptr (GfExecutor) pool = gf_thread_pool_executor_new (1);
  g_autoptr (GfFuture) future = NULL;
  TestGate gate;

  test_gate_init (&gate);
  future = gf_executor_submit (pool, watch_exit_task, &gate, NULL);
  gf_executor_shutdown (pool, FALSE, FALSE);
  test_gate_await (&gate, 1);
  test_gate_clear (&gate);
}

static void
test_last_reference_ends_the_threads (void)
{
  GfExecutor *pool = gf_thread_pool_executor_new (1);
  GfFuture *future;
  TestGate gate;

  test_gate_init (&gate);
  future = gf_executor_submit (pool, watch_exit_task, &gate, NULL);
  wait_done (future);
  g_object_unref (future);
  g_object_unref (pool);
  test_gate_await (&gate, 1);
  test_gate_clear (&gate);
}

/* The initializer */

static GPrivate prepared = G_PRIVATE_INIT (NULL);

typedef struct
{
  guint n_runs;
  GThread *released;
} Initializer;

static gboolean
initializer (gpointer   data,
             GError   **error)
{
  Initializer *self = data;

  g_assert_null (g_private_get (&prepared));
  g_private_set (&prepared, self);
  g_atomic_int_inc (&self->n_runs);
  return TRUE;
}

static void
initializer_release (gpointer data)
{
  g_atomic_pointer_set (&((Initializer *) data)->released, g_thread_self ());
}

static void
prepared_task (GfPromise  *promise,
               gpointer    data,
               GError    **error)
{
  gf_promise_resolve_boolean (promise, g_private_get (&prepared) == data);
}

static void
test_initializer_prepares_each_worker_once (void)
{
  GfExecutor *pool = gf_thread_pool_executor_new (2);
  Initializer self = { 0, NULL };

  gf_thread_pool_executor_set_initializer (GF_THREAD_POOL_EXECUTOR (pool), initializer, &self, initializer_release);
  for (guint i = 0; i < 1000; i++)
    {
      g_autoptr (GfFuture) future = gf_executor_submit (pool, prepared_task, &self, NULL);

      if (i % 100 == 0)
        {
          wait_done (future);
          g_assert_true (gf_future_get_boolean (future, NULL));
        }
    }
  gf_executor_shutdown (pool, TRUE, FALSE);
  g_assert_cmpuint (self.n_runs, >=, 1);
  g_assert_cmpuint (self.n_runs, <=, 2);
  g_object_unref (pool);
  test_turn_until (g_atomic_pointer_get (&self.released) != NULL);
  g_assert_true (self.released == g_thread_self ());
}

static gboolean
failing_initializer (gpointer   data,
                     GError   **error)
{
  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND, "no device");
  return FALSE;
}

static void
test_initializer_failing_breaks_the_pool (void)
{
  g_autoptr (GfExecutor) pool = gf_thread_pool_executor_new (2);
  g_autoptr (GfFuture) later = NULL;
  GfFuture *futures[10];
  TestRecord record;

  test_record_init (&record);
  gf_thread_pool_executor_set_initializer (GF_THREAD_POOL_EXECUTOR (pool), failing_initializer, NULL, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (futures); i++)
    futures[i] = gf_executor_submit (pool, nothing_task, test_witness_new (&record), g_object_unref);
  for (guint i = 0; i < G_N_ELEMENTS (futures); i++)
    {
      wait_done (futures[i]);
      g_assert_error (gf_future_get_error (futures[i]), GF_FUTURE_ERROR, GF_FUTURE_ERROR_BROKEN_EXECUTOR);
      g_assert_nonnull (strstr (gf_future_get_error (futures[i])->message, "no device"));
      g_object_unref (futures[i]);
    }
  later = gf_executor_submit (pool, nothing_task, test_witness_new (&record), g_object_unref);
  wait_done (later);
  g_assert_error (gf_future_get_error (later), GF_FUTURE_ERROR, GF_FUTURE_ERROR_BROKEN_EXECUTOR);
  test_turn_until (test_record_get_n_finalized (&record) == 11);
  g_assert_cmpuint (record.n_elsewhere, ==, 0);
  gf_executor_shutdown (pool, TRUE, FALSE);
  test_record_clear (&record);
}

/* Tasks that wait for tasks */

typedef struct
{
  GfExecutor *pool;
  guint n;
} Fib;

static void
fib_task (GfPromise  *promise,
          gpointer    data,
          GError    **error)
{
  Fib *self = data;
  Fib left = { self->pool, self->n - 1 };
  Fib right = { self->pool, self->n - 2 };
  g_autoptr (GfFuture) left_future = NULL;
  g_autoptr (GfFuture) right_future = NULL;

  if (self->n < 2)
    {
      gf_promise_resolve_int (promise, self->n);
      return;
    }
  left_future = gf_executor_submit (self->pool, fib_task, &left, NULL);
  right_future = gf_executor_submit (self->pool, fib_task, &right, NULL);
  if (!gf_future_wait (left_future, -1, NULL, error) || !gf_future_wait (right_future, -1, NULL, error))
    g_assert_not_reached ();
  gf_promise_resolve_int (promise,
                          gf_future_get_int (left_future, NULL) + gf_future_get_int (right_future, NULL));
}

static void
check_fib (guint n_workers,
           guint n,
           int   expected)
{
  g_autoptr (GfExecutor) pool = gf_thread_pool_executor_new (n_workers);
  Fib fib = { pool, n };
  g_autoptr (GfFuture) future = gf_executor_submit (pool, fib_task, &fib, NULL);

  wait_done (future);
  g_assert_cmpint (gf_future_get_int (future, NULL), ==, expected);
  g_assert_cmpuint (gf_thread_pool_executor_get_n_threads (GF_THREAD_POOL_EXECUTOR (pool)), <=,
                    gf_thread_pool_executor_get_max_threads (GF_THREAD_POOL_EXECUTOR (pool)));
  gf_executor_shutdown (pool, TRUE, FALSE);
}

static void
test_nested_waits_on_one_worker (void)
{
  check_fib (1, 14, 377);
}

static void
test_nested_waits_on_two_workers (void)
{
  check_fib (2, 22, 17711);
}

static void
test_nested_waits_on_four_workers (void)
{
  check_fib (4, 18, 2584);
}

typedef struct
{
  GfExecutor *pool;
  guint depth;
} Chain;

static void
chain_task (GfPromise  *promise,
            gpointer    data,
            GError    **error)
{
  Chain *self = data;
  Chain next = { self->pool, self->depth - 1 };
  g_autoptr (GfFuture) future = NULL;

  if (self->depth > 0)
    {
      future = gf_executor_submit (self->pool, chain_task, &next, NULL);
      g_assert_true (gf_future_wait (future, -1, NULL, error));
      g_assert_true (gf_promise_get_current () == promise);
      gf_promise_resolve_int (promise, 1 + gf_future_get_int (future, NULL));
      return;
    }
  gf_promise_resolve_int (promise, 0);
}

static void
test_a_deep_chain_of_waits (void)
{
  /* deeper than the frames that a waiter runs on its own stack: the rest needs
   * threads, within the bound */
  g_autoptr (GfExecutor) pool = gf_thread_pool_executor_new (2);
  Chain chain = { pool, 100 };
  g_autoptr (GfFuture) future = gf_executor_submit (pool, chain_task, &chain, NULL);

  wait_done (future);
  g_assert_cmpint (gf_future_get_int (future, NULL), ==, 100);
  g_assert_cmpuint (gf_thread_pool_executor_get_n_threads (GF_THREAD_POOL_EXECUTOR (pool)), <=,
                    gf_thread_pool_executor_get_max_threads (GF_THREAD_POOL_EXECUTOR (pool)));
  gf_executor_shutdown (pool, TRUE, FALSE);
}

static void
wait_for_task (GfPromise  *promise,
               gpointer    future,
               GError    **error)
{
  GMainContext *context = g_main_context_get_thread_default ();
  GCancellable *cancellable = gf_promise_get_cancellable (promise);

  g_assert_true (gf_future_wait (future, -1, NULL, error));
  /* whatever the waiter ran meanwhile, its surroundings are its own again */
  g_assert_true (gf_promise_get_current () == promise);
  g_assert_true (gf_promise_get_cancellable (promise) == cancellable);
  g_assert_true (g_main_context_get_thread_default () == context);
}

static void
test_waiting_for_a_running_task (void)
{
  g_autoptr (GfExecutor) pool = gf_thread_pool_executor_new (2);
  g_autoptr (GfFuture) running = NULL;
  g_autoptr (GfFuture) waiting = NULL;
  TestGate gate;

  test_gate_init (&gate);
  running = gf_executor_submit (pool, gated_task, &gate, NULL);
  test_gate_await (&gate, 1);
  waiting = gf_executor_submit (pool, wait_for_task, running, NULL);
  while (!gf_future_is_running (waiting))
    g_thread_yield ();
  test_gate_open (&gate);
  wait_done (waiting);
  g_assert_cmpint (gf_future_get_state (waiting), ==, GF_FUTURE_STATE_SUCCEEDED);
  gf_executor_shutdown (pool, TRUE, FALSE);
  test_gate_clear (&gate);
}

static void
resolve_task (GfPromise  *promise,
              gpointer    other,
              GError    **error)
{
  gf_promise_resolve_int (other, 9);
}

static void
test_a_blocked_worker_is_stood_in_for (void)
{
  /* the only worker waits for what a task queued behind it settles */
  g_autoptr (GfExecutor) pool = gf_thread_pool_executor_new (1);
  g_autoptr (GfPromise) promise = gf_promise_new ();
  g_autoptr (GfFuture) waiting = gf_executor_submit (pool, wait_for_task, promise, NULL);
  g_autoptr (GfFuture) settling = gf_executor_submit (pool, resolve_task, promise, NULL);

  wait_done (waiting);
  g_assert_cmpint (gf_future_get_state (waiting), ==, GF_FUTURE_STATE_SUCCEEDED);
  wait_done (settling);
  gf_executor_shutdown (pool, TRUE, FALSE);
}

static void
test_a_worker_blocked_first_is_stood_in_for_later (void)
{
  /* the same, but the other task comes when the worker is blocked already */
  g_autoptr (GfExecutor) pool = gf_thread_pool_executor_new (1);
  g_autoptr (GfPromise) promise = gf_promise_new ();
  g_autoptr (GfFuture) waiting = gf_executor_submit (pool, wait_for_task, promise, NULL);
  g_autoptr (GfFuture) settling = NULL;

  while (!gf_future_is_running (waiting))
    g_thread_yield ();
  settling = gf_executor_submit (pool, resolve_task, promise, NULL);
  wait_done (waiting);
  wait_done (settling);
  gf_executor_shutdown (pool, TRUE, FALSE);
}

typedef struct
{
  GfPromise *promise;
  TestGate gate;
  GMutex mutex;
  GHashTable *threads;
} Bounded;

static void
bounded_task (GfPromise  *promise,
              gpointer    data,
              GError    **error)
{
  Bounded *self = data;

  g_mutex_lock (&self->mutex);
  g_hash_table_add (self->threads, g_thread_self ());
  g_mutex_unlock (&self->mutex);
  test_gate_arrive (&self->gate);
  g_assert_true (gf_future_wait (GF_FUTURE (self->promise), -1, NULL, error));
}

static void
test_threads_are_bounded (void)
{
  g_autoptr (GfExecutor) pool = g_object_new (GF_TYPE_THREAD_POOL_EXECUTOR,
                                              "max-workers", 1,
                                              "max-threads", 3,
                                              "thread-name-prefix", "bounded",
                                              NULL);
  g_autoptr (GfPromise) promise = gf_promise_new ();
  g_autofree char *messages = NULL;
  GfFuture *futures[12];
  Bounded self = { 0 };
  guint n_warnings;

  g_assert_cmpuint (gf_thread_pool_executor_get_max_threads (GF_THREAD_POOL_EXECUTOR (pool)), ==, 3);
  self.promise = promise;
  gf_future_set_label (GF_FUTURE (promise), "the promise they wait for");
  self.threads = g_hash_table_new (NULL, NULL);
  g_mutex_init (&self.mutex);
  test_gate_init (&self.gate);

  test_log_begin ();
  for (guint i = 0; i < G_N_ELEMENTS (futures); i++)
    futures[i] = gf_executor_submit (pool, bounded_task, &self, NULL);
  test_gate_await (&self.gate, 3);
  g_assert_cmpuint (gf_thread_pool_executor_get_n_threads (GF_THREAD_POOL_EXECUTOR (pool)), <=, 3);
  /* "reaching that warns once, with labels" */
  for (gint64 deadline = g_get_monotonic_time () + TEST_DEADLINE_US; g_get_monotonic_time () < deadline;)
    {
      guint n;

      g_mutex_lock (&test_log.mutex);
      n = test_log.n_warnings;
      g_mutex_unlock (&test_log.mutex);
      if (n > 0)
        break;
      g_thread_yield ();
    }
  gf_promise_resolve_int (promise, 1);
  for (guint i = 0; i < G_N_ELEMENTS (futures); i++)
    {
      wait_done (futures[i]);
      g_object_unref (futures[i]);
    }
  gf_executor_shutdown (pool, TRUE, FALSE);
  messages = test_log_end (&n_warnings, NULL);
  g_assert_cmpuint (n_warnings, ==, 1);
  g_assert_nonnull (strstr (messages, "“bounded”"));
  g_assert_nonnull (strstr (messages, "the promise they wait for"));
  g_assert_cmpuint (g_hash_table_size (self.threads), <=, 3);
  g_hash_table_unref (self.threads);
  g_mutex_clear (&self.mutex);
  test_gate_clear (&self.gate);
}

static void
wait_with_timeout_task (GfPromise  *promise,
                        gpointer    future,
                        GError    **error)
{
  gf_future_wait (future, 3000, NULL, error);
}

static void
test_a_worker_s_wait_times_out (void)
{
  g_autoptr (GfExecutor) pool = gf_thread_pool_executor_new (1);
  g_autoptr (GfPromise) never = gf_promise_new ();
  g_autoptr (GfFuture) future = gf_executor_submit (pool, wait_with_timeout_task, never, NULL);

  wait_done (future);
  g_assert_error (gf_future_get_error (future), G_IO_ERROR, G_IO_ERROR_TIMED_OUT);
  gf_executor_shutdown (pool, TRUE, FALSE);
}

static void
test_the_home_thread_runs_no_task (void)
{
  /* "the home thread never runs a pool's function": this waits for a task that
   * has not begun, and the worker is busy until the gate opens */
  g_autoptr (GfExecutor) pool = gf_thread_pool_executor_new (1);
  g_autoptr (GfFuture) running = NULL;
  g_autoptr (GfFuture) pending = NULL;
  g_autoptr (GError) error = NULL;
  TestGate gate;

  test_gate_init (&gate);
  running = gf_executor_submit (pool, gated_task, &gate, NULL);
  test_gate_await (&gate, 1);
  pending = gf_executor_submit (pool, nothing_task, NULL, NULL);
  g_assert_false (gf_future_wait (pending, 3000, NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT);
  g_assert_cmpint (gf_future_get_state (pending), ==, GF_FUTURE_STATE_PENDING);
  test_gate_open (&gate);
  wait_done (pending);
  gf_executor_shutdown (pool, TRUE, FALSE);
  test_gate_clear (&gate);
}

static void
shutdown_own_task (GfPromise  *promise,
                   gpointer    pool,
                   GError    **error)
{
  gf_executor_shutdown (pool, FALSE, FALSE);
}

static void
test_a_worker_may_shut_its_pool_down (void)
{
  g_autoptr (GfExecutor) pool = gf_thread_pool_executor_new (1);
  g_autoptr (GfFuture) first = gf_executor_submit (pool, shutdown_own_task, pool, NULL);
  g_autoptr (GfFuture) refused = NULL;

  wait_done (first);
  refused = gf_executor_submit (pool, nothing_task, NULL, NULL);
  g_assert_error (gf_future_get_error (refused), GF_FUTURE_ERROR, GF_FUTURE_ERROR_SHUT_DOWN);
  gf_executor_shutdown (pool, TRUE, FALSE);
}

typedef struct
{
  GfExecutor *pool;
  TestGate gate;
} OwnShutdown;

static void
shutdown_in_callback_cb (GfFuture *future,
                         gpointer  data)
{
  OwnShutdown *self = data;

  gf_executor_shutdown (self->pool, TRUE, FALSE);
  test_gate_arrive (&self->gate);
}

static void
shutdown_in_post (gpointer data)
{
  shutdown_in_callback_cb (NULL, data);
}

static void
test_a_callback_does_not_wait_for_itself (void)
{
  for (guint posted = 0; posted < 2; posted++)
    {
      g_autoptr (GfExecutor) pool = gf_thread_pool_executor_new (2);
      g_autoptr (GfFuture) future = gf_executor_submit (pool, nothing_task, NULL, NULL);
      OwnShutdown self = { .pool = pool };
      guint n_criticals;

      test_gate_init (&self.gate);
      wait_done (future);
      test_log_begin ();
      if (posted)
        g_assert_true (gf_executor_post (pool, shutdown_in_post, &self));
      else
        gf_future_add_done_callback (future, pool, shutdown_in_callback_cb, &self, NULL);
      test_gate_await (&self.gate, 1);
      g_free (test_log_end (NULL, &n_criticals));
      g_assert_cmpuint (n_criticals, ==, 1);
      gf_executor_shutdown (pool, TRUE, FALSE);
      test_gate_clear (&self.gate);
    }
}

/* Tasks inside tasks */

typedef struct
{
  GfExecutor *pool;
  GThread *outer;
  GThread *inner;
} NestedContext;

static void
inner_context_task (GfPromise  *promise,
                    gpointer    data,
                    GError    **error)
{
  NestedContext *self = data;

  self->inner = g_thread_self ();
  g_assert_null (g_main_context_get_thread_default ());
}

static void
outer_context_task (GfPromise  *promise,
                    gpointer    data,
                    GError    **error)
{
  NestedContext *self = data;
  g_autoptr (GMainContext) first = g_main_context_new ();
  g_autoptr (GMainContext) second = g_main_context_new ();

  self->outer = g_thread_self ();
  g_main_context_push_thread_default (first);
  g_main_context_push_thread_default (second);
  for (guint i = 0; i < 3; i++)
    {
      g_autoptr (GfFuture) inner = gf_executor_submit (self->pool, inner_context_task, self, NULL);

      g_assert_true (gf_future_wait (inner, -1, NULL, NULL));
      g_assert_true (g_main_context_get_thread_default () == second);
    }
  g_main_context_pop_thread_default (second);
  g_assert_true (g_main_context_get_thread_default () == first);
  g_main_context_pop_thread_default (first);
  g_assert_null (g_main_context_get_thread_default ());
}

static void
test_a_nested_task_has_no_context_of_the_outer (void)
{
  g_autoptr (GfExecutor) pool = gf_thread_pool_executor_new (1);
  NestedContext self = { .pool = pool };
  g_autoptr (GfFuture) future = NULL;

  /* a worker cannot have the default context meanwhile */
  g_assert_true (g_main_context_acquire (NULL));
  future = gf_executor_submit (pool, outer_context_task, &self, NULL);
  wait_done (future);
  g_main_context_release (NULL);
  g_assert_cmpint (gf_future_get_state (future), ==, GF_FUTURE_STATE_SUCCEEDED);
  gf_executor_shutdown (pool, TRUE, FALSE);
  g_assert_true (self.inner == self.outer);
}

typedef struct
{
  GfFuture *inner;
  TestGate outer_gate;
  TestGate inner_gate;
  gboolean should_stop;
} Helped;

static void
helped_inner_task (GfPromise  *promise,
                   gpointer    data,
                   GError    **error)
{
  Helped *self = data;

  test_gate_pass (&self->inner_gate);
  self->should_stop = gf_promise_should_stop (promise);
}

static void
helped_outer_task (GfPromise  *promise,
                   gpointer    data,
                   GError    **error)
{
  Helped *self = data;

  test_gate_pass (&self->outer_gate);
  g_assert_true (gf_future_wait (self->inner, -1, NULL, NULL));
}

static void
test_shutdown_spares_what_a_waiter_runs (void)
{
  g_autoptr (GfExecutor) pool = gf_thread_pool_executor_new (1);
  g_autoptr (GfFuture) outer = NULL;
  g_autoptr (GfFuture) pending = NULL;
  Helped self = { .inner = NULL };

  test_gate_init (&self.outer_gate);
  test_gate_init (&self.inner_gate);
  outer = gf_executor_submit (pool, helped_outer_task, &self, NULL);
  test_gate_await (&self.outer_gate, 1);
  self.inner = gf_executor_submit (pool, helped_inner_task, &self, NULL);
  pending = gf_executor_submit (pool, nothing_task, NULL, NULL);
  test_gate_open (&self.outer_gate);
  test_gate_await (&self.inner_gate, 1);

  g_assert_true (gf_future_is_running (self.inner));
  gf_executor_shutdown (pool, FALSE, TRUE);
  g_assert_false (gf_future_is_done (self.inner));
  test_gate_open (&self.inner_gate);
  wait_done (outer);
  gf_executor_shutdown (pool, TRUE, TRUE);
  g_assert_false (self.should_stop);
  g_assert_cmpint (gf_future_get_state (self.inner), ==, GF_FUTURE_STATE_SUCCEEDED);
  g_assert_cmpint (gf_future_get_state (outer), ==, GF_FUTURE_STATE_SUCCEEDED);
  g_assert_cmpint (gf_future_get_state (pending), ==, GF_FUTURE_STATE_CANCELLED);
  g_object_unref (self.inner);
  test_gate_clear (&self.outer_gate);
  test_gate_clear (&self.inner_gate);
}

/* A slow initializer */

typedef struct
{
  gint n_runs;
  TestGate gate;
  gboolean released;
} SlowInitializer;

static gboolean
slow_initializer (gpointer   data,
                  GError   **error)
{
  SlowInitializer *self = data;

  if (g_atomic_int_add (&self->n_runs, 1) > 0)
    test_gate_pass (&self->gate);
  return TRUE;
}

static void
slow_initializer_release (gpointer data)
{
  ((SlowInitializer *) data)->released = TRUE;
}

static void
test_initializer_slow_does_not_delay_the_others (void)
{
  GfExecutor *pool = gf_thread_pool_executor_new (2);
  SlowInitializer self = { 0, };
  g_autoptr (GfFuture) first = NULL;
  g_autoptr (GfFuture) second = NULL;
  TestGate gate;

  test_gate_init (&self.gate);
  test_gate_init (&gate);
  gf_thread_pool_executor_set_initializer (GF_THREAD_POOL_EXECUTOR (pool), slow_initializer, &self, slow_initializer_release);
  first = gf_executor_submit (pool, gated_task, &gate, NULL);
  test_gate_await (&gate, 1);
  second = gf_executor_submit (pool, nothing_task, NULL, NULL);
  test_gate_await (&self.gate, 1);
  test_gate_open (&gate);
  wait_done (first);
  wait_done (second);
  for (guint i = 0; i < 100; i++)
    {
      g_autoptr (GfFuture) future = NULL;

      /* to let the idle worker park, mostly */
      g_usleep (500);
      future = gf_executor_submit (pool, nothing_task, NULL, NULL);
      wait_done (future);
    }
  g_assert_cmpint (g_atomic_int_get (&self.n_runs), ==, 2);
  test_gate_open (&self.gate);
  gf_executor_shutdown (pool, TRUE, FALSE);
  g_object_unref (pool);
  /* the worker that came late may still be in it until then */
  test_turn_until (self.released);
  test_gate_clear (&self.gate);
  test_gate_clear (&gate);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

#define ADD(path, name) g_test_add_func ("/thread-pool/" path, test_##name)
  ADD ("default/is-shared", default_is_shared);
  ADD ("default/is-never-shut-down", default_is_never_shut_down);

  ADD ("workers/none-means-the-number-of-processors", no_workers_means_the_number_of_processors);
  ADD ("workers/an-absurd-number-is-clamped", an_absurd_number_is_clamped);
  ADD ("workers/start-lazily", threads_start_lazily);
  ADD ("workers/all-work-at-once", all_workers_work_at_once);
  ADD ("workers/a-push-from-one-wakes-the-others", a_push_from_a_worker_wakes_the_others);
  ADD ("workers/never-more-than-max", never_more_than_max_workers_work);
  ADD ("workers/carry-the-prefix", threads_carry_the_prefix);
  ADD ("workers/retire-when-idle", idle_threads_retire);
  ADD ("workers/end-with-shutdown", shutdown_ends_the_threads);
  ADD ("workers/end-with-the-last-reference", last_reference_ends_the_threads);
  ADD ("workers/may-shut-their-pool-down", a_worker_may_shut_its_pool_down);
  ADD ("workers/do-not-wait-for-themselves", a_callback_does_not_wait_for_itself);

  ADD ("initializer/prepares-each-worker-once", initializer_prepares_each_worker_once);
  ADD ("initializer/failing-breaks-the-pool", initializer_failing_breaks_the_pool);
  ADD ("initializer/slow-does-not-delay-the-others", initializer_slow_does_not_delay_the_others);

  ADD ("wait/nested-on-one-worker", nested_waits_on_one_worker);
  ADD ("wait/nested-on-two-workers", nested_waits_on_two_workers);
  ADD ("wait/nested-on-four-workers", nested_waits_on_four_workers);
  ADD ("wait/a-deep-chain", a_deep_chain_of_waits);
  ADD ("wait/for-a-running-task", waiting_for_a_running_task);
  ADD ("wait/a-blocked-worker-is-stood-in-for", a_blocked_worker_is_stood_in_for);
  ADD ("wait/a-worker-blocked-first-is-stood-in-for-later", a_worker_blocked_first_is_stood_in_for_later);
  ADD ("wait/threads-are-bounded", threads_are_bounded);
  ADD ("wait/on-a-worker-times-out", a_worker_s_wait_times_out);
  ADD ("wait/the-home-thread-runs-no-task", the_home_thread_runs_no_task);
  ADD ("wait/nested-has-no-context-of-the-outer", a_nested_task_has_no_context_of_the_outer);
  ADD ("wait/shutdown-spares-what-a-waiter-runs", shutdown_spares_what_a_waiter_runs);
#undef ADD

  return g_test_run ();
}

/* test-limited-executor.c - a bounded share of another executor
 *
 * This program is its own worker.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "test-processes.h"

#include "test-executors.h"

/* Tasks that count how many of them run */

typedef struct
{
  TestGate *gate;       /* passed inside, or NULL */
  GString *order;
  gint n_inside;
  gint most;
  gint n_runs;
} Counter;

typedef struct
{
  Counter *counter;
  char mark;
} Job;

static void
job_run (GfPromise *promise,
         gpointer   data,
         GError   **error)
{
  Job *self = data;
  Counter *counter = self->counter;
  gint n = g_atomic_int_add (&counter->n_inside, 1) + 1;
  gint most;

  do
    most = g_atomic_int_get (&counter->most);
  while (n > most && !g_atomic_int_compare_and_exchange (&counter->most, most, n));
  g_atomic_int_inc (&counter->n_runs);
  if (counter->gate)
    test_gate_pass (counter->gate);
  if (counter->order)
    g_string_append_c (counter->order, self->mark);
  g_atomic_int_add (&counter->n_inside, -1);
  gf_promise_resolve_int (promise, self->mark);
}

static GfFuture *
submit (GfExecutor *executor,
        Counter    *counter,
        char        mark,
        int         priority)
{
  Job *job = g_new (Job, 1);

  job->counter = counter;
  job->mark = mark;
  return gf_executor_submit_full (executor, priority, NULL, job_run, job, g_free);
}

static guint
get_n_queued (GfExecutor *executor)
{
  guint n;

  g_object_get (executor, "n-queued", &n, NULL);
  return n;
}

static void
await (Fixture  *self,
       GfFuture *future)
{
  if (self->kind == KIND_MAIN_CONTEXT)
    settle (future);
  else
    g_assert_true (gf_future_wait (future, TEST_DEADLINE_US, NULL, NULL));
}

static void
test_all_run (Fixture *self, gconstpointer data)
{
  g_autoptr (GfExecutor) limited = gf_limited_executor_new (self->executor, 3, 0);
  Counter counter = { .gate = NULL };
  GfFuture *futures[100];

  for (guint i = 0; i < G_N_ELEMENTS (futures); i++)
    futures[i] = submit (limited, &counter, i, 0);
  for (guint i = 0; i < G_N_ELEMENTS (futures); i++)
    {
      await (self, futures[i]);
      g_assert_cmpint (gf_future_get_int (futures[i], NULL), ==, i);
      g_object_unref (futures[i]);
    }
  g_assert_cmpint (counter.n_runs, ==, G_N_ELEMENTS (futures));
  g_assert_cmpint (counter.most, <=, 3);
  gf_executor_shutdown (limited, TRUE, FALSE);
  g_assert_cmpuint (gf_executor_get_n_pending (limited), ==, 0);
  g_assert_cmpuint (gf_executor_get_n_running (limited), ==, 0);
}

static void
test_no_more_than_n_in_flight (Fixture *self, gconstpointer data)
{
  g_autoptr (GfExecutor) limited = gf_limited_executor_new (self->executor, 2, 0);
  Counter counter = { .gate = &self->gate };
  GfFuture *futures[10];

  for (guint i = 0; i < G_N_ELEMENTS (futures); i++)
    futures[i] = submit (limited, &counter, i, 0);
  test_gate_await (&self->gate, 2);
  g_assert_cmpuint (get_n_queued (limited), ==, 8);
  g_assert_cmpuint (gf_executor_get_n_running (limited), ==, 2);
  g_assert_cmpuint (gf_executor_get_n_pending (limited), ==, 8);
  test_gate_open (&self->gate);
  for (guint i = 0; i < G_N_ELEMENTS (futures); i++)
    {
      await (self, futures[i]);
      g_object_unref (futures[i]);
    }
  g_assert_cmpint (counter.most, ==, 2);
}

static void
test_order_is_by_priority_then_age (Fixture *self, gconstpointer data)
{
  g_autoptr (GfExecutor) limited = gf_limited_executor_new (self->executor, 1, 0);
  g_autoptr (GString) order = g_string_new (NULL);
  Counter first = { .gate = &self->gate, .order = order };
  Counter rest = { .order = order };
  g_autoptr (GfFuture) future = submit (limited, &first, '0', 10);

  test_gate_await (&self->gate, 1);
  g_object_unref (submit (limited, &rest, 'c', 0));
  g_object_unref (submit (limited, &rest, 'e', 5));
  g_object_unref (submit (limited, &rest, 'a', -5));
  g_object_unref (submit (limited, &rest, 'd', 0));
  g_object_unref (submit (limited, &rest, 'b', -5));
  test_gate_open (&self->gate);
  gf_executor_shutdown (limited, TRUE, FALSE);
  g_assert_cmpstr (order->str, ==, "0abcde");
}

/* More may be in flight than the pool has workers: those wait there. */
static void
test_none_overtakes_in_the_pool (void)
{
  g_autoptr (GfExecutor) pool = gf_thread_pool_executor_new (1);
  g_autoptr (GfExecutor) limited = gf_limited_executor_new (pool, 3, 0);
  g_autoptr (GString) order = g_string_new (NULL);
  TestGate gate;
  Counter first = { .gate = &gate, .order = order };
  Counter rest = { .order = order };

  test_gate_init (&gate);
  g_object_unref (submit (limited, &first, '0', 0));
  test_gate_await (&gate, 1);
  for (char mark = 'a'; mark <= 'h'; mark++)
    g_object_unref (submit (limited, &rest, mark, 0));
  test_gate_open (&gate);
  gf_executor_shutdown (limited, TRUE, FALSE);
  g_assert_cmpstr (order->str, ==, "0abcdefgh");
  test_gate_clear (&gate);
}

/* Back-pressure */

static void
test_full_queue_refuses (Fixture *self, gconstpointer data)
{
  g_autoptr (GfExecutor) limited = gf_limited_executor_new (self->executor, 1, 2);
  Counter counter = { .gate = &self->gate };
  GfFuture *futures[3];
  g_autoptr (GfFuture) refused = NULL;
  g_autoptr (GfFuture) call = NULL;
  g_autoptr (GfFuture) late = NULL;

  for (guint i = 0; i < 3; i++)
    futures[i] = submit (limited, &counter, i, 0);
  refused = submit (limited, &counter, 9, -100);
  g_assert_true (gf_future_is_done (refused));
  g_assert_error (gf_future_get_error (refused), G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK);
  g_assert_nonnull (strstr (gf_future_get_error (refused)->message, "gf_limited_executor_wait_for_room()"));
  call = gf_executor_call (limited, "nothing", NULL);
  g_assert_error (gf_future_get_error (call), G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK);

  test_gate_open (&self->gate);
  for (guint i = 0; i < 3; i++)
    {
      await (self, futures[i]);
      g_assert_cmpint (gf_future_get_int (futures[i], NULL), ==, i);
      g_object_unref (futures[i]);
    }
  late = submit (limited, &counter, 7, 0);
  await (self, late);
  g_assert_cmpint (gf_future_get_int (late, NULL), ==, 7);
  g_assert_cmpint (counter.n_runs, ==, 4);
}

static void
test_room_comes_when_a_task_returns (Fixture *self, gconstpointer data)
{
  g_autoptr (GfExecutor) limited = gf_limited_executor_new (self->executor, 1, 1);
  GfLimitedExecutor *l = GF_LIMITED_EXECUTOR (limited);
  Counter counter = { .gate = &self->gate };
  g_autoptr (GfFuture) at_once = gf_limited_executor_wait_for_room (l);
  g_autoptr (GfFuture) room = NULL;
  g_autoptr (GfFuture) other = NULL;

  g_assert_cmpint (gf_future_get_state (at_once), ==, GF_FUTURE_STATE_SUCCEEDED);
  g_object_unref (submit (limited, &counter, 0, 0));
  test_gate_await (&self->gate, 1);
  g_object_unref (submit (limited, &counter, 1, 0));
  room = gf_limited_executor_wait_for_room (l);
  other = gf_limited_executor_wait_for_room (l);
  g_assert_cmpint (gf_future_get_state (room), ==, GF_FUTURE_STATE_PENDING);
  g_assert_true (gf_future_cancel (other));
  test_gate_open (&self->gate);
  settle (room);
  g_assert_cmpint (gf_future_get_state (room), ==, GF_FUTURE_STATE_SUCCEEDED);
  gf_executor_shutdown (limited, TRUE, FALSE);
}

static void
test_cancelled_task_makes_room (Fixture *self, gconstpointer data)
{
  g_autoptr (GfExecutor) limited = gf_limited_executor_new (self->executor, 1, 1);
  Counter counter = { .gate = &self->gate };
  g_autoptr (GfFuture) queued = NULL;
  g_autoptr (GfFuture) room = NULL;

  g_object_unref (submit (limited, &counter, 0, 0));
  test_gate_await (&self->gate, 1);
  queued = submit (limited, &counter, 1, 0);
  room = gf_limited_executor_wait_for_room (GF_LIMITED_EXECUTOR (limited));
  g_assert_true (gf_future_cancel (queued));
  g_assert_cmpint (gf_future_get_state (room), ==, GF_FUTURE_STATE_SUCCEEDED);
  g_assert_cmpuint (get_n_queued (limited), ==, 0);
  test_gate_open (&self->gate);
  gf_executor_shutdown (limited, TRUE, FALSE);
  g_assert_cmpint (counter.n_runs, ==, 1);
}

static void
test_shutdown_fails_who_waits_for_room (Fixture *self, gconstpointer data)
{
  g_autoptr (GfExecutor) limited = gf_limited_executor_new (self->executor, 1, 1);
  Counter counter = { .gate = &self->gate };
  g_autoptr (GfFuture) room = NULL;
  g_autoptr (GfFuture) late = NULL;

  g_object_unref (submit (limited, &counter, 0, 0));
  test_gate_await (&self->gate, 1);
  g_object_unref (submit (limited, &counter, 1, 0));
  room = gf_limited_executor_wait_for_room (GF_LIMITED_EXECUTOR (limited));
  gf_executor_shutdown (limited, FALSE, FALSE);
  g_assert_error (gf_future_get_error (room), GF_FUTURE_ERROR, GF_FUTURE_ERROR_SHUT_DOWN);
  late = gf_limited_executor_wait_for_room (GF_LIMITED_EXECUTOR (limited));
  g_assert_error (gf_future_get_error (late), GF_FUTURE_ERROR, GF_FUTURE_ERROR_SHUT_DOWN);
  test_gate_open (&self->gate);
  gf_executor_shutdown (limited, TRUE, FALSE);
}

/* Cancelling, shutting down */

static void
test_cancelled_task_keeps_its_place (Fixture *self, gconstpointer data)
{
  g_autoptr (GfExecutor) limited = gf_limited_executor_new (self->executor, 1, 0);
  Counter counter = { .gate = &self->gate };
  g_autoptr (GfFuture) running = submit (limited, &counter, 0, 0);
  g_autoptr (GfFuture) next = NULL;

  test_gate_await (&self->gate, 1);
  next = submit (limited, &counter, 1, 0);
  g_assert_true (gf_future_cancel (running));
  g_assert_cmpuint (get_n_queued (limited), ==, 1);
  g_assert_cmpint (gf_future_get_state (next), ==, GF_FUTURE_STATE_PENDING);
  test_gate_open (&self->gate);
  await (self, next);
  g_assert_cmpint (counter.most, ==, 1);
  g_assert_cmpint (counter.n_runs, ==, 2);
}

static void
test_shutdown_runs_what_waits (Fixture *self, gconstpointer data)
{
  g_autoptr (GfExecutor) limited = gf_limited_executor_new (self->executor, 1, 0);
  Counter counter = { .gate = NULL };
  g_autoptr (GfFuture) late = NULL;
  g_autoptr (GfFuture) inner = NULL;

  for (guint i = 0; i < 20; i++)
    g_object_unref (submit (limited, &counter, i, 0));
  gf_executor_shutdown (limited, TRUE, FALSE);
  g_assert_cmpint (counter.n_runs, ==, 20);
  late = submit (limited, &counter, 0, 0);
  g_assert_error (gf_future_get_error (late), GF_FUTURE_ERROR, GF_FUTURE_ERROR_SHUT_DOWN);
  /* the inner one goes on */
  inner = submit (self->executor, &counter, 5, 0);
  await (self, inner);
  g_assert_cmpint (gf_future_get_int (inner, NULL), ==, 5);
}

static void
test_shutdown_can_cancel_what_waits (Fixture *self, gconstpointer data)
{
  g_autoptr (GfExecutor) limited = gf_limited_executor_new (self->executor, 1, 0);
  Counter counter = { .gate = &self->gate };
  g_autoptr (GfFuture) running = submit (limited, &counter, 0, 0);
  GfFuture *futures[5];

  test_gate_await (&self->gate, 1);
  for (guint i = 0; i < G_N_ELEMENTS (futures); i++)
    futures[i] = submit (limited, &counter, i, 0);
  gf_executor_shutdown (limited, FALSE, TRUE);
  for (guint i = 0; i < G_N_ELEMENTS (futures); i++)
    {
      g_assert_true (gf_future_is_cancelled (futures[i]));
      g_object_unref (futures[i]);
    }
  g_assert_true (gf_future_is_running (running));
  test_gate_open (&self->gate);
  gf_executor_shutdown (limited, TRUE, FALSE);
  g_assert_cmpint (counter.n_runs, ==, 1);
}

static void
test_inner_shutdown_runs_what_waits (Fixture *self, gconstpointer data)
{
  g_autoptr (GfExecutor) limited = gf_limited_executor_new (self->executor, 1, 0);
  Counter counter = { .gate = &self->gate };
  g_autoptr (GfFuture) late = NULL;

  for (guint i = 0; i < 5; i++)
    g_object_unref (submit (limited, &counter, i, 0));
  test_gate_await (&self->gate, 1);
  gf_executor_shutdown (self->executor, FALSE, FALSE);
  late = submit (limited, &counter, 0, 0);
  g_assert_error (gf_future_get_error (late), GF_FUTURE_ERROR, GF_FUTURE_ERROR_SHUT_DOWN);
  test_gate_open (&self->gate);
  gf_executor_shutdown (self->executor, TRUE, FALSE);
  /* one that is derived does not expect them any more */
  g_assert_cmpint (counter.n_runs, ==, self->kind == KIND_DERIVED ? 1 : 5);
}

static void
test_inner_shutdown_can_cancel_what_waits (Fixture *self, gconstpointer data)
{
  g_autoptr (GfExecutor) limited = gf_limited_executor_new (self->executor, 1, 0);
  Counter counter = { .gate = &self->gate };
  g_autoptr (GfFuture) running = submit (limited, &counter, 0, 0);
  g_autoptr (GfFuture) waits = NULL;

  test_gate_await (&self->gate, 1);
  waits = submit (limited, &counter, 1, 0);
  gf_executor_shutdown (self->executor, FALSE, TRUE);
  test_gate_open (&self->gate);
  gf_executor_shutdown (self->executor, TRUE, TRUE);
  g_assert_true (gf_future_is_cancelled (waits));
  g_assert_cmpint (counter.n_runs, ==, 1);
}

static void
test_dropped_one_runs_what_waits (Fixture *self, gconstpointer data)
{
  GfExecutor *limited = gf_limited_executor_new (self->executor, 1, 0);
  Counter counter = { .gate = NULL };
  GfFuture *futures[20];

  for (guint i = 0; i < G_N_ELEMENTS (futures); i++)
    futures[i] = submit (limited, &counter, i, 0);
  g_object_add_weak_pointer (G_OBJECT (limited), (gpointer *) &limited);
  g_object_unref (limited);
  for (guint i = 0; i < G_N_ELEMENTS (futures); i++)
    {
      await (self, futures[i]);
      g_assert_cmpint (gf_future_get_int (futures[i], NULL), ==, i);
      g_object_unref (futures[i]);
    }
  test_turn_until (g_atomic_pointer_get (&limited) == NULL);
}

/* Limits that change */

static void
test_raised_limit_lets_more_run (Fixture *self, gconstpointer data)
{
  g_autoptr (GfExecutor) limited = gf_limited_executor_new (self->executor, 1, 1);
  Counter counter = { .gate = &self->gate };
  g_autoptr (GfFuture) room = NULL;
  guint n;

  g_object_unref (submit (limited, &counter, 0, 0));
  g_object_unref (submit (limited, &counter, 1, 0));
  test_gate_await (&self->gate, 1);
  room = gf_limited_executor_wait_for_room (GF_LIMITED_EXECUTOR (limited));
  g_assert_false (gf_future_is_done (room));
  g_object_set (limited, "max-in-flight", 2, NULL);
  test_gate_await (&self->gate, 2);
  g_assert_true (gf_future_is_done (room));
  g_object_set (limited, "max-queued", 5, NULL);
  for (guint i = 0; i < 5; i++)
    {
      g_autoptr (GfFuture) future = submit (limited, &counter, i, 0);

      g_assert_false (gf_future_is_done (future));
    }
  g_object_get (limited, "max-in-flight", &n, NULL);
  g_assert_cmpuint (n, ==, 2);
  test_gate_open (&self->gate);
  gf_executor_shutdown (limited, TRUE, FALSE);
  g_assert_cmpint (counter.n_runs, ==, 7);
}

/* Nesting */

static void
test_limited_over_limited (Fixture *self, gconstpointer data)
{
  g_autoptr (GfExecutor) outer = gf_limited_executor_new (self->executor, 3, 0);
  g_autoptr (GfExecutor) left = gf_limited_executor_new (outer, 2, 0);
  g_autoptr (GfExecutor) right = gf_limited_executor_new (outer, 2, 0);
  Counter counter = { .gate = NULL };
  GfFuture *futures[100];

  for (guint i = 0; i < G_N_ELEMENTS (futures); i++)
    futures[i] = submit (i % 2 ? left : right, &counter, i, 0);
  for (guint i = 0; i < G_N_ELEMENTS (futures); i++)
    {
      await (self, futures[i]);
      g_assert_cmpint (gf_future_get_int (futures[i], NULL), ==, i);
      g_object_unref (futures[i]);
    }
  g_assert_cmpint (counter.most, <=, 3);
  gf_executor_shutdown (left, TRUE, FALSE);
  gf_executor_shutdown (right, TRUE, FALSE);
  gf_executor_shutdown (outer, TRUE, FALSE);
  g_assert_cmpint (counter.n_runs, ==, G_N_ELEMENTS (futures));
}

static void
waiting_task (GfPromise *promise,
              gpointer   data,
              GError   **error)
{
  gpointer *limited_and_cancellable = data;
  Counter counter = { .gate = NULL };
  g_autoptr (GfFuture) other = submit (limited_and_cancellable[0], &counter, 3, 0);

  if (gf_future_wait (other, -1, limited_and_cancellable[1], error))
    gf_promise_resolve_int (promise, counter.n_runs);
  else
    gf_future_cancel (other);
}

static void
give_up_cb (GfFuture *delay,
            gpointer  cancellable)
{
  g_cancellable_cancel (cancellable);
}

/* The thread runs the other one in its own place. */
static void
test_task_may_wait_for_another (Fixture *self, gconstpointer data)
{
  g_autoptr (GfExecutor) limited = gf_limited_executor_new (self->executor, 1, 0);
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GfFuture) delay = gf_future_new_delay (TEST_DEADLINE_US / 4);
  gpointer limited_and_cancellable[] = { limited, cancellable };
  g_autoptr (GfFuture) future = gf_executor_submit (limited, waiting_task, limited_and_cancellable, NULL);
  g_autoptr (GError) error = NULL;

  gf_future_add_done_callback (delay, gf_inline_executor_get (), give_up_cb, cancellable, NULL);
  g_assert_true (gf_future_wait (future, TEST_DEADLINE_US, NULL, NULL));
  g_assert_cmpint (gf_future_get_int (future, &error), ==, 1);
  g_assert_no_error (error);
  gf_future_cancel (delay);
}

typedef struct
{
  GfExecutor *executor;
  guint n_left;
} Chain;

static void
chain_task (GfPromise *promise,
            gpointer   data,
            GError   **error)
{
  Chain *self = data;

  if (self->n_left-- > 0)
    g_object_unref (gf_executor_submit (self->executor, chain_task, self, NULL));
}

static void
test_the_stack_does_not_grow (Fixture *self, gconstpointer data)
{
  g_autoptr (GfExecutor) limited = gf_limited_executor_new (self->executor, 1, 0);
  Chain chain = { limited, 100000 };

  g_object_unref (gf_executor_submit (limited, chain_task, &chain, NULL));
  test_turn_until (chain.n_left == G_MAXUINT);
}

/* Posted functions */

static void
count_post (gpointer counter)
{
  Counter *self = counter;

  g_atomic_int_inc (&self->n_runs);
}

static void
test_posts_run (Fixture *self, gconstpointer data)
{
  g_autoptr (GfExecutor) limited = gf_limited_executor_new (self->executor, 1, 1);
  Counter counter = { .gate = NULL };

  for (guint i = 0; i < 50; i++)
    g_assert_true (gf_executor_post (limited, count_post, &counter));
  gf_executor_shutdown (limited, TRUE, TRUE);
  g_assert_cmpint (counter.n_runs, ==, 50);
  g_assert_false (gf_executor_post (limited, count_post, &counter));
}

/* Maps */

static GVariant *
square (GVariant *arguments, GfPromise *promise, gpointer data, GError **error)
{
  gint32 x = g_variant_get_int32 (arguments);

  return g_variant_new_int32 (x * x);
}

static GVariant *
some_integers (gint32 n)
{
  GVariantBuilder builder;

  g_variant_builder_init (&builder, G_VARIANT_TYPE ("ai"));
  for (gint32 i = 0; i < n; i++)
    g_variant_builder_add (&builder, "i", i);
  return g_variant_builder_end (&builder);
}

static void
assert_squares (GfFuture *future,
                gint32    n)
{
  g_autoptr (GError) error = NULL;
  GVariant *squares = gf_future_get_variant (future, &error);

  g_assert_no_error (error);
  g_assert_cmpuint (g_variant_n_children (squares), ==, n);
  for (gint32 i = 0; i < n; i++)
    {
      gint32 x;

      g_variant_get_child (squares, i, "i", &x);
      g_assert_cmpint (x, ==, i * i);
    }
}

static void
test_map_is_not_refused (Fixture *self, gconstpointer data)
{
  g_autoptr (GfExecutor) limited = gf_limited_executor_new (self->executor, 1, 1);
  g_autoptr (GfFuture) future = gf_executor_map (limited, "square", some_integers (300), 3);

  await (self, future);
  assert_squares (future, 300);
  gf_executor_shutdown (limited, TRUE, FALSE);
}

/* Over processes */

static void
test_process_calls_are_limited (void)
{
  g_autoptr (GfExecutor) pool = gf_process_pool_executor_new_for_self (4);
  g_autoptr (GfExecutor) limited = gf_limited_executor_new (pool, 2, 0);
  TestMeeting meeting;
  GfFuture *futures[5];
  TestGuest guests[2];

  test_meeting_init (&meeting);
  for (guint i = 0; i < G_N_ELEMENTS (futures); i++)
    futures[i] = test_call_with_address (limited, "test.meet", &meeting);
  for (guint i = 0; i < 2; i++)
    guests[i] = test_meeting_accept (&meeting);
  test_await_n_running (limited, 2);
  g_assert_cmpuint (get_n_queued (limited), ==, 3);
  g_assert_cmpuint (gf_executor_get_n_pending (limited), ==, 3);
  g_assert_false (test_readable (meeting.fd, 0));
  for (guint i = 0; i < 2; i++)
    {
      test_guest_let_go (&guests[i]);
      test_guest_leave (&guests[i]);
    }
  for (guint i = 0; i < 3; i++)
    {
      TestGuest guest = test_meeting_accept (&meeting);

      test_guest_let_go (&guest);
      test_guest_leave (&guest);
    }
  for (guint i = 0; i < G_N_ELEMENTS (futures); i++)
    {
      test_result (futures[i]);
      g_object_unref (futures[i]);
    }
  gf_executor_shutdown (limited, TRUE, FALSE);
  gf_executor_shutdown (pool, TRUE, FALSE);
  test_meeting_clear (&meeting);
}

static void
test_process_crash_frees_the_place (void)
{
  g_autoptr (GfExecutor) pool = gf_process_pool_executor_new_for_self (1);
  g_autoptr (GfExecutor) limited = gf_limited_executor_new (pool, 1, 0);
  g_autoptr (GfFuture) crash = gf_executor_call (limited, "test.segv", NULL);

  test_assert_healthy (limited);
  test_assert_fails (crash, GF_FUTURE_ERROR, GF_FUTURE_ERROR_WORKER_DIED);
  gf_executor_shutdown (limited, TRUE, FALSE);
  gf_executor_shutdown (pool, TRUE, FALSE);
}

static void
test_process_cancelled_call_keeps_its_place (void)
{
  g_autoptr (GfExecutor) pool = gf_process_pool_executor_new_for_self (2);
  g_autoptr (GfExecutor) limited = gf_limited_executor_new (pool, 1, 0);
  g_autoptr (GfFuture) next = NULL;
  g_autoptr (GfFuture) future = NULL;
  TestMeeting meeting;
  TestGuest guest;

  g_object_set (pool, "cancel-grace", 60000, NULL);
  test_meeting_init (&meeting);
  future = test_call_with_address (limited, "test.meet", &meeting);
  guest = test_meeting_accept (&meeting);
  test_await_n_running (limited, 1);
  next = gf_executor_call (limited, "test.square", g_variant_new_int32 (3));
  g_assert_true (gf_future_cancel (future));
  g_assert_cmpuint (get_n_queued (limited), ==, 1);
  test_guest_let_go (&guest);
  g_assert_cmpint (g_variant_get_int32 (test_result (next)), ==, 9);
  test_guest_leave (&guest);
  test_meeting_clear (&meeting);
  gf_executor_shutdown (limited, TRUE, FALSE);
  gf_executor_shutdown (pool, TRUE, FALSE);
}

static void
test_process_map (void)
{
  g_autoptr (GfExecutor) pool = gf_process_pool_executor_new_for_self (2);
  g_autoptr (GfExecutor) limited = gf_limited_executor_new (pool, 1, 1);
  g_autoptr (GfFuture) future = gf_executor_map (limited, "test.square", some_integers (500), 7);

  test_settle (future);
  assert_squares (future, 500);
  gf_executor_shutdown (limited, TRUE, FALSE);
  gf_executor_shutdown (pool, TRUE, FALSE);
}

static void
test_process_refused_closures_free_the_place (void)
{
  g_autoptr (GfExecutor) pool = gf_process_pool_executor_new_for_self (1);
  g_autoptr (GfExecutor) limited = gf_limited_executor_new (pool, 1, 0);
  Counter counter = { .gate = NULL };

  for (guint i = 0; i < 3; i++)
    {
      g_autoptr (GfFuture) future = submit (limited, &counter, i, 0);

      test_assert_fails (future, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED);
      test_assert_tells (future, "gf_executor_call");
    }
  /* but a posted function runs: whoever posts has to rely on it */
  g_assert_true (gf_executor_post (limited, count_post, &counter));
  g_assert_cmpint (counter.n_runs, ==, 1);
  test_assert_healthy (limited);
  gf_executor_shutdown (limited, TRUE, FALSE);
  gf_executor_shutdown (pool, TRUE, FALSE);
}

/* Stress */

typedef struct
{
  GfExecutor *limited;
  Counter *counter;
  guint n;
  gint n_ran;
  gint n_cancelled;
  gint n_refused;
} Submitter;

static gpointer
submitter_thread (gpointer data)
{
  Submitter *self = data;
  g_autoptr (GRand) rand = g_rand_new_with_seed (GPOINTER_TO_UINT (data));
  g_autoptr (GPtrArray) futures = g_ptr_array_new_with_free_func (g_object_unref);
  g_autoptr (GMainContext) context = g_main_context_new ();

  g_main_context_push_thread_default (context);
  for (guint i = 0; i < self->n; i++)
    {
      GfFuture *future = submit (self->limited, self->counter, i, g_rand_int_range (rand, -2, 3));

      g_ptr_array_add (futures, future);
      if (g_rand_int_range (rand, 0, 4) == 0)
        gf_future_cancel (futures->pdata[g_rand_int_range (rand, 0, futures->len)]);
      if (gf_future_is_done (future) &&
          g_error_matches (gf_future_get_error (future), G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK))
        {
          g_autoptr (GfFuture) room = gf_limited_executor_wait_for_room (GF_LIMITED_EXECUTOR (self->limited));

          g_assert_true (gf_future_wait (room, TEST_DEADLINE_US, NULL, NULL));
        }
    }
  for (guint i = 0; i < futures->len; i++)
    {
      GfFuture *future = futures->pdata[i];

      g_assert_true (gf_future_wait (future, TEST_DEADLINE_US, NULL, NULL));
      if (gf_future_is_cancelled (future))
        self->n_cancelled++;
      else if (gf_future_get_error (future) != NULL)
        self->n_refused++;
      else
        self->n_ran++;
    }
  g_ptr_array_set_size (futures, 0);
  test_drain_in (context);
  g_main_context_pop_thread_default (context);
  return NULL;
}

static void
test_stress (Fixture *self, gconstpointer data)
{
  guint n = g_test_slow () ? 20000 : 1500;
  g_autoptr (GfExecutor) limited = gf_limited_executor_new (self->executor, 3, 20);
  Counter counter = { .gate = NULL };
  Submitter submitters[4];
  GThread *threads[4];
  gint n_ran = 0;

  for (guint i = 0; i < 4; i++)
    {
      submitters[i] = (Submitter) { .limited = limited, .counter = &counter, .n = n };
      threads[i] = g_thread_new ("submitter", submitter_thread, &submitters[i]);
    }
  for (guint i = 0; i < 4; i++)
    {
      g_thread_join (threads[i]);
      g_assert_cmpint (submitters[i].n_ran + submitters[i].n_cancelled + submitters[i].n_refused, ==, n);
      n_ran += submitters[i].n_ran;
    }
  gf_executor_shutdown (limited, TRUE, FALSE);
  g_assert_cmpint (counter.most, <=, 3);
  g_assert_cmpint (counter.n_runs, >=, n_ran);
  g_assert_cmpint (counter.n_inside, ==, 0);
  g_assert_cmpuint (get_n_queued (limited), ==, 0);
}

/* The queue is cancelled while it moves on. */
static void
test_stress_cancel_storm (Fixture *self, gconstpointer data)
{
  guint n = g_test_slow () ? 500 : 40;

  for (guint round = 0; round < n; round++)
    {
      g_autoptr (GfExecutor) limited = gf_limited_executor_new (self->executor, 2, 0);
      Counter counter = { .gate = NULL };
      GfFuture *futures[200];

      for (guint i = 0; i < G_N_ELEMENTS (futures); i++)
        futures[i] = submit (limited, &counter, i, i % 3);
      if (round % 2)
        gf_executor_shutdown (limited, FALSE, TRUE);
      for (guint i = 0; i < G_N_ELEMENTS (futures); i++)
        gf_future_cancel (futures[i]);
      gf_executor_shutdown (limited, TRUE, FALSE);
      for (guint i = 0; i < G_N_ELEMENTS (futures); i++)
        {
          g_assert_true (gf_future_is_done (futures[i]));
          g_object_unref (futures[i]);
        }
      g_assert_cmpint (counter.most, <=, 2);
    }
}

int
main (int    argc,
      char **argv)
{
  test_worker_main (argc, argv);
  g_test_init (&argc, &argv, NULL);
  gf_function_register ("square", square, NULL, NULL);

  add_for_kinds ("limited/all-run", ALL, test_all_run);
  add_for_kinds ("limited/no-more-than-n-in-flight", BIT (KIND_POOL_4) | BIT (KIND_DERIVED),
                 test_no_more_than_n_in_flight);
  add_for_kinds ("limited/order-is-by-priority-then-age", ELSEWHERE, test_order_is_by_priority_then_age);
  g_test_add_func ("/limited/none-overtakes-in-the-pool", test_none_overtakes_in_the_pool);

  add_for_kinds ("limited/full-queue-refuses", ELSEWHERE, test_full_queue_refuses);
  add_for_kinds ("limited/room-comes-when-a-task-returns", ELSEWHERE, test_room_comes_when_a_task_returns);
  add_for_kinds ("limited/cancelled-task-makes-room", ELSEWHERE, test_cancelled_task_makes_room);
  add_for_kinds ("limited/shutdown-fails-who-waits-for-room", ELSEWHERE, test_shutdown_fails_who_waits_for_room);

  add_for_kinds ("limited/cancelled-task-keeps-its-place", ELSEWHERE, test_cancelled_task_keeps_its_place);
  add_for_kinds ("limited/shutdown-runs-what-waits", ALL, test_shutdown_runs_what_waits);
  add_for_kinds ("limited/shutdown-can-cancel-what-waits", ELSEWHERE, test_shutdown_can_cancel_what_waits);
  add_for_kinds ("limited/inner-shutdown-runs-what-waits", ELSEWHERE, test_inner_shutdown_runs_what_waits);
  add_for_kinds ("limited/inner-shutdown-can-cancel-what-waits", ELSEWHERE,
                 test_inner_shutdown_can_cancel_what_waits);
  add_for_kinds ("limited/dropped-one-runs-what-waits", ALL, test_dropped_one_runs_what_waits);
  add_for_kinds ("limited/raised-limit-lets-more-run", BIT (KIND_POOL_4) | BIT (KIND_DERIVED),
                 test_raised_limit_lets_more_run);

  add_for_kinds ("limited/over-limited", ALL, test_limited_over_limited);
  add_for_kinds ("limited/task-may-wait-for-another", BIT (KIND_POOL_1) | BIT (KIND_POOL_4),
                 test_task_may_wait_for_another);
  add_for_kinds ("limited/the-stack-does-not-grow", BIT (KIND_INLINE) | BIT (KIND_MAIN_CONTEXT),
                 test_the_stack_does_not_grow);
  add_for_kinds ("limited/posts-run", ALL, test_posts_run);
  add_for_kinds ("limited/map-is-not-refused", ALL, test_map_is_not_refused);

  g_test_add_func ("/process-pool/limited/calls", test_process_calls_are_limited);
  g_test_add_func ("/process-pool/limited/crash-frees-the-place", test_process_crash_frees_the_place);
  g_test_add_func ("/process-pool/limited/cancelled-call-keeps-its-place",
                   test_process_cancelled_call_keeps_its_place);
  g_test_add_func ("/process-pool/limited/map", test_process_map);
  g_test_add_func ("/process-pool/limited/refused-closures-free-the-place",
                   test_process_refused_closures_free_the_place);

  add_for_kinds ("limited/stress", ALL & ~BIT (KIND_MAIN_CONTEXT), test_stress);
  add_for_kinds ("limited/stress-cancel-storm", ALL, test_stress_cancel_storm);

  return g_test_run ();
}

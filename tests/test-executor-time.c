/* test-executor-time.c - delays, tasks that are due later, and again and again
 *
 * Nothing here depends on how long something takes: that it does not come too
 * early is what is tested.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#define _GNU_SOURCE
#include "test-executors.h"

#include <pthread.h>
#include <string.h>

/* Long enough never to be over. */
#define NEVER_US (G_GINT64_CONSTANT (1000000) * G_USEC_PER_SEC)
#define MS 1000

static void
assert_not_timer_thread (void)
{
  char name[16] = "";

  pthread_getname_np (pthread_self (), name, sizeof name);
  g_assert_cmpstr (name, !=, "gf-timer");
}

static void
assert_fails (GfFuture *future,
              GQuark    domain,
              int       code)
{
  g_assert_true (gf_future_wait (future, TEST_DEADLINE_US, NULL, NULL));
  g_assert_error (gf_future_get_error (future), domain, code);
}

/* Delays */

static void
test_delay_is_not_over_early (void)
{
  gint64 begin = g_get_monotonic_time ();
  g_autoptr (GfFuture) delay = gf_future_new_delay (20 * MS);
  g_autoptr (GError) error = NULL;

  g_assert_cmpint (gf_future_get_state (delay), ==, GF_FUTURE_STATE_PENDING);
  settle (delay);
  g_assert_cmpint (g_get_monotonic_time () - begin, >=, 20 * MS);
  g_assert_nonnull (gf_future_get_value (delay, &error));
  g_assert_no_error (error);
}

static void
test_delay_of_nothing (void)
{
  g_autoptr (GfFuture) delay = gf_future_new_delay (0);

  g_assert_true (gf_future_wait (delay, TEST_DEADLINE_US, NULL, NULL));
  g_assert_cmpint (gf_future_get_state (delay), ==, GF_FUTURE_STATE_SUCCEEDED);
}

static void
test_delay_can_be_cancelled (void)
{
  g_autoptr (GfFuture) delay = gf_future_new_delay (NEVER_US);
  GfFuture *weak = delay;

  g_object_add_weak_pointer (G_OBJECT (delay), (gpointer *) &weak);
  g_assert_true (gf_future_cancel (delay));
  g_assert_true (gf_future_is_cancelled (delay));
  settle (delay);
  test_drain ();
  /* the clock let go of it */
  g_clear_object (&delay);
  g_assert_null (weak);
}

static void
test_delay_may_be_dropped (void)
{
  g_autoptr (GfFuture) after = NULL;

  g_object_unref (gf_future_new_delay (1 * MS));
  after = gf_future_new_delay (2 * MS);
  settle (after);
}

static void
test_delay_can_time_out (void)
{
  g_autoptr (GfFuture) delay = gf_future_new_delay (NEVER_US);

  gf_future_set_timeout (delay, 1);
  assert_fails (delay, G_IO_ERROR, G_IO_ERROR_TIMED_OUT);
}

static void
inline_cb (GfFuture *future,
           gpointer  gate)
{
  assert_not_timer_thread ();
  test_gate_arrive (gate);
}

static void
test_delay_calls_nobody_on_the_timer_thread (void)
{
  g_autoptr (GfFuture) delay = gf_future_new_delay (1 * MS);
  TestGate gate;

  test_gate_init (&gate);
  gf_future_add_done_callback (delay, gf_inline_executor_get (), inline_cb, &gate, NULL);
  test_gate_await (&gate, 1);
  settle (delay);
  test_gate_clear (&gate);
}

/* Later */

typedef struct
{
  TestWitness *witness;
  TestGate *arrivals;
  TestGate *gate;
  gint64 due;
  gint n_runs;
  gint n_inside;
  GfPromise *promise;
  gint limit;           /* settles in that run */
  gint fail_at;         /* fails in that run */
  gboolean stopped;
} Job;

static void
job_free (gpointer data)
{
  Job *self = data;

  g_assert_cmpint (g_atomic_int_get (&self->n_inside), ==, 0);
  g_clear_object (&self->witness);
  g_free (self);
}

static Job *
job_new (Fixture *fixture)
{
  Job *self = g_new0 (Job, 1);

  self->witness = test_witness_new (&fixture->record);
  self->arrivals = &fixture->second_gate;
  return self;
}

static void
job_task (GfPromise *promise,
          gpointer   data,
          GError   **error)
{
  Job *self = data;
  gint n;

  assert_not_timer_thread ();
  g_assert_true (gf_promise_get_current () == promise);
  g_assert_cmpint (g_atomic_int_add (&self->n_inside, 1), ==, 0);
  g_assert_cmpint (g_get_monotonic_time (), >=, self->due);
  g_assert_true (self->promise == NULL || self->promise == promise);
  self->promise = promise;
  n = g_atomic_int_add (&self->n_runs, 1) + 1;
  test_gate_arrive (self->arrivals);
  if (self->gate)
    test_gate_pass (self->gate);
  self->stopped = gf_promise_should_stop (promise);
  if (n == self->fail_at)
    g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "so many");
  else if (n == self->limit)
    gf_promise_resolve_int (promise, n);
  g_atomic_int_add (&self->n_inside, -1);
}

static void
test_runs_when_it_is_due (Fixture *self, gconstpointer data)
{
  Job *job = job_new (self);
  g_autoptr (GfFuture) future = NULL;

  job->limit = 1;
  job->due = g_get_monotonic_time () + 10 * MS;
  future = gf_executor_submit_delayed (self->executor, 10 * MS, job_task, job, job_free);
  g_assert_cmpint (gf_future_get_state (future), ==, GF_FUTURE_STATE_PENDING);
  settle (future);
  g_assert_cmpint (gf_future_get_int (future, NULL), ==, 1);
  test_turn_until (test_record_get_n_finalized (&self->record) == 1);
}

static void
test_cancelled_before_it_never_runs (Fixture *self, gconstpointer data)
{
  Job *job = job_new (self);
  g_autoptr (GfFuture) future = gf_executor_submit_delayed (self->executor, NEVER_US, job_task, job, job_free);

  g_assert_true (gf_future_cancel (future));
  settle (future);
  test_turn_until (test_record_get_n_finalized (&self->record) == 1);
  g_assert_cmpuint (self->second_gate.arrived, ==, 0);
  g_assert_cmpuint (gf_executor_get_n_pending (self->executor), ==, 0);
}

static void
test_shutdown_fails_what_is_not_due (Fixture *self, gconstpointer data)
{
  g_autoptr (GfFuture) future = gf_executor_submit_delayed (self->executor, NEVER_US, job_task, job_new (self), job_free);
  g_autoptr (GfFuture) series = gf_executor_submit_repeating (self->executor, NEVER_US, 1, job_task, job_new (self), job_free);
  g_autoptr (GfFuture) late = NULL;

  gf_executor_shutdown (self->executor, TRUE, FALSE);
  g_assert_true (gf_future_is_done (future));
  g_assert_error (gf_future_get_error (future), GF_FUTURE_ERROR, GF_FUTURE_ERROR_SHUT_DOWN);
  g_assert_true (gf_future_is_done (series));
  g_assert_error (gf_future_get_error (series), GF_FUTURE_ERROR, GF_FUTURE_ERROR_SHUT_DOWN);
  late = gf_executor_submit_delayed (self->executor, 0, job_task, job_new (self), job_free);
  g_assert_true (gf_future_is_done (late));
  g_assert_error (gf_future_get_error (late), GF_FUTURE_ERROR, GF_FUTURE_ERROR_SHUT_DOWN);
  test_turn_until (test_record_get_n_finalized (&self->record) == 3);
  g_assert_cmpuint (self->second_gate.arrived, ==, 0);
}

static void
test_dropping_the_executor_fails_it (Fixture *self, gconstpointer data)
{
  g_autoptr (GfFuture) future = gf_executor_submit_delayed (self->executor, NEVER_US, job_task, job_new (self), job_free);
  g_autoptr (GfFuture) series = gf_executor_submit_repeating (self->executor, NEVER_US, 1, job_task, job_new (self), job_free);

  g_clear_object (&self->executor);
  assert_fails (future, GF_FUTURE_ERROR, GF_FUTURE_ERROR_SHUT_DOWN);
  assert_fails (series, GF_FUTURE_ERROR, GF_FUTURE_ERROR_SHUT_DOWN);
  test_turn_until (test_record_get_n_finalized (&self->record) == 2);
}

static void
test_many_are_due_in_order (Fixture *self, gconstpointer data)
{
  GfFuture *futures[50];

  for (guint i = 0; i < G_N_ELEMENTS (futures); i++)
    {
      Job *job = job_new (self);
      gint64 delay = (i * 7919) % 50 * 100;

      job->due = g_get_monotonic_time () + delay;
      futures[i] = gf_executor_submit_delayed (self->executor, delay, job_task, job, job_free);
    }
  for (guint i = 0; i < G_N_ELEMENTS (futures); i++)
    {
      settle (futures[i]);
      g_assert_cmpint (gf_future_get_state (futures[i]), ==, GF_FUTURE_STATE_SUCCEEDED);
      g_object_unref (futures[i]);
    }
  test_turn_until (test_record_get_n_finalized (&self->record) == G_N_ELEMENTS (futures));
}

/* It is cancelled while it becomes due, and the executor dropped. */
static void
test_stress_cancel_when_due (Fixture *self, gconstpointer data)
{
  guint n = g_test_slow () ? 20000 : 1000;

  for (guint i = 0; i < n; i++)
    {
      g_autoptr (GfExecutor) executor = self->kind == KIND_INLINE ? g_object_ref (self->executor)
                                        : self->kind == KIND_DERIVED ? g_object_new (TEST_TYPE_EXECUTOR, NULL)
                                                                     : gf_limited_executor_new (self->executor, 1, 0);
      g_autoptr (GfFuture) future = gf_executor_submit_delayed (executor, i % 60, job_task, job_new (self), job_free);
      g_autoptr (GfFuture) series =
        gf_executor_submit_repeating (executor, i % 50, 1, job_task, job_new (self), job_free);
      gint64 end = g_get_monotonic_time () + i % 90;

      while (g_get_monotonic_time () < end)
        ;
      if (i % 3 == 0)
        gf_future_cancel (future);
      else if (self->kind != KIND_INLINE)
        g_clear_object (&executor);
      if (self->kind == KIND_INLINE || i % 2)
        gf_future_cancel (series);
      g_clear_object (&executor);
      g_assert_true (gf_future_wait (future, TEST_DEADLINE_US, NULL, NULL));
      g_assert_true (gf_future_wait (series, TEST_DEADLINE_US, NULL, NULL));
    }
  test_turn_until (test_record_get_n_finalized (&self->record) == 2 * n);
}

/* Again and again */

static void
test_repeats_until_it_is_cancelled (Fixture *self, gconstpointer data)
{
  Job *job = job_new (self);
  g_autoptr (GfFuture) series = gf_executor_submit_repeating (self->executor, 0, 100, job_task, job, job_free);

  if (self->kind == KIND_MAIN_CONTEXT)
    test_turn_until (self->second_gate.arrived >= 5);
  else
    test_gate_await (&self->second_gate, 5);
  g_assert_true (gf_future_is_running (series));
  g_assert_true (gf_future_cancel (series));
  settle (series);
  test_turn_until (test_record_get_n_finalized (&self->record) == 1);
}

static void
test_repeats_until_it_is_settled (Fixture *self, gconstpointer data)
{
  Job *job = job_new (self);
  g_autoptr (GfFuture) series = NULL;

  job->limit = 4;
  series = gf_executor_submit_repeating (self->executor, 50, 50, job_task, job, job_free);
  settle (series);
  g_assert_cmpint (gf_future_get_int (series, NULL), ==, 4);
  test_turn_until (test_record_get_n_finalized (&self->record) == 1);
  g_assert_cmpuint (self->second_gate.arrived, ==, 4);
}

static void
test_repeats_until_it_fails (Fixture *self, gconstpointer data)
{
  Job *job = job_new (self);
  g_autoptr (GfFuture) series = NULL;

  job->fail_at = 3;
  series = gf_executor_submit_repeating (self->executor, 0, 50, job_task, job, job_free);
  settle (series);
  g_assert_error (gf_future_get_error (series), G_IO_ERROR, G_IO_ERROR_INVALID_DATA);
  test_turn_until (test_record_get_n_finalized (&self->record) == 1);
  g_assert_cmpuint (self->second_gate.arrived, ==, 3);
}

static void
test_repeats_until_it_times_out (Fixture *self, gconstpointer data)
{
  g_autoptr (GfFuture) series =
    gf_executor_submit_repeating (self->executor, 0, 100, job_task, job_new (self), job_free);

  gf_future_set_timeout (series, 5 * MS);
  settle (series);
  g_assert_error (gf_future_get_error (series), G_IO_ERROR, G_IO_ERROR_TIMED_OUT);
  test_turn_until (test_record_get_n_finalized (&self->record) == 1);
}

static void
test_data_outlives_the_last_run (Fixture *self, gconstpointer data)
{
  Job *job = job_new (self);
  g_autoptr (GfFuture) series = NULL;

  job->gate = &self->gate;
  series = gf_executor_submit_repeating (self->executor, 0, 50, job_task, job, job_free);
  test_gate_await (&self->gate, 1);
  g_assert_true (gf_future_cancel (series));
  test_drain ();
  g_assert_cmpuint (test_record_get_n_finalized (&self->record), ==, 0);
  g_assert_cmpuint (gf_executor_get_n_running (self->executor), ==, 1);
  test_gate_open (&self->gate);
  test_turn_until (test_record_get_n_finalized (&self->record) == 1);
}

static void
test_shutdown_ends_a_run_that_is_under_way (Fixture *self, gconstpointer data)
{
  Job *job = job_new (self);
  g_autoptr (GfFuture) series = NULL;

  job->gate = &self->gate;
  series = gf_executor_submit_repeating (self->executor, 0, 50, job_task, job, job_free);
  test_gate_await (&self->gate, 1);
  gf_executor_shutdown (self->executor, FALSE, FALSE);
  g_assert_error (gf_future_get_error (series), GF_FUTURE_ERROR, GF_FUTURE_ERROR_SHUT_DOWN);
  g_assert_cmpint (job->n_inside, ==, 1);
  test_gate_open (&self->gate);
  gf_executor_shutdown (self->executor, TRUE, FALSE);
  test_turn_until (test_record_get_n_finalized (&self->record) == 1);
  g_assert_cmpuint (self->second_gate.arrived, ==, 1);
}

static void
test_missed_times_are_skipped (Fixture *self, gconstpointer data)
{
  Job *job = job_new (self);
  g_autoptr (GfFuture) series = NULL;
  g_autoptr (GfFuture) meanwhile = NULL;
  gint64 begin = g_get_monotonic_time ();

  job->gate = &self->gate;
  job->limit = 3;
  series = gf_executor_submit_repeating (self->executor, 0, 4 * MS, job_task, job, job_free);
  test_gate_await (&self->gate, 1);
  meanwhile = gf_future_new_delay (20 * MS);
  g_assert_true (gf_future_wait (meanwhile, -1, NULL, NULL));
  test_gate_open (&self->gate);
  settle (series);
  /* those at 4, 8, 12, 16 ms do not come after the fact */
  g_assert_cmpint (g_get_monotonic_time () - begin, >=, 24 * MS);
  test_turn_until (test_record_get_n_finalized (&self->record) == 1);
}

static void
test_full_queue_is_a_missed_time (void)
{
  g_autoptr (GfExecutor) pool = gf_thread_pool_executor_new (2);
  g_autoptr (GfExecutor) limited = gf_limited_executor_new (pool, 1, 1);
  Fixture fixture = { .kind = KIND_INLINE };
  g_autoptr (GfFuture) blocking = NULL;
  g_autoptr (GfFuture) queued = NULL;
  g_autoptr (GfFuture) meanwhile = NULL;
  g_autoptr (GfFuture) series = NULL;
  Job *blocker;
  Job *job;

  set_up (&fixture, GUINT_TO_POINTER (KIND_INLINE));
  blocker = job_new (&fixture);
  blocker->gate = &fixture.gate;
  job = job_new (&fixture);
  job->limit = 2;
  blocking = gf_executor_submit (limited, job_task, blocker, job_free);
  test_gate_await (&fixture.gate, 1);
  queued = gf_executor_submit (limited, job_task, job_new (&fixture), job_free);
  series = gf_executor_submit_repeating (limited, 0, 100, job_task, job, job_free);
  meanwhile = gf_future_new_delay (5 * MS);
  g_assert_true (gf_future_wait (meanwhile, -1, NULL, NULL));
  g_assert_false (gf_future_is_done (series));
  test_gate_open (&fixture.gate);
  settle (series);
  g_assert_cmpint (gf_future_get_int (series, NULL), ==, 2);
  gf_executor_shutdown (limited, TRUE, FALSE);
  tear_down (&fixture, NULL);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/delay/is-not-over-early", test_delay_is_not_over_early);
  g_test_add_func ("/delay/of-nothing", test_delay_of_nothing);
  g_test_add_func ("/delay/can-be-cancelled", test_delay_can_be_cancelled);
  g_test_add_func ("/delay/may-be-dropped", test_delay_may_be_dropped);
  g_test_add_func ("/delay/can-time-out", test_delay_can_time_out);
  g_test_add_func ("/delay/calls-nobody-on-the-timer-thread", test_delay_calls_nobody_on_the_timer_thread);

  add_for_kinds ("delayed/runs-when-it-is-due", ALL, test_runs_when_it_is_due);
  add_for_kinds ("delayed/cancelled-before-it-never-runs", ALL, test_cancelled_before_it_never_runs);
  add_for_kinds ("delayed/shutdown-fails-what-is-not-due", OWNED, test_shutdown_fails_what_is_not_due);
  add_for_kinds ("delayed/dropping-the-executor-fails-it", OWNED, test_dropping_the_executor_fails_it);
  add_for_kinds ("delayed/many-are-due-in-order", ALL, test_many_are_due_in_order);
  add_for_kinds ("delayed/stress-cancel-when-due",
                 BIT (KIND_POOL_4) | BIT (KIND_DERIVED) | BIT (KIND_INLINE), test_stress_cancel_when_due);

  add_for_kinds ("repeating/until-it-is-cancelled", ALL, test_repeats_until_it_is_cancelled);
  add_for_kinds ("repeating/until-it-is-settled", ALL, test_repeats_until_it_is_settled);
  add_for_kinds ("repeating/until-it-fails", ALL, test_repeats_until_it_fails);
  add_for_kinds ("repeating/until-it-times-out", ALL, test_repeats_until_it_times_out);
  add_for_kinds ("repeating/data-outlives-the-last-run", ELSEWHERE, test_data_outlives_the_last_run);
  add_for_kinds ("repeating/shutdown-ends-a-run-that-is-under-way", ELSEWHERE,
                 test_shutdown_ends_a_run_that_is_under_way);
  add_for_kinds ("repeating/missed-times-are-skipped", ELSEWHERE, test_missed_times_are_skipped);
  g_test_add_func ("/executor/limited/repeating/full-queue-is-a-missed-time", test_full_queue_is_a_missed_time);

  return g_test_run ();
}

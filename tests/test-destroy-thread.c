/* test-destroy-thread.c - user data dies where it belongs, never on a worker
 *
 * Every user data here is an object that notes the thread of its finalization.
 * With a loop it is released by the loop; a program that never turns one gets it
 * released in waits, in shutdown, and in submit beyond some backlog.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "gf-test.h"

#define N_TASKS 2000

static void
witness_task (GfPromise  *promise,
              gpointer    data,
              GError    **error)
{
  g_assert_true (TEST_IS_WITNESS (data));
}

static void
failing_task (GfPromise  *promise,
              gpointer    data,
              GError    **error)
{
  g_assert_true (TEST_IS_WITNESS (data));
  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_FAILED, "f");
}

static void
witness_cb (GfFuture *future,
            gpointer  data)
{
  g_assert_true (gf_future_is_done (future));
  g_assert_true (TEST_IS_WITNESS (data));
}

typedef struct
{
  TestGate *gate;
  TestWitness *witness;
} Gated;

static Gated *
gated_new (TestGate   *gate,
           TestRecord *record)
{
  Gated *self = g_new (Gated, 1);

  self->gate = gate;
  self->witness = test_witness_new (record);
  return self;
}

static void
gated_free (gpointer data)
{
  Gated *self = data;

  g_object_unref (self->witness);
  g_free (self);
}

static void
gated_task (GfPromise  *promise,
            gpointer    data,
            GError    **error)
{
  Gated *self = data;

  test_gate_pass (self->gate);
  g_assert_true (TEST_IS_WITNESS (self->witness));
}

static void
assert_all_here (TestRecord *record,
                 guint       n)
{
  g_assert_cmpuint (record->n_finalized, ==, n);
  g_assert_cmpuint (record->n_alive, ==, 0);
  g_assert_cmpuint (record->n_elsewhere, ==, 0);
}

static void
test_with_a_loop (void)
{
  g_autoptr (GfExecutor) pool = gf_thread_pool_executor_new (4);
  TestRecord record;

  test_record_init (&record);
  for (guint i = 0; i < N_TASKS; i++)
    {
      g_autoptr (GfFuture) future = gf_executor_submit (pool, i % 2 ? witness_task : failing_task,
                                                        test_witness_new (&record), g_object_unref);

      if (i % 3 == 0)
        gf_future_cancel (future);
      if (i % 5 == 0)
        gf_future_add_done_callback (future, NULL, witness_cb, test_witness_new (&record), g_object_unref);
    }
  test_turn_until (test_record_get_n_finalized (&record) == N_TASKS + N_TASKS / 5);
  gf_executor_shutdown (pool, TRUE, FALSE);
  assert_all_here (&record, N_TASKS + N_TASKS / 5);
  test_record_clear (&record);
}

typedef struct
{
  GfExecutor *pool;
  TestRecord *record;
} Other;

static gpointer
other_thread (gpointer data)
{
  Other *self = data;
  g_autoptr (GMainContext) context = g_main_context_new ();

  self->record->owner = g_thread_self ();
  g_main_context_push_thread_default (context);
  for (guint i = 0; i < N_TASKS; i++)
    g_object_unref (gf_executor_submit (self->pool, witness_task, test_witness_new (self->record), g_object_unref));
  test_turn_until_in (context, test_record_get_n_finalized (self->record) == N_TASKS);
  g_main_context_pop_thread_default (context);
  return NULL;
}

static void
test_with_a_loop_of_another_thread (void)
{
  g_autoptr (GfExecutor) pool = gf_thread_pool_executor_new (4);
  TestRecord record;
  Other other = { pool, &record };

  test_record_init (&record);
  g_thread_join (g_thread_new ("other", other_thread, &other));
  gf_executor_shutdown (pool, TRUE, FALSE);
  assert_all_here (&record, N_TASKS);
  test_record_clear (&record);
}

typedef struct
{
  GfExecutor *pool;
  TestRecord *record;
} Nested;

static void
nested_task (GfPromise  *promise,
             gpointer    data,
             GError    **error)
{
  Nested *self = data;

  for (guint i = 0; i < 10; i++)
    g_object_unref (gf_executor_submit (self->pool, witness_task, test_witness_new (self->record), g_object_unref));
}

static void
test_of_tasks_submitted_by_tasks (void)
{
  /* their home is the home of the task that submits them */
  g_autoptr (GfExecutor) pool = gf_thread_pool_executor_new (4);
  TestRecord record;
  Nested nested = { pool, &record };

  test_record_init (&record);
  for (guint i = 0; i < 100; i++)
    g_object_unref (gf_executor_submit (pool, nested_task, &nested, NULL));
  test_turn_until (test_record_get_n_finalized (&record) == 1000);
  gf_executor_shutdown (pool, TRUE, FALSE);
  assert_all_here (&record, 1000);
  test_record_clear (&record);
}

static void
test_of_callbacks_on_pool_and_inline (void)
{
  /* "for inline and pool executors: where it was registered" */
  g_autoptr (GfExecutor) pool = gf_thread_pool_executor_new (4);
  TestRecord record;

  test_record_init (&record);
  for (guint i = 0; i < N_TASKS; i++)
    {
      g_autoptr (GfFuture) future = gf_executor_submit (pool, witness_task, test_witness_new (&record), g_object_unref);

      gf_future_add_done_callback (future, pool, witness_cb, test_witness_new (&record), g_object_unref);
      gf_future_add_done_callback (future, gf_inline_executor_get (), witness_cb, test_witness_new (&record),
                                   g_object_unref);
    }
  test_turn_until (test_record_get_n_finalized (&record) == 3 * N_TASKS);
  gf_executor_shutdown (pool, TRUE, FALSE);
  assert_all_here (&record, 3 * N_TASKS);
  test_record_clear (&record);
}

static void
value_task (GfPromise  *promise,
            gpointer    record,
            GError    **error)
{
  g_autoptr (TestWitness) witness = test_witness_new (record);

  gf_promise_resolve_object (promise, witness);
}

static void
test_of_a_value_nobody_looks_at (void)
{
  /* the value is the application's object, too: a future forgotten while its
   * task ran must not have it finalized where it was settled */
  g_autoptr (GfExecutor) pool = gf_thread_pool_executor_new (1);
  GfFuture *first, *second;
  TestRecord record;
  TestGate gate;

  test_gate_init (&gate);
  test_record_init (&record);
  first = gf_executor_submit (pool, gated_task, gated_new (&gate, &record), gated_free);
  test_gate_await (&gate, 1);
  second = gf_executor_submit (pool, value_task, &record, NULL);
  g_signal_connect (second, "done", G_CALLBACK (g_object_unref), NULL);
  test_gate_open (&gate);
  test_turn_until (test_record_get_n_finalized (&record) == 2);
  gf_executor_shutdown (pool, TRUE, FALSE);
  assert_all_here (&record, 2);
  g_object_unref (first);
  test_gate_clear (&gate);
  test_record_clear (&record);
}

static void
test_without_a_loop_in_waits (void)
{
  g_autoptr (GfExecutor) pool = gf_thread_pool_executor_new (2);
  TestRecord record;
  guint n_released;

  test_record_init (&record);
  for (guint i = 0; i < N_TASKS; i++)
    {
      g_autoptr (GfFuture) future = gf_executor_submit (pool, witness_task, test_witness_new (&record), g_object_unref);

      g_assert_true (gf_future_wait (future, -1, NULL, NULL));
    }
  /* not the last ones perhaps, which may be on their way from the worker */
  n_released = test_record_get_n_finalized (&record);
  g_assert_cmpuint (n_released, >=, N_TASKS / 2);
  gf_executor_shutdown (pool, TRUE, FALSE);
  assert_all_here (&record, N_TASKS);
  test_record_clear (&record);
}

static void
test_without_a_loop_in_shutdown (void)
{
  g_autoptr (GfExecutor) pool = gf_thread_pool_executor_new (2);
  TestRecord record;

  test_record_init (&record);
  for (guint i = 0; i < N_TASKS; i++)
    g_object_unref (gf_executor_submit (pool, witness_task, test_witness_new (&record), g_object_unref));
  gf_executor_shutdown (pool, TRUE, FALSE);
  assert_all_here (&record, N_TASKS);
  test_record_clear (&record);
}

static void
test_without_a_loop_in_shutdown_that_cancels (void)
{
  g_autoptr (GfExecutor) pool = gf_thread_pool_executor_new (1);
  TestRecord record;
  TestGate gate;

  test_gate_init (&gate);
  test_record_init (&record);
  g_object_unref (gf_executor_submit (pool, gated_task, gated_new (&gate, &record), gated_free));
  test_gate_await (&gate, 1);
  for (guint i = 1; i < N_TASKS; i++)
    g_object_unref (gf_executor_submit (pool, witness_task, test_witness_new (&record), g_object_unref));
  gf_executor_shutdown (pool, FALSE, TRUE);
  test_gate_open (&gate);
  gf_executor_shutdown (pool, TRUE, TRUE);
  assert_all_here (&record, N_TASKS);
  test_gate_clear (&gate);
  test_record_clear (&record);
}

static void
test_without_a_loop_in_submit_beyond_a_backlog (void)
{
  g_autoptr (GfExecutor) pool = gf_thread_pool_executor_new (2);
  TestRecord record;
  guint n = 0;

  test_record_init (&record);
  /* nobody turns a loop or waits: only submit itself can release them */
  while (test_record_get_n_finalized (&record) == 0)
    {
      g_object_unref (gf_executor_submit (pool, witness_task, test_witness_new (&record), g_object_unref));
      g_assert_cmpuint (++n, <, 5000000);
    }
  g_test_message ("the first was released when %u had been submitted", n);
  gf_executor_shutdown (pool, TRUE, FALSE);
  assert_all_here (&record, n);
  test_record_clear (&record);
}

typedef struct
{
  GfExecutor *pool;
  TestRecord record;
  gboolean ran;
} Depth;

static gboolean
submit_in_a_handler_cb (gpointer data)
{
  Depth *self = data;

  for (guint i = 0; i < 100; i++)
    {
      g_autoptr (GfFuture) future = gf_executor_submit (self->pool, witness_task,
                                                        test_witness_new (&self->record), g_object_unref);

      g_assert_true (gf_future_wait (future, -1, NULL, NULL));
    }
  /* "at g_main_depth () == 0 only": a handler is not to be surprised */
  g_assert_cmpuint (test_record_get_n_finalized (&self->record), ==, 0);
  self->ran = TRUE;
  return G_SOURCE_REMOVE;
}

static void
test_not_inside_a_handler (void)
{
  Depth self = { 0 };

  self.pool = gf_thread_pool_executor_new (2);
  test_record_init (&self.record);
  g_idle_add_full (G_PRIORITY_HIGH, submit_in_a_handler_cb, &self, NULL);
  test_turn_until (self.ran);
  test_turn_until (test_record_get_n_finalized (&self.record) == 100);
  gf_executor_shutdown (self.pool, TRUE, FALSE);
  assert_all_here (&self.record, 100);
  g_object_unref (self.pool);
  test_record_clear (&self.record);
}

static void
test_only_once_the_function_returned (void)
{
  /* a cancelled task's function may still use its data */
  g_autoptr (GfExecutor) pool = gf_thread_pool_executor_new (1);
  g_autoptr (GfFuture) future = NULL;
  TestRecord record;
  TestGate gate;

  test_gate_init (&gate);
  test_record_init (&record);
  future = gf_executor_submit (pool, gated_task, gated_new (&gate, &record), gated_free);
  test_gate_await (&gate, 1);
  gf_future_cancel (future);
  test_drain ();
  g_assert_true (gf_future_wait (future, -1, NULL, NULL));
  g_assert_cmpuint (test_record_get_n_finalized (&record), ==, 0);
  test_gate_open (&gate);
  test_turn_until (test_record_get_n_finalized (&record) == 1);
  gf_executor_shutdown (pool, TRUE, FALSE);
  assert_all_here (&record, 1);
  test_gate_clear (&gate);
  test_record_clear (&record);
}

static void
test_of_a_refused_task (void)
{
  g_autoptr (GfExecutor) pool = gf_thread_pool_executor_new (1);
  g_autoptr (GfFuture) future = NULL;
  TestRecord record;

  test_record_init (&record);
  gf_executor_shutdown (pool, TRUE, FALSE);
  future = gf_executor_submit (pool, witness_task, test_witness_new (&record), g_object_unref);
  test_turn_until (test_record_get_n_finalized (&record) == 1);
  assert_all_here (&record, 1);
  test_record_clear (&record);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

#define ADD(path, name) g_test_add_func ("/destroy-thread/" path, test_##name)
  ADD ("with-a-loop", with_a_loop);
  ADD ("with-a-loop-of-another-thread", with_a_loop_of_another_thread);
  ADD ("of-tasks-submitted-by-tasks", of_tasks_submitted_by_tasks);
  ADD ("of-callbacks-on-pool-and-inline", of_callbacks_on_pool_and_inline);
  ADD ("of-a-value-nobody-looks-at", of_a_value_nobody_looks_at);
  ADD ("of-a-refused-task", of_a_refused_task);
  ADD ("without-a-loop/in-waits", without_a_loop_in_waits);
  ADD ("without-a-loop/in-shutdown", without_a_loop_in_shutdown);
  ADD ("without-a-loop/in-shutdown-that-cancels", without_a_loop_in_shutdown_that_cancels);
  ADD ("without-a-loop/in-submit-beyond-a-backlog", without_a_loop_in_submit_beyond_a_backlog);
  ADD ("not-inside-a-handler", not_inside_a_handler);
  ADD ("only-once-the-function-returned", only_once_the_function_returned);
#undef ADD

  return g_test_run ();
}

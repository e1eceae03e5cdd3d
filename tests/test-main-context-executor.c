/* test-main-context-executor.c - tasks that run in a GMainContext
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "gf-test.h"

typedef struct
{
  GMainContext *context;
  GThread *thread;
  guint n_runs;
  GString *order;
  char mark;
} Task;

static void
noting_task (GfPromise  *promise,
             gpointer    data,
             GError    **error)
{
  Task *self = data;

  g_assert_true (gf_promise_get_current () == promise);
  self->n_runs++;
  self->thread = g_thread_self ();
  if (self->context)
    g_assert_true (g_main_context_is_owner (self->context));
  if (self->order)
    g_string_append_c (self->order, self->mark);
  gf_promise_resolve_int (promise, 1);
}

static void
test_runs_in_the_given_context (void)
{
  g_autoptr (GMainContext) context = g_main_context_new ();
  g_autoptr (GfExecutor) executor = gf_main_context_executor_new (context);
  Task task = { .context = context };
  g_autoptr (GfFuture) future = gf_executor_submit (executor, noting_task, &task, NULL);

  test_drain ();
  g_assert_cmpuint (task.n_runs, ==, 0);
  test_turn_until_in (context, task.n_runs == 1);
  test_drain_in (context);
  g_assert_cmpuint (task.n_runs, ==, 1);
  g_assert_true (gf_future_is_done (future));
}

static void
test_null_is_the_callers_context (void)
{
  g_autoptr (GMainContext) context = g_main_context_new ();
  g_autoptr (GfExecutor) pushed = NULL;
  g_autoptr (GfExecutor) plain = gf_main_context_executor_new (NULL);
  Task pushed_task = { .context = context };
  Task plain_task = { .n_runs = 0 };

  g_main_context_push_thread_default (context);
  pushed = gf_main_context_executor_new (NULL);
  g_main_context_pop_thread_default (context);

  g_object_unref (gf_executor_submit (pushed, noting_task, &pushed_task, NULL));
  g_object_unref (gf_executor_submit (plain, noting_task, &plain_task, NULL));
  test_turn_until (plain_task.n_runs == 1);
  test_drain ();
  g_assert_cmpuint (pushed_task.n_runs, ==, 0);
  test_turn_until_in (context, pushed_task.n_runs == 1);
}

static void
test_never_runs_inside_submit (void)
{
  /* not even for the thread that owns the context */
  g_autoptr (GfExecutor) executor = gf_main_context_executor_new (NULL);
  Task task = { .n_runs = 0 };
  g_autoptr (GfFuture) future = NULL;

  g_assert_true (g_main_context_acquire (NULL));
  future = gf_executor_submit (executor, noting_task, &task, NULL);
  g_assert_cmpuint (task.n_runs, ==, 0);
  g_assert_cmpint (gf_future_get_state (future), ==, GF_FUTURE_STATE_PENDING);
  g_main_context_release (NULL);
  test_turn_until (task.n_runs == 1);
}

typedef struct
{
  GfExecutor *executor;
  Task *task;
} Submit;

static gpointer
submit_thread (gpointer data)
{
  Submit *self = data;
  g_autoptr (GMainContext) own = g_main_context_new ();

  g_main_context_push_thread_default (own);
  g_object_unref (gf_executor_submit (self->executor, noting_task, self->task, NULL));
  g_main_context_pop_thread_default (own);
  return NULL;
}

static void
test_is_woken_by_another_thread (void)
{
  g_autoptr (GfExecutor) executor = gf_main_context_executor_new (NULL);
  Task task = { .n_runs = 0 };
  Submit submit = { executor, &task };
  GThread *thread = g_thread_new ("submit", submit_thread, &submit);

  test_turn_until (task.n_runs == 1);
  g_assert_true (task.thread == g_thread_self ());
  g_thread_join (thread);
}

static void
test_runs_in_order (void)
{
  g_autoptr (GfExecutor) executor = gf_main_context_executor_new (NULL);
  g_autoptr (GString) order = g_string_new (NULL);
  Task tasks[26];

  for (guint i = 0; i < G_N_ELEMENTS (tasks); i++)
    {
      tasks[i] = (Task) { .order = order, .mark = 'a' + i };
      g_object_unref (gf_executor_submit (executor, noting_task, &tasks[i], NULL));
    }
  test_turn_until (order->len == 26);
  g_assert_cmpstr (order->str, ==, "abcdefghijklmnopqrstuvwxyz");
}

typedef struct
{
  GfExecutor *executor;
  gboolean nested;
  Task inner;
} Nesting;

static void
nesting_task (GfPromise  *promise,
              gpointer    data,
              GError    **error)
{
  Nesting *self = data;

  g_object_unref (gf_executor_submit (self->executor, noting_task, &self->inner, NULL));
  g_assert_cmpuint (self->inner.n_runs, ==, 0);
  test_turn_until (self->inner.n_runs == 1);
  g_assert_true (gf_promise_get_current () == promise);
  self->nested = TRUE;
}

static void
test_runs_in_a_nested_loop (void)
{
  g_autoptr (GfExecutor) executor = gf_main_context_executor_new (NULL);
  Nesting nesting = { .executor = executor };

  g_object_unref (gf_executor_submit (executor, nesting_task, &nesting, NULL));
  test_turn_until (nesting.nested);
}

static void
settle_from_loop_task (GfPromise  *promise,
                       gpointer    executor,
                       GError    **error)
{
  Task task = { .n_runs = 0 };
  g_autoptr (GfFuture) future = NULL;

  /* a worker asks the main thread for something, and waits for it */
  future = gf_executor_submit (executor, noting_task, &task, NULL);
  g_assert_true (gf_future_wait (future, -1, NULL, error));
  g_assert_cmpuint (task.n_runs, ==, 1);
}

static void
test_a_worker_may_wait_for_it (void)
{
  g_autoptr (GfExecutor) pool = gf_thread_pool_executor_new (1);
  g_autoptr (GfExecutor) executor = gf_main_context_executor_new (NULL);
  g_autoptr (GfFuture) future = gf_executor_submit (pool, settle_from_loop_task, executor, NULL);

  g_assert_true (gf_future_run_until_done (future, NULL, NULL));
  g_assert_cmpint (gf_future_get_state (future), ==, GF_FUTURE_STATE_SUCCEEDED);
  gf_executor_shutdown (pool, TRUE, FALSE);
}

static void
test_a_dead_context_releases_its_tasks (void)
{
  GMainContext *context = g_main_context_new ();
  GfExecutor *executor = gf_main_context_executor_new (context);
  TestRecord record;
  guint n_tasks = 10;

  test_record_init (&record);
  for (guint i = 0; i < n_tasks; i++)
    g_object_unref (gf_executor_submit (executor, noting_task, test_witness_new (&record), g_object_unref));
  g_object_unref (executor);
  g_main_context_unref (context);
  test_turn_until (test_record_get_n_finalized (&record) == n_tasks);
  g_assert_cmpuint (record.n_elsewhere, ==, 0);
  test_record_clear (&record);
}

/* Done callbacks */

static void
witness_cb (GfFuture *future,
            gpointer  witness)
{
  g_assert_true (TEST_IS_WITNESS (witness));
  g_assert_true (gf_future_is_done (future));
}

static gpointer
settle_thread (gpointer promise)
{
  gf_promise_resolve_int (promise, 1);
  return NULL;
}

static void
test_a_cancelled_executor_releases_callbacks (void)
{
  g_autoptr (GfExecutor) executor = gf_main_context_executor_new (NULL);
  GfFuture *ready = gf_future_new_for_int (1);
  GfPromise *promise = gf_promise_new ();
  TestRecord record;

  test_record_init (&record);
  gf_future_add_done_callback (ready, executor, witness_cb, test_witness_new (&record), g_object_unref);
  gf_future_add_done_callback (GF_FUTURE (promise), executor, witness_cb, test_witness_new (&record), g_object_unref);
  gf_executor_shutdown (executor, FALSE, TRUE);
  test_turn_until (test_record_get_n_finalized (&record) == 1);

  /* one that is settled only after that */
  g_thread_join (g_thread_new ("settle", settle_thread, promise));
  test_turn_until (test_record_get_n_finalized (&record) == 2);
  g_assert_cmpuint (record.n_elsewhere, ==, 0);
  test_drain ();
  g_assert_finalize_object (ready);
  g_assert_finalize_object (promise);
  test_record_clear (&record);
}

static void
test_a_dead_context_releases_callbacks (void)
{
  GMainContext *context = g_main_context_new ();
  GfExecutor *executor = gf_main_context_executor_new (context);
  GfFuture *ready = gf_future_new_for_int (1);
  GfPromise *promise = gf_promise_new ();
  TestRecord record;

  test_record_init (&record);
  gf_future_add_done_callback (ready, executor, witness_cb, test_witness_new (&record), g_object_unref);
  gf_future_add_done_callback (GF_FUTURE (promise), executor, witness_cb, test_witness_new (&record), g_object_unref);
  g_object_unref (executor);
  g_main_context_unref (context);
  test_turn_until (test_record_get_n_finalized (&record) >= 1);

  gf_promise_resolve_int (promise, 1);
  test_turn_until (test_record_get_n_finalized (&record) == 2);
  g_assert_cmpuint (record.n_elsewhere, ==, 0);
  test_drain ();
  g_assert_finalize_object (ready);
  g_assert_finalize_object (promise);
  test_record_clear (&record);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

#define ADD(path, name) g_test_add_func ("/main-context-executor/" path, test_##name)
  ADD ("runs-in-the-given-context", runs_in_the_given_context);
  ADD ("null-is-the-callers-context", null_is_the_callers_context);
  ADD ("never-runs-inside-submit", never_runs_inside_submit);
  ADD ("is-woken-by-another-thread", is_woken_by_another_thread);
  ADD ("runs-in-order", runs_in_order);
  ADD ("runs-in-a-nested-loop", runs_in_a_nested_loop);
  ADD ("a-worker-may-wait-for-it", a_worker_may_wait_for_it);
  ADD ("a-dead-context-releases-its-tasks", a_dead_context_releases_its_tasks);
  ADD ("a-cancelled-one-releases-callbacks", a_cancelled_executor_releases_callbacks);
  ADD ("a-dead-context-releases-callbacks", a_dead_context_releases_callbacks);
#undef ADD

  return g_test_run ();
}

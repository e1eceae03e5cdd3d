/* test-task-scope.c - tasks that end together
 *
 * This program is its own worker.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "test-processes.h"

#include "test-executors.h"

/* Several may be inside at a time. */
typedef struct
{
  TestGate *gate;       /* passed inside, or NULL */
  gint n_inside;
  gint n_runs;
} Counter;

static void
counting_task (GfPromise *promise,
               gpointer   data,
               GError   **error)
{
  Counter *self = data;

  g_atomic_int_inc (&self->n_inside);
  g_atomic_int_inc (&self->n_runs);
  if (self->gate)
    test_gate_pass (self->gate);
  g_atomic_int_add (&self->n_inside, -1);
}

static void
failing_task (GfPromise *promise,
              gpointer   message,
              GError   **error)
{
  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, message);
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

static GfTaskScope *
scope_new (Fixture *self)
{
  return gf_task_scope_new (self->executor, GF_TASK_SCOPE_POLICY_CANCEL_ON_ERROR);
}

static GfFuture *
submit (GfTaskScope *scope,
        Counter     *counter)
{
  return gf_executor_submit (GF_EXECUTOR (scope), counting_task, counter, NULL);
}

static GfFuture *
submit_failure (GfTaskScope *scope,
                const char  *message)
{
  return gf_executor_submit (GF_EXECUTOR (scope), failing_task, (gpointer) message, NULL);
}

static void
assert_cancelled (Fixture  *self,
                  GfFuture *future)
{
  await (self, future);
  g_assert_cmpint (gf_future_get_state (future), ==, GF_FUTURE_STATE_CANCELLED);
}

static void
assert_succeeded (Fixture  *self,
                  GfFuture *future)
{
  await (self, future);
  g_assert_no_error (gf_future_get_error (future));
  g_assert_cmpint (gf_future_get_state (future), ==, GF_FUTURE_STATE_SUCCEEDED);
}

static void
await_n_failures (Fixture     *self,
                  GfTaskScope *scope,
                  guint        n)
{
  guint n_failures = 0;

  while (n_failures < n)
    {
      g_autoptr (GPtrArray) failures = gf_task_scope_get_failures (scope);

      n_failures = failures->len;
      if (self->kind == KIND_MAIN_CONTEXT)
        g_main_context_iteration (NULL, FALSE);
      else
        g_thread_yield ();
    }
}

static void
assert_failed (Fixture    *self,
               GfFuture   *future,
               const char *message)
{
  await (self, future);
  g_assert_error (gf_future_get_error (future), G_IO_ERROR, G_IO_ERROR_INVALID_DATA);
  g_assert_cmpstr (gf_future_get_error (future)->message, ==, message);
}

/* The end */

static void
test_close_lets_all_run (Fixture *self, gconstpointer data)
{
  g_autoptr (GfTaskScope) scope = scope_new (self);
  Counter counter = { .gate = NULL };
  g_autoptr (GfFuture) end = NULL;
  g_autoptr (GfFuture) late = NULL;

  for (guint i = 0; i < 20; i++)
    g_object_unref (submit (scope, &counter));
  g_assert_cmpint (gf_future_get_state (gf_task_scope_get_future (scope)), ==, GF_FUTURE_STATE_RUNNING);
  end = gf_task_scope_close (scope);
  g_assert_true (end == gf_task_scope_get_future (scope));
  assert_succeeded (self, end);
  g_assert_cmpint (counter.n_runs, ==, 20);
  g_assert_cmpint (counter.n_inside, ==, 0);
  late = submit (scope, &counter);
  g_assert_error (gf_future_get_error (late), GF_FUTURE_ERROR, GF_FUTURE_ERROR_SHUT_DOWN);
}

static void
test_empty_one_ends_at_once (void)
{
  g_autoptr (GfTaskScope) closed = gf_task_scope_new (NULL, GF_TASK_SCOPE_POLICY_CANCEL_ON_ERROR);
  g_autoptr (GfTaskScope) cancelled = gf_task_scope_new (NULL, GF_TASK_SCOPE_POLICY_COLLECT_ERRORS);
  g_autoptr (GfFuture) end = gf_task_scope_close (closed);
  g_autoptr (GfFuture) cancelled_end = gf_task_scope_cancel (cancelled);
  g_autoptr (GfFuture) again = NULL;
  GfTaskScopePolicy policy;
  g_autoptr (GfExecutor) executor = NULL;

  g_assert_cmpint (gf_future_get_state (end), ==, GF_FUTURE_STATE_SUCCEEDED);
  g_assert_cmpint (gf_future_get_state (cancelled_end), ==, GF_FUTURE_STATE_CANCELLED);
  /* it is over */
  again = gf_task_scope_cancel (closed);
  g_assert_cmpint (gf_future_get_state (again), ==, GF_FUTURE_STATE_SUCCEEDED);
  g_object_get (cancelled, "policy", &policy, "executor", &executor, NULL);
  g_assert_cmpint (policy, ==, GF_TASK_SCOPE_POLICY_COLLECT_ERRORS);
  g_assert_true (executor == gf_thread_pool_executor_get_default ());
}

static void
test_cancelled_one_ends_when_functions_have_returned (Fixture *self, gconstpointer data)
{
  g_autoptr (GfTaskScope) scope = scope_new (self);
  Counter counter = { .gate = &self->gate };
  g_autoptr (GfFuture) running = submit (scope, &counter);
  g_autoptr (GfFuture) pending = NULL;
  g_autoptr (GfFuture) end = NULL;

  test_gate_await (&self->gate, 1);
  pending = submit (scope, &counter);
  end = gf_task_scope_cancel (scope);
  g_assert_true (gf_future_is_cancelled (running));
  g_assert_true (gf_future_is_cancelled (pending));
  g_assert_false (gf_future_is_done (end));
  g_assert_cmpint (g_atomic_int_get (&counter.n_inside), >=, 1);
  test_gate_open (&self->gate);
  assert_cancelled (self, end);
  g_assert_cmpint (counter.n_inside, ==, 0);
}

static void
test_cancelling_its_future_cancels_it (Fixture *self, gconstpointer data)
{
  g_autoptr (GfTaskScope) scope = scope_new (self);
  Counter counter = { .gate = &self->gate };
  g_autoptr (GfFuture) running = submit (scope, &counter);
  g_autoptr (GfFuture) late = NULL;

  test_gate_await (&self->gate, 1);
  g_assert_true (gf_future_cancel (gf_task_scope_get_future (scope)));
  g_assert_true (gf_future_is_cancelled (running));
  late = submit (scope, &counter);
  g_assert_error (gf_future_get_error (late), GF_FUTURE_ERROR, GF_FUTURE_ERROR_SHUT_DOWN);
  test_gate_open (&self->gate);
  gf_executor_shutdown (GF_EXECUTOR (scope), TRUE, FALSE);
  g_assert_cmpint (counter.n_inside, ==, 0);
}

static void
test_shutdown_waits_for_its_tasks (Fixture *self, gconstpointer data)
{
  g_autoptr (GfTaskScope) scope = scope_new (self);
  Counter counter = { .gate = NULL };

  for (guint i = 0; i < 20; i++)
    g_object_unref (submit (scope, &counter));
  gf_executor_shutdown (GF_EXECUTOR (scope), TRUE, FALSE);
  g_assert_cmpint (counter.n_runs, ==, 20);
  g_assert_cmpint (gf_future_get_state (gf_task_scope_get_future (scope)), ==, GF_FUTURE_STATE_SUCCEEDED);
}

static void
test_shutdown_can_cancel_what_has_not_begun (Fixture *self, gconstpointer data)
{
  g_autoptr (GfTaskScope) scope = scope_new (self);
  Counter counter = { .gate = &self->gate };
  g_autoptr (GfFuture) running = submit (scope, &counter);
  g_autoptr (GfFuture) pending = NULL;

  test_gate_await (&self->gate, 1);
  pending = submit (scope, &counter);
  gf_executor_shutdown (GF_EXECUTOR (scope), FALSE, TRUE);
  g_assert_true (gf_future_is_running (running));
  g_assert_true (gf_future_is_cancelled (pending));
  test_gate_open (&self->gate);
  assert_succeeded (self, gf_task_scope_get_future (scope));
}

static void
test_inner_one_that_is_shut_down (Fixture *self, gconstpointer data)
{
  g_autoptr (GfTaskScope) scope = scope_new (self);
  Counter counter = { .gate = NULL };
  g_autoptr (GfFuture) late = NULL;
  g_autoptr (GfFuture) end = NULL;

  g_object_unref (submit (scope, &counter));
  gf_executor_shutdown (self->executor, TRUE, FALSE);
  g_assert_cmpint (counter.n_runs, ==, 1);
  late = submit (scope, &counter);
  g_assert_error (gf_future_get_error (late), GF_FUTURE_ERROR, GF_FUTURE_ERROR_SHUT_DOWN);
  end = gf_task_scope_close (scope);
  assert_succeeded (self, end);
}

/* A task whose promise is held has returned, and goes on. */
static void
holding_task (GfPromise *promise,
              gpointer   data,
              GError   **error)
{
  GfPromiseHold **hold = data;

  g_atomic_pointer_set (hold, gf_promise_hold (promise));
}

static void
test_held_task_is_waited_for (Fixture *self, gconstpointer data)
{
  g_autoptr (GfTaskScope) scope = scope_new (self);
  GfPromiseHold *hold = NULL;
  g_autoptr (GfFuture) future = gf_executor_submit (GF_EXECUTOR (scope), holding_task, &hold, NULL);
  g_autoptr (GfFuture) end = gf_task_scope_close (scope);

  gf_executor_shutdown (GF_EXECUTOR (scope), TRUE, FALSE);
  g_assert_nonnull (hold);
  g_assert_false (gf_future_is_done (end));
  gf_promise_resolve_int (gf_promise_hold_get_promise (hold), 3);
  gf_promise_hold_free (hold);
  assert_succeeded (self, end);
}

static void
count_post (gpointer counter)
{
  counting_task (NULL, counter, NULL);
}

static void
test_posted_function_is_waited_for (Fixture *self, gconstpointer data)
{
  g_autoptr (GfTaskScope) scope = scope_new (self);
  Counter counter = { .gate = NULL };
  g_autoptr (GfFuture) end = NULL;

  for (guint i = 0; i < 10; i++)
    g_assert_true (gf_executor_post (GF_EXECUTOR (scope), count_post, &counter));
  end = gf_task_scope_cancel (scope);
  assert_cancelled (self, end);
  g_assert_cmpint (counter.n_runs, ==, 10);
}

/* Failures */

static void
test_first_failure_cancels_the_rest (Fixture *self, gconstpointer data)
{
  g_autoptr (GfTaskScope) scope = scope_new (self);
  Counter counter = { .gate = &self->gate };
  g_autoptr (GfFuture) running = submit (scope, &counter);
  g_autoptr (GfFuture) failing = NULL;
  g_autoptr (GfFuture) late = NULL;
  g_autoptr (GPtrArray) failures = NULL;
  GfFuture *end = gf_task_scope_get_future (scope);

  test_gate_await (&self->gate, 1);
  failing = submit_failure (scope, "the first");
  await (self, failing);
  assert_cancelled (self, running);
  late = submit (scope, &counter);
  g_assert_error (gf_future_get_error (late), GF_FUTURE_ERROR, GF_FUTURE_ERROR_SHUT_DOWN);
  g_assert_false (gf_future_is_done (end));
  test_gate_open (&self->gate);
  assert_failed (self, end, "the first");
  g_assert_cmpint (counter.n_inside, ==, 0);
  failures = gf_task_scope_get_failures (scope);
  g_assert_cmpuint (failures->len, ==, 1);
  g_assert_true (failures->pdata[0] == failing);
}

static void
test_failures_are_collected (Fixture *self, gconstpointer data)
{
  g_autoptr (GfTaskScope) scope = gf_task_scope_new (self->executor, GF_TASK_SCOPE_POLICY_COLLECT_ERRORS);
  Counter counter = { .gate = NULL };
  g_autoptr (GfFuture) first = submit_failure (scope, "the first");
  g_autoptr (GfFuture) second = NULL;
  g_autoptr (GfFuture) fine = NULL;
  g_autoptr (GfFuture) end = NULL;
  g_autoptr (GPtrArray) failures = NULL;

  /* who waits may know before the scope does */
  await_n_failures (self, scope, 1);
  second = submit_failure (scope, "the second");
  await_n_failures (self, scope, 2);
  fine = submit (scope, &counter);
  assert_succeeded (self, fine);
  end = gf_task_scope_close (scope);
  assert_failed (self, end, "the first");
  failures = gf_task_scope_get_failures (scope);
  g_assert_cmpuint (failures->len, ==, 2);
  g_assert_true (failures->pdata[0] == first);
  g_assert_true (failures->pdata[1] == second);
}

static void
test_cancelled_task_is_no_failure (Fixture *self, gconstpointer data)
{
  g_autoptr (GfTaskScope) scope = scope_new (self);
  Counter counter = { .gate = &self->gate };
  g_autoptr (GfFuture) one = submit (scope, &counter);
  g_autoptr (GfFuture) other = submit (scope, &counter);
  g_autoptr (GfFuture) end = NULL;
  g_autoptr (GPtrArray) failures = NULL;

  test_gate_await (&self->gate, 1);
  gf_future_cancel (one);
  end = gf_task_scope_close (scope);
  test_gate_open (&self->gate);
  assert_succeeded (self, end);
  assert_succeeded (self, other);
  failures = gf_task_scope_get_failures (scope);
  g_assert_cmpuint (failures->len, ==, 0);
}

static void
test_cancel_outweighs_failures (Fixture *self, gconstpointer data)
{
  g_autoptr (GfTaskScope) scope = gf_task_scope_new (self->executor, GF_TASK_SCOPE_POLICY_COLLECT_ERRORS);
  g_autoptr (GfFuture) end = NULL;

  g_object_unref (submit_failure (scope, "alas"));
  await_n_failures (self, scope, 1);
  end = gf_task_scope_cancel (scope);
  assert_cancelled (self, end);
}

static GVariant *
fail_from_3 (GVariant *arguments, GfPromise *promise, gpointer data, GError **error)
{
  gint32 x = g_variant_get_int32 (arguments);

  if (x >= 3)
    {
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "three or more");
      return NULL;
    }
  return g_variant_new_int32 (x);
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
test_map_belongs_to_it (Fixture *self, gconstpointer data)
{
  g_autoptr (GfTaskScope) scope = gf_task_scope_new (self->executor, GF_TASK_SCOPE_POLICY_COLLECT_ERRORS);
  g_autoptr (GfFuture) good = gf_executor_map (GF_EXECUTOR (scope), "fail-from-3", some_integers (3), 1);
  g_autoptr (GfFuture) bad = gf_executor_map (GF_EXECUTOR (scope), "fail-from-3", some_integers (100), 1);
  g_autoptr (GfFuture) end = gf_task_scope_close (scope);
  g_autoptr (GPtrArray) failures = NULL;

  assert_failed (self, end, "three or more");
  assert_succeeded (self, good);
  failures = gf_task_scope_get_failures (scope);
  g_assert_cmpuint (failures->len, ==, 1);
  g_assert_true (failures->pdata[0] == bad);
}

static GVariant *
gated (GVariant *arguments, GfPromise *promise, gpointer data, GError **error)
{
  Fixture *self = *(Fixture **) data;

  test_gate_pass (&self->gate);
  return g_variant_new_int32 (0);
}

static Fixture *gated_fixture;

static void
test_map_is_cancelled_with_it (Fixture *self, gconstpointer data)
{
  g_autoptr (GfTaskScope) scope = scope_new (self);
  g_autoptr (GfFuture) map = NULL;
  g_autoptr (GfFuture) end = NULL;

  gated_fixture = self;
  map = gf_executor_map (GF_EXECUTOR (scope), "gated", some_integers (1000), 1);
  test_gate_await (&self->gate, 1);
  end = gf_task_scope_cancel (scope);
  g_assert_true (gf_future_is_cancelled (map));
  g_assert_false (gf_future_is_done (end));
  test_gate_open (&self->gate);
  assert_cancelled (self, end);
}

/* Futures from elsewhere */

static void
test_added_future_is_waited_for (void)
{
  g_autoptr (GfTaskScope) scope = gf_task_scope_new (NULL, GF_TASK_SCOPE_POLICY_CANCEL_ON_ERROR);
  g_autoptr (GfPromise) promise = gf_promise_new ();
  g_autoptr (GfFuture) end = NULL;

  gf_task_scope_add (scope, GF_FUTURE (promise));
  gf_task_scope_add (scope, GF_FUTURE (promise));
  end = gf_task_scope_close (scope);
  g_assert_false (gf_future_is_done (end));
  gf_promise_resolve_int (promise, 1);
  g_assert_cmpint (gf_future_get_state (end), ==, GF_FUTURE_STATE_SUCCEEDED);
}

static void
test_added_future_fails_it (void)
{
  g_autoptr (GfTaskScope) scope = gf_task_scope_new (NULL, GF_TASK_SCOPE_POLICY_CANCEL_ON_ERROR);
  g_autoptr (GfFuture) failed =
    gf_future_new_for_error (g_error_new_literal (G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "alas"));
  g_autoptr (GfPromise) promise = gf_promise_new ();
  g_autoptr (GfPromise) late = gf_promise_new ();
  GfFuture *end = gf_task_scope_get_future (scope);

  gf_task_scope_add (scope, GF_FUTURE (promise));
  gf_task_scope_add (scope, failed);
  g_assert_true (gf_future_is_cancelled (GF_FUTURE (promise)));
  g_assert_error (gf_future_get_error (end), G_IO_ERROR, G_IO_ERROR_INVALID_DATA);
  /* it would outlive the scope */
  gf_task_scope_add (scope, GF_FUTURE (late));
  g_assert_true (gf_future_is_cancelled (GF_FUTURE (late)));
}

static void
test_added_future_is_cancelled_with_it (void)
{
  g_autoptr (GfTaskScope) scope = gf_task_scope_new (NULL, GF_TASK_SCOPE_POLICY_CANCEL_ON_ERROR);
  g_autoptr (GfPromise) promise = gf_promise_new ();
  g_autoptr (GfFuture) end = NULL;

  gf_task_scope_add (scope, GF_FUTURE (promise));
  end = gf_task_scope_cancel (scope);
  g_assert_true (gf_future_is_cancelled (GF_FUTURE (promise)));
  g_assert_true (gf_future_is_cancelled (end));
}

/* The life of others */

static void
test_bound_to_an_owner (Fixture *self, gconstpointer data)
{
  g_autoptr (GfTaskScope) scope = scope_new (self);
  g_autoptr (GObject) owner = g_object_new (G_TYPE_OBJECT, NULL);
  g_autoptr (GObject) other = g_object_new (G_TYPE_OBJECT, NULL);
  Counter counter = { .gate = &self->gate };
  g_autoptr (GfFuture) running = submit (scope, &counter);

  gf_task_scope_bind (scope, owner);
  gf_task_scope_bind (scope, other);
  test_gate_await (&self->gate, 1);
  g_object_run_dispose (owner);
  g_assert_true (gf_future_is_cancelled (running));
  g_assert_false (gf_future_is_done (gf_task_scope_get_future (scope)));
  test_gate_open (&self->gate);
  assert_cancelled (self, gf_task_scope_get_future (scope));
}

static void
test_owner_outlives_it (void)
{
  g_autoptr (GObject) owner = g_object_new (G_TYPE_OBJECT, NULL);
  GfTaskScope *scope = gf_task_scope_new (NULL, GF_TASK_SCOPE_POLICY_CANCEL_ON_ERROR);

  gf_task_scope_bind (scope, owner);
  g_object_add_weak_pointer (G_OBJECT (scope), (gpointer *) &scope);
  g_object_unref (scope);
  test_drain ();
  g_assert_null (scope);
  g_object_run_dispose (owner);
}

static void
test_dropping_it_cancels (Fixture *self, gconstpointer data)
{
  GfTaskScope *scope = scope_new (self);
  Counter counter = { .gate = &self->gate };
  g_autoptr (GfFuture) running = submit (scope, &counter);
  g_autoptr (GfFuture) end = g_object_ref (gf_task_scope_get_future (scope));

  test_gate_await (&self->gate, 1);
  g_object_add_weak_pointer (G_OBJECT (scope), (gpointer *) &scope);
  g_object_unref (scope);
  g_assert_true (gf_future_is_cancelled (running));
  g_assert_false (gf_future_is_done (end));
  test_gate_open (&self->gate);
  assert_cancelled (self, end);
  g_assert_cmpint (counter.n_inside, ==, 0);
  test_turn_until (g_atomic_pointer_get (&scope) == NULL);
}

static void
test_dropping_a_closed_one_does_not (Fixture *self, gconstpointer data)
{
  GfTaskScope *scope = scope_new (self);
  Counter counter = { .gate = NULL };
  g_autoptr (GfFuture) end = NULL;

  for (guint i = 0; i < 10; i++)
    g_object_unref (submit (scope, &counter));
  end = gf_task_scope_close (scope);
  g_object_unref (scope);
  assert_succeeded (self, end);
  g_assert_cmpint (counter.n_runs, ==, 10);
}

typedef struct
{
  GfTaskScope *scope;
  Counter *counter;
  GfFuture *end;
  TestGate *gate;
} Own;

static void
dropping_task (GfPromise *promise,
               gpointer   data,
               GError   **error)
{
  Own *self = data;

  test_gate_pass (self->gate);
  g_clear_object (&self->scope);
  g_assert_true (gf_promise_should_stop (promise));
}

static void
test_last_reference_is_dropped_on_a_worker (Fixture *self, gconstpointer data)
{
  Own own = { .scope = scope_new (self), .gate = &self->gate };
  g_autoptr (GfFuture) end = g_object_ref (gf_task_scope_get_future (own.scope));
  GfTaskScope *scope = own.scope;

  g_object_add_weak_pointer (G_OBJECT (scope), (gpointer *) &scope);
  g_object_unref (gf_executor_submit (GF_EXECUTOR (own.scope), dropping_task, &own, NULL));
  test_gate_open (&self->gate);
  assert_cancelled (self, end);
  test_turn_until (g_atomic_pointer_get (&scope) == NULL);
}

static void
submitting_task (GfPromise *promise,
                 gpointer   data,
                 GError   **error)
{
  Own *self = data;
  g_autoptr (GfFuture) late = NULL;

  for (guint i = 0; i < 5; i++)
    g_object_unref (submit (self->scope, self->counter));
  self->end = gf_task_scope_close (self->scope);
  g_assert_false (gf_future_is_done (self->end));
  late = submit (self->scope, self->counter);
  g_assert_error (gf_future_get_error (late), GF_FUTURE_ERROR, GF_FUTURE_ERROR_SHUT_DOWN);
}

static void
test_task_submits_to_its_own_scope (Fixture *self, gconstpointer data)
{
  g_autoptr (GfTaskScope) scope = scope_new (self);
  Counter counter = { .gate = NULL };
  Own own = { .scope = scope, .counter = &counter };

  g_object_unref (gf_executor_submit (GF_EXECUTOR (scope), submitting_task, &own, NULL));
  assert_succeeded (self, gf_task_scope_get_future (scope));
  g_assert_cmpint (counter.n_runs, ==, 5);
  g_clear_object (&own.end);
}

/* Scopes in scopes */

static void
test_cancelling_the_outer_one_cancels_the_inner_one (Fixture *self, gconstpointer data)
{
  g_autoptr (GfTaskScope) outer = scope_new (self);
  g_autoptr (GfTaskScope) inner = gf_task_scope_new (GF_EXECUTOR (outer), GF_TASK_SCOPE_POLICY_CANCEL_ON_ERROR);
  Counter counter = { .gate = &self->gate };
  g_autoptr (GfFuture) running = submit (inner, &counter);
  g_autoptr (GfFuture) late = NULL;
  g_autoptr (GfFuture) end = NULL;
  g_autoptr (GfFuture) inner_end = NULL;

  test_gate_await (&self->gate, 1);
  end = gf_task_scope_cancel (outer);
  g_assert_true (gf_future_is_cancelled (running));
  g_assert_false (gf_future_is_done (end));
  late = submit (inner, &counter);
  g_assert_error (gf_future_get_error (late), GF_FUTURE_ERROR, GF_FUTURE_ERROR_SHUT_DOWN);
  test_gate_open (&self->gate);
  assert_cancelled (self, end);
  g_assert_cmpint (counter.n_inside, ==, 0);
  inner_end = gf_task_scope_close (inner);
  assert_succeeded (self, inner_end);
}

static void
test_cancelling_the_inner_one_leaves_the_outer_one (Fixture *self, gconstpointer data)
{
  g_autoptr (GfTaskScope) outer = scope_new (self);
  g_autoptr (GfTaskScope) inner = gf_task_scope_new (GF_EXECUTOR (outer), GF_TASK_SCOPE_POLICY_CANCEL_ON_ERROR);
  Counter counter = { .gate = NULL };
  g_autoptr (GfFuture) inner_end = NULL;
  g_autoptr (GfFuture) end = NULL;
  g_autoptr (GfFuture) future = NULL;

  g_object_unref (submit (inner, &counter));
  inner_end = gf_task_scope_cancel (inner);
  assert_cancelled (self, inner_end);
  future = submit (outer, &counter);
  assert_succeeded (self, future);
  end = gf_task_scope_close (outer);
  assert_succeeded (self, end);
}

static void
test_failure_inside_fails_the_outer_one (Fixture *self, gconstpointer data)
{
  g_autoptr (GfTaskScope) outer = scope_new (self);
  g_autoptr (GfTaskScope) inner = gf_task_scope_new (GF_EXECUTOR (outer), GF_TASK_SCOPE_POLICY_COLLECT_ERRORS);
  g_autoptr (GfFuture) inner_end = NULL;

  g_object_unref (submit_failure (inner, "inside"));
  assert_failed (self, gf_task_scope_get_future (outer), "inside");
  inner_end = gf_task_scope_close (inner);
  assert_failed (self, inner_end, "inside");
}

static void
test_added_scope_ends_before (Fixture *self, gconstpointer data)
{
  g_autoptr (GfTaskScope) outer = scope_new (self);
  g_autoptr (GfTaskScope) inner = scope_new (self);
  Counter counter = { .gate = &self->gate };
  g_autoptr (GfFuture) running = submit (inner, &counter);
  g_autoptr (GfFuture) end = NULL;

  test_gate_await (&self->gate, 1);
  gf_task_scope_add (outer, gf_task_scope_get_future (inner));
  end = gf_task_scope_cancel (outer);
  g_assert_true (gf_future_is_cancelled (gf_task_scope_get_future (inner)));
  g_assert_true (gf_future_is_cancelled (running));
  /* though its future is settled, its function runs */
  g_assert_false (gf_future_is_done (end));
  test_gate_open (&self->gate);
  assert_cancelled (self, end);
  g_assert_cmpint (counter.n_inside, ==, 0);
}

static void
test_over_a_limited_executor (Fixture *self, gconstpointer data)
{
  g_autoptr (GfExecutor) limited = gf_limited_executor_new (self->executor, 1, 0);
  g_autoptr (GfTaskScope) scope = gf_task_scope_new (limited, GF_TASK_SCOPE_POLICY_CANCEL_ON_ERROR);
  g_autoptr (GfExecutor) inside = gf_limited_executor_new (GF_EXECUTOR (scope), 2, 0);
  Counter counter = { .gate = NULL };
  g_autoptr (GfFuture) end = NULL;

  for (guint i = 0; i < 30; i++)
    {
      g_object_unref (submit (scope, &counter));
      g_object_unref (gf_executor_submit (inside, counting_task, &counter, NULL));
    }
  gf_executor_shutdown (inside, TRUE, FALSE);
  end = gf_task_scope_close (scope);
  assert_succeeded (self, end);
  g_assert_cmpint (counter.n_runs, ==, 60);
}

/* Over processes */

static void
test_process_calls_are_cancelled (void)
{
  g_autoptr (GfExecutor) pool = gf_process_pool_executor_new_for_self (2);
  g_autoptr (GfTaskScope) scope = gf_task_scope_new (pool, GF_TASK_SCOPE_POLICY_CANCEL_ON_ERROR);
  g_autoptr (GfFuture) future = NULL;
  g_autoptr (GfFuture) end = NULL;
  TestMeeting meeting;
  TestGuest guest;

  g_object_set (pool, "cancel-grace", 60000, NULL);
  test_meeting_init (&meeting);
  future = test_call_with_address (GF_EXECUTOR (scope), "test.meet", &meeting);
  guest = test_meeting_accept (&meeting);
  test_await_n_running (GF_EXECUTOR (scope), 1);
  g_assert_true (gf_future_is_running (future));
  end = gf_task_scope_cancel (scope);
  g_assert_true (gf_future_is_cancelled (future));
  g_assert_false (gf_future_is_done (end));
  test_guest_let_go (&guest);
  test_settle (end);
  g_assert_true (gf_future_is_cancelled (end));
  test_guest_leave (&guest);
  test_meeting_clear (&meeting);
  gf_executor_shutdown (pool, TRUE, FALSE);
}

static void
test_process_failure_cancels_the_rest (void)
{
  g_autoptr (GfExecutor) pool = gf_process_pool_executor_new_for_self (2);
  g_autoptr (GfTaskScope) scope = gf_task_scope_new (pool, GF_TASK_SCOPE_POLICY_CANCEL_ON_ERROR);
  g_autoptr (GfFuture) future = NULL;
  g_autoptr (GfFuture) crash = NULL;
  TestMeeting meeting;
  TestGuest guest;

  g_object_set (pool, "cancel-grace", 1, NULL);
  test_meeting_init (&meeting);
  future = test_call_with_address (GF_EXECUTOR (scope), "test.meet", &meeting);
  guest = test_meeting_accept (&meeting);
  crash = gf_executor_call (GF_EXECUTOR (scope), "test.segv", NULL);
  test_assert_fails (gf_task_scope_get_future (scope), GF_FUTURE_ERROR, GF_FUTURE_ERROR_WORKER_DIED);
  g_assert_true (gf_future_is_cancelled (future));
  /* the worker was killed before the scope ended */
  g_assert_cmpint (test_guest_hear (&guest), ==, 0);
  test_guest_leave (&guest);
  test_meeting_clear (&meeting);
  gf_executor_shutdown (pool, TRUE, FALSE);
}

static void
progress_cb (GfFuture   *future,
             GParamSpec *pspec,
             gpointer    seen)
{
  if (gf_future_get_progress (future) >= 0)
    *(gboolean *) seen = TRUE;
}

static void
test_process_progress_arrives (void)
{
  g_autoptr (GfExecutor) pool = gf_process_pool_executor_new_for_self (1);
  g_autoptr (GfTaskScope) scope = gf_task_scope_new (pool, GF_TASK_SCOPE_POLICY_CANCEL_ON_ERROR);
  g_autoptr (GfFuture) map = gf_executor_map (GF_EXECUTOR (scope), "test.square", some_integers (50), 5);
  gboolean seen = FALSE;

  g_signal_connect (map, "notify::progress", G_CALLBACK (progress_cb), &seen);
  settle (map);
  g_assert_true (seen);
  gf_executor_shutdown (GF_EXECUTOR (scope), TRUE, FALSE);
  gf_executor_shutdown (pool, TRUE, FALSE);
}

/* Stress */

typedef struct
{
  GfTaskScope *scope;
  gint n_inside;
  gint n_stopped;
  GfFuture *end;
} Storm;

static void
storm_task (GfPromise *promise,
            gpointer   data,
            GError   **error)
{
  Storm *self = data;

  g_atomic_int_inc (&self->n_inside);
  /* the end comes after this */
  g_assert_false (gf_future_is_done (self->end));
  if (g_random_int_range (0, 20) == 0)
    g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "storm");
  else if (g_random_int_range (0, 4) == 0)
    g_object_unref (gf_executor_submit (GF_EXECUTOR (self->scope), storm_task, self, NULL));
  g_thread_yield ();
  g_assert_false (gf_future_is_done (self->end));
  g_atomic_int_add (&self->n_inside, -1);
}

static gpointer
storm_thread (gpointer data)
{
  Storm *self = data;
  g_autoptr (GMainContext) context = g_main_context_new ();

  g_main_context_push_thread_default (context);
  for (guint i = 0; i < 100; i++)
    g_object_unref (gf_executor_submit (GF_EXECUTOR (self->scope), storm_task, self, NULL));
  test_drain_in (context);
  g_main_context_pop_thread_default (context);
  return NULL;
}

static void
test_stress_end (Fixture *self, gconstpointer data)
{
  guint n = g_test_slow () ? 1000 : 60;

  for (guint round = 0; round < n; round++)
    {
      g_autoptr (GfTaskScope) scope = gf_task_scope_new (self->executor, round % 2 ? GF_TASK_SCOPE_POLICY_CANCEL_ON_ERROR
                                                                                   : GF_TASK_SCOPE_POLICY_COLLECT_ERRORS);
      Storm storm = { .scope = scope, .end = gf_task_scope_get_future (scope) };
      GThread *threads[3];
      g_autoptr (GfFuture) end = NULL;

      for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
        threads[i] = g_thread_new ("storm", storm_thread, &storm);
      if (round % 3 == 0)
        end = gf_task_scope_cancel (scope);
      else if (round % 3 == 1)
        end = gf_task_scope_close (scope);
      for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
        g_thread_join (threads[i]);
      if (end == NULL)
        end = gf_task_scope_close (scope);
      g_assert_true (gf_future_wait (end, TEST_DEADLINE_US, NULL, NULL));
      g_assert_cmpint (g_atomic_int_get (&storm.n_inside), ==, 0);
    }
}

/* The last reference goes while the tasks do. */
static void
test_stress_drop (Fixture *self, gconstpointer data)
{
  guint n = g_test_slow () ? 2000 : 200;
  Counter counter = { .gate = NULL };

  for (guint round = 0; round < n; round++)
    {
      GfTaskScope *scope = scope_new (self);
      g_autoptr (GfFuture) end = g_object_ref (gf_task_scope_get_future (scope));

      for (guint i = 0; i < 20; i++)
        g_object_unref (submit (scope, &counter));
      g_object_unref (scope);
      assert_cancelled (self, end);
      g_assert_cmpint (g_atomic_int_get (&counter.n_inside), ==, 0);
    }
}

int
main (int    argc,
      char **argv)
{
  test_worker_main (argc, argv);
  g_test_init (&argc, &argv, NULL);
  gf_function_register ("fail-from-3", fail_from_3, NULL, NULL);
  gf_function_register ("gated", gated, &gated_fixture, NULL);

  add_for_kinds ("scope/close-lets-all-run", ALL, test_close_lets_all_run);
  g_test_add_func ("/scope/empty-one-ends-at-once", test_empty_one_ends_at_once);
  add_for_kinds ("scope/cancelled-one-ends-when-functions-have-returned", ELSEWHERE,
                 test_cancelled_one_ends_when_functions_have_returned);
  add_for_kinds ("scope/cancelling-its-future-cancels-it", ELSEWHERE, test_cancelling_its_future_cancels_it);
  add_for_kinds ("scope/shutdown-waits-for-its-tasks", ALL, test_shutdown_waits_for_its_tasks);
  add_for_kinds ("scope/shutdown-can-cancel-what-has-not-begun", ONE_BY_ONE,
                 test_shutdown_can_cancel_what_has_not_begun);
  add_for_kinds ("scope/inner-one-that-is-shut-down", OWNED, test_inner_one_that_is_shut_down);
  add_for_kinds ("scope/held-task-is-waited-for", ALL, test_held_task_is_waited_for);
  add_for_kinds ("scope/posted-function-is-waited-for", ALL, test_posted_function_is_waited_for);

  add_for_kinds ("scope/first-failure-cancels-the-rest", BIT (KIND_POOL_4) | BIT (KIND_DERIVED),
                 test_first_failure_cancels_the_rest);
  add_for_kinds ("scope/failures-are-collected", ALL, test_failures_are_collected);
  add_for_kinds ("scope/cancelled-task-is-no-failure", ELSEWHERE, test_cancelled_task_is_no_failure);
  add_for_kinds ("scope/cancel-outweighs-failures", ALL, test_cancel_outweighs_failures);
  add_for_kinds ("scope/map-belongs-to-it", ALL, test_map_belongs_to_it);
  add_for_kinds ("scope/map-is-cancelled-with-it", ELSEWHERE, test_map_is_cancelled_with_it);

  g_test_add_func ("/scope/added-future-is-waited-for", test_added_future_is_waited_for);
  g_test_add_func ("/scope/added-future-fails-it", test_added_future_fails_it);
  g_test_add_func ("/scope/added-future-is-cancelled-with-it", test_added_future_is_cancelled_with_it);

  add_for_kinds ("scope/bound-to-an-owner", ELSEWHERE, test_bound_to_an_owner);
  g_test_add_func ("/scope/owner-outlives-it", test_owner_outlives_it);
  add_for_kinds ("scope/dropping-it-cancels", ELSEWHERE, test_dropping_it_cancels);
  add_for_kinds ("scope/dropping-a-closed-one-does-not", ALL, test_dropping_a_closed_one_does_not);
  add_for_kinds ("scope/last-reference-is-dropped-on-a-worker", ELSEWHERE,
                 test_last_reference_is_dropped_on_a_worker);
  add_for_kinds ("scope/task-submits-to-its-own-scope", ALL, test_task_submits_to_its_own_scope);

  add_for_kinds ("scope/cancelling-the-outer-one-cancels-the-inner-one", ELSEWHERE,
                 test_cancelling_the_outer_one_cancels_the_inner_one);
  add_for_kinds ("scope/cancelling-the-inner-one-leaves-the-outer-one", ALL,
                 test_cancelling_the_inner_one_leaves_the_outer_one);
  add_for_kinds ("scope/failure-inside-fails-the-outer-one", ALL, test_failure_inside_fails_the_outer_one);
  add_for_kinds ("scope/added-scope-ends-before", ELSEWHERE, test_added_scope_ends_before);
  add_for_kinds ("scope/over-a-limited-executor", ALL, test_over_a_limited_executor);

  g_test_add_func ("/process-pool/scope/calls-are-cancelled", test_process_calls_are_cancelled);
  g_test_add_func ("/process-pool/scope/failure-cancels-the-rest", test_process_failure_cancels_the_rest);
  g_test_add_func ("/process-pool/scope/progress-arrives", test_process_progress_arrives);

  add_for_kinds ("scope/stress-end", BIT (KIND_POOL_4) | BIT (KIND_LOOP_THREAD) | BIT (KIND_DERIVED),
                 test_stress_end);
  add_for_kinds ("scope/stress-drop", ALL, test_stress_drop);

  return g_test_run ();
}

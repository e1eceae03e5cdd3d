/* test-wanted.c - continuations that a blocked wait depends on
 *
 * A wait is no nested main loop: it runs the continuations of its own thread that
 * somebody waits for, and nothing else. No case here turns a loop before the wait
 * is over.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "test-chains.h"

/* Helpers */

static void
answer_task (GfPromise  *promise,
             gpointer    data,
             GError    **error)
{
  gf_promise_resolve_int (promise, data ? GPOINTER_TO_INT (data) : 42);
}

static GfFuture *
add_one (GfFuture  *settled,
         gpointer   owner,
         GError   **error)
{
  g_assert_true (owner == NULL || owner == g_thread_self ());
  return gf_future_new_for_int (gf_future_get_int (settled, NULL) + 1);
}

static GfFuture *
here_then (gpointer source)
{
  return gf_future_then (source, add_one, g_thread_self (), NULL);
}

static GfFuture *
get_ready (void)
{
  return gf_future_new_for_int (0);
}

/* Ways to wait for one */

static void
wait_wait (GfFuture *future)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (gf_future_wait (future, TEST_DEADLINE_US, NULL, &error));
  g_assert_no_error (error);
}

static void
wait_result (GfFuture *future)
{
  g_autoptr (GError) error = NULL;

  if (!gf_future_result (future, -1, NULL, &error))
    g_assert_error (error, gf_future_get_error (future)->domain, gf_future_get_error (future)->code);
}

static void
wait_several (GfFuture *future)
{
  g_autoptr (GfFuture) ready = get_ready ();
  GfFuture *members[] = { ready, future };

  g_assert_true (gf_wait (members, 2, GF_RETURN_WHEN_ALL_COMPLETED, TEST_DEADLINE_US, NULL, NULL));
}

static void
wait_first (GfFuture *future)
{
  g_autoptr (GfPromise) never = gf_promise_new ();
  GfFuture *members[] = { GF_FUTURE (never), future };

  g_assert_true (gf_wait (members, 2, GF_RETURN_WHEN_FIRST_COMPLETED, -1, NULL, NULL));
}

static void
wait_iterator (GfFuture *future)
{
  g_autoptr (GfPromise) never = gf_promise_new ();
  GfFuture *members[] = { GF_FUTURE (never), future };
  g_autoptr (GfFutureIterator) iterator = gf_as_completed (members, 2);
  g_autoptr (GfFuture) next = gf_future_iterator_next (iterator, TEST_DEADLINE_US, NULL, NULL);

  g_assert_true (next == future);
}

static void
wait_set (GfFuture *future)
{
  g_autoptr (GfFuture) ready = get_ready ();
  GfFuture *members[] = { ready, future };
  g_autoptr (GfFutureSet) set = gf_future_all_settled (members, 2);

  g_assert_true (gf_future_wait (GF_FUTURE (set), -1, NULL, NULL));
}

static void
wait_nested_sets (GfFuture *future)
{
  g_autoptr (GfPromise) never = gf_promise_new ();
  GfFuture *members[] = { GF_FUTURE (never), future };
  g_autoptr (GfFutureSet) inner = gf_future_race (members, 2);
  GfFuture *outer_members[] = { GF_FUTURE (inner) };
  g_autoptr (GfFutureSet) outer = gf_future_all_settled (outer_members, 1);

  g_assert_true (gf_future_wait (GF_FUTURE (outer), TEST_DEADLINE_US, NULL, NULL));
}

static void (*const ways[]) (GfFuture *) = {
  wait_wait, wait_result, wait_several, wait_first, wait_iterator, wait_set, wait_nested_sets
};

/* Which continuations */

static void
test_direct (void)
{
  g_autoptr (GfExecutor) pool = gf_thread_pool_executor_new (2);

  for (guint way = 0; way < G_N_ELEMENTS (ways); way++)
    {
      g_autoptr (GfFuture) task = gf_executor_submit (pool, answer_task, NULL, NULL);
      g_autoptr (GfFuture) derived = here_then (task);

      ways[way] (derived);
      test_assert_int (derived, 43);
    }
  gf_executor_shutdown (pool, TRUE, FALSE);
  test_drain ();
}

static void
test_of_a_settled_source (void)
{
  for (guint way = 0; way < G_N_ELEMENTS (ways); way++)
    for (guint late = 0; late < 3; late++)
      {
        g_autoptr (GfPromise) source = gf_promise_new ();
        g_autoptr (GfFuture) derived = NULL;

        if (late)
          gf_promise_resolve_int (source, 1);
        if (late == 2)
          test_drain ();
        derived = here_then (source);
        if (!late)
          gf_promise_resolve_int (source, 1);
        ways[way] (derived);
        test_assert_int (derived, 2);
      }
  test_drain ();
}

static void
test_several_links (void)
{
  for (guint way = 0; way < G_N_ELEMENTS (ways); way++)
    {
      g_autoptr (GfPromise) source = gf_promise_new ();
      Step steps[4] = { 0 };
      g_autoptr (GfFuture) a = step_then (source, &steps[0]);
      g_autoptr (GfFuture) b = step_catch (a, &steps[1]);
      g_autoptr (GfFuture) c = step_finally (b, &steps[2]);
      g_autoptr (GfFuture) d = step_then (c, &steps[3]);
      GThread *thread;

      steps[0].fail = TRUE;
      steps[1].give = gf_future_new_for_int (5);
      steps[3].pass = TRUE;
      thread = g_thread_new ("settle", test_resolve_thread, source);
      ways[way] (d);
      test_assert_int (d, 5);
      for (guint i = 0; i < 4; i++)
        {
          g_assert_cmpuint (steps[i].n_calls, ==, 1);
          g_assert_true (steps[i].thread == g_thread_self ());
        }
      g_thread_join (thread);
      test_drain ();
      for (guint i = 0; i < 4; i++)
        {
          g_assert_cmpuint (steps[i].n_calls, ==, 1);
          g_assert_cmpuint (steps[i].n_released, ==, 1);
          g_assert_true (steps[i].released == g_thread_self ());
        }
    }
}

static void
test_outcomes_that_pass_through (void)
{
  for (guint way = 0; way < G_N_ELEMENTS (ways); way++)
    {
      g_autoptr (GfFuture) failed = test_failed_new ("x");
      g_autoptr (GfFuture) cancelled = test_cancelled_new ();
      Step steps[2] = { 0 };
      g_autoptr (GfFuture) a = step_then (failed, &steps[0]);
      g_autoptr (GfFuture) b = step_then (cancelled, &steps[1]);

      ways[way] (a);
      ways[way] (b);
      test_assert_failed (a, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
      test_assert_state (b, CANCELLED);
      test_drain ();
      g_assert_cmpuint (steps[0].n_calls + steps[1].n_calls, ==, 0);
      g_assert_cmpuint (steps[0].n_released + steps[1].n_released, ==, 2);
    }
}

static GfFuture *
adopt_another (GfFuture  *settled,
               gpointer   data,
               GError   **error)
{
  guint depth = GPOINTER_TO_UINT (data);
  g_autoptr (GfFuture) ready = get_ready ();

  return depth > 0 ? gf_future_then (ready, adopt_another, GUINT_TO_POINTER (depth - 1), NULL)
                   : here_then (ready);
}

static void
test_adopted_links (void)
{
  for (guint way = 0; way < G_N_ELEMENTS (ways); way++)
    {
      g_autoptr (GfFuture) ready = get_ready ();
      g_autoptr (GfFuture) derived = gf_future_then (ready, adopt_another, GUINT_TO_POINTER (3), NULL);
      g_autoptr (GfFuture) kept = gf_future_finally (derived, adopt_another, GUINT_TO_POINTER (3), NULL);

      ways[way] (kept);
      test_assert_int (kept, 1);
    }
  test_drain ();
}

static void
test_adopted_that_was_registered_before (void)
{
  g_autoptr (GfFuture) ready = get_ready ();
  g_autoptr (GfPromise) later = gf_promise_new ();
  Step inner = { .pass = TRUE };
  Step outer = { .give = step_then (later, &inner) };
  g_autoptr (GfFuture) derived = step_then (ready, &outer);
  GThread *thread = g_thread_new ("settle", test_resolve_thread, later);

  g_assert_true (gf_future_wait (derived, -1, NULL, NULL));
  test_assert_int (derived, 42);
  g_thread_join (thread);
  test_drain ();
}

/* Nothing else */

static void
test_nothing_else_runs (void)
{
  for (guint way = 0; way < G_N_ELEMENTS (ways); way++)
    {
      g_autoptr (GfPromise) source = gf_promise_new ();
      g_autoptr (GfFuture) before = get_ready ();
      Step wanted = { 0 }, sibling = { 0 }, unrelated = { 0 }, onward = { 0 };
      guint n_done = 0, n_callbacks = 0, n_source_done = 0;
      gboolean idle = FALSE;
      g_autoptr (GfFuture) elsewhere = step_then (before, &unrelated);
      g_autoptr (GfFuture) first = step_then (source, &sibling);
      g_autoptr (GfFuture) derived = step_then (source, &wanted);
      g_autoptr (GfFuture) next = step_then (derived, &onward);
      GThread *thread;

      g_idle_add_full (G_PRIORITY_HIGH, test_flag_cb, &idle, NULL);
      g_signal_connect (source, "done", G_CALLBACK (count_done_cb), &n_source_done);
      g_signal_connect (derived, "done", G_CALLBACK (count_done_cb), &n_done);
      gf_future_add_done_callback (GF_FUTURE (source), NULL, count_callback, &n_callbacks, NULL);
      gf_future_add_done_callback (derived, NULL, count_callback, &n_callbacks, NULL);
      if (way % 2)
        gf_promise_resolve_int (source, 1);
      thread = g_thread_new ("settle", test_resolve_thread, source);
      ways[way] (derived);
      g_assert_cmpuint (wanted.n_calls, ==, 1);
      g_assert_cmpuint (sibling.n_calls, ==, 0);
      g_assert_cmpuint (unrelated.n_calls, ==, 0);
      g_assert_cmpuint (onward.n_calls, ==, 0);
      g_assert_cmpuint (n_done + n_source_done + n_callbacks, ==, 0);
      g_assert_false (idle);
      g_thread_join (thread);

      /* and all of it later, once */
      test_turn_until (onward.n_calls && sibling.n_calls && unrelated.n_calls && n_done && n_source_done);
      test_drain ();
      g_assert_cmpuint (wanted.n_calls, ==, 1);
      g_assert_cmpuint (sibling.n_calls, ==, 1);
      g_assert_cmpuint (unrelated.n_calls, ==, 1);
      g_assert_cmpuint (onward.n_calls, ==, 1);
      g_assert_cmpuint (n_done, ==, 1);
      g_assert_cmpuint (n_source_done, ==, 1);
      g_assert_cmpuint (n_callbacks, ==, 2);
      g_assert_true (idle);
      g_assert_cmpuint (wanted.n_released, ==, 1);
      g_assert_cmpuint (sibling.n_released, ==, 1);
    }
}

static void
test_not_in_a_later_wait (void)
{
  for (guint settled = 0; settled < 2; settled++)
    {
      g_autoptr (GfPromise) source = gf_promise_new ();
      g_autoptr (GfPromise) other = gf_promise_new ();
      g_autoptr (GfFuture) ready = get_ready ();
      Step step = { 0 };
      g_autoptr (GfFuture) derived = step_then (source, &step);
      g_autoptr (GfFuture) second = step_then (other, &(Step) { 0 });
      g_autoptr (GfFuture) unrelated = here_then (ready);
      g_autoptr (GError) error = NULL;
      GThread *thread;

      /* wanted for a while, by each kind of wait */
      g_assert_false (gf_future_wait (derived, settled ? 0 : 100, NULL, &error));
      g_assert_error (error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT);
      g_assert_false (gf_wait (&derived, 1, GF_RETURN_WHEN_ALL_COMPLETED, 100, NULL, NULL));
      {
        g_autoptr (GfFutureIterator) iterator = gf_as_completed (&derived, 1);

        g_assert_null (gf_future_iterator_next (iterator, 100, NULL, NULL));
      }
      gf_promise_resolve_int (source, 1);

      /* then no more */
      thread = g_thread_new ("settle", test_resolve_thread, other);
      g_assert_true (gf_future_wait (GF_FUTURE (other), -1, NULL, NULL));
      g_assert_true (gf_future_wait (unrelated, -1, NULL, NULL));
      g_assert_cmpuint (step.n_calls, ==, 0);
      test_assert_state (derived, PENDING);
      g_thread_join (thread);
      test_turn_until_done (derived);
      g_assert_cmpuint (step.n_calls, ==, 1);
      gf_future_cancel (second);
      test_drain ();
    }
}

static void
test_look_only_does_not_block (void)
{
  g_autoptr (GfPromise) source = gf_promise_new ();
  g_autoptr (GfFuture) derived = here_then (source);
  g_autoptr (GError) error = NULL;

  g_assert_false (gf_future_wait (derived, 0, NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT);
  gf_promise_resolve_int (source, 1);
  test_turn_until_done (derived);
}

static void
test_cancelled_while_it_is_wanted (void)
{
  for (guint way = 0; way < G_N_ELEMENTS (ways); way++)
    {
      g_autoptr (GfPromise) source = gf_promise_new ();
      Step step = { 0 };
      g_autoptr (GfFuture) derived = step_then (source, &step);
      GThread *thread = g_thread_new ("cancel", test_cancel_thread, derived);

      ways[way] (derived);
      test_assert_state (derived, CANCELLED);
      g_thread_join (thread);
      test_assert_state (source, CANCELLED);
      test_drain ();
      g_assert_cmpuint (step.n_calls, ==, 0);
      g_assert_cmpuint (step.n_released, ==, 1);
    }
}

static void
test_wait_is_cancelled (void)
{
  g_autoptr (GfPromise) source = gf_promise_new ();
  g_autoptr (GfFuture) derived = here_then (source);
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GError) error = NULL;
  GThread *thread = g_thread_new ("cancel", test_cancel_cancellable_thread, cancellable);

  g_assert_false (gf_future_wait (derived, -1, cancellable, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  test_assert_state (derived, PENDING);
  g_thread_join (thread);
  gf_promise_resolve_int (source, 1);
  test_turn_until_done (derived);
  test_assert_int (derived, 2);
}

static void
test_source_fails_by_timeout (void)
{
  g_autoptr (GfPromise) source = gf_promise_new ();
  Step step = { 0 };
  g_autoptr (GfFuture) derived = step_catch (source, &step);

  gf_future_set_timeout (GF_FUTURE (source), 1000);
  g_assert_true (gf_future_wait (derived, -1, NULL, NULL));
  g_assert_cmpuint (step.n_calls, ==, 1);
  test_drain ();
}

/* Within continuations */

static GfFuture *
wait_within (GfFuture  *settled,
             gpointer   data,
             GError   **error)
{
  g_autoptr (GfFuture) ready = get_ready ();
  g_autoptr (GfFuture) derived = here_then (ready);
  GfPromise *current = gf_promise_get_current ();

  g_assert_true (gf_future_wait (derived, TEST_DEADLINE_US, NULL, NULL));
  test_assert_int (derived, 1);
  g_assert_true (gf_promise_get_current () == current);
  return g_steal_pointer (&derived);
}

static void
test_within_a_continuation (void)
{
  g_autoptr (GfFuture) ready = get_ready ();
  g_autoptr (GfFuture) blocked = gf_future_then (ready, wait_within, NULL, NULL);
  g_autoptr (GfFuture) turned = NULL;

  /* that a wait runs, and that the loop runs */
  g_assert_true (gf_future_wait (blocked, -1, NULL, NULL));
  test_assert_int (blocked, 1);
  turned = gf_future_then (ready, wait_within, NULL, NULL);
  test_turn_until_done (turned);
  test_assert_int (turned, 1);
}

static GfFuture *
wait_for_slot (GfFuture  *settled,
               gpointer   slot,
               GError   **error)
{
  GfFuture *future = *(GfFuture **) slot;

  g_assert_false (gf_future_wait (future, -1, NULL, error));
  return NULL;
}

static void
test_within_a_continuation_for_itself (void)
{
  g_autoptr (GfFuture) ready = get_ready ();
  GfFuture *slot = NULL;
  g_autoptr (GfFuture) blocked = gf_future_then (ready, wait_for_slot, &slot, NULL);
  g_autoptr (GfFuture) turned = NULL;

  slot = blocked;
  g_assert_true (gf_future_wait (blocked, TEST_DEADLINE_US, NULL, NULL));
  test_assert_failed (blocked, GF_FUTURE_ERROR, GF_FUTURE_ERROR_INVALID_STATE);
  turned = gf_future_then (ready, wait_for_slot, &slot, NULL);
  slot = turned;
  test_turn_until_done (turned);
  test_assert_failed (turned, GF_FUTURE_ERROR, GF_FUTURE_ERROR_INVALID_STATE);
}

static GfFuture *
wait_for_slot_shortly (GfFuture  *settled,
                       gpointer   slot,
                       GError   **error)
{
  g_autoptr (GError) waited = NULL;

  /* it depends on what runs here: it cannot come true, and the wait ends */
  g_assert_false (gf_future_wait (*(GfFuture **) slot, 1000, NULL, &waited));
  g_assert_true (g_error_matches (waited, GF_FUTURE_ERROR, GF_FUTURE_ERROR_INVALID_STATE) ||
                 g_error_matches (waited, G_IO_ERROR, G_IO_ERROR_TIMED_OUT));
  return gf_future_new_for_int (3);
}

static void
test_within_a_continuation_for_what_depends_on_it (void)
{
  g_autoptr (GfFuture) ready = get_ready ();
  GfFuture *slot = NULL;
  g_autoptr (GfFuture) first = gf_future_then (ready, wait_for_slot_shortly, &slot, NULL);
  g_autoptr (GfFuture) second = here_then (first);

  slot = second;
  g_assert_true (gf_future_wait (second, TEST_DEADLINE_US, NULL, NULL));
  test_assert_int (first, 3);
  test_assert_int (second, 4);
}

static void
wait_in_done_cb (GfFuture *future,
                 guint    *counter)
{
  g_autoptr (GfFuture) derived = here_then (future);

  g_assert_true (gf_future_wait (derived, TEST_DEADLINE_US, NULL, NULL));
  ++*counter;
}

static void
test_within_a_done_handler (void)
{
  g_autoptr (GfPromise) source = gf_promise_new ();
  guint n_done = 0;

  /* of the same future */
  g_signal_connect (source, "done", G_CALLBACK (wait_in_done_cb), &n_done);
  gf_promise_resolve_int (source, 1);
  test_turn_until (n_done == 1);
  test_drain ();
  g_assert_cmpuint (n_done, ==, 1);
}

/* Wanted by another thread */

static void
wait_task (GfPromise  *promise,
           gpointer    future,
           GError    **error)
{
  const GValue *value = gf_future_result (future, -1, NULL, error);

  if (value)
    gf_promise_resolve (promise, value);
}

static void
test_task_waits_for_a_continuation_of_its_waiter (void)
{
  g_autoptr (GfExecutor) pool = gf_thread_pool_executor_new (1);

  for (guint way = 0; way < G_N_ELEMENTS (ways); way++)
    for (guint late = 0; late < 2; late++)
      {
        g_autoptr (GfPromise) source = gf_promise_new ();
        g_autoptr (GfFuture) derived = here_then (source);
        g_autoptr (GfFuture) task = gf_executor_submit (pool, wait_task, derived, NULL);
        GThread *thread = NULL;

        if (late)
          thread = g_thread_new ("settle", test_resolve_thread, source);
        else
          gf_promise_resolve_int (source, 42);
        ways[way] (task);
        test_assert_int (task, 43);
        if (thread)
          g_thread_join (thread);
      }
  gf_executor_shutdown (pool, TRUE, FALSE);
  test_drain ();
}

static void
wait_in_a_task_task (GfPromise  *promise,
                     gpointer    data,
                     GError    **error)
{
  gpointer *slots = data;
  g_autoptr (GfFuture) task = gf_executor_submit (slots[0], wait_task, slots[1], NULL);
  const GValue *value = gf_future_result (task, -1, NULL, error);

  if (value)
    gf_promise_resolve (promise, value);
}

static void
test_task_of_a_task_waits (void)
{
  /* in the same pool, that has one worker, and in another */
  for (guint n = 1; n < 3; n++)
    for (guint round = 0; round < 50; round++)
      {
        g_autoptr (GfExecutor) outer = gf_thread_pool_executor_new (1);
        g_autoptr (GfExecutor) inner = n == 1 ? g_object_ref (outer) : gf_thread_pool_executor_new (1);
        g_autoptr (GfPromise) source = gf_promise_new ();
        g_autoptr (GfFuture) derived = here_then (source);
        g_autoptr (GfFuture) second = here_then (derived);
        gpointer slots[] = { inner, second };
        g_autoptr (GfFuture) task = gf_executor_submit (outer, wait_in_a_task_task, slots, NULL);
        g_autoptr (GfFuture) third = here_then (task);
        GThread *thread = g_thread_new ("settle", test_resolve_thread, source);

        g_assert_true (gf_future_wait (third, TEST_DEADLINE_US, NULL, NULL));
        test_assert_int (third, 45);
        g_thread_join (thread);
        gf_executor_shutdown (inner, TRUE, FALSE);
        gf_executor_shutdown (outer, TRUE, FALSE);
      }
  test_drain ();
}

typedef struct
{
  GfFuture *wanted;
  GfPromise *settles;
} Detour;

static gpointer
detour_thread (gpointer data)
{
  Detour *self = data;
  g_autoptr (GError) error = NULL;

  g_assert_true (gf_future_wait (self->wanted, -1, NULL, &error));
  g_assert_no_error (error);
  gf_promise_resolve_int (self->settles, 1);
  return NULL;
}

static void
test_wanted_by_a_thread_that_nobody_knows_to_depend_on (void)
{
  for (guint way = 0; way < G_N_ELEMENTS (ways); way++)
    {
      g_autoptr (GfFuture) ready = get_ready ();
      g_autoptr (GfFuture) derived = here_then (ready);
      g_autoptr (GfPromise) awaited = gf_promise_new ();
      Detour detour = { derived, awaited };
      GThread *thread = g_thread_new ("detour", detour_thread, &detour);

      ways[way] (GF_FUTURE (awaited));
      test_assert_int (derived, 1);
      g_thread_join (thread);
    }
  test_drain ();
}

static void
test_wanted_by_a_set_in_a_task (void)
{
  /* a set in a task, of continuations of the thread that waits for it */
  g_autoptr (GfExecutor) pool = gf_thread_pool_executor_new (1);
  g_autoptr (GfPromise) source = gf_promise_new ();
  g_autoptr (GfFuture) a = here_then (source);
  g_autoptr (GfFuture) b = here_then (a);
  GfFuture *members[] = { a, b };
  g_autoptr (GfFutureSet) set = gf_future_all (members, 2);
  g_autoptr (GfFuture) task = gf_executor_submit (pool, wait_task, set, NULL);

  gf_promise_resolve_int (source, 1);
  g_assert_true (gf_future_wait (task, TEST_DEADLINE_US, NULL, NULL));
  test_assert_no_value (task);
  test_assert_int (b, 3);
  gf_executor_shutdown (pool, TRUE, FALSE);
  test_drain ();
}

/* Other contexts */

static gpointer
own_context_thread (gpointer foreign)
{
  g_autoptr (GMainContext) context = g_main_context_new ();

  g_main_context_push_thread_default (context);
  for (guint way = 0; way < G_N_ELEMENTS (ways); way++)
    {
      g_autoptr (GfFuture) ready = get_ready ();
      g_autoptr (GfFuture) derived = here_then (ready);
      g_autoptr (GfFuture) second = here_then (derived);

      ways[way] (second);
      test_assert_int (second, 2);
    }
  if (foreign)
    {
      g_autoptr (GError) error = NULL;

      /* another thread's: not run here */
      g_assert_false (gf_future_wait (foreign, 1000, NULL, &error));
      g_assert_error (error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT);
    }
  g_main_context_pop_thread_default (context);
  return NULL;
}

static void
test_thread_with_its_own_context (void)
{
  g_autoptr (GfFuture) ready = get_ready ();
  Step step = { 0 };
  g_autoptr (GfFuture) here = step_then (ready, &step);

  test_in_thread (own_context_thread, here);
  g_assert_cmpuint (step.n_calls, ==, 0);
  g_assert_true (gf_future_wait (here, -1, NULL, NULL));
  g_assert_cmpuint (step.n_calls, ==, 1);
  g_assert_true (step.thread == g_thread_self ());
}

static void
test_pushed_context (void)
{
  /* a context that nobody runs, and that this thread can acquire */
  g_autoptr (GMainContext) context = g_main_context_new ();
  g_autoptr (GfFuture) ready = get_ready ();
  g_autoptr (GfFuture) derived = NULL;

  g_main_context_push_thread_default (context);
  derived = here_then (ready);
  g_assert_true (gf_future_wait (derived, TEST_DEADLINE_US, NULL, NULL));
  test_assert_int (derived, 1);
  g_main_context_pop_thread_default (context);
  test_drain_in (context);
}

static gpointer
loop_thread (gpointer loop)
{
  g_main_context_push_thread_default (g_main_loop_get_context (loop));
  g_main_loop_run (loop);
  g_main_context_pop_thread_default (g_main_loop_get_context (loop));
  return NULL;
}

static gboolean
quit_cb (gpointer loop)
{
  g_main_loop_quit (loop);
  return G_SOURCE_REMOVE;
}

static GfFuture *
chain_at_home (GfFuture  *settled,
               gpointer   data,
               GError   **error)
{
  g_autoptr (GfFuture) ready = get_ready ();

  g_assert_true (g_thread_self () != data);
  return here_then (ready);
}

static void
test_loop_in_another_thread (void)
{
  g_autoptr (GMainContext) context = g_main_context_new ();
  g_autoptr (GMainLoop) loop = g_main_loop_new (context, FALSE);
  g_autoptr (GSource) quit = g_idle_source_new ();
  GThread *thread;

  g_main_context_push_thread_default (context);
  {
    g_autoptr (GfFuture) ready = get_ready ();
    g_autoptr (GfFuture) derived = gf_future_then (ready, chain_at_home, g_thread_self (), NULL);
    g_autoptr (GfFuture) pool_free = gf_future_then (derived, add_one, NULL, NULL);

    g_main_context_pop_thread_default (context);
    thread = g_thread_new ("loop", loop_thread, loop);
    /* it runs there, whoever wants it */
    g_assert_true (gf_future_wait (pool_free, TEST_DEADLINE_US, NULL, NULL));
    test_assert_int (pool_free, 2);
  }
  g_source_set_callback (quit, quit_cb, loop, NULL);
  g_source_attach (quit, context);
  g_thread_join (thread);
}

/* Many */

static void *
million_links (void *data)
{
  g_autoptr (GMainContext) context = g_main_context_new ();

  g_main_context_push_thread_default (context);
  for (guint settled = 0; settled < 2; settled++)
    {
      g_autoptr (GfPromise) source = gf_promise_new ();
      GfFuture *last = g_object_ref (GF_FUTURE (source));
      GThread *thread = NULL;

      if (settled)
        gf_promise_resolve_int (source, 42);
      for (guint i = 0; i < TEST_MANY / 10; i++)
        {
          GfFuture *next = gf_future_then (last, add_one, NULL, NULL);

          g_object_unref (last);
          last = next;
        }
      if (!settled)
        thread = g_thread_new ("settle", test_resolve_thread, source);
      g_assert_true (gf_future_wait (last, -1, NULL, NULL));
      test_assert_int (last, 42 + TEST_MANY / 10);
      if (thread)
        g_thread_join (thread);
      g_object_unref (last);
      test_drain_in (context);
    }
  g_main_context_pop_thread_default (context);
  return NULL;
}

static GfFuture *
recurse (GfFuture  *settled,
         gpointer   data,
         GError   **error)
{
  guint *left = data;
  g_autoptr (GfFuture) ready = get_ready ();

  return --*left > 0 ? gf_future_then (ready, recurse, left, NULL) : gf_future_new_for_int (6);
}

static void *
million_adopted (void *data)
{
  g_autoptr (GMainContext) context = g_main_context_new ();
  g_autoptr (GfFuture) ready = NULL;
  g_autoptr (GfFuture) first = NULL;
  guint left = TEST_MANY / 10;

  g_main_context_push_thread_default (context);
  ready = get_ready ();
  first = gf_future_then (ready, recurse, &left, NULL);
  g_assert_true (gf_future_wait (first, -1, NULL, NULL));
  test_assert_int (first, 6);
  test_drain_in (context);
  g_main_context_pop_thread_default (context);
  return NULL;
}

static void
test_many (gconstpointer func)
{
  test_on_small_stack ((void *(*) (void *)) func, NULL);
}

static void
test_many_short_waits_for_a_long_chain (void)
{
  /* marking is not paid for again with each wait, nor does a mark stay */
  g_autoptr (GfPromise) source = gf_promise_new ();
  GfFuture *last = g_object_ref (GF_FUTURE (source));

  for (guint i = 0; i < 1000; i++)
    {
      GfFuture *next = gf_future_then (last, add_one, NULL, NULL);

      g_object_unref (last);
      last = next;
    }
  for (guint i = 0; i < 200; i++)
    g_assert_false (gf_future_wait (last, 1, NULL, NULL));
  gf_promise_resolve_int (source, 0);
  test_turn_until_done (last);
  test_assert_int (last, 1000);
  g_object_unref (last);
}

/* Stress */

static void
test_stress_workers_wait_for_here (void)
{
  g_autoptr (GfExecutor) pool = gf_thread_pool_executor_new (4);
  guint n = 8;

  for (guint round = 0; round < test_rounds (800); round++)
    {
      GfPromise *sources[8];
      GfFuture *derived[8], *tasks[8];

      for (guint i = 0; i < n; i++)
        {
          g_autoptr (GfFuture) first = NULL;

          sources[i] = gf_promise_new ();
          first = here_then (sources[i]);
          derived[i] = here_then (first);
          tasks[i] = gf_executor_submit (pool, wait_task, derived[i], NULL);
        }
      for (guint i = 0; i < n; i++)
        gf_promise_resolve_int (sources[i], (int) i);
      if (round % 4 == 0)
        g_assert_true (gf_wait (tasks, n, GF_RETURN_WHEN_ALL_COMPLETED, TEST_DEADLINE_US, NULL, NULL));
      else if (round % 4 == 1)
        {
          g_autoptr (GfFutureSet) set = gf_future_all (tasks, n);

          g_assert_true (gf_future_wait (GF_FUTURE (set), TEST_DEADLINE_US, NULL, NULL));
        }
      else if (round % 4 == 2)
        {
          g_autoptr (GfFutureIterator) iterator = gf_as_completed (tasks, n);

          for (guint i = 0; i < n; i++)
            g_object_unref (gf_future_iterator_next (iterator, TEST_DEADLINE_US, NULL, NULL));
        }
      else
        for (guint i = 0; i < n; i++)
          g_assert_true (gf_future_wait (tasks[n - 1 - i], TEST_DEADLINE_US, NULL, NULL));
      for (guint i = 0; i < n; i++)
        {
          test_assert_int (tasks[i], (int) i + 2);
          g_object_unref (sources[i]);
          g_object_unref (derived[i]);
          g_object_unref (tasks[i]);
        }
    }
  gf_executor_shutdown (pool, TRUE, FALSE);
  test_drain ();
}

static void
short_wait_task (GfPromise  *promise,
                 gpointer    future,
                 GError    **error)
{
  for (guint i = 1; !gf_future_wait (future, i % 50, NULL, NULL); i++)
    ;
  gf_promise_resolve_int (promise, gf_future_get_int (future, NULL));
}

static void
test_stress_wanted_and_not_wanted_any_more (void)
{
  g_autoptr (GfExecutor) pool = gf_thread_pool_executor_new (4);

  for (guint round = 0; round < test_rounds (1000); round++)
    {
      g_autoptr (GfExecutor) workers = g_object_ref (pool);
      g_autoptr (GfFuture) task = gf_executor_submit (workers, answer_task, GINT_TO_POINTER (7), NULL);
      g_autoptr (GfFuture) derived = here_then (task);
      g_autoptr (GfFuture) last = here_then (derived);
      g_autoptr (GfFuture) a = gf_executor_submit (workers, short_wait_task, last, NULL);
      g_autoptr (GfFuture) b = gf_executor_submit (workers, short_wait_task, derived, NULL);
      GfFuture *both[] = { a, b };

      while (!gf_wait (both, 2, GF_RETURN_WHEN_ALL_COMPLETED, round % 2 ? 20 : -1, NULL, NULL))
        ;
      test_assert_int (a, 9);
      test_assert_int (b, 8);
    }
  gf_executor_shutdown (pool, TRUE, FALSE);
  test_drain ();
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

#define ADD(path, name) g_test_add_func ("/wanted/" path, test_##name)
  ADD ("direct", direct);
  ADD ("of-a-settled-source", of_a_settled_source);
  ADD ("several-links", several_links);
  ADD ("outcomes-that-pass-through", outcomes_that_pass_through);
  ADD ("adopted-links", adopted_links);
  ADD ("adopted-that-was-registered-before", adopted_that_was_registered_before);

  ADD ("nothing-else-runs", nothing_else_runs);
  ADD ("not-in-a-later-wait", not_in_a_later_wait);
  ADD ("look-only-does-not-block", look_only_does_not_block);
  ADD ("cancelled-while-it-is-wanted", cancelled_while_it_is_wanted);
  ADD ("wait-is-cancelled", wait_is_cancelled);
  ADD ("source-fails-by-timeout", source_fails_by_timeout);

  ADD ("within/a-continuation", within_a_continuation);
  ADD ("within/a-continuation-for-itself", within_a_continuation_for_itself);
  ADD ("within/a-continuation-for-what-depends-on-it", within_a_continuation_for_what_depends_on_it);
  ADD ("within/a-done-handler", within_a_done_handler);

  ADD ("elsewhere/task-waits-for-a-continuation-of-its-waiter", task_waits_for_a_continuation_of_its_waiter);
  ADD ("elsewhere/task-of-a-task-waits", task_of_a_task_waits);
  ADD ("elsewhere/wanted-by-a-thread-that-nobody-knows-to-depend-on",
       wanted_by_a_thread_that_nobody_knows_to_depend_on);
  ADD ("elsewhere/wanted-by-a-set-in-a-task", wanted_by_a_set_in_a_task);

  ADD ("context/thread-with-its-own", thread_with_its_own_context);
  ADD ("context/pushed", pushed_context);
  ADD ("context/loop-in-another-thread", loop_in_another_thread);

  g_test_add_data_func ("/wanted/many/links", (gconstpointer) million_links, test_many);
  g_test_add_data_func ("/wanted/many/adopted", (gconstpointer) million_adopted, test_many);
  ADD ("many/short-waits-for-a-long-chain", many_short_waits_for_a_long_chain);

  ADD ("stress/workers-wait-for-here", stress_workers_wait_for_here);
  ADD ("stress/wanted-and-not-wanted-any-more", stress_wanted_and_not_wanted_any_more);
#undef ADD

  return g_test_run ();
}

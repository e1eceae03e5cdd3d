/* test-future-chain.c - then, catch and finally
 *
 * The rules of Promises/A+ as far as they apply are cases of their own, with the
 * number of the rule in the name.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "test-chains.h"

/* What is returned */

static void
test_then_returns_first (void)
{
  g_autoptr (GfFuture) source = gf_future_new_for_int (1);
  Step step = { 0 };
  g_autoptr (GfFuture) derived = step_then (source, &step);

  g_assert_true (GF_IS_FUTURE (derived));
  g_assert_true (derived != source);
  g_assert_cmpuint (step.n_calls, ==, 0);
  test_assert_state (derived, PENDING);
  finish_then (derived);
  g_assert_cmpuint (step.n_calls, ==, 1);
  g_assert_true (step.settled == source);
}

static void
test_chain_is_then (void)
{
  g_autoptr (GfFuture) source = gf_future_new_for_int (1);
  Step step = { 0 };
  g_autoptr (GfFuture) derived = gf_future_chain (source, step_run, &step, step_release);

  step.give = gf_future_new_for_int (2);
  g_assert_cmpuint (step.n_calls, ==, 0);
  finish_then (derived);
  test_assert_int (derived, 2);
  g_assert_cmpuint (step.n_released, ==, 1);
}

static void
test_then_runs_in_the_registering_context (void)
{
  g_autoptr (GMainContext) context = g_main_context_new ();
  g_autoptr (GfPromise) source = gf_promise_new ();
  g_autoptr (GfFuture) derived = NULL;
  Step step = { 0 };
  guint n_done = 0;

  g_main_context_push_thread_default (context);
  derived = step_then (source, &step);
  g_main_context_pop_thread_default (context);
  g_signal_connect (derived, "done", G_CALLBACK (count_done_cb), &n_done);
  gf_promise_resolve_int (source, 1);
  test_drain ();
  g_assert_cmpuint (step.n_calls, ==, 0);
  test_turn_until_in (context, n_done == 1);
  g_assert_cmpuint (step.n_calls, ==, 1);
  g_assert_cmpuint (step.n_released, ==, 1);
}

static gpointer
turn_thread (gpointer data)
{
  GMainLoop *loop = data;

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

static void
test_then_runs_in_the_thread_of_its_context (void)
{
  g_autoptr (GMainContext) context = g_main_context_new ();
  g_autoptr (GMainLoop) loop = g_main_loop_new (context, FALSE);
  g_autoptr (GfPromise) source = gf_promise_new ();
  g_autoptr (GfFuture) derived = NULL;
  g_autoptr (GSource) quit = g_idle_source_new ();
  TestGate gate;
  Step step = { .gate = &gate };
  GThread *thread;

  test_gate_init (&gate);
  g_main_context_push_thread_default (context);
  derived = step_then (source, &step);
  g_main_context_pop_thread_default (context);
  thread = g_thread_new ("loop", turn_thread, loop);
  gf_promise_resolve_int (source, 1);
  test_gate_await (&gate, 1);
  g_assert_true (step.thread == thread);
  g_assert_true (step.context == context);
  g_source_set_callback (quit, quit_cb, loop, NULL);
  g_source_attach (quit, context);
  g_thread_join (thread);
  test_gate_clear (&gate);
}

static void
test_then_null_is_no_value (void)
{
  g_autoptr (GfFuture) source = gf_future_new_for_int (1);
  Step step = { 0 };
  g_autoptr (GfFuture) derived = finish_then (step_then (source, &step));

  test_assert_no_value (derived);
}

static void
test_then_error_fails (void)
{
  g_autoptr (GfFuture) source = gf_future_new_for_int (1);
  Step step = { .fail = TRUE };
  g_autoptr (GfFuture) derived = finish_then (step_then (source, &step));

  test_assert_failed (derived, G_IO_ERROR, G_IO_ERROR_BUSY);
  g_assert_cmpstr (gf_future_get_error (derived)->message, ==, "a step failed");
}

static void
test_then_itself_passes_through (void)
{
  g_autoptr (GfFuture) source = gf_future_new_for_string ("a value");
  Step step = { .pass = TRUE };
  g_autoptr (GfFuture) derived = finish_then (step_then (source, &step));

  g_assert_cmpuint (step.n_calls, ==, 1);
  g_assert_cmpstr (gf_future_get_string (derived, NULL), ==, "a value");
}

static void
test_then_state_while_it_runs (void)
{
  g_autoptr (GfPromise) source = gf_promise_new ();
  g_autoptr (GfPromise) inner = gf_promise_new ();
  Step step = { .give = g_object_ref (GF_FUTURE (inner)) };
  g_autoptr (GfFuture) derived = step_then (source, &step);

  test_assert_state (derived, PENDING);
  gf_promise_resolve_int (source, 1);
  test_assert_state (derived, PENDING);
  test_turn_until (step.n_calls == 1);
  g_assert_cmpint (step.current_state, ==, GF_FUTURE_STATE_RUNNING);
  g_assert_true (GF_FUTURE (step.current) == derived);
  test_drain ();
  test_assert_state (derived, RUNNING);
  g_assert_null (gf_promise_get_current ());
  gf_promise_resolve_int (inner, 2);
  /* in the thread that settles it, at once */
  test_assert_int (derived, 2);
}

static void
test_then_done_is_emitted_once (void)
{
  g_autoptr (GfPromise) source = gf_promise_new ();
  Step step = { 0 };
  g_autoptr (GfFuture) derived = step_then (source, &step);
  guint n_done = 0, n_callbacks = 0;

  g_signal_connect (derived, "done", G_CALLBACK (count_done_cb), &n_done);
  gf_future_add_done_callback (derived, NULL, count_callback, &n_callbacks, NULL);
  gf_promise_resolve_int (source, 1);
  test_turn_until (n_callbacks == 1);
  test_drain ();
  g_assert_cmpuint (n_done, ==, 1);
  g_assert_cmpuint (n_callbacks, ==, 1);
}

static void
test_then_after_done_and_callbacks_before_it (void)
{
  g_autoptr (GfPromise) source = gf_promise_new ();
  g_autoptr (GfFuture) derived = NULL;
  guint n_done = 0, n_callbacks = 0;
  Step step = { 0 };

  gf_future_add_done_callback (GF_FUTURE (source), NULL, count_callback, &n_callbacks, NULL);
  derived = step_then (source, &step);
  g_signal_connect (source, "done", G_CALLBACK (count_done_cb), &n_done);
  gf_promise_resolve_int (source, 1);
  while (step.n_calls == 0)
    g_main_context_iteration (NULL, TRUE);
  g_assert_cmpuint (n_done, ==, 1);
  g_assert_cmpuint (n_callbacks, ==, 1);
}

/* Which outcome runs what */

static gboolean
takes (Kind    kind,
       Outcome outcome)
{
  return kind == KIND_FINALLY || (kind == KIND_THEN) == (outcome == OUTCOME_VALUE);
}

/* Every kind, for every outcome, registered before and after it came. */
static void
test_outcomes_matrix (void)
{
  for (Kind kind = KIND_THEN; kind <= KIND_FINALLY; kind++)
    for (Outcome outcome = OUTCOME_VALUE; outcome <= OUTCOME_DROPPED; outcome++)
      for (guint late = 0; late < (outcome == OUTCOME_DROPPED ? 1 : 3); late++)
        {
          g_autoptr (GfPromise) source = gf_promise_new ();
          g_autoptr (GfFuture) derived = NULL;
          Step step = { 0 };

          if (late == 0)
            derived = step_register (source, &step, kind);
          settle (&source, outcome);
          if (late == 2)
            test_drain ();
          if (late > 0)
            derived = step_register (source, &step, kind);
          g_assert_cmpuint (step.n_calls, ==, 0);
          test_turn_until (gf_future_is_done (derived) && step.n_released == 1);
          test_drain ();
          g_assert_cmpuint (step.n_calls, ==, takes (kind, outcome));
          g_assert_cmpuint (step.n_released, ==, 1);
          g_assert_true (step.released == g_thread_self ());
          if (kind != KIND_FINALLY && takes (kind, outcome))
            test_assert_no_value (derived);
          else
            assert_outcome (derived, outcome);
        }
}

static void
test_outcomes_settled_in_a_thread (void)
{
  for (Kind kind = KIND_THEN; kind <= KIND_FINALLY; kind++)
    for (guint cancel = 0; cancel < 2; cancel++)
      {
        g_autoptr (GfPromise) source = gf_promise_new ();
        Step step = { 0 };
        g_autoptr (GfFuture) derived = step_register (source, &step, kind);

        test_in_thread (cancel ? test_cancel_thread : test_resolve_thread, source);
        g_assert_cmpuint (step.n_calls, ==, 0);
        g_assert_cmpuint (step.n_released, ==, 0);
        test_turn_until (gf_future_is_done (derived) && step.n_released == 1);
        g_assert_cmpuint (step.n_calls, ==, takes (kind, cancel ? OUTCOME_CANCELLED : OUTCOME_VALUE));
        if (step.n_calls)
          g_assert_true (step.thread == g_thread_self ());
        g_assert_true (step.released == g_thread_self ());
      }
}

static void
test_catch_recovers (void)
{
  g_autoptr (GfFuture) source = test_failed_new ("lost");
  Step failed = { 0 }, caught = { 0 }, next = { .pass = TRUE };
  g_autoptr (GfFuture) first = step_then (source, &failed);
  g_autoptr (GfFuture) second = step_catch (first, &caught);
  g_autoptr (GfFuture) third = step_then (second, &next);

  caught.give = gf_future_new_for_int (7);
  finish_then (third);
  test_assert_int (third, 7);
  g_assert_cmpuint (failed.n_calls, ==, 0);
  g_assert_cmpuint (caught.n_calls, ==, 1);
  g_assert_true (caught.settled == first);
  g_assert_cmpuint (next.n_calls, ==, 1);
}

static void
test_catch_rethrows (void)
{
  g_autoptr (GfFuture) source = test_failed_new ("lost");
  Step step = { .pass = TRUE };
  g_autoptr (GfFuture) derived = finish_then (step_catch (source, &step));

  test_assert_failed (derived, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
  g_assert_cmpstr (gf_future_get_error (derived)->message, ==, "lost");
}

static void
test_values_pass_through (void)
{
  TestRecord record;
  g_autoptr (GfFuture) source = NULL;
  Step steps[3] = { 0 };
  g_autoptr (GfFuture) a = NULL;
  g_autoptr (GfFuture) b = NULL;
  g_autoptr (GfFuture) c = NULL;
  TestWitness *witness;

  test_record_init (&record);
  witness = test_witness_new (&record);
  source = gf_future_new_for_object (witness);
  steps[1].pass = TRUE;
  a = step_catch (source, &steps[0]);
  b = step_then (a, &steps[1]);
  c = step_finally (b, &steps[2]);
  finish_then (c);
  g_assert_cmpuint (steps[0].n_calls, ==, 0);
  g_assert_true (gf_future_get_object (c, NULL) == (gpointer) witness);
  g_object_unref (witness);
  g_clear_object (&source);
  g_clear_object (&a);
  g_clear_object (&b);
  test_drain ();
  g_assert_true (gf_future_get_object (c, NULL) == (gpointer) witness);
  g_clear_object (&c);
  test_drain ();
  g_assert_cmpuint (test_record_get_n_finalized (&record), ==, 1);
  test_record_clear (&record);
}

/* Finally */

static void
test_finally_waits_for_what_it_returns (void)
{
  g_autoptr (GfFuture) source = gf_future_new_for_int (5);
  g_autoptr (GfPromise) inner = gf_promise_new ();
  Step step = { .give = g_object_ref (GF_FUTURE (inner)) };
  g_autoptr (GfFuture) derived = step_finally (source, &step);

  test_turn_until (step.n_calls == 1);
  test_drain ();
  test_assert_state (derived, RUNNING);
  gf_promise_resolve_int (inner, 6);
  finish_then (derived);
  test_assert_int (derived, 5);
}

static void
test_finally_keeps_the_outcome (void)
{
  for (Outcome outcome = OUTCOME_VALUE; outcome <= OUTCOME_DROPPED; outcome++)
    for (guint what = 0; what < 3; what++)
      {
        g_autoptr (GfPromise) source = gf_promise_new ();
        Step step = { 0 };
        g_autoptr (GfFuture) derived = step_finally (source, &step);

        /* nothing; itself; something else that succeeds */
        if (what == 1)
          step.pass = TRUE;
        else if (what == 2)
          step.give = gf_future_new_for_int (1);
        settle (&source, outcome);
        finish_then (derived);
        g_assert_cmpuint (step.n_calls, ==, 1);
        assert_outcome (derived, outcome);
      }
}

static void
test_finally_fails_if_it_fails (void)
{
  for (Outcome outcome = OUTCOME_VALUE; outcome <= OUTCOME_DROPPED; outcome++)
    for (guint what = 0; what < 5; what++)
      {
        g_autoptr (GfPromise) source = gf_promise_new ();
        g_autoptr (GfPromise) inner = gf_promise_new ();
        Step step = { 0 };
        g_autoptr (GfFuture) derived = step_finally (source, &step);

        if (what == 0)
          step.fail = TRUE;
        else if (what == 1)
          step.give = test_failed_new ("inner");
        else if (what == 2)
          step.give = test_cancelled_new ();
        else
          step.give = g_object_ref (GF_FUTURE (inner));
        settle (&source, outcome);
        test_turn_until (step.n_calls == 1);
        if (what == 3)
          gf_promise_reject_literal (inner, G_IO_ERROR, G_IO_ERROR_NOT_FOUND, "inner");
        else if (what == 4)
          gf_future_cancel (GF_FUTURE (inner));
        finish_then (derived);
        if (what == 0)
          test_assert_failed (derived, G_IO_ERROR, G_IO_ERROR_BUSY);
        else if (what % 2)
          {
            test_assert_failed (derived, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
            g_assert_cmpstr (gf_future_get_error (derived)->message, ==, "inner");
          }
        else
          test_assert_state (derived, CANCELLED);
      }
}

static void
test_finally_is_cancelled_while_it_waits (void)
{
  g_autoptr (GfFuture) source = gf_future_new_for_int (5);
  g_autoptr (GfPromise) inner = gf_promise_new ();
  Step step = { .give = g_object_ref (GF_FUTURE (inner)) };
  g_autoptr (GfFuture) derived = step_finally (source, &step);

  test_turn_until (step.n_calls == 1);
  test_drain ();
  g_assert_true (gf_future_cancel (derived));
  test_assert_state (derived, CANCELLED);
  test_assert_state (inner, CANCELLED);
  test_drain ();
  g_assert_cmpuint (step.n_released, ==, 1);
}

/* Cycles */

static GfFuture *
return_slot (GfFuture  *settled,
             gpointer   slot,
             GError   **error)
{
  return g_object_ref (*(GfFuture **) slot);
}

static void
test_cycle_of_three (void)
{
  g_autoptr (GfFuture) source = gf_future_new_for_int (1);
  GfFuture *last = NULL;
  Step steps[2] = { 0 };
  g_autoptr (GfFuture) a = gf_future_then (source, return_slot, &last, NULL);
  g_autoptr (GfFuture) b = step_then (a, &steps[0]);
  g_autoptr (GfFuture) c = step_then (b, &steps[1]);

  last = c;
  finish_then (c);
  test_assert_failed (a, GF_FUTURE_ERROR, GF_FUTURE_ERROR_INVALID_STATE);
  test_assert_failed (b, GF_FUTURE_ERROR, GF_FUTURE_ERROR_INVALID_STATE);
  test_assert_failed (c, GF_FUTURE_ERROR, GF_FUTURE_ERROR_INVALID_STATE);
  g_assert_cmpuint (steps[0].n_calls + steps[1].n_calls, ==, 0);
  last = NULL;
  g_assert_finalize_object (g_steal_pointer (&c));
  g_assert_finalize_object (g_steal_pointer (&b));
  g_assert_finalize_object (g_steal_pointer (&a));
}

static void
test_cycle_through_a_set (void)
{
  g_autoptr (GfFuture) source = gf_future_new_for_int (1);
  g_autoptr (GfPromise) other = gf_promise_new ();
  GfFuture *slot = NULL;
  Step step = { 0 };
  g_autoptr (GfFuture) a = gf_future_then (source, return_slot, &slot, NULL);
  g_autoptr (GfFuture) b = step_then (a, &step);
  GfFuture *members[] = { GF_FUTURE (other), b };
  g_autoptr (GfFuture) set = GF_FUTURE (gf_future_all_settled (members, 2));

  slot = set;
  finish_then (a);
  test_assert_failed (a, GF_FUTURE_ERROR, GF_FUTURE_ERROR_INVALID_STATE);
  finish_then (b);
  test_assert_state (set, PENDING);
  gf_promise_resolve_int (other, 1);
  test_assert_no_value (set);
}

static void
test_cycle_of_two_that_return_each_other (void)
{
  g_autoptr (GfPromise) source = gf_promise_new ();
  GfFuture *slots[2] = { NULL };
  g_autoptr (GfFuture) a = gf_future_then (GF_FUTURE (source), return_slot, &slots[1], NULL);
  g_autoptr (GfFuture) b = gf_future_then (GF_FUTURE (source), return_slot, &slots[0], NULL);

  slots[0] = a;
  slots[1] = b;
  gf_promise_resolve_int (source, 1);
  finish_then (b);
  finish_then (a);
  test_assert_failed (a, GF_FUTURE_ERROR, GF_FUTURE_ERROR_INVALID_STATE);
  test_assert_failed (b, GF_FUTURE_ERROR, GF_FUTURE_ERROR_INVALID_STATE);
}

static void
test_cycle_of_seven_through_adoption (void)
{
  g_autoptr (GfPromise) source = gf_promise_new ();
  GfFuture *futures[7], *between[7], *slots[7];
  Step steps[7] = { 0 };

  /* each waits for the next through a link between */
  for (guint i = 0; i < 7; i++)
    {
      futures[i] = gf_future_then (GF_FUTURE (source), return_slot, &slots[i], NULL);
      between[i] = step_finally (futures[i], &steps[i]);
    }
  for (guint i = 0; i < 7; i++)
    slots[i] = between[(i + 1) % 7];
  gf_promise_resolve_int (source, 1);
  for (guint i = 0; i < 7; i++)
    {
      finish_then (futures[i]);
      finish_then (between[i]);
    }
  for (guint i = 0; i < 7; i++)
    {
      test_assert_failed (futures[i], GF_FUTURE_ERROR, GF_FUTURE_ERROR_INVALID_STATE);
      g_object_unref (futures[i]);
      g_object_unref (between[i]);
      g_assert_cmpuint (steps[i].n_calls, ==, 1);
    }
}

static void
test_cycle_of_finally (void)
{
  g_autoptr (GfFuture) source = gf_future_new_for_int (1);
  GfFuture *last = NULL;
  Step step = { 0 };
  g_autoptr (GfFuture) a = gf_future_finally (source, return_slot, &last, NULL);
  g_autoptr (GfFuture) b = step_finally (a, &step);

  last = b;
  finish_then (b);
  test_assert_failed (a, GF_FUTURE_ERROR, GF_FUTURE_ERROR_INVALID_STATE);
  test_assert_failed (b, GF_FUTURE_ERROR, GF_FUTURE_ERROR_INVALID_STATE);
  g_assert_cmpuint (step.n_calls, ==, 1);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

#define ADD(path, name) g_test_add_func ("/chain/" path, test_##name)
  ADD ("then/returns-first", then_returns_first);
  ADD ("then/chain-is-then", chain_is_then);
  ADD ("then/runs-in-the-registering-context", then_runs_in_the_registering_context);
  ADD ("then/runs-in-the-thread-of-its-context", then_runs_in_the_thread_of_its_context);
  ADD ("then/null-is-no-value", then_null_is_no_value);
  ADD ("then/error-fails", then_error_fails);
  ADD ("then/itself-passes-through", then_itself_passes_through);
  ADD ("then/state-while-it-runs", then_state_while_it_runs);
  ADD ("then/done-is-emitted-once", then_done_is_emitted_once);
  ADD ("then/after-done-and-callbacks-before-it", then_after_done_and_callbacks_before_it);

  ADD ("outcomes/matrix", outcomes_matrix);
  ADD ("outcomes/settled-in-a-thread", outcomes_settled_in_a_thread);
  ADD ("outcomes/catch-recovers", catch_recovers);
  ADD ("outcomes/catch-rethrows", catch_rethrows);
  ADD ("outcomes/values-pass-through", values_pass_through);

  ADD ("finally/waits-for-what-it-returns", finally_waits_for_what_it_returns);
  ADD ("finally/keeps-the-outcome", finally_keeps_the_outcome);
  ADD ("finally/fails-if-it-fails", finally_fails_if_it_fails);
  ADD ("finally/is-cancelled-while-it-waits", finally_is_cancelled_while_it_waits);

  ADD ("cycle/of-three", cycle_of_three);
  ADD ("cycle/through-a-set", cycle_through_a_set);
  ADD ("cycle/of-two-that-return-each-other", cycle_of_two_that_return_each_other);
  ADD ("cycle/of-seven-through-adoption", cycle_of_seven_through_adoption);
  ADD ("cycle/of-finally", cycle_of_finally);
#undef ADD

  return g_test_run ();
}

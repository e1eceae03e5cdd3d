/* test-chain-cancel.c - chains that are cancelled, that break, and what becomes of the data
 *
 * Who is interested in a future, and who is not; what is released, when and where.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "test-chains.h"

/* Cancellation */

static void
test_cancel_reaches_the_source (void)
{
  for (Kind kind = KIND_THEN; kind <= KIND_FINALLY; kind++)
    {
      g_autoptr (GfPromise) source = gf_promise_new ();
      Step step = { 0 };
      g_autoptr (GfFuture) derived = step_register (source, &step, kind);
      guint n_done = 0;

      g_signal_connect (derived, "done", G_CALLBACK (count_done_cb), &n_done);
      g_assert_true (gf_future_cancel (derived));
      test_assert_state (derived, CANCELLED);
      test_assert_state (source, CANCELLED);
      g_assert_cmpuint (n_done, ==, 0);
      g_assert_false (gf_future_cancel (derived));
      test_turn_until (n_done == 1 && step.n_released == 1);
      test_drain ();
      g_assert_cmpuint (step.n_calls, ==, 0);
      g_assert_cmpuint (n_done, ==, 1);
      g_assert_cmpuint (step.n_released, ==, 1);
      g_assert_finalize_object (g_steal_pointer (&derived));
      g_assert_finalize_object (g_steal_pointer (&source));
    }
}

static void
test_cancel_of_one_of_two (void)
{
  g_autoptr (GfPromise) source = gf_promise_new ();
  Step steps[2] = { 0 };
  g_autoptr (GfFuture) a = step_then (source, &steps[0]);
  g_autoptr (GfFuture) b = step_then (source, &steps[1]);

  g_assert_true (gf_future_cancel (a));
  test_assert_state (source, PENDING);
  test_assert_state (b, PENDING);
  g_assert_false (gf_future_cancel (a));
  test_assert_state (source, PENDING);
  g_assert_true (gf_future_cancel (b));
  test_assert_state (source, CANCELLED);
  test_drain ();
  g_assert_cmpuint (steps[0].n_calls + steps[1].n_calls, ==, 0);
  g_assert_cmpuint (steps[0].n_released, ==, 1);
  g_assert_cmpuint (steps[1].n_released, ==, 1);
}

static void
test_cancel_data_is_released_before_the_source_is_settled (void)
{
  g_autoptr (GfPromise) source = gf_promise_new ();
  Step steps[2] = { 0 };
  g_autoptr (GfFuture) a = step_then (source, &steps[0]);
  g_autoptr (GfFuture) b = step_then (source, &steps[1]);

  g_assert_true (gf_future_cancel (a));
  test_turn_until (steps[0].n_released == 1);
  test_assert_state (source, PENDING);
  gf_promise_resolve_int (source, 1);
  finish_then (b);
  g_assert_cmpuint (steps[0].n_released, ==, 1);
  g_assert_cmpuint (steps[0].n_calls, ==, 0);
  g_assert_cmpuint (steps[1].n_calls, ==, 1);
}

typedef enum
{
  OTHER_THEN,
  OTHER_CATCH,
  OTHER_FINALLY,
  OTHER_SET,
  OTHER_ITERATOR,
  OTHER_CALLBACK,
  OTHER_INLINE_CALLBACK,
  OTHER_RESULT_ASYNC,
  OTHER_WAIT,
  OTHER_GF_WAIT,
  OTHER_DONE_HANDLER,
  N_OTHERS
} Other;

static void
ignore_ready (GObject      *source,
              GAsyncResult *result,
              gpointer      data)
{
  ++*(guint *) data;
}

typedef struct
{
  GfFuture *future;
  gboolean several;
} WaitFor;

static gpointer
wait_thread (gpointer data)
{
  WaitFor *self = data;
  g_autoptr (GError) error = NULL;

  g_assert_true (self->several ? gf_wait (&self->future, 1, GF_RETURN_WHEN_ALL_COMPLETED, -1, NULL, &error)
                               : gf_future_wait (self->future, -1, NULL, &error));
  g_assert_no_error (error);
  return NULL;
}

static void
test_cancel_beside_other_observers (void)
{
  for (Other other = OTHER_THEN; other < N_OTHERS; other++)
    {
      g_autoptr (GfPromise) source = gf_promise_new ();
      g_autoptr (GCancellable) cancellable = g_cancellable_new ();
      GfFuture *future = GF_FUTURE (source);
      Step step = { 0 }, other_step = { 0 };
      guint n_calls = 0;
      g_autoptr (GfFuture) derived = NULL;
      g_autoptr (GObject) object = NULL;

      /* that one is tried with a thread, below */
      if (other == OTHER_WAIT || other == OTHER_GF_WAIT)
        continue;
      /* before it or after it */
      if (other % 2)
        derived = step_then (source, &step);
      switch (other)
        {
        case OTHER_THEN:
        case OTHER_CATCH:
        case OTHER_FINALLY:
          object = G_OBJECT (step_register (source, &other_step, (Kind) other));
          break;
        case OTHER_SET:
          object = G_OBJECT (gf_future_all (&future, 1));
          break;
        case OTHER_ITERATOR:
          object = G_OBJECT (gf_as_completed (&future, 1));
          break;
        case OTHER_CALLBACK:
          gf_future_add_done_callback (future, NULL, count_callback, &n_calls, NULL);
          break;
        case OTHER_INLINE_CALLBACK:
          gf_future_add_done_callback (future, gf_inline_executor_get (), count_callback, &n_calls, NULL);
          break;
        case OTHER_RESULT_ASYNC:
          gf_future_result_async (future, cancellable, ignore_ready, &n_calls);
          break;
        case OTHER_DONE_HANDLER:
          g_signal_connect (future, "done", G_CALLBACK (count_done_cb), &n_calls);
          break;
        case OTHER_WAIT:
        case OTHER_GF_WAIT:
        case N_OTHERS:
        default:
          g_assert_not_reached ();
        }
      if (!derived)
        derived = step_then (source, &step);
      g_assert_true (gf_future_cancel (derived));
      g_test_message ("observer %d", other);
      test_assert_state (source, PENDING);
      gf_promise_resolve_int (source, 1);
      test_drain ();
      g_assert_cmpuint (step.n_calls, ==, 0);
      g_assert_cmpuint (step.n_released, ==, 1);
      if (other == OTHER_THEN || other == OTHER_FINALLY)
        g_assert_cmpuint (other_step.n_calls, ==, 1);
      else if (other >= OTHER_CALLBACK)
        g_assert_cmpuint (n_calls, ==, 1);
    }
}

/* The same observers, when they are no longer there. */
static void
test_cancel_after_other_observers_left (void)
{
  for (Other other = OTHER_THEN; other < N_OTHERS; other++)
    {
      g_autoptr (GfPromise) source = gf_promise_new ();
      g_autoptr (GCancellable) cancellable = g_cancellable_new ();
      g_autoptr (GError) error = NULL;
      GfFuture *future = GF_FUTURE (source);
      Step step = { 0 }, other_step = { 0 };
      guint n_calls = 0;
      g_autoptr (GfFuture) derived = step_then (source, &step);
      g_autoptr (GObject) object = NULL;

      /* these do not leave */
      if (other == OTHER_CALLBACK || other == OTHER_INLINE_CALLBACK)
        {
          g_assert_true (gf_future_cancel (derived));
          test_drain ();
          continue;
        }
      switch (other)
        {
        case OTHER_THEN:
        case OTHER_CATCH:
        case OTHER_FINALLY:
          object = G_OBJECT (step_register (source, &other_step, (Kind) other));
          gf_future_cancel (GF_FUTURE (object));
          break;
        case OTHER_SET:
          object = G_OBJECT (gf_future_all (&future, 1));
          gf_future_cancel (GF_FUTURE (object));
          break;
        case OTHER_ITERATOR:
          object = G_OBJECT (gf_as_completed (&future, 1));
          g_assert_finalize_object (g_steal_pointer (&object));
          break;
        case OTHER_RESULT_ASYNC:
          gf_future_result_async (future, cancellable, ignore_ready, &n_calls);
          g_cancellable_cancel (cancellable);
          test_turn_until (n_calls == 1);
          break;
        case OTHER_DONE_HANDLER:
          g_signal_connect (future, "done", G_CALLBACK (count_done_cb), &n_calls);
          g_signal_handlers_disconnect_by_func (future, count_done_cb, &n_calls);
          break;
        case OTHER_WAIT:
          g_assert_false (gf_future_wait (future, 1, NULL, &error));
          g_assert_error (error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT);
          break;
        case OTHER_GF_WAIT:
          g_assert_false (gf_wait (&future, 1, GF_RETURN_WHEN_ALL_COMPLETED, 1, NULL, &error));
          g_assert_error (error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT);
          break;
        case OTHER_CALLBACK:
        case OTHER_INLINE_CALLBACK:
        case N_OTHERS:
        default:
          break;
        }
      g_test_message ("observer %d", other);
      test_assert_state (source, PENDING);
      g_assert_true (gf_future_cancel (derived));
      test_assert_state (source, CANCELLED);
      test_drain ();
      g_assert_cmpuint (step.n_released, ==, 1);
    }
}

/* A wait is of interest from the moment that it blocks, which nobody can see but
 * by what it is there for: till then the source is cancelled. */
static void
blocked_wait_keeps (gboolean several)
{
  for (guint64 spins = 1;; spins *= 2)
    {
      g_autoptr (GfPromise) source = gf_promise_new ();
      WaitFor wait_for = { GF_FUTURE (source), several };
      Step step = { 0 };
      g_autoptr (GfFuture) derived = step_then (source, &step);
      GThread *thread = g_thread_new ("wait", wait_thread, &wait_for);
      gboolean kept;

      for (guint64 i = 0; i < spins; i++)
        g_thread_yield ();
      g_assert_true (gf_future_cancel (derived));
      kept = !gf_future_is_done (GF_FUTURE (source));
      gf_promise_resolve_int (source, 1);
      g_thread_join (thread);
      test_drain ();
      g_assert_cmpuint (step.n_released, ==, 1);
      if (kept)
        break;
      g_assert_cmpuint (spins, <, 1 << 24);
    }
}

static void
test_cancel_beside_a_blocked_wait (void)
{
  blocked_wait_keeps (FALSE);
}

static void
test_cancel_beside_a_blocked_gf_wait (void)
{
  blocked_wait_keeps (TRUE);
}

static void
notify_cb (GObject    *object,
           GParamSpec *pspec,
           gpointer    data)
{
  ++*(guint *) data;
}

static void
test_cancel_notify_and_references_do_not_count (void)
{
  g_autoptr (GfPromise) source = gf_promise_new ();
  g_autoptr (GfPromise) reference = g_object_ref (source);
  guint n_notifies = 0;
  Step step = { 0 };
  g_autoptr (GfFuture) derived = step_then (source, &step);

  g_signal_connect (source, "notify::settled", G_CALLBACK (notify_cb), &n_notifies);
  g_signal_connect (source, "notify", G_CALLBACK (notify_cb), &n_notifies);
  g_assert_true (gf_future_cancel (derived));
  test_assert_state (source, CANCELLED);
  test_turn_until (n_notifies > 0);
}

static void
test_cancel_of_the_derived_of_a_derived (void)
{
  g_autoptr (GfPromise) source = gf_promise_new ();
  Step steps[4] = { 0 };
  g_autoptr (GfFuture) a = step_then (source, &steps[0]);
  g_autoptr (GfFuture) b = step_catch (a, &steps[1]);
  g_autoptr (GfFuture) c = step_finally (b, &steps[2]);
  g_autoptr (GfFuture) other = step_then (a, &steps[3]);

  /* up to where somebody else is interested */
  g_assert_true (gf_future_cancel (c));
  test_assert_state (b, CANCELLED);
  test_assert_state (a, PENDING);
  test_assert_state (source, PENDING);
  g_assert_true (gf_future_cancel (other));
  test_assert_state (a, CANCELLED);
  test_assert_state (source, CANCELLED);
  test_drain ();
  for (guint i = 0; i < G_N_ELEMENTS (steps); i++)
    {
      g_assert_cmpuint (steps[i].n_calls, ==, 0);
      g_assert_cmpuint (steps[i].n_released, ==, 1);
    }
}

static void
test_cancel_in_the_middle (void)
{
  g_autoptr (GfPromise) source = gf_promise_new ();
  Step steps[3] = { 0 };
  g_autoptr (GfFuture) a = step_then (source, &steps[0]);
  g_autoptr (GfFuture) b = step_then (a, &steps[1]);
  g_autoptr (GfFuture) c = step_catch (b, &steps[2]);

  steps[2].give = gf_future_new_for_int (8);
  g_assert_true (gf_future_cancel (b));
  test_assert_state (source, CANCELLED);
  test_assert_state (a, CANCELLED);
  test_assert_state (c, PENDING);
  finish_then (c);
  test_assert_int (c, 8);
  g_assert_cmpint (steps[2].state, ==, GF_FUTURE_STATE_CANCELLED);
}

static void
test_cancel_of_the_source_is_caught (void)
{
  g_autoptr (GfPromise) source = gf_promise_new ();
  Step steps[2] = { 0 };
  g_autoptr (GfFuture) a = step_then (source, &steps[0]);
  g_autoptr (GfFuture) b = step_catch (a, &steps[1]);

  g_assert_true (gf_future_cancel (GF_FUTURE (source)));
  finish_then (b);
  test_assert_state (a, CANCELLED);
  g_assert_cmpuint (steps[0].n_calls, ==, 0);
  g_assert_cmpuint (steps[1].n_calls, ==, 1);
  g_assert_cmpint (steps[1].state, ==, GF_FUTURE_STATE_CANCELLED);
}

static void
test_cancel_when_the_source_is_settled (void)
{
  g_autoptr (GfPromise) source = gf_promise_new ();
  Step step = { 0 };
  g_autoptr (GfFuture) derived = step_then (source, &step);

  gf_promise_resolve_int (source, 1);
  g_assert_true (gf_future_cancel (derived));
  test_assert_state (derived, CANCELLED);
  test_turn_until (step.n_released == 1);
  test_drain ();
  g_assert_cmpuint (step.n_calls, ==, 0);
  g_assert_cmpuint (step.n_released, ==, 1);
  test_assert_int (source, 1);
}

static void
test_cancel_in_a_done_handler_of_the_source_keeps_it_from_running (void)
{
  g_autoptr (GfPromise) source = gf_promise_new ();
  Step step = { 0 };
  g_autoptr (GfFuture) derived = step_then (source, &step);

  g_signal_connect_swapped (source, "done", G_CALLBACK (gf_future_cancel), derived);
  gf_promise_resolve_int (source, 1);
  test_turn_until (step.n_released == 1);
  test_drain ();
  g_assert_cmpuint (step.n_calls, ==, 0);
  test_assert_state (derived, CANCELLED);
}

static GfFuture *
cancel_itself (GfFuture  *settled,
               gpointer   data,
               GError   **error)
{
  GfPromise *current = gf_promise_get_current ();

  g_assert_true (gf_future_cancel (GF_FUTURE (current)));
  g_assert_true (gf_promise_should_stop (current));
  g_assert_true (g_cancellable_is_cancelled (gf_promise_get_cancellable (current)));
  return data ? g_object_ref (data) : NULL;
}

static void
test_cancel_during_the_continuation (void)
{
  for (guint settled = 0; settled < 3; settled++)
    {
      g_autoptr (GfFuture) source = gf_future_new_for_int (1);
      g_autoptr (GfPromise) inner = gf_promise_new ();
      g_autoptr (GfFuture) derived = gf_future_then (source, cancel_itself, settled == 2 ? NULL : inner, NULL);

      if (settled == 1)
        gf_promise_resolve_int (inner, 1);
      finish_then (derived);
      test_assert_state (derived, CANCELLED);
      /* what it returned is cancelled likewise, if it can be */
      if (settled == 0)
        test_assert_state (inner, CANCELLED);
      g_assert_finalize_object (g_steal_pointer (&derived));
    }
}

static void
test_cancel_during_the_continuation_spares_what_others_want (void)
{
  g_autoptr (GfFuture) source = gf_future_new_for_int (1);
  g_autoptr (GfPromise) inner = gf_promise_new ();
  Step step = { 0 };
  g_autoptr (GfFuture) other = step_then (inner, &step);
  g_autoptr (GfFuture) derived = gf_future_then (source, cancel_itself, inner, NULL);

  finish_then (derived);
  test_assert_state (derived, CANCELLED);
  test_assert_state (inner, PENDING);
  gf_promise_resolve_int (inner, 1);
  finish_then (other);
  g_assert_cmpuint (step.n_calls, ==, 1);
}

static void
test_cancel_while_the_adopted_is_pending (void)
{
  g_autoptr (GfFuture) source = gf_future_new_for_int (1);
  g_autoptr (GfPromise) inner = gf_promise_new ();
  Step step = { .give = g_object_ref (GF_FUTURE (inner)) };
  g_autoptr (GfFuture) derived = step_then (source, &step);

  test_turn_until (step.n_calls == 1);
  test_drain ();
  g_assert_cmpuint (step.n_released, ==, 1);
  g_assert_true (gf_future_cancel (derived));
  test_assert_state (inner, CANCELLED);
  test_assert_state (derived, CANCELLED);
  test_drain ();
  g_assert_cmpuint (step.n_released, ==, 1);
}

static void
until_stopped_task (GfPromise  *promise,
                    gpointer    gate,
                    GError    **error)
{
  test_gate_arrive (gate);
  while (!gf_promise_should_stop (promise))
    g_thread_yield ();
}

static void
test_cancel_stops_a_running_task (void)
{
  g_autoptr (GfExecutor) pool = gf_thread_pool_executor_new (1);
  TestGate gate;
  Step steps[3] = { 0 };
  g_autoptr (GfFuture) task = NULL;
  g_autoptr (GfFuture) waiting = NULL;
  g_autoptr (GfFuture) derived = NULL;
  g_autoptr (GfFuture) second = NULL;
  g_autoptr (GfFuture) unrun = NULL;

  test_gate_init (&gate);
  task = gf_executor_submit (pool, until_stopped_task, &gate, NULL);
  waiting = gf_executor_submit (pool, until_stopped_task, &gate, NULL);
  derived = step_then (task, &steps[0]);
  second = step_then (derived, &steps[1]);
  unrun = step_then (waiting, &steps[2]);
  test_gate_await (&gate, 1);
  g_assert_true (gf_future_cancel (unrun));
  test_assert_state (waiting, CANCELLED);
  g_assert_true (gf_future_cancel (second));
  test_assert_state (task, CANCELLED);
  gf_executor_shutdown (pool, TRUE, FALSE);
  g_assert_cmpuint (gate.arrived, ==, 1);
  test_drain ();
  g_assert_cmpuint (steps[0].n_calls + steps[1].n_calls + steps[2].n_calls, ==, 0);
  test_gate_clear (&gate);
}

static void
test_dropping_references_never_cancels (void)
{
  g_autoptr (GfPromise) source = gf_promise_new ();
  Step steps[2] = { 0 };
  GfFuture *a = step_then (source, &steps[0]);
  GfFuture *b = step_then (a, &steps[1]);

  steps[0].pass = TRUE;
  g_object_unref (a);
  g_object_unref (b);
  test_drain ();
  test_assert_state (source, PENDING);
  g_assert_cmpuint (steps[0].n_released, ==, 0);
  gf_promise_resolve_int (source, 1);
  test_turn_until (steps[1].n_released == 1);
  g_assert_cmpuint (steps[0].n_calls, ==, 1);
  g_assert_cmpuint (steps[1].n_calls, ==, 1);
}

static void
test_timeout_of_a_derived_one (void)
{
  g_autoptr (GfPromise) source = gf_promise_new ();
  Step steps[2] = { 0 };
  g_autoptr (GfFuture) derived = step_then (source, &steps[0]);
  g_autoptr (GfFuture) caught = step_catch (derived, &steps[1]);

  gf_future_set_timeout (derived, 1000);
  finish_then (caught);
  test_assert_failed (derived, G_IO_ERROR, G_IO_ERROR_TIMED_OUT);
  test_assert_state (source, CANCELLED);
  g_assert_cmpuint (steps[0].n_calls, ==, 0);
  g_assert_cmpuint (steps[0].n_released, ==, 1);
  g_assert_cmpuint (steps[1].n_calls, ==, 1);
  g_assert_cmpint (steps[1].state, ==, GF_FUTURE_STATE_FAILED);
}

static void
test_timeout_while_the_adopted_is_pending (void)
{
  g_autoptr (GfFuture) source = gf_future_new_for_int (1);
  g_autoptr (GfPromise) inner = gf_promise_new ();
  Step step = { .give = g_object_ref (GF_FUTURE (inner)) };
  g_autoptr (GfFuture) derived = step_then (source, &step);

  test_turn_until (step.n_calls == 1);
  gf_future_set_timeout (derived, 1000);
  finish_then (derived);
  test_assert_failed (derived, G_IO_ERROR, G_IO_ERROR_TIMED_OUT);
  test_assert_state (inner, CANCELLED);
}

static void
test_timeout_beside_another (void)
{
  g_autoptr (GfPromise) source = gf_promise_new ();
  Step steps[2] = { 0 };
  g_autoptr (GfFuture) derived = step_then (source, &steps[0]);
  g_autoptr (GfFuture) other = step_then (source, &steps[1]);

  gf_future_set_timeout (derived, 1);
  finish_then (derived);
  test_assert_state (source, PENDING);
  gf_promise_resolve_int (source, 1);
  finish_then (other);
  g_assert_cmpuint (steps[1].n_calls, ==, 1);
}

static void
test_cancellable_of_a_derived_one (void)
{
  g_autoptr (GfPromise) source = gf_promise_new ();
  g_autoptr (GCancellable) first = g_cancellable_new ();
  g_autoptr (GCancellable) second = g_cancellable_new ();
  Step step = { 0 };
  g_autoptr (GfFuture) derived = step_then (source, &step);

  gf_future_set_cancellable (derived, first);
  gf_future_set_cancellable (derived, second);
  g_cancellable_cancel (first);
  test_assert_state (derived, PENDING);
  gf_future_set_cancellable (derived, NULL);
  g_cancellable_cancel (second);
  test_assert_state (derived, PENDING);
  g_cancellable_reset (first);
  gf_future_set_cancellable (derived, first);
  test_in_thread (test_cancel_cancellable_thread, first);
  test_turn_until_done (derived);
  test_assert_state (derived, CANCELLED);
  test_turn_until_done (source);
  test_assert_state (source, CANCELLED);
  test_drain ();
  g_assert_cmpuint (step.n_released, ==, 1);
  g_clear_object (&derived);
  test_drain ();
  g_assert_cmpuint (G_OBJECT (first)->ref_count, ==, 1);
  g_assert_cmpuint (G_OBJECT (second)->ref_count, ==, 1);
}

static void
test_cancellable_that_is_cancelled_already (void)
{
  g_autoptr (GfPromise) source = gf_promise_new ();
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  Step step = { 0 };
  g_autoptr (GfFuture) derived = step_then (source, &step);

  g_cancellable_cancel (cancellable);
  gf_future_set_cancellable (derived, cancellable);
  test_turn_until_done (derived);
  test_assert_state (derived, CANCELLED);
  test_turn_until_done (source);
}

/* Promises that break */

static void
test_dropped_promise_breaks_the_chain (void)
{
  GfPromise *source = gf_promise_new ();
  Step steps[3] = { 0 };
  g_autoptr (GfFuture) a = step_then (source, &steps[0]);
  g_autoptr (GfFuture) b = step_then (a, &steps[1]);
  g_autoptr (GfFuture) c = step_catch (b, &steps[2]);

  g_object_unref (source);
  finish_then (c);
  test_assert_failed (a, GF_FUTURE_ERROR, GF_FUTURE_ERROR_BROKEN_PROMISE);
  test_assert_failed (b, GF_FUTURE_ERROR, GF_FUTURE_ERROR_BROKEN_PROMISE);
  test_assert_no_value (c);
  g_assert_cmpuint (steps[2].n_calls, ==, 1);
  for (guint i = 0; i < G_N_ELEMENTS (steps); i++)
    g_assert_cmpuint (steps[i].n_released, ==, 1);
}

static void
test_dropped_promise_in_a_thread (void)
{
  GfPromise *source = gf_promise_new ();
  Step step = { 0 };
  g_autoptr (GfFuture) derived = step_catch (source, &step);

  test_in_thread (test_drop_thread, source);
  finish_then (derived);
  g_assert_cmpuint (step.n_calls, ==, 1);
  g_assert_true (step.thread == g_thread_self ());
  g_assert_cmpint (step.state, ==, GF_FUTURE_STATE_FAILED);
}

static void
test_dropped_promise_that_was_adopted (void)
{
  g_autoptr (GfFuture) source = gf_future_new_for_int (1);
  Step step = { .give = GF_FUTURE (gf_promise_new ()) };
  g_autoptr (GfFuture) derived = step_then (source, &step);

  /* the continuation gave the only reference away */
  finish_then (derived);
  test_assert_failed (derived, GF_FUTURE_ERROR, GF_FUTURE_ERROR_BROKEN_PROMISE);
}

static void
test_home_is_gone_before_the_settling (void)
{
  GMainContext *context = g_main_context_new ();
  g_autoptr (GfPromise) source = gf_promise_new ();
  g_autoptr (GfFuture) derived = NULL;
  g_autoptr (GfFuture) caught = NULL;
  Step steps[2] = { 0 };

  g_main_context_push_thread_default (context);
  derived = step_then (source, &steps[0]);
  g_main_context_pop_thread_default (context);
  caught = step_catch (derived, &steps[1]);
  g_main_context_unref (context);
  gf_promise_resolve_int (source, 1);
  finish_then (caught);
  test_assert_failed (derived, GF_FUTURE_ERROR, GF_FUTURE_ERROR_BROKEN_PROMISE);
  g_assert_cmpuint (steps[0].n_calls, ==, 0);
  g_assert_cmpuint (steps[0].n_released, ==, 1);
  g_assert_cmpuint (steps[1].n_calls, ==, 1);
}

static void
test_home_is_gone_before_the_turn (void)
{
  GMainContext *context = g_main_context_new ();
  g_autoptr (GfPromise) source = gf_promise_new ();
  g_autoptr (GfFuture) derived = NULL;
  g_autoptr (GfFuture) caught = NULL;
  Step steps[2] = { 0 };

  g_main_context_push_thread_default (context);
  derived = step_finally (source, &steps[0]);
  g_main_context_pop_thread_default (context);
  caught = step_catch (derived, &steps[1]);
  gf_promise_resolve_int (source, 1);
  test_drain ();
  test_assert_state (derived, PENDING);
  g_main_context_unref (context);
  finish_then (caught);
  test_assert_failed (derived, GF_FUTURE_ERROR, GF_FUTURE_ERROR_BROKEN_PROMISE);
  g_assert_cmpuint (steps[0].n_calls, ==, 0);
  g_assert_cmpuint (steps[0].n_released, ==, 1);
  g_assert_cmpuint (steps[1].n_calls, ==, 1);
}

static void
test_home_is_gone_and_nothing_ever_settles (void)
{
  GMainContext *context = g_main_context_new ();
  GfPromise *source = gf_promise_new ();
  g_autoptr (GfFuture) derived = NULL;
  Step step = { 0 };

  g_main_context_push_thread_default (context);
  derived = step_then (source, &step);
  g_main_context_pop_thread_default (context);
  g_main_context_unref (context);
  g_assert_true (gf_future_cancel (derived));
  test_assert_state (source, CANCELLED);
  g_object_unref (source);
  test_drain ();
  g_assert_cmpuint (step.n_released, ==, 1);
  g_assert_cmpuint (step.n_calls, ==, 0);
}

static void
test_home_is_gone_while_the_adopted_is_pending (void)
{
  GMainContext *context = g_main_context_new ();
  g_autoptr (GfFuture) source = gf_future_new_for_int (1);
  g_autoptr (GfPromise) inner = gf_promise_new ();
  g_autoptr (GfFuture) derived = NULL;
  Step step = { .give = g_object_ref (GF_FUTURE (inner)) };

  g_main_context_push_thread_default (context);
  derived = step_then (source, &step);
  g_main_context_pop_thread_default (context);
  test_turn_until_in (context, step.n_calls == 1);
  g_main_context_unref (context);
  gf_promise_resolve_int (inner, 3);
  /* the continuation ran: what follows needs no context */
  test_assert_int (derived, 3);
  test_drain ();
}

/* The data */

static GfFuture *
witness_run (GfFuture  *settled,
             gpointer   data,
             GError   **error)
{
  g_assert_true (TEST_IS_WITNESS (data));
  return NULL;
}

static void
register_task (GfPromise  *promise,
               gpointer    data,
               GError    **error)
{
  gpointer *slots = data;

  slots[1] = gf_future_then (slots[0], witness_run, slots[2], g_object_unref);
}

static void
test_data_is_released_at_home_when_registered_on_a_worker (void)
{
  /* run, passed through, cancelled in a thread, dropped */
  for (guint how = 0; how < 4; how++)
    {
      g_autoptr (GfExecutor) pool = gf_thread_pool_executor_new (2);
      GfPromise *source = gf_promise_new ();
      gpointer slots[3] = { source, NULL, NULL };
      g_autoptr (GfFuture) derived = NULL;
      g_autoptr (GfFuture) task = NULL;
      TestRecord record;

      test_record_init (&record);
      slots[2] = test_witness_new (&record);
      task = gf_executor_submit (pool, register_task, slots, NULL);
      g_assert_true (gf_future_wait (task, -1, NULL, NULL));
      derived = slots[1];
      if (how == 0)
        test_in_thread (test_resolve_thread, source);
      else if (how == 1)
        gf_promise_reject_literal (source, G_IO_ERROR, G_IO_ERROR_FAILED, "f");
      else if (how == 2)
        test_in_thread (test_cancel_thread, derived);
      else
        {
          test_in_thread (test_drop_thread, source);
          source = NULL;
        }
      test_turn_until (gf_future_is_done (derived) && test_record_get_n_finalized (&record) == 1);
      g_assert_cmpuint (record.n_elsewhere, ==, 0);
      gf_executor_shutdown (pool, TRUE, FALSE);
      test_drain ();
      g_assert_cmpuint (record.n_finalized, ==, 1);
      g_clear_object (&source);
      test_record_clear (&record);
    }
}

static void
test_data_is_released_at_home (void)
{
  /* run, passed through, cancelled, cancelled in a thread, dropped in a thread,
   * timed out */
  for (guint how = 0; how < 6; how++)
    {
      GfPromise *source = gf_promise_new ();
      TestRecord record;
      g_autoptr (GfFuture) derived = NULL;

      test_record_init (&record);
      derived = gf_future_then (GF_FUTURE (source), witness_run, test_witness_new (&record), g_object_unref);
      switch (how)
        {
        case 0:
          test_in_thread (test_resolve_thread, source);
          break;
        case 1:
          test_in_thread (test_cancel_thread, source);
          break;
        case 2:
          gf_future_cancel (derived);
          break;
        case 3:
          test_in_thread (test_cancel_thread, derived);
          break;
        case 4:
          test_in_thread (test_drop_thread, g_object_ref (source));
          g_clear_object (&source);
          break;
        default:
          gf_future_set_timeout (derived, 100);
        }
      test_turn_until (gf_future_is_done (derived) && test_record_get_n_finalized (&record) == 1);
      test_drain ();
      g_assert_cmpuint (record.n_finalized, ==, 1);
      g_assert_cmpuint (record.n_elsewhere, ==, 0);
      g_clear_object (&source);
      test_record_clear (&record);
    }
}

static void
test_data_is_released_though_all_references_are_dropped_in_threads (void)
{
  GfPromise *source = gf_promise_new ();
  TestRecord record;
  GfFuture *derived;

  test_record_init (&record);
  derived = gf_future_then (GF_FUTURE (source), witness_run, test_witness_new (&record), g_object_unref);
  test_in_thread (test_drop_thread, derived);
  test_in_thread (test_drop_thread, source);
  test_turn_until (test_record_get_n_finalized (&record) == 1);
  g_assert_cmpuint (record.n_elsewhere, ==, 0);
  test_record_clear (&record);
}

static void
test_data_without_destroy (void)
{
  g_autoptr (GfFuture) source = gf_future_new_for_int (1);
  Step step = { 0 };
  g_autoptr (GfFuture) derived = gf_future_then (source, step_run, &step, NULL);

  finish_then (derived);
  g_assert_cmpuint (step.n_calls, ==, 1);
}

static void
test_data_outlives_the_continuation_only (void)
{
  g_autoptr (GfFuture) source = gf_future_new_for_int (1);
  g_autoptr (GfPromise) inner = gf_promise_new ();
  Step step = { .give = g_object_ref (GF_FUTURE (inner)) };
  g_autoptr (GfFuture) derived = step_then (source, &step);

  /* released when it ran, not when what it returned is settled */
  test_turn_until (step.n_released == 1);
  test_assert_state (derived, RUNNING);
  gf_promise_resolve_int (inner, 1);
  test_drain ();
  g_assert_cmpuint (step.n_released, ==, 1);
}

static void
test_nothing_leaks (void)
{
  g_autoptr (GfPromise) source = gf_promise_new ();
  Step steps[3] = { 0 };
  g_autoptr (GfFuture) a = step_then (source, &steps[0]);
  g_autoptr (GfFuture) b = step_catch (a, &steps[1]);
  g_autoptr (GfFuture) c = step_finally (b, &steps[2]);

  gf_promise_resolve_int (source, 1);
  finish_then (c);
  g_assert_finalize_object (g_steal_pointer (&c));
  g_assert_finalize_object (g_steal_pointer (&b));
  g_assert_finalize_object (g_steal_pointer (&a));
  g_assert_finalize_object (g_steal_pointer (&source));
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

#define ADD(path, name) g_test_add_func ("/chain/" path, test_##name)
  ADD ("cancel/reaches-the-source", cancel_reaches_the_source);
  ADD ("cancel/of-one-of-two", cancel_of_one_of_two);
  ADD ("cancel/data-is-released-before-the-source-is-settled", cancel_data_is_released_before_the_source_is_settled);
  ADD ("cancel/beside-other-observers", cancel_beside_other_observers);
  ADD ("cancel/after-other-observers-left", cancel_after_other_observers_left);
  ADD ("cancel/beside-a-blocked-wait", cancel_beside_a_blocked_wait);
  ADD ("cancel/beside-a-blocked-gf-wait", cancel_beside_a_blocked_gf_wait);
  ADD ("cancel/notify-and-references-do-not-count", cancel_notify_and_references_do_not_count);
  ADD ("cancel/of-the-derived-of-a-derived", cancel_of_the_derived_of_a_derived);
  ADD ("cancel/in-the-middle", cancel_in_the_middle);
  ADD ("cancel/of-the-source-is-caught", cancel_of_the_source_is_caught);
  ADD ("cancel/when-the-source-is-settled", cancel_when_the_source_is_settled);
  ADD ("cancel/in-a-done-handler-of-the-source-keeps-it-from-running",
       cancel_in_a_done_handler_of_the_source_keeps_it_from_running);
  ADD ("cancel/during-the-continuation", cancel_during_the_continuation);
  ADD ("cancel/during-the-continuation-spares-what-others-want",
       cancel_during_the_continuation_spares_what_others_want);
  ADD ("cancel/while-the-adopted-is-pending", cancel_while_the_adopted_is_pending);
  ADD ("cancel/stops-a-running-task", cancel_stops_a_running_task);
  ADD ("cancel/dropping-references-never-cancels", dropping_references_never_cancels);
  ADD ("cancel/timeout-of-a-derived-one", timeout_of_a_derived_one);
  ADD ("cancel/timeout-while-the-adopted-is-pending", timeout_while_the_adopted_is_pending);
  ADD ("cancel/timeout-beside-another", timeout_beside_another);
  ADD ("cancel/cancellable-of-a-derived-one", cancellable_of_a_derived_one);
  ADD ("cancel/cancellable-that-is-cancelled-already", cancellable_that_is_cancelled_already);

  ADD ("broken/dropped-promise-breaks-the-chain", dropped_promise_breaks_the_chain);
  ADD ("broken/dropped-promise-in-a-thread", dropped_promise_in_a_thread);
  ADD ("broken/dropped-promise-that-was-adopted", dropped_promise_that_was_adopted);
  ADD ("broken/home-is-gone-before-the-settling", home_is_gone_before_the_settling);
  ADD ("broken/home-is-gone-before-the-turn", home_is_gone_before_the_turn);
  ADD ("broken/home-is-gone-and-nothing-ever-settles", home_is_gone_and_nothing_ever_settles);
  ADD ("broken/home-is-gone-while-the-adopted-is-pending", home_is_gone_while_the_adopted_is_pending);

  ADD ("data/is-released-at-home", data_is_released_at_home);
  ADD ("data/is-released-at-home-when-registered-on-a-worker",
       data_is_released_at_home_when_registered_on_a_worker);
  ADD ("data/is-released-though-all-references-are-dropped-in-threads",
       data_is_released_though_all_references_are_dropped_in_threads);
  ADD ("data/without-destroy", data_without_destroy);
  ADD ("data/outlives-the-continuation-only", data_outlives_the_continuation_only);
  ADD ("data/nothing-leaks", nothing_leaks);
#undef ADD

  return g_test_run ();
}

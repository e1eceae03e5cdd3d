/* test-chain-aplus.c - chains by the numbers of Promises/A+
 *
 * Each case has the number of the requirement that it is about.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "test-chains.h"

/* Promises/A+ */

static void
test_aplus_2_2_2 (void)
{
  g_autoptr (GfPromise) source = gf_promise_new ();
  Step step = { 0 };
  g_autoptr (GfFuture) derived = step_then (source, &step);

  /* 2.2.2.2: not before */
  test_drain ();
  g_assert_cmpuint (step.n_calls, ==, 0);
  /* 2.2.2.1: with the source's value; 2.2.2.3: once */
  g_assert_true (gf_promise_resolve_int (source, 1));
  g_assert_false (gf_promise_resolve_int (source, 2));
  finish_then (derived);
  g_assert_false (gf_promise_reject_literal (source, G_IO_ERROR, G_IO_ERROR_FAILED, "late"));
  test_drain ();
  g_assert_cmpuint (step.n_calls, ==, 1);
  g_assert_true (step.settled == GF_FUTURE (source));
  g_assert_cmpint (step.state, ==, GF_FUTURE_STATE_SUCCEEDED);
}

static void
test_aplus_2_2_3 (void)
{
  g_autoptr (GfPromise) source = gf_promise_new ();
  Step step = { 0 };
  g_autoptr (GfFuture) derived = step_catch (source, &step);

  test_drain ();
  g_assert_cmpuint (step.n_calls, ==, 0);
  g_assert_true (gf_promise_reject_literal (source, G_IO_ERROR, G_IO_ERROR_FAILED, "first"));
  g_assert_false (gf_promise_reject_literal (source, G_IO_ERROR, G_IO_ERROR_FAILED, "second"));
  finish_then (derived);
  g_assert_false (gf_promise_resolve_int (source, 1));
  test_drain ();
  g_assert_cmpuint (step.n_calls, ==, 1);
  g_assert_true (step.settled == GF_FUTURE (source));
  g_assert_cmpint (step.state, ==, GF_FUTURE_STATE_FAILED);
}

static void
test_aplus_2_2_4_not_in_then (void)
{
  g_autoptr (GfFuture) source = gf_future_new_for_int (1);
  g_autoptr (GfFuture) failed = test_failed_new ("x");
  Step steps[3] = { 0 };
  GfFuture *derived[3];

  test_drain ();
  derived[0] = step_then (source, &steps[0]);
  derived[1] = step_catch (failed, &steps[1]);
  derived[2] = step_finally (failed, &steps[2]);
  for (guint i = 0; i < 3; i++)
    g_assert_cmpuint (steps[i].n_calls, ==, 0);
  for (guint i = 0; i < 3; i++)
    {
      g_object_unref (finish_then (derived[i]));
      g_assert_cmpuint (steps[i].n_calls, ==, 1);
    }
}

static void
test_aplus_2_2_4_not_in_the_settling_call (void)
{
  g_autoptr (GfPromise) source = gf_promise_new ();
  g_autoptr (GfPromise) cancelled = gf_promise_new ();
  Step steps[2] = { 0 };
  g_autoptr (GfFuture) derived = step_then (source, &steps[0]);
  g_autoptr (GfFuture) caught = step_catch (cancelled, &steps[1]);

  gf_promise_resolve_int (source, 1);
  gf_future_cancel (GF_FUTURE (cancelled));
  g_assert_cmpuint (steps[0].n_calls, ==, 0);
  g_assert_cmpuint (steps[1].n_calls, ==, 0);
  finish_then (derived);
  finish_then (caught);
  g_assert_cmpuint (steps[0].n_calls + steps[1].n_calls, ==, 2);
}

typedef struct
{
  guint depth;
  guint max_depth;
  guint n_calls;
  GfFuture *registered;
  GfPromise *settles;
} Frame;

static GfFuture *
frame_run (GfFuture  *settled,
           gpointer   data,
           GError   **error)
{
  Frame *self = data;

  self->n_calls++;
  self->depth++;
  self->max_depth = MAX (self->max_depth, self->depth);
  if (self->n_calls == 1)
    {
      guint before = self->n_calls;

      /* on a settled one, and on one that is settled here */
      self->registered = gf_future_then (settled, frame_run, self, NULL);
      gf_promise_resolve_int (self->settles, 1);
      g_assert_cmpuint (self->n_calls, ==, before);
    }
  self->depth--;
  return NULL;
}

static void
test_aplus_2_2_4_not_within_another_frame (void)
{
  g_autoptr (GfFuture) source = gf_future_new_for_int (1);
  g_autoptr (GfPromise) other = gf_promise_new ();
  Frame frame = { .settles = other };
  g_autoptr (GfFuture) derived = gf_future_then (source, frame_run, &frame, NULL);
  g_autoptr (GfFuture) second = gf_future_then (GF_FUTURE (other), frame_run, &frame, NULL);

  test_turn_until (frame.n_calls == 3);
  g_assert_cmpuint (frame.max_depth, ==, 1);
  finish_then (frame.registered);
  g_clear_object (&frame.registered);
}

static void
settle_other_cb (GfFuture *future,
                 gpointer  data)
{
  Step *step = data;
  guint before = step->n_calls;

  gf_promise_resolve_int (step->settles, 1);
  g_assert_cmpuint (step->n_calls, ==, before);
}

static void
test_aplus_2_2_4_not_within_a_done_handler (void)
{
  g_autoptr (GfPromise) source = gf_promise_new ();
  g_autoptr (GfPromise) other = gf_promise_new ();
  Step step = { 0 };
  Step settler = { .settles = other };
  g_autoptr (GfFuture) derived = step_then (other, &step);

  g_signal_connect (source, "done", G_CALLBACK (settle_other_cb), &settler);
  gf_promise_resolve_int (source, 1);
  finish_then (derived);
  g_assert_cmpuint (step.n_calls, ==, 1);
}

static void
test_aplus_2_2_6_in_order_of_registration (void)
{
  for (guint settled = 0; settled < 3; settled++)
    {
      g_autoptr (GfPromise) source = gf_promise_new ();
      g_autoptr (GString) order = g_string_new (NULL);
      Step steps[20] = { 0 };
      GfFuture *derived[20];
      GString *want = g_string_new (NULL);

      if (settled)
        gf_promise_resolve_int (source, 1);
      if (settled == 2)
        test_drain ();
      for (guint i = 0; i < G_N_ELEMENTS (steps); i++)
        {
          steps[i].order = order;
          steps[i].mark = 'a' + i;
          derived[i] = step_register (source, &steps[i], i % 3 == 0 ? KIND_FINALLY : KIND_THEN);
          g_string_append_c (want, 'a' + i);
        }
      if (!settled)
        gf_promise_resolve_int (source, 1);
      for (guint i = 0; i < G_N_ELEMENTS (steps); i++)
        g_object_unref (finish_then (derived[i]));
      g_assert_cmpstr (order->str, ==, want->str);
      g_string_free (want, TRUE);
    }
}

static void
mark_cb (GfFuture *future,
         gpointer  data)
{
  Step *step = data;

  g_string_append_c (step->order, step->mark);
}

static void
test_aplus_2_2_6_in_order_with_callbacks (void)
{
  g_autoptr (GfPromise) source = gf_promise_new ();
  g_autoptr (GString) order = g_string_new (NULL);
  Step steps[6] = { 0 };
  GfFuture *derived[6] = { NULL };

  for (guint i = 0; i < G_N_ELEMENTS (steps); i++)
    {
      steps[i].order = order;
      steps[i].mark = 'a' + i;
      if (i % 2)
        gf_future_add_done_callback (GF_FUTURE (source), NULL, mark_cb, &steps[i], NULL);
      else
        derived[i] = step_then (source, &steps[i]);
    }
  gf_promise_resolve_int (source, 1);
  test_turn_until (order->len == G_N_ELEMENTS (steps));
  g_assert_cmpstr (order->str, ==, "abcdef");
  for (guint i = 0; i < G_N_ELEMENTS (steps); i += 2)
    g_object_unref (finish_then (derived[i]));
}

static void
test_aplus_2_2_6_failures_in_order (void)
{
  g_autoptr (GfPromise) source = gf_promise_new ();
  g_autoptr (GString) order = g_string_new (NULL);
  Step steps[6] = { 0 };
  GfFuture *derived[6];

  for (guint i = 0; i < G_N_ELEMENTS (steps); i++)
    {
      steps[i].order = order;
      steps[i].mark = 'a' + i;
      steps[i].fail = i == 2;
      derived[i] = step_register (source, &steps[i], i % 3);
    }
  gf_promise_reject_literal (source, G_IO_ERROR, G_IO_ERROR_FAILED, "f");
  for (guint i = 0; i < G_N_ELEMENTS (steps); i++)
    g_object_unref (finish_then (derived[i]));
  /* then is not called; the failure of one does not keep the next from running */
  g_assert_cmpstr (order->str, ==, "bcef");
}

static GfFuture *
register_more (GfFuture  *settled,
               gpointer   data,
               GError   **error)
{
  Step *steps = data;

  g_string_append_c (steps[0].order, '1');
  steps[0].give = step_then (settled, &steps[1]);
  return NULL;
}

static void
test_aplus_2_2_6_registered_within_comes_last (void)
{
  g_autoptr (GfPromise) source = gf_promise_new ();
  g_autoptr (GString) order = g_string_new (NULL);
  Step steps[2] = { { .order = order }, { .order = order, .mark = '3' } };
  Step second = { .order = order, .mark = '2' };
  g_autoptr (GfFuture) first = gf_future_then (GF_FUTURE (source), register_more, steps, NULL);
  g_autoptr (GfFuture) next = step_then (source, &second);

  gf_promise_resolve_int (source, 1);
  test_turn_until (order->len == 3);
  g_assert_cmpstr (order->str, ==, "123");
  g_object_unref (finish_then (steps[0].give));
  test_drain ();
}

static void
test_aplus_2_2_7 (void)
{
  g_autoptr (GfFuture) value = gf_future_new_for_int (1);
  g_autoptr (GfFuture) error = test_failed_new ("x");
  Step steps[4] = { 0 };
  g_autoptr (GfFuture) a = step_then (value, &steps[0]);
  g_autoptr (GfFuture) b = step_then (value, &steps[1]);
  g_autoptr (GfFuture) c = step_catch (value, &steps[2]);
  g_autoptr (GfFuture) d = step_then (error, &steps[3]);

  /* 2.2.7.1 */
  steps[0].give = gf_future_new_for_int (2);
  finish_then (a);
  test_assert_int (a, 2);
  /* 2.2.7.2 */
  steps[1].fail = TRUE;
  finish_then (b);
  /* 2.2.7.3 */
  finish_then (c);
  test_assert_int (c, 1);
  g_assert_cmpuint (steps[2].n_calls, ==, 0);
  /* 2.2.7.4 */
  finish_then (d);
  test_assert_failed (d, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
  g_assert_cmpuint (steps[3].n_calls, ==, 0);
}

static void
test_aplus_2_2_7_2_error_fails (void)
{
  for (Kind kind = KIND_THEN; kind <= KIND_FINALLY; kind++)
    {
      g_autoptr (GfFuture) source = kind == KIND_THEN ? gf_future_new_for_int (1) : test_failed_new ("x");
      Step step = { .fail = TRUE };
      g_autoptr (GfFuture) derived = finish_then (step_register (source, &step, kind));

      test_assert_failed (derived, G_IO_ERROR, G_IO_ERROR_BUSY);
    }
}

static GfFuture *
return_current (GfFuture  *settled,
                gpointer   data,
                GError   **error)
{
  return g_object_ref (GF_FUTURE (gf_promise_get_current ()));
}

static void
test_aplus_2_3_1_self_resolution (void)
{
  g_autoptr (GfFuture) value = gf_future_new_for_int (1);
  g_autoptr (GfFuture) failed = test_failed_new ("x");
  g_autoptr (GfFuture) a = gf_future_then (value, return_current, NULL, NULL);
  g_autoptr (GfFuture) b = gf_future_catch (failed, return_current, NULL, NULL);
  g_autoptr (GfFuture) c = gf_future_finally (value, return_current, NULL, NULL);

  finish_then (a);
  test_assert_failed (a, GF_FUTURE_ERROR, GF_FUTURE_ERROR_INVALID_STATE);
  finish_then (b);
  test_assert_failed (b, GF_FUTURE_ERROR, GF_FUTURE_ERROR_INVALID_STATE);
  finish_then (c);
  test_assert_failed (c, GF_FUTURE_ERROR, GF_FUTURE_ERROR_INVALID_STATE);
  g_assert_finalize_object (g_steal_pointer (&a));
  g_assert_finalize_object (g_steal_pointer (&b));
  g_assert_finalize_object (g_steal_pointer (&c));
}

/* Adoption of each state, by each kind */
static void
test_aplus_2_3_2_adoption (void)
{
  for (Kind kind = KIND_THEN; kind <= KIND_CATCH; kind++)
    for (Outcome outcome = OUTCOME_VALUE; outcome <= OUTCOME_DROPPED; outcome++)
      for (guint when = 0; when < 3; when++)
        {
          g_autoptr (GfFuture) source = kind == KIND_THEN ? gf_future_new_for_int (1) : test_failed_new ("x");
          GfPromise *inner = gf_promise_new ();
          Step step = { 0 }, onward = { 0 };
          g_autoptr (GfFuture) derived = NULL;

          if (outcome == OUTCOME_DROPPED && when < 2)
            {
              /* nothing to return */
              g_object_unref (inner);
              continue;
            }
          /* settled long ago; just now; later */
          if (when < 2)
            settle (&inner, outcome);
          if (when == 0)
            test_drain ();
          /* who returns a future whose promise is dropped returns one derived of it */
          if (outcome == OUTCOME_DROPPED)
            step.give = step_then (inner, &onward);
          else
            step.give = g_object_ref (GF_FUTURE (inner));
          derived = step_register (source, &step, kind);
          if (when == 2)
            {
              test_turn_until (step.n_calls == 1);
              test_drain ();
              /* 2.3.2.1 */
              test_assert_state (derived, RUNNING);
              settle (&inner, outcome);
            }
          finish_then (derived);
          /* 2.3.2.2, 2.3.2.3 */
          assert_outcome (derived, outcome);
          g_clear_object (&inner);
        }
}

static void
test_aplus_2_3_2_adopted_settles_in_the_settling_thread (void)
{
  g_autoptr (GfFuture) source = gf_future_new_for_int (1);
  g_autoptr (GfPromise) inner = gf_promise_new ();
  Step step = { .give = g_object_ref (GF_FUTURE (inner)) };
  g_autoptr (GfFuture) derived = step_then (source, &step);

  test_turn_until (step.n_calls == 1);
  test_drain ();
  test_in_thread (test_resolve_thread, inner);
  /* no turn of this loop was needed */
  test_assert_int (derived, 42);
}

static void
test_aplus_2_3_2_adopted_by_many (void)
{
  g_autoptr (GfFuture) source = gf_future_new_for_int (1);
  g_autoptr (GfPromise) inner = gf_promise_new ();
  Step steps[10] = { 0 };
  GfFuture *derived[10];

  for (guint i = 0; i < G_N_ELEMENTS (steps); i++)
    {
      steps[i].give = g_object_ref (GF_FUTURE (inner));
      derived[i] = step_then (source, &steps[i]);
    }
  test_turn_until (steps[9].n_calls == 1);
  test_drain ();
  /* one of them withdraws */
  g_assert_true (gf_future_cancel (derived[4]));
  test_assert_state (inner, PENDING);
  gf_promise_resolve_int (inner, 3);
  for (guint i = 0; i < G_N_ELEMENTS (steps); i++)
    {
      if (i == 4)
        test_assert_state (derived[i], CANCELLED);
      else
        test_assert_int (derived[i], 3);
      g_object_unref (derived[i]);
    }
}

static void
test_aplus_2_3_3_adopts_a_derived_one_and_a_set (void)
{
  g_autoptr (GfFuture) source = gf_future_new_for_int (1);
  g_autoptr (GfPromise) inner = gf_promise_new ();
  GfFuture *members[] = { source, GF_FUTURE (inner) };
  Step onward = { 0 };
  Step of_derived = { .give = step_then (inner, &onward) };
  Step of_set = { .give = GF_FUTURE (gf_future_all (members, 2)) };
  g_autoptr (GfFuture) a = step_then (source, &of_derived);
  g_autoptr (GfFuture) b = step_then (source, &of_set);

  onward.give = gf_future_new_for_int (9);
  test_drain ();
  test_assert_state (a, RUNNING);
  test_assert_state (b, RUNNING);
  gf_promise_resolve_int (inner, 1);
  finish_then (a);
  finish_then (b);
  test_assert_int (a, 9);
  test_assert_no_value (b);
}

static void
test_aplus_2_3_4_value_types (void)
{
  g_autoptr (GfFuture) source = gf_future_new_for_int (1);
  g_autoptr (GVariant) variant = g_variant_ref_sink (g_variant_new ("(is)", 1, "x"));
  Step steps[4] = { 0 };
  g_autoptr (GfFuture) a = step_then (source, &steps[0]);
  g_autoptr (GfFuture) b = step_then (source, &steps[1]);
  g_autoptr (GfFuture) c = step_then (source, &steps[2]);
  g_autoptr (GfFuture) d = step_then (source, &steps[3]);

  steps[0].give = gf_future_new_for_string ("s");
  steps[1].give = gf_future_new_for_double (0.5);
  steps[2].give = gf_future_new_for_variant (variant);
  steps[3].give = gf_future_new_for_boolean (TRUE);
  finish_then (d);
  g_assert_cmpstr (gf_future_get_string (a, NULL), ==, "s");
  g_assert_cmpfloat (gf_future_get_double (b, NULL), ==, 0.5);
  g_assert_true (gf_future_get_variant (c, NULL) == variant);
  g_assert_true (gf_future_get_boolean (d, NULL));
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

#define ADD(path, name) g_test_add_func ("/chain/" path, test_##name)
  ADD ("aplus/2-2-2-then-once-with-the-value", aplus_2_2_2);
  ADD ("aplus/2-2-3-catch-once-with-the-error", aplus_2_2_3);
  ADD ("aplus/2-2-4-not-in-then", aplus_2_2_4_not_in_then);
  ADD ("aplus/2-2-4-not-in-the-settling-call", aplus_2_2_4_not_in_the_settling_call);
  ADD ("aplus/2-2-4-not-within-another-frame", aplus_2_2_4_not_within_another_frame);
  ADD ("aplus/2-2-4-not-within-a-done-handler", aplus_2_2_4_not_within_a_done_handler);
  ADD ("aplus/2-2-6-in-order-of-registration", aplus_2_2_6_in_order_of_registration);
  ADD ("aplus/2-2-6-in-order-with-callbacks", aplus_2_2_6_in_order_with_callbacks);
  ADD ("aplus/2-2-6-failures-in-order", aplus_2_2_6_failures_in_order);
  ADD ("aplus/2-2-6-registered-within-comes-last", aplus_2_2_6_registered_within_comes_last);
  ADD ("aplus/2-2-7-outcome-of-the-derived", aplus_2_2_7);
  ADD ("aplus/2-2-7-2-error-fails", aplus_2_2_7_2_error_fails);
  ADD ("aplus/2-3-1-self-resolution", aplus_2_3_1_self_resolution);
  ADD ("aplus/2-3-2-adoption", aplus_2_3_2_adoption);
  ADD ("aplus/2-3-2-settles-in-the-settling-thread", aplus_2_3_2_adopted_settles_in_the_settling_thread);
  ADD ("aplus/2-3-2-adopted-by-many", aplus_2_3_2_adopted_by_many);
  ADD ("aplus/2-3-3-adopts-a-derived-one-and-a-set", aplus_2_3_3_adopts_a_derived_one_and_a_set);
  ADD ("aplus/2-3-4-value-types", aplus_2_3_4_value_types);
#undef ADD

  return g_test_run ();
}

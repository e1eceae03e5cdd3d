/* test-future-set.c - all, all_settled, any and race
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "test-sets.h"

/* Helpers */

#define N_MEMBERS 5

/* A set of that many pending promises. */
typedef struct
{
  GfPromise *members[N_MEMBERS];
  GfFutureSet *set;
  guint n_done;
} Fixture;

static void
fixture_init (Fixture *self,
              SetNew   set_new)
{
  self->n_done = 0;
  for (guint i = 0; i < N_MEMBERS; i++)
    self->members[i] = gf_promise_new ();
  self->set = set_new ((GfFuture **) self->members, N_MEMBERS);
  g_assert_true (GF_IS_FUTURE_SET (self->set));
  g_assert_true (GF_IS_FUTURE (self->set));
  test_assert_state (self->set, PENDING);
  g_signal_connect (self->set, "done", G_CALLBACK (count_done_cb), &self->n_done);
}

static void
fixture_finish (Fixture *self)
{
  test_turn_until_done (self->set);
  test_turn_until (self->n_done > 0);
  test_drain ();
  g_assert_cmpuint (self->n_done, ==, 1);
}

static void
fixture_clear (Fixture *self)
{
  for (guint i = 0; i < N_MEMBERS; i++)
    gf_promise_resolve_int (self->members[i], 0);
  test_drain ();
  test_await_finalized (self->set);
  for (guint i = 0; i < N_MEMBERS; i++)
    test_await_finalized (self->members[i]);
}

/* all */

static void
test_all_succeeds_when_all_have (void)
{
  static const guint order[N_MEMBERS] = { 3, 0, 4, 1, 2 };
  Fixture f;

  fixture_init (&f, gf_future_all);
  for (guint i = 0; i < N_MEMBERS; i++)
    {
      test_assert_state (f.set, PENDING);
      gf_promise_resolve_int (f.members[order[i]], i);
    }
  fixture_finish (&f);
  test_assert_no_value (f.set);
  fixture_clear (&f);
}

static void
test_all_takes_over_the_first_failure (void)
{
  Fixture f;

  fixture_init (&f, gf_future_all);
  gf_promise_resolve_int (f.members[4], 1);
  reject (f.members[2], "the first");
  fixture_finish (&f);
  test_assert_failed (f.set, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
  g_assert_cmpstr (gf_future_get_error (GF_FUTURE (f.set))->message, ==, "the first");
  /* and cancels the rest */
  test_assert_state (f.members[0], CANCELLED);
  test_assert_state (f.members[1], CANCELLED);
  test_assert_state (f.members[3], CANCELLED);
  test_assert_int (f.members[4], 1);
  fixture_clear (&f);
}

static void
test_all_takes_over_a_cancellation (void)
{
  Fixture f;

  fixture_init (&f, gf_future_all);
  gf_future_cancel (GF_FUTURE (f.members[1]));
  fixture_finish (&f);
  test_assert_state (f.set, CANCELLED);
  test_assert_state (f.members[0], CANCELLED);
  fixture_clear (&f);
}

static void
test_all_spares_what_others_want (void)
{
  Step step = { 0 };
  g_autoptr (GfFuture) derived = NULL;
  Fixture f;

  fixture_init (&f, gf_future_all);
  derived = step_then (f.members[0], &step);
  reject (f.members[2], "x");
  test_assert_state (f.members[0], PENDING);
  test_assert_state (f.members[1], CANCELLED);
  gf_promise_resolve_int (f.members[0], 1);
  fixture_finish (&f);
  g_assert_cmpuint (step.n_calls, ==, 1);
  fixture_clear (&f);
}

static void
test_all_of_a_dropped_promise (void)
{
  g_autoptr (GfPromise) other = gf_promise_new ();
  GfPromise *dropped = gf_promise_new ();
  Step step = { 0 };
  g_autoptr (GfFuture) derived = step_then (dropped, &step);
  GfFuture *members[] = { GF_FUTURE (other), derived };
  g_autoptr (GfFutureSet) set = gf_future_all (members, 2);

  g_object_unref (dropped);
  test_turn_until_done (set);
  test_assert_failed (set, GF_FUTURE_ERROR, GF_FUTURE_ERROR_BROKEN_PROMISE);
  test_assert_state (other, CANCELLED);
}

/* all_settled */

static void
test_all_settled_waits_for_every_outcome (void)
{
  Fixture f;

  fixture_init (&f, gf_future_all_settled);
  reject (f.members[0], "x");
  gf_future_cancel (GF_FUTURE (f.members[1]));
  gf_promise_resolve_int (f.members[2], 1);
  reject (f.members[4], "y");
  test_drain ();
  test_assert_state (f.set, PENDING);
  test_assert_state (f.members[3], PENDING);
  gf_promise_resolve_int (f.members[3], 1);
  fixture_finish (&f);
  test_assert_no_value (f.set);
  fixture_clear (&f);
}

/* any */

static void
test_any_takes_the_first_success (void)
{
  Fixture f;

  fixture_init (&f, gf_future_any);
  reject (f.members[0], "x");
  gf_future_cancel (GF_FUTURE (f.members[1]));
  test_assert_state (f.set, PENDING);
  gf_promise_resolve_string (f.members[3], "won");
  fixture_finish (&f);
  g_assert_cmpstr (gf_future_get_string (GF_FUTURE (f.set), NULL), ==, "won");
  test_assert_state (f.members[2], CANCELLED);
  test_assert_state (f.members[4], CANCELLED);
  fixture_clear (&f);
}

static void
test_any_fails_with_the_first_member (void)
{
  char message[2] = "0";
  Fixture f;

  fixture_init (&f, gf_future_any);
  for (guint i = N_MEMBERS; i-- > 0;)
    {
      test_assert_state (f.set, PENDING);
      message[0] = '0' + i;
      if (i == 2)
        gf_future_cancel (GF_FUTURE (f.members[i]));
      else
        reject (f.members[i], message);
    }
  fixture_finish (&f);
  test_assert_failed (f.set, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
  g_assert_cmpstr (gf_future_get_error (GF_FUTURE (f.set))->message, ==, "0");
  fixture_clear (&f);
}

static void
test_any_of_cancelled_ones (void)
{
  Fixture f;

  fixture_init (&f, gf_future_any);
  for (guint i = 0; i < N_MEMBERS; i++)
    gf_future_cancel (GF_FUTURE (f.members[i]));
  fixture_finish (&f);
  g_assert_error (gf_future_get_error (GF_FUTURE (f.set)), G_IO_ERROR, G_IO_ERROR_CANCELLED);
  fixture_clear (&f);
}

/* race */

static void
test_race_takes_the_first_settled (void)
{
  for (guint outcome = 0; outcome < 3; outcome++)
    {
      Fixture f;

      fixture_init (&f, gf_future_race);
      if (outcome == 0)
        gf_promise_resolve_int (f.members[3], 9);
      else if (outcome == 1)
        reject (f.members[3], "lost");
      else
        gf_future_cancel (GF_FUTURE (f.members[3]));
      fixture_finish (&f);
      if (outcome == 0)
        test_assert_int (f.set, 9);
      else if (outcome == 1)
        test_assert_failed (f.set, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
      else
        test_assert_state (f.set, CANCELLED);
      for (guint i = 0; i < N_MEMBERS; i++)
        if (i != 3)
          test_assert_state (f.members[i], CANCELLED);
      fixture_clear (&f);
    }
}

/* Members that are settled before */

static void
test_settled_members (void)
{
  for (guint kind = 0; kind < G_N_ELEMENTS (kinds); kind++)
    {
      g_autoptr (GfFuture) a = gf_future_new_for_int (1);
      g_autoptr (GfFuture) b = gf_future_new_for_int (2);
      g_autoptr (GfFuture) x = test_failed_new ("x");
      GfFuture *values[] = { a, b };
      GfFuture *mixed[] = { x, b, a };
      g_autoptr (GfFutureSet) of_values = kinds[kind] (values, 2);
      g_autoptr (GfFutureSet) of_mixed = kinds[kind] (mixed, 3);
      guint n_done = 0;

      g_signal_connect (of_values, "done", G_CALLBACK (count_done_cb), &n_done);
      g_signal_connect (of_mixed, "done", G_CALLBACK (count_done_cb), &n_done);
      g_assert_cmpuint (n_done, ==, 0);
      test_turn_until (n_done == 2);
      test_drain ();
      g_assert_cmpuint (n_done, ==, 2);
      switch (kind)
        {
        case 0:
          test_assert_no_value (of_values);
          test_assert_failed (of_mixed, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
          break;
        case 1:
          test_assert_no_value (of_values);
          test_assert_no_value (of_mixed);
          break;
        case 2:
          test_assert_int (of_values, 1);
          test_assert_int (of_mixed, 2);
          break;
        default:
          test_assert_int (of_values, 1);
          test_assert_failed (of_mixed, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
        }
    }
}

static void
test_settled_member_decides_and_cancels (void)
{
  for (guint kind = 0; kind < G_N_ELEMENTS (kinds); kind++)
    for (guint failed = 0; failed < 2; failed++)
      {
        g_autoptr (GfPromise) before = gf_promise_new ();
        g_autoptr (GfPromise) after = gf_promise_new ();
        g_autoptr (GfFuture) settled = failed ? test_failed_new ("x") : gf_future_new_for_int (1);
        GfFuture *members[] = { GF_FUTURE (before), settled, GF_FUTURE (after) };
        g_autoptr (GfFutureSet) set = kinds[kind] (members, 3);
        gboolean decided = kind == 3 || (kind == 0 && failed) || (kind == 2 && !failed);

        test_drain ();
        g_assert_cmpint (gf_future_is_done (GF_FUTURE (set)), ==, decided);
        g_assert_cmpint (gf_future_is_cancelled (GF_FUTURE (before)), ==, decided);
        g_assert_cmpint (gf_future_is_cancelled (GF_FUTURE (after)), ==, decided);
        if (!decided)
          g_assert_true (gf_future_cancel (GF_FUTURE (set)));
        test_drain ();
      }
}

static void
test_empty (void)
{
  g_autoptr (GfFutureSet) all = gf_future_all (NULL, 0);
  g_autoptr (GfFutureSet) all_settled = gf_future_all_settled (NULL, 0);
  g_autoptr (GfFutureSet) any = gf_future_any (NULL, 0);
  g_autoptr (GfFutureSet) race = gf_future_race (NULL, 0);
  guint n_done = 0;

  g_assert_true (gf_future_is_done (GF_FUTURE (all)));
  g_signal_connect (all, "done", G_CALLBACK (count_done_cb), &n_done);
  test_assert_no_value (all);
  test_assert_no_value (all_settled);
  test_assert_failed (any, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT);
  test_assert_state (race, PENDING);
  g_assert_cmpuint (n_done, ==, 0);
  test_turn_until (n_done == 1);
  test_assert_state (race, PENDING);
  g_assert_true (gf_future_cancel (GF_FUTURE (race)));
  test_assert_state (race, CANCELLED);
  g_assert_cmpuint (g_list_model_get_n_items (G_LIST_MODEL (all)), ==, 0);
  g_assert_null (g_list_model_get_item (G_LIST_MODEL (all), 0));
  g_assert_cmpuint (gf_future_set_get_n_done (all), ==, 0);
  test_drain ();
}

static void
test_twice_is_an_error (void)
{
  for (guint kind = 0; kind < G_N_ELEMENTS (kinds); kind++)
    {
      g_autoptr (GfPromise) a = gf_promise_new ();
      g_autoptr (GfPromise) b = gf_promise_new ();
      GfFuture *members[] = { GF_FUTURE (a), GF_FUTURE (b), GF_FUTURE (a) };
      g_autoptr (GfFutureSet) set = kinds[kind] (members, 3);

      test_assert_failed (set, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT);
      test_drain ();
      gf_promise_resolve_int (a, 1);
      gf_promise_resolve_int (b, 1);
      test_drain ();
      test_assert_failed (set, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT);
      g_assert_finalize_object (g_steal_pointer (&set));
      g_assert_finalize_object (g_steal_pointer (&a));
      g_assert_finalize_object (g_steal_pointer (&b));
    }
}

/* The list */

static void
items_changed_cb (GListModel *model,
                  guint       position,
                  guint       removed,
                  guint       added,
                  gpointer    data)
{
  g_assert_not_reached ();
}

static void
test_list_model (void)
{
  for (guint kind = 0; kind < G_N_ELEMENTS (kinds); kind++)
    {
      Fixture f;
      GListModel *model;

      fixture_init (&f, kinds[kind]);
      g_assert_true (G_IS_LIST_MODEL (f.set));
      model = G_LIST_MODEL (f.set);
      g_signal_connect (model, "items-changed", G_CALLBACK (items_changed_cb), NULL);
      for (guint settled = 0; settled < 2; settled++)
        {
          g_assert_true (g_list_model_get_item_type (model) == GF_TYPE_FUTURE);
          g_assert_cmpuint (g_list_model_get_n_items (model), ==, N_MEMBERS);
          for (guint i = 0; i < N_MEMBERS; i++)
            {
              g_autoptr (GfFuture) item = g_list_model_get_item (model, i);

              g_assert_true (item == GF_FUTURE (f.members[i]));
            }
          g_assert_null (g_list_model_get_item (model, N_MEMBERS));
          g_assert_null (g_list_model_get_item (model, G_MAXUINT));
          for (guint i = 0; !settled && i < N_MEMBERS; i++)
            gf_promise_resolve_int (f.members[i], 1);
          fixture_finish (&f);
        }
      fixture_clear (&f);
    }
}

static void
test_n_done_is_notified_at_home (void)
{
  guint n = 3000;
  GfPromise **members = g_new (GfPromise *, n);
  g_autoptr (GfFutureSet) set = NULL;
  Notified notified = { .thread = g_thread_self () };

  for (guint i = 0; i < n; i++)
    members[i] = gf_promise_new ();
  set = gf_future_all_settled ((GfFuture **) members, n);
  g_signal_connect (set, "notify::n-done", G_CALLBACK (notify_cb), &notified);
  g_signal_connect (set, "notify::progress", G_CALLBACK (notify_cb), &notified);
  g_assert_cmpuint (gf_future_set_get_n_done (set), ==, 0);
  g_assert_cmpfloat (gf_future_get_progress (GF_FUTURE (set)), ==, 0);

  /* the first: without the others it is seen alone */
  test_in_thread (test_resolve_thread, members[0]);
  g_assert_cmpuint (gf_future_set_get_n_done (set), ==, 1);
  g_assert_cmpuint (notified.n_done_notifies, ==, 0);
  test_turn_until (notified.n_done_notifies == 1 && notified.progress_notifies >= 1);
  g_assert_cmpuint (notified.n_done, ==, 1);

  /* the rest in one turn: once */
  for (guint i = 1; i < n - 1; i++)
    gf_promise_resolve_int (members[i], 1);
  g_assert_cmpuint (notified.n_done_notifies, ==, 1);
  g_assert_cmpuint (gf_future_set_get_n_done (set), ==, n - 1);
  test_turn_until (notified.n_done == n - 1);
  g_assert_cmpuint (notified.n_done_notifies, ==, 2);
  g_assert_cmpfloat_with_epsilon (notified.progress, (n - 1.0) / n, 1e-9);

  gf_promise_resolve_int (members[n - 1], 1);
  test_turn_until (notified.n_done == n);
  test_drain ();
  g_assert_cmpuint (notified.n_done_notifies, ==, 3);
  g_assert_cmpfloat (notified.progress, ==, 1);
  for (guint i = 0; i < n; i++)
    g_object_unref (members[i]);
  g_free (members);
}

static void
all_notified_cb (GfFuture *future,
                 gpointer  data)
{
  Notified *self = data;

  /* what a progress bar shows when it is done is full */
  g_assert_cmpuint (self->n_done, ==, 50);
  g_assert_cmpfloat (self->progress, ==, 1);
  self->thread = NULL;
}

static void
test_n_done_is_notified_before_done (void)
{
  GfPromise *members[50];
  g_autoptr (GfFutureSet) set = NULL;
  Notified notified = { .thread = g_thread_self () };

  for (guint i = 0; i < G_N_ELEMENTS (members); i++)
    members[i] = gf_promise_new ();
  set = gf_future_all ((GfFuture **) members, G_N_ELEMENTS (members));
  g_signal_connect (set, "notify::n-done", G_CALLBACK (notify_cb), &notified);
  g_signal_connect (set, "notify::progress", G_CALLBACK (notify_cb), &notified);
  g_signal_connect (set, "done", G_CALLBACK (all_notified_cb), &notified);
  for (guint i = 0; i < G_N_ELEMENTS (members); i++)
    {
      gf_promise_resolve_int (members[i], 1);
      if (i == 20)
        while (g_main_context_iteration (NULL, FALSE))
          ;
    }
  test_turn_until (notified.thread == NULL);
  for (guint i = 0; i < G_N_ELEMENTS (members); i++)
    g_object_unref (members[i]);
}

static void
test_progress_is_summed (void)
{
  Notified notified = { .thread = g_thread_self () };
  Fixture f;
  double progress;

  fixture_init (&f, gf_future_all_settled);
  g_signal_connect (f.set, "notify::progress", G_CALLBACK (notify_cb), &notified);
  gf_promise_set_progress (f.members[0], 0.5, "half");
  gf_promise_resolve_int (f.members[1], 1);
  reject (f.members[2], "x");
  test_turn_until (notified.progress_notifies > 0);
  test_turn_until (ABS (notified.progress - 2.5 / N_MEMBERS) < 1e-9);
  /* of a member alone, too */
  gf_promise_set_progress (f.members[0], 1, "nearly");
  test_turn_until (ABS (notified.progress - 3.0 / N_MEMBERS) < 1e-9);
  gf_promise_set_progress (f.members[3], 0.25, NULL);
  gf_promise_set_progress (f.members[4], 0.25, NULL);
  test_turn_until (ABS (notified.progress - 3.5 / N_MEMBERS) < 1e-9);
  gf_promise_resolve_int (f.members[0], 1);
  gf_promise_resolve_int (f.members[3], 1);
  test_turn_until (ABS (notified.progress - 4.25 / N_MEMBERS) < 1e-9);
  g_object_get (f.set, "progress", &progress, NULL);
  g_assert_cmpfloat_with_epsilon (progress, 4.25 / N_MEMBERS, 1e-9);
  gf_promise_resolve_int (f.members[4], 1);
  fixture_finish (&f);
  g_assert_cmpfloat (gf_future_get_progress (GF_FUTURE (f.set)), ==, 1);
  g_assert_cmpfloat (notified.progress, ==, 1);
  fixture_clear (&f);
}

/* Sets of sets, of chains */

static void
test_nested (void)
{
  GfPromise *members[6];
  g_autoptr (GfFutureSet) a = NULL;
  g_autoptr (GfFutureSet) b = NULL;
  g_autoptr (GfFutureSet) both = NULL;
  GfFuture *sets[2];

  for (guint i = 0; i < 6; i++)
    members[i] = gf_promise_new ();
  a = gf_future_all ((GfFuture **) members, 3);
  b = gf_future_any ((GfFuture **) members + 3, 3);
  sets[0] = GF_FUTURE (a);
  sets[1] = GF_FUTURE (b);
  both = gf_future_all (sets, 2);
  gf_promise_resolve_int (members[0], 1);
  gf_promise_resolve_int (members[1], 1);
  gf_promise_set_progress (members[2], 0.5, NULL);
  gf_promise_resolve_int (members[5], 1);
  test_assert_int (b, 1);
  test_assert_state (members[3], CANCELLED);
  test_turn_until (ABS (gf_future_get_progress (GF_FUTURE (both)) - (2.5 / 3 + 1) / 2) < 1e-6);
  test_assert_state (both, PENDING);
  /* cancelling the outer one reaches what is left of the inner ones */
  g_assert_true (gf_future_cancel (GF_FUTURE (both)));
  test_assert_state (a, CANCELLED);
  test_assert_state (members[2], CANCELLED);
  test_drain ();
  for (guint i = 0; i < 6; i++)
    g_object_unref (members[i]);
}

static void
test_of_derived_futures (void)
{
  g_autoptr (GfPromise) source = gf_promise_new ();
  Step steps[4] = { 0 };
  GfFuture *derived[4];
  g_autoptr (GfFutureSet) set = NULL;
  g_autoptr (GfFuture) last = NULL;
  Step step = { 0 };

  for (guint i = 0; i < 4; i++)
    derived[i] = step_then (source, &steps[i]);
  set = gf_future_all (derived, 4);
  last = step_then (set, &step);
  for (guint i = 0; i < 4; i++)
    g_object_unref (derived[i]);
  gf_promise_resolve_int (source, 1);
  test_assert_state (set, PENDING);
  test_turn_until_done (last);
  g_assert_cmpuint (step.n_calls, ==, 1);
  g_assert_true (step.settled == GF_FUTURE (set));
  test_assert_no_value (set);
  for (guint i = 0; i < 4; i++)
    g_assert_cmpuint (steps[i].n_calls, ==, 1);
}

static void
test_cancel_reaches_through_derived_futures (void)
{
  g_autoptr (GfPromise) source = gf_promise_new ();
  Step steps[3] = { 0 };
  g_autoptr (GfFuture) a = step_then (source, &steps[0]);
  g_autoptr (GfFuture) b = step_catch (source, &steps[1]);
  GfFuture *members[] = { a, b };
  g_autoptr (GfFutureSet) set = gf_future_race (members, 2);
  g_autoptr (GfFuture) derived = step_then (set, &steps[2]);

  g_assert_true (gf_future_cancel (derived));
  test_assert_state (set, CANCELLED);
  test_assert_state (a, CANCELLED);
  test_assert_state (b, CANCELLED);
  test_assert_state (source, CANCELLED);
  test_drain ();
  for (guint i = 0; i < 3; i++)
    {
      g_assert_cmpuint (steps[i].n_calls, ==, 0);
      g_assert_cmpuint (steps[i].n_released, ==, 1);
    }
}

/* Cancelling */

static void
test_cancel_reaches_the_members (void)
{
  for (guint kind = 0; kind < G_N_ELEMENTS (kinds); kind++)
    {
      Fixture f;

      fixture_init (&f, kinds[kind]);
      g_assert_true (gf_future_cancel (GF_FUTURE (f.set)));
      test_assert_state (f.set, CANCELLED);
      for (guint i = 0; i < N_MEMBERS; i++)
        test_assert_state (f.members[i], CANCELLED);
      g_assert_cmpuint (f.n_done, ==, 0);
      fixture_finish (&f);
      fixture_clear (&f);
    }
}

static void
test_cancel_of_sets_that_share_members (void)
{
  for (guint kind = 0; kind < G_N_ELEMENTS (kinds); kind++)
    {
      GfPromise *members[3];
      g_autoptr (GfFutureSet) a = NULL;
      g_autoptr (GfFutureSet) b = NULL;

      for (guint i = 0; i < 3; i++)
        members[i] = gf_promise_new ();
      /* the one in the middle is in both */
      a = kinds[kind] ((GfFuture **) members, 2);
      b = kinds[kind] ((GfFuture **) members + 1, 2);
      g_assert_true (gf_future_cancel (GF_FUTURE (a)));
      test_assert_state (members[0], CANCELLED);
      test_assert_state (members[1], PENDING);
      test_assert_state (members[2], PENDING);
      test_assert_state (b, PENDING);
      g_assert_true (gf_future_cancel (GF_FUTURE (b)));
      test_assert_state (members[1], CANCELLED);
      test_assert_state (members[2], CANCELLED);
      test_drain ();
      for (guint i = 0; i < 3; i++)
        g_object_unref (members[i]);
    }
}

static void
test_timeout (void)
{
  Fixture f;

  fixture_init (&f, gf_future_all);
  gf_future_set_timeout (GF_FUTURE (f.set), 1000);
  fixture_finish (&f);
  test_assert_failed (f.set, G_IO_ERROR, G_IO_ERROR_TIMED_OUT);
  for (guint i = 0; i < N_MEMBERS; i++)
    {
      test_turn_until_done (f.members[i]);
      test_assert_state (f.members[i], CANCELLED);
    }
  fixture_clear (&f);
}

static void
test_cancellable (void)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  Fixture f;

  fixture_init (&f, gf_future_all_settled);
  gf_future_set_cancellable (GF_FUTURE (f.set), cancellable);
  test_in_thread (test_cancel_cancellable_thread, cancellable);
  fixture_finish (&f);
  test_assert_state (f.set, CANCELLED);
  fixture_clear (&f);
}

/* References */

static void
test_outlives_its_references (void)
{
  GfPromise *members[2] = { gf_promise_new (), gf_promise_new () };
  GfFutureSet *set = gf_future_all ((GfFuture **) members, 2);
  Step step = { 0 };
  guint n_done = 0;

  /* a registered continuation and a connected handler are enough */
  g_object_unref (step_then (set, &step));
  g_signal_connect (set, "done", G_CALLBACK (count_done_cb), &n_done);
  g_object_unref (set);
  test_drain ();
  gf_promise_resolve_int (members[0], 1);
  g_object_unref (members[0]);
  test_drain ();
  g_assert_cmpuint (step.n_calls + n_done, ==, 0);
  test_in_thread (test_resolve_thread, members[1]);
  test_turn_until (step.n_released == 1);
  g_assert_cmpuint (step.n_calls, ==, 1);
  g_assert_cmpuint (n_done, ==, 1);
  g_object_unref (members[1]);
}

static void
test_keeps_its_members (void)
{
  GfFuture *members[2] = { gf_future_new_for_int (1), gf_future_new_for_int (2) };
  g_autoptr (GfFutureSet) set = gf_future_all_settled (members, 2);
  g_autoptr (GfFuture) second = NULL;

  g_object_unref (members[0]);
  g_object_unref (members[1]);
  test_drain ();
  second = g_list_model_get_item (G_LIST_MODEL (set), 1);
  test_assert_int (second, 2);
}

static void
test_dropping_it_cancels_nothing (void)
{
  for (guint kind = 0; kind < G_N_ELEMENTS (kinds); kind++)
    {
      GfPromise *members[2] = { gf_promise_new (), gf_promise_new () };
      GfFutureSet *set = kinds[kind] ((GfFuture **) members, 2);

      test_in_thread (test_drop_thread, set);
      test_drain ();
      test_assert_state (members[0], PENDING);
      gf_promise_resolve_int (members[0], 1);
      gf_promise_resolve_int (members[1], 1);
      test_drain ();
      g_assert_finalize_object (members[0]);
      g_assert_finalize_object (members[1]);
    }
}

/* Iterating */

static void
test_iterator (void)
{
  Fixture f;
  g_autoptr (GfFutureIterator) iterator = NULL;
  static const guint order[N_MEMBERS] = { 2, 0, 4, 3, 1 };

  fixture_init (&f, gf_future_all_settled);
  gf_promise_resolve_int (f.members[order[0]], 1);
  iterator = gf_future_set_iterator (f.set);
  for (guint i = 1; i < N_MEMBERS; i++)
    gf_promise_resolve_int (f.members[order[i]], 1);
  for (guint i = 0; i < N_MEMBERS; i++)
    {
      g_autoptr (GfFuture) next = gf_future_iterator_next (iterator, -1, NULL, NULL);

      g_assert_true (next == GF_FUTURE (f.members[order[i]]));
    }
  g_assert_null (gf_future_iterator_next_value (iterator));
  g_clear_object (&iterator);
  fixture_finish (&f);
  fixture_clear (&f);
}

static void
test_decisive (void)
{
  g_autoptr (GfPromise) lost = gf_promise_new ();
  g_autoptr (GfPromise) failed = gf_promise_new ();
  g_autoptr (GfPromise) won = gf_promise_new ();
  GfFuture *members[] = { GF_FUTURE (lost), GF_FUTURE (failed), GF_FUTURE (won) };
  g_autoptr (GfFutureSet) all = gf_future_all (members, 3);
  g_autoptr (GfFutureSet) all_settled = gf_future_all_settled (members, 3);
  g_autoptr (GfFutureSet) any = gf_future_any (members, 3);
  g_autoptr (GfFutureSet) race = gf_future_race (members, 3);
  g_autoptr (GfFutureSet) cancelled = gf_future_race (members, 3);
  g_autoptr (GfFutureSet) failures = gf_future_any (members, 2);

  g_assert_null (gf_future_set_get_decisive (race));
  gf_future_cancel (GF_FUTURE (cancelled));
  gf_promise_reject_literal (failed, G_IO_ERROR, G_IO_ERROR_BUSY, "busy");
  gf_promise_resolve_int (won, 1);
  gf_promise_resolve_int (lost, 2);

  g_assert_true (gf_future_set_get_decisive (all) == members[1]);
  g_assert_true (gf_future_set_get_decisive (any) == members[2]);
  g_assert_true (gf_future_set_get_decisive (race) == members[1]);
  g_assert_true (gf_future_set_get_decisive (failures) == members[0]);
  g_assert_null (gf_future_set_get_decisive (all_settled));
  g_assert_null (gf_future_set_get_decisive (cancelled));
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

#define ADD(path, name) g_test_add_func ("/set/" path, test_##name)
  ADD ("all/succeeds-when-all-have", all_succeeds_when_all_have);
  ADD ("all/takes-over-the-first-failure", all_takes_over_the_first_failure);
  ADD ("all/takes-over-a-cancellation", all_takes_over_a_cancellation);
  ADD ("all/spares-what-others-want", all_spares_what_others_want);
  ADD ("all/of-a-dropped-promise", all_of_a_dropped_promise);
  ADD ("all-settled/waits-for-every-outcome", all_settled_waits_for_every_outcome);
  ADD ("any/takes-the-first-success", any_takes_the_first_success);
  ADD ("any/fails-with-the-first-member", any_fails_with_the_first_member);
  ADD ("any/of-cancelled-ones", any_of_cancelled_ones);
  ADD ("race/takes-the-first-settled", race_takes_the_first_settled);

  ADD ("members/settled", settled_members);
  ADD ("members/settled-member-decides-and-cancels", settled_member_decides_and_cancels);
  ADD ("members/none", empty);
  ADD ("members/twice-is-an-error", twice_is_an_error);

  ADD ("list/model", list_model);
  ADD ("list/n-done-is-notified-at-home", n_done_is_notified_at_home);
  ADD ("list/n-done-is-notified-before-done", n_done_is_notified_before_done);
  ADD ("list/progress-is-summed", progress_is_summed);

  ADD ("decisive", decisive);
  ADD ("nested", nested);
  ADD ("of-derived-futures", of_derived_futures);
  ADD ("cancel/reaches-through-derived-futures", cancel_reaches_through_derived_futures);
  ADD ("cancel/reaches-the-members", cancel_reaches_the_members);
  ADD ("cancel/of-sets-that-share-members", cancel_of_sets_that_share_members);
  ADD ("cancel/timeout", timeout);
  ADD ("cancel/cancellable", cancellable);

  ADD ("references/outlives-its-own", outlives_its_references);
  ADD ("references/keeps-its-members", keeps_its_members);
  ADD ("references/dropping-it-cancels-nothing", dropping_it_cancels_nothing);

  ADD ("iterator", iterator);

#undef ADD

  return g_test_run ();
}

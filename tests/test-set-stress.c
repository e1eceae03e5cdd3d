/* test-set-stress.c - sets of many members, and races between them
 *
 * A set is to need no more than a fixed part of the stack, and to be settled once by
 * whichever thread comes first.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "test-sets.h"

/* Many */

static guint
settle_many (guint  n,
             SetNew set_new,
             guint *n_notifies)
{
  GfPromise **members = g_new (GfPromise *, n);
  g_autoptr (GfFutureSet) set = NULL;
  Notified notified = { .thread = g_thread_self () };
  guint n_done = 0;

  for (guint i = 0; i < n; i++)
    members[i] = gf_promise_new ();
  set = set_new ((GfFuture **) members, n);
  g_signal_connect (set, "notify::n-done", G_CALLBACK (notify_cb), &notified);
  g_signal_connect (set, "done", G_CALLBACK (count_done_cb), &n_done);
  for (guint i = 0; i < n; i++)
    {
      /* from the end: a search from the beginning would show */
      gf_promise_resolve_int (members[n - 1 - i], (int) i);
      g_assert_cmpuint (gf_future_set_get_n_done (set), ==, i + 1);
    }
  test_turn_until (n_done == 1);
  test_assert_no_value (set);
  *n_notifies = notified.n_done_notifies;
  for (guint i = 0; i < n; i++)
    g_object_unref (members[i]);
  g_free (members);
  return notified.n_done;
}

static void
test_many_members (void)
{
  guint n = TEST_IS_SLOW ? 10000 : 100000;

  for (guint kind = 0; kind < 2; kind++)
    {
      guint of_few, of_many;

      g_assert_cmpuint (settle_many (n / 10, kinds[kind], &of_few), ==, n / 10);
      g_assert_cmpuint (settle_many (n, kinds[kind], &of_many), ==, n);
      /* ten times as many are no more notifications */
      g_assert_cmpuint (of_few, ==, 1);
      g_assert_cmpuint (of_many, ==, 1);
    }
}

static void
test_many_members_are_cancelled (void)
{
  guint n = TEST_IS_SLOW ? 10000 : 100000;

  for (guint kind = 0; kind < G_N_ELEMENTS (kinds); kind++)
    {
      GfPromise **members = g_new (GfPromise *, n);
      g_autoptr (GfFutureSet) set = NULL;

      for (guint i = 0; i < n; i++)
        members[i] = gf_promise_new ();
      set = kinds[kind] ((GfFuture **) members, n);
      gf_future_cancel (GF_FUTURE (set));
      for (guint i = 0; i < n; i++)
        {
          test_assert_state (members[i], CANCELLED);
          g_object_unref (members[i]);
        }
      g_free (members);
      test_drain ();
    }
}

static void
test_one_member_of_many_sets (void)
{
  guint n = TEST_IS_SLOW ? 2000 : 20000;
  g_autoptr (GfPromise) source = gf_promise_new ();
  GfFuture *future = GF_FUTURE (source);
  GfFutureSet **sets = g_new (GfFutureSet *, n);

  for (guint i = 0; i < n; i++)
    sets[i] = kinds[i % 4] (&future, 1);
  /* no member is searched for among so many */
  for (guint i = 0; i < n - 1; i++)
    gf_future_cancel (GF_FUTURE (sets[i]));
  test_assert_state (source, PENDING);
  gf_future_cancel (GF_FUTURE (sets[n - 1]));
  test_assert_state (source, CANCELLED);
  for (guint i = 0; i < n; i++)
    g_object_unref (sets[i]);
  g_free (sets);
  test_drain ();
}

static void *
nest_deeply (void *data)
{
  g_autoptr (GMainContext) context = g_main_context_new ();
  guint n = TEST_MANY / 20;
  GfFuture *last;

  g_main_context_push_thread_default (context);
  for (guint how = 0; how < 3; how++)
    {
      g_autoptr (GfPromise) source = gf_promise_new ();

      last = g_object_ref (GF_FUTURE (source));
      for (guint i = 0; i < n; i++)
        {
          GfFuture *next = GF_FUTURE (kinds[how == 1 ? i % 2 * 3 : i % 4] (&last, 1));

          g_object_unref (last);
          last = next;
        }
      if (how == 0)
        gf_promise_resolve_int (source, 1);
      else if (how == 1)
        reject (source, "deep");
      else
        gf_future_cancel (last);
      test_turn_until_in (context, gf_future_is_done (last));
      if (how == 0)
        test_assert_state (last, SUCCEEDED);
      else if (how == 1)
        test_assert_failed (last, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
      else
        test_assert_state (source, CANCELLED);
      g_object_unref (last);
      test_drain_in (context);
    }
  g_main_context_pop_thread_default (context);
  return NULL;
}

static void
test_nested_deeply (void)
{
  test_on_small_stack (nest_deeply, NULL);
}

/* Threads */

#define N_THREADS 4

typedef struct
{
  TestBarrier barrier;
  guint n;
  GfPromise *members[N_THREADS];
  GfFutureSet *set;
} Race;

typedef struct
{
  Race *race;
  guint index;
} Racer;

static gpointer
race_thread (gpointer data)
{
  Racer *self = data;
  Race *race = self->race;

  for (guint i = 0; i < race->n; i++)
    {
      test_barrier_wait (&race->barrier);
      /* all succeed; one fails; one is cancelled; the set is cancelled; all fail */
      if (i % 5 == 1 && self->index == i % N_THREADS)
        gf_promise_reject_literal (race->members[self->index], G_IO_ERROR, G_IO_ERROR_NOT_FOUND, "x");
      else if (i % 5 == 2 && self->index == i % N_THREADS)
        gf_future_cancel (GF_FUTURE (race->members[self->index]));
      else if (i % 5 == 3 && self->index == i % N_THREADS)
        gf_future_cancel (GF_FUTURE (race->set));
      else if (i % 5 == 4)
        gf_promise_reject_literal (race->members[self->index], G_IO_ERROR, G_IO_ERROR_NOT_FOUND, "x");
      else
        gf_promise_resolve_int (race->members[self->index], (int) self->index);
      test_barrier_wait (&race->barrier);
    }
  return NULL;
}

static void
test_stress_members_settled_by_threads (void)
{
  Race race = { .barrier = { N_THREADS + 1, 0, 0 }, .n = test_rounds (5000) };
  Racer racers[N_THREADS];
  GThread *threads[N_THREADS];

  for (guint i = 0; i < N_THREADS; i++)
    {
      racers[i] = (Racer) { &race, i };
      threads[i] = g_thread_new ("race", race_thread, &racers[i]);
    }
  for (guint i = 0; i < race.n; i++)
    {
      guint kind = i / 5 % 4;
      guint n_settled = 0;
      Step step = { 0 };
      g_autoptr (GfFuture) derived = NULL;

      for (guint k = 0; k < N_THREADS; k++)
        race.members[k] = gf_promise_new ();
      race.set = kinds[kind] ((GfFuture **) race.members, N_THREADS);
      derived = step_finally (race.set, &step);
      test_barrier_wait (&race.barrier);
      test_barrier_wait (&race.barrier);
      test_turn_until_done (race.set);
      for (guint k = 0; k < N_THREADS; k++)
        n_settled += gf_future_is_done (GF_FUTURE (race.members[k]));
      if (i % 5 != 3)
        g_assert_cmpuint (n_settled, ==, N_THREADS);
      g_assert_cmpuint (gf_future_set_get_n_done (race.set), <=, N_THREADS);
      if (i % 5 == 0)
        {
          test_assert_state (race.set, SUCCEEDED);
          if (kind >= 2)
            {
              int winner = gf_future_get_int (GF_FUTURE (race.set), NULL);

              /* the winner's, and not a loser's that was cancelled */
              test_assert_int (race.members[winner], winner);
            }
          else
            g_assert_cmpuint (gf_future_set_get_n_done (race.set), ==, N_THREADS);
        }
      else if (i % 5 == 4 && kind != 1)
        test_assert_failed (race.set, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
      else if (kind == 1 && i % 5 != 3)
        test_assert_no_value (race.set);
      else if (kind == 0 && i % 5 == 1)
        test_assert_failed (race.set, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
      else if (kind == 0 && i % 5 == 2)
        test_assert_state (race.set, CANCELLED);
      else if (kind == 2 && i % 5 < 3)
        test_assert_state (race.set, SUCCEEDED);
      test_turn_until_done (derived);
      test_turn_until (step.n_released == 1);
      g_assert_cmpuint (step.n_calls, ==, 1);
      g_object_unref (race.set);
      for (guint k = 0; k < N_THREADS; k++)
        g_object_unref (race.members[k]);
      if (i % 64 == 0)
        test_drain ();
    }
  for (guint i = 0; i < N_THREADS; i++)
    g_thread_join (threads[i]);
  test_drain ();
}

/* Two members and two threads, one of which is this: what decides and what comes
 * last may pass each other. */
static gpointer
pair_thread (gpointer data)
{
  Race *race = data;

  for (guint i = 0; i < race->n; i++)
    {
      test_barrier_wait (&race->barrier);
      gf_promise_resolve_int (race->members[0], 1);
      test_barrier_wait (&race->barrier);
    }
  return NULL;
}

static void
test_stress_failure_against_the_last_success (void)
{
  Race race = { .barrier = { 2, 0, 0 }, .n = test_rounds (15000) };
  GThread *thread = g_thread_new ("pair", pair_thread, &race);

  for (guint i = 0; i < race.n; i++)
    {
      race.members[0] = gf_promise_new ();
      race.members[1] = gf_promise_new ();
      race.set = kinds[i % 2 * 2] ((GfFuture **) race.members, 2);
      test_barrier_wait (&race.barrier);
      for (guint spins = i % 64; spins > 0; spins--)
        g_atomic_int_get (&race.barrier.arrived);
      gf_promise_reject_literal (race.members[1], G_IO_ERROR, G_IO_ERROR_NOT_FOUND, "x");
      test_barrier_wait (&race.barrier);
      /* all fails; any succeeds */
      if (i % 2 == 0)
        {
          test_turn_until_done (race.set);
          g_assert_nonnull (gf_future_get_error (GF_FUTURE (race.set)));
        }
      else
        test_assert_int (race.set, 1);
      g_object_unref (race.set);
      g_object_unref (race.members[0]);
      g_object_unref (race.members[1]);
      if (i % 64 == 0)
        test_drain ();
    }
  g_thread_join (thread);
  test_drain ();
}

static void
resolve_task (GfPromise  *promise,
              gpointer    data,
              GError    **error)
{
  gf_promise_resolve_int (promise, GPOINTER_TO_INT (data));
}

static void
test_stress_sets_of_tasks (void)
{
  g_autoptr (GfExecutor) pool = gf_thread_pool_executor_new (4);
  guint n = test_rounds (2000);
  guint n_done = 0;

  /* made while the members are settled; dropped at once */
  for (guint i = 0; i < n; i++)
    {
      GfFuture *members[8];
      g_autoptr (GfFutureSet) set = NULL;

      for (int k = 0; k < 8; k++)
        members[k] = gf_executor_submit (pool, resolve_task, GINT_TO_POINTER (k), NULL);
      set = kinds[i % 4] (members, 8);
      g_signal_connect (set, "done", G_CALLBACK (count_done_cb), &n_done);
      if (i % 7 == 6)
        gf_future_cancel (GF_FUTURE (set));
      for (guint k = 0; k < 8; k++)
        g_object_unref (members[k]);
      if (i % 32 == 0)
        g_main_context_iteration (NULL, FALSE);
    }
  test_turn_until (n_done == n);
  gf_executor_shutdown (pool, TRUE, FALSE);
  test_drain ();
  g_assert_cmpuint (n_done, ==, n);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

#define ADD(path, name) g_test_add_func ("/set/" path, test_##name)
  ADD ("many/members", many_members);
  ADD ("many/members-are-cancelled", many_members_are_cancelled);
  ADD ("many/one-member-of-many-sets", one_member_of_many_sets);
  ADD ("many/nested-deeply", nested_deeply);
  ADD ("stress/members-settled-by-threads", stress_members_settled_by_threads);
  ADD ("stress/failure-against-the-last-success", stress_failure_against_the_last_success);
  ADD ("stress/sets-of-tasks", stress_sets_of_tasks);
#undef ADD

  return g_test_run ();
}

/* test-future-iterator.c - futures in the order in which they are settled
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "test-chains.h"

#define N_MEMBERS 5

static void
members_init (GfPromise **members,
              guint       n)
{
  for (guint i = 0; i < n; i++)
    members[i] = gf_promise_new ();
}

static void
members_clear (GfPromise **members,
               guint       n)
{
  for (guint i = 0; i < n; i++)
    {
      gf_promise_resolve_int (members[i], 0);
      test_drain ();
      test_await_finalized (members[i]);
    }
}

static void
assert_next (GfFutureIterator *iterator,
             gpointer          expected)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GfFuture) next = gf_future_iterator_next (iterator, TEST_DEADLINE_US, NULL, &error);

  g_assert_no_error (error);
  g_assert_true (next == expected);
}

static void
assert_nothing_yet (GfFutureIterator *iterator,
                    gint64            timeout_us)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (gf_future_iterator_next (iterator, timeout_us, NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT);
}

static void
test_in_the_order_of_settling (void)
{
  static const guint order[N_MEMBERS] = { 3, 1, 4, 0, 2 };
  GfPromise *members[N_MEMBERS];
  g_autoptr (GfFutureIterator) iterator = NULL;

  members_init (members, N_MEMBERS);
  iterator = gf_as_completed ((GfFuture **) members, N_MEMBERS);
  for (guint i = 0; i < N_MEMBERS; i++)
    switch (i % 3)
      {
      case 0:
        gf_promise_resolve_int (members[order[i]], 1);
        break;
      case 1:
        gf_promise_reject_literal (members[order[i]], G_IO_ERROR, G_IO_ERROR_FAILED, "x");
        break;
      default:
        gf_future_cancel (GF_FUTURE (members[order[i]]));
      }
  for (guint i = 0; i < N_MEMBERS; i++)
    assert_next (iterator, members[order[i]]);
  /* and then the end, again and again */
  for (guint i = 0; i < 3; i++)
    assert_next (iterator, NULL);
  g_assert_null (gf_future_iterator_next_value (iterator));
  g_assert_finalize_object (g_steal_pointer (&iterator));
  members_clear (members, N_MEMBERS);
}

static void
test_settled_before_in_the_given_order (void)
{
  GfPromise *members[N_MEMBERS];
  g_autoptr (GfFutureIterator) iterator = NULL;

  members_init (members, N_MEMBERS);
  gf_promise_resolve_int (members[4], 1);
  gf_promise_resolve_int (members[0], 1);
  gf_promise_resolve_int (members[2], 1);
  iterator = gf_as_completed ((GfFuture **) members, N_MEMBERS);
  gf_promise_resolve_int (members[3], 1);
  gf_promise_resolve_int (members[1], 1);
  assert_next (iterator, members[0]);
  assert_next (iterator, members[2]);
  assert_next (iterator, members[4]);
  assert_next (iterator, members[3]);
  assert_next (iterator, members[1]);
  assert_next (iterator, NULL);
  g_clear_object (&iterator);
  members_clear (members, N_MEMBERS);
}

static void
test_of_none (void)
{
  g_autoptr (GfFutureIterator) iterator = gf_as_completed (NULL, 0);

  assert_next (iterator, NULL);
  g_assert_null (gf_future_iterator_next_value (iterator));
}

static void
test_twice_is_an_error (void)
{
  g_autoptr (GfPromise) a = gf_promise_new ();
  g_autoptr (GfFuture) b = gf_future_new_for_int (1);
  GfFuture *members[] = { GF_FUTURE (a), b, GF_FUTURE (a) };
  g_autoptr (GfFutureIterator) iterator = gf_as_completed (members, 3);

  for (guint i = 0; i < 2; i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_null (gf_future_iterator_next (iterator, 0, NULL, &error));
      g_assert_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT);
    }
}

static void
test_goes_on_after_a_timeout (void)
{
  GfPromise *members[N_MEMBERS];
  g_autoptr (GfFutureIterator) iterator = NULL;

  members_init (members, N_MEMBERS);
  iterator = gf_as_completed ((GfFuture **) members, N_MEMBERS);
  for (guint i = 0; i < N_MEMBERS; i++)
    {
      assert_nothing_yet (iterator, 0);
      assert_nothing_yet (iterator, 100);
      gf_promise_resolve_int (members[i], 1);
      assert_next (iterator, members[i]);
    }
  assert_next (iterator, NULL);
  g_clear_object (&iterator);
  members_clear (members, N_MEMBERS);
}

static void
test_goes_on_after_it_was_cancelled (void)
{
  GfPromise *members[2];
  g_autoptr (GfFutureIterator) iterator = NULL;
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GError) error = NULL;
  GThread *thread;

  members_init (members, 2);
  iterator = gf_as_completed ((GfFuture **) members, 2);
  thread = g_thread_new ("cancel", test_cancel_cancellable_thread, cancellable);
  g_assert_null (gf_future_iterator_next (iterator, -1, cancellable, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_thread_join (thread);
  g_clear_error (&error);
  g_assert_null (gf_future_iterator_next (iterator, -1, cancellable, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_assert_cmpuint (G_OBJECT (cancellable)->ref_count, ==, 1);
  test_assert_state (members[0], PENDING);
  gf_promise_resolve_int (members[1], 1);
  assert_next (iterator, members[1]);
  g_clear_object (&iterator);
  members_clear (members, 2);
}

static gpointer
resolve_all_thread (gpointer data)
{
  for (GfPromise **member = data; *member; member++)
    {
      gf_promise_resolve_int (*member, 1);
      g_thread_yield ();
    }
  return NULL;
}

static void
test_blocks_till_a_thread_settles (void)
{
  GfPromise *members[101] = { NULL };
  g_autoptr (GfFutureIterator) iterator = NULL;
  GThread *thread;

  members_init (members, 100);
  iterator = gf_as_completed ((GfFuture **) members, 100);
  thread = g_thread_new ("settle", resolve_all_thread, members);
  for (guint i = 0; i < 100; i++)
    {
      g_autoptr (GfFuture) next = gf_future_iterator_next_value (iterator);

      g_assert_true (next == GF_FUTURE (members[i]));
    }
  g_assert_null (gf_future_iterator_next_value (iterator));
  g_thread_join (thread);
  g_clear_object (&iterator);
  members_clear (members, 100);
}

static void
test_iterator_of_itself (void)
{
  g_autoptr (GfFuture) future = gf_future_new_for_int (1);
  GfFutureIterator *iterator = gf_as_completed (&future, 1);
  GfFutureIterator *again = gf_future_iterator_iterator (iterator);

  g_assert_true (again == iterator);
  g_object_unref (again);
  assert_next (iterator, future);
  g_assert_finalize_object (iterator);
}

static void
test_of_a_set_after_the_set_is_gone (void)
{
  GfPromise *members[2];
  GfFutureSet *set;
  g_autoptr (GfFutureIterator) iterator = NULL;

  members_init (members, 2);
  set = gf_future_all_settled ((GfFuture **) members, 2);
  iterator = gf_future_set_iterator (set);
  g_object_unref (set);
  gf_promise_resolve_int (members[1], 1);
  assert_next (iterator, members[1]);
  assert_nothing_yet (iterator, 0);
  gf_promise_resolve_int (members[0], 1);
  assert_next (iterator, members[0]);
  assert_next (iterator, NULL);
  g_clear_object (&iterator);
  members_clear (members, 2);
}

static void
test_of_a_set_that_failed (void)
{
  GfPromise *members[3];
  g_autoptr (GfFutureSet) set = NULL;
  g_autoptr (GfFutureIterator) iterator = NULL;

  members_init (members, 3);
  set = gf_future_all ((GfFuture **) members, 3);
  iterator = gf_future_set_iterator (set);
  gf_promise_reject_literal (members[1], G_IO_ERROR, G_IO_ERROR_FAILED, "x");
  /* the others are wanted by the iterator: nobody cancels them */
  assert_next (iterator, members[1]);
  test_assert_state (members[0], PENDING);
  gf_promise_resolve_int (members[2], 1);
  gf_promise_resolve_int (members[0], 1);
  assert_next (iterator, members[2]);
  assert_next (iterator, members[0]);
  assert_next (iterator, NULL);
  g_clear_object (&iterator);
  g_clear_object (&set);
  members_clear (members, 3);
}

/* Asynchronously */

typedef struct
{
  guint n_calls;
  guint turn;
  GfFuture *next;
  GError *error;
  GThread *thread;
} Next;

static guint n_turns;

static void
next_cb (GObject      *source,
         GAsyncResult *result,
         gpointer      data)
{
  Next *self = data;

  self->n_calls++;
  self->turn = ++n_turns;
  self->thread = g_thread_self ();
  self->next = gf_future_iterator_next_finish (GF_FUTURE_ITERATOR (source), result, &self->error);
}

static void
next_clear (Next *self)
{
  g_clear_object (&self->next);
  g_clear_error (&self->error);
  self->n_calls = 0;
}

static void
test_async_gives_the_next (void)
{
  GfPromise *members[2];
  g_autoptr (GfFutureIterator) iterator = NULL;
  Next next = { 0 };

  members_init (members, 2);
  iterator = gf_as_completed ((GfFuture **) members, 2);
  gf_future_iterator_next_async (iterator, NULL, next_cb, &next);
  test_drain ();
  g_assert_cmpuint (next.n_calls, ==, 0);
  test_in_thread (test_resolve_thread, members[1]);
  g_assert_cmpuint (next.n_calls, ==, 0);
  test_turn_until (next.n_calls == 1);
  g_assert_true (next.next == GF_FUTURE (members[1]));
  g_assert_true (next.thread == g_thread_self ());
  next_clear (&next);
  gf_promise_resolve_int (members[0], 1);
  /* there already: still not within the call */
  gf_future_iterator_next_async (iterator, NULL, next_cb, &next);
  g_assert_cmpuint (next.n_calls, ==, 0);
  test_turn_until (next.n_calls == 1);
  g_assert_true (next.next == GF_FUTURE (members[0]));
  next_clear (&next);
  gf_future_iterator_next_async (iterator, NULL, next_cb, &next);
  test_turn_until (next.n_calls == 1);
  g_assert_null (next.next);
  g_assert_no_error (next.error);
  g_assert_finalize_object (g_steal_pointer (&iterator));
  members_clear (members, 2);
}

static void
test_async_several_are_served_in_order (void)
{
  static const guint order[N_MEMBERS] = { 3, 1, 4, 0, 2 };
  GfPromise *members[N_MEMBERS];
  g_autoptr (GfFutureIterator) iterator = NULL;
  Next next[N_MEMBERS + 2] = { 0 };

  members_init (members, N_MEMBERS);
  iterator = gf_as_completed ((GfFuture **) members, N_MEMBERS);
  n_turns = 0;
  for (guint i = 0; i < G_N_ELEMENTS (next); i++)
    gf_future_iterator_next_async (iterator, NULL, next_cb, &next[i]);
  for (guint i = 0; i < N_MEMBERS; i++)
    {
      gf_promise_resolve_int (members[order[i]], 1);
      if (i % 2)
        test_drain ();
    }
  test_turn_until (next[N_MEMBERS + 1].n_calls == 1);
  for (guint i = 0; i < G_N_ELEMENTS (next); i++)
    {
      g_assert_cmpuint (next[i].n_calls, ==, 1);
      g_assert_cmpuint (next[i].turn, ==, i + 1);
      g_assert_no_error (next[i].error);
      g_assert_true (next[i].next == (i < N_MEMBERS ? GF_FUTURE (members[order[i]]) : NULL));
      next_clear (&next[i]);
    }
  test_drain ();
  g_assert_finalize_object (g_steal_pointer (&iterator));
  members_clear (members, N_MEMBERS);
}

static void
test_async_cancelled_loses_nothing (void)
{
  GfPromise *members[3];
  g_autoptr (GfFutureIterator) iterator = NULL;
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  Next next[3] = { 0 };

  members_init (members, 3);
  iterator = gf_as_completed ((GfFuture **) members, 3);
  gf_future_iterator_next_async (iterator, cancellable, next_cb, &next[0]);
  gf_future_iterator_next_async (iterator, NULL, next_cb, &next[1]);
  test_in_thread (test_cancel_cancellable_thread, cancellable);
  test_turn_until (next[0].n_calls == 1);
  g_assert_error (next[0].error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_assert_null (next[0].next);
  g_assert_cmpuint (next[1].n_calls, ==, 0);
  gf_promise_resolve_int (members[2], 1);
  test_turn_until (next[1].n_calls == 1);
  g_assert_true (next[1].next == GF_FUTURE (members[2]));

  /* cancelled, and at once something is there: it is one's or it is the next one's */
  g_cancellable_reset (cancellable);
  next_clear (&next[0]);
  gf_future_iterator_next_async (iterator, cancellable, next_cb, &next[0]);
  gf_promise_resolve_int (members[0], 1);
  g_cancellable_cancel (cancellable);
  test_turn_until (next[0].n_calls == 1);
  if (next[0].error)
    {
      g_assert_error (next[0].error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
      assert_next (iterator, members[0]);
    }
  else
    g_assert_true (next[0].next == GF_FUTURE (members[0]));
  gf_promise_resolve_int (members[1], 1);
  assert_next (iterator, members[1]);
  assert_next (iterator, NULL);

  /* cancelled before */
  gf_future_iterator_next_async (iterator, cancellable, next_cb, &next[2]);
  test_turn_until (next[2].n_calls == 1);
  g_assert_error (next[2].error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  for (guint i = 0; i < 3; i++)
    next_clear (&next[i]);
  g_assert_cmpuint (G_OBJECT (cancellable)->ref_count, ==, 1);
  g_assert_finalize_object (g_steal_pointer (&iterator));
  members_clear (members, 3);
}

static void
test_async_twice_is_an_error (void)
{
  g_autoptr (GfPromise) a = gf_promise_new ();
  GfFuture *members[] = { GF_FUTURE (a), GF_FUTURE (a) };
  g_autoptr (GfFutureIterator) iterator = gf_as_completed (members, 2);
  Next next = { 0 };

  gf_future_iterator_next_async (iterator, NULL, next_cb, &next);
  test_turn_until (next.n_calls == 1);
  g_assert_error (next.error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT);
  g_assert_null (next.next);
  next_clear (&next);
}

static void
test_async_in_the_callers_context (void)
{
  g_autoptr (GMainContext) context = g_main_context_new ();
  GfPromise *members[1];
  g_autoptr (GfFutureIterator) iterator = NULL;
  Next next = { 0 };

  members_init (members, 1);
  iterator = gf_as_completed ((GfFuture **) members, 1);
  g_main_context_push_thread_default (context);
  gf_future_iterator_next_async (iterator, NULL, next_cb, &next);
  g_main_context_pop_thread_default (context);
  gf_promise_resolve_int (members[0], 1);
  test_drain ();
  g_assert_cmpuint (next.n_calls, ==, 0);
  test_turn_until_in (context, next.n_calls == 1);
  g_assert_true (next.next == GF_FUTURE (members[0]));
  next_clear (&next);
  g_clear_object (&iterator);
  members_clear (members, 1);
}

static void
test_async_dropped_iterator_still_serves (void)
{
  GfPromise *members[2];
  GfFutureIterator *iterator;
  Next next = { 0 };

  members_init (members, 2);
  iterator = gf_as_completed ((GfFuture **) members, 2);
  gf_future_iterator_next_async (iterator, NULL, next_cb, &next);
  g_object_unref (iterator);
  test_drain ();
  gf_promise_resolve_int (members[0], 1);
  test_turn_until (next.n_calls == 1);
  g_assert_true (next.next == GF_FUTURE (members[0]));
  next_clear (&next);
  test_drain ();
  members_clear (members, 2);
}

static void
test_async_and_blocking_share (void)
{
  GfPromise *members[2];
  g_autoptr (GfFutureIterator) iterator = NULL;
  Next next = { 0 };
  g_autoptr (GError) error = NULL;

  members_init (members, 2);
  iterator = gf_as_completed ((GfFuture **) members, 2);
  gf_future_iterator_next_async (iterator, NULL, next_cb, &next);
  gf_promise_resolve_int (members[0], 1);
  /* the first belongs to who came first */
  g_assert_null (gf_future_iterator_next (iterator, 0, NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT);
  gf_promise_resolve_int (members[1], 1);
  assert_next (iterator, members[1]);
  test_turn_until (next.n_calls == 1);
  g_assert_true (next.next == GF_FUTURE (members[0]));
  next_clear (&next);
  g_clear_object (&iterator);
  members_clear (members, 2);
}

/* References and interest */

static void
test_dropped_while_pending (void)
{
  for (guint in_thread = 0; in_thread < 2; in_thread++)
    {
      GfPromise *members[N_MEMBERS];
      GfFutureIterator *iterator;

      members_init (members, N_MEMBERS);
      iterator = gf_as_completed ((GfFuture **) members, N_MEMBERS);
      gf_promise_resolve_int (members[1], 1);
      assert_next (iterator, members[1]);
      gf_promise_resolve_int (members[2], 1);
      if (in_thread)
        test_in_thread (test_drop_thread, iterator);
      else
        g_assert_finalize_object (iterator);
      /* nothing is cancelled */
      test_assert_state (members[0], PENDING);
      members_clear (members, N_MEMBERS);
    }
}

static void
test_counts_as_interest (void)
{
  g_autoptr (GfPromise) source = gf_promise_new ();
  Step step = { 0 };
  g_autoptr (GfFuture) derived = step_then (source, &step);
  g_autoptr (GfFuture) second = NULL;
  Step second_step = { 0 };
  GfFuture *members[] = { GF_FUTURE (source) };
  g_autoptr (GfFutureIterator) iterator = gf_as_completed (members, 1);

  g_assert_true (gf_future_cancel (derived));
  test_assert_state (source, PENDING);
  g_clear_object (&iterator);
  test_assert_state (source, PENDING);
  second = step_then (source, &second_step);
  g_assert_true (gf_future_cancel (second));
  test_assert_state (source, CANCELLED);
  test_drain ();
}

static void
test_dropped_promise_breaks_after_the_iterator (void)
{
  GfPromise *source = gf_promise_new ();
  GfFuture *future = GF_FUTURE (source);
  GfFutureIterator *iterator = gf_as_completed (&future, 1);
  Step step = { 0 };
  g_autoptr (GfFuture) derived = step_catch (source, &step);

  assert_nothing_yet (iterator, 1);
  g_object_unref (iterator);
  g_object_unref (source);
  test_turn_until_done (derived);
  g_assert_cmpuint (step.n_calls, ==, 1);
  test_drain ();
}

static void
test_lets_go_of_what_it_has_given (void)
{
  GfPromise *members[2];
  g_autoptr (GfFutureIterator) iterator = NULL;

  members_init (members, 2);
  iterator = gf_as_completed ((GfFuture **) members, 2);
  gf_promise_resolve_int (members[0], 1);
  assert_next (iterator, members[0]);
  test_drain ();
  g_assert_finalize_object (members[0]);
  g_clear_object (&iterator);
  members_clear (members + 1, 1);
}

static void
test_keeps_its_members (void)
{
  GfFuture *members[2] = { gf_future_new_for_int (1), gf_future_new_for_int (2) };
  g_autoptr (GfFutureIterator) iterator = gf_as_completed (members, 2);
  g_autoptr (GfFuture) first = NULL;
  g_autoptr (GfFuture) second = NULL;

  g_object_unref (members[0]);
  g_object_unref (members[1]);
  test_drain ();
  first = gf_future_iterator_next_value (iterator);
  second = gf_future_iterator_next_value (iterator);
  test_assert_int (first, 1);
  test_assert_int (second, 2);
}

/* Many, in threads */

static void
test_many (void)
{
  guint n = TEST_IS_SLOW ? 10000 : 100000;
  GfPromise **members = g_new0 (GfPromise *, n + 1);
  g_autoptr (GfFutureIterator) iterator = NULL;

  members_init (members, n);
  iterator = gf_as_completed ((GfFuture **) members, n);
  /* every other one from the end, then the rest */
  for (guint i = 0; i < n; i += 2)
    gf_promise_resolve_int (members[n - 1 - i], 1);
  for (guint i = 0; i < n; i += 2)
    assert_next (iterator, members[n - 1 - i]);
  for (guint i = 1; i < n; i += 2)
    {
      gf_promise_resolve_int (members[n - 1 - i], 1);
      assert_next (iterator, members[n - 1 - i]);
    }
  assert_next (iterator, NULL);
  for (guint i = 0; i < n; i++)
    g_object_unref (members[i]);
  g_free (members);
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
iterate_task (GfPromise  *promise,
              gpointer    pool,
              GError    **error)
{
  GfFuture *members[20];
  g_autoptr (GfFutureIterator) iterator = NULL;
  int sum = 0;

  for (int i = 0; i < 20; i++)
    members[i] = gf_executor_submit (pool, resolve_task, GINT_TO_POINTER (i), NULL);
  iterator = gf_as_completed (members, 20);
  for (int i = 0; i < 20; i++)
    g_object_unref (members[i]);
  for (;;)
    {
      g_autoptr (GfFuture) next = gf_future_iterator_next (iterator, -1, NULL, error);

      if (!next)
        break;
      sum += gf_future_get_int (next, NULL);
    }
  gf_promise_resolve_int (promise, sum);
}

static void
test_in_a_task_of_the_only_worker (void)
{
  g_autoptr (GfExecutor) pool = gf_thread_pool_executor_new (1);
  g_autoptr (GfFuture) task = gf_executor_submit (pool, iterate_task, pool, NULL);

  g_assert_true (gf_future_wait (task, TEST_DEADLINE_US, NULL, NULL));
  test_assert_int (task, 190);
  gf_executor_shutdown (pool, TRUE, FALSE);
}

typedef struct
{
  GfFutureIterator *iterator;
  gint *seen;
  guint n;
} Consumer;

static gpointer
consume_thread (gpointer data)
{
  Consumer *self = data;

  for (guint i = 0;; i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (GfFuture) next = gf_future_iterator_next (self->iterator, i % 3 ? -1 : 10, NULL, &error);

      if (next)
        {
          g_assert_true (gf_future_is_done (next));
          g_atomic_int_inc (&self->seen[gf_future_get_int (next, NULL)]);
        }
      else if (error)
        g_assert_error (error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT);
      else
        return NULL;
    }
}

static void
test_stress_consumers_share (void)
{
  g_autoptr (GfExecutor) pool = gf_thread_pool_executor_new (2);
  guint n = 100;

  for (guint round = test_rounds (100); round > 0; round--)
    {
      GfFuture **members = g_new (GfFuture *, n);
      gint *seen = g_new0 (gint, n);
      Consumer consumer = { NULL, seen, n };
      GThread *threads[3];

      for (guint i = 0; i < n; i++)
        members[i] = gf_executor_submit (pool, resolve_task, GINT_TO_POINTER (i), NULL);
      consumer.iterator = gf_as_completed (members, n);
      for (guint i = 0; i < 3; i++)
        threads[i] = g_thread_new ("consume", consume_thread, &consumer);
      for (guint i = 0; i < 3; i++)
        g_thread_join (threads[i]);
      for (guint i = 0; i < n; i++)
        {
          /* each once */
          g_assert_cmpint (seen[i], ==, 1);
          g_object_unref (members[i]);
        }
      g_object_unref (consumer.iterator);
      g_free (members);
      g_free (seen);
    }
  gf_executor_shutdown (pool, TRUE, FALSE);
  test_drain ();
}

static void
test_stress_drop_against_settle (void)
{
  g_autoptr (GfExecutor) pool = gf_thread_pool_executor_new (2);

  for (guint round = test_rounds (5000); round > 0; round--)
    {
      GfFuture *members[4];
      GfFutureIterator *iterator;

      for (int i = 0; i < 4; i++)
        members[i] = gf_executor_submit (pool, resolve_task, GINT_TO_POINTER (i), NULL);
      iterator = gf_as_completed (members, 4);
      for (int i = 0; i < 4; i++)
        g_object_unref (members[i]);
      if (round % 3 == 0)
        g_clear_object (&(GfFuture *) { gf_future_iterator_next (iterator, -1, NULL, NULL) });
      g_object_unref (iterator);
      if (round % 64 == 0)
        test_drain ();
    }
  gf_executor_shutdown (pool, TRUE, FALSE);
  test_drain ();
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

#define ADD(path, name) g_test_add_func ("/iterator/" path, test_##name)
  ADD ("in-the-order-of-settling", in_the_order_of_settling);
  ADD ("settled-before-in-the-given-order", settled_before_in_the_given_order);
  ADD ("of-none", of_none);
  ADD ("twice-is-an-error", twice_is_an_error);
  ADD ("goes-on-after-a-timeout", goes_on_after_a_timeout);
  ADD ("goes-on-after-it-was-cancelled", goes_on_after_it_was_cancelled);
  ADD ("blocks-till-a-thread-settles", blocks_till_a_thread_settles);
  ADD ("iterator-of-itself", iterator_of_itself);
  ADD ("of-a-set-after-the-set-is-gone", of_a_set_after_the_set_is_gone);
  ADD ("of-a-set-that-failed", of_a_set_that_failed);

  ADD ("async/gives-the-next", async_gives_the_next);
  ADD ("async/several-are-served-in-order", async_several_are_served_in_order);
  ADD ("async/cancelled-loses-nothing", async_cancelled_loses_nothing);
  ADD ("async/twice-is-an-error", async_twice_is_an_error);
  ADD ("async/in-the-callers-context", async_in_the_callers_context);
  ADD ("async/dropped-iterator-still-serves", async_dropped_iterator_still_serves);
  ADD ("async/and-blocking-share", async_and_blocking_share);

  ADD ("references/dropped-while-pending", dropped_while_pending);
  ADD ("references/counts-as-interest", counts_as_interest);
  ADD ("references/dropped-promise-breaks-after-the-iterator", dropped_promise_breaks_after_the_iterator);
  ADD ("references/lets-go-of-what-it-has-given", lets_go_of_what_it_has_given);
  ADD ("references/keeps-its-members", keeps_its_members);

  ADD ("many", many);
  ADD ("in-a-task-of-the-only-worker", in_a_task_of_the_only_worker);
  ADD ("stress/consumers-share", stress_consumers_share);
  ADD ("stress/drop-against-settle", stress_drop_against_settle);
#undef ADD

  return g_test_run ();
}

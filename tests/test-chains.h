/* test-chains.h - what the tests of chains, groups and waits share
 *
 * A Step is a continuation that notes how it was called, and does as it is told.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "gf-test.h"

#include <pthread.h>

/* Instrumented code is ten times slower and its frames are larger. */
#if defined (__SANITIZE_ADDRESS__) || defined (__SANITIZE_THREAD__)
#define TEST_IS_SLOW 1
#elif defined (__has_feature)
#if __has_feature (address_sanitizer) || __has_feature (thread_sanitizer)
#define TEST_IS_SLOW 1
#endif
#endif
#ifndef TEST_IS_SLOW
#define TEST_IS_SLOW 0
#endif

#define TEST_MANY       (TEST_IS_SLOW ? 20000 : 1000000)
#define TEST_SMALL_STACK (TEST_IS_SLOW ? 1024 * 1024 : 256 * 1024)

typedef struct
{
  /* what to do */
  GfFuture *give;        /* is returned, with the reference */
  gboolean pass;         /* returns what is settled */
  gboolean fail;         /* sets an error */
  GString *order;
  char mark;
  TestGate *gate;        /* arrives at it */
  TestGate *hold;        /* waits at it */
  GfPromise *settles;    /* settles it first */

  /* what happened */
  guint n_calls;
  guint n_released;
  GfFuture *settled;     /* not to be looked into */
  GfFutureState state;   /* of it */
  GfPromise *current;
  GfFutureState current_state;
  GThread *thread;
  GThread *released;
  GMainContext *context;
} Step;

static GfFuture *
step_run (GfFuture  *settled,
          gpointer   data,
          GError   **error)
{
  Step *self = data;

  g_assert_true (gf_future_is_done (settled));
  g_assert_cmpuint (self->n_released, ==, 0);
  self->settled = settled;
  self->state = gf_future_get_state (settled);
  self->current = gf_promise_get_current ();
  self->current_state = gf_future_get_state (GF_FUTURE (self->current));
  self->thread = g_thread_self ();
  self->context = g_main_context_get_thread_default ();
  if (self->order)
    g_string_append_c (self->order, self->mark);
  if (self->settles)
    {
      gsize length = self->order ? self->order->len : 0;

      gf_promise_resolve_int (self->settles, 1);
      /* nothing ran inside of it */
      g_assert_cmpuint (length, ==, self->order ? self->order->len : 0);
    }
  g_atomic_int_inc (&self->n_calls);
  if (self->gate)
    test_gate_arrive (self->gate);
  if (self->hold)
    test_gate_pass (self->hold);
  if (self->fail)
    {
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_BUSY, "a step failed");
      return NULL;
    }
  if (self->pass)
    return g_object_ref (settled);
  return g_steal_pointer (&self->give);
}

static void
step_release (gpointer data)
{
  Step *self = data;

  self->released = g_thread_self ();
  g_atomic_int_inc (&self->n_released);
}

G_GNUC_UNUSED static guint
step_get_n_calls (Step *self)
{
  return g_atomic_int_get (&self->n_calls);
}

G_GNUC_UNUSED static guint
step_get_n_released (Step *self)
{
  return g_atomic_int_get (&self->n_released);
}

G_GNUC_UNUSED static GfFuture *
step_then (gpointer  future,
           Step     *self)
{
  return gf_future_then (future, step_run, self, step_release);
}

G_GNUC_UNUSED static GfFuture *
step_catch (gpointer  future,
            Step     *self)
{
  return gf_future_catch (future, step_run, self, step_release);
}

G_GNUC_UNUSED static GfFuture *
step_finally (gpointer  future,
              Step     *self)
{
  return gf_future_finally (future, step_run, self, step_release);
}

typedef enum
{
  KIND_THEN,
  KIND_CATCH,
  KIND_FINALLY
} Kind;

G_GNUC_UNUSED static GfFuture *
step_register (gpointer  source,
               Step     *step,
               Kind      kind)
{
  return kind == KIND_THEN ? step_then (source, step)
         : kind == KIND_CATCH ? step_catch (source, step) : step_finally (source, step);
}

G_GNUC_UNUSED static GfFuture *
test_failed_new (const char *message)
{
  return gf_future_new_for_error (g_error_new_literal (G_IO_ERROR, G_IO_ERROR_NOT_FOUND, message));
}

G_GNUC_UNUSED static GfFuture *
test_cancelled_new (void)
{
  GfPromise *promise = gf_promise_new ();

  g_assert_true (gf_future_cancel (GF_FUTURE (promise)));
  return GF_FUTURE (promise);
}

/* Outcomes */

#define test_assert_state(future, expected) \
  g_assert_cmpint (gf_future_get_state (GF_FUTURE (future)), ==, GF_FUTURE_STATE_##expected)

#define test_assert_int(future, expected)                                      \
  G_STMT_START                                                                 \
    {                                                                          \
      g_autoptr (GError) error_ = NULL;                                        \
      int value_;                                                              \
      g_assert_no_error (gf_future_get_error (GF_FUTURE (future)));            \
      value_ = gf_future_get_int (GF_FUTURE (future), &error_);                \
      g_assert_no_error (error_);                                              \
      g_assert_cmpint (value_, ==, (expected));                                \
    }                                                                          \
  G_STMT_END

#define test_assert_no_value(future)                                           \
  G_STMT_START                                                                 \
    {                                                                          \
      const GValue *value_;                                                    \
      test_assert_state (future, SUCCEEDED);                                   \
      value_ = gf_future_get_value (GF_FUTURE (future), NULL);                 \
      g_assert_nonnull (value_);                                               \
      g_assert_true (G_VALUE_HOLDS_POINTER (value_));                          \
      g_assert_null (g_value_get_pointer (value_));                            \
    }                                                                          \
  G_STMT_END

#define test_assert_failed(future, domain, code)                               \
  G_STMT_START                                                                 \
    {                                                                          \
      test_assert_state (future, FAILED);                                      \
      g_assert_error (gf_future_get_error (GF_FUTURE (future)), domain, code); \
    }                                                                          \
  G_STMT_END

#define test_turn_until_done(future) test_turn_until (gf_future_is_done (GF_FUTURE (future)))

/* Gives it back when it is settled, and all has been said about it. */
G_GNUC_UNUSED static GfFuture *
finish_then (GfFuture *derived)
{
  test_turn_until_done (derived);
  test_drain ();
  return derived;
}

static void
test_finalized_cb (gpointer flag,
                   GObject *object)
{
  g_atomic_int_set ((gint *) flag, TRUE);
}

/* Another thread may be about to drop its reference: that of the timers, or who
 * settled it. */
G_GNUC_UNUSED static void
test_await_finalized (gpointer object)
{
  gint finalized = FALSE;
  gint64 deadline = g_get_monotonic_time () + TEST_DEADLINE_US;

  g_object_weak_ref (object, test_finalized_cb, &finalized);
  g_object_unref (object);
  while (!g_atomic_int_get (&finalized))
    {
      g_assert_cmpint (g_get_monotonic_time (), <, deadline);
      g_main_context_iteration (NULL, FALSE);
      g_thread_yield ();
    }
}

/* Threads that do one thing */

G_GNUC_UNUSED static gpointer
test_resolve_thread (gpointer promise)
{
  gf_promise_resolve_int (promise, 42);
  return NULL;
}

G_GNUC_UNUSED static gpointer
test_cancel_thread (gpointer future)
{
  gf_future_cancel (future);
  return NULL;
}

G_GNUC_UNUSED static gpointer
test_cancel_cancellable_thread (gpointer cancellable)
{
  g_cancellable_cancel (cancellable);
  return NULL;
}

G_GNUC_UNUSED static gpointer
test_drop_thread (gpointer object)
{
  g_object_unref (object);
  return NULL;
}

G_GNUC_UNUSED static void
test_in_thread (GThreadFunc func,
                gpointer    data)
{
  g_thread_join (g_thread_new ("test", func, data));
}

/* Runs @func on a stack too small for a recursion as deep as a chain is long. */
G_GNUC_UNUSED static void
test_on_small_stack (void *(*func) (void *),
                     void *data)
{
  pthread_attr_t attr;
  pthread_t thread;

  g_assert_cmpint (pthread_attr_init (&attr), ==, 0);
  g_assert_cmpint (pthread_attr_setstacksize (&attr, TEST_SMALL_STACK), ==, 0);
  g_assert_cmpint (pthread_create (&thread, &attr, func, data), ==, 0);
  g_assert_cmpint (pthread_join (thread, NULL), ==, 0);
  pthread_attr_destroy (&attr);
}

/* Threads that meet at each round, and begin within nanoseconds of each other.
 * It gives way after a while, for machines with fewer processors than threads. */
typedef struct
{
  gint n_threads;
  gint arrived;
  gint generation;
} TestBarrier;

G_GNUC_UNUSED static void
test_barrier_wait (TestBarrier *self)
{
  gint generation = g_atomic_int_get (&self->generation);

  if (g_atomic_int_add (&self->arrived, 1) + 1 == self->n_threads)
    {
      g_atomic_int_set (&self->arrived, 0);
      g_atomic_int_inc (&self->generation);
      return;
    }
  for (guint spins = 0; g_atomic_int_get (&self->generation) == generation; spins++)
    if (spins > 1000)
      g_thread_yield ();
}

G_GNUC_UNUSED static guint
test_rounds (guint n)
{
  return g_test_slow () ? 10 * n : TEST_IS_SLOW ? MAX (n / 10, 1) : n;
}

/* Handlers that count. */

static inline void
count_done_cb (GfFuture *future,
               guint    *counter)
{
  g_assert_true (gf_future_is_done (future));
  ++*counter;
}

static inline void
count_callback (GfFuture *future,
                gpointer  counter)
{
  ++*(guint *) counter;
}

/* Outcomes */

typedef enum
{
  OUTCOME_VALUE,
  OUTCOME_ERROR,
  OUTCOME_CANCELLED,
  OUTCOME_DROPPED
} Outcome;

static inline void
settle (GfPromise **promise,
        Outcome     outcome)
{
  switch (outcome)
    {
    case OUTCOME_VALUE:
      gf_promise_resolve_string (*promise, "a value");
      break;
    case OUTCOME_ERROR:
      gf_promise_reject_literal (*promise, G_IO_ERROR, G_IO_ERROR_NOT_FOUND, "an error");
      break;
    case OUTCOME_CANCELLED:
      gf_future_cancel (GF_FUTURE (*promise));
      break;
    case OUTCOME_DROPPED:
    default:
      g_clear_object (promise);
    }
}

static inline void
assert_outcome (GfFuture *future,
                Outcome   outcome)
{
  switch (outcome)
    {
    case OUTCOME_VALUE:
      test_assert_state (future, SUCCEEDED);
      g_assert_cmpstr (gf_future_get_string (future, NULL), ==, "a value");
      break;
    case OUTCOME_ERROR:
      test_assert_failed (future, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
      g_assert_cmpstr (gf_future_get_error (future)->message, ==, "an error");
      break;
    case OUTCOME_CANCELLED:
      test_assert_state (future, CANCELLED);
      g_assert_true (gf_future_is_cancelled (future));
      g_assert_error (gf_future_get_error (future), G_IO_ERROR, G_IO_ERROR_CANCELLED);
      break;
    case OUTCOME_DROPPED:
    default:
      test_assert_failed (future, GF_FUTURE_ERROR, GF_FUTURE_ERROR_BROKEN_PROMISE);
    }
}

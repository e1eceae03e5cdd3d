/* gf-future-settle.c - how a future is settled
 *
 * The one step of the state word from pending or running to an outcome, and who is
 * told of it then: those who wait, those who observe, those who are to stop, and
 * the home, to which gf-future.c delivers.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "gf-future-private.h"

#include "../loop/gf-completion-private.h"
#include "../loop/gf-thread-private.h"

/* Its handlers are the application's. */
static void
gf_future_trigger (gpointer cancellable,
                   gpointer unused G_GNUC_UNUSED)
{
  g_cancellable_cancel (cancellable);
  g_object_unref (cancellable);
}

/* After the state has changed: tell those who wait, those who observe, those
 * who are to stop, and the home. */
static void
gf_future_settled (GfFuture *self,
                   guint     old_state,
                   guint     state,
                   gboolean  take_reference)
{
  GfObserver *callbacks;
  GfFutureExtra *extra;

  if (GF_TRACING (GF_TRACE_RECORDS))
    gf_future_trace_settled (self, state);

  /* Those who wait, and callbacks that run here, may count on what the library's
   * own observers do. */
  callbacks = gf_observers_notify (self);
  if (old_state & GF_STATE_WAITED)
    gf_waiters_wake (self);
  if (G_UNLIKELY (old_state & GF_STATE_REMOTE))
    gf_promise_withdraw_remote ((GfPromise *) self);
  if (callbacks != NULL)
    gf_callbacks_notify (self, callbacks, FALSE);
  if (G_UNLIKELY (old_state & GF_STATE_LINKED))
    GF_FUTURE_GET_CLASS (self)->let_go (self);

  extra = gf_future_peek_extra (self);
  if (G_UNLIKELY (extra != NULL))
    {
      g_autoptr (GCancellable) cancellable = NULL;
      GfTimer *timer;

      gf_future_set_cancellable (self, NULL);

      g_mutex_lock (&extra->lock);
      timer = g_steal_pointer (&extra->timer);
      if ((state & GF_STATE_MASK) == GF_FUTURE_STATE_CANCELLED || (state & GF_STATE_TIMED_OUT))
        g_set_object (&cancellable, extra->cancellable);
      g_mutex_unlock (&extra->lock);

      if (timer != NULL)
        gf_timer_stop (timer);
      if (cancellable == NULL)
        ;
      else if (gf_thread_get ()->is_shared)
        gf_completion_push (gf_future_trigger, g_steal_pointer (&cancellable));
      else
        gf_thread_run_foreign (gf_future_trigger, g_steal_pointer (&cancellable), NULL);
    }

  if (!take_reference && gf_thread_get ()->frame == NULL && gf_thread_get ()->id != self->creator)
    atomic_fetch_or_explicit (&self->state, GF_STATE_ABROAD, memory_order_relaxed);

  if (!(old_state & GF_STATE_BEGUN) && (old_state & GF_STATE_COUNTED))
    {
      g_object_ref (self);
      gf_future_push_home (self, old_state, GF_STATE_TOLD, take_reference);
      GF_FUTURE_GET_CLASS (self)->withdrawn (self, (old_state & GF_STATE_MASK) == GF_FUTURE_STATE_RUNNING);
      g_object_unref (self);
      return;
    }

  if (take_reference && !gf_future_is_watched (self, state))
    {
      atomic_fetch_or_explicit (&self->state, GF_STATE_UNWATCHED | GF_STATE_DELIVERED,
                                memory_order_relaxed);
      gf_future_drop (self);
    }
  else
    gf_future_push_home (self, state, GF_STATE_TOLD, take_reference);
}

/* The state word of @state, settled with @outcome. */
static guint
gf_state_settle (guint state,
                 guint outcome)
{
  guint settled = (state & ~(GF_STATE_MASK | GF_STATE_CLAIMED)) | outcome;

  /* What has not begun never will. */
  if (!(state & GF_STATE_BEGUN))
    settled = (settled & ~GF_STATE_COUNTED) | GF_STATE_RETURNED;

  return settled;
}

static gboolean
gf_future_claim_if (GfFuture *self,
                    gboolean  pending)
{
  guint state = atomic_load_explicit (&self->state, memory_order_relaxed);

  do
    {
      /* Between claim and seal there are a few instructions. */
      while (G_UNLIKELY (state & GF_STATE_CLAIMED))
        {
          g_thread_yield ();
          state = gf_future_load_state (self);
        }

      if (gf_state_is_settled (state) ||
          (pending && (state & GF_STATE_MASK) != GF_FUTURE_STATE_PENDING))
        return FALSE;
    }
  while (!atomic_compare_exchange_weak_explicit (&self->state, &state, state | GF_STATE_CLAIMED,
                                                 memory_order_acquire, memory_order_relaxed));

  return TRUE;
}

/* For who wants to settle with something to store. TRUE: store it, then
 * gf_future_seal(), or gf_future_unclaim(). FALSE: the future is settled. */
gboolean
gf_future_claim (GfFuture *self)
{
  return gf_future_claim_if (self, FALSE);
}

/* The same, for a task that has not begun. */
gboolean
gf_future_claim_pending (GfFuture *self)
{
  return gf_future_claim_if (self, TRUE);
}

/* The caller does not settle it after all. */
void
gf_future_unclaim (GfFuture *self)
{
  /* Release: what was done to the observers. */
  atomic_fetch_and_explicit (&self->state, ~GF_STATE_CLAIMED, memory_order_release);
}

/* Whether it is settled, when nobody is just about to settle it. */
gboolean
gf_future_is_done_and_unclaimed (GfFuture *self)
{
  guint state;

  while (G_UNLIKELY ((state = gf_future_load_state (self)) & GF_STATE_CLAIMED))
    g_thread_yield ();

  return gf_state_is_settled (state);
}

void
gf_future_seal (GfFuture *self,
                guint     outcome)
{
  guint old_state = atomic_load_explicit (&self->state, memory_order_relaxed);
  guint state;

  /* Release: partner of the acquire in gf_future_load_state(), for the outcome.
   * Sequentially consistent: see gf_future_peek_extra(). */
  do
    state = gf_state_settle (old_state, outcome);
  while (!atomic_compare_exchange_weak_explicit (&self->state, &old_state, state,
                                                 memory_order_seq_cst, memory_order_relaxed));

  gf_future_settled (self, old_state, state, FALSE);
}

/* The same, for what will not run any more, or has returned with this outcome;
 * and drops the caller's reference. */
void
gf_future_seal_and_drop (GfFuture *self,
                         guint     outcome)
{
  guint old_state = atomic_load_explicit (&self->state, memory_order_relaxed);
  guint state;

  if (GF_TRACING (GF_TRACE_RECORDS))
    gf_future_trace_returned (self);

  /* As above. */
  do
    state = gf_state_settle (old_state, outcome) | GF_STATE_RETURNED;
  while (!atomic_compare_exchange_weak_explicit (&self->state, &old_state, state,
                                                 memory_order_seq_cst, memory_order_relaxed));

  gf_future_settled (self, old_state, state, TRUE);
}

/* Settles with nothing to store, in one step. */
gboolean
gf_future_settle_plain (GfFuture *self,
                        guint     outcome)
{
  guint old_state = atomic_load_explicit (&self->state, memory_order_relaxed);
  guint state;

  do
    {
      while (G_UNLIKELY (old_state & GF_STATE_CLAIMED))
        {
          g_thread_yield ();
          old_state = gf_future_load_state (self);
        }

      if (gf_state_is_settled (old_state))
        return FALSE;

      state = gf_state_settle (old_state, outcome);
    }
  while (!atomic_compare_exchange_weak_explicit (&self->state, &old_state, state,
                                                 memory_order_seq_cst, memory_order_relaxed));

  gf_future_settled (self, old_state, state, FALSE);

  return TRUE;
}

/* Settles as failed. Takes @error, not @details, which may be NULL. */
gboolean
gf_future_fail (GfFuture *self,
                GError   *error,
                GBytes   *details)
{
  /* Others wait meanwhile, once it is claimed: make room first. */
  GfFutureExtra *extra = details != NULL ? gf_future_get_extra (self) : NULL;

  if (!gf_future_claim (self))
    {
      g_error_free (error);
      return FALSE;
    }

  /* Who reads it has seen the state: see gf_future_load_state(). */
  self->outcome.error = error;
  if (extra != NULL)
    extra->details = g_bytes_ref (details);
  gf_future_seal (self, GF_FUTURE_STATE_FAILED);

  return TRUE;
}

static void
gf_future_adopt_elsewhere (gpointer data,
                           gpointer unused G_GNUC_UNUSED)
{
  g_autofree GfFuture **futures = data;

  gf_future_adopt (futures[0], futures[1]);
  g_object_unref (futures[0]);
  g_object_unref (futures[1]);
}

/* Settles @self as @settled is, if it is not; or soon. */
void
gf_future_adopt (GfFuture *self,
                 GfFuture *settled)
{
  guint state = gf_future_load_state (settled);
  guint outcome = state & GF_STATE_MASK;

  if (outcome == GF_FUTURE_STATE_CANCELLED || (state & (GF_STATE_NO_VALUE | GF_STATE_TIMED_OUT)))
    gf_future_settle_plain (self, state & (GF_STATE_MASK | GF_STATE_NO_VALUE | GF_STATE_TIMED_OUT));
  else if (outcome == GF_FUTURE_STATE_FAILED)
    {
      g_autoptr (GBytes) details = gf_future_get_error_details (settled);

      gf_future_fail (self, g_error_copy (settled->outcome.error), details);
    }
  else if (gf_thread_get ()->is_shared && gf_future_outcome_is_alive (settled, state))
    {
      GfFuture **futures = g_new (GfFuture *, 2);

      /* To copy it may be the application's business. */
      futures[0] = g_object_ref (self);
      futures[1] = g_object_ref (settled);
      gf_completion_push (gf_future_adopt_elsewhere, futures);
    }
  else
    {
      /* Others wait meanwhile, once it is claimed: copy first. */
      GValue value = G_VALUE_INIT;

      g_value_init (&value, G_VALUE_TYPE (&settled->outcome.value));
      g_value_copy (&settled->outcome.value, &value);
      if (gf_future_claim (self))
        {
          self->outcome.value = value;
          gf_future_seal (self, outcome);
        }
      else
        g_value_unset (&value);
    }
}

/* The function has returned. Settles the future, with no value, if nobody else
 * has or will. */
void
gf_future_return (GfFuture *self,
                  gboolean  take_reference)
{
  guint old_state = atomic_load_explicit (&self->state, memory_order_relaxed);
  guint state;

  if (GF_TRACING (GF_TRACE_RECORDS))
    gf_future_trace_returned (self);

  do
    {
      while (G_UNLIKELY (old_state & GF_STATE_CLAIMED))
        {
          g_thread_yield ();
          old_state = gf_future_load_state (self);
        }

      if (gf_state_is_settled (old_state) || (old_state & GF_STATE_HELD))
        state = old_state | GF_STATE_RETURNED;
      else
        state = gf_state_settle (old_state, GF_FUTURE_STATE_SUCCEEDED | GF_STATE_NO_VALUE) |
                GF_STATE_RETURNED;
    }
  while (!atomic_compare_exchange_weak_explicit (&self->state, &old_state, state,
                                                 memory_order_seq_cst, memory_order_relaxed));

  if (gf_state_is_settled (state) && !gf_state_is_settled (old_state))
    gf_future_settled (self, old_state, state, take_reference);
  else if (gf_state_is_settled (state) && (state & GF_STATE_HAS_DATA))
    gf_future_push_home (self, state, 0, take_reference);
  else if (take_reference)
    g_object_unref (self);
}

/* gf-future-observers.c - who is told when a future is settled
 *
 * A lock-free stack of observers that the settling thread takes as a whole. One
 * who wants to leave it claims the future for a moment, so that nobody settles
 * it meanwhile; and if nobody else wants the outcome, cancels it.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "gf-future-private.h"

#include "../loop/gf-thread-private.h"
#include "gf-future-members-private.h"

/* How many that stay are looked at, at least, for others that have left. */
#define PRUNE_MAX 64

/* ---- telling ---- */

/* Tells a list of the library's own that @future, a reference, is settled. */
static void
gf_observers_tell (gpointer future,
                   gpointer observers)
{
  GfObserver *observer = observers;

  while (observer != NULL)
    {
      GfObserver *next = observer->next;

      observer->func (observer, future);
      observer = next;
    }

  g_object_unref (future);
}

/* Called by the thread that settled @future. */
void
gf_observers_notify (GfFuture *future)
{
  GfObserver *observer;
  GfObserver *own = NULL;
  GfObserver *callbacks = NULL;

  /* Acquire: partner of the release in gf_future_add_observer(). */
  observer = atomic_exchange_explicit (&future->observers, GF_OBSERVERS_TAKEN, memory_order_acq_rel);
  if (G_LIKELY (observer == NULL))
    return;

  /* Two lists, the oldest first. */
  while (observer != NULL)
    {
      GfObserver *next = observer->next;
      GfObserver **list = observer->kind == GF_OBSERVER_CALLBACK ? &callbacks : &own;

      observer->next = *list;
      *list = observer;
      observer = next;
    }

  /* A callback may run here and now, and count on what the others do. */
  if (own != NULL)
    gf_thread_run_step (gf_observers_tell, g_object_ref (future), own);
  if (callbacks != NULL)
    gf_callbacks_notify (future, callbacks, FALSE);
}

/* ---- coming and going ---- */

/* @observer belongs to the library till its function is called. */
void
gf_future_add_observer (GfFuture   *self,
                        GfObserver *observer)
{
  GfObserver *head = atomic_load_explicit (&self->observers, memory_order_acquire);

  do
    {
      if (head == GF_OBSERVERS_TAKEN)
        {
          observer->next = NULL;
          if (observer->kind == GF_OBSERVER_CALLBACK)
            gf_callbacks_notify (self, observer, TRUE);
          else
            gf_thread_run_step (gf_observers_tell, g_object_ref (self), observer);
          return;
        }
      observer->next = head;
    }
  /* Release: partner of the acquire in gf_observers_notify() and
   * gf_observers_prune(). Acquire: the outcome, if they were taken. */
  while (!atomic_compare_exchange_weak_explicit (&self->observers, &head, observer,
                                                 memory_order_release, memory_order_acquire));
}

/* With the future claimed: takes out those that were withdrawn, and says whether
 * any is left that wants the outcome. New ones come at the head only.
 *
 * In a long stack those behind others that stay may be left for later: who comes
 * and goes in turns is near the head. */
static GfObserver *
gf_observers_prune (GfFuture *self,
                    gboolean *is_wanted)
{
  GfObserver *withdrawn = NULL;
  GfObserver *last;
  guint n = 0;

  *is_wanted = FALSE;

  last = atomic_load_explicit (&self->observers, memory_order_acquire);
  while (last != NULL && last->withdrawn)
    {
      GfObserver *next = last->next;

      if (atomic_compare_exchange_strong_explicit (&self->observers, &last, next,
                                                   memory_order_acquire, memory_order_acquire))
        {
          last->next = withdrawn;
          withdrawn = last;
          last = next;
        }
    }

  for (; last != NULL && (n++ < PRUNE_MAX || !*is_wanted); last = last->next)
    {
      if (last->kind != GF_OBSERVER_ONLOOKER)
        *is_wanted = TRUE;

      while (last->next != NULL && last->next->withdrawn)
        {
          GfObserver *observer = last->next;

          last->next = observer->next;
          observer->next = withdrawn;
          withdrawn = observer;
        }
    }

  return withdrawn;
}

/* @self was claimed by the caller. */
static void
gf_future_prune (GfFuture *self,
                 gboolean  cancel)
{
  gboolean is_wanted;
  GfObserver *withdrawn = gf_observers_prune (self, &is_wanted);

  if (cancel && !is_wanted && !gf_future_has_done_handlers (self) && !gf_future_is_awaited (self))
    gf_future_seal (self, GF_FUTURE_STATE_CANCELLED);
  else
    gf_future_unclaim (self);

  while (withdrawn != NULL)
    {
      GfObserver *next = withdrawn->next;

      withdrawn->func (withdrawn, NULL);
      withdrawn = next;
    }
}

/* The observer is not interested any more; if nobody else is, and @cancel, the
 * future is cancelled. If the future is settled already, this does nothing: the
 * observer has been told, or is just being told. */
void
gf_future_withdraw (GfFuture   *self,
                    GfObserver *observer,
                    gboolean    cancel)
{
  /* As long as it is claimed, it is not settled, and the observer is there. */
  if (!gf_future_claim (self))
    return;

  observer->withdrawn = TRUE;
  gf_future_prune (self, cancel);
}

/* The same for who never was an observer. */
void
gf_future_cancel_unless_wanted (GfFuture *self)
{
  if (gf_future_claim (self))
    gf_future_prune (self, TRUE);
}

/* Tells the sets that @self is a member of how far it is. */
void
gf_observers_progressed (GfFuture *self)
{
  double progress = gf_future_get_progress (self);
  GfFuture *sets[PRUNE_MAX];
  guint n_sets = 0;
  guint n = 0;

  /* Once it is settled they count it as done. */
  if (!gf_future_claim (self))
    return;

  for (GfObserver *observer = atomic_load_explicit (&self->observers, memory_order_acquire);
       observer != NULL && n < PRUNE_MAX;
       observer = observer->next, n++)
    if (observer->kind == GF_OBSERVER_MEMBER && !observer->withdrawn &&
        (sets[n_sets] = gf_members_progressed (observer, progress)) != NULL)
      n_sets++;

  gf_future_unclaim (self);

  while (n_sets > 0)
    {
      gf_future_push_progress (sets[--n_sets]);
      g_object_unref (sets[n_sets]);
    }
}

/* ---- onlookers ---- */

typedef struct
{
  GfObserver       observer;
  GfFutureCallback func;
  gpointer         data;
} GfOnlooker;

static void
gf_onlooker_told (GfObserver *observer,
                  GfFuture   *future)
{
  GfOnlooker *self = (GfOnlooker *) observer;

  self->func (future, self->data);
  g_free (self);
}

/* Calls @func once, in the settling thread. It owns @data. */
void
gf_future_observe (GfFuture        *self,
                   GfFutureCallback func,
                   gpointer         data)
{
  GfOnlooker *onlooker = g_new0 (GfOnlooker, 1);

  onlooker->observer.func = gf_onlooker_told;
  onlooker->observer.kind = GF_OBSERVER_ONLOOKER;
  onlooker->func = func;
  onlooker->data = data;
  gf_future_add_observer (self, &onlooker->observer);
}

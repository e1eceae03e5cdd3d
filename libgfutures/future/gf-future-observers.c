/* gf-future-observers.c - who is told when a future is settled
 *
 * Observers come by a lock-free stack that the settling thread takes as a whole.
 * One who wants to leave claims the future for a moment, so that nobody settles
 * it meanwhile, and moves the stack into a list, in which leaving takes one
 * step; if nobody else wants the outcome, the future is cancelled.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "gf-future-private.h"

#include "../loop/gf-thread-private.h"
#include "gf-future-members-private.h"

/* ---- telling ---- */

/* Tells a list of the library's own that @future, a reference, is settled. */
static void
gf_observers_tell (gpointer future,
                   gpointer observers)
{
  GfObserver *observer = observers;

  /* What one of them settles may run code that waits for what the next one does. */
  if (observer->next != NULL)
    gf_thread_put_step_first (gf_observers_tell, g_object_ref (future), observer->next);

  observer->func (observer, future);

  g_object_unref (future);
}

/* Called by the thread that settled @future: tells the library's own. Gives the
 * rest, for gf_callbacks_notify(). */
GfObserver *
gf_observers_notify (GfFuture *future)
{
  GfHandle *handle;
  GfObserver *lists[2];
  GfObserver *own = NULL;
  GfObserver *callbacks = NULL;

  /* Acquire: partner of the release in gf_future_add_observer(). */
  lists[0] = atomic_exchange_explicit (&future->observers, GF_OBSERVERS_TAKEN, memory_order_acq_rel);
  handle = atomic_load_explicit (&future->handle, memory_order_acquire);
  lists[1] = handle != NULL ? g_steal_pointer (&handle->first) : NULL;

  /* Two lists, the oldest first. */
  for (guint i = 0; i < G_N_ELEMENTS (lists); i++)
    while (lists[i] != NULL)
      {
        GfObserver *observer = lists[i];
        GfObserver **list = gf_observer_is_callback (observer) ? &callbacks : &own;

        lists[i] = observer->next;
        observer->next = *list;
        *list = observer;
      }

  if (own != NULL)
    gf_thread_run_step (gf_observers_tell, g_object_ref (future), own);

  return callbacks;
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
          if (gf_observer_is_callback (observer))
            gf_callbacks_notify (self, observer, TRUE);
          else
            gf_thread_run_step (gf_observers_tell, g_object_ref (self), observer);
          return;
        }
      observer->next = head;
    }
  /* Release: partner of the acquire in gf_observers_notify() and
   * gf_observers_collect(). Acquire: the outcome, if they were taken. */
  while (!atomic_compare_exchange_weak_explicit (&self->observers, &head, observer,
                                                 memory_order_release, memory_order_acquire));
}

/* With the future claimed: moves those that have come into the list. */
static GfHandle *
gf_observers_collect (GfFuture *self)
{
  GfHandle *handle = gf_future_get_handle (self);
  GfObserver *observer = atomic_exchange_explicit (&self->observers, NULL, memory_order_acquire);
  GfObserver *oldest = NULL;

  /* The future keeps it. */
  gf_handle_unref (handle);

  while (observer != NULL)
    {
      GfObserver *next = observer->next;

      observer->next = oldest;
      oldest = observer;
      observer = next;
    }

  while (oldest != NULL)
    {
      observer = oldest;
      oldest = observer->next;

      observer->previous = NULL;
      observer->next = handle->first;
      if (handle->first != NULL)
        handle->first->previous = observer;
      handle->first = observer;
      if (gf_observer_is_interested (observer))
        handle->n_interested++;
    }

  return handle;
}

/* With the future claimed: ends that, and cancels the future if nobody wants it. */
static void
gf_future_cancel_or_unclaim (GfFuture *self,
                             GfHandle *handle,
                             gboolean  cancel)
{
  if (cancel && handle->n_interested == 0 && !gf_future_has_done_handlers (self) &&
      !gf_future_is_awaited (self))
    gf_future_seal (self, GF_FUTURE_STATE_CANCELLED);
  else
    gf_future_unclaim (self);
}

/* The observer is not interested any more; if nobody else is, and @cancel, the
 * future is cancelled. If the future is settled already, this does nothing: the
 * observer has been told, or is just being told. The caller keeps the future. */
void
gf_future_withdraw (GfFuture   *self,
                    GfObserver *observer,
                    gboolean    cancel)
{
  GfHandle *handle;

  /* As long as it is claimed, it is not settled, and the observer is there. */
  if (!gf_future_claim (self))
    return;

  handle = gf_observers_collect (self);
  if (observer->previous != NULL)
    observer->previous->next = observer->next;
  else
    handle->first = observer->next;
  if (observer->next != NULL)
    observer->next->previous = observer->previous;
  if (gf_observer_is_interested (observer))
    handle->n_interested--;

  gf_future_cancel_or_unclaim (self, handle, cancel);

  observer->func (observer, NULL);
}

/* The same for who never was an observer. */
void
gf_future_cancel_unless_wanted (GfFuture *self)
{
  if (gf_future_claim (self))
    gf_future_cancel_or_unclaim (self, gf_observers_collect (self), TRUE);
}

/* Whether anybody waits for the outcome, but for blocked threads. */
gboolean
gf_future_is_interesting (GfFuture *self)
{
  gboolean is_interesting;

  if (!gf_future_claim (self))
    return FALSE;

  is_interesting = gf_observers_collect (self)->n_interested > 0;
  gf_future_unclaim (self);

  return is_interesting;
}

/* Tells the sets that @self is a member of how far it is. */
void
gf_observers_progressed (GfFuture *self)
{
  g_autoptr (GPtrArray) sets = NULL;
  double progress = gf_future_get_progress (self);
  GfHandle *handle;

  /* Once it is settled they count it as done. */
  if (!gf_future_claim (self))
    return;

  handle = gf_observers_collect (self);
  sets = g_ptr_array_new_with_free_func (g_object_unref);
  for (GfObserver *observer = handle->first; observer != NULL; observer = observer->next)
    if (observer->kind == GF_OBSERVER_MEMBER)
      {
        GfFuture *set = gf_members_progressed (observer, progress);

        if (set != NULL)
          g_ptr_array_add (sets, set);
      }

  gf_future_unclaim (self);

  for (guint i = 0; i < sets->len; i++)
    gf_future_push_progress (sets->pdata[i]);
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

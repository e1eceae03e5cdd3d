/* gf-queue.c - many push, one takes
 *
 * D. Vyukov's intrusive queue of many producers and one consumer: a push is one
 * exchange and one store, and never waits.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "gf-queue-private.h"

static inline GfHomeItem *
load_next (GfHomeItem *item)
{
  /* Acquire: partner of the release in gf_queue_push(). */
  return __atomic_load_n (&item->next, __ATOMIC_ACQUIRE);
}

void
gf_queue_init (GfQueue *self)
{
  self->stub.next = NULL;
  atomic_init (&self->head, &self->stub);
  atomic_init (&self->tail, &self->stub);
}

void
gf_queue_push (GfQueue    *self,
               GfHomeItem *item)
{
  GfHomeItem *previous;

  __atomic_store_n (&item->next, NULL, __ATOMIC_RELAXED);
  previous = atomic_exchange_explicit (&self->tail, item, memory_order_seq_cst);
  /* Release: partner of load_next(). Until here the queue is cut in two. */
  __atomic_store_n (&previous->next, item, __ATOMIC_RELEASE);
}

/* By one thread at a time: the oldest. NULL: there is none, or, if
 * gf_queue_has_items(), a pusher is between its two instructions: look again. */
GfHomeItem *
gf_queue_take (GfQueue *self)
{
  GfHomeItem *head = atomic_load_explicit (&self->head, memory_order_relaxed);
  GfHomeItem *next = load_next (head);

  if (head == &self->stub)
    {
      if (next == NULL)
        return NULL;
      atomic_store_explicit (&self->head, next, memory_order_relaxed);
      head = next;
      next = load_next (head);
    }

  if (next == NULL)
    {
      /* It can only be had if something is behind it: the stub, if it is the
       * last. */
      if (atomic_load_explicit (&self->tail, memory_order_relaxed) != head)
        return NULL;
      gf_queue_push (self, &self->stub);
      next = load_next (head);
      if (next == NULL)
        return NULL;
    }

  atomic_store_explicit (&self->head, next, memory_order_relaxed);

  return head;
}

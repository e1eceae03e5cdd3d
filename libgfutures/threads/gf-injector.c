/* gf-injector.c - the queue through which work comes into a pool
 *
 * D. Vyukov's intrusive queue of many producers and one consumer: a push is one
 * exchange and one store. Consumers take turns by a flag that nobody waits for.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "gf-injector-private.h"

static inline GfHomeItem *
load_next (GfHomeItem *item)
{
  /* Acquire: partner of the release in gf_injector_push(). */
  return __atomic_load_n (&item->next, __ATOMIC_ACQUIRE);
}

void
gf_injector_init (GfInjector *self)
{
  self->stub.next = NULL;
  self->head = &self->stub;
  atomic_init (&self->tail, &self->stub);
  atomic_flag_clear (&self->taking);
}

void
gf_injector_push (GfInjector *self,
                  GfHomeItem *item)
{
  GfHomeItem *previous;

  __atomic_store_n (&item->next, NULL, __ATOMIC_RELAXED);
  /* Sequentially consistent: who pushes and then finds nobody awake, and who
   * finds nothing and then sleeps, see each other. */
  previous = atomic_exchange_explicit (&self->tail, item, memory_order_seq_cst);
  /* Release: partner of load_next(). Until here the queue is cut in two. */
  __atomic_store_n (&previous->next, item, __ATOMIC_RELEASE);
}

/* A pusher is between its two instructions. */
static GfHomeItem *
gf_injector_await_next (GfHomeItem *item)
{
  GfHomeItem *next = load_next (item);

  for (guint i = 0; next == NULL; i++)
    {
      if (i > 100)
        g_thread_yield ();
      next = load_next (item);
    }

  return next;
}

static GfHomeItem *
gf_injector_take_one (GfInjector *self)
{
  GfHomeItem *head = self->head;
  GfHomeItem *next;

  if (head == &self->stub)
    {
      if (atomic_load_explicit (&self->tail, memory_order_seq_cst) == &self->stub)
        return NULL;
      head = self->head = gf_injector_await_next (head);
    }

  next = load_next (head);
  if (next == NULL)
    {
      /* Perhaps the last one: with the stub behind it, it can be had. */
      if (atomic_load_explicit (&self->tail, memory_order_seq_cst) == head)
        gf_injector_push (self, &self->stub);
      next = gf_injector_await_next (head);
    }
  self->head = next;

  return head;
}

/* Takes up to @n_items. 0: there was nothing, or somebody else is taking. */
guint
gf_injector_take (GfInjector  *self,
                  GfHomeItem **items,
                  guint        n_items)
{
  guint n = 0;

  if (!gf_injector_has_items (self) ||
      atomic_flag_test_and_set_explicit (&self->taking, memory_order_acquire))
    return 0;

  while (n < n_items && (items[n] = gf_injector_take_one (self)) != NULL)
    n++;

  /* Release: partner of the acquire above, for the head. */
  atomic_flag_clear_explicit (&self->taking, memory_order_release);

  return n;
}

/* gf-injector-private.h - the queue through which work comes into a pool
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#ifndef GFUTURES_COMPILATION
#error "A private header of libgfutures."
#endif

#include "../loop/gf-queue-private.h"

G_BEGIN_DECLS

/* A queue from which several threads take, one at a time. */
typedef struct
{
  GfQueue     queue;
  atomic_flag taking;
} GfInjector;

static inline void
gf_injector_init (GfInjector *self)
{
  gf_queue_init (&self->queue);
  atomic_flag_clear (&self->taking);
}

static inline void
gf_injector_push (GfInjector *self,
                  GfHomeItem *item)
{
  gf_queue_push (&self->queue, item);
}

static inline gboolean
gf_injector_has_items (GfInjector *self)
{
  return gf_queue_has_items (&self->queue);
}

/* Takes up to @n_items. 0: there was nothing at hand, or somebody else is
 * taking; see gf_injector_has_items(). */
static inline guint
gf_injector_take (GfInjector  *self,
                  GfHomeItem **items,
                  guint        n_items)
{
  guint n = 0;

  if (!gf_injector_has_items (self) ||
      atomic_flag_test_and_set_explicit (&self->taking, memory_order_acquire))
    return 0;

  while (n < n_items && (items[n] = gf_queue_take (&self->queue)) != NULL)
    n++;

  /* Release: partner of the acquire above, for the head. */
  atomic_flag_clear_explicit (&self->taking, memory_order_release);

  return n;
}

G_END_DECLS

/* gf-queue-private.h - many push, one takes
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#ifndef GFUTURES_COMPILATION
#error "A private header of libgfutures."
#endif

#include "gf-home-private.h"

#include <stdatomic.h>

G_BEGIN_DECLS

/* First in, first out; intrusive, without bound. */
typedef struct
{
  _Atomic (GfHomeItem *) tail; /* the newest */
  char                   padding[64 - sizeof (gpointer)];
  _Atomic (GfHomeItem *) head; /* the oldest; who takes sets it */
  GfHomeItem             stub; /* is in the queue when nothing else is */
} GfQueue;

void        gf_queue_init (GfQueue    *self);
void        gf_queue_push (GfQueue    *self,
                           GfHomeItem *item);
GfHomeItem *gf_queue_take (GfQueue    *self);

/* Sequentially consistent: who pushes and then finds nobody awake, and who finds
 * nothing and then sleeps, see each other. */
static inline gboolean
gf_queue_has_items (GfQueue *self)
{
  return atomic_load_explicit (&self->tail, memory_order_seq_cst) != &self->stub ||
         atomic_load_explicit (&self->head, memory_order_relaxed) != &self->stub;
}

G_END_DECLS

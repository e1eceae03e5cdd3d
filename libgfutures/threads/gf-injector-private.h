/* gf-injector-private.h - the queue through which work comes into a pool
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#ifndef GFUTURES_COMPILATION
#error "A private header of libgfutures."
#endif

#include "../loop/gf-home-private.h"

#include <stdatomic.h>

G_BEGIN_DECLS

/* First in, first out; intrusive, without bound. Any thread pushes; one at a
 * time takes. */
typedef struct
{
  _Atomic (GfHomeItem *) tail;    /* the newest */
  char                   padding[64 - sizeof (gpointer)];
  atomic_flag            taking;
  GfHomeItem            *head;    /* who takes: the oldest */
  GfHomeItem             stub;
} GfInjector;

void  gf_injector_init (GfInjector  *self);
void  gf_injector_push (GfInjector  *self,
                        GfHomeItem  *item);
guint gf_injector_take (GfInjector  *self,
                        GfHomeItem **items,
                        guint        n_items);

/* Whether there is something, or somebody is taking the last of it. */
static inline gboolean
gf_injector_has_items (GfInjector *self)
{
  return atomic_load_explicit (&self->tail, memory_order_seq_cst) != &self->stub;
}

G_END_DECLS

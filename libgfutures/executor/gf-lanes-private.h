/* gf-lanes-private.h - work of a priority other than the default
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

/* By priority, then by age. */
typedef struct
{
  atomic_uint n_urgent;     /* before the default priority */
  atomic_uint n_background; /* and behind it */
  GMutex      lock;
  GTree      *entries;
  guint64     n_pushed;
} GfLanes;

void        gf_lanes_init  (GfLanes    *self);
void        gf_lanes_clear (GfLanes    *self);
void        gf_lanes_push  (GfLanes    *self,
                            int         priority,
                            GfHomeItem *item);
GfHomeItem *gf_lanes_pop   (GfLanes    *self,
                            gboolean    urgent);

/* Sequentially consistent: who adds work and then finds nobody awake, and who
 * finds nothing and then sleeps, see each other. */
static inline gboolean
gf_lanes_has_urgent (GfLanes *self)
{
  return atomic_load_explicit (&self->n_urgent, memory_order_seq_cst) != 0;
}

static inline gboolean
gf_lanes_has_background (GfLanes *self)
{
  return atomic_load_explicit (&self->n_background, memory_order_seq_cst) != 0;
}

G_END_DECLS

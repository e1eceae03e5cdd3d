/* gf-future-set-private.h - the inside of a set of futures
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#ifndef GFUTURES_COMPILATION
#error "A private header of libgfutures."
#endif

#include "gf-future-members-private.h"
#include "gf-future-set.h"

G_BEGIN_DECLS

typedef enum {
  GF_FUTURE_SET_ALL,
  GF_FUTURE_SET_ALL_SETTLED,
  GF_FUTURE_SET_ANY,
  GF_FUTURE_SET_RACE,
  /* For gf_wait() only: they leave their members alone, and are not seen. */
  GF_FUTURE_SET_ALL_COMPLETED,
  GF_FUTURE_SET_FIRST_COMPLETED,
  GF_FUTURE_SET_FIRST_EXCEPTION
} GfFutureSetKind;

struct _GfFutureSet
{
  GfFuture        parent_instance;

  GfFutureSetKind kind;
  GfMembers       members;
  atomic_bool     is_complete; /* all members are watched */
  atomic_size_t   decisive;    /* 1 + the index of the member whose outcome it takes over; 0: none */
  guint           n_wanting;   /* with the lock of gf-future-wanted.c */

  GMutex          lock;
  gsize           n_done;
  gsize           n_succeeded;
  float          *partial;     /* the progress of those that told, or NULL */
  double          partial_sum;
};

GfFutureSet *gf_future_set_new (GfFutureSetKind   kind,
                                GfFuture * const *futures,
                                gsize             n);

G_END_DECLS

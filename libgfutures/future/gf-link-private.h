/* gf-link-private.h - the inside of a continuation
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#ifndef GFUTURES_COMPILATION
#error "A private header of libgfutures."
#endif

#include "gf-future-private.h"

G_BEGIN_DECLS

typedef enum {
  GF_LINK_THEN,
  GF_LINK_CATCH,
  GF_LINK_FINALLY
} GfLinkKind;

typedef enum {
  GF_LINK_WAITING,   /* for the source */
  GF_LINK_RUNNING,   /* the continuation; the runner owns the link */
  GF_LINK_ADOPTING,  /* waiting for the future that it returned */
  GF_LINK_ABANDONED, /* the derived future was settled while it ran */
  GF_LINK_OVER
} GfLinkPhase;

/* Between the future that is waited for and the one that gf_future_then()
 * returned. */
struct _GfLink
{
  GfCallback       callback;
  int              ref_count;
  GfLinkKind       kind;
  atomic_int       phase;

  GfHandle        *source;
  GfFuture        *settled;      /* it, a reference, between being ready and run */
  _Atomic (GfHandle *) returned; /* what is adopted, or NULL */
  GfObserver       adopting;     /* the observer there */

  GfPromise       *derived;   /* a reference, of who ends the link */
  GfFuture        *kept;      /* whose outcome `finally` is to have */

  GfContinuation   func;
  gpointer         data;
  GDestroyNotify   destroy;
  GfHome          *home;
  guint            creator;
  gpointer         pool;      /* whose task it is, for comparing only; or NULL */

  /* With the lock of gf-future-wanted.c. */
  guint            n_wanting;
  gboolean         wants_source;
  gboolean         wants_returned;

  /* Sequentially consistent: who sets one and then looks at the other, and who
   * does so the other way round, see each other. */
  atomic_bool      is_ready;  /* the source is settled */
  atomic_bool      is_wanted; /* somebody blocks till the derived future is */

  /* See gf-future-wanted.c. */
  atomic_bool      is_listed;
  GList            list_node;
};

static inline GfLink *
gf_link_ref (GfLink *self)
{
  g_atomic_int_inc (&self->ref_count);

  return self;
}

G_END_DECLS

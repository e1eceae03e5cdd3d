/* gf-future-members-private.h - many futures that are watched as one
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#ifndef GFUTURES_COMPILATION
#error "A private header of libgfutures."
#endif

#include "gf-future-private.h"

G_BEGIN_DECLS

/* @future is settled, on the thread that settled it. */
typedef void (*GfMemberSettledFunc)    (gpointer  owner,
                                        GfFuture *future,
                                        gsize     index);
/* While the future is claimed. TRUE: gf_future_push_progress() for the owner,
 * which is a future too, after that. */
typedef gboolean (*GfMemberProgressedFunc) (gpointer owner,
                                            gsize    index,
                                            double   progress);

struct _GfMembers
{
  GMutex                 lock;      /* for the futures, from gf_members_watch() on */
  GfFuture             **futures;   /* references; NULL where one was stolen */
  gsize                  n;
  GfObserver            *observers; /* one for each; NULL if they are not watched */
  gsize                  n_told;    /* of them, atomic */

  gpointer               owner;
  GDestroyNotify         release_owner;
  GfMemberSettledFunc    settled;
  GfMemberProgressedFunc progressed;
  gboolean               withdrawn; /* atomic */
  gboolean               are_wanted; /* with the lock of gf-future-wanted.c */
};

void     gf_members_init          (GfMembers          *self,
                                   GfFuture * const   *futures,
                                   gsize               n);
void     gf_members_clear         (GfMembers          *self);
gboolean gf_members_have_twins    (GfMembers          *self,
                                   GError            **error);

void     gf_members_watch         (GfMembers          *self,
                                   guint8              kind,
                                   gpointer            owner,
                                   GDestroyNotify      release_owner);
void     gf_members_withdraw      (GfMembers          *self,
                                   gpointer            owner,
                                   gboolean            cancel);
GfFuture *
         gf_members_steal         (GfMembers          *self,
                                   gsize               index);
GfFuture *
         gf_members_progressed    (GfObserver         *observer,
                                   double              progress);
void     gf_members_visit         (GfMembers          *self,
                                   gboolean            linked,
                                   GfFutureCallback    func,
                                   gpointer            data);

G_END_DECLS

/* gf-home-private.h - delivery to a GMainContext
 *
 * A home stands for one GMainContext without keeping it alive. Any thread hands
 * it items; the thread that owns the context takes them out, in order, one at a
 * time. The home knows nothing of what the items are.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#ifndef GFUTURES_COMPILATION
#error "A private header of libgfutures."
#endif

#include <gio/gio.h>

G_BEGIN_DECLS

typedef struct _GfHome GfHome;
typedef struct _GfHomeItem GfHomeItem;

/* What a home does with an item:
 * DISPATCH  the item's turn on the loop has come;
 * FRAME     the same, for an item that gf_home_defer_to_frame() put off;
 * RELIEVE   no loop runs: let go of what this very thread gave, run nothing
 *           else of the application;
 * DROP      the context is gone: let go of everything, run nothing.
 * An item returns whether it is done with. It always is after all but RELIEVE. */
typedef enum {
  GF_HOME_DISPATCH,
  GF_HOME_FRAME,
  GF_HOME_RELIEVE,
  GF_HOME_DROP
} GfHomePhase;

typedef gboolean (*GfHomeFunc) (GfHomeItem  *item,
                                GfHomePhase  phase);

/* Intrusive: part of what is delivered, in at most one queue at a time. */
struct _GfHomeItem
{
  GfHomeItem *next;
  GfHomeFunc  func;
};

GfHome  *gf_home_get_for_context (GMainContext *context);
GfHome  *gf_home_get_current     (void);
GfHome  *gf_home_ref             (GfHome       *self);
void     gf_home_unref           (GfHome       *self);

void     gf_home_push            (GfHome       *self,
                                  GfHomeItem   *item);
gboolean gf_home_defer_to_frame  (GfHome       *self,
                                  GfHomeItem   *item);
void     gf_home_put_off         (GfHome       *self,
                                  GfHomeItem   *item);

gboolean gf_home_is_gone         (GfHome       *self);
gboolean gf_home_enter           (GfHome       *self,
                                  guint         creator);
void     gf_home_leave           (GfHome       *self);
void     gf_home_relieve         (GfHome       *self);

GMainContext *
         gf_home_get_context     (GfHome       *self);

void     gf_home_release         (GfHome       *self,
                                  guint         creator,
                                  gpointer      data,
                                  GDestroyNotify destroy);
void     gf_home_resurrect       (GfHome       *self,
                                  guint         creator,
                                  gpointer      object);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (GfHome, gf_home_unref)

G_END_DECLS

/* gf-deque-private.h - a work-stealing deque
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#ifndef GFUTURES_COMPILATION
#error "A private header of libgfutures."
#endif

#include <glib.h>
#include <stdatomic.h>

G_BEGIN_DECLS

typedef struct _GfDequeArray GfDequeArray;

/* Its owner pushes and takes at the bottom; anybody steals at the top. */
typedef struct
{
  _Atomic gint64           top;
  char                     padding[64 - sizeof (gint64)];
  _Atomic gint64           bottom;
  _Atomic (GfDequeArray *) array;
  GSList                  *outgrown; /* a thief may still read them */
} GfDeque;

void     gf_deque_init  (GfDeque *self);
void     gf_deque_clear (GfDeque *self);
void     gf_deque_push  (GfDeque *self,
                         gpointer item);
gpointer gf_deque_take  (GfDeque *self);
gpointer gf_deque_steal (GfDeque *self);

static inline gboolean
gf_deque_has_items (GfDeque *self)
{
  gint64 top = atomic_load_explicit (&self->top, memory_order_seq_cst);

  return atomic_load_explicit (&self->bottom, memory_order_seq_cst) > top;
}

G_END_DECLS

/* gf-lanes.c - work of a priority other than the default
 *
 * A balanced tree behind a lock: such work is rare, and the counts tell
 * without the lock that there is none.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "gf-lanes-private.h"

typedef struct
{
  int         priority;
  guint64     number; /* the age */
  GfHomeItem *item;
} GfLaneEntry;

static int
compare_entries (gconstpointer a,
                 gconstpointer b,
                 gpointer      data G_GNUC_UNUSED)
{
  const GfLaneEntry *x = a, *y = b;

  if (x->priority != y->priority)
    return x->priority > y->priority ? 1 : -1;

  return (x->number > y->number) - (x->number < y->number);
}

static atomic_uint *
gf_lanes_get_count (GfLanes *self,
                    int      priority)
{
  return priority < G_PRIORITY_DEFAULT ? &self->n_urgent : &self->n_background;
}

void
gf_lanes_init (GfLanes *self)
{
  atomic_init (&self->n_urgent, 0);
  atomic_init (&self->n_background, 0);
  g_mutex_init (&self->lock);
  self->entries = g_tree_new_full (compare_entries, NULL, g_free, NULL);
  self->n_pushed = 0;
}

void
gf_lanes_clear (GfLanes *self)
{
  g_tree_unref (self->entries);
  g_mutex_clear (&self->lock);
}

void
gf_lanes_push (GfLanes    *self,
               int         priority,
               GfHomeItem *item)
{
  GfLaneEntry *entry = g_new (GfLaneEntry, 1);

  entry->priority = priority;
  entry->item = item;

  g_mutex_lock (&self->lock);
  entry->number = self->n_pushed++;
  g_tree_insert (self->entries, entry, entry);
  atomic_fetch_add_explicit (gf_lanes_get_count (self, priority), 1, memory_order_seq_cst);
  g_mutex_unlock (&self->lock);
}

/* The first; with @urgent, only if it goes before the default priority. */
GfHomeItem *
gf_lanes_pop (GfLanes *self,
              gboolean urgent)
{
  GfHomeItem *item = NULL;
  GTreeNode *first;

  g_mutex_lock (&self->lock);

  first = g_tree_node_first (self->entries);
  if (first != NULL)
    {
      GfLaneEntry *entry = g_tree_node_key (first);

      if (!urgent || entry->priority < G_PRIORITY_DEFAULT)
        {
          item = entry->item;
          atomic_fetch_sub_explicit (gf_lanes_get_count (self, entry->priority), 1,
                                     memory_order_relaxed);
          g_tree_remove (self->entries, entry);
        }
    }

  g_mutex_unlock (&self->lock);

  return item;
}

/* gf-lanes.c - work of a priority other than the default
 *
 * A sorted sequence behind a lock: such work is rare, and the counts tell
 * without the lock that there is none.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "gf-lanes-private.h"

typedef struct
{
  int         priority;
  GfHomeItem *item;
} GfLaneEntry;

static int
compare_entries (gconstpointer a,
                 gconstpointer b,
                 gpointer      data G_GNUC_UNUSED)
{
  int x = ((const GfLaneEntry *) a)->priority;
  int y = ((const GfLaneEntry *) b)->priority;

  return (x > y) - (x < y);
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
  self->entries = g_sequence_new (g_free);
}

void
gf_lanes_clear (GfLanes *self)
{
  g_sequence_free (self->entries);
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
  g_sequence_insert_sorted (self->entries, entry, compare_entries, NULL);
  atomic_fetch_add_explicit (gf_lanes_get_count (self, priority), 1, memory_order_seq_cst);
  g_mutex_unlock (&self->lock);
}

/* The first; with @urgent, only if it goes before the default priority. */
GfHomeItem *
gf_lanes_pop (GfLanes *self,
              gboolean urgent)
{
  GfHomeItem *item = NULL;
  GSequenceIter *first;

  g_mutex_lock (&self->lock);

  first = g_sequence_get_begin_iter (self->entries);
  if (!g_sequence_iter_is_end (first))
    {
      GfLaneEntry *entry = g_sequence_get (first);

      if (!urgent || entry->priority < G_PRIORITY_DEFAULT)
        {
          item = entry->item;
          atomic_fetch_sub_explicit (gf_lanes_get_count (self, entry->priority), 1,
                                     memory_order_relaxed);
          g_sequence_remove (first);
        }
    }

  g_mutex_unlock (&self->lock);

  return item;
}

/* gf-future-list.c - a live list of an executor's futures
 *
 * Any thread adds and removes; the list changes in its home, once a frame at
 * most, with one items-changed for all that came together.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "gf-future-list-private.h"

#include "../loop/gf-home-private.h"

typedef struct
{
  GfFuture *future; /* a reference */
  gboolean  remove;
} GfListChange;

struct _GfFutureList
{
  GObject     parent_instance;

  GfHome     *home;
  GMutex      lock;
  GArray     *changes;  /* GfListChange, in order */
  gboolean    pushed;
  GfHomeItem  item;     /* has a reference while it is pushed */

  /* At home. */
  GSequence  *futures;  /* references */
  GHashTable *iters;    /* GfFuture → GSequenceIter */
};

static void gf_future_list_model_init (GListModelInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (GfFutureList, gf_future_list, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (G_TYPE_LIST_MODEL, gf_future_list_model_init))

static GType
gf_future_list_get_item_type (GListModel *model G_GNUC_UNUSED)
{
  return GF_TYPE_FUTURE;
}

static guint
gf_future_list_get_n_items (GListModel *model)
{
  return g_sequence_get_length (GF_FUTURE_LIST (model)->futures);
}

static gpointer
gf_future_list_get_item (GListModel *model,
                         guint       position)
{
  GSequenceIter *iter;

  if (position >= gf_future_list_get_n_items (model))
    return NULL;

  iter = g_sequence_get_iter_at_pos (GF_FUTURE_LIST (model)->futures, position);

  return g_object_ref (g_sequence_get (iter));
}

static void
gf_future_list_model_init (GListModelInterface *iface)
{
  iface->get_item_type = gf_future_list_get_item_type;
  iface->get_n_items = gf_future_list_get_n_items;
  iface->get_item = gf_future_list_get_item;
}

static void
gf_list_change_clear (gpointer data)
{
  g_clear_object (&((GfListChange *) data)->future);
}

static GArray *
gf_list_changes_new (void)
{
  GArray *changes = g_array_new (FALSE, FALSE, sizeof (GfListChange));

  g_array_set_clear_func (changes, gf_list_change_clear);

  return changes;
}

static void
gf_future_list_apply (GfFutureList *self,
                      GArray       *changes)
{
  guint n_before = g_sequence_get_length (self->futures);
  guint head = n_before; /* unchanged at either end */
  guint tail = n_before;
  guint n_after;

  for (guint i = 0; i < changes->len; i++)
    {
      GfListChange *change = &g_array_index (changes, GfListChange, i);
      guint n_items = g_sequence_get_length (self->futures);
      guint position = n_items;

      if (change->remove)
        {
          GSequenceIter *iter = g_hash_table_lookup (self->iters, change->future);

          if (iter == NULL)
            continue;
          position = g_sequence_iter_get_position (iter);
          tail = MIN (tail, n_items - position - 1);
          g_hash_table_remove (self->iters, change->future);
          g_sequence_remove (iter);
        }
      else
        {
          tail = 0;
          g_hash_table_insert (self->iters, change->future,
                               g_sequence_append (self->futures, g_object_ref (change->future)));
        }
      head = MIN (head, position);
    }

  /* Where both ends meet, the tail gives way. */
  n_after = g_sequence_get_length (self->futures);
  tail = MIN (tail, MIN (n_before, n_after) - MIN (head, MIN (n_before, n_after)));
  head = MIN (head, MIN (n_before, n_after));

  if (n_before - head - tail != 0 || n_after - head - tail != 0)
    g_list_model_items_changed (G_LIST_MODEL (self), head,
                                n_before - head - tail, n_after - head - tail);
}

static gboolean
gf_future_list_turn (GfHomeItem *item,
                     GfHomePhase phase)
{
  GfFutureList *self = (GfFutureList *) ((char *) item - G_STRUCT_OFFSET (GfFutureList, item));
  g_autoptr (GArray) changes = NULL;

  if (phase == GF_HOME_RELIEVE)
    return FALSE;
  if (phase == GF_HOME_DISPATCH && gf_home_defer_to_frame (self->home, item))
    return TRUE;

  g_mutex_lock (&self->lock);
  changes = self->changes;
  self->changes = gf_list_changes_new ();
  self->pushed = FALSE;
  g_mutex_unlock (&self->lock);

  if (phase != GF_HOME_DROP)
    gf_future_list_apply (self, changes);

  g_object_unref (self);

  return TRUE;
}

static void
gf_future_list_change (GfFutureList *self,
                       GfFuture     *future,
                       gboolean      remove)
{
  GfListChange change = { g_object_ref (future), remove };
  gboolean push;

  g_mutex_lock (&self->lock);
  g_array_append_val (self->changes, change);
  push = !self->pushed;
  self->pushed = TRUE;
  g_mutex_unlock (&self->lock);

  if (push)
    {
      g_object_ref (self);
      gf_home_push (self->home, &self->item);
    }
}

void
gf_future_list_append (GfFutureList *self,
                       GfFuture     *future)
{
  gf_future_list_change (self, future, FALSE);
}

void
gf_future_list_remove (GfFutureList *self,
                       GfFuture     *future)
{
  gf_future_list_change (self, future, TRUE);
}

static void
gf_future_list_finalize (GObject *object)
{
  GfFutureList *self = GF_FUTURE_LIST (object);

  g_hash_table_unref (self->iters);
  g_sequence_free (self->futures);
  g_array_unref (self->changes);
  g_mutex_clear (&self->lock);
  gf_home_unref (self->home);

  G_OBJECT_CLASS (gf_future_list_parent_class)->finalize (object);
}

static void
gf_future_list_class_init (GfFutureListClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = gf_future_list_finalize;
}

static void
gf_future_list_init (GfFutureList *self)
{
  self->home = gf_home_get_current ();
  g_mutex_init (&self->lock);
  self->changes = gf_list_changes_new ();
  self->item.func = gf_future_list_turn;
  self->futures = g_sequence_new (g_object_unref);
  self->iters = g_hash_table_new (NULL, NULL);
}

/* At home in the caller's context. */
GfFutureList *
gf_future_list_new (void)
{
  return g_object_new (GF_TYPE_FUTURE_LIST, NULL);
}

/* gf-executor-map.c - one function over many items
 *
 * The items travel in chunks, each a task of its own, of which a bounded number
 * is under way. The last chunk to end gathers the results.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "gf-executor-private.h"

#include "../future/gf-error.h"
#include "../loop/gf-completion-private.h"
#include "../loop/gf-thread-private.h"
#include "gf-variant-private.h"

/* Chunks under way for each worker. */
#define CHUNKS_PER_WORKER 4
/* Chunks altogether, if the library chooses, for each worker: enough for the
 * last ones to end at about the same time. */
#define CHOSEN_CHUNKS 16

typedef struct
{
  GfExecutor *executor;    /* lives till gf_executor_task_returned() */
  char       *function;
  GVariant   *items;
  gsize       n_items;
  gsize       chunk_size;
  GfPromise  *promise;     /* what the caller got */
  GVariant  **results;     /* an array of each chunk */
  gsize       n_chunks;
  int         ref_count;

  GMutex      lock;
  gsize       n_submitted; /* chunks */
  gsize       n_done;      /* items that have their results */
  gsize       n_under_way; /* chunks */
  gboolean    submitting;
  gboolean    reporting;
  gboolean    finished;    /* all items are done, and somebody gathers */
  GHashTable *futures;     /* of the chunks under way, references */
} GfMap;

typedef struct
{
  GfMap *map;
  gsize  number;
} GfMapChunk;

static void
gf_map_unref (gpointer data)
{
  GfMap *self = data;

  if (!g_atomic_int_dec_and_test (&self->ref_count))
    return;

  for (gsize i = 0; i < self->n_chunks; i++)
    g_clear_pointer (&self->results[i], g_variant_unref);
  g_free (self->results);
  g_clear_pointer (&self->futures, g_hash_table_unref);
  g_clear_object (&self->promise);
  gf_executor_task_returned (self->executor);
  g_variant_unref (self->items);
  g_free (self->function);
  g_mutex_clear (&self->lock);
  g_free (self);
}

static GfMap *
gf_map_ref (GfMap *self)
{
  g_atomic_int_inc (&self->ref_count);

  return self;
}

static gsize
gf_map_get_chunk_size (GfMap *self,
                       gsize  number)
{
  return MIN (self->chunk_size, self->n_items - number * self->chunk_size);
}

/* Reports that @n_items more have their results. One thread at a time, so that
 * the progress never goes back; who finds another at it leaves it to that one.
 * TRUE, once: all items have. */
static gboolean
gf_map_report (GfMap *self,
               gsize  n_items)
{
  gboolean finished;
  gsize n_done;

  g_mutex_lock (&self->lock);
  self->n_done += n_items;

  if (self->reporting)
    {
      g_mutex_unlock (&self->lock);
      return FALSE;
    }

  self->reporting = TRUE;
  do
    {
      n_done = self->n_done;
      g_mutex_unlock (&self->lock);

      gf_promise_set_progress (self->promise, (double) n_done / self->n_items, NULL);

      g_mutex_lock (&self->lock);
    }
  while (n_done != self->n_done);
  self->reporting = FALSE;
  finished = n_done == self->n_items && !self->finished;
  self->finished |= finished;

  g_mutex_unlock (&self->lock);

  return finished;
}

static void
gf_map_finish (gpointer data,
               gpointer user_data G_GNUC_UNUSED)
{
  GfMap *self = data;

  gf_promise_resolve_variant (self->promise, gf_variant_concat (self->results, self->n_chunks));
  gf_map_unref (self);
}

static void gf_map_submit (GfMap *self);

static void
gf_map_chunk_settled (GfFuture *future,
                      gpointer  data)
{
  GfMapChunk *chunk = data;
  GfMap *map = chunk->map;
  gsize n_items = gf_map_get_chunk_size (map, chunk->number);
  const GError *error = gf_future_get_error (future);
  GVariant *results = error == NULL ? gf_future_get_variant (future, NULL) : NULL;

  g_mutex_lock (&map->lock);
  g_hash_table_remove (map->futures, future);
  map->n_under_way--;
  g_mutex_unlock (&map->lock);

  if (gf_future_is_cancelled (future))
    gf_future_cancel (GF_FUTURE (map->promise));
  else if (error != NULL)
    {
      g_autoptr (GBytes) details = gf_future_get_error_details (future);

      gf_promise_reject_with_details (map->promise, g_error_copy (error), details);
    }
  else if (results == NULL || !g_variant_is_of_type (results, G_VARIANT_TYPE_ARRAY) ||
           g_variant_n_children (results) != n_items)
    gf_promise_reject_literal (map->promise, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED,
                               "A function that settles its promise cannot be mapped: "
                               "it has to return its result");
  else if (!gf_promise_should_stop (map->promise))
    {
      map->results[chunk->number] = g_variant_ref (results);
      if (!gf_map_report (map, n_items))
        gf_map_submit (map);
      else if (gf_thread_get ()->is_shared)
        gf_completion_push (gf_map_finish, gf_map_ref (map));
      else
        gf_map_finish (gf_map_ref (map), NULL);
    }

  gf_map_unref (map);
  g_free (chunk);
}

/* The map was settled: by its last chunk, by a failure, or cancelled. */
static void
gf_map_settled (GfFuture *future G_GNUC_UNUSED,
                gpointer  data)
{
  GfMap *self = data;
  g_autoptr (GPtrArray) futures = g_ptr_array_new_with_free_func (g_object_unref);
  GHashTableIter iter;
  gpointer key;

  g_mutex_lock (&self->lock);
  g_hash_table_iter_init (&iter, self->futures);
  while (g_hash_table_iter_next (&iter, &key, NULL))
    g_ptr_array_add (futures, g_object_ref (key));
  g_mutex_unlock (&self->lock);

  for (guint i = 0; i < futures->len; i++)
    gf_future_cancel (futures->pdata[i]);

  gf_map_unref (self);
}

static void
gf_map_submit_chunk (GfMap *self,
                     gsize  number)
{
  g_autoptr (GVariant) items = gf_variant_slice (self->items, number * self->chunk_size,
                                                 gf_map_get_chunk_size (self, number));
  g_autoptr (GfFuture) future = NULL;
  GfMapChunk *chunk = g_new (GfMapChunk, 1);
  GfPromise *task;

  chunk->map = gf_map_ref (self);
  chunk->number = number;

  task = gf_promise_new_call (G_PRIORITY_DEFAULT, self->function, items, GF_STATE_MAP);
  gf_future_observe (GF_FUTURE (task), gf_map_chunk_settled, chunk);

  future = gf_executor_take_part (self->executor, task);

  g_mutex_lock (&self->lock);
  if (!gf_future_is_done (future))
    g_hash_table_add (self->futures, g_object_ref (future));
  g_mutex_unlock (&self->lock);

  /* It was settled before the chunk was in the table. */
  if (gf_promise_should_stop (self->promise))
    gf_future_cancel (future);
}

/* Submits as many chunks as may be under way. An executor may run them here:
 * then the inner calls leave the work to the outermost. */
static void
gf_map_submit (GfMap *self)
{
  gsize limit = (gsize) CHUNKS_PER_WORKER * MAX (1, gf_executor_get_max_workers (self->executor));

  g_mutex_lock (&self->lock);

  if (self->submitting)
    {
      g_mutex_unlock (&self->lock);
      return;
    }

  self->submitting = TRUE;
  while (self->n_submitted < self->n_chunks && self->n_under_way < limit &&
         !gf_promise_should_stop (self->promise))
    {
      gsize number = self->n_submitted++;

      self->n_under_way++;
      g_mutex_unlock (&self->lock);

      gf_map_submit_chunk (self, number);

      g_mutex_lock (&self->lock);
    }
  self->submitting = FALSE;

  g_mutex_unlock (&self->lock);
}

/**
 * gf_executor_map:
 * @self: an executor
 * @function: the name of a function, see gf_function_register()
 * @items: an array; a floating reference is sunk
 * @chunk_size: how many items travel together; 0 to let the library choose
 *
 * Calls a function for each item of an array. The future succeeds with an array
 * of the results, in the order of the items: of their type if they have all the
 * same one, else of variants (`av`). A call that returns nothing counts as the
 * empty tuple. #GfFuture:progress is the share of items that are done. The first
 * failure fails the future and cancels the rest.
 *
 * The chunks are tasks of the executor, of which a bounded number is under way
 * at a time; in a process pool each is one message. The call does not block and may be made from any thread.
 *
 * Returns: (transfer full): the future of the whole; failed with
 *   %GF_FUTURE_ERROR_SHUT_DOWN if the executor was shut down
 *
 * Since: 1.0
 */
GfFuture *
gf_executor_map (GfExecutor *self,
                 const char *function,
                 GVariant   *items,
                 guint       chunk_size)
{
  GfPromise *promise;
  GfMap *map;

  g_return_val_if_fail (GF_IS_EXECUTOR (self), NULL);
  g_return_val_if_fail (function != NULL, NULL);
  g_return_val_if_fail (items != NULL && g_variant_is_of_type (items, G_VARIANT_TYPE_ARRAY), NULL);

  promise = gf_promise_new ();
  if (!gf_executor_begin_whole (self, promise))
    {
      g_variant_unref (g_variant_ref_sink (items));
      gf_promise_reject_literal (promise, GF_FUTURE_ERROR, GF_FUTURE_ERROR_SHUT_DOWN,
                                 "The executor was shut down and takes no more tasks");
      return GF_FUTURE (promise);
    }

  map = g_new0 (GfMap, 1);
  map->ref_count = 1;
  map->executor = self;
  map->function = g_strdup (function);
  map->items = g_variant_ref_sink (items);
  map->n_items = g_variant_n_children (items);
  map->chunk_size = chunk_size;
  if (chunk_size == 0)
    map->chunk_size = MAX (1, map->n_items / ((gsize) CHOSEN_CHUNKS * MAX (1, gf_executor_get_max_workers (self))));
  map->promise = g_object_ref (promise);
  map->n_chunks = (map->n_items + map->chunk_size - 1) / map->chunk_size;
  map->results = g_new0 (GVariant *, map->n_chunks);
  map->futures = g_hash_table_new_full (NULL, NULL, g_object_unref, NULL);
  g_mutex_init (&map->lock);

  gf_promise_set_running (promise);
  if (map->n_items == 0)
    gf_promise_resolve_variant (promise, gf_variant_concat (NULL, 0));
  else
    {
      gf_future_observe (GF_FUTURE (promise), gf_map_settled, gf_map_ref (map));
      gf_map_submit (map);
    }
  gf_map_unref (map);

  return GF_FUTURE (promise);
}

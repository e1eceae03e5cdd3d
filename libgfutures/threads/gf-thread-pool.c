/* gf-thread-pool.c - what worker threads have to do, and waking them
 *
 * Work comes in through the injector. A worker takes a few items at a time into
 * its own deque, where the others can steal them; what it submits itself goes
 * there too. Work of a priority other than the default goes into the lanes.
 *
 * A worker without work searches for a moment, then parks. Who adds work wakes a
 * worker if none is searching; a searcher that finds work wakes the next one if
 * there is more. A worker that blocks in a wait is stood in for.
 *
 * The pool does not keep its executor alive: that lives till its last task has
 * returned, and closes the pool then.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "gf-thread-pool-private.h"

#include "../loop/gf-thread-private.h"
#include "../future/gf-error.h"

/* How many items are cancelled at a time. */
#define BATCH 32

typedef struct
{
  GfHomeItem item;
  GfPostFunc func;
  gpointer   data;
} GfPostItem;

/* ---- items ---- */

/* Marks an item of gf_thread_pool_post(); never called. */
static gboolean
gf_post_item_mark (GfHomeItem *item G_GNUC_UNUSED,
                   GfHomePhase phase G_GNUC_UNUSED)
{
  g_assert_not_reached ();
}

static inline gboolean
is_post (GfHomeItem *item)
{
  return item->func == gf_post_item_mark;
}

static inline GfPromise *
item_to_task (GfHomeItem *item)
{
  return (GfPromise *) ((char *) item - G_STRUCT_OFFSET (GfFuture, item));
}

static void
gf_thread_pool_reject (GfThreadPool *self,
                       GfPromise    *task)
{
  GfFuture *future = (GfFuture *) task;

  /* It may have been begun by who waits for it. */
  if (gf_future_claim_pending (future))
    {
      future->outcome.error = g_error_copy (atomic_load_explicit (&self->broken, memory_order_acquire));
      gf_future_seal (future, GF_FUTURE_STATE_FAILED);
    }
  g_object_unref (task);
}

void
gf_thread_pool_run_item (GfThreadPool *self,
                         GfHomeItem   *item)
{
  if (is_post (item))
    {
      GfPostItem *post = (GfPostItem *) item;
      GfPostItem copy = *post;
      GfExecutor *executor = self->executor;

      g_slice_free (GfPostItem, post);
      gf_executor_task_begun (executor);
      copy.func (copy.data);
      gf_executor_task_returned (executor);
    }
  else if (G_UNLIKELY (atomic_load_explicit (&self->broken, memory_order_relaxed) != NULL))
    gf_thread_pool_reject (self, item_to_task (item));
  else if (G_UNLIKELY (atomic_load_explicit (&self->cancelling, memory_order_relaxed)))
    {
      gf_promise_cancel_pending (item_to_task (item));
      g_object_unref (item_to_task (item));
    }
  else
    gf_promise_run_and_drop (item_to_task (item));
}

/* ---- waking ---- */

gboolean
gf_thread_pool_has_work (GfThreadPool *self)
{
  guint n_slots = atomic_load_explicit (&self->n_slots, memory_order_acquire);

  if (gf_injector_has_items (&self->injector) ||
      gf_lanes_has_urgent (&self->lanes) || gf_lanes_has_background (&self->lanes))
    return TRUE;

  for (guint i = 0; i < n_slots; i++)
    {
      GfWorker *worker = atomic_load_explicit (&self->workers[i], memory_order_acquire);

      if (worker != NULL && gf_deque_has_items (&worker->deque))
        return TRUE;
    }

  return FALSE;
}

/* With the lock held: a slot for a new thread. */
static GfWorker *
gf_thread_pool_get_slot (GfThreadPool *self)
{
  GfWorker *worker;

  for (guint i = 0; i < self->max_threads; i++)
    {
      worker = atomic_load_explicit (&self->workers[i], memory_order_relaxed);

      if (worker == NULL)
        {
          worker = gf_worker_new (self, i);
          atomic_store_explicit (&self->workers[i], worker, memory_order_release);
          atomic_store_explicit (&self->n_slots, i + 1, memory_order_release);
        }
      else if (worker->alive)
        continue;

      worker->alive = TRUE;
      return worker;
    }

  g_assert_not_reached ();
}

/* No thread can be had, and none is there: nothing will ever run. */
void
gf_thread_pool_break (GfThreadPool *self,
                      GError       *error)
{
  GError *none = NULL;
  GfHomeItem *item;

  if (!atomic_compare_exchange_strong_explicit (&self->broken, &none, error,
                                                memory_order_acq_rel, memory_order_acquire))
    g_error_free (error);

  while (gf_injector_take (&self->injector, &item, 1) == 1)
    gf_thread_pool_run_item (self, item);
  while ((item = gf_lanes_pop (&self->lanes, FALSE)) != NULL)
    gf_thread_pool_run_item (self, item);
}

static void
gf_thread_pool_trace_start (GfThreadPool *self,
                            const char   *name)
{
  guint n_threads = gf_thread_pool_get_n_threads (self);

  if (n_threads > self->max_workers)
    gf_trace_print (GF_TRACE_POOLS, "starts %s, which stands in for a blocked thread: %u of at most %u (max-threads)",
                    name, n_threads, self->max_threads);
  else
    gf_trace_print (GF_TRACE_POOLS, "starts %s: %u of %u (max-workers)", name, n_threads, self->max_workers);
}

static void
gf_thread_pool_start_thread (GfThreadPool *self,
                             GfWorker     *worker)
{
  g_autofree char *name = g_strdup_printf ("%s-%u", self->name_prefix, worker->index);
  g_autoptr (GError) error = NULL;
  gboolean alone;

  if (GF_TRACING (GF_TRACE_POOLS))
    gf_thread_pool_trace_start (self, name);
  gf_thread_pool_ref (self);
  if (gf_worker_start (worker, name, &error))
    return;

  g_mutex_lock (&self->lock);
  worker->alive = FALSE;
  alone = --self->n_threads == 0;
  atomic_fetch_sub_explicit (&self->n_working, 1, memory_order_seq_cst);
  atomic_fetch_sub_explicit (&self->n_searching, 1, memory_order_seq_cst);
  self->max_threads = MAX (1, self->n_threads);
  g_mutex_unlock (&self->lock);

  if (alone)
    gf_thread_pool_break (self, g_error_new (GF_FUTURE_ERROR, GF_FUTURE_ERROR_BROKEN_EXECUTOR,
                                             "The thread pool cannot start a thread: %s",
                                             error->message));
  else
    {
      g_warning ("A thread pool goes on with %u threads, for it cannot start another: %s",
                 self->max_threads, error->message);
      if (gf_thread_pool_has_work (self))
        gf_thread_pool_notify (self);
    }

  gf_thread_pool_unref (self);
}

/* There may be work that nobody looks at. The caller added it before, in a
 * sequentially consistent step; those who go to sleep step down from the counts
 * that are read here, and then look for work once more. */
void
gf_thread_pool_notify (GfThreadPool *self)
{
  GfWorker *worker = NULL;
  gboolean start = FALSE;
  guint none = 0;

  if (atomic_load_explicit (&self->n_searching, memory_order_seq_cst) != 0 ||
      atomic_load_explicit (&self->n_working, memory_order_seq_cst) >= self->max_workers ||
      !atomic_compare_exchange_strong_explicit (&self->n_searching, &none, 1,
                                                memory_order_seq_cst, memory_order_relaxed))
    return;

  g_mutex_lock (&self->lock);

  if (atomic_load_explicit (&self->n_working, memory_order_relaxed) < self->max_workers)
    {
      if (self->parked.head != NULL)
        {
          worker = self->parked.head->data;
          g_queue_unlink (&self->parked, &worker->link);
          worker->is_parked = FALSE;
          worker->notified = TRUE;
        }
      else if (self->n_threads < self->max_threads)
        {
          self->n_threads++;
          start = TRUE;
          worker = gf_thread_pool_get_slot (self);
        }
    }
  /* Nobody searches after all. Under the lock: who parks after this, and takes
   * the lock to do so, looks for the work of those who were told otherwise. */
  if (worker != NULL)
    atomic_fetch_add_explicit (&self->n_working, 1, memory_order_seq_cst);
  else
    atomic_fetch_sub_explicit (&self->n_searching, 1, memory_order_seq_cst);

  g_mutex_unlock (&self->lock);

  if (worker == NULL)
    return;

  if (start)
    gf_thread_pool_start_thread (self, worker);
  else
    g_cond_signal (&worker->cond);
}

/* ---- the pool ---- */

GfThreadPool *
gf_thread_pool_new (GfExecutor *executor,
                    guint       max_workers,
                    guint       max_threads,
                    const char *name_prefix)
{
  GfThreadPool *self =
    g_malloc0 (sizeof (GfThreadPool) + max_threads * sizeof (GfWorker *));

  self->executor = executor;
  self->home = gf_home_get_current ();
  self->creator = gf_thread_get_creator (gf_thread_get ());
  atomic_init (&self->ref_count, 1);
  self->max_workers = max_workers;
  self->max_threads = max_threads;
  self->name_prefix = g_strdup (name_prefix);
  gf_injector_init (&self->injector);
  gf_lanes_init (&self->lanes);
  g_mutex_init (&self->lock);
  g_queue_init (&self->parked);

  return self;
}

GfThreadPool *
gf_thread_pool_ref (GfThreadPool *self)
{
  atomic_fetch_add_explicit (&self->ref_count, 1, memory_order_relaxed);

  return self;
}

void
gf_thread_pool_unref (GfThreadPool *self)
{
  if (atomic_fetch_sub_explicit (&self->ref_count, 1, memory_order_acq_rel) != 1)
    return;

  for (guint i = 0; i < atomic_load_explicit (&self->n_slots, memory_order_relaxed); i++)
    gf_worker_free (self->workers[i]);

  if (self->initializer_destroy != NULL)
    gf_home_release (self->home, self->creator, self->initializer_data, self->initializer_destroy);
  gf_home_unref (self->home);

  gf_lanes_clear (&self->lanes);
  g_mutex_clear (&self->lock);
  g_free (self->name_prefix);
  if (self->broken != NULL)
    g_error_free (self->broken);
  g_free (self);
}

static inline void
gf_thread_pool_push (GfThreadPool *self,
                     GfHomeItem   *item)
{
  GfWorker *worker = gf_worker_get_current (self);

  if (worker != NULL && G_LIKELY (!gf_thread_get ()->is_forwarding))
    gf_deque_push (&worker->deque, item);
  else
    gf_injector_push (&self->injector, item);

  gf_thread_pool_notify (self);
}

/* Takes the reference to @task. */
void
gf_thread_pool_enqueue (GfThreadPool *self,
                        GfPromise    *task)
{
  GfFuture *future = (GfFuture *) task;

  if (G_UNLIKELY (atomic_load_explicit (&self->broken, memory_order_acquire) != NULL ||
                  atomic_load_explicit (&self->cancelling, memory_order_relaxed)))
    gf_thread_pool_run_item (self, &future->item);
  else if (G_LIKELY (future->priority == G_PRIORITY_DEFAULT))
    gf_thread_pool_push (self, &future->item);
  else
    {
      gf_lanes_push (&self->lanes, future->priority, &future->item);
      gf_thread_pool_notify (self);
    }
}

void
gf_thread_pool_post (GfThreadPool *self,
                     GfPostFunc    func,
                     gpointer      data)
{
  GfPostItem *post = g_slice_new (GfPostItem);

  post->item.func = gf_post_item_mark;
  post->func = func;
  post->data = data;
  gf_thread_pool_push (self, &post->item);
}

/* Cancels what has not begun. Workers do it too, from now on. */
void
gf_thread_pool_cancel (GfThreadPool *self)
{
  GfHomeItem *items[BATCH];
  GfHomeItem *item;
  GfHomeItem *posts = NULL;
  guint n;

  atomic_store_explicit (&self->cancelling, TRUE, memory_order_seq_cst);

  while ((item = gf_lanes_pop (&self->lanes, FALSE)) != NULL)
    gf_thread_pool_run_item (self, item);

  do
    {
      n = gf_injector_take (&self->injector, items, BATCH);
      for (guint i = 0; i < atomic_load (&self->n_slots) && n < BATCH; i++)
        while (n < BATCH &&
               (item = gf_deque_steal (&self->workers[i]->deque)) != NULL)
          items[n++] = item;

      for (guint i = 0; i < n; i++)
        if (is_post (items[i]))
          {
            items[i]->next = posts;
            posts = items[i];
          }
        else
          gf_thread_pool_run_item (self, items[i]);
    }
  while (n > 0);

  /* These cannot be cancelled. */
  while (posts != NULL)
    {
      GfHomeItem *next = posts->next;

      gf_injector_push (&self->injector, posts);
      posts = next;
    }
  gf_thread_pool_notify (self);
}

/* Nothing will come any more: the threads end. */
void
gf_thread_pool_close (GfThreadPool *self)
{
  g_mutex_lock (&self->lock);
  atomic_store_explicit (&self->closed, TRUE, memory_order_relaxed);
  for (GList *l = self->parked.head; l != NULL; l = l->next)
    g_cond_signal (&((GfWorker *) l->data)->cond);
  g_mutex_unlock (&self->lock);
}

gboolean
gf_thread_pool_is_broken (GfThreadPool *self)
{
  return atomic_load_explicit (&self->broken, memory_order_acquire) != NULL;
}

/* Once, before the first thread starts; FALSE otherwise. */
gboolean
gf_thread_pool_set_initializer (GfThreadPool       *self,
                                GfThreadInitializer initializer,
                                gpointer            data,
                                GDestroyNotify      destroy)
{
  gboolean set;

  g_mutex_lock (&self->lock);
  set = self->initializer == NULL && atomic_load_explicit (&self->n_slots, memory_order_relaxed) == 0;
  if (set)
    {
      self->initializer = initializer;
      self->initializer_data = data;
      self->initializer_destroy = destroy;
    }
  g_mutex_unlock (&self->lock);

  return set;
}

void
gf_thread_pool_set_idle_timeout (GfThreadPool *self,
                                 guint         idle_timeout_ms)
{
  g_mutex_lock (&self->lock);
  self->idle_timeout = (gint64) idle_timeout_ms * 1000;
  g_mutex_unlock (&self->lock);
}

guint
gf_thread_pool_get_n_threads (GfThreadPool *self)
{
  guint n_threads;

  g_mutex_lock (&self->lock);
  n_threads = self->n_threads;
  g_mutex_unlock (&self->lock);

  return n_threads;
}

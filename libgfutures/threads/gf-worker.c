/* gf-worker.c - a worker thread
 *
 * Finding work, sleeping when there is none, and what happens when a task waits.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "gf-thread-pool-private.h"

#include "../executor/gf-executor-forward-private.h"
#include "../future/gf-error.h"
#include "../loop/gf-thread-private.h"

/* How many items a worker takes from the injector at once, */
#define BATCH 32
/* after how many tasks it looks there, or at its own oldest, out of turn, */
#define LOOK_ELSEWHERE 61
/* how long it searches before it parks: waking a thread takes 2 to 10 µs, */
#define SEARCH_US 40
/* how many of its latest tasks it looks at for the one it waits for, */
#define AT_HAND 4
/* how deep tasks that wait may run others on one stack, */
#define MAX_FRAMES 64
/* and how many futures it keeps before it sends them home. */
#define MAX_KEPT 128

/* ---- finding work ---- */

static GfHomeItem *
gf_worker_take_injected (GfWorker *self)
{
  GfHomeItem *items[BATCH];
  guint n = gf_injector_take (&self->pool->injector, items, BATCH);

  if (n == 0)
    return NULL;

  /* The owner takes from the bottom: the oldest goes there last. */
  for (guint i = n - 1; i > 0; i--)
    gf_deque_push (&self->deque, items[i]);
  if (n > 1)
    gf_thread_pool_notify (self->pool);

  return items[0];
}

static GfHomeItem *
gf_worker_steal (GfWorker *self)
{
  GfThreadPool *pool = self->pool;
  guint n_slots = atomic_load_explicit (&pool->n_slots, memory_order_acquire);
  guint first;

  /* G. Marsaglia: "Xorshift RNGs" (2003). */
  self->seed ^= self->seed << 13;
  self->seed ^= self->seed >> 17;
  self->seed ^= self->seed << 5;
  first = self->seed % n_slots;

  for (guint i = 0; i < n_slots; i++)
    {
      GfWorker *victim = atomic_load_explicit (&pool->workers[(first + i) % n_slots],
                                               memory_order_acquire);
      GfHomeItem *item;

      if (victim == NULL || victim == self)
        continue;

      item = gf_deque_steal (&victim->deque);
      if (item != NULL)
        return item;
    }

  return NULL;
}

/* Work that is at hand. */
static GfHomeItem *
gf_worker_next (GfWorker *self)
{
  GfThreadPool *pool = self->pool;
  GfHomeItem *item;

  if (G_UNLIKELY (gf_lanes_has_urgent (&pool->lanes)) &&
      (item = gf_lanes_pop (&pool->lanes, TRUE)) != NULL)
    return item;

  /* Tasks that submit tasks for ever must not keep older ones waiting. */
  if (G_UNLIKELY (++self->n_run % LOOK_ELSEWHERE == 0) &&
      (gf_injector_take (&pool->injector, &item, 1) == 1 ||
       (item = gf_deque_steal (&self->deque)) != NULL))
    return item;

  return gf_deque_take (&self->deque);
}

static GfHomeItem *
gf_worker_scan (GfWorker *self)
{
  GfHomeItem *item = gf_worker_next (self);

  if (item == NULL)
    item = gf_worker_take_injected (self);
  if (item == NULL)
    item = gf_worker_steal (self);
  if (item == NULL && gf_lanes_has_background (&self->pool->lanes))
    item = gf_lanes_pop (&self->pool->lanes, FALSE);

  return item;
}

/* Waits a moment for work to come. */
static gboolean
gf_worker_linger (GfWorker *self)
{
  gint64 end;

  if (!gf_thread_get ()->may_spin ||
      atomic_load_explicit (&self->pool->n_searching, memory_order_relaxed) > 1)
    return FALSE;

  end = g_get_monotonic_time () + SEARCH_US;
  do
    {
      for (guint i = 0; i < 16; i++)
        gf_thread_relax ();
      if (gf_thread_pool_has_work (self->pool))
        return TRUE;
    }
  while (g_get_monotonic_time () < end);

  return FALSE;
}

/* Sleeps till there is work. Entered as a searcher, or as one too many
 * (@surplus); left as a searcher, unless FALSE is returned: the thread is to end. */
static gboolean
gf_worker_park (GfWorker *self,
                gboolean  surplus)
{
  GfThreadPool *pool = self->pool;
  gboolean goes_on = TRUE;
  gboolean look;
  gint64 deadline;

  g_mutex_lock (&pool->lock);

  if (surplus && atomic_load_explicit (&pool->n_working, memory_order_seq_cst) <= pool->max_workers)
    {
      g_mutex_unlock (&pool->lock);
      atomic_fetch_add_explicit (&pool->n_searching, 1, memory_order_seq_cst);
      return TRUE;
    }

  self->notified = FALSE;
  self->is_parked = TRUE;
  g_queue_push_head_link (&pool->parked, &self->link);
  deadline = g_get_monotonic_time () + pool->idle_timeout;
  /* Step down first, look second: partner of gf_thread_pool_notify(). */
  atomic_fetch_sub_explicit (&pool->n_working, 1, memory_order_seq_cst);
  if (!surplus)
    atomic_fetch_sub_explicit (&pool->n_searching, 1, memory_order_seq_cst);
  g_mutex_unlock (&pool->lock);

  /* Who is surplus leaves enough others at work, who look. */
  look = !surplus && gf_thread_pool_has_work (pool);

  g_mutex_lock (&pool->lock);

  while (!self->notified)
    {
      if (look || atomic_load_explicit (&pool->closed, memory_order_relaxed) ||
          (!g_cond_wait_until (&self->cond, &pool->lock, deadline) && !self->notified))
        {
          g_queue_unlink (&pool->parked, &self->link);
          self->is_parked = FALSE;
          goes_on = look && !atomic_load_explicit (&pool->closed, memory_order_relaxed);
          if (goes_on)
            {
              atomic_fetch_add_explicit (&pool->n_working, 1, memory_order_seq_cst);
              atomic_fetch_add_explicit (&pool->n_searching, 1, memory_order_seq_cst);
            }
          else
            {
              pool->n_threads--;
              self->alive = FALSE;
            }
          break;
        }
    }

  g_mutex_unlock (&pool->lock);

  return goes_on;
}

static GfHomeItem *
gf_worker_search (GfWorker *self)
{
  GfThreadPool *pool = self->pool;

  for (;;)
    {
      GfHomeItem *item = gf_worker_scan (self);

      if (item == NULL && gf_worker_linger (self))
        continue;

      if (item != NULL)
        {
          /* The last searcher to find something sends the next one. */
          if (atomic_fetch_sub_explicit (&pool->n_searching, 1, memory_order_seq_cst) == 1 &&
              gf_thread_pool_has_work (pool))
            gf_thread_pool_notify (pool);
          return item;
        }

      if (!gf_worker_park (self, FALSE))
        return NULL;
    }
}

/* ---- futures that go home ---- */

/* The worker's, but for the timer thread that sees to it that none is kept for
 * long. */
static void
gf_worker_lock_kept (GfWorker *self)
{
  while (atomic_flag_test_and_set_explicit (&self->kept_lock, memory_order_acquire))
    g_thread_yield ();
}

static void
gf_worker_unlock_kept (GfWorker *self)
{
  atomic_flag_clear_explicit (&self->kept_lock, memory_order_release);
}

/* Sends all that is kept, and what comes meanwhile: sending may run code of the
 * application's, if the home is gone. */
static void
gf_worker_send (gpointer data)
{
  GfWorker *self = data;
  GfHomeItem *item;

  if (G_LIKELY (atomic_load_explicit (&self->n_kept, memory_order_relaxed) == 0))
    return;

  gf_worker_lock_kept (self);
  if (self->sending)
    {
      gf_worker_unlock_kept (self);
      return;
    }
  self->sending = TRUE;

  while ((item = self->kept_first) != NULL)
    {
      self->kept_first = item->next;
      if (self->kept_first == NULL)
        self->kept_last = &self->kept_first;
      gf_worker_unlock_kept (self);

      gf_future_send (item);
      /* Release: partner of the acquire in gf_worker_keep(). */
      atomic_fetch_sub_explicit (&self->n_kept, 1, memory_order_release);

      gf_worker_lock_kept (self);
    }

  self->sending = FALSE;
  gf_worker_unlock_kept (self);
}

static gboolean
gf_worker_keep (gpointer    data,
                GfHomeItem *item,
                gboolean    nested)
{
  GfWorker *self = data;
  guint n_kept = atomic_load_explicit (&self->n_kept, memory_order_acquire);

  /* Nothing is before it. */
  if (!nested && n_kept == 0)
    return FALSE;

  gf_worker_lock_kept (self);
  item->next = NULL;
  *self->kept_last = item;
  self->kept_last = &item->next;
  atomic_fetch_add_explicit (&self->n_kept, 1, memory_order_relaxed);
  gf_worker_unlock_kept (self);

  if (!nested || n_kept + 1 >= MAX_KEPT)
    gf_worker_send (self);

  return TRUE;
}

/* ---- waiting inside tasks ---- */

static gboolean
gf_worker_help (gpointer  data,
                GfFuture *awaited)
{
  GfWorker *self = data;
  GfPromise *task = (GfPromise *) awaited;
  GfHomeItem *others[AT_HAND];
  GfHomeItem *item;
  guint n = 0;

  if (G_OBJECT_TYPE (awaited) != GF_TYPE_PROMISE || !gf_executor_may_help (self->pool->executor, task) ||
      gf_thread_get ()->n_frames >= MAX_FRAMES ||
      atomic_load_explicit (&self->pool->cancelling, memory_order_relaxed) ||
      atomic_load_explicit (&self->pool->broken, memory_order_relaxed) != NULL)
    return FALSE;

  /* A task waits for what it has just submitted. */
  while ((item = gf_deque_take (&self->deque)) != NULL && item != &awaited->item && n < AT_HAND)
    others[n++] = item;
  if (item != NULL && item != &awaited->item)
    gf_deque_push (&self->deque, item);
  if (n > 0)
    {
      for (guint i = n; i > 0; i--)
        gf_deque_push (&self->deque, others[i - 1]);
      gf_thread_pool_notify (self->pool);
    }

  if (item == &awaited->item)
    gf_promise_run_and_drop (task);
  else
    /* It is elsewhere, and stays there; who finds it drops it. */
    gf_promise_run_in_queue (task);

  return gf_future_is_done (awaited);
}

static void
gf_worker_warn (GfWorker *self,
                GfFuture *awaited)
{
  GfFrame *frame = gf_thread_get ()->frame;
  const char *label = frame != NULL ? gf_future_get_label (GF_FUTURE (frame->promise)) : NULL;
  const char *awaited_label = awaited != NULL ? gf_future_get_label (awaited) : NULL;
  const char *pool_label = gf_executor_get_label (self->pool->executor);

  g_warning ("All %u threads of the pool “%s” are blocked or busy, the last one in the task “%s”, "
             "which waits for “%s”: if those tasks wait for others that have not begun, "
             "raise “max-threads”",
             self->pool->max_threads,
             pool_label != NULL ? pool_label : self->pool->name_prefix,
             label != NULL ? label : "(no label)",
             awaited_label != NULL ? awaited_label : "(no label)");
}

static void
gf_worker_block (gpointer  data,
                 GfFuture *awaited)
{
  GfWorker *self = data;
  GfThreadPool *pool = self->pool;
  gboolean warn = FALSE;
  gboolean no_stand_in;

  gf_worker_send (self);

  g_mutex_lock (&pool->lock);
  atomic_fetch_sub_explicit (&pool->n_working, 1, memory_order_seq_cst);
  if (atomic_load_explicit (&pool->n_working, memory_order_relaxed) == 0 &&
      pool->parked.head == NULL && pool->n_threads == pool->max_threads && !pool->warned)
    warn = pool->warned = TRUE;
  no_stand_in = pool->parked.head == NULL && pool->n_threads == pool->max_threads;
  g_mutex_unlock (&pool->lock);

  if (warn)
    gf_worker_warn (self, awaited);
  if (no_stand_in)
    gf_trace (GF_TRACE_POOLS, "%s-%u blocks, and nobody can stand in for it: all %u threads (max-threads) are there",
              pool->name_prefix, self->index, pool->max_threads);
  if (gf_thread_pool_has_work (pool))
    gf_thread_pool_notify (pool);
}

static void
gf_worker_unblock (gpointer data)
{
  GfWorker *self = data;

  /* There may be one too many now, see gf_worker_thread(). */
  atomic_fetch_add_explicit (&self->pool->n_working, 1, memory_order_seq_cst);
}

static GfExecutor *
gf_worker_get_executor (gpointer data)
{
  GfWorker *self = data;

  return self->in_item ? g_object_ref (self->pool->executor) : NULL;
}

/* ---- being watched ---- */

/* Who binds to #GfFuture:state wants to hear that a task has begun. To ask each
 * time whether anybody does takes a lock of GObject's that all threads share;
 * and most tasks are over before the home could tell. So it is asked only of
 * those that have run for a while: the timer thread looks at all workers as long
 * as any of them works. */
#define WATCH_US 5000

/* Stands in GfWorker.current for the task that the timer thread looks at: it
 * must not end meanwhile. */
#define GF_WORKER_WATCHED ((GfPromise *) 1)

static gboolean
gf_worker_watch (GfWorker *self)
{
  GfPromise *task = atomic_load_explicit (&self->current, memory_order_relaxed);

  /* Acquire: partner of the release in gf_worker_begun(). */
  if (task == NULL ||
      !atomic_compare_exchange_strong_explicit (&self->current, &task, GF_WORKER_WATCHED,
                                                memory_order_acquire, memory_order_relaxed))
    {
      self->seen = NULL;
      return task != NULL;
    }

  if (task != self->seen)
    {
      self->seen = task;
      self->announced = FALSE;
    }
  else if (!self->announced)
    {
      gf_future_begun (GF_FUTURE (task), TRUE);
      self->announced = TRUE;
    }

  /* Release: partner of the acquire in gf_worker_switch(). */
  atomic_store_explicit (&self->current, task, memory_order_release);

  return TRUE;
}

static gboolean
gf_thread_pool_is_working (GfThreadPool *self)
{
  guint n_slots = atomic_load_explicit (&self->n_slots, memory_order_acquire);

  for (guint i = 0; i < n_slots; i++)
    if (atomic_load_explicit (&self->workers[i]->current, memory_order_seq_cst) != NULL)
      return TRUE;

  return FALSE;
}

static void gf_thread_pool_watch (GfThreadPool *self);

static void
gf_thread_pool_watch_cb (gpointer data)
{
  GfThreadPool *self = data;
  guint n_slots = atomic_load_explicit (&self->n_slots, memory_order_acquire);
  gboolean working = FALSE;

  for (guint i = 0; i < n_slots; i++)
    {
      gf_worker_send (self->workers[i]);
      working |= gf_worker_watch (self->workers[i]);
    }

  atomic_store_explicit (&self->watched, FALSE, memory_order_seq_cst);

  /* Stop first, look second: partner of gf_worker_begun(). */
  if (working || gf_thread_pool_is_working (self))
    gf_thread_pool_watch (self);
}

static void
gf_thread_pool_watch (GfThreadPool *self)
{
  if (atomic_exchange_explicit (&self->watched, TRUE, memory_order_seq_cst))
    return;

  gf_timer_unref (gf_timer_start (g_get_monotonic_time () + WATCH_US, gf_thread_pool_watch_cb,
                                  gf_thread_pool_ref (self), (GDestroyNotify) gf_thread_pool_unref));
}

/* From the task @from, which may be watched, to @to. */
static void
gf_worker_switch (GfWorker  *self,
                  GfPromise *from,
                  GfPromise *to)
{
  GfPromise *expected = from;

  while (!atomic_compare_exchange_weak_explicit (&self->current, &expected, to,
                                                 memory_order_seq_cst, memory_order_relaxed))
    {
      if (expected == GF_WORKER_WATCHED)
        g_thread_yield ();
      expected = from;
    }
}

static void
gf_worker_begun (gpointer   data,
                 GfPromise *task,
                 GfPromise *outer)
{
  GfWorker *self = data;

  if (outer != NULL)
    gf_worker_switch (self, outer, task);
  else
    atomic_store_explicit (&self->current, task, memory_order_seq_cst);

  if (G_UNLIKELY (!atomic_load_explicit (&self->pool->watched, memory_order_seq_cst)))
    gf_thread_pool_watch (self->pool);
}

static void
gf_worker_ended (gpointer   data,
                 GfPromise *task,
                 GfPromise *outer)
{
  gf_worker_switch (data, task, outer);
}

static const GfWorkerHooks worker_hooks = {
  .begun = gf_worker_begun,
  .ended = gf_worker_ended,
  .keep = gf_worker_keep,
  .help = gf_worker_help,
  .block = gf_worker_block,
  .unblock = gf_worker_unblock,
  .get_executor = gf_worker_get_executor,
};

/* ---- threads ---- */

static void
gf_worker_initialize (GfWorker *self)
{
  GfThreadPool *pool = self->pool;
  g_autoptr (GError) error = NULL;
  gboolean initialized;

  if (pool->initializer == NULL)
    return;

  /* It may take long: others are to search meanwhile. */
  atomic_fetch_sub_explicit (&pool->n_searching, 1, memory_order_seq_cst);
  if (gf_thread_pool_has_work (pool))
    gf_thread_pool_notify (pool);
  initialized = pool->initializer (pool->initializer_data, &error);
  atomic_fetch_add_explicit (&pool->n_searching, 1, memory_order_seq_cst);

  if (initialized)
    return;

  gf_thread_pool_break (pool,
                        g_error_new (GF_FUTURE_ERROR, GF_FUTURE_ERROR_BROKEN_EXECUTOR,
                                     "The thread pool’s initializer failed: %s",
                                     error != NULL ? error->message : "it did not say why"));
}

/* Starts as a searcher, counted by who started it. */
static gpointer
gf_worker_thread (gpointer data)
{
  GfWorker *self = data;
  GfThreadPool *pool = self->pool;
  GfThread *thread = gf_thread_get ();
  GfHomeItem *item;

  thread->hooks = &worker_hooks;
  thread->worker = self;

  gf_worker_initialize (self);

  item = gf_worker_search (self);
  while (item != NULL)
    {
      self->in_item = TRUE;
      gf_thread_pool_run_item (pool, item);
      self->in_item = FALSE;
      gf_worker_send (self);
      gf_thread_flush (thread);

      /* A blocked worker came back while another stood in for it. The others
       * find what lies in this one's deque. */
      if (G_UNLIKELY (atomic_load_explicit (&pool->n_working, memory_order_relaxed) > pool->max_workers))
        {
          item = gf_worker_park (self, TRUE) ? gf_worker_search (self) : NULL;
          continue;
        }

      item = gf_worker_next (self);
      if (item == NULL)
        {
          atomic_fetch_add_explicit (&pool->n_searching, 1, memory_order_seq_cst);
          item = gf_worker_search (self);
        }
    }

  gf_trace (GF_TRACE_POOLS, "%s-%u ends", pool->name_prefix, self->index);
  thread->hooks = NULL;
  thread->worker = NULL;
  gf_thread_pool_unref (pool);

  return NULL;
}

/* ---- the worker ---- */

/* One that no thread has taken yet. */
GfWorker *
gf_worker_new (GfThreadPool *pool,
               guint         index)
{
  GfWorker *self = g_new0 (GfWorker, 1);

  self->pool = pool;
  self->index = index;
  self->seed = index * 2654435769u + 1;
  self->link.data = self;
  self->kept_last = &self->kept_first;
  atomic_flag_clear (&self->kept_lock);
  g_cond_init (&self->cond);
  gf_deque_init (&self->deque);

  return self;
}

void
gf_worker_free (GfWorker *self)
{
  gf_deque_clear (&self->deque);
  g_cond_clear (&self->cond);
  g_free (self);
}

/* The thread has a reference to the pool, the caller's. */
gboolean
gf_worker_start (GfWorker   *self,
                 const char *name,
                 GError    **error)
{
  GThread *thread = g_thread_try_new (name, gf_worker_thread, self, error);

  if (thread == NULL)
    return FALSE;

  g_thread_unref (thread);

  return TRUE;
}

/* The calling thread, if it works for @pool. */
GfWorker *
gf_worker_get_current (GfThreadPool *pool)
{
  GfThread *thread = gf_thread_get ();
  GfWorker *worker = thread->worker;

  return thread->hooks == &worker_hooks && worker->pool == pool ? worker : NULL;
}

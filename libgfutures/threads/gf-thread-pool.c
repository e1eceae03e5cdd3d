/* gf-thread-pool.c - worker threads and what they have to do
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
#include "gf-deque-private.h"
#include "../future/gf-error.h"
#include "gf-injector-private.h"

/* How many items a worker takes from the injector at once, */
#define BATCH 32
/* after how many tasks it looks there, or at its own oldest, out of turn, */
#define LOOK_ELSEWHERE 61
/* how long it searches before it parks: waking a thread takes 2 to 10 µs, */
#define SEARCH_US 40
/* how long a blocked one waits before somebody stands in for it, */
#define BLOCK_SPIN_US 20
/* and how deep tasks that wait may run others on one stack. */
#define MAX_FRAMES 64

typedef struct
{
  GfThreadPool *pool;
  guint         index;
  guint         n_run;
  guint32       seed;
  GfDeque       deque;
  gboolean      blocked;

  /* Under the pool's lock. */
  GCond         cond;
  gboolean      alive;
  gboolean      notified;
  GList         link;     /* in `parked` */
  gboolean      is_parked;
} GfWorker;

typedef struct
{
  GfHomeItem item;
  GfPostFunc func;
  gpointer   data;
} GfPostItem;

typedef struct
{
  int         priority;
  GfHomeItem *item;
} GfLaneEntry;

struct _GfThreadPool
{
  GfExecutor  *executor;      /* not owned */
  GfHome      *home;          /* of the initializer's data */
  guint        creator;
  atomic_int   ref_count;
  guint        max_workers;
  guint        max_threads;
  char        *name_prefix;

  GfInjector   injector;

  /* How many search, and how many neither are parked nor blocked. */
  atomic_uint  n_searching;
  atomic_uint  n_working;
  atomic_uint  n_slots;       /* of `workers` that have ever been used */
  atomic_bool  closed;
  atomic_bool  cancelling;
  _Atomic (GError *) broken;

  atomic_uint  n_urgent;      /* in the lanes, before the default priority */
  atomic_uint  n_background;  /* and behind it */
  GMutex       lanes_lock;
  GSequence   *lanes;         /* GfLaneEntry, by priority, then by age */

  GMutex       lock;
  GQueue       parked;        /* GfWorker; the last to park is the first to go */
  guint        n_threads;
  gint64       idle_timeout;  /* µs */
  gboolean     warned;
  GfThreadInitializer initializer;
  gpointer       initializer_data;
  GDestroyNotify initializer_destroy;

  _Atomic (GfWorker *) workers[]; /* max_threads */
};

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
  GError *broken = atomic_load_explicit (&self->broken, memory_order_acquire);

  gf_promise_reject (task, g_error_copy (broken));
  g_object_unref (task);
}

static void
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
      gf_future_cancel ((GfFuture *) item_to_task (item));
      g_object_unref (item_to_task (item));
    }
  else
    gf_promise_run_and_drop (item_to_task (item));
}

/* ---- lanes ---- */

static int
compare_lane_entries (gconstpointer a,
                      gconstpointer b,
                      gpointer      data G_GNUC_UNUSED)
{
  int x = ((const GfLaneEntry *) a)->priority;
  int y = ((const GfLaneEntry *) b)->priority;

  return (x > y) - (x < y);
}

static atomic_uint *
gf_thread_pool_lane_count (GfThreadPool *self,
                           int           priority)
{
  return priority < G_PRIORITY_DEFAULT ? &self->n_urgent : &self->n_background;
}

static void
gf_thread_pool_push_lane (GfThreadPool *self,
                          int           priority,
                          GfHomeItem   *item)
{
  GfLaneEntry *entry = g_new (GfLaneEntry, 1);

  entry->priority = priority;
  entry->item = item;

  g_mutex_lock (&self->lanes_lock);
  g_sequence_insert_sorted (self->lanes, entry, compare_lane_entries, NULL);
  atomic_fetch_add_explicit (gf_thread_pool_lane_count (self, priority), 1, memory_order_seq_cst);
  g_mutex_unlock (&self->lanes_lock);
}

/* The first, if its priority is the default or comes before it (@urgent), or
 * whatever it is. */
static GfHomeItem *
gf_thread_pool_pop_lane (GfThreadPool *self,
                         gboolean      urgent)
{
  GfHomeItem *item = NULL;
  GSequenceIter *first;

  g_mutex_lock (&self->lanes_lock);

  first = g_sequence_get_begin_iter (self->lanes);
  if (!g_sequence_iter_is_end (first))
    {
      GfLaneEntry *entry = g_sequence_get (first);

      if (!urgent || entry->priority < G_PRIORITY_DEFAULT)
        {
          item = entry->item;
          atomic_fetch_sub_explicit (gf_thread_pool_lane_count (self, entry->priority), 1,
                                     memory_order_relaxed);
          g_sequence_remove (first);
        }
    }

  g_mutex_unlock (&self->lanes_lock);

  return item;
}

/* ---- waking ---- */

static gboolean
gf_thread_pool_has_work (GfThreadPool *self)
{
  guint n_slots = atomic_load_explicit (&self->n_slots, memory_order_acquire);

  if (gf_injector_has_items (&self->injector) ||
      atomic_load_explicit (&self->n_urgent, memory_order_seq_cst) != 0 ||
      atomic_load_explicit (&self->n_background, memory_order_seq_cst) != 0)
    return TRUE;

  for (guint i = 0; i < n_slots; i++)
    {
      GfWorker *worker = atomic_load_explicit (&self->workers[i], memory_order_acquire);

      if (worker != NULL && gf_deque_has_items (&worker->deque))
        return TRUE;
    }

  return FALSE;
}

static gpointer gf_worker_thread (gpointer data);

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
          worker = g_new0 (GfWorker, 1);
          worker->pool = self;
          worker->index = i;
          worker->seed = i * 2654435769u + 1;
          worker->link.data = worker;
          g_cond_init (&worker->cond);
          gf_deque_init (&worker->deque);
          atomic_store_explicit (&self->workers[i], worker, memory_order_release);
          atomic_store_explicit (&self->n_slots, i + 1, memory_order_release);
        }
      else if (worker->alive)
        continue;

      worker->alive = TRUE;
      worker->blocked = FALSE;
      return worker;
    }

  g_assert_not_reached ();
}

/* No thread can be had, and none is there: nothing will ever run. */
static void
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
  while ((item = gf_thread_pool_pop_lane (self, FALSE)) != NULL)
    gf_thread_pool_run_item (self, item);
}

static void
gf_thread_pool_start_thread (GfThreadPool *self,
                             GfWorker     *worker)
{
  g_autofree char *name = g_strdup_printf ("%s-%u", self->name_prefix, worker->index);
  g_autoptr (GError) error = NULL;
  GThread *thread;
  gboolean alone;

  atomic_fetch_add_explicit (&self->ref_count, 1, memory_order_relaxed);
  thread = g_thread_try_new (name, gf_worker_thread, worker, &error);
  if (thread != NULL)
    {
      g_thread_unref (thread);
      return;
    }

  g_mutex_lock (&self->lock);
  worker->alive = FALSE;
  alone = --self->n_threads == 0;
  atomic_fetch_sub_explicit (&self->n_working, 1, memory_order_seq_cst);
  g_mutex_unlock (&self->lock);
  atomic_fetch_sub_explicit (&self->n_searching, 1, memory_order_seq_cst);

  if (alone)
    gf_thread_pool_break (self, g_error_new (GF_FUTURE_ERROR, GF_FUTURE_ERROR_BROKEN_EXECUTOR,
                                             "The thread pool cannot start a thread: %s",
                                             error->message));
  else
    g_warning ("A thread pool goes on with fewer threads, for it cannot start another: %s",
               error->message);

  gf_thread_pool_unref (self);
}

/* There may be work that nobody looks at. The caller added it before, in a
 * sequentially consistent step; those who go to sleep step down from the counts
 * that are read here, and then look for work once more. */
static void
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
  if (worker != NULL)
    atomic_fetch_add_explicit (&self->n_working, 1, memory_order_seq_cst);

  g_mutex_unlock (&self->lock);

  if (worker == NULL)
    atomic_fetch_sub_explicit (&self->n_searching, 1, memory_order_seq_cst);
  else if (start)
    gf_thread_pool_start_thread (self, worker);
  else
    g_cond_signal (&worker->cond);
}

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

  if (G_UNLIKELY (atomic_load_explicit (&pool->n_urgent, memory_order_relaxed) != 0) &&
      (item = gf_thread_pool_pop_lane (pool, TRUE)) != NULL)
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
  if (item == NULL && atomic_load_explicit (&self->pool->n_background, memory_order_relaxed) != 0)
    item = gf_thread_pool_pop_lane (self->pool, FALSE);

  return item;
}

static inline void
relax (void)
{
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause ();
#elif defined(__aarch64__)
  __asm__ __volatile__("yield");
#endif
}

/* Waits a moment for work to come. */
static gboolean
gf_worker_linger (GfWorker *self)
{
  static int n_processors;
  gint64 end;

  if (G_UNLIKELY (n_processors == 0))
    n_processors = g_get_num_processors ();
  if (n_processors == 1 ||
      atomic_load_explicit (&self->pool->n_searching, memory_order_relaxed) > 1)
    return FALSE;

  end = g_get_monotonic_time () + SEARCH_US;
  do
    {
      for (guint i = 0; i < 16; i++)
        relax ();
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

/* ---- waiting inside tasks ---- */

static gboolean
gf_worker_help (gpointer  data,
                GfFuture *awaited)
{
  GfWorker *self = data;
  GfPromise *task = (GfPromise *) awaited;
  GfHomeItem *item;

  if (G_OBJECT_TYPE (awaited) != GF_TYPE_PROMISE || task->executor != self->pool->executor ||
      gf_thread_get ()->n_frames >= MAX_FRAMES ||
      atomic_load_explicit (&self->pool->cancelling, memory_order_relaxed) ||
      atomic_load_explicit (&self->pool->broken, memory_order_relaxed) != NULL)
    return FALSE;

  /* What was submitted last is at hand. */
  item = gf_deque_take (&self->deque);
  if (item == &awaited->item)
    {
      gf_promise_run_and_drop (task);
      return gf_future_is_done (awaited);
    }
  if (item != NULL)
    {
      gf_deque_push (&self->deque, item);
      gf_thread_pool_notify (self->pool);
    }

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
  gint64 end = g_get_monotonic_time () + BLOCK_SPIN_US;
  gboolean warn = FALSE;

  self->blocked = FALSE;

  while (awaited != NULL && g_get_monotonic_time () < end)
    {
      if (gf_future_is_done (awaited))
        return;
      relax ();
    }

  self->blocked = TRUE;

  g_mutex_lock (&pool->lock);
  atomic_fetch_sub_explicit (&pool->n_working, 1, memory_order_seq_cst);
  if (atomic_load_explicit (&pool->n_working, memory_order_relaxed) == 0 &&
      pool->parked.head == NULL && pool->n_threads == pool->max_threads && !pool->warned)
    warn = pool->warned = TRUE;
  g_mutex_unlock (&pool->lock);

  if (warn)
    gf_worker_warn (self, awaited);
  if (gf_thread_pool_has_work (pool))
    gf_thread_pool_notify (pool);
}

static void
gf_worker_unblock (gpointer data)
{
  GfWorker *self = data;

  /* There may be one too many now, see gf_worker_thread(). */
  if (self->blocked)
    atomic_fetch_add_explicit (&self->pool->n_working, 1, memory_order_seq_cst);
  self->blocked = FALSE;
}

static GfExecutor *
gf_worker_get_executor (gpointer data)
{
  GfWorker *self = data;

  /* It lives: a task of it runs in this thread. */
  return gf_thread_get ()->frame != NULL ? g_object_ref (self->pool->executor) : NULL;
}

static const GfWorkerHooks worker_hooks = {
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

  if (pool->initializer == NULL || pool->initializer (pool->initializer_data, &error))
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
      gf_thread_pool_run_item (pool, item);
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

  thread->hooks = NULL;
  thread->worker = NULL;
  gf_thread_pool_unref (pool);

  return NULL;
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
  self->lanes = g_sequence_new (g_free);
  g_mutex_init (&self->lanes_lock);
  g_mutex_init (&self->lock);
  g_queue_init (&self->parked);

  return self;
}

void
gf_thread_pool_unref (GfThreadPool *self)
{
  if (atomic_fetch_sub_explicit (&self->ref_count, 1, memory_order_acq_rel) != 1)
    return;

  for (guint i = 0; i < self->max_threads && self->workers[i] != NULL; i++)
    {
      GfWorker *worker = self->workers[i];

      gf_deque_clear (&worker->deque);
      g_cond_clear (&worker->cond);
      g_free (worker);
    }

  if (self->initializer_destroy != NULL)
    gf_home_release (self->home, self->creator, self->initializer_data, self->initializer_destroy);
  gf_home_unref (self->home);

  g_sequence_free (self->lanes);
  g_mutex_clear (&self->lanes_lock);
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
  GfThread *thread = gf_thread_get ();

  if (thread->hooks == &worker_hooks && ((GfWorker *) thread->worker)->pool == self)
    gf_deque_push (&((GfWorker *) thread->worker)->deque, item);
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
      gf_thread_pool_push_lane (self, future->priority, &future->item);
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

  while ((item = gf_thread_pool_pop_lane (self, FALSE)) != NULL)
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

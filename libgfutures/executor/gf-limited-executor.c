/* gf-limited-executor.c - a bounded share of another executor
 *
 * Tasks queue here, and are given on while fewer than so many of them are with
 * the inner executor. Nothing is called with the lock held.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "gf-limited-executor.h"

#include "../future/gf-error.h"
#include "../loop/gf-thread-private.h"
#include "gf-executor-forward-private.h"

/**
 * SECTION:gf-limited-executor
 * @title: GfLimitedExecutor
 * @short_description: a bounded share of another executor
 *
 * A #GfLimitedExecutor has its tasks run by another executor, at most
 * #GfLimitedExecutor:max-in-flight of them at a time: so that a hundred downloads
 * do not take all the threads of a pool, or no more than four connections to one
 * server are open. A #GfThreadPoolExecutor, a #GfProcessPoolExecutor or any other
 * executor may be behind it, another limited one too; several may share one.
 *
 * The others wait here, in order of priority, then of age. How many may wait is
 * bounded by #GfLimitedExecutor:max-queued: when the queue is full,
 * gf_executor_submit() and gf_executor_call() return a future that has failed
 * with %G_IO_ERROR_WOULD_BLOCK, and gf_limited_executor_wait_for_room() tells when
 * there is room. Who makes work faster than it is done waits that way, and memory
 * stays bounded:
 *
 * |[<!-- language="C" -->
 * #include <gfutures.h>
 *
 * static void
 * make_thumbnail (GfPromise *promise, gpointer path, GError **error)
 * {
 *   g_print ("%s\n", (const char *) path);
 * }
 *
 * int
 * main (int argc, char **argv)
 * {
 *   GfExecutor *pool = gf_thread_pool_executor_get_default ();
 *   g_autoptr (GfExecutor) two = gf_limited_executor_new (pool, 2, 16);
 *
 *   for (int i = 1; i < argc; i++)
 *     {
 *       g_autoptr (GfFuture) room = gf_limited_executor_wait_for_room (GF_LIMITED_EXECUTOR (two));
 *       g_autoptr (GfFuture) thumbnail = NULL;
 *
 *       gf_future_wait (room, -1, NULL, NULL);
 *       thumbnail = gf_executor_submit (two, make_thumbnail, g_strdup (argv[i]), g_free);
 *     }
 *   gf_executor_shutdown (two, TRUE, FALSE);
 *
 *   return 0;
 * }
 * ]|
 *
 * What counts are functions that have not returned: a cancelled task keeps its
 * place until its function has returned. The chunks of a gf_executor_map(), of
 * which a bounded number is under way anyway, are never refused, but wait for
 * their turn like other tasks.
 *
 * A task that waits for another one of the same limited executor keeps its place
 * meanwhile. On a thread pool that is no deadlock, not even if
 * #GfLimitedExecutor:max-in-flight is 1: the waiting thread runs the other task
 * itself, inside its own place, if it has not begun. That takes a wait without a
 * timeout; and elsewhere there is nobody who could do so. There, and wherever it
 * can be avoided, use gf_future_then() instead of waiting.
 *
 * Shutting a limited executor down, or dropping it, does not shut the other one
 * down. As long as tasks wait here, the other one counts them as its own: if it is
 * shut down, they still run, or are cancelled with it.
 */

/**
 * GfLimitedExecutor:
 *
 * An executor that gives its tasks to another one, so many at a time.
 *
 * Since: 1.0
 */
struct _GfLimitedExecutor
{
  GfExecutor parent_instance;

  GMutex      lock;
  guint       max_in_flight;
  guint       max_queued;
  guint       n_in_flight;
  guint64     n_pushed;
  GTree      *queue;      /* of GfEntry, by priority, then by age */
  GHashTable *entries;    /* GfPromise → GfEntry, of those in flight too */
  GQueue      waiting;    /* of GfPromise, for room */
  gboolean    closed;
  gboolean    cancelling;
};

G_DEFINE_FINAL_TYPE (GfLimitedExecutor, gf_limited_executor, GF_TYPE_EXECUTOR)

typedef struct
{
  GfPromise *task;     /* a reference */
  guint64    number;   /* the age */
  gboolean   queued;
  guint      giver;    /* the thread that is giving it on at this moment, or 0 */
} GfEntry;

enum {
  PROP_EXECUTOR = 1,
  PROP_MAX_IN_FLIGHT,
  PROP_MAX_QUEUED,
  PROP_N_QUEUED,
  N_PROPS
};

static GParamSpec *props[N_PROPS];

static int
compare_entries (gconstpointer a,
                 gconstpointer b,
                 gpointer      data G_GNUC_UNUSED)
{
  const GfEntry *x = a, *y = b;
  int x_priority = ((const GfFuture *) x->task)->priority;
  int y_priority = ((const GfFuture *) y->task)->priority;

  if (x_priority != y_priority)
    return x_priority > y_priority ? 1 : -1;

  return (x->number > y->number) - (x->number < y->number);
}

static void
gf_entry_free (gpointer data)
{
  GfEntry *self = data;

  g_object_unref (self->task);
  g_free (self);
}

/* ---- room ---- */

/* With the lock held. */
static gboolean
gf_limited_executor_has_room (GfLimitedExecutor *self)
{
  return self->max_queued == 0 ||
         (guint64) g_tree_nnodes (self->queue) + self->n_in_flight <
           (guint64) self->max_queued + self->max_in_flight;
}

/* Tells all who wait, if there is room: who submits first gets it. */
static void
gf_limited_executor_tell_room (GfLimitedExecutor *self)
{
  GQueue waiting = G_QUEUE_INIT;
  GfPromise *promise;

  g_mutex_lock (&self->lock);
  if (self->waiting.length > 0 && gf_limited_executor_has_room (self))
    {
      waiting = self->waiting;
      g_queue_init (&self->waiting);
    }
  g_mutex_unlock (&self->lock);

  while ((promise = g_queue_pop_head (&waiting)) != NULL)
    {
      gf_future_settle_plain (GF_FUTURE (promise), GF_FUTURE_STATE_SUCCEEDED | GF_STATE_NO_VALUE);
      g_object_unref (promise);
    }
}

/* ---- giving tasks on ---- */

/* The next task, a reference, which is in flight now; or NULL. */
static GfPromise *
gf_limited_executor_next (GfLimitedExecutor *self)
{
  GfPromise *task = NULL;
  GTreeNode *first;

  g_mutex_lock (&self->lock);

  first = self->n_in_flight < self->max_in_flight ? g_tree_node_first (self->queue) : NULL;
  if (first != NULL)
    {
      GfEntry *entry = g_tree_node_key (first);

      g_tree_remove (self->queue, entry);
      entry->queued = FALSE;
      entry->giver = gf_thread_get ()->id;
      self->n_in_flight++;
      task = g_object_ref (entry->task);
    }

  g_mutex_unlock (&self->lock);

  return task;
}

/* The inner executor may run the task here and now, which may give us more to
 * do, or drop the last reference. */
static void
gf_limited_executor_pump (GfLimitedExecutor *self)
{
  GfThread *thread = gf_thread_get ();
  gboolean was_forwarding = thread->is_forwarding;
  GfPromise *task;

  g_object_ref (self);

  while ((task = gf_limited_executor_next (self)) != NULL)
    {
      GfEntry *entry;

      /* A worker begins with what it has submitted itself: what has waited here
       * would run before what was given on earlier, which might wait for ever. */
      thread->is_forwarding = TRUE;
      gf_executor_forward (gf_executor_get_inner (GF_EXECUTOR (self)), g_object_ref (task));
      thread->is_forwarding = was_forwarding;

      g_mutex_lock (&self->lock);
      entry = g_hash_table_lookup (self->entries, task);
      if (entry != NULL)
        entry->giver = 0;
      g_mutex_unlock (&self->lock);
      g_object_unref (task);
    }

  gf_limited_executor_tell_room (self);
  g_object_unref (self);
}

static void
gf_limited_executor_task_left (GfExecutor *executor,
                               GfPromise  *task)
{
  GfLimitedExecutor *self = GF_LIMITED_EXECUTOR (executor);
  GfEntry *entry = NULL;
  gboolean pump = FALSE;

  g_mutex_lock (&self->lock);
  if (g_hash_table_steal_extended (self->entries, task, NULL, (gpointer *) &entry))
    {
      if (entry->queued)
        g_tree_remove (self->queue, entry);
      else
        self->n_in_flight--;
      /* Else this thread is in gf_limited_executor_pump(), and goes on there: the
       * stack is not to grow with the queue. */
      pump = entry->giver != gf_thread_get ()->id;
    }
  g_mutex_unlock (&self->lock);

  if (entry == NULL)
    return;

  gf_entry_free (entry);
  if (pump)
    gf_limited_executor_pump (self);
}

static void
gf_limited_executor_enqueue (GfExecutor *executor,
                             GfPromise  *task)
{
  GfLimitedExecutor *self = GF_LIMITED_EXECUTOR (executor);
  GfFuture *future = (GfFuture *) task;
  guint state = gf_future_load_state (future);
  gboolean is_post = (state & GF_STATE_POST) != 0;
  gboolean cancelling;
  guint max_queued;
  gboolean full;

  g_mutex_lock (&self->lock);

  cancelling = self->cancelling && !is_post;
  full = !is_post && !(state & GF_STATE_MAP) && !gf_limited_executor_has_room (self);
  max_queued = self->max_queued;
  if (!cancelling && !full)
    {
      GfEntry *entry = g_new0 (GfEntry, 1);

      entry->task = g_object_ref (task);
      entry->number = self->n_pushed++;
      entry->queued = TRUE;
      g_tree_insert (self->queue, entry, entry);
      g_hash_table_insert (self->entries, task, entry);
    }

  g_mutex_unlock (&self->lock);

  if (cancelling)
    gf_promise_cancel_pending (task);
  else if (full)
    gf_promise_reject (task, g_error_new (G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK,
                                          "The queue is full, %u tasks wait in it: wait for "
                                          "gf_limited_executor_wait_for_room()", max_queued));
  else
    {
      /* It left before it was in. */
      if (gf_future_is_done (future))
        gf_limited_executor_task_left (executor, task);
      gf_limited_executor_pump (self);
    }

  g_object_unref (task);
}

static int
compare_tasks_queued_first (gconstpointer a,
                            gconstpointer b)
{
  return (*(GfEntry * const *) b)->queued - (*(GfEntry * const *) a)->queued;
}

static void
gf_limited_executor_stop (GfExecutor *executor,
                          gboolean    cancel_futures)
{
  GfLimitedExecutor *self = GF_LIMITED_EXECUTOR (executor);
  g_autoptr (GPtrArray) tasks = g_ptr_array_new ();
  GQueue waiting = G_QUEUE_INIT;
  GfPromise *promise;

  g_mutex_lock (&self->lock);

  self->closed = TRUE;
  waiting = self->waiting;
  g_queue_init (&self->waiting);

  if (cancel_futures)
    {
      GHashTableIter iter;
      gpointer entry;

      self->cancelling = TRUE;
      g_hash_table_iter_init (&iter, self->entries);
      while (g_hash_table_iter_next (&iter, NULL, &entry))
        g_ptr_array_add (tasks, entry);
      /* So that none of them gets the place of one that is cancelled. */
      g_ptr_array_sort (tasks, compare_tasks_queued_first);
      for (guint i = 0; i < tasks->len; i++)
        tasks->pdata[i] = g_object_ref (((GfEntry *) tasks->pdata[i])->task);
    }

  g_mutex_unlock (&self->lock);

  while ((promise = g_queue_pop_head (&waiting)) != NULL)
    {
      gf_promise_reject_literal (promise, GF_FUTURE_ERROR, GF_FUTURE_ERROR_SHUT_DOWN,
                                 "The executor was shut down and takes no more tasks");
      g_object_unref (promise);
    }

  for (guint i = 0; i < tasks->len; i++)
    {
      gf_promise_cancel_pending (tasks->pdata[i]);
      g_object_unref (tasks->pdata[i]);
    }
}

/* In the queue it may be run only by a thread that a task of ours blocks: in the
 * place of that one. */
static gboolean
gf_limited_executor_may_help (GfExecutor *executor,
                              GfPromise  *task)
{
  GfLimitedExecutor *self = GF_LIMITED_EXECUTOR (executor);
  gboolean queued;
  GfEntry *entry;

  g_mutex_lock (&self->lock);
  entry = g_hash_table_lookup (self->entries, task);
  queued = entry != NULL && entry->queued;
  g_mutex_unlock (&self->lock);

  return !queued || gf_executor_runs_caller (executor);
}

/* ---- GObject ---- */

static void
gf_limited_executor_update_max_workers (GfLimitedExecutor *self)
{
  guint max_workers = gf_executor_get_max_workers (gf_executor_get_inner (GF_EXECUTOR (self)));

  /* 0: the inner one does not say. */
  gf_executor_set_max_workers (GF_EXECUTOR (self), max_workers > 0 ? MIN (max_workers, self->max_in_flight)
                                                                  : self->max_in_flight);
}

static void
gf_limited_executor_constructed (GObject *object)
{
  gf_limited_executor_update_max_workers (GF_LIMITED_EXECUTOR (object));

  G_OBJECT_CLASS (gf_limited_executor_parent_class)->constructed (object);
}

static void
gf_limited_executor_finalize (GObject *object)
{
  GfLimitedExecutor *self = GF_LIMITED_EXECUTOR (object);

  g_tree_unref (self->queue);
  g_hash_table_unref (self->entries);
  g_mutex_clear (&self->lock);

  G_OBJECT_CLASS (gf_limited_executor_parent_class)->finalize (object);
}

static void
gf_limited_executor_get_property (GObject    *object,
                                  guint       prop_id,
                                  GValue     *value,
                                  GParamSpec *pspec)
{
  GfLimitedExecutor *self = GF_LIMITED_EXECUTOR (object);

  if (prop_id == PROP_EXECUTOR)
    {
      g_value_set_object (value, gf_executor_get_inner (GF_EXECUTOR (self)));
      return;
    }

  g_mutex_lock (&self->lock);

  switch (prop_id)
    {
    case PROP_MAX_IN_FLIGHT:
      g_value_set_uint (value, self->max_in_flight);
      break;
    case PROP_MAX_QUEUED:
      g_value_set_uint (value, self->max_queued);
      break;
    case PROP_N_QUEUED:
      g_value_set_uint (value, g_tree_nnodes (self->queue));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }

  g_mutex_unlock (&self->lock);
}

static void
gf_limited_executor_set_limit (GfLimitedExecutor *self,
                               guint             *limit,
                               guint              n,
                               GParamSpec        *pspec)
{
  gboolean changed;

  g_mutex_lock (&self->lock);
  changed = *limit != n;
  *limit = n;
  g_mutex_unlock (&self->lock);

  /* While it is constructed there is no inner one. */
  if (!changed || gf_executor_get_inner (GF_EXECUTOR (self)) == NULL)
    return;

  gf_limited_executor_update_max_workers (self);
  gf_limited_executor_pump (self);
  g_object_notify_by_pspec (G_OBJECT (self), pspec);
}

static void
gf_limited_executor_set_property (GObject      *object,
                                  guint         prop_id,
                                  const GValue *value,
                                  GParamSpec   *pspec)
{
  GfLimitedExecutor *self = GF_LIMITED_EXECUTOR (object);

  switch (prop_id)
    {
    case PROP_EXECUTOR:
      gf_executor_set_inner (GF_EXECUTOR (self), g_value_get_object (value));
      break;
    case PROP_MAX_IN_FLIGHT:
      gf_limited_executor_set_limit (self, &self->max_in_flight, g_value_get_uint (value), pspec);
      break;
    case PROP_MAX_QUEUED:
      gf_limited_executor_set_limit (self, &self->max_queued, g_value_get_uint (value), pspec);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
gf_limited_executor_class_init (GfLimitedExecutorClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GfExecutorClass *executor_class = GF_EXECUTOR_CLASS (klass);

  object_class->constructed = gf_limited_executor_constructed;
  object_class->finalize = gf_limited_executor_finalize;
  object_class->get_property = gf_limited_executor_get_property;
  object_class->set_property = gf_limited_executor_set_property;

  executor_class->enqueue = gf_limited_executor_enqueue;
  executor_class->stop = gf_limited_executor_stop;

  /**
   * GfLimitedExecutor:executor:
   *
   * The executor that runs the tasks; if none is given, the default thread pool.
   *
   * Since: 1.0
   */
  props[PROP_EXECUTOR] =
    g_param_spec_object ("executor", NULL, NULL, GF_TYPE_EXECUTOR,
                         G_PARAM_READWRITE | G_PARAM_CONSTRUCT_ONLY | G_PARAM_STATIC_STRINGS);

  /**
   * GfLimitedExecutor:max-in-flight:
   *
   * How many tasks are with #GfLimitedExecutor:executor at a time at most. If it
   * is lowered, those that are there stay. May be set on any thread, which is
   * where it is notified.
   *
   * Since: 1.0
   */
  props[PROP_MAX_IN_FLIGHT] =
    g_param_spec_uint ("max-in-flight", NULL, NULL, 1, G_MAXUINT, 1,
                       G_PARAM_READWRITE | G_PARAM_CONSTRUCT | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY);

  /**
   * GfLimitedExecutor:max-queued:
   *
   * How many tasks may wait at most; 0 for as many as come. If it is lowered,
   * those that wait stay. May be set on any thread, which is where it is
   * notified.
   *
   * Since: 1.0
   */
  props[PROP_MAX_QUEUED] =
    g_param_spec_uint ("max-queued", NULL, NULL, 0, G_MAXUINT, 0,
                       G_PARAM_READWRITE | G_PARAM_CONSTRUCT | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY);

  /**
   * GfLimitedExecutor:n-queued:
   *
   * How many tasks wait. Not notified: it changes too often.
   *
   * Since: 1.0
   */
  props[PROP_N_QUEUED] =
    g_param_spec_uint ("n-queued", NULL, NULL, 0, G_MAXUINT, 0,
                       G_PARAM_READABLE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY);

  g_object_class_install_properties (object_class, N_PROPS, props);
}

static void
gf_limited_executor_init (GfLimitedExecutor *self)
{
  static const GfExecutorTraits traits = {
    .task_left = gf_limited_executor_task_left,
    .may_help = gf_limited_executor_may_help,
  };

  gf_executor_set_traits (GF_EXECUTOR (self), &traits);
  g_mutex_init (&self->lock);
  self->max_in_flight = 1;
  self->queue = g_tree_new_full (compare_entries, NULL, NULL, NULL);
  self->entries = g_hash_table_new_full (NULL, NULL, NULL, gf_entry_free);
  g_queue_init (&self->waiting);
}

/**
 * gf_limited_executor_new:
 * @executor: the executor that is to run the tasks
 * @max_in_flight: how many of them it is given at a time at most; at least 1
 * @max_queued: how many may wait at most; 0 for as many as come
 *
 * Creates an executor that gives its tasks to @executor, so many at a time. It
 * may be used from any thread.
 *
 * Returns: (transfer full) (type GFutures.LimitedExecutor): a new executor
 *
 * Since: 1.0
 */
GfExecutor *
gf_limited_executor_new (GfExecutor *executor,
                         guint       max_in_flight,
                         guint       max_queued)
{
  g_return_val_if_fail (GF_IS_EXECUTOR (executor), NULL);
  g_return_val_if_fail (max_in_flight > 0, NULL);

  return g_object_new (GF_TYPE_LIMITED_EXECUTOR,
                       "executor", executor,
                       "max-in-flight", max_in_flight,
                       "max-queued", max_queued,
                       NULL);
}

/**
 * gf_limited_executor_wait_for_room:
 * @self: a limited executor
 *
 * Tells when the executor takes another task: when fewer than
 * #GfLimitedExecutor:max-queued wait. The room is not kept for the caller: if
 * several wait for it, all are told, and who submits first gets it.
 *
 * The call does not block and may be made from any thread. The future is at home
 * in the caller's thread-default context, see #GfFuture.
 *
 * Returns: (transfer full): a future that succeeds, with no value, as soon as
 *   there is room; it may be settled already. It fails with
 *   %GF_FUTURE_ERROR_SHUT_DOWN if the executor was, or is, shut down.
 *
 * Since: 1.0
 */
GfFuture *
gf_limited_executor_wait_for_room (GfLimitedExecutor *self)
{
  g_autoptr (GPtrArray) gone = g_ptr_array_new_with_free_func (g_object_unref);
  GfPromise *promise;
  gboolean has_room;
  gboolean closed;

  g_return_val_if_fail (GF_IS_LIMITED_EXECUTOR (self), NULL);

  promise = gf_promise_new ();

  g_mutex_lock (&self->lock);
  closed = self->closed;
  has_room = gf_limited_executor_has_room (self);
  if (!closed && !has_room)
    {
      /* Cancelled ones must not pile up. */
      while (self->waiting.length > 0 && gf_future_is_done (self->waiting.head->data))
        g_ptr_array_add (gone, g_queue_pop_head (&self->waiting));
      g_queue_push_tail (&self->waiting, g_object_ref (promise));
    }
  g_mutex_unlock (&self->lock);

  if (closed)
    gf_promise_reject_literal (promise, GF_FUTURE_ERROR, GF_FUTURE_ERROR_SHUT_DOWN,
                               "The executor was shut down and takes no more tasks");
  else if (has_room)
    gf_future_settle_plain (GF_FUTURE (promise), GF_FUTURE_STATE_SUCCEEDED | GF_STATE_NO_VALUE);

  return GF_FUTURE (promise);
}

/* gf-thread-pool-executor.c - runs tasks on worker threads
 *
 * The object; what the threads do is in gf-thread-pool.c.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "gf-thread-pool-executor.h"

#include "gf-thread-pool-private.h"

/**
 * SECTION:gf-thread-pool-executor
 * @title: GfThreadPoolExecutor
 * @short_description: runs tasks on worker threads
 *
 * A #GfThreadPoolExecutor runs tasks on a bounded number of threads. They start
 * when there is work, and end when there has been none for
 * #GfThreadPoolExecutor:idle-timeout.
 *
 * Tasks of the same priority begin roughly in the order in which they were
 * submitted; one with a lower number goes before those that wait. Tasks that a
 * task submits run first on the worker that submitted them, the latest first, unless
 * another worker is idle and takes them.
 *
 * A task may wait for other tasks of its pool: it runs them itself if they have
 * not begun, and while it is blocked another thread stands in for it, up to
 * #GfThreadPoolExecutor:max-threads.
 *
 * Programs share one pool, gf_thread_pool_executor_get_default(), unless they
 * want a limit of their own:
 *
 * |[<!-- language="C" -->
 * #include <gfutures.h>
 *
 * static void
 * count_lines (GfPromise *promise, gpointer path, GError **error)
 * {
 *   g_autofree char *text = NULL;
 *   int n_lines = 0;
 *
 *   if (!g_file_get_contents (path, &text, NULL, error))
 *     return;
 *
 *   for (const char *p = text; (p = strchr (p, '\n')) != NULL; p++)
 *     n_lines++;
 *   gf_promise_resolve_int (promise, n_lines);
 * }
 *
 * GfFuture *
 * my_count_lines (const char *path)
 * {
 *   return gf_executor_submit (gf_thread_pool_executor_get_default (),
 *                              count_lines, g_strdup (path), g_free);
 * }
 * ]|
 */

/**
 * GfThreadPoolExecutor:
 *
 * An executor that runs tasks on worker threads.
 *
 * Since: 1.0
 */
struct _GfThreadPoolExecutor
{
  GfExecutor    parent_instance;

  GfThreadPool *pool;
  guint         max_threads;
  char         *thread_name_prefix;
  guint         idle_timeout;
};

G_DEFINE_FINAL_TYPE (GfThreadPoolExecutor, gf_thread_pool_executor, GF_TYPE_EXECUTOR)

#define LARGEST_MAX_WORKERS 1024
#define LARGEST_MAX_THREADS 4096
#define STAND_INS           64
#define IDLE_TIMEOUT_MS     10000

enum {
  PROP_MAX_THREADS = 1,
  PROP_N_THREADS,
  PROP_THREAD_NAME_PREFIX,
  PROP_IDLE_TIMEOUT,
  N_PROPS
};

static GParamSpec *props[N_PROPS];

static void
gf_thread_pool_executor_enqueue (GfExecutor *executor,
                                 GfPromise  *task)
{
  gf_thread_pool_enqueue (((GfThreadPoolExecutor *) executor)->pool, task);
}

static gboolean
gf_thread_pool_executor_post (GfExecutor *executor,
                              GfPostFunc  func,
                              gpointer    data)
{
  GfThreadPoolExecutor *self = (GfThreadPoolExecutor *) executor;

  if (gf_thread_pool_is_broken (self->pool) || !gf_executor_accept (executor))
    return FALSE;

  gf_thread_pool_post (self->pool, func, data);

  return TRUE;
}

static void
gf_thread_pool_executor_stop (GfExecutor *executor,
                              gboolean    cancel_futures)
{
  if (cancel_futures)
    gf_thread_pool_cancel (((GfThreadPoolExecutor *) executor)->pool);
}

static void
gf_thread_pool_executor_finished (GfExecutor *executor)
{
  gf_thread_pool_close (((GfThreadPoolExecutor *) executor)->pool);
}

static void
gf_thread_pool_executor_constructed (GObject *object)
{
  GfThreadPoolExecutor *self = GF_THREAD_POOL_EXECUTOR (object);
  guint max_workers = gf_executor_get_max_workers (GF_EXECUTOR (self));

  if (max_workers == 0)
    max_workers = g_get_num_processors ();
  max_workers = MIN (max_workers, LARGEST_MAX_WORKERS);
  gf_executor_set_max_workers (GF_EXECUTOR (self), max_workers);

  if (self->max_threads == 0)
    self->max_threads = max_workers + STAND_INS;
  self->max_threads = CLAMP (self->max_threads, max_workers, LARGEST_MAX_THREADS);

  if (self->thread_name_prefix == NULL)
    self->thread_name_prefix = g_strdup ("gf-pool");

  self->pool = gf_thread_pool_new (GF_EXECUTOR (self), max_workers, self->max_threads,
                                   self->thread_name_prefix);
  gf_thread_pool_set_idle_timeout (self->pool, self->idle_timeout);

  G_OBJECT_CLASS (gf_thread_pool_executor_parent_class)->constructed (object);
}

static void
gf_thread_pool_executor_finalize (GObject *object)
{
  GfThreadPoolExecutor *self = GF_THREAD_POOL_EXECUTOR (object);

  gf_thread_pool_unref (self->pool);
  g_free (self->thread_name_prefix);

  G_OBJECT_CLASS (gf_thread_pool_executor_parent_class)->finalize (object);
}

static void
gf_thread_pool_executor_get_property (GObject    *object,
                                      guint       prop_id,
                                      GValue     *value,
                                      GParamSpec *pspec)
{
  GfThreadPoolExecutor *self = GF_THREAD_POOL_EXECUTOR (object);

  switch (prop_id)
    {
    case PROP_MAX_THREADS:
      g_value_set_uint (value, gf_thread_pool_executor_get_max_threads (self));
      break;
    case PROP_N_THREADS:
      g_value_set_uint (value, gf_thread_pool_executor_get_n_threads (self));
      break;
    case PROP_THREAD_NAME_PREFIX:
      g_value_set_string (value, gf_thread_pool_executor_get_thread_name_prefix (self));
      break;
    case PROP_IDLE_TIMEOUT:
      g_value_set_uint (value, gf_thread_pool_executor_get_idle_timeout (self));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
gf_thread_pool_executor_set_property (GObject      *object,
                                      guint         prop_id,
                                      const GValue *value,
                                      GParamSpec   *pspec)
{
  GfThreadPoolExecutor *self = GF_THREAD_POOL_EXECUTOR (object);

  switch (prop_id)
    {
    case PROP_MAX_THREADS:
      self->max_threads = g_value_get_uint (value);
      break;
    case PROP_THREAD_NAME_PREFIX:
      self->thread_name_prefix = g_value_dup_string (value);
      break;
    case PROP_IDLE_TIMEOUT:
      gf_thread_pool_executor_set_idle_timeout (self, g_value_get_uint (value));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
gf_thread_pool_executor_class_init (GfThreadPoolExecutorClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GfExecutorClass *executor_class = GF_EXECUTOR_CLASS (klass);

  object_class->constructed = gf_thread_pool_executor_constructed;
  object_class->finalize = gf_thread_pool_executor_finalize;
  object_class->get_property = gf_thread_pool_executor_get_property;
  object_class->set_property = gf_thread_pool_executor_set_property;

  executor_class->enqueue = gf_thread_pool_executor_enqueue;
  executor_class->post = gf_thread_pool_executor_post;
  executor_class->stop = gf_thread_pool_executor_stop;

  /**
   * GfThreadPoolExecutor:max-threads:
   *
   * How many threads there are at most: the workers, and those that stand in for
   * blocked ones. 0 is for 64 more than #GfExecutor:max-workers; more than 4096
   * is taken for 4096. When all are blocked, the pool says so once, with the
   * labels of the tasks.
   *
   * Since: 1.0
   */
  props[PROP_MAX_THREADS] =
    g_param_spec_uint ("max-threads", NULL, NULL, 0, G_MAXUINT, 0,
                       G_PARAM_READWRITE | G_PARAM_CONSTRUCT_ONLY | G_PARAM_STATIC_STRINGS);

  /**
   * GfThreadPoolExecutor:n-threads:
   *
   * How many threads there are now. Not notified.
   *
   * Since: 1.0
   */
  props[PROP_N_THREADS] =
    g_param_spec_uint ("n-threads", NULL, NULL, 0, G_MAXUINT, 0,
                       G_PARAM_READABLE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY);

  /**
   * GfThreadPoolExecutor:thread-name-prefix:
   *
   * What the threads' names begin with; a number follows.
   *
   * Since: 1.0
   */
  props[PROP_THREAD_NAME_PREFIX] =
    g_param_spec_string ("thread-name-prefix", NULL, NULL, NULL,
                         G_PARAM_READWRITE | G_PARAM_CONSTRUCT_ONLY | G_PARAM_STATIC_STRINGS);

  /**
   * GfThreadPoolExecutor:idle-timeout:
   *
   * How long a thread without work stays, in milliseconds.
   *
   * Since: 1.0
   */
  props[PROP_IDLE_TIMEOUT] =
    g_param_spec_uint ("idle-timeout", NULL, NULL, 0, G_MAXUINT, IDLE_TIMEOUT_MS,
                       G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY);

  g_object_class_install_properties (object_class, N_PROPS, props);
}

static void
gf_thread_pool_executor_init (GfThreadPoolExecutor *self)
{
  static const GfExecutorTraits traits = {
    .uses_threads = TRUE,
    .outlives_references = TRUE,
    .finished = gf_thread_pool_executor_finished,
  };

  gf_executor_set_traits (GF_EXECUTOR (self), &traits);
  self->idle_timeout = IDLE_TIMEOUT_MS;
}

/**
 * gf_thread_pool_executor_new:
 * @max_workers: how many tasks run at a time at most; 0 for the number of
 *   processors, and more than 1024 is taken for 1024
 *
 * Creates a thread pool. It may be used from any thread.
 *
 * Returns: (transfer full) (type GFutures.ThreadPoolExecutor): a new executor
 *
 * Since: 1.0
 */
GfExecutor *
gf_thread_pool_executor_new (guint max_workers)
{
  return g_object_new (GF_TYPE_THREAD_POOL_EXECUTOR, "max-workers", max_workers, NULL);
}

/**
 * gf_thread_pool_executor_get_default:
 *
 * Gets the thread pool that the process shares, with as many workers as there
 * are processors. It may be used from any thread and is never shut down.
 *
 * Returns: (transfer none): the executor
 *
 * Since: 1.0
 */
GfExecutor *
gf_thread_pool_executor_get_default (void)
{
  static GfExecutor *executor;

  if (g_once_init_enter (&executor))
    {
      GfExecutor *made = g_object_new (GF_TYPE_THREAD_POOL_EXECUTOR,
                                       "label", "default",
                                       "thread-name-prefix", "gf-default",
                                       NULL);

      gf_executor_set_permanent (made);
      g_once_init_leave (&executor, made);
    }

  return executor;
}

/**
 * gf_thread_pool_executor_set_initializer:
 * @self: a thread pool
 * @initializer: (scope notified) (closure user_data) (destroy destroy): the
 *   function that prepares a thread
 * @user_data: data for @initializer
 * @destroy: (nullable): how to release @user_data
 *
 * Sets a function that each thread calls before its first task. Call this once,
 * before the first task is submitted.
 *
 * If it fails, the pool is broken: every task that has not begun, and every
 * later one, fails with %GF_FUTURE_ERROR_BROKEN_EXECUTOR, whose message has the
 * initializer's.
 *
 * @user_data is released in the home of the thread that created the pool, when
 * the last of its threads has ended: that may be after gf_executor_shutdown() has
 * returned, which waits for tasks, not for threads. A JavaScript function cannot run on another
 * thread: it is refused with a critical message.
 *
 * Since: 1.0
 */
void
gf_thread_pool_executor_set_initializer (GfThreadPoolExecutor *self,
                                         GfThreadInitializer   initializer,
                                         gpointer              user_data,
                                         GDestroyNotify        destroy)
{
  g_return_if_fail (GF_IS_THREAD_POOL_EXECUTOR (self));
  g_return_if_fail (initializer != NULL);

  if (gf_callback_is_bound (destroy))
    {
      g_critical ("A JavaScript function cannot run on another thread, and initialize it");
      destroy (user_data);
      return;
    }

  if (!gf_thread_pool_set_initializer (self->pool, initializer, user_data, destroy))
    {
      g_critical ("A thread pool's initializer is set once, before its first task is submitted");
      if (destroy != NULL)
        destroy (user_data);
    }
}

/**
 * gf_thread_pool_executor_get_max_threads:
 * @self: a thread pool
 *
 * Gets #GfThreadPoolExecutor:max-threads. Any thread may ask.
 *
 * Returns: how many threads there are at most
 *
 * Since: 1.0
 */
guint
gf_thread_pool_executor_get_max_threads (GfThreadPoolExecutor *self)
{
  g_return_val_if_fail (GF_IS_THREAD_POOL_EXECUTOR (self), 0);

  return self->max_threads;
}

/**
 * gf_thread_pool_executor_get_n_threads:
 * @self: a thread pool
 *
 * Gets how many threads there are now, those that are about to end not counted.
 * Any thread may ask.
 *
 * Returns: the number
 *
 * Since: 1.0
 */
guint
gf_thread_pool_executor_get_n_threads (GfThreadPoolExecutor *self)
{
  g_return_val_if_fail (GF_IS_THREAD_POOL_EXECUTOR (self), 0);

  return gf_thread_pool_get_n_threads (self->pool);
}

/**
 * gf_thread_pool_executor_get_thread_name_prefix:
 * @self: a thread pool
 *
 * Gets #GfThreadPoolExecutor:thread-name-prefix. Any thread may ask.
 *
 * Returns: (transfer none): what the threads' names begin with
 *
 * Since: 1.0
 */
const char *
gf_thread_pool_executor_get_thread_name_prefix (GfThreadPoolExecutor *self)
{
  g_return_val_if_fail (GF_IS_THREAD_POOL_EXECUTOR (self), NULL);

  return self->thread_name_prefix;
}

/**
 * gf_thread_pool_executor_get_idle_timeout:
 * @self: a thread pool
 *
 * Gets #GfThreadPoolExecutor:idle-timeout. Call it in the thread that sets it.
 *
 * Returns: how long a thread without work stays, in milliseconds
 *
 * Since: 1.0
 */
guint
gf_thread_pool_executor_get_idle_timeout (GfThreadPoolExecutor *self)
{
  g_return_val_if_fail (GF_IS_THREAD_POOL_EXECUTOR (self), 0);

  return self->idle_timeout;
}

/**
 * gf_thread_pool_executor_set_idle_timeout:
 * @self: a thread pool
 * @idle_timeout_ms: how long a thread without work stays, in milliseconds
 *
 * Sets #GfThreadPoolExecutor:idle-timeout, which is notified in the calling
 * thread. Threads that sleep already take it up when they wake.
 *
 * Since: 1.0
 */
void
gf_thread_pool_executor_set_idle_timeout (GfThreadPoolExecutor *self,
                                          guint                 idle_timeout_ms)
{
  g_return_if_fail (GF_IS_THREAD_POOL_EXECUTOR (self));

  if (self->idle_timeout == idle_timeout_ms)
    return;

  self->idle_timeout = idle_timeout_ms;
  if (self->pool != NULL)
    gf_thread_pool_set_idle_timeout (self->pool, idle_timeout_ms);
  g_object_notify_by_pspec (G_OBJECT (self), props[PROP_IDLE_TIMEOUT]);
}

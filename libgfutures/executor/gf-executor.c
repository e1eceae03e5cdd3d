/* gf-executor.c - what runs tasks
 *
 * The part that all executors share: taking tasks, counting them, shutting down.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "gf-executor-forward-private.h"

#include "../loop/gf-thread-private.h"
#include "../future/gf-error.h"
#include "gf-future-list-private.h"

/**
 * SECTION:gf-executor
 * @title: GfExecutor
 * @short_description: what runs tasks
 *
 * A #GfExecutor takes tasks and gives a #GfFuture for each. The library has
 * #GfThreadPoolExecutor for work that would block the interface,
 * #GfMainContextExecutor for what has to run on a certain main loop, and
 * #GfInlineExecutor for what runs at once.
 *
 * A task is a function with data, for gf_executor_submit(), or the name of a
 * function with arguments, for gf_executor_call(). All of an executor's
 * functions may be called from any thread, from its own tasks too.
 *
 * # Writing an executor
 *
 * A subclass implements one function, #GfExecutorClass.enqueue(). It keeps the
 * task, and later, on whichever thread, calls gf_promise_run() and drops its
 * reference; or it sends gf_promise_get_function() and
 * gf_promise_get_arguments() elsewhere and settles the promise with what comes
 * back. An executor that runs every task in a thread of its own:
 *
 * |[<!-- language="C" -->
 * #include <gfutures.h>
 *
 * struct _MyExecutor { GfExecutor parent_instance; };
 *
 * G_DECLARE_FINAL_TYPE (MyExecutor, my_executor, MY, EXECUTOR, GfExecutor)
 * G_DEFINE_TYPE (MyExecutor, my_executor, GF_TYPE_EXECUTOR)
 *
 * static gpointer
 * run (gpointer data)
 * {
 *   g_autoptr (GfPromise) task = data;
 *
 *   gf_promise_run (task);
 *   return NULL;
 * }
 *
 * static void
 * my_executor_enqueue (GfExecutor *executor, GfPromise *task)
 * {
 *   g_thread_unref (g_thread_new ("my-executor", run, task));
 * }
 *
 * static void
 * my_executor_class_init (MyExecutorClass *klass)
 * {
 *   GF_EXECUTOR_CLASS (klass)->enqueue = my_executor_enqueue;
 * }
 *
 * static void
 * my_executor_init (MyExecutor *self)
 * {
 * }
 * ]|
 */

/**
 * GfExecutor:
 *
 * The abstract base of all executors.
 *
 * Since: 1.0
 */

/**
 * GfExecutorClass::enqueue:
 * @self: an executor
 * @task: (transfer full): a pending task
 *
 * Takes a task and runs it later, or at once, on any thread, by
 * gf_promise_run(); or sends its function and arguments elsewhere and settles
 * it. Called on the thread that submits.
 *
 * Since: 1.0
 */

/**
 * GfExecutorClass::enqueue_many:
 * @self: an executor
 * @tasks: (array length=n_tasks) (transfer none): pending tasks, whose
 *   references the executor takes
 * @n_tasks: how many
 *
 * Takes several tasks at once. The default enqueues one after the other. Called
 * on the thread that submits.
 *
 * Since: 1.0
 */

/**
 * GfExecutorClass::stop:
 * @self: an executor
 * @cancel_futures: whether to cancel the tasks that have not begun
 *
 * Told when no more tasks will come, and again if they are to be cancelled
 * later. Never blocks. Called on the thread that shuts down.
 *
 * Since: 1.0
 */

enum {
  PROP_MAX_WORKERS = 1,
  PROP_LABEL,
  PROP_N_PENDING,
  PROP_N_RUNNING,
  N_PROPS
};

static GParamSpec *props[N_PROPS];

static const GfExecutorTraits derived_traits;

G_DEFINE_ABSTRACT_TYPE_WITH_PRIVATE (GfExecutor, gf_executor, G_TYPE_OBJECT)

static inline GfExecutorPrivate *
get_private (GfExecutor *self)
{
  return gf_executor_get_instance_private (self);
}

static inline GfStripe *
gf_executor_get_stripe (GfExecutorPrivate *priv)
{
  return &priv->stripes[gf_thread_get ()->id % GF_EXECUTOR_N_STRIPES];
}

GfExecutorPrivate *
gf_executor_get_private (GfExecutor *self)
{
  return get_private (self);
}

void
gf_executor_set_traits (GfExecutor             *self,
                        const GfExecutorTraits *traits)
{
  get_private (self)->traits = traits;
}

void
gf_executor_set_permanent (GfExecutor *self)
{
  get_private (self)->permanent = TRUE;
}

void
gf_executor_set_max_workers (GfExecutor *self,
                             guint       max_workers)
{
  /* A limited executor changes it. */
  g_atomic_int_set (&get_private (self)->max_workers, max_workers);
}

GfExecutor *
gf_executor_get_inner (GfExecutor *self)
{
  return get_private (self)->inner;
}

/* Who runs the tasks in the end. */
static GfExecutor *
gf_executor_get_innermost (GfExecutor *self)
{
  while (get_private (self)->inner != NULL)
    self = get_private (self)->inner;

  return self;
}

gboolean
gf_executor_is_derived (GfExecutor *self)
{
  return get_private (self)->traits == &derived_traits;
}

gboolean
gf_executor_is_inline (GfExecutor *self)
{
  return get_private (gf_executor_get_innermost (self))->traits->is_inline;
}

/* NULL: the executor has no context. */
GfHome *
gf_executor_get_task_home (GfExecutor *self)
{
  const GfExecutorTraits *traits = get_private (self)->traits;

  return traits->get_task_home != NULL ? traits->get_task_home (self) : NULL;
}

gboolean
gf_executor_may_run_on_other_threads (GfExecutor *self)
{
  return get_private (gf_executor_get_innermost (self))->traits->uses_threads;
}

/* ---- counting ---- */

static guint64
gf_executor_sum (GfExecutorPrivate *priv,
                 gsize              offset)
{
  guint64 sum = 0;

  for (guint i = 0; i < GF_EXECUTOR_N_STRIPES; i++)
    {
      _Atomic guint64 *count = (gpointer) ((char *) &priv->stripes[i] + offset);

      sum += atomic_load_explicit (count, memory_order_acquire) / GF_EXECUTOR_ONE;
    }

  return sum;
}

/* @part: of a whole that has not returned. An executor that is derived elsewhere
 * does not expect tasks after it was stopped. */
static gboolean
gf_executor_count (GfExecutor *self,
                   gboolean    part)
{
  GfStripe *stripe = gf_executor_get_stripe (get_private (self));
  guint64 count = atomic_load_explicit (&stripe->submitted, memory_order_relaxed);

  do
    if ((count & GF_EXECUTOR_CLOSED) && !(part && !gf_executor_is_derived (self)))
      return FALSE;
  while (!atomic_compare_exchange_weak_explicit (&stripe->submitted, &count, count + GF_EXECUTOR_ONE,
                                                 memory_order_acq_rel, memory_order_relaxed));

  if (!get_private (self)->traits->outlives_references)
    g_object_ref (self);

  return TRUE;
}

static gboolean
gf_executor_accept_if (GfExecutor *self,
                       gboolean    part)
{
  GfExecutor *inner = get_private (self)->inner;

  if (G_LIKELY (inner == NULL))
    return gf_executor_count (self, part);

  if (!gf_executor_accept_if (inner, part))
    return FALSE;
  if (gf_executor_count (self, part))
    return TRUE;

  gf_executor_task_begun (inner);
  gf_executor_task_returned (inner);

  return FALSE;
}

gboolean
gf_executor_accept (GfExecutor *self)
{
  return gf_executor_accept_if (self, FALSE);
}

gboolean
gf_executor_begin_whole (GfExecutor *self,
                         GfPromise  *whole)
{
  if (!gf_executor_accept (self))
    return FALSE;

  gf_executor_task_begun (self);

  for (; self != NULL; self = get_private (self)->inner)
    if (get_private (self)->traits->whole_begun != NULL)
      get_private (self)->traits->whole_begun (self, whole);

  return TRUE;
}

void
gf_executor_task_begun (GfExecutor *self)
{
  do
    {
      GfStripe *stripe = gf_executor_get_stripe (get_private (self));

      atomic_fetch_add_explicit (&stripe->begun, GF_EXECUTOR_ONE, memory_order_relaxed);
      self = get_private (self)->inner;
    }
  while (G_UNLIKELY (self != NULL));
}

/* With the lock held, after the counts were closed: has the last task returned?
 * TRUE once. */
gboolean
gf_executor_check_finished (GfExecutorPrivate *priv)
{
  if (priv->finished ||
      gf_executor_sum (priv, G_STRUCT_OFFSET (GfStripe, returned)) !=
      gf_executor_sum (priv, G_STRUCT_OFFSET (GfStripe, submitted)))
    return FALSE;

  priv->finished = TRUE;

  return TRUE;
}

/* A task's function has returned, or never will run. Nothing of the executor
 * may be touched after the count, for it may be gone then; except with the lock
 * held, once it was shut down: it waits for this count then. */
void
gf_executor_task_returned (GfExecutor *self)
{
  GfExecutorPrivate *priv = get_private (self);
  GfStripe *stripe = gf_executor_get_stripe (priv);
  gboolean has_reference = !priv->traits->outlives_references;
  GfExecutor *inner = priv->inner;
  guint64 count = atomic_load_explicit (&stripe->returned, memory_order_relaxed);
  gboolean finished;

  /* First, while this one has a reference to it. */
  if (G_UNLIKELY (inner != NULL))
    gf_executor_task_returned (inner);

  while (!(count & GF_EXECUTOR_CLOSED))
    if (atomic_compare_exchange_weak_explicit (&stripe->returned, &count, count + GF_EXECUTOR_ONE,
                                               memory_order_acq_rel, memory_order_relaxed))
      {
        if (has_reference)
          g_object_unref (self);
        return;
      }

  g_object_ref (self);

  g_mutex_lock (&priv->lock);
  atomic_fetch_add_explicit (&stripe->returned, GF_EXECUTOR_ONE, memory_order_acq_rel);
  finished = gf_executor_check_finished (priv);
  g_mutex_unlock (&priv->lock);

  if (finished)
    gf_executor_finish (self);

  if (has_reference)
    g_object_unref (self);
  g_object_unref (self);
}

static void
gf_executor_unlist (GfExecutor *self,
                    GfFuture   *future)
{
  GfFutureList *futures = atomic_load_explicit (&get_private (self)->futures, memory_order_acquire);

  if (futures != NULL)
    gf_future_list_remove (futures, future);
}

/* The task is about to count as returned. */
void
gf_executor_task_unlisted (GfExecutor *self,
                           GfPromise  *task)
{
  GfExecutorPrivate *priv = get_private (self);

  /* First, so that there is room when this one gives it the next. */
  if (priv->inner != NULL)
    gf_executor_task_unlisted (priv->inner, task);

  gf_executor_unlist (self, GF_FUTURE (task));
  if (priv->traits->task_left != NULL)
    priv->traits->task_left (self, task);
}

/* Whether a task of @task_executor is one of @self. */
static gboolean
gf_executor_has_tasks_of (GfExecutor *self,
                          GfExecutor *task_executor)
{
  while (task_executor != NULL && task_executor != self)
    task_executor = get_private (task_executor)->inner;

  return task_executor != NULL;
}

gboolean
gf_executor_runs_caller (GfExecutor *self)
{
  GfThread *thread = gf_thread_get ();
  g_autoptr (GfExecutor) executor = NULL;

  for (GfFrame *frame = thread->frame; frame != NULL; frame = frame->outer)
    if (gf_executor_has_tasks_of (self, frame->promise->executor))
      return TRUE;

  if (thread->hooks != NULL)
    executor = thread->hooks->get_executor (thread->worker);

  return executor == self;
}

/* ---- GObject ---- */

static void
gf_executor_dispose (GObject *object)
{
  GfExecutor *self = GF_EXECUTOR (object);
  GfExecutorPrivate *priv = get_private (self);

  gf_executor_close (self, FALSE);

  /* What is connected to it belongs to its home. */
  if (!gf_home_enter (priv->home, priv->creator))
    {
      gf_home_resurrect (priv->home, priv->creator, self);
      return;
    }

  if (!gf_executor_stay (self))
    G_OBJECT_CLASS (gf_executor_parent_class)->dispose (object);

  gf_home_leave (priv->home);
}

static void
gf_executor_finalize (GObject *object)
{
  GfExecutorPrivate *priv = get_private (GF_EXECUTOR (object));
  GfFutureList *futures = atomic_load_explicit (&priv->futures, memory_order_relaxed);

  g_clear_object (&futures);
  g_clear_object (&priv->inner);
  gf_home_unref (priv->home);
  g_free (priv->label);
  g_mutex_clear (&priv->lock);
  g_cond_clear (&priv->cond);
  g_aligned_free (priv->stripes);

  G_OBJECT_CLASS (gf_executor_parent_class)->finalize (object);
}

static void
gf_executor_get_property (GObject    *object,
                          guint       prop_id,
                          GValue     *value,
                          GParamSpec *pspec)
{
  GfExecutor *self = GF_EXECUTOR (object);

  switch (prop_id)
    {
    case PROP_MAX_WORKERS:
      g_value_set_uint (value, gf_executor_get_max_workers (self));
      break;
    case PROP_LABEL:
      g_value_set_string (value, gf_executor_get_label (self));
      break;
    case PROP_N_PENDING:
      g_value_set_uint (value, gf_executor_get_n_pending (self));
      break;
    case PROP_N_RUNNING:
      g_value_set_uint (value, gf_executor_get_n_running (self));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
gf_executor_set_property (GObject      *object,
                          guint         prop_id,
                          const GValue *value,
                          GParamSpec   *pspec)
{
  GfExecutor *self = GF_EXECUTOR (object);

  switch (prop_id)
    {
    case PROP_MAX_WORKERS:
      gf_executor_set_max_workers (self, g_value_get_uint (value));
      break;
    case PROP_LABEL:
      gf_executor_set_label (self, g_value_get_string (value));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
gf_executor_real_enqueue (GfExecutor *self,
                          GfPromise  *task)
{
  g_critical ("%s does not implement enqueue()", G_OBJECT_TYPE_NAME (self));
  gf_promise_reject_literal (task, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED,
                             "The executor does not implement enqueue()");
  g_object_unref (task);
}

static void
gf_executor_real_enqueue_many (GfExecutor *self,
                               GfPromise **tasks,
                               gsize       n_tasks)
{
  for (gsize i = 0; i < n_tasks; i++)
    GF_EXECUTOR_GET_CLASS (self)->enqueue (self, tasks[i]);
}

/* Whether somebody is to be told when a task has returned. */
static gboolean
gf_executor_follows_tasks (GfExecutor *self)
{
  for (; self != NULL; self = get_private (self)->inner)
    if (get_private (self)->traits->task_left != NULL)
      return TRUE;

  return FALSE;
}

typedef struct
{
  GfPostFunc func;
  gpointer   data;
} GfPost;

static void
gf_executor_run_post (GfPromise *promise G_GNUC_UNUSED,
                      gpointer   data,
                      GError   **error G_GNUC_UNUSED)
{
  GfPost *post = data;

  post->func (post->data);
  g_free (post);
}

static gboolean
gf_executor_real_post (GfExecutor *self,
                       GfPostFunc  func,
                       gpointer    data)
{
  GfPromise *task;
  GfPost *post;

  if (!gf_executor_accept (self))
    return FALSE;

  post = g_new0 (GfPost, 1);
  post->func = func;
  post->data = data;
  task = gf_promise_new_task (G_PRIORITY_DEFAULT, gf_executor_run_post, post, NULL,
                              GF_STATE_COUNTED | GF_STATE_POST |
                              (gf_executor_follows_tasks (self) ? GF_STATE_LISTED : 0));
  task->executor = self;
  GF_EXECUTOR_GET_CLASS (self)->enqueue (self, task);

  return TRUE;
}

static void
gf_executor_real_stop (GfExecutor *self G_GNUC_UNUSED,
                       gboolean    cancel_futures G_GNUC_UNUSED)
{
}

static void
gf_executor_class_init (GfExecutorClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->dispose = gf_executor_dispose;
  object_class->finalize = gf_executor_finalize;
  object_class->get_property = gf_executor_get_property;
  object_class->set_property = gf_executor_set_property;

  klass->enqueue = gf_executor_real_enqueue;
  klass->enqueue_many = gf_executor_real_enqueue_many;
  klass->post = gf_executor_real_post;
  klass->stop = gf_executor_real_stop;

  /**
   * GfExecutor:max-workers:
   *
   * How many tasks run at a time at most. What 0 means is the executor's to say.
   *
   * Since: 1.0
   */
  props[PROP_MAX_WORKERS] =
    g_param_spec_uint ("max-workers", NULL, NULL, 0, G_MAXUINT, 0,
                       G_PARAM_READWRITE | G_PARAM_CONSTRUCT_ONLY | G_PARAM_STATIC_STRINGS);

  /**
   * GfExecutor:label:
   *
   * A name for people, in messages.
   *
   * Since: 1.0
   */
  props[PROP_LABEL] =
    g_param_spec_string ("label", NULL, NULL, NULL,
                         G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY);

  /**
   * GfExecutor:n-pending:
   *
   * How many accepted tasks have not begun. Not notified: it changes too often.
   *
   * Since: 1.0
   */
  props[PROP_N_PENDING] =
    g_param_spec_uint ("n-pending", NULL, NULL, 0, G_MAXUINT, 0,
                       G_PARAM_READABLE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY);

  /**
   * GfExecutor:n-running:
   *
   * How many tasks have begun and not returned, those that were cancelled
   * meanwhile included. Not notified: it changes too often.
   *
   * Since: 1.0
   */
  props[PROP_N_RUNNING] =
    g_param_spec_uint ("n-running", NULL, NULL, 0, G_MAXUINT, 0,
                       G_PARAM_READABLE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY);

  g_object_class_install_properties (object_class, N_PROPS, props);
}

static void
gf_executor_init (GfExecutor *self)
{
  GfExecutorPrivate *priv = get_private (self);

  priv->stripes = g_aligned_alloc0 (GF_EXECUTOR_N_STRIPES, sizeof (GfStripe), sizeof (GfStripe));
  priv->traits = &derived_traits;
  priv->home = gf_home_get_current ();
  priv->creator = gf_thread_get_creator (gf_thread_get ());
  g_mutex_init (&priv->lock);
  g_cond_init (&priv->cond);
}

/* ---- taking tasks; those that are made are in gf-executor-submit.c ---- */

/* In a program without a loop, what has been delivered piles up: now and then
 * the submitting thread takes care of it. */
static inline void
gf_executor_relieve_now_and_then (void)
{
  GfThread *thread = gf_thread_get ();

  if (G_UNLIKELY (++thread->n_submitted % 256 == 0) && thread->frame == NULL && thread->hooks == NULL)
    {
      g_autoptr (GfHome) home = gf_home_get_current ();

      gf_home_relieve (home);
    }
}

static void
gf_executor_refuse (GfPromise *task)
{
  gf_promise_reject_literal (task, GF_FUTURE_ERROR, GF_FUTURE_ERROR_SHUT_DOWN,
                             "The executor was shut down and takes no more tasks");
}

/* Puts it into the lists of those that it is a task of. */
static void
gf_executor_list (GfExecutor *self,
                  GfFuture   *future)
{
  if (gf_executor_follows_tasks (self))
    atomic_fetch_or_explicit (&future->state, GF_STATE_LISTED, memory_order_relaxed);

  for (; self != NULL; self = get_private (self)->inner)
    {
      GfFutureList *futures = atomic_load_explicit (&get_private (self)->futures, memory_order_acquire);

      if (G_UNLIKELY (futures != NULL))
        {
          atomic_fetch_or_explicit (&future->state, GF_STATE_LISTED, memory_order_relaxed);
          gf_future_list_append (futures, future);
        }
    }
}

static GfFuture *
gf_executor_take (GfExecutor   *self,
                  GfPromise    *task,
                  gboolean      part,
                  GCancellable *cancellable)
{
  GfFuture *future = (GfFuture *) task;

  if (G_UNLIKELY (!gf_executor_accept_if (self, part)))
    {
      gf_executor_refuse (task);
      return future;
    }

  gf_executor_relieve_now_and_then ();

  task->executor = self;
  atomic_store_explicit (&future->state,
                         atomic_load_explicit (&future->state, memory_order_relaxed) | GF_STATE_COUNTED,
                         memory_order_relaxed);
  gf_executor_list (self, future);
  if (GF_TRACING (GF_TRACE_RECORDS))
    gf_future_trace_submitted (future, self);

  if (cancellable != NULL)
    {
      gf_future_set_cancellable (future, cancellable);
      if (gf_future_is_done (future))
        return future;
    }

  g_object_ref (task);
  GF_EXECUTOR_GET_CLASS (self)->enqueue (self, task);

  return future;
}

GfFuture *
gf_executor_take_task (GfExecutor   *self,
                       GfPromise    *task,
                       GCancellable *cancellable)
{
  return gf_executor_take (self, task, FALSE, cancellable);
}

/* The same for a task whose future somebody has already, and may cancel at this
 * moment. The caller visits the executor, and keeps its reference to the task. */
void
gf_executor_take_shared (GfExecutor *self,
                         GfPromise  *task)
{
  GfFuture *future = (GfFuture *) task;
  guint state = gf_future_load_state (future);

  if (!gf_executor_accept (self))
    {
      gf_executor_refuse (task);
      return;
    }

  /* Release: who settles it, and sees that it counts, sees the executor. Who
   * does not see that, settles it before; then it does not count. */
  __atomic_store_n (&task->executor, self, __ATOMIC_RELAXED);
  do
    if ((state & GF_STATE_MASK) != GF_FUTURE_STATE_PENDING)
      {
        gf_executor_task_begun (self);
        gf_executor_task_returned (self);
        return;
      }
  while (!atomic_compare_exchange_weak_explicit (&future->state, &state,
                                                 state | GF_STATE_COUNTED | GF_STATE_LISTED,
                                                 memory_order_acq_rel, memory_order_acquire));

  gf_executor_list (self, future);
  if (GF_TRACING (GF_TRACE_RECORDS))
    gf_future_trace_submitted (future, self);
  /* It was taken out before it was in. */
  if (gf_future_is_done (future))
    for (GfExecutor *executor = self; executor != NULL; executor = get_private (executor)->inner)
      gf_executor_unlist (executor, future);

  gf_executor_forward (self, g_object_ref (task));
}

GfFuture *
gf_executor_take_part (GfExecutor *self,
                       GfPromise  *task)
{
  return gf_executor_take (self, task, TRUE, NULL);
}

/* ---- looking ---- */

/**
 * gf_executor_get_futures:
 * @self: an executor
 *
 * Gets a live list of the futures that were submitted since this was first
 * called and have not returned, for a list view. It belongs to the context of
 * the first caller, and changes there once a frame (16 ms) at most. Call it in
 * that context only.
 *
 * Returns: (transfer none): a list of #GfFuture
 *
 * Since: 1.0
 */
GListModel *
gf_executor_get_futures (GfExecutor *self)
{
  GfExecutorPrivate *priv;
  GfFutureList *futures;
  GfFutureList *made;

  g_return_val_if_fail (GF_IS_EXECUTOR (self), NULL);

  priv = get_private (self);
  futures = atomic_load_explicit (&priv->futures, memory_order_acquire);
  if (futures != NULL)
    return G_LIST_MODEL (futures);

  made = gf_future_list_new ();
  if (atomic_compare_exchange_strong_explicit (&priv->futures, &futures, made,
                                               memory_order_acq_rel, memory_order_acquire))
    return G_LIST_MODEL (made);

  g_object_unref (made);

  return G_LIST_MODEL (futures);
}

/**
 * gf_executor_get_max_workers:
 * @self: an executor
 *
 * Gets how many tasks run at a time at most. Any thread may ask.
 *
 * Returns: the number
 *
 * Since: 1.0
 */
guint
gf_executor_get_max_workers (GfExecutor *self)
{
  g_return_val_if_fail (GF_IS_EXECUTOR (self), 0);

  return g_atomic_int_get (&get_private (self)->max_workers);
}

static guint
gf_executor_difference (guint64 more,
                        guint64 less)
{
  /* The counts are read one after the other, while they change. */
  return more > less ? (guint) MIN (more - less, G_MAXUINT) : 0;
}

/**
 * gf_executor_get_n_pending:
 * @self: an executor
 *
 * Gets how many accepted tasks have not begun. Any thread may ask; what it gets
 * is no more than a snapshot.
 *
 * Returns: the number
 *
 * Since: 1.0
 */
guint
gf_executor_get_n_pending (GfExecutor *self)
{
  GfExecutorPrivate *priv;
  guint64 begun;

  g_return_val_if_fail (GF_IS_EXECUTOR (self), 0);

  priv = get_private (self);
  begun = gf_executor_sum (priv, G_STRUCT_OFFSET (GfStripe, begun));

  return gf_executor_difference (gf_executor_sum (priv, G_STRUCT_OFFSET (GfStripe, submitted)),
                                 begun);
}

/**
 * gf_executor_get_n_running:
 * @self: an executor
 *
 * Gets how many tasks have begun and not returned, those that were cancelled
 * meanwhile included. Any thread may ask; what it gets is no more than a
 * snapshot.
 *
 * Returns: the number
 *
 * Since: 1.0
 */
guint
gf_executor_get_n_running (GfExecutor *self)
{
  GfExecutorPrivate *priv;
  guint64 returned;

  g_return_val_if_fail (GF_IS_EXECUTOR (self), 0);

  priv = get_private (self);
  returned = gf_executor_sum (priv, G_STRUCT_OFFSET (GfStripe, returned));

  return gf_executor_difference (gf_executor_sum (priv, G_STRUCT_OFFSET (GfStripe, begun)),
                                 returned);
}

/**
 * gf_executor_get_label:
 * @self: an executor
 *
 * Gets the name of the executor. Call it in the thread that sets it.
 *
 * Returns: (transfer none) (nullable): the name
 *
 * Since: 1.0
 */
const char *
gf_executor_get_label (GfExecutor *self)
{
  g_return_val_if_fail (GF_IS_EXECUTOR (self), NULL);

  return get_private (self)->label;
}

/**
 * gf_executor_set_label:
 * @self: an executor
 * @label: (nullable): a name for people
 *
 * Names the executor, for messages. #GfExecutor:label is notified in the calling
 * thread.
 *
 * Since: 1.0
 */
void
gf_executor_set_label (GfExecutor *self,
                       const char *label)
{
  GfExecutorPrivate *priv;

  g_return_if_fail (GF_IS_EXECUTOR (self));

  priv = get_private (self);
  if (g_strcmp0 (priv->label, label) == 0)
    return;

  /* Who traces may ask for it on another thread. */
  g_mutex_lock (&priv->lock);
  g_free (priv->label);
  priv->label = g_strdup (label);
  g_mutex_unlock (&priv->lock);
  g_object_notify_by_pspec (G_OBJECT (self), props[PROP_LABEL]);
}

/* For people who trace: the label, or what tells it from others. Any thread may
 * ask. */
char *
gf_executor_dup_name (GfExecutor *self)
{
  GfExecutorPrivate *priv = get_private (self);
  static int last_number;
  char *name;

  g_mutex_lock (&priv->lock);
  if (priv->label != NULL)
    {
      g_autofree char *label = gf_trace_escape (priv->label, 40);

      name = g_strdup_printf ("“%s”", label);
    }
  else
    {
      if (priv->number == 0)
        priv->number = g_atomic_int_add (&last_number, 1) + 1;
      name = g_strdup_printf ("%s %u", G_OBJECT_TYPE_NAME (self), priv->number);
    }
  g_mutex_unlock (&priv->lock);

  return name;
}

/* gf-main-context-executor.c - runs tasks in a GMainContext
 *
 * The executor keeps its tasks itself, by priority, and sends one errand a task
 * to the context: "run what is first now".
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "gf-main-context-executor.h"

#include "../loop/gf-thread-private.h"
#include "gf-executor-private.h"

/**
 * SECTION:gf-main-context-executor
 * @title: GfMainContextExecutor
 * @short_description: runs tasks in a main context
 *
 * A #GfMainContextExecutor runs its tasks, one at a time and in order of
 * priority, in the thread that runs a #GMainContext: for what only that thread
 * may do, like touching widgets, or functions written in JavaScript. Its tasks
 * share the time budget of the library's deliveries, so that many short ones do
 * not freeze the interface; one long one does.
 *
 * The executor does not keep the context alive. When it dies, the tasks that
 * have not begun are cancelled.
 */

/**
 * GfMainContextExecutor:
 *
 * An executor that runs tasks in a main context.
 *
 * Since: 1.0
 */
struct _GfMainContextExecutor
{
  GfExecutor parent_instance;

  GfHome    *context_home;
  guint      creator;
  GMutex     lock;
  GQueue     tasks; /* by priority, then by age */
  gboolean   cancelling;
};

G_DEFINE_FINAL_TYPE (GfMainContextExecutor, gf_main_context_executor, GF_TYPE_EXECUTOR)

typedef struct
{
  GfHomeItem item;
  GfMainContextExecutor *executor;
} GfErrand;

static GfPromise *
gf_main_context_executor_pop (GfMainContextExecutor *self)
{
  GfPromise *task;

  g_mutex_lock (&self->lock);
  task = g_queue_pop_head (&self->tasks);
  g_mutex_unlock (&self->lock);

  return task;
}

/* The context is gone: only posted functions cannot be cancelled. */
static void
gf_main_context_executor_drop_one (GfMainContextExecutor *self)
{
  GfPromise *task = gf_main_context_executor_pop (self);

  if (task == NULL)
    return;

  if (!gf_promise_cancel_pending (task))
    gf_promise_run (task);
  g_object_unref (task);
}

static gboolean
gf_errand_run (GfHomeItem *item,
               GfHomePhase phase)
{
  GfErrand *errand = (GfErrand *) item;
  GfPromise *task;

  if (phase == GF_HOME_RELIEVE)
    return FALSE;

  if (phase == GF_HOME_DROP)
    gf_main_context_executor_drop_one (errand->executor);
  else if ((task = gf_main_context_executor_pop (errand->executor)) != NULL)
    gf_promise_run_and_drop (task);

  g_object_unref (errand->executor);
  g_free (errand);

  return TRUE;
}

static int
compare_priorities (gconstpointer a,
                    gconstpointer b,
                    gpointer      data G_GNUC_UNUSED)
{
  int x = ((const GfFuture *) a)->priority;
  int y = ((const GfFuture *) b)->priority;

  /* A new one goes behind its equals. */
  return x <= y ? -1 : 1;
}

static void
gf_main_context_executor_enqueue (GfExecutor *executor,
                                  GfPromise  *task)
{
  GfMainContextExecutor *self = GF_MAIN_CONTEXT_EXECUTOR (executor);
  GfFuture *last;
  GfErrand *errand;
  gboolean cancelling;

  g_mutex_lock (&self->lock);
  cancelling = self->cancelling && !(gf_future_load_state ((GfFuture *) task) & GF_STATE_POST);
  last = g_queue_peek_tail (&self->tasks);
  if (cancelling)
    ;
  else if (last == NULL || last->priority <= ((GfFuture *) task)->priority)
    g_queue_push_tail (&self->tasks, task);
  else
    g_queue_insert_sorted (&self->tasks, task, compare_priorities, NULL);
  g_mutex_unlock (&self->lock);

  if (cancelling)
    {
      gf_promise_cancel_pending (task);
      g_object_unref (task);
      return;
    }

  errand = g_new0 (GfErrand, 1);
  errand->item.func = gf_errand_run;
  errand->executor = g_object_ref (self);
  gf_home_push (self->context_home, &errand->item);
}

static void
gf_main_context_executor_stop (GfExecutor *executor,
                               gboolean    cancel_futures)
{
  GfMainContextExecutor *self = GF_MAIN_CONTEXT_EXECUTOR (executor);
  GQueue tasks = G_QUEUE_INIT;
  GfPromise *task;

  if (!cancel_futures)
    return;

  g_mutex_lock (&self->lock);
  self->cancelling = TRUE;
  tasks = self->tasks;
  g_queue_init (&self->tasks);
  g_mutex_unlock (&self->lock);

  while ((task = g_queue_pop_head (&tasks)) != NULL)
    {
      if (gf_promise_cancel_pending (task) || gf_future_is_done (GF_FUTURE (task)))
        g_object_unref (task);
      else
        {
          g_mutex_lock (&self->lock);
          g_queue_push_tail (&self->tasks, task);
          g_mutex_unlock (&self->lock);
        }
    }
}

/* Who waits for its own context's tasks runs them. */
static void
gf_main_context_executor_before_wait (GfExecutor *executor)
{
  GfMainContextExecutor *self = GF_MAIN_CONTEXT_EXECUTOR (executor);
  GfThread *thread = gf_thread_get ();
  GfPromise *task;

  if (thread->hooks != NULL || gf_home_is_gone (self->context_home) ||
      !gf_home_enter (self->context_home, self->creator))
    return;

  while ((task = gf_main_context_executor_pop (self)) != NULL)
    gf_promise_run_and_drop (task);

  gf_home_leave (self->context_home);
}

static GfHome *
gf_main_context_executor_get_task_home (GfExecutor *executor)
{
  return gf_home_ref (GF_MAIN_CONTEXT_EXECUTOR (executor)->context_home);
}

static void
gf_main_context_executor_finalize (GObject *object)
{
  GfMainContextExecutor *self = GF_MAIN_CONTEXT_EXECUTOR (object);

  g_mutex_clear (&self->lock);
  g_clear_pointer (&self->context_home, gf_home_unref);

  G_OBJECT_CLASS (gf_main_context_executor_parent_class)->finalize (object);
}

static void
gf_main_context_executor_class_init (GfMainContextExecutorClass *klass)
{
  GfExecutorClass *executor_class = GF_EXECUTOR_CLASS (klass);

  G_OBJECT_CLASS (klass)->finalize = gf_main_context_executor_finalize;

  executor_class->enqueue = gf_main_context_executor_enqueue;
  executor_class->stop = gf_main_context_executor_stop;
}

static void
gf_main_context_executor_init (GfMainContextExecutor *self)
{
  static const GfExecutorTraits traits = {
    .before_wait = gf_main_context_executor_before_wait,
    .get_task_home = gf_main_context_executor_get_task_home,
  };

  gf_executor_set_traits (GF_EXECUTOR (self), &traits);
  self->context_home = gf_home_get_for_context (g_main_context_get_thread_default ());
  self->creator = gf_thread_get_creator (gf_thread_get ());
  g_mutex_init (&self->lock);
  g_queue_init (&self->tasks);
}

/**
 * gf_main_context_executor_new:
 * @context: (nullable): a main context, or %NULL for the caller's thread-default
 *   one
 *
 * Creates an executor that runs its tasks in @context. It may be used from any
 * thread.
 *
 * Returns: (transfer full): a new executor
 *
 * Since: 1.0
 */
GfExecutor *
gf_main_context_executor_new (GMainContext *context)
{
  GfMainContextExecutor *self = g_object_new (GF_TYPE_MAIN_CONTEXT_EXECUTOR, "max-workers", 1, NULL);

  if (context != NULL)
    {
      gf_home_unref (self->context_home);
      self->context_home = gf_home_get_for_context (context);
    }

  return GF_EXECUTOR (self);
}

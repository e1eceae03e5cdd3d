/* gf-executor-forward.c - giving a task on to another executor
 *
 * An executor over another one has no tasks of its own: the very task that it was
 * given is the inner one's too, and counts in both (gf_executor_set_inner()). So
 * its state, progress and cancelling need no forwarding; what is left is to hand
 * it over on a thread where that may be done.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "gf-executor-forward-private.h"

#include "../future/gf-error.h"
#include "../loop/gf-completion-private.h"
#include "../loop/gf-thread-private.h"
#include "../threads/gf-thread-pool-executor.h"

/* Tasks of @self are run by @inner, and count there too; NULL: by the default
 * thread pool. */
void
gf_executor_set_inner (GfExecutor *self,
                       GfExecutor *inner)
{
  if (inner == NULL)
    inner = gf_thread_pool_executor_get_default ();

  gf_executor_get_private (self)->inner = g_object_ref (inner);
}

typedef struct
{
  GfExecutor *executor; /* visited */
  GfPromise  *task;
} GfForward;

static void
gf_forward_run_posted (gpointer task)
{
  gf_promise_run_and_drop (task);
}

static void
gf_forward_run_elsewhere (gpointer task,
                          gpointer data G_GNUC_UNUSED)
{
  gf_promise_run_and_drop (task);
}

/* Who posted it was told that it will run. */
static void
gf_executor_forward_post (GfExecutor *self,
                          GfPromise  *task)
{
  if (GF_EXECUTOR_GET_CLASS (self)->post (self, gf_forward_run_posted, task))
    return;

  if (gf_thread_get ()->is_shared)
    gf_completion_push (gf_forward_run_elsewhere, task);
  else
    gf_promise_run_and_drop (task);
}

static void
gf_executor_forward_here (GfExecutor *self,
                          GfPromise  *task)
{
  GfExecutorPrivate *priv = gf_executor_get_private (self);
  gboolean stopped = FALSE;

  if (gf_future_load_state ((GfFuture *) task) & GF_STATE_POST)
    {
      gf_executor_forward_post (self, task);
      return;
    }

  /* One that an application derives does not expect tasks any more. */
  if (gf_executor_is_derived (self))
    {
      g_mutex_lock (&priv->lock);
      stopped = priv->shut_down;
      g_mutex_unlock (&priv->lock);
    }

  if (g_atomic_int_get (&priv->cancelling))
    gf_promise_cancel_pending (task);
  else if (stopped)
    gf_promise_reject_literal (task, GF_FUTURE_ERROR, GF_FUTURE_ERROR_SHUT_DOWN,
                               "The executor was shut down and takes no more tasks");
  else
    {
      GF_EXECUTOR_GET_CLASS (self)->enqueue (self, task);
      return;
    }

  g_object_unref (task);
}

static void
gf_forward_complete (gpointer data,
                     gpointer user_data G_GNUC_UNUSED)
{
  GfForward forward = *(GfForward *) data;

  g_free (data);
  gf_executor_forward_here (forward.executor, forward.task);
  gf_executor_end_visit (forward.executor);
}

/* Enqueues @task, which is taken, and counts in @self already. A thread that
 * serves everybody does not give it to an executor that may run it at once, or
 * has functions of the application's to call. */
void
gf_executor_forward (GfExecutor *self,
                     GfPromise  *task)
{
  const GfExecutorTraits *traits = gf_executor_get_private (self)->traits;
  GfForward *forward;

  if (!gf_thread_get ()->is_shared || !(traits->is_inline || gf_executor_is_derived (self)))
    {
      gf_executor_forward_here (self, task);
      return;
    }

  forward = g_new (GfForward, 1);
  forward->executor = self;
  gf_executor_begin_visit (self);
  forward->task = task;
  gf_completion_push (gf_forward_complete, forward);
}

/* Whether a task that runs in this thread is one of @executor, which is known to
 * live then. */
static gboolean
gf_executor_is_above (GfExecutor *executor)
{
  for (GfFrame *frame = gf_thread_get ()->frame; frame != NULL; frame = frame->outer)
    for (GfExecutor *above = frame->promise->executor; above != NULL; above = gf_executor_get_inner (above))
      if (above == executor)
        return TRUE;

  return FALSE;
}

/* For a worker of @self, a pool, that waits for @task: may it run it itself? If
 * it is a task of an executor over the pool, only if a task of that one waits:
 * of others nobody knows whether they still live, when the task may be settled at
 * any moment. */
gboolean
gf_executor_may_help (GfExecutor *self,
                      GfPromise  *task)
{
  GfExecutor *executor;

  /* Acquire: partner of gf_executor_take_shared(). */
  if (!(gf_future_load_state ((GfFuture *) task) & GF_STATE_COUNTED))
    return FALSE;

  executor = __atomic_load_n (&task->executor, __ATOMIC_RELAXED);
  if (executor == self)
    return TRUE;
  if (!gf_executor_is_above (executor))
    return FALSE;

  for (; executor != NULL && executor != self; executor = gf_executor_get_inner (executor))
    {
      const GfExecutorTraits *traits = gf_executor_get_private (executor)->traits;

      if (traits->may_help != NULL && !traits->may_help (executor, task))
        return FALSE;
    }

  return executor != NULL;
}

/* gf-executor-shutdown.c - the end of executors
 *
 * An executor that was shut down takes no more tasks; it is finished when the
 * last one has returned, and closed when what ran them is gone, too.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "gf-executor-private.h"

#include "../loop/gf-thread-private.h"

/* Those who wait for the shutdown need not wait longer. */
void
gf_executor_closed (GfExecutor *self)
{
  GfExecutorPrivate *priv = gf_executor_get_private (self);
  GSList *waiting;
  gboolean has_itself;

  g_object_ref (self);

  g_mutex_lock (&priv->lock);
  priv->closed = TRUE;
  g_cond_broadcast (&priv->cond);
  waiting = g_steal_pointer (&priv->waiting);
  has_itself = priv->has_itself && priv->n_visitors == 0;
  if (has_itself)
    priv->has_itself = FALSE;
  g_mutex_unlock (&priv->lock);

  waiting = g_slist_reverse (waiting);
  for (GSList *l = waiting; l != NULL; l = l->next)
    g_task_return_boolean (l->data, TRUE);
  g_slist_free_full (waiting, g_object_unref);

  if (has_itself)
    g_object_unref (self);
  g_object_unref (self);
}

/* For dispose(): whether it has to live on, though nobody has a reference. */
gboolean
gf_executor_stay (GfExecutor *self)
{
  GfExecutorPrivate *priv = gf_executor_get_private (self);
  gboolean stays;

  g_mutex_lock (&priv->lock);
  stays = priv->n_visitors > 0 || (priv->traits->outlives_references && !priv->closed);
  if (stays && !priv->has_itself)
    {
      priv->has_itself = TRUE;
      g_object_ref (self);
    }
  g_mutex_unlock (&priv->lock);

  return stays;
}

/* For who knows that the executor lives at this moment, and wants it to till
 * gf_executor_end_visit(): not by a reference, for to take one may run code of a
 * language's binding. */
void
gf_executor_begin_visit (GfExecutor *self)
{
  GfExecutorPrivate *priv = gf_executor_get_private (self);

  g_mutex_lock (&priv->lock);
  priv->n_visitors++;
  g_mutex_unlock (&priv->lock);
}

void
gf_executor_end_visit (GfExecutor *self)
{
  GfExecutorPrivate *priv = gf_executor_get_private (self);
  gboolean has_itself;

  g_mutex_lock (&priv->lock);
  priv->n_visitors--;
  has_itself = priv->has_itself && priv->n_visitors == 0 && priv->closed;
  if (has_itself)
    priv->has_itself = FALSE;
  g_mutex_unlock (&priv->lock);

  if (has_itself)
    g_object_unref (self);
}

/* It is shut down, and the last task has returned. */
void
gf_executor_finish (GfExecutor *self)
{
  const GfExecutorTraits *traits = gf_executor_get_private (self)->traits;

  if (traits->finished != NULL)
    traits->finished (self);
  if (!traits->closes_later)
    gf_executor_closed (self);
}

/* Takes no more tasks. */
void
gf_executor_close (GfExecutor *self,
                   gboolean    cancel_futures)
{
  GfExecutorPrivate *priv = gf_executor_get_private (self);
  gboolean first;
  gboolean finished;

  g_mutex_lock (&priv->lock);
  first = !priv->shut_down;
  priv->shut_down = TRUE;
  if (first)
    for (guint i = 0; i < GF_EXECUTOR_N_STRIPES; i++)
      {
        atomic_fetch_or_explicit (&priv->stripes[i].submitted, GF_EXECUTOR_CLOSED, memory_order_acq_rel);
        atomic_fetch_or_explicit (&priv->stripes[i].returned, GF_EXECUTOR_CLOSED, memory_order_acq_rel);
      }
  g_mutex_unlock (&priv->lock);

  if (cancel_futures)
    g_atomic_int_set (&priv->cancelling, TRUE);
  if (first)
    gf_executor_fail_timed (self);
  if (first || cancel_futures)
    GF_EXECUTOR_GET_CLASS (self)->stop (self, cancel_futures);

  if (!first)
    return;

  g_mutex_lock (&priv->lock);
  finished = gf_executor_check_finished (priv);
  g_mutex_unlock (&priv->lock);

  if (finished)
    gf_executor_finish (self);
}

/* @begin: when the wait began, which is over now; 0: it begins, at the time that
 * this returns. */
static gint64
gf_executor_trace_shutdown (GfExecutor *self,
                            gint64      begin)
{
  g_autofree char *name = gf_executor_dup_name (self);
  gint64 now = g_get_monotonic_time ();

  if (begin == 0)
    gf_trace (GF_TRACE_WAITS, "%s till %s is shut down: %u tasks run, %u have not begun",
              gf_trace_blocks_loop () ? "this thread’s main loop stands still" : "this thread blocks", name,
              gf_executor_get_n_running (self), gf_executor_get_n_pending (self));
  else
    {
      gf_trace (GF_TRACE_WAITS, "goes on after %s, %s is shut down", GF_TRACE_US (now - begin), name);
      if (GF_TRACING (GF_TRACE_MARKS))
        gf_trace_mark (begin, "blocked", name);
    }

  return now;
}

/**
 * gf_executor_shutdown:
 * @self: an executor
 * @wait: whether to block until the last task has returned
 * @cancel_futures: whether to cancel the tasks that have not begun
 *
 * Takes no more tasks: from now on gf_executor_submit() returns a failed future.
 * What was accepted still runs, unless it is cancelled; what
 * gf_executor_submit_delayed() was given and is not due yet fails. A second call may cancel
 * or wait where the first did not. The default thread pool and the inline
 * executor are the process's: shutting them down is a programming error.
 *
 * @wait counts functions that have not returned, not futures that are not
 * settled; and, of a process pool, workers that have not ended, or whose sockets and
 * pipes are still open. In a program without a main loop it also releases the data of
 * this thread's tasks. Called inside a task of this executor, it does not wait.
 *
 * Dropping the last reference does the same without waiting and cancelling.
 *
 * Any thread may call this.
 *
 * Since: 1.0
 */
void
gf_executor_shutdown (GfExecutor *self,
                      gboolean    wait,
                      gboolean    cancel_futures)
{
  GfThread *thread = gf_thread_get ();
  GfExecutorPrivate *priv;
  gint64 begin = 0;

  g_return_if_fail (GF_IS_EXECUTOR (self));
  g_return_if_fail (!gf_executor_get_private (self)->permanent);

  priv = gf_executor_get_private (self);
  gf_executor_close (self, cancel_futures);

  if (!wait)
    return;

  if (gf_executor_runs_caller (self))
    {
      g_critical ("gf_executor_shutdown() was called inside a task of that executor, "
                  "and cannot wait for it");
      return;
    }

  for (GfExecutor *executor = self; executor != NULL; executor = gf_executor_get_inner (executor))
    {
      const GfExecutorTraits *traits = gf_executor_get_private (executor)->traits;

      if (traits->before_wait != NULL)
        traits->before_wait (executor);
    }

  if (GF_TRACING (GF_TRACE_WAITS | GF_TRACE_MARKS))
    begin = gf_executor_trace_shutdown (self, 0);
  if (thread->hooks != NULL)
    thread->hooks->block (thread->worker, NULL);

  g_mutex_lock (&priv->lock);
  while (!priv->closed)
    g_cond_wait (&priv->cond, &priv->lock);
  g_mutex_unlock (&priv->lock);

  if (G_UNLIKELY (begin != 0))
    gf_executor_trace_shutdown (self, begin);

  if (thread->hooks != NULL)
    thread->hooks->unblock (thread->worker);
  else
    {
      g_autoptr (GfHome) home = gf_home_get_current ();

      gf_home_relieve (home);
    }
}

static void
gf_executor_shutdown_cancelled_cb (GCancellable *cancellable G_GNUC_UNUSED,
                                   GTask        *task)
{
  GfExecutorPrivate *priv = gf_executor_get_private (g_task_get_source_object (task));
  GSList *link;

  g_mutex_lock (&priv->lock);
  link = g_slist_find (priv->waiting, task);
  if (link != NULL)
    priv->waiting = g_slist_remove_link (priv->waiting, link);
  g_mutex_unlock (&priv->lock);

  /* Else it is being returned. */
  if (link == NULL)
    return;

  g_task_return_error_if_cancelled (task);
  g_slist_free_full (link, g_object_unref);
}

/**
 * gf_executor_shutdown_async:
 * @self: an executor
 * @cancel_futures: whether to cancel the tasks that have not begun
 * @cancellable: (nullable): a cancellable that ends the waiting; the executor
 *   stays shut down
 * @callback: (scope async) (closure user_data) (nullable): called when the last
 *   task has returned
 * @user_data: data for @callback
 *
 * Shuts the executor down, see gf_executor_shutdown(), and waits without
 * blocking. @callback runs in the thread-default context of the caller.
 *
 * Since: 1.0
 */
void
gf_executor_shutdown_async (GfExecutor         *self,
                            gboolean            cancel_futures,
                            GCancellable       *cancellable,
                            GAsyncReadyCallback callback,
                            gpointer            user_data)
{
  g_autoptr (GTask) task = NULL;
  GfExecutorPrivate *priv;
  gboolean closed;

  g_return_if_fail (GF_IS_EXECUTOR (self));
  g_return_if_fail (!gf_executor_get_private (self)->permanent);
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  priv = gf_executor_get_private (self);
  task = g_task_new (self, cancellable, callback, user_data);
  g_task_set_source_tag (task, gf_executor_shutdown_async);

  gf_executor_close (self, cancel_futures);

  g_mutex_lock (&priv->lock);
  closed = priv->closed;
  if (!closed)
    priv->waiting = g_slist_prepend (priv->waiting, g_object_ref (task));
  g_mutex_unlock (&priv->lock);

  if (closed)
    g_task_return_boolean (task, TRUE);
  else if (cancellable != NULL)
    {
      g_signal_connect_object (cancellable, "cancelled",
                               G_CALLBACK (gf_executor_shutdown_cancelled_cb), task, 0);
      if (g_cancellable_is_cancelled (cancellable))
        gf_executor_shutdown_cancelled_cb (cancellable, task);
    }
}

/**
 * gf_executor_shutdown_finish:
 * @self: an executor
 * @result: what the callback was given
 * @error: return location for an error
 *
 * Ends gf_executor_shutdown_async().
 *
 * Returns: %TRUE if the last task has returned; %FALSE with @error set to
 *   %G_IO_ERROR_CANCELLED if the waiting was cancelled
 *
 * Since: 1.0
 */
gboolean
gf_executor_shutdown_finish (GfExecutor   *self,
                             GAsyncResult *result,
                             GError      **error)
{
  g_return_val_if_fail (GF_IS_EXECUTOR (self), FALSE);
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);
  g_return_val_if_fail (g_async_result_is_tagged (result, gf_executor_shutdown_async), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}


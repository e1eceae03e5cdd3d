/* gf-executor-time.c - tasks that are due later, and again and again
 *
 * They wait in the executor's list, each with a timer. A task becomes one of the
 * executor when it is due; of a series, each run is one. All runs of a series are
 * given the promise of the series.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "gf-executor-private.h"

#include "../future/gf-error.h"
#include "../loop/gf-completion-private.h"
#include "../loop/gf-thread-private.h"

typedef struct
{
  GList       link;      /* in the executor's list */
  int         ref_count;
  GfPromise  *promise;   /* what the caller got */
  gint64      interval;  /* 0: it is no series */

  /* With the lock held. */
  GfExecutor *executor;  /* while it is in the list: else NULL */
  gboolean    over;      /* the promise is settled */
  GfTimer    *timer;
  gint64      due;
  GfPromise  *run;       /* of a series, a reference, while it is queued */
  gboolean    running;
} GfTimed;

/* One for all of them; before those of executors and timers. */
static GMutex timed_lock;

static void
gf_timed_unref (gpointer data)
{
  GfTimed *self = data;

  if (!g_atomic_int_dec_and_test (&self->ref_count))
    return;

  g_object_unref (self->promise);
  g_free (self);
}

static GfTimed *
gf_timed_ref (GfTimed *self)
{
  g_atomic_int_inc (&self->ref_count);

  return self;
}

static gint64
add_time (gint64 time,
          gint64 interval)
{
  return interval < G_MAXINT64 - time ? time + interval : G_MAXINT64;
}

/* With the lock held. TRUE: the caller has the list's reference now. */
static gboolean
gf_timed_unlink (GfTimed *self)
{
  if (self->executor == NULL)
    return FALSE;

  g_queue_unlink (&gf_executor_get_private (self->executor)->timed, &self->link);
  self->executor = NULL;

  return TRUE;
}

/* The executor, if it was not shut down, visited: a reference may not be taken with
 * the lock held. */
static GfExecutor *
gf_timed_visit (GfTimed *self)
{
  GfExecutor *executor;

  g_mutex_lock (&timed_lock);
  executor = self->executor;
  if (executor != NULL)
    gf_executor_begin_visit (executor);
  g_mutex_unlock (&timed_lock);

  return executor;
}

static void
gf_timed_start_timer (GfTimed    *self,
                      GfTimerFunc func)
{
  GfTimer *old = NULL;

  /* Under the lock, for it may be over, and have started the next one, at once. */
  g_mutex_lock (&timed_lock);
  if (!self->over)
    {
      old = self->timer;
      self->timer = gf_timer_start (self->due, func, gf_timed_ref (self), gf_timed_unref);
    }
  g_mutex_unlock (&timed_lock);

  if (old != NULL)
    gf_timer_stop (old);
}

static void
gf_timed_settled (GfFuture *future,
                  gpointer  data)
{
  GfTimed *self = data;
  GfPromise *run;
  GfTimer *timer;
  gboolean listed;
  gboolean running;

  g_mutex_lock (&timed_lock);
  self->over = TRUE;
  listed = gf_timed_unlink (self);
  timer = g_steal_pointer (&self->timer);
  run = g_steal_pointer (&self->run);
  running = self->running;
  g_mutex_unlock (&timed_lock);

  if (timer != NULL)
    gf_timer_stop (timer);
  if (run != NULL)
    {
      gf_promise_cancel_pending (run);
      g_object_unref (run);
    }
  /* The data may go; if a run is under way, when that has returned. */
  if (self->interval > 0 && !running && (gf_future_load_state (future) & GF_STATE_BEGUN))
    gf_future_return (future, FALSE);

  if (listed)
    gf_timed_unref (self);
  gf_timed_unref (self);
}

static void
gf_timed_fail (GfPromise *promise)
{
  gf_promise_reject_literal (promise, GF_FUTURE_ERROR, GF_FUTURE_ERROR_SHUT_DOWN,
                             "The executor was shut down before the task was due");
}

/* Puts @task into the executor's list, and starts its timer. */
static GfFuture *
gf_executor_take_timed (GfExecutor *self,
                        GfPromise  *task,
                        gint64      delay,
                        gint64      interval,
                        GfTimerFunc func)
{
  GfExecutorPrivate *priv = gf_executor_get_private (self);
  GfTimed *timed;
  gboolean failed;

  if (gf_future_is_done (GF_FUTURE (task)))
    return GF_FUTURE (task);

  timed = g_new0 (GfTimed, 1);
  timed->link.data = timed;
  timed->ref_count = 1;
  timed->promise = g_object_ref (task);
  timed->due = add_time (g_get_monotonic_time (), delay);
  timed->interval = interval;

  g_mutex_lock (&timed_lock);
  failed = priv->timed_failed;
  if (!failed)
    {
      timed->executor = self;
      g_queue_push_tail_link (&priv->timed, &gf_timed_ref (timed)->link);
    }
  g_mutex_unlock (&timed_lock);

  if (failed)
    {
      gf_timed_fail (task);
      gf_timed_unref (timed);
      return GF_FUTURE (task);
    }

  gf_timed_start_timer (timed, func);
  gf_future_observe (GF_FUTURE (task), gf_timed_settled, timed);

  return GF_FUTURE (task);
}

/* The executor was shut down. */
void
gf_executor_fail_timed (GfExecutor *self)
{
  GfExecutorPrivate *priv = gf_executor_get_private (self);
  g_autoptr (GPtrArray) failed = g_ptr_array_new_with_free_func (gf_timed_unref);

  g_mutex_lock (&timed_lock);
  priv->timed_failed = TRUE;
  while (priv->timed.head != NULL)
    {
      GfTimed *timed = priv->timed.head->data;

      gf_timed_unlink (timed);
      g_ptr_array_add (failed, timed);
    }
  g_mutex_unlock (&timed_lock);

  for (guint i = 0; i < failed->len; i++)
    gf_timed_fail (((GfTimed *) failed->pdata[i])->promise);
}

/* ---- later ---- */

/* On the timer thread. */
static void
gf_timed_due (gpointer data)
{
  GfTimed *self = data;
  GfExecutor *executor = gf_timed_visit (self);
  gboolean listed;

  if (executor == NULL)
    return;

  g_mutex_lock (&timed_lock);
  listed = gf_timed_unlink (self);
  g_mutex_unlock (&timed_lock);

  /* Else it was settled, or the executor shut down, in between. */
  if (listed)
    {
      gf_executor_take_shared (executor, self->promise);
      gf_timed_unref (self);
    }
  gf_executor_end_visit (executor);
}

/**
 * gf_executor_submit_delayed:
 * @self: an executor
 * @delay_us: when to run it, in microseconds from now; at least 0
 * @func: (scope notified) (closure user_data) (destroy destroy): the task
 * @user_data: data for @func
 * @destroy: (nullable): how to release @user_data
 *
 * Gives the executor a task when @delay_us is over, as by gf_executor_submit().
 * Until then it does not count as one of its tasks: it is not waited for by
 * gf_executor_shutdown(), and fails at once when the executor is shut down, which
 * dropping the last reference does, too. Cancelled before, it never runs.
 *
 * The call does not block and may be made from any thread. It does not keep the
 * executor alive.
 *
 * Returns: (transfer full): the future of the task; it fails with
 *   %GF_FUTURE_ERROR_SHUT_DOWN if the executor is shut down before it is due
 *
 * Since: 1.0
 */
GfFuture *
gf_executor_submit_delayed (GfExecutor    *self,
                            gint64         delay_us,
                            GfTaskFunc     func,
                            gpointer       user_data,
                            GDestroyNotify destroy)
{
  GfPromise *task;

  g_return_val_if_fail (GF_IS_EXECUTOR (self), NULL);
  g_return_val_if_fail (delay_us >= 0, NULL);
  g_return_val_if_fail (func != NULL, NULL);

  task = gf_executor_new_task (self, G_PRIORITY_DEFAULT, func, user_data, destroy);

  return gf_executor_take_timed (self, task, delay_us, 0, gf_timed_due);
}

/* ---- again and again ---- */

static void gf_series_due (gpointer data);

/* At the next time that is not past. */
static void
gf_series_go_on (GfTimed *self)
{
  gint64 now = g_get_monotonic_time ();

  self->due = add_time (self->due, self->interval);
  if (self->due <= now)
    self->due = add_time (self->due, ((now - self->due) / self->interval + 1) * self->interval);

  gf_timed_start_timer (self, gf_series_due);
}

static void
gf_series_cancel (gpointer data,
                  gpointer user_data G_GNUC_UNUSED)
{
  GfPromise *promise = data;

  /* If the executor was shut down, the series has failed; it is to hear of this
   * all the same. */
  g_cancellable_cancel (gf_promise_get_cancellable (promise));
  gf_future_cancel (GF_FUTURE (promise));
  g_object_unref (promise);
}

static void
gf_series_run_settled (GfFuture *run,
                       gpointer  data)
{
  GfTimed *self = data;
  guint state = gf_future_load_state (run);
  const GError *error = gf_future_get_error (run);
  GfPromise *queued = NULL;

  g_mutex_lock (&timed_lock);
  if ((gpointer) self->run == run)
    queued = g_steal_pointer (&self->run);
  g_mutex_unlock (&timed_lock);

  if (gf_future_is_cancelled (run))
    {
      if (!gf_future_is_cancelled (GF_FUTURE (self->promise)))
        {
          g_object_ref (self->promise);
          if (gf_thread_get ()->is_shared)
            gf_completion_push (gf_series_cancel, self->promise);
          else
            gf_series_cancel (self->promise, NULL);
        }
    }
  else if (!(state & GF_STATE_BEGUN))
    {
      /* One that a limited executor has no room for is one that is missed. */
      if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK))
        gf_series_go_on (self);
      else if (error != NULL)
        gf_promise_reject (self->promise, g_error_copy (error));
    }

  /* If it has begun, gf_series_run() lets go of it. */
  if (!(state & GF_STATE_BEGUN))
    gf_timed_unref (self);
  g_clear_object (&queued);
  gf_timed_unref (self);
}

/* The series is running from its first run on. FALSE: it is over. */
static gboolean
gf_series_begin (GfFuture *future)
{
  guint state = gf_future_load_state (future);

  do
    if (gf_state_is_settled (state))
      return FALSE;
  while (!(state & GF_STATE_BEGUN) &&
         !atomic_compare_exchange_weak_explicit (&future->state, &state,
                                                 state | GF_FUTURE_STATE_RUNNING | GF_STATE_BEGUN,
                                                 memory_order_acq_rel, memory_order_acquire));

  if (!(state & GF_STATE_BEGUN))
    gf_future_begun (future, TRUE);

  return TRUE;
}

/* Calls the function as a task of the promise of the series. */
static void
gf_series_call (GfPromise *promise,
                GError   **error)
{
  GfFuture *future = (GfFuture *) promise;
  GfThread *thread = gf_thread_get ();
  GfFrame frame;

  if ((gf_future_load_state (future) & GF_STATE_BOUND) && thread->id != future->creator)
    {
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED,
                           "A JavaScript function cannot run on another thread: use a main context’s executor");
      return;
    }

  frame = (GfFrame) { .promise = promise, .home = gf_home_ref (future->home),
                      .creator = future->creator, .outer = thread->frame };
  thread->frame = &frame;
  thread->n_frames++;

  promise->what.func (promise, promise->data, error);

  thread->n_frames--;
  thread->frame = frame.outer;
  gf_home_unref (frame.home);
}

static void
gf_series_run (GfPromise *run G_GNUC_UNUSED,
               gpointer   data,
               GError   **error)
{
  GfTimed *self = data;
  GfPromise *promise = self->promise;
  GfPromise *queued;
  gboolean begun = gf_series_begin (GF_FUTURE (promise));
  gboolean over;

  g_mutex_lock (&timed_lock);
  queued = g_steal_pointer (&self->run);
  self->running = begun && !self->over;
  over = !self->running;
  g_mutex_unlock (&timed_lock);
  g_clear_object (&queued);

  if (!over)
    {
      gf_series_call (promise, error);
      /* This run fails, too: it is the one that its executor knows. */
      if (*error != NULL)
        gf_promise_reject (promise, g_error_copy (*error));

      g_mutex_lock (&timed_lock);
      self->running = FALSE;
      over = self->over;
      g_mutex_unlock (&timed_lock);

      if (over)
        gf_future_return (GF_FUTURE (promise), FALSE);
      else
        gf_series_go_on (self);
    }

  gf_timed_unref (self);
}

/* On the timer thread. */
static void
gf_series_due (gpointer data)
{
  GfTimed *self = data;
  GfExecutor *executor = gf_timed_visit (self);
  GfFuture *promise = GF_FUTURE (self->promise);
  GfPromise *run;
  gboolean over;

  if (executor == NULL)
    return;

  run = gf_promise_new_task (G_PRIORITY_DEFAULT, gf_series_run, gf_timed_ref (self), NULL, 0);
  gf_home_unref (GF_FUTURE (run)->home);
  GF_FUTURE (run)->home = gf_home_ref (promise->home);
  GF_FUTURE (run)->creator = promise->creator;
  gf_future_observe (GF_FUTURE (run), gf_series_run_settled, gf_timed_ref (self));

  g_mutex_lock (&timed_lock);
  over = self->over;
  if (!over)
    self->run = g_object_ref (run);
  g_mutex_unlock (&timed_lock);

  if (over)
    gf_promise_cancel_pending (run);
  else
    gf_executor_take_shared (executor, run);

  g_object_unref (run);
  gf_executor_end_visit (executor);
}

/**
 * gf_executor_submit_repeating:
 * @self: an executor
 * @delay_us: when to run it first, in microseconds from now; at least 0
 * @interval_us: how long after each time to run it again, in microseconds; at least 1
 * @func: (scope notified) (closure user_data) (destroy destroy): the task
 * @user_data: data for @func
 * @destroy: (nullable): how to release @user_data
 *
 * Gives the executor a task again and again: first when @delay_us is over, then
 * every @interval_us from that time on. The rate is fixed: runs that take their
 * time do not shift those that follow. Runs never overlap; those whose time comes
 * while one is queued or running are missed.
 *
 * The promise that @func is given, and gf_promise_get_current(), are those of the
 * series each time. The series ends when its future is settled: it is cancelled or
 * times out, @func sets an error, @func settles the promise, or the executor is
 * shut down, which dropping the last reference does, too. A run that is under way
 * is told then, see gf_promise_should_stop(). @user_data is released in the
 * future's home after the last run has returned.
 *
 * Each run counts as a task of the executor; between them there is none. The call
 * does not block and may be made from any thread. It does not keep the executor
 * alive.
 *
 * Returns: (transfer full): the future of the series; it fails with
 *   %GF_FUTURE_ERROR_SHUT_DOWN if the executor is shut down
 *
 * Since: 1.0
 */
GfFuture *
gf_executor_submit_repeating (GfExecutor    *self,
                              gint64         delay_us,
                              gint64         interval_us,
                              GfTaskFunc     func,
                              gpointer       user_data,
                              GDestroyNotify destroy)
{
  GfPromise *series;

  g_return_val_if_fail (GF_IS_EXECUTOR (self), NULL);
  g_return_val_if_fail (delay_us >= 0, NULL);
  g_return_val_if_fail (interval_us > 0, NULL);
  g_return_val_if_fail (func != NULL, NULL);

  series = gf_executor_new_task (self, G_PRIORITY_DEFAULT, func, user_data, destroy);

  return gf_executor_take_timed (self, series, delay_us, interval_us, gf_series_due);
}

/* gf-process-pool-workers.c - the processes of a pool
 *
 * They start when tasks wait, retire when they have been idle, and are replaced.
 * What they are given is decided in gf-process-pool.c.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "gf-process-pool-private.h"

#include "../future/gf-error.h"
#include "../loop/gf-completion-private.h"

/* While others serve, a failed start is not repeated before that. */
#define RETRY_US G_USEC_PER_SEC

/* How many tasks wait behind others, that processes were sent ahead. */
static guint
gf_process_pool_count_ahead (GfProcessPool *self)
{
  guint n_ahead = 0;

  for (guint i = 0; i < self->processes->len; i++)
    {
      GfProcess *process = self->processes->pdata[i];

      g_mutex_lock (&process->lock);
      if (process->requests.length > 1)
        n_ahead += process->requests.length - 1;
      g_mutex_unlock (&process->lock);
    }

  return n_ahead;
}

static void
gf_process_pool_retry_start (gpointer data)
{
  GfProcessPool *self = data;

  g_mutex_lock (&self->lock);
  self->retry_waits = FALSE;
  gf_process_pool_start (self);
  g_mutex_unlock (&self->lock);
}

/* Starts processes for tasks that nobody has begun. */
void
gf_process_pool_start (GfProcessPool *self)
{
  guint n_wanted;

  if (self->closed || self->broken != NULL)
    return;
  /* The others that are starting may tell whether it makes sense. */
  if (self->n_failures >= GF_MAX_FAILURES && self->n_starting > 0)
    return;
  if (self->processes->len > 0 && self->n_failures > 0 && g_get_monotonic_time () < self->retry_time)
    {
      if (!self->retry_waits)
        gf_timer_unref (gf_timer_start (self->retry_time, gf_process_pool_retry_start,
                                        gf_process_pool_ref (self), (GDestroyNotify) gf_process_pool_unref));
      self->retry_waits = TRUE;
      return;
    }

  if (self->n_starting + self->processes->len >= self->max_workers)
    return;

  n_wanted = self->n_queued + gf_process_pool_count_ahead (self);
  while (self->n_starting + self->processes->len < self->max_workers && self->n_starting < n_wanted)
    {
      self->n_starting++;
      self->n_processes++;
      gf_process_start (self);
    }
}

/* ---- idle processes ---- */

static void gf_process_pool_watch_idle (GfProcessPool *self);

/* With the lock held. */
void
gf_process_pool_set_busy (GfProcessPool *self,
                          GfProcess     *process)
{
  if (process->is_idle)
    g_ptr_array_remove (self->idle, process);
  process->is_idle = FALSE;
}

static void
gf_process_pool_idle_cb (gpointer data)
{
  GfProcessPool *self = data;
  g_autoptr (GPtrArray) retiring = g_ptr_array_new_with_free_func ((GDestroyNotify) gf_process_unref);
  GfTimer *timer;
  gint64 now = g_get_monotonic_time ();

  g_mutex_lock (&self->lock);

  timer = g_steal_pointer (&self->idle_timer);
  /* Those that have been idle longest come first. */
  while (self->idle->len > 0)
    {
      GfProcess *process = self->idle->pdata[0];

      if (process->idle_since + self->settings.idle_timeout * G_GINT64_CONSTANT (1000) > now)
        break;
      process->is_idle = FALSE;
      g_ptr_array_remove_index (self->idle, 0);
      g_ptr_array_remove (self->processes, process);
      g_ptr_array_add (retiring, gf_process_ref (process));
    }
  gf_process_pool_watch_idle (self);

  g_mutex_unlock (&self->lock);

  for (guint i = 0; i < retiring->len; i++)
    gf_process_retire (retiring->pdata[i]);
  if (timer != NULL)
    gf_timer_unref (timer);
}

/* With the lock held. */
static void
gf_process_pool_watch_idle (GfProcessPool *self)
{
  GfProcess *process;

  if (self->idle->len == 0 || self->idle_timer != NULL || self->closed)
    return;

  process = self->idle->pdata[0];
  self->idle_timer = gf_timer_start (process->idle_since + self->settings.idle_timeout * G_GINT64_CONSTANT (1000),
                                     gf_process_pool_idle_cb,
                                     gf_process_pool_ref (self), (GDestroyNotify) gf_process_pool_unref);
}

void
gf_process_pool_stop_idle_timer (GfProcessPool *self)
{
  GfTimer *timer;

  g_mutex_lock (&self->lock);
  timer = g_steal_pointer (&self->idle_timer);
  g_mutex_unlock (&self->lock);

  if (timer != NULL)
    gf_timer_stop (timer);
}

/* With the lock held. */
void
gf_process_pool_add_idle (GfProcessPool *self,
                          GfProcess     *process)
{
  if (process->is_idle || !g_ptr_array_find (self->processes, process, NULL))
    return;

  process->is_idle = TRUE;
  process->idle_since = g_get_monotonic_time ();
  g_ptr_array_add (self->idle, process);
  gf_process_pool_watch_idle (self);
}

/* ---- what becomes of processes ---- */

/* It has said hello, and its initializer has run. */
void
gf_process_pool_started (GfProcessPool *self,
                         GfProcess     *process)
{
  gboolean closed;

  g_mutex_lock (&self->lock);
  g_ptr_array_remove (self->starting, process);
  self->n_starting--;
  self->n_failures = 0;
  closed = self->closed;
  if (!closed)
    g_ptr_array_add (self->processes, process);
  g_mutex_unlock (&self->lock);

  if (GF_TRACING (GF_TRACE_WORKERS))
    gf_process_trace (process, "is ready");
  gf_process_pool_executor_announce (self->executor, TRUE, process->pid, 0);

  if (closed)
    gf_process_retire (process);
  else
    gf_process_pool_ready (self, process);
}

/* It serves no longer. */
void
gf_process_pool_leaves (GfProcessPool *self,
                        GfProcess     *process)
{
  g_mutex_lock (&self->lock);
  g_ptr_array_remove (self->starting, process);
  g_ptr_array_remove (self->processes, process);
  gf_process_pool_set_busy (self, process);
  g_mutex_unlock (&self->lock);
}

static void
gf_process_pool_trace (GfProcessPool *self,
                       const GError  *error)
{
  g_autofree char *pool = gf_executor_dup_name (self->executor);
  g_autofree char *message = gf_trace_escape (error->message, 400);

  gf_trace_print (GF_TRACE_WORKERS, "%s: %s", pool, message);
}

/* A process was reaped, or could not be started (NULL, if it was not even made): then
 * @start_error, which is taken, tells why. */
void
gf_process_pool_gone (GfProcessPool *self,
                      GfProcess     *process,
                      GError        *start_error)
{
  GError *broken = NULL;

  g_mutex_lock (&self->lock);

  if (start_error != NULL)
    {
      self->n_starting--;
      if (process == NULL || !process->is_signalled)
        {
          self->n_failures++;
          self->retry_time = g_get_monotonic_time () + RETRY_US;
        }
      if (self->n_failures >= GF_MAX_FAILURES && self->n_starting == 0 &&
          self->processes->len == 0 && !self->closed)
        broken = g_error_new (GF_FUTURE_ERROR, GF_FUTURE_ERROR_BROKEN_EXECUTOR,
                              "The pool is broken: %u workers in a row could not be started. %s",
                              self->n_failures, start_error->message);
    }

  if (broken == NULL)
    gf_process_pool_start (self);

  g_mutex_unlock (&self->lock);

  if (GF_TRACING (GF_TRACE_WORKERS) && start_error != NULL)
    gf_process_pool_trace (self, start_error);
  if (broken != NULL)
    gf_process_pool_break (self, broken);
  g_clear_error (&start_error);

  if (process == NULL)
    gf_process_pool_released (self);
}

static void
gf_process_pool_closed (gpointer self,
                        gpointer unused G_GNUC_UNUSED)
{
  gf_executor_closed (((GfProcessPool *) self)->executor);
  gf_process_pool_unref (self);
}

/* Nothing is left of a process, and no descriptor is open for it: those that wait for
 * the end of the pool may count on that. Any thread, which may be a caller's in the
 * middle of something else: it tells nobody itself. */
void
gf_process_pool_released (GfProcessPool *self)
{
  gboolean last;

  g_mutex_lock (&self->lock);
  self->n_processes--;
  last = self->closed && self->n_processes == 0;
  g_mutex_unlock (&self->lock);

  if (last)
    gf_completion_push (gf_process_pool_closed, gf_process_pool_ref (self));
}

void
gf_process_pool_signal (GfProcessPool *self,
                        int            signal)
{
  g_autoptr (GPtrArray) processes = g_ptr_array_new_with_free_func ((GDestroyNotify) gf_process_unref);

  g_mutex_lock (&self->lock);
  for (guint i = 0; i < self->starting->len; i++)
    g_ptr_array_add (processes, gf_process_ref (self->starting->pdata[i]));
  for (guint i = 0; i < self->processes->len; i++)
    g_ptr_array_add (processes, gf_process_ref (self->processes->pdata[i]));
  g_mutex_unlock (&self->lock);

  for (guint i = 0; i < processes->len; i++)
    {
      GfProcess *process = processes->pdata[i];

      g_mutex_lock (&process->lock);
      process->is_signalled = TRUE;
      g_mutex_unlock (&process->lock);
      gf_process_signal (process, signal);
    }
}

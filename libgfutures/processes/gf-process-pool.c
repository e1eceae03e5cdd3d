/* gf-process-pool.c - who runs which task
 *
 * A task goes straight to an idle process, or waits. A process that has answered
 * takes more; the shorter tasks are, the more it is sent ahead. What one was
 * sent ahead and has not begun, another takes when it has nothing to do; and when
 * the task before it is not short after all, it waits for any process again. So
 * none waits for another while a process is free, and tasks begin in the order in
 * which they came, but for those that were sent ahead of short ones: a process that is
 * at work begins them by itself, though an older one waits in another.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "gf-process-pool-private.h"

#include "../future/gf-error.h"

#include <string.h>

/* Work that is sent ahead, at most so many tasks: it is to save the time between an
 * answer and the next task, which matters to short ones only. */
#define AHEAD_US       500
#define MAX_AHEAD      32

/* How long a task may let others wait that were sent after it: between this and
 * twice this. */
#define OVERDUE_US     5000

G_STATIC_ASSERT (2 * MAX_AHEAD <= GF_MAX_REQUESTS);

static void
gf_process_settings_clear (GfProcessSettings *self)
{
  g_clear_pointer (&self->worker_argv, g_strfreev);
  g_clear_pointer (&self->launcher, g_strfreev);
  g_clear_pointer (&self->modules, g_strfreev);
  g_clear_pointer (&self->environment, g_strfreev);
  g_clear_pointer (&self->working_directory, g_free);
  g_clear_pointer (&self->initializer, g_free);
  g_clear_pointer (&self->initializer_arguments, g_variant_unref);
}

GfProcessPool *
gf_process_pool_new (GfExecutor *executor)
{
  GfProcessPool *self = g_new0 (GfProcessPool, 1);

  self->ref_count = 1;
  self->executor = executor;
  g_mutex_init (&self->lock);
  gf_lanes_init (&self->lanes);
  self->attempts = g_hash_table_new (NULL, NULL);
  self->starting = g_ptr_array_new ();
  self->processes = g_ptr_array_new ();
  self->idle = g_ptr_array_new ();

  return self;
}

GfProcessPool *
gf_process_pool_ref (GfProcessPool *self)
{
  g_atomic_int_inc (&self->ref_count);

  return self;
}

void
gf_process_pool_unref (GfProcessPool *self)
{
  if (!g_atomic_int_dec_and_test (&self->ref_count))
    return;

  gf_process_settings_clear (&self->settings);
  gf_lanes_clear (&self->lanes);
  g_hash_table_unref (self->attempts);
  g_ptr_array_unref (self->starting);
  g_ptr_array_unref (self->processes);
  g_ptr_array_unref (self->idle);
  g_clear_error (&self->broken);
  g_mutex_clear (&self->lock);
  g_free (self);
}

/* ---- the queue; all with the lock held ---- */

static GfPromise *
item_to_task (GfHomeItem *item)
{
  return (GfPromise *) ((char *) item - G_STRUCT_OFFSET (GfFuture, item));
}

static void
gf_process_pool_push (GfProcessPool *self,
                      GfPromise     *task,
                      gboolean       first)
{
  GfFuture *future = (GfFuture *) task;
  GfHomeItem *item = &future->item;

  self->n_queued++;
  if (future->priority != G_PRIORITY_DEFAULT)
    {
      gf_lanes_push (&self->lanes, future->priority, item);
      return;
    }

  if (first)
    {
      item->next = self->head;
      self->head = item;
      if (self->tail == NULL)
        self->tail = item;
      return;
    }

  item->next = NULL;
  if (self->tail != NULL)
    self->tail->next = item;
  else
    self->head = item;
  self->tail = item;
}

static GfPromise *
gf_process_pool_pop (GfProcessPool *self)
{
  GfHomeItem *item = NULL;

  if (gf_lanes_has_urgent (&self->lanes))
    item = gf_lanes_pop (&self->lanes, TRUE);
  if (item == NULL && self->head != NULL)
    {
      item = self->head;
      self->head = item->next;
      if (self->head == NULL)
        self->tail = NULL;
    }
  if (item == NULL && gf_lanes_has_background (&self->lanes))
    item = gf_lanes_pop (&self->lanes, FALSE);
  if (item == NULL)
    return NULL;

  self->n_queued--;

  return item_to_task (item);
}

/* All tasks that wait, to be rejected or cancelled. */
static GPtrArray *
gf_process_pool_drain (GfProcessPool *self)
{
  GPtrArray *tasks = g_ptr_array_new ();
  GfPromise *task;

  while ((task = gf_process_pool_pop (self)) != NULL)
    g_ptr_array_add (tasks, task);

  return tasks;
}

/* ---- tasks ---- */

static gboolean
gf_process_pool_check_task (GfProcessPool *self,
                            GfPromise     *task)
{
  GfFuture *future = (GfFuture *) task;
  GVariant *arguments;
  const char *name;
  guint64 max_size;
  gsize size;

  if (!(gf_future_load_state (future) & GF_STATE_CALL))
    {
      gf_promise_reject_literal (task, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED,
                                 "A function of this process cannot run in another one: register "
                                 "it there by a name, and use gf_executor_call()");
      return FALSE;
    }

  name = task->what.function;
  arguments = task->data;
  if (strlen (name) > GF_FRAME_MAX_NAME || !g_utf8_validate (name, -1, NULL))
    {
      gf_promise_reject_literal (task, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                                 "The name of the function is too long, or not UTF-8");
      return FALSE;
    }
  if (arguments == NULL)
    return TRUE;

  if (strchr (g_variant_get_type_string (arguments), 'h') != NULL)
    {
      gf_promise_reject (task, g_error_new (G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                                            "The arguments (%s) have a handle, which means nothing in "
                                            "another process: give “%s” bytes in a GfBuffer",
                                            g_variant_get_type_string (arguments), name));
      return FALSE;
    }
  if (strlen (g_variant_get_type_string (arguments)) > GF_FRAME_MAX_TYPE)
    {
      gf_promise_reject_literal (task, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                                 "The type string of the arguments is too long");
      return FALSE;
    }

  /* Trusted ones are known to be. */
  if (!g_variant_is_of_type (arguments, G_VARIANT_TYPE_BYTESTRING) && !g_variant_is_normal_form (arguments))
    {
      arguments = g_variant_get_normal_form (arguments);
      g_variant_unref (task->data);
      task->data = arguments;
    }

  size = g_variant_get_size (arguments);
  max_size = atomic_load_explicit (&self->max_message_size, memory_order_relaxed);
  if (size > max_size)
    {
      gf_promise_reject (task, g_error_new (GF_FUTURE_ERROR, GF_FUTURE_ERROR_MESSAGE_TOO_LARGE,
                                            "The arguments of “%s” have %" G_GSIZE_FORMAT " bytes, "
                                            "max-message-size allows %" G_GUINT64_FORMAT,
                                            name, size, max_size));
      return FALSE;
    }

  return TRUE;
}

/* Takes @task, which will not be run: with @error, which is copied, or cancelled.
 * One that is tried once more has begun already. */
void
gf_process_pool_drop (GfProcessPool *self,
                      GfPromise     *task,
                      GError        *error)
{
  GfFuture *future = (GfFuture *) task;

  if (gf_future_load_state (future) & GF_STATE_BEGUN)
    {
      if (error == NULL)
        gf_future_cancel (future);
      gf_process_pool_forget (self, task);
      gf_promise_end_remote (task, NULL, error != NULL ? g_error_copy (error) : NULL, NULL);
      return;
    }

  if (error != NULL)
    gf_promise_reject (task, g_error_copy (error));
  else
    gf_promise_cancel_pending (task);
  g_object_unref (task);
}

static void gf_process_pool_start_watch (GfProcessPool *self);

static gboolean gf_process_pool_send (GfProcessPool *self,
                                      GfProcess     *process,
                                      GfPromise    **tasks,
                                      guint          n_tasks);

/* Sees to it that nobody is idle while tasks wait. */
static void
gf_process_pool_kick (GfProcessPool *self)
{
  for (;;)
    {
      GfProcess *process = NULL;

      g_mutex_lock (&self->lock);
      /* Who deals does this afterwards. */
      if (self->n_queued > 0 && self->idle->len > 0 && self->n_dealing == 0)
        {
          process = gf_process_ref (g_ptr_array_steal_index_fast (self->idle, self->idle->len - 1));
          process->is_idle = FALSE;
        }
      g_mutex_unlock (&self->lock);

      if (process == NULL)
        return;

      gf_process_pool_ready (self, process);
      gf_process_unref (process);
    }
}

/* Takes @task. */
void
gf_process_pool_enqueue (GfProcessPool *self,
                         GfPromise     *task)
{
  g_autoptr (GError) broken = NULL;
  GfProcess *process = NULL;
  gboolean kick = FALSE;

  if (!gf_process_pool_check_task (self, task))
    {
      g_object_unref (task);
      return;
    }

  g_mutex_lock (&self->lock);

  if (self->broken != NULL)
    broken = g_error_copy (self->broken);
  else if (self->idle->len > 0 && self->n_queued == 0)
    {
      process = gf_process_ref (g_ptr_array_steal_index_fast (self->idle, self->idle->len - 1));
      process->is_idle = FALSE;
      process->n_assigning++;
    }
  else
    {
      gf_process_pool_push (self, task, FALSE);
      gf_process_pool_start (self);
      kick = self->idle->len > 0;
    }

  g_mutex_unlock (&self->lock);

  if (process != NULL)
    {
      gf_process_pool_send (self, process, &task, 1);
      gf_process_pool_ready (self, process);
      gf_process_unref (process);
    }
  else if (broken != NULL)
    gf_process_pool_drop (self, task, broken);
  else if (kick)
    gf_process_pool_kick (self);
}

/* Makes a task that may have begun fit for the queue. FALSE: it was cancelled
 * meanwhile, and is let go of. */
static gboolean
gf_process_pool_rewind (GfProcessPool *self,
                        GfPromise     *task)
{
  GfFuture *future = (GfFuture *) task;

  if (!(gf_future_load_state (future) & GF_STATE_BEGUN))
    return TRUE;

  /* Whoever settles it from now on sends it home by another item than that
   * which the queue links, see gf_future_push_home(). */
  atomic_fetch_or_explicit (&future->state, GF_STATE_IN_QUEUE, memory_order_acq_rel);
  if (!gf_future_is_done (future))
    return TRUE;

  gf_process_pool_drop (self, task, NULL);

  return FALSE;
}

/* Tasks that a process has not begun, or lost, wait again, before all others. */
void
gf_process_pool_take_back (GfProcessPool *self,
                           GfPromise    **tasks,
                           gsize          n_tasks)
{
  g_autoptr (GPtrArray) drained = NULL;
  g_autoptr (GError) broken = NULL;
  gsize n = 0;

  for (gsize i = 0; i < n_tasks; i++)
    if (gf_process_pool_rewind (self, tasks[i]))
      tasks[n++] = tasks[i];

  g_mutex_lock (&self->lock);

  while (n > 0)
    gf_process_pool_push (self, tasks[--n], TRUE);
  if (self->broken != NULL || self->cancelled || self->closed)
    {
      drained = gf_process_pool_drain (self);
      broken = self->broken != NULL ? g_error_copy (self->broken) : NULL;
    }
  else
    gf_process_pool_start (self);

  g_mutex_unlock (&self->lock);

  for (guint i = 0; drained != NULL && i < drained->len; i++)
    gf_process_pool_drop (self, drained->pdata[i], broken);

  gf_process_pool_kick (self);
}

/* From a process that has more than it works at: what it has not begun, if
 * anything. All of it, for the oldest is to begin next, whoever is free then. */
static guint
gf_process_pool_steal (GfProcessPool *self,
                       GfProcess     *thief,
                       guint          most,
                       GfPromise    **tasks)
{
  g_autoptr (GPtrArray) victims = g_ptr_array_new_with_free_func ((GDestroyNotify) gf_process_unref);
  guint n = 0;

  g_mutex_lock (&self->lock);
  for (guint i = 0; i < self->processes->len; i++)
    {
      GfProcess *process = self->processes->pdata[i];

      if (process != thief && !process->is_idle)
        g_ptr_array_add (victims, gf_process_ref (process));
    }
  g_mutex_unlock (&self->lock);

  for (guint i = 0; i < victims->len && n == 0; i++)
    n = gf_process_take_back (victims->pdata[i], most, tasks);

  return n;
}

/* The timer thread: sees whether tasks wait for one that is not short. */
static void
gf_process_pool_watch (gpointer data)
{
  g_autoptr (GPtrArray) processes = g_ptr_array_new_with_free_func ((GDestroyNotify) gf_process_unref);
  GfPromise *tasks[GF_MAX_REQUESTS];
  GfProcessPool *self = data;
  gboolean again = FALSE;

  g_mutex_lock (&self->lock);
  self->is_watched = FALSE;
  for (guint i = 0; i < self->processes->len; i++)
    g_ptr_array_add (processes, gf_process_ref (self->processes->pdata[i]));
  g_mutex_unlock (&self->lock);

  for (guint i = 0; i < processes->len; i++)
    {
      guint n = gf_process_take_back_overdue (processes->pdata[i], tasks, &again);

      if (n > 0)
        {
          /* They are not short any more. */
          atomic_store_explicit (&self->task_us, OVERDUE_US, memory_order_relaxed);
          gf_process_pool_take_back (self, tasks, n);
        }
    }

  g_mutex_lock (&self->lock);
  if (again)
    gf_process_pool_start_watch (self);
  g_mutex_unlock (&self->lock);
}

/* With the lock held. */
static void
gf_process_pool_start_watch (GfProcessPool *self)
{
  if (self->is_watched || self->max_workers == 1)
    return;

  self->is_watched = TRUE;
  gf_timer_unref (gf_timer_start (g_get_monotonic_time () + OVERDUE_US, gf_process_pool_watch,
                                  gf_process_pool_ref (self), (GDestroyNotify) gf_process_pool_unref));
}

/* What the process is to be sent, at most GF_MAX_REQUESTS tasks: how many. If
 * any, it is about to be busy till gf_process_pool_send() is done. @older: first,
 * those are to be got that others were sent ahead. With the lock held. */
static guint
gf_process_pool_choose (GfProcessPool *self,
                        GfProcess     *process,
                        GfPromise    **tasks,
                        guint         *room,
                        gboolean      *older,
                        gboolean      *retires)
{
  gboolean may_get_older = *older;
  guint task_us = atomic_load_explicit (&self->task_us, memory_order_relaxed);
  guint max = self->settings.max_tasks_per_worker;
  guint n_requests;
  guint n_tasks = 0;
  guint n_assigned;
  gboolean serves;
  guint depth;

  g_mutex_lock (&process->lock);
  n_requests = process->requests.length;
  n_assigned = process->n_assigned;
  serves = process->state == GF_PROCESS_SERVING;
  /* 0: none has ended yet. */
  depth = process->has_marks && task_us > 0 ? CLAMP (1 + AHEAD_US / task_us, 1, MAX_AHEAD) : 1;
  g_mutex_unlock (&process->lock);

  *older = FALSE;
  *retires = FALSE;
  *room = 0;
  if (!serves || n_requests > depth / 2)
    return 0;

  if (max > 0)
    {
      depth = MIN (depth, n_requests + max - MIN (max, n_assigned));
      *retires = n_assigned >= max && n_requests == 0 && process->n_assigning == 0;
    }
  if (*retires)
    {
      gf_process_pool_set_busy (self, process);
      g_ptr_array_remove (self->processes, process);
      gf_process_pool_start (self);
      return 0;
    }

  if (self->n_queued > 0 && n_requests == 0 && process->n_assigning == 0)
    {
      /* Older ones are on their way to another, where they can be got when they have
       * arrived: who sends them looks for this process then. */
      if (self->n_dealing > 0)
        {
          gf_process_pool_add_idle (self, process);
          return 0;
        }
      if (may_get_older && self->is_watched)
        {
          *older = TRUE;
          return 0;
        }
    }

  while (n_requests + n_tasks < depth && (tasks[n_tasks] = gf_process_pool_pop (self)) != NULL)
    n_tasks++;

  if (n_tasks > 0)
    {
      gf_process_pool_set_busy (self, process);
      process->n_assigning++;
      if (n_requests + n_tasks > 1)
        {
          process->n_dealing++;
          self->n_dealing++;
        }
      gf_process_pool_start (self);
    }
  else if (n_requests == 0 && process->n_assigning == 0)
    {
      /* It has nothing to do, and there is nothing: perhaps others have. */
      *room = max > 0 ? max - MIN (max, n_assigned) : G_MAXUINT;
      gf_process_pool_add_idle (self, process);
    }

  return n_tasks;
}

/* Sends what was chosen. Then somebody has to look whether the process is ready
 * for more: it may have been answered, or cancelled, before this was done. */
static gboolean
gf_process_pool_send (GfProcessPool *self,
                      GfProcess     *process,
                      GfPromise    **tasks,
                      guint          n_tasks)
{
  gboolean ahead = gf_process_assign (process, tasks, n_tasks);

  g_mutex_lock (&self->lock);
  process->n_assigning--;
  if (process->n_dealing > 0)
    {
      process->n_dealing--;
      self->n_dealing--;
      ahead = TRUE;
    }
  if (n_tasks > 1)
    gf_process_pool_start (self);
  if (ahead)
    gf_process_pool_start_watch (self);
  g_mutex_unlock (&self->lock);

  return ahead;
}

/* An idle process, which is not idle any more, or NULL. */
static GfProcess *
gf_process_pool_take_idle (GfProcessPool *self)
{
  GfProcess *process = NULL;

  g_mutex_lock (&self->lock);
  if (self->idle->len > 0)
    {
      process = gf_process_ref (g_ptr_array_steal_index_fast (self->idle, self->idle->len - 1));
      process->is_idle = FALSE;
    }
  g_mutex_unlock (&self->lock);

  return process;
}

/* The process is idle, and looks for what others have not begun: at most @room
 * tasks. */
static guint
gf_process_pool_find_work (GfProcessPool *self,
                           GfProcess     *process,
                           guint          room,
                           GfPromise    **tasks)
{
  guint n_tasks = gf_process_pool_steal (self, process, room, tasks);
  gboolean was_idle;

  if (n_tasks == 0)
    return 0;

  g_mutex_lock (&self->lock);
  was_idle = process->is_idle;
  if (was_idle)
    {
      gf_process_pool_set_busy (self, process);
      process->n_assigning++;
    }
  g_mutex_unlock (&self->lock);
  if (was_idle)
    return n_tasks;

  /* Somebody gave it something meanwhile. */
  gf_process_pool_take_back (self, tasks, n_tasks);

  return 0;
}

/* The process can take more tasks. */
void
gf_process_pool_ready (GfProcessPool *self,
                       GfProcess     *process)
{
  GfPromise *tasks[GF_MAX_REQUESTS];
  gboolean ahead = FALSE;
  gboolean older = TRUE;
  gboolean retires;
  guint n_tasks;
  guint room;

  do
    {
      g_mutex_lock (&self->lock);
      n_tasks = gf_process_pool_choose (self, process, tasks, &room, &older, &retires);
      g_mutex_unlock (&self->lock);

      if (older)
        {
          n_tasks = gf_process_pool_steal (self, process, G_MAXUINT, tasks);
          if (n_tasks > 0)
            gf_process_pool_take_back (self, tasks, n_tasks);

          older = FALSE;
          g_mutex_lock (&self->lock);
          n_tasks = gf_process_pool_choose (self, process, tasks, &room, &older, &retires);
          g_mutex_unlock (&self->lock);
        }

      if (retires)
        gf_process_retire (process);
      if (room > 0)
        n_tasks = gf_process_pool_find_work (self, process, room, tasks);
      if (n_tasks > 0)
        ahead |= gf_process_pool_send (self, process, tasks, n_tasks);
    }
  while (n_tasks > 0);

  /* Who went idle just before could not see these. */
  if (ahead)
    {
      GfProcess *other = gf_process_pool_take_idle (self);

      if (other != NULL)
        {
          gf_process_pool_ready (self, other);
          gf_process_unref (other);
        }
      gf_process_pool_kick (self);
    }
}

/* Whether a task whose process died is to be tried once more. One that was not
 * begun costs nothing, unless process after process dies of being sent it. */
gboolean
gf_process_pool_retry (GfProcessPool *self,
                       GfPromise     *task,
                       gboolean       was_begun)
{
  gboolean retry;
  guint attempts;

  g_mutex_lock (&self->lock);
  attempts = GPOINTER_TO_UINT (g_hash_table_lookup (self->attempts, task));
  retry = attempts < (guint64) self->settings.max_retries + (was_begun ? 0 : GF_MAX_FAILURES);
  if (retry)
    {
      g_hash_table_insert (self->attempts, task, GUINT_TO_POINTER (attempts + 1));
      atomic_store_explicit (&self->n_attempts, g_hash_table_size (self->attempts), memory_order_relaxed);
    }
  g_mutex_unlock (&self->lock);

  return retry;
}

/* The task has ended. */
void
gf_process_pool_forget (GfProcessPool *self,
                        GfPromise     *task)
{
  /* If this one has an entry, it was made before the task came here again. */
  if (G_LIKELY (atomic_load_explicit (&self->n_attempts, memory_order_relaxed) == 0))
    return;

  g_mutex_lock (&self->lock);
  g_hash_table_remove (self->attempts, task);
  atomic_store_explicit (&self->n_attempts, g_hash_table_size (self->attempts), memory_order_relaxed);
  g_mutex_unlock (&self->lock);
}

/* Takes @error: no worker can be had. */
void
gf_process_pool_break (GfProcessPool *self,
                       GError        *error)
{
  g_autoptr (GPtrArray) tasks = NULL;

  g_mutex_lock (&self->lock);
  if (self->broken == NULL)
    self->broken = g_error_copy (error);
  tasks = gf_process_pool_drain (self);
  g_mutex_unlock (&self->lock);

  if (GF_TRACING (GF_TRACE_WORKERS))
    {
      g_autofree char *pool = gf_executor_dup_name (self->executor);

      gf_trace_print (GF_TRACE_WORKERS, "%s is broken: all its tasks fail", pool);
    }
  for (guint i = 0; i < tasks->len; i++)
    gf_process_pool_drop (self, tasks->pdata[i], error);
  g_error_free (error);
}

/* ---- the executor ---- */

/* Cancels the tasks that have not begun. */
void
gf_process_pool_cancel (GfProcessPool *self)
{
  g_autoptr (GPtrArray) tasks = NULL;
  g_autoptr (GPtrArray) processes = g_ptr_array_new_with_free_func ((GDestroyNotify) gf_process_unref);
  GfPromise *ahead[GF_MAX_REQUESTS];

  g_mutex_lock (&self->lock);
  self->cancelled = TRUE;
  tasks = gf_process_pool_drain (self);
  for (guint i = 0; i < self->processes->len; i++)
    g_ptr_array_add (processes, gf_process_ref (self->processes->pdata[i]));
  g_mutex_unlock (&self->lock);

  for (guint i = 0; i < processes->len; i++)
    {
      guint n = gf_process_take_back (processes->pdata[i], G_MAXUINT, ahead);

      for (guint j = 0; j < n; j++)
        g_ptr_array_add (tasks, ahead[j]);
    }

  for (guint i = 0; i < tasks->len; i++)
    gf_process_pool_drop (self, tasks->pdata[i], NULL);
}

/* No more tasks will come: the processes end. */
void
gf_process_pool_close (GfProcessPool *self)
{
  g_autoptr (GPtrArray) processes = g_ptr_array_new_with_free_func ((GDestroyNotify) gf_process_unref);
  g_autoptr (GPtrArray) cancelled = NULL;
  gboolean last;

  g_mutex_lock (&self->lock);
  self->closed = TRUE;
  /* They have ended, though nobody came to take them out. */
  cancelled = gf_process_pool_drain (self);
  for (guint i = 0; i < self->starting->len; i++)
    g_ptr_array_add (processes, gf_process_ref (self->starting->pdata[i]));
  for (guint i = 0; i < self->processes->len; i++)
    g_ptr_array_add (processes, gf_process_ref (self->processes->pdata[i]));
  g_ptr_array_set_size (self->processes, 0);
  g_ptr_array_set_size (self->idle, 0);
  last = self->n_processes == 0;
  g_mutex_unlock (&self->lock);

  gf_process_pool_stop_idle_timer (self);
  for (guint i = 0; i < cancelled->len; i++)
    gf_process_pool_drop (self, cancelled->pdata[i], NULL);
  for (guint i = 0; i < processes->len; i++)
    gf_process_retire (processes->pdata[i]);

  if (last)
    gf_executor_closed (self->executor);
}

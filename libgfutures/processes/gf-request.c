/* gf-request.c - a task that was sent to a process
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#define _GNU_SOURCE /* ppoll() */
#include "config.h"

#include "gf-process-pool-private.h"

#include "../loop/gf-thread-private.h"

#include <errno.h>
#include <poll.h>
#include <stdatomic.h>
#include <sys/epoll.h>
#include <unistd.h>

/* The marks, see gf-frame-private.h. */
#define MARK_BEGUN     1
#define MARK_WITHDRAWN 2

static GfRequest *
remote_to_request (GfRemote *remote)
{
  return (GfRequest *) remote;
}

static _Atomic guint64 *
gf_request_get_mark (GfRequest *self)
{
  return &self->process->marks[self->id % GF_MAX_REQUESTS];
}

/* Takes the request back: TRUE: the process will not begin it. */
gboolean
gf_request_take_mark (GfRequest *self)
{
  guint64 expected = self->id << 2;

  return self->process->has_marks &&
         atomic_compare_exchange_strong (gf_request_get_mark (self), &expected,
                                         self->id << 2 | MARK_WITHDRAWN);
}

/* Whether the process, which is dead, had begun it. */
gboolean
gf_request_was_begun (GfRequest *self)
{
  if (!self->process->has_marks)
    return self->is_begun;

  return atomic_load (gf_request_get_mark (self)) == (self->id << 2 | MARK_BEGUN);
}

static void
gf_request_grace_is_over (gpointer data)
{
  GfRequest *self = data;
  GfProcess *process = self->process;
  gboolean hangs;

  g_mutex_lock (&process->lock);
  hangs = self->is_sent && process->state != GF_PROCESS_DEAD;
  g_mutex_unlock (&process->lock);

  if (hangs)
    {
      if (GF_TRACING (GF_TRACE_WORKERS))
        gf_process_trace (process, "is killed: the call that was cancelled or timed out has not returned "
                                   "within cancel-grace");
      gf_process_signal (process, SIGKILL);
    }
}

/* The process will not begin it: with its lock held. */
static gboolean
gf_request_take_back (GfRequest *self)
{
  if (self->is_begun || !gf_request_take_mark (self))
    return FALSE;

  gf_process_unlink (self->process, self);
  self->process->n_assigned--;

  return TRUE;
}

/* It was taken back, and its task, which is taken, is settled. */
static void
gf_request_end_taken_back (GfRequest *self,
                           GfPromise *task)
{
  GfProcess *process = self->process;

  gf_process_pool_forget (process->pool, task);
  gf_promise_end_remote (task, NULL, NULL, NULL);
  gf_process_pool_ready (process->pool, process);
}

/* The future was cancelled, or timed out. */
static void
gf_request_withdrawn (GfRemote *remote)
{
  GfRequest *self = remote_to_request (remote);
  GfProcess *process = self->process;
  gboolean taken_back = FALSE;

  g_mutex_lock (&process->lock);

  if (self->is_sent && process->state != GF_PROCESS_DEAD)
    {
      taken_back = gf_request_take_back (self);
      if (!taken_back && self->grace == NULL)
        {
          gf_channel_append (process->channel,
                             &(GfOutgoing) { .type = GF_FRAME_CANCEL, .id = self->id }, FALSE);
          gf_process_listen (process, process->events | EPOLLIN);
          self->grace = gf_timer_start (g_get_monotonic_time () + process->cancel_grace * G_GINT64_CONSTANT (1000),
                                        gf_request_grace_is_over,
                                        gf_remote_ref (remote), (GDestroyNotify) gf_remote_unref);
        }
    }

  g_mutex_unlock (&process->lock);

  gf_process_wake (process);

  if (taken_back)
    gf_request_end_taken_back (self, gf_request_take_task (self));
}

static GfRemoteState
gf_request_cancel_pending (GfRemote *remote)
{
  GfRequest *self = remote_to_request (remote);
  GfProcess *process = self->process;
  gboolean is_sent;
  gboolean taken_back = FALSE;
  gboolean cancelled;
  gboolean begun;
  GfPromise *task;

  g_mutex_lock (&process->lock);
  is_sent = self->is_sent;
  if (is_sent)
    taken_back = gf_request_take_back (self);
  begun = !taken_back && (is_sent || gf_request_was_begun (self));
  g_mutex_unlock (&process->lock);

  if (!taken_back)
    return begun ? GF_REMOTE_BEGUN : GF_REMOTE_GONE;

  /* Nobody else has the task now. */
  gf_process_wake (process);
  task = gf_request_take_task (self);
  cancelled = gf_future_cancel_pending ((GfFuture *) task);
  gf_request_end_taken_back (self, task);

  /* Somebody else may have settled it: that is what begun comes to, here. */
  return cancelled ? GF_REMOTE_CANCELLED : GF_REMOTE_BEGUN;
}

/* The calling thread reads what the process sends, if nobody does, till the
 * future is settled. It does not spin: the kernel likes to run both ends of a
 * socket on one processor, and then the worker would wait for that. It runs nothing of the application's, and leaves whatever
 * else comes to others. */
static void
gf_request_wait (GfRemote     *remote,
                 GfFuture     *future,
                 gint64        deadline,
                 GCancellable *cancellable)
{
  GfRequest *self = remote_to_request (remote);
  GfProcess *process = self->process;
  GfThread *thread = gf_thread_get ();
  gboolean was_shared = thread->is_shared;
  gboolean reads;

  if (!g_mutex_trylock (&process->read_lock))
    return;

  g_mutex_lock (&process->lock);
  reads = self->is_sent && process->state == GF_PROCESS_SERVING;
  if (reads)
    {
      g_atomic_int_inc (&process->n_waiting);
      /* This first, looking around second: partner of gf_process_wake(). */
      atomic_thread_fence (memory_order_seq_cst);
      gf_process_listen (process, process->events);
    }
  g_mutex_unlock (&process->lock);

  if (!reads)
    {
      g_mutex_unlock (&process->read_lock);
      return;
    }

  thread->is_shared = TRUE;

  while (!gf_future_is_done (future) && !g_cancellable_is_cancelled (cancellable) &&
         !atomic_load (&thread->attention))
    {
      struct pollfd fds[] = { { gf_channel_get_fd (process->channel), POLLIN, 0 },
                              { process->wake_fd, POLLIN, 0 } };
      struct timespec time_left = { 0 };
      guint64 count;

      if (deadline >= 0)
        {
          gint64 now = g_get_monotonic_time ();

          if (now >= deadline)
            break;
          /* A time_t of 32 bits holds no more. */
          now = MAX (now, deadline - (gint64) G_MAXINT32 * G_USEC_PER_SEC);
          time_left.tv_sec = (time_t) ((deadline - now) / G_USEC_PER_SEC);
          time_left.tv_nsec = (deadline - now) % G_USEC_PER_SEC * 1000;
        }

      if (ppoll (fds, G_N_ELEMENTS (fds), deadline < 0 ? NULL : &time_left, NULL) <= 0)
        continue;
      if (fds[1].revents != 0)
        (void) !read (process->wake_fd, &count, sizeof count);
      if (fds[0].revents != 0 && gf_process_read (process) < GF_RECEIVE_AGAIN)
        break;
      if (!g_atomic_int_get (&self->is_sent) || g_atomic_int_get (&process->has_died))
        break;
    }

  thread->is_shared = was_shared;

  g_mutex_lock (&process->lock);
  g_atomic_int_add (&process->n_waiting, -1);
  if (process->state == GF_PROCESS_SERVING && process->requests.length == 0)
    gf_process_trust_waiter (process);
  else if (process->state != GF_PROCESS_DEAD)
    gf_process_listen (process, process->events | EPOLLIN);
  g_mutex_unlock (&process->lock);

  g_mutex_unlock (&process->read_lock);
}

static void
gf_request_wake (GfRemote *remote)
{
  gf_process_wake (remote_to_request (remote)->process);
}

static void
gf_request_free (GfRemote *remote)
{
  GfRequest *self = remote_to_request (remote);

  gf_process_unref (self->process);
  g_free (self);
}

static const GfRemoteFuncs request_funcs = {
  .withdrawn = gf_request_withdrawn,
  .cancel_pending = gf_request_cancel_pending,
  .wait = gf_request_wait,
  .wake = gf_request_wake,
  .free = gf_request_free,
};

/* Takes @task. */
GfRequest *
gf_request_new (GfProcess *process,
                GfPromise *task,
                guint64    id)
{
  GfRequest *self = g_new0 (GfRequest, 1);

  self->remote.funcs = &request_funcs;
  self->remote.ref_count = 1;
  self->process = gf_process_ref (process);
  self->task = task;
  self->id = id;
  self->link.data = self;

  if (task != NULL)
    gf_promise_set_remote (task, &self->remote);

  return self;
}

/* The process works at it, or is about to: with its lock held. FALSE: it was
 * cancelled before. */
gboolean
gf_request_begin (GfRequest *self)
{
  gint64 timeout = self->process->task_timeout;

  self->is_begun = TRUE;
  if (self->task == NULL)
    return TRUE;

  /* One that is tried once more has begun. */
  if (!gf_promise_begin_remote (self->task) &&
      (gf_future_is_done ((GfFuture *) self->task) ||
       !(gf_future_load_state ((GfFuture *) self->task) & GF_STATE_BEGUN)))
    return FALSE;

  if (timeout > 0)
    {
      gint64 now = g_get_monotonic_time ();

      self->timeout = gf_timer_start (timeout < G_MAXINT64 - now ? now + timeout : G_MAXINT64,
                                      gf_future_time_out, g_object_ref (self->task), g_object_unref);
    }

  return TRUE;
}

/* It is no longer sent: gives its task, a reference, and lets go of the rest. */
GfPromise *
gf_request_take_task (GfRequest *self)
{
  GfPromise *task = g_steal_pointer (&self->task);

  g_clear_pointer (&self->timeout, gf_timer_stop);
  g_clear_pointer (&self->grace, gf_timer_stop);
  if (task != NULL)
    gf_promise_set_remote (task, NULL);
  gf_remote_unref (&self->remote);

  return task;
}

/* It is no longer sent, and has ended. Takes @result and @error, not @details. */
void
gf_request_finish (GfRequest *self,
                   GVariant  *result,
                   GError    *error,
                   GBytes    *details)
{
  GfProcessPool *pool = gf_process_pool_ref (self->process->pool);
  GfPromise *task = gf_request_take_task (self);

  gf_process_pool_forget (pool, task);
  gf_promise_end_remote (task, result, error, details);
  gf_process_pool_unref (pool);
}

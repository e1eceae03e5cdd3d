/* gf-future-wait.c - blocking until a future is settled
 *
 * A small table of locks and conditions, hashed by the future's address, serves
 * all waits: a future pays for them only when somebody waits for it.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "gf-future-private.h"

#include "../loop/gf-thread-private.h"
#include "gf-error.h"

typedef struct
{
  GMutex lock;
  GCond  cond;
} GfWaiters;

/* Strangers that share an entry wake each other in vain, no more. */
static GfWaiters waiters[64];

static GfWaiters *
gf_waiters_get (GfFuture *future)
{
  gsize address = (gsize) future;

  return &waiters[(address >> 6 ^ address >> 12) % G_N_ELEMENTS (waiters)];
}

/* Called after the state has changed, if it had GF_STATE_WAITED. */
void
gf_waiters_wake (GfFuture *future)
{
  GfWaiters *entry = gf_waiters_get (future);

  g_mutex_lock (&entry->lock);
  g_cond_broadcast (&entry->cond);
  g_mutex_unlock (&entry->lock);
}

/* ---- what was sent elsewhere ---- */

/* Says where a call is now, or that it is nowhere (NULL). */
void
gf_promise_set_remote (GfPromise *self,
                       GfRemote  *remote)
{
  GfFuture *future = (GfFuture *) self;
  GfWaiters *entry = gf_waiters_get (future);
  GfRemote *old;

  g_mutex_lock (&entry->lock);
  old = self->how.remote;
  self->how.remote = remote != NULL ? gf_remote_ref (remote) : NULL;
  if (remote != NULL)
    atomic_fetch_or_explicit (&future->state, GF_STATE_REMOTE, memory_order_acq_rel);
  else
    atomic_fetch_and_explicit (&future->state, ~GF_STATE_REMOTE, memory_order_acq_rel);
  g_mutex_unlock (&entry->lock);

  if (old != NULL)
    gf_remote_unref (old);
}

/* Who has the call, if it was sent elsewhere, a reference. */
GfRemote *
gf_future_ref_remote (GfFuture *self)
{
  GfWaiters *entry = gf_waiters_get (self);
  GfRemote *remote = NULL;

  if (!(gf_future_load_state (self) & GF_STATE_REMOTE))
    return NULL;

  g_mutex_lock (&entry->lock);
  if (gf_future_load_state (self) & GF_STATE_REMOTE)
    remote = gf_remote_ref (((GfPromise *) self)->how.remote);
  g_mutex_unlock (&entry->lock);

  return remote;
}

/* The future was settled, while it had a remote. */
void
gf_promise_withdraw_remote (GfPromise *self)
{
  GfRemote *remote = gf_future_ref_remote ((GfFuture *) self);

  if (remote == NULL)
    return;

  remote->funcs->withdrawn (remote);
  gf_remote_unref (remote);
}

static void
gf_remote_cancelled_cb (GCancellable *cancellable G_GNUC_UNUSED,
                        GfRemote     *remote)
{
  remote->funcs->wake (remote);
}

/* Waits where the answer arrives, if that is possible now. */
static void
gf_future_wait_for_remote (GfFuture     *self,
                           GfWait       *wait,
                           gint64        deadline,
                           GCancellable *cancellable)
{
  GfRemote *remote = gf_future_ref_remote (self);
  gulong cancelled_id = 0;

  if (remote == NULL)
    return;

  gf_wait_set_remote (wait, remote);

  if (cancellable != NULL)
    cancelled_id = g_signal_connect_data (cancellable, "cancelled", G_CALLBACK (gf_remote_cancelled_cb),
                                          gf_remote_ref (remote), (GClosureNotify) gf_remote_unref, 0);

  if (!atomic_load (&wait->thread->attention))
    remote->funcs->wait (remote, self, deadline, cancellable);

  gf_wait_set_remote (wait, NULL);
  if (cancelled_id != 0)
    g_signal_handler_disconnect (cancellable, cancelled_id);
  gf_remote_unref (remote);
}

/* ---- waiting ---- */

static void
gf_future_wait_cancelled_cb (GCancellable *cancellable G_GNUC_UNUSED,
                             GfFuture     *self)
{
  gf_waiters_wake (self);
}

/* How long to look before sleeping: to sleep and to be woken takes 5 to 20 µs. */
#define SPIN_US 20

static gboolean
gf_future_spin (GfFuture *self,
                GfThread *thread)
{
  gint64 end;

  if (!thread->may_spin)
    return FALSE;

  end = g_get_monotonic_time () + SPIN_US;
  do
    for (guint i = 0; i < 16; i++)
      {
        if (gf_future_is_done (self))
          return TRUE;
        gf_thread_relax ();
      }
  while (g_get_monotonic_time () < end);

  return FALSE;
}

/* Sleeps till @self is settled, @deadline has passed (-1: never), @cancellable is
 * cancelled or there is something to run for @thread, the calling one. */
static void
gf_future_sleep (GfFuture     *self,
                 GfThread     *thread,
                 gint64        deadline,
                 GCancellable *cancellable)
{
  GfWaiters *entry = gf_waiters_get (self);
  gulong cancelled_id = 0;
  guint state;

  if (cancellable != NULL)
    cancelled_id = g_signal_connect (cancellable, "cancelled",
                                     G_CALLBACK (gf_future_wait_cancelled_cb), self);

  g_mutex_lock (&entry->lock);

  state = atomic_fetch_or_explicit (&self->state, GF_STATE_WAITED, memory_order_acq_rel);
  while (!gf_state_is_settled (state) && !g_cancellable_is_cancelled (cancellable) &&
         !atomic_load (&thread->attention))
    {
      if (deadline < 0)
        g_cond_wait (&entry->cond, &entry->lock);
      else if (!g_cond_wait_until (&entry->cond, &entry->lock, deadline))
        break;
      state = gf_future_load_state (self);
    }

  g_mutex_unlock (&entry->lock);

  /* Not g_cancellable_disconnect(): a handler that still runs does no harm, for
   * it only looks at the address. */
  if (cancelled_id != 0)
    g_signal_handler_disconnect (cancellable, cancelled_id);
}

static gboolean
gf_future_is_run_by (GfFuture *self,
                     GfThread *thread)
{
  for (GfFrame *frame = thread->frame; frame != NULL; frame = frame->outer)
    if (GF_FUTURE (frame->promise) == self)
      return TRUE;

  return FALSE;
}

static gboolean
gf_future_is_run_by_cb (GfFuture *self,
                        gpointer  thread)
{
  return gf_future_is_run_by (self, thread);
}

/* Whether it cannot be settled before what runs in the thread has returned. */
gboolean
gf_future_needs_thread (GfFuture *self,
                        GfThread *thread)
{
  g_autoptr (GPtrArray) futures = NULL;

  if (thread->frame == NULL)
    return FALSE;

  if (!(gf_future_load_state (self) & GF_STATE_LINKED))
    return gf_future_is_run_by (self, thread);

  futures = g_ptr_array_new_with_free_func (g_object_unref);

  return gf_future_depends_on (self, TRUE, gf_future_is_run_by_cb, thread, futures);
}

/* Lets the worker @thread, the calling one, run the task, if it is its pool's and
 * has not begun. */
gboolean
gf_future_help (GfFuture *self,
                GfThread *thread)
{
  atomic_fetch_or_explicit (&self->state, GF_STATE_HELPED, memory_order_relaxed);
  if (thread->hooks->help (thread->worker, self))
    return TRUE;
  atomic_fetch_and_explicit (&self->state, ~GF_STATE_HELPED, memory_order_relaxed);

  return FALSE;
}

/* Blocks the calling thread; @helps: it is a worker without a deadline. */
static void
gf_future_block (GfFuture     *self,
                 GfMembers    *members,
                 GfThread     *thread,
                 gboolean      helps,
                 gint64        deadline,
                 GCancellable *cancellable)
{
  const GfWorkerHooks *hooks = thread->hooks;
  gboolean blocked = FALSE;
  char *traced = NULL;
  gint64 begin = 0;
  GfWait wait;

  if (GF_TRACING (GF_TRACE_WAITS | GF_TRACE_MARKS))
    {
      begin = g_get_monotonic_time ();
      traced = gf_future_trace_blocked (self, thread);
    }

  gf_wait_begin (&wait, thread, self, members);

  for (;;)
    {
      gf_wanted_run (thread);
      while (helps && !gf_future_is_done (self) && !g_cancellable_is_cancelled (cancellable) &&
             gf_wait_help (&wait))
        ;

      if (gf_future_is_done (self) || g_cancellable_is_cancelled (cancellable) ||
          (deadline >= 0 && g_get_monotonic_time () >= deadline))
        break;

      if (hooks != NULL && !blocked)
        {
          hooks->block (thread->worker, self);
          blocked = TRUE;
        }
      gf_future_wait_for_remote (self, &wait, deadline, cancellable);
      gf_future_sleep (self, thread, deadline, cancellable);
    }

  if (blocked)
    hooks->unblock (thread->worker);
  gf_wait_end (&wait);
  if (G_UNLIKELY (traced != NULL))
    gf_future_trace_unblocked (traced, begin);
}

/* Waits, and says whether the future is settled. It may depend on @members in a
 * way that cannot be seen. */
gboolean
gf_future_await (GfFuture     *self,
                 GfMembers    *members,
                 gint64        timeout_us,
                 GCancellable *cancellable,
                 GError      **error)
{
  GfThread *thread = gf_thread_get ();
  gint64 deadline = -1;

  /* What this thread has put off may be what is waited for. */
  gf_thread_run_steps (thread);

  if (gf_future_is_done (self))
    return TRUE;

  if (G_UNLIKELY (gf_future_needs_thread (self, thread)))
    {
      g_set_error_literal (error, GF_FUTURE_ERROR, GF_FUTURE_ERROR_INVALID_STATE,
                           "A task cannot wait for itself, or for a task that waits for it");
      return FALSE;
    }

  if (g_cancellable_set_error_if_cancelled (cancellable, error))
    return FALSE;

  if (timeout_us > 0)
    {
      gint64 now = g_get_monotonic_time ();

      deadline = timeout_us < G_MAXINT64 - now ? now + timeout_us : G_MAXINT64;
    }

  if (timeout_us != 0)
    {
      const GfWorkerHooks *hooks = thread->hooks;
      gboolean depends = members != NULL ||
                         (gf_future_load_state (self) & (GF_STATE_LINKED | GF_STATE_REMOTE));

      /* A task that is run here cannot be left when time is up. */
      if (hooks != NULL && timeout_us < 0 && gf_future_help (self, thread))
        ;
      else if (depends || !gf_future_spin (self, thread))
        gf_future_block (self, members, thread, hooks != NULL && timeout_us < 0 && depends, deadline,
                         cancellable);
    }

  if (gf_future_is_done (self))
    return TRUE;

  if (!g_cancellable_set_error_if_cancelled (cancellable, error))
    g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT,
                         "The future was not settled in time");

  return FALSE;
}

/**
 * gf_future_wait:
 * @self: a future
 * @timeout_us: how long to wait at most, in microseconds; 0 to look only, -1
 *   for as long as it takes
 * @cancellable: (nullable): a cancellable that ends the waiting; it does not
 *   cancel the future
 * @error: return location for an error
 *
 * Blocks the calling thread until the future is settled. This is no nested main
 * loop: no signal is emitted and no callback runs meanwhile in this thread, and
 * a window freezes. Prefer #GfFuture::done there.
 *
 * There is one exception: continuations (gf_future_then()) that are at home in
 * this thread and that a blocked wait, of this thread or another, depends on are
 * run inside the wait. So a chain may be waited for where its continuations have
 * to run, and so may a task that waits for such a chain itself. A continuation
 * that blocks may then have another one run inside its wait, which must not wait
 * for it.
 *
 * A task may wait for tasks of its own pool: if the awaited one has not begun,
 * the waiting worker runs it (unless there is a timeout); if it has, another
 * thread stands in for the blocked worker. What only the blocked thread's own
 * loop could settle cannot be waited for: gf_future_run_until_done() is for
 * that.
 *
 * In a program that runs no main loop, waiting also releases the data of this
 * thread's tasks that have returned.
 *
 * Returns: %TRUE once the future is settled, whatever the outcome; %FALSE with
 *   @error set to %G_IO_ERROR_TIMED_OUT or %G_IO_ERROR_CANCELLED if the waiting
 *   ended first, or to %GF_FUTURE_ERROR_INVALID_STATE if a task waits for itself
 *
 * Since: 1.0
 */
gboolean
gf_future_wait (GfFuture     *self,
                gint64        timeout_us,
                GCancellable *cancellable,
                GError      **error)
{
  gboolean settled;

  g_return_val_if_fail (GF_IS_FUTURE (self), FALSE);
  g_return_val_if_fail (timeout_us >= -1, FALSE);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  settled = gf_future_await (self, NULL, timeout_us, cancellable, error);
  gf_home_relieve (self->home);

  return settled;
}

/**
 * gf_future_poll:
 * @self: a future
 * @timeout_us: how long to wait, in microseconds; -1 for ever, 0 not at all
 *
 * As gf_future_wait(), for languages that wait in turns, because their signal
 * handlers cannot run meanwhile: that a turn is over is no error.
 *
 * Returns: whether @self is settled; if not, the time is over, or
 *   gf_future_wait() tells why
 *
 * Since: 1.0
 */
gboolean
gf_future_poll (GfFuture *self,
                gint64    timeout_us)
{
  return gf_future_wait (self, timeout_us, NULL, NULL);
}

/**
 * gf_future_result:
 * @self: a future
 * @timeout_us: how long to wait at most, in microseconds; 0 to look only, -1
 *   for as long as it takes
 * @cancellable: (nullable): a cancellable that ends the waiting; it does not
 *   cancel the future
 * @error: return location for an error
 *
 * Waits like gf_future_wait(), then gets the value like gf_future_get_value().
 * Blocks the calling thread.
 *
 * Returns: (transfer none) (nullable): the value, which lives as long as the
 *   future; %NULL with @error set by the task, or as by gf_future_wait(). The
 *   caller can tell the two apart by gf_future_is_done().
 *
 * Since: 1.0
 */
const GValue *
gf_future_result (GfFuture     *self,
                  gint64        timeout_us,
                  GCancellable *cancellable,
                  GError      **error)
{
  if (!gf_future_wait (self, timeout_us, cancellable, error))
    return NULL;

  return gf_future_get_value (self, error);
}

static void
gf_future_wake_context_cb (GCancellable *cancellable G_GNUC_UNUSED,
                           GMainContext *context)
{
  g_main_context_wakeup (context);
}

/**
 * gf_future_run_until_done:
 * @self: a future
 * @cancellable: (nullable): a cancellable that ends the waiting; it does not
 *   cancel the future
 * @error: return location for an error
 *
 * Iterates the future's home context until the future is settled and its
 * #GfFuture::done has been emitted: for command-line programs and tests, which
 * have no main loop of their own. Only the thread that runs that context may
 * call it.
 *
 * Returns: %TRUE once the future is settled, whatever the outcome; %FALSE with
 *   @error set to %G_IO_ERROR_CANCELLED if @cancellable ended the waiting, or to
 *   %GF_FUTURE_ERROR_INVALID_STATE if another thread runs the home context, or
 *   it is gone
 *
 * Since: 1.0
 */
gboolean
gf_future_run_until_done (GfFuture     *self,
                          GCancellable *cancellable,
                          GError      **error)
{
  GfThread *thread = gf_thread_get ();
  GMainContext *context;
  gboolean settled = TRUE;
  gulong cancelled_id = 0;

  g_return_val_if_fail (GF_IS_FUTURE (self), FALSE);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  if (gf_future_load_state (self) & GF_STATE_DELIVERED)
    return TRUE;

  if (thread->hooks != NULL || gf_future_is_run_by (self, thread) ||
      gf_home_is_gone (self->home) || !gf_home_enter (self->home, thread->id))
    {
      g_set_error_literal (error, GF_FUTURE_ERROR, GF_FUTURE_ERROR_INVALID_STATE,
                           "This thread cannot run the main context that the future is at home in");
      return FALSE;
    }

  context = gf_home_get_context (self->home);
  gf_thread_run_steps (thread);
  gf_future_set_quiet (self, FALSE);

  if (cancellable != NULL)
    cancelled_id = g_signal_connect_data (cancellable, "cancelled",
                                          G_CALLBACK (gf_future_wake_context_cb),
                                          g_main_context_ref (context),
                                          (GClosureNotify) g_main_context_unref, 0);

  while (!(gf_future_load_state (self) & GF_STATE_DELIVERED))
    {
      if (g_cancellable_set_error_if_cancelled (cancellable, error))
        {
          settled = FALSE;
          break;
        }
      g_main_context_iteration (context, TRUE);
    }

  if (cancelled_id != 0)
    g_signal_handler_disconnect (cancellable, cancelled_id);
  gf_home_leave (self->home);

  return settled;
}

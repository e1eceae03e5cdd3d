/* gf-future-limits.c - what ends a future from outside: time, and a cancellable
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "gf-future-private.h"

#include "../loop/gf-completion-private.h"

static void
gf_future_fail_in_time (gpointer future,
                        gpointer data G_GNUC_UNUSED)
{
  gf_future_settle_plain (future, GF_FUTURE_STATE_FAILED | GF_STATE_TIMED_OUT);
  g_object_unref (future);
}

/* For a timer: its time is up. On the timer thread, which foreign code must not
 * delay. */
void
gf_future_time_out (gpointer future)
{
  gf_completion_push (gf_future_fail_in_time, g_object_ref (future));
}

/**
 * gf_future_set_timeout:
 * @self: a future
 * @timeout_us: how long it may take from now on, in microseconds; -1 for as
 *   long as it likes
 *
 * Makes the future fail with %G_IO_ERROR_TIMED_OUT if it is not settled in
 * time. A task that has not begun then never runs; a running one is told, as by
 * gf_future_cancel(). A later call replaces an earlier one.
 *
 * Any thread may call this. When time is up, callbacks on the inline executor
 * run on a thread of GLib's, as do the handlers of the task's cancellable.
 *
 * Since: 1.0
 */
void
gf_future_set_timeout (GfFuture *self,
                       gint64    timeout_us)
{
  GfFutureExtra *extra;
  GfTimer *timer = NULL;
  GfTimer *old;

  g_return_if_fail (GF_IS_FUTURE (self));
  g_return_if_fail (timeout_us >= -1);

  if (gf_future_is_done (self))
    return;

  if (timeout_us >= 0)
    {
      gint64 now = g_get_monotonic_time ();

      timer = gf_timer_start (timeout_us < G_MAXINT64 - now ? now + timeout_us : G_MAXINT64,
                              gf_future_time_out, g_object_ref (self), g_object_unref);
    }

  extra = gf_future_get_extra (self);
  g_mutex_lock (&extra->lock);
  old = extra->timer;
  extra->timer = timer;
  g_mutex_unlock (&extra->lock);

  if (old != NULL)
    gf_timer_stop (old);

  /* It was settled meanwhile, and did not see the timer. */
  if (gf_future_is_done (self))
    {
      g_mutex_lock (&extra->lock);
      timer = g_steal_pointer (&extra->timer);
      g_mutex_unlock (&extra->lock);

      if (timer != NULL)
        gf_timer_stop (timer);
    }
}

/* The future is not kept: who dropped its promise is to hear of it. */
static void
gf_future_outer_cancelled_cb (GCancellable *cancellable G_GNUC_UNUSED,
                              GfHandle     *handle)
{
  g_autoptr (GfFuture) self = gf_handle_get_future (handle);

  if (self != NULL)
    gf_future_cancel (self);
}

/**
 * gf_future_set_cancellable:
 * @self: a future
 * @cancellable: (nullable): a cancellable that cancels the future, or %NULL for
 *   none
 *
 * Lets @cancellable cancel the future: that does what gf_future_cancel() does,
 * in the thread that cancels; at once if it is cancelled. A later call replaces
 * an earlier one, and that of gf_executor_submit_full().
 *
 * Any thread may call this.
 *
 * Since: 1.0
 */
void
gf_future_set_cancellable (GfFuture     *self,
                           GCancellable *cancellable)
{
  g_autoptr (GCancellable) old = NULL;
  GfFutureExtra *extra;
  gulong old_id;
  gulong id = 0;

  g_return_if_fail (GF_IS_FUTURE (self));
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  extra = gf_future_get_extra (self);

  /* A plain signal handler: g_cancellable_disconnect() would wait for its own
   * caller. */
  if (cancellable != NULL)
    id = g_signal_connect_data (cancellable, "cancelled",
                                G_CALLBACK (gf_future_outer_cancelled_cb),
                                gf_future_get_handle (self), (GClosureNotify) gf_handle_unref, 0);

  g_mutex_lock (&extra->lock);
  old = g_steal_pointer (&extra->outer);
  old_id = extra->outer_id;
  extra->outer = cancellable != NULL ? g_object_ref (cancellable) : NULL;
  extra->outer_id = id;
  g_mutex_unlock (&extra->lock);

  if (old != NULL)
    g_signal_handler_disconnect (old, old_id);

  if (cancellable == NULL)
    return;

  if (g_cancellable_is_cancelled (cancellable))
    gf_future_cancel (self);
  /* It was settled meanwhile, and did not see the cancellable. */
  if (gf_future_is_done (self))
    gf_future_set_cancellable (self, NULL);
}

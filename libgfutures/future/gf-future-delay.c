/* gf-future-delay.c - a future that is settled by the clock
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "gf-future-private.h"

/* On the timer thread. */
static void
gf_future_delay_is_over (gpointer future)
{
  gf_future_settle_plain (future, GF_FUTURE_STATE_SUCCEEDED | GF_STATE_NO_VALUE);
}

static void
gf_future_delay_settled (GfFuture *future G_GNUC_UNUSED,
                         gpointer  timer)
{
  gf_timer_stop (timer);
}

/**
 * gf_future_new_delay:
 * @delay_us: how long to wait, in microseconds; at least 0
 *
 * Creates a future that succeeds, with no value, when @delay_us is over: to chain
 * to with gf_future_then(), or to put into a gf_future_race(). Cancelling it stops
 * the clock; dropping it does not.
 *
 * Its home is the thread-default context of the calling thread, or, inside a task,
 * the home of that task. Any thread may call this; it needs no main loop.
 *
 * Returns: (transfer full): a pending future
 *
 * Since: 1.0
 */
GfFuture *
gf_future_new_delay (gint64 delay_us)
{
  GfFuture *self;
  GfTimer *timer;
  gint64 now;

  g_return_val_if_fail (delay_us >= 0, NULL);

  self = GF_FUTURE (gf_promise_new ());
  now = g_get_monotonic_time ();
  timer = gf_timer_start (delay_us < G_MAXINT64 - now ? now + delay_us : G_MAXINT64,
                          gf_future_delay_is_over, g_object_ref (self), g_object_unref);
  gf_future_observe (self, gf_future_delay_settled, timer);

  return self;
}

/* gf-future-state.c - asking for the state of a future, and cancelling it
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "gf-future-private.h"

/**
 * gf_future_get_state:
 * @self: a future
 *
 * Gets the state at this moment. Any thread may ask; only the settled states
 * are sure to last.
 *
 * Returns: the state
 *
 * Since: 1.0
 */
GfFutureState
gf_future_get_state (GfFuture *self)
{
  g_return_val_if_fail (GF_IS_FUTURE (self), GF_FUTURE_STATE_PENDING);

  return gf_future_load_state (self) & GF_STATE_MASK;
}

/**
 * gf_future_is_done:
 * @self: a future
 *
 * Whether the future is settled: succeeded, failed or cancelled. Any thread may
 * ask.
 *
 * Returns: %TRUE if it is, and will be for ever
 *
 * Since: 1.0
 */
gboolean
gf_future_is_done (GfFuture *self)
{
  g_return_val_if_fail (GF_IS_FUTURE (self), FALSE);

  return gf_state_is_settled (gf_future_load_state (self));
}

/**
 * gf_future_is_running:
 * @self: a future
 *
 * Whether the task has begun and the future is not settled. Any thread may ask.
 *
 * Returns: %TRUE if that is so at this moment
 *
 * Since: 1.0
 */
gboolean
gf_future_is_running (GfFuture *self)
{
  return gf_future_get_state (self) == GF_FUTURE_STATE_RUNNING;
}

/**
 * gf_future_is_cancelled:
 * @self: a future
 *
 * Whether the future was settled by gf_future_cancel(). Any thread may ask.
 *
 * Returns: %TRUE if it was
 *
 * Since: 1.0
 */
gboolean
gf_future_is_cancelled (GfFuture *self)
{
  return gf_future_get_state (self) == GF_FUTURE_STATE_CANCELLED;
}

/**
 * gf_future_cancel:
 * @self: a future
 *
 * Cancels the future, from any thread. It is settled as
 * %GF_FUTURE_STATE_CANCELLED at once; its error is %G_IO_ERROR_CANCELLED.
 *
 * A task that has not begun never runs. A running one is told, by
 * gf_promise_should_stop() and by its cancellable, whose handlers run in this
 * thread; its function keeps its worker and its data until it returns, and what
 * it returns is dropped.
 *
 * #GfFuture::done is not emitted inside this function, but in a later turn of
 * the home context. Callbacks on the inline executor run inside it.
 *
 * Returns: %TRUE if this call settled the future, %FALSE if it was settled
 *
 * Since: 1.0
 */
gboolean
gf_future_cancel (GfFuture *self)
{
  g_return_val_if_fail (GF_IS_FUTURE (self), FALSE);

  return gf_future_settle_plain (self, GF_FUTURE_STATE_CANCELLED);
}

/**
 * gf_future_cancel_pending:
 * @self: a future
 *
 * Cancels the future if it has not begun: what was not done will not be. If it
 * is running or settled, nothing happens. Else this does what gf_future_cancel()
 * does, in one step: a task of which this says %TRUE never runs.
 *
 * A call of a process pool has begun when it was sent to an idle worker, or its
 * worker has taken it up after the one before; gf_future_get_state() may tell
 * of the latter only when the answer to the one before arrives. One that waits in
 * a worker for its turn is taken back. Futures that wait for others are pending
 * till their continuation begins (gf_future_then()), or till they are settled
 * (gf_future_all()). That of gf_executor_map() runs from the beginning.
 *
 * Any thread may call this.
 *
 * Returns: %TRUE if this call settled the future; %FALSE if it had begun, or was
 *   settled
 *
 * Since: 1.0
 */
gboolean
gf_future_cancel_pending (GfFuture *self)
{
  GfRemote *gone = NULL;
  gboolean cancelled;

  g_return_val_if_fail (GF_IS_FUTURE (self), FALSE);

  while ((cancelled = gf_future_claim_pending (self)))
    {
      GfRemote *remote = gf_future_ref_remote (self);
      GfRemoteState remote_state;

      /* As long as it is claimed it is not sent again: partner of
       * gf_process_assign(). */
      if (remote == gone)
        {
          gf_future_seal (self, GF_FUTURE_STATE_CANCELLED);
          g_clear_pointer (&remote, gf_remote_unref);
          break;
        }

      /* Who has it has a lock that is not to be waited for with a claim. */
      gf_future_unclaim (self);
      g_clear_pointer (&gone, gf_remote_unref);
      if (remote == NULL)
        continue;

      remote_state = remote->funcs->cancel_pending (remote);
      if (remote_state == GF_REMOTE_GONE)
        {
          gone = remote;
          continue;
        }

      gf_remote_unref (remote);
      cancelled = remote_state == GF_REMOTE_CANCELLED;
      break;
    }

  g_clear_pointer (&gone, gf_remote_unref);

  return cancelled;
}

/* gf-promise-hold.c - keeping a promise open after its function has returned
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "gf-future-private.h"

#include "gf-error.h"

/**
 * GfPromiseHold:
 *
 * Keeps a promise open, see gf_promise_hold().
 *
 * Since: 1.0
 */
struct _GfPromiseHold
{
  GfPromise *promise; /* NULL: released */
};

G_DEFINE_BOXED_TYPE (GfPromiseHold, gf_promise_hold, gf_promise_hold_copy, gf_promise_hold_free)

/**
 * gf_promise_hold:
 * @self: a promise
 *
 * Keeps the promise open: the task's function may return without settling it,
 * and somebody else does later, in the callback of an asynchronous operation for
 * example. Several holds may be taken. When the last one is freed and the
 * promise is not settled, it fails with %GF_FUTURE_ERROR_BROKEN_PROMISE.
 *
 * The task's data lives until the function has returned and the promise is
 * settled. Its worker is free once the function has returned; gf_executor_shutdown()
 * does not wait any longer.
 *
 * Any thread may call this; the hold may be freed on any thread.
 *
 * Returns: (transfer full): a new hold, for gf_promise_hold_free()
 *
 * Since: 1.0
 */
GfPromiseHold *
gf_promise_hold (GfPromise *self)
{
  GfPromiseHold *hold;
  GfFutureExtra *extra;

  g_return_val_if_fail (GF_IS_PROMISE (self), NULL);

  hold = g_new0 (GfPromiseHold, 1);
  hold->promise = g_object_ref (self);

  extra = gf_future_get_extra (GF_FUTURE (self));
  g_mutex_lock (&extra->lock);
  if (extra->n_holds++ == 0)
    atomic_fetch_or_explicit (&GF_FUTURE (self)->state, GF_STATE_HELD, memory_order_acq_rel);
  g_mutex_unlock (&extra->lock);

  return hold;
}

/**
 * gf_promise_hold_copy:
 * @self: a hold
 *
 * Takes another hold on the same promise. Any thread may call this.
 *
 * Returns: (transfer full): a new hold
 *
 * Since: 1.0
 */
GfPromiseHold *
gf_promise_hold_copy (GfPromiseHold *self)
{
  GfPromise *promise;

  g_return_val_if_fail (self != NULL, NULL);

  promise = g_atomic_pointer_get (&self->promise);

  return promise != NULL ? gf_promise_hold (promise) : g_new0 (GfPromiseHold, 1);
}

/**
 * gf_promise_hold_release:
 * @self: a hold
 *
 * Gives the hold up before it is freed: for languages in which a garbage
 * collector decides about that. A second time does nothing. Any thread may call
 * this.
 *
 * Since: 1.0
 */
void
gf_promise_hold_release (GfPromiseHold *self)
{
  g_autoptr (GfPromise) promise = NULL;
  GfFutureExtra *extra;
  gboolean last;

  g_return_if_fail (self != NULL);

  do
    promise = g_atomic_pointer_get (&self->promise);
  while (promise != NULL && !g_atomic_pointer_compare_and_exchange (&self->promise, promise, NULL));

  if (promise == NULL)
    return;

  extra = gf_future_get_extra (GF_FUTURE (promise));
  g_mutex_lock (&extra->lock);
  last = --extra->n_holds == 0;
  g_mutex_unlock (&extra->lock);

  /* It stays marked as held, so that a function that still runs does not settle
   * what is broken. */
  if (last && !gf_future_is_done (GF_FUTURE (promise)))
    gf_promise_reject_literal (promise, GF_FUTURE_ERROR, GF_FUTURE_ERROR_BROKEN_PROMISE,
                               "The task let go of its promise without settling it");
}

/**
 * gf_promise_hold_free:
 * @self: a hold
 *
 * Frees the hold. If it was the last one and the promise is not settled, it
 * fails with %GF_FUTURE_ERROR_BROKEN_PROMISE. Any thread may call this.
 *
 * Since: 1.0
 */
void
gf_promise_hold_free (GfPromiseHold *self)
{
  g_return_if_fail (self != NULL);

  gf_promise_hold_release (self);
  g_free (self);
}

/**
 * gf_promise_hold_get_promise:
 * @self: a hold
 *
 * Gets the promise that is held, to settle it. Any thread may call this.
 *
 * Returns: (transfer none) (nullable): the promise; %NULL after
 *   gf_promise_hold_release()
 *
 * Since: 1.0
 */
GfPromise *
gf_promise_hold_get_promise (GfPromiseHold *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  return g_atomic_pointer_get (&self->promise);
}

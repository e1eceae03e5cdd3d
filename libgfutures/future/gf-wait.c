/* gf-wait.c - waiting for several futures
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "gf-wait.h"

#include "gf-future-set-private.h"

/**
 * SECTION:gf-wait
 * @title: Waiting
 * @short_description: waiting for several futures
 *
 * gf_wait() blocks until one or all of several futures are settled.
 */

G_DEFINE_ENUM_TYPE (GfReturnWhen, gf_return_when,
                    G_DEFINE_ENUM_VALUE (GF_RETURN_WHEN_ALL_COMPLETED, "all-completed"),
                    G_DEFINE_ENUM_VALUE (GF_RETURN_WHEN_FIRST_COMPLETED, "first-completed"),
                    G_DEFINE_ENUM_VALUE (GF_RETURN_WHEN_FIRST_EXCEPTION, "first-exception"))

/**
 * gf_wait:
 * @futures: (array length=n_futures) (transfer none): futures
 * @n_futures: how many
 * @return_when: what to wait for
 * @timeout_us: how long to wait at most, in microseconds; 0 to look only, -1
 *   for as long as it takes
 * @cancellable: (nullable): a cancellable that ends the waiting
 * @error: return location for an error
 *
 * Blocks the calling thread until the futures are settled as @return_when says.
 * What is said of gf_future_wait() holds here too. The futures themselves are
 * left alone, however the waiting ends. There is nothing to wait for if there
 * are no futures.
 *
 * Returns: %TRUE once it is so; %FALSE with @error set to %G_IO_ERROR_TIMED_OUT
 *   or %G_IO_ERROR_CANCELLED if the waiting ended first, or to
 *   %G_IO_ERROR_INVALID_ARGUMENT if a future was given twice
 *
 * Since: 1.0
 */
gboolean
gf_wait (GfFuture * const *futures,
         gsize             n_futures,
         GfReturnWhen      return_when,
         gint64            timeout_us,
         GCancellable     *cancellable,
         GError          **error)
{
  static const GfFutureSetKind kinds[] = {
    [GF_RETURN_WHEN_ALL_COMPLETED] = GF_FUTURE_SET_ALL_COMPLETED,
    [GF_RETURN_WHEN_FIRST_COMPLETED] = GF_FUTURE_SET_FIRST_COMPLETED,
    [GF_RETURN_WHEN_FIRST_EXCEPTION] = GF_FUTURE_SET_FIRST_EXCEPTION,
  };
  g_autoptr (GfFutureSet) set = NULL;

  g_return_val_if_fail (futures != NULL || n_futures == 0, FALSE);
  g_return_val_if_fail (return_when < G_N_ELEMENTS (kinds), FALSE);
  g_return_val_if_fail (timeout_us >= -1, FALSE);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  set = gf_future_set_new (kinds[return_when], futures, n_futures);

  if (!gf_future_wait (GF_FUTURE (set), timeout_us, cancellable, error))
    {
      /* A set that does not cancel only stops watching. */
      gf_future_cancel (GF_FUTURE (set));
      return FALSE;
    }

  /* Twins. */
  return gf_future_get_value (GF_FUTURE (set), error) != NULL;
}

/**
 * gf_wait_poll:
 * @futures: (array length=n_futures): futures
 * @n_futures: how many
 * @return_when: what to wait for
 * @timeout_us: how long to wait, in microseconds; -1 for ever
 *
 * As gf_wait(), for languages that wait in turns, because their signal handlers
 * cannot run meanwhile: that a turn is over is no error.
 *
 * Returns: whether what was waited for has come; if not, the time is over, or
 *   gf_wait() tells why
 *
 * Since: 1.0
 */
gboolean
gf_wait_poll (GfFuture * const *futures,
              gsize             n_futures,
              GfReturnWhen      return_when,
              gint64            timeout_us)
{
  return gf_wait (futures, n_futures, return_when, timeout_us, NULL, NULL);
}

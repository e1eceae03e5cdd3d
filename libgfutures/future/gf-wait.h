/* gf-wait.h - waiting for several futures
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#if !defined (GFUTURES_INSIDE) && !defined (GFUTURES_COMPILATION)
#error "Only <gfutures.h> can be included directly."
#endif

#include "gf-future.h"

G_BEGIN_DECLS

/**
 * GfReturnWhen:
 * @GF_RETURN_WHEN_ALL_COMPLETED: when all futures are settled
 * @GF_RETURN_WHEN_FIRST_COMPLETED: when one of them is settled
 * @GF_RETURN_WHEN_FIRST_EXCEPTION: when one of them has failed, or all are
 *   settled; to be cancelled is not to fail
 *
 * When gf_wait() returns.
 *
 * Since: 1.0
 */
typedef enum {
  GF_RETURN_WHEN_ALL_COMPLETED,
  GF_RETURN_WHEN_FIRST_COMPLETED,
  GF_RETURN_WHEN_FIRST_EXCEPTION
} GfReturnWhen;

GF_AVAILABLE_IN_1_0
GType    gf_return_when_get_type (void) G_GNUC_CONST;
/**
 * GF_TYPE_RETURN_WHEN:
 *
 * The #GType of #GfReturnWhen.
 *
 * Since: 1.0
 */
#define GF_TYPE_RETURN_WHEN (gf_return_when_get_type ())

GF_AVAILABLE_IN_1_0
gboolean gf_wait                 (GfFuture * const *futures,
                                  gsize             n_futures,
                                  GfReturnWhen      return_when,
                                  gint64            timeout_us,
                                  GCancellable     *cancellable,
                                  GError          **error);
GF_AVAILABLE_IN_1_0
gboolean gf_wait_poll            (GfFuture * const *futures,
                                  gsize             n_futures,
                                  GfReturnWhen      return_when,
                                  gint64            timeout_us);

G_END_DECLS

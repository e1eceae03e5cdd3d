/* gf-limited-executor.h - a bounded share of another executor
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#if !defined (GFUTURES_INSIDE) && !defined (GFUTURES_COMPILATION)
#error "Only <gfutures.h> can be included directly."
#endif

#include "gf-executor.h"

G_BEGIN_DECLS

#define GF_TYPE_LIMITED_EXECUTOR (gf_limited_executor_get_type ())

GF_AVAILABLE_IN_1_0
G_DECLARE_FINAL_TYPE (GfLimitedExecutor, gf_limited_executor, GF, LIMITED_EXECUTOR, GfExecutor)

GF_AVAILABLE_IN_1_0
GfExecutor *gf_limited_executor_new           (GfExecutor        *executor,
                                               guint              max_in_flight,
                                               guint              max_queued);
GF_AVAILABLE_IN_1_0
GfFuture   *gf_limited_executor_wait_for_room (GfLimitedExecutor *self);

G_END_DECLS

/* gf-inline-executor.h - runs tasks at once in the calling thread
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#if !defined (GFUTURES_INSIDE) && !defined (GFUTURES_COMPILATION)
#error "Only <gfutures.h> can be included directly."
#endif

#include "gf-executor.h"

G_BEGIN_DECLS

#define GF_TYPE_INLINE_EXECUTOR (gf_inline_executor_get_type ())

GF_AVAILABLE_IN_1_0
G_DECLARE_FINAL_TYPE (GfInlineExecutor, gf_inline_executor, GF, INLINE_EXECUTOR, GfExecutor)

GF_AVAILABLE_IN_1_0
GfExecutor *gf_inline_executor_get (void);

G_END_DECLS

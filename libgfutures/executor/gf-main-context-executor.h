/* gf-main-context-executor.h - runs tasks in a GMainContext
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#if !defined (GFUTURES_INSIDE) && !defined (GFUTURES_COMPILATION)
#error "Only <gfutures.h> can be included directly."
#endif

#include "gf-executor.h"

G_BEGIN_DECLS

#define GF_TYPE_MAIN_CONTEXT_EXECUTOR (gf_main_context_executor_get_type ())

GF_AVAILABLE_IN_1_0
G_DECLARE_FINAL_TYPE (GfMainContextExecutor, gf_main_context_executor, GF, MAIN_CONTEXT_EXECUTOR, GfExecutor)

GF_AVAILABLE_IN_1_0
GfExecutor *gf_main_context_executor_new (GMainContext *context);

G_END_DECLS

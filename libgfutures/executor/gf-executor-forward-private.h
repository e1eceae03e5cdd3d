/* gf-executor-forward-private.h - giving a task on to another executor
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#ifndef GFUTURES_COMPILATION
#error "A private header of libgfutures."
#endif

#include "gf-executor-private.h"

G_BEGIN_DECLS

void     gf_executor_forward   (GfExecutor *self,
                                GfPromise  *task);
gboolean gf_executor_may_help  (GfExecutor *self,
                                GfPromise  *task);

G_END_DECLS

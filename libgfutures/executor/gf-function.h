/* gf-function.h - functions that are called by name
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#if !defined (GFUTURES_INSIDE) && !defined (GFUTURES_COMPILATION)
#error "Only <gfutures.h> can be included directly."
#endif

#include "../gf-types.h"

G_BEGIN_DECLS

GF_AVAILABLE_IN_1_0
void gf_function_register (const char    *name,
                           GfFunction     function,
                           gpointer       user_data,
                           GDestroyNotify destroy);

G_END_DECLS

/* gf-function-private.h - the registry of functions
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#ifndef GFUTURES_COMPILATION
#error "A private header of libgfutures."
#endif

#include "gf-function.h"

G_BEGIN_DECLS

void gf_function_add (const char    *name,
                      GfFunction     function,
                      gpointer       user_data,
                      GDestroyNotify destroy,
                      gboolean       is_bound);

G_END_DECLS

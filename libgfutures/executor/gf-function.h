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

/* gf-function-serialized.c */
GF_AVAILABLE_IN_1_0
void gf_function_register_serialized (const char          *name,
                                      gsize                max_size,
                                      GfSerializedFunction function,
                                      gpointer             user_data,
                                      GDestroyNotify       destroy);

GF_AVAILABLE_IN_1_0
void gf_function_return_serialized   (GfPromise           *promise,
                                      const char          *type,
                                      const guint8        *data,
                                      gsize                n_data);

G_END_DECLS

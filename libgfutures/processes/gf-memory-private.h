/* gf-memory-private.h - memory for large messages
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#ifndef GFUTURES_COMPILATION
#error "A private header of libgfutures."
#endif

#include <glib.h>

G_BEGIN_DECLS

GBytes *gf_memory_new          (gsize    size,
                                gsize    visible,
                                guint8 **data);
void    gf_memory_keep_nothing (void);

G_END_DECLS

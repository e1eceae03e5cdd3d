/* gf-buffer-private.h - the descriptors behind sealed bytes
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#ifndef GFUTURES_COMPILATION
#error "A private header of libgfutures."
#endif

#include "gf-buffer.h"

G_BEGIN_DECLS

int     gf_buffer_find_fd  (gconstpointer data,
                            gsize         size,
                            guint64      *offset);
GBytes *gf_buffer_map      (int           fd,
                            guint64       offset,
                            gsize         size,
                            GError      **error);

G_END_DECLS

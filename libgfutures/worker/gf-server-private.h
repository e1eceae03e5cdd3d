/* gf-server-private.h - serves the requests of a pool
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#ifndef GFUTURES_COMPILATION
#error "A private header of libgfutures."
#endif

#include <glib.h>

G_BEGIN_DECLS

int gf_server_run (int in_fd,
                   int out_fd);

G_END_DECLS

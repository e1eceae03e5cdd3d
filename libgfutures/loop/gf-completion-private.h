/* gf-completion-private.h - threads for what must not run where it arises
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#ifndef GFUTURES_COMPILATION
#error "A private header of libgfutures."
#endif

#include <glib.h>

G_BEGIN_DECLS

void gf_completion_push (GFunc    func,
                         gpointer data);

G_END_DECLS

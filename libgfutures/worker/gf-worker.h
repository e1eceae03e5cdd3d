/* gf-worker.h - the worker's side of a process pool
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
gboolean gf_worker_requested (void);
GF_AVAILABLE_IN_1_0
int      gf_worker_run       (int    argc,
                              char **argv);
GF_AVAILABLE_IN_1_0
void     gf_worker_exit      (int    status) G_GNUC_NORETURN;

G_END_DECLS

/* gf-process-pool-executor.h - runs tasks in worker processes
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#if !defined (GFUTURES_INSIDE) && !defined (GFUTURES_COMPILATION)
#error "Only <gfutures.h> can be included directly."
#endif

#include "../executor/gf-executor.h"

G_BEGIN_DECLS

/**
 * GfWorkerTransport:
 * @GF_WORKER_TRANSPORT_AUTO: a socket if there is no launcher, else standard
 *   input and output
 * @GF_WORKER_TRANSPORT_SOCKET: a socket, which the worker has as descriptor 3
 * @GF_WORKER_TRANSPORT_STDIO: the worker's standard input and output, for
 *   launchers that pass no other descriptor (ssh, srun)
 *
 * How a process pool talks to its workers.
 *
 * Since: 1.0
 */
typedef enum {
  GF_WORKER_TRANSPORT_AUTO,
  GF_WORKER_TRANSPORT_SOCKET,
  GF_WORKER_TRANSPORT_STDIO
} GfWorkerTransport;

GF_AVAILABLE_IN_1_0
GType       gf_worker_transport_get_type               (void) G_GNUC_CONST;
/**
 * GF_TYPE_WORKER_TRANSPORT:
 *
 * The #GType of #GfWorkerTransport.
 *
 * Since: 1.0
 */
#define GF_TYPE_WORKER_TRANSPORT (gf_worker_transport_get_type ())

#define GF_TYPE_PROCESS_POOL_EXECUTOR (gf_process_pool_executor_get_type ())

GF_AVAILABLE_IN_1_0
G_DECLARE_FINAL_TYPE (GfProcessPoolExecutor, gf_process_pool_executor, GF, PROCESS_POOL_EXECUTOR, GfExecutor)

GF_AVAILABLE_IN_1_0
GfExecutor *gf_process_pool_executor_new               (guint                  max_workers,
                                                        const char * const    *worker_argv);
GF_AVAILABLE_IN_1_0
GfExecutor *gf_process_pool_executor_new_for_self      (guint                  max_workers);

GF_AVAILABLE_IN_1_0
guint      *gf_process_pool_executor_get_worker_pids   (GfProcessPoolExecutor *self,
                                                        gsize                 *n_pids);
GF_AVAILABLE_IN_1_0
GError     *gf_process_pool_executor_get_error         (GfProcessPoolExecutor *self);
GF_AVAILABLE_IN_1_0
void        gf_process_pool_executor_terminate_workers (GfProcessPoolExecutor *self);
GF_AVAILABLE_IN_1_0
void        gf_process_pool_executor_kill_workers      (GfProcessPoolExecutor *self);

G_END_DECLS

/* gf-thread-pool-executor.h - runs tasks on worker threads
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#if !defined (GFUTURES_INSIDE) && !defined (GFUTURES_COMPILATION)
#error "Only <gfutures.h> can be included directly."
#endif

#include "../executor/gf-executor.h"

G_BEGIN_DECLS

#define GF_TYPE_THREAD_POOL_EXECUTOR (gf_thread_pool_executor_get_type ())

GF_AVAILABLE_IN_1_0
G_DECLARE_FINAL_TYPE (GfThreadPoolExecutor, gf_thread_pool_executor, GF, THREAD_POOL_EXECUTOR, GfExecutor)

/**
 * GfThreadInitializer:
 * @user_data: (closure): the data given to
 *   gf_thread_pool_executor_set_initializer()
 * @error: return location for an error
 *
 * Prepares a worker thread before its first task; runs on that thread.
 *
 * Returns: %TRUE, or %FALSE with @error set: the pool is broken then, see
 *   gf_thread_pool_executor_set_initializer()
 *
 * Since: 1.0
 */
typedef gboolean (*GfThreadInitializer) (gpointer   user_data,
                                         GError   **error);

GF_AVAILABLE_IN_1_0
GfExecutor *gf_thread_pool_executor_new                    (guint                 max_workers);
GF_AVAILABLE_IN_1_0
GfExecutor *gf_thread_pool_executor_get_default            (void);

GF_AVAILABLE_IN_1_0
void        gf_thread_pool_executor_set_initializer        (GfThreadPoolExecutor *self,
                                                            GfThreadInitializer   initializer,
                                                            gpointer              user_data,
                                                            GDestroyNotify        destroy);
GF_AVAILABLE_IN_1_0
guint       gf_thread_pool_executor_get_max_threads        (GfThreadPoolExecutor *self);
GF_AVAILABLE_IN_1_0
guint       gf_thread_pool_executor_get_n_threads          (GfThreadPoolExecutor *self);
GF_AVAILABLE_IN_1_0
const char *gf_thread_pool_executor_get_thread_name_prefix (GfThreadPoolExecutor *self);
GF_AVAILABLE_IN_1_0
guint       gf_thread_pool_executor_get_idle_timeout       (GfThreadPoolExecutor *self);
GF_AVAILABLE_IN_1_0
void        gf_thread_pool_executor_set_idle_timeout       (GfThreadPoolExecutor *self,
                                                            guint                 idle_timeout_ms);

G_END_DECLS

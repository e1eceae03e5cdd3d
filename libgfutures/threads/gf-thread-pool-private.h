/* gf-thread-pool-private.h - worker threads and what they have to do
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#ifndef GFUTURES_COMPILATION
#error "A private header of libgfutures."
#endif

#include "../executor/gf-executor-private.h"
#include "gf-thread-pool-executor.h"

G_BEGIN_DECLS

typedef struct _GfThreadPool GfThreadPool;

GfThreadPool *gf_thread_pool_new              (GfExecutor         *executor,
                                               guint               max_workers,
                                               guint               max_threads,
                                               const char         *name_prefix);
void          gf_thread_pool_unref            (GfThreadPool       *self);

void          gf_thread_pool_enqueue          (GfThreadPool       *self,
                                               GfPromise          *task);
void          gf_thread_pool_post             (GfThreadPool       *self,
                                               GfPostFunc          func,
                                               gpointer            data);
void          gf_thread_pool_cancel           (GfThreadPool       *self);
void          gf_thread_pool_close            (GfThreadPool       *self);
gboolean      gf_thread_pool_is_broken        (GfThreadPool       *self);

gboolean      gf_thread_pool_set_initializer  (GfThreadPool       *self,
                                               GfThreadInitializer initializer,
                                               gpointer            data,
                                               GDestroyNotify      destroy);
void          gf_thread_pool_set_idle_timeout (GfThreadPool       *self,
                                               guint               idle_timeout_ms);
guint         gf_thread_pool_get_n_threads    (GfThreadPool       *self);

G_END_DECLS

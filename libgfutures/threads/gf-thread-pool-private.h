/* gf-thread-pool-private.h - worker threads and what they have to do
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#ifndef GFUTURES_COMPILATION
#error "A private header of libgfutures."
#endif

#include "../executor/gf-executor-private.h"
#include "gf-deque-private.h"
#include "gf-injector-private.h"
#include "../executor/gf-lanes-private.h"
#include "gf-thread-pool-executor.h"

G_BEGIN_DECLS

typedef struct _GfThreadPool GfThreadPool;
typedef struct _GfWorker GfWorker;

struct _GfWorker
{
  GfThreadPool *pool;
  guint         index;
  guint         n_run;
  guint32       seed;
  GfDeque       deque;

  gboolean      in_item;  /* the executor lives */

  /* Futures that are to go home, in order. */
  atomic_flag   kept_lock;
  GfHomeItem   *kept_first;
  GfHomeItem  **kept_last;
  atomic_uint   n_kept;   /* that one included which is being sent */
  gboolean      sending;

  /* The innermost task that it runs, or GF_WORKER_WATCHED. */
  _Atomic (GfPromise *) current;
  GfPromise    *seen;     /* by the last look; not to be followed */
  gboolean      announced;

  /* Under the pool's lock. */
  GCond         cond;
  gboolean      alive;
  gboolean      notified;
  GList         link;     /* in `parked` */
  gboolean      is_parked;
};

struct _GfThreadPool
{
  GfExecutor  *executor;      /* not owned */
  GfHome      *home;          /* of the initializer's data */
  guint        creator;
  atomic_int   ref_count;
  guint        max_workers;
  guint        max_threads;
  char        *name_prefix;

  GfInjector   injector;
  GfLanes      lanes;

  /* How many search, and how many neither are parked nor blocked. */
  atomic_uint  n_searching;
  atomic_uint  n_working;
  atomic_uint  n_slots;       /* of `workers` that have ever been used */
  atomic_bool  closed;
  atomic_bool  watched;       /* by gf_thread_pool_watch() */
  atomic_bool  cancelling;
  _Atomic (GError *) broken;

  GMutex       lock;
  GQueue       parked;        /* GfWorker; the last to park is the first to go */
  guint        n_threads;
  gint64       idle_timeout;  /* µs */
  gboolean     warned;
  GfThreadInitializer initializer;
  gpointer       initializer_data;
  GDestroyNotify initializer_destroy;

  _Atomic (GfWorker *) workers[]; /* max_threads */
};

GfThreadPool *gf_thread_pool_new              (GfExecutor         *executor,
                                               guint               max_workers,
                                               guint               max_threads,
                                               const char         *name_prefix);
GfThreadPool *gf_thread_pool_ref              (GfThreadPool       *self);
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

/* Between the pool and its workers. */
void          gf_thread_pool_run_item         (GfThreadPool       *self,
                                               GfHomeItem         *item);
gboolean      gf_thread_pool_has_work         (GfThreadPool       *self);
void          gf_thread_pool_notify           (GfThreadPool       *self);
void          gf_thread_pool_break            (GfThreadPool       *self,
                                               GError             *error);

/* gf-worker.c */
GfWorker     *gf_worker_new                   (GfThreadPool       *pool,
                                               guint               index);
void          gf_worker_free                  (GfWorker           *self);
gboolean      gf_worker_start                 (GfWorker           *self,
                                               const char         *name,
                                               GError            **error);
GfWorker     *gf_worker_get_current           (GfThreadPool       *pool);

G_END_DECLS

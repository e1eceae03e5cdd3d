/* gf-executor-private.h - the inside of executors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#ifndef GFUTURES_COMPILATION
#error "A private header of libgfutures."
#endif

#include "../future/gf-future-private.h"
#include "gf-executor.h"
#include "gf-future-list-private.h"

G_BEGIN_DECLS

/* How the library's own executors differ from one that an application derives. */
typedef struct
{
  /* Tasks run in the caller, at once. */
  gboolean is_inline;
  /* Tasks run on threads that no language runtime knows. */
  gboolean uses_threads;
  /* It lives on without references while there are tasks, so that each task
   * need not have one. */
  gboolean outlives_references;
  /* It was shut down, and the last task has returned. */
  void (*finished)    (GfExecutor *self);
  /* It calls gf_executor_closed() some time after that. */
  gboolean closes_later;
  /* The caller is going to block till all tasks have returned. */
  void (*before_wait) (GfExecutor *self);
  /* The home of the context that tasks run in, a reference. */
  GfHome *(*get_task_home) (GfExecutor *self);
  /* A task's function has returned, or never will run; it may not be settled
   * yet. The last word about each task that was enqueued. */
  void (*task_left)   (GfExecutor *self,
                       GfPromise  *task);
  /* Whether a thread that waits for the task may run it, wherever it is. */
  gboolean (*may_help) (GfExecutor *self,
                        GfPromise  *task);
  /* See gf_executor_begin_whole(). */
  void (*whole_begun) (GfExecutor *self,
                       GfPromise  *whole);
} GfExecutorTraits;

/* Counters are spread over cache lines so that threads need not share them. A
 * thread uses the one that its number selects. */
#define GF_EXECUTOR_N_STRIPES 8

/* The lowest bit of a count: the executor was shut down. It is in the same word
 * so that one atomic step both looks and counts. */
#define GF_EXECUTOR_CLOSED 1
#define GF_EXECUTOR_ONE    2

typedef struct
{
  _Atomic guint64 submitted;
  _Atomic guint64 begun;
  _Atomic guint64 returned;
  char            padding[64 - 3 * sizeof (guint64)];
} GfStripe;

G_STATIC_ASSERT (sizeof (GfStripe) == 64);

/* For the files gf-executor*.c. */
typedef struct
{
  GfStripe               *stripes;
  const GfExecutorTraits *traits;
  GfExecutor             *inner;        /* who runs the tasks, a reference, or NULL */
  guint                   max_workers;
  GfHome                 *home;
  guint                   creator;
  _Atomic (GfFutureList *) futures;

  gboolean                permanent;
  gboolean                cancelling;   /* tasks that have not begun */

  GMutex                  lock;
  GCond                   cond;
  char                   *label;
  guint                   number;       /* 0, till it is traced */
  gboolean                shut_down;
  gboolean                finished;     /* and all tasks have returned */
  gboolean                closed;       /* and what ran them is gone */
  gboolean                has_itself;   /* a reference, until then */
  guint                   n_visitors;   /* and until they are gone */
  GSList                 *waiting;      /* GTask, for shutdown_async */

  /* Of gf-executor-time.c, under its lock. */
  GQueue                  timed;
  gboolean                timed_failed;
} GfExecutorPrivate;

GfExecutorPrivate *
          gf_executor_get_private     (GfExecutor             *self);
gboolean  gf_executor_check_finished  (GfExecutorPrivate      *priv);
void      gf_executor_finish          (GfExecutor             *self);
gboolean  gf_executor_stay            (GfExecutor             *self);
void      gf_executor_begin_visit     (GfExecutor             *self);
void      gf_executor_end_visit       (GfExecutor             *self);
void      gf_executor_fail_timed      (GfExecutor             *self);

void      gf_executor_set_traits      (GfExecutor             *self,
                                       const GfExecutorTraits *traits);
/* It is shared by the process, and cannot be shut down. */
void      gf_executor_set_permanent   (GfExecutor             *self);
void      gf_executor_set_max_workers (GfExecutor             *self,
                                       guint                   max_workers);


/* For executors over another one: tasks of @self are run by @inner, which they
 * are given to by gf_executor_forward(). */
void      gf_executor_set_inner       (GfExecutor             *self,
                                       GfExecutor             *inner);
GfExecutor *
          gf_executor_get_inner       (GfExecutor             *self);
gboolean  gf_executor_is_derived      (GfExecutor             *self);

/* A task for gf_executor_take_task(); it has failed if it may not run there. */
GfPromise *
          gf_executor_new_task        (GfExecutor             *self,
                                       int                     priority,
                                       GfTaskFunc              func,
                                       gpointer                data,
                                       GDestroyNotify          destroy);
void      gf_executor_take_shared     (GfExecutor             *self,
                                       GfPromise              *task);

/* Takes a task that was made, and returns its future. */
GfFuture *gf_executor_take_task       (GfExecutor             *self,
                                       GfPromise              *task,
                                       GCancellable           *cancellable);

/* gf_executor_shutdown(), without waiting. */
void      gf_executor_close           (GfExecutor             *self,
                                       gboolean                cancel_futures);

/* For a task made of tasks: as long as it is not returned, further ones are
 * accepted though the executor was shut down. */
gboolean  gf_executor_begin_whole     (GfExecutor             *self,
                                       GfPromise              *whole);
GfFuture *gf_executor_take_part       (GfExecutor             *self,
                                       GfPromise              *task);

/* For who closes later. */
void      gf_executor_closed          (GfExecutor             *self);

/* For who implements post: FALSE if the executor was shut down. Then
 * gf_executor_task_begun() and _returned(). */
gboolean  gf_executor_accept          (GfExecutor             *self);

/* Whether a task of this executor runs in the calling thread. */
gboolean  gf_executor_runs_caller     (GfExecutor             *self);

G_END_DECLS

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
} GfExecutorTraits;

void      gf_executor_set_traits      (GfExecutor             *self,
                                       const GfExecutorTraits *traits);
/* It is shared by the process, and cannot be shut down. */
void      gf_executor_set_permanent   (GfExecutor             *self);
void      gf_executor_set_max_workers (GfExecutor             *self,
                                       guint                   max_workers);

/* Takes a task that was made, and returns its future. */
GfFuture *gf_executor_take_task       (GfExecutor             *self,
                                       GfPromise              *task,
                                       GCancellable           *cancellable);

/* For a task made of tasks: as long as it is not returned, further ones are
 * accepted though the executor was shut down. */
gboolean  gf_executor_begin_whole     (GfExecutor             *self);
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

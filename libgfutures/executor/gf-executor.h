/* gf-executor.h - what runs tasks
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#if !defined (GFUTURES_INSIDE) && !defined (GFUTURES_COMPILATION)
#error "Only <gfutures.h> can be included directly."
#endif

#include "../future/gf-promise.h"

G_BEGIN_DECLS

#define GF_TYPE_EXECUTOR (gf_executor_get_type ())

GF_AVAILABLE_IN_1_0
G_DECLARE_DERIVABLE_TYPE (GfExecutor, gf_executor, GF, EXECUTOR, GObject)

/**
 * GfExecutorClass:
 * @parent_class: the parent class
 * @enqueue: takes a task and runs it later, or at once, on any thread, by
 *   gf_promise_run(); or, to run it elsewhere, sends its function and arguments
 *   there and settles it. Called on the thread that submits.
 * @enqueue_many: takes several tasks at once; the default calls @enqueue for
 *   each
 * @post: takes a function without a future; the default makes a task of it
 * @stop: told once, when no more tasks will come; cancels (gf_future_cancel())
 *   the tasks that have not begun if asked to, and lets go of its workers when
 *   the accepted ones are done. It may be called a second time, to cancel. It
 *   never blocks.
 *
 * The class of #GfExecutor. A subclass implements @enqueue; everything else has
 * a default.
 *
 * Since: 1.0
 */
struct _GfExecutorClass
{
  GObjectClass parent_class;

  void     (*enqueue)      (GfExecutor  *self,
                            GfPromise   *task);
  void     (*enqueue_many) (GfExecutor  *self,
                            GfPromise  **tasks,
                            gsize        n_tasks);
  gboolean (*post)         (GfExecutor  *self,
                            GfPostFunc   func,
                            gpointer     data);
  void     (*stop)         (GfExecutor  *self,
                            gboolean     cancel_futures);

  /*< private >*/
  gpointer padding[12];
};

GF_AVAILABLE_IN_1_0
GfFuture   *gf_executor_submit          (GfExecutor    *self,
                                         GfTaskFunc     func,
                                         gpointer       user_data,
                                         GDestroyNotify destroy);
GF_AVAILABLE_IN_1_0
GfFuture   *gf_executor_submit_full     (GfExecutor    *self,
                                         int            priority,
                                         GCancellable  *cancellable,
                                         GfTaskFunc     func,
                                         gpointer       user_data,
                                         GDestroyNotify destroy);
GF_AVAILABLE_IN_1_0
GfFuture   *gf_executor_submit_delayed  (GfExecutor    *self,
                                         gint64         delay_us,
                                         GfTaskFunc     func,
                                         gpointer       user_data,
                                         GDestroyNotify destroy);
GF_AVAILABLE_IN_1_0
GfFuture   *gf_executor_submit_repeating (GfExecutor   *self,
                                         gint64         delay_us,
                                         gint64         interval_us,
                                         GfTaskFunc     func,
                                         gpointer       user_data,
                                         GDestroyNotify destroy);
GF_AVAILABLE_IN_1_0
GfFuture   *gf_executor_call            (GfExecutor    *self,
                                         const char    *function,
                                         GVariant      *arguments);
GF_AVAILABLE_IN_1_0
GfFuture   *gf_executor_call_full       (GfExecutor    *self,
                                         int            priority,
                                         GCancellable  *cancellable,
                                         const char    *function,
                                         GVariant      *arguments);
GF_AVAILABLE_IN_1_0
GfFuture   *gf_executor_call_serialized (GfExecutor    *self,
                                         int            priority,
                                         const char    *function,
                                         const char    *type,
                                         const guint8  *data,
                                         gsize          n_data);
GF_AVAILABLE_IN_1_0
GfFuture   *gf_binding_call_quietly     (GfExecutor    *executor,
                                         const char    *function,
                                         GVariant      *arguments);
GF_AVAILABLE_IN_1_0
GfFuture   *gf_binding_call_serialized_quietly (GfExecutor    *executor,
                                                const char    *function,
                                                const char    *type,
                                                const guint8  *data,
                                                gsize          n_data);
GF_AVAILABLE_IN_1_0
GfFuture   *gf_executor_map             (GfExecutor    *self,
                                         const char    *function,
                                         GVariant      *items,
                                         guint          chunk_size);
GF_AVAILABLE_IN_1_0
gboolean    gf_executor_post            (GfExecutor    *self,
                                         GfPostFunc     func,
                                         gpointer       data);
GF_AVAILABLE_IN_1_0
void        gf_executor_run_in_thread   (GfExecutor    *self,
                                         GTask         *task,
                                         GTaskThreadFunc func);

GF_AVAILABLE_IN_1_0
void        gf_executor_shutdown        (GfExecutor    *self,
                                         gboolean       wait,
                                         gboolean       cancel_futures);
GF_AVAILABLE_IN_1_0
void        gf_executor_shutdown_async  (GfExecutor    *self,
                                         gboolean       cancel_futures,
                                         GCancellable  *cancellable,
                                         GAsyncReadyCallback callback,
                                         gpointer       user_data);
GF_AVAILABLE_IN_1_0
gboolean    gf_executor_shutdown_finish (GfExecutor    *self,
                                         GAsyncResult  *result,
                                         GError       **error);

GF_AVAILABLE_IN_1_0
GListModel *gf_executor_get_futures     (GfExecutor    *self);
GF_AVAILABLE_IN_1_0
guint       gf_executor_get_max_workers (GfExecutor    *self);
GF_AVAILABLE_IN_1_0
guint       gf_executor_get_n_pending   (GfExecutor    *self);
GF_AVAILABLE_IN_1_0
guint       gf_executor_get_n_running   (GfExecutor    *self);
GF_AVAILABLE_IN_1_0
const char *gf_executor_get_label       (GfExecutor    *self);
GF_AVAILABLE_IN_1_0
void        gf_executor_set_label       (GfExecutor    *self,
                                         const char    *label);

G_END_DECLS

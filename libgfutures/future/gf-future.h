/* gf-future.h - the read side of a task
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#if !defined (GFUTURES_INSIDE) && !defined (GFUTURES_COMPILATION)
#error "Only <gfutures.h> can be included directly."
#endif

#include "../gf-types.h"

G_BEGIN_DECLS

/**
 * GfFutureState:
 * @GF_FUTURE_STATE_PENDING: not begun
 * @GF_FUTURE_STATE_RUNNING: the task's function runs
 * @GF_FUTURE_STATE_SUCCEEDED: settled, there is a value
 * @GF_FUTURE_STATE_FAILED: settled, there is an error
 * @GF_FUTURE_STATE_CANCELLED: settled by gf_future_cancel()
 *
 * The state of a #GfFuture. The last three are final.
 *
 * Since: 1.0
 */
typedef enum {
  GF_FUTURE_STATE_PENDING,
  GF_FUTURE_STATE_RUNNING,
  GF_FUTURE_STATE_SUCCEEDED,
  GF_FUTURE_STATE_FAILED,
  GF_FUTURE_STATE_CANCELLED
} GfFutureState;

GF_AVAILABLE_IN_1_0
GType gf_future_state_get_type (void) G_GNUC_CONST;
/**
 * GF_TYPE_FUTURE_STATE:
 *
 * The #GType of #GfFutureState.
 *
 * Since: 1.0
 */
#define GF_TYPE_FUTURE_STATE (gf_future_state_get_type ())

#define GF_TYPE_FUTURE    (gf_future_get_type ())
#define GF_FUTURE(obj)    (G_TYPE_CHECK_INSTANCE_CAST ((obj), GF_TYPE_FUTURE, GfFuture))
#define GF_IS_FUTURE(obj) (G_TYPE_CHECK_INSTANCE_TYPE ((obj), GF_TYPE_FUTURE))

GF_AVAILABLE_IN_1_0
GType         gf_future_get_type          (void) G_GNUC_CONST;

GF_AVAILABLE_IN_1_0
GfFuture     *gf_future_new_for_value     (const GValue *value);
GF_AVAILABLE_IN_1_0
GfFuture     *gf_future_new_for_variant   (GVariant     *value);
GF_AVAILABLE_IN_1_0
GfFuture     *gf_future_new_for_string    (const char   *value);
GF_AVAILABLE_IN_1_0
GfFuture     *gf_future_new_for_boolean   (gboolean      value);
GF_AVAILABLE_IN_1_0
GfFuture     *gf_future_new_for_int       (int           value);
GF_AVAILABLE_IN_1_0
GfFuture     *gf_future_new_for_int64     (gint64        value);
GF_AVAILABLE_IN_1_0
GfFuture     *gf_future_new_for_double    (double        value);
GF_AVAILABLE_IN_1_0
GfFuture     *gf_future_new_for_object    (gpointer      value);
GF_AVAILABLE_IN_1_0
GfFuture     *gf_future_new_for_error     (GError       *error);

GF_AVAILABLE_IN_1_0
GfFuture     *gf_future_new_delay         (gint64        delay_us);

GF_AVAILABLE_IN_1_0
GfFutureState gf_future_get_state         (GfFuture     *self);
GF_AVAILABLE_IN_1_0
gboolean      gf_future_is_done           (GfFuture     *self);
GF_AVAILABLE_IN_1_0
gboolean      gf_future_is_running        (GfFuture     *self);
GF_AVAILABLE_IN_1_0
gboolean      gf_future_is_cancelled      (GfFuture     *self);
GF_AVAILABLE_IN_1_0
gboolean      gf_future_cancel            (GfFuture     *self);
GF_AVAILABLE_IN_1_0
gboolean      gf_future_cancel_pending    (GfFuture     *self);

GF_AVAILABLE_IN_1_0
gboolean      gf_future_wait              (GfFuture     *self,
                                           gint64        timeout_us,
                                           GCancellable *cancellable,
                                           GError      **error);
GF_AVAILABLE_IN_1_0
gboolean      gf_future_poll              (GfFuture     *self,
                                           gint64        timeout_us);
GF_AVAILABLE_IN_1_0
const GValue *gf_future_result            (GfFuture     *self,
                                           gint64        timeout_us,
                                           GCancellable *cancellable,
                                           GError      **error);
GF_AVAILABLE_IN_1_0
gboolean      gf_future_run_until_done    (GfFuture     *self,
                                           GCancellable *cancellable,
                                           GError      **error);
GF_AVAILABLE_IN_1_0
void          gf_future_result_async      (GfFuture     *self,
                                           GCancellable *cancellable,
                                           GAsyncReadyCallback callback,
                                           gpointer      user_data);
GF_AVAILABLE_IN_1_0
const GValue *gf_future_result_finish     (GfFuture     *self,
                                           GAsyncResult *result,
                                           GError      **error);

GF_AVAILABLE_IN_1_0
const GValue *gf_future_get_value         (GfFuture     *self,
                                           GError      **error);
GF_AVAILABLE_IN_1_0
gboolean      gf_future_get_boolean       (GfFuture     *self,
                                           GError      **error);
GF_AVAILABLE_IN_1_0
int           gf_future_get_int           (GfFuture     *self,
                                           GError      **error);
GF_AVAILABLE_IN_1_0
gint64        gf_future_get_int64         (GfFuture     *self,
                                           GError      **error);
GF_AVAILABLE_IN_1_0
double        gf_future_get_double        (GfFuture     *self,
                                           GError      **error);
GF_AVAILABLE_IN_1_0
const char   *gf_future_get_string        (GfFuture     *self,
                                           GError      **error);
GF_AVAILABLE_IN_1_0
GVariant     *gf_future_get_variant       (GfFuture     *self,
                                           GError      **error);
GF_AVAILABLE_IN_1_0
gpointer      gf_future_get_object        (GfFuture     *self,
                                           GError      **error);
GF_AVAILABLE_IN_1_0
gpointer      gf_future_get_boxed         (GfFuture     *self,
                                           GError      **error);
GF_AVAILABLE_IN_1_0
GBytes       *gf_future_get_serialized    (GfFuture     *self,
                                           char        **type,
                                           GError      **error);
GF_AVAILABLE_IN_1_0
const guint8 *gf_future_peek_serialized   (GfFuture     *self,
                                           gsize         max_size,
                                           const char  **type,
                                           gsize        *n_data,
                                           GError      **error);
GF_AVAILABLE_IN_1_0
const GError *gf_future_get_error         (GfFuture     *self);
GF_AVAILABLE_IN_1_0
GBytes       *gf_future_get_error_details (GfFuture     *self);

GF_AVAILABLE_IN_1_0
void          gf_future_set_label         (GfFuture     *self,
                                           const char   *label);
GF_AVAILABLE_IN_1_0
const char   *gf_future_get_label         (GfFuture     *self);
GF_AVAILABLE_IN_1_0
double        gf_future_get_progress      (GfFuture     *self);
GF_AVAILABLE_IN_1_0
char         *gf_future_dup_status        (GfFuture     *self);
GF_AVAILABLE_IN_1_0
void          gf_future_set_quiet         (GfFuture     *self,
                                           gboolean      quiet);
GF_AVAILABLE_IN_1_0
void          gf_future_set_timeout       (GfFuture     *self,
                                           gint64        timeout_us);
GF_AVAILABLE_IN_1_0
void          gf_future_set_cancellable   (GfFuture     *self,
                                           GCancellable *cancellable);
GF_AVAILABLE_IN_1_0
void          gf_future_forward_to_task   (GfFuture     *self,
                                           GTask        *task);

GF_AVAILABLE_IN_1_0
GfFuture     *gf_future_then              (GfFuture     *self,
                                           GfContinuation continuation,
                                           gpointer      user_data,
                                           GDestroyNotify destroy);
GF_AVAILABLE_IN_1_0
GfFuture     *gf_future_chain             (GfFuture     *self,
                                           GfContinuation continuation,
                                           gpointer      user_data,
                                           GDestroyNotify destroy);
GF_AVAILABLE_IN_1_0
GfFuture     *gf_future_catch             (GfFuture     *self,
                                           GfContinuation continuation,
                                           gpointer      user_data,
                                           GDestroyNotify destroy);
GF_AVAILABLE_IN_1_0
GfFuture     *gf_future_finally           (GfFuture     *self,
                                           GfContinuation continuation,
                                           gpointer      user_data,
                                           GDestroyNotify destroy);
GF_AVAILABLE_IN_1_0
void          gf_future_add_done_callback (GfFuture     *self,
                                           GfExecutor   *executor,
                                           GfFutureCallback callback,
                                           gpointer      user_data,
                                           GDestroyNotify destroy);
GF_AVAILABLE_IN_1_0
void          gf_future_watch             (GfFuture     *self,
                                           GfFutureCallback callback,
                                           gpointer      user_data,
                                           GDestroyNotify destroy);
GF_AVAILABLE_IN_1_0
void          gf_binding_ignore_data      (const char   *key);
GF_AVAILABLE_IN_1_0
void          gf_binding_set_follower     (GfFutureCallback function,
                                           gpointer      user_data,
                                           GDestroyNotify destroy);
GF_AVAILABLE_IN_1_0
void          gf_future_follow            (GfFuture     *self);
GF_AVAILABLE_IN_1_0
void          gf_future_want              (GfFuture     *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (GfFuture, g_object_unref)

G_END_DECLS

/* gf-promise.h - the write side of a task
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#if !defined (GFUTURES_INSIDE) && !defined (GFUTURES_COMPILATION)
#error "Only <gfutures.h> can be included directly."
#endif

#include "gf-future.h"

G_BEGIN_DECLS

#define GF_TYPE_PROMISE    (gf_promise_get_type ())
#define GF_PROMISE(obj)    (G_TYPE_CHECK_INSTANCE_CAST ((obj), GF_TYPE_PROMISE, GfPromise))
#define GF_IS_PROMISE(obj) (G_TYPE_CHECK_INSTANCE_TYPE ((obj), GF_TYPE_PROMISE))

GF_AVAILABLE_IN_1_0
GType          gf_promise_get_type        (void) G_GNUC_CONST;
GF_AVAILABLE_IN_1_0
GfPromise     *gf_promise_new             (void);
GF_AVAILABLE_IN_1_0
GfPromise     *gf_promise_new_for_context (GMainContext *home);
GF_AVAILABLE_IN_1_0
void           gf_promise_set_home        (GfPromise    *self,
                                           GMainContext *home);

GF_AVAILABLE_IN_1_0
gboolean       gf_promise_set_running     (GfPromise    *self);
GF_AVAILABLE_IN_1_0
gboolean       gf_promise_resolve         (GfPromise    *self,
                                           const GValue *value);
GF_AVAILABLE_IN_1_0
gboolean       gf_promise_take_value      (GfPromise    *self,
                                           GValue       *value);
GF_AVAILABLE_IN_1_0
gboolean       gf_promise_take_string     (GfPromise    *self,
                                           char         *value);
GF_AVAILABLE_IN_1_0
gboolean       gf_promise_resolve_boolean (GfPromise    *self,
                                           gboolean      value);
GF_AVAILABLE_IN_1_0
gboolean       gf_promise_resolve_int     (GfPromise    *self,
                                           int           value);
GF_AVAILABLE_IN_1_0
gboolean       gf_promise_resolve_int64   (GfPromise    *self,
                                           gint64        value);
GF_AVAILABLE_IN_1_0
gboolean       gf_promise_resolve_double  (GfPromise    *self,
                                           double        value);
GF_AVAILABLE_IN_1_0
gboolean       gf_promise_resolve_string  (GfPromise    *self,
                                           const char   *value);
GF_AVAILABLE_IN_1_0
gboolean       gf_promise_resolve_variant (GfPromise    *self,
                                           GVariant     *value);
GF_AVAILABLE_IN_1_0
gboolean       gf_promise_resolve_object  (GfPromise    *self,
                                           gpointer      value);
GF_AVAILABLE_IN_1_0
gboolean       gf_promise_resolve_boxed   (GfPromise    *self,
                                           GType         type,
                                           gconstpointer value);
GF_AVAILABLE_IN_1_0
gboolean       gf_promise_reject          (GfPromise    *self,
                                           GError       *error);
GF_AVAILABLE_IN_1_0
gboolean       gf_promise_reject_literal  (GfPromise    *self,
                                           GQuark        domain,
                                           int           code,
                                           const char   *message);
GF_AVAILABLE_IN_1_0
gboolean       gf_promise_reject_with_details (GfPromise *self,
                                           GError       *error,
                                           GBytes       *details);

GF_AVAILABLE_IN_1_0
void           gf_promise_set_progress    (GfPromise    *self,
                                           double        fraction,
                                           const char   *status);
GF_AVAILABLE_IN_1_0
gboolean       gf_promise_should_stop     (GfPromise    *self);
GF_AVAILABLE_IN_1_0
GCancellable  *gf_promise_get_cancellable (GfPromise    *self);
GF_AVAILABLE_IN_1_0
GfPromiseHold *gf_promise_hold            (GfPromise    *self);

GF_AVAILABLE_IN_1_0
gpointer       gf_promise_finish_with     (GfPromise    *self,
                                           GType         type,
                                           GCallback     finish);
GF_AVAILABLE_IN_1_0
gpointer       gf_promise_finish_by       (GfPromise    *self,
                                           GfFinishFunc  finish,
                                           gpointer      user_data,
                                           GDestroyNotify destroy);
GF_AVAILABLE_IN_1_0
void           gf_promise_ready           (GObject      *source,
                                           GAsyncResult *result,
                                           gpointer      call);

GF_AVAILABLE_IN_1_0
void           gf_promise_run             (GfPromise    *self);
GF_AVAILABLE_IN_1_0
int            gf_promise_get_priority    (GfPromise    *self);
GF_AVAILABLE_IN_1_0
const char    *gf_promise_get_function    (GfPromise    *self);
GF_AVAILABLE_IN_1_0
GVariant      *gf_promise_get_arguments   (GfPromise    *self);
GF_AVAILABLE_IN_1_0
GfPromise     *gf_promise_get_current     (void);

/**
 * GF_TYPE_PROMISE_HOLD:
 *
 * The #GType of #GfPromiseHold.
 *
 * Since: 1.0
 */
#define GF_TYPE_PROMISE_HOLD (gf_promise_hold_get_type ())

GF_AVAILABLE_IN_1_0
GType          gf_promise_hold_get_type    (void) G_GNUC_CONST;
GF_AVAILABLE_IN_1_0
GfPromiseHold *gf_promise_hold_copy        (GfPromiseHold *self);
GF_AVAILABLE_IN_1_0
void           gf_promise_hold_free        (GfPromiseHold *self);
GF_AVAILABLE_IN_1_0
void           gf_promise_hold_release     (GfPromiseHold *self);
GF_AVAILABLE_IN_1_0
GfPromise     *gf_promise_hold_get_promise (GfPromiseHold *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (GfPromise, g_object_unref)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (GfPromiseHold, gf_promise_hold_free)

G_END_DECLS

/* gf-task-scope.h - tasks that end together
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#if !defined (GFUTURES_INSIDE) && !defined (GFUTURES_COMPILATION)
#error "Only <gfutures.h> can be included directly."
#endif

#include "gf-executor.h"

G_BEGIN_DECLS

/**
 * GfTaskScopePolicy:
 * @GF_TASK_SCOPE_POLICY_CANCEL_ON_ERROR: the first failure cancels the rest
 * @GF_TASK_SCOPE_POLICY_COLLECT_ERRORS: the rest goes on, and the failures are
 *   collected
 *
 * What a #GfTaskScope does when one of its tasks fails.
 *
 * Since: 1.0
 */
typedef enum {
  GF_TASK_SCOPE_POLICY_CANCEL_ON_ERROR,
  GF_TASK_SCOPE_POLICY_COLLECT_ERRORS
} GfTaskScopePolicy;

GF_AVAILABLE_IN_1_0
GType gf_task_scope_policy_get_type (void) G_GNUC_CONST;
/**
 * GF_TYPE_TASK_SCOPE_POLICY:
 *
 * The #GType of #GfTaskScopePolicy.
 *
 * Since: 1.0
 */
#define GF_TYPE_TASK_SCOPE_POLICY (gf_task_scope_policy_get_type ())

#define GF_TYPE_TASK_SCOPE (gf_task_scope_get_type ())

GF_AVAILABLE_IN_1_0
G_DECLARE_FINAL_TYPE (GfTaskScope, gf_task_scope, GF, TASK_SCOPE, GfExecutor)

GF_AVAILABLE_IN_1_0
GfTaskScope *gf_task_scope_new          (GfExecutor        *executor,
                                         GfTaskScopePolicy  policy);
GF_AVAILABLE_IN_1_0
void         gf_task_scope_add          (GfTaskScope       *self,
                                         GfFuture          *future);
GF_AVAILABLE_IN_1_0
void         gf_task_scope_bind         (GfTaskScope       *self,
                                         GObject           *owner);
GF_AVAILABLE_IN_1_0
GfFuture    *gf_task_scope_close        (GfTaskScope       *self);
GF_AVAILABLE_IN_1_0
GfFuture    *gf_task_scope_cancel       (GfTaskScope       *self);
GF_AVAILABLE_IN_1_0
GfFuture    *gf_task_scope_get_future   (GfTaskScope       *self);
GF_AVAILABLE_IN_1_0
GPtrArray   *gf_task_scope_get_failures (GfTaskScope       *self);

G_END_DECLS

/* gf-buffer.h - bytes that travel between processes without a copy
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#if !defined (GFUTURES_INSIDE) && !defined (GFUTURES_COMPILATION)
#error "Only <gfutures.h> can be included directly."
#endif

#include "../executor/gf-executor.h"
#include "../future/gf-promise.h"

G_BEGIN_DECLS

typedef struct _GfBuffer GfBuffer;

#define GF_TYPE_BUFFER (gf_buffer_get_type ())

GF_AVAILABLE_IN_1_0
GType     gf_buffer_get_type    (void) G_GNUC_CONST;

GF_AVAILABLE_IN_1_0
GfBuffer *gf_buffer_new           (gsize          size,
                                   GError       **error);
GF_AVAILABLE_IN_1_0
GfBuffer *gf_buffer_new_local     (gsize          size,
                                   GError       **error);
GF_AVAILABLE_IN_1_0
GfBuffer *gf_buffer_new_from_fd   (int            fd,
                                   gsize          size,
                                   GError       **error);
GF_AVAILABLE_IN_1_0
GfBuffer *gf_buffer_new_for_bytes (GBytes        *bytes);
GF_AVAILABLE_IN_1_0
GfBuffer *gf_buffer_ref           (GfBuffer      *self);
GF_AVAILABLE_IN_1_0
void      gf_buffer_unref         (GfBuffer      *self);

GF_AVAILABLE_IN_1_0
guint8   *gf_buffer_get_data      (GfBuffer      *self,
                                   gsize         *size);
GF_AVAILABLE_IN_1_0
gboolean  gf_buffer_write         (GfBuffer      *self,
                                   gsize          offset,
                                   const guint8  *data,
                                   gsize          n_data,
                                   GError       **error);
GF_AVAILABLE_IN_1_0
GBytes   *gf_buffer_seal          (GfBuffer      *self);
GF_AVAILABLE_IN_1_0
int       gf_buffer_dup_fd        (GfBuffer      *self);

GF_AVAILABLE_IN_1_0
GfFuture *gf_buffer_send_call     (GfBuffer      *self,
                                   GfExecutor    *executor,
                                   int            priority,
                                   const char    *function,
                                   const char    *type);
GF_AVAILABLE_IN_1_0
gboolean  gf_buffer_send_result   (GfBuffer      *self,
                                   GfPromise     *promise,
                                   const char    *type);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (GfBuffer, gf_buffer_unref)

G_END_DECLS

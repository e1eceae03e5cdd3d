/* gf-future-set.h - one future for many
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#if !defined (GFUTURES_INSIDE) && !defined (GFUTURES_COMPILATION)
#error "Only <gfutures.h> can be included directly."
#endif

#include "gf-future-iterator.h"

G_BEGIN_DECLS

#define GF_TYPE_FUTURE_SET    (gf_future_set_get_type ())
#define GF_FUTURE_SET(obj)    (G_TYPE_CHECK_INSTANCE_CAST ((obj), GF_TYPE_FUTURE_SET, GfFutureSet))
#define GF_IS_FUTURE_SET(obj) (G_TYPE_CHECK_INSTANCE_TYPE ((obj), GF_TYPE_FUTURE_SET))

typedef struct _GfFutureSet GfFutureSet;

GF_AVAILABLE_IN_1_0
GType             gf_future_set_get_type   (void) G_GNUC_CONST;

GF_AVAILABLE_IN_1_0
GfFutureSet      *gf_future_all            (GfFuture * const *futures,
                                            gsize             n_futures);
GF_AVAILABLE_IN_1_0
GfFutureSet      *gf_future_all_settled    (GfFuture * const *futures,
                                            gsize             n_futures);
GF_AVAILABLE_IN_1_0
GfFutureSet      *gf_future_any            (GfFuture * const *futures,
                                            gsize             n_futures);
GF_AVAILABLE_IN_1_0
GfFutureSet      *gf_future_race           (GfFuture * const *futures,
                                            gsize             n_futures);

GF_AVAILABLE_IN_1_0
guint             gf_future_set_get_n_done (GfFutureSet      *self);
GF_AVAILABLE_IN_1_0
GfFuture         *gf_future_set_get_decisive (GfFutureSet   *self);
GF_AVAILABLE_IN_1_0
GfFutureIterator *gf_future_set_iterator   (GfFutureSet      *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (GfFutureSet, g_object_unref)

G_END_DECLS

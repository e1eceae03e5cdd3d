/* gf-future-iterator.h - futures in the order in which they are settled
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#if !defined (GFUTURES_INSIDE) && !defined (GFUTURES_COMPILATION)
#error "Only <gfutures.h> can be included directly."
#endif

#include "gf-future.h"

G_BEGIN_DECLS

#define GF_TYPE_FUTURE_ITERATOR (gf_future_iterator_get_type ())

GF_AVAILABLE_IN_1_0
G_DECLARE_FINAL_TYPE (GfFutureIterator, gf_future_iterator, GF, FUTURE_ITERATOR, GObject)

GF_AVAILABLE_IN_1_0
GfFutureIterator *gf_as_completed                (GfFuture * const   *futures,
                                                  gsize               n_futures);

GF_AVAILABLE_IN_1_0
GfFuture         *gf_future_iterator_next        (GfFutureIterator   *self,
                                                  gint64              timeout_us,
                                                  GCancellable       *cancellable,
                                                  GError            **error);
GF_AVAILABLE_IN_1_0
void              gf_future_iterator_next_async  (GfFutureIterator   *self,
                                                  GCancellable       *cancellable,
                                                  GAsyncReadyCallback callback,
                                                  gpointer            user_data);
GF_AVAILABLE_IN_1_0
GfFuture         *gf_future_iterator_next_finish (GfFutureIterator   *self,
                                                  GAsyncResult       *result,
                                                  GError            **error);
GF_AVAILABLE_IN_1_0
GfFuture         *gf_future_iterator_next_value  (GfFutureIterator   *self);
GF_AVAILABLE_IN_1_0
GfFutureIterator *gf_future_iterator_iterator    (GfFutureIterator   *self);

G_END_DECLS

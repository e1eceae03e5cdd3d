/* gf-future-list-private.h - a live list of an executor's futures
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#ifndef GFUTURES_COMPILATION
#error "A private header of libgfutures."
#endif

#include "../future/gf-future.h"

G_BEGIN_DECLS

#define GF_TYPE_FUTURE_LIST (gf_future_list_get_type ())

G_DECLARE_FINAL_TYPE (GfFutureList, gf_future_list, GF, FUTURE_LIST, GObject)

GfFutureList *gf_future_list_new    (void);
void          gf_future_list_append (GfFutureList *self,
                                     GfFuture     *future);
void          gf_future_list_remove (GfFutureList *self,
                                     GfFuture     *future);

G_END_DECLS

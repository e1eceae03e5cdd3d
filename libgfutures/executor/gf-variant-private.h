/* gf-variant-private.h - what GVariant does not do by itself
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#ifndef GFUTURES_COMPILATION
#error "A private header of libgfutures."
#endif

#include <glib.h>

G_BEGIN_DECLS

/* Collects values into an array: of their type if they have all the same one,
 * else of variants. */
typedef struct
{
  const GVariantType *type;   /* of all that were added; NULL: none was, or differ */
  gsize               size;   /* of each, if they are numbers */
  GByteArray         *bytes;  /* the numbers */
  GPtrArray          *values; /* else the values */
  gsize               n_expected;
} GfGather;

void      gf_gather_init         (GfGather            *self,
                                  gsize                n_expected);
void      gf_gather_clear        (GfGather            *self);
void      gf_gather_add          (GfGather            *self,
                                  GVariant            *value);
GVariant *gf_gather_end          (GfGather            *self);

gsize     gf_variant_number_size (const GVariantType  *type);
GVariant *gf_variant_new_checked (const GVariantType  *type,
                                  GBytes              *bytes);
GVariant *gf_variant_slice       (GVariant            *array,
                                  gsize                first,
                                  gsize                n);
GVariant *gf_variant_concat      (GVariant           **arrays,
                                  gsize                n_arrays);

G_END_DECLS

/* gf-variant.c - what GVariant does not do by itself
 *
 * Checking what comes from outside; slicing, collecting and joining arrays.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "gf-variant-private.h"

#include <string.h>

/* What is checked and then read as it is. Beyond that it is wrapped again, for
 * reading arrays of an untrusted value takes quadratic time, checked or not. */
#define SMALL 4096

/* The size of a value of that type, if it is a number of which every pattern of
 * bits is in normal form; else 0. */
gsize
gf_variant_number_size (const GVariantType *type)
{
  switch (*g_variant_type_peek_string (type))
    {
    case 'y':
      return 1;
    case 'n':
    case 'q':
      return 2;
    case 'i':
    case 'u':
      return 4;
    case 'x':
    case 't':
    case 'd':
      return 8;
    default:
      return 0;
    }
}

static gboolean
gf_variant_is_numbers (const GVariantType *type)
{
  return g_variant_type_is_array (type) &&
         gf_variant_number_size (g_variant_type_element (type)) != 0;
}

/* Wraps bytes that come from outside. NULL: they are no value of that type in
 * normal form. */
GVariant *
gf_variant_new_checked (const GVariantType *type,
                        GBytes             *bytes)
{
  GVariant *value;

  if (gf_variant_is_numbers (type))
    {
      if (g_bytes_get_size (bytes) % gf_variant_number_size (g_variant_type_element (type)) != 0)
        return NULL;

      return g_variant_ref_sink (g_variant_new_from_bytes (type, bytes, TRUE));
    }

  value = g_variant_ref_sink (g_variant_new_from_bytes (type, bytes, FALSE));
  if (!g_variant_is_normal_form (value))
    {
      g_variant_unref (value);
      return NULL;
    }

  if (g_bytes_get_size (bytes) > SMALL)
    {
      g_variant_unref (value);
      value = g_variant_ref_sink (g_variant_new_from_bytes (type, bytes, TRUE));
    }

  return value;
}

static gboolean
gf_variant_type_is_fixed (const GVariantType *type)
{
  const char *string = g_variant_type_peek_string (type);
  gsize length = g_variant_type_get_string_length (type);

  for (gsize i = 0; i < length; i++)
    if (strchr ("sogavm", string[i]) != NULL)
      return FALSE;

  return TRUE;
}

/* A part of an array, a reference; without a copy if its items have a fixed
 * size. */
GVariant *
gf_variant_slice (GVariant *array,
                  gsize     first,
                  gsize     n)
{
  const GVariantType *type = g_variant_get_type (array);
  const GVariantType *item_type = g_variant_type_element (type);
  g_autofree GVariant **items = NULL;
  GVariant *slice;

  if (n > 0 && gf_variant_type_is_fixed (item_type))
    {
      gsize size = g_variant_get_size (array) / g_variant_n_children (array);
      g_autoptr (GBytes) all = g_variant_get_data_as_bytes (array);
      g_autoptr (GBytes) bytes = g_bytes_new_from_bytes (all, first * size, n * size);

      return g_variant_ref_sink (g_variant_new_from_bytes (type, bytes,
                                                           gf_variant_is_numbers (type)));
    }

  items = g_new (GVariant *, n);
  for (gsize i = 0; i < n; i++)
    items[i] = g_variant_get_child_value (array, first + i);
  slice = g_variant_ref_sink (g_variant_new_array (item_type, items, n));
  for (gsize i = 0; i < n; i++)
    g_variant_unref (items[i]);

  return slice;
}

/* ---- collecting ---- */

void
gf_gather_init (GfGather *self,
                gsize     n_expected)
{
  *self = (GfGather) { .n_expected = n_expected };
}

void
gf_gather_clear (GfGather *self)
{
  g_clear_pointer (&self->bytes, g_byte_array_unref);
  g_clear_pointer (&self->values, g_ptr_array_unref);
}

/* The numbers turn out not to be all there is. */
static void
gf_gather_expand (GfGather *self)
{
  for (gsize i = 0; i < self->bytes->len; i += self->size)
    {
      g_autoptr (GBytes) number = g_bytes_new (self->bytes->data + i, self->size);

      g_ptr_array_add (self->values,
                       g_variant_ref_sink (g_variant_new_from_bytes (self->type, number, TRUE)));
    }
  g_clear_pointer (&self->bytes, g_byte_array_unref);
}

/* Takes @value, floating or not. */
void
gf_gather_add (GfGather *self,
               GVariant *value)
{
  const GVariantType *type = g_variant_get_type (value);

  if (self->bytes == NULL && self->values == NULL)
    {
      self->size = gf_variant_number_size (type);
      /* The type is that of a basic value, of which there is one for all. */
      self->type = type;
      if (self->size != 0)
        self->bytes = g_byte_array_sized_new (MIN (self->n_expected * self->size, G_MAXUINT / 2));
      else
        self->values = g_ptr_array_new_full (MIN (self->n_expected, G_MAXUINT / 16),
                                             (GDestroyNotify) g_variant_unref);
    }
  else if (self->type != NULL && self->type != type && !g_variant_type_equal (self->type, type))
    {
      if (self->values == NULL)
        {
          self->values = g_ptr_array_new_with_free_func ((GDestroyNotify) g_variant_unref);
          gf_gather_expand (self);
        }
      self->type = NULL;
    }

  if (self->bytes != NULL)
    {
      guint64 number;

      g_variant_store (value, &number);
      g_byte_array_append (self->bytes, (guint8 *) &number, self->size);
      g_variant_unref (value);
    }
  else
    g_ptr_array_add (self->values, g_variant_take_ref (value));
}

/* The array, floating. */
GVariant *
gf_gather_end (GfGather *self)
{
  GVariant *array;

  if (self->bytes != NULL)
    {
      g_autoptr (GVariantType) type = g_variant_type_new_array (self->type);
      g_autoptr (GBytes) bytes = g_byte_array_free_to_bytes (g_steal_pointer (&self->bytes));

      return g_variant_new_from_bytes (type, bytes, TRUE);
    }

  if (self->values == NULL)
    return g_variant_new_array (G_VARIANT_TYPE_VARIANT, NULL, 0);

  if (self->type == NULL)
    for (guint i = 0; i < self->values->len; i++)
      {
        GVariant *boxed = g_variant_ref_sink (g_variant_new_variant (self->values->pdata[i]));

        g_variant_unref (self->values->pdata[i]);
        self->values->pdata[i] = boxed;
      }

  array = g_variant_new_array (self->type != NULL ? self->type : G_VARIANT_TYPE_VARIANT,
                               (GVariant **) self->values->pdata, self->values->len);
  gf_gather_clear (self);

  return array;
}

/* ---- joining ---- */

static GVariant *
gf_variant_concat_numbers (GVariant **arrays,
                           gsize      n_arrays)
{
  gsize size = 0;
  guint8 *data;
  gsize done = 0;

  for (gsize i = 0; i < n_arrays; i++)
    size += g_variant_get_size (arrays[i]);

  data = g_malloc (size);
  for (gsize i = 0; i < n_arrays; i++)
    {
      gsize length = g_variant_get_size (arrays[i]);

      if (length > 0)
        memcpy (data + done, g_variant_get_data (arrays[i]), length);
      done += length;
    }

  return g_variant_new_from_data (g_variant_get_type (arrays[0]), data, size, TRUE, g_free, data);
}

/* One array of all items, floating: of their type if the arrays have all the
 * same, else of variants. */
GVariant *
gf_variant_concat (GVariant **arrays,
                   gsize      n_arrays)
{
  const GVariantType *type = n_arrays > 0 ? g_variant_get_type (arrays[0]) : NULL;
  gboolean mixed = FALSE;
  g_autoptr (GPtrArray) items = NULL;

  if (n_arrays == 0)
    return g_variant_new_array (G_VARIANT_TYPE_VARIANT, NULL, 0);

  for (gsize i = 1; i < n_arrays && !mixed; i++)
    mixed = !g_variant_type_equal (type, g_variant_get_type (arrays[i]));

  if (!mixed && gf_variant_is_numbers (type))
    return gf_variant_concat_numbers (arrays, n_arrays);

  items = g_ptr_array_new_with_free_func ((GDestroyNotify) g_variant_unref);
  for (gsize i = 0; i < n_arrays; i++)
    {
      gsize n_items = g_variant_n_children (arrays[i]);
      gboolean boxed = g_variant_is_of_type (arrays[i], G_VARIANT_TYPE ("av"));

      for (gsize j = 0; j < n_items; j++)
        {
          GVariant *item = g_variant_get_child_value (arrays[i], j);

          if (mixed && !boxed)
            {
              g_ptr_array_add (items, g_variant_ref_sink (g_variant_new_variant (item)));
              g_variant_unref (item);
            }
          else
            g_ptr_array_add (items, item);
        }
    }

  return g_variant_new_array (mixed ? G_VARIANT_TYPE_VARIANT : g_variant_type_element (type),
                              (GVariant **) items->pdata, items->len);
}

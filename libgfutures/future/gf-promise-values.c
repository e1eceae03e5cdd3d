/* gf-promise-values.c - settling a promise with a value of each type
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "gf-promise.h"

/**
 * gf_promise_resolve:
 * @self: a promise
 * @value: a value
 *
 * Settles the promise with a copy of @value. Any thread may call it.
 *
 * Returns: %TRUE; %FALSE if the promise was settled
 *
 * Since: 1.0
 */
gboolean
gf_promise_resolve (GfPromise    *self,
                    const GValue *value)
{
  GValue copy = G_VALUE_INIT;

  g_return_val_if_fail (GF_IS_PROMISE (self), FALSE);
  g_return_val_if_fail (G_IS_VALUE (value), FALSE);

  g_value_init (&copy, G_VALUE_TYPE (value));
  g_value_copy (value, &copy);

  return gf_promise_take_value (self, &copy);
}

/**
 * gf_promise_take_string:
 * @self: a promise
 * @value: (transfer full) (nullable): a string
 *
 * Settles the promise with @value, without a copy. Any thread may call it.
 *
 * Returns: %TRUE; %FALSE if the promise was settled, and @value is freed
 *
 * Since: 1.0
 */
gboolean
gf_promise_take_string (GfPromise *self,
                        char      *value)
{
  GValue moved = G_VALUE_INIT;

  g_value_init (&moved, G_TYPE_STRING);
  g_value_take_string (&moved, value);

  return gf_promise_take_value (self, &moved);
}

/**
 * gf_promise_resolve_boolean:
 * @self: a promise
 * @value: a boolean
 *
 * Settles the promise with @value. Any thread may call it.
 *
 * Returns: %TRUE; %FALSE if the promise was settled
 *
 * Since: 1.0
 */
gboolean
gf_promise_resolve_boolean (GfPromise *self,
                            gboolean   value)
{
  GValue moved = G_VALUE_INIT;

  g_value_init (&moved, G_TYPE_BOOLEAN);
  g_value_set_boolean (&moved, value);

  return gf_promise_take_value (self, &moved);
}

/**
 * gf_promise_resolve_int:
 * @self: a promise
 * @value: an integer
 *
 * Settles the promise with @value. Any thread may call it.
 *
 * Returns: %TRUE; %FALSE if the promise was settled
 *
 * Since: 1.0
 */
gboolean
gf_promise_resolve_int (GfPromise *self,
                        int        value)
{
  GValue moved = G_VALUE_INIT;

  g_value_init (&moved, G_TYPE_INT);
  g_value_set_int (&moved, value);

  return gf_promise_take_value (self, &moved);
}

/**
 * gf_promise_resolve_int64:
 * @self: a promise
 * @value: an integer
 *
 * Settles the promise with @value. Any thread may call it.
 *
 * Returns: %TRUE; %FALSE if the promise was settled
 *
 * Since: 1.0
 */
gboolean
gf_promise_resolve_int64 (GfPromise *self,
                          gint64     value)
{
  GValue moved = G_VALUE_INIT;

  g_value_init (&moved, G_TYPE_INT64);
  g_value_set_int64 (&moved, value);

  return gf_promise_take_value (self, &moved);
}

/**
 * gf_promise_resolve_double:
 * @self: a promise
 * @value: a number
 *
 * Settles the promise with @value. Any thread may call it.
 *
 * Returns: %TRUE; %FALSE if the promise was settled
 *
 * Since: 1.0
 */
gboolean
gf_promise_resolve_double (GfPromise *self,
                           double     value)
{
  GValue moved = G_VALUE_INIT;

  g_value_init (&moved, G_TYPE_DOUBLE);
  g_value_set_double (&moved, value);

  return gf_promise_take_value (self, &moved);
}

/**
 * gf_promise_resolve_string:
 * @self: a promise
 * @value: (nullable): a string
 *
 * Settles the promise with a copy of @value. Any thread may call it.
 *
 * Returns: %TRUE; %FALSE if the promise was settled
 *
 * Since: 1.0
 */
gboolean
gf_promise_resolve_string (GfPromise  *self,
                           const char *value)
{
  return gf_promise_take_string (self, g_strdup (value));
}

/**
 * gf_promise_resolve_variant:
 * @self: a promise
 * @value: (nullable): a variant; a floating reference is sunk
 *
 * Settles the promise with @value. Any thread may call it.
 *
 * Returns: %TRUE; %FALSE if the promise was settled
 *
 * Since: 1.0
 */
gboolean
gf_promise_resolve_variant (GfPromise *self,
                            GVariant  *value)
{
  GValue moved = G_VALUE_INIT;

  g_value_init (&moved, G_TYPE_VARIANT);
  g_value_set_variant (&moved, value);

  return gf_promise_take_value (self, &moved);
}

/**
 * gf_promise_resolve_object:
 * @self: a promise
 * @value: (type GObject.Object) (nullable): an object
 *
 * Settles the promise with a reference to @value. Any thread may call it; the
 * reference is dropped in the promise's home.
 *
 * Returns: %TRUE; %FALSE if the promise was settled
 *
 * Since: 1.0
 */
gboolean
gf_promise_resolve_object (GfPromise *self,
                           gpointer   value)
{
  GValue moved = G_VALUE_INIT;

  g_return_val_if_fail (value == NULL || G_IS_OBJECT (value), FALSE);

  g_value_init (&moved, value != NULL ? G_OBJECT_TYPE (value) : G_TYPE_OBJECT);
  g_value_set_object (&moved, value);

  return gf_promise_take_value (self, &moved);
}

/**
 * gf_promise_resolve_boxed: (skip)
 * @self: a promise
 * @type: the boxed type
 * @value: (nullable): a boxed value
 *
 * Settles the promise with a copy of @value. Any thread may call it; the copy
 * is freed in the promise's home. Other languages use gf_promise_resolve().
 *
 * Returns: %TRUE; %FALSE if the promise was settled
 *
 * Since: 1.0
 */
gboolean
gf_promise_resolve_boxed (GfPromise    *self,
                          GType         type,
                          gconstpointer value)
{
  GValue moved = G_VALUE_INIT;

  g_return_val_if_fail (G_TYPE_IS_BOXED (type), FALSE);

  g_value_init (&moved, type);
  g_value_set_boxed (&moved, value);

  return gf_promise_take_value (self, &moved);
}

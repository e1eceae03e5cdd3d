/* gf-future-value.c - what a future has come to
 *
 * Futures that are made settled, and reading the value or the error of any.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "gf-future-private.h"

/* What a task that returns nothing succeeds with. */
static const GValue no_value = { G_TYPE_POINTER, { { 0 }, { 0 } } };

static GError cancelled_error = { 0, G_IO_ERROR_CANCELLED, (char *) "The task was cancelled" };
static GError timed_out_error = { 0, G_IO_ERROR_TIMED_OUT, (char *) "The task did not finish in time" };

/* Called once, before there is a future: the domain is known at run time only. */
void
gf_future_init_errors (void)
{
  cancelled_error.domain = timed_out_error.domain = G_IO_ERROR;
}

/* ---- ready-made futures ---- */

static GfFuture *
gf_future_new_settled (GValue *value)
{
  GfPromise *promise = gf_promise_new ();

  gf_promise_take_value (promise, value);

  return GF_FUTURE (promise);
}

/**
 * gf_future_new_for_value:
 * @value: any initialized value
 *
 * Creates a future that has succeeded with a copy of @value. Its home is the
 * caller's; it emits #GfFuture::done in a later turn, like any other.
 *
 * Returns: (transfer full): a new settled future
 *
 * Since: 1.0
 */
GfFuture *
gf_future_new_for_value (const GValue *value)
{
  GValue copy = G_VALUE_INIT;

  g_return_val_if_fail (G_IS_VALUE (value), NULL);

  g_value_init (&copy, G_VALUE_TYPE (value));
  g_value_copy (value, &copy);

  return gf_future_new_settled (&copy);
}

/**
 * gf_future_new_for_variant:
 * @value: (nullable): a variant; a floating reference is sunk
 *
 * Creates a future that has succeeded with @value, see
 * gf_future_new_for_value().
 *
 * Returns: (transfer full): a new settled future
 *
 * Since: 1.0
 */
GfFuture *
gf_future_new_for_variant (GVariant *value)
{
  GValue copy = G_VALUE_INIT;

  g_value_init (&copy, G_TYPE_VARIANT);
  g_value_set_variant (&copy, value);

  return gf_future_new_settled (&copy);
}

/**
 * gf_future_new_for_string:
 * @value: (nullable): a string
 *
 * Creates a future that has succeeded with a copy of @value, see
 * gf_future_new_for_value().
 *
 * Returns: (transfer full): a new settled future
 *
 * Since: 1.0
 */
GfFuture *
gf_future_new_for_string (const char *value)
{
  GValue copy = G_VALUE_INIT;

  g_value_init (&copy, G_TYPE_STRING);
  g_value_set_string (&copy, value);

  return gf_future_new_settled (&copy);
}

/**
 * gf_future_new_for_boolean:
 * @value: a boolean
 *
 * Creates a future that has succeeded with @value, see
 * gf_future_new_for_value().
 *
 * Returns: (transfer full): a new settled future
 *
 * Since: 1.0
 */
GfFuture *
gf_future_new_for_boolean (gboolean value)
{
  GValue copy = G_VALUE_INIT;

  g_value_init (&copy, G_TYPE_BOOLEAN);
  g_value_set_boolean (&copy, value);

  return gf_future_new_settled (&copy);
}

/**
 * gf_future_new_for_int:
 * @value: an integer
 *
 * Creates a future that has succeeded with @value, see
 * gf_future_new_for_value().
 *
 * Returns: (transfer full): a new settled future
 *
 * Since: 1.0
 */
GfFuture *
gf_future_new_for_int (int value)
{
  GValue copy = G_VALUE_INIT;

  g_value_init (&copy, G_TYPE_INT);
  g_value_set_int (&copy, value);

  return gf_future_new_settled (&copy);
}

/**
 * gf_future_new_for_int64:
 * @value: an integer
 *
 * Creates a future that has succeeded with @value, see
 * gf_future_new_for_value().
 *
 * Returns: (transfer full): a new settled future
 *
 * Since: 1.0
 */
GfFuture *
gf_future_new_for_int64 (gint64 value)
{
  GValue copy = G_VALUE_INIT;

  g_value_init (&copy, G_TYPE_INT64);
  g_value_set_int64 (&copy, value);

  return gf_future_new_settled (&copy);
}

/**
 * gf_future_new_for_double:
 * @value: a number
 *
 * Creates a future that has succeeded with @value, see
 * gf_future_new_for_value().
 *
 * Returns: (transfer full): a new settled future
 *
 * Since: 1.0
 */
GfFuture *
gf_future_new_for_double (double value)
{
  GValue copy = G_VALUE_INIT;

  g_value_init (&copy, G_TYPE_DOUBLE);
  g_value_set_double (&copy, value);

  return gf_future_new_settled (&copy);
}

/**
 * gf_future_new_for_object:
 * @value: (type GObject.Object) (nullable): an object
 *
 * Creates a future that has succeeded with a reference to @value, see
 * gf_future_new_for_value(). The reference is dropped in the home context.
 *
 * Returns: (transfer full): a new settled future
 *
 * Since: 1.0
 */
GfFuture *
gf_future_new_for_object (gpointer value)
{
  GValue copy = G_VALUE_INIT;

  g_return_val_if_fail (value == NULL || G_IS_OBJECT (value), NULL);

  g_value_init (&copy, value != NULL ? G_OBJECT_TYPE (value) : G_TYPE_OBJECT);
  g_value_set_object (&copy, value);

  return gf_future_new_settled (&copy);
}

/**
 * gf_future_new_for_error:
 * @error: (transfer full): an error
 *
 * Creates a future that has failed with @error. Its home is the caller's; it
 * emits #GfFuture::done in a later turn, like any other.
 *
 * Returns: (transfer full): a new settled future
 *
 * Since: 1.0
 */
GfFuture *
gf_future_new_for_error (GError *error)
{
  GfPromise *promise;

  g_return_val_if_fail (error != NULL, NULL);

  promise = gf_promise_new ();
  gf_promise_reject (promise, error);

  return GF_FUTURE (promise);
}

/* ---- the outcome ---- */

/**
 * gf_future_get_error:
 * @self: a future
 *
 * Gets the error of a failed or cancelled future. Never blocks; any thread may
 * ask.
 *
 * Returns: (transfer none) (nullable): the error; %NULL if the future has
 *   succeeded or is not settled
 *
 * Since: 1.0
 */
const GError *
gf_future_get_error (GfFuture *self)
{
  guint state;

  g_return_val_if_fail (GF_IS_FUTURE (self), NULL);

  state = gf_future_load_state (self);

  switch (state & GF_STATE_MASK)
    {
    case GF_FUTURE_STATE_FAILED:
      return (state & GF_STATE_TIMED_OUT) ? &timed_out_error : self->outcome.error;
    case GF_FUTURE_STATE_CANCELLED:
      return &cancelled_error;
    default:
      return NULL;
    }
}

/**
 * gf_future_get_error_details:
 * @self: a future
 *
 * Gets what gf_promise_reject_with_details() has given along with the error, in
 * this process or in a worker. Never blocks; any thread may ask.
 *
 * Returns: (transfer full) (nullable): the bytes; %NULL if there are none, or the
 *   future has not failed
 *
 * Since: 1.0
 */
GBytes *
gf_future_get_error_details (GfFuture *self)
{
  GfFutureExtra *extra;

  g_return_val_if_fail (GF_IS_FUTURE (self), NULL);

  if ((gf_future_load_state (self) & GF_STATE_MASK) != GF_FUTURE_STATE_FAILED)
    return NULL;

  extra = gf_future_peek_extra (self);

  return extra != NULL && extra->details != NULL ? g_bytes_ref (extra->details) : NULL;
}

/**
 * gf_future_get_value:
 * @self: a future
 * @error: return location for an error
 *
 * Gets the value of a succeeded future, or the error of a failed or cancelled
 * one. Never blocks; any thread may ask.
 *
 * A task that succeeded without a value has a #G_TYPE_POINTER that holds %NULL;
 * Python gets None, JavaScript null.
 *
 * Returns: (transfer none) (nullable): the value, which lives as long as the
 *   future; %NULL with @error set if the future failed, was cancelled
 *   (%G_IO_ERROR_CANCELLED), or is not settled (%G_IO_ERROR_PENDING)
 *
 * Since: 1.0
 */
const GValue *
gf_future_get_value (GfFuture *self,
                     GError  **error)
{
  guint state;

  g_return_val_if_fail (GF_IS_FUTURE (self), NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  state = gf_future_load_state (self);

  if (!gf_state_is_settled (state))
    {
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_PENDING,
                           "The future is not settled yet: wait for it, or for its “done” signal");
      return NULL;
    }

  if ((state & GF_STATE_MASK) != GF_FUTURE_STATE_SUCCEEDED)
    {
      if (error != NULL)
        *error = g_error_copy (gf_future_get_error (self));
      return NULL;
    }

  return (state & GF_STATE_NO_VALUE) ? &no_value : &self->outcome.value;
}

/* The value, if it is of @type; pointer types accept “no value” as NULL. */
static const GValue *
gf_future_get_typed (GfFuture *self,
                     GType     type,
                     GError  **error)
{
  const GValue *value = gf_future_get_value (self, error);

  if (value == NULL || G_VALUE_HOLDS (value, type) || value == &no_value)
    return value;

  g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
               "The future’s value is of type %s, not %s",
               G_VALUE_TYPE_NAME (value), g_type_name (type));

  return NULL;
}

static const GValue *
gf_future_get_scalar (GfFuture *self,
                      GType     type,
                      GError  **error)
{
  const GValue *value = gf_future_get_typed (self, type, error);

  if (value != &no_value)
    return value;

  g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
               "The future has no value, not one of type %s", g_type_name (type));

  return NULL;
}

/**
 * gf_future_get_boolean:
 * @self: a future
 * @error: return location for an error
 *
 * Gets the boolean that the future has succeeded with. Never blocks; any thread
 * may ask. In languages with exceptions gf_future_get_value() does the same for
 * every type.
 *
 * Returns: the value; %FALSE also with @error set, as by gf_future_get_value(),
 *   or %G_IO_ERROR_INVALID_ARGUMENT if the value is of another type
 *
 * Since: 1.0
 */
gboolean
gf_future_get_boolean (GfFuture *self,
                       GError  **error)
{
  const GValue *value = gf_future_get_scalar (self, G_TYPE_BOOLEAN, error);

  return value != NULL ? g_value_get_boolean (value) : FALSE;
}

/**
 * gf_future_get_int:
 * @self: a future
 * @error: return location for an error
 *
 * Gets the integer that the future has succeeded with. Never blocks; any thread
 * may ask.
 *
 * Returns: the value; 0 with @error set, as by gf_future_get_value(), or
 *   %G_IO_ERROR_INVALID_ARGUMENT if the value is of another type
 *
 * Since: 1.0
 */
int
gf_future_get_int (GfFuture *self,
                   GError  **error)
{
  const GValue *value = gf_future_get_scalar (self, G_TYPE_INT, error);

  return value != NULL ? g_value_get_int (value) : 0;
}

/**
 * gf_future_get_int64:
 * @self: a future
 * @error: return location for an error
 *
 * Gets the 64-bit integer that the future has succeeded with. Never blocks; any
 * thread may ask.
 *
 * Returns: the value; 0 with @error set, as by gf_future_get_value(), or
 *   %G_IO_ERROR_INVALID_ARGUMENT if the value is of another type
 *
 * Since: 1.0
 */
gint64
gf_future_get_int64 (GfFuture *self,
                     GError  **error)
{
  const GValue *value = gf_future_get_scalar (self, G_TYPE_INT64, error);

  return value != NULL ? g_value_get_int64 (value) : 0;
}

/**
 * gf_future_get_double:
 * @self: a future
 * @error: return location for an error
 *
 * Gets the number that the future has succeeded with. Never blocks; any thread
 * may ask.
 *
 * Returns: the value; 0 with @error set, as by gf_future_get_value(), or
 *   %G_IO_ERROR_INVALID_ARGUMENT if the value is of another type
 *
 * Since: 1.0
 */
double
gf_future_get_double (GfFuture *self,
                      GError  **error)
{
  const GValue *value = gf_future_get_scalar (self, G_TYPE_DOUBLE, error);

  return value != NULL ? g_value_get_double (value) : 0;
}

/**
 * gf_future_get_string:
 * @self: a future
 * @error: return location for an error
 *
 * Gets the string that the future has succeeded with. Never blocks; any thread
 * may ask.
 *
 * Returns: (transfer none) (nullable): the value, which lives as long as the
 *   future, %NULL if there is none; %NULL with @error set, as by
 *   gf_future_get_value(), or %G_IO_ERROR_INVALID_ARGUMENT if the value is of
 *   another type
 *
 * Since: 1.0
 */
const char *
gf_future_get_string (GfFuture *self,
                      GError  **error)
{
  const GValue *value = gf_future_get_typed (self, G_TYPE_STRING, error);

  return value != NULL && value != &no_value ? g_value_get_string (value) : NULL;
}

/**
 * gf_future_get_variant:
 * @self: a future
 * @error: return location for an error
 *
 * Gets the variant that the future has succeeded with, as
 * gf_executor_call() and gf_executor_map() do. Never blocks; any thread may ask.
 *
 * Returns: (transfer none) (nullable): the value, which lives as long as the
 *   future, %NULL if there is none; %NULL with @error set, as by
 *   gf_future_get_value(), or %G_IO_ERROR_INVALID_ARGUMENT if the value is of
 *   another type
 *
 * Since: 1.0
 */
GVariant *
gf_future_get_variant (GfFuture *self,
                       GError  **error)
{
  const GValue *value = gf_future_get_typed (self, G_TYPE_VARIANT, error);

  return value != NULL && value != &no_value ? g_value_get_variant (value) : NULL;
}

/**
 * gf_future_get_serialized:
 * @self: a future
 * @type: (out) (optional) (transfer full): return location for the type string
 *   of the value
 * @error: return location for an error
 *
 * Gets the variant that the future has succeeded with as g_variant_get_data()
 * would: for languages that read a #GVariant slowly. Never blocks; any thread
 * may ask.
 *
 * Returns: (transfer full) (nullable): the serialized value, in the byte order
 *   of this machine, %NULL if there is none; %NULL with @error set, as by
 *   gf_future_get_variant()
 *
 * Since: 1.0
 */
GBytes *
gf_future_get_serialized (GfFuture *self,
                          char    **type,
                          GError  **error)
{
  GVariant *value = gf_future_get_variant (self, error);

  if (type != NULL)
    *type = value != NULL ? g_strdup (g_variant_get_type_string (value)) : NULL;

  return value != NULL ? g_variant_get_data_as_bytes (value) : NULL;
}

/**
 * gf_future_peek_serialized:
 * @self: a future
 * @max_size: the size in bytes up to which the value is given
 * @type: (out) (optional) (nullable) (transfer none): return location for the type
 *   string of the variant, of one that is too large too; %NULL if there is none
 * @n_data: (out): return location for its size
 * @error: return location for an error
 *
 * As gf_future_get_serialized(), for small variants and languages that copy them: it
 * saves the making of an object. Never blocks; any thread may ask.
 *
 * Returns: (array length=n_data) (transfer none) (nullable): the serialized variant,
 *   which lives as long as the future, as @type does; %NULL if the future has
 *   succeeded with no variant, or with one of no bytes, or of more than @max_size;
 *   %NULL with @error set, as by gf_future_get_value()
 *
 * Since: 1.0
 */
const guint8 *
gf_future_peek_serialized (GfFuture    *self,
                           gsize        max_size,
                           const char **type,
                           gsize       *n_data,
                           GError     **error)
{
  const GValue *outcome = gf_future_get_value (self, error);
  GVariant *value = outcome != NULL && G_VALUE_HOLDS_VARIANT (outcome) ? g_value_get_variant (outcome) : NULL;

  if (type != NULL)
    *type = value != NULL ? g_variant_get_type_string (value) : NULL;
  *n_data = value != NULL ? g_variant_get_size (value) : 0;
  if (*n_data > max_size)
    *n_data = 0;

  return *n_data > 0 ? g_variant_get_data (value) : NULL;
}

/**
 * gf_future_get_object:
 * @self: a future
 * @error: return location for an error
 *
 * Gets the object that the future has succeeded with. Never blocks; any thread
 * may ask.
 *
 * Returns: (type GObject.Object) (transfer none) (nullable): the value, which
 *   lives as long as the future, %NULL if there is none; %NULL with @error set,
 *   as by gf_future_get_value(), or %G_IO_ERROR_INVALID_ARGUMENT if the value is
 *   of another type
 *
 * Since: 1.0
 */
gpointer
gf_future_get_object (GfFuture *self,
                      GError  **error)
{
  const GValue *value = gf_future_get_typed (self, G_TYPE_OBJECT, error);

  return value != NULL && value != &no_value ? g_value_get_object (value) : NULL;
}

/**
 * gf_future_get_boxed: (skip)
 * @self: a future
 * @error: return location for an error
 *
 * Gets the boxed value that the future has succeeded with. Never blocks; any
 * thread may ask. Other languages use gf_future_get_value(), which tells them
 * the type.
 *
 * Returns: (transfer none) (nullable): the value, which lives as long as the
 *   future, %NULL if there is none; %NULL with @error set, as by
 *   gf_future_get_value(), or %G_IO_ERROR_INVALID_ARGUMENT if the value is of
 *   another type
 *
 * Since: 1.0
 */
gpointer
gf_future_get_boxed (GfFuture *self,
                     GError  **error)
{
  const GValue *value = gf_future_get_typed (self, G_TYPE_BOXED, error);

  return value != NULL && value != &no_value ? g_value_get_boxed (value) : NULL;
}

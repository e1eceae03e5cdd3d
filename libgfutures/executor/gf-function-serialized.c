/* gf-function-serialized.c - functions that take and return bytes
 *
 * For languages in which making a GVariant takes longer than the call. It is a
 * function as others are, around one of another kind.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "gf-function.h"

#include "../future/gf-future-private.h"
#include "gf-function-private.h"
#include "gf-variant-private.h"

typedef struct
{
  gsize                max_size;
  GfSerializedFunction function;
  gpointer             data;
  GDestroyNotify       destroy;
} GfSerialized;

/* A call that runs in this thread, and what it has returned. */
typedef struct _GfSerializedCall GfSerializedCall;

struct _GfSerializedCall
{
  GfPromise        *promise;
  GVariant         *result;
  GfSerializedCall *outer;
};

static _Thread_local GfSerializedCall *innermost;

static void
gf_serialized_free (gpointer data)
{
  GfSerialized *self = data;

  if (self->destroy != NULL)
    self->destroy (self->data);
  g_free (self);
}

static GVariant *
gf_serialized_call (GVariant  *arguments,
                    GfPromise *promise,
                    gpointer   data,
                    GError   **error G_GNUC_UNUSED)
{
  GfSerialized *self = data;
  GfSerializedCall call = { promise, NULL, innermost };
  gsize n_data = arguments != NULL ? g_variant_get_size (arguments) : 0;
  gboolean is_small = n_data <= self->max_size;

  innermost = &call;
  self->function (promise, gf_promise_get_function (promise),
                  arguments != NULL ? g_variant_get_type_string (arguments) : NULL,
                  is_small && n_data != 0 ? g_variant_get_data (arguments) : NULL, is_small ? n_data : 0,
                  is_small ? NULL : arguments, self->data);
  innermost = call.outer;

  return call.result;
}

/**
 * gf_function_register_serialized:
 * @name: (nullable): a name, or %NULL for every name that nobody has registered
 * @max_size: the size in bytes up to which arguments are given serialized
 * @function: (scope notified) (closure user_data) (destroy destroy): the function
 * @user_data: data for @function
 * @destroy: (nullable): how to release @user_data
 *
 * As gf_function_register(), for languages that make and read a #GVariant slowly,
 * or pack values themselves: the arguments come as bytes, and the result is given
 * by gf_function_return_serialized().
 *
 * Any thread may call this.
 *
 * Since: 1.0
 */
void
gf_function_register_serialized (const char          *name,
                                 gsize                max_size,
                                 GfSerializedFunction function,
                                 gpointer             user_data,
                                 GDestroyNotify       destroy)
{
  GfSerialized *self;

  g_return_if_fail (name == NULL || *name != '\0');
  g_return_if_fail (function != NULL);

  self = g_new (GfSerialized, 1);
  *self = (GfSerialized) { max_size, function, user_data, destroy };
  gf_function_add (name, gf_serialized_call, self, gf_serialized_free, gf_callback_is_bound (destroy));
}

/**
 * gf_function_return_serialized:
 * @promise: the promise that the function was given
 * @type: the type string of the result
 * @data: (array length=n_data): the result, serialized as by g_variant_get_data(),
 *   in the byte order of this machine; it is copied
 * @n_data: the length of @data in bytes
 *
 * Says what a function of gf_function_register_serialized() returns; one that does
 * not say it returns nothing. Said twice, the last time counts. Later than that, or
 * on another thread, it settles @promise, as a function may do that holds it.
 *
 * With a @type that is none, or @data that is no value of it in normal form, the
 * promise is rejected with %G_IO_ERROR_INVALID_ARGUMENT.
 *
 * Since: 1.0
 */
void
gf_function_return_serialized (GfPromise    *promise,
                               const char   *type,
                               const guint8 *data,
                               gsize         n_data)
{
  g_autoptr (GVariant) result = NULL;

  g_return_if_fail (GF_IS_PROMISE (promise));
  g_return_if_fail (type != NULL);
  g_return_if_fail (data != NULL || n_data == 0);

  if (g_variant_type_string_is_valid (type) && g_variant_type_is_definite (G_VARIANT_TYPE (type)))
    {
      g_autoptr (GBytes) bytes = g_bytes_new (data, n_data);

      result = gf_variant_new_checked (G_VARIANT_TYPE (type), bytes);
    }

  if (result == NULL)
    {
      gf_promise_reject (promise, g_error_new (G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                                               "These %" G_GSIZE_FORMAT " bytes are not a value of the "
                                               "type “%s” in normal form", n_data, type));
      return;
    }

  if (innermost == NULL || innermost->promise != promise)
    {
      gf_promise_resolve_variant (promise, result);
      return;
    }

  g_clear_pointer (&innermost->result, g_variant_unref);
  innermost->result = g_steal_pointer (&result);
}

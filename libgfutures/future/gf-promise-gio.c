/* gf-promise-gio.c - a promise that an asynchronous operation of GIO settles
 *
 * Each operation has a call, the data of its GAsyncReadyCallback: how to finish
 * it, and a hold on the promise till then.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "gf-future-private.h"

typedef struct
{
  GfPromiseHold *hold;

  /* Either */
  GType          type;
  GCallback      finish;
  /* or, if not NULL, */
  GfFinishFunc   func;
  gpointer       data;
  GDestroyNotify destroy;
} GfFinishCall;

static GfFinishCall *
gf_finish_call_new (GfPromise *promise)
{
  GfFinishCall *self = g_new0 (GfFinishCall, 1);

  self->hold = gf_promise_hold (promise);

  return self;
}

static void
gf_finish_call_free (GfFinishCall *self)
{
  if (self->destroy != NULL)
    self->destroy (self->data);

  gf_promise_hold_free (self->hold);
  g_free (self);
}

static gboolean
gf_type_can_be_finished (GType type)
{
  switch (G_TYPE_FUNDAMENTAL (type))
    {
    case G_TYPE_NONE:
    case G_TYPE_INTERFACE:
    case G_TYPE_OBJECT:
      return TRUE;

    case G_TYPE_BOOLEAN:
    case G_TYPE_CHAR:
    case G_TYPE_UCHAR:
    case G_TYPE_INT:
    case G_TYPE_UINT:
    case G_TYPE_LONG:
    case G_TYPE_ULONG:
    case G_TYPE_INT64:
    case G_TYPE_UINT64:
    case G_TYPE_FLOAT:
    case G_TYPE_DOUBLE:
    case G_TYPE_ENUM:
    case G_TYPE_FLAGS:
    case G_TYPE_STRING:
    case G_TYPE_POINTER:
    case G_TYPE_BOXED:
    case G_TYPE_PARAM:
    case G_TYPE_VARIANT:
      return G_TYPE_IS_VALUE (type);

    default:
      return FALSE;
    }
}

static void
gf_value_take_instance (GValue *value,
                        GType   type,
                        gpointer object)
{
  /* An interface may be one that no GValue can be of. */
  if (object != NULL)
    type = G_OBJECT_TYPE (object);
  else if (!G_TYPE_IS_OBJECT (type))
    type = G_TYPE_OBJECT;

  g_value_init (value, type);
  g_value_take_object (value, object);
}

/* Calls the finish function, and puts what it returns into @value, unless that
 * is nothing. */
static void
gf_finish_call_finish (GfFinishCall *self,
                       GObject      *source,
                       GAsyncResult *result,
                       GValue       *value,
                       GError      **error)
{
#define FINISH(T) (((T (*) (GObject *, GAsyncResult *, GError **)) self->finish) (source, result, error))
  GType fundamental = G_TYPE_FUNDAMENTAL (self->type);

  if (fundamental == G_TYPE_NONE)
    {
      FINISH (void);
      return;
    }
  if (fundamental == G_TYPE_OBJECT || fundamental == G_TYPE_INTERFACE)
    {
      gf_value_take_instance (value, self->type, FINISH (gpointer));
      return;
    }

  g_value_init (value, self->type);

  switch (fundamental)
    {
    case G_TYPE_BOOLEAN:
      g_value_set_boolean (value, FINISH (gboolean));
      break;
    case G_TYPE_CHAR:
      g_value_set_schar (value, FINISH (gint8));
      break;
    case G_TYPE_UCHAR:
      g_value_set_uchar (value, FINISH (guchar));
      break;
    case G_TYPE_INT:
      g_value_set_int (value, FINISH (int));
      break;
    case G_TYPE_UINT:
      g_value_set_uint (value, FINISH (guint));
      break;
    case G_TYPE_LONG:
      g_value_set_long (value, FINISH (glong));
      break;
    case G_TYPE_ULONG:
      g_value_set_ulong (value, FINISH (gulong));
      break;
    case G_TYPE_INT64:
      g_value_set_int64 (value, FINISH (gint64));
      break;
    case G_TYPE_UINT64:
      g_value_set_uint64 (value, FINISH (guint64));
      break;
    case G_TYPE_FLOAT:
      g_value_set_float (value, FINISH (float));
      break;
    case G_TYPE_DOUBLE:
      g_value_set_double (value, FINISH (double));
      break;
    case G_TYPE_ENUM:
      g_value_set_enum (value, FINISH (int));
      break;
    case G_TYPE_FLAGS:
      g_value_set_flags (value, FINISH (guint));
      break;
    case G_TYPE_STRING:
      g_value_take_string (value, FINISH (char *));
      break;
    case G_TYPE_POINTER:
      g_value_set_pointer (value, FINISH (gpointer));
      break;
    case G_TYPE_BOXED:
      g_value_take_boxed (value, FINISH (gpointer));
      break;
    case G_TYPE_PARAM:
      g_value_take_param (value, FINISH (gpointer));
      break;
    case G_TYPE_VARIANT:
      g_value_take_variant (value, FINISH (gpointer));
      break;
    default:
      g_assert_not_reached ();
    }
#undef FINISH
}

/**
 * gf_promise_finish_with: (skip)
 * @self: a promise
 * @type: the type of what @finish returns
 * @finish: (not nullable): a finish function `T finish (source, result, GError **)`
 *
 * Lets an asynchronous operation of GIO settle the promise. The return value is
 * the user data for gf_promise_ready(), which is the operation's
 * #GAsyncReadyCallback:
 *
 * |[<!-- language="C" -->
 * #include <gfutures.h>
 *
 * // Returns: (transfer full): a future of a GFileInfo
 * GfFuture *
 * my_query (GFile *file)
 * {
 *   GfPromise *promise = gf_promise_new ();
 *
 *   g_file_query_info_async (file, "standard::*", G_FILE_QUERY_INFO_NONE, G_PRIORITY_DEFAULT,
 *                            gf_promise_get_cancellable (promise), gf_promise_ready,
 *                            gf_promise_finish_with (promise, G_TYPE_FILE_INFO,
 *                                                    G_CALLBACK (g_file_query_info_finish)));
 *   return GF_FUTURE (promise);
 * }
 * ]|
 *
 * If the operation fails, so does the promise. Otherwise it succeeds with what
 * @finish has returned: for a boolean or a number, that (a #gssize is
 * %G_TYPE_LONG; %FALSE without an error is a value); for an object, an interface, a
 * boxed type, %G_TYPE_STRING or %G_TYPE_VARIANT a pointer that the future takes
 * over, possibly %NULL; for %G_TYPE_POINTER one that is never freed; for
 * %G_TYPE_NONE nothing.
 *
 * @finish must have exactly these parameters. With others, such as the etag of
 * g_file_load_bytes_finish(), or without a source object, it is a case for
 * gf_promise_finish_by().
 *
 * Give the operation the promise's own cancellable, and cancelling the future
 * cancels the operation. The promise is held till the operation is over: inside a
 * task, the function may return meanwhile, as with gf_promise_hold().
 *
 * Any thread may call this; @finish runs in the thread-default context of the
 * thread that starts the operation.
 *
 * This and gf_promise_ready() pass C functions to C functions, which no binding
 * can do: Python and JavaScript have `GFutures.Future.from_async ()` instead, and
 * in Vala an `async` method settles a promise after its `yield`.
 *
 * Returns: (not nullable): the user data for gf_promise_ready(), once
 *
 * Since: 1.0
 */
gpointer
gf_promise_finish_with (GfPromise *self,
                        GType      type,
                        GCallback  finish)
{
  GfFinishCall *call;

  g_return_val_if_fail (GF_IS_PROMISE (self), NULL);
  g_return_val_if_fail (gf_type_can_be_finished (type), NULL);
  g_return_val_if_fail (finish != NULL, NULL);

  call = gf_finish_call_new (self);
  call->type = type;
  call->finish = finish;

  return call;
}

/**
 * gf_promise_finish_by: (skip)
 * @self: a promise
 * @finish: (scope notified) (closure user_data) (destroy destroy): a function
 *   that finishes the operation and settles the promise
 * @user_data: data for @finish
 * @destroy: (nullable): how to release @user_data
 *
 * Lets an asynchronous operation of GIO settle the promise, as
 * gf_promise_finish_with(), for finish functions of every form:
 *
 * |[<!-- language="C" -->
 * #include <gfutures.h>
 *
 * static void
 * loaded (GfPromise    *promise,
 *         GObject      *file,
 *         GAsyncResult *result,
 *         gpointer      user_data,
 *         GError      **error)
 * {
 *   char *contents;
 *   gsize length;
 *
 *   if (g_file_load_contents_finish (G_FILE (file), result, &contents, &length, NULL, error))
 *     {
 *       g_autoptr (GBytes) bytes = g_bytes_new_take (contents, length);
 *
 *       gf_promise_resolve_boxed (promise, G_TYPE_BYTES, bytes);
 *     }
 * }
 *
 * // Returns: (transfer full): a future of the contents, a GBytes
 * GfFuture *
 * my_load (GFile *file)
 * {
 *   GfPromise *promise = gf_promise_new ();
 *
 *   g_file_load_contents_async (file, gf_promise_get_cancellable (promise), gf_promise_ready,
 *                               gf_promise_finish_by (promise, loaded, NULL, NULL));
 *   return GF_FUTURE (promise);
 * }
 * ]|
 *
 * If @finish sets its error, the promise fails. If it has not settled the promise
 * when it returns, the promise succeeds with no value, unless somebody holds it:
 * @finish may start the next operation, with the same promise.
 *
 * Any thread may call this; @finish runs, and @user_data is released, in the
 * thread-default context of the thread that starts the operation.
 *
 * Returns: (not nullable): the user data for gf_promise_ready(), once
 *
 * Since: 1.0
 */
gpointer
gf_promise_finish_by (GfPromise     *self,
                      GfFinishFunc   finish,
                      gpointer       user_data,
                      GDestroyNotify destroy)
{
  GfFinishCall *call;

  g_return_val_if_fail (GF_IS_PROMISE (self), NULL);
  g_return_val_if_fail (finish != NULL, NULL);

  call = gf_finish_call_new (self);
  call->func = finish;
  call->data = user_data;
  call->destroy = destroy;

  return call;
}

/* Whether another operation, or whoever else holds it, will settle it. */
static gboolean
gf_promise_is_held_by_others (GfPromise *self)
{
  GfFutureExtra *extra = gf_future_get_extra (GF_FUTURE (self));
  gboolean held;

  g_mutex_lock (&extra->lock);
  held = extra->n_holds > 1;
  g_mutex_unlock (&extra->lock);

  return held;
}

/**
 * gf_promise_ready: (skip)
 * @source: (nullable): the object that the operation was started on
 * @result: the operation's result
 * @call: (not nullable): what gf_promise_finish_with() or gf_promise_finish_by()
 *   has returned, which is freed
 *
 * The #GAsyncReadyCallback of an operation that settles a promise, see
 * gf_promise_finish_with(). It also finishes an operation whose promise was
 * settled meanwhile, and drops what that has come to.
 *
 * Since: 1.0
 */
void
gf_promise_ready (GObject      *source,
                  GAsyncResult *result,
                  gpointer      call)
{
  GfFinishCall *self = call;
  GfPromise *promise;
  GValue value = G_VALUE_INIT;
  GError *error = NULL;

  g_return_if_fail (G_IS_ASYNC_RESULT (result));
  g_return_if_fail (call != NULL);

  promise = gf_promise_hold_get_promise (self->hold);

  if (self->func != NULL)
    self->func (promise, source, result, self->data, &error);
  else
    gf_finish_call_finish (self, source, result, &value, &error);

  if (error != NULL)
    {
      if (G_IS_VALUE (&value))
        g_value_unset (&value);
      gf_promise_reject (promise, error);
    }
  else if (G_IS_VALUE (&value))
    gf_promise_take_value (promise, &value);
  else if (self->func == NULL || !gf_promise_is_held_by_others (promise))
    gf_future_settle_plain (GF_FUTURE (promise), GF_FUTURE_STATE_SUCCEEDED | GF_STATE_NO_VALUE);

  gf_finish_call_free (self);
}

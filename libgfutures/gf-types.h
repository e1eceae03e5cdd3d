/* gf-types.h - the types and callbacks that several headers share
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#if !defined (GFUTURES_INSIDE) && !defined (GFUTURES_COMPILATION)
#error "Only <gfutures.h> can be included directly."
#endif

#include <gio/gio.h>

#include "gf-version.h"

G_BEGIN_DECLS

typedef struct _GfFuture GfFuture;
typedef struct _GfPromise GfPromise;
typedef struct _GfPromiseHold GfPromiseHold;
typedef struct _GfExecutor GfExecutor;

/**
 * GfTaskFunc:
 * @promise: the promise of the task
 * @user_data: (closure): the data given to gf_executor_submit()
 * @error: return location for an error
 *
 * A task: the function that an executor runs.
 *
 * It settles @promise, or keeps it open with gf_promise_hold(), or sets @error
 * and returns (the future fails), or just returns (the future succeeds without
 * a value).
 *
 * It runs where the executor decides: on a worker thread for a
 * #GfThreadPoolExecutor, in the executor's context for a
 * #GfMainContextExecutor, in the caller for the inline executor. It may submit
 * tasks and wait for them. A long one calls gf_promise_should_stop() now and
 * then, and returns when that is %TRUE.
 *
 * Since: 1.0
 */
typedef void (*GfTaskFunc) (GfPromise  *promise,
                            gpointer    user_data,
                            GError    **error);

/**
 * GfFutureCallback:
 * @future: a settled future
 * @user_data: (closure): the data given to gf_future_add_done_callback()
 *
 * Called once when @future is settled, where gf_future_add_done_callback()
 * says.
 *
 * Since: 1.0
 */
typedef void (*GfFutureCallback) (GfFuture *future,
                                  gpointer  user_data);

/**
 * GfContinuation:
 * @settled: the future that the continuation was waiting for, settled
 * @user_data: (closure): the data given to gf_future_then()
 * @error: return location for an error
 *
 * What to do next, see gf_future_then(). It runs where gf_future_then() says,
 * and gf_promise_get_current() is the future that gf_future_then() returned.
 *
 * Returns: (transfer full) (nullable): a future whose outcome is adopted,
 *   @settled itself to pass its outcome on; %NULL with @error set to fail, %NULL
 *   without to succeed with no value
 *
 * Since: 1.0
 */
typedef GfFuture *(*GfContinuation) (GfFuture  *settled,
                                     gpointer   user_data,
                                     GError   **error);

/**
 * GfFinishFunc:
 * @promise: the promise to settle
 * @source: (nullable): the object that the operation was started on
 * @result: the operation's result
 * @user_data: (closure): the data given to gf_promise_finish_by()
 * @error: return location for an error
 *
 * Finishes an asynchronous operation of GIO and settles @promise with what it
 * has come to, see gf_promise_finish_by(). If it sets @error the promise fails;
 * if it does neither, and nobody else holds the promise, that succeeds with no
 * value. It runs in the context that the operation was started in.
 *
 * Since: 1.0
 */
typedef void (*GfFinishFunc) (GfPromise    *promise,
                              GObject      *source,
                              GAsyncResult *result,
                              gpointer      user_data,
                              GError      **error);

/**
 * GfPostFunc:
 * @data: the data given to gf_executor_post()
 *
 * A task without a future, see gf_executor_post(). It runs where the executor
 * decides, and owns @data.
 *
 * Since: 1.0
 */
typedef void (*GfPostFunc) (gpointer data);

/**
 * GfFunction:
 * @arguments: (nullable): the arguments of the call
 * @promise: the promise of the call, to ask gf_promise_should_stop() and to
 *   report progress
 * @user_data: (closure): the data given to gf_function_register()
 * @error: return location for an error
 *
 * A named function, see gf_function_register(). It runs where the executor
 * that was given the call decides, possibly in several threads at once.
 *
 * It either returns its result, or holds (gf_promise_hold()) or settles
 * @promise and returns %NULL.
 *
 * Returns: (transfer full) (nullable): the result, a floating reference is
 *   sunk; %NULL with @error set to fail, %NULL without to return nothing
 *
 * Since: 1.0
 */
typedef GVariant *(*GfFunction) (GVariant   *arguments,
                                 GfPromise  *promise,
                                 gpointer    user_data,
                                 GError    **error);

/**
 * GfSerializedFunction:
 * @promise: the promise of the call
 * @function: the name that it was called by
 * @type: (nullable): the type string of the arguments, %NULL if there are none
 * @data: (array length=n_data) (nullable): the arguments, serialized as by
 *   g_variant_get_data(); %NULL if they have no bytes, or more than asked for
 * @n_data: the length of @data in bytes
 * @arguments: (nullable): the arguments themselves, if they have more
 * @user_data: (closure): the data given to gf_function_register_serialized()
 *
 * A function that takes and returns bytes, see gf_function_register_serialized().
 * It fails by rejecting @promise, and otherwise returns what it gave to
 * gf_function_return_serialized(), or nothing.
 *
 * Since: 1.0
 */
typedef void (*GfSerializedFunction) (GfPromise    *promise,
                                      const char   *function,
                                      const char   *type,
                                      const guint8 *data,
                                      gsize         n_data,
                                      GVariant     *arguments,
                                      gpointer      user_data);

G_END_DECLS

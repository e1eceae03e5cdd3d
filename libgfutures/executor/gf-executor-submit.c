/* gf-executor-submit.c - the ways to give an executor something to do
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#define _GNU_SOURCE /* dladdr() */
#include "config.h"

#include "gf-executor-private.h"

#include "gf-variant-private.h"

#include <dlfcn.h>
#include <string.h>

/* A destroy notify that lies in libgjs belongs to a JavaScript closure: the
 * engine aborts when that runs on another thread. The last answers are kept,
 * for looking an address up takes microseconds. */
gboolean
gf_callback_is_bound (GDestroyNotify destroy)
{
  static gpointer known_free;
  static gpointer known_bound;
  const char *name;
  Dl_info info;

  if (destroy == NULL || g_atomic_pointer_get (&known_free) == (gpointer) destroy)
    return FALSE;
  if (g_atomic_pointer_get (&known_bound) == (gpointer) destroy)
    return TRUE;

  if (dladdr ((gpointer) destroy, &info) != 0 && info.dli_fname != NULL)
    {
      name = strrchr (info.dli_fname, '/');
      if (g_str_has_prefix (name != NULL ? name + 1 : info.dli_fname, "libgjs."))
        {
          g_atomic_pointer_set (&known_bound, (gpointer) destroy);
          return TRUE;
        }
    }

  g_atomic_pointer_set (&known_free, (gpointer) destroy);

  return FALSE;
}

GfPromise *
gf_executor_new_task (GfExecutor    *self,
                      int            priority,
                      GfTaskFunc     func,
                      gpointer       data,
                      GDestroyNotify destroy)
{
  gboolean bound = gf_callback_is_bound (destroy);
  GfPromise *task = gf_promise_new_task (priority, func, data, destroy, bound ? GF_STATE_BOUND : 0);

  if (G_UNLIKELY (bound && gf_executor_may_run_on_other_threads (self)))
    gf_promise_reject_literal (task, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED,
                               "A JavaScript function cannot run on another thread or in another process: call "
                               "a named function (gf_executor_call), or use a main context’s executor");

  return task;
}

/**
 * gf_executor_submit:
 * @self: an executor
 * @func: (scope notified) (closure user_data) (destroy destroy): the task
 * @user_data: data for @func
 * @destroy: (nullable): how to release @user_data
 *
 * Gives the executor a task to run. The call does not block and may be made from
 * any thread, from a task too. Where @func runs is the executor's to say; the
 * future is at home in the caller's thread-default context, see #GfFuture.
 *
 * @user_data is released in the future's home, after @func has returned or it is
 * certain that it never runs: never on a worker thread, unless the home context
 * is gone.
 *
 * A JavaScript function cannot run on another thread: given to a thread pool,
 * the future fails with %G_IO_ERROR_NOT_SUPPORTED before anything runs. Use
 * gf_executor_call() there.
 *
 * Returns: (transfer full): the future of the task; failed with
 *   %GF_FUTURE_ERROR_SHUT_DOWN if the executor was shut down
 *
 * Since: 1.0
 */
GfFuture *
gf_executor_submit (GfExecutor    *self,
                    GfTaskFunc     func,
                    gpointer       user_data,
                    GDestroyNotify destroy)
{
  return gf_executor_submit_full (self, G_PRIORITY_DEFAULT, NULL, func, user_data, destroy);
}

/**
 * gf_executor_submit_full:
 * @self: an executor
 * @priority: when to run, among the tasks that wait: lower first, as in GLib
 * @cancellable: (nullable): a cancellable that cancels the future
 * @func: (scope notified) (closure user_data) (destroy destroy): the task
 * @user_data: data for @func
 * @destroy: (nullable): how to release @user_data
 *
 * Gives the executor a task to run, see gf_executor_submit(). Cancelling
 * @cancellable does what gf_future_cancel() does, in the thread that cancels.
 *
 * Returns: (transfer full): the future of the task
 *
 * Since: 1.0
 */
GfFuture *
gf_executor_submit_full (GfExecutor    *self,
                         int            priority,
                         GCancellable  *cancellable,
                         GfTaskFunc     func,
                         gpointer       user_data,
                         GDestroyNotify destroy)
{
  GfPromise *task;

  g_return_val_if_fail (GF_IS_EXECUTOR (self), NULL);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), NULL);
  g_return_val_if_fail (func != NULL, NULL);

  task = gf_executor_new_task (self, priority, func, user_data, destroy);
  if (G_UNLIKELY (gf_future_is_done (GF_FUTURE (task))))
    return GF_FUTURE (task);

  return gf_executor_take_task (self, task, cancellable);
}

/* @flags: bits of the state word */
static GfFuture *
gf_executor_send (GfExecutor   *self,
                  int           priority,
                  GCancellable *cancellable,
                  const char   *function,
                  GVariant     *arguments,
                  guint         flags)
{
  return gf_executor_take_task (self, gf_promise_new_call (priority, function, arguments, flags),
                                cancellable);
}

static GfFuture *
gf_executor_send_serialized (GfExecutor   *self,
                             int           priority,
                             const char   *function,
                             const char   *type,
                             const guint8 *data,
                             gsize         n_data,
                             guint         flags)
{
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (GVariant) arguments = NULL;

  if (!g_variant_type_string_is_valid (type) || !g_variant_type_is_definite (G_VARIANT_TYPE (type)))
    return gf_future_new_for_error (g_error_new (G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                                                 "“%s” is not the type of a value", type));

  bytes = g_bytes_new (data, n_data);
  arguments = gf_variant_new_checked (G_VARIANT_TYPE (type), bytes);
  if (arguments == NULL)
    return gf_future_new_for_error (g_error_new (G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                                                 "These %" G_GSIZE_FORMAT " bytes are not a value of the type “%s” in normal form",
                                                 n_data, type));

  return gf_executor_send (self, priority, NULL, function, arguments, flags);
}

/**
 * gf_executor_call:
 * @self: an executor
 * @function: the name of a function, see gf_function_register()
 * @arguments: (nullable): its arguments; a floating reference is sunk
 *
 * Gives the executor a named function to call. The future succeeds with the
 * variant that the function returns. The call does not block and may be made
 * from any thread.
 *
 * Returns: (transfer full): the future of the call; failed with
 *   %GF_FUTURE_ERROR_SHUT_DOWN if the executor was shut down. It fails with
 *   %GF_FUTURE_ERROR_UNKNOWN_FUNCTION if there is no such function.
 *
 * Since: 1.0
 */
GfFuture *
gf_executor_call (GfExecutor *self,
                  const char *function,
                  GVariant   *arguments)
{
  return gf_executor_call_full (self, G_PRIORITY_DEFAULT, NULL, function, arguments);
}

/**
 * gf_executor_call_full:
 * @self: an executor
 * @priority: when to run, among the tasks that wait: lower first, as in GLib
 * @cancellable: (nullable): a cancellable that cancels the future
 * @function: the name of a function, see gf_function_register()
 * @arguments: (nullable): its arguments; a floating reference is sunk
 *
 * Gives the executor a named function to call, see gf_executor_call().
 * Cancelling @cancellable does what gf_future_cancel() does, in the thread that
 * cancels.
 *
 * Returns: (transfer full): the future of the call
 *
 * Since: 1.0
 */
GfFuture *
gf_executor_call_full (GfExecutor   *self,
                       int           priority,
                       GCancellable *cancellable,
                       const char   *function,
                       GVariant     *arguments)
{
  g_return_val_if_fail (GF_IS_EXECUTOR (self), NULL);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), NULL);
  g_return_val_if_fail (function != NULL, NULL);

  return gf_executor_send (self, priority, cancellable, function, arguments, 0);
}

/**
 * gf_executor_call_serialized:
 * @self: an executor
 * @priority: when to run, among the tasks that wait: lower first, as in GLib
 * @function: the name of a function, see gf_function_register()
 * @type: the type string of the arguments
 * @data: (array length=n_data): the arguments, serialized as by
 *   g_variant_get_data(), in the byte order of this machine; they are copied
 * @n_data: the length of @data in bytes
 *
 * Gives the executor a named function to call, see gf_executor_call(): for
 * languages that build a #GVariant slowly, or pack the arguments themselves.
 * gf_future_get_serialized() is the way back.
 *
 * Returns: (transfer full): the future of the call; failed with
 *   %G_IO_ERROR_INVALID_ARGUMENT if @type is no type string, or @data no
 *   value of it in normal form
 *
 * Since: 1.0
 */
GfFuture *
gf_executor_call_serialized (GfExecutor   *self,
                             int           priority,
                             const char   *function,
                             const char   *type,
                             const guint8 *data,
                             gsize         n_data)
{
  g_return_val_if_fail (GF_IS_EXECUTOR (self), NULL);
  g_return_val_if_fail (function != NULL, NULL);
  g_return_val_if_fail (type != NULL, NULL);
  g_return_val_if_fail (data != NULL || n_data == 0, NULL);

  return gf_executor_send_serialized (self, priority, function, type, data, n_data, 0);
}

/**
 * gf_binding_call_quietly:
 * @executor: an executor
 * @function: the name of a function, see gf_function_register()
 * @arguments: (nullable): its arguments; a floating reference is sunk
 *
 * For bindings: gf_executor_call(), with a future that is quiet from its beginning,
 * see gf_future_set_quiet(). It may be settled before this returns.
 *
 * Any thread may call this.
 *
 * Returns: (transfer full): the future of the call
 *
 * Since: 1.0
 */
GfFuture *
gf_binding_call_quietly (GfExecutor *executor,
                         const char *function,
                         GVariant   *arguments)
{
  g_return_val_if_fail (GF_IS_EXECUTOR (executor), NULL);
  g_return_val_if_fail (function != NULL, NULL);

  return gf_executor_send (executor, G_PRIORITY_DEFAULT, NULL, function, arguments, GF_STATE_QUIET);
}

/**
 * gf_binding_call_serialized_quietly:
 * @executor: an executor
 * @function: the name of a function, see gf_function_register()
 * @type: the type string of the arguments
 * @data: (array length=n_data): the arguments, as for gf_executor_call_serialized()
 * @n_data: the length of @data in bytes
 *
 * For bindings: gf_executor_call_serialized(), with a future that is quiet from its
 * beginning, see gf_future_set_quiet(). It may be settled before this returns.
 *
 * Any thread may call this.
 *
 * Returns: (transfer full): the future of the call; failed with
 *   %G_IO_ERROR_INVALID_ARGUMENT as that of gf_executor_call_serialized()
 *
 * Since: 1.0
 */
GfFuture *
gf_binding_call_serialized_quietly (GfExecutor   *executor,
                                    const char   *function,
                                    const char   *type,
                                    const guint8 *data,
                                    gsize         n_data)
{
  g_return_val_if_fail (GF_IS_EXECUTOR (executor), NULL);
  g_return_val_if_fail (function != NULL, NULL);
  g_return_val_if_fail (type != NULL, NULL);
  g_return_val_if_fail (data != NULL || n_data == 0, NULL);

  return gf_executor_send_serialized (executor, G_PRIORITY_DEFAULT, function, type, data, n_data,
                                      GF_STATE_QUIET);
}

/**
 * gf_executor_post: (skip)
 * @self: an executor
 * @func: the function to run
 * @data: data for @func, which owns it
 *
 * Gives the executor a function to run, without a future: the cheapest way in.
 * It cannot be waited for, cancelled or fail; it runs even if the executor is
 * shut down with its futures cancelled, and, if it was for a main context that is
 * gone, where the library notices that. The call does not block and may be made
 * from any thread.
 *
 * For C only: other languages' closures need a place where they are released.
 *
 * Returns: %TRUE if @func will run; %FALSE if the executor was shut down, and
 *   @data is still the caller's
 *
 * Since: 1.0
 */
gboolean
gf_executor_post (GfExecutor *self,
                  GfPostFunc  func,
                  gpointer    data)
{
  g_return_val_if_fail (GF_IS_EXECUTOR (self), FALSE);
  g_return_val_if_fail (func != NULL, FALSE);

  return GF_EXECUTOR_GET_CLASS (self)->post (self, func, data);
}

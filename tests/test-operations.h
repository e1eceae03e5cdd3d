/* test-operations.h - operations in the style of GIO, and their callers
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "gf-test.h"

/* ---- an operation ---- */

/* Fails if @source is NULL; succeeds in a later turn of the context. */
static inline gboolean
op_return_cb (gpointer task)
{
  if (g_task_get_source_object (task) == NULL)
    g_task_return_new_error (task, G_IO_ERROR, G_IO_ERROR_BUSY, "busy");
  else
    g_task_return_boolean (task, TRUE);
  return G_SOURCE_REMOVE;
}

static inline void
op_async (gpointer            source,
          GCancellable       *cancellable,
          GAsyncReadyCallback callback,
          gpointer            user_data)
{
  GTask *task = g_task_new (source, cancellable, callback, user_data);
  GSource *idle = g_idle_source_new ();

  g_task_attach_source (task, idle, op_return_cb);
  g_source_unref (idle);
  g_object_unref (task);
}

/* One that ends only when it is cancelled. */
static inline void
endless_cancelled_cb (GCancellable *cancellable,
                      gpointer      task)
{
  g_task_return_error_if_cancelled (task);
}

static inline void
endless_async (gpointer            source,
               GCancellable       *cancellable,
               GAsyncReadyCallback callback,
               gpointer            user_data)
{
  GTask *task = g_task_new (source, cancellable, callback, user_data);

  g_signal_connect_data (cancellable, "cancelled", G_CALLBACK (endless_cancelled_cb), task,
                         (GClosureNotify) g_object_unref, 0);
}

static inline void
finish_none (GObject      *source,
             GAsyncResult *result,
             GError      **error)
{
  g_task_propagate_boolean (G_TASK (result), error);
}

static inline GfFuture *
op_future (gpointer  source,
           GType     type,
           GCallback finish)
{
  GfPromise *promise = gf_promise_new ();

  op_async (source, gf_promise_get_cancellable (promise), gf_promise_ready,
            gf_promise_finish_with (promise, type, finish));
  g_assert_cmpint (gf_future_get_state (GF_FUTURE (promise)), ==, GF_FUTURE_STATE_PENDING);
  return GF_FUTURE (promise);
}

/* ---- who has called one ---- */

typedef struct
{
  GAsyncResult *result;
  guint n_calls;
  GThread *thread;
} Answer;

static inline void
answer_cb (GObject      *source,
           GAsyncResult *result,
           gpointer      data)
{
  Answer *answer = data;

  answer->n_calls++;
  answer->thread = g_thread_self ();
  g_set_object (&answer->result, result);
}

static inline void
answer_clear (Answer *answer)
{
  g_clear_object (&answer->result);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Answer, answer_clear)

/* The library's side: foo_async (). */
static inline void
forward (GfFuture     *future,
         GCancellable *cancellable,
         Answer       *answer)
{
  g_autoptr (GTask) task = g_task_new (NULL, cancellable, answer_cb, answer);

  gf_future_forward_to_task (future, task);
}

/* ---- a library that works by futures ---- */

static inline void
add_up (GfPromise *promise,
        gpointer   bytes,
        GError   **error)
{
  gsize size;
  const guint8 *data = g_bytes_get_data (bytes, &size);
  gint64 sum = 0;

  if (size == 0)
    {
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "nothing to add up");
      return;
    }
  for (gsize i = 0; i < size; i++)
    sum += data[i];
  gf_promise_resolve_int64 (promise, sum);
}

static inline void
sum_async (GBytes             *bytes,
           GCancellable       *cancellable,
           GAsyncReadyCallback callback,
           gpointer            user_data)
{
  g_autoptr (GTask) task = g_task_new (NULL, cancellable, callback, user_data);
  g_autoptr (GfFuture) future = gf_executor_submit (gf_thread_pool_executor_get_default (), add_up,
                                                    g_bytes_ref (bytes), (GDestroyNotify) g_bytes_unref);

  gf_future_forward_to_task (future, task);
}

static inline gssize
sum_finish (GAsyncResult *result,
            GError      **error)
{
  return g_task_propagate_int (G_TASK (result), error);
}

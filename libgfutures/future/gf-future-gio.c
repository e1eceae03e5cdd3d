/* gf-future-gio.c - futures for those who speak GIO: GAsyncResult and GTask
 *
 * Both wait for a future on somebody's behalf, who may give up. Whoever takes the
 * target tells it how the waiting has ended: the callback, or the handler of the
 * cancellable, which leaves that to the context as well.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "gf-future-private.h"

/* @future is settled, or else the waiting was cancelled. */
typedef void (*GfDeliverFunc) (GObject  *target,
                               GfFuture *future,
                               gboolean  cancelled);

typedef struct
{
  int                 ref_count;
  GfDeliverFunc       deliver;
  _Atomic (GObject *) target;       /* NULL: taken */
  GMainContext       *context;

  /* If there is a cancellable. The future is not kept alive: it may break its
   * promise. */
  GCancellable       *cancellable;
  _Atomic gulong      cancelled_id;
  gboolean            cancel;       /* the future as well, unless others want it */
  GfHandle           *future;
  GfObserver         *observer;     /* there as long as the future is not settled */
} GfWaiter;

static GfWaiter *
gf_waiter_ref (GfWaiter *self)
{
  g_atomic_int_inc (&self->ref_count);

  return self;
}

static void
gf_waiter_disconnect (GfWaiter *self)
{
  gulong id = atomic_exchange_explicit (&self->cancelled_id, 0, memory_order_seq_cst);

  if (id != 0)
    g_signal_handler_disconnect (self->cancellable, id);
}

static void
gf_waiter_unref (gpointer data)
{
  GfWaiter *self = data;

  if (!g_atomic_int_dec_and_test (&self->ref_count))
    return;

  if (self->cancellable != NULL)
    {
      gf_handle_unref (self->future);
      g_object_unref (self->cancellable);
    }
  g_clear_object ((GObject **) &self->target);
  g_main_context_unref (self->context);
  g_free (self);
}

/* The callback's data: it has run, or never will. */
static void
gf_waiter_let_go (gpointer data)
{
  GfWaiter *self = data;

  gf_waiter_disconnect (self);
  gf_waiter_unref (self);
}

static GObject *
gf_waiter_take_target (GfWaiter *self)
{
  return atomic_exchange_explicit (&self->target, NULL, memory_order_seq_cst);
}

static void
gf_waiter_settled (GfFuture *future,
                   gpointer  data)
{
  GfWaiter *self = data;
  g_autoptr (GObject) target = gf_waiter_take_target (self);

  /* First, for the target may reuse its cancellable. */
  gf_waiter_disconnect (self);

  if (target != NULL)
    self->deliver (target, future, FALSE);
}

typedef struct
{
  GfWaiter *waiter;
  GObject  *target;
  GfFuture *future;
} GfCancelledWaiter;

static void
gf_cancelled_waiter_free (gpointer data)
{
  GfCancelledWaiter *self = data;

  g_object_unref (self->target);
  g_object_unref (self->future);
  gf_waiter_unref (self->waiter);
  g_free (self);
}

static gboolean
gf_cancelled_waiter_dispatch (gpointer data)
{
  GfCancelledWaiter *self = data;

  gf_waiter_disconnect (self->waiter);
  self->waiter->deliver (self->target, self->future, TRUE);

  return G_SOURCE_REMOVE;
}

static void
gf_waiter_cancelled_cb (GCancellable *cancellable G_GNUC_UNUSED,
                        gpointer      data)
{
  GfWaiter *self = data;
  GfFuture *future = gf_handle_get_future (self->future);
  GfCancelledWaiter *cancelled;
  GSource *source;
  GObject *target;

  /* It is breaking its promise: that is how the waiting ends. */
  if (future == NULL)
    return;

  target = gf_waiter_take_target (self);
  if (target == NULL)
    {
      g_object_unref (future);
      return;
    }

  gf_future_withdraw (future, self->observer, self->cancel);

  /* Later, for what the target does may be to disconnect from the cancellable,
   * which would wait for its handlers to return. */
  cancelled = g_new (GfCancelledWaiter, 1);
  cancelled->waiter = gf_waiter_ref (self);
  cancelled->target = target;
  cancelled->future = future;

  source = g_idle_source_new ();
  g_source_set_priority (source, G_PRIORITY_DEFAULT);
  g_source_set_static_name (source, "[gfutures] a cancelled wait");
  g_source_set_callback (source, gf_cancelled_waiter_dispatch, cancelled, gf_cancelled_waiter_free);
  g_source_attach (source, self->context);
  g_source_unref (source);
}

/* Takes @target. It is told in @context. */
static void
gf_future_wait_for (GfFuture     *future,
                    GObject      *target,
                    GfDeliverFunc deliver,
                    GMainContext *context,
                    GCancellable *cancellable,
                    gboolean      cancel)
{
  GfWaiter *self = g_new0 (GfWaiter, 1);
  GfCallback *callback;
  gulong id;

  self->ref_count = 2;
  self->deliver = deliver;
  self->target = target;
  self->context = context != NULL ? g_main_context_ref (context) : g_main_context_ref (g_main_context_default ());
  self->cancel = cancel;
  if (cancellable != NULL)
    {
      self->cancellable = g_object_ref (cancellable);
      self->future = gf_future_get_handle (future);
    }

  callback = gf_callback_new_at_home (context, gf_waiter_settled, self, gf_waiter_let_go);
  self->observer = &callback->observer;
  gf_future_add_observer (future, self->observer);

  if (cancellable != NULL)
    {
      /* A plain handler: the functions of GCancellable must not be called where
       * it is disconnected. */
      id = g_signal_connect_data (cancellable, "cancelled", G_CALLBACK (gf_waiter_cancelled_cb),
                                  gf_waiter_ref (self), (GClosureNotify) gf_waiter_unref, 0);
      atomic_store_explicit (&self->cancelled_id, id, memory_order_seq_cst);

      if (g_cancellable_is_cancelled (cancellable))
        gf_waiter_cancelled_cb (cancellable, self);
      /* It was over meanwhile, for whom the handler was not there yet. */
      if (atomic_load_explicit (&self->target, memory_order_seq_cst) == NULL)
        gf_waiter_disconnect (self);
    }

  gf_waiter_unref (self);
}

/* ---- GAsyncResult ---- */

/* Not a GTask, which would keep alive the future that it is to wait for. */
#define GF_TYPE_ASYNC_RESULT (gf_async_result_get_type ())
static GType gf_async_result_get_type (void);
G_DECLARE_FINAL_TYPE (GfAsyncResult, gf_async_result, GF, ASYNC_RESULT, GObject)

struct _GfAsyncResult
{
  GObject parent_instance;

  GAsyncReadyCallback callback;
  gpointer            user_data;
  GfFuture           *future;    /* once the waiting is over */
  gboolean            cancelled;
};

static gpointer
gf_async_result_get_user_data (GAsyncResult *result)
{
  return GF_ASYNC_RESULT (result)->user_data;
}

static GObject *
gf_async_result_get_source_object (GAsyncResult *result)
{
  return g_object_ref (G_OBJECT (GF_ASYNC_RESULT (result)->future));
}

static gboolean
gf_async_result_is_tagged (GAsyncResult *result G_GNUC_UNUSED,
                           gpointer      source_tag)
{
  return source_tag == gf_future_result_async;
}

static void
gf_async_result_iface_init (GAsyncResultIface *iface)
{
  iface->get_user_data = gf_async_result_get_user_data;
  iface->get_source_object = gf_async_result_get_source_object;
  iface->is_tagged = gf_async_result_is_tagged;
}

G_DEFINE_FINAL_TYPE_WITH_CODE (GfAsyncResult, gf_async_result, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (G_TYPE_ASYNC_RESULT, gf_async_result_iface_init))

static void
gf_async_result_finalize (GObject *object)
{
  g_clear_object (&GF_ASYNC_RESULT (object)->future);

  G_OBJECT_CLASS (gf_async_result_parent_class)->finalize (object);
}

static void
gf_async_result_class_init (GfAsyncResultClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = gf_async_result_finalize;
}

static void
gf_async_result_init (GfAsyncResult *self G_GNUC_UNUSED)
{
}

static void
gf_async_result_deliver (GObject  *target,
                         GfFuture *future,
                         gboolean  cancelled)
{
  GfAsyncResult *self = GF_ASYNC_RESULT (target);

  self->future = g_object_ref (future);
  self->cancelled = cancelled;

  if (self->callback != NULL)
    self->callback (G_OBJECT (future), G_ASYNC_RESULT (self), self->user_data);
}

/**
 * gf_future_result_async:
 * @self: a future
 * @cancellable: (nullable): a cancellable that ends the waiting; it does not
 *   cancel the future
 * @callback: (scope async) (closure user_data) (nullable): called when the
 *   future is settled
 * @user_data: data for @callback
 *
 * Waits for the future without blocking. @callback runs in the thread-default
 * context of the caller, after #GfFuture::done if that is the future's home, and
 * calls gf_future_result_finish().
 *
 * Who waits wants the outcome: until then the future is not cancelled because
 * others have lost interest in it, see gf_future_then().
 *
 * In Vala this is `yield future.result_async ()`; in JavaScript a future itself can be
 * awaited, and what this gives, if the wait is to be cancelled alone.
 *
 * Since: 1.0
 */
void
gf_future_result_async (GfFuture           *self,
                        GCancellable       *cancellable,
                        GAsyncReadyCallback callback,
                        gpointer            user_data)
{
  GfAsyncResult *result;

  g_return_if_fail (GF_IS_FUTURE (self));
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  result = g_object_new (GF_TYPE_ASYNC_RESULT, NULL);
  result->callback = callback;
  result->user_data = user_data;

  gf_future_wait_for (self, G_OBJECT (result), gf_async_result_deliver,
                      g_main_context_get_thread_default (), cancellable, FALSE);
}

/**
 * gf_future_result_finish:
 * @self: a future
 * @result: what the callback was given
 * @error: return location for an error
 *
 * Ends gf_future_result_async().
 *
 * Returns: (transfer none) (nullable): the value, as by gf_future_get_value();
 *   %NULL with @error set if the future failed or was cancelled, or with
 *   %G_IO_ERROR_CANCELLED if the waiting was
 *
 * Since: 1.0
 */
const GValue *
gf_future_result_finish (GfFuture     *self,
                         GAsyncResult *result,
                         GError      **error)
{
  g_return_val_if_fail (GF_IS_FUTURE (self), NULL);
  g_return_val_if_fail (GF_IS_ASYNC_RESULT (result), NULL);
  g_return_val_if_fail (GF_ASYNC_RESULT (result)->future == self, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  if (GF_ASYNC_RESULT (result)->cancelled)
    {
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_CANCELLED, "The waiting was cancelled");
      return NULL;
    }

  return gf_future_get_value (self, error);
}

/* ---- GTask ---- */

/* A task frees a result that nobody has fetched by a function that is told the
 * pointer only: one for each boxed type that comes along. */
#define N_BOXED 32

static _Atomic GType gf_boxed_types[N_BOXED];

#define FREE(n) static void gf_boxed_free_##n (gpointer boxed) { g_boxed_free (gf_boxed_types[n], boxed); }
#define NAME(n) gf_boxed_free_##n,
#define EACH(f) f (0) f (1) f (2) f (3) f (4) f (5) f (6) f (7) f (8) f (9) f (10) f (11) f (12) f (13) f (14) f (15) \
  f (16) f (17) f (18) f (19) f (20) f (21) f (22) f (23) f (24) f (25) f (26) f (27) f (28) f (29) f (30) f (31)

EACH (FREE)

static const GDestroyNotify gf_boxed_free[N_BOXED] = { EACH (NAME) };

#undef EACH
#undef NAME
#undef FREE

/* NULL: there have been too many; then it leaks. */
static GDestroyNotify
gf_boxed_get_free (GType type)
{
  for (guint i = 0; i < N_BOXED; i++)
    {
      GType other = 0;

      if (atomic_compare_exchange_strong (&gf_boxed_types[i], &other, type) || other == type)
        return gf_boxed_free[i];
    }

  return NULL;
}

static void
gf_task_return_copy (GTask        *task,
                     const GValue *value)
{
  gpointer pointer;

  switch (G_TYPE_FUNDAMENTAL (G_VALUE_TYPE (value)))
    {
    case G_TYPE_BOOLEAN:
      g_task_return_boolean (task, g_value_get_boolean (value));
      break;
    case G_TYPE_CHAR:
      g_task_return_int (task, g_value_get_schar (value));
      break;
    case G_TYPE_UCHAR:
      g_task_return_int (task, g_value_get_uchar (value));
      break;
    case G_TYPE_INT:
      g_task_return_int (task, g_value_get_int (value));
      break;
    case G_TYPE_UINT:
      g_task_return_int (task, g_value_get_uint (value));
      break;
    case G_TYPE_LONG:
      g_task_return_int (task, g_value_get_long (value));
      break;
    case G_TYPE_ULONG:
      g_task_return_int (task, g_value_get_ulong (value));
      break;
    case G_TYPE_INT64:
      g_task_return_int (task, g_value_get_int64 (value));
      break;
    case G_TYPE_UINT64:
      g_task_return_int (task, g_value_get_uint64 (value));
      break;
    case G_TYPE_ENUM:
      g_task_return_int (task, g_value_get_enum (value));
      break;
    case G_TYPE_FLAGS:
      g_task_return_int (task, g_value_get_flags (value));
      break;
    case G_TYPE_STRING:
      g_task_return_pointer (task, g_value_dup_string (value), g_free);
      break;
    case G_TYPE_POINTER:
      g_task_return_pointer (task, g_value_get_pointer (value), NULL);
      break;
    case G_TYPE_BOXED:
      pointer = g_value_dup_boxed (value);
      g_task_return_pointer (task, pointer,
                             pointer != NULL ? gf_boxed_get_free (G_VALUE_TYPE (value)) : NULL);
      break;
    case G_TYPE_OBJECT:
    case G_TYPE_INTERFACE:
      g_task_return_pointer (task, g_value_dup_object (value), g_object_unref);
      break;
    case G_TYPE_PARAM:
      g_task_return_pointer (task, g_value_dup_param (value), (GDestroyNotify) g_param_spec_unref);
      break;
    case G_TYPE_VARIANT:
      g_task_return_pointer (task, g_value_dup_variant (value), (GDestroyNotify) g_variant_unref);
      break;
    default:
      g_task_return_value (task, (GValue *) value);
    }
}

static void
gf_task_deliver (GObject  *target,
                 GfFuture *future,
                 gboolean  cancelled)
{
  GTask *task = G_TASK (target);
  const GError *error = gf_future_get_error (future);

  if (cancelled)
    g_task_return_new_error (task, G_IO_ERROR, G_IO_ERROR_CANCELLED, "The task was cancelled");
  else if (error != NULL)
    g_task_return_error (task, g_error_copy (error));
  else if (gf_future_load_state (future) & GF_STATE_NO_VALUE)
    g_task_return_boolean (task, TRUE);
  else
    gf_task_return_copy (task, gf_future_get_value (future, NULL));
}

/**
 * gf_future_forward_to_task:
 * @self: a future
 * @task: a task that has not returned
 *
 * Lets @task return the outcome of the future, once that is settled: for a
 * library that offers asynchronous functions of GIO's kind and does its work by
 * futures.
 *
 * |[<!-- language="C" -->
 * #include <gfutures.h>
 *
 * static void
 * add_up (GfPromise  *promise,
 *         gpointer    bytes,
 *         GError    **error)
 * {
 *   gsize size;
 *   const guint8 *data = g_bytes_get_data (bytes, &size);
 *   gint64 sum = 0;
 *
 *   for (gsize i = 0; i < size && !gf_promise_should_stop (promise); i++)
 *     sum += data[i];
 *   gf_promise_resolve_int64 (promise, sum);
 * }
 *
 * void
 * my_sum_async (GBytes             *bytes,
 *               GCancellable       *cancellable,
 *               GAsyncReadyCallback callback,
 *               gpointer            user_data)
 * {
 *   g_autoptr (GTask) task = g_task_new (NULL, cancellable, callback, user_data);
 *   g_autoptr (GfFuture) future =
 *     gf_executor_submit (gf_thread_pool_executor_get_default (), add_up,
 *                         g_bytes_ref (bytes), (GDestroyNotify) g_bytes_unref);
 *
 *   gf_future_forward_to_task (future, task);
 * }
 *
 * gssize
 * my_sum_finish (GAsyncResult *result,
 *                GError      **error)
 * {
 *   return g_task_propagate_int (G_TASK (result), error);
 * }
 * ]|
 *
 * What the future has succeeded with is for
 *
 * - g_task_propagate_boolean() if it is a boolean, or no value, which is %TRUE;
 * - g_task_propagate_int() if it is an integer, an enumeration or flags, as far as
 *   it fits a #gssize;
 * - g_task_propagate_pointer() if it is a string, a variant, a boxed type, an
 *   object or an interface, which the caller then owns: a copy, or a reference;
 *   or a %G_TYPE_POINTER, as it is;
 * - g_task_propagate_value() if it is of another type, such as a double.
 *
 * An error is the task's error; of a cancelled future, %G_IO_ERROR_CANCELLED.
 *
 * The task's cancellable ends the waiting: @task returns
 * %G_IO_ERROR_CANCELLED, and the future is cancelled unless somebody else wants
 * its outcome, see gf_future_then().
 *
 * Any thread may call this. @task returns in its own context, after
 * #GfFuture::done if that is the future's home.
 *
 * Since: 1.0
 */
void
gf_future_forward_to_task (GfFuture *self,
                           GTask    *task)
{
  g_return_if_fail (GF_IS_FUTURE (self));
  g_return_if_fail (G_IS_TASK (task));

  gf_future_wait_for (self, G_OBJECT (g_object_ref (task)), gf_task_deliver,
                      g_task_get_context (task), g_task_get_cancellable (task), TRUE);
}

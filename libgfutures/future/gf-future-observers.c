/* gf-future-observers.c - who is told when a future is settled
 *
 * A lock-free stack of observers that the settling thread takes as a whole. Each
 * then goes to where it runs, and its data to where that belongs.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "gf-future-private.h"

#include "../executor/gf-executor.h"
#include "../loop/gf-completion-private.h"
#include "../loop/gf-thread-private.h"

static void
gf_observer_free (GfObserver *self)
{
  if (self->destroy != NULL)
    self->destroy (self->data);

  g_clear_object (&self->executor);
  g_clear_pointer (&self->home, gf_home_unref);
  g_clear_object (&self->future);
  g_free (self);
}

static gboolean
gf_observer_released (GfHomeItem *item,
                      GfHomePhase phase)
{
  GfObserver *self = (GfObserver *) item;

  if (phase == GF_HOME_RELIEVE && self->creator != gf_thread_get ()->id)
    return FALSE;

  gf_observer_free (self);

  return TRUE;
}

/* The callback has run, or never will: the data goes home. */
static void
gf_observer_release (GfObserver *self)
{
  if (self->destroy == NULL)
    gf_observer_free (self);
  else if (gf_home_enter (self->home, self->creator))
    {
      g_autoptr (GfHome) home = gf_home_ref (self->home);

      gf_observer_free (self);
      gf_home_leave (home);
    }
  else
    {
      self->item.func = gf_observer_released;
      gf_home_push (self->home, &self->item);
    }
}

static void
gf_observer_append (GfFuture   *future,
                    GfObserver *self)
{
  GfObserver **last = &future->callbacks;

  while (*last != NULL)
    last = &(*last)->next;

  self->next = NULL;
  *last = self;
}

/* The turn of an observer that came late, or whose home is not the future's. */
static gboolean
gf_observer_turn (GfHomeItem *item,
                  GfHomePhase phase)
{
  GfObserver *self = (GfObserver *) item;
  GfFuture *future = self->future;

  if (phase == GF_HOME_RELIEVE)
    return FALSE;

  if (phase != GF_HOME_DROP)
    {
      if (self->home == future->home && !(gf_future_load_state (future) & GF_STATE_DELIVERED))
        {
          /* `done` comes first. It is being emitted, by an outer loop; or the
           * settling thread is about to send the future here. */
          if (gf_state_is_settled (future->notified))
            gf_observer_append (future, self);
          else
            gf_home_put_off (self->home, item);
          return TRUE;
        }

      self->callback (future, self->data);
    }

  gf_observer_free (self);

  return TRUE;
}

static void
gf_observer_run (GfObserver *self)
{
  self->callback (self->future, self->data);
  gf_observer_release (self);
}

static void
gf_observer_run_as_task (gpointer data)
{
  gf_observer_run (data);
}

static void gf_observer_go (GfObserver *self);

static void
gf_observers_complete (gpointer data,
                       gpointer user_data G_GNUC_UNUSED)
{
  GfObserver *observer = data;

  while (observer != NULL)
    {
      GfObserver *next = observer->next;

      gf_observer_go (observer);
      observer = next;
    }
}

/* Sends an observer of a settled future on its way. */
static void
gf_observer_go (GfObserver *self)
{
  if (self->at_home)
    {
      self->item.func = gf_observer_turn;
      gf_home_push (self->home, &self->item);
    }
  /* An executor that takes no more tasks must not lose the callback. */
  else if (self->executor == NULL ||
           !gf_executor_post (self->executor, gf_observer_run_as_task, self))
    gf_observer_run (self);
}

/* Called by the thread that settled @future. */
void
gf_observers_notify (GfFuture *future)
{
  GfObserver *observer;
  GfObserver *oldest = NULL;
  GfObserver *elsewhere = NULL;
  GfObserver **last_elsewhere = &elsewhere;
  GfObserver **last = &future->callbacks;

  /* Acquire: partner of the release in gf_observer_add(). */
  observer = atomic_exchange_explicit (&future->observers, GF_OBSERVERS_TAKEN, memory_order_acq_rel);
  if (G_LIKELY (observer == NULL))
    return;

  while (observer != NULL)
    {
      GfObserver *next = observer->next;

      observer->next = oldest;
      oldest = observer;
      observer = next;
    }

  while (oldest != NULL)
    {
      observer = oldest;
      oldest = observer->next;

      if (observer->at_home && observer->home == future->home)
        {
          /* These go home with the future. */
          observer->next = NULL;
          *last = observer;
          last = &observer->next;
          continue;
        }

      observer->future = g_object_ref (future);
      if (observer->internal || observer->at_home || !gf_thread_get ()->is_shared)
        gf_observer_go (observer);
      else
        {
          observer->next = NULL;
          *last_elsewhere = observer;
          last_elsewhere = &observer->next;
        }
    }

  if (elsewhere != NULL)
    gf_completion_push (gf_observers_complete, elsewhere);
}

/* Runs the callbacks that have come home with @future, or lets go of them. */
void
gf_observers_run_home (GfFuture *future,
                       gboolean  run)
{
  while (future->callbacks != NULL)
    {
      GfObserver *observer = future->callbacks;

      future->callbacks = observer->next;
      if (run)
        observer->callback (future, observer->data);
      gf_observer_free (observer);
    }
}

static void
gf_observer_add (GfFuture   *future,
                 GfObserver *self)
{
  GfObserver *head = atomic_load_explicit (&future->observers, memory_order_acquire);

  do
    {
      if (head == GF_OBSERVERS_TAKEN)
        {
          self->future = g_object_ref (future);
          gf_observer_go (self);
          return;
        }
      self->next = head;
    }
  /* Release: partner of the acquire in gf_observers_notify(). Acquire: the
   * outcome, if they were taken. */
  while (!atomic_compare_exchange_weak_explicit (&future->observers, &head, self,
                                                 memory_order_release, memory_order_acquire));
}

/* For the library's own use: @callback runs once, in the settling thread, and
 * owns @data. */
void
gf_future_observe (GfFuture        *self,
                   GfFutureCallback callback,
                   gpointer         data)
{
  GfObserver *observer = g_new0 (GfObserver, 1);

  observer->home = gf_home_ref (self->home);
  observer->internal = TRUE;
  observer->callback = callback;
  observer->data = data;
  gf_observer_add (self, observer);
}

/**
 * gf_future_add_done_callback:
 * @self: a future
 * @executor: (nullable): where to run @callback, or %NULL for the context of
 *   the calling thread
 * @callback: (scope notified) (closure user_data) (destroy destroy): the
 *   function to call
 * @user_data: data for @callback
 * @destroy: (nullable): how to release @user_data
 *
 * Calls @callback once when @self is settled, or soon if it is.
 *
 * With %NULL for @executor it runs in a later turn of the home that a future
 * created by this thread would have; on a worker thread of a pool, as a task of
 * that pool. With the inline executor it runs in the thread that settles the
 * future, at once, or here and now if it is settled; if that is the thread that
 * hears from worker processes, on one of GLib's instead. With a
 * #GfMainContextExecutor it runs in a later turn of that context. With another
 * executor it runs as a task of that one, or, if that one was shut down or is a
 * process pool, in the thread that settles the future. Callbacks that run in the same place are called in the
 * order in which they were added; those in the future's home after
 * #GfFuture::done.
 *
 * @user_data is released where @callback runs, or, with the inline executor or a
 * pool, in the home of the caller. If that context dies first, @callback is not called.
 *
 * A JavaScript function cannot run on another thread: with the inline executor
 * or a pool it is refused with a critical message, and never called.
 *
 * Any thread may call this.
 *
 * Since: 1.0
 */
void
gf_future_add_done_callback (GfFuture        *self,
                             GfExecutor      *executor,
                             GfFutureCallback callback,
                             gpointer         user_data,
                             GDestroyNotify   destroy)
{
  GfThread *thread = gf_thread_get ();
  GfObserver *observer;

  g_return_if_fail (GF_IS_FUTURE (self));
  g_return_if_fail (executor == NULL || GF_IS_EXECUTOR (executor));
  g_return_if_fail (callback != NULL);

  if (executor == NULL && thread->hooks != NULL)
    executor = thread->hooks->get_executor (thread->worker);
  else if (executor != NULL)
    g_object_ref (executor);

  if (executor != NULL && gf_callback_is_bound (destroy) &&
      (gf_executor_is_inline (executor) || gf_executor_may_run_on_other_threads (executor)))
    {
      g_critical ("A JavaScript function cannot run on another thread: give "
                  "gf_future_add_done_callback() no executor, or a main context’s");
      g_object_unref (executor);
      destroy (user_data);
      return;
    }

  observer = g_new0 (GfObserver, 1);
  observer->home = executor != NULL ? gf_executor_get_task_home (executor) : NULL;
  observer->at_home = executor == NULL || observer->home != NULL;
  if (observer->home == NULL)
    {
      observer->home = gf_home_get_current ();
      observer->creator = gf_thread_get_creator (thread);
    }
  if (!observer->at_home && !gf_executor_is_inline (executor))
    observer->executor = g_object_ref (executor);
  observer->callback = callback;
  observer->data = user_data;
  observer->destroy = destroy;
  gf_observer_add (self, observer);

  g_clear_object (&executor);
}

/* ---- GAsyncResult ---- */

/* Shared by the observer and the handler of the caller's cancellable: who takes
 * the task returns it. */
typedef struct
{
  GTask        *task;
  GCancellable *cancellable;
  gulong        cancelled_id;
  int           ref_count;
} GfResultCall;

static void
gf_result_call_unref (gpointer data)
{
  GfResultCall *call = data;

  if (!g_atomic_int_dec_and_test (&call->ref_count))
    return;

  g_clear_object (&call->task);
  g_clear_object (&call->cancellable);
  g_free (call);
}

static GTask *
gf_result_call_take_task (GfResultCall *call)
{
  GTask *task;

  do
    task = g_atomic_pointer_get (&call->task);
  while (task != NULL && !g_atomic_pointer_compare_and_exchange (&call->task, task, NULL));

  return task;
}

static void
gf_result_call_settled (GfFuture *future G_GNUC_UNUSED,
                        gpointer  data)
{
  GfResultCall *call = data;
  g_autoptr (GTask) task = gf_result_call_take_task (call);

  g_clear_signal_handler (&call->cancelled_id, call->cancellable);

  if (task != NULL)
    g_task_return_boolean (task, TRUE);
}

static void
gf_result_call_cancelled (GCancellable *cancellable G_GNUC_UNUSED,
                          gpointer      data)
{
  g_autoptr (GTask) task = gf_result_call_take_task (data);

  if (task != NULL)
    g_task_return_error_if_cancelled (task);
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
 * In Vala this is `yield future.result_async ()`, in JavaScript an `await` after
 * `Gio._promisify ()`.
 *
 * Since: 1.0
 */
void
gf_future_result_async (GfFuture           *self,
                        GCancellable       *cancellable,
                        GAsyncReadyCallback callback,
                        gpointer            user_data)
{
  GfObserver *observer;
  GfResultCall *call;

  g_return_if_fail (GF_IS_FUTURE (self));
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  call = g_new0 (GfResultCall, 1);
  call->ref_count = 1;
  call->task = g_task_new (self, cancellable, callback, user_data);
  g_task_set_source_tag (call->task, gf_future_result_async);

  if (cancellable != NULL)
    {
      call->ref_count++;
      call->cancellable = g_object_ref (cancellable);
      call->cancelled_id =
        g_signal_connect_data (cancellable, "cancelled", G_CALLBACK (gf_result_call_cancelled),
                               call, (GClosureNotify) gf_result_call_unref, 0);
      if (g_cancellable_is_cancelled (cancellable))
        gf_result_call_cancelled (cancellable, call);
    }

  observer = g_new0 (GfObserver, 1);
  observer->home = gf_home_get_for_context (g_main_context_get_thread_default ());
  observer->creator = gf_thread_get_creator (gf_thread_get ());
  observer->at_home = TRUE;
  observer->callback = gf_result_call_settled;
  observer->data = call;
  observer->destroy = gf_result_call_unref;
  gf_observer_add (self, observer);
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
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);
  g_return_val_if_fail (g_async_result_is_tagged (result, gf_future_result_async), NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  if (!g_task_propagate_boolean (G_TASK (result), error))
    return NULL;

  return gf_future_get_value (self, error);
}

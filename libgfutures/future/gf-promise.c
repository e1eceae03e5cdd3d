/* gf-promise.c - the write side of a task
 *
 * Settling a promise, and running the task that it carries. Holds are in
 * gf-promise-hold.c.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "gf-future-private.h"

#include "../loop/gf-thread-private.h"
#include "gf-error.h"

/**
 * SECTION:gf-promise
 * @title: GfPromise
 * @short_description: the write side of a task
 *
 * A #GfPromise is a #GfFuture that can be settled. Task functions get one; other
 * code makes one with gf_promise_new() to give out a future for something of its
 * own:
 *
 * |[<!-- language="C" -->
 * static gboolean
 * time_is_up (gpointer promise)
 * {
 *   gf_promise_resolve_string (promise, "time is up");
 *   return G_SOURCE_REMOVE;
 * }
 *
 * GfFuture *
 * my_timer_new (guint seconds)
 * {
 *   GfPromise *promise = gf_promise_new ();
 *
 *   g_timeout_add_seconds_full (G_PRIORITY_DEFAULT, seconds, time_is_up,
 *                               g_object_ref (promise), g_object_unref);
 *   return GF_FUTURE (promise);
 * }
 * ]|
 *
 * A promise is settled once; later attempts return %FALSE and change nothing.
 * It may be settled on any thread. If the last reference is dropped before that,
 * those who wait for it get a %GF_FUTURE_ERROR_BROKEN_PROMISE.
 *
 * A task whose work goes on after its function has returned, in an asynchronous
 * operation of GIO for example, keeps its promise open with gf_promise_hold().
 */

/**
 * GfPromise:
 *
 * A future that can be settled.
 *
 * Since: 1.0
 */

G_DEFINE_FINAL_TYPE (GfPromise, gf_promise, GF_TYPE_FUTURE)

static inline GfFuture *
as_future (GfPromise *self)
{
  return (GfFuture *) self;
}

static void
gf_promise_release_data (GfFuture *future)
{
  GfPromise *self = (GfPromise *) future;

  /* Acquire: partner of the release with which the function returned. */
  if (atomic_fetch_and_explicit (&future->state, ~GF_STATE_HAS_DATA, memory_order_acq_rel) &
      GF_STATE_HAS_DATA)
    self->how.destroy (self->data);
}

static void
gf_promise_withdrawn (GfFuture *future,
                      gboolean  was_running)
{
  GfPromise *self = (GfPromise *) future;
  GfExecutor *executor = self->executor;

  if (!was_running)
    gf_executor_task_begun (executor);
  if (gf_future_load_state (future) & GF_STATE_LISTED)
    gf_executor_task_unlisted (executor, self);
  gf_executor_task_returned (executor);
}

static void
gf_promise_let_go (GfFuture *future)
{
  gf_link_let_go (((GfPromise *) future)->data);
}

static void
gf_promise_visit (GfFuture        *future,
                  gboolean         needed G_GNUC_UNUSED,
                  GfFutureCallback func,
                  gpointer         data)
{
  gf_link_visit (((GfPromise *) future)->data, func, data);
}

static void
gf_promise_finalize (GObject *object)
{
  GfPromise *self = (GfPromise *) object;
  guint state = atomic_load_explicit (&as_future (self)->state, memory_order_relaxed);

  if (state & GF_STATE_CALL)
    {
      g_free (self->what.function);
      g_clear_pointer ((GVariant **) &self->data, g_variant_unref);
    }
  else if (state & GF_STATE_CHAIN)
    gf_link_unref (self->data);

  G_OBJECT_CLASS (gf_promise_parent_class)->finalize (object);
}

static void
gf_promise_class_init (GfPromiseClass *klass)
{
  GfFutureClass *future_class = (GfFutureClass *) klass;

  G_OBJECT_CLASS (klass)->finalize = gf_promise_finalize;

  future_class->release_data = gf_promise_release_data;
  future_class->withdrawn = gf_promise_withdrawn;
  future_class->let_go = gf_promise_let_go;
  future_class->visit = gf_promise_visit;
}

static void
gf_promise_init (GfPromise *self G_GNUC_UNUSED)
{
}

/**
 * gf_promise_new:
 *
 * Creates a pending promise. Its home is the thread-default context of the
 * calling thread, or, inside a task, the home of that task.
 *
 * Returns: (transfer full): a new promise
 *
 * Since: 1.0
 */
GfPromise *
gf_promise_new (void)
{
  return g_object_new (GF_TYPE_PROMISE, NULL);
}

/**
 * gf_promise_new_for_context:
 * @home: (nullable): a context, or %NULL for the default one
 *
 * Creates a pending promise that is at home in @home, wherever the caller is.
 * The promise does not keep @home alive.
 *
 * Returns: (transfer full): a new promise
 *
 * Since: 1.0
 */
GfPromise *
gf_promise_new_for_context (GMainContext *home)
{
  GfPromise *self = gf_promise_new ();

  gf_promise_set_home (self, home);

  return self;
}

/**
 * gf_promise_set_home:
 * @self: a new promise
 * @home: (nullable): a context, or %NULL for the default one
 *
 * Makes @home the home of a promise with which nothing has been done yet, not
 * even that somebody else was given a reference: gf_promise_new_for_context() in
 * two steps, for languages whose constructors take no arguments. The promise does
 * not keep @home alive.
 *
 * The thread that created the promise calls this, first of all.
 *
 * Since: 1.0
 */
void
gf_promise_set_home (GfPromise    *self,
                     GMainContext *home)
{
  GfFuture *future;

  g_return_if_fail (GF_IS_PROMISE (self));

  future = as_future (self);
  g_return_if_fail (atomic_load_explicit (&future->state, memory_order_relaxed) == GF_FUTURE_STATE_PENDING);
  g_return_if_fail (atomic_load_explicit (&future->observers, memory_order_relaxed) == NULL);

  gf_home_unref (future->home);
  future->home = gf_home_get_for_context (home);
}

/* A closure for an executor. @flags: GF_STATE_BOUND. */
GfPromise *
gf_promise_new_task (int            priority,
                     GfTaskFunc     func,
                     gpointer       data,
                     GDestroyNotify destroy,
                     guint          flags)
{
  GfPromise *self = gf_promise_new ();

  as_future (self)->priority = priority;
  self->what.func = func;
  self->data = data;
  self->how.destroy = destroy;
  if (destroy != NULL)
    flags |= GF_STATE_HAS_DATA;
  atomic_store_explicit (&as_future (self)->state, flags, memory_order_relaxed);

  return self;
}

/* A named function for an executor. @flags: GF_STATE_MAP. */
GfPromise *
gf_promise_new_call (int         priority,
                     const char *function,
                     GVariant   *arguments,
                     guint       flags)
{
  GfPromise *self = gf_promise_new ();

  as_future (self)->priority = priority;
  self->what.function = g_strdup (function);
  self->data = arguments != NULL ? g_variant_ref_sink (arguments) : NULL;
  atomic_store_explicit (&as_future (self)->state, GF_STATE_CALL | flags, memory_order_relaxed);

  return self;
}

/* ---- settling ---- */

/**
 * gf_promise_set_running:
 * @self: a promise
 *
 * Marks the promise as running: what fulfils it has begun. gf_promise_run() does
 * this by itself. Any thread may call it.
 *
 * Returns: %TRUE if it was pending; %FALSE if it was cancelled or otherwise
 *   settled, or was running: do not begin then
 *
 * Since: 1.0
 */
gboolean
gf_promise_set_running (GfPromise *self)
{
  GfFuture *future;
  guint state;

  g_return_val_if_fail (GF_IS_PROMISE (self), FALSE);

  future = as_future (self);

  /* The executor lives as long as the task is not settled. */
  if (!gf_future_claim_pending (future))
    return FALSE;
  state = atomic_load_explicit (&future->state, memory_order_relaxed);
  if (state & GF_STATE_COUNTED)
    gf_executor_task_begun (self->executor);

  while (!atomic_compare_exchange_weak_explicit (&future->state, &state,
                                                 (state & ~GF_STATE_CLAIMED) | GF_FUTURE_STATE_RUNNING,
                                                 memory_order_acq_rel, memory_order_relaxed))
    ;
  if (GF_TRACING (GF_TRACE_RECORDS))
    gf_future_trace_started (future);
  gf_future_begun (future, FALSE);

  return TRUE;
}

/**
 * gf_promise_take_value:
 * @self: a promise
 * @value: (inout): a value, moved out of here and left unset
 *
 * Settles the promise with @value, without a copy. Any thread may call it.
 *
 * Returns: %TRUE; %FALSE if the promise was settled, and @value is dropped
 *
 * Since: 1.0
 */
gboolean
gf_promise_take_value (GfPromise *self,
                       GValue    *value)
{
  g_return_val_if_fail (GF_IS_PROMISE (self), FALSE);
  g_return_val_if_fail (G_IS_VALUE (value), FALSE);

  if (!gf_future_claim (as_future (self)))
    {
      g_value_unset (value);
      return FALSE;
    }

  as_future (self)->outcome.value = *value;
  *value = (GValue) G_VALUE_INIT;
  gf_future_seal (as_future (self), GF_FUTURE_STATE_SUCCEEDED);

  return TRUE;
}

/**
 * gf_promise_reject:
 * @self: a promise
 * @error: (transfer full): an error
 *
 * Settles the promise as failed, with @error. Any thread may call it.
 *
 * Returns: %TRUE; %FALSE if the promise was settled, and @error is freed
 *
 * Since: 1.0
 */
gboolean
gf_promise_reject (GfPromise *self,
                   GError    *error)
{
  g_return_val_if_fail (GF_IS_PROMISE (self), FALSE);
  g_return_val_if_fail (error != NULL, FALSE);

  return gf_future_fail (as_future (self), error, NULL);
}

/**
 * gf_promise_reject_literal:
 * @self: a promise
 * @domain: an error domain
 * @code: an error code
 * @message: what happened
 *
 * Settles the promise as failed, with a new error. Any thread may call it.
 *
 * Returns: %TRUE; %FALSE if the promise was settled
 *
 * Since: 1.0
 */
gboolean
gf_promise_reject_literal (GfPromise  *self,
                           GQuark      domain,
                           int         code,
                           const char *message)
{
  g_return_val_if_fail (domain != 0, FALSE);
  g_return_val_if_fail (message != NULL, FALSE);

  return gf_promise_reject (self, g_error_new_literal (domain, code, message));
}

/**
 * gf_promise_reject_with_details:
 * @self: a promise
 * @error: (transfer full): an error
 * @details: (nullable): what there is to say besides
 *
 * Settles the promise as failed, with @error and with bytes that mean something
 * to the language that gives them: an exception that it can rebuild, for example.
 * The library passes them on unread, for gf_future_get_error_details(): to the
 * futures that take over the failure, and, from the worker of a process pool, to
 * the application. There they are left out if they make the answer larger than
 * #GfProcessPoolExecutor:max-message-size allows.
 *
 * A function of gf_function_register() calls this and returns %NULL, without
 * setting its error. Any thread may call it.
 *
 * Returns: %TRUE; %FALSE if the promise was settled, and @error is freed
 *
 * Since: 1.0
 */
gboolean
gf_promise_reject_with_details (GfPromise *self,
                                GError    *error,
                                GBytes    *details)
{
  g_return_val_if_fail (GF_IS_PROMISE (self), FALSE);
  g_return_val_if_fail (error != NULL, FALSE);

  return gf_future_fail (as_future (self), error, details);
}

/* ---- for the task ---- */

/**
 * gf_promise_set_progress:
 * @self: a promise
 * @fraction: how much is done, from 0 to 1, or -1 for unknown
 * @status: (nullable): what is being done, for people
 *
 * Reports progress, from any thread. It is cheap and may be called for each
 * byte: #GfFuture:progress and #GfFuture:status are notified in the home
 * context, once a frame (16 ms) at most. Once the promise is settled this does
 * nothing.
 *
 * Since: 1.0
 */
void
gf_promise_set_progress (GfPromise  *self,
                         double      fraction,
                         const char *status)
{
  g_return_if_fail (GF_IS_PROMISE (self));

  if (gf_future_store_progress (as_future (self), fraction, status, FALSE))
    gf_future_push_progress (as_future (self));
}

/**
 * gf_promise_should_stop:
 * @self: a promise
 *
 * Whether the task's work is in vain: its future was cancelled, timed out, or
 * settled by somebody else. One atomic load: call it in inner loops. Any thread
 * may ask.
 *
 * Returns: %TRUE if the task should clean up and return
 *
 * Since: 1.0
 */
gboolean
gf_promise_should_stop (GfPromise *self)
{
  g_return_val_if_fail (GF_IS_PROMISE (self), TRUE);

  return gf_future_is_done (as_future (self));
}

/**
 * gf_promise_get_cancellable:
 * @self: a promise
 *
 * Gets a cancellable that is cancelled when the future is cancelled or times
 * out, to hand to GIO calls inside the task. Its handlers run in the thread that
 * cancels. Cancelling it does not cancel the future.
 *
 * Any thread may call this. Asking costs an object; a loop of one's own had
 * better ask gf_promise_should_stop().
 *
 * Returns: (transfer none): the cancellable, which lives as long as the promise
 *
 * Since: 1.0
 */
GCancellable *
gf_promise_get_cancellable (GfPromise *self)
{
  GfFutureExtra *extra;
  GCancellable *cancellable;
  guint state;

  g_return_val_if_fail (GF_IS_PROMISE (self), NULL);

  extra = gf_future_get_extra (as_future (self));

  g_mutex_lock (&extra->lock);
  if (extra->cancellable == NULL)
    extra->cancellable = g_cancellable_new ();
  cancellable = extra->cancellable;
  g_mutex_unlock (&extra->lock);

  /* Sequentially consistent: partner of gf_future_peek_extra(). */
  state = atomic_load_explicit (&as_future (self)->state, memory_order_seq_cst);
  if ((state & GF_STATE_MASK) == GF_FUTURE_STATE_CANCELLED || (state & GF_STATE_TIMED_OUT))
    g_cancellable_cancel (cancellable);

  return cancellable;
}

/* ---- running ---- */

/* TRUE: the caller runs the task, and nobody else will. */
static gboolean
gf_promise_begin (GfPromise *self,
                  guint      flags,
                  gboolean  *counted)
{
  GfFuture *future = as_future (self);
  guint old_state = atomic_load_explicit (&future->state, memory_order_relaxed);
  guint state;

  do
    {
      while (G_UNLIKELY (old_state & GF_STATE_CLAIMED))
        {
          g_thread_yield ();
          old_state = gf_future_load_state (future);
        }

      if ((old_state & GF_STATE_MASK) != GF_FUTURE_STATE_PENDING)
        return FALSE;
      state = (old_state | GF_FUTURE_STATE_RUNNING | GF_STATE_BEGUN | flags) & ~GF_STATE_COUNTED;
    }
  while (!atomic_compare_exchange_weak_explicit (&future->state, &old_state, state,
                                                 memory_order_acq_rel, memory_order_relaxed));

  *counted = (old_state & GF_STATE_COUNTED) != 0;
  if (GF_TRACING (GF_TRACE_RECORDS))
    gf_future_trace_started (future);

  return TRUE;
}

static void
gf_promise_call_function (GfPromise *self,
                          GError   **error)
{
  GVariant *result = gf_function_call (self->what.function, self->data, self, error);

  if (result != NULL)
    {
      GValue value = G_VALUE_INIT;

      g_value_init (&value, G_TYPE_VARIANT);
      g_value_take_variant (&value, result);
      gf_promise_take_value (self, &value);
    }
}

static void
gf_promise_call_func (GfPromise *self,
                      GfThread  *thread,
                      GError   **error)
{
  guint state = atomic_load_explicit (&as_future (self)->state, memory_order_relaxed);

  if (state & GF_STATE_CALL)
    gf_promise_call_function (self, error);
  else if ((state & GF_STATE_BOUND) && thread->id != as_future (self)->creator)
    g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED,
                         "A JavaScript function cannot run on another thread: call a "
                         "named function (gf_executor_call), or use a main context’s executor");
  else
    self->what.func (self, self->data, error);
}

/* A task inside a task: it is not to see what the outer one pushed. */
static void
gf_promise_call_nested (GfPromise *self,
                        GfThread  *thread,
                        GError   **error)
{
  GCancellable *cancellable = NULL;
  GSList *contexts;

  if (g_cancellable_get_current () != NULL)
    {
      cancellable = gf_promise_get_cancellable (self);
      g_cancellable_push_current (cancellable);
    }
  contexts = gf_thread_leave_contexts ();

  gf_promise_call_func (self, thread, error);

  gf_thread_enter_contexts (contexts);
  if (cancellable != NULL)
    g_cancellable_pop_current (cancellable);
}

static void
gf_promise_execute (GfPromise *self,
                    guint      flags,
                    gboolean   take_reference)
{
  GfFuture *future = as_future (self);
  GfThread *thread = gf_thread_get ();
  GfExecutor *executor = self->executor;
  gboolean in_step;
  GError *error = NULL;
  GfPromise *outer;
  gboolean counted;
  GfFrame frame;

  if (!gf_promise_begin (self, flags, &counted))
    {
      if (take_reference)
        g_object_unref (self);
      return;
    }

  if (counted)
    gf_executor_task_begun (executor);

  /* An inline executor may have got the task inside a step, which the task
   * must not hold up. */
  in_step = thread->in_step;
  if (G_UNLIKELY (in_step))
    {
      gf_thread_run_steps (thread);
      thread->in_step = FALSE;
    }

  frame = (GfFrame) { self, gf_home_ref (future->home), future->creator, thread->frame };
  outer = thread->frame != NULL ? thread->frame->promise : NULL;
  thread->frame = &frame;
  thread->n_frames++;

  if (thread->hooks != NULL)
    thread->hooks->begun (thread->worker, self, outer);
  else
    gf_future_begun (future, TRUE);

  if (G_LIKELY (frame.outer == NULL))
    gf_promise_call_func (self, thread, &error);
  else
    gf_promise_call_nested (self, thread, &error);

  if (error != NULL)
    gf_promise_reject (self, error);
  if (thread->hooks != NULL)
    thread->hooks->ended (thread->worker, self, outer);

  if (counted && (gf_future_load_state (future) & GF_STATE_LISTED))
    gf_executor_task_unlisted (executor, self);

  /* When the last task has returned, the executor may go. */
  gf_future_return (future, take_reference);

  thread->n_frames--;
  thread->frame = frame.outer;
  gf_home_unref (frame.home);
  gf_thread_flush (thread);
  thread->in_step = in_step;

  if (counted)
    gf_executor_task_returned (executor);
}

/* For a call that is sent elsewhere. TRUE: it begins there, and then
 * gf_promise_end_remote(). FALSE: it was cancelled. */
gboolean
gf_promise_begin_remote (GfPromise *self)
{
  gboolean counted;

  if (!gf_promise_begin (self, 0, &counted))
    return FALSE;

  gf_executor_task_begun (self->executor);
  gf_future_begun (as_future (self), TRUE);

  return TRUE;
}

/* It has ended there, or was lost: with @error or @result, which are taken, or
 * with nothing. @details, not taken, go with @error or are NULL. Drops the caller's reference. If it never began here, because it was
 * cancelled before, that is all. */
void
gf_promise_end_remote (GfPromise *self,
                       GVariant  *result,
                       GError    *error,
                       GBytes    *details)
{
  GfFuture *future = as_future (self);
  GfFutureExtra *extra = details != NULL ? gf_future_get_extra (future) : NULL;
  guint state = gf_future_load_state (future);
  gboolean begun = (state & GF_STATE_BEGUN) != 0;
  GfExecutor *executor = self->executor;

  if (begun && (state & GF_STATE_LISTED))
    gf_executor_task_unlisted (executor, self);

  if (!gf_future_claim (future))
    {
      g_clear_error (&error);
      g_clear_pointer (&result, g_variant_unref);
      gf_future_return (future, TRUE);
    }
  else if (error != NULL)
    {
      future->outcome.error = error;
      if (extra != NULL)
        extra->details = g_bytes_ref (details);
      gf_future_seal_and_drop (future, GF_FUTURE_STATE_FAILED);
    }
  else if (result != NULL)
    {
      g_value_init (&future->outcome.value, G_TYPE_VARIANT);
      g_value_take_variant (&future->outcome.value, result);
      gf_future_seal_and_drop (future, GF_FUTURE_STATE_SUCCEEDED);
    }
  else
    gf_future_seal_and_drop (future, GF_FUTURE_STATE_SUCCEEDED | GF_STATE_NO_VALUE);

  if (begun)
    gf_executor_task_returned (executor);
}

/* For a worker: calls the function here and gives what it returns, as
 * gf_function_call(), instead of settling. */
GVariant *
gf_promise_serve (GfPromise *self,
                  GError   **error)
{
  GfFuture *future = as_future (self);
  GfThread *thread = gf_thread_get ();
  GVariant *result;
  gboolean counted;
  GfFrame frame;

  if (!gf_promise_begin (self, 0, &counted))
    {
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_CANCELLED, "The task was cancelled");
      return NULL;
    }

  frame = (GfFrame) { self, gf_home_ref (future->home), future->creator, thread->frame };
  thread->frame = &frame;
  thread->n_frames++;

  result = gf_function_call (self->what.function, self->data, self, error);

  thread->n_frames--;
  thread->frame = frame.outer;
  gf_home_unref (frame.home);
  gf_thread_flush (thread);

  return result != NULL ? g_variant_take_ref (result) : NULL;
}

/**
 * gf_promise_run:
 * @self: a promise that an executor was given
 *
 * For executors: runs the task here and now, in this thread, and settles the
 * promise unless the task holds it. If it was cancelled, nothing happens; if its
 * function may not run on this thread, the future fails with
 * %G_IO_ERROR_NOT_SUPPORTED. Afterwards the executor drops its reference.
 *
 * Since: 1.0
 */
void
gf_promise_run (GfPromise *self)
{
  g_return_if_fail (GF_IS_PROMISE (self));
  g_return_if_fail (self->what.func != NULL);

  gf_promise_execute (self, 0, FALSE);
}

/* The same, and drops the caller's reference. */
void
gf_promise_run_and_drop (GfPromise *self)
{
  gf_promise_execute (self, 0, TRUE);
}

/* The same, for who waits for the task, while its executor has it queued. */
void
gf_promise_run_in_queue (GfPromise *self)
{
  gf_promise_execute (self, GF_STATE_IN_QUEUE, FALSE);
}

/* For executors that are to cancel what has not begun. A posted function cannot
 * be cancelled. */
gboolean
gf_promise_cancel_pending (GfPromise *self)
{
  GfFuture *future = as_future (self);

  if ((gf_future_load_state (future) & GF_STATE_POST) || !gf_future_claim_pending (future))
    return FALSE;

  gf_future_seal (future, GF_FUTURE_STATE_CANCELLED);

  return TRUE;
}

/**
 * gf_promise_get_priority:
 * @self: a promise
 *
 * Gets the priority that the task was submitted with. Lower runs first, as in
 * GLib. Any thread may ask.
 *
 * Returns: the priority, %G_PRIORITY_DEFAULT unless another was given
 *
 * Since: 1.0
 */
int
gf_promise_get_priority (GfPromise *self)
{
  g_return_val_if_fail (GF_IS_PROMISE (self), G_PRIORITY_DEFAULT);

  return as_future (self)->priority;
}

/**
 * gf_promise_get_function:
 * @self: a promise
 *
 * Gets the name of the function that the task calls: for executors that run it
 * elsewhere, and for the function of all names that nobody has registered, see
 * gf_function_register(). Any thread may ask.
 *
 * Returns: (transfer none) (nullable): the name; %NULL for a closure, and for a
 *   part of a map that has not begun, which only gf_promise_run() can run
 *
 * Since: 1.0
 */
const char *
gf_promise_get_function (GfPromise *self)
{
  guint state;

  g_return_val_if_fail (GF_IS_PROMISE (self), NULL);

  state = atomic_load_explicit (&as_future (self)->state, memory_order_relaxed);
  if (!(state & GF_STATE_CALL) || (state & (GF_STATE_MAP | GF_STATE_BEGUN)) == GF_STATE_MAP)
    return NULL;

  return self->what.function;
}

/**
 * gf_promise_get_arguments:
 * @self: a promise
 *
 * Gets the arguments of the function that the task calls. Any thread may ask.
 *
 * Returns: (transfer none) (nullable): the arguments; %NULL if there are none,
 *   and for a closure or a part of a map
 *
 * Since: 1.0
 */
GVariant *
gf_promise_get_arguments (GfPromise *self)
{
  g_return_val_if_fail (GF_IS_PROMISE (self), NULL);

  if ((atomic_load_explicit (&as_future (self)->state, memory_order_relaxed) &
       (GF_STATE_CALL | GF_STATE_MAP)) != GF_STATE_CALL)
    return NULL;

  return self->data;
}

/**
 * gf_promise_get_current:
 *
 * Gets the promise of the task that runs in the calling thread, the innermost
 * one if a task runs inside another.
 *
 * Returns: (transfer none) (nullable): the promise; %NULL outside tasks
 *
 * Since: 1.0
 */
GfPromise *
gf_promise_get_current (void)
{
  GfFrame *frame = gf_thread_get ()->frame;

  return frame != NULL ? frame->promise : NULL;
}

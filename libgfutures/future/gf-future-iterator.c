/* gf-future-iterator.c - futures in the order in which they are settled
 *
 * What is settled goes to who waits for it, or into a queue. The part that the
 * futures know of lives as long as they do; the object that the application has
 * is only a handle to it.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "gf-future-iterator.h"

#include "../loop/gf-thread-private.h"
#include "gf-error.h"
#include "gf-future-members-private.h"

/**
 * SECTION:gf-future-iterator
 * @title: GfFutureIterator
 * @short_description: futures in the order in which they are settled
 *
 * A #GfFutureIterator gives each of several futures once, as soon as it is
 * settled, whatever has become of it:
 *
 * |[<!-- language="C" -->
 * void
 * print_sums (GfFuture **futures, gsize n)
 * {
 *   g_autoptr (GfFutureIterator) iterator = gf_as_completed (futures, n);
 *   GfFuture *future;
 *
 *   while ((future = gf_future_iterator_next (iterator, -1, NULL, NULL)) != NULL)
 *     {
 *       g_print ("%d\n", gf_future_get_int (future, NULL));
 *       g_object_unref (future);
 *     }
 * }
 * ]|
 *
 * gf_future_iterator_next() blocks, gf_future_iterator_next_async() does not. In
 * Vala, `foreach` goes over an iterator.
 *
 * All functions may be called from any thread; several threads may share an
 * iterator, and each future goes to one of them.
 */

/**
 * GfFutureIterator:
 *
 * Gives futures in the order in which they are settled.
 *
 * Since: 1.0
 */

typedef struct
{
  int        ref_count;
  GfMembers  members;
  GError    *error;   /* that the futures are no good */

  GMutex     lock;
  GQueue     settled; /* GfFuture references, the oldest first */
  GQueue     waiting; /* GfNextCall; when there are, nothing else is */
  gsize      n_left;  /* futures that have not been given */
  GfPromise *more;    /* for those who block; NULL if nobody does */
} GfIteratorCore;

struct _GfFutureIterator
{
  GObject         parent_instance;

  GfIteratorCore *core;
};

G_DEFINE_FINAL_TYPE (GfFutureIterator, gf_future_iterator, G_TYPE_OBJECT)

/* A gf_future_iterator_next_async() under way. */
typedef struct
{
  GfHomeItem    item;
  GList         node;         /* in GfIteratorCore.waiting */
  gboolean      is_waiting;
  int           ref_count;    /* of who answers it, and of the handler */
  GTask        *task;
  GfHome       *home;
  GfFuture     *future;       /* the answer */
  GCancellable *cancellable;
  gulong        cancelled_id;
} GfNextCall;

/* ---- the core ---- */

static void
gf_iterator_core_unref (gpointer data)
{
  GfIteratorCore *self = data;

  if (!g_atomic_int_dec_and_test (&self->ref_count))
    return;

  g_queue_clear_full (&self->settled, g_object_unref);
  gf_members_clear (&self->members);
  g_clear_error (&self->error);
  g_clear_object (&self->more);
  g_mutex_clear (&self->lock);
  g_free (self);
}

static GfIteratorCore *
gf_iterator_core_ref (GfIteratorCore *self)
{
  g_atomic_int_inc (&self->ref_count);

  return self;
}

/* ---- calls that wait ---- */

static void
gf_next_call_unref (gpointer data)
{
  GfNextCall *self = data;

  if (!g_atomic_int_dec_and_test (&self->ref_count))
    return;

  g_clear_object (&self->task);
  g_clear_object (&self->future);
  g_clear_object (&self->cancellable);
  gf_home_unref (self->home);
  g_free (self);
}

static gboolean
gf_next_call_turn (GfHomeItem *item,
                   GfHomePhase phase)
{
  GfNextCall *self = (GfNextCall *) item;

  if (phase == GF_HOME_RELIEVE)
    return FALSE;

  if (self->cancelled_id != 0)
    g_signal_handler_disconnect (self->cancellable, self->cancelled_id);

  /* An answer is not lost though it was cancelled since. */
  g_task_set_check_cancellable (self->task, self->future == NULL);
  if (phase != GF_HOME_DROP)
    g_task_return_pointer (self->task, g_steal_pointer (&self->future), g_object_unref);

  gf_next_call_unref (self);

  return TRUE;
}

/* Takes the reference of the queue. The GTask must not return here: that may be
 * inside whatever settles a future. */
static void
gf_next_call_answer (GfNextCall *self,
                     GfFuture   *future)
{
  self->future = future;
  self->item.func = gf_next_call_turn;
  gf_home_push (self->home, &self->item);
}

static void
gf_next_call_cancelled_cb (GCancellable *cancellable G_GNUC_UNUSED,
                           gpointer      data)
{
  GfNextCall *self = data;
  GfFutureIterator *iterator = g_task_get_source_object (self->task);
  GfIteratorCore *core = iterator->core;
  gboolean was_waiting;

  g_mutex_lock (&core->lock);
  was_waiting = self->is_waiting;
  if (was_waiting)
    {
      self->is_waiting = FALSE;
      g_queue_unlink (&core->waiting, &self->node);
    }
  g_mutex_unlock (&core->lock);

  if (was_waiting)
    gf_next_call_answer (self, NULL);
}

/* ---- futures that are settled ---- */

/* With the lock held. */
static GfNextCall *
gf_iterator_core_pop_call (GfIteratorCore *self)
{
  GList *node = g_queue_pop_head_link (&self->waiting);
  GfNextCall *call;

  if (node == NULL)
    return NULL;

  call = node->data;
  call->is_waiting = FALSE;

  return call;
}

/* With the lock held: the next future that is settled. */
static GfFuture *
gf_iterator_core_pop (GfIteratorCore *self)
{
  GfFuture *future = g_queue_pop_head (&self->settled);

  if (future != NULL)
    self->n_left--;

  return future;
}

/* When the last future was given, nobody waits any longer. */
static void
gf_iterator_core_end (GfIteratorCore *self)
{
  g_autoptr (GfPromise) more = NULL;
  GfNextCall *call;

  g_mutex_lock (&self->lock);
  if (self->n_left == 0)
    more = g_steal_pointer (&self->more);
  while (self->n_left == 0 && (call = gf_iterator_core_pop_call (self)) != NULL)
    {
      g_mutex_unlock (&self->lock);
      gf_next_call_answer (call, NULL);
      g_mutex_lock (&self->lock);
    }
  g_mutex_unlock (&self->lock);

  if (more != NULL)
    gf_promise_resolve_boolean (more, FALSE);
}

static void
gf_iterator_core_settled (gpointer  owner,
                          GfFuture *future,
                          gsize     index)
{
  GfIteratorCore *self = owner;
  g_autoptr (GfPromise) more = NULL;
  GfNextCall *call;

  g_mutex_lock (&self->lock);
  g_queue_push_tail (&self->settled, gf_members_steal (&self->members, index));
  call = gf_iterator_core_pop_call (self);
  if (call != NULL)
    future = gf_iterator_core_pop (self);
  else
    more = g_steal_pointer (&self->more);
  g_mutex_unlock (&self->lock);

  if (call != NULL)
    {
      gf_next_call_answer (call, future);
      gf_iterator_core_end (self);
    }
  if (more != NULL)
    gf_promise_resolve_boolean (more, TRUE);
}

static void
gf_iterator_member_visited (GfFuture *future,
                            gpointer  last)
{
  g_clear_object ((GfFuture **) last);
  *(GfFuture **) last = future;
}

/* Whether the last future cannot be settled before what runs in @thread, the
 * calling one, has returned. */
static gboolean
gf_iterator_core_needs_thread (GfIteratorCore *self,
                               GfThread       *thread)
{
  g_autoptr (GfFuture) last = NULL;

  if (thread->frame == NULL || self->n_left > 1)
    return FALSE;

  gf_members_visit (&self->members, FALSE, gf_iterator_member_visited, &last);

  return last != NULL && gf_future_needs_thread (last, thread);
}

/* ---- GObject ---- */

static void
gf_future_iterator_finalize (GObject *object)
{
  GfFutureIterator *self = GF_FUTURE_ITERATOR (object);

  if (self->core != NULL)
    {
      if (self->core->error == NULL)
        {
          gf_wanted_forget_members (&self->core->members);
          gf_members_withdraw (&self->core->members, gf_iterator_core_ref (self->core), FALSE);
        }
      gf_iterator_core_unref (self->core);
    }

  G_OBJECT_CLASS (gf_future_iterator_parent_class)->finalize (object);
}

static void
gf_future_iterator_class_init (GfFutureIteratorClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = gf_future_iterator_finalize;
}

static void
gf_future_iterator_init (GfFutureIterator *self)
{
  GfIteratorCore *core = g_new0 (GfIteratorCore, 1);

  core->ref_count = 1;
  core->members.settled = gf_iterator_core_settled;
  g_mutex_init (&core->lock);
  g_queue_init (&core->settled);
  g_queue_init (&core->waiting);
  self->core = core;
}

/**
 * gf_as_completed:
 * @futures: (array length=n_futures) (transfer none): futures
 * @n_futures: how many
 *
 * Creates an iterator that gives each future when it is settled; those that are
 * settled already come first, in the order of the list. It keeps the futures it
 * has not given yet, and counts as one who is interested in them, see
 * gf_future_then(). Dropping it cancels nothing.
 *
 * Returns: (transfer full): a new iterator; if a future was given twice, it
 *   gives nothing but %G_IO_ERROR_INVALID_ARGUMENT
 *
 * Since: 1.0
 */
GfFutureIterator *
gf_as_completed (GfFuture * const *futures,
                 gsize             n_futures)
{
  GfFutureIterator *self;
  GfIteratorCore *core;

  g_return_val_if_fail (futures != NULL || n_futures == 0, NULL);

  self = g_object_new (GF_TYPE_FUTURE_ITERATOR, NULL);
  core = self->core;
  gf_members_init (&core->members, futures, n_futures);
  core->n_left = n_futures;

  if (!gf_members_have_twins (&core->members, &core->error))
    gf_members_watch (&core->members, GF_OBSERVER_INTERESTED, gf_iterator_core_ref (core),
                      gf_iterator_core_unref);

  return self;
}

/**
 * gf_future_iterator_next:
 * @self: an iterator
 * @timeout_us: how long to wait at most, in microseconds; 0 to look only, -1
 *   for as long as it takes
 * @cancellable: (nullable): a cancellable that ends the waiting
 * @error: return location for an error
 *
 * Blocks the calling thread until another future is settled. What is said of
 * gf_future_wait() holds here too. After an error one may go on.
 *
 * Returns: (transfer full) (nullable): a settled future; %NULL with @error set to
 *   %G_IO_ERROR_TIMED_OUT or %G_IO_ERROR_CANCELLED if the waiting ended first, to
 *   %G_IO_ERROR_INVALID_ARGUMENT if a future was given twice, or to
 *   %GF_FUTURE_ERROR_INVALID_STATE if a task waits for itself; %NULL without after
 *   the last one
 *
 * Since: 1.0
 */
GfFuture *
gf_future_iterator_next (GfFutureIterator *self,
                         gint64            timeout_us,
                         GCancellable     *cancellable,
                         GError          **error)
{
  g_autoptr (GfHome) home = NULL;
  gint64 deadline = -1;
  GfIteratorCore *core;

  g_return_val_if_fail (GF_IS_FUTURE_ITERATOR (self), NULL);
  g_return_val_if_fail (timeout_us >= -1, NULL);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  core = self->core;
  if (core->error != NULL)
    {
      g_propagate_error (error, g_error_copy (core->error));
      return NULL;
    }

  if (timeout_us > 0)
    {
      gint64 now = g_get_monotonic_time ();

      deadline = timeout_us < G_MAXINT64 - now ? now + timeout_us : G_MAXINT64;
    }

  for (;;)
    {
      g_autoptr (GfPromise) more = NULL;
      GfFuture *future;
      gboolean at_end;

      /* What is put off in this thread may be the next one. */
      gf_thread_run_steps (gf_thread_get ());

      g_mutex_lock (&core->lock);
      future = gf_iterator_core_pop (core);
      at_end = core->n_left == 0;
      if (future == NULL && !at_end)
        {
          if (core->more == NULL)
            core->more = gf_promise_new ();
          more = g_object_ref (core->more);
        }
      g_mutex_unlock (&core->lock);

      if (at_end)
        gf_iterator_core_end (core);
      if (more != NULL)
        {
          if (gf_iterator_core_needs_thread (core, gf_thread_get ()))
            {
              g_set_error_literal (error, GF_FUTURE_ERROR, GF_FUTURE_ERROR_INVALID_STATE,
                                   "A task cannot wait for itself, or for a task that waits for it");
              return NULL;
            }
          if (deadline >= 0)
            {
              gint64 now = g_get_monotonic_time ();

              timeout_us = MAX (0, deadline - now);
            }
          if (gf_future_await (GF_FUTURE (more), &core->members, timeout_us, cancellable, error))
            continue;
        }

      home = gf_home_get_current ();
      gf_home_relieve (home);

      return future;
    }
}

/**
 * gf_future_iterator_next_async:
 * @self: an iterator
 * @cancellable: (nullable): a cancellable that ends the waiting
 * @callback: (scope async) (closure user_data) (nullable): called when another
 *   future is settled
 * @user_data: data for @callback
 *
 * Waits for another future without blocking. @callback runs in the
 * thread-default context of the caller, and calls
 * gf_future_iterator_next_finish(). Several calls may be under way: they are
 * answered in their order.
 *
 * Since: 1.0
 */
void
gf_future_iterator_next_async (GfFutureIterator   *self,
                               GCancellable       *cancellable,
                               GAsyncReadyCallback callback,
                               gpointer            user_data)
{
  g_autoptr (GTask) task = NULL;
  GfFuture *future = NULL;
  GfIteratorCore *core;
  GfNextCall *call;
  gboolean answer;

  g_return_if_fail (GF_IS_FUTURE_ITERATOR (self));
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  core = self->core;
  task = g_task_new (self, cancellable, callback, user_data);
  g_task_set_source_tag (task, gf_future_iterator_next_async);

  if (core->error != NULL)
    {
      g_task_return_error (task, g_error_copy (core->error));
      return;
    }

  call = g_new0 (GfNextCall, 1);
  call->ref_count = 1;
  call->task = g_object_ref (task);
  call->home = gf_home_get_for_context (g_main_context_get_thread_default ());
  call->node.data = call;

  if (cancellable != NULL)
    {
      call->ref_count++;
      call->cancellable = g_object_ref (cancellable);
      call->cancelled_id = g_signal_connect_data (cancellable, "cancelled",
                                                  G_CALLBACK (gf_next_call_cancelled_cb), call,
                                                  (GClosureNotify) gf_next_call_unref, 0);
    }

  g_mutex_lock (&core->lock);
  answer = g_cancellable_is_cancelled (cancellable);
  if (!answer)
    {
      future = gf_iterator_core_pop (core);
      answer = future != NULL || core->n_left == 0;
    }
  if (!answer)
    {
      call->is_waiting = TRUE;
      g_queue_push_tail_link (&core->waiting, &call->node);
    }
  g_mutex_unlock (&core->lock);

  if (answer)
    gf_next_call_answer (call, future);
  /* It was cancelled before it waited. */
  else if (g_cancellable_is_cancelled (cancellable))
    gf_next_call_cancelled_cb (cancellable, call);

  if (future != NULL)
    gf_iterator_core_end (core);
}

/**
 * gf_future_iterator_next_finish:
 * @self: an iterator
 * @result: what the callback was given
 * @error: return location for an error
 *
 * Ends gf_future_iterator_next_async().
 *
 * Returns: (transfer full) (nullable): a settled future, or %NULL, as by
 *   gf_future_iterator_next()
 *
 * Since: 1.0
 */
GfFuture *
gf_future_iterator_next_finish (GfFutureIterator *self,
                                GAsyncResult     *result,
                                GError          **error)
{
  g_return_val_if_fail (GF_IS_FUTURE_ITERATOR (self), NULL);
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);
  g_return_val_if_fail (g_async_result_is_tagged (result, gf_future_iterator_next_async), NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}

/**
 * gf_future_iterator_next_value:
 * @self: an iterator
 *
 * Blocks until another future is settled, as gf_future_iterator_next() does: for
 * `foreach` in Vala.
 *
 * Returns: (transfer full) (nullable): a settled future; %NULL after the last
 *   one, or if a future was given twice
 *
 * Since: 1.0
 */
GfFuture *
gf_future_iterator_next_value (GfFutureIterator *self)
{
  return gf_future_iterator_next (self, -1, NULL, NULL);
}

/**
 * gf_future_iterator_iterator:
 * @self: an iterator
 *
 * Gives the iterator itself: for `foreach` in Vala.
 *
 * Returns: (transfer full): @self
 *
 * Since: 1.0
 */
GfFutureIterator *
gf_future_iterator_iterator (GfFutureIterator *self)
{
  g_return_val_if_fail (GF_IS_FUTURE_ITERATOR (self), NULL);

  return g_object_ref (self);
}

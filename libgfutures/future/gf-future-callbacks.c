/* gf-future-callbacks.c - functions that run somewhere when a future is settled
 *
 * A callback is an observer that goes to where its function runs: home with the
 * future, to another home, to an executor, or nowhere. Its data goes to where
 * that belongs.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "gf-future-private.h"

#include "../executor/gf-executor.h"
#include "../loop/gf-completion-private.h"
#include "../loop/gf-thread-private.h"

static void
gf_callback_free (GfCallback *self)
{
  GfLink *link = self->link;

  if (self->destroy != NULL)
    self->destroy (self->data);

  g_clear_object (&self->executor);
  g_clear_pointer (&self->home, gf_home_unref);
  g_clear_object (&self->future);

  if (link != NULL)
    gf_link_dropped (link);
  else
    g_free (self);
}

static inline GfCallback *
item_to_callback (GfHomeItem *item)
{
  return (GfCallback *) ((char *) item - G_STRUCT_OFFSET (GfCallback, item));
}

static gboolean
gf_callback_released (GfHomeItem *item,
                      GfHomePhase phase)
{
  GfCallback *self = item_to_callback (item);

  if (phase == GF_HOME_RELIEVE && self->creator != gf_thread_get ()->id)
    return FALSE;

  gf_callback_free (self);

  return TRUE;
}

/* The function has run, or never will: the data goes home. */
static void
gf_callback_release (GfCallback *self)
{
  if (self->destroy == NULL)
    gf_callback_free (self);
  else if (gf_home_enter (self->home, self->creator))
    {
      g_autoptr (GfHome) home = gf_home_ref (self->home);

      gf_callback_free (self);
      gf_home_leave (home);
    }
  else
    {
      /* Only the data has to wait for its home. */
      g_clear_object (&self->future);
      self->item.func = gf_callback_released;
      gf_home_push (self->home, &self->item);
    }
}

static GfCallback *
gf_callback_next (GfCallback *self)
{
  return (GfCallback *) self->observer.next;
}

static void
gf_callback_append (GfFuture   *future,
                    GfCallback *self)
{
  GfCallback **last = &future->callbacks;

  while (*last != NULL)
    last = (GfCallback **) &(*last)->observer.next;

  self->observer.next = NULL;
  *last = self;
}

/* The turn of one that came late, or whose home is not the future's. */
static gboolean
gf_callback_turn (GfHomeItem *item,
                  GfHomePhase phase)
{
  GfCallback *self = item_to_callback (item);
  GfFuture *future = self->future;

  if (phase == GF_HOME_RELIEVE)
    {
      if (self->link == NULL || !gf_link_is_over (self->link))
        return FALSE;
    }
  else if (phase != GF_HOME_DROP)
    {
      if (self->home == future->home && !(gf_future_load_state (future) & GF_STATE_DELIVERED))
        {
          /* `done` comes first. It is being emitted, by an outer loop; or the
           * settling thread is about to send the future here. */
          if (gf_state_is_settled (future->notified))
            gf_callback_append (future, self);
          else
            gf_home_put_off (self->home, item);
          return TRUE;
        }

      self->func (future, self->data);
    }

  gf_callback_free (self);

  return TRUE;
}

static void
gf_callback_run (gpointer data)
{
  GfCallback *self = data;

  self->func (self->future, self->data);
  gf_callback_release (self);
}

static void
gf_callback_run_here (gpointer self,
                      gpointer unused G_GNUC_UNUSED)
{
  gf_callback_run (self);
}

/* Sends it on its way. */
static void
gf_callback_go (GfCallback *self)
{
  if (self->at_home)
    {
      self->item.func = gf_callback_turn;
      gf_home_push (self->home, &self->item);
    }
  /* An executor that takes no more tasks must not lose it. */
  else if (self->executor == NULL ||
           !gf_executor_post (self->executor, gf_callback_run, self))
    {
      /* What is next does not run in who says so. */
      if (self->link != NULL)
        gf_completion_push (gf_callback_run_here, self);
      else
        gf_thread_run_foreign (gf_callback_run_here, self, NULL);
    }
}

static void
gf_callbacks_complete (gpointer data,
                       gpointer user_data G_GNUC_UNUSED)
{
  GfCallback *callback = data;

  while (callback != NULL)
    {
      GfCallback *next = gf_callback_next (callback);

      gf_callback_go (callback);
      callback = next;
    }
}

/* Called by the thread that settled @future, or, @late, that found it settled. */
void
gf_callbacks_notify (GfFuture   *future,
                     GfObserver *oldest,
                     gboolean    late)
{
  GfObserver *elsewhere = NULL;
  GfObserver **last_elsewhere = &elsewhere;
  GfCallback **last = &future->callbacks;

  while (oldest != NULL)
    {
      GfCallback *callback = (GfCallback *) oldest;

      oldest = oldest->next;

      if (callback->link != NULL)
        gf_link_set_ready (callback->link, future);

      if (!late && callback->at_home && callback->home == future->home)
        {
          /* These go home with the future. */
          callback->observer.next = NULL;
          *last = callback;
          last = (GfCallback **) &callback->observer.next;
          continue;
        }

      /* It comes after `done`, which a quiet future has not emitted. */
      if (late && callback->at_home && callback->home == future->home)
        gf_future_set_quiet (future, FALSE);

      callback->future = g_object_ref (future);
      if (callback->at_home || !gf_thread_get ()->is_shared)
        gf_callback_go (callback);
      else
        {
          callback->observer.next = NULL;
          *last_elsewhere = &callback->observer;
          last_elsewhere = &callback->observer.next;
        }
    }

  if (elsewhere != NULL)
    gf_completion_push (gf_callbacks_complete, elsewhere);
}

/* Runs the callbacks that have come home with @future, or lets go of them. */
void
gf_callbacks_run_home (GfFuture *future,
                       gboolean  run)
{
  while (future->callbacks != NULL)
    {
      GfCallback *callback = future->callbacks;

      future->callbacks = gf_callback_next (callback);
      if (run)
        callback->func (future, callback->data);
      gf_callback_free (callback);
    }
}

/* No loop runs: lets go of those that a blocked wait has run. */
void
gf_callbacks_relieve (GfFuture *future)
{
  GfCallback **link = &future->callbacks;

  while (*link != NULL)
    {
      GfCallback *callback = *link;

      if (callback->link != NULL && gf_link_is_over (callback->link))
        {
          *link = gf_callback_next (callback);
          gf_callback_free (callback);
        }
      else
        link = (GfCallback **) &callback->observer.next;
    }
}

/* The observer's function is called for those that were withdrawn only. */
static void
gf_callback_withdrawn (GfObserver *observer,
                       GfFuture   *future G_GNUC_UNUSED)
{
  gf_callback_release ((GfCallback *) observer);
}

/* One that runs in @home, which is taken. @self is zeroed memory. */
static void
gf_callback_init (GfCallback      *self,
                  GfHome          *home,
                  GfFutureCallback func,
                  gpointer         data,
                  GDestroyNotify   destroy)
{
  self->observer.func = gf_callback_withdrawn;
  self->observer.kind = GF_OBSERVER_CALLBACK;
  self->home = home;
  self->creator = gf_thread_get_creator (gf_thread_get ());
  self->at_home = TRUE;
  self->func = func;
  self->data = data;
  self->destroy = destroy;
}

/* One that is part of @link, which is at home where the caller is. */
void
gf_callback_init_for_link (GfCallback      *self,
                           GfLink          *link,
                           GfFutureCallback func)
{
  gf_callback_init (self, gf_home_get_current (), func, link, NULL);
  self->link = link;
}

/* One that runs in @context. */
GfCallback *
gf_callback_new_at_home (GMainContext    *context,
                         GfFutureCallback func,
                         gpointer         data,
                         GDestroyNotify   destroy)
{
  GfCallback *self = g_new0 (GfCallback, 1);

  gf_callback_init (self, gf_home_get_for_context (context), func, data, destroy);

  return self;
}

/* Lets it run on @executor, a worker's own pool if that is NULL. FALSE: that is
 * no place for a function that is bound to its thread. */
gboolean
gf_callback_set_executor (GfCallback *self,
                          GfExecutor *executor)
{
  GfThread *thread = gf_thread_get ();
  gboolean may_be_bound;
  GfHome *task_home;

  if (executor != NULL)
    g_object_ref (executor);
  else if (thread->hooks != NULL)
    executor = thread->hooks->get_executor (thread->worker);
  if (executor == NULL)
    return TRUE;

  may_be_bound = !gf_executor_is_inline (executor) && !gf_executor_may_run_on_other_threads (executor);
  self->at_home = FALSE;
  if ((task_home = gf_executor_get_task_home (executor)) != NULL)
    {
      gf_home_unref (self->home);
      self->home = task_home;
      self->creator = 0;
      self->at_home = TRUE;
    }
  else if (!gf_executor_is_inline (executor))
    self->executor = g_object_ref (executor);

  g_object_unref (executor);

  return may_be_bound;
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
 * process pool, in the thread that settles the future. Callbacks that run in the
 * same place are called in the order in which they were added; those in the
 * future's home after #GfFuture::done.
 *
 * @user_data is released where @callback runs, or, with the inline executor or a
 * pool, in the home of the caller. If that context dies first, @callback is not
 * called.
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
  GfCallback *made;

  g_return_if_fail (GF_IS_FUTURE (self));
  g_return_if_fail (executor == NULL || GF_IS_EXECUTOR (executor));
  g_return_if_fail (callback != NULL);

  made = g_new0 (GfCallback, 1);
  gf_callback_init (made, gf_home_get_current (), callback, user_data, destroy);

  if (!gf_callback_set_executor (made, executor) && gf_callback_is_bound (destroy))
    {
      g_critical ("A JavaScript function cannot run on another thread: give "
                  "gf_future_add_done_callback() no executor, or a main context’s");
      gf_callback_free (made);
      return;
    }

  gf_future_add_observer (self, &made->observer);
}

/* One that runs in the settling thread. */
static GfCallback *
gf_callback_new_here (GfFutureCallback callback,
                      gpointer         user_data,
                      GDestroyNotify   destroy)
{
  GfCallback *self = g_new0 (GfCallback, 1);

  gf_callback_init (self, gf_home_get_current (), callback, user_data, destroy);
  self->at_home = FALSE;

  return self;
}

/**
 * gf_future_watch:
 * @self: a future
 * @callback: (scope notified) (closure user_data) (destroy destroy): the
 *   function to call
 * @user_data: data for @callback
 * @destroy: (nullable): how to release @user_data
 *
 * Calls @callback once when @self is settled, in the thread that settles it, at
 * once; here and now if it is settled. If that is the thread that hears from
 * worker processes, it is called on one of GLib's instead. This is
 * gf_future_add_done_callback() with the inline executor, and in one order with
 * such callbacks, but for one thing: who watches does not want the outcome. A set
 * or a derived future that lets go of @self cancels it all the same if nobody
 * else is interested: for bookkeeping, and for bindings that hand the outcome to
 * futures of their language.
 *
 * @callback must be quick, and must not wait. @user_data is released in the home
 * of the caller.
 *
 * A JavaScript function cannot run on another thread: it is refused with a
 * critical message, and never called.
 *
 * Any thread may call this.
 *
 * Since: 1.0
 */
void
gf_future_watch (GfFuture        *self,
                 GfFutureCallback callback,
                 gpointer         user_data,
                 GDestroyNotify   destroy)
{
  GfCallback *made;

  g_return_if_fail (GF_IS_FUTURE (self));
  g_return_if_fail (callback != NULL);

  made = gf_callback_new_here (callback, user_data, destroy);
  made->observer.kind = GF_OBSERVER_WATCHER;

  if (gf_callback_is_bound (destroy))
    {
      g_critical ("A JavaScript function cannot run on another thread: give it to "
                  "gf_future_add_done_callback()");
      gf_callback_free (made);
      return;
    }

  gf_future_add_observer (self, &made->observer);
}

static GfFutureCallback follower;
static gpointer follower_data;

static void
gf_future_follow_cb (GfFuture *future,
                     gpointer  data G_GNUC_UNUSED)
{
  follower (future, follower_data);
}

/**
 * gf_binding_set_follower:
 * @function: (scope notified) (closure user_data) (destroy destroy): the function of
 *   the binding
 * @user_data: data for @function
 * @destroy: (nullable): never called, for it is set for ever
 *
 * For bindings: sets the one function that gf_future_follow() has called, in all
 * of the process and for ever. To be called before anything else.
 *
 * Since: 1.0
 */
void
gf_binding_set_follower (GfFutureCallback function,
                         gpointer         user_data,
                         GDestroyNotify   destroy G_GNUC_UNUSED)
{
  g_return_if_fail (function != NULL);
  g_return_if_fail (follower == NULL);

  follower_data = user_data;
  follower = function;
}

/**
 * gf_future_follow:
 * @self: a future
 *
 * For bindings: gf_future_watch() with the function of gf_binding_set_follower(),
 * without the cost of a closure for each future.
 *
 * Any thread may call this.
 *
 * Since: 1.0
 */
void
gf_future_follow (GfFuture *self)
{
  g_return_if_fail (follower != NULL);

  gf_future_watch (self, gf_future_follow_cb, NULL, NULL);
}

static void
gf_future_want_cb (GfFuture *future G_GNUC_UNUSED,
                   gpointer  data G_GNUC_UNUSED)
{
}

/**
 * gf_future_want:
 * @self: a future
 *
 * For bindings: says that somebody wants the outcome, as gf_future_add_done_callback()
 * does, of whose callbacks the binding takes care itself: sets and derived futures
 * that let go of @self do not cancel it.
 *
 * Any thread may call this.
 *
 * Since: 1.0
 */
void
gf_future_want (GfFuture *self)
{
  g_return_if_fail (GF_IS_FUTURE (self));

  gf_future_add_observer (self, &gf_callback_new_here (gf_future_want_cb, NULL, NULL)->observer);
}

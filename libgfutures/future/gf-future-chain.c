/* gf-future-chain.c - what to do next
 *
 * A continuation is a link between the future that it waits for and the one that
 * gf_future_then() returned. Whoever moves the link from one phase to the next
 * owns what belongs to that phase; nothing here holds a lock while it calls.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "gf-future-private.h"

#include "../executor/gf-executor.h"
#include "../loop/gf-thread-private.h"
#include "gf-error.h"
#include "gf-link-private.h"

/* One adoption at a time, if what is adopted waits for others itself: two that
 * make a cycle together must not miss each other. */
static GMutex cycles_lock;

void
gf_link_unref (GfLink *self)
{
  if (!g_atomic_int_dec_and_test (&self->ref_count))
    return;

  gf_handle_unref (self->source);
  if (self->returned != NULL)
    gf_handle_unref (self->returned);
  gf_home_unref (self->home);
  g_free (self);
}

static gboolean
gf_link_move (GfLink     *self,
              GfLinkPhase from,
              GfLinkPhase to)
{
  int expected = from;

  return atomic_compare_exchange_strong (&self->phase, &expected, to);
}

gboolean
gf_link_is_over (GfLink *self)
{
  return atomic_load (&self->phase) != GF_LINK_WAITING;
}

static void
gf_link_destroy_data (gpointer a,
                      gpointer b G_GNUC_UNUSED)
{
  GfLink *self = a;

  self->destroy (self->data);
  gf_link_unref (self);
}

static void
gf_link_release_data (GfLink *self)
{
  if (self->destroy == NULL)
    return;

  if (gf_home_enter (self->home, self->creator))
    {
      gf_thread_run_foreign (gf_link_destroy_data, gf_link_ref (self), NULL);
      gf_home_leave (self->home);
    }
  else
    gf_home_release (self->home, self->creator, self->data, self->destroy);
}

/* ---- ending ---- */

/* The derived future gets its outcome from the link: it need not let go of it. */
static void
gf_link_cut (GfLink *self)
{
  atomic_fetch_and_explicit (&GF_FUTURE (self->derived)->state, ~GF_STATE_LINKED, memory_order_relaxed);
}

/* For the phase's owner. */
static void
gf_link_drop_derived (GfLink *self)
{
  g_clear_object (&self->kept);
  g_clear_object (&self->derived);
}

static void
gf_link_adopt (GfLink   *self,
               GfFuture *settled)
{
  /* What `finally` returns counts only if it failed. */
  if (self->kept != NULL && gf_future_get_error (settled) == NULL)
    settled = self->kept;

  gf_link_cut (self);
  gf_future_adopt (GF_FUTURE (self->derived), settled);
}

static void
gf_link_fail (GfLink *self,
              GError *error)
{
  gf_link_cut (self);
  gf_promise_reject (self->derived, error);
}

/* ---- adopting the future that the continuation returned ---- */

static void
gf_link_adopted (GfObserver *observer,
                 GfFuture   *future)
{
  GfLink *self = observer->data;

  if (future != NULL)
    gf_link_adopt (self, future);

  gf_link_drop_derived (self);
  gf_link_unref (self);
}

typedef struct
{
  gboolean  (*is_it) (GfFuture *future,
                      gpointer  data);
  gpointer    data;
  gboolean    depends;
  GPtrArray  *found;   /* references to those that wait for others, */
  GPtrArray  *others;  /* and to the rest */
  GHashTable *known;
} GfSearch;

static void
gf_search_add (GfFuture *future,
               gpointer  data)
{
  GfSearch *search = data;
  guint state = gf_future_load_state (future);
  gboolean unsettled = !gf_state_is_settled (state);

  if (unsettled && search->is_it (future, search->data))
    search->depends = TRUE;

  if (unsettled && (state & GF_STATE_LINKED) && g_hash_table_add (search->known, future))
    g_ptr_array_add (search->found, future);
  else
    g_ptr_array_add (search->others, future);
}

/* Whether @self waits for one that @is_it says is meant, or is it; with @needed,
 * whether it cannot be settled without. @futures, empty before, keeps what was
 * looked at, for the caller may have a lock. */
gboolean
gf_future_depends_on (GfFuture *self,
                      gboolean  needed,
                      gboolean (*is_it) (GfFuture *future,
                                         gpointer  data),
                      gpointer   data,
                      GPtrArray *futures)
{
  GfSearch search = { is_it, data, FALSE };

  search.found = g_ptr_array_new ();
  search.others = futures;
  search.known = g_hash_table_new (NULL, NULL);

  gf_search_add (g_object_ref (self), &search);
  for (guint i = 0; i < search.found->len && !search.depends; i++)
    gf_future_visit (search.found->pdata[i], needed, gf_search_add, &search);

  g_ptr_array_extend_and_steal (futures, search.found);
  g_hash_table_unref (search.known);

  return search.depends;
}

static gboolean
gf_future_is_same (GfFuture *future,
                   gpointer  other)
{
  return future == other;
}

/* If nobody waits for the derived future, what it waits for does not either, and
 * there is no need to search. */
static gboolean
gf_link_has_dependants (GfLink *self)
{
  GfFuture *derived = GF_FUTURE (self->derived);

  return (gf_future_load_state (derived) & GF_STATE_ADOPTED) || gf_future_is_interesting (derived);
}

/* Waits for @future, which the continuation returned. */
static void
gf_link_wait_for (GfLink   *self,
                  GfFuture *future)
{
  g_autoptr (GPtrArray) looked_at = NULL;
  gboolean linked = (gf_future_load_state (future) & GF_STATE_LINKED) != 0;

  if (linked)
    {
      looked_at = g_ptr_array_new_with_free_func (g_object_unref);
      g_mutex_lock (&cycles_lock);
    }

  if (future == GF_FUTURE (self->derived) ||
      (linked && gf_link_has_dependants (self) &&
       gf_future_depends_on (future, FALSE, gf_future_is_same, self->derived, looked_at)))
    {
      if (linked)
        g_mutex_unlock (&cycles_lock);
      gf_link_fail (self, g_error_new_literal (GF_FUTURE_ERROR, GF_FUTURE_ERROR_INVALID_STATE,
                                               "A continuation returned a future that waits for "
                                               "the continuation itself"));
      gf_link_drop_derived (self);
      return;
    }

  /* With the lock: partner of gf_link_has_dependants(). */
  atomic_fetch_or_explicit (&future->state, GF_STATE_ADOPTED, memory_order_relaxed);
  atomic_store (&self->returned, gf_future_get_handle (future));
  self->adopting.func = gf_link_adopted;
  self->adopting.kind = GF_OBSERVER_INTERESTED;
  self->adopting.data = gf_link_ref (self);

  if (linked)
    g_mutex_unlock (&cycles_lock);

  /* From here on the derived future is gf_link_adopted()'s. */
  gf_future_add_observer (future, &self->adopting);

  if (!gf_link_move (self, GF_LINK_RUNNING, GF_LINK_ADOPTING))
    gf_future_withdraw (future, &self->adopting, TRUE);
  /* What is returned was set first: partner of gf_link_want(). */
  else
    gf_wanted_pass_on (self);
}

/* ---- running ---- */

static gboolean
gf_link_takes (GfLink   *self,
               GfFuture *source)
{
  gboolean succeeded = gf_future_get_state (source) == GF_FUTURE_STATE_SUCCEEDED;

  return self->kind == GF_LINK_FINALLY || succeeded == (self->kind == GF_LINK_THEN);
}

static void
gf_link_conclude (GfLink   *self,
                  GfFuture *source,
                  GfFuture *returned,
                  GError   *error)
{
  if (self->kind == GF_LINK_FINALLY)
    self->kept = g_object_ref (source);

  if (error != NULL)
    gf_link_fail (self, error);
  /* Somebody settles it later. */
  else if (returned == NULL && (gf_future_load_state (GF_FUTURE (self->derived)) & GF_STATE_HELD))
    gf_link_cut (self);
  else if (returned == NULL && self->kept != NULL)
    gf_link_adopt (self, source);
  else if (returned == NULL)
    {
      gf_link_cut (self);
      gf_future_settle_plain (GF_FUTURE (self->derived), GF_FUTURE_STATE_SUCCEEDED | GF_STATE_NO_VALUE);
    }
  else if (gf_future_is_done (returned) && returned != GF_FUTURE (self->derived))
    gf_link_adopt (self, returned);
  else
    {
      gf_link_wait_for (self, returned);
      return;
    }

  gf_link_drop_derived (self);
}

/* The source is settled: runs the continuation, unless that has happened, in its
 * home or as a task. */
void
gf_link_run (GfLink   *self,
             GfFuture *source)
{
  GfThread *thread = gf_thread_get ();
  GfFuture *returned = NULL;
  GError *error = NULL;
  GfFrame frame;

  if (!gf_link_move (self, GF_LINK_WAITING, GF_LINK_RUNNING))
    return;

  gf_link_ref (self);

  gf_promise_set_running (self->derived);
  if (gf_future_is_done (GF_FUTURE (self->derived)))
    {
      gf_link_release_data (self);
      gf_link_drop_derived (self);
    }
  else if (!gf_link_takes (self, source))
    {
      gf_link_release_data (self);
      gf_link_adopt (self, source);
      gf_link_drop_derived (self);
    }
  else
    {
      frame = (GfFrame) { self->derived, self->home, self->creator, thread->frame };
      thread->frame = &frame;
      returned = self->func (source, self->data, &error);
      thread->frame = frame.outer;
      gf_thread_flush (thread);

      gf_link_release_data (self);

      /* It may have been settled meanwhile: then what was returned is not
       * wanted. */
      if (returned != NULL && gf_future_is_done (GF_FUTURE (self->derived)) &&
          returned != GF_FUTURE (self->derived))
        {
          gf_future_cancel_unless_wanted (returned);
          gf_link_drop_derived (self);
          g_clear_error (&error);
        }
      else
        gf_link_conclude (self, source, returned, error);
      g_clear_object (&returned);
    }

  gf_link_move (self, GF_LINK_RUNNING, GF_LINK_OVER);
  gf_link_unref (self);
}

static void
gf_link_turn (GfFuture *source,
              gpointer  data)
{
  gf_link_run (data, source);
}

/* The callback is done with: it has run, or was withdrawn, or its context is
 * gone. */
void
gf_link_dropped (GfLink *self)
{
  if (gf_link_move (self, GF_LINK_WAITING, GF_LINK_OVER))
    {
      gf_link_fail (self, g_error_new_literal (GF_FUTURE_ERROR, GF_FUTURE_ERROR_BROKEN_PROMISE,
                                               "The main context that the continuation was to run "
                                               "in is gone"));
      gf_link_release_data (self);
      gf_link_drop_derived (self);
    }

  /* Over first, this second: partner of gf_link_want() and gf_wanted_list(). */
  if (atomic_load (&self->is_wanted) || atomic_load (&self->is_listed))
    gf_wanted_remove (self);
  g_clear_object (&self->settled);
  gf_link_unref (self);
}

/* ---- letting go ---- */

static void
gf_link_withdraw (gpointer source,
                  gpointer observer)
{
  gf_future_withdraw (source, observer, TRUE);
  g_object_unref (source);
}

/* The derived future was settled by somebody else. */
void
gf_link_let_go (GfLink *self)
{
  GfObserver *observer;
  GfFuture *future;

  if (gf_link_move (self, GF_LINK_RUNNING, GF_LINK_ABANDONED))
    {
      gf_wanted_forget_link (self);
      return;
    }

  if (gf_link_move (self, GF_LINK_WAITING, GF_LINK_OVER))
    {
      gf_link_release_data (self);
      gf_link_drop_derived (self);
      future = gf_handle_get_future (self->source);
      observer = &self->callback.observer;
    }
  else if (gf_link_move (self, GF_LINK_ADOPTING, GF_LINK_OVER))
    {
      future = gf_handle_get_future (self->returned);
      observer = &self->adopting;
    }
  else
    return;

  gf_wanted_forget_link (self);

  /* The observer is there as long as the future is not settled. */
  if (future != NULL)
    gf_thread_run_step (gf_link_withdraw, future, observer);
}

/* ---- what it waits for ---- */

static void
gf_handle_visit (GfHandle        *self,
                 GfFutureCallback func,
                 gpointer         data)
{
  GfFuture *future = gf_handle_get_future (self);

  /* It goes to @func though it may be settled: the caller may have a lock. */
  if (future != NULL)
    func (future, data);
}

void
gf_link_visit (GfLink          *self,
               GfFutureCallback func,
               gpointer         data)
{
  GfHandle *returned = atomic_load (&self->returned);

  gf_handle_visit (self->source, func, data);
  if (returned != NULL)
    gf_handle_visit (returned, func, data);
}

/* The source is settled, and the callback is going to where it runs. */
void
gf_link_set_ready (GfLink   *self,
                   GfFuture *source)
{
  self->settled = g_object_ref (source);
  atomic_store (&self->is_ready, TRUE);
  if (G_UNLIKELY (atomic_load (&self->is_wanted)))
    gf_wanted_add (self);
}

/* ---- the three kinds ---- */

static GfFuture *
gf_future_continue (GfFuture      *self,
                    GfLinkKind     kind,
                    GfContinuation func,
                    gpointer       data,
                    GDestroyNotify destroy)
{
  GfPromise *derived = gf_promise_new ();
  GfLink *link = g_new0 (GfLink, 1);
  gboolean can_be_bound;

  link->ref_count = 2; /* of the derived future, and of the callback */
  link->kind = kind;
  link->source = gf_future_get_handle (self);
  link->derived = g_object_ref (derived);
  link->func = func;
  link->data = data;
  link->destroy = destroy;
  link->home = gf_home_get_current ();
  link->creator = gf_thread_get_creator (gf_thread_get ());

  derived->data = link;
  atomic_store_explicit (&GF_FUTURE (derived)->state, GF_STATE_CHAIN | GF_STATE_LINKED, memory_order_relaxed);

  gf_callback_init_for_link (&link->callback, link, gf_link_turn);
  can_be_bound = gf_callback_set_executor (&link->callback, NULL);
  link->pool = link->callback.executor;
  if (!can_be_bound && gf_callback_is_bound (destroy))
    {
      gf_link_move (link, GF_LINK_WAITING, GF_LINK_RUNNING);
      gf_link_release_data (link);
      gf_link_fail (link, g_error_new_literal (G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED,
                                               "A JavaScript function cannot run on another thread"));
      gf_link_drop_derived (link);
    }

  gf_future_add_observer (self, &link->callback.observer);

  return GF_FUTURE (derived);
}

/**
 * gf_future_then: (skip)
 * @self: a future
 * @continuation: (scope notified) (closure user_data) (destroy destroy): what to
 *   do when @self has succeeded
 * @user_data: data for @continuation
 * @destroy: (nullable): how to release @user_data
 *
 * Says what to do next. The returned future, which is derived from @self, has
 * the outcome of @continuation: that of the future it returns, once that is
 * settled; the error that it sets; or success with no value if it does neither.
 * If @self does not succeed, @continuation is not called, and the derived future
 * takes over the failure or the cancellation.
 *
 * |[<!-- language="C" -->
 * static GfFuture *
 * count_cb (GfFuture *loaded, gpointer executor, GError **error)
 * {
 *   return gf_executor_call (executor, "count-words", gf_future_get_variant (loaded, NULL));
 * }
 *
 * static GfFuture *
 * failed_cb (GfFuture *failed, gpointer data, GError **error)
 * {
 *   g_printerr ("%s\n", gf_future_get_error (failed)->message);
 *   return gf_future_new_for_int (0);
 * }
 *
 * GfFuture *
 * count_words (GfExecutor *executor, const char *path)
 * {
 *   g_autoptr (GfFuture) loaded = gf_executor_call (executor, "load", g_variant_new_string (path));
 *   g_autoptr (GfFuture) counted = gf_future_then (loaded, count_cb, g_object_ref (executor), g_object_unref);
 *
 *   return gf_future_catch (counted, failed_cb, NULL, NULL);
 * }
 * ]|
 *
 * @continuation is called once, in a later turn of the home that a future
 * created by this thread would have, never inside this function or the one that
 * settles @self; registered on a worker thread of a pool, it runs as a task of
 * that pool, or, if that was shut down, on a thread of GLib's. Those of one future are called in the order in which they were
 * registered, after #GfFuture::done if they are at home where it is. A blocking
 * wait in the thread that runs their home calls those that it depends on, see
 * gf_future_wait(). Inside, gf_promise_get_current() is the derived future: a
 * continuation that starts something which settles it later, takes a hold on it
 * (gf_promise_hold()) and returns %NULL. @user_data is released at home. If that context dies first, the derived future fails with
 * %GF_FUTURE_ERROR_BROKEN_PROMISE.
 *
 * The derived future is pending until @continuation is called, then running.
 * Cancelling it, or its timeout, withdraws its interest in what it waits for,
 * @self or the returned future: that is cancelled too, if nobody else observes
 * it by another continuation, a set, an iterator, a callback, a handler of
 * #GfFuture::done or a blocking wait. Dropping references cancels nothing: a
 * continuation that was registered is called.
 *
 * If @continuation returns the derived future itself, or one that waits for it,
 * that fails with %GF_FUTURE_ERROR_INVALID_STATE.
 *
 * Any thread may call this. Language bindings know it as gf_future_chain().
 *
 * Returns: (transfer full): the derived future
 *
 * Since: 1.0
 */
GfFuture *
gf_future_then (GfFuture      *self,
                GfContinuation continuation,
                gpointer       user_data,
                GDestroyNotify destroy)
{
  g_return_val_if_fail (GF_IS_FUTURE (self), NULL);
  g_return_val_if_fail (continuation != NULL, NULL);

  return gf_future_continue (self, GF_LINK_THEN, continuation, user_data, destroy);
}

/**
 * gf_future_chain:
 * @self: a future
 * @continuation: (scope notified) (closure user_data) (destroy destroy): what to
 *   do when @self has succeeded
 * @user_data: data for @continuation
 * @destroy: (nullable): how to release @user_data
 *
 * The same as gf_future_then(), for languages in which a method of that name
 * means something else: JavaScript takes an object that has one for a promise.
 *
 * Returns: (transfer full): the derived future
 *
 * Since: 1.0
 */
GfFuture *
gf_future_chain (GfFuture      *self,
                 GfContinuation continuation,
                 gpointer       user_data,
                 GDestroyNotify destroy)
{
  return gf_future_then (self, continuation, user_data, destroy);
}

/**
 * gf_future_catch:
 * @self: a future
 * @continuation: (scope notified) (closure user_data) (destroy destroy): what to
 *   do when @self has failed or was cancelled
 * @user_data: data for @continuation
 * @destroy: (nullable): how to release @user_data
 *
 * Says what to do if @self does not succeed. If it does, @continuation is not
 * called, and the derived future takes over the value. Everything else is as
 * with gf_future_then().
 *
 * In JavaScript this is `chain_catch`, for `catch` is that of a promise.
 *
 * Returns: (transfer full): the derived future
 *
 * Since: 1.0
 */
GfFuture *
gf_future_catch (GfFuture      *self,
                 GfContinuation continuation,
                 gpointer       user_data,
                 GDestroyNotify destroy)
{
  g_return_val_if_fail (GF_IS_FUTURE (self), NULL);
  g_return_val_if_fail (continuation != NULL, NULL);

  return gf_future_continue (self, GF_LINK_CATCH, continuation, user_data, destroy);
}

/**
 * gf_future_finally:
 * @self: a future
 * @continuation: (scope notified) (closure user_data) (destroy destroy): what to
 *   do when @self is settled
 * @user_data: data for @continuation
 * @destroy: (nullable): how to release @user_data
 *
 * Says what to do in any case: to clean up. The derived future waits for the
 * future that @continuation returns, if it does, and then takes over the outcome
 * of @self; unless @continuation set an error or returned a future that fails or
 * is cancelled: then it takes over that. Everything else is as with
 * gf_future_then().
 *
 * In JavaScript this is `chain_finally`, for `finally` is that of a promise.
 *
 * Returns: (transfer full): the derived future
 *
 * Since: 1.0
 */
GfFuture *
gf_future_finally (GfFuture      *self,
                   GfContinuation continuation,
                   gpointer       user_data,
                   GDestroyNotify destroy)
{
  g_return_val_if_fail (GF_IS_FUTURE (self), NULL);
  g_return_val_if_fail (continuation != NULL, NULL);

  return gf_future_continue (self, GF_LINK_FINALLY, continuation, user_data, destroy);
}

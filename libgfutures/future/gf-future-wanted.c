/* gf-future-wanted.c - what blocked threads wait for
 *
 * A thread that blocks marks what it waits for, and what that waits for, as
 * wanted. A continuation that is wanted and could run now is put on a list, and
 * the blocked threads look whether it is at home with one of them: that one
 * runs it inside its wait, for its loop does not turn.
 *
 * One lock for all: only who blocks, and only chains that somebody blocks for,
 * come here.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "gf-future-private.h"

#include "../executor/gf-executor.h"
#include "../loop/gf-thread-private.h"
#include "gf-future-members-private.h"
#include "gf-link-private.h"

/* Of an iterator with more futures than this, all are wanted from the first time
 * that somebody blocks for the next one: to mark them each time would take too
 * long. */
#define MARK_MAX 256

/* How many continuations that block may run inside each other's waits. */
#define MAX_NESTED 64

/* How many times marks were taken off; never 0. */
static atomic_uint n_unmarked = 1;

static GMutex wanted_lock;
static GQueue wanted_links = G_QUEUE_INIT; /* references */
static GList *threads;                     /* those that have ever blocked */

/* ---- threads that block ---- */

static void
gf_wanted_forget_thread (GfThread *thread)
{
  g_mutex_lock (&wanted_lock);
  threads = g_list_remove (threads, thread);
  g_mutex_unlock (&wanted_lock);
}

/* @thread is going to block till @future is settled; it depends on @members,
 * if not NULL, in a way that cannot be seen. */
void
gf_wait_begin (GfWait    *self,
               GfThread  *thread,
               GfFuture  *future,
               GfMembers *members)
{
  *self = (GfWait) { thread, future, members, NULL, thread->waits };

  g_mutex_lock (&wanted_lock);
  if (!thread->is_listed)
    {
      gf_thread_set_free_func (gf_wanted_forget_thread);
      thread->is_listed = TRUE;
      threads = g_list_prepend (threads, thread);
    }
  thread->waits = self;
  /* There may be something for this thread that came before. */
  if (wanted_links.length > 0)
    atomic_store (&thread->attention, TRUE);
  g_mutex_unlock (&wanted_lock);
}

/* Where the thread is blocked from now on: it is woken there. */
void
gf_wait_set_remote (GfWait   *self,
                    GfRemote *remote)
{
  g_mutex_lock (&wanted_lock);
  self->remote = remote;
  g_mutex_unlock (&wanted_lock);
}

/* With the lock held. */
static void
gf_wanted_alert_threads (void)
{
  for (GList *l = threads; l != NULL; l = l->next)
    {
      GfThread *thread = l->data;
      GfWait *wait = thread->waits;

      /* Set first, wake second: partner of gf_future_sleep(), which marks the
       * future as waited for first and looks second. */
      atomic_store (&thread->attention, TRUE);
      if (wait == NULL)
        continue;
      if (wait->remote != NULL)
        wait->remote->funcs->wake (wait->remote);
      gf_waiters_wake (wait->future);
    }
}

/* What blocked threads depend on has changed: they are to look again. */
void
gf_wanted_alert (void)
{
  g_mutex_lock (&wanted_lock);
  gf_wanted_alert_threads ();
  g_mutex_unlock (&wanted_lock);
}

/* Whether a thread blocks till @self is settled. */
gboolean
gf_future_is_awaited (GfFuture *self)
{
  gboolean found = FALSE;

  if (gf_future_load_state (self) & GF_STATE_HELPED)
    return TRUE;

  if (!(gf_future_load_state (self) & (GF_STATE_WAITED | GF_STATE_REMOTE)))
    return FALSE;

  g_mutex_lock (&wanted_lock);
  for (GList *l = threads; l != NULL && !found; l = l->next)
    for (GfWait *wait = ((GfThread *) l->data)->waits; wait != NULL && !found; wait = wait->outer)
      found = wait->future == self;
  g_mutex_unlock (&wanted_lock);

  return found;
}

/* ---- marking ---- */

static void
gf_want_visited (GfFuture *future,
                 gpointer  futures)
{
  if (gf_future_load_state (future) & GF_STATE_LINKED)
    g_ptr_array_add (futures, g_object_ref (future));
}

/* Marks what is in @futures, and what that waits for; or takes the marks off. */
static void
gf_futures_mark (GPtrArray *futures,
                 gboolean   wanted)
{
  while (futures->len > 0)
    {
      g_autoptr (GfFuture) future = g_ptr_array_steal_index_fast (futures, futures->len - 1);
      guint state;

      /* Sequentially consistent, mark first and look second: partner of
       * gf_link_set_ready() and gf_link_wait_for(). */
      if (wanted)
        state = atomic_fetch_or (&future->state, GF_STATE_WANTED);
      else
        state = atomic_fetch_and (&future->state, ~GF_STATE_WANTED);
      if ((wanted && gf_state_is_settled (state)) || ((state & GF_STATE_WANTED) != 0) == wanted)
        continue;

      if (state & GF_STATE_CHAIN)
        gf_link_set_wanted (((GfPromise *) future)->data, wanted);
      gf_future_visit (future, FALSE, gf_want_visited, futures);
    }
}

static GPtrArray *
gf_wait_add_futures (GfWait    *self,
                     GPtrArray *futures)
{
  if (futures == NULL)
    futures = g_ptr_array_new_with_free_func (g_object_unref);

  gf_want_visited (self->future, futures);
  if (self->members != NULL)
    gf_members_visit (self->members, gf_want_visited, futures);

  return futures;
}

/* Somebody blocks till @self is settled, or till what depends on it is. */
void
gf_future_want (GfFuture *self)
{
  g_autoptr (GPtrArray) futures = NULL;

  if (!(gf_future_load_state (self) & GF_STATE_LINKED))
    return;

  futures = g_ptr_array_new_with_free_func (g_object_unref);
  g_ptr_array_add (futures, g_object_ref (self));
  gf_futures_mark (futures, TRUE);
}

static gboolean
gf_wait_depends (GfWait *self)
{
  return self->members != NULL || (gf_future_load_state (self->future) & GF_STATE_LINKED);
}

/* Marks what the thread blocks for. */
void
gf_wait_want (GfWait *self)
{
  g_autoptr (GPtrArray) futures = NULL;
  guint now = atomic_load (&n_unmarked);

  if (!gf_wait_depends (self))
    return;

  if (self->members != NULL && self->members->n > MARK_MAX)
    {
      if ((guint) g_atomic_int_get (&self->members->marked) == now)
        return;
      g_atomic_int_set (&self->members->marked, now);
    }

  futures = gf_wait_add_futures (self, NULL);
  gf_futures_mark (futures, TRUE);
}

/* The thread goes on. What it wanted is not wanted any more, but by others. */
void
gf_wait_end (GfWait *self)
{
  g_autoptr (GPtrArray) futures = NULL;

  g_mutex_lock (&wanted_lock);
  self->thread->waits = self->outer;
  g_mutex_unlock (&wanted_lock);

  if (!gf_wait_depends (self) ||
      (self->members != NULL && self->members->n > MARK_MAX && gf_future_is_done (self->future)))
    return;

  /* What is still waited for: mostly there is nothing left. */
  futures = g_ptr_array_new_with_free_func (g_object_unref);
  if (self->members != NULL)
    gf_members_visit (self->members, gf_want_visited, futures);
  else if (gf_future_is_done (self->future))
    gf_future_visit (self->future, FALSE, gf_want_visited, futures);
  else
    gf_want_visited (self->future, futures);
  if (futures->len == 0)
    return;

  /* First this, then the marks, then the look at those who wait: partner of
   * gf_wait_begin() and gf_wait_want(), in this order. */
  if (atomic_fetch_add (&n_unmarked, 1) == G_MAXUINT)
    atomic_fetch_add (&n_unmarked, 1);
  gf_futures_mark (futures, FALSE);

  g_mutex_lock (&wanted_lock);
  for (GList *l = threads; l != NULL; l = l->next)
    for (GfWait *wait = ((GfThread *) l->data)->waits; wait != NULL; wait = wait->outer)
      gf_wait_add_futures (wait, futures);
  g_mutex_unlock (&wanted_lock);

  gf_futures_mark (futures, TRUE);
}

/* ---- continuations that are wanted, and could run ---- */

void
gf_wanted_add (GfLink *link)
{
  g_mutex_lock (&wanted_lock);
  if (!atomic_load (&link->is_listed) && !gf_link_is_over (link))
    {
      atomic_store (&link->is_listed, TRUE);
      link->list_node.data = gf_link_ref (link);
      g_queue_push_tail_link (&wanted_links, &link->list_node);
      gf_wanted_alert_threads ();
    }
  g_mutex_unlock (&wanted_lock);
}

/* With the lock held; the reference is the caller's. */
static void
gf_wanted_take (GfLink *link)
{
  g_queue_unlink (&wanted_links, &link->list_node);
  atomic_store (&link->is_listed, FALSE);
}

void
gf_wanted_remove (GfLink *link)
{
  gboolean listed;

  if (!atomic_load (&link->is_listed))
    return;

  g_mutex_lock (&wanted_lock);
  listed = atomic_load (&link->is_listed);
  if (listed)
    gf_wanted_take (link);
  g_mutex_unlock (&wanted_lock);

  if (listed)
    gf_link_unref (link);
}

static gboolean
gf_wanted_is_same (GfFuture *future,
                   gpointer  other)
{
  return future == other;
}

/* With the lock held: whether @thread, the calling one, can run it now. TRUE wants
 * gf_home_leave() if it is at home. */
static gboolean
gf_wanted_can_run (GfLink   *link,
                   GfThread *thread)
{
  /* A continuation that blocks, and so runs the next one, and so on: no deeper,
   * but for what this wait itself is for. */
  if (thread->n_wanted >= MAX_NESTED &&
      !gf_future_depends_on (thread->waits->future, FALSE, gf_wanted_is_same, link->derived))
    return FALSE;

  if (link->pool != NULL)
    {
      g_autoptr (GfExecutor) pool = NULL;

      if (thread->hooks != NULL)
        pool = thread->hooks->get_executor (thread->worker);

      return link->pool == pool;
    }

  return !gf_home_is_gone (link->home) && gf_home_enter (link->home, link->creator);
}

static GfLink *
gf_wanted_take_next (GfThread  *thread,
                     GfFuture **source)
{
  GfLink *found = NULL;

  g_mutex_lock (&wanted_lock);
  for (GList *l = wanted_links.head; l != NULL && found == NULL; l = l->next)
    if (gf_wanted_can_run (l->data, thread))
      found = l->data;
  if (found != NULL)
    {
      gf_wanted_take (found);
      *source = g_object_ref (found->settled);
    }
  g_mutex_unlock (&wanted_lock);

  return found;
}

/* In its home's context, and not seeing what the waiting function has pushed. */
static void
gf_wanted_run_link (GfLink   *link,
                    GfFuture *source)
{
  GMainContext *home = link->pool == NULL ? gf_home_get_context (link->home) : NULL;
  GCancellable *cancellable = NULL;
  GSList *contexts = gf_thread_leave_contexts ();

  if (home == g_main_context_default ())
    home = NULL;
  if (home != NULL)
    g_main_context_push_thread_default (home);
  if (g_cancellable_get_current () != NULL)
    {
      cancellable = g_cancellable_new ();
      g_cancellable_push_current (cancellable);
    }

  gf_link_run (link, source);

  if (cancellable != NULL)
    g_cancellable_pop_current (cancellable);
  g_clear_object (&cancellable);
  if (home != NULL)
    g_main_context_pop_thread_default (home);
  gf_thread_enter_contexts (contexts);
}

/* Runs what is wanted and can run on @thread, the calling one. */
void
gf_wanted_run (GfThread *thread)
{
  GfFuture *source;
  GfLink *link;

  if (!atomic_exchange (&thread->attention, FALSE))
    return;

  thread->n_wanted++;
  while ((link = gf_wanted_take_next (thread, &source)) != NULL)
    {
      gf_wanted_run_link (link, source);
      if (link->pool == NULL)
        gf_home_leave (link->home);
      g_object_unref (source);
      gf_link_unref (link);
    }
  thread->n_wanted--;
}

/* ---- tasks that are wanted, and have not begun ---- */

static void
gf_help_visited (GfFuture *future,
                 gpointer  futures)
{
  g_ptr_array_add (futures, g_object_ref (future));
}

/* A worker waits for what depends on tasks of its own pool: runs one that has not
 * begun. FALSE: there is none. */
gboolean
gf_wait_help (GfWait *self)
{
  g_autoptr (GPtrArray) futures = g_ptr_array_new_with_free_func (g_object_unref);
  GfThread *thread = self->thread;

  g_ptr_array_add (futures, g_object_ref (self->future));
  if (self->members != NULL)
    gf_members_visit (self->members, gf_help_visited, futures);

  while (futures->len > 0 && !gf_future_is_done (self->future))
    {
      g_autoptr (GfFuture) future = g_ptr_array_steal_index_fast (futures, futures->len - 1);
      guint state = gf_future_load_state (future);

      if (state & GF_STATE_LINKED)
        gf_future_visit (future, FALSE, gf_help_visited, futures);
      else if ((state & GF_STATE_MASK) == GF_FUTURE_STATE_PENDING && gf_future_help (future, thread))
        return TRUE;
    }

  return FALSE;
}

/* gf-future-wanted.c - what blocked threads wait for
 *
 * A thread that blocks makes what it waits for, and what that waits for, wanted.
 * A continuation that is wanted and could run now is put on a list, and the
 * blocked threads look whether it is at home with one of them: that one runs it
 * inside its wait, for its loop does not turn.
 *
 * What waits for others counts who wants it: the blocked threads, and those that
 * wait for it and are wanted themselves. From nobody to one, and back, it tells
 * those it waits for.
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
#include "gf-future-set-private.h"
#include "gf-link-private.h"

/* Of an iterator with more futures than this, all are wanted from the first time
 * that somebody blocks for the next one until it is dropped: to mark them each
 * time would take too long. */
#define MARK_MAX 256

/* How many continuations that block may run inside each other's waits. */
#define MAX_NESTED 64

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

/* ---- who wants what ---- */

/* With the lock held. */
static void
gf_wanted_list (GfLink *link)
{
  if (atomic_load (&link->is_listed) || gf_link_is_over (link))
    return;

  atomic_store (&link->is_listed, TRUE);
  link->list_node.data = gf_link_ref (link);
  g_queue_push_tail_link (&wanted_links, &link->list_node);
  gf_wanted_alert_threads ();
}

/* With the lock held: takes it from the list, and its reference. */
static void
gf_wanted_unlist (GfLink *link)
{
  g_queue_unlink (&wanted_links, &link->list_node);
  atomic_store (&link->is_listed, FALSE);
}

static void
gf_want_visited (GfFuture *future,
                 gpointer  futures)
{
  g_ptr_array_add (futures, future);
}

/* With the lock held: one of those that a link waits for. */
static void
gf_link_pass_on (GfHandle  *handle,
                 gboolean  *is_told,
                 gboolean   wanted,
                 GPtrArray *futures)
{
  GfFuture *future;

  if (handle == NULL || *is_told == wanted)
    return;

  *is_told = wanted;
  future = gf_handle_get_future (handle);
  if (future != NULL)
    g_ptr_array_add (futures, future);
}

/* With the lock held: a link is wanted, or is not any more. */
static void
gf_link_want (GfLink    *link,
              gboolean   wanted,
              GPtrArray *futures)
{
  /* Sequentially consistent, this first and the look second: partner of
   * gf_link_set_ready(). */
  atomic_store (&link->is_wanted, wanted);
  if (wanted && atomic_load (&link->is_ready))
    gf_wanted_list (link);
  else if (!wanted && atomic_load (&link->is_listed))
    {
      gf_wanted_unlist (link);
      gf_link_unref (link);
    }

  gf_link_pass_on (link->source, &link->wants_source, wanted, futures);
  gf_link_pass_on (atomic_load (&link->returned), &link->wants_returned, wanted, futures);
}

/* With the lock held: one more, or one less, wants each of @futures. Those that
 * they wait for are added behind them; who has the lock lets go of all when it
 * is free, for what they keep may be the application's. */
static void
gf_futures_want (GPtrArray *futures,
                 gboolean   wanted)
{
  for (guint i = 0; i < futures->len; i++)
    {
      GfFuture *future = futures->pdata[i];
      guint state = gf_future_load_state (future);
      guint *n_wanting;

      if (!(state & GF_STATE_LINKED) || gf_state_is_settled (state))
        continue;

      n_wanting = state & GF_STATE_CHAIN ? &((GfLink *) ((GfPromise *) future)->data)->n_wanting
                                         : &GF_FUTURE_SET (future)->n_wanting;
      if (wanted ? (*n_wanting)++ > 0 : *n_wanting == 0 || --*n_wanting > 0)
        continue;

      if (state & GF_STATE_CHAIN)
        gf_link_want (((GfPromise *) future)->data, wanted, futures);
      else
        gf_members_visit (&GF_FUTURE_SET (future)->members, TRUE, gf_want_visited, futures);
    }
}

static GPtrArray *
gf_futures_new (void)
{
  return g_ptr_array_new_with_free_func (g_object_unref);
}

/* The derived future was settled by somebody else. */
void
gf_wanted_forget_link (GfLink *link)
{
  g_autoptr (GPtrArray) futures = NULL;

  if (!atomic_load (&link->is_wanted))
    return;

  futures = gf_futures_new ();
  g_mutex_lock (&wanted_lock);
  link->n_wanting = 0;
  gf_link_want (link, FALSE, futures);
  gf_futures_want (futures, FALSE);
  g_mutex_unlock (&wanted_lock);
}

/* The set is settled. */
void
gf_wanted_forget_set (GfFutureSet *set)
{
  g_autoptr (GPtrArray) futures = gf_futures_new ();

  g_mutex_lock (&wanted_lock);
  if (set->n_wanting > 0)
    {
      set->n_wanting = 0;
      gf_members_visit (&set->members, TRUE, gf_want_visited, futures);
      gf_futures_want (futures, FALSE);
    }
  g_mutex_unlock (&wanted_lock);
}

/* The link waits for another future now: if it is wanted, so is that. */
void
gf_wanted_pass_on (GfLink *link)
{
  g_autoptr (GPtrArray) futures = NULL;

  if (!atomic_load (&link->is_wanted))
    return;

  futures = gf_futures_new ();
  g_mutex_lock (&wanted_lock);
  if (atomic_load (&link->is_wanted))
    {
      gf_link_pass_on (atomic_load (&link->returned), &link->wants_returned, TRUE, futures);
      gf_futures_want (futures, TRUE);
      /* A worker may want to run it itself. */
      gf_wanted_alert_threads ();
    }
  g_mutex_unlock (&wanted_lock);
}

/* The link could run. */
void
gf_wanted_add (GfLink *link)
{
  g_mutex_lock (&wanted_lock);
  if (atomic_load (&link->is_wanted))
    gf_wanted_list (link);
  g_mutex_unlock (&wanted_lock);
}

/* The link is over. */
void
gf_wanted_remove (GfLink *link)
{
  gboolean listed;

  g_mutex_lock (&wanted_lock);
  listed = atomic_load (&link->is_listed);
  if (listed)
    gf_wanted_unlist (link);
  g_mutex_unlock (&wanted_lock);

  if (listed)
    gf_link_unref (link);
}

/* ---- blocking ---- */

/* With the lock held. */
static void
gf_wait_want (GfWait    *self,
              gboolean   wanted,
              GPtrArray *futures)
{
  GfMembers *members = self->members;

  gf_want_visited (g_object_ref (self->future), futures);
  if (members == NULL || (members->n > MARK_MAX && members->are_wanted))
    return;

  gf_members_visit (members, TRUE, gf_want_visited, futures);
  members->are_wanted = wanted;
}

static gboolean
gf_wait_depends (GfWait *self)
{
  return self->members != NULL || (gf_future_load_state (self->future) & GF_STATE_LINKED);
}

/* @thread is going to block till @future is settled; it depends on @members,
 * if not NULL, in a way that cannot be seen. */
void
gf_wait_begin (GfWait    *self,
               GfThread  *thread,
               GfFuture  *future,
               GfMembers *members)
{
  g_autoptr (GPtrArray) futures = NULL;

  *self = (GfWait) { thread, future, members, NULL, thread->waits };
  if (gf_wait_depends (self))
    futures = gf_futures_new ();

  g_mutex_lock (&wanted_lock);
  if (!thread->is_listed)
    {
      gf_thread_set_free_func (gf_wanted_forget_thread);
      thread->is_listed = TRUE;
      threads = g_list_prepend (threads, thread);
    }
  thread->waits = self;
  if (futures != NULL)
    {
      gf_wait_want (self, TRUE, futures);
      gf_futures_want (futures, TRUE);
    }
  /* There may be something for this thread that came before. */
  if (wanted_links.length > 0)
    atomic_store (&thread->attention, TRUE);
  g_mutex_unlock (&wanted_lock);
}

/* The thread goes on. */
void
gf_wait_end (GfWait *self)
{
  g_autoptr (GPtrArray) futures = NULL;

  if (gf_wait_depends (self))
    futures = gf_futures_new ();

  g_mutex_lock (&wanted_lock);
  self->thread->waits = self->outer;
  if (futures != NULL)
    {
      gf_wait_want (self, FALSE, futures);
      gf_futures_want (futures, FALSE);
    }
  g_mutex_unlock (&wanted_lock);
}

/* Nobody will block for @members any more. */
void
gf_wanted_forget_members (GfMembers *members)
{
  g_autoptr (GPtrArray) futures = NULL;

  if (members->n <= MARK_MAX)
    return;

  futures = gf_futures_new ();
  g_mutex_lock (&wanted_lock);
  if (members->are_wanted)
    {
      members->are_wanted = FALSE;
      gf_members_visit (members, TRUE, gf_want_visited, futures);
      gf_futures_want (futures, FALSE);
    }
  g_mutex_unlock (&wanted_lock);
}

/* ---- continuations that are wanted, and could run ---- */

static gboolean
gf_future_has_link (GfFuture *future,
                    gpointer  link)
{
  return (gf_future_load_state (future) & GF_STATE_CHAIN) && ((GfPromise *) future)->data == link;
}

/* With the lock held: whether @thread, the calling one, can run it now. TRUE wants
 * gf_home_leave() if it is at home. */
static gboolean
gf_wanted_can_run (GfLink    *link,
                   GfThread  *thread,
                   GPtrArray *futures)
{
  /* A continuation that blocks, and so runs the next one, and so on: no deeper,
   * but for what this wait itself is for. */
  if (thread->n_wanted > MAX_NESTED &&
      !gf_future_depends_on (thread->waits->future, FALSE, gf_future_has_link, link, futures))
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
  g_autoptr (GPtrArray) futures = gf_futures_new ();
  GfLink *found = NULL;

  g_mutex_lock (&wanted_lock);
  for (GList *l = wanted_links.head; l != NULL && found == NULL; l = l->next)
    if (gf_wanted_can_run (l->data, thread, futures))
      found = l->data;
  if (found != NULL)
    {
      gf_wanted_unlist (found);
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
  g_ptr_array_add (futures, future);
}

/* A worker waits for what depends on tasks of its own pool: runs one that has not
 * begun. FALSE: there is none. */
gboolean
gf_wait_help (GfWait *self)
{
  g_autoptr (GPtrArray) futures = gf_futures_new ();
  GfThread *thread = self->thread;

  g_ptr_array_add (futures, g_object_ref (self->future));
  if (self->members != NULL)
    gf_members_visit (self->members, FALSE, gf_help_visited, futures);

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

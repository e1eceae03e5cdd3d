/* gf-future-members.c - many futures that are watched as one
 *
 * An array of futures and one of observers, which lie in one block each: a
 * million members cost two allocations.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "gf-future-members-private.h"

#include "../loop/gf-thread-private.h"

#include <stdlib.h>

void
gf_members_init (GfMembers        *self,
                 GfFuture * const *futures,
                 gsize             n)
{
  g_mutex_init (&self->lock);
  self->futures = g_new (GfFuture *, n);
  self->n = n;
  for (gsize i = 0; i < n; i++)
    self->futures[i] = g_object_ref (futures[i]);
}

static void
gf_members_free_futures (gpointer a,
                         gpointer b)
{
  GfFuture **futures = a;

  for (gsize i = 0; i < GPOINTER_TO_SIZE (b); i++)
    g_clear_object (&futures[i]);
  g_free (futures);
}

void
gf_members_clear (GfMembers *self)
{
  /* A set in a set in a set… */
  gf_thread_run_step (gf_members_free_futures, g_steal_pointer (&self->futures), GSIZE_TO_POINTER (self->n));
  g_free (self->observers);
  g_mutex_clear (&self->lock);
}

static int
compare_pointers (gconstpointer a,
                  gconstpointer b)
{
  gsize x = *(const gsize *) a, y = *(const gsize *) b;

  return (x > y) - (x < y);
}

/* Whether a future is there twice. */
gboolean
gf_members_have_twins (GfMembers *self,
                       GError   **error)
{
  g_autofree GfFuture **sorted = g_memdup2 (self->futures, self->n * sizeof *self->futures);

  if (self->n < 2)
    return FALSE;

  qsort (sorted, self->n, sizeof *sorted, compare_pointers);
  for (gsize i = 1; i < self->n; i++)
    if (sorted[i] == sorted[i - 1])
      {
        const char *label = gf_future_get_label (sorted[i]);

        g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                     "The future “%s” was given twice: give each once",
                     label != NULL ? label : "(without a label)");
        return TRUE;
      }

  return FALSE;
}

static void
gf_members_told (GfObserver *observer,
                 GfFuture   *future)
{
  GfMembers *self = observer->data;

  if (future != NULL)
    self->settled (self->owner, future, observer - self->observers);

  if (g_atomic_pointer_add (&self->n_told, 1) + 1 == (gssize) self->n)
    self->release_owner (self->owner);
}

/* From now on the owner is told, and kept by the reference that @owner is till it
 * has been told of each, or has left. The caller has another. */
void
gf_members_watch (GfMembers     *self,
                  guint8         kind,
                  gpointer       owner,
                  GDestroyNotify release_owner)
{
  self->owner = owner;
  self->release_owner = release_owner;
  self->observers = g_new0 (GfObserver, self->n);

  for (gsize i = 0; i < self->n; i++)
    {
      GfObserver *observer = &self->observers[i];

      observer->func = gf_members_told;
      observer->data = self;
      observer->kind = kind;
      if (kind == GF_OBSERVER_MEMBER)
        atomic_fetch_or_explicit (&self->futures[i]->state, GF_STATE_MEMBER, memory_order_relaxed);
      gf_future_add_observer (self->futures[i], observer);
    }

  if (self->n == 0)
    release_owner (owner);
}

/* The owner takes what it has been told of. */
GfFuture *
gf_members_steal (GfMembers *self,
                  gsize      index)
{
  GfFuture *future;

  g_mutex_lock (&self->lock);
  future = g_steal_pointer (&self->futures[index]);
  g_mutex_unlock (&self->lock);

  return future;
}

/* A reference, if it is not settled and all bits of @state are set. */
static GfFuture *
gf_members_ref_unsettled (GfMembers *self,
                          guint      state,
                          gsize      index)
{
  GfFuture *future;

  g_mutex_lock (&self->lock);
  future = self->futures[index];
  if (future != NULL &&
      (gf_future_is_done (future) || (gf_future_load_state (future) & state) != state))
    future = NULL;
  if (future != NULL)
    g_object_ref (future);
  g_mutex_unlock (&self->lock);

  return future;
}

typedef struct
{
  GfMembers *members;
  gpointer   owner;   /* a reference */
  gsize      index;
  gboolean   cancel;
} GfWithdrawal;

/* What is cancelled may run code that waits for what the next one does: each is
 * a step. */
static void
gf_withdrawal_step (gpointer data,
                    gpointer unused G_GNUC_UNUSED)
{
  GfWithdrawal *self = data;
  g_autoptr (GfFuture) future = NULL;
  gsize index;

  while (self->index < self->members->n && future == NULL)
    future = gf_members_ref_unsettled (self->members, 0, self->index++);

  if (future == NULL)
    {
      self->members->release_owner (self->owner);
      g_free (self);
      return;
    }

  index = self->index - 1;
  gf_thread_put_step_first (gf_withdrawal_step, self, NULL);
  gf_future_withdraw (future, &self->members->observers[index], self->cancel);
}

/* The owner, of which this takes a reference, does not want to be told any more. */
void
gf_members_withdraw (GfMembers *self,
                     gpointer   owner,
                     gboolean   cancel)
{
  GfWithdrawal *withdrawal;

  if (!g_atomic_int_compare_and_exchange (&self->withdrawn, FALSE, TRUE))
    {
      self->release_owner (owner);
      return;
    }

  withdrawal = g_new (GfWithdrawal, 1);
  *withdrawal = (GfWithdrawal) { self, owner, 0, cancel };
  gf_thread_run_step (gf_withdrawal_step, withdrawal, NULL);
}

/* The member that @observer watches is claimed. Gives the owner, a reference, if
 * that is to notify. */
GfFuture *
gf_members_progressed (GfObserver *observer,
                       double      progress)
{
  GfMembers *self = observer->data;

  return self->progressed (self->owner, observer - self->observers, progress)
    ? g_object_ref (self->owner)
    : NULL;
}

/* See GfFutureClass.visit(). @linked: only those that wait for others. */
void
gf_members_visit (GfMembers       *self,
                  gboolean         linked,
                  GfFutureCallback func,
                  gpointer         data)
{
  for (gsize i = 0; i < self->n; i++)
    {
      GfFuture *future = gf_members_ref_unsettled (self, linked ? GF_STATE_LINKED : 0, i);

      if (future != NULL)
        func (future, data);
    }
}

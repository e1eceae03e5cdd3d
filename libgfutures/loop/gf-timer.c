/* gf-timer.c - deadlines, for all of the library on one thread
 *
 * A thread that sleeps until the earliest of them. It starts with the first
 * deadline and stays.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "gf-timer-private.h"

#include "gf-thread-private.h"

struct _GfTimer
{
  gint64         deadline; /* monotonic, µs */
  GfTimerFunc    func;
  gpointer       data;
  GDestroyNotify destroy;
  gboolean       waiting;  /* in `timers` */
  int            ref_count;
};

static GMutex timers_lock;
static GCond timers_cond;
static GTree *timers; /* of GfTimer, by deadline */

static int
compare_deadlines (gconstpointer a,
                   gconstpointer b,
                   gpointer      data G_GNUC_UNUSED)
{
  const GfTimer *x = a, *y = b;

  if (x->deadline != y->deadline)
    return x->deadline > y->deadline ? 1 : -1;

  return (x > y) - (x < y);
}

/* Lets go of a timer that is to run. */
void
gf_timer_unref (GfTimer *self)
{
  if (!g_atomic_int_dec_and_test (&self->ref_count))
    return;

  if (self->destroy != NULL)
    self->destroy (self->data);
  g_free (self);
}

static gpointer
gf_timer_thread (gpointer data G_GNUC_UNUSED)
{
  gf_thread_get ()->is_shared = TRUE;

  g_mutex_lock (&timers_lock);

  for (;;)
    {
      GTreeNode *first = g_tree_node_first (timers);
      GfTimer *timer;

      if (first == NULL)
        {
          g_cond_wait (&timers_cond, &timers_lock);
          continue;
        }

      timer = g_tree_node_key (first);
      if (g_get_monotonic_time () < timer->deadline)
        {
          g_cond_wait_until (&timers_cond, &timers_lock, timer->deadline);
          continue;
        }

      g_tree_remove (timers, timer);
      timer->waiting = FALSE;
      g_mutex_unlock (&timers_lock);

      timer->func (timer->data);
      gf_timer_unref (timer);

      g_mutex_lock (&timers_lock);
    }

  return NULL;
}

/* Calls @func with @data at @deadline, unless gf_timer_stop() comes first. Then
 * @destroy is called, wherever it happens. */
GfTimer *
gf_timer_start (gint64         deadline,
                GfTimerFunc    func,
                gpointer       data,
                GDestroyNotify destroy)
{
  GfTimer *self = g_new0 (GfTimer, 1);

  self->deadline = deadline;
  self->func = func;
  self->data = data;
  self->destroy = destroy;
  self->waiting = TRUE;
  self->ref_count = 2; /* the caller's, and that of the tree */

  g_mutex_lock (&timers_lock);

  if (timers == NULL)
    {
      timers = g_tree_new_full (compare_deadlines, NULL, NULL, NULL);
      g_thread_unref (g_thread_new ("gf-timer", gf_timer_thread, NULL));
    }

  g_tree_insert (timers, self, self);
  if (g_tree_node_key (g_tree_node_first (timers)) == self)
    g_cond_signal (&timers_cond);

  g_mutex_unlock (&timers_lock);

  return self;
}

/* Takes the caller's reference. The function may be running all the same. */
void
gf_timer_stop (GfTimer *self)
{
  gboolean waiting;

  g_mutex_lock (&timers_lock);
  waiting = self->waiting;
  self->waiting = FALSE;
  if (waiting)
    g_tree_remove (timers, self);
  g_mutex_unlock (&timers_lock);

  if (waiting)
    gf_timer_unref (self);
  gf_timer_unref (self);
}

/* gf-timer.c - deadlines, for all of the library on one thread
 *
 * A thread that sleeps until the earliest of them. It starts with the first
 * deadline and stays.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "gf-timer-private.h"

struct _GfTimer
{
  gint64         deadline; /* monotonic, µs */
  GfTimerFunc    func;
  gpointer       data;
  GDestroyNotify destroy;
  GSequenceIter *iter;     /* NULL: it is no longer waiting */
  int            ref_count;
};

static GMutex timers_lock;
static GCond timers_cond;
static GSequence *timers; /* by deadline */

static int
compare_deadlines (gconstpointer a,
                   gconstpointer b,
                   gpointer      data G_GNUC_UNUSED)
{
  const GfTimer *x = a, *y = b;

  return (x->deadline > y->deadline) - (x->deadline < y->deadline);
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
  g_mutex_lock (&timers_lock);

  for (;;)
    {
      GSequenceIter *first = g_sequence_get_begin_iter (timers);
      GfTimer *timer;

      if (g_sequence_iter_is_end (first))
        {
          g_cond_wait (&timers_cond, &timers_lock);
          continue;
        }

      timer = g_sequence_get (first);
      if (g_get_monotonic_time () < timer->deadline)
        {
          g_cond_wait_until (&timers_cond, &timers_lock, timer->deadline);
          continue;
        }

      g_sequence_remove (first);
      timer->iter = NULL;
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
  self->ref_count = 2; /* the caller's, and that of the sequence */

  g_mutex_lock (&timers_lock);

  if (timers == NULL)
    {
      timers = g_sequence_new (NULL);
      g_thread_unref (g_thread_new ("gf-timer", gf_timer_thread, NULL));
    }

  self->iter = g_sequence_insert_sorted (timers, self, compare_deadlines, NULL);
  if (g_sequence_iter_is_begin (self->iter))
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
  waiting = self->iter != NULL;
  if (waiting)
    g_sequence_remove (g_steal_pointer (&self->iter));
  g_mutex_unlock (&timers_lock);

  if (waiting)
    gf_timer_unref (self);
  gf_timer_unref (self);
}

/* gf-thread.c - what the library remembers of a thread
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "gf-thread-private.h"

#include "gf-timer-private.h"

#include <stdatomic.h>

/* How long a g_object_unref() may take to return. */
#define UNREF_US G_USEC_PER_SEC

typedef struct
{
  GfHome     *home;
  GfHomeItem *item;
} GfHandedOver;

static void
gf_thread_free (gpointer data)
{
  GfThread *thread = data;

  gf_thread_self = NULL;
  g_clear_pointer (&thread->home, gf_home_unref);
  g_free (thread);
}

/* The thread-local pointer is for reading fast, the GPrivate for freeing. */
static GPrivate thread_private = G_PRIVATE_INIT (gf_thread_free);

GF_THREAD_LOCAL GfThread *gf_thread_self;

GfThread *
gf_thread_create (void)
{
  static atomic_uint last_id;
  GfThread *thread = g_new0 (GfThread, 1);

  do
    thread->id = atomic_fetch_add_explicit (&last_id, 1, memory_order_relaxed) + 1;
  while (G_UNLIKELY (thread->id == 0));

  thread->may_spin = g_get_num_processors () > 1;

  g_private_set (&thread_private, thread);
  gf_thread_self = thread;

  return thread;
}

static void
gf_handed_over_push (gpointer data)
{
  GfHandedOver *handed_over = data;

  gf_home_push (handed_over->home, handed_over->item);
}

static void
gf_handed_over_free (gpointer data)
{
  GfHandedOver *handed_over = data;

  gf_home_unref (handed_over->home);
  g_free (handed_over);
}

/* Sends an item home that holds an object which is being disposed of: with a
 * reference, so that it lives on.
 *
 * The g_object_unref() that called dispose() is not done with the object, and
 * counts on nobody else to drop the last reference meanwhile: the home must not
 * get it before. In a task that is certain once the task has returned. Other
 * threads do not tell; a second is a long time for a few instructions. */
void
gf_thread_hand_over (GfHome     *home,
                     GfHomeItem *item)
{
  GfThread *thread = gf_thread_get ();
  GfHandedOver *handed_over = g_new (GfHandedOver, 1);

  handed_over->home = gf_home_ref (home);
  handed_over->item = item;

  if (thread->hooks != NULL || thread->frame != NULL)
    thread->handed_over = g_slist_prepend (thread->handed_over, handed_over);
  else
    gf_timer_unref (gf_timer_start (g_get_monotonic_time () + UNREF_US, gf_handed_over_push,
                                    handed_over, gf_handed_over_free));
}

void
gf_thread_flush_slowly (GfThread *self)
{
  GSList *list = g_slist_reverse (g_steal_pointer (&self->handed_over));

  for (GSList *l = list; l != NULL; l = l->next)
    gf_handed_over_push (l->data);
  g_slist_free_full (list, gf_handed_over_free);
}

/* gf-thread.c - what the library remembers of a thread
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "gf-thread-private.h"

#include <stdatomic.h>

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

_Thread_local GfThread *gf_thread_self;

GfThread *
gf_thread_create (void)
{
  static atomic_uint last_id;
  GfThread *thread = g_new0 (GfThread, 1);

  do
    thread->id = atomic_fetch_add_explicit (&last_id, 1, memory_order_relaxed) + 1;
  while (G_UNLIKELY (thread->id == 0));

  g_private_set (&thread_private, thread);
  gf_thread_self = thread;

  return thread;
}

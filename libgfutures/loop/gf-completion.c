/* gf-completion.c - threads for what must not run where it arises
 *
 * The timer thread and the thread that hears from worker processes serve
 * everybody: nothing that may block, and nothing of the application's, runs on
 * them. It is handed to a thread of GLib's, one of its own if it has to.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "gf-completion-private.h"

typedef struct
{
  GFunc    func;
  gpointer data;
} GfCompletion;

static void
gf_completion_run (gpointer data,
                   gpointer user_data G_GNUC_UNUSED)
{
  GfCompletion completion = *(GfCompletion *) data;

  g_free (data);
  completion.func (completion.data, NULL);
}

/* Calls @func with @data soon, on a thread that may block. */
void
gf_completion_push (GFunc    func,
                    gpointer data)
{
  static GThreadPool *threads;
  GfCompletion *completion = g_new (GfCompletion, 1);

  if (g_once_init_enter (&threads))
    g_once_init_leave (&threads, g_thread_pool_new (gf_completion_run, NULL, -1, FALSE, NULL));

  completion->func = func;
  completion->data = data;
  /* A thread that cannot be started now is started by the next push. */
  g_thread_pool_push (threads, completion, NULL);
}

/* hello.c - gives work to a thread, and goes on
 *
 * What to notice: gf_executor_submit() returns at once, so “Hashing” is printed first;
 * hash() runs on a thread of the pool; and on_done() is called by the main loop, where
 * a program may touch its widgets.
 *
 *   cc hello.c -o hello $(pkg-config --cflags --libs libgfutures-1) && ./hello
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <gfutures.h>

/* The task: it settles its promise, or would set the error */
static void
hash (GfPromise *promise, gpointer text, GError **error)
{
  char *checksum = g_compute_checksum_for_string (G_CHECKSUM_SHA256, text, -1);

  gf_promise_take_string (promise, checksum);
}

static void
on_done (GfFuture *future, GMainLoop *loop)
{
  g_autoptr (GError) error = NULL;
  const char *checksum = gf_future_get_string (future, &error);

  if (checksum != NULL)
    g_print ("%s\n", checksum);
  else
    g_printerr ("%s\n", error->message);
  g_main_loop_quit (loop);
}

int
main (void)
{
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  GfExecutor *pool = gf_thread_pool_executor_get_default ();
  char *text = g_strnfill (1000000, 'a');
  g_autoptr (GfFuture) future = gf_executor_submit (pool, hash, text, g_free);

  g_signal_connect (future, "done", G_CALLBACK (on_done), loop);
  g_print ("Hashing\n");
  g_main_loop_run (loop);

  return 0;
}

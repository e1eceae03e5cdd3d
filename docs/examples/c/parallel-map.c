/* parallel-map.c - calls one function for many items, on all processors
 *
 * What to notice: the results are in the order of the items, whichever was done first;
 * the items travel in chunks, as a single one is too little work for a task; and the map
 * is one future, which has progress and can be cancelled. With a process pool in place
 * of the thread pool the same call goes to other processes: see processes.c.
 *
 *   cc parallel-map.c -o parallel-map \
 *     $(pkg-config --cflags --libs libgfutures-1) && ./parallel-map
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <gfutures.h>

#define N_ITEMS    20000
#define CHUNK_SIZE 500

/* Runs on a thread of the pool: how many steps the number takes to become 1 */
static GVariant *
collatz (GVariant *item, GfPromise *promise, gpointer data, GError **error)
{
  guint32 steps = 0;

  for (guint64 n = g_variant_get_uint32 (item); n > 1; steps++)
    n = n % 2 == 1 ? 3 * n + 1 : n / 2;

  return g_variant_new_uint32 (steps);
}

static void
on_progress (GfFuture *map)
{
  g_printerr ("\r%3.0f %%", 100 * gf_future_get_progress (map));
}

int
main (void)
{
  GfExecutor *pool = gf_thread_pool_executor_get_default ();
  g_autoptr (GfFuture) map = NULL;
  g_autoptr (GError) error = NULL;
  GVariantBuilder items;
  GVariant *results;
  const guint32 *steps;
  gsize n_steps, longest = 0;

  gf_function_register ("collatz", collatz, NULL, NULL);

  g_variant_builder_init (&items, G_VARIANT_TYPE ("au"));
  for (guint32 n = 1; n <= N_ITEMS; n++)
    g_variant_builder_add (&items, "u", n);
  map = gf_executor_map (pool, "collatz", g_variant_builder_end (&items), CHUNK_SIZE);
  g_signal_connect (map, "notify::progress", G_CALLBACK (on_progress), NULL);

  /* A program with windows connects to “done” instead, see hello.c */
  gf_future_run_until_done (map, NULL, NULL);
  g_printerr ("\n");
  results = gf_future_get_variant (map, &error);
  if (results == NULL)
    {
      g_printerr ("%s\n", error->message);
      return 1;
    }

  steps = g_variant_get_fixed_array (results, &n_steps, sizeof *steps);
  for (gsize i = 0; i < n_steps; i++)
    if (steps[i] > steps[longest])
      longest = i;
  g_print ("27 takes %u steps\n", steps[27 - 1]);
  g_print ("%zu of %zu takes the most: %u\n", longest + 1, n_steps, steps[longest]);

  return 0;
}

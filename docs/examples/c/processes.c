/* processes.c - has worker processes compute
 *
 * What to notice: the program is its own worker, so main() asks which of both it is
 * before it does anything else; a worker has none of the program’s memory, so what it
 * needs are its arguments, of any type that a GVariant has; and large arrays of bytes
 * travel as they are. What else processes are good for is in crash-survival.c.
 *
 *   cc processes.c -o processes \
 *     $(pkg-config --cflags --libs libgfutures-1) && ./processes
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <gfutures.h>

#define N_PIXELS (512 * 512)

/* Runs in a worker, and looks at what it gets: any program may be at the other end */
static GVariant *
measure (GVariant *arguments, GfPromise *promise, gpointer data, GError **error)
{
  g_autoptr (GVariant) pixels = NULL;
  const char *name;
  const guint8 *bytes;
  gsize n_bytes, n_darker = 0;
  guint counts[256] = { 0 };
  guint brightest = 255, median = 0;

  if (arguments == NULL || !g_variant_is_of_type (arguments, G_VARIANT_TYPE ("(say)")))
    {
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                           "measure takes a name and pixels, (say)");
      return NULL;
    }

  g_variant_get (arguments, "(&s@ay)", &name, &pixels);
  bytes = g_variant_get_fixed_array (pixels, &n_bytes, 1);
  for (gsize i = 0; i < n_bytes; i++)
    counts[bytes[i]]++;
  while (brightest > 0 && counts[brightest] == 0)
    brightest--;
  while (median < 255 && (n_darker += counts[median]) <= n_bytes / 2)
    median++;

  return g_variant_new_parsed ("{'name': <%s>, 'brightest': <%u>, 'median': <%u>}",
                               name, brightest, median);
}

static GfFuture *
call_measure (GfExecutor *pool, const char *name, guint range)
{
  guint8 *pixels = g_malloc (N_PIXELS);
  g_autoptr (GBytes) bytes = g_bytes_new_take (pixels, N_PIXELS);
  GVariant *array = g_variant_new_from_bytes (G_VARIANT_TYPE ("ay"), bytes, TRUE);

  for (guint i = 0; i < N_PIXELS; i++)
    pixels[i] = (i % range) * (i % range) / range;

  return gf_executor_call (pool, "measure", g_variant_new ("(s@ay)", name, array));
}

static void
print_measures (GfFuture *future)
{
  g_autoptr (GError) error = NULL;
  GVariant *measures = gf_future_get_variant (future, &error);
  const char *name;
  guint brightest, median;

  if (measures != NULL &&
      g_variant_lookup (measures, "name", "&s", &name) &&
      g_variant_lookup (measures, "brightest", "u", &brightest) &&
      g_variant_lookup (measures, "median", "u", &median))
    g_print ("%s: up to %u, median %u\n", name, brightest, median);
  else
    g_printerr ("%s\n", error != NULL ? error->message : "Something is missing");
}

int
main (int argc, char **argv)
{
  g_autoptr (GfExecutor) pool = NULL;
  GfFuture *images[3];

  gf_function_register ("measure", measure, NULL, NULL);
  if (gf_worker_requested ())
    return gf_worker_run (argc, argv);

  pool = gf_process_pool_executor_new_for_self (2);
  images[0] = call_measure (pool, "dim", 64);
  images[1] = call_measure (pool, "grey", 128);
  images[2] = call_measure (pool, "bright", 256);

  for (guint i = 0; i < G_N_ELEMENTS (images); i++)
    {
      gf_future_run_until_done (images[i], NULL, NULL);
      print_measures (images[i]);
      g_object_unref (images[i]);
    }
  gf_executor_shutdown (pool, TRUE, FALSE);

  return 0;
}

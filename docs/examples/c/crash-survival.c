/* crash-survival.c - loses a worker process, and nothing else
 *
 * What to notice: a crash costs the one task that the worker was running, and its error
 * says which signal it was and in which function; the other tasks and the pool go on. A
 * task that may be run twice is given a second worker by the property “max-retries”.
 *
 *   cc crash-survival.c -o crash-survival \
 *     $(pkg-config --cflags --libs libgfutures-1) && ./crash-survival
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <gfutures.h>
#include <glib/gstdio.h>
#include <locale.h>
#include <signal.h>

/* Runs in a worker. The one that is to square 3 is killed, as by the kernel when memory
 * runs out, unless it finds the file that tells of an earlier attempt. */
static GVariant *
square (GVariant *arguments, GfPromise *promise, gpointer data, GError **error)
{
  gint64 n;
  const char *attempted;

  g_variant_get (arguments, "(x&s)", &n, &attempted);
  if (n == 3 && !g_file_test (attempted, G_FILE_TEST_EXISTS))
    {
      if (!g_file_set_contents (attempted, "", 0, error))
        return NULL;
      raise (SIGKILL);
    }

  return g_variant_new_int64 (n * n);
}

static void
square_all (GfExecutor *pool, const char *attempted)
{
  GfFuture *squares[4];

  for (guint i = 0; i < G_N_ELEMENTS (squares); i++)
    squares[i] = gf_executor_call (pool, "square",
                                   g_variant_new ("(xs)", (gint64) i + 1, attempted));

  for (guint i = 0; i < G_N_ELEMENTS (squares); i++)
    {
      g_autoptr (GfFuture) future = squares[i];
      g_autoptr (GError) error = NULL;
      GVariant *result;

      gf_future_wait (future, -1, NULL, NULL);
      result = gf_future_get_variant (future, &error);
      if (result != NULL)
        g_print ("%" G_GINT64_FORMAT "\n", g_variant_get_int64 (result));
      else if (g_error_matches (error, GF_FUTURE_ERROR, GF_FUTURE_ERROR_WORKER_DIED))
        g_print ("%s\n", error->message);
      else
        g_error ("%s", error->message);
    }
}

int
main (int argc, char **argv)
{
  g_autoptr (GfExecutor) pool = NULL;
  g_autofree char *folder = NULL;
  g_autofree char *attempted = NULL;

  setlocale (LC_ALL, "");
  gf_function_register ("square", square, NULL, NULL);
  if (gf_worker_requested ())
    return gf_worker_run (argc, argv);

  folder = g_dir_make_tmp ("crash-survival-XXXXXX", NULL);
  attempted = g_build_filename (folder, "attempted", NULL);
  pool = gf_process_pool_executor_new_for_self (2);

  square_all (pool, attempted);

  g_remove (attempted);
  g_object_set (pool, "max-retries", 1, NULL);
  g_print ("With a second attempt:\n");
  square_all (pool, attempted);

  gf_executor_shutdown (pool, TRUE, FALSE);
  g_remove (attempted);
  g_rmdir (folder);

  return 0;
}

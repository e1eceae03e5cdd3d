/* hash-tree.c - the SHA-256 of every file below some directories
 *
 * The tree is hashed twice: by threads, and by worker processes, which are this
 * same program. The main loop hands out the work and hears of the results, in
 * the same way for both, and stays free meanwhile: a timer that stands for the
 * redraws of a window measures how free. One of the processes is killed half-way,
 * to show that nothing is lost by that.
 *
 *   hash-tree --print /usr/include > sums && sha256sum --check --quiet sums
 *
 * hash-tree-run.c gives out the work, hash-tree-functions.c does it.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "hash-tree-functions.h"
#include "hash-tree-run.h"

#include <glib-unix.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define DEFAULT_TREE "/usr/share"

static gboolean
interrupted_cb (gpointer data)
{
  Job *job = data;

  g_cancellable_cancel (job->stop);     /* and with it every task */

  return G_SOURCE_REMOVE;               /* a second Ctrl-C ends the program */
}

/* A task whose worker dies goes to another one, once: twice would mean that it
 * is the task that kills.
 */
static GfExecutor *
new_process_pool (guint n_workers)
{
  GfExecutor *pool = gf_process_pool_executor_new_for_self (n_workers);

  g_object_set (pool, "max-retries", 1, NULL);

  return pool;
}

static gboolean
had_to_read (const Run *run)
{
  return run->bytes_from_disk > run->bytes / 20;
}

/* Does it, and adds it to @runs. Only the first prints sums. */
static void
add_run (GPtrArray  *runs,
         Job        *job,
         char      **trees,
         const char *name,
         GfExecutor *pool,
         gboolean    kill_a_worker)
{
  Run *run = run_new (job, name, pool);

  run->kill = kill_a_worker;
  run_trees (run, trees);
  job->print = FALSE;
  g_ptr_array_add (runs, run);
}

static gboolean
same_sums (const Run *a,
           const Run *b)
{
  return a->n_files == b->n_files && a->n_errors == b->n_errors &&
         memcmp (a->digest, b->digest, sizeof a->digest) == 0;
}

typedef enum {
  ROW_WORKERS,
  ROW_FILES,
  ROW_ERRORS,
  ROW_BYTES,
  ROW_TIME,
  ROW_SPEED,
  ROW_SPEED_UP,
  ROW_GAP,
  ROW_DIGEST,
  N_ROWS
} Row;

static char *
format_cell (const Run *run,
             Row        row)
{
  switch (row)
    {
    case ROW_WORKERS:
      return g_strdup_printf ("%u", gf_executor_get_max_workers (run->pool));
    case ROW_FILES:
      return g_strdup_printf ("%" G_GUINT64_FORMAT, run->n_files);
    case ROW_ERRORS:
      return g_strdup_printf ("%" G_GUINT64_FORMAT, run->n_errors);
    case ROW_BYTES:
      return g_strdup_printf ("%.1f", run->bytes / 1e6);
    case ROW_TIME:
      return g_strdup_printf ("%.2f", run->seconds);
    case ROW_SPEED:
      return g_strdup_printf ("%.1f", run->bytes / 1e6 / run->seconds);
    case ROW_SPEED_UP:
      return run->speed_up > 0 ? g_strdup_printf ("%.2f", run->speed_up) : g_strdup ("-");
    case ROW_GAP:
      return g_strdup_printf ("%.1f", run->longest_gap / 1e3);
    case ROW_DIGEST:
      return g_strdup_printf ("%016" G_GINT64_MODIFIER "x", run->digest[0]);
    case N_ROWS:
    default:
      g_assert_not_reached ();
    }
}

static void
print_table (Job       *job,
             GPtrArray *runs)
{
  const char *titles[N_ROWS] = {
    "workers", "files", "errors", "bytes, MB", "time, s", "speed, MB/s", "speed-up", "longest gap, ms", "digest"
  };
  Run *first = g_ptr_array_index (runs, 0);

  if (job_interrupted (job))
    fputs ("Interrupted. Until then:\n", job->report);
  fprintf (job->report, "%-16s", "");
  for (guint i = 0; i < runs->len; i++)
    fprintf (job->report, "%18s", ((Run *) g_ptr_array_index (runs, i))->name);
  for (Row row = 0; row < N_ROWS; row++)
    {
      fprintf (job->report, "\n%-16s", titles[row]);
      for (guint i = 0; i < runs->len; i++)
        {
          g_autofree char *cell = format_cell (g_ptr_array_index (runs, i), row);

          fprintf (job->report, "%18s", cell);
        }
    }

  fputs ("\n", job->report);
  if (job_interrupted (job))
    return;

  if (first->speed_up > 0)
    fprintf (job->report, "\nspeed-up: of all workers over one, on %.1f MB of these files again, from memory\n",
             job->sample_bytes / 1e6);
  else
    fputs ("\nspeed-up: too few bytes to measure\n", job->report);
  fprintf (job->report, "longest gap: of a timer in the main loop, beyond its %d ms\n", TICK_MS);
  fputs ("digest: of the sums of all files\n", job->report);
}

/* What became of the worker that was killed, of its task, and of the results */
static void
print_kill (Job *job,
            Run *run)
{
  FILE *report = job->report;

  if (!run->kill || (run->killed == 0 && job_interrupted (job)))
    return;
  if (run->killed == 0)
    {
      fputs ("\nNo worker was killed: there was no half-way in so few files.\n", report);
      return;
    }

  if (run->lost != NULL)
    {
      g_autofree char *name = g_filename_display_name (run->lost);

      fprintf (report, "\nWorker %u was killed half-way, when it had read %.0f %% of %s.\n",
               run->killed, 100 * run->lost_progress, name);
    }
  else
    {
      fprintf (report, "\nWorker %u was killed, which had small files to hash, or none any more.\n", run->killed);
    }
  if (run->exited)
    fprintf (report, "  worker-exited   %7.1f ms later, signal %d (%s)\n", (run->exited_at - run->killed_at) / 1e3,
             WTERMSIG (run->wait_status), g_strsignal (WTERMSIG (run->wait_status)));
  if (run->replacement != 0)
    fprintf (report, "  worker-started  %7.1f ms later: worker %u replaces it\n",
             (run->replaced_at - run->killed_at) / 1e3, run->replacement);
  else if (!job_interrupted (job))
    fputs ("  worker-started  not again: there was nothing left to do\n", report);
  if (run->retried_by == run->killed)
    fputs ("  retried         nothing: it had just finished that file\n", report);
  else if (run->retried_by != 0)
    fprintf (report, "  retried         that file, from its beginning, by worker %u\n", run->retried_by);
}

/* Returns: FALSE if the runs found different sums */
static gboolean
print_comparison (Job *job,
                  Run *threads,
                  Run *processes)
{
  gboolean same = same_sums (threads, processes);

  if (same)
    fputs ("\nNo result was lost: both runs have the same sums.\n", job->report);
  else
    fputs ("\nThe runs have DIFFERENT sums: a file was changed meanwhile, or a result was lost.\n", job->report);

  return same;
}

int
main (int   argc,
      char *argv[])
{
  int n_workers = 0;
  gboolean print = FALSE, only_threads = FALSE, only_processes = FALSE, no_kill = FALSE;
  gboolean failed = FALSE, interrupted;
  g_auto (GStrv) trees = NULL;
  g_autofree char *names = NULL;
  g_autoptr (GOptionContext) options = g_option_context_new (NULL);
  g_autoptr (GPtrArray) runs = g_ptr_array_new_with_free_func ((GDestroyNotify) run_free);
  g_autoptr (GError) error = NULL;
  Job *job;
  const GOptionEntry entries[] = {
    { "workers", 'w', 0, G_OPTION_ARG_INT, &n_workers, "Use N of each kind (default: one per processor)", "N" },
    { "print", 'p', 0, G_OPTION_ARG_NONE, &print, "Print each hash and name, as sha256sum does", NULL },
    { "threads", 't', 0, G_OPTION_ARG_NONE, &only_threads, "Only by threads", NULL },
    { "processes", 'P', 0, G_OPTION_ARG_NONE, &only_processes, "Only by worker processes", NULL },
    { "no-kill", 'n', 0, G_OPTION_ARG_NONE, &no_kill, "Kill no worker", NULL },
    { G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &trees, NULL, "[DIRECTORY…]" },
    G_OPTION_ENTRY_NULL
  };

  setlocale (LC_ALL, "");
  register_functions ();
  if (gf_worker_requested ())
    return gf_worker_run (argc, argv);

  g_option_context_set_summary (options, "Hashes every file below the directories (default: " DEFAULT_TREE "), "
                                         "by threads and by worker processes.");
  g_option_context_set_description (options, "Exit status: 0, or 1 if a file could not be read or the sums differ, "
                                             "2 for bad arguments, 130 after Ctrl-C.");
  g_option_context_add_main_entries (options, entries, NULL);
  if (g_option_context_parse (options, &argc, &argv, &error) && n_workers < 0)
    g_set_error (&error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, "--workers: %d is no number of workers",
                 n_workers);
  if (error == NULL && only_threads && only_processes)
    g_set_error_literal (&error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                         "--threads and --processes exclude each other");
  if (trees == NULL)
    trees = g_strsplit (DEFAULT_TREE, ":", 0);
  for (char **tree = trees; error == NULL && *tree != NULL; tree++)
    if (!g_file_test (*tree, G_FILE_TEST_IS_DIR))
      g_set_error (&error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, "%s: no such directory", *tree);
  if (error != NULL)
    {
      g_printerr ("%s: %s\n", g_get_prgname (), error->message);
      return 2;
    }

  job = job_new (trees);
  job->print = print;
  job->report = print ? stderr : stdout;
  job->on_terminal = isatty (fileno (job->report));
  g_unix_signal_add (SIGINT, interrupted_cb, job);

  names = g_strjoinv (" ", trees);
  fprintf (job->report, "The SHA-256 of every file below %s, by %s\n\n", names,
           only_threads ? "threads" : only_processes ? "worker processes" : "threads, then by worker processes");

  if (!only_processes)
    add_run (runs, job, trees, "threads", gf_thread_pool_executor_new ((guint) n_workers), FALSE);
  /* The other pool would find in memory what this one had to read from the disk */
  if (!only_processes && !only_threads && !job_interrupted (job) && had_to_read (g_ptr_array_index (runs, 0)))
    {
      fputs ("The files came from the disk. Once more, from memory, as the others will find them.\n", job->report);
      g_ptr_array_set_size (runs, 0);
      add_run (runs, job, trees, "threads", gf_thread_pool_executor_new ((guint) n_workers), FALSE);
    }
  if (!only_threads && !job_interrupted (job))
    add_run (runs, job, trees, "processes", new_process_pool ((guint) n_workers), !no_kill);

  for (guint i = 0; i < runs->len && !job_interrupted (job); i++)
    {
      Run *run = g_ptr_array_index (runs, i);

      run_time_speed_up (run, GF_IS_PROCESS_POOL_EXECUTOR (run->pool) ? new_process_pool
                                                                      : gf_thread_pool_executor_new);
    }

  print_table (job, runs);
  interrupted = job_interrupted (job);
  for (guint i = 0; i < runs->len; i++)
    {
      Run *run = g_ptr_array_index (runs, i);

      print_kill (job, run);
      failed |= run->n_errors > 0;
    }
  if (runs->len == 2 && !interrupted)
    failed |= !print_comparison (job, g_ptr_array_index (runs, 0), g_ptr_array_index (runs, 1));

  g_ptr_array_set_size (runs, 0);
  job_free (job);

  return interrupted ? 130 : failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

/* bench.c - the harness of the benchmarks: options, runs, the table
 *
 * It measures and compares; it never fails because something is slow.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#define _GNU_SOURCE

#include "bench.h"
#include "process-peers.h"

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* A run that takes longer than this hangs. */
#define RUN_TIMEOUT_S 120

/* The exit status of a run of a peer that is not there. */
#define EXIT_SKIPPED 77

static const BenchCase * const all_cases[] = {
  bench_throughput_cases,
  bench_delivery_cases,
  bench_latency_cases,
  bench_fork_join_cases,
  bench_fairness_cases,
  bench_memory_cases,
  bench_chain_cases,
  bench_process_cases,
};

/* Tools for the cases */

static gint64
read_clock (clockid_t clock)
{
  struct timespec now;

  clock_gettime (clock, &now);

  return now.tv_sec * G_GINT64_CONSTANT (1000000000) + now.tv_nsec;
}

gint64
bench_now_ns (void)
{
  return read_clock (CLOCK_MONOTONIC);
}

/* The time that the calling thread has really worked. */
gint64
bench_thread_cpu_ns (void)
{
  return read_clock (CLOCK_THREAD_CPUTIME_ID);
}

double
bench_seconds_since (gint64 begin_ns)
{
  return (bench_now_ns () - begin_ns) / 1e9;
}

static int
compare_int64 (gconstpointer a,
               gconstpointer b)
{
  gint64 x = *(const gint64 *) a;
  gint64 y = *(const gint64 *) b;

  return (x > y) - (x < y);
}

double
bench_percentile (gint64  *samples,
                  guint64  n,
                  double   percent)
{
  qsort (samples, n, sizeof *samples, compare_int64);

  return samples[(guint64) ((n - 1) * percent / 100)];
}

gsize
bench_resident_bytes (void)
{
  g_autofree char *statm = NULL;
  unsigned long resident = 0;

  if (!g_file_get_contents ("/proc/self/statm", &statm, NULL, NULL) ||
      sscanf (statm, "%*u %lu", &resident) != 1)
    g_error ("/proc/self/statm is needed to measure memory");

  return resident * (gsize) sysconf (_SC_PAGESIZE);
}

/* Runs the main context until nothing is left in it. */
void
bench_drain (void)
{
  while (g_main_context_iteration (NULL, FALSE))
    ;
}

static struct {
  GMutex lock;
  GCond  opened;
  int    open;
} gate;

void
bench_gate_pass (void)
{
  if (g_atomic_int_get (&gate.open))
    return;

  g_mutex_lock (&gate.lock);
  while (!gate.open)
    g_cond_wait (&gate.opened, &gate.lock);
  g_mutex_unlock (&gate.lock);
}

void
bench_gate_open (void)
{
  g_mutex_lock (&gate.lock);
  g_atomic_int_set (&gate.open, TRUE);
  g_cond_broadcast (&gate.opened);
  g_mutex_unlock (&gate.lock);
}

static struct {
  GMutex lock;
  GCond  zero;
  int    left;
} latch;

void
bench_latch_set (guint64 n)
{
  latch.left = (int) n;
}

void
bench_latch_count (void)
{
  if (!g_atomic_int_dec_and_test (&latch.left))
    return;

  g_mutex_lock (&latch.lock);
  g_cond_broadcast (&latch.zero);
  g_mutex_unlock (&latch.lock);
}

void
bench_latch_wait (void)
{
  g_mutex_lock (&latch.lock);
  while (g_atomic_int_get (&latch.left) > 0)
    g_cond_wait (&latch.zero, &latch.lock);
  g_mutex_unlock (&latch.lock);
}

/* Runs */

static const BenchCase *
find_case (const char *name)
{
  for (gsize i = 0; i < G_N_ELEMENTS (all_cases); i++)
    for (const BenchCase *c = all_cases[i]; c->name != NULL; c++)
      if (g_str_equal (c->name, name))
        return c;

  return NULL;
}

/* Threads and processes that are started later stay there too. */
static void
stay_on_one_processor (void)
{
  cpu_set_t set;

  CPU_ZERO (&set);
  CPU_SET (sched_getcpu (), &set);
  if (sched_setaffinity (0, sizeof set, &set) != 0)
    g_warning ("This run has more than one processor");
}

/* The child's side of run_peer(): one run, its values on standard output. */
static int
run_here (const char *case_name,
          const char *peer_name,
          guint64     n)
{
  const BenchCase *c = find_case (case_name);

  for (int i = 0; c != NULL && i < BENCH_MAX_PEERS && c->peers[i].name != NULL; i++)
    {
      BenchRun run = { .n = n };

      if (!g_str_equal (c->peers[i].name, peer_name))
        continue;

      alarm (RUN_TIMEOUT_S);
      if (c->one_processor)
        stay_on_one_processor ();
      c->peers[i].run (&run);

      if (run.skipped != NULL)
        {
          puts (run.skipped);
          return EXIT_SKIPPED;
        }

      for (int m = 0; m < BENCH_MAX_METRICS; m++)
        {
          char number[G_ASCII_DTOSTR_BUF_SIZE];

          puts (g_ascii_dtostr (number, sizeof number, run.values[m]));
        }
      return EXIT_SUCCESS;
    }

  g_printerr ("No such case: %s, %s\n", case_name, peer_name);

  return 2;
}

static gboolean
run_peer (const BenchCase *c,
          const BenchPeer *peer,
          guint64          n,
          double          *values,
          GError         **error)
{
  g_autofree char *program = g_file_read_link ("/proc/self/exe", error);
  g_autofree char *count = g_strdup_printf ("%" G_GUINT64_FORMAT, n);
  g_autofree char *output = NULL;
  const char *argv[] = { program, "--one", c->name, peer->name, count, NULL };
  char *rest;
  int status;

  if (program == NULL ||
      !g_spawn_sync (NULL, (char **) argv, NULL, G_SPAWN_CHILD_INHERITS_STDIN,
                     NULL, NULL, &output, NULL, &status, error))
    return FALSE;

  if (WIFEXITED (status) && WEXITSTATUS (status) == EXIT_SKIPPED)
    {
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED, g_strchomp (output));
      return FALSE;
    }
  if (!g_spawn_check_wait_status (status, error))
    return FALSE;

  rest = output;
  for (int m = 0; m < BENCH_MAX_METRICS; m++)
    values[m] = g_ascii_strtod (rest, &rest);

  return TRUE;
}

/* The table */

static int
compare_double (gconstpointer a,
                gconstpointer b)
{
  double x = *(const double *) a;
  double y = *(const double *) b;

  return (x > y) - (x < y);
}

/* Sorts @values. */
static double
median (double *values,
        guint   n)
{
  qsort (values, n, sizeof *values, compare_double);

  return n % 2 == 1 ? values[n / 2] : (values[n / 2 - 1] + values[n / 2]) / 2;
}

/* printf() pads by bytes, and these have characters of more than one. */
static void
print_padded (const char *text,
              int         width)
{
  int padding = MAX (0, ABS (width) - (int) g_utf8_strlen (text, -1));

  printf (" %*s%s%*s", width > 0 ? padding : 0, "", text, width < 0 ? padding : 0, "");
}

/* One row: the median of @series, its range, and how the library, whose median
 * is @own, compares.
 */
static void
print_row (const BenchMetric *metric,
           const char        *name,
           double            *series,
           guint              runs,
           double             own,
           double             goal,
           gboolean           is_own)
{
  int decimals = (int) metric->decimals;
  double value = median (series, runs);
  double compared = is_own ? value : own / value;
  gboolean comparable = own > 0 && value > 0;
  g_autofree char *number = g_strdup_printf ("%.*f", decimals, value);
  g_autofree char *range = g_strdup_printf ("%.*f … %.*f", decimals, series[0],
                                            decimals, series[runs - 1]);
  g_autofree char *ratio = g_strdup_printf ("%.2f ×", compared);

  printf ("  %-24s", name);
  print_padded (number, 12);
  print_padded (range, 20);
  print_padded (comparable && !is_own ? ratio : "", 10);
  if (comparable && goal > 0)
    printf ("   %s %.*f%s %s",
            metric->lower_is_better ? "≤" : "≥", is_own ? decimals : 1, goal, is_own ? "" : " ×",
            (metric->lower_is_better ? compared <= goal : compared >= goal) ? "reached" : "MISSED");
  printf ("\n");
}

static gboolean
run_case (const BenchCase *c,
          guint            runs,
          gboolean         quick)
{
  guint64 n = quick ? c->n_quick : c->n;
  g_autofree double *values = g_new0 (double, BENCH_MAX_PEERS * BENCH_MAX_METRICS * runs);
  GError *failures[BENCH_MAX_PEERS] = { NULL };
  gboolean all_ran = TRUE;

  printf ("\n%s: %s\n", c->name, c->title);
  fflush (stdout);

  /* Peers in turn, not one after the other: what else the machine does, and
   * how warm it is, then meets them all.
   */
  for (guint r = 0; r < runs; r++)
    for (int p = 0; p < BENCH_MAX_PEERS && c->peers[p].name != NULL; p++)
      {
        double measured[BENCH_MAX_METRICS] = { 0 };

        if (failures[p] != NULL ||
            !run_peer (c, &c->peers[p], n, measured, &failures[p]))
          continue;
        for (int m = 0; m < BENCH_MAX_METRICS; m++)
          values[(p * BENCH_MAX_METRICS + m) * runs + r] = measured[m];
      }

  for (int m = 0; m < BENCH_MAX_METRICS && c->metrics[m].unit != NULL; m++)
    {
      double own = failures[0] == NULL ? median (&values[m * runs], runs) : 0;

      printf ("  %-24s", "");
      print_padded (c->metrics[m].unit, 12);
      print_padded ("lowest … highest", 20);
      print_padded ("ratio", 10);
      printf ("   goal\n");
      for (int p = 0; p < BENCH_MAX_PEERS && c->peers[p].name != NULL; p++)
        if (failures[p] == NULL)
          print_row (&c->metrics[m], c->peers[p].name,
                     &values[(p * BENCH_MAX_METRICS + m) * runs], runs,
                     own, c->peers[p].goals[m], p == 0);
    }

  for (int p = 0; p < BENCH_MAX_PEERS; p++)
    if (failures[p] != NULL)
      {
        printf ("  %-24s %s\n", c->peers[p].name, failures[p]->message);
        if (!g_error_matches (failures[p], G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED))
          all_ran = FALSE;
        g_clear_error (&failures[p]);
      }
  fflush (stdout);

  return all_ran;
}

int
main (int   argc,
      char *argv[])
{
  gboolean list = FALSE;
  gboolean quick = FALSE;
  g_autofree char *filter = NULL;
  int runs = 0;
  gboolean all_ran = TRUE;
  guint n_cases = 0;
  const GOptionEntry entries[] = {
    { "list", 'l', 0, G_OPTION_ARG_NONE, &list, "List the cases and stop", NULL },
    { "filter", 'f', 0, G_OPTION_ARG_STRING, &filter, "Run the cases whose name contains NAME", "NAME" },
    { "runs", 'r', 0, G_OPTION_ARG_INT, &runs, "Run each peer N times (default 5, with --quick 1)", "N" },
    { "quick", 'q', 0, G_OPTION_ARG_NONE, &quick, "A tenth of the work, to see that all runs", NULL },
    G_OPTION_ENTRY_NULL
  };
  g_autoptr (GOptionContext) options = NULL;
  g_autoptr (GError) error = NULL;

  bench_processes_register ();
  if (gf_worker_requested ())
    return gf_worker_run (argc, argv);
  if (argc == 3 && g_str_equal (argv[1], "--serve"))
    return process_peer_serve (argv[2]);
  if (argc == 5 && g_str_equal (argv[1], "--one"))
    return run_here (argv[2], argv[3], g_ascii_strtoull (argv[4], NULL, 10));

  options = g_option_context_new ("- measure libgfutures beside its peers");
  g_option_context_add_main_entries (options, entries, NULL);
  if (!g_option_context_parse (options, &argc, &argv, &error))
    {
      g_printerr ("%s\n", error->message);
      return 2;
    }
  if (argc > 1 || runs < 0)
    {
      g_printerr ("%s\n", argc > 1 ? "Too many arguments" : "--runs must be at least 1");
      return 2;
    }
  if (runs == 0)
    runs = quick ? 1 : 5;

  if (!list)
    printf ("%u processors, GLib %u.%u.%u. The median of %d runs.\n"
            "Ratio: the first row divided by this one. Goals without × were set on a machine with 2 processors.\n",
            g_get_num_processors (), glib_major_version, glib_minor_version, glib_micro_version, runs);

  for (gsize i = 0; i < G_N_ELEMENTS (all_cases); i++)
    for (const BenchCase *c = all_cases[i]; c->name != NULL; c++)
      {
        if (filter != NULL && strstr (c->name, filter) == NULL)
          continue;
        n_cases++;
        if (list)
          printf ("%-20s %s\n", c->name, c->title);
        else
          all_ran &= run_case (c, (guint) runs, quick);
      }

  if (n_cases == 0)
    {
      g_printerr ("No case has \"%s\" in its name; --list shows them\n", filter);
      return 2;
    }

  return all_ran ? EXIT_SUCCESS : EXIT_FAILURE;
}

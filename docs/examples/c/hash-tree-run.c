/* hash-tree-run.c - the hashing of whole trees by one pool
 *
 * All of this happens in the main loop: it calls functions by their names, hears
 * of each result through the future's "done" signal, and is idle in between.
 * That the pool has threads or processes makes no difference to it, except that
 * a thread cannot be killed.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "hash-tree-run.h"
#include "hash-tree-functions.h"

#include <signal.h>
#include <string.h>
#include <sys/resource.h>

/* However large the tree, no more of it than this is held at one time */
#define MAX_IN_FLIGHT 128               /* tasks given to the pool */
#define MAX_LISTING   4                 /* of them directories */

/* GTK redraws at this priority */
#define TICK_PRIORITY 120

/* The speed-up is measured with so many bytes, in no file so large that one
 * worker still reads it when the others have nothing left
 */
#define SAMPLE_BYTES  (64 * 1024 * 1024)
#define SAMPLE_LEAST  (2 * 1024 * 1024)
#define SAMPLE_FILE   (2 * 1024 * 1024)

/* A call; never changed */
typedef struct
{
  const char *function;
  GVariant   *arguments;
  guint64     bytes;                    /* of the files, 0 for a directory */
} Task;

static Task *
task_new (const char *function,
          GVariant   *arguments,
          guint64     bytes)
{
  Task *self = g_rc_box_new (Task);

  self->function = function;
  self->arguments = g_variant_ref_sink (arguments);
  self->bytes = bytes;

  return self;
}

static void
task_clear (gpointer task)
{
  g_variant_unref (((Task *) task)->arguments);
}

static void
task_unref (gpointer task)
{
  g_rc_box_release_full (task, task_clear);
}

/* What it is about; good as long as the task is */
static const char *
task_get_name (Task *self)
{
  GVariant *child = self->arguments;
  const char *name;

  if (g_variant_is_of_type (child, G_VARIANT_TYPE_BYTESTRING))
    return g_variant_get_bytestring (child);
  if (g_variant_is_of_type (child, G_VARIANT_TYPE ("a" FILE_TYPE)))
    g_variant_get_child (child, 0, "(^&ayt)", &name, NULL);
  else
    g_variant_get (child, "(^&ayt)", &name, NULL);

  return name;
}

static GfFuture *
task_call (Task       *self,
           GfExecutor *pool,
           Job        *job)
{
  return gf_executor_call_full (pool, G_PRIORITY_DEFAULT, job->stop, self->function, self->arguments);
}

/* Returns: the bytes of all files, or 0 as long as they are counted */
static guint64
get_total (Job *job)
{
  GVariant *total = gf_future_get_variant (job->count, NULL);

  return total != NULL ? g_variant_get_uint64 (total) : 0;
}

static void feed (Run *run);

static void
clear_bar (Job *job)
{
  if (job->on_terminal)
    fputs ("\r\033[K", job->report);
  fflush (job->report);
}

static void
report_error (Run        *run,
              const char *file,
              const char *message)
{
  Job *job = run->job;
  g_autofree char *name = g_filename_display_name (file);
  g_autofree char *line = g_strdup_printf ("error: %s: %s\n", name, message);

  run->n_errors++;
  if (g_hash_table_contains (job->errors, line))
    return;

  clear_bar (job);
  g_printerr ("%s", line);
  g_hash_table_add (job->errors, g_steal_pointer (&line));
}

/* A task that failed as a whole. That somebody pressed Ctrl-C is no fault of
 * the file.
 */
static void
report_failure (Run          *run,
                Task         *task,
                const GError *error)
{
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return;

  run->bytes_failed += task->bytes;
  report_error (run, task_get_name (task), error->message);
}

/* Files are done in any order: the digest is a sum, which has none */
static void
add_sum (Run        *run,
         const char *name,
         guint64     size,
         const char *sum)
{
  g_autoptr (GChecksum) checksum = g_checksum_new (G_CHECKSUM_SHA256);
  guint64 digest[G_N_ELEMENTS (run->digest)];
  gsize length = sizeof digest;

  run->n_files++;
  run->bytes += size;

  g_checksum_update (checksum, (const guchar *) sum, -1);
  g_checksum_update (checksum, (const guchar *) name, -1);
  g_checksum_get_digest (checksum, (guint8 *) digest, &length);
  for (gsize i = 0; i < G_N_ELEMENTS (digest); i++)
    run->digest[i] += GUINT64_FROM_BE (digest[i]);

  if (run->job->print)
    {
      clear_bar (run->job);
      printf ("%s  %s\n", sum, name);
    }
}

static void
sample_task (Run  *run,
             Task *task)
{
  Job *job = run->job;

  if (!run->takes_sample || task->bytes > SAMPLE_FILE || job->sample_bytes + task->bytes > SAMPLE_BYTES)
    return;

  job->sample_bytes += task->bytes;
  g_ptr_array_add (job->sample, g_rc_box_acquire (task));
}

/* Half-way, one worker has to go: at best one that says that it is in the middle
 * of a file, so that it can be seen what becomes of that.
 */
static void
kill_worker (Run *run)
{
  guint64 done = run->bytes + run->bytes_failed;
  guint64 total = get_total (run->job);
  g_autofree guint *pids = NULL;
  gsize n_pids = 0;

  if (!run->kill || run->killed != 0 || total == 0 || done < total / 2)
    return;

  pids = gf_process_pool_executor_get_worker_pids (GF_PROCESS_POOL_EXECUTOR (run->pool), &n_pids);
  for (gsize i = 0; i < n_pids && run->killed == 0; i++)
    {
      g_autofree char *worker = g_strdup_printf ("worker %u", pids[i]);
      GHashTableIter iter;
      gpointer future, task;

      g_hash_table_iter_init (&iter, run->in_flight);
      while (run->killed == 0 && g_hash_table_iter_next (&iter, &future, &task))
        {
          g_autofree char *status = gf_future_dup_status (future);

          if (gf_future_is_done (future) || g_strcmp0 (status, worker) != 0)
            continue;
          run->killed = pids[i];
          run->lost = g_strdup (task_get_name (task));
          run->lost_progress = gf_future_get_progress (future);
        }
    }
  /* It does not come to that in trees of small files only */
  if (run->killed == 0 && done >= total * 3 / 4 && n_pids > 0)
    run->killed = pids[0];

  if (run->killed != 0)
    {
      run->killed_at = g_get_monotonic_time ();
      kill ((pid_t) run->killed, SIGKILL);
    }
}

static void
worker_exited_cb (GfExecutor *pool G_GNUC_UNUSED,
                  guint       pid,
                  int         wait_status,
                  Run        *run)
{
  if (pid != run->killed || run->exited)
    return;

  run->exited = TRUE;
  run->exited_at = g_get_monotonic_time ();
  run->wait_status = wait_status;
  feed (run);                           /* which may have waited for nothing else */
}

static void
worker_started_cb (GfExecutor *pool G_GNUC_UNUSED,
                   guint       pid,
                   Run        *run)
{
  if (run->killed == 0 || run->replacement != 0)
    return;

  run->replacement = pid;
  run->replaced_at = g_get_monotonic_time ();
}

/* Handlers of "done": they run in the main loop, once for each future, whatever
 * became of its task.
 */
static void
listed_cb (GfFuture *future,
           Run      *run)
{
  g_autoptr (GError) error = NULL;
  GVariant *result = gf_future_get_variant (future, &error);

  if (result == NULL)
    {
      report_failure (run, g_hash_table_lookup (run->in_flight, future), error);
    }
  else
    {
      g_autoptr (GVariantIter) directories = NULL;
      g_autoptr (GVariantIter) batches = NULL;
      GVariant *name, *files;
      guint64 bytes;

      g_variant_get (result, "(aaya" BATCH_TYPE ")", &directories, &batches);
      while (g_variant_iter_loop (directories, "@ay", &name))   /* depth first: few wait then */
        g_queue_push_head (&run->directories, task_new ("list-directory", name, 0));
      while (g_variant_iter_loop (batches, "(t@a" FILE_TYPE ")", &bytes, &files))
        {
          g_autoptr (GVariant) file = g_variant_get_child_value (files, 0);
          gboolean alone = g_variant_n_children (files) == 1;

          g_queue_push_tail (&run->batches,
                             alone ? task_new ("hash-file", file, bytes) : task_new ("hash-files", files, bytes));
        }
    }

  run->n_listing--;
  g_hash_table_remove (run->in_flight, future);
  feed (run);
}

static void
file_hashed_cb (GfFuture *future,
                Run      *run)
{
  Task *task = g_hash_table_lookup (run->in_flight, future);
  g_autoptr (GError) error = NULL;
  GVariant *result = gf_future_get_variant (future, &error);
  const char *name = task_get_name (task);
  const char *sum;
  guint32 pid;

  if (result == NULL)
    {
      report_failure (run, task, error);
    }
  else
    {
      g_variant_get (result, "(u&s)", &pid, &sum);
      add_sum (run, name, task->bytes, sum);
      sample_task (run, task);
      if (g_strcmp0 (name, run->lost) == 0)
        run->retried_by = pid;
    }

  g_hash_table_remove (run->in_flight, future);
  kill_worker (run);
  feed (run);
}

static void
files_hashed_cb (GfFuture *future,
                 Run      *run)
{
  Task *task = g_hash_table_lookup (run->in_flight, future);
  g_autoptr (GError) error = NULL;
  GVariant *result = gf_future_get_variant (future, &error);

  if (result == NULL)
    {
      report_failure (run, task, error);
    }
  else
    {
      g_autoptr (GVariant) sums = g_variant_get_child_value (result, 1);
      GVariantIter files, iter;
      const char *name, *sum;
      guint64 size;
      gboolean hashed;

      g_variant_iter_init (&files, task->arguments);
      g_variant_iter_init (&iter, sums);
      while (g_variant_iter_next (&files, "(^&ayt)", &name, &size) &&
             g_variant_iter_next (&iter, "(b&s)", &hashed, &sum))
        if (hashed)
          {
            add_sum (run, name, size, sum);
          }
        else
          {
            run->bytes_failed += size;
            report_error (run, name, sum);
          }
      sample_task (run, task);
    }

  g_hash_table_remove (run->in_flight, future);
  kill_worker (run);
  feed (run);
}

/* Keeps the pool busy, but no more: the rest of the tree stays on the disk.
 * With nothing left, and after Ctrl-C, the last task ends the loop.
 */
static void
feed (Run *run)
{
  while (!job_interrupted (run->job) && g_hash_table_size (run->in_flight) < MAX_IN_FLIGHT)
    {
      gboolean list = run->n_listing < MAX_LISTING && run->batches.length < MAX_IN_FLIGHT &&
                      !g_queue_is_empty (&run->directories);
      Task *task = g_queue_pop_head (list ? &run->directories : &run->batches);
      GfFuture *future;

      if (task == NULL)
        break;

      future = task_call (task, run->pool, run->job);
      g_signal_connect (future, "done",
                        list ? G_CALLBACK (listed_cb)
                             : g_str_equal (task->function, "hash-file") ? G_CALLBACK (file_hashed_cb)
                                                                         : G_CALLBACK (files_hashed_cb),
                        run);
      g_hash_table_insert (run->in_flight, future, task);
      run->n_listing += list;
    }

  if (g_hash_table_size (run->in_flight) == 0 &&
      (run->killed == 0 || run->exited || job_interrupted (run->job)))
    g_main_loop_quit (run->loop);
}

static void
report_progress (Run    *run,
                 gint64  now)
{
  Job *job = run->job;
  double done = run->bytes + run->bytes_failed;
  double total = get_total (job);
  double rate;                          /* bytes a µs, that is MB/s */
  GHashTableIter iter;
  gpointer future, task;

  g_hash_table_iter_init (&iter, run->in_flight);
  while (g_hash_table_iter_next (&iter, &future, &task))
    done += MAX (0, gf_future_get_progress (future)) * ((Task *) task)->bytes;
  rate = done / MAX (1, now - run->begin);

  if (job->on_terminal)
    clear_bar (job);
  fprintf (job->report, "%-9s ", run->name);
  if (total > 0)
    {
      int left = (int) (MAX (0, total - done) / MAX (rate, 0.001) / G_USEC_PER_SEC);
      char bar[] = "....................";

      memset (bar, '#', (gsize) (MIN (1, done / total) * strlen (bar)));
      fprintf (job->report, "[%s] %3.0f %%  %.1f of %.1f MB  %.1f MB/s  %d:%02d left",
               bar, MIN (100, 100 * done / total), done / 1e6, total / 1e6, rate, left / 60, left % 60);
    }
  else
    {
      fprintf (job->report, "%.1f MB  %.1f MB/s  still counting", done / 1e6, rate);
    }
  fputs (job->on_terminal ? "" : "\n", job->report);
  fflush (job->report);
}

/* A turn of this timer that is late is a frame that a window would miss */
static gboolean
tick_cb (gpointer data)
{
  Run *run = data;
  gint64 now = g_get_monotonic_time ();

  run->longest_gap = MAX (run->longest_gap, now - run->last_tick - TICK_MS * 1000);
  run->last_tick = now;

  if (now - run->last_report >= (run->job->on_terminal ? 100 : 2000) * 1000)
    {
      run->last_report = now;
      report_progress (run, now);
    }

  return G_SOURCE_CONTINUE;
}

static guint64
get_bytes_from_disk (void)
{
  struct rusage usage = { 0 };

  getrusage (RUSAGE_SELF, &usage);

  return (guint64) usage.ru_inblock * 512;
}

/* Does one run from its begin to its end, or to Ctrl-C */
void
run_trees (Run   *run,
           char **trees)
{
  guint64 bytes_from_disk = get_bytes_from_disk ();
  guint tick;

  if (GF_IS_PROCESS_POOL_EXECUTOR (run->pool))
    {
      g_signal_connect (run->pool, "worker-started", G_CALLBACK (worker_started_cb), run);
      g_signal_connect (run->pool, "worker-exited", G_CALLBACK (worker_exited_cb), run);
    }
  for (char **tree = trees; *tree != NULL; tree++)
    g_queue_push_tail (&run->directories, task_new ("list-directory", g_variant_new_bytestring (*tree), 0));

  run->takes_sample = run->job->sample->len == 0;
  run->begin = run->last_tick = run->last_report = g_get_monotonic_time ();
  tick = g_timeout_add_full (TICK_PRIORITY, TICK_MS, tick_cb, run, NULL);
  feed (run);
  g_main_loop_run (run->loop);
  run->seconds = (g_get_monotonic_time () - run->begin) / (double) G_USEC_PER_SEC;
  run->bytes_from_disk = get_bytes_from_disk () - bytes_from_disk;

  g_source_remove (tick);
  clear_bar (run->job);
}

/* Hashes the sample again. Returns: seconds */
static double
time_sample (Job        *job,
             GfExecutor *pool)
{
  g_autoptr (GPtrArray) futures = g_ptr_array_new_with_free_func (g_object_unref);
  gint64 begin = g_get_monotonic_time ();

  for (guint i = 0; i < job->sample->len; i++)
    g_ptr_array_add (futures, task_call (g_ptr_array_index (job->sample, i), pool, job));
  /* Iterates the main context, so that Ctrl-C is heard */
  for (guint i = 0; i < futures->len; i++)
    gf_future_run_until_done (g_ptr_array_index (futures, i), NULL, NULL);

  return (g_get_monotonic_time () - begin) / (double) G_USEC_PER_SEC;
}

/* One worker against all of them, in turn, on the same files: the best of three
 * times each. After the first the workers have started, and the files come from
 * memory, for both alike.
 */
void
run_time_speed_up (Run      *run,
                   PoolFunc  new_pool)
{
  g_autoptr (GfExecutor) one = new_pool (1);
  g_autoptr (GfExecutor) all = new_pool (gf_executor_get_max_workers (run->pool));
  double time_of_one = G_MAXDOUBLE, time_of_all = G_MAXDOUBLE;

  if (run->job->sample_bytes < SAMPLE_LEAST)
    return;

  if (run->job->on_terminal)
    fprintf (run->job->report, "%-9s the speed-up is measured …", run->name);
  fflush (run->job->report);
  for (int i = 0; i < 3 && !job_interrupted (run->job); i++)
    {
      time_of_one = MIN (time_of_one, time_sample (run->job, one));
      time_of_all = MIN (time_of_all, time_sample (run->job, all));
    }
  gf_executor_shutdown (one, TRUE, TRUE);
  gf_executor_shutdown (all, TRUE, TRUE);
  clear_bar (run->job);

  if (!job_interrupted (run->job))
    run->speed_up = time_of_one / time_of_all;
}

Run *
run_new (Job        *job,
         const char *name,
         GfExecutor *pool)
{
  Run *run = g_new0 (Run, 1);

  run->job = job;
  run->name = name;
  run->pool = pool;
  run->loop = g_main_loop_new (NULL, FALSE);
  run->in_flight = g_hash_table_new_full (NULL, NULL, g_object_unref, task_unref);

  return run;
}

/* Waits for the functions that are still to notice that they were cancelled */
void
run_free (Run *run)
{
  gf_executor_shutdown (run->pool, TRUE, TRUE);
  g_signal_handlers_disconnect_by_data (run->pool, run);
  g_object_unref (run->pool);
  g_queue_clear_full (&run->directories, task_unref);
  g_queue_clear_full (&run->batches, task_unref);
  g_hash_table_unref (run->in_flight);
  g_main_loop_unref (run->loop);
  g_free (run->lost);
  g_free (run);
}

Job *
job_new (char **trees)
{
  Job *job = g_new0 (Job, 1);

  job->stop = g_cancellable_new ();
  job->sample = g_ptr_array_new_with_free_func (task_unref);
  job->errors = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  /* On the pool that the whole process shares, to take no worker from the hashing */
  job->count = gf_executor_call_full (gf_thread_pool_executor_get_default (), G_PRIORITY_DEFAULT, job->stop,
                                      "count-bytes",
                                      g_variant_new_bytestring_array ((const char * const *) trees, -1));

  return job;
}

void
job_free (Job *job)
{
  gf_future_cancel (job->count);
  g_object_unref (job->count);
  g_object_unref (job->stop);
  g_ptr_array_unref (job->sample);
  g_hash_table_unref (job->errors);
  g_free (job);
}

gboolean
job_interrupted (Job *job)
{
  return g_cancellable_is_cancelled (job->stop);
}

/* hash-tree.c - the SHA-256 of every file below some directories
 *
 * Worker threads list the directories and read the files. The main loop hands
 * out the work, hears of each result through the future's "done" signal, and
 * stays free meanwhile: a timer that stands for the redraws of a window
 * measures how free.
 *
 *   hash-tree --print /usr/include > sums && sha256sum --check --quiet sums
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <gfutures.h>
#include <glib-unix.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DEFAULT_TREE  "/usr/share"
#define CHUNK_SIZE    (256 * 1024)

/* However large the tree, no more of it than this is held at one time */
#define MAX_IN_FLIGHT 256               /* tasks given to the pool */
#define MAX_LISTING   4                 /* of them directories */

/* GTK redraws at this priority, 60 times a second */
#define TICK_PRIORITY 120
#define TICK_MS       16

/* The speed-up is measured with so many bytes, in no file so large that one
 * worker still reads it when the others have nothing left
 */
#define SAMPLE_BYTES  (64 * 1024 * 1024)
#define SAMPLE_LEAST  (2 * 1024 * 1024)
#define SAMPLE_FILE   (2 * 1024 * 1024)

/* A file or a directory; never changed, and shared by counted references
 * between the task that works on it and the main thread
 */
typedef struct
{
  char    *name;
  guint64  size;                        /* 0 for directories */
  gboolean is_directory;
} Entry;

/* What belongs to the main thread. No task sees it, so it needs no lock. */
typedef struct
{
  GMainLoop    *loop;
  GfExecutor   *pool;
  GCancellable *stop;                   /* given to every task */
  GfFuture     *count;                  /* the bytes of all files, once it is settled */

  GQueue        directories;            /* of Entry: to be listed */
  GQueue        files;                  /* of Entry: to be hashed */
  GHashTable   *in_flight;              /* GfFuture → its Entry */
  guint         n_listing;

  guint64       n_files, n_errors;
  guint64       bytes;                  /* hashed */
  guint64       bytes_failed;
  GPtrArray    *sample;                 /* of Entry */
  guint64       sample_bytes;

  gboolean      print;
  FILE         *report;                 /* where progress and the table go */
  gboolean      on_terminal;
  gint64        begin, last_tick, last_report, longest_gap;   /* µs */
} Job;

static Entry *
entry_new (char    *name,
           guint64  size,
           gboolean is_directory)
{
  Entry *self = g_atomic_rc_box_new (Entry);

  self->name = name;
  self->size = is_directory ? 0 : size;
  self->is_directory = is_directory;

  return self;
}

static void
entry_clear (gpointer entry)
{
  g_free (((Entry *) entry)->name);
}

static void
entry_unref (gpointer entry)
{
  g_atomic_rc_box_release_full (entry, entry_clear);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Entry, entry_unref)

/* The tasks: they run on worker threads and touch what they were given, nothing
 * else.
 */

/* Symbolic links, sockets, devices and the like are left out */
static GPtrArray *
list_directory (const char    *name,
                GCancellable  *cancellable,
                GError       **error)
{
  g_autoptr (GFile) directory = g_file_new_for_path (name);
  g_autoptr (GPtrArray) entries = g_ptr_array_new_with_free_func (entry_unref);
  g_autoptr (GFileEnumerator) enumerator = NULL;
  GFileInfo *info;

  enumerator = g_file_enumerate_children (directory, "standard::name,standard::type,standard::size",
                                          G_FILE_QUERY_INFO_NOFOLLOW_SYMLINKS, cancellable, error);
  if (enumerator == NULL)
    return NULL;

  while (g_file_enumerator_iterate (enumerator, &info, NULL, cancellable, error))
    {
      GFileType type;

      if (info == NULL)
        return g_steal_pointer (&entries);

      type = g_file_info_get_file_type (info);
      if (type == G_FILE_TYPE_REGULAR || type == G_FILE_TYPE_DIRECTORY)
        g_ptr_array_add (entries,
                         entry_new (g_build_filename (name, g_file_info_get_name (info), NULL),
                                    (guint64) g_file_info_get_size (info),
                                    type == G_FILE_TYPE_DIRECTORY));
    }

  return NULL;
}

/* Succeeds with a GPtrArray of Entry, or fails with the error of GIO */
static void
list_task (GfPromise  *promise,
           gpointer    data,
           GError    **error)
{
  Entry *entry = data;
  g_autoptr (GPtrArray) entries = NULL;

  entries = list_directory (entry->name, gf_promise_get_cancellable (promise), error);
  if (entries != NULL)
    gf_promise_resolve_boxed (promise, G_TYPE_PTR_ARRAY, entries);
}

/* Succeeds with the hash as a string. Between two chunks it reports progress,
 * and looks whether it is still wanted: a task that was cancelled just returns.
 */
static void
hash_task (GfPromise  *promise,
           gpointer    data,
           GError    **error)
{
  Entry *entry = data;
  GCancellable *cancellable = gf_promise_get_cancellable (promise);
  g_autoptr (GFile) file = g_file_new_for_path (entry->name);
  g_autoptr (GFileInputStream) stream = g_file_read (file, cancellable, error);
  g_autoptr (GChecksum) checksum = g_checksum_new (G_CHECKSUM_SHA256);
  gsize room = CLAMP (entry->size, 4096, CHUNK_SIZE);
  g_autofree guint8 *buffer = g_malloc (room);
  guint64 n_read = 0;
  gssize n;

  if (stream == NULL)
    return;

  while ((n = g_input_stream_read (G_INPUT_STREAM (stream), buffer, room, cancellable, error)) > 0)
    {
      if (gf_promise_should_stop (promise))
        return;
      g_checksum_update (checksum, buffer, n);
      n_read += (guint64) n;
      if (entry->size > CHUNK_SIZE)
        gf_promise_set_progress (promise, MIN (1.0, (double) n_read / entry->size), NULL);
    }
  if (n == 0)
    gf_promise_resolve_string (promise, g_checksum_get_string (checksum));
}

/* Walks ahead of the others, to learn how much there is, and succeeds with the
 * bytes of all files. Errors are left to list_task(), which meets them again.
 */
static void
count_task (GfPromise  *promise,
            gpointer    trees,
            GError    **error G_GNUC_UNUSED)
{
  GCancellable *cancellable = gf_promise_get_cancellable (promise);
  g_autoptr (GPtrArray) names = g_ptr_array_new_with_free_func (g_free);
  gint64 bytes = 0;

  for (char **tree = trees; *tree != NULL; tree++)
    g_ptr_array_add (names, g_strdup (*tree));

  while (names->len > 0 && !gf_promise_should_stop (promise))
    {
      g_autofree char *name = g_ptr_array_steal_index (names, names->len - 1);
      g_autoptr (GPtrArray) entries = list_directory (name, cancellable, NULL);

      for (guint i = 0; entries != NULL && i < entries->len; i++)
        {
          Entry *entry = g_ptr_array_index (entries, i);

          bytes += (gint64) entry->size;
          if (entry->is_directory)
            g_ptr_array_add (names, g_strdup (entry->name));
        }
    }
  gf_promise_resolve_int64 (promise, bytes);
}

/* The main thread: it hands out the tasks, and hears of their ends. */

static void feed (Job *job);

static void
clear_bar (Job *job)
{
  if (job->on_terminal)
    fputs ("\r\033[K", job->report);
  fflush (job->report);
}

static void
report_error (Job          *job,
              Entry        *entry,
              const GError *error)
{
  g_autofree char *name = g_filename_display_name (entry->name);

  /* That somebody pressed Ctrl-C is no fault of the file */
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return;

  job->n_errors++;
  job->bytes_failed += entry->size;
  clear_bar (job);
  g_printerr ("error: %s: %s\n", name, error->message);
}

/* Handlers of "done": they run in the main loop, once for each future, whatever
 * became of its task.
 */
static void
listed_cb (GfFuture *future,
           Job      *job)
{
  g_autoptr (GError) error = NULL;
  GPtrArray *entries = gf_future_get_boxed (future, &error);

  if (entries == NULL)
    report_error (job, g_hash_table_lookup (job->in_flight, future), error);

  for (guint i = 0; entries != NULL && i < entries->len; i++)
    {
      Entry *entry = g_atomic_rc_box_acquire (g_ptr_array_index (entries, i));

      if (entry->is_directory)
        g_queue_push_head (&job->directories, entry);   /* depth first: few wait then */
      else
        g_queue_push_tail (&job->files, entry);
    }

  job->n_listing--;
  g_hash_table_remove (job->in_flight, future);
  feed (job);
}

static void
hashed_cb (GfFuture *future,
           Job      *job)
{
  Entry *entry = g_hash_table_lookup (job->in_flight, future);
  g_autoptr (GError) error = NULL;
  const char *hash = gf_future_get_string (future, &error);

  if (hash == NULL)
    {
      report_error (job, entry, error);
    }
  else
    {
      job->n_files++;
      job->bytes += entry->size;
      if (job->print)
        {
          clear_bar (job);
          printf ("%s  %s\n", hash, entry->name);
        }
      if (entry->size <= SAMPLE_FILE && job->sample_bytes + entry->size <= SAMPLE_BYTES)
        {
          job->sample_bytes += entry->size;
          g_ptr_array_add (job->sample, g_atomic_rc_box_acquire (entry));
        }
    }

  g_hash_table_remove (job->in_flight, future);
  feed (job);
}

/* The task gets a reference of its own to its entry: a future that is cancelled
 * is done at once, and its task may still be running then.
 */
static GfFuture *
submit (Job        *job,
        GfExecutor *pool,
        GfTaskFunc  task,
        Entry      *entry)
{
  return gf_executor_submit_full (pool, G_PRIORITY_DEFAULT, job->stop,
                                  task, g_atomic_rc_box_acquire (entry), entry_unref);
}

/* Keeps the pool busy, but no more: the rest of the tree stays on the disk.
 * With nothing left, and after Ctrl-C, the last task ends the loop.
 */
static void
feed (Job *job)
{
  while (!g_cancellable_is_cancelled (job->stop) &&
         g_hash_table_size (job->in_flight) < MAX_IN_FLIGHT)
    {
      gboolean list = job->n_listing < MAX_LISTING && job->files.length < MAX_IN_FLIGHT &&
                      !g_queue_is_empty (&job->directories);
      Entry *entry = g_queue_pop_head (list ? &job->directories : &job->files);
      GfFuture *future;

      if (entry == NULL)
        break;

      future = submit (job, job->pool, list ? list_task : hash_task, entry);
      g_signal_connect (future, "done", G_CALLBACK (list ? listed_cb : hashed_cb), job);
      g_hash_table_insert (job->in_flight, future, entry);
      job->n_listing += list;
    }

  if (g_hash_table_size (job->in_flight) == 0)
    g_main_loop_quit (job->loop);
}

static gboolean
interrupted_cb (gpointer data)
{
  Job *job = data;

  g_cancellable_cancel (job->stop);     /* and with it every task */

  return G_SOURCE_REMOVE;               /* a second Ctrl-C ends the program */
}

static void
report_progress (Job    *job,
                 gint64  now)
{
  double done = job->bytes + job->bytes_failed;
  double rate;                          /* bytes a µs, that is MB/s */
  GHashTableIter iter;
  gpointer future, entry;

  g_hash_table_iter_init (&iter, job->in_flight);
  while (g_hash_table_iter_next (&iter, &future, &entry))
    done += MAX (0, gf_future_get_progress (future)) * ((Entry *) entry)->size;
  rate = done / MAX (1, now - job->begin);

  if (job->on_terminal)
    clear_bar (job);
  if (gf_future_get_state (job->count) == GF_FUTURE_STATE_SUCCEEDED)
    {
      double total = MAX (1, gf_future_get_int64 (job->count, NULL));
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
  Job *job = data;
  gint64 now = g_get_monotonic_time ();

  job->longest_gap = MAX (job->longest_gap, now - job->last_tick - TICK_MS * 1000);
  job->last_tick = now;

  if (now - job->last_report >= (job->on_terminal ? 100 : 2000) * 1000)
    {
      job->last_report = now;
      report_progress (job, now);
    }

  return G_SOURCE_CONTINUE;
}

/* Hashes the sample again, with so many workers. Returns: seconds */
static double
time_sample (Job   *job,
             guint  n_workers)
{
  g_autoptr (GfExecutor) pool = gf_thread_pool_executor_new (n_workers);
  g_autoptr (GPtrArray) futures = g_ptr_array_new_with_free_func (g_object_unref);
  gint64 begin = g_get_monotonic_time ();

  for (guint i = 0; i < job->sample->len; i++)
    g_ptr_array_add (futures, submit (job, pool, hash_task, g_ptr_array_index (job->sample, i)));
  /* Iterates the main context, so that Ctrl-C is heard */
  for (guint i = 0; i < futures->len; i++)
    gf_future_run_until_done (g_ptr_array_index (futures, i), NULL, NULL);

  return (g_get_monotonic_time () - begin) / (double) G_USEC_PER_SEC;
}

/* One worker against all of them, in turn, on the same files: the best of three
 * times each. By then the files come from memory, for both alike.
 */
static double
measure_speed_up (Job   *job,
                  guint  n_workers)
{
  double one = G_MAXDOUBLE, all = G_MAXDOUBLE;

  for (int i = 0; i < 3; i++)
    {
      one = MIN (one, time_sample (job, 1));
      all = MIN (all, time_sample (job, n_workers));
    }

  return one / all;
}

static void
print_table (Job    *job,
             double  seconds)
{
  guint n_workers = gf_executor_get_max_workers (job->pool);
  double speed_up = 0;

  if (job->sample_bytes >= SAMPLE_LEAST && !g_cancellable_is_cancelled (job->stop))
    speed_up = measure_speed_up (job, n_workers);

  if (g_cancellable_is_cancelled (job->stop))
    fputs ("Interrupted. Until then:\n", job->report);
  fprintf (job->report, "files       %12" G_GUINT64_FORMAT "\n", job->n_files);
  fprintf (job->report, "errors      %12" G_GUINT64_FORMAT "\n", job->n_errors);
  fprintf (job->report, "bytes       %12.1f MB\n", job->bytes / 1e6);
  fprintf (job->report, "time        %12.2f s\n", seconds);
  fprintf (job->report, "speed       %12.1f MB/s  %u workers\n", job->bytes / 1e6 / seconds, n_workers);
  if (speed_up > 0 && !g_cancellable_is_cancelled (job->stop))
    fprintf (job->report, "speed-up    %12.2f x     over one worker: %.1f MB of these files again, from memory\n",
             speed_up, job->sample_bytes / 1e6);
  else
    fprintf (job->report, "speed-up    %12s       %s\n", "-",
             g_cancellable_is_cancelled (job->stop) ? "interrupted" : "too few bytes to measure");
  fprintf (job->report, "longest gap %12.1f ms    of the main loop, beyond the %d ms of its timer\n",
           job->longest_gap / 1e3, TICK_MS);
}

int
main (int   argc,
      char *argv[])
{
  int n_workers = 0;
  guint tick;
  gboolean interrupted;
  g_auto (GStrv) trees = NULL;
  g_autoptr (GOptionContext) options = g_option_context_new (NULL);
  g_autoptr (GError) error = NULL;
  Job job = { .report = stdout };
  const GOptionEntry entries[] = {
    { "workers", 'w', 0, G_OPTION_ARG_INT, &n_workers, "Use N threads (default: one per processor)", "N" },
    { "print", 'p', 0, G_OPTION_ARG_NONE, &job.print, "Print each hash and name, as sha256sum does", NULL },
    { G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &trees, NULL, "[DIRECTORY…]" },
    G_OPTION_ENTRY_NULL
  };

  setlocale (LC_ALL, "");
  g_option_context_set_summary (options, "Hashes every file below the directories (default: " DEFAULT_TREE ").");
  g_option_context_set_description (options, "Exit status: 0, or 1 if a file could not be read, "
                                             "2 for bad arguments, 130 after Ctrl-C.");
  g_option_context_add_main_entries (options, entries, NULL);
  if (g_option_context_parse (options, &argc, &argv, &error) && n_workers < 0)
    g_set_error (&error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, "--workers: %d is no number of threads", n_workers);
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

  job.loop = g_main_loop_new (NULL, FALSE);
  job.pool = gf_thread_pool_executor_new ((guint) n_workers);
  job.stop = g_cancellable_new ();
  job.in_flight = g_hash_table_new_full (NULL, NULL, g_object_unref, entry_unref);
  job.sample = g_ptr_array_new_with_free_func (entry_unref);
  if (job.print)
    job.report = stderr;
  job.on_terminal = isatty (fileno (job.report));
  job.begin = job.last_tick = job.last_report = g_get_monotonic_time ();
  for (char **tree = trees; *tree != NULL; tree++)
    g_queue_push_tail (&job.directories, entry_new (g_strdup (*tree), 0, TRUE));

  g_unix_signal_add (SIGINT, interrupted_cb, &job);
  tick = g_timeout_add_full (TICK_PRIORITY, TICK_MS, tick_cb, &job, NULL);
  /* On the pool that the whole process shares, to take no worker from the hashing */
  job.count = gf_executor_submit_full (gf_thread_pool_executor_get_default (), G_PRIORITY_DEFAULT, job.stop,
                                       count_task, g_strdupv (trees), (GDestroyNotify) g_strfreev);
  feed (&job);
  g_main_loop_run (job.loop);

  g_source_remove (tick);
  clear_bar (&job);
  print_table (&job, (g_get_monotonic_time () - job.begin) / (double) G_USEC_PER_SEC);
  interrupted = g_cancellable_is_cancelled (job.stop);

  /* Waits for the functions that are still to notice that they were cancelled */
  gf_executor_shutdown (job.pool, TRUE, TRUE);
  gf_future_cancel (job.count);
  g_queue_clear_full (&job.directories, entry_unref);
  g_queue_clear_full (&job.files, entry_unref);
  g_hash_table_unref (job.in_flight);
  g_ptr_array_unref (job.sample);
  g_object_unref (job.count);
  g_object_unref (job.pool);
  g_object_unref (job.stop);
  g_main_loop_unref (job.loop);

  return interrupted ? 130 : job.n_errors > 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}

/* processes.c - calls to worker processes
 *
 * This program is its own worker. Workers run before a measure begins, but for
 * the one of their start.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "bench.h"
#include "process-peers.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define WARM_UP       1000
#define WARM_UP_BYTES 2

#define CHUNK_SIZE 1000

#define HEAP_SIZE ((gsize) 1 << 30)

/* The measures */

static void
report_latency (BenchRun *run,
                gint64   *samples)
{
  run->values[0] = bench_percentile (samples + WARM_UP, run->n, 50) / 1e3;
  run->values[1] = bench_percentile (samples + WARM_UP, run->n, 99) / 1e3;
}

void
process_measure_latency (BenchRun       *run,
                         ProcessCallFunc call,
                         gpointer        data)
{
  g_autofree gint64 *samples = g_new0 (gint64, run->n + WARM_UP);

  for (guint64 i = 0; i < run->n + WARM_UP; i++)
    {
      gint64 begin = bench_now_ns ();

      call (data);
      samples[i] = bench_now_ns () - begin;
    }
  report_latency (run, samples);
}

static struct {
  GMainLoop      *loop;
  ProcessCallFunc send;
  gpointer        data;
  gint64          begin;
  gint64         *samples;
  guint64         n;         /* samples wanted, those of the warm-up too */
  guint64         n_taken;
} through_loop;

static void
send_next (void)
{
  through_loop.begin = bench_now_ns ();
  through_loop.send (through_loop.data);
}

static gboolean
begin_cb (gpointer data G_GNUC_UNUSED)
{
  send_next ();

  return G_SOURCE_REMOVE;
}

void
process_loop_answered (void)
{
  through_loop.samples[through_loop.n_taken++] = bench_now_ns () - through_loop.begin;
  if (through_loop.n_taken == through_loop.n)
    g_main_loop_quit (through_loop.loop);
  else
    send_next ();
}

void
process_measure_loop (BenchRun       *run,
                      ProcessCallFunc send,
                      gpointer        data)
{
  through_loop.loop = g_main_loop_new (NULL, FALSE);
  through_loop.send = send;
  through_loop.data = data;
  through_loop.n = run->n + WARM_UP;
  through_loop.samples = g_new0 (gint64, through_loop.n);

  g_idle_add (begin_cb, NULL);
  g_main_loop_run (through_loop.loop);
  report_latency (run, through_loop.samples);

  g_free (through_loop.samples);
  g_main_loop_unref (through_loop.loop);
}

/* In megabytes a second: those of one way, though they went both. */
void
process_measure_bytes (BenchRun       *run,
                       ProcessCallFunc call,
                       gpointer        data)
{
  gint64 begin;

  for (int i = 0; i < WARM_UP_BYTES; i++)
    call (data);

  begin = bench_now_ns ();
  for (guint64 i = 0; i < run->n; i++)
    call (data);
  run->values[0] = run->n * (double) PROCESS_BYTES / bench_seconds_since (begin) / 1e6;
}

double
process_measure_buffer (BenchRun       *run,
                        ProcessCallFunc call,
                        gpointer        data)
{
  BenchRun latency = { .n = run->n };

  process_measure_latency (&latency, call, data);

  return latency.values[0];
}

void
process_measure_start (BenchRun        *run,
                       ProcessStartFunc start,
                       ProcessStopFunc  stop)
{
  const gsize heap_sizes[] = { 0, HEAP_SIZE };
  g_autofree gint64 *samples = g_new0 (gint64, run->n);

  for (gsize h = 0; h < G_N_ELEMENTS (heap_sizes); h++)
    {
      g_autofree guint8 *heap = g_malloc (heap_sizes[h]);

      for (gsize at = 0; at < heap_sizes[h]; at += 512)
        ((volatile guint8 *) heap)[at] = 1;

      for (guint64 i = 0; i < run->n; i++)
        {
          gint64 begin = bench_now_ns ();
          gpointer started = start ();

          samples[i] = bench_now_ns () - begin;
          stop (started);
        }
      run->values[h] = bench_percentile (samples, run->n, 50) / 1e6;
    }
}

/* The most that a process has occupied. */
static double
peak_mebibytes (guint pid)
{
  g_autofree char *path = g_strdup_printf ("/proc/%u/status", pid);
  g_autofree char *status = NULL;
  const char *line;
  unsigned long kibibytes;

  if (!g_file_get_contents (path, &status, NULL, NULL) ||
      (line = strstr (status, "VmHWM:")) == NULL ||
      sscanf (line, "VmHWM: %lu", &kibibytes) != 1)
    g_error ("%s is needed to measure memory", path);

  return kibibytes / 1024.0;
}

void
process_measure_memory (BenchRun       *run,
                        ProcessCallFunc call,
                        gpointer        data,
                        guint           server_pid)
{
  for (guint64 i = 0; i < run->n; i++)
    call (data);

  run->values[0] = peak_mebibytes ((guint) getpid ());
  run->values[1] = peak_mebibytes (server_pid);
}

void
process_check_bytes (const guint8 *data,
                     gsize         size)
{
  g_assert_cmpint (data[0], ==, 1);
  g_assert_cmpint (data[size - 1], ==, 1);
}

/* Functions of the worker */

static GVariant *
null_function (GVariant  *arguments G_GNUC_UNUSED,
               GfPromise *promise G_GNUC_UNUSED,
               gpointer   data G_GNUC_UNUSED,
               GError   **error G_GNUC_UNUSED)
{
  return NULL;
}

static GVariant *
echo_function (GVariant  *arguments,
               GfPromise *promise G_GNUC_UNUSED,
               gpointer   data G_GNUC_UNUSED,
               GError   **error G_GNUC_UNUSED)
{
  return g_variant_ref (arguments);
}

static GVariant *
square_function (GVariant  *arguments,
                 GfPromise *promise G_GNUC_UNUSED,
                 gpointer   data G_GNUC_UNUSED,
                 GError   **error G_GNUC_UNUSED)
{
  gint64 x = g_variant_get_int64 (arguments);

  return g_variant_new_int64 (x * x);
}

void
bench_processes_register (void)
{
  gf_function_register ("null", null_function, NULL, NULL);
  gf_function_register ("echo", echo_function, NULL, NULL);
  gf_function_register ("square", square_function, NULL, NULL);
}

/* libgfutures */

static const GValue *
result_or_fail (GfFuture *future)
{
  g_autoptr (GError) error = NULL;
  const GValue *value = gf_future_result (future, -1, NULL, &error);

  if (value == NULL)
    g_error ("%s", error->message);

  return value;
}

static void
call_null (gpointer pool)
{
  g_autoptr (GfFuture) future = gf_executor_call (pool, "null", NULL);

  result_or_fail (future);
}

static void
finish_pool (gpointer pool)
{
  gf_executor_shutdown (pool, TRUE, FALSE);
  g_object_unref (pool);
}

static gpointer
start_pool (void)
{
  GfExecutor *pool = gf_process_pool_executor_new_for_self (1);

  call_null (pool);

  return pool;
}

static GVariant *
integers (guint64 n)
{
  gint64 *numbers = g_new (gint64, n);

  for (guint64 i = 0; i < n; i++)
    numbers[i] = (gint64) i;

  return g_variant_ref_sink (g_variant_new_from_data (G_VARIANT_TYPE ("ax"), numbers,
                                                      n * sizeof *numbers, TRUE,
                                                      g_free, numbers));
}

static GVariant *
squares (GfExecutor *pool,
         GVariant   *items)
{
  g_autoptr (GfFuture) future = gf_executor_map (pool, "square", items, CHUNK_SIZE);

  return g_value_dup_variant (result_or_fail (future));
}

/* As many as there will be: each has enough to do until the last has started. */
static GfExecutor *
start_workers (void)
{
  GfExecutor *pool = gf_process_pool_executor_new_for_self (BENCH_WORKERS);
  g_autoptr (GVariant) items = integers (20 * CHUNK_SIZE);

  for (gsize n_pids = 0; n_pids < BENCH_WORKERS;)
    {
      g_autofree guint *pids = NULL;

      g_variant_unref (squares (pool, items));
      pids = gf_process_pool_executor_get_worker_pids (GF_PROCESS_POOL_EXECUTOR (pool), &n_pids);
    }

  return pool;
}

static void
latency_gfutures (BenchRun *run)
{
  GfExecutor *pool = start_pool ();

  process_measure_latency (run, call_null, pool);
  finish_pool (pool);
}

static void
done_cb (GfFuture *future,
         gpointer  data G_GNUC_UNUSED)
{
  g_object_unref (future);
  process_loop_answered ();
}

static void
send_null (gpointer pool)
{
  g_signal_connect (gf_executor_call (pool, "null", NULL), "done", G_CALLBACK (done_cb), NULL);
}

static void
loop_gfutures (BenchRun *run)
{
  GfExecutor *pool = start_pool ();

  process_measure_loop (run, send_null, pool);
  finish_pool (pool);
}

static void
throughput_gfutures (BenchRun *run)
{
  GfExecutor *pool = start_workers ();
  g_autofree GfFuture **futures = g_new0 (GfFuture *, run->n);
  gint64 begin = bench_now_ns ();

  for (guint64 i = 0; i < run->n; i++)
    futures[i] = gf_executor_call (pool, "null", NULL);
  for (guint64 i = 0; i < run->n; i++)
    result_or_fail (futures[i]);
  run->values[0] = run->n / bench_seconds_since (begin) / 1e3;

  for (guint64 i = 0; i < run->n; i++)
    g_object_unref (futures[i]);
  finish_pool (pool);
}

static void
map_gfutures (BenchRun *run)
{
  GfExecutor *pool = start_workers ();
  g_autoptr (GVariant) items = integers (run->n);
  gint64 begin = bench_now_ns ();
  g_autoptr (GVariant) results = squares (pool, items);
  gint64 last;

  run->values[0] = run->n / bench_seconds_since (begin) / 1e6;

  g_assert_cmpuint (g_variant_n_children (results), ==, run->n);
  g_variant_get_child (results, run->n - 1, "x", &last);
  g_assert_cmpint (last, ==, (gint64) ((run->n - 1) * (run->n - 1)));
  finish_pool (pool);
}

typedef struct
{
  GfExecutor *pool;
  GVariant   *bytes;
} Echo;

static void
call_echo (gpointer data)
{
  Echo *self = data;
  g_autoptr (GfFuture) future = gf_executor_call (self->pool, "echo", self->bytes);
  GVariant *result = g_value_get_variant (result_or_fail (future));

  g_assert_cmpuint (g_variant_get_size (result), ==, g_variant_get_size (self->bytes));
  process_check_bytes (g_variant_get_data (result), g_variant_get_size (result));
}

static void
echo_init (Echo *self)
{
  guint8 *data = g_malloc (PROCESS_BYTES);

  memset (data, 1, PROCESS_BYTES);
  self->pool = start_pool ();
  self->bytes = g_variant_new_from_data (G_VARIANT_TYPE_BYTESTRING, data, PROCESS_BYTES, TRUE,
                                         g_free, data);
  g_variant_ref_sink (self->bytes);
}

static void
echo_clear (Echo *self)
{
  g_variant_unref (self->bytes);
  finish_pool (self->pool);
}

static void
bytes_gfutures (BenchRun *run)
{
  Echo echo;

  echo_init (&echo);
  process_measure_bytes (run, call_echo, &echo);
  echo_clear (&echo);
}

static void
memory_gfutures (BenchRun *run)
{
  g_autofree guint *pids = NULL;
  gsize n_pids;
  Echo echo;

  echo_init (&echo);
  pids = gf_process_pool_executor_get_worker_pids (GF_PROCESS_POOL_EXECUTOR (echo.pool), &n_pids);
  g_assert_cmpuint (n_pids, ==, 1);
  process_measure_memory (run, call_echo, &echo, pids[0]);
  echo_clear (&echo);
}

static void
buffer_gfutures (BenchRun *run)
{
  const gsize sizes[] = { PROCESS_BYTES, PROCESS_MANY_BYTES };
  Echo echo = { .pool = start_pool () };

  for (gsize i = 0; i < G_N_ELEMENTS (sizes); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (GfBuffer) buffer = gf_buffer_new (sizes[i], &error);
      g_autoptr (GBytes) bytes = NULL;

      if (buffer == NULL)
        g_error ("%s", error->message);
      memset (gf_buffer_get_data (buffer, NULL), 1, sizes[i]);
      bytes = gf_buffer_seal (buffer);
      echo.bytes = g_variant_new_from_bytes (G_VARIANT_TYPE_BYTESTRING, bytes, TRUE);
      g_variant_ref_sink (echo.bytes);
      run->values[i] = process_measure_buffer (run, call_echo, &echo);
      g_variant_unref (echo.bytes);
    }
  finish_pool (echo.pool);
}

static void
start_gfutures (BenchRun *run)
{
  process_measure_start (run, start_pool, finish_pool);
}

/* To wake a processor that sleeps takes longer than all the rest of a call, on
 * virtual machines several times as long: what one call costs is seen on one
 * processor, what it takes on all.
 */
const BenchCase bench_process_cases[] = {
  {
    "process-latency", "one null call at a time to one worker process, waited for",
    { { "µs p50", TRUE, 1 }, { "µs p99", TRUE, 1 } }, 10000, 1000,
    {
      { "gfutures", latency_gfutures, { 0 } },
      { "raw socket pair", process_raw_latency, { 1.5 } },
      { "GDBus", process_gdbus_latency, { 0 } },
      { "ProcessPoolExecutor", process_python_latency, { 0 } },
    },
  },
  {
    "process-latency-1cpu", "the same, client and worker on one processor",
    { { "µs p50", TRUE, 1 }, { "µs p99", TRUE, 1 } }, 10000, 1000,
    {
      { "gfutures", latency_gfutures, { 0 } },
      { "raw socket pair", process_raw_latency, { 1.5 } },
      { "GDBus", process_gdbus_latency, { 0 } },
      { "ProcessPoolExecutor", process_python_latency, { 0 } },
    },
    TRUE,
  },
  {
    "process-loop", "one null call at a time to one worker process, through the main loop",
    { { "µs p50", TRUE, 1 }, { "µs p99", TRUE, 1 } }, 10000, 1000,
    {
      { "gfutures, done signal", loop_gfutures, { 0 } },
      { "raw, client blocks", process_raw_latency, { 2.0 } },
      { "raw, client in the loop", process_raw_loop, { 0 } },
      { "GDBus", process_gdbus_loop, { 0 } },
    },
  },
  {
    "process-loop-1cpu", "the same, client and worker on one processor",
    { { "µs p50", TRUE, 1 }, { "µs p99", TRUE, 1 } }, 10000, 1000,
    {
      { "gfutures, done signal", loop_gfutures, { 0 } },
      { "raw, client blocks", process_raw_latency, { 2.0 } },
      { "raw, client in the loop", process_raw_loop, { 0 } },
      { "GDBus", process_gdbus_loop, { 0 } },
    },
    TRUE,
  },
  {
    "process-throughput", "null calls over 2 worker processes, all submitted, then all settled",
    { { "k calls/s", FALSE, 1 } }, 200000, 20000,
    {
      { "gfutures", throughput_gfutures, { 150 } },
      { "raw, unbatched frames", process_raw_throughput, { 0 } },
      { "GDBus", process_gdbus_throughput, { 0 } },
      { "ProcessPoolExecutor", process_python_throughput, { 0 } },
    },
  },
  {
    "process-map", "squares of integers over 2 worker processes, in chunks of 1000",
    { { "M items/s", FALSE, 2 } }, 2000000, 200000,
    {
      { "gfutures", map_gfutures, { 3 } },
      { "ProcessPoolExecutor", process_python_map, { 0 } },
    },
  },
  {
    "process-bytes", "64 MiB of ordinary memory echoed by a worker process",
    { { "MB/s", FALSE, 0 } }, 20, 2,
    {
      { "gfutures", bytes_gfutures, { 0 } },
      { "raw socket pair", process_raw_bytes, { 0.9 } },
      { "GDBus", process_gdbus_bytes, { 0 } },
      { "ProcessPoolExecutor", process_python_bytes, { 0 } },
    },
  },
  {
    "process-buffer", "bytes of a sealed GfBuffer echoed by a worker process",
    { { "µs, 64 MiB", TRUE, 1 }, { "µs, 1 GiB", TRUE, 1 } }, 5000, 500,
    {
      { "gfutures", buffer_gfutures, { 100, 100 } },
      { "raw descriptor", process_raw_buffer, { 0 } },
    },
  },
  {
    "process-start", "from nothing to the first result of a worker process; the same beside a heap of 1 GiB",
    { { "ms", TRUE, 2 }, { "ms, 1 GiB", TRUE, 2 } }, 20, 3,
    {
      { "gfutures", start_gfutures, { 0 } },
      { "GSubprocess, raw frame", process_raw_start, { 0 } },
      { "ProcessPoolExecutor", process_python_start, { 0 } },
    },
  },
  {
    "process-memory", "the most memory of both sides while 64 MiB are echoed",
    { { "MiB, parent", TRUE, 0 }, { "MiB, worker", TRUE, 0 } }, 10, 2,
    {
      { "gfutures", memory_gfutures, { 0 } },
      { "raw socket pair", process_raw_memory, { 0 } },
    },
  },
  { 0 }
};

/* process-peers.h - what the process pool is measured beside
 *
 * The raw peers and GDBus are served by this same program, started anew with
 * --serve; a server's connection is its descriptor 3.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "bench.h"

G_BEGIN_DECLS

/* Of one message, where the size does not matter. */
#define PROCESS_FRAME_SIZE 64
/* Of one message, where nothing else matters. */
#define PROCESS_BYTES      ((gsize) 64 << 20)
#define PROCESS_MANY_BYTES ((gsize) 1 << 30)

typedef void     (*ProcessCallFunc)  (gpointer data);
typedef gpointer (*ProcessStartFunc) (void);
typedef void     (*ProcessStopFunc)  (gpointer started);

/* The measures, the same for every peer: @call is one call and its answer;
 * @send only begins one, whose answer is told by process_loop_answered ();
 * @start returns when what it started has answered for the first time.
 */
void     process_measure_latency (BenchRun         *run,
                                  ProcessCallFunc   call,
                                  gpointer          data);
void     process_measure_loop    (BenchRun         *run,
                                  ProcessCallFunc   send,
                                  gpointer          data);
void     process_loop_answered   (void);
void     process_measure_bytes   (BenchRun         *run,
                                  ProcessCallFunc   call,
                                  gpointer          data);
double   process_measure_buffer  (BenchRun         *run,
                                  ProcessCallFunc   call,
                                  gpointer          data);
void     process_measure_start   (BenchRun         *run,
                                  ProcessStartFunc  start,
                                  ProcessStopFunc   stop);
void     process_measure_memory  (BenchRun         *run,
                                  ProcessCallFunc   call,
                                  gpointer          data,
                                  guint             server_pid);
void     process_check_bytes     (const guint8     *data,
                                  gsize             size);

/* The side of the server, for main(). */
int      process_peer_serve      (const char       *what);

/* A socket pair and nothing else */
void     process_raw_latency     (BenchRun         *run);
void     process_raw_loop        (BenchRun         *run);
void     process_raw_throughput  (BenchRun         *run);
void     process_raw_bytes       (BenchRun         *run);
void     process_raw_buffer      (BenchRun         *run);
void     process_raw_start       (BenchRun         *run);
void     process_raw_memory      (BenchRun         *run);

/* GDBus, peer to peer */
void     process_gdbus_latency    (BenchRun        *run);
void     process_gdbus_loop       (BenchRun        *run);
void     process_gdbus_throughput (BenchRun        *run);
void     process_gdbus_bytes      (BenchRun        *run);

/* Python's concurrent.futures.ProcessPoolExecutor */
void     process_python_latency    (BenchRun       *run);
void     process_python_throughput (BenchRun       *run);
void     process_python_map        (BenchRun       *run);
void     process_python_bytes      (BenchRun       *run);
void     process_python_start      (BenchRun       *run);

G_END_DECLS

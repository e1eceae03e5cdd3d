/* bench.h - the harness of the benchmarks
 *
 * A case is one workload; its peers do that workload in different ways, the
 * library's own first. Each run of a peer has a process of its own, so that
 * neither threads nor memory of one disturb the next.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <gfutures.h>

G_BEGIN_DECLS

#define BENCH_MAX_METRICS 3
#define BENCH_MAX_PEERS   6

/* The workers of every pool whose size can be chosen. GTask's cannot: it has
 * ten threads, and more when they block.
 */
#define BENCH_WORKERS 2

typedef struct
{
  guint64 n;                            /* how many tasks */
  double  values[BENCH_MAX_METRICS];    /* what was measured */
  const char *skipped;                  /* why this peer cannot run here, or NULL */
} BenchRun;

typedef struct
{
  const char *unit;
  gboolean    lower_is_better;
  guint       decimals;
} BenchMetric;

typedef struct
{
  const char *name;
  void      (*run) (BenchRun *run);
  /* What the library wants to reach: a bound on the value in the first peer's
   * row, a bound on the first peer's value divided by this peer's in the other
   * rows. 0 is no goal.
   */
  double      goals[BENCH_MAX_METRICS];
} BenchPeer;

typedef struct
{
  const char  *name;
  const char  *title;
  BenchMetric  metrics[BENCH_MAX_METRICS];
  guint64      n;
  guint64      n_quick;
  BenchPeer    peers[BENCH_MAX_PEERS];
  gboolean     one_processor;           /* all on one, to leave out what it costs to wake another */
} BenchCase;

/* One list per file, each ended by a case without a name. */
extern const BenchCase bench_throughput_cases[];
extern const BenchCase bench_delivery_cases[];
extern const BenchCase bench_latency_cases[];
extern const BenchCase bench_fork_join_cases[];
extern const BenchCase bench_fairness_cases[];
extern const BenchCase bench_memory_cases[];
extern const BenchCase bench_chain_cases[];
extern const BenchCase bench_process_cases[];

/* The functions that this program offers as a worker. */
void   bench_processes_register (void);

gint64 bench_now_ns         (void);
gint64 bench_thread_cpu_ns  (void);
double bench_seconds_since  (gint64 begin_ns);
double bench_percentile     (gint64 *samples,
                             guint64 n,
                             double  percent);
gsize  bench_resident_bytes (void);
void   bench_drain          (void);

/* A gate holds every task that passes through it until it is opened. */
void   bench_gate_pass      (void);
void   bench_gate_open      (void);

/* A latch is open once it was counted down n times. */
void   bench_latch_set      (guint64 n);
void   bench_latch_count    (void);
void   bench_latch_wait     (void);

G_END_DECLS

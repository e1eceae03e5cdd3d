/* hash-tree-run.h - the hashing of whole trees by one pool
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <gfutures.h>
#include <stdio.h>

#define TICK_MS 16                      /* 60 redraws a second */

/* What all runs share */
typedef struct
{
  GCancellable *stop;                   /* given to every task: Ctrl-C */
  GfFuture     *count;                  /* the bytes of all files, once it is settled */
  GPtrArray    *sample;                 /* of Task: some to be done once more */
  guint64       sample_bytes;
  GHashTable   *errors;                 /* those that were reported: once is enough */

  gboolean      print;                  /* the sums of the first run */
  FILE         *report;                 /* where progress and the table go */
  gboolean      on_terminal;
} Job;

/* One run. It belongs to the main thread, no worker sees it: it needs no lock. */
typedef struct
{
  Job          *job;
  const char   *name;                   /* of the pool */
  GfExecutor   *pool;
  GMainLoop    *loop;

  GQueue        directories;            /* of Task: to be listed */
  GQueue        batches;                /* of Task: to be hashed */
  GHashTable   *in_flight;              /* GfFuture → its Task */
  guint         n_listing;
  gboolean      takes_sample;           /* nobody did before */
  gint64        begin, last_tick, last_report;   /* µs */

  guint64       n_files, n_errors;
  guint64       bytes;                  /* hashed */
  guint64       bytes_failed;
  guint64       digest[4];              /* of all sums */
  gint64        longest_gap;            /* µs */
  double        seconds;
  guint64       bytes_from_disk;        /* that this very process had to read */
  double        speed_up;               /* all workers over one, or 0 */

  /* The worker that is killed half-way */
  gboolean      kill;
  guint         killed;                 /* its process ID, or 0 */
  gint64        killed_at;
  char         *lost;                   /* the large file that it was reading, or NULL */
  double        lost_progress;
  guint         retried_by;             /* who hashed that file then */
  gboolean      exited;
  int           wait_status;
  gint64        exited_at;
  guint         replacement;
  gint64        replaced_at;
} Run;

/* Makes the pool; it has as many workers as processors if @n_workers is 0 */
typedef GfExecutor *(*PoolFunc) (guint n_workers);

Job     *job_new           (char      **trees);
void     job_free          (Job        *job);
gboolean job_interrupted   (Job        *job);

Run     *run_new           (Job        *job,
                            const char *name,
                            GfExecutor *pool);
void     run_free          (Run        *run);
void     run_trees         (Run        *run,
                            char      **trees);
void     run_time_speed_up (Run        *run,
                            PoolFunc    new_pool);

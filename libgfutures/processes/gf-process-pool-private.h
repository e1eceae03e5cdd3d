/* gf-process-pool-private.h - the inside of a process pool
 *
 * The pool has the tasks that wait and decides who gets them; a process has the
 * requests that were sent to it. A process's lock may be taken with the pool's
 * held, never the other way round.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#ifndef GFUTURES_COMPILATION
#error "A private header of libgfutures."
#endif

#include "../executor/gf-executor-private.h"
#include "../executor/gf-lanes-private.h"
#include "gf-channel-private.h"
#include "gf-io-private.h"
#include "gf-process-pool-executor.h"

G_BEGIN_DECLS

/* A pool breaks when so many workers in a row fail to start. */
#define GF_MAX_FAILURES 3
/* Requests that a process may have, which is also the number of the marks. */
#define GF_MAX_REQUESTS 64

typedef struct _GfProcessPool GfProcessPool;
typedef struct _GfProcess GfProcess;
typedef struct _GfRequest GfRequest;

/* What the application sets; read when a process starts, or where it applies. */
typedef struct
{
  char             **worker_argv;   /* NULL: the stock worker */
  char             **launcher;
  GfWorkerTransport  transport;
  char             **modules;
  char             **environment;
  char              *working_directory;
  guint              max_tasks_per_worker;
  gint64             task_timeout;          /* µs; 0: none */
  guint              cancel_grace;          /* ms */
  guint64            memory_limit;
  guint              max_retries;
  char              *initializer;
  GVariant          *initializer_arguments;
  guint              start_timeout;         /* ms */
  guint              idle_timeout;          /* ms */
} GfProcessSettings;

struct _GfProcessPool
{
  int               ref_count;
  GfExecutor       *executor;     /* lives till gf_executor_closed() */
  guint             max_workers;

  GMutex            lock;         /* of all that follows */
  GfProcessSettings settings;
  GfHomeItem       *head;         /* tasks of the default priority */
  GfHomeItem       *tail;
  GfLanes           lanes;        /* and of others */
  guint             n_queued;
  GHashTable       *attempts;     /* task → how many workers it has cost */
  GPtrArray        *starting;     /* processes, till they serve */
  guint             n_starting;   /* these, and those that do not exist yet */
  GPtrArray        *processes;    /* that serve */
  GPtrArray        *idle;         /* of these, that have no request */
  guint             n_processes;  /* being made, or made and not yet freed */
  guint             n_failures;   /* to start, one after the other */
  gint64            retry_time;   /* not to start before, µs */
  gboolean          retry_waits;  /* a timer will start then */
  GError           *broken;
  gboolean          closed;
  gboolean          cancelled;
  GfTimer          *idle_timer;
  guint             n_dealing;    /* of sending tasks that will wait for others there */
  gboolean          is_watched;   /* a timer looks for tasks that wait for another */

  _Atomic guint     task_us;      /* how long a task takes, about */
  _Atomic guint64   max_message_size;
  _Atomic guint     n_attempts;   /* entries of attempts */
};

typedef enum {
  GF_PROCESS_STARTING,
  GF_PROCESS_SERVING,
  GF_PROCESS_RETIRING,   /* it was told to end */
  GF_PROCESS_DEAD        /* nothing more is sent or read */
} GfProcessState;

struct _GfProcess
{
  int             ref_count;
  GfProcessPool  *pool;           /* a reference */
  GSubprocess    *subprocess;
  guint           pid;
  char           *command_line;
  gint64          task_timeout;   /* µs; 0: none */
  guint           cancel_grace;   /* ms */
  int             wake_fd;        /* of who reads in gf_request_wait() */
  int             death_fd;       /* a pidfd */
  int             errors_fd;      /* its standard error */
  _Atomic guint64 *marks;
  GfIoWatch       input;
  GfIoWatch       death;
  GfIoWatch       errors;

  GMutex          read_lock;      /* who reads and handles what comes */
  GfChannel      *channel;        /* its writing half: lock */
  _Atomic gint64  busy_since;     /* µs */
  int             has_died;       /* though others may have its end of the socket */

  GMutex          lock;           /* of all that follows */
  GfProcessState  state;
  gboolean        has_descriptors;
  gboolean        has_marks;
  GQueue          requests;       /* of GfRequest, in the order of sending */
  guint64         used_marks;     /* of these, a bit each */
  guint64         last_id;
  guint64         watched_id;     /* of the oldest, see gf_process_take_back_overdue() */
  guint           n_assigned;
  guint           events;         /* that the I/O thread listens to */
  int             n_waiting;      /* threads that read for themselves; read without it too */
  guint           waiter;         /* the thread that does so again and again, or 0 */
  guint64         waiter_id;      /* last_id when the timer last looked */
  GfTimer        *timer;          /* for starting, then for ending */
  gboolean        is_retiring;    /* it was told to end */
  gboolean        is_signalled;   /* by the application */
  gboolean        said_hello;
  gboolean        was_serving;
  GError         *failure;        /* why it was put down */
  GString        *last_lines;     /* of its standard error */
  GString        *held_line;      /* the beginning of one there, see gf_process_hold_line() */

  /* The pool's lock. */
  guint           n_assigning;    /* threads that are about to send it tasks */
  guint           n_dealing;      /* of these, see GfProcessPool */
  gboolean        is_idle;
  gint64          idle_since;
};

/* A task that was sent to a process. */
struct _GfRequest
{
  GfRemote   remote;
  GfProcess *process;   /* a reference */
  GfPromise *task;      /* a reference; NULL: the initializer */
  guint64    id;
  GList      link;      /* in requests */
  gboolean   is_sent;   /* and not answered: it is in requests */
  gboolean   is_begun;
  GfTimer   *timeout;
  GfTimer   *grace;
};

/* gf-process-pool.c */
GfProcessPool *gf_process_pool_new        (GfExecutor    *executor);
GfProcessPool *gf_process_pool_ref        (GfProcessPool *self);
void           gf_process_pool_unref      (GfProcessPool *self);
void           gf_process_pool_enqueue    (GfProcessPool *self,
                                           GfPromise     *task);
void           gf_process_pool_cancel     (GfProcessPool *self);
void           gf_process_pool_close      (GfProcessPool *self);
void           gf_process_pool_signal     (GfProcessPool *self,
                                           int            signal);

/* gf-process-pool-workers.c; these with the lock held: */
void           gf_process_pool_start      (GfProcessPool *self);
void           gf_process_pool_add_idle   (GfProcessPool *self,
                                           GfProcess     *process);
void           gf_process_pool_set_busy   (GfProcessPool *self,
                                           GfProcess     *process);
/* and this without it. */
void           gf_process_pool_stop_idle_timer
                                          (GfProcessPool *self);

/* What processes tell it. */
void           gf_process_pool_drop       (GfProcessPool *self,
                                           GfPromise     *task,
                                           GError        *error);
void           gf_process_pool_started    (GfProcessPool *self,
                                           GfProcess     *process);
void           gf_process_pool_ready      (GfProcessPool *self,
                                           GfProcess     *process);
void           gf_process_pool_leaves     (GfProcessPool *self,
                                           GfProcess     *process);
void           gf_process_pool_take_back  (GfProcessPool *self,
                                           GfPromise    **tasks,
                                           gsize          n_tasks);
gboolean       gf_process_pool_retry      (GfProcessPool *self,
                                           GfPromise     *task,
                                           gboolean       was_begun);
void           gf_process_pool_forget     (GfProcessPool *self,
                                           GfPromise     *task);
void           gf_process_pool_break      (GfProcessPool *self,
                                           GError        *error);
void           gf_process_pool_gone       (GfProcessPool *self,
                                           GfProcess     *process,
                                           GError        *start_error);
void           gf_process_pool_released   (GfProcessPool *self);

/* gf-process.c */
GfProcess     *gf_process_new             (GfProcessPool *pool,
                                           int            fd,
                                           int            errors_fd);
void           gf_process_watch           (GfProcess     *self);
void           gf_process_serve           (GfProcess     *self);
void           gf_process_expect          (GfProcess     *self,
                                           const char    *function,
                                           GVariant      *arguments);
GfProcess     *gf_process_ref             (GfProcess     *self);
void           gf_process_unref           (GfProcess     *self);
gboolean       gf_process_assign          (GfProcess     *self,
                                           GfPromise    **tasks,
                                           gsize          n_tasks);
guint          gf_process_take_back       (GfProcess     *self,
                                           guint          most,
                                           GfPromise    **tasks);
guint          gf_process_take_back_overdue (GfProcess   *self,
                                           GfPromise    **tasks,
                                           gboolean      *again);
void           gf_process_unlink          (GfProcess     *self,
                                           GfRequest     *request);
void           gf_process_wake            (GfProcess     *self);
void           gf_process_retire          (GfProcess     *self);
void           gf_process_fail            (GfProcess     *self,
                                           GError        *error);
void           gf_process_signal          (GfProcess     *self,
                                           int            signal);
GfReceive      gf_process_read            (GfProcess     *self);
void           gf_process_listen          (GfProcess     *self,
                                           guint          events);
void           gf_process_trust_waiter    (GfProcess     *self);
/* Tells something of it, if GF_TRACING (GF_TRACE_WORKERS); with no lock of the
 * pool or the executor held. */
void           gf_process_trace           (GfProcess     *self,
                                           const char    *format,
                                           ...) G_GNUC_PRINTF (2, 3);

/* gf-process-start.c */
void           gf_process_start           (GfProcessPool *pool);
void           gf_process_greet           (GfProcess     *self,
                                           GfMessage     *hello,
                                           GError       **error);

/* gf-process-end.c */
void           gf_process_end             (GfProcess     *self,
                                           GQueue        *requests);
void           gf_process_read_errors     (GfIoWatch     *watch,
                                           guint          events);

/* gf-request.c */
GfRequest     *gf_request_new             (GfProcess     *process,
                                           GfPromise     *task,
                                           guint64        id);
gboolean       gf_request_begin           (GfRequest     *self);
void           gf_request_finish          (GfRequest     *self,
                                           GVariant      *result,
                                           GError        *error,
                                           GBytes        *details);
GfPromise     *gf_request_take_task       (GfRequest     *self);
gboolean       gf_request_take_mark       (GfRequest     *self);
gboolean       gf_request_was_begun       (GfRequest     *self);

/* gf-process-pool-executor.c */
void           gf_process_pool_executor_announce (GfExecutor *executor,
                                                  gboolean    started,
                                                  guint       pid,
                                                  int         wait_status);

G_END_DECLS

/* gf-future-private.h - the inside of futures and promises
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#ifndef GFUTURES_COMPILATION
#error "A private header of libgfutures."
#endif

#include "../loop/gf-home-private.h"
#include "../loop/gf-thread-private.h"
#include "../loop/gf-timer-private.h"
#include "../loop/gf-trace-private.h"
#include "gf-future.h"
#include "gf-promise.h"

#include <stdatomic.h>

G_BEGIN_DECLS

typedef struct _GfFutureClass GfFutureClass;
typedef struct _GfPromiseClass GfPromiseClass;
typedef struct _GfFutureExtra GfFutureExtra;
typedef struct _GfObserver GfObserver;
typedef struct _GfCallback GfCallback;
typedef struct _GfLink GfLink;
typedef struct _GfMembers GfMembers;
typedef struct _GfHandle GfHandle;
typedef struct _GfFutureSet GfFutureSet;
typedef struct _GfRemote GfRemote;
typedef struct _GfRemoteFuncs GfRemoteFuncs;

/* The state word. The low bits are the GfFutureState; it turns from pending or
 * running to a settled one exactly once, and that is when a future is settled. */
enum {
  GF_STATE_MASK      = 7,

  /* Who sets it may write the outcome, and settles next. */
  GF_STATE_CLAIMED   = 1 << 3,
  /* Threads sleep in gf_future_wait(). */
  GF_STATE_WAITED    = 1 << 4,
  /* In the home's queue, which has a reference. */
  GF_STATE_QUEUED    = 1 << 5,
  /* The function has returned or will never run: its data may be released. */
  GF_STATE_RETURNED  = 1 << 6,
  /* `done` has been emitted. */
  GF_STATE_DELIVERED = 1 << 7,
  /* The function has begun. */
  GF_STATE_BEGUN     = 1 << 8,
  /* Succeeded with no value, failed by timeout: nothing is stored. */
  GF_STATE_NO_VALUE  = 1 << 9,
  GF_STATE_TIMED_OUT = 1 << 10,
  /* There are holds: returning does not settle. */
  GF_STATE_HELD      = 1 << 11,
  /* A task of an executor that has not been told of its end. */
  GF_STATE_COUNTED   = 1 << 12,

  /* These do not change once the promise is shared. */
  /* A named function, not a closure. */
  GF_STATE_CALL      = 1 << 13,
  /* The closure may run on its creator's thread only. */
  GF_STATE_BOUND     = 1 << 14,
  /* Only the last reference was left, and nothing was connected. */
  GF_STATE_UNWATCHED = 1 << 15,
  /* There is data to release, at home. */
  GF_STATE_HAS_DATA  = 1 << 16,
  /* In the list of its executor's futures. */
  GF_STATE_LISTED    = 1 << 17,
  /* Begun by who waits for it, while it was in its executor's queue. */
  GF_STATE_IN_QUEUE  = 1 << 18,
  /* Settled by dispose(), on another thread. */
  GF_STATE_DISPOSED  = 1 << 19,
  /* Settled on another thread, not by its function's return. */
  GF_STATE_ABROAD    = 1 << 20,
  /* Settled, and the observers have been told: `done` may be emitted. */
  GF_STATE_TOLD      = 1 << 21,
  /* From gf_executor_post(): it cannot be cancelled. */
  GF_STATE_POST      = 1 << 22,
  /* A call for each item of an array, which is the argument. */
  GF_STATE_MAP       = 1 << 23,
  /* It has a GfRemote. */
  GF_STATE_REMOTE    = 1 << 24,
  /* It waits for other futures: see GfFutureClass.visit(). */
  GF_STATE_LINKED    = 1 << 25,
  /* Its data is a GfLink. */
  GF_STATE_CHAIN     = 1 << 26,
  /* Of a GfFutureSet, which sums the progress. */
  GF_STATE_MEMBER    = 1 << 27,
  /* Who waits for it runs it, or is about to. */
  GF_STATE_HELPED    = 1 << 28,
  /* A continuation has returned it. */
  GF_STATE_ADOPTED   = 1 << 29,
  /* It does not go home while nobody listens, see gf_future_set_quiet(). */
  GF_STATE_QUIET     = 1 << 30
};

/* What few futures need, made when it is first asked for. */
struct _GfFutureExtra
{
  GMutex        lock;
  GSList       *labels;            /* newest first; others may still be read */
  double        progress;
  char         *status;
  gboolean      label_changed;     /* since the last notification */
  gboolean      progress_changed;
  gboolean      progress_pushed;
  GfHomeItem    progress_item;     /* has a reference while it is pushed */
  GfFuture     *future;            /* the owner */

  GCancellable *cancellable;       /* the task's own */
  GCancellable *outer;             /* that cancels the future */
  gulong        outer_id;
  GfTimer      *timer;

  GBytes       *details;           /* of the error; set under the claim, see
                                    * gf_future_fail() */

  GfHomeItem    settled_item;      /* see gf_future_push_home() */
  int           n_holds;
};

struct _GfFuture
{
  GObject parent_instance;

  GfHomeItem                item;
  _Atomic guint             state;
  int                       priority;
  _Atomic (GfObserver *)    observers; /* newest first, or GF_OBSERVERS_TAKEN */
  GfHome                   *home;
  union {
    GValue  value;
    GError *error;
  }                         outcome;
  _Atomic (GfFutureExtra *) extra;
  _Atomic (GfHandle *)      handle;
  GfCallback               *callbacks; /* at home, after `done`; oldest first */
  guint                     creator;   /* see gf_thread_get_creator() */
  guint                     notified;  /* the state that was last notified */
};

struct _GfFutureClass
{
  GObjectClass parent_class;

  /* Release the task's data, if it was not released. */
  void (*release_data) (GfFuture *self);
  /* A task was settled whose function did not run here. */
  void (*withdrawn)    (GfFuture *self,
                        gboolean  was_running);
  /* GF_STATE_LINKED: it was settled, and needs those it waited for no more. */
  void (*let_go)       (GfFuture *self);
  /* GF_STATE_LINKED: call @func for each that it waits for and that is not
   * settled; with @needed only if it cannot be settled without. @func gets a
   * reference, which is not to be dropped while a lock is held. */
  void (*visit)        (GfFuture         *self,
                        gboolean          needed,
                        GfFutureCallback  func,
                        gpointer          data);
  /* The progress has changed; called at home. */
  void (*progressed)   (GfFuture *self);
};

#define GF_FUTURE_GET_CLASS(self) (G_TYPE_INSTANCE_GET_CLASS ((self), GF_TYPE_FUTURE, GfFutureClass))

/* A call that was sent elsewhere: how those who wait for it, or withdraw it, get
 * at who has it. */
struct _GfRemote
{
  const GfRemoteFuncs *funcs;
  int                  ref_count;
};

/* What has become of a call that was sent elsewhere: it has begun there; it is
 * there no more, and has not begun; or it was there, and has been taken back and
 * cancelled. */
typedef enum {
  GF_REMOTE_BEGUN,
  GF_REMOTE_GONE,
  GF_REMOTE_CANCELLED
} GfRemoteState;

struct _GfRemoteFuncs
{
  /* Somebody else has settled the future. */
  void (*withdrawn) (GfRemote     *self);
  /* Take it back and cancel it, unless it has begun. */
  GfRemoteState
       (*cancel_pending)
                    (GfRemote     *self);
  /* Block the calling thread till the future is settled, gf_future_wake_remote()
   * was called, @deadline has passed, or for no reason. */
  void (*wait)      (GfRemote     *self,
                     GfFuture     *future,
                     gint64        deadline,
                     GCancellable *cancellable);
  void (*wake)      (GfRemote     *self);
  void (*free)      (GfRemote     *self);
};

struct _GfPromise
{
  GfFuture parent_instance;

  GfExecutor    *executor; /* not owned: it lives till its tasks have returned */
  union {
    GfTaskFunc func;
    char      *function;   /* GF_STATE_CALL */
  }              what;
  gpointer       data;     /* GF_STATE_CALL: a GVariant; GF_STATE_CHAIN: a GfLink */
  union {
    GDestroyNotify destroy;
    GfRemote      *remote; /* GF_STATE_CALL; see gf_future_set_remote() */
  }              how;
};

struct _GfPromiseClass
{
  GfFutureClass parent_class;
};

/* One who wants to know when a future is settled: part of something else, which
 * gives it and takes it back.
 *
 * @func is called exactly once: by the thread that settled the future, or, with
 * @future NULL, inside gf_future_withdraw(); after that the library is done with
 * it. It must not block or run foreign code. */
typedef void (*GfObserverFunc) (GfObserver *self,
                                GfFuture   *future);

struct _GfObserver
{
  GfObserver    *next;
  GfObserver    *previous; /* in GfHandle.first only */
  GfObserverFunc func;
  gpointer       data;
  guint8         kind;
};

enum {
  /* Looks on: the future may be cancelled all the same. */
  GF_OBSERVER_ONLOOKER,
  /* The same, as part of a GfCallback. */
  GF_OBSERVER_WATCHER,
  /* Wants the outcome, as do those that follow. */
  GF_OBSERVER_INTERESTED,
  /* The same, of a GfFutureSet, which hears of progress too. */
  GF_OBSERVER_MEMBER,
  /* The same, as part of a GfCallback. */
  GF_OBSERVER_CALLBACK
};

/* A function that runs somewhere when a future is settled. */
struct _GfCallback
{
  GfObserver       observer;
  GfHomeItem       item;
  GfFuture        *future;   /* a reference, once it is on its way */
  GfHome          *home;     /* where the data belongs */
  guint            creator;
  gboolean         at_home;  /* it runs there too */
  GfExecutor      *executor; /* else: here, or if NULL in the settling thread */
  GfFutureCallback func;
  gpointer         data;
  GDestroyNotify   destroy;
  GfLink          *link;     /* what it is part of, if that is a chain */
};

/* A thread that blocks, on its stack. */
struct _GfWait
{
  GfThread  *thread;
  GfFuture  *future;
  GfMembers *members; /* what @future depends on besides, or NULL */
  GfRemote  *remote;  /* where it blocks now, or NULL */
  GfWait    *outer;
};

#define GF_OBSERVERS_TAKEN ((GfObserver *) 1)

static inline guint
gf_future_load_state (GfFuture *self)
{
  /* Acquire: partner of the release in gf_future_seal(), for the outcome. */
  return atomic_load_explicit (&self->state, memory_order_acquire);
}

static inline gboolean
gf_observer_is_interested (const GfObserver *self)
{
  return self->kind >= GF_OBSERVER_INTERESTED;
}

static inline gboolean
gf_observer_is_callback (const GfObserver *self)
{
  return self->kind == GF_OBSERVER_CALLBACK || self->kind == GF_OBSERVER_WATCHER;
}

static inline gboolean
gf_state_is_settled (guint state)
{
  return (state & GF_STATE_MASK) >= GF_FUTURE_STATE_SUCCEEDED;
}

static inline void
gf_future_visit (GfFuture        *self,
                 gboolean         needed,
                 GfFutureCallback func,
                 gpointer         data)
{
  GF_FUTURE_GET_CLASS (self)->visit (self, needed, func, data);
}

/* gf-future.c */
GfFutureExtra *gf_future_get_extra     (GfFuture *self);
GfFutureExtra *gf_future_peek_extra    (GfFuture *self);
void           gf_future_begun         (GfFuture *self,
                                        gboolean   executor);
gboolean       gf_future_has_done_handlers (GfFuture *self);
gboolean       gf_future_outcome_is_alive (GfFuture  *self,
                                        guint      state);
void           gf_future_drop          (GfFuture *self);
gboolean       gf_future_is_watched    (GfFuture *self,
                                        guint     state);
void           gf_future_push_home     (GfFuture *self,
                                        guint     state,
                                        guint     told,
                                        gboolean  take_reference);
void           gf_future_send          (GfHomeItem *item);
void           gf_future_notify_progress (GfFuture   *self);
void           gf_future_emit          (GfFuture *self,
                                        guint     state);

/* gf-future-settle.c */
gboolean       gf_future_claim         (GfFuture *self);
gboolean       gf_future_claim_pending (GfFuture *self);
void           gf_future_seal          (GfFuture *self,
                                        guint     outcome);
void           gf_future_seal_and_drop (GfFuture *self,
                                        guint     outcome);
gboolean       gf_future_settle_plain  (GfFuture *self,
                                        guint     outcome);
void           gf_future_return        (GfFuture *self,
                                        gboolean  take_reference);
void           gf_future_unclaim       (GfFuture *self);
gboolean       gf_future_is_done_and_unclaimed (GfFuture *self);
gboolean       gf_future_fail          (GfFuture *self,
                                        GError   *error,
                                        GBytes   *details);
void           gf_future_adopt         (GfFuture *self,
                                        GfFuture *settled);

/* gf-future-handle.c */

/* What those who wait for a future have in common. */
struct _GfHandle
{
  int         ref_count;
  GWeakRef    future;

  /* Under a claim, or for who has settled it: the observers that have been
   * looked at, the newest first, and how many want the outcome. */
  GfObserver *first;
  gsize       n_interested;
};

GfHandle      *gf_future_get_handle    (GfFuture *self);
GfFuture      *gf_handle_get_future    (GfHandle *self);
void           gf_handle_unref         (GfHandle *self);

/* gf-future-value.c */
void           gf_future_init_errors   (void);

/* gf-future-progress.c */
gboolean       gf_future_store_progress (GfFuture   *self,
                                         double      fraction,
                                         const char *status,
                                         gboolean    changed);
void           gf_future_push_progress (GfFuture *self);
gboolean       gf_future_progress_turn (GfHomeItem *item,
                                        GfHomePhase phase);

/* gf-future-limits.c */
void           gf_future_time_out      (gpointer        future);

/* gf-future-observers.c */
void           gf_future_observe       (GfFuture         *self,
                                        GfFutureCallback  func,
                                        gpointer          data);
void           gf_future_add_observer  (GfFuture         *self,
                                        GfObserver       *observer);
void           gf_future_withdraw      (GfFuture         *self,
                                        GfObserver       *observer,
                                        gboolean          cancel);
void           gf_future_cancel_unless_wanted (GfFuture  *self);
GfObserver    *gf_observers_notify     (GfFuture         *self);
gboolean       gf_future_is_interesting (GfFuture        *self);
void           gf_observers_progressed (GfFuture         *self);

/* gf-future-callbacks.c */
void           gf_callback_init_for_link (GfCallback     *self,
                                        GfLink           *link,
                                        GfFutureCallback  func);
GfCallback    *gf_callback_new_at_home (GMainContext     *context,
                                        GfFutureCallback  func,
                                        gpointer          data,
                                        GDestroyNotify    destroy);
gboolean       gf_callback_set_executor (GfCallback      *self,
                                        GfExecutor       *executor);
void           gf_callbacks_notify     (GfFuture         *future,
                                        GfObserver       *oldest,
                                        gboolean          late);
void           gf_callbacks_run_home   (GfFuture         *future,
                                        gboolean          run);
void           gf_callbacks_relieve    (GfFuture         *future);

/* gf-future-chain.c */
void           gf_link_unref           (GfLink           *self);
void           gf_link_dropped         (GfLink           *self);
void           gf_link_run             (GfLink           *self,
                                        GfFuture         *source);
gboolean       gf_link_is_over         (GfLink           *self);
void           gf_link_let_go          (GfLink           *self);
void           gf_link_visit           (GfLink           *self,
                                        GfFutureCallback  func,
                                        gpointer          data);
void           gf_link_set_ready       (GfLink           *self,
                                        GfFuture         *source);

gboolean       gf_future_depends_on    (GfFuture         *self,
                                        gboolean          needed,
                                        gboolean        (*is_it) (GfFuture *future,
                                                                  gpointer  data),
                                        gpointer          data,
                                        GPtrArray        *futures);

/* gf-future-wanted.c */
void           gf_wanted_forget_link   (GfLink           *link);
void           gf_wanted_forget_set    (GfFutureSet      *set);
void           gf_wanted_forget_members (GfMembers       *members);
void           gf_wanted_pass_on       (GfLink           *link);
void           gf_wanted_add           (GfLink           *link);
void           gf_wanted_remove        (GfLink           *link);
void           gf_wanted_run           (GfThread         *thread);
gboolean       gf_wait_help            (GfWait           *self);
void           gf_wait_begin           (GfWait           *self,
                                        GfThread         *thread,
                                        GfFuture         *future,
                                        GfMembers        *members);
void           gf_wait_set_remote      (GfWait           *self,
                                        GfRemote         *remote);
void           gf_wait_end             (GfWait           *self);
gboolean       gf_future_is_awaited    (GfFuture         *self);

/* gf-future-wait.c */
void           gf_waiters_wake         (GfFuture         *self);
gboolean       gf_future_needs_thread  (GfFuture         *self,
                                        GfThread         *thread);
gboolean       gf_future_help          (GfFuture         *self,
                                        GfThread         *thread);
gboolean       gf_future_await         (GfFuture         *self,
                                        GfMembers        *members,
                                        gint64            timeout_us,
                                        GCancellable     *cancellable,
                                        GError          **error);
void           gf_promise_set_remote   (GfPromise        *self,
                                        GfRemote         *remote);
GfRemote      *gf_future_ref_remote    (GfFuture         *self);
void           gf_promise_withdraw_remote (GfPromise     *self);

static inline GfRemote *
gf_remote_ref (GfRemote *self)
{
  g_atomic_int_inc (&self->ref_count);

  return self;
}

static inline void
gf_remote_unref (GfRemote *self)
{
  if (g_atomic_int_dec_and_test (&self->ref_count))
    self->funcs->free (self);
}

/* gf-future-trace.c; if GF_TRACING (GF_TRACE_RECORDS) */
char          *gf_future_trace_describe (GfFuture       *self);
void           gf_future_trace_submitted (GfFuture      *self,
                                        GfExecutor      *executor);
void           gf_future_trace_started (GfFuture        *self);
void           gf_future_trace_settled (GfFuture        *self,
                                        guint            state);
void           gf_future_trace_returned (GfFuture       *self);
void           gf_future_trace_served  (GfFuture        *self,
                                        const GError    *error);
void           gf_future_trace_delivered (GfFuture      *self,
                                        gint64           begin);
void           gf_future_trace_forget  (GfFuture        *self);
char          *gf_future_trace_blocked (GfFuture        *self,
                                        GfThread        *thread);
void           gf_future_trace_unblocked (char          *name,
                                        gint64           begin);

/* gf-promise.c */
GfPromise     *gf_promise_new_task     (int             priority,
                                        GfTaskFunc      func,
                                        gpointer        data,
                                        GDestroyNotify  destroy,
                                        guint           flags);
GfPromise     *gf_promise_new_call     (int             priority,
                                        const char     *function,
                                        GVariant       *arguments,
                                        guint           flags);
gboolean       gf_promise_begin_remote (GfPromise      *self);
void           gf_promise_end_remote   (GfPromise      *self,
                                        GVariant       *result,
                                        GError         *error,
                                        GBytes         *details);
GVariant      *gf_promise_serve        (GfPromise      *self,
                                        GError        **error);
void           gf_promise_run_and_drop (GfPromise      *self);
void           gf_promise_run_in_queue (GfPromise      *self);
gboolean       gf_promise_cancel_pending (GfPromise    *self);

/* What futures ask of executors. This folder knows no more of them; executor/
 * implements it. */
void           gf_executor_task_begun    (GfExecutor     *self);
void           gf_executor_task_unlisted (GfExecutor     *self,
                                          GfPromise      *task);
void           gf_executor_task_returned (GfExecutor     *self);
gboolean       gf_executor_is_inline     (GfExecutor     *self);
GfHome        *gf_executor_get_task_home (GfExecutor     *self);
char          *gf_executor_dup_name      (GfExecutor     *self);
gboolean       gf_executor_may_run_on_other_threads
                                         (GfExecutor     *self);
GVariant      *gf_function_call          (const char     *name,
                                          GVariant       *arguments,
                                          GfPromise      *promise,
                                          GError        **error);
gboolean       gf_callback_is_bound      (GDestroyNotify  destroy);

G_END_DECLS

/* gf-future-private.h - the inside of futures and promises
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#ifndef GFUTURES_COMPILATION
#error "A private header of libgfutures."
#endif

#include "../loop/gf-home-private.h"
#include "../loop/gf-timer-private.h"
#include "gf-future.h"
#include "gf-promise.h"

#include <stdatomic.h>

G_BEGIN_DECLS

typedef struct _GfFutureClass GfFutureClass;
typedef struct _GfPromiseClass GfPromiseClass;
typedef struct _GfFutureExtra GfFutureExtra;
typedef struct _GfObserver GfObserver;
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
  GF_STATE_REMOTE    = 1 << 24
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
  GfObserver               *callbacks; /* at home, after `done`; oldest first */
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
};

/* A call that was sent elsewhere: how those who wait for it, or withdraw it, get
 * at who has it. */
struct _GfRemote
{
  const GfRemoteFuncs *funcs;
  int                  ref_count;
};

struct _GfRemoteFuncs
{
  /* Somebody else has settled the future. */
  void (*withdrawn) (GfRemote     *self);
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
  gpointer       data;     /* GF_STATE_CALL: a GVariant */
  union {
    GDestroyNotify destroy;
    GfRemote      *remote; /* GF_STATE_CALL; see gf_future_set_remote() */
  }              how;
};

struct _GfPromiseClass
{
  GfFutureClass parent_class;
};

/* One who wants to know when a future is settled. */
struct _GfObserver
{
  GfHomeItem       item;
  GfObserver      *next;
  GfFuture        *future;   /* a reference, once it is on its way */
  GfHome          *home;     /* where the data belongs */
  guint            creator;
  gboolean         at_home;  /* it runs there too */
  gboolean         internal; /* the library's own */
  GfExecutor      *executor; /* else: here, or if NULL in the settling thread */
  GfFutureCallback callback;
  gpointer         data;
  GDestroyNotify   destroy;
};

#define GF_OBSERVERS_TAKEN ((GfObserver *) 1)

static inline guint
gf_future_load_state (GfFuture *self)
{
  /* Acquire: partner of the release in gf_future_seal(), for the outcome. */
  return atomic_load_explicit (&self->state, memory_order_acquire);
}

static inline gboolean
gf_state_is_settled (guint state)
{
  return (state & GF_STATE_MASK) >= GF_FUTURE_STATE_SUCCEEDED;
}

GfFutureExtra *gf_future_get_extra     (GfFuture *self);
GfFutureExtra *gf_future_peek_extra    (GfFuture *self);

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
void           gf_future_begun         (GfFuture *self);
void           gf_future_send          (GfHomeItem *item);
void           gf_future_notify_progress (GfFuture   *self);
void           gf_future_emit          (GfFuture *self,
                                        guint     state);

/* gf-future-value.c */
void           gf_future_init_errors   (void);

/* gf-future-progress.c */
void           gf_future_push_progress (GfFuture *self);
gboolean       gf_future_progress_turn (GfHomeItem *item,
                                        GfHomePhase phase);

/* gf-future-limits.c */
void           gf_future_time_out      (gpointer        future);
void           gf_future_set_cancellable (GfFuture     *self,
                                          GCancellable *cancellable);

/* gf-future-observers.c */
void           gf_future_observe       (GfFuture         *self,
                                        GfFutureCallback  callback,
                                        gpointer          data);
void           gf_observers_notify     (GfFuture         *self);
void           gf_observers_run_home   (GfFuture         *self,
                                        gboolean          run);

/* gf-future-wait.c */
void           gf_waiters_wake         (GfFuture         *self);
void           gf_promise_set_remote   (GfPromise        *self,
                                        GfRemote         *remote);
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
                                        GError         *error);
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
gboolean       gf_executor_may_run_on_other_threads
                                         (GfExecutor     *self);
GVariant      *gf_function_call          (const char     *name,
                                          GVariant       *arguments,
                                          GfPromise      *promise,
                                          GError        **error);
gboolean       gf_callback_is_bound      (GDestroyNotify  destroy);

G_END_DECLS

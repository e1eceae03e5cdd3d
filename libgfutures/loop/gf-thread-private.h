/* gf-thread-private.h - what the library remembers of a thread
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#ifndef GFUTURES_COMPILATION
#error "A private header of libgfutures."
#endif

#include "../gf-types.h"
#include "gf-home-private.h"

#include <stdatomic.h>

G_BEGIN_DECLS

typedef struct _GfThread GfThread;
typedef struct _GfFrame GfFrame;
typedef struct _GfWorkerHooks GfWorkerHooks;
typedef struct _GfStep GfStep;
typedef struct _GfSteps GfSteps;
typedef struct _GfWait GfWait;

/* What must not nest, however long the row of futures is that settle each other.
 * Nothing of the application's. */
typedef void (*GfStepFunc) (gpointer a,
                            gpointer b);

/* One task that runs on the thread; frames nest when a task that waits runs
 * another one. Lives on the stack. */
struct _GfFrame
{
  GfPromise *promise;
  GfHome    *home;
  guint      creator;
  GfFrame   *outer;
};

/* What tasks tell the worker thread that they run on, and waits ask of it. */
struct _GfWorkerHooks
{
  /* A task begins, or ends, in the thread: inside @outer, if not NULL. */
  void     (*begun)   (gpointer   worker,
                       GfPromise *task,
                       GfPromise *outer);
  void     (*ended)   (gpointer   worker,
                       GfPromise *task,
                       GfPromise *outer);
  /* Send a future home, later if a task inside a task settled it, and behind
   * those that were kept; FALSE: there are none. */
  gboolean (*keep)    (gpointer    worker,
                       GfHomeItem *item,
                       gboolean    nested);
  /* Run the awaited task here, if it is the pool's and has not begun. */
  gboolean (*help)    (gpointer  worker,
                       GfFuture *awaited);
  /* Between these two the worker does not work. */
  void     (*block)   (gpointer  worker,
                       GfFuture *awaited);
  void     (*unblock) (gpointer  worker);
  /* The pool whose task or posted function runs, a reference, or NULL. */
  GfExecutor *(*get_executor) (gpointer worker);
};

/* What was put off, and, on the stack, what was put off before it. */
struct _GfSteps
{
  GfStep  *first;
  GfStep  *last;
  GfSteps *outer;
};

struct _GfThread
{
  guint                id;           /* never 0, never reused */
  gboolean             may_spin;     /* there is another processor to wait for */
  gboolean             is_shared;    /* now: nothing of the application's may run here */
  gboolean             is_forwarding; /* now: tasks go to the end of a pool's queue */
  guint                n_frames;
  guint                n_submitted;
  GfFrame             *frame;        /* the innermost */
  GfHome              *home;         /* of home_context, which it may outlive */
  GMainContext        *home_context;
  GSList              *handed_over;  /* see gf_thread_hand_over() */
  gboolean             in_step;      /* see gf_thread_run_step() */
  GfSteps              all_steps;
  GfSteps             *steps;        /* all_steps, or on the stack */
  GfWait              *waits;        /* see gf-future-wanted.c, as the next two */
  gboolean             is_listed;
  atomic_bool          attention;
  guint                n_wanted;
  const GfWorkerHooks *hooks;        /* NULL: not a worker */
  gpointer             worker;
};

/* Where the C library reserves room for it, the pointer is found without a call. */
#ifdef __GLIBC__
#define GF_THREAD_LOCAL _Thread_local __attribute__ ((tls_model ("initial-exec")))
#else
#define GF_THREAD_LOCAL _Thread_local
#endif

extern GF_THREAD_LOCAL GfThread *gf_thread_self;

GfThread *gf_thread_create         (void);
void      gf_thread_hand_over      (GfHome     *home,
                                    GfHomeItem *item);
void      gf_thread_flush_slowly   (GfThread   *self);
GSList   *gf_thread_leave_contexts (void);
void      gf_thread_enter_contexts (GSList     *contexts);
void      gf_thread_run_step       (GfStepFunc  func,
                                    gpointer    a,
                                    gpointer    b);
void      gf_thread_run_foreign    (GfStepFunc  func,
                                    gpointer    a,
                                    gpointer    b);
void      gf_thread_put_step_first (GfStepFunc  func,
                                    gpointer    a,
                                    gpointer    b);
void      gf_thread_run_steps_slowly (GfThread *self);
void      gf_thread_set_free_func  (void      (*func) (GfThread *self));

static inline GfThread *
gf_thread_get (void)
{
  GfThread *thread = gf_thread_self;

  return G_LIKELY (thread != NULL) ? thread : gf_thread_create ();
}

/* For loops that wait a moment for another processor. */
static inline void
gf_thread_relax (void)
{
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause ();
#elif defined(__aarch64__)
  __asm__ __volatile__("yield");
#endif
}

/* Called where a worker or a task has no g_object_unref() under way. */
static inline void
gf_thread_flush (GfThread *self)
{
  if (G_UNLIKELY (self->handed_over != NULL))
    gf_thread_flush_slowly (self);
}

static inline void
gf_thread_run_steps (GfThread *self)
{
  if (G_UNLIKELY (self->steps->first != NULL || self->steps->outer != NULL))
    gf_thread_run_steps_slowly (self);
}

/* The mark of what a thread creates, which it may itself release when no loop
 * runs. What a task creates is its creator's. Nothing is a worker's: 0 is no
 * thread's mark. */
static inline guint
gf_thread_get_creator (GfThread *thread)
{
  if (thread->frame != NULL)
    return thread->frame->creator;

  return thread->hooks == NULL ? thread->id : 0;
}

G_END_DECLS

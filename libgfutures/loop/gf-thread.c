/* gf-thread.c - what the library remembers of a thread
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "gf-thread-private.h"

#include "gf-timer-private.h"

#include <stdatomic.h>

/* How long a g_object_unref() may take to return. */
#define UNREF_US G_USEC_PER_SEC

typedef struct
{
  GfHome     *home;
  GfHomeItem *item;
} GfHandedOver;

struct _GfStep
{
  GfStep    *next;
  GfStepFunc func;
  gpointer   a;
  gpointer   b;
  gboolean   is_foreign;
};

/* Called before a listed thread's record is freed. */
static void (*_Atomic thread_free_func) (GfThread *self);

void
gf_thread_set_free_func (void (*func) (GfThread *self))
{
  atomic_store_explicit (&thread_free_func, func, memory_order_relaxed);
}

static void
gf_thread_free (gpointer data)
{
  GfThread *thread = data;

  if (thread->is_listed)
    atomic_load_explicit (&thread_free_func, memory_order_relaxed) (thread);

  gf_thread_self = NULL;
  g_clear_pointer (&thread->home, gf_home_unref);
  g_free (thread);
}

/* The thread-local pointer is for reading fast, the GPrivate for freeing. */
static GPrivate thread_private = G_PRIVATE_INIT (gf_thread_free);

GF_THREAD_LOCAL GfThread *gf_thread_self;

GfThread *
gf_thread_create (void)
{
  static atomic_uint last_id;
  GfThread *thread = g_new0 (GfThread, 1);

  do
    thread->id = atomic_fetch_add_explicit (&last_id, 1, memory_order_relaxed) + 1;
  while (G_UNLIKELY (thread->id == 0));

  thread->steps = &thread->all_steps;
  thread->may_spin = g_get_num_processors () > 1;

  g_private_set (&thread_private, thread);
  gf_thread_self = thread;

  return thread;
}

static void
gf_handed_over_push (gpointer data)
{
  GfHandedOver *handed_over = data;

  gf_home_push (handed_over->home, handed_over->item);
}

static void
gf_handed_over_free (gpointer data)
{
  GfHandedOver *handed_over = data;

  gf_home_unref (handed_over->home);
  g_free (handed_over);
}

/* Sends an item home that holds an object which is being disposed of: with a
 * reference, so that it lives on.
 *
 * The g_object_unref() that called dispose() is not done with the object, and
 * counts on nobody else to drop the last reference meanwhile: the home must not
 * get it before. In a task that is certain once the task has returned. Other
 * threads do not tell; a second is a long time for a few instructions. */
void
gf_thread_hand_over (GfHome     *home,
                     GfHomeItem *item)
{
  GfThread *thread = gf_thread_get ();
  GfHandedOver *handed_over = g_new (GfHandedOver, 1);

  handed_over->home = gf_home_ref (home);
  handed_over->item = item;

  if (thread->hooks != NULL || thread->frame != NULL)
    thread->handed_over = g_slist_prepend (thread->handed_over, handed_over);
  else
    gf_timer_unref (gf_timer_start (g_get_monotonic_time () + UNREF_US, gf_handed_over_push,
                                    handed_over, gf_handed_over_free));
}

void
gf_thread_flush_slowly (GfThread *self)
{
  GSList *list = g_slist_reverse (g_steal_pointer (&self->handed_over));

  for (GSList *l = list; l != NULL; l = l->next)
    gf_handed_over_push (l->data);
  g_slist_free_full (list, gf_handed_over_free);
}

/* Takes off what was pushed as thread-default context. */
GSList *
gf_thread_leave_contexts (void)
{
  GMainContext *context;
  GSList *contexts = NULL;

  while ((context = g_main_context_get_thread_default ()) != NULL)
    {
      contexts = g_slist_prepend (contexts, g_main_context_ref (context));
      g_main_context_pop_thread_default (context);
    }

  return contexts;
}

/* Pushes it again. */
void
gf_thread_enter_contexts (GSList *contexts)
{
  for (GSList *l = contexts; l != NULL; l = l->next)
    g_main_context_push_thread_default (l->data);
  g_slist_free_full (contexts, (GDestroyNotify) g_main_context_unref);
}

static void
gf_thread_queue_step (GfThread  *self,
                      GfStepFunc func,
                      gpointer   a,
                      gpointer   b,
                      gboolean   is_foreign,
                      gboolean   first)
{
  GfSteps *steps = self->steps;
  GfStep *step = g_new (GfStep, 1);

  *step = (GfStep) { NULL, func, a, b, is_foreign };

  if (first || steps->first == NULL)
    {
      step->next = steps->first;
      steps->first = step;
      if (step->next == NULL)
        steps->last = step;
    }
  else
    {
      steps->last->next = step;
      steps->last = step;
    }
}

/* Calls what is in the queue @steps, and what that adds to the current one. */
static void
gf_thread_drain (GfThread *self,
                 GfSteps  *steps)
{
  while (steps->first != NULL)
    {
      GfStep step = *steps->first;

      g_free (steps->first);
      steps->first = step.next;
      if (steps->first == NULL)
        steps->last = NULL;
      self->in_step = !step.is_foreign;
      step.func (step.a, step.b);
    }
}

/* Calls @func now, or, inside another step of this thread, when that is over. */
void
gf_thread_run_step (GfStepFunc func,
                    gpointer   a,
                    gpointer   b)
{
  GfThread *self = gf_thread_get ();
  GfSteps steps = { NULL, NULL, self->steps };

  if (self->in_step)
    {
      gf_thread_queue_step (self, func, a, b, FALSE, FALSE);
      return;
    }

  /* Inside foreign code that is one of a row of steps, the rest of the row waits
   * for it: else the next one would be called inside this one, and so on. */
  self->steps = &steps;
  self->in_step = TRUE;
  func (a, b);
  gf_thread_drain (self, &steps);
  self->in_step = FALSE;
  self->steps = steps.outer;
}

/* The same for the application's code: steps do not wait for it, for it may run
 * a main loop. */
void
gf_thread_run_foreign (GfStepFunc func,
                       gpointer   a,
                       gpointer   b)
{
  GfThread *self = gf_thread_get ();

  if (self->in_step)
    gf_thread_queue_step (self, func, a, b, TRUE, FALSE);
  else
    func (a, b);
}

/* For a step that is one of a row: calls @func next, before what was put off. */
void
gf_thread_put_step_first (GfStepFunc func,
                          gpointer   a,
                          gpointer   b)
{
  gf_thread_queue_step (gf_thread_get (), func, a, b, FALSE, TRUE);
}

/* Calls all that was put off: before the thread blocks, turns a loop or runs
 * foreign code, which may depend on it. */
void
gf_thread_run_steps_slowly (GfThread *self)
{
  gboolean in_step = self->in_step;

  for (GfSteps *steps = self->steps; steps != NULL; steps = steps->outer)
    {
      gf_thread_drain (self, steps);
      /* What it has added. */
      gf_thread_drain (self, self->steps);
    }

  self->in_step = in_step;
}

/* test-executors.h - a fixture for each kind of executor
 *
 * What every executor promises is tested against every kind for which it makes
 * sense: pools of one and of four workers, a main context turned by another
 * thread, the main context of the test itself, the inline executor, and one
 * derived here that implements enqueue and nothing else.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "gf-test.h"

/* An executor with nothing but enqueue: a thread for each task */

#define TEST_TYPE_EXECUTOR (test_executor_get_type ())
G_DECLARE_FINAL_TYPE (TestExecutor, test_executor, TEST, EXECUTOR, GfExecutor)

struct _TestExecutor
{
  GfExecutor parent_instance;
};

G_DEFINE_TYPE (TestExecutor, test_executor, GF_TYPE_EXECUTOR)

static gpointer
test_executor_thread (gpointer data)
{
  g_autoptr (GfPromise) task = data;

  gf_promise_run (task);
  return NULL;
}

static void
test_executor_enqueue (GfExecutor *executor,
                       GfPromise  *task)
{
  GThread *thread;

  /* The stacks of all the threads that a stress starts have no room in 32 bits: those of
   * earlier tasks end. */
  while ((thread = g_thread_try_new ("derived", test_executor_thread, task, NULL)) == NULL)
    g_thread_yield ();
  g_thread_unref (thread);
}

static void
test_executor_class_init (TestExecutorClass *klass)
{
  GF_EXECUTOR_CLASS (klass)->enqueue = test_executor_enqueue;
}

static void
test_executor_init (TestExecutor *self)
{
}

/* The kinds */

typedef enum
{
  KIND_POOL_1,
  KIND_POOL_4,
  KIND_LOOP_THREAD,
  KIND_DERIVED,
  KIND_MAIN_CONTEXT,
  KIND_INLINE,
  N_KINDS
} Kind;

static const char *const kind_names[N_KINDS] = {
  "pool-1", "pool-4", "loop-thread", "derived", "main-context", "inline"
};

#define BIT(kind) (1u << (kind))
#define ALL (BIT (N_KINDS) - 1)
/* tasks run on other threads */
#define ELSEWHERE (BIT (KIND_POOL_1) | BIT (KIND_POOL_4) | BIT (KIND_LOOP_THREAD) | BIT (KIND_DERIVED))
/* tasks run one after the other on another thread */
#define ONE_BY_ONE (BIT (KIND_POOL_1) | BIT (KIND_LOOP_THREAD))
/* there is one of them, and nobody may shut it down */
#define OWNED (ALL & ~BIT (KIND_INLINE))
/* tasks can be pending, and what waits in between is not the test's own loop */
#define QUEUED (ONE_BY_ONE | BIT (KIND_MAIN_CONTEXT))

typedef struct
{
  GfExecutor *executor;
  Kind kind;
  TestGate gate;
  TestGate second_gate;
  TestRecord record;
  GMainLoop *loop;
  GThread *loop_thread;
  guint n_runs;
} Fixture;

static gpointer
loop_thread (gpointer data)
{
  GMainLoop *loop = data;

  g_main_context_push_thread_default (g_main_loop_get_context (loop));
  g_main_loop_run (loop);
  g_main_context_pop_thread_default (g_main_loop_get_context (loop));
  g_main_loop_unref (loop);
  return NULL;
}

static void
set_up (Fixture      *self,
        gconstpointer data)
{
  self->kind = GPOINTER_TO_UINT (data);
  test_gate_init (&self->gate);
  test_gate_init (&self->second_gate);
  test_record_init (&self->record);

  switch (self->kind)
    {
    case KIND_POOL_1:
      self->executor = gf_thread_pool_executor_new (1);
      break;
    case KIND_POOL_4:
      self->executor = gf_thread_pool_executor_new (4);
      break;
    case KIND_LOOP_THREAD:
      {
        g_autoptr (GMainContext) context = g_main_context_new ();

        self->loop = g_main_loop_new (context, FALSE);
        self->loop_thread = g_thread_new ("loop", loop_thread, g_main_loop_ref (self->loop));
        self->executor = gf_main_context_executor_new (context);
        break;
      }
    case KIND_DERIVED:
      self->executor = g_object_new (TEST_TYPE_EXECUTOR, NULL);
      break;
    case KIND_MAIN_CONTEXT:
      self->executor = gf_main_context_executor_new (NULL);
      break;
    case KIND_INLINE:
      self->executor = g_object_ref (gf_inline_executor_get ());
      break;
    case N_KINDS:
    default:
      g_assert_not_reached ();
    }
}

static gboolean
quit_cb (gpointer loop)
{
  g_main_loop_quit (loop);
  return G_SOURCE_REMOVE;
}

static void
tear_down (Fixture      *self,
           gconstpointer data)
{
  /* whatever is left at the gates goes through */
  test_gate_open (&self->gate);
  test_gate_open (&self->second_gate);
  if (self->executor)
    {
      if (BIT (self->kind) & ELSEWHERE)
        gf_executor_shutdown (self->executor, TRUE, FALSE);
      test_drain ();
      g_clear_object (&self->executor);
    }
  if (self->loop)
    {
      g_autoptr (GSource) quit = g_idle_source_new ();

      g_source_set_priority (quit, G_MAXINT);
      g_source_set_callback (quit, quit_cb, self->loop, NULL);
      g_source_attach (quit, g_main_loop_get_context (self->loop));
      g_thread_join (self->loop_thread);
      g_main_loop_unref (self->loop);
    }
  test_drain ();
  g_assert_cmpuint (self->record.n_alive, ==, 0);
  g_assert_cmpuint (self->record.n_elsewhere, ==, 0);
  test_record_clear (&self->record);
  test_gate_clear (&self->gate);
  test_gate_clear (&self->second_gate);
}

static void
settle (GfFuture *future)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (gf_future_run_until_done (future, NULL, &error));
  g_assert_no_error (error);
}

static void
add_for_kinds (const char *name,
               guint       kinds,
               void      (*func) (Fixture *, gconstpointer))
{
  for (guint kind = 0; kind < N_KINDS; kind++)
    if (kinds & BIT (kind))
      {
        g_autofree char *path = g_strdup_printf ("/executor/%s/%s", kind_names[kind], name);

        g_test_add (path, Fixture, GUINT_TO_POINTER (kind), set_up, func, tear_down);
      }
}

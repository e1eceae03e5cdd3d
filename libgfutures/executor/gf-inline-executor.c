/* gf-inline-executor.c - runs tasks at once in the calling thread
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "gf-inline-executor.h"

#include "gf-executor-private.h"

/**
 * SECTION:gf-inline-executor
 * @title: GfInlineExecutor
 * @short_description: runs tasks at once in the calling thread
 *
 * A #GfInlineExecutor runs each task inside gf_executor_submit(), in the calling
 * thread, and returns a settled future: for tests, for work that is not worth
 * a thread, and for gf_future_add_done_callback().
 */

/**
 * GfInlineExecutor:
 *
 * An executor that runs tasks at once in the calling thread.
 *
 * Since: 1.0
 */
struct _GfInlineExecutor
{
  GfExecutor parent_instance;
};

G_DEFINE_FINAL_TYPE (GfInlineExecutor, gf_inline_executor, GF_TYPE_EXECUTOR)

static void
gf_inline_executor_enqueue (GfExecutor *executor G_GNUC_UNUSED,
                            GfPromise  *task)
{
  gf_promise_run_and_drop (task);
}

static void
gf_inline_executor_class_init (GfInlineExecutorClass *klass)
{
  GF_EXECUTOR_CLASS (klass)->enqueue = gf_inline_executor_enqueue;
}

static void
gf_inline_executor_init (GfInlineExecutor *self)
{
  static const GfExecutorTraits traits = { .is_inline = TRUE };

  gf_executor_set_traits (GF_EXECUTOR (self), &traits);
}

/**
 * gf_inline_executor_get:
 *
 * Gets the executor that runs tasks in the calling thread, shared by the
 * process. It may be used from any thread.
 *
 * Returns: (transfer none): the executor
 *
 * Since: 1.0
 */
GfExecutor *
gf_inline_executor_get (void)
{
  static GfExecutor *executor;

  if (g_once_init_enter (&executor))
    {
      GfExecutor *made = g_object_new (GF_TYPE_INLINE_EXECUTOR,
                                       "max-workers", 1,
                                       "label", "inline",
                                       NULL);

      gf_executor_set_permanent (made);
      g_once_init_leave (&executor, made);
    }

  return executor;
}

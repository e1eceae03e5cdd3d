/* gf-executor-task.c - executors for code that uses GTask
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "gf-executor-private.h"

typedef struct
{
  GTask          *task;
  GTaskThreadFunc func;
} GfTaskRun;

static void
gf_task_run_free (gpointer data)
{
  GfTaskRun *run = data;

  g_object_unref (run->task);
  g_free (run);
}

static void
gf_task_run (GfPromise *promise G_GNUC_UNUSED,
             gpointer   data,
             GError   **error G_GNUC_UNUSED)
{
  GfTaskRun *run = data;

  run->func (run->task, g_task_get_source_object (run->task), g_task_get_task_data (run->task),
             g_task_get_cancellable (run->task));
}

static void
gf_task_run_settled (GfFuture *future,
                     gpointer  task)
{
  const GError *error = gf_future_get_error (future);

  /* Its function never ran. */
  if (error != NULL)
    g_task_return_error (task, g_error_copy (error));
  g_object_unref (task);
}

/**
 * gf_executor_run_in_thread: (skip)
 * @self: an executor
 * @task: a task
 * @func: the function to run
 *
 * Runs @func as g_task_run_in_thread() would, but on this executor and with the
 * task's priority. @func returns a result on @task, which is delivered to the
 * task's own context. If the executor was shut down, or is before @func begins
 * and cancels its futures, @task returns that error.
 *
 * The call does not block and may be made from any thread. For C, where #GTask
 * is used; other languages submit.
 *
 * Since: 1.0
 */
void
gf_executor_run_in_thread (GfExecutor     *self,
                           GTask          *task,
                           GTaskThreadFunc func)
{
  g_autoptr (GfFuture) future = NULL;
  GfTaskRun *run;

  g_return_if_fail (GF_IS_EXECUTOR (self));
  g_return_if_fail (G_IS_TASK (task));
  g_return_if_fail (func != NULL);

  run = g_new0 (GfTaskRun, 1);
  run->task = g_object_ref (task);
  run->func = func;

  future = gf_executor_submit_full (self, g_task_get_priority (task), NULL,
                                    gf_task_run, run, gf_task_run_free);
  gf_future_observe (future, gf_task_run_settled, g_object_ref (task));
}

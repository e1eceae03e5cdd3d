/* gf-process-pool-executor.c - runs tasks in worker processes
 *
 * The public side: properties and signals. The work is the pool's, see
 * gf-process-pool.c.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "gf-process-pool-private.h"

#include "../loop/gf-thread-private.h"

#include <signal.h>
#include <unistd.h>

/**
 * SECTION:gf-process-pool-executor
 * @title: GfProcessPoolExecutor
 * @short_description: runs tasks in worker processes
 *
 * A #GfProcessPoolExecutor calls named functions in processes of their own, so
 * that a crash or a leak cannot hurt the application, and languages that run one
 * thread at a time compute in parallel. gf_executor_call() and gf_executor_map()
 * mean the same as on a thread pool; closures (gf_executor_submit()) cannot
 * travel, and fail with %G_IO_ERROR_NOT_SUPPORTED.
 *
 * A program can be its own worker:
 *
 * |[<!-- language="C" -->
 * #include <gfutures.h>
 *
 * static GVariant *
 * add (GVariant *arguments, GfPromise *promise, gpointer user_data, GError **error)
 * {
 *   gint32 a, b;
 *
 *   g_variant_get (arguments, "(ii)", &a, &b);
 *   return g_variant_new_int32 (a + b);
 * }
 *
 * int
 * main (int argc, char **argv)
 * {
 *   g_autoptr (GfExecutor) pool = NULL;
 *   g_autoptr (GfFuture) future = NULL;
 *   g_autoptr (GError) error = NULL;
 *
 *   gf_function_register ("add", add, NULL, NULL);
 *   if (gf_worker_requested ())
 *     return gf_worker_run (argc, argv);
 *
 *   pool = gf_process_pool_executor_new_for_self (2);
 *   future = gf_executor_call (pool, "add", g_variant_new ("(ii)", 40, 2));
 *   if (gf_future_result (future, -1, NULL, &error) == NULL)
 *     g_error ("%s", error->message);
 *   g_print ("%d\n", g_variant_get_int32 (gf_future_get_variant (future, NULL)));
 *
 *   return 0;
 * }
 * ]|
 *
 * Or the functions are in a shared object that exports
 * `void gf_module_register (void)`, which registers them; the stock worker loads
 * those of #GfProcessPoolExecutor:modules. Or the worker is a program in another
 * language, see the chapter on the protocol.
 *
 * Workers start when there are tasks for them, up to #GfExecutor:max-workers,
 * and end when they have been idle, when the pool has been shut down, and when
 * the application ends, however it ends.
 *
 * If a worker dies, the task that it was running fails with
 * %GF_FUTURE_ERROR_WORKER_DIED, or runs once more, see
 * #GfProcessPoolExecutor:max-retries; all others go on. Only if several workers
 * in a row cannot be started, or an initializer fails, the pool is broken: its
 * tasks fail with %GF_FUTURE_ERROR_BROKEN_EXECUTOR.
 *
 * A future that is cancelled, or times out, is settled at once; the worker is
 * told, and killed and replaced if the function has not returned after
 * #GfProcessPoolExecutor:cancel-grace.
 *
 * Arguments and results may be as large as
 * #GfProcessPoolExecutor:max-message-size; for many megabytes see #GfBuffer. A
 * type with handles (`h`) is refused with %G_IO_ERROR_INVALID_ARGUMENT; a handle
 * inside a variant (`v`) travels as the mere number.
 *
 * Properties may be set on any thread, which is where they are notified; workers
 * that start afterwards follow them. The pool may be used from any thread.
 */

/**
 * GfProcessPoolExecutor:
 *
 * An executor that runs tasks in worker processes.
 *
 * Since: 1.0
 */
struct _GfProcessPoolExecutor
{
  GfExecutor     parent_instance;

  GfProcessPool *pool;
  GfHome        *home;
};

G_DEFINE_FINAL_TYPE (GfProcessPoolExecutor, gf_process_pool_executor, GF_TYPE_EXECUTOR)

G_DEFINE_ENUM_TYPE (GfWorkerTransport, gf_worker_transport,
                    G_DEFINE_ENUM_VALUE (GF_WORKER_TRANSPORT_AUTO, "auto"),
                    G_DEFINE_ENUM_VALUE (GF_WORKER_TRANSPORT_SOCKET, "socket"),
                    G_DEFINE_ENUM_VALUE (GF_WORKER_TRANSPORT_STDIO, "stdio"))

#define LARGEST_MAX_WORKERS   1024
#define CANCEL_GRACE_MS       1000
#define START_TIMEOUT_MS      30000
#define IDLE_TIMEOUT_MS       60000
#define MAX_MESSAGE_SIZE      (G_GUINT64_CONSTANT (1) << 31)

enum {
  PROP_WORKER_ARGV = 1,
  PROP_LAUNCHER,
  PROP_TRANSPORT,
  PROP_MODULES,
  PROP_ENVIRONMENT,
  PROP_WORKING_DIRECTORY,
  PROP_MAX_TASKS_PER_WORKER,
  PROP_TASK_TIMEOUT,
  PROP_CANCEL_GRACE,
  PROP_MAX_MESSAGE_SIZE,
  PROP_MEMORY_LIMIT,
  PROP_MAX_RETRIES,
  PROP_INITIALIZER,
  PROP_INITIALIZER_ARGUMENTS,
  PROP_START_TIMEOUT,
  PROP_IDLE_TIMEOUT,
  N_PROPS
};

static GParamSpec *props[N_PROPS];

enum {
  WORKER_STARTED,
  WORKER_EXITED,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

/* ---- signals ---- */

/* Does not keep the executor alive. */
typedef struct
{
  GfHomeItem item;
  GWeakRef   executor;
  gboolean   started;
  guint      pid;
  int        wait_status;
} GfAnnouncement;

static gboolean
gf_announcement_turn (GfHomeItem *item,
                      GfHomePhase phase)
{
  GfAnnouncement *self = (GfAnnouncement *) item;
  g_autoptr (GObject) executor = phase != GF_HOME_DROP ? g_weak_ref_get (&self->executor) : NULL;

  /* In a program without a loop they must not pile up. */
  if (phase == GF_HOME_RELIEVE && executor != NULL &&
      g_signal_has_handler_pending (executor, signals[self->started ? WORKER_STARTED : WORKER_EXITED], 0, TRUE))
    return FALSE;

  if (phase != GF_HOME_RELIEVE)
    {
      if (executor != NULL && self->started)
        g_signal_emit (executor, signals[WORKER_STARTED], 0, self->pid);
      else if (executor != NULL)
        g_signal_emit (executor, signals[WORKER_EXITED], 0, self->pid, self->wait_status);
    }

  g_weak_ref_clear (&self->executor);
  g_free (self);

  return TRUE;
}

/* Any thread may call this. */
void
gf_process_pool_executor_announce (GfExecutor *executor,
                                   gboolean    started,
                                   guint       pid,
                                   int         wait_status)
{
  GfAnnouncement *announcement = g_new0 (GfAnnouncement, 1);

  announcement->item.func = gf_announcement_turn;
  g_weak_ref_init (&announcement->executor, executor);
  announcement->started = started;
  announcement->pid = pid;
  announcement->wait_status = wait_status;
  gf_home_push (GF_PROCESS_POOL_EXECUTOR (executor)->home, &announcement->item);
}

/* ---- the executor ---- */

static void
gf_process_pool_executor_enqueue (GfExecutor *executor,
                                  GfPromise  *task)
{
  gf_process_pool_enqueue (GF_PROCESS_POOL_EXECUTOR (executor)->pool, task);
}

static gboolean
gf_process_pool_executor_post (GfExecutor *executor G_GNUC_UNUSED,
                               GfPostFunc  func G_GNUC_UNUSED,
                               gpointer    data G_GNUC_UNUSED)
{
  return FALSE;
}

static void
gf_process_pool_executor_stop (GfExecutor *executor,
                               gboolean    cancel_futures)
{
  if (cancel_futures)
    gf_process_pool_cancel (GF_PROCESS_POOL_EXECUTOR (executor)->pool);
}

static void
gf_process_pool_executor_finished (GfExecutor *executor)
{
  gf_process_pool_close (GF_PROCESS_POOL_EXECUTOR (executor)->pool);
}

static void
gf_process_pool_executor_constructed (GObject *object)
{
  GfProcessPoolExecutor *self = GF_PROCESS_POOL_EXECUTOR (object);
  guint max_workers = gf_executor_get_max_workers (GF_EXECUTOR (self));

  if (max_workers == 0)
    max_workers = g_get_num_processors ();
  max_workers = MIN (max_workers, LARGEST_MAX_WORKERS);
  gf_executor_set_max_workers (GF_EXECUTOR (self), max_workers);
  self->pool->max_workers = max_workers;

  G_OBJECT_CLASS (gf_process_pool_executor_parent_class)->constructed (object);
}

static void
gf_process_pool_executor_finalize (GObject *object)
{
  GfProcessPoolExecutor *self = GF_PROCESS_POOL_EXECUTOR (object);

  gf_process_pool_unref (self->pool);
  gf_home_unref (self->home);

  G_OBJECT_CLASS (gf_process_pool_executor_parent_class)->finalize (object);
}

static void
gf_process_pool_executor_get_property (GObject    *object,
                                       guint       prop_id,
                                       GValue     *value,
                                       GParamSpec *pspec)
{
  GfProcessPool *pool = GF_PROCESS_POOL_EXECUTOR (object)->pool;
  const GfProcessSettings *settings = &pool->settings;

  g_mutex_lock (&pool->lock);

  switch (prop_id)
    {
    case PROP_WORKER_ARGV:
      g_value_set_boxed (value, settings->worker_argv);
      break;
    case PROP_LAUNCHER:
      g_value_set_boxed (value, settings->launcher);
      break;
    case PROP_TRANSPORT:
      g_value_set_enum (value, settings->transport);
      break;
    case PROP_MODULES:
      g_value_set_boxed (value, settings->modules);
      break;
    case PROP_ENVIRONMENT:
      g_value_set_boxed (value, settings->environment);
      break;
    case PROP_WORKING_DIRECTORY:
      g_value_set_string (value, settings->working_directory);
      break;
    case PROP_MAX_TASKS_PER_WORKER:
      g_value_set_uint (value, settings->max_tasks_per_worker);
      break;
    case PROP_TASK_TIMEOUT:
      g_value_set_int64 (value, settings->task_timeout);
      break;
    case PROP_CANCEL_GRACE:
      g_value_set_uint (value, settings->cancel_grace);
      break;
    case PROP_MAX_MESSAGE_SIZE:
      g_value_set_uint64 (value, pool->max_message_size);
      break;
    case PROP_MEMORY_LIMIT:
      g_value_set_uint64 (value, settings->memory_limit);
      break;
    case PROP_MAX_RETRIES:
      g_value_set_uint (value, settings->max_retries);
      break;
    case PROP_INITIALIZER:
      g_value_set_string (value, settings->initializer);
      break;
    case PROP_INITIALIZER_ARGUMENTS:
      g_value_set_variant (value, settings->initializer_arguments);
      break;
    case PROP_START_TIMEOUT:
      g_value_set_uint (value, settings->start_timeout);
      break;
    case PROP_IDLE_TIMEOUT:
      g_value_set_uint (value, settings->idle_timeout);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }

  g_mutex_unlock (&pool->lock);
}

/* These say whether something has changed. */

static gboolean
set_strings (char         ***strings,
             const GValue   *value)
{
  const char * const *added = g_value_get_boxed (value);

  /* An empty one is none. */
  if (added != NULL && added[0] == NULL)
    added = NULL;
  if (added == (gpointer) *strings ||
      (added != NULL && *strings != NULL && g_strv_equal (added, (const char * const *) *strings)))
    return FALSE;

  g_strfreev (*strings);
  *strings = g_strdupv ((char **) added);

  return TRUE;
}

static gboolean
set_string (char         **string,
            const GValue  *value)
{
  if (g_strcmp0 (*string, g_value_get_string (value)) == 0)
    return FALSE;

  g_free (*string);
  *string = g_value_dup_string (value);

  return TRUE;
}

static gboolean
set_variant (GVariant     **variant,
             const GValue  *value)
{
  GVariant *added = g_value_get_variant (value);

  if (added == *variant || (added != NULL && *variant != NULL && g_variant_equal (added, *variant)))
    return FALSE;

  g_clear_pointer (variant, g_variant_unref);
  *variant = g_value_dup_variant (value);

  return TRUE;
}

static gboolean
set_uint (guint        *number,
          const GValue *value)
{
  gboolean changed = *number != g_value_get_uint (value);

  *number = g_value_get_uint (value);

  return changed;
}

static void
gf_process_pool_executor_set_property (GObject      *object,
                                       guint         prop_id,
                                       const GValue *value,
                                       GParamSpec   *pspec)
{
  GfProcessPool *pool = GF_PROCESS_POOL_EXECUTOR (object)->pool;
  GfProcessSettings *settings = &pool->settings;
  gboolean changed = FALSE;

  g_mutex_lock (&pool->lock);

  switch (prop_id)
    {
    case PROP_WORKER_ARGV:
      changed = set_strings (&settings->worker_argv, value);
      break;
    case PROP_LAUNCHER:
      changed = set_strings (&settings->launcher, value);
      break;
    case PROP_TRANSPORT:
      changed = settings->transport != (GfWorkerTransport) g_value_get_enum (value);
      settings->transport = g_value_get_enum (value);
      break;
    case PROP_MODULES:
      changed = set_strings (&settings->modules, value);
      break;
    case PROP_ENVIRONMENT:
      changed = set_strings (&settings->environment, value);
      break;
    case PROP_WORKING_DIRECTORY:
      changed = set_string (&settings->working_directory, value);
      break;
    case PROP_MAX_TASKS_PER_WORKER:
      changed = set_uint (&settings->max_tasks_per_worker, value);
      break;
    case PROP_TASK_TIMEOUT:
      changed = settings->task_timeout != g_value_get_int64 (value);
      settings->task_timeout = g_value_get_int64 (value);
      break;
    case PROP_CANCEL_GRACE:
      changed = set_uint (&settings->cancel_grace, value);
      break;
    case PROP_MAX_MESSAGE_SIZE:
      changed = atomic_exchange_explicit (&pool->max_message_size, g_value_get_uint64 (value),
                                          memory_order_relaxed) != g_value_get_uint64 (value);
      break;
    case PROP_MEMORY_LIMIT:
      changed = settings->memory_limit != g_value_get_uint64 (value);
      settings->memory_limit = g_value_get_uint64 (value);
      break;
    case PROP_MAX_RETRIES:
      changed = set_uint (&settings->max_retries, value);
      break;
    case PROP_INITIALIZER:
      changed = set_string (&settings->initializer, value);
      break;
    case PROP_INITIALIZER_ARGUMENTS:
      changed = set_variant (&settings->initializer_arguments, value);
      break;
    case PROP_START_TIMEOUT:
      changed = set_uint (&settings->start_timeout, value);
      break;
    case PROP_IDLE_TIMEOUT:
      changed = set_uint (&settings->idle_timeout, value);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }

  g_mutex_unlock (&pool->lock);

  if (changed)
    g_object_notify_by_pspec (object, pspec);
}

static void
gf_process_pool_executor_class_init (GfProcessPoolExecutorClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GfExecutorClass *executor_class = GF_EXECUTOR_CLASS (klass);
  const GParamFlags flags = G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY;

  object_class->constructed = gf_process_pool_executor_constructed;
  object_class->finalize = gf_process_pool_executor_finalize;
  object_class->get_property = gf_process_pool_executor_get_property;
  object_class->set_property = gf_process_pool_executor_set_property;

  executor_class->enqueue = gf_process_pool_executor_enqueue;
  executor_class->post = gf_process_pool_executor_post;
  executor_class->stop = gf_process_pool_executor_stop;

  /**
   * GfProcessPoolExecutor:worker-argv:
   *
   * The command line of the workers; %NULL for the stock worker.
   *
   * Since: 1.0
   */
  props[PROP_WORKER_ARGV] =
    g_param_spec_boxed ("worker-argv", NULL, NULL, G_TYPE_STRV, G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | G_PARAM_CONSTRUCT_ONLY);

  /**
   * GfProcessPoolExecutor:launcher:
   *
   * What comes before the workers' command line, to run them elsewhere or
   * confined: `ssh host`, `bwrap …`, `srun …`. See
   * #GfProcessPoolExecutor:transport.
   *
   * Since: 1.0
   */
  props[PROP_LAUNCHER] = g_param_spec_boxed ("launcher", NULL, NULL, G_TYPE_STRV, flags);

  /**
   * GfProcessPoolExecutor:transport:
   *
   * How the pool talks to its workers.
   *
   * Since: 1.0
   */
  props[PROP_TRANSPORT] =
    g_param_spec_enum ("transport", NULL, NULL, GF_TYPE_WORKER_TRANSPORT, GF_WORKER_TRANSPORT_AUTO, flags);

  /**
   * GfProcessPoolExecutor:modules:
   *
   * The shared objects that the stock worker loads. Each exports
   * `void gf_module_register (void)`, which registers its functions.
   *
   * Since: 1.0
   */
  props[PROP_MODULES] = g_param_spec_boxed ("modules", NULL, NULL, G_TYPE_STRV, flags);

  /**
   * GfProcessPoolExecutor:environment:
   *
   * What the workers' environment has besides the application's: `NAME=VALUE`
   * each, or `NAME` for a variable that they are not to have.
   *
   * Since: 1.0
   */
  props[PROP_ENVIRONMENT] = g_param_spec_boxed ("environment", NULL, NULL, G_TYPE_STRV, flags);

  /**
   * GfProcessPoolExecutor:working-directory:
   *
   * The directory that the workers start in; %NULL for the application's.
   *
   * Since: 1.0
   */
  props[PROP_WORKING_DIRECTORY] = g_param_spec_string ("working-directory", NULL, NULL, NULL, flags);

  /**
   * GfProcessPoolExecutor:max-tasks-per-worker:
   *
   * After how many tasks a worker is replaced; 0 for never.
   *
   * Since: 1.0
   */
  props[PROP_MAX_TASKS_PER_WORKER] =
    g_param_spec_uint ("max-tasks-per-worker", NULL, NULL, 0, G_MAXUINT, 0, flags);

  /**
   * GfProcessPoolExecutor:task-timeout:
   *
   * How long a task may run, in microseconds; 0 for as long as it likes. Then
   * its future fails with %G_IO_ERROR_TIMED_OUT.
   *
   * Since: 1.0
   */
  props[PROP_TASK_TIMEOUT] =
    g_param_spec_int64 ("task-timeout", NULL, NULL, -1, G_MAXINT64, 0, flags);

  /**
   * GfProcessPoolExecutor:cancel-grace:
   *
   * How long a task whose future was cancelled, or timed out, may take to
   * return, in milliseconds. Then its worker is killed.
   *
   * Since: 1.0
   */
  props[PROP_CANCEL_GRACE] =
    g_param_spec_uint ("cancel-grace", NULL, NULL, 0, G_MAXUINT, CANCEL_GRACE_MS, flags);

  /**
   * GfProcessPoolExecutor:max-message-size:
   *
   * How many bytes arguments or results may have. Larger ones fail with
   * %GF_FUTURE_ERROR_MESSAGE_TOO_LARGE.
   *
   * Since: 1.0
   */
  props[PROP_MAX_MESSAGE_SIZE] =
    g_param_spec_uint64 ("max-message-size", NULL, NULL, 4096, G_MAXINT64, MAX_MESSAGE_SIZE, flags);

  /**
   * GfProcessPoolExecutor:memory-limit:
   *
   * How much memory a worker may have in use, in bytes; 0 for as much as it
   * likes. One that exceeds it ends, and its task fails with
   * %GF_FUTURE_ERROR_WORKER_DIED. It is the memory in use (resident), not the
   * address space, and is looked at every few milliseconds.
   *
   * Since: 1.0
   */
  props[PROP_MEMORY_LIMIT] =
    g_param_spec_uint64 ("memory-limit", NULL, NULL, 0, G_MAXUINT64, 0, flags);

  /**
   * GfProcessPoolExecutor:max-retries:
   *
   * How many times a task runs once more because its worker died. It may have
   * had effects before that.
   *
   * Since: 1.0
   */
  props[PROP_MAX_RETRIES] =
    g_param_spec_uint ("max-retries", NULL, NULL, 0, G_MAXUINT, 0, flags);

  /**
   * GfProcessPoolExecutor:initializer:
   *
   * The name of a function that each worker calls before its first task. If it
   * fails, the pool is broken.
   *
   * Since: 1.0
   */
  props[PROP_INITIALIZER] = g_param_spec_string ("initializer", NULL, NULL, NULL, flags);

  /**
   * GfProcessPoolExecutor:initializer-arguments:
   *
   * The arguments of #GfProcessPoolExecutor:initializer.
   *
   * Since: 1.0
   */
  props[PROP_INITIALIZER_ARGUMENTS] =
    g_param_spec_variant ("initializer-arguments", NULL, NULL, G_VARIANT_TYPE_ANY, NULL, flags);

  /**
   * GfProcessPoolExecutor:start-timeout:
   *
   * How long a worker may take to start, its initializer included, in
   * milliseconds.
   *
   * Since: 1.0
   */
  props[PROP_START_TIMEOUT] =
    g_param_spec_uint ("start-timeout", NULL, NULL, 1, G_MAXUINT, START_TIMEOUT_MS, flags);

  /**
   * GfProcessPoolExecutor:idle-timeout:
   *
   * How long a worker without work stays, in milliseconds.
   *
   * Since: 1.0
   */
  props[PROP_IDLE_TIMEOUT] =
    g_param_spec_uint ("idle-timeout", NULL, NULL, 0, G_MAXUINT, IDLE_TIMEOUT_MS, flags);

  g_object_class_install_properties (object_class, N_PROPS, props);

  /**
   * GfProcessPoolExecutor::worker-started:
   * @self: a process pool
   * @pid: the process
   *
   * A worker has started. Emitted in a later turn of the thread-default context
   * of the thread that created the pool.
   *
   * Since: 1.0
   */
  signals[WORKER_STARTED] =
    g_signal_new ("worker-started", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0,
                  NULL, NULL, NULL, G_TYPE_NONE, 1, G_TYPE_UINT);

  /**
   * GfProcessPoolExecutor::worker-exited:
   * @self: a process pool
   * @pid: the process
   * @wait_status: how it ended, for g_spawn_check_wait_status()
   *
   * A worker that had started has ended, and was reaped. Emitted in a later turn
   * of the thread-default context of the thread that created the pool.
   *
   * Since: 1.0
   */
  signals[WORKER_EXITED] =
    g_signal_new ("worker-exited", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0,
                  NULL, NULL, NULL, G_TYPE_NONE, 2, G_TYPE_UINT, G_TYPE_INT);
}

static void
gf_process_pool_executor_init (GfProcessPoolExecutor *self)
{
  static const GfExecutorTraits traits = {
    .uses_threads = TRUE,
    .outlives_references = TRUE,
    .finished = gf_process_pool_executor_finished,
    .closes_later = TRUE,
  };

  gf_executor_set_traits (GF_EXECUTOR (self), &traits);
  self->home = gf_home_get_current ();
  self->pool = gf_process_pool_new (GF_EXECUTOR (self));
  self->pool->settings.cancel_grace = CANCEL_GRACE_MS;
  self->pool->settings.start_timeout = START_TIMEOUT_MS;
  self->pool->settings.idle_timeout = IDLE_TIMEOUT_MS;
  self->pool->max_message_size = MAX_MESSAGE_SIZE;
}

/**
 * gf_process_pool_executor_new:
 * @max_workers: how many workers there are at most; 0 for the number of
 *   processors, and more than 1024 is taken for 1024
 * @worker_argv: (array zero-terminated=1) (nullable): the command line of the
 *   workers, or %NULL for the stock worker
 *
 * Creates a process pool. Nothing is started before there is a task. The pool
 * may be used from any thread.
 *
 * Returns: (transfer full) (type GFutures.ProcessPoolExecutor): a new executor
 *
 * Since: 1.0
 */
GfExecutor *
gf_process_pool_executor_new (guint                max_workers,
                              const char * const  *worker_argv)
{
  return g_object_new (GF_TYPE_PROCESS_POOL_EXECUTOR,
                       "max-workers", max_workers,
                       "worker-argv", worker_argv,
                       NULL);
}

/**
 * gf_process_pool_executor_new_for_self:
 * @max_workers: how many workers there are at most; 0 for the number of
 *   processors, and more than 1024 is taken for 1024
 *
 * Creates a process pool whose workers run this very program. Its main function
 * begins with gf_worker_requested(). A program in an interpreted language is its
 * interpreter, and needs gf_process_pool_executor_new().
 *
 * Returns: (transfer full) (type GFutures.ProcessPoolExecutor): a new executor
 *
 * Since: 1.0
 */
GfExecutor *
gf_process_pool_executor_new_for_self (guint max_workers)
{
  g_autofree char *program = g_file_read_link ("/proc/self/exe", NULL);
  const char *argv[] = { program, NULL };

  /* It was replaced by a newer one: this one still runs. */
  if (program == NULL || access (program, X_OK) != 0)
    argv[0] = "/proc/self/exe";

  return gf_process_pool_executor_new (max_workers, argv);
}

/**
 * gf_process_pool_executor_get_worker_pids:
 * @self: a process pool
 * @n_pids: (out): return location for the number of workers
 *
 * Gets the processes that serve now: those that the pool has started, which are
 * those of the launcher if there is one that stays. Any thread may ask.
 *
 * Returns: (transfer full) (array length=n_pids): the processes' identifiers
 *
 * Since: 1.0
 */
guint *
gf_process_pool_executor_get_worker_pids (GfProcessPoolExecutor *self,
                                          gsize                 *n_pids)
{
  guint *pids;

  g_return_val_if_fail (GF_IS_PROCESS_POOL_EXECUTOR (self), NULL);
  g_return_val_if_fail (n_pids != NULL, NULL);

  g_mutex_lock (&self->pool->lock);
  *n_pids = self->pool->processes->len;
  pids = g_new (guint, *n_pids + 1);
  for (gsize i = 0; i < *n_pids; i++)
    pids[i] = ((GfProcess *) self->pool->processes->pdata[i])->pid;
  g_mutex_unlock (&self->pool->lock);

  return pids;
}

/**
 * gf_process_pool_executor_get_error:
 * @self: a process pool
 *
 * Gets why the pool is broken: no worker can be started. All its tasks fail with
 * this error then. Any thread may ask.
 *
 * Returns: (transfer full) (nullable): the error, a
 *   %GF_FUTURE_ERROR_BROKEN_EXECUTOR, or %NULL while the pool is well
 *
 * Since: 1.0
 */
GError *
gf_process_pool_executor_get_error (GfProcessPoolExecutor *self)
{
  GError *error;

  g_return_val_if_fail (GF_IS_PROCESS_POOL_EXECUTOR (self), NULL);

  g_mutex_lock (&self->pool->lock);
  error = self->pool->broken != NULL ? g_error_copy (self->pool->broken) : NULL;
  g_mutex_unlock (&self->pool->lock);

  return error;
}

/**
 * gf_process_pool_executor_terminate_workers:
 * @self: a process pool
 *
 * Sends all workers SIGTERM, which ends those that do not handle it. Their tasks
 * fail, or are tried once more; the pool goes on, with new workers. Any thread
 * may call this.
 *
 * Since: 1.0
 */
void
gf_process_pool_executor_terminate_workers (GfProcessPoolExecutor *self)
{
  g_return_if_fail (GF_IS_PROCESS_POOL_EXECUTOR (self));

  gf_process_pool_signal (self->pool, SIGTERM);
}

/**
 * gf_process_pool_executor_kill_workers:
 * @self: a process pool
 *
 * Sends all workers SIGKILL. Their tasks fail, or are tried once more; the pool
 * goes on, with new workers. Any thread may call this.
 *
 * Since: 1.0
 */
void
gf_process_pool_executor_kill_workers (GfProcessPoolExecutor *self)
{
  g_return_if_fail (GF_IS_PROCESS_POOL_EXECUTOR (self));

  gf_process_pool_signal (self->pool, SIGKILL);
}

/* gf-process-start.c - starting a worker process
 *
 * On a thread that may block: from the command line to the worker's HELLO.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#define _GNU_SOURCE
#include "config.h"

#include "gf-process-pool-private.h"

#include "../future/gf-error.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

/* What one start needs, copied from the settings. */
typedef struct
{
  char      **argv;
  char      **environment;
  char       *working_directory;
  gboolean    is_stdio;
  guint64     memory_limit;
  guint       start_timeout;
  gint64      task_timeout;
  guint       cancel_grace;
} GfProcessStart;

static void
gf_process_start_clear (GfProcessStart *self)
{
  g_clear_pointer (&self->argv, g_strfreev);
  g_clear_pointer (&self->environment, g_strfreev);
  g_clear_pointer (&self->working_directory, g_free);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (GfProcessStart, gf_process_start_clear)

static const char *
gf_get_stock_worker (void)
{
  const char *path = g_getenv ("GFUTURES_WORKER");

  return path != NULL && *path != '\0' ? path : GF_STOCK_WORKER;
}

/* With the pool's lock held. */
static void
gf_process_start_init (GfProcessStart          *self,
                       const GfProcessSettings *settings)
{
  g_autoptr (GStrvBuilder) argv = g_strv_builder_new ();

  if (settings->launcher != NULL)
    g_strv_builder_addv (argv, (const char **) settings->launcher);
  if (settings->worker_argv != NULL)
    g_strv_builder_addv (argv, (const char **) settings->worker_argv);
  else
    {
      g_strv_builder_add (argv, gf_get_stock_worker ());
      for (guint i = 0; settings->modules != NULL && settings->modules[i] != NULL; i++)
        {
          g_strv_builder_add (argv, "--module");
          g_strv_builder_add (argv, settings->modules[i]);
        }
    }

  self->argv = g_strv_builder_end (argv);
  self->environment = g_strdupv (settings->environment);
  self->working_directory = g_strdup (settings->working_directory);
  self->is_stdio = settings->transport == GF_WORKER_TRANSPORT_STDIO ||
                   (settings->transport == GF_WORKER_TRANSPORT_AUTO &&
                    settings->launcher != NULL && settings->launcher[0] != NULL);
  self->memory_limit = settings->memory_limit;
  self->start_timeout = settings->start_timeout;
  self->task_timeout = settings->task_timeout;
  self->cancel_grace = settings->cancel_grace;
}

static char *
gf_argv_to_line (char **argv)
{
  GString *line = g_string_new (NULL);

  for (guint i = 0; argv[i] != NULL; i++)
    {
      g_autofree char *quoted = NULL;

      /* Quoted only where it needs to be. */
      if (*argv[i] == '\0' || strpbrk (argv[i], " \t\n'\"\\$`*?[]()<>|&;#~") != NULL)
        quoted = g_shell_quote (argv[i]);
      g_string_append_printf (line, i == 0 ? "%s" : " %s", quoted != NULL ? quoted : argv[i]);
    }

  return g_string_free (line, FALSE);
}

/* The page of marks, see gf-frame-private.h: its descriptor, or -1. */
static int
gf_process_make_marks (GfProcess *self)
{
  gsize size = GF_MAX_REQUESTS * sizeof (guint64);
  gpointer marks;
  int fd;

  fd = memfd_create ("gf-marks", MFD_CLOEXEC | MFD_ALLOW_SEALING);
  if (fd < 0)
    return -1;

  /* A worker that made it shorter would kill us. */
  if (ftruncate (fd, (off_t) size) != 0 ||
      fcntl (fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) != 0 ||
      (marks = mmap (NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0)) == MAP_FAILED)
    {
      close (fd);
      return -1;
    }

  self->marks = marks;

  return fd;
}

static void
gf_process_start_is_overdue (gpointer data)
{
  GfProcess *self = data;

  gboolean is_overdue;

  g_mutex_lock (&self->lock);
  is_overdue = self->state == GF_PROCESS_STARTING;
  if (is_overdue && self->failure == NULL)
    self->failure = g_error_new_literal (GF_FUTURE_ERROR, GF_FUTURE_ERROR_PROTOCOL,
                                         "It did not say HELLO, or its initializer did not return, in time "
                                         "(start-timeout)");
  g_mutex_unlock (&self->lock);

  if (!is_overdue)
    return;

  if (GF_TRACING (GF_TRACE_WORKERS))
    gf_process_trace (self, "is killed: it was not ready in time (start-timeout)");
  gf_process_signal (self, SIGKILL);
}

static void
gf_process_say_hello (GfProcess *self,
                      guint64    memory_limit,
                      gboolean   with_marks)
{
  GVariantBuilder builder;
  GVariant *payload;
  GfOutgoing hello = { .type = GF_FRAME_HELLO, .fd = -1 };

  g_variant_builder_init (&builder, G_VARIANT_TYPE_VARDICT);
  g_variant_builder_add (&builder, "{sv}", "max-message-size",
                         g_variant_new_uint64 (gf_channel_get_limit (self->channel)));
  g_variant_builder_add (&builder, "{sv}", "memory-limit", g_variant_new_uint64 (memory_limit));
  payload = g_variant_ref_sink (g_variant_builder_end (&builder));

  hello.payload = payload;
  if (with_marks)
    hello.fd = gf_process_make_marks (self);
  if (hello.fd >= 0)
    hello.flags = GF_FRAME_DESCRIPTOR;

  g_mutex_lock (&self->lock);
  gf_channel_append (self->channel, &hello, FALSE);
  gf_channel_flush (self->channel, FALSE);
  g_mutex_unlock (&self->lock);

  g_variant_unref (payload);
  if (hello.fd >= 0)
    close (hello.fd);
}

static GSubprocess *
gf_process_spawn (GfProcessStart *start,
                  int             fd,
                  int             errors_fd,
                  GError        **error)
{
  static const char * const profilers[] = {
    "SYSPROF_CONTROL_FD", "SYSPROF_TRACE_FD", "GJS_TRACE_FD", "GTK_TRACE_FD"
  };
  g_autofree char *begin = gf_trace_get_begin ();
  g_autoptr (GSubprocessLauncher) launcher = NULL;

  /* With this flag, and without a directory, GLib uses posix_spawn(), which does
   * not copy the page tables of a large program. Whatever else is inherited by
   * mistake the worker closes. */
  launcher = g_subprocess_launcher_new (G_SUBPROCESS_FLAGS_INHERIT_FDS);

  /* Descriptors that the worker does not have, or whose numbers mean something
   * else there: a profiler would write into the channel. */
  for (guint i = 0; i < G_N_ELEMENTS (profilers); i++)
    g_subprocess_launcher_unsetenv (launcher, profilers[i]);
  if (begin != NULL)
    g_subprocess_launcher_setenv (launcher, GF_TRACE_BEGIN_VARIABLE, begin, TRUE);

  for (guint i = 0; start->environment != NULL && start->environment[i] != NULL; i++)
    {
      const char *equals = strchr (start->environment[i], '=');

      if (equals != NULL)
        {
          g_autofree char *name = g_strndup (start->environment[i], equals - start->environment[i]);

          g_subprocess_launcher_setenv (launcher, name, equals + 1, TRUE);
        }
      else
        g_subprocess_launcher_unsetenv (launcher, start->environment[i]);
    }
  g_subprocess_launcher_setenv (launcher, GF_TRANSPORT_VARIABLE, start->is_stdio ? "stdio" : "socket", TRUE);
  if (start->working_directory != NULL)
    g_subprocess_launcher_set_cwd (launcher, start->working_directory);

  if (start->is_stdio)
    {
      int second = fcntl (fd, F_DUPFD_CLOEXEC, 3);

      g_subprocess_launcher_take_stdin_fd (launcher, fd);
      g_subprocess_launcher_take_stdout_fd (launcher, second);
    }
  else
    g_subprocess_launcher_take_fd (launcher, fd, GF_WORKER_FD);
  g_subprocess_launcher_take_stderr_fd (launcher, errors_fd);

  return g_subprocess_launcher_spawnv (launcher, (const char * const *) start->argv, error);
}

static GError *
gf_process_start_failed (char       **argv,
                         const char  *reason)
{
  g_autofree char *line = gf_argv_to_line (argv);

  return g_error_new (GF_FUTURE_ERROR, GF_FUTURE_ERROR_BROKEN_EXECUTOR,
                      "The worker “%s” could not be started: %s", line, reason);
}

/* Takes the reference to @pool. */
static void
gf_process_start_now (GfProcessPool *pool)
{
  g_auto (GfProcessStart) start = { 0 };
  g_autoptr (GError) error = NULL;
  const char *identifier;
  const char *reason = NULL;
  GfProcess *self;
  gboolean closed;
  int errors_fds[2];
  int fds[2];

  g_mutex_lock (&pool->lock);
  gf_process_start_init (&start, &pool->settings);
  closed = pool->closed;
  g_mutex_unlock (&pool->lock);

  if (closed)
    reason = "the pool was shut down";
  /* Else a program would start itself for ever. */
  else if (g_getenv (GF_TRANSPORT_VARIABLE) != NULL)
    reason = "this process was itself started as a worker, and did not ask gf_worker_requested()";
  else if (socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) != 0)
    reason = g_strerror (errno);
  if (reason != NULL)
    {
      gf_process_pool_gone (pool, NULL, gf_process_start_failed (start.argv, reason));
      gf_process_pool_unref (pool);
      return;
    }
  if (pipe2 (errors_fds, O_CLOEXEC) != 0)
    {
      GError *failure = gf_process_start_failed (start.argv, g_strerror (errno));

      close (fds[0]);
      close (fds[1]);
      gf_process_pool_gone (pool, NULL, failure);
      gf_process_pool_unref (pool);
      return;
    }
  /* Only this end: the worker's is a standard stream as any other. */
  fcntl (errors_fds[0], F_SETFL, O_NONBLOCK);

  self = gf_process_new (pool, fds[0], errors_fds[0]);
  self->command_line = gf_argv_to_line (start.argv);
  self->task_timeout = start.task_timeout;
  self->cancel_grace = start.cancel_grace;
  gf_channel_set_limit (self->channel, atomic_load_explicit (&pool->max_message_size, memory_order_relaxed));

  if (self->wake_fd < 0)
    {
      g_set_error_literal (&error, G_IO_ERROR, G_IO_ERROR_TOO_MANY_OPEN_FILES, g_strerror (EMFILE));
      close (fds[1]);
      close (errors_fds[1]);
    }
  else
    self->subprocess = gf_process_spawn (&start, fds[1], errors_fds[1], &error);
  if (self->subprocess == NULL)
    {
      gf_process_pool_gone (pool, self, gf_process_start_failed (start.argv, error->message));
      gf_process_unref (self);
      gf_process_pool_unref (pool);
      return;
    }

  /* NULL: it has ended and was reaped already. */
  identifier = g_subprocess_get_identifier (self->subprocess);
  self->pid = identifier != NULL ? (guint) g_ascii_strtoull (identifier, NULL, 10) : 0;
  gf_channel_set_peer (self->channel, self->pid);
  if (GF_TRACING (GF_TRACE_WORKERS))
    gf_process_trace (self, "was started: %s", self->command_line);
#ifdef SYS_pidfd_open
  /* If it is reaped just now, the number means nobody: numbers are not used again
   * so soon. */
  if (self->pid != 0)
    self->death_fd = (int) syscall (SYS_pidfd_open, (pid_t) self->pid, 0);
#endif
  gf_process_say_hello (self, start.memory_limit, !start.is_stdio);

  g_mutex_lock (&pool->lock);
  g_ptr_array_add (pool->starting, self);
  closed = pool->closed;
  g_mutex_unlock (&pool->lock);

  g_mutex_lock (&self->lock);
  /* It may have been told to end since it is in that list. */
  if (self->timer == NULL)
    self->timer = gf_timer_start (g_get_monotonic_time () + start.start_timeout * G_GINT64_CONSTANT (1000),
                                gf_process_start_is_overdue,
                                gf_process_ref (self), (GDestroyNotify) gf_process_unref);
  g_mutex_unlock (&self->lock);

  gf_process_watch (self);
  if (closed)
    gf_process_retire (self);

  gf_process_pool_unref (pool);
}

static gpointer
gf_process_start_all (gpointer pools)
{
  while (TRUE)
    gf_process_start_now (g_async_queue_pop (pools));

  return NULL;
}

/* Starts a process soon. Then gf_process_pool_started() or _gone() is called.
 *
 * To the kernel a process is the child of the thread that started it. What asks to
 * die with its parent (prctl() of PR_SET_PDEATHSIG, bwrap --die-with-parent) would
 * die with one of GLib's threads, that end when they are idle: this one does not. */
void
gf_process_start (GfProcessPool *pool)
{
  static GAsyncQueue *pools;

  if (g_once_init_enter (&pools))
    {
      GAsyncQueue *queue = g_async_queue_new ();

      g_thread_unref (g_thread_new ("gf-start", gf_process_start_all, queue));
      g_once_init_leave (&pools, queue);
    }

  g_async_queue_push (pools, gf_process_pool_ref (pool));
}

/* It has said HELLO. */
void
gf_process_greet (GfProcess *self,
                  GfMessage *hello,
                  GError   **error)
{
  g_autoptr (GVariant) payload = gf_message_take_payload (hello, error);
  g_autofree const char **capabilities = NULL;
  g_autofree char *initializer = NULL;
  g_autoptr (GVariant) arguments = NULL;

  if (*error != NULL)
    return;
  if (payload == NULL || !g_variant_is_of_type (payload, G_VARIANT_TYPE_VARDICT))
    {
      g_set_error_literal (error, GF_FUTURE_ERROR, GF_FUTURE_ERROR_PROTOCOL,
                           "A worker’s HELLO has a payload that is no a{sv}");
      return;
    }
  g_variant_lookup (payload, "capabilities", "^a&s", &capabilities);

  g_mutex_lock (&self->pool->lock);
  initializer = g_strdup (self->pool->settings.initializer);
  if (self->pool->settings.initializer_arguments != NULL)
    arguments = g_variant_ref (self->pool->settings.initializer_arguments);
  g_mutex_unlock (&self->pool->lock);

  g_mutex_lock (&self->lock);
  self->said_hello = TRUE;
  if (capabilities != NULL)
    {
      self->has_descriptors = self->marks != NULL && g_strv_contains (capabilities, "descriptors");
      self->has_marks = self->marks != NULL && g_strv_contains (capabilities, "marks");
    }
  g_mutex_unlock (&self->lock);

  if (initializer != NULL)
    gf_process_expect (self, initializer, arguments);
  else
    gf_process_serve (self);
}

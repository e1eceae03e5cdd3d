/* test-worker-functions.h - what the workers of the process tests serve
 *
 * Each of these programs is its own worker: main() begins with
 * test_worker_main().
 *
 * A test and a function that runs in a worker meet over a socket: the function
 * connects to the address that it was given and waits for a byte, the test
 * learns the worker's pid, lets the function go on when it wants, and reads end
 * of file when the worker is gone.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "gf-test.h"

#define KIB 1024
#define MIB (1024 * KIB)

/* The worker's side */

/* Only what may be called after fork() in a process with threads. */
static inline int
test_meet (const char *address)
{
  struct sockaddr_un name = { .sun_family = AF_UNIX };
  size_t length = strlen (address);
  int fd = socket (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

  memcpy (name.sun_path + 1, address, length);
  if (fd < 0 || connect (fd, (struct sockaddr *) &name,
                         offsetof (struct sockaddr_un, sun_path) + 1 + length) < 0)
    abort ();
  return fd;
}

static inline void
test_meet_tell (int  fd,
                char what)
{
  if (send (fd, &what, 1, MSG_NOSIGNAL) != 1)
    _exit (66);
}

/* Waits for the test, which lets go by a byte or by closing. */
static inline void
test_meet_wait (int fd)
{
  char byte;

  while (recv (fd, &byte, 1, 0) < 0 && errno == EINTR)
    ;
}

static inline const char *
address_of (GVariant *arguments)
{
  const char *address;

  g_variant_get_child (arguments, 0, "&s", &address);
  return address;
}

#define DEFINE_FUNCTION(name)               \
  static GVariant *                         \
  name (GVariant   *arguments,              \
        GfPromise  *promise,                \
        gpointer    user_data,              \
        GError    **error)

DEFINE_FUNCTION (echo_function)
{
  return arguments != NULL ? g_variant_ref (arguments) : NULL;
}

DEFINE_FUNCTION (nothing_function)
{
  return NULL;
}

DEFINE_FUNCTION (die_with_parent_function)
{
  prctl (PR_SET_PDEATHSIG, SIGKILL);
  return g_variant_new_uint32 (getpid ());
}

DEFINE_FUNCTION (pid_function)
{
  return g_variant_new_uint32 (getpid ());
}

DEFINE_FUNCTION (square_function)
{
  gint32 x = g_variant_get_int32 (arguments);

  return g_variant_new_int32 (x * x);
}

/* The how manyth call of it is it in this worker? */
DEFINE_FUNCTION (count_function)
{
  static gint n_calls;

  return g_variant_new_int32 (++n_calls);
}

/* (us): some work, then the same text; for the chaos */
DEFINE_FUNCTION (work_function)
{
  guint32 us;

  g_variant_get_child (arguments, 0, "u", &us);
  if (us > 0)
    g_usleep (us);
  return g_variant_get_child_value (arguments, 1);
}

/* (sism): domain, code, message, traceback */
DEFINE_FUNCTION (fail_function)
{
  const char *domain, *message, *traceback;
  gint32 code;

  g_variant_get (arguments, "(&si&sm&s)", &domain, &code, &message, &traceback);
  g_set_error_literal (error, g_quark_from_string (domain), code, message);
  if (traceback != NULL)
    gf_error_set_remote_traceback (*error, traceback);
  return NULL;
}

DEFINE_FUNCTION (segv_function)
{
  /* a sanitizer would make a report and another status of it */
  signal (SIGSEGV, SIG_DFL);
  raise (SIGSEGV);
  return NULL;
}

DEFINE_FUNCTION (abort_function)
{
  signal (SIGABRT, SIG_DFL);
  abort ();
  return NULL;
}

DEFINE_FUNCTION (exit_function)
{
  _exit (g_variant_get_int32 (arguments));
  return NULL;
}

DEFINE_FUNCTION (clean_exit_function)
{
  exit (0);
  return NULL;
}

/* (is): writes the text to standard error and exits */
DEFINE_FUNCTION (loud_exit_function)
{
  const char *text;
  gint32 status;

  g_variant_get (arguments, "(i&s)", &status, &text);
  fputs (text, stderr);
  _exit (status);
  return NULL;
}

DEFINE_FUNCTION (signal_function)
{
  raise (g_variant_get_int32 (arguments));
  return NULL;
}

/* (s): meets and waits to be let go */
DEFINE_FUNCTION (meet_function)
{
  int fd = test_meet (address_of (arguments));

  test_meet_wait (fd);
  close (fd);
  return g_variant_new_uint32 (getpid ());
}

/* (s): meets and never returns, whatever it is told */
DEFINE_FUNCTION (spin_function)
{
  test_meet (address_of (arguments));
  for (;;)
    continue;
  return NULL;
}

/* (s): meets and stops when it is told through its cancellable */
DEFINE_FUNCTION (read_function)
{
  g_autoptr (GSocket) socket = g_socket_new_from_fd (test_meet (address_of (arguments)), NULL);
  g_autoptr (GError) local_error = NULL;
  char byte;

  g_socket_receive (socket, &byte, 1, gf_promise_get_cancellable (promise), &local_error);
  test_meet_tell (g_socket_get_fd (socket),
                  g_error_matches (local_error, G_IO_ERROR, G_IO_ERROR_CANCELLED) ? 'c' : '?');
  return NULL;
}

/* (s): meets and stops when gf_promise_should_stop() says so */
DEFINE_FUNCTION (poll_function)
{
  int fd = test_meet (address_of (arguments));

  while (!gf_promise_should_stop (promise))
    g_thread_yield ();
  test_meet_tell (fd, 's');
  close (fd);
  return NULL;
}

/* (s): reports two thirds of progress, with a meeting after each */
DEFINE_FUNCTION (progress_function)
{
  int fd = test_meet (address_of (arguments));

  gf_promise_set_progress (promise, 0.25, "a quarter");
  test_meet_wait (fd);
  gf_promise_set_progress (promise, 0.75, NULL);
  test_meet_wait (fd);
  close (fd);
  return NULL;
}

static gboolean
resolve_held_cb (gpointer data)
{
  g_autoptr (GfPromiseHold) hold = data;

  gf_promise_resolve_variant (gf_promise_hold_get_promise (hold), g_variant_new_string ("later"));
  return G_SOURCE_REMOVE;
}

static gpointer
resolve_held_thread (gpointer data)
{
  resolve_held_cb (data);
  return NULL;
}

static gboolean
reject_held_cb (gpointer data)
{
  g_autoptr (GfPromiseHold) hold = data;

  gf_promise_reject_literal (gf_promise_hold_get_promise (hold), G_IO_ERROR, G_IO_ERROR_BUSY, "later, no");
  return G_SOURCE_REMOVE;
}

DEFINE_FUNCTION (hold_timeout_function)
{
  g_timeout_add (1, resolve_held_cb, gf_promise_hold (promise));
  return NULL;
}

DEFINE_FUNCTION (hold_thread_function)
{
  g_thread_unref (g_thread_new ("later", resolve_held_thread, gf_promise_hold (promise)));
  return NULL;
}

DEFINE_FUNCTION (hold_reject_function)
{
  g_idle_add (reject_held_cb, gf_promise_hold (promise));
  return NULL;
}

DEFINE_FUNCTION (hold_drop_function)
{
  gf_promise_hold_free (gf_promise_hold (promise));
  return NULL;
}

DEFINE_FUNCTION (settling_function)
{
  gf_promise_resolve_variant (promise, g_variant_new_int32 (3));
  return NULL;
}

DEFINE_FUNCTION (self_function)
{
  /* what it starts must not take itself for a worker */
  return g_variant_new ("(sbbb)", gf_promise_get_function (promise), gf_promise_get_current () == promise,
                        gf_worker_requested (), g_getenv ("GFUTURES_TRANSPORT") != NULL);
}

DEFINE_FUNCTION (leak_function)
{
  /* for a sanitizer it is none */
  static GSList *leaked;
  gint32 n_mib = g_variant_get_int32 (arguments);

  for (gint32 i = 0; i < n_mib; i++)
    {
      char *memory = malloc (MIB);

      memset (memory, i + 1, MIB);
      leaked = g_slist_prepend (leaked, memory);
      /* a leak, not a burst: some milliseconds for each 10 MiB */
      g_usleep (500);
    }
  return NULL;
}

/* (us): so many lines of the text to standard output */
DEFINE_FUNCTION (print_function)
{
  const char *text;
  guint32 n;

  g_variant_get (arguments, "(u&s)", &n, &text);
  for (guint32 i = 0; i < n; i++)
    puts (text);
  fflush (stdout);
  if (n > 0 && write (STDOUT_FILENO, "# the end\n", 10) != 10)
    abort ();
  return NULL;
}

/* (us): so many lines of the text to standard error */
DEFINE_FUNCTION (complain_function)
{
  const char *text;
  guint32 n;

  g_variant_get (arguments, "(u&s)", &n, &text);
  for (guint32 i = 0; i < n; i++)
    fprintf (stderr, "%s\n", text);
  return NULL;
}

/* (sb): leaves a child behind that meets and waits, in a program of its own if
 * it is told so. The child keeps all descriptors that it may. */
DEFINE_FUNCTION (fork_function)
{
  g_autofree char *address = NULL;
  gboolean exec;
  pid_t pid;

  g_variant_get (arguments, "(sb)", &address, &exec);
  pid = fork ();
  if (pid == 0)
    {
      int fd = test_meet (address);

      if (exec)
        {
          dup2 (fd, STDIN_FILENO);
          execl ("/bin/cat", "cat", NULL);
        }
      test_meet_wait (fd);
      _exit (0);
    }
  return g_variant_new_uint32 (pid);
}

/* (t): so many bytes */
DEFINE_FUNCTION (bytes_function)
{
  guint64 size;
  guint8 *data;

  g_variant_get (arguments, "(t)", &size);
  data = g_malloc (size);
  memset (data, 'b', size);
  return g_variant_new_from_data (G_VARIANT_TYPE_BYTESTRING, data, size, TRUE, g_free, data);
}

DEFINE_FUNCTION (handle_function)
{
  return g_variant_new ("(h)", 0);
}

/* a(ibts): each descriptor, whether it closes on exec, its inode, its target */
DEFINE_FUNCTION (descriptors_function)
{
  GVariantBuilder builder;
  g_autoptr (GDir) dir = g_dir_open ("/proc/self/fd", 0, NULL);
  const char *name;

  g_variant_builder_init (&builder, G_VARIANT_TYPE ("a(ibts)"));
  while ((name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *path = g_build_filename ("/proc/self/fd", name, NULL);
      char target[PATH_MAX + 1] = { 0 };
      int fd = atoi (name);
      struct stat info;

      if (readlink (path, target, PATH_MAX) < 0 || fstat (fd, &info) < 0)
        continue;
      g_variant_builder_add (&builder, "(ibts)", fd, (fcntl (fd, F_GETFD) & FD_CLOEXEC) != 0,
                             (guint64) info.st_ino, target);
    }
  return g_variant_builder_end (&builder);
}

DEFINE_FUNCTION (getenv_function)
{
  return g_variant_new ("ms", g_getenv (g_variant_get_string (arguments, NULL)));
}

DEFINE_FUNCTION (getcwd_function)
{
  return g_variant_new_take_string (g_get_current_dir ());
}

/* (bb): is SIGTERM blocked, is it ignored? */
DEFINE_FUNCTION (sigterm_function)
{
  struct sigaction action;
  sigset_t mask;

  pthread_sigmask (SIG_BLOCK, NULL, &mask);
  sigaction (SIGTERM, NULL, &action);
  return g_variant_new ("(bb)", sigismember (&mask, SIGTERM), action.sa_handler == SIG_IGN);
}

static char *initialized_with;

DEFINE_FUNCTION (initialize_function)
{
  g_free (initialized_with);
  initialized_with = arguments != NULL ? g_variant_print (arguments, FALSE) : g_strdup ("nothing");
  return NULL;
}

DEFINE_FUNCTION (initialized_function)
{
  return g_variant_new ("ms", initialized_with);
}

DEFINE_FUNCTION (failing_initialize_function)
{
  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND, "no device");
  return NULL;
}

static inline void
test_functions_register (void)
{
  static const struct
  {
    const char *name;
    GfFunction function;
  } functions[] = {
    { "test.abort", abort_function },
    { "test.bytes", bytes_function },
    { "test.clean-exit", clean_exit_function },
    { "test.complain", complain_function },
    { "test.count", count_function },
    { "test.descriptors", descriptors_function },
    { "test.die-with-parent", die_with_parent_function },
    { "test.echo", echo_function },
    { "test.exit", exit_function },
    { "test.fail", fail_function },
    { "test.failing-initialize", failing_initialize_function },
    { "test.fork", fork_function },
    { "test.getcwd", getcwd_function },
    { "test.getenv", getenv_function },
    { "test.handle", handle_function },
    { "test.hold-drop", hold_drop_function },
    { "test.hold-reject", hold_reject_function },
    { "test.hold-thread", hold_thread_function },
    { "test.hold-timeout", hold_timeout_function },
    { "test.initialize", initialize_function },
    { "test.initialized", initialized_function },
    { "test.leak", leak_function },
    { "test.loud-exit", loud_exit_function },
    { "test.meet", meet_function },
    { "test.nothing", nothing_function },
    { "test.pid", pid_function },
    { "test.poll", poll_function },
    { "test.print", print_function },
    { "test.progress", progress_function },
    { "test.read", read_function },
    { "test.segv", segv_function },
    { "test.self", self_function },
    { "test.settling", settling_function },
    { "test.signal", signal_function },
    { "test.sigterm", sigterm_function },
    { "test.spin", spin_function },
    { "test.square", square_function },
    { "test.work", work_function },
  };

  for (guint i = 0; i < G_N_ELEMENTS (functions); i++)
    gf_function_register (functions[i].name, functions[i].function, NULL, NULL);
}

/* Begins main(): in a worker it serves and does not return. */
static inline void
test_worker_main (int    argc,
                  char **argv)
{
  struct rlimit no_cores = { 0, 0 };

  setrlimit (RLIMIT_CORE, &no_cores);
  test_functions_register ();
  if (gf_worker_requested ())
    exit (gf_worker_run (argc, argv));
}

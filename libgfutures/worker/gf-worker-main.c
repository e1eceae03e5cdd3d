/* gf-worker-main.c - being a worker
 *
 * What a process has to set right before it serves: what it inherited from the
 * application.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#define _GNU_SOURCE
#include "config.h"

#include "gf-worker.h"

#include "../processes/gf-frame-private.h"
#include "gf-server-private.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/**
 * SECTION:gf-worker
 * @title: Workers
 * @short_description: the worker's side of a process pool
 *
 * A program that is its own worker (gf_process_pool_executor_new_for_self())
 * asks first of all whether it was started as one:
 *
 * |[<!-- language="C" -->
 * #include <gfutures.h>
 *
 * static GVariant *
 * upper_case (GVariant *arguments, GfPromise *promise, gpointer user_data, GError **error)
 * {
 *   const char *text;
 *
 *   g_variant_get (arguments, "(&s)", &text);
 *   return g_variant_new_take_string (g_utf8_strup (text, -1));
 * }
 *
 * int
 * main (int argc, char **argv)
 * {
 *   g_autoptr (GApplication) application = NULL;
 *
 *   if (gf_worker_requested ())
 *     {
 *       gf_function_register ("upper-case", upper_case, NULL, NULL);
 *       return gf_worker_run (argc, argv);
 *     }
 *
 *   application = g_application_new ("org.example.Writer", G_APPLICATION_DEFAULT_FLAGS);
 *   return g_application_run (application, argc, argv);
 * }
 * ]|
 *
 * Functions run in the thread that called gf_worker_run(), one at a time. While
 * there is none, and while one holds its promise, the thread-default context of
 * that thread is iterated: timeouts and other sources work.
 *
 * A function may print: on the application's standard output, or on its
 * standard error if the pool talks over standard input and output. It may start
 * processes of its own. The worker ignores SIGINT, so that Ctrl-C is for the
 * application to handle. When the application ends, however it ends, the worker
 * ends at once, in the middle of a function too.
 */

typedef enum {
  GF_TRANSPORT_NONE,
  GF_TRANSPORT_SOCKET,
  GF_TRANSPORT_STDIO
} GfTransport;

/* Of this process, once it has been found out. */
static GfTransport transport;
static int in_fd = -1;
static int out_fd = -1;

/* Signals are as a program expects them, but for SIGINT, which is the
 * application's. GLib has set SIGPIPE. */
static void
gf_worker_reset_signals (void)
{
  struct sigaction action;
  sigset_t none;

  sigemptyset (&none);
  sigprocmask (SIG_SETMASK, &none, NULL);

  for (int i = 1; i < NSIG; i++)
    if (i != SIGPIPE && i != SIGKILL && i != SIGSTOP &&
        sigaction (i, NULL, &action) == 0 && action.sa_handler == SIG_IGN)
      signal (i, SIG_DFL);

  signal (SIGINT, SIG_IGN);
}

/* Closes what was inherited by mistake: what this program itself has opened by
 * now is closed on exec, what it got from exec is not. */
static void
gf_worker_close_inherited (void)
{
  DIR *directory = opendir ("/proc/self/fd");
  struct dirent *entry;

  if (directory == NULL)
    return;

  while ((entry = readdir (directory)) != NULL)
    {
      int fd = atoi (entry->d_name);

      if (fd > GF_WORKER_FD && fd != dirfd (directory) && !(fcntl (fd, F_GETFD) & FD_CLOEXEC))
        close (fd);
    }

  closedir (directory);
}

/* Takes standard input and output away from everybody else. */
static void
gf_worker_take_stdio (void)
{
  int nothing = open ("/dev/null", O_RDONLY | O_CLOEXEC);

  in_fd = fcntl (STDIN_FILENO, F_DUPFD_CLOEXEC, GF_WORKER_FD);
  out_fd = fcntl (STDOUT_FILENO, F_DUPFD_CLOEXEC, GF_WORKER_FD);
  dup2 (nothing, STDIN_FILENO);
  dup2 (STDERR_FILENO, STDOUT_FILENO);
  close (nothing);
}

static void
gf_worker_prepare (GfTransport wanted)
{
  transport = wanted;

  gf_worker_reset_signals ();
  if (transport == GF_TRANSPORT_SOCKET)
    {
      /* Else a process that a task starts would hide that the worker has died. */
      fcntl (GF_WORKER_FD, F_SETFD, FD_CLOEXEC);
      in_fd = out_fd = GF_WORKER_FD;
    }
  else
    gf_worker_take_stdio ();
  gf_worker_close_inherited ();
}

static gboolean
fd_is_socket (int fd)
{
  struct stat status;

  return fstat (fd, &status) == 0 && S_ISSOCK (status.st_mode);
}

/**
 * gf_worker_requested:
 *
 * Asks whether a process pool has started this process as its worker. Call it
 * first of all in the main function, before there are other threads: if it is
 * so, descriptors that were inherited by mistake are closed, the signal mask and
 * ignored signals are reset, SIGINT is ignored, and the variable that tells it
 * is taken out of the environment, so that processes that this one starts are
 * none.
 *
 * Returns: %TRUE if the program is to register its functions and call
 *   gf_worker_run()
 *
 * Since: 1.0
 */
gboolean
gf_worker_requested (void)
{
  const char *value = g_getenv (GF_TRANSPORT_VARIABLE);

  if (transport == GF_TRANSPORT_NONE && g_strcmp0 (value, "socket") == 0 && fd_is_socket (GF_WORKER_FD))
    gf_worker_prepare (GF_TRANSPORT_SOCKET);
  else if (transport == GF_TRANSPORT_NONE && g_strcmp0 (value, "stdio") == 0)
    gf_worker_prepare (GF_TRANSPORT_STDIO);
  g_unsetenv (GF_TRANSPORT_VARIABLE);

  return transport != GF_TRANSPORT_NONE;
}

/**
 * gf_worker_run:
 * @argc: the number of arguments of the program
 * @argv: (array length=argc): the arguments of the program
 *
 * Serves the pool that has started this process: calls the functions that were
 * registered, in this thread, till the pool says that there will be no more.
 * When the pool or its application is gone, the process ends without returning.
 *
 * A program that no pool has started serves on its standard input and output:
 * where a launcher (ssh) does not pass the environment on.
 *
 * The arguments are the program's own; there are none for this function yet.
 *
 * Returns: the status to return from main(): 0, or 1 after a message on standard
 *   error if what the pool sent made no sense
 *
 * Since: 1.0
 */
int
gf_worker_run (int    argc G_GNUC_UNUSED,
               char **argv G_GNUC_UNUSED)
{
  static gboolean serves;

  g_return_val_if_fail (!serves, 1);

  serves = TRUE;
  if (!gf_worker_requested ())
    gf_worker_prepare (GF_TRANSPORT_STDIO);

  return gf_server_run (in_fd, out_fd);
}

/**
 * gf_worker_exit:
 * @status: the exit status
 *
 * For bindings: ends the process at once, in the middle of a task too, after what
 * was printed has been written. Nothing else is cleaned up, which is what a language
 * needs that cannot end while it is at work. In C, call exit(). Any thread may call
 * this.
 *
 * Since: 1.0
 */
void
gf_worker_exit (int status)
{
  fflush (NULL);
  _exit (status);
}

/* gf-process-end.c - the end of a worker process
 *
 * On a thread that may block: reaping it, and telling those whose tasks it had.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#define _GNU_SOURCE /* memrchr() */
#include "config.h"

#include "gf-process-pool-private.h"

#include "../future/gf-error.h"
#include "../loop/gf-completion-private.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

/* How long a process that has closed its connection may take to end, and one
 * that was told to end. */
#define END_MS         200
#define RETIRING_MS    2000
/* Of its standard error, for messages. */
#define LAST_BYTES     2048
#define LAST_LINES     8
/* A longer one may be torn. */
#define MAX_LINE       2048
/* When the application's standard error has no room. */
#define ERRORS_WAIT_US 20000

/* ---- its standard error ---- */

/* What the worker traces says nothing of why it ends, and would push out what
 * does. */
static void
gf_process_drop_traces (GString *lines)
{
  gsize at = 0;

  while (at < lines->len)
    {
      const char *line = lines->str + at;
      const char *end = memchr (line, '\n', lines->len - at);

      if (end == NULL)
        break;
      if (gf_trace_is_line (line, end - line))
        g_string_erase (lines, at, end + 1 - line);
      else
        at += end + 1 - line;
    }
}

static void
gf_process_keep_errors (GfProcess  *self,
                        const char *bytes,
                        gsize       n)
{
  g_mutex_lock (&self->lock);
  g_string_append_len (self->last_lines, bytes, n);
  gf_process_drop_traces (self->last_lines);
  if (self->last_lines->len > 2 * LAST_BYTES)
    g_string_erase (self->last_lines, 0, self->last_lines->len - LAST_BYTES);
  g_mutex_unlock (&self->lock);
}

/* Writes without being killed for it, if nobody reads any more. */
static void
gf_write_to_errors (const char *bytes,
                    gsize       n)
{
  const struct timespec no_time = { 0 };
  gboolean was_pending;
  sigset_t pipe_only;
  sigset_t pending;
  sigset_t before;

  sigemptyset (&pipe_only);
  sigaddset (&pipe_only, SIGPIPE);
  sigpending (&pending);
  was_pending = sigismember (&pending, SIGPIPE);

  pthread_sigmask (SIG_BLOCK, &pipe_only, &before);
  if (write (STDERR_FILENO, bytes, n) < 0 && errno == EPIPE && !was_pending)
    sigtimedwait (&pipe_only, NULL, &no_time);
  pthread_sigmask (SIG_SETMASK, &before, NULL);
}

/* The last line of a full buffer is not to be torn, and mixed with those of others,
 * if the rest of it is there: how much of @n bytes to pass on now. */
static gsize
gf_process_hold_line (GfProcess  *self,
                      const char *bytes,
                      gsize       n)
{
  struct pollfd in = { self->errors_fd, POLLIN, 0 };
  const char *newline = memrchr (bytes, '\n', n);
  gsize begin = newline != NULL ? (gsize) (newline + 1 - bytes) : 0;

  if (n - begin > MAX_LINE || poll (&in, 1, 0) <= 0 || !(in.revents & POLLIN))
    return n;

  g_mutex_lock (&self->lock);
  g_string_append_len (self->held_line, bytes + begin, n - begin);
  g_mutex_unlock (&self->lock);

  return begin;
}

static gsize
gf_process_take_line (GfProcess *self,
                      char       bytes[MAX_LINE])
{
  gsize n;

  g_mutex_lock (&self->lock);
  n = MIN (self->held_line->len, MAX_LINE);
  memcpy (bytes, self->held_line->str, n);
  g_string_truncate (self->held_line, 0);
  g_mutex_unlock (&self->lock);

  return n;
}

/* Passes on what there is, if the application's own can take it. FALSE: it
 * cannot now. */
static gboolean
gf_process_forward_errors (GfProcess *self,
                           gboolean   force,
                           gboolean  *ended)
{
  struct pollfd out = { STDERR_FILENO, POLLOUT, 0 };
  char bytes[4096];
  gsize n_before;
  gsize n_bytes;
  gssize n;

  *ended = FALSE;
  if (!force && poll (&out, 1, 0) == 0)
    return FALSE;

  n_before = gf_process_take_line (self, bytes);
  do
    n = read (self->errors_fd, bytes + n_before, sizeof bytes - n_before);
  while (n < 0 && errno == EINTR);

  if (n <= 0)
    *ended = n == 0 || errno != EAGAIN;
  else
    gf_process_keep_errors (self, bytes + n_before, n);

  n_bytes = n_before + MAX (n, 0);
  if (n_bytes == sizeof bytes)
    n_bytes = gf_process_hold_line (self, bytes, n_bytes);
  /* With room for it (PIPE_BUF) this does not block. */
  if (n_bytes > 0 && poll (&out, 1, 0) > 0 && out.revents == POLLOUT)
    gf_write_to_errors (bytes, n_bytes);

  return TRUE;
}

static void
gf_process_listen_to_errors (gpointer data)
{
  GfProcess *self = data;

  g_mutex_lock (&self->lock);
  if (self->errors.fd >= 0)
    gf_io_resume (&self->errors, EPOLLIN);
  g_mutex_unlock (&self->lock);
}

/* On the I/O thread. */
void
gf_process_read_errors (GfIoWatch *watch,
                        guint      events G_GNUC_UNUSED)
{
  GfProcess *self = (GfProcess *) ((char *) watch - G_STRUCT_OFFSET (GfProcess, errors));
  gboolean ended;
  gboolean waits = !gf_process_forward_errors (self, FALSE, &ended);

  if (!ended && !waits)
    return;

  g_mutex_lock (&self->lock);
  if (self->errors.fd >= 0 && ended)
    gf_io_remove (&self->errors);
  else if (self->errors.fd >= 0)
    {
      gf_io_pause (&self->errors);
      gf_timer_unref (gf_timer_start (g_get_monotonic_time () + ERRORS_WAIT_US, gf_process_listen_to_errors,
                                      gf_process_ref (self), (GDestroyNotify) gf_process_unref));
    }
  g_mutex_unlock (&self->lock);
}

/* Its last lines, or NULL. */
static char *
gf_process_get_last_lines (GfProcess *self)
{
  g_autofree char *text = NULL;
  char *begin;
  guint n_lines = 0;

  g_mutex_lock (&self->lock);
  text = g_utf8_make_valid (self->last_lines->str, self->last_lines->len);
  g_mutex_unlock (&self->lock);

  g_strchomp (text);
  if (*text == '\0')
    return NULL;

  begin = text + strlen (text);
  while (begin > text && (begin[-1] != '\n' || ++n_lines < LAST_LINES))
    begin--;

  return g_strdup (begin);
}

/* ---- how it ended ---- */

static void
gf_process_reap (GfProcess *self,
                 gboolean   kill_now,
                 int        patience_ms)
{
  struct pollfd death = { self->death_fd, POLLIN, 0 };

  if (!kill_now && self->death_fd >= 0)
    {
      int n;

      do
        n = poll (&death, 1, patience_ms);
      while (n < 0 && errno == EINTR);
      kill_now = n == 0;
    }
  else if (!kill_now)
    g_usleep (patience_ms * 1000);

  if (kill_now || self->death_fd < 0)
    gf_process_signal (self, SIGKILL);

  g_subprocess_wait (self->subprocess, NULL, NULL);
  /* If it was reaped before, that took no lock. This takes the one under which
   * the status was written. */
  gf_process_signal (self, 0);
}

/* As in: The worker (pid 1) … */
static char *
gf_process_describe_end (GfProcess *self)
{
  if (g_subprocess_get_if_signaled (self->subprocess))
    {
      int signal = g_subprocess_get_term_sig (self->subprocess);

      return g_strdup_printf ("was killed by signal %d (%s)", signal, g_strsignal (signal));
    }

  return g_strdup_printf ("exited with status %d", g_subprocess_get_exit_status (self->subprocess));
}

static GError *
gf_process_make_error (GfProcess  *self,
                       const char *while_what)
{
  g_autofree char *end = gf_process_describe_end (self);
  g_autofree char *lines = gf_process_get_last_lines (self);
  int code = GF_FUTURE_ERROR_WORKER_DIED;
  GString *message = g_string_new (NULL);
  GError *error;

  if (self->failure != NULL)
    {
      if (self->failure->domain == GF_FUTURE_ERROR)
        code = self->failure->code;
      g_string_append_printf (message, "The worker (pid %u) was put down %s: %s", self->pid, while_what,
                              self->failure->message);
    }
  else
    g_string_append_printf (message, "The worker (pid %u) %s %s", self->pid, end, while_what);
  if (lines != NULL)
    g_string_append_printf (message, "\nThe last lines of its standard error:\n%s", lines);

  error = g_error_new_literal (GF_FUTURE_ERROR, code, message->str);
  g_string_free (message, TRUE);

  return error;
}

static GError *
gf_process_make_start_error (GfProcess *self)
{
  g_autofree char *end = gf_process_describe_end (self);
  g_autofree char *lines = gf_process_get_last_lines (self);

  return g_error_new (GF_FUTURE_ERROR, GF_FUTURE_ERROR_BROKEN_EXECUTOR,
                      "The worker “%s” %s before it served%s%s%s%s", self->command_line,
                      self->failure != NULL ? "was put down" : end,
                      self->failure != NULL ? ": " : "",
                      self->failure != NULL ? self->failure->message : "",
                      lines != NULL ? "\nThe last lines of its standard error:\n" : "",
                      lines != NULL ? lines : "");
}

/* ---- what becomes of its tasks ---- */

static void
gf_process_trace_lost (GfProcess  *self,
                       GfPromise  *task,
                       const char *what)
{
  g_autofree char *name = gf_future_trace_describe ((GfFuture *) task);

  gf_process_trace (self, "has lost the task that %s: %s", what, name);
}

static void
gf_process_trace_end (GfProcess *self)
{
  g_autofree char *end = gf_process_describe_end (self);

  if (self->failure != NULL)
    gf_process_trace (self, "was put down (%s), and %s", self->failure->message, end);
  else
    gf_process_trace (self, "%s", end);
}

/* It was at work at this one, or about to be. */
static void
gf_process_lose (GfProcess *self,
                 GfRequest *request,
                 gboolean   was_begun)
{
  GfFuture *future = (GfFuture *) request->task;
  g_autofree char *while_what = NULL;

  if (!gf_future_is_done (future) && gf_process_pool_retry (self->pool, request->task, was_begun))
    {
      GfPromise *task = gf_request_take_task (request);

      if (GF_TRACING (GF_TRACE_WORKERS))
        gf_process_trace_lost (self, task, was_begun ? "it was running, which is tried again"
                                                     : "it had not begun, which another one gets");
      gf_process_pool_take_back (self->pool, &task, 1);
      return;
    }

  if (GF_TRACING (GF_TRACE_WORKERS))
    gf_process_trace_lost (self, request->task, "it was running, which fails");
  while_what = g_strdup_printf ("while it ran “%s”", request->task->what.function);
  gf_request_finish (request, NULL, gf_process_make_error (self, while_what), NULL);
}

typedef struct
{
  GfProcess *process;
  GQueue     requests;
} GfProcessEnd;

static void
gf_process_end_now (gpointer data,
                    gpointer user_data G_GNUC_UNUSED)
{
  GfProcessEnd *end = data;
  GfProcess *self = end->process;
  GfPromise *ahead[GF_MAX_REQUESTS];
  GfRequest *lost = NULL;
  gboolean lost_begun = FALSE;
  guint n_ahead = 0;
  gboolean ended = FALSE;
  gboolean was_told;
  gsize n_read = 0;
  GList *link;

  g_mutex_lock (&self->lock);
  was_told = self->is_retiring;
  g_mutex_unlock (&self->lock);

  gf_process_reap (self, self->failure != NULL, was_told ? RETIRING_MS : END_MS);
  if (GF_TRACING (GF_TRACE_WORKERS))
    gf_process_trace_end (self);

  /* Its children may hold the pipe open, and go on writing. */
  while (!ended && n_read++ < 64)
    {
      struct pollfd errors = { self->errors_fd, POLLIN, 0 };

      if (poll (&errors, 1, 0) <= 0)
        break;
      gf_process_forward_errors (self, TRUE, &ended);
    }

  while ((link = g_queue_pop_head_link (&end->requests)) != NULL)
    {
      GfRequest *request = link->data;

      if (request->task == NULL)
        gf_request_take_task (request);
      else if (lost == NULL)
        {
          lost = request;
          lost_begun = gf_request_was_begun (request);
        }
      else
        ahead[n_ahead++] = gf_request_take_task (request);
    }

  if (self->was_serving)
    gf_process_pool_executor_announce (self->pool->executor, FALSE, self->pid,
                                       g_subprocess_get_status (self->subprocess));

  if (n_ahead > 0)
    gf_process_pool_take_back (self->pool, ahead, n_ahead);
  if (lost != NULL)
    gf_process_lose (self, lost, lost_begun);

  gf_process_pool_gone (self->pool, self,
                        self->was_serving ? NULL : gf_process_make_start_error (self));
  gf_process_unref (self);
  g_free (end);
}

/* The process is no longer listened to. Takes the requests that it had, and the
 * pool's reference. */
void
gf_process_end (GfProcess *self,
                GQueue    *requests)
{
  GfProcessEnd *end = g_new (GfProcessEnd, 1);

  end->process = self;
  end->requests = *requests;
  gf_completion_push (gf_process_end_now, end);
}

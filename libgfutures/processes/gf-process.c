/* gf-process.c - a worker process, as its pool sees it
 *
 * What it was sent and has not answered; sending to it, and hearing from it. How
 * it starts is in gf-process-start.c, how it ends in gf-process-end.c.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "gf-process-pool-private.h"

#include "../future/gf-error.h"
#include "../loop/gf-completion-private.h"
#include "../loop/gf-thread-private.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>

/* Payloads from this size on are checked on another thread. */
#define LARGE_PAYLOAD (256 * 1024)
/* How often it is seen to that somebody reads. */
#define WAITER_US     2000
/* How long a process may take to end when it was told to. */
#define END_US        (2 * G_USEC_PER_SEC)

static void gf_process_input   (GfIoWatch *watch,
                                guint      events);
static void gf_process_died    (GfIoWatch *watch,
                                guint      events);
static void gf_process_removed (GfIoWatch *watch);

/* Takes the descriptors. */
GfProcess *
gf_process_new (GfProcessPool *pool,
                int            fd,
                int            errors_fd)
{
  GfProcess *self = g_new0 (GfProcess, 1);

  self->ref_count = 1;
  self->pool = gf_process_pool_ref (pool);
  self->wake_fd = eventfd (0, EFD_CLOEXEC | EFD_NONBLOCK);
  self->death_fd = -1;
  self->errors_fd = errors_fd;
  self->channel = gf_channel_new (fd, fd);
  self->input.func = gf_process_input;
  self->death.func = gf_process_died;
  self->errors.func = gf_process_read_errors;
  self->input.fd = self->death.fd = self->errors.fd = -1;
  self->input.removed = self->death.removed = self->errors.removed = gf_process_removed;
  self->last_lines = g_string_new (NULL);
  self->held_line = g_string_new (NULL);
  g_mutex_init (&self->read_lock);
  g_mutex_init (&self->lock);
  g_queue_init (&self->requests);

  return self;
}

GfProcess *
gf_process_ref (GfProcess *self)
{
  g_atomic_int_inc (&self->ref_count);

  return self;
}

/* Takes the lock of the pool: no lock may be held. */
void
gf_process_unref (GfProcess *self)
{
  if (!g_atomic_int_dec_and_test (&self->ref_count))
    return;

  gf_channel_free (self->channel);
  if (self->marks != NULL)
    munmap (self->marks, GF_MAX_REQUESTS * sizeof (guint64));
  if (self->wake_fd >= 0)
    close (self->wake_fd);
  if (self->death_fd >= 0)
    close (self->death_fd);
  if (self->errors_fd >= 0)
    close (self->errors_fd);
  g_clear_object (&self->subprocess);
  g_free (self->command_line);
  g_clear_error (&self->failure);
  g_string_free (self->last_lines, TRUE);
  g_string_free (self->held_line, TRUE);
  g_mutex_clear (&self->read_lock);
  g_mutex_clear (&self->lock);
  gf_process_pool_released (self->pool);
  gf_process_pool_unref (self->pool);
  g_free (self);
}

static GfProcess *
watch_to_process (GfIoWatch *watch)
{
  if (watch->func == gf_process_input)
    return (GfProcess *) ((char *) watch - G_STRUCT_OFFSET (GfProcess, input));
  if (watch->func == gf_process_died)
    return (GfProcess *) ((char *) watch - G_STRUCT_OFFSET (GfProcess, death));

  return (GfProcess *) ((char *) watch - G_STRUCT_OFFSET (GfProcess, errors));
}

/* Begins to hear from it. */
void
gf_process_watch (GfProcess *self)
{
  g_mutex_lock (&self->lock);
  self->events = EPOLLIN;
  gf_process_ref (self);
  gf_io_add (&self->input, gf_channel_get_fd (self->channel), self->events);
  if (self->death_fd >= 0)
    {
      gf_process_ref (self);
      gf_io_add (&self->death, self->death_fd, EPOLLIN);
    }
  gf_process_ref (self);
  gf_io_add (&self->errors, self->errors_fd, EPOLLIN);
  g_mutex_unlock (&self->lock);
}

static void
gf_process_removed (GfIoWatch *watch)
{
  gf_process_unref (watch_to_process (watch));
}

void
gf_process_signal (GfProcess *self,
                   int        signal)
{
  /* It knows whether the process has been reaped. */
  g_subprocess_send_signal (self->subprocess, signal);
}

void
gf_process_trace (GfProcess  *self,
                  const char *format,
                  ...)
{
  g_autofree char *pool = gf_executor_dup_name (self->pool->executor);
  g_autofree char *text = NULL;
  g_autofree char *line = NULL;
  va_list arguments;

  va_start (arguments, format);
  text = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  line = gf_trace_escape (text, 400);

  gf_trace_print (GF_TRACE_WORKERS, "worker %u of %s %s", self->pid, pool, line);
}

/* ---- sending; with the lock held ---- */

/* Sends what was appended, and sets what the I/O thread listens to: @events, and
 * room for what could not be sent. That the process is gone is seen elsewhere. */
void
gf_process_listen (GfProcess *self,
                   guint      events)
{
  if (gf_channel_has_output (self->channel))
    gf_channel_flush (self->channel, FALSE);

  /* What lies between, ssh for example, ends when its input does. */
  if (self->state == GF_PROCESS_RETIRING && !gf_channel_has_output (self->channel))
    gf_channel_end_output (self->channel);

  events &= ~EPOLLOUT;
  if (g_atomic_int_get (&self->n_waiting) > 0)
    events &= ~EPOLLIN;
  if (gf_channel_has_output (self->channel))
    events |= EPOLLOUT;

  if (self->events == events || self->state == GF_PROCESS_DEAD || self->input.fd < 0)
    return;

  self->events = events;
  gf_io_modify (&self->input, events);
}

/* An id whose mark no request uses. */
static guint64
gf_process_next_id (GfProcess *self)
{
  do
    self->last_id++;
  while (self->used_marks >> self->last_id % GF_MAX_REQUESTS & 1);

  return self->last_id;
}

/* The request is no longer the process's. */
void
gf_process_unlink (GfProcess *self,
                   GfRequest *request)
{
  g_queue_unlink (&self->requests, &request->link);
  self->used_marks &= ~(G_GUINT64_CONSTANT (1) << request->id % GF_MAX_REQUESTS);
  g_atomic_int_set (&request->is_sent, FALSE);
}

static void
gf_process_send (GfProcess *self,
                 GfRequest *request,
                 guint      flags,
                 int        priority,
                 const char *function,
                 GVariant  *arguments)
{
  if (self->marks != NULL)
    atomic_store (&self->marks[request->id % GF_MAX_REQUESTS], request->id << 2);

  g_queue_push_tail_link (&self->requests, &request->link);
  self->used_marks |= G_GUINT64_CONSTANT (1) << request->id % GF_MAX_REQUESTS;
  g_atomic_int_set (&request->is_sent, TRUE);
  gf_channel_append (self->channel,
                     &(GfOutgoing) {
                       .type = GF_FRAME_REQUEST,
                       .flags = flags,
                       .id = request->id,
                       .priority = priority,
                       .name = function,
                       .payload = arguments,
                     },
                     self->has_descriptors);
}

/* Calls the initializer. */
void
gf_process_expect (GfProcess  *self,
                   const char *function,
                   GVariant   *arguments)
{
  GfRequest *request;

  g_mutex_lock (&self->lock);
  if (self->state == GF_PROCESS_STARTING)
    {
      request = gf_request_new (self, NULL, gf_process_next_id (self));
      gf_request_begin (request);
      gf_process_send (self, request, 0, G_PRIORITY_DEFAULT, function, arguments);
      gf_process_listen (self, self->events | EPOLLIN);
    }
  g_mutex_unlock (&self->lock);
}

/* Sends it tasks, whose references it takes; what it cannot take goes back to
 * the pool. Whether some have to wait there for others. */
gboolean
gf_process_assign (GfProcess  *self,
                   GfPromise **tasks,
                   gsize       n_tasks)
{
  g_autoptr (GPtrArray) cancelled = NULL;
  gboolean ahead;
  gsize n = 0;

  g_mutex_lock (&self->lock);

  for (; n < n_tasks; n++)
    {
      GfPromise *task = tasks[n];
      gboolean is_first = self->requests.length == 0;
      GfRequest *request;

      if (self->state != GF_PROCESS_SERVING ||
          self->requests.length >= (self->has_marks ? GF_MAX_REQUESTS : 1))
        break;

      request = gf_request_new (self, task, gf_process_next_id (self));
      if (is_first)
        atomic_store_explicit (&self->busy_since, g_get_monotonic_time (), memory_order_relaxed);
      /* It has its remote, this is second: partner of gf_future_cancel_pending(). */
      if (gf_future_is_done_and_unclaimed ((GfFuture *) task) || (is_first && !gf_request_begin (request)))
        {
          if (cancelled == NULL)
            cancelled = g_ptr_array_new ();
          g_ptr_array_add (cancelled, request);
          continue;
        }

      self->n_assigned++;
      gf_process_send (self, request,
                       gf_future_load_state ((GfFuture *) task) & GF_STATE_MAP ? GF_FRAME_MAP : 0,
                       ((GfFuture *) task)->priority, task->what.function, task->data);
    }

  /* Who has waited for each of its tasks so far will wait for this one. */
  if (self->state == GF_PROCESS_SERVING)
    gf_process_listen (self, self->waiter == gf_thread_get ()->id && self->requests.length == 1
                             ? self->events : self->events | EPOLLIN);
  ahead = self->requests.length > 1;

  g_mutex_unlock (&self->lock);

  if (n < n_tasks)
    gf_process_pool_take_back (self->pool, tasks + n, n_tasks - n);

  for (guint i = 0; cancelled != NULL && i < cancelled->len; i++)
    gf_request_finish (cancelled->pdata[i], NULL, NULL, NULL);

  return ahead;
}

/* With the lock held. */
static guint
gf_process_take_requests (GfProcess  *self,
                          guint       limit,
                          GfRequest **taken)
{
  guint n_taken = 0;

  for (GList *l = self->requests.head; l != NULL && n_taken < limit && self->state != GF_PROCESS_DEAD;)
    {
      GfRequest *request = l->data;

      l = l->next;
      if (request->is_begun || !gf_request_take_mark (request))
        continue;
      gf_process_unlink (self, request);
      taken[n_taken++] = request;
    }
  self->n_assigned -= n_taken;

  return n_taken;
}

static guint
gf_process_take_tasks (GfProcess  *self,
                       GfRequest **taken,
                       guint       n_taken,
                       GfPromise **tasks)
{
  /* Somebody may wait here for what will come from elsewhere. */
  if (n_taken > 0)
    gf_process_wake (self);

  for (guint i = 0; i < n_taken; i++)
    tasks[i] = gf_request_take_task (taken[i]);

  return n_taken;
}

/* Takes back what it has not begun, the oldest first, but at most @most: how many
 * tasks. */
guint
gf_process_take_back (GfProcess  *self,
                      guint       most,
                      GfPromise **tasks)
{
  GfRequest *taken[GF_MAX_REQUESTS];
  guint n_taken;

  g_mutex_lock (&self->lock);
  n_taken = gf_process_take_requests (self, most, taken);
  g_mutex_unlock (&self->lock);

  return gf_process_take_tasks (self, taken, n_taken, tasks);
}

/* Takes back what waits behind a task that it was working at when this was last
 * called: how many tasks. @again: there is something that may have to wait. */
guint
gf_process_take_back_overdue (GfProcess  *self,
                              GfPromise **tasks,
                              gboolean   *again)
{
  GfRequest *taken[GF_MAX_REQUESTS];
  guint n_taken = 0;

  g_mutex_lock (&self->lock);
  if (self->requests.length > 1)
    {
      guint64 id = ((GfRequest *) self->requests.head->data)->id;

      if (self->watched_id == id)
        n_taken = gf_process_take_requests (self, G_MAXUINT, taken);
      self->watched_id = id;
      *again |= self->requests.length > 1;
    }
  g_mutex_unlock (&self->lock);

  return gf_process_take_tasks (self, taken, n_taken, tasks);
}

static void gf_process_watch_waiter (GfProcess *self);

/* Is the waiter still at it? */
static void
gf_process_check_waiter (gpointer data)
{
  GfProcess *self = data;

  g_mutex_lock (&self->lock);

  if (self->state == GF_PROCESS_DEAD || self->last_id == self->waiter_id)
    {
      /* It has not called again, or does not wait for what it called. From an idle
       * process too something may come. */
      self->waiter = 0;
      if (self->state != GF_PROCESS_DEAD)
        gf_process_listen (self, self->events | EPOLLIN);
    }
  else
    gf_process_watch_waiter (self);

  g_mutex_unlock (&self->lock);
}

static void
gf_process_watch_waiter (GfProcess *self)
{
  self->waiter_id = self->last_id;
  gf_timer_unref (gf_timer_start (g_get_monotonic_time () + WAITER_US, gf_process_check_waiter,
                                  gf_process_ref (self), (GDestroyNotify) gf_process_unref));
}

/* The calling thread has read its answer itself. To switch the I/O thread on and
 * off for each call takes as long as the call: as long as this thread goes on
 * like this, it stays off. A timer sees to it that nothing is left lying. With
 * the lock held. */
void
gf_process_trust_waiter (GfProcess *self)
{
  guint id = gf_thread_get ()->id;

  if (self->waiter == 0 && self->state == GF_PROCESS_SERVING)
    gf_process_watch_waiter (self);
  self->waiter = id;
}

/* Lets those who read in gf_request_wait() look around. */
void
gf_process_wake (GfProcess *self)
{
  guint64 one = 1;

  /* Without the lock: who has it may wait for the claim on a future, and who has
   * that for who calls this. What there is to see was set first: partner of
   * gf_request_wait(). */
  atomic_thread_fence (memory_order_seq_cst);
  if (g_atomic_int_get (&self->n_waiting) > 0)
    (void) !write (self->wake_fd, &one, sizeof one);
}

static void
gf_process_end_is_overdue (gpointer data)
{
  if (GF_TRACING (GF_TRACE_WORKERS))
    gf_process_trace (data, "is killed: it was to end, and did not in time");
  gf_process_signal (data, SIGKILL);
}

/* Tells it to end. It has no requests, or is starting. */
void
gf_process_retire (GfProcess *self)
{
  GfTimer *old = NULL;
  gboolean retires;

  g_mutex_lock (&self->lock);

  if (self->state == GF_PROCESS_STARTING || self->state == GF_PROCESS_SERVING)
    {
      self->state = GF_PROCESS_RETIRING;
      self->is_retiring = TRUE;
      gf_channel_append (self->channel, &(GfOutgoing) { .type = GF_FRAME_SHUTDOWN }, FALSE);
      gf_process_listen (self, self->events | EPOLLIN);
      old = self->timer;
      self->timer = gf_timer_start (g_get_monotonic_time () + END_US, gf_process_end_is_overdue,
                                    gf_process_ref (self), (GDestroyNotify) gf_process_unref);
    }

  retires = self->state == GF_PROCESS_RETIRING;
  g_mutex_unlock (&self->lock);

  if (GF_TRACING (GF_TRACE_WORKERS) && retires)
    gf_process_trace (self, "is told to end");
  if (old != NULL)
    gf_timer_stop (old);
}

/* ---- hearing ---- */

/* The request that was answered, which is the first. With the lock not held. */
static GfRequest *
gf_process_take_request (GfProcess *self,
                         guint64    id)
{
  GfRequest *request = NULL;

  g_mutex_lock (&self->lock);

  if (self->requests.head != NULL && ((GfRequest *) self->requests.head->data)->id == id)
    {
      request = self->requests.head->data;
      gf_process_unlink (self, request);

      if (self->requests.head != NULL)
        gf_request_begin (self->requests.head->data);
    }

  g_mutex_unlock (&self->lock);

  return request;
}

/* @details: return location for the bytes that come with it, or NULL. */
static GError *
gf_process_parse_error (GVariant *payload,
                        GBytes  **details)
{
  g_autoptr (GVariant) bytes = NULL;
  const char *domain, *message, *traceback;
  GError *error;
  GQuark quark;
  int code;

  if (payload == NULL || !g_variant_is_of_type (payload, G_VARIANT_TYPE ("(sismsmay)")))
    return NULL;

  g_variant_get (payload, "(&si&sm&sm@ay)", &domain, &code, &message, &traceback, &bytes);
  if (details != NULL && bytes != NULL)
    *details = g_variant_get_data_as_bytes (bytes);

  /* A quark lives for ever: a worker may not make any number of them. */
  quark = g_quark_try_string (domain);
  if (quark == 0 && *domain != '\0')
    {
      static int n_domains;

      if (strlen (domain) < 128 && g_atomic_int_add (&n_domains, 1) < 256)
        quark = g_quark_from_string (domain);
    }

  error = quark != 0 ? g_error_new_literal (quark, code, message)
                     : g_error_new (GF_FUTURE_ERROR, GF_FUTURE_ERROR_REMOTE, "%s (%s, %d)", message, domain, code);
  gf_error_set_remote_traceback (error, traceback);

  return error;
}

/* It has started: nothing hinders it from taking tasks. */
void
gf_process_serve (GfProcess *self)
{
  GfTimer *timer = NULL;
  gboolean serves;

  g_mutex_lock (&self->lock);
  serves = self->state == GF_PROCESS_STARTING;
  if (serves)
    {
      self->state = GF_PROCESS_SERVING;
      self->was_serving = TRUE;
      timer = g_steal_pointer (&self->timer);
    }
  g_mutex_unlock (&self->lock);

  if (timer != NULL)
    gf_timer_stop (timer);
  if (serves)
    gf_process_pool_started (self->pool, self);
}

typedef struct
{
  GfProcess *process;
  GfRequest *request;
  GfMessage  message;
} GfAnswer;

/* The request was answered by a RESULT or an ERROR. */
static void
gf_process_finish (GfProcess *self,
                   GfRequest *request,
                   GfMessage *message)
{
  g_autoptr (GBytes) details = NULL;
  GError *error = NULL;
  GVariant *payload = gf_message_take_payload (message, &error);
  gboolean is_broken = error != NULL;

  if (message->head.type == GF_FRAME_ERROR && !is_broken)
    {
      error = gf_process_parse_error (payload, &details);
      g_clear_pointer (&payload, g_variant_unref);
      if (error == NULL)
        {
          error = g_error_new_literal (GF_FUTURE_ERROR, GF_FUTURE_ERROR_PROTOCOL,
                                       "A worker’s ERROR has a payload that is no (sismsmay)");
          is_broken = TRUE;
        }
    }
  else if (payload != NULL && strchr (g_variant_get_type_string (payload), 'h') != NULL)
    {
      error = g_error_new (GF_FUTURE_ERROR, GF_FUTURE_ERROR_PROTOCOL,
                           "A worker’s RESULT (%s) has a handle, which means nothing here",
                           g_variant_get_type_string (payload));
      g_clear_pointer (&payload, g_variant_unref);
      is_broken = TRUE;
    }
  if (is_broken)
    gf_process_fail (self, g_error_copy (error));
  if (is_broken && request->task != NULL)
    {
      char *told = g_strdup_printf ("The worker (pid %u) was put down when it answered “%s”: %s", self->pid,
                                    request->task->what.function, error->message);

      g_free (error->message);
      error->message = told;
    }

  if (request->task != NULL)
    {
      gf_request_finish (request, payload, error, details);
      return;
    }

  /* The initializer. */
  g_clear_pointer (&payload, g_variant_unref);
  gf_request_take_task (request);
  if (error == NULL)
    gf_process_serve (self);
  else if (!is_broken)
    {
      gf_process_pool_break (self->pool,
                             g_error_new (GF_FUTURE_ERROR, GF_FUTURE_ERROR_BROKEN_EXECUTOR,
                                          "The pool is broken, for its initializer failed: %s",
                                          error->message));
      gf_process_retire (self);
    }
  g_clear_error (&error);
}

static void
gf_process_finish_large (gpointer data,
                         gpointer user_data G_GNUC_UNUSED)
{
  GfAnswer *answer = data;

  gf_process_finish (answer->process, answer->request, &answer->message);
  gf_message_clear (&answer->message);
  gf_process_unref (answer->process);
  g_free (answer);
}

static gboolean
gf_process_answered (GfProcess *self,
                     GfMessage *message,
                     GError   **error)
{
  GfRequest *request = gf_process_take_request (self, message->head.id);

  if (request == NULL)
    {
      g_set_error (error, GF_FUTURE_ERROR, GF_FUTURE_ERROR_PROTOCOL,
                   "A worker answered the request %" G_GUINT64_FORMAT ", which it was not to answer now",
                   message->head.id);
      return FALSE;
    }

  if (message->head.n_payload > LARGE_PAYLOAD && request->task != NULL)
    {
      GfAnswer *answer = g_new (GfAnswer, 1);

      answer->process = gf_process_ref (self);
      answer->request = request;
      answer->message = *message;
      *message = (GfMessage) { .fd = -1 };
      gf_completion_push (gf_process_finish_large, answer);
    }
  else
    gf_process_finish (self, request, message);

  return TRUE;
}

static gboolean
gf_process_progressed (GfProcess *self,
                       GfMessage *message,
                       GError   **error)
{
  g_autoptr (GVariant) payload = gf_message_take_payload (message, error);
  g_autoptr (GfPromise) task = NULL;
  const char *status;
  double fraction;

  if (error != NULL && *error != NULL)
    return FALSE;
  if (payload == NULL || !g_variant_is_of_type (payload, G_VARIANT_TYPE ("(dms)")))
    {
      g_set_error_literal (error, GF_FUTURE_ERROR, GF_FUTURE_ERROR_PROTOCOL,
                           "A worker’s PROGRESS has a payload that is no (dms)");
      return FALSE;
    }

  g_mutex_lock (&self->lock);
  if (self->requests.head != NULL)
    {
      GfRequest *request = self->requests.head->data;

      if (request->id == message->head.id && request->task != NULL)
        task = g_object_ref (request->task);
    }
  g_mutex_unlock (&self->lock);

  g_variant_get (payload, "(dm&s)", &fraction, &status);
  if (task != NULL)
    gf_promise_set_progress (task, fraction, status);

  return TRUE;
}

/* It tells why it is going to end. */
static gboolean
gf_process_gives_up (GfProcess *self,
                     GfMessage *message,
                     GError   **error)
{
  g_autoptr (GVariant) payload = gf_message_take_payload (message, error);
  GError *reason = gf_process_parse_error (payload, NULL);
  GfTimer *old = NULL;

  if (reason == NULL)
    {
      if (*error == NULL)
        g_set_error_literal (error, GF_FUTURE_ERROR, GF_FUTURE_ERROR_PROTOCOL,
                             "A worker’s ERROR has a payload that is no (sismsmay)");
      return FALSE;
    }

  g_mutex_lock (&self->lock);
  if (self->state != GF_PROCESS_DEAD && self->failure == NULL)
    {
      self->failure = g_error_new_literal (GF_FUTURE_ERROR, GF_FUTURE_ERROR_WORKER_DIED, reason->message);
      old = self->timer;
      self->timer = gf_timer_start (g_get_monotonic_time () + END_US, gf_process_end_is_overdue,
                                    gf_process_ref (self), (GDestroyNotify) gf_process_unref);
    }
  g_mutex_unlock (&self->lock);
  g_error_free (reason);
  if (old != NULL)
    gf_timer_stop (old);

  /* Nothing more goes there. */
  gf_process_pool_leaves (self->pool, self);

  return TRUE;
}

static gboolean
gf_process_handle (GfProcess *self,
                   GfMessage *message,
                   GError   **error)
{
  GfProcessState state;
  gboolean said_hello;

  g_mutex_lock (&self->lock);
  state = self->state;
  said_hello = self->said_hello;
  g_mutex_unlock (&self->lock);

  if (state == GF_PROCESS_DEAD)
    return TRUE;

  if ((message->head.type == GF_FRAME_HELLO) == said_hello)
    {
      g_set_error_literal (error, GF_FUTURE_ERROR, GF_FUTURE_ERROR_PROTOCOL,
                           said_hello ? "A worker said HELLO twice" : "A worker did not say HELLO first");
      return FALSE;
    }

  switch (message->head.type)
    {
    case GF_FRAME_HELLO:
      gf_process_greet (self, message, error);
      return *error == NULL;
    case GF_FRAME_ERROR:
      if (message->head.flags & GF_FRAME_FATAL)
        return gf_process_gives_up (self, message, error);
      return gf_process_answered (self, message, error);
    case GF_FRAME_RESULT:
      return gf_process_answered (self, message, error);
    case GF_FRAME_PROGRESS:
      return gf_process_progressed (self, message, error);
    default:
      g_set_error (error, GF_FUTURE_ERROR, GF_FUTURE_ERROR_PROTOCOL,
                   "A worker sent a frame of type %u, which only a pool sends", message->head.type);
      return FALSE;
    }
}

/* How long the tasks took that were answered at one time. */
static void
gf_process_measure (GfProcess *self,
                    guint      n_answers)
{
  GfProcessPool *pool = self->pool;
  gint64 now = g_get_monotonic_time ();
  gint64 since = atomic_exchange_explicit (&self->busy_since, now, memory_order_relaxed);
  guint each = (guint) CLAMP ((now - since) / n_answers, 0, 1000000);
  guint old = atomic_load_explicit (&pool->task_us, memory_order_relaxed);

  /* 0 is for: not known. */
  atomic_store_explicit (&pool->task_us, MAX (1, old == 0 ? each : (old * 7 + each) / 8),
                         memory_order_relaxed);
}

/* Reads once, and handles what has come: with the read lock held, by a thread
 * that runs nothing of the application's. */
GfReceive
gf_process_read (GfProcess *self)
{
  GError *error = NULL;
  guint n_answers = 0;
  GfReceive received;
  GfMessage message;

  received = gf_channel_receive (self->channel, FALSE, &error);
  if (received == GF_RECEIVE_AGAIN)
    return received;

  while (received == GF_RECEIVE_DATA && gf_channel_take (self->channel, &message, &error))
    {
      n_answers += message.head.type == GF_FRAME_RESULT || message.head.type == GF_FRAME_ERROR;
      if (!gf_process_handle (self, &message, &error))
        received = GF_RECEIVE_FAILED;
      gf_message_clear (&message);
    }

  if (received != GF_RECEIVE_DATA || error != NULL)
    {
      gf_process_fail (self, error);
      return error != NULL ? GF_RECEIVE_FAILED : GF_RECEIVE_END;
    }

  if (n_answers > 0)
    {
      gf_process_measure (self, n_answers);
      gf_process_pool_ready (self->pool, self);
    }

  return received;
}

/* On the I/O thread. */
static void
gf_process_input (GfIoWatch *watch,
                  guint      events)
{
  GfProcess *self = watch_to_process (watch);

  if (events & EPOLLOUT)
    {
      g_mutex_lock (&self->lock);
      if (self->state != GF_PROCESS_DEAD)
        gf_process_listen (self, self->events);
      g_mutex_unlock (&self->lock);
    }

  /* Else somebody who waits reads it. */
  if ((events & ~EPOLLOUT) && g_mutex_trylock (&self->read_lock))
    {
      gf_process_read (self);
      g_mutex_unlock (&self->read_lock);
    }
}

/* On the I/O thread. The process has ended, though others may still have its end
 * of the socket. */
static void
gf_process_died (GfIoWatch *watch,
                 guint      events G_GNUC_UNUSED)
{
  GfProcess *self = watch_to_process (watch);
  GfReceive received;

  g_atomic_int_set (&self->has_died, TRUE);
  if (!g_mutex_trylock (&self->read_lock))
    {
      gf_process_wake (self);
      return;
    }

  do
    received = gf_process_read (self);
  while (received == GF_RECEIVE_DATA);
  if (received == GF_RECEIVE_AGAIN)
    gf_process_fail (self, NULL);

  g_mutex_unlock (&self->read_lock);
}

/* Nothing more is sent to it or read from it. Takes @error, which is NULL if it
 * has ended by itself. Any thread may call this. */
void
gf_process_fail (GfProcess *self,
                 GError    *error)
{
  GQueue requests;
  GfTimer *timer;

  g_mutex_lock (&self->lock);

  if (self->state == GF_PROCESS_DEAD)
    {
      g_mutex_unlock (&self->lock);
      g_clear_error (&error);
      return;
    }

  self->state = GF_PROCESS_DEAD;
  if (self->failure == NULL)
    self->failure = g_steal_pointer (&error);
  timer = g_steal_pointer (&self->timer);
  requests = self->requests;
  g_queue_init (&self->requests);
  for (GList *l = requests.head; l != NULL; l = l->next)
    g_atomic_int_set (&((GfRequest *) l->data)->is_sent, FALSE);

  if (self->input.fd >= 0)
    gf_io_remove (&self->input);
  if (self->death.fd >= 0)
    gf_io_remove (&self->death);
  if (self->errors.fd >= 0)
    gf_io_remove (&self->errors);

  g_mutex_unlock (&self->lock);

  g_clear_error (&error);
  if (timer != NULL)
    gf_timer_stop (timer);
  gf_process_wake (self);
  gf_process_pool_leaves (self->pool, self);
  gf_process_end (self, &requests);
}

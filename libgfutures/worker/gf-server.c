/* gf-server.c - serves the requests of a pool
 *
 * Two threads. The serving one reads requests, runs them in their order and
 * answers each before it begins the next. The watching one ends the process when
 * the pool is gone; and while a task runs for longer than a moment it reads in
 * the other's place, so that CANCEL arrives, sends progress, and looks at the
 * memory in use.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#define _GNU_SOURCE
#include "config.h"

#include "gf-server-private.h"

#include "../future/gf-error.h"
#include "../future/gf-future-private.h"
#include "../loop/gf-thread-private.h"
#include "../processes/gf-channel-private.h"
#include "../processes/gf-memory-private.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <unistd.h>

/* After that a task is a long one. */
#define TICK_US      1000
/* And then it is looked after so often. */
#define LONG_TICK_US 5000
/* Progress is sent so often at most. */
#define PROGRESS_US  16000

#define N_MARKS      64
#define MARK_BEGUN   1

typedef struct
{
  GMainContext    *context;
  GfChannel       *channel;
  int              fd;
  _Atomic guint64 *marks;
  guint64          memory_limit;
  guint64          max_message_size; /* of results: what comes in is the pool's to say */

  GMutex           lock;         /* of the reading half, and: */
  GQueue           requests;     /* of GfMessage, to be served */
  GfPromise       *current;      /* that is served */
  guint64          current_id;   /* from when it is taken out of the queue */
  gboolean         is_cancelled; /* before it could be told */
  gboolean         in_loop;      /* it is held, and the loop runs */
  gboolean         said_hello;
  gboolean         shut_down;
  GError          *failure;      /* what came made no sense */

  GMutex           write_lock;   /* of the writing half, and: */
  double           progress;     /* that was sent last */
  char            *status;
  gint64           progress_time;

  /* See gf_server_begin(). */
  atomic_bool      busy;
  atomic_bool      ticking;
  _Atomic guint    n_begun;
  atomic_bool      iterate;      /* the context, though there is work */

  int              timer_fd;
  int              death_fd;     /* of the pool's process, or -1 */
  int              memory_fd;
} GfServer;

/* ---- writing; with the write lock held ---- */

static void
gf_server_flush (GfServer *self)
{
  /* There is nobody left to work for. */
  if (!gf_channel_flush (self->channel, TRUE))
    _exit (0);
}

/* As much of a text as travels, in UTF-8. */
static char *
gf_text_fit (const char *text)
{
  gsize length = MIN (strlen (text), GF_FRAME_MAX_TEXT / 3);

  /* Not within a character. */
  if (text[length] != '\0')
    while (length > 0 && ((guchar) text[length] & 0xc0) == 0x80)
      length--;

  /* What is no UTF-8 becomes three times as long. */
  return g_utf8_make_valid (text, length);
}

/* @details: the bytes that go with it, or NULL. */
static void
gf_server_append_error (GfServer     *self,
                        guint64       id,
                        guint         flags,
                        const GError *error,
                        GBytes       *details)
{
  g_autofree char *whole = gf_error_get_remote_traceback (error);
  g_autofree char *traceback = whole != NULL ? gf_text_fit (whole) : NULL;
  g_autofree char *message = gf_text_fit (error->message);
  g_autoptr (GVariant) bytes =
    details != NULL ? g_variant_ref_sink (g_variant_new_from_bytes (G_VARIANT_TYPE_BYTESTRING, details, TRUE)) : NULL;
  g_autoptr (GVariant) payload = NULL;

  do
    {
      g_clear_pointer (&payload, g_variant_unref);
      payload = g_variant_ref_sink (g_variant_new ("(sismsm@ay)", g_quark_to_string (error->domain), error->code,
                                                   message, traceback, bytes));
      if (bytes == NULL || g_variant_get_size (payload) <= self->max_message_size)
        break;
      /* The error matters more. */
      g_clear_pointer (&bytes, g_variant_unref);
    }
  while (TRUE);

  gf_channel_append (self->channel,
                     &(GfOutgoing) { .type = GF_FRAME_ERROR, .flags = flags, .id = id, .payload = payload },
                     self->marks != NULL);
}

/* Appends what has changed since the last time. TRUE: something has. */
static gboolean
gf_server_append_progress (GfServer  *self,
                           GfPromise *task,
                           guint64    id)
{
  g_autoptr (GVariant) payload = NULL;
  g_autofree char *status = NULL;
  g_autofree char *fitting = NULL;
  double progress;

  if (G_LIKELY (gf_future_peek_extra ((GfFuture *) task) == NULL))
    return FALSE;

  progress = gf_future_get_progress ((GfFuture *) task);
  status = gf_future_dup_status ((GfFuture *) task);
  if (progress == self->progress && g_strcmp0 (status, self->status) == 0)
    return FALSE;

  fitting = status != NULL ? gf_text_fit (status) : NULL;
  payload = g_variant_ref_sink (g_variant_new ("(dms)", progress, fitting));
  gf_channel_append (self->channel,
                     &(GfOutgoing) { .type = GF_FRAME_PROGRESS, .id = id, .payload = payload }, FALSE);
  self->progress = progress;
  g_free (self->status);
  self->status = g_steal_pointer (&status);

  return TRUE;
}

/* ---- reading; with the lock held ---- */

static void
gf_server_greet (GfServer  *self,
                 GfMessage *hello)
{
  g_autoptr (GVariant) payload = gf_message_take_payload (hello, &self->failure);
  const char *capabilities[] = { "descriptors", "marks", NULL };
  GVariantBuilder builder;

  if (self->failure != NULL)
    return;

  if (payload != NULL && g_variant_is_of_type (payload, G_VARIANT_TYPE_VARDICT))
    {
      g_variant_lookup (payload, "max-message-size", "t", &self->max_message_size);
      g_variant_lookup (payload, "memory-limit", "t", &self->memory_limit);
      if (self->memory_limit > 0)
        gf_memory_keep_nothing ();
    }
  if (hello->fd >= 0)
    {
      gpointer marks = mmap (NULL, N_MARKS * sizeof (guint64), PROT_READ | PROT_WRITE, MAP_SHARED, hello->fd, 0);

      if (marks != MAP_FAILED)
        self->marks = marks;
    }
  if (self->marks == NULL)
    capabilities[1] = NULL;

  g_variant_builder_init (&builder, G_VARIANT_TYPE_VARDICT);
  g_variant_builder_add (&builder, "{sv}", "pid", g_variant_new_uint32 (getpid ()));
  g_variant_builder_add (&builder, "{sv}", "capabilities", g_variant_new_strv (capabilities, -1));
  g_clear_pointer (&payload, g_variant_unref);
  payload = g_variant_ref_sink (g_variant_builder_end (&builder));
  self->said_hello = TRUE;

  g_mutex_lock (&self->write_lock);
  gf_channel_append (self->channel, &(GfOutgoing) { .type = GF_FRAME_HELLO, .payload = payload }, FALSE);
  gf_server_flush (self);
  g_mutex_unlock (&self->write_lock);
}

static gboolean
gf_server_cancel_cb (gpointer data)
{
  gf_future_cancel (data);

  return G_SOURCE_REMOVE;
}

/* Tells the task, on this thread, which watches while the other one works; or in
 * the loop, if the task is waiting for that. */
static void
gf_server_cancel (GfServer *self,
                  guint64   id)
{
  GfFuture *task;
  gboolean in_loop = self->in_loop;

  if (self->current_id != id || self->current == NULL)
    {
      /* It is about to begin. */
      if (self->current_id == id)
        self->is_cancelled = TRUE;
      for (GList *l = self->requests.head; l != NULL; l = l->next)
        if (((GfMessage *) l->data)->head.id == id)
          ((GfMessage *) l->data)->head.type = GF_FRAME_CANCEL;
      return;
    }

  task = g_object_ref ((GfFuture *) self->current);
  g_mutex_unlock (&self->lock);

  if (in_loop)
    g_main_context_invoke_full (self->context, G_PRIORITY_DEFAULT, gf_server_cancel_cb, task, g_object_unref);
  else
    {
      gf_future_cancel (task);
      g_object_unref (task);
    }

  g_mutex_lock (&self->lock);
}

static void
gf_server_handle (GfServer  *self,
                  GfMessage *message)
{
  if ((message->head.type == GF_FRAME_HELLO) == self->said_hello)
    {
      self->failure = g_error_new_literal (GF_FUTURE_ERROR, GF_FUTURE_ERROR_PROTOCOL,
                                           "A pool says HELLO first, and once");
      return;
    }

  switch (message->head.type)
    {
    case GF_FRAME_HELLO:
      gf_server_greet (self, message);
      break;
    case GF_FRAME_REQUEST:
      g_queue_push_tail (&self->requests, g_memdup2 (message, sizeof *message));
      *message = (GfMessage) { .fd = -1 };
      break;
    case GF_FRAME_CANCEL:
      gf_server_cancel (self, message->head.id);
      break;
    case GF_FRAME_SHUTDOWN:
      self->shut_down = TRUE;
      break;
    default:
      self->failure = g_error_new (GF_FUTURE_ERROR, GF_FUTURE_ERROR_PROTOCOL,
                                   "A pool sent a frame of type %u, which only a worker sends",
                                   message->head.type);
    }
}

/* Reads what is there. */
static void
gf_server_read (GfServer *self)
{
  GfReceive received;
  GfMessage message;

  do
    {
      /* The rest of a large frame is on its way: that needs no loop. */
      received = gf_channel_receive (self->channel, gf_channel_is_amid (self->channel) && !atomic_load (&self->busy),
                                     &self->failure);
      if (received == GF_RECEIVE_END)
        _exit (0);

      while (received == GF_RECEIVE_DATA && self->failure == NULL &&
             gf_channel_take (self->channel, &message, &self->failure))
        {
          gf_server_handle (self, &message);
          gf_message_clear (&message);
        }
    }
  while (received == GF_RECEIVE_DATA && self->failure == NULL && gf_channel_is_amid (self->channel));
}

/* ---- the watching thread ---- */

static void
gf_server_start_timer (GfServer *self,
                       guint     us)
{
  struct itimerspec time = { .it_value = { 0, us * 1000 } };

  timerfd_settime (self->timer_fd, 0, &time, NULL);
}

/* The memory in use that is the process's own, in bytes. */
static guint64
gf_server_get_memory (GfServer *self)
{
  unsigned long resident, shared;
  char text[128];
  gssize n = pread (self->memory_fd, text, sizeof text - 1, 0);

  if (n <= 0)
    return 0;
  text[n] = '\0';
  if (sscanf (text, "%*u %lu %lu", &resident, &shared) != 2 || shared > resident)
    return 0;

  return (guint64) (resident - shared) * (guint64) sysconf (_SC_PAGESIZE);
}

static void
gf_server_check_memory (GfServer *self)
{
  guint64 memory = gf_server_get_memory (self);
  g_autofree char *used = NULL;
  g_autofree char *limit = NULL;
  g_autoptr (GError) error = NULL;

  if (memory <= self->memory_limit)
    return;

  used = g_format_size_full (memory, G_FORMAT_SIZE_IEC_UNITS);
  limit = g_format_size_full (self->memory_limit, G_FORMAT_SIZE_IEC_UNITS);
  error = g_error_new (GF_FUTURE_ERROR, GF_FUTURE_ERROR_WORKER_DIED,
                       "It uses %s of memory, and memory-limit allows %s", used, limit);

  /* Who writes just now may be waiting for room: then the pool finds it among
   * the last lines. */
  for (guint i = 0; i < 100; i++)
    {
      if (g_mutex_trylock (&self->write_lock))
        {
          gf_server_append_error (self, 0, GF_FRAME_FATAL, error, NULL);
          gf_channel_flush (self->channel, TRUE);
          _exit (1);
        }
      g_usleep (1000);
    }
  g_printerr ("%s\n", error->message);
  _exit (1);
}

static void
gf_server_send_progress (GfServer *self)
{
  g_autoptr (GfPromise) task = NULL;
  gint64 now = g_get_monotonic_time ();
  guint64 id;

  if (now - self->progress_time < PROGRESS_US)
    return;

  g_mutex_lock (&self->lock);
  if (self->current != NULL)
    task = g_object_ref (self->current);
  id = self->current_id;
  g_mutex_unlock (&self->lock);

  /* Who writes is about to tell it. */
  if (task == NULL || !g_mutex_trylock (&self->write_lock))
    return;

  g_mutex_lock (&self->lock);
  if (self->current != task)
    id = 0;
  g_mutex_unlock (&self->lock);

  if (id != 0 && gf_server_append_progress (self, task, id))
    {
      gf_server_flush (self);
      self->progress_time = now;
    }
  g_mutex_unlock (&self->write_lock);
}

/* Whether a long task runs. */
static gboolean
gf_server_tick (GfServer *self,
                guint    *last_begun)
{
  guint n_begun = atomic_load (&self->n_begun);
  gboolean is_long = atomic_load (&self->busy) && n_begun == *last_begun;

  *last_begun = n_begun;
  atomic_store (&self->iterate, TRUE);

  if (self->memory_limit > 0)
    gf_server_check_memory (self);
  if (is_long)
    gf_server_send_progress (self);

  if (atomic_load (&self->busy))
    {
      gf_server_start_timer (self, is_long ? LONG_TICK_US : TICK_US);
      return is_long;
    }

  /* Sequentially consistent, as in gf_server_begin(): one of both starts it. */
  atomic_store (&self->ticking, FALSE);
  if (atomic_load (&self->busy) && !atomic_exchange (&self->ticking, TRUE))
    gf_server_start_timer (self, TICK_US);

  return FALSE;
}

static gpointer
gf_server_watch (gpointer data)
{
  GfServer *self = data;
  struct pollfd fds[] = { { self->fd, 0, 0 },
                          { self->timer_fd, POLLIN, 0 },
                          { self->death_fd, POLLIN, 0 } };
  gboolean is_long = FALSE;
  guint last_begun = 0;
  guint64 count;

  for (;;)
    {
      fds[0].events = is_long ? POLLIN : 0;
      if (poll (fds, G_N_ELEMENTS (fds), -1) < 0)
        continue;

      if ((fds[0].revents & (POLLHUP | POLLERR)) || fds[2].revents != 0)
        _exit (0);

      if (fds[1].revents != 0 && read (self->timer_fd, &count, sizeof count) > 0)
        is_long = gf_server_tick (self, &last_begun);

      /* The task may have ended since. */
      is_long = is_long && atomic_load (&self->busy) && atomic_load (&self->n_begun) == last_begun;
      if (is_long && (fds[0].revents & POLLIN))
        {
          g_mutex_lock (&self->lock);
          if (self->failure == NULL)
            gf_server_read (self);
          g_mutex_unlock (&self->lock);

          /* The other one looked at the queue before, and goes to sleep. */
          if (!atomic_load (&self->busy))
            g_main_context_wakeup (self->context);
        }
    }

  return NULL;
}

/* ---- the serving thread ---- */

/* A task begins: the watching thread has an eye on it. The timer is started only
 * if it does not run already, once in a while. */
static void
gf_server_begin (GfServer  *self,
                 GfPromise *task)
{
  gboolean is_cancelled;

  g_mutex_lock (&self->lock);
  self->current = task;
  is_cancelled = self->is_cancelled;
  g_mutex_unlock (&self->lock);

  if (is_cancelled)
    gf_future_cancel ((GfFuture *) task);

  atomic_fetch_add (&self->n_begun, 1);
  atomic_store (&self->busy, TRUE);
  if (!atomic_load (&self->ticking) && !atomic_exchange (&self->ticking, TRUE))
    gf_server_start_timer (self, TICK_US);
}

static void
gf_server_end (GfServer *self)
{
  atomic_store (&self->busy, FALSE);

  g_mutex_lock (&self->lock);
  self->current = NULL;
  g_mutex_unlock (&self->lock);
}

/* The function has returned nothing, and holds its promise, or that is all; or it
 * has settled it, and what it returned does not count. */
static GVariant *
gf_server_get_outcome (GfServer  *self,
                       GfPromise *task,
                       GError   **error)
{
  GfFuture *future = (GfFuture *) task;
  const GValue *value;
  guint state = gf_future_load_state (future);

  if ((state & GF_STATE_HELD) && !gf_state_is_settled (state))
    {
      g_mutex_lock (&self->lock);
      self->in_loop = TRUE;
      g_mutex_unlock (&self->lock);

      while (!gf_future_is_done (future))
        g_main_context_iteration (self->context, TRUE);

      g_mutex_lock (&self->lock);
      self->in_loop = FALSE;
      g_mutex_unlock (&self->lock);
    }

  if (!gf_future_is_done (future))
    return NULL;

  value = gf_future_get_value (future, error);
  if (value == NULL || !G_VALUE_HOLDS_VARIANT (value))
    {
      if (value != NULL && !(G_VALUE_HOLDS_POINTER (value) && g_value_get_pointer (value) == NULL))
        g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                     "A function’s result that is a %s cannot travel: settle the promise with a variant",
                     G_VALUE_TYPE_NAME (value));
      return NULL;
    }

  return g_value_dup_variant (value);
}

/* Who holds a promise may settle it on another thread. */
static void
gf_server_wake_cb (GfFuture *future G_GNUC_UNUSED,
                   gpointer  data)
{
  g_main_context_wakeup (((GfServer *) data)->context);
}

static GVariant *
gf_server_call (GfServer  *self,
                GfPromise *task,
                GError   **error)
{
  GVariant *result = gf_promise_serve (task, error);
  guint64 limit = self->max_message_size;
  guint state = gf_future_load_state ((GfFuture *) task);

  /* As it is in a thread pool. What is mapped must not settle it with a value,
   * and gf_function_map() says so. */
  if (gf_state_is_settled (state) && !(state & GF_STATE_MAP))
    {
      g_clear_pointer (&result, g_variant_unref);
      g_clear_error (error);
    }

  if (result == NULL && *error == NULL)
    {
      if (state & GF_STATE_HELD)
        gf_future_observe ((GfFuture *) task, gf_server_wake_cb, self);
      result = gf_server_get_outcome (self, task, error);
    }

  if (result == NULL)
    return NULL;

  if (!g_variant_is_of_type (result, G_VARIANT_TYPE_BYTESTRING) && !g_variant_is_normal_form (result))
    {
      GVariant *odd = result;

      result = g_variant_get_normal_form (odd);
      g_variant_unref (odd);
    }

  if (strchr (g_variant_get_type_string (result), 'h') != NULL)
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                 "The result (%s) has a handle, which means nothing in another process",
                 g_variant_get_type_string (result));
  else if (strlen (g_variant_get_type_string (result)) > GF_FRAME_MAX_TYPE)
    g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                         "The type string of the result is too long");
  else if (g_variant_get_size (result) > limit)
    g_set_error (error, GF_FUTURE_ERROR, GF_FUTURE_ERROR_MESSAGE_TOO_LARGE,
                 "The result has %" G_GSIZE_FORMAT " bytes, max-message-size allows %" G_GUINT64_FORMAT,
                 g_variant_get_size (result), limit);
  else
    return result;

  g_variant_unref (result);

  return NULL;
}

/* TRUE: the pool has not taken it back. */
static gboolean
gf_server_mark (GfServer *self,
                guint64   id)
{
  guint64 expected = id << 2;

  return self->marks == NULL ||
         atomic_compare_exchange_strong (&self->marks[id % N_MARKS], &expected, id << 2 | MARK_BEGUN);
}

static void
gf_server_serve (GfServer  *self,
                 GfMessage *request)
{
  g_autoptr (GfPromise) task = NULL;
  g_autoptr (GVariant) arguments = NULL;
  g_autoptr (GVariant) result = NULL;
  g_autoptr (GError) error = NULL;
  guint64 id = request->head.id;

  if (!gf_server_mark (self, id))
    return;

  arguments = gf_message_take_payload (request, &error);
  if (error == NULL && request->head.type == GF_FRAME_CANCEL)
    g_set_error_literal (&error, G_IO_ERROR, G_IO_ERROR_CANCELLED, "The task was cancelled");
  if (error == NULL && (request->head.flags & GF_FRAME_MAP) &&
      (arguments == NULL || !g_variant_is_of_type (arguments, G_VARIANT_TYPE_ARRAY)))
    g_set_error_literal (&error, GF_FUTURE_ERROR, GF_FUTURE_ERROR_PROTOCOL, "What is mapped is no array");

  if (error == NULL)
    {
      task = gf_promise_new_call (request->head.priority, request->name != NULL ? request->name : "", arguments,
                                  request->head.flags & GF_FRAME_MAP ? GF_STATE_MAP : 0);
      gf_server_begin (self, task);
      result = gf_server_call (self, task, &error);
    }

  g_mutex_lock (&self->write_lock);
  if (task != NULL)
    {
      gf_server_append_progress (self, task, id);
      self->progress = -1;
      g_clear_pointer (&self->status, g_free);
    }
  if (error != NULL)
    {
      g_autoptr (GBytes) details = task != NULL ? gf_future_get_error_details ((GfFuture *) task) : NULL;

      gf_server_append_error (self, id, 0, error, details);
    }
  else
    gf_channel_append (self->channel,
                       &(GfOutgoing) { .type = GF_FRAME_RESULT, .id = id, .payload = result },
                       self->marks != NULL);
  gf_server_flush (self);
  g_mutex_unlock (&self->write_lock);

  if (task != NULL && GF_TRACING (GF_TRACE_TASKS))
    gf_future_trace_served ((GfFuture *) task, error);
  if (task != NULL)
    gf_server_end (self);
}

static gboolean
gf_server_prepare (GSource *source G_GNUC_UNUSED,
                   int     *timeout_ms)
{
  *timeout_ms = -1;

  return FALSE;
}

static gboolean
gf_server_check (GSource *source G_GNUC_UNUSED)
{
  return FALSE;
}

/* Ends an iteration of the loop when there is something to read, and that is
 * all. */
static GSourceFuncs input_funcs = { .prepare = gf_server_prepare, .check = gf_server_check };

static void
gf_server_serve_all (GfServer *self)
{
  GSource *input = g_source_new (&input_funcs, sizeof (GSource));
  GPollFD poll_fd = { self->fd, G_IO_IN, 0 };
  gboolean ends;

  g_source_set_static_name (input, "gf-server");
  g_source_add_poll (input, &poll_fd);
  g_source_attach (input, self->context);

  for (;;)
    {
      GfMessage *request;
      gboolean iterate;

      g_mutex_lock (&self->lock);
      request = g_queue_pop_head (&self->requests);
      self->current_id = request != NULL ? request->head.id : 0;
      self->is_cancelled = FALSE;
      ends = self->failure != NULL || (self->shut_down && request == NULL);
      g_mutex_unlock (&self->lock);

      if (request != NULL)
        {
          gf_server_serve (self, request);
          gf_message_clear (request);
          g_free (request);
        }
      if (ends)
        break;

      /* With nothing else to do, or now and then. */
      iterate = request == NULL || atomic_exchange_explicit (&self->iterate, FALSE, memory_order_relaxed);
      if (!iterate)
        continue;

      poll_fd.revents = 0;
      g_main_context_iteration (self->context, request == NULL);
      if (poll_fd.revents != 0)
        {
          g_mutex_lock (&self->lock);
          gf_server_read (self);
          g_mutex_unlock (&self->lock);
        }
    }

  g_source_destroy (input);
  g_source_unref (input);
}

/* The pool's process, if it is on this machine: the socket may be held open by
 * one that it has forked. */
static int
gf_server_open_peer (int fd)
{
  struct ucred peer;
  socklen_t size = sizeof peer;

  if (getsockopt (fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0 || peer.pid <= 0)
    return -1;

#ifdef SYS_pidfd_open
  {
    int death_fd = (int) syscall (SYS_pidfd_open, peer.pid, 0);

    /* It is gone already. */
    if (death_fd < 0 && errno == ESRCH)
      _exit (0);

    return death_fd;
  }
#else
  return -1;
#endif
}

/* Serves till the pool says that it is over. Takes the descriptors. */
int
gf_server_run (int in_fd,
               int out_fd)
{
  GfServer *self = g_new0 (GfServer, 1);

  self->context = g_main_context_ref_thread_default ();
  self->fd = in_fd;
  self->channel = gf_channel_new (in_fd, out_fd);
  gf_channel_set_limit (self->channel, G_MAXINT64);
  self->max_message_size = G_MAXINT32;
  self->progress = -1;
  self->timer_fd = timerfd_create (CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
  self->memory_fd = open ("/proc/self/statm", O_RDONLY | O_CLOEXEC);
  self->death_fd = gf_server_open_peer (in_fd);
  g_mutex_init (&self->lock);
  g_mutex_init (&self->write_lock);
  g_queue_init (&self->requests);

  /* The thread and what it uses stay: it ends with the process. */
  g_thread_unref (g_thread_new ("gf-watcher", gf_server_watch, self));

  gf_server_serve_all (self);

  if (self->failure == NULL)
    return 0;

  g_printerr ("A worker of libgfutures ends: %s\n", self->failure->message);

  return 1;
}

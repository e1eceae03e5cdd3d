/* gf-channel.c - frames over a socket, or over a pair of pipes
 *
 * Small frames are read many at a time into one buffer and parsed there. What is
 * larger is read straight to where it stays.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#define _GNU_SOURCE
#include "config.h"

#include "gf-channel-private.h"

#include "../future/gf-error.h"
#include "../loop/gf-trace-private.h"
#include "gf-buffer-private.h"
#include "gf-memory-private.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

/* Holds the longest head. */
#define BUFFER_SIZE (128 * 1024)
#define MAX_TARGETS 32

G_STATIC_ASSERT (BUFFER_SIZE > GF_FRAME_HEAD_SIZE + GF_FRAME_MAX_NAME + GF_FRAME_MAX_TYPE +
                               GF_FRAME_MAX_TABLE + 16);

/* Where bytes of a large frame go. */
typedef struct
{
  guint8 *data;
  gsize   size;   /* padded */
  GBytes *bytes;  /* the same, without the padding */
} GfTarget;

struct _GfChannel
{
  int       in_fd;
  int       out_fd;
  gboolean  in_is_socket;
  gboolean  out_is_socket;
  guint64   max_message_size;
  guint     peer;         /* for traces: the pid of the worker; 0: the pool */

  guint8   *buffer;
  gsize     begin;        /* of what is not parsed */
  gsize     end;
  GArray   *fds;          /* that have come and are not yet used */

  gboolean  amid;         /* of a large frame */
  GfMessage large;
  GArray   *targets;
  guint     target;       /* that is being filled */
  gsize     filled;       /* of it */

  GfOutbox  outbox;
};

static gboolean
fd_is_socket (int fd)
{
  struct stat status;

  return fstat (fd, &status) == 0 && S_ISSOCK (status.st_mode);
}

static void
gf_target_clear (gpointer data)
{
  g_clear_pointer (&((GfTarget *) data)->bytes, g_bytes_unref);
}

/* Takes the descriptors, which may be the same. */
GfChannel *
gf_channel_new (int in_fd,
                int out_fd)
{
  GfChannel *self = g_new0 (GfChannel, 1);

  self->in_fd = in_fd;
  self->out_fd = out_fd;
  self->in_is_socket = fd_is_socket (in_fd);
  self->out_is_socket = fd_is_socket (out_fd);
  self->max_message_size = G_MAXINT32;
  self->buffer = g_malloc (BUFFER_SIZE);
  self->fds = g_array_new (FALSE, FALSE, sizeof (int));
  self->targets = g_array_new (FALSE, FALSE, sizeof (GfTarget));
  g_array_set_clear_func (self->targets, gf_target_clear);
  self->large.fd = -1;
  gf_outbox_init (&self->outbox);

  return self;
}

void
gf_channel_free (GfChannel *self)
{
  for (guint i = 0; i < self->fds->len; i++)
    close (g_array_index (self->fds, int, i));
  g_array_unref (self->fds);
  g_array_unref (self->targets);
  gf_message_clear (&self->large);
  gf_outbox_clear (&self->outbox);
  g_free (self->buffer);
  close (self->in_fd);
  if (self->out_fd != self->in_fd)
    close (self->out_fd);
  g_free (self);
}

int
gf_channel_get_fd (GfChannel *self)
{
  return self->in_fd;
}

/* Who is at the other end, for traces. */
void
gf_channel_set_peer (GfChannel *self,
                     guint      pid)
{
  self->peer = pid;
}

void
gf_channel_set_limit (GfChannel *self,
                      guint64    max_message_size)
{
  /* So that every length of a frame that passes fits a gsize of 32 bits, too. */
  self->max_message_size = MIN (max_message_size, (guint64) G_MAXSSIZE);
}

guint64
gf_channel_get_limit (GfChannel *self)
{
  return self->max_message_size;
}

/* ---- tracing ---- */

static void
gf_channel_trace (GfChannel  *self,
                  gboolean    comes,
                  guint       frame_type,
                  guint64     id,
                  const char *name,
                  const char *type,
                  guint64     size)
{
  static const char * const frame_types[] = {
    "", "HELLO", "REQUEST", "RESULT", "ERROR", "PROGRESS", "CANCEL", "SHUTDOWN"
  };
  GString *text = g_string_new (comes ? "from " : "to ");

  if (self->peer == 0)
    g_string_append (text, "the pool");
  else
    g_string_append_printf (text, "worker %u", self->peer);
  g_string_append_printf (text, ": %s", frame_types[frame_type]);
  if (id != 0)
    g_string_append_printf (text, " %" G_GUINT64_FORMAT, id);
  if (name != NULL && *name != '\0')
    {
      g_autofree char *escaped = gf_trace_escape (name, 64);

      g_string_append_printf (text, " “%s”", escaped);
    }
  if (type != NULL && *type != '\0')
    g_string_append_printf (text, ", %.40s%s of %" G_GUINT64_FORMAT " bytes", type,
                            strlen (type) > 40 ? "…" : "", size);

  gf_trace_print (GF_TRACE_MESSAGES, "%s", text->str);
  g_string_free (text, TRUE);
}

static void
gf_channel_trace_received (GfChannel *self,
                           GfMessage *message)
{
  guint64 size = message->head.n_payload;

  for (guint i = 0; message->parts != NULL && i < message->parts->len; i++)
    size += g_array_index (message->parts, GfPart, i).size;

  gf_channel_trace (self, TRUE, message->head.type, message->head.id, message->name, message->type, size);
}

/* ---- reading ---- */

/* In the middle of a large frame: it may be worth waiting for the rest. */
gboolean
gf_channel_is_amid (GfChannel *self)
{
  return self->amid;
}

static void
gf_channel_keep_fds (GfChannel     *self,
                     struct msghdr *message)
{
  for (struct cmsghdr *header = CMSG_FIRSTHDR (message); header != NULL; header = CMSG_NXTHDR (message, header))
    if (header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_RIGHTS)
      {
        gsize n = (header->cmsg_len - CMSG_LEN (0)) / sizeof (int);

        for (gsize i = 0; i < n; i++)
          {
            int fd;

            memcpy (&fd, CMSG_DATA (header) + i * sizeof fd, sizeof fd);
            g_array_append_val (self->fds, fd);
          }
      }
}

/* Reads once. AGAIN: nothing is there now. */
GfReceive
gf_channel_receive (GfChannel *self,
                    gboolean   block,
                    GError   **error)
{
  union {
    struct cmsghdr header;
    char           space[CMSG_SPACE (sizeof (int) * (GF_FRAME_MAX_FDS + 1))];
  } control;
  struct msghdr message = { 0 };
  struct iovec iov[MAX_TARGETS + 1];
  gsize n_iov = 0;
  gssize n;

  if (self->amid)
    for (guint i = self->target; i < self->targets->len && n_iov < MAX_TARGETS; i++)
      {
        GfTarget *target = &g_array_index (self->targets, GfTarget, i);
        gsize done = i == self->target ? self->filled : 0;

        iov[n_iov].iov_base = target->data + done;
        iov[n_iov].iov_len = target->size - done;
        n_iov++;
      }
  /* Beyond the end of a large frame nothing is read with it: its last bytes had
   * better come at one go. */
  if (n_iov == 0)
    {
      if (self->begin == self->end)
        self->begin = self->end = 0;
      else if (self->begin > 0)
        {
          memmove (self->buffer, self->buffer + self->begin, self->end - self->begin);
          self->end -= self->begin;
          self->begin = 0;
        }

      iov[n_iov].iov_base = self->buffer + self->end;
      iov[n_iov].iov_len = BUFFER_SIZE - self->end;
      n_iov++;
    }

  if (!self->in_is_socket && !block)
    {
      struct pollfd poll_fd = { self->in_fd, POLLIN, 0 };

      if (poll (&poll_fd, 1, 0) <= 0)
        return GF_RECEIVE_AGAIN;
    }

  message.msg_iov = iov;
  message.msg_iovlen = n_iov;
  message.msg_control = &control;
  message.msg_controllen = sizeof control;

  do
    n = self->in_is_socket ? recvmsg (self->in_fd, &message, MSG_CMSG_CLOEXEC | (block ? 0 : MSG_DONTWAIT))
                           : readv (self->in_fd, iov, (int) n_iov);
  while (n < 0 && errno == EINTR);

  if (n == 0)
    return GF_RECEIVE_END;
  if (n < 0)
    {
      int saved_errno = errno;

      if (saved_errno == EAGAIN || saved_errno == EWOULDBLOCK)
        return GF_RECEIVE_AGAIN;
      if (saved_errno == ECONNRESET || saved_errno == EPIPE)
        return GF_RECEIVE_END;
      g_set_error (error, G_IO_ERROR, g_io_error_from_errno (saved_errno),
                   "Cannot read: %s", g_strerror (saved_errno));
      return GF_RECEIVE_FAILED;
    }

  if (self->in_is_socket && message.msg_controllen > 0)
    gf_channel_keep_fds (self, &message);

  if (!self->amid)
    {
      self->end += n;
      return GF_RECEIVE_DATA;
    }

  self->filled += n;
  while (self->target < self->targets->len)
    {
      GfTarget *target = &g_array_index (self->targets, GfTarget, self->target);

      if (self->filled < target->size)
        break;
      self->filled -= target->size;
      self->target++;
    }

  return GF_RECEIVE_DATA;
}

static GBytes *
gf_channel_add_target (GfChannel *self,
                       gsize      size,
                       GError   **error)
{
  GfTarget target;

  target.size = gf_frame_pad (size);
  target.bytes = gf_memory_new (target.size, size, &target.data);
  if (target.bytes == NULL)
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_NO_SPACE,
                   "There is no memory for a message of %" G_GSIZE_FORMAT " bytes", size);
      return NULL;
    }

  if (size > 0)
    g_array_append_val (self->targets, target);
  else
    return target.bytes;

  return g_bytes_ref (target.bytes);
}

static int
gf_channel_take_fd (GfChannel *self)
{
  int fd;

  if (self->fds->len == 0)
    return -1;

  fd = g_array_index (self->fds, int, 0);
  g_array_remove_index (self->fds, 0);

  return fd;
}

/* Maps the parts that came as descriptors. */
static gboolean
gf_channel_map_parts (GfChannel *self,
                      GfMessage *message,
                      GError   **error)
{
  if (message->head.flags & GF_FRAME_DESCRIPTOR)
    message->fd = gf_channel_take_fd (self);
  if ((message->head.flags & GF_FRAME_DESCRIPTOR) && message->fd < 0)
    {
      g_set_error_literal (error, GF_FUTURE_ERROR, GF_FUTURE_ERROR_PROTOCOL,
                           "A descriptor was announced and did not come: there may be too many open files");
      return FALSE;
    }

  for (guint i = 0; message->parts != NULL && i < message->parts->len; i++)
    {
      GfPart *part = &g_array_index (message->parts, GfPart, i);
      int fd;

      if (!(part->flags & 1))
        continue;

      fd = gf_channel_take_fd (self);
      if (fd < 0)
        {
          g_set_error_literal (error, GF_FUTURE_ERROR, GF_FUTURE_ERROR_PROTOCOL,
                               "A descriptor was announced and did not come: there may be too many open files");
          return FALSE;
        }
      part->bytes = gf_buffer_map (fd, part->offset, (gsize) part->size, error);
      if (part->bytes == NULL)
        {
          if (error != NULL && *error != NULL && (*error)->code == G_IO_ERROR_INVALID_ARGUMENT)
            {
              (*error)->domain = GF_FUTURE_ERROR;
              (*error)->code = GF_FUTURE_ERROR_PROTOCOL;
            }
          return FALSE;
        }
    }

  return TRUE;
}

/* Prepares to read the rest of a frame to where it stays. */
static gboolean
gf_channel_begin_large (GfChannel *self,
                        GfMessage *message,
                        GError   **error)
{
  gsize at = self->begin + GF_FRAME_HEAD_SIZE + gf_frame_pad (message->head.n_name + message->head.n_type) +
             message->head.n_table;

  message->payload = gf_channel_add_target (self, message->head.n_payload, error);
  if (message->payload == NULL)
    return FALSE;

  for (guint i = 0; message->parts != NULL && i < message->parts->len; i++)
    {
      GfPart *part = &g_array_index (message->parts, GfPart, i);

      if (part->flags & 1)
        continue;
      part->bytes = gf_channel_add_target (self, part->size, error);
      if (part->bytes == NULL)
        return FALSE;
    }

  /* What has come with the head. */
  while (self->target < self->targets->len && at < self->end)
    {
      GfTarget *target = &g_array_index (self->targets, GfTarget, self->target);
      gsize n = MIN (self->end - at, target->size - self->filled);

      memcpy (target->data + self->filled, self->buffer + at, n);
      at += n;
      self->filled += n;
      if (self->filled == target->size)
        {
          self->target++;
          self->filled = 0;
        }
    }

  self->begin = at;
  self->amid = TRUE;
  self->large = *message;
  *message = (GfMessage) { .fd = -1 };

  return TRUE;
}

/* Takes a frame that is wholly there. FALSE without an error: there is none. */
gboolean
gf_channel_take (GfChannel *self,
                 GfMessage *message,
                 GError   **error)
{
  gsize size;

  *message = (GfMessage) { .fd = -1 };

  /* They come with the first byte of their frame. */
  if (self->fds->len > GF_FRAME_MAX_FDS + 1)
    {
      g_set_error (error, GF_FUTURE_ERROR, GF_FUTURE_ERROR_PROTOCOL,
                   "More descriptors came than a frame may announce (%u)", self->fds->len);
      return FALSE;
    }

  if (!self->amid)
    {
      gsize n_head;

      if (self->fds->len > 0 && self->begin == self->end)
        {
          g_set_error (error, GF_FUTURE_ERROR, GF_FUTURE_ERROR_PROTOCOL,
                       "Descriptors came that no frame announced (%u)", self->fds->len);
          return FALSE;
        }

      if (self->end - self->begin < GF_FRAME_HEAD_SIZE)
        return FALSE;
      if (!gf_head_parse (&message->head, self->buffer + self->begin, self->max_message_size, error))
        return FALSE;

      n_head = GF_FRAME_HEAD_SIZE + gf_frame_pad (message->head.n_name + message->head.n_type) +
               message->head.n_table;
      if (self->end - self->begin < n_head)
        return FALSE;
      if (!gf_message_parse_strings (message, self->buffer + self->begin + GF_FRAME_HEAD_SIZE,
                                     self->max_message_size, error))
        {
          gf_message_clear (message);
          return FALSE;
        }

      size = n_head + gf_frame_pad (message->head.n_payload);
      if (message->parts == NULL && size <= self->end - self->begin)
        {
          if (message->head.n_type > 0)
            message->payload = g_bytes_new (self->buffer + self->begin + n_head, message->head.n_payload);
          self->begin += size;
        }
      else if (message->parts == NULL && size <= BUFFER_SIZE / 2)
        {
          gf_message_clear (message);
          return FALSE;
        }
      else if (!gf_channel_begin_large (self, message, error))
        {
          gf_message_clear (message);
          g_array_set_size (self->targets, 0);
          return FALSE;
        }
    }

  if (self->amid)
    {
      if (self->target < self->targets->len)
        return FALSE;

      *message = self->large;
      self->large = (GfMessage) { .fd = -1 };
      self->amid = FALSE;
      self->target = 0;
      self->filled = 0;
      g_array_set_size (self->targets, 0);
    }

  if (!gf_channel_map_parts (self, message, error))
    {
      gf_message_clear (message);
      return FALSE;
    }

  if (GF_TRACING (GF_TRACE_MESSAGES))
    gf_channel_trace_received (self, message);

  return TRUE;
}

/* ---- writing ---- */

void
gf_channel_append (GfChannel        *self,
                   const GfOutgoing *frame,
                   gboolean          descriptors)
{
  if (GF_TRACING (GF_TRACE_MESSAGES))
    gf_channel_trace (self, FALSE, frame->type, frame->id, frame->name,
                      frame->payload != NULL ? g_variant_get_type_string (frame->payload) : NULL,
                      frame->payload != NULL ? g_variant_get_size (frame->payload) : 0);

  gf_outbox_append (&self->outbox, frame, descriptors);
}

gboolean
gf_channel_has_output (GfChannel *self)
{
  return !gf_outbox_is_empty (&self->outbox);
}

/* Sends what was appended; without @block, as much as goes at once. FALSE: the
 * other side is gone. */
gboolean
gf_channel_flush (GfChannel *self,
                  gboolean   block)
{
  while (!gf_outbox_is_empty (&self->outbox))
    if (gf_outbox_send (&self->outbox, self->out_fd, self->out_is_socket, block) < 0)
      return errno == EAGAIN || errno == EWOULDBLOCK;

  return TRUE;
}

/* Tells the other side that nothing more will come. */
void
gf_channel_end_output (GfChannel *self)
{
  if (self->out_is_socket)
    shutdown (self->out_fd, SHUT_WR);
}

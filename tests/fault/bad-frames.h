/* bad-frames.h - frames of the wire format, made by hand
 *
 * For a worker that knows nothing of libgfutures; see gf-frame-private.h.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#define _GNU_SOURCE
#include <fcntl.h>
#include <gio/gio.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

enum { HELLO = 1, REQUEST, RESULT, ERROR, PROGRESS, CANCEL, SHUTDOWN };

static int in_fd = 3, out_fd = 3;

/* Frames are in the byte order that this machine does not have. */
static gboolean swapped;

/* The descriptor that came last. */
static int came_fd = -1;

/* Frames */

typedef struct
{
  guint8 type;
  guint8 flags;
  guint64 id;
  const char *name;
  const char *type_string;   /* instead of the payload's */
  GVariant *payload;
  GBytes *data;              /* instead of the payload's */
  GByteArray *table;
  GByteArray *parts;
  int fds[300];
  guint n_fds;
} Frame;

static void
put (GByteArray *bytes,
     guint64     value,
     guint       width)
{
  for (guint i = 0; i < width; i++)
    {
      guint shift = (G_BYTE_ORDER == G_LITTLE_ENDIAN) != swapped ? i : width - 1 - i;
      guint8 byte = value >> (8 * shift);

      g_byte_array_append (bytes, &byte, 1);
    }
}

static void
pad (GByteArray *bytes)
{
  static const guint8 zeros[8];

  g_byte_array_append (bytes, zeros, (8 - bytes->len % 8) % 8);
}

static void
frame_add_part (Frame      *self,
                guint64     length,
                guint64     offset,
                guint32     flags,
                guint32     n_path,
                const char *path)
{
  if (self->table == NULL)
    {
      self->table = g_byte_array_new ();
      self->parts = g_byte_array_new ();
    }
  put (self->table, length, 8);
  put (self->table, offset, 8);
  put (self->table, flags, 4);
  put (self->table, n_path, 4);
  for (guint i = 0; path[i] != '\0'; i++)
    put (self->table, path[i] - '0', 4);
  pad (self->table);
}

static void
frame_add_bytes (Frame *self,
                 guint  n)
{
  for (guint i = 0; i < n; i++)
    put (self->parts, 'p', 1);
  pad (self->parts);
}

static GByteArray *
frame_serialize (Frame *self)
{
  GByteArray *bytes = g_byte_array_new ();
  const char *type = self->type_string;
  gsize n_data = 0;
  gconstpointer data = NULL;

  if (self->payload != NULL)
    self->payload = g_variant_ref_sink (swapped ? g_variant_byteswap (self->payload) : self->payload);
  if (type == NULL)
    type = self->payload != NULL ? g_variant_get_type_string (self->payload) : "";
  if (self->data != NULL)
    data = g_bytes_get_data (self->data, &n_data);
  else if (self->payload != NULL)
    {
      data = g_variant_get_data (self->payload);
      n_data = g_variant_get_size (self->payload);
    }

  g_byte_array_append (bytes, (const guint8 *) "GFUT\1", 5);
  put (bytes, self->type, 1);
  put (bytes, self->flags, 1);
  put (bytes, (G_BYTE_ORDER == G_LITTLE_ENDIAN) != swapped ? 'l' : 'B', 1);
  put (bytes, self->id, 8);
  put (bytes, 0, 4);
  put (bytes, self->name != NULL ? strlen (self->name) : 0, 4);
  put (bytes, strlen (type), 4);
  put (bytes, self->table != NULL ? self->table->len : 0, 4);
  put (bytes, n_data, 8);
  put (bytes, 0, 8);
  if (self->name != NULL)
    g_byte_array_append (bytes, (const guint8 *) self->name, strlen (self->name));
  g_byte_array_append (bytes, (const guint8 *) type, strlen (type));
  pad (bytes);
  if (self->table != NULL)
    g_byte_array_append (bytes, self->table->data, self->table->len);
  if (n_data > 0)
    g_byte_array_append (bytes, data, n_data);
  pad (bytes);
  if (self->parts != NULL)
    g_byte_array_append (bytes, self->parts->data, self->parts->len);
  return bytes;
}

static void
send_bytes (const guint8 *data,
            gsize         size,
            const int    *fds,
            guint         n_fds)
{
  while (size > 0)
    {
      union { struct cmsghdr header; char bytes[CMSG_SPACE (300 * sizeof (int))]; } control = { 0 };
      struct iovec vector = { (void *) data, size };
      struct msghdr message = { .msg_iov = &vector, .msg_iovlen = 1 };
      gssize n;

      if (n_fds > 0)
        {
          message.msg_control = &control;
          message.msg_controllen = CMSG_SPACE (n_fds * sizeof (int));
          control.header.cmsg_level = SOL_SOCKET;
          control.header.cmsg_type = SCM_RIGHTS;
          control.header.cmsg_len = CMSG_LEN (n_fds * sizeof (int));
          memcpy (CMSG_DATA (&control.header), fds, n_fds * sizeof (int));
        }
      n = sendmsg (out_fd, &message, MSG_NOSIGNAL);
      if (n < 0 && n_fds == 0)
        n = write (out_fd, data, size);
      if (n <= 0)
        _exit (0);
      data += n;
      size -= n;
      n_fds = 0;
    }
}

static void
frame_send (Frame *self)
{
  GByteArray *bytes = frame_serialize (self);

  send_bytes (bytes->data, bytes->len, self->fds, self->n_fds);
}

static void
receive (gpointer data,
         gsize    size)
{
  guint8 *bytes = data;

  while (size > 0)
    {
      union { struct cmsghdr header; char bytes[CMSG_SPACE (sizeof (int))]; } control;
      struct iovec vector = { bytes, size };
      struct msghdr message = { .msg_iov = &vector, .msg_iovlen = 1, .msg_control = &control,
                                .msg_controllen = sizeof control };
      gssize n = recvmsg (in_fd, &message, MSG_CMSG_CLOEXEC);

      if (n < 0)
        n = read (in_fd, bytes, size);
      else if (message.msg_controllen > 0 && control.header.cmsg_type == SCM_RIGHTS)
        memcpy (&came_fd, CMSG_DATA (&control.header), sizeof (int));
      if (n <= 0)
        _exit (0);
      bytes += n;
      size -= n;
    }
}

/* The next frame of that type: its id, name and the first bytes of its payload. */
static void
await (guint8   type,
       guint64 *id,
       char    *name,
       guint32 *payload)
{
  struct
  {
    char magic[4];
    guint8 version, type, flags, order;
    guint64 id;
    gint32 priority;
    guint32 n_name, n_type, n_table;
    guint64 n_payload, zero;
  } head;
  char variable[8192 + 65536];

  do
    {
      gsize n;

      receive (&head, sizeof head);
      n = (head.n_name + head.n_type + 7) / 8 * 8 + head.n_table;
      if (n > sizeof variable)
        _exit (70);
      receive (variable, n);
      memcpy (name, variable, head.n_name);
      name[head.n_name] = '\0';
      for (guint64 left = (head.n_payload + 7) / 8 * 8, first = TRUE; left > 0; first = FALSE)
        {
          n = MIN (left, sizeof variable);
          receive (variable, n);
          if (first)
            memcpy (payload, variable, sizeof *payload);
          left -= n;
        }
      if (head.type == SHUTDOWN)
        _exit (0);
    }
  while (head.type != type);
  *id = head.id;
}

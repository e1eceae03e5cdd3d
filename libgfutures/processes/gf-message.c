/* gf-message.c - frames to values and back
 *
 * The wire format itself is told in gf-frame-private.h. Nothing that comes in is
 * believed: lengths are checked before memory is taken, values before they are
 * used.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#define _GNU_SOURCE
#include "config.h"

#include "gf-message-private.h"

#include "../executor/gf-variant-private.h"
#include "../future/gf-error.h"
#include "gf-buffer-private.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

/* Arrays of numbers inside a value travel as parts from this size on: the check
 * of a value takes 25 ns for each byte, in GLib 2.74, and a part 2 µs. */
#define PART_SIZE       256
/* By descriptor, if they are in a sealed buffer: to map it takes as long as to
 * copy so many bytes. */
#define DESCRIPTOR_SIZE (64 * 1024)
/* What is larger is sent from where it is. */
#define EXTERNAL_SIZE   (16 * 1024)
/* How deep parts are looked for. */
#define MAX_DEPTH     16
#define MAX_PARTS     512
/* And among how many neighbours, which have to be taken apart too. */
#define MAX_CHILDREN  (1024 * 1024)
#define MAX_IOV       64
/* When what was sent is let go of. */
#define COMPACT_SEGMENTS 32
#define COMPACT_BYTES    (64 * 1024)

G_STATIC_ASSERT (MAX_PARTS * (GF_FRAME_ENTRY_SIZE + MAX_DEPTH * 4) <= GF_FRAME_MAX_TABLE);

static const guint8 zeros[8];

/* ---- taking parts out of a value ---- */

typedef struct
{
  GVariant *array;
  guint32   n_path;
  guint32   path[MAX_DEPTH];
} GfTaken;

/* Whether a value of that type may have arrays of numbers inside. */
static gboolean
gf_type_may_have_numbers (const char *type)
{
  for (const char *c = type; *c != '\0'; c++)
    if (*c == 'v' || (c[0] == 'a' && gf_variant_number_size ((const GVariantType *) (c + 1)) != 0))
      return TRUE;

  return FALSE;
}

static GVariant *
gf_take_parts (GVariant *value,
               GArray   *taken,
               guint32  *path,
               guint     depth)
{
  const GVariantType *type = g_variant_get_type (value);
  GVariant **children;
  gboolean changed = FALSE;
  GVariant *result;
  gsize n;

  if (g_variant_get_size (value) < PART_SIZE || taken->len == MAX_PARTS)
    return g_variant_ref (value);

  if (g_variant_type_is_array (type) &&
      gf_variant_number_size (g_variant_type_element (type)) != 0)
    {
      GfTaken part = { value, depth, { 0 } };

      g_variant_ref (value);
      /* A value that is nothing else needs no check. */
      if (depth == 0 && g_variant_get_size (value) < DESCRIPTOR_SIZE)
        return value;

      memcpy (part.path, path, depth * sizeof *path);
      g_array_append_val (taken, part);
      return g_variant_ref_sink (g_variant_new_array (g_variant_type_element (type), NULL, 0));
    }

  if (depth == MAX_DEPTH || !g_variant_is_container (value) ||
      !gf_type_may_have_numbers (g_variant_get_type_string (value)))
    return g_variant_ref (value);

  n = g_variant_n_children (value);
  if (n > MAX_CHILDREN)
    return g_variant_ref (value);

  children = g_new (GVariant *, n);
  for (gsize i = 0; i < n; i++)
    {
      GVariant *child = g_variant_get_child_value (value, i);

      path[depth] = (guint32) i;
      children[i] = gf_take_parts (child, taken, path, depth + 1);
      changed |= children[i] != child;
      g_variant_unref (child);
    }

  if (!changed)
    result = g_variant_ref (value);
  else if (g_variant_type_is_array (type))
    result = g_variant_ref_sink (g_variant_new_array (g_variant_type_element (type), children, n));
  else if (g_variant_type_is_tuple (type))
    result = g_variant_ref_sink (g_variant_new_tuple (children, n));
  else if (g_variant_type_is_dict_entry (type))
    result = g_variant_ref_sink (g_variant_new_dict_entry (children[0], children[1]));
  else if (g_variant_type_is_maybe (type))
    result = g_variant_ref_sink (g_variant_new_maybe (NULL, children[0]));
  else
    result = g_variant_ref_sink (g_variant_new_variant (children[0]));

  for (gsize i = 0; i < n; i++)
    g_variant_unref (children[i]);
  g_free (children);

  return result;
}

/* ---- what goes out ---- */

typedef struct
{
  const guint8 *data;   /* NULL: in the outbox's bytes, from offset */
  gsize         offset;
  gsize         size;
  GVariant     *owner;  /* of data */
  int           n_fds;
  int          *fds;    /* that go with the first byte */
  GPtrArray    *fd_owners;
} GfSegment;

/* It was sent, or will not be. */
static void
gf_segment_clear (gpointer data)
{
  GfSegment *self = data;

  g_clear_pointer (&self->owner, g_variant_unref);
  g_clear_pointer (&self->fds, g_free);
  g_clear_pointer (&self->fd_owners, g_ptr_array_unref);
}

void
gf_outbox_init (GfOutbox *self)
{
  self->bytes = g_byte_array_sized_new (1024);
  self->segments = g_array_new (FALSE, FALSE, sizeof (GfSegment));
  g_array_set_clear_func (self->segments, gf_segment_clear);
  self->first = 0;
  self->sent = 0;
}

void
gf_outbox_clear (GfOutbox *self)
{
  g_clear_pointer (&self->bytes, g_byte_array_unref);
  g_clear_pointer (&self->segments, g_array_unref);
}

gboolean
gf_outbox_is_empty (GfOutbox *self)
{
  return self->segments->len == 0;
}

/* Room at the end of the bytes, zeroed only where it is padding. */
static guint8 *
gf_outbox_reserve (GfOutbox *self,
                   gsize     size,
                   int      *fds,
                   int       n_fds)
{
  gsize offset = self->bytes->len;
  GfSegment *last = self->segments->len > 0
                    ? &g_array_index (self->segments, GfSegment, self->segments->len - 1) : NULL;

  if (n_fds == 0 && last != NULL && last->data == NULL && last->offset + last->size == offset)
    last->size += size;
  else
    {
      GfSegment segment = { .offset = offset, .size = size, .n_fds = n_fds, .fds = fds };

      g_array_append_val (self->segments, segment);
    }

  g_byte_array_set_size (self->bytes, (guint) (offset + size));

  return self->bytes->data + offset;
}

static void
gf_outbox_add_external (GfOutbox *self,
                        GVariant *owner,
                        gsize     size)
{
  GfSegment segment = { .data = g_variant_get_data (owner), .size = size, .owner = g_variant_ref (owner) };

  g_array_append_val (self->segments, segment);

  if (gf_frame_pad (size) != size)
    memset (gf_outbox_reserve (self, gf_frame_pad (size) - size, NULL, 0), 0, gf_frame_pad (size) - size);
  /* What follows has to be aligned, for it may be stored in place. */
  if (self->bytes->len % 8 != 0)
    g_byte_array_append (self->bytes, zeros, 8 - self->bytes->len % 8);
}

/* What a frame has besides its head: copied if it is small, else sent from where
 * it is. */
static void
gf_outbox_add_value (GfOutbox *self,
                     GVariant *owner)
{
  gsize size = g_variant_get_size (owner);
  guint8 *at;

  if (size == 0)
    return;

  if (size < EXTERNAL_SIZE)
    {
      at = gf_outbox_reserve (self, gf_frame_pad (size), NULL, 0);
      memcpy (at + gf_frame_pad (size) - 8, zeros, 8);
      g_variant_store (owner, at);
      return;
    }

  gf_outbox_add_external (self, owner, size);
}

static void
put32 (guint8  *at,
       guint32  value)
{
  memcpy (at, &value, sizeof value);
}

static void
put64 (guint8  *at,
       guint64  value)
{
  memcpy (at, &value, sizeof value);
}

/* The table of the parts, and the descriptors of those that have one. */
static GByteArray *
gf_outbox_make_table (GArray   *taken,
                      gboolean  descriptors,
                      GArray   *fds)
{
  GByteArray *table = g_byte_array_new ();

  for (guint i = 0; i < taken->len; i++)
    {
      GfTaken *part = &g_array_index (taken, GfTaken, i);
      gsize size = g_variant_get_size (part->array);
      guint8 entry[GF_FRAME_ENTRY_SIZE + sizeof part->path + 8] = { 0 };
      guint64 offset = 0;
      int fd = -1;

      if (descriptors && size >= DESCRIPTOR_SIZE && fds->len < GF_FRAME_MAX_FDS)
        fd = gf_buffer_find_fd (g_variant_get_data (part->array), size, &offset);
      if (fd >= 0)
        g_array_append_val (fds, fd);

      put64 (entry, size);
      put64 (entry + 8, fd >= 0 ? offset : 0);
      put32 (entry + 16, fd >= 0 ? 1 : 0);
      put32 (entry + 20, part->n_path);
      memcpy (entry + GF_FRAME_ENTRY_SIZE, part->path, part->n_path * sizeof (guint32));
      g_byte_array_append (table, entry,
                           (guint) gf_frame_pad (GF_FRAME_ENTRY_SIZE + part->n_path * sizeof (guint32)));
    }

  return table;
}

static gboolean
gf_table_entry_is_fd (const guint8 *entry)
{
  return entry[16] != 0 || entry[19] != 0; /* 1, in either byte order */
}

static void
gf_outbox_append_plain (GfOutbox         *self,
                        const GfOutgoing *frame,
                        GVariant         *payload,
                        GByteArray       *table,
                        GArray           *fds)
{
  const char *type = payload != NULL ? g_variant_get_type_string (payload) : "";
  gsize n_name = frame->name != NULL ? strlen (frame->name) : 0;
  gsize n_type = payload != NULL ? strlen (type) : 0;
  gsize n_table = table != NULL ? table->len : 0;
  gsize n_payload = payload != NULL ? g_variant_get_size (payload) : 0;
  gsize n_strings = gf_frame_pad (n_name + n_type);
  gsize size = GF_FRAME_HEAD_SIZE + n_strings + n_table;
  guint8 *at;

  at = gf_outbox_reserve (self, size,
                          fds != NULL && fds->len > 0 ? g_memdup2 (fds->data, fds->len * sizeof (int)) : NULL,
                          fds != NULL ? (int) fds->len : 0);

  memcpy (at, GF_FRAME_MAGIC, 4);
  at[4] = GF_FRAME_VERSION;
  at[5] = frame->type;
  at[6] = frame->flags;
  at[7] = G_BYTE_ORDER == G_LITTLE_ENDIAN ? 'l' : 'B';
  put64 (at + 8, frame->id);
  put32 (at + 16, (guint32) frame->priority);
  put32 (at + 20, n_name);
  put32 (at + 24, n_type);
  put32 (at + 28, n_table);
  put64 (at + 32, n_payload);
  put64 (at + 40, 0);
  at += GF_FRAME_HEAD_SIZE;

  if (n_strings > 0)
    {
      put64 (at + n_strings - 8, 0);
      if (n_name > 0)
        memcpy (at, frame->name, n_name);
      memcpy (at + n_name, type, n_type);
      at += n_strings;
    }
  if (n_table > 0)
    memcpy (at, table->data, n_table);

  if (payload != NULL)
    gf_outbox_add_value (self, payload);
}

/* Adds a frame. Its payload has been found small enough, and to be one that
 * travels. */
void
gf_outbox_append (GfOutbox         *self,
                  const GfOutgoing *frame,
                  gboolean          descriptors)
{
  GVariant *payload = frame->payload;

  if (G_LIKELY ((payload == NULL || g_variant_get_size (payload) < PART_SIZE) &&
                !(frame->flags & GF_FRAME_DESCRIPTOR)))
    gf_outbox_append_plain (self, frame, payload, NULL, NULL);
  else
    {
      g_autoptr (GArray) taken = g_array_new (FALSE, FALSE, sizeof (GfTaken));
      g_autoptr (GArray) fds = g_array_new (FALSE, FALSE, sizeof (int));
      g_autoptr (GVariant) skeleton = NULL;
      g_autoptr (GByteArray) table = NULL;
      g_autoptr (GPtrArray) fd_owners = g_ptr_array_new_with_free_func ((GDestroyNotify) g_variant_unref);
      guint32 path[MAX_DEPTH];
      const guint8 *entry;
      guint head;

      if (frame->flags & GF_FRAME_DESCRIPTOR)
        g_array_append_val (fds, frame->fd);

      skeleton = gf_take_parts (payload, taken, path, 0);
      table = gf_outbox_make_table (taken, descriptors, fds);
      head = self->segments->len;
      gf_outbox_append_plain (self, frame, skeleton, table, fds);

      entry = table->data;
      for (guint i = 0; i < taken->len; i++)
        {
          GfTaken *part = &g_array_index (taken, GfTaken, i);

          if (gf_table_entry_is_fd (entry))
            /* The descriptor is open as long as the array lives. */
            g_ptr_array_add (fd_owners, g_variant_ref (part->array));
          else
            gf_outbox_add_value (self, part->array);

          entry += gf_frame_pad (GF_FRAME_ENTRY_SIZE + part->n_path * sizeof (guint32));
          g_variant_unref (part->array);
        }

      /* With descriptors, a frame begins a segment. */
      if (fd_owners->len > 0)
        g_array_index (self->segments, GfSegment, head).fd_owners = g_ptr_array_ref (fd_owners);
    }
}

/* Lets go of what was sent. */
static void
gf_outbox_compact (GfOutbox *self)
{
  GfSegment *first;
  gboolean found = FALSE;
  gsize n_bytes = 0;

  if (self->first == self->segments->len)
    {
      g_array_set_size (self->segments, 0);
      g_byte_array_set_size (self->bytes, 0);
      self->first = 0;
      return;
    }

  /* Now and then, for it moves what is left. */
  if (self->first < COMPACT_SEGMENTS && self->sent < COMPACT_BYTES)
    return;

  g_array_remove_range (self->segments, 0, self->first);
  self->first = 0;

  /* Small frames make one segment, to which more are added before it is sent.
   * What is stored there stays aligned. */
  first = &g_array_index (self->segments, GfSegment, 0);
  if (first->data == NULL && self->sent >= 8)
    {
      gsize step = self->sent & ~(gsize) 7;

      first->offset += step;
      first->size -= step;
      first->n_fds = 0;
      self->sent -= step;
    }

  for (guint i = 0; i < self->segments->len; i++)
    {
      GfSegment *segment = &g_array_index (self->segments, GfSegment, i);

      if (segment->data != NULL)
        continue;
      if (!found)
        n_bytes = segment->offset;
      found = TRUE;
      segment->offset -= n_bytes;
    }
  if (n_bytes > 0)
    g_byte_array_remove_range (self->bytes, 0, (guint) n_bytes);
}

static void
gf_outbox_sent (GfOutbox *self,
                gsize     n)
{
  while (n > 0)
    {
      GfSegment *segment = &g_array_index (self->segments, GfSegment, self->first);
      gsize step = MIN (n, segment->size - self->sent);

      self->sent += step;
      n -= step;
      if (self->sent == segment->size)
        {
          gf_segment_clear (segment);
          self->first++;
          self->sent = 0;
        }
    }

  gf_outbox_compact (self);
}

/* Sends what can be sent at once; with @block, waits for room. How many bytes
 * went, or -1 with errno set. */
gssize
gf_outbox_send (GfOutbox *self,
                int       fd,
                gboolean  is_socket,
                gboolean  block)
{
  union {
    struct cmsghdr header;
    char           space[CMSG_SPACE (sizeof (int) * (GF_FRAME_MAX_FDS + 1))];
  } control;
  struct msghdr message = { 0 };
  struct iovec iov[MAX_IOV];
  gsize n_iov = 0;
  gssize n;

  for (guint i = self->first; i < self->segments->len && n_iov < MAX_IOV; i++)
    {
      GfSegment *segment = &g_array_index (self->segments, GfSegment, i);
      const guint8 *data = segment->data != NULL ? segment->data : self->bytes->data + segment->offset;
      gsize done = i == self->first ? self->sent : 0;

      if (segment->n_fds > 0 && i > self->first)
        break;
      if (segment->n_fds > 0 && done == 0)
        {
          struct cmsghdr *header = &control.header;

          message.msg_control = &control;
          message.msg_controllen = CMSG_SPACE (sizeof (int) * segment->n_fds);
          memset (&control, 0, message.msg_controllen);
          header->cmsg_level = SOL_SOCKET;
          header->cmsg_type = SCM_RIGHTS;
          header->cmsg_len = CMSG_LEN (sizeof (int) * segment->n_fds);
          memcpy (CMSG_DATA (header), segment->fds, sizeof (int) * segment->n_fds);
        }

      iov[n_iov].iov_base = (void *) (data + done);
      iov[n_iov].iov_len = segment->size - done;
      n_iov++;
    }

  message.msg_iov = iov;
  message.msg_iovlen = n_iov;

  do
    n = is_socket ? sendmsg (fd, &message, MSG_NOSIGNAL | (block ? 0 : MSG_DONTWAIT))
                  : writev (fd, iov, (int) n_iov);
  while (n < 0 && errno == EINTR);

  if (n > 0)
    gf_outbox_sent (self, n);

  return n;
}

/* ---- what comes in ---- */

static guint32
get32 (const guint8 *at,
       gboolean      swapped)
{
  guint32 value;

  memcpy (&value, at, sizeof value);

  return swapped ? GUINT32_SWAP_LE_BE (value) : value;
}

static guint64
get64 (const guint8 *at,
       gboolean      swapped)
{
  guint64 value;

  memcpy (&value, at, sizeof value);

  return swapped ? GUINT64_SWAP_LE_BE (value) : value;
}

static gboolean
gf_protocol_error (GError    **error,
                   const char *what,
                   guint64     value)
{
  g_set_error (error, GF_FUTURE_ERROR, GF_FUTURE_ERROR_PROTOCOL,
               "%s (%" G_GUINT64_FORMAT ")", what, value);

  return FALSE;
}

/* Reads the fixed part, and believes no length. */
gboolean
gf_head_parse (GfHead       *self,
               const guint8 *bytes,
               guint64       max_message_size,
               GError      **error)
{
  gboolean swapped;

  if (memcmp (bytes, GF_FRAME_MAGIC, 4) != 0)
    {
      g_set_error (error, GF_FUTURE_ERROR, GF_FUTURE_ERROR_PROTOCOL,
                   "A frame does not begin with “%s” but with the bytes %02x %02x %02x %02x",
                   GF_FRAME_MAGIC, bytes[0], bytes[1], bytes[2], bytes[3]);
      return FALSE;
    }
  if (bytes[4] != GF_FRAME_VERSION)
    return gf_protocol_error (error, "A frame has an unknown version", bytes[4]);
  if (bytes[5] < GF_FRAME_HELLO || bytes[5] > GF_FRAME_SHUTDOWN)
    return gf_protocol_error (error, "A frame has an unknown type", bytes[5]);
  if (bytes[6] & ~(GF_FRAME_MAP | GF_FRAME_FATAL | GF_FRAME_DESCRIPTOR))
    return gf_protocol_error (error, "A frame has unknown flags", bytes[6]);
  if (bytes[7] != 'l' && bytes[7] != 'B')
    return gf_protocol_error (error, "A frame has an unknown byte order", bytes[7]);

  swapped = (bytes[7] == 'l') != (G_BYTE_ORDER == G_LITTLE_ENDIAN);
  self->type = bytes[5];
  self->flags = bytes[6];
  self->swapped = swapped;
  self->id = get64 (bytes + 8, swapped);
  self->priority = (int) get32 (bytes + 16, swapped);
  self->n_name = get32 (bytes + 20, swapped);
  self->n_type = get32 (bytes + 24, swapped);
  self->n_table = get32 (bytes + 28, swapped);
  self->n_payload = get64 (bytes + 32, swapped);

  if (self->n_name > GF_FRAME_MAX_NAME)
    return gf_protocol_error (error, "A frame has too long a name", self->n_name);
  if (self->n_type > GF_FRAME_MAX_TYPE)
    return gf_protocol_error (error, "A frame has too long a type string", self->n_type);
  if (self->n_table > GF_FRAME_MAX_TABLE || self->n_table % 8 != 0)
    return gf_protocol_error (error, "A frame has a table of parts of a wrong length", self->n_table);
  if (self->type != GF_FRAME_REQUEST && self->type != GF_FRAME_RESULT && self->type != GF_FRAME_ERROR)
    {
      if (self->n_payload > GF_FRAME_MAX_CONTROL || self->n_table > 0)
        return gf_protocol_error (error, "A frame other than a request or its answer has too long a payload",
                                  self->n_payload);
    }
  /* That a result is too large is an error, which must not be. */
  else if (self->n_payload > max_message_size &&
           (self->type != GF_FRAME_ERROR || self->n_payload > GF_FRAME_MAX_CONTROL))
    return gf_protocol_error (error, "A frame has a payload that exceeds max-message-size", self->n_payload);
  if (self->n_type == 0 && (self->n_payload > 0 || self->n_table > 0))
    return gf_protocol_error (error, "A frame has a payload and no type", self->n_payload);

  return TRUE;
}

static gboolean
gf_message_parse_table (GfMessage    *self,
                        const guint8 *table,
                        guint64       max_message_size,
                        GError      **error)
{
  gboolean swapped = self->head.swapped;
  guint64 total = self->head.n_payload;
  gsize at = 0;

  self->parts = g_array_new (FALSE, FALSE, sizeof (GfPart));

  while (at < self->head.n_table)
    {
      const guint8 *entry = table + at;
      gsize left = self->head.n_table - at;
      GfPart part = { 0 };
      gsize size;

      if (left < GF_FRAME_ENTRY_SIZE)
        return gf_protocol_error (error, "A table of parts ends too early", left);

      part.size = get64 (entry, swapped);
      part.offset = get64 (entry + 8, swapped);
      part.flags = get32 (entry + 16, swapped);
      part.n_path = get32 (entry + 20, swapped);

      if (part.flags > 1)
        return gf_protocol_error (error, "A part has unknown flags", part.flags);
      if (part.n_path > 64)
        return gf_protocol_error (error, "A part lies too deep", part.n_path);
      size = gf_frame_pad (GF_FRAME_ENTRY_SIZE + part.n_path * sizeof (guint32));
      if (size > left)
        return gf_protocol_error (error, "A table of parts ends too early", left);
      if (part.size > max_message_size || total + part.size > max_message_size)
        return gf_protocol_error (error, "A frame has parts that exceed max-message-size", part.size);
      if (part.offset > G_MAXINT64 - part.size)
        return gf_protocol_error (error, "A part has a wrong offset", part.offset);
      total += part.size;

      part.path = g_new (guint32, part.n_path);
      for (guint i = 0; i < part.n_path; i++)
        part.path[i] = get32 (entry + GF_FRAME_ENTRY_SIZE + 4 * i, swapped);
      g_array_append_val (self->parts, part);

      at += size;
    }

  return TRUE;
}

/* Reads what is between the fixed part and the payload, at @bytes. */
gboolean
gf_message_parse_strings (GfMessage    *self,
                          const guint8 *bytes,
                          guint64       max_message_size,
                          GError      **error)
{
  GfHead *head = &self->head;

  if (head->n_name + head->n_type > 0)
    {
      self->name = g_malloc (head->n_name + head->n_type + 2);
      memcpy (self->name, bytes, head->n_name);
      self->name[head->n_name] = '\0';
      self->type = self->name + head->n_name + 1;
      memcpy (self->type, bytes + head->n_name, head->n_type);
      self->type[head->n_type] = '\0';

      if (!g_utf8_validate_len (self->name, head->n_name, NULL))
        return gf_protocol_error (error, "A frame has a name that is not UTF-8", head->n_name);
    }

  if (head->n_type > 0 &&
      (strlen (self->type) != head->n_type || !g_variant_type_string_is_valid (self->type) ||
       !g_variant_type_is_definite ((const GVariantType *) self->type)))
    {
      g_autofree char *printable = g_strescape (self->type, NULL);

      g_set_error (error, GF_FUTURE_ERROR, GF_FUTURE_ERROR_PROTOCOL,
                   "A frame has a type string that is none: “%s”", printable);
      return FALSE;
    }

  return head->n_table == 0 ||
         gf_message_parse_table (self, bytes + gf_frame_pad (head->n_name + head->n_type),
                                 max_message_size, error);
}

/* ---- putting parts back into a value ---- */

static GVariant *
gf_put_array (GVariant *empty,
              GfPart   *part,
              GError  **error)
{
  const GVariantType *type = g_variant_get_type (empty);
  GVariant *array = NULL;

  if (g_variant_type_is_array (type) && g_variant_get_size (empty) == 0 &&
      gf_variant_number_size (g_variant_type_element (type)) != 0)
    array = gf_variant_new_checked (type, part->bytes);
  if (array == NULL)
    gf_protocol_error (error, "A part does not fit its place", part->size);

  return array;
}

/* @value with the parts at their places, a reference; they are those that have
 * the path to @value in common, which is @depth long. */
static GVariant *
gf_put_parts (GVariant *value,
              GfPart   *parts,
              guint     n_parts,
              guint     depth,
              GError  **error)
{
  const GVariantType *type = g_variant_get_type (value);
  g_autoptr (GPtrArray) children = NULL;
  GVariant *result = NULL;
  gsize n_children;
  guint used = 0;

  if (parts[0].n_path == depth)
    {
      if (n_parts == 1)
        return gf_put_array (value, &parts[0], error);

      gf_protocol_error (error, "Parts have the same place", depth);
      return NULL;
    }

  if (!g_variant_is_container (value))
    {
      gf_protocol_error (error, "The path of a part leads nowhere", depth);
      return NULL;
    }

  n_children = g_variant_n_children (value);
  if (n_children > MAX_CHILDREN)
    {
      gf_protocol_error (error, "A part lies among too many others", n_children);
      return NULL;
    }
  children = g_ptr_array_new_with_free_func ((GDestroyNotify) g_variant_unref);
  for (gsize i = 0; i < n_children; i++)
    {
      GVariant *child = g_variant_get_child_value (value, i);
      guint n = 0;

      while (used + n < n_parts && parts[used + n].n_path > depth && parts[used + n].path[depth] == i)
        n++;
      if (n > 0)
        {
          GVariant *whole = gf_put_parts (child, parts + used, n, depth + 1, error);

          g_variant_unref (child);
          if (whole == NULL)
            return NULL;
          child = whole;
          used += n;
        }
      g_ptr_array_add (children, child);
    }

  if (used != n_parts)
    gf_protocol_error (error, "The path of a part leads nowhere", depth);
  else if (g_variant_type_is_array (type))
    result = g_variant_new_array (g_variant_type_element (type), (GVariant **) children->pdata, children->len);
  else if (g_variant_type_is_tuple (type))
    result = g_variant_new_tuple ((GVariant **) children->pdata, children->len);
  else if (g_variant_type_is_dict_entry (type))
    result = g_variant_new_dict_entry (children->pdata[0], children->pdata[1]);
  else if (g_variant_type_is_maybe (type))
    result = g_variant_new_maybe (NULL, children->pdata[0]);
  else
    result = g_variant_new_variant (children->pdata[0]);

  return result != NULL ? g_variant_ref_sink (result) : NULL;
}

/* The payload, checked and whole, a reference. NULL without an error: there is
 * none. Large ones take their time. */
GVariant *
gf_message_take_payload (GfMessage *self,
                         GError   **error)
{
  GVariant *value;

  if (self->head.n_type == 0)
    return NULL;

  value = gf_variant_new_checked ((const GVariantType *) self->type, self->payload);
  if (value == NULL)
    {
      g_set_error (error, GF_FUTURE_ERROR, GF_FUTURE_ERROR_PROTOCOL,
                   "A payload is not a “%s” in normal form", self->type);
      return NULL;
    }

  if (self->parts != NULL && self->parts->len > 0)
    {
      GVariant *whole = gf_put_parts (value, (GfPart *) self->parts->data, self->parts->len, 0, error);

      g_variant_unref (value);
      value = whole;
    }

  if (value != NULL && self->head.swapped)
    {
      GVariant *native = g_variant_byteswap (value);

      g_variant_unref (value);
      value = native;
    }

  return value;
}

void
gf_message_clear (GfMessage *self)
{
  g_clear_pointer (&self->name, g_free);
  self->type = NULL;
  g_clear_pointer (&self->payload, g_bytes_unref);
  if (self->parts != NULL)
    for (guint i = 0; i < self->parts->len; i++)
      {
        GfPart *part = &g_array_index (self->parts, GfPart, i);

        g_free (part->path);
        g_clear_pointer (&part->bytes, g_bytes_unref);
      }
  g_clear_pointer (&self->parts, g_array_unref);
  if (self->fd >= 0)
    close (self->fd);
  self->fd = -1;
}

/* gf-message-private.h - frames to values and back
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#ifndef GFUTURES_COMPILATION
#error "A private header of libgfutures."
#endif

#include "gf-frame-private.h"

G_BEGIN_DECLS

static inline gsize
gf_frame_pad (gsize size)
{
  return (size + 7) & ~(gsize) 7;
}

/* ---- what goes out ---- */

/* Bytes on their way, in order: small frames copied together, large arrays where
 * they are. One thread at a time. */
typedef struct
{
  GByteArray *bytes;
  GArray     *segments;
  guint       first;     /* segment that is not wholly sent */
  gsize       sent;      /* bytes of it */
} GfOutbox;

typedef struct
{
  GfFrameType type;
  guint       flags;
  guint64     id;
  int         priority;
  const char *name;
  GVariant   *payload;
  int         fd;        /* GF_FRAME_DESCRIPTOR */
} GfOutgoing;

void     gf_outbox_init     (GfOutbox         *self);
void     gf_outbox_clear    (GfOutbox         *self);
void     gf_outbox_append   (GfOutbox         *self,
                             const GfOutgoing *frame,
                             gboolean          descriptors);
gboolean gf_outbox_is_empty (GfOutbox         *self);
gssize   gf_outbox_send     (GfOutbox         *self,
                             int               fd,
                             gboolean          is_socket,
                             gboolean          block);

/* ---- what comes in ---- */

typedef struct
{
  guint8     type;
  guint8     flags;
  gboolean   swapped;
  guint64    id;
  int        priority;
  gsize      n_name;
  gsize      n_type;
  gsize      n_table;
  guint64    n_payload;
} GfHead;

typedef struct
{
  guint64  size;
  guint64  offset;
  guint32  flags;
  guint32  n_path;
  guint32 *path;
  GBytes  *bytes;
} GfPart;

/* A frame that has come in. */
typedef struct
{
  GfHead  head;
  char   *name;      /* owned, and so is the type after it */
  char   *type;
  GBytes *payload;
  GArray *parts;     /* GfPart; NULL: none */
  int     fd;        /* GF_FRAME_DESCRIPTOR */
} GfMessage;

gboolean  gf_head_parse           (GfHead        *self,
                                   const guint8  *bytes,
                                   guint64        max_message_size,
                                   GError       **error);
gboolean  gf_message_parse_strings (GfMessage    *self,
                                   const guint8  *bytes,
                                   guint64        max_message_size,
                                   GError       **error);
GVariant *gf_message_take_payload (GfMessage     *self,
                                   GError       **error);
void      gf_message_clear        (GfMessage     *self);

G_END_DECLS

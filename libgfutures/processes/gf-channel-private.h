/* gf-channel-private.h - frames over a socket, or over a pair of pipes
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#ifndef GFUTURES_COMPILATION
#error "A private header of libgfutures."
#endif

#include "gf-message-private.h"

G_BEGIN_DECLS

/* The reading half and the writing half may be used by two threads at a time,
 * each half by one. */
typedef struct _GfChannel GfChannel;

typedef enum {
  GF_RECEIVE_FAILED = -1,
  GF_RECEIVE_END,
  GF_RECEIVE_AGAIN,
  GF_RECEIVE_DATA
} GfReceive;

GfChannel *gf_channel_new         (int               in_fd,
                                   int               out_fd);
void       gf_channel_free        (GfChannel        *self);
int        gf_channel_get_fd      (GfChannel        *self);
void       gf_channel_set_peer    (GfChannel        *self,
                                   guint             pid);
void       gf_channel_set_limit   (GfChannel        *self,
                                   guint64           max_message_size);
guint64    gf_channel_get_limit   (GfChannel        *self);

GfReceive  gf_channel_receive     (GfChannel        *self,
                                   gboolean          block,
                                   GError          **error);
gboolean   gf_channel_take        (GfChannel        *self,
                                   GfMessage        *message,
                                   GError          **error);
gboolean   gf_channel_is_amid     (GfChannel        *self);

void       gf_channel_append      (GfChannel        *self,
                                   const GfOutgoing *frame,
                                   gboolean          descriptors);
gboolean   gf_channel_flush       (GfChannel        *self,
                                   gboolean          block);
gboolean   gf_channel_has_output  (GfChannel        *self);
void       gf_channel_end_output  (GfChannel        *self);

G_END_DECLS

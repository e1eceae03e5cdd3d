/* gf-frame-private.h - the wire format between a process pool and its workers
 *
 * A frame is a head, a payload, and parts. The head has a fixed size; after it
 * come the name, the type string and the table of the parts, each of the length
 * that the head tells, together padded to a multiple of 8 bytes; then the
 * payload, a serialized GVariant, padded; then the bytes of each part, padded.
 * Padding is zero. Integers are in the byte order that the head names.
 *
 *   offset  size
 *        0     4  magic: the bytes "GFUT"
 *        4     1  version: 1
 *        5     1  type: GfFrameType
 *        6     1  flags: GfFrameFlags
 *        7     1  byte order of the frame: 'l' little, 'B' big
 *        8     8  id of the request
 *       16     4  priority of the request, signed
 *       20     4  length of the name
 *       24     4  length of the type string; 0: there is no payload
 *       28     4  length of the table of parts, a multiple of 8
 *       32     8  length of the payload
 *       40     8  zero
 *       48        the name, UTF-8 without a zero at its end
 *                 the type string, without a zero at its end
 *                 zeros, up to a multiple of 8
 *                 the table of parts
 *                 the payload, and zeros up to a multiple of 8
 *                 the parts that are in the stream, each with zeros up to a
 *                 multiple of 8
 *
 * A part is the contents of an array of numbers (bytes, most often) that was
 * taken out of the payload, where an empty array stands in its place: bytes that
 * need no check and no copy. Its entry in the table:
 *
 *        0     8  length of the part in bytes
 *        8     8  offset in the descriptor (flag 1), else 0
 *       16     4  flags: 1 the part is in a sealed memfd, whose descriptor comes
 *                 with the first byte of the frame (SCM_RIGHTS), in the order of
 *                 the table
 *       20     4  n, the length of the path
 *       24   4×n  the path from the payload to the array: at each step the index
 *                 of the child; n = 0: the payload itself
 *                 zeros, up to a multiple of 8
 *
 * The entries are in the order in which a walk through the payload, depth first,
 * meets the arrays.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#ifndef GFUTURES_COMPILATION
#error "A private header of libgfutures."
#endif

#include <gio/gio.h>

G_BEGIN_DECLS

#define GF_FRAME_MAGIC        "GFUT"
#define GF_FRAME_VERSION      1
#define GF_FRAME_HEAD_SIZE    48
#define GF_FRAME_ENTRY_SIZE   24

/* How a worker learns that it is one, and where its pool is: "socket", at the
 * descriptor, or "stdio". */
#define GF_TRANSPORT_VARIABLE "GFUTURES_TRANSPORT"
#define GF_WORKER_FD          3

/* No length is believed that exceeds these. */
#define GF_FRAME_MAX_NAME     4096
#define GF_FRAME_MAX_TYPE     4096
#define GF_FRAME_MAX_TABLE    65536
#define GF_FRAME_MAX_FDS      64
/* The payload of what is neither a request nor an answer to one, and of an error
 * in any case, whatever the largest message may be; and a text in it. */
#define GF_FRAME_MAX_CONTROL  (256 * 1024)
#define GF_FRAME_MAX_TEXT     (64 * 1024)

/* Who sends it, and what it means:
 * HELLO     both, first: a{sv}. From the pool: max-message-size (t), memory-limit
 *           (t, 0 for none); with GF_FRAME_DESCRIPTOR the page of the marks, see
 *           below. From the worker: pid (u), capabilities (as): "descriptors" if
 *           parts may come as descriptors, "marks" if it uses the marks.
 * REQUEST   pool: call the function of that name with the payload, and answer
 *           with a RESULT or an ERROR of the same id. With GF_FRAME_MAP the
 *           payload is an array: call it with each item, and answer with the
 *           array of the results, a<type> if all have one type, else av.
 * RESULT    worker: the payload is the result; no type string, no result.
 * ERROR     worker: (sismsmay): domain, code, message, traceback, details: what
 *           gf_promise_reject_with_details() was given. With GF_FRAME_FATAL the
 *           worker ends now, which answers nothing.
 * PROGRESS  worker: (dms): fraction, status, of the request that it works at.
 * CANCEL    pool: nobody wants the result of that request any more. It is
 *           answered all the same.
 * SHUTDOWN  pool: there will be no more requests: exit. The pool's direction of
 *           the channel ends behind it.
 *
 * Only a REQUEST, a RESULT and an ERROR have parts, or a payload of more than
 * 256 KiB.
 *
 * A worker answers its requests in their order, each before it begins the next.
 *
 * Marks. So that the pool can send requests ahead and take them back, both share
 * a page of memory: 64 integers of 64 bits in the host's byte order. The one
 * with the number id % 64 belongs to the request, and is id << 2 when that is
 * sent. The worker changes it, by an atomic compare-and-exchange, to id << 2 | 1
 * when it begins; the pool to id << 2 | 2 when it takes the request back: then
 * the worker drops it and sends nothing. A worker that does not use the marks
 * gets one request at a time. */
typedef enum {
  GF_FRAME_HELLO = 1,
  GF_FRAME_REQUEST,
  GF_FRAME_RESULT,
  GF_FRAME_ERROR,
  GF_FRAME_PROGRESS,
  GF_FRAME_CANCEL,
  GF_FRAME_SHUTDOWN
} GfFrameType;

typedef enum {
  GF_FRAME_MAP        = 1 << 0,
  GF_FRAME_FATAL      = 1 << 1,
  GF_FRAME_DESCRIPTOR = 1 << 2
} GfFrameFlags;

G_END_DECLS

/* gf-trace-private.h - telling what the library does
 *
 * For people, by lines on standard error (GFUTURES_DEBUG), and for Sysprof, by
 * marks. What is told is chosen when the library is loaded and does not change,
 * so that asking whether to tell something is one look at a plain variable.
 *
 * Lines may be written anywhere, with locks held too: nothing of the
 * application's runs meanwhile. Never does one show what a task was given or has
 * resulted in.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#ifndef GFUTURES_COMPILATION
#error "A private header of libgfutures."
#endif

#include <glib.h>

G_BEGIN_DECLS

typedef enum {
  GF_TRACE_TASKS    = 1 << 0,
  GF_TRACE_FUTURES  = 1 << 1,
  GF_TRACE_WAITS    = 1 << 2,
  GF_TRACE_DELIVERY = 1 << 3,
  GF_TRACE_POOLS    = 1 << 4,
  GF_TRACE_WORKERS  = 1 << 5,
  GF_TRACE_MESSAGES = 1 << 6,

  /* Not a topic: Sysprof records. */
  GF_TRACE_MARKS    = 1 << 7,

  /* What needs to know one future from another. */
  GF_TRACE_RECORDS  = GF_TRACE_TASKS | GF_TRACE_FUTURES | GF_TRACE_WAITS | GF_TRACE_DELIVERY |
                      GF_TRACE_WORKERS | GF_TRACE_MARKS
} GfTraceTopics;

/* The time that lines tell begins there: set for worker processes, so that theirs
 * can be compared with the application's. */
#define GF_TRACE_BEGIN_VARIABLE "GFUTURES_DEBUG_BEGIN"

extern guint gf_trace_topics;

#define GF_TRACING(topics) G_UNLIKELY ((gf_trace_topics & (topics)) != 0)

/* Writes a line. */
#define gf_trace(topic, ...)                 \
  G_STMT_START                               \
    {                                        \
      if (GF_TRACING (topic))                \
        gf_trace_print ((topic), __VA_ARGS__); \
    }                                        \
  G_STMT_END

/* A duration as text, as long as the block that it is in. */
#define GF_TRACE_US(us) gf_trace_format_us ((char[32]) { 0 }, (us))

void        gf_trace_print     (GfTraceTopics topic,
                                const char   *format,
                                ...) G_GNUC_PRINTF (2, 3);
const char *gf_trace_format_us (char          text[32],
                                gint64        us);
char       *gf_trace_escape    (const char   *text,
                                guint         max_characters);
char       *gf_trace_get_begin (void);
gboolean    gf_trace_blocks_loop (void);
gboolean    gf_trace_is_line   (const char   *text,
                                gsize         length);

/* For Sysprof, if GF_TRACE_MARKS: something that began at @begin (of the
 * monotonic clock) and ends now. */
void        gf_trace_mark      (gint64        begin,
                                const char   *name,
                                const char   *message);

G_END_DECLS

/* gf-trace.c - telling what the library does
 *
 * Lines do not go through g_log(): its handlers are the application's, and many
 * lines are written where nothing of the application's may run.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#define _GNU_SOURCE
#include "config.h"

#include "gf-trace-private.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/prctl.h>
#include <sys/syscall.h>
#endif
#ifdef HAVE_SYSPROF
#include <sysprof-capture.h>
#endif

#define LINE_BEGIN "GFutures["

/* In the order of the bits. */
static const struct
{
  const char *name;
  const char *help;
} topics[] = {
  { "tasks", "submitted, started, settled, done; how long each waited and ran" },
  { "futures", "the same of futures that are no tasks: promises, chains, groups" },
  { "waits", "threads that block until a future is settled" },
  { "delivery", "handlers and batches that hold up a main loop" },
  { "pools", "threads of thread pools" },
  { "workers", "worker processes: start, end, what was lost and tried again" },
  { "messages", "what pools and workers send each other: types and sizes" },
};

guint gf_trace_topics;

static gint64 begin_time;

/* ---- what is told ---- */

/* In one write(), so that lines of several threads and processes do not mix. */
static void
gf_trace_write (const char *text)
{
  gsize left = strlen (text);

  while (left > 0)
    {
      gssize n = write (STDERR_FILENO, text, left);

      if (n < 0 && errno != EINTR)
        return;
      if (n > 0)
        {
          text += n;
          left -= n;
        }
    }
}

static void
gf_trace_show_topics (const char *complaint)
{
  GString *text = g_string_new (complaint);

  g_string_append (text, "Topics of GFUTURES_DEBUG, separated by commas:\n");
  for (guint i = 0; i < G_N_ELEMENTS (topics); i++)
    g_string_append_printf (text, "  %-10s %s\n", topics[i].name, topics[i].help);
  g_string_append (text, "  all        all of these, except those that are named besides\n"
                         "  help       this list\n");
  gf_trace_write (text->str);
  g_string_free (text, TRUE);
}

static guint
gf_trace_find_topic (const char *name)
{
  for (guint i = 0; i < G_N_ELEMENTS (topics); i++)
    if (g_ascii_strcasecmp (topics[i].name, name) == 0)
      return 1u << i;

  return 0;
}

/* As g_parse_debug_string() understands it, which does not tell of mistakes.
 * @tells: a worker has heard of them from its application. */
static guint
gf_trace_parse (const char *value,
                gboolean    tells)
{
  g_auto (GStrv) names = g_strsplit_set (value, ":;, \t", -1);
  gboolean all = FALSE;
  gboolean help = FALSE;
  guint chosen = 0;

  for (guint i = 0; names[i] != NULL; i++)
    {
      guint topic = gf_trace_find_topic (names[i]);

      if (g_ascii_strcasecmp (names[i], "all") == 0)
        all = TRUE;
      else if (g_ascii_strcasecmp (names[i], "help") == 0)
        help = TRUE;
      else if (topic == 0 && *names[i] != '\0' && tells)
        {
          g_autofree char *name = gf_trace_escape (names[i], 32);
          g_autofree char *complaint = g_strdup_printf ("GFUTURES_DEBUG has no topic “%s”.\n", name);

          gf_trace_show_topics (complaint);
          tells = FALSE;
        }
      chosen |= topic;
    }

  if (help && tells)
    gf_trace_show_topics (NULL);

  return all ? ((1u << G_N_ELEMENTS (topics)) - 1) & ~chosen : chosen;
}

/* Before any other function of the library, and before the program has threads. */
static void __attribute__ ((constructor))
gf_trace_init (void)
{
  const char *value = g_getenv ("GFUTURES_DEBUG");
  const char *begin = g_getenv (GF_TRACE_BEGIN_VARIABLE);

  begin_time = g_get_monotonic_time ();
  if (begin != NULL)
    {
      gint64 given = g_ascii_strtoll (begin, NULL, 10);

      /* On another machine it means nothing. */
      if (given > 0 && given < begin_time)
        begin_time = given;
    }

  if (value != NULL)
    gf_trace_topics = gf_trace_parse (value, begin == NULL);
  else if (!g_log_writer_default_would_drop (G_LOG_LEVEL_DEBUG, G_LOG_DOMAIN))
    gf_trace_topics = (1u << G_N_ELEMENTS (topics)) - 1;

#ifdef HAVE_SYSPROF
  if (g_getenv ("SYSPROF_CONTROL_FD") != NULL && sysprof_collector_is_active ())
    gf_trace_topics |= GF_TRACE_MARKS;
#endif
}

/* For GF_TRACE_BEGIN_VARIABLE; NULL: nobody has asked to be told anything. */
char *
gf_trace_get_begin (void)
{
  if (g_getenv ("GFUTURES_DEBUG") == NULL && !GF_TRACING (~GF_TRACE_MARKS))
    return NULL;

  return g_strdup_printf ("%" G_GINT64_FORMAT, begin_time);
}

/* ---- lines ---- */

static const char *
gf_trace_get_thread_name (char name[32])
{
#ifdef __linux__
  if (syscall (SYS_gettid) == getpid ())
    return "main";
  if (prctl (PR_GET_NAME, name) == 0 && *name != '\0')
    return name;
#endif
  g_snprintf (name, 32, "%p", (gpointer) g_thread_self ());

  return name;
}

void
gf_trace_print (GfTraceTopics topic,
                const char   *format,
                ...)
{
  gint64 now = g_get_monotonic_time () - begin_time;
  int saved_errno = errno;
  g_autofree char *thread = NULL;
  g_autofree char *text = NULL;
  g_autofree char *line = NULL;
  char name[32] = { 0 };
  va_list arguments;

  va_start (arguments, format);
  text = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  thread = gf_trace_escape (gf_trace_get_thread_name (name), 16);

  line = g_strdup_printf (LINE_BEGIN "%d] %3d.%06d %-15s %-8s  %s\n", (int) getpid (),
                          (int) (now / G_USEC_PER_SEC), (int) (now % G_USEC_PER_SEC), thread,
                          topics[g_bit_nth_lsf (topic, -1)].name, text);
  gf_trace_write (line);
  errno = saved_errno;
}

/* Whether a line is one of these. */
gboolean
gf_trace_is_line (const char *text,
                  gsize       length)
{
  return length >= strlen (LINE_BEGIN) && memcmp (text, LINE_BEGIN, strlen (LINE_BEGIN)) == 0;
}

const char *
gf_trace_format_us (char   text[32],
                    gint64 us)
{
  /* In tenths and hundredths, and with a point in any language. */
  if (us < 1000)
    g_snprintf (text, 32, "%d µs", (int) us);
  else if (us < 1000 * 1000)
    g_snprintf (text, 32, "%d.%d ms", (int) (us / 1000), (int) (us / 100 % 10));
  else
    g_snprintf (text, 32, "%" G_GINT64_FORMAT ".%02d s", us / G_USEC_PER_SEC,
                (int) (us / 10000 % 100));

  return text;
}

static gboolean
is_printable (gunichar c)
{
  switch (g_unichar_type (c))
    {
    case G_UNICODE_CONTROL:
    case G_UNICODE_FORMAT:
    case G_UNICODE_LINE_SEPARATOR:
    case G_UNICODE_PARAGRAPH_SEPARATOR:
    case G_UNICODE_SURROGATE:
    case G_UNICODE_UNASSIGNED:
      return FALSE;
    default:
      return TRUE;
    }
}

/* A text of the application's, in one line, that does nothing to a terminal. */
char *
gf_trace_escape (const char *text,
                 guint       max_characters)
{
  GString *escaped = g_string_new (NULL);
  const char *p = text;

  for (guint n = 0; *p != '\0' && n < max_characters; n++)
    {
      gunichar c = g_utf8_get_char_validated (p, -1);
      gboolean valid = c < (gunichar) -2;

      p = valid ? g_utf8_next_char (p) : p + 1;
      if (!valid)
        g_string_append_unichar (escaped, 0xfffd);
      else if (c == '\n')
        g_string_append (escaped, "\\n");
      else if (c == '\t')
        g_string_append (escaped, "\\t");
      else if (is_printable (c))
        g_string_append_unichar (escaped, c);
      else
        g_string_append_printf (escaped, c < 0x80 ? "\\x%02x" : "\\u{%x}", c);
    }
  if (*p != '\0')
    g_string_append (escaped, "…");

  return g_string_free (escaped, FALSE);
}

/* Whether the calling thread keeps a main loop waiting: it is called by one, or is
 * to run one, as it is in the activate signal of an application. */
gboolean
gf_trace_blocks_loop (void)
{
  return g_main_depth () > 0 || g_main_context_is_owner (g_main_context_get_thread_default ());
}

/* ---- marks ---- */

void
gf_trace_mark (gint64      begin,
               const char *name,
               const char *message)
{
#ifdef HAVE_SYSPROF
  gint64 duration = (g_get_monotonic_time () - begin) * 1000;

  /* Sysprof may count from somewhere else than the monotonic clock. */
  sysprof_collector_mark (SYSPROF_CAPTURE_CURRENT_TIME - duration, duration, "GFutures", name, message);
#endif
}

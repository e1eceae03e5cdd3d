/* gf-future-trace.c - telling what becomes of futures
 *
 * What is told of a future is kept beside it, and only while something is told:
 * its number, and when what has happened.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#define _GNU_SOURCE /* dladdr() */
#include "config.h"

#include "gf-future-private.h"

#include <dlfcn.h>
#include <string.h>

/* A function that has returned, or a handler, later than that is worth a word. */
#define LATE_US 1000
#define SLOW_US 5000

#define MAX_NAME  64
#define MAX_ERROR 240

typedef struct
{
  guint64 number;
  gint64  submitted;
  gint64  started;
  gint64  settled;
  char   *executor;
} GfRecord;

G_LOCK_DEFINE_STATIC (records);
static GHashTable *records; /* GfFuture, not owned → GfRecord */

static void
gf_record_free (gpointer data)
{
  GfRecord *self = data;

  g_free (self->executor);
  g_free (self);
}

/* With the lock held. */
static GfRecord *
gf_record_get (GfFuture *future)
{
  static guint64 last_number;
  GfRecord *self;

  if (records == NULL)
    records = g_hash_table_new_full (NULL, NULL, NULL, gf_record_free);

  self = g_hash_table_lookup (records, future);
  if (self == NULL)
    {
      self = g_new0 (GfRecord, 1);
      self->number = ++last_number;
      g_hash_table_insert (records, future, self);
    }

  return self;
}

/* As it is before @time, unless that is NULL, is set in it. */
static GfRecord
gf_record_copy (GfFuture *future,
                gsize     time,
                gint64    now)
{
  GfRecord *self;
  GfRecord copy;

  G_LOCK (records);
  self = gf_record_get (future);
  copy = *self;
  copy.executor = g_strdup (self->executor);
  if (time != 0)
    G_STRUCT_MEMBER (gint64, self, time) = now;
  G_UNLOCK (records);

  return copy;
}

static void
gf_record_clear (GfRecord *self)
{
  g_free (self->executor);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (GfRecord, gf_record_clear)

/* ---- names ---- */

static gboolean
gf_future_is_task (GfFuture *self)
{
  return G_OBJECT_TYPE (self) == GF_TYPE_PROMISE &&
         ((gf_future_load_state (self) & GF_STATE_CALL) ||
          __atomic_load_n (&((GfPromise *) self)->executor, __ATOMIC_RELAXED) != NULL);
}

/* What has no future is not told of: elsewhere it has no promise either. */
static gboolean
is_post (GfFuture *self)
{
  return (gf_future_load_state (self) & GF_STATE_POST) != 0;
}

/* Where a function is that has no name here: addr2line finds it. */
static char *
gf_task_func_get_name (GfTaskFunc func)
{
  Dl_info info;

  if (func == NULL || dladdr ((gpointer) func, &info) == 0)
    return NULL;
  if (info.dli_sname != NULL && info.dli_saddr == (gpointer) func)
    return g_strdup (info.dli_sname);
  if (info.dli_fname == NULL)
    return NULL;

  {
    g_autofree char *file = g_path_get_basename (info.dli_fname);

    return g_strdup_printf ("%s+0x%zx", file, (gsize) func - (gsize) info.dli_fbase);
  }
}

/* Its label, or else the function of a task, or NULL. */
static char *
gf_future_get_name (GfFuture *self)
{
  const char *label = gf_future_get_label (self);
  g_autofree char *function = NULL;
  guint state = gf_future_load_state (self);

  if (label != NULL)
    return gf_trace_escape (label, MAX_NAME);
  if (!gf_future_is_task (self))
    return NULL;
  if (state & GF_STATE_CALL)
    return gf_trace_escape (((GfPromise *) self)->what.function, MAX_NAME);

  function = gf_task_func_get_name (((GfPromise *) self)->what.func);

  return function != NULL ? gf_trace_escape (function, MAX_NAME) : NULL;
}

static char *
gf_future_describe_as (GfFuture *self,
                       guint64   number)
{
  g_autofree char *name = gf_future_get_name (self);

  if (name != NULL)
    return g_strdup_printf ("#%" G_GUINT64_FORMAT " “%s”", number, name);

  return g_strdup_printf ("#%" G_GUINT64_FORMAT " (%s)", number, G_OBJECT_TYPE_NAME (self));
}

/* As in: #12 “name”. */
char *
gf_future_trace_describe (GfFuture *self)
{
  g_auto (GfRecord) record = gf_record_copy (self, 0, 0);

  return gf_future_describe_as (self, record.number);
}

/* ---- what happens ---- */

/* The executor is about to get the task. */
void
gf_future_trace_submitted (GfFuture   *self,
                           GfExecutor *executor)
{
  g_autofree char *executor_name = gf_executor_dup_name (executor);
  g_autofree char *name = NULL;
  GfRecord *record;
  guint64 number;

  G_LOCK (records);
  record = gf_record_get (self);
  record->submitted = g_get_monotonic_time ();
  g_free (record->executor);
  record->executor = g_strdup (executor_name);
  number = record->number;
  G_UNLOCK (records);

  if (!GF_TRACING (GF_TRACE_TASKS))
    return;

  name = gf_future_describe_as (self, number);
  if (self->priority == G_PRIORITY_DEFAULT)
    gf_trace_print (GF_TRACE_TASKS, "%s submitted to %s", name, executor_name);
  else
    gf_trace_print (GF_TRACE_TASKS, "%s submitted to %s, priority %d", name, executor_name, self->priority);
}

/* Its function begins. */
void
gf_future_trace_started (GfFuture *self)
{
  gint64 now = g_get_monotonic_time ();
  g_auto (GfRecord) record = gf_record_copy (self, G_STRUCT_OFFSET (GfRecord, started), now);
  g_autofree char *name = gf_future_describe_as (self, record.number);

  if (is_post (self))
    return;
  if (record.submitted == 0)
    gf_trace (GF_TRACE_TASKS, "%s starts", name);
  else
    gf_trace (GF_TRACE_TASKS, "%s starts, waited %s", name, GF_TRACE_US (now - record.submitted));

  if (GF_TRACING (GF_TRACE_MARKS) && record.submitted != 0)
    gf_trace_mark (record.submitted, "waiting", name);
}

static char *
gf_future_describe_outcome (GfFuture *self,
                            guint     state)
{
  g_autofree char *message = NULL;

  if ((state & GF_STATE_MASK) == GF_FUTURE_STATE_SUCCEEDED)
    return g_strdup ("succeeded");
  if ((state & GF_STATE_MASK) == GF_FUTURE_STATE_CANCELLED)
    return g_strdup ("was cancelled");
  if (state & GF_STATE_TIMED_OUT)
    return g_strdup ("timed out");

  message = gf_trace_escape (self->outcome.error->message, MAX_ERROR);

  return g_strdup_printf ("failed (%s, %d: %s)", g_quark_to_string (self->outcome.error->domain),
                          self->outcome.error->code, message);
}

/* @state is the new one, and the calling thread has a reference. */
void
gf_future_trace_settled (GfFuture *self,
                         guint     state)
{
  GfTraceTopics topic = gf_future_is_task (self) ? GF_TRACE_TASKS : GF_TRACE_FUTURES;
  gint64 now = g_get_monotonic_time ();
  g_auto (GfRecord) record = gf_record_copy (self, G_STRUCT_OFFSET (GfRecord, settled), now);
  g_autofree char *outcome = NULL;
  g_autofree char *name = NULL;
  const char *on = record.executor != NULL ? " on " : "";
  const char *executor = record.executor != NULL ? record.executor : "";

  if (!GF_TRACING (topic) || is_post (self))
    return;

  name = gf_future_describe_as (self, record.number);
  outcome = gf_future_describe_outcome (self, state);
  if (record.started != 0)
    gf_trace_print (topic, "%s %s after %s%s%s", name, outcome, GF_TRACE_US (now - record.started), on, executor);
  else if (record.submitted != 0)
    gf_trace_print (topic, "%s %s before it started, waited %s%s%s", name, outcome,
                    GF_TRACE_US (now - record.submitted), on, executor);
  else
    gf_trace_print (topic, "%s %s", name, outcome);
}

/* Its function has returned, or was answered: before it settles the future, or
 * after somebody else has. */
void
gf_future_trace_returned (GfFuture *self)
{
  g_auto (GfRecord) record = gf_record_copy (self, 0, 0);
  gint64 now = g_get_monotonic_time ();

  if (record.started == 0 || is_post (self))
    return;

  if (GF_TRACING (GF_TRACE_TASKS) && record.settled != 0 && now - record.settled >= LATE_US)
    {
      g_autofree char *name = gf_future_describe_as (self, record.number);

      gf_trace_print (GF_TRACE_TASKS, "%s has returned, %s after it was settled", name,
                      GF_TRACE_US (now - record.settled));
    }

  if (GF_TRACING (GF_TRACE_MARKS))
    {
      g_autofree char *name = gf_future_describe_as (self, record.number);

      g_autofree char *executor = g_strdup (record.executor != NULL ? record.executor : "task");

      /* Marks are in rows by this, which has no room to spare. */
      if (g_str_has_prefix (executor, "“"))
        {
          gsize n_quote = strlen ("“");
          gsize n_label = strlen (executor) - 2 * n_quote;

          memmove (executor, executor + n_quote, n_label);
          executor[n_label] = '\0';
        }
      gf_trace_mark (record.started, executor, name);
    }
}

/* In a worker, where the answer does not settle the promise. */
void
gf_future_trace_served (GfFuture     *self,
                        const GError *error)
{
  gint64 now = g_get_monotonic_time ();
  g_auto (GfRecord) record = gf_record_copy (self, 0, 0);
  g_autofree char *name = gf_future_describe_as (self, record.number);
  g_autofree char *message = error != NULL ? gf_trace_escape (error->message, MAX_ERROR) : NULL;

  /* It was just told how it was settled. */
  if (record.settled != 0 && now - record.settled < LATE_US)
    return;

  gf_trace_print (GF_TRACE_TASKS, "%s answered after %s%s%s", name, GF_TRACE_US (now - record.started),
                  error != NULL ? ", with an error: " : "", error != NULL ? message : "");
}

/* `done` has been emitted, which was begun at @begin. */
void
gf_future_trace_delivered (GfFuture *self,
                           gint64    begin)
{
  GfTraceTopics topic = gf_future_is_task (self) ? GF_TRACE_TASKS : GF_TRACE_FUTURES;
  gint64 now = g_get_monotonic_time ();
  g_auto (GfRecord) record = gf_record_copy (self, 0, 0);
  g_autofree char *name = NULL;

  if (!GF_TRACING (topic | GF_TRACE_DELIVERY))
    return;

  name = gf_future_describe_as (self, record.number);
  gf_trace (topic, "%s is done, %s after it was settled", name, GF_TRACE_US (begin - record.settled));
  if (now - begin >= SLOW_US)
    gf_trace (GF_TRACE_DELIVERY, "the handlers of %s took %s: the main loop stood still", name,
              GF_TRACE_US (now - begin));
}

void
gf_future_trace_forget (GfFuture *self)
{
  G_LOCK (records);
  if (records != NULL)
    g_hash_table_remove (records, self);
  G_UNLOCK (records);
}

/* The calling thread blocks till the future is settled; gives the name, for the
 * end of it. */
char *
gf_future_trace_blocked (GfFuture *self,
                         GfThread *thread)
{
  char *name = gf_future_trace_describe (self);

  if (thread->hooks != NULL)
    gf_trace (GF_TRACE_WAITS, "a thread of a pool blocks till %s is settled", name);
  else if (gf_trace_blocks_loop ())
    gf_trace (GF_TRACE_WAITS, "this thread’s main loop stands still till %s is settled", name);
  else
    gf_trace (GF_TRACE_WAITS, "this thread blocks till %s is settled", name);

  return name;
}

/* The end of that: takes @name. */
void
gf_future_trace_unblocked (char  *name,
                           gint64 begin)
{
  gint64 now = g_get_monotonic_time ();

  gf_trace (GF_TRACE_WAITS, "goes on after %s, waited for %s", GF_TRACE_US (now - begin), name);
  if (GF_TRACING (GF_TRACE_MARKS))
    gf_trace_mark (begin, "blocked", name);
  g_free (name);
}

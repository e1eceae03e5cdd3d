/* gf-test.h - what the tests share: gates, turns of a loop, watched objects
 *
 * Nothing here waits by sleeping: a gate blocks until it is opened, a loop turns
 * until a condition holds. The deadlines are watchdogs only: they name the place
 * that hangs instead of leaving it to the harness.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <gfutures.h>

#define TEST_DEADLINE_US (60 * G_USEC_PER_SEC)

/* A gate that threads wait at, and that can be counted: each open lets
 * everybody through from then on; arrivals tell who has come so far. */
typedef struct
{
  GMutex mutex;
  GCond cond;
  guint arrived;
  gboolean open;
} TestGate;

static inline void
test_gate_init (TestGate *gate)
{
  g_mutex_init (&gate->mutex);
  g_cond_init (&gate->cond);
  gate->arrived = 0;
  gate->open = FALSE;
}

static inline void
test_gate_clear (TestGate *gate)
{
  g_mutex_clear (&gate->mutex);
  g_cond_clear (&gate->cond);
}

static inline void
test_gate_open (TestGate *gate)
{
  g_mutex_lock (&gate->mutex);
  gate->open = TRUE;
  g_cond_broadcast (&gate->cond);
  g_mutex_unlock (&gate->mutex);
}

static inline void
test_gate_pass_at (TestGate   *gate,
                   const char *place)
{
  gint64 deadline = g_get_monotonic_time () + TEST_DEADLINE_US;

  g_mutex_lock (&gate->mutex);
  gate->arrived++;
  g_cond_broadcast (&gate->cond);
  while (!gate->open)
    if (!g_cond_wait_until (&gate->cond, &gate->mutex, deadline))
      g_error ("%s: the gate was never opened", place);
  g_mutex_unlock (&gate->mutex);
}

static inline void
test_gate_await_at (TestGate   *gate,
                    guint       n,
                    const char *place)
{
  gint64 deadline = g_get_monotonic_time () + TEST_DEADLINE_US;

  g_mutex_lock (&gate->mutex);
  while (gate->arrived < n)
    if (!g_cond_wait_until (&gate->cond, &gate->mutex, deadline))
      g_error ("%s: only %u of %u arrived at the gate", place, gate->arrived, n);
  g_mutex_unlock (&gate->mutex);
}

/* Arrives and waits until it is opened. */
#define test_gate_pass(gate) test_gate_pass_at ((gate), G_STRLOC)
/* Waits until @n have arrived. */
#define test_gate_await(gate, n) test_gate_await_at ((gate), (n), G_STRLOC)

/* Arrives, and does not wait. */
static inline void
test_gate_arrive (TestGate *gate)
{
  g_mutex_lock (&gate->mutex);
  gate->arrived++;
  g_cond_broadcast (&gate->cond);
  g_mutex_unlock (&gate->mutex);
}

static gboolean
test_watchdog_cb (gpointer place)
{
  g_error ("%s: the condition never came true", (const char *) place);
  return G_SOURCE_REMOVE;
}

static gboolean
test_flag_cb (gpointer flag)
{
  *(gboolean *) flag = TRUE;
  return G_SOURCE_REMOVE;
}

static inline GSource *
test_watchdog_new (GMainContext *context,
                   const char   *place)
{
  GSource *source = g_timeout_source_new (TEST_DEADLINE_US / 1000);

  g_source_set_callback (source, test_watchdog_cb, (gpointer) place, NULL);
  g_source_attach (source, context);
  return source;
}

/* Turns @context, blocking, until @condition holds. */
#define test_turn_until_in(context, condition)                                  \
  G_STMT_START                                                                  \
    {                                                                           \
      GSource *watchdog_ = test_watchdog_new ((context), G_STRLOC);             \
      while (!(condition))                                                      \
        g_main_context_iteration ((context), TRUE);                             \
      g_source_destroy (watchdog_);                                             \
      g_source_unref (watchdog_);                                               \
    }                                                                           \
  G_STMT_END

#define test_turn_until(condition) test_turn_until_in (NULL, condition)

/* Turns @context until nothing of any priority is ready, so that what has not
 * happened then does not happen by itself any more. */
static inline void
test_drain_in (GMainContext *context)
{
  gboolean drained = FALSE;
  GSource *idle = g_idle_source_new ();

  g_source_set_priority (idle, G_MAXINT);
  g_source_set_callback (idle, test_flag_cb, &drained, NULL);
  g_source_attach (idle, context);
  test_turn_until_in (context, drained);
  g_source_unref (idle);
  while (g_main_context_iteration (context, FALSE))
    ;
}

#define test_drain() test_drain_in (NULL)

/* An object for user data that notes where it dies. Several share one record. */
typedef struct
{
  GMutex mutex;
  GCond cond;
  GThread *owner;
  guint n_alive;
  guint n_finalized;
  guint n_elsewhere;     /* finalized on a thread that is not the owner */
} TestRecord;

static inline void
test_record_init (TestRecord *record)
{
  g_mutex_init (&record->mutex);
  g_cond_init (&record->cond);
  record->owner = g_thread_self ();
  record->n_alive = record->n_finalized = record->n_elsewhere = 0;
}

static inline void
test_record_clear (TestRecord *record)
{
  g_mutex_clear (&record->mutex);
  g_cond_clear (&record->cond);
}

static inline guint
test_record_get_n_finalized (TestRecord *record)
{
  guint n;

  g_mutex_lock (&record->mutex);
  n = record->n_finalized;
  g_mutex_unlock (&record->mutex);
  return n;
}

static inline void
test_record_await_at (TestRecord *record,
                      guint       n,
                      const char *place)
{
  gint64 deadline = g_get_monotonic_time () + TEST_DEADLINE_US;

  g_mutex_lock (&record->mutex);
  while (record->n_finalized < n)
    if (!g_cond_wait_until (&record->cond, &record->mutex, deadline))
      g_error ("%s: only %u of %u were finalized", place, record->n_finalized, n);
  g_mutex_unlock (&record->mutex);
}

/* Waits, without a loop, until @n were finalized. */
#define test_record_await(record, n) test_record_await_at ((record), (n), G_STRLOC)

#define TEST_TYPE_WITNESS (test_witness_get_type ())
G_GNUC_UNUSED static GType test_witness_get_type (void);
G_DECLARE_FINAL_TYPE (TestWitness, test_witness, TEST, WITNESS, GObject)

struct _TestWitness
{
  GObject parent_instance;
  TestRecord *record;
};

G_DEFINE_TYPE (TestWitness, test_witness, G_TYPE_OBJECT)

static void
test_witness_finalize (GObject *object)
{
  TestRecord *record = TEST_WITNESS (object)->record;

  G_OBJECT_CLASS (test_witness_parent_class)->finalize (object);

  g_mutex_lock (&record->mutex);
  record->n_alive--;
  record->n_finalized++;
  if (g_thread_self () != record->owner)
    record->n_elsewhere++;
  g_cond_broadcast (&record->cond);
  g_mutex_unlock (&record->mutex);
}

static void
test_witness_class_init (TestWitnessClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = test_witness_finalize;
}

static void
test_witness_init (TestWitness *self)
{
}

G_GNUC_UNUSED static TestWitness *
test_witness_new (TestRecord *record)
{
  TestWitness *self = g_object_new (TEST_TYPE_WITNESS, NULL);

  self->record = record;
  g_mutex_lock (&record->mutex);
  record->n_alive++;
  g_mutex_unlock (&record->mutex);
  return self;
}

/* A log that can be read: while it is installed no message of the library is
 * fatal; warnings and criticals are counted, from whatever thread. */
static struct
{
  GMutex mutex;
  guint n_warnings;
  guint n_criticals;
  GString *text;
  guint handler;
} test_log;

static void
test_log_cb (const char    *domain,
             GLogLevelFlags level,
             const char    *message,
             gpointer       user_data)
{
  g_mutex_lock (&test_log.mutex);
  if (level & G_LOG_LEVEL_CRITICAL)
    test_log.n_criticals++;
  else if (level & G_LOG_LEVEL_WARNING)
    test_log.n_warnings++;
  g_string_append_printf (test_log.text, "%s\n", message);
  g_mutex_unlock (&test_log.mutex);
}

static GLogLevelFlags test_log_fatal_mask;

G_GNUC_UNUSED static void
test_log_begin (void)
{
  test_log.n_warnings = test_log.n_criticals = 0;
  test_log.text = g_string_new (NULL);
  test_log_fatal_mask = g_log_set_always_fatal (G_LOG_FATAL_MASK);
  test_log.handler = g_log_set_handler ("GFutures",
                                        G_LOG_LEVEL_WARNING | G_LOG_LEVEL_CRITICAL |
                                          G_LOG_FLAG_FATAL | G_LOG_FLAG_RECURSION,
                                        test_log_cb, NULL);
}

G_GNUC_UNUSED static char *
test_log_end (guint *n_warnings,
              guint *n_criticals)
{
  g_log_remove_handler ("GFutures", test_log.handler);
  g_log_set_always_fatal (test_log_fatal_mask);
  if (n_warnings)
    *n_warnings = test_log.n_warnings;
  if (n_criticals)
    *n_criticals = test_log.n_criticals;
  return g_string_free (g_steal_pointer (&test_log.text), FALSE);
}

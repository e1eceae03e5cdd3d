/* gf-error.c - the error domain of libgfutures
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "gf-error.h"

#include <string.h>

/**
 * SECTION:gf-error
 * @title: Errors
 * @short_description: the error domain of libgfutures
 *
 * Functions of this library fail with %GF_FUTURE_ERROR, or with a code of
 * %G_IO_ERROR where GIO has one that means the same. A task's own errors keep
 * their domain, code and message.
 */

G_DEFINE_QUARK (gf-future-error-quark, gf_future_error)

G_DEFINE_ENUM_TYPE (GfFutureError, gf_future_error,
                    G_DEFINE_ENUM_VALUE (GF_FUTURE_ERROR_SHUT_DOWN, "shut-down"),
                    G_DEFINE_ENUM_VALUE (GF_FUTURE_ERROR_BROKEN_EXECUTOR, "broken-executor"),
                    G_DEFINE_ENUM_VALUE (GF_FUTURE_ERROR_WORKER_DIED, "worker-died"),
                    G_DEFINE_ENUM_VALUE (GF_FUTURE_ERROR_UNKNOWN_FUNCTION, "unknown-function"),
                    G_DEFINE_ENUM_VALUE (GF_FUTURE_ERROR_INVALID_STATE, "invalid-state"),
                    G_DEFINE_ENUM_VALUE (GF_FUTURE_ERROR_BROKEN_PROMISE, "broken-promise"),
                    G_DEFINE_ENUM_VALUE (GF_FUTURE_ERROR_PROTOCOL, "protocol"),
                    G_DEFINE_ENUM_VALUE (GF_FUTURE_ERROR_MESSAGE_TOO_LARGE, "message-too-large"),
                    G_DEFINE_ENUM_VALUE (GF_FUTURE_ERROR_REMOTE, "remote"))

/* ---- tracebacks ---- */

/* A GError has no room for more than its message, and is copied and rebuilt on
 * its way through libraries and languages. So a traceback is kept beside it,
 * under what does not change on that way. */
#define MAX_TRACEBACKS 1024

typedef struct
{
  GQuark domain;
  int    code;
  char  *message;
  char  *traceback;
} GfTraceback;

static GMutex tracebacks_lock;
static GHashTable *tracebacks;                        /* a set of GfTraceback */
static GQueue newest_tracebacks = G_QUEUE_INIT;       /* the same, newest first */

static guint
gf_traceback_hash (gconstpointer data)
{
  const GfTraceback *self = data;

  return self->domain * 31 + self->code + g_str_hash (self->message);
}

static gboolean
gf_traceback_equal (gconstpointer a,
                    gconstpointer b)
{
  const GfTraceback *x = a, *y = b;

  return x->domain == y->domain && x->code == y->code && strcmp (x->message, y->message) == 0;
}

static void
gf_traceback_free (gpointer data)
{
  GfTraceback *self = data;

  g_free (self->message);
  g_free (self->traceback);
  g_free (self);
}

static GfTraceback
gf_traceback_key (const GError *error)
{
  return (GfTraceback) { error->domain, error->code, error->message, NULL };
}

/* With the lock held. */
static void
gf_traceback_drop (GfTraceback *self)
{
  g_queue_remove (&newest_tracebacks, self);
  g_hash_table_remove (tracebacks, self);
}

/**
 * gf_error_set_remote_traceback:
 * @error: an error
 * @traceback: (nullable): where it was raised, in the words of its language;
 *   %NULL takes an earlier one away
 *
 * Attaches a traceback to an error, for functions that are written in another
 * language than C. In a worker process, do so before the function returns
 * @error; the traceback travels with it.
 *
 * The traceback belongs to all errors of this domain, code and message. The
 * last 1024 are kept. Any thread may call this.
 *
 * Since: 1.0
 */
void
gf_error_set_remote_traceback (const GError *error,
                               const char   *traceback)
{
  GfTraceback key;
  GfTraceback *old;

  g_return_if_fail (error != NULL);

  key = gf_traceback_key (error);

  g_mutex_lock (&tracebacks_lock);

  if (tracebacks == NULL)
    tracebacks = g_hash_table_new_full (gf_traceback_hash, gf_traceback_equal, gf_traceback_free, NULL);

  old = g_hash_table_lookup (tracebacks, &key);
  if (old != NULL)
    gf_traceback_drop (old);

  if (traceback != NULL)
    {
      GfTraceback *added = g_memdup2 (&key, sizeof key);

      added->message = g_strdup (error->message);
      added->traceback = g_strdup (traceback);
      if (newest_tracebacks.length == MAX_TRACEBACKS)
        gf_traceback_drop (g_queue_peek_tail (&newest_tracebacks));
      g_queue_push_head (&newest_tracebacks, added);
      g_hash_table_add (tracebacks, added);
    }

  g_mutex_unlock (&tracebacks_lock);
}

/**
 * gf_error_get_remote_traceback:
 * @error: an error
 *
 * Gets where an error was raised in a worker process that is written in another
 * language, as that language describes it. Copies of the error, and errors with
 * the same domain, code and message that another language made of it, have it
 * too. The library keeps the last 1024. Any thread may ask.
 *
 * Returns: (transfer full) (nullable): the traceback, or %NULL if there is none
 *
 * Since: 1.0
 */
char *
gf_error_get_remote_traceback (const GError *error)
{
  GfTraceback key;
  GfTraceback *found;
  char *traceback = NULL;

  g_return_val_if_fail (error != NULL, NULL);

  key = gf_traceback_key (error);

  g_mutex_lock (&tracebacks_lock);
  found = tracebacks != NULL ? g_hash_table_lookup (tracebacks, &key) : NULL;
  if (found != NULL)
    traceback = g_strdup (found->traceback);
  g_mutex_unlock (&tracebacks_lock);

  return traceback;
}

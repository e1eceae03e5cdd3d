/* test-sets.h - what the tests of sets have in common
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "test-chains.h"

typedef GfFutureSet *(*SetNew) (GfFuture * const *futures,
                                gsize             n_futures);

static const SetNew kinds[] = { gf_future_all, gf_future_all_settled, gf_future_any, gf_future_race };

static inline void
reject (GfPromise  *promise,
        const char *message)
{
  g_assert_true (gf_promise_reject_literal (promise, G_IO_ERROR, G_IO_ERROR_NOT_FOUND, message));
}

typedef struct
{
  guint n_done_notifies;
  guint progress_notifies;
  guint n_done;
  double progress;
  GThread *thread;
} Notified;

static inline void
notify_cb (GObject    *object,
           GParamSpec *pspec,
           gpointer    data)
{
  Notified *self = data;
  guint n_done;

  g_assert_true (g_thread_self () == self->thread);
  g_object_get (object, "n-done", &n_done, NULL);
  g_assert_cmpuint (n_done, ==, gf_future_set_get_n_done (GF_FUTURE_SET (object)));
  if (g_str_equal (pspec->name, "n-done"))
    {
      self->n_done_notifies++;
      /* one notification, one change */
      g_assert_cmpuint (n_done, >, self->n_done);
      self->n_done = n_done;
    }
  else
    {
      self->progress_notifies++;
      self->progress = gf_future_get_progress (GF_FUTURE (object));
    }
}

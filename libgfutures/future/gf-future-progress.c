/* gf-future-progress.c - the label of a task, and how far it is
 *
 * Set on any thread; notified in the home context, once a frame at most.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "gf-future-private.h"

#include "../loop/gf-thread-private.h"

/**
 * gf_future_set_label:
 * @self: a future
 * @label: (nullable): a name for people
 *
 * Names the future, for lists and messages. Any thread may do so;
 * #GfFuture:label is notified in the home context, once a frame (16 ms) at most.
 * Earlier names are kept as long as the future, for who still reads them.
 *
 * Since: 1.0
 */
void
gf_future_set_label (GfFuture   *self,
                     const char *label)
{
  GfFutureExtra *extra;

  g_return_if_fail (GF_IS_FUTURE (self));

  if (g_strcmp0 (gf_future_get_label (self), label) == 0)
    return;

  /* Another thread may be reading the old one. */
  extra = gf_future_get_extra (self);
  g_mutex_lock (&extra->lock);
  extra->labels = g_slist_prepend (extra->labels, g_strdup (label));
  extra->label_changed = TRUE;
  g_mutex_unlock (&extra->lock);

  gf_future_push_progress (self);
}

/**
 * gf_future_get_label:
 * @self: a future
 *
 * Gets the name of the future. Any thread may ask.
 *
 * Returns: (transfer none) (nullable): the name, which lives as long as the
 *   future
 *
 * Since: 1.0
 */
const char *
gf_future_get_label (GfFuture *self)
{
  GfFutureExtra *extra;
  const char *label;

  g_return_val_if_fail (GF_IS_FUTURE (self), NULL);

  extra = gf_future_peek_extra (self);
  if (extra == NULL)
    return NULL;

  g_mutex_lock (&extra->lock);
  label = extra->labels != NULL ? extra->labels->data : NULL;
  g_mutex_unlock (&extra->lock);

  return label;
}

/**
 * gf_future_get_progress:
 * @self: a future
 *
 * Gets what the task last gave to gf_promise_set_progress(); of a #GfFutureSet,
 * the mean of its members. Any thread may ask.
 *
 * Returns: how much is done, from 0 to 1, or -1 if the task has not told
 *
 * Since: 1.0
 */
double
gf_future_get_progress (GfFuture *self)
{
  GfFutureExtra *extra;
  double progress;

  g_return_val_if_fail (GF_IS_FUTURE (self), -1);

  extra = gf_future_peek_extra (self);
  if (extra == NULL)
    return -1;

  g_mutex_lock (&extra->lock);
  progress = extra->progress;
  g_mutex_unlock (&extra->lock);

  return progress;
}

/**
 * gf_future_dup_status:
 * @self: a future
 *
 * Gets what the task last gave to gf_promise_set_progress(). Any thread may ask.
 *
 * Returns: (transfer full) (nullable): what the task says that it is doing
 *
 * Since: 1.0
 */
char *
gf_future_dup_status (GfFuture *self)
{
  GfFutureExtra *extra;
  char *status;

  g_return_val_if_fail (GF_IS_FUTURE (self), NULL);

  extra = gf_future_peek_extra (self);
  if (extra == NULL)
    return NULL;

  g_mutex_lock (&extra->lock);
  status = g_strdup (extra->status);
  g_mutex_unlock (&extra->lock);

  return status;
}

/* Stores what gf_promise_set_progress() is given; @changed: what goes with it has
 * changed in any case. TRUE wants gf_future_push_progress(). */
gboolean
gf_future_store_progress (GfFuture   *self,
                          double      fraction,
                          const char *status,
                          gboolean    changed)
{
  GfFutureExtra *extra;

  if (gf_future_is_done (self))
    return FALSE;

  if (!(fraction >= 0))
    fraction = -1;
  else if (fraction > 1)
    fraction = 1;

  extra = gf_future_get_extra (self);

  g_mutex_lock (&extra->lock);
  if (extra->progress != fraction)
    {
      extra->progress = fraction;
      changed = TRUE;
    }
  if (g_strcmp0 (extra->status, status) != 0)
    {
      g_free (extra->status);
      extra->status = g_strdup (status);
      changed = TRUE;
    }
  extra->progress_changed |= changed;
  changed &= !extra->progress_pushed;
  g_mutex_unlock (&extra->lock);

  return changed;
}

gboolean
gf_future_progress_turn (GfHomeItem *item,
                         GfHomePhase phase)
{
  GfFutureExtra *extra =
    (GfFutureExtra *) ((char *) item - G_STRUCT_OFFSET (GfFutureExtra, progress_item));
  GfFuture *self = extra->future;

  if (phase == GF_HOME_RELIEVE && (!gf_future_is_done (self) || self->creator != gf_thread_get ()->id))
    return FALSE;
  if (phase == GF_HOME_DISPATCH && !gf_future_is_done (self) &&
      gf_home_defer_to_frame (self->home, item))
    return TRUE;

  g_mutex_lock (&extra->lock);
  extra->progress_pushed = FALSE;
  g_mutex_unlock (&extra->lock);

  if (phase == GF_HOME_DISPATCH || phase == GF_HOME_FRAME)
    {
      guint state = gf_future_load_state (self);

      /* That it is settled is told with `done`. */
      if (gf_state_is_settled (state))
        gf_future_notify_progress (self);
      else
        gf_future_emit (self, state);
    }

  g_object_unref (self);

  return TRUE;
}

/* Called when something has changed that is notified once a frame. */
void
gf_future_push_progress (GfFuture *self)
{
  GfFutureExtra *extra = gf_future_get_extra (self);
  gboolean push;

  g_mutex_lock (&extra->lock);
  push = !extra->progress_pushed;
  extra->progress_pushed = TRUE;
  g_mutex_unlock (&extra->lock);

  if (push)
    {
      g_object_ref (self);
      gf_home_push (self->home, &extra->progress_item);
    }
}

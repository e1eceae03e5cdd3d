/* gf-future-set.c - one future for many
 *
 * A set counts its members as they are settled, and is settled by one of them.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "gf-future-set-private.h"

/**
 * SECTION:gf-future-set
 * @title: GfFutureSet
 * @short_description: one future for many
 *
 * A #GfFutureSet stands for several futures, its members, as one. There are four
 * kinds:
 *
 * - gf_future_all() succeeds when all members have; it takes over the first
 *   failure or cancellation, and cancels the rest.
 * - gf_future_all_settled() succeeds when all members are settled, whatever has
 *   become of them.
 * - gf_future_any() takes over the first success and cancels the rest; if there
 *   is none, it takes over the failure of the first member of the list.
 * - gf_future_race() takes over the outcome of the member that is settled first,
 *   and cancels the rest.
 *
 * To cancel a member means here what it means for a continuation, see
 * gf_future_then(): the set is not interested any more, and if nobody else is,
 * the member is cancelled. Cancelling a set, or its timeout, does the same with
 * all that are not settled.
 *
 * An empty set has no member to wait for: `all` and `all_settled` succeed at
 * once, `any` fails with %G_IO_ERROR_INVALID_ARGUMENT, `race` is never settled but can be
 * cancelled. A set in which a future occurs twice fails at once with
 * %G_IO_ERROR_INVALID_ARGUMENT, and leaves its members alone.
 *
 * A set is also a #GListModel of its members, which never change; its
 * #GfFuture:progress is the mean of theirs, a settled one counting as 1, and
 * #GfFutureSet:n-done tells how many are settled: bind them to a list view and a
 * progress bar. Both are notified once a frame (16 ms) at most.
 *
 * |[<!-- language="C" -->
 * static void
 * loaded_cb (GfFuture *all, gpointer data)
 * {
 *   g_autoptr (GError) error = NULL;
 *
 *   if (gf_future_get_value (all, &error) == NULL)
 *     g_printerr ("%s\n", error->message);
 *   else
 *     for (guint i = 0; i < g_list_model_get_n_items (G_LIST_MODEL (all)); i++)
 *       {
 *         g_autoptr (GfFuture) member = g_list_model_get_item (G_LIST_MODEL (all), i);
 *
 *         g_print ("%d\n", gf_future_get_int (member, NULL));
 *       }
 * }
 *
 * GfFutureSet *
 * load_both (GfFuture *first, GfFuture *second)
 * {
 *   GfFuture *members[] = { first, second };
 *   GfFutureSet *all = gf_future_all (members, G_N_ELEMENTS (members));
 *
 *   gf_future_add_done_callback (GF_FUTURE (all), NULL, loaded_cb, NULL, NULL);
 *
 *   return all;
 * }
 * ]|
 *
 * The set keeps its members, and those that are not settled keep the set: a set
 * whose references were dropped goes on; and a promise that is a member does not
 * break when its last user drops it, for the set is another. All functions may be
 * called from any thread.
 */

/**
 * GfFutureSet:
 *
 * A future for several others, and a list of them.
 *
 * Since: 1.0
 */

typedef struct _GfFutureSetClass
{
  GfFutureClass parent_class;
} GfFutureSetClass;

enum {
  PROP_N_DONE = 1,
  N_PROPS
};

static GParamSpec *props[N_PROPS];

static void gf_future_set_list_model_init (GListModelInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (GfFutureSet, gf_future_set, GF_TYPE_FUTURE,
                               G_IMPLEMENT_INTERFACE (G_TYPE_LIST_MODEL, gf_future_set_list_model_init))

/* ---- GListModel ---- */

static GType
gf_future_set_get_item_type (GListModel *model G_GNUC_UNUSED)
{
  return GF_TYPE_FUTURE;
}

static guint
gf_future_set_get_n_items (GListModel *model)
{
  return MIN (((GfFutureSet *) model)->members.n, G_MAXUINT);
}

static gpointer
gf_future_set_get_item (GListModel *model,
                        guint       position)
{
  GfFutureSet *self = (GfFutureSet *) model;

  return position < self->members.n ? g_object_ref (self->members.futures[position]) : NULL;
}

static void
gf_future_set_list_model_init (GListModelInterface *iface)
{
  iface->get_item_type = gf_future_set_get_item_type;
  iface->get_n_items = gf_future_set_get_n_items;
  iface->get_item = gf_future_set_get_item;
}

/* ---- members ---- */

static void
gf_future_set_succeed (GfFutureSet *self)
{
  gf_future_settle_plain (GF_FUTURE (self), GF_FUTURE_STATE_SUCCEEDED | GF_STATE_NO_VALUE);
}

static gboolean
gf_future_set_is_for_wait (GfFutureSet *self)
{
  return self->kind >= GF_FUTURE_SET_ALL_COMPLETED;
}

/* With the lock held, so that the progress never goes back. TRUE wants
 * gf_future_push_progress(), without it. */
static gboolean
gf_future_set_store_progress (GfFutureSet *self,
                              gboolean     n_done_changed)
{
  return !gf_future_set_is_for_wait (self) &&
         gf_future_store_progress (GF_FUTURE (self),
                                   (self->n_done + self->partial_sum) / self->members.n,
                                   NULL, n_done_changed);
}

static void
gf_future_set_withdraw (GfFutureSet *self)
{
  gf_members_withdraw (&self->members, g_object_ref (self), !gf_future_set_is_for_wait (self));
}

static void
gf_future_set_adopt (gpointer data,
                     gpointer member)
{
  g_autoptr (GfFutureSet) self = data;

  gf_future_adopt (GF_FUTURE (self), member);
}

/* One member decides, and no other may be quicker then. The rest is cancelled before
 * the set is settled: who hears of that may take an interest in the rest, and would
 * keep it from being cancelled. Both are steps, in this order. While the set is made,
 * nobody else has it, and who makes it sees to that. */
static void
gf_future_set_take_over (GfFutureSet *self,
                         gsize        index)
{
  gsize none = 0;

  if (!atomic_compare_exchange_strong (&self->decisive, &none, index + 1))
    return;

  /* Decided first, this second: partner of gf_future_set_new(). */
  if (atomic_load (&self->is_complete))
    gf_future_set_withdraw (self);
  gf_thread_run_step (gf_future_set_adopt, g_object_ref (self), self->members.futures[index]);
}

static void
gf_future_set_member_settled (gpointer  owner,
                              GfFuture *member,
                              gsize     index)
{
  GfFutureSet *self = owner;
  GfFutureState state = gf_future_get_state (member);
  gboolean all_succeeded;
  gboolean none_succeeded;
  gboolean all_done;
  gboolean push;

  g_mutex_lock (&self->lock);
  self->n_done++;
  if (state == GF_FUTURE_STATE_SUCCEEDED)
    self->n_succeeded++;
  if (self->partial != NULL)
    {
      self->partial_sum -= self->partial[index];
      self->partial[index] = 0;
    }
  /* Another member may be counted, and not have settled the set yet. */
  all_done = self->n_done == self->members.n;
  all_succeeded = self->n_succeeded == self->members.n;
  none_succeeded = self->n_succeeded == 0;
  push = gf_future_set_store_progress (self, TRUE);
  g_mutex_unlock (&self->lock);

  if (push)
    gf_future_push_progress (GF_FUTURE (self));

  switch (self->kind)
    {
    case GF_FUTURE_SET_ALL:
      if (state != GF_FUTURE_STATE_SUCCEEDED)
        gf_future_set_take_over (self, index);
      else if (all_succeeded)
        gf_future_set_succeed (self);
      break;

    case GF_FUTURE_SET_ANY:
      if (state == GF_FUTURE_STATE_SUCCEEDED)
        gf_future_set_take_over (self, index);
      else if (all_done && none_succeeded)
        gf_future_set_take_over (self, 0);
      break;

    case GF_FUTURE_SET_RACE:
      gf_future_set_take_over (self, index);
      break;

    case GF_FUTURE_SET_FIRST_EXCEPTION:
      if (all_done || state == GF_FUTURE_STATE_FAILED)
        gf_future_set_succeed (self);
      break;

    case GF_FUTURE_SET_FIRST_COMPLETED:
      gf_future_set_succeed (self);
      break;

    case GF_FUTURE_SET_ALL_SETTLED:
    case GF_FUTURE_SET_ALL_COMPLETED:
    default:
      if (all_done)
        gf_future_set_succeed (self);
    }
}

static gboolean
gf_future_set_member_progressed (gpointer owner,
                                 gsize    index,
                                 double   progress)
{
  GfFutureSet *self = owner;
  gboolean push;

  g_mutex_lock (&self->lock);
  if (self->partial == NULL)
    self->partial = g_new0 (float, self->members.n);
  self->partial_sum -= self->partial[index];
  self->partial[index] = MAX (0, progress);
  self->partial_sum += self->partial[index];
  push = gf_future_set_store_progress (self, FALSE);
  g_mutex_unlock (&self->lock);

  return push;
}

static void
gf_future_set_let_go (GfFuture *future)
{
  GfFutureSet *self = GF_FUTURE_SET (future);

  /* Else who makes the set does it. Settled first, this second: partner of
   * gf_future_set_new(). */
  gf_wanted_forget_set (self);
  if (atomic_load (&self->is_complete))
    gf_future_set_withdraw (self);
}

static void
gf_future_set_visit (GfFuture        *future,
                     gboolean         needed,
                     GfFutureCallback func,
                     gpointer         data)
{
  GfFutureSet *self = GF_FUTURE_SET (future);

  /* One of several can do. */
  if (needed && self->members.n > 1 && self->kind != GF_FUTURE_SET_ALL &&
      self->kind != GF_FUTURE_SET_ALL_SETTLED && self->kind != GF_FUTURE_SET_ALL_COMPLETED)
    return;

  gf_members_visit (&self->members, FALSE, func, data);
}

/* ---- GObject ---- */

static void
gf_future_set_progressed (GfFuture *future)
{
  g_object_notify_by_pspec (G_OBJECT (future), props[PROP_N_DONE]);
}

static void
gf_future_set_finalize (GObject *object)
{
  GfFutureSet *self = GF_FUTURE_SET (object);

  gf_members_clear (&self->members);
  g_free (self->partial);
  g_mutex_clear (&self->lock);

  G_OBJECT_CLASS (gf_future_set_parent_class)->finalize (object);
}

static void
gf_future_set_get_property (GObject    *object,
                            guint       prop_id,
                            GValue     *value,
                            GParamSpec *pspec)
{
  switch (prop_id)
    {
    case PROP_N_DONE:
      g_value_set_uint (value, gf_future_set_get_n_done (GF_FUTURE_SET (object)));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
gf_future_set_class_init (GfFutureSetClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GfFutureClass *future_class = (GfFutureClass *) klass;

  object_class->finalize = gf_future_set_finalize;
  object_class->get_property = gf_future_set_get_property;

  future_class->let_go = gf_future_set_let_go;
  future_class->visit = gf_future_set_visit;
  future_class->progressed = gf_future_set_progressed;

  /**
   * GfFutureSet:n-done:
   *
   * How many members are settled. Notified in the home context, once a frame
   * (16 ms) at most.
   *
   * Since: 1.0
   */
  props[PROP_N_DONE] =
    g_param_spec_uint ("n-done", NULL, NULL, 0, G_MAXUINT, 0,
                       G_PARAM_READABLE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY);

  g_object_class_install_properties (object_class, N_PROPS, props);
}

static void
gf_future_set_init (GfFutureSet *self)
{
  g_mutex_init (&self->lock);
}

/* ---- making sets ---- */

GfFutureSet *
gf_future_set_new (GfFutureSetKind   kind,
                   GfFuture * const *futures,
                   gsize             n)
{
  GfFutureSet *self = g_object_new (GF_TYPE_FUTURE_SET, NULL);
  g_autoptr (GError) error = NULL;
  GfFuture *future = GF_FUTURE (self);

  self->kind = kind;
  self->members.settled = gf_future_set_member_settled;
  self->members.progressed = gf_future_set_member_progressed;
  gf_members_init (&self->members, futures, n);

  if (gf_members_have_twins (&self->members, &error))
    {
      if (gf_future_claim (future))
        {
          future->outcome.error = g_steal_pointer (&error);
          gf_future_seal (future, GF_FUTURE_STATE_FAILED);
        }
      return self;
    }

  if (n == 0)
    {
      if (kind == GF_FUTURE_SET_ANY && gf_future_claim (future))
        {
          future->outcome.error = g_error_new_literal (G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                                                       "There is no future that could succeed: "
                                                       "the set is empty");
          gf_future_seal (future, GF_FUTURE_STATE_FAILED);
        }
      else if (kind != GF_FUTURE_SET_RACE)
        gf_future_set_succeed (self);
      return self;
    }

  /* Others look at the set as soon as one member is watched. */
  atomic_store_explicit (&future->state, GF_STATE_LINKED, memory_order_relaxed);

  gf_future_set_store_progress (self, FALSE);
  for (gsize i = 0; i < n; i++)
    if (gf_future_peek_extra (futures[i]) != NULL && !gf_future_is_done (futures[i]))
      if (gf_future_set_member_progressed (self, i, gf_future_get_progress (futures[i])))
        gf_future_push_progress (future);

  gf_members_watch (&self->members, GF_OBSERVER_MEMBER, g_object_ref (self), g_object_unref);

  /* This first, the others second: partner of gf_future_set_take_over() and
   * gf_future_set_let_go(). */
  atomic_store (&self->is_complete, TRUE);
  if (atomic_load (&self->decisive) != 0 || gf_state_is_settled (atomic_load (&future->state)))
    gf_future_set_withdraw (self);

  return self;
}

/**
 * gf_future_all:
 * @futures: (array length=n_futures) (transfer none): futures
 * @n_futures: how many
 *
 * Creates a set that succeeds, with no value, when all futures have succeeded.
 * When one fails or is cancelled, the set takes that over and cancels the rest,
 * see #GfFutureSet. Its home is the caller's.
 *
 * Returns: (transfer full): a new set
 *
 * Since: 1.0
 */
GfFutureSet *
gf_future_all (GfFuture * const *futures,
               gsize             n_futures)
{
  g_return_val_if_fail (futures != NULL || n_futures == 0, NULL);

  return gf_future_set_new (GF_FUTURE_SET_ALL, futures, n_futures);
}

/**
 * gf_future_all_settled:
 * @futures: (array length=n_futures) (transfer none): futures
 * @n_futures: how many
 *
 * Creates a set that succeeds, with no value, when all futures are settled. Its
 * home is the caller's.
 *
 * Returns: (transfer full): a new set
 *
 * Since: 1.0
 */
GfFutureSet *
gf_future_all_settled (GfFuture * const *futures,
                       gsize             n_futures)
{
  g_return_val_if_fail (futures != NULL || n_futures == 0, NULL);

  return gf_future_set_new (GF_FUTURE_SET_ALL_SETTLED, futures, n_futures);
}

/**
 * gf_future_any:
 * @futures: (array length=n_futures) (transfer none): futures
 * @n_futures: how many
 *
 * Creates a set that succeeds with the value of the first future that succeeds,
 * and then cancels the rest, see #GfFutureSet. If none does, it takes over the
 * failure or the cancellation of the first one of the list. Its home is the
 * caller's.
 *
 * Returns: (transfer full): a new set; failed with %G_IO_ERROR_INVALID_ARGUMENT
 *   if it is empty
 *
 * Since: 1.0
 */
GfFutureSet *
gf_future_any (GfFuture * const *futures,
               gsize             n_futures)
{
  g_return_val_if_fail (futures != NULL || n_futures == 0, NULL);

  return gf_future_set_new (GF_FUTURE_SET_ANY, futures, n_futures);
}

/**
 * gf_future_race:
 * @futures: (array length=n_futures) (transfer none): futures
 * @n_futures: how many
 *
 * Creates a set that takes over the outcome of the future that is settled first,
 * and then cancels the rest, see #GfFutureSet. Its home is the caller's.
 *
 * Returns: (transfer full): a new set; one that is never settled, but can be
 *   cancelled, if it is empty
 *
 * Since: 1.0
 */
GfFutureSet *
gf_future_race (GfFuture * const *futures,
                gsize             n_futures)
{
  g_return_val_if_fail (futures != NULL || n_futures == 0, NULL);

  return gf_future_set_new (GF_FUTURE_SET_RACE, futures, n_futures);
}

/**
 * gf_future_set_get_n_done:
 * @self: a set
 *
 * Gets how many members are settled. Any thread may ask.
 *
 * Returns: the number
 *
 * Since: 1.0
 */
guint
gf_future_set_get_n_done (GfFutureSet *self)
{
  guint n_done;

  g_return_val_if_fail (GF_IS_FUTURE_SET (self), 0);

  g_mutex_lock (&self->lock);
  n_done = MIN (self->n_done, G_MAXUINT);
  g_mutex_unlock (&self->lock);

  return n_done;
}

/**
 * gf_future_set_get_decisive:
 * @self: a set
 *
 * Gets the member whose outcome the set has taken over: the one that won
 * gf_future_any() or gf_future_race(), or the one that made gf_future_all() fail.
 * If all have failed, it is the first for gf_future_any(). Any thread may ask.
 *
 * Returns: (transfer none) (nullable): the member; %NULL if the set is not settled,
 *   was cancelled, timed out, or is settled by all of its members
 *
 * Since: 1.0
 */
GfFuture *
gf_future_set_get_decisive (GfFutureSet *self)
{
  guint state;
  gsize decisive;

  g_return_val_if_fail (GF_IS_FUTURE_SET (self), NULL);

  state = gf_future_load_state (GF_FUTURE (self));
  decisive = atomic_load (&self->decisive);
  /* One that was about to decide may have come too late. */
  if (decisive == 0 || !gf_state_is_settled (state) ||
      (state & GF_STATE_TIMED_OUT) != 0)
    return NULL;
  if ((state & GF_STATE_MASK) != (guint) gf_future_get_state (self->members.futures[decisive - 1]))
    return NULL;

  return self->members.futures[decisive - 1];
}

/**
 * gf_future_set_iterator:
 * @self: a set
 *
 * Gives the members in the order in which they are settled, as
 * gf_as_completed() does: for `foreach` in Vala. Any thread may call this.
 *
 * Returns: (transfer full): a new iterator
 *
 * Since: 1.0
 */
GfFutureIterator *
gf_future_set_iterator (GfFutureSet *self)
{
  g_return_val_if_fail (GF_IS_FUTURE_SET (self), NULL);

  return gf_as_completed (self->members.futures, self->members.n);
}

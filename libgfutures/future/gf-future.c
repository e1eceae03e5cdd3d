/* gf-future.c - the read side of a task
 *
 * The object, and how it is delivered to the home context. It is settled in
 * gf-future-settle.c, what it has come to is read in gf-future-value.c; blocking
 * waits are in gf-future-wait.c, callbacks in gf-future-observers.c.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "gf-future-private.h"

#include "../loop/gf-completion-private.h"
#include "../loop/gf-thread-private.h"
#include "gf-error.h"

/**
 * SECTION:gf-future
 * @title: GfFuture
 * @short_description: the read side of a task
 *
 * A #GfFuture stands for the outcome of a task that may not be there yet. It is
 * pending, then running, then settled: succeeded with a value, failed with an
 * error, or cancelled. A settled future never changes again.
 *
 * Every future has a home: the thread-default #GMainContext of the thread that
 * created it, or, for one made inside a task, the home of that task. The
 * #GfFuture::done signal and all property notifications are emitted there, in a
 * later turn, never inside the function that settles the future. So one may
 * submit, then connect, and miss nothing:
 *
 * |[<!-- language="C" -->
 * #include <gfutures.h>
 *
 * static void
 * add (GfPromise *promise, gpointer data, GError **error)
 * {
 *   gf_promise_resolve_int (promise, 40 + GPOINTER_TO_INT (data));
 * }
 *
 * static void
 * done_cb (GfFuture *future, gpointer loop)
 * {
 *   g_autoptr (GError) error = NULL;
 *   int sum = gf_future_get_int (future, &error);
 *
 *   if (error != NULL)
 *     g_printerr ("%s\n", error->message);
 *   else
 *     g_print ("The sum is %d\n", sum);
 *   g_main_loop_quit (loop);
 * }
 *
 * int
 * main (void)
 * {
 *   g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);
 *   g_autoptr (GfExecutor) pool = gf_thread_pool_executor_new (0);
 *   g_autoptr (GfFuture) future = gf_executor_submit (pool, add, GINT_TO_POINTER (2), NULL);
 *
 *   g_signal_connect (future, "done", G_CALLBACK (done_cb), loop);
 *   g_main_loop_run (loop);
 *
 *   return 0;
 * }
 * ]|
 *
 * There are five ways to learn the outcome: the #GfFuture::done signal,
 * gf_future_add_done_callback(), gf_future_result_async() (`yield` in Vala,
 * `await` in JavaScript), gf_future_result() which blocks, and
 * gf_future_run_until_done() for programs without a loop of their own.
 *
 * All functions may be called from any thread. Data given to the library is
 * released in the context it belongs to, see gf_executor_submit() and
 * gf_future_add_done_callback(); when that context dies first, where the library
 * notices it. Signal handlers are released in the future's home too, whichever
 * thread drops the last reference, and so is data that is attached to the
 * object; outside tasks that may take a second.
 */

/**
 * GfFuture:
 *
 * The outcome of a task. The structure is private; only the library derives
 * from it.
 *
 * Since: 1.0
 */

enum {
  PROP_STATE = 1,
  PROP_SETTLED,
  PROP_PROGRESS,
  PROP_STATUS,
  PROP_LABEL,
  N_PROPS
};

static GParamSpec *props[N_PROPS];
static guint done_signal;
static guint notify_signal;

G_DEFINE_TYPE (GfFuture, gf_future, G_TYPE_OBJECT)

G_DEFINE_ENUM_TYPE (GfFutureState, gf_future_state,
                    G_DEFINE_ENUM_VALUE (GF_FUTURE_STATE_PENDING, "pending"),
                    G_DEFINE_ENUM_VALUE (GF_FUTURE_STATE_RUNNING, "running"),
                    G_DEFINE_ENUM_VALUE (GF_FUTURE_STATE_SUCCEEDED, "succeeded"),
                    G_DEFINE_ENUM_VALUE (GF_FUTURE_STATE_FAILED, "failed"),
                    G_DEFINE_ENUM_VALUE (GF_FUTURE_STATE_CANCELLED, "cancelled"))

/* ---- the extra part ---- */

static gboolean gf_future_deliver_extra  (GfHomeItem *item,
                                          GfHomePhase phase);

static void
gf_future_extra_free (GfFutureExtra *extra)
{
  if (extra->outer != NULL)
    g_signal_handler_disconnect (extra->outer, extra->outer_id);
  g_clear_object (&extra->outer);
  g_slist_free_full (extra->labels, g_free);
  g_free (extra->status);
  g_clear_object (&extra->cancellable);
  g_clear_pointer (&extra->details, g_bytes_unref);
  g_mutex_clear (&extra->lock);
  g_free (extra);
}

GfFutureExtra *
gf_future_peek_extra (GfFuture *self)
{
  /* Sequentially consistent, as the change of the state before it is: partner
   * of gf_future_get_extra() and the look at the state after that. */
  return atomic_load_explicit (&self->extra, memory_order_seq_cst);
}

GfFutureExtra *
gf_future_get_extra (GfFuture *self)
{
  GfFutureExtra *extra = gf_future_peek_extra (self);
  GfFutureExtra *other = NULL;

  if (extra != NULL)
    return extra;

  extra = g_new0 (GfFutureExtra, 1);
  g_mutex_init (&extra->lock);
  extra->progress = -1;
  extra->future = self;
  extra->progress_item.func = gf_future_progress_turn;
  extra->settled_item.func = gf_future_deliver_extra;

  if (atomic_compare_exchange_strong_explicit (&self->extra, &other, extra,
                                               memory_order_seq_cst, memory_order_seq_cst))
    return extra;

  gf_future_extra_free (extra);

  return other;
}

/* ---- delivery ---- */

gboolean
gf_future_has_done_handlers (GfFuture *self)
{
  return g_signal_handler_find (self, G_SIGNAL_MATCH_ID, done_signal, 0, NULL, NULL, NULL) != 0;
}

static gboolean
gf_future_has_handlers (GfFuture *self)
{
  /* Of any detail, blocked ones too. */
  return gf_future_has_done_handlers (self) ||
         g_signal_handler_find (self, G_SIGNAL_MATCH_ID, notify_signal, 0, NULL, NULL, NULL) != 0;
}

/* Whether the outcome is more than memory, so that freeing it may run code. */
gboolean
gf_future_outcome_is_alive (GfFuture *self,
                            guint     state)
{
  GType type;

  if ((state & GF_STATE_MASK) != GF_FUTURE_STATE_SUCCEEDED || (state & GF_STATE_NO_VALUE))
    return FALSE;

  type = G_TYPE_FUNDAMENTAL (G_VALUE_TYPE (&self->outcome.value));

  return type == G_TYPE_OBJECT || type == G_TYPE_BOXED || type == G_TYPE_INTERFACE ||
         type > G_TYPE_MAKE_FUNDAMENTAL (G_TYPE_RESERVED_USER_FIRST - 1);
}

/* Of what a binding attaches to each object, see gf_binding_ignore_data(). */
static atomic_uint ignored_keys[4];

typedef struct
{
  gboolean found;
  gboolean ignored;
} GfAttachments;

static void
gf_future_attachment_cb (GQuark   key,
                         gpointer data G_GNUC_UNUSED,
                         gpointer user_data)
{
  GfAttachments *attachments = user_data;
  static GQuark notify_queue;
  static GQuark weak_locations;
  static GQuark toggle_references;

  /* What g_object_unref() itself puts there; GWeakRef, which runs nothing; and toggle
   * references, of which there is none when the last reference goes. */
  if (G_UNLIKELY (notify_queue == 0))
    {
      toggle_references = g_quark_from_static_string ("GObject-toggle-references");
      weak_locations = g_quark_from_static_string ("GObject-weak-locations");
      notify_queue = g_quark_from_static_string ("GObject-notify-queue");
    }

  if (key == notify_queue || key == weak_locations || key == toggle_references)
    return;

  for (guint i = 0; i < G_N_ELEMENTS (ignored_keys); i++)
    if (key == atomic_load_explicit (&ignored_keys[i], memory_order_relaxed))
      {
        attachments->ignored = TRUE;
        return;
      }

  attachments->found = TRUE;
}

/**
 * gf_binding_ignore_data:
 * @key: the name that data has which is attached to objects, see g_object_set_data()
 *
 * For bindings: says that what is attached to futures by this name may be released
 * on any thread that may block. A future that is dropped elsewhere than at home, and
 * has nothing else to release there, then need not go home for it, where a program
 * without a main loop would keep it. To be called before anything else, for at most
 * four names, in all of the process and for ever.
 *
 * Any thread may call this.
 *
 * Since: 1.0
 */
void
gf_binding_ignore_data (const char *key)
{
  guint quark;

  g_return_if_fail (key != NULL);

  quark = g_quark_from_string (key);
  for (guint i = 0; i < G_N_ELEMENTS (ignored_keys); i++)
    {
      guint none = 0;

      if (atomic_compare_exchange_strong (&ignored_keys[i], &none, quark) || none == quark)
        return;
    }
  g_return_if_reached ();
}

/* Whether somebody attached data, or a weak reference, that GObject will
 * release or tell, and that has to be at home. Nothing is released in a thread that
 * serves everybody. */
static gboolean
gf_future_has_attachments (GfFuture *self)
{
  GfAttachments attachments = { FALSE, FALSE };

  g_datalist_foreach (&G_OBJECT (self)->qdata, gf_future_attachment_cb, &attachments);

  return attachments.found || (attachments.ignored && gf_thread_get ()->is_shared);
}

static void
gf_future_unref_elsewhere (gpointer self,
                           gpointer unused G_GNUC_UNUSED)
{
  g_object_unref (self);
}

/* Drops a reference of the library's, which may be the last. */
void
gf_future_drop (GfFuture *self)
{
  GfAttachments attachments = { FALSE, FALSE };

  if (gf_thread_get ()->is_shared && g_atomic_int_get (&G_OBJECT (self)->ref_count) == 1)
    g_datalist_foreach (&G_OBJECT (self)->qdata, gf_future_attachment_cb, &attachments);

  if (attachments.ignored)
    gf_completion_push (gf_future_unref_elsewhere, self);
  else
    g_object_unref (self);
}

/* Whether a settled future needs to go home: nobody can connect any more if the
 * only reference is the library's, so if nobody has, and there is nothing to
 * release, there is nothing to do there. */
gboolean
gf_future_is_watched (GfFuture *self,
                      guint     state)
{
  GfAttachments attachments = { FALSE, FALSE };

  if (g_atomic_int_get (&G_OBJECT (self)->ref_count) > 1 || (state & GF_STATE_HAS_DATA) ||
      self->callbacks != NULL || gf_future_outcome_is_alive (self, state) ||
      gf_future_has_handlers (self))
    return TRUE;

  g_datalist_foreach (&G_OBJECT (self)->qdata, gf_future_attachment_cb, &attachments);

  return attachments.found;
}

void
gf_future_notify_progress (GfFuture *self)
{
  GfFutureExtra *extra = gf_future_peek_extra (self);
  gboolean progress_changed;
  gboolean label_changed;

  if (extra == NULL)
    return;

  g_mutex_lock (&extra->lock);
  progress_changed = extra->progress_changed;
  label_changed = extra->label_changed;
  extra->progress_changed = extra->label_changed = FALSE;
  g_mutex_unlock (&extra->lock);

  if (label_changed)
    g_object_notify_by_pspec (G_OBJECT (self), props[PROP_LABEL]);
  if (progress_changed)
    {
      if (gf_future_load_state (self) & GF_STATE_MEMBER)
        gf_observers_progressed (self);
      g_object_notify_by_pspec (G_OBJECT (self), props[PROP_PROGRESS]);
      g_object_notify_by_pspec (G_OBJECT (self), props[PROP_STATUS]);
      if (GF_FUTURE_GET_CLASS (self)->progressed != NULL)
        GF_FUTURE_GET_CLASS (self)->progressed (self);
    }
}

void
gf_future_emit (GfFuture *self,
                guint     state)
{
  gboolean settled = gf_state_is_settled (state);
  /* A handler may run a nested loop, in which the future comes home again. */
  gboolean first = settled && !gf_state_is_settled (self->notified);
  gint64 begin = 0;

  gf_future_notify_progress (self);

  if (self->notified != (state & GF_STATE_MASK))
    {
      self->notified = state & GF_STATE_MASK;
      g_object_notify_by_pspec (G_OBJECT (self), props[PROP_STATE]);
      if (settled)
        g_object_notify_by_pspec (G_OBJECT (self), props[PROP_SETTLED]);
    }

  if (!first)
    return;

  if (GF_TRACING (GF_TRACE_RECORDS))
    begin = g_get_monotonic_time ();

  g_signal_emit (self, done_signal, 0);

  gf_callbacks_run_home (self, TRUE);
  if (G_UNLIKELY (begin != 0))
    gf_future_trace_delivered (self, begin);
  atomic_fetch_or_explicit (&self->state, GF_STATE_DELIVERED, memory_order_relaxed);
}

static inline GfFuture *
item_to_future (GfHomeItem *item)
{
  return (GfFuture *) ((char *) item - G_STRUCT_OFFSET (GfFuture, item));
}

static inline GfFuture *
extra_item_to_future (GfHomeItem *item)
{
  return ((GfFutureExtra *) ((char *) item - G_STRUCT_OFFSET (GfFutureExtra, settled_item)))->future;
}

static gboolean
gf_future_turn (GfFuture   *self,
                GfHomeItem *item,
                GfHomePhase phase)
{
  guint state;

  if (phase == GF_HOME_RELIEVE)
    {
      if (self->creator != gf_thread_get ()->id)
        return FALSE;

      state = gf_future_load_state (self);
      if (!(state & GF_STATE_TOLD) || !(state & GF_STATE_RETURNED))
        return FALSE;

      GF_FUTURE_GET_CLASS (self)->release_data (self);
      gf_callbacks_relieve (self);

      if (gf_future_is_watched (self, state & ~GF_STATE_HAS_DATA))
        return FALSE;

      atomic_fetch_or_explicit (&self->state, GF_STATE_UNWATCHED, memory_order_relaxed);
    }

  /* Acquire: partner of the release in gf_future_push_home(). Who sets a bit
   * and then finds this one gone, pushes again. */
  state = atomic_fetch_and_explicit (&self->state, ~(GF_STATE_QUEUED | GF_STATE_DISPOSED | GF_STATE_ABROAD),
                                     memory_order_acq_rel);

  /* Settled by somebody who is still telling the observers: it comes again. */
  if (!(state & GF_STATE_TOLD))
    {
      g_object_unref (self);
      return TRUE;
    }

  if (phase == GF_HOME_DROP)
    {
      atomic_fetch_or_explicit (&self->state, GF_STATE_DELIVERED, memory_order_relaxed);
      gf_callbacks_run_home (self, FALSE);
    }
  else if (phase != GF_HOME_RELIEVE)
    gf_future_emit (self, state);

  if (state & GF_STATE_RETURNED)
    GF_FUTURE_GET_CLASS (self)->release_data (self);

  /* Who settled it on another thread is about to drop a reference there. It had
   * better not be the last one, see gf_home_resurrect(). */
  if (phase == GF_HOME_DISPATCH && (state & GF_STATE_ABROAD) &&
      g_atomic_int_get (&G_OBJECT (self)->ref_count) > 1 && gf_future_has_handlers (self) &&
      !(atomic_fetch_or_explicit (&self->state, GF_STATE_QUEUED, memory_order_acq_rel) & GF_STATE_QUEUED))
    {
      gf_home_put_off (self->home, item);
      return TRUE;
    }

  g_object_unref (self);

  return TRUE;
}

static gboolean
gf_future_deliver (GfHomeItem *item,
                   GfHomePhase phase)
{
  return gf_future_turn (item_to_future (item), item, phase);
}

static gboolean
gf_future_deliver_extra (GfHomeItem *item,
                         GfHomePhase phase)
{
  return gf_future_turn (extra_item_to_future (item), item, phase);
}

/* Sends the future home, to emit what there is to emit, release what there is
 * to release, and drop a reference: the caller's if @take_reference.
 *
 * A task may still be in its executor's queue, linked by its item, if it never
 * began or was begun by who waits for it: then another item carries it. */
void
gf_future_push_home (GfFuture *self,
                     guint     state,
                     guint     told,
                     gboolean  take_reference)
{
  GfHome *home = self->home;
  GfHomeItem *item = &self->item;
  GfThread *thread;

  if (G_UNLIKELY (gf_future_load_state (self) & GF_STATE_QUIET) && !(state & GF_STATE_HAS_DATA) &&
      self->callbacks == NULL && !gf_future_has_handlers (self))
    {
      /* Either this sees that it is not quiet any more, or gf_future_set_quiet()
       * that the observers have been told. */
      guint old_state = atomic_fetch_or_explicit (&self->state, told, memory_order_acq_rel);

      if (old_state & GF_STATE_QUIET)
        {
          if (take_reference)
            gf_future_drop (self);
          return;
        }
    }

  /* Release: partner of the acquire in gf_future_turn(). */
  if (atomic_fetch_or_explicit (&self->state, GF_STATE_QUEUED | told, memory_order_acq_rel) & GF_STATE_QUEUED)
    {
      if (take_reference)
        g_object_unref (self);
      return;
    }

  if (!take_reference)
    g_object_ref (self);
  if ((state & GF_STATE_IN_QUEUE) ||
      (!(state & GF_STATE_BEGUN) && (state & GF_STATE_COUNTED)))
    item = &gf_future_get_extra (self)->settled_item;

  thread = gf_thread_get ();
  if (G_UNLIKELY (state & GF_STATE_DISPOSED))
    {
      gf_thread_hand_over (home, item);
      return;
    }

  /* Who waits for a task and runs it mostly drops it soon: then it need not go
   * home at all. */
  if (thread->hooks != NULL &&
      thread->hooks->keep (thread->worker, item, thread->frame != NULL && thread->frame->outer != NULL))
    return;

  gf_home_push (home, item);
}

/* Sends home what a worker has kept, or drops it if that is all there is to do. */
void
gf_future_send (GfHomeItem *item)
{
  GfFuture *self = item->func == gf_future_deliver ? item_to_future (item) : extra_item_to_future (item);
  guint state = gf_future_load_state (self);

  if (!gf_state_is_settled (state) || gf_future_is_watched (self, state))
    {
      gf_home_push (self->home, item);
      return;
    }

  atomic_fetch_or_explicit (&self->state, GF_STATE_UNWATCHED | GF_STATE_DELIVERED, memory_order_relaxed);
  gf_future_drop (self);
}

/**
 * gf_future_set_quiet:
 * @self: a future
 * @quiet: whether it is quiet
 *
 * For bindings: a quiet future that is settled is not sent to its home context
 * unless a handler is connected by then, or a callback added that runs there, so that
 * it keeps nothing alive there and wakes nobody. #GfFuture::done and notifications are
 * then emitted after it was made loud again, once, as by other futures; a callback that
 * is added later makes it loud. Whoever makes a future quiet has to make it loud before
 * a handler is connected, by anyone.
 *
 * Any thread may call this.
 *
 * Since: 1.0
 */
void
gf_future_set_quiet (GfFuture *self,
                     gboolean  quiet)
{
  guint state;

  g_return_if_fail (GF_IS_FUTURE (self));

  if (quiet)
    {
      atomic_fetch_or_explicit (&self->state, GF_STATE_QUIET, memory_order_relaxed);
      return;
    }

  /* Partner: gf_future_push_home(). */
  state = atomic_fetch_and_explicit (&self->state, ~GF_STATE_QUIET, memory_order_acq_rel);
  if (!(state & GF_STATE_QUIET) || !(state & GF_STATE_TOLD) || (state & GF_STATE_DELIVERED))
    return;

  /* What has not begun may still be in its executor's queue. */
  if (!(state & GF_STATE_BEGUN))
    state |= GF_STATE_COUNTED;
  gf_future_push_home (self, state, 0, FALSE);
}

/* The function has begun. Only who watches properties needs to hear of it: if the
 * reference is the @executor's, there has to be another. */
void
gf_future_begun (GfFuture *self,
                 gboolean  executor)
{
  if ((!executor || g_atomic_int_get (&G_OBJECT (self)->ref_count) > 1) &&
      g_signal_handler_find (self, G_SIGNAL_MATCH_ID, notify_signal, 0, NULL, NULL, NULL) != 0)
    gf_future_push_progress (self);
}

/* ---- GObject ---- */

static void
gf_future_dispose (GObject *object)
{
  GfFuture *self = GF_FUTURE (object);
  guint state = gf_future_load_state (self);

  GfHandle *handle = atomic_load_explicit (&self->handle, memory_order_relaxed);
  gboolean has_handlers;
  gboolean at_home;

  /* There are no handlers, and g_object_unref() itself sees to the rest: the
   * parent would take a lock that all threads share, for nothing. */
  if (state & GF_STATE_UNWATCHED)
    return;

  has_handlers = gf_future_has_handlers (self);
  at_home = gf_home_enter (self->home, self->creator);

  if (!gf_state_is_settled (state) &&
      (has_handlers || (state & (GF_STATE_HAS_DATA | GF_STATE_COUNTED)) ||
       atomic_load_explicit (&self->observers, memory_order_relaxed) != NULL ||
       (handle != NULL && handle->first != NULL)) &&
      gf_future_claim (self))
    {
      /* Nobody is left who could settle it: who counts on that is told. */
      self->outcome.error = g_error_new_literal (GF_FUTURE_ERROR, GF_FUTURE_ERROR_BROKEN_PROMISE,
                                                 "The promise was dropped before it was settled");
      atomic_fetch_or_explicit (&self->state, at_home ? GF_STATE_RETURNED
                                                      : GF_STATE_RETURNED | GF_STATE_DISPOSED,
                                memory_order_relaxed);
      gf_future_seal (self, GF_FUTURE_STATE_FAILED);
    }
  else if (at_home)
    {
      GF_FUTURE_GET_CLASS (self)->release_data (self);
      G_OBJECT_CLASS (gf_future_parent_class)->dispose (object);
    }
  else if (has_handlers || (state & GF_STATE_HAS_DATA) || gf_future_outcome_is_alive (self, state) ||
           gf_future_has_attachments (self))
    gf_home_resurrect (self->home, self->creator, self);
  else
    G_OBJECT_CLASS (gf_future_parent_class)->dispose (object);

  if (at_home)
    gf_home_leave (self->home);
}

static void
gf_future_finalize (GObject *object)
{
  GfFuture *self = GF_FUTURE (object);
  guint state = atomic_load_explicit (&self->state, memory_order_relaxed);
  GfFutureExtra *extra = atomic_load_explicit (&self->extra, memory_order_relaxed);

  if (GF_TRACING (GF_TRACE_RECORDS))
    gf_future_trace_forget (self);

  if ((state & GF_STATE_MASK) == GF_FUTURE_STATE_SUCCEEDED && !(state & GF_STATE_NO_VALUE))
    g_value_unset (&self->outcome.value);
  else if ((state & GF_STATE_MASK) == GF_FUTURE_STATE_FAILED && !(state & GF_STATE_TIMED_OUT))
    g_error_free (self->outcome.error);

  if (extra != NULL)
    gf_future_extra_free (extra);
  if (self->handle != NULL)
    gf_handle_unref (self->handle);
  gf_home_unref (self->home);

  G_OBJECT_CLASS (gf_future_parent_class)->finalize (object);
}

static void
gf_future_get_property (GObject    *object,
                        guint       prop_id,
                        GValue     *value,
                        GParamSpec *pspec)
{
  GfFuture *self = GF_FUTURE (object);

  switch (prop_id)
    {
    case PROP_STATE:
      g_value_set_enum (value, gf_future_get_state (self));
      break;
    case PROP_SETTLED:
      g_value_set_boolean (value, gf_future_is_done (self));
      break;
    case PROP_PROGRESS:
      g_value_set_double (value, gf_future_get_progress (self));
      break;
    case PROP_STATUS:
      g_value_take_string (value, gf_future_dup_status (self));
      break;
    case PROP_LABEL:
      g_value_set_string (value, gf_future_get_label (self));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
gf_future_set_property (GObject      *object,
                        guint         prop_id,
                        const GValue *value,
                        GParamSpec   *pspec)
{
  GfFuture *self = GF_FUTURE (object);

  switch (prop_id)
    {
    case PROP_LABEL:
      gf_future_set_label (self, g_value_get_string (value));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
gf_future_has_no_data (GfFuture *self G_GNUC_UNUSED)
{
}

static void
gf_future_class_init (GfFutureClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  gf_future_init_errors ();

  object_class->dispose = gf_future_dispose;
  object_class->finalize = gf_future_finalize;
  object_class->get_property = gf_future_get_property;
  object_class->set_property = gf_future_set_property;

  klass->release_data = gf_future_has_no_data;

  /**
   * GfFuture:state:
   *
   * What has become of the task. Notified in the home context.
   *
   * Since: 1.0
   */
  props[PROP_STATE] =
    g_param_spec_enum ("state", NULL, NULL,
                       GF_TYPE_FUTURE_STATE, GF_FUTURE_STATE_PENDING,
                       G_PARAM_READABLE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY);

  /**
   * GfFuture:settled:
   *
   * Whether the task has succeeded, failed or been cancelled. Notified in the
   * home context.
   *
   * Since: 1.0
   */
  props[PROP_SETTLED] =
    g_param_spec_boolean ("settled", NULL, NULL, FALSE,
                          G_PARAM_READABLE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY);

  /**
   * GfFuture:progress:
   *
   * How much is done, from 0 to 1, or -1 if the task does not tell. Notified in
   * the home context, once a frame (16 ms) at most.
   *
   * Since: 1.0
   */
  props[PROP_PROGRESS] =
    g_param_spec_double ("progress", NULL, NULL, -1, 1, -1,
                         G_PARAM_READABLE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY);

  /**
   * GfFuture:status:
   *
   * What the task says that it is doing. Notified with #GfFuture:progress.
   *
   * Since: 1.0
   */
  props[PROP_STATUS] =
    g_param_spec_string ("status", NULL, NULL, NULL,
                         G_PARAM_READABLE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY);

  /**
   * GfFuture:label:
   *
   * A name for people, in lists and in messages. Notified in the home context.
   *
   * Since: 1.0
   */
  props[PROP_LABEL] =
    g_param_spec_string ("label", NULL, NULL, NULL,
                         G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY);

  g_object_class_install_properties (object_class, N_PROPS, props);

  /**
   * GfFuture::done:
   * @self: the future
   *
   * Emitted exactly once, when the future is settled, in a later turn of its
   * home context: not inside the function that settles it, gf_future_cancel()
   * included. A future that was born settled emits it too. Handlers are looked
   * up at that time, so one that is connected in the turn in which the future
   * was submitted is always called.
   *
   * For one future the order is: property notifications, this signal, then the
   * callbacks of gf_future_add_done_callback(). Futures that one thread settles
   * come in the order in which it did so.
   *
   * Since: 1.0
   */
  done_signal = g_signal_new ("done", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST,
                              0, NULL, NULL, NULL, G_TYPE_NONE, 0);
  notify_signal = g_signal_lookup ("notify", G_TYPE_OBJECT);
}

static void
gf_future_init (GfFuture *self)
{
  self->item.func = gf_future_deliver;
  self->home = gf_home_get_current ();
  self->creator = gf_thread_get_creator (gf_thread_get ());
}

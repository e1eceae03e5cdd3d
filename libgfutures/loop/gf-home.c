/* gf-home.c - delivery to a GMainContext
 *
 * Two sources serve a context: one at the default priority, and one below GTK's
 * redraw that takes over when deliveries have used up their share of the loop.
 * Neither holds the context; when it dies, what is queued is dropped.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "gf-home-private.h"

#include "gf-completion-private.h"

#include "gf-queue-private.h"
#include "gf-thread-private.h"
#include "gf-trace-private.h"

#include <errno.h>
#include <glib-unix.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>
#ifdef HAVE_EVENTFD
#include <sys/eventfd.h>
#endif

/* Deliveries at the default priority draw on a token bucket that holds BUDGET_US
 * and gains one microsecond in every REFILL: at most a quarter of the time goes
 * to them. Once it is empty they run at LEFTOVER_PRIORITY, below
 * GDK_PRIORITY_REDRAW (120), until nothing is queued; but an animation whose
 * frames take long leaves that priority no turn at all, so after STARVED_US
 * without one they get a slice at the default priority. */
#define BUDGET_US         2500
#define REFILL            4
#define LEFTOVER_PRIORITY (G_PRIORITY_HIGH_IDLE + 25)
#define STARVED_US        50000
#define FRAME_US          16667
#define BATCH_FIRST       64
#define BATCH_MAX         (1 << 20)

/* Without a loop, the queue is looked through when it has grown by this much.
 * Each time the first few are: what was only just waited for is mostly among
 * them. */
#define RELIEVE_MIN   256
#define RELIEVE_FIRST 8

typedef struct
{
  GSource source;
  GfHome *home;
  gpointer fd_tag;
} GfHomeSource;

struct _GfHome
{
  /* Any thread. */
  GfQueue       queue;
  atomic_bool   asleep;            /* the context may be in poll() */
  atomic_bool   gone;              /* the context was freed */
  atomic_flag   dropping;
  atomic_uint   dispatcher;        /* the thread in gf_home_dispatch(), or 0 */
  atomic_int    ref_count;
  gboolean      immortal;
  int           wake_fds[2];
  GMainContext *context;           /* valid only for those who know it lives */

  /* The rest belongs to the thread that owns the context. */
  GfHomeItem  *first;              /* older than what is in the queue: what */
  GfHomeItem **last;               /* gf_home_relieve() has left, */
  gsize        n_left;             /* how many, */
  gsize        n_left_before;      /* when it last looked at them all */
  gboolean     relieving;

  gboolean demoted;                /* the leftover source's turn */
  gint64   last_turn;
  gint64   credit;                 /* may be negative: it was overdrawn */
  gint64   refilled;

  gint64   batch_begin;            /* 0: no batch to account for */
  guint    batch_size;
  guint    batch_limit;

  GfHomeItem  *frame_first;
  GfHomeItem **frame_last;
  gint64       frame_time;         /* when the last ones ran */
};

G_LOCK_DEFINE_STATIC (homes);
static GHashTable *homes; /* GMainContext → GfHome, both unowned */

/* ---- the queue ---- */

static void
gf_home_wakeup (GfHome *self)
{
  static const guint64 one = 1;
  gssize written;

  if (!atomic_exchange_explicit (&self->asleep, FALSE, memory_order_seq_cst))
    return;

  do
    written = write (self->wake_fds[1], &one, sizeof one);
  while (written < 0 && errno == EINTR);
  /* A pipe that is full wakes as well as one more byte would. */
}

/* Nobody takes from the queue any more but those who drop what is in it. One
 * does so at a time; who comes second leaves its item to the first. */
static void
gf_home_drop_all (GfHome *self)
{
  GfHomeItem *item;

  while (gf_queue_has_items (&self->queue) &&
         !atomic_flag_test_and_set_explicit (&self->dropping, memory_order_acquire))
    {
      while ((item = gf_queue_take (&self->queue)) != NULL)
        item->func (item, GF_HOME_DROP);

      /* Sequentially consistent: partner of the look at the queue above, by who
       * has just pushed. */
      atomic_flag_clear_explicit (&self->dropping, memory_order_seq_cst);
    }
}

/* What is dropped is the application's. */
static void
gf_home_drop_elsewhere (gpointer data,
                        gpointer user_data G_GNUC_UNUSED)
{
  GfHome *self = data;

  gf_home_drop_all (self);
  gf_home_unref (self);
}

void
gf_home_push (GfHome     *self,
              GfHomeItem *item)
{
  /* What it is part of may have the last reference, and be gone before this
   * function is done. */
  gf_home_ref (self);
  gf_queue_push (&self->queue, item);

  /* Push first, look second: partner of gf_home_prepare(), which goes to sleep
   * first and looks at the queue second; and of the end of the context. */
  if (G_UNLIKELY (atomic_load_explicit (&self->gone, memory_order_seq_cst)))
    {
      if (gf_thread_get ()->is_shared)
        gf_completion_push (gf_home_drop_elsewhere, gf_home_ref (self));
      else
        gf_home_drop_all (self);
    }
  else if (atomic_load_explicit (&self->asleep, memory_order_seq_cst))
    gf_home_wakeup (self);

  gf_home_unref (self);
}

static void
gf_home_leave_queued (GfHome     *self,
                      GfHomeItem *item)
{
  item->next = NULL;
  *self->last = item;
  self->last = &item->next;
  self->n_left++;
}

static GfHomeItem *
gf_home_pop (GfHome *self)
{
  GfHomeItem *item = self->first;

  if (item == NULL)
    return gf_queue_take (&self->queue);

  self->first = item->next;
  if (self->first == NULL)
    self->last = &self->first;
  self->n_left--;

  return item;
}

static gboolean
gf_home_has_items (GfHome *self)
{
  return self->first != NULL || gf_queue_has_items (&self->queue);
}

/* ---- the sources ---- */

static void
gf_home_refill (GfHome *self,
                gint64  now)
{
  self->credit = MIN (BUDGET_US, self->credit + (now - self->refilled) / REFILL);
  self->refilled = now;
}

/* Control is back at the loop: what did the last batch really cost? More than
 * its handlers, when they left work that other sources had to do first, as
 * JavaScript's promise jobs are. Then the next batch has to be smaller. */
static void
gf_home_settle_accounts (GfHome *self,
                         gint64  now)
{
  gint64 cost;

  if (self->batch_begin == 0)
    return;

  cost = now - self->batch_begin;
  self->batch_begin = 0;

  if (!self->demoted)
    self->credit -= cost;

  if (cost > 2 * BUDGET_US)
    self->batch_limit = MAX (1, self->batch_size * (gint64) BUDGET_US / cost);
  else if (cost < BUDGET_US && self->batch_size == self->batch_limit &&
           self->batch_limit < BATCH_MAX)
    self->batch_limit *= 2;
}

static gboolean
gf_home_frame_is_due (GfHome *self,
                      gint64  now)
{
  return self->frame_first != NULL && now >= self->frame_time + FRAME_US;
}

static gboolean
gf_home_is_ready (GfHome *self,
                  gint64  now)
{
  if (gf_home_frame_is_due (self, now))
    return TRUE;

  if (!gf_home_has_items (self))
    return FALSE;

  return !self->demoted || now - self->last_turn >= STARVED_US;
}

static gboolean
gf_home_prepare (GSource *source,
                 int     *timeout_ms)
{
  GfHome *self = ((GfHomeSource *) source)->home;
  gint64 now = g_source_get_time (source);

  gf_home_settle_accounts (self, now);
  gf_home_refill (self, now);

  if (self->credit <= 0)
    {
      if (!self->demoted)
        {
          self->last_turn = now;
          gf_trace (GF_TRACE_DELIVERY, "deliveries have used up their share of the loop: what is left runs "
                                       "below redraw");
        }
      self->demoted = TRUE;
    }

  *timeout_ms = -1;
  if (self->frame_first != NULL)
    *timeout_ms = MAX (0, (self->frame_time + FRAME_US - now + 999) / 1000);

  if (gf_home_is_ready (self, now))
    {
      *timeout_ms = 0;
      return TRUE;
    }

  /* The loop may go to sleep now. Sequentially consistent, store first and look
   * second: partner of gf_home_push(), which pushes first and looks second. One
   * of the two sees what the other did. */
  atomic_store_explicit (&self->asleep, TRUE, memory_order_seq_cst);

  if (gf_home_is_ready (self, now))
    {
      atomic_store_explicit (&self->asleep, FALSE, memory_order_relaxed);
      *timeout_ms = 0;
      return TRUE;
    }

  return FALSE;
}

static void
gf_home_clear_wakeup (GfHomeSource *source)
{
  guint64 buffer;

  if (g_source_query_unix_fd (&source->source, source->fd_tag) == 0)
    return;

  /* An eventfd is empty after one read, a pipe when there is nothing more. */
  while (read (source->home->wake_fds[0], &buffer, sizeof buffer) > 0 &&
         source->home->wake_fds[0] != source->home->wake_fds[1])
    ;
}

static gboolean
gf_home_check (GSource *source)
{
  GfHome *self = ((GfHomeSource *) source)->home;

  gf_home_clear_wakeup ((GfHomeSource *) source);
  atomic_store_explicit (&self->asleep, FALSE, memory_order_relaxed);

  return gf_home_is_ready (self, g_source_get_time (source));
}

static void
gf_home_run_frame (GfHome *self,
                   gint64  now)
{
  GfHomeItem **last = self->frame_last;
  gboolean is_last = FALSE;

  self->frame_time = now;

  /* One at a time, as in gf_home_dispatch(). Too many, and those that are put
   * off meanwhile, wait for the next frame. */
  while (self->frame_first != NULL && !is_last && g_get_monotonic_time () - now < BUDGET_US)
    {
      GfHomeItem *item = self->frame_first;

      is_last = &item->next == last;
      self->frame_first = item->next;
      if (self->frame_first == NULL)
        self->frame_last = &self->frame_first;
      item->func (item, GF_HOME_FRAME);
    }
}

static void
gf_home_trace_batch (gint64 begin,
                     gint64 end,
                     guint  n)
{
  g_autofree char *text = g_strdup_printf ("%u", n);

  if (end - begin > FRAME_US)
    gf_trace (GF_TRACE_DELIVERY, "a batch of %s took %s: the main loop stood still for more than a frame",
              text, GF_TRACE_US (end - begin));
  if (GF_TRACING (GF_TRACE_MARKS) && n > 0)
    gf_trace_mark (begin, "delivery", text);
}

static gboolean
gf_home_dispatch (GSource    *source,
                  GSourceFunc callback G_GNUC_UNUSED,
                  gpointer    data G_GNUC_UNUSED)
{
  GfHome *self = gf_home_ref (((GfHomeSource *) source)->home);
  gint64 begin = g_get_monotonic_time ();
  gint64 now = begin;
  guint n = 0;
  gboolean drained = FALSE;
  guint outer = atomic_exchange_explicit (&self->dispatcher, gf_thread_get ()->id,
                                          memory_order_relaxed);

  /* An inner loop: the outer code is not going to go on soon. */
  gf_thread_run_steps (gf_thread_get ());

  if (gf_home_frame_is_due (self, begin))
    gf_home_run_frame (self, begin);

  /* One at a time: a handler may run a nested loop, which goes on where this
   * one stands. */
  while (n < self->batch_limit && now - begin < BUDGET_US)
    {
      GfHomeItem *item = gf_home_pop (self);

      if (item == NULL)
        {
          drained = !gf_home_has_items (self);
          break;
        }

      item->func (item, GF_HOME_DISPATCH);
      n++;
      now = g_get_monotonic_time ();
    }

  atomic_store_explicit (&self->dispatcher, outer, memory_order_relaxed);
  self->batch_begin = begin;
  self->batch_size = n;
  self->last_turn = now;
  if (GF_TRACING (GF_TRACE_DELIVERY | GF_TRACE_MARKS))
    gf_home_trace_batch (begin, now, n);

  if (drained && self->demoted)
    {
      /* Everything above LEFTOVER_PRIORITY has had its turn too. */
      self->demoted = FALSE;
      self->credit = BUDGET_US;
      self->refilled = now;
    }

  gf_home_unref (self);

  return G_SOURCE_CONTINUE;
}

static gboolean
gf_home_leftover_prepare (GSource *source,
                          int     *timeout_ms)
{
  GfHome *self = ((GfHomeSource *) source)->home;

  *timeout_ms = -1;

  return self->demoted && gf_home_has_items (self);
}

static gboolean
gf_home_leftover_check (GSource *source)
{
  int timeout_ms;

  return gf_home_leftover_prepare (source, &timeout_ms);
}

static void
gf_home_source_finalize (GSource *source)
{
  g_clear_pointer (&((GfHomeSource *) source)->home, gf_home_unref);
}

/* The context is being freed. Nobody owns it, so its queue is this thread's. */
static void
gf_home_source_finalize_first (GSource *source)
{
  GfHome *self = ((GfHomeSource *) source)->home;
  GfHomeItem *lists[2];

  G_LOCK (homes);
  g_hash_table_remove (homes, self->context);
  G_UNLOCK (homes);

  atomic_store_explicit (&self->gone, TRUE, memory_order_seq_cst);

  lists[0] = g_steal_pointer (&self->first);
  lists[1] = g_steal_pointer (&self->frame_first);
  self->last = &self->first;
  self->frame_last = &self->frame_first;

  for (guint i = 0; i < G_N_ELEMENTS (lists); i++)
    while (lists[i] != NULL)
      {
        GfHomeItem *item = lists[i];

        lists[i] = item->next;
        item->func (item, GF_HOME_DROP);
      }

  gf_home_drop_all (self);

  gf_home_source_finalize (source);
}

static GSourceFuncs home_source_funcs = {
  .prepare = gf_home_prepare,
  .check = gf_home_check,
  .dispatch = gf_home_dispatch,
  .finalize = gf_home_source_finalize_first,
};

static GSourceFuncs leftover_source_funcs = {
  .prepare = gf_home_leftover_prepare,
  .check = gf_home_leftover_check,
  .dispatch = gf_home_dispatch,
  .finalize = gf_home_source_finalize,
};

static void
gf_home_attach (GfHome       *self,
                GSourceFuncs *funcs,
                const char   *name,
                int           priority,
                gboolean      wakes)
{
  GSource *source = g_source_new (funcs, sizeof (GfHomeSource));

  ((GfHomeSource *) source)->home = gf_home_ref (self);
  if (wakes)
    ((GfHomeSource *) source)->fd_tag = g_source_add_unix_fd (source, self->wake_fds[0], G_IO_IN);
  g_source_set_static_name (source, name);
  g_source_set_priority (source, priority);
  g_source_set_can_recurse (source, TRUE);
  g_source_attach (source, self->context);
  g_source_unref (source);
}

/* ---- homes ---- */

static void
gf_home_open_wake_fds (GfHome *self)
{
  g_autoptr (GError) error = NULL;

#ifdef HAVE_EVENTFD
  self->wake_fds[0] = self->wake_fds[1] = eventfd (0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (self->wake_fds[0] >= 0)
    return;
#endif

  if (!g_unix_open_pipe (self->wake_fds, FD_CLOEXEC, &error) ||
      !g_unix_set_fd_nonblocking (self->wake_fds[0], TRUE, &error) ||
      !g_unix_set_fd_nonblocking (self->wake_fds[1], TRUE, &error))
    g_error ("No file descriptor to wake a main context with: %s", error->message);
}

GfHome *
gf_home_get_for_context (GMainContext *context)
{
  GfHome *self;

  if (context == NULL)
    context = g_main_context_default ();

  G_LOCK (homes);

  if (homes == NULL)
    homes = g_hash_table_new (NULL, NULL);

  self = g_hash_table_lookup (homes, context);
  if (self == NULL)
    {
      self = g_new0 (GfHome, 1);
      atomic_init (&self->ref_count, 1);
      self->context = context;
      self->immortal = context == g_main_context_default ();
      gf_queue_init (&self->queue);
      self->last = &self->first;
      self->frame_last = &self->frame_first;
      self->credit = BUDGET_US;
      self->batch_limit = BATCH_FIRST;
      gf_home_open_wake_fds (self);
      gf_home_attach (self, &home_source_funcs, "libgfutures delivery",
                      G_PRIORITY_DEFAULT, TRUE);
      gf_home_attach (self, &leftover_source_funcs, "libgfutures delivery, left over",
                      LEFTOVER_PRIORITY, FALSE);
      g_hash_table_insert (homes, context, self);
    }
  else
    gf_home_ref (self);

  G_UNLOCK (homes);

  return self;
}

/* The home of what this thread creates: that of the running task, or of the
 * thread-default context. */
GfHome *
gf_home_get_current (void)
{
  GfThread *thread = gf_thread_get ();
  GMainContext *context;

  if (thread->frame != NULL)
    return gf_home_ref (thread->frame->home);

  context = g_main_context_get_thread_default ();

  if (G_UNLIKELY (thread->home == NULL || thread->home_context != context ||
                  gf_home_is_gone (thread->home)))
    {
      g_clear_pointer (&thread->home, gf_home_unref);
      thread->home = gf_home_get_for_context (context);
      thread->home_context = context;
    }

  return gf_home_ref (thread->home);
}

/* The default context never dies, and nearly every future is at home there:
 * its home is not counted, so that threads need not share the counter. */
GfHome *
gf_home_ref (GfHome *self)
{
  if (!self->immortal)
    atomic_fetch_add_explicit (&self->ref_count, 1, memory_order_relaxed);

  return self;
}

void
gf_home_unref (GfHome *self)
{
  if (self->immortal ||
      atomic_fetch_sub_explicit (&self->ref_count, 1, memory_order_acq_rel) != 1)
    return;

  close (self->wake_fds[0]);
  if (self->wake_fds[1] != self->wake_fds[0])
    close (self->wake_fds[1]);
  g_free (self);
}

gboolean
gf_home_is_gone (GfHome *self)
{
  return atomic_load_explicit (&self->gone, memory_order_seq_cst);
}

/* ---- being at home ---- */

/* Whether what belongs to this home may be released here and now: the caller
 * runs the context, or nobody does and the caller is who created it, or the
 * context is gone. TRUE wants gf_home_leave(). */
gboolean
gf_home_enter (GfHome *self,
               guint   creator)
{
  /* Nothing of the application's may be released on such a thread. */
  if (G_UNLIKELY (gf_thread_get ()->is_shared))
    return FALSE;

  if (gf_home_is_gone (self))
    return TRUE;

  /* Only a context that the caller iterates, or that is its thread-default one,
   * is known to live while it is looked at. */
  if (!self->immortal && g_main_context_get_thread_default () != self->context &&
      atomic_load_explicit (&self->dispatcher, memory_order_relaxed) != gf_thread_get ()->id)
    return FALSE;

  if (g_main_context_is_owner (self->context))
    return g_main_context_acquire (self->context);

  return creator != 0 && creator == gf_thread_get ()->id &&
         g_main_context_acquire (self->context);
}

void
gf_home_leave (GfHome *self)
{
  if (!gf_home_is_gone (self))
    g_main_context_release (self->context);
}

/* For who is at home: nobody else knows that it lives. */
GMainContext *
gf_home_get_context (GfHome *self)
{
  return self->context;
}

/* For an item that may wait: at most one look a frame. TRUE: it was put off,
 * and comes again as GF_HOME_FRAME. */
gboolean
gf_home_defer_to_frame (GfHome     *self,
                        GfHomeItem *item)
{
  gint64 now = g_get_monotonic_time ();

  if (self->frame_first == NULL && now >= self->frame_time + FRAME_US)
    {
      self->frame_time = now;
      return FALSE;
    }

  gf_home_put_off (self, item);

  return TRUE;
}

/* The item comes again as GF_HOME_FRAME, a frame later at most. */
void
gf_home_put_off (GfHome     *self,
                 GfHomeItem *item)
{
  if (self->frame_first == NULL)
    self->frame_time = MAX (self->frame_time, g_get_monotonic_time () - FRAME_US / 2);

  item->next = NULL;
  *self->frame_last = item;
  self->frame_last = &item->next;
}

/* Looks once more at the first @n of those that were left. */
static void
gf_home_relieve_left (GfHome *self,
                      gsize   n)
{
  GfHomeItem *next = self->first;
  GfHomeItem *kept = NULL;
  GfHomeItem **last = &kept;
  gsize n_kept = 0;

  if (next == NULL)
    return;

  n = MIN (n, self->n_left);
  /* What is released may run a loop: what is looked at is out of the list. */
  for (gsize i = 1; i < n; i++)
    next = next->next;
  {
    GfHomeItem *rest = next->next;

    next->next = NULL;
    next = self->first;
    self->first = rest;
    if (rest == NULL)
      self->last = &self->first;
    self->n_left -= n;
  }

  while (next != NULL)
    {
      GfHomeItem *item = next;

      next = item->next;
      if (!item->func (item, GF_HOME_RELIEVE))
        {
          *last = item;
          last = &item->next;
          n_kept++;
        }
    }

  if (n_kept == 0)
    return;

  *last = self->first;
  if (self->first == NULL)
    self->last = last;
  self->first = kept;
  self->n_left += n_kept;
}

/* For programs that run no loop: releases what this thread gave and is done
 * with, leaves the rest queued, in order. Each item is looked at when it came
 * in, and again each time their number has doubled. */
void
gf_home_relieve (GfHome *self)
{
  GfThread *thread = gf_thread_get ();
  GfHomeItem *item;

  if (thread->hooks != NULL || thread->frame != NULL || g_main_depth () > 0 ||
      gf_home_is_gone (self) || !gf_home_enter (self, thread->id))
    return;

  /* What is released may submit, and come here again. */
  if (self->relieving)
    {
      gf_home_leave (self);
      return;
    }
  self->relieving = TRUE;

  if (self->n_left >= RELIEVE_MIN + 2 * self->n_left_before)
    {
      gf_home_relieve_left (self, G_MAXSIZE);
      self->n_left_before = self->n_left;
    }
  else
    gf_home_relieve_left (self, RELIEVE_FIRST);

  while ((item = gf_queue_take (&self->queue)) != NULL)
    if (!item->func (item, GF_HOME_RELIEVE))
      gf_home_leave_queued (self, item);

  self->relieving = FALSE;

  gf_home_leave (self);
}

typedef struct
{
  GfHomeItem     item;
  guint          creator;
  gpointer       data;
  GDestroyNotify destroy;
} GfRelease;

static gboolean
gf_release_run (GfHomeItem *item,
                GfHomePhase phase)
{
  GfRelease *release = (GfRelease *) item;

  if (phase == GF_HOME_RELIEVE && release->creator != gf_thread_get ()->id)
    return FALSE;

  release->destroy (release->data);
  g_free (release);

  return TRUE;
}

static GfHomeItem *
gf_release_new (guint          creator,
                gpointer       data,
                GDestroyNotify destroy)
{
  GfRelease *release = g_new0 (GfRelease, 1);

  release->item.func = gf_release_run;
  release->creator = creator;
  release->data = data;
  release->destroy = destroy;

  return &release->item;
}

/* Releases @data at home, in a later turn. */
void
gf_home_release (GfHome        *self,
                 guint          creator,
                 gpointer       data,
                 GDestroyNotify destroy)
{
  gf_home_push (self, gf_release_new (creator, data, destroy));
}

/* For dispose(), on another thread: the object lives on, and is disposed of at
 * home. */
void
gf_home_resurrect (GfHome  *self,
                   guint    creator,
                   gpointer object)
{
  gf_thread_hand_over (self, gf_release_new (creator, g_object_ref (object), g_object_unref));
}

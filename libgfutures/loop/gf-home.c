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

#include "gf-thread-private.h"

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
#define BUDGET_US         4000
#define REFILL            4
#define LEFTOVER_PRIORITY (G_PRIORITY_HIGH_IDLE + 25)
#define STARVED_US        50000
#define FRAME_US          16667
#define BATCH_FIRST       64
#define BATCH_MAX         (1 << 20)

/* Without a loop, the queue is looked through when it has grown by this much. */
#define RELIEVE_MIN 256

/* On `incoming` of a home whose context is gone. */
#define GONE ((GfHomeItem *) 1)

typedef struct
{
  GSource source;
  GfHome *home;
  gpointer fd_tag;
} GfHomeSource;

struct _GfHome
{
  /* Any thread. */
  _Atomic (GfHomeItem *) incoming; /* newest first */
  atomic_int             asleep;   /* the context may be in poll() */
  atomic_int             ref_count;
  gboolean               immortal;
  int                    wake_fds[2];
  GMainContext          *context;  /* valid only for those who know it lives */

  /* The rest belongs to the thread that owns the context. */
  GfHomeItem  *first;              /* oldest first */
  GfHomeItem **last;
  gsize        n_queued;           /* of them */
  gsize        n_relieved;         /* how many the last look at all left */
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

  if (!atomic_exchange_explicit (&self->asleep, 0, memory_order_seq_cst))
    return;

  do
    written = write (self->wake_fds[1], &one, sizeof one);
  while (written < 0 && errno == EINTR);
  /* A pipe that is full wakes as well as one more byte would. */
}

/* Treiber, R.K.: "Systems programming: coping with parallelism" (1986). Only
 * whole stacks are taken, so that nothing can be mistaken for something else. */
void
gf_home_push (GfHome     *self,
              GfHomeItem *item)
{
  GfHomeItem *head = atomic_load_explicit (&self->incoming, memory_order_relaxed);

  do
    {
      if (G_UNLIKELY (head == GONE))
        {
          item->func (item, GF_HOME_DROP);
          return;
        }
      item->next = head;
    }
  /* Release: partner of the acquire in gf_home_collect(). Sequentially
   * consistent: partner of the store in gf_home_prepare(), see there. */
  while (!atomic_compare_exchange_weak_explicit (&self->incoming, &head, item,
                                                 memory_order_seq_cst, memory_order_relaxed));

  if (atomic_load_explicit (&self->asleep, memory_order_seq_cst))
    gf_home_wakeup (self);
}

static void
gf_home_append (GfHome     *self,
                GfHomeItem *item)
{
  item->next = NULL;
  *self->last = item;
  self->last = &item->next;
  self->n_queued++;
}

static GfHomeItem *
reverse (GfHomeItem *item)
{
  GfHomeItem *reversed = NULL;

  while (item != NULL)
    {
      GfHomeItem *next = item->next;

      item->next = reversed;
      reversed = item;
      item = next;
    }

  return reversed;
}

/* Moves what has come in behind what is queued. */
static void
gf_home_collect (GfHome *self)
{
  GfHomeItem *item;

  if (atomic_load_explicit (&self->incoming, memory_order_relaxed) == NULL)
    return;

  /* Acquire: partner of the release in gf_home_push(). */
  item = reverse (atomic_exchange_explicit (&self->incoming, NULL, memory_order_acquire));

  while (item != NULL)
    {
      GfHomeItem *next = item->next;

      gf_home_append (self, item);
      item = next;
    }
}

static GfHomeItem *
gf_home_pop (GfHome *self)
{
  GfHomeItem *item;

  if (self->first == NULL)
    gf_home_collect (self);

  item = self->first;
  if (item == NULL)
    return NULL;

  self->first = item->next;
  if (self->first == NULL)
    self->last = &self->first;
  self->n_queued--;

  return item;
}

static gboolean
gf_home_has_items (GfHome *self)
{
  return self->first != NULL ||
         atomic_load_explicit (&self->incoming, memory_order_seq_cst) != NULL;
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
        self->last_turn = now;
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
  atomic_store_explicit (&self->asleep, 1, memory_order_seq_cst);

  if (gf_home_is_ready (self, now))
    {
      atomic_store_explicit (&self->asleep, 0, memory_order_relaxed);
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
  atomic_store_explicit (&self->asleep, 0, memory_order_relaxed);

  return gf_home_is_ready (self, g_source_get_time (source));
}

static void
gf_home_run_frame (GfHome *self,
                   gint64  now)
{
  GfHomeItem *item = self->frame_first;

  self->frame_first = NULL;
  self->frame_last = &self->frame_first;
  self->frame_time = now;

  /* The list is the home's again if a nested loop adds to it. */
  while (item != NULL)
    {
      GfHomeItem *next = item->next;

      item->func (item, GF_HOME_FRAME);
      item = next;
    }
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

  if (gf_home_frame_is_due (self, begin))
    gf_home_run_frame (self, begin);

  /* One at a time: a handler may run a nested loop, which goes on where this
   * one stands. */
  while (n < self->batch_limit && now - begin < BUDGET_US)
    {
      GfHomeItem *item = gf_home_pop (self);

      if (item == NULL)
        {
          drained = TRUE;
          break;
        }

      item->func (item, GF_HOME_DISPATCH);
      n++;
      now = g_get_monotonic_time ();
    }

  self->batch_begin = begin;
  self->batch_size = n;
  self->last_turn = now;

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
  GfHomeItem *lists[3];

  G_LOCK (homes);
  g_hash_table_remove (homes, self->context);
  G_UNLOCK (homes);

  lists[0] = g_steal_pointer (&self->first);
  lists[1] = g_steal_pointer (&self->frame_first);
  self->last = &self->first;
  self->frame_last = &self->frame_first;
  self->n_queued = 0;
  lists[2] = reverse (atomic_exchange_explicit (&self->incoming, GONE, memory_order_acq_rel));

  for (guint i = 0; i < G_N_ELEMENTS (lists); i++)
    while (lists[i] != NULL)
      {
        GfHomeItem *item = lists[i];

        lists[i] = item->next;
        item->func (item, GF_HOME_DROP);
      }

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
  return atomic_load_explicit (&self->incoming, memory_order_relaxed) == GONE;
}

/* ---- being at home ---- */

/* Whether what belongs to this home may be released here and now: the caller
 * runs the context, or nobody does and the caller is who created it, or the
 * context is gone. TRUE wants gf_home_leave(). */
gboolean
gf_home_enter (GfHome *self,
               guint   creator)
{
  if (gf_home_is_gone (self))
    return TRUE;

  /* Only a thread-default context is known to live while it is looked at. */
  if (!self->immortal && g_main_context_get_thread_default () != self->context)
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

  item->next = NULL;
  *self->frame_last = item;
  self->frame_last = &item->next;

  return TRUE;
}

/* For programs that run no loop: releases what this thread gave and is done
 * with, leaves the rest queued, in order. Each item is looked at when it came
 * in, and again each time the queue has doubled. */
void
gf_home_relieve (GfHome *self)
{
  GfThread *thread = gf_thread_get ();
  GfHomeItem *item;

  gboolean all;

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

  all = self->n_queued >= RELIEVE_MIN + 2 * self->n_relieved;
  if (all)
    {
      gf_home_collect (self);
      item = self->first;
      self->first = NULL;
      self->last = &self->first;
      self->n_queued = 0;
    }
  else
    item = reverse (atomic_exchange_explicit (&self->incoming, NULL, memory_order_acquire));

  while (item != NULL)
    {
      GfHomeItem *next = item->next;

      if (!item->func (item, GF_HOME_RELIEVE))
        gf_home_append (self, item);
      item = next;
    }

  if (all)
    self->n_relieved = self->n_queued;
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

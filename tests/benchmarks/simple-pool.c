/* simple-pool.c - the pool an application writes when it has none
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "simple-pool.h"

struct _SimplePool
{
  GMutex   lock;
  GCond    work;        /* the queue is no longer empty, or the end has come */
  GCond    settled;     /* some promise was settled, and somebody waits */
  GQueue   queue;       /* of the promises' own links */
  guint    n_idle;
  int      n_waiters;   /* atomic */
  gboolean closing;
  guint    n_threads;
  GThread *threads[];
};

struct _SimplePromise
{
  GObject     parent_instance;
  GList       link;
  SimplePool *pool;
  SimpleFunc  func;
  gpointer    data;
  gpointer    result;
  int         settled;  /* atomic; releases the result */
};

G_DEFINE_FINAL_TYPE (SimplePromise, simple_promise, G_TYPE_OBJECT)

static void
simple_promise_class_init (SimplePromiseClass *klass G_GNUC_UNUSED)
{
}

static void
simple_promise_init (SimplePromise *self)
{
  self->link.data = self;
}

static void
simple_promise_settle (SimplePromise *self,
                       gpointer       result)
{
  SimplePool *pool = self->pool;

  self->result = result;
  g_atomic_int_set (&self->settled, TRUE);

  /* A waiter counts itself before it looks at settled, so one of us sees the
   * other.
   */
  if (g_atomic_int_get (&pool->n_waiters) > 0)
    {
      g_mutex_lock (&pool->lock);
      g_cond_broadcast (&pool->settled);
      g_mutex_unlock (&pool->lock);
    }
}

gpointer
simple_promise_wait (SimplePromise *self)
{
  SimplePool *pool = self->pool;

  if (!g_atomic_int_get (&self->settled))
    {
      g_mutex_lock (&pool->lock);
      g_atomic_int_inc (&pool->n_waiters);
      while (!g_atomic_int_get (&self->settled))
        g_cond_wait (&pool->settled, &pool->lock);
      g_atomic_int_add (&pool->n_waiters, -1);
      g_mutex_unlock (&pool->lock);
    }

  return self->result;
}

static gpointer
work (gpointer data)
{
  SimplePool *pool = data;

  g_mutex_lock (&pool->lock);
  for (;;)
    {
      GList *link = g_queue_pop_head_link (&pool->queue);

      if (link != NULL)
        {
          SimplePromise *promise = link->data;

          g_mutex_unlock (&pool->lock);
          simple_promise_settle (promise, promise->func (promise->data));
          g_object_unref (promise);
          g_mutex_lock (&pool->lock);
        }
      else if (pool->closing)
        {
          break;
        }
      else
        {
          pool->n_idle++;
          g_cond_wait (&pool->work, &pool->lock);
          pool->n_idle--;
        }
    }
  g_mutex_unlock (&pool->lock);

  return NULL;
}

SimplePool *
simple_pool_new (guint n_threads)
{
  SimplePool *self = g_malloc0 (sizeof (SimplePool) + n_threads * sizeof (GThread *));

  g_mutex_init (&self->lock);
  g_cond_init (&self->work);
  g_cond_init (&self->settled);
  g_queue_init (&self->queue);
  self->n_threads = n_threads;
  for (guint i = 0; i < n_threads; i++)
    self->threads[i] = g_thread_new ("simple-pool", work, self);

  return self;
}

/* Waits for all tasks. */
void
simple_pool_free (SimplePool *self)
{
  g_mutex_lock (&self->lock);
  self->closing = TRUE;
  g_cond_broadcast (&self->work);
  g_mutex_unlock (&self->lock);

  for (guint i = 0; i < self->n_threads; i++)
    g_thread_join (self->threads[i]);

  g_mutex_clear (&self->lock);
  g_cond_clear (&self->work);
  g_cond_clear (&self->settled);
  g_free (self);
}

SimplePromise *
simple_pool_submit (SimplePool *self,
                    SimpleFunc  func,
                    gpointer    data)
{
  SimplePromise *promise = g_object_new (SIMPLE_TYPE_PROMISE, NULL);
  gboolean wake;

  promise->pool = self;
  promise->func = func;
  promise->data = data;
  g_object_ref (promise);

  g_mutex_lock (&self->lock);
  g_queue_push_tail_link (&self->queue, &promise->link);
  wake = self->n_idle > 0;
  g_mutex_unlock (&self->lock);
  if (wake)
    g_cond_signal (&self->work);

  return promise;
}

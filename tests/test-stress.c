/* test-stress.c - races, many times over
 *
 * Each case lets two things that may happen at once happen at once, and checks
 * what must hold whoever wins. -m slow runs ten times as many rounds.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "gf-test.h"

static guint
rounds (guint n)
{
  return g_test_slow () ? 10 * n : n;
}

/* Two threads that meet at each round: a spinning barrier, so that they begin
 * within nanoseconds of each other. It gives way after a while, for machines
 * with fewer processors than threads. */
typedef struct
{
  gint n_threads;
  gint arrived;
  gint generation;
} Barrier;

static void
barrier_wait (Barrier *self)
{
  gint generation = g_atomic_int_get (&self->generation);

  if (g_atomic_int_add (&self->arrived, 1) + 1 == self->n_threads)
    {
      g_atomic_int_set (&self->arrived, 0);
      g_atomic_int_inc (&self->generation);
      return;
    }
  for (guint spins = 0; g_atomic_int_get (&self->generation) == generation; spins++)
    if (spins > 1000)
      g_thread_yield ();
}

/* the futures that were watched to their end */
static gint n_weak;

static void
weak_cb (gpointer  data,
         GObject  *object)
{
  g_atomic_int_inc (&n_weak);
}

static void
nothing_task (GfPromise  *promise,
              gpointer    data,
              GError    **error)
{
}

static void
count_task (GfPromise  *promise,
            gpointer    counter,
            GError    **error)
{
  g_atomic_int_inc ((gint *) counter);
}

static void
count_cb (GfFuture *future,
          gpointer  counter)
{
  g_assert_true (gf_future_is_done (future));
  g_atomic_int_inc ((gint *) counter);
}

static void
count_release (gpointer counter)
{
  g_atomic_int_inc ((gint *) counter);
}

/* cancel against start */

static void
test_cancel_against_start (void)
{
  g_autoptr (GfExecutor) pool = gf_thread_pool_executor_new (2);
  guint n = rounds (100000);
  guint n_cancelled = 0, n_succeeded = 0;
  gint n_runs = 0;

  for (guint i = 0; i < n; i++)
    {
      g_autoptr (GfFuture) future = gf_executor_submit (pool, count_task, &n_runs, NULL);

      if (i % 4 == 0)
        g_thread_yield ();
      if (gf_future_cancel (future))
        {
          n_cancelled++;
          g_assert_cmpint (gf_future_get_state (future), ==, GF_FUTURE_STATE_CANCELLED);
        }
      else
        {
          n_succeeded++;
          g_assert_cmpint (gf_future_get_state (future), ==, GF_FUTURE_STATE_SUCCEEDED);
        }
    }
  gf_executor_shutdown (pool, TRUE, FALSE);
  g_test_message ("%u cancelled, %u not, %d ran", n_cancelled, n_succeeded, n_runs);
  /* who was not cancelled ran; who was may have been running */
  g_assert_cmpint (n_runs, >=, n_succeeded);
  g_assert_cmpint (n_runs, <=, n);
  g_assert_cmpuint (gf_executor_get_n_pending (pool), ==, 0);
  g_assert_cmpuint (gf_executor_get_n_running (pool), ==, 0);
}

/* settle against settle */

#define N_SETTLERS 3

typedef struct
{
  Barrier barrier;
  guint n;
  GfPromise *promise;
  gint wins[N_SETTLERS];
  gint won[N_SETTLERS];
} Settle;

typedef struct
{
  Settle *settle;
  int index;
} Settler;

static gpointer
settle_thread (gpointer data)
{
  Settler *self = data;
  Settle *settle = self->settle;

  for (guint i = 0; i < settle->n; i++)
    {
      gboolean won = FALSE;

      barrier_wait (&settle->barrier);
      switch (self->index)
        {
        case 0:
          won = gf_promise_resolve_string (settle->promise, "a value");
          break;
        case 1:
          won = gf_promise_reject_literal (settle->promise, G_IO_ERROR, G_IO_ERROR_FAILED, "an error");
          break;
        default:
          won = gf_future_cancel (GF_FUTURE (settle->promise));
        }
      settle->won[self->index] = won;
      settle->wins[self->index] += won;
      barrier_wait (&settle->barrier);
    }
  return NULL;
}

static void
test_settle_against_settle (void)
{
  Settle settle = { { N_SETTLERS + 1, 0, 0 }, rounds (20000), NULL, { 0 }, { 0 } };
  Settler settlers[N_SETTLERS];
  GThread *threads[N_SETTLERS];
  guint n_done = 0;

  n_weak = 0;
  settle.promise = gf_promise_new ();
  for (int i = 0; i < N_SETTLERS; i++)
    {
      settlers[i] = (Settler) { &settle, i };
      threads[i] = g_thread_new ("settle", settle_thread, &settlers[i]);
    }
  for (guint i = 0; i < settle.n; i++)
    {
      GfFuture *future = GF_FUTURE (settle.promise);

      g_signal_connect (future, "done", G_CALLBACK (count_cb), &n_done);
      barrier_wait (&settle.barrier);
      /* they settle */
      barrier_wait (&settle.barrier);
      g_assert_cmpint (settle.won[0] + settle.won[1] + settle.won[2], ==, 1);
      switch (gf_future_get_state (future))
        {
        case GF_FUTURE_STATE_SUCCEEDED:
          g_assert_true (settle.won[0]);
          g_assert_cmpstr (gf_future_get_string (future, NULL), ==, "a value");
          break;
        case GF_FUTURE_STATE_FAILED:
          g_assert_true (settle.won[1]);
          g_assert_cmpstr (gf_future_get_error (future)->message, ==, "an error");
          break;
        case GF_FUTURE_STATE_CANCELLED:
          g_assert_true (settle.won[2]);
          g_assert_error (gf_future_get_error (future), G_IO_ERROR, G_IO_ERROR_CANCELLED);
          break;
        case GF_FUTURE_STATE_PENDING:
        case GF_FUTURE_STATE_RUNNING:
        default:
          g_assert_not_reached ();
        }
      test_turn_until (n_done == i + 1);
      g_object_weak_ref (G_OBJECT (future), weak_cb, NULL);
      g_object_unref (future);
      settle.promise = gf_promise_new ();
    }
  for (int i = 0; i < N_SETTLERS; i++)
    g_thread_join (threads[i]);
  g_test_message ("%d resolved, %d rejected, %d cancelled", settle.wins[0], settle.wins[1], settle.wins[2]);
  test_turn_until (g_atomic_int_get (&n_weak) == (gint) settle.n);
  test_drain ();
  g_assert_cmpuint (n_done, ==, settle.n);
  g_object_unref (settle.promise);
}

/* settle against wait */

typedef struct
{
  Barrier barrier;
  guint n;
  GfPromise *promise;
} SettleWait;

static gpointer
settle_wait_thread (gpointer data)
{
  SettleWait *self = data;

  for (guint i = 0; i < self->n; i++)
    {
      barrier_wait (&self->barrier);
      gf_promise_resolve_int (self->promise, i);
      barrier_wait (&self->barrier);
    }
  return NULL;
}

static void
test_settle_against_wait (void)
{
  SettleWait self = { { 2, 0, 0 }, rounds (30000), NULL };
  GThread *thread;
  guint n_timed_out = 0;

  n_weak = 0;
  self.promise = gf_promise_new ();
  thread = g_thread_new ("settle", settle_wait_thread, &self);
  for (guint i = 0; i < self.n; i++)
    {
      g_autoptr (GError) error = NULL;
      /* for ever, a poll, a timeout about as long as the settling takes */
      gint64 timeout = i % 3 == 0 ? -1 : i % 3 == 1 ? 0 : 5;
      gboolean settled;

      barrier_wait (&self.barrier);
      settled = gf_future_wait (GF_FUTURE (self.promise), timeout, NULL, &error);
      if (timeout < 0 || settled)
        {
          g_assert_true (settled);
          g_assert_no_error (error);
          g_assert_cmpint (gf_future_get_int (GF_FUTURE (self.promise), NULL), ==, i);
        }
      else
        {
          g_assert_error (error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT);
          n_timed_out++;
        }
      barrier_wait (&self.barrier);
      g_assert_true (gf_future_is_done (GF_FUTURE (self.promise)));
      g_object_weak_ref (G_OBJECT (self.promise), weak_cb, NULL);
      g_object_unref (self.promise);
      self.promise = gf_promise_new ();
    }
  g_thread_join (thread);
  g_object_unref (self.promise);
  g_test_message ("%u of %u waits timed out", n_timed_out, self.n);
  test_turn_until (g_atomic_int_get (&n_weak) == (gint) self.n);
}

/* many waiters, one settling */

typedef struct
{
  Barrier barrier;
  guint n;
  GfPromise *promise;
} Waiters;

static gpointer
waiter_thread (gpointer data)
{
  Waiters *self = data;

  for (guint i = 0; i < self->n; i++)
    {
      barrier_wait (&self->barrier);
      g_assert_true (gf_future_wait (GF_FUTURE (self->promise), TEST_DEADLINE_US, NULL, NULL));
      g_assert_cmpint (gf_future_get_int (GF_FUTURE (self->promise), NULL), ==, i);
      barrier_wait (&self->barrier);
    }
  return NULL;
}

static void
test_settle_against_many_waits (void)
{
  Waiters self = { { 4, 0, 0 }, rounds (3000), NULL };
  GThread *threads[3];

  self.promise = gf_promise_new ();
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    threads[i] = g_thread_new ("wait", waiter_thread, &self);
  for (guint i = 0; i < self.n; i++)
    {
      barrier_wait (&self.barrier);
      gf_promise_resolve_int (self.promise, i);
      barrier_wait (&self.barrier);
      g_object_unref (self.promise);
      self.promise = gf_promise_new ();
    }
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    g_thread_join (threads[i]);
  g_object_unref (self.promise);
}

/* add_done_callback against settle */

static void
test_callback_against_settle (void)
{
  SettleWait self = { { 2, 0, 0 }, rounds (10000), NULL };
  gint n_context = 0, n_inline = 0, n_done = 0;
  GThread *thread;

  self.promise = gf_promise_new ();
  thread = g_thread_new ("settle", settle_wait_thread, &self);
  for (guint i = 0; i < self.n; i++)
    {
      GfFuture *future = GF_FUTURE (self.promise);

      barrier_wait (&self.barrier);
      gf_future_add_done_callback (future, NULL, count_cb, &n_context, NULL);
      gf_future_add_done_callback (future, gf_inline_executor_get (), count_cb, &n_inline, NULL);
      g_signal_connect (future, "done", G_CALLBACK (count_cb), &n_done);
      gf_future_add_done_callback (future, NULL, count_cb, &n_context, NULL);
      barrier_wait (&self.barrier);
      /* both have run when it was settled and all were registered */
      g_assert_cmpint (g_atomic_int_get (&n_inline), ==, i + 1);
      g_object_unref (self.promise);
      self.promise = gf_promise_new ();
      if (i % 64 == 0)
        while (g_main_context_iteration (NULL, FALSE))
          ;
    }
  g_thread_join (thread);
  g_object_unref (self.promise);
  test_turn_until (n_context == (gint) (2 * self.n));
  test_drain ();
  g_assert_cmpint (n_context, ==, 2 * self.n);
  g_assert_cmpint (n_inline, ==, self.n);
  g_assert_cmpint (n_done, ==, self.n);
}

/* progress against settle */

static void
progress_notify_cb (GObject    *object,
                    GParamSpec *pspec,
                    gpointer    counter)
{
  ++*(guint *) counter;
}

static void
reporting_task (GfPromise  *promise,
                gpointer    data,
                GError    **error)
{
  for (guint i = 1; i <= 20 && !gf_promise_should_stop (promise); i++)
    {
      char status[32];

      g_snprintf (status, sizeof status, "%u of 20", i);
      gf_promise_set_progress (promise, i / 20.0, status);
    }
}

static void
test_progress_against_cancel_and_drop (void)
{
  g_autoptr (GfExecutor) pool = gf_thread_pool_executor_new (2);
  guint n = rounds (10000);
  guint n_notifies = 0;

  for (guint i = 0; i < n; i++)
    {
      GfFuture *future = gf_executor_submit (pool, reporting_task, NULL, NULL);
      g_autofree char *status = NULL;

      g_signal_connect (future, "notify::progress", G_CALLBACK (progress_notify_cb), &n_notifies);
      g_thread_yield ();
      status = gf_future_dup_status (future);
      if (i % 2)
        gf_future_cancel (future);
      g_object_unref (future);
      if (i % 16 == 0)
        g_main_context_iteration (NULL, FALSE);
    }
  gf_executor_shutdown (pool, TRUE, FALSE);
  test_drain ();
}

/* shutdown against submit */

typedef struct
{
  Barrier barrier;
  guint n;
  GfExecutor *pool;
  gint n_runs;
  gint n_released;
  guint n_accepted;
  guint n_refused;
} ShutdownSubmit;

static gpointer
submitting_thread (gpointer data)
{
  ShutdownSubmit *self = data;

  for (guint i = 0; i < self->n; i++)
    {
      GfFuture *futures[20];

      barrier_wait (&self->barrier);
      for (guint k = 0; k < G_N_ELEMENTS (futures); k++)
        futures[k] = gf_executor_submit (self->pool, count_task, &self->n_runs, NULL);
      for (guint k = 0; k < G_N_ELEMENTS (futures); k++)
        {
          /* accepted or refused, but settled in the end */
          g_assert_true (gf_future_wait (futures[k], TEST_DEADLINE_US, NULL, NULL));
          if (gf_future_get_state (futures[k]) == GF_FUTURE_STATE_SUCCEEDED)
            {
              self->n_accepted++;
            }
          else
            {
              g_assert_error (gf_future_get_error (futures[k]), GF_FUTURE_ERROR, GF_FUTURE_ERROR_SHUT_DOWN);
              self->n_refused++;
            }
          g_object_unref (futures[k]);
        }
      barrier_wait (&self->barrier);
    }
  return NULL;
}

static void
test_shutdown_against_submit (void)
{
  ShutdownSubmit self = { { 2, 0, 0 }, rounds (1000), NULL, 0, 0, 0, 0 };
  GThread *thread;

  self.pool = gf_thread_pool_executor_new (2);
  thread = g_thread_new ("submit", submitting_thread, &self);
  for (guint i = 0; i < self.n; i++)
    {
      barrier_wait (&self.barrier);
      for (guint k = 0; k < i % 50; k++)
        g_thread_yield ();
      gf_executor_shutdown (self.pool, i % 2, FALSE);
      barrier_wait (&self.barrier);
      gf_executor_shutdown (self.pool, TRUE, FALSE);
      g_object_unref (self.pool);
      self.pool = gf_thread_pool_executor_new (2);
    }
  g_thread_join (thread);
  g_object_unref (self.pool);
  g_test_message ("%u accepted, %u refused", self.n_accepted, self.n_refused);
  g_assert_cmpint (self.n_runs, ==, self.n_accepted);
  g_assert_cmpuint (self.n_accepted + self.n_refused, ==, 20 * self.n);
}

/* posts against parking: a worker that falls asleep while work arrives */

static void
post_count (gpointer counter)
{
  g_atomic_int_inc ((gint *) counter);
}

static void
test_submit_against_parking (void)
{
  g_autoptr (GfExecutor) pool = gf_thread_pool_executor_new (2);
  guint n = rounds (20000);
  gint n_runs = 0;

  for (guint i = 0; i < n; i++)
    {
      /* one at a time: both workers park in between, a lost wake-up hangs */
      g_autoptr (GfFuture) future = gf_executor_submit (pool, nothing_task, NULL, NULL);
      g_autoptr (GError) error = NULL;

      g_assert_true (gf_future_wait (future, TEST_DEADLINE_US, NULL, &error));
      g_assert_no_error (error);
    }
  for (guint i = 0; i < n; i++)
    g_assert_true (gf_executor_post (pool, post_count, &n_runs));
  gf_executor_shutdown (pool, TRUE, FALSE);
  g_assert_cmpint (n_runs, ==, n);
}

static void
test_retiring_against_submit (void)
{
  /* threads that retire just as work comes */
  g_autoptr (GfExecutor) pool = g_object_new (GF_TYPE_THREAD_POOL_EXECUTOR,
                                              "max-workers", 2,
                                              "idle-timeout", 1,
                                              NULL);
  guint n = rounds (300);

  for (guint i = 0; i < n; i++)
    {
      g_autoptr (GfFuture) future = gf_executor_submit (pool, nothing_task, NULL, NULL);
      g_autoptr (GfPromise) never = gf_promise_new ();

      g_assert_true (gf_future_wait (future, TEST_DEADLINE_US, NULL, NULL));
      /* around the timeout of one millisecond */
      gf_future_wait (GF_FUTURE (never), 800 + (i * 7) % 400, NULL, NULL);
    }
  gf_executor_shutdown (pool, TRUE, FALSE);
}

/* dropped references against delivery */

static gpointer
drop_thread (gpointer data)
{
  GAsyncQueue *queue = data;
  gpointer object;

  while ((object = g_async_queue_pop (queue)) != queue)
    g_object_unref (object);
  return NULL;
}

static GThread *main_thread;

static void
here_cb (GfFuture *future,
         gpointer  counter)
{
  g_assert_true (g_thread_self () == main_thread);
}

static void
here_notify_cb (GObject    *object,
                GParamSpec *pspec,
                gpointer    counter)
{
  g_assert_true (g_thread_self () == main_thread);
}

static void
released_cb (gpointer  counter,
             GClosure *closure)
{
  g_assert_true (g_thread_self () == main_thread);
  count_release (counter);
}

static void
released_data_cb (gpointer counter)
{
  g_assert_true (g_thread_self () == main_thread);
  count_release (counter);
}

static void
test_drop_against_delivery (void)
{
  g_autoptr (GfExecutor) pool = gf_thread_pool_executor_new (2);
  g_autoptr (GAsyncQueue) queue = g_async_queue_new ();
  GThread *thread = g_thread_new ("drop", drop_thread, queue);
  guint n = rounds (50000);
  guint n_done = 0;
  gint n_runs = 0, n_released = 0;

  main_thread = g_thread_self ();
  for (guint i = 0; i < n; i++)
    {
      GfFuture *future = gf_executor_submit (pool, count_task, &n_runs, released_data_cb);

      g_signal_connect (future, "notify::settled", G_CALLBACK (here_notify_cb), NULL);
      g_signal_connect (future, "done", G_CALLBACK (count_cb), &n_done);
      g_signal_connect_data (future, "done", G_CALLBACK (here_cb), &n_released, released_cb, 0);
      g_async_queue_push (queue, future);
      if (i % 16 == 0)
        g_main_context_iteration (NULL, FALSE);
    }
  g_async_queue_push (queue, queue);
  g_thread_join (thread);
  gf_executor_shutdown (pool, TRUE, FALSE);
  /* every closure is released; n_runs counts runs and releases of the data */
  test_turn_until (n_released == (gint) n && g_atomic_int_get (&n_runs) == (gint) (2 * n));
  test_drain ();
  g_assert_cmpint (n_released, ==, n);
  g_assert_cmpint (n_runs, ==, 2 * n);
  g_assert_cmpuint (n_done, <=, n);
}

/* many threads submit, with priorities, cancellables, callbacks */

typedef struct
{
  GfExecutor *pool;
  guint n;
  gint n_runs;
  gint n_callbacks;
  gint n_released;
} Mixed;

static void
mixed_task (GfPromise  *promise,
            gpointer    data,
            GError    **error)
{
  Mixed *self = data;

  g_atomic_int_inc (&self->n_runs);
  if (g_atomic_int_get (&self->n_runs) % 7 == 0)
    g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_FAILED, "seventh");
  else
    gf_promise_resolve_int (promise, 1);
}

static void
mixed_release (gpointer data)
{
  g_atomic_int_inc (&((Mixed *) data)->n_released);
}

static void
mixed_cb (GfFuture *future,
          gpointer  data)
{
  g_assert_true (gf_future_is_done (future));
  g_atomic_int_inc (&((Mixed *) data)->n_callbacks);
}

static gpointer
mixed_thread (gpointer data)
{
  Mixed *self = data;
  g_autoptr (GMainContext) context = g_main_context_new ();
  GfFuture *last = NULL;

  g_main_context_push_thread_default (context);
  for (guint i = 0; i < self->n; i++)
    {
      g_autoptr (GCancellable) cancellable = i % 10 == 0 ? g_cancellable_new () : NULL;

      g_clear_object (&last);
      last = gf_executor_submit_full (self->pool, (int) (i % 3) - 1, cancellable, mixed_task, self, mixed_release);
      gf_future_add_done_callback (last, self->pool, mixed_cb, self, NULL);
      gf_future_add_done_callback (last, gf_inline_executor_get (), mixed_cb, self, NULL);
      if (i % 20 == 0)
        g_cancellable_cancel (cancellable);
      if (i % 33 == 0)
        g_assert_true (gf_future_wait (last, TEST_DEADLINE_US, NULL, NULL));
    }
  g_object_unref (last);
  while (g_atomic_int_get (&self->n_released) < (gint) (self->n * 4))
    {
      g_main_context_iteration (context, FALSE);
      g_thread_yield ();
    }
  g_main_context_pop_thread_default (context);
  return NULL;
}

static void
test_everything_from_four_threads (void)
{
  Mixed self = { gf_thread_pool_executor_new (4), rounds (3000), 0, 0, 0 };
  GThread *threads[4];

  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    threads[i] = g_thread_new ("mixed", mixed_thread, &self);
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    g_thread_join (threads[i]);
  gf_executor_shutdown (self.pool, TRUE, FALSE);
  g_object_unref (self.pool);
  test_drain ();
  /* what was accepted of the pool's callbacks has run, even those that came after
   * the last task */
  g_assert_cmpint (self.n_callbacks, ==, 2 * 4 * self.n);
  g_assert_cmpint (self.n_runs, <=, 4 * self.n);
  g_assert_cmpint (self.n_runs, >=, 3 * self.n);
  g_assert_cmpint (self.n_released, ==, 4 * self.n);
}

/* A million tasks */

#define N_MILLION 1000000

static guint8 *ran;

static void
million_task (GfPromise  *promise,
              gpointer    data,
              GError    **error)
{
  /* its own byte: only a task that is run twice can make it two */
  ran[GPOINTER_TO_UINT (data)]++;
}

static void
test_a_million_tasks (void)
{
  g_autoptr (GfExecutor) pool = gf_thread_pool_executor_new (2);
  guint n_done = 0, n_watched = 0;

  n_weak = 0;
  ran = g_new0 (guint8, N_MILLION);
  for (guint i = 0; i < N_MILLION; i++)
    {
      GfFuture *future = gf_executor_submit (pool, million_task, GUINT_TO_POINTER (i), NULL);

      /* every tenth is looked at, and watched to its end */
      if (i % 10 == 0)
        {
          g_signal_connect (future, "done", G_CALLBACK (count_cb), &n_done);
          g_signal_connect (future, "done", G_CALLBACK (g_object_unref), NULL);
          g_object_weak_ref (G_OBJECT (future), weak_cb, NULL);
          n_watched++;
        }
      else
        {
          g_object_unref (future);
        }
    }
  test_turn_until (n_done == n_watched);
  gf_executor_shutdown (pool, TRUE, FALSE);
  for (guint i = 0; i < N_MILLION; i++)
    g_assert_cmpuint (ran[i], ==, 1);
  test_turn_until (g_atomic_int_get (&n_weak) == (gint) n_watched);
  test_drain ();
  g_assert_cmpuint (n_done, ==, n_watched);
  g_clear_pointer (&ran, g_free);
}

static void
million_post (gpointer data)
{
  ran[GPOINTER_TO_UINT (data)]++;
}

static void
test_a_million_posts (void)
{
  g_autoptr (GfExecutor) pool = gf_thread_pool_executor_new (2);

  ran = g_new0 (guint8, N_MILLION);
  for (guint i = 0; i < N_MILLION; i++)
    g_assert_true (gf_executor_post (pool, million_post, GUINT_TO_POINTER (i)));
  gf_executor_shutdown (pool, TRUE, FALSE);
  for (guint i = 0; i < N_MILLION; i++)
    g_assert_cmpuint (ran[i], ==, 1);
  g_clear_pointer (&ran, g_free);
}

/* finalize counts of user data, with futures nobody kept */

static void
witness_task (GfPromise  *promise,
              gpointer    data,
              GError    **error)
{
  g_assert_true (TEST_IS_WITNESS (data));
}

static void
test_every_data_is_finalized_here (void)
{
  g_autoptr (GfExecutor) pool = gf_thread_pool_executor_new (2);
  guint n = rounds (100000);
  TestRecord record;

  test_record_init (&record);
  for (guint i = 0; i < n; i++)
    {
      GfFuture *future = gf_executor_submit (pool, witness_task, test_witness_new (&record), g_object_unref);

      if (i % 3 == 0)
        gf_future_cancel (future);
      g_object_unref (future);
    }
  test_turn_until (test_record_get_n_finalized (&record) == n);
  gf_executor_shutdown (pool, TRUE, FALSE);
  g_assert_cmpuint (record.n_alive, ==, 0);
  g_assert_cmpuint (record.n_elsewhere, ==, 0);
  test_record_clear (&record);
}

/* callbacks against settling, with the future on its way home already */

static gint n_told, n_callbacks, n_notified;

static void
notified_cb (GObject    *object,
             GParamSpec *pspec,
             gpointer    user_data)
{
  n_notified++;
}

static gpointer
run_and_settle_thread (gpointer queue)
{
  gpointer promise;

  /* the queue itself says that there are no more */
  while ((promise = g_async_queue_pop (queue)) != queue)
    {
      gf_promise_set_running (promise);
      gf_promise_resolve_int (promise, 1);
      g_object_unref (promise);
    }
  return NULL;
}

static void
test_turning_against_settle (void)
{
  g_autoptr (GAsyncQueue) queue = g_async_queue_new ();
  GThread *thread = g_thread_new ("settle", run_and_settle_thread, queue);
  gint n = rounds (30000);

  n_told = n_callbacks = n_notified = 0;
  for (gint i = 0; i < n; i++)
    {
      g_autoptr (GfPromise) promise = gf_promise_new ();

      g_signal_connect (promise, "notify", G_CALLBACK (notified_cb), NULL);
      g_signal_connect (promise, "done", G_CALLBACK (count_cb), &n_told);
      gf_future_add_done_callback (GF_FUTURE (promise), NULL, count_cb, &n_callbacks, NULL);
      g_async_queue_push (queue, g_object_ref (promise));
      test_turn_until ((g_main_context_iteration (NULL, FALSE), n_told > i));
    }
  g_async_queue_push (queue, queue);
  g_thread_join (thread);
  test_turn_until (n_callbacks == n);
  test_drain ();
  g_assert_cmpint (n_told, ==, n);
  g_assert_cmpint (n_callbacks, ==, n);
  g_assert_cmpint (n_notified, >=, n);
}

/* cancelled maps against shutdown */

static GVariant *
sometimes_failing (GVariant   *arguments,
                   GfPromise  *promise,
                   gpointer    user_data,
                   GError    **error)
{
  gint32 x = g_variant_get_int32 (arguments);

  if (x % 16 == 5)
    {
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "five");
      return NULL;
    }
  return g_variant_new_int32 (x);
}

static GVariant *
doubled (GVariant   *arguments,
         GfPromise  *promise,
         gpointer    user_data,
         GError    **error)
{
  return g_variant_new_int32 (2 * g_variant_get_int32 (arguments));
}

static void
shut_down_cb (GObject      *source,
              GAsyncResult *result,
              gpointer      n_ended)
{
  g_assert_true (gf_executor_shutdown_finish (GF_EXECUTOR (source), result, NULL));
  ++*(guint *) n_ended;
}

#define N_MAPS 20

static void
test_map_against_cancel_and_shutdown (void)
{
  guint n = rounds (150);

  gf_function_register ("stress.sometimes-failing", sometimes_failing, NULL, NULL);
  gf_function_register ("stress.doubled", doubled, NULL, NULL);
  for (guint i = 0; i < n; i++)
    {
      g_autoptr (GfExecutor) pool = gf_thread_pool_executor_new (2);
      GfFuture *maps[N_MAPS];
      guint n_ended = 0;

      for (guint k = 0; k < N_MAPS; k++)
        {
          GVariantBuilder builder;

          g_variant_builder_init (&builder, G_VARIANT_TYPE ("ai"));
          for (gint32 x = 0; x < 64; x++)
            g_variant_builder_add (&builder, "i", x);
          maps[k] = gf_executor_map (pool, k % 2 ? "stress.doubled" : "stress.sometimes-failing",
                                     g_variant_builder_end (&builder), 1);
          if (k % 3 == 1)
            {
              for (guint yields = (i + k) % 8; yields > 0; yields--)
                g_thread_yield ();
              gf_future_cancel (maps[k]);
            }
          if (k % 5 == 0)
            g_clear_object (&maps[k]);
        }
      gf_executor_shutdown (pool, FALSE, i % 4 == 3);
      gf_executor_shutdown_async (pool, i % 4 == 2, NULL, shut_down_cb, &n_ended);
      test_turn_until (n_ended == 1);
      g_assert_cmpuint (gf_executor_get_n_pending (pool), ==, 0);
      g_assert_cmpuint (gf_executor_get_n_running (pool), ==, 0);
      for (guint k = 0; k < N_MAPS; k++)
        if (maps[k])
          {
            g_assert_true (gf_future_wait (maps[k], TEST_DEADLINE_US, NULL, NULL));
            g_object_unref (maps[k]);
          }
    }
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

#define ADD(path, name) g_test_add_func ("/stress/" path, test_##name)
  ADD ("cancel-against-start", cancel_against_start);
  ADD ("settle-against-settle", settle_against_settle);
  ADD ("settle-against-wait", settle_against_wait);
  ADD ("settle-against-many-waits", settle_against_many_waits);
  ADD ("callback-against-settle", callback_against_settle);
  ADD ("progress-against-cancel-and-drop", progress_against_cancel_and_drop);
  ADD ("shutdown-against-submit", shutdown_against_submit);
  ADD ("submit-against-parking", submit_against_parking);
  ADD ("retiring-against-submit", retiring_against_submit);
  ADD ("drop-against-delivery", drop_against_delivery);
  ADD ("everything-from-four-threads", everything_from_four_threads);
  ADD ("every-data-is-finalized-here", every_data_is_finalized_here);
  ADD ("turning-against-settle", turning_against_settle);
  ADD ("map-against-cancel-and-shutdown", map_against_cancel_and_shutdown);
  ADD ("a-million-tasks", a_million_tasks);
  ADD ("a-million-posts", a_million_posts);
#undef ADD

  return g_test_run ();
}

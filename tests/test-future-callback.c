/* test-future-callback.c - callbacks on a chosen executor
 *
 * Where they run, in which order, and where their data is released.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "gf-test.h"

/* Helpers */

static void
answer_task (GfPromise  *promise,
             gpointer    user_data,
             GError    **error)
{
  gf_promise_resolve_int (promise, 42);
}

static gpointer
settle_thread (gpointer promise)
{
  gf_promise_resolve_int (promise, 42);
  return NULL;
}

typedef struct
{
  GString *order;
  char mark;
} Mark;

static void
mark (gpointer data)
{
  Mark *self = data;

  g_string_append_c (self->order, self->mark);
}

static void
mark_future_cb (GfFuture *future,
                gpointer  data)
{
  g_assert_true (gf_future_is_done (future));
  mark (data);
}

/* Done callbacks */

typedef struct
{
  guint n_calls;
  GThread *called;
  GThread *released;
  GfExecutor *pool;
  TestGate gate;
} Callback;

static void
callback_cb (GfFuture *future,
             gpointer  data)
{
  Callback *self = data;

  g_assert_true (gf_future_is_done (future));
  g_assert_null (self->released);
  self->n_calls++;
  self->called = g_thread_self ();
  test_gate_arrive (&self->gate);
}

static void
callback_release (gpointer data)
{
  Callback *self = data;

  g_assert_null (self->released);
  g_atomic_pointer_set (&self->released, g_thread_self ());
}

static void
callback_init (Callback *self)
{
  memset (self, 0, sizeof *self);
  test_gate_init (&self->gate);
}

static void
test_future_callback_on_the_registering_context (void)
{
  g_autoptr (GfPromise) promise = gf_promise_new ();
  Callback callback;

  callback_init (&callback);
  gf_future_add_done_callback (GF_FUTURE (promise), NULL, callback_cb, &callback, callback_release);
  g_thread_join (g_thread_new ("settle", settle_thread, promise));
  g_assert_cmpuint (callback.n_calls, ==, 0);
  g_assert_null (callback.released);
  test_turn_until (callback.released != NULL);
  g_assert_cmpuint (callback.n_calls, ==, 1);
  g_assert_true (callback.called == g_thread_self ());
  g_assert_true (callback.released == g_thread_self ());
  test_gate_clear (&callback.gate);
}

static void
test_future_callback_on_a_pushed_context (void)
{
  g_autoptr (GMainContext) context = g_main_context_new ();
  g_autoptr (GfPromise) promise = gf_promise_new ();
  Callback callback;

  callback_init (&callback);
  g_main_context_push_thread_default (context);
  gf_future_add_done_callback (GF_FUTURE (promise), NULL, callback_cb, &callback, callback_release);
  g_main_context_pop_thread_default (context);
  gf_promise_resolve_int (promise, 1);
  test_drain ();
  g_assert_cmpuint (callback.n_calls, ==, 0);
  test_turn_until_in (context, callback.released != NULL);
  g_assert_cmpuint (callback.n_calls, ==, 1);
  test_gate_clear (&callback.gate);
}

static void
test_future_callback_of_a_settled_one (void)
{
  g_autoptr (GfFuture) future = gf_future_new_for_int (1);
  Callback callback;

  callback_init (&callback);
  test_drain ();
  gf_future_add_done_callback (future, NULL, callback_cb, &callback, callback_release);
  g_assert_cmpuint (callback.n_calls, ==, 0);
  test_turn_until (callback.released != NULL);
  g_assert_cmpuint (callback.n_calls, ==, 1);
  test_gate_clear (&callback.gate);
}

static void
test_future_callback_inline_in_the_settling_thread (void)
{
  g_autoptr (GfPromise) promise = gf_promise_new ();
  Callback callback;
  GThread *thread;

  callback_init (&callback);
  gf_future_add_done_callback (GF_FUTURE (promise), gf_inline_executor_get (), callback_cb, &callback, callback_release);
  thread = g_thread_ref (g_thread_new ("settle", settle_thread, promise));
  g_thread_join (thread);
  /* it was called already, there; the data is released where it was registered */
  g_assert_cmpuint (callback.n_calls, ==, 1);
  g_assert_true (callback.called == thread);
  test_turn_until (callback.released != NULL);
  g_assert_true (callback.released == g_thread_self ());
  g_thread_unref (thread);
  test_gate_clear (&callback.gate);
}

static void
test_future_callback_inline_in_order (void)
{
  g_autoptr (GfPromise) promise = gf_promise_new ();
  g_autoptr (GString) order = g_string_new (NULL);
  Mark marks[] = { { order, '1' }, { order, '2' }, { order, '3' } };

  for (guint i = 0; i < G_N_ELEMENTS (marks); i++)
    gf_future_add_done_callback (GF_FUTURE (promise), gf_inline_executor_get (), mark_future_cb, &marks[i], NULL);
  gf_promise_resolve_int (promise, 1);
  g_assert_cmpstr (order->str, ==, "123");
}

static void
test_future_callback_inline_of_a_settled_one (void)
{
  g_autoptr (GfFuture) future = gf_future_new_for_int (1);
  Callback callback;

  callback_init (&callback);
  gf_future_add_done_callback (future, gf_inline_executor_get (), callback_cb, &callback, callback_release);
  g_assert_cmpuint (callback.n_calls, ==, 1);
  g_assert_true (callback.called == g_thread_self ());
  test_turn_until (callback.released != NULL);
  test_gate_clear (&callback.gate);
}

static void
test_future_callback_on_a_pool (void)
{
  g_autoptr (GfExecutor) pool = gf_thread_pool_executor_new (1);
  g_autoptr (GfPromise) promise = gf_promise_new ();
  Callback callback;

  callback_init (&callback);
  gf_future_add_done_callback (GF_FUTURE (promise), pool, callback_cb, &callback, callback_release);
  gf_promise_resolve_int (promise, 1);
  test_gate_await (&callback.gate, 1);
  g_assert_true (callback.called != g_thread_self ());
  test_turn_until (g_atomic_pointer_get (&callback.released) != NULL);
  g_assert_cmpuint (callback.n_calls, ==, 1);
  g_assert_true (callback.released == g_thread_self ());
  gf_executor_shutdown (pool, TRUE, FALSE);
  test_gate_clear (&callback.gate);
}

static void
test_future_callback_on_a_main_context_executor (void)
{
  g_autoptr (GMainContext) context = g_main_context_new ();
  g_autoptr (GfExecutor) executor = gf_main_context_executor_new (context);
  g_autoptr (GfPromise) promise = gf_promise_new ();
  Callback callback;

  callback_init (&callback);
  gf_future_add_done_callback (GF_FUTURE (promise), executor, callback_cb, &callback, callback_release);
  gf_promise_resolve_int (promise, 1);
  test_drain ();
  g_assert_cmpuint (callback.n_calls, ==, 0);
  test_turn_until_in (context, callback.n_calls == 1);
  while (callback.released == NULL)
    {
      g_main_context_iteration (context, FALSE);
      g_main_context_iteration (NULL, FALSE);
    }
  test_gate_clear (&callback.gate);
}

static void
register_in_task (GfPromise  *promise,
                  gpointer    data,
                  GError    **error)
{
  Callback *self = data;
  g_autoptr (GfFuture) future = gf_executor_submit (self->pool, answer_task, NULL, NULL);

  gf_future_add_done_callback (future, NULL, callback_cb, self, NULL);
}

static void
test_future_callback_registered_on_a_worker_is_a_task_of_its_pool (void)
{
  g_autoptr (GfExecutor) pool = gf_thread_pool_executor_new (1);
  g_autoptr (GfFuture) future = NULL;
  Callback callback;

  callback_init (&callback);
  callback.pool = pool;
  future = gf_executor_submit (pool, register_in_task, &callback, NULL);
  /* no loop is turned */
  test_gate_await (&callback.gate, 1);
  g_assert_true (callback.called != g_thread_self ());
  gf_executor_shutdown (pool, TRUE, FALSE);
  g_assert_cmpuint (callback.n_calls, ==, 1);
  test_drain ();
  test_gate_clear (&callback.gate);
}

static void
broken_cb (GfFuture *future,
           gpointer  data)
{
  g_assert_error (gf_future_get_error (future), GF_FUTURE_ERROR, GF_FUTURE_ERROR_BROKEN_PROMISE);
  callback_cb (future, data);
}

static void
test_future_callback_of_a_dropped_promise (void)
{
  /* nobody is left who could settle it: who waits for that is told */
  GfPromise *promise = gf_promise_new ();
  Callback callback;

  callback_init (&callback);
  gf_future_add_done_callback (GF_FUTURE (promise), NULL, broken_cb, &callback, callback_release);
  g_object_unref (promise);
  g_assert_cmpuint (callback.n_calls, ==, 0);
  test_turn_until (callback.released != NULL);
  g_assert_cmpuint (callback.n_calls, ==, 1);
  test_gate_clear (&callback.gate);
}

static void
chain_cb (GfFuture *future,
          gpointer  counter)
{
  if (++*(guint *) counter < 10)
    gf_future_add_done_callback (future, NULL, chain_cb, counter, NULL);
}

static void
test_future_callback_may_register_another (void)
{
  g_autoptr (GfPromise) promise = gf_promise_new ();
  guint n = 0;

  gf_future_add_done_callback (GF_FUTURE (promise), NULL, chain_cb, &n, NULL);
  gf_promise_resolve_int (promise, 1);
  test_turn_until (n == 10);
}

/* Watchers */

static void
test_future_watch_in_the_settling_thread (void)
{
  g_autoptr (GfPromise) promise = gf_promise_new ();
  Callback callback;
  GThread *thread;

  callback_init (&callback);
  gf_future_watch (GF_FUTURE (promise), callback_cb, &callback, callback_release);
  thread = g_thread_new ("settle", settle_thread, promise);
  test_gate_await (&callback.gate, 1);
  g_assert_true (callback.called == thread);
  g_assert_null (g_atomic_pointer_get (&callback.released));
  g_thread_join (thread);
  test_turn_until (callback.released != NULL);
  g_assert_true (callback.released == g_thread_self ());
  g_assert_cmpuint (callback.n_calls, ==, 1);
  test_gate_clear (&callback.gate);
}

static void
test_future_watch_of_a_settled_one (void)
{
  g_autoptr (GfFuture) future = gf_future_new_for_int (1);
  Callback callback;

  callback_init (&callback);
  gf_future_watch (future, callback_cb, &callback, callback_release);
  g_assert_cmpuint (callback.n_calls, ==, 1);
  test_turn_until (callback.released != NULL);
  test_gate_clear (&callback.gate);
}

static void
test_future_watch_in_order_with_inline_callbacks (void)
{
  g_autoptr (GfPromise) promise = gf_promise_new ();
  g_autoptr (GString) order = g_string_new (NULL);
  Mark marks[] = { { order, '1' }, { order, '2' }, { order, '3' }, { order, '4' } };

  for (guint i = 0; i < G_N_ELEMENTS (marks); i++)
    if (i % 2 == 0)
      gf_future_watch (GF_FUTURE (promise), mark_future_cb, &marks[i], NULL);
    else
      gf_future_add_done_callback (GF_FUTURE (promise), gf_inline_executor_get (), mark_future_cb, &marks[i], NULL);
  gf_promise_resolve_int (promise, 1);
  g_assert_cmpstr (order->str, ==, "1234");
}

static GfFuture *
return_nothing_cb (GfFuture *settled,
                   gpointer  data,
                   GError  **error)
{
  return NULL;
}

static void
count_future_cb (GfFuture *future,
                 gpointer  counter)
{
  g_assert_true (gf_future_is_done (future));
  g_atomic_int_inc ((gint *) counter);
}

static void
test_future_watch_wants_nothing (void)
{
  g_autoptr (GfPromise) watched = gf_promise_new ();
  g_autoptr (GfPromise) wanted = gf_promise_new ();
  g_autoptr (GfPromise) source = gf_promise_new ();
  g_autoptr (GfFuture) derived = gf_future_then (GF_FUTURE (source), return_nothing_cb, NULL, NULL);
  g_autoptr (GfFuture) settled = gf_future_new_for_int (1);
  GfFuture *members[] = { GF_FUTURE (watched), GF_FUTURE (wanted), settled };
  g_autoptr (GfFutureSet) race = NULL;
  gint n_calls = 0;
  gint n_wanted_calls = 0;

  gf_future_watch (GF_FUTURE (watched), count_future_cb, &n_calls, NULL);
  gf_future_add_done_callback (GF_FUTURE (wanted), gf_inline_executor_get (), count_future_cb, &n_wanted_calls, NULL);
  gf_future_watch (GF_FUTURE (source), count_future_cb, &n_calls, NULL);
  race = gf_future_race (members, G_N_ELEMENTS (members));
  g_assert_true (gf_future_is_done (GF_FUTURE (race)));
  g_assert_true (gf_future_is_cancelled (GF_FUTURE (watched)));
  g_assert_false (gf_future_is_done (GF_FUTURE (wanted)));
  g_assert_cmpint (n_calls, ==, 1);

  gf_future_cancel (derived);
  g_assert_true (gf_future_is_cancelled (GF_FUTURE (source)));
  g_assert_cmpint (n_calls, ==, 2);
  gf_future_cancel (GF_FUTURE (wanted));
  g_assert_cmpint (n_wanted_calls, ==, 1);
  test_drain ();
}

/* Somebody else who wants it is not forgotten for a watcher. */
static void
test_future_watch_beside_who_wants_it (void)
{
  g_autoptr (GfPromise) source = gf_promise_new ();
  GfFuture *derived[3];
  gint n_calls = 0;

  for (guint i = 0; i < G_N_ELEMENTS (derived); i++)
    {
      gf_future_watch (GF_FUTURE (source), count_future_cb, &n_calls, NULL);
      derived[i] = gf_future_then (GF_FUTURE (source), return_nothing_cb, NULL, NULL);
      gf_future_watch (GF_FUTURE (source), count_future_cb, &n_calls, NULL);
    }
  for (guint i = 0; i < G_N_ELEMENTS (derived); i++)
    {
      g_assert_false (gf_future_is_done (GF_FUTURE (source)));
      gf_future_watch (GF_FUTURE (source), count_future_cb, &n_calls, NULL);
      gf_future_cancel (derived[i]);
      g_object_unref (derived[i]);
    }
  g_assert_true (gf_future_is_cancelled (GF_FUTURE (source)));
  g_assert_cmpint (n_calls, ==, 9);
  test_drain ();
}

static void
test_future_watch_of_a_dropped_promise (void)
{
  GfPromise *promise = gf_promise_new ();
  Callback callback;

  callback_init (&callback);
  gf_future_watch (GF_FUTURE (promise), callback_cb, &callback, callback_release);
  g_object_unref (promise);
  g_assert_cmpuint (callback.n_calls, ==, 1);
  test_turn_until (callback.released != NULL);
  test_gate_clear (&callback.gate);
}

static gint n_watchers_released;

static void
release_watcher (gpointer data)
{
  g_atomic_int_inc (&n_watchers_released);
}

static gpointer
resolve_all_thread (gpointer data)
{
  for (GfPromise **promises = data; *promises != NULL; promises++)
    gf_promise_resolve_int (*promises, 1);
  return NULL;
}

/* Each is called once, whoever comes first. */
static void
test_future_watch_races_with_settling (void)
{
  guint n = g_test_slow () ? 100000 : 3000;
  g_autofree GfPromise **promises = g_new0 (GfPromise *, n + 1);
  g_autofree gint *counts = g_new0 (gint, n);
  GThread *thread;

  for (guint i = 0; i < n; i++)
    promises[i] = gf_promise_new ();
  thread = g_thread_new ("settle", resolve_all_thread, promises);
  for (guint i = 0; i < n; i++)
    for (guint j = 0; j < 3; j++)
      gf_future_watch (GF_FUTURE (promises[n - 1 - i]), count_future_cb, &counts[n - 1 - i], release_watcher);
  g_thread_join (thread);
  for (guint i = 0; i < n; i++)
    {
      g_assert_cmpint (g_atomic_int_get (&counts[i]), ==, 3);
      g_object_unref (promises[i]);
    }
  test_turn_until (g_atomic_int_get (&n_watchers_released) == (gint) (3 * n));
  test_drain ();
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

#define ADD(path, name) g_test_add_func ("/future/" path, test_future_##name)
  ADD ("callback/on-the-registering-context", callback_on_the_registering_context);
  ADD ("callback/on-a-pushed-context", callback_on_a_pushed_context);
  ADD ("callback/of-a-settled-one", callback_of_a_settled_one);
  ADD ("callback/inline-in-the-settling-thread", callback_inline_in_the_settling_thread);
  ADD ("callback/inline-in-order", callback_inline_in_order);
  ADD ("callback/inline-of-a-settled-one", callback_inline_of_a_settled_one);
  ADD ("callback/on-a-pool", callback_on_a_pool);
  ADD ("callback/on-a-main-context-executor", callback_on_a_main_context_executor);
  ADD ("callback/registered-on-a-worker-is-a-task-of-its-pool", callback_registered_on_a_worker_is_a_task_of_its_pool);
  ADD ("callback/of-a-dropped-promise", callback_of_a_dropped_promise);
  ADD ("callback/may-register-another", callback_may_register_another);

  ADD ("watch/in-the-settling-thread", watch_in_the_settling_thread);
  ADD ("watch/of-a-settled-one", watch_of_a_settled_one);
  ADD ("watch/in-order-with-inline-callbacks", watch_in_order_with_inline_callbacks);
  ADD ("watch/wants-nothing", watch_wants_nothing);
  ADD ("watch/beside-who-wants-it", watch_beside_who_wants_it);
  ADD ("watch/of-a-dropped-promise", watch_of_a_dropped_promise);
  ADD ("watch/races-with-settling", watch_races_with_settling);
#undef ADD

  return g_test_run ();
}

/* test-future-end.c - the ends of futures, of their references and their contexts
 *
 * What is released, and where, when the last reference is dropped on any thread, and
 * what becomes of futures whose home is gone.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "test-deliveries.h"

static void
nothing_cb (GfFuture *future,
            gpointer  user_data)
{
}

static void
destroyed_cb (gpointer flag)
{
  *(gboolean *) flag = TRUE;
}

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

/* The ends of contexts and references */

static void
test_future_context_that_dies_with_deliveries_queued (void)
{
  GMainContext *context = g_main_context_new ();
  GfPromise *promise;
  Callback callback;
  guint n_done = 0;

  callback_init (&callback);
  g_main_context_push_thread_default (context);
  promise = gf_promise_new ();
  gf_future_add_done_callback (GF_FUTURE (promise), NULL, callback_cb, &callback, callback_release);
  g_main_context_pop_thread_default (context);
  g_signal_connect (promise, "done", G_CALLBACK (count_cb), &n_done);
  gf_promise_resolve_int (promise, 1);

  /* "when a context dies, what is queued for it is released" */
  g_main_context_unref (context);
  g_assert_nonnull (callback.released);
  g_assert_cmpuint (callback.n_calls, ==, 0);
  g_assert_cmpuint (n_done, ==, 0);
  g_assert_finalize_object (promise);
  test_gate_clear (&callback.gate);
}

static void
test_future_context_that_dies_with_futures_pending (void)
{
  g_autoptr (GfExecutor) pool = gf_thread_pool_executor_new (1);
  GMainContext *context = g_main_context_new ();
  GfFuture *running, *waiting;
  TestRecord record;
  TestGate gate;
  guint n_done = 0;

  test_gate_init (&gate);
  test_record_init (&record);
  g_main_context_push_thread_default (context);
  running = gf_executor_submit (pool, gated_task, &gate, NULL);
  waiting = gf_executor_submit (pool, answer_task, test_witness_new (&record), g_object_unref);
  g_signal_connect (waiting, "done", G_CALLBACK (count_cb), &n_done);
  g_main_context_pop_thread_default (context);
  test_gate_await (&gate, 1);
  g_main_context_unref (context);

  test_gate_open (&gate);
  g_assert_true (gf_future_wait (waiting, -1, NULL, NULL));
  g_assert_cmpint (gf_future_get_int (waiting, NULL), ==, 42);
  gf_executor_shutdown (pool, TRUE, FALSE);
  test_record_await (&record, 1);
  test_drain ();
  g_assert_cmpuint (n_done, ==, 0);
  g_object_unref (running);
  g_object_unref (waiting);
  test_gate_clear (&gate);
  test_record_clear (&record);
}

static void
test_future_does_not_keep_its_context (void)
{
  GMainContext *context = g_main_context_new ();
  g_autoptr (GfPromise) promise = gf_promise_new_for_context (context);
  gboolean destroyed = FALSE;
  GSource *sentinel = g_timeout_source_new_seconds (3600);

  g_source_set_callback (sentinel, test_flag_cb, &destroyed, destroyed_cb);
  g_source_attach (sentinel, context);
  g_source_unref (sentinel);
  g_main_context_unref (context);
  g_assert_true (destroyed);
}

typedef struct
{
  TestGate gate;
  GfPromise *promise;
} DropThread;

static gpointer
drop_thread (gpointer data)
{
  DropThread *self = data;

  test_gate_pass (&self->gate);
  g_object_unref (g_steal_pointer (&self->promise));
  return NULL;
}

static void
weak_cb (gpointer  thread,
         GObject  *object)
{
  g_atomic_pointer_set ((GThread **) thread, g_thread_self ());
}

static void
drop_on_another_thread (gboolean settle)
{
  DropThread self;
  TestRecord record;
  GThread *disposed = NULL;
  GThread *thread;

  test_gate_init (&self.gate);
  test_record_init (&record);
  self.promise = gf_promise_new ();
  g_signal_connect_data (self.promise, "done", G_CALLBACK (nothing_cb), test_witness_new (&record), closure_release, 0);
  gf_future_add_done_callback (GF_FUTURE (self.promise), NULL, nothing_cb, test_witness_new (&record), g_object_unref);
  g_object_set_data_full (G_OBJECT (self.promise), "data", test_witness_new (&record), g_object_unref);
  g_object_weak_ref (G_OBJECT (self.promise), weak_cb, &disposed);
  thread = g_thread_new ("drop", drop_thread, &self);
  if (settle)
    {
      gf_promise_resolve_object (self.promise, test_witness_new (&record));
      /* the future owns the value alone */
      g_object_unref (gf_future_get_object (GF_FUTURE (self.promise), NULL));
    }
  test_gate_open (&self.gate);
  g_thread_join (thread);

  test_turn_until (test_record_get_n_finalized (&record) == (settle ? 4 : 3));
  g_assert_cmpuint (record.n_elsewhere, ==, 0);
  g_assert_true (g_atomic_pointer_get (&disposed) == g_thread_self ());
  test_gate_clear (&self.gate);
  test_record_clear (&record);
}

static void
test_future_last_unref_on_another_thread_is_handed_home (void)
{
  drop_on_another_thread (FALSE);
}

static void
test_future_last_unref_of_a_settled_one_is_handed_home (void)
{
  drop_on_another_thread (TRUE);
}

static void
drop_task (GfPromise  *promise,
           gpointer    data,
           GError    **error)
{
  drop_thread (data);
}

static void
test_future_last_unref_on_a_worker_is_handed_home (void)
{
  g_autoptr (GfExecutor) pool = gf_thread_pool_executor_new (1);
  g_autoptr (GfFuture) task = NULL;
  DropThread self;
  TestRecord record;
  GfFuture *future;

  test_gate_init (&self.gate);
  test_record_init (&record);
  self.promise = gf_promise_new ();
  future = GF_FUTURE (self.promise);
  g_signal_connect_data (future, "done", G_CALLBACK (nothing_cb), test_witness_new (&record), closure_release, 0);
  task = gf_executor_submit (pool, drop_task, &self, NULL);
  test_gate_open (&self.gate);
  test_turn_until (test_record_get_n_finalized (&record) == 1);
  g_assert_cmpuint (record.n_elsewhere, ==, 0);
  gf_executor_shutdown (pool, TRUE, FALSE);
  test_gate_clear (&self.gate);
  test_record_clear (&record);
}

static void
test_future_dropped_while_its_task_runs (void)
{
  /* the library holds the last reference, and lets go of it on the worker */
  g_autoptr (GfExecutor) pool = gf_thread_pool_executor_new (1);
  GfFuture *future;
  TestRecord record;
  TestGate gate;

  test_gate_init (&gate);
  test_record_init (&record);
  future = gf_executor_submit (pool, gated_task, &gate, NULL);
  g_signal_connect_data (future, "done", G_CALLBACK (nothing_cb), test_witness_new (&record), closure_release, 0);
  test_gate_await (&gate, 1);
  g_object_unref (future);
  test_gate_open (&gate);
  test_turn_until (test_record_get_n_finalized (&record) == 1);
  g_assert_cmpuint (record.n_elsewhere, ==, 0);
  gf_executor_shutdown (pool, TRUE, FALSE);
  test_gate_clear (&gate);
  test_record_clear (&record);
}

static void
test_future_attached_data_goes_home_from_its_task (void)
{
  /* nothing but the data says that somebody cares */
  g_autoptr (GfExecutor) pool = gf_thread_pool_executor_new (1);
  GfFuture *future;
  TestRecord record;
  TestGate gate;

  test_gate_init (&gate);
  test_record_init (&record);
  future = gf_executor_submit (pool, gated_task, &gate, NULL);
  g_object_set_data_full (G_OBJECT (future), "data", test_witness_new (&record), g_object_unref);
  test_gate_await (&gate, 1);
  g_object_unref (future);
  test_gate_open (&gate);
  test_turn_until (test_record_get_n_finalized (&record) == 1);
  g_assert_cmpuint (record.n_elsewhere, ==, 0);
  gf_executor_shutdown (pool, TRUE, FALSE);
  test_gate_clear (&gate);
  test_record_clear (&record);
}

static void
test_future_attached_data_goes_home_from_another_task (void)
{
  g_autoptr (GfExecutor) pool = gf_thread_pool_executor_new (1);

  for (guint settle = 0; settle < 2; settle++)
    {
      g_autoptr (GfFuture) task = NULL;
      DropThread self;
      TestRecord record;

      test_gate_init (&self.gate);
      test_record_init (&record);
      self.promise = gf_promise_new ();
      g_object_set_data_full (G_OBJECT (self.promise), "data", test_witness_new (&record), g_object_unref);
      if (settle)
        gf_promise_resolve_int (self.promise, 1);
      task = gf_executor_submit (pool, drop_task, &self, NULL);
      test_gate_open (&self.gate);
      test_turn_until (test_record_get_n_finalized (&record) == 1);
      g_assert_cmpuint (record.n_elsewhere, ==, 0);
      g_assert_true (gf_future_run_until_done (task, NULL, NULL));
      test_gate_clear (&self.gate);
      test_record_clear (&record);
    }
  gf_executor_shutdown (pool, TRUE, FALSE);
}

static void
test_future_dropped_where_its_context_is_not_thread_default (void)
{
  g_autoptr (GMainContext) context = g_main_context_new ();
  GfPromise *promise = gf_promise_new_for_context (context);
  guint n_done = 0, n_gone = 0;

  g_signal_connect (promise, "done", G_CALLBACK (count_cb), &n_done);
  g_object_weak_ref (G_OBJECT (promise), count_weak_cb, &n_gone);
  gf_promise_resolve_int (promise, 1);
  g_object_unref (promise);
  test_turn_until_in (context, n_gone == 1);
  g_assert_null (g_main_context_get_thread_default ());
  g_assert_cmpuint (n_done, <=, 1);
}

typedef struct
{
  GfExecutor *pool;
  GfPromise *other;
  TestGate gate;
  gint n_released;
} Orphan;

static void
settle_other_release (gpointer data)
{
  Orphan *self = data;

  g_atomic_int_inc (&self->n_released);
  gf_promise_resolve_int (self->other, 7);
}

static void
no_task (GfPromise  *promise,
         gpointer    user_data,
         GError    **error)
{
}

static void
orphan_task (GfPromise  *promise,
             gpointer    data,
             GError    **error)
{
  Orphan *self = data;
  g_autoptr (GfFuture) inner = NULL;

  test_gate_pass (&self->gate);
  inner = gf_executor_submit (self->pool, no_task, self, settle_other_release);
  g_assert_true (gf_future_wait (inner, -1, NULL, NULL));
}

static void
test_future_release_that_settles_when_the_context_is_gone (void)
{
  g_autoptr (GfExecutor) pool = gf_thread_pool_executor_new (1);
  GMainContext *context = g_main_context_new ();
  g_autoptr (GfFuture) outer = NULL;
  g_autoptr (GfFuture) next = NULL;
  Orphan self = { .pool = pool, .other = gf_promise_new () };

  test_gate_init (&self.gate);
  g_main_context_push_thread_default (context);
  outer = gf_executor_submit (pool, orphan_task, &self, NULL);
  g_main_context_pop_thread_default (context);
  test_gate_await (&self.gate, 1);
  g_main_context_unref (context);
  test_gate_open (&self.gate);

  g_assert_true (gf_future_wait (outer, TEST_DEADLINE_US, NULL, NULL));
  /* the worker goes on */
  next = gf_executor_submit (pool, no_task, NULL, NULL);
  g_assert_true (gf_future_wait (next, TEST_DEADLINE_US, NULL, NULL));
  g_assert_true (gf_future_wait (GF_FUTURE (self.other), TEST_DEADLINE_US, NULL, NULL));
  g_assert_cmpint (gf_future_get_int (GF_FUTURE (self.other), NULL), ==, 7);
  gf_executor_shutdown (pool, TRUE, FALSE);
  g_assert_cmpint (g_atomic_int_get (&self.n_released), ==, 1);
  g_object_unref (self.other);
  test_gate_clear (&self.gate);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

#define ADD(path, name) g_test_add_func ("/future/" path, test_future_##name)
  ADD ("end/context-dies-with-deliveries-queued", context_that_dies_with_deliveries_queued);
  ADD ("end/context-dies-with-futures-pending", context_that_dies_with_futures_pending);
  ADD ("end/does-not-keep-its-context", does_not_keep_its_context);
  ADD ("end/last-unref-on-another-thread", last_unref_on_another_thread_is_handed_home);
  ADD ("end/last-unref-of-a-settled-one", last_unref_of_a_settled_one_is_handed_home);
  ADD ("end/last-unref-on-a-worker", last_unref_on_a_worker_is_handed_home);
  ADD ("end/dropped-while-its-task-runs", dropped_while_its_task_runs);
  ADD ("end/attached-data-from-its-task", attached_data_goes_home_from_its_task);
  ADD ("end/attached-data-from-another-task", attached_data_goes_home_from_another_task);
  ADD ("end/dropped-where-its-context-is-not-thread-default", dropped_where_its_context_is_not_thread_default);
  ADD ("end/release-that-settles-when-the-context-is-gone", release_that_settles_when_the_context_is_gone);
#undef ADD

  return g_test_run ();
}

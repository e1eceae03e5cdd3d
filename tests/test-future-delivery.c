/* test-future-delivery.c - when and where a future tells that it is settled
 *
 * The signal done, exactly once, in its home context, in order, in nested loops.
 * What becomes of it when contexts and references end first is in test-future-end.c.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "test-deliveries.h"

/* Helpers */

static void
count_notify_cb (GObject    *object,
                 GParamSpec *pspec,
                 gpointer    counter)
{
  ++*(guint *) counter;
}

static gpointer
settle_thread (gpointer promise)
{
  gf_promise_resolve_int (promise, 42);
  return NULL;
}

/* Delivery */

static void
check_ready_made (GfFuture *future)
{
  guint n_done = 0;

  g_assert_true (gf_future_is_done (future));
  g_signal_connect (future, "done", G_CALLBACK (count_cb), &n_done);
  g_assert_cmpuint (n_done, ==, 0);
  test_turn_until (n_done > 0);
  test_drain ();
  g_assert_cmpuint (n_done, ==, 1);
  g_assert_finalize_object (future);
}

static void
test_future_ready_made_emit_done_once (void)
{
  g_autoptr (GObject) object = g_object_new (G_TYPE_OBJECT, NULL);
  g_auto (GValue) value = G_VALUE_INIT;

  g_value_init (&value, G_TYPE_UINT);
  g_value_set_uint (&value, 9);

  check_ready_made (gf_future_new_for_value (&value));
  check_ready_made (gf_future_new_for_variant (g_variant_new_string ("v")));
  check_ready_made (gf_future_new_for_string ("s"));
  check_ready_made (gf_future_new_for_boolean (FALSE));
  check_ready_made (gf_future_new_for_int (1));
  check_ready_made (gf_future_new_for_int64 (1));
  check_ready_made (gf_future_new_for_double (1));
  check_ready_made (gf_future_new_for_object (object));
  check_ready_made (gf_future_new_for_error (g_error_new_literal (G_IO_ERROR, G_IO_ERROR_FAILED, "f")));
}

static void
test_future_done_once_after_settle (void)
{
  g_autoptr (GfPromise) promise = gf_promise_new ();
  guint n_done = 0;

  g_signal_connect (promise, "done", G_CALLBACK (count_cb), &n_done);
  test_drain ();
  g_assert_cmpuint (n_done, ==, 0);

  gf_promise_resolve_int (promise, 1);
  g_assert_cmpuint (n_done, ==, 0);
  gf_promise_resolve_int (promise, 2);
  gf_future_cancel (GF_FUTURE (promise));
  test_turn_until (n_done > 0);
  test_drain ();
  g_assert_cmpuint (n_done, ==, 1);

  g_assert_finalize_object (g_steal_pointer (&promise));
}

static void
test_future_done_not_inside_cancel (void)
{
  g_autoptr (GfPromise) promise = gf_promise_new ();
  guint n_done = 0, n_notify = 0, n_callback = 0;

  g_signal_connect (promise, "done", G_CALLBACK (count_cb), &n_done);
  g_signal_connect (promise, "notify::state", G_CALLBACK (count_notify_cb), &n_notify);
  gf_future_add_done_callback (GF_FUTURE (promise), NULL, count_cb, &n_callback, NULL);

  g_assert_true (gf_future_cancel (GF_FUTURE (promise)));
  g_assert_cmpuint (n_done, ==, 0);
  g_assert_cmpuint (n_notify, ==, 0);
  g_assert_cmpuint (n_callback, ==, 0);

  test_turn_until (n_callback > 0);
  g_assert_cmpuint (n_done, ==, 1);
  g_assert_cmpuint (n_notify, ==, 1);
  g_assert_cmpuint (n_callback, ==, 1);
}

static void
test_future_connect_after_settle_in_the_same_turn (void)
{
  g_autoptr (GfPromise) promise = gf_promise_new ();
  g_autoptr (GfFuture) inlined = NULL;
  guint n_done = 0;

  gf_promise_resolve_int (promise, 1);
  g_signal_connect (promise, "done", G_CALLBACK (count_cb), &n_done);
  inlined = gf_executor_submit (gf_inline_executor_get (), answer_task, NULL, NULL);
  g_assert_true (gf_future_is_done (inlined));
  g_signal_connect (inlined, "done", G_CALLBACK (count_cb), &n_done);

  test_turn_until (n_done == 2);
  test_drain ();
  g_assert_cmpuint (n_done, ==, 2);
}

static void
test_future_connect_after_a_worker_settled (void)
{
  g_autoptr (GfPromise) promise = gf_promise_new ();
  guint n_done = 0;

  g_thread_join (g_thread_new ("settle", settle_thread, promise));
  g_assert_true (gf_future_is_done (GF_FUTURE (promise)));
  g_signal_connect (promise, "done", G_CALLBACK (count_cb), &n_done);
  test_turn_until (n_done > 0);
  test_drain ();
  g_assert_cmpuint (n_done, ==, 1);
}

static void
test_future_late_handler_gets_nothing (void)
{
  g_autoptr (GfPromise) promise = gf_promise_new ();
  guint n_early = 0, n_late = 0;

  g_signal_connect (promise, "done", G_CALLBACK (count_cb), &n_early);
  gf_promise_resolve_int (promise, 1);
  test_turn_until (n_early > 0);
  g_signal_connect (promise, "done", G_CALLBACK (count_cb), &n_late);
  test_drain ();
  g_assert_cmpuint (n_early, ==, 1);
  g_assert_cmpuint (n_late, ==, 0);
}

static void
test_future_disconnected_handler_gets_nothing (void)
{
  g_autoptr (GfPromise) promise = gf_promise_new ();
  guint n_done = 0, n_callback = 0;
  gulong id = g_signal_connect (promise, "done", G_CALLBACK (count_cb), &n_done);

  gf_promise_resolve_int (promise, 1);
  gf_future_add_done_callback (GF_FUTURE (promise), NULL, count_cb, &n_callback, NULL);
  g_signal_handler_disconnect (promise, id);
  test_turn_until (n_callback > 0);
  g_assert_cmpuint (n_done, ==, 0);
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

static void
mark_notify_cb (GObject    *object,
                GParamSpec *pspec,
                gpointer    data)
{
  g_assert_true (gf_future_is_done (GF_FUTURE (object)));
  mark (data);
}

static void
test_future_order_notify_done_callbacks (void)
{
  g_autoptr (GfPromise) promise = gf_promise_new ();
  g_autoptr (GString) order = g_string_new (NULL);
  Mark marks[] = { { order, 'n' }, { order, 'd' }, { order, '1' }, { order, '2' }, { order, '3' } };

  /* connected in the opposite order of what is to come */
  gf_future_add_done_callback (GF_FUTURE (promise), NULL, mark_future_cb, &marks[2], NULL);
  gf_future_add_done_callback (GF_FUTURE (promise), NULL, mark_future_cb, &marks[3], NULL);
  g_signal_connect (promise, "done", G_CALLBACK (mark_future_cb), &marks[1]);
  g_signal_connect (promise, "notify::settled", G_CALLBACK (mark_notify_cb), &marks[0]);

  gf_promise_resolve_int (promise, 1);
  /* a callback that comes after the settling comes after the others, too */
  gf_future_add_done_callback (GF_FUTURE (promise), NULL, mark_future_cb, &marks[4], NULL);

  test_turn_until (order->len == 5);
  test_drain ();
  g_assert_cmpstr (order->str, ==, "nd123");
}

#define N_ORDERED 1000

typedef struct
{
  GfPromise *promises[N_ORDERED];
  guint n_seen;
} Ordered;

static gpointer
settle_all_thread (gpointer data)
{
  Ordered *self = data;

  for (guint i = 0; i < N_ORDERED; i++)
    switch (i % 3)
      {
      case 0:
        gf_promise_resolve_int (self->promises[i], i);
        break;
      case 1:
        gf_promise_reject_literal (self->promises[i], G_IO_ERROR, G_IO_ERROR_FAILED, "odd");
        break;
      default:
        gf_future_cancel (GF_FUTURE (self->promises[i]));
      }
  return NULL;
}

static void
ordered_done_cb (GfFuture *future,
                 Ordered  *self)
{
  g_assert_true (GF_FUTURE (self->promises[self->n_seen]) == future);
  self->n_seen++;
}

static void
test_future_order_between_futures_of_one_thread (void)
{
  g_autofree Ordered *self = g_new0 (Ordered, 1);
  guint n_gone = 0;

  for (guint i = 0; i < N_ORDERED; i++)
    self->promises[i] = gf_promise_new ();
  /* connected backwards, settled forwards */
  for (guint i = N_ORDERED; i-- > 0;)
    g_signal_connect (self->promises[i], "done", G_CALLBACK (ordered_done_cb), self);

  g_thread_join (g_thread_new ("settle", settle_all_thread, self));
  test_turn_until (self->n_seen == N_ORDERED);
  for (guint i = 0; i < N_ORDERED; i++)
    {
      g_object_weak_ref (G_OBJECT (self->promises[i]), count_weak_cb, &n_gone);
      g_object_unref (self->promises[i]);
    }
  /* the library lets go of them at the next frame at the latest */
  test_turn_until (n_gone == N_ORDERED);
}

static void
thread_cb (GfFuture *future,
           gpointer  thread)
{
  *(GThread **) thread = g_thread_self ();
}

static void
test_future_done_in_the_home_context_only (void)
{
  g_autoptr (GMainContext) context = g_main_context_new ();
  g_autoptr (GfPromise) pushed = NULL;
  g_autoptr (GfPromise) given = gf_promise_new_for_context (context);
  guint n_done = 0;

  g_main_context_push_thread_default (context);
  pushed = gf_promise_new ();
  g_main_context_pop_thread_default (context);

  g_signal_connect (pushed, "done", G_CALLBACK (count_cb), &n_done);
  g_signal_connect (given, "done", G_CALLBACK (count_cb), &n_done);
  gf_promise_resolve_int (pushed, 1);
  gf_promise_resolve_int (given, 1);

  test_drain ();
  g_assert_cmpuint (n_done, ==, 0);
  test_turn_until_in (context, n_done == 2);
}

static void
inner_home_task (GfPromise  *promise,
                 gpointer    user_data,
                 GError    **error)
{
  GfExecutor *pool = user_data;

  gf_promise_resolve_object (promise, gf_executor_submit (pool, answer_task, NULL, NULL));
}

static void
test_future_home_of_a_nested_task (void)
{
  /* "for one made inside a task, the home of that task" */
  g_autoptr (GfExecutor) pool = gf_thread_pool_executor_new (1);
  g_autoptr (GMainContext) context = g_main_context_new ();
  g_autoptr (GfFuture) outer = NULL;
  g_autoptr (GfFuture) inner = NULL;
  g_autoptr (GError) error = NULL;
  GThread *thread = NULL;

  g_main_context_push_thread_default (context);
  outer = gf_executor_submit (pool, inner_home_task, pool, NULL);
  g_main_context_pop_thread_default (context);
  g_assert_nonnull (gf_future_result (outer, -1, NULL, &error));
  g_assert_no_error (error);

  inner = gf_future_get_object (outer, NULL); /* the reference that the task leaked to it */
  g_signal_connect (inner, "done", G_CALLBACK (thread_cb), &thread);
  gf_executor_shutdown (pool, TRUE, FALSE);
  test_drain ();
  g_assert_null (thread);
  test_turn_until_in (context, thread != NULL);
  g_assert_true (thread == g_thread_self ());
}

static void
release_in_done_cb (GfFuture *future,
                    gpointer  slot)
{
  g_assert_true (*(GfFuture **) slot == future);
  g_clear_object ((GfFuture **) slot);
}

static void
test_future_may_be_dropped_in_its_own_done (void)
{
  GfPromise *promise = gf_promise_new ();
  GfPromise *weak = promise;

  g_object_add_weak_pointer (G_OBJECT (promise), (gpointer *) &weak);
  g_signal_connect (promise, "done", G_CALLBACK (release_in_done_cb), &promise);
  gf_promise_resolve_int (promise, 1);
  test_turn_until (promise == NULL);
  test_drain ();
  g_assert_null (weak);
}

static void
test_future_dropped_before_delivery_dies (void)
{
  /* whoever settles and lets go leaves nothing behind in the context */
  GfPromise *promise = gf_promise_new ();
  GfPromise *weak = promise;

  g_object_add_weak_pointer (G_OBJECT (promise), (gpointer *) &weak);
  gf_promise_resolve_int (promise, 1);
  g_object_unref (promise);
  test_drain ();
  g_assert_null (weak);
}

typedef struct
{
  GfPromise *second;
  guint depth;
  guint n_first;
  guint n_second;
} Nested;

static void
nested_second_cb (GfFuture *future,
                  Nested   *self)
{
  g_assert_cmpuint (self->depth, ==, 1);
  self->n_second++;
}

static void
nested_first_cb (GfFuture *future,
                 Nested   *self)
{
  self->n_first++;
  self->depth++;
  /* both were settled before this batch began */
  test_turn_until (self->n_second > 0);
  self->depth--;
}

static void
test_future_nested_loop_gets_deliveries (void)
{
  g_autoptr (GfPromise) first = gf_promise_new ();
  g_autoptr (GfPromise) second = gf_promise_new ();
  Nested nested = { second, 0, 0, 0 };

  g_signal_connect (first, "done", G_CALLBACK (nested_first_cb), &nested);
  g_signal_connect (second, "done", G_CALLBACK (nested_second_cb), &nested);
  gf_promise_resolve_int (first, 1);
  gf_promise_resolve_int (second, 2);

  test_turn_until (nested.n_first > 0);
  test_drain ();
  g_assert_cmpuint (nested.n_first, ==, 1);
  g_assert_cmpuint (nested.n_second, ==, 1);
}

static void
nested_settle_cb (GfFuture *future,
                  Nested   *self)
{
  self->depth++;
  g_thread_unref (g_thread_new ("settle", settle_thread, self->second));
  test_turn_until (self->n_second > 0);
  self->depth--;
  self->n_first++;
}

static void
test_future_nested_loop_gets_what_is_settled_meanwhile (void)
{
  g_autoptr (GfPromise) first = gf_promise_new ();
  g_autoptr (GfPromise) second = gf_promise_new ();
  Nested nested = { second, 0, 0, 0 };

  g_signal_connect (first, "done", G_CALLBACK (nested_settle_cb), &nested);
  g_signal_connect (second, "done", G_CALLBACK (nested_second_cb), &nested);
  gf_promise_resolve_int (first, 1);
  test_turn_until (nested.n_first > 0);
  g_assert_cmpuint (nested.n_second, ==, 1);
}

static gboolean
settle_in_nested_idle_cb (gpointer data)
{
  Nested *self = data;

  self->depth++;
  gf_promise_resolve_int (self->second, 1);
  test_turn_until (self->n_second > 0);
  self->depth--;
  self->n_first++;
  return G_SOURCE_REMOVE;
}

static void
test_future_nested_loop_in_an_idle_gets_deliveries (void)
{
  g_autoptr (GfPromise) second = gf_promise_new ();
  Nested nested = { second, 0, 0, 0 };

  g_signal_connect (second, "done", G_CALLBACK (nested_second_cb), &nested);
  g_idle_add_full (G_PRIORITY_HIGH, settle_in_nested_idle_cb, &nested, NULL);
  test_turn_until (nested.n_first > 0);
  g_assert_cmpuint (nested.n_second, ==, 1);
}

/* Settled, but the function has not returned yet */

typedef struct
{
  TestGate gate;
  TestRecord record;
  guint n_done;
  gboolean turned;
} Early;

static Early *early;

static void
settle_then_work_task (GfPromise  *promise,
                       gpointer    witness,
                       GError    **error)
{
  gf_promise_resolve_int (promise, 1);
  test_gate_pass (&early->gate);
}

static void
turn_until_returned_cb (GfFuture *future,
                        gpointer  user_data)
{
  early->n_done++;
  if (early->n_done > 1)
    return;
  /* the function returns while its future is being told of */
  test_gate_open (&early->gate);
  test_turn_until (test_record_get_n_finalized (&early->record) == 1);
  test_drain ();
  early->turned = TRUE;
}

static void
test_future_done_once_though_the_function_returns_later (void)
{
  g_autoptr (GfExecutor) pool = gf_thread_pool_executor_new (1);
  GfFuture *future;
  Early self = { .n_done = 0 };

  early = &self;
  test_gate_init (&self.gate);
  test_record_init (&self.record);
  future = gf_executor_submit (pool, settle_then_work_task, test_witness_new (&self.record), g_object_unref);
  g_signal_connect (future, "done", G_CALLBACK (turn_until_returned_cb), NULL);
  test_turn_until (self.turned);
  test_drain ();
  g_assert_cmpuint (self.n_done, ==, 1);
  g_assert_cmpuint (self.record.n_elsewhere, ==, 0);
  gf_executor_shutdown (pool, TRUE, FALSE);
  test_drain ();
  g_assert_cmpuint (self.n_done, ==, 1);
  g_object_unref (future);
  test_record_clear (&self.record);
  test_gate_clear (&self.gate);
}

static void
test_future_order_kept_though_one_is_watched (void)
{
  /* the second is on its way home already when the first is settled */
  const char *details[] = { "notify", "notify::state", "notify::settled" };

  for (guint i = 0; i < G_N_ELEMENTS (details); i++)
    {
      g_autoptr (GfPromise) first = gf_promise_new ();
      g_autoptr (GfPromise) second = gf_promise_new ();
      g_autoptr (GString) order = g_string_new (NULL);
      Mark marks[] = { { order, '1' }, { order, '2' } };
      guint n_notify = 0;

      g_signal_connect (second, details[i], G_CALLBACK (count_notify_cb), &n_notify);
      g_signal_connect (second, "done", G_CALLBACK (mark_future_cb), &marks[1]);
      g_signal_connect (first, "done", G_CALLBACK (mark_future_cb), &marks[0]);
      g_assert_true (gf_promise_set_running (second));
      gf_promise_resolve_int (first, 1);
      gf_promise_resolve_int (second, 2);
      test_turn_until (order->len == 2);
      test_drain ();
      g_assert_cmpstr (order->str, ==, "12");
      g_assert_cmpuint (n_notify, >, 0);
    }
}

/* Properties that a worker changes */

typedef struct
{
  TestGate first;
  TestGate second;
  TestRecord record;
  GThread *home;
  guint n_running;
  guint n_settled;
  guint n_labels;
} Watch;

static void
watch_init (Watch *self)
{
  memset (self, 0, sizeof *self);
  test_gate_init (&self->first);
  test_gate_init (&self->second);
  test_record_init (&self->record);
  self->home = g_thread_self ();
}

static void
watch_clear (Watch *self)
{
  test_gate_clear (&self->first);
  test_gate_clear (&self->second);
  test_record_clear (&self->record);
}

static Watch *watch;

static void
watch_state_cb (GObject    *object,
                GParamSpec *pspec,
                gpointer    witness)
{
  g_assert_true (TEST_IS_WITNESS (witness));
  g_assert_true (g_thread_self () == watch->home);
  switch (gf_future_get_state (GF_FUTURE (object)))
    {
    case GF_FUTURE_STATE_RUNNING:
      g_assert_cmpuint (watch->n_settled, ==, 0);
      watch->n_running++;
      break;
    case GF_FUTURE_STATE_SUCCEEDED:
      watch->n_settled++;
      break;
    default:
      g_assert_not_reached ();
    }
}

static void
test_future_notifies_its_state_at_home (void)
{
  g_autoptr (GfExecutor) pool = gf_thread_pool_executor_new (1);
  g_autoptr (GfFuture) blocker = NULL;
  GfFuture *future;
  Watch self;

  watch = &self;
  watch_init (&self);
  blocker = gf_executor_submit (pool, gated_task, &self.first, NULL);
  future = gf_executor_submit (pool, gated_task, &self.second, NULL);
  g_signal_connect_data (future, "notify::state", G_CALLBACK (watch_state_cb),
                         test_witness_new (&self.record), closure_release, 0);
  test_gate_open (&self.first);
  test_turn_until (self.n_running > 0);
  g_assert_cmpint (gf_future_get_state (future), ==, GF_FUTURE_STATE_RUNNING);
  test_gate_open (&self.second);
  test_turn_until (self.n_settled > 0);
  test_drain ();
  g_assert_cmpuint (self.n_running, ==, 1);
  g_assert_cmpuint (self.n_settled, ==, 1);
  g_assert_cmpint (gf_future_get_state (future), ==, GF_FUTURE_STATE_SUCCEEDED);
  gf_executor_shutdown (pool, TRUE, FALSE);
  g_assert_finalize_object (future);
  g_assert_cmpuint (self.record.n_finalized, ==, 1);
  g_assert_cmpuint (self.record.n_elsewhere, ==, 0);
  watch_clear (&self);
}

static void
test_future_dropped_early_with_a_notify_handler (void)
{
  g_autoptr (GfExecutor) pool = gf_thread_pool_executor_new (1);
  GfFuture *future;
  Watch self;

  watch = &self;
  watch_init (&self);
  for (guint i = 0; i < 2; i++)
    {
      g_autoptr (GfFuture) blocker = gf_executor_submit (pool, gated_task, &self.first, NULL);

      future = gf_executor_submit (pool, gated_task, &self.second, NULL);
      g_signal_connect_data (future, "notify::state", G_CALLBACK (watch_state_cb),
                             test_witness_new (&self.record), closure_release, 0);
      /* while it is pending, then, with open gates, at any moment */
      g_object_unref (future);
      test_gate_open (&self.first);
      test_gate_open (&self.second);
      test_turn_until (test_record_get_n_finalized (&self.record) == i + 1);
      self.n_running = self.n_settled = 0;
    }
  g_assert_cmpuint (self.record.n_elsewhere, ==, 0);
  gf_executor_shutdown (pool, TRUE, FALSE);
  watch_clear (&self);
}

static void
label_task (GfPromise  *promise,
            gpointer    gate,
            GError    **error)
{
  gf_future_set_label (GF_FUTURE (promise), "by the worker");
  test_gate_pass (gate);
}

static void
watch_label_cb (GObject    *object,
                GParamSpec *pspec,
                gpointer    data)
{
  g_assert_true (g_thread_self () == watch->home);
  g_assert_cmpstr (pspec->name, ==, "label");
  g_assert_cmpstr (gf_future_get_label (GF_FUTURE (object)), ==, "by the worker");
  watch->n_labels++;
}

static void
test_future_notifies_its_label_at_home (void)
{
  g_autoptr (GfExecutor) pool = gf_thread_pool_executor_new (1);
  g_autoptr (GfFuture) blocker = NULL;
  g_autoptr (GfFuture) future = NULL;
  Watch self;

  watch = &self;
  watch_init (&self);
  blocker = gf_executor_submit (pool, gated_task, &self.first, NULL);
  future = gf_executor_submit (pool, label_task, &self.second, NULL);
  g_signal_connect (future, "notify::label", G_CALLBACK (watch_label_cb), NULL);
  test_gate_open (&self.first);
  test_gate_await (&self.second, 1);
  /* nothing was told in the worker; the task still runs */
  g_assert_cmpuint (self.n_labels, ==, 0);
  test_turn_until (self.n_labels > 0);
  g_assert_false (gf_future_is_done (future));
  test_gate_open (&self.second);
  g_assert_true (gf_future_run_until_done (future, NULL, NULL));
  test_drain ();
  g_assert_cmpuint (self.n_labels, ==, 1);
  gf_executor_shutdown (pool, TRUE, FALSE);
  watch_clear (&self);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

#define ADD(path, name) g_test_add_func ("/future/" path, test_future_##name)
  ADD ("delivery/ready-made-emit-done-once", ready_made_emit_done_once);
  ADD ("delivery/done-once-after-settle", done_once_after_settle);
  ADD ("delivery/done-not-inside-cancel", done_not_inside_cancel);
  ADD ("delivery/connect-after-settle-in-the-same-turn", connect_after_settle_in_the_same_turn);
  ADD ("delivery/connect-after-a-worker-settled", connect_after_a_worker_settled);
  ADD ("delivery/late-handler-gets-nothing", late_handler_gets_nothing);
  ADD ("delivery/disconnected-handler-gets-nothing", disconnected_handler_gets_nothing);
  ADD ("delivery/order-notify-done-callbacks", order_notify_done_callbacks);
  ADD ("delivery/order-between-futures-of-one-thread", order_between_futures_of_one_thread);
  ADD ("delivery/done-in-the-home-context-only", done_in_the_home_context_only);
  ADD ("delivery/home-of-a-nested-task", home_of_a_nested_task);
  ADD ("delivery/may-be-dropped-in-its-own-done", may_be_dropped_in_its_own_done);
  ADD ("delivery/dropped-before-delivery-dies", dropped_before_delivery_dies);
  ADD ("delivery/nested-loop", nested_loop_gets_deliveries);
  ADD ("delivery/nested-loop-settled-meanwhile", nested_loop_gets_what_is_settled_meanwhile);
  ADD ("delivery/nested-loop-in-an-idle", nested_loop_in_an_idle_gets_deliveries);
  ADD ("delivery/done-once-though-the-function-returns-later", done_once_though_the_function_returns_later);
  ADD ("delivery/order-kept-though-one-is-watched", order_kept_though_one_is_watched);
  ADD ("delivery/notifies-its-state-at-home", notifies_its_state_at_home);
  ADD ("delivery/notifies-its-label-at-home", notifies_its_label_at_home);

  ADD ("end/dropped-early-with-a-notify-handler", dropped_early_with_a_notify_handler);
#undef ADD

  return g_test_run ();
}

/* test-executor-map.c - mapping a function over an array
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "test-executors.h"

/* Named functions */

static GVariant *
number_or_text (GVariant   *arguments,
                GfPromise  *promise,
                gpointer    user_data,
                GError    **error)
{
  gint32 x = g_variant_get_int32 (arguments);

  return x % 2 ? g_variant_new_take_string (g_strdup_printf ("%d", x)) : g_variant_new_int32 (x);
}

static GVariant *
square (GVariant   *arguments,
        GfPromise  *promise,
        gpointer    user_data,
        GError    **error)
{
  gint32 x = g_variant_get_int32 (arguments);

  return g_variant_new_int32 (x * x);
}

static gint map_n_runs;

static TestGate *map_gate;
static gint32 map_gate_item;

static GVariant *
fail_from_3 (GVariant   *arguments,
             GfPromise  *promise,
             gpointer    user_data,
             GError    **error)
{
  gint32 x = g_variant_get_int32 (arguments);

  g_atomic_int_inc (&map_n_runs);
  if (x >= 3)
    {
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "three or more");
      return NULL;
    }
  return g_variant_new_int32 (x);
}

static GVariant *
gated_function (GVariant   *arguments,
                GfPromise  *promise,
                gpointer    user_data,
                GError    **error)
{
  gint32 x = g_variant_get_int32 (arguments);

  g_atomic_int_inc (&map_n_runs);
  if (x == map_gate_item)
    test_gate_pass (map_gate);
  return g_variant_new_int32 (x);
}

static GVariant *
int_array (gint32 n)
{
  GVariantBuilder builder;

  g_variant_builder_init (&builder, G_VARIANT_TYPE ("ai"));
  for (gint32 i = 0; i < n; i++)
    g_variant_builder_add (&builder, "i", i);
  return g_variant_builder_end (&builder);
}

static void
done_cb (GfFuture *future,
         gpointer  counter)
{
  g_assert_true (gf_future_is_done (future));
  ++*(guint *) counter;
}

/* map */

static void
test_map_keeps_the_order (Fixture      *self,
                          gconstpointer data)
{
  guint chunk_sizes[] = { 0, 1, 7, 1000 };

  for (guint i = 0; i < G_N_ELEMENTS (chunk_sizes); i++)
    {
      g_autoptr (GfFuture) future = gf_executor_map (self->executor, "test.square", int_array (100), chunk_sizes[i]);
      g_autoptr (GError) error = NULL;
      GVariant *results;

      settle (future);
      results = gf_future_get_variant (future, &error);
      g_assert_no_error (error);
      g_assert_cmpstr (g_variant_get_type_string (results), ==, "ai");
      g_assert_cmpuint (g_variant_n_children (results), ==, 100);
      for (gint32 k = 0; k < 100; k++)
        {
          gint32 result;

          g_variant_get_child (results, k, "i", &result);
          g_assert_cmpint (result, ==, k * k);
        }
      g_assert_cmpfloat (gf_future_get_progress (future), ==, 1.0);
    }
}

static void
test_map_of_several_types_is_av (Fixture      *self,
                                 gconstpointer data)
{
  g_autoptr (GfFuture) future = gf_executor_map (self->executor, "test.number-or-text", int_array (4), 1);
  g_autoptr (GVariant) expected = g_variant_ref_sink (g_variant_new_parsed ("[<0>, <'1'>, <2>, <'3'>]"));

  settle (future);
  g_assert_cmpvariant (gf_future_get_variant (future, NULL), expected);
}

static void
test_map_of_no_items (Fixture      *self,
                      gconstpointer data)
{
  g_autoptr (GfFuture) future = gf_executor_map (self->executor, "test.square", int_array (0), 0);
  guint n_done = 0;

  g_signal_connect (future, "done", G_CALLBACK (done_cb), &n_done);
  test_turn_until (n_done == 1);
  g_assert_cmpint (gf_future_get_state (future), ==, GF_FUTURE_STATE_SUCCEEDED);
  g_assert_true (g_variant_is_of_type (gf_future_get_variant (future, NULL), G_VARIANT_TYPE_ARRAY));
  g_assert_cmpuint (g_variant_n_children (gf_future_get_variant (future, NULL)), ==, 0);
}

static void
test_map_first_failure_cancels_the_rest (Fixture      *self,
                                         gconstpointer data)
{
  g_autoptr (GfFuture) future = NULL;

  map_n_runs = 0;
  future = gf_executor_map (self->executor, "test.fail-from-3", int_array (5000), 1);
  settle (future);
  g_assert_cmpint (gf_future_get_state (future), ==, GF_FUTURE_STATE_FAILED);
  g_assert_error (gf_future_get_error (future), G_IO_ERROR, G_IO_ERROR_INVALID_DATA);
  g_assert_cmpstr (gf_future_get_error (future)->message, ==, "three or more");
  if (BIT (self->kind) & ELSEWHERE)
    gf_executor_shutdown (self->executor, TRUE, FALSE);
  test_drain ();
  /* three that succeed, one that fails, and what was under way then */
  g_assert_cmpint (g_atomic_int_get (&map_n_runs), <, 1000);
}

static void
test_map_of_an_unknown_function (Fixture      *self,
                                 gconstpointer data)
{
  g_autoptr (GfFuture) future = gf_executor_map (self->executor, "no.such-function", int_array (3), 0);

  settle (future);
  g_assert_error (gf_future_get_error (future), GF_FUTURE_ERROR, GF_FUTURE_ERROR_UNKNOWN_FUNCTION);
}

static void
test_map_reports_its_progress (Fixture      *self,
                               gconstpointer data)
{
  g_autoptr (GfFuture) future = NULL;

  map_gate = &self->gate;
  map_gate_item = 2;
  future = gf_executor_map (self->executor, "test.gated", int_array (4), 1);
  test_gate_await (&self->gate, 1);
  test_turn_until (gf_future_get_progress (future) == 0.5);
  g_assert_false (gf_future_is_done (future));
  test_gate_open (&self->gate);
  settle (future);
  g_assert_cmpfloat (gf_future_get_progress (future), ==, 1.0);
}

static void
test_map_has_few_in_flight (Fixture      *self,
                            gconstpointer data)
{
  g_autoptr (GfFuture) future = NULL;

  map_gate = &self->gate;
  map_gate_item = 0;
  future = gf_executor_map (self->executor, "test.gated", int_array (20000), 1);
  test_gate_await (&self->gate, 1);
  g_assert_cmpuint (gf_executor_get_n_pending (self->executor), <=, 10000);
  test_gate_open (&self->gate);
  settle (future);
  g_assert_cmpint (gf_future_get_state (future), ==, GF_FUTURE_STATE_SUCCEEDED);
}

static void
test_map_can_be_cancelled (Fixture      *self,
                           gconstpointer data)
{
  g_autoptr (GfFuture) future = NULL;

  map_gate = &self->gate;
  map_gate_item = 2;
  map_n_runs = 0;
  future = gf_executor_map (self->executor, "test.gated", int_array (5000), 1);
  test_gate_await (&self->gate, 1);
  g_assert_true (gf_future_cancel (future));
  g_assert_true (gf_future_is_cancelled (future));
  test_gate_open (&self->gate);
  gf_executor_shutdown (self->executor, TRUE, FALSE);
  g_assert_cmpint (map_n_runs, <, 5000);
}

/* A function that settles its promise has no result to put into the array. */
static GVariant *
settling_function (GVariant   *arguments,
                   GfPromise  *promise,
                   gpointer    user_data,
                   GError    **error)
{
  gf_promise_resolve_int (promise, 3);
  return NULL;
}

static void
test_map_of_a_settling_function (Fixture      *self,
                                 gconstpointer data)
{
  guint chunk_sizes[] = { 0, 1, 5 };

  for (guint i = 0; i < G_N_ELEMENTS (chunk_sizes); i++)
    {
      g_autoptr (GfFuture) future = gf_executor_map (self->executor, "test.settling", int_array (10), chunk_sizes[i]);

      settle (future);
      g_assert_cmpint (gf_future_get_state (future), ==, GF_FUTURE_STATE_FAILED);
      g_assert_error (gf_future_get_error (future), G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED);
    }
}

/* map and shutdown */

static gpointer
open_thread (gpointer gate)
{
  test_gate_open (gate);
  return NULL;
}

static GfFuture *
map_under_way (Fixture *self)
{
  GfFuture *future;

  map_gate = &self->gate;
  map_gate_item = 1;
  future = gf_executor_map (self->executor, "test.gated", int_array (5000), 1);
  test_gate_await (&self->gate, 1);
  return future;
}

static void
assert_mapped (GfFuture *future)
{
  g_assert_cmpint (gf_future_get_state (future), ==, GF_FUTURE_STATE_SUCCEEDED);
  g_assert_cmpuint (g_variant_n_children (gf_future_get_variant (future, NULL)), ==, 5000);
}

static void
test_map_outlives_shutdown (Fixture      *self,
                            gconstpointer data)
{
  g_autoptr (GfFuture) future = map_under_way (self);

  gf_executor_shutdown (self->executor, FALSE, FALSE);
  g_assert_false (gf_future_is_done (future));
  test_gate_open (&self->gate);
  settle (future);
  assert_mapped (future);
}

static void
test_map_ends_before_shutdown_returns (Fixture      *self,
                                       gconstpointer data)
{
  g_autoptr (GfFuture) future = map_under_way (self);
  GThread *thread = g_thread_new ("open", open_thread, &self->gate);

  gf_executor_shutdown (self->executor, TRUE, FALSE);
  g_thread_join (thread);
  settle (future);
  assert_mapped (future);
  g_assert_cmpuint (gf_executor_get_n_pending (self->executor), ==, 0);
  g_assert_cmpuint (gf_executor_get_n_running (self->executor), ==, 0);
}

static void
test_map_is_cancelled_by_shutdown (Fixture      *self,
                                   gconstpointer data)
{
  g_autoptr (GfFuture) future = map_under_way (self);
  GThread *thread = g_thread_new ("open", open_thread, &self->gate);

  gf_executor_shutdown (self->executor, TRUE, TRUE);
  g_thread_join (thread);
  settle (future);
  if (gf_future_get_state (future) != GF_FUTURE_STATE_CANCELLED)
    assert_mapped (future);
  g_assert_cmpuint (gf_executor_get_n_pending (self->executor), ==, 0);
  g_assert_cmpuint (gf_executor_get_n_running (self->executor), ==, 0);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  gf_function_register ("test.square", square, NULL, NULL);
  gf_function_register ("test.number-or-text", number_or_text, NULL, NULL);
  gf_function_register ("test.fail-from-3", fail_from_3, NULL, NULL);
  gf_function_register ("test.gated", gated_function, NULL, NULL);
  gf_function_register ("test.settling", settling_function, NULL, NULL);

  add_for_kinds ("map/keeps-the-order", ALL, test_map_keeps_the_order);
  add_for_kinds ("map/of-several-types-is-av", ALL, test_map_of_several_types_is_av);
  add_for_kinds ("map/of-no-items", ALL, test_map_of_no_items);
  add_for_kinds ("map/first-failure-cancels-the-rest", ALL, test_map_first_failure_cancels_the_rest);
  add_for_kinds ("map/of-an-unknown-function", ALL, test_map_of_an_unknown_function);
  add_for_kinds ("map/reports-its-progress", ONE_BY_ONE, test_map_reports_its_progress);
  add_for_kinds ("map/has-few-in-flight", ONE_BY_ONE, test_map_has_few_in_flight);
  add_for_kinds ("map/can-be-cancelled", ONE_BY_ONE, test_map_can_be_cancelled);
  add_for_kinds ("map/of-a-settling-function", ALL, test_map_of_a_settling_function);
  add_for_kinds ("map/outlives-shutdown", ELSEWHERE & ~BIT (KIND_DERIVED), test_map_outlives_shutdown);
  add_for_kinds ("map/ends-before-shutdown-returns", ELSEWHERE & ~BIT (KIND_DERIVED), test_map_ends_before_shutdown_returns);
  add_for_kinds ("map/is-cancelled-by-shutdown", ELSEWHERE & ~BIT (KIND_DERIVED), test_map_is_cancelled_by_shutdown);

  return g_test_run ();
}

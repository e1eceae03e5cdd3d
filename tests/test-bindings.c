/* test-bindings.c - what is there for the bindings of other languages
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <gfutures.h>

#include <stdatomic.h>
#include <string.h>

/* Functions that take and return bytes */

/* Gives back what it got; “small” is the limit below. */
static void
echo_cb (GfPromise    *promise,
         const char   *function,
         const char   *type,
         const guint8 *data,
         gsize         n_data,
         GVariant     *arguments,
         gpointer      user_data)
{
  g_assert_cmpstr (function, ==, gf_promise_get_function (promise));
  g_assert_cmpstr (user_data, ==, "data");

  if (strcmp (function, "test.nothing") == 0)
    {
      g_assert_null (data);
      g_assert_null (arguments);
    }
  else if (strcmp (function, "test.fail") == 0)
    gf_promise_reject_literal (promise, G_IO_ERROR, G_IO_ERROR_NOT_FOUND, "not here");
  else if (strcmp (function, "test.bad-type") == 0)
    gf_function_return_serialized (promise, "no type", data, n_data);
  else if (strcmp (function, "test.bad-bytes") == 0)
    gf_function_return_serialized (promise, "s", (const guint8 *) "open", 4);
  else if (arguments != NULL)
    {
      g_assert_null (data);
      gf_promise_resolve_variant (promise, arguments);
    }
  else
    {
      g_assert_cmpuint (n_data, <=, 64);
      /* The last time counts. */
      gf_function_return_serialized (promise, "i", (const guint8 *) "\1\0\0\0", 4);
      gf_function_return_serialized (promise, type, data, n_data);
    }
}

static guint n_destroyed;

static void
destroy_cb (gpointer data G_GNUC_UNUSED)
{
  n_destroyed++;
}

static void
register_echo (const char *name)
{
  gf_function_register_serialized (name, 64, echo_cb, (gpointer) "data", destroy_cb);
}

static GVariant *
result_of (GfFuture *future)
{
  g_autoptr (GError) error = NULL;
  GVariant *result;

  gf_future_run_until_done (future, NULL, &error);
  g_assert_no_error (error);
  result = gf_future_get_variant (future, &error);
  g_assert_no_error (error);

  return result;
}

static void
check_serialized (GfExecutor *executor)
{
  g_autoptr (GfFuture) small = gf_executor_call (executor, "test.echo", g_variant_new ("(is)", 3, "x"));
  g_autoptr (GfFuture) none = gf_executor_call (executor, "test.nothing", NULL);
  g_autoptr (GfFuture) fails = gf_executor_call (executor, "test.fail", NULL);
  g_autoptr (GfFuture) bad_type = gf_executor_call (executor, "test.bad-type", NULL);
  g_autoptr (GfFuture) bad_bytes = gf_executor_call (executor, "test.bad-bytes", NULL);
  g_autofree char *text = g_strnfill (1000, 'x');
  g_autoptr (GfFuture) large = gf_executor_call (executor, "test.echo", g_variant_new_string (text));
  g_autoptr (GVariant) expected = g_variant_ref_sink (g_variant_new ("(is)", 3, "x"));

  g_assert_true (g_variant_equal (result_of (small), expected));
  g_assert_null (result_of (none));
  g_assert_cmpstr (g_variant_get_string (result_of (large), NULL), ==, text);
  gf_future_run_until_done (fails, NULL, NULL);
  g_assert_error (gf_future_get_error (fails), G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
  gf_future_run_until_done (bad_type, NULL, NULL);
  g_assert_error (gf_future_get_error (bad_type), G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT);
  gf_future_run_until_done (bad_bytes, NULL, NULL);
  g_assert_error (gf_future_get_error (bad_bytes), G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT);
}

static void
run_out (void)
{
  while (g_main_context_iteration (NULL, FALSE))
    ;
}

static void
test_serialized_functions (void)
{
  static const char *const names[] = { "test.echo", "test.nothing", "test.fail", "test.bad-type", "test.bad-bytes" };
  g_autoptr (GfExecutor) pool = gf_thread_pool_executor_new (2);

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    register_echo (names[i]);

  check_serialized (gf_inline_executor_get ());
  check_serialized (pool);
  gf_executor_shutdown (pool, TRUE, FALSE);

  n_destroyed = 0;
  register_echo ("test.echo");
  run_out ();
  g_assert_cmpuint (n_destroyed, ==, 1);
}

static void
test_serialized_fallback (void)
{
  g_autoptr (GfFuture) future = NULL;

  register_echo (NULL);
  future = gf_executor_call (gf_inline_executor_get (), "test.any-name", g_variant_new_int32 (7));
  g_assert_cmpint (g_variant_get_int32 (result_of (future)), ==, 7);
}

static void
test_serialized_map (void)
{
  g_autoptr (GfExecutor) pool = gf_thread_pool_executor_new (2);
  g_autoptr (GfFuture) future = NULL;
  g_autoptr (GVariant) items = g_variant_ref_sink (g_variant_new_parsed ("[1, 2, 3, 4, 5]"));

  register_echo ("test.echo");
  future = gf_executor_map (pool, "test.echo", items, 2);
  g_assert_true (g_variant_equal (result_of (future), items));
  gf_executor_shutdown (pool, TRUE, FALSE);
}

static void
test_peek_serialized (void)
{
  g_autoptr (GfFuture) text = gf_future_new_for_variant (g_variant_new_string ("abc"));
  g_autoptr (GfFuture) empty = gf_future_new_for_variant (g_variant_new_maybe (G_VARIANT_TYPE_VARIANT, NULL));
  g_autoptr (GfFuture) nothing = gf_future_new_for_variant (NULL);
  g_autoptr (GfFuture) number = gf_future_new_for_int (7);
  g_autoptr (GfFuture) failed = gf_future_new_for_error (g_error_new_literal (G_IO_ERROR, G_IO_ERROR_FAILED, "no"));
  g_autoptr (GfPromise) pending = gf_promise_new ();
  g_autoptr (GError) error = NULL;
  const guint8 *data;
  const char *type = NULL;
  gsize n_data = 1;

  data = gf_future_peek_serialized (text, 4, &type, &n_data, &error);
  g_assert_cmpmem (data, n_data, "abc", 4);
  g_assert_cmpstr (type, ==, "s");
  type = NULL;
  g_assert_null (gf_future_peek_serialized (text, 3, &type, &n_data, &error));
  g_assert_cmpstr (type, ==, "s");
  g_assert_cmpuint (n_data, ==, 0);
  g_assert_null (gf_future_peek_serialized (empty, 100, &type, &n_data, &error));
  g_assert_cmpstr (type, ==, "mv");
  g_assert_null (gf_future_peek_serialized (nothing, 100, &type, &n_data, &error));
  g_assert_null (type);
  g_assert_no_error (error);
  g_assert_null (gf_future_peek_serialized (number, 100, &type, &n_data, &error));
  g_assert_null (type);
  g_assert_no_error (error);
  g_assert_null (gf_future_peek_serialized (failed, 100, NULL, &n_data, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_FAILED);
  g_clear_error (&error);
  g_assert_null (gf_future_peek_serialized (GF_FUTURE (pending), 100, NULL, &n_data, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_PENDING);
}

/* Waiting in turns */

static void
test_poll (void)
{
  g_autoptr (GfPromise) promise = gf_promise_new ();
  GfFuture *futures[] = { GF_FUTURE (promise) };

  g_assert_false (gf_future_poll (futures[0], 0));
  g_assert_false (gf_future_poll (futures[0], 1000));
  g_assert_false (gf_wait_poll (futures, 1, GF_RETURN_WHEN_ALL_COMPLETED, 1000));
  g_assert_false (gf_future_is_done (futures[0]));
  gf_promise_resolve_int (promise, 1);
  g_assert_true (gf_future_poll (futures[0], -1));
  g_assert_true (gf_wait_poll (futures, 1, GF_RETURN_WHEN_FIRST_COMPLETED, -1));
}

/* Quiet futures */

static void
count_cb (GfFuture *future G_GNUC_UNUSED,
          gpointer  n)
{
  (*(guint *) n)++;
}

static void
test_quiet_stays_away (void)
{
  /* Where nothing else arrives: what threads of earlier cases let go of comes home late. */
  g_autoptr (GMainContext) context = g_main_context_new ();
  GfPromise *promise;
  gpointer weak;

  g_main_context_push_thread_default (context);
  weak = promise = gf_promise_new ();
  g_object_add_weak_pointer (weak, &weak);
  gf_future_set_quiet (GF_FUTURE (promise), TRUE);
  gf_promise_resolve_int (promise, 1);
  g_assert_false (g_main_context_pending (context));
  /* Nobody keeps it for its main context. */
  g_object_unref (promise);
  g_assert_null (weak);
  g_main_context_pop_thread_default (context);
}

/* Settled before the call returns, and yet not sent home. */
static void
test_quiet_calls (void)
{
  g_autoptr (GMainContext) context = g_main_context_new ();
  g_autoptr (GVariant) arguments = g_variant_ref_sink (g_variant_new_int32 (7));
  guint n = 0;

  register_echo ("test.echo");
  g_main_context_push_thread_default (context);
  for (guint i = 0; i < 2; i++)
    {
      GfFuture *future;
      gpointer weak;

      future = i == 0 ? gf_binding_call_quietly (gf_inline_executor_get (), "test.echo", arguments)
                      : gf_binding_call_serialized_quietly (gf_inline_executor_get (), "test.echo", "i",
                                                            (const guint8 *) "\7\0\0\0", 4);
      weak = future;
      g_object_add_weak_pointer (weak, &weak);
      g_assert_cmpint (gf_future_get_state (future), ==, GF_FUTURE_STATE_SUCCEEDED);
      g_assert_false (g_main_context_pending (context));
      gf_future_set_quiet (future, FALSE);
      g_signal_connect (future, "done", G_CALLBACK (count_cb), &n);
      while (n == i)
        g_main_context_iteration (context, TRUE);
      g_object_unref (future);
      g_assert_null (weak);
    }
  g_main_context_pop_thread_default (context);
}

static gpointer
unref_thread (gpointer object)
{
  g_object_unref (object);

  return NULL;
}

/* What may be released anywhere does not wait for a main loop. */
static void
test_ignored_data (void)
{
  const char *keys[] = { "test-bindings-data", "test-bindings-other-data" };
  g_autoptr (GMainContext) context = g_main_context_new ();

  gf_binding_ignore_data (keys[0]);
  gf_binding_ignore_data (keys[0]);

  g_main_context_push_thread_default (context);
  for (guint i = 0; i < G_N_ELEMENTS (keys); i++)
    {
      GfPromise *promise = gf_promise_new ();

      n_destroyed = 0;
      gf_future_set_quiet (GF_FUTURE (promise), TRUE);
      g_object_set_data_full (G_OBJECT (promise), keys[i], (gpointer) "data", destroy_cb);
      gf_promise_resolve_int (promise, 1);
      g_thread_join (g_thread_new (NULL, unref_thread, promise));
      g_assert_cmpuint (n_destroyed, ==, 1 - i);
      while (n_destroyed == 0)
        g_main_context_iteration (context, TRUE);
    }
  g_main_context_pop_thread_default (context);
}

static void
test_quiet_with_a_handler (void)
{
  g_autoptr (GfPromise) promise = gf_promise_new ();
  guint n = 0;

  gf_future_set_quiet (GF_FUTURE (promise), TRUE);
  g_signal_connect (promise, "done", G_CALLBACK (count_cb), &n);
  gf_promise_resolve_int (promise, 1);
  run_out ();
  g_assert_cmpuint (n, ==, 1);
}

/* Those that come home with it, and those that come late. */
static void
test_quiet_with_a_callback (void)
{
  for (guint settles_first = 0; settles_first < 2; settles_first++)
    {
      g_autoptr (GfPromise) promise = gf_promise_new ();
      guint n = 0;

      gf_future_set_quiet (GF_FUTURE (promise), TRUE);
      if (settles_first)
        gf_promise_resolve_int (promise, 1);
      run_out ();
      gf_future_add_done_callback (GF_FUTURE (promise), NULL, count_cb, &n, NULL);
      if (!settles_first)
        gf_promise_resolve_int (promise, 1);
      run_out ();
      g_assert_cmpuint (n, ==, 1);
    }
}

static void
test_quiet_is_made_loud (void)
{
  for (guint settles_first = 0; settles_first < 2; settles_first++)
    {
      g_autoptr (GfPromise) promise = gf_promise_new ();
      guint n = 0;

      gf_future_set_quiet (GF_FUTURE (promise), TRUE);
      if (settles_first)
        gf_promise_resolve_int (promise, 1);
      run_out ();
      gf_future_set_quiet (GF_FUTURE (promise), FALSE);
      g_signal_connect (promise, "done", G_CALLBACK (count_cb), &n);
      if (!settles_first)
        gf_promise_resolve_int (promise, 1);
      run_out ();
      g_assert_cmpuint (n, ==, 1);
      gf_future_set_quiet (GF_FUTURE (promise), FALSE);
      run_out ();
      g_assert_cmpuint (n, ==, 1);
    }
}

static void
wait_cb (GfPromise *promise G_GNUC_UNUSED,
         gpointer   gate,
         GError   **error G_GNUC_UNUSED)
{
  g_mutex_lock (gate);
  g_mutex_unlock (gate);
}

/* Cancelled, and still in the queue of its executor when it goes home. */
static void
test_quiet_in_a_queue (void)
{
  g_autoptr (GfExecutor) pool = gf_thread_pool_executor_new (1);
  GfFuture *futures[10];
  GMutex gate;
  guint n = 0;

  g_mutex_init (&gate);
  g_mutex_lock (&gate);
  for (guint i = 0; i < G_N_ELEMENTS (futures); i++)
    {
      futures[i] = gf_executor_submit (pool, wait_cb, &gate, NULL);
      gf_future_set_quiet (futures[i], TRUE);
    }
  for (guint i = 1; i < G_N_ELEMENTS (futures); i += 2)
    {
      g_assert_true (gf_future_cancel (futures[i]));
      gf_future_set_quiet (futures[i], FALSE);
      g_signal_connect (futures[i], "done", G_CALLBACK (count_cb), &n);
    }
  run_out ();
  g_assert_cmpuint (n, ==, G_N_ELEMENTS (futures) / 2);

  g_mutex_unlock (&gate);
  for (guint i = 0; i < G_N_ELEMENTS (futures); i++)
    {
      gf_future_run_until_done (futures[i], NULL, NULL);
      g_assert_cmpint (gf_future_is_cancelled (futures[i]), ==, i % 2);
      g_object_unref (futures[i]);
    }
  gf_executor_shutdown (pool, TRUE, FALSE);
  g_mutex_clear (&gate);
}

static void
resolve_cb (GfPromise *promise,
            gpointer   data G_GNUC_UNUSED,
            GError   **error G_GNUC_UNUSED)
{
  gf_promise_resolve_int (promise, 1);
}

/* Made loud while it is settled: neither sees the other's half only. */
static void
test_quiet_races (void)
{
  g_autoptr (GfExecutor) pool = gf_thread_pool_executor_new (2);

  for (guint i = 0; i < 20000; i++)
    {
      g_autoptr (GfFuture) future = gf_executor_submit (pool, resolve_cb, NULL, NULL);
      guint n = 0;

      gf_future_set_quiet (future, TRUE);
      for (guint j = 0; j < i % 300; j++)
        atomic_signal_fence (memory_order_seq_cst);
      gf_future_set_quiet (future, FALSE);
      g_signal_connect (future, "done", G_CALLBACK (count_cb), &n);
      while (n == 0)
        g_main_context_iteration (NULL, TRUE);
      run_out ();
      g_assert_cmpuint (n, ==, 1);
    }
  gf_executor_shutdown (pool, TRUE, FALSE);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/bindings/serialized/functions", test_serialized_functions);
  g_test_add_func ("/bindings/serialized/map", test_serialized_map);
  g_test_add_func ("/bindings/serialized/peek", test_peek_serialized);
  g_test_add_func ("/bindings/serialized/fallback", test_serialized_fallback);
  g_test_add_func ("/bindings/ignored-data", test_ignored_data);
  g_test_add_func ("/bindings/poll", test_poll);
  g_test_add_func ("/bindings/quiet/stays-away", test_quiet_stays_away);
  g_test_add_func ("/bindings/quiet/calls", test_quiet_calls);
  g_test_add_func ("/bindings/quiet/with-a-handler", test_quiet_with_a_handler);
  g_test_add_func ("/bindings/quiet/with-a-callback", test_quiet_with_a_callback);
  g_test_add_func ("/bindings/quiet/is-made-loud", test_quiet_is_made_loud);
  g_test_add_func ("/bindings/quiet/in-a-queue", test_quiet_in_a_queue);
  g_test_add_func ("/bindings/quiet/races", test_quiet_races);

  return g_test_run ();
}

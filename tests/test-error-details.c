/* test-error-details.c - bytes that go with an error
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "test-processes.h"

static gint n_freed;

static void
free_counted (gpointer data)
{
  g_atomic_int_inc (&n_freed);
  g_free (data);
}

/* Bytes that follow from @size. */
static GBytes *
details_new (gsize size)
{
  guint8 *data = g_malloc (size + 1);

  for (gsize i = 0; i < size; i++)
    data[i] = (guint8) (size + i + (i >> 8) + (i >> 16));
  return g_bytes_new_with_free_func (data, size, free_counted, data);
}

static GError *
error_new (void)
{
  return g_error_new_literal (G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "no luck");
}

#define assert_details(future, size) assert_details_at ((future), (size), G_STRLOC)

static void
assert_details_at (GfFuture   *future,
                   gsize       size,
                   const char *place)
{
  g_autoptr (GBytes) details = gf_future_get_error_details (future);
  g_autoptr (GBytes) expected = details_new (size);

  if (!g_error_matches (gf_future_get_error (future), G_IO_ERROR, G_IO_ERROR_INVALID_DATA))
    g_error ("%s: another error, or none", place);
  g_assert_cmpstr (gf_future_get_error (future)->message, ==, "no luck");
  if (details == NULL)
    g_error ("%s: no details", place);
  g_assert_true (g_bytes_equal (details, expected));
}

static void
assert_no_details (GfFuture *future)
{
  g_assert_null (gf_future_get_error_details (future));
}

static GfFuture *
failed_new (gsize size)
{
  g_autoptr (GBytes) details = details_new (size);
  GfPromise *promise = gf_promise_new ();

  g_assert_true (gf_promise_reject_with_details (promise, error_new (), details));
  return GF_FUTURE (promise);
}

/* One future */

static void
test_are_kept (void)
{
  g_autoptr (GfFuture) future = failed_new (100);

  assert_details (future, 100);
  assert_details (future, 100);
  test_drain ();
}

static void
test_of_no_bytes (void)
{
  g_autoptr (GfFuture) future = failed_new (0);

  assert_details (future, 0);
}

static void
test_none (void)
{
  g_autoptr (GfPromise) pending = gf_promise_new ();
  g_autoptr (GfPromise) cancelled = gf_promise_new ();
  g_autoptr (GfPromise) timed_out = gf_promise_new ();
  g_autoptr (GfPromise) failed = gf_promise_new ();
  g_autoptr (GfPromise) without = gf_promise_new ();
  g_autoptr (GfFuture) succeeded = gf_future_new_for_int (1);

  gf_future_cancel (GF_FUTURE (cancelled));
  gf_promise_reject (failed, error_new ());
  g_assert_true (gf_promise_reject_with_details (without, error_new (), NULL));
  gf_future_set_timeout (GF_FUTURE (timed_out), 0);
  test_settle (GF_FUTURE (timed_out));
  assert_no_details (GF_FUTURE (pending));
  assert_no_details (GF_FUTURE (cancelled));
  assert_no_details (GF_FUTURE (timed_out));
  assert_no_details (GF_FUTURE (failed));
  assert_no_details (GF_FUTURE (without));
  assert_no_details (succeeded);
  test_drain ();
}

static void
test_of_a_settled_one_are_dropped (void)
{
  g_autoptr (GBytes) details = details_new (10);
  g_autoptr (GfPromise) failed = gf_promise_new ();
  g_autoptr (GfPromise) cancelled = gf_promise_new ();
  gint before;

  gf_promise_reject (failed, error_new ());
  g_assert_false (gf_promise_reject_with_details (failed, error_new (), details));
  assert_no_details (GF_FUTURE (failed));
  gf_future_cancel (GF_FUTURE (cancelled));
  g_assert_false (gf_promise_reject_with_details (cancelled, error_new (), details));
  assert_no_details (GF_FUTURE (cancelled));

  before = n_freed;
  g_clear_pointer (&details, g_bytes_unref);
  g_assert_cmpint (n_freed, ==, before + 1);
  test_drain ();
}

static void
test_are_freed_with_the_future (void)
{
  GfFuture *future = failed_new (10);
  gint before = n_freed;

  test_drain ();
  g_assert_finalize_object (future);
  g_assert_cmpint (n_freed, ==, before + 1);
}

/* Futures that take over the failure of others */

static GfFuture *
return_data_cb (GfFuture *settled,
                gpointer  data,
                GError  **error)
{
  return g_object_ref (data);
}

static GfFuture *
return_itself_cb (GfFuture *settled,
                  gpointer  data,
                  GError  **error)
{
  return g_object_ref (settled);
}

static GfFuture *
return_nothing_cb (GfFuture *settled,
                   gpointer  data,
                   GError  **error)
{
  return NULL;
}

static void
test_of_derived_futures (void)
{
  g_autoptr (GfPromise) late = gf_promise_new ();
  g_autoptr (GBytes) details = details_new (30);
  g_autoptr (GfFuture) failed = failed_new (20);
  g_autoptr (GfFuture) other = failed_new (40);
  g_autoptr (GfFuture) value = gf_future_new_for_int (1);
  g_autoptr (GfFuture) passed_by = gf_future_then (failed, return_nothing_cb, NULL, NULL);
  g_autoptr (GfFuture) passed_by_twice = gf_future_then (passed_by, return_nothing_cb, NULL, NULL);
  g_autoptr (GfFuture) returned = gf_future_then (value, return_data_cb, failed, NULL);
  g_autoptr (GfFuture) returned_late = gf_future_then (value, return_data_cb, late, NULL);
  g_autoptr (GfFuture) itself = gf_future_catch (failed, return_itself_cb, NULL, NULL);
  g_autoptr (GfFuture) another = gf_future_catch (failed, return_data_cb, other, NULL);
  g_autoptr (GfFuture) kept = gf_future_finally (failed, return_nothing_cb, NULL, NULL);
  g_autoptr (GfFuture) kept_over_value = gf_future_finally (failed, return_data_cb, value, NULL);
  g_autoptr (GfFuture) replaced = gf_future_finally (failed, return_data_cb, other, NULL);
  g_autoptr (GfFuture) caught = gf_future_catch (failed, return_nothing_cb, NULL, NULL);

  test_turn_until (gf_future_is_done (caught) && gf_future_is_done (passed_by_twice) &&
                   gf_future_is_running (returned_late));
  gf_promise_reject_with_details (late, error_new (), details);
  test_turn_until (gf_future_is_done (returned_late));
  test_drain ();
  assert_details (passed_by, 20);
  assert_details (passed_by_twice, 20);
  assert_details (returned, 20);
  assert_details (returned_late, 30);
  assert_details (itself, 20);
  assert_details (another, 40);
  assert_details (kept, 20);
  assert_details (kept_over_value, 20);
  assert_details (replaced, 40);
  assert_no_details (caught);
}

static void
test_of_sets (void)
{
  g_autoptr (GfPromise) pending = gf_promise_new ();
  g_autoptr (GfFuture) failed = failed_new (20);
  g_autoptr (GfFuture) other = failed_new (40);
  GfFuture *one[] = { GF_FUTURE (pending), failed };
  GfFuture *both[] = { other, failed };
  g_autoptr (GfFutureSet) race = gf_future_race (one, 2);
  g_autoptr (GfFutureSet) all = NULL;
  g_autoptr (GfFutureSet) any = gf_future_any (both, 2);
  g_autoptr (GfPromise) another = gf_promise_new ();

  one[0] = GF_FUTURE (another);
  all = gf_future_all (one, 2);
  assert_details (GF_FUTURE (race), 20);
  assert_details (GF_FUTURE (all), 20);
  assert_details (GF_FUTURE (any), 40);
  test_drain ();
}

static void
fail_task (GfPromise  *promise,
           gpointer    user_data,
           GError    **error)
{
  g_autoptr (GBytes) details = details_new (GPOINTER_TO_SIZE (user_data));

  gf_promise_reject_with_details (promise, error_new (), details);
}

static void
test_of_a_scope (void)
{
  g_autoptr (GfExecutor) pool = gf_thread_pool_executor_new (1);
  g_autoptr (GfTaskScope) scope = gf_task_scope_new (pool, GF_TASK_SCOPE_POLICY_CANCEL_ON_ERROR);
  g_autoptr (GfFuture) task = gf_executor_submit (pool, fail_task, GSIZE_TO_POINTER (50), NULL);
  g_autoptr (GfFuture) end = NULL;

  gf_task_scope_add (scope, task);
  end = gf_task_scope_close (scope);
  test_settle (end);
  assert_details (end, 50);
  gf_executor_shutdown (pool, TRUE, FALSE);
  test_drain ();
}

/* Threads */

typedef struct
{
  GfPromise *promise;
  GfFuture *derived;
  gboolean rejected;
} RacingPromise;

static gpointer
reject_thread (gpointer data)
{
  GAsyncQueue *queue = data;
  RacingPromise *racing;

  while ((racing = g_async_queue_pop (queue))->promise != NULL)
    {
      g_autoptr (GBytes) details = details_new (33);

      racing->rejected = gf_promise_reject_with_details (racing->promise, error_new (), details);
    }
  return NULL;
}

static gpointer
look_thread (gpointer data)
{
  RacingPromise *racing = data;

  for (; racing->promise != NULL; racing++)
    {
      GfFuture *future = GF_FUTURE (racing->promise);

      while (!gf_future_is_done (future))
        ;
      if (gf_future_is_cancelled (future))
        assert_no_details (future);
      else
        assert_details (future, 33);
    }
  return NULL;
}

static void
test_race_with_cancelling (void)
{
  guint n = g_test_slow () ? 100000 : 3000;
  g_autofree RacingPromise *racing = g_new0 (RacingPromise, n + 1);
  g_autoptr (GAsyncQueue) queue = g_async_queue_new ();
  guint n_cancelled = 0;
  GThread *threads[2];

  for (guint i = 0; i < n; i++)
    {
      racing[i].promise = gf_promise_new ();
      racing[i].derived = gf_future_then (GF_FUTURE (racing[i].promise), return_nothing_cb, NULL, NULL);
    }
  threads[0] = g_thread_new ("reject", reject_thread, queue);
  threads[1] = g_thread_new ("look", look_thread, racing);
  for (guint i = 0; i < n; i++)
    {
      g_async_queue_push (queue, &racing[i]);
      if (i % 2 == 0)
        g_thread_yield ();
      if (i % 3 != 0)
        n_cancelled += gf_future_cancel (GF_FUTURE (racing[i].promise));
    }
  g_async_queue_push (queue, &racing[n]);
  g_thread_join (threads[0]);
  g_thread_join (threads[1]);

  for (guint i = 0; i < n; i++)
    {
      GfFuture *future = GF_FUTURE (racing[i].promise);

      test_turn_until (gf_future_is_done (racing[i].derived));
      g_assert_cmpint (racing[i].rejected, ==, !gf_future_is_cancelled (future));
      n_cancelled -= gf_future_is_cancelled (future);
      if (racing[i].rejected)
        {
          assert_details (future, 33);
          assert_details (racing[i].derived, 33);
        }
      else
        {
          assert_no_details (future);
          assert_no_details (racing[i].derived);
        }
      g_object_unref (racing[i].promise);
      g_object_unref (racing[i].derived);
    }
  g_assert_cmpuint (n_cancelled, ==, 0);
  test_drain ();
}

/* Named functions */

/* t: fails with details of that size */
DEFINE_FUNCTION (fail_with_details_function)
{
  g_autoptr (GBytes) details = details_new (g_variant_get_uint64 (arguments));

  /* a part of a map is cancelled when another has failed */
  if (!gf_promise_reject_with_details (promise, error_new (), details))
    g_assert_true (gf_future_is_cancelled (GF_FUTURE (promise)));
  return NULL;
}

/* t: the same, in a GfBuffer */
DEFINE_FUNCTION (fail_with_a_buffer_function)
{
  gsize size = g_variant_get_uint64 (arguments);
  g_autoptr (GBytes) details = details_new (size);
  g_autoptr (GfBuffer) buffer = gf_buffer_new (size, NULL);
  g_autoptr (GBytes) sealed = NULL;

  memcpy (gf_buffer_get_data (buffer, NULL), g_bytes_get_data (details, NULL), size);
  sealed = gf_buffer_seal (buffer);
  g_assert_true (gf_promise_reject_with_details (promise, error_new (), sealed));
  return NULL;
}

static void
fail_with_n_details (GfPromise *promise,
                     guint64    n)
{
  g_autoptr (GVariant) arguments = g_variant_ref_sink (g_variant_new_uint64 (n));

  fail_with_details_function (arguments, promise, NULL, NULL);
}

/* From 3 on with as many bytes, and what it does besides has no meaning. */
DEFINE_FUNCTION (fail_from_3_function)
{
  gint32 x = g_variant_get_int32 (arguments);

  if (x < 3)
    return g_variant_new_int32 (x);
  fail_with_n_details (promise, x);
  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_BUSY, "another one");
  return g_variant_new_int32 (x);
}

/* s: settles its promise, and then something else */
DEFINE_FUNCTION (settle_first_function)
{
  const char *how = g_variant_get_string (arguments, NULL);

  if (how[0] == 'r')
    gf_promise_resolve_variant (promise, g_variant_new_string ("resolved"));
  else
    fail_with_n_details (promise, 5);
  if (how[1] == 'e')
    g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_BUSY, "too late");
  return how[1] == 'v' ? g_variant_new_string ("too late") : NULL;
}

static void
check_functions (GfExecutor *executor)
{
  static const guint64 sizes[] = { 0, 1, 100, 200, 255, 256, 257, 5000, 16384, 65536, 70001, 262144, 262145, 3 * MIB };
  static const char *const ways[] = { "rn", "re", "rv", "fn", "fe", "fv" };

  for (guint i = 0; i < 2 * G_N_ELEMENTS (sizes); i++)
    {
      guint64 size = sizes[i / 2];
      g_autoptr (GfFuture) future = gf_executor_call (executor,
                                                      i % 2 != 0 && size > 0 ? "test.fail-with-a-buffer"
                                                                             : "test.fail-with-details",
                                                      g_variant_new_uint64 (size));

      test_settle (future);
      assert_details (future, size);
    }

  for (guint i = 0; i < G_N_ELEMENTS (ways); i++)
    {
      g_autoptr (GfFuture) future = gf_executor_call (executor, "test.settle-first", g_variant_new_string (ways[i]));

      test_settle (future);
      if (ways[i][0] == 'r')
        g_assert_cmpstr (g_variant_get_string (test_result (future), NULL), ==, "resolved");
      else
        assert_details (future, 5);
    }

  for (guint chunk_size = 0; chunk_size < 7; chunk_size++)
    {
      g_autoptr (GBytes) details = NULL;
      g_autoptr (GfFuture) future =
        gf_executor_map (executor, "test.fail-from-3", g_variant_new_parsed ("[1, 2, 3, 1, 4, 5]"), chunk_size);

      test_settle (future);
      details = gf_future_get_error_details (future);
      g_assert_nonnull (details);
      /* with several chunks, one that is done at the same time may be the first */
      if (chunk_size < 6)
        g_assert_cmpuint (g_bytes_get_size (details), >=, 3);
      else
        g_assert_cmpuint (g_bytes_get_size (details), ==, 3);
      assert_details (future, g_bytes_get_size (details));
    }
}

static void
test_of_functions_in_a_thread_pool (void)
{
  g_autoptr (GfExecutor) pool = gf_thread_pool_executor_new (2);

  check_functions (pool);
  gf_executor_shutdown (pool, TRUE, FALSE);
  test_drain ();
}

static void
test_of_functions_in_workers (TestPool     *self,
                              gconstpointer data)
{
  check_functions (self->pool);
  test_assert_healthy (self->pool);
}

static void
test_that_are_too_large (TestPool     *self,
                         gconstpointer data)
{
  static const struct
  {
    guint64 limit;
    guint64 size;
    gboolean fits;
  } cases[] = {
    { MIB, MIB, FALSE },
    { MIB, MIB - 200, TRUE },
    { MIB, 2 * MIB, FALSE },
    { 4096, 4000, TRUE },
    { 4096, 4096, FALSE },
    { 4096, 100000, FALSE },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      GfExecutor *pool = test_pool_new (1, self->via);
      g_autoptr (GfFuture) future = NULL;

      g_object_set (pool, "max-message-size", cases[i].limit, NULL);
      future = gf_executor_call (pool, "test.fail-with-details", g_variant_new_uint64 (cases[i].size));
      test_settle (future);
      if (cases[i].fits)
        assert_details (future, cases[i].size);
      else
        {
          g_assert_error (gf_future_get_error (future), G_IO_ERROR, G_IO_ERROR_INVALID_DATA);
          assert_no_details (future);
        }
      test_assert_healthy (pool);
      test_pool_end (pool);
    }
}

static void
test_leave_no_descriptor (TestPool     *self,
                          gconstpointer data)
{
  guint before;

  test_assert_healthy (self->pool);
  before = test_n_descriptors ();
  for (guint i = 0; i < 100; i++)
    {
      g_autoptr (GfFuture) future = gf_executor_call (self->pool, "test.fail-with-a-buffer",
                                                      g_variant_new_uint64 (100000 + i));

      test_settle (future);
      assert_details (future, 100000 + i);
    }
  test_drain ();
  test_await_descriptors (before);
}

int
main (int    argc,
      char **argv)
{
  gf_function_register ("test.fail-with-details", fail_with_details_function, NULL, NULL);
  gf_function_register ("test.fail-with-a-buffer", fail_with_a_buffer_function, NULL, NULL);
  gf_function_register ("test.fail-from-3", fail_from_3_function, NULL, NULL);
  gf_function_register ("test.settle-first", settle_first_function, NULL, NULL);
  test_worker_main (argc, argv);
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/error-details/are-kept", test_are_kept);
  g_test_add_func ("/error-details/of-no-bytes", test_of_no_bytes);
  g_test_add_func ("/error-details/none", test_none);
  g_test_add_func ("/error-details/of-a-settled-one-are-dropped", test_of_a_settled_one_are_dropped);
  g_test_add_func ("/error-details/are-freed-with-the-future", test_are_freed_with_the_future);
  g_test_add_func ("/error-details/of-derived-futures", test_of_derived_futures);
  g_test_add_func ("/error-details/of-sets", test_of_sets);
  g_test_add_func ("/error-details/of-a-scope", test_of_a_scope);
  g_test_add_func ("/error-details/race-with-cancelling", test_race_with_cancelling);
  g_test_add_func ("/error-details/of-functions-in-a-thread-pool", test_of_functions_in_a_thread_pool);
  test_add_for_vias ("error-details/of-functions", BOTH_WAYS, test_of_functions_in_workers);
  test_add_for_vias ("error-details/that-are-too-large", BOTH_WAYS, test_that_are_too_large);
  test_add_for_vias ("error-details/leave-no-descriptor", BOTH_WAYS, test_leave_no_descriptor);

  return g_test_run ();
}

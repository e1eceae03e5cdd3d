/* test-from-c.c - the functions of a JavaScript module, called from C
 *
 * The URI of tasks.js is the first argument.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <gfutures.h>

#include <gio/gio.h>

static GfExecutor *pool;

static GVariant *
result_of (GfFuture *future)
{
  GError *error = NULL;
  GVariant *result;

  gf_future_result (future, -1, NULL, &error);
  g_assert_no_error (error);
  result = gf_future_get_variant (future, &error);
  g_assert_no_error (error);

  return result;
}

static void
test_values (void)
{
  g_autoptr (GfFuture) sum = gf_executor_call (pool, "add", g_variant_new ("(ix)", 2, G_GINT64_CONSTANT (40)));
  g_autoptr (GfFuture) text = gf_executor_call (pool, "add", g_variant_new ("(ss)", "a", "b"));
  g_autoptr (GfFuture) nothing = gf_executor_call (pool, "noop", NULL);
  g_autoptr (GfFuture) echo = gf_executor_call (pool, "echo", g_variant_new_parsed ("({'a': <[1, 2]>},)"));
  g_autoptr (GVariant) expected = NULL;

  g_assert_cmpint (g_variant_get_int64 (result_of (sum)), ==, 42);
  g_assert_cmpstr (g_variant_get_string (result_of (text), NULL), ==, "ab");
  g_assert_null (result_of (nothing));
  expected = g_variant_ref_sink (g_variant_new_parsed ("{'a': <[1, 2]>}"));
  g_assert_cmpvariant (result_of (echo), expected);
}

static void
test_asynchronous (void)
{
  g_autoptr (GfFuture) future = gf_executor_call (pool, "later", g_variant_new ("(s)", "text"));

  g_assert_cmpstr (g_variant_get_string (result_of (future), NULL), ==, "text");
}

static void
test_map (void)
{
  gint64 numbers[] = { 1, 2, 3, 4, 5 };
  GVariant *items = g_variant_new_fixed_array (G_VARIANT_TYPE_INT64, numbers, G_N_ELEMENTS (numbers), sizeof *numbers);
  g_autoptr (GfFuture) future = gf_executor_map (pool, "square", items, 2);
  g_autoptr (GVariant) expected = g_variant_ref_sink (g_variant_new_parsed ("@ax [1, 4, 9, 16, 25]"));

  g_assert_cmpvariant (result_of (future), expected);
}

static void
check_error (const char *function,
             const char *argument,
             GQuark      domain,
             int         code,
             const char *message)
{
  g_autoptr (GfFuture) future = gf_executor_call (pool, function, g_variant_new ("(s)", argument));
  g_autoptr (GError) error = NULL;

  g_assert_null (gf_future_result (future, -1, NULL, &error));
  g_assert_error (error, domain, code);
  g_assert_nonnull (strstr (error->message, message));
}

static void
test_errors (void)
{
  g_autofree char *traceback = NULL;
  g_autoptr (GError) error = g_error_new_literal (GF_FUTURE_ERROR, GF_FUTURE_ERROR_REMOTE, "TypeError: a type error");

  check_error ("fail", "type", GF_FUTURE_ERROR, GF_FUTURE_ERROR_REMOTE, "TypeError: a type error");
  check_error ("fail", "gerror", G_IO_ERROR, G_IO_ERROR_NOT_EMPTY, "not empty");
  check_error ("fail", "string", GF_FUTURE_ERROR, GF_FUTURE_ERROR_REMOTE, "fail threw");
  check_error ("missing", "", GF_FUTURE_ERROR, GF_FUTURE_ERROR_UNKNOWN_FUNCTION, "tasks.js");
  traceback = gf_error_get_remote_traceback (error);
  g_assert_nonnull (strstr (traceback, "tasks.js"));
}

static void
test_mapped_asynchronous (void)
{
  gint64 numbers[] = { 1, 2 };
  GVariant *items = g_variant_new_fixed_array (G_VARIANT_TYPE_INT64, numbers, G_N_ELEMENTS (numbers), sizeof *numbers);
  g_autoptr (GfFuture) future = gf_executor_map (pool, "squareLater", items, 1);
  g_autoptr (GError) error = NULL;

  g_assert_null (gf_future_result (future, -1, NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED);
}

static void
test_exit (void)
{
  g_autoptr (GfFuture) future = gf_executor_call (pool, "exitLater", g_variant_new ("(i)", 7));
  g_autoptr (GError) error = NULL;

  g_assert_null (gf_future_result (future, -1, NULL, &error));
  g_assert_error (error, GF_FUTURE_ERROR, GF_FUTURE_ERROR_WORKER_DIED);
  g_assert_nonnull (strstr (error->message, "status 7"));
}

int
main (int    argc,
      char **argv)
{
  const char *worker[] = {
    "gjs", "-c",
    "imports.gi.versions.GFutures = '1'; imports.system.exit (imports.gi.GFutures.serve (ARGV[0]));",
    argv[argc - 1], NULL
  };
  int status;

  g_test_init (&argc, &argv, NULL);

  pool = gf_process_pool_executor_new (1, worker);
  g_test_add_func ("/javascript/values", test_values);
  g_test_add_func ("/javascript/asynchronous", test_asynchronous);
  g_test_add_func ("/javascript/map", test_map);
  g_test_add_func ("/javascript/map/asynchronous", test_mapped_asynchronous);
  g_test_add_func ("/javascript/errors", test_errors);
  g_test_add_func ("/javascript/exit", test_exit);
  status = g_test_run ();
  gf_executor_shutdown (pool, TRUE, FALSE);
  g_object_unref (pool);

  return status;
}

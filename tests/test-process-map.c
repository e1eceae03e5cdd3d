/* test-process-map.c - mapping a function over an array, in worker processes
 *
 * The items of a chunk travel as one message, and come apart in the worker.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "test-processes.h"

/* Functions */

DEFINE_FUNCTION (number_or_text_function)
{
  gint32 x = g_variant_get_int32 (arguments);

  return x % 2 ? g_variant_new_take_string (g_strdup_printf ("%d", x)) : g_variant_new_int32 (x);
}

DEFINE_FUNCTION (fail_from_3_function)
{
  gint32 x = g_variant_get_int32 (arguments);

  if (x >= 3)
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "three or more: %d", x);
      gf_error_set_remote_traceback (*error, "in fail_from_3");
      return NULL;
    }
  return g_variant_new_int32 (x);
}

/* (is): the address, if it is to be met at this item, else "" */
DEFINE_FUNCTION (meet_item_function)
{
  const char *address;
  gint32 x;

  g_variant_get (arguments, "(i&s)", &x, &address);
  if (*address != '\0')
    {
      int fd = test_meet (address);

      test_meet_wait (fd);
      close (fd);
    }
  return g_variant_new_int32 (x);
}

/* (ib): crashes where it is told */
DEFINE_FUNCTION (crash_item_function)
{
  gboolean crash;
  gint32 x;

  g_variant_get (arguments, "(ib)", &x, &crash);
  if (crash)
    raise (SIGKILL);
  return g_variant_new_int32 (x);
}

/* (is): crashes unless the file is there, which it makes first */
DEFINE_FUNCTION (crash_once_function)
{
  const char *path;
  gint32 x;

  g_variant_get (arguments, "(i&s)", &x, &path);
  if (*path != '\0' && g_mkdir_with_parents (path, 0700) == 0)
    {
      g_autofree char *inner = g_build_filename (path, "crashed", NULL);

      if (mkdir (inner, 0700) == 0)
        raise (SIGKILL);
    }
  return g_variant_new_int32 (x);
}

DEFINE_FUNCTION (item_type_function)
{
  return g_variant_new_string (g_variant_get_type_string (arguments));
}

DEFINE_FUNCTION (hold_item_function)
{
  gf_promise_hold_free (gf_promise_hold (promise));
  return NULL;
}

/* Items */

static GVariant *
int_array (gint32 n)
{
  GVariantBuilder builder;

  g_variant_builder_init (&builder, G_VARIANT_TYPE ("ai"));
  for (gint32 i = 0; i < n; i++)
    g_variant_builder_add (&builder, "i", i);
  return g_variant_builder_end (&builder);
}

/* a(is), with the text at one item */
static GVariant *
text_at (gint32      n,
         gint32      item,
         const char *text)
{
  GVariantBuilder builder;

  g_variant_builder_init (&builder, G_VARIANT_TYPE ("a(is)"));
  for (gint32 i = 0; i < n; i++)
    g_variant_builder_add (&builder, "(is)", i, i == item ? text : "");
  return g_variant_builder_end (&builder);
}

static void
assert_numbers (GfFuture *future,
                gint32    n)
{
  GVariant *results = test_result (future);
  gsize n_results;
  const gint32 *numbers;

  g_assert_cmpstr (g_variant_get_type_string (results), ==, "ai");
  numbers = g_variant_get_fixed_array (results, &n_results, sizeof (gint32));
  g_assert_cmpuint (n_results, ==, n);
  for (gint32 i = 0; i < n; i++)
    g_assert_cmpint (numbers[i], ==, i);
}

static const guint chunk_sizes[] = { 0, 1, 7, 1000 };

/* What comes back */

static void
test_order_is_kept (TestPool     *self,
                    gconstpointer data)
{
  for (guint i = 0; i < G_N_ELEMENTS (chunk_sizes); i++)
    {
      gint32 n = chunk_sizes[i] == 1 ? 200 : 3000;
      g_autoptr (GfFuture) future = gf_executor_map (self->pool, "test.square", int_array (n), chunk_sizes[i]);
      GVariant *results = test_result (future);

      g_assert_cmpstr (g_variant_get_type_string (results), ==, "ai");
      g_assert_cmpuint (g_variant_n_children (results), ==, n);
      for (gint32 k = 0; k < n; k++)
        {
          gint32 result;

          g_variant_get_child (results, k, "i", &result);
          g_assert_cmpint (result, ==, k * k);
        }
      g_assert_cmpfloat (gf_future_get_progress (future), ==, 1.0);
    }
}

static void
test_several_types_are_av (TestPool     *self,
                           gconstpointer data)
{
  for (guint i = 0; i < G_N_ELEMENTS (chunk_sizes); i++)
    {
      g_autoptr (GfFuture) future = gf_executor_map (self->pool, "test.number-or-text", int_array (4), chunk_sizes[i]);
      g_autoptr (GVariant) expected = g_variant_ref_sink (g_variant_new_parsed ("[<0>, <'1'>, <2>, <'3'>]"));

      g_assert_cmpvariant (test_result (future), expected);
    }
}

static void
test_no_items (TestPool     *self,
               gconstpointer data)
{
  static const char *const types[] = { "ai", "a(sv)", "as", "a{sv}", "ay" };

  for (guint i = 0; i < G_N_ELEMENTS (chunk_sizes); i++)
    for (guint k = 0; k < G_N_ELEMENTS (types); k++)
      {
        g_autoptr (GfFuture) future = gf_executor_map (self->pool, "test.square",
                                                       g_variant_new_array (g_variant_type_element (G_VARIANT_TYPE (types[k])), NULL, 0),
                                                       chunk_sizes[i]);

        g_assert_true (g_variant_is_of_type (test_result (future), G_VARIANT_TYPE_ARRAY));
        g_assert_cmpuint (g_variant_n_children (test_result (future)), ==, 0);
      }
}

/* Items of every kind of size and alignment. */
static const char *const arrays[] = {
  "[true, false]", "[byte 1, 2, 3]", "b'bytes'", "[int16 1, 2]", "[1, 2, 3]", "[int64 1, 2]", "[1.5, 2.5]",
  "['a', '', 'ccc']", "[(1, 'a'), (2, '')]", "[(byte 1, 2.0), (3, 4.0)]", "[[1], [], [1, 2]]", "[<1>, <'two'>, <[3.0]>]",
  "[('a', {'k': <1>}), ('', {}), ('bb', {'x': <['y', 'z']>, 'k': <(1, 2.0)>})]", "[@ms 'a', nothing]", "[@mi 1, nothing]",
  "[(['a', 'b'], [[1.0], []]), ([], [])]", "[(), ()]", "[{'a': 1}, {}, {'b': 2, 'c': 3}]",
  "[('x', b'bytes', <b'more'>), ('', b'', <''>)]", "[objectpath '/', '/a']",
};

static void
test_items_of_all_kinds (TestPool     *self,
                         gconstpointer data)
{
  for (guint i = 0; i < G_N_ELEMENTS (arrays); i++)
    for (guint k = 0; k < G_N_ELEMENTS (chunk_sizes); k++)
      {
        g_autoptr (GVariant) items = g_variant_ref_sink (g_variant_new_parsed (arrays[i]));
        g_autoptr (GfFuture) future = gf_executor_map (self->pool, "test.echo", items, chunk_sizes[k]);

        g_assert_cmpvariant (test_result (future), items);
      }
}

/* The function gets items, not the array, and as their own type. */
static void
test_the_function_gets_each_item (TestPool     *self,
                                  gconstpointer data)
{
  static const struct
  {
    const char *items;
    const char *type;
  } kinds[] = { { "[<1>, <'s'>]", "v" }, { "[(1, 's'), (2, 't')]", "(is)" }, { "[b'a', b'b']", "ay" },
                { "[byte 1, 2]", "y" } };

  for (guint i = 0; i < G_N_ELEMENTS (kinds); i++)
    for (guint k = 0; k < G_N_ELEMENTS (chunk_sizes); k++)
      {
        g_autoptr (GfFuture) future = gf_executor_map (self->pool, "test.item-type", g_variant_new_parsed (kinds[i].items),
                                                       chunk_sizes[k]);
        GVariant *results = test_result (future);

        g_assert_cmpuint (g_variant_n_children (results), ==, 2);
        for (guint item = 0; item < 2; item++)
          {
            const char *type;

            g_variant_get_child (results, item, "&s", &type);
            g_assert_cmpstr (type, ==, kinds[i].type);
          }
      }
}

static void
test_many_nested_items (TestPool     *self,
                        gconstpointer data)
{
  g_autoptr (GVariantBuilder) builder = g_variant_builder_new (G_VARIANT_TYPE ("a(sa{sv}aay)"));
  g_autoptr (GVariant) items = NULL;

  for (guint i = 0; i < 2000; i++)
    {
      g_autofree char *text = g_strnfill (i % 97, 'x');

      g_variant_builder_add_parsed (builder, "(%s, {'n': <%u>, 't': <%s>}, [%^ay, b''])", text, i, text, text);
    }
  items = g_variant_ref_sink (g_variant_builder_end (builder));
  for (guint k = 0; k < G_N_ELEMENTS (chunk_sizes); k++)
    {
      g_autoptr (GfFuture) future = gf_executor_map (self->pool, "test.echo", items, chunk_sizes[k]);

      g_assert_cmpvariant (test_result (future), items);
    }
}

static void
test_items_of_sealed_bytes (TestPool     *self,
                            gconstpointer data)
{
  g_autoptr (GVariantBuilder) builder = g_variant_builder_new (G_VARIANT_TYPE ("aay"));
  g_autoptr (GVariant) items = NULL;

  for (guint i = 0; i < 20; i++)
    {
      g_autoptr (GfBuffer) buffer = gf_buffer_new (100000 + i, NULL);
      g_autoptr (GBytes) bytes = NULL;

      memset (gf_buffer_get_data (buffer, NULL), i, 100000 + i);
      bytes = gf_buffer_seal (buffer);
      g_variant_builder_add_value (builder, g_variant_new_from_bytes (G_VARIANT_TYPE_BYTESTRING, bytes, TRUE));
    }
  items = g_variant_ref_sink (g_variant_builder_end (builder));
  for (guint k = 0; k < G_N_ELEMENTS (chunk_sizes); k++)
    {
      g_autoptr (GfFuture) future = gf_executor_map (self->pool, "test.echo", items, chunk_sizes[k]);

      g_assert_true (g_variant_equal (test_result (future), items));
    }
}

static void
test_nothing_is_an_empty_tuple (TestPool     *self,
                                gconstpointer data)
{
  for (guint k = 0; k < G_N_ELEMENTS (chunk_sizes); k++)
    {
      g_autoptr (GfFuture) future = gf_executor_map (self->pool, "test.nothing", int_array (3), chunk_sizes[k]);
      g_autoptr (GVariant) expected = g_variant_ref_sink (g_variant_new_parsed ("[(), (), ()]"));

      g_assert_cmpvariant (test_result (future), expected);
    }
}

/* Failures */

static void
test_the_first_failure_ends_it (TestPool     *self,
                                gconstpointer data)
{
  for (guint k = 0; k < G_N_ELEMENTS (chunk_sizes); k++)
    {
      g_autoptr (GfFuture) future = gf_executor_map (self->pool, "test.fail-from-3", int_array (5000), chunk_sizes[k]);
      g_autofree char *traceback = NULL;

      test_assert_fails (future, G_IO_ERROR, G_IO_ERROR_INVALID_DATA);
      test_assert_tells (future, "three or more: 3");
      traceback = gf_error_get_remote_traceback (gf_future_get_error (future));
      g_assert_cmpstr (traceback, ==, "in fail_from_3");
      test_assert_healthy (self->pool);
    }
}

static void
test_the_rest_is_cancelled (TestPool     *self,
                            gconstpointer data)
{
  g_autoptr (GfFuture) future = gf_executor_map (self->pool, "test.fail-from-3", int_array (20000), 1);
  g_autoptr (GfFuture) count = NULL;

  test_assert_fails (future, G_IO_ERROR, G_IO_ERROR_INVALID_DATA);
  count = gf_executor_call (self->pool, "test.count", NULL);
  test_result (count);
  /* soon nothing of it is left */
  g_assert_cmpuint (gf_executor_get_n_pending (self->pool), <=, 100);
}

static void
test_an_unknown_function (TestPool     *self,
                          gconstpointer data)
{
  for (guint k = 0; k < G_N_ELEMENTS (chunk_sizes); k++)
    {
      g_autoptr (GfFuture) future = gf_executor_map (self->pool, "no.such-function", int_array (3), chunk_sizes[k]);

      test_assert_fails (future, GF_FUTURE_ERROR, GF_FUTURE_ERROR_UNKNOWN_FUNCTION);
    }
}

static void
test_a_function_that_holds (TestPool     *self,
                            gconstpointer data)
{
  static const char *const functions[] = { "test.hold-timeout", "test.hold-thread", "test.hold-item" };

  for (guint i = 0; i < G_N_ELEMENTS (functions); i++)
    for (guint k = 0; k < G_N_ELEMENTS (chunk_sizes); k++)
      {
        g_autoptr (GfFuture) future = gf_executor_map (self->pool, functions[i], int_array (3), chunk_sizes[k]);

        test_assert_fails (future, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED);
      }
  test_assert_healthy (self->pool);
}

static void
test_a_function_that_settles (TestPool     *self,
                              gconstpointer data)
{
  for (guint k = 0; k < G_N_ELEMENTS (chunk_sizes); k++)
    {
      g_autoptr (GfFuture) future = gf_executor_map (self->pool, "test.settling", int_array (10), chunk_sizes[k]);

      test_assert_fails (future, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED);
    }
  test_assert_healthy (self->pool);
}

static void
test_a_result_with_handles (TestPool     *self,
                            gconstpointer data)
{
  g_autoptr (GfFuture) result = gf_executor_map (self->pool, "test.handle", int_array (3), 0);
  g_autoptr (GfFuture) items = gf_executor_map (self->pool, "test.nothing", g_variant_new_parsed ("[handle 0]"), 0);

  test_assert_fails (result, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT);
  test_assert_fails (items, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT);
  test_assert_healthy (self->pool);
}

/* Crashes */

static void
test_a_crash_in_the_middle (TestPool     *self,
                            gconstpointer data)
{
  for (guint k = 0; k < G_N_ELEMENTS (chunk_sizes); k++)
    {
      g_autoptr (GVariantBuilder) builder = g_variant_builder_new (G_VARIANT_TYPE ("a(ib)"));
      g_autoptr (GfFuture) future = NULL;

      for (gint32 i = 0; i < 100; i++)
        g_variant_builder_add (builder, "(ib)", i, i == 50);
      future = gf_executor_map (self->pool, "test.crash-item", g_variant_builder_end (builder), chunk_sizes[k]);
      test_assert_fails (future, GF_FUTURE_ERROR, GF_FUTURE_ERROR_WORKER_DIED);
      test_assert_tells (future, "test.crash-item");
      test_assert_tells (future, "signal 9");
      test_assert_healthy (self->pool);
    }
}

static void
test_a_worker_that_is_killed_in_the_middle (TestPool     *self,
                                            gconstpointer data)
{
  for (guint k = 0; k < G_N_ELEMENTS (chunk_sizes); k++)
    {
      g_autoptr (GfFuture) future = gf_executor_map (self->pool, "test.meet-item", text_at (500, 250, self->meeting.address),
                                                     chunk_sizes[k]);
      TestGuest guest = test_meeting_accept (&self->meeting);

      g_assert_no_errno (kill (guest.pid, SIGKILL));
      test_assert_fails (future, GF_FUTURE_ERROR, GF_FUTURE_ERROR_WORKER_DIED);
      test_assert_healthy (self->pool);
      test_guest_leave (&guest);
    }
}

static void
test_a_chunk_is_tried_again (TestPool     *self,
                             gconstpointer data)
{
  g_object_set (self->pool, "max-retries", 1u, NULL);
  for (guint k = 0; k < G_N_ELEMENTS (chunk_sizes); k++)
    {
      g_autofree char *folder = g_dir_make_tmp (NULL, NULL);
      g_autofree char *inner = g_build_filename (folder, "crashed", NULL);
      g_autoptr (GfFuture) future = gf_executor_map (self->pool, "test.crash-once", text_at (500, 250, folder), chunk_sizes[k]);

      assert_numbers (future, 500);
      g_assert_no_errno (rmdir (inner));
      g_assert_no_errno (rmdir (folder));
    }
}

/* While it runs */

static void
test_progress (TestPool     *self,
               gconstpointer data)
{
  g_autoptr (GfFuture) future = gf_executor_map (self->pool, "test.meet-item", text_at (4, 2, self->meeting.address), 1);
  TestGuest guest = test_meeting_accept (&self->meeting);

  test_turn_until (gf_future_get_progress (future) == 0.5);
  g_assert_false (gf_future_is_done (future));
  test_guest_let_go (&guest);
  assert_numbers (future, 4);
  g_assert_cmpfloat (gf_future_get_progress (future), ==, 1.0);
  test_guest_leave (&guest);
}

static void
test_few_are_in_flight (TestPool     *self,
                        gconstpointer data)
{
  g_autoptr (GfFuture) future = gf_executor_map (self->pool, "test.meet-item", text_at (20000, 0, self->meeting.address), 1);
  TestGuest guest = test_meeting_accept (&self->meeting);

  g_assert_cmpuint (gf_executor_get_n_pending (self->pool), <=, 10000);
  test_guest_let_go (&guest);
  assert_numbers (future, 20000);
  test_guest_leave (&guest);
}

static void
test_cancel (TestPool     *self,
             gconstpointer data)
{
  for (guint k = 0; k < G_N_ELEMENTS (chunk_sizes); k++)
    {
      g_autoptr (GfFuture) future = gf_executor_map (self->pool, "test.meet-item", text_at (5000, 2, self->meeting.address),
                                                     chunk_sizes[k]);
      TestGuest guest = test_meeting_accept (&self->meeting);

      g_assert_true (gf_future_cancel (future));
      g_assert_true (gf_future_is_cancelled (future));
      test_guest_let_go (&guest);
      test_assert_healthy (self->pool);
      test_guest_leave (&guest);
    }
}

/* A chunk that does not end is killed as any other task. */
static void
test_cancel_of_a_hang (TestPool     *self,
                       gconstpointer data)
{
  g_autoptr (GfFuture) future = NULL;
  TestGuest guest;

  g_object_set (self->pool, "cancel-grace", 1u, NULL);
  future = gf_executor_map (self->pool, "test.meet-item", text_at (5000, 2, self->meeting.address), 10);
  guest = test_meeting_accept (&self->meeting);
  g_assert_true (gf_future_cancel (future));
  g_assert_cmpint (test_guest_hear (&guest), ==, 0);
  test_assert_healthy (self->pool);
  test_guest_leave (&guest);
}

static void
test_shutdown_lets_it_end (TestPool     *self,
                           gconstpointer data)
{
  g_autoptr (GfFuture) future = gf_executor_map (self->pool, "test.meet-item", text_at (5000, 2, self->meeting.address), 10);
  TestGuest guest = test_meeting_accept (&self->meeting);

  gf_executor_shutdown (self->pool, FALSE, FALSE);
  test_guest_let_go (&guest);
  assert_numbers (future, 5000);
  test_guest_leave (&guest);
}

static void
test_shutdown_cancels_it (TestPool     *self,
                          gconstpointer data)
{
  g_autoptr (GfFuture) future = gf_executor_map (self->pool, "test.meet-item", text_at (5000, 2, self->meeting.address), 10);
  TestGuest guest = test_meeting_accept (&self->meeting);

  gf_executor_shutdown (self->pool, FALSE, TRUE);
  test_guest_let_go (&guest);
  test_assert_fails (future, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  test_guest_leave (&guest);
}

/* Two workers share the items, and the order is still that of the items. */
static void
test_several_workers_share_it (void)
{
  GfExecutor *pool = test_pool_new (3, VIA_SOCKET);
  g_autoptr (GfFuture) pids = NULL;
  g_autoptr (GHashTable) seen = g_hash_table_new (NULL, NULL);
  TestGuest guests[3];
  TestMeeting meeting;
  g_autoptr (GVariantBuilder) builder = g_variant_builder_new (G_VARIANT_TYPE ("a(s)"));

  test_meeting_init (&meeting);
  for (guint i = 0; i < 3; i++)
    g_variant_builder_add (builder, "(s)", meeting.address);
  pids = gf_executor_map (pool, "test.meet", g_variant_builder_end (builder), 1);
  for (guint i = 0; i < 3; i++)
    {
      guests[i] = test_meeting_accept (&meeting);
      g_hash_table_add (seen, GINT_TO_POINTER (guests[i].pid));
    }
  g_assert_cmpuint (g_hash_table_size (seen), ==, 3);
  for (guint i = 0; i < 3; i++)
    {
      test_guest_let_go (&guests[2 - i]);
      test_guest_leave (&guests[2 - i]);
    }
  g_assert_cmpuint (g_variant_n_children (test_result (pids)), ==, 3);
  for (guint round = 0; round < 20; round++)
    {
      g_autoptr (GfFuture) future = gf_executor_map (pool, "test.echo", int_array (2000), round % 10);

      assert_numbers (future, 2000);
    }
  test_pool_end (pool);
  test_meeting_clear (&meeting);
}

int
main (int    argc,
      char **argv)
{
  gf_function_register ("test.number-or-text", number_or_text_function, NULL, NULL);
  gf_function_register ("test.fail-from-3", fail_from_3_function, NULL, NULL);
  gf_function_register ("test.meet-item", meet_item_function, NULL, NULL);
  gf_function_register ("test.crash-item", crash_item_function, NULL, NULL);
  gf_function_register ("test.crash-once", crash_once_function, NULL, NULL);
  gf_function_register ("test.item-type", item_type_function, NULL, NULL);
  gf_function_register ("test.hold-item", hold_item_function, NULL, NULL);
  test_worker_main (argc, argv);
  g_test_init (&argc, &argv, NULL);

  test_add_for_vias ("map/order-is-kept", ANY_WAY, test_order_is_kept);
  test_add_for_vias ("map/several-types-are-av", BOTH_WAYS, test_several_types_are_av);
  test_add_for_vias ("map/no-items", BOTH_WAYS, test_no_items);
  test_add_for_vias ("map/items-of-all-kinds", BOTH_WAYS, test_items_of_all_kinds);
  test_add_for_vias ("map/the-function-gets-each-item", BOTH_WAYS, test_the_function_gets_each_item);
  test_add_for_vias ("map/many-nested-items", BOTH_WAYS, test_many_nested_items);
  test_add_for_vias ("map/items-of-sealed-bytes", BOTH_WAYS, test_items_of_sealed_bytes);
  test_add_for_vias ("map/nothing-is-an-empty-tuple", BOTH_WAYS, test_nothing_is_an_empty_tuple);

  test_add_for_vias ("map/the-first-failure-ends-it", BOTH_WAYS, test_the_first_failure_ends_it);
  test_add_for_vias ("map/the-rest-is-cancelled", BOTH_WAYS, test_the_rest_is_cancelled);
  test_add_for_vias ("map/an-unknown-function", BOTH_WAYS, test_an_unknown_function);
  test_add_for_vias ("map/a-function-that-holds", BOTH_WAYS, test_a_function_that_holds);
  test_add_for_vias ("map/a-function-that-settles", BOTH_WAYS, test_a_function_that_settles);
  test_add_for_vias ("map/handles", VIA (SOCKET), test_a_result_with_handles);

  test_add_for_vias ("map/a-crash-in-the-middle", BOTH_WAYS, test_a_crash_in_the_middle);
  test_add_for_vias ("map/killed-in-the-middle", ANY_WAY, test_a_worker_that_is_killed_in_the_middle);
  test_add_for_vias ("map/a-chunk-is-tried-again", BOTH_WAYS, test_a_chunk_is_tried_again);

  test_add_for_vias ("map/progress", BOTH_WAYS, test_progress);
  test_add_for_vias ("map/few-are-in-flight", BOTH_WAYS, test_few_are_in_flight);
  test_add_for_vias ("map/cancel", BOTH_WAYS, test_cancel);
  test_add_for_vias ("map/cancel-of-a-hang", BOTH_WAYS, test_cancel_of_a_hang);
  test_add_for_vias ("map/shutdown-lets-it-end", BOTH_WAYS, test_shutdown_lets_it_end);
  test_add_for_vias ("map/shutdown-cancels-it", BOTH_WAYS, test_shutdown_cancels_it);
  g_test_add_func ("/process-pool/map/several-workers-share-it", test_several_workers_share_it);

  return g_test_run ();
}

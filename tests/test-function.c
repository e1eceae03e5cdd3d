/* test-function.c - the function of all names that nobody has registered
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "test-processes.h"

/* Named functions */

static gint n_registered;
static gint n_released;

static void
release_data (gpointer data)
{
  g_atomic_int_inc (&n_released);
}

/* Of all names that begin with “any.”: tells the name, and what it was given. */
DEFINE_FUNCTION (any_function)
{
  const char *name = gf_promise_get_function (promise);
  g_autofree char *given = arguments != NULL ? g_variant_print (arguments, FALSE) : g_strdup ("nothing");

  g_assert_true (gf_promise_get_current () == promise);
  if (!g_str_has_prefix (name, "any."))
    {
      g_set_error (error, GF_FUTURE_ERROR, GF_FUTURE_ERROR_UNKNOWN_FUNCTION, "never heard of %s", name);
      return NULL;
    }
  return g_variant_new ("(sss)", (const char *) user_data, name, given);
}

static void
register_any (const char *data)
{
  n_registered++;
  gf_function_register (NULL, any_function, (gpointer) data, release_data);
}

static void
assert_answer (GVariant   *answer,
               const char *data,
               const char *name,
               const char *given)
{
  const char *texts[3];

  g_variant_get (answer, "(&s&s&s)", &texts[0], &texts[1], &texts[2]);
  g_assert_cmpstr (texts[0], ==, data);
  g_assert_cmpstr (texts[1], ==, name);
  g_assert_cmpstr (texts[2], ==, given);
}

/* What is the same everywhere */

static void
settle (GfFuture *future)
{
  if (!gf_future_run_until_done (future, NULL, NULL))
    g_assert_not_reached ();
}

static void
check_executor (GfExecutor *executor)
{
  g_autoptr (GfFuture) plain = gf_executor_call (executor, "any.thing", NULL);
  g_autoptr (GfFuture) given = gf_executor_call (executor, "any.other", g_variant_new ("(is)", 3, "x"));
  g_autoptr (GfFuture) known = gf_executor_call (executor, "test.square", g_variant_new_int32 (7));
  g_autoptr (GfFuture) unknown = gf_executor_call (executor, "no.such-function", NULL);

  settle (plain);
  assert_answer (test_result (plain), "first", "any.thing", "nothing");
  settle (given);
  assert_answer (test_result (given), "first", "any.other", "(3, 'x')");
  settle (known);
  g_assert_cmpint (g_variant_get_int32 (test_result (known)), ==, 49);
  settle (unknown);
  g_assert_error (gf_future_get_error (unknown), GF_FUTURE_ERROR, GF_FUTURE_ERROR_UNKNOWN_FUNCTION);
  g_assert_cmpstr (gf_future_get_error (unknown)->message, ==, "never heard of no.such-function");

  for (guint chunk_size = 0; chunk_size < 4; chunk_size++)
    {
      g_autoptr (GfFuture) mapped =
        gf_executor_map (executor, "any.item", g_variant_new_parsed ("['a', 'b', 'c', 'd', 'e']"), chunk_size);
      g_autoptr (GfFuture) unmapped =
        gf_executor_map (executor, "no.such-function", g_variant_new_parsed ("[1, 2, 3]"), chunk_size);

      settle (mapped);
      g_assert_cmpuint (g_variant_n_children (test_result (mapped)), ==, 5);
      for (guint i = 0; i < 5; i++)
        {
          g_autoptr (GVariant) answer = g_variant_get_child_value (test_result (mapped), i);
          const char quoted[] = { '\'', 'a' + i, '\'', '\0' };

          assert_answer (answer, "first", "any.item", quoted);
        }
      settle (unmapped);
      g_assert_error (gf_future_get_error (unmapped), GF_FUTURE_ERROR, GF_FUTURE_ERROR_UNKNOWN_FUNCTION);
    }
}

static void
test_in_a_thread_pool (void)
{
  g_autoptr (GfExecutor) pool = gf_thread_pool_executor_new (2);

  check_executor (pool);
}

static void
test_inline (void)
{
  check_executor (gf_inline_executor_get ());
}

static void
test_in_a_main_context (void)
{
  g_autoptr (GfExecutor) executor = gf_main_context_executor_new (NULL);

  check_executor (executor);
}

static void
test_in_workers (TestPool     *self,
                 gconstpointer data)
{
  check_executor (self->pool);
}

/* Registering */

static void
test_a_name_that_is_registered_later (void)
{
  g_autoptr (GfFuture) before = gf_executor_call (gf_inline_executor_get (), "any.late", g_variant_new_int32 (3));
  g_autoptr (GfFuture) after = NULL;

  gf_function_register ("any.late", square_function, NULL, NULL);
  after = gf_executor_call (gf_inline_executor_get (), "any.late", g_variant_new_int32 (3));
  assert_answer (test_result (before), "first", "any.late", "3");
  g_assert_cmpint (g_variant_get_int32 (test_result (after)), ==, 9);
}

static void
test_a_later_one_replaces_it (void)
{
  g_autoptr (GfFuture) future = NULL;

  register_any ("second");
  test_turn_until (n_released == n_registered - 1);
  future = gf_executor_call (gf_inline_executor_get (), "any.thing", NULL);
  assert_answer (test_result (future), "second", "any.thing", "nothing");
  register_any ("first");
  test_turn_until (n_released == n_registered - 1);
}

/* While pools call it. */
static void
test_replaced_while_it_is_called (void)
{
  g_autoptr (GfExecutor) pool = gf_thread_pool_executor_new (2);
  guint n = g_test_slow () ? 20000 : 1000;

  for (guint i = 0; i < n; i++)
    {
      g_autoptr (GfFuture) future = gf_executor_call (pool, "any.thing", g_variant_new_uint32 (i));

      if (i % 3 == 0)
        register_any ("first");
      if (i % 16 == 0)
        {
          g_autofree char *given = g_strdup_printf ("%u", i);

          test_settle (future);
          assert_answer (test_result (future), "first", "any.thing", given);
        }
    }
  gf_executor_shutdown (pool, TRUE, FALSE);
  test_turn_until (g_atomic_int_get (&n_released) == n_registered - 1);
}

/* A part of a map runs as a whole: an executor that asks for its name is not to
 * call that one by one. */
typedef GfExecutor      AskingExecutor;
typedef GfExecutorClass AskingExecutorClass;

static GType asking_executor_get_type (void);

G_DEFINE_TYPE (AskingExecutor, asking_executor, GF_TYPE_EXECUTOR)

static guint n_asked;

static void
asking_executor_enqueue (GfExecutor *executor,
                         GfPromise  *task)
{
  g_assert_null (gf_promise_get_function (task));
  g_assert_null (gf_promise_get_arguments (task));
  n_asked++;
  gf_promise_run (task);
  g_assert_null (gf_promise_get_arguments (task));
  g_object_unref (task);
}

static void
asking_executor_class_init (AskingExecutorClass *klass)
{
  klass->enqueue = asking_executor_enqueue;
}

static void
asking_executor_init (AskingExecutor *self)
{
}

static void
test_a_part_of_a_map_has_no_name_before_it_begins (void)
{
  g_autoptr (GfExecutor) executor = g_object_new (asking_executor_get_type (), NULL);
  g_autoptr (GfFuture) future = gf_executor_map (executor, "any.item", g_variant_new_parsed ("[1, 2, 3]"), 2);

  settle (future);
  g_assert_cmpuint (g_variant_n_children (test_result (future)), ==, 3);
  g_assert_cmpuint (n_asked, ==, 2);
}

int
main (int    argc,
      char **argv)
{
  register_any ("first");
  test_worker_main (argc, argv);
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/function/any/in-a-thread-pool", test_in_a_thread_pool);
  g_test_add_func ("/function/any/inline", test_inline);
  g_test_add_func ("/function/any/in-a-main-context", test_in_a_main_context);
  g_test_add_func ("/function/any/a-name-that-is-registered-later", test_a_name_that_is_registered_later);
  g_test_add_func ("/function/any/a-later-one-replaces-it", test_a_later_one_replaces_it);
  g_test_add_func ("/function/any/replaced-while-it-is-called", test_replaced_while_it_is_called);
  g_test_add_func ("/function/any/a-part-of-a-map-has-no-name-before-it-begins",
                   test_a_part_of_a_map_has_no_name_before_it_begins);
  test_add_for_vias ("function/any", BOTH_WAYS, test_in_workers);

  return g_test_run ();
}

/* test-gio.c - from GIO's asynchronous operations to futures
 *
 * A promise that an operation settles, with what finish functions of every form
 * return; waiting as an operation. Who cancels whom, and in which context it is
 * told. The way back is in test-forward-to-task.c.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "test-operations.h"

#include <glib/gstdio.h>
#include <string.h>

/* ---- finish_with ---- */

static GObject *an_object;
static GParamSpec *a_pspec;
static int a_number;
static guint n_finished;

#define FINISH(name, T, value, failure)                                         \
  static T                                                                      \
  finish_##name (GObject      *source,                                          \
                 GAsyncResult *result,                                          \
                 GError      **error)                                           \
  {                                                                             \
    n_finished++;                                                               \
    g_assert_true (g_task_is_valid (result, source));                           \
    return g_task_propagate_boolean (G_TASK (result), error) ? (value) : (failure); \
  }

FINISH (boolean, gboolean, TRUE, FALSE)
FINISH (false, gboolean, FALSE, FALSE)
FINISH (char, gint8, -100, -1)
FINISH (uchar, guchar, 200, 0)
FINISH (int, int, G_MININT, -1)
FINISH (uint, guint, G_MAXUINT, 0)
FINISH (long, gssize, G_MINSSIZE, -1)
FINISH (ulong, gsize, G_MAXSIZE, 0)
FINISH (int64, gint64, G_MININT64, -1)
FINISH (uint64, guint64, G_MAXUINT64, 0)
FINISH (float, float, 0.5f, 0)
FINISH (double, double, -0.25, 0)
FINISH (enum, GFileType, G_FILE_TYPE_SPECIAL, G_FILE_TYPE_UNKNOWN)
FINISH (flags, GFileCopyFlags, G_FILE_COPY_BACKUP | G_FILE_COPY_OVERWRITE, 0)
FINISH (string, char *, g_strdup ("string"), NULL)
FINISH (strv, char **, g_strsplit ("a b", " ", -1), NULL)
FINISH (boxed, GBytes *, g_bytes_new ("bytes", 5), NULL)
FINISH (object, gpointer, g_object_ref (an_object), NULL)
FINISH (interface, GFile *, g_file_new_for_path ("/"), NULL)
FINISH (param, GParamSpec *, g_param_spec_ref (a_pspec), NULL)
FINISH (variant, GVariant *, g_variant_new_int32 (7), NULL)
FINISH (pointer, gpointer, &a_number, NULL)
FINISH (null, gpointer, NULL, NULL)

typedef struct
{
  const char *name;
  GType     (*get_type) (void);
  GType       type;
  GCallback   finish;
  void      (*check)    (const GValue *value);
} FinishCase;

#define CHECK(name, condition)                                                  \
  static void                                                                   \
  check_##name (const GValue *value)                                            \
  {                                                                             \
    g_assert_true (condition);                                                  \
  }

CHECK (boolean, g_value_get_boolean (value))
CHECK (false, !g_value_get_boolean (value))
CHECK (char, g_value_get_schar (value) == -100)
CHECK (uchar, g_value_get_uchar (value) == 200)
CHECK (int, g_value_get_int (value) == G_MININT)
CHECK (uint, g_value_get_uint (value) == G_MAXUINT)
CHECK (long, g_value_get_long (value) == G_MINSSIZE)
CHECK (ulong, g_value_get_ulong (value) == G_MAXSIZE)
CHECK (int64, g_value_get_int64 (value) == G_MININT64)
CHECK (uint64, g_value_get_uint64 (value) == G_MAXUINT64)
CHECK (float, g_value_get_float (value) == 0.5f)
CHECK (double, g_value_get_double (value) == -0.25)
CHECK (enum, g_value_get_enum (value) == G_FILE_TYPE_SPECIAL)
CHECK (flags, g_value_get_flags (value) == (G_FILE_COPY_BACKUP | G_FILE_COPY_OVERWRITE))
CHECK (string, g_str_equal (g_value_get_string (value), "string"))
CHECK (strv, g_strv_length (g_value_get_boxed (value)) == 2)
CHECK (boxed, g_bytes_get_size (g_value_get_boxed (value)) == 5)
CHECK (object, g_value_get_object (value) == an_object && an_object->ref_count == 2)
CHECK (interface, G_IS_FILE (g_value_get_object (value)))
CHECK (param, g_value_get_param (value) == a_pspec)
CHECK (variant, g_variant_get_int32 (g_value_get_variant (value)) == 7)
CHECK (pointer, g_value_get_pointer (value) == &a_number)
CHECK (null, g_value_peek_pointer (value) == NULL)

#define CASE(name, type)           { #name, NULL, type, G_CALLBACK (finish_##name), check_##name }
#define CASE_OF(name, get_type)    { #name, get_type, 0, G_CALLBACK (finish_##name), check_##name }
#define NULL_CASE(name, type)      { "null-" name, NULL, type, G_CALLBACK (finish_null), check_null }
#define NULL_CASE_OF(name, get_type) { "null-" name, get_type, 0, G_CALLBACK (finish_null), check_null }

static const FinishCase finish_cases[] = {
  CASE (boolean, G_TYPE_BOOLEAN),
  CASE (false, G_TYPE_BOOLEAN),
  CASE (char, G_TYPE_CHAR),
  CASE (uchar, G_TYPE_UCHAR),
  CASE (int, G_TYPE_INT),
  CASE (uint, G_TYPE_UINT),
  CASE (long, G_TYPE_LONG),
  CASE (ulong, G_TYPE_ULONG),
  CASE (int64, G_TYPE_INT64),
  CASE (uint64, G_TYPE_UINT64),
  CASE (float, G_TYPE_FLOAT),
  CASE (double, G_TYPE_DOUBLE),
  CASE_OF (enum, g_file_type_get_type),
  CASE_OF (flags, g_file_copy_flags_get_type),
  CASE (string, G_TYPE_STRING),
  CASE_OF (strv, g_strv_get_type),
  CASE_OF (boxed, g_bytes_get_type),
  CASE (object, G_TYPE_OBJECT),
  CASE_OF (interface, g_file_get_type),
  CASE (param, G_TYPE_PARAM),
  CASE (variant, G_TYPE_VARIANT),
  CASE (pointer, G_TYPE_POINTER),
  NULL_CASE ("string", G_TYPE_STRING),
  NULL_CASE_OF ("boxed", g_bytes_get_type),
  NULL_CASE ("object", G_TYPE_OBJECT),
  NULL_CASE_OF ("interface", g_file_get_type),
  NULL_CASE ("param", G_TYPE_PARAM),
  NULL_CASE ("variant", G_TYPE_VARIANT),
  NULL_CASE ("pointer", G_TYPE_POINTER),
};

static void
test_finish_with (gconstpointer data)
{
  const FinishCase *test = data;
  GType type = test->get_type != NULL ? test->get_type () : test->type;
  g_autoptr (GObject) source = g_object_new (G_TYPE_OBJECT, NULL);
  g_autoptr (GfFuture) good = NULL;
  g_autoptr (GfFuture) bad = NULL;

  an_object = g_object_new (G_TYPE_OBJECT, NULL);
  a_pspec = g_param_spec_ref_sink (g_param_spec_int ("number", NULL, NULL, 0, 1, 0, 0));

  good = op_future (source, type, test->finish);
  bad = op_future (NULL, type, test->finish);
  test_turn_until (gf_future_is_done (good) && gf_future_is_done (bad));

  g_assert_cmpint (gf_future_get_state (good), ==, GF_FUTURE_STATE_SUCCEEDED);
  if (an_object->ref_count == 1)
    g_assert_true (g_type_is_a (G_VALUE_TYPE (gf_future_get_value (good, NULL)),
                                G_TYPE_IS_INTERFACE (type) ? G_TYPE_OBJECT : type));
  test->check (gf_future_get_value (good, NULL));

  g_assert_cmpint (gf_future_get_state (bad), ==, GF_FUTURE_STATE_FAILED);
  g_assert_error (gf_future_get_error (bad), G_IO_ERROR, G_IO_ERROR_BUSY);

  test_drain ();
  g_clear_object (&good);
  g_assert_finalize_object (an_object);
  g_param_spec_unref (a_pspec);
}

static void
test_finish_with_none (void)
{
  g_autoptr (GObject) source = g_object_new (G_TYPE_OBJECT, NULL);
  g_autoptr (GfFuture) good = op_future (source, G_TYPE_NONE, G_CALLBACK (finish_none));
  g_autoptr (GfFuture) bad = op_future (NULL, G_TYPE_NONE, G_CALLBACK (finish_none));

  test_turn_until (gf_future_is_done (good) && gf_future_is_done (bad));
  g_assert_cmpint (gf_future_get_state (good), ==, GF_FUTURE_STATE_SUCCEEDED);
  g_assert_true (G_VALUE_HOLDS_POINTER (gf_future_get_value (good, NULL)));
  g_assert_null (g_value_get_pointer (gf_future_get_value (good, NULL)));
  g_assert_error (gf_future_get_error (bad), G_IO_ERROR, G_IO_ERROR_BUSY);
}

static void
test_finish_with_refuses_types_without_values (void)
{
  g_autoptr (GfPromise) promise = gf_promise_new ();
  guint n_criticals;

  test_log_begin ();
  g_assert_null (gf_promise_finish_with (promise, G_TYPE_BOXED, G_CALLBACK (finish_boxed)));
  g_assert_null (gf_promise_finish_with (promise, G_TYPE_ENUM, G_CALLBACK (finish_enum)));
  g_free (test_log_end (NULL, &n_criticals));
  g_assert_cmpuint (n_criticals, ==, 2);
}

static void
test_finish_with_of_a_file (void)
{
  g_autoptr (GFile) file = g_file_new_for_path (g_get_tmp_dir ());
  g_autoptr (GFile) missing = g_file_get_child (file, "there/is/no/such/file");
  g_autoptr (GfFuture) info = GF_FUTURE (gf_promise_new ());
  g_autoptr (GfFuture) stream = GF_FUTURE (gf_promise_new ());

  g_file_query_info_async (file, "standard::*", G_FILE_QUERY_INFO_NONE, G_PRIORITY_DEFAULT,
                           gf_promise_get_cancellable (GF_PROMISE (info)), gf_promise_ready,
                           gf_promise_finish_with (GF_PROMISE (info), G_TYPE_FILE_INFO,
                                                   G_CALLBACK (g_file_query_info_finish)));
  g_file_read_async (missing, G_PRIORITY_DEFAULT,
                     gf_promise_get_cancellable (GF_PROMISE (stream)), gf_promise_ready,
                     gf_promise_finish_with (GF_PROMISE (stream), G_TYPE_FILE_INPUT_STREAM,
                                             G_CALLBACK (g_file_read_finish)));
  test_turn_until (gf_future_is_done (info) && gf_future_is_done (stream));

  g_assert_cmpint (g_file_info_get_file_type (gf_future_get_object (info, NULL)), ==,
                   G_FILE_TYPE_DIRECTORY);
  g_assert_error (gf_future_get_error (stream), G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
}

/* ---- finish_by ---- */

static void
loaded (GfPromise    *promise,
        GObject      *file,
        GAsyncResult *result,
        gpointer      user_data,
        GError      **error)
{
  char *contents;
  gsize length;

  if (g_file_load_contents_finish (G_FILE (file), result, &contents, &length, NULL, error))
    {
      g_autoptr (GBytes) bytes = g_bytes_new_take (contents, length);

      gf_promise_resolve_boxed (promise, G_TYPE_BYTES, bytes);
    }
}

static GfFuture *
load (const char *path)
{
  g_autoptr (GFile) file = g_file_new_for_path (path);
  GfPromise *promise = gf_promise_new ();

  g_file_load_contents_async (file, gf_promise_get_cancellable (promise), gf_promise_ready,
                              gf_promise_finish_by (promise, loaded, NULL, NULL));
  return GF_FUTURE (promise);
}

static void
test_finish_by_takes_out_parameters (void)
{
  g_autofree char *path = g_build_filename (g_get_tmp_dir (), "gf-test-XXXXXX", NULL);
  g_autofree char *missing = NULL;
  g_autoptr (GfFuture) good = NULL;
  g_autoptr (GfFuture) bad = NULL;
  int fd = g_mkstemp (path);

  g_assert_cmpint (fd, >=, 0);
  g_assert_true (g_close (fd, NULL));
  g_assert_true (g_file_set_contents (path, "con\0tents", 9, NULL));
  missing = g_strconcat (path, "-is-not-there", NULL);

  good = load (path);
  bad = load (missing);
  test_turn_until (gf_future_is_done (good) && gf_future_is_done (bad));
  g_remove (path);

  g_assert_cmpmem (g_bytes_get_data (gf_future_get_boxed (good, NULL), NULL), 9, "con\0tents", 9);
  g_assert_error (gf_future_get_error (bad), G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
}

static void
finish_silently (GfPromise    *promise,
                 GObject      *source,
                 GAsyncResult *result,
                 gpointer      user_data,
                 GError      **error)
{
  g_task_propagate_boolean (G_TASK (result), NULL);
}

static void
test_finish_by_without_an_outcome_is_no_value (void)
{
  g_autoptr (GfPromise) promise = gf_promise_new ();

  op_async (NULL, NULL, gf_promise_ready, gf_promise_finish_by (promise, finish_silently, NULL, NULL));
  test_turn_until (gf_future_is_done (GF_FUTURE (promise)));
  g_assert_cmpint (gf_future_get_state (GF_FUTURE (promise)), ==, GF_FUTURE_STATE_SUCCEEDED);
  g_assert_true (G_VALUE_HOLDS_POINTER (gf_future_get_value (GF_FUTURE (promise), NULL)));
}

/* Five operations one after the other, with one promise. */
static void
finish_and_go_on (GfPromise    *promise,
                  GObject      *source,
                  GAsyncResult *result,
                  gpointer      user_data,
                  GError      **error)
{
  guint *n = user_data;

  if (!g_task_propagate_boolean (G_TASK (result), error))
    return;
  if (++*n == 5)
    gf_promise_resolve_string (promise, "five");
  else
    op_async (source, gf_promise_get_cancellable (promise), gf_promise_ready,
              gf_promise_finish_by (promise, finish_and_go_on, n, NULL));
}

static void
test_finish_by_may_start_the_next_operation (void)
{
  g_autoptr (GObject) source = g_object_new (G_TYPE_OBJECT, NULL);
  g_autoptr (GfPromise) promise = gf_promise_new ();
  guint n = 0;

  op_async (source, NULL, gf_promise_ready, gf_promise_finish_by (promise, finish_and_go_on, &n, NULL));
  test_turn_until (gf_future_is_done (GF_FUTURE (promise)));
  g_assert_cmpuint (n, ==, 5);
  g_assert_cmpstr (gf_future_get_string (GF_FUTURE (promise), NULL), ==, "five");
}

static void
finish_with_witness (GfPromise    *promise,
                     GObject      *source,
                     GAsyncResult *result,
                     gpointer      user_data,
                     GError      **error)
{
  g_assert_true (TEST_IS_WITNESS (user_data));
  g_task_propagate_boolean (G_TASK (result), error);
}

static void
test_finish_by_releases_its_data_once (void)
{
  g_autoptr (GfPromise) settled = gf_promise_new ();
  g_autoptr (GfPromise) promise = gf_promise_new ();
  TestRecord record;

  test_record_init (&record);
  gf_promise_resolve_int (settled, 1);
  op_async (NULL, NULL, gf_promise_ready,
            gf_promise_finish_by (settled, finish_with_witness, test_witness_new (&record), g_object_unref));
  op_async (NULL, NULL, gf_promise_ready,
            gf_promise_finish_by (promise, finish_with_witness, test_witness_new (&record), g_object_unref));
  test_turn_until (test_record_get_n_finalized (&record) == 2);
  g_assert_cmpuint (record.n_elsewhere, ==, 0);
  g_assert_cmpint (gf_future_get_int (GF_FUTURE (settled), NULL), ==, 1);
  g_assert_error (gf_future_get_error (GF_FUTURE (promise)), G_IO_ERROR, G_IO_ERROR_BUSY);
  test_record_clear (&record);
}

/* ---- cancelling from the future's side ---- */

static void
test_cancelling_the_future_cancels_the_operation (void)
{
  g_autoptr (GfPromise) promise = gf_promise_new ();

  n_finished = 0;
  endless_async (NULL, gf_promise_get_cancellable (promise), gf_promise_ready,
                 gf_promise_finish_with (promise, G_TYPE_BOOLEAN, G_CALLBACK (finish_boolean)));
  test_drain ();
  g_assert_false (gf_future_is_done (GF_FUTURE (promise)));
  g_assert_true (gf_future_cancel (GF_FUTURE (promise)));
  g_assert_true (gf_future_is_cancelled (GF_FUTURE (promise)));

  /* the operation is finished all the same */
  test_turn_until (n_finished == 1);
  test_drain ();
  g_assert_true (gf_future_is_cancelled (GF_FUTURE (promise)));
  g_assert_finalize_object (g_steal_pointer (&promise));
}

static void
test_a_timeout_cancels_the_operation (void)
{
  g_autoptr (GfPromise) promise = gf_promise_new ();

  n_finished = 0;
  endless_async (NULL, gf_promise_get_cancellable (promise), gf_promise_ready,
                 gf_promise_finish_with (promise, G_TYPE_BOOLEAN, G_CALLBACK (finish_boolean)));
  gf_future_set_timeout (GF_FUTURE (promise), 1);
  test_turn_until (n_finished == 1);
  g_assert_error (gf_future_get_error (GF_FUTURE (promise)), G_IO_ERROR, G_IO_ERROR_TIMED_OUT);
}

static void
test_an_operation_cancelled_by_others_has_failed (void)
{
  g_autoptr (GfPromise) promise = gf_promise_new ();
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();

  endless_async (NULL, cancellable, gf_promise_ready,
                 gf_promise_finish_with (promise, G_TYPE_BOOLEAN, G_CALLBACK (finish_boolean)));
  g_cancellable_cancel (cancellable);
  test_turn_until (gf_future_is_done (GF_FUTURE (promise)));
  g_assert_cmpint (gf_future_get_state (GF_FUTURE (promise)), ==, GF_FUTURE_STATE_FAILED);
  g_assert_error (gf_future_get_error (GF_FUTURE (promise)), G_IO_ERROR, G_IO_ERROR_CANCELLED);
}

static TestRecord dropped_record;
FINISH (witness, GObject *, G_OBJECT (test_witness_new (&dropped_record)), NULL)

static void
test_a_result_that_comes_too_late_is_dropped (void)
{
  g_autoptr (GObject) source = g_object_new (G_TYPE_OBJECT, NULL);
  g_autoptr (GfPromise) promise = gf_promise_new ();

  test_record_init (&dropped_record);
  op_async (source, NULL, gf_promise_ready,
            gf_promise_finish_with (promise, G_TYPE_OBJECT, G_CALLBACK (finish_witness)));
  g_assert_true (gf_future_cancel (GF_FUTURE (promise)));
  test_turn_until (test_record_get_n_finalized (&dropped_record) == 1);
  test_record_clear (&dropped_record);
}

/* A task whose function returns while its operation goes on. */
static void
start_in_task (GfPromise *promise,
               gpointer   source,
               GError   **error)
{
  op_async (source, gf_promise_get_cancellable (promise), gf_promise_ready,
            gf_promise_finish_with (promise, G_TYPE_STRING, G_CALLBACK (finish_string)));
}

static void
test_an_operation_holds_its_task (void)
{
  g_autoptr (GObject) source = g_object_new (G_TYPE_OBJECT, NULL);
  g_autoptr (GfExecutor) executor = gf_main_context_executor_new (NULL);
  g_autoptr (GfFuture) inline_one = gf_executor_submit (gf_inline_executor_get (), start_in_task, source, NULL);
  g_autoptr (GfFuture) later = gf_executor_submit (executor, start_in_task, source, NULL);

  g_assert_true (gf_future_is_running (inline_one));
  test_turn_until (gf_future_is_done (inline_one) && gf_future_is_done (later));
  g_assert_cmpstr (gf_future_get_string (inline_one, NULL), ==, "string");
  g_assert_cmpstr (gf_future_get_string (later, NULL), ==, "string");
}

static void
test_an_operation_keeps_its_promise (void)
{
  g_autoptr (GObject) source = g_object_new (G_TYPE_OBJECT, NULL);
  GfPromise *promise = gf_promise_new ();
  gboolean done = FALSE;

  op_async (source, NULL, gf_promise_ready,
            gf_promise_finish_with (promise, G_TYPE_STRING, G_CALLBACK (finish_string)));
  g_signal_connect_swapped (promise, "done", G_CALLBACK (test_flag_cb), &done);
  g_object_add_weak_pointer (G_OBJECT (promise), (gpointer *) &promise);
  g_object_unref (promise);
  g_assert_nonnull (promise);
  test_turn_until (done);
  test_drain ();
  g_assert_null (promise);
}

/* ---- contexts ---- */

static void
note_thread_cb (GfFuture *future,
                gpointer  thread)
{
  *(GThread **) thread = g_thread_self ();
}

static gpointer
own_context_thread (gpointer data)
{
  GfPromise *shared = data;
  g_autoptr (GMainContext) context = g_main_context_new ();
  g_autoptr (GObject) source = g_object_new (G_TYPE_OBJECT, NULL);
  g_autoptr (GfFuture) future = NULL;
  g_autoptr (GBytes) bytes = g_bytes_new_static ("\1\2\3", 3);
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_auto (Answer) sum = { 0 };
  g_auto (Answer) forwarded = { 0 };
  g_auto (Answer) result = { 0 };
  g_auto (Answer) given_up = { 0 };
  GThread *delivered = NULL;

  g_main_context_push_thread_default (context);

  future = op_future (source, G_TYPE_STRING, G_CALLBACK (finish_string));
  gf_future_add_done_callback (future, NULL, note_thread_cb, &delivered, NULL);
  sum_async (bytes, NULL, answer_cb, &sum);
  forward (GF_FUTURE (shared), NULL, &forwarded);
  gf_future_result_async (GF_FUTURE (shared), NULL, answer_cb, &result);
  gf_future_result_async (GF_FUTURE (shared), cancellable, answer_cb, &given_up);
  g_cancellable_cancel (cancellable);
  gf_promise_resolve_int (shared, 1);

  test_turn_until_in (context, delivered != NULL && sum.n_calls > 0 && forwarded.n_calls > 0 &&
                               result.n_calls > 0 && given_up.n_calls > 0);
  g_assert_true (delivered == g_thread_self ());
  g_assert_true (sum.thread == g_thread_self ());
  g_assert_true (forwarded.thread == g_thread_self ());
  g_assert_true (result.thread == g_thread_self ());
  g_assert_true (given_up.thread == g_thread_self ());
  g_assert_null (gf_future_result_finish (GF_FUTURE (shared), given_up.result, NULL));
  test_drain_in (context);

  g_main_context_pop_thread_default (context);
  return NULL;
}

static void
test_a_thread_with_a_context_of_its_own (void)
{
  g_autoptr (GfPromise) shared = gf_promise_new ();

  g_thread_join (g_thread_new ("own-context", own_context_thread, shared));
  g_assert_cmpint (gf_future_get_int (GF_FUTURE (shared), NULL), ==, 1);
}

static void
append_done_cb (GfFuture *future,
                GString  *order)
{
  g_string_append (order, "done ");
}

static void
append_callback_cb (GfFuture *future,
                    gpointer  order)
{
  g_string_append (order, "callback ");
}

static void
append_result_cb (GObject      *source,
                  GAsyncResult *result,
                  gpointer      order)
{
  g_string_append (order, G_IS_TASK (result) ? "task " : "result ");
}

static void
test_they_come_after_done_in_order (void)
{
  for (int settled_before = 0; settled_before < 2; settled_before++)
    {
      g_autoptr (GfPromise) promise = gf_promise_new ();
      g_autoptr (GTask) task = NULL;
      g_autoptr (GString) order = g_string_new (NULL);

      /* a task of this very iteration would return in the next one */
      task = g_task_new (NULL, NULL, append_result_cb, order);
      test_drain ();

      if (settled_before)
        gf_promise_resolve_int (promise, 1);
      gf_future_result_async (GF_FUTURE (promise), NULL, append_result_cb, order);
      gf_future_add_done_callback (GF_FUTURE (promise), NULL, append_callback_cb, order, NULL);
      gf_future_forward_to_task (GF_FUTURE (promise), task);
      g_signal_connect (promise, "done", G_CALLBACK (append_done_cb), order);
      gf_promise_resolve_int (promise, 1);

      test_turn_until (strstr (order->str, "task"));
      g_assert_cmpstr (order->str, ==, "done result callback task ");
    }
}

/* ---- waiting as an operation ---- */

static void
test_waiting_does_not_keep_a_promise (void)
{
  GfPromise *promise = gf_promise_new ();
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GfFuture) future = NULL;
  g_autoptr (GError) error = NULL;
  g_auto (Answer) answer = { 0 };

  gf_future_result_async (GF_FUTURE (promise), cancellable, answer_cb, &answer);
  g_object_unref (promise);
  test_turn_until (answer.n_calls > 0);
  future = GF_FUTURE (g_async_result_get_source_object (answer.result));
  g_assert_null (gf_future_result_finish (future, answer.result, &error));
  g_assert_error (error, GF_FUTURE_ERROR, GF_FUTURE_ERROR_BROKEN_PROMISE);
  g_assert_true (g_async_result_is_tagged (answer.result, gf_future_result_async));
  g_assert_true (g_async_result_get_user_data (answer.result) == &answer);

  test_drain ();
  g_clear_object (&answer.result);
  g_assert_finalize_object (g_steal_pointer (&future));
  g_assert_finalize_object (g_steal_pointer (&cancellable));
}

static void
test_waiting_is_interest_till_it_is_given_up (void)
{
  g_autoptr (GfPromise) promise = gf_promise_new ();
  g_autoptr (GCancellable) wait = g_cancellable_new ();
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_auto (Answer) waiting = { 0 };
  g_auto (Answer) one = { 0 };
  g_auto (Answer) two = { 0 };

  gf_future_result_async (GF_FUTURE (promise), wait, answer_cb, &waiting);
  forward (GF_FUTURE (promise), cancellable, &one);
  g_cancellable_cancel (cancellable);
  test_turn_until (one.n_calls > 0);
  g_assert_false (gf_future_is_done (GF_FUTURE (promise)));

  g_cancellable_cancel (wait);
  test_turn_until (waiting.n_calls > 0);
  g_assert_false (gf_future_is_done (GF_FUTURE (promise)));

  forward (GF_FUTURE (promise), cancellable, &two);
  g_assert_true (gf_future_is_cancelled (GF_FUTURE (promise)));
  test_turn_until (two.n_calls > 0);
}

static void
test_waiting_without_a_callback (void)
{
  g_autoptr (GfPromise) promise = gf_promise_new ();
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();

  gf_future_result_async (GF_FUTURE (promise), cancellable, NULL, NULL);
  gf_future_result_async (GF_FUTURE (promise), NULL, NULL, NULL);
  g_cancellable_cancel (cancellable);
  gf_promise_resolve_int (promise, 1);
  test_drain ();
  g_assert_finalize_object (g_steal_pointer (&promise));
  g_assert_finalize_object (g_steal_pointer (&cancellable));
}

/* ---- stress ---- */

#define N_ROUNDS 300
#define N_AT_ONCE 20

typedef struct
{
  GfPromise *promises[N_AT_ONCE];
  GCancellable *cancellables[N_AT_ONCE];
  int ready;
} Race;

static void
race_start (Race *race)
{
  g_atomic_int_inc (&race->ready);
  while (g_atomic_int_get (&race->ready) < 2)
    g_thread_yield ();
}

static gpointer
settle_thread (gpointer data)
{
  Race *race = data;

  race_start (race);
  for (guint i = 0; i < N_AT_ONCE; i++)
    gf_promise_resolve_int (race->promises[i], 1);
  return NULL;
}

static gpointer
cancel_thread (gpointer data)
{
  Race *race = data;

  race_start (race);
  for (guint i = 0; i < N_AT_ONCE; i++)
    g_cancellable_cancel (race->cancellables[i]);
  return NULL;
}

static void
race_cb (GObject      *source,
         GAsyncResult *result,
         gpointer      data)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (g_main_context_is_owner (g_main_context_default ()));
  ++*(guint *) data;
  if (G_IS_TASK (result))
    {
      if (g_task_propagate_int (G_TASK (result), &error) != 1)
        g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
    }
  else if (gf_future_result_finish (GF_FUTURE (source), result, &error) == NULL)
    g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
}

/* The promises are settled in one thread, the waiting is cancelled in another,
 * and the context turns in this one. */
static void
test_stress_cancel_against_settle (gconstpointer data)
{
  gboolean by_task = GPOINTER_TO_INT (data);

  for (guint round = 0; round < N_ROUNDS; round++)
    {
      GThread *settling, *cancelling;
      guint counts[N_AT_ONCE] = { 0 };
      Race race = { 0 };
      guint n = 0;

      for (guint i = 0; i < N_AT_ONCE; i++)
        {
          race.promises[i] = gf_promise_new ();
          race.cancellables[i] = g_cancellable_new ();
        }
      settling = g_thread_new ("settle", settle_thread, &race);
      if (round % 2 == 0)
        cancelling = g_thread_new ("cancel", cancel_thread, &race);
      for (guint i = 0; i < N_AT_ONCE; i++)
        {
          if (by_task)
            {
              g_autoptr (GTask) task = g_task_new (NULL, race.cancellables[i], race_cb, &counts[i]);

              gf_future_forward_to_task (GF_FUTURE (race.promises[i]), task);
            }
          else
            gf_future_result_async (GF_FUTURE (race.promises[i]), race.cancellables[i], race_cb, &counts[i]);
        }
      if (round % 2 != 0)
        cancelling = g_thread_new ("cancel", cancel_thread, &race);

      while (n < N_AT_ONCE)
        {
          g_main_context_iteration (NULL, FALSE);
          for (n = 0; n < N_AT_ONCE && counts[n] > 0; n++)
            ;
        }
      g_thread_join (settling);
      g_thread_join (cancelling);
      test_drain ();
      /* a callback that is too early for `done` comes again a frame later */
      for (guint i = 0; i < N_AT_ONCE; i++)
        {
          g_assert_cmpuint (counts[i], ==, 1);
          g_object_add_weak_pointer (G_OBJECT (race.promises[i]), (gpointer *) &race.promises[i]);
          g_object_add_weak_pointer (G_OBJECT (race.cancellables[i]), (gpointer *) &race.cancellables[i]);
          g_object_unref (race.promises[i]);
          g_object_unref (race.cancellables[i]);
          test_turn_until (race.promises[i] == NULL && race.cancellables[i] == NULL);
        }
    }
}

/* Operations in GIO's threads that are over when their futures are cancelled, or
 * nearly. */
static void
thread_op (GTask        *task,
           gpointer      source,
           gpointer      data,
           GCancellable *cancellable)
{
  g_task_return_boolean (task, TRUE);
}

static void
test_stress_cancel_against_operation (void)
{
  g_autoptr (GObject) source = g_object_new (G_TYPE_OBJECT, NULL);

  for (guint round = 0; round < N_ROUNDS; round++)
    {
      GfFuture *futures[N_AT_ONCE];

      n_finished = 0;
      for (guint i = 0; i < N_AT_ONCE; i++)
        {
          GfPromise *promise = gf_promise_new ();
          g_autoptr (GTask) task =
            g_task_new (source, gf_promise_get_cancellable (promise), gf_promise_ready,
                        gf_promise_finish_with (promise, G_TYPE_STRING, G_CALLBACK (finish_string)));

          g_task_run_in_thread (task, thread_op);
          futures[i] = GF_FUTURE (promise);
        }
      for (guint i = 0; i < N_AT_ONCE; i++)
        {
          g_main_context_iteration (NULL, FALSE);
          gf_future_cancel (futures[i]);
        }
      test_turn_until (n_finished == N_AT_ONCE);
      test_drain ();
      for (guint i = 0; i < N_AT_ONCE; i++)
        {
          g_assert_true (gf_future_is_done (futures[i]));
          g_assert_finalize_object (futures[i]);
        }
    }
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  for (guint i = 0; i < G_N_ELEMENTS (finish_cases); i++)
    {
      g_autofree char *path = g_strconcat ("/gio/finish-with/", finish_cases[i].name, NULL);

      g_test_add_data_func (path, &finish_cases[i], test_finish_with);
    }

#define ADD(path, name) g_test_add_func ("/gio/" path, test_##name)
  ADD ("finish-with/none", finish_with_none);
  ADD ("finish-with/refuses-types-without-values", finish_with_refuses_types_without_values);
  ADD ("finish-with/of-a-file", finish_with_of_a_file);
  ADD ("finish-by/takes-out-parameters", finish_by_takes_out_parameters);
  ADD ("finish-by/without-an-outcome-is-no-value", finish_by_without_an_outcome_is_no_value);
  ADD ("finish-by/may-start-the-next-operation", finish_by_may_start_the_next_operation);
  ADD ("finish-by/releases-its-data-once", finish_by_releases_its_data_once);
  ADD ("operation/is-cancelled-by-the-future", cancelling_the_future_cancels_the_operation);
  ADD ("operation/is-cancelled-by-a-timeout", a_timeout_cancels_the_operation);
  ADD ("operation/cancelled-by-others-has-failed", an_operation_cancelled_by_others_has_failed);
  ADD ("operation/a-result-that-comes-too-late-is-dropped", a_result_that_comes_too_late_is_dropped);
  ADD ("operation/holds-its-task", an_operation_holds_its_task);
  ADD ("operation/keeps-its-promise", an_operation_keeps_its_promise);
  ADD ("context/of-its-own", a_thread_with_a_context_of_its_own);
  ADD ("context/after-done-in-order", they_come_after_done_in_order);
  ADD ("waiting/does-not-keep-a-promise", waiting_does_not_keep_a_promise);
  ADD ("waiting/is-interest-till-it-is-given-up", waiting_is_interest_till_it_is_given_up);
  ADD ("waiting/without-a-callback", waiting_without_a_callback);
  ADD ("stress/cancel-against-operation", stress_cancel_against_operation);
#undef ADD
  g_test_add_data_func ("/gio/stress/cancel-a-task-against-settle", GINT_TO_POINTER (TRUE),
                        test_stress_cancel_against_settle);
  g_test_add_data_func ("/gio/stress/cancel-waiting-against-settle", GINT_TO_POINTER (FALSE),
                        test_stress_cancel_against_settle);

  return g_test_run ();
}

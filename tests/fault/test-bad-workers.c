/* test-bad-workers.c - what the pool makes of workers that talk nonsense
 *
 * The worker is put down, the task fails and tells why, the pool takes the next
 * call; nothing hangs, and no length is believed that costs memory.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "../test-processes.h"

static GfExecutor *
bad_pool_new_of (guint       max_workers,
                 TestVia     via,
                 const char *hello,
                 guint32     seed)
{
  g_autofree char *program = g_test_build_filename (G_TEST_BUILT, "fault", "bad-worker", NULL);
  g_autofree char *seed_text = g_strdup_printf ("%u", seed);
  const char *argv[] = { program, hello, seed_text, NULL };
  GfExecutor *pool = gf_process_pool_executor_new (max_workers, argv);

  if (via == VIA_STDIO)
    g_object_set (pool, "transport", GF_WORKER_TRANSPORT_STDIO, NULL);
  return pool;
}

static GfExecutor *
bad_pool_new (TestVia     via,
              const char *hello,
              guint32     seed)
{
  return bad_pool_new_of (1, via, hello, seed);
}

typedef struct
{
  TestVia via;
  GfExecutor *pool;
} Fixture;

static void
set_up (Fixture      *self,
        gconstpointer data)
{
  self->via = GPOINTER_TO_UINT (data);
  self->pool = bad_pool_new (self->via, "ok", 0);
}

static void
tear_down (Fixture      *self,
           gconstpointer data)
{
  test_pool_end (self->pool);
  g_assert_cmpuint (test_n_children (), ==, 0);
}

static void
assert_good (GfExecutor *pool)
{
  g_autoptr (GfFuture) future = gf_executor_call (pool, "good", NULL);

  g_assert_cmpstr (g_variant_get_string (test_result (future), NULL), ==, "good");
}

/* Of the address sanitizer, which keeps what was freed. */
extern gsize __sanitizer_get_current_allocated_bytes (void) __attribute__ ((weak));

/* kB of memory that this process uses, or used at most */
static int
memory_of (const char *what)
{
  g_autofree char *text = NULL;

  if (__sanitizer_get_current_allocated_bytes != NULL)
    return __sanitizer_get_current_allocated_bytes () / KIB;
  g_file_get_contents ("/proc/self/status", &text, NULL, NULL);
  return atoi (strstr (text, what) + strlen (what));
}

/* In the slow mode, more */
static guint
rounds (guint n)
{
  return g_test_slow () ? 20 * n : n;
}

/* Mistakes in an answer */

static const struct
{
  const char *name;
  int error;
  const char *tells;
} mistakes[] = {
  { "magic", GF_FUTURE_ERROR_PROTOCOL, "does not begin with “GFUT” but with the bytes 58 46 55 54" },
  { "version", GF_FUTURE_ERROR_PROTOCOL, "unknown version (2)" },
  { "type", GF_FUTURE_ERROR_PROTOCOL, "unknown type (99)" },
  { "type-zero", GF_FUTURE_ERROR_PROTOCOL, "unknown type (0)" },
  { "flags", GF_FUTURE_ERROR_PROTOCOL, "unknown flags (128)" },
  { "order", GF_FUTURE_ERROR_PROTOCOL, "unknown byte order (63)" },
  { "id", GF_FUTURE_ERROR_PROTOCOL, "answered the request 123456789" },
  { "name-length", GF_FUTURE_ERROR_PROTOCOL, "too long a name (4294967295)" },
  { "name-length-4097", GF_FUTURE_ERROR_PROTOCOL, "too long a name (4097)" },
  { "name-utf8", GF_FUTURE_ERROR_PROTOCOL, "not UTF-8" },
  { "type-length", GF_FUTURE_ERROR_PROTOCOL, "too long a type string (4294967295)" },
  { "type-length-4097", GF_FUTURE_ERROR_PROTOCOL, "too long a type string (4097)" },
  { "table-length", GF_FUTURE_ERROR_PROTOCOL, "wrong length (4294967288)" },
  { "table-length-odd", GF_FUTURE_ERROR_PROTOCOL, "wrong length (12)" },
  { "payload-length", GF_FUTURE_ERROR_PROTOCOL, "exceeds max-message-size (1152921504606846976)" },
  { "payload-length-most", GF_FUTURE_ERROR_PROTOCOL, "exceeds max-message-size (18446744073709551615)" },
  { "payload-length-wraps", GF_FUTURE_ERROR_PROTOCOL, "exceeds max-message-size (18446744073709551567)" },
  { "payload-length-3-gib", GF_FUTURE_ERROR_PROTOCOL, "exceeds max-message-size (3221225472)" },

  { "normal-string", GF_FUTURE_ERROR_PROTOCOL, "not a “s” in normal form" },
  { "normal-utf8", GF_FUTURE_ERROR_PROTOCOL, "not a “s” in normal form" },
  { "normal-boolean", GF_FUTURE_ERROR_PROTOCOL, "not a “b” in normal form" },
  { "normal-array", GF_FUTURE_ERROR_PROTOCOL, "not a “as” in normal form" },
  { "normal-tuple", GF_FUTURE_ERROR_PROTOCOL, "not a “(si)” in normal form" },
  { "normal-variant", GF_FUTURE_ERROR_PROTOCOL, "not a “v” in normal form" },
  { "normal-dictionary", GF_FUTURE_ERROR_PROTOCOL, "not a “a{sv}” in normal form" },
  { "normal-integer", GF_FUTURE_ERROR_PROTOCOL, "not a “i” in normal form" },
  { "normal-empty", GF_FUTURE_ERROR_PROTOCOL, "not a “i” in normal form" },

  { "type-unknown", GF_FUTURE_ERROR_PROTOCOL, "type string that is none: “zz”" },
  { "type-key", GF_FUTURE_ERROR_PROTOCOL, "type string that is none: “a{vs}”" },
  { "type-open", GF_FUTURE_ERROR_PROTOCOL, "type string that is none: “(”" },
  { "type-two", GF_FUTURE_ERROR_PROTOCOL, "type string that is none: “ii”" },
  { "type-any", GF_FUTURE_ERROR_PROTOCOL, "type string that is none: “*”" },
  { "type-any-array", GF_FUTURE_ERROR_PROTOCOL, "type string that is none: “a*”" },
  { "type-tuple", GF_FUTURE_ERROR_PROTOCOL, "type string that is none: “r”" },
  { "type-handle", GF_FUTURE_ERROR_PROTOCOL, "RESULT (h) has a handle" },

  { "error-payload", GF_FUTURE_ERROR_PROTOCOL, "no (sismsmay)" },
  { "error-nothing", GF_FUTURE_ERROR_PROTOCOL, "no (sismsmay)" },
  { "error-domain", GF_FUTURE_ERROR_REMOTE, "in order" },
  { "progress-payload", GF_FUTURE_ERROR_PROTOCOL, "no (dms)" },
  { "says-1", GF_FUTURE_ERROR_PROTOCOL, "said HELLO twice" },
  { "says-2", GF_FUTURE_ERROR_PROTOCOL, "type 2, which only a pool sends" },
  { "says-6", GF_FUTURE_ERROR_PROTOCOL, "type 6, which only a pool sends" },
  { "says-7", GF_FUTURE_ERROR_PROTOCOL, "type 7, which only a pool sends" },
  { "garbage", GF_FUTURE_ERROR_PROTOCOL, "with the bytes 67 61 72 62" },
  { "half-then-exit", GF_FUTURE_ERROR_WORKER_DIED, "status 0" },
  { "exit", GF_FUTURE_ERROR_WORKER_DIED, "status 3" },

  { "part-length", GF_FUTURE_ERROR_PROTOCOL, "parts that exceed max-message-size (1152921504606846976)" },
  { "part-length-most", GF_FUTURE_ERROR_PROTOCOL, "parts that exceed max-message-size (18446744073709551615)" },
  { "part-path-absurd", GF_FUTURE_ERROR_PROTOCOL, "too deep (1073741824)" },
  { "part-path-wraps", GF_FUTURE_ERROR_PROTOCOL, "too deep (1073741824)" },
  { "part-path-long", GF_FUTURE_ERROR_PROTOCOL, "ends too early" },
  { "part-path-outside", GF_FUTURE_ERROR_PROTOCOL, "leads nowhere" },
  { "part-path-deep", GF_FUTURE_ERROR_PROTOCOL, "leads nowhere" },
  { "part-path-to-a-string", GF_FUTURE_ERROR_PROTOCOL, "does not fit its place" },
  { "part-path-to-a-tuple", GF_FUTURE_ERROR_PROTOCOL, "does not fit its place" },
  { "part-flags", GF_FUTURE_ERROR_PROTOCOL, "unknown flags (2)" },
  { "part-twice", GF_FUTURE_ERROR_PROTOCOL, "the same place" },
  { "part-order", GF_FUTURE_ERROR_PROTOCOL, "leads nowhere" },
  { "part-odd", GF_FUTURE_ERROR_PROTOCOL, "does not fit its place (5)" },
  { "part-of-strings", GF_FUTURE_ERROR_PROTOCOL, "does not fit its place (5)" },
  { "part-filled", GF_FUTURE_ERROR_PROTOCOL, "does not fit its place (8)" },
  { "part-without-payload", GF_FUTURE_ERROR_PROTOCOL, "no type" },
  { "part-sum", GF_FUTURE_ERROR_PROTOCOL, "parts that exceed max-message-size (13835058055282163712)" },

  { "fd-none", GF_FUTURE_ERROR_PROTOCOL, "did not come" },
  { "fd-short", GF_FUTURE_ERROR_PROTOCOL, "fewer than the 4097 bytes" },
  { "fd-huge", GF_FUTURE_ERROR_PROTOCOL, "parts that exceed max-message-size (1152921504606846976)" },
  { "fd-offset", GF_FUTURE_ERROR_PROTOCOL, "fewer than the 4097 bytes" },
  { "fd-offset-4-gib", GF_FUTURE_ERROR_PROTOCOL, "fewer than the 4294971392 bytes" },
  { "fd-offset-wraps", GF_FUTURE_ERROR_PROTOCOL, "wrong offset (18446744073709547520)" },
  { "fd-unsealed", GF_FUTURE_ERROR_PROTOCOL, "not that of a sealed memfd" },
  { "fd-writable", GF_FUTURE_ERROR_PROTOCOL, "not that of a sealed memfd" },
  { "fd-shrinkable", GF_FUTURE_ERROR_PROTOCOL, "not that of a sealed memfd" },
  { "fd-device", GF_FUTURE_ERROR_PROTOCOL, "not that of a sealed memfd" },
  { "fd-socket", GF_FUTURE_ERROR_PROTOCOL, "not that of a sealed memfd" },
};

static void
test_mistake (Fixture    *self,
              const char *name)
{
  int before = memory_of ("VmHWM:");
  guint n_descriptors;
  guint i = 0;

  while (!g_str_equal (mistakes[i].name, name))
    i++;
  assert_good (self->pool);
  n_descriptors = test_n_descriptors ();
  for (guint round = 0; round < 2; round++)
    {
      g_autoptr (GfFuture) future = gf_executor_call (self->pool, name, NULL);

      test_assert_fails (future, GF_FUTURE_ERROR, mistakes[i].error);
      g_test_message ("%s: %s", name, gf_future_get_error (future)->message);
      test_assert_tells (future, mistakes[i].tells);
      assert_good (self->pool);
    }
  test_drain ();
  test_await_descriptors (n_descriptors);
  g_assert_cmpint (memory_of ("VmHWM:") - before, <, 20000);
}

typedef struct
{
  TestVia via;
  const char *name;
} MistakeCase;

static void
test_mistake_case (gconstpointer data)
{
  const MistakeCase *mistake = data;
  Fixture self;

  set_up (&self, GUINT_TO_POINTER (mistake->via));
  test_mistake (&self, mistake->name);
  tear_down (&self, NULL);
}

static void
add_mistakes (void)
{
  static MistakeCase cases[2][G_N_ELEMENTS (mistakes)];

  for (guint via = 0; via < 2; via++)
    for (guint i = 0; i < G_N_ELEMENTS (mistakes); i++)
      {
        g_autofree char *path = g_strdup_printf ("/process-pool/bad/%s/%s", test_via_names[via], mistakes[i].name);

        /* no descriptors over stdio */
        if (via == VIA_STDIO && g_str_has_prefix (mistakes[i].name, "fd-"))
          continue;
        cases[via][i] = (MistakeCase) { via, mistakes[i].name };
        g_test_add_data_func (path, &cases[via][i], test_mistake_case);
      }
}

/* No mistakes: so that the others fail for the right reason */

static void
test_good_frames (Fixture      *self,
                  gconstpointer data)
{
  static const char *const names[] = { "good", "good-byte-by-byte", "part-good", "fd-good" };

  for (guint i = 0; i < (self->via == VIA_SOCKET ? 4 : 3); i++)
    {
      g_autoptr (GfFuture) future = gf_executor_call (self->pool, names[i], NULL);
      GVariant *result = test_result (future);

      if (i < 2)
        g_assert_cmpstr (g_variant_get_string (result, NULL), ==, "good");
      else
        {
          g_autoptr (GVariant) bytes = g_variant_get_child_value (result, 1);

          g_assert_cmpstr (g_variant_get_type_string (result), ==, "(say)");
          g_assert_cmpuint (g_variant_get_size (bytes), ==, i == 2 ? 5 : 4096);
          g_assert_cmpuint (*(const guint8 *) g_variant_get_data (bytes), ==, i == 2 ? 'p' : 0);
        }
    }
}

static void
test_good_outcomes (Fixture      *self,
                    gconstpointer data)
{
  g_autoptr (GfFuture) nothing = gf_executor_call (self->pool, "good-nothing", NULL);
  g_autoptr (GfFuture) error = gf_executor_call (self->pool, "error-good", NULL);

  g_assert_null (test_result (nothing));
  test_assert_fails (error, G_IO_ERROR, 5);
  g_assert_cmpstr (gf_future_get_error (error)->message, ==, "in order");
}

/* A worker on a machine of the other kind, as by ssh. */
static void
test_the_other_byte_order (gconstpointer data)
{
  GfExecutor *pool = bad_pool_new (GPOINTER_TO_UINT (data), "other-order", 0);

  assert_good (pool);
  for (guint i = 0; i < 2; i++)
    {
      g_autoptr (GfFuture) future = gf_executor_call (pool, i == 0 ? "good-numbers" : "good-numbers-in-a-part", NULL);
      g_autoptr (GVariant) expected = g_variant_ref_sink (
        g_variant_new_parsed ("('text', uint32 305419896, int64 -2, 1.5, [1, -2, 1000000], <true>, <uint16 258>)"));
      g_autofree char *text = g_variant_print (test_result (future), TRUE);

      g_test_message ("%s", text);
      g_assert_true (g_variant_equal (test_result (future), expected));
    }
  test_pool_end (pool);
}

/* Mistakes after a good answer: the task has its result, the worker goes. */
static void
test_mistake_after_an_answer (gconstpointer data)
{
  static const char *const names[] = { "twice", "garbage-after" };

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      GfExecutor *pool = bad_pool_new (GPOINTER_TO_UINT (data), "ok", 0);
      g_autoptr (GfFuture) future = gf_executor_call (pool, names[i], NULL);

      g_assert_cmpstr (g_variant_get_string (test_result (future), NULL), ==, "good");
      test_await_no_children ();
      assert_good (pool);
      test_pool_end (pool);
    }
}

/* What may be ignored or refused, but harms nobody. */
static void
test_oddities (Fixture      *self,
               gconstpointer data)
{
  static const char *const names[] = { "progress-wild", "fd-unasked", "fd-most" };
  guint n_descriptors;

  assert_good (self->pool);
  n_descriptors = test_n_descriptors ();
  for (guint round = 0; round < 5; round++)
    for (guint i = 0; i < G_N_ELEMENTS (names); i++)
      {
        g_autoptr (GfFuture) future = gf_executor_call (self->pool, names[i], NULL);
        double progress;

        test_settle (future);
        /* whether the answer comes before it is seen that too much came with it */
        if (gf_future_get_error (future) != NULL)
          {
            g_test_message ("%s: %s", names[i], gf_future_get_error (future)->message);
            g_assert_cmpuint (i, >, 0);
            g_assert_error (gf_future_get_error (future), GF_FUTURE_ERROR, GF_FUTURE_ERROR_PROTOCOL);
          }
        progress = gf_future_get_progress (future);
        g_assert_true (progress == -1 || (progress >= 0 && progress <= 1));
        assert_good (self->pool);
      }
  test_drain ();
  test_await_descriptors (n_descriptors);
}

static void
test_a_flood_of_progress (Fixture      *self,
                          gconstpointer data)
{
  int before = memory_of ("VmRSS:");
  g_autoptr (GfFuture) future = gf_executor_call (self->pool, "progress-flood", NULL);

  /* 40 MB of it, and nobody looks */
  test_settle (future);
  g_assert_cmpint (memory_of ("VmRSS:") - before, <, 20000);
  assert_good (self->pool);
}

/* Workers that stop in the middle */

static void
test_hangs (Fixture      *self,
            gconstpointer data)
{
  static const char *const names[] = { "hang", "half", "half-a-head", "half-of-1-gib" };
  int before = memory_of ("VmRSS:");

  g_object_set (self->pool, "task-timeout", (gint64) 30000, "cancel-grace", 1u, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autoptr (GfFuture) future = gf_executor_call (self->pool, names[i], NULL);

      test_assert_fails (future, G_IO_ERROR, G_IO_ERROR_TIMED_OUT);
    }
  g_object_set (self->pool, "task-timeout", (gint64) 0, NULL);
  assert_good (self->pool);
  g_assert_cmpint (memory_of ("VmRSS:") - before, <, 50000);
}

static void
test_a_hang_is_cancelled (Fixture      *self,
                          gconstpointer data)
{
  static const char *const names[] = { "hang", "half", "half-a-head", "half-of-1-gib" };

  g_object_set (self->pool, "cancel-grace", 1u, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autoptr (GfFuture) future = gf_executor_call (self->pool, names[i], NULL);
      g_autoptr (GfFuture) good = gf_executor_call (self->pool, "good", NULL);

      gf_future_cancel (future);
      test_result (good);
    }
}

/* It closes its end, ignores SIGTERM, and lives on. */
static void
test_closed_channels (Fixture      *self,
                      gconstpointer data)
{
  static const char *const names[] = { "close", "shut" };

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autoptr (GfFuture) future = gf_executor_call (self->pool, names[i], NULL);

      test_settle (future);
      g_assert_true (g_error_matches (gf_future_get_error (future), GF_FUTURE_ERROR, GF_FUTURE_ERROR_WORKER_DIED) ||
                     g_error_matches (gf_future_get_error (future), GF_FUTURE_ERROR, GF_FUTURE_ERROR_PROTOCOL));
      g_test_message ("%s: %s", names[i], gf_future_get_error (future)->message);
      assert_good (self->pool);
    }
}

/* Bad starts */

static void
test_bad_hello (gconstpointer data)
{
  static const char *const names[] = {
    "magic", "version", "type", "order", "name-length", "type-length", "table-length", "payload-length",
    "payload-length-most", "normal-string", "normal-dictionary", "type-unknown", "result", "string", "noise",
  };
  TestVia via = GPOINTER_TO_UINT (data);

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      GfExecutor *pool = bad_pool_new (via, names[i], 0);
      g_autoptr (GfFuture) future = gf_executor_call (pool, "good", NULL);

      test_assert_fails (future, GF_FUTURE_ERROR, GF_FUTURE_ERROR_BROKEN_EXECUTOR);
      g_test_message ("%s: %s", names[i], gf_future_get_error (future)->message);
      test_assert_tells (future, "bad-worker");
      test_pool_end (pool);
      g_assert_cmpuint (test_n_children (), ==, 0);
    }
}

static void
test_no_hello (gconstpointer data)
{
  static const char *const names[] = { "silent", "half" };
  TestVia via = GPOINTER_TO_UINT (data);

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      GfExecutor *pool = bad_pool_new (via, names[i], 0);
      g_autoptr (GfFuture) future = NULL;

      g_object_set (pool, "start-timeout", 30u, NULL);
      future = gf_executor_call (pool, "good", NULL);
      test_assert_fails (future, GF_FUTURE_ERROR, GF_FUTURE_ERROR_BROKEN_EXECUTOR);
      g_test_message ("%s: %s", names[i], gf_future_get_error (future)->message);
      test_assert_tells (future, "bad-worker");
      test_pool_end (pool);
      g_assert_cmpuint (test_n_children (), ==, 0);
    }
}

static void
test_hello_and_then_nothing (gconstpointer data)
{
  static const char *const names[] = { "close", "flood" };
  TestVia via = GPOINTER_TO_UINT (data);

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      int before = memory_of ("VmRSS:");
      GfExecutor *pool = bad_pool_new (via, names[i], 0);
      g_autoptr (GfFuture) future = NULL;

      future = gf_executor_call (pool, "good", NULL);
      test_settle (future);
      g_assert_nonnull (gf_future_get_error (future));
      test_pool_end (pool);
      g_assert_cmpuint (test_n_children (), ==, 0);
      g_assert_cmpint (memory_of ("VmRSS:") - before, <, 50000);
    }
}

/* A worker that does not read holds up neither the caller nor the pool. */
static void
test_a_deaf_worker (gconstpointer data)
{
  TestVia via = GPOINTER_TO_UINT (data);
  GfExecutor *pool = bad_pool_new (via, "deaf", 0);
  g_autoptr (GfFuture) future = NULL;
  g_autofree char *text = g_strnfill (16 * MIB, 'x');

  g_object_set (pool, "task-timeout", (gint64) 50000, "cancel-grace", 1u, NULL);
  for (guint i = 0; i < 2; i++)
    {
      g_autoptr (GfFuture) large = gf_executor_call (pool, "good", g_variant_new_string (text));

      test_assert_fails (large, G_IO_ERROR, G_IO_ERROR_TIMED_OUT);
    }
  test_pool_end (pool);
}

/* It is its parent that knows who it is. */
static void
test_a_worker_that_lies_about_its_pid (gconstpointer data)
{
  GfExecutor *pool = bad_pool_new (GPOINTER_TO_UINT (data), "pid", 0);
  g_autoptr (GfFuture) future = NULL;

  assert_good (pool);
  g_object_set (pool, "cancel-grace", 1u, NULL);
  future = gf_executor_call (pool, "hang", NULL);
  gf_future_cancel (future);
  assert_good (pool);
  gf_process_pool_executor_terminate_workers (GF_PROCESS_POOL_EXECUTOR (pool));
  test_await (test_n_workers (pool) == 0);
  assert_good (pool);
  gf_process_pool_executor_kill_workers (GF_PROCESS_POOL_EXECUTOR (pool));
  test_await (test_n_workers (pool) == 0);
  assert_good (pool);
  test_pool_end (pool);
}

/* It said that it marks what it begins, and does not. */
static void
test_a_worker_that_does_not_mark (void)
{
  GfExecutor *pool = bad_pool_new (VIA_SOCKET, "marks", 0);
  g_autoptr (GfFuture) good = gf_executor_call (pool, "good", NULL);
  g_autoptr (GfFuture) dies = NULL;
  g_autoptr (GfFuture) hangs = NULL;

  test_settle (good);
  /* "not begun" for ever, and not sent for ever */
  dies = gf_executor_call (pool, "exit", NULL);
  test_settle (dies);
  g_assert_nonnull (gf_future_get_error (dies));
  g_test_message ("%s", gf_future_get_error (dies)->message);
  g_object_unref (pool);
  pool = bad_pool_new (VIA_SOCKET, "marks", 0);
  g_object_set (pool, "task-timeout", (gint64) 30000, "cancel-grace", 1u, NULL);
  hangs = gf_executor_call (pool, "hang", NULL);
  test_settle (hangs);
  g_assert_nonnull (gf_future_get_error (hangs));
  g_test_message ("%s", gf_future_get_error (hangs)->message);
  test_pool_end (pool);
  test_await_no_children ();
}

/* Random bytes where the marks are: each task is settled, whatever becomes of it. */
static void
test_random_marks (void)
{
  for (guint i = 0; i < rounds (20); i++)
    {
      GfExecutor *pool = bad_pool_new_of (1 + i % 2, VIA_SOCKET, "scribbles", i);
      GfFuture *futures[100];
      guint n_good = 0;

      g_object_set (pool, "task-timeout", (gint64) 50000, "cancel-grace", 1u, "max-retries", i % 3, NULL);
      for (guint k = 0; k < G_N_ELEMENTS (futures); k++)
        {
          futures[k] = gf_executor_call (pool, k == 60 ? "hang" : "good", NULL);
          if (k % 10 == 9)
            gf_future_cancel (futures[k - 5]);
          if (k == 40)
            test_settle (futures[20]);
        }
      for (guint k = 0; k < G_N_ELEMENTS (futures); k++)
        {
          test_settle (futures[k]);
          n_good += gf_future_get_error (futures[k]) == NULL;
          g_object_unref (futures[k]);
        }
      g_test_message ("%u of %u were good", n_good, (guint) G_N_ELEMENTS (futures));
      test_pool_end (pool);
    }
  test_await_no_children ();
}

/* Random mutations */

static void
test_fuzz (Fixture      *self,
           gconstpointer data)
{
  guint n_failed = 0, n_descriptors;
  int before = memory_of ("VmHWM:");

  g_object_set (self->pool, "task-timeout", (gint64) 50000, "cancel-grace", 1u, NULL);
  assert_good (self->pool);
  n_descriptors = test_n_descriptors ();
  for (guint i = 0; i < rounds (1000); i++)
    {
      g_autoptr (GfFuture) future = gf_executor_call (self->pool, "fuzz", g_variant_new ("(u)", i));

      test_settle (future);
      n_failed += gf_future_get_error (future) != NULL;
      if (i % 100 == 0)
        test_drain ();
    }
  g_test_message ("%u failed", n_failed);
  assert_good (self->pool);
  test_drain ();
  test_await_descriptors (n_descriptors);
  g_assert_cmpint (memory_of ("VmHWM:") - before, <, 50000);
}

static void
test_fuzz_hello (gconstpointer data)
{
  TestVia via = GPOINTER_TO_UINT (data);

  for (guint i = 0; i < rounds (100); i++)
    {
      GfExecutor *pool = bad_pool_new (via, "fuzz", i);
      g_autoptr (GfFuture) future = NULL;

      g_object_set (pool, "start-timeout", 50u, "task-timeout", (gint64) 50000, "cancel-grace", 1u, NULL);
      future = gf_executor_call (pool, "good", NULL);
      test_settle (future);
      test_pool_end (pool);
      g_assert_cmpuint (test_n_children (), ==, 0);
    }
}

static void
add_both (const char   *name,
          GTestDataFunc func)
{
  for (guint via = 0; via < 2; via++)
    {
      g_autofree char *path = g_strdup_printf ("/process-pool/bad/%s/%s", test_via_names[via], name);

      g_test_add_data_func (path, GUINT_TO_POINTER (via), func);
    }
}

static void
add_both_with_pool (const char *name,
                    void      (*func) (Fixture *, gconstpointer))
{
  for (guint via = 0; via < 2; via++)
    {
      g_autofree char *path = g_strdup_printf ("/process-pool/bad/%s/%s", test_via_names[via], name);

      g_test_add (path, Fixture, GUINT_TO_POINTER (via), set_up, func, tear_down);
    }
}

int
main (int    argc,
      char **argv)
{
  test_worker_main (argc, argv);
  g_test_init (&argc, &argv, NULL);

  add_both_with_pool ("good-frames", test_good_frames);
  add_both_with_pool ("good-outcomes", test_good_outcomes);
  add_both ("the-other-byte-order", test_the_other_byte_order);
  add_mistakes ();
  add_both ("mistakes-after-an-answer", test_mistake_after_an_answer);
  add_both_with_pool ("oddities", test_oddities);
  add_both_with_pool ("a-flood-of-progress", test_a_flood_of_progress);
  add_both_with_pool ("hangs", test_hangs);
  add_both_with_pool ("hangs-that-are-cancelled", test_a_hang_is_cancelled);
  add_both_with_pool ("closed-channels", test_closed_channels);

  add_both ("hello", test_bad_hello);
  add_both ("no-hello", test_no_hello);
  add_both ("hello-and-then-nothing", test_hello_and_then_nothing);
  add_both ("a-deaf-worker", test_a_deaf_worker);
  add_both ("lies-about-its-pid", test_a_worker_that_lies_about_its_pid);
  g_test_add_func ("/process-pool/bad/socket/does-not-mark", test_a_worker_that_does_not_mark);
  g_test_add_func ("/process-pool/bad/socket/random-marks", test_random_marks);

  add_both_with_pool ("fuzz", test_fuzz);
  add_both ("fuzz-hello", test_fuzz_hello);

  return g_test_run ();
}

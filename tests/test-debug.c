/* test-debug.c - what GFUTURES_DEBUG tells
 *
 * What is told is chosen when the library is loaded: each case runs a scene of
 * this program in a process of its own and reads what that has written.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "test-processes.h"

/* ---- scenes ---- */

static void
wait_for_clock (gint64 us)
{
  gint64 end = g_get_monotonic_time () + us;

  while (g_get_monotonic_time () < end)
    ;
}

static void
answer (GfPromise *promise,
        gpointer   data,
        GError   **error)
{
  gf_promise_resolve_int (promise, 42);
}

static void
fail (GfPromise *promise,
      gpointer   data,
      GError   **error)
{
  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND, "no such\nthing");
}

static void
return_late (GfPromise *promise,
             gpointer   gate,
             GError   **error)
{
  test_gate_arrive (gate);
  while (!gf_promise_should_stop (promise))
    g_thread_yield ();
  wait_for_clock (2000);
}

static void
scene_tasks (void)
{
  g_autoptr (GfExecutor) pool = gf_thread_pool_executor_new (1);
  g_autoptr (GfFuture) good = NULL;
  g_autoptr (GfFuture) bad = NULL;
  g_autoptr (GfFuture) late = NULL;
  g_autoptr (GfFuture) never = NULL;
  TestGate gate;

  test_gate_init (&gate);
  gf_executor_set_label (pool, "files");

  good = gf_executor_submit_full (pool, G_PRIORITY_LOW, NULL, answer, NULL, NULL);
  gf_future_set_label (good, "two\nlines\033[31m\xff\u202eand\ttabs");
  gf_future_run_until_done (good, NULL, NULL);

  bad = gf_executor_submit (pool, fail, NULL, NULL);
  gf_future_run_until_done (bad, NULL, NULL);

  late = gf_executor_submit (pool, return_late, &gate, NULL);
  gf_future_set_label (late, "late");
  never = gf_executor_submit (pool, answer, NULL, NULL);
  gf_future_set_label (never, "never");
  test_gate_await (&gate, 1);
  gf_future_cancel (never);
  gf_future_cancel (late);
  gf_executor_shutdown (pool, TRUE, FALSE);
  test_gate_clear (&gate);

  printf ("%d\n", gf_future_get_int (good, NULL));
}

static GfFuture *
pass_on (GfFuture *source,
         gpointer  data,
         GError  **error)
{
  return g_object_ref (source);
}

static void
scene_futures (void)
{
  GfPromise *dropped = gf_promise_new ();
  g_autoptr (GfPromise) promise = gf_promise_new ();
  g_autoptr (GfFuture) next = gf_future_then (GF_FUTURE (promise), pass_on, NULL, NULL);
  g_autoptr (GfFuture) after = gf_future_then (GF_FUTURE (dropped), pass_on, NULL, NULL);
  g_autoptr (GfFutureSet) set = gf_future_all_settled (&next, 1);

  gf_future_set_label (GF_FUTURE (promise), "promise");
  gf_future_set_label (GF_FUTURE (dropped), "dropped");
  gf_promise_resolve_int (promise, 1);
  g_object_unref (dropped);
  gf_future_run_until_done (GF_FUTURE (set), NULL, NULL);
  gf_future_run_until_done (after, NULL, NULL);
}

static gboolean
wait_in_vain (gpointer promise)
{
  gf_future_wait (promise, 1000, NULL, NULL);

  return G_SOURCE_REMOVE;
}

static void
scene_waits (void)
{
  g_autoptr (GfPromise) promise = gf_promise_new ();
  g_autoptr (GfExecutor) pool = gf_thread_pool_executor_new (1);

  gf_future_set_label (GF_FUTURE (promise), "never");
  gf_future_wait (GF_FUTURE (promise), 1000, NULL, NULL);
  g_idle_add (wait_in_vain, promise);
  test_drain ();
  gf_executor_shutdown (pool, TRUE, FALSE);
}

static void
be_slow (GfFuture *future,
         gpointer  data)
{
  wait_for_clock (20000);
}

static void
scene_delivery (void)
{
  g_autoptr (GfExecutor) pool = gf_thread_pool_executor_new (1);
  g_autoptr (GfFuture) future = gf_executor_submit (pool, answer, NULL, NULL);

  gf_future_set_label (future, "slow");
  g_signal_connect (future, "done", G_CALLBACK (be_slow), NULL);
  gf_future_run_until_done (future, NULL, NULL);
  test_drain ();
  gf_executor_shutdown (pool, TRUE, FALSE);
}

static void
settle (GfPromise *promise,
        gpointer   other,
        GError   **error)
{
  gf_promise_resolve_int (other, 1);
}

static void
wait_long (GfPromise *promise,
           gpointer   other,
           GError   **error)
{
  gf_future_wait (other, -1, NULL, error);
}

static void
scene_pools (void)
{
  GfExecutor *pool = g_object_new (GF_TYPE_THREAD_POOL_EXECUTOR, "max-workers", 1, "max-threads", 2,
                                   "thread-name-prefix", "stood", NULL);
  g_autoptr (GfPromise) other = gf_promise_new ();
  g_autoptr (GfFuture) waits = gf_executor_submit (pool, wait_long, other, NULL);
  g_autoptr (GfFuture) settles = gf_executor_submit (pool, settle, other, NULL);

  gf_future_wait (waits, -1, NULL, NULL);
  gf_executor_shutdown (pool, TRUE, FALSE);
  g_object_unref (pool);
  /* Its threads see that soon, and nobody waits for them. */
}

static void
scene_limit (void)
{
  GfExecutor *pool = g_object_new (GF_TYPE_THREAD_POOL_EXECUTOR, "max-workers", 1, "max-threads", 1,
                                   "thread-name-prefix", "alone", NULL);
  g_autoptr (GfPromise) other = gf_promise_new ();
  g_autoptr (GfFuture) waits = gf_executor_submit (pool, wait_long, other, NULL);

  /* That it blocks is told by the library, which warns then. */
  gf_future_wait (waits, 1000, NULL, NULL);
  while (test_log.n_warnings == 0)
    g_thread_yield ();
  gf_promise_resolve_int (other, 1);
  gf_executor_shutdown (pool, TRUE, FALSE);
  g_object_unref (pool);
}

static GVariant *
greet (GVariant  *name,
       GfPromise *promise,
       gpointer   data,
       GError   **error)
{
  return g_variant_new_take_string (g_strdup_printf ("hello, %s", g_variant_get_string (name, NULL)));
}

static GVariant *
die (GVariant  *arguments,
     GfPromise *promise,
     gpointer   data,
     GError   **error)
{
  g_printerr ("what it had to say\n");
  /* More than is kept. */
  for (guint i = 0; i < 100; i++)
    {
      g_autoptr (GfPromise) traced = gf_promise_new ();

      gf_promise_reject_literal (traced, G_IO_ERROR, G_IO_ERROR_FAILED, "failed");
    }
  _exit (7);
}

static GVariant *
get_variables (GVariant  *arguments,
               GfPromise *promise,
               gpointer   data,
               GError   **error)
{
  GVariantBuilder builder;
  gboolean any = FALSE;

  g_variant_builder_init (&builder, G_VARIANT_TYPE_STRING_ARRAY);
  for (char **v = environ; *v != NULL; v++)
    if (strstr (*v, "_FD=") != NULL)
      {
        g_variant_builder_add (&builder, "s", *v);
        any = TRUE;
      }

  return any ? g_variant_builder_end (&builder) : (g_variant_builder_clear (&builder), NULL);
}

static void
call_and_print (GfExecutor *pool,
                const char *function,
                GVariant   *argument)
{
  g_autoptr (GfFuture) future = gf_executor_call (pool, function, argument);
  const GError *error;

  gf_future_run_until_done (future, NULL, NULL);
  error = gf_future_get_error (future);
  if (error == NULL)
    puts (gf_future_get_variant (future, NULL) != NULL ? "value" : "none");
  else
    {
      g_auto (GStrv) parts = g_strsplit (error->message, "pid ", 2);

      /* All but the pid, which differs. */
      printf ("%s%s\n", parts[0], parts[1] != NULL ? parts[1] + strspn (parts[1], "0123456789") : "");
    }
}

static void
scene_workers (void)
{
  g_autoptr (GfExecutor) pool = gf_process_pool_executor_new_for_self (1);

  gf_executor_set_label (pool, "farm");
  g_object_set (pool, "max-retries", 1, NULL);
  g_setenv ("SYSPROF_CONTROL_FD", "3", TRUE);
  g_setenv ("GJS_TRACE_FD", "3", TRUE);

  call_and_print (pool, "test.debug.greet", g_variant_new_string ("secret"));
  call_and_print (pool, "test.debug.variables", NULL);
  call_and_print (pool, "test.debug.die", NULL);
  gf_executor_shutdown (pool, TRUE, FALSE);
}

static void
scene_stdio (void)
{
  g_autoptr (GfExecutor) pool = gf_process_pool_executor_new_for_self (1);

  g_object_set (pool, "transport", GF_WORKER_TRANSPORT_STDIO, NULL);
  call_and_print (pool, "test.debug.greet", g_variant_new_string ("secret"));
  gf_executor_shutdown (pool, TRUE, FALSE);
}

static void
scene_broken (void)
{
  static const char *const nothing[] = { "/bin/false", NULL };
  g_autoptr (GfExecutor) pool = gf_process_pool_executor_new (1, nothing);

  call_and_print (pool, "test.debug.greet", g_variant_new_string ("secret"));
  gf_executor_shutdown (pool, TRUE, FALSE);
}

static const struct
{
  const char *name;
  void (*run) (void);
} scenes[] = {
  { "tasks", scene_tasks },
  { "futures", scene_futures },
  { "waits", scene_waits },
  { "delivery", scene_delivery },
  { "pools", scene_pools },
  { "limit", scene_limit },
  { "workers", scene_workers },
  { "stdio", scene_stdio },
  { "broken", scene_broken },
};

static int
play (const char *name)
{
  test_log_begin ();
  for (guint i = 0; i < G_N_ELEMENTS (scenes); i++)
    if (g_str_equal (scenes[i].name, name))
      scenes[i].run ();
  g_free (test_log_end (NULL, NULL));

  return 0;
}

/* ---- reading ---- */

static char *program;

/* What a scene writes to standard error, with one variable more; *@output is what
 * it prints. */
static char *
watch (const char *scene,
       const char *variable,
       const char *value,
       char      **output)
{
  const char *argv[] = { program, "--scene", scene, NULL };
  g_auto (GStrv) environment = g_get_environ ();
  g_autofree char *out = NULL;
  g_autoptr (GError) error = NULL;
  char *err = NULL;
  int status;

  environment = g_environ_unsetenv (environment, "GFUTURES_DEBUG");
  environment = g_environ_unsetenv (environment, "G_MESSAGES_DEBUG");
  if (variable != NULL)
    environment = g_environ_setenv (environment, variable, value, TRUE);
  g_assert_true (g_spawn_sync (NULL, (char **) argv, environment, G_SPAWN_DEFAULT, NULL, NULL,
                               &out, &err, &status, &error));
  g_assert_no_error (error);
  g_spawn_check_wait_status (status, &error);
  g_assert_no_error (error);
  if (output != NULL)
    *output = g_steal_pointer (&out);

  return err;
}

#define LINE "^GFutures\\[[0-9]+\\] +[0-9]+\\.[0-9]{6} \\S.{14} "

#define assert_told(text, topic, pattern)                                                      \
  G_STMT_START                                                                                 \
    {                                                                                          \
      if (!g_regex_match_simple (LINE topic " +" pattern "$", (text), G_REGEX_MULTILINE, 0))   \
        g_error ("%s: nothing told “%s” of %s in:\n%s", G_STRLOC, (pattern), (topic), (text)); \
    }                                                                                          \
  G_STMT_END

#define assert_not_told(text, pattern)                                                         \
  G_STMT_START                                                                                 \
    {                                                                                          \
      if (g_regex_match_simple ((pattern), (text), G_REGEX_MULTILINE, 0))                      \
        g_error ("%s: “%s” was told in:\n%s", G_STRLOC, (pattern), (text));                    \
    }                                                                                          \
  G_STMT_END

static void
assert_all_are_lines (const char *text)
{
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);

  for (guint i = 0; lines[i] != NULL; i++)
    {
      if (*lines[i] != '\0' && !g_str_equal (lines[i], "what it had to say") &&
          !g_regex_match_simple (LINE "[a-z]+ +\\S", lines[i], 0, 0))
        g_error ("“%s” is no line in:\n%s", lines[i], text);
      g_assert_true (g_utf8_validate (lines[i], -1, NULL));
      for (const char *c = lines[i]; *c != '\0'; c++)
        g_assert_false (g_ascii_iscntrl (*c));
    }
}

/* ---- tests ---- */

static void
test_tasks (void)
{
  g_autofree char *text = watch ("tasks", "GFUTURES_DEBUG", "tasks", NULL);
  const char *late;

  assert_all_are_lines (text);
  assert_told (text, "tasks", "#1 “.+” submitted to “files”, priority 300");
  assert_told (text, "tasks", "#1 “.+” starts, waited [0-9.]+ (µs|ms|s)");
  assert_told (text, "tasks", "#1 “.+” succeeded after [0-9.]+ (µs|ms|s) on “files”");
  assert_told (text, "tasks", "#1 “two.nlines.x1b.31m.+and.ttabs” is done, .+ after it was settled");
  assert_told (text, "tasks", "#2 “.*test-debug.*” failed \\(g-io-error-quark, 1: no such.nthing\\) after .+");
  assert_told (text, "tasks", "#3 “late” was cancelled after .+ on “files”");
  assert_told (text, "tasks", "#3 “late” has returned, .+ after it was settled");
  assert_told (text, "tasks", "#4 “never” was cancelled before it started, waited .+ on “files”");

  /* They are told in the thread of the pool, and where they are submitted. */
  g_assert_nonnull (strstr (text, " gf-pool-0 "));
  g_assert_nonnull (strstr (text, " main "));
  late = strstr (text, "“late” was cancelled");
  g_assert_nonnull (strstr (late, "“late” has returned"));
}

static void
test_futures (void)
{
  g_autofree char *text = watch ("futures", "GFUTURES_DEBUG", "futures", NULL);

  assert_all_are_lines (text);
  assert_told (text, "futures", "#[0-9]+ “promise” succeeded");
  assert_told (text, "futures", "#[0-9]+ “dropped” failed \\(gf-future-error-quark, [0-9]+: .+\\)");
  assert_told (text, "futures", "#[0-9]+ \\(GfFutureSet\\) is done, .+ after it was settled");
}

static void
test_waits (void)
{
  g_autofree char *text = watch ("waits", "GFUTURES_DEBUG", "waits", NULL);

  assert_all_are_lines (text);
  assert_told (text, "waits", "this thread blocks till #1 “never” is settled");
  assert_told (text, "waits", "this thread’s main loop stands still till #1 “never” is settled");
  assert_told (text, "waits", "goes on after [0-9.]+ ms, waited for #1 “never”");
  assert_told (text, "waits", "this thread blocks till GfThreadPoolExecutor 1 is shut down: 0 tasks run, 0 have not begun");
}

static void
test_delivery (void)
{
  g_autofree char *text = watch ("delivery", "GFUTURES_DEBUG", "delivery", NULL);

  assert_all_are_lines (text);
  assert_told (text, "delivery", "the handlers of #1 “slow” took [0-9.]+ ms: the main loop stood still");
  assert_told (text, "delivery", "a batch of [0-9]+ took [0-9.]+ ms: the main loop stood still for more than a frame");
  assert_told (text, "delivery", "deliveries have used up their share of the loop: .+");
}

static void
test_pools (void)
{
  g_autofree char *text = watch ("pools", "GFUTURES_DEBUG", "pools", NULL);

  assert_all_are_lines (text);
  assert_told (text, "pools", "starts stood-0: 1 of 1 \\(max-workers\\)");
  assert_told (text, "pools", "starts stood-1, which stands in for a blocked thread: 2 of at most 2 \\(max-threads\\)");
}

static void
test_limit (void)
{
  g_autofree char *text = watch ("limit", "GFUTURES_DEBUG", "pools", NULL);

  assert_all_are_lines (text);
  assert_told (text, "pools", "alone-0 blocks, and nobody can stand in for it: all 1 threads \\(max-threads\\) are there");
}

static void
test_workers (void)
{
  g_autofree char *text = watch ("workers", "GFUTURES_DEBUG", "workers", NULL);
  const char *exits;

  assert_all_are_lines (text);
  assert_told (text, "workers", "worker [0-9]+ of “farm” was started: .+");
  assert_told (text, "workers", "worker [0-9]+ of “farm” is ready");
  assert_told (text, "workers", "worker [0-9]+ of “farm” exited with status 7");
  assert_told (text, "workers", "worker [0-9]+ of “farm” has lost the task that it was running, which is tried again: #[0-9]+ “test.debug.die”");
  assert_told (text, "workers", "worker [0-9]+ of “farm” has lost the task that it was running, which fails: #[0-9]+ “test.debug.die”");
  exits = strstr (text, "tried again");
  g_assert_nonnull (strstr (exits, "was started"));
}

static void
test_broken (void)
{
  g_autofree char *text = watch ("broken", "GFUTURES_DEBUG", "workers", NULL);

  assert_all_are_lines (text);
  assert_told (text, "workers", "GfProcessPoolExecutor 1: The worker “/bin/false” exited with status 1 before it served");
  assert_told (text, "workers", "GfProcessPoolExecutor 1 is broken: all its tasks fail");
}

static void
assert_messages (const char *scene)
{
  g_autofree char *text = watch (scene, "GFUTURES_DEBUG", "messages", NULL);
  g_autofree char *here = NULL;
  g_autofree char *there = NULL;
  g_autoptr (GMatchInfo) match = NULL;
  g_autoptr (GRegex) regex = g_regex_new ("^GFutures\\[([0-9]+)\\].* to worker ([0-9]+): REQUEST 1 “test.debug.greet”, s of 7 bytes$",
                                          G_REGEX_MULTILINE, 0, NULL);

  assert_all_are_lines (text);
  assert_told (text, "messages", "to worker [0-9]+: HELLO, a\\{sv\\} of [0-9]+ bytes");
  assert_told (text, "messages", "from worker [0-9]+: RESULT 1, s of 14 bytes");

  /* A worker's own lines begin with its pid. */
  g_assert_true (g_regex_match (regex, text, 0, &match));
  here = g_match_info_fetch (match, 1);
  there = g_match_info_fetch (match, 2);
  g_assert_cmpstr (here, !=, there);
  {
    g_autofree char *pattern =
      g_strdup_printf ("^GFutures\\[%s\\] .+ from the pool: REQUEST 1 “test.debug.greet”, s of 7 bytes$", there);

    g_assert_true (g_regex_match_simple (pattern, text, G_REGEX_MULTILINE, 0));
  }
}

static void
test_messages (void)
{
  assert_messages ("workers");
  assert_messages ("stdio");
}

/* The times of a worker count from the same moment. */
static void
test_one_clock (void)
{
  g_autofree char *text = watch ("stdio", "GFUTURES_DEBUG", "messages", NULL);
  const char *sent = strstr (text, "REQUEST 1");
  double times[2];

  for (guint i = 0; i < 2; i++)
    {
      const char *line = sent;

      while (line > text && line[-1] != '\n')
        line--;
      times[i] = g_ascii_strtod (strchr (line, ']') + 1, NULL);
      sent = strstr (sent + 1, "REQUEST 1");
      g_assert_true (sent != NULL || i == 1);
    }
  g_assert_cmpfloat (ABS (times[0] - times[1]), <, 60);
  g_assert_cmpfloat (times[1], >, 0);
}

static void
test_no_secrets (void)
{
  static const char *const names[] = { "workers", "stdio", "broken" };

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autofree char *text = watch (names[i], "GFUTURES_DEBUG", "all", NULL);

      assert_not_told (text, "secret");
    }
}

/* Nor do the last lines of a worker tell of anything but its own. */
static void
test_nothing_changes (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (scenes); i++)
    {
      g_autofree char *quiet = NULL;
      g_autofree char *told = NULL;
      g_autofree char *no_text = watch (scenes[i].name, NULL, NULL, &quiet);
      g_autofree char *text = watch (scenes[i].name, "GFUTURES_DEBUG", "all", &told);

      assert_not_told (no_text, "GFutures");
      assert_not_told (no_text, "GFUTURES");
      assert_all_are_lines (text);
      g_assert_cmpstr (told, ==, quiet);
      if (g_str_equal (scenes[i].name, "workers"))
        g_assert_cmpstr (told, ==, "value\nnone\nThe worker () exited with status 7 while it ran “test.debug.die”\n"
                                   "The last lines of its standard error:\nwhat it had to say\n");
    }
}

static void
test_messages_debug (void)
{
  g_autofree char *mine = watch ("stdio", "G_MESSAGES_DEBUG", "Other GFutures", NULL);
  g_autofree char *all = watch ("stdio", "G_MESSAGES_DEBUG", "all", NULL);
  g_autofree char *other = watch ("stdio", "G_MESSAGES_DEBUG", "Other", NULL);

  assert_told (mine, "messages", "from worker [0-9]+: RESULT 1, s of 14 bytes");
  assert_told (mine, "tasks", "#1 “test.debug.greet” submitted to GfProcessPoolExecutor 1");
  assert_told (all, "messages", "from worker [0-9]+: RESULT 1, s of 14 bytes");
  assert_not_told (other, "GFutures");
}

static void
test_topics_are_chosen (void)
{
  g_autofree char *two = watch ("workers", "GFUTURES_DEBUG", "Workers:messages", NULL);
  g_autofree char *but = watch ("workers", "GFUTURES_DEBUG", "all,workers,messages", NULL);
  g_autofree char *none = watch ("workers", "GFUTURES_DEBUG", "", NULL);

  assert_told (two, "workers", "worker .+ is ready");
  assert_told (two, "messages", "to worker .+");
  assert_not_told (two, LINE "tasks");
  assert_told (but, "tasks", "#1 .+");
  assert_not_told (but, LINE "(workers|messages)");
  assert_not_told (none, "GFutures");
}

static guint
count (const char *text,
       const char *what)
{
  guint n = 0;

  for (const char *found = text; (found = strstr (found, what)) != NULL; found++)
    n++;

  return n;
}

/* Once, though there are workers. */
static void
test_help (void)
{
  g_autofree char *help = watch ("workers", "GFUTURES_DEBUG", "help", NULL);
  g_autofree char *unknown = watch ("workers", "GFUTURES_DEBUG", "workers,ta\033sk", NULL);

  g_assert_cmpuint (count (help, "Topics of GFUTURES_DEBUG"), ==, 1);
  for (guint i = 0; i < 7; i++)
    g_assert_cmpuint (count (help, ((const char *[]) { "  tasks ", "  futures ", "  waits ", "  delivery ", "  pools ",
                                                       "  workers ", "  messages " })[i]), ==, 1);
  assert_not_told (help, "GFutures\\[");

  g_assert_cmpuint (count (unknown, "GFUTURES_DEBUG has no topic “ta\\x1bsk”."), ==, 1);
  g_assert_cmpuint (count (unknown, "Topics of GFUTURES_DEBUG"), ==, 1);
  assert_told (unknown, "workers", "worker .+ is ready");
}

int
main (int    argc,
      char **argv)
{
  gf_function_register ("test.debug.greet", greet, NULL, NULL);
  gf_function_register ("test.debug.die", die, NULL, NULL);
  gf_function_register ("test.debug.variables", get_variables, NULL, NULL);
  test_worker_main (argc, argv);
  if (argc == 3 && g_str_equal (argv[1], "--scene"))
    return play (argv[2]);
  g_test_init (&argc, &argv, NULL);
  program = g_file_read_link ("/proc/self/exe", NULL);

  g_test_add_func ("/debug/tasks", test_tasks);
  g_test_add_func ("/debug/futures", test_futures);
  g_test_add_func ("/debug/waits", test_waits);
  g_test_add_func ("/debug/delivery", test_delivery);
  g_test_add_func ("/debug/pools", test_pools);
  g_test_add_func ("/debug/pools/limit", test_limit);
  g_test_add_func ("/debug/workers", test_workers);
  g_test_add_func ("/debug/workers/broken", test_broken);
  g_test_add_func ("/debug/messages", test_messages);
  g_test_add_func ("/debug/messages/one-clock", test_one_clock);
  g_test_add_func ("/debug/no-secrets", test_no_secrets);
  g_test_add_func ("/debug/nothing-changes", test_nothing_changes);
  g_test_add_func ("/debug/messages-debug", test_messages_debug);
  g_test_add_func ("/debug/topics-are-chosen", test_topics_are_chosen);
  g_test_add_func ("/debug/help", test_help);

  return g_test_run ();
}

/* test-process-faults.c - tasks that crash, hang, leak and fork
 *
 * Each harms its own worker at most: afterwards the pool takes calls as before.
 * Workers that do not even speak the protocol are in fault/.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "test-processes.h"

/* Crashes */

static void
crash (TestPool   *self,
       const char *function,
       GVariant   *arguments,
       const char *text)
{
  pid_t pid = test_worker_pid (self->pool);
  g_autoptr (GfFuture) future = gf_executor_call (self->pool, function, arguments);
  GfFuture *behind[20];
  g_autofree char *pid_text = g_strdup_printf ("(pid %d)", pid);

  for (guint i = 0; i < G_N_ELEMENTS (behind); i++)
    behind[i] = gf_executor_call (self->pool, "test.square", g_variant_new_int32 (i));
  test_assert_fails (future, GF_FUTURE_ERROR, GF_FUTURE_ERROR_WORKER_DIED);
  test_assert_tells (future, text);
  test_assert_tells (future, function);
  test_assert_tells (future, pid_text);
  /* one crash loses one task */
  for (guint i = 0; i < G_N_ELEMENTS (behind); i++)
    {
      g_assert_cmpint (g_variant_get_int32 (test_result (behind[i])), ==, i * i);
      g_object_unref (behind[i]);
    }
  g_assert_cmpint (test_worker_pid (self->pool), !=, pid);
}

static void
test_segmentation_fault (TestPool     *self,
                         gconstpointer data)
{
  crash (self, "test.segv", NULL, "signal 11");
}

static void
test_abort (TestPool     *self,
            gconstpointer data)
{
  crash (self, "test.abort", NULL, "signal 6");
}

static void
test_exit (TestPool     *self,
           gconstpointer data)
{
  crash (self, "test.exit", g_variant_new_int32 (3), "status 3");
  crash (self, "test.exit", g_variant_new_int32 (0), "status 0");
}

static void
test_exit_by_the_book (TestPool     *self,
                       gconstpointer data)
{
  crash (self, "test.clean-exit", NULL, "status 0");
}

static void
test_last_words (TestPool     *self,
                 gconstpointer data)
{
  g_autoptr (GString) words = g_string_new (NULL);
  g_autoptr (GfFuture) future = NULL;

  for (guint i = 0; i < 100; i++)
    g_string_append_printf (words, "# line %u\n", i);
  g_string_append (words, "# it hurts\n# here\n");
  future = gf_executor_call (self->pool, "test.loud-exit", g_variant_new ("(is)", 4, words->str));
  test_assert_fails (future, GF_FUTURE_ERROR, GF_FUTURE_ERROR_WORKER_DIED);
  test_assert_tells (future, "status 4");
  test_assert_tells (future, "it hurts");
  test_assert_tells (future, "here");
  /* the last ones, not all */
  g_assert_null (strstr (gf_future_get_error (future)->message, "line 0\n"));
  test_assert_healthy (self->pool);
}

/* Words of one worker are not put into the mouth of the next. */
static void
test_last_words_are_its_own (TestPool     *self,
                             gconstpointer data)
{
  g_autoptr (GfFuture) first = gf_executor_call (self->pool, "test.loud-exit", g_variant_new ("(is)", 4, "# it hurts\n"));
  g_autoptr (GfFuture) second = gf_executor_call (self->pool, "test.exit", g_variant_new_int32 (5));

  test_assert_fails (second, GF_FUTURE_ERROR, GF_FUTURE_ERROR_WORKER_DIED);
  test_assert_tells (second, "status 5");
  g_assert_null (strstr (gf_future_get_error (second)->message, "hurts"));
  test_assert_fails (first, GF_FUTURE_ERROR, GF_FUTURE_ERROR_WORKER_DIED);
}

static void
test_an_idle_worker_that_dies_is_replaced (TestPool     *self,
                                           gconstpointer data)
{
  for (guint i = 0; i < 20; i++)
    {
      pid_t pid = test_worker_pid (self->pool);
      g_autoptr (GfFuture) future = NULL;

      g_assert_no_errno (kill (pid, SIGKILL));
      future = gf_executor_call (self->pool, "test.square", g_variant_new_int32 (i));
      test_settle (future);
      /* it had been sent, at most, before the death was known: not begun */
      g_assert_cmpint (g_variant_get_int32 (test_result (future)), ==, i * i);
    }
}

static void
test_retries (TestPool     *self,
              gconstpointer data)
{
  g_autoptr (GfFuture) future = NULL;

  g_object_set (self->pool, "max-retries", 2u, NULL);
  future = test_call_with_address (self->pool, "test.meet", &self->meeting);
  for (guint i = 0; i < 2; i++)
    {
      TestGuest guest = test_meeting_accept (&self->meeting);

      g_assert_no_errno (kill (guest.pid, SIGKILL));
      test_guest_leave (&guest);
    }
  {
    TestGuest guest = test_meeting_accept (&self->meeting);

    g_assert_false (gf_future_is_done (future));
    test_guest_let_go (&guest);
    test_result (future);
    test_guest_leave (&guest);
  }
}

static void
test_retries_end (TestPool     *self,
                  gconstpointer data)
{
  g_autoptr (GfFuture) future = NULL;

  g_object_set (self->pool, "max-retries", 2u, NULL);
  future = test_call_with_address (self->pool, "test.meet", &self->meeting);
  for (guint i = 0; i < 3; i++)
    {
      TestGuest guest = test_meeting_accept (&self->meeting);

      g_assert_no_errno (kill (guest.pid, SIGKILL));
      test_guest_leave (&guest);
    }
  test_assert_fails (future, GF_FUTURE_ERROR, GF_FUTURE_ERROR_WORKER_DIED);
  test_assert_healthy (self->pool);
}

static void
test_a_failure_is_not_retried (TestPool     *self,
                               gconstpointer data)
{
  g_autoptr (GfFuture) failed = NULL;
  g_autoptr (GfFuture) cancelled = NULL;
  TestGuest guest;

  g_object_set (self->pool, "max-retries", 5u, "cancel-grace", 1u, NULL);
  failed = gf_executor_call (self->pool, "test.fail",
                             g_variant_new ("(sisms)", "g-io-error-quark", G_IO_ERROR_FAILED, "once", NULL));
  test_assert_fails (failed, G_IO_ERROR, G_IO_ERROR_FAILED);

  cancelled = test_call_with_address (self->pool, "test.spin", &self->meeting);
  guest = test_meeting_accept (&self->meeting);
  gf_future_cancel (cancelled);
  g_assert_cmpint (test_guest_hear (&guest), ==, 0);
  test_assert_healthy (self->pool);
  /* nobody comes again */
  g_assert_false (test_readable (self->meeting.fd, 0));
  test_guest_leave (&guest);
}

/* Hangs */

static void
test_a_hang_is_killed_after_its_grace (TestPool     *self,
                                       gconstpointer data)
{
  g_autoptr (GfFuture) future = NULL;
  g_autoptr (GfFuture) behind = NULL;
  TestGuest guest;
  gint64 begin;

  g_object_set (self->pool, "cancel-grace", 50u, NULL);
  future = test_call_with_address (self->pool, "test.spin", &self->meeting);
  behind = gf_executor_call (self->pool, "test.pid", NULL);
  guest = test_meeting_accept (&self->meeting);
  begin = g_get_monotonic_time ();
  g_assert_true (gf_future_cancel (future));
  g_assert_true (gf_future_is_cancelled (future));
  g_assert_cmpint (test_guest_hear (&guest), ==, 0);
  g_assert_cmpint (g_get_monotonic_time () - begin, >=, 49000);
  g_assert_cmpint (g_variant_get_uint32 (test_result (behind)), !=, guest.pid);
  test_assert_healthy (self->pool);
  test_await_n_running (self->pool, 0);
  test_guest_leave (&guest);
}

static void
test_task_timeout (TestPool     *self,
                   gconstpointer data)
{
  g_autoptr (GfFuture) future = NULL;
  GfFuture *behind[10];
  TestGuest guest;

  g_object_set (self->pool, "task-timeout", (gint64) 50000, "cancel-grace", 1u, NULL);
  future = test_call_with_address (self->pool, "test.spin", &self->meeting);
  for (guint i = 0; i < G_N_ELEMENTS (behind); i++)
    behind[i] = gf_executor_call (self->pool, "test.square", g_variant_new_int32 (i));
  guest = test_meeting_accept (&self->meeting);
  test_assert_fails (future, G_IO_ERROR, G_IO_ERROR_TIMED_OUT);
  g_assert_cmpint (test_guest_hear (&guest), ==, 0);
  g_object_set (self->pool, "task-timeout", (gint64) 0, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (behind); i++)
    {
      g_assert_cmpint (g_variant_get_int32 (test_result (behind[i])), ==, i * i);
      g_object_unref (behind[i]);
    }
  test_guest_leave (&guest);
}

/* It counts from when a task began, not from when it was called. */
static void
test_task_timeout_is_for_each (TestPool     *self,
                               gconstpointer data)
{
  GfFuture *futures[12];

  g_object_set (self->pool, "task-timeout", (gint64) 400000, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (futures); i++)
    futures[i] = gf_executor_call (self->pool, "test.work", g_variant_new ("(us)", 50000, "x"));
  for (guint i = 0; i < G_N_ELEMENTS (futures); i++)
    {
      test_result (futures[i]);
      g_object_unref (futures[i]);
    }
}

static void
test_a_timeout_is_told_first (TestPool     *self,
                              gconstpointer data)
{
  g_autoptr (GfFuture) future = NULL;
  TestGuest guest;

  g_object_set (self->pool, "task-timeout", (gint64) 50000, "cancel-grace", (guint) (TEST_DEADLINE_US / 1000), NULL);
  future = test_call_with_address (self->pool, "test.read", &self->meeting);
  guest = test_meeting_accept (&self->meeting);
  test_assert_fails (future, G_IO_ERROR, G_IO_ERROR_TIMED_OUT);
  g_assert_cmpint (test_guest_hear (&guest), ==, 'c');
  g_object_set (self->pool, "task-timeout", (gint64) 0, NULL);
  g_assert_cmpint (test_worker_pid (self->pool), ==, guest.pid);
  test_guest_leave (&guest);
}

static void
test_a_stopped_worker (TestPool     *self,
                       gconstpointer data)
{
  g_autoptr (GfFuture) future = NULL;

  g_object_set (self->pool, "task-timeout", (gint64) 50000, "cancel-grace", 1u, NULL);
  future = gf_executor_call (self->pool, "test.signal", g_variant_new_int32 (SIGSTOP));
  test_assert_fails (future, G_IO_ERROR, G_IO_ERROR_TIMED_OUT);
  g_object_set (self->pool, "task-timeout", (gint64) 0, NULL);
  test_assert_healthy (self->pool);
}

/* Memory */

static void
test_a_leak_meets_its_limit (TestPool     *self,
                             gconstpointer data)
{
  g_autoptr (GfFuture) future = NULL;

  g_object_set (self->pool, "memory-limit", (guint64) 300 * MIB, NULL);
  future = gf_executor_call (self->pool, "test.leak", g_variant_new_int32 (3000));
  test_assert_fails (future, GF_FUTURE_ERROR, GF_FUTURE_ERROR_WORKER_DIED);
  test_assert_tells (future, "memory");
  test_assert_tells (future, "test.leak");
  test_assert_healthy (self->pool);
}

static void
test_below_the_limit_nothing_happens (TestPool     *self,
                                      gconstpointer data)
{
  g_autoptr (GfFuture) future = NULL;

  g_object_set (self->pool, "memory-limit", (guint64) 2000 * MIB, NULL);
  future = gf_executor_call (self->pool, "test.leak", g_variant_new_int32 (100));
  test_result (future);
  test_assert_healthy (self->pool);
}

/* Output */

static void
test_printing_damages_nothing (TestPool     *self,
                               gconstpointer data)
{
  g_autoptr (GfFuture) future = gf_executor_call (self->pool, "test.print", g_variant_new ("(us)", 300, "# GFUT\1\1\1l printed"));
  g_autoptr (GfFuture) complaint = gf_executor_call (self->pool, "test.complain", g_variant_new ("(us)", 300, "# complained"));

  test_result (future);
  test_result (complaint);
  test_assert_healthy (self->pool);
}

/* The other roles of this program: applications that are watched from outside. */

static int
application_noise (GfExecutor *pool)
{
  g_autoptr (GfFuture) print = gf_executor_call (pool, "test.print", g_variant_new ("(us)", 1000, "printed"));
  g_autoptr (GfFuture) complain = gf_executor_call (pool, "test.complain", g_variant_new ("(us)", 200000, "complained"));

  test_result (print);
  test_result (complain);
  test_pool_end (pool);
  return 0;
}

static guint
count_lines (const char *text,
             const char *line)
{
  gsize length = strlen (line);
  const char *end = text + strlen (text);
  guint n = 0;

  for (const char *next; text < end; text = next + 1)
    {
      next = memchr (text, '\n', end - text);
      if (next == NULL)
        next = end;
      n += (gsize) (next - text) == length && memcmp (text, line, length) == 0;
    }
  return n;
}

static void
test_output_arrives (gconstpointer data)
{
  TestVia via = GPOINTER_TO_UINT (data);
  const char *argv[] = { "/proc/self/exe", "--application", "noise", test_via_names[via], NULL };
  g_autofree char *exe = g_file_read_link ("/proc/self/exe", NULL);
  g_autofree char *out = NULL;
  g_autofree char *err = NULL;
  g_autoptr (GError) error = NULL;
  int status;

  argv[0] = exe;
  g_assert_true (g_spawn_sync (NULL, (char **) argv, NULL, G_SPAWN_DEFAULT, NULL, NULL, &out, &err, &status, &error));
  g_assert_no_error (error);
  g_assert_cmpint (status, ==, 0);
  g_assert_cmpuint (count_lines (err, "complained"), ==, 200000);
  /* over stdio, standard output is taken */
  g_assert_cmpuint (count_lines (via == VIA_SOCKET ? out : err, "printed"), ==, 1000);
  g_assert_cmpuint (count_lines (via == VIA_SOCKET ? out : err, "# the end"), ==, 1);
}

static pid_t
fork_a_helper (const char *address)
{
  pid_t pid = fork ();

  if (pid == 0)
    {
      test_meet_wait (test_meet (address));
      _exit (0);
    }
  return pid;
}

/* With workers that spin, wait and idle, and a helper that it forked. */
static int
application_orphans (GfExecutor *pool,
                     const char *address)
{
  g_autofree guint *pids = NULL;
  GfFuture *futures[3];
  gsize n_pids;
  int fd;

  /* three workers */
  for (guint i = 0; i < 3; i++)
    futures[i] = gf_executor_call (pool, "test.meet", g_variant_new ("(s)", address));
  for (guint i = 0; i < 3; i++)
    test_result (futures[i]);
  fork_a_helper (address);
  gf_executor_call (pool, "test.spin", g_variant_new ("(s)", address));
  gf_executor_call (pool, "test.meet", g_variant_new ("(s)", address));
  pids = gf_process_pool_executor_get_worker_pids (GF_PROCESS_POOL_EXECUTOR (pool), &n_pids);
  g_assert_cmpuint (n_pids, ==, 3);
  fork_a_helper (address);

  fd = test_meet (address);
  if (send (fd, pids, 3 * sizeof *pids, 0) != 3 * sizeof *pids)
    return 1;
  pause ();
  return 1;
}

/* Kills it, and tells after how long the last worker was gone, in µs. */
static gint64
kill_application (TestVia via)
{
  const char *argv[] = { NULL, "--application", "orphans", test_via_names[via], NULL, NULL };
  g_autofree char *exe = g_file_read_link ("/proc/self/exe", NULL);
  g_autoptr (GError) error = NULL;
  TestMeeting meeting;
  TestGuest guests[8];
  guint pids[3];
  int pidfds[3];
  gint64 begin, end;
  GPid application;
  guint n_from_application = 0;

  test_meeting_init (&meeting);
  argv[0] = exe;
  argv[4] = meeting.address;
  g_assert_true (g_spawn_async (NULL, (char **) argv, NULL, G_SPAWN_DO_NOT_REAP_CHILD, NULL, NULL, &application, &error));
  g_assert_no_error (error);
  for (guint i = 0; i < 3; i++)
    guests[i] = test_meeting_accept (&meeting);
  for (guint i = 0; i < 3; i++)
    test_guest_let_go (&guests[i]);
  /* two helpers, one that spins, one that waits, and the application */
  for (guint i = 3; i < 8; i++)
    {
      guests[i] = test_meeting_accept (&meeting);
      if (guests[i].pid == application)
        {
          g_assert_cmpint (recv (guests[i].fd, pids, sizeof pids, MSG_WAITALL), ==, sizeof pids);
          n_from_application++;
        }
    }
  g_assert_cmpuint (n_from_application, ==, 1);
  for (guint i = 0; i < 3; i++)
    {
      pidfds[i] = syscall (SYS_pidfd_open, pids[i], 0);
      g_assert_cmpint (pidfds[i], >=, 0);
      g_assert_false (test_readable (pidfds[i], 0));
    }

  begin = g_get_monotonic_time ();
  g_assert_no_errno (kill (application, SIGKILL));
  for (guint i = 0; i < 3; i++)
    g_assert_true (test_readable (pidfds[i], 10000));
  end = g_get_monotonic_time ();

  g_assert_cmpint (waitpid (application, NULL, 0), ==, application);
  for (guint i = 0; i < 3; i++)
    close (pidfds[i]);
  /* the helpers lived on, and end here */
  for (guint i = 0; i < 8; i++)
    test_guest_leave (&guests[i]);
  test_meeting_clear (&meeting);
  return end - begin;
}

static void
test_workers_do_not_outlive_the_application (gconstpointer data)
{
  gint64 least = G_MAXINT64;

  /* what a busy machine delays it does not delay each time */
  for (guint i = 0; i < 3 && least > 100000; i++)
    least = MIN (least, kill_application (GPOINTER_TO_UINT (data)));
  g_test_message ("the last worker was gone after %" G_GINT64_FORMAT " µs", least);
  g_assert_cmpint (least, <=, 100000);
}

/* Children of tasks */

static void
fork_in_a_task (TestPool *self,
                gboolean  exec)
{
  g_autoptr (GfFuture) fork = gf_executor_call (self->pool, "test.fork", g_variant_new ("(sb)", self->meeting.address, exec));
  TestGuest child = test_meeting_accept (&self->meeting);
  g_autoptr (GfFuture) crash = NULL;
  g_autoptr (GfFuture) killed = NULL;
  TestGuest guest;

  test_result (fork);
  /* what the child holds open hides neither an exit nor a kill */
  crash = gf_executor_call (self->pool, "test.exit", g_variant_new_int32 (3));
  test_assert_fails (crash, GF_FUTURE_ERROR, GF_FUTURE_ERROR_WORKER_DIED);
  test_assert_tells (crash, "status 3");
  test_assert_healthy (self->pool);

  {
    g_autoptr (GfFuture) again = gf_executor_call (self->pool, "test.fork", g_variant_new ("(sb)", self->meeting.address, exec));
    TestGuest second = test_meeting_accept (&self->meeting);

    test_result (again);
    killed = test_call_with_address (self->pool, "test.meet", &self->meeting);
    guest = test_meeting_accept (&self->meeting);
    g_assert_no_errno (kill (guest.pid, SIGKILL));
    test_assert_fails (killed, GF_FUTURE_ERROR, GF_FUTURE_ERROR_WORKER_DIED);
    test_assert_healthy (self->pool);
    /* nor does it hold up the end of the pool */
    gf_executor_shutdown (self->pool, TRUE, FALSE);
    g_assert_cmpint (kill (second.pid, 0), ==, 0);
    test_guest_leave (&second);
  }
  g_assert_cmpint (kill (child.pid, 0), ==, 0);
  test_guest_leave (&guest);
  test_guest_leave (&child);
}

static void
test_a_child_of_a_task_lives_on (TestPool     *self,
                                 gconstpointer data)
{
  fork_in_a_task (self, FALSE);
}

static void
test_a_program_started_by_a_task_lives_on (TestPool     *self,
                                           gconstpointer data)
{
  fork_in_a_task (self, TRUE);
}

static int
application (char **argv)
{
  TestVia via = VIA_SOCKET;

  for (guint i = 0; i < N_VIAS; i++)
    if (g_str_equal (argv[3], test_via_names[i]))
      via = i;
  if (g_str_equal (argv[2], "noise"))
    return application_noise (test_pool_new (1, via));
  return application_orphans (test_pool_new (3, via), argv[4]);
}

static void
add_with_via (const char   *name,
              TestVia       via,
              GTestDataFunc func)
{
  g_autofree char *path = g_strdup_printf ("/process-pool/%s/%s", test_via_names[via], name);

  g_test_add_data_func (path, GUINT_TO_POINTER (via), func);
}

int
main (int    argc,
      char **argv)
{
  test_worker_main (argc, argv);
  if (argc > 3 && g_str_equal (argv[1], "--application"))
    return application (argv);
  g_test_init (&argc, &argv, NULL);

  test_add_for_vias ("crash/segmentation-fault", ANY_WAY, test_segmentation_fault);
  test_add_for_vias ("crash/abort", BOTH_WAYS, test_abort);
  test_add_for_vias ("crash/exit", ANY_WAY, test_exit);
  test_add_for_vias ("crash/exit-by-the-book", BOTH_WAYS, test_exit_by_the_book);
  test_add_for_vias ("crash/last-words", ANY_WAY, test_last_words);
  test_add_for_vias ("crash/last-words-are-its-own", BOTH_WAYS, test_last_words_are_its_own);
  /* without marks nobody knows whether it had begun */
  test_add_for_vias ("crash/of-an-idle-worker", VIA (SOCKET), test_an_idle_worker_that_dies_is_replaced);
  test_add_for_vias ("crash/retries", BOTH_WAYS, test_retries);
  test_add_for_vias ("crash/retries-end", BOTH_WAYS, test_retries_end);
  test_add_for_vias ("crash/a-failure-is-not-retried", VIA (SOCKET), test_a_failure_is_not_retried);

  test_add_for_vias ("hang/is-killed-after-its-grace", ANY_WAY, test_a_hang_is_killed_after_its_grace);
  test_add_for_vias ("hang/task-timeout", BOTH_WAYS, test_task_timeout);
  test_add_for_vias ("hang/task-timeout-is-for-each", VIA (SOCKET), test_task_timeout_is_for_each);
  test_add_for_vias ("hang/a-timeout-is-told-first", BOTH_WAYS, test_a_timeout_is_told_first);
  test_add_for_vias ("hang/of-a-stopped-worker", BOTH_WAYS, test_a_stopped_worker);

  test_add_for_vias ("memory/a-leak-meets-its-limit", BOTH_WAYS, test_a_leak_meets_its_limit);
  test_add_for_vias ("memory/below-the-limit", VIA (SOCKET), test_below_the_limit_nothing_happens);

  test_add_for_vias ("output/damages-nothing", ANY_WAY, test_printing_damages_nothing);
  add_with_via ("output/arrives", VIA_SOCKET, test_output_arrives);
  add_with_via ("output/arrives", VIA_STDIO, test_output_arrives);
  add_with_via ("output/arrives", VIA_ENV, test_output_arrives);

  test_add_for_vias ("child/lives-on", BOTH_WAYS, test_a_child_of_a_task_lives_on);
  test_add_for_vias ("child/of-another-program-lives-on", BOTH_WAYS, test_a_program_started_by_a_task_lives_on);

  add_with_via ("application/is-not-outlived", VIA_SOCKET, test_workers_do_not_outlive_the_application);
  add_with_via ("application/is-not-outlived", VIA_STDIO, test_workers_do_not_outlive_the_application);
  add_with_via ("application/is-not-outlived", VIA_ENV, test_workers_do_not_outlive_the_application);

  return g_test_run ();
}

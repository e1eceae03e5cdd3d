/* test-process-workers.c - how workers start, what they find, and how they end
 *
 * Also what an executor promises of its end, and on which thread the things of
 * the application happen.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "test-processes.h"

#include <sys/mman.h>

/* Properties */

static void
test_defaults (void)
{
  g_autoptr (GfExecutor) pool = gf_process_pool_executor_new (0, NULL);
  g_auto (GStrv) argv = NULL, launcher = NULL, modules = NULL, environment = NULL;
  g_autofree char *directory = NULL, *initializer = NULL;
  g_autoptr (GVariant) arguments = NULL;
  GfWorkerTransport transport;
  guint max_workers, max_tasks, grace, retries, start, idle;
  guint64 size, memory;
  gint64 timeout;

  g_object_get (pool,
                "max-workers", &max_workers, "worker-argv", &argv, "launcher", &launcher, "transport", &transport,
                "modules", &modules, "environment", &environment, "working-directory", &directory,
                "max-tasks-per-worker", &max_tasks, "task-timeout", &timeout, "cancel-grace", &grace,
                "max-message-size", &size, "memory-limit", &memory, "max-retries", &retries,
                "initializer", &initializer, "initializer-arguments", &arguments,
                "start-timeout", &start, "idle-timeout", &idle, NULL);
  g_assert_cmpuint (max_workers, ==, g_get_num_processors ());
  g_assert_null (argv);
  g_assert_true (launcher == NULL || launcher[0] == NULL);
  g_assert_cmpint (transport, ==, GF_WORKER_TRANSPORT_AUTO);
  g_assert_true (modules == NULL || modules[0] == NULL);
  g_assert_true (environment == NULL || environment[0] == NULL);
  g_assert_null (directory);
  g_assert_cmpuint (max_tasks, ==, 0);
  g_assert_cmpint (timeout, <=, 0);
  g_assert_cmpuint (grace, ==, 1000);
  g_assert_cmpuint (size, ==, (guint64) 2 << 30);
  g_assert_cmpuint (memory, ==, 0);
  g_assert_cmpuint (retries, ==, 0);
  g_assert_null (initializer);
  g_assert_null (arguments);
  g_assert_cmpuint (start, ==, 30000);
  g_assert_cmpuint (idle, ==, 60000);
}

static void
notify_cb (GObject    *object,
           GParamSpec *pspec,
           gpointer    counter)
{
  ++*(guint *) counter;
}

static void
test_properties_can_be_set (void)
{
  static const char *const given_argv[] = { "/bin/worker", "a", NULL };
  static const char *const given_launcher[] = { "nice", "-n", "5", NULL };
  static const char *const given_modules[] = { "/a.so", "/b.so", NULL };
  static const char *const given_environment[] = { "A=1", "B=", NULL };
  g_autoptr (GfExecutor) pool = gf_process_pool_executor_new (3, given_argv);
  g_auto (GStrv) argv = NULL, launcher = NULL, modules = NULL, environment = NULL;
  g_autofree char *directory = NULL, *initializer = NULL;
  g_autoptr (GVariant) arguments = NULL;
  GfWorkerTransport transport;
  guint max_workers, max_tasks, grace, retries, start, idle, n_notified = 0;
  guint64 size, memory;
  gint64 timeout;

  g_signal_connect (pool, "notify", G_CALLBACK (notify_cb), &n_notified);
  for (guint i = 0; i < 2; i++)
    g_object_set (pool,
                  "launcher", given_launcher, "transport", GF_WORKER_TRANSPORT_STDIO, "modules", given_modules,
                  "environment", given_environment, "working-directory", "/tmp", "max-tasks-per-worker", 7u,
                  "task-timeout", (gint64) 8, "cancel-grace", 9u, "max-message-size", (guint64) 10000000,
                  "memory-limit", (guint64) 11, "max-retries", 12u, "initializer", "f", "start-timeout", 13u,
                  "idle-timeout", 14u, NULL);
  g_object_set (pool, "initializer-arguments", g_variant_new_int32 (15), NULL);
  g_object_get (pool,
                "max-workers", &max_workers, "worker-argv", &argv, "launcher", &launcher, "transport", &transport,
                "modules", &modules, "environment", &environment, "working-directory", &directory,
                "max-tasks-per-worker", &max_tasks, "task-timeout", &timeout, "cancel-grace", &grace,
                "max-message-size", &size, "memory-limit", &memory, "max-retries", &retries,
                "initializer", &initializer, "initializer-arguments", &arguments,
                "start-timeout", &start, "idle-timeout", &idle, NULL);
  g_assert_cmpuint (max_workers, ==, 3);
  g_assert_true (g_strv_equal ((const char *const *) argv, given_argv));
  g_assert_true (g_strv_equal ((const char *const *) launcher, given_launcher));
  g_assert_cmpint (transport, ==, GF_WORKER_TRANSPORT_STDIO);
  g_assert_true (g_strv_equal ((const char *const *) modules, given_modules));
  g_assert_true (g_strv_equal ((const char *const *) environment, given_environment));
  g_assert_cmpstr (directory, ==, "/tmp");
  g_assert_cmpuint (max_tasks, ==, 7);
  g_assert_cmpint (timeout, ==, 8);
  g_assert_cmpuint (grace, ==, 9);
  g_assert_cmpuint (size, ==, 10000000);
  g_assert_cmpuint (memory, ==, 11);
  g_assert_cmpuint (retries, ==, 12);
  g_assert_cmpstr (initializer, ==, "f");
  g_assert_cmpint (g_variant_get_int32 (arguments), ==, 15);
  g_assert_cmpuint (start, ==, 13);
  g_assert_cmpuint (idle, ==, 14);
  /* the numbers tell of a change only */
  g_assert_cmpuint (n_notified, >=, 14);
  g_assert_cmpuint (n_notified, <=, 14 + 6);
}

/* Start */

static void
test_workers_start_lazily (void)
{
  GfExecutor *pool = test_pool_new (4, VIA_SOCKET);

  g_assert_cmpuint (test_n_workers (pool), ==, 0);
  g_assert_cmpuint (test_n_children (), ==, 0);
  test_worker_pid (pool);
  g_assert_cmpuint (test_n_workers (pool), ==, 1);
  for (guint i = 0; i < 10; i++)
    test_worker_pid (pool);
  /* whoever calls again at once may be earlier than the worker is seen to be idle */
  g_assert_cmpuint (test_n_workers (pool), <, 4);
  test_pool_end (pool);
}

static void
test_all_workers_work_at_once (void)
{
  GfExecutor *pool = test_pool_new (3, VIA_SOCKET);
  GfFuture *futures[4];
  TestGuest guests[4];
  TestMeeting meeting;

  test_meeting_init (&meeting);
  for (guint i = 0; i < 4; i++)
    futures[i] = test_call_with_address (pool, "test.meet", &meeting);
  for (guint i = 0; i < 3; i++)
    guests[i] = test_meeting_accept (&meeting);
  g_assert_cmpint (guests[0].pid, !=, guests[1].pid);
  g_assert_cmpint (guests[0].pid, !=, guests[2].pid);
  g_assert_cmpint (guests[1].pid, !=, guests[2].pid);
  /* and never more than that */
  g_assert_cmpuint (test_n_workers (pool), ==, 3);
  g_assert_cmpuint (gf_executor_get_n_running (pool), ==, 3);
  g_assert_cmpuint (gf_executor_get_n_pending (pool), ==, 1);
  test_guest_let_go (&guests[1]);
  guests[3] = test_meeting_accept (&meeting);
  g_assert_cmpint (guests[3].pid, ==, guests[1].pid);
  for (guint i = 0; i < 4; i++)
    if (i != 1)
      test_guest_let_go (&guests[i]);
  for (guint i = 0; i < 4; i++)
    {
      test_result (futures[i]);
      g_object_unref (futures[i]);
      test_guest_leave (&guests[i]);
    }
  test_meeting_clear (&meeting);
  test_pool_end (pool);
}

/* What was sent ahead to a worker that is busy for long goes to another. */
/* What one worker was sent ahead has a worker of its own, even if the one that was
 * started for it takes what came later: the second starts slowly. */
static void
test_a_late_start_holds_up_nobody (void)
{
  g_autofree char *folder = g_dir_make_tmp ("gf-test-XXXXXX", NULL);
  g_autofree char *script = g_strdup_printf ("rmdir %s 2>/dev/null || { mkdir %s; sleep 0.5; }; exec \"$0\" \"$@\"",
                                             folder, folder);
  const char *launcher[] = { "sh", "-c", script, NULL };
  GfExecutor *pool = test_pool_new (3, VIA_SOCKET);
  GfFuture *futures[3];
  TestGuest guests[3];
  TestMeeting meeting;

  g_object_set (pool, "launcher", launcher, "transport", GF_WORKER_TRANSPORT_SOCKET, NULL);
  test_meeting_init (&meeting);
  for (guint i = 0; i < 2; i++)
    futures[i] = test_call_with_address (pool, "test.meet", &meeting);
  guests[0] = test_meeting_accept (&meeting);
  futures[2] = test_call_with_address (pool, "test.meet", &meeting);
  for (guint i = 1; i < 3; i++)
    guests[i] = test_meeting_accept (&meeting);
  for (guint i = 0; i < 3; i++)
    test_guest_leave (&guests[i]);
  for (guint i = 0; i < 3; i++)
    {
      test_result (futures[i]);
      g_object_unref (futures[i]);
    }
  test_pool_end (pool);
  test_meeting_clear (&meeting);
}

static void
test_a_long_task_holds_up_nobody (void)
{
  GfExecutor *pool = test_pool_new (2, VIA_SOCKET);
  g_autoptr (GfFuture) first = NULL;
  GfFuture *futures[100];
  TestGuest guest;
  TestMeeting meeting;

  test_meeting_init (&meeting);
  /* both have learned that tasks are short */
  for (guint i = 0; i < 1000; i++)
    {
      g_autoptr (GfFuture) future = gf_executor_call (pool, "test.nothing", NULL);

      if (i % 50 == 0)
        test_result (future);
    }
  first = test_call_with_address (pool, "test.meet", &meeting);
  for (guint i = 0; i < G_N_ELEMENTS (futures); i++)
    futures[i] = gf_executor_call (pool, "test.square", g_variant_new_int32 (i));
  guest = test_meeting_accept (&meeting);
  for (guint i = 0; i < G_N_ELEMENTS (futures); i++)
    {
      g_assert_cmpint (g_variant_get_int32 (test_result (futures[i])), ==, i * i);
      g_object_unref (futures[i]);
    }
  g_assert_false (gf_future_is_done (first));
  test_guest_let_go (&guest);
  test_result (first);
  test_guest_leave (&guest);
  test_meeting_clear (&meeting);
  test_pool_end (pool);
}

/* Short ones were sent ahead before these came, and so are they. None of those is
 * under way any more: a worker that is at work at one begins the next by itself, before
 * another one's can be taken back. */
static void
test_tasks_begin_in_order (void)
{
  GfExecutor *pool = test_pool_new (2, VIA_SOCKET);
  GfFuture *futures[4];
  TestGuest guests[G_N_ELEMENTS (futures)];
  TestMeeting meeting;

  test_meeting_init (&meeting);
  for (guint i = 0; i < 20; i++)
    {
      GfFuture *short_ones[50];

      for (guint j = 0; j < G_N_ELEMENTS (short_ones); j++)
        short_ones[j] = gf_executor_call (pool, "test.nothing", NULL);
      g_assert_true (gf_wait (short_ones, G_N_ELEMENTS (short_ones), GF_RETURN_WHEN_ALL_COMPLETED, -1, NULL, NULL));
      for (guint j = 0; j < G_N_ELEMENTS (short_ones); j++)
        g_object_unref (short_ones[j]);
    }
  for (guint i = 0; i < G_N_ELEMENTS (futures); i++)
    futures[i] = test_call_with_address (pool, "test.meet", &meeting);

  for (guint i = 0; i < G_N_ELEMENTS (futures); i += 2)
    {
      guests[i] = test_meeting_accept (&meeting);
      guests[i + 1] = test_meeting_accept (&meeting);
      g_assert_cmpint (gf_future_get_state (futures[i]), ==, GF_FUTURE_STATE_RUNNING);
      g_assert_cmpint (gf_future_get_state (futures[i + 1]), ==, GF_FUTURE_STATE_RUNNING);
      test_guest_let_go (&guests[i]);
      test_guest_let_go (&guests[i + 1]);
      test_result (futures[i]);
      test_result (futures[i + 1]);
    }

  for (guint i = 0; i < G_N_ELEMENTS (futures); i++)
    {
      test_guest_leave (&guests[i]);
      g_object_unref (futures[i]);
    }
  test_meeting_clear (&meeting);
  test_pool_end (pool);
}

/* Signals */

typedef struct
{
  GThread *thread;
  GArray *started;
  GArray *exited;
  int last_status;
} Signals;

static void
started_cb (GfExecutor *pool,
            guint       pid,
            gpointer    data)
{
  Signals *self = data;

  g_assert_true (g_thread_self () == self->thread);
  g_array_append_val (self->started, pid);
}

static void
exited_cb (GfExecutor *pool,
           guint       pid,
           int         wait_status,
           gpointer    data)
{
  Signals *self = data;

  g_assert_true (g_thread_self () == self->thread);
  g_array_append_val (self->exited, pid);
  self->last_status = wait_status;
}

static void
signals_init (Signals    *self,
              GfExecutor *pool)
{
  self->thread = g_thread_self ();
  self->started = g_array_new (FALSE, FALSE, sizeof (guint));
  self->exited = g_array_new (FALSE, FALSE, sizeof (guint));
  self->last_status = -1;
  g_signal_connect (pool, "worker-started", G_CALLBACK (started_cb), self);
  g_signal_connect (pool, "worker-exited", G_CALLBACK (exited_cb), self);
}

static void
signals_clear (Signals *self)
{
  g_array_unref (self->started);
  g_array_unref (self->exited);
}

#define NTH(array, i) g_array_index ((array), guint, (i))

static void
test_signals_tell_of_workers (TestPool     *self,
                              gconstpointer data)
{
  g_autofree guint *pids = NULL;
  Signals signals;
  gsize n;

  signals_init (&signals, self->pool);
  test_worker_pid (self->pool);
  pids = gf_process_pool_executor_get_worker_pids (GF_PROCESS_POOL_EXECUTOR (self->pool), &n);
  g_assert_cmpuint (n, ==, 1);
  test_turn_until (signals.started->len == 1);
  g_assert_cmpuint (NTH (signals.started, 0), ==, pids[0]);
  test_drain ();
  g_assert_cmpuint (signals.exited->len, ==, 0);

  g_assert_no_errno (kill (pids[0], SIGKILL));
  test_turn_until (signals.exited->len == 1);
  g_assert_cmpuint (NTH (signals.exited, 0), ==, pids[0]);
  g_assert_true (WIFSIGNALED (signals.last_status));
  g_assert_cmpint (WTERMSIG (signals.last_status), ==, SIGKILL);
  g_assert_cmpuint (test_n_workers (self->pool), ==, 0);

  test_assert_healthy (self->pool);
  test_turn_until (signals.started->len == 2);
  g_assert_cmpuint (NTH (signals.started, 1), !=, pids[0]);
  gf_executor_shutdown (self->pool, TRUE, FALSE);
  test_turn_until (signals.exited->len == 2);
  g_assert_true (WIFEXITED (signals.last_status));
  g_assert_cmpint (WEXITSTATUS (signals.last_status), ==, 0);
  signals_clear (&signals);
}


static gpointer
elsewhere_thread (gpointer data)
{
  g_autoptr (GMainContext) context = g_main_context_new ();
  GfExecutor *pool;
  Signals signals;

  g_main_context_push_thread_default (context);
  pool = test_pool_new (1, VIA_SOCKET);
  signals_init (&signals, pool);
  test_worker_pid (pool);
  test_turn_until_in (context, signals.started->len == 1);
  gf_executor_shutdown (pool, TRUE, FALSE);
  test_turn_until_in (context, signals.exited->len == 1);
  g_object_unref (pool);
  test_drain_in (context);
  signals_clear (&signals);
  g_main_context_pop_thread_default (context);
  return NULL;
}

static void
test_signals_come_home (void)
{
  g_thread_join (g_thread_new ("elsewhere", elsewhere_thread, NULL));
}

/* End */

static void
test_idle_workers_retire (TestPool     *self,
                          gconstpointer data)
{
  Signals signals;

  signals_init (&signals, self->pool);
  g_object_set (self->pool, "idle-timeout", 1u, NULL);
  test_worker_pid (self->pool);
  test_turn_until (signals.exited->len == 1);
  g_assert_true (WIFEXITED (signals.last_status));
  g_assert_cmpint (WEXITSTATUS (signals.last_status), ==, 0);
  g_assert_cmpuint (test_n_workers (self->pool), ==, 0);
  /* and a new one comes when there is work again */
  test_worker_pid (self->pool);
  test_turn_until (signals.started->len == 2 && signals.exited->len == 2);
  signals_clear (&signals);
}

static void
test_workers_are_replaced_after_their_tasks (TestPool     *self,
                                             gconstpointer data)
{
  GfFuture *futures[10];
  Signals signals;

  signals_init (&signals, self->pool);
  g_object_set (self->pool, "max-tasks-per-worker", 3u, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (futures); i++)
    futures[i] = gf_executor_call (self->pool, "test.count", NULL);
  for (guint i = 0; i < G_N_ELEMENTS (futures); i++)
    {
      g_assert_cmpint (g_variant_get_int32 (test_result (futures[i])), ==, i % 3 + 1);
      g_object_unref (futures[i]);
    }
  gf_executor_shutdown (self->pool, TRUE, FALSE);
  test_turn_until (signals.exited->len == 4);
  g_assert_cmpuint (signals.started->len, ==, 4);
  g_assert_cmpint (signals.last_status, ==, 0);
  signals_clear (&signals);
}

static void
end_workers (TestPool *self,
             void    (*end) (GfProcessPoolExecutor *),
             int       signal)
{
  g_autoptr (GfFuture) future = test_call_with_address (self->pool, "test.meet", &self->meeting);
  TestGuest guest = test_meeting_accept (&self->meeting);
  g_autofree char *text = g_strdup_printf ("signal %d", signal);

  end (GF_PROCESS_POOL_EXECUTOR (self->pool));
  g_assert_cmpint (test_guest_hear (&guest), ==, 0);
  test_assert_fails (future, GF_FUTURE_ERROR, GF_FUTURE_ERROR_WORKER_DIED);
  test_assert_tells (future, text);
  test_assert_healthy (self->pool);
  test_guest_leave (&guest);
}

static void
test_terminate_workers (TestPool     *self,
                        gconstpointer data)
{
  end_workers (self, gf_process_pool_executor_terminate_workers, SIGTERM);
}

static void
test_kill_workers (TestPool     *self,
                   gconstpointer data)
{
  end_workers (self, gf_process_pool_executor_kill_workers, SIGKILL);
}

/* What a worker finds */

static void
test_environment_and_directory (TestPool     *self,
                                gconstpointer data)
{
  static const char *const environment[] = { "GF_TEST_MORE=more", "GF_TEST_OTHER=changed", "GF_TEST_EMPTY=", NULL };
  static const char *const names[] = { "GF_TEST_MORE", "GF_TEST_OTHER", "GF_TEST_EMPTY", "GF_TEST_KEPT" };
  static const char *const expected[] = { "more", "changed", "", "kept" };
  g_autoptr (GfFuture) directory = NULL;
  g_autofree char *here = g_get_current_dir ();
  g_autofree char *still_here = NULL;

  g_setenv ("GF_TEST_OTHER", "as it was", TRUE);
  g_setenv ("GF_TEST_KEPT", "kept", TRUE);
  g_object_set (self->pool, "environment", environment, "working-directory", "/proc", NULL);
  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autoptr (GfFuture) future = gf_executor_call (self->pool, "test.getenv", g_variant_new_string (names[i]));
      const char *value;

      g_variant_get (test_result (future), "m&s", &value);
      g_assert_cmpstr (value, ==, expected[i]);
    }
  directory = gf_executor_call (self->pool, "test.getcwd", NULL);
  g_assert_cmpstr (g_variant_get_string (test_result (directory), NULL), ==, "/proc");
  still_here = g_get_current_dir ();
  g_assert_cmpstr (still_here, ==, here);
  g_assert_null (g_getenv ("GF_TEST_MORE"));
}

static void
test_signals_are_at_their_defaults (TestPool     *self,
                                    gconstpointer data)
{
  g_autoptr (GfFuture) future = NULL;
  g_autoptr (GVariant) expected = g_variant_ref_sink (g_variant_new_parsed ("(false, false)"));
  struct sigaction ignore = { .sa_handler = SIG_IGN }, old_action;
  sigset_t mask, old_mask;

  sigemptyset (&mask);
  sigaddset (&mask, SIGTERM);
  pthread_sigmask (SIG_BLOCK, &mask, &old_mask);
  sigaction (SIGTERM, &ignore, &old_action);
  future = gf_executor_call (self->pool, "test.sigterm", NULL);
  g_assert_cmpvariant (test_result (future), expected);
  sigaction (SIGTERM, &old_action, NULL);
  pthread_sigmask (SIG_SETMASK, &old_mask, NULL);
}

/* Those that end when they have nothing to do: from GLib 2.84 on one stays, which
 * starts the others. */
static guint
count_pool_threads (void)
{
  g_autoptr (GDir) tasks = g_dir_open ("/proc/self/task", 0, NULL);
  const char *task;
  guint n = 0;

  while ((task = g_dir_read_name (tasks)) != NULL)
    {
      g_autofree char *path = g_build_filename ("/proc/self/task", task, "comm", NULL);
      g_autofree char *name = NULL;

      if (g_file_get_contents (path, &name, NULL, NULL))
        n += g_str_has_prefix (name, "pool-") && !g_str_has_prefix (name, "pool-spawner");
    }

  return n;
}

/* To the kernel the parent is a thread. */
static void
test_parent_is_not_a_thread_that_ends (TestPool     *self,
                                       gconstpointer data)
{
  gint64 deadline = g_get_monotonic_time () + TEST_DEADLINE_US;
  g_autoptr (GfFuture) future = gf_executor_call (self->pool, "test.die-with-parent", NULL);
  pid_t pid = g_variant_get_uint32 (test_result (future));

  while (count_pool_threads () > 0)
    {
      g_assert_cmpint (g_get_monotonic_time (), <, deadline);
      g_thread_pool_stop_unused_threads ();
      g_thread_yield ();
    }
  g_assert_cmpint (test_worker_pid (self->pool), ==, pid);
}

/* The application's own descriptors, opened the careless way. */
static void
test_no_descriptor_is_inherited (TestPool     *self,
                                 gconstpointer data)
{
  g_autoptr (GfFuture) future = NULL;
  g_autoptr (GVariantIter) iter = NULL;
  g_autofree char *path = NULL;
  int ours[8], fd;
  guint64 inode;
  const char *target;
  gboolean close_on_exec;

  g_assert_no_errno (pipe (ours));
  g_assert_no_errno (socketpair (AF_UNIX, SOCK_STREAM, 0, ours + 2));
  ours[4] = g_file_open_tmp (NULL, &path, NULL);
  fcntl (ours[4], F_SETFD, 0);
  ours[5] = memfd_create ("ours", 0);
  ours[6] = open ("/", O_RDONLY | O_DIRECTORY);
  ours[7] = fcntl (ours[5], F_DUPFD, 200);
  unlink (path);

  future = gf_executor_call (self->pool, "test.descriptors", NULL);
  g_variant_get (test_result (future), "a(ibts)", &iter);
  while (g_variant_iter_next (iter, "(ibt&s)", &fd, &close_on_exec, &inode, &target))
    {
      if (fd < 3)
        continue;
      g_test_message ("%d → %s", fd, target);
      /* what the worker has for itself its children do not get */
      g_assert_true (close_on_exec);
      for (guint i = 0; i < G_N_ELEMENTS (ours); i++)
        {
          struct stat info;

          g_assert_no_errno (fstat (ours[i], &info));
          /* the folder may be opened by anybody */
          if (i != 6)
            g_assert_cmpuint (info.st_ino, !=, inode);
        }
    }
  for (guint i = 0; i < G_N_ELEMENTS (ours); i++)
    close (ours[i]);
}

/* The initializer */

static void
test_initializer_prepares_each_worker (TestPool     *self,
                                       gconstpointer data)
{
  g_object_set (self->pool, "initializer", "test.initialize", "initializer-arguments", g_variant_new ("(is)", 1, "x"), NULL);
  for (guint i = 0; i < 2; i++)
    {
      g_autoptr (GfFuture) future = gf_executor_call (self->pool, "test.initialized", NULL);
      g_autoptr (GfFuture) crash = gf_executor_call (self->pool, "test.exit", g_variant_new_int32 (0));
      const char *with;

      g_variant_get (test_result (future), "m&s", &with);
      g_assert_cmpstr (with, ==, "(1, 'x')");
      test_assert_fails (crash, GF_FUTURE_ERROR, GF_FUTURE_ERROR_WORKER_DIED);
    }
}

static void
test_initializer_without_arguments (TestPool     *self,
                                    gconstpointer data)
{
  g_autoptr (GfFuture) future = NULL;
  const char *with;

  g_object_set (self->pool, "initializer", "test.initialize", NULL);
  future = gf_executor_call (self->pool, "test.initialized", NULL);
  g_variant_get (test_result (future), "m&s", &with);
  g_assert_cmpstr (with, ==, "nothing");
}

static void
assert_broken (GfExecutor *pool,
               const char *text)
{
  GfFuture *futures[5];

  for (guint i = 0; i < G_N_ELEMENTS (futures); i++)
    futures[i] = gf_executor_call (pool, "test.nothing", NULL);
  for (guint i = 0; i < G_N_ELEMENTS (futures); i++)
    {
      g_autoptr (GfFuture) late = NULL;

      test_assert_fails (futures[i], GF_FUTURE_ERROR, GF_FUTURE_ERROR_BROKEN_EXECUTOR);
      test_assert_tells (futures[i], text);
      g_object_unref (futures[i]);
      /* it stays so */
      late = gf_executor_call (pool, "test.nothing", NULL);
      test_assert_fails (late, GF_FUTURE_ERROR, GF_FUTURE_ERROR_BROKEN_EXECUTOR);
      test_assert_tells (late, text);
    }
  test_await_n_pending (pool, 0);
}

static void
test_initializer_that_fails (TestPool     *self,
                             gconstpointer data)
{
  g_object_set (self->pool, "initializer", "test.failing-initialize", NULL);
  assert_broken (self->pool, "no device");
}

static void
test_initializer_that_is_unknown (TestPool     *self,
                                  gconstpointer data)
{
  g_object_set (self->pool, "initializer", "no.such-initializer", NULL);
  assert_broken (self->pool, "no.such-initializer");
}

static void
test_initializer_that_crashes (TestPool     *self,
                               gconstpointer data)
{
  g_object_set (self->pool, "initializer", "test.abort", NULL);
  assert_broken (self->pool, "signal 6");
}

/* Workers that cannot start */

static void
test_a_program_that_is_not_there (void)
{
  static const char *const argv[] = { "/no/such/program", "--really", NULL };
  GfExecutor *pool = gf_process_pool_executor_new (2, argv);

  assert_broken (pool, "/no/such/program");
  assert_broken (pool, "No such file");
  test_pool_end (pool);
}

static void
broken_program (GfWorkerTransport  transport,
                const char        *script,
                const char *const *texts)
{
  g_autofree char *folder = g_dir_make_tmp (NULL, NULL);
  g_autofree char *log = g_build_filename (folder, "log", NULL);
  g_autofree char *whole = g_strdup_printf ("echo >> %s/log; %s", folder, script);
  const char *argv[] = { "/bin/sh", "-c", whole, "an argument", NULL };
  GfExecutor *pool = gf_process_pool_executor_new (2, argv);
  g_autofree char *tries = NULL;
  gsize n_tries;

  g_object_set (pool, "transport", transport, NULL);
  for (guint i = 0; texts[i] != NULL; i++)
    assert_broken (pool, texts[i]);
  test_pool_end (pool);
  g_assert_cmpuint (test_n_children (), ==, 0);

  /* it was tried three times, two of them at once, and given up */
  g_assert_true (g_file_get_contents (log, &tries, &n_tries, NULL));
  g_assert_cmpuint (n_tries, >=, 3);
  g_assert_cmpuint (n_tries, <=, 4);
  unlink (log);
  rmdir (folder);
}

static void
test_a_program_that_exits (void)
{
  static const char *const texts[] = { "/bin/sh -c", "an argument", "status 7", "it has no licence", "second line", NULL };
  static const char *const signal_texts[] = { "/bin/sh", "signal 15", NULL };
  static const char *const zero_texts[] = { "/bin/sh", "status 0", NULL };

  broken_program (GF_WORKER_TRANSPORT_SOCKET, "echo it has no licence >&2; echo second line >&2; exit 7", texts);
  broken_program (GF_WORKER_TRANSPORT_STDIO, "echo it has no licence >&2; echo second line >&2; exit 7", texts);
  broken_program (GF_WORKER_TRANSPORT_SOCKET, "kill $$", signal_texts);
  broken_program (GF_WORKER_TRANSPORT_SOCKET, "exit 0", zero_texts);
}

static void
test_a_launcher_that_fails (void)
{
  static const char *const launcher[] = { "sh", "-c", "echo no such host >&2; exit 255", NULL };
  GfExecutor *pool = test_pool_new (1, VIA_SOCKET);

  g_object_set (pool, "launcher", launcher, NULL);
  assert_broken (pool, "no such host");
  assert_broken (pool, "status 255");
  test_pool_end (pool);
}

/* A start that fails now and then breaks nothing. */
static void
test_a_program_that_starts_the_third_time (void)
{
  static const char script[] = "if [ -e \"$GF_TEST_FOLDER/2\" ]; then exec \"$0\" \"$@\"; fi; "
                               "if [ -e \"$GF_TEST_FOLDER/1\" ]; then : > \"$GF_TEST_FOLDER/2\"; fi; "
                               ": > \"$GF_TEST_FOLDER/1\"; exit 1";
  static const char *const launcher[] = { "sh", "-c", script, NULL };
  GfExecutor *pool = test_pool_new (1, VIA_SOCKET);
  g_autofree char *folder = g_dir_make_tmp (NULL, NULL);

  g_setenv ("GF_TEST_FOLDER", folder, TRUE);
  g_object_set (pool, "launcher", launcher, NULL);
  test_assert_healthy (pool);
  test_pool_end (pool);
  for (guint i = 1; i < 3; i++)
    {
      g_autofree char *path = g_strdup_printf ("%s/%u", folder, i);

      g_assert_no_errno (unlink (path));
    }
  rmdir (folder);
  g_unsetenv ("GF_TEST_FOLDER");
}

/* The stock worker serves, and knows no function of this program. */
static void
test_the_stock_worker (void)
{
  GfExecutor *pool = gf_process_pool_executor_new (1, NULL);
  g_autoptr (GfFuture) future = gf_executor_call (pool, "test.nothing", NULL);

  test_assert_fails (future, GF_FUTURE_ERROR, GF_FUTURE_ERROR_UNKNOWN_FUNCTION);
  test_pool_end (pool);
}

static GfExecutor *
stock_pool_new (const char *module)
{
  const char *modules[] = { module, NULL };
  GfExecutor *pool = gf_process_pool_executor_new (1, NULL);

  g_object_set (pool, "modules", modules, NULL);
  return pool;
}

static void
test_a_module (void)
{
  static const TestVia vias[] = { VIA_SOCKET, VIA_STDIO };
  g_autofree char *module = g_test_build_filename (G_TEST_BUILT, "test-module.so", NULL);

  for (guint i = 0; i < G_N_ELEMENTS (vias); i++)
    {
      GfExecutor *pool = stock_pool_new (module);
      g_autoptr (GfFuture) future = NULL;

      if (vias[i] == VIA_STDIO)
        g_object_set (pool, "transport", GF_WORKER_TRANSPORT_STDIO, NULL);
      future = gf_executor_call (pool, "module.add", g_variant_new ("(ii)", 3, 4));
      g_assert_cmpint (g_variant_get_int32 (test_result (future)), ==, 7);
      test_pool_end (pool);
    }
}

/* The failure names the module, whether it is not there or is none. */
static void
test_a_module_that_cannot_be_loaded (void)
{
  static const char *const modules[] = { "/nowhere/missing-module.so", "libglib-2.0.so.0" };
  static const char *const reasons[] = { "cannot be loaded", "does not export gf_module_register()" };

  for (guint i = 0; i < G_N_ELEMENTS (modules); i++)
    {
      GfExecutor *pool = stock_pool_new (modules[i]);
      g_autoptr (GfFuture) future = gf_executor_call (pool, "module.add", g_variant_new ("(ii)", 3, 4));

      test_assert_fails (future, GF_FUTURE_ERROR, GF_FUTURE_ERROR_BROKEN_EXECUTOR);
      g_test_message ("%s", gf_future_get_error (future)->message);
      test_assert_tells (future, modules[i]);
      test_assert_tells (future, reasons[i]);
      test_pool_end (pool);
    }
}

int
main (int    argc,
      char **argv)
{
  test_worker_main (argc, argv);
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/process-pool/properties/defaults", test_defaults);
  g_test_add_func ("/process-pool/properties/can-be-set", test_properties_can_be_set);

  g_test_add_func ("/process-pool/start/lazily", test_workers_start_lazily);
  g_test_add_func ("/process-pool/start/all-work-at-once", test_all_workers_work_at_once);
  g_test_add_func ("/process-pool/start/a-long-task-holds-up-nobody", test_a_long_task_holds_up_nobody);
  g_test_add_func ("/process-pool/start/tasks-begin-in-order", test_tasks_begin_in_order);
  g_test_add_func ("/process-pool/start/a-late-start-holds-up-nobody", test_a_late_start_holds_up_nobody);
  g_test_add_func ("/process-pool/start/the-stock-worker", test_the_stock_worker);
  g_test_add_func ("/process-pool/start/a-module", test_a_module);
  g_test_add_func ("/process-pool/start/a-module-that-cannot-be-loaded", test_a_module_that_cannot_be_loaded);
  g_test_add_func ("/process-pool/start/a-program-that-is-not-there", test_a_program_that_is_not_there);
  g_test_add_func ("/process-pool/start/a-program-that-exits", test_a_program_that_exits);
  g_test_add_func ("/process-pool/start/a-launcher-that-fails", test_a_launcher_that_fails);
  g_test_add_func ("/process-pool/start/the-third-time", test_a_program_that_starts_the_third_time);

  test_add_for_vias ("signals/tell-of-workers", ANY_WAY, test_signals_tell_of_workers);
  g_test_add_func ("/process-pool/signals/come-home", test_signals_come_home);

  test_add_for_vias ("end/idle-workers-retire", BOTH_WAYS, test_idle_workers_retire);
  test_add_for_vias ("end/max-tasks-per-worker", BOTH_WAYS, test_workers_are_replaced_after_their_tasks);
  test_add_for_vias ("end/terminate-workers", ANY_WAY, test_terminate_workers);
  test_add_for_vias ("end/kill-workers", ANY_WAY, test_kill_workers);

  test_add_for_vias ("worker/environment-and-directory", ANY_WAY, test_environment_and_directory);
  test_add_for_vias ("worker/signals-are-at-their-defaults", BOTH_WAYS, test_signals_are_at_their_defaults);
  test_add_for_vias ("worker/no-descriptor-is-inherited", BOTH_WAYS, test_no_descriptor_is_inherited);
  test_add_for_vias ("worker/parent-is-not-a-thread-that-ends", BOTH_WAYS, test_parent_is_not_a_thread_that_ends);

  test_add_for_vias ("initializer/prepares-each-worker", BOTH_WAYS, test_initializer_prepares_each_worker);
  test_add_for_vias ("initializer/without-arguments", VIA (SOCKET), test_initializer_without_arguments);
  test_add_for_vias ("initializer/that-fails", BOTH_WAYS, test_initializer_that_fails);
  test_add_for_vias ("initializer/that-is-unknown", VIA (SOCKET), test_initializer_that_is_unknown);
  test_add_for_vias ("initializer/that-crashes", VIA (SOCKET), test_initializer_that_crashes);

  return g_test_run ();
}

/* test-chaos.c - workers that are killed all the time, at random
 *
 * While thousands of calls are under way somebody sends SIGKILL to a worker every
 * few milliseconds. No future may be lost, none may have the wrong result, and
 * nothing may be left behind.
 *
 * GF_TEST_CHAOS_CALLS is the number of calls of each case; -m slow: 100,000.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "../test-processes.h"

#define KILL_EVERY_US 50000
#define UNDER_WAY 400

static guint
n_calls (guint fewer)
{
  const char *text = g_getenv ("GF_TEST_CHAOS_CALLS");

  if (text != NULL)
    return strtoul (text, NULL, 10);
  return g_test_slow () ? 100000 : fewer;
}

/* The killer */

typedef struct
{
  GfProcessPoolExecutor *pool;
  GThread *thread;
  GMutex mutex;
  GCond cond;
  gboolean enough;
  guint n_killed;
} Killer;

/* Only what is ours, should the number have passed to somebody else. */
static gboolean
is_child (guint pid)
{
  g_autofree char *path = g_strdup_printf ("/proc/%u/stat", pid);
  g_autofree char *text = NULL;
  const char *end;
  int parent;

  if (!g_file_get_contents (path, &text, NULL, NULL) || (end = strrchr (text, ')')) == NULL)
    return FALSE;
  return sscanf (end + 1, " %*c %d", &parent) == 1 && parent == getpid ();
}

static gpointer
killer_thread (gpointer data)
{
  Killer *self = data;
  g_autoptr (GRand) random = g_rand_new_with_seed (1);
  gint64 next = g_get_monotonic_time ();

  g_mutex_lock (&self->mutex);
  while (!self->enough)
    {
      g_autofree guint *pids = NULL;
      gsize n;

      next += KILL_EVERY_US;
      while (!self->enough && g_cond_wait_until (&self->cond, &self->mutex, next))
        ;
      pids = gf_process_pool_executor_get_worker_pids (self->pool, &n);
      if (n > 0)
        {
          guint pid = pids[g_rand_int_range (random, 0, n)];

          if (is_child (pid) && kill (pid, SIGKILL) == 0)
            self->n_killed++;
        }
    }
  g_mutex_unlock (&self->mutex);
  return NULL;
}

static void
killer_start (Killer     *self,
              GfExecutor *pool)
{
  self->pool = GF_PROCESS_POOL_EXECUTOR (pool);
  g_mutex_init (&self->mutex);
  g_cond_init (&self->cond);
  self->enough = FALSE;
  self->n_killed = 0;
  self->thread = g_thread_new ("killer", killer_thread, self);
}

static void
killer_stop (Killer *self)
{
  g_mutex_lock (&self->mutex);
  self->enough = TRUE;
  g_cond_signal (&self->cond);
  g_mutex_unlock (&self->mutex);
  g_thread_join (self->thread);
  g_mutex_clear (&self->mutex);
  g_cond_clear (&self->cond);
}

/* The calls */

typedef struct
{
  GfExecutor *pool;
  guint n;
  guint seed;
  guint n_succeeded;
  guint n_died;
} Calls;

/* Most are small and short, some carry megabytes, in a buffer or not. */
static GVariant *
arguments_of (guint   i,
              GRand  *random,
              guint  *size)
{
  guint kind = g_rand_int_range (random, 0, 100);
  guint us = g_rand_int_range (random, 0, 1000);
  g_autofree char *text = NULL;

  *size = kind < 90 ? 0 : kind < 96 ? 5000 : kind < 99 ? 200000 : 1500000;
  if (kind == 98)
    {
      g_autoptr (GfBuffer) buffer = gf_buffer_new (*size, NULL);
      g_autoptr (GBytes) bytes = NULL;

      memset (gf_buffer_get_data (buffer, NULL), 'x', *size);
      bytes = gf_buffer_seal (buffer);
      return g_variant_new ("(u(u@ay))", us, i, g_variant_new_from_bytes (G_VARIANT_TYPE_BYTESTRING, bytes, TRUE));
    }
  text = g_strnfill (*size, 'x');
  return g_variant_new ("(u(us))", us, i, text);
}

static void
check (Calls    *self,
       GfFuture *future,
       guint     i,
       guint     size)
{
  const GError *error;
  g_autoptr (GVariant) inner = NULL;
  GVariant *result;
  guint32 number;

  test_settle (future);
  error = gf_future_get_error (future);
  if (error != NULL)
    {
      g_assert_error (error, GF_FUTURE_ERROR, GF_FUTURE_ERROR_WORKER_DIED);
      g_assert_nonnull (strstr (error->message, "signal 9"));
      self->n_died++;
      return;
    }
  result = gf_future_get_variant (future, NULL);
  g_variant_get_child (result, 0, "u", &number);
  g_assert_cmpuint (number, ==, i);
  inner = g_variant_get_child_value (result, 1);
  g_assert_cmpuint (g_variant_get_size (inner), ==,
                    size + (g_variant_is_of_type (inner, G_VARIANT_TYPE_STRING) ? 1 : 0));
  self->n_succeeded++;
}

static gpointer
calls_thread (gpointer data)
{
  Calls *self = data;
  g_autoptr (GRand) random = g_rand_new_with_seed (self->seed);
  GfFuture *futures[UNDER_WAY] = { NULL };
  guint sizes[UNDER_WAY];

  for (guint i = 0; i < self->n + UNDER_WAY; i++)
    {
      guint slot = i % UNDER_WAY;

      if (futures[slot] != NULL)
        {
          check (self, futures[slot], i - UNDER_WAY, sizes[slot]);
          g_clear_object (&futures[slot]);
        }
      /* the main thread, whose context keeps what is to be told there */
      if (self->seed == 0 && i % 100 == 0)
        test_drain ();
      if (i < self->n)
        futures[slot] = gf_executor_call (self->pool, "test.work", arguments_of (i, random, &sizes[slot]));
    }
  return NULL;
}

/* One call at a time, each awaited at once. */
static gpointer
one_by_one_thread (gpointer data)
{
  Calls *self = data;

  for (guint i = 0; i < self->n; i++)
    {
      g_autoptr (GfFuture) future = gf_executor_call (self->pool, "test.work", g_variant_new ("(u(us))", 100, i, ""));

      check (self, future, i, 0);
    }
  return NULL;
}

static guint n_started, n_exited;

static void
count_cb (void)
{
  n_started++;
}

static void
count_exit_cb (void)
{
  n_exited++;
}

static void
chaos (TestVia via,
       guint   n,
       guint   max_retries)
{
  guint n_descriptors;
  GfExecutor *pool;
  Killer killer;
  Calls calls[3] = { { 0 } };
  GThread *threads[2];
  guint n_succeeded = 0, n_died = 0;

  /* what the library opens once for all is open */
  pool = test_pool_new (1, via);
  test_assert_healthy (pool);
  test_pool_end (pool);
  n_descriptors = test_n_descriptors ();

  pool = test_pool_new (3, via);
  g_object_set (pool, "max-retries", max_retries, NULL);
  n_started = n_exited = 0;
  g_signal_connect (pool, "worker-started", G_CALLBACK (count_cb), NULL);
  g_signal_connect (pool, "worker-exited", G_CALLBACK (count_exit_cb), NULL);
  killer_start (&killer, pool);
  for (guint i = 0; i < 3; i++)
    calls[i] = (Calls) { .pool = pool, .n = n * (i < 2 ? 9 : 2) / 20, .seed = i };
  for (guint i = 0; i < 2; i++)
    threads[i] = g_thread_new ("calls", i == 0 ? calls_thread : one_by_one_thread, &calls[i + 1]);
  calls_thread (&calls[0]);
  for (guint i = 0; i < 2; i++)
    g_thread_join (threads[i]);
  killer_stop (&killer);
  for (guint i = 0; i < 3; i++)
    {
      n_succeeded += calls[i].n_succeeded;
      n_died += calls[i].n_died;
    }
  g_test_message ("%u killed: %u calls succeeded, %u died", killer.n_killed, n_succeeded, n_died);
  g_assert_cmpuint (n_succeeded + n_died, ==, calls[0].n + calls[1].n + calls[2].n);
  g_assert_cmpuint (killer.n_killed, >, 0);
  /* one crash loses one task */
  g_assert_cmpuint (n_died, <=, killer.n_killed);
  if (max_retries > 0)
    g_assert_cmpuint (n_died, ==, 0);

  /* the last one killed may not be missed yet */
  g_object_set (pool, "max-retries", G_MAXUINT, NULL);
  test_assert_healthy (pool);
  test_pool_end (pool);
  g_assert_cmpuint (n_started, ==, n_exited);
  g_assert_cmpuint (n_started, >, killer.n_killed / 2);
  g_assert_cmpuint (test_n_children (), ==, 0);
  test_await_descriptors (n_descriptors);
}

static void
test_each_settles (void)
{
  chaos (VIA_SOCKET, n_calls (6000), 0);
}

static void
test_none_is_lost (void)
{
  chaos (VIA_SOCKET, n_calls (6000), G_MAXUINT);
}

static void
test_each_settles_over_stdio (void)
{
  chaos (VIA_STDIO, n_calls (3000), 0);
}

static void
test_none_is_lost_over_stdio (void)
{
  chaos (VIA_STDIO, n_calls (3000), G_MAXUINT);
}

/* Pools that come and go, with and without being waited for. */
static void
test_pools_come_and_go (void)
{
  guint n_descriptors;

  test_pool_end (test_pool_new (1, VIA_SOCKET));
  {
    GfExecutor *pool = test_pool_new (1, VIA_SOCKET);

    test_assert_healthy (pool);
    test_pool_end (pool);
  }
  n_descriptors = test_n_descriptors ();
  for (guint i = 0; i < 100; i++)
    {
      GfExecutor *pool = test_pool_new (2, i % 2 ? VIA_STDIO : VIA_SOCKET);
      GfFuture *futures[5];

      for (guint k = 0; k < G_N_ELEMENTS (futures); k++)
        futures[k] = gf_executor_call (pool, "test.square", g_variant_new_int32 (k));
      if (i % 5 == 0)
        gf_future_cancel (futures[4]);
      if (i % 7 == 0)
        gf_process_pool_executor_kill_workers (GF_PROCESS_POOL_EXECUTOR (pool));
      if (i % 3 == 0)
        gf_executor_shutdown (pool, TRUE, i % 2 == 0);
      g_object_unref (pool);
      for (guint k = 0; k < G_N_ELEMENTS (futures); k++)
        {
          test_settle (futures[k]);
          g_object_unref (futures[k]);
        }
    }
  test_await_no_children ();
  test_drain ();
  test_await_descriptors (n_descriptors);
}

int
main (int    argc,
      char **argv)
{
  test_worker_main (argc, argv);
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/process-pool/chaos/each-settles", test_each_settles);
  g_test_add_func ("/process-pool/chaos/none-is-lost", test_none_is_lost);
  g_test_add_func ("/process-pool/chaos/each-settles-over-stdio", test_each_settles_over_stdio);
  g_test_add_func ("/process-pool/chaos/none-is-lost-over-stdio", test_none_is_lost_over_stdio);
  g_test_add_func ("/process-pool/chaos/pools-come-and-go", test_pools_come_and_go);

  return g_test_run ();
}

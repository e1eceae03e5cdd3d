/* test-processes.h - what the tests of the process pool share on their side
 *
 * Meetings with workers, results and failures that are waited for, pools that
 * talk to their workers in each of the ways, and what must not be left behind.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "test-worker-functions.h"

/* Meetings */


typedef struct
{
  int fd;
  char *address;
} TestMeeting;

typedef struct
{
  int fd;
  pid_t pid;
} TestGuest;

static inline void
test_meeting_init (TestMeeting *self)
{
  static guint n_meetings;
  struct sockaddr_un name = { .sun_family = AF_UNIX };

  self->address = g_strdup_printf ("gf-test-%d-%u", getpid (), n_meetings++);
  strcpy (name.sun_path + 1, self->address);
  self->fd = socket (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  g_assert_no_errno (bind (self->fd, (struct sockaddr *) &name,
                           offsetof (struct sockaddr_un, sun_path) + 1 + strlen (self->address)));
  g_assert_no_errno (listen (self->fd, 1000));
}

static inline void
test_meeting_clear (TestMeeting *self)
{
  close (self->fd);
  g_free (self->address);
}

static inline gboolean
test_readable (int fd,
               int timeout_ms)
{
  struct pollfd poll_fd = { .fd = fd, .events = POLLIN };
  int n;

  do
    n = poll (&poll_fd, 1, timeout_ms);
  while (n < 0 && errno == EINTR);
  return n > 0;
}

static inline TestGuest
test_meeting_accept_at (TestMeeting *self,
                        const char  *place)
{
  struct ucred peer;
  socklen_t length = sizeof peer;
  TestGuest guest;

  if (!test_readable (self->fd, TEST_DEADLINE_US / 1000))
    g_error ("%s: nobody came to the meeting", place);
  guest.fd = accept4 (self->fd, NULL, NULL, SOCK_CLOEXEC);
  g_assert_cmpint (guest.fd, >=, 0);
  g_assert_no_errno (getsockopt (guest.fd, SOL_SOCKET, SO_PEERCRED, &peer, &length));
  guest.pid = peer.pid;
  return guest;
}

/* Waits for the next one who comes. */
#define test_meeting_accept(self) test_meeting_accept_at ((self), G_STRLOC)

/* Lets it go on; it may meet again. */
static inline void
test_guest_let_go (TestGuest *self)
{
  g_assert_cmpint (send (self->fd, "g", 1, MSG_NOSIGNAL), ==, 1);
}

/* What it tells; 0 when it is gone. */
static inline char
test_guest_hear_at (TestGuest  *self,
                    const char *place)
{
  char byte = 0;

  if (!test_readable (self->fd, TEST_DEADLINE_US / 1000))
    g_error ("%s: the worker neither said anything nor died", place);
  if (recv (self->fd, &byte, 1, 0) <= 0)
    return 0;
  return byte;
}

#define test_guest_hear(self) test_guest_hear_at ((self), G_STRLOC)

static inline void
test_guest_leave (TestGuest *self)
{
  close (self->fd);
  self->fd = -1;
}

static inline GfFuture *
test_call_with_address (GfExecutor  *pool,
                        const char  *function,
                        TestMeeting *meeting)
{
  return gf_executor_call (pool, function, g_variant_new ("(s)", meeting->address));
}

static inline void
test_settle_at (GfFuture   *future,
                const char *place)
{
  if (!gf_future_wait (future, TEST_DEADLINE_US, NULL, NULL))
    g_error ("%s: the future was never settled", place);
}

#define test_settle(future) test_settle_at ((future), G_STRLOC)

/* The result, which belongs to the future; NULL for none. */
static inline GVariant *
test_result_at (GfFuture   *future,
                const char *place)
{
  const GValue *value;
  const GError *error;

  test_settle_at (future, place);
  error = gf_future_get_error (future);
  if (error != NULL)
    g_error ("%s: %s %d: %s", place, g_quark_to_string (error->domain), error->code, error->message);
  value = gf_future_get_value (future, NULL);
  return G_VALUE_HOLDS_VARIANT (value) ? g_value_get_variant (value) : NULL;
}

#define test_result(future) test_result_at ((future), G_STRLOC)

#define test_assert_fails(future, domain, code)                       \
  G_STMT_START                                                        \
    {                                                                 \
      test_settle (future);                                           \
      g_assert_error (gf_future_get_error (future), (domain), (code)); \
    }                                                                 \
  G_STMT_END

#define test_assert_tells(future, text)                                              \
  G_STMT_START                                                                       \
    {                                                                                \
      const char *message_ = gf_future_get_error (future)->message;                  \
      if (strstr (message_, (text)) == NULL)                                         \
        g_error ("%s: “%s” is not in the message “%s”", G_STRLOC, (text), message_); \
    }                                                                                \
  G_STMT_END

/* The pid of the worker that takes the next call. */
static inline pid_t
test_worker_pid (GfExecutor *pool)
{
  g_autoptr (GfFuture) future = gf_executor_call (pool, "test.pid", NULL);

  return g_variant_get_uint32 (test_result (future));
}

static inline guint
test_n_workers (GfExecutor *pool)
{
  gsize n;

  g_free (gf_process_pool_executor_get_worker_pids (GF_PROCESS_POOL_EXECUTOR (pool), &n));
  return n;
}

/* It takes calls and answers them. */
static inline void
test_assert_healthy_at (GfExecutor *pool,
                        const char *place)
{
  GfFuture *futures[8];

  for (guint i = 0; i < G_N_ELEMENTS (futures); i++)
    futures[i] = gf_executor_call (pool, "test.square", g_variant_new_int32 (i));
  for (guint i = 0; i < G_N_ELEMENTS (futures); i++)
    {
      g_assert_cmpint (g_variant_get_int32 (test_result_at (futures[i], place)), ==, i * i);
      g_object_unref (futures[i]);
    }
}

#define test_assert_healthy(pool) test_assert_healthy_at ((pool), G_STRLOC)

static inline guint
test_n_descriptors (void)
{
  g_autoptr (GDir) dir = g_dir_open ("/proc/self/fd", 0, NULL);
  guint n = 0;

  while (g_dir_read_name (dir) != NULL)
    n++;
  /* not the one that reads the folder */
  return n - 1;
}

/* Of those, sockets and pipes. (GLib's own thread closes what it has of a process
 * that has ended, a pidfd, a moment later.) */
static inline guint
test_n_connections (void)
{
  g_autoptr (GDir) dir = g_dir_open ("/proc/self/fd", 0, NULL);
  const char *name;
  guint n = 0;

  while ((name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *path = g_build_filename ("/proc/self/fd", name, NULL);
      g_autofree char *target = g_file_read_link (path, NULL);

      n += target != NULL && (g_str_has_prefix (target, "socket:") || g_str_has_prefix (target, "pipe:"));
    }

  return n;
}

/* Children of this process, dead or alive. */
static inline guint
test_n_children (void)
{
  g_autoptr (GDir) dir = g_dir_open ("/proc", 0, NULL);
  const char *name;
  guint n = 0;

  while ((name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *path = g_build_filename ("/proc", name, "stat", NULL);
      g_autofree char *text = NULL;
      const char *end;
      int parent;
      char state;

      if (!g_ascii_isdigit (*name) || !g_file_get_contents (path, &text, NULL, NULL))
        continue;
      end = strrchr (text, ')');
      if (end != NULL && sscanf (end + 1, " %c %d", &state, &parent) == 2 && parent == getpid ())
        n++;
    }
  return n;
}

/* Waits, without a loop, for what no signal tells on this thread. */
#define test_await(condition)                                                  \
  G_STMT_START                                                                 \
    {                                                                          \
      gint64 deadline_ = g_get_monotonic_time () + TEST_DEADLINE_US;           \
      while (!(condition))                                                     \
        {                                                                      \
          if (g_get_monotonic_time () > deadline_)                             \
            g_error ("%s: it never came true: %s", G_STRLOC, #condition);      \
          g_thread_yield ();                                                   \
        }                                                                      \
    }                                                                          \
  G_STMT_END

/* A task counts till it returned, which is after its future was settled. */
#define test_await_n_running(pool, n) test_await (gf_executor_get_n_running (pool) == (n))
#define test_await_n_pending(pool, n) test_await (gf_executor_get_n_pending (pool) == (n))

/* For those that nobody waits for: a pool whose last reference was dropped. */
#define test_await_no_children() test_await (test_n_children () == 0)
#define test_await_descriptors(n) test_await (test_n_descriptors () <= (n))

/* The ways to talk to a worker */

typedef enum
{
  VIA_SOCKET,
  VIA_STDIO,
  VIA_ENV,
  VIA_SH,
  N_VIAS
} TestVia;

static const char *const test_via_names[N_VIAS] = { "socket", "stdio", "launcher-env", "launcher-sh" };

static inline GfExecutor *
test_pool_new (guint   max_workers,
               TestVia via)
{
  static const char *const env[] = { "env", NULL };
  static const char *const sh[] = { "sh", "-c", "exec \"$0\" \"$@\"", NULL };
  GfExecutor *pool = gf_process_pool_executor_new_for_self (max_workers);

  switch (via)
    {
    case VIA_SOCKET:
      break;
    case VIA_STDIO:
      g_object_set (pool, "transport", GF_WORKER_TRANSPORT_STDIO, NULL);
      break;
    case VIA_ENV:
      g_object_set (pool, "launcher", env, NULL);
      break;
    case VIA_SH:
      g_object_set (pool, "launcher", sh, NULL);
      break;
    case N_VIAS:
    default:
      g_assert_not_reached ();
    }
  return pool;
}

/* Ends a pool that has no work left, and with it its workers. */
static inline void
test_pool_end (GfExecutor *pool)
{
  gf_executor_shutdown (pool, TRUE, FALSE);
  g_assert_cmpuint (gf_executor_get_n_pending (pool), ==, 0);
  g_assert_cmpuint (gf_executor_get_n_running (pool), ==, 0);
  g_assert_cmpuint (test_n_workers (pool), ==, 0);
  test_drain ();
  g_object_unref (pool);
}

/* A pool of one worker, and a meeting with it. */
typedef struct
{
  TestVia via;
  GfExecutor *pool;
  TestMeeting meeting;
} TestPool;

static inline void
test_pool_set_up (TestPool     *self,
                  gconstpointer data)
{
  self->via = GPOINTER_TO_UINT (data);
  self->pool = test_pool_new (1, self->via);
  test_meeting_init (&self->meeting);
}

static inline void
test_pool_tear_down (TestPool     *self,
                     gconstpointer data)
{
  test_pool_end (self->pool);
  test_meeting_clear (&self->meeting);
  g_assert_cmpuint (test_n_children (), ==, 0);
}

/* @vias: a bit for each TestVia */
static inline void
test_add_for_vias (const char *name,
                   guint       vias,
                   void      (*func) (TestPool *, gconstpointer))
{
  for (guint via = 0; via < N_VIAS; via++)
    if (vias & (1u << via))
      {
        g_autofree char *path = g_strdup_printf ("/process-pool/%s/%s", test_via_names[via], name);

        g_test_add (path, TestPool, GUINT_TO_POINTER (via), test_pool_set_up, func, test_pool_tear_down);
      }
}

#define VIA(via) (1u << VIA_##via)
#define ANY_WAY (VIA (SOCKET) | VIA (STDIO) | VIA (ENV) | VIA (SH))
#define BOTH_WAYS (VIA (SOCKET) | VIA (STDIO))

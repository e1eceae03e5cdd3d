/* test-sysprof.c - the marks that Sysprof gets
 *
 * This program does for a child of its own what Sysprof does: it makes a ring
 * buffer for each thread that asks for one, and reads the marks in them.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "test-processes.h"

#include <sysprof-capture.h>

/* Of libsysprof-capture, which has no header for it. */
typedef struct _MappedRingBuffer MappedRingBuffer;
typedef bool (*MappedRingBufferCallback) (const void *data,
                                          size_t     *length,
                                          void       *user_data);
MappedRingBuffer *mapped_ring_buffer_new_reader (size_t                   size);
int               mapped_ring_buffer_get_fd     (MappedRingBuffer        *self);
bool              mapped_ring_buffer_drain      (MappedRingBuffer        *self,
                                                 MappedRingBufferCallback callback,
                                                 void                    *user_data);

/* ---- the profiled one ---- */

static void
work (GfPromise *promise,
      gpointer   gate,
      GError   **error)
{
  gint64 end;

  test_gate_pass (gate);
  end = g_get_monotonic_time () + 2000;
  while (g_get_monotonic_time () < end)
    ;
}

static GVariant *
serve (GVariant  *arguments,
       GfPromise *promise,
       gpointer   data,
       GError   **error)
{
  return g_variant_new_boolean (g_getenv ("SYSPROF_CONTROL_FD") == NULL);
}

static int
play (void)
{
  g_autoptr (GfExecutor) threads = gf_thread_pool_executor_new (1);
  g_autoptr (GfExecutor) processes = gf_process_pool_executor_new_for_self (1);
  g_autoptr (GfPromise) never = gf_promise_new ();
  g_autoptr (GfFuture) task = NULL;
  g_autoptr (GfFuture) call = NULL;
  GVariant *result;
  TestGate gate;

  test_gate_init (&gate);
  gf_executor_set_label (threads, "threads");
  gf_executor_set_label (processes, "processes");
  gf_future_set_label (GF_FUTURE (never), "never");

  task = gf_executor_submit (threads, work, &gate, NULL);
  gf_future_set_label (task, "two\nlines");
  test_gate_open (&gate);
  gf_future_run_until_done (task, NULL, NULL);
  gf_future_wait (GF_FUTURE (never), 1000, NULL, NULL);

  call = gf_executor_call (processes, "serve", NULL);
  gf_future_run_until_done (call, NULL, NULL);
  result = gf_future_get_variant (call, NULL);
  g_assert_true (g_variant_get_boolean (result));

  gf_executor_shutdown (threads, TRUE, FALSE);
  gf_executor_shutdown (processes, TRUE, FALSE);
  test_gate_clear (&gate);

  return 0;
}

/* ---- the profiler ---- */

static MappedRingBuffer *
make_ring (int fd)
{
  MappedRingBuffer *ring = mapped_ring_buffer_new_reader (0);
  union {
    struct cmsghdr header;
    char           space[CMSG_SPACE (sizeof (int))];
  } control = { 0 };
  char byte = 0;
  struct iovec iov = { &byte, 1 };
  struct msghdr message = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control };
  struct cmsghdr *header = CMSG_FIRSTHDR (&message);
  int ring_fd = mapped_ring_buffer_get_fd (ring);

  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN (sizeof ring_fd);
  memcpy (CMSG_DATA (header), &ring_fd, sizeof ring_fd);
  g_assert_cmpint (sendmsg (fd, &message, MSG_NOSIGNAL), ==, 1);

  return ring;
}

static bool
read_marks (const void *data,
            size_t     *length,
            void       *marks)
{
  for (size_t at = 0; at + sizeof (SysprofCaptureFrame) <= *length;)
    {
      const SysprofCaptureMark *mark = (const SysprofCaptureMark *) ((const char *) data + at);

      if (mark->frame.len < sizeof (SysprofCaptureFrame) || mark->frame.len > *length - at)
        break;
      if (mark->frame.type == SYSPROF_CAPTURE_FRAME_MARK)
        g_ptr_array_add (marks, g_strdup_printf ("%s|%s|%s|%" G_GINT64_FORMAT, mark->group, mark->name, mark->message,
                                                 mark->duration));
      at += mark->frame.len;
    }

  return true;
}

static GPtrArray *
record (void)
{
  g_autofree char *program = g_file_read_link ("/proc/self/exe", NULL);
  g_autoptr (GSubprocessLauncher) launcher = g_subprocess_launcher_new (G_SUBPROCESS_FLAGS_NONE);
  g_autoptr (GSubprocess) process = NULL;
  /* They stay: to let go of one does not free it. */
  static GPtrArray *rings;
  g_autoptr (GError) error = NULL;
  GPtrArray *marks = g_ptr_array_new_with_free_func (g_free);
  char request[10];
  int fds[2];

  rings = g_ptr_array_new ();
  g_assert_no_errno (socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds));
  /* As it is with sysprof-cli: where the channel of a worker is in that. */
  g_subprocess_launcher_take_fd (launcher, fds[1], 3);
  g_subprocess_launcher_setenv (launcher, "SYSPROF_CONTROL_FD", "3", TRUE);
  g_subprocess_launcher_unsetenv (launcher, "GFUTURES_DEBUG");
  /* libsysprof-capture lets go of what the last threads have when the process ends. */
  g_subprocess_launcher_setenv (launcher, "ASAN_OPTIONS", "detect_leaks=0", TRUE);
  process = g_subprocess_launcher_spawn (launcher, &error, program, "--profiled", NULL);
  g_assert_no_error (error);
  g_subprocess_launcher_close (launcher);

  while (recv (fds[0], request, sizeof request, MSG_WAITALL) == sizeof request)
    {
      g_assert_cmpmem (request, sizeof request, "CreatRing", sizeof request);
      g_ptr_array_add (rings, make_ring (fds[0]));
    }

  g_subprocess_wait_check (process, NULL, &error);
  g_assert_no_error (error);
  close (fds[0]);
  for (guint i = 0; i < rings->len; i++)
    mapped_ring_buffer_drain (rings->pdata[i], read_marks, marks);

  return marks;
}

/* The duration in ns. */
static gint64
find_mark (GPtrArray  *marks,
           const char *begin)
{
  for (guint i = 0; i < marks->len; i++)
    if (g_str_has_prefix (marks->pdata[i], begin))
      return g_ascii_strtoll (strrchr (marks->pdata[i], '|') + 1, NULL, 10);

  for (guint i = 0; i < marks->len; i++)
    g_test_message ("%s", (char *) marks->pdata[i]);
  g_error ("There is no mark “%s”", begin);
}

static void
test_marks (void)
{
  g_autoptr (GPtrArray) marks = record ();

  g_assert_cmpint (find_mark (marks, "GFutures|threads|#1 “two\\nlines”|"), >=, 2000000);
  find_mark (marks, "GFutures|waiting|#1 “");
  find_mark (marks, "GFutures|delivery|");
  g_assert_cmpint (find_mark (marks, "GFutures|blocked|#2 “never”|"), >, 0);
  g_assert_cmpint (find_mark (marks, "GFutures|processes|#3 “serve”|"), >, 0);
  find_mark (marks, "GFutures|waiting|#3 “serve”|");
}

int
main (int    argc,
      char **argv)
{
  gf_function_register ("serve", serve, NULL, NULL);
  test_worker_main (argc, argv);
  if (argc == 2 && g_str_equal (argv[1], "--profiled"))
    return play ();
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/sysprof/marks", test_marks);

  return g_test_run ();
}

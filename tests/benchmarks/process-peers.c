/* process-peers.c - what the process pool is measured beside
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#define _GNU_SOURCE

#include "process-peers.h"

#include <glib-unix.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

/* Frames of one client that are under way: less than a socket holds, so that
 * no write blocks.
 */
#define WINDOW 128

#define SERVER_FD 3

#define PYTHON "/usr/bin/python3"

#define DBUS_PATH "/"
#define DBUS_NAME "org.example.Peer"

/* Reading and writing. A peer that goes away ends the run. */

static gboolean
read_all (int    fd,
          void  *data,
          gsize  size)
{
  guint8 *at = data;

  while (size > 0)
    {
      gssize n = read (fd, at, size);

      if (n < 0 && errno == EINTR)
        continue;
      if (n <= 0)
        return FALSE;
      at += n;
      size -= n;
    }

  return TRUE;
}

static gboolean
write_all (int         fd,
           const void *data,
           gsize       size)
{
  const guint8 *at = data;

  while (size > 0)
    {
      gssize n = send (fd, at, size, MSG_NOSIGNAL);

      if (n < 0 && errno == EINTR)
        continue;
      if (n <= 0)
        return FALSE;
      at += n;
      size -= n;
    }

  return TRUE;
}

static void
read_or_fail (int    fd,
              void  *data,
              gsize  size)
{
  if (!read_all (fd, data, size))
    g_error ("The server went away");
}

static void
write_or_fail (int         fd,
               const void *data,
               gsize       size)
{
  if (!write_all (fd, data, size))
    g_error ("The server went away");
}

static void
send_descriptor (int fd,
                 int descriptor)
{
  char byte = 0;
  char control[CMSG_SPACE (sizeof descriptor)] = { 0 };
  struct iovec vector = { &byte, sizeof byte };
  struct msghdr message = {
    .msg_iov = &vector,
    .msg_iovlen = 1,
    .msg_control = control,
    .msg_controllen = sizeof control,
  };
  struct cmsghdr *header = CMSG_FIRSTHDR (&message);

  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN (sizeof descriptor);
  memcpy (CMSG_DATA (header), &descriptor, sizeof descriptor);

  if (sendmsg (fd, &message, MSG_NOSIGNAL) != sizeof byte)
    g_error ("sendmsg: %s", g_strerror (errno));
}

/* -1: the other side went away. */
static int
receive_descriptor (int fd)
{
  char byte;
  int descriptor;
  char control[CMSG_SPACE (sizeof descriptor)] = { 0 };
  struct iovec vector = { &byte, sizeof byte };
  struct msghdr message = {
    .msg_iov = &vector,
    .msg_iovlen = 1,
    .msg_control = control,
    .msg_controllen = sizeof control,
  };
  struct cmsghdr *header;

  if (recvmsg (fd, &message, MSG_CMSG_CLOEXEC) != sizeof byte)
    return -1;

  header = CMSG_FIRSTHDR (&message);
  if (header == NULL || header->cmsg_type != SCM_RIGHTS)
    g_error ("A message without its descriptor");
  memcpy (&descriptor, CMSG_DATA (header), sizeof descriptor);

  return descriptor;
}

/* As the library has to: a descriptor that is not sealed could shrink, or
 * change, while it is read.
 */
static void
look_into_descriptor (int descriptor)
{
  const int seals = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE;
  struct stat info;
  guint8 *data;

  if (fcntl (descriptor, F_GET_SEALS) != seals || fstat (descriptor, &info) != 0)
    g_error ("A descriptor without its seals");

  data = mmap (NULL, info.st_size, PROT_READ | PROT_WRITE, MAP_PRIVATE, descriptor, 0);
  if (data == MAP_FAILED)
    g_error ("mmap: %s", g_strerror (errno));
  process_check_bytes (data, info.st_size);
  munmap (data, info.st_size);
}

/* Servers */

/* One frame for each turn of the loop, and no more: what a server in a GLib
 * application does.
 */
static gboolean
serve_frame_cb (int          fd,
                GIOCondition condition G_GNUC_UNUSED,
                gpointer     data)
{
  guint8 frame[PROCESS_FRAME_SIZE];

  if (read_all (fd, frame, sizeof frame) && write_all (fd, frame, sizeof frame))
    return G_SOURCE_CONTINUE;

  g_main_loop_quit (data);

  return G_SOURCE_REMOVE;
}

static void
serve_frames (void)
{
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);

  g_unix_fd_add (SERVER_FD, G_IO_IN, serve_frame_cb, loop);
  g_main_loop_run (loop);
}

/* The least that a server can do, without a loop. */
static void
serve_stream (void)
{
  guint8 frame[PROCESS_FRAME_SIZE];

  while (read_all (SERVER_FD, frame, sizeof frame) &&
         write_all (SERVER_FD, frame, sizeof frame))
    ;
}

static void
serve_bytes (void)
{
  g_autofree guint8 *data = g_malloc (PROCESS_BYTES);

  while (read_all (SERVER_FD, data, PROCESS_BYTES) &&
         write_all (SERVER_FD, data, PROCESS_BYTES))
    ;
}

static void
serve_descriptors (void)
{
  int descriptor;

  while ((descriptor = receive_descriptor (SERVER_FD)) >= 0)
    {
      look_into_descriptor (descriptor);
      send_descriptor (SERVER_FD, descriptor);
      close (descriptor);
    }
}

static void
gdbus_method_cb (GDBusConnection       *connection G_GNUC_UNUSED,
                 const char            *sender G_GNUC_UNUSED,
                 const char            *path G_GNUC_UNUSED,
                 const char            *interface G_GNUC_UNUSED,
                 const char            *method G_GNUC_UNUSED,
                 GVariant              *parameters,
                 GDBusMethodInvocation *invocation,
                 gpointer               data G_GNUC_UNUSED)
{
  g_dbus_method_invocation_return_value (invocation, parameters);
}

static GDBusConnection *
gdbus_connection_new (int                  fd,
                      GDBusConnectionFlags flags)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GSocket) socket = g_socket_new_from_fd (fd, &error);
  g_autoptr (GSocketConnection) stream = NULL;
  g_autofree char *guid = g_dbus_generate_guid ();
  GDBusConnection *connection = NULL;

  if (socket != NULL)
    {
      stream = g_socket_connection_factory_create_connection (socket);
      connection = g_dbus_connection_new_sync (G_IO_STREAM (stream),
                                               flags & G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_SERVER ? guid : NULL,
                                               flags, NULL, NULL, &error);
    }
  if (connection == NULL)
    g_error ("No GDBus connection: %s", error->message);

  return connection;
}

static void
serve_gdbus (void)
{
  const char *xml =
    "<node><interface name='" DBUS_NAME "'>"
    "<method name='Null'/>"
    "<method name='Echo'><arg type='ay' direction='in'/><arg type='ay' direction='out'/></method>"
    "</interface></node>";
  const GDBusInterfaceVTable table = { gdbus_method_cb, NULL, NULL, { NULL } };
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  g_autoptr (GDBusNodeInfo) node = g_dbus_node_info_new_for_xml (xml, NULL);
  g_autoptr (GDBusConnection) connection =
    gdbus_connection_new (SERVER_FD, G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_SERVER |
                                     G_DBUS_CONNECTION_FLAGS_DELAY_MESSAGE_PROCESSING);

  g_signal_connect_swapped (connection, "closed", G_CALLBACK (g_main_loop_quit), loop);
  g_dbus_connection_register_object (connection, DBUS_PATH, node->interfaces[0],
                                     &table, NULL, NULL, NULL);
  g_dbus_connection_start_message_processing (connection);
  g_main_loop_run (loop);
}

int
process_peer_serve (const char *what)
{
  const struct {
    const char *name;
    void      (*serve) (void);
  } servers[] = {
    { "frames", serve_frames },
    { "stream", serve_stream },
    { "bytes", serve_bytes },
    { "descriptors", serve_descriptors },
    { "gdbus", serve_gdbus },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (servers); i++)
    if (g_str_equal (servers[i].name, what))
      {
        servers[i].serve ();
        return EXIT_SUCCESS;
      }

  return 2;
}

typedef struct
{
  GSubprocess *process;
  int          fd;
} Server;

static Server
start_server (const char *what)
{
  g_autoptr (GSubprocessLauncher) launcher =
    g_subprocess_launcher_new (G_SUBPROCESS_FLAGS_INHERIT_FDS);
  g_autoptr (GError) error = NULL;
  g_autofree char *program = g_file_read_link ("/proc/self/exe", NULL);
  Server server;
  int pair[2];

  if (socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
    g_error ("socketpair: %s", g_strerror (errno));

  g_subprocess_launcher_take_fd (launcher, pair[1], SERVER_FD);
  server.fd = pair[0];
  server.process = g_subprocess_launcher_spawn (launcher, &error, program, "--serve", what, NULL);
  if (server.process == NULL)
    g_error ("%s", error->message);

  return server;
}

static void
stop_server (Server *server)
{
  close (server->fd);
  g_subprocess_wait (server->process, NULL, NULL);
  g_object_unref (server->process);
}

/* A socket pair and nothing else */

static void
call_frame (gpointer data)
{
  Server *server = data;
  guint8 frame[PROCESS_FRAME_SIZE] = { 0 };

  write_or_fail (server->fd, frame, sizeof frame);
  read_or_fail (server->fd, frame, sizeof frame);
}

void
process_raw_latency (BenchRun *run)
{
  Server server = start_server ("frames");

  process_measure_latency (run, call_frame, &server);
  stop_server (&server);
}

static void
send_frame (gpointer data)
{
  Server *server = data;
  guint8 frame[PROCESS_FRAME_SIZE] = { 0 };

  write_or_fail (server->fd, frame, sizeof frame);
}

static gboolean
answer_cb (int          fd,
           GIOCondition condition G_GNUC_UNUSED,
           gpointer     data G_GNUC_UNUSED)
{
  guint8 frame[PROCESS_FRAME_SIZE];

  read_or_fail (fd, frame, sizeof frame);
  process_loop_answered ();

  return G_SOURCE_CONTINUE;
}

void
process_raw_loop (BenchRun *run)
{
  Server server = start_server ("frames");
  guint watch = g_unix_fd_add (server.fd, G_IO_IN, answer_cb, NULL);

  process_measure_loop (run, send_frame, &server);
  g_source_remove (watch);
  stop_server (&server);
}

/* A write and a read for each frame; the oldest one is waited for when the
 * window is full.
 */
void
process_raw_throughput (BenchRun *run)
{
  const guint64 window = WINDOW * BENCH_WORKERS;
  Server servers[BENCH_WORKERS];
  guint8 frame[PROCESS_FRAME_SIZE] = { 0 };
  gint64 begin;

  for (int i = 0; i < BENCH_WORKERS; i++)
    {
      servers[i] = start_server ("stream");
      call_frame (&servers[i]);
    }

  begin = bench_now_ns ();
  for (guint64 i = 0; i < run->n + window; i++)
    {
      if (i >= window)
        read_or_fail (servers[i % BENCH_WORKERS].fd, frame, sizeof frame);
      if (i < run->n)
        write_or_fail (servers[i % BENCH_WORKERS].fd, frame, sizeof frame);
    }
  run->values[0] = run->n / bench_seconds_since (begin) / 1e3;

  for (int i = 0; i < BENCH_WORKERS; i++)
    stop_server (&servers[i]);
}

typedef struct
{
  Server  server;
  guint8 *sent;
  guint8 *received;
} RawBytes;

static void
raw_bytes_init (RawBytes *self)
{
  self->server = start_server ("bytes");
  self->sent = g_malloc (PROCESS_BYTES);
  memset (self->sent, 1, PROCESS_BYTES);
  self->received = g_malloc (PROCESS_BYTES);
}

static void
raw_bytes_clear (RawBytes *self)
{
  stop_server (&self->server);
  g_free (self->sent);
  g_free (self->received);
}

/* The server reads it all before it writes, so that neither waits for the
 * other.
 */
static void
call_bytes (gpointer data)
{
  RawBytes *self = data;

  write_or_fail (self->server.fd, self->sent, PROCESS_BYTES);
  read_or_fail (self->server.fd, self->received, PROCESS_BYTES);
  process_check_bytes (self->received, PROCESS_BYTES);
}

void
process_raw_bytes (BenchRun *run)
{
  RawBytes bytes;

  raw_bytes_init (&bytes);
  process_measure_bytes (run, call_bytes, &bytes);
  raw_bytes_clear (&bytes);
}

void
process_raw_memory (BenchRun *run)
{
  RawBytes bytes;

  raw_bytes_init (&bytes);
  process_measure_memory (run, call_bytes, &bytes,
                          (guint) atoi (g_subprocess_get_identifier (bytes.server.process)));
  raw_bytes_clear (&bytes);
}

typedef struct
{
  Server server;
  int    descriptor;
} RawBuffer;

static void
call_descriptor (gpointer data)
{
  RawBuffer *self = data;
  int received;

  send_descriptor (self->server.fd, self->descriptor);
  received = receive_descriptor (self->server.fd);
  if (received < 0)
    g_error ("The server went away");
  look_into_descriptor (received);
  close (received);
}

void
process_raw_buffer (BenchRun *run)
{
  const gsize sizes[] = { PROCESS_BYTES, PROCESS_MANY_BYTES };
  Server server = start_server ("descriptors");

  for (gsize i = 0; i < G_N_ELEMENTS (sizes); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (GfBuffer) buffer = gf_buffer_new (sizes[i], &error);
      g_autoptr (GBytes) bytes = NULL;
      RawBuffer raw = { server, -1 };

      if (buffer == NULL)
        g_error ("%s", error->message);
      memset (gf_buffer_get_data (buffer, NULL), 1, sizes[i]);
      bytes = gf_buffer_seal (buffer);
      raw.descriptor = gf_buffer_dup_fd (buffer);
      run->values[i] = process_measure_buffer (run, call_descriptor, &raw);
      close (raw.descriptor);
    }
  stop_server (&server);
}

static gpointer
start_raw (void)
{
  Server *server = g_new (Server, 1);

  *server = start_server ("frames");
  call_frame (server);

  return server;
}

static void
stop_raw (gpointer started)
{
  stop_server (started);
  g_free (started);
}

void
process_raw_start (BenchRun *run)
{
  process_measure_start (run, start_raw, stop_raw);
}

/* GDBus, peer to peer */

typedef struct
{
  Server           server;
  GDBusConnection *connection;
  GVariant        *bytes;
} GDBusPeer;

static void
gdbus_peer_init (GDBusPeer *self)
{
  self->server = start_server ("gdbus");
  self->connection = gdbus_connection_new (fcntl (self->server.fd, F_DUPFD_CLOEXEC, 0),
                                           G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT);
  self->bytes = NULL;
}

static void
gdbus_peer_clear (GDBusPeer *self)
{
  g_clear_pointer (&self->bytes, g_variant_unref);
  g_dbus_connection_close_sync (self->connection, NULL, NULL);
  g_object_unref (self->connection);
  stop_server (&self->server);
}

static GVariant *
gdbus_peer_call (GDBusPeer  *self,
                 const char *method,
                 GVariant   *parameters)
{
  g_autoptr (GError) error = NULL;
  GVariant *reply = g_dbus_connection_call_sync (self->connection, NULL, DBUS_PATH, DBUS_NAME,
                                                 method, parameters, NULL,
                                                 G_DBUS_CALL_FLAGS_NONE, -1, NULL, &error);

  if (reply == NULL)
    g_error ("%s", error->message);

  return reply;
}

static void
gdbus_call_null (gpointer data)
{
  g_variant_unref (gdbus_peer_call (data, "Null", NULL));
}

static void
gdbus_call_echo (gpointer data)
{
  GDBusPeer *self = data;
  g_autoptr (GVariant) reply = gdbus_peer_call (self, "Echo",
                                                g_variant_new ("(@ay)", self->bytes));
  g_autoptr (GVariant) bytes = g_variant_get_child_value (reply, 0);

  process_check_bytes (g_variant_get_data (bytes), g_variant_get_size (bytes));
}

void
process_gdbus_latency (BenchRun *run)
{
  GDBusPeer peer;

  gdbus_peer_init (&peer);
  process_measure_latency (run, gdbus_call_null, &peer);
  gdbus_peer_clear (&peer);
}

void
process_gdbus_bytes (BenchRun *run)
{
  guint8 *data = g_malloc (PROCESS_BYTES);
  GDBusPeer peer;

  gdbus_peer_init (&peer);
  memset (data, 1, PROCESS_BYTES);
  peer.bytes = g_variant_new_from_data (G_VARIANT_TYPE_BYTESTRING, data, PROCESS_BYTES, TRUE,
                                        g_free, data);
  g_variant_ref_sink (peer.bytes);
  process_measure_bytes (run, gdbus_call_echo, &peer);
  gdbus_peer_clear (&peer);
}

static void
gdbus_call_async (GDBusPeer          *self,
                  GAsyncReadyCallback callback,
                  gpointer            data)
{
  g_dbus_connection_call (self->connection, NULL, DBUS_PATH, DBUS_NAME, "Null", NULL, NULL,
                          G_DBUS_CALL_FLAGS_NONE, G_MAXINT, NULL, callback, data);
}

static void
gdbus_finish (GObject      *source,
              GAsyncResult *result)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply =
    g_dbus_connection_call_finish (G_DBUS_CONNECTION (source), result, &error);

  if (reply == NULL)
    g_error ("%s", error->message);
}

static void
gdbus_answer_cb (GObject      *source,
                 GAsyncResult *result,
                 gpointer      data G_GNUC_UNUSED)
{
  gdbus_finish (source, result);
  process_loop_answered ();
}

static void
gdbus_send_null (gpointer data)
{
  gdbus_call_async (data, gdbus_answer_cb, NULL);
}

void
process_gdbus_loop (BenchRun *run)
{
  GDBusPeer peer;

  gdbus_peer_init (&peer);
  process_measure_loop (run, gdbus_send_null, &peer);
  gdbus_peer_clear (&peer);
}

static void
gdbus_count_cb (GObject      *source,
                GAsyncResult *result,
                gpointer      data)
{
  guint64 *n_left = data;

  gdbus_finish (source, result);
  --*n_left;
}

/* It is so slow that a tenth of the calls will do. */
void
process_gdbus_throughput (BenchRun *run)
{
  GDBusPeer peers[BENCH_WORKERS];
  guint64 n = run->n / 10;
  guint64 n_left = n;
  gint64 begin;

  for (int i = 0; i < BENCH_WORKERS; i++)
    {
      gdbus_peer_init (&peers[i]);
      gdbus_call_null (&peers[i]);
    }

  begin = bench_now_ns ();
  for (guint64 i = 0; i < n; i++)
    gdbus_call_async (&peers[i % BENCH_WORKERS], gdbus_count_cb, &n_left);
  while (n_left > 0)
    g_main_context_iteration (NULL, TRUE);
  run->values[0] = n / bench_seconds_since (begin) / 1e3;

  for (int i = 0; i < BENCH_WORKERS; i++)
    gdbus_peer_clear (&peers[i]);
}

/* Python: process-peer.py measures, and tells the values. */

static void
run_python (BenchRun   *run,
            const char *measure)
{
  g_autofree char *count = g_strdup_printf ("%" G_GUINT64_FORMAT, run->n);
  g_autofree char *workers = g_strdup_printf ("%d", BENCH_WORKERS);
  g_autofree char *output = NULL;
  g_autoptr (GError) error = NULL;
  const char *argv[] = { PYTHON, BENCH_PYTHON_PEER, measure, count, workers, NULL };
  char *rest;
  int status;

  if (!g_file_test (PYTHON, G_FILE_TEST_IS_EXECUTABLE) ||
      !g_file_test (BENCH_PYTHON_PEER, G_FILE_TEST_EXISTS))
    {
      run->skipped = "left out: there is no " PYTHON " or no " BENCH_PYTHON_PEER;
      return;
    }

  if (!g_spawn_sync (NULL, (char **) argv, NULL, G_SPAWN_DEFAULT, NULL, NULL,
                     &output, NULL, &status, &error) ||
      !g_spawn_check_wait_status (status, &error))
    g_error ("%s", error->message);

  rest = output;
  for (int m = 0; m < BENCH_MAX_METRICS; m++)
    run->values[m] = g_ascii_strtod (rest, &rest);
}

void
process_python_latency (BenchRun *run)
{
  run_python (run, "latency");
}

void
process_python_throughput (BenchRun *run)
{
  run_python (run, "throughput");
}

void
process_python_map (BenchRun *run)
{
  run_python (run, "map");
}

void
process_python_bytes (BenchRun *run)
{
  run_python (run, "bytes");
}

void
process_python_start (BenchRun *run)
{
  run_python (run, "start");
}

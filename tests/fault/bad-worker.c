/* bad-worker.c - a worker that speaks the wire format by hand, with mistakes
 *
 * Usage: bad-worker HELLO [SEED]
 * HELLO is how it says that: "ok", "marks" (and does not use them), "scribbles"
 * (there, at random), "other-order" (of bytes), or a mistake. Then it makes one
 * mistake for each request: the function that is called is the mistake, and
 * "good" is none.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "bad-frames.h"

static void G_GNUC_NORETURN
hang (void)
{
  for (;;)
    pause ();
}

/* Mistakes in the head: what is written over it */

static const struct
{
  const char *name;
  guint offset;
  guint width;
  guint64 value;
} patches[] = {
  { "magic", 0, 1, 'X' },
  { "version", 4, 1, 2 },
  { "type", 5, 1, 99 },
  { "type-zero", 5, 1, 0 },
  { "flags", 6, 1, 128 },
  { "order", 7, 1, '?' },
  { "id", 8, 8, 123456789 },
  { "name-length", 20, 4, 0xffffffff },
  { "name-length-4097", 20, 4, 4097 },
  { "type-length", 24, 4, 0xffffffff },
  { "type-length-4097", 24, 4, 4097 },
  { "table-length", 28, 4, 0xfffffff8 },
  { "table-length-odd", 28, 4, 12 },
  { "payload-length", 32, 8, (guint64) 1 << 60 },
  { "payload-length-most", 32, 8, G_MAXUINT64 },
  { "payload-length-wraps", 32, 8, G_MAXUINT64 - 48 },
  { "payload-length-3-gib", 32, 8, (guint64) 3 << 30 },
};

static gboolean
send_patched (Frame      *frame,
              const char *mistake)
{
  for (guint i = 0; i < G_N_ELEMENTS (patches); i++)
    if (g_str_equal (patches[i].name, mistake))
      {
        GByteArray *bytes = frame_serialize (frame);
        GByteArray *patch = g_byte_array_new ();

        put (patch, patches[i].value, patches[i].width);
        memcpy (bytes->data + patches[i].offset, patch->data, patch->len);
        send_bytes (bytes->data, bytes->len, NULL, 0);
        return TRUE;
      }
  return FALSE;
}

/* Payloads that are none: a type, and bytes */

static const struct
{
  const char *name;
  const char *type;
  const char *data;
  gsize size;
} payloads[] = {
  { "normal-string", "s", "abc", 3 },
  { "normal-utf8", "s", "\xff\xfe\0", 3 },
  { "normal-boolean", "b", "\2", 1 },
  { "normal-array", "as", "abc\0\xff", 5 },
  { "normal-tuple", "(si)", "a\0", 2 },
  { "normal-variant", "v", "abc", 3 },
  { "normal-dictionary", "a{sv}", "abcdefgh\x09\1\2\3", 12 },
  { "normal-integer", "i", "abc", 3 },
  { "normal-empty", "i", "", 0 },
  { "type-unknown", "zz", "abcd", 4 },
  { "type-key", "a{vs}", "", 0 },
  { "type-open", "(", "abcd", 4 },
  { "type-two", "ii", "\0\0\0\0\0\0\0\0", 8 },
  { "type-any", "*", "abcd", 4 },
  { "type-any-array", "a*", "abcd", 4 },
  { "type-tuple", "r", "abcd", 4 },
  { "type-zeros", "\0\0", "abcd", 4 },
  { "type-handle", "h", "\0\0\0\0", 4 },
};

static gboolean
send_payload (Frame      *frame,
              const char *mistake)
{
  for (guint i = 0; i < G_N_ELEMENTS (payloads); i++)
    if (g_str_equal (payloads[i].name, mistake))
      {
        frame->payload = NULL;
        frame->type_string = payloads[i].type;
        frame->data = g_bytes_new_static (payloads[i].data, payloads[i].size);
        frame_send (frame);
        return TRUE;
      }
  return FALSE;
}

/* Parts */

static int
memfd (guint size,
       int   seals)
{
  int fd = memfd_create ("bad", MFD_CLOEXEC | MFD_ALLOW_SEALING);

  if (fd < 0 || ftruncate (fd, size) < 0 || fcntl (fd, F_ADD_SEALS, seals) < 0)
    _exit (71);
  return fd;
}

#define ALL_SEALS (F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL)

static gboolean
send_parts (Frame      *frame,
            const char *mistake)
{
  gboolean descriptor = g_str_has_prefix (mistake, "fd-");

  frame->payload = g_variant_new_parsed ("('x', @ay [])");
  if (descriptor)
    {
      frame->n_fds = 1;
      frame->fds[0] = memfd (4096, ALL_SEALS);
    }

  if (g_str_equal (mistake, "part-good"))
    {
      frame_add_part (frame, 5, 0, FALSE, 1, "1");
      frame_add_bytes (frame, 5);
    }
  else if (g_str_equal (mistake, "part-length"))
    frame_add_part (frame, (guint64) 1 << 60, 0, FALSE, 1, "1");
  else if (g_str_equal (mistake, "part-length-most"))
    frame_add_part (frame, G_MAXUINT64, 0, FALSE, 1, "1");
  else if (g_str_equal (mistake, "part-path-absurd"))
    frame_add_part (frame, 0, 0, FALSE, 1 << 30, "1");
  else if (g_str_equal (mistake, "part-path-wraps"))
    frame_add_part (frame, 0, 0, FALSE, 0x40000000, "1");
  else if (g_str_equal (mistake, "part-path-long"))
    frame_add_part (frame, 0, 0, FALSE, 3, "1");
  else if (g_str_equal (mistake, "part-path-outside"))
    frame_add_part (frame, 0, 0, FALSE, 1, "5");
  else if (g_str_equal (mistake, "part-path-deep"))
    frame_add_part (frame, 0, 0, FALSE, 3, "100");
  else if (g_str_equal (mistake, "part-path-to-a-string"))
    frame_add_part (frame, 0, 0, FALSE, 1, "0");
  else if (g_str_equal (mistake, "part-path-to-a-tuple"))
    frame_add_part (frame, 0, 0, FALSE, 0, "");
  else if (g_str_equal (mistake, "part-flags"))
    frame_add_part (frame, 0, 0, 2, 1, "1");
  else if (g_str_equal (mistake, "part-twice"))
    {
      frame_add_part (frame, 8, 0, FALSE, 1, "1");
      frame_add_part (frame, 8, 0, FALSE, 1, "1");
      frame_add_bytes (frame, 16);
    }
  else if (g_str_equal (mistake, "part-order"))
    {
      frame->payload = g_variant_new_parsed ("(@ay [], @ay [])");
      frame_add_part (frame, 8, 0, FALSE, 1, "1");
      frame_add_part (frame, 8, 0, FALSE, 1, "0");
      frame_add_bytes (frame, 16);
    }
  else if (g_str_equal (mistake, "part-odd"))
    {
      frame->payload = g_variant_new_parsed ("('x', @ai [])");
      frame_add_part (frame, 5, 0, FALSE, 1, "1");
      frame_add_bytes (frame, 5);
    }
  else if (g_str_equal (mistake, "part-of-strings"))
    {
      frame->payload = g_variant_new_parsed ("('x', @as [])");
      frame_add_part (frame, 5, 0, FALSE, 1, "1");
      frame_add_bytes (frame, 5);
    }
  else if (g_str_equal (mistake, "part-filled"))
    {
      frame->payload = g_variant_new_parsed ("('x', [byte 1, 2])");
      frame_add_part (frame, 8, 0, FALSE, 1, "1");
      frame_add_bytes (frame, 8);
    }
  else if (g_str_equal (mistake, "part-without-payload"))
    {
      frame->payload = NULL;
      frame_add_part (frame, 8, 0, FALSE, 0, "");
      frame_add_bytes (frame, 8);
    }
  else if (g_str_equal (mistake, "part-sum"))
    {
      frame->payload = g_variant_new_parsed ("(@ay [], @ay [], @ay [])");
      frame_add_part (frame, (guint64) 3 << 62, 0, FALSE, 1, "0");
      frame_add_part (frame, (guint64) 1 << 62, 0, FALSE, 1, "1");
      frame_add_part (frame, 8, 0, FALSE, 1, "2");
      frame_add_bytes (frame, 8);
    }
  else if (g_str_equal (mistake, "fd-good"))
    frame_add_part (frame, 4096, 0, TRUE, 1, "1");
  else if (g_str_equal (mistake, "fd-none"))
    {
      frame_add_part (frame, 4096, 0, TRUE, 1, "1");
      frame->n_fds = 0;
    }
  else if (g_str_equal (mistake, "fd-short"))
    frame_add_part (frame, 4097, 0, TRUE, 1, "1");
  else if (g_str_equal (mistake, "fd-huge"))
    frame_add_part (frame, (guint64) 1 << 60, 0, TRUE, 1, "1");
  else if (g_str_equal (mistake, "fd-offset"))
    frame_add_part (frame, 4096, 1, TRUE, 1, "1");
  else if (g_str_equal (mistake, "fd-offset-4-gib"))
    frame_add_part (frame, 4096, (guint64) 4 << 30, TRUE, 1, "1");
  else if (g_str_equal (mistake, "fd-offset-wraps"))
    frame_add_part (frame, 4096, G_MAXUINT64 - 4095, TRUE, 1, "1");
  else if (g_str_equal (mistake, "fd-unsealed"))
    {
      frame->fds[0] = memfd (4096, F_SEAL_SEAL);
      frame_add_part (frame, 4096, 0, TRUE, 1, "1");
    }
  else if (g_str_equal (mistake, "fd-writable"))
    {
      frame->fds[0] = memfd (4096, F_SEAL_SHRINK | F_SEAL_GROW);
      frame_add_part (frame, 4096, 0, TRUE, 1, "1");
    }
  else if (g_str_equal (mistake, "fd-shrinkable"))
    {
      frame->fds[0] = memfd (4096, F_SEAL_WRITE);
      frame_add_part (frame, 4096, 0, TRUE, 1, "1");
    }
  else if (g_str_equal (mistake, "fd-device"))
    {
      frame->fds[0] = open ("/dev/zero", O_RDWR);
      frame_add_part (frame, 4096, 0, TRUE, 1, "1");
    }
  else if (g_str_equal (mistake, "fd-socket"))
    {
      frame->fds[0] = out_fd;
      frame_add_part (frame, 4096, 0, TRUE, 1, "1");
    }
  else if (g_str_equal (mistake, "fd-unasked"))
    {
      for (frame->n_fds = 1; frame->n_fds < 100; frame->n_fds++)
        frame->fds[frame->n_fds] = frame->fds[0];
    }
  else if (g_str_equal (mistake, "fd-most"))
    {
      for (frame->n_fds = 1; frame->n_fds < 253; frame->n_fds++)
        frame->fds[frame->n_fds] = frame->fds[0];
      frame_add_part (frame, 4096, 0, TRUE, 1, "1");
    }
  else
    return FALSE;
  frame_send (frame);
  return TRUE;
}

/* Frames that are no answer */

static gboolean
send_others (Frame      *frame,
             const char *mistake)
{
  GByteArray *bytes = frame_serialize (frame);
  Frame second = *frame;

  if (g_str_equal (mistake, "good"))
    frame_send (frame);
  else if (g_str_equal (mistake, "good-nothing"))
    {
      frame->payload = NULL;
      frame_send (frame);
    }
  else if (g_str_equal (mistake, "good-byte-by-byte"))
    for (guint i = 0; i < bytes->len; i++)
      send_bytes (bytes->data + i, 1, NULL, 0);
  else if (g_str_has_prefix (mistake, "good-numbers"))
    {
      static const gint32 numbers[] = { 1, -2, 1000000 };
      gboolean in_a_part = strlen (mistake) > strlen ("good-numbers");

      frame->payload = g_variant_new_parsed ("('text', uint32 305419896, int64 -2, 1.5, %@ai, <true>, <uint16 258>)",
                                             g_variant_new_fixed_array (G_VARIANT_TYPE_INT32, numbers,
                                                                        in_a_part ? 0 : 3, sizeof (gint32)));
      if (in_a_part)
        {
          frame_add_part (frame, sizeof numbers, 0, 0, 1, "4");
          for (guint i = 0; i < G_N_ELEMENTS (numbers); i++)
            put (frame->parts, numbers[i], 4);
          pad (frame->parts);
        }
      frame_send (frame);
    }
  else if (g_str_equal (mistake, "name-utf8"))
    {
      frame->name = "\xff";
      frame_send (frame);
    }
  else if (g_str_equal (mistake, "twice"))
    {
      frame_send (frame);
      frame_send (&second);
    }
  else if (g_str_equal (mistake, "error-payload"))
    {
      frame->type = ERROR;
      frame_send (frame);
    }
  else if (g_str_equal (mistake, "error-nothing"))
    {
      frame->type = ERROR;
      frame->payload = NULL;
      frame_send (frame);
    }
  else if (g_str_equal (mistake, "error-good") || g_str_equal (mistake, "error-domain"))
    {
      frame->type = ERROR;
      frame->payload = g_variant_new ("(sismsmay)", mistake[6] == 'g' ? "g-io-error-quark" : "", 5, "in order", NULL, NULL);
      frame_send (frame);
    }
  else if (g_str_equal (mistake, "progress-payload"))
    {
      second.type = PROGRESS;
      frame_send (&second);
    }
  else if (g_str_equal (mistake, "progress-wild"))
    {
      static const double fractions[] = { -5, 1e300, 0.0 / 0.0, 1.0 / 0.0 };

      for (guint i = 0; i < G_N_ELEMENTS (fractions); i++)
        {
          second.type = PROGRESS;
          second.payload = g_variant_new ("(dms)", fractions[i], "wild");
          frame_send (&second);
        }
      frame_send (frame);
    }
  else if (g_str_equal (mistake, "progress-flood"))
    {
      char *text = g_strnfill (2000, 'p');

      second.type = PROGRESS;
      second.payload = g_variant_new ("(dms)", 0.5, text);
      bytes = frame_serialize (&second);
      for (guint i = 0; i < 20000; i++)
        send_bytes (bytes->data, bytes->len, NULL, 0);
      frame_send (frame);
    }
  else if (g_str_has_prefix (mistake, "says-"))
    {
      second.type = atoi (mistake + 5);
      second.payload = NULL;
      second.name = second.type == REQUEST ? "x" : NULL;
      frame_send (&second);
    }
  else if (g_str_equal (mistake, "garbage"))
    {
      for (guint i = 0; i < 1000; i++)
        send_bytes ((const guint8 *) "garbage ", 8, NULL, 0);
    }
  else if (g_str_equal (mistake, "garbage-after"))
    {
      frame_send (frame);
      send_bytes ((const guint8 *) "garbage garbage garbage garbage garbage garbage garbage garbage", 60, NULL, 0);
    }
  else if (g_str_equal (mistake, "half") || g_str_equal (mistake, "half-then-exit"))
    {
      send_bytes (bytes->data, bytes->len - 8, NULL, 0);
      if (mistake[4] == '-')
        _exit (0);
      hang ();
    }
  else if (g_str_equal (mistake, "half-a-head"))
    {
      send_bytes (bytes->data, 20, NULL, 0);
      hang ();
    }
  else if (g_str_equal (mistake, "half-of-1-gib"))
    {
      *(guint64 *) (gpointer) (bytes->data + 32) = (guint64) 1 << 30;
      send_bytes (bytes->data, bytes->len, NULL, 0);
      hang ();
    }
  else if (g_str_equal (mistake, "close"))
    {
      signal (SIGTERM, SIG_IGN);
      close (in_fd);
      close (out_fd);
      hang ();
    }
  else if (g_str_equal (mistake, "shut"))
    {
      signal (SIGTERM, SIG_IGN);
      shutdown (out_fd, SHUT_WR);
      hang ();
    }
  else if (g_str_equal (mistake, "exit"))
    _exit (3);
  else if (g_str_equal (mistake, "hang"))
    hang ();
  else
    return FALSE;
  return TRUE;
}

/* Random mutations of good frames, the same for the same seed */

static void
fuzz (Frame      *frame,
      guint32     seed,
      const char *kind)
{
  static const guint64 interesting[] = { 0, 1, 7, 8, 0x7f, 0xff, 0x7fff, 0xffff, 0x7fffffff, 0x80000000, 0xffffffff,
                                         (guint64) 1 << 40, G_MAXINT64, (guint64) 1 << 63, G_MAXUINT64, G_MAXUINT64 - 7 };
  GRand *random = g_rand_new_with_seed (seed);
  GByteArray *bytes;
  guint n_mutations;

  switch (frame->type == HELLO ? 9 : g_rand_int_range (random, 0, 9))
    {
    case 0:
      frame->payload = g_variant_new_parsed ("{'a': <1>, 'b': <('x', [1, 2, 3])>, 'c': <{'d': <'e'>}>}");
      break;
    case 1:
      frame->type = ERROR;
      frame->payload = g_variant_new ("(sismsm@ay)", "g-io-error-quark", 5, "message", "traceback",
                                      g_variant_new_bytestring ("details"));
      break;
    case 2:
      frame->type = PROGRESS;
      frame->payload = g_variant_new ("(dms)", 0.5, "status");
      break;
    case 3:
    case 4:
      frame->payload = g_variant_new_parsed ("('x', @ay [], {'k': <@ai []>})");
      frame_add_part (frame, 40, 0, FALSE, 1, "1");
      frame_add_part (frame, 8, 0, FALSE, 4, "2010");
      frame_add_bytes (frame, 40);
      frame_add_bytes (frame, 8);
      break;
    case 5:
    case 6:
      frame->payload = g_variant_new_parsed ("('x', @ay [], @ay [])");
      frame_add_part (frame, 4000, 0, TRUE, 1, "1");
      frame_add_part (frame, 100, 4096, TRUE, 1, "2");
      frame->fds[0] = memfd (4096, ALL_SEALS);
      frame->fds[1] = memfd (8192, ALL_SEALS);
      frame->n_fds = 2;
      break;
    case 7:
      frame->payload = g_variant_new_parsed ("[('a', 1.5, [@ms 'b', nothing]), ('', 2.5, [])]");
      break;
    default:
      break;
    }

  bytes = frame_serialize (frame);
  n_mutations = g_rand_int_range (random, 1, 5);
  for (guint i = 0; i < n_mutations && bytes->len > 0; i++)
    {
      /* most often in the head and what follows it */
      guint reach = g_rand_boolean (random) ? MIN (bytes->len, 96) : bytes->len;
      guint at = g_rand_int_range (random, 0, reach);

      switch (g_rand_int_range (random, 0, 8))
        {
        case 0:
        case 1:
          bytes->data[at] ^= 1 << g_rand_int_range (random, 0, 8);
          break;
        case 2:
          bytes->data[at] = g_rand_int (random);
          break;
        case 3:
        case 4:
        case 5:
          {
            guint width = g_rand_boolean (random) ? 4 : 8;
            guint64 value = interesting[g_rand_int_range (random, 0, G_N_ELEMENTS (interesting))];

            at -= at % width;
            if (at + width <= bytes->len)
              memcpy (bytes->data + at, &value, width);
            break;
          }
        case 6:
          g_byte_array_set_size (bytes, at);
          break;
        default:
          {
            g_autofree guint8 *copy = g_memdup2 (bytes->data, reach);

            g_byte_array_append (bytes, copy, reach);
          }
        }
    }
  if (bytes->len > 0)
    send_bytes (bytes->data, bytes->len, frame->fds, frame->n_fds);
  /* now and then it stays for more */
  if (!g_str_equal (kind, "stay") && g_rand_int_range (random, 0, 32) != 0)
    _exit (0);
}

/* Random values where the marks are, most of them near what could be there. */
static void
scribble (GRand  *random,
          guint64 id)
{
  static guint64 *marks;

  if (marks == NULL)
    {
      marks = mmap (NULL, 64 * sizeof *marks, PROT_READ | PROT_WRITE, MAP_SHARED, came_fd, 0);
      if (marks == MAP_FAILED)
        _exit (75);
    }
  /* at times it is honest */
  if (g_rand_boolean (random))
    marks[id % 64] = id << 2 | 1;
  else
    for (guint i = 0; i < 64; i++)
      switch (g_rand_int_range (random, 0, 4))
        {
        case 0:
          marks[i] = (guint64) g_rand_int (random) << 32 | g_rand_int (random);
          break;
        case 1:
          break;
        default:
          marks[i] = ((id - id % 64 + i) << 2) + g_rand_int_range (random, 0, 4);
        }
}

static void
say_hello (const char *mistake,
           guint32     seed)
{
  static const char *const none[] = { NULL };
  static const char *const all[] = { "descriptors", "marks", NULL };
  gboolean marks = g_str_equal (mistake, "marks") || g_str_equal (mistake, "scribbles");
  guint32 pid = g_str_equal (mistake, "pid") ? (guint32) getppid () : (guint32) getpid ();
  Frame hello = { .type = HELLO };
  GByteArray *bytes;

  swapped = g_str_equal (mistake, "other-order");
  hello.payload = g_variant_new_parsed ("{'pid': <%u>, 'capabilities': <%^as>}", pid, marks ? all : none);
  if (marks || swapped || g_str_equal (mistake, "ok") || g_str_equal (mistake, "pid"))
    frame_send (&hello);
  else if (send_patched (&hello, mistake) || send_payload (&hello, mistake))
    hang ();
  else if (g_str_equal (mistake, "silent"))
    hang ();
  else if (g_str_equal (mistake, "noise"))
    {
      send_bytes ((const guint8 *) "Welcome to this machine!\n", 25, NULL, 0);
      frame_send (&hello);
      hang ();
    }
  else if (g_str_equal (mistake, "half"))
    {
      bytes = frame_serialize (&hello);
      send_bytes (bytes->data, bytes->len / 2, NULL, 0);
      hang ();
    }
  else if (g_str_equal (mistake, "close"))
    {
      signal (SIGTERM, SIG_IGN);
      close (in_fd);
      close (out_fd);
      hang ();
    }
  else if (g_str_equal (mistake, "result"))
    {
      hello.type = RESULT;
      frame_send (&hello);
      hang ();
    }
  else if (g_str_equal (mistake, "string"))
    {
      hello.payload = g_variant_new_string ("hello");
      frame_send (&hello);
      hang ();
    }
  else if (g_str_equal (mistake, "flood"))
    for (;;)
      frame_send (&hello);
  else if (g_str_equal (mistake, "deaf"))
    {
      frame_send (&hello);
      hang ();
    }
  else if (g_str_equal (mistake, "fuzz"))
    fuzz (&hello, seed, "");
  else
    _exit (72);
}

int
main (int    argc,
      char **argv)
{
  struct stat info;
  char name[8192];
  guint64 id;
  guint32 payload = 0;
  GRand *random;

  if (argc < 2)
    return 73;
  random = g_rand_new_with_seed (argc > 2 ? strtoul (argv[2], NULL, 10) : 0);
  /* over stdio there is no descriptor 3 */
  if (fstat (3, &info) != 0 || !S_ISSOCK (info.st_mode))
    {
      in_fd = 0;
      out_fd = 1;
    }
  say_hello (argv[1], argc > 2 ? strtoul (argv[2], NULL, 10) : 0);
  await (HELLO, &id, name, &payload);

  for (;;)
    {
      Frame frame = { .type = RESULT };

      await (REQUEST, &frame.id, name, &payload);
      if (g_str_equal (argv[1], "scribbles"))
        scribble (random, frame.id);
      frame.payload = g_variant_ref_sink (g_variant_new_string ("good"));
      if (g_str_has_prefix (name, "fuzz"))
        fuzz (&frame, payload, name + MIN (5, strlen (name)));
      else if (!send_patched (&frame, name) && !send_payload (&frame, name) &&
               !send_others (&frame, name) && !send_parts (&frame, name))
        _exit (74);
    }
}

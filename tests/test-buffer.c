/* test-buffer.c - bytes that travel without a copy, alone and with tasks
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "test-processes.h"

#include <sys/mman.h>

/* The buffer by itself */

static GfBuffer *
buffer_new (gsize size)
{
  g_autoptr (GError) error = NULL;
  GfBuffer *buffer = gf_buffer_new (size, &error);

  g_assert_no_error (error);
  return buffer;
}

/* Sealed bytes whose content follows from @seed. */
static GBytes *
sealed_new (gsize size,
            guint seed)
{
  g_autoptr (GfBuffer) buffer = buffer_new (size);
  guint8 *data = gf_buffer_get_data (buffer, NULL);

  for (gsize i = 0; i < size; i++)
    data[i] = (guint8) (seed + i + (i >> 8) + (i >> 16));
  return gf_buffer_seal (buffer);
}

static void
test_new_is_zero (void)
{
  g_autoptr (GfBuffer) buffer = buffer_new (10000);
  gsize size;
  guint8 *data = gf_buffer_get_data (buffer, &size);

  g_assert_cmpuint (size, ==, 10000);
  for (gsize i = 0; i < size; i++)
    g_assert_cmpuint (data[i], ==, 0);
}

static void
test_seal_keeps_what_was_filled (void)
{
  g_autoptr (GfBuffer) buffer = buffer_new (10000);
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (GBytes) again = NULL;
  gsize size;

  memset (gf_buffer_get_data (buffer, NULL), 'x', 10000);
  bytes = gf_buffer_seal (buffer);
  g_assert_cmpuint (g_bytes_get_size (bytes), ==, 10000);
  for (gsize i = 0; i < 10000; i++)
    g_assert_cmpint (((const char *) g_bytes_get_data (bytes, NULL))[i], ==, 'x');
  g_assert_null (gf_buffer_get_data (buffer, &size));
  g_assert_cmpuint (size, ==, 0);

  again = gf_buffer_seal (buffer);
  g_assert_true (again == bytes);
}

static void
test_sealed_bytes_outlive_the_buffer (void)
{
  guint n_before = test_n_descriptors ();
  GBytes *bytes = sealed_new (100000, 3);

  g_assert_cmpuint (((const guint8 *) g_bytes_get_data (bytes, NULL))[1], ==, 4);
  g_assert_cmpuint (test_n_descriptors (), ==, n_before + 1);
  g_bytes_unref (bytes);
  g_assert_cmpuint (test_n_descriptors (), ==, n_before);
}

static void
test_an_unsealed_buffer_leaves_nothing (void)
{
  guint n_before = test_n_descriptors ();
  GfBuffer *buffer = buffer_new (100000);
  GfBuffer *copy = g_boxed_copy (GF_TYPE_BUFFER, buffer);

  g_assert_true (copy == buffer);
  gf_buffer_unref (buffer);
  memset (gf_buffer_get_data (copy, NULL), 1, 100000);
  g_boxed_free (GF_TYPE_BUFFER, copy);
  g_assert_cmpuint (test_n_descriptors (), ==, n_before);
}

static void
test_size_zero (void)
{
  g_autoptr (GfBuffer) buffer = buffer_new (0);
  g_autoptr (GBytes) bytes = NULL;
  gsize size = 1;

  gf_buffer_get_data (buffer, &size);
  g_assert_cmpuint (size, ==, 0);
  bytes = gf_buffer_seal (buffer);
  g_assert_cmpuint (g_bytes_get_size (bytes), ==, 0);
}

static void
test_a_size_that_cannot_be (void)
{
  static const gsize sizes[] = {
    G_MAXSIZE,
    (gsize) G_MAXSSIZE + 1,
#if GLIB_SIZEOF_SIZE_T > 4
    /* With 32 bits there may be an address space that has room for these. */
    G_MAXSSIZE,
    (gsize) 1 << 60,
#endif
  };

  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++)
    {
      guint n_before = test_n_descriptors ();
      g_autoptr (GError) error = NULL;

      g_assert_null (gf_buffer_new (sizes[i], &error));
      g_assert_true (error != NULL && error->domain == G_IO_ERROR);
      g_assert_cmpuint (test_n_descriptors (), ==, n_before);
    }
}

/* The descriptor */

static void
test_fill_through_the_descriptor (void)
{
  g_autoptr (GfBuffer) buffer = buffer_new (5);
  g_autoptr (GBytes) bytes = NULL;
  int fd = gf_buffer_dup_fd (buffer);

  g_assert_cmpint (fd, >=, 0);
  g_assert_cmpint (fcntl (fd, F_GETFD), ==, FD_CLOEXEC);
  g_assert_cmpint (write (fd, "abcde", 5), ==, 5);
  bytes = gf_buffer_seal (buffer);
  g_assert_cmpmem (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes), "abcde", 5);
  close (fd);
}

/* Neither by writing, nor mapping, nor changing its size. */
static void
assert_unchangeable (int fd)
{
  g_assert_cmpint (pwrite (fd, "X", 1, 0), ==, -1);
  g_assert_true (mmap (NULL, 1, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0) == MAP_FAILED);
  g_assert_cmpint (ftruncate (fd, 0), ==, -1);
  g_assert_cmpint (ftruncate (fd, 1 << 20), ==, -1);
}

static void
test_nobody_changes_sealed_bytes (void)
{
  g_autoptr (GfBuffer) buffer = buffer_new (5);
  g_autoptr (GBytes) bytes = NULL;
  int fd = gf_buffer_dup_fd (buffer), late_fd;

  memcpy (gf_buffer_get_data (buffer, NULL), "abcde", 5);
  bytes = gf_buffer_seal (buffer);
  late_fd = gf_buffer_dup_fd (buffer);
  assert_unchangeable (fd);
  assert_unchangeable (late_fd);
  g_assert_cmpmem (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes), "abcde", 5);
  close (fd);
  close (late_fd);
}

/* The kernel does not seal what can still be written to. */
static void
test_seal_under_a_writable_mapping (void)
{
  g_autoptr (GfBuffer) buffer = buffer_new (5000);
  g_autoptr (GBytes) bytes = NULL;
  int fd = gf_buffer_dup_fd (buffer);
  char *mapping = mmap (NULL, 5000, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

  g_assert_true (mapping != MAP_FAILED);
  memset (mapping, 'a', 5000);
  bytes = gf_buffer_seal (buffer);
  memset (mapping, 'b', 5000);
  g_assert_cmpuint (g_bytes_get_size (bytes), ==, 5000);
  for (guint i = 0; i < 5000; i++)
    g_assert_cmpint (((const char *) g_bytes_get_data (bytes, NULL))[i], ==, 'a');
  g_assert_null (gf_buffer_get_data (buffer, NULL));
  munmap (mapping, 5000);
  close (fd);
}

static void
test_new_from_a_descriptor (void)
{
  int fd = memfd_create ("test", MFD_CLOEXEC | MFD_ALLOW_SEALING);
  g_autoptr (GError) error = NULL;
  g_autoptr (GfBuffer) buffer = NULL;
  g_autoptr (GBytes) bytes = NULL;
  gsize size;

  g_assert_cmpint (write (fd, "abcdefgh", 8), ==, 8);
  buffer = gf_buffer_new_from_fd (fd, 6, &error);
  g_assert_no_error (error);
  g_assert_cmpmem (gf_buffer_get_data (buffer, &size), size, "abcdef", 6);
  /* it is duplicated */
  g_assert_cmpint (pwrite (fd, "ABC", 3, 0), ==, 3);
  close (fd);
  bytes = gf_buffer_seal (buffer);
  g_assert_cmpmem (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes), "ABCdef", 6);
}

static void
test_new_from_a_sealed_descriptor (void)
{
  g_autoptr (GfBuffer) first = buffer_new (3);
  g_autoptr (GfBuffer) second = NULL;
  g_autoptr (GBytes) first_bytes = NULL;
  g_autoptr (GBytes) second_bytes = NULL;
  g_autoptr (GError) error = NULL;
  int fd = gf_buffer_dup_fd (first);

  memcpy (gf_buffer_get_data (first, NULL), "abc", 3);
  first_bytes = gf_buffer_seal (first);
  second = gf_buffer_new_from_fd (fd, 3, &error);
  g_assert_no_error (error);
  g_assert_null (gf_buffer_get_data (second, NULL));
  second_bytes = gf_buffer_seal (second);
  g_assert_true (g_bytes_equal (first_bytes, second_bytes));
  close (fd);
}

static void
test_new_from_a_descriptor_that_is_none (void)
{
  guint n_before = test_n_descriptors ();
  int fds[4];

  fds[0] = -1;
  fds[1] = 12345;
  fds[2] = open ("/dev/null", O_RDWR | O_CLOEXEC);
  fds[3] = memfd_create ("short", MFD_CLOEXEC | MFD_ALLOW_SEALING);
  g_assert_no_errno (ftruncate (fds[3], 9));
  for (guint i = 0; i < G_N_ELEMENTS (fds); i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_null (gf_buffer_new_from_fd (fds[i], 10, &error));
      g_assert_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT);
    }
  close (fds[2]);
  close (fds[3]);
  g_assert_cmpuint (test_n_descriptors (), ==, n_before);
}

/* Of bytes */

static void
assert_mapped_equals (GfBuffer *buffer,
                      GBytes   *bytes)
{
  gsize size = g_bytes_get_size (bytes);
  int fd = gf_buffer_dup_fd (buffer);
  gpointer mapping = mmap (NULL, size, PROT_READ, MAP_SHARED, fd, 0);

  g_assert_true (mapping != MAP_FAILED);
  g_assert_cmpmem (mapping, size, g_bytes_get_data (bytes, NULL), size);
  munmap (mapping, size);
  close (fd);
}

static void
test_new_for_sealed_bytes (void)
{
  guint n_before = test_n_descriptors ();
  GBytes *bytes = sealed_new (100000, 3);
  GBytes *part = g_bytes_new_from_bytes (bytes, 0, 5000);
  GBytes *copy = g_bytes_new (g_bytes_get_data (bytes, NULL), 100000);
  GfBuffer *buffer = gf_buffer_new_for_bytes (bytes);
  GfBuffer *other = gf_buffer_new_for_bytes (part);
  GBytes *sealed;
  gsize size = 1;

  assert_mapped_equals (buffer, bytes);
  assert_mapped_equals (other, part);
  g_assert_null (gf_buffer_get_data (buffer, &size));
  g_assert_cmpuint (size, ==, 0);
  sealed = gf_buffer_seal (buffer);
  g_assert_true (sealed == bytes);
  g_bytes_unref (sealed);
  sealed = gf_buffer_seal (other);
  g_assert_true (sealed == part);
  g_bytes_unref (sealed);

  /* it keeps them, and has a descriptor of its own */
  g_bytes_unref (bytes);
  g_bytes_unref (part);
  gf_buffer_unref (other);
  g_assert_cmpuint (test_n_descriptors (), ==, n_before + 2);
  assert_mapped_equals (buffer, copy);
  gf_buffer_unref (buffer);
  g_assert_cmpuint (test_n_descriptors (), ==, n_before);
  g_bytes_unref (copy);
}

static void
test_new_for_bytes_elsewhere (void)
{
  guint n_before = test_n_descriptors ();
  GBytes *sealed = sealed_new (100000, 3);
  GBytes *empty_sealed = sealed_new (0, 0);
  GBytes *bytes[] = {
    g_bytes_new (g_bytes_get_data (sealed, NULL), 100000),
    g_bytes_new_static ("", 0),
    g_bytes_new_from_bytes (sealed, 1, 100),
    g_bytes_new_from_bytes (sealed, 4096, 100),
    g_bytes_new_from_bytes (sealed, 0, 0),
    g_bytes_new_static (g_bytes_get_data (sealed, NULL), 100001),
    empty_sealed,
    sealed,
  };

  for (guint i = 0; i < G_N_ELEMENTS (bytes); i++)
    {
      g_autoptr (GfBuffer) buffer = gf_buffer_new_for_bytes (bytes[i]);

      g_assert_cmpint (buffer != NULL, ==, bytes[i] == sealed);
    }
  for (guint i = 0; i < G_N_ELEMENTS (bytes); i++)
    g_bytes_unref (bytes[i]);
  g_assert_cmpuint (test_n_descriptors (), ==, n_before);
}

/* With tasks */

static GVariant *
bytes_variant (GBytes *bytes)
{
  return g_variant_new_from_bytes (G_VARIANT_TYPE_BYTESTRING, bytes, TRUE);
}

/* A sealed buffer, or ordinary memory. */
static GBytes *
make_bytes (gsize    size,
            guint    seed,
            gboolean sealed)
{
  GBytes *bytes = sealed_new (size, seed);
  GBytes *copy;

  if (sealed)
    return bytes;
  copy = g_bytes_new (g_bytes_get_data (bytes, NULL), size);
  g_bytes_unref (bytes);
  return copy;
}

static void
assert_echoed (GfExecutor *pool,
               GVariant   *value)
{
  g_autoptr (GVariant) kept = g_variant_ref_sink (value);
  g_autoptr (GfFuture) future = gf_executor_call (pool, "test.echo", value);
  GVariant *result = test_result (future);

  g_assert_cmpstr (g_variant_get_type_string (result), ==, g_variant_get_type_string (kept));
  g_assert_true (g_variant_equal (result, kept));
}

static void
test_bytes_come_back (TestPool     *self,
                      gconstpointer data)
{
  static const gsize sizes[] = { 0, 1, 7, 4095, 4096, 4097, 65536, 200001, 5 * MIB };

  for (guint i = 0; i < 2 * G_N_ELEMENTS (sizes); i++)
    {
      gsize size = sizes[i / 2];
      g_autoptr (GBytes) bytes = make_bytes (size, i, i % 2 == 0);
      g_autoptr (GBytes) other = make_bytes (size, i + 1, i % 4 < 2);

      assert_echoed (self->pool, bytes_variant (bytes));
      assert_echoed (self->pool, g_variant_new ("(s@ay)", "text", bytes_variant (bytes)));
      assert_echoed (self->pool, g_variant_new ("(@ayms@ay)", bytes_variant (bytes), NULL, bytes_variant (other)));
      assert_echoed (self->pool, g_variant_new_parsed ("{'a': <%@ay>, 'b': <(1, %@ay)>, 'c': <<<%@ay>>>}",
                                                       bytes_variant (bytes), bytes_variant (other),
                                                       bytes_variant (bytes)));
      assert_echoed (self->pool, g_variant_new ("(mvm@ay)", bytes_variant (bytes), bytes_variant (other)));
    }
}

static void
test_a_part_of_sealed_bytes (TestPool     *self,
                             gconstpointer data)
{
  g_autoptr (GBytes) bytes = sealed_new (MIB, 5);
  static const gsize offsets[] = { 0, 1, 4096, 5000, MIB - 1 };

  for (guint i = 0; i < G_N_ELEMENTS (offsets); i++)
    {
      g_autoptr (GBytes) part = g_bytes_new_from_bytes (bytes, offsets[i], MIB - offsets[i]);

      assert_echoed (self->pool, bytes_variant (part));
    }
}

static void
test_other_numbers_than_bytes (TestPool     *self,
                               gconstpointer data)
{
  static const char *const types[] = { "ay", "an", "au", "ax", "ad" };
  g_autoptr (GBytes) sealed = sealed_new (MIB, 9);
  g_autoptr (GBytes) plain = make_bytes (MIB, 9, FALSE);

  for (guint i = 0; i < G_N_ELEMENTS (types); i++)
    {
      g_autoptr (GVariant) a = g_variant_ref_sink (g_variant_new_from_bytes (G_VARIANT_TYPE (types[i]), sealed, TRUE));
      g_autoptr (GVariant) b = g_variant_ref_sink (g_variant_new_from_bytes (G_VARIANT_TYPE (types[i]), plain, TRUE));

      assert_echoed (self->pool, g_variant_new ("(sv)", "sealed", a));
      assert_echoed (self->pool, g_variant_new ("(sv)", "plain", b));
    }
}

/* More of them than one message may have descriptors. */
static void
test_many_buffers_at_once (TestPool     *self,
                           gconstpointer data)
{
  static const guint numbers[] = { 63, 64, 65, 300 };

  for (guint i = 0; i < G_N_ELEMENTS (numbers); i++)
    {
      g_autoptr (GVariantBuilder) builder = g_variant_builder_new (G_VARIANT_TYPE ("a(uay)"));

      for (guint k = 0; k < numbers[i]; k++)
        {
          g_autoptr (GBytes) bytes = make_bytes (70000 + k, k, TRUE);

          g_variant_builder_add (builder, "(u@ay)", k, bytes_variant (bytes));
        }
      assert_echoed (self->pool, g_variant_builder_end (builder));
    }
}

static void
test_no_descriptor_is_lost (TestPool     *self,
                            gconstpointer data)
{
  guint n_before, n_in_worker = 0;

  test_assert_healthy (self->pool);
  n_before = test_n_descriptors ();
  for (guint i = 0; i < 200; i++)
    {
      g_autoptr (GBytes) bytes = make_bytes (300000, i, TRUE);
      g_autoptr (GfFuture) descriptors = NULL;

      assert_echoed (self->pool, g_variant_new ("(s@ay)", "x", bytes_variant (bytes)));
      if (i % 50 == 0)
        {
          descriptors = gf_executor_call (self->pool, "test.descriptors", NULL);
          if (i == 0)
            n_in_worker = g_variant_n_children (test_result (descriptors));
          g_assert_cmpuint (g_variant_n_children (test_result (descriptors)), <=, n_in_worker + 2);
        }
    }
  test_drain ();
  test_await_descriptors (n_before);
}

/* Whoever got sealed bytes may write to them (languages hand out writable arrays
 * over them), and nobody else sees it. */
static void
test_writing_to_received_bytes_stays_private (TestPool     *self,
                                              gconstpointer data)
{
  g_autoptr (GBytes) bytes = sealed_new (MIB, 0);
  g_autoptr (GfFuture) first = gf_executor_call (self->pool, "test.scribble", bytes_variant (bytes));
  g_autoptr (GfFuture) second = NULL;
  guint8 *data_of_first;

  data_of_first = (guint8 *) g_variant_get_data (test_result (first));
  g_assert_cmpuint (g_variant_get_size (test_result (first)), ==, MIB);
  data_of_first[0] = 0xee;
  g_assert_cmpuint (((const guint8 *) g_bytes_get_data (bytes, NULL))[0], ==, 0);
  g_assert_cmpuint (((const guint8 *) g_bytes_get_data (bytes, NULL))[MIB - 1], ==,
                    (guint8) (MIB - 1 + ((MIB - 1) >> 8) + ((MIB - 1) >> 16)));
  second = gf_executor_call (self->pool, "test.echo", bytes_variant (bytes));
  g_assert_cmpuint (((const guint8 *) g_variant_get_data (test_result (second)))[0], ==, 0);
}

DEFINE_FUNCTION (scribble_function)
{
  gsize size = g_variant_get_size (arguments);
  guint8 *bytes = (guint8 *) g_variant_get_data (arguments);

  bytes[0] = bytes[size - 1] = 0xdd;
  return g_variant_ref (arguments);
}

static int worker_fd = -1;

/* A result that the worker would like to change afterwards. */
DEFINE_FUNCTION (trick_function)
{
  g_autoptr (GfBuffer) buffer = gf_buffer_new (MIB, error);
  g_autoptr (GBytes) bytes = NULL;
  gboolean keep_mapping = g_variant_get_boolean (arguments);

  worker_fd = gf_buffer_dup_fd (buffer);
  memset (gf_buffer_get_data (buffer, NULL), 'a', MIB);
  if (keep_mapping)
    mmap (NULL, MIB, PROT_READ | PROT_WRITE, MAP_SHARED, worker_fd, 0);
  bytes = gf_buffer_seal (buffer);
  return g_variant_new_from_bytes (G_VARIANT_TYPE_BYTESTRING, bytes, TRUE);
}

DEFINE_FUNCTION (change_function)
{
  gssize n = pwrite (worker_fd, "bbbb", 4, 0);

  return g_variant_new_boolean (n == 4);
}

static void
test_the_sender_cannot_change_them (TestPool     *self,
                                    gconstpointer data)
{
  for (guint i = 0; i < 2; i++)
    {
      g_autoptr (GfFuture) future = gf_executor_call (self->pool, "test.trick", g_variant_new_boolean (i == 1));
      GVariant *result = test_result (future);
      g_autoptr (GfFuture) change = gf_executor_call (self->pool, "test.change", NULL);

      /* it could only where it was not sealed, and then these are a copy */
      g_assert_cmpint (g_variant_get_boolean (test_result (change)), ==, i == 1);
      g_assert_cmpuint (g_variant_get_size (result), ==, MIB);
      for (guint k = 0; k < MIB; k++)
        g_assert_cmpint (((const char *) g_variant_get_data (result))[k], ==, 'a');
    }
}

/* Bytes that crossed without a copy have one file behind them. */
DEFINE_FUNCTION (file_function)
{
  g_autofree char *maps = NULL;
  gconstpointer address = g_variant_get_data (arguments);
  g_auto (GStrv) lines = NULL;

  g_file_get_contents ("/proc/self/maps", &maps, NULL, error);
  lines = g_strsplit (maps, "\n", -1);
  for (guint i = 0; lines[i] != NULL; i++)
    {
      gulong begin, end, inode;

      if (sscanf (lines[i], "%lx-%lx %*s %*s %*s %lu", &begin, &end, &inode) == 3 &&
          (gulong) address >= begin && (gulong) address < end)
        return g_variant_new_uint64 (strstr (lines[i], "memfd") ? inode : 0);
    }
  return g_variant_new_uint64 (0);
}

/* Whether there is a buffer behind a byte array, which is then the same. */
static gboolean
has_buffer (GVariant *array)
{
  g_autoptr (GBytes) bytes = g_variant_get_data_as_bytes (array);
  g_autoptr (GfBuffer) buffer = gf_buffer_new_for_bytes (bytes);

  if (buffer == NULL)
    return FALSE;

  assert_mapped_equals (buffer, bytes);
  return TRUE;
}

/* ay or (say) or a{sv}: is there a buffer behind it? */
static gboolean
has_buffer_inside (GVariant *value)
{
  g_autoptr (GVariant) array = NULL;

  if (g_variant_is_of_type (value, G_VARIANT_TYPE_BYTESTRING))
    return has_buffer (value);
  if (g_variant_is_of_type (value, G_VARIANT_TYPE_VARDICT))
    array = g_variant_lookup_value (value, "bytes", G_VARIANT_TYPE_BYTESTRING);
  else
    array = g_variant_get_child_value (value, 1);
  return has_buffer (array);
}

DEFINE_FUNCTION (has_buffer_function)
{
  return g_variant_new_boolean (has_buffer_inside (arguments));
}

static void
test_buffers_behind_received_bytes (TestPool     *self,
                                    gconstpointer data)
{
  static const gsize sizes[] = { 65536, 65537, 200001, MIB };

  for (guint i = 0; i < 6 * G_N_ELEMENTS (sizes); i++)
    {
      gboolean sealed = i % 2 == 0;
      g_autoptr (GBytes) bytes = make_bytes (sizes[i / 6], i, sealed);
      g_autoptr (GVariant) value = NULL;
      g_autoptr (GfFuture) there = NULL;
      g_autoptr (GfFuture) back = NULL;

      if (i % 3 == 0)
        value = bytes_variant (bytes);
      else if (i % 3 == 1)
        value = g_variant_new ("(s@ay)", "text", bytes_variant (bytes));
      else
        value = g_variant_new_parsed ("{'bytes': <%@ay>}", bytes_variant (bytes));
      g_variant_ref_sink (value);

      there = gf_executor_call (self->pool, "test.has-buffer", value);
      g_assert_cmpint (g_variant_get_boolean (test_result (there)), ==, sealed && self->via == VIA_SOCKET);
      back = gf_executor_call (self->pool, "test.echo", value);
      g_assert_cmpint (has_buffer_inside (test_result (back)), ==, sealed && self->via == VIA_SOCKET);
    }
}

static void
test_sealed_bytes_are_not_copied (TestPool     *self,
                                  gconstpointer data)
{
  g_autoptr (GfBuffer) buffer = buffer_new (MIB);
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (GfFuture) future = NULL;
  int fd = gf_buffer_dup_fd (buffer);
  struct stat info;

  memset (gf_buffer_get_data (buffer, NULL), 'x', MIB);
  bytes = gf_buffer_seal (buffer);
  g_assert_no_errno (fstat (fd, &info));
  future = gf_executor_call (self->pool, "test.file", bytes_variant (bytes));
  g_assert_cmpuint (g_variant_get_uint64 (test_result (future)), ==, info.st_ino);
  close (fd);
}

static void
test_64_mib (TestPool     *self,
             gconstpointer data)
{
  gsize size = g_test_slow () ? (gsize) 1 << 30 : (gsize) 64 << 20;

  for (guint i = 0; i < 2; i++)
    {
      g_autoptr (GfBuffer) buffer = buffer_new (size);
      g_autoptr (GBytes) bytes = NULL;
      g_autoptr (GVariant) result = NULL;
      guint8 *memory = gf_buffer_get_data (buffer, NULL);

      memset (memory, 'x', size);
      memory[0] = memory[size - 1] = 'y';
      if (i == 0)
        bytes = gf_buffer_seal (buffer);
      else
        bytes = g_bytes_new (memory, size);
      assert_echoed (self->pool, g_variant_new ("(s@ay)", "x", bytes_variant (bytes)));
    }
}

/* Ordinary memory, and what bindings do with buffers */

static void
test_write (void)
{
  g_autoptr (GError) error = NULL;

  for (guint i = 0; i < 2; i++)
    {
      g_autoptr (GfBuffer) buffer = i == 0 ? gf_buffer_new (10, NULL) : gf_buffer_new_local (10, NULL);
      g_autoptr (GBytes) bytes = NULL;

      g_assert_true (gf_buffer_write (buffer, 0, (const guint8 *) "01234", 5, &error));
      g_assert_true (gf_buffer_write (buffer, 5, (const guint8 *) "56789", 5, &error));
      g_assert_true (gf_buffer_write (buffer, 10, NULL, 0, &error));
      g_assert_no_error (error);
      g_assert_false (gf_buffer_write (buffer, 6, (const guint8 *) "56789", 5, &error));
      g_assert_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT);
      g_clear_error (&error);
      g_assert_false (gf_buffer_write (buffer, G_MAXSIZE, (const guint8 *) "56789", 5, &error));
      g_assert_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT);
      g_clear_error (&error);

      bytes = gf_buffer_seal (buffer);
      g_assert_cmpmem (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes), "0123456789", 10);
      g_assert_false (gf_buffer_write (buffer, 0, (const guint8 *) "x", 1, &error));
      g_assert_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT);
      g_clear_error (&error);
    }
}

static void
test_local (void)
{
  gsize sizes[] = { 0, 1, 1000, 3 * 1024 * 1024 };

  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++)
    {
      g_autoptr (GfBuffer) buffer = gf_buffer_new_local (sizes[i], NULL);
      g_autoptr (GfBuffer) unsealed = gf_buffer_new_local (sizes[i], NULL);
      g_autoptr (GBytes) bytes = NULL;
      g_autoptr (GBytes) again = NULL;
      guint8 *data;
      gsize size;

      data = gf_buffer_get_data (buffer, &size);
      g_assert_cmpuint (size, ==, sizes[i]);
      if (size > 0)
        memset (data, 7, size);
      g_assert_cmpint (gf_buffer_dup_fd (buffer), ==, -1);
      bytes = gf_buffer_seal (buffer);
      again = gf_buffer_seal (buffer);
      g_assert_true (bytes == again);
      g_assert_cmpuint (g_bytes_get_size (bytes), ==, sizes[i]);
      if (size > 0)
        g_assert_cmpuint (((const guint8 *) g_bytes_get_data (bytes, NULL))[size - 1], ==, 7);
      g_assert_null (gf_buffer_get_data (buffer, &size));
      g_assert_cmpuint (size, ==, 0);
    }
}

static void
fill_with_number (GfBuffer *buffer,
                  gint64    number)
{
  g_autoptr (GError) error = NULL;

  gf_buffer_write (buffer, 0, (const guint8 *) &number, sizeof number, &error);
  g_assert_no_error (error);
}

static GVariant *
double_cb (GVariant  *arguments,
           GfPromise *promise G_GNUC_UNUSED,
           gpointer   data G_GNUC_UNUSED,
           GError   **error G_GNUC_UNUSED)
{
  return g_variant_new_int64 (2 * g_variant_get_int64 (arguments));
}

static void
test_send (void)
{
  gf_function_register ("test.double", double_cb, NULL, NULL);

  for (guint i = 0; i < 2; i++)
    {
      g_autoptr (GfBuffer) buffer = i == 0 ? gf_buffer_new (8, NULL) : gf_buffer_new_local (8, NULL);
      g_autoptr (GfBuffer) other = i == 0 ? gf_buffer_new (8, NULL) : gf_buffer_new_local (8, NULL);
      g_autoptr (GfBuffer) bad = gf_buffer_new_local (8, NULL);
      g_autoptr (GfFuture) future = NULL;
      g_autoptr (GfFuture) refused = NULL;
      g_autoptr (GfPromise) promise = gf_promise_new ();
      g_autoptr (GfPromise) rejected = gf_promise_new ();
      g_autoptr (GBytes) left = NULL;

      fill_with_number (buffer, 21);
      future = gf_buffer_send_call (buffer, gf_inline_executor_get (), G_PRIORITY_DEFAULT, "test.double", "x");
      g_assert_true (gf_future_is_done (future));
      g_assert_cmpint (g_variant_get_int64 (gf_future_get_variant (future, NULL)), ==, 42);
      /* A local one is empty; a shared one can be sent again. */
      left = gf_buffer_seal (buffer);
      g_assert_cmpuint (g_bytes_get_size (left), ==, i == 0 ? 8 : 0);
      g_clear_object (&future);
      future = gf_buffer_send_call (buffer, gf_inline_executor_get (), G_PRIORITY_DEFAULT, "test.double", "x");
      if (i == 0)
        g_assert_no_error (gf_future_get_error (future));
      else
        g_assert_error (gf_future_get_error (future), G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT);

      fill_with_number (other, 5);
      g_assert_true (gf_buffer_send_result (other, promise, "x"));
      g_assert_cmpint (g_variant_get_int64 (gf_future_get_variant (GF_FUTURE (promise), NULL)), ==, 5);

      refused = gf_buffer_send_call (bad, gf_inline_executor_get (), G_PRIORITY_DEFAULT, "test.double", "a");
      g_assert_error (gf_future_get_error (refused), G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT);
      g_assert_true (gf_buffer_send_result (bad, rejected, "no type"));
      g_assert_error (gf_future_get_error (GF_FUTURE (rejected)), G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT);
    }
}

int
main (int    argc,
      char **argv)
{
  gf_function_register ("test.scribble", scribble_function, NULL, NULL);
  gf_function_register ("test.trick", trick_function, NULL, NULL);
  gf_function_register ("test.change", change_function, NULL, NULL);
  gf_function_register ("test.file", file_function, NULL, NULL);
  gf_function_register ("test.has-buffer", has_buffer_function, NULL, NULL);
  test_worker_main (argc, argv);
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/buffer/new-is-zero", test_new_is_zero);
  g_test_add_func ("/buffer/seal-keeps-what-was-filled", test_seal_keeps_what_was_filled);
  g_test_add_func ("/buffer/sealed-bytes-outlive-it", test_sealed_bytes_outlive_the_buffer);
  g_test_add_func ("/buffer/unsealed-leaves-nothing", test_an_unsealed_buffer_leaves_nothing);
  g_test_add_func ("/buffer/size-zero", test_size_zero);
  g_test_add_func ("/buffer/a-size-that-cannot-be", test_a_size_that_cannot_be);
  g_test_add_func ("/buffer/fill-through-the-descriptor", test_fill_through_the_descriptor);
  g_test_add_func ("/buffer/nobody-changes-sealed-bytes", test_nobody_changes_sealed_bytes);
  g_test_add_func ("/buffer/seal-under-a-writable-mapping", test_seal_under_a_writable_mapping);
  g_test_add_func ("/buffer/from-a-descriptor", test_new_from_a_descriptor);
  g_test_add_func ("/buffer/from-a-sealed-descriptor", test_new_from_a_sealed_descriptor);
  g_test_add_func ("/buffer/from-a-descriptor-that-is-none", test_new_from_a_descriptor_that_is_none);
  g_test_add_func ("/buffer/for-sealed-bytes", test_new_for_sealed_bytes);
  g_test_add_func ("/buffer/for-bytes-elsewhere", test_new_for_bytes_elsewhere);

  g_test_add_func ("/buffer/write", test_write);
  g_test_add_func ("/buffer/local", test_local);
  g_test_add_func ("/buffer/send", test_send);

  test_add_for_vias ("bytes/come-back", ANY_WAY, test_bytes_come_back);
  test_add_for_vias ("bytes/a-part-of-sealed-ones", BOTH_WAYS, test_a_part_of_sealed_bytes);
  test_add_for_vias ("bytes/other-numbers", BOTH_WAYS, test_other_numbers_than_bytes);
  test_add_for_vias ("bytes/many-buffers-at-once", BOTH_WAYS, test_many_buffers_at_once);
  test_add_for_vias ("bytes/no-descriptor-is-lost", BOTH_WAYS, test_no_descriptor_is_lost);
  test_add_for_vias ("bytes/writing-to-received-ones-stays-private", BOTH_WAYS,
                     test_writing_to_received_bytes_stays_private);
  test_add_for_vias ("bytes/the-sender-cannot-change-them", BOTH_WAYS, test_the_sender_cannot_change_them);
  test_add_for_vias ("bytes/sealed-ones-are-not-copied", VIA (SOCKET), test_sealed_bytes_are_not_copied);
  test_add_for_vias ("bytes/buffers-behind-received-ones", BOTH_WAYS, test_buffers_behind_received_bytes);
  test_add_for_vias ("bytes/64-mib", BOTH_WAYS, test_64_mib);

  return g_test_run ();
}

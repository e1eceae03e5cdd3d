/* hash-tree-functions.c - what the workers of hash-tree do
 *
 * These functions run on worker threads and in worker processes alike. They see
 * their arguments, nothing of the application. What the arguments are made of
 * is not checked: the callers are all in this program.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "hash-tree-functions.h"

#include <unistd.h>

#define CHUNK_SIZE  (256 * 1024)

/* Files are small, most of them: a message for each would cost more than some
 * take to hash
 */
#define BATCH_BYTES (256 * 1024)
#define BATCH_FILES 64

static GFileEnumerator *
open_directory (const char    *name,
                GCancellable  *cancellable,
                GError       **error)
{
  g_autoptr (GFile) directory = g_file_new_for_path (name);

  return g_file_enumerate_children (directory, "standard::name,standard::type,standard::size",
                                    G_FILE_QUERY_INFO_NOFOLLOW_SYMLINKS, cancellable, error);
}

/* Symbolic links, sockets, devices and the like are left out.
 *
 * Returns: (nullable): the next file or directory; NULL without error at the end
 */
static GFileInfo *
next_entry (GFileEnumerator  *directory,
            GCancellable     *cancellable,
            GError          **error)
{
  GFileInfo *info;

  while (g_file_enumerator_iterate (directory, &info, NULL, cancellable, error) && info != NULL)
    {
      GFileType type = g_file_info_get_file_type (info);

      if (type == G_FILE_TYPE_REGULAR || type == G_FILE_TYPE_DIRECTORY)
        return info;
    }

  return NULL;
}

static GVariant *
list_directory (GVariant   *arguments,
                GfPromise  *promise,
                gpointer    data G_GNUC_UNUSED,
                GError    **error)
{
  const char *name = g_variant_get_bytestring (arguments);
  GCancellable *cancellable = gf_promise_get_cancellable (promise);
  g_autoptr (GFileEnumerator) directory = open_directory (name, cancellable, error);
  g_auto (GVariantBuilder) directories = G_VARIANT_BUILDER_INIT (G_VARIANT_TYPE_BYTESTRING_ARRAY);
  g_auto (GVariantBuilder) batches = G_VARIANT_BUILDER_INIT (G_VARIANT_TYPE ("a" BATCH_TYPE));
  g_auto (GVariantBuilder) files = G_VARIANT_BUILDER_INIT (G_VARIANT_TYPE ("a" FILE_TYPE));
  guint64 n_bytes = 0;
  guint n_files = 0;
  GFileInfo *info;
  GError *failure = NULL;

  if (directory == NULL)
    return NULL;

  while ((info = next_entry (directory, cancellable, &failure)) != NULL)
    {
      g_autofree char *child = g_build_filename (name, g_file_info_get_name (info), NULL);
      guint64 size = (guint64) g_file_info_get_size (info);

      if (g_file_info_get_file_type (info) == G_FILE_TYPE_DIRECTORY)
        {
          g_variant_builder_add (&directories, "^ay", child);
          continue;
        }

      if (n_files > 0 && (n_files == BATCH_FILES || n_bytes + size > BATCH_BYTES))
        {
          g_variant_builder_add (&batches, BATCH_TYPE, n_bytes, &files);
          g_variant_builder_init (&files, G_VARIANT_TYPE ("a" FILE_TYPE));
          n_bytes = n_files = 0;
        }
      g_variant_builder_add (&files, "(^ayt)", child, size);
      n_bytes += size;
      n_files++;
    }
  if (failure != NULL)
    {
      g_propagate_error (error, failure);
      return NULL;
    }
  if (n_files > 0)
    g_variant_builder_add (&batches, BATCH_TYPE, n_bytes, &files);

  return g_variant_new ("(aaya" BATCH_TYPE ")", &directories, &batches);
}

/* Returns: (transfer full) (nullable): the SHA-256, in hexadecimal digits */
static char *
hash (const char  *name,
      guint64      size,
      GfPromise   *promise,
      GError     **error)
{
  GCancellable *cancellable = gf_promise_get_cancellable (promise);
  g_autoptr (GFile) file = g_file_new_for_path (name);
  g_autoptr (GFileInputStream) stream = g_file_read (file, cancellable, error);
  g_autoptr (GChecksum) checksum = g_checksum_new (G_CHECKSUM_SHA256);
  gsize room = CLAMP (size, 4096, CHUNK_SIZE);
  g_autofree guint8 *buffer = g_malloc (room);
  char status[32];
  guint64 n_read = 0;
  gssize n;

  if (stream == NULL)
    return NULL;

  g_snprintf (status, sizeof status, "worker %u", (guint) getpid ());
  while ((n = g_input_stream_read (G_INPUT_STREAM (stream), buffer, room, cancellable, error)) > 0)
    {
      g_checksum_update (checksum, buffer, n);
      n_read += (guint64) n;
      if (size > CHUNK_SIZE)
        gf_promise_set_progress (promise, MIN (1.0, (double) n_read / size), status);
    }

  return n == 0 ? g_strdup (g_checksum_get_string (checksum)) : NULL;
}

static GVariant *
hash_file (GVariant   *arguments,
           GfPromise  *promise,
           gpointer    data G_GNUC_UNUSED,
           GError    **error)
{
  const char *name;
  guint64 size;
  g_autofree char *sum = NULL;

  g_variant_get (arguments, "(^&ayt)", &name, &size);
  sum = hash (name, size, promise, error);

  return sum != NULL ? g_variant_new ("(us)", (guint32) getpid (), sum) : NULL;
}

/* One file that cannot be read takes nothing from the others */
static GVariant *
hash_files (GVariant   *arguments,
            GfPromise  *promise,
            gpointer    data G_GNUC_UNUSED,
            GError    **error)
{
  g_auto (GVariantBuilder) sums = G_VARIANT_BUILDER_INIT (G_VARIANT_TYPE ("a(bs)"));
  GCancellable *cancellable = gf_promise_get_cancellable (promise);
  GVariantIter iter;
  const char *name;
  guint64 size;

  g_variant_iter_init (&iter, arguments);
  while (g_variant_iter_next (&iter, "(^&ayt)", &name, &size))
    {
      g_autoptr (GError) failure = NULL;
      g_autofree char *sum = hash (name, size, promise, &failure);

      if (g_cancellable_set_error_if_cancelled (cancellable, error))
        return NULL;
      g_variant_builder_add (&sums, "(bs)", sum != NULL, sum != NULL ? sum : failure->message);
    }

  return g_variant_new ("(ua(bs))", (guint32) getpid (), &sums);
}

/* Errors are left to list-directory, which meets them again */
static GVariant *
count_bytes (GVariant   *arguments,
             GfPromise  *promise,
             gpointer    data G_GNUC_UNUSED,
             GError    **error)
{
  GCancellable *cancellable = gf_promise_get_cancellable (promise);
  g_autoptr (GPtrArray) names = g_ptr_array_new_with_free_func (g_free);
  guint64 bytes = 0;
  GVariantIter iter;
  char *tree;

  g_variant_iter_init (&iter, arguments);
  while (g_variant_iter_next (&iter, "^ay", &tree))
    g_ptr_array_add (names, tree);

  while (names->len > 0)
    {
      g_autofree char *name = g_ptr_array_steal_index (names, names->len - 1);
      g_autoptr (GFileEnumerator) directory = open_directory (name, cancellable, NULL);
      GFileInfo *info;

      while (directory != NULL && (info = next_entry (directory, cancellable, NULL)) != NULL)
        if (g_file_info_get_file_type (info) == G_FILE_TYPE_DIRECTORY)
          g_ptr_array_add (names, g_build_filename (name, g_file_info_get_name (info), NULL));
        else
          bytes += (guint64) g_file_info_get_size (info);

      if (g_cancellable_set_error_if_cancelled (cancellable, error))
        return NULL;
    }

  return g_variant_new_uint64 (bytes);
}

void
register_functions (void)
{
  gf_function_register ("list-directory", list_directory, NULL, NULL);
  gf_function_register ("hash-file", hash_file, NULL, NULL);
  gf_function_register ("hash-files", hash_files, NULL, NULL);
  gf_function_register ("count-bytes", count_bytes, NULL, NULL);
}

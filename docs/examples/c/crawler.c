/* crawler.c - what both crawlers need, and neither is about
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "crawler.h"

#include <stdio.h>
#include <string.h>

#define CHUNK_SIZE (64 * 1024)

typedef struct
{
  const char *name;                     /* the key of the hash table */
  guint64     n_files, n_words, n_bytes;
} Line;

struct _Table
{
  GHashTable *lines;                    /* a suffix → Line */
  GPtrArray  *errors;                   /* of strings */
};

GPtrArray *
list_directory (GFile         *directory,
                GCancellable  *cancellable,
                GError       **error)
{
  g_autoptr (GPtrArray) infos = g_ptr_array_new_with_free_func (g_object_unref);
  g_autoptr (GFileEnumerator) enumerator = NULL;
  GFileInfo *info;

  enumerator = g_file_enumerate_children (directory, ATTRIBUTES, G_FILE_QUERY_INFO_NOFOLLOW_SYMLINKS,
                                          cancellable, error);
  if (enumerator == NULL)
    return NULL;

  while (g_file_enumerator_iterate (enumerator, &info, NULL, cancellable, error))
    {
      if (info == NULL)
        return g_steal_pointer (&infos);
      if (g_file_info_get_file_type (info) == G_FILE_TYPE_DIRECTORY ||
          g_file_info_get_file_type (info) == G_FILE_TYPE_REGULAR)
        g_ptr_array_add (infos, g_object_ref (info));
    }

  return NULL;
}

/* Returns: (transfer full): what ends the name, or else what the file is */
static char *
get_suffix (GFile    *file,
            gboolean  is_text)
{
  g_autofree char *name = g_file_get_basename (file);
  const char *dot = strrchr (name, '.');

  if (!is_text)
    return g_strdup ("(binary)");

  return dot != NULL && dot != name ? g_filename_display_name (dot) : g_strdup ("(none)");
}

GVariant *
count_file (GFile         *file,
            GCancellable  *cancellable,
            GError       **error)
{
  g_autoptr (GFileInputStream) stream = g_file_read (file, cancellable, error);
  g_autofree char *buffer = g_malloc (CHUNK_SIZE);
  g_autofree char *suffix = NULL;
  guint64 n_words = 0, n_bytes = 0;
  gboolean in_word = FALSE, is_text = TRUE;
  gssize n;

  if (stream == NULL)
    return NULL;

  while ((n = g_input_stream_read (G_INPUT_STREAM (stream), buffer, CHUNK_SIZE, cancellable, error)) > 0)
    {
      is_text = is_text && memchr (buffer, '\0', (gsize) n) == NULL;
      n_bytes += (guint64) n;
      for (gssize i = 0; is_text && i < n; i++)
        {
          n_words += !in_word && !g_ascii_isspace (buffer[i]);
          in_word = !g_ascii_isspace (buffer[i]);
        }
    }
  if (n < 0)
    return NULL;

  suffix = get_suffix (file, is_text);
  return g_variant_new ("(stt)", suffix, is_text ? n_words : 0, n_bytes);
}

Table *
table_new (void)
{
  Table *self = g_new0 (Table, 1);

  self->lines = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  self->errors = g_ptr_array_new_with_free_func (g_free);

  return self;
}

void
table_free (Table *self)
{
  g_hash_table_unref (self->lines);
  g_ptr_array_unref (self->errors);
  g_free (self);
}

void
table_add (Table    *self,
           GVariant *counts)
{
  const char *name;
  guint64 n_words, n_bytes;
  Line *line;

  g_variant_get (counts, "(&stt)", &name, &n_words, &n_bytes);
  line = g_hash_table_lookup (self->lines, name);
  if (line == NULL)
    {
      char *key = g_strdup (name);

      line = g_new0 (Line, 1);
      line->name = key;
      g_hash_table_insert (self->lines, key, line);
    }
  line->n_files++;
  line->n_words += n_words;
  line->n_bytes += n_bytes;
}

void
table_add_error (Table        *self,
                 GFile        *file,
                 const GError *error)
{
  g_autofree char *name = g_file_get_parse_name (file);

  g_ptr_array_add (self->errors, g_strdup_printf ("error: %s: %s", name, error->message));
}

static int
compare_lines (gconstpointer a,
               gconstpointer b)
{
  const Line *x = *(const Line * const *) a;
  const Line *y = *(const Line * const *) b;

  if (x->n_words != y->n_words)
    return x->n_words < y->n_words ? 1 : -1;

  return strcmp (x->name, y->name);
}

static int
compare_errors (gconstpointer a,
                gconstpointer b)
{
  return strcmp (*(char * const *) a, *(char * const *) b);
}

static void
print_line (const Line *line)
{
  printf ("%12" G_GUINT64_FORMAT " %12" G_GUINT64_FORMAT " %8" G_GUINT64_FORMAT "  %s\n",
          line->n_words, line->n_bytes, line->n_files, line->name);
}

int
table_print (Table *self)
{
  g_autoptr (GPtrArray) lines = g_ptr_array_new ();
  Line total = { .name = "total" };
  GHashTableIter iter;
  gpointer line;

  g_hash_table_iter_init (&iter, self->lines);
  while (g_hash_table_iter_next (&iter, NULL, &line))
    g_ptr_array_add (lines, line);
  g_ptr_array_sort (lines, compare_lines);
  g_ptr_array_sort (self->errors, compare_errors);

  printf ("%12s %12s %8s  %s\n", "words", "bytes", "files", "suffix");
  for (guint i = 0; i < lines->len; i++)
    {
      const Line *each = g_ptr_array_index (lines, i);

      print_line (each);
      total.n_files += each->n_files;
      total.n_words += each->n_words;
      total.n_bytes += each->n_bytes;
    }
  print_line (&total);
  fflush (stdout);

  for (guint i = 0; i < self->errors->len; i++)
    g_printerr ("%s\n", (char *) g_ptr_array_index (self->errors, i));

  return self->errors->len > 0 ? 1 : 0;
}

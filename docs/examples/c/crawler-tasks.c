/* crawler-tasks.c - counts words in directory trees, by GTask
 *
 *   crawler-tasks /usr/share/doc
 *
 * Prints the words and bytes of all files below some directories, by suffix. A
 * file that cannot be read is reported at the end and stops nothing; Ctrl-C stops
 * all. crawler-chains.c does the same by futures.
 *
 * All of this happens in the main loop, except for the functions whose names
 * end in _thread.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "crawler.h"

#include <glib-unix.h>
#include <locale.h>

/* What is waiting for its turn, as only MAX_OPEN are open at a time */
typedef struct
{
  GFile   *file;
  gboolean is_directory;
} Item;

/* The task data of a crawl */
typedef struct
{
  Table *table;
  GQueue waiting;                       /* of Item */
  guint  n_open;
} Crawl;

static void begin_more (GTask *crawling);

static void
item_free (Item *self)
{
  g_object_unref (self->file);
  g_free (self);
}

static void
crawl_free (gpointer data)
{
  Crawl *self = data;

  g_queue_clear_full (&self->waiting, (GDestroyNotify) item_free);
  g_free (self);
}

static void
add_item (GTask     *crawling,
          GFile     *file,
          GFileInfo *info)
{
  Crawl *self = g_task_get_task_data (crawling);
  Item *item = g_new (Item, 1);

  item->file = g_object_ref (file);
  item->is_directory = g_file_info_get_file_type (info) == G_FILE_TYPE_DIRECTORY;
  g_queue_push_tail (&self->waiting, item);
}

/* One of those that were open is done with */
static void
end_one (GTask        *crawling,
         GFile        *file,
         const GError *error)
{
  Crawl *self = g_task_get_task_data (crawling);

  if (error != NULL && !g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    table_add_error (self->table, file, error);
  self->n_open--;
  begin_more (crawling);
}

static void
list_thread (GTask        *task,
             gpointer      directory,
             gpointer      data G_GNUC_UNUSED,
             GCancellable *cancellable)
{
  GError *error = NULL;
  GPtrArray *infos = list_directory (directory, cancellable, &error);

  if (infos != NULL)
    g_task_return_pointer (task, infos, (GDestroyNotify) g_ptr_array_unref);
  else
    g_task_return_error (task, error);
}

static void
listed_cb (GObject      *directory,
           GAsyncResult *result,
           gpointer      data)
{
  g_autoptr (GTask) crawling = data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) infos = g_task_propagate_pointer (G_TASK (result), &error);

  for (guint i = 0; infos != NULL && i < infos->len; i++)
    {
      GFileInfo *info = g_ptr_array_index (infos, i);
      g_autoptr (GFile) child = g_file_get_child (G_FILE (directory), g_file_info_get_name (info));

      add_item (crawling, child, info);
    }
  end_one (crawling, G_FILE (directory), error);
}

static void
count_thread (GTask        *task,
              gpointer      file,
              gpointer      data G_GNUC_UNUSED,
              GCancellable *cancellable)
{
  GError *error = NULL;
  GVariant *counts = count_file (file, cancellable, &error);

  if (counts != NULL)
    g_task_return_pointer (task, g_variant_ref_sink (counts), (GDestroyNotify) g_variant_unref);
  else
    g_task_return_error (task, error);
}

static void
counted_cb (GObject      *file,
            GAsyncResult *result,
            gpointer      data)
{
  g_autoptr (GTask) crawling = data;
  Crawl *self = g_task_get_task_data (crawling);
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) counts = g_task_propagate_pointer (G_TASK (result), &error);

  if (counts != NULL)
    table_add (self->table, counts);
  end_one (crawling, G_FILE (file), error);
}

static void
begin_more (GTask *crawling)
{
  Crawl *self = g_task_get_task_data (crawling);
  GCancellable *cancellable = g_task_get_cancellable (crawling);

  while (self->n_open < MAX_OPEN && !g_queue_is_empty (&self->waiting) &&
         !g_cancellable_is_cancelled (cancellable))
    {
      Item *item = g_queue_pop_head (&self->waiting);
      g_autoptr (GTask) task = g_task_new (item->file, cancellable,
                                           item->is_directory ? listed_cb : counted_cb,
                                           g_object_ref (crawling));

      self->n_open++;
      g_task_run_in_thread (task, item->is_directory ? list_thread : count_thread);
      item_free (item);
    }

  if (self->n_open == 0 && !g_task_return_error_if_cancelled (crawling))
    g_task_return_boolean (crawling, TRUE);
}

static void
queried_cb (GObject      *file,
            GAsyncResult *result,
            gpointer      data)
{
  g_autoptr (GTask) crawling = data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GFileInfo) info = g_file_query_info_finish (G_FILE (file), result, &error);

  if (info != NULL)
    add_item (crawling, G_FILE (file), info);
  end_one (crawling, G_FILE (file), error);
}

/* Adds all files below @roots to @table, which has to live as long as this takes */
static void
crawl_async (char              **roots,
             Table              *table,
             GCancellable       *cancellable,
             GAsyncReadyCallback callback,
             gpointer            data)
{
  g_autoptr (GTask) crawling = g_task_new (NULL, cancellable, callback, data);
  Crawl *self = g_new0 (Crawl, 1);

  self->table = table;
  g_queue_init (&self->waiting);
  g_task_set_task_data (crawling, self, crawl_free);

  for (char **root = roots; *root != NULL; root++)
    {
      g_autoptr (GFile) file = g_file_new_for_commandline_arg (*root);

      self->n_open++;
      g_file_query_info_async (file, ATTRIBUTES, G_FILE_QUERY_INFO_NONE, G_PRIORITY_DEFAULT,
                               cancellable, queried_cb, g_object_ref (crawling));
    }
}

static gboolean
crawl_finish (GAsyncResult *result,
              GError      **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}

static void
crawled_cb (GObject      *source G_GNUC_UNUSED,
            GAsyncResult *result,
            gpointer      data)
{
  *(GAsyncResult **) data = g_object_ref (result);
}

static gboolean
interrupted_cb (gpointer cancellable)
{
  g_cancellable_cancel (cancellable);

  return G_SOURCE_CONTINUE;
}

int
main (int   argc,
      char *argv[])
{
  g_autoptr (Table) table = table_new ();
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  setlocale (LC_ALL, "");
  if (argc < 2)
    {
      g_printerr ("Usage: %s DIRECTORY…\n", argv[0]);
      return 2;
    }

  crawl_async (argv + 1, table, cancellable, crawled_cb, &result);
  g_unix_signal_add (SIGINT, interrupted_cb, cancellable);
  while (result == NULL)
    g_main_context_iteration (NULL, TRUE);
  if (!crawl_finish (result, &error))
    {
      g_printerr ("%s\n", error->message);
      return 130;
    }

  return table_print (table);
}

/* crawler-chains.c - counts words in directory trees, by futures
 *
 *   crawler-chains /usr/share/doc
 *
 * Prints the words and bytes of all files below some directories, by suffix. A
 * file that cannot be read is reported at the end and stops nothing; Ctrl-C stops
 * all. crawler-tasks.c does the same by GTask and callbacks.
 *
 * The future of a directory is settled when everything below it is: that of the
 * root is the whole crawl. Continuations run in the main loop, the two functions
 * that take a promise on workers of the pool.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "crawler.h"

#include <gfutures.h>
#include <glib-unix.h>
#include <locale.h>

typedef struct
{
  Table      *table;
  GfExecutor *pool;                     /* of MAX_OPEN threads, so no more files are open */
} Crawl;

/* A file or directory that is visited */
typedef struct
{
  Crawl *crawl;
  GFile *file;
} Visit;

static void
visit_clear (gpointer visit)
{
  g_object_unref (((Visit *) visit)->file);
}

static void
visit_unref (gpointer visit)
{
  g_rc_box_release_full (visit, visit_clear);
}

static void
list_task (GfPromise *promise,
           gpointer   directory,
           GError   **error)
{
  g_autoptr (GPtrArray) infos = list_directory (directory, gf_promise_get_cancellable (promise), error);

  if (infos != NULL)
    gf_promise_resolve_boxed (promise, G_TYPE_PTR_ARRAY, infos);
}

static void
count_task (GfPromise *promise,
            gpointer   file,
            GError   **error)
{
  GVariant *counts = count_file (file, gf_promise_get_cancellable (promise), error);

  if (counts != NULL)
    gf_promise_resolve_variant (promise, counts);
}

static GfFuture *
add_counts (GfFuture *counted,
            gpointer  visit,
            GError  **error G_GNUC_UNUSED)
{
  table_add (((Visit *) visit)->crawl->table, gf_future_get_variant (counted, NULL));

  return NULL;
}

/* Not called for what is cancelled: nobody waits for that any more */
static GfFuture *
add_error (GfFuture *failed,
           gpointer  visit,
           GError  **error G_GNUC_UNUSED)
{
  table_add_error (((Visit *) visit)->crawl->table, ((Visit *) visit)->file, gf_future_get_error (failed));

  return NULL;
}

static GfFuture *visit (Crawl    *crawl,
                        GFile    *file,
                        GfFuture *queried);

static GfFuture *
visit_children (GfFuture *listed,
                gpointer  data,
                GError  **error G_GNUC_UNUSED)
{
  Visit *self = data;
  GPtrArray *infos = gf_future_get_boxed (listed, NULL);
  g_autoptr (GPtrArray) visits = g_ptr_array_new_with_free_func (g_object_unref);

  for (guint i = 0; i < infos->len; i++)
    {
      GFileInfo *info = g_ptr_array_index (infos, i);
      g_autoptr (GFile) child = g_file_get_child (self->file, g_file_info_get_name (info));
      g_autoptr (GfFuture) queried = gf_future_new_for_object (info);

      g_ptr_array_add (visits, visit (self->crawl, child, queried));
    }

  return GF_FUTURE (gf_future_all_settled ((GfFuture **) visits->pdata, visits->len));
}

static GfFuture *
visit_one (GfFuture *queried,
           gpointer  data,
           GError  **error G_GNUC_UNUSED)
{
  Visit *self = data;
  GFileInfo *info = gf_future_get_object (queried, NULL);
  gboolean is_directory = g_file_info_get_file_type (info) == G_FILE_TYPE_DIRECTORY;
  g_autoptr (GfFuture) read = gf_executor_submit (self->crawl->pool, is_directory ? list_task : count_task,
                                                  g_object_ref (self->file), g_object_unref);

  return gf_future_then (read, is_directory ? visit_children : add_counts,
                         g_rc_box_acquire (self), visit_unref);
}

/* Adds a file, or all files below a directory, to the table. @queried is a future
 * of its GFileInfo.
 */
static GfFuture *
visit (Crawl    *crawl,
       GFile    *file,
       GfFuture *queried)
{
  Visit *self = g_rc_box_new (Visit);
  g_autoptr (GfFuture) visited = gf_future_then (queried, visit_one, self, visit_unref);

  self->crawl = crawl;
  self->file = g_object_ref (file);

  return gf_future_catch (visited, add_error, g_rc_box_acquire (self), visit_unref);
}

/* Adds all files below @roots to the table of @crawl, which has to live as long as
 * this takes
 */
static GfFuture *
crawl_all (Crawl *crawl,
           char **roots)
{
  g_autoptr (GPtrArray) visits = g_ptr_array_new_with_free_func (g_object_unref);

  for (char **root = roots; *root != NULL; root++)
    {
      g_autoptr (GFile) file = g_file_new_for_commandline_arg (*root);
      g_autoptr (GfPromise) queried = gf_promise_new ();

      g_file_query_info_async (file, ATTRIBUTES, G_FILE_QUERY_INFO_NONE, G_PRIORITY_DEFAULT,
                               gf_promise_get_cancellable (queried), gf_promise_ready,
                               gf_promise_finish_with (queried, G_TYPE_FILE_INFO,
                                                       G_CALLBACK (g_file_query_info_finish)));
      g_ptr_array_add (visits, visit (crawl, file, GF_FUTURE (queried)));
    }

  return GF_FUTURE (gf_future_all_settled ((GfFuture **) visits->pdata, visits->len));
}

static gboolean
interrupted_cb (gpointer future)
{
  gf_future_cancel (future);

  return G_SOURCE_CONTINUE;
}

int
main (int   argc,
      char *argv[])
{
  g_autoptr (Table) table = table_new ();
  g_autoptr (GfExecutor) pool = gf_thread_pool_executor_new (MAX_OPEN);
  Crawl crawl = { table, pool };
  g_autoptr (GfFuture) crawling = NULL;
  g_autoptr (GError) error = NULL;

  setlocale (LC_ALL, "");
  if (argc < 2)
    {
      g_printerr ("Usage: %s DIRECTORY…\n", argv[0]);
      return 2;
    }

  crawling = crawl_all (&crawl, argv + 1);
  g_unix_signal_add (SIGINT, interrupted_cb, crawling);
  gf_future_run_until_done (crawling, NULL, NULL);
  gf_executor_shutdown (pool, TRUE, FALSE);
  if (gf_future_get_value (crawling, &error) == NULL)
    {
      g_printerr ("%s\n", error->message);
      return 130;
    }

  return table_print (table);
}

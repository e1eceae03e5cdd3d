#include <glib.h>

typedef struct {
  char *path;
  char *digest;
} Job;

static gboolean
show_digest (gpointer data)
{
  Job *job = data;

  g_print ("%s %s\n", job->digest, job->path);
  g_free (job->path);
  g_free (job->digest);
  g_free (job);
  return G_SOURCE_REMOVE;
}

static void
hash (gpointer data, gpointer user_data)
{
  Job *job = data;
  g_autofree char *text = NULL;
  gsize length = 0;

  /* Where does the error go? */
  g_file_get_contents (job->path, &text, &length, NULL);
  job->digest = g_compute_checksum_for_data (
    G_CHECKSUM_SHA256, (guchar *) text, length);
  g_idle_add (show_digest, job);
}

static void
hash_files (char **paths)
{
  static GThreadPool *pool;

  if (pool == NULL)
    pool = g_thread_pool_new (hash, NULL, 4, FALSE, NULL);
  for (; *paths != NULL; paths++)
    {
      Job *job = g_new0 (Job, 1);

      job->path = g_strdup (*paths);
      g_thread_pool_push (pool, job, NULL);
    }
}

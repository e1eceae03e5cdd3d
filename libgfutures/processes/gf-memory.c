/* gf-memory.c - memory for large messages
 *
 * The kernel gives fresh memory page by page, and fills it with zeros: that takes
 * about as long as to receive what is to be in it. So memory that was let go of
 * is kept for a while and used again. The kernel may take it meanwhile.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#define _GNU_SOURCE
#include "config.h"

#include "gf-memory-private.h"

#include "../loop/gf-timer-private.h"

#include <sys/mman.h>

/* Smaller pieces are malloc()'s. */
#define LARGE     (1024 * 1024)
#define KEEP      4
#define KEEP_SIZE (256 * 1024 * 1024)
#define KEEP_US   (2 * G_USEC_PER_SEC)

typedef struct
{
  guint8 *data;
  gsize   size; /* 0: there is none */
} GfMemory;

static GMutex lock;
static GfMemory kept[KEEP]; /* the oldest first */
static gsize kept_size;
static guint n_freed;       /* ever */
static gboolean keeps_nothing;
static gboolean timer_runs;

/* With the lock held. */
static GfMemory
gf_memory_remove (guint i)
{
  GfMemory memory = kept[i];

  for (; i + 1 < KEEP; i++)
    kept[i] = kept[i + 1];
  kept[KEEP - 1] = (GfMemory) { NULL, 0 };
  kept_size -= memory.size;

  return memory;
}

static void
gf_memory_drop_all (void)
{
  while (kept[0].size > 0)
    {
      GfMemory memory = gf_memory_remove (0);

      munmap (memory.data, memory.size);
    }
}

static void gf_memory_start_timer (void);

/* Nobody has used it for a while. */
static void
gf_memory_time_is_up (gpointer data)
{
  g_mutex_lock (&lock);
  timer_runs = FALSE;
  if (GPOINTER_TO_UINT (data) == n_freed)
    gf_memory_drop_all ();
  else
    gf_memory_start_timer ();
  g_mutex_unlock (&lock);
}

static void
gf_memory_start_timer (void)
{
  if (timer_runs || kept[0].size == 0)
    return;

  timer_runs = TRUE;
  gf_timer_unref (gf_timer_start (g_get_monotonic_time () + KEEP_US, gf_memory_time_is_up,
                                  GUINT_TO_POINTER (n_freed), NULL));
}

static void
gf_memory_free (gpointer data)
{
  GfMemory memory = *(GfMemory *) data;
  guint i = 0;

  g_free (data);

  g_mutex_lock (&lock);

  n_freed++;
  if (keeps_nothing || memory.size > KEEP_SIZE)
    munmap (memory.data, memory.size);
  else
    {
      while (kept[KEEP - 1].size > 0 || kept_size + memory.size > KEEP_SIZE)
        {
          GfMemory oldest = gf_memory_remove (0);

          munmap (oldest.data, oldest.size);
        }

      madvise (memory.data, memory.size, MADV_FREE);
      while (kept[i].size > 0)
        i++;
      kept[i] = memory;
      kept_size += memory.size;
      gf_memory_start_timer ();
    }

  g_mutex_unlock (&lock);
}

/* Of a size that is neither too small nor much too large. */
static GfMemory
gf_memory_find (gsize size)
{
  GfMemory memory = { NULL, 0 };

  g_mutex_lock (&lock);
  for (guint i = 0; i < KEEP; i++)
    if (kept[i].size >= size && kept[i].size / 2 <= size)
      {
        memory = gf_memory_remove (i);
        break;
      }
  g_mutex_unlock (&lock);

  return memory;
}

/* Memory of @size bytes, of which the first @visible are the GBytes; NULL if
 * there is none. */
GBytes *
gf_memory_new (gsize    size,
               gsize    visible,
               guint8 **data)
{
  GfMemory memory;

  if (size < LARGE)
    {
      *data = g_malloc (MAX (size, 1));
      return g_bytes_new_with_free_func (*data, visible, g_free, *data);
    }

  memory = gf_memory_find (size);
  if (memory.size == 0)
    {
      memory.size = size;
      memory.data = mmap (NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
      if (memory.data == MAP_FAILED)
        return NULL;
      madvise (memory.data, memory.size, MADV_HUGEPAGE);
    }
  *data = memory.data;

  return g_bytes_new_with_free_func (memory.data, visible, gf_memory_free, g_memdup2 (&memory, sizeof memory));
}

/* For processes whose memory is limited. */
void
gf_memory_keep_nothing (void)
{
  g_mutex_lock (&lock);
  keeps_nothing = TRUE;
  gf_memory_drop_all ();
  g_mutex_unlock (&lock);
}

/* gf-io.c - the thread that hears from worker processes
 *
 * One for all pools. It starts with the first watch and stays. Nothing of the
 * application's runs on it.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "gf-io-private.h"

#include "../loop/gf-thread-private.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define MAX_EVENTS 64

static int epoll_fd = -1;
static int wake_fd = -1;

static GMutex removed_lock;
static GfIoWatch *removed_watches;

static void
gf_io_forget_removed (void)
{
  GfIoWatch *watch;

  g_mutex_lock (&removed_lock);
  watch = g_steal_pointer (&removed_watches);
  g_mutex_unlock (&removed_lock);

  while (watch != NULL)
    {
      GfIoWatch *next = watch->next;

      watch->removed (watch);
      watch = next;
    }
}

static gpointer
gf_io_run (gpointer data G_GNUC_UNUSED)
{
  struct epoll_event events[MAX_EVENTS];

  gf_thread_get ()->is_shared = TRUE;

  for (;;)
    {
      int n = epoll_wait (epoll_fd, events, MAX_EVENTS, -1);

      for (int i = 0; i < n; i++)
        {
          GfIoWatch *watch = events[i].data.ptr;

          if (watch != NULL)
            watch->func (watch, events[i].events);
          else
            {
              guint64 count;

              (void) !read (wake_fd, &count, sizeof count);
            }
        }

      gf_io_forget_removed ();
    }

  return NULL;
}

static void
gf_io_start (void)
{
  static gsize started;

  if (g_once_init_enter (&started))
    {
      struct epoll_event event = { .events = EPOLLIN };

      epoll_fd = epoll_create1 (EPOLL_CLOEXEC);
      wake_fd = eventfd (0, EFD_CLOEXEC | EFD_NONBLOCK);
      if (epoll_fd < 0 || wake_fd < 0 || epoll_ctl (epoll_fd, EPOLL_CTL_ADD, wake_fd, &event) != 0)
        g_error ("Cannot watch worker processes: %s", g_strerror (errno));
      g_thread_unref (g_thread_new ("gf-io", gf_io_run, NULL));

      g_once_init_leave (&started, 1);
    }
}

static void
gf_io_control (int        operation,
               GfIoWatch *watch,
               guint      events)
{
  struct epoll_event event = { .events = events, .data.ptr = watch };

  if (epoll_ctl (epoll_fd, operation, watch->fd, &event) != 0)
    g_critical ("Cannot watch descriptor %d: %s", watch->fd, g_strerror (errno));
}

/* Any thread may call these, for one watch one thread at a time. */
void
gf_io_add (GfIoWatch *watch,
           int        fd,
           guint      events)
{
  gf_io_start ();

  watch->fd = fd;
  gf_io_control (EPOLL_CTL_ADD, watch, events);
}

void
gf_io_modify (GfIoWatch *watch,
              guint      events)
{
  gf_io_control (EPOLL_CTL_MOD, watch, events);
}

/* Between these two not even a hang-up is heard. */
void
gf_io_pause (GfIoWatch *watch)
{
  gf_io_control (EPOLL_CTL_DEL, watch, 0);
  watch->paused = TRUE;
}

void
gf_io_resume (GfIoWatch *watch,
              guint      events)
{
  watch->paused = FALSE;
  gf_io_control (EPOLL_CTL_ADD, watch, events);
}

/* The function may be running, and run once more; then `removed` is called, on
 * the thread. The descriptor may be closed then. */
void
gf_io_remove (GfIoWatch *watch)
{
  guint64 one = 1;

  if (!watch->paused)
    gf_io_control (EPOLL_CTL_DEL, watch, 0);
  watch->fd = -1;

  g_mutex_lock (&removed_lock);
  watch->next = removed_watches;
  removed_watches = watch;
  g_mutex_unlock (&removed_lock);

  (void) !write (wake_fd, &one, sizeof one);
}

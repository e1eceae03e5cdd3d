/* gf-io-private.h - the thread that hears from worker processes
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#ifndef GFUTURES_COMPILATION
#error "A private header of libgfutures."
#endif

#include <glib.h>

G_BEGIN_DECLS

typedef struct _GfIoWatch GfIoWatch;

/* One descriptor that is watched; part of what watches it. */
struct _GfIoWatch
{
  int            fd;       /* -1: it is not watched */
  gboolean       paused;
  /* Runs on the thread: it may not block. @events as of epoll. */
  void         (*func)    (GfIoWatch *self,
                           guint      events);
  /* Runs when the thread has forgotten the watch. */
  void         (*removed) (GfIoWatch *self);
  GfIoWatch     *next;
};

void gf_io_add    (GfIoWatch *watch,
                   int        fd,
                   guint      events);
void gf_io_modify (GfIoWatch *watch,
                   guint      events);
void gf_io_pause  (GfIoWatch *watch);
void gf_io_resume (GfIoWatch *watch,
                   guint      events);
void gf_io_remove (GfIoWatch *watch);

G_END_DECLS

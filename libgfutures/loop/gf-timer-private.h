/* gf-timer-private.h - deadlines, for all of the library on one thread
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#ifndef GFUTURES_COMPILATION
#error "A private header of libgfutures."
#endif

#include <glib.h>

G_BEGIN_DECLS

typedef struct _GfTimer GfTimer;

/* Runs on the timer thread: short, and nothing of the application's. */
typedef void (*GfTimerFunc) (gpointer data);

GfTimer *gf_timer_start (gint64         deadline,
                         GfTimerFunc    func,
                         gpointer       data,
                         GDestroyNotify destroy);
void     gf_timer_stop  (GfTimer       *self);
void     gf_timer_unref (GfTimer       *self);

G_END_DECLS

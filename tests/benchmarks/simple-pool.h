/* simple-pool.h - the pool an application writes when it has none
 *
 * A peer of the benchmarks, and a fair one: a GObject per task to hold the
 * result, linked into the queue without another allocation, and a worker is
 * woken only when one sleeps.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

typedef gpointer (*SimpleFunc) (gpointer data);

typedef struct _SimplePool SimplePool;

#define SIMPLE_TYPE_PROMISE (simple_promise_get_type ())
G_DECLARE_FINAL_TYPE (SimplePromise, simple_promise, SIMPLE, PROMISE, GObject)

SimplePool    *simple_pool_new     (guint          n_threads);
void           simple_pool_free    (SimplePool    *self);
SimplePromise *simple_pool_submit  (SimplePool    *self,
                                    SimpleFunc     func,
                                    gpointer       data);
gpointer       simple_promise_wait (SimplePromise *self);

G_END_DECLS

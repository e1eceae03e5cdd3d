/* test-deliveries.h - what the tests of deliveries and of ends have in common
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "gf-test.h"

static inline void
count_cb (GfFuture *future,
          gpointer  counter)
{
  ++*(guint *) counter;
}

static inline void
gated_task (GfPromise  *promise,
            gpointer    gate,
            GError    **error)
{
  test_gate_pass (gate);
}

static inline void
answer_task (GfPromise  *promise,
             gpointer    user_data,
             GError    **error)
{
  gf_promise_resolve_int (promise, 42);
}

static inline void
closure_release (gpointer  data,
                 GClosure *closure)
{
  g_object_unref (data);
}

static inline void
count_weak_cb (gpointer  counter,
               GObject  *object)
{
  ++*(guint *) counter;
}

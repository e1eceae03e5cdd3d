/* gf-future-handle.c - knowing of a future without keeping it
 *
 * Those who wait for a promise must not keep it: when nobody is left who could
 * settle it, it breaks. They share one handle, for a #GWeakRef of each would lie
 * in a list that GObject searches.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "gf-future-private.h"

void
gf_handle_unref (GfHandle *self)
{
  if (!g_atomic_int_dec_and_test (&self->ref_count))
    return;

  g_weak_ref_clear (&self->future);
  g_free (self);
}

/* The handle, a reference. The caller keeps the future. */
GfHandle *
gf_future_get_handle (GfFuture *self)
{
  GfHandle *handle = atomic_load_explicit (&self->handle, memory_order_acquire);
  GfHandle *made;

  if (handle == NULL)
    {
      made = g_new0 (GfHandle, 1);
      made->ref_count = 1; /* the future's */
      g_weak_ref_init (&made->future, self);

      if (atomic_compare_exchange_strong_explicit (&self->handle, &handle, made,
                                                   memory_order_acq_rel, memory_order_acquire))
        handle = made;
      else
        gf_handle_unref (made);
    }

  g_atomic_int_inc (&handle->ref_count);

  return handle;
}

/* A reference, or NULL: it is gone, or going. */
GfFuture *
gf_handle_get_future (GfHandle *self)
{
  return g_weak_ref_get (&self->future);
}

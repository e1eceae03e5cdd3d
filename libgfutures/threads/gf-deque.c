/* gf-deque.c - a work-stealing deque
 *
 * D. Chase, Y. Lev: "Dynamic circular work-stealing deque" (SPAA 2005), with the
 * memory orders of N. M. Lê, A. Pop, A. Cohen, F. Zappa Nardelli: "Correct and
 * efficient work-stealing for weak memory models" (PPoPP 2013). Where they have a
 * sequentially consistent fence between two accesses, the accesses themselves
 * are sequentially consistent here: it costs the same on common processors, and
 * ThreadSanitizer understands it.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "gf-deque-private.h"

#define FIRST_CAPACITY 256

struct _GfDequeArray
{
  gint64             capacity; /* a power of two */
  _Atomic (gpointer) slots[];
};

static GfDequeArray *
gf_deque_array_new (gint64 capacity)
{
  GfDequeArray *array = g_malloc (sizeof (GfDequeArray) + capacity * sizeof (gpointer));

  array->capacity = capacity;

  return array;
}

static inline _Atomic (gpointer) *
gf_deque_array_slot (GfDequeArray *array,
                     gint64        index)
{
  return &array->slots[index & (array->capacity - 1)];
}

void
gf_deque_init (GfDeque *self)
{
  atomic_init (&self->top, 0);
  atomic_init (&self->bottom, 0);
  atomic_init (&self->array, gf_deque_array_new (FIRST_CAPACITY));
  self->outgrown = NULL;
}

void
gf_deque_clear (GfDeque *self)
{
  g_free (atomic_load_explicit (&self->array, memory_order_relaxed));
  g_slist_free_full (self->outgrown, g_free);
}

static GfDequeArray *
gf_deque_grow (GfDeque      *self,
               GfDequeArray *array,
               gint64        top,
               gint64        bottom)
{
  GfDequeArray *larger = gf_deque_array_new (2 * array->capacity);

  for (gint64 i = top; i < bottom; i++)
    {
      gpointer item = atomic_load_explicit (gf_deque_array_slot (array, i), memory_order_relaxed);

      atomic_store_explicit (gf_deque_array_slot (larger, i), item, memory_order_relaxed);
    }

  /* Together they are never larger than the one in use. */
  self->outgrown = g_slist_prepend (self->outgrown, array);
  /* Release: partner of the acquire in gf_deque_steal(). */
  atomic_store_explicit (&self->array, larger, memory_order_release);

  return larger;
}

/* By the owner. Sequentially consistent at the end: who pushes and then finds
 * nobody awake, and who finds nothing and then sleeps, see each other. */
void
gf_deque_push (GfDeque *self,
               gpointer item)
{
  gint64 bottom = atomic_load_explicit (&self->bottom, memory_order_relaxed);
  gint64 top = atomic_load_explicit (&self->top, memory_order_acquire);
  GfDequeArray *array = atomic_load_explicit (&self->array, memory_order_relaxed);

  if (bottom - top >= array->capacity)
    array = gf_deque_grow (self, array, top, bottom);

  atomic_store_explicit (gf_deque_array_slot (array, bottom), item, memory_order_relaxed);
  /* Release: partner of the load of bottom in gf_deque_steal(), for the slot and
   * for what the item points to. */
  atomic_store_explicit (&self->bottom, bottom + 1, memory_order_seq_cst);
}

/* By the owner: the youngest. */
gpointer
gf_deque_take (GfDeque *self)
{
  gint64 bottom = atomic_load_explicit (&self->bottom, memory_order_relaxed) - 1;
  GfDequeArray *array = atomic_load_explicit (&self->array, memory_order_relaxed);
  gpointer item;
  gint64 top;

  /* Without this look, an empty deque would cost the store below. A thief only
   * makes it emptier. */
  if (atomic_load_explicit (&self->top, memory_order_relaxed) > bottom)
    return NULL;

  /* Sequentially consistent: partner of the two loads in gf_deque_steal(). Either
   * the thief sees the lower bottom, or this sees the higher top. */
  atomic_store_explicit (&self->bottom, bottom, memory_order_seq_cst);
  top = atomic_load_explicit (&self->top, memory_order_seq_cst);

  if (top > bottom)
    {
      atomic_store_explicit (&self->bottom, bottom + 1, memory_order_relaxed);
      return NULL;
    }

  item = atomic_load_explicit (gf_deque_array_slot (array, bottom), memory_order_relaxed);
  if (top < bottom)
    return item;

  /* The last one: a race with the thieves, at the top. */
  if (!atomic_compare_exchange_strong_explicit (&self->top, &top, top + 1,
                                                memory_order_seq_cst, memory_order_relaxed))
    item = NULL;
  atomic_store_explicit (&self->bottom, bottom + 1, memory_order_relaxed);

  return item;
}

/* By anybody: the oldest. NULL if there is none, or another thief was faster. */
gpointer
gf_deque_steal (GfDeque *self)
{
  gint64 top = atomic_load_explicit (&self->top, memory_order_seq_cst);
  gint64 bottom = atomic_load_explicit (&self->bottom, memory_order_seq_cst);
  GfDequeArray *array;
  gpointer item;

  if (top >= bottom)
    return NULL;

  array = atomic_load_explicit (&self->array, memory_order_acquire);
  item = atomic_load_explicit (gf_deque_array_slot (array, top), memory_order_relaxed);

  if (!atomic_compare_exchange_strong_explicit (&self->top, &top, top + 1,
                                                memory_order_seq_cst, memory_order_relaxed))
    return NULL;

  return item;
}

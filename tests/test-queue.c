/* test-queue.c - the queue of many producers, and what takes from it
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "loop/gf-queue-private.h"
#include "threads/gf-injector-private.h"
#include "executor/gf-lanes-private.h"

#define N_ITEMS     (g_test_slow () ? 5000000u : 200000u) /* a producer */
#define N_PRODUCERS 2
#define N_CONSUMERS 2

typedef struct
{
  GfHomeItem item;
  guint      producer;
  guint      number;
  gint       n_taken;
} Item;

static void
test_first_in_first_out (void)
{
  GfQueue queue;
  Item items[5] = { 0 };

  gf_queue_init (&queue);
  g_assert_false (gf_queue_has_items (&queue));
  g_assert_null (gf_queue_take (&queue));

  /* Twice, so that the stub goes round. */
  for (guint round = 0; round < 2; round++)
    {
      for (guint i = 0; i < G_N_ELEMENTS (items); i++)
        gf_queue_push (&queue, &items[i].item);
      g_assert_true (gf_queue_has_items (&queue));
      for (guint i = 0; i < G_N_ELEMENTS (items); i++)
        g_assert_true (gf_queue_take (&queue) == &items[i].item);
      g_assert_null (gf_queue_take (&queue));
      g_assert_false (gf_queue_has_items (&queue));
    }
}

typedef struct
{
  GfInjector injector;
  Item      *items[N_PRODUCERS];
  gint       n_taken;
} Race;

typedef struct
{
  Race *race;
  guint number;
} Racer;

static gpointer
produce (gpointer data)
{
  Racer *self = data;

  for (guint i = 0; i < N_ITEMS; i++)
    {
      Item *item = &self->race->items[self->number][i];

      item->producer = self->number;
      item->number = i;
      gf_injector_push (&self->race->injector, &item->item);
    }

  return NULL;
}

static gpointer
consume (gpointer data)
{
  Racer *self = data;
  gint64 last[N_PRODUCERS] = { -1, -1 };

  while ((guint) g_atomic_int_get (&self->race->n_taken) < N_PRODUCERS * N_ITEMS)
    {
      GfHomeItem *items[7];
      guint n = gf_injector_take (&self->race->injector, items, G_N_ELEMENTS (items));

      for (guint i = 0; i < n; i++)
        {
          Item *item = (Item *) items[i];

          g_assert_cmpint (g_atomic_int_add (&item->n_taken, 1), ==, 0);
          /* What one producer pushed, one consumer sees in order. */
          g_assert_cmpint (item->number, >, last[item->producer]);
          last[item->producer] = item->number;
        }
      g_atomic_int_add (&self->race->n_taken, n);
    }

  return NULL;
}

static void
test_nothing_is_lost_or_doubled (void)
{
  Race race = { .n_taken = 0 };
  GThread *threads[N_PRODUCERS + N_CONSUMERS];
  Racer racers[N_PRODUCERS + N_CONSUMERS];

  gf_injector_init (&race.injector);

  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    {
      racers[i] = (Racer) { &race, i };
      if (i < N_PRODUCERS)
        race.items[i] = g_new0 (Item, N_ITEMS);
    }
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    threads[i] = g_thread_new ("racer", i < N_PRODUCERS ? produce : consume, &racers[i]);
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    g_thread_join (threads[i]);

  g_assert_cmpuint (race.n_taken, ==, N_PRODUCERS * N_ITEMS);
  g_assert_false (gf_injector_has_items (&race.injector));

  for (guint i = 0; i < N_PRODUCERS; i++)
    g_free (race.items[i]);
}

static void
test_lanes_by_priority_then_age (void)
{
  static const int priorities[] = { 5, -1, 200, -1, -300, 5 };
  static const guint expected[] = { 4, 1, 3, 0, 5, 2 };
  Item items[G_N_ELEMENTS (priorities)];
  GfLanes lanes;

  gf_lanes_init (&lanes);
  for (guint i = 0; i < G_N_ELEMENTS (items); i++)
    gf_lanes_push (&lanes, priorities[i], &items[i].item);

  for (guint i = 0; i < 3; i++)
    {
      g_assert_true (gf_lanes_has_urgent (&lanes));
      g_assert_true (gf_lanes_pop (&lanes, TRUE) == &items[expected[i]].item);
    }
  g_assert_false (gf_lanes_has_urgent (&lanes));
  g_assert_null (gf_lanes_pop (&lanes, TRUE));

  for (guint i = 3; i < G_N_ELEMENTS (items); i++)
    {
      g_assert_true (gf_lanes_has_background (&lanes));
      g_assert_true (gf_lanes_pop (&lanes, FALSE) == &items[expected[i]].item);
    }
  g_assert_false (gf_lanes_has_background (&lanes));
  g_assert_null (gf_lanes_pop (&lanes, FALSE));

  gf_lanes_clear (&lanes);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/queue/first-in-first-out", test_first_in_first_out);
  g_test_add_func ("/queue/nothing-is-lost-or-doubled", test_nothing_is_lost_or_doubled);
  g_test_add_func ("/lanes/by-priority-then-age", test_lanes_by_priority_then_age);

  return g_test_run ();
}

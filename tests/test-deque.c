/* test-deque.c - the work-stealing deque
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "threads/gf-deque-private.h"

#define N_ITEMS   (g_test_slow () ? 20000000 : 400000)
#define N_THIEVES 2

static void
test_takes_the_youngest (void)
{
  GfDeque deque;

  gf_deque_init (&deque);
  g_assert_null (gf_deque_take (&deque));
  g_assert_false (gf_deque_has_items (&deque));

  for (guint i = 1; i <= 3; i++)
    gf_deque_push (&deque, GUINT_TO_POINTER (i));
  g_assert_true (gf_deque_has_items (&deque));

  for (guint i = 3; i >= 1; i--)
    g_assert_cmpuint (GPOINTER_TO_UINT (gf_deque_take (&deque)), ==, i);
  g_assert_null (gf_deque_take (&deque));
  g_assert_null (gf_deque_steal (&deque));

  gf_deque_clear (&deque);
}

static void
test_steals_the_oldest (void)
{
  GfDeque deque;

  gf_deque_init (&deque);
  for (guint i = 1; i <= 3; i++)
    gf_deque_push (&deque, GUINT_TO_POINTER (i));

  g_assert_cmpuint (GPOINTER_TO_UINT (gf_deque_steal (&deque)), ==, 1);
  g_assert_cmpuint (GPOINTER_TO_UINT (gf_deque_take (&deque)), ==, 3);
  g_assert_cmpuint (GPOINTER_TO_UINT (gf_deque_steal (&deque)), ==, 2);
  g_assert_null (gf_deque_steal (&deque));

  gf_deque_clear (&deque);
}

static void
test_grows (void)
{
  GfDeque deque;

  gf_deque_init (&deque);

  /* The ring is not at its beginning when it grows. */
  for (guint i = 1; i <= 100; i++)
    gf_deque_push (&deque, GUINT_TO_POINTER (i));
  for (guint i = 1; i <= 100; i++)
    g_assert_cmpuint (GPOINTER_TO_UINT (gf_deque_steal (&deque)), ==, i);
  for (guint i = 1; i <= 10000; i++)
    gf_deque_push (&deque, GUINT_TO_POINTER (i));
  for (guint i = 1; i <= 10000; i++)
    g_assert_cmpuint (GPOINTER_TO_UINT (gf_deque_steal (&deque)), ==, i);

  gf_deque_clear (&deque);
}

typedef struct
{
  GfDeque  deque;
  gint    *seen;
  gint     n_seen;
  guint    n_items;
} Theft;

static void
see (Theft   *theft,
     gpointer item)
{
  /* Items are numbered from 1, NULL is none. */
  g_assert_cmpuint (g_atomic_int_add (&theft->seen[GPOINTER_TO_UINT (item) - 1], 1), ==, 0);
  g_atomic_int_inc (&theft->n_seen);
}

static gpointer
steal (gpointer data)
{
  Theft *theft = data;

  while ((guint) g_atomic_int_get (&theft->n_seen) < theft->n_items)
    {
      gpointer item = gf_deque_steal (&theft->deque);

      if (item != NULL)
        see (theft, item);
    }

  return NULL;
}

/* The owner keeps the deque nearly empty, where owner and thieves race. */
static void
test_nothing_is_lost_or_doubled (void)
{
  Theft theft = { .n_items = N_ITEMS };
  GThread *thieves[N_THIEVES];
  gpointer item;
  guint next = 1;

  gf_deque_init (&theft.deque);
  theft.seen = g_new0 (gint, theft.n_items);

  for (guint i = 0; i < N_THIEVES; i++)
    thieves[i] = g_thread_new ("thief", steal, &theft);

  while (next <= theft.n_items)
    {
      guint n = 1 + next % 5;

      for (guint i = 0; i < n && next <= theft.n_items; i++)
        gf_deque_push (&theft.deque, GUINT_TO_POINTER (next++));
      for (guint i = 0; i < n; i++)
        if ((item = gf_deque_take (&theft.deque)) != NULL)
          see (&theft, item);
    }
  while ((item = gf_deque_take (&theft.deque)) != NULL)
    see (&theft, item);

  for (guint i = 0; i < N_THIEVES; i++)
    g_thread_join (thieves[i]);

  g_assert_cmpuint (theft.n_seen, ==, theft.n_items);
  g_assert_false (gf_deque_has_items (&theft.deque));

  g_free (theft.seen);
  gf_deque_clear (&theft.deque);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/deque/takes-the-youngest", test_takes_the_youngest);
  g_test_add_func ("/deque/steals-the-oldest", test_steals_the_oldest);
  g_test_add_func ("/deque/grows", test_grows);
  g_test_add_func ("/deque/nothing-is-lost-or-doubled", test_nothing_is_lost_or_doubled);

  return g_test_run ();
}

/* chain-and-group.c - says what happens with several results, or if one is missing
 *
 * What to notice: gf_future_then() is skipped if a root cannot be found,
 * gf_future_catch() if all are, and gf_future_finally() never; the last future of the
 * chain stands for all of it. The search for the root of 2 would not end: it is
 * cancelled as soon as the other one has failed, as nobody wants its result any more.
 *
 *   cc chain-and-group.c -o chain-and-group \
 *     $(pkg-config --cflags --libs libgfutures-1) && ./chain-and-group
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <gfutures.h>

/* Runs on a thread of the pool */
static void
find_root (GfPromise *promise, gpointer data, GError **error)
{
  int square = GPOINTER_TO_INT (data);

  if (square < 0)
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                   "%d has no root", square);
      return;
    }

  for (guint root = 0; !gf_promise_should_stop (promise); root++)
    if (root * root == (guint) square)
      {
        gf_promise_resolve_int (promise, (int) root);
        return;
      }
}

/* In the main loop, as the next two: all roots were found */
static GfFuture *
print_sum (GfFuture *all, gpointer data, GError **error)
{
  int sum = 0;

  for (guint i = 0; i < g_list_model_get_n_items (G_LIST_MODEL (all)); i++)
    {
      g_autoptr (GfFuture) root = g_list_model_get_item (G_LIST_MODEL (all), i);

      sum += gf_future_get_int (root, NULL);
    }
  g_print ("The sum of the roots is %d\n", sum);

  return NULL;
}

/* One has failed */
static GfFuture *
print_error (GfFuture *failed, gpointer data, GError **error)
{
  g_print ("%s\n", gf_future_get_error (failed)->message);

  return NULL;
}

/* In any case */
static GfFuture *
print_end (GfFuture *either, gpointer data, GError **error)
{
  g_print ("That is all\n");

  return NULL;
}

static void
add_roots (GfFuture **roots, gsize n_roots)
{
  g_autoptr (GfFutureSet) all = gf_future_all (roots, n_roots);
  g_autoptr (GfFuture) printed = gf_future_then (GF_FUTURE (all), print_sum, NULL, NULL);
  g_autoptr (GfFuture) caught = gf_future_catch (printed, print_error, NULL, NULL);
  g_autoptr (GfFuture) end = gf_future_finally (caught, print_end, NULL, NULL);

  gf_future_run_until_done (end, NULL, NULL);
}

int
main (void)
{
  g_autoptr (GfExecutor) pool = gf_thread_pool_executor_new (2);
  const int squares[] = { 144, 900, -1, 2 };
  GfFuture *roots[G_N_ELEMENTS (squares)];

  for (guint i = 0; i < G_N_ELEMENTS (squares); i++)
    roots[i] = gf_executor_submit (pool, find_root, GINT_TO_POINTER (squares[i]), NULL);
  add_roots (roots, 2);
  add_roots (roots + 2, 2);

  /* Returns when the last search has ended */
  gf_executor_shutdown (pool, TRUE, FALSE);
  for (guint i = 0; i < G_N_ELEMENTS (squares); i++)
    {
      if (gf_future_is_cancelled (roots[i]))
        g_print ("The search for the root of %d was cancelled\n", squares[i]);
      g_object_unref (roots[i]);
    }

  return 0;
}

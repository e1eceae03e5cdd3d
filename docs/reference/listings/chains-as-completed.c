#include <gfutures.h>

static void
print_as_they_come (GfFuture **futures, gsize n_futures)
{
  g_autoptr (GfFutureIterator) iterator = gf_as_completed (futures, n_futures);
  GfFuture *future;

  while ((future = gf_future_iterator_next (iterator, -1, NULL, NULL)) != NULL)
    {
      g_print ("%s\n", gf_future_get_label (future));
      g_object_unref (future);
    }
}

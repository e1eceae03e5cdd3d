#include <gfutures.h>

static GfFuture *
query (GFile *file)
{
  GfPromise *promise = gf_promise_new ();

  g_file_query_info_async (file, "standard::*", G_FILE_QUERY_INFO_NONE, G_PRIORITY_DEFAULT,
                           gf_promise_get_cancellable (promise), gf_promise_ready,
                           gf_promise_finish_with (promise, G_TYPE_FILE_INFO,
                                                   G_CALLBACK (g_file_query_info_finish)));
  return GF_FUTURE (promise);
}

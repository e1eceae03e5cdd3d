/* gf-function.c - functions that are called by name
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "gf-function.h"

#include "../future/gf-future-private.h"
#include "../loop/gf-thread-private.h"
#include "../future/gf-error.h"
#include "gf-function-private.h"
#include "gf-variant-private.h"

/**
 * SECTION:gf-function
 * @title: Functions
 * @short_description: functions that are called by name
 *
 * gf_executor_call() names what is to run instead of pointing at it, so that it
 * may run in another thread, another process or another language. The names are
 * registered with gf_function_register():
 *
 * |[<!-- language="C" -->
 * #include <gfutures.h>
 *
 * static GVariant *
 * square (GVariant *arguments, GfPromise *promise, gpointer user_data, GError **error)
 * {
 *   gint64 x;
 *
 *   if (arguments == NULL || !g_variant_is_of_type (arguments, G_VARIANT_TYPE ("(x)")))
 *     {
 *       g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
 *                            "square takes one integer, (x)");
 *       return NULL;
 *     }
 *
 *   g_variant_get (arguments, "(x)", &x);
 *   return g_variant_new_int64 (x * x);
 * }
 *
 * int
 * main (void)
 * {
 *   g_autoptr (GfFuture) future = NULL;
 *   g_autoptr (GError) error = NULL;
 *   GVariant *result;
 *
 *   gf_function_register ("square", square, NULL, NULL);
 *   future = gf_executor_call (gf_thread_pool_executor_get_default (),
 *                              "square", g_variant_new ("(x)", (gint64) 12));
 *   if (!gf_future_run_until_done (future, NULL, &error) ||
 *       (result = gf_future_get_variant (future, &error)) == NULL)
 *     g_error ("%s", error->message);
 *   g_print ("%" G_GINT64_FORMAT "\n", g_variant_get_int64 (result));
 *
 *   return 0;
 * }
 * ]|
 */

typedef struct
{
  GfFunction     function;
  gpointer       data;
  GDestroyNotify destroy;
  GThread       *owner;   /* the only thread that may run it, or NULL */
  GfHome        *home;    /* where the data belongs */
  guint          creator;
  int            ref_count;
} GfFunctionEntry;

static GRWLock functions_lock;
static GHashTable *functions;     /* name → GfFunctionEntry */
static GfFunctionEntry *fallback; /* for the names that are not there, or NULL */

static void
gf_function_entry_unref (GfFunctionEntry *entry)
{
  if (!g_atomic_int_dec_and_test (&entry->ref_count))
    return;

  if (entry->destroy != NULL)
    gf_home_release (entry->home, entry->creator, entry->data, entry->destroy);
  gf_home_unref (entry->home);
  g_free (entry);
}

/**
 * gf_function_register:
 * @name: (nullable): a name, or %NULL for every name that nobody has registered
 * @function: (scope notified) (closure user_data) (destroy destroy): the function
 * @user_data: data for @function
 * @destroy: (nullable): how to release @user_data
 *
 * Registers @function under @name, for gf_executor_call() in this process. A
 * later registration of the same name replaces the earlier one; calls that have
 * begun end as they began. @user_data is released in the thread-default context
 * of the caller, when it has been replaced and no call uses it.
 *
 * With %NULL, @function is called for the names that are not registered, in
 * place of the error %GF_FUTURE_ERROR_UNKNOWN_FUNCTION: for languages that find
 * functions by themselves. It asks gf_promise_get_function() which one is meant,
 * and sets that error itself if there is none. There is one such function, and a
 * later registration replaces it too.
 *
 * @function runs on whichever thread the executor chooses, possibly on several
 * at once. A JavaScript function can run on its own thread only: called on a
 * pool, the future fails with %G_IO_ERROR_NOT_SUPPORTED.
 *
 * Any thread may call this.
 *
 * Since: 1.0
 */
void
gf_function_register (const char    *name,
                      GfFunction     function,
                      gpointer       user_data,
                      GDestroyNotify destroy)
{
  gf_function_add (name, function, user_data, destroy, gf_callback_is_bound (destroy));
}

/* @is_bound: only the calling thread may run it. */
void
gf_function_add (const char    *name,
                 GfFunction     function,
                 gpointer       user_data,
                 GDestroyNotify destroy,
                 gboolean       is_bound)
{
  GfFunctionEntry *entry;
  gpointer old_name = NULL;
  gpointer old_entry = NULL;

  g_return_if_fail (name == NULL || *name != '\0');
  g_return_if_fail (function != NULL);

  entry = g_new0 (GfFunctionEntry, 1);
  entry->function = function;
  entry->data = user_data;
  entry->destroy = destroy;
  entry->owner = is_bound ? g_thread_self () : NULL;
  entry->home = gf_home_get_current ();
  entry->creator = gf_thread_get_creator (gf_thread_get ());
  entry->ref_count = 1;

  g_rw_lock_writer_lock (&functions_lock);
  if (name == NULL)
    {
      old_entry = fallback;
      fallback = entry;
    }
  else
    {
      if (functions == NULL)
        functions = g_hash_table_new (g_str_hash, g_str_equal);
      g_hash_table_steal_extended (functions, name, &old_name, &old_entry);
      g_hash_table_insert (functions, g_strdup (name), entry);
    }
  g_rw_lock_writer_unlock (&functions_lock);

  g_free (old_name);
  if (old_entry != NULL)
    gf_function_entry_unref (old_entry);
}

/* The function of that name, a reference; NULL: none, or none that may run in
 * this thread. */
static GfFunctionEntry *
gf_function_lookup (const char *name,
                    GError    **error)
{
  GfFunctionEntry *entry;

  g_rw_lock_reader_lock (&functions_lock);
  entry = functions != NULL ? g_hash_table_lookup (functions, name) : NULL;
  if (G_UNLIKELY (entry == NULL))
    entry = fallback;
  if (entry != NULL)
    g_atomic_int_inc (&entry->ref_count);
  g_rw_lock_reader_unlock (&functions_lock);

  if (entry == NULL)
    {
      g_set_error (error, GF_FUTURE_ERROR, GF_FUTURE_ERROR_UNKNOWN_FUNCTION,
                   "There is no function “%s”: register it with gf_function_register()", name);
      return NULL;
    }

  if (entry->owner != NULL && entry->owner != g_thread_self ())
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED,
                   "The function “%s” is written in JavaScript and cannot run on another thread: "
                   "call it on a main context’s executor", name);
      g_clear_pointer (&entry, gf_function_entry_unref);
    }

  return entry;
}

/* Calls it for each item, and gives an array of the results. */
static GVariant *
gf_function_map (GfFunctionEntry *entry,
                 const char      *name,
                 GVariant        *items,
                 GfPromise       *promise,
                 GError         **error)
{
  gsize n_items = g_variant_n_children (items);
  GfGather gather;

  gf_gather_init (&gather, n_items);

  for (gsize i = 0; i < n_items; i++)
    {
      GVariant *item = g_variant_get_child_value (items, i);
      GVariant *result = entry->function (item, promise, entry->data, error);
      guint state = gf_future_load_state ((GfFuture *) promise);

      g_variant_unref (item);
      /* It failed its promise, with details perhaps: that is what the map has
       * come to. */
      if ((state & GF_STATE_MASK) == GF_FUTURE_STATE_FAILED &&
          !(state & (GF_STATE_TIMED_OUT | GF_STATE_HELD)))
        {
          g_clear_pointer (&result, g_variant_unref);
          g_clear_error (error);
          gf_gather_clear (&gather);
          return NULL;
        }
      if (*error == NULL &&
          ((state & GF_STATE_MASK) == GF_FUTURE_STATE_CANCELLED || (state & GF_STATE_TIMED_OUT)))
        g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_CANCELLED, "The map was cancelled");
      else if (*error == NULL && (gf_state_is_settled (state) || (state & GF_STATE_HELD)))
        g_set_error (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED,
                     "“%s” holds or settles its promise, and cannot be mapped: a function that is "
                     "mapped has to return its result", name);
      if (*error != NULL)
        {
          g_clear_pointer (&result, g_variant_unref);
          gf_gather_clear (&gather);
          return NULL;
        }

      /* Nothing, in an array of variants, is the empty tuple. */
      gf_gather_add (&gather, result != NULL ? result : g_variant_new_tuple (NULL, 0));
    }

  return gf_gather_end (&gather);
}

/* Calls the function of that name, in this thread. The result may be floating.
 * NULL if there is an error, and for nothing. */
GVariant *
gf_function_call (const char *name,
                  GVariant   *arguments,
                  GfPromise  *promise,
                  GError    **error)
{
  GfFunctionEntry *entry = gf_function_lookup (name, error);
  GVariant *result;

  if (entry == NULL)
    return NULL;

  if (G_UNLIKELY (gf_future_load_state ((GfFuture *) promise) & GF_STATE_MAP))
    result = gf_function_map (entry, name, arguments, promise, error);
  else
    result = entry->function (arguments, promise, entry->data, error);
  gf_function_entry_unref (entry);

  if (G_UNLIKELY (*error != NULL))
    g_clear_pointer (&result, g_variant_unref);

  return result;
}

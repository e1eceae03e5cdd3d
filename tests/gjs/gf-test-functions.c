/* gf-test-functions.c - functions in C for the tests of other languages
 *
 * A language whose callables cannot run on worker threads calls C functions by
 * name; these are the ones that its tests call.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "gf-test-functions.h"

#ifdef __GLIBC__
#include <malloc.h>
#endif

static gint n_calls;
static gint n_stopped;

static GVariant *
square (GVariant   *arguments,
        GfPromise  *promise,
        gpointer    user_data,
        GError    **error)
{
  gint32 x;

  g_atomic_int_inc (&n_calls);
  if (arguments != NULL && g_variant_is_of_type (arguments, G_VARIANT_TYPE ("(i)")))
    {
      g_variant_get (arguments, "(i)", &x);
    }
  else if (arguments != NULL && g_variant_is_of_type (arguments, G_VARIANT_TYPE_INT32))
    {
      x = g_variant_get_int32 (arguments);
    }
  else
    {
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT, "test.square takes an integer");
      return NULL;
    }
  return g_variant_new_int32 (x * x);
}

static GVariant *
fail (GVariant   *arguments,
      GfPromise  *promise,
      gpointer    user_data,
      GError    **error)
{
  g_atomic_int_inc (&n_calls);
  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND, "test.fail fails");
  return NULL;
}

static GVariant *
sleep_until_cancelled (GVariant   *arguments,
                       GfPromise  *promise,
                       gpointer    user_data,
                       GError    **error)
{
  GCancellable *cancellable = gf_promise_get_cancellable (promise);
  GPollFD fd;

  g_atomic_int_inc (&n_calls);
  gf_promise_set_progress (promise, 0.5, "asleep");
  if (g_cancellable_make_pollfd (cancellable, &fd))
    {
      g_poll (&fd, 1, -1);
      g_cancellable_release_fd (cancellable);
    }
  if (gf_promise_should_stop (promise))
    g_atomic_int_inc (&n_stopped);
  return NULL;
}

static GVariant *
count (GVariant   *arguments,
       GfPromise  *promise,
       gpointer    user_data,
       GError    **error)
{
  guint n = 0;

  g_atomic_int_inc (&n_calls);
  g_variant_get (arguments, "(u)", &n);
  for (guint i = 1; i <= n; i++)
    gf_promise_set_progress (promise, (double) i / n, "counting");
  return g_variant_new_uint32 (n);
}

/**
 * gf_test_register_functions:
 *
 * Registers `test.square`, which takes an `i` or an `(i)` and returns an `i`;
 * `test.fail`, which fails with %G_IO_ERROR_NOT_FOUND; `test.count`, which takes
 * a `(u)` and reports its progress as often; and `test.sleep-until-cancelled`,
 * which reports progress 0.5 first.
 */
void
gf_test_register_functions (void)
{
  gf_function_register ("test.square", square, NULL, NULL);
  gf_function_register ("test.fail", fail, NULL, NULL);
  gf_function_register ("test.count", count, NULL, NULL);
  gf_function_register ("test.sleep-until-cancelled", sleep_until_cancelled, NULL, NULL);
}

/**
 * gf_test_get_n_calls:
 *
 * How often functions of this library were called.
 *
 * Returns: the number of calls
 */
guint
gf_test_get_n_calls (void)
{
  return g_atomic_int_get (&n_calls);
}

/**
 * gf_test_get_n_stopped:
 *
 * How often `test.sleep-until-cancelled` was told to stop.
 *
 * Returns: the number of calls that were stopped
 */
guint
gf_test_get_n_stopped (void)
{
  return g_atomic_int_get (&n_stopped);
}

/* As a module of the stock worker. */
void gf_module_register (void);

__attribute__ ((visibility ("default"))) void
gf_module_register (void)
{
  gf_test_register_functions ();
}

/**
 * gf_test_get_allocated:
 *
 * Returns: how many bytes of malloc()'s memory are in use, in all of the process
 */
guint64
gf_test_get_allocated (void)
{
#ifdef __GLIBC__
  struct mallinfo2 info = mallinfo2 ();

  return (guint64) info.uordblks + info.hblkhd;
#else
  return 0;
#endif
}

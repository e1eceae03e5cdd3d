/* test-module.c - a module for the stock worker
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <gfutures.h>

void gf_module_register (void);

static GVariant *
add (GVariant  *arguments,
     GfPromise *promise,
     gpointer   user_data,
     GError   **error)
{
  gint32 a, b;

  g_variant_get (arguments, "(ii)", &a, &b);
  return g_variant_new_int32 (a + b);
}

G_MODULE_EXPORT void
gf_module_register (void)
{
  gf_function_register ("module.add", add, NULL, NULL);
}

/* gf-test-functions.h - functions in C for the tests of other languages
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <gfutures.h>

G_BEGIN_DECLS

void  gf_test_register_functions (void);
guint gf_test_get_n_calls        (void);
guint gf_test_get_n_stopped      (void);

guint64 gf_test_get_allocated (void);

G_END_DECLS

/* gf-error.h - the error domain of libgfutures
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#if !defined (GFUTURES_INSIDE) && !defined (GFUTURES_COMPILATION)
#error "Only <gfutures.h> can be included directly."
#endif

#include "../gf-types.h"

G_BEGIN_DECLS

/**
 * GfFutureError:
 * @GF_FUTURE_ERROR_SHUT_DOWN: the executor was shut down and takes no more tasks
 * @GF_FUTURE_ERROR_BROKEN_EXECUTOR: the executor cannot start its workers
 * @GF_FUTURE_ERROR_WORKER_DIED: the worker process died while it ran the task
 * @GF_FUTURE_ERROR_UNKNOWN_FUNCTION: no function of that name is registered
 * @GF_FUTURE_ERROR_INVALID_STATE: the operation makes no sense in this state,
 *   waiting for oneself for example
 * @GF_FUTURE_ERROR_BROKEN_PROMISE: the last hold on a promise was dropped and
 *   nobody had settled it
 * @GF_FUTURE_ERROR_PROTOCOL: a worker process sent what makes no sense
 * @GF_FUTURE_ERROR_MESSAGE_TOO_LARGE: the arguments or the result are larger
 *   than the executor transports
 * @GF_FUTURE_ERROR_REMOTE: a worker reported an error that has no domain here
 *
 * Codes of the %GF_FUTURE_ERROR domain.
 *
 * Where GIO has a code of the same meaning, that one is used:
 * %G_IO_ERROR_CANCELLED, %G_IO_ERROR_TIMED_OUT, %G_IO_ERROR_PENDING,
 * %G_IO_ERROR_NOT_SUPPORTED and %G_IO_ERROR_INVALID_ARGUMENT.
 *
 * Since: 1.0
 */
typedef enum {
  GF_FUTURE_ERROR_SHUT_DOWN,
  GF_FUTURE_ERROR_BROKEN_EXECUTOR,
  GF_FUTURE_ERROR_WORKER_DIED,
  GF_FUTURE_ERROR_UNKNOWN_FUNCTION,
  GF_FUTURE_ERROR_INVALID_STATE,
  GF_FUTURE_ERROR_BROKEN_PROMISE,
  GF_FUTURE_ERROR_PROTOCOL,
  GF_FUTURE_ERROR_MESSAGE_TOO_LARGE,
  GF_FUTURE_ERROR_REMOTE
} GfFutureError;

/**
 * GF_FUTURE_ERROR:
 *
 * The error domain of libgfutures, with the codes of #GfFutureError.
 *
 * Since: 1.0
 */
#define GF_FUTURE_ERROR (gf_future_error_quark ())

GF_AVAILABLE_IN_1_0
GQuark gf_future_error_quark    (void);

GF_AVAILABLE_IN_1_0
GType  gf_future_error_get_type (void) G_GNUC_CONST;
/**
 * GF_TYPE_FUTURE_ERROR:
 *
 * The #GType of #GfFutureError.
 *
 * Since: 1.0
 */
#define GF_TYPE_FUTURE_ERROR (gf_future_error_get_type ())

GF_AVAILABLE_IN_1_0
void   gf_error_set_remote_traceback (const GError *error,
                                      const char   *traceback);
GF_AVAILABLE_IN_1_0
char  *gf_error_get_remote_traceback (const GError *error);

G_END_DECLS

/* gf-error.c - the error domain of libgfutures
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "gf-error.h"

/**
 * SECTION:gf-error
 * @title: Errors
 * @short_description: the error domain of libgfutures
 *
 * Functions of this library fail with %GF_FUTURE_ERROR, or with a code of
 * %G_IO_ERROR where GIO has one that means the same. A task's own errors keep
 * their domain, code and message.
 */

G_DEFINE_QUARK (gf-future-error-quark, gf_future_error)

G_DEFINE_ENUM_TYPE (GfFutureError, gf_future_error,
                    G_DEFINE_ENUM_VALUE (GF_FUTURE_ERROR_SHUT_DOWN, "shut-down"),
                    G_DEFINE_ENUM_VALUE (GF_FUTURE_ERROR_BROKEN_EXECUTOR, "broken-executor"),
                    G_DEFINE_ENUM_VALUE (GF_FUTURE_ERROR_WORKER_DIED, "worker-died"),
                    G_DEFINE_ENUM_VALUE (GF_FUTURE_ERROR_UNKNOWN_FUNCTION, "unknown-function"),
                    G_DEFINE_ENUM_VALUE (GF_FUTURE_ERROR_INVALID_STATE, "invalid-state"),
                    G_DEFINE_ENUM_VALUE (GF_FUTURE_ERROR_BROKEN_PROMISE, "broken-promise"),
                    G_DEFINE_ENUM_VALUE (GF_FUTURE_ERROR_PROTOCOL, "protocol"),
                    G_DEFINE_ENUM_VALUE (GF_FUTURE_ERROR_MESSAGE_TOO_LARGE, "message-too-large"),
                    G_DEFINE_ENUM_VALUE (GF_FUTURE_ERROR_REMOTE, "remote"))

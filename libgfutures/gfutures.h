/* gfutures.h - the one header of libgfutures that a program includes
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#define GFUTURES_INSIDE

#include "gf-version.h"
#include "future/gf-error.h"
#include "future/gf-future.h"
#include "future/gf-future-iterator.h"
#include "future/gf-future-set.h"
#include "future/gf-promise.h"
#include "future/gf-wait.h"
#include "executor/gf-executor.h"
#include "executor/gf-function.h"
#include "executor/gf-inline-executor.h"
#include "executor/gf-limited-executor.h"
#include "executor/gf-main-context-executor.h"
#include "executor/gf-task-scope.h"
#include "threads/gf-thread-pool-executor.h"
#include "processes/gf-buffer.h"
#include "processes/gf-process-pool-executor.h"
#include "worker/gf-worker.h"

#undef GFUTURES_INSIDE

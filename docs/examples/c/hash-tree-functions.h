/* hash-tree-functions.h - what the workers of hash-tree do
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <gfutures.h>

/* A file: its name and its size, when its directory was listed */
#define FILE_TYPE  "(ayt)"
/* Some files, and before them how many bytes these are */
#define BATCH_TYPE "(ta" FILE_TYPE ")"

/* Registers these functions, in the application and in its worker processes:
 *
 * list-directory  ay (a name) → (aaya(ta(ayt))): the directories in it, and its
 *                 files, in batches: large ones alone, small ones together.
 * hash-file       (ayt) → (us): who did it, a process ID, and the SHA-256. It
 *                 reports how far it came in a file of many chunks, with
 *                 “worker ” and that ID as its status.
 * hash-files      a(ayt) → (ua(bs)): who did it, and for each file TRUE and the
 *                 SHA-256, or FALSE and what went wrong.
 * count-bytes     aay (directories) → t: the bytes of all files below them.
 *
 * All give up once their task is cancelled.
 */
void register_functions (void);

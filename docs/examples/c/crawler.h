/* crawler.h - what both crawlers need, and neither is about
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <gio/gio.h>

/* So many files and directories are open at a time */
#define MAX_OPEN   8

#define ATTRIBUTES "standard::name,standard::type"

/* These two block: they are for a worker thread.
 *
 * list_directory  of GFileInfo: the files and directories in it; symbolic links,
 *                 sockets and the like are left out.
 * count_file      (stt), floating: the line of the table that it belongs to,
 *                 its words and its bytes.
 */
GPtrArray *list_directory  (GFile         *directory,
                            GCancellable  *cancellable,
                            GError       **error);
GVariant  *count_file      (GFile         *file,
                            GCancellable  *cancellable,
                            GError       **error);

/* The words and bytes of each kind of file. It belongs to one thread. */
typedef struct _Table Table;

Table     *table_new       (void);
void       table_free      (Table         *self);
void       table_add       (Table         *self,
                            GVariant      *counts);
void       table_add_error (Table         *self,
                            GFile         *file,
                            const GError  *error);
/* Returns: the exit status: 0, or 1 if there were errors */
int        table_print     (Table         *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Table, table_free)

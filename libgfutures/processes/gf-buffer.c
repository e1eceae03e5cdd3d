/* gf-buffer.c - bytes that travel between processes without a copy
 *
 * A memfd: filled through a shared mapping, then sealed and mapped again. The
 * mappings of sealed ones are known by their address, so that whoever sends
 * bytes that lie in one can send its descriptor instead.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#define _GNU_SOURCE /* memfd_create() */
#include "config.h"

#include "gf-buffer-private.h"

#include "gf-memory-private.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/**
 * SECTION:gf-buffer
 * @title: GfBuffer
 * @short_description: bytes that travel between processes without a copy
 *
 * Arguments and results of a process pool's tasks are copied from one process to
 * the other. For many megabytes that takes time; bytes in a #GfBuffer are shared
 * instead, whatever their size. They are written once, then sealed: from then on
 * nobody can change them, neither here nor in a worker.
 *
 * |[<!-- language="C" -->
 * #include <gfutures.h>
 *
 * GfFuture *
 * my_image_blur (GfExecutor *pool, const guint8 *pixels, gsize size, GError **error)
 * {
 *   g_autoptr (GfBuffer) buffer = gf_buffer_new (size, error);
 *   g_autoptr (GBytes) bytes = NULL;
 *
 *   if (buffer == NULL)
 *     return NULL;
 *
 *   memcpy (gf_buffer_get_data (buffer, NULL), pixels, size);
 *   bytes = gf_buffer_seal (buffer);
 *
 *   return gf_executor_call (pool, "blur",
 *                            g_variant_new_from_bytes (G_VARIANT_TYPE_BYTESTRING, bytes, TRUE));
 * }
 * ]|
 *
 * Any byte array (`ay`) of a message that lies in sealed bytes, or in a part of
 * them, travels this way, alone or inside tuples, dictionaries and variants; so
 * does what a task returns. It saves nothing where the bytes are made elsewhere
 * and copied in; write them there in the first place.
 *
 * A buffer that comes with a call is mapped privately: a program that writes to
 * it all the same changes its own view only. Each sealed buffer holds one file
 * descriptor as long as its bytes live.
 */

/**
 * GfBuffer:
 *
 * Shared memory to fill and seal.
 *
 * Since: 1.0
 */
struct _GfBuffer
{
  int     fd;     /* -1: the memory is this process's own */
  guint8 *data;   /* to fill, a shared mapping; NULL once it is sealed */
  gsize   size;
  GBytes *own;    /* where data is, if it is no mapping */
  GBytes *sealed;
  gboolean was_sent; /* and is empty */
  GMutex  lock;
  int     ref_count;
};

G_DEFINE_BOXED_TYPE (GfBuffer, gf_buffer, gf_buffer_ref, gf_buffer_unref)

#define SEALS (F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE)

/* ---- sealed mappings ---- */

typedef struct
{
  guint8 *data;
  gsize   size;
  guint64 offset; /* in the file, of data */
  int     fd;
} GfMapping;

static GMutex mappings_lock;
static GTree *mappings; /* by address; they do not overlap */

static int
gf_mapping_compare (gconstpointer a,
                    gconstpointer b,
                    gpointer      data G_GNUC_UNUSED)
{
  const GfMapping *x = a, *y = b;

  /* What lies inside the other is equal to it. */
  if (x->data + x->size <= y->data)
    return -1;

  return x->data >= y->data + y->size;
}

static void
gf_mapping_free (gpointer data)
{
  GfMapping *self = data;

  g_mutex_lock (&mappings_lock);
  g_tree_remove (mappings, self);
  g_mutex_unlock (&mappings_lock);

  munmap (self->data, self->size);
  close (self->fd);
  g_free (self);
}

/* The descriptor behind bytes that lie in a sealed mapping, and where they are
 * in it; -1: they do not. It stays open as long as the bytes. */
int
gf_buffer_find_fd (gconstpointer data,
                   gsize         size,
                   guint64      *offset)
{
  GfMapping key = { (guint8 *) data, size, 0, -1 };
  GfMapping *found;
  int fd = -1;

  if (size == 0)
    return -1;

  g_mutex_lock (&mappings_lock);
  found = mappings != NULL ? g_tree_lookup (mappings, &key) : NULL;
  if (found != NULL && key.data >= found->data && size <= (gsize) (found->data + found->size - key.data))
    {
      fd = found->fd;
      *offset = found->offset + (key.data - found->data);
    }
  g_mutex_unlock (&mappings_lock);

  return fd;
}

/* Maps a part of a sealed file, privately: languages hand out writable arrays
 * over it. Takes @fd, in the case of failure too. */
GBytes *
gf_buffer_map (int      fd,
               guint64  offset,
               gsize    size,
               GError **error)
{
  gsize before = (gsize) (offset % (guint64) sysconf (_SC_PAGESIZE));
  GfMapping *mapping;
  struct stat status;
  guint8 *data;
  int seals;

  seals = fcntl (fd, F_GET_SEALS);
  if (seals < 0 || (seals & SEALS) != SEALS)
    {
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                           "The descriptor is not that of a sealed memfd");
      close (fd);
      return NULL;
    }

  if (fstat (fd, &status) != 0 || offset > (guint64) status.st_size ||
      size > (guint64) status.st_size - offset)
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                   "The memfd has fewer than the %" G_GUINT64_FORMAT " bytes that it should", offset + size);
      close (fd);
      return NULL;
    }

  if (size == 0)
    {
      close (fd);
      return g_bytes_new (NULL, 0);
    }

  data = mmap (NULL, before + size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_NORESERVE, fd,
               (off_t) (offset - before));
  if (data == MAP_FAILED)
    {
      int saved_errno = errno;

      g_set_error (error, G_IO_ERROR, g_io_error_from_errno (saved_errno),
                   "Cannot map %" G_GSIZE_FORMAT " bytes: %s", size, g_strerror (saved_errno));
      close (fd);
      return NULL;
    }

  mapping = g_new (GfMapping, 1);
  *mapping = (GfMapping) { data, before + size, offset - before, fd };

  g_mutex_lock (&mappings_lock);
  if (mappings == NULL)
    mappings = g_tree_new_full (gf_mapping_compare, NULL, NULL, NULL);
  g_tree_insert (mappings, mapping, mapping);
  g_mutex_unlock (&mappings_lock);

  return g_bytes_new_with_free_func (data + before, size, gf_mapping_free, mapping);
}

/* ---- buffers ---- */

/* Takes @fd. */
static GfBuffer *
gf_buffer_new_for_memfd (int      fd,
                         gsize    size,
                         GError **error)
{
  GfBuffer *self;
  guint8 *data = NULL;

  if (size > 0)
    {
      data = mmap (NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
      if (data == MAP_FAILED)
        {
          int saved_errno = errno;

          g_set_error (error, G_IO_ERROR, g_io_error_from_errno (saved_errno),
                       "Cannot map %" G_GSIZE_FORMAT " bytes: %s", size, g_strerror (saved_errno));
          close (fd);
          return NULL;
        }
    }

  self = g_new0 (GfBuffer, 1);
  self->fd = fd;
  self->data = data;
  self->size = size;
  self->ref_count = 1;
  g_mutex_init (&self->lock);

  return self;
}

/**
 * gf_buffer_new:
 * @size: how many bytes
 * @error: return location for an error
 *
 * Creates shared memory to fill: @size bytes, all zero. Any thread may call
 * this.
 *
 * Returns: (transfer full): a new buffer; %NULL with @error set to a code of
 *   %G_IO_ERROR if there is no memory or no descriptor for it
 *
 * Since: 1.0
 */
GfBuffer *
gf_buffer_new (gsize    size,
               GError **error)
{
  int fd;

  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  fd = memfd_create ("gf-buffer", MFD_CLOEXEC | MFD_ALLOW_SEALING);
  /* No object in memory may be larger, were there room for it. */
  if (fd < 0 || size > G_MAXSSIZE || ftruncate (fd, (off_t) size) != 0)
    {
      int saved_errno = fd >= 0 && size > G_MAXSSIZE ? EFBIG : errno;

      g_set_error (error, G_IO_ERROR, g_io_error_from_errno (saved_errno),
                   "Cannot create a buffer of %" G_GSIZE_FORMAT " bytes: %s",
                   size, g_strerror (saved_errno));
      if (fd >= 0)
        close (fd);
      return NULL;
    }

  return gf_buffer_new_for_memfd (fd, size, error);
}

/**
 * gf_buffer_new_local:
 * @size: how many bytes
 * @error: return location for an error
 *
 * Creates ordinary memory of this process to fill: what is sent from it is copied.
 * It is of use to languages that cannot make a #GBytes of their memory without a
 * slow copy, and fill this by gf_buffer_write(): large memory is used again and
 * again, which is faster than the shared memory of gf_buffer_new(), whose every page
 * is new. The bytes are of any value at first. Any thread may call this.
 *
 * Returns: (transfer full): a new buffer; %NULL with @error set to
 *   %G_IO_ERROR_NO_SPACE if there is no memory for it
 *
 * Since: 1.0
 */
GfBuffer *
gf_buffer_new_local (gsize    size,
                     GError **error)
{
  GfBuffer *self;
  guint8 *data;
  GBytes *own;

  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  own = gf_memory_new (size, size, &data);
  if (own == NULL)
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_NO_SPACE,
                   "There is no memory for a buffer of %" G_GSIZE_FORMAT " bytes", size);
      return NULL;
    }

  self = g_new0 (GfBuffer, 1);
  self->fd = -1;
  self->data = size > 0 ? data : NULL;
  self->size = size;
  self->own = own;
  self->ref_count = 1;
  g_mutex_init (&self->lock);

  return self;
}

/**
 * gf_buffer_new_from_fd:
 * @fd: the descriptor of a memfd that was created with `MFD_ALLOW_SEALING`; it
 *   is duplicated
 * @size: how many of its bytes, from the first
 * @error: return location for an error
 *
 * Creates a buffer of a memfd that somebody else fills, by write() for example.
 * If it is sealed, so is the buffer. Any thread may call this.
 *
 * Returns: (transfer full): a new buffer; %NULL with @error set to
 *   %G_IO_ERROR_INVALID_ARGUMENT if @fd is no memfd or has fewer bytes, or to
 *   another code of %G_IO_ERROR
 *
 * Since: 1.0
 */
GfBuffer *
gf_buffer_new_from_fd (int      fd,
                       gsize    size,
                       GError **error)
{
  GfBuffer *self;
  struct stat status;
  int seals;
  int own_fd;

  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  seals = fcntl (fd, F_GET_SEALS);
  if (seals < 0 || fstat (fd, &status) != 0 || (guint64) status.st_size < size)
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                   "Descriptor %d is no memfd of at least %" G_GSIZE_FORMAT " bytes", fd, size);
      return NULL;
    }

  own_fd = fcntl (fd, F_DUPFD_CLOEXEC, 3);
  if (own_fd < 0)
    {
      int saved_errno = errno;

      g_set_error (error, G_IO_ERROR, g_io_error_from_errno (saved_errno),
                   "Cannot duplicate the descriptor %d: %s", fd, g_strerror (saved_errno));
      return NULL;
    }

  if (!(seals & F_SEAL_WRITE))
    return gf_buffer_new_for_memfd (own_fd, size, error);

  self = gf_buffer_new_for_memfd (own_fd, 0, error);
  if (self == NULL)
    return NULL;

  self->size = size;
  self->sealed = gf_buffer_map (fcntl (own_fd, F_DUPFD_CLOEXEC, 3), 0, size, error);
  if (self->sealed == NULL)
    g_clear_pointer (&self, gf_buffer_unref);

  return self;
}

/**
 * gf_buffer_new_for_bytes:
 * @bytes: bytes
 *
 * Creates a sealed buffer of bytes that are in shared memory already: those of
 * gf_buffer_seal(), or the byte array (`ay`) of a message that came from another
 * process without a copy (g_variant_get_data_as_bytes()). gf_buffer_dup_fd() then
 * gives a descriptor, for languages that would have to copy the bytes and can map
 * them instead; @bytes begin at the first byte of it. gf_buffer_seal() gives
 * @bytes.
 *
 * A part of such bytes is good too if it begins where they do. What was written
 * to @bytes in this process, through a cast, is not in the descriptor.
 *
 * Any thread may call this. The buffer has a descriptor of its own.
 *
 * Returns: (transfer full) (nullable): a new buffer; %NULL if @bytes are in
 *   ordinary memory, do not begin at the first byte of the shared one, or there
 *   is no descriptor left
 *
 * Since: 1.0
 */
GfBuffer *
gf_buffer_new_for_bytes (GBytes *bytes)
{
  gconstpointer data;
  GfBuffer *self;
  guint64 offset;
  gsize size;
  int fd;

  g_return_val_if_fail (bytes != NULL, NULL);

  data = g_bytes_get_data (bytes, &size);
  fd = gf_buffer_find_fd (data, size, &offset);
  if (fd < 0 || offset != 0)
    return NULL;

  /* It is open as long as @bytes. */
  fd = fcntl (fd, F_DUPFD_CLOEXEC, 3);
  if (fd < 0)
    return NULL;

  self = gf_buffer_new_for_memfd (fd, 0, NULL);
  self->size = size;
  self->sealed = g_bytes_ref (bytes);

  return self;
}

/**
 * gf_buffer_ref:
 * @self: a buffer
 *
 * Takes a reference. Any thread may call this.
 *
 * Returns: (transfer full): @self
 *
 * Since: 1.0
 */
GfBuffer *
gf_buffer_ref (GfBuffer *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  g_atomic_int_inc (&self->ref_count);

  return self;
}

/**
 * gf_buffer_unref:
 * @self: (transfer full): a buffer
 *
 * Drops a reference. The sealed bytes live on by themselves. Any thread may call
 * this.
 *
 * Since: 1.0
 */
void
gf_buffer_unref (GfBuffer *self)
{
  g_return_if_fail (self != NULL);

  if (!g_atomic_int_dec_and_test (&self->ref_count))
    return;

  if (self->own == NULL && self->data != NULL)
    munmap (self->data, self->size);
  g_clear_pointer (&self->own, g_bytes_unref);
  g_clear_pointer (&self->sealed, g_bytes_unref);
  if (self->fd >= 0)
    close (self->fd);
  g_mutex_clear (&self->lock);
  g_free (self);
}

/**
 * gf_buffer_get_data:
 * @self: a buffer
 * @size: (out): return location for the number of bytes; in C it may be %NULL
 *
 * Gets the memory to fill. It must not be touched any more once
 * gf_buffer_seal() is called. One thread at a time may fill it.
 *
 * Python and JavaScript get a copy, which is of no use but for looking: there, call
 * gf_buffer_write(), or write to the descriptor that gf_buffer_dup_fd() gives.
 *
 * Returns: (transfer none) (nullable) (array length=size): the memory; %NULL if
 *   the buffer is sealed, or of size 0
 *
 * Since: 1.0
 */
guint8 *
gf_buffer_get_data (GfBuffer *self,
                    gsize    *size)
{
  g_return_val_if_fail (self != NULL, NULL);

  /* The other languages take this for the length of what is returned. */
  if (size != NULL)
    *size = self->data != NULL ? self->size : 0;

  return self->data;
}

/**
 * gf_buffer_write:
 * @self: a buffer
 * @offset: where in the buffer, in bytes
 * @data: (array length=n_data): what to write; it is copied
 * @n_data: the length of @data in bytes
 * @error: return location for an error
 *
 * Fills a part of the buffer. In C, write to gf_buffer_get_data(). One thread at a
 * time may fill it.
 *
 * Languages that copy @data first write large data fastest in parts of some
 * hundred KiB, which stay in the processor’s cache.
 *
 * Returns: %TRUE if it was written; %FALSE with @error set to
 *   %G_IO_ERROR_INVALID_ARGUMENT if the buffer is sealed, or ends before
 *
 * Since: 1.0
 */
gboolean
gf_buffer_write (GfBuffer      *self,
                 gsize          offset,
                 const guint8  *data,
                 gsize          n_data,
                 GError       **error)
{
  g_return_val_if_fail (self != NULL, FALSE);
  g_return_val_if_fail (data != NULL || n_data == 0, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  if (self->data == NULL && self->size > 0)
    {
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                           "The buffer is sealed, and cannot be written to any more");
      return FALSE;
    }
  if (offset > self->size || n_data > self->size - offset)
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                   "A buffer of %" G_GSIZE_FORMAT " bytes has no room for %" G_GSIZE_FORMAT
                   " at offset %" G_GSIZE_FORMAT, self->size, n_data, offset);
      return FALSE;
    }

  if (n_data > 0)
    memcpy (self->data + offset, data, n_data);

  return TRUE;
}

/* The bytes as they are now: somebody else could still change them. */
static GBytes *
gf_buffer_copy (GfBuffer *self)
{
  guint8 *copy = g_malloc (self->size);
  gsize done = 0;

  while (done < self->size)
    {
      gssize n = pread (self->fd, copy + done, self->size - done, (off_t) done);

      if (n < 0 && errno == EINTR)
        continue;
      if (n <= 0)
        {
          /* It was made shorter meanwhile. */
          memset (copy + done, 0, self->size - done);
          break;
        }
      done += n;
    }

  return g_bytes_new_take (copy, self->size);
}

/**
 * gf_buffer_seal:
 * @self: a buffer
 *
 * Ends the filling: from now on the bytes cannot be changed, by nobody who has
 * the descriptor. A byte array over them (g_variant_new_from_bytes()) travels to
 * another process without a copy. A second call returns the same bytes.
 *
 * If a writable mapping of the descriptor exists elsewhere, the kernel does not
 * seal it, and the bytes are a copy that travels as any other.
 *
 * Any thread may call this, when nobody fills the buffer.
 *
 * Returns: (transfer full): the bytes
 *
 * Since: 1.0
 */
GBytes *
gf_buffer_seal (GfBuffer *self)
{
  GBytes *bytes;

  g_return_val_if_fail (self != NULL, NULL);

  g_mutex_lock (&self->lock);

  if (self->own != NULL && self->sealed == NULL)
    {
      self->data = NULL;
      self->sealed = g_steal_pointer (&self->own);
    }
  else if (self->sealed == NULL)
    {
      int fd;

      if (self->data != NULL)
        munmap (g_steal_pointer (&self->data), self->size);

      fd = fcntl (self->fd, F_ADD_SEALS, SEALS | F_SEAL_SEAL) == 0 ? fcntl (self->fd, F_DUPFD_CLOEXEC, 3) : -1;
      if (fd >= 0)
        self->sealed = gf_buffer_map (fd, 0, self->size, NULL);
      if (self->sealed == NULL)
        self->sealed = gf_buffer_copy (self);
    }
  bytes = g_bytes_ref (self->sealed);

  g_mutex_unlock (&self->lock);

  return bytes;
}

/**
 * gf_buffer_dup_fd:
 * @self: a buffer
 *
 * Gets a descriptor of the memory: languages that cannot write to
 * gf_buffer_get_data() fill it by write(), or read it by mmap(). A writable
 * mapping has to be unmapped before gf_buffer_seal(). Any thread may call this.
 *
 * Returns: a descriptor that the caller closes; -1 with errno set if there is
 *   none left, or the memory is this process's own
 *
 * Since: 1.0
 */
int
gf_buffer_dup_fd (GfBuffer *self)
{
  g_return_val_if_fail (self != NULL, -1);

  if (self->fd < 0)
    {
      errno = EBADF;
      return -1;
    }

  return fcntl (self->fd, F_DUPFD_CLOEXEC, 3);
}

/* ---- sending what is in it ---- */

/* The value in the buffer, a reference, and nothing is left in it, unless it is
 * shared. */
static GVariant *
gf_buffer_take_value (GfBuffer   *self,
                      const char *type,
                      GError    **error)
{
  g_autoptr (GBytes) bytes = NULL;

  if (!g_variant_type_string_is_valid (type) || !g_variant_type_is_definite (G_VARIANT_TYPE (type)))
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT, "“%s” is not the type of a value", type);
      return NULL;
    }

  if (self->fd >= 0)
    bytes = gf_buffer_seal (self);
  else
    {
      g_mutex_lock (&self->lock);
      if (!self->was_sent)
        {
          bytes = self->sealed != NULL ? g_steal_pointer (&self->sealed) : g_steal_pointer (&self->own);
          self->sealed = g_bytes_new (NULL, 0);
          self->data = NULL;
          self->was_sent = TRUE;
        }
      g_mutex_unlock (&self->lock);
    }

  if (bytes == NULL)
    {
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                           "What was in the buffer has been sent, and nothing is left");
      return NULL;
    }

  return g_variant_ref_sink (g_variant_new_from_bytes (G_VARIANT_TYPE (type), bytes, TRUE));
}

/**
 * gf_buffer_send_call:
 * @self: a buffer
 * @executor: an executor
 * @priority: when to run, among the tasks that wait: lower first, as in GLib
 * @function: the name of a function, see gf_function_register()
 * @type: the type string of the arguments
 *
 * For bindings: gf_executor_call_serialized() with what is in the buffer, which has
 * to be a value of @type in normal form; that is not checked. It seals the buffer.
 * The memory of a local one is the call's from now on: it is free again when its
 * future is freed, even if the language keeps @self till it collects its garbage. Any
 * thread may call this.
 *
 * Returns: (transfer full): the future of the call; failed with
 *   %G_IO_ERROR_INVALID_ARGUMENT if @type is no type string, or @self is a local one
 *   that was sent before
 *
 * Since: 1.0
 */
GfFuture *
gf_buffer_send_call (GfBuffer   *self,
                     GfExecutor *executor,
                     int         priority,
                     const char *function,
                     const char *type)
{
  g_autoptr (GVariant) arguments = NULL;
  g_autoptr (GError) error = NULL;

  g_return_val_if_fail (self != NULL, NULL);
  g_return_val_if_fail (GF_IS_EXECUTOR (executor), NULL);
  g_return_val_if_fail (function != NULL, NULL);
  g_return_val_if_fail (type != NULL, NULL);

  arguments = gf_buffer_take_value (self, type, &error);
  if (arguments == NULL)
    return gf_future_new_for_error (g_steal_pointer (&error));

  return gf_executor_call_full (executor, priority, NULL, function, arguments);
}

/**
 * gf_buffer_send_result:
 * @self: a buffer
 * @promise: a promise
 * @type: the type string of the result
 *
 * For bindings: resolves @promise with what is in the buffer, on the terms of
 * gf_buffer_send_call(). Any thread may call this.
 *
 * Returns: %TRUE if this settled it; %FALSE if it was settled
 *
 * Since: 1.0
 */
gboolean
gf_buffer_send_result (GfBuffer   *self,
                       GfPromise  *promise,
                       const char *type)
{
  g_autoptr (GVariant) result = NULL;
  g_autoptr (GError) error = NULL;

  g_return_val_if_fail (self != NULL, FALSE);
  g_return_val_if_fail (GF_IS_PROMISE (promise), FALSE);
  g_return_val_if_fail (type != NULL, FALSE);

  result = gf_buffer_take_value (self, type, &error);
  if (result == NULL)
    return gf_promise_reject (promise, g_steal_pointer (&error));

  return gf_promise_resolve_variant (promise, result);
}

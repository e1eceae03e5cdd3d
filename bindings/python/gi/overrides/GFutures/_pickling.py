# _pickling.py - Python's objects on their way to and from a worker process
#
# A pickle (protocol 5) is bytes of a GVariant of the type `ay`. A large one has its
# large bytes and buffers out of band; it is written into shared memory, without a
# copy before that, and goes by its descriptor:
#
#   offset  size
#        0     8  0: no pickle begins so
#        8     8  n, the number of sections
#       16  16×n  of each, its size and what it is: 0 the pickle, 1 a buffer,
#                 2 bytes, 3 a bytearray
#                 the sections, each at a multiple of 64
#
# Integers are in the byte order of the machine.
#
# SPDX-License-Identifier: LGPL-2.1-or-later
import collections
import copyreg
import itertools
import mmap
import os
import pickle
import struct
import sys
import threading
from multiprocessing.reduction import ForkingPickler

from gi.repository import GLib

from . import _errors, _memory, _values
from ._native import GFutures

PROTOCOL = 5

# From this size on, shared memory is faster than the socket.
LARGE = 128 * 1024

# Buffers up to this size are copied out of a mapping: before Python 3.13 each
# mapping that lives keeps a descriptor open.
COPIED = 0 if sys.version_info >= (3, 13) else 8 * 1024 * 1024

_ALIGNMENT = 64
_PICKLE, _BUFFER, _BYTES, _BYTEARRAY = range(4)


class _Pieces(list):
    """The file that a pickler writes. Large bytes are taken out of it: what follows
    them is told to take the next buffer, see PEP 574."""

    def __init__(self):
        self.buffers = []

    def write(self, piece):
        kind = type(piece)
        if kind in (bytes, bytearray) and len(piece) >= LARGE and self:
            size = len(piece)
            if kind is bytearray:
                opcode = pickle.BYTEARRAY8 + size.to_bytes(8, 'little')
            elif size >> 32:
                opcode = pickle.BINBYTES8 + size.to_bytes(8, 'little')
            else:
                opcode = pickle.BINBYTES + size.to_bytes(4, 'little')
            if self[-1].endswith(opcode):
                self[-1] = self[-1][:-len(opcode)] + pickle.NEXT_BUFFER
                self.buffers.append((_BYTES if kind is bytes else _BYTEARRAY, piece))
                return
        self.append(piece)

    def keep(self, buffer):
        """Whether a buffer stays in the pickle."""
        raw = buffer.raw()
        if raw.nbytes >= LARGE:
            self.buffers.append((_BUFFER, raw))
        return raw.nbytes < LARGE


def _restore_view(data, format, shape):
    return memoryview(data).cast('B').cast(format, shape)


def _reduce_view(view):
    if not view.c_contiguous:
        view = memoryview(view.tobytes()).cast(view.format, view.shape)
    return _restore_view, (pickle.PickleBuffer(view.cast('B')), view.format, view.shape)


_restore_view.__module__ = 'gi.overrides.GFutures._pickling'
# Those of multiprocessing send the descriptors of connections and sockets.
_reducers = collections.ChainMap({memoryview: _reduce_view}, ForkingPickler._extra_reducers, copyreg.dispatch_table)


def _align(offset):
    return -offset % _ALIGNMENT


def dumps(value):
    """The pickle of a value: bytes, or a GLib.Variant if it is large."""
    pieces = _Pieces()
    pickler = pickle.Pickler(pieces, PROTOCOL, buffer_callback=pieces.keep)
    pickler.dispatch_table = _reducers
    pickler.dump(value)
    data = pieces[0] if len(pieces) == 1 else b''.join(pieces)
    if not pieces.buffers and len(data) < LARGE:
        return data

    sections = [(_PICKLE, data), *pieces.buffers]
    head = struct.pack('=2Q', 0, len(sections))
    head += b''.join(struct.pack('=2Q', len(section), kind) for kind, section in sections)
    output = [head, bytes(_align(len(head)))]
    for _kind, section in sections:
        output += section, bytes(_align(len(section)))
    memory = GFutures.Buffer.new(sum(map(len, output)))
    fd = memory.dup_fd()
    try:
        _memory.write(fd, output)
    finally:
        os.close(fd)
    return GLib.Variant.new_from_bytes(_values.BYTES, memory.seal(), True)


def _find_memory(data):
    """The shared memory that bytes came in, or None: through a launcher, or over stdio,
    they come in ordinary memory."""
    try:
        return GFutures.Buffer.new_for_bytes(data)
    except TypeError:
        # That is PyGObject's, of a constructor that returns NULL.
        return None


def loads(data):
    """The value of a pickle that arrived: GLib.Bytes."""
    memory = _find_memory(data) if data.get_size() >= LARGE else None
    if memory is None:
        return loads_bytes(data.get_data())
    fd = memory.dup_fd()
    try:
        head = os.pread(fd, 16, 0)
        head += os.pread(fd, 16 * struct.unpack_from('=Q', head, 8)[0], 16)
        return _load_sections(head, lambda kind, offset, size: _read_section(fd, kind, offset, size))
    finally:
        os.close(fd)


def loads_bytes(data):
    if data[0] != 0:
        return pickle.loads(data)
    view = memoryview(data)

    def read(kind, offset, size):
        section = view[offset:offset + size]
        return section if kind == _PICKLE else bytes(section) if kind == _BYTES else bytearray(section)

    return _load_sections(data, read)


def _load_sections(head, read):
    n = struct.unpack_from('=Q', head, 8)[0]
    offset = 16 + 16 * n
    sections = []
    for i in range(n):
        size, kind = struct.unpack_from('=2Q', head, 16 + 16 * i)
        offset += _align(offset)
        sections.append(read(kind, offset, size))
        offset += size
    return pickle.loads(sections[0], buffers=sections[1:])


def _read_section(fd, kind, offset, size):
    if kind == _BYTEARRAY or (kind == _BUFFER and size <= COPIED):
        return _memory.read_bytearray(fd, offset, size)
    if kind != _BUFFER:
        return _memory.read_bytes(fd, offset, size)
    # A private mapping: who changes it changes nothing elsewhere.
    start = offset - offset % mmap.ALLOCATIONGRANULARITY
    options = {'trackfd': False} if sys.version_info >= (3, 13) else {}
    mapping = mmap.mmap(fd, offset + size - start, access=mmap.ACCESS_COPY, offset=start, **options)
    return memoryview(mapping)[offset - start:]


def load_named(what, name, load, data):
    """load(data), which is @what of the task that a worker knows by this name. However
    that ends, but by Ctrl-C, it says which it was."""
    try:
        return load(data)
    except BaseException as error:
        if isinstance(error, KeyboardInterrupt) and threading.current_thread() is threading.main_thread():
            raise
        function = name.split(':', 1)[1]
        raise _errors.UnpicklingError(
            f'{what} of {function} cannot be unpickled: {_errors.describe(error)}') from error


def loads_result(name, load, data):
    return load_named('The result', name, load, data)


# An exception goes as what it is, beside the error that other languages see.

def dumps_exception(exception, text):
    try:
        return pickle.dumps((exception, text), PROTOCOL)
    except Exception as error:
        substitute = pickle.PicklingError(
            f'The exception {_errors.describe(exception)} cannot be pickled: {_errors.describe(error)}')
        return pickle.dumps((substitute, text), PROTOCOL)


def loads_exception(data, error):
    """The exception that came with a GError."""
    try:
        exception, text = pickle.loads(data)
        if not isinstance(exception, BaseException):
            raise TypeError(f'{exception!r} is no exception')
    except BaseException as reason:
        if isinstance(reason, KeyboardInterrupt) and threading.current_thread() is threading.main_thread():
            raise
        exception = _errors.UnpicklingError(
            f'The exception {error.message} cannot be unpickled: {_errors.describe(reason)}')
        text = GFutures.error_get_remote_traceback(error)
    if text:
        exception.__cause__ = _errors.make_remote_traceback(text)
    return exception


# What cannot be pickled is named.

def explain(error, fn, args, kwargs):
    """An exception like @error that says what it was that could not be pickled."""
    name = getattr(fn, '__qualname__', None) or repr(fn)
    for what, value in itertools.chain([('The function', fn)],
                                       ((f'Argument {i} of {name}', value) for i, value in enumerate(args, 1)),
                                       ((f'Argument {key!r} of {name}', value) for key, value in kwargs.items())):
        try:
            dumps(value)
        except Exception as reason:
            text = repr(value)
            text = text if len(text) <= 200 else text[:200] + '…'
            message = f'{what}, {text}, cannot be pickled: {reason}'
            if type(reason) in (TypeError, AttributeError, ValueError, RecursionError, pickle.PicklingError):
                return type(reason)(message)
            return pickle.PicklingError(message)
    return error

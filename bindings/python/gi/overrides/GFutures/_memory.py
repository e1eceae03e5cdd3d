# _memory.py - large objects out of shared memory
#
# SPDX-License-Identifier: LGPL-2.1-or-later
import os

# From this size on, new memory is asked for in huge pages: most of the time to fill
# an object goes into its page faults.
HUGE = 4 * 1024 * 1024

# What one system call reads at most, on Linux.
_MAX_READ = 0x7ffff000

# Of madvise().
_MADV_HUGEPAGE = 14

_functions = None


def _get_functions():
    """C's functions for it: (new bytes object, its address, madvise), or None."""
    global _functions
    if _functions is None:
        try:
            import ctypes
            new = ctypes.pythonapi.PyBytes_FromStringAndSize
            new.argtypes, new.restype = [ctypes.c_char_p, ctypes.c_ssize_t], ctypes.py_object
            locate = ctypes.pythonapi.PyBytes_AsString
            locate.argtypes, locate.restype = [ctypes.py_object], ctypes.c_void_p
            advise = ctypes.CDLL(None).madvise
            advise.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]
            _functions = ctypes, new, locate, advise
        except (ImportError, AttributeError):
            _functions = ()
    return _functions


def read_bytes(fd, offset, size):
    """The bytes that are there in a file of shared memory."""
    functions = _get_functions() if size >= HUGE else ()
    if not functions:
        return _read(fd, offset, size)

    # An object whose bytes are to be filled in, as PyBytes_FromStringAndSize() has it.
    ctypes, new, locate, advise = functions
    result = new(None, size)
    address = locate(result)
    page = os.sysconf('SC_PAGE_SIZE')
    first, last = -(-address // page) * page, (address + size) // page * page
    advise(first, last - first, _MADV_HUGEPAGE)
    _fill(fd, offset, memoryview((ctypes.c_char * size).from_address(address)).cast('B'))
    return result


def _read(fd, offset, size):
    parts = []
    while size > 0:
        part = os.pread(fd, min(size, _MAX_READ), offset)
        if not part:
            raise EOFError('The shared memory is shorter than it says')
        parts.append(part)
        offset += len(part)
        size -= len(part)
    return parts[0] if len(parts) == 1 else b''.join(parts)


def read_bytearray(fd, offset, size):
    result = bytearray(size)
    with memoryview(result) as view:
        _fill(fd, offset, view)
    return result


def _fill(fd, offset, view):
    while len(view):
        n = os.preadv(fd, [view[:_MAX_READ]], offset)
        if n == 0:
            raise EOFError('The shared memory is shorter than it says')
        offset += n
        view = view[n:]


def write(fd, pieces):
    """Writes buffers to a file of shared memory, from its beginning."""
    offset = first = 0
    pieces = [memoryview(piece).cast('B') for piece in pieces if len(piece)]
    while first < len(pieces):
        written = os.pwritev(fd, pieces[first:first + 1024], offset)
        offset += written
        while first < len(pieces) and written >= len(pieces[first]):
            written -= len(pieces[first])
            first += 1
        if written:
            pieces[first] = pieces[first][written:]

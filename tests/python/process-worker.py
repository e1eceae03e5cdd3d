# process-worker.py - a worker of a process pool, written from the manual alone
#
# It knows nothing of the library, nor of GLib: what the chapter “The protocol of
# worker processes” tells has to be enough for it.
#
# SPDX-License-Identifier: LGPL-2.1-or-later
import collections
import os
import queue
import struct
import sys
import threading
import traceback

HELLO, REQUEST, RESULT, ERROR, PROGRESS, CANCEL, SHUTDOWN = range(1, 8)
MAP, FATAL, DESCRIPTOR = 1, 2, 4

HEAD = '4sBBBcQiIIIQQ'
ENTRY = 'QQII'

FUTURE_ERROR = 'gf-future-error-quark'
UNKNOWN_FUNCTION, MESSAGE_TOO_LARGE, REMOTE = 3, 7, 8

# From here on large arrays of bytes leave as parts.
PART_MIN = 4096


def padding(size, alignment=8):
    return bytes(-size % alignment)


# The values: serialized GVariants

NUMBERS = {'y': 'B', 'b': '?', 'n': 'h', 'q': 'H', 'i': 'i', 'u': 'I', 'x': 'q', 't': 'Q', 'd': 'd'}


def first_type(text):
    """The first complete type at the beginning of a string of types."""
    if text[0] in 'am':
        return text[0] + first_type(text[1:])
    if text[0] not in '({':
        return text[0]
    end = 1
    while text[end] not in ')}':
        end += len(first_type(text[end:]))
    return text[:end + 1]


def members(kind):
    """The types of the members of a tuple or of a dictionary's entry."""
    kinds, rest = [], kind[1:-1]
    while rest:
        kinds.append(first_type(rest))
        rest = rest[len(kinds[-1]):]
    return kinds


def alignment(kind):
    if kind[0] in NUMBERS:
        return struct.calcsize('=' + NUMBERS[kind])
    if kind[0] in 'am':
        return alignment(kind[1:])
    if kind[0] in '({':
        return max([alignment(member) for member in members(kind)], default=1)
    return 8 if kind == 'v' else 1


def fixed_size(kind):
    """The size of all values of that type; None if it depends on the value."""
    if kind[0] in NUMBERS:
        return struct.calcsize('=' + NUMBERS[kind])
    if kind == '()':
        return 1
    if kind[0] not in '({':
        return None
    size = 0
    for member in members(kind):
        if fixed_size(member) is None:
            return None
        size += -size % alignment(member) + fixed_size(member)
    return size + -size % alignment(kind)


def offset_size(size):
    """The size of a framing offset in a container that has this size."""
    return 1 if size < 1 << 8 else 2 if size < 1 << 16 else 4 if size < 1 << 32 else 8


def with_offsets(body, ends):
    for size, code in (1, 'B'), (2, 'H'), (4, 'I'), (8, 'Q'):
        if offset_size(len(body) + size * len(ends)) <= size:
            return body + struct.pack(f'<{len(ends)}{code}', *ends)


def pack(kind, value, order):
    if kind[0] in NUMBERS:
        return struct.pack(order + NUMBERS[kind], value)
    if kind == 's':
        return value.encode() + b'\0'
    if kind == 'v':
        inner, inner_value = value
        return pack(inner, inner_value, order) + b'\0' + inner.encode()
    if kind[0] == 'm':
        if value is None:
            return b''
        return pack(kind[1:], value, order) + (b'\0' if fixed_size(kind[1:]) is None else b'')
    if kind == '()':
        return b'\0'
    if kind == 'ay':
        return bytes(value)

    if kind[0] == 'a':
        kinds = [kind[1:]] * len(value)
    else:
        kinds = members(kind)
    body, ends = b'', []
    for member, member_value in zip(kinds, value):
        body += padding(len(body), alignment(member)) + pack(member, member_value, order)
        if fixed_size(member) is None:
            ends.append(len(body))
    if kind[0] == 'a':
        return with_offsets(body, ends)
    if fixed_size(kind) is not None:
        return body + padding(len(body), alignment(kind))
    if fixed_size(kinds[-1]) is None:
        ends.pop()
    return with_offsets(body, ends[::-1])


def unpack(kind, data, order, parts={}, path=()):
    if kind[0] in NUMBERS:
        return struct.unpack(order + NUMBERS[kind], data)[0]
    if kind == 's':
        return data[:-1].decode()
    if kind == 'v':
        zero = data.rindex(b'\0')
        inner = data[zero + 1:].decode()
        return inner, unpack(inner, data[:zero], order, parts, path + (0,))
    if kind[0] == 'm':
        if not data:
            return None
        inner = data if fixed_size(kind[1:]) is not None else data[:-1]
        return unpack(kind[1:], inner, order, parts, path + (0,))

    if kind[0] == 'a':
        size = fixed_size(kind[1:])
        if path in parts:
            data = parts[path]
        if kind == 'ay':
            return data
        if not data:
            return []
        if size is not None:
            kinds = [kind[1:]] * (len(data) // size)
            ends = []
        else:
            # The last offset is the end of the last item: there the offsets begin.
            width = offset_size(len(data))
            first = int.from_bytes(data[-width:], 'little')
            ends = [int.from_bytes(data[at:at + width], 'little') for at in range(first, len(data), width)]
            kinds = [kind[1:]] * len(ends)
    else:
        kinds = members(kind)
        width = offset_size(len(data))
        n_ends = sum(fixed_size(member) is None for member in kinds[:-1])
        ends = [int.from_bytes(data[len(data) - (i + 1) * width:][:width], 'little') for i in range(n_ends)]
        if kinds and fixed_size(kinds[-1]) is None:
            ends.append(len(data) - n_ends * width)

    values, at = [], 0
    for index, member in enumerate(kinds):
        at += -at % alignment(member)
        end = ends.pop(0) if fixed_size(member) is None else at + fixed_size(member)
        values.append(unpack(member, data[at:end], order, parts, path + (index,)))
        at = end
    return values if kind[0] == 'a' else tuple(values)


# The frames

Frame = collections.namedtuple('Frame', 'type flags order id name kind payload parts')


def take_parts(kind, value, path=()):
    """Takes the large arrays of bytes out of a value; the value, and [(path, bytes)]."""
    if kind == 'ay' and len(value) >= PART_MIN:
        return b'', [(path, bytes(value))]
    if kind == 'v':
        inner, parts = take_parts(*value, path + (0,))
        return (value[0], inner), parts
    if kind[0] == 'm' and value is not None:
        return take_parts(kind[1:], value, path + (0,))
    if kind[0] in '({' or kind[0] == 'a' and kind[1] not in NUMBERS:
        values, parts = [], []
        for index, member in enumerate(members(kind) if kind[0] in '({' else [kind[1:]] * len(value)):
            inner, found = take_parts(member, value[index], path + (index,))
            values.append(inner)
            parts += found
        return values, parts
    return value, []


class Channel:
    """Frames over two descriptors, which may be the same one."""

    def __init__(self, fd_in, fd_out):
        self.fd_in = fd_in
        self.fd_out = fd_out
        self.order = '<' if sys.byteorder == 'little' else '>'
        self.lock = threading.Lock()
        self.max_size = 1 << 31

    def read_exactly(self, size):
        data = bytearray(size)
        view = memoryview(data)
        got = 0
        while got < size:
            n = os.readv(self.fd_in, [view[got:]])
            if n == 0:
                raise EOFError
            got += n
        return bytes(data)

    def read_padded(self, size):
        data = self.read_exactly(size + -size % 8)
        return data[:size]

    def read(self):
        head = self.read_exactly(48)
        order = '<' if head[7:8] == b'l' else '>'
        (magic, version, kind, flags, _, request, _, n_name, n_type, n_table, n_payload,
         _) = struct.unpack(order + HEAD, head)
        if magic != b'GFUT' or version != 1:
            raise ValueError('this is no frame')
        strings = self.read_padded(n_name + n_type)
        table = self.read_exactly(n_table)
        payload = self.read_padded(n_payload)
        parts, at = {}, 0
        while at < n_table:
            length, _, entry_flags, n_path = struct.unpack_from(order + ENTRY, table, at)
            path = struct.unpack_from(f'{order}{n_path}I', table, at + 24)
            at += 24 + 4 * n_path
            at += -at % 8
            if entry_flags != 0:
                raise ValueError('a descriptor, which we did not ask for')
            parts[path] = self.read_padded(length)
        return Frame(kind, flags, order, request, strings[:n_name].decode(), strings[n_name:].decode(),
                     payload, parts)

    def write_raw(self, *data):
        with self.lock:
            for item in data:
                view = memoryview(item)
                while len(view) > 0:
                    view = view[os.write(self.fd_out, view):]

    def write(self, kind, request=0, value_type='', value=None, flags=0):
        order = self.order
        table, payload, parts = b'', b'', []
        if value_type:
            value, parts = take_parts(value_type, value)
            payload = pack(value_type, value, order)
        for path, data in parts:
            table += struct.pack(f'{order}{ENTRY}{len(path)}I', len(data), 0, 0, len(path), *path)
            table += padding(len(table))
        head = struct.pack(order + HEAD, b'GFUT', 1, kind, flags, b'l' if order == '<' else b'B',
                           request, 0, 0, len(value_type), len(table), len(payload), 0)
        size = len(payload) + sum(len(data) for path, data in parts)
        if size > self.max_size:
            raise Failure(FUTURE_ERROR, MESSAGE_TOO_LARGE,
                          f'The result has {size} bytes: more than {self.max_size}')
        strings = value_type.encode()
        chunks = [head, strings, padding(len(strings)), table, payload, padding(len(payload))]
        for path, data in parts:
            chunks += [data, padding(len(data))]
        self.write_raw(*chunks)


class Failure(Exception):
    def __init__(self, domain, code, message):
        super().__init__(message)
        self.domain = domain
        self.code = code


# The functions: each gets its task, the type of the arguments and their value,
# and returns the type of the result and its value.

def add(task, kind, value):
    return 'x', value[0] + value[1]


def square(task, kind, value):
    return 'x', value * value


def echo(task, kind, value):
    return kind, value


def nothing(task, kind, value):
    return '', None


def total(task, kind, value):
    return 't', sum(value[0])


def make_bytes(task, kind, value):
    n_bytes, seed = value
    return '(say)', ('bytes', bytes((seed + i) & 255 for i in range(n_bytes)))


def fail(task, kind, value):
    raise RuntimeError(value[0])


def fail_with(task, kind, value):
    raise Failure(*value)


def count(task, kind, value):
    for i in range(value[0]):
        task.progress((i + 1) / value[0], f'{i + 1} of {value[0]}' if i % 2 else None)
    return 'u', value[0]


def until_cancelled(task, kind, value):
    task.progress(0.5, 'waits')
    task.cancelled.wait()
    return 's', 'nobody reads this'


def deaf(task, kind, value):
    task.progress(0.5, 'waits')
    threading.Event().wait()


def odd(task, kind, value):
    return ('s', 'odd') if value % 2 else ('x', value)


def remember(task, kind, value):
    MEMORY.append(value[0])
    return '', None


def recall(task, kind, value):
    return 'as', MEMORY


def pid(task, kind, value):
    return 'u', os.getpid()


def say(task, kind, value):
    os.write(1, value[0].encode())
    os.write(2, value[0].encode())
    return '', None


def leave(task, kind, value):
    sys.stderr.write('the last words\n')
    sys.stderr.flush()
    os._exit(value[0])


def lie(task, kind, value):
    """Answers by a frame that has a mistake in it."""
    order = task.channel.order

    def head(magic=b'GFUT', version=1, kind=RESULT, flags=0, byte_order=b'l' if order == '<' else b'B',
             request=task.id, priority=0, n_name=0, n_type=1, n_table=0, n_payload=8, zero=0):
        return struct.pack(order + HEAD, magic, version, kind, flags, byte_order, request, priority,
                           n_name, n_type, n_table, n_payload, zero)

    good_type = b'x' + bytes(7)
    number = struct.pack(order + 'q', 7)
    array = b'ay' + bytes(6)

    def part(entry, payload=b'', kind=array):
        return head(n_type=len(kind.rstrip(b'\0')), n_table=len(entry), n_payload=len(payload)) + \
            kind + entry + payload + padding(len(payload))

    lies = {
        'magic': head(magic=b'HTTP') + good_type + number,
        'version': head(version=9) + good_type + number,
        'frame-type': head(kind=99) + good_type + number,
        'request': head(kind=REQUEST) + good_type + number,
        'byte-order': head(byte_order=b'?') + good_type + number,
        'id': head(request=task.id + 1000) + good_type + number,
        'name-length': head(n_name=4097),
        'type-length': head(n_type=4097),
        'table-length': head(n_table=65536 + 8),
        'table-odd': head(n_table=4) + good_type + bytes(4) + number,
        'payload-length': head(n_payload=1 << 62),
        'payload-without-type': head(n_type=0) + number,
        'type-string': head() + b'?' + bytes(7) + number,
        'two-types': head(n_type=2) + b'xx' + bytes(6) + number,
        'handle': head(n_payload=4) + b'h' + bytes(15),
        'size': head(n_payload=7) + good_type + bytes(8),
        'not-normal': head(n_payload=8) + b's' + bytes(7) + b'no  zero',
        'part-length': part(struct.pack(order + ENTRY, 1 << 62, 0, 0, 0)),
        'part-flags': part(struct.pack(order + ENTRY, 8, 0, 6, 0)) + number,
        'part-descriptor': part(struct.pack(order + ENTRY, 8, 0, 1, 0)),
        'part-path': part(struct.pack(order + ENTRY + 'II', 8, 0, 0, 1, 0, 0)) + number,
        'part-path-length': part(struct.pack(order + ENTRY, 8, 0, 0, 1000)) + number,
        'part-type': part(struct.pack(order + ENTRY, 8, 0, 0, 0), number, good_type) + number,
        'part-strings': part(struct.pack(order + ENTRY, 8, 0, 0, 0), b'', b'as' + bytes(6)) + number,
        'part-odd': part(struct.pack(order + ENTRY, 7, 0, 0, 0), b'', b'ax' + bytes(6)) + number,
        'part-twice': part(struct.pack(order + ENTRY, 8, 0, 0, 0) * 2) + number + number,
        'progress-type': head(kind=PROGRESS) + good_type + number,
        'error-type': head(kind=ERROR) + good_type + number,
        'hello-again': head(kind=HELLO, request=0, n_type=5, n_payload=0) + b'a{sv}' + bytes(3),
    }
    if value[0] == 'half':
        # Half a head, and the end of the file.
        task.channel.write_raw(head()[:24])
        os._exit(0)
    task.channel.write_raw(lies[value[0]])
    return ANSWERED, None


MEMORY = []
ANSWERED = object()

FUNCTIONS = {
    'add': add, 'square': square, 'odd': odd, 'remember': remember, 'recall': recall, 'echo': echo,
    'nothing': nothing, 'total': total, 'make-bytes': make_bytes, 'fail': fail, 'fail-with': fail_with,
    'count': count, 'until-cancelled': until_cancelled, 'deaf': deaf, 'pid': pid, 'say': say, 'leave': leave,
    'lie': lie,
}


# The worker: one thread reads, so that a CANCEL arrives while a task runs; the
# main thread runs the tasks.

class Task:
    def __init__(self, channel, frame):
        self.channel = channel
        self.frame = frame
        self.id = frame.id
        self.cancelled = threading.Event()

    def progress(self, fraction, status):
        self.channel.write(PROGRESS, self.id, '(dms)', (fraction, status))

    def compute(self):
        frame = self.frame
        if frame.name not in FUNCTIONS:
            raise Failure(FUTURE_ERROR, UNKNOWN_FUNCTION, f'There is no function “{frame.name}”')
        function = FUNCTIONS[frame.name]
        value = unpack(frame.kind, frame.payload, frame.order, frame.parts) if frame.kind else None
        if not frame.flags & MAP:
            return function(self, frame.kind, value)

        results = [function(self, frame.kind[1:], item) for item in value]
        # A call that returns nothing counts as the empty tuple.
        results = [(kind, result) if kind else ('()', ()) for kind, result in results]
        kinds = {kind for kind, result in results}
        if len(kinds) == 1:
            return 'a' + kinds.pop(), [result for kind, result in results]
        return 'av', results

    def answer(self):
        try:
            kind, value = self.compute()
            if kind is not ANSWERED:
                self.channel.write(RESULT, self.id, kind, value)
        except Exception as error:
            if isinstance(error, Failure):
                value = error.domain, error.code, str(error), None, None
            else:
                value = FUTURE_ERROR, REMOTE, f'{type(error).__name__}: {error}', traceback.format_exc(), None
            self.channel.write(ERROR, self.id, '(sismsmay)', value)


class Worker:
    def __init__(self, channel):
        self.channel = channel
        self.tasks = {}
        self.queue = queue.Queue()

    def read(self):
        try:
            while True:
                frame = self.channel.read()
                if frame.type == HELLO:
                    for key, (kind, value) in unpack(frame.kind, frame.payload, frame.order):
                        if key == 'max-message-size':
                            self.channel.max_size = value
                elif frame.type == REQUEST:
                    task = Task(self.channel, frame)
                    self.tasks[task.id] = task
                    self.queue.put(task)
                elif frame.type == CANCEL:
                    if frame.id in self.tasks:
                        self.tasks[frame.id].cancelled.set()
                elif frame.type == SHUTDOWN:
                    self.queue.put(None)
        except (EOFError, OSError):
            # The application is gone, and whatever runs is of no use to anybody.
            os._exit(0)
        except Exception:
            traceback.print_exc()
            os._exit(1)

    def run(self):
        hello = [('pid', ('u', os.getpid())), ('capabilities', ('as', []))]
        self.channel.write(HELLO, 0, 'a{sv}', hello)
        threading.Thread(target=self.read, daemon=True).start()
        while True:
            task = self.queue.get()
            if task is None:
                sys.exit(0)
            task.answer()
            del self.tasks[task.id]


def connect():
    transport = os.environ.pop('GFUTURES_TRANSPORT', 'stdio')
    if transport == 'socket':
        os.set_inheritable(3, False)
        return Channel(3, 3)

    # Descriptors that Python duplicates are closed on exec.
    channel = Channel(os.dup(0), os.dup(1))
    with open(os.devnull) as nothing:
        os.dup2(nothing.fileno(), 0)
    os.dup2(2, 1)
    return channel


if __name__ == '__main__':
    Worker(connect()).run()

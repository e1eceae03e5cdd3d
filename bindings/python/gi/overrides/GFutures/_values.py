# _values.py - Python's values as GVariants, and back
#
# What crosses to functions of any language; the table is in the manual, and values.js
# of the JavaScript binding keeps to it too:
#
#   None        nothing        list, tuple  av; alone as arguments: (…)
#   bool        b              dict         a{sv}, or a(vv) if a key is no str
#   int         x, or t        bytes, bytearray, memoryview, GLib.Bytes  ay
#   float       d              array.array  an array of its numbers
#   str         s              datetime that knows its time zone  (mx), µs since 1970
#   exception   (sisms): domain, code, message, traceback or nothing
#   GLib.Variant as it is
#
# Bytes are never walked through one by one.
#
# SPDX-License-Identifier: LGPL-2.1-or-later
import array
import collections.abc
import concurrent.futures
import types
from datetime import datetime, timedelta, timezone

from gi.repository import GLib

from . import _errors

BYTES = GLib.VariantType('ay')
# Types that nobody else has much use for
DATE = '(mx)'
ERROR = '(sisms)'
PAIRS = 'a(vv)'

# GLib refuses values that are nested deeper than 128 levels. What is innermost may
# have a few of its own.
MAX_LEVELS = 120
LIST_LEVELS = 2
DICT_LEVELS = 3

MAX_KEY_TEXT = 60

EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
MICROSECOND = timedelta(microseconds=1)

# The numbers whose arrays are taken as memory, both ways.
_typecodes = {'n': 'h', 'q': 'H', 'i': 'i', 'u': 'I', 'x': 'q', 't': 'Q', 'd': 'd'}
_types_of = {(code, array.array(code).itemsize): kind for kind, code in _typecodes.items()}
_types_of.update({('l', 8): 'x', ('L', 8): 't', ('l', 4): 'i', ('L', 4): 'u', ('B', 1): 'y'})

# GVariant has no numbers that are as small.
_wider = {'b': 'h', 'f': 'd'}

_functions = (types.FunctionType, types.BuiltinFunctionType, types.MethodType)
_futures = (concurrent.futures.Future, collections.abc.Awaitable)


def _from_memory(kind, data):
    return GLib.Variant.new_from_bytes(GLib.VariantType(kind), GLib.Bytes.new(data), True)


def pack_bytes(data):
    return GLib.Variant.new_from_bytes(BYTES, GLib.Bytes.new(data), True)


class _KeyNumber(int):
    """In a path: that key of a dict, not its value."""


def _describe_key(key):
    try:
        text = repr(key)
    except Exception:
        text = object.__repr__(key)
    return text if len(text) <= MAX_KEY_TEXT else text[:MAX_KEY_TEXT] + '…'


class _Packer:
    """Makes variants, and knows where in the whole the value is that it is at."""

    __slots__ = ('root', 'path', 'above', 'levels')

    def __init__(self, root):
        self.root = root
        self.path = []
        self.above = []
        self.levels = 0

    def fail(self, why, error=TypeError):
        where = self.root
        for key in self.path:
            if isinstance(key, _KeyNumber):
                where = f'list({where})[{int(key)}]'
            else:
                where += f'[{_describe_key(key)}]'
        raise error(f'{where}: {why}') from None

    def open(self, value, levels):
        # One that is inside itself has no end.
        if id(value) in self.above:
            self.fail(f'a {type(value).__name__} that contains itself cannot be sent')
        self.levels += levels
        if self.levels > MAX_LEVELS:
            self.fail(f'values nested deeper than {MAX_LEVELS // LIST_LEVELS} lists, or '
                      f'{MAX_LEVELS // DICT_LEVELS} dicts, cannot be sent')
        self.above.append(id(value))
        self.path.append(None)

    def close(self, levels):
        self.path.pop()
        self.above.pop()
        self.levels -= levels

    def pack(self, value):
        if isinstance(value, GLib.Variant):
            return value
        if isinstance(value, bool):
            return GLib.Variant.new_boolean(value)
        if isinstance(value, int):
            return self.pack_int(value)
        if isinstance(value, float):
            return GLib.Variant.new_double(value)
        if isinstance(value, str):
            return self.pack_str(value)
        if value is None:
            return GLib.Variant.new_maybe(GLib.VariantType('v'), None)
        if isinstance(value, (bytes, bytearray, memoryview)):
            return pack_bytes(bytes(value))
        if isinstance(value, (list, tuple)):
            return self.pack_list(value)
        if isinstance(value, dict):
            return self.pack_dict(value)
        if isinstance(value, array.array):
            return self.pack_array(value)
        if isinstance(value, datetime):
            return self.pack_datetime(value)
        if isinstance(value, BaseException):
            return _pack_exception(value)
        if isinstance(value, GLib.Bytes):
            return GLib.Variant.new_from_bytes(BYTES, value, True)
        if isinstance(value, _functions):
            self.fail('functions cannot be sent')
        if isinstance(value, type):
            self.fail('classes cannot be sent')
        if isinstance(value, _futures):
            self.fail('futures cannot be sent, but what they come to')
        self.fail(f'a value of the type {type(value).__name__} cannot be sent')

    def pack_int(self, value):
        if -1 << 63 <= value < 1 << 63:
            return GLib.Variant.new_int64(value)
        if 0 <= value < 1 << 64:
            return GLib.Variant.new_uint64(value)
        # Python refuses to write the longest.
        text = value if value.bit_length() <= 128 else f'an integer of {value.bit_length()} bits'
        self.fail(f'{text} does not fit into 64 bits', OverflowError)

    def pack_str(self, value):
        if '\0' in value:
            self.fail('a str with a zero character cannot be sent', ValueError)
        try:
            return GLib.Variant.new_string(value)
        except UnicodeEncodeError:
            self.fail('a str with half a surrogate pair cannot be sent', ValueError)

    def pack_array(self, value):
        if value.typecode in _wider:
            value = array.array(_wider[value.typecode], value)
        kind = _types_of.get((value.typecode, value.itemsize))
        if kind is None:
            self.fail(f'an array of the type code {value.typecode!r} cannot be sent')
        return _from_memory('a' + kind, value.tobytes())

    def pack_datetime(self, value):
        if value.utcoffset() is None:
            self.fail('a datetime without a time zone cannot be sent: give it one, by astimezone() for example')
        return GLib.Variant.new_tuple(GLib.Variant.new_maybe(
            None, GLib.Variant.new_int64((value - EPOCH) // MICROSECOND)))

    def pack_list(self, value):
        builder = GLib.VariantBuilder.new(GLib.VariantType('av'))
        self.open(value, LIST_LEVELS)
        for i, item in enumerate(value):
            self.path[-1] = i
            builder.add_value(GLib.Variant.new_variant(self.pack(item)))
        self.close(LIST_LEVELS)
        return builder.end()

    def pack_dict(self, value):
        text = all(isinstance(key, str) for key in value)
        builder = GLib.VariantBuilder.new(GLib.VariantType('a{sv}' if text else PAIRS))
        self.open(value, DICT_LEVELS)
        for i, (key, item) in enumerate(value.items()):
            self.path[-1] = _KeyNumber(i)
            packed = self.pack_str(key) if text else GLib.Variant.new_variant(self.pack(key))
            self.path[-1] = key
            item = GLib.Variant.new_variant(self.pack(item))
            builder.add_value(GLib.Variant.new_dict_entry(packed, item) if text
                              else GLib.Variant.new_tuple(packed, item))
        self.close(DICT_LEVELS)
        return builder.end()

    def pack_arguments(self, arguments):
        builder = GLib.VariantBuilder.new(GLib.VariantType('r'))
        self.path.append(None)
        for i, argument in enumerate(arguments):
            self.path[-1] = i
            builder.add_value(self.pack(argument))
        return builder.end()


def _pack_exception(exception):
    domain, code, message, text = _errors.to_fields(exception)
    return GLib.Variant.new_tuple(
        GLib.Variant.new_string(domain), GLib.Variant.new_int32(code), GLib.Variant.new_string(message),
        GLib.Variant.new_maybe(GLib.VariantType('s'), None if text is None else GLib.Variant.new_string(text)))


def pack(value, where='value'):
    """The variant of a value; TypeError, ValueError or OverflowError if there is none, with
    the path to what is the matter in the message, from @where on."""
    return _Packer(where).pack(value)


def pack_arguments(arguments):
    """The variant that a function is called with: a tuple, or the only variant itself."""
    if not arguments:
        return None
    if len(arguments) == 1 and isinstance(arguments[0], GLib.Variant):
        return arguments[0]
    return _Packer('args').pack_arguments(arguments)


def unpack(variant):
    """The value of a variant, whole: as GLib.Variant.unpack(), but bytes are bytes, and
    there are datetimes and exceptions."""
    kind = variant.get_type_string()
    first = kind[0]
    if first in 'bynqiuxtdsogh':
        return variant.unpack()
    if first == 'v':
        return unpack(variant.get_variant())
    if first == 'm':
        child = variant.get_maybe()
        return None if child is None else unpack(child)
    if first == 'a':
        if kind == 'ay':
            return variant.get_data_as_bytes().get_data() or b''
        if kind[1] in _typecodes:
            numbers = array.array(_typecodes[kind[1]])
            numbers.frombytes(variant.get_data_as_bytes().get_data() or b'')
            return numbers.tolist()
        if kind[1] == '{':
            return dict(_unpack_members(entry) for entry in _get_children(variant))
        if kind == PAIRS:
            return _make_dict([_unpack_members(entry) for entry in _get_children(variant)])
        return [unpack(child) for child in _get_children(variant)]
    members = _unpack_members(variant)
    if kind == DATE:
        return _make_datetime(*members)
    if kind == ERROR:
        return _errors.from_fields(*members)
    return members


def _get_children(variant):
    return (variant.get_child_value(i) for i in range(variant.n_children()))


def _unpack_members(variant):
    return tuple(unpack(child) for child in _get_children(variant))


def _make_key(value):
    """What a key was that arrives as a list: it can only have been a tuple."""
    return tuple(_make_key(item) for item in value) if isinstance(value, (list, tuple)) else value


def _make_dict(pairs):
    """The dict of them, or themselves if no dict can have these keys: another language's
    may be unhashable here, or 1 and True."""
    try:
        values = {_make_key(key): value for key, value in pairs}
    except TypeError:
        return pairs
    return values if len(values) == len(pairs) else pairs


def _make_datetime(microseconds):
    if microseconds is None:
        return None
    try:
        return EPOCH + timedelta(microseconds=microseconds)
    except OverflowError:
        raise OverflowError(f'{microseconds} µs since 1970 is in no year that datetime has') from None


def unpack_arguments(variant):
    """The arguments in what a function was called with: the reverse of pack_arguments()."""
    if variant is None:
        return ()
    # Its type says nothing: a datetime is a tuple in it.
    return _unpack_members(variant) if variant.get_type_string()[0] == '(' else (unpack(variant),)

# _values.py - Python's values as GVariants, and back
#
# What crosses to functions of any language:
#
#   None        nothing        list, tuple  av; alone as arguments: (…)
#   bool        b              dict         a{sv}, or a{vv} if a key is no str
#   int         x, or t        bytes, bytearray, memoryview  ay
#   float       d              array.array  an array of its numbers
#   str         s              GLib.Variant as it is
#
# Bytes are never walked through one by one.
#
# SPDX-License-Identifier: LGPL-2.1-or-later
import array

from gi.repository import GLib

BYTES = GLib.VariantType('ay')

# The numbers whose arrays are taken as memory, both ways.
_typecodes = {'n': 'h', 'q': 'H', 'i': 'i', 'u': 'I', 'x': 'q', 't': 'Q', 'd': 'd'}
_types_of = {(code, array.array(code).itemsize): kind for kind, code in _typecodes.items()}
_types_of.update({('l', 8): 'x', ('L', 8): 't', ('l', 4): 'i', ('L', 4): 'u'})


def _from_memory(kind, data):
    return GLib.Variant.new_from_bytes(GLib.VariantType(kind), GLib.Bytes.new(data), True)


def pack_bytes(data):
    return GLib.Variant.new_from_bytes(BYTES, GLib.Bytes.new(data), True)


def pack(value):
    """The variant of a value; TypeError or OverflowError if there is none."""
    if isinstance(value, GLib.Variant):
        return value
    if isinstance(value, bool):
        return GLib.Variant.new_boolean(value)
    if isinstance(value, int):
        if -1 << 63 <= value < 1 << 63:
            return GLib.Variant.new_int64(value)
        if 0 <= value < 1 << 64:
            return GLib.Variant.new_uint64(value)
        raise OverflowError(f'{value} does not fit into 64 bits')
    if isinstance(value, float):
        return GLib.Variant.new_double(value)
    if isinstance(value, str):
        if '\0' in value:
            raise ValueError(f'{value!r} has a zero character in it, which strings of GLib cannot have')
        return GLib.Variant.new_string(value)
    if value is None:
        return GLib.Variant.new_maybe(GLib.VariantType('v'), None)
    if isinstance(value, (bytes, bytearray, memoryview)):
        return pack_bytes(bytes(value))
    if isinstance(value, array.array) and (value.typecode, value.itemsize) in _types_of:
        return _from_memory('a' + _types_of[value.typecode, value.itemsize], value.tobytes())
    if isinstance(value, (list, tuple)):
        return _container('av', [GLib.Variant.new_variant(pack(item)) for item in value])
    if isinstance(value, dict):
        text = all(isinstance(key, str) for key in value)
        entries = [GLib.Variant.new_dict_entry(pack(key) if text else GLib.Variant.new_variant(pack(key)),
                                               GLib.Variant.new_variant(pack(item)))
                   for key, item in value.items()]
        return _container('a{sv}' if text else 'a{vv}', entries)
    raise TypeError(f'{value!r} of type {type(value).__name__} has no place in a GLib.Variant')


def _container(kind, children):
    builder = GLib.VariantBuilder.new(GLib.VariantType(kind))
    for child in children:
        builder.add_value(child)
    return builder.end()


def pack_arguments(arguments):
    """The variant that a function is called with: a tuple, or the only variant itself."""
    if not arguments:
        return None
    if len(arguments) == 1 and isinstance(arguments[0], GLib.Variant):
        return arguments[0]
    builder = GLib.VariantBuilder.new(GLib.VariantType('r'))
    for argument in arguments:
        builder.add_value(pack(argument))
    return builder.end()


def unpack(variant):
    """The value of a variant, whole: as GLib.Variant.unpack(), but bytes are bytes."""
    kind = variant.get_type_string()
    first = kind[0]
    if first in 'bynqiuxtdsog':
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
            entries = (variant.get_child_value(i) for i in range(variant.n_children()))
            return {unpack(entry.get_child_value(0)): unpack(entry.get_child_value(1)) for entry in entries}
        return [unpack(variant.get_child_value(i)) for i in range(variant.n_children())]
    return tuple(unpack(variant.get_child_value(i)) for i in range(variant.n_children()))


def unpack_arguments(variant):
    """The arguments in what a function was called with: the reverse of pack_arguments()."""
    if variant is None:
        return ()
    value = unpack(variant)
    return value if variant.get_type_string()[0] == '(' else (value,)

# _outcome.py - what futures come to, apart from the futures
#
# Values stay in Python: its garbage collector sees nothing of what a GValue or a
# closure of C refers to, and a cycle through one would leak. C gets numbers, strings,
# or something that tells which outcome it stands for.
#
# An outcome belongs to one future, whose attributes keep it. Futures that have theirs
# from that one, and values in C, refer to the outcome: so they neither keep the future
# alive nor depend on its wrapper, which PyGObject may drop while C has the GObject.
#
# SPDX-License-Identifier: LGPL-2.1-or-later
import weakref

from gi.repository import GLib, GObject

from . import _pickling, _values

_nothing = GObject.Value(GObject.TYPE_POINTER)


class _Keeper:
    """Stands for a value in C: the outcome that has it in Python."""

    __slots__ = ('outcome',)

    def __init__(self, outcome):
        self.outcome = weakref.ref(outcome)


def _is_text(value):
    """Whether C can have it: no zero character, no half of a surrogate pair."""
    try:
        return '\0' not in value and value.encode() is not None
    except UnicodeEncodeError:
        return False


def is_same_error(one, other):
    return one is not None and (one.domain, one.code, one.message) == (other.domain, other.code, other.message)


class Outcome:
    """Of one future. A derived one has an origin, from its beginning.

    Other threads may read it meanwhile: `settled` is stored before what it makes
    needless is taken out, and read after that."""

    __slots__ = ('settled', 'loaded', 'origin', 'returned', 'function', 'members', '__weakref__')

    def __init__(self, origin=None, function=None):
        # The result, the exception and the GError that stands for it, once Python has
        # them. While the GObject is being settled, it may still refuse them.
        self.settled = None
        # A result that was unpickled, in a tuple.
        self.loaded = None
        # Where the outcome is from, if not its own.
        self.origin = origin
        # That of the future that a function of finally_() has returned: its failure counts.
        self.returned = None
        # The name of the function whose pickled result it is.
        self.function = function
        # Of a group: those that have its result or exception.
        self.members = None

    def to_value(self):
        """What C gets to see of the result."""
        value = self.settled[0]
        kind = type(value)
        if value is None:
            return _nothing
        if kind is bool:
            return GObject.Value(GObject.TYPE_BOOLEAN, value)
        if kind is int and -1 << 63 <= value < 1 << 63:
            return GObject.Value(GObject.TYPE_INT64, value)
        if kind is float:
            return GObject.Value(GObject.TYPE_DOUBLE, value)
        if kind is str and _is_text(value):
            return GObject.Value(GObject.TYPE_STRING, value)
        if kind is GLib.Variant:
            return GObject.Value(GObject.TYPE_VARIANT, value)
        return GObject.Value(GObject.TYPE_PYOBJECT, _Keeper(self))

    def _stands_for(self, value):
        """Whether C has the result as @value."""
        if isinstance(value, _Keeper):
            return value.outcome() is self
        own = self.settled[0]
        return type(own) is type(value) and (own == value or own != own)

    def find_result(self, value):
        """The result that C has as @value."""
        settled = self.settled
        if settled is not None and self._stands_for(value):
            return settled[0]
        if isinstance(value, _Keeper):
            outcome = value.outcome()
            if outcome is None:
                raise ReferenceError('The result is gone with the future that had it')
            return outcome.settled[0]
        if value is not None and not isinstance(value, GLib.Variant):
            return value

        # A chain may be long.
        outcome = self
        while True:
            origin, members, settled = outcome.origin, outcome.members, outcome.settled
            if settled is not None:
                return settled[0]
            if origin is None:
                break
            outcome = origin
        if members is not None:
            return members.find_result(value)
        if value is None or outcome.function is None:
            return value if value is None else _values.unpack(value)
        return outcome.load(_pickling.loads, value.get_data_as_bytes())

    def load(self, load, data):
        """The result of a process, the same object for all."""
        if self.loaded is None:
            loaded = (_pickling.loads_result(self.function, load, data),)
            if self.loaded is None:
                self.loaded = loaded
        return self.loaded[0]

    def find_exception(self, error):
        """The exception that C has as a GError, or None if it is not Python's."""
        outcomes, seen = [self], set()
        while outcomes:
            outcome = outcomes.pop()
            if outcome is None or outcome in seen:
                # Futures may wait for each other in a circle.
                continue
            seen.add(outcome)
            origins, members = (outcome.origin, outcome.returned), outcome.members
            settled = outcome.settled
            if settled is not None and is_same_error(settled[2], error):
                return settled[1]
            outcomes += origins
            if members is not None:
                outcomes += reversed(members.get_outcomes())
        return None

    def remember(self, result, exception, error):
        """Its own is known: what it has that from need not be kept."""
        self.settled = result, exception, error
        self.origin = self.returned = self.members = None

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

from . import _errors, _pickling, _values

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
    """Of one future. A derived one has an origin, from its beginning."""

    __slots__ = ('settled', 'error', 'origin', 'returned', 'function', 'members', '__weakref__')

    def __init__(self, origin=None, function=None):
        # The result and the exception, once Python has them.
        self.settled = None
        # The GError that stands for the exception.
        self.error = None
        # Where the outcome is from, if not its own.
        self.origin = origin
        # What a function of finally_() has returned: if that fails, the outcome is its.
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

    def to_gerror(self):
        self.error = _errors.to_gerror(self.settled[1])
        return self.error

    def find_result(self, value):
        """The result that C has as @value."""
        if isinstance(value, _Keeper):
            outcome = value.outcome()
            if outcome is None:
                raise ReferenceError('The result is gone with the future that had it')
            return outcome.settled[0]
        if value is not None and not isinstance(value, GLib.Variant):
            return value
        # A chain may be long.
        outcome = self
        while outcome.settled is None and outcome.origin is not None:
            outcome = outcome.origin
        if outcome.settled is not None:
            return outcome.settled[0]
        if outcome.members is not None:
            return outcome.members.find_result(value)
        if value is not None and outcome.function is not None:
            return _pickling.loads_result(outcome.function, _pickling.loads, value.get_data_as_bytes())
        return value if value is None else _values.unpack(value)

    def find_exception(self, error):
        """The exception that C has as a GError, or None if it is not Python's."""
        outcomes, seen = [self], set()
        while outcomes:
            outcome = outcomes.pop()
            if outcome is None or outcome in seen:
                # Futures may wait for each other in a circle, till one is timed out.
                continue
            seen.add(outcome)
            if is_same_error(outcome.error, error):
                return outcome.settled[1]
            if outcome.members is not None:
                exception = outcome.members.find_exception(error)
                if exception is not None:
                    return exception
            outcomes += outcome.origin, outcome.returned
        return None

    def remember(self, result, exception, error):
        """Its own is known: what it has that from need not be kept."""
        self.settled, self.error = (result, exception), error
        self.origin = self.returned = self.members = None

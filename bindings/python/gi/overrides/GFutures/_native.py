# _native.py - the introspected library, as it is without these overrides, and its module
#
# SPDX-License-Identifier: LGPL-2.1-or-later
import sys

import gi._gi

from ...module import get_introspection_module
from ...overrides import override

GFutures = get_introspection_module('GFutures')

# What a class says when it is defined, for GObject's metaclass: no GType of its own.
OVERRIDES = 'gi.overrides.GFutures'

PUBLIC = 'gi.repository.GFutures'


def public(what):
    """Makes a class or function appear where programs find it, and pickle too."""
    if isinstance(what, type) and hasattr(what, '__info__'):
        override(what)
    what.__module__ = PUBLIC
    return what


def borrow(module, names):
    """Lets `gi.repository.GFutures` have names of another module as well, which finds
    them when they are asked for: that may take an import."""
    proxy = sys.modules[PUBLIC]

    class Proxy(type(proxy)):
        __slots__ = ()

        def __getattr__(self, name):
            return getattr(module, name) if name in names else super().__getattr__(name)

        def __dir__(self):
            return sorted({*super().__dir__(), *names})

    proxy.__class__ = Proxy


def get_references(thing):
    """To the GObject, of which one is the wrapper's: in __del__(), 1 is the last one."""
    try:
        return thing.__grefcount__
    except TypeError:
        # There is none, for a subclass did not call __init__().
        return 0


def get_type(name):
    """The GType of a class that is not to be made yet: its parent is overridden first."""
    return gi._gi.Repository.get_default().find_by_name('GFutures', name).get_g_type()

# GFutures.py - what libgfutures adds for Python
#
# SPDX-License-Identifier: LGPL-2.1-or-later
import importlib
import inspect

from gi import _gi
from gi.repository import Gio, GLib, GObject

from ..module import get_introspection_module
from ..overrides import override

GFutures = get_introspection_module('GFutures')

__all__ = []


def _get_parameters(method):
    if isinstance(method, _gi.FunctionInfo):
        return [argument.get_name() for argument in method.get_arguments()]
    return inspect.signature(method).parameters


def _get_owner(method):
    """What has the finish function beside it: an object, a class or a module.

    An introspected method does not tell its object, only the class."""
    if not isinstance(method, _gi.FunctionInfo):
        return method.__self__
    owner = importlib.import_module('gi.repository.' + method.get_namespace())
    container = method.get_container()
    return getattr(owner, container.get_name()) if container else owner


class Future(GFutures.Future):
    @staticmethod
    def from_async(method, *args, **kwargs):
        """Starts an asynchronous operation of GIO's kind: a future of what it comes to.

            future = GFutures.Future.from_async(file.load_contents_async)

        The arguments are those of `method`, without the cancellable and what comes
        after it; that may be given by name. The future's result is what the finish
        function returns, any Python value, or its error. Cancelling the future
        cancels the operation.
        """
        name = method.__name__.removesuffix('_async') + '_finish'
        owner = _get_owner(method)
        if not hasattr(owner, name):
            raise TypeError(f'{method.__name__} has no {name} beside it')

        promise = GFutures.Promise.new()

        def ready(source, result, *_data):
            try:
                finish = getattr(source if hasattr(source, name) else owner, name)
                value = GObject.Value(GObject.TYPE_PYOBJECT, finish(result))
            except GLib.Error as error:
                promise.reject(error)
            except Exception as error:
                promise.reject_literal(Gio.io_error_quark(), Gio.IOErrorEnum.FAILED,
                                       f'{type(error).__name__}: {error}')
            else:
                promise.resolve(value)

        if 'cancellable' in _get_parameters(method):
            kwargs['cancellable'] = promise.get_cancellable()
        method(*args, callback=ready, **kwargs)
        return promise


Future = override(Future)
__all__.append('Future')

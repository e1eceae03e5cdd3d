# _gio.py - operations of GIO's kind as futures
#
# SPDX-License-Identifier: LGPL-2.1-or-later
import importlib
import inspect

from gi import _gi

from ._future import Promise


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


def start(method, args, kwargs):
    name = method.__name__.removesuffix('_async') + '_finish'
    owner = _get_owner(method)
    if not hasattr(owner, name):
        raise TypeError(f'{method.__name__} has no {name} beside it')

    promise = Promise.new()

    def ready(source, result, *_data):
        try:
            finish = getattr(source if hasattr(source, name) else owner, name)
            value = finish(result)
        except Exception as error:
            promise._settle(None, error)
        else:
            promise._settle(value, None)

    if 'cancellable' in _get_parameters(method):
        kwargs['cancellable'] = promise.get_cancellable()
    method(*args, callback=ready, **kwargs)
    return promise

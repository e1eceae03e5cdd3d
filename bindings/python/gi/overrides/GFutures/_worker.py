# _worker.py - the worker process of a pool, where that is an interpreter
#
# It serves three kinds of names:
#
#   module:qualname        that function, with the values of plain variants: for
#                          callers in any language
#   task:module:qualname   that function, with a pickle of arguments and keywords
#   pickle:…               a pickle of function, arguments and keywords; the rest of
#                          the name is for messages only
#
# SPDX-License-Identifier: LGPL-2.1-or-later
import importlib
import pickle
import sys
import traceback

from gi.repository import GLib

from . import _errors, _pickling, _spawn, _values
from ._native import GFutures, public

PREPARE = 'prepare:python'
TASK = 'task:'
PICKLE = 'pickle:'

_reject = GFutures.Promise.reject_with_details
_return = GFutures.function_return_serialized

# Of tasks, by name: the module's name and the parts of the function's.
_paths = {}


def _fail(promise, exception):
    """Answers with an exception: whole for Python, as a GError for others."""
    # Without the frames of these files, which say nothing.
    frames = exception.__traceback__
    while frames is not None and frames.tb_frame.f_globals.get('__package__') == __package__:
        frames = frames.tb_next
    text = ''.join(traceback.format_exception(type(exception), exception, frames))
    error = _errors.to_gerror(exception, _errors.FUTURE_ERROR, GFutures.FutureError.REMOTE)
    GFutures.error_set_remote_traceback(error, _errors.make_text(text))
    details = _pickling.dumps_exception(exception.with_traceback(None), text)
    _reject(promise, error, GLib.Bytes.new(details))


def _find_task(name):
    path = _paths.get(name)
    if path is None:
        _task, module, qualname = name.split(':', 2)
        path = _paths[name] = module, qualname.split('.')
    module, parts = path
    if module not in sys.modules:
        importlib.import_module(module)
    found = sys.modules[module]
    try:
        for part in parts:
            found = getattr(found, part)
    except AttributeError:
        raise AttributeError(f"The worker cannot find {'.'.join(parts)} in {sys.modules[module]!r}") from None
    return found


def _run_task(promise, name, data, arguments):
    if data:
        value = _pickling.load_named('The arguments', name, _pickling.loads_bytes, data)
    else:
        value = _pickling.load_named('The arguments', name, _pickling.loads, arguments.get_data_as_bytes())
    if name[0] == 't':
        fn = _find_task(name)
        args, kwargs = value
    else:
        fn, args, kwargs = value
    result = fn(*args, **kwargs)
    try:
        data = _pickling.dumps(result)
    except Exception as error:
        text = repr(result)
        text = text if len(text) <= 200 else text[:200] + '…'
        message = f"The result of {getattr(fn, '__qualname__', fn)}, {text}, cannot be pickled: {error}"
        known = type(error) in (TypeError, AttributeError, ValueError, RecursionError)
        raise (type(error) if known else pickle.PicklingError)(message) from None
    if isinstance(data, bytes):
        _return(promise, 'ay', data)
    else:
        promise.resolve_variant(data)


def _find(name):
    module, colon, qualname = name.partition(':')
    if not colon or not module or not qualname:
        raise _errors.UnknownFunction(f'There is no function “{name}”: it has to be “module:function”')
    try:
        found = importlib.import_module(module)
        for part in qualname.split('.'):
            found = getattr(found, part)
    except ImportError as error:
        if error.name is not None and (module == error.name or module.startswith(error.name + '.')):
            raise _errors.UnknownFunction(f'There is no function “{name}”: {error}') from None
        raise
    except AttributeError as error:
        raise _errors.UnknownFunction(f'There is no function “{name}”: {error}') from None
    if not callable(found):
        raise _errors.UnknownFunction(f'“{name}” is no function')
    return found


def _run_named(promise, name, kind, data, arguments):
    if arguments is None and kind is not None:
        arguments = GLib.Variant.new_from_bytes(GLib.VariantType(kind), GLib.Bytes.new(data), True)
    result = _find(name)(*_values.unpack_arguments(arguments))
    if result is not None:
        result = _values.pack(result, 'result')
        _return(promise, result.get_type_string(), result.get_data_as_bytes().get_data())


def _run(promise, name, kind, data, *rest):
    try:
        # The length of @data may come before it, depending on PyGObject.
        arguments = next((argument for argument in rest if isinstance(argument, GLib.Variant)), None)
        if kind == 'ay' and name.startswith((TASK, PICKLE)):
            _run_task(promise, name, data, arguments)
        else:
            _run_named(promise, name, kind, data, arguments)
    except BaseException as error:
        _fail(promise, error)


def _prepare(arguments, promise, *_data):
    """The first call of a worker."""
    try:
        _spawn.prepare(arguments.get_data_as_bytes().get_data())
    except BaseException as error:
        _fail(promise, error)


@public
def serve():
    """Makes this interpreter a worker: serves the pool that started it until there are
    no more tasks. For the worker-argv of a pool in any language:

        python3 -c "import gi; gi.require_version('GFutures', '1'); \\
                    from gi.repository import GFutures; GFutures.serve()"

    It serves “module:function”. The modules are found as the interpreter's own are."""
    GFutures.function_register(PREPARE, _prepare)
    GFutures.function_register_serialized(None, _pickling.LARGE, _run)
    return GFutures.worker_run([sys.argv[0]])

# _errors.py - exceptions, and how they become GErrors and back
#
# SPDX-License-Identifier: LGPL-2.1-or-later
import concurrent.futures
import pickle
import re
import traceback
from concurrent.futures import BrokenExecutor, CancelledError, InvalidStateError, TimeoutError
from concurrent.futures.process import BrokenProcessPool, _RemoteTraceback
from concurrent.futures.thread import BrokenThreadPool

from gi.repository import Gio, GLib

from ._native import GFutures, public

FUTURE_ERROR = GLib.quark_to_string(GFutures.future_error_quark())
IO_ERROR = GLib.quark_to_string(Gio.io_error_quark())

Code = GFutures.FutureError


class _Error(GLib.Error):
    """What the errors of this library have in common."""

    def __init__(self, message='', domain=FUTURE_ERROR, code=None):
        super().__init__(message, domain, int(self._code) if code is None else code)

    def __str__(self):
        return self.message

    def __repr__(self):
        return f'GFutures.{type(self).__name__}({self.message!r})'


@public
class ShutDown(_Error):
    """The executor was shut down."""
    _code = Code.SHUT_DOWN


@public
class PoolBroken(_Error, BrokenProcessPool):
    """No worker process can be started, or its initializer fails."""
    _code = Code.BROKEN_EXECUTOR


@public
class WorkerDied(_Error, BrokenProcessPool):
    """The worker process died while it ran this task. The pool goes on."""
    _code = Code.WORKER_DIED


@public
class UnknownFunction(_Error, LookupError):
    """There is no function of that name."""
    _code = Code.UNKNOWN_FUNCTION


@public
class InvalidState(_Error, InvalidStateError):
    """It cannot be done in this state."""
    _code = Code.INVALID_STATE


@public
class BrokenPromise(_Error):
    """Nobody is left who could settle the future."""
    _code = Code.BROKEN_PROMISE


@public
class ProtocolError(_Error):
    """A worker process said what makes no sense."""
    _code = Code.PROTOCOL


@public
class MessageTooLarge(_Error, ValueError):
    """Arguments or a result are larger than the pool's max-message-size."""
    _code = Code.MESSAGE_TOO_LARGE


@public
class RemoteError(_Error):
    """A worker that is not written in Python has raised something of its language."""
    _code = Code.REMOTE


@public
class TimedOut(_Error, TimeoutError):
    """The future's own time limit has passed."""
    _code = Gio.IOErrorEnum.TIMED_OUT

    # OSError, which TimeoutError is, wants its own.
    __new__ = TimeoutError.__new__

    def __init__(self, message='', domain=IO_ERROR, code=None):
        super().__init__(message, domain, code)


@public
class UnpicklingError(BrokenProcessPool, pickle.UnpicklingError):
    """Arguments or a result of a process arrived, and could not be unpickled: the cause
    says why. It breaks concurrent.futures' pools; ours go on."""


# What concurrent.futures puts around the traceback of another process.
_REMOTE = '\n"""\n', '"""'


def make_remote_traceback(text):
    """The cause of an exception that was raised in another process."""
    return _RemoteTraceback(text.join(_REMOTE))


def _get_remote_text(cause):
    before, after = _REMOTE
    return cause.tb.removeprefix(before).removesuffix(after)


# How pools of Python's name their tasks, see _worker.py.
_internal = re.compile('“(task|pickle):')

_by_code = {int(error._code): error
            for error in (ShutDown, PoolBroken, WorkerDied, UnknownFunction, InvalidState, BrokenPromise,
                          ProtocolError, MessageTooLarge, RemoteError)}


def from_gerror(error):
    """The exception that stands for a GError."""
    return _make_exception(error, GFutures.error_get_remote_traceback(error))


def from_fields(domain, code, message, text):
    """The exception that arrives as a value: the reverse of to_fields()."""
    return _make_exception(GLib.Error(message, domain, code), text)


def _make_exception(error, text):
    if error.domain == FUTURE_ERROR and error.code in _by_code:
        exception = _by_code[error.code](error.message)
    elif error.domain == IO_ERROR and error.code == Gio.IOErrorEnum.TIMED_OUT:
        exception = TimedOut(error.message)
    else:
        exception = error
    exception.message = _internal.sub('“', exception.message)
    if text:
        exception.__cause__ = make_remote_traceback(text)
    return exception


def describe(exception):
    """The type and what it says."""
    described = traceback.TracebackException(type(exception), exception, None, lookup_lines=False)
    # Notes would come after it.
    described.__notes__ = None
    return list(described.format_exception_only())[-1].strip()


def make_text(text):
    """Text of GLib ends at a zero byte, and has no halves of surrogate pairs."""
    return str(text).replace('\0', '\\0').encode(errors='backslashreplace').decode()


def to_gerror(exception, domain=IO_ERROR, code=Gio.IOErrorEnum.FAILED):
    """The GError that other languages see. Those without one get @domain and @code."""
    if isinstance(exception, GLib.Error) and exception.domain:
        domain, code, message = exception.domain, exception.code, exception.message
    elif isinstance(exception, CancelledError):
        domain, code, message = IO_ERROR, Gio.IOErrorEnum.CANCELLED, str(exception) or 'The task was cancelled'
    else:
        message = describe(exception)
    return GLib.Error(make_text(message), make_text(domain), int(code))


def to_fields(exception):
    """The domain's name, the code, the message and the traceback, or None, of an exception
    that is sent as a value."""
    error = to_gerror(exception, FUTURE_ERROR, Code.REMOTE)
    text = None
    if exception.__traceback__ is not None:
        text = ''.join(traceback.format_exception(type(exception), exception, exception.__traceback__))
    elif isinstance(exception.__cause__, _RemoteTraceback):
        # It goes on as it came.
        text = _get_remote_text(exception.__cause__)
    return error.domain, error.code, error.message, make_text(text) if text else None


__all__ = ['BrokenExecutor', 'BrokenProcessPool', 'BrokenPromise', 'BrokenThreadPool', 'CancelledError',
           'InvalidState', 'InvalidStateError', 'MessageTooLarge', 'PoolBroken', 'ProtocolError',
           'RemoteError', 'ShutDown', 'TimedOut', 'TimeoutError', 'UnknownFunction', 'UnpicklingError',
           'WorkerDied']

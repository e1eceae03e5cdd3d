# _processes.py - the process pool: Python's functions in worker interpreters
#
# What a worker is given is in _worker.py, how it travels in _pickling.py. The pool
# itself is the library's: a worker that dies loses one task and is replaced.
#
# SPDX-License-Identifier: LGPL-2.1-or-later
import concurrent.futures
import itertools
import multiprocessing.connection
import os
import signal
import subprocess
import sys
import threading
import types
import weakref
from functools import partial

from gi.repository import GObject

from . import _errors, _executor, _future, _pickling, _spawn, _values, _worker
from ._native import OVERRIDES, GFutures, get_references, public

_base = concurrent.futures.ProcessPoolExecutor
_count_processors = getattr(os, 'process_cpu_count', os.cpu_count)
_call = GFutures.binding_call_quietly
_call_serialized = GFutures.binding_call_serialized_quietly
_is_done = _future.NativeFuture.is_done

# What accepted tasks wait for when the interpreter exits: what finds each pool, by its
# life. (A function that GObject calls when the pool goes would clear the exception by
# which it goes.)
_executors = weakref.WeakKeyDictionary()
_exiting = False


def _get_worker_argv():
    start = ('import gi; gi.require_version("GFutures", "1"); '
             'from gi.repository import GFutures; GFutures.serve()')
    return [sys.executable, *subprocess._args_from_interpreter_flags(), '-c', start]


class _Process:
    """A worker in `_processes`, as far as other code asks it. Others reap it: how it
    ended is known only to who has waited for it before that."""

    def __init__(self, pid):
        self.pid = self.ident = pid
        self.name = f'{_spawn.NAME}-{pid}'
        self.exitcode = None
        try:
            self.sentinel = os.pidfd_open(pid)
        except ProcessLookupError:
            self.sentinel = None

    def __del__(self):
        if self.sentinel is not None:
            os.close(self.sentinel)

    def join(self, timeout=None):
        if self.sentinel is not None and multiprocessing.connection.wait([self.sentinel], timeout):
            try:
                status = os.waitid(os.P_PIDFD, self.sentinel, os.WEXITED | os.WNOHANG | os.WNOWAIT)
            except ChildProcessError:
                return
            if status is not None:
                self.exitcode = status.si_status if status.si_code == os.CLD_EXITED else -status.si_status

    def is_alive(self):
        return self.sentinel is not None and not multiprocessing.connection.wait([self.sentinel], 0)

    def terminate(self):
        self._send(signal.SIGTERM)

    def kill(self):
        self._send(signal.SIGKILL)

    def _send(self, number):
        if self.sentinel is not None:
            try:
                signal.pidfd_send_signal(self.sentinel, number)
            except ProcessLookupError:
                pass


def _get_task_name(fn):
    """What a worker finds the function by, if it is one that pickle names too."""
    if not isinstance(fn, (types.FunctionType, types.BuiltinFunctionType)):
        return None
    module, qualname = getattr(fn, '__module__', None), fn.__qualname__
    try:
        found = sys.modules[module]
        for part in qualname.split('.'):
            found = getattr(found, part)
    except (KeyError, AttributeError):
        return None
    return f'{_worker.TASK}{module}:{qualname}' if found is fn else None


def _describe(fn):
    """A name for messages."""
    name = f"{getattr(fn, '__module__', None) or type(fn).__module__}:" \
           f"{getattr(fn, '__qualname__', None) or type(fn).__qualname__}"
    return name[:1000].replace('\0', ' ').encode(errors='replace').decode()


def _process_chunk(fn, chunk):
    return [fn(*args) for args in chunk]


def _flatten(chunks):
    """The results, none of which is kept."""
    for chunk in chunks:
        chunk.reverse()
        while chunk:
            yield chunk.pop()


def _chunks(items, size):
    items = iter(items)
    while chunk := list(itertools.islice(items, size)):
        yield chunk


@public
class ProcessPoolExecutor(_base, GFutures.ProcessPoolExecutor):
    """A pool of interpreters: concurrent.futures.ProcessPoolExecutor, and a GObject.

    Workers always start fresh, as by multiprocessing's spawn, whatever @mp_context is:
    the main module is imported, not run. @properties are those of GfProcessPoolExecutor.
    """

    __module__ = OVERRIDES

    def __init__(self, max_workers=None, mp_context=None, initializer=None, initargs=(), *,
                 max_tasks_per_child=None, **properties):
        if max_workers is None:
            max_workers = _count_processors() or 1
        if max_workers <= 0:
            raise ValueError('max_workers must be greater than 0')
        if isinstance(initializer, str) and 'worker_argv' in properties:
            # Of another language's workers.
            properties['initializer'], initializer = initializer, None
        if initializer is not None and not callable(initializer):
            raise TypeError('initializer must be a callable')
        if max_tasks_per_child is not None:
            if not isinstance(max_tasks_per_child, int):
                raise TypeError('max_tasks_per_child must be an integer')
            if max_tasks_per_child <= 0:
                raise ValueError('max_tasks_per_child must be >= 1')
            properties['max_tasks_per_worker'] = max_tasks_per_child

        self._initializer = initializer
        self._initargs = initargs
        self._mp_context = mp_context
        self._last = None, None
        self._known = {}
        if 'worker_argv' not in properties:
            properties['worker_argv'] = _get_worker_argv()
            properties['initializer'] = _worker.PREPARE
            properties['initializer_arguments'] = _values.pack_bytes(_spawn.get_preparation(initializer, initargs))
        GObject.Object.__init__(self, max_workers=max_workers, **properties)
        self._is_ready = True
        self._life = _executor.Life()
        _executors[self._life] = GObject.Object.weak_ref(self)

    @classmethod
    def new(cls, max_workers, worker_argv=None):
        """A pool of workers of any kind; without @worker_argv the stock one of C."""
        return NativeProcessPoolExecutor.new(max_workers, worker_argv)

    def submit(self, fn, /, *args, **kwargs):
        return self._submit(fn, args, kwargs, fn)

    submit.__doc__ = _executor.Executor.submit.__doc__

    def _submit(self, fn, args, kwargs, named):
        if _exiting:
            raise RuntimeError('cannot schedule new futures after interpreter shutdown')
        if named is fn:
            # Most often it is the same as the last time.
            last, name = self._last
            if last is not fn:
                name = _get_task_name(fn)
                self._last = (fn, name) if name is not None else (None, None)
        else:
            name = None
        try:
            data = _pickling.dumps((fn, args, kwargs) if name is None else (args, kwargs))
        except Exception as error:
            if self._shutdown:
                raise RuntimeError('cannot schedule new futures after shutdown') from None
            future = _future.Future()
            future.set_exception(_pickling.explain(error, named, args, kwargs))
            return future
        if name is None:
            name = _worker.PICKLE + _describe(named)
        if isinstance(data, bytes):
            future = _call_serialized(self, name, 'ay', data)
        else:
            future = _call(self, name, data)
        return self._check(future) if _is_done(future) else future

    def _check(self, future):
        """Raises what concurrent.futures raises, if the executor takes nothing."""
        error = _future.NativeFuture.get_error(future)
        if error is not None and error.domain == _errors.FUTURE_ERROR \
           and error.code in (GFutures.FutureError.SHUT_DOWN, GFutures.FutureError.BROKEN_EXECUTOR):
            if error.code == GFutures.FutureError.SHUT_DOWN:
                raise _errors.ShutDown('cannot schedule new futures after shutdown')
            raise _errors.from_gerror(error)
        return future

    def map(self, fn, *iterables, timeout=None, chunksize=1, buffersize=None):
        if isinstance(fn, str):
            return self._map_call(fn, *iterables, chunksize=chunksize)
        if chunksize < 1:
            raise ValueError('chunksize must be >= 1.')
        _executor.check_buffersize(buffersize)
        if chunksize == 1:
            return _executor.iterate(self, partial(_executor.start, fn), zip(*iterables), timeout, buffersize)
        chunks = _executor.iterate(self, partial(_start_chunk, fn), _chunks(zip(*iterables), chunksize),
                                   timeout, buffersize)
        return _flatten(chunks)

    map.__doc__ = _executor.Executor.map.__doc__

    def shutdown(self, wait=True, *, cancel_futures=False):
        self._closed = True
        _executor.NativeExecutor.shutdown(self, False, cancel_futures)
        if wait:
            _executor.join(self)

    shutdown.__doc__ = _executor.Executor.shutdown.__doc__

    def terminate_workers(self):
        """Ends the workers by SIGTERM, and the pool with them: what runs fails, what
        waits is cancelled."""
        self.shutdown(wait=False, cancel_futures=True)
        NativeProcessPoolExecutor.terminate_workers(self)

    def kill_workers(self):
        """As terminate_workers(), by SIGKILL."""
        self.shutdown(wait=False, cancel_futures=True)
        NativeProcessPoolExecutor.kill_workers(self)

    # What other code reads of concurrent.futures' executor.

    _closed = False
    _is_ready = False

    @property
    def _max_workers(self):
        return self.get_max_workers()

    @property
    def _processes(self):
        self._known = {pid: self._known.get(pid) or _Process(pid) for pid in self.get_worker_pids()}
        return self._known

    @property
    def _shutdown(self):
        return self._closed

    _shutdown_thread = _shutdown

    @property
    def _broken(self):
        error = self.get_error()
        return False if error is None else error.message

    def __del__(self):
        # The wrapper may go before the pool does. What was accepted still runs; the
        # interpreter waits for the thread when it exits.
        if self._is_ready and get_references(self) == 1 and not _exiting and \
           (self.get_n_pending() or self.get_n_running()):
            # Nothing more is given to it.
            self.__dict__.pop('_life', None)
            self.shutdown(wait=False)
            threading.Thread(target=_executor.NativeExecutor.shutdown, args=(self, True, False)).start()


NativeProcessPoolExecutor = ProcessPoolExecutor.__mro__[2]


def _start_chunk(fn, executor, chunk):
    return executor._submit(_process_chunk, (fn, chunk), {}, fn)


def _exit():
    global _exiting
    _exiting = True
    for get_executor in list(_executors.values()):
        executor = get_executor()
        if executor is not None:
            executor.shutdown(wait=True)


def _forget():
    """A forked process has the pools of its parent, but nothing that serves them."""
    for get_executor in _executors.values():
        executor = get_executor()
        if executor is not None:
            executor._is_ready = False
    _executors.clear()


threading._register_atexit(_exit)
os.register_at_fork(after_in_child=_forget)

__all__ = ['ProcessPoolExecutor']

# _executor.py - what all executors have in common
#
# SPDX-License-Identifier: LGPL-2.1-or-later
import collections
import concurrent.futures
import itertools
import threading
import time
import weakref
from functools import partial

from gi.repository import GObject

from . import _errors, _future, _values
from ._native import OVERRIDES, GFutures, public

_base = concurrent.futures.Executor

# The library's own, which the classes below replace.
NativeExecutor = GFutures.Executor


def _take_result(future, timeout=None):
    """The result; the future is cancelled if that is not to be had in time."""
    try:
        return future.result(timeout)
    except BaseException:
        future.cancel()
        raise
    finally:
        # An exception's traceback has this frame.
        del future


def start(fn, executor, args):
    return executor.submit(fn, *args)


class Life:
    """Of an executor: an attribute that is there while tasks may be given to it."""

    __slots__ = '__weakref__',


def _refer(executor):
    """A function that gives the executor while tasks may be given to it, and then None."""
    life = weakref.ref(executor.__dict__.setdefault('_life', Life()))
    try:
        get_executor = GObject.Object.weak_ref(executor)
    except TypeError:
        # It has no GObject, for a subclass did not call __init__().
        return weakref.ref(executor)
    return lambda: get_executor() if life() is not None else None


def iterate(executor, start, items, timeout, buffersize):
    """Yields the results of start(executor, item) in the order of the items, of which at
    most @buffersize are under way. Those that are not wanted any more are cancelled."""
    deadline = None if timeout is None else time.monotonic() + timeout
    items = iter(items)
    futures = collections.deque(start(executor, item) for item in
                                (items if buffersize is None else itertools.islice(items, buffersize)))
    # It may go before its results do.
    get_executor = None if buffersize is None else _refer(executor)

    def results():
        try:
            while futures:
                executor = get_executor and get_executor()
                if executor is not None:
                    futures.extend(start(executor, item) for item in itertools.islice(items, 1))
                    del executor
                yield _take_result(futures.popleft(), None if deadline is None else deadline - time.monotonic())
        finally:
            for future in futures:
                # When the interpreter exits, all are; little works then.
                if not future.done():
                    future.cancel()

    return results()


def check_buffersize(buffersize):
    if buffersize is not None and not isinstance(buffersize, int):
        raise TypeError('buffersize must be an integer or None')
    if buffersize is not None and buffersize < 1:
        raise ValueError('buffersize must be None or > 0')


def join(executor):
    """Blocks until a pool of C has ended, but not to signals."""
    if threading.get_ident() != threading.main_thread().ident:
        NativeExecutor.shutdown(executor, True, False)
        return
    thread = threading.Thread(target=NativeExecutor.shutdown, args=(executor, True, False), daemon=True)
    thread.start()
    thread.join()


def guard(function):
    """A task function of C's kind whose exceptions fail the task, whatever they are."""
    def run(promise, *data):
        try:
            function(promise, *data)
        except BaseException as error:
            promise._settle(None, error)

    return run


def _get_below(cls):
    """The class and those that it derives from, before Executor."""
    return itertools.takewhile(lambda base: base is not Executor, cls.__mro__)


@public
class Executor(_base, NativeExecutor):
    """Runs tasks somewhere else: concurrent.futures.Executor, and a GObject."""

    __module__ = OVERRIDES

    def __init__(self, **properties):
        # As in concurrent.futures, there may be one that can do nothing.
        if type(self) is not Executor:
            GObject.Object.__init__(self, **properties)

    def __init_subclass__(cls, **kwargs):
        super().__init_subclass__(**kwargs)
        # One of C's that Python derives from is no other type of GObject: they are final.
        if '__gtype__' not in cls.__dict__ and any('__info__' in base.__dict__ for base in _get_below(cls)):
            cls.__gtype__ = cls.__gtype__

    def _can_enqueue(self):
        """Whether anything below this class runs tasks."""
        return any('__info__' in cls.__dict__ or 'do_enqueue' in cls.__dict__ for cls in _get_below(type(self)))

    def submit(self, fn, /, *args, **kwargs):
        """Gives the executor fn(*args, **kwargs) to run: a future of what it returns."""
        if not self._can_enqueue():
            raise NotImplementedError()

        return self._check(NativeExecutor.submit(
            self, guard(lambda promise, *_data: promise._settle(fn(*args, **kwargs), None))))

    def submit_full(self, priority, cancellable, function, *data):
        return NativeExecutor.submit_full(self, priority, cancellable, guard(function), *data)

    def submit_delayed(self, delay_us, function, *data):
        return NativeExecutor.submit_delayed(self, delay_us, guard(function), *data)

    def submit_repeating(self, delay_us, interval_us, function, *data):
        return NativeExecutor.submit_repeating(self, delay_us, interval_us, guard(function), *data)

    def _check(self, future):
        """Raises what concurrent.futures raises, if the executor takes nothing."""
        if future.done():
            error = _future.NativeFuture.get_error(future)
            if error is not None and error.matches(GFutures.future_error_quark(), GFutures.FutureError.SHUT_DOWN):
                raise _errors.from_gerror(error)
        return future

    def map(self, fn, *iterables, timeout=None, chunksize=1, buffersize=None):
        """An iterator of fn() of each tuple of arguments, in their order.

        With the name of a function and one GLib.Variant, an array: a future of the array
        of results, see gf_executor_map()."""
        if isinstance(fn, str):
            return self._map_call(fn, *iterables, chunksize=chunksize)
        check_buffersize(buffersize)
        return iterate(self, partial(start, fn), zip(*iterables), timeout, buffersize)

    def _map_call(self, function, items, chunk_size=0, chunksize=1):
        return NativeExecutor.map(self, function, items, chunk_size or (0 if chunksize == 1 else chunksize))

    def call(self, function, *args):
        """Calls a function by its name, which any language may serve: a future.

        In a worker process of Python's it is "module:function". The arguments travel as
        a tuple of variants: None, bool, int (x), float, str, bytes (ay), list, dict,
        array.array, datetime with a time zone, exceptions, GLib.Variant as it is; a single
        GLib.Variant is all of them. Those of other types: TypeError, which says where."""
        return GFutures.binding_call_quietly(self, function, _values.pack_arguments(args))

    def shutdown(self, wait=True, *, cancel_futures=False):
        """Takes nothing more; @wait blocks until what was accepted has returned."""
        if not self._can_enqueue():
            return
        NativeExecutor.shutdown(self, wait, cancel_futures)


__all__ = ['Executor']

# _threads.py - the thread pool: Python's functions on Python's threads
#
# They are threading's: with names, with threading.local, and joined when the
# interpreter exits, by the standard library's own hook. The GObject has the
# library's threads, which run what call() names.
#
# SPDX-License-Identifier: LGPL-2.1-or-later
import collections
import concurrent.futures
import concurrent.futures.thread as base_thread
import itertools
import os
import queue
import threading
import weakref
from concurrent.futures._base import LOGGER

from gi.repository import GObject

from . import _executor, _future
from ._errors import BrokenThreadPool
from ._native import OVERRIDES, GFutures, public

_base = concurrent.futures.ThreadPoolExecutor
_count_processors = getattr(os, 'process_cpu_count', os.cpu_count)
_names = itertools.count()
_attaching = threading.Lock()
_running = _future.running
_Future = _future.Future
_ATTRIBUTES = ('_max_workers', '_work_queue', '_idle', '_threads', '_broken', '_shutdown', '_shutdown_lock',
               '_thread_name_prefix', '_initializer', '_initargs')


def _run(future, fn, args, kwargs):
    if not future._begin():
        return
    _running.task = future
    try:
        result = fn(*args, **kwargs)
    except BaseException as error:
        _running.task = None
        future._settle(None, error)
        # The exception's traceback has this frame.
        future = None
    else:
        _running.task = None
        future._settle(result, None)


def _serve(executor_reference, work, initializer, initargs):
    """A thread of the pool, until that is shut down or gone."""
    try:
        if initializer is not None:
            try:
                initializer(*initargs)
            except BaseException:
                LOGGER.critical('Exception in initializer:', exc_info=True)
                executor = executor_reference()
                if executor is not None:
                    executor._initializer_failed()
                return

        while True:
            if work.empty():
                executor = executor_reference()
                if executor is not None and len(executor._threads) < executor._max_workers:
                    executor._idle.append(None)
                del executor
            item = work.get()
            if item is not None:
                _run(*item)
                # Not kept while the thread waits.
                del item
                continue
            executor = executor_reference()
            if base_thread._shutdown or executor is None or executor._shutdown:
                if executor is not None:
                    executor._shutdown = True
                # For the next thread.
                work.put(None)
                return
            del executor
    except BaseException:
        LOGGER.critical('Exception in worker', exc_info=True)


@public
class ThreadPoolExecutor(_base, GFutures.ThreadPoolExecutor):
    """A pool of threads: concurrent.futures.ThreadPoolExecutor, and a GObject."""

    __module__ = OVERRIDES

    def __init__(self, max_workers=None, thread_name_prefix='', initializer=None, initargs=(), **properties):
        if max_workers is None:
            max_workers = min(32, (_count_processors() or 1) + 4)
        if max_workers <= 0:
            raise ValueError('max_workers must be greater than 0')
        if initializer is not None and not callable(initializer):
            raise TypeError('initializer must be a callable')
        GObject.Object.__init__(self, max_workers=max_workers, **properties)
        self._attach(max_workers, thread_name_prefix, initializer, initargs)

    def _attach(self, max_workers, thread_name_prefix='', initializer=None, initargs=()):
        self._work_queue = queue.SimpleQueue()
        # As many as threads that wait, while more may be started.
        self._idle = collections.deque()
        self._threads = set()
        self._broken = False
        self._shutdown = False
        self._shutdown_lock = threading.Lock()
        self._thread_name_prefix = thread_name_prefix or f'ThreadPoolExecutor-{next(_names)}'
        self._initializer = initializer
        self._initargs = initargs
        self._max_workers = max_workers

    def __getattr__(self, name):
        # One that C made has no attributes of Python's yet.
        if name not in _ATTRIBUTES:
            raise AttributeError(f'{type(self).__name__!r} object has no attribute {name!r}')
        with _attaching:
            if '_max_workers' not in self.__dict__:
                self._attach(self.get_max_workers())
        return self.__dict__[name]

    @classmethod
    def new(cls, max_workers):
        return cls(max_workers or _count_processors() or 1)

    def submit(self, fn, /, *args, **kwargs):
        with self._shutdown_lock, base_thread._global_shutdown_lock:
            if self._broken:
                raise BrokenThreadPool(self._broken)
            if self._shutdown:
                raise RuntimeError('cannot schedule new futures after shutdown')
            if base_thread._shutdown:
                raise RuntimeError('cannot schedule new futures after interpreter shutdown')
            future = _Future()
            self._work_queue.put((future, fn, args, kwargs))
            if len(self._threads) < self._max_workers:
                self._add_thread()
            return future

    submit.__doc__ = _executor.Executor.submit.__doc__

    def _add_thread(self):
        try:
            self._idle.pop()
            return
        except IndexError:
            pass
        work = self._work_queue

        def wake(_reference):
            work.put(None)

        thread = threading.Thread(name=f'{self._thread_name_prefix}_{len(self._threads)}', target=_serve,
                                  args=(weakref.ref(self, wake), work, self._initializer, self._initargs))
        thread.start()
        self._threads.add(thread)
        base_thread._threads_queues[thread] = work

    def _initializer_failed(self):
        with self._shutdown_lock:
            self._broken = 'A thread initializer failed, the thread pool is not usable anymore'
            for future in self._drain():
                future._settle(None, BrokenThreadPool(self._broken))

    def _drain(self):
        while True:
            try:
                item = self._work_queue.get_nowait()
            except queue.Empty:
                return
            if item is not None:
                yield item[0]

    def shutdown(self, wait=True, *, cancel_futures=False):
        with self._shutdown_lock:
            self._shutdown = True
            if cancel_futures:
                for future in self._drain():
                    future.cancel()
            self._work_queue.put(None)
        _executor.NativeExecutor.shutdown(self, False, cancel_futures)
        if wait:
            for thread in self._threads:
                thread.join()
            if self.get_n_threads():
                _executor.join(self)

    shutdown.__doc__ = _executor.Executor.shutdown.__doc__


__all__ = ['ThreadPoolExecutor']

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
_running = _future.running
_Future = _future.Future


class _Pool:
    """What the threads of an executor know of it: its attributes, as those of
    concurrent.futures are called. It goes with the executor's GObject, which keeps it."""

    def __init__(self, max_workers, thread_name_prefix='', initializer=None, initargs=()):
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

    def add_thread(self):
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

    def break_off(self):
        with self._shutdown_lock:
            self._broken = 'A thread initializer failed, the thread pool is not usable anymore'
            for future in self.drain():
                future._settle(None, BrokenThreadPool(self._broken))

    def drain(self):
        while True:
            try:
                item = self._work_queue.get_nowait()
            except queue.Empty:
                return
            if item is not None:
                yield item[0]


class _OfPool:
    """An attribute of concurrent.futures' executor that other code reads, or sets."""

    def __set_name__(self, owner, name):
        self.name = name

    def __get__(self, executor, owner=None):
        return self if executor is None else getattr(executor._pool, self.name)

    def __set__(self, executor, value):
        setattr(executor._pool, self.name, value)


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


def _serve(pool_reference, work, initializer, initargs):
    """A thread of the pool, until that is shut down or gone."""
    try:
        if initializer is not None:
            try:
                initializer(*initargs)
            except BaseException:
                LOGGER.critical('Exception in initializer:', exc_info=True)
                pool = pool_reference()
                if pool is not None:
                    pool.break_off()
                return

        while True:
            if work.empty():
                pool = pool_reference()
                if pool is not None and len(pool._threads) < pool._max_workers:
                    pool._idle.append(None)
                del pool
            item = work.get()
            if item is not None:
                _run(*item)
                # Not kept while the thread waits.
                del item
                continue
            pool = pool_reference()
            if base_thread._shutdown or pool is None or pool._shutdown:
                if pool is not None:
                    pool._shutdown = True
                # For the next thread.
                work.put(None)
                return
            del pool
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
        self._pool = _Pool(max_workers, thread_name_prefix, initializer, initargs)

    _work_queue, _idle, _threads = _OfPool(), _OfPool(), _OfPool()
    _broken, _shutdown, _shutdown_lock = _OfPool(), _OfPool(), _OfPool()
    _thread_name_prefix, _initializer, _initargs = _OfPool(), _OfPool(), _OfPool()
    _max_workers = _OfPool()

    def __getattr__(self, name):
        # One that C made has no attributes of Python's yet.
        if name != '_pool':
            raise AttributeError(f'{type(self).__name__!r} object has no attribute {name!r}')
        return self.__dict__.setdefault(name, _Pool(self.get_max_workers()))

    @classmethod
    def new(cls, max_workers):
        return cls(max_workers or _count_processors() or 1)

    def submit(self, fn, /, *args, **kwargs):
        pool = self._pool
        with pool._shutdown_lock, base_thread._global_shutdown_lock:
            if pool._broken:
                raise BrokenThreadPool(pool._broken)
            if pool._shutdown:
                raise RuntimeError('cannot schedule new futures after shutdown')
            if base_thread._shutdown:
                raise RuntimeError('cannot schedule new futures after interpreter shutdown')
            future = _Future()
            pool._work_queue.put((future, fn, args, kwargs))
            if len(pool._threads) < pool._max_workers:
                pool.add_thread()
            return future

    submit.__doc__ = _executor.Executor.submit.__doc__

    def shutdown(self, wait=True, *, cancel_futures=False):
        pool = self._pool
        with pool._shutdown_lock:
            pool._shutdown = True
            if cancel_futures:
                for future in pool.drain():
                    future.cancel()
            pool._work_queue.put(None)
        _executor.NativeExecutor.shutdown(self, False, cancel_futures)
        if wait:
            for thread in pool._threads:
                thread.join()
            if self.get_n_threads():
                _executor.join(self)

    shutdown.__doc__ = _executor.Executor.shutdown.__doc__


__all__ = ['ThreadPoolExecutor']

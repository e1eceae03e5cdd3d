# _waiting.py - wait() and as_completed()
#
# SPDX-License-Identifier: LGPL-2.1-or-later
import collections
import concurrent.futures
import threading
import time
import weakref
from concurrent.futures import ALL_COMPLETED, FIRST_COMPLETED, FIRST_EXCEPTION

from . import _errors, _future
from ._native import GFutures, public

_conditions = {
    ALL_COMPLETED: GFutures.ReturnWhen.ALL_COMPLETED,
    FIRST_COMPLETED: GFutures.ReturnWhen.FIRST_COMPLETED,
    FIRST_EXCEPTION: GFutures.ReturnWhen.FIRST_EXCEPTION,
}

_native_poll = GFutures.wait_poll
_native_wait = GFutures.wait


def _in_library(futures):
    """Whether the library has to do the waiting: it knows what those that it has, and
    continuations, depend on, and runs it."""
    return any(getattr(future, '_native', False) for future in futures) or _future._continuations


@public
def wait(fs, timeout=None, return_when=ALL_COMPLETED):
    """Blocks until futures are settled, or @timeout seconds are over.

    Returns a named tuple of two sets, `done` and `not_done`."""
    futures = set(fs)
    if return_when not in _conditions or not _in_library(futures) \
       or not all(isinstance(future, _future.Future) for future in futures):
        return concurrent.futures.wait(futures, timeout, return_when)

    members = [future._get_object() for future in futures]
    when = _conditions[return_when]
    try:
        _future.wait_in_turns(timeout, lambda turn: _native_poll(members, when, turn),
                              lambda: _native_wait(members, when, 0, None))
    except _errors.TimeoutError:
        pass

    done = {future for future in futures if future.done()}
    return concurrent.futures._base.DoneAndNotDoneFutures(done, futures - done)


class _Completed:
    """The futures of as_completed(), for `for` and for `async for`.

    Holds those that were not handed out, and no others."""

    def __init__(self, futures, timeout):
        self._deadline = None if timeout is None else time.monotonic() + timeout
        self._pending = set(futures)
        self._n = len(self._pending)
        # Those that came while it waited, and those that are handed out, whatever the time.
        self._done = []
        self._ready = collections.deque()
        self._changed = threading.Condition(threading.Lock())
        self._waker = None
        reference = weakref.ref(self)

        def add(future):
            completed = reference()
            if completed is not None:
                completed._add(future)

        for future in list(self._pending):
            future.add_done_callback(add)
        self._take()

    def _add(self, future):
        with self._changed:
            if future in self._pending:
                self._pending.remove(future)
                self._done.append(future)
                self._changed.notify_all()
            waker, self._waker = self._waker, None
        if waker is not None:
            waker._settle(None, None)

    def _take(self):
        with self._changed:
            self._ready.extend(self._done)
            self._done.clear()

    def _get_remaining(self):
        """The seconds that are left, or None; TimeoutError."""
        if self._deadline is None:
            return None
        remaining = self._deadline - time.monotonic()
        if remaining < 0:
            n = len(self._pending) + len(self._done)
            raise _errors.TimeoutError(f'{n} (of {self._n}) futures unfinished')
        return remaining

    def close(self):
        with self._changed:
            self._pending.clear()
            self._done.clear()
            self._ready.clear()

    def __iter__(self):
        return self

    def __next__(self):
        while not self._ready:
            if not self._pending and not self._done:
                raise StopIteration
            remaining = self._get_remaining()
            if not self._done:
                self._wait(remaining)
            self._take()
        return self._ready.popleft()

    def _wait(self, remaining):
        with self._changed:
            pending = list(self._pending)
        if _in_library(pending):
            wait(pending, remaining, FIRST_COMPLETED)
            # Their callbacks may still be on their way.
            for future in pending:
                if future.done():
                    self._add(future)
            return
        with self._changed:
            if not self._done and self._pending:
                self._changed.wait(remaining)

    def __aiter__(self):
        return self

    async def __anext__(self):
        while not self._ready:
            if not self._pending and not self._done:
                raise StopAsyncIteration
            remaining = self._get_remaining()
            waker = _future.Future()
            with self._changed:
                if not self._done:
                    self._waker = waker
            if self._waker is waker:
                if remaining is not None:
                    waker.set_timeout(round(remaining * 1_000_000))
                try:
                    await waker
                except _errors.TimedOut:
                    pass
            self._take()
        return self._ready.popleft()


@public
def as_completed(fs, timeout=None):
    """The futures in the order in which they are settled, for `for` and `async for`.

    Raises TimeoutError if the next is not settled @timeout seconds after this call."""
    return _Completed(fs, timeout)


__all__ = ['ALL_COMPLETED', 'FIRST_COMPLETED', 'FIRST_EXCEPTION', 'as_completed', 'wait']

# _coroutine.py - coroutines on a main loop of GLib
#
# For programs without asyncio. What a coroutine awaits is a future; each of its
# steps runs in the main context of the thread that started it.
#
# SPDX-License-Identifier: LGPL-2.1-or-later
import contextvars
import inspect

from gi.repository import GLib

from ._errors import CancelledError
from ._future import Future, get_asyncio_task, running
from ._native import OVERRIDES, public


class _Coroutine(Future):
    """The future of a coroutine: cancelling it raises CancelledError inside."""

    __module__ = OVERRIDES

    def __init__(self, coroutine):
        super().__init__()
        self._coroutine = coroutine
        self._main_context = GLib.MainContext.ref_thread_default()
        self._variables = contextvars.copy_context()
        self._awaited = None
        self._cancelling = False
        super().set_running_or_notify_cancel()
        self._schedule()

    def _schedule(self, *_data):
        source = GLib.Idle(priority=GLib.PRIORITY_DEFAULT)
        source.set_callback(self._turn)
        source.attach(self._main_context)

    def _turn(self, *_data):
        # Not before what it awaits now: this may be the turn of something it has given up.
        if self._awaited is None or self._cancelling or self._awaited.done():
            self._variables.run(self._step)
        return GLib.SOURCE_REMOVE

    def _step(self):
        coroutine = self._coroutine
        if coroutine is None:
            return
        self._awaited = None
        outer, running.outer_task = getattr(running, 'outer_task', None), get_asyncio_task()
        try:
            if self._cancelling:
                self._cancelling = False
                awaited = coroutine.throw(CancelledError())
            else:
                awaited = coroutine.send(None)
        except StopIteration as stop:
            self._coroutine = None
            self._settle(stop.value, None)
        except CancelledError as error:
            self._coroutine = None
            if not super().cancel_running():
                self._settle(None, error)
        except BaseException as error:
            self._coroutine = None
            self._settle(None, error)
        else:
            if isinstance(awaited, Future):
                self._awaited = awaited
                awaited.add_done_callback(self._schedule)
            elif awaited is None:
                # A bare yield: let others run.
                self._schedule()
            else:
                self._coroutine = None
                coroutine.close()
                self._settle(None, TypeError(f'A coroutine on a main loop awaits futures, not {awaited!r}'))
        finally:
            running.outer_task = outer

    def cancel(self):
        """Raises CancelledError in the coroutine, at what it awaits; true if it was not over."""
        if self.done() or self._coroutine is None:
            return self.cancelled()
        self._interrupt()
        return True

    def _interrupt(self):
        self._cancelling = True
        awaited = self._awaited
        # What it awaits is given up, and wakes it; if that cannot be, it does not wait for it.
        if awaited is None or not awaited.cancel():
            self._schedule()

    def _invoke_callbacks(self):
        super()._invoke_callbacks()
        # By cancel_running(), a time limit or a group: the coroutine is told.
        if self._coroutine is not None:
            self._interrupt()


@public
def run_async(coro):
    """Runs a coroutine on the main loop of this thread, without asyncio: its future.

    The coroutine may await futures, other coroutines, and use `async for` over
    as_completed(). Cancelling the future raises CancelledError inside it."""
    if not inspect.iscoroutine(coro):
        raise TypeError(f'A coroutine was expected, not {coro!r}')
    return _Coroutine(coro)


__all__ = ['run_async']

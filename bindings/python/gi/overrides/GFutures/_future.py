# _future.py - futures that are both concurrent.futures' and the library's
#
# A future has its outcome in one of two places.
#
# One that Python made is the standard library's, with all its attributes, and has
# no GObject yet: nobody but Python knows of it. It is given one when something
# looks at that side of it (connect, notify, bind, a function of the library), see
# Future._get_object(). From then on, as with a future that C made, the GObject is
# settled first; the standard library's attributes follow, if they are there at
# all, see _follow(). `_native` tells the two apart.
#
# The attributes belong to the GObject, with which PyGObject keeps them. A wrapper may
# be gone while C has the GObject, and be made anew (from PyGObject 3.55 on): nothing
# refers to one weakly, or takes its end for that of the future.
#
# SPDX-License-Identifier: LGPL-2.1-or-later
import concurrent.futures
import sys
import threading
import time
import types
from concurrent.futures._base import (CANCELLED, CANCELLED_AND_NOTIFIED, FINISHED, LOGGER, PENDING, RUNNING,
                                      CancelledError, InvalidStateError, TimeoutError)
from threading import Condition, RLock, get_ident

from gi.repository import Gio, GLib, GObject

from . import _errors, _pickling
from ._native import OVERRIDES, GFutures, get_references, get_type, public
from ._outcome import Outcome

State = GFutures.FutureState

# The library's own, which the classes below replace.
NativeFuture = GFutures.Future

# The task that runs in this thread, if that is one of Python's; and the one of asyncio's
# in which a coroutine of run_async() is at work, if a main loop runs inside it.
running = threading.local()

# How long Python's signal handlers may have to wait for a blocked main thread.
SIGNALS_US = 100_000

# Set once there is a continuation: from then on blocked threads wait inside the
# library, which knows which continuations they depend on.
_continuations = False

_base = concurrent.futures.Future
_get_thread_default = GLib.MainContext.get_thread_default
_main_thread = threading.main_thread().ident
_FUTURE_ERROR = GFutures.future_error_quark()

_SETTLED = (FINISHED, CANCELLED, CANCELLED_AND_NOTIFIED)
# It may be taken again by what a garbage collection runs meanwhile.
_attaching = threading.RLock()

# In the place of a future's own, where no other future has to do with it.
_own = Outcome()


# The names of functions whose results are pickles, see _worker.py.
_PICKLED = ('task:', 'pickle:')


class _Lazy:
    """An attribute of the standard library's that is made when it is first asked for:
    most futures need neither a condition nor a list."""

    def __init__(self, make):
        self.make = make

    def __set_name__(self, owner, name):
        self.name = name

    def __get__(self, future, owner=None):
        if future is None:
            return self
        # Of those that C made, this makes all.
        lock = future._lock
        return future.__dict__.setdefault(self.name, self.make(lock))


def _follow(future, *_data):
    """The GObject is settled: tell the standard library's side."""
    if '_lock' not in future.__dict__:
        # C made it, or it was dropped unsettled and this is not the object that had waiters.
        return
    cancelled, result, exception = future._read()
    with future._lock:
        if future._state in _SETTLED:
            return
        if cancelled:
            future._state = CANCELLED_AND_NOTIFIED
        else:
            future._result, future._exception = result, exception
            future._state = FINISHED
        future._tell()
    future._invoke_callbacks()


def get_asyncio_task():
    """The task of asyncio that runs in this thread, or None. That module is not imported
    for those that do without it."""
    asyncio = sys.modules.get('asyncio')
    loop = None if asyncio is None else asyncio._get_running_loop()
    return None if loop is None else asyncio.current_task(loop)


def wait_in_turns(timeout, poll, explain):
    """Blocks in C, at most @timeout seconds, but not to Python's signal handlers.

    poll(µs) says whether what is waited for is there; explain() raises why it ended
    before its time. TimeoutError."""
    deadline = None if timeout is None else time.monotonic() + timeout
    in_turns = get_ident() == _main_thread
    while True:
        now = time.monotonic()
        turn = -1 if deadline is None else max(0, round((deadline - now) * 1_000_000))
        if in_turns and not 0 <= turn < SIGNALS_US:
            turn = SIGNALS_US
        if poll(turn):
            return
        if deadline is not None and time.monotonic() >= deadline:
            raise TimeoutError()
        if turn < 0 or (time.monotonic() - now) * 1_000_000 < turn / 2:
            try:
                explain()
            except GLib.Error as error:
                if not error.matches(Gio.io_error_quark(), Gio.IOErrorEnum.TIMED_OUT):
                    raise _errors.from_gerror(error) from None


class _Type:
    """The class is GfFuture; what Python makes can be settled, and is a GfPromise."""

    def __get__(self, future, owner):
        return _future_type if future is None else _promise_type


_future_type, _promise_type = NativeFuture.__gtype__, get_type('Promise')


@public
class Future(_base, NativeFuture):
    """A result that will be there later: concurrent.futures.Future, and a GObject.

    `done` is emitted, and properties are notified, in the main context of the thread
    that made it. Callbacks of add_done_callback() run in the thread that settles it.
    """

    __module__ = OVERRIDES
    __gtype__ = _Type()

    # Of a GObject these are those of its pointer, which is not there at first.
    __hash__ = object.__hash__
    __eq__, __ne__ = object.__eq__, object.__ne__
    __lt__, __le__, __gt__, __ge__ = object.__lt__, object.__le__, object.__gt__, object.__ge__

    # Not for what __init__() has made: PyGObject may make an object anew.
    _native = True
    _home = None

    # The standard library's attributes; its lock is that of the condition.
    _condition = _Lazy(Condition)
    _waiters = _Lazy(lambda lock: [])
    _done_callbacks = _Lazy(lambda lock: [])
    _state = PENDING
    _result = _exception = None

    def __init__(self):
        self._lock = RLock()
        self._native = False
        if get_ident() != _main_thread:
            self._remember_home()

    def _remember_home(self):
        """On the main thread it is taken to be what it is when the GObject is made."""
        task = getattr(running, 'task', None)
        home = task._home if task is not None else _get_thread_default()
        if home is not None:
            self._home = home

    def __init_subclass__(cls, **kwargs):
        super().__init_subclass__(**kwargs)
        # A subclass in Python is no other type of GObject.
        if '__gtype__' not in cls.__dict__ and '__info__' not in cls.__dict__:
            cls.__gtype__ = next(base.__dict__['__gtype__'] for base in cls.__mro__ if '__gtype__' in base.__dict__)

    def __del__(self):
        # C would tell so too, but when the garbage collector has emptied the handlers.
        if self._native and get_references(self) == 1 and not NativeFuture.is_done(self):
            GFutures.Promise.reject_literal(self, _FUTURE_ERROR, GFutures.FutureError.BROKEN_PROMISE,
                                            'The promise was dropped before it was settled')

    def __repr__(self):
        name = 'Future' if type(self) is Promise else type(self).__name__.lstrip('_')
        head = f'<{name} at {id(self):#x} state='
        if not self.done():
            return head + ('running>' if self.running() else 'pending>')
        if self.cancelled():
            return head + 'cancelled>'
        exception = self.exception(0)
        if exception is not None:
            return f'{head}finished raised {type(exception).__name__}>'
        return f'{head}finished returned {type(self.result(0)).__name__}>'

    def __getattr__(self, name):
        if name == '_lock' and self._native:
            self._attach()
            return self.__dict__[name]
        raise AttributeError(f'{type(self).__name__!r} object has no attribute {name!r}')

    # The GObject

    def _expose(self):
        """The same, for handlers and bindings on the main loop."""
        if self._native or not self._make_object(False):
            NativeFuture.set_quiet(self, False)
        return self

    def _get_object(self):
        """Gives the future its GObject, which then is the first to be settled.

        It is quiet: waiting for it, and callbacks, need no main loop."""
        if not self._native:
            self._make_object(True)
        return self

    def _make_object(self, quiet):
        """False: another thread has made it meanwhile."""
        with self._lock:
            if self._native:
                return False
            GObject.Object.__init__(self)
            if quiet:
                NativeFuture.set_quiet(self, True)
            if self._home is not None:
                GFutures.Promise.set_home(self, self._home)
            state = self._state
            if state == RUNNING:
                GFutures.Promise.set_running(self)
            elif state == FINISHED:
                self._offer(self._result, self._exception)
            elif state != PENDING:
                NativeFuture.cancel(self)
            self._native = True
            if state in (PENDING, RUNNING):
                NativeFuture.follow(self)
                if self.__dict__.get('_done_callbacks'):
                    self._show_interest()
        return True

    def _attach(self):
        """Gives a future of C the standard library's attributes."""
        with _attaching:
            if '_lock' in self.__dict__:
                return
            self._state = RUNNING if NativeFuture.is_running(self) else PENDING
            self._result = self._exception = None
            self._lock = RLock()
        # At once, if it is settled.
        NativeFuture.follow(self)

    def _show_interest(self):
        if not self.__dict__.get('_interested'):
            self._interested = True
            NativeFuture.want(self)

    def _get_outcome(self):
        """The outcome that others have theirs from, made when it is first asked for."""
        attributes = self.__dict__
        outcome = attributes.get('_outcome')
        if outcome is None:
            outcome = Outcome(function=_get_pickled(self))
            if '_read_outcome' in attributes:
                self._tell_outcome(outcome)
            outcome = attributes.setdefault('_outcome', outcome)
        return outcome

    def _tell_outcome(self, outcome):
        _cancelled, result, exception = self._read_outcome
        outcome.remember(result, exception, None if exception is None else NativeFuture.get_error(self))

    def _offer(self, result, exception):
        """Settles the GObject; false if another was first."""
        outcome = self._get_outcome()
        error = None if exception is None else _errors.to_gerror(exception)
        # Before C has it: those that have it from here look for it then.
        outcome.settled = result, exception, error
        self._settler = get_ident()
        if exception is None:
            accepted = GFutures.Promise.resolve(self, outcome.to_value())
        else:
            accepted = GFutures.Promise.reject(self, error)
        if not accepted:
            outcome.settled = self._settler = None
        return accepted

    def _tell(self):
        """Those who wait; the lock is held."""
        attributes = self.__dict__
        for waiter in attributes.get('_waiters', ()):
            if self._state != FINISHED:
                waiter.add_cancelled(self)
            elif self._exception is not None:
                waiter.add_exception(self)
            else:
                waiter.add_result(self)
        if '_condition' in attributes:
            self._condition.notify_all()

    def _begin(self):
        """As set_running_or_notify_cancel(), for executors: false if it is not to run."""
        with self._lock:
            if self._state == PENDING and not self._native:
                self._state = RUNNING
                return True
        return self.set_running_or_notify_cancel()

    def _settle(self, result, exception):
        """False: it was settled already, and this is dropped."""
        if not self._native:
            with self._lock:
                if self._state in _SETTLED:
                    return False
                native = self._native
                if not native:
                    self._result = result
                    if exception is not None:
                        self._exception = exception
                    self._state = FINISHED
                    self._tell()
            if not native:
                if '_done_callbacks' in self.__dict__:
                    self._invoke_callbacks()
                return True

        # One at a time.
        offer = (result, exception)
        if self.__dict__.setdefault('_offered', offer) is not offer:
            return False
        if self._offer(result, exception):
            return True
        del self._offered
        return False

    def _read(self):
        """Of a settled GObject: whether it was cancelled, the result, the exception."""
        attributes = self.__dict__
        read = attributes.get('_read_outcome')
        if read is None:
            # The first is the one that everybody gets.
            read = attributes.setdefault('_read_outcome', self._compute())
            outcome = attributes.get('_outcome')
            if outcome is not None:
                self._tell_outcome(outcome)
        return read

    def _compute(self):
        if self.__dict__.get('_settler') == get_ident():
            # It is being told, in the middle of _offer(): so that was accepted.
            result, exception, _error = self._outcome.settled
            return False, result, exception
        try:
            outcome = self.__dict__.get('_outcome')
            function = _get_pickled(self) if outcome is None else outcome.function
            if function is not None and (outcome is None or outcome.settled is None):
                try:
                    data, _type = NativeFuture.peek_serialized(self, _pickling.LARGE)
                except GLib.Error:
                    pass
                else:
                    return False, self._load(function, outcome, data), None
            state = NativeFuture.get_state(self)
            if state == State.CANCELLED:
                return True, None, None
            outcome = outcome or _own
            if state != State.FAILED:
                return False, outcome.find_result(NativeFuture.get_value(self)), None
            error = NativeFuture.get_error(self)
            exception = outcome.find_exception(error)
            return False, None, self._make_exception(error) if exception is None else exception
        except Exception as error:
            # The traceback has this frame.
            return False, None, error.with_traceback(None)

    def _load(self, function, outcome, data):
        load = _pickling.loads_bytes if data else _pickling.loads
        if not data:
            data, _type = NativeFuture.get_serialized(self)
        return _pickling.loads_result(function, load, data) if outcome is None else outcome.load(load, data)

    def _make_exception(self, error):
        details = NativeFuture.get_error_details(self)
        return _errors.from_gerror(error) if details is None else _pickling.loads_exception(details.get_data(), error)

    # What concurrent.futures has

    def done(self):
        return NativeFuture.is_done(self) if self._native else self._state in _SETTLED

    def running(self):
        return NativeFuture.is_running(self) if self._native else self._state == RUNNING

    def cancelled(self):
        return NativeFuture.is_cancelled(self) if self._native else self._state in (CANCELLED, CANCELLED_AND_NOTIFIED)

    def _withdraw(self, begun):
        """Cancels one without a GObject, if it has @begun too: true, false, or None if
        it has one."""
        with self._lock:
            if self._native:
                return None
            state = self._state
            if state == FINISHED or (state == RUNNING and not begun):
                return False
            if state not in (PENDING, RUNNING):
                return not begun
            if begun:
                self._state = CANCELLED_AND_NOTIFIED
                self._withdrawn = True
                self._tell()
            else:
                # Waiters are told when it is taken from the queue, as there.
                self._state = CANCELLED
                self._condition.notify_all()
        self._invoke_callbacks()
        return True

    def cancel(self):
        """Cancels it if it has not begun, as in concurrent.futures."""
        cancelled = None if self._native else self._withdraw(False)
        if cancelled is None:
            return NativeFuture.cancel_pending(self) or NativeFuture.is_cancelled(self)
        return cancelled

    def cancel_running(self):
        """Cancels it whether it has begun or not.

        It is cancelled at once. A function that runs is told (see should_stop() and
        get_cancellable()), and keeps its worker until it returns; what it returns is
        dropped. A worker process that does not return in time is killed. False if the
        future was settled already.
        """
        cancelled = None if self._native else self._withdraw(True)
        return NativeFuture.cancel(self) if cancelled is None else cancelled

    def set_running_or_notify_cancel(self):
        if not self._native:
            with self._lock:
                if not self._native:
                    if self.__dict__.get('_withdrawn'):
                        return False
                    return _base.set_running_or_notify_cancel(self)
        if GFutures.Promise.set_running(self):
            if '_lock' in self.__dict__:
                with self._lock:
                    if self._state == PENDING:
                        self._state = RUNNING
            return True
        if NativeFuture.is_cancelled(self):
            return False
        LOGGER.critical('Future %s in unexpected state: %s', id(self), self._state)
        raise RuntimeError('Future in unexpected state')

    def set_result(self, result):
        if not self._settle(result, None):
            raise InvalidStateError(f'{self._state}: {self!r}')

    def set_exception(self, exception):
        if isinstance(exception, type):
            exception = exception()
        if not self._settle(None, exception):
            raise InvalidStateError(f'{self._state}: {self!r}')

    def _wait(self, timeout):
        """Blocks until the GObject is settled; TimeoutError."""
        if not NativeFuture.is_done(self):
            wait_in_turns(timeout, lambda turn: NativeFuture.poll(self, turn),
                          lambda: NativeFuture.wait(self, 0, None))

    def resolve(self, value):
        """As set_result(), but false if it was settled already."""
        return self._settle(value, None)

    def reject(self, error):
        """As set_exception(), but false if it was settled already."""
        return self._settle(None, error)

    def _join(self, timeout):
        """Waits: the result and the exception."""
        if not self._native and (not _continuations or self._state in _SETTLED):
            if self._state not in _SETTLED:
                condition = self._condition
                with condition:
                    if self._state not in _SETTLED and not condition.wait(timeout) and self._state not in _SETTLED:
                        raise TimeoutError()
            if self._state != FINISHED:
                raise CancelledError()
            return self._result, self._exception
        self._get_object()
        self._wait(timeout)
        cancelled, result, exception = self._read()
        if cancelled:
            raise CancelledError()
        return result, exception

    def result(self, timeout=None):
        """What the task returned, after waiting at most @timeout seconds for it.

        Raises what the task raised, CancelledError, or TimeoutError.
        """
        result, exception = self._join(timeout)
        if exception is None:
            return result
        try:
            raise exception
        finally:
            # The exception's traceback has this frame.
            self = exception = None

    def exception(self, timeout=None):
        """What the task raised, or None; otherwise as result()."""
        return self._join(timeout)[1]

    def get_value(self):
        """The result; GLib.Error, with Gio.IOErrorEnum.PENDING, if it is not there yet."""
        if not self.done():
            NativeFuture.get_value(self._expose())
        return self.result(0)

    def result_finish(self, result):
        try:
            NativeFuture.result_finish(self, result)
        except GLib.Error as error:
            own = None if not self.done() or self.cancelled() else self.exception(0)
            if own is None or _errors.to_gerror(own).message != error.message:
                raise _errors.from_gerror(error) from None
        return self.result(0)

    def add_done_callback(self, fn):
        """Calls fn(future) when it is settled, in the thread that settles it; at once
        if it is. In the order in which they were added; exceptions are logged."""
        with self._lock:
            if self._state not in _SETTLED:
                self._done_callbacks.append(fn)
                if self._native:
                    self._show_interest()
                return
        try:
            fn(self)
        except Exception:
            LOGGER.exception('exception calling callback for %r', self)

    # What a task that runs has to do with it

    def should_stop(self):
        """Inside a task: whether nobody wants its result any more. Cheap."""
        if self._native:
            return GFutures.Promise.should_stop(self)
        return self._state in _SETTLED

    # Continuations

    def chain(self, continuation, *data):
        """As then(), but continuation(settled, *data) gets this future, and returns the
        one whose outcome is taken over; None is a result of None."""
        return _chain(self, NativeFuture.chain, lambda settled: continuation(settled, *data))

    def then(self, function):
        """A future of function(result), called in this thread's main context.

        If the function returns a future, its outcome is taken over. A failure passes
        through."""
        return _chain(self, NativeFuture.chain, lambda settled: function(settled.result(0)))

    def catch(self, function):
        """A future of function(exception), if this one fails or is cancelled; a result
        passes through."""
        return _chain(self, NativeFuture.catch, lambda settled: function(_get_exception(settled)))

    def finally_(self, function):
        """Calls function() when this is settled, however that came, and has its outcome.

        If the function returns a future, that is waited for; if it fails, so does this."""
        return _chain(self, NativeFuture.finally_, lambda settled: function())

    def __await__(self):
        task = get_asyncio_task()
        if task is None or task is getattr(running, 'outer_task', None):
            return self._await()
        return sys.modules['asyncio'].wrap_future(self).__await__()

    def _await(self):
        # Without a loop of asyncio: for run_async().
        if not self.done():
            yield self
        return self.result(0)

    # Groups. The members are kept, for their results.

    @staticmethod
    def all(futures):
        """Succeeds with the list of the results when all have; fails with the first."""
        return _gather(NativeFuture.all, futures, lambda members: [member.result(0) for member in members])

    @staticmethod
    def all_settled(futures):
        """Succeeds with the list of the futures when all are settled."""
        return _gather(NativeFuture.all_settled, futures, list)

    @staticmethod
    def any(futures):
        """Succeeds with the first result; fails if all fail. Cancels the rest."""
        return _gather(NativeFuture.any, futures)

    @staticmethod
    def race(futures):
        """Has the outcome of the first that is settled. Cancels the rest."""
        return _gather(NativeFuture.race, futures)

    @staticmethod
    def from_async(method, *args, **kwargs):
        """Starts an asynchronous operation of GIO's kind: a future of what it comes to.

            future = GFutures.Future.from_async(file.load_contents_async)

        The arguments are those of `method`, without the cancellable and what comes
        after it; that may be given by name. The future's result is what the finish
        function returns, any Python value, or its error. Cancelling the future
        cancels the operation.
        """
        from . import _gio
        return _gio.start(method, args, kwargs)


def _get_exception(settled):
    return CancelledError() if settled.cancelled() else settled.exception(0)


def _chain(source, native, call):
    global _continuations
    _continuations = True
    # The source's outcome, and not the source: that may be dropped while it is pending,
    # and be an outcome too.
    outcome = Outcome(source._expose()._get_outcome())

    def run(settled, *_data):
        try:
            returned = call(settled)
        except BaseException as error:
            returned = Future()
            returned._settle(None, error)
        if not isinstance(returned, NativeFuture):
            if native is NativeFuture.finally_:
                return None
            result, returned = returned, Future()
            returned._settle(result, None)
        returned._expose()
        if native is NativeFuture.finally_:
            outcome.returned = returned._get_outcome()
        else:
            outcome.origin = returned._get_outcome()
        return returned

    derived = native(source, run)
    derived._outcome = outcome
    return derived


class _Members:
    """What a group's outcome has in the place of an origin."""

    def __init__(self, futures, collect):
        self.futures = futures
        self.collect = collect

    def find_result(self, value):
        if self.collect is not None:
            return self.collect(self.futures)
        return next((future.result(0) for future in self.futures if future.done() and not future.cancelled() and
                     NativeFuture.get_error(future) is None and NativeFuture.get_value(future) == value), value)

    def get_outcomes(self):
        return [future._get_outcome() for future in self.futures if future.done()]


def _gather(native, futures, collect=None):
    members = list(futures)
    group = native([future._get_object() for future in members])
    group._outcome = Outcome()
    group._outcome.members = _Members(members, collect)
    return group


class _Native:
    """A future that C made: it has a GObject, and no attributes of its own."""

    _native = True
    _state = _Lazy(lambda lock: None)
    _result = _Lazy(lambda lock: None)
    _exception = _Lazy(lambda lock: None)

    def __init__(self, **properties):
        GObject.Object.__init__(self, **properties)

    def __copy__(self):
        raise TypeError('A future cannot be copied')


def _get_pickled(future):
    """The name of the function whose result arrives as a pickle, or None."""
    if not isinstance(future, Promise):
        return None
    function = NativePromise.get_function(future)
    return function if function is not None and function.startswith(_PICKLED) else None


# Whatever belongs to the GObject makes one first.

class _Exposing:
    """A method of the GObject, or its `props`."""

    def __init__(self, attribute):
        self.attribute = attribute

    def __get__(self, future, owner=None):
        if future is None:
            return self
        return types.MethodType(self.attribute, future._expose())

    def __call__(self, future, *args, **kwargs):
        return self.attribute(future._expose(), *args, **kwargs)


class _ExposingProperties(_Exposing):
    def __get__(self, future, owner=None):
        return self.attribute.__get__(future and future._expose(), owner)


def _expose_attributes(cls, names):
    for name in names:
        if name[0] == '_' or name.startswith('new') or name in Future.__dict__:
            continue
        attribute = next(owner.__dict__[name] for owner in cls.__mro__ if name in owner.__dict__)
        if name == 'props':
            Future.props = _ExposingProperties(attribute)
        elif callable(attribute):
            setattr(Future, name, _Exposing(attribute))


_expose_attributes(NativeFuture, dir(NativeFuture))


@public
class Promise(_Native, GFutures.Promise):
    """A future that C made, or makes, and that can be settled."""

    __module__ = OVERRIDES

    def __init__(self, **properties):
        super().__init__(**properties)
        task = getattr(running, 'task', None)
        if task is not None and task._home is not None:
            NativePromise.set_home(self, task._home)


@public
class FutureSet(_Native, GFutures.FutureSet):
    """A future of several: see Future.all() and its like."""

    __module__ = OVERRIDES


# What Python makes can be settled as a promise is.
NativePromise = Promise.__mro__[2]
_expose_attributes(NativePromise, [name for name in NativePromise.__dict__
                                   if name not in ('get_current', 'run', 'set_home', 'take_string', 'take_value')])
for _name, _method in list(Future.__dict__.items()):
    if _name in NativePromise.__dict__ and _name[0] != '_':
        # Of the class too, which takes those that have no GObject yet.
        setattr(Promise, _name, _method)


@public
def current_promise():
    """The task that runs in this thread, or None: for its set_progress(),
    should_stop() and get_cancellable()."""
    return getattr(running, 'task', None) or NativePromise.get_current()


GFutures.binding_set_follower(_follow)
# Wrappers, attributes and closures: Python frees objects on any thread.
for _key in 'PyGObject::wrapper', 'PyGObject::instance-data':
    GFutures.binding_ignore_data(_key)

__all__ = ['Future', 'FutureSet', 'Promise', 'current_promise']

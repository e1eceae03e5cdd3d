# GFutures.pyi - what type checkers and editors know of GFutures
#
# The classes are those that a program sees, the overrides included. Complete: a test
# compares it with the module.
#
# SPDX-License-Identifier: LGPL-2.1-or-later
import array
import concurrent.futures
import datetime
import multiprocessing.context
import pickle
import sys
from collections.abc import (AsyncIterator, Awaitable, Callable, Coroutine, Generator, Iterable, Iterator, Sequence)
from concurrent.futures import (ALL_COMPLETED as ALL_COMPLETED, FIRST_COMPLETED as FIRST_COMPLETED,
                                FIRST_EXCEPTION as FIRST_EXCEPTION, BrokenExecutor as BrokenExecutor,
                                CancelledError as CancelledError, InvalidStateError as InvalidStateError,
                                TimeoutError as TimeoutError, process as process, thread as thread)
if sys.version_info >= (3, 14):
    from concurrent.futures import InterpreterPoolExecutor as InterpreterPoolExecutor
from concurrent.futures.process import BrokenProcessPool as BrokenProcessPool
from concurrent.futures.thread import BrokenThreadPool as BrokenThreadPool
from typing import Any, ClassVar, Generic, NamedTuple, TypeVar, overload

from gi.repository import Gio, GLib, GObject
from typing_extensions import ParamSpec, Self, TypeAlias

_T = TypeVar('_T')
_T_co = TypeVar('_T_co', covariant=True)
_U = TypeVar('_U')
_P = ParamSpec('_P')
_F = TypeVar('_F', bound=concurrent.futures.Future[Any])

# What call() takes, and functions of any language can be given.
_Value: TypeAlias = (bool | int | float | str | bytes | bytearray | memoryview | array.array[Any] | GLib.Bytes
                     | GLib.Variant | list[Any] | tuple[Any, ...] | dict[Any, Any] | datetime.datetime
                     | BaseException | None)

# Callables of the library; what is given as user data comes after their parameters.
_TaskFunc: TypeAlias = Callable[..., None]
_Function: TypeAlias = Callable[..., GLib.Variant | None]
_AsyncReadyCallback: TypeAlias = Callable[..., None]

MAJOR_VERSION: int
MINOR_VERSION: int
MICRO_VERSION: int

# Functions

def as_completed(fs: Iterable[_F], timeout: float | None = None) -> _Completed[_F]:
    """The futures in the order in which they are settled, for `for` and `async for`."""

def binding_call_quietly(executor: Executor, function: str, arguments: GLib.Variant | None) -> Future[Any]: ...
def binding_call_serialized_quietly(executor: Executor, function: str, type: str, data: bytes) -> Future[Any]: ...
def binding_ignore_data(key: str) -> None: ...
def binding_set_follower(function: Callable[..., None], *user_data: Any) -> None: ...

def current_promise() -> Future[Any] | None:
    """The task that runs in this thread: for its set_progress(), should_stop() and get_cancellable()."""

def error_get_remote_traceback(error: GLib.Error) -> str | None: ...
def error_set_remote_traceback(error: GLib.Error, traceback: str | None = None) -> None: ...
def function_register(name: str | None, function: _Function, *user_data: Any) -> None: ...
def function_register_serialized(name: str | None, max_size: int, function: Callable[..., None],
                                 *user_data: Any) -> None: ...
def function_return_serialized(promise: Promise[Any], type: str, data: bytes) -> None: ...
def future_error_quark() -> int: ...

def run_async(coro: Coroutine[Any, Any, _T]) -> Future[_T]:
    """Runs a coroutine on the main loop of this thread, without asyncio."""

def serve() -> int:
    """Serves a pool as its worker, by “module:function”, until there is no more to do."""

def wait(fs: Iterable[_F], timeout: float | None = None, return_when: str = 'ALL_COMPLETED') -> _DoneAndNotDone[_F]:
    """Blocks until futures are settled, or the seconds are over."""

def wait_poll(futures: Sequence[Future[Any]], return_when: ReturnWhen, timeout_us: int) -> bool: ...
def worker_requested() -> bool: ...
def worker_exit(status: int) -> None: ...
def worker_run(argv: Sequence[str]) -> int: ...

class _Completed(Iterator[_F], AsyncIterator[_F]):
    def __next__(self) -> _F: ...
    async def __anext__(self) -> _F: ...

class _DoneAndNotDone(NamedTuple, Generic[_F]):
    done: set[_F]
    not_done: set[_F]

# Futures

class Future(concurrent.futures.Future[_T], GObject.Object):
    """A result that will be there later: concurrent.futures.Future, and a GObject.

    Signals: done. Properties: label, progress, settled, state, status.
    """

    class Props(GObject.Object.Props):
        label: str | None
        progress: float
        settled: bool
        state: FutureState
        status: str | None

    @property
    def props(self) -> Props: ...
    def __init__(self) -> None: ...

    # concurrent.futures
    def cancel(self) -> bool:
        """Cancels it if it has not begun."""

    def cancelled(self) -> bool: ...
    def running(self) -> bool: ...
    def done(self) -> bool: ...
    def result(self, timeout: float | None = None) -> _T:
        """What the task returned, after waiting for it; raises what the task raised."""

    def exception(self, timeout: float | None = None) -> BaseException | None: ...
    def add_done_callback(self, fn: Callable[[Future[_T]], object]) -> None:
        """Calls fn(future) when it is settled, in the thread that settles it; at once if it is."""

    def set_running_or_notify_cancel(self) -> bool: ...
    def set_result(self, result: _T) -> None: ...
    def set_exception(self, exception: BaseException | type[BaseException] | None) -> None: ...

    # Beyond it
    def cancel_running(self) -> bool:
        """Cancels it whether it has begun or not; false if it was settled."""

    def should_stop(self) -> bool:
        """Inside a task: whether nobody wants its result any more."""

    @overload
    def chain(self, continuation: Callable[..., Future[_U]], *data: Any) -> Future[_U]:
        """As then(), but the continuation gets this future, and the data."""

    @overload
    def chain(self, continuation: Callable[..., _U], *data: Any) -> Future[_U]: ...
    @overload
    def then(self, function: Callable[[_T], Future[_U]]) -> Future[_U]:
        """A future of function(result), called in this thread's main context."""

    @overload
    def then(self, function: Callable[[_T], _U]) -> Future[_U]: ...
    @overload
    def catch(self, function: Callable[[BaseException], Future[_U]]) -> Future[_T | _U]:
        """A future of function(exception), if this one fails or is cancelled."""

    @overload
    def catch(self, function: Callable[[BaseException], _U]) -> Future[_T | _U]: ...
    def finally_(self, function: Callable[[], object]) -> Future[_T]:
        """Calls function() when this is settled, and has its outcome."""

    def __await__(self) -> Generator[Any, Any, _T]: ...
    @staticmethod
    def all(futures: Iterable[Future[_U]]) -> FutureSet[list[_U]]:
        """Succeeds with the list of the results when all have; fails with the first."""

    @staticmethod
    def all_settled(futures: Iterable[Future[_U]]) -> FutureSet[list[Future[_U]]]:
        """Succeeds with the list of the futures when all are settled."""

    @staticmethod
    def any(futures: Iterable[Future[_U]]) -> FutureSet[_U]:
        """Succeeds with the first result; fails if all fail."""

    @staticmethod
    def race(futures: Iterable[Future[_U]]) -> FutureSet[_U]:
        """Has the outcome of the first that is settled."""

    @staticmethod
    def from_async(method: Callable[..., Any], *args: Any, **kwargs: Any) -> Promise[Any]:
        """Starts an asynchronous operation of GIO's kind: a future of what it comes to."""

    # The library's
    @staticmethod
    def new_delay(delay_us: int) -> Future[None]: ...
    @staticmethod
    def new_for_boolean(value: bool) -> Future[bool]: ...
    @staticmethod
    def new_for_double(value: float) -> Future[float]: ...
    @staticmethod
    def new_for_error(error: GLib.Error) -> Future[Any]: ...
    @staticmethod
    def new_for_int(value: int) -> Future[int]: ...
    @staticmethod
    def new_for_int64(value: int) -> Future[int]: ...
    @staticmethod
    def new_for_object(value: GObject.Object | None = None) -> Future[Any]: ...
    @staticmethod
    def new_for_string(value: str | None = None) -> Future[str | None]: ...
    @staticmethod
    def new_for_value(value: Any) -> Future[Any]: ...
    @staticmethod
    def new_for_variant(value: GLib.Variant | None = None) -> Future[Any]: ...
    def cancel_pending(self) -> bool: ...
    def dup_status(self) -> str | None: ...
    def follow(self) -> None: ...
    def forward_to_task(self, task: Gio.Task) -> None: ...
    def get_boolean(self) -> bool: ...
    def get_double(self) -> float: ...
    def get_error(self) -> GLib.Error | None: ...
    def get_error_details(self) -> GLib.Bytes | None: ...
    def get_int(self) -> int: ...
    def get_int64(self) -> int: ...
    def get_label(self) -> str | None: ...
    def get_object(self) -> GObject.Object | None: ...
    def get_progress(self) -> float: ...
    def get_serialized(self) -> tuple[GLib.Bytes | None, str]: ...
    def get_state(self) -> FutureState: ...
    def get_string(self) -> str | None: ...
    def get_value(self) -> Any: ...
    def get_variant(self) -> GLib.Variant | None: ...
    def is_cancelled(self) -> bool: ...
    def is_done(self) -> bool: ...
    def is_running(self) -> bool: ...
    def peek_serialized(self, max_size: int) -> tuple[bytes | None, str | None]: ...
    def poll(self, timeout_us: int) -> bool: ...
    def result_async(self, cancellable: Gio.Cancellable | None = None, callback: _AsyncReadyCallback | None = None,
                     *user_data: Any) -> None: ...
    def result_finish(self, result: Gio.AsyncResult) -> Any: ...
    def run_until_done(self, cancellable: Gio.Cancellable | None = None) -> bool: ...
    def set_cancellable(self, cancellable: Gio.Cancellable | None = None) -> None: ...
    def set_label(self, label: str | None = None) -> None: ...
    def set_quiet(self, quiet: bool) -> None: ...
    def set_timeout(self, timeout_us: int) -> None: ...
    def wait(self, timeout_us: int, cancellable: Gio.Cancellable | None = None) -> bool: ...
    def want(self) -> None: ...
    def watch(self, callback: Callable[..., None], *user_data: Any) -> None: ...

    # Of the promise that it is
    def get_arguments(self) -> GLib.Variant | None: ...
    def get_cancellable(self) -> Gio.Cancellable: ...
    def get_function(self) -> str | None: ...
    def get_priority(self) -> int: ...
    def hold(self) -> PromiseHold: ...
    def reject(self, error: GLib.Error) -> bool: ...
    def reject_literal(self, domain: int, code: int, message: str) -> bool: ...
    def reject_with_details(self, error: GLib.Error, details: GLib.Bytes | None = None) -> bool: ...
    def resolve(self, value: Any) -> bool: ...
    def resolve_boolean(self, value: bool) -> bool: ...
    def resolve_double(self, value: float) -> bool: ...
    def resolve_int(self, value: int) -> bool: ...
    def resolve_int64(self, value: int) -> bool: ...
    def resolve_object(self, value: GObject.Object | None = None) -> bool: ...
    def resolve_string(self, value: str | None = None) -> bool: ...
    def resolve_variant(self, value: GLib.Variant | None = None) -> bool: ...
    def set_running(self) -> bool: ...
    def set_progress(self, fraction: float, status: str | None = None) -> None: ...

class Promise(Future[_T]):
    """A future that C made, or makes, and that can be settled."""

    def __init__(self) -> None: ...
    @staticmethod
    def new() -> Promise[Any]: ...
    @staticmethod
    def new_for_context(home: GLib.MainContext | None = None) -> Promise[Any]: ...
    @staticmethod
    def get_current() -> Promise[Any] | None: ...
    def run(self) -> None: ...
    def set_home(self, home: GLib.MainContext | None = None) -> None: ...
    def take_string(self, value: str | None = None) -> bool: ...
    def take_value(self, value: Any) -> tuple[bool, Any]: ...

class FutureSet(Future[_T], Gio.ListModel):
    """A future of several, and a list model of them. Property: n-done."""

    class Props(Future.Props):
        n_done: int

    @property
    def props(self) -> Props: ...
    def get_decisive(self) -> Future[Any] | None: ...
    def get_n_done(self) -> int: ...
    def iterator(self) -> FutureIterator: ...

class FutureIterator(GObject.Object):
    def iterator(self) -> FutureIterator: ...
    def next(self, timeout_us: int, cancellable: Gio.Cancellable | None = None) -> Future[Any] | None: ...
    def next_async(self, cancellable: Gio.Cancellable | None = None, callback: _AsyncReadyCallback | None = None,
                   *user_data: Any) -> None: ...
    def next_finish(self, result: Gio.AsyncResult) -> Future[Any] | None: ...
    def next_value(self) -> Future[Any] | None: ...

class PromiseHold(GObject.GBoxed):
    def copy(self) -> PromiseHold: ...
    def free(self) -> None: ...
    def get_promise(self) -> Promise[Any] | None: ...
    def release(self) -> None: ...

# Executors

class Executor(concurrent.futures.Executor, GObject.Object):
    """Runs tasks somewhere else: concurrent.futures.Executor, and a GObject.

    Properties: label, max-workers, n-pending, n-running.
    """

    class Props(GObject.Object.Props):
        label: str | None
        max_workers: int
        n_pending: int
        n_running: int

    @property
    def props(self) -> Props: ...
    @property
    def parent_instance(self) -> GObject.Object: ...
    def __init__(self, *, max_workers: int = 0, label: str | None = None) -> None: ...
    def __enter__(self) -> Self: ...
    def submit(self, fn: Callable[_P, _T], /, *args: _P.args, **kwargs: _P.kwargs) -> Future[_T]:
        """Gives the executor fn(*args, **kwargs) to run: a future of what it returns."""

    @overload
    def map(self, fn: Callable[..., _T], *iterables: Iterable[Any], timeout: float | None = None,
            chunksize: int = 1, buffersize: int | None = None) -> Iterator[_T]:
        """An iterator of fn() of each tuple of arguments, in their order."""

    @overload
    def map(self, fn: str, items: GLib.Variant, *, chunksize: int = 1) -> Future[Any]:
        """A future of the array of the results of a named function, called with each item."""

    @overload
    def call(self, function: str, arguments: GLib.Variant, /) -> Future[Any]:
        """Calls a function by its name, with the variant as it is."""

    @overload
    def call(self, function: str, *args: _Value) -> Future[Any]:
        """Calls a function by its name, with a tuple of the arguments."""

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Takes nothing more; blocks until what was accepted has returned."""

    def call_full(self, priority: int, cancellable: Gio.Cancellable | None, function: str,
                  arguments: GLib.Variant | None = None) -> Future[Any]: ...
    def call_serialized(self, priority: int, function: str, type: str, data: bytes) -> Future[Any]: ...
    def get_futures(self) -> Gio.ListModel: ...
    def get_label(self) -> str | None: ...
    def get_max_workers(self) -> int: ...
    def get_n_pending(self) -> int: ...
    def get_n_running(self) -> int: ...
    def set_label(self, label: str | None = None) -> None: ...
    def shutdown_async(self, cancel_futures: bool, cancellable: Gio.Cancellable | None = None,
                       callback: _AsyncReadyCallback | None = None, *user_data: Any) -> None: ...
    def shutdown_finish(self, result: Gio.AsyncResult) -> bool: ...
    def submit_delayed(self, delay_us: int, function: _TaskFunc, *data: Any) -> Future[Any]: ...
    def submit_full(self, priority: int, cancellable: Gio.Cancellable | None, function: _TaskFunc,
                    *data: Any) -> Future[Any]: ...
    def submit_repeating(self, delay_us: int, interval_us: int, function: _TaskFunc, *data: Any) -> Future[Any]: ...

    # For executors of one's own
    def do_enqueue(self, task: Promise[Any]) -> None: ...
    def do_enqueue_many(self, tasks: Sequence[Promise[Any]]) -> None: ...
    def do_stop(self, cancel_futures: bool) -> None: ...

class ThreadPoolExecutor(Executor, concurrent.futures.ThreadPoolExecutor):
    """A pool of threads. Properties: idle-timeout, max-threads, n-threads, thread-name-prefix."""

    class Props(Executor.Props):
        idle_timeout: int
        max_threads: int
        n_threads: int
        thread_name_prefix: str

    @property
    def props(self) -> Props: ...
    def __init__(self, max_workers: int | None = None, thread_name_prefix: str = '',
                 initializer: Callable[..., object] | None = None, initargs: tuple[Any, ...] = (), *,
                 label: str | None = ..., idle_timeout: int = ..., max_threads: int = ...) -> None: ...
    @classmethod
    def new(cls, max_workers: int) -> ThreadPoolExecutor: ...
    @staticmethod
    def get_default() -> ThreadPoolExecutor: ...
    def get_idle_timeout(self) -> int: ...
    def get_max_threads(self) -> int: ...
    def get_n_threads(self) -> int: ...
    def get_thread_name_prefix(self) -> str: ...
    def set_idle_timeout(self, idle_timeout_ms: int) -> None: ...
    def set_initializer(self, initializer: Callable[..., bool], *user_data: Any) -> None: ...

class ProcessPoolExecutor(Executor, concurrent.futures.ProcessPoolExecutor):
    """A pool of worker processes: interpreters, or any others.

    Signals: worker-started (pid), worker-exited (pid, wait_status).
    """

    class Props(Executor.Props):
        cancel_grace: int
        environment: list[str] | None
        idle_timeout: int
        initializer: str | None
        initializer_arguments: GLib.Variant | None
        launcher: list[str] | None
        max_message_size: int
        max_retries: int
        max_tasks_per_worker: int
        memory_limit: int
        modules: list[str] | None
        start_timeout: int
        task_timeout: int
        transport: WorkerTransport
        worker_argv: list[str] | None
        working_directory: str | None

    @property
    def props(self) -> Props: ...
    def __init__(self, max_workers: int | None = None, mp_context: multiprocessing.context.BaseContext | None = None,
                 initializer: Callable[..., object] | None = None, initargs: tuple[Any, ...] = (), *,
                 max_tasks_per_child: int | None = None, label: str | None = ..., cancel_grace: int = ...,
                 environment: Sequence[str] | None = ..., idle_timeout: int = ..., launcher: Sequence[str] | None = ...,
                 max_message_size: int = ..., max_retries: int = ..., max_tasks_per_worker: int = ...,
                 memory_limit: int = ..., modules: Sequence[str] | None = ..., start_timeout: int = ...,
                 task_timeout: int = ..., transport: WorkerTransport = ..., worker_argv: Sequence[str] | None = ...,
                 working_directory: str | None = ...) -> None: ...
    @classmethod
    def new(cls, max_workers: int, worker_argv: Sequence[str] | None = None) -> ProcessPoolExecutor: ...
    @staticmethod
    def new_for_self(max_workers: int) -> ProcessPoolExecutor: ...
    def get_error(self) -> GLib.Error | None: ...
    def get_worker_pids(self) -> list[int]: ...
    def kill_workers(self) -> None: ...
    def terminate_workers(self) -> None: ...

class MainContextExecutor(Executor):
    @staticmethod
    def new(context: GLib.MainContext | None = None) -> MainContextExecutor: ...

class InlineExecutor(Executor):
    @staticmethod
    def get() -> InlineExecutor: ...

class LimitedExecutor(Executor):
    """A share of another executor. Properties: executor, max-in-flight, max-queued, n-queued."""

    class Props(Executor.Props):
        executor: Executor
        max_in_flight: int
        max_queued: int
        n_queued: int

    @property
    def props(self) -> Props: ...
    @staticmethod
    def new(executor: Executor, max_in_flight: int, max_queued: int) -> LimitedExecutor: ...
    def wait_for_room(self) -> Future[None]: ...

class TaskScope(Executor):
    """Tasks that belong together, and end together. Properties: executor, policy."""

    class Props(Executor.Props):
        executor: Executor
        policy: TaskScopePolicy

    @property
    def props(self) -> Props: ...
    @staticmethod
    def new(executor: Executor | None, policy: TaskScopePolicy) -> TaskScope: ...
    def add(self, future: Future[Any]) -> None: ...
    def bind(self, owner: GObject.Object) -> None: ...
    def cancel(self) -> Future[Any]: ...
    def close(self) -> Future[Any]: ...
    def get_failures(self) -> list[Future[Any]]: ...
    def get_future(self) -> Future[Any]: ...

class Buffer(GObject.GBoxed):
    """Memory that another process can have."""

    @staticmethod
    def new(size: int) -> Buffer: ...
    @staticmethod
    def new_local(size: int) -> Buffer: ...
    @staticmethod
    def new_for_bytes(bytes: GLib.Bytes) -> Buffer | None: ...
    @staticmethod
    def new_from_fd(fd: int, size: int) -> Buffer: ...
    def dup_fd(self) -> int: ...
    def get_data(self) -> bytes | None: ...
    def ref(self) -> Buffer: ...
    def seal(self) -> GLib.Bytes: ...
    def send_call(self, executor: Executor, priority: int, function: str, type: str) -> Future[Any]: ...
    def send_result(self, promise: Promise, type: str) -> bool: ...
    def unref(self) -> None: ...
    def write(self, offset: int, data: bytes) -> bool: ...

# Errors

class _Error(GLib.Error):
    def __init__(self, message: str = '', domain: str = ..., code: int | None = None) -> None: ...

class ShutDown(_Error):
    """The executor was shut down."""

class PoolBroken(_Error, BrokenProcessPool):
    """No worker process can be started, or its initializer fails."""

class WorkerDied(_Error, BrokenProcessPool):
    """The worker process died while it ran this task. The pool goes on."""

class UnpicklingError(BrokenProcessPool, pickle.UnpicklingError):
    """Arguments or a result of a process arrived, and could not be unpickled."""

class UnknownFunction(_Error, LookupError):
    """There is no function of that name."""

class InvalidState(_Error, InvalidStateError):
    """It cannot be done in this state."""

class BrokenPromise(_Error):
    """Nobody is left who could settle the future."""

class ProtocolError(_Error):
    """A worker process said what makes no sense."""

class MessageTooLarge(_Error, ValueError):
    """Arguments or a result are larger than the pool's max-message-size."""

class RemoteError(_Error):
    """A worker that is not written in Python has raised something of its language."""

class TimedOut(_Error, TimeoutError):
    """The future's own time limit has passed."""

# Enumerations

class FutureState(GObject.GEnum):
    PENDING: ClassVar[FutureState]
    RUNNING: ClassVar[FutureState]
    SUCCEEDED: ClassVar[FutureState]
    FAILED: ClassVar[FutureState]
    CANCELLED: ClassVar[FutureState]

class FutureError(GObject.GEnum):
    SHUT_DOWN: ClassVar[FutureError]
    BROKEN_EXECUTOR: ClassVar[FutureError]
    WORKER_DIED: ClassVar[FutureError]
    UNKNOWN_FUNCTION: ClassVar[FutureError]
    INVALID_STATE: ClassVar[FutureError]
    BROKEN_PROMISE: ClassVar[FutureError]
    PROTOCOL: ClassVar[FutureError]
    MESSAGE_TOO_LARGE: ClassVar[FutureError]
    REMOTE: ClassVar[FutureError]
    @staticmethod
    def quark() -> int: ...

class ReturnWhen(GObject.GEnum):
    ALL_COMPLETED: ClassVar[ReturnWhen]
    FIRST_COMPLETED: ClassVar[ReturnWhen]
    FIRST_EXCEPTION: ClassVar[ReturnWhen]

class TaskScopePolicy(GObject.GEnum):
    CANCEL_ON_ERROR: ClassVar[TaskScopePolicy]
    COLLECT_ERRORS: ClassVar[TaskScopePolicy]

class WorkerTransport(GObject.GEnum):
    AUTO: ClassVar[WorkerTransport]
    SOCKET: ClassVar[WorkerTransport]
    STDIO: ClassVar[WorkerTransport]

# Structures of the classes

class ExecutorClass(GObject.GPointer):
    parent_class: Any
    enqueue: Any
    enqueue_many: Any
    post: Any
    stop: Any
    padding: Any

class FutureIteratorClass(GObject.GPointer):
    parent_class: Any

class InlineExecutorClass(GObject.GPointer):
    parent_class: Any

class LimitedExecutorClass(GObject.GPointer):
    parent_class: Any

class MainContextExecutorClass(GObject.GPointer):
    parent_class: Any

class ProcessPoolExecutorClass(GObject.GPointer):
    parent_class: Any

class TaskScopeClass(GObject.GPointer):
    parent_class: Any

class ThreadPoolExecutorClass(GObject.GPointer):
    parent_class: Any

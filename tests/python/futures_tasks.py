# futures_tasks.py - what the tests of the futures modules run in threads and processes
#
# Worker processes import this module: it has to be cheap.
#
# SPDX-License-Identifier: LGPL-2.1-or-later
import itertools
import os
import pickle
import select
import signal
import sys
import threading
import time

# For what never comes, in seconds.
DEADLINE = float(os.environ.get('FUTURES_DEADLINE', 60))

numbers = itertools.count()


class Gate:
    """Where tasks, in threads and in processes alike, tell that they have come, and
    wait until the test lets them pass. Two FIFOs: nobody sleeps or guesses."""

    def __init__(self, folder):
        self.path = os.path.join(folder, f'gate-{next(numbers)}')
        self.fds = {}
        for name in 'arrivals', 'passes':
            os.mkfifo(f'{self.path}.{name}')
            self.fds[name] = os.open(f'{self.path}.{name}', os.O_RDWR | os.O_NONBLOCK)
        self.heard = b''

    def __getstate__(self):
        return {'path': self.path}

    # For the task

    def tell(self, text='here'):
        fd = os.open(f'{self.path}.arrivals', os.O_WRONLY)
        os.write(fd, f'{text}\n'.encode())
        os.close(fd)
        return text

    def wait(self, timeout=DEADLINE):
        fd = os.open(f'{self.path}.passes', os.O_RDONLY | os.O_NONBLOCK)
        try:
            return take(fd, 1, timeout)
        finally:
            os.close(fd)

    def open_from_task(self):
        fd = os.open(f'{self.path}.passes', os.O_WRONLY)
        os.write(fd, b'.')
        os.close(fd)

    def enter(self, text='here'):
        self.tell(text)
        self.wait()
        return text

    def enter_and_raise(self, error):
        self.enter()
        raise error

    def enter_and_kill(self, signum=signal.SIGKILL):
        self.enter()
        os.kill(os.getpid(), signum)

    def kill_until_opened(self, pid, signum):
        """Once it was let through, it sends signals until it is let through again.

        (One that comes just before a thread blocks does not wake it.)"""
        self.enter()
        while True:
            os.kill(pid, signum)
            try:
                self.wait(0.02)
                return 'came back'
            except TimeoutError:
                pass

    def tell_pid(self):
        return self.enter(os.getpid())

    # For the test

    def arrivals(self, n=1):
        """Waits until `n` tasks have come; what they told, in the order they came."""
        while self.heard.count(b'\n') < n:
            self.heard += take(self.fds['arrivals'], 4096)
        *lines, self.heard = self.heard.split(b'\n', n)
        return [line.decode() for line in lines]

    def open(self, n=1):
        os.write(self.fds['passes'], b'.' * n)

    def close(self):
        for fd in self.fds.values():
            os.close(fd)


def take(fd, n, timeout=DEADLINE):
    end = time.monotonic() + timeout
    while True:
        try:
            data = os.read(fd, n)
            if not data:
                raise EOFError('the test is gone')
            return data
        except BlockingIOError:
            pass
        if not select.select([fd], [], [], max(0, end - time.monotonic()))[0] and time.monotonic() > end:
            raise TimeoutError('nobody opened the gate in time')


def meet(mine, other):
    other.open_from_task()
    mine.wait()
    return 'met'


# Functions

def add(x, y):
    return x + y


def capture(*args, **kwargs):
    return args, kwargs


def identity(value):
    return value


def fail(error):
    raise error


def fail_deep(*args):
    raise LookupError(*args)  # this line is in the traceback


def fail_with_cause():
    try:
        {}['missing']
    except KeyError as error:
        raise ValueError('no value') from error


def fail_with_attributes():
    error = OSError(2, 'No such file', 'name.txt')
    error.note = 'read me'
    raise error


def invert(number):
    return 1 / number


def make_thing(*args):
    return Thing()


def get_pid(*args):
    return os.getpid()


def get_main_name():
    return sys.modules['__main__'].__name__


def get_argv():
    return sys.argv


def get_environment(name):
    return os.environ.get(name)


def leave(status):
    os._exit(status)


def kill_oneself(signum):
    os.kill(os.getpid(), signum)


def exit_softly(status):
    sys.exit(status)


def interrupt():
    raise KeyboardInterrupt('^C')


def return_lambda():
    return lambda: None


def return_object(cls, *args):
    return cls(*args)


def raise_object(cls, *args):
    raise cls(*args)


def get_thread_name(*args):
    return threading.current_thread().name


def size_of(data):
    return len(data)


def make_bytes(size):
    return bytes(size)


def main_thread_runs_it():
    return threading.current_thread() is threading.main_thread()


# Initializers

STATUS = 'not initialized'


def initialize(status):
    global STATUS
    STATUS = status


def get_status(*args):
    return STATUS


def initializer_fails(*args):
    raise ValueError('no way to initialize')


def initializer_waits_and_fails(gate):
    # A worker process reports by its standard error too: that is not wanted here.
    import logging
    logging.getLogger('concurrent.futures').addHandler(logging.NullHandler())
    logging.getLogger('concurrent.futures').propagate = False
    gate.enter()
    raise ValueError('no way to initialize')


# Objects that travel badly

class Thing:
    """An object that can be weakly referenced."""

    def method(self):
        return 'called'

    def ignore(self, future):
        pass

    def __call__(self):
        return 'called too'

    @classmethod
    def class_method(cls):
        return cls.__name__

    @staticmethod
    def static_method(x):
        return x * 2


class PlainError(Exception):
    pass


class RichError(Exception):
    """Has more than its arguments tell."""

    def __init__(self, code, detail):
        super().__init__(code, detail)
        self.code = code
        self.detail = detail


class FalsyError(Exception):
    def __bool__(self):
        return False


class UnloadableError(Exception):
    """Pickles well; cannot be made again from its arguments."""

    def __init__(self, one, two):
        super().__init__(one + two)


class UnpicklableError(Exception):
    def __init__(self, text):
        super().__init__(text)
        self.lock = threading.Lock()


class FailsToPickle:
    def __reduce__(self):
        raise pickle.PicklingError('this one does not pickle')


class FailsToLoad:
    def __reduce__(self):
        return load_fails, ('this one does not load',)


def load_fails(text):
    sys.stderr = open(os.devnull, 'w')      # the standard library's worker dies of it, with a traceback
    raise pickle.UnpicklingError(text)


class FailsToLoadHere:
    """Loads nowhere, but where it was made: a result."""

    def __reduce__(self):
        return load_fails_quietly, ('this one does not load',)


def load_fails_quietly(text):
    raise pickle.UnpicklingError(text)


class ExitsWhileLoading(Exception):
    def __reduce__(self):
        return sys.exit, (3,)


class LoadsAsNumber(Exception):
    def __reduce__(self):
        return int, (5,)


class DiesWhileLoading:
    def __reduce__(self):
        return leave, (3,)


class DiesWhilePickling:
    def __reduce__(self):
        os._exit(4)


class ExitsWhilePickling:
    def __reduce__(self):
        sys.exit(5)


class TellsItsEnd:
    """Tells when it is freed, but not in the process that made it."""

    def __init__(self, gate):
        self.gate = gate
        self.home = os.getpid()

    def __del__(self):
        if os.getpid() != self.home:
            self.gate.tell('freed')


def make_that_tells(gate):
    thing = TellsItsEnd(gate)
    thing.home = None
    return Disguised(thing)


class Disguised:
    """What it holds stays behind when it travels."""

    def __init__(self, thing):
        self.thing = thing

    def __reduce__(self):
        return Thing, ()


# What a worker can do

def count_up(value):
    with value.get_lock():
        value.value += 1
        return value.value


SHARED = None


def share(value):
    global SHARED
    SHARED = value


def count_up_shared(*args):
    return count_up(SHARED)


def append_to(items, value):
    items.append(value)
    return len(items)


def send_through(connection, value):
    connection.send(value)
    connection.close()


def read_stdin():
    return sys.stdin.read()


def get_process_name():
    import multiprocessing
    return multiprocessing.current_process().name, multiprocessing.parent_process() is not None


def sum_in_threads(n):
    from futures_support import futures
    with futures.ThreadPoolExecutor(2) as pool:
        return sum(pool.map(add, range(n), range(n)))


def sum_in_processes(n):
    from futures_support import futures
    with futures.ProcessPoolExecutor(2) as pool:
        return sum(pool.map(add, range(n), range(n)))

# _spawn.py - what a worker interpreter is told when it starts
#
# As multiprocessing does for a process that it spawns: sys.path and the like, the
# main module, which is imported and not run, and the initializer.
#
# SPDX-License-Identifier: LGPL-2.1-or-later
import fcntl
import multiprocessing.context
import multiprocessing.process
import multiprocessing.spawn
import os
import pickle
from multiprocessing.reduction import ForkingPickler

NAME = 'GFuturesWorker'


class _Descriptor:
    """A descriptor of the application, for any worker and any number of times."""

    def __init__(self, fd):
        self.path = f'/proc/{os.getpid()}/fd/{fd}'
        self.flags = fcntl.fcntl(fd, fcntl.F_GETFL)

    def detach(self):
        return os.open(self.path, self.flags & os.O_ACCMODE)


class _Spawning:
    """What multiprocessing's objects ask when they are given to a new process."""

    DupFd = _Descriptor

    @staticmethod
    def duplicate_for_child(fd):
        return fd


def _dump_for_start(value):
    """Locks, values and queues travel with what a process starts with, and no other way."""
    multiprocessing.context.set_spawning_popen(_Spawning)
    try:
        return bytes(ForkingPickler.dumps(value))
    finally:
        multiprocessing.context.set_spawning_popen(None)


def get_preparation(initializer, initargs):
    """The pickle that prepare() takes. The application keeps @initargs while it has workers."""
    if getattr(multiprocessing.process.current_process(), '_inheriting', False):
        raise RuntimeError(
            'A process pool was started while a worker process imports the main module. '
            "Start it in a function, or below “if __name__ == '__main__':”.")
    data = multiprocessing.spawn.get_preparation_data(NAME)
    # A program read from standard input is no file.
    if not os.path.exists(data.get('init_main_from_path', __file__)):
        del data['init_main_from_path']
    parent = multiprocessing.process.current_process().name, os.getpid()
    # One after the other: the initializer's module is found once the first is done.
    start = None if initializer is None else _dump_for_start((initializer, initargs))
    return pickle.dumps((_dump_for_start(data), parent, start))


def prepare(preparation):
    """In the worker, before its first task."""
    data, (name, pid), start = pickle.loads(preparation)
    process = multiprocessing.process.current_process()
    process._inheriting = True
    try:
        multiprocessing.spawn.prepare(pickle.loads(data))
    finally:
        del process._inheriting
    try:
        multiprocessing.process._parent_process = \
            multiprocessing.process._ParentProcess(name, pid, os.pidfd_open(pid))
    except (AttributeError, OSError):
        # An older Python, or on another machine: as if there were none.
        pass
    if start is not None:
        initializer, initargs = pickle.loads(start)
        initializer(*initargs)

#!/usr/bin/python3
# crash-survival.py - loses a worker process, and nothing else
#
# What to notice: a crash costs the one task that the worker was running, and its error
# says which signal it was and in which function; the other tasks and the pool go on. A
# task that may be run twice is given a second worker by the property “max_retries”.
#
#   python3 crash-survival.py
#
# SPDX-License-Identifier: LGPL-2.1-or-later
import os
import pathlib
import signal
import tempfile

import gi
gi.require_version('GFutures', '1')
from gi.repository import GFutures  # noqa: E402


def square(n, attempted):
    """Runs in a worker. The one that is to square 3 is killed, as by the kernel when
    memory runs out, unless it finds the file that tells of an earlier attempt."""
    if n == 3 and not attempted.exists():
        attempted.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return n * n


def square_all(pool, attempted):
    for future in [pool.submit(square, n, attempted) for n in range(1, 5)]:
        try:
            print(future.result())
        except GFutures.WorkerDied as error:
            print(error.message)


def main():
    with (tempfile.TemporaryDirectory() as folder,
          GFutures.ProcessPoolExecutor(max_workers=2) as pool):
        attempted = pathlib.Path(folder, 'attempted')
        square_all(pool, attempted)

        attempted.unlink()
        pool.props.max_retries = 1
        print('With a second attempt:')
        square_all(pool, attempted)


if __name__ == '__main__':
    main()

#!/usr/bin/python3
# mandelbrot.py - computes in worker processes what a window shows
#
#   mandelbrot.py
#   mandelbrot.py --quit-when-done      # as a test
#
# This is the main module, which each worker imports too: it has what they run, and
# nothing of GTK. The window is in mandelbrot_window.py.
#
# SPDX-License-Identifier: LGPL-2.1-or-later
import math
import os
import signal
import sys

import gi
gi.require_version('GFutures', '1')
from gi.repository import GFutures  # noqa: E402

N_STEPS = 1000


def get_color(steps):
    """Red, green and blue of a point that has left after so many steps."""
    if steps == N_STEPS:
        return bytes((0, 0, 0))
    phase = 1.7 * math.log(1 + steps)
    return bytes(round(127.5 + 127.5 * math.sin(phase + shift)) for shift in (4.2, 4.9, 5.6))


COLORS = [get_color(steps) for steps in range(N_STEPS + 1)]


def render(center, scale, width, height, rows):
    """The pixels of some rows, where a pixel is @scale wide. Runs in a worker."""
    task = GFutures.current_promise()
    pixels = bytearray()
    for done, y in enumerate(rows):
        if task.should_stop():
            break
        task.set_progress(done / len(rows), None)
        for x in range(width):
            point = center + complex(x - width / 2, y - height / 2) * scale
            z, steps = 0, 0
            while steps < N_STEPS and abs(z) <= 2:
                z = z * z + point
                steps += 1
            pixels += COLORS[steps]
    task.set_progress(1, None)
    return bytes(pixels)


def crash():
    """Takes its worker with it, as a bug in a library does."""
    os.kill(os.getpid(), signal.SIGKILL)


if __name__ == '__main__':
    from mandelbrot_window import Application
    sys.exit(Application().run(sys.argv))

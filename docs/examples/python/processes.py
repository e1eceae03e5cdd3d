#!/usr/bin/python3
# processes.py - has worker processes compute
#
# What to notice: each worker imports this file, so what is not for workers is below the
# last “if”; a worker has none of the program’s memory, so what it needs are its
# arguments, which may be whatever pickle takes; and large bytes go through shared memory.
# What else processes are good for is in crash-survival.py.
#
#   python3 processes.py
#
# SPDX-License-Identifier: LGPL-2.1-or-later
import gi
gi.require_version('GFutures', '1')
from gi.repository import GFutures  # noqa: E402

N_PIXELS = 512 * 512


def measure(name, pixels):
    """Runs in a worker, with a copy of the arguments."""
    pixels = sorted(pixels)
    return {'name': name, 'brightest': pixels[-1], 'median': pixels[len(pixels) // 2]}


def draw(brightness):
    return bytes((i % brightness) ** 2 // brightness for i in range(N_PIXELS))


def main():
    with GFutures.ProcessPoolExecutor(max_workers=2) as pool:
        images = [
            pool.submit(measure, 'dim', draw(64)),
            pool.submit(measure, 'grey', draw(128)),
            pool.submit(measure, 'bright', draw(256)),
        ]
        for image in images:
            print('{name}: up to {brightest}, median {median}'.format(**image.result()))


if __name__ == '__main__':
    main()

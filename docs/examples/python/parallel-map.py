#!/usr/bin/python3
# parallel-map.py - calls one function for many items, on all processors
#
# What to notice: the results are in the order of the items, whichever was done first;
# and the items travel to the processes in chunks, as a single one is too little work for
# a message. They come while the rest is still being computed, so how many there are is
# the progress.
#
#   python3 parallel-map.py
#
# SPDX-License-Identifier: LGPL-2.1-or-later
import sys

import gi
gi.require_version('GFutures', '1')
from gi.repository import GFutures  # noqa: E402

NUMBERS = range(1, 20_001)
CHUNK_SIZE = 500


def collatz(n):
    """How many steps a number takes to become 1. Runs in a worker."""
    steps = 0
    while n > 1:
        n = 3 * n + 1 if n % 2 else n // 2
        steps += 1
    return steps


def main():
    steps = []
    with GFutures.ProcessPoolExecutor() as pool:
        for n_steps in pool.map(collatz, NUMBERS, chunksize=CHUNK_SIZE):
            steps.append(n_steps)
            if len(steps) % CHUNK_SIZE == 0:
                print(f'\r{len(steps) / len(NUMBERS):4.0%}', end='', file=sys.stderr)
    print(file=sys.stderr)

    longest = max(NUMBERS, key=lambda n: steps[n - 1])
    print(f'27 takes {steps[27 - 1]} steps')
    print(f'{longest} of {len(NUMBERS)} takes the most: {steps[longest - 1]}')


if __name__ == '__main__':
    main()

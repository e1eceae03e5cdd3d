#!/usr/bin/python3
# chain-and-group.py - says what happens with several results, or if one is missing
#
# What to notice: a group is awaited like a single future, and what one of its members
# has raised is raised there. The search for the root of 2 would not end: it is cancelled
# as soon as the other one has failed, as nobody wants its result any more. The coroutine
# runs in the main loop, step by step, and may touch widgets.
#
#   python3 chain-and-group.py
#
# SPDX-License-Identifier: LGPL-2.1-or-later
import itertools

import gi
gi.require_version('GFutures', '1')
from gi.repository import GFutures, GLib  # noqa: E402


def find_root(square):
    """Runs in a worker, till it has found the root or is told to stop."""
    if square < 0:
        raise ValueError(f'{square} has no root')
    task = GFutures.current_promise()
    for root in itertools.count():
        if root * root == square:
            return root
        if task.should_stop():
            return None


async def add_roots(searches):
    try:
        print('The sum of the roots is', sum(await GFutures.Future.all(searches)))
    except ValueError as error:
        print(error)
    finally:
        print('That is all')


async def add_all(searches):
    await add_roots(searches[:2])
    await add_roots(searches[2:])


def main():
    loop = GLib.MainLoop()
    squares = 144, 900, -1, 2
    with GFutures.ProcessPoolExecutor(max_workers=2) as pool:
        searches = [pool.submit(find_root, square) for square in squares]
        added = GFutures.run_async(add_all(searches))
        added.connect('done', lambda _added: loop.quit())
        loop.run()
    added.result()      # raises what has not been caught

    for square, search in zip(squares, searches):
        if search.cancelled():
            print(f'The search for the root of {square} was cancelled')


if __name__ == '__main__':
    main()

#!/usr/bin/python3
# hello.py - gives work to a thread, and goes on
#
# What to notice: submit() returns at once, so “Hashing” is printed first; hash_text()
# runs on a thread of the pool; and on_done() is called by the main loop, where a program
# may touch its widgets. hashlib lets other threads run meanwhile; what computes in
# Python itself does not, and belongs in processes: see processes.py.
#
#   python3 hello.py
#
# SPDX-License-Identifier: LGPL-2.1-or-later
import hashlib

import gi
gi.require_version('GFutures', '1')
from gi.repository import GFutures, GLib  # noqa: E402


def hash_text(text):
    return hashlib.sha256(text.encode()).hexdigest()


def on_done(future):
    loop.quit()
    print(future.result())      # or raises what hash_text() has raised


loop = GLib.MainLoop()
pool = GFutures.ThreadPoolExecutor()
future = pool.submit(hash_text, 'a' * 1_000_000)
future.connect('done', on_done)
print('Hashing')
loop.run()

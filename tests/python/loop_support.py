# loop_support.py - turning the main loop until something has come true
#
# SPDX-License-Identifier: LGPL-2.1-or-later
import threading

from gi.repository import GLib

# For what never comes, in seconds.
DEADLINE = 30


def turn_until(condition, context=None):
    """Turns a main context, the default one if none is given, until `condition ()` holds.

    What makes it hold has to happen in that context, or wake it."""
    context = context or GLib.MainContext.default()
    source = GLib.timeout_source_new_seconds(DEADLINE)
    expired = []
    source.set_callback(lambda *args: expired.append(True))
    source.attach(context)
    try:
        while not condition():
            context.iteration(True)
            if expired:
                raise AssertionError('the condition never came true')
    finally:
        source.destroy()


def turn_until_done(future):
    """Turns the default main context until it is settled; the future itself."""
    turn_until(future.done)
    return future


def drain(context=None):
    """Turns the context until it has nothing more to do."""
    context = context or GLib.MainContext.default()
    idle = []
    source = GLib.Idle(priority=GLib.PRIORITY_LOW)
    source.set_callback(lambda *args: idle.append(True))
    source.attach(context)
    turn_until(lambda: idle, context)
    while context.iteration(False):
        pass


def in_thread(function, *args):
    """Runs the function in a thread of its own: what it returns, or raises."""
    outcome = []

    def run():
        try:
            outcome.append((function(*args), None))
        except BaseException as error:
            outcome.append((None, error))

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(DEADLINE)
    if not outcome:
        raise AssertionError('a thread does not end')
    value, error = outcome[0]
    if error is not None:
        raise error
    return value


def with_own_context(function, *args):
    """As in_thread(), with a main context of its own, which is the thread's default."""
    def run():
        context = GLib.MainContext.new()
        context.push_thread_default()
        try:
            return function(*args)
        finally:
            context.pop_thread_default()

    return in_thread(run)

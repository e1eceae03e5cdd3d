# futures_signals.py - the main thread that waits still serves signals; forks while pools live
#
# SPDX-License-Identifier: LGPL-2.1-or-later
import multiprocessing
import os
import signal
import sys
import threading

import futures_tasks as tasks
from futures_support import Case, DEADLINE, PROCESSES, THREADS, for_pools, futures


class Interrupted(Exception):
    pass


@for_pools(THREADS + PROCESSES[:1])
class Signals:
    def setUp(self):
        super().setUp()
        self.addCleanup(signal.signal, signal.SIGUSR1, signal.getsignal(signal.SIGUSR1))

    # The task sends signals from when the main thread is about to wait until the
    # handler has run, or the main thread has left.

    def submit(self):
        gate = self.gate()
        future = self.pool.submit(gate.kill_until_opened, os.getpid(), signal.SIGUSR1)
        gate.arrivals()
        return gate, future

    def check_handler_runs(self, wait):
        threads = set()
        gate, future = self.submit()

        def handle(*args):
            threads.add(threading.current_thread())
            gate.open()

        signal.signal(signal.SIGUSR1, handle)
        gate.open()
        wait(future)
        self.assertEqual(future.result(0), 'came back')
        self.assertEqual(threads, {threading.main_thread()})

    def test_during_result(self):
        self.check_handler_runs(lambda future: future.result())

    def test_during_result_with_a_timeout(self):
        self.check_handler_runs(lambda future: future.result(DEADLINE))

    def test_during_exception(self):
        self.check_handler_runs(lambda future: future.exception())

    def test_during_wait(self):
        self.check_handler_runs(lambda future: futures.wait([future]))

    def test_during_as_completed(self):
        self.check_handler_runs(lambda future: list(futures.as_completed([future])))

    def test_during_shutdown(self):
        self.check_handler_runs(lambda future: self.pool.shutdown())

    def check_handler_raises(self, wait):
        raised = []
        gate, future = self.submit()

        def handle(*args):
            if not raised:
                raised.append(True)
                raise Interrupted

        signal.signal(signal.SIGUSR1, handle)
        with self.assertRaises(Interrupted):
            gate.open()
            wait(future)
        # The main thread has left while the task runs on.
        self.assertFalse(future.done())
        gate.open()
        self.assertEqual(future.result(DEADLINE), 'came back')

    def test_result_is_interrupted(self):
        self.check_handler_raises(lambda future: future.result())

    def test_wait_is_interrupted(self):
        self.check_handler_raises(lambda future: futures.wait([future]))

    def test_as_completed_is_interrupted(self):
        self.check_handler_raises(lambda future: list(futures.as_completed([future])))

    def test_exception_is_interrupted(self):
        self.check_handler_raises(lambda future: future.exception(DEADLINE))

    def test_keyboard_interrupt_ends_the_program(self):
        name = 'ProcessPoolExecutor' if self.in_processes else 'ThreadPoolExecutor'
        status, output, errors = self.run_program(
            'from futures_tasks import *\n'
            'if __name__ == "__main__":\n'
            f'    gate = Gate({self.folder!r})\n'
            f'    pool = futures.{name}(1)\n'
            '    def interrupt(*args):\n'
            '        # Once: more are on their way.\n'
            '        signal.signal(signal.SIGINT, signal.SIG_IGN)\n'
            '        raise KeyboardInterrupt\n'
            '    signal.signal(signal.SIGINT, interrupt)\n'
            '    future = pool.submit(gate.kill_until_opened, os.getpid(), signal.SIGINT)\n'
            '    gate.arrivals()\n'
            '    try:\n'
            '        gate.open()\n'
            '        future.result()\n'
            '    except KeyboardInterrupt:\n'
            '        print("interrupted")\n'
            '        gate.open()\n')
        self.assertEqual((status, output, errors), (0, 'interrupted\n', ''))


@for_pools(THREADS + PROCESSES[:1])
class Forks:
    """A process of `multiprocessing` that is a fork ends as a Python program does, and
    has none of the threads of its parent's pools."""

    def fork(self, function, *args):
        process = multiprocessing.get_context('fork').Process(target=function, args=args)
        process.start()
        process.join(DEADLINE)
        self.assertEqual(process.exitcode, 0)

    def test_with_an_idle_pool(self):
        self.assertEqual(self.pool.submit(tasks.add, 1, 2).result(DEADLINE), 3)
        self.fork(tasks.add, 1, 2)
        self.assertEqual(self.pool.submit(tasks.add, 1, 2).result(DEADLINE), 3)

    def test_with_a_busy_pool(self):
        gate = self.gate()
        future = self.pool.submit(gate.enter, 'x')
        gate.arrivals()
        self.fork(tasks.add, 1, 2)
        self.assertFalse(future.done())
        gate.open()
        self.assertEqual(future.result(DEADLINE), 'x')

    def test_with_a_pool_that_was_shut_down(self):
        self.pool.submit(tasks.add, 1, 2)
        self.pool.shutdown()
        self.fork(tasks.add, 1, 2)

    def test_future_that_was_settled_is_readable(self):
        future = self.pool.submit(tasks.add, 1, 2)
        future.result(DEADLINE)
        self.fork(self.check_result, future)

    def check_result(self, future):
        sys.exit(0 if future.done() and future.result(0) == 3 else 1)

    def test_child_has_a_pool_of_its_own(self):
        self.pool.submit(tasks.add, 1, 2).result(DEADLINE)
        self.fork(self.use_pool)
        self.assertEqual(self.pool.submit(tasks.add, 1, 2).result(DEADLINE), 3)

    def use_pool(self):
        with futures.ThreadPoolExecutor(2) as pool:
            sys.exit(0 if sum(pool.map(tasks.add, range(5), range(5))) == 20 else 1)


class ForksOfTheProgram(Case):
    def test_fork_without_pools(self):
        self.assertProgram('import os\n'
                           'future = futures.Future()\n'
                           'if os.fork() == 0:\n'
                           '    with futures.ThreadPoolExecutor(1) as pool: pool.submit(print, "child").result()\n'
                           '    sys.exit()\n'
                           'os.wait()\n'
                           'with futures.ThreadPoolExecutor(1) as pool: pool.submit(print, "parent").result()\n',
                           'child\nparent\n')

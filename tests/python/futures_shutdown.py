# futures_shutdown.py - shutdown(), `with`, pools that are dropped, and the interpreter's exit
#
# SPDX-License-Identifier: LGPL-2.1-or-later
import gc
import os
import threading
import time
import weakref

import futures_tasks as tasks
from futures_support import DEADLINE, PROCESSES, STD, THREADS, for_pools, futures, in_thread, join, run_threads

AFTER = 'cannot schedule new futures after shutdown'
AT_EXIT = 'cannot schedule new futures after interpreter shutdown'


@for_pools(THREADS + PROCESSES)
class Shutdown:
    def test_waits_for_all_tasks(self):
        pool, gate = self.make_pool(2), self.gate()
        fs = [pool.submit(gate.enter) for _ in range(10)]
        thread = in_thread(pool.shutdown)
        gate.arrivals(2)
        self.assertTrue(thread.is_alive())
        gate.open(10)
        self.assertIsNone(join(thread))
        self.assertTrue(all(future.done() for future in fs))
        self.assertEqual([future.result(0) for future in fs], ['here'] * 10)

    def test_wait_by_position_and_name(self):
        pool = self.make_pool(1)
        pool.submit(tasks.add, 1, 2)
        pool.shutdown(True)
        pool.shutdown(wait=True)
        pool.shutdown(wait=True, cancel_futures=False)
        with self.assertRaises(TypeError):
            pool.shutdown(True, True)

    def test_without_waiting(self):
        pool, gate = self.make_pool(2), self.gate()
        fs = [pool.submit(gate.enter, i) for i in range(10)]
        pool.shutdown(wait=False)
        self.assertFalse(fs[0].done())
        gate.open(10)
        self.assertEqual([future.result(DEADLINE) for future in fs], list(range(10)))

    def test_without_waiting_for_a_map(self):
        pool = self.make_pool(2)
        results = pool.map(abs, range(-5, 5))
        pool.shutdown(wait=False)
        self.assertEqual(list(results), [abs(i) for i in range(-5, 5)])

    def test_cancels_the_pending_ones(self):
        pool, gate = self.make_pool(2), self.gate()
        fs = [pool.submit(gate.enter, i) for i in range(50)]
        gate.arrivals(2)
        thread = in_thread(lambda: pool.shutdown(cancel_futures=True))
        self.assertTrue(wait_cancelled(fs[-1]))
        gate.open(50)
        join(thread)
        cancelled = [future for future in fs if future.cancelled()]
        others = [future for future in fs if not future.cancelled()]
        # A process pool gives its workers a few in advance; those run.
        self.assertGreaterEqual(len(cancelled), 40)
        self.assertGreaterEqual(len(others), 2)
        for future in others:
            self.assertTrue(future.done())
            self.assertIsNone(future.exception(0))
        for future in cancelled:
            self.assertRaises(futures.CancelledError, future.result)

    def test_cancelling_calls_back(self):
        pool, gate, seen = self.make_pool(1), self.gate(), []
        fs = [pool.submit(gate.enter) for _ in range(10)]
        gate.arrivals()
        fs[-1].add_done_callback(lambda f: seen.append(f.cancelled()))
        thread = in_thread(lambda: pool.shutdown(cancel_futures=True))
        wait_cancelled(fs[-1])
        gate.open(10)
        join(thread)
        self.assertEqual(seen, [True])

    def test_cancelling_without_waiting(self):
        pool, gate = self.make_pool(1), self.gate()
        fs = [pool.submit(gate.enter) for _ in range(10)]
        gate.arrivals()
        pool.shutdown(wait=False, cancel_futures=True)
        self.assertTrue(wait_cancelled(fs[-1]))
        self.assertTrue(fs[0].running())
        gate.open(10)
        self.assertEqual(fs[0].result(DEADLINE), 'here')

    def test_submit_after_it(self):
        for wait in True, False:
            pool = self.make_pool(1)
            pool.submit(tasks.add, 1, 2)
            pool.shutdown(wait=wait)
            for _ in range(2):
                with self.assertRaisesRegex(RuntimeError, AFTER):
                    pool.submit(tasks.add, 1, 2)
            with self.assertRaisesRegex(RuntimeError, AFTER):
                pool.map(tasks.add, [1], [2])

    def test_submit_after_it_while_tasks_run(self):
        pool, gate = self.make_pool(1), self.gate()
        future = pool.submit(gate.enter)
        pool.shutdown(wait=False)
        with self.assertRaisesRegex(RuntimeError, AFTER):
            pool.submit(tasks.add, 1, 2)
        gate.open()
        self.assertEqual(future.result(DEADLINE), 'here')

    def test_before_any_task(self):
        pool = self.make_pool(3)
        pool.shutdown()
        with self.assertRaisesRegex(RuntimeError, AFTER):
            pool.submit(tasks.add, 1, 2)

    def test_several_times(self):
        pool = self.make_pool(1)
        pool.submit(tasks.add, 1, 2)
        pool.shutdown(wait=False)
        pool.shutdown()
        pool.shutdown(wait=False, cancel_futures=True)
        pool.shutdown()

    def test_by_several_threads(self):
        if STD and self.in_processes:
            self.skipTest('concurrent.futures closes a pipe of this pool twice')
        pool, gate = self.make_pool(2), self.gate()
        fs = [pool.submit(gate.tell) for _ in range(20)]
        self.assertEqual(run_threads(lambda index: pool.shutdown(), 4), [None] * 4)
        self.assertEqual(len(gate.arrivals(20)), 20)
        self.assertTrue(all(future.done() for future in fs))

    def test_while_others_submit(self):
        for _ in range(5):
            pool, fs = self.make_pool(2), []
            submitted = threading.Event()

            def submit(index):
                try:
                    for i in range(10 ** 6):
                        fs.append(pool.submit(tasks.identity, i))
                        if i == 5:
                            submitted.set()
                except RuntimeError as error:
                    return str(error)

            threads = [in_thread(submit, i) for i in range(2)]
            submitted.wait(DEADLINE)
            pool.shutdown()
            self.assertEqual([join(thread) for thread in threads], [AFTER] * 2)
            # All that were accepted ran.
            for future in fs:
                self.assertIsInstance(future.result(DEADLINE), int)

    def test_right_after_a_map(self):
        # The pool must not wait for room in a full queue while its workers leave.
        pool = self.make_pool(2)
        pool.map(str, [2] * 3)
        pool.shutdown()

    def test_right_after_a_result(self):
        for _ in range(5):
            pool = self.make_pool(2)
            pool.submit(int).result(DEADLINE)
            pool.shutdown()

    def test_many_tasks_are_done_after_it(self):
        pool = self.make_pool(2)
        fs = [pool.submit(tasks.identity, i) for i in range(500)]
        pool.shutdown()
        self.assertEqual([future.result(0) for future in fs], list(range(500)))

    def test_results_outlive_it(self):
        with self.make_pool(1) as pool:
            future = pool.submit(tasks.make_thing)
            failed = pool.submit(tasks.fail, ValueError('late'))
        del pool
        self.pools.clear()
        gc.collect()
        self.assertIsInstance(future.result(), tasks.Thing)
        with self.assertRaisesRegex(ValueError, 'late'):
            failed.result()

    def test_with_gives_the_pool(self):
        pool = self.make_pool(1)
        with pool as entered:
            self.assertIs(entered, pool)

    def test_with_waits(self):
        gate = self.gate()
        with self.make_pool(2) as pool:
            fs = [pool.submit(gate.tell) for _ in range(10)]
        self.assertTrue(all(future.done() for future in fs))
        self.assertEqual(len(gate.arrivals(10)), 10)
        with self.assertRaisesRegex(RuntimeError, AFTER):
            pool.submit(tasks.add, 1, 2)

    def test_with_waits_when_it_fails(self):
        with self.assertRaisesRegex(LookupError, 'the body'):
            with self.make_pool(2) as pool:
                fs = [pool.submit(tasks.identity, i) for i in range(10)]
                raise LookupError('the body')
        self.assertEqual([future.result(0) for future in fs], list(range(10)))

    def test_in_a_callback(self):
        pool, come = self.make_pool(1), threading.Event()

        def end(future):
            pool.shutdown(wait=False)
            come.set()

        pool.submit(tasks.add, 1, 2).add_done_callback(end)
        self.assertTrue(come.wait(DEADLINE))
        with self.assertRaisesRegex(RuntimeError, AFTER):
            pool.submit(tasks.add, 1, 2)

    def test_pool_that_is_dropped_finishes(self):
        pool, gate = self.executor_type(2), self.gate()
        fs = [pool.submit(gate.enter, i) for i in range(5)]
        reference = weakref.ref(pool)
        del pool
        gc.collect()
        gate.open(5)
        self.assertEqual([future.result(DEADLINE) for future in fs], list(range(5)))
        self.assertCollected(reference)

    def test_map_of_a_pool_that_is_dropped(self):
        results = self.executor_type(2).map(abs, range(-5, 5))
        gc.collect()
        self.assertEqual(list(results), [abs(i) for i in range(-5, 5)])

    def test_pool_in_a_cycle_is_collected(self):
        pool = self.executor_type(1)
        pool.self = pool
        future = pool.submit(tasks.add, 1, 2)
        reference = weakref.ref(pool)
        del pool
        self.assertCollected(reference)
        self.assertEqual(future.result(DEADLINE), 3)

    def test_pools_one_after_the_other(self):
        descriptors = None
        for i in range(6):
            with self.executor_type(2) as pool:
                self.assertEqual(pool.submit(tasks.add, i, i).result(DEADLINE), 2 * i)
            del pool
            gc.collect()
            # The first one may open something for good.
            if i == 1:
                descriptors = len(os.listdir('/proc/self/fd'))
        # The sockets are closed by now. What GLib has of a process is closed by its own
        # thread, a moment after the end.
        end = time.monotonic() + DEADLINE
        while len(os.listdir('/proc/self/fd')) > descriptors and time.monotonic() < end:
            time.sleep(0)
        self.assertLessEqual(len(os.listdir('/proc/self/fd')), descriptors)


def wait_cancelled(future):
    """Waits until it is cancelled, which shutdown() may do in another thread."""
    return future.cancelled() or isinstance(join(in_thread(future.result, DEADLINE)), futures.CancelledError)


@for_pools(THREADS)
class ShutdownOfThreads:
    def test_flag(self):
        pool = self.make_pool(1)
        self.assertFalse(pool._shutdown)
        pool.shutdown()
        self.assertTrue(pool._shutdown)

    def test_cancels_all_that_no_thread_has(self):
        pool, gate = self.make_pool(2), self.gate()
        fs = [pool.submit(gate.enter) for _ in range(10)]
        gate.arrivals(2)
        pool.shutdown(wait=False, cancel_futures=True)
        self.assertEqual([future.cancelled() for future in fs], [False] * 2 + [True] * 8)
        gate.open(2)

    def test_in_a_task(self):
        pool = self.make_pool(1)

        def end():
            pool.shutdown(wait=False)
            with self.assertRaisesRegex(RuntimeError, AFTER):
                pool.submit(tasks.add, 1, 2)
            return 'ended'

        fs = [pool.submit(end)]
        self.assertEqual(fs[0].result(DEADLINE), 'ended')

    def test_threads_of_a_dropped_pool_end(self):
        pool = self.executor_type(3)
        results = pool.map(abs, range(-5, 5))
        threads = list(pool._threads)
        del pool
        gc.collect()
        for thread in threads:
            join(thread)
        self.assertEqual(list(results), [abs(i) for i in range(-5, 5)])

    def test_threads_end_without_waiting(self):
        pool = self.make_pool(3)
        pool.map(abs, range(-5, 5))
        pool.shutdown(wait=False)
        for thread in list(pool._threads):
            join(thread)

    def test_dropped_by_its_own_task(self):
        holder = [self.executor_type(1)]
        come = threading.Event()

        def drop():
            come.wait(DEADLINE)
            holder.clear()
            gc.collect()
            return 'dropped'

        future = holder[0].submit(drop)
        later = holder[0].submit(tasks.add, 1, 2)
        come.set()
        self.assertEqual(future.result(DEADLINE), 'dropped')
        self.assertEqual(later.result(DEADLINE), 3)


@for_pools(PROCESSES)
class ShutdownOfProcesses:
    def test_processes_end(self):
        pool, gate = self.make_pool(2), self.gate()
        for _ in range(2):
            pool.submit(gate.enter)
        gate.arrivals(2)
        processes = list(pool._processes.values())
        self.assertEqual(len(processes), 2)
        self.assertTrue(all(process.is_alive() for process in processes))
        gate.open(2)
        pool.shutdown()
        for process in processes:
            self.assertFalse(process.is_alive())

    def test_processes_of_a_dropped_pool_end(self):
        pool = self.executor_type(2)
        results = pool.map(abs, range(-5, 5))
        processes = list(pool._processes.values())
        del pool
        gc.collect()
        for process in processes:
            self.assertEnds(process)
        self.assertEqual(list(results), [abs(i) for i in range(-5, 5)])

    def test_no_child_is_left(self):
        pid = self.make_pool(1).submit(tasks.get_pid).result(DEADLINE)
        self.pool.shutdown()
        with self.assertRaises(ProcessLookupError):
            os.kill(pid, 0)

    def test_task_that_does_not_pickle_after_it(self):
        pool = self.make_pool(1)
        pool.submit(tasks.add, 1, 2).result(DEADLINE)
        future = pool.submit(tasks.identity, tasks.FailsToPickle())
        pool.shutdown(wait=False)
        with self.assertRaisesRegex(Exception, 'does not pickle'):
            future.result(DEADLINE)


# Programs that end while their pools are at work

HEAD = '''
from futures_tasks import *
if __name__ == '__main__':
    import gc
    pool = futures.{pool}(2)
'''


class Exit:
    def check(self, body, *outputs):
        head = HEAD.format(pool=self.executor_type.__name__)
        self.assertProgram(head + ''.join(f'    {line}\n' for line in body), *outputs)

    def test_without_a_task(self):
        self.check([], '')

    def test_idle(self):
        self.check(['print(pool.submit(add, 1, 2).result())'], '3\n')

    def test_pending_tasks_are_finished(self):
        self.check(['fs = [pool.submit(os.write, 1, b"x") for i in range(50)]', 'del fs'], 'x' * 50)
        self.check([f'gate = Gate({self.folder!r})', 'for i in range(10): pool.submit(gate.enter)',
                    'gate.open(10)', 'print("end", flush=True)'], 'end\n')

    def test_callbacks_run_before(self):
        self.check(['pool.submit(add, 1, 2).add_done_callback(lambda f: os.write(1, b"%d\\n" % f.result()))',
                    'os.write(1, b"end\\n")'],
                   'end\n3\n', '3\nend\n')

    def test_dropped(self):
        self.check(['fs = [pool.submit(os.write, 1, b"x") for i in range(50)]', 'del pool', 'gc.collect()'],
                   'x' * 50)

    def test_shut_down_without_waiting(self):
        self.check(['fs = [pool.submit(os.write, 1, b"x") for i in range(20)]', 'pool.shutdown(wait=False)'],
                   'x' * 20)

    def test_by_an_exception(self):
        status, output, errors = self.run_program(
            HEAD.format(pool=self.executor_type.__name__) +
            '    for i in range(20): pool.submit(os.write, 1, b"x")\n    raise LookupError("the program")')
        self.assertEqual((status, output), (1, 'x' * 20))
        self.assertTrue(errors.endswith('LookupError: the program\n'), errors)

    def test_by_sys_exit(self):
        status, output, errors = self.run_program(
            HEAD.format(pool=self.executor_type.__name__) +
            '    for i in range(20): pool.submit(os.write, 1, b"x")\n    sys.exit(3)')
        self.assertEqual((status, output, errors), (3, 'x' * 20, ''))

    def test_submit_during_it(self):
        self.check(['import atexit', '@atexit.register', 'def late():',
                    '    try:', '        pool.submit(id, None)', '    except RuntimeError as error:',
                    '        print(error)',
                    'pool.submit(add, 1, 2).result()'],
                   AT_EXIT + '\n', AFTER + '\n')

    def test_submit_until_it(self):
        # Threads that are no daemons run on while the interpreter waits for the pools.
        self.check(['fs = []', 'def submit():', '    try:', '        while True: fs.append(pool.submit(add, 1, 2))',
                    '    except RuntimeError as error:',
                    '        print(error, {future.result() for future in fs})',
                    'threading.Thread(target=submit).start()',
                    'while not fs: time.sleep(0)'],
                   AT_EXIT + ' {3}\n', AFTER + ' {3}\n')

    def test_after_a_failed_task(self):
        self.check(['future = pool.submit(fail, ValueError("no"))', 'print(type(future.exception()).__name__)'],
                   'ValueError\n')

    def test_unseen_failure_is_silent(self):
        self.check(['pool.submit(fail, ValueError("no"))'], '')

    def test_with_an_unfinished_map(self):
        self.check(['results = pool.map(add, range(100), range(100))', 'print(next(results))'], '0\n')

    def test_future_in_a_global_cycle(self):
        self.check(['future = pool.submit(add, 1, 2)', 'future.pool = pool', 'pool.future = future',
                    'print(future.result())'], '3\n')

    def test_pools_in_functions(self):
        self.check(['def run():', f'    with futures.{self.executor_type.__name__}(2) as inner:',
                    '        return sum(inner.map(abs, range(-5, 5)))', 'print(run(), run())'], '25 25\n')


@for_pools(THREADS[:1])
class ExitWithThreads(Exit):
    def test_cancelled_ones_do_not_run(self):
        self.check([f'gate = Gate({self.folder!r})', 'pool = futures.ThreadPoolExecutor(1)',
                    'pool.submit(gate.enter)', 'gate.arrivals()', 'pool.submit(print, "never")',
                    'pool.shutdown(wait=False, cancel_futures=True)', 'gate.open()'], '')

    def test_both_kinds_at_once(self):
        self.check(['processes = futures.ProcessPoolExecutor(2)',
                    'fs = [p.submit(os.write, 1, b"x") for p in (pool, processes) for i in range(20)]'], 'x' * 40)

    def test_submitted_by_a_thread_that_lives_on(self):
        self.check(['def run():', '    print(sum(pool.map(abs, range(-5, 5))))',
                    'thread = threading.Thread(target=run)', 'thread.start()', 'thread.join()'], '25\n')

    def test_tasks_that_submit(self):
        self.check(['come = threading.Event()', 'def submit():', '    try:',
                    '        while True:', '            pool.submit(add, 1, 2)', '            come.set()',
                    '    except RuntimeError as error:', '        print(error)',
                    'pool.submit(submit)', 'come.wait()'],
                   AT_EXIT + '\n', AFTER + '\n')

    def test_daemon_thread_that_waits(self):
        self.check(['future = futures.Future()', 'threading.Thread(target=future.result, daemon=True).start()'], '')


@for_pools(PROCESSES[:1])
class ExitWithProcesses(Exit):
    def test_worker_sees_the_main_module(self):
        status, output, errors = self.run_program(
            'from futures_tasks import *\n'
            'VALUE = 5\n'
            'def mine(x):\n    return x * VALUE\n'
            'if __name__ == "__main__":\n'
            '    with futures.ProcessPoolExecutor(1) as pool:\n'
            '        print(pool.submit(mine, 2).result())\n')
        self.assertEqual((status, output, errors), (0, '10\n', ''))

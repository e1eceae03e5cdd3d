# futures_processes.py - the workers of a process pool, and what travels to them
#
# SPDX-License-Identifier: LGPL-2.1-or-later
import multiprocessing
import os
import pickle
import signal
import sys
import threading
import traceback
import unittest

import __main__
import futures_tasks as tasks
from futures_support import Case, DEADLINE, PROCESSES, STD, for_pools, futures, std_if_it_forks, std_since


@for_pools(PROCESSES)
class Workers:
    def test_run_elsewhere(self):
        pid = self.pool.submit(tasks.get_pid).result(DEADLINE)
        self.assertNotEqual(pid, os.getpid())

    def test_are_told_by_pid(self):
        pool, gate = self.make_pool(2), self.gate()
        fs = [pool.submit(gate.tell_pid) for _ in range(2)]
        pids = sorted(map(int, gate.arrivals(2)))
        self.assertEqual(sorted(pool._processes), pids)
        self.assertEqual(sorted(process.pid for process in pool._processes.values()), pids)
        gate.open(2)
        self.assertEqual(sorted(future.result(DEADLINE) for future in fs), pids)

    def test_never_more_than_max_workers(self):
        pool, gate = self.make_pool(2), self.gate()
        fs = [pool.submit(gate.tell_pid) for _ in range(20)]
        gate.open(20)
        futures.wait(fs, DEADLINE)
        self.assertLessEqual(len(pool._processes), 2)
        self.assertLessEqual(len(set(gate.arrivals(20))), 2)

    @unittest.skipIf(sys.version_info < (3, 9), 'since Python 3.9')
    def test_start_when_they_are_wanted(self):
        if self.forks:
            return      # The standard library starts them all before its own thread.
        pool = self.make_pool(4)
        for _ in range(5):
            pool.submit(tasks.add, 1, 2).result(DEADLINE)
            # The worker becomes idle a moment after its future is done.
            while pool._idle_worker_semaphore._value == 0 if STD else False:
                pass
        self.assertEqual(len(pool._processes), 1)

    def test_default_number(self):
        pool = self.keep(futures.ProcessPoolExecutor())
        count = os.process_cpu_count() if sys.version_info >= (3, 13) else os.cpu_count()
        self.assertEqual(pool._max_workers, count or 1)

    def test_keep_their_memory(self):
        pool = self.make_pool(1)
        pool.submit(tasks.initialize, 'changed').result(DEADLINE)
        self.assertEqual(pool.submit(tasks.get_status).result(DEADLINE), 'changed')
        self.assertEqual(tasks.get_status(), 'not initialized')

    def test_know_the_main_module(self):
        value, name = self.pool.submit(__main__.task_of_main, 4).result(DEADLINE)
        self.assertEqual(value, 8)
        # The main module runs again, under a name that tells it so.
        self.assertEqual(name, '__main__' if self.forks else '__mp_main__')

    def test_exceptions_of_the_main_module(self):
        error = self.pool.submit(__main__.fail_in_main, 'text').exception(DEADLINE)
        self.assertIs(type(error), __main__.ErrorOfMain)
        self.assertEqual(error.args, ('text',))

    def test_have_the_arguments_of_the_program(self):
        self.assertEqual(self.pool.submit(tasks.get_argv).result(DEADLINE), sys.argv)

    def test_have_the_environment(self):
        os.environ['FUTURES_TEST_VARIABLE'] = 'ü 1'
        self.addCleanup(os.environ.pop, 'FUTURES_TEST_VARIABLE')
        pool = self.make_pool(1)
        self.assertEqual(pool.submit(tasks.get_environment, 'FUTURES_TEST_VARIABLE').result(DEADLINE), 'ü 1')

    def test_have_the_folder(self):
        self.assertEqual(self.pool.submit(os.getcwd).result(DEADLINE), os.getcwd())

    def test_have_the_search_path(self):
        with open(os.path.join(self.folder, 'futures_made_up.py'), 'w') as file:
            file.write('def answer():\n    return 42\n')
        sys.path.insert(0, self.folder)
        self.addCleanup(sys.path.remove, self.folder)
        import futures_made_up
        self.addCleanup(sys.modules.pop, 'futures_made_up')
        self.assertEqual(self.make_pool(1).submit(futures_made_up.answer).result(DEADLINE), 42)

    def test_run_tasks_in_their_main_thread(self):
        self.assertTrue(self.pool.submit(tasks.main_thread_runs_it).result(DEADLINE))

    def test_are_no_main_process(self):
        name, has_parent = self.pool.submit(tasks.get_process_name).result(DEADLINE)
        self.assertNotEqual(name, 'MainProcess')
        self.assertTrue(has_parent)

    def test_read_nothing(self):
        self.assertEqual(self.pool.submit(tasks.read_stdin).result(DEADLINE), '')

    def test_free_the_arguments(self):
        gate = self.gate()
        # Not only when the next task comes.
        self.assertEqual(self.pool.submit(tasks.capture, tasks.TellsItsEnd(gate)).result(DEADLINE)[1], {})
        self.assertEqual(gate.arrivals(), ['freed'])

    def test_free_the_results(self):
        gate = self.gate()
        self.assertIsInstance(self.pool.submit(tasks.make_that_tells, gate).result(DEADLINE), tasks.Thing)
        self.assertEqual(gate.arrivals(), ['freed'])

    def test_may_have_threads(self):
        self.assertEqual(self.pool.submit(tasks.sum_in_threads, 10).result(DEADLINE), 90)

    def test_may_have_workers(self):
        self.assertEqual(self.make_pool(1).submit(tasks.sum_in_processes, 10).result(DEADLINE), 90)

    def get_context(self):
        """What the workers can share with this process: GFutures spawns them."""
        return multiprocessing.get_context(self.start_method if STD else 'spawn')

    def test_initializer_and_shared_value(self):
        context = self.get_context()
        value = context.Value('i', 0)
        pool = self.make_pool(2, initializer=tasks.share, initargs=(value,))
        self.assertEqual(sorted(pool.map(tasks.count_up_shared, range(20))), list(range(1, 21)))
        self.assertEqual(value.value, 20)

    def test_initializer_and_shared_queue(self):
        queue = self.get_context().SimpleQueue()
        pool = self.make_pool(2, initializer=queue.put, initargs=('started',))
        pool.submit(tasks.add, 1, 2).result(DEADLINE)
        self.assertEqual(queue.get(), 'started')
        pool.shutdown()
        queue.close()

    def test_use_a_manager(self):
        with self.get_context().Manager() as manager:
            items = manager.list()
            list(self.pool.map(tasks.append_to, [items] * 5, range(5)))
            self.assertEqual(sorted(items), [0, 1, 2, 3, 4])

    def test_take_connections(self):
        here, there = multiprocessing.Pipe()
        self.addCleanup(here.close)
        self.pool.submit(tasks.send_through, there, ['any', 1]).result(DEADLINE)
        self.assertEqual(here.recv(), ['any', 1])
        there.close()

    def test_cannot_have_a_lock_as_argument(self):
        lock = self.get_context().Lock()
        with self.assertRaisesRegex((RuntimeError, pickle.PicklingError), 'through inheritance'):
            self.pool.submit(tasks.identity, lock).result(DEADLINE)
        self.assertEqual(self.pool.submit(tasks.add, 1, 2).result(DEADLINE), 3)

    # After so many tasks a worker is replaced

    def test_max_tasks_per_child(self):
        if self.forks and self.start_method is None:
            # With no context it is `spawn` that the standard library takes.
            pool = self.process_pool(1, max_tasks_per_child=3)
        else:
            pool = self.make_pool(1, max_tasks_per_child=3)
        pids = [pool.submit(tasks.get_pid).result(DEADLINE) for _ in range(7)]
        self.assertEqual(len(set(pids[:3])), 1)
        self.assertEqual(len(set(pids[3:6])), 1)
        self.assertEqual(len(set(pids)), 3)

    def test_max_tasks_per_child_and_an_early_shutdown(self):
        pool = self.make_pool(3, max_tasks_per_child=1)
        fs = [pool.submit(tasks.add, i, i) for i in range(6)]
        pool.shutdown()
        self.assertEqual([future.result(0) for future in fs], [2 * i for i in range(6)])

    @unittest.skipIf(STD, 'concurrent.futures may wait for ever here: github.com/python/cpython/issues/115634')
    def test_max_tasks_per_child_and_a_map(self):
        pool = self.make_pool(2, max_tasks_per_child=2)
        self.assertEqual(list(pool.map(tasks.add, range(12), range(12))), [2 * i for i in range(12)])

    def test_max_tasks_per_child_is_checked(self):
        for number in 0, -1:
            with self.assertRaises(ValueError):
                self.make_pool(1, max_tasks_per_child=number)
        for number in '3', 2.5:
            with self.assertRaises(TypeError):
                self.make_pool(1, max_tasks_per_child=number)

    # The end of all workers, at once

    def check_ended(self, end, first):
        pool, gate = self.make_pool(2), self.gate()
        fs = [pool.submit(gate.enter) for _ in range(6)]
        gate.arrivals(2)
        processes = list(pool._processes.values())
        end(pool)
        for process in processes:
            self.assertEnds(process)
            # What is no child of multiprocessing's tells its status only to who asks in time.
            self.assertIn(process.exitcode, [-first] if STD else [-first, None])
        # None of them has passed the gate, which nobody opened.
        for future in fs:
            self.assertRaises((futures.BrokenExecutor, futures.CancelledError), future.result, DEADLINE)
        self.assertRaises(RuntimeError, pool.submit, tasks.add, 1, 2)

    @std_since(3, 14)
    def test_terminate_workers(self):
        self.check_ended(lambda pool: pool.terminate_workers(), signal.SIGTERM)

    @std_since(3, 14)
    def test_kill_workers(self):
        self.check_ended(lambda pool: pool.kill_workers(), signal.SIGKILL)

    @std_since(3, 14)
    def test_terminate_workers_that_do_not_run(self):
        for name in 'terminate_workers', 'kill_workers':
            pool = self.make_pool(1)
            getattr(pool, name)()
            pool = self.make_pool(1)
            pool.submit(tasks.add, 1, 2).result(DEADLINE)
            pool.shutdown()
            getattr(pool, name)()


class ProcessPoolTest(Case):
    def test_arguments_by_position(self):
        pool = self.keep(futures.ProcessPoolExecutor(1, multiprocessing.get_context('spawn'), tasks.initialize,
                                                     ('set',)))
        self.assertEqual(pool.submit(tasks.get_status).result(DEADLINE), 'set')

    def test_max_tasks_per_child_only_by_name(self):
        with self.assertRaises(TypeError):
            futures.ProcessPoolExecutor(1, None, None, (), 3)

    def test_any_context_will_do(self):
        for method in multiprocessing.get_all_start_methods():
            pool = self.process_pool(1, mp_context=multiprocessing.get_context(method))
            self.assertEqual(pool.submit(tasks.add, 1, 2).result(DEADLINE), 3)

    @unittest.skipUnless(STD, 'the workers of GFutures are no forks')
    def test_max_tasks_per_child_forbids_forks(self):
        with self.assertRaises(ValueError):
            self.process_pool(1, mp_context=multiprocessing.get_context('fork'), max_tasks_per_child=3)

    def test_workers_print(self):
        status, output, errors = self.run_program(
            'from futures_tasks import *\n'
            'if __name__ == "__main__":\n'
            '    with futures.ProcessPoolExecutor(1) as pool:\n'
            '        pool.submit(print, "one", flush=True).result()\n'
            '        print("two", flush=True)\n'
            '        pool.submit(print, "three").result()\n'
            '        pool.submit(os.write, 2, b"error").result()\n'
            '    print("four")\n')
        self.assertEqual((status, output, errors), (0, 'one\ntwo\nthree\nfour\n', 'error'))

    @std_if_it_forks
    def test_from_standard_input_or_the_command_line(self):
        # With no main module to be found again, what modules have still works.
        import subprocess
        from futures_support import FOLDER, IMPORT
        text = f'import sys\nsys.path.insert(0, {FOLDER!r})\n{IMPORT}\nimport futures_tasks\n' \
            'if __name__ == "__main__":\n' \
            '    with futures.ProcessPoolExecutor(1) as pool: print(pool.submit(futures_tasks.add, 1, 2).result())\n'
        for arguments, stdin in (['-c', text], ''), (['-'], text):
            done = subprocess.run([sys.executable, *arguments], input=stdin, capture_output=True, text=True,
                                  timeout=DEADLINE)
            self.assertEqual((done.returncode, done.stdout, done.stderr), (0, '3\n', ''))

    @std_if_it_forks
    def test_program_run_as_a_module(self):
        import subprocess
        from futures_support import FOLDER, IMPORT
        folder = os.path.join(self.folder, 'package')
        os.mkdir(folder)
        with open(os.path.join(folder, '__init__.py'), 'w'):
            pass
        with open(os.path.join(folder, '__main__.py'), 'w') as file:
            file.write(f'{IMPORT}\nfrom .inside import double\n'
                       'def more(x):\n    return double(x) + 1\n'
                       'if __name__ == "__main__":\n'
                       '    with futures.ProcessPoolExecutor(1) as pool:\n'
                       '        print(pool.submit(double, 2).result(), pool.submit(more, 2).result())\n')
        with open(os.path.join(folder, 'inside.py'), 'w') as file:
            file.write('def double(x):\n    return 2 * x\n')
        with open(os.path.join(folder, 'tool.py'), 'w') as file:
            file.write(open(os.path.join(folder, '__main__.py')).read())
        for name in 'package.tool', 'package':
            if name == 'package' and not STD:
                # As by spawn, which does not run the `__main__` of a package again: only forks know `more`.
                continue
            done = subprocess.run([sys.executable, '-m', name], cwd=self.folder, capture_output=True, text=True,
                                  timeout=DEADLINE, stdin=subprocess.DEVNULL,
                                  env={**os.environ, 'PYTHONPATH': f'{FOLDER}:{os.environ.get("PYTHONPATH", "")}'})
            self.assertEqual((done.returncode, done.stdout, done.stderr), (0, '4 5\n', ''))


@for_pools(PROCESSES)
class Travelling:
    """What does not pickle fails its own future only."""

    def check_fails(self, pattern, function, *args, kind=Exception):
        future = self.pool.submit(function, *args)
        error = future.exception(DEADLINE)
        self.assertIsInstance(error, kind)
        self.assertNotIsInstance(error, futures.BrokenExecutor)
        self.assertRegex(str(error), pattern)
        self.assertRaises(kind, future.result)
        self.assertEqual(self.pool.submit(tasks.add, 1, 2).result(DEADLINE), 3)
        self.assertFalse(self.pool._broken)

    def test_function_that_is_a_lambda(self):
        self.check_fails('lambda', lambda: 5)

    def test_function_that_is_local(self):
        def a_local_one():
            pass

        self.check_fails('a_local_one', a_local_one)

    def test_argument(self):
        self.check_fails('lambda', tasks.identity, lambda: 5)
        self.check_fails('lock', tasks.identity, threading.Lock())
        self.check_fails('generator', tasks.capture, 1, (i for i in []))

    def test_keyword_argument(self):
        future = self.pool.submit(tasks.capture, key=threading.Lock())
        self.assertIn('lock', str(future.exception(DEADLINE)))

    def test_argument_that_refuses(self):
        self.check_fails('this one does not pickle', tasks.identity, tasks.FailsToPickle(),
                         kind=pickle.PicklingError)

    def test_result(self):
        self.check_fails('lambda', tasks.return_lambda)
        self.check_fails('lock', tasks.return_object, threading.Lock)

    def test_result_that_refuses(self):
        self.check_fails('this one does not pickle', tasks.return_object, tasks.FailsToPickle,
                         kind=pickle.PicklingError)

    def test_result_that_exits(self):
        future = self.pool.submit(tasks.return_object, tasks.ExitsWhilePickling)
        self.assertIsInstance(future.exception(DEADLINE), SystemExit)
        self.assertEqual(self.pool.submit(tasks.add, 1, 2).result(DEADLINE), 3)

    def test_exception(self):
        self.check_fails('lock', tasks.return_object, raise_unpicklable)

    def test_several_at_once(self):
        fs = [self.pool.submit(tasks.identity, (lambda: 5) if i % 3 == 0 else i) for i in range(30)]
        for i, future in enumerate(fs):
            if i % 3 == 0:
                self.assertRegex(str(future.exception(DEADLINE)), 'lambda')
            else:
                self.assertEqual(future.result(DEADLINE), i)

    def test_objects_are_copied(self):
        items = [1]
        result = self.pool.submit(tasks.identity, items).result(DEADLINE)
        self.assertEqual(result, items)
        self.assertIsNot(result, items)

    def test_objects_within_one_task_stay_the_same(self):
        one, two = self.pool.submit(tasks.identity, [tasks.Thing()] * 2).result(DEADLINE)
        self.assertIs(one, two)

    def test_deep_objects(self):
        items = []
        for _ in range(200):
            items = [items]
        self.assertEqual(self.pool.submit(tasks.identity, items).result(DEADLINE), items)

    def test_argument_changed_afterwards_by_the_task(self):
        items = []
        self.assertEqual(self.pool.submit(tasks.append_to, items, 1).result(DEADLINE), 1)
        self.assertEqual(items, [])

    # Exceptions

    def test_exception_with_attributes(self):
        error = self.pool.submit(tasks.return_object, raise_plain).exception(DEADLINE)
        self.assertIs(type(error), tasks.PlainError)
        self.assertEqual(error.args, ('one', 2))
        self.assertEqual(error.extra, {'x': [1]})
        error = self.pool.submit(tasks.return_object, raise_rich).exception(DEADLINE)
        self.assertIs(type(error), tasks.RichError)
        self.assertEqual((error.args, error.code, error.detail), ((7, 'why'), 7, 'why'))

    def test_traceback_of_the_worker_is_the_cause(self):
        future = self.pool.submit(tasks.fail_deep, 'deep', 3)
        with self.assertRaises(LookupError) as caught:
            future.result(DEADLINE)
        cause = str(caught.exception.__cause__)
        self.assertIn('Traceback (most recent call last)', cause)
        self.assertIn('fail_deep', cause)
        self.assertIn('raise LookupError(*args)  # this line is in the traceback', cause)
        self.assertIn("LookupError: ('deep', 3)", cause)

    def test_traceback_of_the_worker_is_printed(self):
        error = self.pool.submit(tasks.fail_deep, 'deep').exception(DEADLINE)
        text = ''.join(traceback.format_exception(type(error), error, error.__traceback__))
        self.assertIn('# this line is in the traceback', text)
        self.assertIn('The above exception was the direct cause of the following exception', text)

    def test_cause_in_the_worker_is_told(self):
        error = self.pool.submit(tasks.fail_with_cause).exception(DEADLINE)
        self.assertIsInstance(error, ValueError)
        self.assertIn("KeyError: 'missing'", str(error.__cause__))

    def test_traceback_of_a_result_that_does_not_pickle(self):
        error = self.pool.submit(tasks.return_lambda).exception(DEADLINE)
        self.assertIn('return_lambda', str(error.__cause__))

    def test_traceback_in_a_map(self):
        for size in 1, 3:
            with self.assertRaises(LookupError) as caught:
                list(self.pool.map(tasks.fail_deep, range(5), chunksize=size))
            self.assertIn('fail_deep', str(caught.exception.__cause__))

    @std_since(3, 14)
    def test_exception_that_is_false(self):
        future = self.pool.submit(tasks.fail, tasks.FalsyError('x'))
        self.assertIsInstance(future.exception(DEADLINE), tasks.FalsyError)


def raise_unpicklable():
    raise tasks.UnpicklableError('with a lock')


def raise_plain():
    error = tasks.PlainError('one', 2)
    error.extra = {'x': [1]}
    raise error


def raise_rich():
    raise tasks.RichError(7, 'why')

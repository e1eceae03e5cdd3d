#!/usr/bin/python3
# python-futures.py - GFutures beside the concurrent.futures of the same interpreter
#
#   python-futures.py                     # all cases, the medians of five runs
#   python-futures.py --runs 9 process    # those with "process" in their names
#   python-futures.py --quick             # a test that nothing here is broken
#
# Both modules run in turn, each run in a process of its own. Read the ratios before
# the figures; nothing else should run meanwhile.
#
# SPDX-License-Identifier: LGPL-2.1-or-later
import argparse
import gc
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time

MODULES = 'concurrent.futures', 'GFutures'
WORKERS = 2
MIB = 1 << 20

# As GTK redraws
REDRAW_PRIORITY = 120
REDRAW_MS = 16

if 'GFutures' in sys.argv[1:2]:
    import gi
    gi.require_version('GFutures', '1')
    from gi.repository import GFutures as futures
else:
    import concurrent.futures as futures


# The tasks

def null():
    pass


def double(number):
    return number * 2


def echo(data):
    return data


def read_fifo(path):
    with open(path, 'rb') as fifo:
        return fifo.read()


def per_second(count, begin):
    return count / (time.perf_counter() - begin)


def warm_up(pool, workers):
    """All workers have started; one that sleeps leaves the next task to another."""
    for future in [pool.submit(time.sleep, 0.1) for _ in range(workers)]:
        future.result()


# What is measured: each returns its values, in the units of its case

def submit_all(pool, n):
    begin = time.perf_counter()
    for future in [pool.submit(null) for _ in range(n)]:
        future.result()
    return per_second(n, begin) / 1e3


def submit_each(pool, n):
    """The median of the microseconds from submit() to what result() returns."""
    samples = []
    for _ in range(n + 100):
        begin = time.perf_counter()
        pool.submit(null).result()
        samples.append(time.perf_counter() - begin)
    return statistics.median(samples[100:]) * 1e6


def map_items(pool, n, **options):
    items = list(range(n))
    begin = time.perf_counter()
    last = None
    for last in pool.map(double, items, **options):
        pass
    rate = per_second(n, begin)
    assert last == 2 * (n - 1)
    return rate / 1e3


def echo_data(pool, n, data):
    size = len(data)
    begin = time.perf_counter()
    for _ in range(n):
        result = pool.submit(echo, data).result()
        assert len(result) == size and result[-1] == data[-1]
        del result
    return per_second(n * size, begin) / 1e6


def get_resident():
    with open('/proc/self/statm') as file:
        return int(file.read().split()[1]) * os.sysconf('SC_PAGE_SIZE')


def measure_pending(pool, n):
    """Bytes for each future that waits, and what its executor keeps with it."""
    kept = [None] * n
    gc.collect()
    before = get_resident()
    for i in range(n):
        kept[i] = pool.submit(null)
    gc.collect()
    return (get_resident() - before) / n


def measure_memory(pool, n):
    gate = threading.Event()
    first = pool.submit(gate.wait)
    used = measure_pending(pool, n)
    gate.set()
    first.result()
    return used


def measure_process_memory(pool, n):
    folder = tempfile.mkdtemp(prefix='gfutures-')
    fifo = os.path.join(folder, 'gate')
    os.mkfifo(fifo)
    first = pool.submit(read_fifo, fifo)
    with open(fifo, 'wb'):
        used = measure_pending(pool, n)
    first.result()
    shutil.rmtree(folder)
    return used


def measure_gap(pool, n):
    """While each future has a handler on the main loop: the longest time between two
    turns of a timer, the longest that the main thread itself worked between two (on a busy
    machine it tells more), in milliseconds; thousands of completions a second."""
    from gi.repository import GLib
    loop = GLib.MainLoop()
    gate = threading.Event()
    left = n
    last = longest = last_cpu = longest_cpu = 0

    def tick():
        nonlocal last, longest, last_cpu, longest_cpu
        now, cpu = time.perf_counter(), time.thread_time()
        longest, last = max(longest, now - last), now
        longest_cpu, last_cpu = max(longest_cpu, cpu - last_cpu), cpu
        return GLib.SOURCE_CONTINUE

    def on_done(_future):
        nonlocal left
        left -= 1
        if left == 0:
            loop.quit()
        return GLib.SOURCE_REMOVE

    for _ in range(WORKERS):
        pool.submit(gate.wait)
    kept = []
    for _ in range(n):
        future = pool.submit(null)
        if futures.__name__ == 'concurrent.futures':
            future.add_done_callback(lambda settled: GLib.idle_add(on_done, settled))
        else:
            future.connect('done', on_done)
        kept.append(future)

    GLib.timeout_add(REDRAW_MS, tick, priority=REDRAW_PRIORITY)
    last_cpu = time.thread_time()
    last = begin = time.perf_counter()
    gate.set()
    loop.run()
    tick()
    return longest * 1e3, longest_cpu * 1e3, per_second(n, begin) / 1e3


def threads(measure, workers=WORKERS, **options):
    def run(n):
        with futures.ThreadPoolExecutor(workers) as pool:
            warm_up(pool, workers)
            return measure(pool, n, **options)
    return run


def processes(measure, workers=WORKERS, **options):
    def run(n):
        with futures.ProcessPoolExecutor(workers) as pool:
            warm_up(pool, workers)
            return measure(pool, n, **options)
    return run


def processes_data(kind):
    def run(n):
        data = kind(b'\1' * (MIB if n == 1 else 64 * MIB))
        return processes(echo_data, 1, data=data)(n)
    return run


class Case:
    """@units, and whether more is better, of each value; @goal is that of the ratio, or
    the most that GFutures may have."""

    def __init__(self, title, run, n, quick, values, goal=None, at_most=None):
        self.title, self.run, self.n, self.quick, self.values = title, run, n, quick, values
        self.goal, self.at_most = goal, at_most


RATE = ('k/s', True),
TIME = ('µs', False),
BYTES = ('MB/s', True),

CASES = {
    'thread-submit': Case('null tasks, all submitted, then all results',
                          threads(submit_all), 100_000, 500, RATE, goal=1),
    'thread-latency': Case('null tasks one at a time, p50',
                           threads(submit_each), 10_000, 100, TIME, goal=1),
    'thread-map': Case('map()', threads(map_items), 100_000, 500, RATE, goal=1),
    'thread-memory': Case('a future that waits for a thread',
                          threads(measure_memory, workers=1), 100_000, 500, (('bytes', False),)),
    'process-submit': Case('null calls, all submitted, then all results',
                           processes(submit_all), 10_000, 50, RATE, goal=5),
    'process-latency': Case('null calls one at a time, p50',
                            processes(submit_each, 1), 2_000, 20, TIME),
    'process-map': Case('map() with chunks of one item',
                        processes(map_items), 10_000, 50, RATE, goal=3),
    'process-map-1000': Case('map() with chunks of 1000 items',
                             processes(map_items, chunksize=1000), 1_000_000, 5_000, RATE),
    'process-bytes': Case('64 MiB of bytes there and back', processes_data(bytes), 5, 1, BYTES, goal=5),
    'process-bytearray': Case('64 MiB in a bytearray there and back',
                              processes_data(bytearray), 5, 1, BYTES, goal=5),
    'process-memory': Case('a call that waits for a worker', processes(measure_process_memory, 1), 20_000, 200,
                           (('bytes', False),)),
    'loop-gap': Case('handlers on the main loop: the longest gap of a 16 ms timer, in processor time; rate',
                     threads(measure_gap), 100_000, 500, (('ms', False), ('ms CPU', False), ('k/s', True)), at_most=25),
}


# Running them

class Failed(Exception):
    pass


def run_case(name, module, n):
    try:
        done = subprocess.run([sys.executable, __file__, module, name, str(n)], stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=300)
    except subprocess.TimeoutExpired:
        raise Failed(f'{module} takes too long') from None
    if done.returncode or done.stderr:
        lines = done.stderr.decode().split('\n')
        raise Failed('\n'.join([f'{module}, status {done.returncode}', *lines[:20]]))
    return json.loads(done.stdout)


def print_row(*columns):
    print('{:18} {:>7} {:>20} {:>12} {:>9} {:>9}  {}'.format(*columns).rstrip(), flush=True)


def compare(name, case, runs, n):
    """The medians side by side, a line for each value."""
    results = {module: [] for module in MODULES}
    for _ in range(runs):
        for module in MODULES:
            results[module].append(run_case(name, module, n))

    for i, (unit, more_is_better) in enumerate(case.values):
        theirs, ours = (statistics.median(run[i] for run in results[module]) for module in MODULES)
        # So little memory that it was there already is nothing.
        more, less = (ours, theirs) if more_is_better else (theirs, ours)
        ratio = more / less if less else float('inf')
        goal, reached = '', ''
        if i == 0 and case.goal is not None:
            goal, reached = f'≥ {case.goal} ×', ratio >= case.goal
        elif i == 0 and case.at_most is not None:
            goal, reached = f'≤ {case.at_most} {unit}', ours <= case.at_most
        print_row('' if i else name, unit, f'{theirs:,.1f}', f'{ours:,.1f}', f'{ratio:.2f} ×', goal,
                  {True: 'reached', False: 'missed'}.get(reached, ''))


def main():
    parser = argparse.ArgumentParser(description='GFutures beside concurrent.futures')
    parser.add_argument('--runs', type=int, default=5, help='of each case and module (5)')
    parser.add_argument('--quick', action='store_true', help='one run of next to nothing: figures without meaning')
    parser.add_argument('--list', action='store_true', help='what the cases are')
    parser.add_argument('filter', nargs='?', default='', help='only cases with this in their names')
    options = parser.parse_args()

    cases = {name: case for name, case in CASES.items() if options.filter in name}
    if options.list:
        for name, case in cases.items():
            print(f'{name:18} {case.title}')
        return
    if not cases or options.runs < 1:
        parser.error('no such case' if not cases else '--runs must be at least 1')

    runs = 1 if options.quick else options.runs
    print(f'{os.cpu_count()} processors, Python {sys.version.split()[0]}. The medians of {runs} runs;\n'
          f'ratios above 1 are in favour of GFutures.\n')
    print_row('', '', 'concurrent.futures', 'GFutures', 'ratio', 'goal', '')
    failed = False
    for name, case in cases.items():
        try:
            compare(name, case, runs, case.quick if options.quick else case.n)
        except Failed as error:
            failed = True
            print(f'{name:18} failed: {error}', flush=True)
    sys.exit(failed)


def measure(name, n):
    case = CASES[name]
    values = case.run(n)
    print(json.dumps(values if isinstance(values, tuple) else [values]))


if __name__ == '__main__':
    if sys.argv[1:2] and sys.argv[1] in MODULES:
        measure(sys.argv[2], int(sys.argv[3]))
    else:
        main()

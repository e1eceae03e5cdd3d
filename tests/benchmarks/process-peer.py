# process-peer.py - Python's ProcessPoolExecutor, for the process benchmarks
#
#   process-peer.py MEASURE N WORKERS
#
# prints what was measured, a value on each line, in the units of the cases.
#
# SPDX-License-Identifier: LGPL-2.1-or-later
import sys
import time
from concurrent.futures import ProcessPoolExecutor

BYTES = 64 << 20
HEAP = 1 << 30
CHUNK_SIZE = 1000


def null():
    pass


def square(x):
    return x * x


def echo(data):
    return data


def percentile(samples, percent):
    return sorted(samples)[(len(samples) - 1) * percent // 100]


def warm_up(pool, workers):
    for future in [pool.submit(time.sleep, 0.1) for _ in range(workers)]:
        future.result()


def latency(n, workers):
    samples = []
    with ProcessPoolExecutor(1) as pool:
        warm_up(pool, 1)
        for _ in range(100 + n):
            begin = time.perf_counter()
            pool.submit(null).result()
            samples.append((time.perf_counter() - begin) * 1e6)
    return [percentile(samples[100:], 50), percentile(samples[100:], 99)]


def throughput(n, workers):
    n = n // 10  # it is that slow
    with ProcessPoolExecutor(workers) as pool:
        warm_up(pool, workers)
        begin = time.perf_counter()
        for future in [pool.submit(null) for _ in range(n)]:
            future.result()
        return [n / (time.perf_counter() - begin) / 1e3]


def map_items(n, workers):
    with ProcessPoolExecutor(workers) as pool:
        warm_up(pool, workers)
        items = list(range(n))
        begin = time.perf_counter()
        results = list(pool.map(square, items, chunksize=CHUNK_SIZE))
        seconds = time.perf_counter() - begin
    assert results[-1] == (n - 1) ** 2
    return [n / seconds / 1e6]


def echo_bytes(n, workers):
    data = b'\1' * BYTES
    with ProcessPoolExecutor(1) as pool:
        warm_up(pool, 1)
        begin = time.perf_counter()
        for _ in range(n):
            result = pool.submit(echo, data).result()
            assert result[-1] == 1
        return [n * BYTES / (time.perf_counter() - begin) / 1e6]


def start(n, workers):
    values = []
    for heap_size in (0, HEAP):
        heap = bytearray(b'\1') * heap_size
        samples = []
        for _ in range(n):
            begin = time.perf_counter()
            with ProcessPoolExecutor(1) as pool:
                pool.submit(null).result()
                samples.append((time.perf_counter() - begin) * 1e3)
        values.append(percentile(samples, 50))
        del heap
    return values


MEASURES = {
    'latency': latency,
    'throughput': throughput,
    'map': map_items,
    'bytes': echo_bytes,
    'start': start,
}

if __name__ == '__main__':
    for value in MEASURES[sys.argv[1]](int(sys.argv[2]), int(sys.argv[3])):
        print(value)

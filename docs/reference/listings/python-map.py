import math

import gi
gi.require_version('GFutures', '1')
from gi.repository import GFutures as futures


def is_prime(n):
    return n > 1 and all(n % divisor for divisor in range(2, math.isqrt(n) + 1))


if __name__ == '__main__':
    with futures.ProcessPoolExecutor(task_timeout=60_000_000) as pool:
        print(sum(pool.map(is_prime, range(20_000), chunksize=500)))     # 2262
        future = pool.submit(lambda: 1)
        print(type(future.exception()).__name__)    # PicklingError

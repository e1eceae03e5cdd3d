import asyncio

import gi
gi.require_version('GFutures', '1')
from gi.repository import GFutures as futures


async def main():
    with futures.ThreadPoolExecutor() as pool:
        print(await pool.submit(pow, 2, 10))        # 1024
        async for future in futures.as_completed([pool.submit(abs, n) for n in (-1, -2)]):
            print(await future in (1, 2))           # True
        print(await asyncio.wait_for(pool.submit(len, 'text'), timeout=10))     # 4


asyncio.run(main())

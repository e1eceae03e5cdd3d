import asyncio

import gi
gi.require_version('GFutures', '1')
from gi.events import GLibEventLoop
from gi.repository import Gio, GLib, GFutures


async def main():
    with GFutures.ThreadPoolExecutor() as pool:
        derived = pool.submit(pow, 2, 10).then(lambda value: value + 1)
        print(await derived)            # 1025
    file = Gio.File.new_for_path('/')
    info = await GFutures.Future.from_async(file.query_info_async, 'standard::type', 0, 0)
    print(info.get_file_type() == Gio.FileType.DIRECTORY)       # True


with asyncio.Runner(loop_factory=lambda: GLibEventLoop(GLib.MainContext.default())) as runner:
    runner.run(main())

import gi
gi.require_version('GFutures', '1')
from gi.repository import GFutures, Gio, GLib


async def count_lines(path):
    file = Gio.File.new_for_path(path)
    _success, contents, _etag = await GFutures.Future.from_async(file.load_contents_async)
    lines = await pool.submit(contents.split, b'\n')
    await GFutures.Future.new_delay(1000)
    return len(lines)


pool = GFutures.ThreadPoolExecutor()
loop = GLib.MainLoop()
counted = GFutures.run_async(count_lines('/etc/passwd'))
counted.connect('done', lambda future: loop.quit())
loop.run()
print(counted.result() > 1)     # True

import gi
gi.require_version('GFutures', '1')
from gi.repository import GFutures, GLib


def add_up(n):
    task = GFutures.current_promise()
    total = 0
    for i in range(n):
        if task.should_stop():
            return None
        total += i
        task.set_progress((i + 1) / n, f'{i + 1} of {n}')
    return total


def on_done(future):
    print(future.result())                                # 4950
    print(future.props.progress, future.props.status)     # 1.0 100 of 100
    loop.quit()


loop = GLib.MainLoop()
pool = GFutures.ThreadPoolExecutor()
future = pool.submit(add_up, 100)
future.connect('done', on_done)
loop.run()

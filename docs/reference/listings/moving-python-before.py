from concurrent import futures
import urllib.request

from gi.repository import GLib

def fetch(url):
    with urllib.request.urlopen(url) as page:
        return page.read()

def show(future):
    # In a thread of the pool
    GLib.idle_add(show_page, future)

def show_page(future):
    try:
        print(len(future.result()), 'bytes')
    except OSError as error:
        print(error)

pool = futures.ThreadPoolExecutor()
future = pool.submit(fetch, 'https://www.gtk.org/')
future.add_done_callback(show)

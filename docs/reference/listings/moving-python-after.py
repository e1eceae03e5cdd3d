import urllib.request

from gi.repository import GFutures as futures

def fetch(url):
    with urllib.request.urlopen(url) as page:
        return page.read()

def show_page(future):
    # In the main loop
    try:
        print(len(future.result()), 'bytes')
    except OSError as error:
        print(error)

pool = futures.ThreadPoolExecutor()
future = pool.submit(fetch, 'https://www.gtk.org/')
future.connect('done', show_page)

import gi
gi.require_version('GFutures', '1')
from gi.repository import GFutures as futures


def count_letters(name):
    with open(name) as file:
        return sum(letter.isalpha() for letter in file.read())


if __name__ == '__main__':
    with futures.ProcessPoolExecutor(max_workers=2) as pool:
        tasks = {pool.submit(count_letters, name): name for name in ('/etc/passwd', '/etc/group')}
        for task in futures.as_completed(tasks):
            print(tasks[task], task.result())

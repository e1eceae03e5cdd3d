import gi
gi.require_version('GFutures', '1')
from gi.repository import GFutures


if __name__ == '__main__':
    with GFutures.ProcessPoolExecutor(1) as pool:
        print(pool.call('math:hypot', 3, 4).result())                       # 5.0
        print(pool.call('statistics:fmean', [1, 2, 4.5]).result())          # 2.5
        print(pool.call('builtins:sorted', {'b': 1, 'a': None}).result())   # ['a', 'b']
        print(pool.call('base64:b64encode', b'bytes').result())             # b'Ynl0ZXM='

# libgfutures for Python: concurrent.futures, with a main loop
#
# SPDX-License-Identifier: LGPL-2.1-or-later

# Each module overrides classes that those of the next ones derive from.
from . import _errors, _future, _executor, _waiting, _threads, _processes, _coroutine, _worker

import concurrent.futures.process as process
import concurrent.futures.thread as thread

__all__ = ['process', 'serve', 'thread']

for _module in (_errors, _future, _executor, _waiting, _threads, _processes, _coroutine):
    for _name in _module.__all__:
        globals()[_name] = getattr(_module, _name)
    __all__ += _module.__all__

serve = _worker.serve

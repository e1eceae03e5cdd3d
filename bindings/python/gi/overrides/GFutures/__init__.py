# libgfutures for Python: concurrent.futures, with a main loop
#
# SPDX-License-Identifier: LGPL-2.1-or-later

# Each module overrides classes that those of the next ones derive from.
from . import _errors, _native, _future, _executor, _waiting, _threads, _processes, _coroutine, _worker

import concurrent.futures
import concurrent.futures.process as process
import concurrent.futures.thread as thread

__all__ = ['process', 'serve', 'thread']

for _module in (_errors, _future, _executor, _waiting, _threads, _processes, _coroutine):
    for _name in _module.__all__:
        globals()[_name] = getattr(_module, _name)
    __all__ += _module.__all__

serve = _worker.serve

# What a newer Python has beside that is its own: pools of interpreters, whose futures
# wait() and as_completed() take. It is found when it is asked for.
_native.borrow(concurrent.futures, set(concurrent.futures.__all__) - set(__all__))

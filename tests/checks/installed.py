# installed.py - what a program needs to find the library where it was installed
#
# SPDX-License-Identifier: LGPL-2.1-or-later
import fcntl
import os
import pathlib
import re
import subprocess

# What each variable of the environment leads to: a file, and how many folders above it
PLACES = {
    'PKG_CONFIG_PATH': ('libgfutures-1.pc', 1),
    'LD_LIBRARY_PATH': ('libgfutures-1.so.0', 1),
    'GI_TYPELIB_PATH': ('GFutures-1.typelib', 1),
    'PYTHONPATH': ('gi/overrides/GFutures/__init__.py', 4),
    'GJS_PATH': ('overrides/GFutures.js', 2),
    'XDG_DATA_DIRS': ('vala/vapi/GFutures-1.vapi', 3),
}


def meson_install(build, folder, tags=None):
    """Installs a build below a folder; subprocess.CalledProcessError, with what was said on stdout."""
    command = ['meson', 'install', '-C', build, '--no-rebuild', '--destdir', folder]
    if tags:
        command += ['--tags', tags]
    # One at a time: Meson does not expect two in one build.
    with open(pathlib.Path(build, 'meson-private/installed.lock'), 'w', encoding='utf-8') as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
                       universal_newlines=True, check=True)


def install(build, folder):
    """The same, and corrects what the build cannot know of the folder. The prefix there"""
    meson_install(build, folder, 'runtime,python-runtime,typelib,devel')
    header = next(pathlib.Path(folder).rglob('include/libgfutures-1/gfutures.h'))
    prefix = header.parents[2]
    for path in prefix.rglob('pkgconfig/*.pc'):
        text = path.read_text(encoding='utf-8')
        path.write_text(re.sub(r'^prefix=.*', f'prefix={prefix}', text, flags=re.MULTILINE),
                        encoding='utf-8')
    return prefix


def get_environment(prefix):
    """This process's environment, with what is below the prefix and nothing of a build."""
    environment = dict(os.environ)
    environment.pop('GFUTURES_WORKER', None)
    for variable, (name, n_folders) in PLACES.items():
        path = next((path for folder in ('lib*', 'share')
                     for path in pathlib.Path(prefix).glob(f'{folder}/**/{name}')), None)
        environment.pop(variable, None)
        if path is not None:
            environment[variable] = str(path.parents[n_folders - 1])
    # Other libraries have their files there too.
    data = environment.get('XDG_DATA_DIRS'), os.environ.get('XDG_DATA_DIRS') or '/usr/local/share:/usr/share'
    environment['XDG_DATA_DIRS'] = ':'.join(filter(None, data))
    return environment

#!/usr/bin/python3
"""The programs of the README do what it says, with the library as installed.

Installs the build into a folder of its own, then compiles and runs each fenced
block of a known language, the way the README tells the reader to.
"""
import os
import re
import shutil
import subprocess
import sys
import tempfile

readme, build = sys.argv[1:]
n_tests = n_failed = 0


def run(*command, **arguments):
    return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          stdin=subprocess.DEVNULL, universal_newlines=True, timeout=60,
                          **arguments)


def check(name, *commands):
    """Runs commands till one fails; their output must hold nothing unexpected."""
    global n_tests, n_failed
    n_tests += 1
    for command in commands:
        try:
            done = run(*command, cwd=folder, env=environment)
            code, output = done.returncode, done.stdout
        except (OSError, subprocess.TimeoutExpired) as error:
            code, output = 1, str(error)
        for line in output.splitlines():
            print('#', line)
        if code or re.search(r'CRITICAL|WARNING|Traceback', output):
            n_failed += 1
            print('not ok', n_tests, name)
            return
    print('ok', n_tests, name)


def has_gtk():
    import_it = "import gi; gi.require_version('Gtk', '4.0'); from gi.repository import Gtk"
    return shutil.which('xvfb-run') and run('/usr/bin/python3', '-c', import_it).returncode == 0


with tempfile.TemporaryDirectory(prefix='gfutures-') as folder:
    done = run('meson', 'install', '-C', build, '--no-rebuild', '--destdir', folder)
    if done.returncode:
        for line in done.stdout.splitlines():
            print('#', line)
        print('Bail out! meson install failed')
        sys.exit(1)

    found = {}
    for path, _, names in os.walk(folder):
        for name in names:
            found[name] = path
    prefix = found['gfutures.h'].removesuffix('/include/libgfutures-1')

    # A destdir is no prefix: the paths in the .pc files want to be told.
    pkgconfig = os.path.join(folder, 'pkgconfig')
    shutil.copytree(found['libgfutures-1.pc'], pkgconfig)
    for name in os.listdir(pkgconfig):
        path = os.path.join(pkgconfig, name)
        with open(path, encoding='utf-8') as file:
            text = re.sub(r'^prefix=.*', 'prefix=' + prefix, file.read(), flags=re.MULTILINE)
        with open(path, 'w', encoding='utf-8') as file:
            file.write(text)

    environment = dict(os.environ)
    environment['PKG_CONFIG_PATH'] = pkgconfig
    environment['LD_LIBRARY_PATH'] = found['libgfutures-1.so.0']
    environment['GI_TYPELIB_PATH'] = found['GFutures-1.typelib']
    if 'GFutures.js' in found:
        environment['GJS_PATH'] = found['GFutures.js'].removesuffix('/overrides')
    if '_future.py' in found:
        environment['PYTHONPATH'] = found['_future.py'].removesuffix('/gi/overrides/GFutures')
    # Of windows: without a session bus
    environment.update(GTK_A11Y='none', GDK_BACKEND='x11', GSK_RENDERER='cairo', LIBGL_ALWAYS_SOFTWARE='1')
    environment['XDG_DATA_DIRS'] = os.path.join(prefix, 'share') + ':/usr/local/share:/usr/share'

    with open(readme, encoding='utf-8') as file:
        blocks = re.findall(r'^```(c|python|js|vala)\n(.*?)^```$', file.read(),
                            flags=re.MULTILINE | re.DOTALL)
    for language, text in blocks:
        suffix = {'python': 'py'}.get(language, language)
        program = os.path.join(folder, f'readme-{n_tests}.{suffix}')
        binary = os.path.join(folder, f'readme-{n_tests}')
        with open(program, 'w', encoding='utf-8') as file:
            file.write(text)

        name = f'/readme/{language}'
        if language == 'c':
            check(name,
                  ['sh', '-c', 'cc -Wall -Werror "$1" -o "$2" '
                               '$(pkg-config --cflags --libs libgfutures-1)', '-', program, binary],
                  [binary])
        elif language == 'vala':
            check(name,
                  ['valac', '-q', '-X', '-w', '--pkg', 'GFutures-1', program, '-o', binary],
                  [binary])
        elif language == 'js' and 'import ' in text:
            check(name, ['gjs', '-m', program])
        elif language == 'js':
            # An excerpt
            check(name, ['gjs', '-c', 'new Function(`return async () => {${ARGV[0]}}`)', text])
        elif "'Gtk'" in text and not has_gtk():
            n_tests += 1
            print('ok', n_tests, name, '# SKIP GTK 4 or xvfb-run is missing')
        elif "'Gtk'" in text:
            check(name, ['xvfb-run', '-a', '/usr/bin/python3', program])
        else:
            check(name, ['/usr/bin/python3', program])

print(f'1..{n_tests}')
sys.exit(n_failed > 0)

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

import installed

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
    try:
        prefix = installed.install(build, folder)
    except subprocess.CalledProcessError as error:
        for line in error.stdout.splitlines():
            print('#', line)
        print('Bail out! meson install failed')
        sys.exit(1)

    environment = installed.get_environment(prefix)
    # Of windows: without a session bus
    environment.update(GTK_A11Y='none', GDK_BACKEND='x11', GSK_RENDERER='cairo', LIBGL_ALWAYS_SOFTWARE='1')

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

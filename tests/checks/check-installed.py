#!/usr/bin/python3
"""The installed tests pass, with what is installed and nothing of the build.

Installs what a runtime package and one of the tests would have into a folder of its own, and
runs the quick tests there by gnome-desktop-testing-runner, or their Exec lines where there
is none.
"""
import argparse
import concurrent.futures
import configparser
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import sys
import tempfile

import installed

parser = argparse.ArgumentParser()
parser.add_argument('--build', required=True)
parser.add_argument('--tests', required=True)
parser.add_argument('--data', required=True)
parser.add_argument('--worker', required=True)
options = parser.parse_args()

TAGS = 'runtime,python-runtime,typelib,tests'
# They take long, and ask for nothing that the others do without.
SLOW = {
    'buffer', 'chain-stress', 'gjs-stress', 'process-chaos', 'process-faults', 'process-map', 'python-continuations',
    'python-coroutines', 'python-futures', 'python-futures-program', 'python-leaks', 'python-protocol', 'stress',
}
RUNNER = 'gnome-desktop-testing-runner'
TIMEOUT = 120
JOBS = 2

# Nothing of the build tree
environment = {name: value for name, value in os.environ.items()
               if not name.startswith(('GFUTURES_', 'G_TEST_', 'MESON_')) and
               name not in ('LD_LIBRARY_PATH', 'GI_TYPELIB_PATH', 'GJS_PATH', 'PYTHONPATH')}


def run(*command):
    return subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, errors='replace', env=environment, cwd=folder,
                          start_new_session=True)     # Tests interrupt their process group.


def print_comment(text):
    for line in text.splitlines():
        print('#', line)


def inside(path):
    """Where a path of the installed system is in the folder."""
    return f'{folder}/{path.lstrip("/")}'


def get_exec_line(file):
    test = configparser.ConfigParser(interpolation=None)
    test.read(file, encoding='utf-8')
    return shlex.split(test['Test']['Exec'])


def run_test(file):
    """Whether it passes, and what it prints."""
    if runner:
        command = [runner, '--dir', data.parents[1], '--timeout', str(TIMEOUT), f'{data.name}/{file.name}']
    else:
        command = get_exec_line(file)
    done = run(*command)
    return done.returncode == 0 and (not runner or 'total=1; passed=1' in done.stdout), done.stdout


with tempfile.TemporaryDirectory(prefix='gfutures-') as folder:
    try:
        installed.meson_install(options.build, folder, TAGS)
    except subprocess.CalledProcessError as error:
        print_comment(error.stdout)
        print('Bail out! meson install failed')
        sys.exit(1)

    # A destdir is no prefix: the tests and what they start are told where they are.
    data = pathlib.Path(inside(options.data))
    tests = sorted(data.glob('*.test'))
    for file in tests:
        text = file.read_text(encoding='utf-8')
        file.write_text(text.replace(options.tests, inside(options.tests)), encoding='utf-8')
    run_script = pathlib.Path(inside(options.tests), 'run')
    text = run_script.read_text(encoding='utf-8')
    run_script.write_text(re.sub(r"'(/[^']*)'", lambda match: repr(inside(match[1])), text), encoding='utf-8')
    environment['GFUTURES_WORKER'] = inside(options.worker)

    quick = [file for file in tests if file.stem not in SLOW]
    runner = shutil.which(RUNNER)
    print(f'# {len(quick)} of {len(tests)} tests, by {runner or "their Exec lines"}')
    n_failed = 0
    with concurrent.futures.ThreadPoolExecutor(JOBS) as pool:
        for number, (file, (ok, output)) in enumerate(zip(quick, pool.map(run_test, quick)), 1):
            print('ok' if ok else 'not ok', number, f'/installed/{file.stem}', flush=True)
            if not ok:
                n_failed += 1
                print_comment(output)
    print(f'1..{len(quick)}')

sys.exit(n_failed > 0 or not quick)

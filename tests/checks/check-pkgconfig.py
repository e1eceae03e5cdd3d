#!/usr/bin/python3
"""The pkg-config files tell what is installed where, below another prefix too."""
import argparse
import os
import subprocess
import sys

parser = argparse.ArgumentParser()
parser.add_argument('--folder', required=True)
parser.add_argument('--name', required=True)
parser.add_argument('--version', required=True)
parser.add_argument('--worker', required=True)
options = parser.parse_args()

MOVED = '/somewhere/else'
environment = {**os.environ, 'PKG_CONFIG_PATH': options.folder, 'PKG_CONFIG_DISABLE_UNINSTALLED': '1'}
n_tests = n_failed = 0


def ask(*arguments, name=options.name):
    done = subprocess.run(['pkg-config', *arguments, name], env=environment, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    return done.stdout.strip()


def check(name, value, expected):
    global n_tests, n_failed
    n_tests += 1
    if value == expected:
        print('ok', n_tests, name)
    else:
        n_failed += 1
        print('not ok', n_tests, name)
        print(f'# it is {value!r}, not {expected!r}')


prefix = ask('--variable=prefix')
folder, program = os.path.split(options.worker)


def move(path):
    # What was given a place outside of the prefix stays there.
    return MOVED + path[len(prefix):] if path.startswith(prefix + '/') else path


check('/pkgconfig/version', ask('--modversion'), options.version)
check('/pkgconfig/libs', ask('--libs-only-l').split()[0], '-l' + options.name.removeprefix('lib'))
check('/pkgconfig/workerdir', ask('--variable=workerdir'), folder)
check('/pkgconfig/worker', ask('--variable=worker'), options.worker)
check('/pkgconfig/moved/workerdir', ask(f'--define-variable=prefix={MOVED}', '--variable=workerdir'), move(folder))
check('/pkgconfig/moved/worker', ask(f'--define-variable=prefix={MOVED}', '--variable=worker'),
      f'{move(folder)}/{program}')
check('/pkgconfig/moved/cflags', f'-I{MOVED}/' in ask(f'--define-variable=prefix={MOVED}', '--cflags-only-I'), True)
if os.path.exists(f'{options.folder}/GFutures-1.pc'):
    check('/pkgconfig/vala', ask('--print-requires', name='GFutures-1'), options.name)
print(f'1..{n_tests}')
sys.exit(n_failed > 0)

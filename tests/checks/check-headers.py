#!/usr/bin/python3
"""Each public header compiles alone, in C and C++, and no private one shows."""
import argparse
import os
import re
import subprocess
import sys

parser = argparse.ArgumentParser()
parser.add_argument('--source', required=True)
parser.add_argument('--build', required=True)
parser.add_argument('--cc', nargs='+', required=True)
parser.add_argument('--cxx', nargs='+')
parser.add_argument('--headers', nargs='+', required=True)
options = parser.parse_args()

UMBRELLA = 'gfutures.h'
WARNINGS = ['-Wall', '-Wextra', '-Werror', '-Wno-unused-parameter', '-fsyntax-only']
C = options.cc + ['-xc', '-std=c11', '-Wstrict-prototypes', '-Wpedantic']
CXX = options.cxx and options.cxx + ['-xc++', '-std=c++11', '-Wpedantic']

flags = subprocess.run(['pkg-config', '--cflags', 'gio-2.0'], check=True,
                       stdout=subprocess.PIPE, universal_newlines=True).stdout.split()
flags = [flag.replace('-I', '-isystem', 1) if flag.startswith('-I') else flag for flag in flags]
flags += ['-I' + options.source, '-I' + options.build]

n_tests = n_failed = 0


def check(ok, name, output=''):
    global n_tests, n_failed
    n_tests += 1
    n_failed += not ok
    print('ok' if ok else 'not ok', n_tests, name)
    for line in output.splitlines():
        print('#', line)


def compiles(compiler, header, *defines):
    run = subprocess.run(
        compiler + WARNINGS + flags + list(defines) + ['-'],
        input=f'#include "{header}"\nint main (void) {{ return 0; }}\n',
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, universal_newlines=True)
    return run.returncode == 0, run.stdout


headers = [os.path.relpath(header, options.source) for header in options.headers]
headers = sorted(header for header in headers if not header.startswith('..')) + ['gf-version.h']

for language, compiler in ('c', C), ('c++', CXX):
    if not compiler:
        continue
    for header in headers:
        defines = [] if header == UMBRELLA else ['-DGFUTURES_INSIDE']
        ok, output = compiles(compiler, header, *defines)
        check(ok, f'/headers/{language}/{header}', output)

for header in headers:
    if header == UMBRELLA:
        continue
    ok, output = compiles(C, header)
    check(not ok and 'gfutures.h' in output, f'/headers/only-through-the-umbrella/{header}')

for header in headers:
    folder = options.build if header == 'gf-version.h' else options.source
    with open(os.path.join(folder, header), encoding='utf-8') as file:
        text = file.read()
    leaks = re.findall(r'.*(?:-private\.h|config\.h).*', text)
    check(not leaks, f'/headers/nothing-private/{header}', '\n'.join(leaks))

# A header in the tree is either private by its name or installed.
stray = []
for folder, _, names in os.walk(options.source):
    for name in names:
        path = os.path.relpath(os.path.join(folder, name), options.source)
        if name.endswith('.h') and not name.endswith('-private.h') and path not in headers:
            stray.append(path)
check(not stray, '/headers/every-public-one-is-installed', '\n'.join(stray))

print(f'1..{n_tests}')
sys.exit(n_failed > 0)

#!/usr/bin/python3
"""The code in the documentation comments compiles without a warning."""
import argparse
import pathlib
import re
import subprocess
import sys
import tempfile

parser = argparse.ArgumentParser()
parser.add_argument('--source', required=True, type=pathlib.Path)
parser.add_argument('--build', required=True, type=pathlib.Path)
parser.add_argument('--cc', nargs='+', required=True)
options = parser.parse_args()


def pkg_config(what):
    return subprocess.run(['pkg-config', what, 'gio-2.0'], check=True, stdout=subprocess.PIPE,
                          universal_newlines=True).stdout.split()


command = options.cc + ['-std=gnu11', '-Wall', '-Wextra', '-Wno-unused-parameter',
                        '-Wno-unused-function', '-Werror', '-include', 'gfutures.h',
                        f'-I{options.source}', f'-I{options.build}'] + pkg_config('--cflags')
link = [f'-L{options.build}', '-lgfutures-1'] + pkg_config('--libs')

n_tests = n_failed = 0
for path in sorted(options.source.rglob('*.[ch]')):
    for comment in re.findall(r'/\*\*\n(.*?)\*/', path.read_text(encoding='utf-8'), re.DOTALL):
        text = re.sub(r'^ \* ?', '', comment, flags=re.MULTILINE)
        subject = text.split()[0].rstrip(':')
        for program in re.findall(r'\|\[<!-- language="C" -->\n(.*?)\]\|', text, re.DOTALL):
            with tempfile.TemporaryDirectory() as folder:
                whole = re.search(r'^main \(', program, re.MULTILINE)
                goal = link if whole else ['-c']
                file = pathlib.Path(folder, 'example.c')
                file.write_text(program, encoding='utf-8')
                run = subprocess.run(command + [file, '-o', f'{folder}/example'] + goal, universal_newlines=True,
                                     stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
            n_tests += 1
            n_failed += run.returncode != 0
            print('not ok' if run.returncode else 'ok', n_tests, f'/examples/{subject}')
            for line in run.stdout.splitlines():
                print('#', line)

print(f'1..{n_tests}')
sys.exit(n_failed > 0)

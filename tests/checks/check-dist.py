#!/usr/bin/python3
"""What `meson dist` puts into its tarball can be configured, as far as it is committed.

Without git, from a source that cannot be written to, and for other directories than the
usual ones. To build and test it as well there is `make dist`.
"""
import argparse
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

parser = argparse.ArgumentParser()
parser.add_argument('--source', required=True)
parser.add_argument('--build', required=True)
parser.add_argument('--name', required=True, help='of the pkg-config file')
parser.add_argument('--version', required=True)
options = parser.parse_args()

PREFIX, LIBEXECDIR = '/opt/gfutures', '/opt/programs/libexec'


def run(*command, **arguments):
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, errors='replace', **arguments)
    return done.returncode == 0, done.stdout


def check(number, name, ok, output):
    print('ok' if ok else 'not ok', number, name, flush=True)
    if not ok:
        for line in output.splitlines():
            print('#', line)
        sys.exit(1)


if not os.path.exists(f'{options.source}/.git') or not run('git', '-C', options.source, 'rev-parse', 'HEAD')[0]:
    print('1..0 # SKIP the source is not a git repository')
    sys.exit()

print('1..3')
check(1, '/dist/archive', *run('meson', 'dist', '-C', options.build, '--no-tests', '--allow-dirty'))

with tempfile.TemporaryDirectory(prefix='gfutures-') as folder:
    name = f'libgfutures-{options.version}'
    shutil.unpack_archive(f'{options.build}/meson-dist/{name}.tar.xz', folder)
    source = pathlib.Path(folder, name)
    subprocess.run(['chmod', '-R', 'a-w', source], check=True)
    try:
        check(2, '/dist/configure', *run(
            'meson', 'setup', 'build', source, f'--prefix={PREFIX}', f'--libexecdir={LIBEXECDIR}',
            '-Dexamples=true', '-Dbenchmarks=true', '-Dinstalled_tests=true', cwd=folder))
        check(3, '/dist/pkgconfig', *run(
            sys.executable, source / 'tests/checks/check-pkgconfig.py', '--folder', f'{folder}/build/meson-private',
            '--name', options.name, '--version', options.version, '--worker', f'{LIBEXECDIR}/gfutures-worker'))
    finally:
        subprocess.run(['chmod', '-R', 'u+w', source], check=True)

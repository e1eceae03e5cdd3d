#!/usr/bin/python3
"""check-packaging.py SOURCE - what the manual tells those who ship the library does what it says

A project takes the library by the wrap of the manual, from a repository that stands in for
the one on the web, and the module for Flatpak has options that the library knows.
"""
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile

source = pathlib.Path(sys.argv[1])
listings = source / 'docs/reference/listings'

PROJECT = '''
project('hello', 'c')
executable('hello', 'hello.c', dependencies: dependency('libgfutures-1'))
'''


def run(*command, **arguments):
    return subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, errors='replace', check=True, **arguments).stdout


def make_repository(folder):
    """A repository of what is there, committed or not, but for what was built"""
    def ignore(parent, names):
        return [name for name in names
                if name in ('.git', '__pycache__') or pathlib.Path(parent, name, 'meson-private').exists()]

    shutil.copytree(source, folder, symlinks=True, ignore=ignore)
    git = ['git', '-C', folder, '-c', 'user.name=libgfutures', '-c', 'user.email=libgfutures@example.org']
    run(*git, 'init', '-q')
    run(*git, 'add', '--all')
    run(*git, 'commit', '-q', '--no-gpg-sign', '-m', 'Stand in')


def check_wrap(folder):
    make_repository(folder / 'repository')
    wrap = (listings / 'libgfutures.wrap').read_text(encoding='utf-8')
    url = next(line for line in wrap.splitlines() if line.startswith('url = '))
    project = folder / 'project'
    (project / 'subprojects').mkdir(parents=True)
    (project / 'subprojects/libgfutures.wrap').write_text(
        wrap.replace(url, f'url = file://{folder}/repository'), encoding='utf-8')
    (project / 'meson.build').write_text(PROJECT, encoding='utf-8')
    shutil.copy(source / 'docs/examples/c/hello.c', project)

    # Also where the library is installed already
    run('meson', 'setup', 'build', '--force-fallback-for=libgfutures-1', '-Dlibgfutures:introspection=disabled',
        cwd=project)
    run('meson', 'compile', '-C', 'build', 'hello', cwd=project)
    output = run('build/hello', cwd=project, timeout=60)
    if not output.startswith('Hashing\n'):
        raise subprocess.CalledProcessError(0, 'hello', output)


def check_flatpak(folder):
    module = json.loads((listings / 'flatpak-module.json').read_text(encoding='utf-8'))
    run('meson', 'setup', folder / 'flatpak', source, '--prefix=/app', *module['config-opts'])


print('1..2')
n_failed = 0
with tempfile.TemporaryDirectory(prefix='gfutures-') as folder:
    for number, (name, check) in enumerate([('wrap', check_wrap), ('flatpak', check_flatpak)], 1):
        if name == 'wrap' and not shutil.which('git'):
            print(f'ok {number} /packaging/{name} # SKIP there is no git to fetch with')
            continue
        try:
            check(pathlib.Path(folder))
            print('ok', number, f'/packaging/{name}', flush=True)
        except subprocess.CalledProcessError as error:
            n_failed += 1
            print('not ok', number, f'/packaging/{name}', flush=True)
            for line in error.output.splitlines():
                print('#', line)

sys.exit(n_failed > 0)

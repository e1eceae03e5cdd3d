#!/usr/bin/python3
"""The listings of the manual are what they seem: they compile, and whole programs do what they say.

Each is a file in docs/reference/listings, or an example. What has a main(), or asks for
GFutures in a language without one, is a program and is run, unless it needs GTK. A comment
behind a statement that prints is a line of its output. The rest are excerpts: they are
compiled. The manual shows every file of the folder, and has no code beside them.
"""
import argparse
import ast
import importlib.util
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import unittest

source = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(source / 'tests' / 'python'))
import tap  # noqa: E402

reference = source / 'docs/reference'
listings = sorted(path for path in (reference / 'listings').iterdir() if path.name != 'meson.build')

SYNTAX = 'new Function(`return async () => {\n${ARGV[0]}\n}`)'
WARNINGS = ['-std=gnu11', '-Wall', '-Wextra', '-Wno-unused-parameter', '-Wno-unused-function', '-Werror']


def pkg_config(*arguments):
    return shlex.split(subprocess.run(['pkg-config', *arguments], check=True, stdout=subprocess.PIPE,
                                      env=ENVIRONMENT, universal_newlines=True).stdout)


def has_package(name):
    return subprocess.run(['pkg-config', '--exists', name]).returncode == 0


class Listings(unittest.TestCase):
    maxDiff = None

    def run_command(self, *command, **options):
        done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              universal_newlines=True, timeout=100, env=ENVIRONMENT, **options)
        self.assertEqual((done.returncode, done.stderr), (0, ''), (command, done.stdout))
        return done.stdout

    def run_program(self, path, *command):
        # Elsewhere, lest one writes into the source.
        with tempfile.TemporaryDirectory(prefix='gfutures-') as folder:
            lines = self.run_command(*command, cwd=folder).splitlines()
        for expected in re.findall(r'^ *(?:g_)?print *\(.*\);? +(?://|#|/\*) (.*?)(?: \*/)?$',
                                   path.read_text(encoding='utf-8'), re.MULTILINE):
            self.assertIn(expected, lines)
            del lines[:lines.index(expected) + 1]

    def get_packages(self, text):
        if not re.search(r'gtk/gtk\.h|\bGtk\.|using Gtk', text):
            return []
        if not has_package('gtk4'):
            self.skipTest('GTK 4 is missing')
        return ['gtk4']

    def check_c(self, path):
        text = path.read_text(encoding='utf-8')
        packages = self.get_packages(text)
        is_program = re.search(r'^main \(', text, re.MULTILINE)
        command = options.cc + WARNINGS + [str(path)]
        with tempfile.TemporaryDirectory(prefix='gfutures-') as folder:
            program = f'{folder}/program'
            command += pkg_config('--cflags', '--libs' if is_program else '--cflags', 'libgfutures-1', *packages)
            command += [] if is_program else ['-c']
            self.run_command(*command, '-o', program)
            if is_program and not packages:
                self.run_program(path, program)

    def copy_vapi(self, folder):
        """Where they are installed: the packages that it needs lie beside it."""
        if not shutil.which('valac') or not options.vapi:
            self.skipTest('valac or the VAPI is missing')
        shutil.copy(options.vapi, folder)
        shutil.copy(pathlib.Path(options.build, 'meson-private', pathlib.Path(options.vapi).stem + '.deps'), folder)

    def check_vala(self, path):
        text = path.read_text(encoding='utf-8')
        packages = self.get_packages(text)
        is_program = re.search(r'\bmain \(', text)
        with tempfile.TemporaryDirectory(prefix='gfutures-') as folder:
            self.copy_vapi(folder)
            command = ['valac', '-q', '--vapidir', folder, '-X', '-w',
                       *(f'--pkg={package}' for package in ['GFutures-1', *packages]), str(path), '-d', folder]
            command += ['-o', 'program'] if is_program else ['-c']
            self.run_command(*command)
            if is_program and not packages:
                self.run_program(path, f'{folder}/program')

    def check_build(self, path):
        """A meson.build: of the example hello, under the name that it asks for"""
        name = re.search(r"'(\S+\.vala)'", path.read_text(encoding='utf-8'))[1]
        with tempfile.TemporaryDirectory(prefix='gfutures-') as folder:
            self.copy_vapi(folder)
            shutil.copy(path, f'{folder}/meson.build')
            shutil.copy(source / 'docs/examples/vala/hello.vala', f'{folder}/{name}')
            self.run_command('env', f'VALAFLAGS=--vapidir={folder}', 'meson', 'setup', 'build', cwd=folder)
            self.run_command('ninja', '-C', 'build', cwd=folder)

    def check_py(self, path):
        text = path.read_text(encoding='utf-8')
        compile(text, path.name, 'exec', ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
        if 'from gi.events import' in text and importlib.util.find_spec('gi.events') is None:
            self.skipTest('PyGObject has an event loop of its own since 3.50')
        if "gi.require_version('GFutures'" in text and "'Gtk'" not in text:
            self.run_program(path, sys.executable, str(path))

    def check_js(self, path):
        if not shutil.which('gjs'):
            self.skipTest('gjs is missing')
        text = path.read_text(encoding='utf-8')
        if not re.search('^(import|export) ', text, re.MULTILINE):
            self.run_command('gjs', '-c', SYNTAX, text)
        elif 'gi://GFutures' in text and 'gi://Gtk' not in text:
            self.run_program(path, 'gjs', '-m', str(path))

    def test_shown(self):
        """Each listing is in the manual, and what is in the manual is there."""
        shown = set()
        for chapter in reference.glob('*.xml'):
            text = chapter.read_text(encoding='utf-8')
            shown |= set(re.findall(r'<xi:include href="\.\./([^"]+)" parse="text"/>', text))
            with self.subTest(chapter=chapter.name):
                self.assertNotRegex(text, r'<programlisting[^>]*>(?!<xi:include)')
        self.assertLessEqual({path.name for path in listings}, shown)
        examples = {path.name for path in source.glob('docs/examples/*/*')}
        self.assertLessEqual(shown, {path.name for path in listings} | examples)


parser = argparse.ArgumentParser()
parser.add_argument('--build', required=True)
parser.add_argument('--vapi', help='the VAPI')
parser.add_argument('--cc', nargs='+', required=True)
options = parser.parse_args()
del sys.argv[1:]

# The library as it was built, and the system's python3, which has gi
ENVIRONMENT = {**os.environ, 'PKG_CONFIG_PATH': f'{options.build}/meson-uninstalled',
               'PATH': f"/usr/bin:{os.environ['PATH']}"}

for listing in listings:
    # Those for TypeScript are used by the check of the types.
    if check := getattr(Listings, f'check_{listing.suffix[1:]}', None):
        name = listing.name.replace('-', '_').replace('.', '_')
        setattr(Listings, f'test_{name}', lambda self, check=check, path=listing: check(self, path))

if __name__ == '__main__':
    tap.main()

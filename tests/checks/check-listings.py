#!/usr/bin/python3
"""The listings of the manual are what they seem: they compile, and whole programs do what they say.

Each is a file in docs/reference/listings, or an example. What has a main(), or asks for
GFutures in a language without one, is a program and is run, unless it needs GTK. A comment
behind a statement that prints is a line of its output. The rest are excerpts: they are
compiled. The manual shows every file of the folder, and has no code beside them.
"""
import argparse
import ast
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

# The system's python3, which has gi
ENVIRONMENT = {**os.environ, 'PATH': f"/usr/bin:{os.environ['PATH']}"}
SYNTAX = 'new Function(`return async () => {\n${ARGV[0]}\n}`)'
WARNINGS = ['-std=gnu11', '-Wall', '-Wextra', '-Wno-unused-parameter', '-Wno-unused-function', '-Werror']


def pkg_config(*arguments):
    return shlex.split(subprocess.run(['pkg-config', *arguments], check=True, stdout=subprocess.PIPE,
                                      universal_newlines=True).stdout)


def has_package(name):
    return subprocess.run(['pkg-config', '--exists', name]).returncode == 0


class Listings(unittest.TestCase):
    maxDiff = None

    def run_command(self, *command, **options):
        done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              universal_newlines=True, timeout=100, env=ENVIRONMENT, **options)
        self.assertEqual((done.returncode, done.stderr), (0, ''), command)
        return done.stdout

    def run_program(self, path, *command):
        # Elsewhere, lest one writes into the source.
        with tempfile.TemporaryDirectory(prefix='gfutures-') as folder:
            lines = self.run_command(*command, cwd=folder).splitlines()
        for expected in re.findall(r'^ *(?:g_)?print *\(.*\);? +(?://|#|/\*) (.*?)(?: \*/)?$',
                                   path.read_text(encoding='utf-8'), re.MULTILINE):
            self.assertIn(expected, lines)
            del lines[:lines.index(expected) + 1]

    def get_packages(self, text, vala):
        packages = []
        if re.search(r'gtk/gtk\.h|\bGtk\.', text):
            if not has_package('gtk4'):
                self.skipTest('GTK 4 is missing')
            packages.append('gtk4')
        if vala and 'GLib.Unix' in text:
            packages.append('gio-unix-2.0')
        return packages

    def check_c(self, path):
        text = path.read_text(encoding='utf-8')
        packages = self.get_packages(text, False)
        is_program = re.search(r'^main \(', text, re.MULTILINE)
        command = options.cc + WARNINGS + [f'-I{source}/libgfutures', f'-I{options.library}', str(path)]
        command += pkg_config('--cflags', 'gio-2.0', *packages)
        with tempfile.TemporaryDirectory(prefix='gfutures-') as folder:
            program = f'{folder}/program'
            if is_program:
                command += [f'-L{options.library}', '-lgfutures-1', *pkg_config('--libs', 'gio-2.0', *packages)]
            else:
                command.append('-c')
            self.run_command(*command, '-o', program)
            if is_program and not packages:
                self.run_program(path, program)

    def check_vala(self, path):
        if not shutil.which('valac') or not options.vapi:
            self.skipTest('valac or the VAPI is missing')
        text = path.read_text(encoding='utf-8')
        packages = self.get_packages(text, True)
        is_program = re.search(r'\bmain \(', text)
        flags = [f'-I{source}/libgfutures', f'-I{options.library}', '-w', f'-L{options.library}', '-lgfutures-1']
        with tempfile.TemporaryDirectory(prefix='gfutures-') as folder:
            # GFutures-1.pc is made for an installed library.
            pathlib.Path(folder, 'GFutures-1.pc').write_text('Name: GFutures\nDescription:\nVersion: 1\n')
            command = ['env', f'PKG_CONFIG_PATH={folder}', 'valac', '-q', '--vapidir', options.vapi,
                       *(f'--pkg={package}' for package in ['GFutures-1', 'gio-2.0', *packages]),
                       *(f'-X{flag}' for flag in flags), str(path), '-d', folder]
            command += ['-o', 'program'] if is_program else ['-c']
            self.run_command(*command)
            if is_program and 'gtk4' not in packages:
                self.run_program(path, f'{folder}/program')

    def check_py(self, path):
        text = path.read_text(encoding='utf-8')
        compile(text, path.name, 'exec', ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
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
parser.add_argument('--library', required=True, help='the folder that it was built in')
parser.add_argument('--vapi', help='the folder of the VAPI')
parser.add_argument('--cc', nargs='+', required=True)
options = parser.parse_args()
del sys.argv[1:]

for listing in listings:
    # Those for TypeScript are used by the check of the types.
    if check := getattr(Listings, f'check_{listing.suffix[1:]}', None):
        name = listing.name.replace('-', '_').replace('.', '_')
        setattr(Listings, f'test_{name}', lambda self, check=check, path=listing: check(self, path))

if __name__ == '__main__':
    tap.main()

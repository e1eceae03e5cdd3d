#!/usr/bin/python3
"""The Python and JavaScript in the manual are that; whole programs run, and print what they say.

A listing that asks for GFutures is a program. A comment behind its print() is a line of
the output. One that begins with the name of a file is there for those that come after it in
the same chapter. Others are excerpts, and only compiled.
"""
import ast
import html
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

source = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(source / 'tests' / 'python'))
import tap  # noqa: E402


def get_listings(path, language):
    for text in re.findall(rf'<programlisting language="{language}">(.*?)</programlisting>',
                           path.read_text(encoding='utf-8'), re.DOTALL):
        data = re.fullmatch(r'<!\[CDATA\[\n(.*)\]\]>', text, re.DOTALL)
        yield data[1] if data else html.unescape(text)


# The system's python3, which has gi
ENVIRONMENT = {**os.environ, 'PATH': f"/usr/bin:{os.environ['PATH']}"}
COMPILE = 'new Function(`return async () => {\n${ARGV[0]}\n}`)'


class Listings(unittest.TestCase):
    def run_program(self, listing, marks, *command, **options):
        done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              universal_newlines=True, timeout=60, env=ENVIRONMENT, **options)
        self.assertEqual((done.returncode, done.stderr), (0, ''), listing)
        lines = done.stdout.splitlines()
        for expected in re.findall(rf'^ *print\(.*\);? +{marks} (.*)$', listing, re.MULTILINE):
            self.assertIn(expected, lines, listing)
            del lines[:lines.index(expected) + 1]

    def check_python(self, listing, _files):
        compile(listing, 'listing', 'exec', ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
        if "gi.require_version('GFutures'" not in listing:
            return
        with tempfile.TemporaryDirectory(prefix='gfutures-') as folder:
            program = pathlib.Path(folder) / 'program.py'
            program.write_text(listing, encoding='utf-8')
            self.run_program(listing, '#', sys.executable, str(program), cwd=folder)

    def check_javascript(self, listing, files):
        if not shutil.which('gjs'):
            self.skipTest('gjs is missing')
        if not re.search('^(import|export) ', listing, re.MULTILINE):
            self.run_program('', '', 'gjs', '-c', COMPILE, listing)
            return
        if 'gi://GFutures' not in listing:
            return
        with tempfile.TemporaryDirectory(prefix='gfutures-') as folder:
            for name, text in {**files, 'program.js': listing}.items():
                (pathlib.Path(folder) / name).write_text(text, encoding='utf-8')
            self.run_program(listing, '//', 'gjs', '-m', 'program.js', cwd=folder)


def add(path, language):
    files = {}
    for i, listing in enumerate(get_listings(path, language), 1):
        check = getattr(Listings, f'check_{language.lower()}')
        setattr(Listings, f'test_{path.stem}_{language.lower()}_{i}',
                lambda self, check=check, listing=listing, files=dict(files): check(self, listing, files))
        if name := re.match(r'// (\S+\.js)\n', listing):
            files[name[1]] = listing


for path in sorted((source / 'docs/reference').glob('*.xml')):
    for language in 'Python', 'JavaScript':
        add(path, language)

if __name__ == '__main__':
    tap.main()

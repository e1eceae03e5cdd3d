#!/usr/bin/python3
"""The Python in the manual is Python; whole programs there run, and print what they say.

A listing that asks for GFutures is a program. A comment behind its print() is a line of
the output. Others are excerpts, and only compiled.
"""
import ast
import html
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

source = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(source / 'tests' / 'python'))
import tap  # noqa: E402


def get_listings(path):
    for text in re.findall(r'<programlisting language="Python">(.*?)</programlisting>',
                           path.read_text(encoding='utf-8'), re.DOTALL):
        data = re.fullmatch(r'<!\[CDATA\[\n(.*)\]\]>', text, re.DOTALL)
        yield data[1] if data else html.unescape(text)


class Listings(unittest.TestCase):
    def check(self, listing):
        compile(listing, 'listing', 'exec', ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
        if 'gi.require_version(\'GFutures\'' not in listing:
            return
        with tempfile.TemporaryDirectory(prefix='gfutures-') as folder:
            program = pathlib.Path(folder) / 'program.py'
            program.write_text(listing, encoding='utf-8')
            done = subprocess.run([sys.executable, str(program)], cwd=folder, stdin=subprocess.DEVNULL,
                                  stdout=subprocess.PIPE, stderr=subprocess.PIPE, universal_newlines=True, timeout=60)
        self.assertEqual((done.returncode, done.stderr), (0, ''), listing)
        lines = done.stdout.splitlines()
        for expected in re.findall(r'^ *print\(.*\) +# (.*)$', listing, re.MULTILINE):
            self.assertIn(expected, lines, listing)
            del lines[:lines.index(expected) + 1]


def add(path, i, listing):
    name = f'test_{path.stem}_{i}'
    setattr(Listings, name, lambda self: self.check(listing))


for path in sorted((source / 'docs/reference').glob('*.xml')):
    for i, listing in enumerate(get_listings(path), 1):
        add(path, i, listing)

if __name__ == '__main__':
    tap.main()

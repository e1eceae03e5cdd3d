#!/usr/bin/python3
"""The programs of the README do what it says, with the library as installed.

Installs the build into a folder of its own, writes each fenced block of a known language
into a file there, and runs the command that follows it. Each is the example hello, without
the comment that it begins with.
"""
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

import installed

source = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(source / 'tests' / 'python'))
import tap  # noqa: E402

BUILD = sys.argv.pop(1)
FOLDERS = {'c': 'c', 'js': 'js', 'python': 'python', 'vala': 'vala'}
SUFFIXES = {'python': 'py'}
BLOCK = re.compile(r'^```(c|js|python|vala)\n(.*?)^```\n\n    ([^\n]*)', re.MULTILINE | re.DOTALL)

readme = (source / 'README.md').read_text(encoding='utf-8')


class Readme(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory(prefix='gfutures-')
        cls.environment = installed.get_environment(installed.install(BUILD, cls.folder.name))
        # The system's python3, which has gi
        cls.environment['PATH'] = f"/usr/bin:{os.environ['PATH']}"

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def check(self, language, text, command):
        suffix = SUFFIXES.get(language, language)
        example = (source / f'docs/examples/{FOLDERS[language]}/hello.{suffix}').read_text(encoding='utf-8')
        self.assertTrue(example.endswith(text), f'hello.{suffix} and the README differ')
        self.assertRegex(example[:-len(text)], r'\A(#.*\n)*(/\*(.*\n)*? \*/\n)?\Z')

        pathlib.Path(self.folder.name, f'hello.{suffix}').write_text(text, encoding='utf-8')
        done = subprocess.run(['sh', '-c', command], cwd=self.folder.name, env=self.environment, timeout=60,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              universal_newlines=True)
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertRegex(done.stdout, r'(?m)^Hashing\n[0-9a-f]{64}\n\Z')
        self.assertNotRegex(done.stdout, 'CRITICAL|WARNING|Traceback')

    def test_each_language(self):
        self.assertEqual(sorted(language for language, _, _ in BLOCK.findall(readme)), sorted(FOLDERS))


for block in BLOCK.findall(readme):
    setattr(Readme, f'test_{block[0]}', lambda self, block=block: self.check(*block))

if __name__ == '__main__':
    tap.main()

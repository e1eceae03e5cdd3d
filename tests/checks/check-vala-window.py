#!/usr/bin/python3
"""The example with a window in Vala hashes right, and cancels what it is told to."""
import hashlib
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / 'python'))
import tap  # noqa: E402

PROGRAM = sys.argv[1]
CANCELLED = 'The task was cancelled'
ENDLESS = 1 << 40                       # bytes, of which the disk has none


class Window(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def write(self, name, content):
        path = self.folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content)
        return path

    def write_endless(self, name):
        path = self.write(name, b'')
        os.truncate(path, ENDLESS)
        return path

    def run_window(self, *arguments):
        """Returns what it says of each file."""
        environment = dict(os.environ, GDK_BACKEND='x11', GSK_RENDERER='cairo', GTK_A11Y='none',
                           GTK_THEME='Adwaita', LIBGL_ALWAYS_SOFTWARE='1', DBUS_SESSION_BUS_ADDRESS='disabled:')
        done = subprocess.run(['xvfb-run', '-a', '-s', '-screen 0 1024x768x24', PROGRAM, '--print', *arguments],
                              env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, universal_newlines=True, timeout=90)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(done.stderr, '')
        outcomes = (line.rsplit('  ', 1) for line in done.stdout.splitlines())
        return {pathlib.Path(path): outcome for outcome, path in outcomes}

    def test_checksums(self):
        content = {self.write(f'folder/{i}', os.urandom(i << 17)): None for i in range(20)}
        content[self.write('file', b'content')] = None
        missing, hidden = self.folder / 'missing', self.folder / 'folder' / 'link'
        hidden.symlink_to(missing)
        found = self.run_window(self.folder / 'folder', self.folder / 'file', missing)
        self.assertIn('No such file', found.pop(missing))
        self.assertEqual(found, {path: hashlib.sha256(path.read_bytes()).hexdigest() for path in content})

    def test_cancelling_one(self):
        endless, file = self.write_endless('endless'), self.write('file', b'content')
        found = self.run_window('--cancel=1', endless, file)
        self.assertEqual(found, {endless: CANCELLED, file: hashlib.sha256(b'content').hexdigest()})

    def test_cancelling_all(self):
        files = [self.write_endless(str(i)) for i in range(6)]
        found = self.run_window('--cancel=6', *files)
        self.assertEqual(found, {file: CANCELLED for file in files})


if __name__ == '__main__':
    if not shutil.which('xvfb-run'):
        print('1..0 # SKIP xvfb-run is missing')
        sys.exit(0)
    tap.main()

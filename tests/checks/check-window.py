#!/usr/bin/python3
"""The example with a window ends what it starts, without a word from GTK.

How fluid it was it prints; that is not judged here, other things run meanwhile.
"""
import os
import pathlib
import re
import shutil
import subprocess
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / 'python'))
import tap  # noqa: E402

PROGRAM, N_TASKS = sys.argv[1], 24
SUMMARY = re.compile(r'(\d+) succeeded, (\d+) failed, (\d+) cancelled, (\d+) not settled; '
                     r'(\d+) frames, longest gap ([\d.]+) ms')


class Window(unittest.TestCase):
    def run_window(self, option):
        environment = dict(os.environ, GDK_BACKEND='x11', GSK_RENDERER='cairo', GTK_A11Y='none',
                           GTK_THEME='Adwaita', LIBGL_ALWAYS_SOFTWARE='1')
        done = subprocess.run(['xvfb-run', '-a', '-s', '-screen 0 1024x768x24', PROGRAM, option],
                              env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, universal_newlines=True, timeout=100)
        print('#', done.stdout.strip())
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertNotRegex(done.stderr, r'CRITICAL|G(Object|FUTURES|Futures)-WARNING')
        found = SUMMARY.match(done.stdout)
        self.assertTrue(found, done.stdout)
        return [int(number) for number in found.groups()[:5]]

    def test_all_is_done(self):
        succeeded, failed, cancelled, unsettled, frames = self.run_window('--quit-after-done')
        self.assertEqual((succeeded, failed, cancelled, unsettled), (N_TASKS, 0, 0, 0))
        self.assertGreater(frames, 0)

    def test_closing_the_window_cancels(self):
        succeeded, failed, cancelled, unsettled, frames = self.run_window('--close-early')
        self.assertEqual((succeeded + cancelled, failed, unsettled), (N_TASKS, 0, 0))
        self.assertGreater(cancelled, 0)


if __name__ == '__main__':
    if not shutil.which('xvfb-run'):
        print('1..0 # SKIP xvfb-run is missing')
        sys.exit(0)
    tap.main()

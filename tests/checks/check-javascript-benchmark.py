#!/usr/bin/python3
"""The benchmark of JavaScript runs, whatever its figures are."""
import pathlib
import shutil
import subprocess
import sys
import unittest

source = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(source / 'tests' / 'python'))
import tap  # noqa: E402

BENCHMARK = source / 'tests/benchmarks/javascript.js'


def run(*options):
    return subprocess.run(['gjs', '-m', str(BENCHMARK), *options], stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, universal_newlines=True, timeout=200)


@unittest.skipUnless(shutil.which('gjs'), 'gjs is missing')
class Benchmark(unittest.TestCase):
    def test_every_case(self):
        names = [line.split()[0] for line in run('--list').stdout.splitlines()]
        done = run('--quick')
        self.assertEqual((done.returncode, done.stderr), (0, ''), done.stdout)
        rows = [line.split()[0] for line in done.stdout.splitlines()[3:] if line[0] != ' ']
        self.assertEqual(rows, names)
        self.assertGreater(len(rows), 5)

    def test_no_such_case(self):
        self.assertEqual(run('--quick', 'nothing').returncode, 1)
        self.assertEqual(run('--nothing').returncode, 1)


if __name__ == '__main__':
    tap.main(watchdog=230)

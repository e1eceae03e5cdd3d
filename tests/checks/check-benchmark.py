#!/usr/bin/python3
"""The benchmark of Python runs, whatever its figures are."""
import pathlib
import subprocess
import sys
import unittest

source = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(source / 'tests' / 'python'))
import tap  # noqa: E402

BENCHMARK = source / 'tests/benchmarks/python-futures.py'


def run(*options):
    return subprocess.run([sys.executable, str(BENCHMARK), *options], stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, universal_newlines=True, timeout=200)


class Benchmark(unittest.TestCase):
    def test_every_case(self):
        names = [line.split()[0] for line in run('--list').stdout.splitlines()]
        done = run('--quick')
        self.assertEqual((done.returncode, done.stderr), (0, ''), done.stdout)
        rows = [line.split()[0] for line in done.stdout.splitlines()[4:] if line[0] != ' ']
        self.assertEqual(rows, names)

    def test_no_such_case(self):
        self.assertEqual(run('--quick', 'nothing').returncode, 2)


if __name__ == '__main__':
    tap.main(watchdog=230)

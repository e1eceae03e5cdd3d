#!/usr/bin/python3
"""The two crawlers among the examples do the same, and what they say."""
import collections
import ctypes
import os
import pathlib
import re
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import unittest

source = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(source / 'tests' / 'python'))
import tap  # noqa: E402

PROGRAMS = dict(zip(('tasks', 'chains'), sys.argv[1:]))

PR_CAPBSET_DROP = 24
CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH = 1, 2
libc = ctypes.CDLL(None)


def without_privileges():
    """Root too is then kept from files that nobody may read."""
    for capability in CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH:
        libc.prctl(PR_CAPBSET_DROP, capability, 0, 0, 0)


def crawl(name, *trees, prepare=without_privileges):
    done = subprocess.run([PROGRAMS[name], *map(str, trees)], preexec_fn=prepare, timeout=60,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def count(paths):
    """What the table should say, as (words, bytes, files, suffix)."""
    lines = collections.defaultdict(lambda: [0, 0, 0])
    for path in paths:
        data = path.read_bytes()
        binary = b'\0' in data
        words = 0 if binary else len(data.split())
        suffix = '(binary)' if binary else path.suffix or '(none)'
        for line in lines[suffix], lines['total']:
            line[:] = line[0] + words, line[1] + len(data), line[2] + 1
    return sorted((*line, suffix) for suffix, line in lines.items())


def parse(table):
    lines = [line.split(None, 3) for line in table.splitlines()[1:]]
    return sorted((int(words), int(n_bytes), int(files), suffix) for words, n_bytes, files, suffix in lines)


class Crawlers(unittest.TestCase):
    def setUp(self):
        self.tree = pathlib.Path(tempfile.mkdtemp(prefix='gfutures-crawl-'))
        self.addCleanup(self.remove)

    def remove(self):
        for path in self.tree.rglob('*'):
            if path.is_dir() and not path.is_symlink():
                path.chmod(0o700)
        shutil.rmtree(self.tree)

    def write(self, path, data):
        path = self.tree / path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        return path

    def build(self):
        """Returns the files of a tree that can be read."""
        files = [self.write('one.txt', b'a few words\n'),
                 self.write('nested/two.txt', b'  more\tof\n\nthem  '),
                 self.write('nested/deeper/und tief/drei.md', 'Wörter ohne Ende\n'.encode() * 20000),
                 self.write('nested/deeper/README', b'read me'),
                 self.write('nested/empty.txt', b''),
                 self.write('nested/.hidden', b'x y z'),
                 self.write('nested/image.png', b'\x89PNG\0\0 what'),
                 self.write('nested/late.c', b'word ' * 50000 + b'\0')]
        (self.tree / 'empty').mkdir()
        (self.tree / 'nested/nowhere').symlink_to('/does/not/exist')
        (self.tree / 'nested/round').symlink_to('..')
        for i in range(300):
            files.append(self.write(f'many/{i % 10}/{i}.h', b'word ' * i))
        return files

    def run_both(self, *trees, **arguments):
        runs = [crawl(name, *trees, **arguments) for name in PROGRAMS]
        self.assertEqual(runs[0], runs[1])
        return runs[0]

    def test_a_tree(self):
        files = self.build()
        status, table, errors = self.run_both(self.tree)
        self.assertEqual(parse(table), count(files))
        self.assertEqual((status, errors), (0, ''))

    def test_an_empty_tree(self):
        status, table, errors = self.run_both(self.tree)
        self.assertEqual(parse(table), [(0, 0, 0, 'total')])
        self.assertEqual((status, errors), (0, ''))

    def test_errors_of_single_files(self):
        files = self.build()
        secret = self.write('nested/secret.txt', b'nobody reads this')
        closed = self.write('closed/inner.txt', b'nor this').parent
        vanished = self.tree / 'vanished'
        for path in secret, closed:
            path.chmod(0)
        try:
            subprocess.run(['cat', str(secret)], preexec_fn=without_privileges, check=True,
                           stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            self.skipTest('nothing is unreadable here')
        except subprocess.CalledProcessError:
            pass

        status, table, errors = self.run_both(self.tree, vanished)
        self.assertEqual(parse(table), count(files))
        self.assertEqual(status, 1)
        errors = errors.splitlines()
        self.assertEqual(len(errors), 3)
        for error, path in zip(errors, (closed, secret, vanished)):
            self.assertIn(f'error: {path}: ', error)

    def test_few_files_are_open_at_a_time(self):
        def prepare():
            resource.setrlimit(resource.RLIMIT_NOFILE, (48, 48))
        for i in range(200):
            for j in range(5):
                self.write(f'{i}/{j}.txt', b'word')
        status, table, errors = self.run_both(self.tree, prepare=prepare)
        self.assertEqual((status, errors), (0, ''))
        self.assertEqual(parse(table)[-1], (1000, 4000, 1000, 'total'))

    def test_a_tree_that_vanishes_meanwhile(self):
        for name in PROGRAMS:
            for i in range(1000):
                self.write(f'tree/{i % 20}/{i}.txt', b'word')
            remover = threading.Thread(target=shutil.rmtree, args=[self.tree / 'tree'])
            remover.start()
            status, table, errors = crawl(name, self.tree)
            remover.join()
            self.assertIn(status, (0, 1))
            self.assertEqual(status == 1, errors != '')
            self.assertNotRegex(errors, 'CRITICAL|WARNING')
            self.assertEqual(parse(table)[-1][-1], 'total')

    def test_interrupted(self):
        """Ctrl-C in the middle stops it: with nothing printed, and another status."""
        first = self.write('0.txt', b'word ' * 10000)
        for i in range(1, 5000):
            path = self.tree / f'{i % 50}/{i}.txt'
            path.parent.mkdir(exist_ok=True)
            os.link(first, path)
        for name in PROGRAMS:
            with subprocess.Popen([PROGRAMS[name], str(self.tree)], stdin=subprocess.DEVNULL,
                                  stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
                status = pathlib.Path(f'/proc/{process.pid}/status')
                caught = re.compile(r'^SigCgt:\s*(\w+)', re.MULTILINE)
                while not int(caught.search(status.read_text())[1], 16) & 1 << signal.SIGINT - 1:
                    time.sleep(0.001)
                process.send_signal(signal.SIGINT)
                output, errors = process.communicate(timeout=60)
            self.assertEqual((process.returncode, output), (130, b''), name)
            self.assertRegex(errors, rb'^[^\n]*cancelled[^\n]*\n$')

    def test_chains_are_shorter(self):
        lines = {}
        for name in PROGRAMS:
            text = (source / f'docs/examples/c/crawler-{name}.c').read_text(encoding='utf-8')
            text = re.sub(r'/\*.*?\*/', '', text, flags=re.DOTALL)
            lines[name] = sum(bool(line.strip()) for line in text.splitlines())
            print(f'# crawler-{name}.c: {lines[name]} lines without comments')
        self.assertLess(lines['chains'], lines['tasks'])


if __name__ == '__main__':
    tap.main()

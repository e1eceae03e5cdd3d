#!/usr/bin/python3
"""The examples of one idea each print the same in every language, and nothing else.

  check-example-programs.py --build BUILD [LANGUAGE…]        # where they were built
  check-example-programs.py --installed PREFIX [LANGUAGE…]   # outside: compiled against that
  check-example-programs.py --install BUILD [LANGUAGE…]      # the same, after installing it

Each is a case; one in a language that lacks its tools is skipped. The windows are driven
by xdotool, on a display of their own.
"""
import argparse
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

import installed

SOURCE = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(SOURCE / 'tests' / 'python'))
import tap  # noqa: E402

# What each example prints, as regular expressions of lines
KILLED = r'The worker \(pid \d+\) was killed by signal 9 \(Killed\) while it ran “(__main__:)?square”'
OUTPUT = {
    'hello': [
        'Hashing',
        'cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0',
    ],
    'parallel-map': [
        '27 takes 111 steps',
        '17647 of 20000 takes the most: 278',
    ],
    'processes': [
        'dim: up to 62, median 16',
        'grey: up to 126, median 32',
        'bright: up to 254, median 64',
    ],
    'chain-and-group': [
        'The sum of the roots is 42',
        'That is all',
        '-1 has no root',
        'That is all',
        'The search for the root of 2 was cancelled',
    ],
    'crash-survival': [
        '1', '4', KILLED, '16',
        'With a second attempt:',
        '1', '4', '9', '16',
    ],
}

# A language: how its files end, and how one is compiled ($0) to a program ($1), with
# another package ($2) if need be, or run if it is not compiled
PYTHON = ['/usr/bin/python3']
CC = ('cc -Wall -Wextra -Wno-unused-parameter -Werror "$0" -o "$1" '
      '$(pkg-config --cflags --libs libgfutures-1 $2)')
# Posix for kill(), of those that need it
VALAC = 'valac -q -X -w --pkg GFutures-1 --pkg posix ${2:+--pkg $2} "$0" -o "$1"'
LANGUAGES = {
    'c': ('.c', CC, None),
    'vala': ('.vala', VALAC, None),
    'python': ('.py', None, PYTHON),
    'js': ('.js', None, ['gjs', '-m']),
}

# What succeeds where a language has GTK 4
GTK = {
    'c': ['pkg-config', '--exists', 'gtk4 >= 4.8'],
    'vala': ['pkg-config', '--exists', 'gtk4 >= 4.8'],
    'python': [*PYTHON, '-c', "import gi; gi.require_version('Gtk', '4.0')"],
    'js': ['gjs', '-c', "imports.gi.versions.Gtk = '4.0'; imports.gi.Gtk"],
}

# Size of the file that the window hashes: at once, or not while anybody looks
SMALL, LARGE = 1 << 20, 1 << 40
# Where its buttons are: so far from the left and the right edge of the bar, and below the top
CANCEL_X, CLOSE_X, BUTTON_Y = 45, 27, 27

BAD = re.compile('CRITICAL|WARNING|Traceback|JS ERROR')


def run(command, **arguments):
    return subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, encoding='utf-8', errors='backslashreplace',
                          timeout=60, **arguments)


def has(*command):
    return shutil.which(command[0]) and run(command).returncode == 0


def comment(text):
    for line in text.splitlines():
        print('#', line)


class Window:
    """A window on the display, as its user sees it."""

    def __init__(self, environment, process, title):
        self.environment, self.process = environment, process
        self.id = self.do('search', '--sync', '--onlyvisible', '--name', title)
        geometry = self.do('getwindowgeometry', '--shell', self.id)
        self.width = int(re.search(r'WIDTH=(\d+)', geometry).group(1))

    def do(self, *arguments):
        return run(['xdotool', *arguments], env=self.environment).stdout.strip()

    def click_until(self, x, happened):
        # A click may come before the button is there.
        for _attempt in range(60):
            self.do('mousemove', '--window', self.id, str(x), str(BUTTON_Y), 'click', '1')
            if happened():
                return
        raise AssertionError(f'The window still is {self.get_title()!r}')

    def get_title(self):
        return self.do('getwindowname', self.id)

    def cancel(self):
        def happened():
            try:
                self.process.wait(0.5)
            except subprocess.TimeoutExpired:
                return self.get_title() != 'Hashing'
            raise AssertionError('The window is gone')

        self.click_until(CANCEL_X, happened)

    def close(self):
        def happened():
            try:
                return self.process.wait(0.5) is not None
            except subprocess.TimeoutExpired:
                return False

        self.click_until(self.width - CLOSE_X, happened)


class Programs(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory(prefix='gfutures-')
        self.addCleanup(self.folder.cleanup)
        self.environment = dict(environment, TMPDIR=self.folder.name)

    def get_command(self, language, name, package=''):
        """How the example is run; compiled before, if that is to be."""
        suffix, compiler, runner = LANGUAGES[language]
        source = SOURCE / 'docs' / 'examples' / language / (name + suffix)
        if language == 'vala' and not shutil.which('valac'):
            self.skipTest('valac is missing')
        if language == 'python' and not has(*PYTHON, '-c', 'import gi'):
            self.skipTest('PyGObject is missing')
        if language == 'js' and not shutil.which('gjs'):
            self.skipTest('gjs is missing')

        if options.build:
            built = options.build.resolve() / 'docs' / 'examples' / language / name
            return [str(built)] if compiler else [*runner, str(source)]

        # Where nothing but what was installed can be found
        program = programs / language / source.name
        program.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(source, program)
        if not compiler:
            return [*runner, str(program)]
        binary = program.with_suffix('')
        if not binary.exists():
            done = run(['sh', '-c', compiler, str(program), str(binary), package], env=self.environment)
            self.assertEqual((done.returncode, done.stderr), (0, ''), done.stderr)
        return [str(binary)]

    def check_left(self):
        self.assertEqual(os.listdir(self.folder.name), [], 'it left something behind')

    def check_output(self, language, name):
        done = run(self.get_command(language, name), env=self.environment, cwd=self.folder.name)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertNotRegex(done.stderr, BAD)
        self.assertRegex(done.stdout, '^' + '\n'.join(OUTPUT[name]) + '\n$')
        self.check_left()

    def check_window(self, language, size, drive):
        for program in 'Xvfb', 'xdotool':
            if not shutil.which(program):
                self.skipTest(f'{program} is missing')
        if not has(*GTK[language]):
            self.skipTest('GTK 4 is missing')
        command = self.get_command(language, 'progress', 'gtk4')
        hashed = pathlib.Path(self.folder.name, 'hashed')
        with open(hashed, 'wb') as file:
            file.truncate(size)     # a hole, which takes no place

        read, write = os.pipe()
        server = subprocess.Popen(['Xvfb', '-displayfd', str(write), '-screen', '0', '1024x768x24'],
                                  pass_fds=[write], stderr=subprocess.DEVNULL)
        os.close(write)
        self.addCleanup(server.wait)
        self.addCleanup(server.terminate)
        with open(read) as display:
            self.environment['DISPLAY'] = ':' + display.readline().strip()

        process = subprocess.Popen([*command, str(hashed)], env=self.environment, cwd=self.folder.name,
                                   stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, encoding='utf-8')
        with process:
            try:
                drive(self.environment, process)
            finally:
                process.kill()
                said = process.stderr.read()
                comment(said)
        self.assertEqual(process.returncode, 0, said)
        self.assertNotRegex(said, BAD)
        hashed.unlink()
        self.check_left()

    def check_window_done(self, language):
        def drive(environment, process):
            Window(environment, process, '^Done$').close()

        self.check_window(language, SMALL, drive)

    def check_window_cancelled(self, language):
        def drive(environment, process):
            window = Window(environment, process, '^Hashing$')
            window.cancel()
            self.assertEqual(window.get_title(), 'Cancelled')
            window.close()

        self.check_window(language, LARGE, drive)

    def check_window_closed(self, language):
        def drive(environment, process):
            Window(environment, process, '^Hashing$').close()

        self.check_window(language, LARGE, drive)


def add_case(name, language, check, *arguments):
    setattr(Programs, f'test_{name}_{language}', lambda self: check(self, language, *arguments))


parser = argparse.ArgumentParser(usage='\n' + __doc__[__doc__.index('  check'):__doc__.index('\n\nEach')])
place = parser.add_mutually_exclusive_group(required=True)
place.add_argument('--build', type=pathlib.Path)
place.add_argument('--installed', type=pathlib.Path)
place.add_argument('--install', type=pathlib.Path)
parser.add_argument('languages', nargs='*')
options = parser.parse_args()

for language in options.languages or LANGUAGES:
    if not (SOURCE / 'docs' / 'examples' / language).is_dir():
        continue
    for name in OUTPUT:
        add_case(name, language, Programs.check_output, name)
    for end in 'done', 'cancelled', 'closed':
        add_case(f'progress-{end}', language, getattr(Programs, f'check_window_{end}'))

with tempfile.TemporaryDirectory(prefix='gfutures-') as folder:
    programs = pathlib.Path(folder, 'programs')
    environment = dict(os.environ)
    try:
        if options.install:
            options.installed = installed.install(options.install, pathlib.Path(folder, 'installed'))
        if options.installed:
            environment = installed.get_environment(options.installed)
    except subprocess.CalledProcessError as error:
        comment(error.stdout)
        print('Bail out! meson install failed')
        sys.exit(1)
    environment.update(LC_ALL='C.UTF-8', PYTHONDONTWRITEBYTECODE='1', GSETTINGS_BACKEND='memory',
                       GDK_BACKEND='x11', GSK_RENDERER='cairo', GTK_A11Y='none', GTK_THEME='Adwaita',
                       LIBGL_ALWAYS_SOFTWARE='1', DBUS_SESSION_BUS_ADDRESS='disabled:')
    tap.main(watchdog=500)

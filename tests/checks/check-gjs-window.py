#!/usr/bin/python3
"""The example with a window in JavaScript works, shows how far it is, and can be stopped.

It is driven by check-gjs-window.js; what is said on its standard error is a failure too.
How fluid it was it prints; that is not judged here, other things run meanwhile.
"""
import os
import pathlib
import re
import shutil
import subprocess
import sys

ENVIRONMENT = {'GDK_BACKEND': 'x11', 'GSK_RENDERER': 'cairo', 'GTK_A11Y': 'none', 'GTK_THEME': 'Adwaita',
               'LIBGL_ALWAYS_SOFTWARE': '1', 'G_DEBUG': 'fatal-criticals'}


def skip(reason):
    print(f'1..0 # SKIP {reason}')
    sys.exit(0)


for program in 'gjs', 'xvfb-run':
    if not shutil.which(program):
        skip(f'{program} is missing')
try:
    import gi
    gi.require_version('Gtk', '4.0')
except (ImportError, ValueError) as error:
    skip(error)

done = subprocess.run(['xvfb-run', '-a', '-s', '-screen 0 1024x768x24',
                       'gjs', '-m', str(pathlib.Path(__file__).with_suffix('.js'))],
                      env=dict(os.environ, **ENVIRONMENT), stdin=subprocess.DEVNULL, stderr=subprocess.PIPE,
                      universal_newlines=True, errors='backslashreplace', timeout=230)
if re.search('WARNING|CRITICAL|JS ERROR', done.stderr):
    print('Bail out! It warned')
    sys.exit(done.stderr)
sys.stderr.write(done.stderr)
sys.exit(done.returncode)

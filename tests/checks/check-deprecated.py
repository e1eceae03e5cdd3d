#!/usr/bin/python3
"""check-deprecated.py SOURCE BUILD - nothing is called that the GLib of this machine deprecates

The build asks for no more than the oldest GLib that will do, so it is not told what newer ones
deprecate. Here the library and the examples are compiled, as far as the warnings, as a program
is that says nothing of the kind.
"""
import concurrent.futures
import json
import os
import pathlib
import shlex
import subprocess
import sys

source, build = (pathlib.Path(argument).resolve() for argument in sys.argv[1:])
folders = [source / 'libgfutures', source / 'docs/examples/c']
flags = ['-UGLIB_VERSION_MIN_REQUIRED', '-UGLIB_VERSION_MAX_ALLOWED', '-Werror=deprecated-declarations',
         '-fsyntax-only', '-MF', os.devnull]
# clang 21 minds the -c beside -fsyntax-only; gcc knows no such warning.
clang_flags = ['-Wno-unused-command-line-argument']


def compile_file(entry):
    command = shlex.split(entry['command'])
    # Behind ccache it is the second word.
    own_flags = clang_flags if any('clang' in word for word in command[:2]) else []
    run = subprocess.run([*command, *flags, *own_flags], cwd=entry['directory'], stdin=subprocess.DEVNULL,
                         stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors='replace')
    return run.returncode == 0, run.stdout


entries = {}
for entry in json.loads((build / 'compile_commands.json').read_text(encoding='utf-8')):
    path = pathlib.Path(os.path.normpath(build / entry['file']))
    if path.suffix == '.c' and any(folder in path.parents for folder in folders):
        entries[path.relative_to(source)] = entry

n_failed = 0
print(f'1..{len(entries)}', flush=True)
with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
    for number, (name, (ok, output)) in enumerate(zip(entries, pool.map(compile_file, entries.values())), 1):
        n_failed += not ok
        print('ok' if ok else 'not ok', number, f'/deprecated/{name}', flush=True)
        if not ok:
            for line in output.splitlines():
                print('#', line)

sys.exit(n_failed > 0 or not entries)

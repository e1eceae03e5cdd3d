#!/usr/bin/python3
"""The shared library exports gf_ functions and nothing else."""
import subprocess
import sys

symbols = subprocess.run(['nm', '-D', '--defined-only', sys.argv[1]], check=True,
                         stdout=subprocess.PIPE, universal_newlines=True).stdout
names = [line.split()[-1] for line in symbols.splitlines()]
foreign = [name for name in names if not name.startswith('gf_')]

print('ok' if names else 'not ok', 1, '/symbols/something-is-exported')
print('not ok' if foreign else 'ok', 2, '/symbols/all-begin-with-gf')
for name in foreign:
    print('#', name)
print('1..2')
sys.exit(bool(foreign) or not names)

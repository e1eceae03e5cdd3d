#!/usr/bin/python3
"""The library keeps to the ABI that it has promised, which is written down in tests/abi.

libgfutures-1.abi has the functions, as the debug information of the library tells them;
libgfutures-1-types.abi the types of the public headers: the values of enumerations and
the members of class structs, which are in no function's parameters. Private types, those of
GLib and places in the source are left out, so that neither depends on a build.

Each version of libabigail writes the same ABI in another way, and the differences are no
difference of the ABI: only the version that wrote the baseline compares with it.

With --update they are written anew.
"""
import argparse
import os
import pathlib
import platform
import re
import shutil
import subprocess
import sys
import tempfile
from xml.etree import ElementTree

parser = argparse.ArgumentParser()
parser.add_argument('--library', required=True)
parser.add_argument('--baseline', required=True, type=pathlib.Path)
parser.add_argument('--source', required=True)
parser.add_argument('--build', required=True)
parser.add_argument('--cc', nargs='+', required=True)
parser.add_argument('--headers', nargs='+', required=True)
parser.add_argument('--update', action='store_true')
options = parser.parse_args()

# The sizes in the baseline are those of
MACHINE = 'x86_64'
ABIDW = [
    'abidw', '--no-corpus-path', '--no-comp-dir-path', '--no-show-locs', '--no-architecture', '--no-elf-needed',
    '--no-parameter-names', '--type-id-style', 'hash', '--exported-interfaces-only', '--drop-private-types',
]
# Where simplify() says the version that wrote it
WRITER = 'abidw'
# Bits of the status of abidiff
FAILED, CHANGED, INCOMPATIBLE = 1 | 2, 4, 8

ADVICE = {
    INCOMPATIBLE: '''
Programs that were built with a release would no longer run: bring back what is gone.
''',
    CHANGED: '''
What is said to be added above is kept for ever once it is released. A new function wants
a GF_AVAILABLE_IN_ macro and a Since: line.
A changed type of a function, value of an enumeration or size breaks programs that were
built with a release: undo it, and add something new beside the old one. What breaks none
is a virtual function in the place of padding, if there is that much less of it and the
offsets of the other members stay, and a new value of an enumeration.
''',
}
UPDATE = '''
If this is meant, `make abi-baseline` writes the baseline anew: look at the difference, and
commit it with the change.
'''


def run(*command, **arguments):
    return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          stdin=subprocess.DEVNULL, **arguments)


def bail_out(output):
    for line in output.splitlines():
        print('#', line)
    print('Bail out! The ABI cannot be told')
    sys.exit(1)


def find_obstacle():
    """Why the ABI cannot be told here, or nothing."""
    if platform.machine() != MACHINE:
        return f'the baseline is of {MACHINE}'
    if not shutil.which('abidw') or not shutil.which('abidiff'):
        return 'abidw and abidiff (abigail-tools) are missing'
    return None


def get_version():
    """Of libabigail, without what changes neither format nor meaning"""
    return re.search(r'\d+\.\d+', run('abidw', '--version').stdout)[0]


def get_writer(path):
    """The version of libabigail that wrote a baseline"""
    return ElementTree.parse(path).getroot().get(WRITER)


def has_debug_information(library):
    return '.debug_info' in run('readelf', '-SW', library, check=True).stdout


def simplify(path):
    """Leaves out what depends on the build, and on GLib."""
    tree = ElementTree.parse(path)
    units = tree.findall('abi-instr')
    for unit in units:
        # Relative to the root of the source, wherever the build is.
        unit.set('path', re.sub(r'.*/(?=libgfutures/)', '', unit.get('path')))
        # What is in the types of GLib is GLib's, and differs with its versions.
        for kind in 'class-decl', 'union-decl', 'enum-decl':
            for element in unit.findall(kind):
                if re.match('_?G[A-Z]', element.get('name')):
                    element[:] = element.findall('underlying-type')
                    element.text = None
                    element.attrib.pop('size-in-bits', None)
                    element.set('is-declaration-only', 'yes')

    while True:
        used = {value for element in tree.iter() for name, value in element.items()
                if name in ('type-id', 'naming-typedef-id')}
        unused = [(unit, element) for unit in units for element in unit
                  if element.tag not in ('function-decl', 'var-decl') and element.get('id') not in used]
        if not unused:
            break
        for unit, element in unused:
            unit.remove(element)

    tree.getroot().set(WRITER, get_version())
    ElementTree.indent(tree)
    tree.write(path, encoding='unicode')


def dump(library, path):
    # By their names: what the debug information has for paths depends on the build.
    headers = pathlib.Path(folder, 'headers')
    headers.mkdir(exist_ok=True)
    for header in options.headers:
        shutil.copy(header, headers)
    done = run(*ABIDW, '--headers-dir', headers, '--out-file', path, library)
    if done.returncode:
        bail_out(done.stdout)
    simplify(path)


def dump_functions(path):
    dump(options.library, path)


def find_types():
    """The types that the headers define, and callbacks."""
    names = set()
    for header in options.headers:
        text = pathlib.Path(header).read_text(encoding='utf-8')
        names.update(re.findall(r'^\} *(Gf\w+);', text, re.MULTILINE))
        names.update(re.findall(r'^struct _(Gf\w+)\s*\{', text, re.MULTILINE))
        names.update(re.findall(r'^typedef [^;{(]*\(\*(Gf\w+)\)', text, re.MULTILINE))
    return sorted(names)


def dump_types(path):
    """By a library with a variable of each."""
    variables = '\n'.join(f'{name} a_{name};' for name in find_types())
    pathlib.Path(folder, 'types.c').write_text(f'#include <gfutures.h>\n{variables}\n', encoding='utf-8')
    flags = run('pkg-config', '--cflags', 'gio-2.0', check=True).stdout.split()
    done = run(*options.cc, '-g', '-shared', '-fPIC', f'-I{options.source}', f'-I{options.build}', *flags,
               'types.c', '-o', 'libtypes.so', cwd=folder)
    if done.returncode:
        bail_out(done.stdout)
    dump(os.path.join(folder, 'libtypes.so'), path)


def compare(number, name, baseline, dump_it):
    now = pathlib.Path(folder, 'now.abi')
    dump_it(now)
    # A new value of an enumeration is harmless, yet to be written down; what compilers make
    # of private types is neither.
    harmless = ['--harmless'] if dump_it is dump_types else []
    done = run('abidiff', '--no-show-locs', *harmless, baseline, now)
    print('not ok' if done.returncode else 'ok', number, name, flush=True)
    if not done.returncode:
        return True

    advice = done.stdout
    for bit, text in ADVICE.items():
        if done.returncode & bit and not done.returncode & FAILED:
            advice += text
    for line in (advice + UPDATE).splitlines():
        print('#', line)
    return False


DUMPS = [
    ('/abi/functions', options.baseline / 'libgfutures-1.abi', dump_functions),
    ('/abi/types', options.baseline / 'libgfutures-1-types.abi', dump_types),
]

with tempfile.TemporaryDirectory(prefix='gfutures-') as folder:
    obstacle = find_obstacle()
    if options.update:
        if obstacle or not has_debug_information(options.library):
            sys.exit(f'The baseline cannot be written: {obstacle or "the library has no debug information"}')
        for _name, file, dump_it in DUMPS:
            dump_it(file)
            print('Wrote', file)
        sys.exit()

    if obstacle:
        print('1..0 # SKIP', obstacle)
        sys.exit()
    ok = True
    for number, (name, file, dump_it) in enumerate(DUMPS, 1):
        if dump_it is dump_functions and not has_debug_information(options.library):
            print('ok', number, name, '# SKIP the library has no debug information')
        elif get_writer(file) != get_version():
            print('ok', number, name, f'# SKIP abidw {get_writer(file)} wrote the baseline, here is {get_version()}')
        else:
            ok &= compare(number, name, file, dump_it)
    print(f'1..{len(DUMPS)}')

sys.exit(not ok)

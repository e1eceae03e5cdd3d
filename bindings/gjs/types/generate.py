#!/usr/bin/env python3
"""Writes gfutures-1.d.ts, the types of GFutures for TypeScript.

  generate.py build/gcc/libgfutures

The folder is that of GFutures-1.gir. What the GIR says is put into TypeScript by
ts-for-gir, which npm brings for the time, and which wants Node.js 20; what the override
for JavaScript changes and adds is written by hand, in override.d.ts. To be run when the
API has changed: the check of the types names what is missing.
"""
# SPDX-License-Identifier: LGPL-2.1-or-later
import pathlib
import re
import subprocess
import sys
import tempfile

GENERATOR = '@ts-for-gir/cli@4.7.0'
HERE = pathlib.Path(__file__).resolve().parent

HEAD = '''/* gfutures-1.d.ts - what TypeScript and editors know of GFutures
 *
 * Written by generate.py: what the GIR says, completed by override.d.ts. The types of
 * GLib, GObject and Gio are not here: they come from @girs/gio-2.0, or from whatever
 * else declares modules of the name gi://Gio?version=2.0.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
'''

MODIFIERS = r'(?:(?:export|declare|abstract|default|static|readonly|get|set|const|function|import type)\s+)*'
CONTAINER = re.compile(MODIFIERS + r'(class|interface|namespace|enum|module|type)\s+([\w$]+|\'[^\']*\')')
MEMBER = re.compile(MODIFIERS + r'(?:\["(\w+)"\]|([\w$]+)|("[^"]+")|(\[[^\]]+\])|)')


class Node:
    """A declaration: what is above it, its own lines, and if it has braces, what is in them."""

    def __init__(self, above, lines):
        self.above = above
        self.lines = lines
        self.children = None
        self.end = None

    @property
    def key(self):
        text = self.lines[0].strip()
        container = CONTAINER.match(text)
        if container:
            return container[1], container[2]
        member = MEMBER.match(text)
        return 'static' in member[0].split(), next((name for name in member.groups() if name), '()')

    def format(self):
        yield from self.above
        yield from self.lines
        if self.children is not None:
            for child in self.children:
                yield from child.format()
            yield from self.end


def parse(text):
    """The declarations of a file, and the lines after the last."""
    lines = iter(text.splitlines())

    def parse_children():
        children, above = [], []
        in_comment = False
        for line in lines:
            bare = line.strip()
            if in_comment or not bare or bare.startswith(('/*', '//')):
                in_comment = (in_comment or bare.startswith('/*')) and '*/' not in bare
                above.append(line)
                continue
            if bare in ('}', '};'):
                return children, [*above, line]
            node = Node(above, [line])
            children.append(node)
            above = []
            while not node.lines[-1].endswith((';', '{', '{}')) and not re.match(r'\s+\w+ = \d+,$', line):
                node.lines.append(next(lines))
            if node.lines[-1].endswith('{'):
                node.children, node.end = parse_children()
        return children, above

    return parse_children()


def put_in(children, others):
    """Puts declarations among those that they add to, or in the place of those of the same name."""
    # Properties of an interface stand close together.
    gap = [''] if any(node.above[:1] == [''] for node in children) else []
    old, new = {}, {}
    for nodes, places in (children, old), (others, new):
        for node in nodes:
            places.setdefault(node.key, []).append(node)
    for key, nodes in new.items():
        first, place = nodes[0], old.get(key)
        comment = [line for line in first.above if line.strip()]
        if place and first.children is not None and key[0] != 'type':
            place[0].lines = first.lines
            if comment:
                place[0].above = gap + comment
            put_in(place[0].children, first.children)
            continue
        first.above = gap + comment
        index = children.index(place[0]) if place else len(children)
        children[:] = [node for node in children if node not in (place or [])]
        children[index:index] = nodes
    while children[0].above[:1] == ['']:
        del children[0].above[0]


def generate(gir_folder):
    with tempfile.TemporaryDirectory() as folder:
        # What it prints is only told if it fails.
        done = subprocess.run(
            ['npx', '--yes', '--package', GENERATOR, 'ts-for-gir', 'generate', 'GFutures-1',
             '--girDirectories', str(gir_folder), '--girDirectories', '/usr/share/gir-1.0',
             '--outdir', folder, '--externalDeps', '--noComments', '--ignoreVersionConflicts',
             # The ambient modules, which are found wherever this file is
             '--externalPackage', *(f'{name}=gi://{name}?version=2.0' for name in ('Gio', 'GLib', 'GObject'))],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, universal_newlines=True, cwd=folder)
        generated = pathlib.Path(folder, 'gfutures-1.d.ts')
        if done.returncode != 0 or not generated.exists():
            sys.exit(done.stdout)
        return complete(generated.read_text(encoding='utf-8'))


def complete(generated):
    """The types, of what the generator or this has made."""
    children = parse(generated)[0]
    put_in(children, parse((HERE / 'override.d.ts').read_text(encoding='utf-8'))[0])
    children[0].above = HEAD.splitlines()
    text = '\n'.join(line.rstrip() for node in children for line in node.format()) + '\n'
    return re.sub(r'\n{3,}', '\n\n', text)


if __name__ == '__main__':
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    (HERE / 'gfutures-1.d.ts').write_text(generate(pathlib.Path(sys.argv[1]).resolve()), encoding='utf-8')

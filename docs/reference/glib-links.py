#!/usr/bin/python3
"""glib-links.py HTML [GIR] > glib-links.txt - renews the links to the manuals of GLib, GObject and GIO

Looks up every name of GLib's in the pages of the folder HTML, our manual as it was built, in
the GIR files of the folder GIR, of a GLib as new as can be had. Their manuals are made of these
files, one page for each symbol, so the GIR files tell the address.
"""
import html
import pathlib
import re
import sys
import xml.etree.ElementTree

CORE, C, GLIB = (f'{{http://www.gtk.org/introspection/{name}/1.0}}' for name in ('core', 'c', 'glib'))

# The namespaces, and where their manuals are
MANUALS = {
    'GLib': 'glib', 'GObject': 'gobject', 'Gio': 'gio', 'GLibUnix': 'glib-unix', 'GioUnix': 'gio-unix',
}

TYPES = {
    'alias': 'alias', 'bitfield': 'flags', 'callback': 'callback', 'class': 'class',
    'enumeration': 'enum', 'interface': 'iface', 'record': 'struct', 'union': 'union',
}
FUNCTIONS = {'function': 'func', 'function-macro': 'func', 'constant': 'const'}
MEMBERS = {'constructor': 'ctor', 'function': 'type_func', 'function-macro': 'type_func', 'method': 'method'}

# What gtk-doc refers to in words of its own
BEHIND_WORDS = {
    'GBoxed', 'GEnum', 'GFlags', 'GInterface',
    *(f'G_SIGNAL_{flag}' for flag in (
        'ACTION', 'DETAILED', 'NO_HOOKS', 'NO_RECURSE', 'RUN_CLEANUP', 'RUN_FIRST', 'RUN_LAST')),
}

# What the GIR files do not have, and where their manuals tell of it
OTHERS = {
    'FALSE': 'glib/macros.html#values',
    'NULL': 'glib/macros.html#values',
    'TRUE': 'glib/macros.html#values',
    'g_auto': 'glib/auto-cleanup.html',
    'g_autofree': 'glib/auto-cleanup.html',
    'g_autolist': 'glib/auto-cleanup.html',
    'g_autoptr': 'glib/auto-cleanup.html',
    'GBoxed': 'gobject/boxed.html',
    'GEnum': 'gobject/enum-types.html',
    'GFlags': 'gobject/enum-types.html',
    'GInterface': 'gobject/struct.TypeInterface.html',
    **{f'g{name}': f'glib/types.html#g{name}' for name in (
        'boolean', 'pointer', 'constpointer', 'char', 'uchar', 'int', 'uint', 'short', 'ushort', 'long',
        'ulong', 'int8', 'uint8', 'int16', 'uint16', 'int32', 'uint32', 'int64', 'uint64', 'float', 'double',
        'size', 'ssize', 'offset', 'intptr', 'uintptr')},
    **{f'G_TYPE_{name}': 'gobject/types.html' for name in (
        'NONE', 'INTERFACE', 'CHAR', 'UCHAR', 'BOOLEAN', 'INT', 'UINT', 'LONG', 'ULONG', 'INT64', 'UINT64',
        'ENUM', 'FLAGS', 'FLOAT', 'DOUBLE', 'STRING', 'POINTER', 'BOXED', 'PARAM', 'OBJECT', 'VARIANT')},
}


def read_type(manual, element):
    """The links of a type and of what it has"""
    name, kind = element.get('name'), TYPES[element.tag[len(CORE):]]
    if kind == 'enum' and element.get(GLIB + 'error-domain'):
        kind = 'error'
    page = f'{manual}/{kind}.{name}.html'
    yield element.get(C + 'type') or element.get(GLIB + 'type-name'), page

    for member in element:
        tag, identifier = member.tag[len(CORE):], member.get(C + 'identifier')
        if tag == 'member':
            yield identifier, f'{page}#{member.get("name")}'
            if kind == 'error':
                # The domain, too, has no page of its own.
                yield identifier[:-len(member.get('name')) - 1], page
        elif tag in MEMBERS:
            yield identifier, f'{manual}/{MEMBERS[tag]}.{name}.{member.get("name")}.html'


def read_namespace(manual, namespace):
    pages, casts = {}, {}
    for element in namespace:
        tag, name = element.tag[len(CORE):], element.get('name')
        if tag in TYPES:
            pages[name] = f'{manual}/{TYPES[tag]}.{name}.html'
            casts[re.sub('(?<=[a-z0-9])(?=[A-Z])', '_', name).upper()] = pages[name]

    for element in namespace:
        tag, name = element.tag[len(CORE):], element.get('name')
        if tag in FUNCTIONS:
            if tag == 'function-macro' and name in casts:
                yield element.get(C + 'identifier'), casts[name]
            elif not element.get('moved-to'):
                yield element.get(C + 'identifier') or element.get(C + 'type'), f'{manual}/{FUNCTIONS[tag]}.{name}.html'
        elif element.get(GLIB + 'is-gtype-struct-for'):
            # The structure of a class is told of in the page of the class.
            yield element.get(C + 'type'), pages[element.get(GLIB + 'is-gtype-struct-for')]
        elif tag in TYPES:
            yield from read_type(manual, element)


def read_girs(folder):
    links = dict(OTHERS)
    for namespace, manual in MANUALS.items():
        path = folder / f'{namespace}-2.0.gir'
        # Before GLib 2.80, the functions of Unix are among the others.
        if path.exists() or not namespace.endswith('Unix'):
            tree = xml.etree.ElementTree.parse(path)
            links.update(read_namespace(manual, tree.find(f'{CORE}namespace[@name="{namespace}"]')))
    return links


def main(pages, girs='/usr/share/gir-1.0'):
    links = read_girs(pathlib.Path(girs))
    names = set()
    for path in pathlib.Path(pages).glob('*.html'):
        text = html.unescape(re.sub('<[^>]*>', '', path.read_text(encoding='utf-8')))
        for word in re.findall(r'\w+', text):
            # gtk-doc, too, takes #GThings for more than one #GThing.
            names.add(word[:-1] if word.endswith('s') and word not in links else word)

    print('# Where the manuals of GLib, GObject and GIO tell of what ours names, below https://docs.gtk.org/.')
    print('# Made by glib-links.py, which says how. Newer GLibs have no book that gtk-doc could look into.')
    for name in sorted(names & links.keys() | BEHIND_WORDS):
        print(name, links[name])


if __name__ == '__main__':
    main(*sys.argv[1:])

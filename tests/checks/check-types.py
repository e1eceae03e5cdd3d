#!/usr/bin/env python3
"""The types for TypeScript tell what JavaScript has of the library, and nothing else.

The GIR says what the library has; gjs, what the override makes of it; the compiler,
whether the example is right, and what is wrong is refused. The compiler and the types of
GLib are npm's: where they cannot be had, what needs them is skipped, but not in CI.
"""
import argparse
import functools
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import unittest
import xml.etree.ElementTree as ElementTree

source = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(source / 'tests/python'), str(source / 'bindings/gjs/types')]
import generate  # noqa: E402
import tap  # noqa: E402

TYPES = source / 'bindings/gjs/types/gfutures-1.d.ts'
EXAMPLES = source / 'tests/gjs/types'
LISTINGS = source / 'docs/reference/listings'
GJS = shutil.which('gjs')

CORE = '{http://www.gtk.org/introspection/core/1.0}'
GLIB = '{http://www.gtk.org/introspection/glib/1.0}'

# Of GObject and GLib.Error, which each class has anew; and what is in each namespace of gi
GOBJECT = {'constructor', '_init', '$gtype', '$signals', 'connect', 'connect_after', 'emit'}
NAMESPACE = {'__name__', '__version__'}
ERROR = {'code', 'domain', 'message'}
# Of JavaScript's own functions and objects
JAVASCRIPT = {'constructor', 'length', 'name', 'prototype', 'toString', 'valueOf'}
# Of Gio.ListModel, which FutureSet is
LIST_MODEL = {'vfunc_get_item', 'vfunc_get_item_type', 'vfunc_get_n_items'}
# What is there for the compiler only
HELPERS = {'AsyncFinish', 'AsyncOutcome', 'Context', 'MapOptions', 'ModuleProxy', 'Settled', 'Value', 'WithoutContext'}
# What the override takes beside the properties
CONSTRUCTOR = {'ProcessPoolExecutor': {'module', 'resources'}}

ASK_GJS = '''
imports.gi.versions.GFutures = '1';
const GFutures = imports.gi.GFutures;
const missing = [], own = {'': Object.keys(GFutures)};
const names = keys => keys.filter(key => typeof key === 'string' || key === Symbol.asyncIterator)
    .map(key => typeof key === 'string' ? key : '[Symbol.asyncIterator]');
const has = (object, name) => (name === '[Symbol.asyncIterator]' ? Symbol.asyncIterator : name) in object;

for (const [name, [members, statics]] of Object.entries(JSON.parse(ARGV[0]))) {
    const object = name === '' ? GFutures : GFutures[name];
    if (object === undefined) {
        missing.push(name);
        continue;
    }
    missing.push(...statics.filter(member => !has(object, member)).map(member => `${name}.${member}`));
    missing.push(...members.filter(member => !has(object.prototype, member)).map(member => `${name}.${member}`));
    if (typeof object === 'function')
        own[name] = [names(Reflect.ownKeys(object.prototype)), names(Reflect.ownKeys(object))];
}
print(JSON.stringify({missing, own}));
'''


def get_types():
    module = generate.parse(TYPES.read_text(encoding='utf-8'))[0][0]
    return next(node for node in module.children if node.key == ('namespace', 'GFutures')).children


def find(kind, name, nodes=None):
    for node in nodes if nodes is not None else get_types():
        if node.key == (kind, name):
            return node
    return None


def get_names(nodes):
    return {name.strip('"') for node in nodes for _, name in [node.key]}


def get_members(cls, is_static):
    return {name for static, name in (node.key for node in cls.children) if static is is_static}


def get_interface(cls, name):
    """The members of an interface in the namespace of a class"""
    space = find('namespace', cls)
    interface = find('interface', name, space.children) if space else None
    return get_names(interface.children or []) if interface else set()


def get_classes():
    return {node.key[1]: node for node in get_types() if node.key[0] == 'class'}


# ---- the GIR ----

def select(node, *tags):
    return [child for child in node if child.tag.rpartition('}')[2] in tags
            and child.get('introspectable') != '0' and not child.get('shadowed-by') and not child.get('moved-to')]


def get_gir_names(node, *tags):
    return {child.get('shadows') or child.get('name') for child in select(node, *tags)}


def get_gir_classes():
    return {node.get('name'): node for node in select(GIR, 'class', 'record') if not is_class_structure(node)}


def is_class_structure(node):
    return node.get(GLIB + 'is-gtype-struct-for') is not None


def get_bases(name):
    """The classes of the library that one derives from, itself first"""
    classes = get_gir_classes()
    while name in classes:
        yield name
        name = classes[name].get('parent')


def get_properties(cls):
    """By both of their names in JavaScript"""
    names = get_gir_names(cls, 'property')
    return ({name.replace('-', '_') for name in names}
            | {re.sub('-(.)', lambda match: match[1].upper(), name) for name in names})


def get_gir_parameters(function):
    """Those that are given in JavaScript"""
    found = function.find(CORE + 'parameters')
    parameters = found.findall(CORE + 'parameter') if found is not None else []
    hidden = {int(parameter.get(key)) for parameter in parameters for key in ('closure', 'destroy')
              if parameter.get(key) is not None and parameter.get('scope')}
    for owner in [function.find(CORE + 'return-value'), *parameters]:
        array = owner.find(CORE + 'array') if owner is not None else None
        if array is not None and array.get('length') is not None:
            hidden.add(int(array.get('length')))
    return [parameter.get('name') for i, parameter in enumerate(parameters)
            if i not in hidden and parameter.get('direction') != 'out']


def get_parameters(node):
    """Of a method of the types"""
    text = ' '.join(line.strip() for line in node.lines)
    depth, start, names = 0, None, []
    for i, char in enumerate(text):
        if char in '([{<':
            depth += 1
            if char == '(' and start is None and depth == 1:
                start = i + 1
        elif char in ')]}' or (char == '>' and text[i - 1] != '='):
            depth -= 1
        if start is not None and (depth == 0 or (char == ',' and depth == 1)):
            name = text[start:i].partition(':')[0].strip(' ?_')
            names += [name] if name else []
            start = i + 1
            if depth == 0:
                break
    return names


class Names(unittest.TestCase):
    maxDiff = None

    def test_the_types_have_what_the_gir_has(self):
        missing = sorted(get_gir_names(GIR, 'class', 'record', 'enumeration', 'bitfield', 'function', 'constant',
                                       'callback') - get_names(get_types()))
        for name, cls in get_gir_classes().items():
            node = find('class', name)
            if node is None:
                missing.append(f'class {name}')
                continue
            expected = get_gir_names(cls, 'method') | get_properties(cls)
            expected |= {f'vfunc_{virtual}' for virtual in get_gir_names(cls, 'virtual-method')}
            missing += [f'{name}.{member}' for member in sorted(expected - get_members(node, False))]
            expected = get_gir_names(cls, 'constructor', 'function')
            missing += [f'static {name}.{member}' for member in sorted(expected - get_members(node, True))]
            expected = get_gir_names(cls, 'signal') | {f'notify::{name}' for name in get_gir_names(cls, 'property')}
            missing += [f'{name}::{signal}' for signal in sorted(expected - get_interface(name, 'SignalSignatures'))]
            expected = get_properties(cls) - get_interface(name, 'ConstructorProps')
            missing += [f'new {name}({member})' for member in sorted(expected)]
        self.assertEqual(missing, [])

    def test_bases(self):
        for name, cls in get_gir_classes().items():
            heading = find('class', name).lines[0]
            found = re.search(r' extends (?:GObject\.)?(\w+)', re.sub('<.*?>', '', heading))
            parent = cls.get('parent')
            self.assertEqual(found and found[1], parent and parent.rpartition('.')[2], heading)

    def test_enumerations(self):
        for node in select(GIR, 'enumeration', 'bitfield'):
            name = node.get('name')
            members = {member.get('name').upper(): member.get('value') for member in node.findall(CORE + 'member')}
            enum = find('enum', name)
            if enum is not None:
                written = dict(re.match(r'\s*(\w+) = (\d+),', child.lines[0]).groups() for child in enum.children)
                self.assertEqual(written, members, name)
            else:
                self.assertEqual(get_members(find('class', name), True) - GOBJECT,
                                 set(members) | get_gir_names(node, 'function'), name)

    def test_the_types_have_no_other_signals_and_properties(self):
        for name in get_gir_classes():
            bases = [get_gir_classes()[base] for base in get_bases(name)]
            signals = {signal for base in bases for signal in get_gir_names(base, 'signal')}
            signals |= {f'notify::{prop}' for base in bases for prop in get_gir_names(base, 'property')}
            self.assertEqual(get_interface(name, 'SignalSignatures') - signals, set(), name)
            properties = {prop for base in bases for prop in get_properties(base)} | CONSTRUCTOR.get(name, set())
            self.assertEqual(get_interface(name, 'ConstructorProps') - properties, set(), name)

    def test_the_types_have_no_other_types(self):
        kinds = {'interface': get_gir_names(GIR, 'callback') | HELPERS,
                 'type': {node.get('name') for node in select(GIR, 'record') if is_class_structure(node)} | HELPERS,
                 'class': set(get_gir_classes()) | get_gir_names(GIR, 'enumeration'),
                 'enum': get_gir_names(GIR, 'enumeration', 'bitfield')}
        kinds['namespace'] = kinds['class']
        others = [f'{kind} {name}' for kind, name in (node.key for node in get_types())
                  if kind in kinds and name not in kinds[kind]]
        self.assertEqual(others, [])

    @unittest.skipUnless(GJS, 'gjs is missing')
    def test_javascript_has_what_the_types_have(self):
        self.assertEqual(self.ask_gjs()['missing'], [])

    @unittest.skipUnless(GJS, 'gjs is missing')
    def test_the_types_have_what_javascript_has(self):
        own = self.ask_gjs()['own']
        classes = get_gir_classes()
        missing = sorted(set(own.pop('')) - get_names(get_types()))
        for name, (members, statics) in own.items():
            members = {member for member in members if not member.startswith('_')} - JAVASCRIPT
            if name in classes:
                # From gjs 1.90 on a property is a member by this name, too: JavaScript has better ones.
                members -= {prop for prop in get_gir_names(classes[name], 'property') if '-' in prop}
            statics = set(statics) - JAVASCRIPT
            node = find('class', name)
            if 'extends GLib.Error' in node.lines[0]:
                members -= ERROR
            missing += [f'{name}.{member}' for member in sorted(members - get_members(node, False))]
            missing += [f'static {name}.{member}' for member in sorted(statics - get_members(node, True))]
        self.assertEqual(missing, [])

    def ask_gjs(self):
        functions = {name for static, name in (node.key for node in get_types()) if isinstance(static, bool)}
        question = {'': ([], sorted(functions - NAMESPACE))}
        classes = get_gir_classes()
        for name, node in get_classes().items():
            virtuals = LIST_MODEL if name == 'FutureSet' else set()
            if name in classes:
                virtuals = virtuals | {f'vfunc_{virtual}' for virtual in get_gir_names(classes[name], 'virtual-method')}
            question[name] = (sorted(get_members(node, False) - GOBJECT - virtuals),
                              sorted(get_members(node, True) - GOBJECT))
        done = subprocess.run([GJS, '-c', ASK_GJS, json.dumps(question)], stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, env=get_gjs_env(), universal_newlines=True, timeout=60)
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout)

    def test_parameters(self):
        """Of what the override leaves as it is"""
        module = generate.parse((generate.HERE / 'override.d.ts').read_text(encoding='utf-8'))[0][0]
        by_hand = {}
        for node in module.children[0].children:
            by_hand.setdefault(node.key[1], set()).update(child.key for child in node.children or [])
        wrong, n_compared = [], 0
        for name, owner in [('', GIR), *get_gir_classes().items()]:
            nodes = find('class', name).children if name else get_types()
            for function in select(owner, 'method', 'constructor', 'function'):
                key = bool(name) and function.tag != CORE + 'method', function.get('shadows') or function.get('name')
                if key in by_hand.get(name, ()) or (not name and key[1] in by_hand):
                    continue
                n_compared += 1
                written = [get_parameters(node) for node in nodes if node.key == key]
                if get_gir_parameters(function) not in written:
                    wrong.append(f'{name}.{key[1]}: {get_gir_parameters(function)}, not {written}')
        self.assertEqual(wrong, [])
        self.assertGreater(n_compared, 80)

    def test_what_is_written_by_hand_is_in_them(self):
        text = TYPES.read_text(encoding='utf-8')
        self.assertTrue(generate.complete(text) == text, 'override.d.ts is newer: run generate.py')


def install(folder):
    """The compiler, and the types that ours build on; or says why not"""
    for program in 'node', 'npm':
        if not shutil.which(program):
            return f'{program} is missing'
    lock = (folder / 'package-lock.json').read_bytes()
    installed = folder / 'node_modules/.installed'
    if installed.exists() and installed.read_bytes() == lock:
        return None
    done = subprocess.run(
        ['npm', 'ci', '--ignore-scripts', '--no-audit', '--no-fund', '--no-update-notifier'], stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, cwd=folder, universal_newlines=True, timeout=240)
    if done.returncode != 0:
        print(re.sub('^', '# ', done.stdout, flags=re.MULTILINE))
        return 'npm cannot install the compiler'
    installed.write_bytes(lock)
    return None


@functools.lru_cache(maxsize=None)
def compile_examples(folder):
    """What the compiler says, or why there is none"""
    folder.mkdir(parents=True, exist_ok=True)
    # The manual's too: what it tells a project to have is what ours has here.
    for path in [*EXAMPLES.iterdir(), *LISTINGS.glob('javascript-*.d.ts'), *LISTINGS.glob('javascript-*.json')]:
        shutil.copy(path, folder)
    missing = install(folder)
    if missing is not None:
        return None, missing
    (folder / 'tsconfig.check.json').write_text(json.dumps({
        'extends': ['./javascript-tsconfig.json', './tsconfig.json'],
        'compilerOptions': {'outDir': 'out'},
        'include': ['*.ts', str(TYPES)],
    }))
    done = subprocess.run(
        ['node', 'node_modules/typescript/lib/tsc.js', '-p', 'tsconfig.check.json', '--pretty', 'false'],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, cwd=folder, universal_newlines=True, timeout=240)
    return done.stdout, None


class Compiler(unittest.TestCase):
    def setUp(self):
        self.folder = ARGUMENTS.build / 'types'
        self.output, missing = compile_examples(self.folder)
        if missing is not None:
            # In CI all has to be there.
            self.assertFalse(os.environ.get('CI'), missing)
            self.skipTest(missing)

    def assert_compiled(self, pattern):
        """The compiler finds nothing in the files of that name."""
        self.assertFalse([line for line in self.output.splitlines() if re.match(pattern, line)], self.output)

    def test_the_types(self):
        self.assert_compiled(r'.*gfutures-1\.d\.ts\(')

    def test_the_example(self):
        self.assert_compiled(r'(example|tasks)\.ts\(')

    def test_wrong_use(self):
        self.assert_compiled(r'wrong\.ts\(')

    def test_nothing_else(self):
        self.assertEqual(self.output, '')

    @unittest.skipUnless(GJS, 'gjs is missing')
    def test_the_example_runs(self):
        done = subprocess.run([GJS, '-m', str(self.folder / 'out/example.js')], stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, env=get_gjs_env(), universal_newlines=True, timeout=60)
        self.assertEqual((done.returncode, done.stdout.splitlines()[-1:]), (0, ['done']), done.stdout)


class Lock(unittest.TestCase):
    def test_it_names_no_addresses(self):
        """Each machine has its own registry."""
        self.assertNotIn('"resolved"', (EXAMPLES / 'package-lock.json').read_text(encoding='utf-8'))


def get_gjs_env():
    return {**os.environ, 'GJS_PATH': str(source / 'bindings/gjs')}


if __name__ == '__main__':
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--gir', type=pathlib.Path, required=True)
    parser.add_argument('--build', type=pathlib.Path, required=True, help='where the compiler is installed')
    ARGUMENTS = parser.parse_args()
    GIR = ElementTree.parse(ARGUMENTS.gir).getroot().find(CORE + 'namespace')
    tap.main(watchdog=560)

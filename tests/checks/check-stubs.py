#!/usr/bin/python3
"""The stubs for type checkers tell what the module has at run time, and nothing else."""
import ast
import inspect
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import types
import unittest
import venv

import gi
gi.require_version('GFutures', '1')
from gi.repository import GFutures, GObject  # noqa: E402

source = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(source / 'tests' / 'python'))
import tap  # noqa: E402

STUBS = source / 'bindings/python/gi-stubs'
TREE = ast.parse((STUBS / 'repository/GFutures.pyi').read_text(encoding='utf-8'))
OURS = 'gi.repository.GFutures', 'gi.overrides.GFutures'

# What Python calls for its own purposes.
PROTOCOL = '__await__', '__enter__', '__aiter__', '__anext__'

TYPED_PROGRAM = '''
from concurrent.futures import Executor
import gi
gi.require_version('GFutures', '1')
from gi.repository import GFutures as futures

def length(text: str, twice: bool = False) -> int:
    return len(text) * (2 if twice else 1)

def repeat(count: int) -> futures.Future[int]:
    return futures.ThreadPoolExecutor().submit(length, 'x' * count)

def measure(executor: Executor) -> int:
    return executor.submit(length, 'text', twice=True).result()

async def add(first: futures.Future[int], second: futures.Future[int]) -> int:
    return await first + await second

with futures.ThreadPoolExecutor(2, label='texts') as pool:
    measure(pool)
    future = pool.submit(length, 'text')
    reveal_type(future)                                             # Future[int]
    reveal_type(future.result())                                    # int
    reveal_type(list(pool.map(length, ['a', 'b'])))                 # list[int]
    reveal_type(future.then(str))                                   # Future[str]
    reveal_type(future.then(repeat))                                # Future[int]
    reveal_type(futures.Future.all([future]).result())              # list[int]
    reveal_type(futures.run_async(add(future, future)))             # Future[int]
    reveal_type(pool.call('module:function', 1, [2, 'three']))      # Future[Any]
    for settled in futures.as_completed([future]):
        reveal_type(settled)                                        # Future[int]
    done, not_done = futures.wait([future], timeout=1)
    reveal_type(done)                                               # set[Future[int]]
    pool.submit(length, 3)                                          # error: "str"
    pool.submit(length)                                             # error: Missing
    future.no_such_method()                                         # error: no_such_method
'''

# As much of the others' stubs as the one under test needs.
OTHER_STUBS = {
    'GObject.pyi': '''
from typing import Any
class Object:
    class Props: ...
    def connect(self, detailed_signal: str, handler: Any, *args: Any) -> int: ...
class GBoxed: ...
class GPointer: ...
class GEnum(int): ...
''',
    'GLib.pyi': '''
class Bytes: ...
class Error(RuntimeError): ...
class MainContext: ...
class Variant: ...
''',
    'Gio.pyi': '''
class AsyncResult: ...
class Cancellable: ...
class ListModel: ...
class Task: ...
''',
}

CLASSES = {node.name: node for node in TREE.body if isinstance(node, ast.ClassDef)}


def get_names(nodes):
    """The names that definitions, assignments and imports make."""
    for node in nodes:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            yield node.name
        elif isinstance(node, ast.AnnAssign):
            yield node.target.id
        elif isinstance(node, ast.If):
            # As in: if sys.version_info >= (3, 14)
            if eval(compile(ast.Expression(node.test), 'the stub', 'eval'), {'sys': sys}):
                yield from get_names(node.body)
        elif isinstance(node, ast.ImportFrom):
            yield from (name.asname for name in node.names if name.asname)


def get_bases(name):
    """The classes of the stub that a class derives from, itself first."""
    found = [name]
    for base in CLASSES[name].bases:
        base = base.value if isinstance(base, ast.Subscript) else base
        if isinstance(base, ast.Name) and base.id in CLASSES:
            found += get_bases(base.id)
    return found


def get_members(name):
    members = {}
    for base in get_bases(name):
        for node in CLASSES[base].body:
            for member in get_names([node]):
                members.setdefault(member, []).append(node)
    return members


def is_public(name):
    return not name.startswith('_') or name in PROTOCOL


def is_ours(cls):
    return (cls.__module__ or '').startswith(OURS)


def get_runtime_members(cls):
    """What the library or its overrides define of it, and GObject's classes do not."""
    if not is_ours(cls):
        return set()
    others = set(dir(GObject.Object))
    names = set()
    for owner in cls.__mro__:
        if is_ours(owner):
            names.update(name for name in vars(owner) if is_public(name) and name not in others)
    return names


def get_runtime_classes():
    return {name: cls for name, cls in vars_of_module().items() if isinstance(cls, type) and is_ours(cls)}


def vars_of_module():
    return {name: getattr(GFutures, name) for name in dir(GFutures) if is_public(name)}


def get_parameters(node):
    arguments = node.args
    names = [argument.arg for argument in arguments.posonlyargs + arguments.args]
    names += ['*' + arguments.vararg.arg] if arguments.vararg else []
    names += [argument.arg for argument in arguments.kwonlyargs]
    return names + (['**' + arguments.kwarg.arg] if arguments.kwarg else [])


def get_runtime_parameters(function, is_method):
    """As in the stub, or None if they are not known."""
    if not isinstance(getattr(function, '__func__', function), types.FunctionType):
        # What introspection tells: name(parameter:type=default, …) -> type. Of a signature
        # some versions of PyGObject tell nothing, some (*args, **kwargs), some the types.
        found = re.match(r'\w+\((.*?)\)( -> .*)?$', (getattr(function, '__doc__', None) or '').split('\n')[0])
        if not found:
            return None
        names = [part.split(':')[0].split('=')[0].strip() for part in found[1].split(', ') if part]
        return ['*user_data' if name == 'user_data' else name for name in names]
    parameters = inspect.signature(function).parameters.values()
    prefix = {inspect.Parameter.VAR_POSITIONAL: '*', inspect.Parameter.VAR_KEYWORD: '**'}
    names = [prefix.get(parameter.kind, '') + parameter.name for parameter in parameters]
    return (['cls'] if is_method and inspect.ismethod(function) else []) + names


class Stubs(unittest.TestCase):
    def test_the_module_has_what_the_stub_says(self):
        missing = [name for name in get_names(TREE.body) if is_public(name) and not hasattr(GFutures, name)]
        self.assertEqual(missing, [])

    def test_the_stub_has_what_the_module_has(self):
        self.assertEqual(sorted(set(vars_of_module()) - set(get_names(TREE.body))), [])

    def test_classes_have_what_the_stub_says(self):
        missing = []
        for name in get_runtime_classes():
            cls = getattr(GFutures, name)
            missing += [f'{name}.{member}' for member in get_members(name)
                        if is_public(member) and member != 'Props' and not hasattr(cls, member)]
        self.assertEqual(missing, [])

    def test_the_stub_has_what_classes_have(self):
        missing = []
        for name, cls in get_runtime_classes().items():
            missing += [f'{name}.{member}' for member in sorted(get_runtime_members(cls) - set(get_members(name)))]
        self.assertEqual(missing, [])

    def test_properties(self):
        for name, cls in get_runtime_classes().items():
            if not issubclass(cls, GObject.Object):
                continue
            written = set()
            for base in get_bases(name):
                for node in CLASSES[base].body:
                    if isinstance(node, ast.ClassDef) and node.name == 'Props':
                        written.update(get_names(node.body))
            self.assertEqual(written, {spec.name.replace('-', '_') for spec in cls.list_properties()}, name)

    def test_parameters(self):
        wrong, n_compared = [], 0
        for name, cls in [(None, GFutures), *get_runtime_classes().items()]:
            if name is None:
                members = {member: [node for node in TREE.body if getattr(node, 'name', None) == member]
                           for member in get_names(TREE.body)}
            else:
                members = get_members(name)
            for member, nodes in members.items():
                nodes = [node for node in nodes if isinstance(node, ast.FunctionDef)]
                is_property = isinstance(inspect.getattr_static(cls, member, None), property)
                if not is_public(member) or not nodes or is_property:
                    continue
                expected = get_runtime_parameters(getattr(cls, member), name is not None)
                if expected is None:
                    continue
                n_compared += 1
                if expected not in [get_parameters(node) for node in nodes]:
                    wrong.append(f'{name}.{member}: {expected}, not {get_parameters(nodes[0])}')
        self.assertEqual(wrong, [])
        self.assertGreater(n_compared, 100)

    def test_bases(self):
        """What a class of the stub derives from, it derives from."""
        for name, cls in get_runtime_classes().items():
            for base in get_bases(name):
                if is_public(base):
                    self.assertTrue(issubclass(cls, getattr(GFutures, base)), (name, base))

    def test_marker(self):
        self.assertEqual((STUBS / 'py.typed').read_text(), 'partial\n')


@unittest.skipUnless(shutil.which('mypy'), 'mypy is missing')
class TypeChecker(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix='gfutures-'))
        self.addCleanup(shutil.rmtree, self.folder)
        # Stub packages are looked for where packages are installed.
        venv.create(self.folder / 'venv')
        packages, = (self.folder / 'venv/lib').glob('python*/site-packages')
        self.stubs = packages / 'gi-stubs'
        shutil.copytree(STUBS, self.stubs)
        (packages / 'gi').mkdir()
        (packages / 'gi/__init__.py').write_text('def require_version(namespace, version): pass\n')
        for name, text in OTHER_STUBS.items():
            (self.stubs / 'repository' / name).write_text(text)

    def check(self, path):
        return subprocess.run(['mypy', f'--python-executable={self.folder}/venv/bin/python', '--cache-dir=/dev/null',
                               str(path)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              cwd=self.folder, universal_newlines=True, timeout=100)

    def test_a_typed_program(self):
        program = self.folder / 'program.py'
        program.write_text(TYPED_PROGRAM)
        done = self.check(program)
        answers = {}
        for number, kind, text in re.findall(r'program\.py:(\d+): (note|error): (.*)', done.stdout):
            answers.setdefault(int(number), []).append(f'{kind}: {text}')
        for number, line in enumerate(TYPED_PROGRAM.splitlines(), 1):
            answer = ' '.join(answers.pop(number, []))
            comment = line.partition('# ')[2]
            if comment.startswith('error: '):
                self.assertRegex(answer, f"error: .*{comment.removeprefix('error: ')}", line)
            elif comment:
                found = re.search('Revealed type is "(.*)"$', answer)
                self.assertTrue(found, f'{line}: {answer}')
                self.assertEqual(re.sub(r'\b(?:\w+\.)+|\*', '', found[1]), comment, line)
            else:
                self.assertEqual(answer, '', line)
        self.assertEqual(answers, {}, done.stdout)

    def test_the_stub_itself(self):
        done = self.check(self.stubs / 'repository/GFutures.pyi')
        self.assertEqual(done.returncode, 0, done.stdout)


if __name__ == '__main__':
    tap.main()

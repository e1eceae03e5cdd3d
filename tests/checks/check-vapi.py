#!/usr/bin/python3
"""What the Vala binding has is tested, and what it has not is left out on purpose.

The C that valac has written for the Vala tests tells what they use: a program has
called what it names. What is not in the VAPI, of all that the headers declare, is in
a list here, with the reason.
"""
import pathlib
import re
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / 'python'))
import tap  # noqa: E402

VAPI, HEADERS, GENERATED = (pathlib.Path(argument) for argument in sys.argv[1:4])

LEFT_OUT = {
    'gf_binding_call_quietly': 'for languages with a garbage collector',
    'gf_binding_call_serialized_quietly': 'for languages with a garbage collector',
    'gf_binding_ignore_data': 'for languages with a garbage collector',
    'gf_binding_set_follower': 'for languages with a garbage collector',
    'gf_buffer_ref': 'Vala calls it by itself',
    'gf_buffer_unref': 'Vala calls it by itself',
    'gf_executor_post': 'what a closure holds would be released on a worker',
    'gf_future_follow': 'for languages with a garbage collector',
    'gf_future_set_quiet': 'for languages with a garbage collector',
    'gf_future_want': 'for languages with a garbage collector',
    'gf_promise_finish_by': 'begin() takes a closure, no function with its data',
    'gf_promise_finish_with': 'begin() takes a closure, no function with its data',
    'gf_promise_hold_copy': 'Vala calls it by itself',
    'gf_promise_hold_free': 'Vala calls it by itself',
    'gf_promise_ready': 'begin() takes a closure, no function with its data',
    'gf_promise_resolve_boxed': 'what is given for a void* is not released; resolve() does it',
    'gf_promise_set_home': 'the constructor for_context() does it',
    'gf_worker_exit': 'Process.exit() does it',
}

NAME = r'@?(\w+)'


def snake(name):
    return re.sub(r'(?<!^)(?=[A-Z])', '_', name).lower()


class Vapi:
    """The C names of what the VAPI declares: functions, properties, signals, constants."""

    def __init__(self, text):
        self.functions, self.strings, self.constants, self.delegates = set(), set(), set(), set()
        outer, attributes = None, ''
        for line in text.splitlines():
            line = line.strip()
            if line.startswith('['):
                attributes += line
                continue
            type_name = re.search(r'\b(?:class|enum|errordomain) (\w+)', line)
            if type_name:
                outer = type_name[1]
                self.prefix = re.search(r'cprefix = "(\w+)"', attributes)
            elif line == '}':
                outer = None
            elif re.fullmatch(r'[A-Z_]+[,;]?', line):
                self.constants.add(self.prefix[1] + line.rstrip(',;'))
            elif line.startswith(('public ', 'protected ')):
                self.add(line, outer, attributes)
            attributes = ''

    def add(self, line, outer, attributes):
        prefix = f'gf_{snake(outer)}_' if outer else 'gf_'
        signal = re.search(rf' signal \w+ {NAME} \(', line)
        constant = re.search(rf' const int {NAME};', line)
        delegate = re.search(rf' delegate .*? {NAME} \(', line)
        accessors = re.search(rf' {NAME} {{ (.*) }}', line)
        constructor = outer and re.search(rf' {outer}(?:\.{NAME})? \(', line)
        if signal:
            self.strings.add(signal[1].replace('_', '-'))
        elif constant:
            self.constants.add('GF_' + constant[1])
        elif delegate:
            self.delegates.add(prefix + snake(delegate[1]))
        elif accessors:
            if 'NoAccessorMethod' in attributes:
                self.strings.add(accessors[1].replace('_', '-'))
        elif constructor:
            if not line.startswith('protected'):
                self.functions.add(prefix + 'new' + ('_' + constructor[1] if constructor[1] else ''))
        else:
            method = re.search(rf' {NAME} \(', line)
            if 'NoWrapper' in attributes:
                return
            self.functions.add(prefix + method[1])
            if ' async ' in line:
                self.functions.add(prefix + re.sub('_async$', '_finish', method[1]))


class VapiIsComplete(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.vapi = Vapi(VAPI.read_text())
        sources = [path for path in GENERATED.glob('test-vala-*.p/*.c')]
        cls.code = '\n'.join(re.sub('^#line.*$', '', path.read_text(), flags=re.MULTILINE)
                             for path in sources)
        headers = '\n'.join(re.sub(r'/\*.*?\*/', '', path.read_text(), flags=re.DOTALL)
                            for path in HEADERS.rglob('gf-*.h') if 'private' not in path.name)
        cls.declared = {name for name in re.findall(r'\b(gf_\w+)\s*\((?!\()', headers)
                        if not name.endswith('_get_type')}

    def test_something_was_read(self):
        self.assertGreater(len(self.vapi.functions), 100)
        self.assertGreater(len(self.declared), 100)
        self.assertIn('gf_future_result_async', self.code)

    def test_what_is_left_out(self):
        self.assertEqual(sorted(self.declared - self.vapi.functions), sorted(LEFT_OUT))
        self.assertEqual(sorted(self.vapi.functions - self.declared), [])

    def test_functions_are_called(self):
        called = set(re.findall(r'\b(gf_\w+) \(', self.code))
        self.assertEqual(sorted(self.vapi.functions - called), [])

    def test_properties_and_signals_are_used(self):
        named = set(re.findall(r'"(?:notify::)?([\w-]+)"', self.code))
        self.assertEqual(sorted(self.vapi.strings - named), [])

    def test_constants_are_used(self):
        named = set(re.findall(r'\bGF_\w+', self.code))
        self.assertEqual(sorted(self.vapi.constants - named), [])

    def test_delegates_are_used(self):
        wrappers = ' '.join(re.findall(r'\w+_gf_\w+', self.code))
        unused = {name for name in self.vapi.delegates if name not in wrappers}
        self.assertEqual(sorted(unused), [])


if __name__ == '__main__':
    tap.main()

#!/usr/bin/python3
"""Builds the manual: every symbol is documented, nothing is warned of, and no link is broken."""
import html.parser
import os
import pathlib
import re
import subprocess
import sys
import urllib.parse

build = pathlib.Path(sys.argv[1])
folder = build / 'docs/reference'
pages = {}
n_tests = n_failed = 0


def report(name, faults):
    global n_tests, n_failed
    n_tests += 1
    n_failed += bool(faults)
    print('not ok' if faults else 'ok', n_tests, '-', name)
    for fault in faults:
        print('#', fault)


class Page(html.parser.HTMLParser):
    """What a page refers to, and what can be referred to in it"""

    def __init__(self, text):
        super().__init__()
        self.links, self.anchors = [], set()
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        for name, value in attributes:
            if name in ('href', 'src', 'data') and value:
                self.links.append(value)
            elif name in ('id', 'name'):
                self.anchors.add(value)


def get_page(path):
    if path not in pages:
        pages[path] = Page(path.read_text(encoding='utf-8', errors='replace'))
    return pages[path]


def is_there(path, link):
    url = urllib.parse.urlsplit(link)
    target = pathlib.Path(os.path.normpath(path.parent / urllib.parse.unquote(url.path))) if url.path else path
    # What lies outside the manual is on the web, not on this machine.
    if folder / 'html' not in target.parents or not target.exists():
        return False
    return not url.fragment or target.suffix != '.html' or url.fragment in get_page(target).anchors


built = subprocess.run(['ninja', '-C', str(build), 'gfutures-doc'], stdin=subprocess.DEVNULL,
                       stdout=subprocess.PIPE, stderr=subprocess.STDOUT, universal_newlines=True)

coverage = (folder / 'gfutures-undocumented.txt').read_text(encoding='utf-8')
figures = re.match(r'(\d+)% symbol docs coverage.\n(\d+) symbols documented.\n(\d+) symbols incomplete.\n'
                   r'(\d+) not documented.', coverage)
report(f'{figures[2]} symbols are documented, {figures[1]} %',
       [] if figures[1] == '100' and figures[3] == figures[4] == '0' else coverage.splitlines())

# A property whose specification has no blurb, because its comment says all, is
# taken for one without documentation; were it one, the coverage would tell.
report('the manual builds without a warning', [
    line for line in built.stdout.splitlines()
    if re.search(r'\b(warning|error|traceback|failed)\b|no link', line, re.IGNORECASE)
    and not re.match(r'\[\d+/\d+\] ', line)
    and not re.search(r'gfutures\.args:\d+: warning: Property \S+ has no documentation\.$', line)
] or ([] if built.returncode == 0 else built.stdout.splitlines()))

n_links, broken = 0, {}
for path in sorted((folder / 'html').glob('*.html')):
    for link in get_page(path).links:
        if not re.match('[a-z]+:', link):
            n_links += 1
            if not is_there(path, link):
                broken[f'{path.name}: {link}'] = True
report(f'{n_links} links lead somewhere', broken)
if n_failed:
    print('# The links to GLib are in docs/reference/glib-links.txt, which glib-links.py beside it renews.')

print(f'1..{n_tests}')
sys.exit(n_failed > 0)

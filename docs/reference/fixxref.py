#!/usr/bin/python3
"""gtkdoc-fixxref, with links to the manuals of GLib, GObject and GIO where they are on the web

gtkdoc-fixxref takes its links from the devhelp files of books that are installed, and newer
GLibs have no such book. So it is given one, made of glib-links.txt, whose pages are addresses;
what it puts before an address, the folder of that book, and behind it, the key of the link, is
taken off again.
"""
import pathlib
import re
import subprocess
import sys
import tempfile
from xml.sax.saxutils import quoteattr

SITE = 'https://docs.gtk.org/'
# A key follows the first #, so that of the address has to wait.
FRAGMENT = '%23'


def get_key(name):
    """What gtk-doc calls the place where this symbol is documented"""
    return name.replace('_', '-') + (':CAPS' if name.isupper() else '')


def write_book(path):
    with open(path, 'w', encoding='utf-8') as book:
        for line in pathlib.Path(__file__).with_name('glib-links.txt').read_text(encoding='utf-8').splitlines():
            if not line.startswith('#'):
                name, page = line.split()
                link = f'{SITE}{page.replace("#", FRAGMENT)}#{get_key(name)}'
                print(f'<keyword link={quoteattr(link)}/>', file=book)


def restore_addresses(folder):
    for path in folder.glob('*.html'):
        text = path.read_text(encoding='utf-8')
        path.write_text(re.sub(f'href="[^"]*({SITE}[^"#]*)(?:#[^"]*)?"',
                               lambda match: f'href="{match[1].replace(FRAGMENT, "#")}"', text), encoding='utf-8')


with tempfile.TemporaryDirectory(prefix='gfutures-') as folder:
    pathlib.Path(folder, 'glib').mkdir()
    write_book(pathlib.Path(folder, 'glib/glib.devhelp2'))
    status = subprocess.run(['gtkdoc-fixxref', *sys.argv[1:], f'--extra-dir={folder}']).returncode
restore_addresses(pathlib.Path('html'))
sys.exit(status)

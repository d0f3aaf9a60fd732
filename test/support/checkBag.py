"""Checks a bag after the text of RFC 8493, without any code of Dossier: python3 checkBag.py FOLDER-OR-ZIP.

Prints one line for each thing that is wrong; ends with 0 where nothing is.
"""
import hashlib
import os
import re
import sys
import zipfile

wrong = []


class Folder:
    def __init__(self, root):
        self.root = root
        self.names = [
            os.path.relpath(os.path.join(above, name), root).replace(os.sep, '/')
            for above, _, names in os.walk(root)
            for name in names
        ]

    def open(self, name):
        return open(os.path.join(self.root, name), 'rb')


class Archive:
    """Section 4.1.1: one folder at the top, which is the base of the bag."""

    def __init__(self, path):
        self.zip = zipfile.ZipFile(path)
        if self.zip.testzip():
            wrong.append('a CRC of the archive')
        names = [name for name in self.zip.namelist() if not name.endswith('/')]
        tops = {name.split('/', 1)[0] for name in names}
        if len(tops) != 1 or any('/' not in name for name in names):
            wrong.append('not one folder at the top: %s' % sorted(tops))
        self.top = sorted(tops)[0] + '/'
        self.names = [name[len(self.top):] for name in names]

    def open(self, name):
        return self.zip.open(self.top + name)


def digests(bag, name):
    hashes = {kind: hashlib.new(kind) for kind in ('sha256', 'sha512')}
    size = 0
    with bag.open(name) as content:
        while True:
            piece = content.read(1 << 20)
            if not piece:
                break
            size += len(piece)
            for each in hashes.values():
                each.update(piece)
    return size, {kind: each.hexdigest() for kind, each in hashes.items()}


def lines(bag, name):
    with bag.open(name) as content:
        return content.read().decode('utf-8', 'strict').split('\n')


def decoded(name):
    """Section 2.1.3: CR, LF and the percent sign, and nothing else."""
    return re.sub('%(0A|0D|25)', lambda found: chr(int(found[1], 16)), name)


def check(path):
    bag = Folder(path) if os.path.isdir(path) else Archive(path)
    names = set(bag.names)
    if lines(bag, 'bagit.txt') != ['BagIt-Version: 1.0', 'Tag-File-Character-Encoding: UTF-8', '']:
        wrong.append('bagit.txt')
    read = {name: digests(bag, name) for name in names}
    payload = {name for name in names if name.startswith('data/')}
    tags = {name for name in names - payload if not name.startswith('tagmanifest-')}
    for kind in ('sha256', 'sha512'):
        for manifest, wanted in (('manifest-%s.txt' % kind, payload), ('tagmanifest-%s.txt' % kind, tags)):
            named = {}
            for line in filter(None, lines(bag, manifest)):
                digest, name = re.fullmatch('([0-9a-f]+)[ \t]+(.*)', line).groups()
                if decoded(name) in named:
                    wrong.append('%s names %r twice' % (manifest, name))
                named[decoded(name)] = digest
            for name in wanted ^ set(named):
                wrong.append('%s: %r is %s' % (manifest, name, 'not there' if name in named else 'not named'))
            for name in wanted & set(named):
                if read[name][1][kind] != named[name]:
                    wrong.append('%s: %r' % (manifest, name))
    info = dict(line.split(': ', 1) for line in filter(None, lines(bag, 'bag-info.txt')))
    if info['Payload-Oxum'] != '%d.%d' % (sum(read[name][0] for name in payload), len(payload)):
        wrong.append('Payload-Oxum')
    if not re.fullmatch(r'\d{4}-\d\d-\d\d', info['Bagging-Date']):
        wrong.append('Bagging-Date')


try:
    check(sys.argv[1])
except Exception as error:
    wrong.append('%s: %s' % (type(error).__name__, error))
for each in wrong:
    print(each)
sys.exit(1 if wrong else 0)

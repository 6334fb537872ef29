"""What the guest holds: the table in the file 'contents', made into an initramfs."""

import os
import subprocess
import sys
import tempfile

import debian
from archive import Archive, is_elf, libraries

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))


def lines(table):
    with open(table, encoding="utf-8") as f:
        words = [line.split("#")[0].split() for line in f]
    return [w for w in words if w]


class Contents:
    def __init__(self, build, packages, kernel):
        self.build = build
        self.packages = packages
        self.kernel = kernel
        self.modules = []
        self.archive = Archive()

    def read(self, table):
        for words in lines(table):
            self._add(*words)

    def fetch(self, table):
        """Only what is downloaded."""
        for words in lines(table):
            if words[0].rstrip("?") == "debian":
                self._tree(words[1], words[0].endswith("?"))

    def _tree(self, package, may_be_missing):
        try:
            return self.packages.tree(package)
        except debian.Unavailable:
            if may_be_missing:
                return None
            raise

    def _add(self, kind, what, where=None):
        if kind == "debian?":
            if self._tree(what, True):
                self._debian(what, None)
            return
        source = os.path.join(self.build if kind == "built" else ROOT, what)
        if kind in ("link", "debian", "module", "without"):
            source = what
        if kind.endswith("?") and not os.path.exists(source):
            return
        getattr(self, "_" + kind.rstrip("?"))(source, where or what)

    def _file(self, source, where):
        if not os.path.exists(source):
            raise FileNotFoundError("%s: no such file" % source)
        self.archive.copy(source, where)

    def _program(self, source, where):
        if not os.path.exists(source):
            raise FileNotFoundError("%s: no such program" % source)
        self.archive.program(source, where)

    def _built(self, source, where):
        if not os.path.exists(source):
            raise FileNotFoundError("%s is not built: 'make all vm-programs' first" % source)
        self.archive.program(source, where)

    def _link(self, target, where):
        self.archive.link(where, target)

    def _made(self, program, where):
        with tempfile.TemporaryDirectory() as directory:
            subprocess.run([sys.executable, program, directory], check=True,
                           env=dict(os.environ, BUILD=self.build))
            self.archive.copy(directory, where)

    def _module(self, name, _):
        """In the order of their numbers they can be loaded."""
        for needed, data in debian.module(self.kernel, name):
            if needed not in self.modules:
                self.modules.append(needed)
                self.archive.file("vm/modules/%02d-%s.ko" % (len(self.modules), needed), data)

    def _without(self, path, _):
        self.archive.remove(path)

    def _debian(self, package, _):
        tree = self.packages.tree(package)
        self.archive.copy(tree, "/")
        search = [os.path.join(tree, d) for d in ("usr/lib/x86_64-linux-gnu", "lib/x86_64-linux-gnu")]
        for directory, _, names in os.walk(tree):
            for path in (os.path.join(directory, name) for name in names):
                if os.path.islink(path) or not is_elf(path):
                    continue
                for library in libraries(path, search):
                    if not library.startswith(tree):
                        self.archive.copy(library, library)

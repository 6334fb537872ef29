"""An initramfs: a cpio archive in the kernel's "newc" form (Documentation/driver-api/early-userspace/
buffer-format.rst), written without cpio(1).

Whatever is added below /bin, /sbin, /lib or /lib64 goes below /usr, as on every Debian system since 12;
what is added twice counts once, the later one.
"""

import os
import re
import stat
import subprocess

MERGED = ("bin", "sbin", "lib", "lib64")
LIBRARY = re.compile(r"^\s*(?:\S+ => )?(/\S+) \(0x", re.M)
MISSING = re.compile(r"^\s*(\S+) => not found", re.M)


class Archive:
    def __init__(self):
        self.entries = {}  # path without leading '/': (mode, data, device)
        for name in MERGED:
            self.directory("usr/" + name)
            self.entries[name] = (stat.S_IFLNK | 0o777, b"usr/" + name.encode(), (0, 0))

    def _put(self, path, mode, data=b"", device=(0, 0)):
        path = path.strip("/")
        if path.split("/")[0] in MERGED:
            path = "usr/" + path
        self.directory(os.path.dirname(path))
        self.entries[path] = (mode, data, device)

    def directory(self, path, permissions=0o755):
        path = path.strip("/")
        if path and path not in self.entries:
            self._put(path, stat.S_IFDIR | permissions)

    def file(self, path, data, permissions=0o644):
        self._put(path, stat.S_IFREG | permissions, data)

    def link(self, path, target):
        self._put(path, stat.S_IFLNK | 0o777, target.encode())

    def character_device(self, path, major, minor):
        self._put(path, stat.S_IFCHR | 0o600, device=(major, minor))

    def copy(self, source, path):
        """A file, or a directory with everything below it; all of it belongs to root in the guest."""
        for name in sorted(os.listdir(source)) if os.path.isdir(source) else ():
            below, target = os.path.join(source, name), path.rstrip("/") + "/" + name
            if os.path.islink(below):
                self.link(target, os.readlink(below))
            else:
                self.copy(below, target)
        if os.path.isdir(source):
            self.directory(path, stat.S_IMODE(os.stat(source).st_mode))
        elif os.path.isfile(source):
            with open(source, "rb") as f:
                self.file(path, f.read(), stat.S_IMODE(os.stat(source).st_mode))

    def remove(self, path):
        """What is there, with all below it."""
        path = path.strip("/")
        for known in list(self.entries):
            if known == path or known.startswith(path + "/"):
                del self.entries[known]

    def permit(self, path, permissions):
        mode, data, device = self.entries[path.strip("/")]
        self.entries[path.strip("/")] = (stat.S_IFMT(mode) | permissions, data, device)

    def program(self, source, path):
        """A program and the shared libraries that it needs on this machine."""
        self.copy(source, path)
        for library in libraries(source):
            self.copy(library, library)

    def write(self, output):
        for number, (path, (mode, data, device)) in enumerate(sorted(self.entries.items()), 1):
            output.write(record(path, number, mode, data, device))
        output.write(record("TRAILER!!!", 0, 0, b"", (0, 0)))


def record(path, number, mode, data, device):
    name = os.fsencode(path) + b"\0"
    major, minor = device
    fields = (number, mode, 0, 0, 1, 0, len(data), 0, 0, major, minor, len(name), 0)
    head = b"070701" + b"".join(b"%08X" % field for field in fields) + name
    return padded(head) + padded(data)


def padded(data):
    return data + bytes(-len(data) % 4)


def is_elf(path):
    with open(path, "rb") as f:
        return f.read(4) == b"\x7fELF"


def libraries(program, search=()):
    """The files that ldd(1) names for a program; none for a script or a static one."""
    if not is_elf(program):
        return []
    environment = dict(os.environ, LC_ALL="C", LD_LIBRARY_PATH=":".join(search))
    said = subprocess.run(["ldd", program], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, env=environment, check=False).stdout
    missing = MISSING.findall(said)
    if missing:
        raise FileNotFoundError("%s needs %s" % (program, ", ".join(missing)))
    return LIBRARY.findall(said)

"""Debian packages that are looked into, not installed: downloaded with apt-get, unpacked below the cache.

Unavailable is raised where the release has no such package or it cannot be downloaded; the tests are
then skipped. Everything else that goes wrong is an error. What was unpacked once is not asked for again.
"""

import glob
import lzma
import os
import re
import subprocess
import tarfile
import tempfile

KERNELS = ("linux-image-cloud-amd64", "linux-image-amd64")
IMAGE = re.compile(r"\blinux-image-\d[^ ,]*")
MODULE = re.compile(r"\./(usr/)?lib/modules/[^/]+/kernel/.*\.ko(\.xz)?$")
NEEDS = re.compile(rb"\0depends=([^\0]*)\0")
UNUSED = re.compile(r"\./usr/share/(doc|man|locale|lintian|bash-completion|zsh|fish)(/|$)")


class Unavailable(Exception):
    pass


class Packages:
    def __init__(self, cache):
        self.cache = cache
        os.makedirs(cache, exist_ok=True)

    def kernel(self, package=None, modules=False):
        """The kernel image of a package, or of the package that the release's own kernel comes in."""
        kept = os.path.join(self.cache, (package or "kernel") + ("-and-modules" if modules else ""))
        if not os.path.isdir(kept):
            self._fetch([package or release_kernel()], kept,
                        lambda name: name.startswith("./boot/vmlinuz-") or
                        modules and MODULE.match(name))
        (image,) = glob.glob(kept + "/boot/vmlinuz-*")
        return image

    def tree(self, package):
        """A directory with a package and what it depends on that is not installed here."""
        kept = os.path.join(self.cache, package)
        if not os.path.isdir(kept):
            self._fetch(with_dependencies(package), kept, lambda name: not UNUSED.match(name))
        return kept

    def _fetch(self, names, kept, wanted):
        """Into place at once, so that a run that was stopped leaves no half of a tree."""
        with tempfile.TemporaryDirectory(prefix="download.", dir=self.cache) as where:
            download(names, where)
            tree = os.path.join(where, "tree")
            for archive in sorted(glob.glob(where + "/*.deb")):
                unpack(archive, tree, wanted)
            os.rename(tree, kept)


def module(kernel, name):
    """(name, bytes) of each module that a module of an image of kernel(modules=True) needs, itself last."""
    tree = os.path.dirname(os.path.dirname(kernel))
    found = [path for path in glob.glob(tree + "/**/*.ko*", recursive=True)
             if os.path.basename(path).split(".")[0].replace("-", "_") == name]
    if not found:
        raise FileNotFoundError("the kernel has no module '%s'" % name)
    with (lzma.open if found[0].endswith(".xz") else open)(found[0], "rb") as f:
        data = f.read()
    needed = NEEDS.search(data)
    names = needed.group(1).decode().split(",") if needed and needed.group(1) else []
    return [one for other in names for one in module(kernel, other)] + [(name, data)]


def download(names, where):
    """Lists of packages that are out of date are brought up to date once."""
    if apt_get(["download"] + names, where):
        return
    apt_get(["update"], where)
    if not apt_get(["download"] + names, where):
        raise Unavailable("apt-get cannot download " + " ".join(names))


def unpack(archive, tree, wanted):
    with subprocess.Popen(["dpkg-deb", "--fsys-tarfile", archive], stdout=subprocess.PIPE) as dpkg:
        with tarfile.open(fileobj=dpkg.stdout, mode="r|") as tar:
            for member in tar:
                if wanted(member.name):
                    tar.extract(member, tree)
        dpkg.stdout.read()
    if dpkg.returncode:
        raise OSError("dpkg-deb cannot unpack " + archive)


def apt_get(arguments, where):
    said = subprocess.run(["apt-get", "-q"] + arguments, cwd=where, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, check=False)
    return said.returncode == 0


def release_kernel():
    """The package with the image itself, which the release's kernel package only depends on."""
    for package in KERNELS:
        said = subprocess.run(["apt-cache", "show", "--no-all-versions", package],
                              stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
                              check=False).stdout
        for line in said.splitlines():
            image = IMAGE.search(line) if line.startswith("Depends:") else None
            if image:
                return image.group()
    raise Unavailable("no package " + " or ".join(KERNELS))


def with_dependencies(package):
    """The package itself, installed or not, and what apt-get would install with it."""
    said = subprocess.run(["apt-get", "-s", "install", "--no-install-recommends", package],
                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=False)
    if said.returncode:
        raise Unavailable("no package " + package)
    return sorted({package} | set(re.findall(r"^Inst (\S+)", said.stdout, re.M)))

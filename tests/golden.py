"""Golden cases: tests/golden/CASE/ holds input files, `command` (the arguments, default: compile input.yaml), perhaps
`stdin`, and what is wanted: want.out, want.err, want.status (default 0), and want.files/NAME below the path that the
command names as OUT. What is not there must be empty: no output, no message, no file. The program's version reads
VERSION in them, the folder of OUT reads SCRATCH, that of the case reads CASE.

UPDATE=1 shows the difference, then writes what the program does: read it before it is kept.

    tests/golden.py [CASE ...]
"""

import difflib
import os
import re
import shlex
import shutil
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from harness import ROOT, Scratch, aaforge, check, finish  # noqa: E402

CASES = os.path.join(ROOT, "tests", "golden")
UPDATE = os.environ.get("UPDATE") == "1"


def read(path):
    """A file's bytes; none where it is not there."""
    if not os.path.exists(path):
        return b""
    with open(path, "rb") as f:
        return f.read()


def difference(want, got):
    lines = difflib.unified_diff(
        want.decode("utf-8", "replace").splitlines(), got.decode("utf-8", "replace").splitlines(), "want", "got", lineterm="", n=1
    )
    return "\n".join(list(lines)[:60])


def write(path, data):
    if not data:
        os.remove(path)
        return
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as f:
        f.write(data)


def compare(case, path, got):
    want = read(path)
    if want == got:
        check(True, case)
        return
    shown = difference(want, got)
    if UPDATE:
        print("updating %s\n%s" % (os.path.relpath(path, ROOT), shown))
        write(path, got)
    check(UPDATE, "%s: %s differs" % (case, os.path.basename(path)), shown)


def files_below(path):
    """The files of a directory, or the one file, by name."""
    if os.path.isfile(path):
        return {os.path.basename(path): read(path)}
    found = {}
    for folder, _, names in os.walk(path):
        for name in names:
            below = os.path.join(folder, name)
            found[os.path.relpath(below, path)] = read(below)
    return found


def compare_files(case, wanted, got):
    names = sorted(set(got) | set(files_below(wanted)))
    for name in names:
        compare(case, os.path.join(wanted, name), got.get(name, b""))
    if UPDATE and not got:
        shutil.rmtree(wanted, ignore_errors=True)


def arguments(directory, out):
    """The words of `command`, with OUT filled in."""
    words = shlex.split(read(os.path.join(directory, "command")).decode()) or ["compile", "input.yaml"]
    return [re.sub(r"\bOUT\b", lambda _: out, word) for word in words]


def run(case, version):
    directory = os.path.join(CASES, case)
    with Scratch() as scratch:
        result = aaforge(*arguments(directory, scratch.path + "/out"), stdin=read(os.path.join(directory, "stdin")), cwd=directory,
                         env={"XDG_CACHE_HOME": scratch.path + "/cache", "HOME": scratch.path})

        def plain(data):
            data = data.replace(b"Made by aaforge " + version, b"Made by aaforge VERSION")
            data = data.replace(os.path.realpath(directory).encode(), b"CASE")
            return data.replace(scratch.path.encode(), b"SCRATCH")

        status = b"" if result.status == 0 else b"%d\n" % result.status
        compare(case, os.path.join(directory, "want.status"), status)
        compare(case, os.path.join(directory, "want.out"), plain(result.out))
        compare(case, os.path.join(directory, "want.err"), plain(result.err))
        files = {name: plain(data) for name, data in files_below(scratch.path + "/out").items()}
        compare_files(case, os.path.join(directory, "want.files"), files)


def main():
    version = aaforge("version").out.split()[1]
    every = int(os.environ.get("GOLDEN_EVERY", 1))  # of the sorted cases, for slow checkers
    for case in sys.argv[1:] or sorted(os.listdir(CASES))[::every]:
        if os.path.isdir(os.path.join(CASES, case)):
            run(case, version)
    finish()


if __name__ == "__main__":
    main()

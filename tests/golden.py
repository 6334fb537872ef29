"""Golden cases: tests/golden/CASE/ holds input files, `command` (the arguments, default: compile input.yaml) and
whatever of these is wanted: want.out, want.err, want.status (default 0), want.files/NAME below the output directory
that the command names as OUT. UPDATE=1 rewrites what differs, after showing the difference.

    tests/golden.py [CASE ...]
"""

import difflib
import os
import shlex
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from harness import ROOT, Scratch, aaforge, check, finish  # noqa: E402

CASES = os.path.join(ROOT, "tests", "golden")
UPDATE = os.environ.get("UPDATE") == "1"


def read(path):
    with open(path, "rb") as f:
        return f.read()


def difference(want, got):
    lines = difflib.unified_diff(
        want.decode("utf-8", "replace").splitlines(), got.decode("utf-8", "replace").splitlines(), "want", "got", lineterm="", n=1
    )
    return "\n".join(list(lines)[:60])


def compare(case, path, got):
    want = read(path)
    if want == got:
        check(True, case)
        return
    shown = difference(want, got)
    if UPDATE:
        print("updating %s\n%s" % (os.path.relpath(path, ROOT), shown))
        with open(path, "wb") as f:
            f.write(got)
    check(UPDATE, "%s: %s differs" % (case, os.path.basename(path)), shown)


def files_below(directory):
    found = {}
    for folder, _, names in os.walk(directory):
        for name in names:
            path = os.path.join(folder, name)
            found[os.path.relpath(path, directory)] = read(path)
    return found


def run(case):
    directory = os.path.join(CASES, case)
    command = os.path.join(directory, "command")
    words = shlex.split(read(command).decode()) if os.path.exists(command) else ["compile", "input.yaml"]
    stdin = os.path.join(directory, "stdin")
    with Scratch() as scratch:
        words = [w.replace("OUT", scratch.path + "/out") for w in words]
        result = aaforge(*words, stdin=read(stdin) if os.path.exists(stdin) else b"", cwd=directory,
                         env={"XDG_CACHE_HOME": scratch.path + "/cache", "HOME": scratch.path})
        status = os.path.join(directory, "want.status")
        wanted = int(read(status)) if os.path.exists(status) else 0
        check(result.status == wanted, "%s: status %d, want %d" % (case, result.status, wanted), result.message)
        for name, got in (("want.out", result.out), ("want.err", result.err.replace(scratch.path.encode(), b"SCRATCH"))):
            path = os.path.join(directory, name)
            if os.path.exists(path):
                compare(case, path, got)
            elif name == "want.err":
                check(not got, "%s: nothing is said" % case, got.decode("utf-8", "replace"))
        wanted_files = os.path.join(directory, "want.files")
        if os.path.isdir(wanted_files):
            got_files = files_below(scratch.path + "/out")
            check(sorted(got_files) == sorted(files_below(wanted_files)), "%s: the files written" % case, sorted(got_files))
            for name in got_files:
                if os.path.exists(os.path.join(wanted_files, name)):
                    compare(case, os.path.join(wanted_files, name), got_files[name])


def main():
    for case in sys.argv[1:] or sorted(os.listdir(CASES)):
        if os.path.isdir(os.path.join(CASES, case)):
            run(case)
    finish()


main()

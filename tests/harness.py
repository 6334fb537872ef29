"""What the Python test scripts share: counting, running aaforge, temporary directories.

A script calls check() for each assertion and ends with finish(), which prints
'N passed, N failed' and gives the exit status. A failed check goes on with the next one.
"""

import os
import shutil
import signal
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
AAFORGE = os.environ.get("AAFORGE", os.path.join(ROOT, os.environ.get("BUILD", "build"), "aaforge"))
# A prefix such as valgrind, for runs under a checker.
WRAPPER = os.environ.get("AAFORGE_WRAPPER", "").split()

# What is ignored here, as by nohup(1) or for a shell's job in the background, the programs would ignore as well.
for _number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
    if signal.getsignal(_number) == signal.SIG_IGN:
        signal.signal(_number, signal.SIG_DFL)

_passed = 0
_failed = 0


def check(condition, name, detail=""):
    """Counts one assertion; prints it only when it fails."""
    global _passed, _failed
    if condition:
        _passed += 1
        return True
    _failed += 1
    print("not ok: %s" % name, flush=True)
    if detail:
        print("    " + str(detail).rstrip().replace("\n", "\n    "), flush=True)
    return False


def finish():
    print("%d passed, %d failed" % (_passed, _failed), flush=True)
    sys.exit(1 if _failed or not _passed else 0)


def skip(reason):
    """Ends a script that cannot run here; tests/run counts nothing for it and says so."""
    print("SKIPPED: " + reason, flush=True)
    sys.exit(77)


def say(text):
    """Tells what a slow part does while it runs."""
    print("# " + text, flush=True)


class Result:
    def __init__(self, process):
        self.status = process.returncode
        self.out = process.stdout
        self.err = process.stderr

    @property
    def text(self):
        return self.out.decode("utf-8", "replace")

    @property
    def message(self):
        return self.err.decode("utf-8", "replace")


def aaforge(*arguments, stdin=b"", cwd=None, env=None, timeout=300, stdout=None):
    """Runs aaforge with bytes on standard input; never a shell."""
    environment = dict(os.environ, LC_ALL="C.UTF-8")
    environment.update(env or {})
    process = subprocess.run(
        WRAPPER + [AAFORGE] + [os.fspath(a) for a in arguments],
        input=stdin,
        stdout=stdout if stdout is not None else subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=cwd,
        env=environment,
        timeout=timeout,
    )
    return Result(process)


class Scratch:
    """A temporary directory: with Scratch() as d: …"""

    def __enter__(self):
        self.path = tempfile.mkdtemp(prefix="aaforge-test.")
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.path, ignore_errors=True)

    def file(self, name, data):
        path = os.path.join(self.path, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as f:
            f.write(data if isinstance(data, bytes) else data.encode())
        return path

#!/usr/bin/python3
"""SIGTERM, SIGINT and SIGHUP end every command, whatever it does at that moment, and leave nothing behind.

What a command is interrupted in never ends by itself: a parser that sleeps for ever, a pipe that nobody writes to, a lock that
is never released. So nothing here depends on the clock but the limit of what "at once" means.

    signals.py [NAME …]     only the parts whose name holds one of these
"""

import fcntl
import os
import platform
import shutil
import signal
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "fake"))
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import killed  # noqa: E402
from fake import PROGRAM, Machine  # noqa: E402
from harness import check, finish, say  # noqa: E402

# Far above the second that it takes at most, for a loaded machine; far below what it is interrupted in.
AT_ONCE = 20
PATIENCE = 120

# Tells its version, then says that it is there and sleeps, deaf to all signals that can be ignored; its child as well.
PARSER = """#!/bin/sh
trap '' TERM INT HUP
case $1 in --version) echo 'AppArmor parser version 3.0.8'; exit;; esac
sleep 100000 &
echo $$ $! >>%s
wait
"""

SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


def is_alive(pid):
    try:
        with open("/proc/%d/stat" % pid) as f:
            return f.read().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def until(condition, what):
    """Waits for something that happens by itself."""
    end = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > end:
            return check(False, what + ": never came")
        time.sleep(0.01)
    return True


def remnants(machine):
    """Temporary files, staging directories and journals below the machine's directory."""
    found = []
    for folder, folders, files in os.walk(os.path.dirname(machine.root)):
        found += [os.path.join(folder, name) for name in folders + files
                  if name.startswith(".aaforge.") or name == ".transaction"]
    return found


class Running:
    """A command in the background, with a pipe on standard input that nobody writes to."""

    def __init__(self, machine, words, more=(), **options):
        self.machine, self.what = machine, " ".join(words[:3])
        self.errors = tempfile.TemporaryFile()
        words = [PROGRAM] + words + list(more)
        options.setdefault("stdin", subprocess.PIPE)
        self.process = subprocess.Popen(words, env=machine.environment(), cwd=os.path.dirname(machine.file("x", "")),
                                        stdout=subprocess.DEVNULL, stderr=self.errors, **options)

    def end(self, number, wanted=None):
        """Sends the signal; the process has to end by it, or with the status that is wanted."""
        what = "%s: %s" % (self.what, signal.Signals(number).name)
        begin = time.monotonic()
        self.process.send_signal(number)
        try:
            status = self.process.wait(AT_ONCE)
        except subprocess.TimeoutExpired:
            status = "none"
            self.process.kill()
            self.process.wait()
        took = time.monotonic() - begin
        self.errors.seek(0)
        message = self.errors.read().decode("utf-8", "replace")
        check(status == (-number if wanted is None else wanted), "%s: status %s after %.1f s" % (what, status, took), message)
        if self.process.stdin:
            self.process.stdin.close()
        self.errors.close()
        check(not remnants(self.machine), what + ": nothing is left", remnants(self.machine))


def describe(machine, count, directory="many"):
    for i in range(count):
        machine.file("%s/p%d.yaml" % (directory, i), killed.DESCRIPTION % ("p%d" % i, "p%d" % i, i))
    return directory


def started(path):
    """The processes of the parsers that run, and of their children."""
    try:
        with open(path) as f:
            return [int(word) for word in f.read().split()]
    except FileNotFoundError:
        return []


def with_parser(machine, words, number, wanted=None):
    said = machine.file("said", "")
    os.unlink(said)
    parser = machine.file("parser", PARSER % said)
    os.chmod(parser, 0o755)
    before, kernel = killed.State(machine), machine.state()
    running = Running(machine, words, ["--root", machine.root] if words[0] not in ("check", "test") else [],)
    until(lambda: len(started(said)) >= 2, running.what + ": the parser")
    running.end(number, wanted)
    pids = started(said)
    until(lambda: not any(is_alive(pid) for pid in pids), running.what + ": the parsers are gone")
    check(killed.State(machine) == before and machine.state() == kernel, running.what + ": the state is the old one")


def parsers():
    """While parsers run, in the first of many descriptions."""
    with Machine() as machine:
        many = describe(machine, 1000)
        parser = ["--parser", os.path.join(os.path.dirname(machine.file("x", "")), "parser"), "--no-cache"]
        commands = [["check", many], ["test", many], ["load", many], ["sync", many], ["install", many],
                    ["status", many + "/p1.yaml"], ["lookup", many + "/p1.yaml"]]
        for i, words in enumerate(commands):
            for number in SIGNALS if i == 0 else (SIGNALS[i % 3],):
                with_parser(machine, words + parser, number)
        for number, wanted in ((signal.SIGTERM, 0), (signal.SIGINT, 0)):
            with_parser(machine, ["sync", "--watch", many] + parser, number, wanted)


def pipes():
    """While standard input says nothing; also with files staged."""
    with Machine() as machine:
        many = describe(machine, 50)
        out = machine.path("/out")
        os.mkdir(out)
        for i, words in enumerate((["compile", "-"], ["check", "-"], ["test", "-"], ["audit", "-"], ["import", "-"],
                                   ["load", "-", "--root", machine.root], ["unload", "-", "--root", machine.root],
                                   ["compile", "-o", out, many, "-"])):
            running = Running(machine, words)
            if "-o" in words:
                until(lambda: any(len(os.listdir(os.path.join(out, d))) == 50 for d in os.listdir(out)), "50 files are staged")
            else:
                until(lambda: waits_for(running.process.pid, "pipe_read", "anon_pipe_read"), words[0] + ": reads")
            running.end(SIGNALS[i % 3])
        check(os.listdir(out) == [], "compile -o: nothing was written", os.listdir(out))


def waits_for(pid, *functions):
    """Whether the process sleeps in the kernel; where that is told, in one of the functions."""
    with open("/proc/%d/stat" % pid) as f:
        state = f.read().rpartition(")")[2].split()[0]
    try:
        with open("/proc/%d/wchan" % pid) as f:
            at = f.read()
    except OSError:
        at = "0"
    return state == "S" and (at in ("", "0") or at in functions)


def locks():
    """While another run holds the lock."""
    with Machine() as machine:
        text = machine.file("one/web.yaml", killed.DESCRIPTION % ("web", "web", 1))
        killed.must(machine.run("install", text))
        machine.file("two/web.yaml", killed.DESCRIPTION % ("web", "web", 2))
        before = killed.State(machine)
        lock = open(machine.path("/run/aaforge/lock"), "r+")
        fcntl.flock(lock, fcntl.LOCK_EX)
        for i, words in enumerate((["load", "two/web.yaml"], ["unload", "web"], ["install", "two/web.yaml"], ["remove", "web"],
                                   ["sync", "two"], ["sync", "--watch", "two"])):
            running = Running(machine, words, ["--root", machine.root])
            until(lambda: opens(running.process.pid, "/run/aaforge/lock"), words[0] + ": waits for the lock")
            number = SIGNALS[i % 2]
            running.end(number, 0 if "--watch" in words else None)
            check(killed.State(machine) == before, words[0] + ": the state is the old one")
        lock.close()


def opens(pid, end):
    try:
        return any(os.readlink("/proc/%d/fd/%s" % (pid, fd)).endswith(end) for fd in os.listdir("/proc/%d/fd" % pid))
    except OSError:
        return False


def computations():
    """In the middle of a description that takes minutes."""
    text = "name: slow\nbinary: /app\nreadable:\n" + "".join("  - /srv/*a%d*b*/*c%d*x/**\n" % (i, i) for i in range(1000))
    text += "deny:\n" + "".join("  - /srv/*x%d*y*/*z%d*x*/*q rw\n" % (i, i) for i in range(1000))
    with Machine() as machine:
        machine.file("slow.yaml", text)
        for number in SIGNALS:
            running = Running(machine, ["compile", "slow.yaml"])
            until(lambda: ticks(running.process.pid) >= 20, "compile: computes")
            running.end(number)


def ticks(pid):
    """Its time on a processor, in hundredths of a second."""
    with open("/proc/%d/stat" % pid) as f:
        return int(f.read().rpartition(")")[2].split()[11])


def watching():
    """While it sleeps, with the kernel's policy as it should be. SIGHUP does not end it."""
    for number in (signal.SIGTERM, signal.SIGINT):
        with Machine() as machine:
            describe(machine, 3)
            running = Running(machine, ["sync", "--watch", "many"], ["--root", machine.root])
            until(lambda: len(machine.profiles()) == 3, "the first round")
            running.process.send_signal(signal.SIGHUP)
            machine.file("many/more.yaml", killed.DESCRIPTION % ("more", "more", 1))
            until(lambda: "more" in machine.profiles(), "a round after SIGHUP")
            running.end(number, 0)
            check(len(machine.profiles()) == 4, "the profiles stay")


def ignored():
    """What was ignored at the start (nohup, a background job of a script) stays ignored."""
    with Machine() as machine:
        machine.file("a.yaml", killed.DESCRIPTION % ("a", "a", 1))
        running = Running(machine, ["compile", "-"],
                          preexec_fn=lambda: [signal.signal(n, signal.SIG_IGN) for n in (signal.SIGINT, signal.SIGHUP)])
        until(lambda: waits_for(running.process.pid, "pipe_read", "anon_pipe_read"), "compile: reads")
        running.process.send_signal(signal.SIGINT)
        running.process.send_signal(signal.SIGHUP)
        running.end(signal.SIGTERM)


# --- in a transaction, at each of its steps ---

LOAD = ["load", "new/web.yaml", "new/db.yaml", "new/foreign.yaml", "new/fresh.yaml"]
UNLOAD = ["unload", "web"]


def run_signalled(machine, words, n, number, env):
    """Sends the signal before the n-th change. (the name of the call, the status); (None, status) when there was none."""
    traced, call = killed.Traced([PROGRAM] + words, env, machine.work), None
    while True:
        name = traced.next()
        if name is None:
            return call, traced.status
        n -= 1
        if n == 0:
            call = name
            os.kill(traced.pid, number)
            os.kill(traced.pid, number)  # who is impatient sends it twice


class Signalled(killed.Case):
    """Judged without a run in between."""

    enough = 5

    def kill(self, machine, n):
        killed.restore(machine)
        number = SIGNALS[n % 3]
        words = [self.words[0], "--root", machine.root] + self.arguments(machine)
        call, status = run_signalled(machine, words, n, number, self.environment(machine))
        what = "%s, %s before change %d (%s)" % (self.name, signal.Signals(number).name, n, call)
        if call is None:
            check(status == 0, self.name + ": ends with success", "%#x" % status)
            return False
        check(os.WIFSIGNALED(status) and os.WTERMSIG(status) == number, what + ": dies of it", "%#x" % status)
        check(not remnants(machine), what + ": nothing is left", remnants(machine))
        self.judge(machine, what)
        return True


def transactions():
    """At each step: the state is wholly old or wholly new without another run."""
    if not killed.CALLS:
        say("transactions: the system calls of %s are not known here" % platform.machine())
        return
    for case in (Signalled("install", killed.INSTALL, stride=4), Signalled("remove", killed.REMOVE, stride=2),
                 Signalled("sync", killed.SYNC, stride=2), Signalled("load", LOAD), Signalled("unload", UNLOAD)):
        with Machine() as machine:
            machine.work = os.path.dirname(machine.file("x", ""))
            machine.saved = machine.root + ".saved"
            killed.make_old(machine)
            case.run(machine)
            shutil.rmtree(machine.saved)


PARTS = (parsers, pipes, locks, computations, watching, ignored, transactions)


def main():
    if os.access("/dev/shm", os.W_OK):
        tempfile.tempdir = "/dev/shm"
    for part in PARTS:
        if not sys.argv[1:] or any(word in part.__name__ for word in sys.argv[1:]):
            part()
    finish()


if __name__ == "__main__":
    main()

#!/usr/bin/python3
"""What goes wrong in the guest is told: the cases in faulty/ fail as they should, and nothing else does."""

import os
import re
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(HERE))
sys.dont_write_bytecode = True

from harness import check, finish, say, skip  # noqa: E402

RUN = os.path.join(HERE, "run")
SKIPPED = 77


def run(*arguments, **environment):
    done = subprocess.run([RUN, *arguments], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          env=dict(os.environ, **environment), check=False)
    return done.returncode, done.stdout


def faulty(*names):
    return [os.path.join(HERE, "faulty", name + ".sh") for name in names]


def has(output, what, pattern):
    check(re.search(pattern, output, re.M), what, output)


def cases_that_fail():
    say("cases that fail, stop, hang, check nothing, leave things behind; a guest that panics")
    status, output = run(*faulty("fails", "stops", "silent", "hangs", "leaves", "after", "panics", "late"))
    with open(faulty("fails")[0], encoding="utf-8") as f:
        planted = re.findall(r'"(planted: [^"]*)"', f.read())
    for what in planted + ["unconfined: read:/etc/passwd: ENOENT"]:
        has(output, what, "^not ok: " + re.escape(what) + "$")
    has(output, "a case that stops", r"^not ok: stops\.sh: ended with 3$")
    has(output, "a case without a check", r"^not ok: silent\.sh: made no check$")
    has(output, "a case that hangs", r"^not ok: hangs\.sh: ended with out of time after 2 s$")
    has(output, "what it said last", r"^    this was said last$")
    has(output, "a panic", r"^not ok: the guest died, with 6 of 8 cases ended \(in: panics\.sh\)")
    has(output, "with the console", r"^    .*Kernel panic - not syncing: sysrq")
    # The first check of 'fails', those before the stop, the hang and the panic, 'leaves', 'after'.
    passed = 1 + 1 + 1 + 1 + 1 + 5
    # Each check of 'fails', three cases for what they did, the panic and the case that never began.
    failed = len(planted) + 1 + 3 + 2
    has(output, "the counts", r"^%d passed, %d failed\n\Z" % (passed, failed))
    check(status == 1, "the exit status", status)


def a_guest_that_does_not_end():
    say("a guest that does not end")
    status, output = run("--timeout", "8", *faulty("stuck"))
    has(output, "the time limit is told", r"^not ok: out of time after 8 s, with 0 of 1 cases ended")
    has(output, "and counted", r"^[01] passed, 1 failed\n\Z")
    check(status == 1, "the exit status", status)


def scripts():
    say("a script of one's own")
    with tempfile.TemporaryDirectory() as directory:
        path = os.path.join(directory, "script.sh")
        with open(path, "w", encoding="utf-8") as f:
            f.write('#!/bin/sh\necho "got $# $2"\nexit 7\n')
        status, output = run("--script", path, "one", "two words")
    check((status, output) == (7, "got 2 two words\n"), "its output and status", (status, output))


def nothing_to_run_on():
    say("without qemu, without the kernel")
    with tempfile.TemporaryDirectory() as directory:
        status, output = run(PATH=directory)
        check(status == SKIPPED, "no qemu: skipped", (status, output))
        has(output, "no qemu: told", r"^SKIPPED: .*: no qemu-system-x86_64\n\Z")
        status, output = run("--kernel", "linux-image-of-nobody", BUILD=directory)
        check(status == SKIPPED, "no kernel: skipped", (status, output))
        has(output, "no kernel: told", r"^SKIPPED: .*: apt-get cannot download linux-image-of-nobody\n\Z")


if run("--prepare")[0] == SKIPPED:
    skip("the self-test, as there is no guest to run")
cases_that_fail()
a_guest_that_does_not_end()
scripts()
nothing_to_run_on()
finish()

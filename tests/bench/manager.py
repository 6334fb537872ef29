"""Figures of the manager: sync on a fake kernel, load on a real one."""

import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
TESTS = os.path.dirname(HERE)
sys.path.insert(0, os.path.join(TESTS, "fake"))
import fake

# Seconds that the guest may take: an emulated processor beside other work is slow, and a ratio is none the worse for it.
GUEST_SECONDS = 900

# As apparmor_parser, and it leaves a mark.
PARSER = """#!/bin/sh
echo called >> %s
exec /sbin/apparmor_parser "$@"
"""


def sync_seconds(run, description, count, rounds):
    """Processor seconds of a sync that finds `count` profiles unchanged, and the parser's calls."""
    with fake.Machine() as machine:
        marks = machine.file("calls", "")
        parser = machine.file("parser", PARSER % marks)
        os.chmod(parser, 0o755)
        for n in range(count):
            machine.file("services/service-%d.yaml" % n, description(n))
        directory = os.path.dirname(machine.file("services/README", ""))
        command = [fake.PROGRAM, "sync", "--quiet", "--root", machine.root, "--parser", parser, directory]
        environment = machine.environment()
        del environment["AAFORGE_FAKE_LOG"]
        subprocess.run(command, env=environment, check=True, stdout=subprocess.DEVNULL)
        open(marks, "w").close()
        seconds = min(run(command, env=environment).cpu for _ in range(rounds))
        return seconds, os.path.getsize(marks)


def load_seconds():
    """{'parser': …, 'cold': …, 'cached': …} of the guest, or the words why there are none."""
    command = [sys.executable, os.path.join(TESTS, "vm/run"), "--timeout", str(GUEST_SECONDS), "--script", os.path.join(HERE, "load.sh")]
    result = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    figures = {}
    for line in result.stdout.splitlines():
        words = line.split()
        if len(words) == 2 and words[0] in ("parser", "cold", "cached"):
            figures[words[0]] = float(words[1])
    if result.returncode != 0 or len(figures) != 3:
        return None, result.stdout[-2000:]
    return figures, ""

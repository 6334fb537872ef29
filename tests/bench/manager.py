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


HOST = """name: %(name)s
template: host
binary: /usr/sbin/%(name)s
writable: [/var/lib/%(name)s]
network: [inet tcp]
"""


def add_daemons(machine, count):
    """Descriptions of daemons that attach by path, their programs, and a process of each under its profile."""
    for n in range(count):
        name = "service-%d" % n
        machine.file("services/%s.yaml" % name, HOST % {"name": name})
        os.makedirs(machine.path("/var/lib/" + name))
        machine.put("/usr/sbin/" + name, "\x7fELF")
        os.chmod(machine.path("/usr/sbin/" + name), 0o755)
        machine.add_task(1000 + n, name, name + " (enforce)", "/usr/sbin/" + name)


def many_figures(run, count, rounds, fill):
    """Processor seconds of a sync that finds `count` profiles unchanged, of the first status after it, and how often
    both called the parser."""
    with fake.Machine() as machine:
        marks = machine.file("calls", "")
        parser = machine.file("parser", PARSER % marks)
        os.chmod(parser, 0o755)
        fill(machine, count)
        directory = os.path.dirname(machine.file("services/README", ""))
        where = ["--quiet", "--root", machine.root, "--parser", parser]
        sync = [fake.PROGRAM, "sync", *where, directory]
        environment = machine.environment()
        del environment["AAFORGE_FAKE_LOG"]
        subprocess.run(sync, env=environment, check=True, stdout=subprocess.DEVNULL)
        open(marks, "w").close()
        status = run([fake.PROGRAM, "status", *where], env=environment).cpu
        seconds = min(run(sync, env=environment).cpu for _ in range(rounds))
        return seconds, status, os.path.getsize(marks)


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

#!/usr/bin/python3
"""load and unload on the fake kernel: what goes wrong there, and that nothing is half done."""

import json
import os
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "fake"))
from fake import Machine
from harness import check, finish

TEXT = "abi <abi/3.0>,\nprofile %s%s {\n  /srv/%s r,\n%s}\n"
PARENT = "  profile %s {\n    /srv/kid r,\n  }\n"


def text(name, flags="", path=None, children=()):
    """A profile text that compiles fast."""
    inner = "".join(PARENT % child for child in children)
    return TEXT % (name, " flags=(%s)" % flags if flags else "", path or name, inner)


def same_state(name, before, machine):
    check(machine.state() == before, "%s: the kernel holds what it held" % name)


def load_and_unload():
    with Machine() as machine:
        web = machine.file("web.profile", text("web", children=("kid",)))
        db = machine.file("db.profile", text("db", "complain"))
        result = machine.run("load", web, db)
        check(result.status == 0, "load of two", result.message)
        check(
            machine.profiles() == {"web": "enforce", "web//kid": "enforce", "db": "complain"},
            "load of two: all are there",
            machine.profiles(),
        )
        check(machine.writes() == ["replace"], "load of two: one write", machine.writes())
        check(sorted(machine.records()) == ["db", "web"], "load of two: records", machine.records())

        before = machine.state()
        result = machine.run("load", web, db)
        check(result.status == 0 and machine.writes() == [], "loaded again: no write")
        same_state("loaded again", before, machine)

        machine.file("db.profile", text("db", "complain", "other"))
        result = machine.run("load", web, db)
        check(result.status == 0 and machine.writes() == ["replace"], "one of two changed")
        check(machine.state() != before, "one of two changed: it is there")

        machine.file("web.profile", text("web"))
        result = machine.run("load", web)
        check(result.status == 0, "a child is gone", result.message)
        check("web//kid" not in machine.profiles(), "a child is gone: from the kernel too")
        check(machine.writes() == ["replace", "remove"], "a child is gone: two writes")

        machine.file("web.profile", text("web", children=("a", "b")))
        machine.run("load", web)
        result = machine.run("unload", "web")
        check(result.status == 0, "unload", result.message)
        check(machine.profiles() == {"db": "complain"}, "unload: gone, the others are not")
        check(machine.writes() == ["remove"] * 3, "unload: children by name", machine.writes())
        check(sorted(machine.records()) == ["db"], "unload: the record too")
        before = machine.state()
        result = machine.run("unload", "web")
        check(result.status != 0 and "web" in result.message, "unload of what is not there")
        same_state("unload of what is not there", before, machine)


def hashes():
    """The same, whichever hash the kernel shows: none means that it is loaded again."""
    for kind, writes in (("sha1", []), ("sha256", []), ("none", ["replace"])):
        with Machine() as machine:
            web = machine.file("web.profile", text("web", children=("kid",)))
            result = machine.run("load", web, hash=kind)
            check(result.status == 0, "hash %s: load" % kind, result.message)
            result = machine.run("load", web, hash=kind)
            check(result.status == 0, "hash %s: again" % kind, result.message)
            check(machine.writes() == writes, "hash %s: again, writes" % kind, machine.writes())


def refusals():
    """Each errno has words, nothing is changed and no record is written."""
    cases = (
        ("replace:EACCES", "does not permit it"),
        ("replace:EPERM", "does not permit it"),
        ("replace:EPROTO", "damaged"),
        ("replace:short", "damaged"),
        ("replace:ENOSPC", "no room left"),
        ("replace:ENOMEM", "no memory left"),
        ("replace:ENOENT", "no such profile"),
        ("replace:EIO", "Input/output error"),
    )
    with Machine() as machine:
        old = machine.file("old.profile", text("web"))
        new = machine.file("new.profile", text("web", path="other"))
        db = machine.file("db.profile", text("db"))
        check(machine.run("load", old).status == 0, "refusals: the first load")
        before, records = machine.state(), machine.records()
        for fail, words in cases:
            result = machine.run("load", new, db, fail=fail)
            check(result.status != 0, "%s: status" % fail, result.message)
            check(words in result.message, "%s: words" % fail, result.message)
            check(result.message.count("\n") <= 2, "%s: few words" % fail, result.message)
            same_state(fail, before, machine)
            check(machine.records() == records, "%s: records" % fail)
        for fail, words in (
            ("remove:EACCES", "does not permit it"),
            ("remove:ENOENT", "no such profile"),
            ("remove:ENOMEM", "no memory left"),
            ("remove:short", "damaged"),
        ):
            result = machine.run("unload", "web", fail=fail)
            check(result.status != 0, "%s: status" % fail, result.message)
            check(words in result.message, "%s: words" % fail, result.message)
            same_state(fail, before, machine)
            check(machine.records() == records, "%s: records" % fail)
        result = machine.run("load", new, db)
        check(result.status == 0 and len(machine.profiles()) == 2, "after all refusals: it loads")


def reasons():
    """What EACCES is about is looked up."""
    with Machine() as machine:
        web = machine.file("web.profile", text("web"))
        machine.put("/sys/module/apparmor/parameters/lock_policy", "Y\n")
        result = machine.run("load", web)
        check(
            result.status != 0 and "locked until the next boot" in result.message,
            "policy is locked",
            result.message,
        )
        machine.put("/sys/module/apparmor/parameters/lock_policy", "N\n")
        machine.put("/proc/self/attr/apparmor/current", "cage (enforce)\n")
        result = machine.run("load", web, fail="replace:EACCES")
        check("'cage (enforce)'" in result.message, "confined ourselves", result.message)
        check(machine.profiles() == {}, "confined ourselves: nothing is loaded")


def compiled(source):
    parser = ["/sbin/apparmor_parser", "--config-file=/dev/null", "-QKTS"]
    return subprocess.run(
        parser + ["-M", "/etc/apparmor.d/abi/3.0"],
        input=source.encode(),
        stdout=subprocess.PIPE,
        check=True,
        env={"LC_ALL": "C"},
    ).stdout


def one_of_two_is_bad():
    """The kernel takes all or none, and what is bad is found before it is asked."""
    with Machine() as machine:
        good = compiled(text("web"))
        web = machine.file("web.bin", good)
        check(machine.run("load", web).status == 0, "a binary loads")
        before = machine.state()
        new = machine.file("new.bin", compiled(text("web", path="other")))
        for name, data in (
            ("cut", compiled(text("db"))[:-20]),
            ("with a tail", compiled(text("db")) + b"\0\0\0\0"),
            ("no policy", b"hello, world\n"),
            ("empty", b""),
            ("the same profile", good),
            ("a profile twice", compiled(text("db")) * 2),
        ):
            bad = machine.file("bad.bin", data)
            for order in ((new, bad), (bad, new)):
                result = machine.run("load", *order)
                check(result.status not in (0, -6), "one is %s: refused" % name, result.message)
                check(machine.writes() == [], "one is %s: the kernel is not asked" % name)
                same_state("one is %s" % name, before, machine)
        orphan = machine.file("orphan.bin", compiled(text("x//kid")))
        result = machine.run("load", new, orphan)
        check(
            result.status != 0 and "no 'x' for it to be a child of" in result.message,
            "one is an orphan",
            result.message,
        )
        same_state("one is an orphan", before, machine)


def namespaces():
    with Machine() as machine:
        web = machine.file("web.profile", text("web", children=("kid",)))
        result = machine.run("load", "--namespace", "tenant", web)
        check(result.status == 0, "namespace: load", result.message)
        check(
            sorted(machine.profiles()) == [":tenant:web", ":tenant:web//kid"],
            "namespace: there",
            machine.profiles(),
        )
        check(machine.run("load", web).status == 0, "namespace: ours beside it")
        check(len(machine.profiles()) == 4, "namespace: both are there", machine.profiles())
        check(len(machine.records()) == 2, "namespace: both are recorded", machine.records())
        result = machine.run("unload", "--namespace", "tenant", "web")
        check(result.status == 0, "namespace: unload", result.message)
        check(
            sorted(machine.profiles()) == ["web", "web//kid"],
            "namespace: gone, ours is not",
            machine.profiles(),
        )


def described(name):
    return "name: %s\nbinary: /app\ntemplate: minimal\n" % name


def namespaces_go():
    """A namespace that load made goes with its last profile; others stay."""
    with Machine() as machine:
        web, db = machine.file("web.profile", text("web")), machine.file("db.profile", text("db"))
        where = os.path.join(machine.apparmorfs, "policy/namespaces")
        claims = machine.path("/run/aaforge/namespaces")
        machine.run("load", "--namespace", "tenant", web, db)
        result = machine.run("unload", "--namespace", "tenant", "web")
        check("namespace" not in result.message, "namespace: it holds another", result.message)
        machine.add_task(17, "sh", ":tenant:unconfined")
        result = machine.run("unload", "--namespace", "tenant", "db")
        check("'tenant' stays: tasks are in it" in result.message, "namespace: a task is in it", result.message)
        check(os.listdir(where) == ["tenant"] and len(os.listdir(claims)) == 1, "namespace: it stays")
        machine.remove_task(17)
        machine.run("load", "--namespace", "tenant", web)
        result = machine.run("unload", "--namespace", "tenant", "web")
        check("'tenant' went with its last profile" in result.message, "namespace: ours goes", result.message)
        check(os.listdir(where) == [] and os.listdir(claims) == [], "namespace: it is gone")
        check(machine.writes() == ["remove", "remove"], "namespace: gone by a removal", machine.writes())

        # Others made it: its record is not ours.
        machine.run("load", "--namespace", "tenant", web)
        os.unlink(os.path.join(claims, os.listdir(claims)[0]))
        machine.run("load", "--namespace", "tenant", db)
        result = machine.run("unload", "--namespace", "tenant", "web", "db")
        check("stays: aaforge did not make it" in result.message, "namespace: that of others stays", result.message)
        check(os.listdir(where) == ["tenant"], "namespace: that of others is there")

        # Made for a load that the kernel then refuses.
        for fail in ("replace:ENOSPC", "replace:EACCES"):
            result = machine.run("load", "--namespace", "other", web, fail=fail)
            check(result.status == 3 and os.listdir(claims) == [], "namespace: %s: nothing is left" % fail, result.message)


# What a parser may be that is none: it adds to what it reads, or takes another name.
WRAPPER = """#!/bin/sh
case "$*" in *--version*) exec /sbin/apparmor_parser --version;; esac
(%s) | exec /sbin/apparmor_parser "$@"
"""


def names_asked_for():
    """What is compiled holds the names that were asked for, or is not loaded."""
    with Machine() as machine:
        web = machine.file("web.yaml", described("web"))
        for what, script, says in (
            ("another name", "sed 's/^profile web/profile other/'", "holds 'other'"),
            ("one more", "cat; echo 'profile evil { }'", "holds 'evil'"),
            ("a namespace", "sed 's/^profile web/profile :far:web/'", "holds ':far:web'"),
        ):
            parser = machine.file("parser", WRAPPER % script)
            os.chmod(parser, 0o755)
            for command in ("load", "install"):
                result = machine.run(command, "--no-cache", "--parser", parser, web)
                check(result.status == 1 and "'web'" in result.message and says in result.message,
                      "%s: %s" % (command, what), result.message)
                check(machine.writes() == [] and not machine.profiles(), "%s: %s: not loaded" % (command, what))
            machine.file("svc/web.yaml", described("web"))
            result = machine.run("sync", "--no-cache", "--parser", parser, os.path.dirname(web) + "/svc")
            check(result.status == 1 and machine.writes() == [], "sync: " + what, result.message)


def owner_of(machine, name):
    result = machine.run("status", "--json", name)
    return json.loads(result.text)["profiles"][0]["state"]


def full_disk():
    """ENOSPC wherever something is written: what the kernel holds is never called foreign."""
    if os.access("/dev/shm", os.W_OK):
        tempfile.tempdir = "/dev/shm"  # all of it is flushed again and again
    for command in ("load", "install", "sync"):
        for part in ("/run/aaforge/", "/etc/aaforge/", "/etc/apparmor.d/"):
            for n in range(1, 9):
                for old in (False, True):
                    with Machine() as machine:
                        web = machine.file("svc/web.yaml", described("web"))
                        operand = os.path.dirname(web) if command == "sync" else web
                        if old:
                            machine.run(command, operand)
                            machine.file("svc/web.yaml", described("web") + "readable: [/srv]\n")
                        before = machine.state()
                        result = machine.run(command, operand, env={"AAFORGE_FAKE_FULL": "%s:%d" % (part, n)})
                        what = "full disk: %s%s, write %d below %s" % (command, " again" if old else "", n, part)
                        if result.status == 0:
                            continue
                        check(result.status == 3 and "No space left" in result.message, what, result.message)
                        state = owner_of(machine, "web") if machine.profiles() else "none"
                        if machine.state() == before:
                            check(state in (("current", "stale") if old else ("none",)), what + ": nothing was done", state + result.message)
                        else:
                            check(state != "foreign" and "next run" in result.message, what + ": it is ours", state + result.message)
                        again = machine.run(command, operand)
                        check(again.status == 0 and owner_of(machine, "web") == "current", what + ": the next run", again.message)
                        left = [name for name in machine.records() if "next" in name]
                        check(not left, what + ": nothing is left", left)


def several_namespaces():
    with Machine() as machine:
        web = machine.file("web.profile", text("web"))
        one = machine.file("one.profile", text(":tenant:one"))
        before = machine.state()
        for option in ((), ("--dry-run",)):
            name = "profiles of two namespaces %s" % " ".join(option)
            result = machine.run("load", *option, web, one)
            check(result.status == 1, name + ": status", result.status)
            check("of several namespaces" in result.message, name + ": words", result.message)
            check(result.out == b"", name + ": no plan", result.text)
            same_state(name, before, machine)


def names():
    """Names that the kernel would take for others, and crash when it has them already."""
    with Machine() as machine:
        web = machine.file("web.profile", text("web"))
        check(machine.run("load", web).status == 0, "names: the first load")
        before = machine.state()
        for name in ("web ", " web", "web\u00e0", "unconfined", ":tenant:unconfined"):
            new = machine.file("new.profile", text("web", path="new"))
            other = machine.file("other.profile", text('"%s"' % name, path="x"))
            result = machine.run("load", new, other)
            check(result.status == 1, "a profile '%s': status" % name, result.status)
            check("give it another name" in result.message, "a profile '%s'" % name, result.message)
            same_state("a profile '%s'" % name, before, machine)
        fine = machine.file("fine.profile", text('"w e b"', path="x"))
        check(machine.run("load", fine).status == 0, "spaces within a name are fine")


def json_always():
    """What a program can read comes also when nothing comes of it."""
    with Machine() as machine:
        bad = machine.file("bad.yaml", "name: web\nbinary: app\n")
        good = machine.file("good.profile", text("web"))
        for arguments, status, words in (
            (("load", bad), 1, "nothing was loaded"),
            (("load", "gone.yaml"), 3, "cannot open 'gone.yaml'"),
            (("load",), 2, "name at least one"),
            (("unload", "web"), 1, "the profile 'web' is not loaded"),
            (("install", bad), 1, "nothing was installed"),
            (("remove", "web"), 1, "'web' is not installed"),
            (("sync", "gone"), 3, "there is no directory 'gone'"),
        ):
            result = machine.run(arguments[0], "--json", *arguments[1:])
            answer = json.loads(result.text)
            name = "%s --json, failing" % arguments[0]
            check(result.status == status, name + ": status", result.message)
            check(answer.get("status") == status, name + ": the status in it", answer)
            check(words in answer.get("error", ""), name + ": the words", answer)
        result = machine.run("load", "--json", good, fail="replace:ENOSPC")
        check("no room left" in json.loads(result.text)["error"], "load --json refused", result.text)
        result = machine.run("load", "--json", good)
        check("error" not in json.loads(result.text), "load --json", result.text)
        result = machine.run("remove", "web")
        hostile = machine.run("unload", "a\n\033[31mb")
        check("'a\\x0a\\x1b[31mb'" in hostile.message, "control bytes of a name", hostile.message)
        check("is loaded, but not installed" in result.message, "remove of what is loaded", result.message)


def apparmorfs_vanishes():
    with Machine() as machine:
        web = machine.file("web.profile", text("web"))
        result = machine.run("load", web, fail="replace:gone")
        check(result.status != 0, "vanishes after the write", result.message)
        check(result.message.startswith("aaforge: "), "vanishes: words", result.message)
        result = machine.run("load", web)
        check(
            result.status != 0 and "securityfs is not mounted" in result.message,
            "is not there",
            result.message,
        )
        os.rename(machine.apparmorfs + ".gone", machine.apparmorfs)
        result = machine.run("load", web)
        check(result.status == 0, "is back", result.message)
        os.unlink(os.path.join(machine.apparmorfs, ".replace"))
        machine.file("web.profile", text("web", path="other"))
        before = machine.state()
        result = machine.run("load", web)
        check("interface is gone" in result.message, "without .replace", result.message)
        same_state("without .replace", before, machine)
        result = machine.run("unload", "web")
        check(result.status == 0, "without .replace: unload is fine", result.message)


def killed():
    """Killed before or after the write: the next run ends what was begun."""
    for fail, is_loaded in (("replace:kill", False), ("replace:killed", True)):
        with Machine() as machine:
            web = machine.file("web.profile", text("web"))
            result = machine.run("load", web, fail=fail)
            check(result.status == -9, "%s: is killed" % fail, result.status)
            check(("web" in machine.profiles()) == is_loaded, "%s: the kernel" % fail)
            result = machine.run("load", web)
            check(result.status == 0, "%s: the next run" % fail, result.message)
            check(machine.profiles() == {"web": "enforce"}, "%s: the state" % fail)
            check(sorted(machine.records()) == ["web"], "%s: the record" % fail)
    with Machine() as machine:
        web = machine.file("web.profile", text("web", children=("a", "b")))
        machine.run("load", web)
        for left in (2, 1, 0):
            result = machine.run("unload", "web", fail="remove:killed:1")
            check(result.status == -9, "unload killed: status", result.message)
            check(len(machine.profiles()) == left, "unload killed: %d left" % left)
        result = machine.run("load", web)
        check(result.status == 0 and len(machine.profiles()) == 3, "unload killed: loads again")
        check(machine.run("unload", "web").status == 0, "unload killed: unloads")
        check(machine.profiles() == {} and machine.records() == {}, "unload killed: nothing stays")


def tasks():
    with Machine() as machine:
        web = machine.file("web.profile", text("web", children=("kid",)))
        machine.run("load", web)
        machine.add_task(17, "nginx", "web//kid (enforce)")
        before = machine.state()
        result = machine.run("unload", "web")
        check(result.status != 0, "a task is confined: refused")
        check("17" in result.message and "nginx" in result.message, "… names it", result.message)
        same_state("a task is confined", before, machine)
        check(len(machine.records()) == 1, "a task is confined: the record stays")
        result = machine.run("unload", "--force", "web")
        check(result.status == 0 and machine.profiles() == {}, "… but for --force", result.message)


UNSEEN = "this is not the PID namespace of the host"


def unseen_tasks():
    """Where a list of tasks may not be whole, nothing is taken away; replacing needs no tasks."""
    with Machine() as machine:
        web = machine.file("web.profile", text("web", path="x"))
        other = machine.file("other/web.profile", text("web", path="y"))
        machine.run("load", web)
        status = json.loads(machine.run("status", "--json").text)
        check(status["tasks_complete"] is True and "tasks_hidden" not in status, "all tasks are seen", status)
        machine.add_task(17, "nginx", "web (enforce)")
        machine.hide_tasks()
        before = machine.state()
        for arguments in (["web"], ["-n", "web"], [web]):
            result = machine.run("unload", *arguments)
            check(result.status == 1 and UNSEEN in result.message, "unseen tasks: refused", result.message)
            same_state("unseen tasks", before, machine)
        machine.remove_task(17)
        result = machine.run("unload", "web")
        check(result.status == 1 and "nothing was unloaded" in result.message, "nobody is seen: refused", result.message)
        same_state("nobody is seen", before, machine)
        status = json.loads(machine.run("status", "--json").text)
        check(status["tasks_complete"] is False and UNSEEN in status["tasks_hidden"] and status["partial"] is True, "status: JSON", status)
        result = machine.run("status")
        check(" 0+ " in result.text and "at least 0 confined tasks" in result.text, "status: counts", result.text)
        check("not all tasks can be seen, there may be more: " + UNSEEN in result.message, "status: why", result.message)
        result = machine.run("load", other)
        check(result.status == 0 and machine.state() != before, "load needs no tasks", result.message)
        before = machine.state()
        os.rename(machine.path("/proc"), machine.path("/gone"))
        result = machine.run("unload", "web")
        check(result.status == 1 and "cannot read the processes" in result.message, "without a proc: refused", result.message)
        same_state("without a proc", before, machine)
        os.rename(machine.path("/gone"), machine.path("/proc"))
        result = machine.run("unload", "--force", "web")
        check(result.status == 0 and machine.profiles() == {}, "--force goes on", result.message)
        check("note: tasks that cannot be seen may run unconfined from now on: " + UNSEEN in result.message, "and says so", result.message)


def late_task():
    """A task that comes under the profile after the first look keeps it: the plan waits for its reader meanwhile."""
    with Machine() as machine:
        web = machine.file("web.profile", text("web"))
        machine.run("load", web)
        before = machine.state()
        reading, writing = os.pipe()
        os.set_blocking(writing, False)
        try:
            while True:
                os.write(writing, b"x")
        except BlockingIOError:
            os.set_blocking(writing, True)
        run = machine.start("unload", "web", stdout=writing, stderr=subprocess.PIPE)
        os.close(writing)
        deadline = time.monotonic() + 60
        while not blocks(run.pid) and time.monotonic() < deadline:
            time.sleep(0.1)
        machine.add_task(17, "nginx", "web (enforce)")
        with os.fdopen(reading, "rb") as pipe:
            plan = pipe.read().lstrip(b"x")
        message = run.communicate(timeout=60)[1].decode()
        check(plan == b"- web\n" and run.returncode == 1, "a late task: refused", (plan, message))
        check("'web' stays: tasks came under it meanwhile" in message, "a late task: told", message)
        same_state("a late task", before, machine)
        check(len(machine.records()) == 1, "a late task: the record stays")


def blocks(pid):
    """Whether the process waits for the reader of a pipe."""
    with open("/proc/%d/wchan" % pid) as f:
        return "pipe_w" in f.read()


def attached(name, attachment):
    return "abi <abi/3.0>,\nprofile %s %s {\n  /srv/x r,\n}\n" % (name, attachment)


def running():
    """Processes that began before their profile was loaded."""
    with Machine() as machine:
        web = machine.file("web.profile", attached("web", "/usr/sbin/web"))
        tool = machine.file("tool.profile", attached("tool", "/opt/{a,b}/tool*"))
        plain = machine.file("plain.profile", text("plain"))
        machine.add_task(812, "web", "unconfined", "/usr/sbin/web", "/system.slice/web.service")
        machine.add_task(813, "web", "web (enforce)", "/usr/sbin/web", "/system.slice/web.service")
        machine.add_task(814, "web", "else (enforce)", "/usr/sbin/web")
        machine.add_task(20, "tool9", "unconfined", "/opt/b/tool9 (deleted)")
        machine.add_task(21, "python3", "unconfined", "/usr/bin/python3.11", words=("/usr/bin/python3", "-u", "/opt/a/tool.py"))
        machine.add_task(22, "plain", "unconfined", "plain")
        result = machine.run("load", web, tool, plain)
        check(result.status == 0, "load with processes: status 0", result.message)
        notes = [line for line in result.message.splitlines() if "was started without" in line]
        want = [
            "aaforge: note: process 20 (tool9) was started without the profile 'tool', and is unconfined: start it again",
            "aaforge: note: process 21 (python3 /opt/a/tool.py) was started without the profile 'tool', and is unconfined: start it again (by the script's own path)",
            "aaforge: note: process 812 (web, web.service) was started without the profile 'web', and is unconfined: systemctl restart web.service",
        ]
        check(sorted(notes) == want, "notes", result.message)
        profiles = {p["name"]: p for p in json.loads(machine.run("load", "--json", web, tool, plain).text)["profiles"]}
        check("running" not in profiles["plain"], "JSON: none", profiles["plain"])
        one, two = profiles["web"]["running"]
        check(one == {"pid": 812, "command": "web", "program": "/usr/sbin/web", "deleted": False, "unit": "web.service", "label": "unconfined", "mend": "systemctl restart web.service"}, "JSON", one)
        check(two["pid"] == 814 and two["label"] == "else" and "mend" not in two, "JSON: another's", two)
        check([p["deleted"] for p in profiles["tool"]["running"]] == [True, False], "JSON: a file that was replaced", profiles["tool"])
        check(profiles["tool"]["running"][1]["script"] == "/opt/a/tool.py", "JSON: a script", profiles["tool"])
        pair = machine.file("pair.profile", "abi <abi/3.0>,\n" + "".join("profile %s /opt/%s/{a,b} {\n  /srv/x r,\n  profile kid {\n    /srv/y r,\n  }\n}\n" % (n, n) for n in ("one", "two")))
        machine.add_task(25, "a", "unconfined", "/opt/two/a")
        profiles = {p["name"]: p for p in json.loads(machine.run("load", "--json", pair).text)["profiles"]}
        check("running" not in profiles["one"] and profiles["two"]["running"][0]["pid"] == 25, "two patterns of one text", profiles)
        for i in range(30, 45):
            machine.add_task(i, "web", "unconfined", "/usr/sbin/web")
        lines = machine.run("load", web).message.splitlines()
        check(sum("was started without" in line for line in lines) == 10, "ten notes", lines)
        check("aaforge: note: and 6 more processes like these" in lines, "and a number", lines)
        machine.hide_tasks()
        result = machine.run("load", web)
        check(result.status == 0 and "not all processes could be seen" in result.message and UNSEEN in result.message, "a partial list is told", result.message)
        result = machine.run("load", plain)
        check(result.status == 0 and "not all processes could be seen" in result.message, "of one that attaches to nothing, too: what it started in mode complain may be left", result.message)


def one_at_a_time():
    """Runs at the same time wait for each other, and all of them get their profiles in."""
    with Machine() as machine:
        files = [machine.file("p%d.profile" % i, text("p%d" % i)) for i in range(8)]
        pipes = {"stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE}
        runs = [machine.start("load", f, **pipes) for f in files]
        for run in runs:
            _, message = run.communicate(timeout=120)
            check(run.returncode == 0, "eight at once", message)
        check(len(machine.profiles()) == 8, "eight at once: all are there", machine.profiles())
        check(len(machine.records()) == 8, "eight at once: records", sorted(machine.records()))


for case in (
    load_and_unload,
    hashes,
    refusals,
    reasons,
    one_of_two_is_bad,
    namespaces,
    namespaces_go,
    several_namespaces,
    names_asked_for,
    full_disk,
    names,
    json_always,
    apparmorfs_vanishes,
    killed,
    tasks,
    unseen_tasks,
    late_task,
    running,
    one_at_a_time,
):
    case()
finish()

"""lookup, status and doctor on machines of every kind, on a fake kernel (tests/fake).

What lookup prints goes into a command line: nothing but a name that confines, or nothing.
"""

import hashlib
import json
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "fake"))
from fake import Machine  # noqa: E402
from harness import check, finish, say  # noqa: E402

WEB = """name: web
description: a web server
binary: [/usr/bin/web]
readable: [/srv/www/]
container:
  image: nginx:1.25
"""
QUIET = {"DOCKER_HOST": "", "DOCKER_CONFIG": "/nowhere"}


def yes(machine, what, *arguments, name="web", env=None):
    result = machine.run("lookup", *arguments, env=dict(QUIET, **(env or {})))
    check(result.status == 0 and result.out == name.encode() + b"\n", what, result.text + result.message)
    return result


def no(machine, what, finding, *arguments, status=1, env=None):
    """Nothing on standard output; the reason by its id, with what to do."""
    result = machine.run("lookup", *arguments, env=dict(QUIET, **(env or {})))
    check(result.status == status and result.out == b"", what, "%d %s" % (result.status, result.text + result.message))
    check("[%s]" % finding in result.message if finding else result.message, what + ": the reason", result.message)
    return result


def program(machine, path):
    machine.put(path, "#!/bin/sh\n")
    os.chmod(machine.path(path), 0o755)


def remove(machine, path):
    os.unlink(machine.path(path))


def loaded(text=WEB, *more):
    """A machine that holds the profile; use it with `with`."""

    class Loaded(Machine):
        def __enter__(self):
            super().__enter__()
            self.web = self.file("web.yaml", text)
            result = self.run("load", "-q", self.web, *more)
            check(result.status == 0, "the profile is loaded", result.message)
            return self

    return Loaded()


def lookup_names():
    say("lookup: what the operand names")
    with loaded() as machine:
        yes(machine, "a name", "web")
        yes(machine, "a description", machine.web)
        yes(machine, "from standard input is a description", machine.web, "--runtime", "crun")
        missed = no(machine, "a slip", "profile-not-loaded", "webb")
        check("did you mean 'web'" in missed.message, "the nearest name", missed.message)
        for word in ("unconfined", "runtime/default", "docker/default"):
            no(machine, word, "reserved-name", word)
        no(machine, "localhost/", "prefix", "localhost/web")
        no(machine, "no name at all", None, "")
        no(machine, "a name of two lines", None, "web\nrm")
        no(machine, "no operand", None, status=2)
        no(machine, "two operands", None, "web", "db", status=2)
        no(machine, "no such runtime", None, "web", "--runtime", "dockr", status=2)
        no(machine, "no such file", None, machine.web + ".gone.yaml", status=3)
        no(machine, "a broken description", None, machine.file("bad.yaml", "name: web\nbinary: {"))
        machine.put("/etc/apparmor.d/usr.bin.x", "profile inner /usr/bin/x { /y r, }\n")
        named = no(machine, "a file's name", "file-name", "usr.bin.x")
        check("'inner'" in named.message, "the name in the file", named.message)
        machine.put("/etc/aaforge/site.yaml", WEB)
        named = no(machine, "a description's name", "file-name", "site")
        check("'web'" in named.message, "the name in the description", named.message)
        text = machine.file("text", "profile web { /x r, }\nprofile other { /y r, }\n")
        no(machine, "a text with two profiles", "several-profiles", text)
        text = machine.file("text", "profile web { /x r, }\n")
        no(machine, "a text that is another", "other-policy", text)
        result = machine.run("load", "-q", text)
        yes(machine, "a text that is loaded", text)
        no(machine, "then the description is another", "other-policy", machine.web)


def lookup_images():
    say("lookup: images")
    with loaded() as machine:
        no(machine, "no description is installed", "no-image", "nginx:1.25")
        machine.put("/etc/aaforge/web.yaml", WEB)
        for image in ("nginx:1.25", "docker.io/nginx:1.25", "docker.io/library/nginx:1.25", "library/nginx:1.25",
                      "index.docker.io/library/nginx:1.25"):
            yes(machine, image, image)
        for image in ("nginx:1.26", "nginx:latest", "ghcr.io/nginx:1.25", "nginx@sha256:00", "localhost/nginx:1.25",
                      "other/nginx:1.25"):
            no(machine, image, "no-image", image)
        no(machine, "a bare name is rather a profile's", "profile-not-loaded", "nginx")
        machine.put("/etc/aaforge/web.yaml", WEB.replace("nginx:1.25", "nginx"))
        yes(machine, "no tag is latest", "nginx:latest")
        yes(machine, "a bare image", "nginx")
        machine.put("/etc/aaforge/web.yaml", WEB.replace("nginx:1.25", "r:5000/a/b:3@sha256:ab"))
        yes(machine, "a digest makes the tag meaningless", "r:5000/a/b@sha256:ab")
        no(machine, "but not a tag the digest", "no-image", "r:5000/a/b:3")
        machine.put("/etc/aaforge/two.yaml", WEB.replace("nginx:1.25", "r:5000/a/b@sha256:ab").replace("web", "two", 1))
        no(machine, "two have it", "several-images", "r:5000/a/b@sha256:ab")
        remove(machine, "/etc/aaforge/two.yaml")
        machine.put("/etc/aaforge/web.yaml", WEB.replace("/srv/www/", "/srv/else/"))
        no(machine, "the description says something else", "other-policy", "nginx:1.25")


def lookup_policy():
    say("lookup: the loaded policy")
    with loaded() as machine:
        machine.run("load", "-q", "--complain", machine.web)
        no(machine, "complain", "mode-complain", "web")
        no(machine, "complain, by the file", "mode-complain", machine.web)
        machine.web = machine.file("web.yaml", WEB + "mode: complain\n")
        told = no(machine, "complain is wanted", "mode-complain", machine.web)
        check("take 'mode: complain' out" in told.message, "what to do", told.message)
        for mode, finding in (("unconfined", "mode-unconfined"), ("kill", None)):
            text = machine.file("text", "profile web flags=(%s) { /x r, }\n" % mode)
            if machine.run("load", "-q", text).status != 0:
                continue  # a parser that does not know the mode
            if finding:
                no(machine, mode, finding, "web")
            else:
                yes(machine, mode, "web")
    with loaded(WEB, "--namespace", "tenant") as machine:
        no(machine, "in a namespace", "other-namespace", "web")
    with loaded() as machine:
        machine.run("load", "-q", machine.file("x", "profile web { /x r, profile kid flags=(complain) { /y r, } }\n"))
        result = yes(machine, "a child in complain is told", "web")
        check("[child-mode]" in result.message, "by its finding", result.message)
        check(not yes(machine, "but not with -q", "-q", "web").err, "quiet is quiet")


def lookup_kernel():
    say("lookup: the kernel")
    with loaded() as machine:
        machine.put("/sys/module/apparmor/parameters/mode", "complain\n")
        no(machine, "the kernel in complain", "kernel-mode", "web")
        machine.put("/sys/module/apparmor/parameters/enabled", "N\n")
        machine.put("/proc/cmdline", "quiet security=selinux\n")
        told = no(machine, "AppArmor off", "apparmor-off", "web")
        check("security=selinux" in told.message, "by the command line", told.message)
        program(machine, "/usr/bin/crun")
        told = no(machine, "crun with AppArmor off", "runtime-failure", "web")
        check("crun starts the container without the profile" in told.message, "what crun does", told.message)
        remove(machine, "/sys/module/apparmor/parameters/enabled")
        no(machine, "no AppArmor", "kernel-without-apparmor", "web")
    with loaded() as machine:
        os.rename(machine.path("/sys/kernel/security"), machine.path("/sys/kernel/elsewhere"))
        no(machine, "no securityfs", "securityfs-missing", "web")


def lookup_runtimes():
    say("lookup: the runtimes")
    with loaded() as machine:
        program(machine, "/usr/bin/dockerd")
        program(machine, "/usr/bin/crun")
        yes(machine, "docker and crun are fine", "web")
        no(machine, "docker on another machine", "docker-remote", "web", env={"DOCKER_HOST": "tcp://host:1"})
        yes(machine, "crun does not care", "web", "--runtime", "crun", env={"DOCKER_HOST": "tcp://host:1"})
        no(machine, "rootless docker", "docker-rootless", "web", env={"DOCKER_HOST": "unix:///run/user/7/docker.sock"})
        told = yes(machine, "one that is not there", "web", "--runtime", "kubelet")
        check("[runtime-missing]" in told.message, "is told", told.message)
        machine.put("/proc/90/comm", "dockerd\n")
        machine.put("/proc/90/status", "Uid:\t0\t0\t0\t0\n")
        machine.put("/proc/90/environ", "PATH=/bin\0container=lxc\0")
        no(machine, "docker in a container", "runtime-in-container", "web")
        machine.put("/proc/90/environ", "PATH=/bin\0mycontainer=lxc\0")
        yes(machine, "another variable", "web")
        remove(machine, "/sbin/apparmor_parser")
        told = no(machine, "docker without the parser", "runtime-parser", "web")
        check("says nothing" in told.message, "what docker does then", told.message)
        no(machine, "containerd without the parser", "runtime-parser", "web", "--runtime", "containerd")
        yes(machine, "runc without the parser", "web", "--runtime", "runc")


def lookup_tasks():
    say("lookup: a process")
    with loaded() as machine:
        machine.add_task(17, "web", "web (enforce)")
        machine.add_task(18, "web", "web//kid (enforce)")
        machine.add_task(19, "web", "web//&unconfined (enforce)")
        machine.add_task(20, "web", "web (complain)")
        machine.add_task(21, "web", "other (enforce)")
        machine.add_task(22, "web", "webb (enforce)")
        machine.add_task(23, "web", ":tenant:web (enforce)")
        machine.add_task(24, "web", "unconfined")
        for pid in (17, 18, 19):
            yes(machine, "task %d" % pid, "web", "--pid", str(pid))
            yes(machine, "task %d as described" % pid, machine.web, "--pid", str(pid))
        no(machine, "in complain", "task-mode", "web", "--pid", "20")
        for pid in (21, 22, 23):
            no(machine, "task %d" % pid, "task-other", "web", "--pid", str(pid))
        no(machine, "unconfined", "task-unconfined", "web", "--pid", "24")
        no(machine, "gone", None, "web", "--pid", "999")
        machine.file("web.yaml", WEB.replace("/srv/www/", "/srv/else/"))
        no(machine, "confined by another policy", "other-policy", machine.web, "--pid", "17")


def rows(machine, *arguments):
    result = machine.run("status", "--json", *arguments)
    try:
        return result, {row["name"]: row for row in json.loads(result.out)["profiles"]}
    except ValueError:
        check(False, "status --json is JSON", result.text + result.message)
        return result, {}


def state(machine, what, wanted, status, *arguments, name="web"):
    result, profiles = rows(machine, *arguments)
    row = profiles.get(name, {})
    check((row.get("state"), result.status) == (wanted, status), what, "%s %d %s" % (row, result.status, result.message))
    return row


def status_states():
    say("status: states")
    with loaded() as machine:
        state(machine, "current", "current", 0)
        state(machine, "current, by the file", "current", 0, machine.web)
        machine.add_task(17, "web", "web (enforce)")
        machine.add_task(18, "web", "web//kid (enforce)")
        machine.add_task(19, "web", "webb (enforce)")
        check(state(machine, "its tasks", "current", 0).get("tasks") == [17, 18], "two of three tasks")
        machine.file("web.yaml", WEB.replace("/srv/www/", "/srv/else/"))
        state(machine, "stale", "stale", 1)
        os.unlink(machine.web)
        row = state(machine, "its file is gone", "current", 0)
        check("cannot be read" in row.get("why", ""), "and that is told", row)
        machine.file("web.yaml", WEB)
        records = machine.records()
        machine.run("load", "-q", machine.file("x", "profile web { /x r, profile kid { /y r, } }\n"))
        with open(machine.path("/run/aaforge/loaded/web"), "wb") as f:
            f.write(records["web"])
        row = state(machine, "drifted", "drifted", 1)
        check(row.get("children") == [{"name": "web//kid", "mode": "enforce"}], "its child", row)
        os.unlink(machine.path("/run/aaforge/loaded/web"))
        state(machine, "foreign", "foreign", 0)
        state(machine, "foreign, by its name", "foreign", 1, "web")
        state(machine, "a child's name is its parent's", "foreign", 1, "web//kid")
        result = machine.run("status", "wab")
        check(result.status == 1 and "did you mean 'web'" in result.message, "an unknown name", result.message)
    with loaded() as machine:
        machine.run("install", "-q", machine.file("db.yaml", WEB.replace("name: web", "name: db")))
        state(machine, "installed", "current", 0, name="db")
        check(os.path.isfile(machine.path("/etc/apparmor.d/db")), "the installed text is there")
        text = machine.run("status").text
        check(text.splitlines()[0].split() == ["NAME", "MODE", "STATE", "TASKS", "SOURCE"], "the table", text)
        check(text.splitlines()[-1] == "2 profiles: 2 current; 0 confined tasks", "the counts", text)
        os.symlink("../db", machine.path("/etc/apparmor.d/disable/db"))
        check(state(machine, "disabled", "current", 0, name="db").get("disabled") is True, "a link in disable/")
        machine.put("/etc/aaforge/db.yaml", WEB.replace("name: web", "name: db") + "# more\n")
        state(machine, "its description changed", "stale", 1, name="db")
        with open(machine.path("/etc/apparmor.d/db"), "a") as f:
            f.write("profile more { /x r, }\n")
        check(state(machine, "edited", "edited", 1, "db", name="db").get("edited") is True, "is told")
        os.unlink(machine.path("/run/aaforge/loaded/db"))
        machine.run("unload", "--force", "db")
        state(machine, "missing", "missing", 1, name="db")
        machine.put("/sys/module/apparmor/parameters/enabled", "N\n")
    with Machine() as machine:
        check(machine.run("status").text == "0 profiles; 0 confined tasks\n", "an empty machine")
        os.rename(machine.path("/sys/kernel/security"), machine.path("/sys/kernel/elsewhere"))
        check(machine.run("status").status == 3, "no kernel")


OWN = "profile @{name} {\n  /srv/own r,\n}\n"
WORKER = "profile @{name} {\n  /srv/worker r,\n}\n"
TEMPLATES = """name: own
template: ./base/own.profile
binary: /usr/bin/own
exec: [{path: /usr/bin/worker, as: child worker}]
children: {worker: {template: ./base/worker.profile, binary: /usr/bin/worker}}
"""


def write(path, text):
    with open(path, "w") as f:
        f.write(text)


def templates():
    say("what a template was when it was installed")

    def stale(what, template=None):
        row = state(machine, what, "stale", 1, "own", name="own")
        check("its template '%s' was changed" % (template or "./base/own.profile") in row.get("why", ""), what, row)
        check(row.get("confines") is False, what + ": does not confine as described", row)
        check("[description-changed]" in yes(machine, what + ": the name", "own", name="own").message, what + " is told")
        no(machine, what + ": the file", "other-policy", own)
        doctor_finds(machine, what, "warning", "stale", 0)
        plan = machine.run("sync", "-n", os.path.dirname(own)).text
        check(plan.startswith("~ own "), what + ": sync would change it", plan)

    def current(what):
        result = machine.run("sync", "-q", os.path.dirname(own))
        check(result.status == 0, what + ": synced", result.message)
        state(machine, what, "current", 0, "own", name="own")
        result = yes(machine, what, "own", name="own")
        check("[description-changed]" not in result.message, what + ": nothing is told", result.message)

    with Machine() as machine:
        base = os.path.dirname(machine.file("svc/base/own.profile", OWN))
        machine.file("svc/base/worker.profile", WORKER)
        own = machine.file("svc/own.yaml", TEMPLATES)
        current("installed")
        write(base + "/own.profile", OWN.replace("/srv/own", "/srv/more"))
        stale("another template")
        current("synced")
        write(base + "/worker.profile", WORKER.replace("/srv/worker", "/srv/more"))
        stale("another template of a child", "./base/worker.profile")
        current("synced again")
        os.rename(base + "/own.profile", base + "/away")
        row = state(machine, "a template that is gone", "stale", 1, "own", name="own")
        check("its template './base/own.profile' was changed" in row.get("why", ""), "is told", row)
        os.rename(base + "/away", base + "/own.profile")
        state(machine, "and back", "current", 0, "own", name="own")
        write(machine.path("/etc/aaforge/base/own.profile"), OWN)
        row = state(machine, "the copy was changed", "stale", 1, "own", name="own")
        os.rename(base, base + ".away")
        os.rename(own, own + ".away")
        write(machine.path("/etc/aaforge/base/own.profile"), OWN.replace("/srv/own", "/srv/more"))
        state(machine, "a directory that is gone", "current", 0, "own", name="own")
        os.rename(base + ".away", base)
        os.rename(own + ".away", own)
        path = machine.path("/etc/apparmor.d/own")
        with open(path) as f:
            text = f.read().split("\n", 1)[1]
        check(text.count("# SHA-256 of the template: ") == 2, "a line for each template", text)
        text = "\n".join(line for line in text.split("\n") if not line.startswith("# SHA-256 of the template: "))
        write(path, "# Installed by aaforge. SHA-256 of what follows: %s\n%s" % (
            hashlib.sha256(text.encode()).hexdigest(), text))
        write(base + "/own.profile", OWN)
        row = state(machine, "installed by an older version", "current", 0, "own", name="own")
        check("template" not in row.get("why", ""), "nothing is said", row)
        current("synced by this one")
        write(base + "/own.profile", OWN + "# a comment\n")
        row = state(machine, "only a comment", "stale", 1, "own", name="own")
        plan = machine.run("sync", "-n", os.path.dirname(own)).text
        check(plan.startswith("~ own "), "sync writes the text", plan)
        compiled = machine.run("compile", "--allow-missing", own)
        check("the template: " not in compiled.text and "the description: " in compiled.text,
              "compile alone prints none", compiled.text + compiled.message)
    with Machine() as machine:
        shared = "/etc/aaforge/templates/shared.profile"
        machine.put(shared, OWN)
        for name in ("one", "two"):
            machine.put("/srv/svc/%s.yaml" % name, TEMPLATES.split("exec:")[0].replace(
                "name: own", "name: " + name).replace("./base/own.profile", shared))
        result = machine.run("sync", "-q", machine.path("/srv/svc"))
        check(result.status == 0, "a shared template", result.message)
        state(machine, "both are current", "current", 0, name="one")
        machine.put(shared, OWN.replace("/srv/own", "/srv/more"))
        state(machine, "one", "stale", 1, name="one")
        state(machine, "two", "stale", 1, name="two")


def doctor_finds(machine, what, severity, finding, status):
    result = machine.run("doctor", env=QUIET)
    check(result.status == status and "\n%s %s: " % (severity, finding) in "\n" + result.text, what, result.text)
    ranks = [("error", "warning", "note", "ok").index(line.split()[0]) for line in result.text.splitlines()
             if not line.startswith(" ")]
    check(ranks == sorted(ranks), what + ": errors first", result.text)
    return result


def doctor():
    say("doctor")
    with loaded() as machine:
        doctor_finds(machine, "all is well", "ok", "apparmor", 0)
        result = machine.run("doctor", "--json", env=QUIET)
        found = json.loads(result.out)
        check(found["errors"] == 0 and all(f["id"] and f["message"] for f in found["findings"]), "as JSON", result.text)
        check(machine.run("doctor", "x").status == 2, "an operand")
        parameters = "/sys/module/apparmor/parameters/"
        machine.put(parameters + "lock_policy", "Y\n")
        doctor_finds(machine, "locked", "warning", "policy-locked", 0)
        machine.put(parameters + "hash_policy", "N\n")
        doctor_finds(machine, "no hashes", "warning", "hash-off", 0)
        machine.put("/proc/sys/kernel/apparmor_restrict_unprivileged_userns", "1\n")
        doctor_finds(machine, "user namespaces", "note", "userns-restricted", 0)
        machine.put("/etc/apparmor.d/a", "profile twice { /x r, }\n")
        machine.put("/etc/apparmor.d/b", "profile twice { /x r, }\n")
        doctor_finds(machine, "a name twice", "warning", "duplicate-profile", 0)
        os.mkdir(machine.path("/etc/aaforge/.transaction"))
        doctor_finds(machine, "a journal", "warning", "journal", 0)
        os.rmdir(machine.path("/etc/aaforge/.transaction"))
        program(machine, "/usr/bin/podman")
        result = doctor_finds(machine, "podman", "ok", "runtime", 0)
        check("podman, /usr/bin/podman" in result.text, "is found, and not run in another root", result.text)
        os.makedirs(machine.path("/etc/systemd/system"))
        doctor_finds(machine, "apparmor.service", "warning", "service-missing", 0)
        os.symlink("/dev/null", machine.path("/etc/systemd/system/apparmor.service"))
        doctor_finds(machine, "masked", "error", "service-masked", 1)
        machine.put(parameters + "lock_policy", "N\n")
        machine.put(parameters + "hash_policy", "Y\n")
        machine.run("install", "-q", machine.file("db.yaml", WEB.replace("name: web", "name: db")))
        machine.run("unload", "--force", "db")
        doctor_finds(machine, "not loaded", "error", "not-loaded", 1)
        os.symlink("../db", machine.path("/etc/apparmor.d/disable/db"))
        doctor_finds(machine, "disabled", "warning", "disabled", 1)
        remove(machine, "/sbin/apparmor_parser")
        doctor_finds(machine, "no parser", "error", "parser-missing", 1)
        machine.put(parameters + "enabled", "N\n")
        doctor_finds(machine, "off", "error", "apparmor-off", 1)


def hostile():
    """A tree that means harm: nothing crashes, nothing is believed."""
    say("a hostile tree")
    with loaded() as machine:
        yes(machine, "before", "web")
        machine.put("/proc/90/comm", "dockerd\n")
        machine.put("/proc/90/status", "Uid:")
        machine.put("/proc/90/environ", "container=" + "x" * 200000)
        machine.put("/proc/cmdline", "apparmor=" * 1000)
        machine.put("/etc/aaforge/x.yaml", "&a [*a, {" * 100)
        machine.put("/etc/apparmor.d/x", "profile " * 10000 + "{" * 10000)
        os.mkfifo(machine.path("/etc/apparmor.d/fifo"))
        os.symlink("/dev/zero", machine.path("/etc/apparmor.d/zero"))
        os.symlink("loop", machine.path("/etc/apparmor.d/loop"))
        for command in (("lookup", "web"), ("lookup", "nginx:1"), ("lookup", "fifo"), ("lookup", "zero"), ("lookup", "x"),
                        ("status",), ("status", "--json"), ("doctor",), ("doctor", "--json")):
            result = machine.run(*command, env=QUIET, timeout=60)
            check(result.status in (0, 1, 3), "%s: status %d" % (command, result.status), result.message[-2000:])
            check(b"\x1b" not in result.out + result.err, "%s: no control bytes" % (command,))


def main():
    lookup_names()
    lookup_images()
    lookup_policy()
    lookup_kernel()
    lookup_runtimes()
    lookup_tasks()
    status_states()
    templates()
    doctor()
    hostile()
    finish()


main()

"""install, remove and sync on a fake kernel: ownership, idempotence, drift, prune, templates, images, --watch."""

import json
import os
import re
import select
import shutil
import signal
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "fake"))
from harness import ROOT, check, finish, say  # noqa: E402
from fake import Machine  # noqa: E402

PATIENCE = 120  # seconds that a line of the log may take, on the slowest machine


def description(name, *lines):
    """Without abstractions, which apparmor_parser takes long for."""
    return "\n".join(["name: " + name, "binary: /app", *(lines or ["template: minimal"])]) + "\n"


class World(Machine):
    """A machine, a directory of descriptions, and what tests ask about them."""

    def __enter__(self):
        super().__enter__()
        self.directory = os.path.dirname(self.file("svc/.keep", ""))
        self.calls = os.path.join(self._top, "calls")
        parser = self.file("parser", '#!/bin/sh\necho "$*" >>%s\nexec /sbin/apparmor_parser "$@"\n' % self.calls)
        os.chmod(parser, 0o755)
        self.parser = parser
        return self

    def describe(self, name, *lines, file=None):
        return self.file("svc/%s" % (file or name + ".yaml"), description(name, *lines))

    def go(self, command, *arguments, **options):
        parser = [] if command == "remove" else ["--parser", self.parser]
        return self.run(command, *parser, *arguments, **options)

    def parsed(self):
        """How many texts apparmor_parser was given since the last question."""
        if not os.path.exists(self.calls):
            return 0
        with open(self.calls) as f:
            count = sum("--version" not in line for line in f)
        os.unlink(self.calls)
        return count

    def program(self, *names):
        """Programs of the machine, below /usr/bin."""
        for name in names:
            path = self.path("/usr/bin/" + name)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            write(path, "#!/bin/sh\n")
            os.chmod(path, 0o755)

    def text(self, name):
        return self.path("/etc/apparmor.d/" + name)

    def copy(self, name):
        return self.path("/etc/aaforge/" + name)

    def backups(self):
        """All that is kept, as one text."""
        texts = []
        for folder, _, names in os.walk(self.copy("backup")):
            texts += [read(os.path.join(folder, name)) for name in names]
        return "\n".join(texts)

    def behind_our_back(self, command, *arguments):
        """Changes the kernel as somebody else does: aaforge's records stay as they are."""
        records = self.path("/run/aaforge/loaded")
        kept = records + ".kept"
        if os.path.isdir(records):
            shutil.copytree(records, kept)
        result = self.run(command, *arguments)
        shutil.rmtree(records, ignore_errors=True)
        if os.path.isdir(kept):
            os.rename(kept, records)
        check(result.status == 0, "somebody else: " + command, result.message)

    def snapshot(self):
        """Everything that a refused run must leave alone."""
        files = {}
        for top in ("/etc/aaforge", "/etc/apparmor.d", "/run/aaforge/loaded"):
            for folder, folders, names in os.walk(self.path(top)):
                folders[:] = [f for f in folders if f not in ("abstractions", "tunables", "abi")]
                for name in names:
                    path = os.path.join(folder, name)
                    files[path] = os.readlink(path) if os.path.islink(path) else read(path)
        return files, self.state()


def read(path):
    with open(path, encoding="utf-8", errors="replace") as f:
        return f.read()


def write(path, text):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as f:
        f.write(text)


def done(result, pattern, name):
    """It succeeded, and a line of what it said matches."""
    everything = result.text + result.message
    check(result.status == 0 and re.search(pattern, everything, re.M), name, "status %d\n%s" % (result.status, everything))


def refused(world, before, result, pattern, name, status=1):
    """It failed, said so, and changed nothing."""
    everything = result.text + result.message
    check(result.status == status and re.search(pattern, everything, re.M), name, "status %d\n%s" % (result.status, everything))
    check(world.snapshot() == before, name + ": nothing has changed")


def install():
    with World() as world:
        world.describe("web")
        world.describe("api", "template: host", file="service.yaml")
        before = world.snapshot()
        refused(world, before, world.go("install", world.directory), r"program '/app' is missing below .*\[program-missing\]$", "install: no program")
        done(world.go("install", "--dry-run", "--allow-missing", world.directory), r"^\+ api ", "install: no program yet")
        write(world.path("/app"), "\x7fELF")
        os.chmod(world.path("/app"), 0o755)
        done(world.go("install", world.directory), r"^\+ api ", "install a directory")
        check(world.profiles() == {"web": "enforce", "api": "enforce"}, "install: loaded", world.profiles())
        check(world.writes() == ["replace"], "install: one write", world.writes())
        check(read(world.copy("api.yaml")) == description("api", "template: host"), "install: the description")
        check(read(world.text("web")).startswith("# Installed by aaforge. SHA-256"), "install: the mark")
        check(sorted(world.records()) == ["api", "web"], "install: the records", world.records())
        check(not os.path.exists(world.copy(".transaction")), "install: no journal is left")
        world.parsed()
        before = world.snapshot()
        done(world.go("install", world.directory), r"^nothing to do: 2 profiles unchanged$", "install again")
        check(world.parsed() == 0 and world.writes() == [], "install again: no parser, no write")
        refused(world, before, world.go("install", "-"), "standard input", "install -", 2)
        refused(world, before, world.go("install"), "at least one description", "install nothing", 2)
        refused(world, before, world.go("install", world.path("nope.yaml")), "No such file", "install a missing file", 3)
        world.file("svc/bad.yaml", "name: bad\n")
        refused(world, before, world.go("install", world.directory), "nothing was installed", "install a broken one")
        bad = world.file("bad/bad.yaml", description("abstractions"))
        refused(world, before, world.go("install", "--force", bad), "'abstractions'", "install a name that is a directory")
        text = world.file("text", "profile text { /x r, }\n")
        refused(world, before, world.go("install", text), "is no description", "install a profile text", 2)
        several = world.file("several/a.yaml", description("one") + "---\n" + description("two"))
        done(world.go("install", several), "^2 new", "install two documents of a file")
        check("one" in read(world.copy("one.yaml")) and "two" not in read(world.copy("one.yaml")), "install: each has its own file")
        done(world.go("sync", world.path("/etc/aaforge")), "^nothing to do: 4", "sync of what is installed")


def ownership():
    with World() as world:
        path = world.describe("web")
        write(world.text("web"), "# mine\nprofile web { /x r, }\n")
        before = world.snapshot()
        refused(world, before, world.go("install", path), "'.*/apparmor.d/web' was not made by aaforge", "a foreign text")
        refused(world, before, world.go("sync", world.directory), "was not made by aaforge", "sync over a foreign text")
        done(world.go("install", "--force", path), "kept below '.*/backup'", "a foreign text, forced")
        check("# mine" in world.backups(), "the foreign text is kept", world.backups())

        with open(world.text("web"), "a", encoding="utf-8") as f:
            f.write("# edited\n")
        before = world.snapshot()
        refused(world, before, world.go("install", path), "was edited since aaforge wrote it", "an edited text")
        refused(world, before, world.go("sync", world.directory), "was edited since", "sync over an edited text")
        refused(world, before, world.go("remove", "web"), "was edited since", "remove an edited text")
        done(world.go("install", "--force", path), "^~ web .*edited", "an edited text, forced")
        check("# edited" in world.backups(), "the edited text is kept")

        write(world.copy("web.yaml"), description("web", "template: minimal", "readable: [/srv]"))
        before = world.snapshot()
        refused(world, before, world.go("install", path), "description '.*/web.yaml' was edited", "an edited description")
        done(world.go("install", "--force", path), "kept below", "an edited description, forced")
        check("/srv" in world.backups(), "the edited description is kept")
        check(read(world.copy("web.yaml")) == description("web"), "the description is the new one")

        other = world.describe("other")
        write(world.copy("other.yaml"), "# somebody's notes\n")
        before = world.snapshot()
        refused(world, before, world.go("install", other), "'.*/other.yaml' was not made by aaforge", "a foreign description")
        os.unlink(world.copy("other.yaml"))

        text = world.file("alien", "profile alien { /x r, }\n")
        world.behind_our_back("load", text)
        alien = world.describe("alien")
        before = world.snapshot()
        words = "'alien': the kernel holds a profile of that name that aaforge did not load; --force replaces it$"
        refused(world, before, world.go("install", alien), words, "install over a foreign profile")
        held = world.profiles()
        result = world.go("sync", world.directory)
        check(result.status == 1 and re.search(words, result.message, re.M), "sync over a foreign profile", result.message)
        check("other" in world.profiles() and not os.path.exists(world.text("alien")), "the others are applied", result.message)
        check(set(world.profiles()) - {"other"} == set(held), "the foreign one stays", world.profiles())
        result = world.go("sync", "--force", world.directory)
        done(result, r"^\+ alien ", "a foreign profile, forced")
        check("backup" not in result.message, "of what the kernel held no file is kept", result.message)
        check(world.profiles().get("alien") == "enforce", "the foreign profile is replaced")

        # Loaded by aaforge load: ours.
        hand = world.describe("hand")
        done(world.go("load", hand), r"^\+ hand", "load")
        done(world.go("install", hand), r"^\+ hand", "install what load has loaded")
        check(world.writes() == [], "it is in the kernel already", world.writes())

        # After a boot there are no records, but texts of ours.
        shutil.rmtree(world.path("/run/aaforge/loaded"))
        world.describe("hand", "template: minimal", "readable: [/srv]")
        done(world.go("install", hand), r"^~ hand .*its text is another", "a change after a boot")


def drift():
    with World() as world:
        path = world.describe("web")
        world.describe("db")
        done(world.go("sync", world.directory), "^2 new", "sync")
        identity = world.state()
        world.behind_our_back("load", "--complain", path)
        check(world.profiles()["web"] == "complain", "set to complain")
        before = world.snapshot()
        refused(world, before, world.go("install", path), "somebody else has replaced", "install over drift")
        result = world.go("sync", "--dry-run", world.directory)
        done(result, "^~ web .*is loaded in mode complain, not enforce", "drift is seen")
        check(world.snapshot() == before, "a dry run changes nothing")
        done(world.go("sync", world.directory), "^0 new, 1 changed, 0 gone, 1 unchanged$", "drift is mended")
        check(world.profiles() == {"web": "enforce", "db": "enforce"}, "it is as it was", world.profiles())
        world.behind_our_back("load", world.file("text", "profile web { /x r, }\n"))
        done(world.go("sync", world.directory), "^~ web .*was replaced by somebody else", "another policy is mended")
        world.behind_our_back("unload", "--force", "web")
        done(world.go("sync", world.directory), "^~ web .*; is not loaded", "an unloaded profile is loaded")
        check(len(world.state()) == len(identity), "the kernel holds what it held")
        world.describe("db", "template: minimal", "mode: complain")
        done(world.go("sync", world.directory), "^~ db .*complain; its text is another", "a change of the mode")
        check(world.profiles()["db"] == "complain", "the mode of the description")
        # Without hashes, the text that was loaded tells.
        done(world.go("sync", world.directory, hash="none"), "", "a kernel without hashes")
        done(world.go("sync", world.directory, hash="none"), "^nothing to do: 2", "again")
        world.describe("db", "template: minimal", "readable: [/srv]")
        done(world.go("sync", world.directory, hash="none"), "1 changed", "loaded without a hash")
        done(world.go("sync", world.directory, hash="none"), "note: the kernel shows no hashes: whether somebody has replaced 'db' and others cannot be seen", "what cannot be seen is told")


def idempotent():
    with World() as world:
        for i in range(20):
            world.describe("svc%d" % i)
        result = world.go("sync", "--json", world.directory)
        plan = json.loads(result.text)
        check(plan["changed"] is True and len(plan["profiles"]) == 20, "sync: the plan", result.text)
        check({p["action"] for p in plan["profiles"]} == {"new"}, "sync: all are new")
        check(world.parsed() > 0, "sync: the parser was asked")
        before = world.snapshot()
        times = {p: os.stat(p).st_mtime_ns for p in before[0]}
        result = world.go("sync", "--json", world.directory)
        plan = json.loads(result.text)
        check(result.status == 0 and plan["changed"] is False, "sync again: unchanged", result.text)
        check({p["action"] for p in plan["profiles"]} == {"same"}, "sync again: all are the same")
        check(world.parsed() == 0, "sync again: no call of the parser")
        check(world.writes() == [], "sync again: no write to the kernel")
        check(world.snapshot() == before, "sync again: nothing has changed")
        check(times == {p: os.stat(p).st_mtime_ns for p in before[0]}, "sync again: no file was written")
        done(world.go("sync", world.directory), "^nothing to do: 20 profiles unchanged$", "sync again, as text")
        result = world.go("sync", "--quiet", world.directory)
        check(result.status == 0 and result.text + result.message == "", "sync --quiet says nothing", result.message)
        # The same descriptions under another file name are no change of the policy.
        os.rename(world.directory + "/svc3.yaml", world.directory + "/renamed.yaml")
        done(world.go("sync", world.directory), "^nothing to do: 20", "a file was renamed")
        # What is missing on disk comes back.
        os.unlink(world.copy("svc1.yaml"))
        os.unlink(world.text("svc2"))
        result = world.go("sync", world.directory)
        done(result, "^~ svc1 .*its description", "a description was deleted")
        done(result, r"^\+ svc2 ", "a text was deleted")
        check(world.writes() == [], "the kernel had them", world.writes())
        check(world.snapshot()[0].keys() == before[0].keys(), "all are there again")


def broken():
    with World() as world:
        world.describe("web")
        done(world.go("sync", world.directory), "^1 new", "sync")
        world.describe("bad")
        world.describe("old")
        done(world.go("sync", world.directory), "^2 new", "sync of two more")
        os.unlink(world.directory + "/old.yaml")
        world.describe("fresh")
        world.file("svc/bad.yaml", "name: bad\nbinry: /x\n")
        kept = read(world.text("bad")), read(world.copy("bad.yaml"))
        result = world.go("sync", "--prune", "--json", world.directory)
        check(result.status == 1 and "unknown key 'binry'" in result.message, "one is broken", result.message)
        plan = {p["name"]: p for p in json.loads(result.text)["profiles"]}
        actions = {name: plan[name]["action"] for name in plan}
        check(actions == {"bad": "refused", "fresh": "new", "old": "same", "web": "same"}, "JSON lists the broken one", actions)
        check("refused" in plan["bad"]["why"] and "problems" in plan["old"]["why"], "with the reasons", plan)
        check((read(world.text("bad")), read(world.copy("bad.yaml"))) == kept, "the broken one keeps what is there")
        check(sorted(world.profiles()) == ["bad", "fresh", "old", "web"], "the others are applied, none is pruned", world.profiles())
        result = world.go("sync", world.directory)
        check(result.status == 1 and re.search("^0 new, 0 changed, 0 gone, 2 unchanged, 1 refused$", result.message, re.M), "again", result.message)
        world.file("only/bad.yaml", "name: bad\nbinry: /x\n")
        result = world.go("sync", os.path.dirname(world.file("only/bad.yaml", "name: bad\nbinry: /x\n")))
        check(result.status == 1 and "nothing to do" not in result.message and "1 refused" in result.message, "nothing but a broken one", result.message)
        os.unlink(world.directory + "/bad.yaml")
        world.describe("new")
        before = world.snapshot()
        for fail, word in (("replace:EPROTO", "cannot load"), ("replace:ENOSPC", "no room left"), ("replace:EACCES", "cannot load"), ("replace:short", "cannot load")):
            result = world.go("sync", world.directory, fail=fail)
            refused(world, before, result, word, "the kernel says " + fail, 3)
        result = world.go("sync", world.directory, "--parser", "/nowhere/parser")
        refused(world, before, result, "/nowhere/parser", "no parser", 3)
        done(world.go("sync", world.directory), "^1 new", "then it works")
        world.describe("later")
        result = world.go("sync", world.directory, fail="replace:EPROTONOSUPPORT:1")
        check("later" in world.snapshot()[0][world.copy("later.yaml")], "a kernel of another version: the files", result.message)
        refused(world, world.snapshot(), world.go("sync"), "name one directory", "sync without operand", 2)
        refused(world, world.snapshot(), world.go("sync", world.directory, world.directory), "name one directory", "sync of two", 2)
        refused(world, world.snapshot(), world.go("sync", world.directory + "/web.yaml"), "no directory", "sync of a file", 3)
        refused(world, world.snapshot(), world.go("sync", "--watch", "-n", world.directory), "exclude", "watch and dry run", 2)


def prune():
    with World() as world:
        for name in ("web", "db", "old"):
            world.describe(name)
        done(world.go("sync", world.directory), "^3 new", "sync")
        os.unlink(world.directory + "/old.yaml")
        done(world.go("sync", world.directory), "not described in '.*' .*: 'old'", "without --prune it stays")
        plan = json.loads(world.go("sync", "--json", world.directory).text)
        old = [p for p in plan["profiles"] if p["name"] == "old"]
        check(plan["changed"] is False and old[0]["action"] == "same" and "--prune" in old[0]["why"], "JSON tells of it", plan)
        world.add_task(17, "nginx", "old (enforce)")
        before = world.snapshot()
        refused(world, before, world.go("sync", "--prune", world.directory), r"process 17 \(nginx\)", "prune with a task")
        world.remove_task(17)
        world.hide_tasks()
        refused(world, world.snapshot(), world.go("sync", "--prune", world.directory), "'old' cannot be removed: it may confine tasks that cannot be seen", "prune without seeing the tasks")
        refused(world, world.snapshot(), world.go("remove", "old"), "'old' cannot be removed: it may confine tasks that cannot be seen", "remove without seeing the tasks")
        done(world.go("sync", world.directory), "nothing to do", "sync needs no tasks")
        world.show_tasks()
        before = world.snapshot()
        done(world.go("sync", "--prune", "-n", world.directory), "^- old ", "prune, dry run")
        check(world.snapshot() == before, "prune, dry run: nothing has changed")
        done(world.go("sync", "--prune", world.directory), "^- old ", "prune")
        check(sorted(world.profiles()) == ["db", "web"], "prune: unloaded", world.profiles())
        check(not os.path.exists(world.text("old")) and not os.path.exists(world.copy("old.yaml")), "prune: files are gone")
        check(sorted(world.records()) == ["db", "web"], "prune: the record is gone")

        before = world.snapshot()
        empty = os.path.dirname(world.file("empty/.keep", ""))
        refused(world, before, world.go("sync", empty), "holds no description", "an empty directory")
        refused(world, before, world.go("sync", "--prune", empty), "wants --force", "an empty directory, prune")
        # A file whose name is one profile and whose content is another must not go with the first.
        os.rename(world.copy("db.yaml"), world.copy("keep"))
        write(world.copy("db.yaml"), description("db2"))
        result = world.go("sync", "--prune", world.path("/etc/aaforge"))
        check(result.status == 1 and "would go with it, but describes 'db2'" in result.message, "another's description", result.message)
        check(os.path.exists(world.text("db")) and os.path.exists(world.copy("db.yaml")), "it stays", world.profiles())
        check("db2" in world.profiles() and "db" in world.profiles(), "and what it describes is applied", world.profiles())
        os.rename(world.copy("keep"), world.copy("db.yaml"))
        done(world.go("sync", "--prune", "--force", empty), "3 gone", "an empty directory, forced")
        check(world.profiles() == {}, "all are gone", world.profiles())
        done(world.go("sync", world.path("/etc/aaforge")), "^nothing to do: 0", "nothing is installed any more")


def remove():
    with World() as world:
        for name in ("web", "db"):
            world.describe(name)
        done(world.go("install", world.directory), "^2 new", "install")
        write(world.text("foreign"), "profile foreign { /x r, }\n")
        before = world.snapshot()
        refused(world, before, world.go("remove", "wep"), "did you mean 'web'", "remove: the nearest name")
        refused(world, before, world.go("remove", "web", "nope"), "'nope' is not installed", "remove: one of two")
        refused(world, before, world.go("remove", "foreign"), "somebody else's", "remove: a foreign one")
        refused(world, before, world.go("remove", "../web"), "not installed", "remove: a path")
        refused(world, before, world.go("remove"), "at least one", "remove: nothing", 2)
        world.add_task(4711, "sh", "web//child (enforce)")
        refused(world, before, world.go("remove", "db", "web"), r"process 4711 \(sh\)", "remove: a task")
        write(world.copy("foo.yaml"), description("db"))
        refused(world, world.snapshot(), world.go("remove", "db"), "'.*/foo.yaml' describes it too", "remove: it would come back")
        os.unlink(world.copy("foo.yaml"))
        done(world.go("remove", "-n", "db"), "^- db ", "remove: dry run")
        check(world.snapshot() == before, "remove: dry run changes nothing")
        done(world.go("remove", "db", "db"), "^0 new, 0 changed, 1 gone", "remove")
        done(world.go("remove", "--force", "--json", "web"), '"action":"gone"', "remove: forced")
        check(world.profiles() == {} and world.records() == {}, "remove: nothing is left")
        check(sorted(os.listdir(world.path("/etc/aaforge"))) in ([], ["backup"]), "remove: no file is left", os.listdir(world.path("/etc/aaforge")))
        check(os.path.exists(world.text("foreign")), "remove: what others made stays")


def ours_only():
    """Out of the kernel goes what the hash says is ours."""
    with World() as world:
        for name in ("web", "db", "api"):
            world.describe(name)
        done(world.go("install", world.directory), "^3 new", "install")
        world.behind_our_back("load", world.file("other", "profile web { /x r, }\n"))
        plan = json.loads(world.run("remove", "--json", "web").text)
        check(plan["profiles"][0]["action"] == "gone" and "stays" in plan["profiles"][0]["why"], "remove: it is told", plan)
        check(world.profiles().get("web") == "enforce" and not os.path.exists(world.text("web")), "remove: another's stays loaded", world.profiles())
        check("web" not in world.records(), "remove: the record is gone")
        # After a boot the installed text says whether it is ours.
        shutil.rmtree(world.path("/run/aaforge/loaded"))
        done(world.run("remove", "db"), "1 gone", "remove without a record")
        check(sorted(world.profiles()) == ["api", "web"], "remove: ours is unloaded", world.profiles())
        # One that stays keeps a template that it shares with one that goes.
        for name in ("one", "two"):
            write(world.copy(name + ".yaml"), "name: %s\ntemplate: ./base.profile\nbinary: /app\n" % name)
        write(world.copy("base.profile"), "abi <abi/3.0>,\nprofile @{name} {\n}\n")
        done(world.go("install", world.copy("one.yaml"), world.copy("two.yaml")), "^2 new", "two of one template")
        world.add_task(17, "sh", "one (enforce)")
        world.run("unload", "--force", "web")
        result = world.go("sync", "--prune", world.directory)
        check(result.status == 1 and "two" not in world.profiles() and "one" in world.profiles(), "prune: the one in use stays", result.message)
        check(os.path.exists(world.copy("base.profile")), "prune: and its template", os.listdir(world.path("/etc/aaforge")))
        world.remove_task(17)
        # unload --installed.
        world.behind_our_back("load", world.file("other", "profile one { /x r, }\n"))
        done(world.go("load", world.file("hand.yaml", description("hand"))), "hand", "load")
        before = sorted(os.listdir(world.path("/etc/apparmor.d")))
        done(world.run("unload", "--installed", "-n"), "'one' is not what aaforge loaded", "unload --installed, dry run")
        check("api" in world.profiles(), "a dry run unloads nothing")
        done(world.run("unload", "--installed"), "'one' is not what aaforge loaded", "unload --installed")
        check(sorted(world.profiles()) == ["hand", "one"], "all of ours are gone, nothing else is", world.profiles())
        check(sorted(os.listdir(world.path("/etc/apparmor.d"))) == before, "the texts stay")
        done(world.run("unload", "--installed"), "0 profiles unloaded", "once more")
        check(world.run("unload", "--installed", "web").status == 2, "--installed and a name")
        check(world.run("unload", "--installed", "--namespace", "x").status == 2, "--installed and a namespace")


TEMPLATE = "abi <abi/3.0>,\n\nprofile @{name} {\n\t/etc/%s r,\n}\n"


def templates():
    with World() as world:
        world.file("svc/base/web.profile", TEMPLATE % "hostname")
        one = world.describe("one", "template: ./base/web.profile")
        two = world.describe("two", "template: base/web.profile")
        done(world.go("install", one, two), "^2 new", "templates")
        kept = world.copy("base/web.profile")
        check(read(kept) == TEMPLATE % "hostname", "the template is kept")
        done(world.go("sync", world.path("/etc/aaforge")), "^nothing to do: 2", "what is installed is complete")
        world.file("svc/base/web.profile", TEMPLATE % "hosts")
        before = world.snapshot()
        refused(world, before, world.go("install", one), "belongs to 'two' as well", "a template of two")
        done(world.go("sync", world.directory), "2 changed", "both at once")
        check(read(kept) == TEMPLATE % "hosts", "the new template is kept")
        done(world.go("remove", "one"), "1 gone", "one goes")
        check(os.path.exists(kept), "its template is needed")
        done(world.go("remove", "two"), "1 gone", "the other goes")
        check(not os.path.exists(kept), "and its template")
        write(kept, "# somebody's\n")
        before = world.snapshot()
        refused(world, before, world.go("install", one), "is not the template that it would be", "a foreign template")
        done(world.go("install", "--force", one), "kept below", "a foreign template, forced")
        check("# somebody's" in world.backups(), "it is kept", world.backups())
        world.file("up.profile", TEMPLATE % "hosts")
        before = world.snapshot()
        for bad in ("../up.profile", "./.hidden.profile", "backup/x.profile", "./x.yaml"):
            world.file("svc/" + bad, TEMPLATE % "hosts")
            path = world.file("bad/svc/bad.yaml", "")
            os.unlink(path)
            path = world.describe("bad", "template: " + bad)
            refused(world, before, world.go("install", "--force", "--allow-outside", path), "cannot be kept below", "a template " + bad)
        absolute = world.describe("absolute", "template: " + world.file("abs.profile", TEMPLATE % "hosts"))
        before = world.snapshot()
        refused(world, before, world.go("install", absolute), "outside-path", "an absolute template elsewhere")
        done(world.go("install", "--allow-outside", absolute), "^1 new", "an absolute template stays where it is")
        check(not os.path.exists(world.copy("abs.profile")), "it was not copied")


def templates_of_children():
    """Each child may have a template of its own, which goes and comes with the description."""
    with World() as world:
        for name in ("own", "kid"):
            world.file("svc/%s.profile" % name, TEMPLATE % "hosts")
        lines = ["template: own.profile", "exec: [{path: /k, as: child kid}, {path: /l, as: child low}, {path: /m, as: child strict}]", "children:",
                 "  kid: {template: kid.profile, binary: /k}", "  low: {template: kid.profile, binary: /l}", "  strict: {binary: /m}"]
        world.describe("web", *lines)
        done(world.go("sync", world.directory), "1 new", "children: installed")
        for name in ("own", "kid"):
            check(read(world.copy(name + ".profile")) == TEMPLATE % "hosts", "children: the template %s is kept" % name)
        done(world.go("sync", world.path("/etc/aaforge")), "^nothing to do: 1", "children: what is installed is complete")
        world.file("svc/kid.profile", TEMPLATE % "hostname")
        done(world.go("sync", world.directory), "1 changed", "children: the template of a child is another")
        check(read(world.copy("kid.profile")) == TEMPLATE % "hostname", "children: it is kept")
        done(world.go("remove", "web"), "1 gone", "children: removed")
        check(not any(os.path.exists(world.copy(name + ".profile")) for name in ("own", "kid")), "children: their templates went with it")


def image():
    """The tree of an image has no kernel."""
    with World() as world:
        shutil.rmtree(world.path("/sys"))
        world.describe("web")
        result = world.go("install", world.directory)
        done(result, "not loaded, only files were changed: ", "install into an image")
        check(os.path.exists(world.text("web")) and os.path.exists(world.copy("web.yaml")), "the files are there")
        check(world.writes() == [], "nothing was loaded")
        done(world.go("install", world.directory), "^nothing to do: 1", "again")
        done(world.go("sync", world.directory), "^nothing to do: 1", "sync of an image")
        world.describe("web", "template: minimal", "readable: [/srv]")
        done(world.go("sync", world.directory), "^~ web .*its text is another", "a change")
        done(world.go("remove", "web"), "1 gone", "remove from an image")
        check(not os.path.exists(world.text("web")), "it is gone")


def attached(name, program, *lines):
    """A description with an attachment, without abstractions."""
    return "\n".join(["name: " + name, "binary: '%s'" % program, "template: attached.profile", *lines]) + "\n"


def theirs(name, attachment):
    return "profile %s %s { /x r, }\n" % (name, attachment)


def rivals():
    """Others that attach to the same program, and files that are put aside for it."""
    with World() as world:
        world.program("web", "other", "elsewhere", "two", "third", "four", "tools/x", "api")
        world.file("svc/attached.profile", "abi <abi/3.0>,\nprofile @{name} @{attachment} { }\n")
        web = world.file("svc/web.yaml", attached("web", "/usr/bin/web"))
        file = world.text("usr.bin.web")
        neither = "the kernel would attach neither"

        def all_refuse(pattern, what):
            before = world.snapshot()
            for command, operand in (("install", web), ("sync", world.directory), ("load", web)):
                refused(world, before, world.go(command, operand), "'web': " + pattern, "%s: %s" % (what, command))

        write(file, theirs("dist", "/usr/bin/{web,other}"))
        all_refuse("the profile 'dist' of '.*/usr.bin.web', which is loaded at boot, attaches to '/usr/bin/web' as well: " + neither, "a file")
        result = world.go("install", "--force", "--dry-run", web)
        done(result, "warning: 'web': the profile 'dist' .*" + neither, "a file, forced")
        world.behind_our_back("load", file)
        all_refuse("the loaded profile 'dist' \\('.*/usr.bin.web'\\) .*" + neither + ".*--replace-distribution usr.bin.web", "loaded")
        # The kernel has another one than the file says.
        write(file, theirs("dist", "/usr/bin/elsewhere"))
        all_refuse("the loaded profile 'dist'", "the kernel is believed")
        for raw in (raw for raw, _, names in os.walk(world.apparmorfs) if "raw_data" in names):
            os.rename(raw + "/raw_data", raw + "/hidden")
        write(file, theirs("dist", "/usr/bin/web"))
        all_refuse("the loaded profile 'dist'", "without raw data the file counts")
        write(file, "")
        result = world.go("install", "-n", web)
        done(result, "warning: it cannot be seen what the loaded profile 'dist' attaches to", "nothing is known")
        for raw in (raw for raw, _, names in os.walk(world.apparmorfs) if "hidden" in names):
            os.rename(raw + "/hidden", raw + "/raw_data")
        world.behind_our_back("unload", "dist")

        # What does not attach, or loses.
        write(file, theirs("dist", "") + theirs("/usr/bin/web/x", "") + "profile p { profile /usr/bin/web { } }\n" + theirs("less", "/usr/bin/*"))
        done(world.go("install", "-n", web), "1 new", "others that do not matter")
        write(file, theirs("/usr/bin/web", ""))
        all_refuse("the profile '/usr/bin/web' .*: the kernel would attach that one", "a name is stronger")
        write(file, "@{exec_path} = @{dirs}/web\n@{dirs} = /bin /usr/bin\n" + theirs("dist", "@{exec_path}"))
        all_refuse("the profile 'dist' .*" + neither, "variables")
        write(file, theirs("dist", "@{nowhere}/web"))
        done(world.go("install", "-n", web), "cannot be seen what the installed profile 'dist'", "an unknown variable")
        write(file, theirs("dist", "/usr/bin/web"))
        os.makedirs(world.text("disable"), exist_ok=True)
        os.symlink("../usr.bin.web", world.text("disable/usr.bin.web"))
        done(world.go("install", "-n", web), "1 new", "a disabled one")
        os.unlink(world.text("disable/usr.bin.web"))
        os.makedirs(world.text("force-complain"), exist_ok=True)
        os.symlink("../usr.bin.web", world.text("force-complain/usr.bin.web"))
        all_refuse("the profile 'dist' .*" + neither, "one in mode complain")

        # Put aside.
        world.behind_our_back("load", file)
        before = world.snapshot()

        def wrong(name, pattern, what):
            refused(world, before, world.go("install", "--replace-distribution", name, web), pattern, "aside: " + what)

        wrong("nope", "'nope' does not exist", "no file")
        wrong("../passwd", "is no file there", "elsewhere")
        wrong("tunables", "is no regular file", "a directory")
        wrong("", "is no file there", "nothing")
        calm = world.text("calm")
        write(calm, theirs("calm", "/usr/bin/calm"))
        before = world.snapshot()
        result = world.go("install", "--replace-distribution", "usr.bin.web", "--replace-distribution", "calm", web)
        refused(world, before, result, "calm' brings no profile", "aside: one too many")
        write(world.text("usr.bin.web.dpkg-old"), theirs("dist", "/usr/bin/web"))
        write(world.text("usr.bin.web2"), theirs("dist", "/usr/bin/web"))
        before = world.snapshot()
        wrong("usr.bin.web.dpkg-old", "'web': |dpkg-old' brings no profile", "a file that is not loaded")
        wrong("usr.bin.web", "'web': the profile 'dist' of '.*/usr.bin.web2'", "one of two")
        os.unlink(world.text("usr.bin.web.dpkg-old"))
        os.unlink(world.text("usr.bin.web2"))
        os.symlink("calm", world.text("link"))
        before = world.snapshot()
        wrong("link", "is no regular file", "a link")
        os.unlink(world.text("link"))
        os.unlink(calm)
        before = world.snapshot()
        done(world.go("install", "-n", "--replace-distribution", file, web), "1 new", "aside: dry run")
        check(world.snapshot() == before, "aside: a dry run changes nothing")
        done(world.go("install", "--replace-distribution", file, web), "usr.bin.web' is put aside", "aside")
        check(os.readlink(world.text("disable/usr.bin.web")) == "../usr.bin.web", "aside: the link")
        check(world.profiles() == {"web": "enforce"}, "aside: unloaded", world.profiles())
        refused(world, world.snapshot(), world.go("install", "--replace-distribution", "web", web), "was installed by aaforge", "aside: ours")
        rows = json.loads(world.run("status", "--json", "web").text)["profiles"]
        check([row["replaces"] for row in rows] == [["usr.bin.web"]], "aside: status knows it", rows)
        twin = world.file("twin.yaml", attached("twin", "/usr/bin/web"))
        world.file("attached.profile", read(world.directory + "/attached.profile"))
        refused(world, world.snapshot(), world.go("install", twin), "'twin': the loaded profile 'web' .*'aaforge remove web' takes that one away", "aside: another of ours")
        done(world.go("sync", world.directory), "^nothing to do", "aside: sync")
        done(world.go("sync", world.copy("")), "^nothing to do", "aside: sync of what is installed")

        # Brought back, in the mode that a boot would give it.
        done(world.go("remove", "web"), "usr.bin.web' is back", "back")
        after = world.snapshot()
        check(world.profiles() == {"dist": "complain"}, "back: as at boot", world.profiles())
        check(after[0] == before[0], "back: the files", (sorted(after[0]), sorted(before[0])))

        # In use.
        world.add_task(4711, "web", "dist (enforce)")
        done(world.go("install", "--replace-distribution", file, web), r"'dist' stays in the kernel, as process 4711 \(web\)", "in use")
        check(sorted(world.profiles()) == ["dist", "web"], "in use: it stays", world.profiles())
        world.remove_task(4711)
        refused(world, world.snapshot(), world.go("sync", world.directory), "'web': the loaded profile 'dist' .*'aaforge unload dist'", "in use: sync says so")
        world.behind_our_back("unload", "dist")
        # Two that put the same file aside: it is back with the last.
        write(file, theirs("dist", "/usr/bin/{web,two}"))
        os.unlink(world.text("disable/usr.bin.web"))
        two = world.file("svc/two.yaml", attached("two", "/usr/bin/two"))
        done(world.go("install", "--replace-distribution", file, web, two), "put aside", "two")
        done(world.go("remove", "web"), "1 gone", "two: one goes")
        check(os.path.islink(world.text("disable/usr.bin.web")), "two: the other needs it")
        os.unlink(web)
        os.unlink(two)
        third = world.file("svc/third.yaml", attached("third", "/usr/bin/third"))
        write(file, "profile dist /usr/bin/two {\n")
        done(world.go("sync", "--prune", world.directory), "could not be loaded now", "two: pruned, but it is broken")
        check(not os.path.lexists(world.text("disable/usr.bin.web")), "two: it is back")
        check(os.listdir(world.copy("replaced")) == [], "two: no record is left", os.listdir(world.copy("replaced")))

        # The same name.
        write(file, theirs("four", "/usr/bin/elsewhere"))
        four = world.file("four.yaml", attached("four", "/usr/bin/four"))
        refused(world, world.snapshot(), world.go("install", four), "'four': '.*/usr.bin.web' defines a profile of that name as well", "a name")
        done(world.go("load", four), r"^\+ four", "a name: load is for now")
        done(world.run("unload", "four"), "1 profile", "a name: unloaded")
        done(world.go("install", "--force", four), "warning: 'four': '.*/usr.bin.web' defines", "a name, forced")
        result = world.go("remove", "four")
        done(result, "1 gone", "a name: removed")
        done(result, "note: no profile 'four' is loaded now: '.*/usr.bin.web'", "a name: and what that means")
        done(world.go("install", "--replace-distribution", "usr.bin.web", four), "put aside", "a name: aside")
        done(world.go("remove", "four"), "is back", "a name: back")
        check(world.profiles().get("four") == "complain", "a name: theirs is loaded", world.profiles())
        # It is loaded: the file that goes is the answer to that, too, and no other one is.
        write(world.text("calm"), theirs("calm", "/usr/bin/calm"))
        refused(world, world.snapshot(), world.go("install", "--replace-distribution", "calm", four), "calm' brings no profile", "a name: another file")
        os.unlink(world.text("calm"))
        write(file, theirs("four", "/usr/bin/elsewhere") + theirs("more", "/usr/bin/more") + theirs("none", ""))
        world.behind_our_back("load", file)
        result = world.go("install", "-n", "--replace-distribution", "usr.bin.web", four)
        done(result, "warning: with '.*/usr.bin.web' goes its profile 'more' as well, and nothing confines '/usr/bin/more' from now on", "a name: others of the file")
        done(result, "its profile 'none' as well, which nothing replaces, from now on", "a name: one without a program")
        check("profile 'four' as well" not in result.message, "a name: not what is replaced", result.message)
        done(world.go("install", "--replace-distribution", "usr.bin.web", four), "put aside", "a name: over what is loaded")
        check(world.profiles().get("four") == "enforce" and "more" not in world.profiles(), "a name: ours", world.profiles())
        done(world.go("remove", "four"), "is back", "a name: theirs again")
        check(world.profiles().get("more") == "complain", "a name: all of them", world.profiles())
        for name in "four", "more", "none":
            world.behind_our_back("unload", name)

        # An image.
        shutil.rmtree(world.path("/sys"))
        write(file, theirs("dist", "/usr/bin/third"))
        os.unlink(world.text("third"))
        refused_by = world.go("install", third)
        check(refused_by.status == 1 and "'third': the profile 'dist'" in refused_by.message, "an image", refused_by.message)
        done(world.go("install", "--replace-distribution", "/etc/apparmor.d/usr.bin.web", third), "put aside", "an image: aside")
        done(world.go("remove", "third"), "is back", "an image: back")


def overlaps():
    """Two of ours of which the kernel chooses one for certain, and two of one load."""
    with World() as world:
        world.program("one", "oo")
        world.file("svc/attached.profile", "abi <abi/3.0>,\nprofile @{name} @{attachment} { }\n")
        pat = world.file("svc/pat.yaml", attached("pat", "/usr/bin/o*"))
        con = world.file("svc/con.yaml", attached("con", "/usr/bin/one"))
        text = world.file("text", theirs("ta", "/usr/bin/one"))

        def remark(what):
            result = world.run("status", "--json")
            rows = {row["name"]: row for row in json.loads(result.text)["profiles"]}
            check(result.status == 0 and rows["pat"]["state"] == "current" and rows["pat"]["confines"], what + ": status", result.text)
            check(rows["pat"]["why"].count("as well") == 1, what + ": why", rows["pat"])
            result = world.run("lookup", "pat")
            check(result.status == 0 and result.out == b"pat\n", what + ": lookup", result.message)

        done(world.go("sync", world.directory), "attach-overlap", "overlap: sync")
        remark("overlap")
        done(world.go("sync", world.directory), "^nothing to do", "overlap: again")
        done(world.go("remove", "pat"), "1 gone", "overlap: the pattern goes")
        done(world.go("install", pat), "note: 'pat': the loaded profile 'con' .* is for '/usr/bin/one' as well: the kernel attaches that one", "overlap: the pattern later")
        remark("the pattern later")
        done(world.go("remove", "con"), "1 gone", "overlap: the path goes")
        done(world.go("install", con), "note: 'con': the loaded profile 'pat' .* the kernel attaches this one", "overlap: the path later")
        remark("the path later")
        check("note" not in world.go("install", "-q", con).message, "overlap: --quiet")
        # At the next boot only.
        world.behind_our_back("unload", "con")
        row = json.loads(world.run("status", "--json", "pat").text)["profiles"][0]
        check(row["state"] == "current" and row["confines_after_boot"] and "from the next boot on" in row["why"], "overlap: at boot", row)
        done(world.go("remove", "pat", "con"), "2 gone", "overlap: removed")

        before = world.snapshot()
        neither = "'con': the profile 'ta' of '.*text', which is loaded with it, attaches to '/usr/bin/one' as well: the kernel would attach neither"
        refused(world, before, world.go("load", con, text), neither, "a run")
        both = world.file("both", theirs("ta", "/usr/bin/one") + theirs("tb", "/usr/bin/{one,two}"))
        refused(world, before, world.go("load", both), "'ta': the profile 'tb' of '.*both'.*neither", "a text with two")
        refused(world, before, world.go("load", "--namespace", "tn", con, text), neither, "a run into a namespace")
        named = world.file("named", theirs("/usr/bin/one", ""))
        refused(world, before, world.go("load", con, named), "'con': .*that one, and no program would be left to this one", "a name")
        done(world.go("load", "-n", "--force", con, text), "warning: " + neither, "a run, forced")
        done(world.go("load", pat, text), "note: 'pat': the profile 'ta' of '.*text', .*the kernel attaches that one", "a run that is decided")


class Watching:
    """aaforge sync --watch; its log is read through a pipe, a line at a time."""

    def __init__(self, world, *arguments):
        self.process = world.start(
            "sync", "--parser", world.parser, "--watch", *arguments, world.directory, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        self.waiting, self.seen = b"", []

    def line(self, pattern, name):
        """Waits for a line that matches; the lines before it are seen."""
        while True:
            while b"\n" in self.waiting:
                line, self.waiting = self.waiting.split(b"\n", 1)
                self.seen.append(line.decode())
                if re.search(pattern, self.seen[-1]):
                    return check(True, name)
            ready, _, _ = select.select([self.process.stdout], [], [], PATIENCE)
            more = os.read(self.process.stdout.fileno(), 65536) if ready else b""
            if not more:
                return check(False, name, "no line %r in:\n%s" % (pattern, "\n".join(self.seen)))
            self.waiting += more

    def forget(self):
        self.seen = []

    def count(self, pattern):
        return sum(bool(re.search(pattern, line)) for line in self.seen)

    def end(self, number, name, status=0):
        if number:
            self.process.send_signal(number)
        try:
            rest, _ = self.process.communicate(timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            rest, _ = self.process.communicate()
        self.seen += (self.waiting + rest).decode().splitlines()
        check(self.process.returncode == status, name, "status %d\n%s" % (self.process.returncode, "\n".join(self.seen)))


def watch():
    with World() as world:
        world.describe("web")
        template = world.file("elsewhere/own.profile", TEMPLATE % "hostname")
        log = Watching(world, "--prune", "--templates", os.path.dirname(template))
        log.line(r"^\+ web ", "watch: the first round")
        log.line("^following '", "watch: it follows")
        world.describe("db")
        log.line(r"^\+ db ", "watch: a new file")
        check(world.profiles() == {"web": "enforce", "db": "enforce"}, "watch: it is loaded")
        temporary = world.file("elsewhere.yaml", description("db", "template: minimal", "mode: complain"))
        os.rename(temporary, world.directory + "/db.yaml")
        log.line("^~ db ", "watch: a file that was renamed into it")
        check(world.profiles()["db"] == "complain", "watch: it is loaded")
        os.symlink("../linked.yaml", world.directory + "/linked.yaml")
        world.file("linked.yaml", description("linked"))
        os.symlink("../linked.yaml", world.directory + "/.touch")
        log.line(r"^\+ linked ", "watch: a link")

        # A broken description: the others go on, it keeps its profile, nothing is pruned.
        log.forget()
        before = world.profiles()["db"]
        world.file("svc/db.yaml", "name: db\nbinry: /x\n")
        log.line("unknown key 'binry'", "watch: a broken description")
        world.describe("third")
        log.line(r"^\+ third ", "watch: the good ones go on")
        os.unlink(world.directory + "/third.yaml")
        log.line("not removed as long as there are problems: 'third'", "watch: no prune meanwhile")
        check(world.profiles().get("db") == before and "third" in world.profiles(), "watch: all are there", world.profiles())
        check(log.count("unknown key 'binry'") == 1, "watch: a problem is said once", log.seen)
        world.file("svc/db.yaml", "name: db\nbinry: /x\n")
        log.line("unknown key 'binry'", "watch: again when the file was written")
        log.process.send_signal(signal.SIGHUP)
        log.line("unknown key 'binry'", "watch: again when it is asked")
        world.describe("db")
        log.line("^- third ", "watch: mended and pruned")
        check("third" not in world.profiles(), "watch: it is gone")

        # A foreign profile blocks itself only.
        log.forget()
        write(world.text("alien"), "profile alien { /x r, }\n")
        world.describe("alien")
        log.line("'alien': '.*' was not made by aaforge", "watch: a foreign text")
        world.describe("more")
        log.line(r"^\+ more ", "watch: the others go on")
        check(read(world.text("alien")).startswith("profile alien"), "watch: the foreign text stays")
        os.unlink(world.directory + "/alien.yaml")

        # A template elsewhere.
        world.describe("own", "template: " + template)
        log.line(r"^\+ own ", "watch: a template elsewhere")
        world.file("elsewhere/own.profile", TEMPLATE % "hosts")
        log.line("^~ own ", "watch: it has changed")
        log.end(signal.SIGTERM, "watch: SIGTERM ends it")
        check(sorted(world.profiles()) == ["db", "linked", "more", "own", "web"], "watch: the profiles stay", world.profiles())
        done(world.go("sync", "--allow-outside", world.directory), "^nothing to do: 5", "watch: all was done")


def watch_what_is_in_use():
    """A profile that is to go stays as long as it confines tasks, also when others take their place."""
    with World() as world:
        for name in ("web", "old"):
            world.describe(name)
        log = Watching(world, "--prune")
        log.line("^following '", "in use: it follows")
        world.add_task(17, "nginx", "old (enforce)")
        os.unlink(world.directory + "/old.yaml")
        stays = "^aaforge: note: 'old' stays as long as it confines tasks"
        log.line(stays, "in use: it stays")
        world.describe("more")
        log.line(r"^\+ more ", "in use: the others go on")
        world.add_task(18, "nginx", "old//worker (enforce)")
        world.remove_task(17)
        time.sleep(5)
        check("old" in world.profiles() and os.path.exists(world.text("old")), "in use: another task", world.profiles())
        world.remove_task(18)
        log.line("^- old ", "in use: the last task has ended")
        check(sorted(world.profiles()) == ["more", "web"], "in use: it is gone", world.profiles())
        check(not os.path.exists(world.text("old")), "in use: its text is gone")
        check(log.count(stays) == 1, "in use: said once", log.seen)

        # Described again before its last task ended: it stays for good.
        world.add_task(19, "nginx", "more (enforce)")
        os.unlink(world.directory + "/more.yaml")
        log.line("'more' stays as long as", "in use: another")
        world.describe("more")
        time.sleep(1)
        world.remove_task(19)
        time.sleep(5)
        check("more" in world.profiles(), "in use: described again", world.profiles())

        # Where the tasks cannot be seen, nobody waits for them.
        world.hide_tasks()
        os.unlink(world.directory + "/more.yaml")
        log.line("'more' cannot be removed: it may confine tasks that cannot be seen", "in use: unseen")
        used = os.times().children_user
        log.end(signal.SIGTERM, "in use: SIGTERM ends it")
        check("more" in world.profiles(), "in use: unseen, it stays", world.profiles())
        check(os.times().children_user - used < 5, "in use: no busy loop", os.times().children_user - used)


def watch_ends():
    with World() as world:
        world.describe("web")
        log = Watching(world, "--quiet")
        log.line(r"^\+ web ", "watch: quiet")
        log.end(signal.SIGINT, "watch: SIGINT ends it")
        check(log.count("following") == 0, "watch: quiet says no more")
        log = Watching(world)
        log.line("^following '", "watch: again")
        check(log.count("^[+~=-] ") == 0, "watch: nothing to do is not said", log.seen)
        log.end(signal.SIGKILL, "watch: killed", -signal.SIGKILL)
        log = Watching(world)
        log.line("^following '", "watch: after a kill")
        shutil.rmtree(world.directory)
        log.end(None, "watch: the directory is gone", 3)
        check(log.count("is gone; its profiles stay as they are") == 1, "watch: it says so", log.seen)
        check(world.profiles() == {"web": "enforce"}, "watch: the profiles stay")


def watch_a_kernel_that_refuses():
    with World() as world:
        for name in ("one", "two", "three"):
            world.describe(name)
        process = world.start(
            "sync", "--parser", world.parser, "--watch", world.directory, fail="replace:EPROTO:1,replace:EPROTO:3", stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        log = Watching.__new__(Watching)
        log.process, log.waiting, log.seen = process, b"", []
        # The first write holds all three and is refused, then each goes by itself: the second of them fails.
        log.end(None, "watch: a first round that fails ends it", 3)
        check(len(world.profiles()) == 2, "watch: the good ones were loaded", (world.profiles(), log.seen))


def units():
    """systemd itself says whether the units are good, where it is there."""
    build = os.path.join(ROOT, os.environ.get("BUILD", "build"))
    folder = os.path.join(build, "units-test")
    shutil.rmtree(folder, ignore_errors=True)
    made = subprocess.run(
        ["make", "-s", "install", "DESTDIR=" + os.path.abspath(folder), "PREFIX=/opt/x", "BUILD=" + os.environ.get("BUILD", "build")],
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )
    check(made.returncode == 0, "make install", made.stdout)
    where = os.path.join(folder, "opt/x/lib/systemd/system")
    names = sorted(os.listdir(where)) if os.path.isdir(where) else []
    check(names == ["aaforge-watch.service", "aaforge.service"], "the units are installed", names)
    paths = []
    for name in names:
        text = read(os.path.join(where, name))
        check("=/opt/x/bin/aaforge sync" in text and "@" not in text.replace("@system-service", ""), name + ": all is filled in", text)
        writable = re.search("^ReadWritePaths=(.*)$", text, re.M).group(1).split()
        for limit in ("TimeoutStartSec", "TimeoutStopSec"):
            check(re.search("^%s=[1-9]" % limit, text, re.M), name + ": has a " + limit)
        for place in ("/etc/apparmor.d", "/etc/aaforge", "-/var/cache/apparmor"):
            check(place in writable, name + ": may write to " + place, writable)
        # systemd looks whether the program is there.
        paths.append(os.path.join(folder, name))
        write(paths[-1], text.replace("/opt/x/bin/aaforge", "/bin/true"))
    if shutil.which("systemd-analyze"):
        verified = subprocess.run(["systemd-analyze", "verify", "--man=no", *paths], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        check(verified.returncode == 0 and not verified.stdout.strip(), "systemd-analyze verify", verified.stdout)
    else:
        say("SKIPPED: systemd-analyze verify, as it is not here")
    gone = subprocess.run(
        ["make", "-s", "uninstall", "DESTDIR=" + os.path.abspath(folder), "PREFIX=/opt/x"], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    left = [name for _, _, files in os.walk(os.path.join(folder, "opt")) for name in files]
    check(gone.returncode == 0 and left == [], "make uninstall", left)
    shutil.rmtree(folder, ignore_errors=True)


def main():
    parts = [install, ownership, drift, idempotent, broken, prune, remove, ours_only, templates, templates_of_children, image, rivals, overlaps, watch, watch_what_is_in_use, watch_ends, watch_a_kernel_that_refuses, units]
    for part in parts:
        if len(sys.argv) < 2 or part.__name__ in sys.argv[1:]:
            say(part.__name__)
            part()
    finish()


if __name__ == "__main__":
    main()

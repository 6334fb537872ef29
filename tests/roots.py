"""--root DIR never leaves DIR: a link at every place of an image, to a victim outside.

    roots.py [PLACE …]     only the places that hold one of these

The victim holds what would be found there if the link were followed, marked with a secret, and is
watched: nobody may open, list, make or change anything in it, and no output may show the secret.
"""

import ctypes
import json
import os
import shutil
import stat
import struct
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "fake"))
import harness  # noqa: E402
from harness import check, finish, say  # noqa: E402
from fake import Machine  # noqa: E402

# A thousand transactions would wait for the disk most of the time.
if os.access("/dev/shm", os.W_OK | os.X_OK):
    tempfile.tempdir = "/dev/shm"

SECRET = "SECRET-4711"
WEB = "name: web\nbinary: /app\ntemplate: minimal\n"
DB = "name: db\nbinary: /db\ntemplate: base.profile\n"
TEMPLATE = "profile @{name} {\n  /x mr,\n}\n"

libc = ctypes.CDLL(None, use_errno=True)
OPENED, CHANGED = 0x20, 0x2 | 0x4 | 0x40 | 0x80 | 0x100 | 0x200
EVENTS = {0x2: "modified", 0x4: "changed", 0x20: "opened", 0x40: "moved", 0x80: "moved", 0x100: "made", 0x200: "removed"}


class Watch:
    """What happens in a tree: opened, listed, made, changed, removed."""

    def __init__(self, top):
        self.fd = libc.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC)
        self.paths = {}
        paths = [top]
        for folder, names, files in os.walk(top):
            paths += [os.path.join(folder, name) for name in names + files]
        for path in paths:
            if not os.path.islink(path):
                self._add(path)

    def _add(self, path):
        number = libc.inotify_add_watch(self.fd, path.encode(), OPENED | CHANGED)
        if number < 0:
            raise OSError(ctypes.get_errno(), "inotify", path)
        self.paths[number] = path

    def news(self):
        try:
            data = os.read(self.fd, 1 << 16)
        except BlockingIOError:
            return ""
        said, at = set(), 0
        while at < len(data):
            number, mask, _, size = struct.unpack_from("iIII", data, at)
            name = data[at + 16:at + 16 + size].rstrip(b"\0").decode()
            said |= {"%s %s/%s" % (word, self.paths.get(number, "?"), name) for bit, word in EVENTS.items() if mask & bit}
            at += 16 + size
        return "\n".join(sorted(said))

    def close(self):
        os.close(self.fd)


def listing(top):
    """Names, kinds, modes, times and contents below a path."""
    found = {}
    for folder, names, files in os.walk(top):
        for name in ["."] + names + files:
            path = os.path.join(folder, name)
            at = os.lstat(path)
            text = open(path, "rb").read() if stat.S_ISREG(at.st_mode) else b""
            found[path] = (at.st_mode, at.st_mtime_ns, at.st_ino, text)
    return found


class Image(Machine):
    """A machine with two installed profiles, and a victim beside its root."""

    def __enter__(self):
        super().__enter__()
        self.victim = os.path.join(self._top, "victim")
        os.mkdir(self.victim)
        self.web = self.file("svc/web.yaml", WEB)
        self.file("svc/db.yaml", DB)
        self.file("svc/base.profile", TEMPLATE)
        self.svc = os.path.dirname(self.web)
        result = self.run("sync", self.svc)
        check(result.status == 0, "before", result.message)
        for name in ("etc/apparmor.d/disable", "etc/apparmor.d/force-complain", "etc/aaforge/backup", "var/cache/apparmor/x.0"):
            os.makedirs(self.path(name), exist_ok=True)
        self.add_task(1, "init")
        self.add_task(70, "web", "web (enforce)")
        self.put("etc/apparmor.d/other", "profile other { /x r, }\n")
        self.put("var/cache/apparmor/x.0/web", "binary")
        return self

    def move(self, place, to):
        """What is at the place, or what could be, goes to another path; the place is free then."""
        path = self.path(place)
        os.makedirs(os.path.dirname(to), exist_ok=True)
        if os.path.isdir(path):
            shutil.move(path, to)
        elif os.path.exists(path):
            os.rename(path, to)
        elif place.endswith((".transaction", "loaded")):
            os.makedirs(to)
        else:
            with open(to, "w") as f:
                f.write("nothing\n")
        os.makedirs(os.path.dirname(path), exist_ok=True)

    def mark(self, top):
        """The secret goes into every file of the victim, and is the name of one."""
        for folder, _, files in os.walk(top):
            for name in files:
                path = os.path.join(folder, name)
                if not name.startswith(".") and os.path.isfile(path) and not os.path.islink(path):
                    with open(path, "a") as f:
                        f.write("# %s\n" % SECRET)
            with open(os.path.join(folder, SECRET + ".yaml"), "w") as f:
                f.write("name: %s\nbinary: /x\n" % SECRET)
        if os.path.isfile(top):
            with open(top, "a") as f:
                f.write("# %s\n" % SECRET)


PLACES = """
    etc etc/apparmor.d etc/apparmor.d/web etc/apparmor.d/other etc/apparmor.d/disable etc/apparmor.d/disable/web
    etc/apparmor.d/force-complain etc/apparmor.d/force-complain/web
    etc/aaforge etc/aaforge/web.yaml etc/aaforge/db.yaml etc/aaforge/base.profile etc/aaforge/backup etc/aaforge/backup/web.1
    etc/aaforge/.transaction run run/aaforge run/aaforge/loaded run/aaforge/loaded/web run/aaforge/lock
    var var/cache var/cache/apparmor var/cache/apparmor/x.0 var/cache/apparmor/x.0/web
    proc proc/70 proc/70/task proc/70/comm proc/70/attr proc/self proc/cmdline sys sys/module/apparmor/parameters sys/module/apparmor/parameters/enabled
    sys/kernel/security sys/kernel/security/apparmor sys/kernel/security/apparmor/features
    sys/kernel/security/apparmor/profiles sys/kernel/security/apparmor/policy sys/kernel/security/apparmor/.replace
    usr sbin usr/bin/docker etc/systemd/system usr/lib
""".split()

# How a link leads out: as written, with the victim's absolute path.
KINDS = {
    "absolute": lambda image, target: target,
    "relative": lambda image, target: "../" * 30 + target.lstrip("/"),
    "chain": lambda image, target: "/chain/one",
}


def commands(image, kind):
    if kind != "absolute":
        return (
            ("status",),
            ("doctor",),
            ("lookup", "web"),
            ("install", "--force", image.web),
            ("sync", "--base", "/etc/apparmor.d", "--prune", "--force", image.svc),
            ("remove", "--force", "web"),
        )
    return (
        ("status",),
        ("status", "--json", "web"),
        ("lookup", "web"),
        ("lookup", "other"),
        ("doctor",),
        ("audit", "--profiles", "--live", "web"),
        ("install", image.web),
        ("install", "--force", "--base", "/etc/apparmor.d", image.web),
        ("sync", image.svc),
        ("sync", "--base", "/etc/apparmor.d", image.svc),
        ("sync", "--force", image.path("/etc/aaforge")),
        ("remove", "db"),
        ("remove", "--force", "web"),
        ("sync", "--prune", "--force", image.svc),
        ("load", "--base", "/etc/apparmor.d", image.web),
        ("unload", "web"),
    )


def trap(place, kind):
    with Image() as image:
        target = os.path.join(image.victim, os.path.basename(place))
        image.move(place, target)
        image.mark(target)
        if place == "sys/module/apparmor/parameters":
            os.unlink(target + "/lock_policy")  # the fake kernel itself looks there
        os.makedirs(image.path("chain"))
        os.symlink("two", image.path("chain/one"))
        os.symlink(target, image.path("chain/two"))
        os.symlink(KINDS[kind](image, target), image.path(place))
        before, watch = listing(image.victim), Watch(image.victim)
        for command in commands(image, kind):
            what = "%s, %s, %s" % (place, kind, " ".join(os.path.basename(word) for word in command))
            result = image.run(*command, timeout=60)
            check(result.status in (0, 1, 2, 3), what + ": status %d" % result.status, result.message)
            check(SECRET not in result.text + result.message, what + " shows nothing", result.text + result.message)
            said = watch.news()
            check(not said, what + " touches nothing", said)
        watch.close()
        check(listing(image.victim) == before, "%s, %s: the victim is as it was" % (place, kind))


# Directories that distributions link, or may: all goes on where they lead to inside.
INSIDE = "etc etc/apparmor.d etc/aaforge etc/aaforge/backup etc/apparmor.d/disable run var var/cache var/cache/apparmor proc sys sbin".split()


def inside(place, link):
    """A link that stays inside works as after chroot, also one that the host sees elsewhere."""
    with Image() as image:
        image.move(place, image.path("elsewhere/" + os.path.basename(place)))
        os.symlink(link(place), image.path(place))
        with open(image.web, "a") as f:
            f.write("readable: [/srv]\n")

        def works(*command, status=0):
            result = image.run(*command)
            check(result.status == status, "%s -> %s: %s" % (place, link(place), command[0]), result.text + result.message)
            return result

        stale = works("status", status=1)
        check("its description was changed" in stale.text, "%s: the changed description is told" % place, stale.text)
        works("sync", image.svc)
        again = json.loads(works("sync", "--json", image.svc).out)
        check(again.get("changed") is False, "%s: nothing is to be done again" % place)
        works("status")
        works("lookup", "web")
        result = image.run("doctor")
        check("error" not in result.text, "%s: doctor" % place, result.text)
        works("remove", "db")
        works("install", "--force", image.web)
        check(os.path.islink(image.path(place)), "%s: the link is still there" % place)


def messages():
    """Paths are named as the user sees them."""
    with Image() as image:
        shutil.rmtree(image.path("etc/aaforge"))
        os.symlink("/nowhere", image.path("etc/aaforge"))
        result = image.run("install", image.web)
        check(result.status == 3 and "'%s/etc/aaforge" % image.root in result.message, "the path is that below the root", result.message)


def switches():
    """A link in disable/ counts when it leads somewhere for the image."""
    with Image() as image:
        for target, counts in (("/etc/apparmor.d/web", True), ("../web", True), ("/dev/null", False), (image.web, False)):
            path = image.path("etc/apparmor.d/disable/web")
            os.symlink(target, path)
            shown = image.run("status", "web")
            check(("disable" in shown.text + shown.message) == counts, "disable/web -> %s" % target, shown.text + shown.message)
            os.unlink(path)


def operands():
    """Operands below the root, by whatever way they are written."""
    with Image() as image:
        secret = image.file("secret.yaml", "name: %s\nbinary: /x\n" % SECRET)
        os.makedirs(image.path("srv/d"))
        os.symlink(secret, image.path("srv/d/web.yaml"))
        os.symlink(secret, image.path("srv/plain.yaml"))
        image.put("srv/t.yaml", "name: t\nbinary: /t\ntemplate: ./base.profile\n")
        image.put("srv/a.yaml", "name: a\nbinary: /a\ntemplate: /srv/base.profile\n")
        os.symlink(image.file("secret.profile", "# %s\n" % SECRET + TEMPLATE), image.path("srv/base.profile"))
        alias = os.path.join(image._top, "alias")
        os.symlink("root", alias)
        for top in (image.root, alias, "root", "./root", "alias"):
            for command in (("install", "srv/plain.yaml"), ("install", "srv/t.yaml"), ("install", "srv/a.yaml"),
                            ("sync", "srv/d"), ("lookup", "srv/plain.yaml"), ("status", "srv/plain.yaml"), ("load", "srv/t.yaml")):
                result = image.run(command[0], "--root", top, os.path.join(top, command[1]))
                check(result.status != 0 and SECRET not in result.text + result.message,
                      "%s %s below %s" % (command + (top,)), result.text + result.message)
        os.unlink(image.path("srv/base.profile"))
        image.put("srv/base.profile", TEMPLATE)
        for name in ("t", "a"):
            result = image.run("install", image.path("srv/%s.yaml" % name))
            check(result.status == 0, "a template inside: " + name, result.message)


def bases():
    """Abstractions below the root: ours and those of apparmor_parser."""
    with Image() as image:
        base = image.path("etc/apparmor.d")
        shutil.copytree("/etc/apparmor.d/abi", base + "/abi", dirs_exist_ok=True)
        shutil.copytree("/etc/apparmor.d/tunables", base + "/tunables", dirs_exist_ok=True)
        image.put("etc/apparmor.d/abstractions/fine", "/fine r,\n")
        image.put("etc/apparmor.d/abstractions/real", "/real r,\n")
        image.put("etc/apparmor.d/abstractions/absolute", 'include "%s"\n' % image.file("out", "/%s r,\n" % SECRET))
        image.put("etc/apparmor.d/abstractions/climbs", 'include <../../../work/out>\n')
        os.symlink("real", base + "/abstractions/near")
        os.symlink("/etc/apparmor.d/abstractions/real", base + "/abstractions/far")
        os.symlink(image.file("out2", "}} %s {{\n" % SECRET), base + "/abstractions/out")
        os.symlink("/etc/apparmor.d/web", base + "/disable/x")
        stock = "".join("  include <abstractions/%s>\n" % name for name in ("base", "nameservice", "python", "p11-kit"))
        result = image.run("load", image.file("stock.profile", "include <tunables/global>\nprofile stock {\n%s}\n" % stock))
        check(result.status == 0, "the distribution's own below the root", result.message)
        for name, fine in (("fine", True), ("near", True), ("far", False), ("out", False), ("absolute", False), ("climbs", False)):
            path = image.file("b.yaml", "name: b\nbinary: /b\ntemplate: minimal\nabstractions: [%s]\n" % name)
            text = image.file("b.profile", "profile b {\n  include <abstractions/%s>\n}\n" % name)
            for command in (("install", "--base", base, path), ("install", "--no-cache", "--base", base, path), ("load", "--base", base, text)):
                result = image.run(*command)
                check((result.status == 0) == fine, "%s: --base below the root, %s" % (command[0], name), result.message)
                check(SECRET not in result.text + result.message, "%s shows nothing of %s" % (command[0], name), result.message)


def old_kernels():
    """Where openat2 is missing or forbidden, the walk of our own does the same."""
    wrapper = os.path.join(os.path.dirname(os.path.abspath(__file__)), "fake/no-openat2")
    plain = list(harness.WRAPPER)
    for number, places in (("38", "etc etc/apparmor.d etc/aaforge run run/aaforge proc/70"), ("1", "etc/aaforge run sys")):
        harness.WRAPPER[:] = [wrapper, number] + plain
        for place in places.split():
            say("without openat2, a link at " + place)
            trap(place, "chain")
        for place in ("etc", "etc/aaforge", "run"):
            inside(place, lambda place: "/elsewhere/" + os.path.basename(place))
    harness.WRAPPER[:] = plain


def main():
    wanted = sys.argv[1:]
    for place in PLACES:
        if not wanted or any(part in place for part in wanted):
            say("a link at " + place)
            trap(place, "absolute")
            trap(place, ("relative", "chain")[PLACES.index(place) % 2])
    if not wanted:
        say("links that stay inside")
        for place in INSIDE:
            inside(place, lambda place: "/elsewhere/" + os.path.basename(place))
            inside(place, lambda place: "../" * (place.count("/") + 5) + "elsewhere/" + os.path.basename(place))
        messages()
        switches()
        operands()
        bases()
        old_kernels()
    finish()


main()

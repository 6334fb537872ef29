#!/usr/bin/python3
"""sync --watch and symbolic links: a directory that is one, swapped; descriptions that are; a ConfigMap; links that lead nowhere."""

import os
import shutil
import signal
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from harness import check, finish, say  # noqa: E402
from sync import Watching, World, description, write  # noqa: E402


def place(world, name):
    return os.path.join(os.path.dirname(world.parser), name)


def swap(world, name, target):
    """Makes the link lead elsewhere, in one step."""
    new = place(world, ".new")
    os.symlink(target, new)
    os.rename(new, place(world, name))


def put(world, path, *lines):
    name = os.path.basename(path)[:-5]
    write(place(world, path), description(name, "template: minimal", *lines))


def begin(world, name, *arguments):
    """Watches the directory by that name."""
    world.directory = place(world, name)
    return Watching(world, *arguments)


def is_loaded(world, *names):
    check(sorted(world.profiles()) == sorted(names), "loaded: " + ", ".join(names), world.profiles())


def swapped():
    """current -> r1, then r2; what is pruned is said, and only with --prune."""
    for arguments in ((), ("--prune",)):
        with World() as world:
            put(world, "r1/web.yaml")
            put(world, "r1/old.yaml")
            put(world, "r2/web.yaml", "mode: complain")
            put(world, "r2/new.yaml")
            swap(world, "current", "r1")
            log = begin(world, "current", *arguments)
            log.line("^following '", "swapped: it follows")
            is_loaded(world, "web", "old")
            swap(world, "current", "r2")
            log.line(r"^\+ new ", "swapped: what is new there")
            if arguments:
                log.line("^- old ", "swapped: pruned")
                is_loaded(world, "web", "new")
            else:
                log.line("installed, but not described .*'old'", "swapped: told what stays")
                is_loaded(world, "web", "old", "new")
            check(world.profiles()["web"] == "complain", "swapped: what is another there")
            put(world, "r1/late.yaml")
            put(world, "r2/more.yaml")
            log.line(r"^\+ more ", "swapped: the new one is followed")
            check("late" not in world.profiles(), "swapped: the old one is not")
            shutil.rmtree(place(world, "r1"))
            put(world, "r2/last.yaml")
            log.line(r"^\+ last ", "swapped: the old one may go")
            log.end(signal.SIGTERM, "swapped: the end")


def nowhere():
    """A link that leads to no directory, or to an empty one, takes nothing away."""
    with World() as world:
        put(world, "r1/web.yaml")
        os.mkdir(place(world, "empty"))
        swap(world, "current", "r1")
        log = begin(world, "current", "--prune")
        log.line("^following '", "nowhere: it follows")
        swap(world, "current", "r2")
        log.line("leads to no directory now: its profiles stay", "nowhere: told")
        is_loaded(world, "web")
        put(world, "r2.new/web.yaml")
        put(world, "r2.new/db.yaml")
        os.rename(place(world, "r2.new"), place(world, "r2"))
        log.line(r"^\+ db ", "nowhere: the target appears later")
        swap(world, "current", "empty")
        log.line("holds no description .*--prune would remove all profiles", "empty: told")
        is_loaded(world, "web", "db")
        os.unlink(place(world, "current"))
        log.line("leads to no directory now", "the link itself goes: told")
        put(world, "r3/third.yaml")
        os.symlink("r3", place(world, "current"))
        log.line("^- (web|db) ", "another link")
        is_loaded(world, "third")
        log.end(signal.SIGTERM, "nowhere: the end")


def chains():
    """Links to links, and in the middle of the path."""
    with World() as world:
        put(world, "a1/svc/web.yaml")
        put(world, "a2/svc/db.yaml")
        put(world, "a3/svc/third.yaml")
        swap(world, "release", "a1")
        os.mkdir(place(world, "links"))
        os.symlink("../release", place(world, "links/first"))
        os.symlink(place(world, "links/first"), place(world, "second"))
        log = begin(world, "second/./svc/")
        log.line("^following '", "chains: it follows")
        swap(world, "release", "a2")
        log.line(r"^\+ db ", "chains: the last of them is swapped")
        swap(world, "links/first", "../a3")
        log.line(r"^\+ third ", "chains: one in the middle")
        swap(world, "second", "a1")
        put(world, "a1/svc/fourth.yaml")
        log.line(r"^\+ fourth ", "chains: the first")
        log.end(signal.SIGTERM, "chains: the end")


def linked():
    """A description that is a link: its target is edited in place, replaced, deleted, made again."""
    with World() as world:
        put(world, "svc/own.yaml")
        put(world, "far/web.yaml")
        os.symlink("../far/web.yaml", place(world, "svc/web.yaml"))
        os.mkdir(place(world, "way"))
        os.symlink(place(world, "far"), place(world, "way/far"))
        put(world, "far/db.yaml")
        os.symlink("../way/far/db.yaml", place(world, "svc/db.yaml"))
        log = begin(world, "svc", "--prune")
        log.line("^following '", "linked: it follows")
        is_loaded(world, "own", "web", "db")
        put(world, "far/web.yaml", "mode: complain")
        log.line("^~ web ", "linked: edited in place")
        check(world.profiles()["web"] == "complain", "linked: edited in place: loaded")
        put(world, "new/web.yaml")
        os.rename(place(world, "new/web.yaml"), place(world, "far/web.yaml"))
        log.line("^~ web ", "linked: replaced")
        os.unlink(place(world, "far/web.yaml"))
        log.line("cannot (open|read) '.*/svc/web.yaml'", "linked: deleted: told")
        is_loaded(world, "own", "web", "db")
        put(world, "far/web.yaml", "mode: complain")
        log.line("^~ web ", "linked: made again")
        put(world, "further/db.yaml", "mode: complain")
        swap(world, "way/far", place(world, "further"))
        log.line("^~ db ", "linked: a directory on the way is swapped")
        shutil.rmtree(place(world, "further"))
        log.line("cannot (open|read) '.*/svc/db.yaml'", "linked: the directory is deleted")
        is_loaded(world, "own", "web", "db")
        put(world, "further/db.yaml")
        log.line("^~ db ", "linked: and made again")
        os.unlink(place(world, "svc/web.yaml"))
        log.line("^- web ", "linked: the link goes")
        log.end(signal.SIGTERM, "linked: the end")


def templates():
    """A template behind a link."""
    with World() as world:
        for version in ("t1", "t2"):
            write(place(world, version + "/mine.profile"),
                  "abi <abi/3.0>,\nprofile @{NAME} {\n  /srv/%s r,\n  # aaforge: rules\n}\n" % version)
        swap(world, "templates", "t1")
        shutil.copy(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "templates", "minimal.profile"), place(world, "t1/mine.profile"))
        with open(place(world, "t1/mine.profile")) as f:
            text = f.read()
        write(place(world, "t2/mine.profile"), text + "\n# another\n")
        write(place(world, "svc/web.yaml"), description("web", "template: %s/mine.profile" % place(world, "templates"), "readable: [/srv/a]"))
        log = begin(world, "svc", "--templates", place(world, "templates"))
        log.line("^following '", "templates: it follows")
        edited = text.replace("}\n", "  deny /srv/b w,\n}\n") if text.rstrip().endswith("}") else text
        check(edited != text, "templates: an edited one")
        write(place(world, "t2/mine.profile"), edited)
        swap(world, "templates", "t2")
        log.line("^~ web ", "templates: the directory is swapped")
        write(place(world, "t2/mine.profile"), text)
        log.line("^~ web ", "templates: edited behind the link")
        log.end(signal.SIGTERM, "templates: the end")


def configmap():
    """What the kubelet does: files are links through ..data, which is swapped."""
    with World() as world:
        put(world, "map/..1/web.yaml")
        put(world, "map/..1/old.yaml")
        os.symlink("..1", place(world, "map/..data"))
        for name in ("web.yaml", "old.yaml"):
            os.symlink("..data/" + name, place(world, "map/" + name))
        log = begin(world, "map", "--prune")
        log.line("^following '", "ConfigMap: it follows")
        is_loaded(world, "web", "old")
        put(world, "map/..2/web.yaml", "mode: complain")
        put(world, "map/..2/new.yaml")
        os.symlink("..2", place(world, "map/..data_tmp"))
        os.rename(place(world, "map/..data_tmp"), place(world, "map/..data"))
        os.symlink("..data/new.yaml", place(world, "map/new.yaml"))
        os.unlink(place(world, "map/old.yaml"))
        shutil.rmtree(place(world, "map/..1"))
        log.line("^- old ", "ConfigMap: swapped")
        is_loaded(world, "web", "new")
        check(world.profiles()["web"] == "complain", "ConfigMap: swapped: loaded")
        log.end(signal.SIGTERM, "ConfigMap: the end")


def limits():
    """More linked descriptions than directories can be followed: it goes on, and says so once."""
    with World() as world:
        for i in range(300):
            put(world, "far/%d/p%d.yaml" % (i, i))
            os.symlink("../far/%d/p%d.yaml" % (i, i), place(world, "svc/p%d.yaml" % i))
        log = begin(world, "svc")
        log.line("at most 256 directories", "limits: told")
        log.line("^following '", "limits: it follows")
        check(len(world.profiles()) == 300, "limits: all are loaded", len(world.profiles()))
        count = log.count("at most 256 directories")
        put(world, "far/1/p1.yaml", "mode: complain")
        log.line("^~ p1 ", "limits: the first of them are followed")
        put(world, "far/2/p2.yaml", "mode: complain")
        log.line("^~ p2 ", "limits: the round before is over")
        log.end(signal.SIGTERM, "limits: the end")
        check(log.count("at most 256") == count == 1, "limits: told once", [x for x in log.seen if not x.startswith(("+ ", "= "))])


PARTS = (swapped, nowhere, chains, linked, templates, configmap, limits)


def main():
    for part in PARTS:
        if not sys.argv[1:] or part.__name__ in sys.argv[1:]:
            say(part.__name__)
            part()
    finish()


if __name__ == "__main__":
    main()

"""Entries that change nothing, decided by what apparmor_parser compiles: where the program says
already-allowed, the compiled policy must be the same without the entry: equal byte for byte, or without
a difference in any answer that the kernel asks for (dead.py; `unix` is about types of sockets that there are
none of, too, `network unix` is not).

1. Random rules of every kind in a template, and random rules in a description of it.
2. Random descriptions of the templates that are built in, with abstractions.

Usage: already.py [--seed N] [--rounds N] [KIND ...]
"""

import argparse
import json
import os
import random
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
import dead  # noqa: E402
from harness import Scratch, aaforge, check, finish, say  # noqa: E402
from oracle import compile_text  # noqa: E402

PATHS = dead.PATHS + ["/a/b/c", "/a/", "/a/{,**}", "/{,**}"]


def broad_file(rng, deny):
    owner = rng.choice(["", "", "", "owner "])
    perms = "".join(p for p in "rwlkm" if rng.random() < 0.6) or "r"
    if not deny and rng.random() < 0.3:
        return "file"
    return owner + rng.choice(PATHS) + " " + perms + rng.choice(["", "", "x" if deny else "ix"])


def link_rule(rng, deny):
    owner = rng.choice(["", "", "", "owner "])
    subset = rng.choice(["", "", "subset "])
    return "%slink %s%s -> %s" % (owner, subset, rng.choice(PATHS), rng.choice(PATHS))


def change_profile_rule(rng, deny):
    # With alternations apparmor_parser 3.0.8 does not come to an end.
    program = rng.choice(["", "", "/a ", "/b "])
    return "change_profile %s-> %s" % (program, rng.choice(["a", "b", "ab", "a*", "x//y", "**"]))


def any_of(*makers):
    return lambda rng, deny: rng.choice(makers)(rng, deny)


# What makes the template's rules, and the description's.
KINDS = {kind: (make, make) for kind, (make, _) in dead.KINDS.items()}
KINDS["file"] = (broad_file, broad_file)
KINDS["change_profile"] = (change_profile_rule, change_profile_rule)
KINDS["link"] = (any_of(broad_file, link_rule), any_of(link_rule, link_rule, broad_file))
KINDS["unix"] = (any_of(dead.network_rule, dead.unix_rule), dead.unix_rule)
KINDS["network"] = (any_of(dead.network_rule, dead.unix_rule), any_of(dead.network_rule, dead.unix_rule))

# What is asked of the rules of a kind; of others the binaries must be equal.
ALL = 0xFFFFFFFF
SAME = {kind: [dead.KINDS[kind][1]] for kind in ("unix", "create", "signal", "ptrace", "dbus", "grid", "mount", "remount", "umount")}
SAME["unix"] = SAME["create"] = SAME["network"] = [dead.compare_parts(ALL, dead.Sockets(False))]
SAME["change_profile"] = [dead.compare_parts(ALL, dead.Labels(), "files")]


def is_same(kind, one, other):
    """Whether two binaries are the same to the kernel."""
    views = SAME.get(kind)
    if one == other or not views:
        return one == other
    return not any(differ(dead.Compiled(one), dead.Compiled(other)) for differ in views)


class Case:
    """A template, and a description of it."""

    def __init__(self, kind, rng, number):
        of_template, of_description = KINDS[kind]
        self.kind, self.name = kind, "%s-%d" % (kind.replace("_", "-"), number)
        self.given = [of_template(rng, False) for _ in range(rng.randint(1, 4))]
        if rng.random() < 0.3:
            self.given.append("deny " + of_template(rng, True))
        self.entries = list(dict.fromkeys(of_description(rng, False) for _ in range(rng.randint(1, 3))))

    def write(self, directory):
        with open(os.path.join(directory, self.name + ".profile"), "w") as file:
            file.write("abi <abi/3.0>,\nprofile @{name} {\n%s}\n" % "".join("\t%s,\n" % rule for rule in self.given))
        with open(os.path.join(directory, self.name + ".yaml"), "w") as file:
            lines = ["name: " + self.name, "template: %s.profile" % self.name, "binary: /nothing", "rules:"]
            file.write("".join(line + "\n" for line in lines + ["  - " + json.dumps(rule) for rule in self.entries]))

    def without(self, entry):
        return self.given + [rule for rule in self.entries if rule != entry]


def reported(directory, out):
    """The places where the program says that an entry changes nothing: (file, line)."""
    result = aaforge("compile", "--format", "json", "-W", "dead-rule", "-W", "write-exec", "-o", out, directory)
    found = [json.loads(line) for line in result.message.splitlines() if line.startswith("{")]
    return {(os.path.basename(d["file"]), d["line"]) for d in found if d["id"] == "already-allowed"}, result.message


def random_rules(arguments):
    cases = []
    for kind in arguments.kinds or KINDS:
        rng = random.Random("already %s %d" % (kind, arguments.seed))
        cases += [Case(kind, rng, number) for number in range(arguments.rounds)]
    with Scratch() as scratch:
        directory, out = os.path.join(scratch.path, "cases"), os.path.join(scratch.path, "out")
        os.mkdir(directory)
        os.mkdir(out)
        for case in cases:
            case.write(directory)
        found, message = reported(directory, out)
    whole, cut = [], []
    for case in cases:
        for i, entry in enumerate(case.entries):
            name = "%s-%d" % (case.name, i)
            whole.append((name, case.given + case.entries))
            cut.append((name, case.without(entry)))
    whole, cut = dead.compile_all(whole), dead.compile_all(cut)
    counts = {}
    for case in cases:
        for i, entry in enumerate(case.entries):
            name = "%s-%d" % (case.name, i)
            said = (case.name + ".yaml", 5 + i) in found
            equal = is_same(case.kind, whole[name], cut[name])
            counts[case.kind, said, equal] = counts.get((case.kind, said, equal), 0) + 1
            if arguments.missed and equal and not said:
                say("not said: %s, beside %s" % (entry, "; ".join(case.without(entry))))
            check(equal or not said, "%s changes nothing" % entry, "template: %s; others: %s" % ("; ".join(case.given), "; ".join(case.entries)))
    for kind in arguments.kinds or KINDS:
        right, missed = counts.get((kind, True, True), 0), counts.get((kind, False, True), 0)
        say("%s: %d change nothing and it is said, %d not said" % (kind, right, missed))
        check(right, "%s: some change nothing" % kind, message[-500:])


TEMPLATES = ["container", "host", "docker-default", "docker-default", "minimal"]
ABSTRACTIONS = ["nameservice", "openssl", "ssl_certs", "consoles", "user-tmp", "dbus-strict", "private-files-strict"]
POOL = {
    "readable": ["/etc/passwd", "/etc/hosts", "/etc/ssl/", "/etc/ssl", "/usr/share/zoneinfo/", "/data", "/home/", "/dev/tty", "/sys/kernel/security/",
                 "/proc/sys/net/core/somaxconn", "/proc/@{pid}/stat", "/proc/@{pid}/fd/", {"file": "/etc/group"}, {"file": "/etc/nsswitch.conf"},
                 {"file": "/proc/kcore"}, {"path": "/etc/hostname", "owner": True}, {"path": "/etc/group", "audit": True}],
    "writable": ["/tmp/", "/dev/shm/", "/sys/fs/cgroup/", "/proc/@{pid}/", {"file": "/proc/self/comm"}, {"file": "/dev/null"}, {"file": "/dev/tty"},
                 {"path": "/proc/self/task/@{tid}/comm", "owner": True}, {"path": "/proc/@{pid}/task/@{tid}/comm"},
                 {"file": "/proc/sys/kernel/shmmax"}, {"path": "/tmp/x/", "owner": True}, {"path": "/tmp/y/", "link": True}],
    "libraries": ["/lib", "/usr/lib", "/opt/lib", {"file": "/usr/lib/x.so"}],
    "exec": ["/bin/ls", "/sbin/docker-init", "/usr/bin/*"],
    "network": ["inet tcp", "inet stream", "inet6 udp", "unix", "unix stream", "netlink raw", "inet"],
    "capabilities": ["chown", "kill", "sys_ptrace"],
    "rules": ["unix", "unix (send) type=dgram", "unix (bind) addr=@x", "link /a -> /b", "link subset /tmp/* -> /tmp/*", "owner link /a/** -> /**", "file", "/{,**} r",
              "/etc/passwd r", "owner /proc/@{pid}/stat r", "/tmp/* rwl", "umount", "umount /x/", "network inet stream", "network unix", "capability chown",
              "signal (receive) peer=unconfined", "signal (send) set=(term) peer=@{profile_name}", "ptrace (readby)", "ptrace (trace) peer=@{profile_name}",
              "dbus (send) bus=system", "change_profile -> x", "pivot_root", "/a ix"],
}

# Of all that a profile of these descriptions has rules for.
EVERYTHING = [dead.compare_capabilities] + [
    dead.compare_parts(ALL, view, part)
    for part, view in (("files", dead.Paths()), ("files", dead.Pairs()), ("files", dead.Labels()), ("policy", dead.Sockets(False)),
                       ("policy", dead.Labelled(0x0A, True)), ("policy", dead.Labelled(0x09, False)), ("policy", dead.Class(0x07)), ("policy", dead.Class(0x20)))
]


class Description:
    """One of a template that is built in; an entry a line."""

    def __init__(self, rng, number):
        self.name = "d%d" % number
        self.template = rng.choice(TEMPLATES)
        self.abstractions = rng.sample(ABSTRACTIONS, rng.randint(0, 2))
        keys = rng.sample(sorted(POOL), rng.randint(2, 5))
        self.lists = {key: rng.sample(POOL[key], min(len(POOL[key]), rng.randint(1, 4))) for key in keys}

    def text(self, without=None, instead_of=None, instead=None):
        lines = ["name: " + self.name, "template: " + self.template, "binary: /app", "abstractions: " + json.dumps(self.abstractions)]
        for key, entries in self.lists.items():
            lines.append(key + ":" + (" []" if entries == [without] else ""))
            lines += ["  - " + json.dumps(instead if entry == instead_of else entry) for entry in entries if entry != without]
        return "\n".join(lines) + "\n"

    def entry_at(self, line):
        return json.loads(self.text().split("\n")[line - 1][4:])


def as_file(entry):
    """A plain path that others allow as a file is that file: nothing is below it."""
    if isinstance(entry, str):
        return {"file": entry}
    return {"file" if key == "path" else key: value for key, value in entry.items()}


def is_same_policy(scratch, description, entry, cut):
    """Whether the policy is the same without an entry, to the kernel."""
    other = compile_text(cut)
    for text in (description.text(), description.text(None, entry, as_file(entry)) if entry in description.lists.get("readable", []) else None):
        one = compile_text(emitted(scratch, text)) if text else None
        if one == other or (one and not any(differ(dead.Compiled(one), dead.Compiled(other)) for differ in EVERYTHING)):
            return True
    return False


def emitted(scratch, text):
    """The profile of a description, or None where it is refused."""
    result = aaforge("compile", "-W", "dead-rule", "-W", "write-exec", scratch.file("cut/d.yaml", text))
    return result.text if result.status == 0 else None


def built_in(arguments):
    rng = random.Random("built in %d" % arguments.seed)
    descriptions = [Description(rng, number) for number in range(arguments.rounds)]
    said = 0
    with Scratch() as scratch:
        for description in descriptions:
            scratch.file("all/%s.yaml" % description.name, description.text())
        os.mkdir(scratch.path + "/out")
        found, message = reported(scratch.path + "/all", scratch.path + "/out")
        for description in descriptions:
            whole = emitted(scratch, description.text())
            lines = sorted(line for name, line in found if name == description.name + ".yaml")
            for line in lines if whole else []:
                entry = description.entry_at(line)
                cut = emitted(scratch, description.text(entry))
                if not check(cut, "%s: without %s it compiles" % (description.name, entry), description.text()):
                    continue
                check(is_same_policy(scratch, description, entry, cut), "%s: %s changes nothing" % (description.name, json.dumps(entry)), description.text())
                said += 1
    say("%d descriptions of built-in templates: of %d entries it is said that they change nothing" % (len(descriptions), said))
    check(said, "of some entries it is said that they change nothing", message[-500:])


def main():
    options_of = argparse.ArgumentParser()
    options_of.add_argument("--seed", type=int, default=1)
    options_of.add_argument("--rounds", type=int, default=40, help="cases of each kind")
    options_of.add_argument("--missed", action="store_true", help="shows entries that change nothing, of which nothing is said")
    options_of.add_argument("kinds", nargs="*", default=list(KINDS))
    arguments = options_of.parse_args()
    random_rules(arguments)
    if arguments.kinds == list(KINDS):
        built_in(arguments)
    finish()


if __name__ == "__main__":
    main()

"""What denies take away, for every kind of rules, decided by what apparmor_parser compiles.

For random denies D and a random allow A, on a template of nothing else: `aaforge compile` must report A as
dead exactly where the compiled policy answers every question alike with and without A, though it
would not without D; and as partly dead where D takes something of A, but not all. Answers are
compared by walking two automata at once; of them only those bits count that the kernel asks for.

Usage: dead.py [--seed N] [--rounds N] [KIND ...]
"""

import argparse
import json
import os
import random
import struct
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from harness import Scratch, aaforge, check, finish, say  # noqa: E402
from oracle import compile_text  # noqa: E402

CAPABILITIES = ["chown", "kill", "setuid", "net_raw", "bpf"]
FAMILIES = ["inet", "inet6", "unix", "netlink"]
TYPES = {"stream": 1, "dgram": 2, "raw": 3, "rdm": 4, "seqpacket": 5, "packet": 10}
LABELS = ["a", "b", "a*", "ab", '"{a,b}"', "**", "@{profile_name}", "x//*", "x//y", "x/y", "?//**"]
PATHS = ["/a", "/a/b", "/a/*", "/a/**", "/{a,b}", "/b", "/**", "/a/{b,c}", "/?"]
SIGNALS = ["hup", "int", "kill", "rtmin+3"]
FLAGS = ["ro", "nodev", "nosuid"]
CLEARING = {"ro": "rw", "nodev": "dev", "nosuid": "suid"}


def some(rng, items, most=2):
    return rng.sample(items, rng.randint(1, min(most, len(items))))


def maybe(rng, text, chance=0.5):
    return " " + text if rng.random() < chance else ""


def access(rng, names):
    return maybe(rng, "(%s)" % ", ".join(some(rng, names)), 0.7)


def file_rule(rng, deny):
    perms = rng.choice(["r", "w", "k", "m", "a", "x" if deny else "px"])
    return rng.choice(["", "", "owner "]) + rng.choice(PATHS) + " " + perms


def link_rule(rng, deny):
    owner = rng.choice(["", "", "owner "])
    if rng.random() < 0.4:
        return owner + rng.choice(PATHS) + " l"
    return "%slink %s -> %s" % (owner, rng.choice(PATHS), rng.choice(PATHS))


def capability_rule(rng, deny):
    return "capability" + maybe(rng, " ".join(some(rng, CAPABILITIES, 3)), 0.9)


def network_rule(rng, deny):
    shape = rng.random()
    if shape < 0.1:
        return "network"
    if shape < 0.3:
        return "network " + rng.choice(FAMILIES)
    if shape < 0.4:
        return "network " + rng.choice(["tcp", "udp", "stream", "dgram"])
    return "network %s %s" % (rng.choice(FAMILIES[:3]), rng.choice(["stream", "dgram", "raw"]))


def unix_rule(rng, deny):
    if deny and rng.random() < 0.4:
        return rng.choice(["network unix", "network unix stream", "network unix dgram", "network stream", "network"])
    kind = maybe(rng, "type=" + rng.choice(["stream", "dgram"]))
    shape = rng.random()
    if shape < 0.3:
        return "unix" + kind
    if shape < 0.5:
        return "unix" + access(rng, ["create", "bind", "listen", "getattr", "shutdown"]) + kind
    if shape < 0.7:
        return "unix (bind)" + kind + " addr=@" + rng.choice(["a", "a*", "b"])
    # An address may hold what ends it in the compiled form: then other addresses than named match, too.
    peer = maybe(rng, "label=" + rng.choice(LABELS)) + maybe(rng, "addr=@" + rng.choice(["a", "a*"]))
    return "unix" + " (%s)" % ", ".join(some(rng, ["send", "receive", "connect"])) + kind + (" peer=(%s)" % peer.strip() if peer else "")


def create_rule(rng, deny):
    """A socket is created before it has an address."""
    what = rng.choice(["(create)", "(bind)", "(create)"] if deny else ["", "(create)", "(create, bind)"])
    return "unix " + what + maybe(rng, "type=" + rng.choice(["stream", "dgram"])) + " addr=@" + rng.choice(["a", "a*", "b"])


def signal_rule(rng, deny):
    return "signal" + access(rng, ["send", "receive"]) + maybe(rng, "set=(%s)" % ", ".join(some(rng, SIGNALS))) + maybe(
        rng, "peer=" + rng.choice(LABELS)
    )


def ptrace_rule(rng, deny):
    return "ptrace" + access(rng, ["trace", "read", "tracedby", "readby"]) + maybe(rng, "peer=" + rng.choice(LABELS))


def dbus_rule(rng, deny):
    bus = maybe(rng, "bus=" + rng.choice(["system", "session"]))
    shape = rng.random()
    if shape < 0.2:
        return "dbus" + access(rng, ["send", "receive", "bind", "eavesdrop"]) + bus
    if shape < 0.4:
        return "dbus bind" + bus + " name=" + rng.choice(["x.y", "x.*", "x.{y,z}"])
    peer = maybe(rng, "name=" + rng.choice(["org.n", "org.n*"])) + maybe(rng, "label=" + rng.choice(LABELS))
    return (
        "dbus (%s)" % ", ".join(some(rng, ["send", "receive"]))
        + bus
        + maybe(rng, "path=" + rng.choice(PATHS))
        + maybe(rng, "interface=" + rng.choice(["org.i", "org.*"]))
        + maybe(rng, "member=" + rng.choice(["Get", "{Get,Set}"]))
        + (" peer=(%s)" % peer.strip() if peer else "")
    )


def grid_rule(rng, deny):
    """Two fields of two values each: what several denies leave is seen only where both are looked at."""
    if not deny:
        return "dbus send path=/{a,b} interface=org.{x,y}"
    return "dbus send path=%s interface=%s" % rng.choice(
        [("/a", "org.x"), ("/a", "org.y"), ("/b", "org.{x,y}"), ("/{a,b}", "org.y"), ("/b", "org.x")]
    )


def options(rng, names):
    which = [CLEARING.get(name, name) if rng.random() < 0.25 else name for name in some(rng, names)]
    return "options%s(%s)" % (rng.choice(["=", "=", " in "]), ", ".join(which))


def mount_rule(rng, deny):
    shape = rng.random()
    target = maybe(rng, "-> " + rng.choice(PATHS))
    if shape < 0.1:
        return "mount"
    if shape < 0.2:
        return "mount " + options(rng, ["bind", "rbind"]) + maybe(rng, rng.choice(PATHS)) + target
    if shape < 0.3:
        return "mount options=(%s)" % rng.choice(["shared", "rprivate", "slave"]) + target
    if shape < 0.4:
        return "mount options=(%s, bind)" % rng.choice(FLAGS) + target
    types = maybe(rng, "fstype=" + rng.choice(["ext4", "ext3", "ext*", "(ext3, ext4)", "{ext3,tmpfs}"]))
    return "mount" + types + maybe(rng, options(rng, FLAGS), 0.6) + maybe(rng, rng.choice(PATHS), 0.3) + target


def remount_rule(rng, deny):
    if deny and rng.random() < 0.5:
        return mount_rule(rng, deny)
    if rng.random() < 0.3:
        return "mount options=(remount, %s)" % rng.choice(FLAGS + ["rw"]) + maybe(rng, "-> " + rng.choice(PATHS))
    return "remount" + maybe(rng, options(rng, FLAGS), 0.8) + maybe(rng, rng.choice(PATHS))


def umount_rule(rng, deny):
    if deny and rng.random() < 0.2:
        return "mount"
    return "umount" + maybe(rng, rng.choice(PATHS), 0.8)


def pivot_root_rule(rng, deny):
    return "pivot_root" + maybe(rng, "oldroot=" + rng.choice(PATHS)) + maybe(rng, rng.choice(PATHS)) + (
        "" if deny else maybe(rng, "-> other", 0.2)
    )


def change_profile_rule(rng, deny):
    return "change_profile" + maybe(rng, rng.choice(PATHS), 0.3) + maybe(rng, "-> " + rng.choice([name for name in LABELS if not name.startswith("@")]), 0.9)


class Automaton:
    """One of the two automata of a profile."""

    def __init__(self, data):
        start = data.index(b"\x1b\x5e\x78\x3d")
        (header,) = struct.unpack_from(">I", data, start + 4)
        tables, at = {}, start + header
        while at + 12 <= len(data):
            kind, width, _, length = struct.unpack_from(">HHII", data, at)
            if kind == 0 or width not in (1, 2, 4):
                break
            tables[kind] = struct.unpack_from(">%d%s" % (length, {1: "B", 2: "H", 4: "I"}[width]), data, at + 12)
            at += (12 + width * length + 7) // 8 * 8
        self.accept, self.base, self.check, self.default, self.classes, self.next = (tables.get(k) for k in (1, 2, 3, 4, 5, 8))
        self.rows = {}

    def row(self, state):
        """The state after each byte."""
        if state in self.rows:
            return self.rows[state]
        by_class = {}
        out = []
        for byte in range(256):
            klass = self.classes[byte] if self.classes else byte
            if klass not in by_class:
                by_class[klass] = self.step(state, klass)
            out.append(by_class[klass])
        self.rows[state] = out
        return out

    def step(self, state, klass):
        while True:
            offset = self.base[state]
            position = (offset & 0xFFFFFF) + klass
            if position < len(self.check) and self.check[position] == state:
                return self.next[position]
            state = self.default[state]
            if not offset >> 31:
                return state


class Nothing:
    """An automaton that allows nothing."""

    accept, classes = (0, 0), None

    def row(self, state):
        return [0] * 256


class Compiled:
    """What a profile allows: capabilities, policy rules, file rules."""

    def __init__(self, blob):
        automata, at = [], 0
        while True:
            at = blob.find(b"\x04\x06\x00aadfa\x00", at)
            if at < 0:
                break
            at += 9
            (size,) = struct.unpack_from("<I", blob, at + 1)
            automata.append(blob[at + 5 : at + 5 + size])
            at += 5 + size
        found = [Automaton(data) for data in automata]
        self.policy = found[0] if b"policydb\x00" in blob else Nothing()
        self.files = found[-1] if len(found) > (b"policydb\x00" in blob) else Nothing()
        # Four words (allowed, audited, quiet, killed), and as many for the upper half.
        upper = blob.index(b"\x04\x07\x00caps64\x00")
        self.capabilities = struct.unpack_from("<I", blob, upper - 19) + struct.unpack_from("<I", blob, upper + 12)


def groups(a, b, view):
    """One byte for each set of bytes that neither automaton nor the view tells apart."""
    alike = {}
    for byte in range(256):
        classes = (a.classes[byte] if a.classes else byte, b.classes[byte] if b.classes else byte)
        alike.setdefault(classes + (byte if byte in view.told_apart else -1,), byte)
    return list(alike.values())


def differ(a, b, mask, view):
    """Whether the automata answer a string of the view differently, in the bits of mask. A view has
    states of its own, which tell where in a string one is, and whether it counts."""
    seen, queue, members = {(1, 1, 0)}, [(1, 1, 0)], groups(a, b, view)
    while queue:
        x, y, v = queue.pop()
        if view.counts(v) and (a.accept[x] ^ b.accept[y]) & mask:
            return True
        row_x, row_y = a.row(x), b.row(y)
        for byte in members:
            following = view.step(v, byte)
            state = (row_x[byte], row_y[byte], following)
            if following is not None and state[:2] != (0, 0) and state not in seen:
                seen.add(state)
                queue.append(state)
    return False


class Class:
    """Strings of one class of policy rules."""

    def __init__(self, *first):
        self.first = self.told_apart = first

    def counts(self, v):
        return v == 1

    def step(self, v, byte):
        return 1 if v == 1 or byte in self.first else None


class Mounts:
    """The class; mount point, source and type, each with its NUL; flags, the byte of each its number from 1 on.
    apparmor_parser writes 0xfe for "no flags", which the kernel never asks for."""

    told_apart = (0, 0x07, 0xFE)

    def counts(self, v):
        return v == 4

    def step(self, v, byte):
        if v == 0:
            return 1 if byte == 0x07 else None
        if v == 4:
            return None if byte == 0xFE else 4
        return v + 1 if byte == 0 else v


class Labelled:
    """Signals and ptrace: the class, which may stand behind 0x10, a signal, a label, which is never empty."""

    def __init__(self, first, signals):
        self.first, self.signals, self.told_apart = first, signals, (first, 0x10)

    def counts(self, v):
        return v == 4

    def step(self, v, byte):
        if v == 0 and byte == 0x10:
            return 1
        if v < 2:
            return None if byte != self.first else 2 if self.signals and v == 0 else 3
        return min(v + 1, 4)


class Paths:
    """Paths, which start with a slash and hold neither NUL nor two slashes in a row."""

    told_apart = (0, 47)

    def counts(self, v):
        return v > 0

    def step(self, v, byte):
        if byte == 0 or (v == 0 and byte != 47) or (v == 2 and byte == 47):
            return None
        return 2 if byte == 47 else 1


class Pairs:
    """Two paths, NUL between them: links."""

    told_apart = (0, 47)

    def counts(self, v):
        return v > 3

    def step(self, v, byte):
        if byte == 0:
            return 3 if 0 < v < 3 else None
        if (v in (0, 3) and byte != 47) or (v in (2, 5) and byte == 47):
            return None
        # Below the root: a link to / itself cannot be.
        return (5 if byte == 47 else 4) if v >= 3 else 2 if byte == 47 else 1


class Labels:
    """Names of profiles."""

    told_apart = (0,)

    def counts(self, v):
        return v > 0

    def step(self, v, byte):
        return None if byte == 0 else 1


class Sockets:
    """Class, family and a type that there is, of two bytes but for the class; what follows for unix."""

    told_apart = (0, 1, 0x0E) + tuple(TYPES.values())

    def __init__(self, details_only):
        self.details_only = details_only

    def counts(self, v):
        return v > 5 or (v == 5 and not self.details_only)

    def step(self, v, byte):
        if v == 0:
            return 1 if byte == 0x0E else None
        if v == 2 and self.details_only:
            return 3 if byte == 1 else None
        if v == 3:
            return 4 if byte == 0 else None
        if v == 4:
            return 5 if byte in TYPES.values() else None
        return min(v + 1, 6)


def compare_parts(mask, view, part="policy"):
    return lambda one, other: differ(getattr(one, part), getattr(other, part), mask, view)


FILE_BITS = {"px": 1, "r": 4, "w": 2, "a": 8, "k": 0x20, "m": 0x40}


def compare_files(bits):
    return compare_parts(bits | bits << 14, Paths(), "files")


def compare_capabilities(one, other):
    return one.capabilities != other.capabilities


KINDS = {
    "file": (file_rule, None),
    "link": (link_rule, compare_parts(0x10 | 0x10 << 14, Pairs(), "files")),
    "capability": (capability_rule, compare_capabilities),
    "network": (network_rule, compare_parts(0xFFFFFFFF, Sockets(False))),
    "unix": (unix_rule, compare_parts(0xFFFFFFFF, Sockets(True))),
    "create": (create_rule, compare_parts(0xFFFFFFFF, Sockets(True))),
    "signal": (signal_rule, compare_parts(0xFFFFFFFF, Labelled(0x0A, True))),
    "ptrace": (ptrace_rule, compare_parts(0xFFFFFFFF, Labelled(0x09, False))),
    "dbus": (dbus_rule, compare_parts(0xFFFFFFFF, Class(0x20))),
    "grid": (grid_rule, compare_parts(0xFFFFFFFF, Class(0x20))),
    "mount": (mount_rule, compare_parts(2, Mounts())),
    "remount": (remount_rule, compare_parts(2, Mounts())),
    "umount": (umount_rule, compare_parts(4, Class(0x07))),
    "pivot_root": (pivot_root_rule, compare_parts(1, Class(0x07))),
    "change_profile": (change_profile_rule, compare_parts(0x80000000, Labels(), "files")),
}

# Other bits, in which a rule may be partly dead, but need not be dead.
ALSO = {"change_profile": compare_parts(0xC0000000, Labels(), "files")}


def compile_all(profiles):
    """The binaries of many profiles (name, rules), by name."""
    text = "abi <abi/3.0>,\n"
    for name, rules in profiles:
        text += "profile %s {\n%s}\n" % (name, "".join("\t%s,\n" % rule for rule in rules))
    blob = compile_text(text)
    mark = b"\x04\x08\x00version\x00"
    binaries = {}
    for part in blob.split(mark)[1:]:
        at = part.index(b"\x04\x08\x00profile\x00\x07\x05") + 13
        (size,) = struct.unpack_from("<H", part, at)
        binaries[part[at + 2 : at + 1 + size].decode()] = mark + part
    return binaries


class Case:
    def __init__(self, kind, rng, number):
        make, self.compare = KINDS[kind]
        self.kind, self.name = kind, "%s-%d" % (kind.replace("_", "-"), number)
        # Of a change of profile at exec no less than the whole is asked for partly.
        self.compare_partly = ALSO.get(kind, self.compare)
        self.allow = make(rng, False)
        self.denies = [make(rng, True) for _ in range(rng.randint(1, 4))]
        if kind == "file":
            bits = FILE_BITS[self.allow.split()[-1]]
            self.compare = compare_files(bits)
            # Who may write may append, too, unless that is denied.
            self.compare_partly = compare_files(bits | 8 if bits == 2 else bits)

    def variants(self):
        denies = ["deny " + rule for rule in self.denies]
        return [[self.allow] + denies, denies, [self.allow], []]

    def document(self):
        lines = ["name: " + self.name, "template: empty.profile", "binary: /nothing", "rules:", "  - " + json.dumps(self.allow), "deny:"]
        return "".join(line + "\n" for line in lines + ["  - " + json.dumps(rule) for rule in self.denies])

    def expected(self, blobs):
        both, denied, alone, empty = (Compiled(blob) for blob in blobs)
        if not self.compare(alone, empty):
            return None
        if not self.compare(both, denied):
            return "dead"
        return "partly" if self.compare_partly(both, alone) else "alive"


def reported(name, diagnostics):
    said = [d["id"] for d in diagnostics if d["file"].endswith("/%s.yaml" % name) and d["line"] == ALLOW_LINE]
    for identifier, what in (("dead-rule", "dead"), ("partly-dead-rule", "partly")):
        if identifier in said:
            return what
    others = [identifier for identifier in said if identifier not in HARMLESS]
    return "alive" if not others else "refused: " + ", ".join(others)


# The line of the allow in a description.
ALLOW_LINE = 5
# Said beside what is asked for here.
HARMLESS = {"bare-remount", "remount-flags", "write-exec"}
TEMPLATE = "abi <abi/3.0>,\nprofile @{name} {\n}\n"


def run_cases(scratch, cases):
    """What the program says of each case, in one run."""
    directory = os.path.join(scratch.path, "cases")
    os.mkdir(directory)
    with open(os.path.join(directory, "empty.profile"), "w") as file:
        file.write(TEMPLATE)
    for case in cases:
        with open(os.path.join(directory, case.name + ".yaml"), "w") as file:
            file.write(case.document())
    os.mkdir(os.path.join(scratch.path, "out"))
    result = aaforge("compile", "--format", "json", "-o", os.path.join(scratch.path, "out"), directory)
    return [json.loads(line) for line in result.message.splitlines() if line.startswith("{")]


def main():
    options_of = argparse.ArgumentParser()
    options_of.add_argument("--seed", type=int, default=1)
    options_of.add_argument("--rounds", type=int, default=40, help="cases of each kind")
    options_of.add_argument("kinds", nargs="*", default=list(KINDS))
    arguments = options_of.parse_args()
    cases = []
    for kind in arguments.kinds or KINDS:
        rng = random.Random("%s %d" % (kind, arguments.seed))
        cases += [Case(kind, rng, number) for number in range(arguments.rounds)]
    binaries = [compile_all([(case.name, case.variants()[i]) for case in cases]) for i in range(4)]
    with Scratch() as scratch:
        diagnostics = run_cases(scratch, cases)
    counts = {}
    for case in cases:
        want = case.expected([binaries[i][case.name] for i in range(4)])
        if want is None:
            continue
        got = reported(case.name, diagnostics)
        counts[case.kind, want] = counts.get((case.kind, want), 0) + 1
        check(got == want, "%s is %s" % (case.allow, want), "%s by: %s" % (got, "; ".join(case.denies)))
    for kind in arguments.kinds or KINDS:
        say("%s: %s" % (kind, ", ".join("%d %s" % (counts.get((kind, w), 0), w) for w in ("dead", "partly", "alive"))))
        check(counts.get((kind, "dead")), "%s: some are dead" % kind)
    finish()


if __name__ == "__main__":
    main()

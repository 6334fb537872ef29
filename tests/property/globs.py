#!/usr/bin/python3
"""Globs against apparmor_parser: the same patterns, its compiled automaton, no difference.

    globs.py [--driver PROGRAM] [--parser COMMAND] [--features FILE] [--seed N] [--rounds N]

Without --driver, globs.c is compiled on the spot (from the root of the tree). COMMAND may hold several words.
Deterministic for a seed. Three properties are looked at:

matching     random patterns: refused by both or by neither; if read, every path is matched by both
             or by neither.
questions    overlap and inclusion: every witness is one, and a search of all short paths over a
             small alphabet finds no other answer and no shorter witness.
carving      random exceptions to /proc/** and the like: `/** w` with the carved denies is compared
             with `/** w`, the plain deny and the exceptions, in the compiled automata, for all
             paths there are, not a sample.
"""

import argparse
import itertools
import os
import random
import struct
import subprocess
import sys
import tempfile

READ, WRITE = 4, 2
AADFA = b"\x04\x06\x00aadfa\x00"
PROFILE = b"\x04\x08\x00version\x00"


class Automaton:
    """The file rules of a compiled profile; state 1 is the start."""

    def __init__(self, profile):
        at = profile.rindex(AADFA) + len(AADFA)
        size = struct.unpack_from("<I", profile, at + 1)[0]
        at = profile.index(b"\x1b\x5e\x78\x3d", at)
        data = profile[at : at + size]
        at = struct.unpack_from(">I", data, 4)[0]
        tables = {}
        while at + 12 <= len(data):
            name, width, _, count = struct.unpack_from(">HHII", data, at)
            if name == 0:
                break
            form = {1: "B", 2: "H", 4: "I"}[width]
            tables[name] = struct.unpack_from(">%d%s" % (count, form), data, at + 12)
            at = (at + 12 + count * width + 7) // 8 * 8
        self.accept, self.base, self.check = tables[1], tables[2], tables[3]
        self.default, self.classes, self.next = tables[4], tables.get(5), tables[8]

    def step(self, state, byte):
        byte = self.classes[byte] if self.classes else byte
        while True:
            base = self.base[state]
            at = (base & 0xFFFFFF) + byte
            if at < len(self.check) and self.check[at] == state:
                return self.next[at]
            state = self.default[state]
            if not base >> 31:
                return state

    def allows(self, path, bit):
        state = 1
        for byte in path:
            state = self.step(state, byte)
        return bool(self.accept[state] & bit)


class Parser:
    def __init__(self, command, features):
        self.command = command.split() + ["--config-file=/dev/null", "-M", features, "-QKS"]

    def compile(self, profiles):
        """Automata of several profiles (lists of rules), or None when one is refused."""
        text = b""
        for number, rules in enumerate(profiles):
            text += b"profile p%03d {\n%s\n}\n" % (number, b"\n".join(rules))
        done = subprocess.run(self.command, input=text, capture_output=True, timeout=60,
                              env={"LC_ALL": "C", "PATH": "/usr/sbin:/usr/bin:/sbin:/bin"})
        if done.returncode != 0:
            return None
        return [Automaton(part) for part in done.stdout.split(PROFILE)[1:]]


class Driver:
    def __init__(self, program):
        self.process = subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def ask(self, verb, *words):
        line = " ".join([verb] + [word.hex() or "-" for word in words]) + "\n"
        self.process.stdin.write(line.encode())
        self.process.stdin.flush()
        return self.process.stdout.readline().decode().split()

    def matches(self, pattern, paths):
        answer = self.ask("match", pattern, *paths)
        return None if answer[0] == "error" else [c == "1" for c in answer[0]]


def unhex(word):
    return b"" if word == "-" else bytes.fromhex(word)


def token(pattern):
    return b'"' + pattern.replace(b'"', b'\\"') + b'"'


# Random patterns.

ATOMS = [b"a", b"b", b"ab", b"c", b".", b"1", b"-", b"^", b"\xff", b"\xc3\xa9", b"+", b"|", b"(", b")"]
STARS = [b"*", b"**", b"***", b"?", b"/*", b"/**", b"/*/", b"/**/", b"****"]
CLASSES = [b"[ab]", b"[^a]", b"[a-c]", b"[^/]", b"[^^]", b"[-a]", b"[a^]", b"[\\]a]", b"[^a-c1]",
           b"[\\*b]", b"[*]", b"[?a]", b"[/*]", b"[a,b]", b"[{]", b"[c-a]", b"[\\^a]", b"[a\\-c]",
           b"[\\,b]", b"[\\\\c]"]
ESCAPES = [b"\\*", b"\\?", b"\\/", b"\\,", b"\\{", b"\\]", b"\\a", b"\\-", b"\\^", b"\\x61",
           b"\\141", b"\\d097", b"\\."]
SIGNS = [b"/", b"/", b"a", b"b", b"-", b"^", b"]", b"[", b"{", b"}", b",", b",", b"*", b"**", b"?",
         b"\\", b"!", b"1", b"{a,", b"[a", b"[^", b"/*/", b"/**"]


def wild_pattern(rng):
    return b"/" + b"".join(rng.choice(SIGNS) for _ in range(rng.randint(0, 10)))


def good_pattern(rng, depth=0):
    out = b"" if depth else b"/"
    for _ in range(rng.randint(0, 5)):
        kind = rng.random()
        if kind < 0.3:
            out += rng.choice(ATOMS)
        elif kind < 0.5:
            out += b"/"
        elif kind < 0.65:
            out += rng.choice(STARS)
        elif kind < 0.75:
            out += rng.choice(CLASSES)
        elif kind < 0.85:
            out += rng.choice(ESCAPES)
        elif depth < 2:
            items = [good_pattern(rng, depth + 1) for _ in range(rng.randint(2, 3))]
            out += b"{" + b",".join(items) + b"}"
    return out


def near_paths(rng, pattern):
    """Random paths and mutations of the pattern's own text."""
    letters = [bytes([c]) for c in b"/abc1-^][*?\\,.{\xc3\xa9\xff\x07"]
    paths = [b"", b"/", b"/a", b"/a/", b"/a/b", b"//a", b"//", b"/a//b"]
    for _ in range(20):
        paths.append(b"/" + b"".join(rng.choice(letters) for _ in range(rng.randint(0, 7))))
    for _ in range(20):
        text = bytearray(pattern)
        for _ in range(rng.randint(1, 4)):
            at = rng.randrange(len(text) + 1)
            text[at : at + rng.randint(0, 1)] = rng.choice([b"", b"", b"a", b"b", b"/", b"c"])
        paths.append(bytes(text))
    return paths


class Test:
    def __init__(self, driver, parser, seed):
        self.driver, self.parser, self.rng = driver, parser, random.Random(seed)
        self.passed = self.failed = self.complex = 0

    def judge(self, ok, *what):
        self.passed += ok
        self.failed += not ok
        if not ok and self.failed < 20:
            print("FAILED:", *what)

    # Matching.

    def compare(self, pattern, automaton):
        paths = near_paths(self.rng, pattern)
        ours = self.driver.matches(pattern, paths)
        theirs = [automaton.allows(path, READ) for path in paths]
        wrong = [p for p, a, b in zip(paths, ours or theirs, theirs) if a != b]
        self.judge(ours is not None and not wrong, "matching", pattern, wrong[:3])

    def matching(self, rounds):
        batch = []
        for number in range(rounds):
            pattern = wild_pattern(self.rng) if number % 6 == 0 else good_pattern(self.rng)
            if pattern.endswith(b"\\") or len(pattern) > 60 or pattern.count(b"*") > 9:
                continue  # would quote the quote; would take the parser minutes
            refused = self.driver.matches(pattern, [b"/"]) is None
            if not refused and number % 6:
                batch.append(pattern)
                continue
            automata = self.parser.compile([[token(pattern) + b" r,"]])
            self.judge((automata is None) == refused, "validity", pattern)
            if automata and not refused:
                self.compare(pattern, automata[0])
        for at in range(0, len(batch), 50):
            part = batch[at : at + 50]
            automata = self.parser.compile([[token(p) + b" r,"] for p in part])
            self.judge(automata is not None, "validity of a batch", part)
            for pattern, automaton in zip(part, automata or []):
                self.compare(pattern, automaton)

    # Questions.

    def questions(self, rounds):
        tails = [b"".join(t) for n in range(6) for t in itertools.product(*[[b"/", b"a", b"c"]] * n)]
        paths = [b"/" + t for t in tails if b"//" not in b"/" + t]
        for _ in range(rounds):
            globs = [good_pattern(self.rng) for _ in range(self.rng.randint(2, 4))]
            if any(b"//" in g.replace(b"\\", b"") for g in globs):
                continue  # literal ones are taken at their word
            if any(self.driver.matches(g, paths[:1]) is None for g in globs):
                continue
            table = [self.driver.matches(g, paths) for g in globs]
            self.overlap(globs, paths, table)
            self.covered(globs, paths, table)
        self.judge(self.complex <= rounds / 100, "too many questions too complex", self.complex)

    def overlap(self, globs, paths, table):
        answer = self.driver.ask("overlap", *globs[:2])
        if answer[0] == "complex":
            self.complex += 1
            return
        both = [p for p, a, b in zip(paths, table[0], table[1]) if a and b]
        if answer[0] == "no":
            self.judge(not both, "overlap denied", globs[:2], both[:1])
            return
        witness = unhex(answer[1])
        fine = all(self.driver.matches(g, [witness])[0] for g in globs[:2])
        fine = fine and len(witness) <= min([len(p) for p in both], default=len(witness))
        self.judge(fine and b"//" not in witness, "overlap", globs[:2], witness, both[:1])

    def covered(self, globs, paths, table):
        answer = self.driver.ask("covered", *globs)
        if answer[0] == "complex":
            self.complex += 1
            return
        open_paths = [p for p, row in zip(paths, zip(*table)) if row[0] and not any(row[1:])]
        if answer[0] == "yes":
            self.judge(not open_paths, "covered", globs, open_paths[:1])
            return
        witness = unhex(answer[1])
        fine = self.driver.matches(globs[0], [witness])[0]
        fine = fine and not any(self.driver.matches(g, [witness])[0] for g in globs[1:])
        self.judge(fine, "not covered", globs, witness)

    # Carving.

    NAMES = [b"self", b"sys", b"s", b"self2", b"fs", b"com", b"comm", b"x", b"a-b", b"q^", b"\xc3\xa9", b"*",
             b"*", b"{[1-9],[1-9][0-9],[1-4][0-9][0-9]}", b"{a,b}", b"[^a]", b"sh*", b"?", b"a?", b"\\*",
             b"\\,x", b"\\]", b"{self,[1-9]}", b"[a-c]x", b"{,x}y"]
    WHOLES = [b"/proc/**", b"/sys/**", b"/{,**}", b"/proc/{,**}", b"/proc/[a-s]**", b"/{proc,sys}/**",
              b"/proc/*/**", b"/pr*", b"/pr**", b"/proc/s**", b"/proc/{s,c}**"]

    def exception(self):
        names = [self.rng.choice(self.NAMES) for _ in range(self.rng.randint(1, 3))]
        head = self.rng.choice([b"/proc/", b"/proc/", b"/sys/", b"/"])
        return head + b"/".join(names) + self.rng.choice([b"", b"", b"", b"/", b"/**", b"/{,**}", b"/*"])

    def carving(self, rounds):
        jobs, profiles, refused = [], [], 0
        for _ in range(rounds):
            whole = self.rng.choice(self.WHOLES)
            excepts = [self.exception() for _ in range(self.rng.randint(1, 4))]
            answer = self.driver.ask("subtract", whole, *excepts)
            if answer[0] != "yes":
                refused += 1
                continue
            globs = [unhex(word) for word in answer[1:]]
            jobs.append((whole, excepts, globs))
            profiles.append([b"/** w,"] + [b"deny %s w," % token(g) for g in globs])
            profiles.append([token(whole) + b" w,"] + [b"deny %s w," % token(e) for e in excepts])
        self.judge(refused < rounds / 5, "too many carvings refused", refused)
        for at in range(0, len(jobs), 20):
            automata = self.parser.compile(profiles[2 * at : 2 * at + 40])
            self.judge(automata is not None, "a batch of carvings", jobs[at : at + 20])
            for number, job in enumerate(jobs[at : at + 20] if automata else []):
                path = difference(automata[2 * number], automata[2 * number + 1])
                self.judge(path is None, "carving", *job, path)


def difference(carved, plain):
    """A path that `carved` (/** without the globs) and `/**` without `plain` disagree on, or None."""
    seen, queue = {(1, 1, 0)}, [(1, 1, 0, b"")]
    # shape: 0 nothing read, 1 just "/", 2 within the first name or later, 3 the same after a slash
    for one, two, shape, path in queue:
        denied = bool(plain.accept[two] & WRITE)
        if bool(carved.accept[one] & WRITE) != (shape >= 2 and not denied):
            return path
        for byte in range(1, 256):
            if (shape == 0 and byte != 47) or (shape in (1, 3) and byte == 47):
                continue
            further = 1 if shape == 0 else 3 if byte == 47 else 2
            key = (carved.step(one, byte), plain.step(two, byte), further)
            if key not in seen:
                seen.add(key)
                queue.append((*key, path + bytes([byte])))
    return None


def build_driver(folder):
    program = os.path.join(folder, "globs")
    sources = ["tests/property/globs.c", "base/arena.c", "base/buf.c", "base/slice.c", "base/limits.c"]
    sources += sorted(os.path.join("policy", f) for f in os.listdir("policy")
                      if f.startswith("glob") and f.endswith(".c"))
    subprocess.run([os.environ.get("CC", "cc"), "-std=gnu11", "-D_GNU_SOURCE", "-O1", "-I.", "-o",
                    program] + sources, check=True)
    return program


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--driver")
    options.add_argument("--parser", default="apparmor_parser")
    options.add_argument("--features", default="/etc/apparmor.d/abi/3.0")
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--rounds", type=int, default=300)
    chosen = options.parse_args()
    os.environ["PATH"] = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"
    with tempfile.TemporaryDirectory() as folder:
        driver = Driver(chosen.driver or build_driver(folder))
        test = Test(driver, Parser(chosen.parser, chosen.features), chosen.seed)
        test.matching(chosen.rounds * 2)
        test.questions(chosen.rounds)
        test.carving(chosen.rounds // 5)
        driver.process.stdin.close()
        test.judge(driver.process.wait() == 0, "the driver's exit status")
    print("%d passed, %d failed" % (test.passed, test.failed))
    return 1 if test.failed else 0


if __name__ == "__main__":
    sys.exit(main())

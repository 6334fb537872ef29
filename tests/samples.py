"""The samples: each compiles without a warning, is validated, passes its own `expect` section, means the same when inlined, and is
probed on at least 500 paths, where the binary, a naive matcher of the text and `aaforge test` must agree.
"""

import json
import os
import random
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from harness import ROOT, Scratch, aaforge, check, finish, say  # noqa: E402
from oracle import Dfa, Text, compile_text  # noqa: E402

SAMPLES = os.path.join(ROOT, "samples")
PROBES = int(os.environ.get("SAMPLE_PROBES", "500"))

COMMON = ["/", "/etc/shadow", "/etc/passwd", "/etc/hosts", "/etc/resolv.conf", "/proc/1/comm", "/proc/1/environ", "/proc/self/comm", "/proc/sys/kernel/core_pattern",
          "/proc/sysrq-trigger", "/proc/kcore", "/proc/meminfo", "/proc/cpuinfo", "/proc/1/cgroup", "/proc/1/fd/", "/proc/1/fd/3", "/sys/kernel/security/apparmor/profiles",
          "/sys/firmware/x", "/sys/fs/cgroup/memory.max", "/sys/kernel/mm/transparent_hugepage/hpage_pmd_size", "/tmp/", "/tmp/x", "/tmp/x/y", "/run/x", "/run/docker.sock",
          "/dev/null", "/dev/tty", "/dev/pts/0", "/dev/sda", "/dev/mem", "/dev/shm/x", "/usr/bin/sh", "/usr/bin/curl", "/bin/sh", "/usr/lib/x86_64-linux-gnu/libc.so.6", "/usr/lib/x",
          "/lib/x86_64-linux-gnu/libc.so.6", "/usr/local/bin/x", "/root/.ssh/id_rsa", "/home/u/.bashrc", "/var/log/x", "/var/lib/x", "/boot/vmlinuz", "/app", "/app/x", "/sbin/docker-init"]


def probes(text, seed):
    """Paths from the rules themselves and beside them, from a fixed seed."""
    rng = random.Random(seed)
    bases = list(COMMON)
    for _, _, _, _, pattern in text.rules:
        flat = text.expand(pattern)
        for _ in range(2):
            bases.append(instance(flat, rng))
    found = dict.fromkeys(p for p in bases if usable(p))
    while len(found) < PROBES:
        path = rng.choice(bases)
        at = rng.randint(1, len(path))
        path = rng.choice([path[:at], path + "x", path + "/y", path[:at] + rng.choice("abz019/._-") + path[at:], path[: at - 1] + path[at:]])
        if usable(path):
            found[path] = None
    return list(found)


def usable(path):
    return path.startswith("/") and "//" not in path and "/../" not in path + "/" and "/./" not in path + "/" and path.isascii() and path.isprintable() and " " not in path and not set("*?[]{}@\\\"'") & set(path)


def instance(pattern, rng):
    """A path that the pattern might match: alternations chosen, stars filled in."""
    out, i = [], 0
    while i < len(pattern):
        c = pattern[i]
        if c == "\\":
            out.append(pattern[i + 1 : i + 2])
            i += 1
        elif c == "{":
            depth, j, parts, begin = 1, i + 1, [], i + 1
            while depth:
                if pattern[j] == "{":
                    depth += 1
                elif pattern[j] == "}":
                    depth -= 1
                if (pattern[j] == "," and depth == 1) or depth == 0:
                    parts.append(pattern[begin:j])
                    begin = j + 1
                j += 1
            out.append(instance(rng.choice(parts), rng))
            i = j - 1
        elif c == "[":
            j = pattern.index("]", i + 2)
            body = pattern[i + 1 : j]
            out.append("Q" if body[0] == "^" else body[0])
            i = j
        elif c == "*":
            deep = pattern[i : i + 2] == "**"
            out.append(rng.choice(["x", "libx.so.1", "a-b"] + (["x/y", "x/y.so"] if deep else [])))
            i += deep
        elif c == "?":
            out.append("q")
        else:
            out.append(c)
        i += 1
    return "".join(out)


def probe(name, path, scratch, seed):
    result = aaforge("compile", path)
    dfa, text = Dfa(compile_text(result.out)), Text(result.text)
    paths = probes(text, seed)
    wrong = []
    for p in paths:
        for permission in "rwakmx":
            for owner in (True, False):
                binary, naive = dfa.allows(p, permission, owner), text.allows(p, permission, owner)
                if binary != naive:
                    wrong.append((p, permission, owner, "binary %s, text %s" % (binary, naive)))
    check(not wrong, "%s: binary and text agree on %d paths" % (name, len(paths)), wrong[:5])
    check(len(paths) >= PROBES, "%s: enough paths" % name)
    ask_aaforge(name, path, paths, dfa, scratch)


def ask_aaforge(name, path, paths, dfa, scratch):
    """The same questions to `aaforge test`, as an `expect` section that says what the naive reader found."""
    allow, deny = [], []
    for p in paths:
        for permission in "rwkm":
            owner, other = dfa.allows(p, permission, True), dfa.allows(p, permission, False)
            for who, allowed in (("owner", owner), ("other", other)):
                (allow if allowed else deny).append("%s %s %s" % (who, p, permission))
        x = dfa.allows(p, "x", True) and dfa.allows(p, "x", False)
        if x:
            allow.append("exec " + p)
        elif not dfa.allows(p, "x", True) and not dfa.allows(p, "x", False):
            deny.append("exec " + p)
    with open(path) as f:
        source = f.read()
    at = source.find("\nexpect:")
    rest = source[at + 1 :].split("\n")[1:]
    after = next((i for i, line in enumerate(rest) if line and line[0] not in " \t#-"), len(rest))
    source = source[: at + 1] + "\n".join(rest[after:]) + "\nexpect:\n  allow: %s\n  deny: %s\n" % (json.dumps(allow), json.dumps(deny))
    result = aaforge("test", "--format", "json", "-q", scratch.file(name + ".yaml", source))
    lines = [json.loads(line) for line in result.text.splitlines()]
    failed = [line["assertion"] for line in lines if not line["passed"]]
    check(len(lines) == len(allow) + len(deny), "%s: %d answers" % (name, len(lines)), result.message[:3000])
    check(not failed, "%s: aaforge test agrees" % name, failed[:5])


def main():
    names = sorted(n for n in os.listdir(SAMPLES) if n.endswith(".yaml"))
    check(len(names) >= 10, "there are ten samples")
    with Scratch() as scratch:
        os.environ["XDG_CACHE_HOME"] = scratch.path + "/cache"
        for seed, name in enumerate(names):
            path = os.path.join(SAMPLES, name)
            say("sample %s" % name)
            result = aaforge("check", "-q", path)
            check(result.status == 0 and not result.err, "%s is valid, without a warning" % name, result.message)
            result = aaforge("test", path)
            check(result.status == 0 and "not ok" not in result.text, "%s: expect" % name, result.message + result.text)
            count = result.text.count("\nok ") + result.text.startswith("ok ")
            check(count >= 20, "%s: expects enough (%d)" % (name, count))
            once, again = aaforge("compile", path), aaforge("compile", path)
            check(once.out == again.out, "%s: the same bytes on every run" % name)
            inlined = aaforge("compile", "--self-contained", path)
            statements = [line.split("#")[0] for line in inlined.text.splitlines()]
            check(not [s for s in statements if s.split()[:1] in (["include"], ["#include"], ["abi"])], "%s: self-contained needs no file" % name)
            check(compile_text(inlined.out) == compile_text(once.out), "%s: self-contained means the same" % name, inlined.message)
            annotated = aaforge("compile", "--annotate", path)
            check(compile_text(annotated.out) == compile_text(once.out), "%s: annotated means the same" % name)
            probe(name, path, scratch, seed)
        result = aaforge("check", "-q", SAMPLES)
        check(result.status == 0, "the whole directory", result.message)
    finish()


main()

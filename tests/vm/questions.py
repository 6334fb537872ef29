#!/usr/bin/python3
"""Questions about policies, for the kernel and for the analysis room. Usage: questions.py DIRECTORY

For each profile DIRECTORY gets NAME.profile, its text, and NAME.questions, lines as tests/property/decide
and tests/vm/helpers/query read them: paths made from the profile's own rules and mutations of them, every
family with every type, signals, tracing. The profiles are those of some samples, and random ones, which
have what the samples lack (audit, owner, every exec mode). Nothing here depends on the clock.
"""

import os
import random
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "tests", "property"))
sys.dont_write_bytecode = True

import binary  # noqa: E402

SAMPLES = ("docker-api", "nginx", "postgresql", "batch-no-network")
RANDOM_PROFILES = 5
PATHS = 90
FAMILIES = range(0, 46)
TYPES = (1, 2, 3, 4, 5, 10)
# Numbers that mean the same to AppArmor as to the C library.
SIGNALS = range(1, 16)
PEERS = ("unconfined", "runc", "crun", "{name}", "{name}//child", "{name}//&unconfined", "other")
PARSER = ["/sbin/apparmor_parser", "--config-file=/dev/null", "-M", "/etc/apparmor.d/abi/3.0", "-QK"]


def sample(name):
    aaforge = os.path.join(ROOT, os.environ.get("BUILD", "build"), "aaforge")
    path = os.path.join(ROOT, "samples", name + ".yaml")
    return subprocess.run([aaforge, "compile", path], check=True, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE).stdout.decode("latin-1")


def questions(rng, name, text):
    said = binary.run(PARSER + ["-D", "rule-exprs"], text)
    if said.returncode:
        sys.exit("questions.py: %s: %s" % (name, said.stderr.decode()))
    rules = binary.Rules()
    for part in binary.parse_dump((said.stdout + said.stderr).decode("latin-1")):
        rules.globs += part.globs
    for path in binary.make_paths(rng, rules, PATHS):
        for side in ("owner", "other"):
            yield "file %s %s" % (side, path.encode("latin-1").hex())
    for family in FAMILIES:
        for kind in TYPES:
            yield "network %d %d" % (family, kind)
    for peer in (peer.format(name=name).encode().hex() for peer in PEERS):
        for number in SIGNALS:
            yield "signal send %d %s" % (number, peer)
            yield "signal receive %d %s" % (number, peer)
        for access in ("trace", "read", "tracedby", "readby"):
            yield "ptrace %s %s" % (access, peer)


def main():
    rng = random.Random(3)
    texts = [sample(name) for name in SAMPLES]
    texts += [binary.random_profile(rng, number) for number in range(RANDOM_PROFILES)]
    for text in texts:
        name = binary.profile_names(text, PARSER)[0]
        base = os.path.join(sys.argv[1], name)
        with open(base + ".profile", "w", encoding="latin-1") as f:
            f.write(text)
        with open(base + ".questions", "w", encoding="ascii") as f:
            f.writelines(line + "\n" for line in questions(rng, name, text))


main()

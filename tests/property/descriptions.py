"""Properties, on random input from fixed seeds, decided by what apparmor_parser compiles:

1. Carve-outs: for any set of exceptions the emitted denies block every write below /proc and /sys but those.
2. Plain paths in `readable` are the file of that name, or the directory with all below it.
3. A deny is told to be about a link exactly where it takes a path below the link that is left below the link's target.
4. Hostile values: whatever a description holds, reading the emitted text back gives only what was meant.
"""

import json
import os
import random
import re
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from harness import Scratch, aaforge, check, finish, say  # noqa: E402
from oracle import Dfa, compile_text  # noqa: E402

# Everything is allowed but the denies, so that a hole in them cannot hide behind a missing allow.
TEMPLATE = """\
abi <abi/3.0>,
include <tunables/global>
profile @{name} {
	file,
	deny /proc/** wkl,
	deny /sys/** wkl,
}
"""

# What may not even be read.
DEEP_TEMPLATE = """\
abi <abi/3.0>,
include <tunables/global>
profile @{name} {
	file,
	deny /sys/kernel/security/{,**} rwklmx,
}
"""

PID = re.compile(r"[1-9][0-9]{0,5}|[1-4][0-9]{6}")

NAMES = ["sys", "kernel", "comm", "shm", "shmmax", "shmall", "fs", "cgroup", "cg", "c", "net", "ipv4",
         "tcp", "1", "12", "42", "4194304", "oom_score_adj", "attr", "current", "a b", "x,y", "#x", "p{q", "[z]", "st*r",
         "q?", "\u00fc\u00df", 'quo"te', "back\\slash", "@{pid}", "-", "^", "]", "~", "!", "..."]


def random_exception(rng):
    """(entry of `writable` as JSON, predicate of paths)"""
    root = rng.choice(["/proc", "/sys"])
    shape = rng.random()
    if root == "/proc" and shape < 0.15:
        leaf = rng.choice(["comm", "oom_score_adj", "attr/current"])
        return {"file": "/proc/self/" + leaf}, matcher(r"/proc/(?:%s)/%s" % (PID.pattern, re.escape(leaf)))
    if root == "/proc" and shape < 0.22:
        return {"file": "/proc/thread-self/comm"}, matcher(r"/proc/(?:%s)/task/(?:%s)/comm" % (PID.pattern, PID.pattern))
    if root == "/proc" and shape < 0.32:
        leaf = rng.choice(["comm", "oom_score_adj", "setgroups"])
        return "/proc/@{pid}/" + leaf, matcher(r"/proc/(?:%s)/%s" % (PID.pattern, leaf))
    if root == "/proc" and shape < 0.37:
        leaf = rng.choice(["comm", "net"])
        return "/proc/*/" + leaf, matcher(r"/proc/[^/]+/" + leaf)
    path = root + "".join("/" + rng.choice(NAMES) for _ in range(rng.randint(1, 4)))
    literal = re.escape(path)
    if shape < 0.75:
        return {"file": path}, matcher(literal)
    # A directory: all below it, but not the directory itself. A path with glob characters would be a pattern.
    if re.search(r"[*?\[\]{}@\\]", path):
        return {"file": path}, matcher(literal)
    return path + rng.choice(["", "/"]), matcher(literal + r"/[^/][\s\S]*")


def matcher(regex):
    compiled = re.compile(regex)
    return lambda path: compiled.fullmatch(path) is not None


def near(rng, paths):
    """A path beside one of the given ones: cut, extended, one byte changed."""
    path = rng.choice(paths)
    for _ in range(rng.randint(0, 2)):
        at = rng.randint(5, len(path))
        action = rng.random()
        if action < 0.3:
            path = path[:at]
        elif action < 0.6:
            path = path[:at] + rng.choice("abcmsx019/-{}*, ") + path[at + 1 :]
        elif action < 0.8:
            path = path[:at] + rng.choice("abcmsx019/") + path[at:]
        else:
            path += rng.choice(["/", "/x", "x", "/task/7/comm", "0"])
    return path


def sample_path(entry, rng):
    text = entry["file"] if isinstance(entry, dict) else entry
    text = text.replace("/thread-self/", "/%d/task/%d/" % (rng.randint(1, 4999999), rng.randint(1, 99999)))
    text = text.replace("/self/", "/%d/" % rng.choice([1, 9, 10, 42, 99999, 4999999]))
    if isinstance(entry, str):
        text = text.replace("@{pid}", str(rng.randint(1, 4999999))).replace("*", rng.choice(["x", "12", "sys"]))
    return text


def kernel_sees(path):
    """Paths that the kernel hands to AppArmor: absolute, resolved, without empty components."""
    return "//" not in path and "\0" not in path and re.match(r"/(proc|sys)/[^/]", path)


def carve_round(seed, scratch, template):
    rng = random.Random(seed)
    exceptions = [random_exception(rng) for _ in range(rng.randint(1, 4))]
    entries = [e for e, _ in exceptions]
    text = json.dumps({"name": "p", "template": template, "binary": "/b", "writable": entries}, ensure_ascii=False)
    result = aaforge("compile", "-N", "duplicate-entry", scratch.file("p.yaml", text))
    if result.status != 0:
        # The only refusal that is right: a component such as st*r inside a pattern cannot be here.
        check(False, "seed %d compiles" % seed, text + "\n" + result.message)
        return
    dfa = Dfa(compile_text(result.out))
    samples = [sample_path(e, rng) for e in entries for _ in range(3)] + ["/proc/sys/kernel/x", "/sys/fs/x/y", "/proc/1/comm"]
    wrong = []
    for _ in range(150):
        path = near(rng, samples)
        if not kernel_sees(path):
            continue
        want = any(match(path) for _, match in exceptions)
        for permission in "wk":
            if dfa.allows(path, permission, False) != want or dfa.allows(path, permission, True) != want:
                wrong.append((path, permission, want))
        if not dfa.allows(path, "r", True):
            wrong.append((path, "r", True))
    check(not wrong, "carve-outs, seed %d" % seed, "%s\n%s\n%s" % (text, wrong[:5], result.text))


def read_round(seed, scratch, template):
    """What may not even be read is opened by name, for reading and nothing else."""
    rng = random.Random(seed)
    names = ["/sys/kernel/security/apparmor/profiles", "/sys/kernel/security/lsm", "/sys/kernel/security/x/y",
             "/sys/kernel/security/integrity/ima/policy", "/sys/kernel/security/apparmor/features/caps/mask"]
    chosen = rng.sample(names, rng.randint(1, 3))
    text = json.dumps({"name": "p", "template": template, "binary": "/b", "readable": [{"file": name} for name in chosen]})
    result = aaforge("compile", scratch.file("r.yaml", text))
    if not check(result.status == 0, "reads, seed %d compile" % seed, result.message):
        return
    dfa = Dfa(compile_text(result.out))
    wrong = []
    for _ in range(150):
        path = near(rng, chosen)
        if "//" in path or not path.startswith("/sys/kernel/security/"):
            continue
        for owner in (False, True):
            if dfa.allows(path, "r", owner) != (path in chosen) or any(dfa.allows(path, p, owner) for p in "wkmx"):
                wrong.append(path)
    check(not wrong, "exceptions for reading, seed %d" % seed, "%s\n%s\n%s" % (text, wrong[:5], result.text))


def child_round(scratch):
    """A child is strict below every template, and what it lists is its own."""
    for parent in ["container", "docker-default", "minimal"]:
        text = json.dumps({"name": "p", "template": parent, "binary": "/b", "exec": [{"path": "/k", "as": "child kid"}],
                           "children": {"kid": {"binary": "/k", "readable": ["/etc/kid.conf"]}}})
        result = aaforge("compile", scratch.file("c.yaml", text))
        dfa = Dfa(compile_text(result.out), 1)
        for path in ["/etc/shadow", "/root/x", "/etc/kid.conf", "/proc/sys/kernel/hostname", "/usr/bin/id"]:
            for permission in "rwklmx":
                want = path == "/etc/kid.conf" and permission == "r"
                if permission in "rm" and path.startswith("/usr/"):
                    continue  # libraries and data of abstractions/base
                check(dfa.allows(path, permission, False) == want, "child of %s: %s %s" % (parent, path, permission), result.text)


def class_round(scratch):
    """A class that is listed below docker-default is what is allowed; what is not listed stays as it is."""
    for key, value, wanted in [("capabilities", ["chown"], {"chown"}), ("capabilities", [], set()), ("network", [], None)]:
        text = json.dumps({"name": "p", "template": "docker-default", key: value})
        emitted = aaforge("compile", scratch.file("k.yaml", text)).text
        rules = [line.strip() for line in emitted.splitlines()]
        check(("capability," in rules) == (key != "capabilities"), "docker-default with %s %s: capability" % (key, value), emitted)
        check(("network," in rules) == (key != "network"), "docker-default with %s %s: network" % (key, value), emitted)
        if wanted is not None:
            got = {line.split()[1].rstrip(",") for line in rules if line.startswith("capability ")}
            check(got == wanted, "docker-default with %s %s: the list" % (key, value), emitted)


def owner_round(scratch, template):
    """owner: true leaves the deny to everybody else."""
    text = json.dumps({"name": "p", "template": template, "binary": "/b",
                       "writable": [{"file": "/proc/self/comm", "owner": True}]})
    result = aaforge("compile", scratch.file("o.yaml", text))
    dfa = Dfa(compile_text(result.out))
    check(dfa.allows("/proc/7/comm", "w", True), "the owner may write", result.text)
    check(not dfa.allows("/proc/7/comm", "w", False), "others may not", result.text)
    check(not dfa.allows("/proc/7/com", "w", True), "nothing else may be written", result.text)


MERGED = ("/bin", "/sbin", "/lib", "/lib64")


def seen_by_kernel(path):
    """The names that the kernel may have for a path: /bin and so on are links into /usr, or are not."""
    return [path] + ["/usr" + path for top in MERGED if path == top or path.startswith(top + "/")]


def plain_round(seed, scratch, template):
    """A plain path in `readable` is the file of that name, or the directory with all below it; and dead with the file."""
    rng = random.Random(seed)
    tops = ["/etc", "/srv", "/bin", "/sbin", "/lib", "/lib64", "/lib6", "/sys/kernel/security", "/binx"]
    below = ["", "/a", "/a/b", "/a b", "/x,y", "/\u00fc", "/a.conf", "/#"]
    path = rng.choice(tops) + rng.choice(below[1:] if seed % 3 else below)
    if path == "/sys/kernel/security":
        path += "/lsm"  # the whole of it is no exception
    deny, tree = path + rng.choice(["", "", "/a", "x"]), rng.choice(["", "/**", "{,/**}"])
    deny = deny if rng.random() < 0.5 and not re.search("[ ,#]", deny) else "/none"
    owner = rng.random() < 0.3
    text = json.dumps({"name": "p", "template": template, "binary": "/b", "deny": [deny + tree + " r"],
                       "readable": [{"path": path, "owner": True} if owner else path]})

    def denied(name):
        # "/**" at the end stands for one byte at least, within braces for none as well.
        inside = name.startswith(deny + "/") and (tree != "/**" or len(name) > len(deny) + 1)
        return (tree != "/**" and name == deny) or (tree != "" and inside)

    names = seen_by_kernel(path)
    result = aaforge("compile", "-N", "linked-deny", scratch.file("p.yaml", text))
    dead = all(denied(name) for name in names)
    if not check(("dead-rule]" in re.sub("partly-dead-rule]", "", result.message)) == dead, "plain, seed %d: dead" % seed, text + result.message):
        return
    if dead or not check(result.status == 0, "plain, seed %d compiles" % seed, text + result.message):
        return
    dfa, wrong = Dfa(compile_text(result.out)), []
    beside = [near(rng, names) for _ in range(3) if len(path) > 5]
    for name in {n + tail for n in names + beside for tail in ("", "/", "/a", "/a/b", "/a/", "x", "/**", ".")}:
        want = any(name == n or name.startswith(n + "/") for n in names) and not denied(name)
        if "//" in name or name == "/b" or (template != "minimal" and not name.startswith("/sys/kernel/security/")):
            continue
        for own in (False, True):
            if dfa.allows(name, "r", own) != (want and (own or not owner)) or dfa.allows(name, "w", own) or dfa.allows(name, "x", own):
                wrong.append(name)
    check(not wrong, "plain, seed %d: exactly the file, or the directory" % seed, "%s\n%s\n%s" % (text, wrong, result.text))


LINKS = {"/bin": "/usr/bin", "/sbin": "/usr/sbin", "/lib": "/usr/lib", "/lib64": "/usr/lib64", "/var/run": "/run", "/var/lock": "/run/lock"}


def linked_round(seed, scratch, template):
    """Whatever is denied below a link is denied below its target, or it is an error; what its help says mends it."""
    rng = random.Random(seed)
    tops = ["/bin", "/sbin", "/lib", "/lib64", "/var/run", "/var/lock", "/usr/bin", "/usr/lib", "/run", "/run/lock", "/{,usr/}bin", "/{bin,usr/bin}",
            "/{,usr/}{bin,sbin}", "/{var/,}run", "/{var/,}{run,run/lock}", "/var/{run,lock}", "/{sbin,opt}", "/{usr/{,s}bin,bin}", "/lib{,64}",
            "/{usr/,}lib{,64}", "@{run}", "/binx", "/srv"]
    tails = ["/x", "/x", "/y", "/{x,y}", "/*", "/**", "/", "/{,x}"]
    denies = [rng.choice(["", "", "owner "]) + rng.choice(tops) + rng.choice(tails) + " " + rng.choice(["r", "rw", "w"]) for _ in range(rng.randint(1, 4))]
    for step in range(12):
        text = "name: p\ntemplate: %s\nbinary: /b\ndeny:\n%s" % (template, "".join("- %s\n" % json.dumps(deny) for deny in denies))
        options = ["-W", "linked-deny", "-N", "duplicate-entry", "-N", "already-allowed", "--format", "json"]
        result = aaforge("compile", *options, scratch.file("l.yaml", text))
        if not check(result.status == 0, "links, seed %d compiles" % seed, text + result.message):
            return
        holes = linked_holes(Dfa(compile_text(result.out)))
        told = [record for record in map(json.loads, result.message.splitlines()) if record["id"] == "linked-deny"]
        check(bool(told) == bool(holes), "links, seed %d, step %d: told where there is a hole" % (seed, step), "%s\n%s\n%s" % (text, holes, told))
        better = [(record["line"] - 5, re.match("write '(.*?)'", record["help"])) for record in told]
        for index, match in better:
            if match:
                denies[index] = match.group(1)
        if not any(match for _, match in better):
            break
    check(step < 11, "links, seed %d: the help leads to an end" % seed, text)


def linked_holes(dfa):
    """What is denied below a link, and allowed below its target."""
    asked = [(link, target, tail, p, own) for link, target in LINKS.items() for tail in ("/", "/x", "/y", "/z", "/a/b") for p in "rw" for own in (False, True)]
    return [(target + tail, p, own) for link, target, tail, p, own in asked if dfa.allows(target + tail, p, own) and not dfa.allows(link + tail, p, own)]


HOSTILE = ["/a b", '/a"b', "/a\\b", "/a,b", "/a#b", "/a{b", "/a}b", "/a,", "/ #include <x>", "/a rw, /etc/shadow rw", "/x\\", "/a@{HOME}",
           "/@{a", "/a*", "/a?", "/[a]", "/^a", "/a\u00fc", "/a'b", "/}", "/}\\", "/a -> b", "/(", "/a=b", "/<a>", "/a;b", "/\u202e", "/a\tb",
           "/a\\,b", "/a\\\\", "/\\x41", "/\\101", "/$x", "/${x}", "/a|b", "/!", "/~", "/a  b ", "/\u00a0"]


def hostile_round(seed, scratch):
    """A literal value gives exactly that path and nothing else in the compiled policy."""
    rng = random.Random(seed)
    value = rng.choice(HOSTILE) + "".join(rng.choice(["", "x", " ", ",", "}", "{", "\\", '"', "*", "#", "/", "@", "]"]) for _ in range(rng.randint(0, 4)))
    value = re.sub(r"//+", "/", value)
    if "\t" in value or value.endswith("/") or "/../" in value + "/":
        return
    text = json.dumps({"name": "p", "template": "minimal", "binary": "/b", "writable": [{"file": value}]}, ensure_ascii=False)
    result = aaforge("compile", scratch.file("h.yaml", text))
    if not check(result.status == 0, "hostile value %r compiles" % value, result.message):
        return
    dfa = Dfa(compile_text(result.out))
    right = dfa.allows(value, "w", False) and dfa.allows("/b", "x", False)
    right = right and all(dfa.allows(name, "w", False) for name in seen_by_kernel(value))
    others = [value + "x", value[:-1], value.replace("*", "x"), value.replace("?", "x"), value.replace("\\", ""), "/etc/shadow", "/a", "/b/c", value.replace("{", "").replace("}", "")]
    extra = [p for p in others if p != value and p.startswith("/") and dfa.allows(p, "w", False)]
    check(right and not extra, "hostile value %r" % value, "%s\n%s" % (extra, result.text))


def main():
    rounds = int(os.environ.get("PROPERTY_ROUNDS", "60"))
    with Scratch() as scratch:
        template = scratch.file("all.profile", TEMPLATE)
        say("carve-outs: %d random sets of exceptions" % rounds)
        for seed in range(rounds):
            carve_round(seed, scratch, template)
        owner_round(scratch, template)
        deep = scratch.file("deep.profile", DEEP_TEMPLATE)
        for seed in range(rounds):
            read_round(seed, scratch, deep)
            plain_round(seed, scratch, "minimal" if seed % 2 else deep)
            linked_round(seed, scratch, template)
        child_round(scratch)
        class_round(scratch)
        say("hostile values: %d" % (rounds * 3))
        for seed in range(rounds * 3):
            hostile_round(seed, scratch)
    finish()


main()

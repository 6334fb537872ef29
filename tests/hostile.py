"""Input and systems that mean ill: each gives a clear error, the right exit status, and nothing is lost."""

import os
import signal
import socket
import stat
import subprocess
import sys
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from harness import AAFORGE, WRAPPER, Scratch, aaforge, check, finish  # noqa: E402

GOOD = "name: good\nbinary: /app\n"
NAME = b"name: x\nbinary: /b\n"

# (what, bytes, status, id that must be named or None)
DESCRIPTIONS = [
    ("an empty file", b"", 1, "empty-document"),
    ("a comment only", b"# nothing\n", 1, "empty-document"),
    ("NUL", NAME + b"readable: ['/a\0b']\n", 1, "encoding"),
    ("an escaped NUL", NAME + b'readable: ["/a\\0b"]\n', 1, "encoding"),
    ("an escaped newline", NAME + b'readable: ["/a\\nb"]\n', 1, "bad-path"),
    ("invalid UTF-8", NAME + b"readable: [/a\xff]\n", 1, "encoding"),
    ("UTF-16", "name: x\nbinary: /b\n".encode("utf-16"), 1, "encoding"),
    ("CRLF", NAME.replace(b"\n", b"\r\n"), 0, None),
    ("a byte order mark", b"\xef\xbb\xbf" + NAME, 0, None),
    ("a tab as indentation", b"name: x\nbinary:\n\t- /b\n", 1, "yaml"),
    ("an alias cycle", NAME + b"readable: &a [*a]\n", 1, "alias-cycle"),
    ("an unknown alias", NAME + b"readable: [*nope]\n", 1, "unknown-alias"),
    ("an alias bomb", NAME + b"x0: &x0 [a,a,a,a,a,a,a,a,a]\n"
     + b"".join(b"x%d: &x%d [%s]\n" % (i, i, b",".join([b"*x%d" % (i - 1)] * 9)) for i in range(1, 12)), 1, None),
    ("an alias bomb in a known key", NAME + b"readable: &x0 [/a,/a,/a,/a,/a,/a,/a,/a,/a]\nrules:\n"
     + b"".join(b" - &r%d [%s]\n" % (i, b",".join([b"*x0" if i == 0 else b"*r%d" % (i - 1)] * 9)) for i in range(10)), 1, None),
    ("64 levels", NAME + b"readable: " + b"[" * 100 + b"]" * 100 + b"\n", 1, "too-large"),
    ("100,000 levels", NAME + b"readable: " + b"[" * 100000, 1, None),
    ("1 MiB and a byte", NAME + b"#" * (1 << 20) + b"\n", 1, "too-large"),
    ("a very long line", NAME + b"description: " + b"x" * 500000 + b"\n", 0, None),
    ("100,000 keys", b"".join(b"k%d: 1\n" % i for i in range(100000)), 1, "unknown-key"),
    ("a duplicate key", NAME + b"name: y\n", 1, "duplicate-key"),
    ("a list at the top", b"- a\n", 1, "wrong-type"),
    ("a scalar at the top", b"hello\n", 1, "wrong-type"),
    ("an unclosed quote", b"name: 'x\n", 1, "yaml"),
    ("a foreign tag", b"name: !!python/object:os.system x\nbinary: /b\n", 1, None),
    ("two rules in one", NAME + b"rules: ['/a r, /b w']\n", 1, "rule-not-single"),
    ("a rule that closes the block", NAME + b"rules: ['/a r, }']\n", 1, None),
    ("a rule that opens a block", NAME + b"rules: ['profile y { /a r, }']\n", 1, None),
    ("a rule that includes", NAME + b"rules: ['include <tunables/global>']\n", 1, None),
    ("a rule that sets a variable", NAME + b"rules: ['@{X} = /a']\n", 1, None),
    ("a rule with a comment", NAME + b"rules: ['/a r #, /b w']\n", 1, None),
    ("a rule with a newline", NAME + b'rules: ["/a r,\\n/b w"]\n', 1, None),
    ("a glob bomb", NAME + b"readable: ['/" + b"{a,b}" * 2000 + b"']\n", None, None),
    ("a nested glob bomb", NAME + b"readable: ['/" + b"{a," * 200 + b"b" + b"}" * 200 + b"']\n", 1, None),
    ("a star bomb", NAME + b"readable: ['/" + b"*a" * 500 + b"']\ndeny: ['/" + b"*b" * 500 + b" r']\n", None, None),
    ("a name with a newline", b'name: "a\\nb"\nbinary: /b\n', 1, "bad-name"),
    ("a name with a brace", b"name: 'a{b'\nbinary: /b\n", 1, "bad-name"),
    ("a reserved name", b"name: unconfined\nbinary: /b\n", 1, "bad-name"),
    ("a relative path", NAME + b"readable: [a/b]\n", 1, "bad-path"),
    ("a path with ..", NAME + b"readable: [/a/../b]\n", 1, "bad-path"),
    ("a description with a newline", NAME + b'description: "a\\n} profile evil {"\n', 1, None),
]


def descriptions(scratch):
    for what, text, status, name in DESCRIPTIONS:
        path = scratch.file("d.yaml", text)
        begin = time.time()
        result = aaforge("compile", path, timeout=60 * (10 if WRAPPER else 1))
        fine = result.status == status if status is not None else result.status in (0, 1)
        check(fine, "%s: status %s" % (what, result.status), result.message[:1500])
        if result.status == 1:
            check(result.out == b"", "%s: nothing is emitted" % what)
            check("error:" in result.message, "%s: an error is shown" % what, result.message[:500])
            check(len(result.err) < 400000, "%s: the messages are bounded (%d bytes)" % (what, len(result.err)))
        if name:
            check("[%s]" % name in result.message, "%s: names %s" % (what, name), result.message[:1500])
        check(time.time() - begin < (200 if WRAPPER else 20), "%s: ends soon" % what)


def many_documents(scratch):
    result = aaforge("compile", scratch.file("m.yaml", GOOD + "---\n" + GOOD.replace("good", "other")))
    check(result.status == 0 and result.out.count(b"\nprofile ") == 2, "two documents give two profiles", result.message)
    check(result.out.count(b"abi <abi/3.0>") == 1, "one preamble for both", result.text)
    result = aaforge("compile", scratch.file("m.yaml", GOOD + "---\n" + GOOD))
    check(result.status == 1 and "[duplicate-name]" in result.message, "a name twice is refused", result.message)
    result = aaforge("compile", "-", stdin=GOOD.encode())
    check(result.status == 0, "standard input", result.message)


def outputs(scratch):
    good = scratch.file("good.yaml", GOOD)
    bad = scratch.file("bad.yaml", "nam: x\n")
    target = scratch.file("out.profile", "old")
    aaforge("compile", "-o", target, bad)
    check(open(target).read() == "old", "an error leaves the old file")
    result = aaforge("compile", "-o", target, good)
    check(result.status == 0 and "profile good" in open(target).read(), "a file is replaced", result.message)
    link = scratch.path + "/link"
    os.symlink(scratch.file("pointed", "precious"), link)
    result = aaforge("compile", "-o", link, good)
    check(result.status == 0 and os.path.islink(link), "a symbolic link of one's own stays", result.message)
    check("profile good" in open(scratch.path + "/pointed").read(), "and is written through")
    fifo = scratch.path + "/fifo"
    os.mkfifo(fifo)
    result = aaforge("compile", "-o", fifo, good, timeout=60)
    check(result.status == 3 and "fifo" in result.message.lower(), "a FIFO is refused", result.message)
    check(stat.S_ISFIFO(os.stat(fifo).st_mode), "and still there")
    result = aaforge("compile", "-o", "/dev/full", good)
    check(result.status == 3 and "No space left" in result.message, "a full disk (/dev/full) as a file", result.message)
    with open("/dev/full", "wb") as full:
        result = aaforge("compile", good, stdout=full)
    check(result.status == 3 and "No space left" in result.message, "a full disk on standard output", result.message)
    result = aaforge("compile", "-o", scratch.path + "/none/x", good)
    check(result.status == 3, "a missing folder", result.message)
    directory = scratch.path + "/dir"
    os.mkdir(directory)
    result = aaforge("compile", "-o", directory, good, bad)
    check(result.status == 1 and os.listdir(directory) == [], "one error: no file of the set appears", os.listdir(directory))
    result = aaforge("compile", "-o", directory, good)
    check(result.status == 0 and os.listdir(directory) == ["good"], "a directory gets one file per profile", os.listdir(directory))
    os.mkdir(directory + "/other")
    result = aaforge("compile", "-o", directory, scratch.file("o.yaml", GOOD.replace("good", "other")))
    check(result.status == 3 and os.path.isdir(directory + "/other"), "a directory in the way is refused", result.message)
    check(not [f for f in os.listdir(directory) if f.startswith(".")], "no temporary file is left", os.listdir(directory))
    result = aaforge("compile", scratch.path + "/missing.yaml")
    check(result.status == 3 and "No such file" in result.message, "a missing input", result.message)
    result = aaforge("compile", "--format", "json", bad)
    check(result.status == 1 and result.message.startswith("{"), "messages as JSON lines", result.message)


LIMIT = 20 * (10 if WRAPPER else 1)


def at_once(*arguments, **more):
    """A command that may not wait for anybody; one that does fails."""
    try:
        return aaforge(*arguments, timeout=LIMIT, **more)
    except subprocess.TimeoutExpired:
        check(False, "%s: hangs" % " ".join(arguments))
        return None


def refused_kind(name, words, *arguments):
    result = at_once(*arguments)
    if result:
        check(result.status in (1, 3) and words in result.message, "%s: %s" % (name, " ".join(arguments)), "%d %s" % (result.status, result.message))
        check(not result.out or b"profile" not in result.out, "%s: nothing is emitted" % name, result.text)


def kinds(scratch):
    """Named pipes without a writer, devices, sockets and directories in the place of files: an error at once."""
    root = scratch.path + "/image"
    os.makedirs(root + "/etc/apparmor.d")
    folder = scratch.path + "/kinds"
    os.mkdir(folder)
    good = scratch.file("kinds/good.yaml", GOOD)
    os.mkdir(folder + "/dir.yaml")
    os.mkfifo(folder + "/pipe.yaml")
    os.symlink("pipe.yaml", folder + "/link.yaml")
    os.symlink("/dev/zero", folder + "/device.yaml")
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(folder + "/socket.yaml")
    things = [("pipe", "is a named pipe"), ("link", "is a named pipe"), ("device", "is a device"), ("socket", "is a socket")]
    for name, words in things + [("dir", "is a directory")]:
        path = "%s/%s.yaml" % (folder, name)
        if name != "dir":
            for command in ("compile", "check", "test"):
                refused_kind(name, words, command, path)
            refused_kind(name, words, "audit", path)
            refused_kind(name, words, "audit", "--fix", path)
            refused_kind(name, words, "install", "--root", root, "--base", "/etc/apparmor.d", path)
        refused_kind(name, words, "import", path)
        refused_kind(name, words, "compile", "--to", "oci", "--merge", path, scratch.file("kinds/.image.yaml", GOOD + "container: {image: x, user: 10001}\n"))
        refused_kind(name, words, "compile", scratch.file("kinds/.template.yaml", GOOD + "template: ./%s.yaml\n" % name)) if name != "device" else None
        filtered = scratch.file("kinds/.filter.yaml", GOOD + "container: {image: x, user: 10001, seccomp: {file: %s.yaml}}\n" % name)
        if name != "device":
            for target in ("oci", "docker"):
                refused_kind(name, words, "compile", "--to", target, filtered)
        if name != "dir":
            refused_kind(name, words, "check", "--features", path, good)
            refused_kind(name, "", "check", "--parser", path, good)
    for command in ("compile", "check"):
        result = at_once(command, folder)
        if result:
            check(result.status == 3, "%s of the directory fails" % command, result.message)
            for name, words in things + [("dir", "is a directory")]:
                check("%s.yaml' %s" % (name, words) in result.message, "%s of a directory: %s" % (command, name), result.message)
    result = at_once("sync", "--root", root, "--base", "/etc/apparmor.d", folder)
    check(result and result.status == 3 and all("%s.yaml' %s" % thing in result.message for thing in things), "sync of the directory", result and (result.status, result.message))
    scratch.file("kinds/texts/good", "profile good { }\n")
    os.mkfifo(folder + "/texts/pipe")
    refused_kind("pipe among texts", "is a named pipe", "audit", "--profiles", folder + "/texts", scratch.file("kinds/.c.json", "[]"))
    included = scratch.file("kinds/.include.yaml", GOOD + "template: ./t.profile\n")
    scratch.file("kinds/t.profile", 'profile @{name} {\n\tinclude "%s/texts/pipe"\n}\n' % folder)
    refused_kind("an included pipe", "not a regular file", "compile", included)
    check(at_once("compile", "/proc/kmsg") is not None, "a file that is waited for")
    huge = scratch.file("kinds/.huge", "")
    os.truncate(huge, 1 << 42)
    for arguments in (["audit"], ["import"], ["compile"], ["compile", "--to", "oci", "--merge", huge, good][:-1]):
        result = at_once(*arguments, huge if arguments[-1] != huge else good)
        check(result and result.status in (1, 3), "a huge file: %s" % arguments, result and result.message[:300])
    result = at_once("check", "--features", huge, good)
    check(result and result.status == 3 and "larger than" in result.message, "huge features", result and result.message[:300])
    # What a shell makes of <(command) is a pipe, and meant.
    source, end = os.pipe()
    os.write(end, GOOD.encode())
    os.close(end)
    process = subprocess.run([AAFORGE, "compile", "/dev/fd/%d" % source], pass_fds=[source], capture_output=True, timeout=LIMIT, check=False)
    os.close(source)
    check(process.returncode == 0 and b"profile good" in process.stdout, "a pipe of the shell", process.stderr.decode())
    result = at_once("compile", "/dev/stdin", stdin=(GOOD + "---\n" + GOOD).encode())
    check(result and result.status == 1 and "duplicate-name" in result.message, "/dev/stdin is read once", result and result.message)


def growing(scratch):
    """A file that grows while it is read ends at the limit."""
    path = scratch.file("growing.json", "[")
    with open(path, "ab") as out:
        stop = threading.Event()

        def write():
            while not stop.is_set() and out.tell() < 100 << 20:
                out.write(b" " * (1 << 16))
                out.flush()

        writer = threading.Thread(target=write)
        writer.start()
        result = at_once("import", path)
        stop.set()
        writer.join()
    check(result and result.status in (1, 3), "a file that grows", result and result.message[:300])


def kept(scratch):
    """Files that are there keep what they have."""
    good = scratch.file("keep/good.yaml", GOOD)
    out = scratch.file("keep/out", "old")
    os.chmod(out, 0o600)
    root = os.geteuid() == 0
    if root:
        os.chown(out, 65534, 65533)
    has_attributes = True
    try:
        os.setxattr(out, "user.note", b"mine")
    except OSError:
        has_attributes = False
    directory = scratch.path + "/keep/dir"
    os.mkdir(directory)
    inside = scratch.file("keep/dir/good", "old")
    os.chmod(inside, 0o640)
    compose = scratch.file("keep/compose.yaml", "services:\n  web:\n    image: x:1\n    privileged: true\n")
    os.chmod(compose, 0o600)
    os.symlink("compose.yaml", scratch.path + "/keep/current.yaml")
    check(aaforge("compile", "-o", out, good).status == 0, "compile -o writes")
    at = os.stat(out)
    check(at.st_mode & 0o7777 == 0o600, "compile -o keeps the mode", oct(at.st_mode))
    check(not root or (at.st_uid, at.st_gid) == (65534, 65533), "compile -o keeps owner and group", at)
    check(not has_attributes or os.getxattr(out, "user.note") == b"mine", "compile -o keeps attributes")
    check(aaforge("compile", "-o", directory, good).status == 0 and os.stat(inside).st_mode & 0o7777 == 0o640, "so does a directory")
    result = aaforge("audit", "--fix", "--in-place", scratch.path + "/keep/current.yaml")
    check(result.status == 0 and "privileged: true" not in open(compose).read(), "--in-place writes through a link", result.message)
    check(os.stat(compose).st_mode & 0o7777 == 0o600 and os.path.islink(scratch.path + "/keep/current.yaml"), "and keeps mode and link")
    os.link(out, out + "2")
    result = aaforge("compile", "-o", out, good)
    check(result.status == 3 and "hard links" in result.message and os.stat(out).st_nlink == 2, "hard links are not parted", result.message)
    if root:
        # Everybody may make links here: what a stranger's leads to is not overwritten.
        shared = scratch.path + "/keep/shared"
        os.mkdir(shared)
        os.chmod(shared, 0o1777)
        precious = scratch.file("keep/precious", "precious")
        os.symlink(precious, shared + "/out")
        os.lchown(shared + "/out", 65534, 65534)
        result = aaforge("compile", "-o", shared + "/out", good)
        check(result.status == 3 and "link of another user" in result.message, "a stranger's link", result.message)
        check(open(precious).read() == "precious", "is not followed")
    left = [name for _, _, names in os.walk(scratch.path + "/keep") for name in names if name.startswith(".aaforge")]
    check(not left, "nothing is left behind", left)


SECRET = "root:$6$kGT9:20228:0:99999:7:::\nkey = qF7vX\n"


def keeps_secret(result, name, identity):
    shown = result.text + result.message
    check(result.status == 1 and (not identity or identity in shown), "%s: %s" % (name, identity), shown)
    check(not any(word in shown for word in ("kGT9", "20228", "qF7vX")), "%s: nothing of the file is shown" % name, shown)
    check(result.out == b"", "%s: nothing is emitted" % name, result.text)


def strangers(scratch):
    """A description that somebody else wrote reads nothing but its own files, and shows no others."""
    secret = scratch.file("secret", SECRET)
    own = scratch.path + "/own"
    os.mkdir(own)
    os.symlink(secret, own + "/link.profile")
    os.symlink("../", own + "/up")
    scratch.file("own/inside.profile", SECRET)
    for number, (template, identity) in enumerate([
        (secret, "outside-path"), ("../secret", "outside-path"), ("./link.profile", "outside-path"), ("./up/secret", "outside-path"),
        ("/dev/fd/0", "outside-path"), ("/proc/self/environ", "outside-path"), ("/nowhere/at/all", "outside-path"),
        ("./inside.profile", "bad-template"), ("./missing.profile", "bad-template"),
    ]):
        path = scratch.file("own/d%d.yaml" % number, GOOD + "template: %s\n" % template)
        for command in (["compile"], ["check"], ["compile", "--format", "json"], ["compile", "--self-contained"]):
            keeps_secret(aaforge(*command, path), "template %s" % template, identity)
        if identity == "outside-path":
            keeps_secret(aaforge("compile", "--allow-outside", path), "--allow-outside " + template, "bad-template")
    keeps_secret(aaforge("compile", "--templates", scratch.path, scratch.file("own/t.yaml", GOOD + "template: ../secret\n")), "--templates", "bad-template")
    for number, (file, identity) in enumerate([(secret, "outside-path"), ("../secret", "outside-path"), ("link.profile", "outside-path"), ("inside.profile", "bad-json")]):
        path = scratch.file("own/s%d.yaml" % number, GOOD + "container: {image: x, user: 10001, seccomp: {file: %s}}\n" % file)
        for target in ("oci", "docker", "kubernetes"):
            keeps_secret(aaforge("compile", "--to", target, path), "seccomp %s to %s" % (file, target), identity)
        keeps_secret(aaforge("check", path), "check: seccomp %s" % file, identity)
        keeps_secret(aaforge("check", "--allow-outside", path), "check --allow-outside: seccomp %s" % file, "bad-json")
        out = scratch.path + "/own-out-%d" % number
        keeps_secret(aaforge("compile", "--to", "all", "-o", out + "/", path), "seccomp %s to all" % file, identity)
        check(not os.path.isdir(out) or os.listdir(out) == [], "nothing was copied", out)
        keeps_secret(aaforge("compile", "--to", "all", "--allow-outside", "-o", out + "/", path), "seccomp %s, anywhere" % file, "bad-json")
        check(not os.path.isdir(out) or os.listdir(out) == [], "nothing was copied", out)
    scratch.file("own/filter.json", '{"defaultAction": "SCMP_ACT_ERRNO"}')
    for file in ("filter.json", "later.json"):
        path = scratch.file("own/fine.yaml", GOOD + "container: {image: x, user: 10001, seccomp: {file: %s}}\n" % file)
        check(aaforge("check", path).status == 0, "check: seccomp %s is fine" % file)
    # What a template includes shows as little.
    for number, include in enumerate((secret, scratch.path + "/own/link.profile")):
        scratch.file("own/i.profile", 'profile @{name} {\n\tinclude "%s"\n}\n' % include)
        path = scratch.file("own/i%d.yaml" % number, GOOD + "template: ./i.profile\n")
        for command in (["compile"], ["check"], ["compile", "--self-contained"], ["compile", "--allow-outside"]):
            keeps_secret(aaforge(*command, path), "include %s" % include, "syntax")
    # Nor do links in a directory.
    links = scratch.path + "/links"
    os.mkdir(links)
    scratch.file("broken", "a: [\n\t{ qF7vX\n")
    os.symlink(secret, links + "/a.yaml")
    os.symlink("../broken", links + "/b.yaml")
    for command in ("compile", "check", "audit"):
        keeps_secret(aaforge(command, links), "a link, " + command, "outside-path")
    os.symlink(secret, links + "/text")
    result = aaforge("audit", "--profiles", links, scratch.file("c.yaml", "services: {web: {image: x}}\n"))
    check("kGT9" not in result.message + result.text and "qF7vX" not in result.message + result.text, "a link among profiles", result.message)
    os.unlink(links + "/a.yaml")
    os.unlink(links + "/b.yaml")
    os.symlink(scratch.file("linked", "name: x\nbinry: /b\n"), links + "/good.yaml")
    result = aaforge("compile", links)
    check("binry: /b" in result.message, "mistakes of a linked description are shown", result.message)
    # Mistakes of a real template are shown, also through a link within the directory.
    scratch.file("own/data/real.profile", "include <tunables/global>\nprofile @{name} {\n\t/a rwz,\n}\n")
    os.symlink("data", own + "/..data")
    result = aaforge("compile", scratch.file("own/r.yaml", GOOD + "template: ./..data/real.profile\n"))
    check(result.status == 1 and "/a rwz," in result.message, "mistakes of a template are shown", result.message)
    scratch.file("shared/web.profile", "profile @{name} { }\n")
    path = scratch.file("own/e.yaml", GOOD + "template: %s/shared/web.profile\n" % scratch.path)
    check(aaforge("compile", path).status == 1, "a template elsewhere")
    result = aaforge("compile", "--templates", own, "--templates", scratch.path + "/shared", path)
    check(result.status == 0, "a template below --templates", result.message)
    check(aaforge("compile", "--allow-outside", path).status == 0, "--allow-outside")
    check(aaforge("compile", "--templates", scratch.path + "/none", path).status == 3, "--templates that are not there")


def usage():
    for words in ([], ["frob"], ["compile"], ["compile", "--frob", "x"], ["compile", "--abi", "9", "x"], ["check", "-j", "0", "x"], ["check", "--timeout", "x", "y"],
                  ["compile", "-W", "nope", "x"], ["compile", "-N", "yaml", "x"], ["compile", "-o"], ["schema", "x"], ["help", "nope"], ["version", "x"]):
        result = aaforge(*words)
        check(result.status == 2 and result.message, "usage: %s" % words, "%d %s" % (result.status, result.message))
    result = aaforge("compile", "--anotate", "x")
    check("--annotate" in result.message, "the nearest option is named", result.message)
    result = aaforge("complie", "x")
    check("'compile'" in result.message, "the nearest command is named", result.message)


PARSERS = [
    ("killed", "kill -9 $$", 3, 10),
    ("crashing", "kill -SEGV $$", 3, 10),
    ("endless", "sleep 1000", 1, 10),
    ("deaf", "trap '' TERM INT HUP; while :; do sleep 1; done", 1, 10),
    ("with a child that stays", "sleep 1000 & sleep 1000", 1, 10),
    ("printing megabytes", "yes 'AppArmor parser error' | head -c 50000000 >&2; exit 1", None, 30),
    ("printing for ever", "exec yes x >&2", None, 30),
    ("refusing in silence", "exit 1", 1, 10),
    ("not reading", "exec <&-; exit 0", 0, 10),
]


def parsers(scratch):
    good = scratch.file("good.yaml", GOOD)
    for what, body, status, limit in PARSERS:
        path = scratch.file("parser", "#!/bin/sh\ncase $* in *--version*) echo 'AppArmor parser version 3.0.8'; exit 0;; esac\n" + body + "\n")
        os.chmod(path, 0o755)
        begin = time.time()
        result = aaforge("check", "--no-cache", "--parser", path, "--timeout", "2", good, timeout=100)
        fine = result.status == status if status is not None else result.status in (1, 3)
        check(fine and (status == 0 or result.message), "a parser %s: status %d" % (what, result.status), result.message[:500])
        check(time.time() - begin < limit + (30 if WRAPPER else 0), "a parser %s: ends soon" % what)
        check(len(result.err) < 100000, "a parser %s: messages are bounded" % what)
    result = aaforge("check", "--parser", scratch.path + "/none", good)
    check(result.status == 3 and "none" in result.message, "a missing parser", result.message)
    result = aaforge("check", "--parser", "apparmor_parser", good)
    check(result.status in (2, 3), "a relative parser path", result.message)
    result = aaforge("check", "--features", scratch.file("f", "nonsense"), good)
    check(result.status == 3, "nonsense as features", result.message)
    result = aaforge("check", "--base", scratch.path, good)
    check(result.status in (1, 3), "a base without abstractions", result.message)


def interrupted(scratch):
    """Killed in the middle of a large set: the directory holds nothing half-made."""
    directory, out = scratch.path + "/many", scratch.path + "/many-out"
    os.mkdir(directory)
    os.mkdir(out)
    for n in range(2000):
        with open("%s/%d.yaml" % (directory, n), "w") as f:
            f.write(GOOD.replace("good", "n%d" % n))
    process = subprocess.Popen([AAFORGE, "compile", "-o", out, directory])
    threading.Timer(0.05, process.send_signal, [signal.SIGKILL]).start()
    process.wait()
    partial = [n for n in os.listdir(out) if not n.startswith(".") and not open(os.path.join(out, n)).read().rstrip().endswith("}")]
    check(not partial, "a killed run leaves no partial profile", partial[:3])
    result = aaforge("compile", "-o", out, directory)
    names = os.listdir(out)
    check(result.status == 0 and len(names) == 2000, "the next run makes it whole and clean", "%d files %s" % (len(names), result.message))


def main():
    with Scratch() as scratch:
        os.environ["XDG_CACHE_HOME"] = scratch.path + "/cache"
        descriptions(scratch)
        many_documents(scratch)
        outputs(scratch)
        kinds(scratch)
        growing(scratch)
        kept(scratch)
        strangers(scratch)
        usage()
        if not WRAPPER:
            parsers(scratch)
            interrupted(scratch)
    finish()


main()

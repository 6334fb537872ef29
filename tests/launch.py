"""The launch outputs, read back: shell words by real shells, Compose files by docker-compose, units by a reader of systemd's syntax
of our own, the docker command by a docker client where there is one. Hostile and random values must come out byte for byte.
"""

import csv
import http.server
import json
import os
import random
import shutil
import socketserver
import subprocess
import sys
import threading

import yaml

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from harness import Scratch, aaforge, check, finish, say  # noqa: E402

ROUNDS = int(os.environ.get("LAUNCH_ROUNDS", "150"))
SHELLS = [shell for shell in (["sh"], ["bash", "--posix"], ["bash"], ["dash"], ["busybox", "sh"], ["zsh"]) if shutil.which(shell[0])]
HOSTILE = [
    "'", "''", '"', "it's", "a'b'c", "\\", "\\\\", "a\\", "\\'", "\\\n", "$HOME", "${HOME}", "$(id)", "`id`", "$", "$$", "$'x'", "!", "!!", "#", "# x", "a #b", "~", "~root",
    "*", "?", "[a-z]", "{a,b}", "a b", " a", "a ", "\t", "a\tb", "\n", "a\nb", "\n\n", "a\n", "\r", "\r\n", ";", "; id", "&", "&&", "|", "<", ">", "(", ")", "-", "--", "-v",
    "--privileged", "--security-opt=apparmor=unconfined", "=", "=ls", "%", "%1", "%h", "100%", "%%", "@", "é", "日本", "\U0001f40b", "\u202e", "\ufeff", "\u00a0", "\u2028",
    "\x01", "\x1b[31m", "\x7f", "true", "yes", "no", "null", "~", "1", "0777", "1e3", "0x10", "1:30", "2001-01-01", ".5", "-.inf", "=", "<<", "a: b", "a:", ": ", "- a", "[", "{", "}",
    "key: [", "%TAG", "...", "---", "> x", "| x", "&a", "*a", "!x", "'x", "x" * 5000, "a\\nb", "\\x41", "\\u0041", "\\t", '"x"', "${X:-y}", "$$X", "${", "{{.}}", "%n", "a,b", 'a",b',
]  # fmt: skip
ALPHABET = "ab1 '\"\\$`%#!;&|<>(){}[]*?~=:,.-+@/\n\t\ré日\u200b\x01\x7f"


def quoted(text):
    """A YAML text in double quotes."""
    out = []
    for c in text:
        code = ord(c)
        if c in '"\\':
            out.append("\\" + c)
        elif code < 0x20 or 0x7F <= code < 0xA0 or code in (0x2028, 0x2029, 0xFEFF):
            out.append("\\u%04x" % code)
        else:
            out.append(c)
    return '"%s"' % "".join(out)


def describe(name, container, more=""):
    """A description whose container holds the given lines; a list or mapping is written in JSON's form."""

    def written(value):
        if isinstance(value, list):
            return "[%s]" % ", ".join(written(v) for v in value)
        if isinstance(value, dict):
            return "{%s}" % ", ".join("%s: %s" % (quoted(k), written(v)) for k, v in value.items())
        if value is None:
            return "null"
        return quoted(value) if isinstance(value, str) else json.dumps(value)

    lines = ["name: " + name, "binary: /app", more] + ["container:"] + ["  %s: %s" % (k, written(v)) for k, v in container.items()]
    return "\n".join(line for line in lines if line) + "\n"


def compiled(target, text, *options):
    result = aaforge("compile", "--to", target, *options, "-", stdin=text.encode())
    check(result.status == 0, "--to %s compiles" % target, result.message + text[:2000])
    return result.out


class Recorder:
    """A directory with programs `docker` and `podman` that write their arguments down."""

    def __init__(self, scratch):
        self.log = scratch.path + "/log"
        for name in ("docker", "podman"):
            path = scratch.file("bin/" + name, '#!/bin/sh\nprintf "%%s\\0" %s "$@" >>%s\n' % (name, self.log))
            os.chmod(path, 0o755)
        self.path = scratch.path + "/bin:" + os.environ["PATH"]

    def run(self, shell, script):
        if os.path.exists(self.log):
            os.remove(self.log)
        run = subprocess.run(shell, input=script, env=dict(os.environ, PATH=self.path, LC_ALL="C.UTF-8"), capture_output=True)
        words = open(self.log, "rb").read().split(b"\0")[:-1] if os.path.exists(self.log) else []
        return run.returncode, [word.decode("utf-8", "surrogateescape") for word in words], run.stdout + run.stderr


def check_words(recorder, target, name, values):
    """Values as words of the command and as a variable's value."""
    container = {"image": "example.org/x:1", "command": values, "environment": {"V%d" % i: v for i, v in enumerate(values)}}
    script = compiled(target, describe("words", container))
    for shell in SHELLS:
        parsed = subprocess.run(shell + ["-n"], input=script, capture_output=True)
        check(parsed.returncode == 0 and not parsed.stderr, "%s: %s -n, %s" % (target, shell[0], name), parsed.stderr)
        status, words, said = recorder.run(shell, script)
        check(status == 0 and not said, "%s: %s runs it, %s" % (target, shell[0], name), said)
        at = words.index("example.org/x:1") if "example.org/x:1" in words else len(words)
        check(words[at + 1 :] == values, "%s: %s reads the words of %s" % (target, shell[0], name), first_difference(words[at + 1 :], values))
        given = [words[i + 1] for i in range(at - 1) if words[i] == "--env"]
        want = ["V%d=%s" % (i, v) for i, v in enumerate(values)]
        check(given == want, "%s: %s reads the variables of %s" % (target, shell[0], name), first_difference(given, want))


def first_difference(got, want):
    for g, w in zip(got, want):
        if g != w:
            return "got %.200r\nwant %.200r" % (g, w)
    return "got %d, want %d: %r" % (len(got), len(want), got[-3:])


FULL = {
    "image": "example.org/api:1.2",
    "command": ["serve", "-v"],
    "user": "10001:10002",
    "tmpfs": {"/scratch": {"size": "100m", "mode": "0700"}},
    "volumes": ["/srv/da,ta:/data:ro", 'cache:/var/ca"che'],
    "ports": ["127.0.0.1:8443:8443", "[::1]:5353:5353/udp", "9000"],
    "environment": {"A": "1", "B": None},
    "restart": "on-failure:3",
    "memory": "256m",
    "cpus": 0.5,
    "pids": 100,
}
FULL_MORE = "writable: [/tmp]\nreadable: [/data/]\ncapabilities: [chown, net_admin]\nnetwork: [inet tcp, inet udp]"


def full_description(**changes):
    return describe("api", dict(FULL, **changes), FULL_MORE)


def check_docker(recorder):
    _, words, _ = recorder.run(["sh"], compiled("docker", full_description()))
    check(words == """docker run --name api --detach --restart on-failure:3 --user 10001:10002 --read-only
        --tmpfs /scratch:rw,noexec,nosuid,nodev,size=100m,uid=10001,gid=10002,mode=0700
        --tmpfs /tmp:rw,noexec,nosuid,nodev,size=64m,uid=10001,gid=10002,mode=0755
        --mount type=bind,"source=/srv/da,ta",target=/data,ro --mount type=volume,source=cache,"target=/var/ca""che"
        --cap-drop ALL --cap-add CHOWN --cap-add NET_ADMIN --security-opt no-new-privileges:true --security-opt apparmor=api
        --memory 256m --cpus 0.5 --pids-limit 100 --publish 127.0.0.1:8443:8443/tcp --publish [::1]:5353:5353/udp --expose 9000/tcp
        --env A=1 --env B example.org/api:1.2 serve -v""".split(), "docker: the whole command", words)  # fmt: skip
    mounts = [next(csv.reader([words[i + 1]])) for i in range(len(words)) if words[i] == "--mount"]
    check(mounts == [["type=bind", "source=/srv/da,ta", "target=/data", "ro"], ["type=volume", "source=cache", 'target=/var/ca"che']], "docker: mounts are CSV", mounts)
    _, bare, _ = recorder.run(["sh"], compiled("docker", describe("x", {"image": "i", "read_only": False, "no_new_privileges": False, "seccomp": "unconfined"})))
    check(bare == "docker run --rm --cap-drop ALL --security-opt seccomp=unconfined --security-opt apparmor=x i".split(), "docker: as little as possible", bare)
    _, words, _ = recorder.run(["sh"], compiled("docker", describe("xy", {"image": "i", "seccomp": {"deny": ["mount"]}})))
    check("seccomp=xy.seccomp.json" in words and "--rm" in words and "--restart" not in words, "docker: an own filter; --rm without a restart", words)


def check_podman(recorder):
    _, words, _ = recorder.run(["sh"], compiled("podman", full_description()))
    tmpfs = [words[i + 1] for i in range(len(words)) if words[i] == "--tmpfs"]
    check(tmpfs == ["/scratch:rw,noexec,nosuid,nodev,size=100m,mode=0700,U,notmpcopyup", "/tmp:rw,noexec,nosuid,nodev,size=64m,mode=0755,U,notmpcopyup"], "podman: tmpfs", tmpfs)
    check("--read-only-tmpfs=false" in words and "no-new-privileges" in words, "podman: nothing else is writable", words)
    _, words, _ = recorder.run(["sh"], compiled("podman", describe("x", {"image": "i"})))
    check(words[:4] == ["podman", "run", "--name", "x"], "podman: a name of one character", words)


def check_compose_tree():
    tree = yaml.safe_load(compiled("compose", full_description()))
    service = tree["services"]["api"]
    want = {
        "image": "example.org/api:1.2", "command": ["serve", "-v"], "user": "10001:10002", "restart": "on-failure:3", "read_only": True,
        "tmpfs": ["/scratch:rw,noexec,nosuid,nodev,size=100m,uid=10001,gid=10002,mode=0700", "/tmp:rw,noexec,nosuid,nodev,size=64m,uid=10001,gid=10002,mode=0755"],
        "volumes": [{"type": "bind", "source": "/srv/da,ta", "target": "/data", "read_only": True}, {"type": "volume", "source": "cache", "target": '/var/ca"che'}],
        "cap_drop": ["ALL"], "cap_add": ["CHOWN", "NET_ADMIN"], "security_opt": ["no-new-privileges:true", "apparmor=api"], "mem_limit": "256m", "cpus": "0.5", "pids_limit": 100,
        "ports": ["127.0.0.1:8443:8443/tcp", "[::1]:5353:5353/udp"], "expose": ["9000/tcp"], "environment": {"A": "1", "B": None},
    }  # fmt: skip
    check(service == want, "compose: the whole service", service)
    check(tree["volumes"] == {"cache": {}}, "compose: named volumes", tree.get("volumes"))


def undollared(value):
    return value.replace("$$", "$") if isinstance(value, str) else value


def read_by_docker_compose(tool, path, cwd):
    """What docker-compose understands of a file, or None: version 2 tells it as JSON, as the YAML that it writes loses line
    ends and the quotes of '<<'; version 1 has YAML only."""
    version = subprocess.run([tool, "version", "--short"], capture_output=True).stdout.decode().strip().lstrip("v")
    options, load = ([], yaml.safe_load) if version.startswith("1.") else (["--format", "json"], json.loads)
    run = subprocess.run([tool, "-f", path, "config"] + options, cwd=cwd, capture_output=True)
    if not check(run.returncode == 0, "docker-compose accepts the file", run.stderr.decode()[:2000]):
        return None
    return load(run.stdout)


def check_compose(scratch, lists):
    """What docker-compose makes of it; many services in one file, as each call takes a while."""
    descriptions = []
    for i, values in enumerate(lists):
        container = {"image": "example.org/x:1", "command": values, "environment": {"V%d" % k: v for k, v in enumerate(values)}}
        descriptions.append(describe("s%d" % i, container))
    descriptions.append(full_description(seccomp={"deny": ["mount"]}))
    scratch.file("api.seccomp.json", "{}")
    path = scratch.file("compose.yaml", compiled("compose", "---\n".join(descriptions)))
    written = yaml.safe_load(open(path, encoding="utf-8"))
    check(len(written["services"]) == len(lists) + 1, "compose: all services in one file", len(written["services"]))
    for i, values in enumerate(lists):
        service = written["services"]["s%d" % i]
        got = [undollared(v) for v in service.get("command", [])]
        check(got == values, "compose: PyYAML reads the words of s%d" % i, first_difference(got, values))
    tool = shutil.which("docker-compose")
    if not tool:
        say("SKIPPED: docker-compose is not here")
        return
    read = read_by_docker_compose(tool, path, scratch.path)
    if not read:
        return
    services = read["services"]
    for i, values in enumerate(lists):
        service = services["s%d" % i]
        got = [undollared(v) for v in service.get("command", [])]
        check(got == values, "docker-compose reads the words of s%d" % i, first_difference(got, values))
        got = [undollared(service["environment"]["V%d" % k]) for k in range(len(values))]
        check(got == values, "docker-compose reads the variables of s%d" % i, first_difference(got, values))
    full = services["api"]
    check(full["tmpfs"] == written["services"]["api"]["tmpfs"] and full["read_only"] is True, "docker-compose keeps the controls", full)
    check([o.replace("seccomp:", "seccomp=") for o in full["security_opt"]] == ["no-new-privileges:true", "seccomp=api.seccomp.json", "apparmor=api"], "docker-compose: security_opt", full)


ESCAPES = {"n": "\n", "t": "\t", '"': '"', "\\": "\\"}


def unit_words(line):
    """What systemd reads in a line, or why it reads nothing."""
    try:
        return split_line(line)
    except (AssertionError, IndexError, KeyError, ValueError) as problem:
        return ["not readable: %r in %.200r" % (problem, line)]


def split_line(line):
    """The words of a line as systemd.syntax(7) has it, then specifiers and variables of a command line."""
    words, i = [], 0
    while i < len(line):
        if line[i] == " ":
            i += 1
            continue
        word, inside = "", False
        while i < len(line) and (inside or line[i] != " "):
            c = line[i]
            if c == '"':
                inside = not inside
            elif c == "\\" and line[i + 1] == "x":
                word += chr(int(line[i + 2 : i + 4], 16))
                i += 3
            elif c == "\\":
                word += ESCAPES[line[i + 1]]
                i += 1
            elif c in "%$":
                assert line[i + 1] == c, "a lone %s in %r" % (c, line)
                word += c
                i += 1
            else:
                assert c != "'" or inside, line
                word += c
            i += 1
        assert not inside, line
        words.append(word)
    return words


def unit_keys(text):
    keys, section = [], None
    for line in text.split("\n"):
        if not line or line.startswith("#"):
            continue
        if line.startswith("["):
            section = line.strip("[]")
            continue
        key, value = line.split("=", 1)
        assert not line.endswith("\\"), "a line is continued: %r" % line
        keys.append((section, key, value))
    return keys


def check_quadlet(lists):
    for i, values in enumerate(lists):
        values = [v for v in values if v not in ("", ";")]
        container = {"image": "example.org/x:1", "command": values, "environment": {"V%d" % k: v for k, v in enumerate(values)}}
        keys = unit_keys(compiled("quadlet", describe("x", container)).decode())
        got = [unit_words(v) for _, k, v in keys if k == "Exec"]
        check(got == ([values] if values else []), "quadlet: the words of list %d" % i, first_difference(got[0] if got else [], values))
        got = [unit_words(v) for _, k, v in keys if k == "Environment"]
        check(got == [["V%d=%s" % (k, v)] for k, v in enumerate(values)], "quadlet: the variables of list %d" % i, got[:3])
    text = compiled("quadlet", full_description(seccomp={"deny": ["mount"]})).decode()
    keys = unit_keys(text)
    container = [(k, v) for s, k, v in keys if s == "Container"]
    check(container == [
        ("Image", "example.org/api:1.2"), ("ContainerName", "api"), ("User", "10001"), ("Group", "10002"), ("ReadOnly", "true"), ("PodmanArgs", "--read-only-tmpfs=false"),
        ("Tmpfs", "/scratch:rw,noexec,nosuid,nodev,size=100m,mode=0700,U,notmpcopyup"), ("Tmpfs", "/tmp:rw,noexec,nosuid,nodev,size=64m,mode=0755,U,notmpcopyup"),
        ("Mount", '"type=bind,\\"source=/srv/da,ta\\",target=/data,ro"'), ("Mount", '"type=volume,source=cache,\\"target=/var/ca\\"\\"che\\""'),
        ("DropCapability", "all"), ("AddCapability", "CAP_CHOWN"), ("AddCapability", "CAP_NET_ADMIN"), ("NoNewPrivileges", "true"),
        ("SeccompProfile", "/etc/containers/seccomp/api.seccomp.json"), ("PodmanArgs", "--security-opt apparmor=api"), ("PodmanArgs", "--memory 256m"), ("PodmanArgs", "--cpus 0.5"),
        ("PodmanArgs", "--pids-limit 100"), ("PublishPort", "127.0.0.1:8443:8443/tcp"), ("PublishPort", "[::1]:5353:5353/udp"), ("PodmanArgs", "--expose 9000/tcp"),
        ("Environment", "A=1"), ("PodmanArgs", "--env B"), ("Exec", "serve -v")], "quadlet: the whole container", container)  # fmt: skip
    others = [(s, k, v) for s, k, v in keys if s != "Container" and k != "Description"]
    check(others == [("Unit", "After", "apparmor.service aaforge.service"), ("Unit", "StartLimitIntervalSec", "infinity"), ("Unit", "StartLimitBurst", "4"),
        ("Service", "Restart", "on-failure"), ("Service", "RestartSec", "5"), ("Install", "WantedBy", "multi-user.target")], "quadlet: the service", others)  # fmt: skip
    for text, want in (("50% off", "50%% off"), ("ends with \\", "x"), ("it's \"x\" $y", "it's \"x\" $y")):
        keys = unit_keys(compiled("quadlet", describe("x", {"image": "i"}, "description: " + quoted(text))).decode())
        check(("Unit", "Description", want) in keys, "quadlet: the description %r" % text, keys[:2])


class Daemon(http.server.BaseHTTPRequestHandler):
    """Enough of a Docker engine to be asked to create a container."""

    protocol_version = "HTTP/1.1"
    created = []

    def address_string(self):
        return "client"

    def log_message(self, *_):
        pass

    def answer(self, status, body):
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Api-Version", "1.41")
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)

    def do_GET(self):
        self.answer(200, {})

    do_HEAD = do_GET

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if "/containers/create" in self.path:
            self.created.append(json.loads(body))
        self.answer(500, {"message": "no more is wanted"})


class Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True


def check_client(scratch, values):
    """What a real docker client asks its engine for."""
    if not shutil.which("docker"):
        say("SKIPPED: no docker client is here")
        return
    scratch.file("api.seccomp.json", '{"defaultAction": "SCMP_ACT_ERRNO"}')
    script = compiled("docker", full_description(seccomp={"deny": ["mount"]}, command=values))
    server = Server(scratch.path + "/docker.sock", Daemon)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    run = subprocess.run(["sh"], input=script, cwd=scratch.path, env=dict(os.environ, DOCKER_HOST="unix://%s/docker.sock" % scratch.path), capture_output=True, timeout=60)
    server.shutdown()
    server.server_close()
    if not check(len(Daemon.created) == 1, "the docker client asks for a container", run.stderr.decode()[:2000]):
        return
    asked = Daemon.created[0]
    host = asked["HostConfig"]
    check(asked["Cmd"] == values, "docker client: the command", first_difference(asked["Cmd"], values))
    check(asked["User"] == "10001:10002" and asked["Image"] == "example.org/api:1.2", "docker client: user and image", asked)
    check(host["ReadonlyRootfs"] is True and host["CapDrop"] == ["ALL"] and host["CapAdd"] == ["CAP_CHOWN", "CAP_NET_ADMIN"], "docker client: root and capabilities", host)
    check([o for o in host["SecurityOpt"] if not o.startswith("seccomp=")] == ["no-new-privileges:true", "apparmor=api"], "docker client: options", host["SecurityOpt"])
    check(any(json.loads(o[8:]) == {"defaultAction": "SCMP_ACT_ERRNO"} for o in host["SecurityOpt"] if o.startswith("seccomp=")), "docker client: the filter", host["SecurityOpt"])
    check(host["Tmpfs"] == {"/scratch": "rw,noexec,nosuid,nodev,size=100m,uid=10001,gid=10002,mode=0700", "/tmp": "rw,noexec,nosuid,nodev,size=64m,uid=10001,gid=10002,mode=0755"}, "docker client: tmpfs", host["Tmpfs"])
    mounts = [(m["Type"], m["Source"], m["Target"], m.get("ReadOnly", False)) for m in host["Mounts"]]
    check(mounts == [("bind", "/srv/da,ta", "/data", True), ("volume", "cache", '/var/ca"che', False)], "docker client: mounts", mounts)
    check(host["Memory"] == 256 << 20 and host["NanoCpus"] == 500000000 and host["PidsLimit"] == 100, "docker client: limits", host)
    check(host["RestartPolicy"] == {"Name": "on-failure", "MaximumRetryCount": 3}, "docker client: restart", host["RestartPolicy"])


def contents(directory):
    return {name: open(os.path.join(directory, name), "rb").read() for name in os.listdir(directory)}


def check_sets(scratch):
    """--to all: everything or nothing."""
    out = scratch.path + "/set"
    own = scratch.file("own/filter.json", '{"defaultAction": "SCMP_ACT_ALLOW"}\n')
    good = scratch.file("own/good.yaml", full_description(seccomp={"file": "filter.json"}))
    result = aaforge("compile", "--to", "all", "-o", out + "/", good)
    check(result.status == 0, "--to all", result.message)
    names = sorted(os.listdir(out))
    check({"api", "api.docker.sh", "api.podman.sh", "api.compose.yaml", "api.container", "api.seccomp.json"} <= set(names), "--to all: the files", names)
    check(open(out + "/api", "rb").read() == aaforge("compile", good).out, "--to all: the profile is the one that compile makes")
    check(open(out + "/api.seccomp.json").read() == open(own).read(), "--to all: the user's own filter comes along")
    check("seccomp=api.seccomp.json" in open(out + "/api.docker.sh").read(), "--to all: the command names the filter of the set")
    check("seccomp=%s/own/filter.json" % scratch.path in compiled("docker", full_description(seccomp={"file": own}), "--templates", scratch.path + "/own").decode(), "--to docker: a filter by its path")
    check(b"seccomp=own/filter.json" in aaforge("compile", "--to", "docker", "own/good.yaml", cwd=scratch.path).out, "--to docker: a filter beside the description")
    before = contents(out)
    again = aaforge("compile", "--to", "all", "-o", out, good)
    check(again.status == 0 and before == contents(out), "--to all: the same bytes again")
    bad = scratch.file("own/bad.yaml", full_description(image="other:1").replace("name: api", "name: zzz").replace("binary: /app", "binary: app"))
    failed = aaforge("compile", "--to", "all", "-o", out, good, bad)
    check(failed.status == 1 and sorted(os.listdir(out)) == names, "--to all: one mistake, no file", failed.message)
    missing = scratch.file("own/missing.yaml", full_description(seccomp={"file": "nowhere.json"}))
    failed = aaforge("compile", "--to", "all", "-o", scratch.path + "/none/", missing)
    check(failed.status == 3 and not os.listdir(scratch.path + "/none"), "--to all: a filter that is not there", failed.message)


def check_refusals():
    for target in ("docker", "podman", "compose", "quadlet"):
        result = aaforge("compile", "--to", target, "-", stdin=describe("xy", {"user": "10001"}).encode())
        check(result.status == 1 and "[missing-image]" in result.message and not result.out, "--to %s needs an image" % target, result.message)
        host = b"name: xy\nbinary: /app\ntemplate: host\n"
        result = aaforge("compile", "--to", target, "-", stdin=host)
        check(result.status == 1 and "[unfit-target]" in result.message and not result.out, "--to %s is not for a host service" % target, result.message)
    other = describe("xy", {"image": "i", "user": "10001", "tmpfs": {"/t": {"uid": 10002}}}).encode()
    for target, status in (("docker", 0), ("compose", 0), ("podman", 1), ("quadlet", 1)):
        result = aaforge("compile", "--to", target, "-", stdin=other)
        check(result.status == status and (status == 0) == ("[not-expressible]" not in result.message), "--to %s: a tmpfs of somebody else" % target, result.message)
    for word in ("", ";"):
        result = aaforge("compile", "--to", "quadlet", "-", stdin=describe("xy", {"image": "i", "command": ["a", word, "b"]}).encode())
        check(result.status == 1 and "[not-expressible]" in result.message, "--to quadlet: the argument %r" % word, result.message)
    two = (describe("xa", {"image": "i"}) + "---\n" + describe("xb", {"image": "i"})).encode()
    for target, status in (("docker", 0), ("podman", 0), ("compose", 0), ("quadlet", 2)):
        result = aaforge("compile", "--to", target, "-", stdin=two)
        check(result.status == status and bool(result.out) == (status == 0), "--to %s: two services in one text" % target, result.message)
    check(aaforge("compile", "--to", "nothing", "-", stdin=two).status == 2, "an unknown target")
    check(aaforge("compile", "--to", "all", "-", stdin=two).status == 2, "--to all without a directory")
    check(aaforge("compile", "--to", "profile", "-", stdin=two).out == aaforge("compile", "-", stdin=two).out, "--to profile is the default")


def main():
    rng = random.Random(4)
    lists = [HOSTILE] + [["".join(rng.choice(ALPHABET) for _ in range(rng.randint(1, 12))) for _ in range(20)] for _ in range(ROUNDS // 20)]
    lists.append(["".join(chr(c) for c in range(1, 0x180)), "".join(chr(c) for c in range(0x2000, 0x2100)), "x"])
    with Scratch() as scratch:
        recorder = Recorder(scratch)
        for target in ("docker", "podman"):
            for i, values in enumerate(lists):
                say("%s: %d values" % (target, len(values)))
                check_words(recorder, target, "list %d" % i, values + ["", "-"])
        check_docker(recorder)
        check_podman(recorder)
        check_compose_tree()
        check_compose(scratch, lists)
        check_quadlet(lists)
        check_client(scratch, HOSTILE)
        check_sets(scratch)
        check_refusals()
    finish()


if __name__ == "__main__":
    main()

"""A machine with AppArmor for the test scripts: a tree, and aaforge on a fake kernel.

    with Machine() as machine:
        result = machine.run("load", machine.file("web.yaml", "…"), fail="replace:ENOSPC")
        machine.profiles()        # {"web": "enforce", ":tenant:db": "complain"}

What the kernel does is described in tests/fake/kernel.c.
"""

import importlib.machinery
import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
import harness

HERE = os.path.dirname(os.path.abspath(__file__))
PROGRAM = os.environ.get(
    "AAFORGE_FAKE",
    os.path.join(harness.ROOT, os.environ.get("BUILD", "build"), "tests/aaforge-fake"),
)


def _make_root(path):
    sys.dont_write_bytecode = True
    loader = importlib.machinery.SourceFileLoader("make_root", os.path.join(HERE, "make-root"))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("make_root", loader))
    loader.exec_module(module)
    module.make_root(path)


class Machine:
    """A new machine; `root` is its tree, `log` holds a line for each write to the kernel."""

    def __enter__(self):
        self._top = tempfile.mkdtemp(prefix="aaforge-fake.")
        self.root = os.path.join(self._top, "root")
        os.mkdir(self.root)
        _make_root(self.root)
        self.apparmorfs = os.path.join(self.root, "sys/kernel/security/apparmor")
        self.log = os.path.join(self._top, "log")
        return self

    def __exit__(self, *_):
        shutil.rmtree(self._top, ignore_errors=True)

    def path(self, name):
        """A path below the root: path("/etc/aaforge")."""
        return os.path.join(self.root, name.lstrip("/"))

    def file(self, name, data):
        """Writes a file beside the root, such as a description; returns its path."""
        path = os.path.join(self._top, "work", name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as f:
            f.write(data if isinstance(data, bytes) else data.encode())
        return path

    def environment(self, fail=None, hash=None, env=None):
        environment = dict(os.environ, LC_ALL="C.UTF-8", XDG_CACHE_HOME=self._top + "/cache")
        environment["AAFORGE_FAKE_LOG"] = self.log
        for name in ("AAFORGE_FAKE_ERROR", "AAFORGE_FAKE_HASH", "container"):
            environment.pop(name, None)
        if fail:
            environment["AAFORGE_FAKE_ERROR"] = fail
        if hash:
            environment["AAFORGE_FAKE_HASH"] = hash
        environment.update(env or {})
        return environment

    def start(self, command, *arguments, fail=None, hash=None, env=None, **options):
        """The command in the background: a subprocess.Popen."""
        return subprocess.Popen(
            self._words(command, arguments),
            env=self.environment(fail, hash, env),
            **options,
        )

    def run(self, command, *arguments, fail=None, hash=None, env=None, stdin=b"", timeout=120):
        """aaforge COMMAND --root ROOT ARGUMENTS. `fail` orders what the kernel does wrong."""
        if os.path.exists(self.log):
            os.unlink(self.log)
        return harness.Result(
            subprocess.run(
                self._words(command, arguments),
                input=stdin,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env=self.environment(fail, hash, env),
                cwd=self._top,
                timeout=timeout,
            )
        )

    def _words(self, command, arguments):
        words = harness.WRAPPER + [PROGRAM, command, "--root", self.root]
        return words + [os.fspath(a) for a in arguments]

    def writes(self):
        """The commands that the last run gave to the kernel: ["replace", "remove"]."""
        try:
            with open(self.log) as f:
                return [line.split()[0] for line in f]
        except FileNotFoundError:
            return []

    def profiles(self):
        """What the kernel holds: {"web": "enforce", "web//worker": "enforce"}."""
        profiles = {}
        with open(os.path.join(self.apparmorfs, "profiles")) as f:
            for line in f:
                name, _, mode = line.rstrip("\n").rpartition(" (")
                profiles[name] = mode.rstrip(")")
        return profiles

    def state(self):
        """All that the kernel shows: two states are equal if nothing has changed."""
        with open(os.path.join(self.apparmorfs, "policy/.table"), "rb") as f:
            return f.read()

    def records(self):
        """The records of what was loaded: {file name: content}."""
        directory = self.path("/run/aaforge/loaded")
        if not os.path.isdir(directory):
            return {}
        records = {}
        for name in sorted(os.listdir(directory)):
            with open(os.path.join(directory, name), "rb") as f:
                records[name] = f.read()
        return records

    def add_task(self, pid, command, label="unconfined", program=None, cgroup=None, words=()):
        """A process: add_task(17, "nginx", "web (enforce)", "/usr/sbin/nginx", "/system.slice/…",
        its command line)."""
        directory = self.path("/proc/%d" % pid)
        for part in ("", "task/%d/" % pid):
            attr = os.path.join(directory, part, "attr/apparmor")
            os.makedirs(attr, exist_ok=True)
            with open(os.path.join(attr, "current"), "w") as f:
                f.write(label + "\n")
        with open(os.path.join(directory, "comm"), "w") as f:
            f.write(command + "\n")
        if program:
            os.symlink(program, os.path.join(directory, "exe"))
        if cgroup:
            self.put("/proc/%d/cgroup" % pid, "0::%s\n" % cgroup)
        if words:
            self.put("/proc/%d/cmdline" % pid, "".join(word + "\0" for word in words))

    def hide_tasks(self):
        """From now on this is a PID namespace of a container."""
        self._name_namespace("pid:[4026532177]")

    def show_tasks(self):
        self._name_namespace("pid:[4026531836]")

    def _name_namespace(self, name):
        link = self.path("/proc/self/ns/pid")
        os.unlink(link)
        os.symlink(name, link)

    def remove_task(self, pid):
        shutil.rmtree(self.path("/proc/%d" % pid))

    def put(self, name, text):
        """Replaces a file below the root: put("/proc/self/attr/apparmor/current", "x (enforce)")."""
        path = self.path(name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w") as f:
            f.write(text)

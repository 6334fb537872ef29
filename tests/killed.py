"""install, remove and sync, killed before each system call that changes something: the next run
finds the old state or the new one, on disk and in the kernel (which is a fake one here).

    killed.py [NAME …]     only the cases whose name holds one of these
"""

import ctypes
import os
import platform
import shutil
import signal
import stat
import struct
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(ROOT, "tests/fake"))
sys.path.insert(0, os.path.join(ROOT, "tests"))
from fake import PROGRAM, Machine  # noqa: E402
from harness import check, finish, say, skip  # noqa: E402

# --- a process that is killed before its n-th change ---

CALLS = {
    "x86_64": {
        "write": 1, "open": 2, "pwrite64": 18, "writev": 20, "truncate": 76, "ftruncate": 77,
        "rename": 82, "mkdir": 83, "rmdir": 84, "creat": 85, "link": 86, "unlink": 87,
        "symlink": 88, "chmod": 90, "fchmod": 91, "openat": 257, "mkdirat": 258, "unlinkat": 263,
        "renameat": 264, "linkat": 265, "symlinkat": 266, "fchmodat": 268, "renameat2": 316,
    },
    "aarch64": {
        "mkdirat": 34, "unlinkat": 35, "symlinkat": 36, "linkat": 37, "renameat": 38,
        "truncate": 45, "ftruncate": 46, "fchmod": 52, "fchmodat": 53, "openat": 56, "write": 64,
        "writev": 66, "pwrite64": 68, "renameat2": 276,
    },
}.get(platform.machine(), {})
NAMES = {number: name for name, number in CALLS.items()}

PTRACE_TRACEME, PTRACE_CONT, PTRACE_SETOPTIONS, PTRACE_GET_SYSCALL_INFO = 0, 7, 0x4200, 0x420E
# Children are traced with it, as what a filter stops needs a tracer.
OPTIONS = 0x2 | 0x4 | 0x8 | 0x80 | 0x100000  # fork, vfork, clone, seccomp, exitkill
SECCOMP_STOP = signal.SIGTRAP | 7 << 8
WALL = 0x40000000
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC

libc = ctypes.CDLL(None, use_errno=True)
libc.ptrace.restype = ctypes.c_long
libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]


class Program(ctypes.Structure):
    _fields_ = [("len", ctypes.c_ushort), ("filter", ctypes.c_char_p)]


def stop_at_changes():
    """A seccomp filter: the tracer is asked about calls that may change something, and no others."""
    load, equal, any_of, answer = 0x20, 0x15, 0x45, 0x06
    trace, allow = (answer, 0, 0, 0x7FF00000), (answer, 0, 0, 0x7FFF0000)
    steps = [(load, 0, 0, 0)]
    for name, number in CALLS.items():
        if name in ("open", "openat"):
            flags = 16 + 8 * (1 if name == "open" else 2)
            steps += [(equal, 0, 4, number), (load, 0, 0, flags), (any_of, 0, 1, WRITING), trace, allow]
        else:
            steps += [(equal, 0, 1, number), trace]
    steps.append(allow)
    program = Program(len(steps), b"".join(struct.pack("HBBI", *step) for step in steps))
    if libc.prctl(38, 1, 0, 0, 0) or libc.prctl(22, 2, ctypes.byref(program), 0, 0):
        os._exit(126)


class Info(ctypes.Structure):
    """struct ptrace_syscall_info, of a call that a filter stopped."""

    _fields_ = [
        ("op", ctypes.c_uint8),
        ("arch", ctypes.c_uint32),
        ("ip", ctypes.c_uint64),
        ("sp", ctypes.c_uint64),
        ("nr", ctypes.c_uint64),
        ("args", ctypes.c_uint64 * 6),
        ("more", ctypes.c_uint64 * 4),
    ]


def start(words, env, cwd):
    """A stopped child that is about to become the program."""
    pid = os.fork()
    if pid:
        return pid
    try:
        null = os.open(os.devnull, os.O_RDWR)
        for fd in (0, 1, 2):
            os.dup2(null, fd)
        os.chdir(cwd)
        libc.ptrace(PTRACE_TRACEME, 0, None, None)
        os.kill(os.getpid(), signal.SIGSTOP)
        stop_at_changes()
        os.execve(words[0], words, env)
    finally:
        os._exit(127)


# Which argument of a call is a path; of write it is the descriptor.
PATHS = {"open": 0, "creat": 0, "rename": 0, "mkdir": 0, "rmdir": 0, "unlink": 0, "symlink": 1,
         "link": 1, "chmod": 0, "truncate": 0, "symlinkat": 2}


def is_kernel(pid, info, name):
    """Whether the call is one of those with which the fake kernel does what a kernel does at once:
    it is killed before the first and after the last of them only."""
    try:
        if name in ("write", "writev", "pwrite64", "ftruncate", "fchmod"):
            path = os.readlink("/proc/%d/fd/%d" % (pid, info.args[0]))
        else:
            with open("/proc/%d/mem" % pid, "rb", buffering=0) as memory:
                memory.seek(info.args[PATHS.get(name, 1)])
                path = memory.read(4096).split(b"\0")[0].decode("utf-8", "replace")
    except OSError:
        return False
    return "/apparmor/.fake/" in path


def change_of(pid, info):
    """The name of the system call that the stopped child begins, if it changes something but the fake kernel."""
    size = libc.ptrace(PTRACE_GET_SYSCALL_INFO, pid, ctypes.sizeof(info), ctypes.addressof(info))
    name = NAMES.get(info.nr) if size > 0 else None
    if name is None or (name == "write" and info.args[0] <= 2) or is_kernel(pid, info, name):
        return None
    return name


class Traced:
    """A program that stops before each of its calls that changes something. Its children run on as if alone."""

    def __init__(self, words, env, cwd):
        self.pid, self.info, self.status = start(words, env, cwd), Info(), None
        self.others = set()
        os.waitpid(self.pid, 0)
        libc.ptrace(PTRACE_SETOPTIONS, self.pid, None, OPTIONS)
        self.stopped = self.pid

    def next(self):
        """The name of the call that it stops at; None when it has ended, with self.status."""
        pass_on = 0
        while True:
            if self.stopped:
                libc.ptrace(PTRACE_CONT, self.stopped, None, pass_on)
            pid, status = os.waitpid(-1, WALL)
            pass_on, self.stopped = 0, pid if os.WIFSTOPPED(status) else None
            if not self.stopped:
                self.others.discard(pid)
                if pid == self.pid:
                    self.end(status)
                    return None
            elif status >> 8 == SECCOMP_STOP:
                name = change_of(pid, self.info) if pid == self.pid else None
                if name:
                    return name
            elif pid != self.pid and pid not in self.others:
                self.others.add(pid)  # its first stop
            elif os.WSTOPSIG(status) != signal.SIGTRAP:
                pass_on = os.WSTOPSIG(status)

    def end(self, status):
        self.status = status
        for pid in self.others:
            os.kill(pid, signal.SIGKILL)
        for pid in self.others:
            os.waitpid(pid, WALL)

    def kill(self):
        os.kill(self.pid, signal.SIGKILL)
        self.end(os.waitpid(self.pid, WALL)[1])


def run_killed(machine, words, n, env):
    """Kills the program before its n-th change. The name of the call; None when it ended, with
    success, before that."""
    traced = Traced([PROGRAM] + words, env, machine.work)
    for _ in range(n):
        name = traced.next()
        if name is None:
            check(traced.status == 0, "%s ends with success" % words[0], "status %#x" % traced.status)
            return None
    traced.kill()
    return name


# --- states ---

# What a run may change; all below it is looked at and put back.
CHANGING = ["etc/aaforge", "etc/apparmor.d", "run", "var", "sys/kernel/security/apparmor"]
# What it has no business with is not copied again and again.
CONSTANT = {"abi", "abstractions", "tunables", "features", "lock"}


def entries(directory):
    return sorted(e for e in os.listdir(directory) if e not in CONSTANT)


def read_tree(path, name=""):
    """{name: content} of all files and links; directories do not count."""
    at = os.path.join(path, name)
    if not os.path.lexists(at):
        return {}
    mode = os.lstat(at).st_mode
    if stat.S_ISLNK(mode):
        return {name: ("link", os.readlink(at))}
    if stat.S_ISREG(mode):
        with open(at, "rb") as f:
            return {name: f.read()}
    files = {}
    for entry in entries(at):
        files.update(read_tree(path, os.path.join(name, entry)))
    return files


def copy_tree(source, target):
    for entry in entries(target) if os.path.isdir(target) else ():
        at = os.path.join(target, entry)
        if os.path.isdir(at) and not os.path.islink(at):
            shutil.rmtree(at)
        else:
            os.unlink(at)
    os.makedirs(target, exist_ok=True)
    for entry in entries(source) if os.path.isdir(source) else ():
        at, to = os.path.join(source, entry), os.path.join(target, entry)
        if os.path.isdir(at) and not os.path.islink(at):
            shutil.copytree(at, to, symlinks=True)
        else:
            shutil.copy2(at, to, follow_symlinks=False)


def kernel_of(machine):
    """What the kernel holds, without the numbers that it gives to loads."""
    profiles = {}
    for line in machine.state().decode().splitlines():
        fields = line.split("\t")
        if fields[0] == "profile":
            profiles[fields[6], fields[7]] = fields[3:6]
    return profiles


def short(things, name):
    return repr(things.get(name))[:100]


class State:
    def __init__(self, machine):
        self.files = {}
        for top in ("etc", "run", "var"):
            self.files.update(read_tree(machine.root, top))
        self.kernel = kernel_of(machine)

    def __eq__(self, other):
        return self.files == other.files and self.kernel == other.kernel

    def difference(self, other):
        words = []
        for kind, mine, its in (
            ("file", self.files, other.files),
            ("profile", self.kernel, other.kernel),
        ):
            for name in sorted(set(mine) | set(its)):
                if mine.get(name) != its.get(name):
                    words.append("%s %s: %s, not %s" % (kind, name, short(mine, name), short(its, name)))
        return "\n".join(words)


def save(machine):
    for part in CHANGING:
        copy_tree(machine.path(part), os.path.join(machine.saved, part))


def restore(machine):
    for part in CHANGING:
        copy_tree(os.path.join(machine.saved, part), machine.path(part))


# --- cases ---

# What a run says that found something to recover.
EARLIER = "earlier run"

DESCRIPTION = """name: %s
binary: /usr/bin/%s
abstractions: []
readable: [/srv/%s]
"""


# The first version of web has a child, which the kernel keeps until it is removed by name.
CHILD = """exec:
  - {path: /usr/bin/convert, as: child converter}
children:
  converter: {binary: /usr/bin/convert}
"""


def describe(machine, name, version, directory="new"):
    text = DESCRIPTION % (name, name, version) + (CHILD if (name, version) == ("web", 1) else "")
    return machine.file("%s/%s.yaml" % (directory, name), text)


def must(result):
    check(result.status == 0, "the machine is made ready", result.message)


def make_old(machine):
    """web, db, gone and same are installed, db was edited; others have a file of that name."""
    old = [describe(machine, name, 1, "old") for name in ("web", "db", "gone")]
    same = describe(machine, "same", 1, "same")
    must(machine.run("install", *old, same))
    check("web//converter" in machine.profiles(), "web has a child")
    machine.put("/etc/apparmor.d/foreign", "profile foreign { }\n")
    with open(machine.path("/etc/apparmor.d/db"), "a") as f:
        f.write("# edited\n")
    machine.put("/var/cache/apparmor/1.0/gone", "cached")
    for name, version in (("web", 2), ("db", 2), ("foreign", 1), ("same", 1), ("fresh", 1)):
        describe(machine, name, version)


ATTACHED = "abi <abi/3.0>,\nprofile @{name} @{attachment} { }\n"


def make_disputed(machine):
    """A file of the distribution, whose profile is loaded, attaches to the program of boss."""
    machine.put("/usr/bin/boss", "#!/bin/sh\n")
    os.chmod(machine.path("/usr/bin/boss"), 0o755)
    machine.file("new/attached.profile", ATTACHED)
    machine.file("new/boss.yaml", "name: boss\nbinary: /usr/bin/boss\ntemplate: attached.profile\n")
    must(machine.run("install", describe(machine, "same", 1, "same")))
    theirs = "profile theirs /usr/bin/boss { profile child { } }\nprofile more { }\n"
    machine.put("/etc/apparmor.d/usr.bin.boss", theirs)
    must(machine.run("load", machine.path("/etc/apparmor.d/usr.bin.boss")))
    for name in ("theirs", "more"):
        os.unlink(machine.path("/run/aaforge/loaded/" + name))


def make_replaced(machine):
    """boss is installed, and has put that file aside."""
    make_disputed(machine)
    must(machine.run("install", *REPLACE[1:3], machine.work + "/new/boss.yaml"))
    check("theirs" not in machine.profiles(), "the other is not loaded")
    shutil.copytree(machine.work + "/same", machine.work + "/new", dirs_exist_ok=True)
    os.unlink(machine.work + "/new/boss.yaml")


REPLACE = ["install", "--replace-distribution", "usr.bin.boss", "new/boss.yaml"]
BRING_BACK = ["remove", "boss"]
PRUNE = ["sync", "--prune", "new"]
INSTALL = ["install", "--force", "new/web.yaml", "new/db.yaml", "new/foreign.yaml", "new/fresh.yaml"]
REMOVE = ["remove", "--force", "web", "db", "gone"]
SYNC = ["sync", "--force", "--prune", "new"]


class Case:
    """`words` are run and killed in a machine made by `make`."""

    enough = 20  # states on each side of the commit

    def __init__(self, name, words, hash=None, between=None, stride=1, make=None, loads=None):
        self.name, self.words, self.hash, self.between = name, words, hash, between
        self.stride, self.make = stride, make or make_old
        self.enough = 15 if make else self.enough
        self.loads = [("", name) for name in loads or ("web", "db", "foreign", "fresh")]
        self.left = {"old": 0, "new": 0, "other": 0}

    def arguments(self, machine):
        """What follows the command, with paths of descriptions made absolute."""
        return [os.path.join(machine.work, w) if w.startswith("new") else w for w in self.words[1:]]

    def environment(self, machine):
        # LeakSanitizer does not work in a traced process.
        options = os.environ.get("ASAN_OPTIONS", "") + ":detect_leaks=0"
        return machine.environment(hash=self.hash, env={"ASAN_OPTIONS": options})

    def recover(self, machine):
        """A run that has nothing to do but what was left to it."""
        return machine.run("sync", machine.work + "/same", hash=self.hash)

    def states(self, machine):
        """Old and new state, as undisturbed runs leave them; the machine is in the old one."""
        save(machine)
        result = self.recover(machine)
        check(result.status == 0, self.name + ": a run with nothing to do", result.message)
        self.old = State(machine)
        result = machine.run(self.words[0], *self.arguments(machine), hash=self.hash)
        check(result.status == 0, self.name + ": undisturbed", result.message)
        self.new = State(machine)
        check(self.old != self.new, self.name + ": old and new differ")

    def judge(self, machine, what):
        """After a recovery: wholly old, or wholly new."""
        state = State(machine)
        is_new = state == self.new
        self.left["new" if is_new else "old"] += 1
        if not is_new and state != self.old:
            check(False, what, "to old:\n%s\nto new:\n%s" % (
                state.difference(self.old), state.difference(self.new)))
        else:
            check(True, what)
        return state

    def kill(self, machine, n):
        """One kill, what follows it, and a judgement. False when there was none any more."""
        restore(machine)
        words = [self.words[0], "--root", machine.root] + self.arguments(machine)
        call = run_killed(machine, words, n, self.environment(machine))
        what = "%s, killed before change %d (%s)" % (self.name, n, call)
        if self.between:
            self.between(self, machine, what)
            return call is not None
        result = self.recover(machine)
        check(result.status == 0, what + ": the next run", result.message)
        state = self.judge(machine, what)
        if n % 4:
            return call is not None
        result = self.recover(machine)
        check(
            result.status == 0 and EARLIER not in result.message and State(machine) == state,
            what + ": the run after the next has nothing to do",
            result.message,
        )
        return call is not None

    def run(self, machine):
        self.states(machine)
        n = 1
        while n < 3000 and self.kill(machine, n):
            n += self.stride
        say("%s: %d states old, %d new" % (self.name, self.left["old"], self.left["new"]))
        if self.stride == 1:
            enough = min(self.left["new"], self.left["old"]) > self.enough
            check(enough, self.name + ": killed on both sides of the commit")


def main():
    wanted = sys.argv[1:]
    if os.access("/dev/shm", os.W_OK):
        tempfile.tempdir = "/dev/shm"  # all of it is flushed again and again
    if not CALLS:
        skip("the system calls of %s are not known here" % platform.machine())
    for case in CASES:
        if wanted and not any(word in case.name for word in wanted):
            continue
        with Machine() as machine:
            machine.work = os.path.dirname(machine.file("x", ""))
            machine.saved = machine.root + ".saved"
            machine.fresh = machine.root + ".fresh"
            copy_tree(machine.path("/run"), machine.fresh + "/run")
            copy_tree(machine.apparmorfs, machine.fresh + "/kernel")
            case.make(machine)
            case.run(machine)
    finish()


# --- what may happen between the kill and the next run ---


def holds_journal(machine, name):
    return os.path.exists(machine.path("/etc/aaforge/.transaction/" + name))


def files_of(state):
    return {name: text for name, text in state.files.items() if not name.startswith("run/")}


def reboot(case, machine, what, fail=None):
    """The kernel and /run are empty. What was taken before is on disk and in the kernel after it,
    as far as the kernel takes it (`fail`); what was not is neither here nor there."""
    manifest, marker = holds_journal(machine, "manifest"), holds_journal(machine, "committed")
    copy_tree(machine.fresh + "/run", machine.path("/run"))
    copy_tree(machine.fresh + "/kernel", machine.apparmorfs)
    result = machine.run("unload", "nothing", hash=case.hash, fail=fail)
    state = State(machine)
    is_new = files_of(state) == files_of(case.new)
    case.left["new" if is_new else "old"] += 1
    check(is_new or files_of(state) == files_of(case.old), what + ", rebooted: files")
    loads = {name: case.new.kernel[name] for name in case.loads}
    is_loaded = bool(manifest and marker and not fail)
    check(state.kernel == (loads if is_loaded else {}), what + ", rebooted: the kernel",
          "%r %r %r" % (manifest, marker, state.kernel))
    check(is_new or not marker, what + ", rebooted: what was taken is kept")
    check(not manifest or EARLIER in result.message, what + ", rebooted: says so", result.message)
    check(not holds_journal(machine, ""), what + ", rebooted: the journal is gone")


def reboot_refused(case, machine, what):
    reboot(case, machine, what, fail="replace:EPROTONOSUPPORT")


def reload_old(case, machine, what):
    """Somebody loads what was there before: the journal's marker knows better."""
    if not holds_journal(machine, "manifest"):
        return
    copy_tree(machine.saved + "/sys/kernel/security/apparmor", machine.apparmorfs)
    result = case.recover(machine)
    check(result.status == 0, what + ": the next run", result.message)
    case.judge(machine, what + ", old policy loaded again")


def kill_recovery(case, machine, what):
    """The next run is killed as well, at several places."""
    words = ["sync", "--root", machine.root, machine.work + "/same"]
    middle = machine.saved + ".middle"
    for part in CHANGING:
        copy_tree(machine.path(part), os.path.join(middle, part))
    for n in range(3, 3000, 11):
        for part in CHANGING:
            copy_tree(os.path.join(middle, part), machine.path(part))
        call = run_killed(machine, words, n, case.environment(machine))
        result = case.recover(machine)
        check(result.status == 0, what + ": the run after the killed next", result.message)
        case.judge(machine, "%s, recovery killed before change %d (%s)" % (what, n, call))
        if call is None:
            return


# --- a kernel that refuses ---


def refused(case, machine, fail, number):
    """Nothing was changed, and nothing is left to do."""
    restore(machine)
    result = machine.run(case.words[0], *case.arguments(machine), fail=fail)
    what = "%s, the kernel says %s" % (case.name, fail)
    check(result.status == number, what + ": exit status %d" % result.status, result.message)
    check(State(machine) == case.old, what, State(machine).difference(case.old))
    check(not holds_journal(machine, ""), what + ": no journal")


def cut_short(case, machine, fail):
    """It failed, or died, behind the commit: the next run finishes it."""
    restore(machine)
    result = machine.run(case.words[0], *case.arguments(machine), fail=fail)
    what = "%s, the kernel says %s" % (case.name, fail)
    check(result.status != 0, what + ": fails", result.message)
    check(holds_journal(machine, "manifest"), what + ": leaves a journal", result.message)
    check(result.status < 0 or "next run" in result.message, what + ": says so", result.message)
    check(case.recover(machine).status == 0, what + ": the next run")
    check(State(machine) == case.new, what + ": new", State(machine).difference(case.new))


class Refusals(Case):
    def run(self, machine):
        self.states(machine)
        for fail in self.refusals:
            refused(self, machine, fail, 3)
        for fail in self.cuts:
            cut_short(self, machine, fail)


class Sync(Refusals):
    refusals = ["replace:" + e for e in ("EPROTO", "EACCES", "ENOSPC", "ENOMEM", "short", "EIO")]
    cuts = ["replace:killed", "remove:EACCES", "remove:kill", "remove:killed"]


class Remove(Refusals):
    refusals = ["remove:EACCES", "remove:ENOMEM"]
    cuts = ["remove:EACCES:2", "remove:EACCES:3", "remove:kill", "remove:killed:2"]


CASES = [
    Sync("sync refused", SYNC),
    Remove("remove refused", REMOVE),
    Case("install", INSTALL),
    Case("remove", REMOVE),
    Case("sync", SYNC),
    Case("sync without hashes", SYNC, hash="none", stride=5),
    Case("sync on an older kernel", SYNC, hash="sha1", stride=11),
    Case("replace", REPLACE, make=make_disputed),
    Case("bring back", BRING_BACK, make=make_replaced),
    Case("prune what replaced another", PRUNE, make=make_replaced, stride=3),
    Case("replace, rebooted", REPLACE, make=make_disputed, between=reboot, loads=["boss"], stride=4),
    Case("bring back, rebooted", BRING_BACK, make=make_replaced, between=reboot,
         loads=["theirs", "theirs//child", "more"], stride=3),
    Case("replace, killed twice", REPLACE, make=make_disputed, between=kill_recovery, stride=41),
    Case("bring back, killed twice", BRING_BACK, make=make_replaced, between=kill_recovery, stride=17),
    Case("install, rebooted", INSTALL, between=reboot, stride=4),
    Case("install, rebooted to another kernel", INSTALL, between=reboot_refused, stride=9),
    Case("sync, disturbed", SYNC, between=reload_old, stride=4),
    Case("remove, disturbed", REMOVE, between=reload_old, stride=4),
    Case("install, killed twice", INSTALL, between=kill_recovery, stride=41),
    Case("remove, killed twice", REMOVE, between=kill_recovery, stride=23),
]

if __name__ == "__main__":
    main()

"""The outputs below the container engine: seccomp filters by libseccomp and against Podman's own default filter, config.json
by its structure and by merging random ones, systemd drop-ins by systemd-analyze. What the kernel makes of them is the business
of tests/vm/cases/60-oci.sh.
"""

import ctypes
import glob
import json
import os
import random
import re
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(1, os.path.join(os.path.dirname(os.path.abspath(__file__)), "vm"))
sys.dont_write_bytecode = True
from debian import Packages, Unavailable  # noqa: E402
from harness import ROOT, Scratch, aaforge, check, finish, say  # noqa: E402

ROUNDS = int(os.environ.get("LAYERS_ROUNDS", "120"))
MACHINES = {"amd64", "x86", "x32", "arm64", "arm"}
CAPABILITIES = (
    "audit_write bpf chown dac_read_search net_admin perfmon sys_admin sys_boot sys_chroot sys_module sys_nice sys_pacct sys_ptrace"
    " sys_rawio sys_time sys_tty_config syslog"
).split()

# Calls newer than the libseccomp of the oldest release that we build on: a runtime with that one skips them.
NEWER = set(
    "cachestat fchmodat2 futex_requeue futex_wait futex_wake getxattrat listmount listxattrat lsm_get_self_attr lsm_list_modules"
    " lsm_set_self_attr map_shadow_stack mseal removexattrat riscv_hwprobe setxattrat statmount uretprobe".split()
)
# Not in libseccomp at all: names of an architecture that it does not have, or that are no calls there.
UNKNOWN = {"riscv_flush_icache", "swapcontext"}

# Where our default filter, Docker's, differs from Podman's of Debian, and why.
ONLY_PODMAN = {
    "containers within a container: Docker wants CAP_SYS_ADMIN (clone: for namespaces)": "clone3 fsconfig fsmount fsopen fspick mount"
    " mount_setattr move_mount open_tree pivot_root setns umount umount2 unshare",
    "Docker wants CAP_SYS_NICE": "get_mempolicy mbind set_mempolicy",
    "Docker wants CAP_SYS_PTRACE": "pidfd_getfd",
    "Docker wants CAP_SYS_BOOT": "reboot",
    "Docker wants CAP_SYSLOG": "syslog",
    "Docker wants CAP_BPF or CAP_PERFMON or CAP_SYS_ADMIN, Podman CAP_SYS_ADMIN or none": "bpf perf_event_open",
    "keyrings are of the whole machine (before user namespaces had their own)": "keyctl add_key request_key",
    "obsolete: glibc calls others": "query_module readdir sigaction signal sigpending sigsuspend syscall timerfd",
    "of s390, which we leave out": "s390_pci_mmio_read s390_pci_mmio_write s390_runtime_instr",
}
ONLY_OURS = {
    "newer than Podman's list of that release": "cachestat fchmodat2 futex_requeue futex_wait futex_waitv futex_wake getxattrat"
    " listmount listxattrat lsm_get_self_attr lsm_list_modules lsm_set_self_attr map_shadow_stack mseal quotactl_fd removexattrat"
    " set_mempolicy_home_node setxattrat statmount uretprobe bpf perf_event_open",
    "Docker allows what Podman refuses": "io_pgetevents io_pgetevents_time64 vmsplice",
    "calls of another architecture, no calls elsewhere": "riscv_flush_icache riscv_hwprobe swapcontext sync_file_range2",
}
# Allowed by both, with other conditions on arguments.
OTHER_ARGUMENTS = {
    "clone": "Docker: no flag that makes a namespace, but with CAP_SYS_ADMIN",
    "socket": "Docker: a list of families; Podman: no audit socket without CAP_AUDIT_WRITE",
}


def described(container="", more=""):
    return "name: layers\nbinary: /app\n%s\ncontainer:\n  user: 10001:10002\n%s" % (more, container)


def compiled(target, text, *options, cwd=None):
    result = aaforge("compile", "--to", target, *options, "-", stdin=text.encode(), cwd=cwd)
    check(result.status == 0, "--to %s compiles" % target, result.message + text[:2000])
    return result.out


def filter_of(capabilities, seccomp="{log: true}"):
    more = "capabilities: [%s]" % ", ".join(sorted(capabilities))
    return json.loads(compiled("seccomp", described("  seccomp: %s\n" % seccomp, more)))


def explained(table):
    return {name for names in table.values() for name in names.split()}


def decisions(tree, capabilities):
    """What a filter allows: the set of names, and of those that it allows for some arguments only."""
    whole, partly = set(), set()
    held = {"CAP_" + name.upper() for name in capabilities}
    for rule in tree["syscalls"]:
        includes, excludes = rule.get("includes") or {}, rule.get("excludes") or {}
        if includes.get("arches") and not MACHINES & set(includes["arches"]):
            continue
        if not set(includes.get("caps") or []) <= held or set(excludes.get("caps") or []) & held:
            continue
        if rule["action"] == "SCMP_ACT_ALLOW":
            (partly if rule.get("args") else whole).update(rule["names"])
    return whole | partly, partly - whole


def check_names(seccomp, tree):
    for rule in tree["syscalls"]:
        check(rule["names"] == sorted(set(rule["names"])), "names are sorted and unique", rule["names"])
        for name in rule["names"]:
            known = seccomp.seccomp_syscall_resolve_name(name.encode()) != -1
            check(known or name in NEWER | UNKNOWN, "libseccomp knows the call '%s'" % name)
    for entry in tree.get("archMap", []):
        for name in [entry["architecture"]] + entry["subArchitectures"]:
            word = name.replace("SCMP_ARCH_", "").lower()
            check(seccomp.seccomp_arch_resolve_name(word.encode()) != 0, "libseccomp knows the architecture '%s'" % name)


def check_form(tree):
    check(tree["defaultAction"] == "SCMP_ACT_ERRNO" and tree["defaultErrnoRet"] == 1, "what is not allowed fails with EPERM")
    check(set(tree) <= {"defaultAction", "defaultErrnoRet", "archMap", "architectures", "flags", "syscalls"}, "members of the filter", set(tree))
    for rule in tree["syscalls"]:
        check(set(rule) <= {"names", "action", "args", "errnoRet"}, "no condition that containerd would not see", rule)


def podman_filter():
    installed = "/usr/share/containers/seccomp.json"
    if os.path.exists(installed):
        return installed
    cache = os.path.join(ROOT, os.environ.get("BUILD", "build"), "vm")
    try:
        tree = Packages(cache).tree("golang-github-containers-common")
    except Unavailable as problem:
        say("not compared with Podman's filter: %s" % problem)
        return None
    return tree + installed


def compare_with_podman(path):
    with open(path, encoding="utf-8") as f:
        theirs = json.load(f)
    for capabilities in [[]] + [[name] for name in CAPABILITIES] + [CAPABILITIES]:
        what = "default filter with %s: " % (" ".join(capabilities) or "no capability")
        ours_all, ours_partly = decisions(filter_of(capabilities), capabilities)
        theirs_all, theirs_partly = decisions(theirs, capabilities)
        # Podman adds what a capability opens to none, Docker too; s390 is left out of ours.
        unexplained = theirs_all - ours_all - explained(ONLY_PODMAN)
        check(not unexplained, what + "only Podman allows", sorted(unexplained))
        unexplained = ours_all - theirs_all - explained(ONLY_OURS)
        check(not unexplained, what + "only ours allows", sorted(unexplained))
        unexplained = (ours_partly ^ theirs_partly) & ours_all & theirs_all - set(OTHER_ARGUMENTS)
        check(not unexplained, what + "for some arguments", sorted(unexplained))


def check_opened():
    """The rows of compiler/service/syscalls.def say what the default filters open with a capability: ours must agree."""
    with open(os.path.join(ROOT, "compiler/service/syscalls.def"), encoding="utf-8") as f:
        rows = re.findall(r'^CAPABILITY_CALL\(CAP_(\w+), "(\w+)", (true|false), \w+\)', f.read(), re.M)
    check(len(rows) > 50, "syscalls.def is read", len(rows))
    none, partly = decisions(filter_of([]), [])
    by_capability = {}
    for capability, call, opened in rows:
        name = capability.lower()
        if name not in by_capability:
            by_capability[name] = decisions(filter_of([name]), [name])[0]
        if opened == "true":
            check(call in by_capability[name] and (call not in none or call in partly or call in ("process_vm_readv", "process_vm_writev", "ptrace")),
                  "CAP_%s opens %s" % (capability, call))


def check_seccomp():
    seccomp = ctypes.CDLL("libseccomp.so.2")
    default = filter_of([])
    check_form(default)
    check_names(seccomp, default)
    check_names(seccomp, filter_of(CAPABILITIES))
    check(default["flags"] == ["SECCOMP_FILTER_FLAG_LOG"], "log: true")
    errors = {name: rule["errnoRet"] for rule in default["syscalls"] if rule["action"] == "SCMP_ACT_ERRNO" for name in rule["names"]}
    check(errors == {"clone3": 38}, "clone3 fails with ENOSYS", errors)
    changed, partly = decisions(filter_of([], "{allow: [clone3, personality, kexec_load], deny: [socket, read]}"), [])
    check({"clone3", "personality", "kexec_load"} <= changed - partly, "allow", sorted(partly))
    check(not changed & {"socket", "read"}, "deny")
    alone = filter_of([], "{base: none, allow: [brk, socket]}")
    check_form(alone)
    check_names(seccomp, alone)
    allowed, partly = decisions(alone, [])
    check({"brk", "socket", "execve"} <= allowed and not partly and len(allowed) < 40, "an allow-list of its own", sorted(allowed))
    check_opened()
    path = podman_filter()
    if path:
        compare_with_podman(path)


def check_oci():
    tree = json.loads(compiled("oci", described("  memory: 64m\n  seccomp: {deny: [bpf]}\n", "writable: [/tmp]\ncapabilities: [chown]")))
    process, part = tree["process"], tree["linux"]
    check(tree["ociVersion"] == "1.0.2" and tree["root"] == {"path": "rootfs", "readonly": True}, "version and root", tree["root"])
    check(process["user"] == {"uid": 10001, "gid": 10002} and process["args"] == ["/app"] and process["cwd"] == "/", "process", process)
    check(process["noNewPrivileges"] is True and process["apparmorProfile"] == "layers", "profile and privileges")
    check(all(names == ["CAP_CHOWN"] for names in process["capabilities"].values()) and len(process["capabilities"]) == 5, "capabilities")
    mounts = {entry["destination"]: entry for entry in tree["mounts"]}
    check(len(mounts) == len(tree["mounts"]) == 8, "mounts", list(mounts))
    check(all("nosuid" in entry["options"] for entry in mounts.values()), "nothing is setuid on what is mounted")
    check({"ro"} <= set(mounts["/sys"]["options"]) & set(mounts["/sys/fs/cgroup"]["options"]), "the kernel's files are read-only")
    check("/proc/kcore" in part["maskedPaths"] and "/proc/sys" in part["readonlyPaths"], "masked and read-only paths")
    check({entry["type"] for entry in part["namespaces"]} == {"pid", "network", "ipc", "uts", "mount", "cgroup"}, "namespaces")
    check(part["resources"] == {"devices": [{"allow": False, "access": "rwm"}], "memory": {"limit": 64 << 20}}, "resources", part["resources"])
    wanted = filter_of([], "{deny: [bpf]}")
    wanted_with = filter_of(["chown"], "{deny: [bpf]}")
    check(part["seccomp"]["syscalls"] == wanted["syscalls"] == wanted_with["syscalls"], "both outputs have the same filter")
    check("archMap" not in part["seccomp"] and part["seccomp"]["architectures"][0] == "SCMP_ARCH_X86_64", "architectures")
    check_form(part["seccomp"])


class Generator:
    """Random config.json: what a runtime would take or not, with members of all kinds that nobody knows."""

    def __init__(self, seed):
        self.random = random.Random(seed)

    def value(self, depth=0):
        kind = self.random.randrange(8 if depth < 3 else 6)
        if kind == 6:
            return [self.value(depth + 1) for _ in range(self.random.randrange(4))]
        if kind == 7:
            return {self.text(): self.value(depth + 1) for _ in range(self.random.randrange(4))}
        return [None, True, False, self.random.randrange(-(2**63), 2**63), self.text(), self.random.randrange(100) / 4][kind]

    def text(self):
        return "".join(self.random.choice("ab01 /.:=,\"\\{}[]\n\té\u2028\U0001f40b") for _ in range(self.random.randrange(9)))

    def some(self, members):
        """Some of the members, and others, in any order."""
        items = [(k, v) for k, v in members.items() if self.random.randrange(4)]
        items += [("x" + self.text(), self.value()) for _ in range(self.random.randrange(3))]
        self.random.shuffle(items)
        return dict(items)

    def mount(self):
        places = ["/proc", "/tmp", "/tmp/", "/tmp/below", "/tmpx", "/srv/a", "/srv", "/", "/data/x"]
        return {"destination": self.random.choice(places), **self.some({"type": "bind", "source": self.text(), "options": ["ro"]})}

    def config(self):
        members = {
            "process": self.some(
                {
                    "user": self.some({"uid": 0, "gid": 5, "umask": 18, "additionalGids": [1]}),
                    "args": ["sh"],
                    "env": ["A=1", "LEVEL=0", "LEVELS=1", self.text()],
                    "capabilities": self.some({"bounding": ["CAP_KILL"], "ambient": []}),
                    "noNewPrivileges": False,
                    "apparmorProfile": "other",
                    "cwd": "/",
                }
            ),
            "root": self.some({"path": "rootfs", "readonly": False}),
            "mounts": [self.mount() for _ in range(self.random.randrange(5))],
            "annotations": self.some({"a": "b"}),
            "linux": self.some(
                {
                    "resources": self.random.choice([None, self.some({"memory": self.some({"limit": 1, "swap": 2}), "cpu": None, "pids": {"limit": 5}})]),
                    "seccomp": {"defaultAction": "SCMP_ACT_ALLOW"},
                    "namespaces": [{"type": "pid"}],
                }
            ),
        }
        return {"ociVersion": "1.%d.0" % self.random.randrange(3), **self.some(members)}


CHANGED = [
    "process.user.uid", "process.user.gid", "process.user.additionalGids", "process.env", "process.noNewPrivileges", "process.apparmorProfile",
    "process.capabilities.bounding", "process.capabilities.effective", "process.capabilities.inheritable", "process.capabilities.permitted",
    "process.capabilities.ambient", "root.readonly", "mounts", "linux.seccomp", "linux.resources.memory.limit", "linux.resources.cpu.quota",
    "linux.resources.cpu.period",
]  # fmt: skip


def without(tree, path):
    *parents, last = path.split(".")
    for key in parents:
        tree = tree.get(key)
        if not isinstance(tree, dict):
            return
    tree.pop(last, None)


def pruned(tree, like):
    """Without the objects that had to be made."""
    if not isinstance(tree, dict):
        return tree
    like = like if isinstance(like, dict) else {}
    kept = {key: pruned(value, like.get(key)) for key, value in tree.items()}
    return {key: value for key, value in kept.items() if value != {} or key in like}


def as_pairs(tree):
    if isinstance(tree, dict):
        return [(key, as_pairs(value)) for key, value in tree.items()]
    return [as_pairs(value) for value in tree] if isinstance(tree, list) else tree


def rest(tree, like):
    for path in CHANGED:
        without(tree, path)
    kept = pruned(tree, like)
    # null is nothing.
    for path in ("linux.resources.cpu", "linux.resources"):
        *parents, last = path.split(".")
        at = kept
        for key in parents:
            at = at.get(key) if isinstance(at, dict) else None
        if isinstance(at, dict) and at.get(last) in (None, {}):
            at.pop(last, None)
    return as_pairs(kept)


def check_merge_of(scratch, seed):
    config = Generator(seed).config()
    text = json.dumps(config, indent=seed % 3 or None, ensure_ascii=seed % 2 == 0)
    path = scratch.file("config.json", text)
    description = described("  cpus: 0.5\n  memory: 8m\n  environment: {LEVEL: '9'}\n", "writable: [/tmp, /srv]")
    merged = json.loads(compiled("oci", description, "--merge", path))
    same = rest(json.loads(json.dumps(merged)), config) == rest(json.loads(text), config)
    check(same, "merge %d keeps the rest" % seed, text + "\n" + json.dumps(merged))
    environment = (config.get("process") or {}).get("env", [])
    others = [entry for entry in environment if not entry.startswith("LEVEL=")]
    got = merged["process"]["env"]
    check([e for e in got if not e.startswith("LEVEL=")] == others and got.count("LEVEL=9") == 1, "merge %d: environment" % seed, got)
    check(merged["process"]["user"]["uid"] == 10001 and merged["root"]["readonly"] is True, "merge %d: user and root" % seed)
    places = [entry["destination"].rstrip("/") or "/" for entry in merged["mounts"]]
    check(places.count("/tmp") >= 1 and "/srv" in places, "merge %d: mounts" % seed, places)
    kept = [entry for entry in config.get("mounts", []) if (entry["destination"].rstrip("/") or "/") not in ("/tmp", "/srv")]
    check([entry for entry in merged["mounts"] if entry in kept] == kept, "merge %d keeps other mounts in order" % seed, merged["mounts"])


def check_broken_merge(scratch, seed):
    """Texts that are nearly a config.json: refused with a place, or taken."""
    chance = random.Random(seed)
    text = bytearray(json.dumps(Generator(seed).config(), indent=1).encode())
    for _ in range(chance.randrange(1, 4)):
        at = chance.randrange(len(text))
        text[at : at + chance.randrange(3)] = bytes(chance.choice(b'{}[]",:0 \x00\xff\\n') for _ in range(chance.randrange(3)))
    path = scratch.file("config.json", bytes(text))
    result = aaforge("compile", "--to", "oci", "--merge", path, "-", stdin=described().encode())
    placed = re.search(r"config\.json:\d+:\d+: error: .*\[bad-json\]", result.message)
    check(result.status == 0 or (result.status == 1 and placed), "broken config.json %d" % seed, result.message)


def check_merges():
    say("%d random config.json are merged, and as many broken ones" % ROUNDS)
    with Scratch() as scratch:
        for seed in range(ROUNDS):
            check_merge_of(scratch, seed)
            check_broken_merge(scratch, seed)


# Descriptions of services of the host: what the drop-in must have and must not have, and the exposure that
# `systemd-analyze security` may find at most.
HOSTS = {
    "least": ("", 1.6, "PrivateNetwork=yes ProtectSystem=strict ProtectHome=yes PrivateDevices=yes CapabilityBoundingSet= NoNewPrivileges=yes RestrictAddressFamilies=AF_UNIX", ""),
    "network": ("network: [inet tcp, inet6 udp]", 2.4, "RestrictAddressFamilies=AF_UNIX,AF_INET,AF_INET6", "PrivateNetwork"),
    "any-network": ("rules: [network]", 9, "", "PrivateNetwork RestrictAddressFamilies"),
    "capabilities": ("capabilities: [net_raw, sys_time, syslog]", 9, "CapabilityBoundingSet=CAP_NET_RAW,CAP_SYS_TIME,CAP_SYSLOG SystemCallFilter=@clock SystemCallFilter=syslog", "ProtectClock ProtectKernelLogs AmbientCapabilities"),
    "any-capability": ("rules: [capability]", 9, "ProtectSystem=strict", "CapabilityBoundingSet SystemCallFilter=@system-service"),
    "user": ("capabilities: [net_raw]\ncontainer: {user: 10001}", 9, "User=10001 Group=10001 AmbientCapabilities=CAP_NET_RAW", ""),
    "writes": ("writable: [/var/lib/example, /srv, /srv/below, {file: /etc/example.conf}, '/run/{a,b}-*/**']", 2, "ReadWritePaths=-/etc ReadWritePaths=-/run ReadWritePaths=-/srv ReadWritePaths=-/var/lib/example", "ReadWritePaths=-/srv/below"),
    "blanks": ("writable: ['/srv/a b%c']", 2, 'ReadWritePaths="-/srv/a,b%%c"', ""),
    "anywhere": ("writable: [{path: '/[rdps]**', exec: true}]", 9.9, "", "ProtectSystem ProtectHome PrivateDevices ProtectKernelTunables ProtectControlGroups ProtectProc"),
    "home-read": ("readable: [/home/]", 9, "ProtectHome=read-only", "ProtectHome=yes"),
    "home-written": ("writable: ['/home/*/mail/**']", 9, "ReadWritePaths=-/home", "ProtectHome"),
    "temporary": ("readable: [/tmp/.X11-unix/X0]", 9, "", "PrivateTmp"),
    "temporary-own": ("writable: [/tmp]", 2, "PrivateTmp=yes ReadWritePaths=-/tmp", ""),
    "processes": ("readable: ['/proc/@{pids}/stat']", 9, "", "ProtectProc"),
    "own-process": ("rules: ['owner /proc/@{pid}/stat r']", 2, "ProtectProc=invisible", ""),
    "kernel": ("writable: [{file: /proc/sys/net/ipv4/ip_forward}]", 9, "ProtectControlGroups=yes", "ProtectKernelTunables ReadWritePaths=-/proc"),
    "modules": ("readable: [/lib/modules/]\ncapabilities: [sys_module]", 9, "SystemCallFilter=@module", "ProtectKernelModules"),
    "devices": ("rules: ['/dev/snd/* rw']", 9, "", "PrivateDevices ProtectClock"),
    "pseudo-devices": ("rules: ['/dev/null rw', '/dev/pts/* rw']", 2, "PrivateDevices=yes ProtectClock=yes", ""),
    "ptrace": ("rules: ['ptrace peer=x']", 9, "SystemCallFilter=@debug", ""),
    "child": ("exec: [{path: /bin/sh, as: child shell}]\nchildren: {shell: {binary: /bin/sh, writable: [/srv/of-child], network: [inet]}}", 9, "ProtectSystem=strict ReadWritePaths=-/srv/of-child AppArmorProfile=layers", "NoNewPrivileges SystemCallFilter RestrictAddressFamilies PrivateDevices"),
    "other-profile": ("exec: [{path: /bin/sh, as: profile other}]", 9.7, "AppArmorProfile=layers", "NoNewPrivileges SystemCallFilter ProtectSystem CapabilityBoundingSet"),
    "privileges": ("container: {no_new_privileges: false}", 9, "ProtectSystem=strict", "NoNewPrivileges SystemCallFilter"),
    "limits": ("container: {memory: 64m, cpus: 0.5, pids: 20, restart: 'on-failure:3', environment: {A: 'x y%z', B: null}}", 2, 'MemoryMax=67108864 CPUQuota=50% TasksMax=20 Restart=on-failure StartLimitBurst=4 Environment="A=x,y%%z" PassEnvironment=B', ""),
    "mounted": ("writable: [/scratch]\ncontainer: {tmpfs: {/scratch: {size: 1m}}, volumes: ['/srv/x:/srv/y:ro']}\nreadable: [/srv/y/]", 9, "TemporaryFileSystem=/scratch:rw,noexec,nosuid,nodev,size=1m,mode=1777 BindReadOnlyPaths=/srv/x:/srv/y", ""),
    "filter": ("container: {seccomp: {allow: [ptrace], deny: [bpf, mount]}}", 2, "SystemCallFilter=@system-service SystemCallFilter=ptrace SystemCallFilter=~bpf,mount SystemCallErrorNumber=EPERM", ""),
    "own-filter": ("container: {seccomp: {base: none, allow: [read, write]}}", 2, "SystemCallFilter=read,write", "SystemCallFilter=@system-service"),
    "no-filter": ("container: {seccomp: unconfined}", 9, "SystemCallArchitectures=native", "SystemCallFilter"),
}  # fmt: skip


def check_unit(scratch, name, text, most):
    folder = "%s/%s" % (scratch.path, name)
    os.makedirs(folder + "/example.service.d")
    scratch.file(name + "/example.service", "[Unit]\nDescription=x\n\n[Service]\nExecStart=/bin/true\n")
    scratch.file(name + "/example.service.d/layers.conf", text)
    said = subprocess.run(["systemd-analyze", "verify", "./example.service"], cwd=folder, capture_output=True, text=True, check=False)
    check(said.returncode == 0 and not said.stderr.strip(), "systemd-analyze verify takes '%s'" % name, said.stderr)
    said = subprocess.run(["systemd-analyze", "security", "--offline=yes", "--no-pager", "./example.service"], cwd=folder, capture_output=True, text=True, check=False)
    found = re.search(r"Overall exposure level for .*: ([0-9.]+)", said.stdout)
    check(found and float(found.group(1)) <= most, "exposure of '%s' is at most %s" % (name, most), found.group() if found else said.stderr)


def check_hosts():
    if not shutil.which("systemd-analyze"):
        say("no systemd-analyze: drop-ins are not verified")
    with Scratch() as scratch:
        for name, (more, most, wanted, unwanted) in HOSTS.items():
            # A comma stands for a blank within a value.
            text = compiled("systemd", "name: layers\ntemplate: host\nbinary: /usr/sbin/layers\n%s\n" % more).decode()
            lines = [line for line in text.splitlines() if not line.startswith("#")]
            have = {line.replace(" ", ",") for line in lines} | set(lines)
            for line in wanted.split():
                check(line in have, "systemd '%s' has %s" % (name, line), text)
            for line in unwanted.split():
                check(not any(l == line or l.startswith(line + "=") for l in lines), "systemd '%s' has no %s" % (name, line), text)
            if shutil.which("systemd-analyze"):
                check_unit(scratch, name, text, most)
        families = aaforge("compile", "--to", "systemd", "-", stdin=all_families().encode())
        if shutil.which("systemd-analyze"):
            check_unit(scratch, "families", families.text, 9)


def all_families():
    with open(os.path.join(ROOT, "policy/names/families.def"), encoding="utf-8") as f:
        names = re.findall(r'^NAME\("(\w+)"', f.read(), re.M)
    return "name: layers\ntemplate: host\nbinary: /app\nnetwork: [%s]\n" % ", ".join(n for n in names if n != "unspec")


def check_samples():
    for path in sorted(glob.glob(os.path.join(ROOT, "samples", "*.yaml"))):
        with open(path, encoding="utf-8") as f:
            is_host = re.search(r"^template: host", f.read(), re.M)
        if not is_host:
            continue
        result = aaforge("compile", "--to", "systemd", path)
        check(result.status == 0, "systemd: %s" % os.path.basename(path), result.message)
        if shutil.which("systemd-analyze"):
            with Scratch() as scratch:
                check_unit(scratch, "sample", result.text, 4)


def main():
    check_seccomp()
    check_oci()
    check_merges()
    check_hosts()
    check_samples()
    finish()


main()

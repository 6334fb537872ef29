"""make bench: ratios, each of two things measured side by side in this run.

Processor time (user + system, children included) of whole processes; the best of several rounds that
take turns, so that a busy machine disturbs both sides alike. Names of rows (compile, check, cache, bounded, sync, load)
as arguments run only those.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time

import manager

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "tests"))
import nasty  # noqa: E402
BUILD = os.path.join(ROOT, os.environ.get("BUILD", "build"))
AAFORGE = os.path.join(BUILD, "aaforge")
FLOOR = os.path.join(BUILD, "bench", "floor")
MEASURE = os.path.join(BUILD, "bench", "measure")
FEATURES = "/etc/apparmor.d/abi/3.0"
PARSER = "/sbin/apparmor_parser"
ROUNDS = 3

DESCRIPTION = """\
name: service-{n}
description: Service number {n} of the benchmark, as long as a real one
binary: /srv/service-{n}/bin/server
libraries: [/usr/lib, /srv/service-{n}/lib]
readable:
  - /etc/service-{n}/
  - /etc/service-common/
  - /usr/share/service-{n}/
  - /srv/service-{n}/templates/
  - /srv/service-{n}/static/
writable:
  - /var/lib/service-{n}
  - /var/log/service-{n}
  - {{path: /var/cache/service-{n}, owner: true}}
  - /tmp
  - {{file: /run/service-{n}.pid}}
exec:
  - /usr/bin/gzip
network: [unix stream, unix dgram, packet dgram]
capabilities: [chown, setuid, setgid]
abstractions: [nameservice]
rules:
  - signal (send) set=(term, hup) peer=worker-{n}
deny:
  - /etc/shadow r
  - /etc/gshadow r
  - /root/** rw
{exception}\
# {padding}
"""


def description(n):
    exception = ""
    text = DESCRIPTION.format(n=n, exception=exception, padding="")
    return DESCRIPTION.format(n=n, exception=exception, padding="x" * max(0, 1024 - len(text)))


def write_descriptions(directory, count):
    os.makedirs(directory)
    for n in range(count):
        with open(os.path.join(directory, "service-%05d.yaml" % n), "w") as f:
            f.write(description(n))


class Run:
    """One process, run by the small program `measure`: processor seconds and peak memory."""

    def __init__(self, argv, stdin=None, env=None):
        read_end, write_end = os.pipe()
        process = subprocess.Popen(
            ["/bin/sh", "-c", 'exec "$@" 3>&%d' % write_end, "measure", MEASURE] + argv,
            stdin=open(stdin) if stdin else subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            pass_fds=[write_end],
            env=dict(os.environ, **(env or {})),
        )
        os.close(write_end)
        err = process.stderr.read()
        figures = os.read(read_end, 100).split()
        os.close(read_end)
        if process.wait() != 0:
            sys.exit("%s: status %d\n%s" % (argv, process.returncode, err.decode()[:2000]))
        self.cpu = int(figures[0]) / 1e6
        self.peak = int(figures[1]) / 1024


def best(rounds):
    return min(rounds)


def row(what, value, limit, more=False):
    ok = value >= limit if more else value <= limit
    print("%-66s %8.3f   %s %-6g %s" % (what, value, "at least" if more else "at most", limit, "ok" if ok else "MISSED"), flush=True)
    return ok


def fresh(directory):
    shutil.rmtree(directory, ignore_errors=True)
    os.makedirs(directory)
    return directory


def bench_compile(tmp):
    many, few = os.path.join(tmp, "many"), os.path.join(tmp, "few")
    write_descriptions(many, 10000)
    write_descriptions(few, 100)
    out = os.path.join(tmp, "out")
    Run([AAFORGE, "compile", "-o", fresh(out) + "/", few])
    size = sum(os.path.getsize(os.path.join(out, f)) for f in os.listdir(out)) // 100
    ours, floor, single = [], [], []
    for _ in range(ROUNDS):
        ours.append(Run([AAFORGE, "compile", "-o", fresh(out) + "/", many]).cpu)
        floor.append(Run([FLOOR, many, fresh(out), str(size)]).cpu)
        names = sorted(os.listdir(few))
        fresh(out)
        single.append(
            sum(Run([AAFORGE, "compile", "-o", os.path.join(out, n), os.path.join(few, n)]).cpu for n in names) * 100
        )
    # 2.6 before the checks asked all rules of all kinds about one another and about links.
    ok = row("compile: 10,000 descriptions / libyaml parse and write (%.0f us each)" % (best(ours) * 100), best(ours) / best(floor), 4.75)
    ok &= row("compile: one process per service / one process for all", best(single) / best(ours), 5.0, more=True)
    peaks = [Run([AAFORGE, "compile", "-o", fresh(out) + "/", d]).peak for d in (many, few)]
    ok &= row("compile: peak memory for 10,000 documents / for 100 (%.1f MiB)" % peaks[1], peaks[0] / peaks[1], 1.2)
    return ok


def bench_check(tmp):
    source, texts = os.path.join(tmp, "check"), os.path.join(tmp, "texts")
    write_descriptions(source, 200)
    Run([AAFORGE, "compile", "-o", fresh(texts) + "/", source])
    ours, plain = [], []
    for _ in range(ROUNDS):
        ours.append(Run([AAFORGE, "check", "--no-cache", "--quiet", source]).cpu)
        total = 0
        for name in sorted(os.listdir(texts)):
            command = [PARSER, "--config-file=/dev/null", "-M", FEATURES, "-QK"]
            total += Run(command, stdin=os.path.join(texts, name), env={"LC_ALL": "C"}).cpu
        plain.append(total)
    return row("check, cold: 200 profiles / plain apparmor_parser -QK -M (%.1f ms each)" % (best(plain) * 5), best(ours) / best(plain), 1.05)


def bench_cache(tmp):
    source = os.path.join(tmp, "cache")
    write_descriptions(source, 1000)
    env = {"XDG_CACHE_HOME": fresh(os.path.join(tmp, "verdicts")), "AAFORGE_CACHE": os.path.join(tmp, "verdicts")}
    cold = Run([AAFORGE, "check", "--quiet", source], env=env).cpu
    warm = best([Run([AAFORGE, "check", "--quiet", source], env=env).cpu for _ in range(ROUNDS)])
    return row("check, warm: 1,000 unchanged profiles / cold (%.2f ms each)" % warm, warm / cold, 1 / 50)


def bench_sync():
    def containers(machine, count):
        for n in range(count):
            machine.file("services/service-%d.yaml" % n, description(n))

    ok = True
    for fill, what in (containers, "of containers"), (manager.add_daemons, "that attach, 1,000 processes"):
        sync, status, calls = manager.many_figures(Run, 1000, ROUNDS, fill)
        ok &= row("sync: seconds for 1,000 unchanged profiles %s, on a fake kernel" % what, sync, 0.35)
        ok &= row("status: seconds for the first one after it", status, 0.5)
        ok &= row("both: calls of apparmor_parser meanwhile", calls, 0)
    return ok


def bench_bounded(tmp):
    """Allow and deny rules whose globs all may meet: the work grows with the rules, not with the pairs."""
    ok, each, path = True, {}, os.path.join(tmp, "bounded.yaml")
    text = os.path.join(tmp, "bounded.profile")
    plain = [PARSER, "--config-file=/dev/null", "-M", FEATURES, "-QK"]
    for kind in ("stars", "write-exec"):
        options = ["-W", "write-exec", "-W", "dead-rule"]
        for n in (100, 300, 1000, 3000):
            with open(path, "w") as f:
                f.write(nasty.description(kind, n))
            ours, theirs = [], []
            for _ in range(ROUNDS):
                ours.append(Run([AAFORGE, "compile", "-o", text] + options + [path]).cpu)
                if kind == "stars":
                    theirs.append(Run(plain, stdin=text, env={"LC_ALL": "C"}).cpu)
            each[n] = best(ours) / n
            if theirs:
                ok &= row("bounded: %s, n = %s / apparmor_parser -QK" % (kind, format(n, ",")), best(ours) / best(theirs), 3.0)
            ok &= row("bounded: %s, n = %s: seconds a rule / those at 100" % (kind, format(n, ",")), each[n] / each[100], 2.5)
    return ok


def bench_load():
    print("# load: 100 profiles in the virtual machine, about a minute and a half", flush=True)
    figures, trouble = manager.load_seconds()
    if not figures:
        print("load: no figure\n%s" % trouble)
        return False
    parser = figures["parser"]
    ok = row("load, cold: 100 profiles / apparmor_parser -r (%.1f s)" % parser, figures["cold"] / parser, 1.1)
    return ok & row("load, from cache / apparmor_parser -r", figures["cached"] / parser, 0.1)


def main():
    shm = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    tmp = tempfile.mkdtemp(prefix="aaforge-bench.", dir=shm)
    begin, ok = time.time(), True
    rows = {
        "compile": lambda: bench_compile(tmp),
        "check": lambda: bench_check(tmp),
        "cache": lambda: bench_cache(tmp),
        "bounded": lambda: bench_bounded(tmp),
        "sync": bench_sync,
        "load": bench_load,
    }
    try:
        for name in sys.argv[1:] or rows:
            ok &= rows[name]()
    finally:
        shutil.rmtree(tmp, ignore_errors=True)
    print("%d s" % (time.time() - begin))
    sys.exit(0 if ok else 1)


main()

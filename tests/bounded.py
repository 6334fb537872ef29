"""The work of a compilation is bounded: the nastiest descriptions of 1 MiB end within 10 s of processor time and
256 MiB, with an answer to each question or a word (too-complex, too-large) on what was not answered; and no check
works for answers that nobody wants.

    tests/bounded.py [KIND ...]
"""

import os
import resource
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from harness import AAFORGE, Scratch, aaforge, check, finish  # noqa: E402
import nasty  # noqa: E402

SECONDS, MEBIBYTES = 10, 256
OFF = ["linked-deny", "linked-path", "remount-flags", "dead-rule", "partly-dead-rule", "dead-included-rule", "already-allowed", "write-exec", "write-exec-allowed"]


def run(path, *options):
    """Status, processor seconds, peak MiB and messages of one compilation."""
    read_end, write_end = os.pipe()
    child = os.fork()
    if child == 0:
        os.dup2(write_end, 2)
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        os.close(read_end)
        resource.setrlimit(resource.RLIMIT_CPU, (4 * SECONDS, 4 * SECONDS))
        os.execv(AAFORGE, [AAFORGE, "compile", *options, path])
    os.close(write_end)
    with os.fdopen(read_end, "rb") as f:
        message = f.read().decode("utf-8", "replace")
    _, status, used = os.wait4(child, 0)
    return os.waitstatus_to_exitcode(status), used.ru_utime + used.ru_stime, used.ru_maxrss / 1024, message


def ends_soon(scratch, kind):
    path = scratch.file(kind + ".yaml", nasty.description(kind, 100000))
    status, seconds, peak, message = run(path)
    what = "%s, 1 MiB: status %d, %.1f s, %.0f MiB" % (kind, status, seconds, peak)
    check(status in (0, 1), what, message[-500:])
    check(seconds < SECONDS, what + ": within %d s" % SECONDS)
    check(peak < MEBIBYTES, what + ": within %d MiB" % MEBIBYTES)
    check(status == 0 or "error:" in message, what + ": an error is shown", message[-500:])


def is_answered(scratch):
    """Of a size that people write, each question has its answer."""
    n = 1000
    for kind, wanted in (("stars", "partly-dead-rule"), ("directories", "partly-dead-rule"), ("same", "dead-rule"), ("already", "already-allowed"),
                         ("children", "partly-dead-rule"), ("expect", "partly-dead-rule")):
        _, _, _, message = run(scratch.file("n.yaml", nasty.description(kind, n)))
        check(message.count("[%s]" % wanted) >= n * 9 // 10, "%s: each of %d is told" % (kind, n), message[:500])
        check("[too-complex]" not in message, "%s: %d are not too many" % (kind, n), message[-500:])


def says_so(scratch):
    """A check that stops says what it did not look at, once for a profile."""
    for kind in ("stars", "write-exec-all", "transitions", "questions"):
        _, _, _, message = run(scratch.file("n.yaml", nasty.description(kind, 100000)))
        stops = [line for line in message.splitlines() if "is not checked from here on" in line]
        check(0 < len(stops) <= 5, "%s: a check says that it stopped" % kind, "\n".join(stops)[:1000])
        check(all("rule" in line and "[too-complex]" in line for line in stops), "%s: and for how many rules" % kind, stops[:3])


def is_switched_off(scratch):
    """-N does not do the work."""
    path = scratch.file("n.yaml", nasty.description("write-exec-all", 3000))
    options = [word for name in OFF for word in ("-N", name)]
    _, on, _, _ = run(path)
    status, off, _, message = run(path, *options)
    check(off < on / 3, "-N does not do the work: %.2f s, not %.2f s" % (off, on), message[:500])
    check("[too-complex]" not in message, "and nothing is too complex then", message[:500])
    result = aaforge("compile", "-N", "exec-conflict", path)
    check(result.status == 2, "an error of AppArmor's own cannot be switched off", result.message[:300])


def main():
    with Scratch() as scratch:
        for kind in sys.argv[1:] or nasty.KINDS:
            ends_soon(scratch, kind)
        if len(sys.argv) == 1:
            is_answered(scratch)
            says_so(scratch)
            is_switched_off(scratch)
    finish()


main()

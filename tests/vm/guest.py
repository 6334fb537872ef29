"""The virtual machine: qemu without KVM, without a network, without a disk; all of it in the initramfs.

The kernel's console goes to a file. The guest's second serial line is qemu's standard input and output:
text as it comes, and between it records, each from a byte 0x1e to the end of the line, so that neither
output without a newline nor output that looks like a result is taken for one.
"""

import ctypes
import os
import select
import signal
import subprocess
import time

QEMU = "qemu-system-x86_64"
RECORD = b"\x1e"
# The frequency of the processor's own clock is measured at boot, on a busy machine wrongly so by a factor
# of three; without it (tsc=unstable) the kernel takes the HPET, which tells its own. The rest is for speed,
# but for oops=panic and panic=-1: with -no-reboot, qemu ends.
KERNEL_PARAMETERS = (
    "console=ttyS0 quiet oops=panic panic=-1 apparmor=1 security=apparmor rdinit=/vm/init"
    " mitigations=off nokaslr no_timer_check tsc=unstable cryptomgr.notests rootfstype=tmpfs"
)
PR_SET_PDEATHSIG = 1


class TimeLimit(Exception):
    pass


def command(kernel, initramfs, console, memory):
    return [
        QEMU, "-M", "pc", "-accel", "tcg,thread=multi", "-cpu", "max", "-smp", "2", "-m", memory,
        "-nodefaults", "-no-user-config", "-nic", "none", "-display", "none", "-no-reboot",
        "-serial", "file:" + console, "-chardev", "stdio,id=line,signal=off", "-serial", "chardev:line",
        "-kernel", kernel, "-initrd", initramfs, "-append", KERNEL_PARAMETERS,
    ]


def die_with_parent():
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


class Guest:
    """with Guest(…) as guest: for is_record, text in guest.said(): …"""

    def __init__(self, kernel, initramfs, console, limit, memory="1G"):
        self.command = command(kernel, initramfs, console, memory)
        self.deadline = time.monotonic() + limit
        self.process = None

    def __enter__(self):
        self.process = subprocess.Popen(self.command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                        stderr=subprocess.STDOUT, preexec_fn=die_with_parent)
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()

    def said(self):
        """(is a record, text) for each line until the guest ends; TimeLimit where it does not."""
        pending = b""
        for block in self._blocks():
            pending += block
            *lines, pending = pending.replace(RECORD, b"\n" + RECORD).split(b"\n")
            for line in lines:
                if line.strip(b"\r"):
                    yield decoded(line)
        if pending:
            yield decoded(pending)

    def _blocks(self):
        while True:
            left = self.deadline - time.monotonic()
            if left <= 0 or not select.select([self.process.stdout], [], [], left)[0]:
                raise TimeLimit()
            block = os.read(self.process.stdout.fileno(), 65536)
            if not block:
                return
            yield block


def decoded(line):
    text = line.rstrip(b"\r").decode("utf-8", "replace")
    return line.startswith(RECORD), text.lstrip("\x1e")


def interactive(kernel, initramfs, console, memory="1G"):
    """A shell of the guest at this terminal, until it ends."""
    subprocess.run(command(kernel, initramfs, console, memory), check=False)

"""What the guest said, counted and shown.

A check is a record 'ok: …' or 'not ok: …' of a case. Besides, a case has failed that made no check, that
ended with another status than 0 (but for 1 after a failed check, whose status that is), or that was
stopped by its time limit; and so have all those that never began, as the guest died or the time was up.
What a failed case wrote last is shown with it.
"""

import collections
import os
import re
import time

import guest

TAIL = 20
PANIC = re.compile(r"Kernel panic|Oops|BUG:")


class Report:
    def __init__(self, cases, console, quiet=False):
        self.cases, self.ended, self.console, self.quiet = cases, 0, console, quiet
        self.passed = self.failed = 0
        self.case = None
        self.checks = self.refuted = 0
        self.done = False
        self.status = None
        self.wrote = collections.deque(maxlen=TAIL)
        self.begun = time.monotonic()

    def follow(self, machine, limit):
        """Until the last case has ended, or the guest, or the time."""
        self._progress("%d cases in a guest; it boots" % self.cases)
        try:
            for is_record, text in machine.said():
                if is_record:
                    self._record(text)
                else:
                    self._text(text)
                if self.done:
                    return
            self._lost("the guest died")
        except guest.TimeLimit:
            self._lost("out of time after %d s" % limit)

    def _text(self, text):
        self.wrote.append(text)
        print(text, flush=True)

    def _record(self, text):
        word, _, rest = text.partition(" ")
        if word == "ok:":
            self.passed += 1
            self.checks += 1
            print(text, flush=True)
        elif word == "not":
            self.checks += 1
            self.refuted += 1
            self._fail(text.partition(": ")[2])
        elif word == "begin":
            self._begin(rest)
        elif word == "end":
            self._end(rest)
        elif word == "booted":
            self._progress("booted in %s s" % rest)
        elif word == "done":
            self.done = True

    def _begin(self, case):
        self.case, self.begun = case, time.monotonic()
        self.checks = self.refuted = 0
        self.wrote.clear()
        self._progress(case)

    def _end(self, status):
        self.status = status
        self.ended += 1
        if self.quiet:
            if not status.isdigit():
                self._fail(status)
        elif status != "0" and not (status == "1" and self.refuted):
            self._fail("%s: ended with %s" % (self.case, status), self.wrote)
        elif self.checks == 0:
            self._fail("%s: made no check" % self.case, self.wrote)
        self._progress("%s: %d checks, %.1f s" % (self.case, self.checks, time.monotonic() - self.begun))

    def _progress(self, text):
        if not self.quiet:
            print("# " + text, flush=True)

    def _fail(self, what, details=()):
        self.failed += 1
        print("not ok: %s" % what, flush=True)
        for line in details:
            print("    " + line, flush=True)

    def _lost(self, why):
        """The guest is gone: what has not been run has failed."""
        self._fail("%s, with %d of %d cases ended (in: %s); its console:"
                   % (why, self.ended, self.cases, self.case or "the boot"), self._console_tail())
        self.failed += max(self.cases - self.ended - 1, 0)

    def _console_tail(self):
        if not os.path.exists(self.console):
            return []
        with open(self.console, encoding="utf-8", errors="replace") as f:
            lines = f.read().splitlines()
        panics = [number for number, line in enumerate(lines) if PANIC.search(line)]
        first = max(panics[0] - TAIL // 2, 0) if panics else max(len(lines) - TAIL, 0)
        return lines[first:first + TAIL]

    def finish(self):
        print("%d passed, %d failed" % (self.passed, self.failed), flush=True)
        return 1 if self.failed or not self.passed else 0

    def script_status(self):
        """125 where the guest ended before the script did; a shell's status of a killed one is above 128."""
        if self.status is None or not self.status.isdigit():
            return 125
        return int(self.status)

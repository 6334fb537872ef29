"""The table of aaforge(1), cell by cell, on a fake kernel: what each command says of one profile.

The cells are docs/verdicts.def, from which the manual is made. Each situation is brought about as it
comes about in life; every command is asked, and none may say that all is well where it is not.
"""

import json
import os
import re
import shutil
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "fake"))
from fake import Machine  # noqa: E402
from harness import ROOT, check, finish, say  # noqa: E402

WEB = """name: web
binary: /app
template: minimal
exec:
  - {path: /kid, as: child kid}
children:
  kid:
    template: minimal
    binary: /kid
"""
COLUMNS = ("name", "file", "status", "doctor", "sync")


def table():
    """{id: (where, {column: cell})}"""
    rows = {}
    with open(os.path.join(ROOT, "docs/verdicts.def"), encoding="utf-8") as f:
        for line in f:
            match = re.match(r'SITUATION\((\w+), (\w+), ("[^"]*"(?:, "[^"]*"){5})\)$', line)
            check(match or not line.startswith("SITUATION"), "a row can be read", line)
            if match:
                words = re.findall(r'"([^"]*)"', match.group(3))
                rows[match.group(1)] = match.group(2), dict(zip(COLUMNS, words[1:]))
    return rows


class Place(Machine):
    """A machine with the profile web installed from a directory, and its enemies."""

    def __enter__(self):
        super().__enter__()
        self.web = self.file("svc/web.yaml", WEB)
        self.profile = self.run_pure("compile", self.web)
        return self

    def run_pure(self, *arguments):
        import harness

        return harness.aaforge(*arguments).text

    def must(self, *arguments, **options):
        result = self.run(*arguments, **options)
        check(result.status == 0, "%s: works" % (arguments,), result.message)

    def install(self, **options):
        self.must("sync", "-q", os.path.dirname(self.web), **options)

    def somebody(self, *arguments):
        """Somebody else changes the kernel: what aaforge has recorded stays as it is."""
        records = self.path("/run/aaforge/loaded")
        kept = records + ".kept"
        if os.path.isdir(records):
            shutil.copytree(records, kept)
        self.must(*arguments)
        shutil.rmtree(records, ignore_errors=True)
        if os.path.isdir(kept):
            os.rename(kept, records)

    def somebody_loads(self, old, new):
        check(old in self.profile, "'%s' is in the profile" % old, self.profile)
        self.somebody("load", "-q", self.file("other", self.profile.replace(old, new)))

    def edit(self, old, new):
        path = self.path("/etc/apparmor.d/web")
        with open(path, encoding="utf-8") as f:
            text = f.read()
        check(old in text, "'%s' is in the text" % old, text)
        with open(path, "w", encoding="utf-8") as f:
            f.write(text.replace(old, new))
        return path

    def link(self, directory):
        os.makedirs(self.path("/etc/apparmor.d/" + directory), exist_ok=True)
        os.symlink("../web", self.path("/etc/apparmor.d/%s/web" % directory))

    def lose_records(self):
        shutil.rmtree(self.path("/run/aaforge/loaded"))


HEAD = "profile web {"
RULE = "/app mrix,"
KID = "/kid mrix,"


def described(m):
    m.install()


def changed(m):
    m.install()
    m.file("svc/web.yaml", WEB + "readable: [/srv]\n")


def replaced(m):
    m.install()
    m.somebody_loads(RULE, "/** rwix,")


def child_replaced(m):
    m.install()
    m.somebody_loads(KID, "/** rwix,")


def child_gone(m):
    m.install()
    m.somebody("unload", "-q", "web//kid")


def child_extra(m):
    m.install()
    m.somebody_loads("\tprofile kid {", "\tprofile extra {\n\t\t/x r,\n\t}\n\tprofile kid {")


def complain(m):
    m.install()
    m.somebody_loads(HEAD, "profile web flags=(complain) {")


def complained(m):
    m.install()
    m.somebody("load", "-q", m.edit(HEAD, "profile web flags=(complain) {"))


def unconfined(m):
    m.install()
    m.somebody_loads(HEAD, "profile web flags=(unconfined) {")


def killed(m):
    m.install()
    m.somebody_loads(HEAD, "profile web flags=(kill) {")


def edited(m):
    m.install()
    m.edit(RULE, "/** rwix,")


def disabled(m):
    m.install()
    m.link("disable")


def forced(m):
    m.install()
    m.link("force-complain")


def wanted_complain(m):
    m.file("svc/web.yaml", WEB + "mode: complain\n")
    m.install()


def unloaded(m):
    m.install()
    m.somebody("unload", "-q", "web")


def unloaded_disabled(m):
    unloaded(m)
    m.link("disable")


def foreign(m):
    m.somebody_loads(RULE, "/** rwix,")


def unknown(m):
    del m


def record_lost(m):
    m.install()
    m.lose_records()


def record_lost_replaced(m):
    replaced(m)
    m.lose_records()


def record_lost_edited(m):
    m.install()
    m.somebody("load", "-q", m.edit(RULE, "/** rwix,"))
    m.lose_records()


def only_loaded(m):
    m.must("load", "-q", m.web)


def namespace(m):
    m.must("load", "-q", "--namespace", "tenant", m.web)


def named_twice(m):
    m.install()
    m.put("/etc/apparmor.d/other", "profile web { /x r, }\n")


def unhashed(m):
    m.install(hash="none")


def kernel_complain(m):
    m.install()
    m.put("/sys/module/apparmor/parameters/mode", "complain\n")


def lookup_cell(result):
    if result.status == 0 and result.out == b"web\n":
        return "0 name"
    check(result.out == b"", "nothing on standard output", result.text)
    ids = re.findall(r"^aaforge: (?!note|warning).*\[([a-z-]+)\]$", result.message, re.M)
    return "%d %s" % (result.status, ids[0] if ids else "?")


def status_cell(result):
    try:
        rows = {row["name"]: row for row in json.loads(result.text).get("profiles", [])}
    except ValueError:
        rows = {}
    return "%d %s" % (result.status, rows.get("web", {}).get("state", "-")), rows.get("web", {})


def doctor_cells(result):
    """All of its findings about the profile; kernel-mode is about all profiles."""
    ids = [f["id"] for f in json.loads(result.text)["findings"] if "'web'" in f["message"] or f["id"] == "kernel-mode"]
    return ["%d %s" % (result.status, one) for one in ids or ["ok"]]


def sync_cell(result):
    actions = [p["action"] for p in json.loads(result.text)["profiles"] if p.get("name") == "web"]
    return "%d %s" % (result.status, actions[0] if actions else "-")


def compare(what, cells, got, detail):
    check(got == cells, what, "wanted %s, got %s\n%s" % (cells, got, detail))


def ask(machine, situation, cells):
    result = machine.run("lookup", "web")
    compare(situation + ": lookup web", cells["name"], lookup_cell(result), result.message)
    result = machine.run("lookup", machine.web)
    compare(situation + ": lookup web.yaml", cells["file"], lookup_cell(result), result.message)
    result = machine.run("status", "--json", "web")
    cell, row = status_cell(result)
    compare(situation + ": status", cells["status"], cell, result.text + result.message)
    everything = machine.run("status")
    is_counted = row.get("state") not in (None, "foreign")
    check(everything.status == (result.status if is_counted else 0), situation + ": status of all", everything.text)
    # Nothing vouches for what is not so.
    if cells["file"] == "0 name":
        check(row.get("confines") is True, situation + ": confines", row)
    elif row:
        check(row.get("confines") is not True or cells["status"] == "1 foreign", situation + ": does not confine", row)
    result = machine.run("doctor", "--json")
    check(cells["doctor"] in doctor_cells(result), situation + ": doctor", "wanted %s, got %s\n%s" % (cells["doctor"], doctor_cells(result), result.text))
    result = machine.run("sync", "--json", "-n", os.path.dirname(machine.web))
    compare(situation + ": sync -n", cells["sync"], sync_cell(result), result.text + result.message)
    result = machine.run("sync", "--json", os.path.dirname(machine.web))
    compare(situation + ": sync", cells["sync"], sync_cell(result), result.text + result.message)


def mended(machine, situation, cells):
    """What sync has changed is as described then; what it refused is so with --force, with a backup."""
    if cells["sync"] == "1 refused":
        result = machine.run("sync", "-q", "--force", os.path.dirname(machine.web))
        check(result.status == 0, situation + ": sync --force", result.message)
        if "edited" in cells["doctor"] or "edited" in situation:
            check(os.path.exists(machine.path("/etc/aaforge/backup/web.1")), situation + ": a backup", result.message)
    if cells["sync"].split()[1] in ("changed", "new", "refused"):
        result = machine.run("lookup", machine.web)
        check(lookup_cell(result) == "0 name", situation + ": as described after sync", result.message)


def any_option(machine, situation, cells):
    """--any prints the name of what is ours and was replaced, of nothing that does not confine."""
    result = machine.run("lookup", "--any", "web")
    wanted = "0 name" if cells["name"] in ("1 drifted", "1 policy-not-seen") else cells["name"]
    compare(situation + ": lookup --any", wanted, lookup_cell(result), result.message)
    check(wanted == cells["name"] or "[any]" in result.message, situation + ": --any is told", result.message)


def beside_others(machine, situation, cells):
    """One bad profile keeps sync from none of the others."""
    if cells["sync"] != "1 refused":
        return
    machine.file("svc/db.yaml", WEB.replace("name: web", "name: db"))
    result = machine.run("sync", "--json", os.path.dirname(machine.web))
    plan = {p["name"]: p for p in json.loads(result.text)["profiles"]}
    check(result.status == 1 and plan["db"]["action"] == "new" and plan["web"]["action"] == "refused" and plan["web"]["why"],
          situation + ": the others are applied", result.text + result.message)
    check(machine.profiles().get("db") == "enforce", situation + ": and loaded", machine.profiles())


def walk():
    for situation, (where, cells) in table().items():
        if where != "ANY":
            continue
        say(situation)
        with Place() as machine:
            globals()[situation](machine)
            any_option(machine, situation, cells)
            ask(machine, situation, cells)
            beside_others(machine, situation, cells)
            mended(machine, situation, cells)


def main():
    walk()
    finish()


main()

"""`aaforge audit` and `aaforge import`: what they find in tests/audit/in, and what they write.

tests/audit/want holds what each input must give; UPDATE=1 writes it anew, for review.
"""

import json
import os
import random
import re
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from harness import ROOT, Scratch, aaforge, check, finish, say  # noqa: E402

HERE = os.path.join(ROOT, "tests", "audit")
INPUTS = sorted(os.listdir(os.path.join(HERE, "in")))
MUTATIONS = int(os.environ.get("AUDIT_MUTATIONS", "150"))
COMMAND = ("sudo docker run -itd --name web -p 8080:80 --privileged -v /:/host -e A='b c' "
           "--security-opt apparmor=unconfined -u 0 -m512m nginx:1.25 sh -c 'x --read-only'")


def wanted(name, text):
    """Compares with a file of tests/audit/want."""
    path = os.path.join(HERE, "want", name)
    if os.environ.get("UPDATE"):
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as f:
            f.write(text)
    with open(path, encoding="utf-8") as f:
        want = f.read()
    lines = [line for line in text.splitlines() if line not in want.splitlines()]
    check(text == want, "%s is as wanted" % name, "\n".join(lines[:20]))


def audit(*arguments, **more):
    return aaforge("audit", *arguments, cwd=HERE, **more)


def check_reports():
    for name in INPUTS:
        result = audit("in/" + name)
        wanted(name + ".txt", result.text)
        errors = result.text.count(": error: ")
        check(result.status == (1 if errors else 0), "%s: exit status" % name, result.message)
        check("%d errors" % errors in result.message, "%s: the summary counts" % name, result.message)
        resolved = audit("--profiles", "profiles", "in/" + name)
        wanted(name + ".profiles.txt", resolved.text)
        check(audit("in/" + name).out == result.out, "%s: the same twice" % name)
    result = audit("--command", COMMAND)
    wanted("command.txt", result.text)
    check(audit("-", stdin=open(os.path.join(HERE, "in", "hardened.yaml"), "rb").read()).status == 0, "standard input")
    whole = audit("--quiet", "in")
    check(whole.message == "" and whole.status == 1, "a directory", whole.message)
    check(whole.text == "".join(audit("in/" + name).text for name in INPUTS), "is its files in order")


def check_fail_on():
    hardened = os.path.join(HERE, "in", "hardened.yaml")
    with Scratch() as scratch, open(hardened, encoding="utf-8") as f:
        text = f.read()
        note = scratch.file("note.yaml", text.replace("    restart: unless-stopped\n", ""))
        warning = scratch.file("warning.yaml", text.replace("    pids_limit: 100\n", ""))
        for path, level in [(hardened, 0), (note, 1), (warning, 2), (os.path.join(HERE, "in", "compose.yaml"), 3)]:
            for number, severity in enumerate(["never", "error", "warning", "note"]):
                want = 1 if number and level >= 4 - number else 0
                check(aaforge("audit", "--fail-on", severity, path).status == want,
                      "--fail-on %s %s" % (severity, os.path.basename(path)))


def check_json():
    for name in INPUTS:
        findings = json.loads(audit("--format", "json", "in/" + name).text)["findings"]
        text = audit("in/" + name).text
        open_ones = [f for f in findings if f["outcome"] != "met"]
        check(len(open_ones) == len(re.findall(r"^[^ ].*\[[a-z-]+\]$", text, re.M)), "%s: json and text agree" % name)
        for finding in open_ones:
            line = "%s:%d:%d: %s: %s: %s: %s [%s]" % tuple(finding[key] for key in (
                "file", "line", "column", "severity", "container", "outcome", "message", "control"))
            check(line in text, "%s: json says what the text says" % name, line)


def check_sarif(log, name):
    """What the schema of SARIF 2.1.0 demands of the members that are written."""
    check(log["version"] == "2.1.0" and len(log["runs"]) == 1, "%s: a log" % name)
    run = log["runs"][0]
    driver = run["tool"]["driver"]
    check(isinstance(driver["name"], str) and run["columnKind"] in ("utf16CodeUnits", "unicodeCodePoints"),
          "%s: tool" % name)
    ids = [rule["id"] for rule in driver["rules"]]
    check(len(set(ids)) == len(ids), "%s: rules are unique" % name)
    for rule in driver["rules"]:
        check(rule["shortDescription"]["text"] and rule["fullDescription"]["text"] and
              rule["defaultConfiguration"]["level"] in ("none", "note", "warning", "error"), "%s: a rule" % name)
    for result in run["results"]:
        check(result["message"]["text"] and ids[result["ruleIndex"]] == result["ruleId"], "%s: a result" % name)
        check(result["kind"] in ("pass", "fail") and result["level"] in ("none", "note", "warning", "error"),
              "%s: kind and level" % name)
        check((result["kind"] == "fail") == (result["level"] != "none"), "%s: only failures have a level" % name)
        for location in result["locations"]:
            physical = location["physicalLocation"]
            uri = physical["artifactLocation"]["uri"]
            check(re.fullmatch(r"([A-Za-z0-9._~/-]|%[0-9A-F]{2})+", uri), "%s: a URI" % name, uri)
            region = physical["region"]
            check(all(isinstance(n, int) and n >= 1 for n in region.values()), "%s: a region" % name, region)
            if "endLine" in region:
                check((region["startLine"], region["startColumn"]) <= (region["endLine"], region["endColumn"]),
                      "%s: begins before it ends" % name, region)
    return run["results"]


def check_all_sarif():
    for name in INPUTS:
        results = check_sarif(json.loads(audit("--format", "sarif", "in/" + name).text), name)
        findings = json.loads(audit("--format", "json", "in/" + name).text)["findings"]
        check([(r["ruleId"], r["kind"]) for r in results] ==
              [(f["control"], "pass" if f["outcome"] == "met" else "fail") for f in findings], "%s: all are there" % name)
    check_sarif(json.loads(audit("--format", "sarif", "--command", COMMAND).text), "command")


def open_controls(path):
    findings = json.loads(aaforge("audit", "--format", "json", path).text)["findings"]
    return {(f["container"], f["control"]) for f in findings if f["outcome"] != "met" and f["mend"]["fix"]}


def check_fix():
    with Scratch() as scratch:
        for name in [n for n in INPUTS if n not in ("docker.json", "podman.json")]:
            path = os.path.join(HERE, "in", name)
            result = audit("--fix", "in/" + name)
            wanted(name + ".fixed", result.text)
            check(result.status == 0 and " 0 left" in result.message, "%s is mended" % name, result.message)
            fixed = scratch.file(name, result.out)
            check(not open_controls(fixed), "%s: nothing is left to mend" % name, open_controls(fixed))
            again = aaforge("audit", "--fix", fixed)
            check(again.out == result.out, "%s: mending twice is mending once" % name)
            with open(path, encoding="utf-8") as f:
                comments = re.findall(r"#.*", f.read())
            check(all(comment in result.text for comment in comments), "%s: comments are kept" % name)
            here = scratch.file("in-place-" + name, open(path, "rb").read())
            check(aaforge("audit", "--fix", "--in-place", here).status == 0, "%s: --in-place" % name)
            check(open(here, "rb").read() == result.out, "%s: in place as elsewhere" % name)
            out = scratch.path + "/out"
            check(aaforge("audit", "--fix", "-o", out, path).status == 0 and open(out, "rb").read() == result.out,
                  "%s: -o" % name)
        line = audit("--fix", "--command", COMMAND)
        wanted("command.fixed", line.text)
        named = audit("--fix", "--profiles", "profiles", "in/compose.yaml")
        wanted("compose.yaml.profiles.fixed", named.text)
        check("apparmor=db" in named.text, "a profile that exists is named")


def check_import():
    with Scratch() as scratch:
        os.environ["XDG_CACHE_HOME"] = scratch.path + "/cache"
        for name in ("docker.json", "podman.json"):
            result = aaforge("import", os.path.join(HERE, "in", name))
            wanted(name + ".import.yaml", result.text)
            path = scratch.file(name + ".yaml", result.out)
            checked = aaforge("check", path)
            check(checked.status == 0, "%s: what import makes is a description" % name, checked.message)
            fixed = audit("--fix", "in/" + name)
            check(fixed.out == result.out, "%s: the mend of an inspection is its description" % name)
        check(b"secret" not in result.out, "no environment is copied")
        mounts = [("/data r", True), ("/my data", False), ("/a # b", False), ("/x -> y", True), ("/n.conf r", False),
                  ("/x /y", True), ("/end ", True)]
        blanks = [{"Id": "1", "Name": "/a", "Path": "/opt/My App/run x", "Config": {"Image": "i"},
                   "HostConfig": {"NetworkMode": "none"},
                   "Mounts": [{"Type": "bind", "Source": "/srv", "Destination": path, "RW": write} for path, write in mounts]}]
        result = aaforge("import", scratch.file("blanks.json", json.dumps(blanks).encode()))
        checked = aaforge("compile", scratch.file("blanks.yaml", result.out))
        check(checked.status == 0, "names with blanks are written so that they are taken for names", checked.message + result.text)
        for rule in ('"/opt/My App/run x" mrix', '"/data r/**" rwk', '"/my data/**" r', '"/x -> y/**" rwk', '"/n.conf r" r'):
            check(rule in checked.text, "blanks: %s" % rule, checked.text)
        check(aaforge("import", os.path.join(HERE, "in", "compose.yaml")).status == 1, "only inspections are imported")


def check_usage():
    for arguments in ([], ["-o", "x", "y"], ["--in-place", "x"], ["--fix", "--in-place", "-"],
                      ["--fix", "a", "b"], ["--fail-on", "x", "y"], ["--format", "tap", "x"]):
        result = aaforge("audit", *arguments)
        check(result.status == 2 and result.message, "audit %s" % " ".join(arguments), result.message)
    check(aaforge("import").status == 2, "import wants a file")
    check(aaforge("audit", "/nonexistent").status == 3, "a file that is not there")
    with Scratch() as scratch:
        os.mkdir(scratch.path + "/empty")
        check(aaforge("audit", scratch.path + "/empty").status == 1, "nothing to audit is a mistake")
        foreign = scratch.file("d/x.yaml", "a: b\n")
        check("[not-auditable]" in aaforge("audit", foreign).message, "another document")
        scratch.file("d/y.yaml", open(os.path.join(HERE, "in", "hardened.yaml")).read())
        check(aaforge("audit", scratch.path + "/d").status == 0, "in a directory it is passed over")


def check_commands():
    """Each command, and what must be found: 'severity control', or the words of a refusal."""
    for command, want in [
            ("docker run -v $(pwd):/x -u $(id -u):$(id -g) --privileged a:1", ["error privileged", "note user"]),
            ("docker run -v `pwd -P`:/x -u `id -u` --privileged a:1", ["error privileged", "error masked-paths"]),
            ('docker run -v "$(echo "a) b" `c`)":/x --privileged a:1', ["error devices", "error capabilities-added"]),
            ("docker run -e X=$((1 + (2))) --pid host a:1", ["error host-pid"]),
            ("podman run --cap-drop all --cap-add sys_admin,net_admin a:1",
             ["error capabilities-added", "warning capabilities-added"]),
            ("docker run -u 20000:20000 --group-add 0 --gpus all a:1", ["warning user", "warning devices"]),
            ("docker run --cpus 0.00 --pids-limit 0 -m 0g a:1", ["note cpus", "warning pids", "warning memory"]),
            ("docker run --cpuset-cpus 0,1 a:1 | tee log # it's", []),
            ("docker run a:1 && sudo docker -D run --privileged b:1", "a second command begins here"),
            ("docker run a:1\n\n# two\ndocker run b:1", "a second command begins here"),
            ("docker run -v $(pwd a:1", "a command substitution is not closed")]:
        result = audit("--format", "json", "--command", command)
        if isinstance(want, str):
            check(result.status == 1 and want in result.message, "refused: %s" % command, result.message)
            continue
        found = {"%s %s" % (f["severity"], f["control"]) for f in json.loads(result.text)["findings"] if f["outcome"] != "met"}
        check(found.issuperset(want), "found in: %s" % command, found)
        if "cpuset" in command:
            check("note cpus" not in found, "a set of processors is a limit", found)


def check_live():
    """A tree as the kernel shows it."""
    with Scratch() as scratch:
        tree = "sys/kernel/security/apparmor/policy/profiles/"
        for number, (name, mode) in enumerate([("api", "enforce"), ("web", "complain")]):
            base = "%s%s.%d/" % (tree, name, number)
            for key, value in (("name", name), ("mode", mode), ("attach", name), ("sha1", "00")):
                scratch.file(base + key, value + "\n")
            os.makedirs(scratch.path + "/" + base + "profiles", exist_ok=True)
        scratch.file("sys/kernel/security/apparmor/profiles", "api (enforce)\nweb (complain)\n")
        os.makedirs(scratch.path + "/etc/apparmor.d", exist_ok=True)
        api = audit("--live", "--root", scratch.path, "in/hardened.yaml")
        check(api.status == 0 and "0 missing" in api.text, "a loaded profile", api.message + api.text)
        web = audit("--live", "--root", scratch.path, "in/compose.yaml")
        check("'web' of the kernel is in mode complain" in web.text, "a profile that only logs", web.message)
        old = audit("--live", "--root", scratch.path, "in/kubernetes.yaml")
        check("there is no profile 'old-profile' in the kernel" in old.text, "one that is not loaded", old.message)
        both = audit("--live", "--root", scratch.path, "--profiles", "profiles", "in/kubernetes.yaml")
        check("[apparmor-grants]" in both.text, "rules come from the text", both.message)


def bombs():
    yield "deep", "[" * 100000
    yield "long", "services: {a: {image: %s}}" % ("x" * 9000000)
    yield "services", "services:\n" + "".join("  s%d: {image: i}\n" % n for n in range(20000))
    yield "extends", "services:\n  a: {image: i, cap_add: [%s]}\n" % ", ".join(["X"] * 50000) + "".join(
        "  s%d: {extends: a}\n" % n for n in range(4000))
    yield "keys", "services:\n  a: {%s}\n" % ", ".join("k%d: 1" % n for n in range(50000))
    yield "aliases", "a: &a [x]\n" + "".join("a%d: &a%d [%s]\n" % (n, n, ", ".join(["*a" + (str(n - 1) if n else "")] * 9))
                                             for n in range(12)) + "services: {}\n"
    yield "mounts", "services: {a: {image: i, read_only: true, security_opt: ['apparmor=web'], volumes: [%s]}}" % ", ".join(
        "'v%d:/m%d'" % (n, n) for n in range(20000))
    yield "volumes", "apiVersion: v1\nkind: Pod\nspec:\n  volumes: [%s]\n  containers: [{name: c, volumeMounts: [%s]}]\n" % (
        ", ".join("{name: v%d}" % n for n in range(20000)), ", ".join("{name: v%d}" % n for n in range(20000)))
    yield "unmendable", "x: &x [apparmor=y]\nservices:\n" + "".join(
        "  s%d: {image: i, security_opt: *x}\n" % n for n in range(1500))


def check_hostile():
    with Scratch() as scratch:
        for name, text in bombs():
            path = scratch.file(name + ".yaml", text)
            for arguments in (["--profiles", "profiles"], ["--fix", "-o", "/dev/null"]):
                result = audit(*arguments, path, timeout=120)
                check(result.status in (0, 1), "bomb '%s' %s" % (name, arguments[0]), result.message[-300:])
        generator = random.Random(1)
        for number in range(MUTATIONS):
            name = generator.choice(INPUTS)
            with open(os.path.join(HERE, "in", name), "rb") as f:
                data = bytearray(f.read())
            for _ in range(generator.randrange(1, 6)):
                at = generator.randrange(len(data))
                kind = generator.randrange(3)
                if kind == 0:
                    data[at] = generator.randrange(256)
                elif kind == 1:
                    del data[at:at + generator.randrange(1, 30)]
                else:
                    data[at:at] = bytes(data[generator.randrange(len(data)):][:generator.randrange(1, 40)])
            path = scratch.file("m.yaml", bytes(data))
            for arguments in (["audit", "--profiles", "profiles"], ["audit", "--fix"], ["import"]):
                result = aaforge(*arguments, path, cwd=HERE)
                check(result.status in (0, 1), "mutation %d of %s" % (number, name), result.message[-300:])


def main():
    check_reports()
    check_fail_on()
    check_json()
    check_all_sarif()
    check_fix()
    check_import()
    check_usage()
    check_commands()
    check_live()
    say("input that wants to harm")
    check_hostile()
    finish()


main()

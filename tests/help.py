"""`aaforge help`: every id has an explanation, and its example gives exactly that message; every key an example that compiles."""

import json
import os
import re
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from harness import ROOT, Scratch, aaforge, check, finish  # noqa: E402

PAGES = os.path.join(ROOT, "docs", "help")
KEYS = os.path.join(ROOT, "docs", "keys")


def ids():
    lines = aaforge("help", "ids").text.splitlines()
    return [line.split()[0] for line in lines]


def command_of(page):
    match = re.search(rb"^#! command: (.+)$", page, re.M)
    return match.group(1).decode().split() if match else ["compile"]


def check_page(name, scratch):
    path = os.path.join(PAGES, name + ".yaml")
    if not check(os.path.exists(path), "docs/help/%s.yaml exists" % name):
        return
    with open(path, "rb") as f:
        page = f.read()
    shown = aaforge("help", name)
    check(shown.status == 0 and shown.text.startswith(name + ":"), "help %s" % name, shown.message)
    data = json.loads(aaforge("help", "--format", "json", name).text)
    check(len(data["explanation"]) > 80, "%s: there is an explanation" % name, data["explanation"])
    command = command_of(page)
    if command == ["none"]:
        return
    result = aaforge(*command, scratch.file(name + ".yaml", page))
    check("[%s]" % name in result.message, "%s: the example gives the message" % name, result.message)
    others = set(re.findall(r"error: .*\[([a-z-]+)\]$", result.message, re.M)) - {name}
    check(not others, "%s: the example gives no other error" % name, result.message)


def keys():
    return [line.split()[0] for line in aaforge("help", "keys").text.splitlines()]


def check_key(name, scratch):
    path = os.path.join(KEYS, name + ".yaml")
    if not check(os.path.exists(path), "docs/keys/%s.yaml exists" % name):
        return
    with open(path, "rb") as f:
        page = f.read()
    shown = aaforge("help", name)
    check(shown.status == 0 and "\n%s, in " % name in "\n" + shown.text and "Example:" in shown.text, "help %s" % name, shown.text)
    data = json.loads(aaforge("help", "--format", "json", name).text)
    check(data["key"] == name and data["meanings"] and data["example"].encode() in page, "help %s as JSON" % name, data)
    check(re.search(r"(^|[\s{,])%s:" % name, data["example"]), "%s: the example has it" % name, data["example"])
    result = aaforge("check", scratch.file(name + ".yaml", page))
    check(result.status == 0, "%s: the example compiles" % name, result.message)
    unwanted = re.findall(r"warning: .*", result.message) if name != "allow_unsafe_user" else []
    check(not unwanted, "%s: the example gives no warning" % name, result.message)


def check_keys(scratch):
    names = keys()
    check(len(names) > 40 and len(names) == len(set(names)), "keys are listed, each once", names)
    for name in names:
        check_key(name, scratch)
    for page in sorted(os.listdir(KEYS)):
        check(page.rsplit(".", 1)[0] in names, "docs/keys/%s is of a key" % page)
    both = aaforge("help", "audit").text
    check("usage: aaforge audit" in both and "audit, in an entry" in both, "a word that is a command and a key", both)
    for word, wanted in (("networks", "network"), ("redable", "readable"), ("dead-rul", "dead-rule"), ("compil", "compile")):
        result = aaforge("help", word)
        check(result.status == 2 and "did you mean '%s'?" % wanted in result.message, "the nearest of %s" % word, result.message)
    check(aaforge("help", "qqqqqqqqqq").status == 2, "nothing like it")


def main():
    names = ids()
    check(len(names) > 30, "ids are listed")
    with Scratch() as scratch:
        os.environ["XDG_CACHE_HOME"] = scratch.path + "/cache"
        for name in names:
            check_page(name, scratch)
        check_keys(scratch)
    for page in sorted(os.listdir(PAGES)):
        check(page.rsplit(".", 1)[0] in names, "docs/help/%s is of an id" % page)
    check(aaforge("help", "compile").status == 0, "help of a command")
    check(aaforge("--help").status == 0, "--help")
    check(aaforge("check", "--help").status == 0, "check --help")
    finish()


main()

"""`aaforge help`: every id has an explanation, and its example gives exactly that message."""

import json
import os
import re
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from harness import ROOT, Scratch, aaforge, check, finish  # noqa: E402

PAGES = os.path.join(ROOT, "docs", "help")


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


def main():
    names = ids()
    check(len(names) > 30, "ids are listed")
    with Scratch() as scratch:
        os.environ["XDG_CACHE_HOME"] = scratch.path + "/cache"
        for name in names:
            check_page(name, scratch)
    for page in sorted(os.listdir(PAGES)):
        check(page.rsplit(".", 1)[0] in names, "docs/help/%s is of an id" % page)
    check(aaforge("help", "compile").status == 0, "help of a command")
    check(aaforge("--help").status == 0, "--help")
    check(aaforge("check", "--help").status == 0, "check --help")
    finish()


main()

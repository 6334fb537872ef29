"""Manual pages, completion and schema are made from the tables, well-formed, and true."""

import json
import os
import re
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from harness import ROOT, Scratch, aaforge, check, finish  # noqa: E402

import jsonschema  # noqa: E402
import yaml  # noqa: E402

BUILD = os.path.join(ROOT, os.environ.get("BUILD", "build"))


def check_pages():
    for name in ("aaforge.1", "aaforge.yaml.5"):
        path = os.path.join(BUILD, "docs", name)
        lint = subprocess.run(["mandoc", "-T", "lint", "-W", "warning", path], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        problems = [line for line in lint.stdout.splitlines() if "outdated mandoc.db" not in line]
        check(not problems, "%s is well-formed" % name, "\n".join(problems))
        with open(path) as f:
            check("@TABLE" not in f.read(), "%s has its tables" % name)


def check_options_in_page():
    with open(os.path.join(BUILD, "docs", "aaforge.1")) as f:
        page = f.read().replace("\\-", "-")
    for command in ("compile", "check", "test"):
        for option in re.findall(r"--([a-z-]+)", aaforge("help", command).text):
            check("Fl -" + option in page, "aaforge(1) has --%s" % option)
    for name in aaforge("help", "ids").text.splitlines():
        check(name.split()[0] in page, "aaforge(1) has %s" % name.split()[0])


def examples(path):
    """The literal displays of a page that are whole descriptions."""
    with open(path) as f:
        page = f.read()
    for block in re.findall(r"^\.Bd -literal\n(.*?)^\.Ed$", page, re.M | re.S):
        if block.startswith("name:"):
            yield block.replace("\\e", "\\")


def check_examples(scratch):
    found = list(examples(os.path.join(ROOT, "docs", "aaforge.yaml.5.in")))
    with open(os.path.join(ROOT, "README.md")) as f:
        found += re.findall(r"```yaml\n(.*?)```", f.read(), re.S)
    check(len(found) >= 3, "the documents hold examples")
    for text in found:
        result = aaforge("test", scratch.file("example.yaml", text))
        check(result.status == 0, "an example compiles and holds", text + result.message)


def check_completion():
    path = os.path.join(BUILD, "docs", "aaforge.bash")
    script = 'source "$1"; COMP_WORDS=(aaforge "${@:2}"); COMP_CWORD=$(($# - 1)); _aaforge; echo "${COMPREPLY[@]}"'
    complete = lambda *words: subprocess.run(["bash", "-c", script, "x", path, *words], stdout=subprocess.PIPE, text=True).stdout.split()  # noqa: E731
    check(complete("co") == ["compile"], "completion of a command", complete("co"))
    check("--annotate" in complete("compile", "--an"), "completion of an option")
    check("dead-rule" in complete("compile", "-W", "dead"), "completion of an id")


def schema_inputs():
    for folder in ("samples",):
        for name in sorted(os.listdir(os.path.join(ROOT, folder))):
            if name.endswith(".yaml"):
                yield os.path.join(ROOT, folder, name)
    golden = os.path.join(ROOT, "tests", "golden")
    for case in sorted(os.listdir(golden)):
        path = os.path.join(golden, case, "input.yaml")
        if os.path.exists(path):
            yield path


def check_schema():
    schema = json.loads(aaforge("schema").text)
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    check("2020-12" in schema["$schema"], "the schema names its version")
    count = 0
    for path in schema_inputs():
        result = aaforge("compile", path)
        try:
            documents = list(yaml.safe_load_all(open(path, encoding="utf-8")))
        except (yaml.YAMLError, UnicodeDecodeError):
            continue
        if result.status != 0:
            continue
        for document in documents:
            errors = [e.message for e in validator.iter_errors(document)]
            check(not errors, "the schema accepts %s" % os.path.relpath(path, ROOT), errors[:3])
            count += 1
    check(count >= 10, "the schema was tried on %d documents" % count)
    for bad in ({"name": "x"}, {"name": "x", "binary": "b"}, {"name": "x", "binary": "/b", "writeable": []}, {"name": "a b", "binary": "/b"}, {"name": "x", "binary": "/b", "network": ["inet tcpp"]}, [], {"name": "x", "binary": "/b", "capabilities": ["frob"]}):
        check(list(validator.iter_errors(bad)), "the schema refuses %s" % bad)


def main():
    with Scratch() as scratch:
        os.environ["XDG_CACHE_HOME"] = scratch.path + "/cache"
        check_pages()
        check_options_in_page()
        check_examples(scratch)
    check_completion()
    check_schema()
    finish()


main()

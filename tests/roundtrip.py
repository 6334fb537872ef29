"""Round trip of the samples and of all golden inputs that compile: the emitted text reads back as the tree that was
meant, printing that again gives the same bytes (tests/roundtrip_main.c); and what apparmor_parser makes of the text,
of the text printed again, of the annotated and of the self-contained one is the same binary.

    tests/roundtrip.py [CASE ...]
"""

import os
import re
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from golden import CASES, arguments, read  # noqa: E402
from harness import AAFORGE, ROOT, WRAPPER, Scratch, check, finish, say  # noqa: E402
from oracle import FEATURES, PARSER  # noqa: E402

PROGRAM = os.path.join(os.path.dirname(AAFORGE), "tests", "roundtrip")
VARIANTS = [[], ["--annotate"], ["--self-contained"]]
# Rules of ABI 4.0 are not known to older parsers.
NEEDS_NEW_PARSER = ["abi-4.0", "abi-none"]
# A tunable of a parser that is newer than both.
NEEDS_NEWEST_PARSER = ["include-opaque"]

# The parser has no limit: it takes gigabytes and many minutes.
TOO_MUCH_FOR_PARSER = ["too-complex", "work-off"]


def parser_is_new():
    words = subprocess.run([PARSER, "--version"], stdout=subprocess.PIPE, env={"LC_ALL": "C"}).stdout
    return int(re.search(rb"version (\d+)", words).group(1)) >= 4


def compile_binary(path, places, cwd):
    """What apparmor_parser makes of a text: (binary, message)."""
    process = subprocess.run(
        [PARSER, "--config-file=/dev/null", "-M", FEATURES, "-QK", "-S"] + places,
        stdin=open(path, "rb"),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=cwd,
        env={"LC_ALL": "C"},
    )
    return (process.stdout if process.returncode == 0 else None), process.stderr.decode("utf-8", "replace")


def run_program(words, cwd, directory):
    """Compiles into the directory; the number of documents, or None after a failure."""
    os.mkdir(directory)
    process = subprocess.run(WRAPPER + [PROGRAM, "--write", directory] + words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                             stderr=subprocess.PIPE, cwd=cwd, env=dict(os.environ, LC_ALL="C.UTF-8"))
    counts = re.search(rb"(\d+) passed, (\d+) failed\n$", process.stdout)
    name = os.path.basename(cwd) + ": " + " ".join(words)
    shown = (process.stdout + process.stderr).decode("utf-8", "replace")
    if check(process.returncode == 0 and counts, "%s: reads back" % name, shown):
        return int(counts.group(1))
    return None


def places_of(words, abi):
    """Where apparmor_parser finds what the command's includes mean. A private base has no ABI file."""
    places = ["-I", abi]
    for option, value in zip(words, words[1:]):
        if option == "-I":
            places += ["-I", value]
        elif option == "--base":
            places += ["--base", value]
    return places


def same_binary(name, texts, places, cwd):
    """All texts of one document compile to the binary of the first one."""
    wanted, message = compile_binary(texts[0], places, cwd)
    if not check(wanted is not None, "%s: apparmor_parser takes the emitted text" % name, message + read(texts[0]).decode()):
        return
    for text in texts[1:]:
        got, message = compile_binary(text, places, cwd)
        what = os.path.basename(os.path.dirname(text)) + "/" + os.path.basename(text)
        check(got == wanted, "%s: the binary of %s" % (name, what), message + read(text).decode("utf-8", "replace"))


def roundtrip(name, words, cwd, scratch, with_parser):
    counts = []
    for number, variant in enumerate(VARIANTS):
        directory = os.path.join(scratch.path, str(number))
        counts.append(run_program(variant + words[1:], cwd, directory))
    check(counts[0] and counts == counts[:1] * len(VARIANTS), "%s: every variant compiles" % name, counts)
    for document in range(1, (counts[0] or 0) + 1 if with_parser else 0):
        texts = [os.path.join(scratch.path, str(v), "%d.%s" % (document, kind)) for v in range(len(VARIANTS)) for kind in ("emitted", "again")]
        same_binary("%s, document %d" % (name, document), texts, places_of(words, scratch.path), cwd)


def with_scratch(*work):
    with Scratch() as scratch:
        if os.path.isdir("/etc/apparmor.d/abi"):
            shutil.copytree("/etc/apparmor.d/abi", scratch.path + "/abi")
        roundtrip(*work[:3], scratch, work[3])


def golden_case(case, new_parser):
    """Of the cases that succeed, without those that read standard input."""
    directory = os.path.join(CASES, case)
    words = arguments(directory, "out")
    if os.path.exists(directory + "/want.status") or "-" in words or case in NEEDS_NEWEST_PARSER:
        return
    if words[0] != "compile":
        words = ["compile"] + [word for word in words if word.endswith(".yaml")]
    with_scratch(case, words, directory, case not in TOO_MUCH_FOR_PARSER and (new_parser or case not in NEEDS_NEW_PARSER))


def main():
    if not check(os.path.exists(PROGRAM), "%s is built: make unit" % PROGRAM):
        finish()
    new_parser = parser_is_new()
    if not sys.argv[1:]:
        say("samples")
        for name in sorted(os.listdir(ROOT + "/samples")):
            if name.endswith(".yaml"):
                with_scratch(name, ["compile", name], ROOT + "/samples", True)
    say("golden cases")
    for case in sys.argv[1:] or sorted(os.listdir(CASES)):
        if os.path.isdir(os.path.join(CASES, case)):
            golden_case(case, new_parser)
    finish()


main()

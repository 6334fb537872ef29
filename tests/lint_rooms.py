"""The house keeps its order: includes point left only, the pure rooms make no system call, and inside of a room no
more than three files call each other in a circle."""

import os
import re
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from harness import ROOT, check, finish, say  # noqa: E402

BUILD = os.path.join(ROOT, os.environ.get("BUILD", "build"))

# Leftmost first: a room may include itself and what stands before it.
ROOMS = ["base", "lexer", "parser", "policy", "templates", "compiler", "analysis", "audit", "manager", "cli"]
PURE = ["base", "lexer", "parser", "policy", "compiler", "analysis", "audit"]
# Functions that touch the world, end the process or get memory past the arena.
WORLD = """open openat creat fopen fdopen read write pread pwrite close fork vfork clone execve execv
execvp posix_spawn system popen kill getenv setenv exit _exit abort printf fprintf puts fputs putchar perror
malloc calloc realloc free strdup asprintf time clock_gettime gettimeofday rand random socket connect
unlink rename mkdir stat lstat fstat opendir signal sigaction setlocale getpid longjmp setjmp""".split()
CALL = re.compile(r"(?<![A-Za-z0-9_>.])(%s)\s*\(" % "|".join(WORLD))
# base/arena.c is the one place that gets memory; its handler must not return, or the process ends.
# jansson owns the memory of its values: compiler/output/ may hand its texts back; libseccomp that of names.
# lexer/lexer.l leaves the generated scanner by a jump where it would end the process.
ALLOWED = {"base/arena.c": {"malloc", "free", "abort"}, "lexer/lexer.l": {"longjmp", "setjmp"}, "compiler/output/schema.c": {"free"}, "compiler/service/syscalls.c": {"free"}}

# Calls that take a path have one door, manager/system/path.h, which keeps paths below --root inside.
PATHS = re.compile(r"(?<![A-Za-z0-9_>.])(open|creat|fopen|opendir|scandir|stat|lstat|access|readlink|rename|unlink|mkdir|rmdir"
                   r"|symlink|link|chmod|chown|truncate|realpath|statfs|inotify_add_watch)\s*\(|AT_FDCWD")
# The root itself, programs of this machine, its /proc and /dev; AT_FDCWD as a mark, with an absolute real path.
PATHS_ALLOWED = {"manager/places.c": {"realpath"}, "cli/main.c": {"realpath"}, "manager/apparmor_parser/parser.c": {"access", "stat", None},
                 "manager/system/process.c": {"open"}, "manager/disk/apply.c": {None}, "manager/system/target.c": {None},
                 "manager/apparmor_parser/features.c": {None}, "manager/host/check.c": {None},
                 # Through a descriptor that is open already; whether a root is this machine's own.
                 "manager/system/file.c": {"open", "readlink"}, "manager/host/root_view.c": {"stat"}}


def files(room):
    for folder, _, names in os.walk(os.path.join(ROOT, room)):
        for name in sorted(names):
            if name.endswith((".c", ".h", ".l", ".y", ".def")):
                yield os.path.relpath(os.path.join(folder, name), ROOT)


def without_comments_and_strings(text):
    text = re.sub(r"/\*.*?\*/", lambda m: "\n" * m.group().count("\n"), text, flags=re.S)
    text = re.sub(r"//[^\n]*", "", text)
    return re.sub(r'"(\\.|[^"\\\n])*"', '""', text)


def check_includes(room, path, text):
    allowed = ROOMS[: ROOMS.index(room) + 1]
    for number, line in enumerate(text.splitlines(), 1):
        match = re.match(r'\s*#\s*include\s+"([^"]+)"', line)
        if not match:
            continue
        target = match.group(1).split("/")[0]
        check(target in allowed, "%s:%d includes %s" % (path, number, match.group(1)))


def check_calls(path, text):
    for number, line in enumerate(without_comments_and_strings(text).splitlines(), 1):
        if line.startswith("static "):
            continue  # a definition that happens to have such a name
        for match in CALL.finditer(line):
            name = match.group(1)
            if name not in ALLOWED.get(path, ()):
                check(False, "%s:%d calls %s" % (path, number, name), line.strip())


OPEN = re.compile(r"(?<![A-Za-z0-9_>.])(?:(fopen|freopen)\s*\(|(?:path_)?open(?:at)?\s*\(([^;{]*?)\)\s*[;:)&|?])", re.S)


def may_hang(text):
    """Files that others name are read by manager/system/file.c: whatever else opens something to read may not wait for it."""
    for match in OPEN.finditer(without_comments_and_strings(text)):
        flags = match.group(2) or ""
        if match.group(1) or ("O_RDONLY" in flags and not re.search("O_(NONBLOCK|DIRECTORY|PATH)", flags)):
            return match.group(0)
    return None


def check_paths(path, text):
    for number, line in enumerate(without_comments_and_strings(text).splitlines(), 1):
        for match in PATHS.finditer(line):
            if not line.startswith(("static ", "bool ", "#")):
                check(match.group(1) in PATHS_ALLOWED.get(path, ()), "%s:%d does not go through manager/system/path.h" % (path, number), line.strip())


CIRCLE_MOST = 3


def symbols(room):
    """({name: the file that defines it}, {file: names that it wants from others}) of a room's objects."""
    defined, wanted = {}, {}
    for objects, sources in ((BUILD, ROOT), (os.path.join(BUILD, "gen"), os.path.join(BUILD, "gen"))):
        for folder, _, names in os.walk(os.path.join(objects, room)):
            for path in (os.path.join(folder, name) for name in names if name.endswith(".o")):
                file = os.path.relpath(path, objects)[:-2]
                if not os.path.exists(os.path.join(sources, file + ".c")):
                    continue  # of a source that is gone
                listing = subprocess.run(["nm", "--format=posix", path], stdout=subprocess.PIPE, text=True, check=True).stdout
                for name, kind in (line.split()[:2] for line in listing.splitlines()):
                    if kind == "U":
                        wanted.setdefault(file, set()).add(name)
                    elif kind in "TDRBVW":
                        defined[name] = file
    return defined, wanted


def reached(calls, start):
    """All files that a file calls, directly or through others."""
    seen, todo = set(), [start]
    while todo:
        for other in calls.get(todo.pop(), ()):
            if other not in seen:
                seen.add(other)
                todo.append(other)
    return seen


def circles(calls):
    """Sets of files each of which calls all others of its set, directly or through others."""
    all_reached = {file: reached(calls, file) for file in calls}
    found = set()
    for file, others in all_reached.items():
        if file in others:
            found.add(frozenset(other for other in others if file in all_reached.get(other, ())))
    return found


def check_circles(room):
    defined, wanted = symbols(room)
    check(defined, "%s is built" % room)
    calls = {file: {defined[name] for name in names if defined.get(name, file) != file} for file, names in wanted.items()}
    large = [sorted(circle) for circle in circles(calls) if len(circle) > CIRCLE_MOST]
    check(not large, "%s: more than %d files call each other in a circle" % (room, CIRCLE_MOST), "\n".join(map(" ".join, large)))


def check_format():
    """One version of clang-format decides how the sources look; it is not in every distribution."""
    if not shutil.which("clang-format-14"):
        say("SKIPPED: the layout of the sources, as clang-format 14 is not here")
        return
    sources = [path for room in ROOMS for path in files(room) if path.endswith((".c", ".h"))]
    run = subprocess.run(["clang-format-14", "--dry-run", "-Werror"] + sources, cwd=ROOT, stderr=subprocess.PIPE, text=True)
    check(run.returncode == 0, "the sources are formatted (make format)", run.stderr[:2000])


def main():
    for room in ROOMS:
        for path in files(room):
            with open(os.path.join(ROOT, path), encoding="utf-8") as f:
                text = f.read()
            check_includes(room, path, text)
            if room in PURE:
                check_calls(path, text)
            found = may_hang(text)
            check(not found, "%s opens what may have to be waited for" % path, found)
            if room in ("manager", "cli") and not path.startswith("manager/system/"):
                check_paths(path, text)
            check(len(text.splitlines()) <= 600, "%s is longer than 600 lines" % path)
        check_circles(room)
    check_format()
    # The rules above must be able to fail.
    check(CALL.search("x = malloc (3);"), "a system call is recognised")
    check(PATHS.search("int fd = open(path, 0)") and not PATHS.search("path_open(path, 0, 0)"), "a path is recognised")
    check(not CALL.search("arena->free(3)"), "a member is not a system call")
    check(may_hang("int fd = open(path, O_RDONLY |\n O_CLOEXEC);") and may_hang("fopen(path, x)"), "a read that may wait is recognised")
    ring = {"a": {"b"}, "b": {"c"}, "c": {"d"}, "d": {"a"}, "e": {"a"}}
    check(circles(ring) == {frozenset("abcd")}, "a circle is recognised, and who only calls into it is none of it")
    check(not may_hang("int fd = openat(at, name, O_RDONLY | O_NONBLOCK);"), "one that may not is none")
    finish()


main()

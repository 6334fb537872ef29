"""Independent readers, written apart from the program's: of the compiled binary that apparmor_parser
makes (its file DFA), and of the profile's text (naive regular expressions). Two sources that must agree.
"""

import os
import re
import struct
import subprocess

PARSER = os.environ.get("APPARMOR_PARSER", "/sbin/apparmor_parser")
FEATURES = "/etc/apparmor.d/abi/3.0"

# Accept bits of the file DFA: low 14 for the owner of the file, the next 14 for others.
BITS = {"x": 0x1, "w": 0x2, "r": 0x4, "a": 0x8, "l": 0x10, "k": 0x20, "m": 0x40}


def compile_text(text, features=FEATURES):
    """The binary of a profile text; raises with the parser's words."""
    process = subprocess.run(
        [PARSER, "--config-file=/dev/null", "-M", features, "-QK", "-S"],
        input=text if isinstance(text, bytes) else text.encode(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={"LC_ALL": "C", "PATH": "/usr/sbin:/usr/bin:/sbin:/bin"},
    )
    if process.returncode != 0:
        raise ValueError(process.stderr.decode("utf-8", "replace"))
    return process.stdout


class Dfa:
    """The file DFA of a profile in a binary: the first, or by its place (a child follows its parent)."""

    def __init__(self, blob, index=0):
        first = blob.split(b"\x04\x08\x00version\x00")[1 + index]
        # The automaton of all other classes stands before that of files, under the same name.
        blob = first
        at = blob.rindex(b"\x04\x06\x00aadfa\x00") + 9
        assert blob[at] == 6, "a blob follows the name"
        (size,) = struct.unpack_from("<I", blob, at + 1)
        data = blob[at + 5 : at + 5 + size]
        start = data.index(b"\x1b\x5e\x78\x3d")
        _, header, _, _ = struct.unpack_from(">IIIH", data, start)
        self.tables = {}
        at = start + header
        while at + 12 <= len(data):
            kind, width, _, length = struct.unpack_from(">HHII", data, at)
            if kind == 0 or width not in (1, 2, 4):
                break
            form = {1: "B", 2: "H", 4: "I"}[width]
            self.tables[kind] = struct.unpack_from(">%d%s" % (length, form), data, at + 12)
            at += (12 + width * length + 7) // 8 * 8

    def state(self, path):
        accept, base, check, default, classes, nxt = (self.tables.get(k) for k in (1, 2, 3, 4, 5, 8))
        state = 1
        for byte in path:
            klass = classes[byte] if classes else byte
            while True:
                offset = base[state]
                position = (offset & 0xFFFFFF) + klass
                if position < len(check) and check[position] == state:
                    state = nxt[position]
                    break
                state = default[state]
                if not offset >> 31:
                    break
            if state == 0:
                break
        return accept[state]

    def allows(self, path, permission, owner):
        bits = self.state(path if isinstance(path, bytes) else path.encode())
        return bool((bits >> (0 if owner else 14)) & BITS[permission])


# --- the text ---------------------------------------------------------------------------------------

RULE = re.compile(
    r"^\s*(?P<deny>deny\s+)?(?P<owner>owner\s+|other\s+)?(?:file\s+)?(?P<path>\"(?:[^\"\\]|\\.)*\"|[/@][^\s]*)\s+"
    r"(?P<perms>[rwalkmxiIpPcCuU]+)(?:\s*->\s*\S+)?\s*,"
)


def preprocessed(text):
    """The text with its includes expanded by apparmor_parser itself."""
    process = subprocess.run(
        [PARSER, "--config-file=/dev/null", "-p"], input=text.encode(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, env={"LC_ALL": "C"}
    )
    if process.returncode != 0:
        raise ValueError(process.stderr.decode("utf-8", "replace"))
    return process.stdout.decode()


def to_regex(pattern):
    """An AppArmor pattern, variables expanded, as a Python regular expression over latin-1 text."""
    out, i, depth = [], 0, 0
    while i < len(pattern):
        c = pattern[i]
        if c == "\\" and i + 1 < len(pattern):
            out.append(re.escape(pattern[i + 1]))
            i += 2
            continue
        if c == "*":
            j = i
            while j < len(pattern) and pattern[j] == "*":
                j += 1
            alone = i > 0 and pattern[i - 1] == "/" and (j == len(pattern) or pattern[j] == "/")
            if alone:
                out.append("[^/]")
            out.append("[\\s\\S]*" if j - i > 1 else "[^/]*")
            i = j
            continue
        if c == "?":
            out.append("[^/]")
        elif c == "[":
            j = pattern.index("]", i + 2)
            out.append(pattern[i : j + 1])
            i = j
        elif c == "{":
            out.append("(?:")
            depth += 1
        elif c == "}" and depth:
            out.append(")")
            depth -= 1
        elif c == "," and depth:
            out.append("|")
        else:
            out.append(re.escape(c))
        i += 1
    return re.compile("".join(out))


class Text:
    """The file rules of the first profile of a text, read naively."""

    def __init__(self, text):
        self.variables = {}
        self.rules = []
        depth = 0
        for line in preprocessed(text).splitlines():
            line = line.strip()
            if line.startswith("#") or not line:
                continue
            match = re.match(r"@\{?(\w+)\}?\s*(\+?=)\s*(.*)$", line)
            if match and depth == 0:
                name, sign, values = match.groups()
                values = values.split()
                self.variables[name] = (self.variables.get(name, []) if sign == "+=" else []) + values
                continue
            match = RULE.match(line)
            if match and depth == 1:
                self.add(match)
            depth += line.endswith("{") and not match
            depth -= line == "}"
            if depth == 0 and line == "}":
                break

    def expand(self, text):
        for _ in range(20):
            match = re.search(r"@\{(\w+)\}", text)
            if not match:
                return re.sub(r"(?<!^)//+", "/", text)
            values = self.variables[match.group(1)]
            joined = values[0] if len(values) == 1 else "{" + ",".join(values) + "}"
            before, after = text[: match.start()], text[match.end() :]
            if after.startswith("/") and all(v.endswith("/") for v in values):
                after = after[1:]
            text = before + joined + after
        raise ValueError("variables nest too deeply: " + text)

    def add(self, match):
        path = match.group("path").encode().decode("latin-1")
        if path.startswith('"'):
            path = re.sub(r'\\(["\\])', r"\1", path[1:-1])
        perms = set(match.group("perms"))
        if perms & set("iIpPcCuU"):
            perms.add("x")
        if "i" in match.group("perms"):
            perms.add("m") if not match.group("deny") else None
        if "w" in perms:
            perms.add("a")
        owner = (match.group("owner") or "").strip()
        self.rules.append((bool(match.group("deny")), owner, to_regex(self.expand(path)), perms & set("rwalkmx"), path))

    def allows(self, path, permission, owner):
        allowed = False
        path = path if isinstance(path, str) else path.decode("latin-1")
        for deny, who, regex, perms, _ in self.rules:
            if permission not in perms or who == ("other" if owner else "owner"):
                continue
            if regex.fullmatch(path):
                if deny:
                    return False
                allowed = True
        return allowed

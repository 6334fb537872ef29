#!/usr/bin/env python3
"""The reader of compiled policy against an independent matcher.

Each profile is compiled by apparmor_parser; the regular expressions that the parser says it compiled
(-D rule-exprs) are matched by Python's re, and the permissions so found are compared with what the
decide program reads out of the binary, for paths made from the rules and for mutations of them.

Usage: binary.py --decide PROGRAM [--features FILE] [--binary-parser COMMAND] [--paths N] [--seed N]
                 [--random N] [PROFILE ...]
--random makes that many profiles of random rules besides. --binary-parser compiles with another
parser (given text on standard input) than the one that tells the expressions.
The last line is `N passed, N failed`.
"""
import argparse
import os
import random
import re
import shlex
import subprocess
import sys
import tempfile

LETTERS = [(4, 'r'), (2, 'w'), (8, 'a'), (0x10, 'l'), (0x20, 'k'), (0x40, 'm'), (1, 'x')]
ENVIRONMENT = {'PATH': '/usr/sbin:/usr/bin:/sbin:/bin', 'LC_ALL': 'C'}
RULE = re.compile(r'^rule: (.*)  ->  .*? (deny )?\((0x[0-9a-f]+)/([0-9a-f]+)\)(< 0x[0-9a-f]+>)?$')
FILE_RULE = re.compile(r'/|\(+[^\\(]')


def run(command, text):
    return subprocess.run(command, input=text.encode('latin-1'), env=ENVIRONMENT, timeout=300,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)


def python_regex(expression):
    """The parser's expression as one for re over latin-1 text; '.' is any byte there."""
    out = []
    i = 0
    while i < len(expression):
        c = expression[i]
        if c == '\\' and expression.startswith('\\000', i):
            out.append('\\x00')
            i += 4
            continue
        if c == '\\' and i + 1 < len(expression):
            follow = expression[i + 1]
            out.append(c + follow if follow in 'x' or not follow.isalnum() else follow)
            i += 2
            continue
        out.append(c)
        i += 1
    return re.compile('(?:' + ''.join(out) + r')\Z', re.S)


class Rules:
    """The file rules of one profile, as the parser told them."""

    def __init__(self):
        self.rules = []   # (regex, deny, perms, audit)
        self.globs = []   # the globs as written, to make paths from

    def add(self, expression, deny, perms, audit):
        self.rules.append((python_regex(expression), deny, perms, audit))

    def perms(self, path, shift):
        """(allowed, audited, quiet, exec transitions) of the owner (shift 0) or others (14)."""
        allow = deny = audit = quiet = 0
        transitions = set()
        for regex, is_deny, perms, audited in self.rules:
            if not regex.match(path):
                continue
            perms, audited = perms >> shift, audited >> shift
            if is_deny:
                deny |= perms & 0x7f
                quiet |= audited & 0x7f
            else:
                allow |= perms & 0x7f
                audit |= audited & 0x7f
                if perms & 1:
                    transitions.add(perms >> 7 & 0x7f)
        allow &= ~deny
        return allow, audit & allow, quiet & ~allow, transitions


def letters(bits):
    return ''.join(letter for bit, letter in LETTERS if bits & bit)


def transition_name(bits):
    """The exec transition of an accept entry's bits 7 to 13, as decide names it."""
    pux, inherit, index = bits & 1, bits & 4, bits >> 3
    if index == 0:
        return 'ix' if inherit else 'ux'
    if index == 1:
        return 'ux'
    if index == 3:
        return 'cix' if inherit else 'cux' if pux else 'cx'
    if index == 2:
        return 'pix' if inherit else 'pux' if pux else 'px'
    return None  # named: child or profile is not told here


def parse_dump(text):
    """Rules per profile: the marks of mediated classes end each profile's expressions."""
    profiles, current, in_policy = [], Rules(), False
    for line in text.splitlines():
        if line.startswith('aare: '):
            if in_policy:
                profiles.append(current)
                current, in_policy = Rules(), False
            current.globs.append(line[6:].split('   ->   ')[0])
        match = RULE.match(line)
        if not match:
            continue
        expression, deny, perms, audit, _ = match.groups()
        if not FILE_RULE.match(expression):
            in_policy = in_policy or expression.startswith('\\')
            continue
        if in_policy:
            profiles.append(current)
            current, in_policy = Rules(), False
        # The attachment is told like a rule, with a bare x that no rule can have.
        if deny or int(perms, 16) != 1:
            current.add(expression, bool(deny), int(perms, 16), int(audit, 16))
    profiles.append(current)
    return profiles


def matching_path(rng, glob):
    """A path that the glob matches, or nearly so."""
    out = []
    i = 0
    stack = glob
    while True:
        inner = re.search(r'(?<!\\)\{([^{}]*)\}', stack)
        if not inner:
            break
        stack = stack[:inner.start()] + rng.choice(inner.group(1).split(',')) + stack[inner.end():]
    while i < len(stack):
        c = stack[i]
        if stack.startswith('**', i):
            out.append(rng.choice(['', 'a', 'x/y', 'lib.so.1', 'a/b/c', 'd/', '/']))
            i += 2
            continue
        if c == '*':
            out.append(rng.choice(['', 'a', 'conf', '42', '.hidden', 'so']))
        elif c == '?':
            out.append(rng.choice('az0/'))
        elif c == '[' and ']' in stack[i:]:
            end = stack.index(']', i + 1)
            out.append(rng.choice(stack[i + 1:end].strip('^') or 'a'))
            i = end
        elif c == '\\' and i + 1 < len(stack):
            i += 1
            out.append(stack[i])
        else:
            out.append(c)
        i += 1
    return ''.join(out)


def mutate(rng, path):
    kind = rng.randrange(7)
    at = rng.randrange(len(path) + 1)
    if kind == 0:
        return path + rng.choice(['/', 'x', '~', '\xff', '/z'])
    if kind == 1:
        return path[:at]
    if kind == 2:
        return path[:at] + rng.choice('/a0.\x01\xe9') + path[at:]
    if kind == 3 and at < len(path):
        return path[:at] + path[at + 1:]
    return path


def make_paths(rng, rules, count):
    fixed = ['/', '/tmp/', '/tmp/x', '/etc/passwd', '/etc/shadow', '/proc/1/mem', '/dev/null',
             '/usr/lib/libc.so.6', '//x', '/proc/sys/kernel/x', '/home/u/.ssh/id']
    globs = rules.globs or ['/**']
    paths = fixed + [mutate(rng, matching_path(rng, rng.choice(globs))) for _ in range(count)]
    return sorted({p for p in paths if p and '\0' not in p and '\n' not in p})


def random_glob(rng):
    parts = ['/']
    for _ in range(rng.randrange(1, 5)):
        parts.append(rng.choice(['a', 'b', 'ab', 'lib', '*', '**', '?', '[ab]', '[^a]', '{a,b}',
                                 '{,x}', '/', '/', '/', '.', '{a/,}b', '[0-9]', 'c*', '*.so']))
    return re.sub('/+', '/', ''.join(parts)).replace('***', '**').replace('***', '**')


def random_profile(rng, number):
    lines = []
    for _ in range(rng.randrange(1, 12)):
        perms = ''.join(x for x in 'rwlkm' if rng.random() < 0.4)
        if 'w' not in perms and rng.random() < 0.2:
            perms += 'a'
        deny = rng.random() < 0.3
        if deny and rng.random() < 0.3:
            perms += 'x'
        if not perms:
            perms = 'r'
        words = [rng.choice(['', '', '', 'audit']), 'deny' if deny else '',
                 rng.choice(['', '', 'owner']), random_glob(rng), perms]
        lines.append(' '.join(w for w in words if w) + ',')
    # Literal paths for exec, so that no two of them conflict.
    for i, mode in enumerate(rng.sample(['ix', 'ux', 'px', 'cx', 'pix', 'cix', 'pux', 'cux', 'Ux',
                                         'Px', 'Cx', 'Pix', 'Cix', 'PUx', 'CUx'], 6)):
        lines.append('%s/bin/%s%d r%s,' % (rng.choice(['', 'owner ']), rng.choice('ab'), i, mode))
    return 'abi <abi/3.0>,\nprofile random%d {\n%s\n}\n' % (number, '\n'.join(lines))


def profile_names(text, command):
    names = run(command + ['-N'], text).stdout.decode('latin-1').split('\n')
    return [name for name in names if name]


class Totals:
    passed = failed = profiles = 0


def compare(totals, label, rules, path, side, answer):
    allow, audit, quiet, transitions = rules.perms(path, 0 if side == 'owner' else 14)
    fields = answer.split(' ')
    want = ['=' + letters(allow), '=' + letters(audit), '=' + letters(quiet)]
    ok = fields[:3] == want
    if ok and allow & 1 and len(transitions) == 1:
        bits = next(iter(transitions))
        name = transition_name(bits)
        scrub = '0' if bits & 2 or fields[3] == 'ix' else '1'
        ok = (name is None or name == fields[3]) and scrub == fields[4]
        want.append('%s %s' % (name, scrub))
    if ok:
        totals.passed += 1
        return
    totals.failed += 1
    if totals.failed < 20:
        print('%s: %r %s: expected %s, decided %s' % (label, path, side, want, answer))


def ask(decide, blob, name, questions):
    with tempfile.NamedTemporaryFile() as file:
        file.write(blob)
        file.flush()
        command = [decide, file.name] + ([name] if name else [])
        done = subprocess.run(command, input='\n'.join(questions).encode() + b'\n',
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
    if done.returncode:
        raise SystemExit('%s: %s' % (' '.join(command), done.stderr.decode()))
    return done.stdout.decode().split('\n')


def check_profile(args, rng, totals, label, text):
    parser = [args.parser, '--config-file=/dev/null', '-M', args.features, '-QK']
    dump = run(parser + ['-D', 'rule-exprs'], text)
    if dump.returncode:
        print('%s: skipped, the parser refuses it' % label)
        return
    binary = shlex.split(args.binary_parser) if args.binary_parser else parser + ['-S']
    compiled = run(binary, text)
    if compiled.returncode or not compiled.stdout:
        print('%s: skipped, the parser of the binary refuses it' % label)
        return
    all_rules = parse_dump((dump.stdout + dump.stderr).decode('latin-1'))
    names = profile_names(text, parser)
    if len(names) != 1 or len(all_rules) != 1:
        names, all_rules = names[:1], all_rules[:1]
    totals.profiles += 1
    paths = make_paths(rng, all_rules[0], args.paths)
    asked = [(p, side) for p in paths for side in ('owner', 'other')]
    lines = ['file %s %s' % (side, p.encode('latin-1').hex()) for p, side in asked]
    answers = ask(args.decide, compiled.stdout, names[0], lines)
    for (path, side), answer in zip(asked, answers):
        compare(totals, label, all_rules[0], path, side, answer)


def main():
    options = argparse.ArgumentParser()
    options.add_argument('--decide', required=True)
    options.add_argument('--parser', default='/sbin/apparmor_parser')
    options.add_argument('--binary-parser')
    options.add_argument('--features', default='/etc/apparmor.d/abi/3.0')
    options.add_argument('--paths', type=int, default=100)
    options.add_argument('--random', type=int, default=0)
    options.add_argument('--seed', type=int, default=1)
    options.add_argument('profiles', nargs='*')
    args = options.parse_args()
    rng, totals = random.Random(args.seed), Totals()
    for path in args.profiles:
        if os.path.isfile(path):
            with open(path, encoding='latin-1') as file:
                check_profile(args, rng, totals, path, file.read())
    for number in range(args.random):
        check_profile(args, rng, totals, 'random %d' % number, random_profile(rng, number))
    print('%d profiles' % totals.profiles)
    print('%d passed, %d failed' % (totals.passed, totals.failed))
    return 1 if totals.failed or not totals.passed else 0


if __name__ == '__main__':
    sys.exit(main())

"""Descriptions that are hard to check, by kind and size: what tests/bounded.py and the benchmark compile.

Each kind makes a list of `n` lines (about) from n; description() makes it fit into one document of at most 1 MiB.
"""

LIMIT = 1 << 20


def numbered(form, n):
    """`  - FORM`, with the numbers 0 to n - 1 in the place of #."""
    return ["  - " + form.replace("#", str(i)) for i in range(n)]


def rules(allow, deny, n):
    return ["rules:"] + numbered(allow, n) + ["deny:"] + numbered(deny, n)


def transitions(n):
    modes = ["ix", "Px", "Ux"]
    return ["rules:"] + ["  - /**/x%d*/** %s" % (i, modes[i % 3]) for i in range(n)]


def alternations(n):
    def group(letter, k):
        return "  - '/**/{%s}/* r'" % ",".join("%s%dq%d" % (letter, k, i) for i in range(50))

    return ["rules:"] + [group("x", k) for k in range(n)] + ["deny:"] + [group("y", k) for k in range(n)]


def children(n):
    names = ["c%d" % i for i in range(min(12, max(1, n // 100)))]
    lines = ["exec:"] + ["  - {path: /%s, as: child %s}" % (name, name) for name in names] + ["children:"]
    for name in names:
        lines += ["  %s:" % name, "    description: a child", "    binary: /%s" % name, "    rules:"]
        lines += ["      - /**/x%d/** r" % i for i in range(n // len(names))]
        lines += ["    deny:"] + ["      - /**/y%d/** r" % i for i in range(n // len(names))]
    return lines


def many_children(n):
    lines = ["exec:"] + ["  - {path: /c%d, as: child c0}" % i for i in range(n)] + ["children:"]
    for i in range(min(n, 1000)):
        lines += ["  c%d:" % i, "    description: a child", "    binary: /c%d" % i, "    readable: [/z/]"]
    return lines


def volumes(n):
    mounts = min(n, 500)
    return (["rules:"] + numbered("/**/x#/** r", n) + ["container:", "  image: i", "  volumes:"]
            + ["    - /h%d:/v%d" % (i, i) for i in range(mounts)] + ["  tmpfs:"] + ["    /t%d: {exec: true}" % i for i in range(mounts)])


KINDS = {
    "stars": lambda n: rules("/**/x#/** r", "/**/y#/** r", n),
    "directories": lambda n: ["readable:"] + numbered("'/**/x#/**'", n) + ["deny:"] + numbered("/**/y#/** r", n),
    "write-exec": lambda n: ["rules:"] + numbered("/**/x#/* w", n) + numbered("/**/y#/*a ix", n),
    "write-exec-all": lambda n: ["rules:"] + numbered("/**/x#/** w", n) + numbered("/**/y#/** ix", n),
    "write-exec-denied": lambda n: ["rules:"] + numbered("/**/x#/* w", n) + numbered("/**/y#/* ix", n) + ["deny:"] + numbered("/**/z#/* w", n),
    "transitions": transitions,
    "alternations": alternations,
    "one-alternation": lambda n: ["rules:", "  - '/**/{%s}/* r'" % ",".join("x%d" % i for i in range(min(n, 9000))),
                                  "deny:", "  - '/**/{%s}/* r'" % ",".join("y%d" % i for i in range(min(n, 9000)))],
    "classes": lambda n: rules("/**/[a-m]#[n-z]*/** rw", "/**/[^a-m]#[n-z]*/** rw", n),
    "literals": lambda n: rules("/srv/a/# r", "/srv/b/# r", n),
    "same": lambda n: rules("/**/x#/** r", "/**/x#/** r", n),
    "exceptions": lambda n: ["writable:"] + numbered("{file: /proc/sys/a#}", n),
    "exceptions-globs": lambda n: ["writable:"] + numbered("'/proc/*/a#/*'", n),
    "already": lambda n: ["template: docker-default", "readable:"] + numbered("'/**/x#/**'", n),
    "abstractions": lambda n: ["abstractions: [base, nameservice, ssl_certs, fonts, X, gnome, kde]", "readable:"] + numbered("'/**/x#/*'", n),
    "variables": lambda n: rules("'/**/@{PROC}/@{pid}/x#/** rw'", "'/**/@{PROC}/@{pid}/y#/** rw'", n),
    "questions": lambda n: ["rules:"] + ["  - '/**a%s%d r'" % ("?" * (8 + i % 20), i) for i in range(n)]
    + ["deny:"] + ["  - '/**b%s%d r'" % ("?" * (9 + i % 17), i) for i in range(n)],
    "many-stars": lambda n: rules("'/**a#**b**c**d**e**/f r'", "'/**g#**h**i**j**k**/f r'", n),
    "deep": lambda n: ["rules:", "  - '/%s r'" % ("**a" * min(n, 4000)), "deny:", "  - '/%s r'" % ("**b" * min(n, 4000))],
    "signals": lambda n: rules("signal (send) peer=x#", "signal (send) peer=y#*", n),
    "links": lambda n: ["template: docker-default", "rules:"] + numbered("link /x#/** -> /y#/**", n),
    "unix": lambda n: ["template: docker-default", "rules:"] + numbered("unix (send) peer=(label=x#*)", n),
    "kinds": lambda n: rules("ptrace (read) peer=x#", "signal (send) peer=y#*", n),
    "signals-template": lambda n: ["template: docker-default", "rules:"] + numbered("signal (send) peer=x#*", n),
    "children": children,
    "many-children": many_children,
    "volumes": volumes,
    "expect": lambda n: ["rules:"] + numbered("/**/x#/** r", n) + ["expect:", "  allow:"] + ["    - /a/x%d/b r" % i for i in range(n)],
}


def description(kind, n):
    """One document; of fewer than n where that many are more than the reader takes."""
    while True:
        text = "\n".join(["name: nasty", "description: hard to check", "binary: /app"] + KINDS[kind](n)) + "\n"
        if len(text) < LIMIT:
            return text
        n = n * 9 // 10

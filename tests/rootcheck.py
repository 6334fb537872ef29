"""--root: the paths of descriptions, looked at in a tree. Each finding, its place, and where nothing is to be said."""

import json
import os
import stat
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from harness import Scratch, aaforge, check, finish, say  # noqa: E402

ELF = "\x7fELF"
LINK = "program-link"


class Tree:
    """A root of files, directories and links below a scratch directory."""

    def __init__(self, path):
        self.path = path
        os.makedirs(path)

    def at(self, name):
        return os.path.join(self.path, name.lstrip("/"))

    def file(self, name, text=ELF, mode=0o755):
        os.makedirs(os.path.dirname(self.at(name)), exist_ok=True)
        with open(self.at(name), "w", encoding="latin-1") as f:
            f.write(text)
        os.chmod(self.at(name), mode)

    def folder(self, name):
        os.makedirs(self.at(name))

    def link(self, name, target):
        os.makedirs(os.path.dirname(self.at(name)), exist_ok=True)
        os.symlink(target, self.at(name))

    def state(self):
        return sorted((f, tuple(sorted(d)), tuple(sorted(n))) for f, d, n in os.walk(self.path))


def merged(path):
    """A system whose /bin and so on are links into /usr, with programs of several versions."""
    tree = Tree(path)
    for name in ("bin", "sbin", "lib"):
        tree.folder("usr/" + name)
        tree.link(name, "usr/" + name)
    for name in ("usr/bin/ls", "usr/bin/python3.11", "usr/sbin/nginx", "usr/bin/env", "usr/bin/bash", "usr/local/bin/tool",
                 "usr/lib/jvm/java-17-openjdk-amd64/bin/java"):
        tree.file(name)
    tree.link("usr/bin/python3", "python3.11")
    tree.link("usr/bin/python", "python3")
    tree.link("usr/bin/java", "/etc/alternatives/java")
    tree.link("etc/alternatives/java", "/usr/lib/jvm/java-17-openjdk-amd64/bin/java")
    tree.link("usr/local/tools", "/usr/bin")
    tree.link("usr/bin/gone", "nowhere")
    tree.link("usr/bin/circle", "circle")
    tree.link("usr/bin/out", "../../../../../../../usr/bin/ls")
    os.mkfifo(tree.at("usr/bin/pipe"))
    tree.folder("usr/bin/folder")
    tree.file("usr/bin/plain", mode=0o644)
    tree.file("usr/bin/a*b")
    tree.link("usr/bin/star", "a*b")
    tree.folder("srv/data")
    tree.file("srv/data/file")
    tree.link("var/lib/data", "/srv/data")
    tree.file("etc/app.conf", "x", 0o644)
    for name, first in (("direct", "#!/usr/bin/bash -e"), ("env", "#! /usr/bin/env python3"), ("env-s", "#!/usr/bin/env -S A=b bash -e"),
                        ("env-none", "#!/usr/bin/env ruby"), ("none", "#!/usr/bin/perl"), ("relative", "#!bash"), ("binary", "#!\x00\xff")):
        tree.file("opt/" + name, first + "\n")
    return tree


def linked(tree):
    """More links, for rules and transitions."""
    tree.file("usr/bin/real")
    tree.file("root/secret/file", mode=0o600)
    tree.file("etc/real.conf", "x", 0o644)
    for name, target in (("usr/bin/lk", "real"), ("usr/local/more", "/usr/bin"), ("var/run", "/run"), ("run/inner", "/srv"), ("etc/lk.conf", "real.conf"),
                         ("etc/com,ma", "real.conf"), ("etc/resolv.conf", "/run/resolv.conf"), ("srv/loop", "loop"), ("srv/lk", "data/in side"), ("srv/sys", "/sys")):
        tree.link(name, target)


class Case:
    def __init__(self, scratch, tree):
        self.scratch, self.tree, self.silent = scratch, tree, ()

    def run(self, *lines, command="compile", options=()):
        path = self.scratch.file("case.yaml", "\n".join(("name: case",) + lines) + "\n")
        # What else an interpreter catches is of no interest here.
        return aaforge(command, "--root", self.tree.path, "--format", "json", "-N", "attach-interpreter", *self.silent, *options, path)

    def findings(self, *lines, **more):
        result = self.run(*lines, **more)
        return result, [json.loads(line) for line in result.message.splitlines() if line.startswith("{")]

    def host(self, *lines, **more):
        return self.findings("template: host", *lines, **more)

    def says(self, what, wanted, *lines, status=None, help="", message="", template="host", **more):
        """Exactly one finding: `wanted`, an id, at the text CARET of a line; '' for none at all."""
        result, found = self.findings("template: " + template, *lines, **more)
        ids = [one["id"] for one in found]
        check(ids == ([wanted] if wanted else []), what, result.message or "nothing was said")
        if not wanted:
            check(result.status == 0 and result.text, what + ": it compiles", "%d %s" % (result.status, result.message))
        if not wanted or len(found) != 1:
            return
        if status is not None:
            check(result.status == status, what + ": the status", "%d %s" % (result.status, result.message))
        check(help in found[0].get("help", ""), what + ": the mend", found[0])
        check(message in found[0]["message"], what + ": the words", found[0])


def programs(case):
    say("programs")
    case.says("a program", "", "binary: /usr/bin/ls")
    case.says("a link", LINK, "binary: /usr/bin/python3", status=1, help="write '/usr/bin/python3.11'; when an upgrade points the link elsewhere, "
              "'/usr/bin/python3.*'", message="the kernel sees '/usr/bin/python3.11', and the profile is not attached to it")
    case.says("links to links", LINK, "binary: /usr/bin/python", status=1, help="write '/usr/bin/python3.11'")
    case.says("a link behind a link", LINK, "binary: /bin/python3", help="write '/usr/bin/python3.11'; when an upgrade points the link elsewhere, '/usr/bin/python3.*'")
    case.says("alternatives", LINK, "binary: /usr/bin/java", status=1, help="'/usr/lib/jvm/java-*-openjdk-amd64/bin/java' still")
    case.says("/bin is a link", "", "binary: /bin/ls", "exec: [/sbin/nginx]", "libraries: [/lib]", "readable: [/bin]")
    case.says("a directory is a link", LINK, "binary: /usr/local/tools/ls", status=1, help="write '/usr/bin/ls'",
              message="leads through the symbolic link '/usr/local/tools'")
    case.says("links that lead out stay in", LINK, "binary: /usr/bin/out", help="write '/usr/bin/ls'")
    case.says("a target that YAML or globs would misread", LINK, "binary: /usr/bin/star", help="write {file: '/usr/bin/a*b'}")
    case.says("a typing error", "program-missing", "binary: /usr/sbin/ngnix", status=1, help="did you mean '/usr/sbin/nginx'?")
    case.says("another directory", "program-missing", "binary: /usr/bin/tool", help="did you mean '/usr/local/bin/tool'?")
    case.says("nothing like it", "program-missing", "binary: /usr/bin/qqqqqqqq", help="--allow-missing makes this a note")
    case.says("a link to nothing", "program-missing", "binary: /usr/bin/gone", message="'/usr/bin/nowhere' is missing below")
    case.says("a circle", "program-missing", "binary: /usr/bin/circle", message="in a circle")
    case.says("below a file", "program-missing", "binary: /usr/bin/ls/x", message="'/usr/bin/ls' is no directory")
    case.says("a directory", "not-executable", "binary: /usr/bin/folder", status=1, message="is a directory")
    case.says("a pipe, without waiting", "not-executable", "binary: /usr/bin/pipe", status=1)
    case.says("no x bit", "not-executable", "binary: /usr/bin/plain", status=1, message="0644")
    case.says("only the first one attaches", LINK, "binary: [/usr/bin/python3, /usr/bin/python3.11]", message="not attached", options=("-N", "attach-first"))
    case.says("others are allowed by another", "", "binary: [/usr/bin/python3.11, /usr/bin/python3]")
    case.says("others, too, when the first one is another", "", "binary: [/usr/bin/ls, /usr/bin/python3, /usr/bin/python3.11]", options=("-N", "attach-first"))
    case.says("a further one", "attach-first", "binary: [/usr/bin/ls, /usr/bin/bash]", status=0, help="write '/usr/bin/{ls,bash}' in the place of the first")
    case.says("a further one that the first leads to", "", "binary: ['/usr/bin/python3.*', /usr/bin/python3, /usr/bin/python]")
    case.says("a further one that leads elsewhere", "attach-first", "binary: ['/usr/bin/{bash,python3.11}', /usr/bin/java, /usr/bin/python3]",
              "exec: [/usr/lib/jvm/java-17-openjdk-amd64/bin/java]", message="'/usr/bin/java' started by itself")
    case.says("exec", LINK, "binary: /usr/bin/ls", "exec: [/usr/bin/python3]", status=1, message="does not let it be started")
    case.says("exec, the target is listed", "", "binary: /usr/bin/ls", "exec: [/usr/bin/python3, /usr/bin/python3.11]")
    case.says("exec, a rule allows the target", "", "binary: /usr/bin/ls", "exec: [/usr/bin/python3]", 'rules: ["/usr/bin/python3.* ix"]')
    case.says("exec, a rule refuses it", LINK, "binary: /usr/bin/ls", "exec: [/usr/bin/python3]", 'deny: ["/usr/bin/python3.* x"]')
    case.says("exec, missing", "path-missing", "binary: /usr/bin/ls", "exec: [/usr/sbin/ngnix]", status=0, help="did you mean")
    case.says("exec, a directory", "not-executable", "binary: /usr/bin/ls", "exec: [/usr/bin/folder]", help="write '/usr/bin/folder/'")
    case.says("exec, a tree", "", "binary: /usr/bin/ls", "exec: [/usr/bin/folder/]")
    case.says("exec, a file as a tree", "not-a-directory", "binary: /usr/bin/ls", "exec: [/usr/bin/bash/]", help="write '/usr/bin/bash'")
    case.says("in a child", LINK, "binary: /usr/bin/ls", "exec: [{path: /usr/bin/python3.11, as: child kid}]",
              "children: {kid: {binary: /usr/bin/python3}}", message="does not let it be started")


def patterns(case):
    say("patterns")
    case.says("versions", "", "binary: '/usr/bin/python3.*'")
    case.says("braces", "", "binary: '/{,usr/}bin/ls'")
    case.says("two stars", "", "binary: '/usr/**/java'")
    case.says("a variable", "", "binary: '@{bin}/ls'", template="tunables.profile")
    case.says("classes", "", "binary: '/usr/bin/[kl]s'")
    case.says("no match", "program-missing", "binary: '/usr/bin/pythn*'", status=1)
    case.says("no directory", "program-missing", "binary: '/usr/lib64/x*'", message="'/usr/lib64' is missing")
    case.says("only links match", LINK, "binary: '/usr/bin/pytho[n]'", status=1, help="write '/usr/bin/python3.11'")
    case.says("one of two is a link", LINK, "binary: '/usr/bin/{ls,python3}'", status=1, help="write '/usr/bin/python3.11' in the place of '/usr/bin/python3'",
              message="of '/usr/bin/{ls,python3}', '/usr/bin/python3' is a symbolic link to 'python3.11'")
    case.says("one of two is a link to the other", "", "binary: '/usr/bin/{python3,python3.11}'")
    case.says("one of two is missing", "", "binary: '/usr/{bin,local/sbin}/ls'")
    case.says("below /bin, a link", "", "binary: '/bin/l*'")
    case.says("below /bin, a link, no match", "program-missing", "binary: '/bin/pythn*'", status=1)
    case.says("below a link", LINK, "binary: '/usr/local/tools/l*'", status=1, help="write '/usr/bin/l*'")
    case.says("exec, no match", "path-missing", "binary: /usr/bin/ls", "exec: ['/usr/libexec/*']", status=0)
    case.says("exec, links whose target is listed", "", "binary: /usr/bin/ls", "exec: ['/usr/bin/pytho[n]', /usr/bin/python3.11]")
    case.says("readable below a link", "path-link", "binary: /usr/bin/ls", "readable: ['/var/lib/data/*.db']", help="write '/srv/data/*.db'")
    case.says("readable below a link, both", "", "binary: /usr/bin/ls", "readable: ['/var/lib/data/*.db', '/srv/data/*']")
    case.says("readable, no directory", "path-missing", "binary: /usr/bin/ls", "readable: ['/etc/nothing/*.conf']", status=0)


def scripts(case):
    say("scripts")
    case.says("an interpreter", "script-interpreter", "binary: /opt/direct", status=0, help="add exec: ['/usr/bin/bash']")
    case.says("an interpreter that may be executed", "", "binary: /opt/direct", "exec: [/usr/bin/bash]")
    case.says("through env", "script-refused", "binary: /opt/env", status=0, help="add exec: ['/usr/bin/python3.11']")
    case.says("through env, allowed", "", "binary: /opt/env", "exec: [/usr/bin/python3.11]")
    case.says("through env with words", "script-refused", "binary: /opt/env-s", help="add exec: ['/usr/bin/bash']")
    case.says("through env, missing", "script-refused", "binary: /opt/env-none", message="'ruby', which is missing")
    case.says("no interpreter", "script-refused", "binary: /opt/none", message="'/usr/bin/perl' is missing")
    case.says("a relative one", "", "binary: /opt/relative")
    case.says("no script", "", "binary: /opt/binary")
    case.says("of a child, under its profile", "script-refused", "binary: /usr/bin/ls", "exec: [{path: /opt/env, as: child kid}, /usr/bin/python3.11]",
              "children: {kid: {binary: /usr/bin/bash}}")
    case.says("of another profile", "", "binary: /usr/bin/ls", "exec: [{path: /opt/env, as: profile other}]")


def files(case):
    say("other paths")
    case.says("what is there", "", "binary: /usr/bin/ls", "readable: [/etc/app.conf, /srv/data/]", "writable: [/srv/data]", "libraries: [/usr/lib]")
    case.says("a link", "path-link", "binary: /usr/bin/ls", "readable: [/var/lib/data/]", status=0, help="write '/srv/data/'")
    case.says("a link, one file", "path-link", "binary: /usr/bin/ls", "writable: [{file: /var/lib/data/new}]", help="write {file: '/srv/data/new'}")
    case.says("a link, both", "", "binary: /usr/bin/ls", "readable: [/var/lib/data/, /srv/data/]")
    case.says("a link, the target may only be read", "path-link", "binary: /usr/bin/ls", "readable: [/srv/data/]", "writable: [/var/lib/data]")
    case.says("missing", "path-missing", "binary: /usr/bin/ls", "readable: [/etc/ap.conf]", status=0)
    case.says("a file to be made", "", "binary: /usr/bin/ls", "writable: [{file: /srv/data/new}]")
    case.says("a file whose directory is missing", "path-missing", "binary: /usr/bin/ls", "writable: [{file: /srv/x/new}]")
    case.says("a file as a directory", "not-a-directory", "binary: /usr/bin/ls", "writable: [/etc/app.conf]", help="write {file: '/etc/app.conf'}")
    case.says("a plain path fits both", "", "binary: /usr/bin/ls", "readable: [/srv/data, /etc/app.conf]")
    case.says("a plain path through a link", "path-link", "binary: /usr/bin/ls", "readable: [/var/lib/data]", help="write '/srv/data'")
    case.says("a directory as a file", "not-a-file", "binary: /usr/bin/ls", "readable: [{file: /srv/data}]", help="write '/srv/data/'")
    case.says("what a boot makes", "", "binary: /usr/bin/ls", "readable: [/proc/x, /sys/x, /dev/x, /tmp/x]", "writable: [/run/x]")
    case.says("said without a root already", "linked-path", "binary: /usr/bin/ls", "readable: [/var/run/x]")


def transitions(case):
    say("transitions through a link")
    child = "children: {c: {binary: /usr/bin/real}}"
    host = "binary: /usr/bin/ls"
    case.says("another one than the target's", LINK, host, "exec: [/usr/bin/real, {path: /usr/bin/lk, as: child c}]", child, status=1,
              message="the kernel sees '/usr/bin/real', and another rule starts that otherwise, by 'ix'", help="keep one entry, of '/usr/bin/real'")
    case.says("the other way round", LINK, host, "exec: [/usr/bin/lk, {path: /usr/bin/real, as: child c}]", child, status=1, message="by 'Cx -> c'")
    case.says("the same child", "", host, "exec: [{path: /usr/bin/lk, as: child c}, {path: /usr/bin/real, as: child c}]", child)
    case.says("another child", LINK, host, "exec: [{path: /usr/bin/lk, as: child c}, {path: /usr/bin/real, as: child d}]",
              "children: {c: {binary: /usr/bin/real}, d: {binary: /usr/bin/real}}", status=1, message="by 'Cx -> d'")
    case.says("another profile", LINK, host, "exec: [/usr/bin/real, {path: /usr/bin/lk, as: profile other}]", status=1, message="by 'ix'")
    case.says("the same profile", "", host, "exec: [{path: /usr/bin/real, as: profile other}, {path: /usr/bin/lk, as: profile other}]")
    case.says("a rule for the target", "", host, "exec: [{path: /usr/bin/lk, as: child c}]", 'rules: ["/usr/bin/real Cx -> c"]', child)
    case.says("a rule that keeps the environment", LINK, host, "exec: [{path: /usr/bin/lk, as: child c}]", 'rules: ["/usr/bin/real cx -> c"]', child,
              message="by 'cx -> c'")
    case.says("a pattern is behind what is exact", LINK, host, "exec: [/usr/bin/real, {path: /usr/bin/lk, as: child c}]", 'rules: ["/usr/bin/rea* Cx -> c"]', child)
    case.says("a pattern does it", "", host, "exec: [{path: /usr/bin/lk, as: child c}]", 'rules: ["/usr/bin/rea* Cx -> c"]', child)
    case.says("a wide rule does something else", LINK, host, "exec: [{path: /usr/bin/lk, as: child c}]", 'rules: ["/usr/** rix"]', child, message="by 'ix'")
    case.says("a tree", LINK, host, "exec: [/usr/bin/, {path: /usr/local/more/, as: child c}]", child, message="by 'ix'")
    case.says("a pattern below a link", LINK, host, 'exec: ["/usr/bin/*", {path: "/usr/local/more/*", as: child c}]', child)
    case.says("a pattern below a link, the same", "", host, 'exec: [{path: "/usr/bin/r*", as: child c}, {path: "/usr/local/more/r*", as: child c}]', child)
    case.says("only links match", LINK, host, 'exec: [/usr/bin/real, {path: "/usr/bin/[l]k", as: child c}]', child, message="by 'ix'")
    case.says("in a container", LINK, host, "exec: [/usr/bin/real, {path: /usr/bin/lk, as: child c}]", child, template="container", status=1)
    case.says("where all may be executed", LINK, host, "exec: [{path: /usr/bin/lk, as: child c}]", child, template="docker-default", message="by 'ix'")
    case.says("a rule", "path-link", host, "exec: [/usr/bin/real]", 'rules: ["/usr/bin/lk Cx -> c"]', child, message="no rule allows the same there")
    case.says("a rule, the same", "", host, "exec: [{path: /usr/bin/real, as: child c}]", 'rules: ["/usr/bin/lk Cx -> c"]', child)


def rules(case):
    say("rules and denies")
    host = "binary: /usr/bin/ls"
    link = "path-link"
    both = "write the path '/run/sock', or '/{,var/}run/sock' for both spellings"
    case.says("said without a root already", "linked-deny", host, "deny: [/var/run/sock rw]", status=1)
    case.says("of an allow, too", "linked-path", host, "rules: [/var/run/sock rw]")
    case.silent = ("-N", "linked-deny", "-N", "linked-path")
    case.says("a deny", link, host, "deny: [/var/run/sock rw]", status=0, help=both,
              message="'/var/run/sock' leads through the symbolic link '/var/run': the kernel sees '/run/sock', and no deny refuses the same there")
    for template in ("container", "docker-default", "minimal"):
        case.says("a deny, template " + template, link, host, "deny: [/var/run/sock rw]", help=both, template=template)
    case.says("nothing is a link", "", host, "deny: [/run/sock rw, /etc/real.conf w]", 'rules: ["/srv/data/** r"]')
    for covered in ("/{,var/}run/sock rw", "@{run}/sock rw", "/{run,var/run}/** rwkl", "/{var/,}run/s?ck rw", "/v*/run/sock rw", "/**/sock rw", "/{,**} w"):
        case.says("both are said: " + covered, "", host, 'deny: ["%s"]' % covered)
    for other, wanted in (("/run/sock rw", ""), ("/run/** rwk", ""), ("/run/sock r", link), ("owner /run/sock rw", link), ("/run/sock w", link)):
        case.says("with " + other, wanted, host, 'deny: [/var/run/sock rw, "%s"]' % other)
    case.says("two say it together", "", host, "deny: [/var/run/sock rw, /run/sock r, /run/so?k w]")
    case.says("owner", "", host, "deny: [owner /var/run/sock rw, /run/sock rw]")
    case.says("a rule is no deny", link, host, "deny: [/var/run/sock rw]", "rules: [/run/sock k]", message="no deny")
    case.says("a deny is no rule", link, host, "rules: [/var/run/sock rw]", "deny: [/run/sock k]", message="no rule allows the same there")
    case.says("a deny of the template covers it", "", host, 'deny: ["/srv/sys/x w"]')
    case.says("a rule", link, host, "rules: [/etc/lk.conf r]", status=0, help="write the path '/etc/real.conf', or '/etc/{lk.conf,real.conf}' for both",
              message="'/etc/lk.conf' is a symbolic link to 'real.conf'")
    case.says("a rule, an entry allows it", "", host, "rules: [/etc/lk.conf r]", "readable: [/etc/real.conf]")
    case.says("a rule, an entry allows less", link, host, "rules: [/etc/lk.conf rw]", "readable: [/etc/real.conf]")
    case.says("audit", link, host, "rules: [audit /etc/lk.conf r]")
    case.says("a pattern below a link", link, host, 'deny: ["/var/run/*.sock rw"]', help="'/run/*.sock', or '/{,var/}run/*.sock' for both",
              message="'/var/run' is a symbolic link to '/run'")
    case.says("a tree", link, host, 'deny: ["/var/run/** rw"]', help="'/run/**'")
    case.says("the directory", link, host, "deny: [/var/run/ r]", help="'/run/', or '/{,var/}run/' for both")
    case.says("a way of many", link, host, 'deny: ["/{srv,var/run,etc}/x r"]', help="add one more for the path '/run/x'")
    case.says("through a variable", link, host, 'deny: ["@{b}/env x"]', template="links.profile", help="add one more for the path '/usr/bin/env'")
    case.says("merged", link, host, "deny: [/bin/env x]", help="'/usr/bin/env', or '/{,usr/}bin/env' for both")
    case.says("merged, both", "", host, 'deny: ["/{,usr/}bin/env x"]')
    case.says("merged, an entry knows it", "", host, "rules: [/bin/ls r]")
    case.says("a comma", link, host, 'deny: ["/etc/com,ma r"]', help="write the path '/etc/real.conf'")
    case.says("a blank behind the link", link, host, 'deny: ["/srv/lk r"]', help="'/srv/data/in side'")
    case.says("a circle", "", host, "deny: [/srv/loop r, /srv/loop/x r]")
    case.says("missing", "", host, "deny: [/nowhere/x r]", 'rules: ["/nowhere/y r"]')
    case.says("a link to nothing", link, host, "deny: [/usr/bin/gone x]", message="the kernel sees '/usr/bin/nowhere'")
    case.says("in a child", link, host, "exec: [{path: /usr/bin/bash, as: child kid}]", "children: {kid: {binary: /usr/bin/bash, deny: [/var/run/sock r]}}")
    case.says("rules of other kinds", "", host, "rules: ['link /var/run/a -> /var/run/b']", "deny: ['signal peer=/var/run/x']")
    case.says("each way of very many", "too-complex", host, 'deny: ["%s r"]' % ("/" + "{a,b}" * 9))
    case.says("a text of braces alone", "too-complex", host, 'deny: ["%s r"]' % ("/" + "{a,b}" * 2000))
    case.says("complain leaves denies out", "deny-left-out", host, "deny: [/var/run/sock rw]", "mode: complain")
    case.says("of a container, what is mounted", "", host, "deny: [/etc/resolv.conf w]", template="container")
    case.says("of the host it is not", link, host, "deny: [/etc/resolv.conf w]", help="'/run/resolv.conf', or '/{etc,run}/resolv.conf' for both")
    volume = "container: {volumes: ['data:%s']}"
    case.says("a volume hides the link", "", host, "deny: [/etc/lk.conf r]", volume % "/etc", template="container")
    case.says("a volume on the link does not", link, host, "deny: [/var/lib/data/x r]", "readable: [/srv/data/]", volume % "/var/lib/data", template="container",
              options=("-N", "mount-forbidden"))
    case.says("what a boot mounts hides the link", "", host, "deny: [/run/inner/x r]")
    result, found = case.host(host, "deny: [/var/run/a r, /var/run/b r]", 'rules: ["/var/run/c r"]')
    check([one["line"] for one in found] == [4, 4, 5] and len({one["column"] for one in found}) == 3, "each one at its place", found)
    if os.geteuid() != 0:
        os.chmod(case.tree.at("root"), 0)
        case.says("what cannot be seen", "path-missing", host, "deny: [/root/secret/x r]", status=0, message="cannot be looked at: Permission denied")
        os.chmod(case.tree.at("root"), 0o755)
    case.silent = ()


def containers(case):
    say("containers")
    case.says("a link", LINK, "binary: /usr/bin/python3", template="container", status=1, message="does not let it be started")
    case.says("whatever the profile allows", "", "binary: /usr/bin/python3", template="docker-default")
    case.says("minimal", "program-missing", "binary: /app", template="minimal", status=1)
    case.says("a volume is not the image", "", "binary: /data/app", "container: {volumes: ['data:/data']}", template="container")
    case.says("what is writable is mounted", "", "binary: /usr/bin/ls", "writable: [/var/cache/x]", template="container")
    case.says("a link to what is writable", "path-link", "binary: /usr/bin/ls", "writable: [/var/lib/data]", template="container")
    case.says("what runtimes mount", "", "binary: /usr/bin/ls", "readable: [/etc/hosts]", template="container")


def options(case, scratch):
    say("options")
    lines = ("template: host", "binary: /usr/sbin/ngnix")
    for command in ("compile", "check", "test"):
        more = ("--allow-missing",)
        result = case.run(*lines, command=command)
        check(result.status == 1 and (command == "test" or "program-missing" in result.message), command + " --root", result.message)
        result = case.run(*lines, command=command, options=more)
        check(result.status == 0, command + " --allow-missing", result.message)
    result, found = case.findings(*lines, options=("--allow-missing",))
    check([one["severity"] for one in found] == ["note"], "a note", result.message)
    result, found = case.findings(*lines, options=("--allow-missing", "-W", "program-missing"))
    check([one["severity"] for one in found] == ["warning"], "-W says more", result.message)
    result, found = case.findings(*lines, options=("-N", "program-missing"))
    check(result.status == 0 and not found, "-N", result.message)
    result, found = case.findings("template: host", "binary: /usr/bin/ls", "readable: [/etc/ap.conf]", options=("-E", "path-missing"))
    check(result.status == 1 and result.text == "", "-E: nothing is written", result.text + result.message)
    plain = scratch.file("plain.yaml", "name: plain\n" + "\n".join(lines) + "\n")
    check(aaforge("check", plain).status == 0, "nothing is looked at without --root")
    text = aaforge("check", "--root", case.tree.path, plain).message
    check("0 of 1 profiles valid" in text, "it does not count as valid", text)
    check("plain.yaml:3:9: error: " in text and "\n      |         ^~~~~~~~~~~~~~~\n" in text, "the place, with a caret", text)
    missing = aaforge("check", "--root", case.tree.path + "/none", plain)
    check(missing.status == 3 and "cannot look at the root" in missing.message, "no root", missing.message)
    missing = aaforge("check", "--root", case.tree.at("/etc/app.conf"), plain)
    check(missing.status == 3 and "Not a directory" in missing.message, "a file for a root", missing.message)


def abstractions(case, scratch):
    say("abstractions of the root")
    tree = case.tree
    path = scratch.file("own.yaml", "name: own\nbinary: /usr/bin/ls\ntemplate: host\nabstractions: [of-the-image]\n")
    result = aaforge("compile", "--root", tree.path, path)
    check(result.status == 1 and "missing-include" in result.message, "an image without them has those of this machine", result.message)
    os.makedirs(tree.at("/etc"), exist_ok=True)
    os.symlink("/usr/share/policy", tree.at("/etc/apparmor.d"))
    policy = tree.at("/usr/share/policy")
    os.makedirs(os.path.dirname(policy), exist_ok=True)
    for folder in ("abstractions", "tunables", "abi"):
        os.makedirs(os.path.join(policy, folder))
    plain = scratch.file("plain.yaml", "name: plain\nbinary: /usr/bin/ls\ntemplate: host\n")
    result = aaforge("compile", "--root", tree.path, plain)
    check(result.status == 0, "empty directories are no base", result.message)
    for name in ("abstractions/base", "tunables/global", "abstractions/of-the-image", "abi/3.0"):
        with open(os.path.join(policy, name), "w", encoding="utf-8") as f:
            f.write("@{run}=/run\n@{pid}=[0-9]*\n@{tid}=[0-9]*\n" if name == "tunables/global" else "")
    result = aaforge("compile", "--root", tree.path, path)
    check(result.status == 0, "an image with them has its own, also through a link", result.message)
    result = aaforge("compile", "--root", tree.path, "--base", "/etc/apparmor.d", path)
    check(result.status == 1 and "missing-include" in result.message, "--base wins", result.message)


def main():
    with Scratch() as scratch:
        os.environ["XDG_CACHE_HOME"] = scratch.path + "/cache"
        tree = merged(scratch.path + "/root")
        scratch.file("tunables.profile", "abi <abi/3.0>,\n@{bin}=/{,usr/}bin\nprofile @{name} @{attachment} {\n}\n")
        scratch.file("links.profile", "abi <abi/3.0>,\n@{b}=/bin /sbin\nprofile @{name} @{attachment} {\n}\n")
        linked(tree)
        case = Case(scratch, tree)
        before = tree.state()
        programs(case)
        patterns(case)
        scripts(case)
        files(case)
        transitions(case)
        rules(case)
        containers(case)
        options(case, scratch)
        check(tree.state() == before and stat.S_ISFIFO(os.stat(tree.at("usr/bin/pipe")).st_mode), "nothing is left in the root")
        abstractions(case, scratch)
    finish()


main()

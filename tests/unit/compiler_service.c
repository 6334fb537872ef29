#include "compiler/service/read.h"
#include "tests/unit/unit.h"

#include <stdio.h>

/*
 * What the reader refuses: each document has exactly one mistake, with its id and place. HEAD is
 * two lines, so that most mistakes stand in line 3.
 */
#define HEAD "name: a\nbinary: /a\n"

struct refusal {
	struct slice text;
	const char *id;
	unsigned line, column;
};

#define R(literal, ...)                                                                            \
	{                                                                                          \
		{literal, sizeof(literal) - 1}, __VA_ARGS__                                        \
	}

static const struct refusal refusals[] = {
	/* Keys. */
	R(HEAD "writeable: [/tmp]\n", "unknown-key", 3, 1),
	R(HEAD "image: x\n", "unknown-key", 3, 1),
	R(HEAD "x: 1\n", "unknown-key", 3, 1),
	R(HEAD "expect: {alow: []}\n", "unknown-key", 3, 10),
	R(HEAD "container: {imgae: x}\n", "unknown-key", 3, 13),
	R(HEAD "container: {tmpfs: {/t: {sise: 1}}}\n", "unknown-key", 3, 26),
	R(HEAD "container: {seccomp: {permit: []}}\n", "unknown-key", 3, 23),
	R(HEAD "readable: [{path: /b, link: true}]\n", "unknown-key", 3, 23),
	R(HEAD "exec: [{path: /b, as: child c}]\n"
	       "children:\n"
	       "  c: {binary: /b, name: host}\n",
		"unknown-key", 5, 19),
	R(HEAD "exec: [{path: /b, as: child c}]\n"
	       "children: {c: {binary: /b, name: x}}\n",
		"unknown-key", 4, 28),
	R(HEAD "name: b\n", "duplicate-key", 3, 1),
	R(HEAD "\"name\": b\n", "duplicate-key", 3, 2),
	R(HEAD "writable: [{path: /b, path: /c}]\n", "duplicate-key", 3, 23),
	R(HEAD "writable: [{path: /b, file: /c}]\n", "duplicate-key", 3, 23),
	R(HEAD "writable: [{owner: true}]\n", "missing-key", 3, 12),
	R("name: a\n", "missing-key", 1, 1),
	R("name: a\nbinary: []\n", "missing-key", 2, 9),
	R("name: a\ntemplate: host\n", "missing-key", 1, 1),
	R("binary: /a\n", "missing-key", 1, 1),
	R(HEAD "children: {c: {}}\nexec: [{path: /b, as: child c}]\n", "missing-key", 3, 12),

	/* What stands behind a path. */
	R(HEAD "readable: ['/x r,']\n", "perms-in-path", 3, 16),
	R(HEAD "readable: ['/x Rw']\n", "perms-in-path", 3, 16),
	R(HEAD "readable: ['/x  (READ)']\n", "perms-in-path", 3, 17),
	R(HEAD "readable: ['/my x r # /y']\n", "perms-in-path", 3, 17),
	R(HEAD "readable: ['/x #y']\n", "perms-in-path", 3, 16),
	R(HEAD "readable: ['/x ->']\n", "perms-in-path", 3, 16),
	R(HEAD "readable: ['/x:rw,z']\n", "perms-in-path", 3, 15),
	R(HEAD "readable: ['/{a,/b} ro']\n", "perms-in-path", 3, 21),
	R(HEAD "readable: ['/[{] ro']\n", "perms-in-path", 3, 18),
	R(HEAD "exec: [{path: /x Cix -> y}]\n", "perms-in-path", 3, 18),
	R(HEAD "readable: ['/x ']\n", "bad-path", 3, 15),
	R(HEAD "writable: ['/x*,']\n", "bad-path", 3, 16),
	R(HEAD "readable: ['/x /y']\n", "bad-path", 3, 16),
	R(HEAD "readable: ['/x, /y/']\n", "bad-path", 3, 17),
	R(HEAD "readable: ['@{HOME}/x @{HOME}/y']\n", "bad-path", 3, 23),
	R(HEAD "writable: ['/x:/y']\n", "bad-path", 3, 15),
	R(HEAD "exec: ['/x --y']\n", "program-arguments", 3, 12),
	R(HEAD "exec: ['/x /y']\n", "program-arguments", 3, 12),
	R("name: a\nbinary: '/x -y r'\n", "program-arguments", 2, 13),
	R("name: a\nbinary: '/x,'\n", "bad-path", 2, 12),

	/* Types. */
	R("[name]\n", "wrong-type", 1, 1),
	R("just text\n", "wrong-type", 1, 1),
	R(HEAD "[a]: b\n", "wrong-type", 3, 1),
	R(HEAD "? {a: b}\n: c\n", "wrong-type", 3, 3),
	R(HEAD "? ~\n: c\n", "wrong-type", 3, 3),
	R(HEAD "mode:\n", "wrong-type", 3, 6),
	R(HEAD "mode: ~\n", "wrong-type", 3, 7),
	R(HEAD "mode: [enforce]\n", "wrong-type", 3, 7),
	R(HEAD "mode: ''\n", "wrong-type", 3, 8),
	R(HEAD "description: {a: b}\n", "wrong-type", 3, 14),
	R(HEAD "description: |\n  a\n  b\n", "wrong-type", 3, 14),
	R(HEAD "description: \"a\\nb\"\n", "wrong-type", 3, 14),
	R(HEAD "description: \"a\\eb\"\n", "wrong-type", 3, 14),
	R(HEAD "libraries: /lib\n", "wrong-type", 3, 12),
	R(HEAD "libraries: {file: /lib}\n", "wrong-type", 3, 12),
	R(HEAD "libraries: null\n", "wrong-type", 3, 12),
	R(HEAD "libraries: [[/lib]]\n", "wrong-type", 3, 13),
	R(HEAD "libraries:\n  -\n  - /lib\n", "wrong-type", 4, 4),
	R(HEAD "libraries: [null]\n", "wrong-type", 3, 13),
	R("name: a\nbinary: {path: [/a]}\n", "wrong-type", 2, 16),
	R("name: a\nbinary: {file: ~}\n", "wrong-type", 2, 16),
	R("name: a\nbinary: /usr/bin/\n", "wrong-type", 2, 9),
	R("name: a\nbinary: /\n", "wrong-type", 2, 9),
	R("name: a\nbinary:\n", "wrong-type", 2, 8),
	R(HEAD "writable: [{file: /b/}]\n", "wrong-type", 3, 19),
	R(HEAD "writable: [{path: /b, owner: yes}]\n", "wrong-type", 3, 30),
	R(HEAD "writable: [{path: /b, owner: True}]\n", "wrong-type", 3, 30),
	R(HEAD "writable: [{path: /b, owner: 'true'}]\n", "wrong-type", 3, 31),
	R(HEAD "writable: [{path: /b, link: 1}]\n", "wrong-type", 3, 29),
	R(HEAD "writable: [{path: /b, exec: [true]}]\n", "wrong-type", 3, 29),
	R(HEAD "network: inet\n", "wrong-type", 3, 10),
	R(HEAD "network:\n  - inet\n    inet6\n", "wrong-type", 4, 5),
	R(HEAD "rules: [a: b]\n", "wrong-type", 3, 9),
	R(HEAD "rules:\n  - dbus send peer=(name: x)\n", "wrong-type", 4, 5),
	R(HEAD "rules: ['']\n", "wrong-type", 3, 10),
	R(HEAD "rules: {}\n", "wrong-type", 3, 8),
	R(HEAD "children: []\n", "wrong-type", 3, 11),
	R(HEAD "children: {c: /b}\n", "wrong-type", 3, 15),
	R(HEAD "expect: [/a r]\n", "wrong-type", 3, 9),
	R(HEAD "expect: {allow: /a r}\n", "wrong-type", 3, 17),
	R(HEAD "container: x\n", "wrong-type", 3, 12),
	R(HEAD "container: {image: [x]}\n", "wrong-type", 3, 20),
	R(HEAD "container: {read_only: on}\n", "wrong-type", 3, 24),
	R(HEAD "container: {command: /a}\n", "wrong-type", 3, 22),
	R(HEAD "container: {ports: [80, [81]]}\n", "wrong-type", 3, 25),
	R(HEAD "container: {environment: A=1}\n", "wrong-type", 3, 26),
	R(HEAD "container: {environment: {A: []}}\n", "wrong-type", 3, 30),
	R(HEAD "container: {tmpfs: [/tmp]}\n", "wrong-type", 3, 20),
	R(HEAD "container: {tmpfs: {/tmp: 64m}}\n", "wrong-type", 3, 27),
	R(HEAD "container: {seccomp: []}\n", "wrong-type", 3, 22),
	R(HEAD "container: {seccomp: {file: f, allow: []}}\n", "wrong-type", 3, 29),
	R(HEAD "mode: !!python/object:os.system enforce\n", "wrong-type", 3, 7),
	R(HEAD "mode: !local enforce\n", "wrong-type", 3, 7),
	R(HEAD "libraries: !!set [/lib]\n", "wrong-type", 3, 12),
	R(HEAD "libraries: &x !!omap\n  - /lib\n", "wrong-type", 3, 15),
	R(HEAD "container: !!python/dict {}\n", "wrong-type", 3, 12),

	/* Names. */
	R("name: foo bar\nbinary: /a\n", "bad-name", 1, 10),
	R("name: .foo\nbinary: /a\n", "bad-name", 1, 7),
	R("name: \"a\\nb\"\nbinary: /a\n", "bad-name", 1, 7),
	R("name: 'a}'\nbinary: /a\n", "bad-name", 1, 9),
	R("name: a/b\nbinary: /a\n", "bad-name", 1, 8),
	R("name: grün\nbinary: /a\n", "bad-name", 1, 9),
	R("name: a\nbinary: /a\nexec: [{path: /b, as: 'profile c\\d'}]\n", "bad-name", 3, 33),
	R("name: a\nbinary: '/a*\\000'\n", "bad-glob", 2, 10),
	R("name: unconfined\nbinary: /a\n", "bad-name", 1, 7),
	R("name: docker-default\nbinary: /a\n", "bad-name", 1, 7),
	R("name: cri-containerd.apparmor.d\nbinary: /a\n", "bad-name", 1, 7),
	R("name: containers-default-0.50\nbinary: /a\n", "bad-name", 1, 7),
	R("name: localhost\nbinary: /a\n", "bad-name", 1, 7),
	R(HEAD "children: {a b: {binary: /b}}\n", "bad-name", 3, 13),
	R(HEAD "children: {'': {binary: /b}}\n", "bad-name", 3, 13),
	R(HEAD "exec: [{path: /b, as: \"profile a\\x01b\"}]\n", "bad-name", 3, 23),

	/* Paths. */
	R("name: a\nbinary: app\n", "bad-path", 2, 9),
	R("name: a\nbinary: ''\n", "bad-path", 2, 10),
	R("name: a\nbinary: ./app\n", "bad-path", 2, 9),
	R("name: a\nbinary: ~/app\n", "bad-path", 2, 9),
	R("name: a\nbinary: ' /app'\n", "bad-path", 2, 10),
	R("name: a\nbinary: {file: '@{HOME}/app'}\n", "bad-path", 2, 17),
	R(HEAD "libraries: ['{/lib,/lib64}/x']\n", "bad-path", 3, 14),
	R(HEAD "readable: [/a/../b]\n", "bad-path", 3, 15),
	R(HEAD "readable: [/..]\n", "bad-path", 3, 13),
	R(HEAD "readable: [/a/*/../b]\n", "bad-path", 3, 17),
	R(HEAD "readable: [/a/./b]\n", "bad-path", 3, 15),
	R(HEAD "readable: [/a//b]\n", "bad-path", 3, 14),
	R(HEAD "readable: [//a]\n", "bad-path", 3, 12),
	R(HEAD "readable: [/a//]\n", "bad-path", 3, 14),
	R(HEAD "readable: [\"/a\\nb\"]\n", "bad-path", 3, 12),
	R(HEAD "readable: [\"/a\\tb\"]\n", "bad-path", 3, 12),
	R(HEAD "readable: ['/a\tb']\n", "bad-path", 3, 15),
	R(HEAD "readable: [\"/a\\x7f\"]\n", "bad-path", 3, 12),
	R(HEAD "readable: [\"/a*\\n\"]\n", "bad-path", 3, 12),
	R(HEAD "readable:\n  - /a\n    /b\n", "bad-path", 4, 5),
	R(HEAD "readable:\n  - |\n    /a\n", "bad-path", 4, 5),
	R(HEAD "container: {tmpfs: {tmp: }}\n", "bad-path", 3, 21),
	R(HEAD "abstractions: [/base]\n", "bad-path", 3, 16),
	R(HEAD "abstractions: [abstractions/base]\n", "bad-path", 3, 16),
	R(HEAD "abstractions: [a/../../b]\n", "bad-path", 3, 16),
	R(HEAD "abstractions: ['base> }']\n", "bad-path", 3, 21),
	R(HEAD "template: \"a\\nb\"\n", "bad-path", 3, 11),
	R(HEAD "readable: ['/a/{b']\n", "bad-glob", 3, 16),
	R(HEAD "readable: ['/a[']\n", "bad-glob", 3, 15),
	R(HEAD "readable: ['/@{HOME/a']\n", "bad-glob", 3, 14),
	R(HEAD "readable: ['/@{1}']\n", "bad-glob", 3, 14),
	R(HEAD "readable: ['@{HOME}/{b']\n", "bad-glob", 3, 21),

	/* Values. */
	R(HEAD "mode: enforced\n", "unknown-value", 3, 7),
	R(HEAD "mode: Enforce\n", "unknown-value", 3, 7),
	R(HEAD "network: [inte]\n", "unknown-value", 3, 11),
	R(HEAD "network: [inet tpc]\n", "unknown-value", 3, 16),
	R(HEAD "network: [INET]\n", "unknown-value", 3, 11),
	R(HEAD "network: [tcp]\n", "unknown-value", 3, 11),
	R(HEAD "network: [unix tcp]\n", "unknown-value", 3, 16),
	R(HEAD "network: [inet6 icmp]\n", "unknown-value", 3, 17),
	R(HEAD "network: [inet stream tcp]\n", "unknown-value", 3, 11),
	R(HEAD "network: ['inet tcp, file']\n", "unknown-value", 3, 12),
	R(HEAD "capabilities: [CAP_SYS_ADMN]\n", "unknown-value", 3, 16),
	R(HEAD "capabilities: ['chown,']\n", "unknown-value", 3, 17),
	R(HEAD "capabilities: [cap_]\n", "unknown-value", 3, 16),
	R(HEAD "exec: [{path: /b, as: chidl c}]\n", "unknown-value", 3, 23),
	R(HEAD "exec: [{path: /b, as: child}]\n", "unknown-value", 3, 23),
	R(HEAD "exec: [{path: /b, as: inherit c}]\n", "unknown-value", 3, 23),
	R(HEAD "exec: [{path: /b, as: ' '}]\n", "wrong-type", 3, 24),
	R(HEAD "container: {seccomp: defualt}\n", "unknown-value", 3, 22),
	R(HEAD "exec: [{path: /b, as: child c}]\n", "missing-child", 3, 29),
	R(HEAD "children: {c: {binary: /b, exec: [{path: /d, as: child d}]}}\n"
	       "exec: [{path: /b, as: child c}]\n",
		"missing-child", 3, 56),
	R(HEAD "expect: {allow: [exec /b as child c]}\n", "missing-child", 3, 18),

	/* How it is run. */
	R(HEAD "container: {user: root}\n", "bad-user", 3, 19),
	R(HEAD "container: {user: 20000:x}\n", "bad-user", 3, 25),
	R(HEAD "container: {user: '-1'}\n", "bad-user", 3, 20),
	R(HEAD "container: {user: 0}\n", "unsafe-user", 3, 19),
	R(HEAD "container: {user: 20000:65534}\n", "unsafe-user", 3, 25),
	R(HEAD "container: {memory: 1z}\n", "bad-value", 3, 21),
	R(HEAD "container: {memory: 1mx}\n", "bad-value", 3, 21),
	R(HEAD "container: {memory: 1.g}\n", "bad-value", 3, 21),
	R(HEAD "container: {memory: 1025t}\n", "bad-value", 3, 21),
	R(HEAD "container: {memory: 99999999999999999999g}\n", "bad-value", 3, 21),
	R(HEAD "container: {cpus: 1.2345}\n", "bad-value", 3, 19),
	R(HEAD "container: {pids: 1.5}\n", "bad-value", 3, 19),
	R(HEAD "container: {restart: always:3}\n", "bad-value", 3, 22),
	R(HEAD "container: {image: -rm}\n", "bad-value", 3, 20),
	R(HEAD "container: {image: \"a\\nb\"}\n", "bad-value", 3, 20),
	R(HEAD "container: {environment: [A B=1]}\n", "bad-value", 3, 28),
	R(HEAD "container: {environment: [A, A=1]}\n", "duplicate-key", 3, 30),
	R(HEAD "container: {tmpfs: {/t: {mode: 17777}}}\n", "bad-value", 3, 32),
	R(HEAD "container: {tmpfs: {/: }}\n", "bad-path", 3, 21),
	R(HEAD "container: {tmpfs: {/proc: }}\n", "bad-path", 3, 21),
	R(HEAD "container: {tmpfs: {'/a:b': }}\n", "bad-path", 3, 24),
	R(HEAD "container: {tmpfs: {/a: , /a/: }}\n", "duplicate-mount", 3, 27),
	R(HEAD "container: {volumes: [./a:/b]}\n", "bad-volume", 3, 23),
	R(HEAD "container: {volumes: ['/a:b']}\n", "bad-path", 3, 27),
	R(HEAD "container: {volumes: ['/a:/b:x']}\n", "bad-volume", 3, 30),
	R(HEAD "container: {volumes: ['aa:/b', /b]}\n", "duplicate-mount", 3, 32),
	R(HEAD "container: {ports: [70000]}\n", "bad-port", 3, 21),
	R(HEAD "container: {ports: ['x:80:80']}\n", "bad-port", 3, 22),
	R(HEAD "container: {ports: [80/x]}\n", "bad-port", 3, 24),
	R(HEAD "container: {ports: ['80:1', '0.0.0.0:80:2']}\n", "duplicate-port", 3, 30),
	R(HEAD "container: {ports: [1-1025]}\n", "too-large", 3, 21),
	R(HEAD "container: {seccomp: {allow: [raed]}}\n", "unknown-syscall", 3, 31),
	R(HEAD "container: {seccomp: {allow: [read], deny: [read]}}\n", "bad-seccomp", 3, 45),
	R(HEAD "container: {seccomp: {base: none}}\n", "bad-seccomp", 3, 29),
	R(HEAD "container: {seccomp: {base: none, allow: [read], deny: []}}\n", "bad-seccomp", 3,
		56),

	/* Assertions. */
	R(HEAD "expect: {allow: [/a x]}\n", "bad-expect", 3, 21),
	R(HEAD "expect: {allow: [/a]}\n", "bad-expect", 3, 18),
	R(HEAD "expect: {allow: [/a rz]}\n", "bad-expect", 3, 21),
	R(HEAD "expect: {allow: ['/a* r']}\n", "bad-expect", 3, 19),
	R(HEAD "expect: {allow: ['exec /a{b,c}']}\n", "bad-expect", 3, 24),
	R(HEAD "expect: {allow: [exec]}\n", "bad-expect", 3, 18),
	R(HEAD "expect: {allow: [exce /a]}\n", "bad-expect", 3, 18),
	R(HEAD "expect: {allow: [exec /a as chidl c]}\n", "bad-expect", 3, 29),
	R(HEAD "expect: {allow: [network inet tcp x]}\n", "bad-expect", 3, 26),
	R(HEAD "expect: {allow: [network inte]}\n", "unknown-value", 3, 26),
	R(HEAD "expect: {allow: [capability foo]}\n", "unknown-value", 3, 29),
	R(HEAD "expect: {allow: [owner a r]}\n", "bad-path", 3, 24),
	R(HEAD "expect: {allow: [/a/../b r]}\n", "bad-path", 3, 21),
	R(HEAD "expect: {allow: [/a r], deny: [/a r]}\n", "bad-expect", 3, 32),

	/* YAML. */
	R("", "empty-document", 1, 1),
	R("# nothing\n\n", "empty-document", 1, 1),
	R("---\n", "empty-document", 1, 1),
	R("null\n", "empty-document", 1, 1),
	R("\xef\xbb\xbf", "empty-document", 1, 1),
	R(HEAD "readable:\n\t- /b\n", "yaml", 4, 1),
	R(HEAD "readable: [/b\n", "yaml", 4, 1),
	R(HEAD "readable: '/b\n", "yaml", 4, 1),
	R(HEAD "readable:\n- @{HOME}/b\n", "yaml", 4, 3),
	R(HEAD "rules: a: b\n", "yaml", 3, 9),
	R(HEAD "rules: \"\\q\"\n", "yaml", 3, 9),
	R(HEAD "  rules: []\n", "yaml", 3, 8),
	R(HEAD "description: \"a\" b\n", "yaml", 3, 18),
	R(HEAD "readable:\n- /b\n- '/c' d\n", "yaml", 5, 8),
	R(HEAD "readable:\n  - /b\n - /c\n", "yaml", 5, 2),
	R(HEAD "description: |x\n  a\n", "yaml", 3, 15),
	R(HEAD "readable: [*b]\n", "unknown-alias", 3, 12),
	R(HEAD "readable: &b [*b]\n", "alias-cycle", 3, 15),
	R(HEAD "container: &b\n  environment:\n    <<: *b\n", "alias-cycle", 5, 9),
	R(HEAD "<<: [/b]\n", "bad-merge", 3, 6),
	R(HEAD "<<: text\n", "bad-merge", 3, 5),
	R(HEAD "<<:\n", "bad-merge", 3, 4),
	R(HEAD "<<: {}\n<<: {}\n", "duplicate-key", 4, 1),
	R(HEAD "---\nname: b\n", "yaml", 3, 1),
	R(HEAD "...\nname: b\n", "yaml", 4, 1),
	R("{name: a, binary: /a}\nx\n", "yaml", 2, 1),
	R("%TAG ! x\n---\n" HEAD, "yaml", 1, 1),
	R("# c\r%FOO\n---\n" HEAD, "yaml", 1, 5),
	R("%YAML 3.0\n---\n" HEAD, "yaml", 1, 1),

	/* Bytes. */
	R(HEAD "description: \xff\n", "encoding", 3, 14),
	R(HEAD "description: caf\xe9\n", "encoding", 3, 17),
	R(HEAD "description: \xc0\xaf\n", "encoding", 3, 14),
	R(HEAD "description: \xed\xa0\x80\n", "encoding", 3, 14),
	R(HEAD "description: \xf4\x90\x80\x80\n", "encoding", 3, 14),
	R(HEAD "description: \xe2\x82", "encoding", 3, 14),
	R(HEAD "description: a\0b\n", "encoding", 3, 15),
	R(HEAD "description: \"a\\0b\"\n", "encoding", 3, 14),
	R("\xff\xfen\0a\0m\0e\0", "encoding", 1, 1),
	R("\xfe\xff\0n\0a\0m\0e", "encoding", 1, 1),
	R("n\0a\0m\0e\0", "encoding", 1, 1),
	R("\0\0\0n\0\0\0a", "encoding", 1, 1),
	R(HEAD "description: a\x01\n", "yaml", 3, 15),
	R(HEAD "description: a\x7f\n", "yaml", 3, 15),
	R(HEAD "description: \xc2\x9b\n", "yaml", 3, 14),

	/* Places with a byte order mark, CRLF and more than one byte to a character. */
	R("\xef\xbb\xbfnmae: a\n" HEAD, "unknown-key", 1, 1),
	R("name: a\r\nbinary: /a\r\nmode: enforced\r\n", "unknown-value", 3, 7),
	R("\xef\xbb\xbfname: a\r\nbinary: /ä\r\nreadable: [/ü€😀, /b/../c]\r\n", "bad-path", 3, 21),
	R(HEAD "description: 'ä'\nreadable: [\"/é\", /é/../c]\n", "bad-path", 4, 21),
	R(HEAD "description: ä\nmode: &x enforced\n", "unknown-value", 4, 10),
	R(HEAD "mode: &x !!str 'enforced'\n", "unknown-value", 3, 17),
};

static unsigned count_and_show(struct unit *unit, const struct refusal *want)
{
	unsigned found = 0;
	for (const struct diag *diag = unit->diags.first; diag; diag = diag->next) {
		struct location at = {.line = 0};
		sources_locate(&unit->sources, diag->at.begin, &at);
		if (strcmp(diag_kinds[diag->id].name, want->id) == 0 && at.line == want->line &&
			at.column == want->column)
			found++;
	}
	if (found == 1 && unit->diags.errors == 1)
		return found;
	printf("\n%.*s\nwanted %s at %u:%u, got\n", SLICE_FMT(want->text), want->id, want->line,
		want->column);
	for (const struct diag *diag = unit->diags.first; diag; diag = diag->next) {
		struct buf text = buf_new(&unit->arena);
		diag_render(diag, &unit->sources, &text);
		printf("%.*s", SLICE_FMT(buf_slice(&text)));
	}
	return found;
}

UNIT_TEST(refusals_have_id_and_place)
{
	struct unit unit;
	unit_init(&unit, NULL, test_out_of_memory);
	for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
		const struct refusal *want = &refusals[i];
		unit_reset(&unit);
		const struct source *source =
			sources_add(&unit.sources, SLICE("test.yaml"), want->text, 1);
		struct service *service = NULL;
		CU_ASSERT_FALSE(service_read(&unit, source, &service));
		CU_ASSERT_EQUAL(count_and_show(&unit, want), 1);
		CU_ASSERT_EQUAL(unit.diags.errors, 1);
	}
	unit_free(&unit);
}

/* Texts of messages that name the nearest, the second place and the way out. */
static const struct {
	const char *text, *part;
} messages[] = {
	{HEAD "writeable: []\n", "unknown key 'writeable', did you mean 'writable'?"},
	{HEAD "capabilities: [CAP_SYS_ADMN]\n", "did you mean 'sys_admin'?"},
	{HEAD "network: [inet tpc]\n", "did you mean 'tcp'?"},
	{HEAD "network: [inte tcp]\n", "did you mean 'inet'?"},
	{HEAD "network: ['AF_INET, SOCK_DGRAM']\n", "did you mean 'inet dgram'?"},
	{HEAD "network: [{inet6: udp}]\n", "help: write it as a text: 'inet6 udp'"},
	{HEAD "network: ['unix:/run/b']\n", "{file: '/run/b'} under 'writable'"},
	{HEAD "network: ['udp:53']\n", "not ports: write 'inet udp'"},
	{HEAD "network: ['localhost:53']\n", "not hosts: write 'inet tcp'"},
	{HEAD "network: [https]\n", "not services: write 'inet tcp'"},
	{HEAD "mode: complian\n", "did you mean 'complain'?"},
	{HEAD "name: b\n", "test.yaml:1:1: note: first here"},
	{HEAD "image: x\n", "help: 'image' belongs in 'container'"},
	{HEAD "readable:\n\t- /b\n", "a tab cannot indent a line"},
	{HEAD "libraries: /lib\n", "help: write it as a list: [/lib]"},
	{HEAD "readable: [{path: /b, owner: on}]\n", "help: write true, without quotes"},
	{HEAD "readable: [{path: /b, owner: No}]\n", "help: write false, without quotes"},
	{HEAD "exec: [{path: /b, as: child wroker}]\nchildren: {worker: {binary: /b}}\n",
		"no child 'wroker' is described, did you mean 'worker'?"},
	{HEAD "exec: [/b cx]\n", "help: write {path: '/b', as: child NAME}; whole rules"},
	{HEAD "exec: ['/b rPx -> c,']\n", "help: write {path: '/b', as: profile c};"},
	{HEAD "readable: [/b ro]\n", "a file of that very name is {file: \"/b ro\"}"},
	{HEAD "writable: ['/b,']\n", "a directory of that very name is '/b\\054/{,**}'"},
	{HEAD "writable: [/b:/c:ro]\n", "help: write '/c';"},
	{HEAD "readable: '/b\n", "test.yaml:3:11: note: the quotes begin here"},
	{HEAD "description: äöü\nreadable: 'ü\n ä\n", "test.yaml:4:11: note: the quotes begin"},
	{HEAD "readable: &b [*b]\n", "test.yaml:3:11: note: '&b' begins here"},
	{HEAD "description: \xff\n", "byte 0xff at offset 32 is not UTF-8"},
};

UNIT_TEST(messages_say_how_to_mend_it)
{
	struct unit unit;
	unit_init(&unit, NULL, test_out_of_memory);
	for (size_t i = 0; i < sizeof(messages) / sizeof(messages[0]); i++) {
		unit_reset(&unit);
		const struct source *source = sources_add(
			&unit.sources, SLICE("test.yaml"), slice_str(messages[i].text), 1);
		struct service *service;
		CU_ASSERT_FALSE(service_read(&unit, source, &service));
		struct buf text = buf_new(&unit.arena);
		for (const struct diag *diag = unit.diags.first; diag; diag = diag->next)
			diag_render(diag, &unit.sources, &text);
		buf_add_char(&text, '\0');
		CU_ASSERT_PTR_NOT_NULL(strstr(text.at, messages[i].part));
		if (!strstr(text.at, messages[i].part))
			printf("\nno \"%s\" in\n%s", messages[i].part, text.at);
	}
	unit_free(&unit);
}

static const struct refusal warnings[] = {
	R(HEAD "readable: [/b, /c, /b]\n", "duplicate-entry", 3, 20),
	R(HEAD "writable: [/b, /b/]\n", "duplicate-entry", 3, 16),
	R(HEAD "network: [inet tcp, inet  tcp]\n", "duplicate-entry", 3, 21),
	R(HEAD "network: [inet, inet tcp]\n", "duplicate-entry", 3, 17),
	R(HEAD "capabilities: [chown, CAP_CHOWN]\n", "duplicate-entry", 3, 23),
	R(HEAD "rules: [file, file]\n", "duplicate-entry", 3, 15),
	R(HEAD "abstractions: [base, base]\n", "duplicate-entry", 3, 22),
	R(HEAD "expect: {allow: [/a r, /a r]}\n", "duplicate-entry", 3, 24),
	R(HEAD "children: {c: {binary: /c}}\n", "unused-child", 3, 12),
	R(HEAD "writable: [/var/run/x]\n", "linked-path", 3, 12),
	R(HEAD "readable: [{file: /var/lock}]\n", "linked-path", 3, 19),
	R(HEAD "readable: [/var/run/*.pid]\n", "linked-path", 3, 12),
};

UNIT_TEST(warnings_have_id_and_place)
{
	struct unit unit;
	unit_init(&unit, NULL, test_out_of_memory);
	for (size_t i = 0; i < sizeof(warnings) / sizeof(warnings[0]); i++) {
		const struct refusal *want = &warnings[i];
		unit_reset(&unit);
		const struct source *source =
			sources_add(&unit.sources, SLICE("test.yaml"), want->text, 1);
		struct service *service;
		CU_ASSERT_TRUE(service_read(&unit, source, &service));
		CU_ASSERT_EQUAL(unit.diags.warnings, 1);
		struct location at = {.line = 0};
		if (!unit.diags.first)
			continue;
		CU_ASSERT_STRING_EQUAL(diag_kinds[unit.diags.first->id].name, want->id);
		sources_locate(&unit.sources, unit.diags.first->at.begin, &at);
		CU_ASSERT_EQUAL(at.line, want->line);
		CU_ASSERT_EQUAL(at.column, want->column);
	}
	unit_free(&unit);
}

/* Not one of them hides another. */
UNIT_TEST(many_mistakes_are_reported_in_one_run)
{
	static const char text[] = "nmae: a\n"
				   "binary: app\n"
				   "mode: x\n"
				   "network: [inte tpc]\n"
				   "writable: [/a/.., '/b{']\n"
				   "expect: {allow: [/a x, /b]}\n"
				   "container: {user: []}\n";
	struct unit unit;
	unit_init(&unit, NULL, test_out_of_memory);
	const struct source *source =
		sources_add(&unit.sources, SLICE("test.yaml"), slice_str(text), 1);
	struct service *service;
	CU_ASSERT_FALSE(service_read(&unit, source, &service));
	CU_ASSERT_EQUAL(unit.diags.errors, 11);
	unit_free(&unit);
}

/* What stands above a mistake in the syntax is checked, what is missing may stand below. */
UNIT_TEST(mistakes_before_broken_yaml_are_reported)
{
	static const char text[] = "mode: x\nexec: [{path: /b, as: child c}]\n\tname: a\n";
	struct unit unit;
	unit_init(&unit, NULL, test_out_of_memory);
	const struct source *source =
		sources_add(&unit.sources, SLICE("test.yaml"), slice_str(text), 1);
	struct service *service;
	CU_ASSERT_FALSE(service_read(&unit, source, &service));
	CU_ASSERT_EQUAL(unit.diags.errors, 2);
	unit_free(&unit);
}

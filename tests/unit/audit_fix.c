/* Mends: what is written, what is left alone, what is not touched. */
#include "tests/unit/audit_support.h"
#include "tests/unit/unit.h"

/* Everything but the control in question is met: one mend shows. */
#define REST                                                                                       \
	"user: '10001:10001', cap_drop: [ALL], read_only: true, mem_limit: 1g, cpus: 1, "          \
	"pids_limit: 9, restart: always"

static void check_fix(
	const char *text, bool is_command, size_t mended, size_t left, const char *want)
{
	struct audited audited = is_command ? audited_command(text) : audited_document(text, NULL);
	struct fix fix;
	CU_ASSERT_EQUAL(audited.read, AUDIT_READ);
	audit_fix(&audited.unit, audited.source, is_command, NULL, &fix);
	CU_ASSERT_EQUAL(fix.mended, mended);
	CU_ASSERT_EQUAL(fix.left, left);
	CU_ASSERT(slice_is(fix.text, want));
	if (!slice_is(fix.text, want))
		fprintf(stderr, "got:\n%.*s\nexpected:\n%s\n", SLICE_FMT(fix.text), want);
	audited_free(&audited);
}

UNIT_TEST(fix_in_brackets)
{
	check_fix("services: {c: {image: i:1, " REST "}}", false, 1, 0,
		"services: {c: {security_opt: [no-new-privileges:true], image: i:1, " REST "}}");
	check_fix("services: {c: {image: i:1, security_opt: [apparmor=x], " REST "}}", false, 1, 0,
		"services: {c: {image: i:1, security_opt: [apparmor=x, no-new-privileges:true], " REST
		"}}");
	check_fix("services: {c: {image: i:1, security_opt: [], " REST "}}", false, 1, 0,
		"services: {c: {image: i:1, security_opt: [no-new-privileges:true], " REST "}}");
	check_fix("services: {c: {image: i:1, security_opt: [\"no-new-privileges:false\"], " REST
		  "}}",
		false, 1, 0,
		"services: {c: {image: i:1, security_opt: [no-new-privileges:true], " REST "}}");
}

UNIT_TEST(fix_keeps_comments)
{
	check_fix(
		"services:\n  c: # the one\n    <<: {" REST "}\n    image: \"i:1\" # pinned\n"
		"    security_opt: # why\n    - 'seccomp=unconfined' # no!\n    - apparmor=x\n\n# end\n",
		false, 2, 0,
		"services:\n  c: # the one\n    <<: {" REST "}\n    image: \"i:1\" # pinned\n"
		"    security_opt: # why\n    - apparmor=x\n    - no-new-privileges:true\n\n# end\n");
}

UNIT_TEST(fix_keeps_line_ends)
{
	check_fix("services:\r\n  c:\r\n    image: i:1\r\n    <<: {" REST "}\r\n", false, 1, 0,
		"services:\r\n  c:\r\n    image: i:1\r\n    security_opt:\r\n      - "
		"no-new-privileges:true\r\n    <<: {" REST "}\r\n");
	check_fix("services:\n  c:\n    <<: {" REST "}\n    image: i:1", false, 1, 0,
		"services:\n  c:\n    <<: {" REST "}\n    image: i:1\n    security_opt:\n      - "
		"no-new-privileges:true");
}

/* A key that a merge brought is overridden, not changed for all who share it. */
UNIT_TEST(fix_of_shared_keys)
{
	check_fix("x: &x {privileged: true, security_opt: ['no-new-privileges:true']}\nservices:\n"
		  "  c:\n    image: i:1\n    <<: [*x, {" REST "}]\n  d: {<<: *x, image: i:1, " REST
		  ", privileged: false}\n",
		false, 1, 0,
		"x: &x {privileged: true, security_opt: ['no-new-privileges:true']}\nservices:\n"
		"  c:\n    image: i:1\n    privileged: false\n    <<: [*x, {" REST
		"}]\n  d: {<<: *x, image: i:1, " REST ", privileged: false}\n");
	/* Here the list itself is shared: it is left alone. */
	check_fix("x: &x [apparmor=y]\nservices:\n  c: {image: i:1, security_opt: *x, " REST "}\n",
		false, 0, 1,
		"x: &x [apparmor=y]\nservices:\n  c: {image: i:1, security_opt: *x, " REST "}\n");
	/* Who merges c would get the new key, too: not proved, not done. */
	check_fix("services:\n  c: &c\n    image: i:1\n    <<: {" REST "}\n  d:\n    <<: *c\n    "
		  "security_opt: ['no-new-privileges']\n    user: '10001'\n",
		false, 1, 0,
		"services:\n  c: &c\n    image: i:1\n    security_opt:\n      - no-new-privileges:true\n"
		"    <<: {" REST
		"}\n  d:\n    <<: *c\n    security_opt: ['no-new-privileges']\n    user: "
		"'10001'\n");
}

/* What would change something else is found by reading the text again, and left alone. */
UNIT_TEST(fix_is_proved)
{
	static const char *const texts[] = {
		"services:\n  c: &c\n    image: i:1\n    <<: {" REST "}\nx-copy:\n  <<: *c\n",
		"services:\n  c: {image: i:1, security_opt: [&o \"no-new-privileges:false\"], " REST
		"}\nx-copy: *o\n",
		"services:\n  c: {image: i:1, privileged: &p true, security_opt: [no-new-privileges], " REST
		"}\nx-copy: *p\n",
	};
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		check_fix(texts[i], false, 0, 1, texts[i]);
}

UNIT_TEST(fix_of_empty_values)
{
	check_fix(
		"apiVersion: v1\nkind: Pod\nspec:\n  containers:\n  - name: c\n    image: i:1\n"
		"    resources: {limits: {memory: 1Mi, cpu: 1}}\n    securityContext:\n"
		"  securityContext: {runAsNonRoot: true, seccompProfile: {type: RuntimeDefault}}\n",
		false, 3, 0,
		"apiVersion: v1\nkind: Pod\nspec:\n  containers:\n  - name: c\n    image: i:1\n"
		"    resources: {limits: {memory: 1Mi, cpu: 1}}\n    securityContext: "
		"{allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: {drop: "
		"[ALL]}}\n  securityContext: {runAsNonRoot: true, seccompProfile: {type: "
		"RuntimeDefault}}\n");
}

UNIT_TEST(fix_of_commands)
{
	check_fix("docker run -u 10001 --read-only --cap-drop ALL -m 1g --cpus 1 --pids-limit 9 "
		  "--restart always i:1 sh -c 'a  b'",
		true, 1, 0,
		"docker run -u 10001 --read-only --cap-drop ALL -m 1g --cpus 1 --pids-limit 9 "
		"--restart always --security-opt no-new-privileges:true i:1 sh -c 'a  b'");
}

UNIT_TEST(fix_of_nothing)
{
	const char *text =
		"services: {c: {image: i:1, security_opt: [no-new-privileges], " REST "}}";
	check_fix(text, false, 0, 0, text);
}

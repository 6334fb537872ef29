#include "tests/unit/policy_support.h"

#include "tests/unit/unit.h"

#include <stdio.h>

/* Whole texts: heads of profiles, blocks, what stands where. */

static const struct {
	const char *text;
	enum diag_id id; /* DIAG_COUNT: none */
} rows[] = {
	{"profile a flags=(complain) { }\n", DIAG_COUNT},
	{"profile a (audit complain) { }\n", DIAG_COUNT},
	{"profile a flags=(enforce,enforce) { }\n", DIAG_COUNT},
	{"profile a flags=(attach_disconnected,attach_disconnected.path=/x) { }\n", DIAG_COUNT},
	{"profile a flags=(kill.signal=hup error=EPERM interruptible) { }\n", DIAG_COUNT},
	{"profile a /bin/a xattrs=(user.a=b user.c=\"d e\") flags=(kill) { }\n", DIAG_COUNT},
	{"profile a /bin/a xattrs=(user.a user.b=c) { }\n", DIAG_COUNT},
	{"profile a /bin/a xattrs=() { }\n", DIAG_COUNT},
	{"profile a /bin/a xattrs=(\"user.a\") { }\n", DIAG_BAD_PROFILE},
	{"alias /{,usr/}bin/[ -> /usr/bin/gnu[,\nprofile a { /{b,c} r, }\n", DIAG_COUNT},
	{"alias /a -> /b,\nprofile a { /usr/bin/[ r, }\n", DIAG_BAD_GLOB},
	{"/bin/a { }\n", DIAG_COUNT},
	{":ns:a { }\n", DIAG_COUNT},
	{"profile a { ^h { } hat i flags=(complain) { } profile b /bin/b { } }\n", DIAG_COUNT},
	{"profile \"a b\" \"/bin/a b\" { }\n", DIAG_COUNT},
	{"profile a { abi <abi/3.0>,\n}\n", DIAG_COUNT},
	{"profile a flags=(complian) { }\n", DIAG_BAD_PROFILE},
	{"profile a flags=() { }\n", DIAG_BAD_PROFILE},
	{"profile a flags=complain { }\n", DIAG_BAD_PROFILE},
	{"profile a flags=(enforce,complain) { }\n", DIAG_BAD_PROFILE},
	{"profile a flags=(kill,prompt) { }\n", DIAG_BAD_PROFILE},
	{"profile a flags=(mediate_deleted,delegate_deleted) { }\n", DIAG_BAD_PROFILE},
	{"profile a flags=(attach_disconnected,no_attach_disconnected) { }\n", DIAG_BAD_PROFILE},
	{"profile a flags=(no_attach_disconnected,attach_disconnected.path=/x) { }\n",
		DIAG_BAD_PROFILE},
	{"profile a flags=(chroot_relative,namespace_relative) { }\n", DIAG_BAD_PROFILE},
	{"profile a flags=(chroot_attach,chroot_no_attach) { }\n", DIAG_BAD_PROFILE},
	{"profile a flags=(attach_disconnected.path=x) { }\n", DIAG_BAD_PROFILE},
	{"profile a flags=(attach_disconnected.path=/x,attach_disconnected.path=/y) { }\n",
		DIAG_BAD_PROFILE},
	{"profile a flags=(kill.signal=foo) { }\n", DIAG_BAD_PROFILE},
	{"profile a flags=(error=5) { }\n", DIAG_BAD_PROFILE},
	{"profile a flags=(complain=yes) { }\n", DIAG_BAD_PROFILE},
	{"profile a flags=(complain) flags=(audit) { }\n", DIAG_BAD_PROFILE},
	{"profile a flags=(complain) xattrs=(user.a=b) { }\n", DIAG_BAD_PROFILE},
	{"profile a bin/a { }\n", DIAG_BAD_PROFILE},
	{"profile &a { }\n", DIAG_BAD_PROFILE},
	{"profile { }\n", DIAG_BAD_PROFILE},
	{"a { }\n", DIAG_BAD_PROFILE},
	{"profile a { /b { } }\n", DIAG_BAD_PROFILE},
	{"profile a { } profile a { }\n", DIAG_BAD_PROFILE},
	{"profile a { profile b { } profile b { } }\n", DIAG_BAD_PROFILE},
	{"profile a { }\n@{X} = y\n", DIAG_SYNTAX},
	{"profile a { alias /a -> /b,\n}\n", DIAG_SYNTAX},
	{"profile a { }\nabi <abi/3.0>,\n", DIAG_SYNTAX},
	{"/a r,\n", DIAG_SYNTAX},
	{"profile a { audit { /a r, link /a -> /b, change_profile -> b, } }\n", DIAG_COUNT},
	{"profile a { audit { network, } }\n", DIAG_DROPPED_RULE},
	{"profile a { audit { capability chown, } }\n", DIAG_DROPPED_RULE},
	{"profile a { audit { deny /a r, } }\n", DIAG_DROPPED_RULE},
	{"profile a { audit { profile b { } } }\n", DIAG_DROPPED_RULE},
	{"profile a { audit { include <x>\n} }\n", DIAG_DROPPED_RULE},
	{"profile a { deny { /a r, } }\n", DIAG_SYNTAX},
	{"profile a { owner { other { /a r, } } }\n", DIAG_SYNTAX},
	{"$b = true\nprofile a { if $b { /a r, capability chown, } }\n", DIAG_COUNT},
	{"profile a { if defined @{X} { /a r, } else { /b r, } }\n", DIAG_COUNT},
	{"profile a { if defined @{X} { signal, } }\n", DIAG_DROPPED_RULE},
	{"profile a { if $b { /a r, } }\n", DIAG_UNDECLARED_VARIABLE},
	{"profile a { if true { /a r, } }\n", DIAG_SYNTAX},
	{"profile a { else { /a r, } }\n", DIAG_SYNTAX},
};

UNIT_TEST(whole_texts_are_judged)
{
	struct unit unit;
	unit_init(&unit, NULL, test_out_of_memory);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct policy policy;
		unit_reset(&unit);
		bool ok = test_read(
			&unit, "text", slice_str(rows[i].text), ORIGIN_TEMPLATE, NULL, &policy);
		enum diag_id id = unit.diags.first ? unit.diags.first->id : DIAG_COUNT;
		CU_ASSERT_EQUAL(id, rows[i].id);
		CU_ASSERT_EQUAL(ok, rows[i].id == DIAG_COUNT);
		if (id != rows[i].id)
			printf("\n%s: %s\n", rows[i].text,
				id < DIAG_COUNT ? diag_kinds[id].name : "accepted");
	}
	unit_free(&unit);
}

static struct slice rules_of(struct unit *unit, const char *text, enum origin origin)
{
	struct policy policy;
	struct buf out = buf_new(&unit->arena);
	test_read(unit, "text", slice_str(text), origin, NULL, &policy);
	for (const struct rule *rule = policy.profiles->body.rules; rule; rule = rule->next) {
		rule_print(rule, &out);
		buf_add_str(&out, "; ");
	}
	return buf_slice(&out);
}

UNIT_TEST(blocks_give_their_qualifiers_and_conditions)
{
	static const struct {
		const char *text, *rules;
	} blocks[] = {
		{"profile a { audit { /a r, owner /b w, } }\n", "audit /a r; audit owner /b w; "},
		{"profile a { owner { audit { /a r, } } }\n", "audit owner /a r; "},
		{"$b = true\nprofile a { if $b { /a r, } else { /b r, } }\n", "/a r; "},
		{"$b = true\nprofile a { if not $b { /a r, } else { /b r, } }\n", "/b r; "},
		{"$b = false\nprofile a { if $b { /a r, } else if defined @{X} { /b r, } "
		 "else { /c r, } }\n",
			"/c r; "},
		{"@{X} = 1\nprofile a { if defined @{X} { /a r, } else if defined @{X} { /b r, } "
		 "else { /c r, } /d r, }\n",
			"/a r; /d r; "},
	};
	struct unit unit;
	unit_init(&unit, NULL, test_out_of_memory);
	for (size_t i = 0; i < sizeof(blocks) / sizeof(*blocks); i++) {
		unit_reset(&unit);
		struct slice rules = rules_of(&unit, blocks[i].text, ORIGIN_TEMPLATE);
		test_no_diagnostics(&unit, blocks[i].text);
		CU_ASSERT_TRUE(slice_is(rules, blocks[i].rules));
	}
	unit_reset(&unit);
	struct slice kept =
		rules_of(&unit, "profile a { audit { network, /a r, } signal, }\n", ORIGIN_INCLUDE);
	test_no_diagnostics(&unit, "an include");
	CU_ASSERT_TRUE(slice_is(kept, "audit /a r; signal; "));
	unit_free(&unit);
}

UNIT_TEST(a_missing_include_is_told_unless_optional)
{
	struct unit unit;
	struct test_loader loader;
	struct policy policy;
	unit_init(&unit, NULL, test_out_of_memory);
	test_loader_init(&loader, &unit, SYSTEM_POLICY);
	struct slice text =
		SLICE("include if exists <no/such>\nprofile a { include <no/such/file>\n}\n");
	CU_ASSERT_FALSE(test_read(&unit, "text", text, ORIGIN_TEMPLATE, &loader.loader, &policy));
	CU_ASSERT_EQUAL(unit.diags.errors, 1);
	CU_ASSERT_EQUAL(unit.diags.first->id, DIAG_MISSING_INCLUDE);
	unit_free(&unit);
}

UNIT_TEST(stock_rules_with_idle_targets_are_kept_outside_of_descriptions)
{
	struct unit unit;
	unit_init(&unit, NULL, test_out_of_memory);
	struct slice rules =
		rules_of(&unit, "profile a { /a rwl -> /b, /c ux -> d, }\n", ORIGIN_TEMPLATE);
	test_no_diagnostics(&unit, "idle targets");
	CU_ASSERT_TRUE(slice_is(rules, "/a rwl -> /b; /c ux -> d; "));
	unit_free(&unit);
}

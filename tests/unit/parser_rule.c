/* The gate between a description's strings and the policy: exactly one rule, or a diagnostic. */

#include "tests/unit/parser_dump.h"
#include "tests/unit/unit.h"

#include <stdio.h>

static void check_accepted(const char *text, const char *tree)
{
	struct unit unit;
	unit_init(&unit, NULL, test_out_of_memory);
	struct statement *rule = NULL;
	struct buf out = buf_new(&unit.arena);
	bool fine = parse_rule(&unit, slice_str(text), span_of(0, 0), false, &rule);
	if (fine)
		dump_statements(rule, &out);
	if (!fine || !slice_is(buf_slice(&out), tree)) {
		fprintf(stderr, "\nrule %s\nwant %s\ngot  %.*s\n", text, tree,
			SLICE_FMT(buf_slice(&out)));
		CU_FAIL("rule");
	}
	CU_ASSERT(unit.diags.errors == 0);
	unit_free(&unit);
}

UNIT_TEST(single_rules)
{
	check_accepted("/a r", "/a r;");
	check_accepted("  owner /a rwk  ", "owner /a rwk;");
	check_accepted("/a r\n", "/a r;");
	check_accepted("dbus send\n  bus=system\n  path=/x", "dbus send bus=system path=/x;");
	check_accepted(
		"signal (send) set=(hup, int) peer=x", "signal (send) set=(hup int) peer=x;");
	check_accepted("\"/a b,c\" r", "\"/a b,c\" r;");
	check_accepted("/a,b r", "/a,b r;");
	check_accepted("/a{b,c} r", "/a{b,c} r;");
	check_accepted("\"/a } #include <x>\" r", "\"/a } #include <x>\" r;");
	check_accepted("/a#b r", "/a#b r;");
	check_accepted("network inet tcp", "network inet tcp;");
	check_accepted("set rlimit nofile <= 1024", "set rlimit nofile <= 1024;");
	check_accepted("/a px -> b//c", "/a px -> b//c;");
	check_accepted(
		"mount options in (ro, nosuid) /a -> /b", "mount options~(ro nosuid) /a -> /b;");
}

struct hostile {
	const char *text;
	enum diag_id id;
	unsigned offset; /* of the place in the text */
};

static const struct hostile hostile[] = {
	{"", DIAG_RULE_NOT_SINGLE, 0},
	{" \n ", DIAG_RULE_NOT_SINGLE, 0},
	{"/a r,", DIAG_RULE_NOT_SINGLE, 4},
	{"/a r, /b w", DIAG_RULE_NOT_SINGLE, 4},
	{"/a r,/b w", DIAG_RULE_NOT_SINGLE, 4},
	{"/a r,\n/b w,", DIAG_RULE_NOT_SINGLE, 4},
	{"/a r\n/b w", DIAG_RULE_NOT_SINGLE, 0},
	{"capability chown\n/b rw", DIAG_RULE_NOT_SINGLE, 0},
	{"/a r\ncapability sys_admin", DIAG_RULE_NOT_SINGLE, 0},
	{"/a r }", DIAG_RULE_NOT_SINGLE, 5},
	{"/a r}", DIAG_RULE_NOT_SINGLE, 4},
	{"/a r,}\nprofile x {", DIAG_RULE_NOT_SINGLE, 4},
	{"/a r } profile x { /** rwx", DIAG_RULE_NOT_SINGLE, 5},
	{"profile x { /** rw, }", DIAG_RULE_NOT_SINGLE, 10},
	{"profile x {", DIAG_RULE_NOT_SINGLE, 10},
	{"audit {", DIAG_RULE_NOT_SINGLE, 6},
	{"else{\n", DIAG_RULE_NOT_SINGLE, 4},
	{"{", DIAG_RULE_NOT_SINGLE, 0},
	{"}", DIAG_RULE_NOT_SINGLE, 0},
	{",", DIAG_RULE_NOT_SINGLE, 0},
	{"# /a r", DIAG_RULE_NOT_SINGLE, 0},
	{"/a r # x", DIAG_RULE_NOT_SINGLE, 5},
	{"/a # r\nr", DIAG_RULE_NOT_SINGLE, 3},
	{"/a r,#x", DIAG_RULE_NOT_SINGLE, 4},
	{"include <abstractions/base>", DIAG_RULE_NOT_SINGLE, 0},
	{"#include <abstractions/base>", DIAG_RULE_NOT_SINGLE, 0},
	{"/a r\n#include <x>", DIAG_RULE_NOT_SINGLE, 5},
	{"/a #include <x>", DIAG_RULE_NOT_SINGLE, 3},
	{"/a r include <x>", DIAG_RULE_NOT_SINGLE, 5},
	{"include if exists \"/etc/x\"", DIAG_RULE_NOT_SINGLE, 0},
	{"@{X}=/a", DIAG_RULE_NOT_SINGLE, 0},
	{"@{X} += /a", DIAG_RULE_NOT_SINGLE, 0},
	{"$x = true", DIAG_RULE_NOT_SINGLE, 0},
	{"/a r\n@{X}=/b", DIAG_RULE_NOT_SINGLE, 5},
	{"/a r\r", DIAG_SYNTAX, 4},
	{"\"/a r", DIAG_SYNTAX, 0},
	{"/a\" r", DIAG_SYNTAX, 2},
	{"/a r\\", DIAG_SYNTAX, 4},
	{"/a\\\nb r", DIAG_SYNTAX, 2},
	{"/a\\\\ r", DIAG_SYNTAX, 2},
	{"\"/a\\\\\" r", DIAG_SYNTAX, 4},
	{"/a\\0 r", DIAG_SYNTAX, 0},
	{"/a! r", DIAG_SYNTAX, 2},
	{"/a{b r", DIAG_BAD_GLOB, 0},
	{"/a[b r", DIAG_BAD_GLOB, 0},
	{"signal set=(hup", DIAG_SYNTAX, 11},
	{"signal set=(hup /** rw", DIAG_SYNTAX, 11},
	{"signal set=(hup } /** rw", DIAG_RULE_NOT_SINGLE, 16},
	{"signal set=(hup # x)", DIAG_SYNTAX, 16},
	{"signal set=", DIAG_SYNTAX, 7},
	{"/a r )", DIAG_SYNTAX, 5},
	{")", DIAG_SYNTAX, 0},
	{"#includes <x>", DIAG_SYNTAX, 0},
	{"\xef\xbb\xbf/a r", DIAG_ENCODING, 0},
};

static void check_refused(const struct hostile *h, bool verbatim)
{
	struct unit unit;
	unit_init(&unit, NULL, test_out_of_memory);
	/* The rule stands in a description, after "- ". */
	struct slice text = slice_str(h->text);
	struct slice line = arena_printf(&unit.arena, "- %.*s\n", SLICE_FMT(text));
	const struct source *source = sources_add(&unit.sources, SLICE("d"), line, 1);
	struct span at = span_of(source->begin + 2, source->begin + 2 + (uint32_t)text.len);
	struct statement *rule = NULL;
	bool fine = parse_rule(&unit, text, at, verbatim, &rule);
	const struct diag *diag = unit.diags.first;
	bool same = !fine && !rule && diag && diag->id == h->id &&
		    diag->at.begin == at.begin + (verbatim ? h->offset : 0);
	if (!same)
		fprintf(stderr, "\nrule '%s' verbatim %d: fine %d, %s at %d\n", h->text, verbatim,
			fine, diag ? diag_kinds[diag->id].name : "nothing",
			diag ? (int)(diag->at.begin - at.begin) : -1);
	CU_ASSERT(same);
	unit_free(&unit);
}

UNIT_TEST(hostile_rules)
{
	for (size_t i = 0; i < sizeof(hostile) / sizeof(hostile[0]); i++) {
		check_refused(&hostile[i], true);
		check_refused(&hostile[i], false);
	}
}

UNIT_TEST(rule_with_nul)
{
	struct unit unit;
	unit_init(&unit, NULL, test_out_of_memory);
	struct statement *rule = NULL;
	CU_ASSERT(!parse_rule(&unit, SLICE("/a\0 r"), span_of(0, 0), false, &rule));
	CU_ASSERT(unit.diags.first && unit.diags.first->id == DIAG_ENCODING);
	unit_free(&unit);
}

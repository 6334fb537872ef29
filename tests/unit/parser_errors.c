/* Mistakes: each is one diagnostic at its own place, and the rest of the text is still read. */

#include "tests/unit/parser_dump.h"
#include "tests/unit/unit.h"

#include <stdio.h>

struct mistake {
	const char *text, *diags, *tree;
};

static void check(const struct mistake *mistakes, size_t count)
{
	struct unit unit;
	unit_init(&unit, NULL, test_out_of_memory);
	for (size_t i = 0; i < count; i++) {
		const struct mistake *m = &mistakes[i];
		struct slice diags;
		struct slice tree = parse_and_dump(&unit, slice_str(m->text), &diags);
		bool same = slice_is(diags, m->diags) && (!m->tree || slice_is(tree, m->tree));
		if (!same)
			fprintf(stderr, "\ntext %s\nwant %s %s\ngot  %.*s %.*s\n", m->text,
				m->diags, m->tree ? m->tree : "", SLICE_FMT(diags),
				SLICE_FMT(tree));
		CU_ASSERT(same);
		unit_reset(&unit);
	}
	unit_free(&unit);
}

#define CHECK(...)                                                                                 \
	do {                                                                                       \
		static const struct mistake mistakes[] = {__VA_ARGS__};                            \
		check(mistakes, sizeof(mistakes) / sizeof(mistakes[0]));                           \
	} while (0)

/* The place is right behind the last item of the rule that lacks the comma. */
UNIT_TEST(missing_commas)
{
	CHECK({"/a r", "1:5 syntax", "/a r;"}, {"/a r\n", "1:5 syntax", "/a r;"},
		{"profile p {\n  /a r # c\n}", "2:7 syntax", "profile p { /a r; }"},
		{"profile p { /a r}", "1:17 syntax", "profile p { /a r; }"},
		{"/a r\n/b w,", "1:5 syntax", "/a r; /b w;"},
		{"/a r\n\n# c\n/b w\ncapability chown,", "1:5 syntax, 4:5 syntax",
			"/a r; [c] /b w; capability chown;"},
		{"rw /a\n/b w,", "1:6 syntax", "rw /a; /b w;"},
		{"/a px -> b\n/b w,", "1:11 syntax", NULL},
		{"capability chown\n  /b w,", "1:17 syntax", "capability chown; /b w;"},
		{"audit\n/b w,", "", "audit /b w;"}, {"deny\nowner\n/b w,", "", "deny owner /b w;"},
		{"/a px\n-> b,", "", "/a px -> b;"},
		{"mount options=ro\n /a -> /b,", "", "mount options=ro /a -> /b;"},
		{"dbus send\n bus=x\n path=/a,", "", "dbus send bus=x path=/a;"},
		{"signal peer=x\ninclude <a>", "1:14 syntax", "signal peer=x; include <a>;"},
		{"abi <abi/3.0>\n@{X}=a", "1:14 syntax", "abi <abi/3.0>; @{X} = a;"},
		{"abi <abi/3.0>\nprofile p { }", "1:14 syntax", "abi <abi/3.0>; profile p { }"},
		{"/a r\n^h { }", "1:5 syntax", "/a r; ^h { }"},
		{"profile p\n/a flags=(x)\n{ }", "", "profile p /a flags=(x) { }"});
}

UNIT_TEST(brackets)
{
	CHECK({"}", "1:1 syntax", ""}, {"/a r, } /b r,", "1:7 syntax", "/a r; /b r;"},
		{"profile p { /a r,", "1:11 syntax", "profile p { /a r; }"},
		{"profile p { ^h { /a r, ", "1:11 syntax, 1:16 syntax", NULL},
		{"{ /a r, } /b r,", "1:1 syntax", "/b r;"},
		{"signal set=(a b", "1:12 syntax", "signal set=(a b);"},
		{"profile p { signal set=(a b, }", "1:24 syntax",
			"profile p { signal set=(a b); }"},
		{"profile p flags=(complain {\n /a r,\n}", "1:17 syntax",
			"profile p flags=(complain) { /a r; }"},
		{"/a r),", "", "/a r);"}, {") /a r,", "1:1 syntax", "/a r;"},
		{"/a ) r,", "1:4 syntax", "/a r;"},
		{"/a{b r,\n/c r,", "1:1 bad-glob", "/a{b r; /c r;"},
		{"/a{b, c} r,\n/d r,", "1:1 bad-glob", NULL}, {"/a[b r,", "1:1 bad-glob", NULL},
		{"profile p{\n/a r,\n}", "1:10 syntax", "profile p { /a r; }"},
		{"/a{\n/a r,\n}", "1:3 syntax", "/a { /a r; }"});
}

UNIT_TEST(words)
{
	CHECK({",", "1:1 syntax", ""}, {"/a r,,", "1:6 syntax", "/a r;"},
		{"include <a>,", "1:12 syntax", "include <a>;"},
		{"signal peer=,", "1:8 syntax", "signal peer=;"},
		{"signal peer=, set=x,", "1:8 syntax", NULL},
		{"\"/a r,\n/b r,", "1:1 syntax", "\"/a r\"; /b r;"},
		{"/a\"b r,\n/c r,", "1:3 syntax", "/a\"b r; /c r;"},
		{"/a\"b c\" r,\n/c r,", "1:3 syntax", NULL}, {"/a!b! r,", "1:3 syntax", "/a!b! r;"},
		{"/a\\\nr,", "1:3 syntax", NULL}, {"/a\\\\ r,", "1:3 syntax", NULL},
		{"/a\\000 r,", "1:1 syntax", NULL}, {"\"/a\\x00\" r,", "1:2 syntax", NULL},
		{"/a\rb r,", "1:3 syntax", NULL},
		{"signal set=(a # c\n b),", "1:15 syntax", "signal set=(a b);"},
		{"#includes <a>\n/a r,", "1:1 syntax", "/a r;"},
		{"include <a\n/b r,", "1:9 syntax", "include <a; /b r;"},
		{"include \"a\n/b r,", "1:9 syntax", "include! a; /b r;"});
}

UNIT_TEST(variable_lines)
{
	CHECK({"@{X}=\n/a r,", "1:1 syntax", "@{X} = ; /a r;"},
		{"@{X}=a,\n", "1:7 syntax", "@{X} = a;"},
		{"@{X}=a, b", "1:7 syntax", "@{X} = a b;"}, {"@{X}=\"a\n/b r,", "1:6 syntax", NULL},
		{"@{X}=a\\\nb r,", "1:7 syntax", NULL});
}

/* As many diagnostics as mistakes, wherever they stand. */
UNIT_TEST(many_mistakes)
{
	CHECK({"profile p {\n"
	       "  /a r\n"
	       "  /b w,\n"
	       "  ,\n"
	       "  \"/c r,\n"
	       "  /d! r,\n"
	       "  signal peer= ,\n"
	       "  include <x>,\n"
	       "  /e r }\n"
	       "}\n"
	       "profile q {\n",
		"2:7 syntax, 4:3 syntax, 5:3 syntax, 6:5 syntax, 7:10 syntax, 8:14 syntax, "
		"9:7 syntax, 10:1 syntax, 11:11 syntax",
		"profile p { /a r; /b w; \"/c r\"; /d! r; signal peer=; include <x>; /e r; } "
		"profile q { }"});
}

static void check_bytes(struct slice text, const char *want)
{
	struct unit unit;
	unit_init(&unit, NULL, test_out_of_memory);
	struct slice diags;
	parse_and_dump(&unit, text, &diags);
	CU_ASSERT(slice_is(diags, want));
	unit_free(&unit);
}

UNIT_TEST(encodings)
{
	check_bytes(SLICE("/a r,\n/b\0 r,"), "2:3 encoding");
	check_bytes(SLICE("\xef\xbb\xbf/a r,"), "1:1 encoding");
	check_bytes(SLICE("\0"), "1:1 encoding");
}

/* What is accepted, and the tree it gives. */

#include "tests/unit/parser_dump.h"
#include "tests/unit/unit.h"

#include <stdio.h>

struct sample {
	const char *text, *tree;
};

static void check(const struct sample *samples, size_t count)
{
	struct unit unit;
	unit_init(&unit, NULL, test_out_of_memory);
	for (size_t i = 0; i < count; i++) {
		struct slice diags;
		struct slice tree = parse_and_dump(&unit, slice_str(samples[i].text), &diags);
		bool same = slice_is(tree, samples[i].tree) && diags.len == 0;
		if (!same)
			fprintf(stderr, "\ntext %s\nwant %s\ngot  %.*s\n     %.*s\n",
				samples[i].text, samples[i].tree, SLICE_FMT(tree),
				SLICE_FMT(diags));
		CU_ASSERT(same);
		unit_reset(&unit);
	}
	unit_free(&unit);
}

#define CHECK(...)                                                                                 \
	do {                                                                                       \
		static const struct sample samples[] = {__VA_ARGS__};                              \
		check(samples, sizeof(samples) / sizeof(samples[0]));                              \
	} while (0)

UNIT_TEST(rules)
{
	CHECK({"", ""}, {"\n\n", ""}, {"/a r,", "/a r;"}, {"/a r,\n/b w,", "/a r; /b w;"},
		{"/a r, /b w,", "/a r; /b w;"}, {"/a r,/b w,", "/a r; /b w;"},
		{"/a\nr\n,", "/a r;"}, {"/a r,\r\n/b w,\r\n", "/a r; /b w;"},
		{"/a,b r,", "/a,b r;"}, {"/a,b,c r,", "/a,b,c r;"}, {"/a{b,} r,", "/a{b,} r;"},
		{"/{,**} r,", "/{,**} r;"}, {"/a{b,{c,d}}e r,", "/a{b,{c,d}}e r;"},
		{"/a[}] r,", "/a[}] r;"}, {"/a[,] r,", "/a[,] r;"}, {"/a[{] r,", "/a[{] r;"},
		{"/a#b r,", "/a#b r;"}, {"/a=b r,", "/a=b r;"}, {"/a(b)c r,", "/a(b)c r;"},
		{"/a~b|c;d' r,", "/a~b|c;d' r;"}, {"/a->b r,", "/a->b r;"},
		{"abi <abi/3.0>,", "abi <abi/3.0>;"}, {"abi \"abi/4.0\",", "abi \"abi/4.0\";"},
		{"file,", "file;"}, {"capability chown ,", "capability chown;"},
		{"audit deny owner /a rw,", "audit deny owner /a rw;"},
		{"/a px -> b,", "/a px -> b;"}, {"/a px ->b,", "/a px -> b;"},
		{"/a px -> a,b,", "/a px -> a,b;"}, {"/a px -> {a,b},", "/a px -> {a,b};"},
		{"/a px -> b//c,", "/a px -> b//c;"}, {"/a px -> &b,", "/a px -> &b;"},
		{"alias /a/ -> /b/,", "alias /a/ -> /b/;"},
		{"link subset /a -> /b,", "link subset /a -> /b;"},
		{"link <= /a -> /b,", "link <= /a -> /b;"},
		{"set rlimit nice <= -5,", "set rlimit nice <= -5;"},
		{"set rlimit nice<=-5,", "set rlimit nice <= -5;"}, {"rw /a,", "rw /a;"},
		{"all,", "all;"}, {"userns create,", "userns create;"},
		{"/x\xff\x80 r,", "/x\xff\x80 r;"});
}

UNIT_TEST(conditions_and_lists)
{
	CHECK({"signal set=(hup int) peer=x,", "signal set=(hup int) peer=x;"},
		{"signal set=(hup,int,) peer = x,", "signal set=(hup int) peer=x;"},
		{"signal set=(hup),", "signal set=(hup);"},
		{"profile p { signal set=(hup),}", "profile p { signal set=(hup); }"},
		{"mount options=(ro,\n nosuid)\n /a -> /b,", "mount options=(ro nosuid) /a -> /b;"},
		{"mount options in (ro) /a,", "mount options~(ro) /a;"},
		{"mount options in(ro) /a,", "mount options~(ro) /a;"},
		{"mount options= \n (ro),", "mount options=(ro);"},
		{"mount options=(ro)/a,", "mount options=(ro) /a;"},
		{"mount fstype=ext{3,4} /a,", "mount fstype=ext{3,4} /a;"},
		{"unix (send, receive) type=stream peer=(label=a, addr=\"@b c\"),",
			"unix (send receive) type=stream peer=(label=a addr=\"@b c\");"},
		{"unix(send)type=stream,", "unix (send) type=stream;"},
		{"unix addr=@a=b,", "unix addr=@a=b;"}, {"unix addr=@a(b,", "unix addr=@a(b;"},
		{"unix peer=(addr=@a\\)b),", "unix peer=(addr=@a)b);"},
		{"signal peer={a,b},", "signal peer={a,b};"},
		{"signal peer=#b,", "signal peer=#b;"}, {"signal peer=a,b,", "signal peer=a,b;"},
		{"signal peer=\"a b\",", "signal peer=\"a b\";"},
		{"dbus send bus=session\n  path=/a{b,c}/**\n  member={x,y},",
			"dbus send bus=session path=/a{b,c}/** member={x,y};"},
		{"priority=5 /a r,", "priority=5 /a r;"},
		{"priority = -5 audit /a r,", "priority=-5 audit /a r;"},
		{"network (send) inet stream ip=1.2.3.4 port=80 peer=(ip=::1 port=3),",
			"network (send) inet stream ip=1.2.3.4 port=80 peer=(ip=::1 port=3);"},
		{"io_uring (sqpoll) label=x,", "io_uring (sqpoll) label=x;"},
		{"mqueue (read) type=posix /x,", "mqueue (read) type=posix /x;"});
}

UNIT_TEST(blocks)
{
	CHECK({"profile p { capability chown,}", "profile p { capability chown; }"},
		{"profile p { }", "profile p { }"}, {"profile p {}", "profile p { }"},
		{"profile p {/a r,}", "profile p { /a r; }"},
		{"profile p { /a r, }# c", "profile p { /a r; }"},
		{"profile p{a,b} { }", "profile p{a,b} { }"}, {"/a{b,c} { }", "/a{b,c} { }"},
		{"\"/a b\" { }", "\"/a b\" { }"},
		{"profile x /a flags=(complain, audit) xattrs=(user.a=b user.c=\"d e\") {\n}",
			"profile x /a flags=(complain audit) xattrs=(user.a=b user.c=\"d e\") { }"},
		{"profile p flags=(attach_disconnected.path=/x){ }",
			"profile p flags=(attach_disconnected.path=/x) { }"},
		{"profile p (complain) { }", "profile p (complain) { }"},
		{"profile foo(complain) { }", "profile foo(complain) { }"},
		{"profile a=b { }", "profile a=b { }"},
		{"profile include { }", "profile include { }"},
		{"profile p #x\n{#y\n}", "profile p { }"}, {"^h { }", "^h { }"},
		{"^\"h b\" { }", "\"^h b\" { }"}, {"hat h {/a r,}", "hat h { /a r; }"},
		{"if $x { /a r, } else if not defined @{y} { } else{\n /b r, }",
			"if $x { /a r; } else if not defined @{y} { } else { /b r; }"},
		{"if $x{\n}", "if $x { }"}, {"audit deny {\n /a r,\n}", "audit deny { /a r; }"},
		{"profile a { profile b { ^c { } } }", "profile a { profile b { ^c { } } }"});
}

UNIT_TEST(variables)
{
	CHECK({"@{X}=/a", "@{X} = /a;"}, {"@{X} = /a \"b c\" d\n", "@{X} = /a \"b c\" d;"},
		{"@X=/a", "@{X} = /a;"}, {"@{X}+=/a\r\n", "@{X} += /a;"},
		{"@{X} += /a", "@{X} += /a;"}, {"@{X}=a \\\n  b\\,c \\\r\n d", "@{X} = a b\\,c d;"},
		{"@{X}={a,b} c,d", "@{X} = {a,b} c,d;"}, {"@{X}=\"\"", "@{X} = \"\";"},
		{"@{X}=/a # c\n/b r,", "@{X} = /a; /b r;"}, {"@{X}=/a#b", "@{X} = /a#b;"},
		{"@{X}=\"/a\"/b", "@{X} = \"/a\" /b;"}, {"@{X}=a=b @{Y}/c", "@{X} = a=b @{Y}/c;"},
		{"$x=true\n${y} = false", "$x = true; $y = false;"}, {"@{X}/a r,", "@{X}/a r;"},
		{"@{X} r,", "@{X} r;"});
}

UNIT_TEST(includes)
{
	CHECK({"include <a/b>", "include <a/b>;"}, {"#include <a/b>", "include <a/b>;"},
		{"#include<a>", "include <a>;"}, {"#include\t\"a b\"", "include! a b;"},
		{"include \"a\"", "include! a;"}, {"include a/b", "include! a/b;"},
		{"include if exists <a>", "include? <a>;"},
		{"include  if\texists \"a\"", "include?! a;"},
		{"#include if exists a", "include?! a;"},
		{"include <a> /b r,", "include <a>; /b r;"},
		{"/a r, include <b>\n/c r,", "/a r; include <b>; /c r;"}, {"# include <a>", ""},
		{"/include r,", "/include r;"});
}

UNIT_TEST(escapes)
{
	CHECK({"/a\\ b r,", "/a b r;"}, {"\"/a b\" r,", "\"/a b\" r;"}, {"\"/a\"r,", "\"/a\" r;"},
		{"/a\\040b\\x20c\\d32d r,", "/a b c d r;"}, {"\"/a\\\"b\" r,", "\"/a\"b\" r;"},
		{"/a\\\"b r,", "/a\"b r;"}, {"/a\\*\\{ r,", "/a\\*\\{ r;"},
		{"/a\\052\\x7b r,", "/a\\*\\{ r;"}, {"\"/a\\\\b\" r,", "\"/a\\\\b\" r;"},
		{"/a\\134b r,", "/a\\\\b r;"}, {"/a\\, r,", "/a\\, r;"},
		{"/a{b\\054c,d} r,", "/a{b\\,c,d} r;"}, {"/a\\q\\!\\# r,", "/aq!# r;"},
		{"/a[\\]\\^\\-] r,", "/a[\\]\\^\\-] r;"}, {"/a\\400 r,", "/a 0 r;"},
		{"/a\\x2g r,", "/a\x02g r;"}, {"/a\\x r,", "/ax r;"}, {"/a/\\/b r,", "/a/\\/b r;"},
		{"/a\\@{x} r,", "/a\\@{x} r;"}, {"/a\\t\\r\\n r,", "/a\t\r\n r;"});
}

UNIT_TEST(comments)
{
	CHECK({"# one\n/a r,", "[one] /a r;"}, {"#one\n#  two\n/a r,", "[one\n two] /a r;"},
		{"# one\n\n/a r,", "/a r;"}, {"# one\n\n# two\n/a r,", "[two] /a r;"},
		{"/a r, # one\n/b r,", "/a r; /b r;"},
		{"/a r, # one\n# two\n/b r,", "/a r; [two] /b r;"},
		{"# one\r\n/a r,", "[one] /a r;"},
		{"# p\nprofile p {\n # a\n /a r,\n # end\n}\n# c\n@{X}=a",
			"[p] profile p { [a] /a r; } [c] @{X} = a;"},
		{"# i\ninclude <x>", "[i] include <x>;"}, {"/a r,\n# last", "/a r;"},
		{"/a r,\n#", "/a r;"}, {"dbus send\n # c\n bus=x,", "dbus send bus=x;"},
		{"# a\n#\n# b\n/a r,", "[a\n\nb] /a r;"});
}

/* A statement's span holds its items, a block's its braces too; items have their own. */
UNIT_TEST(spans)
{
	struct unit unit;
	unit_init(&unit, NULL, test_out_of_memory);
	struct slice text = SLICE("profile p {\n  deny /a  rw ,\n  signal set=(a b),\n}\n");
	const struct source *source = sources_add(&unit.sources, SLICE("x"), text, 1);
	struct statement *first;
	CU_ASSERT_FATAL(parse_policy(&unit, source, &first));
	CU_ASSERT(slice_is(sources_text(&unit.sources, first->span),
		"profile p {\n  deny /a  rw ,\n  signal set=(a b),\n}"));
	struct statement *rule = first->children;
	CU_ASSERT(slice_is(sources_text(&unit.sources, rule->span), "deny /a  rw"));
	CU_ASSERT(slice_is(sources_text(&unit.sources, rule->items->next->span), "/a"));
	struct item *assign = rule->next->items->next;
	CU_ASSERT(slice_is(sources_text(&unit.sources, assign->span), "set=(a b)"));
	CU_ASSERT(slice_is(sources_text(&unit.sources, assign->items->span), "(a b)"));
	unit_free(&unit);
}

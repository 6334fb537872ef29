#include "tests/unit/policy_support.h"

#include "tests/unit/unit.h"

#include <stdio.h>

/* The layout of a printed profile, and what hostile text cannot do to it. */

static void add(struct unit *unit, struct profile *profile, const char *text, enum section section,
	bool deny)
{
	struct rule *rule = test_rule(unit, text, ABI_3_0, deny);
	CU_ASSERT_PTR_NOT_NULL_FATAL(rule);
	rule->section = section;
	body_add_rule(&profile->body, rule);
}

static void add_include(
	struct unit *unit, struct profile *profile, struct slice path, enum origin origin)
{
	struct include *include = arena_new(&unit->arena, struct include);
	include->path = path;
	include->magic = true;
	include->origin = origin;
	body_add_include(&profile->body, include);
}

static struct profile *example(struct unit *unit)
{
	struct profile *profile = arena_new(&unit->arena, struct profile);
	struct profile *child = arena_new(&unit->arena, struct profile);
	profile->name = SLICE("api");
	profile->attachment = SLICE("/usr/bin/api");
	profile->has_keyword = child->has_keyword = true;
	profile->flags = arena_new(&unit->arena, struct slice);
	profile->flags[0] = SLICE("complain");
	profile->flag_count = 1;
	profile->comment = SLICE("an example\n\nof two paragraphs");
	child->name = SLICE("a b");
	add_include(unit, profile, SLICE("abstractions/base"), ORIGIN_TEMPLATE);
	add_include(unit, profile, SLICE("abstractions/ssl_certs"), ORIGIN_DESCRIPTION);
	add(unit, profile, "/etc/shadow r", SECTION_DENY, true);
	add(unit, profile, "/app mrix", SECTION_BINARY, false);
	add(unit, profile, "network inet tcp", SECTION_NETWORK, false);
	add(unit, profile, "signal (receive) peer=unconfined", SECTION_TEMPLATE, false);
	profile->body.rules->comment = SLICE("secrets");
	add(unit, child, "/bin/sh ix", SECTION_EXEC, false);
	body_add_child(&profile->body, child);
	return profile;
}

static const char expected[] = "# an example\n"
			       "#\n"
			       "# of two paragraphs\n"
			       "profile api /usr/bin/api flags=(complain) {\n"
			       "\tinclude <abstractions/base>\n"
			       "\n"
			       "\t# abstractions\n"
			       "\tinclude <abstractions/ssl_certs>\n"
			       "\n"
			       "\tsignal (receive) peer=unconfined,\n"
			       "\n"
			       "\t# network\n"
			       "\tnetwork inet tcp,\n"
			       "\n"
			       "\t# the binary\n"
			       "\t/app mrix,\n"
			       "\n"
			       "\t# denied\n"
			       "\t# secrets\n"
			       "\tdeny /etc/shadow r,\n"
			       "\n"
			       "\tprofile \"a b\" {\n"
			       "\t\t# programs it may start\n"
			       "\t\t/bin/sh ix,\n"
			       "\t}\n"
			       "}\n";

UNIT_TEST(a_profile_is_laid_out_by_sections)
{
	struct unit unit;
	struct policy back;
	unit_init(&unit, NULL, test_out_of_memory);
	struct policy policy = {.profiles = example(&unit)};
	struct print_options options = {0};
	struct slice text = test_print(&unit, &policy, &options);
	CU_ASSERT_TRUE(slice_is(text, expected));
	if (!slice_is(text, expected))
		printf("\n%.*s", SLICE_FMT(text));
	CU_ASSERT_TRUE(test_read(&unit, "printed", text, ORIGIN_TEMPLATE, NULL, &back));
	CU_ASSERT_TRUE(slice_eq(test_print(&unit, &back, &options), text));
	struct slice difference;
	CU_ASSERT_TRUE(policy_equal(&unit.arena, &policy, &back, &difference));
	unit_free(&unit);
}

UNIT_TEST(hostile_text_stays_in_its_comment)
{
	static const char *const comments[] = {"a\n/etc/shadow r,\n}", "a\r/b rw,", "\nx\n\n",
		"include <abstractions/base>", "a\\", "\x01\x7f\t,}", "# {", " #include <x>"};
	struct unit unit;
	unit_init(&unit, NULL, test_out_of_memory);
	for (size_t i = 0; i < sizeof(comments) / sizeof(*comments); i++) {
		struct policy back, policy = {.profiles = example(&unit)};
		struct print_options options = {.sources = &unit.sources, .annotate = true};
		struct slice difference = SLICE("");
		policy.profiles->comment = slice_str(comments[i]);
		policy.profiles->body.rules->comment = slice_str(comments[i]);
		struct slice name = arena_printf(&unit.arena, "x%s\n/evil rw,", comments[i]);
		const struct source *source = sources_add(&unit.sources, name, SLICE("abc"), 1);
		policy.profiles->body.rules->cause = span_of(source->begin, source->begin + 1);
		struct slice text = test_print(&unit, &policy, &options);
		CU_ASSERT_TRUE(test_read(&unit, "printed", text, ORIGIN_TEMPLATE, NULL, &back));
		CU_ASSERT_TRUE(policy_equal(&unit.arena, &policy, &back, &difference));
		options.annotate = false;
		text = test_print(&unit, &policy, &options);
		test_read(&unit, "printed", text, ORIGIN_TEMPLATE, NULL, &back);
		CU_ASSERT_TRUE(slice_eq(test_print(&unit, &back, &options), text));
		unit_reset(&unit);
	}
	unit_free(&unit);
}

UNIT_TEST(rules_are_annotated_with_their_cause)
{
	struct unit unit;
	unit_init(&unit, NULL, test_out_of_memory);
	const struct source *source =
		sources_add(&unit.sources, SLICE("api.yaml"), SLICE("a\nb\nc\n"), 1);
	struct profile *profile = arena_new(&unit.arena, struct profile);
	struct print_options options = {.sources = &unit.sources, .annotate = true};
	profile->name = SLICE("/x");
	add(&unit, profile, "/a r", SECTION_READABLE, false);
	profile->body.rules->cause = span_of(source->begin + 4, source->begin + 5);
	struct buf out = buf_new(&unit.arena);
	profile_print(profile, &options, &out);
	CU_ASSERT_TRUE(slice_is(buf_slice(&out), "/x {\n\t# readable\n\t/a r,  # api.yaml:3\n}\n"));
	unit_free(&unit);
}

static bool equal_texts(struct unit *unit, const char *a, const char *b)
{
	struct policy x, y;
	struct slice difference = SLICE("");
	unit_reset(unit);
	test_read(unit, "a", slice_str(a), ORIGIN_TEMPLATE, NULL, &x);
	test_read(unit, "b", slice_str(b), ORIGIN_TEMPLATE, NULL, &y);
	test_no_diagnostics(unit, a);
	bool equal = policy_equal(&unit->arena, &x, &y, &difference);
	CU_ASSERT_EQUAL(equal, difference.len == 0);
	return equal;
}

UNIT_TEST(policies_compare_by_meaning)
{
	struct unit unit;
	unit_init(&unit, NULL, test_out_of_memory);
	CU_ASSERT_TRUE(equal_texts(&unit, "profile a { /a r, /b w, /a r, }\n",
		"# c\nprofile a { /b w,\n# d\n/a r, }\n"));
	CU_ASSERT_TRUE(equal_texts(&unit, "profile a { network inet tcp, }\n",
		"profile a { network inet stream, }\n"));
	CU_ASSERT_FALSE(equal_texts(&unit, "profile a { /a r, }\n", "profile a { /a rw, }\n"));
	CU_ASSERT_FALSE(equal_texts(&unit, "profile a { /a r, }\n", "profile a { }\n"));
	CU_ASSERT_FALSE(equal_texts(&unit, "profile a { }\n", "profile a { /a r, }\n"));
	CU_ASSERT_FALSE(equal_texts(&unit, "profile a { }\n", "profile b { }\n"));
	CU_ASSERT_FALSE(equal_texts(&unit, "profile a { }\n", "profile a { }\nprofile b { }\n"));
	CU_ASSERT_FALSE(equal_texts(&unit, "profile a { }\n", "profile a flags=(complain) { }\n"));
	CU_ASSERT_FALSE(equal_texts(&unit, "profile a { }\n", "profile a { profile b { } }\n"));
	CU_ASSERT_FALSE(
		equal_texts(&unit, "@{X} = a\nprofile a { }\n", "@{X} = b\nprofile a { }\n"));
	CU_ASSERT_FALSE(equal_texts(
		&unit, "abi <abi/3.0>,\nprofile a { }\n", "abi <abi/4.0>,\nprofile a { }\n"));
	CU_ASSERT_FALSE(equal_texts(
		&unit, "alias /a -> /b,\nprofile a { }\n", "alias /a -> /c,\nprofile a { }\n"));
	CU_ASSERT_FALSE(equal_texts(
		&unit, "profile a { include <x>\n}\n", "profile a { include if exists <x>\n}\n"));
	unit_free(&unit);
}

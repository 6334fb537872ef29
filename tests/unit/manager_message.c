#include "manager/apparmor_parser/message.h"
#include "tests/unit/unit.h"

#include <stdio.h>

/*
 * Every form was produced by apparmor_parser 3.0.8 and 4.1.0, which word them alike unless marked.
 * "kind line file profile subject|text", one for each message.
 */

static const char *const kinds[] = {
	[PARSER_SYNTAX] = "syntax",
	[PARSER_MISSING_INCLUDE] = "include",
	[PARSER_GLOB] = "glob",
	[PARSER_EXEC_CONFLICT] = "conflict",
	[PARSER_UNDECLARED] = "undeclared",
	[PARSER_TRANSITIONS] = "transitions",
	[PARSER_DUPLICATE] = "duplicate",
	[PARSER_NOT_ENFORCED] = "not-enforced",
	[PARSER_DOWNGRADED] = "downgraded",
	[PARSER_FEATURES] = "features",
	[PARSER_SKIPPED] = "skipped",
	[PARSER_OTHER] = "other",
};

static void check(const char *output, const char *text, const char *want, int line)
{
	struct arena arena;
	arena_init(&arena, test_out_of_memory);
	struct buf got = buf_new(&arena);
	for (const struct parser_message *message = parser_messages_read(
		     &arena, slice_str(output), SLICE("/dev/stdin"), slice_str(text));
		message; message = message->next)
		buf_printf(&got, "%s %u/%u %.*s %.*s %.*s|%.*s\n", kinds[message->kind],
			message->line, message->likely_line, SLICE_FMT(message->file),
			SLICE_FMT(message->profile), SLICE_FMT(message->subject),
			SLICE_FMT(message->text));
	bool is_so = slice_is(buf_slice(&got), want);
	if (!is_so)
		printf("    line %d: got:\n%.*s", line, SLICE_FMT(buf_slice(&got)));
	CU_ASSERT_TRUE(is_so);
	arena_free(&arena);
}

#define CHECK(output, text, want) check(output, text, want, __LINE__)

UNIT_TEST(message_of_a_mistake_with_a_line)
{
	CHECK("AppArmor parser error for /dev/stdin in profile /dev/stdin at line 3: missing an "
	      "end of line character? (entry: /foo)\n",
		"", "syntax 3/0   |missing an end of line character? (entry: /foo)\n");
	CHECK("AppArmor parser error for /dev/stdin in profile /dev/stdin at line 2: unknown signal "
	      "\"foo\"\n\n",
		"", "syntax 2/0   |unknown signal \"foo\"\n");
	/* Without a name for standard input. */
	CHECK("AppArmor parser error at line 2: Invalid capability foo.\n", "",
		"syntax 2/0   |Invalid capability foo.\n");
	CHECK("AppArmor parser error for /dev/stdin in profile /etc/apparmor.d/abstractions/bad at "
	      "line 7: Invalid network entry.\n",
		"", "syntax 7/0 /etc/apparmor.d/abstractions/bad  |Invalid network entry.\n");
	CHECK("'A' is already defined\nAppArmor parser error at line 3: variable @{A} was previously "
	      "declared\n",
		"", "syntax 3/0   |variable @{A} was previously declared\n");
	CHECK("Failed to find declaration for: A\nAppArmor parser error at line 2: variable @{A} was "
	      "not previously declared, but is being assigned additional values\n",
		"",
		"syntax 2/0   |variable @{A} was not previously declared, but is being assigned "
		"additional values\n");
}

UNIT_TEST(message_of_a_missing_include)
{
	CHECK("AppArmor parser error for /dev/stdin in profile /dev/stdin at line 2: Could not open "
	      "'abstractions/gone'\n",
		"", "include 2/0   abstractions/gone|Could not open 'abstractions/gone'\n");
	CHECK("AppArmor parser error for /dev/stdin in profile /dev/stdin at line 1: Could not open "
	      "'abi/9.9': No such file or directory\n",
		"", "include 1/0   abi/9.9|Could not open 'abi/9.9': No such file or directory\n");
}

UNIT_TEST(message_of_a_bad_glob)
{
	CHECK("apparmor_parser: Regex grouping error: Unclosed grouping or character class, expecting "
	      "close }\n"
	      "apparmor_parser: Unable to parse input line '/foo{a'\n"
	      "ERROR processing regexs for profile p q, failed to load\n",
		"profile x {\n /b r,\n /foo{a r,\n}\n",
		"glob 0/3  p q /foo{a|Unclosed grouping or character class, expecting close }\n");
	CHECK("apparmor_parser: Regex grouping error: Invalid number of items between {}\n"
	      "apparmor_parser: Regex grouping error: Invalid close }, no matching open { detected\n"
	      "apparmor_parser: Unable to parse input line '/a}'\n"
	      "apparmor_parser: Regex grouping error: Invalid close ], no matching open [ detected\n"
	      "apparmor_parser: Unable to parse input line '/b]'\n"
	      "ERROR processing policydb rules for profile a, failed to load\n",
		"/b] r,\n",
		"glob 0/0  a /a}|Invalid number of items between {}; Invalid close }, no matching "
		"open { detected\n"
		"glob 0/1  a /b]|Invalid close ], no matching open [ detected\n");
	CHECK("apparmor_parser: Regex grouping error: Unclosed grouping or character class, expecting "
	      "close }\n"
	      "apparmor_parser: Unable to parse input line '/a{'\n"
	      "Encoding of mount rule failed\n"
	      "apparmor_parser: Invalid profile name 'K\250/\341V' - bad regular expression\n"
	      "ERROR processing policydb rules for profile a, failed to load\n",
		"", "glob 0/0  a /a{|Unclosed grouping or character class, expecting close }\n");
}

UNIT_TEST(message_of_an_exec_conflict)
{
	CHECK("profile has merged rule with conflicting x modifiers\n"
	      "ERROR processing regexs for profile b, failed to load\n",
		"", "conflict 0/0  b |profile has merged rule with conflicting x modifiers\n");
	CHECK("profile a: has merged rule /ab with conflicting x modifiers\n"
	      "ERROR merging rules for profile a, failed to load\n",
		"\n/ab ix,\n/ab px,\n",
		"conflict 0/2  a /ab|profile a: has merged rule /ab with conflicting x modifiers\n");
}

UNIT_TEST(message_of_the_whole_profile)
{
	CHECK("Found reference to variable NOPE, but is never declared\n", "\n\n@{NOPE}/x r,",
		"undeclared 0/3   NOPE|Found reference to variable NOPE, but is never declared\n");
	CHECK("Profile a b has too many specified profile transitions.\n", "",
		"transitions 0/0  a b |Profile a b has too many specified profile transitions.\n");
	CHECK("Multiple definitions for profile a exist,bailing out.\n", "",
		"duplicate 0/0  a |Multiple definitions for profile a exist,bailing out.\n");
	CHECK("Variable @{A} is referenced recursively (by @{A})\nfailure expanding variable A\n",
		"", "other 0/0   |Variable @{A} is referenced recursively (by @{A})\n");
	CHECK("  unsupported mount options\n", "", "other 0/0   |unsupported mount options\n");
	CHECK("unsupported mount option value 'foo'\n", "", /* 4.1.0 */
		"other 0/0   |unsupported mount option value 'foo'\n");
	CHECK("ERROR expanding variables for profile x, failed to load\n", "",
		"other 0/0  x |ERROR expanding variables for profile x, failed to load\n");
}

UNIT_TEST(message_of_what_is_not_enforced)
{
	CHECK("Warning from profile a (/dev/stdin): mount rules not enforce\n", "",
		"not-enforced 0/0  a mount|mount rules not enforced\n");
	CHECK("Warning from profile a (/dev/stdin): dbus rules not enforced\n"
	      "Warning from profile a (/dev/stdin): dbus rules not enforced\n"
	      "Warning from profile b (/dev/stdin): extended network unix socket rules not enforced\n"
	      "Warning from profile a (/dev/stdin): network rules not enforced\n" /* 4.1.0 */
	      "Warning from /dev/stdin (/dev/stdin line 11): profile a network rules not enforced\n"
	      "Warning from /dev/stdin (/dev/stdin line 11): profile c d network rules not "
	      "enforced\n",
		"",
		"not-enforced 0/0  a dbus|dbus rules not enforced\n"
		"not-enforced 0/0  b unix|extended network unix socket rules not enforced\n"
		"not-enforced 0/0  a network|network rules not enforced\n"
		"not-enforced 0/0  c d network|profile c d network rules not enforced\n");
	CHECK("Warning from profile a (/dev/stdin): downgrading extended network unix socket rule to "
	      "generic network rule\n\n",
		"",
		"downgraded 0/0  a unix|downgrading extended network unix socket rule to generic "
		"network rule\n");
	CHECK("Warning from profile a (/dev/stdin): deny unix socket rule not enforced, can't be "
	      "downgraded to generic network rule\n\n",
		"",
		"not-enforced 0/0  a deny unix|deny unix socket rule not enforced, can't be downgraded "
		"to generic network rule\n");
	CHECK("Warning from /dev/stdin (/dev/stdin line 4): something else\n", "",
		"other 4/0   |something else\n");
}

UNIT_TEST(message_of_the_system)
{
	CHECK("Failed to load features from '/x/y': No such file or directory\n", "",
		"features 0/0   /x/y|Failed to load features from '/x/y': No such file or "
		"directory\n");
	CHECK("Skipping profile in /etc/apparmor.d/disable: stdin\n", "",
		"skipped 0/0   |Skipping profile in /etc/apparmor.d/disable: stdin\n");
	CHECK("Ignoring: '/etc/apparmor.d/x.d/n~'\nCache read/write disabled: interface file "
	      "missing. (Kernel needs AppArmor 2.4 compatibility patch.)\n\n",
		"", "");
}

UNIT_TEST(message_of_anything)
{
	CHECK("", "", "");
	CHECK("no newline", "", "other 0/0   |no newline\n");
	CHECK("AppArmor parser error\n", "", "other 0/0   |AppArmor parser error\n");
	CHECK("AppArmor parser error at line x: y\n", "", "syntax 0/0   |y\n");
	CHECK("AppArmor parser error at line 99999999999: y\n", "", "syntax 999999999/0   |y\n");
	CHECK("Warning from profile\n", "", "other 0/0   |Warning from profile\n");
	CHECK("Warning from profile a\n", "", "other 0/0   |Warning from profile a\n");
	CHECK("Unable to parse input line\n", "", "other 0/0   |Unable to parse input line\n");
	CHECK("Unable to parse input line '\n", "", "glob 0/0   |Unable to parse input line '\n");
	CHECK("Regex grouping error: x\n", "", "glob 0/0   |x\n");
	CHECK("ERROR  for profile , failed to load\n", "",
		"other 0/0   |ERROR  for profile , failed to load\n");
}

UNIT_TEST(message_number_is_limited)
{
	struct arena arena;
	arena_init(&arena, test_out_of_memory);
	struct buf output = buf_new(&arena);
	for (int i = 0; i < 5000; i++)
		buf_printf(&output, "message %d\n", i);
	size_t count = 0;
	for (const struct parser_message *message = parser_messages_read(
		     &arena, buf_slice(&output), SLICE("/dev/stdin"), SLICE(""));
		message; message = message->next)
		count++;
	CU_ASSERT_EQUAL(count, PARSER_MESSAGES_MOST);
	arena_free(&arena);
}

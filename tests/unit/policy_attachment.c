/*
 * Attachments: hand-picked pairs. That the answers are the kernel's is the business of
 * tests/unit/analysis_attachment.c and of tests/vm/cases/56-attachment-order.sh.
 */

#include "policy/glob/attachment.h"
#include "tests/unit/unit.h"

static struct arena arena;

static struct attachment read_one(const char *text, bool is_name)
{
	const char *error = "";
	struct attachment attachment = {0};
	CU_ASSERT_TRUE_FATAL(attachment_read(
		&arena, &limits_default, slice_str(text), is_name, &attachment, &error));
	return attachment;
}

/* Prefixed with '=': the profile's name. */
static struct attachment given(const char *text)
{
	return read_one(text + (text[0] == '='), text[0] == '=');
}

static const char *const order_names[] = {"apart", "first", "second", "neither", "varies"};

UNIT_TEST(attachment_pairs)
{
	static const struct {
		const char *a, *b;
		enum attachment_order order;
		const char *witness; /* NULL: any that both match */
	} cases[] = {
		{"/usr/bin/foo", "/usr/bin/bar", ATTACHMENT_APART, ""},
		{"/usr/bin/foo", "/usr/bin/foo", ATTACHMENT_NEITHER, "/usr/bin/foo"},
		{"=/usr/bin/foo", "/usr/bin/foo", ATTACHMENT_FIRST, "/usr/bin/foo"},
		{"=/usr/bin/foo", "/usr/bin/*", ATTACHMENT_FIRST, "/usr/bin/foo"},
		{"/usr/**", "=/usr/bin/foo", ATTACHMENT_SECOND, "/usr/bin/foo"},
		{"=/usr/bin/foo", "=/usr/bin/foo", ATTACHMENT_NEITHER, "/usr/bin/foo"},
		{"=/usr/bin/foo", "=/usr/bin/bar", ATTACHMENT_APART, ""},
		{"=/usr/bin/*", "/usr/bin/foo", ATTACHMENT_SECOND, "/usr/bin/foo"},
		{"=/a\\*b", "/a\\*b", ATTACHMENT_APART, ""},
		{"/usr/bin/foo", "/usr/bin/*", ATTACHMENT_FIRST, "/usr/bin/foo"},
		{"/usr/bin/w", "/usr/bin/*", ATTACHMENT_NEITHER, "/usr/bin/w"},
		{"/usr/bin/*", "/usr/**", ATTACHMENT_FIRST, NULL},
		{"/usr/bin/*", "/usr/bin/*", ATTACHMENT_NEITHER, "/usr/bin/a"},
		{"/usr/bin/*", "/usr/*/foo", ATTACHMENT_FIRST, "/usr/bin/foo"},
		{"/u/{ab*,b*}", "/u/{a*,bb*}", ATTACHMENT_VARIES, NULL},
		{"/usr/bin/*", "/usr/sbin/*", ATTACHMENT_APART, ""},
		{"/usr/bin/foo", "/usr/bin/foo{,bar}", ATTACHMENT_NEITHER, "/usr/bin/foo"},
		{"/usr/bin/foobar", "/usr/bin/foo{,bar}", ATTACHMENT_NEITHER, "/usr/bin/foobar"},
		{"/usr/bin/foo", "/{,usr/}bin/foo", ATTACHMENT_NEITHER, "/usr/bin/foo"},
		{"/bin/foo", "/{,usr/}bin/foo", ATTACHMENT_NEITHER, "/bin/foo"},
		{"/{,usr/}bin/foo", "/usr/bin/*", ATTACHMENT_FIRST, "/usr/bin/foo"},
		{"/{,usr/}bin/foo", "/**", ATTACHMENT_FIRST, NULL},
		{"/{,usr/}bin/{foo,bar}", "/{,usr/}bin/{bar,baz}", ATTACHMENT_NEITHER, NULL},
		{"/usr/lib/**", "/usr/lib/*/foo", ATTACHMENT_NEITHER, NULL},
		{"/usr/lib/x/*", "/usr/lib/**", ATTACHMENT_FIRST, NULL},
		{"/usr/bin/*foo", "/usr/bin/afoo", ATTACHMENT_SECOND, "/usr/bin/afoo"},
		{"/usr/bin/*foo", "/usr/bin/foo", ATTACHMENT_NEITHER, "/usr/bin/foo"},
		{"/usr/bin/python3*", "/usr/bin/python3.11", ATTACHMENT_SECOND, NULL},
		{"/usr/bin/python3*", "/usr/bin/python3", ATTACHMENT_NEITHER, "/usr/bin/python3"},
		{"/usr/bin/python3{,.[0-9]*}", "/usr/bin/python*", ATTACHMENT_FIRST, NULL},
		{"/usr/bin/[a-f]oo", "/usr/bin/[d-z]oo", ATTACHMENT_NEITHER, "/usr/bin/doo"},
		{"/usr/bin/{a,b}", "/usr/bin/?", ATTACHMENT_NEITHER, "/usr/bin/a"},
		{"/opt/[^a]*", "/opt/a*", ATTACHMENT_APART, ""},
		{"/opt/*/", "/opt/**/", ATTACHMENT_APART, ""},
		{"/opt/a/", "/opt/**", ATTACHMENT_APART, ""},
	};
	arena_init(&arena, test_out_of_memory);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct attachment a = given(cases[i].a), b = given(cases[i].b);
		struct slice witness;
		enum attachment_order order =
			attachment_compare(&arena, &limits_default, &a, &b, &witness);
		CU_ASSERT_STRING_EQUAL(order_names[order], order_names[cases[i].order]);
		if (order != cases[i].order)
			printf("\n%s %s: %s\n", cases[i].a, cases[i].b, order_names[order]);
		CU_ASSERT_EQUAL(order == ATTACHMENT_APART, witness.len == 0);
		if (cases[i].witness)
			CU_ASSERT_TRUE(slice_is(witness, cases[i].witness));
		if (order != ATTACHMENT_APART)
			CU_ASSERT_TRUE(
				attachment_matches(&a, witness) && attachment_matches(&b, witness));
		int winner =
			order == ATTACHMENT_APART ? 0 : attachment_compare_for(&a, &b, witness);
		if (order == ATTACHMENT_FIRST || order == ATTACHMENT_SECOND)
			CU_ASSERT_EQUAL(winner, order == ATTACHMENT_FIRST ? -1 : 1);
		if (order == ATTACHMENT_NEITHER)
			CU_ASSERT_EQUAL(winner, 0);
	}
	arena_free(&arena);
}

UNIT_TEST(attachment_names)
{
	static const struct {
		const char *attachment, *name;
	} cases[] = {
		{"/usr/bin/foo", "foo"},
		{"=/usr/bin/foo", "foo"},
		{"/{,usr/}bin/foo", "foo"},
		{"/opt/*/bin/foo", "foo"},
		{"/usr/bin/foo*", ""},
		{"/usr/bin/*foo", ""},
		{"/usr/bin/{foo,bar}", ""},
		{"/usr/bin{,/foo}", ""},
		{"/usr/**", ""},
	};
	arena_init(&arena, test_out_of_memory);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct attachment attachment = given(cases[i].attachment);
		CU_ASSERT_TRUE(slice_is(attachment_program_name(&attachment), cases[i].name));
	}
	arena_free(&arena);
}

UNIT_TEST(attachment_refuses)
{
	arena_init(&arena, test_out_of_memory);
	struct attachment attachment;
	const char *error = "";
	CU_ASSERT_FALSE(attachment_read(
		&arena, &limits_default, slice_str("usr"), true, &attachment, &error));
	CU_ASSERT_STRING_EQUAL(error, "it does not start with '/'");
	CU_ASSERT_FALSE(attachment_read(
		&arena, &limits_default, slice_str("/a{b"), false, &attachment, &error));
	CU_ASSERT_STRING_EQUAL(error, "missing '}'");
	CU_ASSERT_FALSE(attachment_read(
		&arena, &limits_default, slice_str(""), false, &attachment, &error));
	arena_free(&arena);
}

/* Too complex for the limits: said to vary, never claimed. */
UNIT_TEST(attachment_limits)
{
	struct limits limits = limits_default;
	struct slice witness;
	arena_init(&arena, test_out_of_memory);
	const char *error;
	struct attachment a, b = given("/usr/bin/foo"), c = given("/usr/bin/b*");
	limits.glob_states = 5;
	CU_ASSERT_TRUE_FATAL(
		attachment_read(&arena, &limits, slice_str("/usr/bin/*"), false, &a, &error));
	CU_ASSERT_EQUAL(attachment_compare(&arena, &limits, &a, &b, &witness), ATTACHMENT_VARIES);
	CU_ASSERT_TRUE(slice_is(witness, "/usr/bin/foo"));
	CU_ASSERT_EQUAL(attachment_compare(&arena, &limits, &a, &c, &witness), ATTACHMENT_VARIES);
	CU_ASSERT_EQUAL(attachment_compare_for(&a, &b, slice_str("/usr/bin/foo")), 0);
	arena_free(&arena);
}

/* What others leave: "" is nothing, NULL any program that is not theirs. */
UNIT_TEST(attachment_leaves_programs)
{
	static const struct {
		const char *a, *by[3], *left;
	} cases[] = {
		{"/opt/a", {NULL}, "/opt/a"},
		{"/opt/a", {"/opt/a"}, ""},
		{"/opt/a", {"=/opt/a"}, ""},
		{"/opt/a", {"/opt/*"}, ""},
		{"=/opt/a", {"/opt/b*", "/opt/aa"}, "/opt/a"},
		{"=/opt/a", {"/opt/{a,b}"}, ""},
		{"/opt/o*", {"/opt/one"}, NULL},
		{"/opt/o*", {"/opt/on*", "/opt/one"}, NULL},
		{"/opt/o*", {"/opt/o", "/opt/o?*"}, ""},
		{"/opt/o*", {"/opt/o", "/opt/o?", "/opt/o??*"}, ""},
		{"/opt/{a,b}", {"/opt/a", "/opt/b"}, ""},
		{"/opt/{a,b}", {"/opt/a", "=/opt/c"}, "/opt/b"},
		{"/opt/*", {"/opt/**"}, ""},
		{"/opt/**", {"/opt/*"}, NULL},
		{"/opt/[a-c]", {"/opt/[ab]", "/opt/d*"}, "/opt/c"},
	};
	arena_init(&arena, test_out_of_memory);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct attachment a = given(cases[i].a), others[3];
		const struct attachment *by[3];
		struct slice program = {0};
		size_t count = 0;
		for (; count < 3 && cases[i].by[count]; count++) {
			others[count] = given(cases[i].by[count]);
			by[count] = &others[count];
		}
		bool leaves = attachment_leaves(&arena, &limits_default, &a, by, count, &program);
		CU_ASSERT_EQUAL(leaves, !cases[i].left || cases[i].left[0]);
		if (leaves && cases[i].left)
			CU_ASSERT_TRUE(slice_is(program, cases[i].left));
		CU_ASSERT_TRUE(!leaves || attachment_matches(&a, program));
		for (size_t k = 0; leaves && k < count; k++)
			CU_ASSERT_FALSE(attachment_matches(by[k], program));
	}
	arena_free(&arena);
}

/* The one program that is left is found beside many others; beside too many nothing is claimed. */
UNIT_TEST(attachment_leaves_many)
{
	enum { MANY = 70 };
	struct attachment a, others[MANY];
	const struct attachment *by[MANY];
	struct limits limits = limits_default;
	struct slice program;
	arena_init(&arena, test_out_of_memory);
	a = given("/opt/[A-Z]");
	for (int i = 0; i < MANY; i++) {
		char letter = (char)('A' + i);
		others[i] = given(i < 25 ? arena_printf(&arena, "/opt/%c*", letter).at
					 : arena_printf(&arena, "/opt/%d", i).at);
		by[i] = &others[i];
	}
	CU_ASSERT_TRUE(attachment_leaves(&arena, &limits_default, &a, by, MANY, &program));
	CU_ASSERT_TRUE(slice_is(program, "/opt/Z"));
	by[30] = by[69] = &a;
	CU_ASSERT_FALSE(attachment_leaves(&arena, &limits_default, &a, by, MANY, &program));
	limits.glob_states = 3;
	CU_ASSERT_FALSE(attachment_leaves(&arena, &limits, &a, by, 1, &program));
	arena_free(&arena);
}

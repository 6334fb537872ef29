#include "analysis/expect.h"
#include "parser/parser.h"
#include "policy/names/names.h"
#include "policy/read.h"
#include "tests/unit/analysis_compile.h"
#include "tests/unit/unit.h"

static const char policy_text[] = "profile web {\n"
				  "  /tmp/** rw,\n"
				  "  deny /tmp/no/** w,\n"
				  "  owner /home/** r,\n"
				  "  /log a,\n"
				  "  /bin/sh ix,\n"
				  "  /bin/helper cx -> worker,\n"
				  "  /bin/other px -> other,\n"
				  "  /bin/else pix -> other,\n"
				  "  /bin/free ux,\n"
				  "  /bin/maybe pux,\n"
				  "  network inet stream,\n"
				  "  network inet6,\n"
				  "  capability kill,\n"
				  "  profile worker { }\n"
				  "}\n";

struct world {
	struct unit unit;
	struct policy policy;
	const struct rulebook *book;
	const struct compiled_profile *compiled;
};

static void world_make(struct world *world)
{
	struct statement *first;
	unit_init(&world->unit, NULL, test_out_of_memory);
	struct unit *unit = &world->unit;
	const struct source *source =
		sources_add(&unit->sources, SLICE("web"), slice_str(policy_text), 1);
	CU_ASSERT_TRUE_FATAL(parse_policy(unit, source, &first));
	CU_ASSERT_TRUE_FATAL(policy_read(unit, first, ORIGIN_DESCRIPTION, NULL, &world->policy));
	const struct profile *profile = world->policy.profiles;
	struct scope *scope = scope_new(unit, &world->policy.preamble, profile->name);
	world->book = rulebook_new(unit, scope, &world->policy.preamble, profile);
	world->compiled = compiled_find(test_compile(&unit->arena, policy_text), SLICE("web"));
	CU_ASSERT_PTR_NOT_NULL_FATAL(world->compiled);
}

/* Runs one assertion; the diagnostics stay in the unit. */
static bool passes(struct world *world, struct expectation expectation)
{
	const struct expect_result *results;
	size_t count;
	expectation.span = span_of(1, 2);
	diags_reset(&world->unit.diags);
	bool passed = expect_run(
		&world->unit, world->compiled, world->book, &expectation, &results, &count);
	CU_ASSERT_EQUAL(count, 1);
	CU_ASSERT_EQUAL(results[0].passed, passed);
	CU_ASSERT_EQUAL(world->unit.diags.errors, passed ? 0 : 1);
	if (!passed)
		CU_ASSERT_EQUAL(world->unit.diags.first->id, DIAG_EXPECT_FAILED);
	return passed;
}

static struct expectation file(bool allow, const char *path, unsigned perms)
{
	return (struct expectation){.allow = allow,
		.kind = EXPECT_FILE,
		.text = SLICE("PATH PERMS"),
		.path = slice_str(path),
		.perms = perms};
}

static struct expectation exec(bool allow, const char *path)
{
	return (struct expectation){.allow = allow,
		.kind = EXPECT_EXEC,
		.text = SLICE("exec PATH"),
		.path = slice_str(path)};
}

static struct expectation exec_as(bool allow, const char *path, enum exec_as as, const char *name)
{
	struct expectation expectation = exec(allow, path);
	expectation.has_as = true;
	expectation.as = as;
	expectation.as_name = slice_str(name);
	return expectation;
}

UNIT_TEST(expect_files)
{
	struct world world;
	world_make(&world);
	CU_ASSERT_TRUE(passes(&world, file(true, "/tmp/x", PERM_READ | PERM_WRITE)));
	CU_ASSERT_FALSE(passes(&world, file(true, "/tmp/x", PERM_READ | PERM_LOCK)));
	CU_ASSERT_TRUE(passes(&world, file(false, "/tmp/no/x", PERM_WRITE | PERM_LOCK)));
	CU_ASSERT_FALSE(passes(&world, file(false, "/tmp/no/x", PERM_WRITE | PERM_READ)));
	CU_ASSERT_FALSE(passes(&world, file(true, "/tmp/no/x", PERM_WRITE)));
	CU_ASSERT_TRUE(passes(&world, file(true, "/log", PERM_APPEND)));
	CU_ASSERT_FALSE(passes(&world, file(true, "/log", PERM_WRITE)));
	CU_ASSERT_TRUE(passes(&world, file(false, "/log", PERM_WRITE)));
	unit_free(&world.unit);
}

UNIT_TEST(expect_owner_and_other)
{
	struct world world;
	world_make(&world);
	struct expectation expectation = file(true, "/home/x", PERM_READ);
	CU_ASSERT_FALSE(passes(&world, expectation)); /* others may not */
	expectation.only_owner = true;
	CU_ASSERT_TRUE(passes(&world, expectation));
	expectation.only_owner = false;
	expectation.only_other = true;
	CU_ASSERT_FALSE(passes(&world, expectation));
	expectation.allow = false;
	CU_ASSERT_TRUE(passes(&world, expectation));
	expectation.only_other = false;
	CU_ASSERT_FALSE(passes(&world, expectation)); /* the owner may */
	unit_free(&world.unit);
}

UNIT_TEST(expect_exec)
{
	struct world world;
	world_make(&world);
	CU_ASSERT_TRUE(passes(&world, exec(true, "/bin/sh")));
	CU_ASSERT_FALSE(passes(&world, exec(false, "/bin/sh")));
	CU_ASSERT_TRUE(passes(&world, exec(false, "/bin/none")));
	CU_ASSERT_TRUE(passes(&world, exec_as(true, "/bin/sh", EXEC_AS_INHERIT, "")));
	CU_ASSERT_FALSE(passes(&world, exec_as(true, "/bin/sh", EXEC_AS_UNCONFINED, "")));
	CU_ASSERT_TRUE(passes(&world, exec_as(true, "/bin/helper", EXEC_AS_CHILD, "worker")));
	CU_ASSERT_FALSE(passes(&world, exec_as(true, "/bin/helper", EXEC_AS_CHILD, "other")));
	CU_ASSERT_TRUE(passes(&world, exec_as(true, "/bin/other", EXEC_AS_PROFILE, "other")));
	CU_ASSERT_TRUE(passes(&world, exec_as(true, "/bin/free", EXEC_AS_UNCONFINED, "")));
	/* A fallback is not the transition, but it is possible. */
	CU_ASSERT_FALSE(passes(&world, exec_as(true, "/bin/else", EXEC_AS_PROFILE, "other")));
	CU_ASSERT_FALSE(passes(&world, exec_as(false, "/bin/else", EXEC_AS_INHERIT, "")));
	CU_ASSERT_FALSE(passes(&world, exec_as(false, "/bin/maybe", EXEC_AS_UNCONFINED, "")));
	CU_ASSERT_TRUE(passes(&world, exec_as(false, "/bin/else", EXEC_AS_UNCONFINED, "")));
	CU_ASSERT_TRUE(passes(&world, exec_as(false, "/bin/none", EXEC_AS_INHERIT, "")));
	unit_free(&world.unit);
}

static struct expectation network(bool allow, const char *family, const char *type)
{
	return (struct expectation){.allow = allow,
		.kind = EXPECT_NETWORK,
		.text = SLICE("network FAMILY"),
		.family = family,
		.type = type};
}

UNIT_TEST(expect_sockets_and_capabilities)
{
	struct world world;
	world_make(&world);
	CU_ASSERT_TRUE(passes(&world, network(true, "inet", "stream")));
	CU_ASSERT_FALSE(passes(&world, network(true, "inet", NULL)));
	CU_ASSERT_FALSE(passes(&world, network(false, "inet", NULL)));
	CU_ASSERT_TRUE(passes(&world, network(true, "inet6", NULL)));
	CU_ASSERT_TRUE(passes(&world, network(false, "netlink", NULL)));
	struct expectation capability = {.allow = true,
		.kind = EXPECT_CAPABILITY,
		.text = SLICE("capability"),
		.capability = 5};
	CU_ASSERT_TRUE(passes(&world, capability));
	capability.capability = 21;
	CU_ASSERT_FALSE(passes(&world, capability));
	capability.allow = false;
	CU_ASSERT_TRUE(passes(&world, capability));
	unit_free(&world.unit);
}

UNIT_TEST(expect_names_the_deciding_rule)
{
	struct world world;
	world_make(&world);
	struct expectation expectation = file(true, "/tmp/no/x", PERM_WRITE);
	expectation.text = SLICE("/tmp/no/x w");
	CU_ASSERT_FALSE(passes(&world, expectation));
	const struct diag *diag = world.unit.diags.first;
	CU_ASSERT_TRUE(slice_is(diag->message,
		"'/tmp/no/x w' is expected to be allowed, but the compiled policy refuses 'w' to "
		"everyone: on '/tmp/no/x' 'r' is allowed"));
	CU_ASSERT_TRUE(slice_is(diag->second_message, "'deny /tmp/no/** w' refuses it"));
	CU_ASSERT_TRUE(slice_starts(
		sources_text(&world.unit.sources, diag->second), SLICE("deny /tmp/no/** w")));
	CU_ASSERT_FALSE(passes(&world, file(true, "/nowhere", PERM_READ)));
	diag = world.unit.diags.first;
	CU_ASSERT_TRUE(span_none(diag->second));
	CU_ASSERT_TRUE(slice_starts(diag->help, SLICE("no rule allows it")));
	unit_free(&world.unit);
}

/* A rulebook of another text than the compiled one: both readings cannot be right. */
UNIT_TEST(expect_reports_disagreement)
{
	const struct expect_result *results;
	size_t count;
	struct world world;
	world_make(&world);
	world.compiled = test_compile(&world.unit.arena, "profile web { /tmp/** r, }");
	struct expectation expectation = file(true, "/tmp/x", PERM_READ | PERM_WRITE);
	CU_ASSERT_FALSE(expect_run(
		&world.unit, world.compiled, world.book, &expectation, &results, &count));
	bool found = false;
	for (const struct diag *diag = world.unit.diags.first; diag; diag = diag->next)
		found |= diag->id == DIAG_DISAGREEMENT;
	CU_ASSERT_TRUE(found);
	unit_free(&world.unit);
}

#include "analysis/attribute.h"
#include "parser/parser.h"
#include "policy/names/names.h"
#include "policy/print.h"
#include "policy/read.h"
#include "tests/unit/analysis_compile.h"
#include "tests/unit/unit.h"

#include <stdio.h>

static const char policy_text[] = "@{DIR}=/srv /data\n"
				  "alias /old/ -> /new/,\n"
				  "profile web {\n"
				  "  /a* r,\n"
				  "  /a/** rwk,\n"
				  "  deny /a/b/** wl,\n"
				  "  owner /o/** rw,\n"
				  "  deny owner /o/secret r,\n"
				  "  audit @{DIR}/*.{txt,md} ra,\n"
				  "  /bin/* ix,\n"
				  "  /bin/sh px -> shell,\n"
				  "  /bin/x/[ab]c cix,\n"
				  "  deny /bin/no x,\n"
				  "  /old/** rl,\n"
				  "  link /l -> /a*,\n"
				  "  /deep/{x,y/*}/** mr,\n"
				  "  network inet tcp,\n"
				  "  network inet6,\n"
				  "  deny network inet6 raw,\n"
				  "  network netlink,\n"
				  "  network stream,\n"
				  "  capability net_admin net_raw,\n"
				  "  deny capability net_raw,\n"
				  "  capability sys_chroot,\n"
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
	world->compiled = test_compile(&unit->arena, policy_text);
}

static bool prints_as(struct world *world, const struct rule *rule, const char *text)
{
	struct buf buf = buf_new(&world->unit.arena);
	if (!rule)
		return text == NULL;
	rule_print(rule, &buf);
	return text && slice_is(buf_slice(&buf), text);
}

UNIT_TEST(attribute_names_the_deciding_rule)
{
	static const struct {
		const char *path;
		bool owner;
		enum perm perm;
		bool allowed;
		const char *rule;
	} cases[] = {
		{"/abc", true, PERM_READ, true, "/a* r"},
		{"/abc", true, PERM_WRITE, false, NULL},
		{"/a/x", false, PERM_WRITE, true, "/a/** rwk"},
		{"/a/x", false, PERM_APPEND, true, "/a/** rwk"},
		{"/a/b/c", false, PERM_WRITE, false, "deny /a/b/** wl"},
		{"/a/b/c", false, PERM_LOCK, true, "/a/** rwk"},
		{"/o/x", true, PERM_WRITE, true, "owner /o/** rw"},
		{"/o/x", false, PERM_WRITE, false, NULL},
		{"/o/secret", true, PERM_READ, false, "deny owner /o/secret r"},
		{"/data/x.md", true, PERM_APPEND, true, "audit @{DIR}/*.{txt,md} ra"},
		{"/new/x", true, PERM_READ, true, "/old/** rl"},
		{"/nowhere", true, PERM_READ, false, NULL},
	};
	struct world world;
	world_make(&world);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct attribution found = attribute_file(&world.unit.arena, world.book,
			slice_str(cases[i].path), cases[i].owner, cases[i].perm);
		CU_ASSERT_EQUAL(found.allowed, cases[i].allowed);
		CU_ASSERT_FALSE(found.uncertain);
		CU_ASSERT_TRUE(prints_as(&world, attribution_decides(&found), cases[i].rule));
	}
	unit_free(&world.unit);
}

UNIT_TEST(attribute_tells_the_transition)
{
	static const struct {
		const char *path, *rule;
	} cases[] = {
		{"/bin/x", "/bin/* ix"},
		{"/bin/sh", "/bin/sh px -> shell"},
		{"/bin/no", NULL},
		{"/usr/x", NULL},
	};
	struct world world;
	world_make(&world);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct attribution found = attribute_file(
			&world.unit.arena, world.book, slice_str(cases[i].path), true, PERM_EXEC);
		CU_ASSERT_TRUE(
			prints_as(&world, found.exec ? &found.exec->head : NULL, cases[i].rule));
	}
	unit_free(&world.unit);
}

/* Every path that can be made of two or three of these. */
static const char *const parts[] = {"/", "a", "b", "/b/", "o", "secret", "srv", "x.txt", "bin",
	"sh", "ac", "no", "old", "new", "l", "deep", "x", "y/z", "data"};

#define PARTS (sizeof(parts) / sizeof(parts[0]))

static size_t disagreements(struct world *world, struct slice path)
{
	static const enum perm perms[] = {
		PERM_READ, PERM_WRITE, PERM_APPEND, PERM_LINK, PERM_LOCK, PERM_MMAP, PERM_EXEC};
	struct arena scratch;
	size_t wrong = 0;
	arena_init(&scratch, test_out_of_memory);
	for (int owner = 0; owner < 2; owner++) {
		unsigned allowed = decide_file(world->compiled, path, owner).allowed;
		if (!decide_links(&scratch, world->compiled, path, owner).allowed)
			allowed &= ~(unsigned)PERM_LINK;
		for (size_t i = 0; i < sizeof(perms) / sizeof(perms[0]); i++) {
			struct attribution found =
				attribute_file(&scratch, world->book, path, owner, perms[i]);
			if (!found.uncertain)
				wrong += found.allowed != !!(allowed & perms[i]);
		}
	}
	arena_free(&scratch);
	return wrong;
}

UNIT_TEST(attribute_agrees_with_the_binary)
{
	struct world world;
	size_t wrong = 0;
	world_make(&world);
	for (size_t i = 0; i < PARTS * PARTS * PARTS; i++) {
		char path[64];
		int len = snprintf(path, sizeof(path), "/%s%s/%s", parts[i % PARTS],
			parts[i / PARTS % PARTS], parts[i / PARTS / PARTS]);
		wrong += disagreements(&world, slice_of(path, (size_t)len));
		wrong += disagreements(&world, slice_of(path, (size_t)len - 1));
	}
	CU_ASSERT_EQUAL(wrong, 0);
	unit_free(&world.unit);
}

UNIT_TEST(attribute_sockets_agree_with_the_binary)
{
	struct world world;
	world_make(&world);
	for (size_t i = 0; i < names_families.count; i++)
		for (size_t j = 0; j < names_types.count; j++) {
			const struct name *family = &names_families.names[i];
			const struct name *type = &names_types.names[j];
			struct attribution found = attribute_network(
				&world.unit.arena, world.book, family->name, type->name);
			struct decision decision = decide_network(world.compiled,
				(unsigned)family->number, (unsigned)type->number, 0);
			CU_ASSERT_FALSE(found.uncertain);
			CU_ASSERT_EQUAL(found.allowed, decision.allowed);
		}
	struct attribution found = attribute_network(&world.unit.arena, world.book, "inet6", "raw");
	CU_ASSERT_TRUE(prints_as(&world, attribution_decides(&found), "deny network inet6 raw"));
	unit_free(&world.unit);
}

UNIT_TEST(attribute_capabilities_agree_with_the_binary)
{
	struct world world;
	world_make(&world);
	for (int capability = 0; capability < 64; capability++) {
		struct attribution found =
			attribute_capability(&world.unit.arena, world.book, capability);
		CU_ASSERT_EQUAL(
			found.allowed, decide_capability(world.compiled, capability).allowed);
	}
	struct attribution found = attribute_capability(&world.unit.arena, world.book, 13);
	CU_ASSERT_TRUE(prints_as(&world, attribution_decides(&found), "deny capability net_raw"));
	unit_free(&world.unit);
}

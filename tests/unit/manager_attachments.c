#include "manager/host/contest.h"
#include "tests/unit/manager_world.h"
#include "tests/unit/unit.h"

static bool is(const struct scan *scan, size_t at, const char *name, const char *attachment)
{
	return at < scan->count && slice_is(scan->items[at].name, name) &&
	       slice_is(scan->items[at].attachment, attachment);
}

static bool skips(const void *context, struct slice file)
{
	return slice_is(file, context);
}

UNIT_TEST(scan_resolves_attachments)
{
	struct world world;
	struct scan scan;
	world_begin(&world);
	place_put(&world.place, "etc/apparmor.d/tunables/global", "@{bin}=/{,usr/}bin\n");
	place_put(&world.place, "etc/apparmor.d/a",
		"include <tunables/global>\n@{exec_path}=@{bin}/a\n@{exec_path}+=/opt/a\n"
		"profile a @{exec_path} flags=(complain) { /x r, }\nprofile b @{nowhere}/b { }\n");
	place_put(&world.place, "etc/apparmor.d/c",
		"profile :tenant:c /c { }\n/usr/bin/d { }\nprofile \"e e\" \"/e e\" { }\n");
	place_put(&world.place, "etc/apparmor.d/off", "profile off /off { }\n");
	place_put(&world.place, "etc/apparmor.d/disable/off", "");
	place_put(&world.place, "etc/apparmor.d/force-complain/c", "");
	place_put(&world.place, "etc/apparmor.d/mine", "profile mine /mine { }\n");
	scan_attachments(&world.places, skips, "mine", &world.arena, &scan);
	CU_ASSERT_EQUAL_FATAL(scan.count, 5);
	CU_ASSERT_TRUE(is(&scan, 0, "/usr/bin/d", ""));
	CU_ASSERT_TRUE(is(&scan, 1, "a", "{/{,usr/}bin/a,/opt/a}"));
	CU_ASSERT_TRUE(is(&scan, 2, "b", "@{nowhere}/b") && scan.items[2].is_unresolved);
	CU_ASSERT_TRUE(is(&scan, 3, "c", "/c") && slice_is(scan.items[3].namespace, "tenant"));
	CU_ASSERT_TRUE(is(&scan, 4, "e e", "/e e"));
	CU_ASSERT_TRUE(scan.items[4].is_forced_complain && !scan.items[1].is_forced_complain);
	world_end(&world);
}

UNIT_TEST(scan_follows_includes)
{
	struct world world;
	struct scan scan;
	world_begin(&world);
	place_put(&world.place, "etc/apparmor.d/tunables/global", "@{bin}=/{,usr/}bin\n");
	place_put(&world.place, "etc/apparmor.d/plain", "include <tunables/global>\n");
	place_put(&world.place, "etc/apparmor.d/two",
		"include <tunables/global>\n@{exec_path}=/opt/x\ninclude <inc.d>\n#include \"inc.d/one\"\n"
		"include if exists <nothing>\nprofile own /own { include <deep/inside> }\n");
	place_put(&world.place, "etc/apparmor.d/inc.d/one", "profile one @{exec_path} { }\n");
	place_put(&world.place, "etc/apparmor.d/inc.d/two",
		"include <tunables/global>\ninclude <deep/er>\nprofile two @{bin}/two { }\n");
	place_put(&world.place, "etc/apparmor.d/deep/er",
		"include <deep/er>\ninclude <inc.d>\nprofile deep /deep { }\n");
	place_put(&world.place, "etc/apparmor.d/deep/inside", "profile child /child { }\n");
	place_put(&world.place, "etc/apparmor.d/zwei", "include <deep/er>\n");
	scan_attachments(&world.places, NULL, NULL, &world.arena, &scan);
	CU_ASSERT_EQUAL_FATAL(scan.count, 7);
	for (size_t i = 0; i < 2; i++) {
		const char *file = i ? "zwei" : "two";
		CU_ASSERT_TRUE(is(&scan, i, "deep", "/deep"));
		CU_ASSERT_TRUE(slice_is(scan.items[i].file, file));
		CU_ASSERT_TRUE(is(&scan, 5 + i, "two", "/{,usr/}bin/two"));
		CU_ASSERT_TRUE(slice_is(scan.items[5 + i].file, file));
	}
	CU_ASSERT_TRUE(is(&scan, 2, "one", "/opt/x"));
	CU_ASSERT_TRUE(is(&scan, 3, "one", "@{exec_path}") && scan.items[3].is_unresolved);
	CU_ASSERT_TRUE(is(&scan, 4, "own", "/own"));
	world_end(&world);
}

static struct start ask(
	const struct attachments *attachments, const char *program, const char *name)
{
	return attachments_start(attachments, slice_str(program), slice_str(name));
}

static bool other_is(const struct start *start, enum start_kind kind, const char *name)
{
	return start->kind == kind && start->other && slice_is(start->other->name, name);
}

UNIT_TEST(attachments_tell_who_starts)
{
	struct loaded_profile profiles[] = {
		{.name = SLICE("/usr/bin/name"), .attach = SLICE("/usr/bin/name")},
		{.name = SLICE("dark"), .attach = SLICE("<unknown>")},
		{.name = SLICE("exact"), .attach = SLICE("/usr/bin/web")},
		{.name = SLICE("exact//kid"), .attach = SLICE("/usr/bin/many")},
		{.name = SLICE("file"), .attach = SLICE("<unknown>")},
		{.name = SLICE("many"), .attach = SLICE("/usr/bin/*")},
		{.name = SLICE("none"), .attach = SLICE("none")},
		{.name = SLICE("one"), .attach = SLICE("/usr/bin/two")},
		{.name = SLICE("tenant"), .namespace = SLICE("t"), .attach = SLICE("/usr/bin/web")},
		{.name = SLICE("two"), .attach = SLICE("/usr/bin/{two,xxx}")},
	};
	struct loaded loaded = {.profiles = profiles, .count = 10};
	struct attachments_how how = {.loaded = &loaded, .namespace = SLICE("")};
	struct attachments attachments;
	struct world world;
	world_begin(&world);
	place_put(&world.place, "etc/apparmor.d/of.file", "profile file /usr/bin/file { }\n");
	place_put(&world.place, "etc/apparmor.d/boot", "profile boot /usr/bin/web { }\n");
	attachments_read(&world.places, &how, &world.arena, &attachments);
	struct start start = ask(&attachments, "/usr/bin/web", "exact");
	CU_ASSERT_EQUAL(start.kind, START_ATTACHED);
	CU_ASSERT_TRUE(start.unknown && slice_is(start.unknown->name, "dark"));
	start = ask(&attachments, "/usr/bin/web", "many");
	CU_ASSERT_TRUE(other_is(&start, START_OTHER, "exact"));
	start = ask(&attachments, "/usr/bin/name", "many");
	CU_ASSERT_TRUE(other_is(&start, START_OTHER, "/usr/bin/name"));
	start = ask(&attachments, "/usr/bin/two", "two");
	CU_ASSERT_TRUE(other_is(&start, START_NOBODY, "one"));
	start = ask(&attachments, "/usr/bin/two", "one");
	CU_ASSERT_TRUE(other_is(&start, START_NOBODY, "two"));
	start = ask(&attachments, "/usr/bin/file", "file");
	CU_ASSERT_EQUAL(start.kind, START_ATTACHED);
	start = ask(&attachments, "/usr/bin/many", "many");
	CU_ASSERT_EQUAL(start.kind, START_ATTACHED);
	CU_ASSERT_EQUAL(ask(&attachments, "/sbin/none", "none").kind, START_UNMATCHED);
	const struct contender *file = attachments_loaded(&attachments, SLICE("file"));
	struct slice *programs;
	size_t count;
	CU_ASSERT_PTR_NOT_NULL_FATAL(file);
	CU_ASSERT_TRUE(slice_is(file->file, "of.file"));
	CU_ASSERT_TRUE(contender_programs(&world.arena, file, &programs, &count) && count == 1 &&
		       slice_is(programs[0], "/usr/bin/file"));
	CU_ASSERT_PTR_NULL(attachments_loaded(&attachments, SLICE("none")));
	CU_ASSERT_PTR_NULL(attachments_loaded(&attachments, SLICE("boot")));
	CU_ASSERT_PTR_NOT_NULL(attachments_defined(&attachments, SLICE("boot"), SLICE("")));
	CU_ASSERT_PTR_NULL(attachments_defined(&attachments, SLICE("boot"), SLICE("boot")));
	world_end(&world);
}

/* What is left to a pattern, of the kernel's attachments and of a file's. */
UNIT_TEST(attachments_tell_what_is_left)
{
	struct loaded_profile profiles[] = {
		{.name = SLICE("/opt/one"), .attach = SLICE("/opt/one")},
		{.name = SLICE("all"), .attach = SLICE("/opt/**")},
		{.name = SLICE("pat"), .attach = SLICE("/opt/o*")},
		{.name = SLICE("two"), .attach = SLICE("/opt/{one,two}")},
	};
	struct loaded loaded = {.profiles = profiles, .count = 4};
	struct attachments_how how = {.loaded = &loaded, .namespace = SLICE("")};
	struct attachments attachments;
	struct slice program;
	struct world world;
	world_begin(&world);
	attachments_read(&world.places, &how, &world.arena, &attachments);
	const struct contender *pat = attachments_loaded(&attachments, SLICE("pat"));
	const struct contender *all = attachments_loaded(&attachments, SLICE("all"));
	const struct contender *two = attachments_loaded(&attachments, SLICE("two"));
	const struct contender *one = attachments_loaded(&attachments, SLICE("/opt/one"));
	CU_ASSERT_TRUE_FATAL(pat && all && two && one);
	CU_ASSERT_TRUE(contender_keeps(&attachments, pat, &one, 1, &program));
	CU_ASSERT_TRUE(contender_matches(pat, program) && !contender_matches(one, program));
	CU_ASSERT_FALSE(contender_keeps(&attachments, pat, &all, 1, &program));
	CU_ASSERT_FALSE(contender_keeps(&attachments, one, &two, 1, &program));
	CU_ASSERT_TRUE(contender_keeps(&attachments, two, &one, 1, &program));
	CU_ASSERT_TRUE(slice_is(program, "/opt/two"));
	CU_ASSERT_TRUE(contender_keeps(&attachments, one, NULL, 0, &program));
	world_end(&world);
}

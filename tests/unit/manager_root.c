#include "manager/host/root_braces.h"
#include "manager/host/root_programs.h"
#include "manager/host/root_script.h"
#include "manager/host/root_words.h"
#include "tests/unit/manager_place.h"
#include "tests/unit/unit.h"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static bool reads(const char *start, const char *interpreter, const char *program)
{
	struct script script;
	return script_read(slice_str(start), &script) &&
	       slice_is(script.interpreter, interpreter) && slice_is(script.program, program);
}

UNIT_TEST(first_lines_of_scripts)
{
	struct script script;
	CU_ASSERT(reads("#!/bin/sh\nexec x\n", "/bin/sh", ""));
	CU_ASSERT(reads("#! \t/bin/sh -e", "/bin/sh", ""));
	CU_ASSERT(reads("#!/usr/bin/env python3\n", "/usr/bin/env", "python3"));
	CU_ASSERT(reads("#!/usr/bin/env -i A=b -u C python3 -u\n", "/usr/bin/env", "python3"));
	CU_ASSERT(reads("#!/usr/bin/env -S python3 -u\n", "/usr/bin/env", "python3"));
	CU_ASSERT(reads("#!/usr/bin/env -Spython3 -u\n", "/usr/bin/env", "python3"));
	CU_ASSERT(reads("#!/usr/bin/env\n", "/usr/bin/env", ""));
	CU_ASSERT_FALSE(script_read(SLICE(""), &script));
	CU_ASSERT_FALSE(script_read(SLICE("#!"), &script));
	CU_ASSERT_FALSE(script_read(SLICE("#!\n/bin/sh"), &script));
	CU_ASSERT_FALSE(script_read(SLICE("#!sh\n"), &script));
	CU_ASSERT_FALSE(script_read(SLICE("#!/bin/s\0h\n"), &script));
	CU_ASSERT_FALSE(script_read(SLICE("\177ELF"), &script));
}

struct tree {
	struct place place;
	struct arena arena;
	struct root_view *view;
};

static struct tree tree_begin(void)
{
	struct tree tree = {.place = place_begin()};
	arena_init(&tree.arena, test_out_of_memory);
	place_script(&tree.place, "root/usr/bin/tool-1.2", "");
	place_script(&tree.place, "root/usr/bin/node18", "");
	place_script(&tree.place, "root/opt/vm-17-x/bin/vm", "");
	place_put(&tree.place, "root/opt/data/deep/er/file", "");
	CU_ASSERT_EQUAL(symlink("tool-1.2", place_at(&tree.place, "root/usr/bin/tool")), 0);
	CU_ASSERT_EQUAL(symlink("node18", place_at(&tree.place, "root/usr/bin/node")), 0);
	CU_ASSERT_EQUAL(
		symlink("/opt/vm-17-x/bin/vm", place_at(&tree.place, "root/usr/bin/vm")), 0);
	CU_ASSERT_EQUAL(symlink("/opt/data/deep", place_at(&tree.place, "root/opt/short")), 0);
	CU_ASSERT_EQUAL(symlink("usr/bin", place_at(&tree.place, "root/bin")), 0);
	CU_ASSERT(root_view_open(
		place_at(&tree.place, "root"), test_out_of_memory, &tree.view, NULL));
	return tree;
}

static void tree_end(struct tree *tree)
{
	root_view_free(tree->view);
	arena_free(&tree->arena);
	place_end(&tree->place);
}

static bool suggests(struct tree *tree, const char *path, const char *pattern)
{
	struct slice text = slice_str(path);
	return slice_is(
		root_words_pattern(&tree->arena, text, root_view_at(tree->view, text)), pattern);
}

UNIT_TEST(patterns_that_outlive_an_upgrade)
{
	struct tree tree = tree_begin();
	CU_ASSERT(suggests(&tree, "/usr/bin/tool", "/usr/bin/tool-*.2"));
	CU_ASSERT(suggests(&tree, "/usr/bin/node", "/usr/bin/node[0-9]*"));
	CU_ASSERT(suggests(&tree, "/usr/bin/vm", "/opt/vm-*-x/bin/vm"));
	CU_ASSERT(suggests(&tree, "/bin/tool-1.2", ""));
	tree_end(&tree);
}

static enum root_match matched(struct tree *tree, const char *pattern, const char *resolved)
{
	const char *error;
	size_t offset;
	struct root_matched found = {0};
	struct glob *glob =
		glob_read(&tree->arena, &limits_default, slice_str(pattern), &error, &offset);
	enum root_match match = root_glob(
		tree->view, &tree->arena, &limits_default, slice_str(pattern), glob, &found);
	CU_ASSERT(slice_is(found.resolved, resolved));
	return match;
}

static bool ways_are(const char *pattern, const char *wanted)
{
	struct arena arena;
	arena_init(&arena, test_out_of_memory);
	struct slice text = slice_str(pattern), way;
	size_t open = braces_find(text, 0, '{');
	struct braces braces = braces_begin(text, open);
	struct buf all = buf_new(&arena);
	while (open < text.len && braces_next(&braces, &arena, &way)) {
		buf_add(&all, way);
		buf_add_char(&all, ' ');
	}
	bool are = slice_is(buf_slice(&all), wanted);
	arena_free(&arena);
	return are;
}

UNIT_TEST(ways_through_a_brace)
{
	CU_ASSERT(ways_are("/{,usr/}bin/x", "/bin/x /usr/bin/x "));
	CU_ASSERT(ways_are("/{a,{b,c}}/{d,e}", "/a/{d,e} /{b,c}/{d,e} "));
	CU_ASSERT(ways_are("/\\{a/[{]/{b\\,,[,}]}x", "/\\{a/[{]/b\\,x /\\{a/[{]/[,}]x "));
	CU_ASSERT(ways_are("/{a}", "/a "));
	CU_ASSERT(ways_are("/{", "/ "));
	CU_ASSERT(ways_are("/x", ""));
}

UNIT_TEST(files_that_a_pattern_matches)
{
	struct tree tree = tree_begin();
	CU_ASSERT_EQUAL(matched(&tree, "/usr/bin/tool-*", "/usr/bin/tool-1.2"), ROOT_MATCH_FILE);
	CU_ASSERT_EQUAL(
		matched(&tree, "/{,usr/}bin/tool-[0-9].?", "/usr/bin/tool-1.2"), ROOT_MATCH_FILE);
	CU_ASSERT_EQUAL(
		matched(&tree, "/{a,{b,usr}}/{bin,x}/node*", "/usr/bin/node18"), ROOT_MATCH_FILE);
	CU_ASSERT_EQUAL(matched(&tree, "/opt/**/file", "/opt/data/deep/er/file"), ROOT_MATCH_FILE);
	CU_ASSERT_EQUAL(matched(&tree, "/opt/**/none", ""), ROOT_MATCH_NONE);
	CU_ASSERT_EQUAL(matched(&tree, "/usr/bin/too[l]", "/usr/bin/tool-1.2"), ROOT_MATCH_LINKED);
	CU_ASSERT_EQUAL(matched(&tree, "/bin/tool-*", "/usr/bin/tool-1.2"), ROOT_MATCH_LINKED);
	CU_ASSERT_EQUAL(
		matched(&tree, "/opt/short/*/file", "/opt/data/deep/er/file"), ROOT_MATCH_LINKED);
	CU_ASSERT_EQUAL(matched(&tree, "/usr/bin/tool\\*", ""), ROOT_MATCH_NONE);
	CU_ASSERT_EQUAL(matched(&tree, "/usr/*", ""), ROOT_MATCH_NONE); /* a directory only */
	CU_ASSERT_EQUAL(matched(&tree, "/none/*/x", ""), ROOT_MATCH_NONE);
	CU_ASSERT_EQUAL(matched(&tree, "/{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}x", ""),
		ROOT_MATCH_UNKNOWN); /* 128 ways */
	tree_end(&tree);
}

static enum root_match found(struct tree *tree, const char *pattern, const char *name)
{
	const char *error;
	size_t offset;
	struct root_matched matched_program = {0};
	struct glob *glob =
		glob_read(&tree->arena, &limits_default, slice_str(pattern), &error, &offset);
	const struct small_automaton *automaton =
		glob_smallest(&tree->arena, &limits_default, glob);
	CU_ASSERT_PTR_NOT_NULL_FATAL(automaton);
	enum root_match match =
		root_programs(tree->view, &tree->arena, automaton, &matched_program);
	CU_ASSERT(slice_is(
		match == ROOT_MATCH_FILE ? matched_program.resolved : matched_program.name, name));
	return match;
}

UNIT_TEST(programs_that_an_automaton_accepts)
{
	struct tree tree = tree_begin();
	CU_ASSERT_EQUAL(symlink(".", place_at(&tree.place, "root/opt/again")), 0);
	CU_ASSERT_EQUAL(symlink("/", place_at(&tree.place, "root/opt/top")), 0);
	CU_ASSERT_EQUAL(found(&tree, "/usr/bin/tool-*", "/usr/bin/tool-1.2"), ROOT_MATCH_FILE);
	CU_ASSERT_EQUAL(found(&tree, "/opt/**/file", "/opt/data/deep/er/file"), ROOT_MATCH_FILE);
	CU_ASSERT_EQUAL(found(&tree, "/usr/bin/too[l]", "/usr/bin/tool"), ROOT_MATCH_LINKED);
	CU_ASSERT_EQUAL(found(&tree, "/bin/tool-*", "/bin/tool-1.2"), ROOT_MATCH_LINKED);
	CU_ASSERT_EQUAL(found(&tree, "/opt/short/*/file", "/opt/short/er/file"), ROOT_MATCH_LINKED);
	CU_ASSERT_EQUAL(found(&tree, "/opt/top/usr/bin/no*18", "/opt/top/usr/bin/node18"),
		ROOT_MATCH_LINKED);
	CU_ASSERT_EQUAL(
		found(&tree, "/opt/top/opt/data/*/er/file", "/opt/top/opt/data/deep/er/file"),
		ROOT_MATCH_LINKED);
	CU_ASSERT_EQUAL(found(&tree, "/opt/top/opt/top/usr/*/node18", ""), ROOT_MATCH_NONE);
	CU_ASSERT_EQUAL(found(&tree, "/opt/**/none", ""), ROOT_MATCH_NONE);
	CU_ASSERT_EQUAL(found(&tree, "/usr/*", ""), ROOT_MATCH_NONE);
	CU_ASSERT_EQUAL(found(&tree, "/none/*/x", ""), ROOT_MATCH_NONE);
	tree_end(&tree);
}

static bool count_name(void *context, const char *name)
{
	size_t *count = context;
	return ++*count > 0 && name[0] != '\0';
}

UNIT_TEST(a_view_of_a_root)
{
	struct tree tree = tree_begin();
	size_t count = 0;
	char start[8];
	CU_ASSERT_EQUAL(mkfifo(place_at(&tree.place, "root/pipe"), 0644), 0);
	place_put(&tree.place, "root/text", "0123456789");
	CU_ASSERT_FALSE(root_view_is_machine(tree.view));
	CU_ASSERT_EQUAL(root_view_start(tree.view, SLICE("/text"), start, sizeof(start)), 8);
	CU_ASSERT_EQUAL(memcmp(start, "01234567", 8), 0);
	CU_ASSERT_EQUAL(root_view_start(tree.view, SLICE("/pipe"), start, sizeof(start)), 0);
	CU_ASSERT_EQUAL(root_view_start(tree.view, SLICE("/usr"), start, sizeof(start)), 0);
	CU_ASSERT_EQUAL(root_view_start(tree.view, SLICE("/none"), start, sizeof(start)), 0);
	CU_ASSERT(root_view_list(tree.view, SLICE("/usr/bin"), 5, count_name, &count));
	CU_ASSERT_EQUAL(count, 5);
	CU_ASSERT_FALSE(root_view_list(tree.view, SLICE("/usr/bin"), 4, count_name, &count));
	CU_ASSERT_FALSE(root_view_list(tree.view, SLICE("/pipe"), 4, count_name, &count));
	/* A picture of the first look. */
	CU_ASSERT_FALSE(root_view_at(tree.view, SLICE("/later"))->exists);
	place_put(&tree.place, "root/later", "");
	CU_ASSERT_FALSE(root_view_at(tree.view, SLICE("/later"))->exists);
	CU_ASSERT(slice_is(
		root_view_at(tree.view, SLICE("/usr/../bin/tool"))->resolved, "/usr/bin/tool-1.2"));
	CU_ASSERT(slice_is(root_view_at(tree.view, SLICE(""))->resolved, "/"));
	CU_ASSERT(slice_is(root_view_nearest(tree.view, SLICE("/usr/bin/tol-1.2"), &tree.arena),
		"/usr/bin/tool-1.2"));
	tree_end(&tree);
	struct root_view *machine;
	CU_ASSERT(root_view_open("/", test_out_of_memory, &machine, NULL));
	CU_ASSERT(root_view_is_machine(machine));
	root_view_free(machine);
}

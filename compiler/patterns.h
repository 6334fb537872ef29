#ifndef COMPILER_PATTERNS_H
#define COMPILER_PATTERNS_H

/*
 * The file rules of a profile with their variables expanded and their globs read, in arrays, so
 * that checks can compare each with each. Those of abstractions are made once per template.
 */

#include "compiler/compile.h"
#include "policy/glob/screen.h"
#include "policy/rule/region.h"

struct pattern {
	const struct file_rule *rule;
	struct slice text;	 /* expanded */
	const struct glob *glob; /* NULL: not valid, or it depends on the profile's name */
	bool of_name;		 /* text and glob are of the rule's `name` alone */
	struct slice part;	 /* the AARE where it is of a part of the rule; else empty */
	bool untouched;		 /* of an abstraction: no deny of the template is about its paths */
};

struct pattern_list {
	struct pattern *at;
	size_t count, room;
};

/* An empty cache of what is included. */
struct patterns *patterns_new(struct arena *arena);

/* One pattern of a rule. glob is NULL after a mistake, which is reported when `report` is true. */
struct pattern pattern_of(
	struct unit *unit, const struct scope *scope, const struct file_rule *rule, bool report);

/*
 * The pattern of the name alone, of a rule that is a file of that name or a directory with all
 * below it. glob is NULL where the rule has no such name.
 */
struct pattern pattern_of_name(
	struct unit *unit, const struct scope *scope, const struct file_rule *rule);

/*
 * The pattern of the directory of such a rule, or of all below it (a slash and two stars). glob is
 * NULL where the rule has no such name.
 */
struct pattern pattern_of_directory(
	struct unit *unit, const struct scope *scope, const struct file_rule *rule, bool below);

/* Reports the variables of a rule of another kind than file that nothing declares. */
void patterns_check_other(struct unit *unit, const struct scope *scope, const struct rule *rule);

/* Adds to the list, which grows in the arena. */
void pattern_list_add(struct arena *arena, struct pattern_list *list, struct pattern pattern);

/* The file rules that a body holds itself, in its order; mistakes of the rules that are not shared
 * are reported, of all kinds. */
void patterns_of_rules(struct unit *unit, const struct scope *scope, const struct body *body,
	struct pattern_list *list);

struct included_rule {
	const struct rule *rule;
	const struct region_list *regions; /* included_regions */
};

/*
 * What a body gets by its includes, nested ones too; each file once, with mistakes left out, which
 * are apparmor_parser's to report. Shared by all bodies that include the same by one template.
 */
struct included {
	struct pattern_list files;
	struct included_rule *others; /* rules of other kinds than file */
	size_t other_count;
	struct glob_screen *screen; /* of the patterns of `files` */
	struct arena *arena;
	const struct policy_template *template;
};

const struct included *patterns_of_includes(
	struct unit *unit, const struct policy_template *template, const struct body *body);

/* The regions of a rule: made once, but where they depend on variables of the profile. */
const struct region_list *included_regions(struct unit *unit, const struct scope *scope,
	const struct included *included, size_t index);

/* A screen of the patterns of a list, in the arena. */
struct glob_screen *pattern_list_screen(struct arena *arena, const struct pattern_list *list);

#endif

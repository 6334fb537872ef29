#ifndef MANAGER_HOST_ROOT_JUDGE_H
#define MANAGER_HOST_ROOT_JUDGE_H

/*
 * One entry of a description against a root: the inner part of manager/host/root_check.h, which
 * walks over the entries and knows what the profile allows. Nothing here fails.
 */

#include "compiler/patterns.h"
#include "compiler/service/container.h"
#include "compiler/service/keys.h"
#include "manager/host/root_check.h"
#include "policy/rule/rules.h"

/* A profile of the description: its own, or that of a child. */
struct root_side {
	struct root_side *next; /* the description's own is the first */
	const struct service *service;
	const struct profile *profile;
	struct pattern_list rules; /* with those of abstractions, once has_rules */
	bool has_rules;
};

/* A description that is looked at. */
struct root_look {
	struct root_view *view;
	struct unit *unit;
	const struct compiled *compiled;
	bool is_host;
	const struct glob *attachment; /* NULL: none, or not known */
	struct root_side *sides;
	size_t work;  /* rules compared with a path, of all questions */
	size_t found; /* findings */
	const struct root_finding *findings;
	const struct root_finding **end;
};

/* An entry of it. */
struct root_entry {
	struct root_side *side;
	const struct key *key;
	const struct path_entry *entry;
	unsigned perms;	 /* enum perm: what the entry is for */
	bool is_program; /* binary, exec */
	bool attaches;	 /* the kernel finds the profile by it */
};

/* Judges it; what is not as it says becomes a finding. */
void root_judge(struct root_look *look, const struct root_entry *at);

/*
 * Whether so many questions were asked of so many rules, or so much was found, that it is enough:
 * all further questions are answered yes, and no entry is looked at.
 */
bool root_is_too_much(const struct root_look *look);

/* Whether the profile allows the permissions on a path as the kernel names it. */
bool root_allows(struct root_look *look, struct root_side *side, struct slice path, unsigned perms);

/* Whether it allows what the entry is for, programs in the entry's own way, on all that a pattern
 * matches; also when undecided. */
bool root_allows_all(struct root_look *look, const struct root_entry *at, const struct glob *glob);

/* Whether it lets a program be started, and in the way that the entry says. */
bool root_starts(struct root_look *look, const struct root_entry *at, struct slice path);

/* The rule by which a program is started: one without globs before others. NULL: by none. */
const struct file_rule *root_start_rule(
	struct root_look *look, struct root_side *side, struct slice path);

/*
 * Whether rules of a profile say of all that a pattern matches what `rule`, one of its own, says:
 * that it is denied or allowed, and how it is started; also when undecided.
 */
bool root_says_all(struct root_look *look, struct root_side *side, const struct file_rule *rule,
	const struct glob *glob);

/* Whether the profile allows what the entry is for, or attaches, where the path leads. */
bool root_fits(
	struct root_look *look, const struct root_entry *at, const struct rooted_path *place);

/* The profile that a program of the entry runs under; NULL when it is none of the description. */
struct root_side *root_started_side(struct root_look *look, const struct root_entry *at);

/* Whether what the process will see at a path is not what the root holds there. */
bool root_is_elsewhere(struct root_look *look, struct slice path);

/* Whether something will be mounted above a link, so that the process does not meet it. */
bool root_is_hidden(struct root_look *look, struct slice link);

/* Adds a finding without help; the caller may set it. */
struct root_finding *root_find(struct root_look *look, const struct root_entry *at, enum diag_id id,
	struct slice sees, const char *format, ...) __attribute__((format(printf, 5, 6)));

/* For messages: what comes of it that the kernel sees `resolved` instead of the entry's path. */
struct slice root_consequence(
	struct root_look *look, const struct root_entry *at, struct slice resolved);

#define ROOT_ALLOW_MISSING "if it is installed later, --allow-missing makes this a note"

/* Whether an errno of rooted_resolve tells that nothing is there; others, that it is not seen. */
bool root_is_missing(int number);

/* Judges an entry with globs or variables (manager/host/root_judge_pattern.c). */
void root_judge_pattern(struct root_look *look, const struct root_entry *at);

/* Judges a file rule of `rules` or `deny` of the side (manager/host/root_judge_rule.c). */
void root_judge_rule(struct root_look *look, struct root_side *side, const struct file_rule *rule);

/* Judges a program that is a script (manager/host/root_judge_script.c); others are fine. */
void root_judge_script(
	struct root_look *look, const struct root_entry *at, const struct rooted_path *place);

#endif

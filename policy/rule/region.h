#ifndef POLICY_RULE_REGION_H
#define POLICY_RULE_REGION_H

/*
 * What a rule is about, as a product of fields, the way the compiled policy holds it: finite sets
 * (permissions, families, signals …) and patterns (peers, paths …). Rules of several keywords may
 * have regions of one kind: a remount is a mount with a flag, `network unix` is about unix sockets.
 *
 *     deny signal send,            sets {send} × {every signal}, peer: any
 *     signal (send) peer=a,        sets {send} × {every signal}, peer: a       wholly taken
 *
 * Deny wins: an allow is without effect where denies together hold its regions. For sets that is
 * decided exactly; for patterns by automata, where few of them overlap exactly too. What cannot be
 * told (a pattern that cannot be read, or too complex) counts as apart: no claim is made. Encodings
 * are those of apparmor_parser 3.0.8, measured with -D rule-exprs.
 */

#include "policy/rule/conditions.h"
#include "policy/expand.h"
#include "policy/glob/glob.h"

/* How much of an allow rule denies take away. */
enum cover { COVER_NONE, COVER_PARTLY, COVER_WHOLLY };

enum { REGION_SETS = 3, REGION_PATTERNS = 7 };

__extension__ typedef unsigned __int128 region_bits;

/* How a field is written in a rule. */
enum region_form {
	FORM_ACCESS, /* " (send, receive)"; bits are those of an access table */
	FORM_WORDS,  /* " chown kill"; bits are positions in a list of names */
	FORM_LIST,   /* " set=(hup, int)"; likewise */
	FORM_NAME,   /* " inet", " type=stream"; likewise, of several the first */
	FORM_TEXT,   /* " peer=a": a pattern */
	FORM_BARE,   /* " /a": a pattern without its key */
	FORM_ARROW,  /* " -> /a": likewise */
	FORM_FLAGS,  /* " options=(ro, bind)": a pattern of policy/rule/mount_flags.h */
	FORM_OWNER,  /* "owner link": bits 0 and 1 are owner and others */
};

struct region_field {
	enum region_form form;
	const char *key;   /* "set", "peer"; NULL for words of their own */
	const char *group; /* "peer" of peer=(label=…), or NULL */
	bool is_label;	   /* the name of a profile: "//" stands for itself in it */
	bool never_empty;  /* what is not given is any text but "" */
	const struct name_list *names;
	const struct access_kind *access;
};

struct region_kind {
	const char *name;
	struct region_field sets[REGION_SETS], patterns[REGION_PATTERNS];
	size_t set_count, pattern_count;
};

struct region_pattern {
	bool is_given;		 /* else any text */
	struct slice text;	 /* expanded, or as written where it cannot be */
	struct slice matched;	 /* the same as the glob has it: region_label_text */
	const struct glob *glob; /* NULL when it is not given or could not be read */
};

struct region {
	const struct region_kind *kind; /* regions of different kinds are apart */
	const struct rule *rule;
	region_bits sets[REGION_SETS];
	struct region_pattern patterns[REGION_PATTERNS];
	/* What the rule allows can be had without it: to be dead, a rule need not lose it. */
	bool is_extra;
};

struct region_list {
	struct unit *unit;
	const struct scope *scope; /* NULL: variables are not expanded */
	struct region *at;
	size_t count, room;
};

/* Adds the regions of a rule; none for kinds that no deny is about. */
void regions_of_rule(struct region_list *list, const struct rule *rule);

/*
 * For rule_ops.regions: adds a region without patterns and with every set full, for the caller to
 * narrow; valid until the next one is added.
 */
struct region *region_add(
	struct region_list *list, const struct region_kind *kind, const struct rule *rule);

/* Narrows a pattern of the region to an AARE, whose variables are expanded; one that is not given
 * (is_given) is left as it is. */
void region_match(struct region_list *list, struct region *region, size_t index, struct slice aare);

/*
 * Globs take "//" for "/", as in paths, but names of profiles hold it ("web//worker"): a label's
 * pattern is read with a byte between the two. `back` undoes that. In the arena.
 */
struct slice region_label_text(struct arena *arena, struct slice text, bool back);

/* The bits of all names of a list: bit n is the n-th of it. */
region_bits region_names_all(const struct name_list *names);
/* The bit of a name of the list. */
region_bits region_name(const struct name_list *names, struct slice name);

/* Sets and patterns of the kinds that are an access list and conditions: the tables of a region
 * kind name the conditions by their keys. rule_ops.regions of such kinds calls it. */
void region_add_access(struct region_list *list, const struct region_kind *kind,
	const struct access_kind *access, const struct rule *rule);

/* The region of all that unix sockets of some types (bits of names_types) can do: `network unix` is
 * about them, too. */
void unix_regions_of_type(struct region_list *list, const struct rule *rule, region_bits types);

/* The region of links from names to targets, both AARE. `rule` may be of any kind. */
void link_region_add(
	struct region_list *list, const struct rule *rule, struct slice from, struct slice to);

/* What a question about regions found. */
struct region_answer {
	enum cover cover;
	const struct rule *by; /* the first deny that takes something, or NULL */
	bool together;	       /* of COVER_WHOLLY: `by` alone does not take all */
	bool unsure;	       /* there are too many denies: they may take more */
	struct slice witness;  /* of COVER_PARTLY: what `by` takes, such as "network inet stream" */
};

/*
 * How much of the allow's regions the denies' take away. `work` is shared by the questions of one
 * profile: it counts down with each comparison of patterns, and at 0 no more claims are made.
 */
struct region_answer region_question(struct unit *unit, const struct region_list *allow,
	const struct region *const *denies, size_t count, size_t *work);

/* What two rules share, in the language of rules: " set=(hup) peer=a" after the kind's name. Both
 * are of one kind and overlap. In the unit's arena. */
struct slice region_common_text(
	struct unit *unit, const struct region *deny, const struct region *allow);

#endif

#ifndef POLICY_RULE_CONDITIONS_H
#define POLICY_RULE_CONDITIONS_H

/*
 * What the kinds made of an access list and conditions share: unix, signal, ptrace, dbus, mqueue,
 * io_uring, userns, and the newer form of network.
 *
 *     signal (send, receive) set=(hup, int) peer=foo
 *     KIND   ACCESS          CONDITION      CONDITION
 *
 * A kind is described by a const struct access_kind; reading, printing, comparing and covering
 * work on that table.
 */

#include "policy/rule/items.h"

/* "send" or a synonym such as "w"; the first entry of a bit is its canonical name. */
struct access_name {
	const char *name;
	uint32_t bits;
};

enum condition_type {
	CONDITION_PATTERN, /* an AARE */
	CONDITION_NAME,	   /* one of `names` */
	CONDITION_NAMES,   /* a set of `names`; may be given in parts */
	CONDITION_GROUP,   /* key=(key=value …); stands last */
};

struct condition_kind {
	const char *key;
	enum condition_type type;
	const struct name_list *names;
	const struct condition_kind *members; /* of a group */
	size_t member_count;
	bool no_list; /* `key=(value)` is refused: apparmor_parser does so for peers of signal and
			 ptrace */
	bool bare;    /* written without its key, after the others: `mqueue /name` */
	/* Checks a pattern; reports and returns false when it is not valid. May be NULL. */
	bool (*check)(struct unit *unit, const struct item *item);
};

struct access_kind {
	const char *name; /* "signal": the keyword */
	const struct access_name *access;
	size_t access_count;
	uint32_t all; /* every bit: the same as no access list */
	/* What no access list means beside these conditions; NULL when that is always `all`. */
	uint32_t (*implied)(const struct condition *conditions);
	bool has_parentheses; /* false: `userns create`, which takes no list */
	const struct condition_kind *conditions;
	size_t condition_count;
};

/* Reads one access word or list when the item is one; *ret_rest is the next item. */
bool access_list_read(struct unit *unit, const struct access_kind *kind, const struct item *item,
	uint32_t *ret_access, const struct item **ret_rest);

/*
 * Reads conditions up to the first item that is none, *ret_rest. They come in the order of the
 * table, names in a NAMES condition as written, duplicates left out.
 */
bool conditions_read(struct unit *unit, const struct access_kind *kind, const struct item *item,
	struct condition **ret_conditions, const struct item **ret_rest);

/* Reads a whole rule; `items` start with the keyword. NULL after a diagnostic. */
struct access_rule *access_rule_read(
	struct unit *unit, const struct access_kind *kind, const struct item *items);

/* " (send, receive)", or nothing for all. */
void access_list_print(const struct access_kind *kind, uint32_t access, struct buf *out);
/* " set=(hup, int) peer=foo" */
void conditions_print(
	const struct access_kind *kind, const struct condition *conditions, struct buf *out);
/* rule_ops.print of the kinds that are an access list and conditions. */
void access_print(const struct rule *rule, struct buf *out);
/* Keyword, access and conditions. */
void access_rule_print(
	const struct access_kind *kind, const struct access_rule *rule, struct buf *out);

/* The same conditions; values as sets. */
bool conditions_equal(const struct condition *a, const struct condition *b);
bool access_rule_equal(const struct rule *a, const struct rule *b);

/* The condition of a key, or NULL. */
const struct condition *condition_find(const struct condition *first, const char *key);

#endif

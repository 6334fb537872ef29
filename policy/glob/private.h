#ifndef POLICY_GLOB_PRIVATE_H
#define POLICY_GLOB_PRIVATE_H

/*
 * How a glob looks inside, shared by the glob_*.c and attachment*.c files only. A pattern is a
 * literal head and a small program for the rest:
 *
 *     /lib{,32}/ *.so      head "/lib", then
 *
 *     0  ALT 3             go on at 1 and at 3
 *     1  JUMP 5            the empty alternative
 *     3  BYTE 3 …          "32"
 *     5  BYTE /
 *     6  LOOP [^/]         any number of them, then 7
 *     7  BYTE . … MATCH
 *
 * All jumps go forward, so one ascending pass follows them. A set of places in the program is a
 * state of the automaton.
 */

#include "policy/glob/glob.h"

enum op_kind {
	OP_BYTE,  /* one byte, `byte` */
	OP_SET,	  /* one byte of a set */
	OP_LOOP,  /* any number of bytes of a set */
	OP_ALT,	  /* go on at the next op and at `to` */
	OP_JUMP,  /* go on at `to` */
	OP_MATCH, /* the end of the pattern */
	OP_REST,  /* `**` at the end: matches whatever follows */
};

struct op {
	uint8_t kind;
	uint8_t byte;
	uint16_t set; /* index into the sets */
	uint32_t to;  /* index into the ops */
};

struct byte_set {
	uint64_t bits[4];
};

/* The sets that every glob has, in this order: `*` and `?` read SET_NAME, `**` reads SET_ANY. */
enum { SET_NAME, SET_ANY, SET_FIXED };
extern const struct byte_set glob_fixed_sets[SET_FIXED];

enum glob_shape {
	GLOB_LITERAL, /* head only */
	GLOB_TREE,    /* head and a `**` that needs a first byte other than '/' */
	GLOB_GENERAL,
};

/* How many positions of a path a glob knows the possible bytes of. */
enum { GLOB_HINTS = 16 };

struct glob {
	struct slice text;   /* the AARE, slashes collapsed */
	struct slice prefix; /* every match starts with it; as long as the head at least */
	struct slice suffix; /* every match ends with it */
	size_t head;	     /* bytes of the prefix that the program does not repeat */
	const struct op *ops;
	const struct byte_set *sets;
	uint32_t op_count, set_count;
	enum glob_shape shape;
	bool exact;
	/* hints[i]: bit b & 63 for each byte b that can stand at i; bit 0 also for the end */
	uint64_t hints[GLOB_HINTS];
};

static inline bool set_has(const struct byte_set *set, uint8_t byte)
{
	return set->bits[byte >> 6] >> (byte & 63) & 1;
}

static inline void set_add(struct byte_set *set, uint8_t byte)
{
	set->bits[byte >> 6] |= (uint64_t)1 << (byte & 63);
}

static inline unsigned set_size(const struct byte_set *set)
{
	unsigned size = 0;
	for (int i = 0; i < 4; i++)
		size += (unsigned)__builtin_popcountll(set->bits[i]);
	return size;
}

static inline bool set_eq(const struct byte_set *a, const struct byte_set *b)
{
	return memcmp(a, b, sizeof(*a)) == 0;
}

static inline bool op_takes(const struct op *op, const struct byte_set *sets, uint8_t byte)
{
	switch ((enum op_kind)op->kind) {
	case OP_BYTE:
		return op->byte == byte;
	case OP_SET:
	case OP_LOOP:
		return set_has(&sets[op->set], byte);
	case OP_REST:
		return true;
	case OP_ALT:
	case OP_JUMP:
	case OP_MATCH:
		break;
	}
	return false;
}

/* The deepest nesting of braces that apparmor_parser reads. */
enum { GLOB_DEPTH = 49 };

/*
 * sign.c: the second step of reading. apparmor_parser reads a pattern in two steps, and some
 * make sense only that way: the first finds groups, stars and classes by its own idea of what is
 * inside of brackets, the second reads the outcome as a regular expression. `[?]` becomes `[[^/]]`,
 * a class followed by a bracket. Here the first step (read.c) hands signs to the second.
 */

enum class_state {
	CLASS_NONE,
	CLASS_OPEN,  /* after `[` */
	CLASS_FIRST, /* after `[^` */
	CLASS_REST,
	CLASS_RANGE, /* after `a-` */
};

struct group {
	uint32_t alt;	/* the ALT of the alternative being read */
	uint32_t jumps; /* last JUMP to the group's end, linked through `to`; 0 is none */
};

struct signs {
	struct arena *arena;
	size_t at; /* the first step's place in the pattern */
	const char *error;
	size_t error_at;
	enum class_state state;
	bool negated;
	int last; /* byte of the class that a range can start with, or -1 */
	struct byte_set set;
	unsigned groups;
	struct group group[GLOB_DEPTH + 1]; /* [0] is the whole pattern */
	struct op *ops;			    /* room for two of each byte of the pattern, and four */
	uint32_t count, tail;		    /* tail: from here on there are literal bytes only */
	bool alternatives;		    /* of the whole pattern */
	bool wild;
	struct byte_set *sets; /* holds the fixed ones */
	uint32_t set_count, set_cap;
};

/* Remembers the first mistake only. */
void sign_fail(struct signs *s, size_t at, const char *error);

void signs_start(struct signs *s);
void signs_end(struct signs *s);

/* A literal byte; signs that mean something in one place only; `(`, `|` and `)` of a group. */
void sign_byte(struct signs *s, uint8_t byte);
void sign_dash(struct signs *s);
void sign_caret(struct signs *s);
void sign_open(struct signs *s);
void sign_close(struct signs *s);
void sign_group(struct signs *s);
void sign_or(struct signs *s);
void sign_group_end(struct signs *s);

/* `[^/]` or, with slashes, any byte; then perhaps a star. */
void sign_wild(struct signs *s, bool slashes, bool star);

/*
 * Adds to a bit set of places those that are reached without a byte. `first` and `last` are the
 * lowest and highest word in use; last may grow.
 */
void places_close(const struct op *ops, uint64_t *places, size_t first, size_t *last);

/*
 * Several globs read side by side: the automaton of a question. A state is a sorted list of places
 * in all programs and whether the byte before was '/': paths never hold "//", so no second one
 * follows.
 */
struct machine {
	struct arena *arena; /* scratch of the question */
	const struct glob *const *globs;
	size_t glob_count;
	size_t skip; /* bytes of the common head that are taken as read */
	struct op *ops;
	struct byte_set *sets;
	uint32_t *first;      /* first[g] is the first op of glob g, first[glob_count] the end */
	uint32_t *owner;      /* the glob of each op */
	uint8_t sample[256];  /* a byte of each class, those that read best come first */
	uint16_t class_count; /* bytes of a class lead to the same state, always */
	uint16_t class_of[256];
	struct state *states;
	uint32_t state_count, state_cap, state_limit;
	uint32_t *table; /* hash table of state numbers + 1 */
	size_t table_size;
	uint64_t *places; /* work area: bit set of ops, all clear between uses */
	size_t words, work, work_limit, byte_limit;
};

struct state {
	const uint32_t *places;
	uint32_t count, hash;
	uint32_t parent; /* the state that found it, itself for the first */
	uint8_t byte;	 /* and the byte it did so with */
	bool after_slash;
};

/* What a state knows about one glob, or about several together. */
struct standing {
	bool alive;   /* can still match */
	bool accepts; /* matches here */
	bool rest;    /* matches here and whatever follows */
};

/* States are numbered from 0, the start. */
#define NO_STATE UINT32_MAX

/* The machine of `count` globs, with its start state; without a state where the limits do not even
 * allow that. All prefixes must agree. */
void machine_init(struct machine *machine, struct arena *scratch, const struct limits *limits,
	const struct glob *const *globs, size_t count);

/*
 * The state that the class's bytes lead to, NO_STATE where no glob can match any more (or two
 * slashes would meet). false when the limits are exceeded. May move machine->states.
 */
bool machine_step(struct machine *machine, uint32_t from, uint16_t class, uint32_t *ret_state);

/*
 * What a state knows about the first glob (*ret_first), and about any of the others: whether one is
 * alive, one accepts, one matches whatever follows.
 */
struct standing machine_standings(
	const struct machine *machine, uint32_t state, struct standing *ret_first);

/* Bytes in the order in which they read well in a witness, rank 0 to 254: letters first. */
uint8_t pleasant_byte(int rank);

/* The bytes that lead to a state, the common head included, in the arena. */
struct slice machine_path(const struct machine *machine, uint32_t state, struct arena *arena);

/* Whether two globs cannot match the same path, as far as that is cheap to tell. */
static inline bool globs_apart(const struct glob *a, const struct glob *b)
{
	for (int i = 1; i < GLOB_HINTS; i++)
		if (!(a->hints[i] & b->hints[i]))
			return true;
	size_t len = a->prefix.len < b->prefix.len ? a->prefix.len : b->prefix.len;
	if (memcmp(a->prefix.at, b->prefix.at, len) != 0)
		return true;
	len = a->suffix.len < b->suffix.len ? a->suffix.len : b->suffix.len;
	return memcmp(a->suffix.at + a->suffix.len - len, b->suffix.at + b->suffix.len - len,
		       len) != 0;
}

/*
 * graph.c: what is left of a glob without others, as the smallest automaton. Its nodes stand
 * in such an order that edges lead to later nodes only, but for the loops of `*`.
 */

struct edge {
	uint32_t to; /* a node, or ALL_NODE */
	struct byte_set set;
};

struct node {
	struct edge *edges;
	uint32_t edge_count;
	bool accepts;
	bool joint; /* the byte before was '/'; such nodes have no edge for another '/' but to
		       ALL_NODE */
	bool loop;  /* stays here for every byte but '/' */
};

/* Everything that follows is accepted. */
#define ALL_NODE UINT32_MAX

struct graph {
	struct node *nodes; /* [0] is the start */
	uint32_t count;
	struct slice head; /* literal bytes before the start */
};

/* GLOB_NO: there are loops other than that of `*`. An empty graph: nothing is left. */
enum glob_answer graph_make(struct arena *scratch, const struct limits *limits,
	const struct glob *const *globs, size_t count, struct graph *ret_graph);

/* text.c: writes AARE. */

/* The bytes themselves. */
void aare_literal(struct buf *out, struct slice literal);

/* One byte of the set, any of several: `a`, `\*`, `[0-9]`, `[^c]`, `?`. Never an empty set. */
void aare_set(struct buf *out, const struct byte_set *set);

/* Appends `text` with `/?*` and `/?**` before a '/' or the end written as the slash and the stars.
 */
void aare_shorten(struct buf *out, struct slice text);

#endif

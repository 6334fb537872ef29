#ifndef POLICY_GLOB_UNION_PRIVATE_H
#define POLICY_GLOB_UNION_PRIVATE_H

/* How the automaton of many globs looks inside, shared by the glob_union*.c files only. */

#include "policy/glob/private.h"
#include "policy/glob/union.h"

enum place_kind {
	PLACE_BYTE, /* waits for one byte */
	PLACE_SET,  /* for one of a set */
	PLACE_LOOP, /* for any number of a set; what follows is waited for at once */
	PLACE_STEP, /* for nothing: only what follows counts */
	PLACE_END,  /* globs end here */
	PLACE_REST, /* globs match here and whatever follows */
};

#define NO_GLOB UINT32_MAX

/* A place is numbered from 0, the start; as what follows, 0 is none. */
struct place {
	uint8_t kind, byte;
	uint8_t sides;	    /* of the globs that it belongs to */
	uint32_t set;	    /* index into the sets; STEP behind another place: into the groups */
	uint32_t list;	    /* places that follow, linked through `next` … */
	uint32_t next;	    /* … */
	uint32_t jump, alt; /* and of a glob with alternations these two */
	uint32_t glob;	    /* END, REST: the first glob, the others through `same` */
};

/* A set of places that wait, in no order. */
struct front {
	uint32_t *places, count;
	uint32_t *seen, turn;	      /* seen[place] == turn: looked at already */
	uint32_t *stack, cap, looked; /* looked: how often it was asked whether a place is new */
};

/* An alternation, which globs that spell it alike in the same place share. */
struct group_of {
	const struct glob *glob; /* the first one, whose ops `from` on it is */
	uint32_t from, len;
	uint32_t exit; /* the last of its len + 2 places */
};

struct glob_union {
	struct arena *arena;
	struct place *places;
	uint32_t count, cap;
	struct byte_set *sets;
	uint32_t set_count, set_cap;
	struct group_of *groups;
	uint32_t group_count, group_cap;
	size_t glob_count;
	uint32_t *same; /* the next glob that ends at the same place */
	uint8_t *sides;
	const struct glob **globs;
	bool slashes; /* a glob spells "//" */
	struct front fronts[2];
	uint32_t *found;
	bool *found_seen; /* all false between questions */
};

uint32_t union_place(struct glob_union *all, struct place place);

/* An empty front. */
void front_init(struct front *front, struct glob_union *all);

/* Adds what is waited for once a place is behind. */
void front_enter(const struct glob_union *all, struct front *front, uint32_t behind);

/* Adds a place itself, and what it lets be waited for at once. */
void front_stay(const struct glob_union *all, struct front *front, uint32_t at);

/* A front of all that follows a place, with bytes and without, and of itself. */
void front_below(struct glob_union *all, struct front *front, uint32_t at);

static inline bool place_accepts(const struct place *place)
{
	return place->kind == PLACE_END || place->kind == PLACE_REST;
}

/* Adds what a place leads to with a byte. */
static inline void front_step(
	const struct glob_union *all, struct front *front, uint32_t at, uint8_t byte)
{
	const struct place *place = &all->places[at];
	switch ((enum place_kind)place->kind) {
	case PLACE_BYTE:
		if (place->byte == byte)
			front_enter(all, front, at);
		break;
	case PLACE_SET:
		if (set_has(&all->sets[place->set], byte))
			front_enter(all, front, at);
		break;
	case PLACE_LOOP:
		if (set_has(&all->sets[place->set], byte))
			front_stay(all, front, at);
		break;
	case PLACE_REST:
		front_stay(all, front, at);
		break;
	case PLACE_STEP:
	case PLACE_END:
		break;
	}
}

#endif

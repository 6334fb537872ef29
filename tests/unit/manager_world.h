#ifndef TESTS_UNIT_MANAGER_WORLD_H
#define TESTS_UNIT_MANAGER_WORLD_H

/* Another root in a temporary directory, with the places of a system, and an arena. */

#include "base/arena.h"
#include "manager/places.h"
#include "tests/unit/manager_place.h"

struct world {
	struct place place; /* the root */
	struct places places;
	struct arena arena;
};

/* Makes etc/apparmor.d and what is above it, without a kernel. It must not be moved. */
void world_begin(struct world *world);
void world_end(struct world *world);

/* How often fsync was called in this process so far. */
unsigned world_flushes(void);

/* A text of every file and link below the root, sorted by path: "etc/a: x\nrun/b -> c\n" with
 * directories left out, in the arena. */
struct slice world_listing(struct world *world);

/*
 * Runs `act` in a child that is killed before its n-th system call that changes something (from 1).
 * false when it came to its end before that; it must have returned true then.
 */
bool world_act_and_die(struct world *world, bool (*act)(struct world *world), int n);

#endif

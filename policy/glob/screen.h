#ifndef POLICY_GLOB_SCREEN_H
#define POLICY_GLOB_SCREEN_H

/*
 * Many globs, asked again and again which of them match a path: those that its first bytes rule out
 * are not looked at. Of a byte and its place in the path, the globs that can have it there are a
 * bit set, made when it is first asked for; a path's globs are what its bytes' sets share.
 *
 *     /etc/passwd    place 1 is 'e': {/etc/hosts, /e*, /{usr,etc}/x}, place 5 is 'p': {/e*}
 */

#include "policy/glob/glob.h"

struct glob_screen;

/* The globs must outlive the screen, their array need not. All memory is the arena's. */
struct glob_screen *glob_screen_new(
	struct arena *arena, const struct glob *const *globs, size_t count);

/*
 * The globs that match a path (any bytes): *ret_count indices in *ret_indices, ascending. They stay
 * there until the next question. Takes from *limits->work; false when that did not suffice.
 */
bool glob_screen_match(struct glob_screen *screen, const struct limits *limits, struct slice path,
	const uint32_t **ret_indices, size_t *ret_count);

#endif

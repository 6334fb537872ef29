#ifndef MANAGER_HOST_ROOT_PROGRAMS_H
#define MANAGER_HOST_ROOT_PROGRAMS_H

/*
 * Whether a root holds a program that a profile attaches to, by the automaton alone: of a loaded
 * profile the text may not be known. As manager/host/root_glob.h it is bounded and fails never.
 */

#include "manager/host/root_glob.h"
#include "policy/glob/smallest.h"

/*
 * Looks for a regular file that the automaton accepts. *ret_matched is set, in the arena, for
 * ROOT_MATCH_LINKED and ROOT_MATCH_FILE. Not looked at is what lies below /proc and /sys.
 */
enum root_match root_programs(struct root_view *view, struct arena *arena,
	const struct small_automaton *automaton, struct root_matched *ret_matched);

#endif

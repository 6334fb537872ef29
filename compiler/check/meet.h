#ifndef COMPILER_CHECK_MEET_H
#define COMPILER_CHECK_MEET_H

/*
 * Which patterns of one list meet which of another, for checks that look at pairs. Short lists and
 * patterns that meet early are compared one by one; where many do not meet, one walk of all
 * together (policy/glob/union.h) tells those that do. When the check's work is used up
 * (check_is_over), rows end early.
 *
 *     struct meet meet = meet_new(unit, &writes, &executes);
 *     for (size_t i = 0; i < writes.count; i++) {
 *             meet_row(&meet, i, 0);
 *             for (size_t j; meet_next(&meet, &j);)
 *                     if (glob_overlap(… writes.at[i].glob, executes.at[j].glob …) == GLOB_NO)
 *                             meet_missed(&meet);
 *     }
 */

#include "compiler/patterns.h"

struct meet {
	struct unit *unit;
	const struct pattern_list *rows, *columns;
	size_t row, next, misses;
	bool walked, is_known; /* that walk was tried; `pairs` are those that meet */
	const struct glob_pair *pairs;
	size_t pair_count, pair_at;
};

/* Both lists stay as they are meanwhile. */
struct meet meet_new(
	struct unit *unit, const struct pattern_list *rows, const struct pattern_list *columns);

/* Starts with a row, at a column; rows come in ascending order, some may be left out. */
void meet_row(struct meet *meet, size_t row, size_t column);

/* The next column, ascending, whose pattern may meet that of the row. */
bool meet_next(struct meet *meet, size_t *ret_column);

/* Tells that the last one did not. */
void meet_missed(struct meet *meet);

#endif

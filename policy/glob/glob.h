#ifndef POLICY_GLOB_GLOB_H
#define POLICY_GLOB_GLOB_H

/*
 * AppArmor's globs (AARE) as automata over bytes: matching, overlap, inclusion and exact
 * complements. The meaning is that of apparmor_parser's file rules, 3.0.8 and 4.1.0, proved on its
 * compiled output by tests/property/globs.py: `*` any bytes but '/', at least one between '/' and
 * '/' or the end; `**` any bytes, at least one (not '/') between '/' and '/' or the end; `?` one
 * byte but '/'; [^a] any byte but a, '/' included; {a,b} alternation; `//` collapses but for a
 * leading exact "//". Odd patterns mean what they mean there: `[?]` is a class followed by ']',
 * `[\,]` holds the backslash, `[a\-z]` is a range.
 *
 * A path never holds a NUL or, as the kernel resolves it, "//". Questions are about such paths only
 * (a literal that spells "//" itself is taken at its word); glob_match takes any bytes.
 *
 * Automata are built lazily and bounded by limits->glob_states, limits->glob_bytes and what is left
 * of *limits->work; a question that exceeds them is answered GLOB_TOO_COMPLEX, never wrongly. Cheap
 * tests (literal prefixes, literal patterns) come first: most questions build no automaton. Scratch
 * memory is freed before a question is answered.
 */

#include "base/unit.h"

struct glob;

/*
 * Reads a pattern whose variables are already expanded. On a mistake (unbalanced brace, empty class
 * …) returns NULL and describes it: ret_error is a static text such as "missing '}'", ret_offset a
 * byte offset into the pattern. Lives in the arena.
 */
struct glob *glob_read(struct arena *arena, const struct limits *limits, struct slice aare,
	const char **ret_error, size_t *ret_offset);

/* Whether the path (bytes, no NUL) matches. */
bool glob_match(const struct glob *glob, struct slice path);

/*
 * No glob character but alternations of literals: what apparmor_parser calls an exact match. 4.x
 * counts classes such as [ab] too; here they are globs, as in 3.0, so that no conflict is missed.
 */
bool glob_is_exact(const struct glob *glob);

/* A literal that every match starts with: the longest one, but for patterns of enormous size. */
struct slice glob_prefix(const struct glob *glob);

/*
 * A path (in the arena, or the glob's own) that the glob matches and others are unlikely to: its
 * free bytes are odd ones. false when none was found by simple means.
 */
bool glob_odd_path(struct arena *arena, const struct glob *glob, struct slice *ret_path);

/* Whether two globs surely have no path in common, by their first bytes and literal ends: cheap. */
bool glob_is_apart(const struct glob *a, const struct glob *b);

enum glob_answer { GLOB_NO, GLOB_YES, GLOB_TOO_COMPLEX };

/* As glob_match; takes from *limits->work, GLOB_TOO_COMPLEX when nothing is left. */
enum glob_answer glob_asked(
	const struct limits *limits, const struct glob *glob, struct slice path);

/*
 * Is there a path that both match? On GLOB_YES *ret_witness is a shortest one with printable
 * bytes where possible (in the arena). `arena` is for scratch and the result; ret_witness may be
 * NULL.
 */
enum glob_answer glob_overlap(struct arena *arena, const struct limits *limits,
	const struct glob *a, const struct glob *b, struct slice *ret_witness);

/*
 * Is every path of `a` matched by one of the `count` globs `by`? On GLOB_NO *ret_witness is a path
 * of `a` that none of them matches.
 */
enum glob_answer glob_covered(struct arena *arena, const struct limits *limits,
	const struct glob *a, const struct glob *const *by, size_t count,
	struct slice *ret_witness);

/*
 * Globs (AARE text, in the arena, deterministic order) that together match exactly the paths that
 * `whole` matches and none of the `count` globs `except` does. GLOB_YES and ret_globs/ret_count
 * (none when nothing is left); GLOB_NO when AARE cannot say it (a loop other than `*` and `**` in
 * the automaton, as for /sys/ without `**` and a name); GLOB_TOO_COMPLEX when more than
 * limits->carved_rules are needed. Of "//", which no path holds, some is matched and some is not.
 *
 *     /proc/ and all below it but /proc/self/comm:
 *     /proc/{[^s],s[^e],se[^l],sel[^f],self?}**             all other names, with what is below
 *     /proc/{s,se,sel,self}                                 beginnings of the name
 *     /proc/self/{[^c],c[^o],co[^m],com[^m],comm{?,/}}**
 *     /proc/self/{,c,co,com}
 */
enum glob_answer glob_subtract(struct arena *arena, const struct limits *limits,
	const struct glob *whole, const struct glob *const *except, size_t count,
	struct slice **ret_globs, size_t *ret_count);

#endif

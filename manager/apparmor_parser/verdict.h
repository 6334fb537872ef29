#ifndef MANAGER_APPARMOR_PARSER_VERDICT_H
#define MANAGER_APPARMOR_PARSER_VERDICT_H

/*
 * Verdicts of apparmor_parser in the cache. Only those that the same text would get again are
 * kept: accepted and refused, never a time-out, a crash or a lack of memory.
 */

#include "manager/apparmor_parser/cache.h"
#include "manager/apparmor_parser/library.h"
#include "manager/apparmor_parser/parser.h"

/*
 * The key of a profile's verdict: its text, the content of every file that it includes in however
 * many steps, the absence of those that may be missing, the features, the parser and its options.
 *
 */
struct digest verdict_key(const struct parser *parser, const struct digest *features,
	struct library *library, struct slice text);

/*
 * Whether the parser must not be asked, as it would read files outside of the root that the library
 * is in (library_strays). Then *ret_result refuses the text, and says so.
 */
bool verdict_strays(struct library *library, struct slice text, struct arena *arena,
	struct parser_result *ret_result);

/* A remembered result, in the arena, with cpu 0. With want_binary one that was remembered without
 * its binary does not count. */
bool verdict_get(struct cache *cache, const struct digest *key, bool want_binary,
	struct arena *arena, struct parser_result *ret_result);

/* Remembers a result if it is worth it; with_binary also its binary. */
void verdict_put(struct cache *cache, const struct digest *key, bool with_binary,
	const struct parser_result *result);

#endif

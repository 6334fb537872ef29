#ifndef ANALYSIS_RULEBOOK_H
#define ANALYSIS_RULEBOOK_H

/* What analysis/attribute.c asks: the inside of a rulebook. See analysis/attribute.h. */

#include "analysis/attribute.h"
#include "policy/glob/glob.h"

/* A rule with its patterns ready to match. */
struct entry {
	const struct rule *rule;
	struct glob *
		*globs; /* of a file or link rule: any of them matches; more than one by aliases */
	size_t glob_count;
	bool broken; /* its pattern cannot be evaluated */
};

struct rulebook {
	struct entry *entries;
	size_t count;
	bool implied; /* rules that no text shows are added, for changes of profile or hat */
	bool open;    /* what no rule speaks about is allowed: flags=(unconfined) and the like */
};

/* The path is matched by one of the entry's patterns. */
bool entry_matches(const struct entry *entry, struct slice path);

/* The pattern is literal: its exec transition wins over those of globs. */
bool entry_is_exact(const struct entry *entry);

#endif

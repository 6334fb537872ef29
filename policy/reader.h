#ifndef POLICY_READER_H
#define POLICY_READER_H

/* What the files that read whole texts share: read.c, read_profile.c, read_block.c. */

#include "policy/read.h"
#include "policy/rule/read.h"

struct reader {
	struct unit *unit;
	enum origin origin;
	const struct include_loader *loader; /* or NULL */
	const struct preamble *preamble;     /* the variables that `if` may ask for */
	unsigned depth;
	bool in_profile; /* between braces: no variable, alias or abi */
	bool ok;
};

/* A block around rules: the qualifiers of `audit { … }`, or an `if`. */
struct block {
	struct qualifiers qualifiers;
	bool is_if;
};

/* False and a diagnostic when blocks are nested too deep; every call is undone by depth--. */
bool reader_enter(struct reader *reader, struct span at);

/* Statements between braces. `block` is NULL in a profile itself. */
void body_read(struct reader *reader, const struct statement *first, const struct block *block,
	struct body *body);

/* `profile name … { … }`, `hat h { … }`, `^h { … }`, `/path { … }`. NULL when it has no name. */
struct profile *profile_read(struct reader *reader, const struct statement *statement);

/* Reports names that stand twice in a list of profiles. */
void profiles_check_names(struct reader *reader, const struct profile *first);

/* The statement is `if …`, `else …` or a block of qualifiers: it is no profile. */
bool block_is_known(const struct statement *statement);

/*
 * Reads such a block into the body. `chain` is the state of an if-else chain: zero before the
 * first statement of a body, handed on to the next.
 */
struct if_chain {
	bool open, taken;
};
void block_read(struct reader *reader, const struct statement *statement, const struct block *outer,
	struct if_chain *chain, struct body *body);

/* Reads an include statement and resolves it. NULL after a diagnostic. */
struct include *include_read(struct reader *reader, const struct statement *statement);

#endif

#ifndef POLICY_READ_H
#define POLICY_READ_H

/*
 * Syntax tree to policy. What must be read on the way (includes) comes through a loader that the
 * caller hands in; this room opens no file.
 */

#include "parser/syntax.h"
#include "policy/rule/rules.h"

/*
 * Resolves include paths. `find` returns the files that `include <path>` (magic) or `include
 * "path"` stands for, parsed and read, in order; NULL with *ret_missing true when there is none. It
 * may cache: the trees are not changed by anyone.
 */
struct include_loader {
	struct include_file *(*find)(
		void *context, struct slice path, bool magic, bool *ret_missing);
	void *context;
};

/*
 * Reads a whole text. Every rule gets `origin`. `loader` may be NULL: includes then stay
 * unresolved. A missing include that is not `if exists` is a diagnostic. false after any error.
 */
bool policy_read(struct unit *unit, const struct statement *first, enum origin origin,
	const struct include_loader *loader, struct policy *ret_policy);

/*
 * Reads the statements of an included file: both a preamble part (variables, abi, aliases) and a
 * body part may be in it.
 */
bool policy_read_include(struct unit *unit, const struct statement *first,
	const struct include_loader *loader, struct preamble *ret_preamble, struct body *ret_body);

/*
 * Reads one rule. `abi`: a kind newer than it is a diagnostic (KIND_NEWER_THAN_ABI). `deny`: the
 * statement is of a `deny:` list: it has no qualifier deny/allow of its own and gets deny. NULL
 * after a diagnostic.
 */
struct rule *policy_read_rule(struct unit *unit, const struct statement *statement,
	enum origin origin, enum abi abi, bool deny);

#endif

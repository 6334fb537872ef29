#ifndef POLICY_POLICY_H
#define POLICY_POLICY_H

/*
 * The nouns of AppArmor: policy, profile, rule, variable, include. Readers make this tree, checks
 * look at it, writers print it. All nodes live in an arena; nothing has a destructor.
 */

#include "base/unit.h"
#include "policy/abi.h"

struct rule_ops;
struct pattern;

/* Where a rule comes from; decides how conflicts are reported. */
enum origin {
	ORIGIN_DESCRIPTION, /* an entry of the service description */
	ORIGIN_TEMPLATE,    /* the base policy */
	ORIGIN_INCLUDE,	    /* an abstraction */
};

/* Groups of the emitted profile, in the order in which they are printed. */
enum section {
	SECTION_INCLUDES,
	SECTION_TEMPLATE,
	SECTION_NETWORK,
	SECTION_CAPABILITIES,
	SECTION_BINARY,
	SECTION_LIBRARIES,
	SECTION_READABLE,
	SECTION_WRITABLE,
	SECTION_EXEC,
	SECTION_RULES,
	SECTION_DENY,
	SECTION_COUNT
};

enum owner { OWNER_ANY, OWNER_OWNER, OWNER_OTHER };

/* Qualifiers that the language puts in front of any rule. */
struct qualifiers {
	bool has_priority;
	int priority; /* -1000 to 1000, apparmor 4.1 */
	bool audit, allow, deny, prompt;
	enum owner owner;
};

/* The common head of every rule; the kinds (policy/rule/rules.h) embed it first. */
struct rule {
	struct rule *next;
	const struct rule_ops *ops;
	struct qualifiers qualifiers;
	enum origin origin;
	enum section section;
	struct span span;     /* the rule's text: in a template, an include or a description */
	struct span cause;    /* the description's entry it was made from, or no place */
	struct slice comment; /* printed above it, or empty; lines separated by newline */
	bool may_write_exec;  /* the entry says exec: true: writable and executable only warns */
	bool opens_deny;      /* exceptions to a deny were carved for it */
	bool carved;	      /* made by carving exceptions out of another deny */
	/*
	 * What was made before and is kept, else empty and NULL: the canonical text, of a rule that
	 * many profiles share, and the pattern (compiler/patterns.h). Whoever changes a copy clears
	 * both.
	 */
	struct slice printed;
	const struct pattern *pattern;
};

struct include_file {
	struct include_file *next;
	struct slice name; /* as messages show it */
	struct slice text;
	struct preamble *preamble; /* variables, aliases, abi and includes it holds */
	struct body *body;	   /* rules and includes it holds */
	bool is_opaque;		   /* it holds more, which could not be read */
};

/* An include statement; `files` is what it resolved to (a directory gives several, `if exists`
 * none). */
struct include {
	struct include *next;
	struct slice path; /* without <> or quotes */
	bool magic, optional;
	enum origin origin;
	struct span span, cause;
	struct slice comment;
	struct include_file *files;
};

struct variable {
	struct variable *next;
	struct slice name; /* "PROC", or "$flag" for a boolean */
	bool append;
	struct slice *values; /* AARE */
	size_t count;
	struct span span;
	struct slice comment;
};

/* What stands before the first profile. */
struct preamble {
	bool has_abi;
	struct slice abi_path; /* "abi/3.0" */
	bool abi_magic;
	struct span abi_span;
	struct include *includes;
	struct variable *variables;
	struct rule *aliases; /* alias and rewrite */
};

/* What stands between the braces. */
struct body {
	struct rule *rules, **rules_end;
	struct include *includes, **includes_end;
	struct profile *children, **children_end;
};

struct profile {
	struct profile *next;
	struct slice name;	 /* AARE */
	struct slice attachment; /* AARE or empty */
	struct slice *flags;
	size_t flag_count;
	struct slice xattrs; /* token text between the parentheses, or empty */
	bool is_hat;
	bool has_keyword; /* written with `profile` */
	struct span span, cause;
	struct slice comment;
	struct body body;
};

struct policy {
	struct preamble preamble;
	struct profile *profiles;
};

void body_init(struct body *body);
void body_add_rule(struct body *body, struct rule *rule);
void body_add_include(struct body *body, struct include *include);
void body_add_child(struct body *body, struct profile *child);

/* The value of flag, such as "complain", is among the profile's flags. */
bool profile_has_flag(const struct profile *profile, const char *flag);

#endif

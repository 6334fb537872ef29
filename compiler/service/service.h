#ifndef COMPILER_SERVICE_SERVICE_H
#define COMPILER_SERVICE_SERVICE_H

/*
 * The service description as a model: what aaforge.yaml(5) says, read and checked by itself, with a
 * place for everything. Nothing of AppArmor's language is in it but the strings of `rules` and
 * `deny`.
 */

#include "base/unit.h"

/* A string of the description with its place. `verbatim`: the bytes at `span` are exactly `text`.
 */
struct text {
	struct text *next;
	struct slice text;
	struct span span;
	bool verbatim;
};

enum path_kind {
	PATH_FILE, /* that one file */
	PATH_TREE, /* a directory and all below it; path is kept without the final slash ("/" is "")
		    */
	PATH_EITHER,  /* readable: the file of that name, or the directory with all below it */
	PATH_PATTERN, /* glob characters or variables: an AARE that stands as written */
};

enum exec_as { EXEC_AS_INHERIT, EXEC_AS_CHILD, EXEC_AS_PROFILE, EXEC_AS_UNCONFINED };

/* An entry of binary, libraries, readable, writable or exec. */
struct path_entry {
	struct path_entry *next;
	enum path_kind kind;
	struct slice path;    /* literal, or an AARE for PATH_PATTERN */
	struct span span;     /* the path in the description */
	bool owner;	      /* writable, readable: owner: true */
	bool link;	      /* writable: link: true */
	bool exec;	      /* writable, libraries: exec: true */
	bool audit;	      /* audit: true */
	enum exec_as as;      /* exec */
	struct slice as_name; /* of child and profile */
	struct span as_span;
};

struct network_entry {
	struct network_entry *next;
	const char *family, *type, *protocol; /* names of policy/names/names.h; NULL: any */
	struct span span;
};

struct capability_entry {
	struct capability_entry *next;
	int capability;
	struct span span;
};

enum expect_kind { EXPECT_FILE, EXPECT_EXEC, EXPECT_NETWORK, EXPECT_CAPABILITY };

/*
 * One assertion of `expect`: "[owner|other] PATH PERMS", "exec PATH [as inherit|as child NAME|as
 * profile NAME|as unconfined]", "network FAMILY [TYPE|PROTOCOL]", "capability NAME". May be in a
 * child: the child's own `expect` does not exist.
 */
struct expectation {
	struct expectation *next;
	bool allow; /* from allow:, else from deny: */
	enum expect_kind kind;
	struct span span;
	struct slice text;	     /* as written */
	bool only_owner, only_other; /* file: asked for one of the two only; else for both */
	struct slice path;	     /* literal bytes */
	unsigned perms; /* enum perm of policy/rule/rules.h, without PERM_EXEC for EXPECT_FILE */
	bool has_as;
	enum exec_as as;
	struct slice as_name;
	const char *family, *type; /* EXPECT_NETWORK; a protocol is turned into its type; type NULL:
				      every type */
	int capability;
};

enum mode { MODE_ENFORCE, MODE_COMPLAIN, MODE_KILL, MODE_UNCONFINED };

struct container;

/* A service, or a child of one (name is then the child's name). */
struct service {
	struct service *next; /* among children */
	struct span span;     /* the whole mapping, or its first key */
	struct slice name;
	struct span name_span;
	struct slice description;
	bool has_template;
	struct slice template; /* a built-in's name or a path as written; "container" when absent */
	struct span template_span;
	enum mode mode;
	struct span mode_span;
	struct path_entry *binary, *libraries, *readable, *writable, *exec;
	struct service *children;
	bool has_network, has_capabilities; /* the lists are given, perhaps empty */
	struct network_entry *network;
	struct capability_entry *capabilities;
	struct text *abstractions; /* names below abstractions/ */
	struct text *rules, *deny;
	struct expectation *expect;
	const struct node *container; /* the checked mapping, or NULL */
	struct container *run;	      /* container.h: how it is run, NULL in children only */
};

#endif

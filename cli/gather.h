#ifndef CLI_GATHER_H
#define CLI_GATHER_H

/*
 * The operands of load, install, sync and status as compiled profiles:
 *
 *     description   compiled, checked, accepted by apparmor_parser, compiled to binary
 *     profile text  accepted by apparmor_parser, compiled to binary
 *     binary        read back
 *
 * for the features of the running kernel (or --features), verdicts and binaries remembered in the
 * cache.
 */

#include "cli/cli.h"
#include "manager/host/root_check.h"
#include "manager/places.h"
#include "manager/kernel/policy_set.h"

/* A template that is a file. */
struct gathered_template {
	const struct gathered_template *next;
	struct slice path;    /* absolute */
	struct slice as;      /* as the description writes it */
	struct digest digest; /* of what was compiled with */
};

struct gathered {
	struct set_member *member; /* NULL: it was only refused (gather keeps going) */
	struct slice name;	   /* of the profile: descriptions only */
	struct slice path;	   /* absolute path of the file; "-" for standard input */
	struct slice document;	   /* the description's own bytes; empty for texts and binaries */
	const struct gathered_template *templates; /* its own, and those of its children */
	struct slice image;			   /* container: image:, or empty */
	const struct root_finding *root_findings;  /* gather_options.looks_at_root; or NULL */
};

struct gathering {
	struct arena arena;
	struct policy_set set;
	struct gathered *items;
	size_t count, refused; /* documents; those of them that were refused */
	enum status status;    /* the worst; problems are printed already */
};

struct gather_options {
	bool descriptions_only; /* texts and binaries are usage errors (install, sync) */
	bool changes_kernel;	/* what others could have written is refused: cli/trusted.h */
	bool errors_only;	/* says nothing of warnings and notes */
	/*
	 * Descriptions that attach by path are looked at in --root DIR (default: "/"). What is not
	 * there as it should be is a diagnostic, and refuses the description when it is an error;
	 * with root_findings_only it is only told in gathered.root_findings.
	 */
	bool looks_at_root, root_findings_only;
	const char *features; /* file or directory; NULL: --features or the ABI's own */
};

/* Whether an operand is a description by its name: *.yaml, *.yml, or "-". */
bool is_description_name(struct slice operand);

/* Goes through all operands. The caller frees it with gather_free in any case. */
void gather(const struct options *options, const struct gather_options *how,
	struct gathering *ret_gathering);

void gather_free(struct gathering *gathering);

#endif

#ifndef MANAGER_HOST_ATTACHMENTS_H
#define MANAGER_HOST_ATTACHMENTS_H

/*
 * All profiles that the kernel could attach to a program by itself: those that it holds, and those
 * that the files of /etc/apparmor.d bring at the next boot. manager/host/contest.h tells who wins.
 *
 * What the kernel shows as `attach` says little: apparmor_parser 3.0 tells it no text, so that
 * every attachment but a name that is a path is "<unknown>" (measured on 6.1). The truth is the
 * automaton in the raw data (root, export_binary); without it the text of the file that defines a
 * profile of that name counts, and without that the profile is one of which nothing is known.
 *
 * Children and hats never attach by themselves; profiles in mode complain and unconfined do.
 * Nothing fails: what cannot be seen is told apart from what is not there.
 */

#include "manager/kernel/policy_set.h"
#include "manager/disk/scan.h"
#include "policy/glob/attachment.h"

struct contender {
	struct slice name;
	struct slice file;   /* of PROFILES, that defines it and is loaded at boot; or empty */
	struct slice source; /* of attachments_of_set: what it comes from; else empty */
	bool is_loaded;	     /* else it comes at the next boot */
	bool is_name;	     /* it attaches to the program that is its name */
	bool is_known;	     /* else nothing is known of what it attaches to */
	struct slice text;   /* what it attaches to, unless that is known as an automaton only */
	const struct glob *glob;       /* of the text */
	struct attachment *attachment; /* when it is known; of a text made when needed */
	struct compiled_db xmatch;     /* the automaton, if that is where it is known from */
	struct slice prefix;	       /* all that it matches begins with it; may be empty */
};

/* What a compiled profile attaches to; is_known false when its automaton is too large. */
void contender_read(
	struct arena *arena, const struct compiled_profile *compiled, struct contender *contender);

/* Of one that attaches to the program that is its name. */
void contender_set_name(struct arena *arena, struct contender *contender);

struct attachments {
	const struct places *places;
	struct arena *arena;
	struct contender *contenders; /* the loaded ones first, by name */
	size_t count, loaded_count;
	struct scan boot; /* all profiles that files define, with an attachment or not */
	const struct contest_index *index; /* of attachments_index, or NULL */
};

struct attachments_how {
	const struct loaded *loaded; /* NULL: there is no kernel, or it does not matter */
	struct slice namespace;	     /* "" is ours: only profiles of one namespace compete */
	/* Files and loaded profiles that are not looked at; either may be NULL. */
	bool (*skips_file)(const void *context, struct slice file);
	bool (*skips_profile)(const void *context, struct slice name);
	const void *context;
	bool names_only;	 /* only `boot`: no profile of the run attaches to anything */
	const struct scan *boot; /* what was read before, by the same skips_file; or NULL */
};

/* Looks around. All memory is in the arena, which the result keeps; so does it `places`. */
void attachments_read(const struct places *places, const struct attachments_how *how,
	struct arena *arena, struct attachments *ret_attachments);

/* Its attachment, to be compared; made now where it is known as text. NULL when it is not known. */
const struct attachment *contender_attachment(
	const struct attachments *attachments, const struct contender *contender);

/* The loaded contender of that name, or NULL: not loaded, or it never attaches. */
const struct contender *attachments_loaded(
	const struct attachments *attachments, struct slice name);

/* The first profile of a file, other than `file`, that has the name; NULL when there is none. */
const struct scanned *attachments_defined(
	const struct attachments *attachments, struct slice name, struct slice file);

/* How it comes to be seen what a loaded profile attaches to, in words: by root, by the kernel's
 * parameter export_binary, by loading the profile anew. */
struct slice attachments_mend(const struct places *places, struct arena *arena, struct slice name);

#endif

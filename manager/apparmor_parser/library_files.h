#ifndef MANAGER_APPARMOR_PARSER_LIBRARY_FILES_H
#define MANAGER_APPARMOR_PARSER_LIBRARY_FILES_H

/* The library's inside: which files an include stands for. Used by library.c and dependencies.c. */

#include "manager/apparmor_parser/library.h"

struct library_file {
	struct library_file *next_in_bucket;
	struct slice path; /* absolute, followed by a NUL */
	struct slice text;
	struct digest digest;
	bool is_there;
	bool is_outside; /* of the directories: nothing of its text is shown */
	/* Parsing (library.c). */
	const struct source *source;
	unsigned reading; /* place on the stack of files being read, from 1; 0: none */
	bool is_read, was_reported;
	struct preamble *preamble;
	struct body *body;
	bool is_opaque; /* not all of it could be read */
	/* What its text includes (dependencies.c). */
	struct library_entry **dependencies;
	size_t dependency_count;
	bool has_dependencies;
};

/* What `include <path>` or `include "path"` stands for. */
struct library_entry {
	struct library_entry *next_in_bucket;
	struct slice path;
	bool magic;
	bool is_missing;
	bool is_directory;    /* the last place is one */
	struct slice *places; /* where it was looked for, in this order, each with a NUL behind */
	size_t place_count;
	struct library_file **files;
	size_t file_count;
	struct include_file *included; /* for the loader, once is_loaded */
	bool is_loaded;
	struct slice trouble;	   /* what is there and cannot be read, or empty */
	unsigned visit;		   /* of the last digest that counted it */
	bool was_guarded, is_fine; /* what the guard said */
};

#define LIBRARY_BUCKETS	    256
#define LIBRARY_DIRECTORIES 64

/* Most bytes of all files together: what is beyond counts as missing, with a diagnostic. */
#define LIBRARY_BYTES (256UL << 20)

struct library {
	struct unit unit;
	struct include_loader loader;
	const char *directories[LIBRARY_DIRECTORIES + 1]; /* -I in order, then the base */
	size_t directory_count;
	struct library_file *files[LIBRARY_BUCKETS];
	struct library_entry *entries[LIBRARY_BUCKETS];
	size_t bytes;
	unsigned stack;	     /* files being read */
	unsigned loop_floor; /* lowest place on the stack that a loop led back to; UINT_MAX: none */
	unsigned visit;
	struct slice stray;   /* the first path that is another for who does not stay in the root */
	struct slice trouble; /* of the last digest */
};

/* The entry of a path, looked up on disk the first time and remembered, also when it is missing. */
struct library_entry *library_resolve(struct library *library, struct slice path, bool magic);

#endif

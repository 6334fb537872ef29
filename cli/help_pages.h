#ifndef CLI_HELP_PAGES_H
#define CLI_HELP_PAGES_H

/*
 * What `aaforge help ID` and `aaforge help KEY` show: docs/help/<id>.yaml and docs/keys/<key>.yaml,
 * embedded at build time.
 */

#include <stddef.h>

struct help_page {
	const char *name; /* the id, or the key */
	const char
		*text; /* not terminated; leading comment lines explain, the rest is an example */
	size_t len;    /* bytes */
};

extern const struct help_page help_pages[];
extern const size_t help_page_count;
extern const struct help_page key_pages[];
extern const size_t key_page_count;

#endif

#ifndef TEMPLATES_TEMPLATES_H
#define TEMPLATES_TEMPLATES_H

/* The built-in base policies, embedded at build time from templates/<name>.profile. */

#include <stddef.h>

struct builtin_template {
	const char *name; /* "container" */
	const char *text; /* not terminated */
	size_t len;	  /* bytes */
};

extern const struct builtin_template builtin_templates[];
extern const size_t builtin_template_count;

#endif

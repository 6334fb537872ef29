#ifndef AUDIT_EDITOR_H
#define AUDIT_EDITOR_H

/* The inside of an editor: audit/edit.c changes the tree and notes what edit_text.c writes. */

#include "audit/edit.h"

/* Something of the text that is replaced. */
struct patch {
	struct patch *next;
	size_t number; /* of two at one place, the first one made comes first */
	uint32_t begin, end;
	struct slice text;
};

/* A collection that grew: its new entries are those without a place. */
struct growth {
	struct growth *next;
	struct node *node;
};

/* A key without a value that got one. */
struct filling {
	struct filling *next;
	struct span at;
	const struct node *node;
};

struct editor {
	struct unit *unit;
	const struct source *source;
	bool json;
	struct patch *patches;
	size_t patch_count;
	struct growth *growths;
	struct filling *fillings;
};

/* The byte at a position of the source; NUL past its end. */
char editor_byte(const struct editor *editor, uint32_t position);

/* A node that was not in the text has no place. */
bool node_is_new(const struct node *node);

/* Not brought by an alias or a merge key. */
bool node_is_within(const struct node *inner, const struct node *outer);

/* The place of a node with its quotes. */
struct span editor_whole(const struct editor *editor, const struct node *node);

/* Replaces a span of the text. */
void editor_patch(struct editor *editor, struct span span, struct slice text);

#endif

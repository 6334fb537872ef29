#ifndef AUDIT_EDIT_H
#define AUDIT_EDIT_H

/*
 * Changes of a YAML tree, made in the tree and in the text. The tree is changed in place: it is
 * then what the text must read as.
 */

#include "audit/audit.h"

struct editor;

/* An editor for the tree of a source. Lives in the unit's arena. */
struct editor *editor_new(struct unit *unit, const struct source *source, bool json);

/* Makes a change in the tree. false when it cannot be made; the tree may then be changed in part.
 */
bool editor_change(struct editor *editor, const struct change *change);

/* The text with all changes. false when a layout is not understood. */
bool editor_text(struct editor *editor, struct slice *ret_text);

/* Whether two trees say the same; the order of keys does not count. */
bool tree_equal(struct arena *arena, const struct node *a, const struct node *b);

#endif

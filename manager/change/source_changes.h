#ifndef MANAGER_CHANGE_SOURCE_CHANGES_H
#define MANAGER_CHANGE_SOURCE_CHANGES_H

/*
 * Whether the description and the template files that an installed text was made from are still
 * what they were: its header holds their digests.
 *
 *     # SHA-256 of the description: 5403…
 *     # SHA-256 of the template: 91ab… ./base/web.profile
 *
 * A text of an older version has no line for its templates: then nothing is said of them. Nothing
 * fails: what cannot be read is no change, but for a template that is gone. Each template file is
 * read once, however many texts were made from it.
 */

#include "base/arena.h"

struct read_template;

struct source_changes {
	struct arena *arena;
	struct read_template *templates; /* those that were read */
};

void source_changes_begin(struct arena *arena, struct source_changes *ret_changes);

/* Whether no document of the file at `description`, an absolute path with a NUL behind, is the one
 * that the text was made from. false when the text or the file does not tell. */
bool description_is_changed(struct slice text, struct slice description);

/*
 * The first template of the text that is another, or gone, for the description at that path: as it
 * writes it. Empty: none is; also when the description is not there.
 */
struct slice template_changed(
	struct source_changes *changes, struct slice text, struct slice description);

/* The path of the template file that the description at `description` names with `as`: relative to
 * its folder; an absolute one inside of the root that the description is in. With a NUL behind. */
struct slice template_path_of(struct arena *arena, struct slice as, const char *description);

#endif

#ifndef MANAGER_DISK_INSTALLED_H
#define MANAGER_DISK_INSTALLED_H

/*
 * Installed profiles: the text at PROFILES/NAME, the description at DESCRIPTIONS/NAME.yaml. The
 * first line of a text that aaforge installed holds the digest of all that follows it:
 *
 *     # Installed by aaforge. SHA-256 of what follows: 5403b5…
 *
 * which tells whether a file is ours, and whether it was edited since.
 */

#include "base/arena.h"
#include "manager/system/digest.h"
#include "manager/places.h"

enum ownership {
	OWNER_NOBODY,  /* no such file */
	OWNER_AAFORGE, /* ours, as we wrote it */
	OWNER_EDITED,  /* ours, edited since */
	OWNER_FOREIGN, /* not ours; a symbolic link, directory, pipe … always is */
};

struct installed {
	struct slice name;
	enum ownership owner;
	struct slice text;	  /* without the first line; valid for AAFORGE and EDITED */
	struct slice path;	  /* of the text, with a NUL behind */
	struct slice description; /* path, with a NUL behind; empty: there is none */
	/*
	 * The administrator's disable/NAME and force-complain/NAME beside the texts:
	 * apparmor_parser skips the first at boot, silently, and loads the second in mode complain.
	 * disable wins. Set whoever owns the text, and without one.
	 */
	bool is_disabled, is_forced_complain;
};

/* Text as it is installed: the first line and the text. In the arena. */
struct slice installed_mark(struct arena *arena, struct slice text);

/*
 * Whose a text at PROFILES/NAME is, by its first line: AAFORGE, EDITED or FOREIGN. ret_text is it
 * without that line, and all of it for FOREIGN.
 */
enum ownership installed_owner(struct slice marked, struct slice *ret_text);

/*
 * Whether NAME can be a file below /etc/apparmor.d that is loaded at boot: not one that
 * apparmor_parser skips in a directory (README, x.dpkg-new, x~ …; measured, 3.0.8 and 4.1.0 alike)
 * or the init functions of Debian do (x.new-1_2), not one of the directories there (abstractions,
 * tunables …), at most 240 bytes, no slash. EINVAL that says why not.
 */
bool installed_name_is_fine(
	const struct places *places, struct slice name, struct error **ret_error);

/*
 * What stands at PROFILES/NAME. An error only when it cannot be read; EINVAL for a name with a
 * slash or a dot at its beginning. Links are not followed, pipes not waited for.
 */
bool installed_read(const struct places *places, struct slice name, struct arena *arena,
	struct installed *ret_installed, struct error **ret_error);

struct installed_list {
	struct installed *entries; /* sorted by name: those of AAFORGE and EDITED */
	size_t count;
	bool is_partial; /* some files could not be read for lack of rights */
};

/* All texts of ours. */
bool installed_list_read(const struct places *places, struct arena *arena,
	struct installed_list *ret_list, struct error **ret_error);

#endif

#ifndef MANAGER_HOST_ROOT_CHECK_H
#define MANAGER_HOST_ROOT_CHECK_H

/*
 * A description against the root that it is for: are the programs there, and are its paths those
 * that the kernel will see? The kernel compares patterns with the path that is left when all links
 * are resolved (d_path of the opened file), so a profile for a link confines nothing.
 *
 * A link is only told of where what the profile allows does not fit its target as well: a pattern,
 * another entry or an abstraction may.
 *
 * Nothing fails: what cannot be seen is a finding, too. Of programs in a container the paths are
 * those of its image; what a volume or a tmpfs of the description covers is not looked at.
 */

#include "compiler/compile.h"
#include "manager/host/root_view.h"

/* One thing that is not as the description says. In the unit's arena. */
struct root_finding {
	struct root_finding *next;
	enum diag_id id;      /* its name and severity are those of the diagnostic */
	struct span at;	      /* the entry */
	struct slice path;    /* as the description has it */
	struct slice sees;    /* what the kernel sees there, or empty */
	struct slice message; /* as a diagnostic's */
	struct slice help;    /* or empty */
};

/*
 * Whether the profile attaches by path, as those of template host: it is for programs of the
 * machine that it is loaded on. All others are for a container's image.
 */
bool root_is_host(const struct compiled *compiled);

/* Looks at every path of a compiled description, in its order; NULL when all is well. An
 * attach-first of the unit that the root shows not to be so is taken back. */
const struct root_finding *root_check(
	struct root_view *view, struct unit *unit, const struct compiled *compiled);

/* The findings as diagnostics of the unit. */
void root_report(struct unit *unit, const struct root_finding *findings);

#endif

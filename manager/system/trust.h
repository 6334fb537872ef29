#ifndef MANAGER_SYSTEM_TRUST_H
#define MANAGER_SYSTEM_TRUST_H

/*
 * Whether others could decide what is read at a path: as sudo, cron and sshd ask before they act
 * for root on what a file says.
 *
 * Each directory on the way, from the root on, and the file itself must belong to root or to the
 * caller, and be written by nobody else. In a sticky directory such as /tmp others can make names,
 * but not take away or replace those of root: it does as a step on the way, not as a directory
 * whose files are all taken. The way of a symbolic link counts, and so does its owner. A path that
 * ends on the way is trusted: nothing can be read there.
 */

#include "manager/system/error.h"

#include <limits.h>
#include <sys/types.h>

struct trust {
	const char *top; /* "" or an image's root, without a slash at its end: nothing above it is
			    looked at, and absolute links start there */
	uid_t also;	 /* who may own and write, besides root */
	bool has_known;
	/* The directory that was found good last, as it was given and without links. */
	char known[PATH_MAX], known_real[PATH_MAX];
};

/* For the whole system, or for what is below `top`; it must outlive the trust. */
void trust_init(struct trust *trust, const char *top, uid_t also);

/*
 * Whether nobody else can change the file that `path` names: from the working directory, or an
 * absolute one, which with a top begins with it. false with EPERM and words that name the place,
 * its owner and mode, and the command that mends it; what cannot be looked at is an error, too.
 */
bool trust_file(struct trust *trust, const char *path, struct error **ret_error);

/* The same for a directory whose files are all taken: nobody else may add one. */
bool trust_directory(struct trust *trust, const char *path, struct error **ret_error);

#endif

#ifndef CLI_ROOT_H
#define CLI_ROOT_H

/* --root of the commands that look at the paths of descriptions: compile, check, test. */

#include "cli/cli.h"

/*
 * Reads abstractions and tunables below DIR/etc/apparmor.d, unless --base is given, where DIR holds
 * them: it is a system that loads profiles itself. A container's image holds none; its profiles are
 * compiled with those of this machine. The caller frees options->root_base.
 */
void root_use_base(struct options *options);

#endif

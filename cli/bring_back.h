#ifndef CLI_BRING_BACK_H
#define CLI_BRING_BACK_H

/*
 * The files of the distribution that a profile which goes had put aside: their links go, as far as
 * they are still those that install made and no other profile needs them, and their profiles are
 * loaded as at boot.
 */

#include "cli/leaving.h"

/*
 * Takes all of it into the changes and the list, for entries that nothing stands against. What
 * cannot be compiled is told, and comes back at the next boot. STATUS_SYSTEM after a problem was
 * printed.
 */
enum status bring_back(struct machine *machine, struct leaving_list *list);

/* Tells what was brought back. */
void bring_back_report(const struct machine *machine, const struct leaving_list *list);

#endif

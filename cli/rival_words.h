#ifndef CLI_RIVAL_WORDS_H
#define CLI_RIVAL_WORDS_H

/* What is said of profiles that attach to the same program. All of it is in the machine's arena. */

#include "cli/machine.h"
#include "manager/host/contest.h"

/* What there is, and what the kernel would do: "the loaded profile 'x' attaches to … as well: …".
 */
struct slice rival_facts(const struct machine *machine, const struct dispute *dispute);

/* The same, where nothing is left to the profile that the other ones are attached instead of. */
struct slice rival_facts_of_loss(const struct machine *machine, const struct dispute *dispute);
struct slice rival_facts_of_taking(const struct machine *machine, const struct dispute *dispute);

/* What can be done about the other one, or about one of that name in a file (or empty). */
struct slice rival_advice(const struct machine *machine, const struct contender *other);
struct slice rival_advice_for_file(const struct machine *machine, struct slice file);

/* Remarks, where all is decided: unless --quiet. `more`: others of which that is so, too. */
void rival_note_taken(const struct machine *machine, struct slice name,
	const struct dispute *dispute, size_t more);

#endif

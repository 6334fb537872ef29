#ifndef CLI_LOOKUP_H
#define CLI_LOOKUP_H

/* The inside of `aaforge lookup`: lookup.c asks and answers, lookup_policy.c looks at profiles. */

#include "cli/review.h"
#include "manager/host/runtime.h"

struct lookup {
	const struct options *options;
	struct slice operand;
	struct arena arena;
	struct places places;
	struct host host;
	struct runtimes runtimes;
	struct findings findings; /* an error among them makes the answer a no */
	bool kernel_is_fine;
	struct loaded loaded;
	bool has_loaded;
	struct slice why_not_loaded; /* words */
	struct slice name;	     /* of the profile, once lookup_subject knows it */
	struct slice file;	     /* the description or text that it must be loaded from */
	struct gathering gathering;
	const struct set_member *member; /* the file, compiled; or NULL */
	enum status status;		 /* of a failure that has been printed */
};

/* An error's text, which is freed, in the arena. */
struct slice lookup_words(struct lookup *lookup, struct error *error);

/* Prints a problem of the system, which is freed; the run ends with that status. */
void lookup_problem(struct lookup *lookup, struct error *error, enum status status);

/* What the operand names: name, and of a file or an image's description what it says. false when
 * there is nothing more to look at. */
bool lookup_subject(struct lookup *lookup);

/* Whether the kernel holds the profile, enforces it, and holds it as the file says. */
void lookup_policy(struct lookup *lookup);

/* Whether the process of --pid is confined by it. */
void lookup_task(struct lookup *lookup);

#endif

#ifndef CLI_STATUS_H
#define CLI_STATUS_H

/* The inside of `aaforge status`: status.c asks, status_collect.c finds the profiles,
 * status_print.c shows them. */

#include "cli/review.h"
#include "manager/host/tasks.h"

struct status_view {
	const struct options *options;
	struct slice namespace; /* of --namespace, or "" */
	struct arena arena;
	struct places places;
	struct loaded loaded;
	struct tasks tasks;
	bool has_tasks;
	struct gathering files; /* the operands that are files */
	struct review review;
	enum status status; /* of a problem that has been printed */
};

/* Fills the review: the operands', or everything that is installed, recorded or loaded. */
void status_collect(struct status_view *view);

void status_print_table(struct status_view *view);
void status_print_json(struct status_view *view);

#endif

#ifndef CLI_STATUS_H
#define CLI_STATUS_H

/* The inside of `aaforge status`: status.c decides, status_collect.c finds the profiles,
 * status_print.c shows them. */

#include "cli/gather.h"
#include "manager/records.h"
#include "manager/state.h"
#include "manager/tasks.h"

struct status_row {
	struct slice namespace, name;
	const struct loaded_profile *held; /* or NULL: not loaded */
	bool has_record;
	struct record record;
	struct installed installed; /* owner OWNER_NOBODY: not installed */
	struct slice file; /* absolute path of what says how it should be; empty: nothing */
	const struct set_member *wanted; /* that, compiled; NULL: nothing, or it was refused */
	bool is_unreadable;		 /* the file is gone, or not for us */
	struct state_answer state;
	int *pids; /* of the tasks that it confines, each once */
	size_t pid_count;
};

struct status_view {
	const struct options *options;
	struct slice namespace; /* of --namespace, or "" */
	struct arena arena;
	struct places places;
	struct loaded loaded;
	struct tasks tasks;
	bool has_tasks;
	bool hides_installed;	    /* some files of /etc/apparmor.d are not for us */
	struct gathering files;	    /* the operands that are files */
	struct gathering described; /* what else must be compiled */
	struct status_row *rows;    /* without children */
	size_t count, capacity;
	enum status status; /* of a problem that has been printed */
};

/* Fills rows: the operands', or everything that is installed, recorded or loaded. */
void status_collect(struct status_view *view);

/* Compiles what the rows' files say now. */
void status_compile(struct status_view *view);

/* Whether it belongs to us: installed or recorded. */
bool status_is_ours(const struct status_row *row);

void status_print_table(struct status_view *view);
void status_print_json(struct status_view *view);

#endif

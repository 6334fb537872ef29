#include "cli/sync.h"

#include "cli/effort.h"
#include "cli/rivals.h"
#include "cli/trusted.h"
#include "manager/system/file.h"
#include "manager/system/path.h"

#include <stdlib.h>
#include <sys/stat.h>

/* The same directory, whatever the paths look like. */
static bool is_home(const struct machine *machine, const char *directory)
{
	struct stat here, home;
	return path_stat(directory, &here) == 0 &&
	       path_stat(machine->places.descriptions, &home) == 0 && here.st_dev == home.st_dev &&
	       here.st_ino == home.st_ino;
}

/*
 * An empty directory may be a mistake: a path that was not mounted. It is believed when it is the
 * one of the installed descriptions, as long as nothing is pruned for it.
 */
static enum status judge_empty(const struct sync *sync)
{
	const struct options *options = sync->machine->options;
	const char *directory = options->arguments[0];
	if (options->prune && !options->force)
		print_problem("'%s' holds no description (*.yaml, *.yml): --prune would remove all "
			      "profiles, and wants --force for that",
			directory);
	else if (!options->prune && !sync->is_watching && !is_home(sync->machine, directory))
		print_problem("'%s' holds no description (*.yaml, *.yml)", directory);
	else
		return STATUS_OK;
	return STATUS_INPUT;
}

static void gather_nothing(struct gathering *ret_gathering)
{
	*ret_gathering = (struct gathering){0};
	arena_init(&ret_gathering->arena, out_of_memory);
	policy_set_init(&ret_gathering->arena, &ret_gathering->set);
}

/* The set points into the gathering, which must not move. */
static enum status gather_directory(struct sync *sync, struct gathering *ret_gathering)
{
	const struct options *options = sync->machine->options;
	const struct gather_options how = {.descriptions_only = true,
		.looks_at_root = true,
		.changes_kernel = true,
		.features = sync->machine->features};
	struct file_list files;
	struct error *error = NULL;
	struct trusted trusted = trusted_begin(options);
	if (!trusted_directory(&trusted, options->arguments[0])) {
		gather_nothing(ret_gathering);
		return STATUS_INPUT;
	}
	if (!file_list_read(options->arguments[0], &files, &error)) {
		gather_nothing(ret_gathering);
		return print_error(error);
	}
	size_t count = files.count;
	file_list_free(&files);
	if (count == 0) {
		gather_nothing(ret_gathering);
		return judge_empty(sync);
	}
	gather(options, &how, ret_gathering);
	return ret_gathering->status == STATUS_OK && ret_gathering->refused > 0
		       ? STATUS_INPUT
		       : ret_gathering->status;
}

static int by_bytes(const void *a, const void *b)
{
	return slice_cmp(*(const struct slice *)a, *(const struct slice *)b);
}

/* The installed profiles that nothing of the directory describes, not even a broken description. */
static size_t find_departed(const struct machine *machine, const struct gathering *gathering,
	const struct installed ***ret_departed)
{
	struct slice *names = arena_array(machine->arena, gathering->count, sizeof(*names));
	const struct installed **departed =
		arena_array(machine->arena, machine->installed.count, sizeof(struct installed *));
	size_t count = 0;
	for (size_t i = 0; i < gathering->count; i++)
		names[i] = gathering->items[i].name;
	if (gathering->count > 0)
		qsort(names, gathering->count, sizeof(*names), by_bytes);
	for (size_t i = 0; i < machine->installed.count; i++) {
		const struct installed *installed = &machine->installed.entries[i];
		if (gathering->count == 0 || !bsearch(&installed->name, names, gathering->count,
						     sizeof(*names), by_bytes))
			departed[count++] = installed;
	}
	*ret_departed = departed;
	return count;
}

static void say_kept(const struct effort *effort)
{
	const struct options *options = effort->machine->options;
	enum { SHOWN_MOST = 10 };
	struct buf names = buf_new(effort->machine->arena);
	if (effort->kept_count == 0 || options->quiet)
		return;
	for (size_t i = 0; i < effort->kept_count && i < SHOWN_MOST; i++)
		buf_printf(&names, "%s'%.*s'", i ? ", " : "", SLICE_FMT(effort->kept[i]->name));
	if (effort->kept_count > SHOWN_MOST)
		buf_printf(&names, " and %zu more", effort->kept_count - SHOWN_MOST);
	print_problem("note: installed, but %.*s: %.*s", SLICE_FMT(effort->why_kept),
		SLICE_FMT(buf_slice(&names)));
}

/* What goes, or why it does not. */
static enum status decide_departed(
	const struct sync *sync, const struct gathering *gathering, struct effort *effort)
{
	struct machine *machine = sync->machine;
	const struct installed **departed;
	size_t count = find_departed(machine, gathering, &departed);
	const char *directory = machine->options->arguments[0];
	if (!machine->options->prune || sync->is_prune_suspended) {
		effort->kept = departed;
		effort->kept_count = count;
		effort->why_kept =
			sync->is_prune_suspended
				? SLICE("not removed as long as there are problems")
				: arena_printf(machine->arena,
					  "not described in '%s' (--prune would remove it)",
					  directory);
		say_kept(effort);
		return STATUS_OK;
	}
	effort->leaving.entries =
		arena_array(machine->arena, count, sizeof(*effort->leaving.entries));
	effort->leaving.count = count;
	for (size_t i = 0; i < count; i++)
		effort->leaving.entries[i].installed = departed[i];
	return leaving_decide(machine, &effort->leaving);
}

static enum status decide(
	const struct sync *sync, struct gathering *gathering, struct effort *effort)
{
	const struct desired_how how = {.mends_drift = true};
	enum status status = desired_decide(sync->machine, gathering, &how, &effort->desired);
	if (status == STATUS_OK)
		status = decide_departed(sync, gathering, effort);
	if (status == STATUS_OK)
		status = rivals_decide(
			sync->machine, gathering, &effort->leaving, NULL, &effort->desired);
	if (status != STATUS_OK)
		return status;
	size_t obstacles = desired_report(&effort->desired) + leaving_report(&effort->leaving);
	return obstacles > 0 ? STATUS_INPUT : STATUS_OK;
}

static enum status sync_gathered(struct sync *sync, struct gathering *gathering)
{
	struct effort effort = {.machine = sync->machine, .gathering = gathering};
	enum status status = machine_begin(sync->machine, &gathering->arena);
	if (status == STATUS_OK)
		status = decide(sync, gathering, &effort);
	if (status != STATUS_SYSTEM) {
		enum status applied = effort_run(&effort);
		status = applied > status ? applied : status;
	} else {
		print_problem("nothing was changed");
	}
	machine_end(sync->machine);
	return status;
}

/* Nothing of the directory could be read, or it is not believed. */
static bool is_hopeless(const struct gathering *gathering, enum status status)
{
	return status == STATUS_USAGE || (status != STATUS_OK && gathering->count == 0);
}

static enum status sync_once(struct sync *sync)
{
	struct gathering gathering;
	enum status status = gather_directory(sync, &gathering);
	sync->is_prune_suspended = status != STATUS_OK;
	if (!is_hopeless(&gathering, status)) {
		enum status applied = sync_gathered(sync, &gathering);
		status = applied > status ? applied : status;
	} else if (status != STATUS_USAGE) {
		print_problem("nothing was changed");
	}
	gather_free(&gathering);
	return status;
}

/* Whose tasks are worth another look. */
static void note_awaited(struct sync *sync, const struct leaving_list *list)
{
	sync->awaited.len = 0;
	for (size_t i = 0; i < list->count; i++) {
		const struct leaving *leaving = &list->entries[i];
		if (leaving->is_awaited && (!bytes_add(&sync->awaited, leaving->installed->name) ||
						   !bytes_add(&sync->awaited, slice_of("", 1))))
			out_of_memory();
	}
}

/* The good ones are applied, the broken ones keep what is there. */
static enum status apply_good(struct sync *sync, struct gathering *gathering)
{
	struct effort effort = {.machine = sync->machine, .gathering = gathering};
	enum status status = machine_begin(sync->machine, &gathering->arena);
	if (status == STATUS_OK)
		status = decide(sync, gathering, &effort);
	note_awaited(sync, &effort.leaving);
	if (status != STATUS_SYSTEM) {
		desired_choose(&effort.desired);
		sync->has_changed = effort_plan(&effort);
		bool is_committed;
		enum status applied = effort_apply_each(&effort, false, &is_committed);
		status = applied > status ? applied : status;
		sync->has_changed = effort_plan(&effort);
		effort_look(&effort);
		if (sync->has_changed && applied != STATUS_SYSTEM)
			effort_print(&effort);
		running_tell(&effort.running);
	}
	machine_end(sync->machine);
	return status;
}

enum status sync_round(
	struct sync *sync, void (*use)(void *context, const struct gathering *), void *context)
{
	struct gathering gathering;
	sync->has_changed = false;
	enum status status = gather_directory(sync, &gathering);
	sync->is_prune_suspended = status != STATUS_OK;
	bool is_lost = status == STATUS_USAGE || (status == STATUS_SYSTEM && gathering.count == 0);
	if (!is_lost) {
		use(context, &gathering); /* first: what changes from now on is seen */
		status = apply_good(sync, &gathering);
	}
	gather_free(&gathering);
	return status;
}

static bool are_arguments_fine(const struct options *options)
{
	if (options->argument_count != 1) {
		print_problem("name one directory of descriptions");
		return false;
	}
	if (strcmp(options->arguments[0], "-") == 0) {
		print_problem("sync reads a directory, not standard input");
		return false;
	}
	if (options->watch && options->dry_run) {
		print_problem("--watch and --dry-run exclude each other");
		return false;
	}
	return true;
}

enum status command_sync(const struct options *options)
{
	struct machine machine;
	struct sync sync = {.machine = &machine, .is_watching = options->watch};
	if (!are_arguments_fine(options))
		return STATUS_USAGE;
	if (!file_is_directory(options->arguments[0])) {
		print_problem("there is no directory '%s'", options->arguments[0]);
		return STATUS_SYSTEM;
	}
	enum status status = machine_open(options, true, &machine);
	if (status == STATUS_OK)
		status = options->watch ? sync_watch(&sync) : sync_once(&sync);
	machine_close(&machine);
	return status;
}

#include "cli/machine.h"
#include "cli/plan.h"
#include "cli/review.h"
#include "cli/unload_names.h"
#include "manager/host/process.h"
#include "manager/kernel/kernel.h"
#include "manager/kernel/namespaces.h"
#include "manager/disk/record.h"
#include "manager/system/stop.h"
#include "policy/glob/attachment.h"

#define TASKS_TOLD 10 /* for each profile */
#define GROUP	   16 /* profiles that are removed between two looks at the tasks */

struct crowd {
	struct running *running;
	size_t count;
};

struct unload {
	const struct options *options;
	struct machine machine;
	struct arena arena;
	struct unload_targets targets;
	struct plan_line *lines; /* one for each target */
};

static struct slice label_of(struct unload *unload, const struct loaded_profile *profile)
{
	return profile_label(&unload->arena, profile->namespace, profile->name);
}

/* --installed: those whose hash says that they are ours; of the others it is told. */
static enum status find_installed(struct unload *unload)
{
	const struct machine *machine = &unload->machine;
	struct review review;
	review_begin(unload->options, &machine->places, &machine->loaded, REVIEW_TEXT,
		&unload->arena, &review);
	for (size_t i = 0; i < machine->installed.count; i++)
		review_add(&review, SLICE(""), machine->installed.entries[i].name);
	review_judge(&review);
	for (size_t i = 0; i < review.count; i++) {
		const struct review_row *row = &review.rows[i];
		if (review_is_held_by_us(row))
			unload_add_profile(
				&unload->targets, row->held, row->installed.path, &unload->arena);
		else if (row->held)
			print_problem(
				"note: the loaded profile '%.*s' is not what aaforge loaded or "
				"installed, and stays",
				SLICE_FMT(row->name));
	}
	enum status status = review.status;
	review_end(&review);
	if (machine->installed.is_partial)
		print_problem("note: not all files of '%s' could be read: run it as root",
			machine->places.profiles);
	return status;
}

static enum status find_targets(struct unload *unload)
{
	enum status worst = unload->options->installed ? find_installed(unload) : STATUS_OK;
	for (size_t i = 0; i < unload->options->argument_count; i++) {
		enum status status = unload_add(unload->options, &unload->machine.places,
			&unload->machine.loaded, unload->options->arguments[i], &unload->arena,
			&unload->targets);
		worst = status > worst ? status : worst;
	}
	unload_finish(&unload->targets);
	return worst;
}

/* Tells of each process once, although several of its threads may be confined. */
static size_t tell_tasks(const struct unload *unload, const struct loaded_profile *profile)
{
	size_t count = 0;
	int last = 0;
	for (size_t i = 0; i < unload->machine.tasks.count; i++) {
		const struct task *task = &unload->machine.tasks.tasks[i];
		if (task->pid == last ||
			!label_holds(task->label, profile->namespace, profile->name))
			continue;
		last = task->pid;
		if (count++ < TASKS_TOLD)
			fprintf(stderr, "  %d  %.*s\n", task->pid, SLICE_FMT(task->command));
	}
	if (count > TASKS_TOLD)
		fprintf(stderr, "  and %zu more\n", count - TASKS_TOLD);
	return count;
}

static bool confines(const struct unload *unload, const struct loaded_profile *profile)
{
	for (size_t i = 0; i < unload->machine.tasks.count; i++)
		if (label_holds(unload->machine.tasks.tasks[i].label, profile->namespace,
			    profile->name))
			return true;
	return false;
}

/* A profile that leaves takes its confinement with it: its tasks run on, free of it for ever. */
static bool check_target(struct unload *unload, size_t index)
{
	const struct loaded_profile *profile = unload->targets.targets[index].profile;
	bool is_forced = unload->options->force;
	if (!confines(unload, profile))
		return true;
	struct slice label = label_of(unload, profile);
	if (is_forced)
		print_problem("note: the tasks that '%.*s' confines %s unconfined:",
			SLICE_FMT(label), unload->options->dry_run ? "would go on" : "go on");
	else
		print_problem("'%.*s' confines tasks, which would go on unconfined: end them "
			      "first, or take --force",
			SLICE_FMT(label));
	size_t count = tell_tasks(unload, profile);
	unload->lines[index].why = arena_printf(
		&unload->arena, "%zu task%s unconfined then", count, count == 1 ? "" : "s");
	return is_forced;
}

static bool check_targets(struct unload *unload)
{
	bool may = true;
	for (size_t i = 0; i < unload->targets.count; i++)
		may &= check_target(unload, i);
	if (!unload->machine.tasks.is_partial)
		return may;
	if (unload->options->force)
		print_problem(
			"note: tasks that cannot be seen may run unconfined from now on: %.*s",
			SLICE_FMT(unload->machine.tasks.hidden));
	else
		print_problem("there may be confined tasks that cannot be seen: %.*s; --force "
			      "unloads all the same",
			SLICE_FMT(unload->machine.tasks.hidden));
	return may && unload->options->force;
}

static void note_installed(const struct unload *unload, const struct loaded_profile *profile)
{
	if (unload->options->installed || profile->namespace.len > 0 ||
		!machine_installed(&unload->machine, profile->name))
		return;
	print_problem("note: '%.*s' is installed and comes back at the next boot: 'aaforge remove "
		      "%.*s' takes it away for good",
		SLICE_FMT(profile->name), SLICE_FMT(profile->name));
}

static void make_plan(struct unload *unload)
{
	const struct unload_targets *targets = &unload->targets;
	unload->lines = arena_array(&unload->arena, targets->count, sizeof(*unload->lines));
	for (size_t i = 0; i < targets->count; i++)
		unload->lines[i] = (struct plan_line){
			.sign = '-',
			.namespace = targets->targets[i].profile->namespace,
			.name = targets->targets[i].profile->name,
			.mode = targets->targets[i].profile->mode,
			.source = targets->targets[i].source,
		};
}

/* Time has passed since all targets were looked at. */
static bool is_still_free(struct unload *unload, const struct loaded_profile *profile)
{
	if (unload->options->force)
		return true;
	if (!machine_tasks(&unload->machine)->is_partial && !confines(unload, profile))
		return true;
	print_problem("'%.*s' stays: tasks came under it meanwhile",
		SLICE_FMT(label_of(unload, profile)));
	return false;
}

static bool is_attached(const void *attachment, struct slice program)
{
	return attachment_matches(attachment, program);
}

/* The processes that run the profile's program without it. */
static struct crowd find_outside(struct unload *unload, const struct processes *processes,
	const struct loaded_profile *profile)
{
	struct crowd crowd = {0};
	struct attachment attachment;
	const char *mistake;
	struct process_question question = {.namespace = profile->namespace,
		.name = profile->name,
		.accepts = is_attached,
		.context = &attachment};
	if (attachment_read(&unload->arena, &limits_default, profile->attach,
		    slice_eq(profile->attach, profile->name), &attachment, &mistake))
		crowd.count =
			processes_outside(processes, &question, &unload->arena, &crowd.running);
	return crowd;
}

/* For each target of a group; none with --force, which told all before. */
static void find_crowds(struct unload *unload, size_t first, size_t end, struct crowd *ret_crowds)
{
	struct processes processes;
	memset(ret_crowds, 0, (end - first) * sizeof(*ret_crowds));
	if (unload->options->force ||
		!processes_read(&unload->machine.places, &unload->arena, &processes, NULL))
		return;
	for (size_t i = first; i < end; i++)
		ret_crowds[i - first] =
			find_outside(unload, &processes, unload->targets.targets[i].profile);
}

static bool is_listed(const struct crowd *crowd, int pid)
{
	for (size_t i = 0; i < crowd->count; i++)
		if (crowd->running[i].pid == pid)
			return true;
	return false;
}

/* A program that was started between the last look and the removal lost its profile. */
static void tell_freed(struct unload *unload, const struct loaded_profile *profile,
	const struct crowd *before, const struct crowd *after)
{
	for (size_t i = 0; i < after->count; i++)
		if (!is_listed(before, after->running[i].pid))
			print_problem("note: process %d (%.*s) began while '%.*s' was unloaded, "
				      "and is unconfined",
				after->running[i].pid, SLICE_FMT(after->running[i].command),
				SLICE_FMT(label_of(unload, profile)));
}

static bool remove_one(
	struct unload *unload, const struct loaded_profile *profile, struct error **ret_error)
{
	struct stop_hold hold;
	stop_hold(&hold);
	bool is_removed = kernel_remove(&unload->machine.places, &unload->machine.loaded,
				  profile->namespace, profile->name, ret_error) &&
			  record_remove(&unload->machine.places, profile->namespace, profile->name,
				  ret_error);
	stop_release(&hold);
	return is_removed;
}

/* Those of [first, end) before *ret_done are gone. */
static enum status remove_targets(struct unload *unload, size_t first, size_t end, size_t *ret_done)
{
	if (!unload->options->force)
		unload->machine.has_tasks = false;
	for (*ret_done = first; *ret_done < end; ++*ret_done) {
		struct error *error = NULL;
		const struct loaded_profile *profile = unload->targets.targets[*ret_done].profile;
		if (!is_still_free(unload, profile))
			return STATUS_INPUT;
		if (!remove_one(unload, profile, &error))
			return print_error(error);
		note_installed(unload, profile);
	}
	return STATUS_OK;
}

/* Right before they go, and after it, the tasks and processes are looked at. */
static enum status remove_group(struct unload *unload, size_t first, size_t end)
{
	struct crowd before[GROUP], after[GROUP];
	size_t done;
	find_crowds(unload, first, end, before);
	enum status status = remove_targets(unload, first, end, &done);
	find_crowds(unload, first, done, after);
	for (size_t i = first; i < done; i++)
		tell_freed(unload, unload->targets.targets[i].profile, &before[i - first],
			&after[i - first]);
	if (status != STATUS_OK && done > 0)
		print_problem("%zu of %zu profiles were unloaded before that", done,
			unload->targets.count);
	return status;
}

static enum status remove_all(struct unload *unload)
{
	enum status status = STATUS_OK;
	size_t count = unload->targets.count;
	for (size_t i = 0; i < count && status == STATUS_OK; i += GROUP)
		status = remove_group(unload, i, i + GROUP < count ? i + GROUP : count);
	return status;
}

static void say_released(
	const struct unload *unload, struct slice namespace, enum namespace_end end)
{
	static const char *const words[] = {
		[NAMESPACE_REMOVED] = "went with its last profile",
		[NAMESPACE_NESTED] = "stays: it holds other namespaces",
		[NAMESPACE_TASKS] = "stays: tasks are in it, which would leave it",
		[NAMESPACE_UNSEEN] = "stays: not all tasks could be looked at, some may be in it",
		[NAMESPACE_FOREIGN] = "is empty now and stays: aaforge did not make it",
	};
	bool is_told = end != NAMESPACE_NONE && end != NAMESPACE_IN_USE;
	if (is_told && !unload->options->quiet)
		print_problem("note: the namespace '%.*s' %s", SLICE_FMT(namespace), words[end]);
}

/* Namespaces that nobody needs any more. The targets are sorted by them. */
static enum status release_namespaces(struct unload *unload)
{
	const struct unload_targets *targets = &unload->targets;
	struct slice last = SLICE("");
	for (size_t i = 0; i < targets->count; i++) {
		struct slice namespace = targets->targets[i].profile->namespace;
		enum namespace_end end;
		struct error *error = NULL;
		if (slice_eq(namespace, last))
			continue;
		last = namespace;
		if (!namespace_release(
			    &unload->machine.places, namespace, &unload->arena, &end, &error))
			return print_error(error);
		say_released(unload, namespace, end);
	}
	return STATUS_OK;
}

static void say_done(const struct unload *unload)
{
	if (!unload->options->quiet)
		fprintf(stderr, "%zu profile%s %s\n", unload->targets.count,
			unload->targets.count == 1 ? "" : "s",
			unload->options->dry_run ? "would be unloaded" : "unloaded");
}

static enum status unload_checked(struct unload *unload)
{
	const struct options *options = unload->options;
	size_t count = unload->targets.count;
	make_plan(unload);
	if (!check_targets(unload)) {
		print_problem("nothing was unloaded");
		return STATUS_INPUT;
	}
	if (options->dry_run || !options->json)
		plan_print(options, unload->lines, count, count > 0);
	enum status status = options->dry_run ? STATUS_OK : remove_all(unload);
	if (status == STATUS_OK && !options->dry_run)
		status = release_namespaces(unload);
	if (status != STATUS_OK)
		return status;
	if (options->json && !options->dry_run)
		plan_print(options, unload->lines, count, count > 0);
	say_done(unload);
	return STATUS_OK;
}

static enum status unload_from(struct unload *unload)
{
	enum status status = find_targets(unload);
	if (status != STATUS_OK) {
		if (unload->options->argument_count > 1)
			print_problem("nothing was unloaded");
		return status;
	}
	machine_tasks(&unload->machine);
	return unload_checked(unload);
}

static enum status unload_on_machine(struct unload *unload)
{
	if (!unload->machine.has_kernel) {
		print_problem("cannot unload: %.*s", SLICE_FMT(unload->machine.why_no_kernel));
		return STATUS_SYSTEM;
	}
	enum status status = machine_begin(&unload->machine, &unload->arena);
	if (status == STATUS_OK)
		status = unload_from(unload);
	machine_end(&unload->machine);
	return status;
}

enum status command_unload(const struct options *options)
{
	struct unload unload = {.options = options};
	if (options->argument_count == 0 && !options->installed) {
		print_problem("name at least one profile, or a file that describes it, or take "
			      "--installed");
		return STATUS_USAGE;
	}
	if (options->installed && (options->argument_count > 0 || options->namespace)) {
		print_problem("--installed takes no profile and no namespace: installed ones are "
			      "in the root namespace");
		return STATUS_USAGE;
	}
	arena_init(&unload.arena, out_of_memory);
	enum status status = machine_open(options, false, &unload.machine);
	if (status == STATUS_OK)
		status = unload_on_machine(&unload);
	machine_close(&unload.machine);
	arena_free(&unload.arena);
	return finish_output(status);
}

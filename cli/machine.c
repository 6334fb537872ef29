#include "cli/machine.h"

#include "manager/host/host.h"
#include "manager/kernel/kernel.h"
#include "manager/disk/records.h"
#include "manager/system/path.h"
#include "manager/change/transaction.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <stdlib.h>
#include <sys/vfs.h>
#include <unistd.h>

#define LOCK_SECONDS 30

struct slice error_words(struct arena *arena, const struct error *error)
{
	struct buf text = buf_new(arena);
	error_print(error, &text);
	return buf_slice(&text);
}

/*
 * The securityfs below an image's root is that of the machine which builds it, mounted there for
 * the tools of the build: its kernel is not to get the image's profiles.
 */
static bool is_of_the_host(const struct places *places)
{
	struct statfs at;
	if (!places->root[0] || !places->apparmorfs)
		return false;
	int fd = path_open(places->apparmorfs, O_PATH, 0);
	bool is_securityfs = fd >= 0 && fstatfs(fd, &at) == 0 && at.f_type == SECURITYFS_MAGIC;
	if (fd >= 0)
		close(fd);
	return is_securityfs;
}

static void leave_kernel_alone(struct machine *machine, struct slice why)
{
	machine->has_kernel = false;
	machine->why_no_kernel = why;
	/* So that nobody else finds it either. */
	free(machine->places.apparmorfs);
	machine->places.apparmorfs = NULL;
}

static enum status find_kernel(struct machine *machine, bool needs_kernel)
{
	struct error *error = NULL;
	if (is_of_the_host(&machine->places)) {
		leave_kernel_alone(machine, SLICE("the kernel is that of the machine around"));
		return STATUS_OK;
	}
	if (kernel_is_ready(&machine->places, &error)) {
		machine->has_kernel = true;
		if (!machine->options->features)
			machine->features = kernel_features(&machine->places, &error);
		return error ? print_error(error) : STATUS_OK;
	}
	if (needs_kernel && !machine->options->root) {
		print_error(error);
		print_problem("to change the files only, as in an image that is being built, "
			      "say so with --root DIR (--root / inside of it)");
		return STATUS_SYSTEM;
	}
	leave_kernel_alone(machine, error_words(&machine->own, error));
	error_free(error);
	return STATUS_OK;
}

enum status machine_open(
	const struct options *options, bool needs_kernel, struct machine *ret_machine)
{
	struct machine machine = {.options = options, .lock = {-1}};
	struct error *error = NULL;
	arena_init(&machine.own, out_of_memory);
	*ret_machine = machine;
	if (!places_find(options->root, &ret_machine->places, &error))
		return print_error(error);
	return find_kernel(ret_machine, needs_kernel);
}

void machine_close(struct machine *machine)
{
	places_free(&machine->places);
	free(machine->features);
	arena_free(&machine->own);
}

/* A journal of a run that was killed; a dry run has no right to touch it. */
static enum status recover(struct machine *machine)
{
	struct error *error = NULL;
	enum recovery recovery;
	if (!transaction_recover(&machine->places, machine->arena, &recovery, &error))
		return print_error(error);
	switch (recovery) {
	case RECOVERY_NONE:
		break;
	case RECOVERY_DROPPED:
		print_problem("note: an earlier run was cut short before it changed anything");
		break;
	case RECOVERY_FINISHED:
		print_problem("note: finished what an earlier run had begun");
		break;
	case RECOVERY_UNLOADED:
		print_problem("note: finished the files of an earlier run, whose profiles the "
			      "kernel refuses");
		break;
	}
	return STATUS_OK;
}

static enum status take_snapshots(struct machine *machine)
{
	struct error *error = NULL;
	if (machine->has_kernel &&
		!loaded_read(&machine->places, machine->arena, &machine->loaded, &error))
		return print_error(error);
	if (machine->has_kernel && !machine->options->dry_run)
		records_settle(&machine->places, &machine->loaded, machine->arena);
	if (!installed_list_read(&machine->places, machine->arena, &machine->installed, &error))
		return print_error(error);
	return STATUS_OK;
}

enum status machine_begin(struct machine *machine, struct arena *arena)
{
	struct error *error = NULL;
	machine->arena = arena;
	machine->has_tasks = false;
	if (!machine->options->dry_run) {
		if (!lock_take(&machine->places, LOCK_SECONDS, &machine->lock, &error)) {
			machine->lock.fd = -1;
			return print_error(error);
		}
		enum status status = recover(machine);
		if (status != STATUS_OK)
			return status;
	}
	return take_snapshots(machine);
}

void machine_end(struct machine *machine)
{
	if (machine->lock.fd >= 0)
		lock_release(&machine->lock);
	machine->lock.fd = -1;
}

const struct loaded *machine_loaded(const struct machine *machine)
{
	return machine->has_kernel ? &machine->loaded : NULL;
}

static int by_name(const void *name, const void *entry)
{
	return slice_cmp(*(const struct slice *)name, ((const struct installed *)entry)->name);
}

const struct installed *machine_installed(const struct machine *machine, struct slice name)
{
	const struct installed_list *list = &machine->installed;
	return list->count == 0 ? NULL
				: bsearch(&name, list->entries, list->count, sizeof(*list->entries),
					  by_name);
}

const struct tasks *machine_tasks(struct machine *machine)
{
	struct error *error = NULL;
	if (machine->has_tasks || !machine->has_kernel)
		return &machine->tasks;
	machine->has_tasks = true;
	if (!tasks_read(&machine->places, machine->arena, &machine->tasks, &error)) {
		machine->tasks = (struct tasks){NULL, 0, true, error_words(machine->arena, error)};
		error_free(error);
	}
	return &machine->tasks;
}

const struct task *machine_task(struct machine *machine, struct slice name)
{
	const struct tasks *tasks = machine_tasks(machine);
	for (size_t i = 0; i < tasks->count; i++)
		if (label_holds(tasks->tasks[i].label, SLICE(""), name))
			return &tasks->tasks[i];
	return NULL;
}

void machine_say_kernel_mode(const struct machine *machine)
{
	struct host host;
	if (!machine->has_kernel)
		return;
	host_read_mode(&machine->places, machine->arena, &host);
	if (host_enforcement(&host) == HOST_ENFORCES_NOT)
		print_problem("warning: the kernel enforces no profile, whatever its own mode: "
			      "'aaforge doctor' tells the mend");
}

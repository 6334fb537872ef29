#include "cli/aside.h"

#include "manager/change/replaced.h"
#include "manager/host/host.h"
#include "manager/system/path.h"

#include <stdlib.h>
#include <sys/stat.h>

/* The name below PROFILES, or empty. */
static struct slice name_below(struct machine *machine, const char *text)
{
	const char *slash = strrchr(text, '/');
	struct stat here, home;
	if (!slash)
		return slice_str(text);
	const char *directory = arena_string(
		machine->arena, slice_of(text, slash == text ? 1 : (size_t)(slash - text)));
	/* As on the command line, and as below another root. */
	if (strcmp(directory, "/etc/apparmor.d") != 0 &&
		(path_stat(directory, &here) < 0 ||
			path_stat(machine->places.profiles, &home) < 0 ||
			here.st_dev != home.st_dev || here.st_ino != home.st_ino))
		return slice_of(NULL, 0);
	return slice_str(slash + 1);
}

static bool refuse(const struct machine *machine, const char *text, const char *why)
{
	print_problem("--replace-distribution: '%s' %s; expected a file of '%s' that brings a "
		      "profile for the same program",
		text, why, machine->places.profiles);
	return false;
}

static bool exists(const char *path)
{
	struct stat at;
	return path_stat(path, &at) == 0;
}

static bool read_profiles(struct machine *machine, const char *path, struct aside *aside)
{
	struct bytes text = {0};
	bool is_read = regular_read(path, SCAN_BYTES, &text) == 0;
	if (is_read)
		scan_member(&machine->places, bytes_slice(&text), machine->arena, &aside->profiles);
	bytes_free(&text);
	aside->are_wanted =
		arena_array(machine->arena, aside->profiles.count, sizeof(*aside->are_wanted));
	return is_read;
}

static bool read_one(struct machine *machine, const char *text, struct aside *aside)
{
	struct slice name = name_below(machine, text);
	struct installed installed;
	struct stat at;
	if (name.len == 0 || slice_has(name, '\n') ||
		!installed_read(&machine->places, name, machine->arena, &installed, NULL))
		return refuse(machine, text, "is no file there");
	if (path_lstat(installed.path.at, &at) < 0)
		return refuse(machine, text, "does not exist");
	if (!S_ISREG(at.st_mode))
		return refuse(machine, text, "is no regular file");
	if (installed.owner != OWNER_FOREIGN) {
		print_problem("--replace-distribution: '%s' was installed by aaforge: 'aaforge "
			      "remove %.*s' takes it away",
			text, SLICE_FMT(name));
		return false;
	}
	const char *link = replaced_link(&machine->places, machine->arena, name).at;
	*aside = (struct aside){.file = installed.name, .is_disabled = installed.is_disabled};
	if (!aside->is_disabled && path_lstat(link, &at) == 0) {
		print_problem("--replace-distribution: '%s' is there, but leads nowhere: remove it",
			link);
		return false;
	}
	return read_profiles(machine, installed.path.at, aside) ||
	       refuse(machine, text, exists(installed.path.at) ? "cannot be read" : "is gone");
}

static bool is_listed(const struct aside_list *list, struct slice file)
{
	for (size_t i = 0; i < list->count; i++)
		if (slice_eq(list->entries[i].file, file))
			return true;
	return false;
}

enum status aside_read(struct machine *machine, struct aside_list *ret_list)
{
	const struct options *options = machine->options;
	struct aside_list list = {.entries = arena_array(machine->arena, options->replaced.count,
					  sizeof(*list.entries))};
	bool is_good = true;
	for (size_t i = 0; i < options->replaced.count; i++) {
		struct aside *aside = &list.entries[list.count];
		if (!read_one(machine, options->replaced.at[i], aside))
			is_good = false;
		else
			list.count += !is_listed(&list, aside->file);
	}
	*ret_list = list;
	return is_good ? STATUS_OK : STATUS_INPUT;
}

static bool defines(const struct aside *aside, struct slice profile)
{
	for (size_t i = 0; i < aside->profiles.count; i++)
		if (aside->profiles.items[i].namespace.len == 0 &&
			slice_eq(aside->profiles.items[i].name, profile))
			return true;
	return false;
}

struct aside *aside_of(const struct aside_list *list, struct slice profile, struct slice file)
{
	for (size_t i = 0; i < list->count; i++) {
		struct aside *aside = &list->entries[i];
		bool is_it = file.len > 0 ? slice_eq(file, aside->file) : aside->is_disabled;
		if (is_it && defines(aside, profile))
			return aside;
	}
	return NULL;
}

void aside_want(struct aside *aside, struct slice profile)
{
	aside->is_wanted = true;
	for (size_t i = 0; i < aside->profiles.count; i++)
		if (slice_eq(aside->profiles.items[i].name, profile))
			aside->are_wanted[i] = true;
}

bool aside_claims(struct aside_list *list, struct slice profile)
{
	bool is_claimed = false;
	for (size_t i = 0; i < list->count; i++) {
		if (!defines(&list->entries[i], profile))
			continue;
		is_claimed = true;
		aside_want(&list->entries[i], profile);
	}
	return is_claimed;
}

static int by_bytes(const void *a, const void *b)
{
	return slice_cmp(*(const struct slice *)a, *(const struct slice *)b);
}

/* Whether the profile leaves the kernel: not while a task needs it, or may. */
static bool is_unloaded(
	struct machine *machine, struct slice profile, const struct slice *names, size_t name_count)
{
	static const char then[] = "and disputes the program until then";
	const struct loaded *loaded = machine_loaded(machine);
	if (!loaded || !loaded_find(loaded, SLICE(""), profile) ||
		bsearch(&profile, names, name_count, sizeof(*names), by_bytes))
		return false;
	const struct task *task = machine_task(machine, profile);
	if (task)
		print_problem("warning: '%.*s' stays in the kernel, as process %d (%.*s) is "
			      "confined by it, %s: end that process, then 'aaforge unload %.*s'",
			SLICE_FMT(profile), task->pid, SLICE_FMT(task->command), then,
			SLICE_FMT(profile));
	else if (machine_tasks(machine)->is_partial && !machine->options->force)
		print_problem("warning: '%.*s' stays in the kernel, as it may confine tasks that "
			      "cannot be seen (%.*s), %s: 'aaforge unload --force %.*s'",
			SLICE_FMT(profile), SLICE_FMT(machine->tasks.hidden), then,
			SLICE_FMT(profile));
	else
		return true;
	return false;
}

static void add_unloads(struct machine *machine, const struct aside *aside,
	const struct slice *names, size_t name_count, struct change *change)
{
	size_t count = change->unload_count;
	struct slice *unloads =
		arena_array(machine->arena, count + aside->profiles.count, sizeof(*unloads));
	if (count > 0)
		memcpy(unloads, change->unloads, count * sizeof(*unloads));
	for (size_t i = 0; i < aside->profiles.count; i++) {
		const struct scanned *item = &aside->profiles.items[i];
		if (item->namespace.len == 0 && is_unloaded(machine, item->name, names, name_count))
			unloads[count++] = item->name;
	}
	change->unloads = unloads;
	change->unload_count = count;
}

static void add_link(struct machine *machine, const struct aside *aside, struct change *change)
{
	struct arena *arena = machine->arena;
	struct change_link *links = arena_array(arena, change->link_count + 1, sizeof(*links));
	if (change->link_count > 0)
		memcpy(links, change->links, change->link_count * sizeof(*links));
	links[change->link_count++] =
		(struct change_link){replaced_link(&machine->places, arena, aside->file),
			replaced_target(arena, aside->file)};
	change->links = links;
}

/* What was put aside for the profile before stays so. */
static void add_record(struct machine *machine, const struct aside *aside, struct change *change)
{
	struct arena *arena = machine->arena;
	struct slice path = replaced_path(&machine->places, arena, change->name);
	struct replaced replaced;
	size_t count = change->file_count;
	struct change_file *files = arena_array(arena, count + 1, sizeof(*files));
	if (count > 0)
		memcpy(files, change->files, count * sizeof(*files));
	replaced_read(&machine->places, change->name, arena, &replaced);
	struct slice text = replaced_text(arena, replaced.files, replaced.count);
	if (count > 0 && slice_eq(files[count - 1].path, path))
		text = files[--count].text;
	files[count++] = (struct change_file){
		path, arena_printf(arena, "%.*s%.*s\n", SLICE_FMT(text), SLICE_FMT(aside->file))};
	change->files = files;
	change->file_count = count;
}

void aside_add(struct machine *machine, const struct aside *aside, const struct slice *names,
	size_t name_count, struct desired *desired)
{
	struct change *change = &desired->change;
	add_unloads(machine, aside, names, name_count, change);
	if (!aside->is_disabled) {
		add_link(machine, aside, change);
		add_record(machine, aside, change);
	}
	if (desired->sign == '=' && (!aside->is_disabled || change->unload_count > 0)) {
		desired->sign = '~';
		desired->why =
			arena_printf(machine->arena, "puts '%.*s' aside", SLICE_FMT(aside->file));
	}
}

/* Whether the profile is in the kernel, and no task keeps it there. */
static bool goes_now(struct machine *machine, struct slice profile)
{
	const struct loaded *loaded = machine_loaded(machine);
	return loaded && loaded_find(loaded, SLICE(""), profile) &&
	       !machine_task(machine, profile) &&
	       (machine->options->force || !machine_tasks(machine)->is_partial);
}

void aside_tell_others(struct machine *machine, const struct aside *aside,
	const struct slice *names, size_t name_count)
{
	for (size_t i = 0; i < aside->profiles.count; i++) {
		const struct scanned *item = &aside->profiles.items[i];
		bool is_now = goes_now(machine, item->name);
		if (aside->are_wanted[i] || item->namespace.len > 0 ||
			(aside->is_disabled && !is_now) ||
			(name_count > 0 &&
				bsearch(&item->name, names, name_count, sizeof(*names), by_bytes)))
			continue;
		struct slice program = item->attachment.len > 0 ? item->attachment : item->name;
		bool attaches = item->attachment.len > 0 || slice_starts(item->name, SLICE("/"));
		print_problem("warning: with '%s/%.*s' goes its profile '%.*s' as well%s%.*s%s %s",
			machine->places.profiles, SLICE_FMT(aside->file), SLICE_FMT(item->name),
			attaches ? ", and nothing confines '" : ", which nothing replaces,",
			SLICE_FMT(attaches ? program : SLICE("")), attaches ? "'" : "",
			is_now ? "from now on" : "from the next boot on");
	}
}

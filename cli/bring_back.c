#include "cli/bring_back.h"

#include "cli/texts.h"
#include "manager/change/replaced.h"
#include "manager/host/host.h"
#include "manager/apparmor_parser/library.h"
#include "manager/disk/scan.h"

struct returning {
	struct machine *machine;
	struct leaving_list *list;
	struct replaced_list replaced; /* by all installed profiles */
	struct policy_set set;
};

static bool goes(const struct leaving_list *list, struct slice name)
{
	for (size_t i = 0; i < list->count; i++)
		if (list->entries[i].obstacle.len == 0 &&
			slice_eq(list->entries[i].installed->name, name))
			return true;
	return false;
}

static bool has_file(const struct replaced *replaced, struct slice file)
{
	for (size_t i = 0; i < replaced->count; i++)
		if (slice_eq(replaced->files[i], file))
			return true;
	return false;
}

/* Whether a profile that stays has put the file aside as well. */
static bool is_needed(const struct returning *returning, struct slice file)
{
	for (size_t i = 0; i < returning->replaced.count; i++) {
		const struct replaced *entry = &returning->replaced.entries[i];
		if (has_file(entry, file) && !goes(returning->list, entry->name) &&
			machine_installed(returning->machine, entry->name))
			return true;
	}
	return false;
}

static void add_link(struct machine *machine, struct slice file, struct change *change)
{
	struct arena *arena = machine->arena;
	struct change_link *links = arena_array(arena, change->link_count + 1, sizeof(*links));
	if (change->link_count > 0)
		memcpy(links, change->links, change->link_count * sizeof(*links));
	links[change->link_count++] = (struct change_link){
		replaced_link(&machine->places, arena, file), replaced_target(arena, file)};
	change->links = links;
}

static void add_record(struct machine *machine, struct change *change)
{
	size_t count = change->file_count;
	struct change_file *files = arena_array(machine->arena, count + 1, sizeof(*files));
	if (count > 0)
		memcpy(files, change->files, count * sizeof(*files));
	files[count].path = replaced_path(&machine->places, machine->arena, change->name);
	change->files = files;
	change->file_count = count + 1;
}

/* As the boot does: force-complain/FILE counts. Errors are told by texts_compile. */
static bool compile(struct machine *machine, struct slice file, struct profile_text *ret_text)
{
	struct options options = *machine->options;
	struct bytes text = {0};
	struct installed installed;
	if (!installed_read(&machine->places, file, machine->arena, &installed, NULL) ||
		regular_read(installed.path.at, SCAN_BYTES, &text) != 0) {
		bytes_free(&text);
		return false;
	}
	if (!options.features)
		options.features = machine->features;
	options.complain = installed.is_forced_complain;
	for (size_t i = 0; i < DIAG_COUNT; i++)
		if (options.severities[i] != SEVERITY_ERROR)
			options.severities[i] = SEVERITY_OFF;
	options.base = *machine->places.root ? machine->places.profiles : NULL;
	*ret_text = (struct profile_text){
		.path = installed.path, .text = arena_copy(machine->arena, bytes_slice(&text))};
	bytes_free(&text);
	return texts_compile(&options, ret_text, 1, NULL, machine->arena) == STATUS_OK &&
	       ret_text->accepted;
}

static bool add_member(struct returning *returning, struct slice file, struct change *change)
{
	struct profile_text text;
	struct set_member *member;
	struct error *error = NULL;
	if (!compile(returning->machine, file, &text))
		return false;
	if (text.binary.len == 0)
		return true;
	if (!policy_set_add(&returning->set, text.path, text.text, text.binary, &member, &error)) {
		print_error(error);
		return false;
	}
	for (size_t i = 0; i < member->profile_count; i++)
		if (member->profiles[i].namespace.len == 0 &&
			slice_eq(member->profiles[i].name, change->name))
			change->stays_loaded = true;
	return true;
}

static void bring_file(struct returning *returning, struct slice file, struct change *change)
{
	struct machine *machine = returning->machine;
	if (is_needed(returning, file) ||
		!replaced_is_aside(&machine->places, machine->arena, file))
		return;
	add_link(machine, file, change);
	if (machine->has_kernel && !machine->options->dry_run &&
		!add_member(returning, file, change))
		print_problem("warning: '%s/%.*s' is loaded at boot again, but could not be loaded "
			      "now",
			machine->places.profiles, SLICE_FMT(file));
}

static void take(struct returning *returning, struct leaving *leaving)
{
	struct machine *machine = returning->machine;
	struct replaced replaced;
	replaced_read(&machine->places, leaving->change.name, machine->arena, &replaced);
	if (replaced.count == 0)
		return;
	add_record(machine, &leaving->change);
	for (size_t i = 0; i < replaced.count; i++)
		bring_file(returning, replaced.files[i], &leaving->change);
}

enum status bring_back(struct machine *machine, struct leaving_list *list)
{
	struct returning returning = {.machine = machine, .list = list};
	replaced_list_read(&machine->places, machine->arena, &returning.replaced);
	policy_set_init(machine->arena, &returning.set);
	for (size_t i = 0; i < list->count; i++)
		if (list->entries[i].obstacle.len == 0)
			take(&returning, &list->entries[i]);
	if (machine->has_kernel)
		policy_set_compare(&returning.set, &machine->loaded);
	list->returning = returning.set;
	return STATUS_OK;
}

void bring_back_report(const struct machine *machine, const struct leaving_list *list)
{
	for (size_t i = 0; i < list->count; i++) {
		const struct change *change = &list->entries[i].change;
		for (size_t n = 0; list->entries[i].obstacle.len == 0 && n < change->link_count;
			n++)
			print_problem("note: '%s/%.*s' is back", machine->places.profiles,
				SLICE_FMT(slice_from(change->links[n].target, 3)));
	}
}

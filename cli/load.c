#include "cli/fallback.h"
#include "cli/load_kernel.h"
#include "cli/plan.h"
#include "cli/rivals.h"
#include "cli/stale.h"
#include "manager/kernel/kernel.h"
#include "manager/change/judgment.h"
#include "manager/disk/record.h"
#include "manager/system/stop.h"

struct load {
	const struct options *options;
	struct machine machine;
	struct gathering gathering; /* its arena holds all of the rest */
	struct plan_line *lines;
	size_t line_count;
	bool changed;
};

/* A profile of a member by itself: its member may hold others that change. */
static enum set_state state_of(
	const struct load *load, const struct set_member *member, const struct set_profile *top)
{
	const struct loaded_profile *held =
		loaded_find(&load->machine.loaded, top->namespace, top->name);
	struct digest identity;
	if (!held)
		return SET_NEW;
	if (member->state != SET_CHANGED || held->kind == HASH_NONE ||
		!loaded_identity(&load->machine.loaded, top->namespace, top->name, &identity))
		return member->state == SET_NEW ? SET_CHANGED : member->state;
	struct digest wanted = set_profile_identity(member, top, held->kind);
	return memcmp(&identity, &wanted, sizeof(wanted)) == 0 ? SET_SAME : SET_CHANGED;
}

/* Loaded at boot, then, by the distribution. */
static bool is_installed(const struct load *load, const struct set_profile *top)
{
	return top->namespace.len == 0 && machine_installed(&load->machine, top->name);
}

/* What is special about replacing a profile: somebody else had a hand in it. */
static struct slice why_special(struct load *load, const struct set_profile *top)
{
	struct record record;
	if (!record_read(&load->machine.places, top->namespace, top->name, &load->gathering.arena,
		    &record))
		return is_installed(load, top) ? slice_of(NULL, 0)
					       : SLICE("was loaded by somebody else");
	const struct loaded *loaded = &load->machine.loaded;
	if (loaded_find(loaded, top->namespace, top->name) &&
		!loaded_is_as_recorded(loaded, top->namespace, top->name, &record))
		return SLICE("was changed since aaforge loaded it");
	return slice_of(NULL, 0);
}

static void add_line(
	struct load *load, const struct set_member *member, const struct set_profile *top)
{
	enum set_state state = state_of(load, member, top);
	struct plan_line *line = &load->lines[load->line_count++];
	*line = (struct plan_line){
		.sign = plan_sign(state),
		.namespace = top->namespace,
		.name = top->name,
		.mode = slice_str(mode_word(top->mode)),
		.source = member->source,
		.why = state == SET_CHANGED ? why_special(load, top) : slice_of(NULL, 0),
	};
	load->changed = load->changed || state != SET_SAME;
	if (line->why.len > 0)
		print_problem("note: the loaded profile '%.*s' %.*s; it is replaced",
			SLICE_FMT(profile_label(&load->gathering.arena, top->namespace, top->name)),
			SLICE_FMT(line->why));
}

static void make_plan(struct load *load)
{
	const struct policy_set *set = &load->gathering.set;
	size_t most = 0;
	for (size_t i = 0; i < set->count; i++)
		most += set->members[i]->profile_count;
	load->lines = arena_array(&load->gathering.arena, most, sizeof(*load->lines));
	for (size_t i = 0; i < set->count; i++) {
		const struct set_member *member = set->members[i];
		load->changed = load->changed || member->state != SET_SAME;
		for (const struct set_profile *top = NULL;
			(top = set_member_next_top(member, top));)
			add_line(load, member, top);
	}
	plan_sort(load->lines, load->line_count);
}

static enum status apply(struct load *load)
{
	struct error *error = NULL;
	struct stop_hold hold;
	bool has_to_compile = false;
	stop_hold(&hold);
	bool is_done = load_into_kernel(
		&load->machine, &load->gathering, load->changed, &hold, &has_to_compile, &error);
	stop_release(&hold);
	if (is_done)
		return STATUS_OK;
	if (!has_to_compile)
		return print_error(error);
	error_free(error);
	/* The parser compiles for itself: the binaries are not what the kernel has then. */
	enum status status =
		fallback_replace(load->options, &load->machine.places, &load->gathering.set);
	if (status != STATUS_OK)
		return status;
	return load_write_records(&load->machine, &load->gathering, &error) ? STATUS_OK
									    : print_error(error);
}

/* Processes that the profiles come too late for. */
static void look_at_running(struct load *load, struct running_report *ret_report)
{
	running_look(&load->machine, (const struct set_member *const *)load->gathering.set.members,
		load->gathering.set.count, ret_report);
	for (size_t i = 0; i < load->line_count; i++)
		load->lines[i].running =
			running_find(ret_report, load->lines[i].namespace, load->lines[i].name);
}

static void say_done(const struct load *load)
{
	size_t changes = 0;
	for (size_t i = 0; i < load->line_count; i++)
		changes += load->lines[i].sign != '=';
	if (load->options->quiet)
		return;
	if (!load->changed)
		fprintf(stderr, "nothing to do: %s loaded as it is\n",
			load->line_count == 1 ? "the profile is" : "each profile is");
	else if (load->options->dry_run)
		fprintf(stderr, "%zu of %zu profiles would be loaded\n", changes, load->line_count);
	else
		fprintf(stderr, "%zu of %zu profiles loaded\n", changes, load->line_count);
}

static enum status load_gathered(struct load *load)
{
	const struct options *options = load->options;
	struct gathering *gathering = &load->gathering;
	struct running_report running;
	struct error *error = NULL;
	stale_decide(&load->machine, &gathering->set);
	policy_set_compare(&gathering->set, &load->machine.loaded);
	bool may = kernel_can_replace(&gathering->set, &error);
	if (!may)
		print_error(error);
	if (!may || !rivals_allow_load(&load->machine, gathering)) {
		print_problem("nothing was loaded");
		return STATUS_INPUT;
	}
	make_plan(load);
	if (!options->json)
		plan_print(options, load->lines, load->line_count, load->changed);
	enum status status = options->dry_run ? STATUS_OK : apply(load);
	if (status != STATUS_OK)
		return status;
	look_at_running(load, &running);
	if (options->json)
		plan_print(options, load->lines, load->line_count, load->changed);
	running_tell(&running);
	machine_say_kernel_mode(&load->machine);
	say_done(load);
	return STATUS_OK;
}

static enum status load_gathering(struct load *load)
{
	enum status status = load->gathering.status;
	if (status == STATUS_OK && load->gathering.refused > 0)
		status = STATUS_INPUT;
	if (status == STATUS_OK) {
		status = machine_begin(&load->machine, &load->gathering.arena);
		if (status == STATUS_OK)
			status = load_gathered(load);
		machine_end(&load->machine);
	} else if (status != STATUS_USAGE) {
		print_problem("nothing was loaded");
	}
	return status;
}

static enum status load_on_machine(struct load *load)
{
	struct gather_options how = {
		.changes_kernel = true,
		.looks_at_root = true,
		.features = load->machine.features,
	};
	if (!load->machine.has_kernel) {
		print_problem("cannot load: %.*s", SLICE_FMT(load->machine.why_no_kernel));
		return STATUS_SYSTEM;
	}
	gather(load->options, &how, &load->gathering);
	enum status status = load_gathering(load);
	gather_free(&load->gathering);
	return status;
}

enum status command_load(const struct options *options)
{
	struct load load = {.options = options};
	if (options->argument_count == 0) {
		print_problem("name at least one description, profile text, compiled policy or "
			      "directory, or '-' for a description on standard input");
		return STATUS_USAGE;
	}
	if (options->namespace && strchr(options->namespace, '/')) {
		print_problem("the namespace '%s' lies in another one: profiles can only be loaded "
			      "into it from there",
			options->namespace);
		return STATUS_USAGE;
	}
	enum status status = machine_open(options, false, &load.machine);
	if (status == STATUS_OK)
		status = load_on_machine(&load);
	machine_close(&load.machine);
	return finish_output(status);
}

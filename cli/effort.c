#include "cli/effort.h"

#include "cli/bring_back.h"
#include "cli/fallback.h"

#include <errno.h>

static bool is_done(const struct desired *desired)
{
	return desired->sign != '=' && desired->obstacle.len == 0;
}

bool effort_plan(struct effort *effort)
{
	effort->added = effort->changed = effort->gone = effort->same = 0;
	effort->refused = effort->gathering ? effort->gathering->refused : 0;
	for (size_t i = 0; i < effort->desired.count; i++) {
		const struct desired *desired = &effort->desired.entries[i];
		effort->same += desired->sign == '=' && desired->obstacle.len == 0;
		effort->refused += desired->obstacle.len > 0;
		effort->added += desired->sign == '+' && is_done(desired);
		effort->changed += desired->sign == '~' && is_done(desired);
	}
	for (size_t i = 0; i < effort->leaving.count; i++) {
		bool is_refused = effort->leaving.entries[i].obstacle.len > 0;
		effort->gone += !is_refused;
		effort->refused += is_refused;
	}
	return effort->added + effort->changed + effort->gone > 0;
}

/* Programs are told also what stays as it is, and what was refused with the reason. */
static size_t fill_rest(const struct effort *effort, struct plan_line *lines, size_t count)
{
	const struct gathering *gathering = effort->gathering;
	for (size_t i = 0; i < effort->kept_count; i++)
		lines[count++] = (struct plan_line){
			.sign = '=',
			.name = effort->kept[i]->name,
			.source = effort->kept[i]->path,
			.why = effort->why_kept,
		};
	for (size_t i = 0; gathering && i < gathering->count; i++)
		if (!gathering->items[i].member)
			lines[count++] = (struct plan_line){
				.sign = '!',
				.name = gathering->items[i].name,
				.source = gathering->items[i].path,
				.why = SLICE("its description was refused"),
			};
	return count;
}

static struct plan_line refused(struct plan_line line, struct slice obstacle)
{
	if (obstacle.len > 0) {
		line.sign = '!';
		line.why = obstacle;
	}
	return line;
}

static size_t fill_lines(const struct effort *effort, struct plan_line *lines)
{
	bool is_json = effort->machine->options->json;
	size_t count = 0;
	for (size_t i = 0; i < effort->desired.count; i++) {
		const struct desired *desired = &effort->desired.entries[i];
		if (!is_json && (desired->obstacle.len > 0 || desired->sign == '='))
			continue;
		lines[count] = refused(desired_line(desired), desired->obstacle);
		lines[count].running =
			running_find(&effort->running, lines[count].namespace, lines[count].name);
		count++;
	}
	for (size_t i = 0; i < effort->leaving.count; i++) {
		const struct leaving *leaving = &effort->leaving.entries[i];
		if (is_json || leaving->obstacle.len == 0)
			lines[count++] = refused(leaving_line(leaving), leaving->obstacle);
	}
	if (is_json)
		count = fill_rest(effort, lines, count);
	plan_sort(lines, count);
	return count;
}

static bool changes_anything(const struct effort *effort)
{
	return effort->added + effort->changed + effort->gone > 0;
}

void effort_look(struct effort *effort)
{
	size_t count = effort->desired.count;
	const struct set_member **members =
		arena_array(effort->machine->arena, count, sizeof(*members));
	for (size_t i = 0; i < count; i++)
		if (effort->desired.entries[i].obstacle.len == 0)
			members[i] = effort->desired.entries[i].item->member;
	running_look(effort->machine, members, count, &effort->running);
}

void effort_print(const struct effort *effort)
{
	struct plan_line *lines = arena_array(effort->machine->arena,
		effort->desired.count + effort->leaving.count + effort->kept_count +
			(effort->gathering ? effort->gathering->count : 0),
		sizeof(*lines));
	size_t count = fill_lines(effort, lines);
	plan_print(effort->machine->options, lines, count, changes_anything(effort));
}

static struct change *collect(const struct effort *effort, bool loads, size_t *ret_count)
{
	struct change *changes = arena_array(effort->machine->arena,
		effort->desired.count + effort->leaving.count, sizeof(*changes));
	size_t count = 0;
	for (size_t i = 0; i < effort->desired.count; i++) {
		if (!is_done(&effort->desired.entries[i]))
			continue;
		changes[count] = effort->desired.entries[i].change;
		if (!loads)
			changes[count].member = NULL;
		count++;
	}
	for (size_t i = 0; i < effort->leaving.count; i++)
		if (effort->leaving.entries[i].obstacle.len == 0)
			changes[count++] = effort->leaving.entries[i].change;
	*ret_count = count;
	return changes;
}

/* What is new, and what comes back. */
static struct policy_set loads_of(const struct effort *effort)
{
	const struct policy_set *new = &effort->desired.set, *back = &effort->leaving.returning;
	struct policy_set all;
	policy_set_init(effort->machine->arena, &all);
	all.capacity = new->count + back->count;
	all.members = arena_array(all.arena, all.capacity, sizeof(*all.members));
	for (size_t i = 0; i < new->count; i++)
		all.members[all.count++] = new->members[i];
	for (size_t i = 0; i < back->count; i++)
		all.members[all.count++] = back->members[i];
	return all;
}

static bool run(
	const struct effort *effort, bool loads, bool *ret_is_committed, struct error **ret_error)
{
	const struct machine *machine = effort->machine;
	size_t count;
	struct change *changes = collect(effort, loads, &count);
	struct policy_set set = loads_of(effort);
	return transaction_run(&machine->places, changes, count, loads ? &set : NULL,
		machine_loaded(machine), machine->arena, ret_is_committed, ret_error);
}

/* The files first, so that the disk is not behind the kernel when this is cut short. */
static enum status fall_back(const struct effort *effort, bool *ret_is_committed)
{
	const struct machine *machine = effort->machine;
	struct error *error = NULL;
	if (!run(effort, false, ret_is_committed, &error))
		return print_error(error);
	*ret_is_committed = true;
	struct policy_set set = loads_of(effort);
	return fallback_replace(machine->options, &machine->places, &set);
}

enum status effort_apply(const struct effort *effort, bool may_fall_back, bool *ret_is_committed)
{
	bool is_committed = false;
	struct error *error = NULL;
	enum status status = STATUS_OK;
	if (!effort->machine->options->dry_run && changes_anything(effort) &&
		!run(effort, true, &is_committed, &error)) {
		if (may_fall_back && !is_committed && error_number(error) == EPROTONOSUPPORT) {
			error_free(error);
			status = fall_back(effort, &is_committed);
		} else {
			status = print_error(error);
		}
	}
	if (ret_is_committed)
		*ret_is_committed = is_committed;
	return status;
}

/* What the kernel says of a policy that it does not like, not of the whole business. */
static bool is_about_the_policy(const struct error *error)
{
	int number = error_number(error);
	return number == EPROTO || number == EPROTONOSUPPORT || number == EINVAL ||
	       number == EBADMSG;
}

static enum status apply_one(const struct effort *effort, struct desired *desired)
{
	struct effort one = {.machine = effort->machine, .desired = effort->desired};
	one.desired.entries = desired;
	one.desired.count = 1;
	desired_choose(&one.desired);
	effort_plan(&one);
	enum status status = effort_apply(&one, false, NULL);
	if (status != STATUS_OK)
		desired->obstacle = SLICE("refused by the kernel");
	return status;
}

static enum status apply_rest(const struct effort *effort)
{
	struct effort rest = {.machine = effort->machine, .leaving = effort->leaving};
	effort_plan(&rest);
	return effort_apply(&rest, false, NULL);
}

/* What goes may make room for what was refused: it stays as long as that is not in its place. */
static void keep_leaving(struct effort *effort)
{
	for (size_t i = 0; i < effort->leaving.count; i++) {
		struct leaving *leaving = &effort->leaving.entries[i];
		if (leaving->obstacle.len > 0)
			continue;
		leaving->obstacle = SLICE("not removed as long as there are problems");
		print_problem("'%.*s' is not removed as long as there are problems",
			SLICE_FMT(leaving->installed->name));
	}
}

enum status effort_apply_each(struct effort *effort, bool may_fall_back, bool *ret_is_committed)
{
	struct error *error = NULL;
	*ret_is_committed = false;
	if (effort->machine->options->dry_run || !changes_anything(effort) ||
		run(effort, true, ret_is_committed, &error))
		return STATUS_OK;
	if (may_fall_back && !*ret_is_committed && error_number(error) == EPROTONOSUPPORT) {
		error_free(error);
		return fall_back(effort, ret_is_committed);
	}
	if (*ret_is_committed || !is_about_the_policy(error) || effort->desired.count < 2)
		return print_error(error);
	error_free(error);
	enum status status = STATUS_OK;
	for (size_t i = 0; i < effort->desired.count; i++) {
		struct desired *desired = &effort->desired.entries[i];
		enum status this = is_done(desired) ? apply_one(effort, desired) : STATUS_OK;
		status = this > status ? this : status;
	}
	if (status == STATUS_OK)
		status = apply_rest(effort);
	else
		keep_leaving(effort);
	effort_plan(effort);
	*ret_is_committed = changes_anything(effort);
	return status;
}

static const char *plural(size_t count)
{
	return count == 1 ? "profile" : "profiles";
}

void effort_sum_up(const struct effort *effort)
{
	const struct options *options = effort->machine->options;
	if (options->quiet)
		return;
	if (!changes_anything(effort) && effort->refused == 0) {
		fprintf(stderr, "nothing to do: %zu %s unchanged\n", effort->same,
			plural(effort->same));
		return;
	}
	fprintf(stderr, "%s%zu new, %zu changed, %zu gone, %zu unchanged",
		options->dry_run ? "would be: " : "", effort->added, effort->changed, effort->gone,
		effort->same);
	if (effort->refused > 0)
		fprintf(stderr, ", %zu refused", effort->refused);
	fputc('\n', stderr);
}

static bool has_backup(const struct effort *effort)
{
	bool has = false;
	for (size_t i = 0; i < effort->desired.count; i++) {
		const struct desired *desired = &effort->desired.entries[i];
		has = has || (is_done(desired) && desired->change.backs_up);
	}
	for (size_t i = 0; i < effort->leaving.count; i++)
		has = has || (effort->leaving.entries[i].obstacle.len == 0 &&
				     effort->leaving.entries[i].change.backs_up);
	return has;
}

static void say_aside(const struct effort *effort)
{
	for (size_t i = 0; i < effort->desired.count; i++) {
		const struct desired *desired = &effort->desired.entries[i];
		for (size_t n = 0; is_done(desired) && n < desired->change.link_count; n++)
			print_problem(
				"note: '%s/%.*s' is put aside; 'aaforge remove %.*s' brings it "
				"back",
				effort->machine->places.profiles,
				SLICE_FMT(slice_from(desired->change.links[n].target, 3)),
				SLICE_FMT(desired->item->name));
	}
}

static void say_what_is_special(const struct effort *effort)
{
	const struct machine *machine = effort->machine;
	desired_warn(machine, &effort->desired);
	leaving_say_kept(&effort->leaving);
	leaving_say_namesakes(machine, &effort->leaving);
	if (!machine->has_kernel && effort->added + effort->changed > 0)
		print_problem("note: not loaded, only files were changed: %.*s",
			SLICE_FMT(machine->why_no_kernel));
	say_aside(effort);
	bring_back_report(machine, &effort->leaving);
	if (has_backup(effort))
		print_problem("note: what was overwritten is kept below '%s/backup'",
			machine->places.descriptions);
}

enum status effort_run(struct effort *effort)
{
	const struct options *options = effort->machine->options;
	effort_plan(effort);
	if (!options->json)
		effort_print(effort);
	bool is_committed;
	enum status status = effort->gathering ? effort_apply_each(effort, true, &is_committed)
					       : effort_apply(effort, true, &is_committed);
	if (status != STATUS_OK && !is_committed) {
		print_problem("nothing was changed");
		return status;
	}
	if (status != STATUS_OK && !effort->gathering)
		return status;
	effort_look(effort);
	if (options->json)
		effort_print(effort);
	running_tell(&effort->running);
	if (changes_anything(effort) && !options->dry_run)
		say_what_is_special(effort);
	desired_say_unseen(effort->machine, &effort->desired);
	if (effort->desired.count > 0)
		machine_say_kernel_mode(effort->machine);
	effort_sum_up(effort);
	return status;
}

#include "cli/rivals.h"

#include "cli/aside.h"
#include "manager/host/contest.h"

#include <stdlib.h>

/* What install, sync and load ask with. */
struct rivals {
	struct machine *machine;
	struct attachments attachments;
	struct aside_list asides;
	struct slice *names; /* sorted: the profiles that this run replaces or takes away */
	size_t name_count;
	enum status status;
};

static int by_bytes(const void *a, const void *b)
{
	return slice_cmp(*(const struct slice *)a, *(const struct slice *)b);
}

static bool is_of_the_run(const void *context, struct slice name)
{
	const struct rivals *rivals = context;
	return bsearch(&name, rivals->names, rivals->name_count, sizeof(name), by_bytes);
}

/* Texts of ours are looked at only as far as they stay as they are. */
static bool skips_file(const void *context, struct slice file)
{
	const struct rivals *rivals = context;
	return machine_installed(rivals->machine, file) && is_of_the_run(context, file);
}

static bool may_attach(const struct set_profile *profile)
{
	return profile->attaches == SET_ATTACHES_WORDS || profile->attaches == SET_ATTACHES_PATTERN;
}

static bool any_attaches(const struct policy_set *set)
{
	for (size_t i = 0; i < set->count; i++)
		for (size_t n = 0; n < set->members[i]->profile_count; n++)
			if (may_attach(&set->members[i]->profiles[n]))
				return true;
	return false;
}

static void begin_names(struct rivals *rivals, const struct policy_set *set, size_t more)
{
	for (size_t i = 0; i < set->count; i++)
		more += set->members[i]->profile_count;
	rivals->names = arena_array(rivals->machine->arena, more, sizeof(*rivals->names));
}

static void add_member(
	struct rivals *rivals, const struct set_member *member, struct slice namespace)
{
	const struct set_profile *top = NULL;
	while ((top = set_member_next_top(member, top)))
		if (slice_eq(top->namespace, namespace))
			rivals->names[rivals->name_count++] = top->name;
}

static void end_names(struct rivals *rivals)
{
	if (rivals->name_count > 0)
		qsort(rivals->names, rivals->name_count, sizeof(*rivals->names), by_bytes);
}

/* What something else stands against stays as it is. */
static void add_names(struct rivals *rivals, const struct policy_set *set,
	const struct desired_list *list, const struct leaving_list *leaving)
{
	begin_names(rivals, set, leaving ? leaving->count : 0);
	for (size_t i = 0; i < list->count; i++)
		if (list->entries[i].obstacle.len == 0)
			add_member(rivals, list->entries[i].item->member, SLICE(""));
	for (size_t i = 0; leaving && i < leaving->count; i++)
		if (leaving->entries[i].obstacle.len == 0)
			rivals->names[rivals->name_count++] = leaving->entries[i].installed->name;
	end_names(rivals);
}

static void look(struct rivals *rivals, const struct policy_set *set, struct slice namespace)
{
	struct machine *machine = rivals->machine;
	const struct attachments_how how = {
		.loaded = machine_loaded(machine),
		.namespace = namespace,
		.skips_file = skips_file,
		.skips_profile = is_of_the_run,
		.context = rivals,
		.names_only = !any_attaches(set),
	};
	attachments_read(&machine->places, &how, machine->arena, &rivals->attachments);
}

/* A conflict with one of which nothing is known would not be seen. */
static void tell_unknown(const struct rivals *rivals)
{
	const struct attachments *attachments = &rivals->attachments;
	const struct contender *first = NULL;
	size_t count = 0;
	for (size_t i = 0; i < attachments->count; i++) {
		const struct contender *at = &attachments->contenders[i];
		if (at->is_known)
			continue;
		first = first ? first : at;
		count++;
	}
	if (!first)
		return;
	struct slice more =
		count > 1 ? arena_printf(rivals->machine->arena, " and %zu more", count - 1)
			  : slice_of(NULL, 0);
	struct slice mend = first->is_loaded ? attachments_mend(attachments->places,
						       attachments->arena, first->name)
					     : slice_of(NULL, 0);
	print_problem("warning: it cannot be seen what the %s profile '%.*s'%.*s attach%s to: "
		      "whether the kernel would attach it to the same program is not known%s%.*s",
		first->is_loaded ? "loaded" : "installed", SLICE_FMT(first->name), SLICE_FMT(more),
		count > 1 ? "" : "es", mend.len > 0 ? "; " : "", SLICE_FMT(mend));
}

/* What there is, and what the kernel would do. */
static struct slice facts_of(const struct rivals *rivals, const struct dispute *dispute)
{
	struct arena *arena = rivals->machine->arena;
	const struct contender *other = dispute->other;
	struct buf words = buf_new(arena);
	buf_printf(&words, "the %sprofile '%.*s'", other->is_loaded ? "loaded " : "",
		SLICE_FMT(other->name));
	if (other->file.len > 0)
		buf_printf(&words, other->is_loaded ? " ('%s/%.*s')" : " of '%s/%.*s'",
			rivals->machine->places.profiles, SLICE_FMT(other->file));
	buf_add_str(&words, other->is_loaded ? "" : ", which is loaded at boot,");
	if (dispute->program.len > 0)
		buf_printf(&words, " attaches to '%.*s' as well: ", SLICE_FMT(dispute->program));
	else
		buf_add_str(&words, " may attach to the same programs: ");
	switch (dispute->kind) {
	case DISPUTE_NEITHER:
		buf_add_str(&words, "the kernel would attach neither, and the program would run "
				    "unconfined");
		break;
	case DISPUTE_OTHER:
		buf_add_str(&words, "the kernel would attach that one");
		break;
	case DISPUTE_MAYBE:
		buf_add_str(&words, "for some programs the kernel may attach that one, or neither");
		break;
	}
	return buf_slice(&words);
}

/* What can be done about it. */
static struct slice advice_for(const struct rivals *rivals, struct slice file, struct slice name)
{
	struct arena *arena = rivals->machine->arena;
	if (file.len > 0 && machine_installed(rivals->machine, file))
		return arena_printf(
			arena, "'aaforge remove %.*s' takes that one away", SLICE_FMT(file));
	if (file.len > 0)
		return arena_printf(arena,
			"'aaforge install --replace-distribution %.*s' puts that file aside",
			SLICE_FMT(file));
	const char *namespace = rivals->machine->options->namespace;
	return arena_printf(arena, "'aaforge unload %s%s%s%.*s' takes that one out of the kernel",
		namespace ? "--namespace " : "", namespace ? namespace : "", namespace ? " " : "",
		SLICE_FMT(name));
}

static void object(
	struct rivals *rivals, struct desired *desired, struct slice facts, struct slice advice)
{
	if (rivals->machine->options->force && desired->obstacle.len == 0)
		print_problem(
			"warning: '%.*s': %.*s", SLICE_FMT(desired->item->name), SLICE_FMT(facts));
	else if (desired->obstacle.len == 0)
		desired->obstacle = arena_printf(rivals->machine->arena,
			"%.*s; %.*s, --force goes on all the same", SLICE_FMT(facts),
			SLICE_FMT(advice));
}

/* false: it stands against the profile. `file` is empty for a loaded one that no file defines that
 * is loaded at boot. */
static bool put_aside(
	struct rivals *rivals, struct desired *desired, struct slice profile, struct slice file)
{
	struct aside *aside = aside_of(&rivals->asides, profile, file);
	if (!aside)
		return false;
	aside->is_wanted = true;
	if (aside->added_to != desired)
		aside_add(rivals->machine, aside, rivals->names, rivals->name_count, desired);
	aside->added_to = desired;
	return true;
}

static void decide_name(struct rivals *rivals, struct desired *desired)
{
	struct slice name = desired->item->name;
	const struct scan *boot = &rivals->attachments.boot;
	const struct scanned *item = attachments_defined(&rivals->attachments, name, name);
	for (; item && item < boot->items + boot->count && slice_eq(item->name, name); item++) {
		if (item->namespace.len > 0 || slice_eq(item->file, name) ||
			put_aside(rivals, desired, name, item->file))
			continue;
		object(rivals, desired,
			arena_printf(rivals->machine->arena,
				"'%s/%.*s' defines a profile of that name as well: which of the "
				"two is in force after a boot depends on the order of the files",
				rivals->machine->places.profiles, SLICE_FMT(item->file)),
			advice_for(rivals, item->file, name));
		return;
	}
}

static void decide_profile(
	struct rivals *rivals, struct desired *desired, const struct set_profile *profile)
{
	struct dispute dispute;
	bool is_told = false;
	size_t at = 0;
	while (attachments_next_dispute(
		&rivals->attachments, desired->item->member, profile, &at, &dispute)) {
		if (put_aside(rivals, desired, dispute.other->name, dispute.other->file) || is_told)
			continue;
		is_told = true;
		object(rivals, desired, facts_of(rivals, &dispute),
			advice_for(rivals, dispute.other->file, dispute.other->name));
	}
}

static void decide(struct rivals *rivals, struct desired *desired)
{
	const struct set_profile *top = NULL;
	decide_name(rivals, desired);
	while ((top = set_member_next_top(desired->item->member, top)))
		decide_profile(rivals, desired, top);
}

/* Nobody puts a file aside by mistake. */
static void check_asides(struct rivals *rivals)
{
	for (size_t i = 0; i < rivals->asides.count; i++) {
		const struct aside *aside = &rivals->asides.entries[i];
		if (aside->is_wanted)
			continue;
		print_problem("--replace-distribution: '%s/%.*s' brings no profile that attaches "
			      "to a program of these, or that has a name of theirs: there is "
			      "nothing to put aside",
			rivals->machine->places.profiles, SLICE_FMT(aside->file));
		if (rivals->status == STATUS_OK)
			rivals->status = STATUS_INPUT;
	}
}

enum status rivals_decide(struct machine *machine, const struct gathering *gathering,
	const struct leaving_list *leaving, struct desired_list *list)
{
	struct rivals rivals = {.machine = machine};
	rivals.status = aside_read(machine, &rivals.asides);
	if (rivals.status != STATUS_OK)
		return rivals.status;
	add_names(&rivals, &gathering->set, list, leaving);
	look(&rivals, &gathering->set, SLICE(""));
	for (size_t i = 0; i < list->count && rivals.status == STATUS_OK; i++)
		decide(&rivals, &list->entries[i]);
	check_asides(&rivals);
	tell_unknown(&rivals);
	desired_choose(list);
	return rivals.status;
}

/* false when it is an obstacle. */
static bool allow_profile(
	struct rivals *rivals, const struct set_member *member, const struct set_profile *profile)
{
	struct dispute dispute;
	size_t at = 0;
	bool is_forced = rivals->machine->options->force;
	if (!attachments_next_dispute(&rivals->attachments, member, profile, &at, &dispute))
		return true;
	struct slice facts = facts_of(rivals, &dispute);
	struct slice advice = advice_for(rivals, dispute.other->file, dispute.other->name);
	if (is_forced)
		print_problem("warning: '%.*s': %.*s", SLICE_FMT(profile->name), SLICE_FMT(facts));
	else
		print_problem("'%.*s': %.*s; %.*s, --force goes on all the same",
			SLICE_FMT(profile->name), SLICE_FMT(facts), SLICE_FMT(advice));
	return is_forced;
}

bool rivals_allow_load(struct machine *machine, const struct gathering *gathering)
{
	const struct policy_set *set = &gathering->set;
	struct rivals rivals = {.machine = machine};
	bool may = true;
	if (!any_attaches(set))
		return true;
	struct slice namespace = set->members[0]->profiles[0].namespace; /* that of all */
	begin_names(&rivals, set, 0);
	for (size_t i = 0; i < set->count; i++)
		add_member(&rivals, set->members[i], namespace);
	end_names(&rivals);
	look(&rivals, set, namespace);
	for (size_t i = 0; i < set->count; i++) {
		const struct set_profile *top = NULL;
		while ((top = set_member_next_top(set->members[i], top)))
			if (slice_eq(top->namespace, namespace))
				may &= allow_profile(&rivals, set->members[i], top);
	}
	tell_unknown(&rivals);
	return may;
}

#include "cli/rivals.h"

#include "cli/rival_words.h"
#include "manager/disk/ours.h"

#include <stdlib.h>

/* What install, sync and load ask with. */
struct rivals {
	struct machine *machine;
	struct slice namespace;
	struct attachments attachments;
	/* load: the run itself. Its descriptions were compared with one another when compiled. */
	struct attachments all, texts;
	struct aside_list *asides; /* or NULL */
	struct slice *names;	   /* sorted: the profiles that this run replaces or takes away */
	size_t name_count;
	enum status status;
};

/* The profile that is asked about. */
struct subject {
	struct rivals *rivals;
	const struct set_member *member;
	const struct set_profile *profile;
	struct desired *desired; /* install, sync; or NULL: obstacles are printed */
	struct contender own;	 /* of `profile`, when it was needed */
	bool is_told, is_refused;
	/* Ours that are attached instead of it to some of its programs. */
	const struct contender **takers;
	size_t taker_count;
	struct dispute first; /* the dispute with the first of them */
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
	return profile->attaches != SET_ATTACHES_NEVER;
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

static void look(struct rivals *rivals, const struct policy_set *set)
{
	struct machine *machine = rivals->machine;
	const struct attachments_how how = {
		.loaded = machine_loaded(machine),
		.namespace = rivals->namespace,
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

/* Only the first is told. */
static void object(struct subject *subject, struct slice facts, struct slice advice)
{
	struct slice name =
		subject->desired ? subject->desired->item->name : subject->profile->name;
	struct desired *desired = subject->desired;
	if (subject->is_told)
		return;
	subject->is_told = true;
	if (desired && desired->obstacle.len > 0)
		return;
	if (subject->rivals->machine->options->force) {
		print_problem("warning: '%.*s': %.*s", SLICE_FMT(name), SLICE_FMT(facts));
		return;
	}
	subject->is_refused = true;
	struct slice words = arena_printf(subject->rivals->machine->arena,
		"%.*s; %.*s, --force goes on all the same", SLICE_FMT(facts), SLICE_FMT(advice));
	if (desired)
		desired->obstacle = words;
	else
		print_problem("'%.*s': %.*s", SLICE_FMT(name), SLICE_FMT(words));
}

/* false: it stands against the profile. `file` is empty for a loaded one that no file defines that
 * is loaded at boot. */
static bool put_aside(
	struct rivals *rivals, struct desired *desired, struct slice profile, struct slice file)
{
	struct aside *aside =
		desired && rivals->asides ? aside_of(rivals->asides, profile, file) : NULL;
	if (!aside)
		return false;
	aside_want(aside, profile);
	if (aside->added_to != desired)
		aside_add(rivals->machine, aside, rivals->names, rivals->name_count, desired);
	aside->added_to = desired;
	return true;
}

static void decide_name(struct subject *subject)
{
	struct rivals *rivals = subject->rivals;
	struct slice name = subject->desired->item->name;
	const struct scan *boot = &rivals->attachments.boot;
	const struct scanned *item = attachments_defined(&rivals->attachments, name, name);
	for (; item && item < boot->items + boot->count && slice_eq(item->name, name); item++) {
		if (item->namespace.len > 0 || slice_eq(item->file, name) ||
			put_aside(rivals, subject->desired, name, item->file))
			continue;
		object(subject,
			arena_printf(rivals->machine->arena,
				"'%s/%.*s' defines a profile of that name as well: which of the "
				"two is in force after a boot depends on the order of the files",
				rivals->machine->places.profiles, SLICE_FMT(item->file)),
			rival_advice_for_file(rivals->machine, item->file));
		return;
	}
}

static bool is_ours(const struct rivals *rivals, const struct contender *other)
{
	return other->source.len > 0 || profile_is_ours(&rivals->machine->places, rivals->namespace,
						other->name, rivals->machine->arena);
}

/* The file of one that is loaded says the same again. */
static bool is_repeated(const struct rivals *rivals, const struct contender *other)
{
	return !other->is_loaded && attachments_loaded(&rivals->attachments, other->name);
}

static void add_taker(struct subject *subject, const struct dispute *dispute)
{
	size_t count = subject->taker_count;
	if ((count & (count - 1)) == 0) {
		const struct contender **takers = arena_array(subject->rivals->machine->arena,
			count ? 2 * count : 1, sizeof(struct contender *));
		if (count > 0)
			memcpy(takers, subject->takers, count * sizeof(struct contender *));
		subject->takers = takers;
	}
	if (count == 0)
		subject->first = *dispute;
	subject->takers[subject->taker_count++] = dispute->other;
}

/* What ours keep beside it. Of two of a run each is asked about. */
static void weigh_taken(struct subject *subject, const struct dispute *dispute)
{
	const struct rivals *rivals = subject->rivals;
	const struct contender *other = dispute->other, *takers[1] = {&subject->own};
	struct slice program;
	if (other->source.len > 0 || is_repeated(rivals, other) || !is_ours(rivals, other))
		return;
	if (contender_keeps(&rivals->attachments, other, takers, 1, &program))
		rival_note_taken(rivals->machine, subject->profile->name, dispute, 0);
	else
		object(subject, rival_facts_of_taking(rivals->machine, dispute),
			rival_advice(rivals->machine, other));
}

static void weigh(struct subject *subject, const struct dispute *dispute)
{
	struct rivals *rivals = subject->rivals;
	const struct contender *other = dispute->other;
	if (dispute->kind == DISPUTE_TAKEN) {
		weigh_taken(subject, dispute);
		return;
	}
	if (put_aside(rivals, subject->desired, other->name, other->file))
		return;
	if (dispute->kind == DISPUTE_OTHER && is_ours(rivals, other)) {
		if (!is_repeated(rivals, other))
			add_taker(subject, dispute);
		return;
	}
	/* Of two of a run one tells it. */
	if (other->source.len > 0 && slice_cmp(other->name, subject->profile->name) < 0)
		return;
	object(subject, rival_facts(rivals->machine, dispute),
		rival_advice(rivals->machine, other));
}

static void weigh_all(struct subject *subject, const struct attachments *attachments)
{
	struct dispute dispute;
	size_t at = 0;
	/* What is printed is refused, or forced, for whatever else there is. */
	while ((subject->desired || !subject->is_told) &&
		attachments_next_dispute(attachments, subject->member, subject->profile,
			&subject->own, &at, &dispute))
		weigh(subject, &dispute);
}

/* What ours are attached to instead is decided; if a program is left, that is no more than a
 * remark. */
static void conclude(struct subject *subject)
{
	const struct rivals *rivals = subject->rivals;
	struct machine *machine = rivals->machine;
	struct slice program;
	if (subject->taker_count == 0)
		return;
	if (contender_keeps(&rivals->attachments, &subject->own, subject->takers,
		    subject->taker_count, &program))
		rival_note_taken(
			machine, subject->profile->name, &subject->first, subject->taker_count - 1);
	else
		object(subject, rival_facts_of_loss(machine, &subject->first),
			rival_advice(machine, subject->first.other));
}

/* Of the run it is there already. */
static void begin_profile(struct subject *subject)
{
	const struct attachments *all = &subject->rivals->all;
	subject->taker_count = 0;
	subject->is_told = false;
	subject->own = (struct contender){0};
	for (size_t i = 0; i < all->count; i++)
		if (slice_eq(all->contenders[i].name, subject->profile->name))
			subject->own = all->contenders[i];
}

static void decide(struct rivals *rivals, struct desired *desired)
{
	const struct set_member *member = desired->item->member;
	struct subject subject = {.rivals = rivals, .member = member, .desired = desired};
	decide_name(&subject);
	while ((subject.profile = set_member_next_top(member, subject.profile))) {
		begin_profile(&subject);
		weigh_all(&subject, &rivals->attachments);
		conclude(&subject);
	}
}

/* Nobody puts a file aside by mistake, nor more than he knows of. */
static void check_asides(struct rivals *rivals)
{
	for (size_t i = 0; rivals->asides && i < rivals->asides->count; i++) {
		const struct aside *aside = &rivals->asides->entries[i];
		if (aside->is_wanted) {
			aside_tell_others(
				rivals->machine, aside, rivals->names, rivals->name_count);
			continue;
		}
		print_problem("--replace-distribution: '%s/%.*s' brings no profile that attaches "
			      "to a program of these, or that has a name of theirs: there is "
			      "nothing to put aside",
			rivals->machine->places.profiles, SLICE_FMT(aside->file));
		if (rivals->status == STATUS_OK)
			rivals->status = STATUS_INPUT;
	}
}

enum status rivals_decide(struct machine *machine, const struct gathering *gathering,
	const struct leaving_list *leaving, struct aside_list *asides, struct desired_list *list)
{
	struct rivals rivals = {
		.machine = machine, .namespace = SLICE(""), .asides = asides, .status = STATUS_OK};
	add_names(&rivals, &gathering->set, list, leaving);
	look(&rivals, &gathering->set);
	for (size_t i = 0; i < list->count; i++)
		decide(&rivals, &list->entries[i]);
	check_asides(&rivals);
	tell_unknown(&rivals);
	desired_choose(list);
	return rivals.status;
}

/* What the run brings itself. Nothing but its descriptions need not be compared again. */
static void look_at_run(struct rivals *rivals, const struct gathering *gathering)
{
	struct arena *arena = rivals->machine->arena;
	const struct set_member **members =
		arena_array(arena, gathering->count, sizeof(struct set_member *));
	size_t count = 0;
	for (size_t i = 0; i < gathering->count; i++)
		if (gathering->items[i].member && gathering->items[i].document.len == 0)
			members[count++] = gathering->items[i].member;
	if (count == 0)
		return;
	attachments_of_set(arena, members, count, rivals->namespace, &rivals->texts);
	attachments_of_set(arena, (const struct set_member *const *)gathering->set.members,
		gathering->set.count, rivals->namespace, &rivals->all);
}

static bool allow_item(struct rivals *rivals, const struct gathered *item)
{
	struct subject subject = {.rivals = rivals, .member = item->member};
	while ((subject.profile = set_member_next_top(item->member, subject.profile))) {
		if (!slice_eq(subject.profile->namespace, rivals->namespace))
			continue;
		begin_profile(&subject);
		weigh_all(&subject, &rivals->attachments);
		weigh_all(&subject, item->document.len > 0 ? &rivals->texts : &rivals->all);
		conclude(&subject);
	}
	return !subject.is_refused;
}

bool rivals_allow_load(struct machine *machine, const struct gathering *gathering)
{
	const struct policy_set *set = &gathering->set;
	struct rivals rivals = {.machine = machine};
	bool may = true;
	if (!any_attaches(set))
		return true;
	rivals.namespace = set->members[0]->profiles[0].namespace; /* that of all */
	begin_names(&rivals, set, 0);
	for (size_t i = 0; i < set->count; i++)
		add_member(&rivals, set->members[i], rivals.namespace);
	end_names(&rivals);
	look(&rivals, set);
	look_at_run(&rivals, gathering);
	for (size_t i = 0; i < gathering->count; i++)
		if (gathering->items[i].member)
			may &= allow_item(&rivals, &gathering->items[i]);
	tell_unknown(&rivals);
	return may;
}
